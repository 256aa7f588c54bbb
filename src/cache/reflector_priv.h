// SPDX-License-Identifier: Apache-2.0
// reflector_priv.h - what the reflector's files share. A `bool` result: it got somewhere.
#ifndef KEDGE_CACHE_REFLECTOR_PRIV_H
#define KEDGE_CACHE_REFLECTOR_PRIV_H

#include "cache/informer_priv.h"
#include "kedge/status.h"

// A watch that ends sooner is a very short one.
#define KEDGE__WATCH_SHORT KEDGE_SECOND

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
// The same, tells of it, and does what r->then says after a backoff step. `status`: what the server
// said, or NULL.
void kedge__reflector_fail(struct kedge_informer *inf, kedge_err err, kedge_time now,
                           const char *text);
void kedge__reflector_fail_by(struct kedge_informer *inf, kedge_err err, kedge_time now,
                              const char *text, const struct kedge_status *status);
// Ends the reply, and lists anew when Retry-After allows it, which is at once as a rule; the limit
// stays as it is.
void kedge__reflector_again(struct kedge_informer *inf, kedge_time now);
// Sends a request.
void kedge__reflector_request(struct kedge_informer *inf, const struct kedge__line *path,
                              bool watch, kedge_time now);
// What intake answered, acted upon.
bool kedge__reflector_taken(struct kedge_informer *inf, kedge_err err, kedge_time now);
// Feeds the sieve from the body once; *event says what came.
bool kedge__reflector_feed(struct kedge_informer *inf, kedge_time now,
                           enum kedge_sieve_event *event);
// Counts a watch that ended: true if it is the second in a row to say nothing from one version.
bool kedge__reflector_twice_silent(struct kedge__reflector *r);

// reflector_refused.c

// Reads an answer that is not 200.
bool kedge__reflector_step_refused(struct kedge_informer *inf, kedge_time now);
// The server said no: the Status in a reply of that code or in an ERROR event; NULL: there is none.
void kedge__reflector_refused(struct kedge_informer *inf, int code, const struct kedge_json *doc,
                              kedge_time now);

// reflector_initial.c: WatchLists

// True if the list that is due is to be a WatchList.
bool kedge__reflector_wants_initial(const struct kedge_informer *inf);
// An event before the end; told apart by its type.
kedge_err kedge__reflector_initial_event(struct kedge_informer *inf,
                                         const struct kedge__event_object *e, bool bookmark);
// No byte has come. True if that ended it.
bool kedge__reflector_initial_silent(struct kedge_informer *inf, kedge_time now);
// The stream was ended in good order, before its bookmark.
void kedge__reflector_initial_ended(struct kedge_informer *inf, kedge_time now);
// Counts one that ended before its bookmark; the second in a row is followed by a list.
void kedge__reflector_count_unfinished(struct kedge__reflector *r);
// A list takes the WatchList's place, because of `why`.
void kedge__reflector_fall_back(struct kedge_informer *inf, const char *why);
// When the silence of a WatchList is next to be looked at.
kedge_time kedge__reflector_initial_deadline(const struct kedge__reflector *r);

// reflector_list.c
void kedge__reflector_start_list(struct kedge_informer *inf, kedge_time now);
bool kedge__reflector_list_body(struct kedge_informer *inf, kedge_time now);
bool kedge__reflector_list_drain(struct kedge_informer *inf, kedge_time now);
bool kedge__reflector_list_end(struct kedge_informer *inf, kedge_time now);
// Hands the fifo, which has room, the end of a list or WatchList of version r->first_page.
void kedge__reflector_listed(struct kedge_informer *inf);
// Counts a list that was cut by time; the second in a row halves the page.
void kedge__reflector_count_cut(struct kedge_informer *inf);
// An object found no room, and nothing that is queued will make some.
void kedge__reflector_become_stale(struct kedge_informer *inf, kedge_time now);
// True if the object that found no room would find it now.
bool kedge__reflector_has_room(const struct kedge_informer *inf);

// reflector_watch.c
void kedge__reflector_start_watch(struct kedge_informer *inf, kedge_time now);
void kedge__reflector_start_initial(struct kedge_informer *inf, kedge_time now);
bool kedge__reflector_watch_body(struct kedge_informer *inf, kedge_time now);
// The watch was ended in good order.
void kedge__reflector_watch_ended(struct kedge_informer *inf, kedge_time now);

#endif
