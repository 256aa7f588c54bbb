// SPDX-License-Identifier: Apache-2.0
// sieve.c - any bytes through the sieve, against jansson.
//
// However the bytes are cut, the same comes out. What jansson accepts, the sieve accepts, and the
// items that it keeps are those that a model of the tables keeps of jansson's tree; with the table
// that keeps everything, what the sieve accepts jansson accepts too. Left out is what either
// documents as its limit: nesting, numbers that no double holds, keys with a NUL; and, for tables,
// keys that are there twice, whose last jansson alone remembers.
#include <stdlib.h>

#include "kinds.h"
#include "object/project.h"
#include "sieve_jansson.h"
#include "sieve_log.h"

#include "fuzz.h"

static const struct kedge_field whole_rows[] = {ROW("", RAW)};
static const struct kedge_table whole = TABLE_OF(whole_rows);

static const struct kedge_field odd_rows[] = {
    ROW("a\0", RAW),           ROW("a\0b\0", DROP),        ROW("c\0d\0", TEXT),
    LIST_ROW("l\0", &whole),   ROW("\xc3\xa9\0x\0", TEXT), ROW("\"\0", RAW),
    ROW("back\\slash\0", RAW), ROW("c\0e\0f\0", RAW)};
static const struct kedge_table odd_list = TABLE_OF(odd_rows);
static const struct kedge_field odder_rows[] = {
    ROW("a\0", RAW), ROW("a\0b\0", DROP), LIST_ROW("l\0", &odd_list), LIST_ROW("c\0", &odd_list)};
static const struct kedge_table odd = TABLE_OF(odder_rows);

static const struct kedge_field around_rows[] = {ROW("type\0", TEXT), ROW("metadata\0", RAW)};
static const struct kedge_table around = TABLE_OF(around_rows);

// The object itself, a list's elements or an event's object; NULL for what is no item.
static json_t *items_of(enum kedge_sieve_shape shape, json_t *value)
{
    json_t *found = json_array();
    json_t *items = json_object_get(value, "items");
    if (shape == KEDGE_SIEVE_LIST) {
        bool right = items == NULL || json_is_null(items) || json_is_array(items);
        json_array_extend(found, items);
        if (!right)
            json_decref(found);
        return right ? found : NULL;
    }
    json_t *object = json_object_get(value, "object");
    if (shape == KEDGE_SIEVE_OBJECT)
        json_array_append(found, value);
    else if (object != NULL)
        json_array_append(found, object);
    else
        json_array_append_new(found, json_null());
    return found;
}

static kedge_str trim(kedge_str s)
{
    while (s.len > 0 && s.ptr[0] != '\0' && strchr(" \t\r\n", s.ptr[0]) != NULL)
        s.ptr++, s.len--;
    return s;
}

// What jansson reads in the whole text: an array of items, or NULL. *limit: it may be wrong.
static json_t *expected_items(enum kedge_sieve_shape shape, kedge_str text, bool *limit)
{
    json_t *all = json_array();
    size_t used = text.len;
    *limit = false;
    do {
        json_t *value = shape == KEDGE_SIEVE_WATCH ? strict_load_first(text, limit, &used)
                                                   : strict_load(text, limit);
        json_t *items = value != NULL ? items_of(shape, value) : NULL;
        bool good = items != NULL;
        json_array_extend(all, items);
        json_decref(items);
        json_decref(value);
        if (!good) {
            json_decref(all);
            return NULL;
        }
        text = trim((kedge_str){text.ptr + used, text.len - used});
    } while (text.len > 0);
    return all;
}

static bool has_duplicates(kedge_str text)
{
    json_error_t error = {.position = 0};
    for (; text.len > 0; text.ptr += error.position, text.len -= (size_t)error.position) {
        json_t *value =
            json_loadb(text.ptr, text.len,
                       SIEVE_STRICT | JSON_REJECT_DUPLICATES | JSON_DISABLE_EOF_CHECK, &error);
        if (value == NULL)
            return json_error_code(&error) == json_error_duplicate_key;
        json_decref(value);
        text = trim(text);
    }
    return false;
}

static size_t brackets(kedge_str text)
{
    size_t count = 0;
    for (size_t i = 0; i < text.len; i++)
        count += text.ptr[i] == '{' || text.ptr[i] == '[';
    return count;
}

// The identity of an item that is too large is what it was.
static void same_identity(json_t *kept, json_t *expected)
{
    const char *key;
    json_t *value;
    PROMISE(json_object_size(kept) == 1);
    kept = json_object_get(kept, "metadata");
    PROMISE(json_object_size(kept) > 0 && json_object_size(kept) <= KEDGE__IDENTITY);
    json_object_foreach(kept, key, value)
    {
        PROMISE(json_is_string(value));
        PROMISE(json_equal(value, json_object_get(json_object_get(expected, "metadata"), key)));
    }
}

static void same_item(const struct kedge_sieve *s, json_t *item)
{
    bool limit;
    json_t *kept = strict_load(s->item, &limit);
    PROMISE(kept != NULL);
    if (s->unusable) {
        PROMISE(json_object_size(kept) == 0);
    } else if (s->overflow && s->options.identity == 0) {
        PROMISE(json_object_size(kept) == 0); // no row is to survive
    } else if (s->overflow) {
        same_identity(kept, item);
    } else {
        json_t *expected = sieve_model(item, s->options.tables);
        PROMISE(json_is_object(item) && json_equal(kept, expected));
        json_decref(expected);
    }
    PROMISE(json_is_object(item) || s->unusable);
    json_decref(kept);
}

// Gives the sieve all the text. `items` is what it must keep, or NULL: then nobody knows.
static bool sieve_all(struct kedge_sieve *s, kedge_str text, json_t *items)
{
    kedge_err err = KEDGE_OK;
    enum kedge_sieve_event event = KEDGE_SIEVE_ITEM;
    size_t count = 0;
    while (err == KEDGE_OK && event != KEDGE_SIEVE_MORE) {
        size_t used;
        err = kedge_sieve_feed(s, text.ptr, text.len, &used, &event);
        PROMISE(used <= text.len);
        text.ptr += used;
        text.len -= used;
        if (event != KEDGE_SIEVE_ITEM)
            continue;
        if (items != NULL)
            same_item(s, json_array_get(items, count));
        count++;
    }
    bool good = err == KEDGE_OK && kedge_sieve_finish(s) == KEDGE_OK;
    PROMISE(!good || items == NULL || count == json_array_size(items));
    return good;
}

static void like_jansson(struct kedge_sieve_options *o, kedge_str text)
{
    struct kedge_sieve s;
    bool limit;
    json_t *items = expected_items(o->shape, text, &limit);
    bool empty = o->shape == KEDGE_SIEVE_WATCH && trim(text).len == 0;
    bool everything = o->tables[0] == &whole;
    bool twice = !everything && items != NULL && has_duplicates(text);
    PROMISE(kedge_sieve_init(&s, o) == KEDGE_OK);
    bool good = sieve_all(&s, text, twice ? NULL : items);
    // The envelope has a limit too; items that do not fit are cut, not refused.
    bool too_long = s.err == KEDGE_ERR_TOO_LONG;
    if (items != NULL && brackets(text) <= KEDGE_SIEVE_DEPTH && !too_long)
        PROMISE(good);
    if (everything && good && !limit)
        PROMISE(items != NULL || empty);
    json_decref(items);
}

static void same_however_cut(const struct kedge_sieve_options *o, struct fuzz_input *in)
{
    size_t first = fuzz_piece(in, in->data.len);
    size_t size = fuzz_piece(in, in->data.len);
    const char *at_once = sieve_log(o, in->data, 0, 0);
    PROMISE(strcmp(at_once, sieve_log(o, in->data, first, size)) == 0);
}

// The sieve with so much room as there can be need of, or very little.
static void sieved(struct kedge_sieve_options *o, struct fuzz_input in, bool small)
{
    static char item[FUZZ_MAX + KEDGE_SIEVE_BUFFER], envelope[FUZZ_MAX];
    o->item_cap = small ? KEDGE_SIEVE_BUFFER : in.data.len + KEDGE_SIEVE_BUFFER;
    o->envelope_cap = small ? 16 : in.data.len + 64;
    same_however_cut(o, &in);
    o->item_buf = item;
    o->envelope_buf = envelope;
    like_jansson(o, in.data);
}

int LLVMFuzzerTestOneInput(const uint8_t *bytes, size_t len)
{
    struct fuzz_input in;
    if (!fuzz_open(&in, bytes, len) || in.data.len > 65536)
        return 0;
    // The log of the sieve needs the place where memory ends for its pieces.
    char *text = malloc(in.data.len);
    PROMISE(text != NULL);
    memcpy(text, in.data.ptr, in.data.len);
    in.data.ptr = text;
    enum kedge_sieve_shape shape = (enum kedge_sieve_shape)fuzz_choose(&in, 3);
    bool small = fuzz_choose(&in, 2) == 1;
    // The choice ends before the kinds do; the cut goes on.
    unsigned table = (in.choice < 10 ? in.choice : in.choice + in.cut / 8 * 32) % (1 + FUZZ_KINDS);
    // With `whole` around the items too, nothing is skipped.
    struct kedge_sieve_options all = sieve_of(shape, &whole, 0, &whole);
    struct kedge_sieve_options some = sieve_of(shape, &odd, 0, &around);
    if (table > 0) {
        some = sieve_of(shape, &kedge__meta_table, KEDGE__IDENTITY, &around);
        some.tables[1] = fuzz_kinds[table - 1]->table;
    }
    sieved(&all, in, small);
    sieved(&some, in, small);
    free(text);
    return 0;
}
