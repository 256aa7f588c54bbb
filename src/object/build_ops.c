// SPDX-License-Identifier: Apache-2.0
// build_ops.c - JSON patches: each value is one operation more.
#include "object/build_priv.h"

#include "base/line.h"

// A pointer's bytes: an annotation's key may have 317, and "~1" for its slash.
#define POINTER 448

// "~" and "/" in a key are "~0" and "~1" (RFC 6901).
static void add_key(struct kedge__line *l, const char *key)
{
    kedge__line_byte(l, '/');
    for (; *key != '\0'; key++) {
        if (*key == '~' || *key == '/')
            kedge__line_text(l, *key == '~' ? "~0" : "~1");
        else
            kedge__line_byte(l, *key);
    }
}

static void add_path(struct kedge__line *l, const struct kedge__place *p)
{
    const char *next = p->path;
    const char *key;
    while ((key = kedge__build_key(p, &next)) != NULL)
        add_key(l, key);
}

// From the object through the items to the field.
static void write_pointer(struct kedge__line *l, const struct kedge_build *b,
                          const struct kedge__place *p)
{
    for (size_t i = 1; i <= p->scope; i++) {
        struct kedge__place list = {0, b->scopes[i].path, NULL, false};
        add_path(l, &list);
        kedge__line_byte(l, '/');
        kedge__line_number(l, b->scopes[i].at);
    }
    add_path(l, p);
    kedge__line_text(l, p->append ? "/-" : "");
}

static void text_member(struct kedge_writer *w, const char *key, kedge_str text)
{
    kedge_writer_key(w, key);
    kedge_writer_text_str(w, text);
}

// `v` NULL: the operation has no value. Gives where the operation ends, 0 if it could not be put.
static size_t put_operation(struct kedge_build *b, const char *op, const struct kedge__place *p,
                            const struct kedge__value *v)
{
    char pointer[POINTER];
    struct kedge__line l;
    struct kedge_writer w;
    kedge_str fragment;
    kedge__line_init(&l, pointer, sizeof pointer);
    write_pointer(&l, b, p);
    if (l.cut) {
        kedge__build_fail(b, KEDGE_ERR_TOO_LONG, p, "the path is too long for a JSON patch");
        return 0;
    }
    bool first = b->len == 2;
    kedge_writer_init(&w, b->buf + b->len, b->cap - b->len);
    kedge_writer_begin_array(&w);
    kedge_writer_begin_object(&w);
    text_member(&w, "op", kedge_str_of(op));
    text_member(&w, "path", kedge__line_done(&l));
    if (v != NULL) {
        kedge_writer_key(&w, "value");
        v->write(&w, v);
    }
    kedge_writer_end_object(&w);
    kedge_writer_end_array(&w);
    if (kedge_writer_finish(&w, &fragment) != KEDGE_OK) {
        kedge__build_fail_writer(b, &w, p);
        return 0;
    }
    size_t end = b->len + fragment.len - 1;
    b->buf[b->len] = ',';
    kedge__build_insert(b, b->len - 1, b->len + (first ? 1 : 0), end);
    return b->len - 1;
}

static size_t put_value(struct kedge_build *b, const struct kedge__place *p,
                        const struct kedge__value *v)
{
    static const char *const ops[] = {"add", "replace", "test"};
    // An element can only be added behind the last.
    return put_operation(b, p->append ? ops[KEDGE_OP_ADD] : ops[b->op], p, v);
}

static bool is_json_patch(struct kedge_build *b)
{
    if (b->err == KEDGE_OK && b->put != put_value)
        kedge__build_fail(b, KEDGE_ERR_ARGUMENT, NULL, "only in a kedge_build_json_patch");
    return b->err == KEDGE_OK;
}

void kedge_build_json_patch(struct kedge_build *b, const struct kedge_kind *kind, char *buf,
                            size_t cap)
{
    kedge__build_init(b, kind, buf, cap);
    if (b->err != KEDGE_OK)
        return;
    b->put = put_value;
    memcpy(b->buf, "[]", 2);
    b->len = 2;
}

void kedge_build_op(struct kedge_build *b, enum kedge_op op)
{
    if (!is_json_patch(b))
        return;
    if ((unsigned)op > KEDGE_OP_TEST)
        kedge__build_fail(b, KEDGE_ERR_ARGUMENT, NULL, "there is no such operation");
    else
        b->op = (uint8_t)op;
}

static void remove_at(struct kedge_build *b, kedge_member m, bool entry, const char *key)
{
    struct kedge__place place;
    const struct kedge_field *row;
    uint32_t types = entry ? KEDGE__TYPE(TEXT_MAP) | KEDGE__TYPE(BASE64_MAP) : ~UINT32_C(0);
    if (!is_json_patch(b) || !kedge__build_find(b, m, types, &place, &row))
        return;
    place.key = key;
    if (entry && (key == NULL || key[0] == '\0'))
        kedge__build_fail(b, KEDGE_ERR_ARGUMENT, &place, "the entry has no key");
    else
        put_operation(b, "remove", &place, NULL);
}

void kedge_build_remove(struct kedge_build *b, kedge_member m)
{
    remove_at(b, m, false, NULL);
}

void kedge_build_remove_entry(struct kedge_build *b, kedge_member m, const char *key)
{
    remove_at(b, m, true, key);
}

void kedge_build_item_at(struct kedge_build *b, kedge_member m, size_t index)
{
    struct kedge__place place;
    const struct kedge_field *row;
    if (!is_json_patch(b) || !kedge__build_find(b, m, KEDGE__TYPE(LIST), &place, &row))
        return;
    if (row == NULL || place.scope == KEDGE_BUILD_LISTS) {
        kedge__build_fail(b, KEDGE_ERR_ARGUMENT, &place, "no LIST of a table, or too deep");
        return;
    }
    b->depth = (uint8_t)(place.scope + 1);
    b->scopes[b->depth].table = row->items;
    b->scopes[b->depth].path = row->path;
    b->scopes[b->depth].at = index;
}

void kedge_build_remove_item(struct kedge_build *b, kedge_member m, size_t index)
{
    kedge_build_item_at(b, m, index);
    if (b->err != KEDGE_OK)
        return;
    struct kedge__place item = {b->depth, "", NULL, false};
    put_operation(b, "remove", &item, NULL);
    b->depth--;
}
