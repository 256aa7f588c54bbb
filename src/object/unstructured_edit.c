// SPDX-License-Identifier: Apache-2.0
// unstructured_edit.c - an object's text, changed where it lies.
//
// What is put in is measured first, so that nothing has been touched when it does not fit. It is
// always one JSON value that takes the place of some bytes:
//
//     "tags":null        set tags/-      null                 -> ["slow"]
//     {}                 set a/b         {}                   -> {"a":{"b":1}}
//     {"x":1}            set a/b         the last }           -> ,"a":{"b":1}}
//
// The last is the second with a comma for its first bracket.
#include "kedge/writer.h"
#include "object/unstructured.h"

#include "json/path.h"

#include <string.h>

// Containers that one change may make.
#define MADE_MAX 16

enum kind { TEXT, INT64, BOOL, NONE, JSON };

struct value {
    enum kind kind;
    kedge_str text;
    int64_t number;
};

// Where a value goes: `len` bytes at `at`, which are `tokens` tokens, become what `keys` and the
// value make.
struct place {
    const char *keys;
    bool list; // what the first key makes is a list
    bool more; // stands behind others: a comma for its first bracket
    size_t at;
    size_t len;
    size_t tokens;
};

static const char *next_key(const char *key)
{
    return key + strlen(key) + 1;
}

static bool is_end(const char *key)
{
    return strcmp(key, "-") == 0;
}

// Writing ----------------------------------------------------------------------------------------

static void write_value(struct kedge_writer *w, const struct value *v)
{
    switch (v->kind) {
    case TEXT:
        kedge_writer_text_str(w, v->text);
        break;
    case INT64:
        kedge_writer_int64(w, v->number);
        break;
    case BOOL:
        kedge_writer_bool(w, v->number != 0);
        break;
    case NONE:
        kedge_writer_null(w);
        break;
    case JSON:
        kedge_writer_raw(w, v->text);
        break;
    }
}

// Writes the value inside what its keys make. Returns how many tokens that is.
static size_t write_place(struct kedge_writer *w, const struct place *p, const struct value *v)
{
    bool lists[MADE_MAX];
    size_t depth = 0;
    size_t tokens = v->kind == JSON ? kedge__unstructured_tokens(v->text) : 1;
    for (const char *key = p->keys; key[0] != '\0' && depth < MADE_MAX; key = next_key(key)) {
        bool list = depth == 0 ? p->list : is_end(key);
        lists[depth++] = list;
        tokens += list ? 1 : 2;
        if (list) {
            kedge_writer_begin_array(w);
        } else {
            kedge_writer_begin_object(w);
            kedge_writer_key(w, key);
        }
    }
    write_value(w, v);
    while (depth > 0) {
        if (lists[--depth])
            kedge_writer_end_array(w);
        else
            kedge_writer_end_object(w);
    }
    return tokens;
}

static bool are_too_many(const char *keys)
{
    size_t n = 0;
    for (; keys[0] != '\0'; keys = next_key(keys))
        n++;
    return n > MADE_MAX;
}

static kedge_err put(struct kedge_unstructured *u, const struct place *p, const struct value *v)
{
    struct kedge_writer w;
    kedge_str out;
    if (are_too_many(p->keys))
        return KEDGE_ERR_ARGUMENT;
    kedge_writer_init(&w, NULL, 0);
    size_t tokens = (size_t)u->doc.count - p->tokens + write_place(&w, p, v);
    if (kedge_writer_finish(&w, &out) == KEDGE_ERR_ARGUMENT)
        return KEDGE_ERR_ARGUMENT;
    size_t len = u->doc.len - p->len + out.len;
    u->need = len > u->cap ? len : 0;
    u->need_tokens = tokens > u->token_cap ? tokens : 0;
    if (u->need > 0 || u->need_tokens > 0)
        return u->need > 0 ? KEDGE_ERR_TOO_LONG : KEDGE_ERR_FULL;

    size_t behind = p->at + p->len;
    memmove(u->buf + p->at + out.len, u->buf + behind, u->doc.len - behind);
    kedge_writer_init(&w, u->buf + p->at, out.len);
    write_place(&w, p, v);
    if (p->more)
        u->buf[p->at] = ',';
    return kedge__unstructured_take(u, len);
}

// Finding ----------------------------------------------------------------------------------------

static void replace(const struct kedge_unstructured *u, struct place *p, kedge_json_value old)
{
    kedge_str raw = kedge_json_raw(old);
    p->at = (size_t)(raw.ptr - u->buf);
    p->len = raw.len;
    p->tokens = kedge__unstructured_tokens(raw);
    p->list = is_end(p->keys);
}

static void grow(const struct kedge_unstructured *u, struct place *p, kedge_json_value container)
{
    kedge_str raw = kedge_json_raw(container);
    p->at = (size_t)(raw.ptr - u->buf);
    p->len = raw.len;
    p->tokens = 1;
    p->list = kedge_json_type(container) == KEDGE_JSON_ARRAY;
    p->more = kedge_json_count(container) > 0;
    if (p->more) {
        p->at += raw.len - 1;
        p->len = 1;
    }
}

static kedge_err find(const struct kedge_unstructured *u, const char *path, struct place *p)
{
    kedge_json_value v = kedge_json_root(&u->doc);
    memset(p, 0, sizeof *p);
    for (p->keys = path; p->keys[0] != '\0'; p->keys = next_key(p->keys)) {
        enum kedge_json_type type = kedge_json_type(v);
        if (type == KEDGE_JSON_NULL)
            break;
        if (type != KEDGE_JSON_OBJECT && type != KEDGE_JSON_ARRAY)
            return KEDGE_ERR_NOT_FOUND;
        kedge_json_value next = kedge__path_step(v, p->keys);
        if (next.at < 0 && type == KEDGE_JSON_ARRAY && !is_end(p->keys))
            return KEDGE_ERR_NOT_FOUND;
        if (next.at < 0) {
            grow(u, p, v);
            return KEDGE_OK;
        }
        v = next;
    }
    replace(u, p, v);
    return KEDGE_OK;
}

// Setting ----------------------------------------------------------------------------------------

static bool is_inside(const struct kedge_unstructured *u, kedge_str text)
{
    uintptr_t from = (uintptr_t)u->buf;
    uintptr_t at = (uintptr_t)text.ptr;
    return text.len > 0 && at < from + u->cap && from < at + text.len;
}

static kedge_err check(const struct kedge_unstructured *u, const char *path)
{
    if (path == NULL || path[0] == '\0' || u->partial)
        return KEDGE_ERR_ARGUMENT;
    return u->doc.count > 0 ? KEDGE_OK : KEDGE_ERR_STATE;
}

// Whether the text is JSON, by the room's own tokens, which are the object's again afterwards.
static kedge_err check_json(struct kedge_unstructured *u, kedge_str json)
{
    struct kedge_json doc;
    kedge_err err = kedge_json_parse(&doc, json.ptr, json.len, u->tokens, u->token_cap);
    (void)kedge__unstructured_take(u, u->doc.len); // goes as well as it went before
    if (err == KEDGE_ERR_FULL)
        u->need_tokens = (size_t)u->doc.count + kedge__unstructured_tokens(json);
    return err == KEDGE_OK || err == KEDGE_ERR_FULL ? err : KEDGE_ERR_ARGUMENT;
}

static kedge_err set(struct kedge_unstructured *u, const char *path, struct value v)
{
    struct place p;
    if (u == NULL)
        return KEDGE_ERR_ARGUMENT;
    kedge_err err = check(u, path);
    if (err == KEDGE_OK && is_inside(u, v.text))
        err = KEDGE_ERR_ARGUMENT;
    if (err == KEDGE_OK && v.kind == JSON)
        err = check_json(u, v.text);
    if (err == KEDGE_OK)
        err = find(u, path, &p);
    if (err == KEDGE_OK)
        err = put(u, &p, &v);
    return err == KEDGE_OK ? KEDGE_OK : kedge__unstructured_fail(u, err);
}

kedge_err kedge_unstructured_set_text(struct kedge_unstructured *u, const char *path,
                                      const char *text)
{
    return set(u, path, (struct value){.kind = TEXT, .text = kedge_str_of(text)});
}

kedge_err kedge_unstructured_set_text_str(struct kedge_unstructured *u, const char *path,
                                          kedge_str text)
{
    return set(u, path, (struct value){.kind = TEXT, .text = text});
}

kedge_err kedge_unstructured_set_int64(struct kedge_unstructured *u, const char *path, int64_t n)
{
    return set(u, path, (struct value){.kind = INT64, .number = n});
}

kedge_err kedge_unstructured_set_bool(struct kedge_unstructured *u, const char *path, bool truth)
{
    return set(u, path, (struct value){.kind = BOOL, .number = truth});
}

kedge_err kedge_unstructured_set_null(struct kedge_unstructured *u, const char *path)
{
    return set(u, path, (struct value){.kind = NONE});
}

kedge_err kedge_unstructured_set_json(struct kedge_unstructured *u, const char *path,
                                      kedge_str json)
{
    return set(u, path, (struct value){.kind = JSON, .text = json});
}

// Removing ---------------------------------------------------------------------------------------

// Where a member or element begins: a member with its key's quote.
static const char *begin_of(kedge_json_value v, bool member)
{
    return member ? kedge_json_raw_key(v).ptr - 1 : kedge_json_raw(v).ptr;
}

// Takes `v` out of its container, and one comma with it.
static void cut(struct kedge_unstructured *u, kedge_json_value container, kedge_json_value v)
{
    bool member = kedge_json_type(container) == KEDGE_JSON_OBJECT;
    kedge_json_value before = {v.doc, -1};
    kedge_json_value next = kedge_json_next(v);
    for (kedge_json_value e = kedge_json_first(container); e.at != v.at; e = kedge_json_next(e))
        before = e;
    kedge_str raw = kedge_json_raw(v);
    const char *from = begin_of(v, member);
    const char *to = raw.ptr + raw.len;
    if (next.at >= 0) {
        to = begin_of(next, member);
    } else if (before.at >= 0) {
        raw = kedge_json_raw(before);
        from = raw.ptr + raw.len;
    }
    size_t left = u->doc.len - (size_t)(to - u->buf);
    size_t at = (size_t)(from - u->buf);
    memmove(u->buf + at, to, left);
    (void)kedge__unstructured_take(u, at + left); // has only lost some
}

// The value at the path, and what it lies in.
static kedge_json_value find_in(const struct kedge_unstructured *u, const char *path,
                                kedge_json_value *container)
{
    kedge_json_value v = kedge_json_root(&u->doc);
    for (const char *key = path; key[0] != '\0' && v.at >= 0; key = next_key(key)) {
        *container = v;
        v = kedge__path_step(v, key);
    }
    return v;
}

kedge_err kedge_unstructured_remove(struct kedge_unstructured *u, const char *path)
{
    if (u == NULL)
        return KEDGE_ERR_ARGUMENT;
    kedge_err err = check(u, path);
    if (err != KEDGE_OK)
        return kedge__unstructured_fail(u, err);
    kedge_json_value container = {NULL, -1};
    kedge_json_value v = find_in(u, path, &container);
    bool member = kedge_json_type(container) == KEDGE_JSON_OBJECT;
    // A key may be there twice; each turn takes one away.
    for (bool more = v.at >= 0; more;) {
        cut(u, container, v);
        v = find_in(u, path, &container);
        more = member && v.at >= 0;
    }
    return KEDGE_OK;
}

// A new object -----------------------------------------------------------------------------------

static void text_member(struct kedge_writer *w, const char *key, const char *text)
{
    if (text == NULL)
        return;
    kedge_writer_key(w, key);
    kedge_writer_text(w, text);
}

kedge_err kedge_unstructured_new(struct kedge_unstructured *u, const char *api_version,
                                 const char *kind, const char *namespace_, const char *name)
{
    struct kedge_writer w;
    kedge_str out;
    if (u == NULL)
        return KEDGE_ERR_ARGUMENT;
    kedge__unstructured_clear(u);
    if (api_version == NULL || kind == NULL)
        return kedge__unstructured_fail(u, KEDGE_ERR_ARGUMENT);
    kedge_writer_init(&w, u->buf, u->cap);
    kedge_writer_begin_object(&w);
    text_member(&w, "apiVersion", api_version);
    text_member(&w, "kind", kind);
    kedge_writer_key(&w, "metadata");
    kedge_writer_begin_object(&w);
    text_member(&w, "name", name);
    text_member(&w, "namespace", namespace_);
    kedge_writer_end_object(&w);
    kedge_writer_end_object(&w);
    kedge_err err = kedge_writer_finish(&w, &out);
    if (err == KEDGE_OK)
        return kedge__unstructured_take(u, out.len);
    u->need = out.len;
    return kedge__unstructured_fail(u, err);
}
