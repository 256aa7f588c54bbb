// SPDX-License-Identifier: Apache-2.0
// discovery_tour.c - /api and /apis, in whichever form the server has, and where that is the old
// one, the lists of resources one after the other.
#include "client/discovery_priv.h"

#define ACCEPT \
    "application/json;g=apidiscovery.k8s.io;v=v2;as=APIGroupDiscoveryList,application/json"

enum place {
    DOCUMENT,
    ITEMS,
    GROUP,
    METADATA,
    GROUP_NAME,
    VERSIONS,
    VERSION,
    VERSION_NAME,
    FRESHNESS,
    RESOURCES,
    RESOURCE,
    OLD_GROUPS,
    OLD_GROUP,
    OLD_VERSIONS,
    OLD_VERSION
};

// APIGroupDiscoveryList. The last two are left out by a survey.
static const struct kedge__walk_rule aggregated_rules[] = {
    {DOCUMENT, ITEMS, KEDGE__WALK_ARRAY, "items"},
    {ITEMS, GROUP, KEDGE__WALK_OBJECT, NULL},
    {GROUP, METADATA, KEDGE__WALK_OBJECT, "metadata"},
    {METADATA, GROUP_NAME, KEDGE__WALK_TEXT, "name"},
    {GROUP, VERSIONS, KEDGE__WALK_ARRAY, "versions"},
    {VERSIONS, VERSION, KEDGE__WALK_OBJECT, NULL},
    {VERSION, VERSION_NAME, KEDGE__WALK_TEXT, "version"},
    {VERSION, FRESHNESS, KEDGE__WALK_TEXT, "freshness"},
    {VERSION, RESOURCES, KEDGE__WALK_ARRAY, "resources"},
    {RESOURCES, RESOURCE, KEDGE__WALK_CUT, NULL},
};
#define AGGREGATED_RULES 10
#define SURVEY_RULES     8

// APIVersions and APIGroupList.
static const struct kedge__walk_rule old_rules[] = {
    {DOCUMENT, OLD_VERSIONS, KEDGE__WALK_ARRAY, "versions"},
    {OLD_VERSIONS, OLD_VERSION, KEDGE__WALK_TEXT, NULL},
    {DOCUMENT, OLD_GROUPS, KEDGE__WALK_ARRAY, "groups"},
    {OLD_GROUPS, OLD_GROUP, KEDGE__WALK_CUT, NULL},
};

// APIResourceList.
static const struct kedge__walk_rule resource_rules[] = {
    {DOCUMENT, RESOURCES, KEDGE__WALK_ARRAY, "resources"},
    {RESOURCES, RESOURCE, KEDGE__WALK_CUT, NULL},
};

static const struct kedge_field old_version_rows[] = {
    {.path = "version\0", .type = KEDGE_FIELD_TEXT}};
static const struct kedge_table old_version_table = {old_version_rows, 1, 0};
static const struct kedge_field old_group_rows[] = {
    {.path = "name\0", .type = KEDGE_FIELD_TEXT},
    {.path = "preferredVersion\0version\0", .type = KEDGE_FIELD_TEXT},
    {.path = "versions\0", .type = KEDGE_FIELD_LIST, .items = &old_version_table},
};
static const struct kedge_table old_group_table = {old_group_rows, 3, 0};

// Names ------------------------------------------------------------------------------------------

static bool is_letter_or_digit(char c)
{
    return (c >= 'a' && c <= 'z') || (c >= 'A' && c <= 'Z') || (c >= '0' && c <= '9');
}

bool kedge__discovery_is_name(const char *name, size_t max)
{
    size_t len = 0;
    for (; name[len] != '\0'; len++) {
        bool inner = len > 0 && (name[len] == '-' || name[len] == '.');
        if (len == max || (!inner && !is_letter_or_digit(name[len])))
            return false;
    }
    return len > 0;
}

static kedge_err bad(struct kedge_discovery *d, const char *problem)
{
    return kedge__rest_say(d->rest, KEDGE_ERR_JSON, problem);
}

// Takes a name of the document; "" only for the core group.
static kedge_err take(struct kedge_discovery *d, char *name, size_t cap, kedge_str text)
{
    bool group = name == d->group;
    if (text.len >= cap)
        return bad(d, "a group or version has a name that is too long");
    if (text.len > 0)
        memcpy(name, text.ptr, text.len);
    name[text.len] = '\0';
    if ((group && d->core && text.len == 0) || kedge__discovery_is_name(name, cap - 1))
        return KEDGE_OK;
    return bad(d, "a group or version has a name that is none");
}

static kedge_err take_json(struct kedge_discovery *d, char *name, size_t cap, kedge_json_value v)
{
    char text[KEDGE__GROUP_NAME];
    size_t len = kedge_json_text(v, NULL, 0);
    if (len > sizeof text)
        len = sizeof text; // still too long for either
    kedge_json_text(v, text, len);
    return take(d, name, cap, (kedge_str){text, len});
}

// Telling ----------------------------------------------------------------------------------------

static kedge_err told(struct kedge_discovery *d, kedge_err err)
{
    if (err != KEDGE_OK)
        d->told = err;
    return err;
}

static kedge_err tell_version(struct kedge_discovery *d, bool preferred)
{
    struct kedge_group_version gv = {d->group, d->version, preferred && !d->stale};
    if (d->tour->on_version == NULL)
        return KEDGE_OK;
    return told(d, d->tour->on_version(d->tour->ctx, &gv, d->stale));
}

static kedge_err tell_resource(void *ctx, const struct kedge_api_resource *r)
{
    struct kedge_discovery *d = ctx;
    if (++d->resources <= d->skip)
        return KEDGE_OK;
    return told(d, d->tour->on_resource(d->tour->ctx, r));
}

static kedge_err resource_came(struct kedge_discovery *d)
{
    if (!d->single && (!d->version_known || !d->group_known))
        return bad(d, "resources come before the name of their group or version");
    kedge_err err = kedge__discovery_tell(d, tell_resource, d);
    if (err != KEDGE_ERR_TOO_LONG || d->told != KEDGE_OK)
        return err;
    kedge__discovery_fail(d, err, 0); // one that is too large takes nobody down
    return KEDGE_OK;
}

// Aggregated -------------------------------------------------------------------------------------

static kedge_err group_event(struct kedge_discovery *d, bool ends)
{
    if (ends) {
        d->group_index++;
        return KEDGE_OK;
    }
    d->group[0] = '\0';
    d->group_known = d->core; // whose name is left out
    d->version_index = 0;
    d->fresh = 0;
    return KEDGE_OK;
}

static kedge_err version_event(struct kedge_discovery *d, bool ends)
{
    if (!ends) {
        d->version_known = false;
        d->stale = false;
        return KEDGE_OK;
    }
    if (!d->version_known || !d->group_known)
        return bad(d, "a version without a name, or before that of its group");
    if (d->stale)
        kedge__discovery_fail(d, KEDGE_ERR_STALE, 0);
    kedge_err err = tell_version(d, d->fresh == 0);
    d->fresh += !d->stale;
    d->version_index++;
    return err;
}

static kedge_err aggregated_name(struct kedge_discovery *d, uint8_t place, kedge_str text)
{
    if (place == FRESHNESS) {
        d->stale = kedge_str_is(text, "Stale");
        return KEDGE_OK;
    }
    if (place == GROUP_NAME) {
        d->group_known = true;
        return take(d, d->group, sizeof d->group, text);
    }
    d->version_known = true;
    return take(d, d->version, sizeof d->version, text);
}

// The old form -----------------------------------------------------------------------------------

// A group version: told at once by a survey, else kept to be asked for, if it fits.
static kedge_err old_version(struct kedge_discovery *d, bool preferred)
{
    if (d->tour->on_resource == NULL)
        return tell_version(d, preferred);
    if (d->batch_full || d->batch_seen++ < d->batch_from)
        return KEDGE_OK;
    struct kedge__line l;
    kedge__line_init(&l, d->batch + d->batch_used, d->options.text_max - d->batch_used);
    kedge__line_text(&l, preferred ? "+" : "-");
    kedge__line_text(&l, d->group);
    kedge__line_byte(&l, '\0');
    kedge__line_text(&l, d->version);
    if (l.cut || d->batch_used + l.len + 2 > d->options.text_max) {
        d->batch_full = true;
        d->batch_from = d->batch_seen - 1;
        return KEDGE_OK;
    }
    d->batch_used += l.len + 1;
    return KEDGE_OK;
}

static kedge_err core_version(struct kedge_discovery *d, kedge_str text)
{
    kedge_err err = take(d, d->version, sizeof d->version, text);
    d->group[0] = '\0';
    return err == KEDGE_OK ? old_version(d, d->version_index++ == 0) : err;
}

// The versions of a group, either the preferred one or the others.
static kedge_err some_versions(struct kedge_discovery *d, kedge_json_value group, bool preferred)
{
    kedge_err err = KEDGE_OK;
    char best[KEDGE__VERSION_NAME] = "";
    bool in_order = d->tour->on_resource == NULL;
    kedge_json_value v = kedge_json_get(kedge_json_get(group, "preferredVersion"), "version");
    if (kedge_json_text(v, NULL, 0) < sizeof best)
        best[kedge_json_text(v, best, sizeof best - 1)] = '\0';
    v = kedge_json_first(kedge_json_get(group, "versions"));
    for (; v.at >= 0 && err == KEDGE_OK; v = kedge_json_next(v)) {
        err = take_json(d, d->version, sizeof d->version, kedge_json_get(v, "version"));
        bool is_best = err == KEDGE_OK && strcmp(d->version, best) == 0;
        if (err == KEDGE_OK && (in_order || is_best == preferred))
            err = old_version(d, is_best);
    }
    return err;
}

static kedge_err old_group(struct kedge_discovery *d)
{
    struct kedge_json doc;
    kedge_err err = kedge__rest_parse(d->rest, &doc);
    if (d->rest->sieve.overflow || err != KEDGE_OK)
        return kedge__rest_say(d->rest, KEDGE_ERR_TOO_LONG,
                               "a group has more versions than text_max of the kedge_rest holds");
    kedge_json_value group = kedge_json_root(&doc);
    err = take_json(d, d->group, sizeof d->group, kedge_json_get(group, "name"));
    if (err == KEDGE_OK && d->tour->on_resource != NULL)
        err = some_versions(d, group, true);
    if (err == KEDGE_OK)
        err = some_versions(d, group, false);
    return err;
}

// Documents --------------------------------------------------------------------------------------

static kedge_err tell(void *ctx, uint8_t place, kedge_str text, bool ends)
{
    struct kedge_discovery *d = ctx;
    switch (place) {
    case GROUP:
        return group_event(d, ends);
    case VERSION:
        return version_event(d, ends);
    case GROUP_NAME:
    case VERSION_NAME:
    case FRESHNESS:
        return aggregated_name(d, place, text);
    case RESOURCE:
        return resource_came(d);
    case OLD_VERSION:
        return core_version(d, text);
    case OLD_GROUP:
        return old_group(d);
    default:
        return KEDGE_OK;
    }
}

// What the reply is, by its head.
static kedge_err form(struct kedge_discovery *d)
{
    const struct kedge_http_response *a = &d->rest->connection.response;
    struct kedge__walk *w = &d->walk;
    bool survey = d->tour->on_resource == NULL;
    d->formed = true;
    if (a->content == KEDGE_CONTENT_MALFORMED)
        return kedge__rest_say(d->rest, KEDGE_ERR_HTTP, "the Content-Type is no media type");
    d->aggregated = !d->single && a->aggregated;
    if (d->aggregated && d->batch_from > 0)
        return bad(d, "the form of the answer has changed meanwhile");
    if (d->aggregated) {
        w->rules = aggregated_rules;
        w->rule_count = survey ? SURVEY_RULES : AGGREGATED_RULES;
        d->cut.tables[0] = &kedge__api_resource_table;
    } else if (d->single) {
        w->rules = resource_rules;
        w->rule_count = sizeof resource_rules / sizeof resource_rules[0];
        d->cut.tables[0] = &kedge__old_api_resource_table;
    } else {
        w->rules = old_rules;
        w->rule_count = sizeof old_rules / sizeof old_rules[0];
        d->cut.tables[0] = &old_group_table;
    }
    return KEDGE_OK;
}

static kedge_err sink(void *ctx, kedge_str bytes)
{
    struct kedge_discovery *d = ctx;
    kedge_err err = d->formed ? KEDGE_OK : form(d);
    if (err == KEDGE_OK) {
        err = kedge__walk_feed(&d->walk, bytes);
        if (err != KEDGE_OK && d->walk.problem != NULL)
            bad(d, d->walk.problem);
    }
    return err;
}

static kedge_err get(struct kedge_discovery *d, const char *path)
{
    struct kedge_request request = {
        .path = path,
        .accept = d->single ? NULL : ACCEPT,
        .timeout = d->options.timeout < KEDGE_FOREVER ? d->options.timeout : 0,
    };
    d->formed = d->aggregated = false;
    d->told = KEDGE_OK;
    d->resources = 0;
    d->stale = false;
    d->cut = (struct kedge_sieve_options){
        .shape = KEDGE_SIEVE_OBJECT,
        .identity = 1,
        .item_buf = d->rest->item_buf,
        .item_cap = d->rest->options.text_max,
    };
    d->walk.sieve = &d->rest->sieve;
    d->walk.cut = &d->cut;
    d->walk.tell = tell;
    d->walk.ctx = d;
    kedge__walk_begin(&d->walk);
    kedge_err err = kedge_rest_stream(d->rest, &request, sink, d);
    if (err != KEDGE_OK)
        return err;
    err = kedge__walk_finish(&d->walk);
    return err == KEDGE_OK ? err : bad(d, d->walk.problem);
}

// True if a failure is this group version's alone, so that the tour goes on.
static bool is_its_own(const struct kedge_discovery *d, kedge_err err)
{
    return d->told == KEDGE_OK && err != KEDGE_ERR_STOPPED && err != KEDGE_ERR_ARGUMENT &&
           err != KEDGE_ERR_STATE;
}

static kedge_err get_version(struct kedge_discovery *d)
{
    char path[sizeof "/apis//" + KEDGE__GROUP_NAME + KEDGE__VERSION_NAME];
    struct kedge__line l;
    kedge__line_init(&l, path, sizeof path);
    kedge__line_text(&l, d->group[0] == '\0' ? "/api" : "/apis/");
    kedge__line_text(&l, d->group);
    kedge__line_byte(&l, '/');
    kedge__line_text(&l, d->version);
    d->single = true;
    kedge_err err = get(d, path);
    d->single = false;
    bool none = d->group[0] == '\0' && strcmp(d->version, "v1") == 0 && d->rest->code == 404;
    if (err == KEDGE_ERR_API && none)
        err = KEDGE_OK;
    return err;
}

// One of the batch, twice if need be.
static kedge_err try_version(struct kedge_discovery *d)
{
    d->skip = 0;
    kedge_err err = get_version(d);
    if (err != KEDGE_OK && is_its_own(d, err)) {
        d->skip = d->resources;
        err = get_version(d);
    }
    d->skip = 0;
    if (err == KEDGE_OK)
        return tell_version(d, d->preferred);
    if (!is_its_own(d, err))
        return err;
    kedge__discovery_fail(d, err, err == KEDGE_ERR_API ? d->rest->code : 0);
    return KEDGE_OK;
}

static bool is_enough(const struct kedge_discovery *d)
{
    return d->tour->enough != NULL && d->tour->enough(d->tour->ctx);
}

static kedge_err ask_for_batch(struct kedge_discovery *d)
{
    kedge_err err = KEDGE_OK;
    unsigned of_group = 0;
    for (size_t at = 0; at < d->batch_used && err == KEDGE_OK && !is_enough(d);) {
        const char *group = d->batch + at + 1;
        const char *version = group + strlen(group) + 1;
        bool same = strcmp(d->group, group) == 0 && at > 0;
        d->preferred = d->batch[at] == '+';
        at = (size_t)(version - d->batch) + strlen(version) + 1;
        d->group_index += !same;
        of_group = same ? of_group + 1 : 0;
        memmove(d->group, group, strlen(group) + 1);
        memmove(d->version, version, strlen(version) + 1);
        d->version_index = of_group;
        err = try_version(d);
    }
    return err;
}

// /api or /apis, and what that leads to.
static kedge_err root(struct kedge_discovery *d, bool core)
{
    kedge_err err;
    d->core = core;
    d->batch_from = 0;
    do {
        d->batch_used = d->batch_seen = 0;
        d->batch_full = false;
        d->version_index = 0;
        err = get(d, core ? "/api" : "/apis");
        if (core && err == KEDGE_ERR_API && d->rest->code == 404)
            return KEDGE_OK;
        if (err == KEDGE_OK)
            err = ask_for_batch(d);
    } while (err == KEDGE_OK && d->batch_full && !is_enough(d));
    return err;
}

static kedge_err outcome(struct kedge_discovery *d, kedge_err err)
{
    if (err != KEDGE_OK)
        return kedge__discovery_say(d, err, NULL);
    return d->failed > 0 ? kedge__discovery_say(d, KEDGE_ERR_PARTIAL, NULL) : KEDGE_OK;
}

kedge_err kedge__discovery_tour(struct kedge_discovery *d, const struct kedge__tour *tour)
{
    kedge_err err = KEDGE_OK;
    d->tour = tour;
    d->group_index = 0;
    if (!tour->no_core)
        err = root(d, true);
    if (err == KEDGE_OK && !tour->core_only && !is_enough(d))
        err = root(d, false);
    return outcome(d, err);
}

kedge_err kedge__discovery_version_tour(struct kedge_discovery *d, const struct kedge__tour *tour,
                                        const char *group, const char *version)
{
    bool named = group[0] == '\0' || kedge__discovery_is_name(group, KEDGE__GROUP_NAME - 1);
    if (!named || !kedge__discovery_is_name(version, KEDGE__VERSION_NAME - 1))
        return kedge__discovery_say(d, KEDGE_ERR_ARGUMENT, "no name of a group version");
    d->tour = tour;
    d->group_index = 0;
    d->preferred = false;
    memmove(d->group, group, strlen(group) + 1);
    memmove(d->version, version, strlen(version) + 1);
    kedge_err err = get_version(d);
    if (err == KEDGE_OK)
        err = tell_version(d, false);
    return outcome(d, err);
}
