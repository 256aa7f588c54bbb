// SPDX-License-Identifier: Apache-2.0
// reflector_list.c - the reflector's lists: pages, items, the end, and the lists that a full heap
// needs.
#include "cache/asks.h"
#include "cache/reflector_priv.h"

static void begin_attempt(struct kedge_informer *inf, kedge_time now)
{
    struct kedge__reflector *r = &inf->reflector;
    r->attempt++;
    r->marking = inf->phase == KEDGE_STALE && r->mark_next;
    r->first_page[0] = '\0';
    inf->lists++;
    if (inf->phase == KEDGE_CURRENT)
        kedge__informer_phase(inf, KEDGE_RELISTING, now);
}

// The list's metadata, out of the envelope. Its length; 0 if it is absent or longer than `cap`.
static size_t list_metadata(const struct kedge_informer *inf, const char *key, char *buf,
                            size_t cap)
{
    struct kedge_json_token tokens[16];
    struct kedge_json doc;
    kedge_str text = inf->reflector.sieve.envelope;
    if (kedge_json_parse(&doc, text.ptr, text.len, tokens, 16) != KEDGE_OK)
        return 0;
    kedge_json_value metadata = kedge_json_get(kedge_json_root(&doc), "metadata");
    size_t len = kedge_json_text(kedge_json_get(metadata, key), buf, cap);
    return len <= cap ? len : 0;
}

void kedge__reflector_start_list(struct kedge_informer *inf, kedge_time now)
{
    struct kedge__reflector *r = &inf->reflector;
    char token[KEDGE__ENVELOPE_MAX];
    size_t len = 0;
    if (r->more_pages)
        len = list_metadata(inf, "continue", token, sizeof token);
    r->more_pages = false;
    if (len == 0)
        begin_attempt(inf, now);
    struct kedge__line path;
    kedge__line_init(&path, r->item_buf, r->item_cap);
    kedge__asks_list(&path, inf, (kedge_str){token, len});
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
    r->room_wake = now + KEDGE__STALE_LOOK;
    kedge__reflector_pause(inf, KEDGE__NEXT_LIST, now + delay);
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
    r->room_wake = now;
    kedge__reflector_pause(inf, KEDGE__NEXT_LIST, now + kedge_backoff_next(&r->stale_backoff, now));
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
    char token[KEDGE__ENVELOPE_MAX];
    if (r->first_page[0] == '\0') {
        size_t len = list_metadata(inf, "resourceVersion", r->first_page, sizeof r->first_page - 1);
        r->first_page[len] = '\0';
    }
    if (r->first_page[0] == '\0') {
        kedge__reflector_fail(inf, now, KEDGE_ERR_JSON, "the list has no resourceVersion");
        return;
    }
    r->more_pages = list_metadata(inf, "continue", token, sizeof token) > 0;
    r->state = KEDGE__REFLECTOR_LIST_DRAIN;
}

bool kedge__reflector_list_body(struct kedge_informer *inf, kedge_time now)
{
    struct kedge__reflector *r = &inf->reflector;
    if (r->item_waits)
        return take_list_item(inf, now);
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

// Hands the end of the list to the fifo: what it did not have will be swept.
bool kedge__reflector_list_end(struct kedge_informer *inf, kedge_time now)
{
    struct kedge__reflector *r = &inf->reflector;
    if (!kedge__delta_fifo_room(&inf->fifo, KEDGE__DELTA_LIST_END))
        return false;
    struct kedge__delta end = {
        .mark = r->attempt, .type = KEDGE__DELTA_LIST_END, .stored = !r->marking};
    kedge__delta_fifo_push(&inf->fifo, end, r->first_page);
    if (r->marking) {
        after_marking(inf, now);
        return true;
    }
    memcpy(r->read, r->first_page, sizeof r->read);
    r->any_version = false;
    r->silent_watches = 0;
    r->mark_next = false;
    kedge__reflector_start_watch(inf, now);
    return true;
}
