// SPDX-License-Identifier: Apache-2.0
// rest_priv.h - the insides of struct kedge_rest, for the rooms that read objects through it.
//
// A room (api, dynamic, discovery, watch) fills in a request and gives kedge_rest_stream or
// kedge_rest_start a sink, which feeds `sieve` and reads its items with `tokens`: both are the
// sink's for as long as a body comes. The kedge_rest itself uses them only to read a Status, when
// there is no body for a sink.
#ifndef KEDGE_CLIENT_REST_PRIV_H
#define KEDGE_CLIENT_REST_PRIV_H

#include "client/exchange.h"
#include "kedge/backoff.h"
#include "kedge/rest.h"
#include "kedge/sieve.h"

enum kedge__rest_state {
    KEDGE__REST_IDLE,
    KEDGE__REST_PAUSE, // until `wake`: for the bucket's token, or what the server asked for
    KEDGE__REST_HEAD,
    KEDGE__REST_DRAIN,   // of a reply that will be tried again
    KEDGE__REST_REFUSED, // reads why
    KEDGE__REST_BODY,    // to the sink
    KEDGE__REST_ENDED    // with `err`; `done` is still to be called
};

// Bytes of the text that says what a request failed with.
#define KEDGE__REST_TEXT 256

// Bytes of what is around the items of a list: its version and continue token.
#define KEDGE__REST_ENVELOPE 2048

struct kedge_rest {
    struct kedge__task task; // first
    struct kedge_client *client;
    struct kedge_rest_options options;
    struct kedge__connection connection;

    enum kedge__rest_state state;
    struct kedge_request request; // what it points to is borrowed
    kedge_sink sink;
    void (*done)(void *ctx, kedge_err err);
    void *ctx;
    bool in_loop; // the loop drives it
    bool inside;  // a call-back runs
    bool moved;   // a sink that says KEDGE_WAIT got somewhere before: another turn may help

    char *path; // then DeleteOptions
    struct kedge__ask ask;
    struct kedge_token_bucket *bucket; // that its requests take tokens of: the client's
    kedge_time deadline;               // of the whole request; KEDGE_FOREVER: none
    kedge_time wake;                   // PAUSE: until then
    kedge_time token_at;               // PAUSE: when the token of the bucket is there
    kedge_time idle_since;             // IDLE, with an open connection
    int retries_left;
    unsigned sent;
    size_t drained;  // bytes of a body that is of no interest
    size_t said_len; // REFUSED: bytes of its body that were kept in `path`
    bool has_object; // REFUSED: the sieve's item is what the server said
    kedge_err err;
    int code;
    struct kedge_status status;
    char text[KEDGE__REST_TEXT];
    uint64_t requests;

    struct kedge_sieve sieve;
    char *item_buf;     // options.text_max bytes
    char *envelope_buf; // KEDGE__REST_ENVELOPE bytes
    struct kedge_json_token *tokens;
    size_t token_count;
    unsigned char *record; // options.object_max bytes, aligned for a record
};

// Call-backs of the program are called without the lock, held once, so that what they wait for may
// be another thread at a cache. Those of what goes on meanwhile are not the program's.
static inline void kedge__rest_let_go(const struct kedge_rest *r)
{
    if (r->task.ops->meanwhile == NULL)
        kedge__unlock(r->client->k);
}

static inline void kedge__rest_take_again(const struct kedge_rest *r)
{
    if (r->task.ops->meanwhile == NULL)
        kedge__lock(r->client->k);
}

// True if its requests wait in a thread beside the one that polls.
#if KEDGE_THREADS
#define kedge__rest_is_beside(r) ((r)->options.own_thread)
#else
#define kedge__rest_is_beside(r) false
#endif

// rest_steps.c: takes a request, or says why it is none (KEDGE_ERR_STATE: another is under way).
kedge_err kedge__rest_take(struct kedge_rest *r, const struct kedge_request *request);
void kedge__rest_begin(struct kedge_rest *r, kedge_time now);
// Goes one step on. KEDGE_OK: it went; KEDGE_WANT_*: the connection must be ready first;
// KEDGE_WAIT: the time must come.
kedge_err kedge__rest_step(struct kedge_rest *r, kedge_time now);
// A request that ends in a PAUSE does not use the token that it waited for.
void kedge__rest_give_up_token(struct kedge_rest *r, kedge_time now);
// Until when nothing has to be done if nothing comes, after a step that answered `err`.
kedge_time kedge__rest_next_deadline(const struct kedge_rest *r, kedge_err err);
// The request has ended so. `problem` (NULL: none) goes into the text.
void kedge__rest_end(struct kedge_rest *r, kedge_err err, const char *problem);
// Its requests in the loop go on while the program waits in a request call on another kedge_rest.
// For rooms whose call-backs call nothing of the program's. Not while a request is under way.
void kedge__rest_goes_on(struct kedge_rest *r);
// Wipes what was received; closes the connection if it cannot be kept.
void kedge__rest_forget(struct kedge_rest *r);

// Tokenises the sieve's item. KEDGE_ERR_FULL: it has more tokens than there are.
kedge_err kedge__rest_parse(struct kedge_rest *rest, struct kedge_json *doc);

// Makes the failure's text: what was asked, and `problem` (NULL: the error's own sentence). For
// rooms that find a reply unusable; gives `err` back.
kedge_err kedge__rest_say(struct kedge_rest *rest, kedge_err err, const char *problem);

#endif
