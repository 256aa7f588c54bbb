// SPDX-License-Identifier: Apache-2.0
// reflector_list.c - the reflector's lists: pages, items, the end, and the lists that a full heap
// needs.
#include "cache/asks.h"
#include "cache/reflector_priv.h"

#include "client/expected.h"

// client-go's page.
#define PAGE_DEFAULT 500

// A page that takes longer is a slow one.
#define SLOW_PAGE (10 * KEDGE_SECOND)

// So many lists in a row, cut by time, halve the page.
#define CUTS_MAX 2

static uint32_t full_page(const struct kedge_informer *inf)
{
    return inf->options.page != 0 ? inf->options.page : PAGE_DEFAULT;
}

// Objects a page; 0: no limit. Where the user sets none, these are client-go's rules: pages for the
// first list, which a server with a watch cache does not cut up, and pages again where it has none;
// else everything at once, which the watch cache can answer.
static uint32_t limit_of(const struct kedge_informer *inf)
{
    const struct kedge__reflector *r = &inf->reflector;
    if (inf->options.page == KEDGE_UNPAGED)
        return 0;
    if (r->short_page > 0)
        return r->short_page;
    bool from_now = r->any_version || inf->floor[0] == '\0';
    return inf->options.page != 0 || r->paginated || from_now ? full_page(inf) : 0;
}

static void begin_attempt(struct kedge_informer *inf, kedge_time now)
{
    struct kedge__reflector *r = &inf->reflector;
    r->attempt++;
    r->marking = inf->phase == KEDGE_STALE && r->mark_next;
    r->first_page[0] = '\0';
    if (!r->again)
        r->limit = limit_of(inf);
    if (r->whole)
        r->limit = 0;
    r->again = r->slow = false;
    r->at_zero = !r->any_version && inf->floor[0] == '\0' && !kedge__asks_page_is_set(inf);
    inf->lists++;
    if (inf->phase == KEDGE_CURRENT)
        kedge__informer_phase(inf, KEDGE_RELISTING, now);
}

void kedge__reflector_count_cut(struct kedge_informer *inf)
{
    struct kedge__reflector *r = &inf->reflector;
    if (inf->options.page == KEDGE_UNPAGED || ++r->cut_lists < CUTS_MAX)
        return;
    uint32_t page = r->short_page > 0 ? r->short_page : full_page(inf);
    r->short_page = page > 1 ? page / 2 : 1;
    r->cut_lists = 0;
}

// A list that came quickly has its pages doubled again, up to what they were.
static void lengthen_page(struct kedge_informer *inf)
{
    struct kedge__reflector *r = &inf->reflector;
    if (r->short_page == 0 || r->slow)
        return;
    r->short_page = r->short_page < full_page(inf) / 2 ? r->short_page * 2 : 0;
}

#define ENVELOPE_TOKENS 16

// What is around the items, out of the envelope. `doc` and `tokens` hold what it points to.
static kedge_json_value around(const struct kedge_informer *inf, struct kedge_json *doc,
                               struct kedge_json_token *tokens)
{
    kedge_str text = inf->reflector.sieve.envelope;
    kedge_json_value absent = {NULL, -1};
    if (kedge_json_parse(doc, text.ptr, text.len, tokens, ENVELOPE_TOKENS) != KEDGE_OK)
        return absent;
    return kedge_json_root(doc);
}

static kedge_json_value list_metadata(const struct kedge_informer *inf, const char *key,
                                      struct kedge_json *doc, struct kedge_json_token *tokens)
{
    return kedge_json_get(kedge_json_get(around(inf, doc, tokens), "metadata"), key);
}

// Undoes the escapes of the continue token at the end of the path's buffer, so that the path can be
// written in front of it. One that fills the buffer leaves no room for a path, which is then
// refused as too long.
static kedge_str take_token(struct kedge_informer *inf)
{
    struct kedge__reflector *r = &inf->reflector;
    struct kedge_json_token tokens[ENVELOPE_TOKENS];
    struct kedge_json doc;
    kedge_json_value token = list_metadata(inf, "continue", &doc, tokens);
    size_t len = kedge_json_text(token, NULL, 0);
    if (len >= r->item_cap)
        len = r->item_cap - 1;
    char *end = r->item_buf + r->item_cap - len;
    kedge_json_text(token, end, len);
    return (kedge_str){end, len};
}

void kedge__reflector_start_list(struct kedge_informer *inf, kedge_time now)
{
    struct kedge__reflector *r = &inf->reflector;
    kedge_str token = {NULL, 0};
    if (r->more_pages)
        token = take_token(inf);
    r->more_pages = false;
    r->initial = false;
    r->continued = token.len > 0;
    if (!r->continued)
        begin_attempt(inf, now);
    if (!r->continued && kedge__reflector_wants_initial(inf)) {
        kedge__reflector_start_initial(inf, now);
        return;
    }
    struct kedge__line path;
    kedge__line_init(&path, r->item_buf, r->item_cap - token.len);
    kedge__asks_list(&path, inf, token);
    kedge__reflector_request(inf, &path, false, now);
}

void kedge__reflector_become_stale(struct kedge_informer *inf, kedge_time now)
{
    struct kedge__reflector *r = &inf->reflector;
    bool first = inf->phase != KEDGE_STALE;
    if (first)
        kedge_backoff_reset(&r->stale_backoff);
    kedge_time delay = kedge_backoff_next(first ? &r->backoff : &r->stale_backoff, now);
    kedge__reflector_abandon(inf);
    r->mark_next = true;
    r->fall_back = r->whole = false;
    r->stale_again = !first;
    kedge__reflector_pause(inf, KEDGE__NEXT_LIST, now + delay);
    r->room_wake = now + KEDGE__STALE_LOOK;
    kedge__informer_stale(inf, now);
}

bool kedge__reflector_has_room(const struct kedge_informer *inf)
{
    size_t lacking;
    return kedge__heap_room(&inf->factory->heap, inf->owner, inf->stale_bytes, false, &lacking) !=
           KEDGE_ERR_FULL;
}

// The marking list is whole and swept: a storing list comes next, now or later.
static void after_marking(struct kedge_informer *inf, kedge_time now)
{
    struct kedge__reflector *r = &inf->reflector;
    r->mark_next = false;
    // The first time, a storing list makes sense only if the sweep has made room; later the long
    // backoff lies behind us already.
    kedge_time delay = r->stale_again ? 0 : kedge_backoff_next(&r->stale_backoff, now);
    kedge__reflector_pause(inf, KEDGE__NEXT_LIST, now + delay);
    r->room_wake = now;
}

static bool take_list_item(struct kedge_informer *inf, kedge_time now)
{
    if (inf->reflector.sieve.unusable) {
        inf->skipped++;
        return kedge__reflector_taken(inf, KEDGE_OK, now);
    }
    return kedge__reflector_taken(inf, kedge__intake_list_item(inf), now);
}

static void end_page(struct kedge_informer *inf, kedge_time now)
{
    struct kedge__reflector *r = &inf->reflector;
    struct kedge_json_token tokens[ENVELOPE_TOKENS];
    struct kedge_json doc;
    if (!kedge__expected_list(inf->kind, around(inf, &doc, tokens))) {
        kedge__reflector_fail(inf, KEDGE_ERR_API, now,
                              "the answer is no list of this kind, by its own words");
        return;
    }
    if (r->first_page[0] == '\0') {
        size_t room = sizeof r->first_page - 1;
        size_t len = kedge_json_text(list_metadata(inf, "resourceVersion", &doc, tokens),
                                     r->first_page, room);
        r->first_page[len <= room ? len : 0] = '\0';
    }
    if (r->first_page[0] == '\0') {
        kedge__reflector_fail(inf, KEDGE_ERR_JSON, now, "the list has no resourceVersion");
        return;
    }
    r->paginated |= r->continued && r->at_zero;
    r->slow |= now - r->asked_at > SLOW_PAGE;
    kedge_json_value token = list_metadata(inf, "continue", &doc, tokens);
    r->more_pages = kedge_json_text(token, NULL, 0) > 0;
    r->state = KEDGE__REFLECTOR_LIST_DRAIN;
}

bool kedge__reflector_list_body(struct kedge_informer *inf, kedge_time now)
{
    struct kedge__reflector *r = &inf->reflector;
    if (r->item_waits) {
        r->connection.deadline = now + KEDGE__BODY_TIMEOUT; // not reading: the silence is ours
        return take_list_item(inf, now);
    }
    enum kedge_sieve_event event;
    if (!kedge__reflector_feed(inf, now, &event))
        return false;
    if (event == KEDGE_SIEVE_ITEM && r->state == KEDGE__REFLECTOR_LIST_BODY)
        return take_list_item(inf, now);
    if (event == KEDGE_SIEVE_END)
        end_page(inf, now);
    return true;
}

// The list is whole; its body still has an end, behind which the connection can be used again.
bool kedge__reflector_list_drain(struct kedge_informer *inf, kedge_time now)
{
    enum kedge_sieve_event event;
    return kedge__reflector_feed(inf, now, &event);
}

void kedge__reflector_listed(struct kedge_informer *inf)
{
    struct kedge__reflector *r = &inf->reflector;
    struct kedge__delta end = {
        .mark = r->attempt, .type = KEDGE__DELTA_LIST_END, .stored = !r->marking};
    kedge__delta_fifo_push(&inf->fifo, end, r->first_page);
    r->fall_back = r->whole = false;
    r->cut_lists = r->unfinished = 0;
    if (r->marking)
        return;
    memcpy(r->read, r->first_page, sizeof r->read);
    r->any_version = false;
    r->silent_watches = 0;
    r->mark_next = false;
    inf->late = KEDGE_OK;
}

// Hands the end of the list to the fifo: what it did not have will be swept.
bool kedge__reflector_list_end(struct kedge_informer *inf, kedge_time now)
{
    if (!kedge__delta_fifo_room(&inf->fifo, KEDGE__DELTA_LIST_END))
        return false;
    kedge__reflector_listed(inf);
    lengthen_page(inf);
    if (inf->reflector.marking)
        after_marking(inf, now);
    else
        kedge__reflector_start_watch(inf, now);
    return true;
}
