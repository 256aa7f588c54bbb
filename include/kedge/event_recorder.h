// SPDX-License-Identifier: Apache-2.0
// kedge/event_recorder.h - tells the cluster what happens to an object: client-go's event recorder.
//
//     struct kedge_event_recorder *events = kedge_event_recorder_new(
//         client, &(struct kedge_event_recorder_options){.component = "thermostat", .host = node});
//
//     kedge_event_record(events, &kedge_kind_pod, pod, KEDGE_EVENT_WARNING, "TooHot",
//                        "the sensor reads 84 degrees");
//
//     $ kubectl events
//     LAST SEEN   TYPE      REASON   OBJECT    MESSAGE
//     2s (x3)     Warning   TooHot   Pod/web   the sensor reads 84 degrees
//
// These are Events of core/v1; kedge/event_series.h has those of events.k8s.io/v1. Recording never
// waits: the texts are copied into a queue of fixed size, and the loop sends one event after the
// other over a connection of the recorder's own. An event that finds the queue full is dropped,
// counted, and the log says so. Calls may be made from anywhere, also from a handler, and with
// KEDGE_THREADS=1 from any thread; the texts are the caller's again when they return.
//
// What is sent is correlated first, with the rules and numbers of client-go:
//   - the same event again is no new object: its count goes up, by a patch
//   - from the tenth message on that an object has for the same reason, no two of them more than
//     ten minutes apart, there is one event for all further ones: "(combined from similar events):
//     ..."
//   - an object has 25 events of a type, and then one more each five minutes; those beyond are
//     not sent, but counted: the next that is sent has the whole count
// client-go remembers 4,096 events, and as many objects; here it is `entries`. What is forgotten,
// the longest unused first, begins anew.
//
// An event is in the namespace of its object, or in "default" where that has none. It is named
// after the object and the time: "web.17c3f0a1b2c3d4e5"; by a UUID if that is no DNS subdomain.
//
// A request that the server refuses is not repeated. One that cannot be had is, up to 12 times in
// all and 10 s apart (the first time by chance sooner); the events behind it wait.
//
// Times are those of the call, by kedge_wall_clock. Where nobody knows the date yet, events wait
// for it, for a minute; from then on, and until it is known, they are sent without times.
#ifndef KEDGE_EVENT_RECORDER_H
#define KEDGE_EVENT_RECORDER_H

#include <kedge/client.h>
#include <kedge/event_type.h>
#include <kedge/labels.h>
#include <kedge/object_reference.h>

#ifdef __cplusplus
extern "C" {
#endif

struct kedge_event_recorder;

// Zero means the default. Texts are copied.
struct kedge_event_recorder_options {
    const char *component; // source.component and reportingComponent: the program
    const char *host;      // source.host and reportingInstance: the machine it runs on

    size_t queue;   // bytes of events that wait, each its texts and 80; 4,096 (some 15 events).
                    // Annotations count as the JSON they are
    size_t message; // bytes of a message, at least 64; 1,024. A longer one is cut and ends in "..."
    size_t body;    // bytes of a request's JSON; message * 2 + 1,024
    size_t entries; // events, objects with their reasons, and objects remembered; 32 of each. Each
                    // takes some 120 bytes

    // The correlator's numbers.
    unsigned similar;          // messages for one reason from which on they are combined; 10, at
                               // most 1,000. Each takes 4 bytes an entry
    kedge_time similar_within; // of one another; 10 min
    unsigned burst;            // events of an object at once; 25, at most 100,000
    kedge_time refill;         // ms until it may have one more; 5 min, at most a day
    bool refill_by_reason;     // an object has as many for each reason

    bool log; // each event goes to the log, too (KEDGE_LOG_INFO), also one that is dropped
};

// Makes one in the arena of the client's kedge. `options` may be NULL. It takes queue, body and
// entries, and some 16 KiB for its connection. NULL on failure:
//
// KEDGE_ERR_MEMORY    no room in the arena
// KEDGE_ERR_ARGUMENT  an option is out of its range, or a text is not UTF-8: the text names it
struct kedge_event_recorder *
kedge_event_recorder_new(struct kedge_client *client,
                         const struct kedge_event_recorder_options *options);

// Records that something happened to an object of that kind. `reason` is short, for machines and in
// UpperCamelCase; `message` is a sentence for people.
//
// KEDGE_OK            it waits to be sent
// KEDGE_ERR_FULL      the queue is full: the event is dropped, and counted
// KEDGE_ERR_TOO_LONG  it does not fit `body`, or one of its other texts is longer than the API has
//                     it: reason 128 bytes, name 253, namespace 63. A message is cut to `message`
// KEDGE_ERR_ARGUMENT  the object is NULL, or not of that kind; no such type; a text but the message
//                     is not UTF-8, or is in an apiVersion and no plain ASCII. In a message, what
//                     is not UTF-8 becomes U+FFFD. Or `r` is NULL
// KEDGE_ERR_STOPPED   the recorder is shut down
//
// All but KEDGE_OK are also in the log, a line in ten seconds at most.
kedge_err kedge_event_record(struct kedge_event_recorder *r, const struct kedge_kind *kind,
                             const struct kedge_object *object, enum kedge_event_type type,
                             const char *reason, const char *message);

// The same of what a reference names: a part of an object, one that is not cached, one that is no
// record. It needs a kind and a name.
kedge_err kedge_event_record_for(struct kedge_event_recorder *r,
                                 const struct kedge_object_reference *about,
                                 enum kedge_event_type type, const char *reason,
                                 const char *message);

// The same with annotations on the event, which the call borrows: kedge_labels_of of your own
// pairs, or kedge_labels_of_map.
//
//     struct kedge_label notes[] = {{KEDGE_STR("example.com/sensor"), KEDGE_STR("7")}};
//     kedge_event_record_annotated(events, &about, KEDGE_EVENT_WARNING, "TooHot",
//                                  "the sensor reads 84 degrees", kedge_labels_of(notes, 1));
//
// As with client-go's AnnotatedEventf, they play no part in which events are the same: an event has
// those that it was created with, and one that stands for similar ones has none.
//
// Errors as above, and
//
// KEDGE_ERR_ARGUMENT  a key is no annotation's (kedge/validation.h), or a value not UTF-8
// KEDGE_ERR_TOO_LONG  it does not fit `body` together with its annotations
kedge_err kedge_event_record_annotated(struct kedge_event_recorder *r,
                                       const struct kedge_object_reference *about,
                                       enum kedge_event_type type, const char *reason,
                                       const char *message, struct kedge_labels annotations);

// Takes no more events. Those that wait are still sent, while the loop runs, but each is tried only
// once; facts.waiting says how many they are. For the end of a program: it is called, and then
// kedge_poll until none waits. NULL does nothing.
void kedge_event_recorder_shut_down(struct kedge_event_recorder *r);

// The same at once: drops what waits (it counts as failed), ends its request and closes the
// connection. NULL does nothing.
void kedge_event_recorder_close(struct kedge_event_recorder *r);

struct kedge_event_recorder_facts {
    size_t waiting;    // in the queue, with the one being sent
    uint64_t recorded; // taken into the queue
    uint64_t dropped;  // found it full
    uint64_t created;  // new objects
    uint64_t patched;  // more of the same
    uint64_t skipped;  // beyond what an object may have
    uint64_t failed;   // refused by the server, tried too often, or given up at a shut down
};
// Fills in *facts. KEDGE_ERR_ARGUMENT if either is NULL.
kedge_err kedge_event_recorder_facts(const struct kedge_event_recorder *r,
                                     struct kedge_event_recorder_facts *facts);

#ifdef __cplusplus
}
#endif
#endif
