// SPDX-License-Identifier: Apache-2.0
// kedge/http.h - HTTP/1.1 (RFC 9112) without a socket: a response parser that takes bytes in ranges
// of any size, and a writer of request heads.
//
//     kedge_http_response_init(&r);
//     while (...) {
//         err = kedge_http_feed(&r, data, len, &used, &event, &body);
//         data += used, len -= used;
//         switch (event) {
//         case KEDGE_HTTP_MORE: ...   // read more bytes from the stream
//         case KEDGE_HTTP_WARNING: ... // a Warning: its value is `body`, at r.line
//         case KEDGE_HTTP_HEAD: ...   // r.status, r.content_length, ... are known
//         case KEDGE_HTTP_BODY: ...   // `body` is a run of body bytes inside `data`
//         case KEDGE_HTTP_END:  ...   // the response is complete; bytes left belong to the next
//         }
//     }
//
// The struct is all the memory it uses (under 900 bytes). 1xx responses (but 101) are skipped.
// Nothing is decoded twice; no header is stored but those named below. What makes peers disagree on
// where a body ends (both lengths, two lengths, folded headers, transfer codings other than
// chunked, bare line feeds between chunks) is refused; src/net/README.md has the list.
//
// It reads replies to requests that have a body by their method: not to HEAD or CONNECT.
#ifndef KEDGE_HTTP_H
#define KEDGE_HTTP_H

#include <stdbool.h>
#include <stddef.h>
#include <stdint.h>

#include <kedge/err.h>
#include <kedge/text.h>
#include <kedge/time.h>
#include <kedge/url.h>

#ifdef __cplusplus
extern "C" {
#endif

// Bytes of a wanted header's value, from its first that is no blank; a longer one fails with
// KEDGE_ERR_TOO_LONG, but Location and Warning are cut instead. Of unwanted headers no byte is
// held.
#define KEDGE_HTTP_LINE 512
// Bytes of the whole head (with those of 1xx responses before it), and of the trailers; and of what
// frames chunks beyond what their data pays for (16 bytes a chunk and twice its data are free, so a
// stream of one-byte chunks is fine and one of endless extensions is not). More is
// KEDGE_ERR_TOO_LONG.
#define KEDGE_HTTP_HEAD_MAX 32768

enum kedge_http_event {
    KEDGE_HTTP_MORE,
    KEDGE_HTTP_HEAD,
    KEDGE_HTTP_BODY,
    KEDGE_HTTP_END,
    KEDGE_HTTP_WARNING
};

// What Content-Type says, whatever its parameters: NONE if there is none, JSON for
// application/json, TEXT for text/ and anything, MALFORMED for what is no media type (RFC 9110
// 8.3.1, as Go's mime.ParseMediaType reads it), so that nobody can say what the body is.
enum kedge_http_content {
    KEDGE_CONTENT_OTHER,
    KEDGE_CONTENT_NONE,
    KEDGE_CONTENT_JSON,
    KEDGE_CONTENT_TEXT,
    KEDGE_CONTENT_MALFORMED
};

// All but `problem` and, from KEDGE_HTTP_WARNING on, `status` is good from KEDGE_HTTP_HEAD on. Of a
// header that comes twice, the first counts, but for Connection and Content-Encoding, of which all
// do.
struct kedge_http_response {
    // Private. What is used at every byte comes first: short offsets make short code.
    uint8_t state;
    int8_t err;     // enum kedge_err; what it failed with
    uint8_t wanted; // which header the line is
    bool old;       // HTTP/1.0
    bool close;     // Connection: close
    bool persist;   // Connection: keep-alive
    bool trailers;  // after the last chunk
    uint16_t line_len;
    uint16_t seen;     // headers that came, one bit each
    uint32_t head_len; // bytes taken of the head, or of the trailers
    uint32_t excess;   // bytes of chunk framing that no data has paid for
    uint64_t left;     // bytes of the body or the chunk that are still to come

    uint16_t status; // 200 to 999, and 101
    bool keep_alive; // the connection may be used again after END
    bool chunked;
    bool has_length;         // Content-Length was given
    uint64_t content_length; // at most INT64_MAX
    int32_t retry_after;  // seconds; -1: no Retry-After, or not a whole number (client-go's rule)
    kedge_timestamp date; // of the Date header; 0: none, or not as RFC 9110 writes dates
    uint8_t content;      // enum kedge_http_content, from Content-Type
    // `content` is JSON, with g=apidiscovery.k8s.io, v=v2 and as=APIGroupDiscoveryList among its
    // parameters: aggregated discovery. Servers that do not know it answer with other JSON.
    bool aggregated;
    bool encoded;        // a Content-Encoding other than identity: the body cannot be used
    const char *problem; // after an error: what is wrong, static storage; "" before. Never NULL

    char location[128]; // of a redirect, for messages; cut, NUL-terminated, printable only

    // Private: reads Content-Type. NULL: nobody asks for it, and what reads it is not linked.
    void (*read_type)(struct kedge_http_response *r, kedge_str value);

    // Private, but for the value that KEDGE_HTTP_WARNING tells of: you may write to it.
    char line[KEDGE_HTTP_LINE];
};

// Makes ready for a new response.
void kedge_http_response_init(struct kedge_http_response *r);

// Takes bytes up to the next event. *used is how many were taken (with BODY: including the body
// slice). `body` is set for BODY (never empty then) and points into `data`. MORE comes only
// when all bytes were taken; HEAD and END may be waiting when none are left, so call it until MORE.
// After END it gives END again and takes nothing. `data` may be NULL if `len` is 0.
//
// WARNING comes before HEAD, once for each Warning header that is not empty, but not for those of
// 1xx responses, nor for trailers. `body` is then its value, never empty: it lies at r->line and is
// good until the next call. kedge/warning.h reads it. A value of KEDGE_HTTP_LINE bytes may have
// been cut there. Whoever does not care for warnings just goes on.
//
// KEDGE_ERR_HTTP      not HTTP/1.x, a malformed head, both lengths, a bad chunk; see r->problem
// KEDGE_ERR_TOO_LONG  a limit above was passed; see r->problem
// It stays failed. *used is then where it failed.
kedge_err kedge_http_feed(struct kedge_http_response *r, const char *data, size_t len, size_t *used,
                          enum kedge_http_event *event, kedge_str *body);

// The stream was closed in good order. KEDGE_OK if that is how this response ends (neither chunked
// nor Content-Length) or it had ended, KEDGE_ERR_CLOSED if not one byte of it had come (an idle
// connection that the server dropped: safe to try again), else KEDGE_ERR_HTTP (cut short), or the
// error it had failed with.
kedge_err kedge_http_finish(struct kedge_http_response *r);

// A query parameter or a header, unescaped.
struct kedge_http_pair {
    kedge_str name;
    kedge_str value;
};

// What a request's head says. Zero means unset; all is borrowed until the call that writes it
// returns.
struct kedge_http_request {
    const char *method;          // "GET", ...
    const struct kedge_url *url; // the server: Host, and the prefix of the path
    // Escaped already, from its '/' on, perhaps with a query: "/api/v1/pods?limit=500". Empty: "/".
    // It is put behind the URL's prefix; of slashes in a row one is sent, in the query all.
    kedge_str path;
    const struct kedge_http_pair *query; // escaped here and appended, in this order
    size_t query_count;
    const char *accept;     // NULL: "application/json"
    const char *user_agent; // NULL: no User-Agent
    kedge_str bearer_token; // empty: none. A secret
    const char *username;   // of basic authentication, without ':'; NULL or "": none
    const char *password;   // NULL: "". A secret
    bool has_body;          // content_length bytes follow the head
    uint64_t content_length;
    const char *content_type;              // of the body; NULL: "application/json"
    const struct kedge_http_pair *headers; // further ones, as they stand
    size_t header_count;
};

// Writes the head of a request, up to and with the empty line, into `buf` (`cap` bytes), a NUL
// behind it, and its length without the NUL into *len. It asks for no encoding of the body. The
// bytes may hold credentials: wipe them once they are sent. On failure what was written is wiped
// and *len is 0.
//
// KEDGE_ERR_ARGUMENT  a part holds a control character or what else would break the head; a name is
//                     no token; both a token and a user name; a header that is written here is
//                     among `headers` (Host, Accept-Encoding, Content-Length, Transfer-Encoding;
//                     Authorization where there are credentials)
// KEDGE_ERR_TOO_LONG  `cap` is too small
kedge_err kedge_http_request_write(const struct kedge_http_request *q, char *buf, size_t cap,
                                   size_t *len);

#ifdef __cplusplus
}
#endif
#endif
