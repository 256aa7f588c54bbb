// SPDX-License-Identifier: Apache-2.0
// kedge/event_series.h - events of events.k8s.io/v1: what was done to an object, and how often.
//
//     struct kedge_event_series *events = kedge_event_series_new(
//         client, &(struct kedge_event_series_options){.controller = "example.com/thermostat",
//                                                      .host = node});
//     char uid[KEDGE_UID_TEXT];
//     struct kedge_object_reference about = kedge_object_reference_of(&kedge_kind_pod, pod, uid);
//
//     kedge_event_series_record(events, &about, NULL, KEDGE_EVENT_WARNING, "TooHot",
//     "SwitchingOff",
//                               "the sensor reads 84 degrees");
//
// As client-go's tools/events: an event is created when it first happens. When it happens again,
// that is a series, of which the server is told at once (series.count 2) and from then on, whatever
// it has come to, each 30 minutes and when it has not happened for 6 minutes; then it is over.
// Events are the same if all but note and time is: type, reason, action, both objects with their
// resourceVersions.
//
// Recording never waits: the texts are copied into a store of fixed size, in which an event stays
// until it was sent and 6 minutes have passed without it; more of the same takes no room. A new
// event that finds no room takes that of the oldest ones which are sent and no series; else it is
// dropped, counted, the log says so, and the oldest series is ended early. Calls may be made from
// anywhere, also from a handler, and with KEDGE_THREADS=1 from any thread.
//
// Namespace and name are as in kedge/event_recorder.h. A request that the server refuses is not
// repeated. One that cannot be had is, up to 12 times in all, 10 to 12.5 s apart; that of a refresh
// waits for the next. The API demands times: while kedge_wall_clock knows none, events wait. Where
// the date is to come from the server (clock_from_server), some other request must bring it.
#ifndef KEDGE_EVENT_SERIES_H
#define KEDGE_EVENT_SERIES_H

#include <kedge/client.h>
#include <kedge/event_type.h>
#include <kedge/object_reference.h>

#ifdef __cplusplus
extern "C" {
#endif

struct kedge_event_series;

// Zero means the default. Texts are copied.
struct kedge_event_series_options {
    const char *controller; // reportingController, as "example.com/thermostat"; needed
    const char *host;       // reportingInstance is "CONTROLLER-HOST", without a host CONTROLLER

    size_t store; // bytes of events, each its texts and 120; 4,096 (some 12 events)
    size_t note;  // bytes of a note, 64 to 1,024, which is what the API takes; 1,024. A longer one
                  // is cut and ends in "..."
    size_t body;  // bytes of a request's JSON; note * 2 + 1,536

    bool log; // each event goes to the log, too (KEDGE_LOG_INFO), also one that is dropped
};

// Makes one in the arena of the client's kedge. It takes store and body, and some 16 KiB for its
// connection. NULL on failure:
//
// KEDGE_ERR_MEMORY    no room in the arena
// KEDGE_ERR_ARGUMENT  an option is out of its range; the controller is missing or no qualified
//                     name (as a label's key); the instance has more than 128 bytes: the text says
//                     which
struct kedge_event_series *kedge_event_series_new(struct kedge_client *client,
                                                  const struct kedge_event_series_options *options);

// Records that the controller did `action` to the object `regarding`, for `reason`, both short, for
// machines and in UpperCamelCase; `note` is a sentence for people. `related` is a second object
// that has to do with it, or NULL. kedge_object_reference_of makes references of objects.
//
// KEDGE_OK            it waits to be sent, or counts for a series
// KEDGE_ERR_FULL      there is no room: the event is dropped, and counted
// KEDGE_ERR_TOO_LONG  it does not fit `body`, or one of its other texts is longer than the API has
//                     it: reason and action 128 bytes, name 253, namespace 63
// KEDGE_ERR_ARGUMENT  no regarding, or it has no kind or name; no reason or action; no such type; a
//                     text but the note is not UTF-8, or is in an apiVersion and no plain ASCII. In
//                     a note, what is not UTF-8 becomes U+FFFD. Or `s` is NULL
// KEDGE_ERR_STOPPED   the recorder is shut down
//
// All but KEDGE_OK are also in the log, a line in ten seconds at most.
kedge_err kedge_event_series_record(struct kedge_event_series *s,
                                    const struct kedge_object_reference *regarding,
                                    const struct kedge_object_reference *related,
                                    enum kedge_event_type type, const char *reason,
                                    const char *action, const char *note);

// Takes no more events. What the server does not know yet is still sent, while the loop runs, but
// each tried only once; facts.waiting says how many they are. For the end of a program: it is
// called, and then kedge_poll until none waits. NULL does nothing.
void kedge_event_series_shut_down(struct kedge_event_series *s);

// The same at once: drops what waits (it counts as failed), ends its request and closes the
// connection. NULL does nothing.
void kedge_event_series_close(struct kedge_event_series *s);

struct kedge_event_series_facts {
    size_t kept;       // events in the store
    size_t waiting;    // of them, those that the server is to be told of as soon as can be
    uint64_t recorded; // taken, with those that only counted
    uint64_t dropped;  // found no room
    uint64_t created;  // new objects
    uint64_t patched;  // series brought up to date
    uint64_t failed;   // refused by the server, tried too often, or given up at a shut down
};
// Fills in *facts. KEDGE_ERR_ARGUMENT if either is NULL.
kedge_err kedge_event_series_facts(const struct kedge_event_series *s,
                                   struct kedge_event_series_facts *facts);

#ifdef __cplusplus
}
#endif
#endif
