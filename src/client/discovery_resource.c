// SPDX-License-Identifier: Apache-2.0
// discovery_resource.c - a struct kedge_api_resource out of either form, in the room that a
// kedge_rest has for records.
#include "client/discovery_priv.h"

static const struct kedge_field subresource_rows[] = {
    {.path = "subresource\0", .type = KEDGE_FIELD_TEXT},
    {.path = "responseKind\0", .type = KEDGE_FIELD_RAW},
    {.path = "verbs\0", .type = KEDGE_FIELD_TEXT_LIST},
};
static const struct kedge_table subresource_table = {subresource_rows, 3, 0};

static const struct kedge_field resource_rows[] = {
    {.path = "resource\0", .type = KEDGE_FIELD_TEXT},
    {.path = "scope\0", .type = KEDGE_FIELD_TEXT},
    {.path = "singularResource\0", .type = KEDGE_FIELD_TEXT},
    {.path = "responseKind\0", .type = KEDGE_FIELD_RAW},
    {.path = "verbs\0", .type = KEDGE_FIELD_TEXT_LIST},
    {.path = "shortNames\0", .type = KEDGE_FIELD_TEXT_LIST},
    {.path = "categories\0", .type = KEDGE_FIELD_TEXT_LIST},
    {.path = "subresources\0", .type = KEDGE_FIELD_LIST, .items = &subresource_table},
};
const struct kedge_table kedge__api_resource_table = {resource_rows, 8, 0};

static const struct kedge_field old_rows[] = {
    {.path = "name\0", .type = KEDGE_FIELD_TEXT},
    {.path = "singularName\0", .type = KEDGE_FIELD_TEXT},
    {.path = "namespaced\0", .type = KEDGE_FIELD_BOOL},
    {.path = "group\0", .type = KEDGE_FIELD_TEXT},
    {.path = "version\0", .type = KEDGE_FIELD_TEXT},
    {.path = "kind\0", .type = KEDGE_FIELD_TEXT},
    {.path = "verbs\0", .type = KEDGE_FIELD_TEXT_LIST},
    {.path = "shortNames\0", .type = KEDGE_FIELD_TEXT_LIST},
    {.path = "categories\0", .type = KEDGE_FIELD_TEXT_LIST},
};
const struct kedge_table kedge__old_api_resource_table = {old_rows, 9, 0};

// Room from both ends: pointers below, so that they stay aligned, texts above.
struct shelf {
    unsigned char *low;
    unsigned char *high;
    bool full;
};

static const char *put_text(struct shelf *s, kedge_json_value v)
{
    size_t len = kedge_json_text(v, NULL, 0);
    if (len == 0)
        return "";
    if (len >= (size_t)(s->high - s->low)) {
        s->full = true;
        return "";
    }
    s->high -= len + 1;
    s->high[kedge_json_text(v, (char *)s->high, len)] = '\0';
    return (const char *)s->high;
}

static const char *const *put_texts(struct shelf *s, kedge_json_value list)
{
    static const char *const none[] = {NULL};
    size_t n = kedge_json_type(list) == KEDGE_JSON_ARRAY ? kedge_json_count(list) : 0;
    const char **texts = (const char **)(void *)s->low;
    size_t at = 0;
    if (n == 0)
        return none;
    if ((n + 1) * sizeof *texts > (size_t)(s->high - s->low)) {
        s->full = true;
        return none;
    }
    s->low += (n + 1) * sizeof *texts;
    for (kedge_json_value v = kedge_json_first(list); v.at >= 0; v = kedge_json_next(v))
        texts[at++] = put_text(s, v);
    texts[at] = NULL;
    return texts;
}

// Where the kind's own group and version are not named, they are those it is served in. False:
// there is no kind.
static bool put_kind(struct shelf *s, struct kedge_api_resource *r, kedge_json_value kind)
{
    r->kind_group = put_text(s, kedge_json_get(kind, "group"));
    r->kind_version = put_text(s, kedge_json_get(kind, "version"));
    r->kind = put_text(s, kedge_json_get(kind, "kind"));
    if (r->kind_group[0] != '\0' || r->kind_version[0] != '\0')
        return true;
    r->kind_group = r->group;
    r->kind_version = r->version;
    return r->kind[0] != '\0';
}

static kedge_err tell_subresources(const struct shelf *whole, const struct kedge_api_resource *of,
                                   kedge_json_value list, kedge_on_api_resource tell, void *ctx)
{
    kedge_err err = KEDGE_OK;
    struct shelf nothing = *whole;
    for (kedge_json_value v = kedge_json_first(list); v.at >= 0 && err == KEDGE_OK;
         v = kedge_json_next(v)) {
        struct shelf s = *whole;
        struct kedge_api_resource r = *of;
        r.short_names = r.categories = put_texts(&nothing, (kedge_json_value){NULL, -1});
        r.subresource = put_text(&s, kedge_json_get(v, "subresource"));
        r.verbs = put_texts(&s, kedge_json_get(v, "verbs"));
        bool has_kind = put_kind(&s, &r, kedge_json_get(v, "responseKind"));
        if (s.full)
            return KEDGE_ERR_TOO_LONG;
        if (has_kind)
            err = tell(ctx, &r);
    }
    return err;
}

static kedge_err tell_new(struct shelf *s, struct kedge_api_resource *r, kedge_json_value v,
                          kedge_on_api_resource tell, void *ctx)
{
    r->resource = put_text(s, kedge_json_get(v, "resource"));
    r->singular = put_text(s, kedge_json_get(v, "singularResource"));
    r->namespaced = kedge_json_text_is(kedge_json_get(v, "scope"), KEDGE_STR("Namespaced"));
    bool has_kind = put_kind(s, r, kedge_json_get(v, "responseKind"));
    if (s->full)
        return KEDGE_ERR_TOO_LONG;
    kedge_err err = has_kind ? tell(ctx, r) : KEDGE_OK;
    if (err != KEDGE_OK)
        return err;
    return tell_subresources(s, r, kedge_json_get(v, "subresources"), tell, ctx);
}

static kedge_err tell_old(struct shelf *s, struct kedge_api_resource *r, kedge_json_value v,
                          kedge_on_api_resource tell, void *ctx)
{
    r->resource = put_text(s, kedge_json_get(v, "name"));
    r->singular = put_text(s, kedge_json_get(v, "singularName"));
    kedge_json_bool(kedge_json_get(v, "namespaced"), &r->namespaced);
    (void)put_kind(s, r, v);
    if (s->full)
        return KEDGE_ERR_TOO_LONG;
    char *slash = strchr(r->resource, '/');
    if (slash != NULL) {
        *slash = '\0'; // in our own room
        r->subresource = slash + 1;
    }
    return tell(ctx, r);
}

kedge_err kedge__discovery_tell(struct kedge_discovery *d, kedge_on_api_resource tell, void *ctx)
{
    struct kedge_rest *rest = d->rest;
    struct shelf s = {rest->record, rest->record + rest->options.object_max, false};
    struct kedge_api_resource r = {.group = d->group, .version = d->version};
    struct kedge_json doc;
    if (rest->sieve.overflow || kedge__rest_parse(rest, &doc) != KEDGE_OK)
        return KEDGE_ERR_TOO_LONG;
    kedge_json_value v = kedge_json_root(&doc);
    r.preferred = d->single ? d->preferred : d->fresh == 0;
    r.verbs = put_texts(&s, kedge_json_get(v, "verbs"));
    r.short_names = put_texts(&s, kedge_json_get(v, "shortNames"));
    r.categories = put_texts(&s, kedge_json_get(v, "categories"));
    return d->single ? tell_old(&s, &r, v, tell, ctx) : tell_new(&s, &r, v, tell, ctx);
}

bool kedge_api_resource_can(const struct kedge_api_resource *r, enum kedge_verb verb)
{
    static const char *const names[] = {
        [KEDGE_GET] = "get",
        [KEDGE_LIST] = "list",
        [KEDGE_WATCH] = "watch",
        [KEDGE_CREATE] = "create",
        [KEDGE_UPDATE] = "update",
        [KEDGE_PATCH] = "patch",
        [KEDGE_APPLY] = "patch",
        [KEDGE_DELETE] = "delete",
        [KEDGE_DELETE_COLLECTION] = "deletecollection",
    };
    if (r == NULL || (unsigned)verb >= sizeof names / sizeof names[0])
        return false;
    for (const char *const *v = r->verbs; *v != NULL; v++) {
        if (strcmp(*v, names[verb]) == 0)
            return true;
    }
    return false;
}
