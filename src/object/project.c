// SPDX-License-Identifier: Apache-2.0
// project.c - builds records.
//
//     | struct kedge_object | the kind's members | arrays: list elements, pairs | texts | zeros |
//     0                                          size of the kind's struct                    size
//
// Arrays come before texts, so that only they need to be aligned and texts lie without gaps. The
// same code runs twice: measuring, it only counts; writing, it knows where the texts begin. Texts
// that occur several times in an object (a label and the selector's, an image in spec and status)
// are written once: a small table remembers where those written last came from.
#include <string.h>

#include "object/project.h"

#define OFFSET_MAX ((kedge_offset)-1)

enum { SHARED = 32, SHARED_MAX = 255, SHORT_TEXT = 64 };

// A text that may be shared: where it stands in the document, and where in the record.
struct shared {
    uint32_t from;
    kedge_offset len; // 0: none
    kedge_offset place;
};

struct builder {
    unsigned char *base; // NULL: measuring
    size_t arrays;       // where the next array goes, in bytes from the record's beginning
    size_t texts;        // where the next text goes; measuring, counted from 0
    uint32_t mistyped;
    struct shared shared[SHARED];
};

static void write(const struct builder *b, size_t place, const void *bytes, size_t len)
{
    if (b->base != NULL)
        memcpy(b->base + place, bytes, len);
}

// Writes a text, list or map: all are an offset from the member itself and a number.
static void write_reference(const struct builder *b, size_t member, size_t target, size_t number)
{
    kedge_offset both[2] = {(kedge_offset)(target - member), (kedge_offset)number};
    if (number > 0)
        write(b, member, both, sizeof both);
}

// Room for an array. Alignment divides size, so the lowest bit of `size` is alignment enough.
static size_t take_array(struct builder *b, size_t count, size_t size)
{
    size_t align = size & (~size + 1);
    align = align < 8 ? align : 8;
    if (count > 0)
        b->arrays = (b->arrays + align - 1) / align * align;
    size_t place = b->arrays;
    b->arrays += count * size;
    return place;
}

static size_t take_text(struct builder *b, size_t len)
{
    size_t place = b->texts;
    b->texts += len + 1;
    return place;
}

// Texts ------------------------------------------------------------------------------------------

// Where a text comes from: a value's text, a member's key, or a value's own JSON.
enum origin { TEXT, KEY, JSON };

struct source {
    kedge_json_value value;
    enum origin origin;
};

static size_t read_source(struct source s, char *buf, size_t cap)
{
    if (s.origin == TEXT)
        return kedge_json_text(s.value, buf, cap);
    if (s.origin == KEY)
        return kedge_json_key(s.value, buf, cap);
    kedge_str raw = kedge_json_raw(s.value);
    if (cap > 0)
        memcpy(buf, raw.ptr, raw.len < cap ? raw.len : cap);
    return raw.len;
}

// The bytes of a text in the document, if they are the text's own: no escapes among them.
static kedge_str plain(struct source s, size_t len)
{
    kedge_str none = {NULL, 0};
    kedge_str raw = s.origin == KEY ? kedge_json_raw_key(s.value) : kedge_json_raw(s.value);
    if (s.origin == TEXT && raw.len >= 2) {
        raw.ptr++;
        raw.len -= 2;
    }
    return raw.len == len ? raw : none;
}

static struct shared *shared_slot(struct builder *b, kedge_str text)
{
    uint32_t hash = UINT32_C(2166136261);
    for (size_t i = 0; i < text.len; i++)
        hash = (hash ^ (unsigned char)text.ptr[i]) * UINT32_C(16777619);
    return &b->shared[(hash ^ hash >> 15) % SHARED];
}

// Where the same text lies already; if nowhere, then where it is to be written now.
static size_t text_place(struct builder *b, struct source s, size_t len, bool *written)
{
    *written = false;
    kedge_str text = plain(s, len);
    if (text.ptr == NULL || len > SHARED_MAX)
        return take_text(b, len);
    const char *document = s.value.doc->text;
    struct shared *slot = shared_slot(b, text);
    *written = slot->len == len && memcmp(document + slot->from, text.ptr, len) == 0;
    if (!*written) {
        slot->from = (uint32_t)(text.ptr - document);
        slot->len = (kedge_offset)len;
        slot->place = (kedge_offset)take_text(b, len);
        // Where the measure is over what an offset holds, no record will be written.
    }
    return slot->place;
}

static void put_text(struct builder *b, size_t member, struct source s)
{
    size_t len = read_source(s, NULL, 0);
    if (len == 0)
        return;
    bool written;
    size_t place = text_place(b, s, len, &written);
    write_reference(b, member, place, len);
    if (b->base != NULL && !written)
        read_source(s, (char *)b->base + place, len);
}

static bool is_text(kedge_json_value v)
{
    return kedge_json_type(v) == KEDGE_JSON_TEXT;
}

static bool put_if_text(struct builder *b, size_t member, kedge_json_value v)
{
    struct source s = {v, TEXT};
    if (is_text(v))
        put_text(b, member, s);
    return is_text(v);
}

static bool put_json(struct builder *b, size_t member, kedge_json_value v)
{
    struct source s = {v, JSON};
    put_text(b, member, s);
    return true;
}

static bool put_scalar(struct builder *b, size_t member, kedge_json_value v)
{
    enum kedge_json_type type = kedge_json_type(v);
    if (type == KEDGE_JSON_NUMBER || type == KEDGE_JSON_BOOL)
        return put_json(b, member, v);
    return put_if_text(b, member, v);
}

// A text of a few bytes: its length, or more than SHORT_TEXT if it is none or longer.
static size_t short_text(kedge_json_value v, char buf[SHORT_TEXT])
{
    size_t len = is_text(v) ? kedge_json_text(v, buf, SHORT_TEXT) : SHORT_TEXT + 1;
    return len;
}

// Bytes ------------------------------------------------------------------------------------------

// Decodes the text into `out`, or nowhere if it is NULL. False if it is none of the reader's.
static bool decode(const struct kedge__reader *reader, kedge_json_value v, unsigned char *out,
                   size_t *len)
{
    kedge_str json = kedge_json_raw(v);
    if (reader == NULL || !is_text(v))
        return false;
    json.ptr++;
    json.len -= 2;
    return reader->bytes(json, out, len);
}

static bool put_bytes(struct builder *b, size_t member, kedge_json_value v,
                      const struct kedge__reader *reader)
{
    size_t len;
    if (!decode(reader, v, NULL, &len))
        return false;
    if (len == 0)
        return true;
    size_t place = take_text(b, len);
    write_reference(b, member, place, len);
    if (b->base != NULL)
        decode(reader, v, b->base + place, &len);
    return true;
}

// Numbers and other small values
// -------------------------------------------------------------------

static bool put_bool(struct builder *b, size_t member, kedge_json_value v)
{
    bool value;
    if (!kedge_json_bool(v, &value))
        return false;
    write(b, member, &value, sizeof value);
    return true;
}

static bool put_int32(struct builder *b, size_t member, kedge_json_value v)
{
    int64_t n;
    if (!kedge_json_int64(v, &n) || n < INT32_MIN || n > INT32_MAX)
        return false;
    int32_t value = (int32_t)n;
    write(b, member, &value, sizeof value);
    return true;
}

static bool put_int64(struct builder *b, size_t member, kedge_json_value v)
{
    int64_t value;
    if (!kedge_json_int64(v, &value))
        return false;
    write(b, member, &value, sizeof value);
    return true;
}

static bool put_time(struct builder *b, size_t member, kedge_json_value v)
{
    char buf[SHORT_TEXT];
    kedge_str text = {buf, short_text(v, buf)};
    kedge_timestamp value;
    if (text.len > SHORT_TEXT || !kedge_timestamp_parse(text, &value))
        return false;
    write(b, member, &value, sizeof value);
    return true;
}

// A number may stand as a text or as itself.
static bool put_number(struct builder *b, size_t member, kedge_json_value v,
                       const struct kedge__reader *reader)
{
    char buf[SHORT_TEXT];
    kedge_str text = {buf, short_text(v, buf)};
    if (kedge_json_type(v) == KEDGE_JSON_NUMBER)
        text = kedge_json_raw(v);
    else if (text.len > SHORT_TEXT)
        return false;
    int64_t value;
    if (reader == NULL || !reader->number(text, &value))
        return false;
    write(b, member, &value, sizeof value);
    return true;
}

// A value that the table does not have is no error: a newer server knows more of them.
static bool put_enum(struct builder *b, size_t member, kedge_json_value v, const char *names)
{
    if (!is_text(v))
        return false;
    uint8_t value = 1;
    for (; *names != '\0'; names += strlen(names) + 1, value++) {
        if (kedge_json_text_is(v, kedge_str_of(names))) {
            write(b, member, &value, sizeof value);
            return true;
        }
    }
    return true;
}

// Lists and maps ----------------------------------------------------------------------------------

static bool is_null(kedge_json_value v)
{
    return kedge_json_type(v) == KEDGE_JSON_NULL;
}

// True if the keys come in ascending order, as servers write them: then there is none twice.
static bool ascending(kedge_json_value map)
{
    kedge_str last = {"", 0};
    kedge_json_value m = kedge_json_first(map);
    for (bool first = true; kedge_json_type(m) != KEDGE_JSON_ABSENT; first = false) {
        kedge_str key = kedge_json_raw_key(m);
        size_t common = key.len < last.len ? key.len : last.len;
        int order = common > 0 ? memcmp(last.ptr, key.ptr, common) : 0;
        bool escaped = key.len > 0 && memchr(key.ptr, '\\', key.len) != NULL;
        bool above = order < 0 || (order == 0 && last.len < key.len);
        if (escaped || (!first && !above))
            return false;
        last = key;
        m = kedge_json_next(m);
    }
    return true;
}

static bool same_key(kedge_json_value a, kedge_json_value b)
{
    char key[SHORT_TEXT * 4];
    kedge_str text = {key, kedge_json_key(a, key, sizeof key)};
    if (text.len <= sizeof key)
        return kedge_json_key_is(b, text);
    // A key of this length is none of Kubernetes; its spelling is enough to tell it.
    return kedge_str_eq(kedge_json_raw_key(a), kedge_json_raw_key(b));
}

static bool comes_again(kedge_json_value member)
{
    kedge_json_value m = kedge_json_next(member);
    while (kedge_json_type(m) != KEDGE_JSON_ABSENT) {
        if (same_key(member, m))
            return true;
        m = kedge_json_next(m);
    }
    return false;
}

static bool value_fits(kedge_json_value v, const struct kedge__reader *bytes)
{
    size_t len;
    return is_null(v) || (bytes != NULL ? decode(bytes, v, NULL, &len) : is_text(v));
}

// `bytes`: what the values are read with, or NULL: they are texts. A pair whose value has another
// type is left out; of a key that comes twice, the last pair stays.
static bool put_map(struct builder *b, size_t member, kedge_json_value v,
                    const struct kedge__reader *bytes)
{
    if (kedge_json_type(v) != KEDGE_JSON_OBJECT)
        return false;
    bool once = ascending(v);
    size_t count = 0;
    kedge_json_value m = kedge_json_first(v);
    for (; kedge_json_type(m) != KEDGE_JSON_ABSENT; m = kedge_json_next(m))
        count += value_fits(m, bytes) && (once || !comes_again(m)) ? 1 : 0;

    size_t pair = take_array(b, count, sizeof(struct kedge_text_pair));
    write_reference(b, member, pair, count);
    m = kedge_json_first(v);
    for (; kedge_json_type(m) != KEDGE_JSON_ABSENT; m = kedge_json_next(m)) {
        if (!once && comes_again(m))
            continue;
        bool fits = value_fits(m, bytes);
        b->mistyped += !fits;
        if (!fits)
            continue;
        struct source key = {m, KEY};
        put_text(b, pair + offsetof(struct kedge_text_pair, key), key);
        size_t value = pair + offsetof(struct kedge_text_pair, value);
        if (bytes != NULL && !is_null(m))
            put_bytes(b, value, m, bytes);
        else
            put_if_text(b, value, m);
        pair += sizeof(struct kedge_text_pair);
    }
    return true;
}

// Structs
// ------------------------------------------------------------------------------------------

static uint64_t put_struct(struct builder *b, size_t place, const struct kedge_table *table,
                           size_t rows, kedge_json_value object, unsigned depth);

// False if the element stays empty, all zeros, though it is not null.
static bool put_element(struct builder *b, size_t place, kedge_json_value v,
                        const struct kedge_table *items, unsigned depth)
{
    if (items == NULL)
        return put_if_text(b, place, v) || is_null(v);
    if (kedge_json_type(v) != KEDGE_JSON_OBJECT)
        return is_null(v);
    put_struct(b, place, items, items->count, v, depth + 1);
    return true;
}

// `items`: of an element; NULL: they are texts. What does not suit stays, so that places in the
// list are those of the server.
static bool put_list(struct builder *b, size_t member, kedge_json_value v,
                     const struct kedge_table *items, unsigned depth)
{
    if (kedge_json_type(v) != KEDGE_JSON_ARRAY || depth == KEDGE__LISTS_MAX)
        return false;
    size_t size = items != NULL ? items->size : sizeof(struct kedge_text);
    size_t count = kedge_json_count(v);
    size_t place = take_array(b, count, size);
    write_reference(b, member, place, count);
    kedge_json_value element = kedge_json_first(v);
    for (size_t i = 0; i < count; i++, element = kedge_json_next(element), place += size)
        b->mistyped += !put_element(b, place, element, items, depth);
    return true;
}

// False if the value does not suit the field.
static bool put_field(struct builder *b, size_t member, const struct kedge_field *field,
                      kedge_json_value v, unsigned depth)
{
    switch ((enum kedge_field_type)field->type) {
    case KEDGE_FIELD_TEXT:
        return put_if_text(b, member, v);
    case KEDGE_FIELD_BOOL:
        return put_bool(b, member, v);
    case KEDGE_FIELD_INT32:
        return put_int32(b, member, v);
    case KEDGE_FIELD_INT64:
        return put_int64(b, member, v);
    case KEDGE_FIELD_TIME:
        return put_time(b, member, v);
    case KEDGE_FIELD_QUANTITY:
        return put_number(b, member, v, field->detail);
    case KEDGE_FIELD_ENUM:
        return put_enum(b, member, v, field->detail);
    case KEDGE_FIELD_TEXT_LIST:
        return put_list(b, member, v, NULL, 0);
    case KEDGE_FIELD_TEXT_MAP:
        return put_map(b, member, v, NULL);
    case KEDGE_FIELD_LIST:
        return put_list(b, member, v, field->items, depth);
    case KEDGE_FIELD_RAW:
        return put_json(b, member, v);
    case KEDGE_FIELD_BASE64:
        return put_bytes(b, member, v, field->detail);
    case KEDGE_FIELD_BASE64_MAP:
        return field->detail != NULL && put_map(b, member, v, field->detail);
    case KEDGE_FIELD_SCALAR:
        return put_scalar(b, member, v);
    case KEDGE_FIELD_DROP:
    case KEDGE_FIELD_SIEVED:
        break;
    }
    return true;
}

// Fills the struct at `place` from the first `rows` of its table. Gives a bit for each row that was
// there. Lists make it call itself, as deep as KEDGE__LISTS_MAX.
static uint64_t put_struct(struct builder *b, size_t place, const struct kedge_table *table,
                           size_t rows, kedge_json_value object, unsigned depth)
{
    struct kedge__found found;
    uint64_t present = 0;
    kedge__find(&found, table, rows, object);
    b->mistyped += found.mistyped;
    for (size_t i = 0; i < rows; i++) {
        const struct kedge_field *field = &table->fields[i];
        kedge_json_value v = {object.doc, found.at[i]};
        if (found.at[i] < 0 || is_null(v))
            continue;
        bool well = put_field(b, place + field->offset, field, v, depth);
        b->mistyped += !well;
        if (well)
            present |= UINT64_C(1) << i;
    }
    return present;
}

static uint64_t put_record(struct builder *b, const struct kedge_kind *kind,
                           kedge_json_value object, bool partial)
{
    b->arrays = kind->table->size;
    b->mistyped = 0;
    memset(b->shared, 0, sizeof b->shared);
    size_t rows = partial ? KEDGE__IDENTITY : kedge__meta_table.count;
    put_struct(b, 0, &kedge__meta_table, rows, object, 0);
    return partial ? 0 : put_struct(b, 0, kind->table, kind->table->count, object, 0);
}

kedge_err kedge__project(const struct kedge_kind *kind, kedge_json_value object, bool partial,
                         void *buf, size_t cap, size_t *size)
{
    struct builder b;
    b.base = NULL;
    b.texts = 0;
    put_record(&b, kind, object, partial);
    *size = (b.arrays + b.texts + 7) / 8 * 8;
    if (*size > OFFSET_MAX)
        return KEDGE_ERR_TOO_LONG;
    if (buf == NULL)
        return KEDGE_OK;
    if (cap < *size)
        return KEDGE_ERR_FULL;

    memset(buf, 0, *size);
    b.base = (unsigned char *)buf;
    b.texts = b.arrays;
    uint64_t present = put_record(&b, kind, object, partial);
    struct kedge_object *o = (struct kedge_object *)buf;
    o->size = (uint32_t)*size;
    o->kind = kedge_kind_tag(kind);
    o->present = present;
    bool raw = (kind->flags & KEDGE__RAW) != 0;
    o->flags = partial ? KEDGE__RECORD_PARTIAL : raw ? KEDGE__RECORD_RAW : 0;
    o->mistyped = (uint16_t)(b.mistyped < UINT16_MAX ? b.mistyped : UINT16_MAX);
    return KEDGE_OK;
}
