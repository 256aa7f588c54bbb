// SPDX-License-Identifier: Apache-2.0
// walk.c - one state a byte; a level of nesting is a bit, and for the first levels a place.
#include "client/walk.h"

enum state {
    VALUE,       // a value must follow
    FIRST_VALUE, // or the end of the array
    KEY,         // a key must follow
    FIRST_KEY,   // or the end of the object
    COLON,
    AFTER, // a comma or an end
    TEXT,
    ESCAPE,
    WORD, // a number, true, false, null
    CUT,  // the sieve's
    DONE
};

#define NOWHERE 0xff // a place that no rule knows

void kedge__walk_begin(struct kedge__walk *w)
{
    w->problem = NULL;
    w->state = VALUE;
    w->place = 0;
    w->type = KEDGE__WALK_OBJECT;
    w->depth = 0;
}

static kedge_err fail(struct kedge__walk *w, const char *problem)
{
    w->problem = problem;
    return KEDGE_ERR_JSON;
}

// Places -----------------------------------------------------------------------------------------

static bool in_object(const struct kedge__walk *w)
{
    unsigned level = w->depth - 1U;
    return ((w->nesting[level / 32] >> (level % 32)) & 1U) != 0;
}

// The place of the container around.
static uint8_t around(const struct kedge__walk *w)
{
    return w->depth <= KEDGE__WALK_LEVELS ? w->places[w->depth - 1] : NOWHERE;
}

static bool is_key(const struct kedge__walk *w, const char *key)
{
    return !w->odd && kedge_str_is((kedge_str){w->text, w->text_len}, key);
}

// Which place the value is that comes now: by the key just read, or as an element.
static void locate(struct kedge__walk *w)
{
    uint8_t in = around(w);
    bool object = in_object(w);
    w->place = NOWHERE;
    w->type = KEDGE__WALK_OBJECT;
    for (unsigned i = 0; in != NOWHERE && i < w->rule_count; i++) {
        const struct kedge__walk_rule *r = &w->rules[i];
        if (r->in != in || object != (r->key != NULL) || (object && !is_key(w, r->key)))
            continue;
        w->place = r->to;
        w->type = r->type;
        return;
    }
}

// Containers -------------------------------------------------------------------------------------

static kedge_err open_container(struct kedge__walk *w, bool object)
{
    bool fits = w->type == (object ? KEDGE__WALK_OBJECT : KEDGE__WALK_ARRAY);
    uint8_t place = fits ? w->place : NOWHERE;
    if (w->depth == KEDGE_SIEVE_DEPTH)
        return fail(w, "nested too deep");
    uint32_t bit = UINT32_C(1) << (w->depth % 32);
    if (object)
        w->nesting[w->depth / 32] |= bit;
    else
        w->nesting[w->depth / 32] &= ~bit;
    if (w->depth < KEDGE__WALK_LEVELS)
        w->places[w->depth] = place;
    w->depth++;
    w->state = object ? FIRST_KEY : FIRST_VALUE;
    if (object && place != NOWHERE)
        return w->tell(w->ctx, place, (kedge_str){NULL, 0}, false);
    return KEDGE_OK;
}

static kedge_err close_container(struct kedge__walk *w, char c)
{
    bool object = in_object(w);
    uint8_t place = around(w);
    if ((c == '}') != object)
        return fail(w, "brackets do not match");
    w->depth--;
    w->state = w->depth > 0 ? AFTER : DONE;
    if (object && place != NOWHERE)
        return w->tell(w->ctx, place, (kedge_str){NULL, 0}, true);
    return KEDGE_OK;
}

// Texts ------------------------------------------------------------------------------------------

static void begin_text(struct kedge__walk *w, bool key)
{
    w->is_key = key;
    w->odd = false;
    w->text_len = 0;
    w->state = TEXT;
}

static kedge_err end_text(struct kedge__walk *w)
{
    if (w->is_key) {
        w->state = COLON;
        return KEDGE_OK;
    }
    w->state = AFTER;
    if (w->type != KEDGE__WALK_TEXT)
        return KEDGE_OK;
    if (w->odd)
        return fail(w, "a name that is none");
    return w->tell(w->ctx, w->place, (kedge_str){w->text, w->text_len}, true);
}

static kedge_err in_text(struct kedge__walk *w, char c)
{
    unsigned char byte = (unsigned char)c;
    if (c == '"')
        return end_text(w);
    if (byte < 0x20)
        return fail(w, "a control character in a text");
    if (c == '\\')
        w->state = ESCAPE;
    if (c == '\\' || byte >= 0x7f || w->text_len == sizeof w->text)
        w->odd = true;
    else
        w->text[w->text_len++] = c;
    return KEDGE_OK;
}

// Values -----------------------------------------------------------------------------------------

static bool is_blank(char c)
{
    return c == ' ' || c == '\t' || c == '\n' || c == '\r';
}

static bool is_word(char c)
{
    return (c >= '0' && c <= '9') || (c >= 'a' && c <= 'z') || c == '-' || c == '+' || c == '.' ||
           c == 'E';
}

static kedge_err begin_value(struct kedge__walk *w, char c)
{
    if (c == '{' && w->type == KEDGE__WALK_CUT) {
        w->state = CUT;
        return kedge_sieve_init(w->sieve, w->cut);
    }
    if (c == '{' || c == '[')
        return w->depth > 0 || c == '{' ? open_container(w, c == '{') : fail(w, "no object");
    if (w->depth == 0)
        return fail(w, "no object");
    if (c == '"')
        begin_text(w, false);
    else if (is_word(c))
        w->state = WORD;
    else
        return fail(w, "no value where one must be");
    return KEDGE_OK;
}

static kedge_err after_value(struct kedge__walk *w, char c)
{
    if (c == '}' || c == ']')
        return close_container(w, c);
    if (c != ',')
        return fail(w, "no comma between values");
    w->state = in_object(w) ? KEY : VALUE;
    if (w->state == VALUE)
        locate(w);
    return KEDGE_OK;
}

static kedge_err key_or_end(struct kedge__walk *w, char c)
{
    if (c == '}' && w->state == FIRST_KEY)
        return close_container(w, c);
    if (c != '"')
        return fail(w, "no key where one must be");
    begin_text(w, true);
    return KEDGE_OK;
}

// A byte between texts and words.
static kedge_err between(struct kedge__walk *w, char c)
{
    if (is_blank(c))
        return KEDGE_OK;
    switch (w->state) {
    case FIRST_VALUE:
        if (c == ']')
            return close_container(w, c);
        locate(w);
        return begin_value(w, c);
    case VALUE:
        return begin_value(w, c);
    case KEY:
    case FIRST_KEY:
        return key_or_end(w, c);
    case COLON:
        locate(w);
        w->state = VALUE;
        return c == ':' ? KEDGE_OK : fail(w, "no colon behind a key");
    case AFTER:
        return after_value(w, c);
    default:
        return fail(w, "something behind the document");
    }
}

// The sieve takes its bytes up to the end of the object.
static kedge_err feed_cut(struct kedge__walk *w, kedge_str *bytes)
{
    enum kedge_sieve_event event = KEDGE_SIEVE_MORE;
    size_t used = 0;
    kedge_err err = kedge_sieve_feed(w->sieve, bytes->ptr, bytes->len, &used, &event);
    bytes->ptr += used;
    bytes->len -= used;
    if (err != KEDGE_OK) {
        w->problem = w->sieve->problem;
        return err;
    }
    if (event != KEDGE_SIEVE_ITEM)
        return KEDGE_OK;
    w->state = AFTER;
    return w->tell(w->ctx, w->place, (kedge_str){NULL, 0}, true);
}

static kedge_err feed_byte(struct kedge__walk *w, kedge_str *bytes)
{
    char c = bytes->ptr[0];
    if (w->state == WORD && is_word(c)) {
        // Of words nothing is wanted.
    } else if (w->state == TEXT) {
        kedge_err err = in_text(w, c);
        if (err != KEDGE_OK)
            return err;
    } else if (w->state == ESCAPE) {
        w->state = TEXT;
    } else {
        if (w->state == WORD)
            w->state = AFTER;
        kedge_err err = between(w, c);
        if (err != KEDGE_OK || w->state == CUT)
            return err; // the sieve takes the brace itself
    }
    bytes->ptr++;
    bytes->len--;
    return KEDGE_OK;
}

kedge_err kedge__walk_feed(struct kedge__walk *w, kedge_str bytes)
{
    kedge_err err = KEDGE_OK;
    while (bytes.len > 0 && err == KEDGE_OK)
        err = w->state == CUT ? feed_cut(w, &bytes) : feed_byte(w, &bytes);
    return err;
}

kedge_err kedge__walk_finish(struct kedge__walk *w)
{
    return w->state == DONE ? KEDGE_OK : fail(w, "the document is empty, or ends in the middle");
}
