// SPDX-License-Identifier: Apache-2.0
// discovery_version.c - /version.
#include "client/discovery_priv.h"

static const struct kedge_field rows[] = {
    {.path = "major\0", .type = KEDGE_FIELD_TEXT},
    {.path = "minor\0", .type = KEDGE_FIELD_TEXT},
    {.path = "gitVersion\0", .type = KEDGE_FIELD_TEXT},
    {.path = "platform\0", .type = KEDGE_FIELD_TEXT},
};
static const struct kedge_table table = {rows, 4, 0};

struct reading {
    struct kedge_rest *rest;
    struct kedge_server_version version;
    bool came;
};

static void take(kedge_json_value object, const char *key, char *buf, size_t cap)
{
    buf[0] = '\0';
    size_t len = kedge_json_text(kedge_json_get(object, key), buf, cap - 1);
    buf[len < cap ? len : cap - 1] = '\0';
}

static kedge_err item_came(struct reading *r)
{
    struct kedge_json doc;
    if (kedge__rest_parse(r->rest, &doc) != KEDGE_OK)
        return kedge__rest_say(r->rest, KEDGE_ERR_JSON, "the version cannot be read");
    kedge_json_value v = kedge_json_root(&doc);
    take(v, "major", r->version.major, sizeof r->version.major);
    take(v, "minor", r->version.minor, sizeof r->version.minor);
    take(v, "gitVersion", r->version.git_version, sizeof r->version.git_version);
    take(v, "platform", r->version.platform, sizeof r->version.platform);
    r->came = true;
    return KEDGE_OK;
}

static kedge_err sink(void *ctx, kedge_str bytes)
{
    struct reading *r = ctx;
    for (bool more = true; more;) {
        enum kedge_sieve_event event = KEDGE_SIEVE_MORE;
        size_t used = 0;
        kedge_err err = kedge_sieve_feed(&r->rest->sieve, bytes.ptr, bytes.len, &used, &event);
        if (err != KEDGE_OK)
            return kedge__rest_say(r->rest, err, r->rest->sieve.problem);
        bytes.ptr += used;
        bytes.len -= used;
        if (event == KEDGE_SIEVE_ITEM && (err = item_came(r)) != KEDGE_OK)
            return err;
        more = event == KEDGE_SIEVE_ITEM || bytes.len > 0;
    }
    return KEDGE_OK;
}

kedge_err kedge_discovery_version(struct kedge_discovery *d, struct kedge_server_version *out)
{
    static const struct kedge_server_version none;
    if (d == NULL || out == NULL)
        return KEDGE_ERR_ARGUMENT;
    struct reading r = {d->rest, none, false};
    struct kedge_request request = {
        .path = "/version",
        .timeout = d->options.timeout < KEDGE_FOREVER ? d->options.timeout : 0,
    };
    struct kedge_sieve_options o = {
        .shape = KEDGE_SIEVE_OBJECT,
        .tables = {&table},
        .item_buf = d->rest->item_buf,
        .item_cap = d->rest->options.text_max,
    };
    kedge__discovery_reset(d);
    kedge_err err = kedge_sieve_init(&d->rest->sieve, &o);
    if (err == KEDGE_OK)
        err = kedge_rest_stream(d->rest, &request, sink, &r);
    if (err == KEDGE_OK && !r.came)
        err =
            kedge__rest_say(d->rest, KEDGE_ERR_JSON, "the answer is empty, or ends in the middle");
    if (err == KEDGE_OK)
        *out = r.version;
    return err == KEDGE_OK ? err : kedge__discovery_say(d, err, NULL);
}
