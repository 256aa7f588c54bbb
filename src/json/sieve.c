// SPDX-License-Identifier: Apache-2.0
// sieve.c - the structure of the text, a byte at a time; what falls through is in the other files.
//
//                        { ----> KEY_OR_END --- key ---> COLON
//                       /                \                 |  :
//     BEFORE --- value <                  }                v
//                       \                          VALUE --+-- value ---> AFTER --- , ---> KEY or
//                       VALUE
//                        [ ----> VALUE_OR_END ---- ] ...                    |
//                                                                          } or ]
//
// A value is one of three things:
//   - on the way to what is wanted: a frame (object or list) is pushed, and its keys are compared;
//   - wanted: s->keep, until the depth is back at s->base; all that comes is copied, without white
//     space;
//   - not wanted: SKIP, until the depth is back at s->base.
// Brackets are matched by a bit a level (s->nesting), whichever it is.
#include "json/sieve_priv.h"

#include <string.h>

kedge__bytes kedge__sieve_fail(struct kedge_sieve *s, kedge__bytes p, const char *problem)
{
    if (s->err == KEDGE_OK) {
        s->err = KEDGE_ERR_JSON;
        s->problem = problem;
    }
    return p;
}

bool kedge__sieve_nest(struct kedge_sieve *s, unsigned char bracket)
{
    if (s->depth >= KEDGE_SIEVE_DEPTH) {
        kedge__sieve_fail(s, NULL, "nested deeper than 1,024 levels");
        return false;
    }
    uint32_t bit = (uint32_t)1 << s->depth % 32u;
    uint32_t bits = s->nesting[s->depth / 32u];
    s->nesting[s->depth / 32u] = bracket == '{' ? bits | bit : bits & ~bit;
    s->depth++;
    return true;
}

bool kedge__sieve_unnest(struct kedge_sieve *s, unsigned char bracket)
{
    if (kedge__sieve_in_object(s) != (bracket == '}')) {
        kedge__sieve_fail(s, NULL, "a closing bracket that does not match its opening one");
        return false;
    }
    s->depth--;
    return true;
}

// An event without an object.
static void no_item(struct kedge_sieve *s)
{
    kedge__sieve_item_begin(s);
    kedge__sieve_item_none(s);
    kedge__sieve_item_end(s);
}

// The value at the top has come: of a watch, one of many.
static void whole(struct kedge_sieve *s)
{
    s->state = s->options.shape == KEDGE_SIEVE_LIST ? DONE : ENDING;
    if (s->options.shape == KEDGE_SIEVE_LIST)
        s->event = KEDGE_SIEVE_END;
    if (s->options.shape == KEDGE_SIEVE_WATCH) {
        s->state = BEFORE;
        s->event = KEDGE_SIEVE_ITEM;
        if (!s->has_item)
            no_item(s);
    }
    if (s->options.envelope != NULL && s->options.shape != KEDGE_SIEVE_OBJECT) {
        s->envelope.ptr = s->options.envelope_buf;
        s->envelope.len = s->envelope_len;
    }
}

void kedge__sieve_value_end(struct kedge_sieve *s)
{
    s->within = false;
    if (s->depth == s->base)
        s->keep = false;
    if (s->in_item && s->depth == s->item_depth) {
        kedge__sieve_item_end(s);
        if (s->options.shape != KEDGE_SIEVE_WATCH)
            s->event = KEDGE_SIEVE_ITEM;
    }
    s->state = AFTER;
    if (s->depth == 0)
        whole(s);
}

// Values -----------------------------------------------------------------------------------------

static bool opens(unsigned char c)
{
    return c == '{' || c == '[';
}

static kedge__bytes skip_value(struct kedge_sieve *s, kedge__bytes p)
{
    s->copy = false;
    if (!opens(*p))
        return kedge__sieve_scalar(s, p);
    s->base = s->depth;
    s->within = true;
    s->state = SKIP;
    return kedge__sieve_nest(s, *p) ? p + 1 : p;
}

static kedge__bytes copy_value(struct kedge_sieve *s, kedge__bytes p)
{
    s->copy = true;
    if (!opens(*p))
        return kedge__sieve_scalar(s, p);
    kedge__sieve_put(s, p, 1);
    s->state = *p == '{' ? KEY_OR_END : VALUE_OR_END;
    return kedge__sieve_nest(s, *p) ? p + 1 : p;
}

static kedge__bytes keep_value(struct kedge_sieve *s, kedge__bytes p, int slot)
{
    if (slot >= 0 && *p == '"')
        kedge__sieve_identity_begin(s, slot);
    if (opens(*p)) {
        s->base = s->depth;
        s->keep = true;
    }
    return copy_value(s, p);
}

// Pushes a frame for the object or array at `p`.
static kedge__bytes enter(struct kedge_sieve *s, kedge__bytes p, struct kedge_sieve_frame frame)
{
    if (!(frame.flags & FRAME_ITEMS))
        kedge__sieve_put(s, p, 1);
    if (s->level == KEDGE_SIEVE_PATH)
        return kedge__sieve_fail(s, p, "rows that lead deeper than they did at first");
    s->frames[s->level++] = frame;
    s->state = *p == '{' ? KEY_OR_END : VALUE_OR_END;
    return kedge__sieve_nest(s, *p) ? p + 1 : p;
}

static kedge__bytes enter_object(struct kedge_sieve *s, kedge__bytes p, unsigned root,
                                 const struct kedge__sieve_choice *choice, size_t prefix)
{
    struct kedge_sieve_frame frame = {choice->going, (uint16_t)prefix, (uint8_t)root,
                                      choice->all ? FRAME_ALL : 0, 0};
    return enter(s, p, frame);
}

// An object (or what stands in its place) at which all rows of `root` begin. False: none wants it.
static bool begin_root(struct kedge_sieve *s, kedge__bytes *p, unsigned root)
{
    uint64_t rows = kedge__sieve_rows(&s->roots[root]);
    struct kedge__sieve_choice choice = kedge__sieve_choose(s, root, rows, 0, false);
    if (choice.all && (choice.plan == PLAN_KEEP || **p != '{')) {
        *p = keep_value(s, *p, -1);
        return true;
    }
    if (**p != '{')
        return false;
    *p = enter_object(s, *p, root, &choice, 0);
    return true;
}

static kedge__bytes begin_item(struct kedge_sieve *s, kedge__bytes p)
{
    kedge__sieve_item_begin(s);
    if (*p == '{' && begin_root(s, &p, ROOT_ITEM))
        return p;
    kedge__sieve_item_none(s);
    return skip_value(s, p);
}

static kedge__bytes begin_element(struct kedge_sieve *s, kedge__bytes p, unsigned root)
{
    kedge__sieve_comma(s);
    if (begin_root(s, &p, root))
        return p;
    kedge__sieve_put(s, "null", 4);
    return skip_value(s, p);
}

// Where the items are, or the event's object.
static kedge__bytes begin_items(struct kedge_sieve *s, kedge__bytes p)
{
    if (s->options.shape == KEDGE_SIEVE_WATCH)
        return begin_item(s, p);
    struct kedge_sieve_frame frame = {0, 0, ROOT_ITEM, FRAME_LIST | FRAME_ITEMS, 0};
    if (*p == '[')
        return enter(s, p, frame);
    if (*p == 'n')
        return skip_value(s, p);
    return kedge__sieve_fail(s, p, "\"items\" is no array");
}

// The key of a wanted value, unless it was written as it came.
static void put_key(struct kedge_sieve *s)
{
    const struct kedge_sieve_frame *f = kedge__sieve_top(s);
    if (!s->key_out) {
        const char *path = kedge__sieve_path(&s->roots[f->root], s->match);
        kedge__sieve_comma(s);
        kedge__sieve_put(s, "\"", 1);
        kedge__sieve_put_escaped(s, path + f->prefix, s->key_len);
        kedge__sieve_put(s, "\"", 1);
    }
    kedge__sieve_put(s, ":", 1);
}

// The plan for a value that begins with `c`: not every value can be gone into.
static enum kedge__sieve_plan fitting(const struct kedge__sieve_choice *choice, unsigned char c)
{
    bool into = choice->going != 0 && c == '{';
    if (choice->plan == PLAN_LIST && c != '[')
        return into ? PLAN_INTO : PLAN_SKIP;
    if (choice->plan == PLAN_INTO && !into)
        return choice->all ? PLAN_KEEP : PLAN_SKIP;
    return choice->plan;
}

static kedge__bytes begin_list(struct kedge_sieve *s, kedge__bytes p, uint64_t lists)
{
    unsigned from = kedge__sieve_top(s)->root;
    unsigned root = (from < ROOT_ITEM ? ROOT_ITEM : from) + 1;
    struct kedge_sieve_frame frame = {0, 0, (uint8_t)root, FRAME_LIST, 0};
    if (root >= sizeof s->roots / sizeof s->roots[0])
        return kedge__sieve_fail(s, p, "rows that lead deeper than they did at first");
    kedge__sieve_gather(&s->roots[root], &s->roots[from], lists);
    return enter(s, p, frame);
}

static kedge__bytes begin_member(struct kedge_sieve *s, kedge__bytes p)
{
    const struct kedge_sieve_frame *f = kedge__sieve_top(s);
    size_t offset = (size_t)f->prefix + s->key_len + 1;
    struct kedge__sieve_choice choice =
        kedge__sieve_choose(s, f->root, s->match, offset, f->flags & FRAME_ALL);
    switch (fitting(&choice, *p)) {
    case PLAN_KEEP:
        put_key(s);
        return keep_value(s, p, choice.slot);
    case PLAN_INTO:
        put_key(s);
        return enter_object(s, p, f->root, &choice, offset);
    case PLAN_LIST:
        put_key(s);
        return begin_list(s, p, choice.lists);
    case PLAN_ITEM:
        return begin_items(s, p);
    default:
        return skip_value(s, p);
    }
}

static kedge__bytes begin_value(struct kedge_sieve *s, kedge__bytes p)
{
    if (s->keep)
        return copy_value(s, p);
    const struct kedge_sieve_frame *f = kedge__sieve_top(s);
    if (f->flags & FRAME_ITEMS)
        return begin_item(s, p);
    if (f->flags & FRAME_LIST)
        return begin_element(s, p, f->root);
    return begin_member(s, p);
}

// The value at the top, after white space.
static kedge__bytes begin(struct kedge_sieve *s, kedge__bytes p)
{
    if (*p == 0xef)
        return kedge__sieve_fail(s, p, "a byte order mark, which JSON does not allow");
    if (*p != '{')
        return kedge__sieve_fail(s, p, "an object was expected");
    if (s->options.shape == KEDGE_SIEVE_OBJECT)
        return begin_item(s, p);
    s->has_item = false;
    s->envelope_len = 0;
    begin_root(s, &p, ROOT_ENVELOPE);
    return p;
}

// Structure --------------------------------------------------------------------------------------

static kedge__bytes close(struct kedge_sieve *s, kedge__bytes p)
{
    if (!kedge__sieve_unnest(s, *p))
        return p;
    bool kept = s->keep || !(kedge__sieve_top(s)->flags & FRAME_ITEMS);
    if (kept)
        kedge__sieve_put(s, p, 1);
    if (!s->keep)
        s->level--;
    kedge__sieve_value_end(s);
    return p + 1;
}

static kedge__bytes key(struct kedge_sieve *s, kedge__bytes p)
{
    if (*p == '}' && s->state == KEY_OR_END)
        return close(s, p);
    if (*p != '"')
        return kedge__sieve_fail(s, p, "a key in quotes was expected");
    kedge__sieve_key(s);
    return p + 1;
}

static kedge__bytes colon(struct kedge_sieve *s, kedge__bytes p)
{
    if (*p != ':')
        return kedge__sieve_fail(s, p, "a colon was expected behind the key");
    if (s->keep)
        kedge__sieve_put(s, p, 1);
    s->state = VALUE;
    return p + 1;
}

static kedge__bytes after(struct kedge_sieve *s, kedge__bytes p)
{
    if (*p == '}' || *p == ']')
        return close(s, p);
    if (*p != ',')
        return kedge__sieve_fail(s, p, "a comma or a closing bracket was expected");
    if (s->keep)
        kedge__sieve_put(s, p, 1);
    s->state = kedge__sieve_in_object(s) ? KEY : VALUE;
    return p + 1;
}

static bool white(unsigned char c)
{
    return c == ' ' || c == '\n' || c == '\r' || c == '\t';
}

static kedge__bytes structure(struct kedge_sieve *s, kedge__bytes p)
{
    if (white(*p))
        return p + 1;
    switch (s->state) {
    case BEFORE:
        return begin(s, p);
    case VALUE_OR_END:
        return *p == ']' ? close(s, p) : begin_value(s, p);
    case VALUE:
        return begin_value(s, p);
    case KEY_OR_END:
    case KEY:
        return key(s, p);
    case COLON:
        return colon(s, p);
    case AFTER:
        return after(s, p);
    default:
        return kedge__sieve_fail(s, p, "more text behind the value");
    }
}

static kedge__bytes step(struct kedge_sieve *s, kedge__bytes p, kedge__bytes end)
{
    switch (s->state) {
    case TEXT:
        return kedge__sieve_text(s, p, end);
    case UTF8:
    case ESCAPE:
    case HEX:
    case LOW_ESCAPE:
    case LOW_U:
        return kedge__sieve_text_byte(s, p);
    case NUMBER:
        return kedge__sieve_number(s, p, end);
    case WORD:
        return kedge__sieve_word(s, p);
    case SKIP:
    case SKIP_TEXT:
    case SKIP_ESCAPE:
        return kedge__sieve_skip(s, p, end);
    default:
        return structure(s, p);
    }
}

// Calls ------------------------------------------------------------------------------------------

kedge_err kedge_sieve_init(struct kedge_sieve *s, const struct kedge_sieve_options *options)
{
    memset(s, 0, sizeof *s);
    s->options = *options;
    s->slot = -1;
    // Lengths are held in 32 bits; no buffer is that large.
    if (s->options.item_cap > UINT32_MAX)
        s->options.item_cap = UINT32_MAX;
    if (s->options.envelope_cap > UINT32_MAX)
        s->options.envelope_cap = UINT32_MAX;
    kedge_err err = kedge__sieve_roots(s);
    if (err == KEDGE_OK &&
        (s->options.item_buf == NULL || s->options.item_cap < KEDGE_SIEVE_BUFFER)) {
        s->problem = "the buffer for items is too small";
        err = KEDGE_ERR_ARGUMENT;
    }
    s->err = (int8_t)err;
    return err;
}

kedge_err kedge_sieve_feed(struct kedge_sieve *s, const char *data, size_t len, size_t *used,
                           enum kedge_sieve_event *event)
{
    kedge__bytes begin_at = (kedge__bytes)data;
    kedge__bytes p = begin_at;
    s->event = KEDGE_SIEVE_MORE;
    if (s->state == ENDING) {
        s->state = DONE;
        s->event = KEDGE_SIEVE_END;
    }
    while (len > 0 && p < begin_at + len && s->err == KEDGE_OK && s->event == KEDGE_SIEVE_MORE)
        p = step(s, p, begin_at + len);
    *used = len > 0 ? (size_t)(p - begin_at) : 0;
    *event = s->err == KEDGE_OK ? (enum kedge_sieve_event)s->event : KEDGE_SIEVE_MORE;
    s->offset += *used;
    return (kedge_err)s->err;
}

kedge_err kedge_sieve_finish(struct kedge_sieve *s)
{
    bool between = s->state == BEFORE && s->options.shape == KEDGE_SIEVE_WATCH;
    if (s->err == KEDGE_OK && s->state != ENDING && s->state != DONE && !between)
        kedge__sieve_fail(s, NULL, "the text ends too early");
    return (kedge_err)s->err;
}
