// SPDX-License-Identifier: Apache-2.0
// reflector_priv.h - what the reflector's files share. A `bool` result: it got somewhere.
#ifndef KEDGE_CACHE_REFLECTOR_PRIV_H
#define KEDGE_CACHE_REFLECTOR_PRIV_H

#include "cache/informer_priv.h"
#include "kedge/status.h"

// How often a full heap is looked at again.
#define KEDGE__STALE_LOOK (5 * KEDGE_SECOND)

// Silence that ends a watch of a resource that sends bookmarks: one comes each minute.
#define KEDGE__WATCH_SILENCE (90 * KEDGE_SECOND)

// reflector.c

// Does nothing until that time, then lists or watches.
void kedge__reflector_pause(struct kedge_informer *inf, enum kedge__reflector_next next,
                            kedge_time until);
// When a step of the backoff ends, at least as long as the server asked for.
kedge_time kedge__reflector_backoff(struct kedge_informer *inf, kedge_time now);
// Ends what is under way; nothing that was framed is lost.
void kedge__reflector_abandon(struct kedge_informer *inf);
// The same, and asks again after a backoff step.
void kedge__reflector_fail(struct kedge_informer *inf, kedge_time now, kedge_err err,
                           const char *text);
// Sends a request.
void kedge__reflector_request(struct kedge_informer *inf, const struct kedge__line *path,
                              bool watch, kedge_time now);
// The server said no: the Status in a reply of that code or in an ERROR event; NULL: there is none.
void kedge__reflector_refused(struct kedge_informer *inf, int code, const struct kedge_json *doc,
                              kedge_time now);
// What intake answered, acted upon.
bool kedge__reflector_taken(struct kedge_informer *inf, kedge_err err, kedge_time now);
// Feeds the sieve from the body once; *event says what came.
bool kedge__reflector_feed(struct kedge_informer *inf, kedge_time now,
                           enum kedge_sieve_event *event);
// Counts a watch that ended: true if it is the second in a row to say nothing from one version.
bool kedge__reflector_twice_silent(struct kedge__reflector *r);

// reflector_list.c
void kedge__reflector_start_list(struct kedge_informer *inf, kedge_time now);
bool kedge__reflector_list_body(struct kedge_informer *inf, kedge_time now);
bool kedge__reflector_list_drain(struct kedge_informer *inf, kedge_time now);
bool kedge__reflector_list_end(struct kedge_informer *inf, kedge_time now);
// An object found no room, and nothing that is queued will make some.
void kedge__reflector_become_stale(struct kedge_informer *inf, kedge_time now);
// True if the object that found no room would find it now.
bool kedge__reflector_has_room(const struct kedge_informer *inf);

// reflector_watch.c
void kedge__reflector_start_watch(struct kedge_informer *inf, kedge_time now);
bool kedge__reflector_watch_body(struct kedge_informer *inf, kedge_time now);
// The watch was ended in good order.
void kedge__reflector_watch_ended(struct kedge_informer *inf, kedge_time now);

#endif
