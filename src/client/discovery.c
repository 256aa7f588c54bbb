// SPDX-License-Identifier: Apache-2.0
// discovery.c - what of a tour a caller wants, and what failed on it.
#include "client/discovery_priv.h"

#include "base/hash.h"

#define TIMEOUT      (32 * KEDGE_SECOND)
#define FAILURES     16
#define TEXT_MAX     1024
#define TEXT_MIN     512 // a batch holds at least one group version
#define RESOURCE_MAX (KEDGE__REST_ENVELOPE / sizeof(uint64_t))

struct kedge_discovery *kedge_discovery_new(struct kedge_rest *rest,
                                            const struct kedge_discovery_options *options)
{
    if (rest == NULL || rest->client->k->failure != KEDGE_OK)
        return NULL;
    struct kedge *k = rest->client->k;
    struct kedge_discovery_options o = {0};
    if (options != NULL)
        o = *options;
    o.timeout = o.timeout != 0 ? o.timeout : TIMEOUT;
    o.failures = o.failures != 0 ? o.failures : FAILURES;
    o.text_max = o.text_max != 0 ? o.text_max : TEXT_MAX;
    if (o.timeout < 0 || o.text_max < TEXT_MIN) {
        kedge__line_text(kedge__fail(k, KEDGE_ERR_ARGUMENT),
                         o.timeout < 0 ? "kedge_discovery: timeout is negative"
                                       : "kedge_discovery: text_max is under 512 bytes");
        return NULL;
    }
    struct kedge_discovery *d = KEDGE__NEW(k, "discovery", struct kedge_discovery, 1);
    if (d == NULL)
        return NULL;
    d->rest = rest;
    d->options = o;
    d->failures = KEDGE__NEW(k, "discovery", struct kedge_discovery_failure, o.failures);
    d->names = kedge__take(k, "discovery", o.text_max, 1, 1);
    d->batch = kedge__take(k, "discovery", o.text_max, 1, 1);
    return k->failure == KEDGE_OK ? d : NULL;
}

// What failed ------------------------------------------------------------------------------------

void kedge__discovery_reset(struct kedge_discovery *d)
{
    d->text[0] = '\0';
    d->failure_count = d->failed = d->names_used = 0;
}

static const struct kedge_discovery_failure *find(const struct kedge_discovery *d,
                                                  const char *group, const char *version)
{
    for (size_t i = 0; i < d->failure_count; i++) {
        const struct kedge_discovery_failure *f = &d->failures[i];
        if (strcmp(f->group, group) == 0 && strcmp(f->version, version) == 0)
            return f;
    }
    return NULL;
}

void kedge__discovery_fail(struct kedge_discovery *d, kedge_err err, int code)
{
    size_t group = strlen(d->group) + 1;
    size_t version = strlen(d->version) + 1;
    if (find(d, d->group, d->version) != NULL)
        return;
    d->failed++;
    if (d->failure_count == d->options.failures ||
        group + version > d->options.text_max - d->names_used)
        return;
    char *at = d->names + d->names_used;
    memcpy(at, d->group, group);
    memcpy(at + group, d->version, version);
    d->names_used += group + version;
    d->failures[d->failure_count++] = (struct kedge_discovery_failure){at, at + group, err, code};
}

static void say_failure(struct kedge__line *l, const struct kedge_discovery_failure *f)
{
    kedge__line_text(l, f->group);
    kedge__line_text(l, f->group[0] != '\0' ? "/" : "");
    kedge__line_text(l, f->version);
    kedge__line_text(l, ": ");
    if (f->err == KEDGE_ERR_API)
        kedge__line_int(l, f->code);
    else
        kedge__line_text(l, f->err == KEDGE_ERR_STALE ? "stale" : kedge_err_text(f->err));
}

static void say_partial(struct kedge_discovery *d)
{
    struct kedge__line l;
    kedge__line_init(&l, d->text, sizeof d->text);
    kedge__line_text(&l, "unable to retrieve the complete list of server APIs: ");
    for (size_t i = 0; i < d->failure_count; i++) {
        kedge__line_text(&l, i > 0 ? ", " : "");
        say_failure(&l, &d->failures[i]);
    }
    if (d->failed > d->failure_count) {
        kedge__line_text(&l, " and more: ");
        kedge__line_number(&l, d->failed);
    }
}

kedge_err kedge__discovery_say(struct kedge_discovery *d, kedge_err err, const char *problem)
{
    struct kedge__line l;
    if (err == KEDGE_ERR_PARTIAL && d->failed > 0) {
        say_partial(d);
        return err;
    }
    const char *text = problem != NULL ? problem : kedge_rest_error_text(d->rest);
    kedge__line_init(&l, d->text, sizeof d->text);
    kedge__line_text(&l, text[0] != '\0' ? text : kedge_err_text(err));
    return err;
}

const struct kedge_discovery_failure *kedge_discovery_failure(const struct kedge_discovery *d,
                                                              size_t i)
{
    return d != NULL && i < d->failure_count ? &d->failures[i] : NULL;
}

size_t kedge_discovery_failures(const struct kedge_discovery *d)
{
    return d != NULL ? d->failed : 0;
}

const char *kedge_discovery_error_text(const struct kedge_discovery *d)
{
    return d != NULL ? d->text : "there is no kedge_discovery: see kedge_error_text";
}

// Groups -----------------------------------------------------------------------------------------

struct groups {
    kedge_on_group_version each;
    void *ctx;
};

static kedge_err group_version(void *ctx, const struct kedge_group_version *gv, bool stale)
{
    const struct groups *g = ctx;
    return stale || g->each == NULL ? KEDGE_OK : g->each(g->ctx, gv);
}

// Where not all failures are remembered nobody can say what is stale.
static kedge_err survey(struct kedge_discovery *d, struct groups *g)
{
    struct kedge__tour tour = {.on_version = group_version, .ctx = g};
    kedge__discovery_reset(d);
    kedge_err err = kedge__discovery_tour(d, &tour);
    if (err == KEDGE_ERR_PARTIAL && d->failed > d->failure_count)
        err = kedge__discovery_say(d, KEDGE_ERR_FULL,
                                   "more stale group versions than `failures` or text_max of the "
                                   "kedge_discovery hold");
    return err;
}

kedge_err kedge_discovery_groups(struct kedge_discovery *d, kedge_on_group_version each, void *ctx)
{
    struct groups g = {each, ctx};
    return d != NULL ? survey(d, &g) : KEDGE_ERR_ARGUMENT;
}

// Resources --------------------------------------------------------------------------------------

struct resources {
    struct kedge_discovery *d;
    kedge_on_api_resource each;
    void *ctx;
    bool once; // each resource once, without subresources
    unsigned group_index;
    size_t count; // resources of the group that were told, as hashes in the room for an envelope
};

// Whether it is the first of its group with that name; then it is remembered.
static kedge_err first(struct resources *all, const struct kedge_api_resource *r, bool *is_first)
{
    char *seen = all->d->rest->envelope_buf;
    kedge_str name = kedge_str_of(r->resource);
    uint64_t hash = (uint64_t)kedge__hash_str(1, name) << 32 | kedge__hash_str(2, name);
    if (all->group_index != all->d->group_index)
        all->count = 0;
    all->group_index = all->d->group_index;
    *is_first = false;
    for (size_t i = 0; i < all->count; i++) {
        if (memcmp(seen + i * sizeof hash, &hash, sizeof hash) == 0)
            return KEDGE_OK;
    }
    if (all->count == RESOURCE_MAX)
        return kedge__rest_say(all->d->rest, KEDGE_ERR_FULL, "a group has over 256 resources");
    memcpy(seen + all->count * sizeof hash, &hash, sizeof hash);
    all->count++;
    *is_first = true;
    return KEDGE_OK;
}

static kedge_err resource(void *ctx, const struct kedge_api_resource *r)
{
    struct resources *all = ctx;
    const struct kedge_discovery_failure *f = find(all->d, r->group, r->version);
    // One that has failed meanwhile, by a resource that is too large, still has others.
    bool wanted = f == NULL || f->err != KEDGE_ERR_STALE;
    wanted = wanted && (!all->once || r->subresource == NULL);
    kedge_err err = wanted && all->once ? first(all, r, &wanted) : KEDGE_OK;
    return err == KEDGE_OK && wanted && all->each != NULL ? all->each(all->ctx, r) : err;
}

static kedge_err tell_resources(struct resources *all)
{
    struct kedge__tour tour = {.on_resource = resource, .ctx = all};
    struct kedge_discovery *d = all->d;
    struct groups nobody = {NULL, NULL};
    if (d == NULL)
        return KEDGE_ERR_ARGUMENT;
    kedge_err err = survey(d, &nobody);
    if (err == KEDGE_ERR_PARTIAL)
        err = survey(d, &nobody);
    if (err != KEDGE_OK && err != KEDGE_ERR_PARTIAL)
        return err;
    d->text[0] = '\0';
    return kedge__discovery_tour(d, &tour);
}

kedge_err kedge_discovery_resources(struct kedge_discovery *d, kedge_on_api_resource each,
                                    void *ctx)
{
    struct resources all = {.d = d, .each = each, .ctx = ctx};
    return tell_resources(&all);
}

kedge_err kedge_discovery_preferred_resources(struct kedge_discovery *d, kedge_on_api_resource each,
                                              void *ctx)
{
    struct resources all = {.d = d, .each = each, .ctx = ctx, .once = true};
    return tell_resources(&all);
}

static kedge_err ignore(void *ctx, const struct kedge_api_resource *r)
{
    (void)ctx;
    (void)r;
    return KEDGE_OK;
}

kedge_err kedge_discovery_resources_of(struct kedge_discovery *d, const char *group,
                                       const char *version, kedge_on_api_resource each, void *ctx)
{
    struct kedge__tour tour = {.on_resource = each != NULL ? each : ignore, .ctx = ctx};
    if (d == NULL)
        return KEDGE_ERR_ARGUMENT;
    kedge__discovery_reset(d);
    return kedge__discovery_version_tour(d, &tour, group != NULL ? group : "",
                                         version != NULL ? version : "");
}
