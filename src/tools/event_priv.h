// SPDX-License-Identifier: Apache-2.0
// event_priv.h - what the two event recorders share: how texts get into a store of fixed size, what
// an event is called, and how one is written to the server.
#ifndef KEDGE_TOOLS_EVENT_PRIV_H
#define KEDGE_TOOLS_EVENT_PRIV_H

#include "base/context.h"
#include "base/random.h"
#include "client/client_priv.h"
#include "kedge/api.h"
#include "kedge/event_type.h"
#include "kedge/object_reference.h"
#include "kedge/writer.h"

// Texts of an event, in the order in which a store has them. A reference has the first eight.
enum {
    KEDGE__EVENT_GROUP,
    KEDGE__EVENT_VERSION,
    KEDGE__EVENT_KIND,
    KEDGE__EVENT_NAMESPACE,
    KEDGE__EVENT_NAME,
    KEDGE__EVENT_UID,
    KEDGE__EVENT_RESOURCE_VERSION,
    KEDGE__EVENT_FIELD_PATH,
    KEDGE__EVENT_REFERENCE,
    KEDGE__EVENT_REASON = KEDGE__EVENT_REFERENCE,
    KEDGE__EVENT_MESSAGE,
    KEDGE__EVENT_CORE, // so many has an event of core/v1
    KEDGE__EVENT_ACTION = KEDGE__EVENT_CORE,
    KEDGE__EVENT_RELATED, // the first of a second reference
    KEDGE__EVENT_ALL = KEDGE__EVENT_RELATED + KEDGE__EVENT_REFERENCE
};

// Bytes of a request's JSON that are no texts: event_write.c.
#define KEDGE__EVENT_FRAME 768

#define KEDGE__EVENT_TRIES 12
#define KEDGE__EVENT_PAUSE (10 * KEDGE_SECOND)
#define KEDGE__EVENT_LOOK  KEDGE_SECOND // how often a wall clock that is not set is looked at

// event_store.c: events of any length, one behind the other --------------------------------------

// First in what a store keeps of an event; its texts follow, each with a NUL.
struct kedge__event_entry {
    uint32_t size; // of all of it, a multiple of 8
    uint8_t type;
    kedge_time at;        // when it was recorded
    kedge_timestamp wall; // the same by the calendar; 0: that was not set
};

struct kedge__event_store {
    unsigned char *bytes;
    size_t size;
    size_t used;
    size_t count;
    size_t head;        // bytes in front of an entry's texts
    size_t texts;       // how many they are
    const char *before; // what stands before each message, to make one text with it; NULL: nothing
};

// A new entry behind all others, with these texts (NULL: ""), the message as
// kedge__event_message makes it, and `extra` bytes behind them; all else is zero. NULL: there is no
// room for it.
void *kedge__event_store_add(struct kedge__event_store *s, const char *const *texts,
                             size_t message_max, size_t extra);
// Takes one out; those behind it move.
void kedge__event_store_remove(struct kedge__event_store *s, void *entry);
// The one behind `entry`; NULL: the first. NULL: there is none.
void *kedge__event_store_next(const struct kedge__event_store *s, const void *entry);
// Its texts, good until it moves.
void kedge__event_store_texts(const struct kedge__event_store *s, const void *entry,
                              const char **texts);
// Its extra bytes: what is behind its last text.
static inline char *kedge__event_store_extra(const struct kedge__event_store *s, void *entry)
{
    char *at = (char *)entry + s->head;
    for (size_t i = 0; i < s->texts; i++)
        at += strlen(at) + 1;
    return at;
}

// A message as the API takes it: what is not UTF-8 becomes U+FFFD, byte by byte as Go does it; one
// of more than `max` bytes (64 at least) is cut between two characters and ends in "...". Writes it
// to `out`, without a NUL, unless that is NULL. Returns its length.
size_t kedge__event_message(const char *text, size_t max, char *out);

// event_sink.c: one event at a time, to the server -----------------------------------------------

enum kedge__event_outcome {
    KEDGE__EVENT_WRITTEN,
    KEDGE__EVENT_REFUSED, // the same request would be refused again
    KEDGE__EVENT_EXISTS,  // it would have been created, and there is one of that name
    KEDGE__EVENT_AGAIN    // there was no answer
};

struct kedge__events;

struct kedge__event_sink {
    struct kedge_rest *rest;
    const struct kedge_kind *kind;
    struct kedge_api_call call;
    char *body;
    size_t body_size;
    char namespace_[64];
    char name[254];
    bool patches; // the request under way; else it creates
    bool busy;

    // Writes the event's JSON, or a patch of what has changed since it was created.
    void (*write)(struct kedge__events *e, struct kedge_writer *w, bool patch);
    // The server has answered, or not; `count` is what its answer has there, 0: nothing. Called
    // from the loop, and may send the next one.
    void (*done)(struct kedge__events *e, enum kedge__event_outcome outcome, uint32_t count);
};

// What is read of an answer; one kind for each API.
#define KEDGE_ROWS__event_answer(FIELD, LIST, ENUM, K) FIELD(K, INT32, count, "count")
KEDGE_DECLARE_KIND(_event_answer)

// What both recorders begin with. The loop's `step` is the owner's.
struct kedge__events {
    struct kedge__task task; // first
    struct kedge *k;
    struct kedge__event_sink sink;
    struct kedge__event_store store;
    struct kedge__random random;
    uint32_t secret[2]; // of names and keys
    kedge_timestamp stamp_of;
    uint64_t stamp; // the last one of `stamp_of`
    const char *who;
    const char *where;
    size_t message_max;
    bool log;
    bool is_shut_down;
    kedge_time said; // when a refusal was last in the log
    uint64_t unsaid; // refusals since
    bool has_said;

    uint64_t recorded;
    uint64_t dropped;
    uint64_t created;
    uint64_t patched;
    uint64_t failed;
};

// Sends the event whose place is in sink.namespace_ and sink.name. A patch of what is not there
// creates it.
void kedge__event_send(struct kedge__events *e, bool patch);

// Says in the log what has become of the event in the sink, and why.
void kedge__event_log(const struct kedge__events *e, enum kedge_log_level level, const char *what);

// event_record.c: made, and told -----------------------------------------------------------------

struct kedge__events_options {
    const struct kedge_kind *kind;
    const char *who;
    const char *where;
    size_t store;
    size_t message;
    size_t body;
    bool log;
};

// Fills in *e, but for `write` and `done`, and joins the loop. KEDGE_OK, or the kedge's failure.
kedge_err kedge__events_init(struct kedge__events *e, struct kedge_client *client,
                             const struct kedge__events_options *options,
                             const struct kedge__task_ops *ops);

// Wipes what it holds and closes its connection.
void kedge__events_close(struct kedge__events *e);

// Puts a reference's texts there; NULL: all of them NULL.
void kedge__event_refer(const char **texts, const struct kedge_object_reference *reference);

// What forbids to record an event with these texts. KEDGE_OK: nothing.
kedge_err kedge__event_check(const struct kedge__events *e, enum kedge_event_type type,
                             const char *const *texts);

// Takes it into the store, with `extra` bytes of JSON that the owner writes. KEDGE_ERR_FULL: there
// is no room for it; KEDGE_ERR_TOO_LONG: its JSON is larger than a request's may be. Then *entry is
// NULL.
kedge_err kedge__event_take(struct kedge__events *e, enum kedge_event_type type,
                            const char *const *texts, size_t extra,
                            struct kedge__event_entry **entry);

// Says in the log, now or counted with later ones, that an event was not taken. Returns `err`.
kedge_err kedge__event_untaken(struct kedge__events *e, kedge_err err);

// Says it in the log, if that is wanted: KEDGE_LOG_INFO.
void kedge__event_say(const struct kedge__events *e, enum kedge_event_type type,
                      const char *const *texts);

// event_key.c: what is the same, by a hash of 64 bits over any number of texts -------------------

struct kedge__event_key {
    uint32_t half[2];
};

// Adds a text (NULL: ""); "ab" and "c" differ from "a" and "bc".
void kedge__event_key_add(struct kedge__event_key *key, const uint32_t secret[2], const char *text);

static inline uint64_t kedge__event_key_number(const struct kedge__event_key *key)
{
    return (uint64_t)key->half[0] << 32 | key->half[1];
}

// event_name.c -----------------------------------------------------------------------------------

// When it was recorded, by the calendar; 0 as long as that is not set.
kedge_timestamp kedge__event_wall(const struct kedge__events *e,
                                  const struct kedge__event_entry *entry, kedge_time now);

// A number for a new name, unlike all before: the nanoseconds of that moment, or of none (0).
uint64_t kedge__event_stamp(struct kedge__events *e, kedge_timestamp wall);
// The moment in it; 0: none.
kedge_timestamp kedge__event_stamp_time(uint64_t stamp);

// Writes where the event is to be into the sink.
void kedge__event_place(struct kedge__events *e, const char *const *texts, uint64_t stamp);

// event_write.c: JSON that both have -------------------------------------------------------------

static inline const char *kedge__event_type_text(unsigned type)
{
    return type == KEDGE_EVENT_WARNING ? "Warning" : "Normal";
}

void kedge__event_write_member(struct kedge_writer *w, const char *key, const char *text);
// Nothing if `text` is empty.
void kedge__event_write_some(struct kedge_writer *w, const char *key, const char *text);
// Nothing if there is no time.
void kedge__event_write_time(struct kedge_writer *w, const char *key, kedge_timestamp t,
                             bool micro);
// apiVersion, kind and metadata, with annotations unless their JSON is "".
void kedge__event_write_head(struct kedge_writer *w, const struct kedge__event_sink *sink,
                             const char *annotations);
void kedge__event_write_reference(struct kedge_writer *w, const char *key,
                                  const char *const *texts);
// Bytes of an event's JSON at most.
size_t kedge__event_size(const struct kedge__events *e, const char *const *texts);

#endif
