// SPDX-License-Identifier: Apache-2.0
// mock.h - a little Kubernetes API server without socket and without clock.
//
// Bytes go in, bytes come out, time is an argument, randomness is a seed: the same calls give the
// same bytes. The loopback server, its TLS side, unit tests and the simulation all drive this core.
//
//     struct mock *m = mock_new(&(struct mock_options){ .seed = 1 });
//     mock_apply(m, "deployments", "{\"metadata\":{\"name\":\"web\",\"namespace\":\"default\"}}");
//     struct mock_connection *c = mock_connection_open(m);
//     mock_connection_feed(c, request, request_len);
//     size_t n = mock_connection_output(c, buffer, sizeof buffer);
//     mock_connection_close(c);
//     mock_free(m);
//
// It allocates from the C heap and ends the program when that is empty. Not thread-safe.
#ifndef MOCK_H
#define MOCK_H

#include <stdbool.h>
#include <stddef.h>
#include <stdint.h>

struct mock;
struct mock_connection;

// A custom resource. The strings must outlive mock_new() only.
struct mock_crd {
    const char *group;   // edge.example.com
    const char *version; // v1
    const char *plural;  // sensors
    const char *kind;    // Sensor
    bool namespaced;
    bool scale;             // has /scale, of spec.replicas and status.replicas
    const char *short_name; // words with blanks between them; NULL: none
    const char *category;   // the same
};

// Which server is imitated.
enum mock_age {
    MOCK_SERVER_CURRENT,       // 1.36
    MOCK_SERVER_NO_WATCH_LIST, // sendInitialEvents answers 422
    MOCK_SERVER_1_20,          // resourceVersionMatch on a watch answers 422, no end bookmark
};

// Zero means default for every field.
struct mock_options {
    uint64_t seed;
    int64_t epoch_ms;       // wall clock at time 0, in ms since 1970; 0: 2026-01-01T00:00:00Z
    uint64_t first_version; // resourceVersion of the empty server; 0: 1
    const struct mock_crd *crds;
    size_t crd_count;
    enum mock_age age;
    bool system_namespaces; // make default, kube-system, ... and refuse creation in unknown ones
    bool no_managed_fields; // objects without the synthetic metadata.managedFields
    bool limit_at_zero;     // honour limit also at resourceVersion=0
    bool null_items;        // an empty list of custom resources says "items":null
    bool pretty;            // every reply but watches with line breaks and blanks
    bool anonymous;         // who sends no credentials is system:anonymous (403), not 401
    size_t chunk_bytes;     // chunks of 1 to n random bytes; 0: as Go's server makes them
    size_t history;         // changes remembered for each resource; 0: 10,000
    uint32_t bookmark_ms;   // 0: 60,000
    uint32_t idle_ms;       // closes connections without a request for so long; 0: never
    bool kubelets;          // a pod on a node stays, with its time of deletion, until somebody
                            // deletes it with grace period 0: kubelets are what is tested
    bool no_bookmarks;      // as a server that has none: allowWatchBookmarks is ignored
    // 0: none among the initial events. n: one before every nth of them, when one is due, and one
    // before the one that marks their end; they are not marked, and at the version that it is at.
    unsigned initial_bookmarks;
};

// Makes an empty server. Never NULL.
struct mock *mock_new(const struct mock_options *options);

// Frees the server and all its connections. NULL is allowed.
void mock_free(struct mock *mock);

// Moves the clock to now_ms (never backwards): bookmarks, time limits, slow bytes.
void mock_tick(struct mock *mock, int64_t now_ms);

// The time at which mock_tick() will have something to do, or INT64_MAX.
int64_t mock_next_deadline(const struct mock *mock);

// ---- connections ---------------------------------------------------------------------------

enum mock_state {
    MOCK_OPEN,
    MOCK_CLOSED, // the server closed in order, all its bytes were taken
    MOCK_RESET,  // the server broke the connection off
};

// Opens a connection, or gives NULL while connections are refused.
struct mock_connection *mock_connection_open(struct mock *mock);

// Names the user that a verified client certificate stands for. Copied.
void mock_connection_set_user(struct mock_connection *connection, const char *user);

// Takes bytes from the client; gives how many it took (fewer while a reply is pending and the
// input buffer is full).
size_t mock_connection_feed(struct mock_connection *connection, const void *bytes, size_t len);

// Gives up to cap bytes for the client. Lists and watches make their bytes only here, so a client
// that does not read costs nothing.
size_t mock_connection_output(struct mock_connection *connection, void *buffer, size_t cap);

// MOCK_OPEN until the last byte was taken.
enum mock_state mock_connection_state(const struct mock_connection *connection);

// True when a fault ended the connection, so that a TLS side keeps back its close_notify.
bool mock_connection_was_cut(const struct mock_connection *connection);

// Drops the connection and frees it. NULL is allowed.
void mock_connection_close(struct mock_connection *connection);

// ---- kinds that come and go ----------------------------------------------------------------

// Adds a custom resource to a running server, as a CustomResourceDefinition does. False if there
// is one of that group, version and plural.
bool mock_add_crd(struct mock *mock, const struct mock_crd *crd);

// The server behind a group's version cannot be reached: its resources answer 503, discovery calls
// it stale.
void mock_stale(struct mock *mock, const char *group, const char *version, bool stale);

// ---- objects, without HTTP -----------------------------------------------------------------
// A resource is named by its plural, or plural.group where two groups share it.

// One stored object. The pointers are good until the next change.
struct mock_item {
    const char *namespace; // "" for cluster-scoped
    const char *name;
    const char *uid;
    uint64_t version;
    const char *text; // the object as JSON, with kind and apiVersion
    size_t len;
};

// Creates or replaces an object as it stands (status too; nulls are kept); uid, creationTimestamp
// and generation are filled in where they are missing. Gives its version, 0 if the JSON is bad.
uint64_t mock_apply(struct mock *mock, const char *resource, const char *json);

// Deletes at once, finalizers or not. False if there is no such object.
bool mock_delete(struct mock *mock, const char *resource, const char *namespace, const char *name);

// The same two for an object that is written already, many times faster: the text is stored as it
// stands. It begins with kind and apiVersion as the server writes them (custom kinds: in the order
// of keys), it has the version that is next, mock_version() + 1, and its uid; for a deletion it is
// the final state. Gives the version, 0 if there is no such resource.
uint64_t mock_store(struct mock *mock, const char *resource, const struct mock_item *item);
uint64_t mock_erase(struct mock *mock, const char *resource, const struct mock_item *item);

bool mock_get(const struct mock *mock, const char *resource, const char *namespace,
              const char *name, struct mock_item *item);

size_t mock_count(const struct mock *mock, const char *resource);

// The object at an index below mock_count(), in the order of lists.
bool mock_at(const struct mock *mock, const char *resource, size_t index, struct mock_item *item);

uint64_t mock_version(const struct mock *mock);

// Forgets all history: older versions answer 410 in lists, continue tokens and watches.
void mock_compact(struct mock *mock);

// The same for lists and continue tokens only: watches still find what the watch cache holds.
void mock_compact_lists(struct mock *mock);

// Breaks all connections; without keep_history the watch caches begin anew at this version.
void mock_restart(struct mock *mock, bool keep_history);

// Restores an old state, as from a backup of etcd: objects and the version counter are as they
// were at that version, all connections break. False if that version was compacted, or is older
// than the changes that are remembered.
bool mock_rewind(struct mock *mock, uint64_t version);

// Queues a bookmark for every watch that allows them.
void mock_bookmark(struct mock *mock);

// ---- what containers print -----------------------------------------------------------------

// A line without its newline; container NULL: the first. False if there is no such pod or
// container. Who follows the log gets it with the next output; a pod that is deleted ends the
// stream. Only a pod with a node has a log that can be asked for.
bool mock_log(struct mock *mock, const char *namespace, const char *pod, const char *container,
              const char *line);

// The container ends and starts anew: streams end, what it printed is its `previous` log.
bool mock_log_restart(struct mock *mock, const char *namespace, const char *pod,
                      const char *container);

// Makes a PodDisruptionBudget over all pods of a namespace that allows no eviction (429), busy:
// for now (with Retry-After), until mock_delete() of "poddisruptionbudgets". As in a real cluster,
// a pod that is Pending or that ended may be evicted all the same.
bool mock_forbid_eviction(struct mock *mock, const char *namespace, const char *name, bool busy);

// ---- a busy cluster ------------------------------------------------------------------------

// Makes namespaces and Deployments spread over them.
void mock_fill(struct mock *mock, size_t deployments, size_t namespaces);

// One small change: a rollout begins or moves on, a Deployment is scaled, added or deleted.
void mock_churn(struct mock *mock);

// ---- users ---------------------------------------------------------------------------------

// Once one of these was called, requests need credentials. expires_at_ms 0: never. A token that is
// there already is changed.
void mock_add_token(struct mock *mock, const char *token, const char *user, int64_t expires_at_ms);
void mock_require_credentials(struct mock *mock);

// Answers 403 to this user; verb ("list") and resource ("deployments") NULL: all.
void mock_forbid(struct mock *mock, const char *user, const char *verb, const char *resource);
void mock_allow_all(struct mock *mock);

// ---- faults --------------------------------------------------------------------------------

enum mock_fault_kind {
    MOCK_FAULT_CUT,            // the connection closes after `bytes` more bytes
    MOCK_FAULT_RESET,          // the same, broken off
    MOCK_FAULT_STALL,          // silence after `bytes` more bytes, the connection stays open
    MOCK_FAULT_SLOW,           // `bytes` (or 1) bytes for each mock_tick()
    MOCK_FAULT_GARBAGE,        // `bytes` (or 512) random bytes in place of the reply, then closed
    MOCK_FAULT_STATUS,         // the reply is an error with `status`, and `retry_after_s`
    MOCK_FAULT_REDIRECT,       // 301 to another path
    MOCK_FAULT_HTML,           // an HTML page, with `status` or 200
    MOCK_FAULT_REFUSE,         // the next connections are refused
    MOCK_FAULT_HUGE_CHUNK,     // a chunk size of 2^63
    MOCK_FAULT_ENDLESS_HEADER, // header fields without end
    MOCK_FAULT_STOPPED_JSON,   // the body ends after `bytes` (or 100) bytes, in proper framing
    MOCK_FAULT_UNKNOWN_EVENT,  // watch: an event of an unknown type, then as usual
    MOCK_FAULT_NO_METADATA,    // list or watch: an object without metadata first
    MOCK_FAULT_HUGE_OBJECT,    // list or watch: an object of `bytes` (or 20 MB) first
    MOCK_FAULT_ENDLESS_LIST,   // a list without end
    MOCK_FAULT_EXPIRED_EVENT,  // watch: an ERROR event 410, then the end
    MOCK_FAULT_CLOSE,          // watch: the proper end at once
    MOCK_FAULT_KINDS
};

enum mock_on { MOCK_ON_ANY, MOCK_ON_LIST, MOCK_ON_WATCH, MOCK_ON_OTHER };

struct mock_fault {
    enum mock_fault_kind kind;
    enum mock_on on;      // which requests
    const char *resource; // plural; NULL: all. Copied.
    bool now;             // strike open connections (cut, reset, stall, slow, and on watches the
                          // event faults and close) in place of coming requests
    unsigned skip;        // let so many matching requests pass first
    unsigned count;       // then strike so many; 0: one
    size_t bytes;
    int status;
    int retry_after_s;
};

// Arms a fault; several are struck in the order they came. Gives how many open connections it
// struck, or 0.
size_t mock_inject(struct mock *mock, const struct mock_fault *fault);

// Forgets all armed faults and warnings, and cuts that were to come; stalled and slow connections
// go on.
void mock_heal(struct mock *mock);

// Adds `Warning: 299 - "text"` to the next `count` replies (0: to all, until mock_heal()) that are
// about a resource (plural; NULL: any). Several calls give several fields.
void mock_warn(struct mock *mock, const char *text, const char *resource, unsigned count);

// The next `count` replies (0: all, until mock_heal()) say `Connection: close`, and it does.
void mock_last_replies(struct mock *mock, unsigned count);

// The fault of a name as the HTTP side knows it ("cut", "endless-list"), or MOCK_FAULT_KINDS.
enum mock_fault_kind mock_fault_by_name(const char *name);

#endif
