// SPDX-License-Identifier: Apache-2.0
// dynamic_informer.c - kinds that are made when the program runs: one row, the whole object; or
// none.
#include "kedge/dynamic_informer.h"

#include "cache/informer_priv.h"
#include "net/escape.h"

struct raw_object {
    struct kedge_object object;
    struct kedge_text json;
};

static const struct kedge_field raw_rows[] = {
    {"\0", {NULL}, offsetof(struct raw_object, json), KEDGE_FIELD_RAW, 0},
    {"metadata\0managedFields\0", {NULL}, 0, KEDGE_FIELD_DROP, 0},
};
static const struct kedge_table raw_table = {raw_rows, 2, sizeof(struct raw_object)};

static const struct kedge_table metadata_table = {NULL, 0, sizeof(struct kedge_object)};

static bool same_resource(const struct kedge_kind *kind, const struct kedge_gvr *gvr)
{
    const char *group = gvr->group != NULL ? gvr->group : "";
    return strcmp(kind->group, group) == 0 && strcmp(kind->version, gvr->version) == 0 &&
           strcmp(kind->resource, gvr->resource) == 0;
}

// The kind of an earlier call for the same resource, so that the factory finds its informer.
static const struct kedge_kind *known_kind(const struct kedge_factory *f,
                                           const struct kedge_table *table,
                                           const struct kedge_gvr *gvr)
{
    for (const struct kedge_informer *inf = f->informers; inf != NULL; inf = inf->next) {
        if (inf->kind->table == table && same_resource(inf->kind, gvr))
            return inf->kind;
    }
    return NULL;
}

static bool segment_is_sound(struct kedge *k, const char *what, const char *text)
{
    const char *problem =
        text != NULL ? kedge__url_segment_problem(kedge_str_of(text)) : "is missing";
    if (problem == NULL)
        return true;
    struct kedge__line *l = kedge__fail(k, KEDGE_ERR_ARGUMENT);
    kedge__line_text(l, what);
    kedge__line_text(l, " of a dynamic informer ");
    kedge__line_text(l, problem);
    return false;
}

static const char *copy_text(struct kedge *k, const char *text)
{
    return kedge__take_text(k, "informer", kedge_str_of(text));
}

struct run_time_kind {
    struct kedge_kind kind;
    uint32_t tag;
};

static const struct kedge_kind *make_kind(struct kedge *k, const struct kedge_gvr *gvr,
                                          const struct kedge_table *table, uint32_t flags)
{
    const char *group = gvr->group != NULL ? gvr->group : "";
    if ((group[0] != '\0' && !segment_is_sound(k, "the group", group)) ||
        !segment_is_sound(k, "the version", gvr->version) ||
        !segment_is_sound(k, "the resource", gvr->resource))
        return NULL;
    struct run_time_kind *made = KEDGE__NEW(k, "informer", struct run_time_kind, 1);
    const char *texts[] = {copy_text(k, group), copy_text(k, gvr->version),
                           copy_text(k, gvr->resource)};
    if (k->failure != KEDGE_OK)
        return NULL;
    if (group[0] == '\0' && strcmp(gvr->resource, "secrets") == 0)
        flags |= KEDGE_SECRET;
    // Nobody has said whether it has namespaces, so it may have: a namespace is what is asked for.
    flags |= KEDGE_NAMESPACED;
    made->kind = (struct kedge_kind){texts[0], texts[1], texts[2], "", flags, table, &made->tag};
    return &made->kind;
}

static struct kedge_informer *informer_of(struct kedge_factory *f, const struct kedge_gvr *gvr,
                                          const struct kedge_table *table, uint32_t flags,
                                          const struct kedge_informer_options *options)
{
    if (f == NULL || gvr == NULL || f->k->failure != KEDGE_OK)
        return NULL;
    struct kedge *k = f->k;
    const struct kedge_kind *kind = NULL;
    struct kedge_informer *inf = NULL;
    if (gvr->version != NULL && gvr->resource != NULL)
        kind = known_kind(f, table, gvr);
    size_t before = kedge__mark(k);
    if (kind == NULL)
        kind = make_kind(k, gvr, table, flags);
    size_t after = kedge__mark(k);
    if (kind != NULL)
        inf = kedge_factory_informer_with(f, kind, options);
    if (inf != NULL || !(f->started || f->shut_down))
        return inf;
    // A program that runs already gets an answer, runs on, and loses nothing by the question.
    if (kedge__mark(k) == after && after > before)
        kedge__give_back(k, "informer", before);
    k->failure = KEDGE_OK;
    return NULL;
}

struct kedge_informer *kedge_factory_dynamic_informer(struct kedge_factory *f,
                                                      const struct kedge_gvr *gvr,
                                                      const struct kedge_informer_options *options)
{
    return informer_of(f, gvr, &raw_table, KEDGE__RAW, options);
}

struct kedge_informer *kedge_factory_metadata_informer(struct kedge_factory *f,
                                                       const struct kedge_gvr *gvr,
                                                       const struct kedge_informer_options *options)
{
    return informer_of(f, gvr, &metadata_table, KEDGE_METADATA_ONLY, options);
}

kedge_str kedge_raw_json(const struct kedge_object *obj)
{
    kedge_str none = {NULL, 0};
    if (obj == NULL || (obj->flags & KEDGE__RECORD_RAW) == 0)
        return none;
    const struct raw_object *raw = (const struct raw_object *)(const void *)obj;
    return kedge_text_str(&raw->json);
}

kedge_err kedge_raw_parse(const struct kedge_object *obj, struct kedge_json *doc,
                          struct kedge_json_token *tokens, size_t count)
{
    if (doc == NULL || tokens == NULL)
        return KEDGE_ERR_ARGUMENT;
    kedge_str json = kedge_raw_json(obj);
    if (json.len == 0)
        return KEDGE_ERR_NOT_FOUND;
    return kedge_json_parse(doc, json.ptr, json.len, tokens, count);
}
