// SPDX-License-Identifier: Apache-2.0
// discovery.c - any bytes as a discovery document: of all groups, new or old, or of one group
// version. However it arrives, the same is told; groups and versions have names that paths may
// have; what jansson reads is refused for its names alone; what is told, the mapper finds.
#include <stdio.h>
#include <string.h>

#include "discovery_server.h"
#include "sieve_jansson.h"

#include "fuzz.h"

static struct discovery_talk t;
static char resource[512]; // the first that is told, as a text for the mapper

static bool is_name(const char *text)
{
    return strspn(text, "abcdefghijklmnopqrstuvwxyzABCDEFGHIJKLMNOPQRSTUVWXYZ0123456789-.") ==
           strlen(text);
}

// Lines of what is told, as far as they fit.
static void keep(const char *a, const char *b, const char *c)
{
    size_t len = strlen(t.lines);
    snprintf(t.lines + len, sizeof t.lines - len, "%s/%s %s\n", a, b, c);
}

static kedge_err resource_came(void *ctx, const struct kedge_api_resource *r)
{
    (void)ctx;
    PROMISE(is_name(r->group) && is_name(r->version) && r->version[0] != '\0');
    PROMISE(r->resource != NULL && r->singular != NULL && r->kind != NULL);
    PROMISE(r->kind_group != NULL && r->kind_version != NULL);
    keep(r->group, r->version, r->resource);
    keep(r->kind, r->singular, r->subresource != NULL ? r->subresource : "");
    for (const char *const *v = r->verbs; *v != NULL; v++)
        keep("", "", *v);
    for (const char *const *v = r->short_names; *v != NULL; v++)
        keep("", "", *v);
    for (const char *const *v = r->categories; *v != NULL; v++)
        keep("", "", *v);
    bool plain = is_name(r->resource) && strchr(r->resource, '.') == NULL && r->resource[0] != '\0';
    if (resource[0] == '\0' && plain && r->subresource == NULL && r->group[0] != '\0' &&
        strchr(r->version, '.') == NULL && strlen(r->resource) < 64)
        snprintf(resource, sizeof resource, "%s.%s.%s", r->resource, r->version, r->group);
    return KEDGE_OK;
}

static kedge_err group_came(void *ctx, const struct kedge_group_version *gv)
{
    (void)ctx;
    PROMISE(is_name(gv->group) && is_name(gv->version) && gv->version[0] != '\0');
    keep(gv->group, gv->version, gv->preferred ? "*" : "");
    return KEDGE_OK;
}

// Serves the document in pieces of one size and asks for all. The text says what failed.
static kedge_err run(const char *document, unsigned choice, size_t piece, char *text)
{
    kedge_err err;
    discovery_open(&t);
    t.port.cruelty.read_max = piece;
    t.port.cruelty.random_sizes = piece > 1;
    bool one = choice % 3 == 2;
    discovery_serves(&t, one ? "/apis/a.io/v1" : (choice % 2 == 0 ? "/apis" : "/api"),
                     discovery_says(&t, 200, choice % 3 == 0 ? AGGREGATED : NULL, document));
    if (!one)
        discovery_serves(&t, choice % 2 == 0 ? "/api" : "/apis",
                         discovery_says(&t, 200, AGGREGATED, "{}"));
    struct kedge_discovery *d = kedge_discovery_new(t.rest, NULL);
    resource[0] = '\0';
    if (one) {
        err = kedge_discovery_resources_of(d, "a.io", "v1", resource_came, NULL);
    } else {
        err = kedge_discovery_groups(d, group_came, NULL);
        kedge_err all = kedge_discovery_resources(d, resource_came, NULL);
        err = all == KEDGE_OK || all == KEDGE_ERR_PARTIAL ? err : all;
        kedge_discovery_preferred_resources(d, resource_came, NULL);
    }
    snprintf(text, 256, "%s", kedge_discovery_error_text(d));
    PROMISE((err == KEDGE_OK) == (text[0] == '\0') || !one);
    return err;
}

static void is_found(void)
{
    struct kedge_mapping m;
    struct kedge_mapper *mapper = kedge_mapper_new(t.rest, 1);
    kedge_err err = kedge_mapper_find(mapper, resource, &m);
    PROMISE(err == KEDGE_OK || err == KEDGE_ERR_AMBIGUOUS || err == KEDGE_ERR_TOO_LONG);
    PROMISE(err != KEDGE_OK || kedge_mapper_find(mapper, resource, &m) == KEDGE_OK);
}

int LLVMFuzzerTestOneInput(const uint8_t *bytes, size_t len)
{
    static char document[16384];
    static char lines[sizeof t.lines];
    char text[256], again[256];
    struct fuzz_input in;
    bool limit;
    if (!fuzz_open(&in, bytes, len) || in.data.len >= sizeof document ||
        memchr(in.data.ptr, '\0', in.data.len) != NULL)
        return 0;
    memcpy(document, in.data.ptr, in.data.len);
    document[in.data.len] = '\0';
    kedge_err err = run(document, in.choice, 0, text);
    strcpy(lines, t.lines);
    // Only behind /apis: groups that /api tells of are nobody's.
    if (resource[0] != '\0' && in.choice % 6 == 0 && (err == KEDGE_OK || err == KEDGE_ERR_PARTIAL))
        is_found();
    discovery_close(&t);

    PROMISE(run(document, in.choice, 1 + in.cut % 50, again) == err);
    PROMISE(strcmp(lines, t.lines) == 0 && strcmp(text, again) == 0);
    discovery_close(&t);

    json_t *json = strict_load(in.data, &limit);
    if (json_is_object(json) && err == KEDGE_ERR_JSON)
        PROMISE(strstr(text, "name") != NULL || strstr(text, "surrogate") != NULL);
    json_decref(json);
    return 0;
}
