// SPDX-License-Identifier: Apache-2.0
#include "objects.h"

#include <setjmp.h>
#include <stdarg.h>
#include <stdlib.h>

#include <cmocka.h>

#include "object/project.h"

void with_json(kedge_str text, void (*with)(void *ctx, kedge_json_value root), void *ctx)
{
    // The text in a block of exactly its size: ASan sees a step outside.
    char *exact = malloc(text.len > 0 ? text.len : 1);
    size_t count = text.len + 1;
    struct kedge_json_token *tokens = malloc(count * sizeof *tokens);
    memcpy(exact, text.ptr, text.len);
    struct kedge_json doc;
    assert_int_equal(kedge_json_parse(&doc, exact, text.len, tokens, count), KEDGE_OK);
    with(ctx, kedge_json_root(&doc));
    free(tokens);
    free(exact);
}

struct projecting {
    const struct kedge_kind *kind;
    bool partial;
    struct kedge_object *record;
};

static void project(void *ctx, kedge_json_value root)
{
    struct projecting *p = ctx;
    size_t size, again;
    assert_int_equal(kedge__project(p->kind, root, p->partial, NULL, 0, &size), KEDGE_OK);
    p->record = malloc(size);
    memset(p->record, 0xa5, size);
    assert_int_equal(kedge__project(p->kind, root, p->partial, p->record, size, &again), KEDGE_OK);
    assert_int_equal(again, size);
    assert_int_equal(p->record->size, size);
}

struct kedge_object *record_of(const struct kedge_kind *kind, kedge_str json)
{
    struct projecting p = {kind, false, NULL};
    with_json(json, project, &p);
    return p.record;
}

struct kedge_object *partial_of(const struct kedge_kind *kind, kedge_str json)
{
    struct projecting p = {kind, true, NULL};
    with_json(json, project, &p);
    return p.record;
}

uint64_t rows_present(const struct kedge_object *o)
{
    uint64_t bits = 0;
    for (size_t i = 0; i < sizeof o->present; i++)
        bits |= (uint64_t)o->present[i] << (8 * i);
    return bits;
}

static void project_item(void *ctx, kedge_str text)
{
    with_json(text, project, ctx);
}

struct kedge_object *sieved_record_of(const struct kedge_kind *kind, kedge_str json, size_t piece)
{
    struct projecting p = {kind, false, NULL};
    assert_int_equal(sieve_each(KEDGE_SIEVE_OBJECT, kind, json, piece, project_item, &p), 1);
    return p.record;
}

static const struct kedge_field type_field[] = {{"type\0", {NULL}, 0, KEDGE_FIELD_TEXT, 0}};
static const struct kedge_table type_table = {type_field, 1, 0};

size_t sieve_each(enum kedge_sieve_shape shape, const struct kedge_kind *kind, kedge_str body,
                  size_t piece, void (*item)(void *ctx, kedge_str text), void *ctx)
{
    static char item_buf[64 * 1024], envelope_buf[256];
    static struct kedge_sieve sieve;
    struct kedge_sieve_options options = {
        .shape = shape,
        .tables = {&kedge__meta_table, kind->table},
        .identity = KEDGE__IDENTITY,
        .envelope = shape == KEDGE_SIEVE_WATCH ? &type_table : NULL,
        .item_buf = item_buf,
        .item_cap = sizeof item_buf,
        .envelope_buf = envelope_buf,
        .envelope_cap = sizeof envelope_buf,
    };
    size_t items = 0;
    assert_int_equal(kedge_sieve_init(&sieve, &options), KEDGE_OK);
    for (size_t at = 0; at < body.len;) {
        size_t used, len = body.len - at < piece ? body.len - at : piece;
        enum kedge_sieve_event event;
        assert_int_equal(kedge_sieve_feed(&sieve, body.ptr + at, len, &used, &event), KEDGE_OK);
        at += used;
        if (event != KEDGE_SIEVE_ITEM)
            continue;
        assert_false(sieve.overflow);
        items++;
        item(ctx, sieve.item);
    }
    return items;
}
