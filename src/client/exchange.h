// SPDX-License-Identifier: Apache-2.0
// exchange.h - one connection to the API server, and on it one request and its response at a time.
//
//     kedge__connection_init(&c, client, 4096);
//     kedge__exchange_start(&c, &request, false, now);
//     while ((err = kedge__exchange_head(&c, now)) == KEDGE_WANT_READ) ...     // c.response.status
//     while ((err = kedge__exchange_body(&c, now, &bytes)) == KEDGE_OK) {
//         ... use n of `bytes` ...
//         kedge__exchange_used(&c, n);
//     }
//     // KEDGE_ERR_CLOSED: the body is complete
//
// A response that comes before the request's body was sent whole ends the sending; the connection
// is then not kept.
//
// The connection stays open behind a complete response if the server allows it. One buffer serves
// the request head and the response: the head is sent, and wiped, before a byte is read.
#ifndef KEDGE_CLIENT_EXCHANGE_H
#define KEDGE_CLIENT_EXCHANGE_H

#include "client/client_priv.h"
#include "kedge/http.h"

// How long things may take. Credentials: a plugin may ask a human being. Opening: client-go's dial
// (30 s) and TLS handshake (10 s) together. The head: servers cut what is no watch after 60 s.
// Silence in a body that is no watch: the same.
#define KEDGE__CREDENTIALS_TIMEOUT (5 * KEDGE_MINUTE)
#define KEDGE__OPEN_TIMEOUT        (40 * KEDGE_SECOND)
#define KEDGE__HEAD_TIMEOUT        (70 * KEDGE_SECOND)
#define KEDGE__BODY_TIMEOUT        (70 * KEDGE_SECOND)

enum kedge__exchange_state {
    KEDGE__EXCHANGE_NONE,        // no request under way
    KEDGE__EXCHANGE_CREDENTIALS, // a source has none yet: nothing is sent or opened
    KEDGE__EXCHANGE_OPEN,
    KEDGE__EXCHANGE_SEND,
    KEDGE__EXCHANGE_SEND_BODY,
    KEDGE__EXCHANGE_HEAD,
    KEDGE__EXCHANGE_BODY,
    KEDGE__EXCHANGE_DONE, // the response is complete
    KEDGE__EXCHANGE_FAILED
};

// Not a failure: the connection is not ready.
static inline bool kedge__is_want(kedge_err err)
{
    return err == KEDGE_WANT_READ || err == KEDGE_WANT_WRITE;
}

// What to ask for; texts live until the head has come.
struct kedge__ask {
    const char *method;
    kedge_str path; // escaped, below the server's prefix, with the query
    const char *accept;
    kedge_str body; // sent behind the head from where it stands; empty: none
    const char *content_type;
    const struct kedge_http_pair *headers;
    size_t header_count;
};

// What is used most comes first: short offsets make short code.
struct kedge__connection {
    struct kedge_client *client;
    struct kedge_stream *stream; // TLS, or a proxy's, or the port's own
    struct kedge_tls *tls;       // that the stream was made of; NULL: plain HTTP
    struct kedge__trust *trust;  // that it is open, or opening, with; NULL: it is closed
    enum kedge__exchange_state state;
    bool connected;   // the stream is open and has carried at least one whole response
    bool retried;     // this request was already sent anew on a fresh connection
    bool sent;        // a byte of this request has been written
    bool looked;      // for an answer, when the body could not be sent on
    bool uncredited;  // FAILED, because no credentials were to be had
    bool renewed;     // FAILED, because the client certificate was replaced
    uint8_t interest; // of the last WANT_* in `waits`
    kedge_err err;    // FAILED: why

    char *buf;
    size_t cap;
    size_t got; // bytes in buf
    size_t at;  // of them used
    kedge_str body;

    struct kedge_stream *waits; // what the last WANT_* was for; NULL: for the deadline only
    const char *problem;        // FAILED: more exactly, good until the next start; or NULL
    struct kedge__ask ask;
    size_t body_sent; // bytes of its body that have been sent
    uint32_t serial;  // of the credentials that were sent

    kedge_time deadline; // of the state; KEDGE_FOREVER: none
    // ms of silence allowed in the body; KEDGE_FOREVER: the caller watches it
    kedge_time body_limit;
    // How long each may take; set by init, and then by whoever wants others.
    kedge_time open_timeout;
    kedge_time head_timeout;
    kedge_time body_timeout;
    kedge_time asked; // when the head began to be sent
    kedge_time limit; // CREDENTIALS: the deadline proper; `deadline` is when to ask again

    const char *user_agent; // of its requests; NULL: the client's
    // Told of a Warning header's value, which it may write over; `cut`: it was longer. NULL: none.
    void (*on_warning)(void *ctx, char *value, size_t len, bool cut);
    void *warning_ctx;
    struct kedge__connection *next; // of the client's

    uint64_t bytes_in;
    uint64_t bytes_out;
    uint64_t opened; // connections opened, in all
    struct kedge_http_response response;
};

// Makes a closed connection, with a buffer of `cap` bytes from the arena. KEDGE_ERR_MEMORY, or the
// first failure.
kedge_err kedge__connection_init(struct kedge__connection *c, struct kedge_client *client,
                                 size_t cap);

// Ends whatever is under way, at once, and closes the stream. Nothing is left.
void kedge__connection_close(struct kedge__connection *c);

// Begins a request. Reuses the open connection if the last response ended well on it and nothing
// has come since, else opens a new one. `watch`: the body may be silent for any time.
void kedge__exchange_start(struct kedge__connection *c, const struct kedge__ask *ask, bool watch,
                           kedge_time now);

// True if what the connection is open with has been replaced: an idle one is better closed.
bool kedge__connection_outdated(const struct kedge__connection *c);

// exchange_head.c: writes the head of c->ask, with the credentials of this time, into the buffer,
// which holds nothing else then. KEDGE_ERR_TOO_LONG, KEDGE_ERR_ARGUMENT, or what the token's source
// answers.
kedge_err kedge__exchange_write_head(struct kedge__connection *c, kedge_time now);

// exchange_date.c: where the calendar is the server's, the head that has just come says what time
// it is, and whether the certificates of this connection are good then. KEDGE_ERR_CERTIFICATE:
// *problem is what is wrong, in static storage.
kedge_err kedge__exchange_judge_date(struct kedge__connection *c, kedge_time now,
                                     const char **problem);

// Goes on until the response's head is there. A 401 makes the next request ask for credentials
// anew. Waits are for c->waits, which is not always the connection's own stream. An idle connection
// that the server closes meanwhile is opened anew, once, if the request may be sent twice: a GET,
// or one of which no byte was sent.
//
// KEDGE_OK    c->response holds the head
// KEDGE_WANT_READ, KEDGE_WANT_WRITE   not yet
// otherwise   why it failed; the connection is closed; c->problem may say more
kedge_err kedge__exchange_head(struct kedge__connection *c, kedge_time now);

// Gives body bytes that have come and were not used, reading more if there are none.
//
// KEDGE_OK          *bytes has at least one
// KEDGE_WANT_*      none now
// KEDGE_ERR_CLOSED  the body is complete
// otherwise         it was cut off
kedge_err kedge__exchange_body(struct kedge__connection *c, kedge_time now, kedge_str *bytes);

// Tells that the first `n` of the bytes that the last call gave are used.
void kedge__exchange_used(struct kedge__connection *c, size_t n);

// Wipes all of the buffer but the bytes that were not used yet.
void kedge__exchange_forget(struct kedge__connection *c);

#endif
