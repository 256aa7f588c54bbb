// SPDX-License-Identifier: Apache-2.0
// reflector_refused.c - the server said no: what comes of it.
//
//   what was asked    what it said                          what follows
//   WatchList         too many requests                     the same after a backoff step
//                     expired, gone, too large              any version, at once; a second time:
//                     ... anything else                         a list in its place, at once
//   page 2 and on     expired, and the pages are ours       all in one list, at once
//                     expired, and the user set their size  page 1 again, of any version, at once
//   list              expired, gone, too large              any version, at once, but once
//                     anything else                         anew after a backoff step
//   watch             expired, gone, too large              a list after a backoff step
//                     an object that cannot be read         the same
//                     wrong, an internal error              the second time in a row, the same
//                     anything else                         the same watch after a backoff step
//
// "At once" is when Retry-After allows it.
#include "cache/asks.h"
#include "cache/reflector_priv.h"

#define REFUSED_MAX 65536 // bytes of an error's body that are looked at

// A watch that the server will go on refusing: what it cannot read leaves the cache by a list
// (client-go does the same), and a request that it calls wrong is not tried for ever. Not so an
// overloaded server, or one that does not know us: a list would not help.
static bool leads_to_list(struct kedge__reflector *r, const struct kedge_status *s)
{
    if (kedge_status_is_storage_read_error(s))
        return true;
    bool wrong = s->code >= 400 && s->code < 500 && s->code != 401 && s->code != 403 &&
                 s->code != 408 && s->code != 429;
    return (wrong || kedge_status_is_internal_error(s)) && kedge__reflector_twice_silent(r);
}

// An answer that is no Status: says what it was, and where it points.
static void refused_without_words(struct kedge_informer *inf, const struct kedge_status *s,
                                  kedge_time now)
{
    const struct kedge_http_response *a = &inf->reflector.connection.response;
    char text[KEDGE__PROBLEM_MAX];
    struct kedge__line l;
    kedge__line_init(&l, text, sizeof text);
    kedge__line_text(&l, "the server answered ");
    kedge__line_int(&l, a->status);
    kedge__line_text(&l, " without a Status");
    if (a->location[0] != '\0') {
        kedge__line_text(&l, ", pointing to ");
        kedge__line_text(&l, a->location);
    }
    kedge__line_text(&l, ": is it an API server?");
    kedge__reflector_fail_by(inf, KEDGE_ERR_API, now, text, s);
}

static bool is_gone(const struct kedge_status *s)
{
    return kedge_status_is_expired(s) || kedge_status_is_gone(s) ||
           kedge_status_is_too_large_version(s);
}

// True if the list is to be asked for in another way, which is then set.
static bool has_another_way(struct kedge_informer *inf, const struct kedge_status *s)
{
    struct kedge__reflector *r = &inf->reflector;
    if (r->initial && kedge_status_is_too_many_requests(s))
        return false;
    if (r->continued && !r->whole && kedge_status_is_expired(s) && !kedge__asks_page_is_set(inf)) {
        r->whole = true;
        return true;
    }
    // Our version, or our continue token, is not to be had: the next list takes what there is.
    if (is_gone(s) && !r->any_version) {
        r->any_version = true;
        return true;
    }
    if (r->initial)
        kedge__reflector_fall_back(inf, s->message);
    return r->initial;
}

static void refused(struct kedge_informer *inf, const struct kedge_status *s, kedge_time now)
{
    struct kedge__reflector *r = &inf->reflector;
    if (s->retry_after_seconds > r->connection.response.retry_after)
        r->connection.response.retry_after = s->retry_after_seconds;
    if (r->asked == KEDGE__NEXT_LIST && has_another_way(inf, s)) {
        kedge__reflector_again(inf, now);
        return;
    }
    if (r->asked == KEDGE__NEXT_WATCH && kedge_status_is_too_large_version(s))
        r->any_version = true;
    if (r->asked == KEDGE__NEXT_WATCH && (is_gone(s) || leads_to_list(r, s)))
        r->then = KEDGE__NEXT_LIST;
    if (s->from_server && s->message[0] != '\0')
        kedge__reflector_fail_by(inf, KEDGE_ERR_API, now, s->message, s);
    else
        refused_without_words(inf, s, now);
}

// A Status is large. It lies in a frame of its own, so that no other event pays for it.
void kedge__reflector_refused(struct kedge_informer *inf, int code, const struct kedge_json *doc,
                              kedge_time now)
{
    struct kedge_status status;
    kedge_status_from_code(&status, code);
    kedge_status_read(&status, kedge_json_root(doc));
    refused(inf, &status, now);
}

// Reads an answer that is not 200 as far as it makes sense, and takes the Status out of it.
bool kedge__reflector_step_refused(struct kedge_informer *inf, kedge_time now)
{
    struct kedge__reflector *r = &inf->reflector;
    struct kedge_json doc;
    bool partial;
    kedge_str bytes;
    enum kedge_sieve_event event = KEDGE_SIEVE_MORE;
    kedge_err err = kedge__exchange_body(&r->connection, now, &bytes);
    if (kedge__is_want(err) && now - r->heard < KEDGE__BODY_TIMEOUT)
        return false;
    if (err == KEDGE_OK) {
        size_t used = 0;
        err = kedge_sieve_feed(&r->sieve, bytes.ptr, bytes.len, &used, &event);
        kedge__exchange_used(&r->connection, used);
        r->refused_bytes += used;
    }
    if (err == KEDGE_OK && event == KEDGE_SIEVE_MORE && r->refused_bytes < REFUSED_MAX &&
        now - r->heard < KEDGE__BODY_TIMEOUT)
        return true;
    bool whole = err == KEDGE_OK && event == KEDGE_SIEVE_ITEM &&
                 kedge__intake_parse(inf, &doc, &partial) == KEDGE_OK;
    kedge__reflector_refused(inf, r->connection.response.status, whole ? &doc : NULL, now);
    return true;
}
