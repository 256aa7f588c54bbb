// SPDX-License-Identifier: Apache-2.0
// reflector_initial.c - WatchLists: a watch that begins with the whole state, event by event, up to
// a bookmark that stands for the list's end; the same stream then goes on as the watch.
//
// Its objects are taken as a list's are, marked, and swept when the bookmark is applied: nothing
// goes before that. A server that refuses it, or never ends it, is asked for a list instead, this
// time; the next time a list is due, it is asked for a WatchList again, as client-go does.
#include "cache/reflector_priv.h"

#define WARN_EVERY (10 * KEDGE_SECOND)

#define UNFINISHED_MAX 2

bool kedge__reflector_wants_initial(const struct kedge_informer *inf)
{
    const struct kedge__reflector *r = &inf->reflector;
    return inf->options.page == 0 && !inf->options.no_watch_list && !r->marking && !r->fall_back &&
           r->short_page == 0;
}

// The state is whole: what it did not have will be swept, and the watch runs already.
static kedge_err take_end(struct kedge_informer *inf, const struct kedge__identity *id)
{
    struct kedge__reflector *r = &inf->reflector;
    if (!kedge__delta_fifo_room(&inf->fifo, KEDGE__DELTA_LIST_END))
        return KEDGE_WAIT;
    memcpy(r->first_page, id->resource_version, sizeof r->first_page);
    kedge__reflector_listed(inf);
    r->initial = false;
    r->bookmarks = true;
    r->asked = r->then = KEDGE__NEXT_WATCH;
    return KEDGE_OK;
}

kedge_err kedge__reflector_initial_event(struct kedge_informer *inf,
                                         const struct kedge__event_object *e, bool bookmark)
{
    inf->reflector.watch_told = true;
    if (!bookmark)
        return kedge__intake_event(inf, e);
    return e->id->initial_events_end ? take_end(inf, e->id) : KEDGE_OK;
}

void kedge__reflector_fall_back(struct kedge_informer *inf, const char *why)
{
    inf->reflector.fall_back = true;
    char text[KEDGE__PROBLEM_MAX];
    struct kedge__line l;
    kedge__line_init(&l, text, sizeof text);
    kedge__line_text(&l, "a list takes its place: ");
    kedge__line_printable(&l, kedge_str_of(why), sizeof text / 2);
    kedge__informer_warn(inf, "watch list", kedge__line_done(&l).ptr);
}

void kedge__reflector_count_unfinished(struct kedge__reflector *r)
{
    if (++r->unfinished < UNFINISHED_MAX)
        return;
    r->unfinished = 0;
    r->fall_back = true;
}

void kedge__reflector_initial_ended(struct kedge_informer *inf, kedge_time now)
{
    struct kedge__reflector *r = &inf->reflector;
    bool very_short = now - r->watch_began < KEDGE__WATCH_SHORT;
    kedge__reflector_count_unfinished(r);
    if (r->fall_back || (very_short && !r->watch_told))
        kedge__reflector_fall_back(inf, "it ended before its bookmark");
    kedge_time until = very_short && !r->fall_back ? kedge__reflector_backoff(inf, now) : now;
    kedge__reflector_again(inf, now);
    r->wake = until;
}

static kedge_time quiet_since(const struct kedge__reflector *r)
{
    return r->warned > r->heard ? r->warned : r->heard;
}

bool kedge__reflector_initial_silent(struct kedge_informer *inf, kedge_time now)
{
    struct kedge__reflector *r = &inf->reflector;
    if (now - quiet_since(r) >= WARN_EVERY) {
        r->warned = now;
        kedge__informer_warn(inf, "watch list",
                             "neither event nor the bookmark that ends it for 10 s");
    }
    if (now < r->watch_ends && now - r->heard < KEDGE__BODY_TIMEOUT)
        return false;
    kedge__informer_failed(inf, KEDGE_ERR_TIMEOUT, false,
                           "the bookmark that ends a WatchList has not come", NULL);
    r->fall_back = true;
    kedge__reflector_again(inf, now);
    return true;
}

kedge_time kedge__reflector_initial_deadline(const struct kedge__reflector *r)
{
    kedge_time at = quiet_since(r) + WARN_EVERY;
    if (r->heard + KEDGE__BODY_TIMEOUT < at)
        at = r->heard + KEDGE__BODY_TIMEOUT;
    return r->watch_ends < at ? r->watch_ends : at;
}
