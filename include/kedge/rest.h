// SPDX-License-Identifier: Apache-2.0
// kedge/rest.h - requests to the API server: client-go's rest package, in fixed memory.
//
//     struct kedge_rest *rest = kedge_rest_new(client, NULL);
//     struct kedge_request get = {
//         .verb = KEDGE_GET, .group = "apps", .version = "v1", .resource = "deployments",
//         .namespace_ = "default", .name = "web",
//     };
//     static char body[16384];
//     size_t len;
//     if (kedge_rest_read(rest, &get, body, sizeof body, &len) == KEDGE_OK)
//         printf("%.*s\n", (int)len, body);
//     else if (kedge_status_is_not_found(kedge_rest_status(rest)))
//         puts("there is no web");
//     else
//         puts(kedge_rest_error_text(rest));
//
// A kedge_rest is one connection and one request at a time; make as many as are to run at once. The
// connection stays open between requests, for 90 s. A request is a struct, in which zero means
// unset; the calls of kedge/api.h (typed objects), kedge/dynamic.h and kedge/discovery.h fill one
// in. It is borrowed, with all that it points to, until the request has ended.
//
// There are two ways to make one:
//   - kedge_rest_read and kedge_rest_stream wait until it has ended. They drive this connection,
//     and what must go on meanwhile (the Lease of an elector, say), and call no handler of an
//     informer, so they may be called anywhere, also in a handler; objects in hand stay good.
//     kedge_stop ends them.
//   - kedge_rest_start returns at once; the loop (kedge_poll, kedge_run) drives it, and calls back.
//
// As client-go does: a token of the client's bucket (QPS 5, burst 10, see kedge_config) is taken
// before a request, but before a watch only when it is repeated. A reply 429 or 5xx with a
// Retry-After in seconds is tried again, up to 10 times, whatever the verb (an hour later at most);
// so is a GET, but for an endless one, whose connection was reset or ended early, after a second. A
// kept connection that turns out to be closed is replaced at once. Warning headers go to the
// handler of the options, else to the log.
#ifndef KEDGE_REST_H
#define KEDGE_REST_H

#include <stdbool.h>
#include <stddef.h>
#include <stdint.h>

#include <kedge/client.h>
#include <kedge/http.h>
#include <kedge/status.h>
#include <kedge/text.h>
#include <kedge/time.h>

#ifdef __cplusplus
extern "C" {
#endif

struct kedge_rest;

// Zero means the default.
struct kedge_rest_options {
    size_t buffer;     // bytes of the connection's buffer: a request's head must fit; 4,096
    size_t path_max;   // bytes of a path with its query, and of DeleteOptions; 1,024
    size_t text_max;   // bytes of the wanted fields of one object as JSON text, also of a Status;
                       // 6,144
    size_t object_max; // largest record in bytes, 4,096; larger objects become partial

    // User-Agent of its requests, borrowed for as long as they are made; NULL: the client's. A
    // control character in it is found when a request is made: KEDGE_ERR_ARGUMENT.
    const char *user_agent;

    // Its requests take no token of the client's bucket: for the few that must not be late.
    bool no_rate_limit;

    // How long things may take; KEDGE_FOREVER: without limit.
    kedge_time open_timeout; // until connected, TLS too; 40 s (client-go: 30 s and 10 s)
    kedge_time head_timeout; // from there to the head of the reply; 70 s
    kedge_time body_timeout; // of silence within a body that is no watch and no followed log; 70 s
    kedge_time idle_timeout; // of a connection without a request; 90 s

    // Told of each warning that the server sends (code 299 in practice); the texts are good until
    // it returns. It is called while the reply is being read, so it must not call kedge; and, with
    // KEDGE_THREADS=1, with the lock held, so it waits for no thread that does. NULL: those of code
    // 299 go to the log (kedge_log_to).
    void (*on_warning)(void *ctx, int code, const char *agent, const char *text);
    void *warning_ctx;

#if KEDGE_THREADS
    // Its requests wait in a thread of their own, beside the one that polls; one kedge_rest belongs
    // to one thread. Call-backs come in that thread.
    // kedge_stop ends a request within 100 ms. kedge_rest_start is refused (KEDGE_ERR_ARGUMENT).
    bool own_thread;
#endif
};

// Makes a kedge_rest in the arena of the client's kedge. `options` may be NULL. It opens no
// connection yet. NULL on failure: KEDGE_ERR_MEMORY, KEDGE_ERR_ARGUMENT (a buffer under 2,048
// bytes, text_max or path_max under KEDGE_SIEVE_BUFFER), KEDGE_ERR_UNSUPPORTED (own_thread, and the
// port has no wait_in_thread). Before other threads run.
struct kedge_rest *kedge_rest_new(struct kedge_client *client,
                                  const struct kedge_rest_options *options);

// Cancels what is under way and closes the connection. The arena keeps its bytes: the next request
// opens it anew. NULL does nothing. Not from a call-back of this kedge_rest.
void kedge_rest_close(struct kedge_rest *rest);

// An optional number or truth: zero is told from unset. KEDGE_JUST(0) is a zero that is sent.
struct kedge_maybe {
    bool is_set;
    int64_t value;
};
#ifdef __cplusplus
#define KEDGE_JUST(n) (kedge_maybe{true, (n)})
#else
#define KEDGE_JUST(n) ((struct kedge_maybe){true, (n)})
#endif

enum kedge_verb {
    KEDGE_GET,
    KEDGE_LIST,
    KEDGE_WATCH,
    KEDGE_CREATE,
    KEDGE_UPDATE, // of the whole object; with the subresource "status", of its status
    KEDGE_PATCH,
    KEDGE_APPLY, // server-side apply
    KEDGE_DELETE,
    KEDGE_DELETE_COLLECTION
};

enum kedge_patch_type {
    KEDGE_PATCH_MERGE,     // RFC 7386
    KEDGE_PATCH_STRATEGIC, // merges lists by key; built-in kinds only
    KEDGE_PATCH_JSON       // RFC 6902
};

enum kedge_version_match { KEDGE_MATCH_UNSET, KEDGE_NOT_OLDER_THAN, KEDGE_EXACT };
enum kedge_field_validation {
    KEDGE_VALIDATION_UNSET,
    KEDGE_VALIDATION_IGNORE,
    KEDGE_VALIDATION_WARN, // the server's default: unknown fields give warnings
    KEDGE_VALIDATION_STRICT
};
enum kedge_propagation {
    KEDGE_PROPAGATION_UNSET,
    KEDGE_PROPAGATION_BACKGROUND,
    KEDGE_PROPAGATION_FOREGROUND,
    KEDGE_PROPAGATION_ORPHAN
};

// GetOptions, ListOptions, CreateOptions, UpdateOptions, PatchOptions and DeleteOptions of
// meta/v1 in one: zero means unset and sends nothing. What a verb does not know is refused
// (KEDGE_ERR_ARGUMENT), not left out: nobody wants a dry run that is none. Texts: NULL and "" are
// both unset, unless said otherwise.
struct kedge_options {
    // LIST, WATCH, DELETE_COLLECTION.
    const char *label_selector;
    const char *field_selector;
    const char *resource_version; // also GET. LIST: "0" any, else not older than
    int64_t limit;                // objects a page. 0: all at once
    const char *continue_;
    struct kedge_maybe timeout_seconds;     // after which the server ends it
    struct kedge_maybe send_initial_events; // WATCH only; 0 sends false
    enum kedge_version_match resource_version_match;
    bool allow_watch_bookmarks; // WATCH only

    // CREATE, UPDATE, PATCH, APPLY, DELETE, DELETE_COLLECTION.
    bool dry_run; // "All": the server answers as if, and stores nothing
    // CREATE, UPDATE, PATCH, APPLY (which needs a manager).
    const char *field_manager;
    struct kedge_maybe force; // APPLY only; 1: takes fields over from other managers
    enum kedge_field_validation field_validation;

    // DELETE, DELETE_COLLECTION.
    enum kedge_propagation propagation;
    struct kedge_maybe grace_period_seconds; // 0: at once
    const char *precondition_uid;            // NULL: none; "" is sent
    const char *precondition_resource_version;
    struct kedge_maybe orphan_dependents; // the old form of propagation
    // Deletes even what the server can no longer read, without its finalizers.
    bool ignore_store_read_error;
};

// One request. Either `resource` is set, and the path is made of the parts, or `path` is.
struct kedge_request {
    enum kedge_verb verb;
    const char *group;   // "" or NULL: the core group
    const char *version; // "v1"
    const char *resource;
    const char *namespace_;  // NULL: none, for cluster-scoped resources and all namespaces. "" is
                             // refused where an object is named or created, else as NULL
    const char *name;        // NULL: none. "" is refused
    const char *subresource; // "status", "scale", "log", ...; NULL: none
    // Instead of the parts: "/version", "/healthz", "/apis", ...; escaped as it is sent, below the
    // server's prefix, without "?": parameters go below.
    const char *path;

    struct kedge_options options;
    enum kedge_patch_type patch_type;         // of PATCH
    const struct kedge_http_pair *parameters; // more of the query, unescaped
    size_t parameter_count;

    // CREATE, UPDATE, PATCH and APPLY send it (JSON; APPLY too). Of DELETE it is made from the
    // options. Empty: none.
    kedge_str body;
    const char *content_type; // of the body; NULL: by the verb
    const char *accept;       // NULL: "application/json, */*"
    const struct kedge_http_pair *headers;
    size_t header_count;

    kedge_time
        timeout; // of the whole request with its retries, ms; also sent, as timeout=. 0: none
    // How often a reply with Retry-After or a broken GET is tried again. 0: 10; negative: never.
    int retries;
    bool endless; // the reply may be silent for any time, and come late: a followed log. A WATCH
                  // may always be silent
    // ms without a byte after which the body ends, with KEDGE_ERR_TIMEOUT; 0: as the kedge_rest's
    // options and `endless` say.
    kedge_time silence;
};

// Bytes of a reply as they come. Anything but KEDGE_OK cancels the request, which then ends with
// just that. `bytes` is good until it returns. It makes no request on this kedge_rest.
//
// In the loop it may answer KEDGE_WAIT: it takes none of these bytes now. They are offered again,
// the same, 10 times a second and after kedge_wake, and meanwhile no more are read: TCP holds the
// server back, and nothing is lost. Where the caller waits for the end, that cancels it too.
typedef kedge_err (*kedge_sink)(void *ctx, kedge_str bytes);

// Makes the request and writes the body of the reply, as it is, into `buf`; its length into *len.
//
// KEDGE_OK            the server answered 2xx (of a WATCH: it has ended)
// KEDGE_ERR_API       the server refused: kedge_rest_status says why. The body is not in `buf`
// KEDGE_ERR_TOO_LONG  the body is longer than `cap`: the first `cap` bytes are in `buf`. Or the
//                     path is longer than path_max, or the head than the buffer
// KEDGE_ERR_ARGUMENT  not a request: kedge_rest_error_text names the member. Nothing was sent
// KEDGE_ERR_STATE     another request is under way here (kedge_rest_start, or a call-back)
// KEDGE_ERR_TIMEOUT, KEDGE_ERR_STOPPED, KEDGE_ERR_RESOLVE, KEDGE_ERR_CONNECT, KEDGE_ERR_IO,
// KEDGE_ERR_TLS, KEDGE_ERR_CERTIFICATE, KEDGE_ERR_HTTP, KEDGE_ERR_FILE (token, plugin)
//                     no answer, as each says. Whether the server has acted on the request is
//                     unknown if it is no reading one
//
// Each is found in kedge_rest_error_text, with the place, but for STATE, and STOPPED before a
// request began: they leave the text of the request before.
kedge_err kedge_rest_read(struct kedge_rest *rest, const struct kedge_request *request, void *buf,
                          size_t cap, size_t *len);

// Makes the request and hands the body of a 2xx reply to `sink` as it comes: of any length, in the
// memory of the connection's buffer. Errors as above, and what the sink answers.
kedge_err kedge_rest_stream(struct kedge_rest *rest, const struct kedge_request *request,
                            kedge_sink sink, void *ctx);

// Begins the request; the loop goes on with it. `sink` is called from the loop for the body of a
// 2xx reply, then `done`, once, with the result as above; never before this returns, and not after
// kedge_rest_cancel. Both may do what a handler may, and `done` may begin the next request.
// `sink` may be NULL: the body is read and dropped.
//
// KEDGE_ERR_ARGUMENT, KEDGE_ERR_TOO_LONG, KEDGE_ERR_STATE as above: then `done` is not called.
kedge_err kedge_rest_start(struct kedge_rest *rest, const struct kedge_request *request,
                           kedge_sink sink, void (*done)(void *ctx, kedge_err err), void *ctx);

// Ends what is under way, at once; no call-back follows. Safe in one, and where nothing is under
// way. The connection is closed if it was in the middle of something. In the thread that polls, or
// with own_thread in the one that it belongs to.
void kedge_rest_cancel(struct kedge_rest *rest);

// Why the last request was refused. All zero if it was not. Good until the next one begins; never
// NULL.
const struct kedge_status *kedge_rest_status(const struct kedge_rest *rest);

// What the last request failed with, in words: what was asked, and what came of it. "" if it did
// not fail. Good until the next one begins; never NULL. Of a NULL rest: that.
const char *kedge_rest_error_text(const struct kedge_rest *rest);

struct kedge_rest_facts {
    int code;             // of the last reply, as in HTTP; 0: none came
    unsigned sent;        // how often the last request was sent
    uint64_t requests;    // ended, in all
    uint64_t connections; // opened, in all
    uint64_t bytes_in;    // heads and bodies, in all
    uint64_t bytes_out;
};
// Fills in *facts. KEDGE_ERR_ARGUMENT if either is NULL.
kedge_err kedge_rest_facts(const struct kedge_rest *rest, struct kedge_rest_facts *facts);

#ifdef __cplusplus
}
#endif
#endif
