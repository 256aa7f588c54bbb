// SPDX-License-Identifier: Apache-2.0
// priv.h - what the mock's own files share.
#ifndef MOCK_PRIV_H
#define MOCK_PRIV_H

#include "mock.h"
#include "select.h"
#include "status.h"
#include "store.h"
#include "text.h"

enum {
    REQUEST_HEAD_MAX = 1024 * 1024,
    REQUEST_BODY_MAX = 3 * 1024 * 1024,
    GO_BUFFER = 2048,        // of Go's HTTP server: what decides chunks and Content-Length
    OUTPUT_GOAL = 64 * 1024, // bytes made ahead for a connection
    LIST_TIMEOUT_MS = 60000,
    FUTURE_WAIT_MS = 3000,
    ROLLOUTS = 16
};

struct user_token {
    char *token, *user;
    int64_t expires_at;
    char *namespace, *account, *uid; // of the ServiceAccount it stands for; NULL: of none
};

struct prohibition {
    char *user, *verb, *resource; // verb and resource may be NULL
};

struct armed_fault {
    struct mock_fault fault;
    char *resource;
};

// Header fields that go with the coming replies.
struct extra {
    char *text;     // of a warning; NULL: the connection closes behind the reply
    char *resource; // NULL: any
    unsigned left;
    bool forever;
};

struct log_line {
    int64_t at; // ms since 1970
    char *text;
};

// What a container printed from one start to the next.
struct log_run {
    char *uid; // of its pod
    char *container;
    unsigned run; // 0, 1, ...
    bool wanted;
    struct log_line *lines;
    size_t count, cap;
};

struct mock {
    struct mock_options options;
    int64_t now;
    uint64_t random;
    uint64_t version;
    uint64_t compacted; // lists at an older version have expired
    struct resource **resources;
    size_t resource_count;
    struct mock_connection *connections;
    bool need_credentials;
    struct user_token *tokens;
    size_t token_count;
    struct prohibition *prohibitions;
    size_t prohibition_count;
    struct armed_fault *faults;
    size_t fault_count;
    struct extra *extras;
    size_t extra_count;
    struct log_run *logs;
    size_t log_count;
    char *rollouts[ROLLOUTS]; // keys of Deployments whose status does not follow their spec yet
    uint64_t churned;
    size_t filled, filled_namespaces;
};

// ---- request.c
struct pair {
    char *key, *value;
};

struct request {
    char *method;
    char *path;     // as sent, without query
    char **segment; // of the path, decoded
    size_t segments;
    struct pair *query;
    size_t queries;
    struct pair *headers; // keys in lower case
    size_t header_count;
    char *body;
    size_t body_len;
    bool old_http; // HTTP/1.0
    bool close;    // the client wants the connection closed
};

enum parse_result { PARSE_MORE, PARSE_DONE, PARSE_BAD, PARSE_HEAD_TOO_LARGE, PARSE_BODY_TOO_LARGE };

// Reads one request from the front of input; *used is how many bytes it took when done.
// *expects tells that the client waits for 100 Continue before it sends the body.
enum parse_result request_parse(struct request *request, const struct text *input, size_t *used,
                                bool *expects);
void request_free(struct request *request);
const char *request_header(const struct request *request, const char *key); // "" where absent
const char *request_query(const struct request *request, const char *key);  // NULL where absent
bool request_flag(const struct request *request, const char *key);          // true or 1

// ---- write.c, object.c: changing objects
enum verb {
    VERB_GET,
    VERB_LIST,
    VERB_WATCH,
    VERB_CREATE,
    VERB_UPDATE,
    VERB_PATCH,
    VERB_DELETE,
    VERB_DELETECOLLECTION
};
extern const char *const mock__verbs[];

struct write {
    struct resource *resource;
    const char *namespace; // "" for cluster-scoped
    const char *name;
    const char *subresource; // "", "status", "scale"
    const char *manager;     // of managedFields
    bool applied;            // operation: Apply
    bool force;              // it takes what others own
    json_t *managed;         // managedFields that are known already; NULL: as usual
    bool trusted;            // mock_apply(): as it stands
    bool dry_run;
};

// Results of a write: a refusal, or the state of the object (a reference).
struct written {
    json_t *refusal;
    struct revision *state;
    bool created;
    bool deleted; // the object is gone
};

struct written write_create(struct mock *mock, const struct write *write, json_t *object);
struct written write_update(struct mock *mock, const struct write *write, json_t *object);
struct written write_delete(struct mock *mock, const struct write *write, const json_t *options);
// Their parts: changes to be remembered; the time now; a version in metadata; a new state stored;
// the object gone, with its tombstone.
size_t write__history(const struct mock *mock);
json_t *write__timestamp(const struct mock *mock);
void write__version(json_t *metadata, uint64_t version);
struct revision *write__commit(struct mock *mock, const struct write *write, json_t *object);
struct revision *write__vanish(struct mock *mock, struct resource *r, struct revision *old);
struct resource *mock__resource(const struct mock *mock, const char *name);
uint64_t mock__put(struct mock *mock, struct resource *r, json_t *object); // mock_apply(), parsed
int64_t mock__unix_ms(const struct mock *mock);
bool mock__parse_time(const char *text, int64_t *unix_ms); // RFC 3339
json_t *write_check_delete(const struct write *write, const struct revision *state,
                           const json_t *options);

// A copy whose members and metadata may be set or removed; what lies below is shared.
json_t *object_open(const json_t *object);
// A new object in the order of keys that Go's structs have, without nulls unless they are kept.
json_t *object_arrange(const struct kind *kind, const json_t *object, bool keep_nulls);
bool object_same(const json_t *a, const json_t *b); // but for version and managedFields
json_t *object_scale(const struct kind *kind, const json_t *object);

// ---- patch.c, strategic.c; each gives a new object or NULL
json_t *patch_merge(const json_t *object, const json_t *patch);
json_t *patch_json(const json_t *object, const json_t *operations);
json_t *patch_strategic(const json_t *object, const json_t *patch);
const char *strategic_key(const char *list); // "name" for containers; NULL: the list is atomic

// ---- schema.c
struct list_schema {
    const char *field;
    const char *key, *second; // by which items are known; NULL: by themselves
    bool atomic_items;
};
// NULL: the list is one value.
const struct list_schema *schema_list(const char *field, const json_t *list);
bool schema_is_atomic_map(const char *field);
void schema_item(const struct list_schema *schema, const json_t *item, struct text *out); // k:{...}
// Takes unknown fields out of an object; gives their paths.
json_t *schema_drop_unknown(const struct kind *kind, json_t *object);

// ---- fields.c: sets of fields; each call gives a new reference
json_t *fields_of(const struct kind *kind, const json_t *object); // all that an applier says
void fields_compare(const struct kind *kind, const json_t *a, const json_t *b, json_t **changed,
                    json_t **removed);
json_t *fields_union(const json_t *a, const json_t *b);
json_t *fields_difference(const json_t *a, const json_t *b);
json_t *fields_intersection(const json_t *a, const json_t *b);
json_t *fields_encode(const json_t *set); // fieldsV1
json_t *fields_decode(const json_t *v1);
json_t *fields_paths(const json_t *set); // as texts, in order
json_t *fields_merge(const struct kind *kind, const json_t *live, const json_t *config);
// The object without what is doomed, unless something of it is kept.
json_t *fields_prune(const struct kind *kind, json_t *object, const json_t *doomed,
                     const json_t *kept);

// ---- managers.c
// The managedFields of an object that is written (live NULL: made).
json_t *managers_update(const struct mock *mock, const struct write *write, const json_t *live,
                        const json_t *next);
// The object that server-side apply makes of the live one (or of none), with its managedFields in
// *entries; or a refusal, where others own what would change.
json_t *managers_apply(const struct mock *mock, const struct write *write, const json_t *live,
                       const json_t *config, json_t **entries, json_t **refusal);

// ---- reply.c: a response as Go's HTTP server sends it
struct reply {
    struct text head; // status line and headers but for the framing
    int code;
    char buffer[GO_BUFFER];
    size_t fill;
    bool head_sent;
    bool running;
    size_t body_left; // a fault stops the body after so many bytes
    bool stopped;     // it did
};

void reply_begin(struct mock_connection *c, int code, const char *content_type);
void reply_begin_public(struct mock_connection *c, int code, const char *content_type); // to cache
void reply_header(struct mock_connection *c, const char *key, const char *value);
void reply_write(struct mock_connection *c, const void *bytes, size_t len);
void reply_flush(struct mock_connection *c);
void reply_end(struct mock_connection *c);
void reply_json(struct mock_connection *c, int code, const json_t *body, int how);
void reply_status(struct mock_connection *c, json_t *status); // takes the reference
void reply_plain(struct mock_connection *c, int code, const char *body);
int reply_how(const struct mock_connection *c, const struct kind *kind);

// ---- views of objects: as they are, as PartialObjectMetadata, as a Table
enum view { VIEW_FULL, VIEW_PARTIAL, VIEW_TABLE };

enum view view_asked(const struct request *request, json_t **refusal);
// The text of an object as an item of a list or by itself.
void view_add(struct text *out, const struct resource *r, const struct revision *state,
              enum view view, bool item);
json_t *table_new(const struct resource *r, bool columns);
void table_add(struct mock *mock, json_t *table, const struct resource *r,
               const struct revision *state, const char *include);

// ---- list.c, watch.c: replies made piece by piece
struct listing {
    const struct resource *resource;
    struct snapshot items;
    size_t next;
    enum view view;
    uint64_t version;
    char *token; // NULL: the list is whole
    uint64_t remaining;
    bool count_remaining;
    int64_t deadline;
    bool comma; // items were written already
    bool endless;
    uint64_t endless_made;
};

struct watch {
    const struct resource *resource;
    char *namespace;
    struct selector labels, fields;
    enum view view;
    const char *include;
    struct snapshot initial;
    size_t next_initial;
    bool end_mark;            // the bookmark at the end of the initial events is due
    size_t bookmarked;        // a bookmark was sent before this initial event, from 1 on
    uint64_t initial_version; // of the state that they are
    uint64_t cursor;
    uint64_t since;
    bool bookmarks;
    bool early_bookmark; // the one before the end was sent
    int64_t next_bookmark;
    int64_t deadline;
    bool columns_sent;
};

struct logging {
    char *namespace, *name, *uid, *container;
    unsigned run;
    size_t next, end; // lines; a follower's have no end
    int64_t since;    // ms since 1970
    uint64_t bytes_left;
    bool follow, timestamps;
};

enum phase {
    PHASE_IDLE,
    PHASE_WAITING,
    PHASE_LISTING,
    PHASE_WATCHING,
    PHASE_LOGGING,
    PHASE_ENDLESS_HEADER,
    PHASE_HUNG
};

struct mock_connection {
    struct mock *mock;
    struct mock_connection *next;
    char *user; // of the client certificate
    struct text in, out;
    struct request request;
    enum phase phase;
    struct reply reply;
    struct listing listing;
    struct watch watch;
    struct logging logging;
    struct text extra; // header fields for the coming reply
    int64_t idle_since;
    int64_t wait_deadline;
    uint64_t wait_version;
    bool waited;
    bool continued;      // 100 Continue was sent
    struct text padding; // what follows the padding of a huge object
    size_t pad;
    bool closing, broken;
    uint64_t cut_after, stall_after; // bytes of output; UINT64_MAX: never
    bool cut_breaks;
    size_t slow, allowance; // bytes a tick; 0: full speed
    bool no_metadata, unknown_event;
    size_t huge;
};

void connection_serve(struct mock_connection *c);
void connection_finish(struct mock_connection *c); // the reply is over

// What a request is about.
struct target {
    struct resource *resource;
    const char *namespace; // "" all namespaces, or cluster-scoped
    const char *name;
    const char *subresource;
    enum verb verb;
};

void api_serve(struct mock_connection *c);
void discovery_serve(struct mock_connection *c, bool *known);
void list_serve(struct mock_connection *c, const struct target *target);
void list_delete(struct mock_connection *c, const struct target *target, const struct write *write);
void list_make(struct mock_connection *c);
void list_end(struct listing *listing);
void watch_serve(struct mock_connection *c, const struct target *target);
void watch_make(struct mock_connection *c);
void watch_stop(struct watch *watch);
int64_t watch_deadline(const struct watch *watch); // when it has something to say by itself
void watch_expire(struct mock_connection *c, json_t *status); // ERROR event, end
void write_serve(struct mock_connection *c, const struct target *target);

// True when the connection now waits until this version is reached (or refused with 504).
bool wait_for_version(struct mock_connection *c, uint64_t version);
bool parse_version(const char *text, uint64_t *version);

// ---- log.c, sub.c
void log_serve(struct mock_connection *c, const struct target *target);
void log_make(struct mock_connection *c);
void log_stop(struct logging *logging);
void log_forget(struct mock *mock);
bool sub_is_order(const struct target *target); // binding, eviction, token
void sub_serve(struct mock_connection *c, const struct target *target);
json_t *write_delete_options(struct mock_connection *c, json_t **refusal);
// The body of a request, an object of a kind of that name; or a refusal.
json_t *write_body(struct mock_connection *c, const char *kind, json_t **refusal);

// ---- extra.c
void text_warning(struct text *out, const char *warning); // the value of a Warning field
void extra_strike(struct mock_connection *c, const char *resource);
void extra_forget(struct mock *mock);
// A CustomResourceDefinition was stored, or is about to go.
void extra_defined(struct mock *mock, const struct resource *r, const struct revision *state);
void extra_undefined(struct mock *mock, const struct resource *r, const json_t *object);

// ---- auth.c
void auth_forget(struct mock *mock);
// A token that stands for a ServiceAccount, until it expires or that is deleted.
void auth_add_account(struct mock *mock, const char *token, const struct revision *account,
                      int64_t expires_at);
json_t *auth_check(const struct mock_connection *c, const char **user);
json_t *auth_allowed(const struct mock *mock, const char *user, const struct target *target);
bool auth_is_public(const struct request *request);

// ---- fault.c
// Applies the fault that waits for such a request; true: it is answered already.
bool fault_strike(struct mock_connection *c, enum mock_on on, const char *resource);
bool fault_refuses(struct mock *mock);
void fault_serve(struct mock_connection *c); // POST /mock/fault and its like
void fault_add_endless_header(struct mock_connection *c);
// An odd object that a fault put before the items of a list or the events of a watch.
void fault_write_odd(struct mock_connection *c, const struct resource *r, bool event);
void fault_write_padding(struct mock_connection *c);

#endif
