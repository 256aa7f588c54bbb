// SPDX-License-Identifier: Apache-2.0
#include "weight.h"

#include <setjmp.h>
#include <stdarg.h>
#include <string.h>

#include <cmocka.h>

#include "object/heap.h"
#include "object/project.h"
#include "object/words.h"

const char weighed_pod[] =
    "{\"metadata\":{\"name\":\"checkout-6d5f8c7b9d-00042\",\"namespace\":\"payments\","
    "\"uid\":\"0b9ea6b4-0d5d-4f4e-8f0a-6c2d1c5b7a90\",\"resourceVersion\":\"1042\","
    "\"creationTimestamp\":\"2026-01-01T00:00:00Z\",\"labels\":{"
    "\"app.kubernetes.io/instance\":\"checkout\",\"app.kubernetes.io/name\":\"checkout\","
    "\"app.kubernetes.io/version\":\"1.4.2\",\"pod-template-hash\":\"6d5f8c7b9d\","
    "\"tier\":\"web\"},\"ownerReferences\":[{\"apiVersion\":\"apps/v1\",\"kind\":\"ReplicaSet\","
    "\"name\":\"checkout-6d5f8c7b9d\",\"uid\":\"7d3c6f5e-6f0a-4b57-9d2f-0c3f2a1b4c5d\","
    "\"controller\":true}]},\"spec\":{\"nodeName\":\"edge-0002\",\"restartPolicy\":\"Always\","
    "\"serviceAccountName\":\"default\",\"containers\":["
    "{\"name\":\"app\",\"image\":\"registry.example.com/checkout:1.4.2\"},"
    "{\"name\":\"proxy\",\"image\":\"registry.example.com/proxy:2.0\"}]},"
    "\"status\":{\"phase\":\"Running\",\"podIP\":\"10.42.1.7\",\"hostIP\":\"192.0.2.9\","
    "\"startTime\":\"2026-01-01T00:00:00Z\",\"conditions\":["
    "{\"type\":\"Ready\",\"status\":\"True\"},{\"type\":\"ContainersReady\",\"status\":\"True\"},"
    "{\"type\":\"Initialized\",\"status\":\"True\"},{\"type\":\"PodScheduled\",\"status\":\"True\"}"
    "],\"containerStatuses\":[{\"name\":\"app\",\"ready\":true,\"restartCount\":0,"
    "\"image\":\"registry.example.com/checkout:1.4.2\",\"state\":{\"running\":{"
    "\"startedAt\":\"2026-01-01T00:00:01Z\"}}},{\"name\":\"proxy\",\"ready\":true,"
    "\"restartCount\":1,\"image\":\"registry.example.com/proxy:2.0\",\"state\":{\"running\":{"
    "\"startedAt\":\"2026-01-01T00:00:02Z\"}}}]}}";

enum { PLACES = 1024, HEADER = 8 };

struct weighing {
    struct weight *w;
    size_t *texts;   // where bytes of texts are counted
    size_t *members; // ... and of members
    struct place {
        const char *end;
        size_t bytes;
    } places[PLACES];
    size_t count;
    const char *end;                 // of what lies behind the arrays
    const struct kedge_field *field; // whose texts these are
    void (*text)(void *ctx, const struct kedge_field *field, kedge_str text, size_t bytes);
    void *ctx;
};

// The bytes of a place that were not counted yet: a text may lead to the end of another one.
static size_t new_bytes(struct weighing *g, const char *end, size_t bytes)
{
    size_t i = 0;
    while (i < g->count && g->places[i].end != end)
        i++;
    size_t before = i < g->count ? g->places[i].bytes : 0;
    if (bytes <= before)
        return 0;
    assert_true(i < PLACES);
    g->places[i].end = end;
    g->places[i].bytes = bytes;
    g->count += i == g->count;
    g->end = end > g->end ? end : g->end;
    return bytes - before;
}

static void text_at(struct weighing *g, kedge_offset offset, kedge_str s, size_t *sum)
{
    size_t bytes = 0;
    if (offset >= KEDGE__FIRST_WORD)
        g->w->words++;
    else if (offset != 0)
        bytes = new_bytes(g, s.ptr + s.len + 1, kedge__text_bytes(s));
    *sum += bytes;
    if (bytes > 0 && g->text != NULL)
        g->text(g->ctx, g->field, s, bytes);
}

static void weigh_text(struct weighing *g, const struct kedge_text *t, size_t *sum)
{
    text_at(g, t->offset, kedge_text_str(t), sum);
}

static void structs(struct weighing *g, const struct kedge_table *table, const unsigned char *base);

static void list(struct weighing *g, const struct kedge_field *field, const void *member)
{
    const void *element;
    size_t *members = g->members;
    g->members = &g->w->elements;
    *members += sizeof(struct kedge_list);
    for (size_t i = 0; (element = kedge_list_at(member, i, field->items->size)) != NULL; i++)
        structs(g, field->items, element);
    g->members = members;
}

static void text_list(struct weighing *g, const void *member)
{
    const struct kedge_text *t;
    *g->members += sizeof(struct kedge_text_list);
    for (size_t i = 0; (t = kedge_text_at(member, i)) != NULL; i++) {
        g->w->elements += sizeof *t;
        weigh_text(g, t, g->texts);
    }
}

static void map(struct weighing *g, const void *member)
{
    const struct kedge_text_pair *pair;
    *g->members += sizeof(struct kedge_text_map);
    for (size_t i = 0; (pair = kedge_pair_at(member, i)) != NULL; i++) {
        g->w->pairs += sizeof *pair;
        weigh_text(g, &pair->key, g->texts);
        weigh_text(g, &pair->value, g->texts);
    }
}

// One that is a text begins with its offset.
static void uid(struct weighing *g, const struct kedge_uid *u)
{
    kedge_offset offset;
    memcpy(&offset, u, sizeof offset);
    g->w->uids += sizeof *u;
    if ((u->bytes[8] & 0x80) == 0)
        text_at(g, offset, kedge__uid_plain(u), &g->w->uids);
}

static void quantity(struct weighing *g, const struct kedge_quantity *q)
{
    unsigned char bytes[KEDGE__QUANTITY_BYTES];
    uint32_t code;
    g->w->quantities += sizeof *q;
    if (q->offset != 0 && q->offset < KEDGE__FIRST_WORD)
        g->w->quantities += kedge__quantity_pack(kedge_quantity(q), bytes, &code);
}

static void member(struct weighing *g, const struct kedge_field *field, const void *at)
{
    switch ((enum kedge_field_type)field->type) {
    case KEDGE_FIELD_UID:
        uid(g, at);
        break;
    case KEDGE_FIELD_TEXT:
    case KEDGE_FIELD_RAW:
    case KEDGE_FIELD_SCALAR:
    case KEDGE_FIELD_BASE64:
        *g->members += sizeof(struct kedge_text);
        weigh_text(g, at, g->texts);
        break;
    case KEDGE_FIELD_BOOL:
    case KEDGE_FIELD_ENUM:
        *g->members += 1;
        break;
    case KEDGE_FIELD_INT32:
        *g->members += sizeof(int32_t);
        break;
    case KEDGE_FIELD_INT64:
        *g->members += sizeof(int64_t);
        break;
    case KEDGE_FIELD_TIME:
        g->w->times += sizeof(struct kedge_date);
        break;
    case KEDGE_FIELD_MICRO_TIME:
        g->w->times += sizeof(kedge_timestamp);
        break;
    case KEDGE_FIELD_QUANTITY:
        quantity(g, at);
        break;
    case KEDGE_FIELD_TEXT_LIST:
        text_list(g, at);
        break;
    case KEDGE_FIELD_TEXT_MAP:
    case KEDGE_FIELD_BASE64_MAP:
        map(g, at);
        break;
    case KEDGE_FIELD_LIST:
        list(g, field, at);
        break;
    case KEDGE_FIELD_DROP:
    case KEDGE_FIELD_SIEVED:
        break;
    }
}

static void structs(struct weighing *g, const struct kedge_table *table, const unsigned char *base)
{
    for (size_t i = 0; i < table->count; i++) {
        g->field = &table->fields[i];
        member(g, g->field, base + table->fields[i].offset);
    }
}

// Whose texts a row of metadata has.
static size_t *texts_of(struct weight *w, const char *path)
{
    const char *key = path + strlen(path) + 1;
    if (strcmp(key, "labels") == 0)
        return &w->labels;
    return strcmp(key, "ownerReferences") == 0 ? &w->owners : &w->identity;
}

void weigh(struct weight *w, const struct kedge_kind *kind, const struct kedge_object *o,
           void (*text)(void *ctx, const struct kedge_field *field, kedge_str text, size_t bytes),
           void *ctx)
{
    static struct weighing g;
    const unsigned char *base = (const unsigned char *)o;
    memset(w, 0, sizeof *w);
    memset(&g, 0, sizeof g);
    g.w = w;
    g.text = text;
    g.ctx = ctx;
    g.members = &w->head;
    for (size_t i = 0; i < kedge__meta_table.count; i++) {
        const struct kedge_field *field = &kedge__meta_table.fields[i];
        g.texts = texts_of(w, field->path);
        g.field = field;
        member(&g, field, base + field->offset);
    }
    w->head +=
        sizeof o->size + sizeof o->kind + sizeof o->present + sizeof o->flags + sizeof o->mistyped;
    g.members = &w->members;
    g.texts = &w->texts;
    structs(&g, kind->table, base);
    w->slot = sizeof(struct kedge__slot);
    w->header = HEADER;
    size_t used = weight_sum(w) - w->slot - w->header;
    assert_true(used <= o->size);
    w->padding = o->size - used;
    w->tail = g.end != NULL ? o->size - (size_t)(g.end - (const char *)o) : 0;
}

size_t weight_sum(const struct weight *w)
{
    return w->slot + w->header + w->head + w->members + w->elements + w->pairs + w->uids +
           w->times + w->quantities + w->identity + w->labels + w->owners + w->texts + w->padding;
}

void weight_add(struct weight *sum, const struct weight *w)
{
    size_t *to = (size_t *)sum;
    const size_t *from = (const size_t *)w;
    for (size_t i = 0; i < sizeof *sum / sizeof *to; i++)
        to[i] += from[i];
}
