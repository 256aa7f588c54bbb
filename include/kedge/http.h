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
//         case KEDGE_HTTP_HEAD: ...   // r.status, r.content_length, ... are known
//         case KEDGE_HTTP_BODY: ...   // `body` is a run of body bytes inside `data`
//         case KEDGE_HTTP_END:  ...   // the response is complete; bytes left belong to the next
//         }
//     }
//
// The struct is all the memory it uses. 1xx responses (but 101) are skipped. Nothing is decoded
// twice; no header is stored but those named below.
#ifndef KEDGE_HTTP_H
#define KEDGE_HTTP_H

#include <stdbool.h>
#include <stddef.h>
#include <stdint.h>

#include <kedge/err.h>
#include <kedge/text.h>
#include <kedge/time.h>

#ifdef __cplusplus
extern "C" {
#endif

// Bytes of one header line that is wanted; a longer wanted one fails with KEDGE_ERR_TOO_LONG, a
// longer unwanted one is skipped.
#define KEDGE_HTTP_LINE 512
// Bytes of the whole head, of the trailers, and of a chunk's extension: beyond it
// KEDGE_ERR_TOO_LONG.
#define KEDGE_HTTP_HEAD_MAX 32768

enum kedge_http_event { KEDGE_HTTP_MORE, KEDGE_HTTP_HEAD, KEDGE_HTTP_BODY, KEDGE_HTTP_END };

enum kedge_http_content { KEDGE_CONTENT_OTHER, KEDGE_CONTENT_NONE, KEDGE_CONTENT_JSON, KEDGE_CONTENT_TEXT };

struct kedge_http_response {
    uint16_t status;         // 200 to 999, and 101
    bool keep_alive;         // the connection may be used again after END
    bool chunked;
    bool has_length;         // Content-Length was given
    uint64_t content_length;
    int32_t retry_after;     // seconds; -1: no Retry-After, or not a whole number (client-go's rule)
    kedge_timestamp date;    // of the Date header; 0: none
    uint8_t content;         // enum kedge_http_content, from Content-Type
    bool encoded;            // a Content-Encoding other than identity: the body cannot be used
    char location[128];      // of a redirect, for messages; cut, NUL-terminated, printable only
    const char *problem;     // after KEDGE_ERR_HTTP: what is wrong, static storage

    // Private: <the developer of src/net completes this>
    char line[KEDGE_HTTP_LINE];
    size_t line_len;
    uint64_t left;
    uint32_t head_len;
    uint8_t state;
};

// Makes ready for a new response.
void kedge_http_response_init(struct kedge_http_response *r);

// Takes bytes up to the next event. *used is how many were taken (with BODY: including the body
// slice). `body` is set for BODY only and points into `data`.
//
// KEDGE_ERR_HTTP      not HTTP/1.x, a malformed head, both lengths, a bad chunk; see r->problem
// KEDGE_ERR_TOO_LONG  a limit above was passed
// It stays failed.
kedge_err kedge_http_feed(struct kedge_http_response *r, const char *data, size_t len, size_t *used,
                          enum kedge_http_event *event, kedge_str *body);

// The stream was closed in good order. KEDGE_OK if that is how this response ends (neither chunked
// nor Content-Length), KEDGE_ERR_CLOSED if not one byte of it had come (an idle connection that the
// server dropped: safe to try again), else KEDGE_ERR_HTTP (cut short).
kedge_err kedge_http_finish(struct kedge_http_response *r);

#ifdef __cplusplus
}
#endif
#endif
