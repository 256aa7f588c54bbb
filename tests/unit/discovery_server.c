// SPDX-License-Identifier: Apache-2.0
#include <setjmp.h>
#include <stdarg.h>
#include <stdio.h>
#include <stdlib.h>
#include <string.h>

#include <cmocka.h>

#include "discovery_server.h"
#include "replies.h"

#define NOT_FOUND \
    "HTTP/1.1 404 Not Found\r\nContent-Type: text/plain\r\nContent-Length: 4\r\n\r\nnone"

struct connection {
    struct discovery_talk *talk;
    char head[8192];
    size_t head_len;
    const char *answer;
    size_t left;
};

static const char *answer_to(struct discovery_talk *t, const char *path)
{
    struct discovery_answer *last = NULL;
    for (size_t i = 0; i < t->answer_count; i++) {
        struct discovery_answer *a = &t->answers[i];
        if (strcmp(a->path, path) != 0)
            continue;
        last = a;
        if (!a->used)
            break;
    }
    if (last == NULL)
        return NOT_FOUND;
    last->used = true;
    return last->text;
}

static void *open_connection(void *ctx, const char *host, uint16_t port)
{
    struct connection *c = calloc(1, sizeof *c);
    (void)host;
    (void)port;
    assert_non_null(c);
    c->talk = ctx;
    return c;
}

static size_t feed(void *connection, const void *bytes, size_t len)
{
    struct connection *c = connection;
    char path[512];
    assert_true(c->head_len + len < sizeof c->head);
    memcpy(c->head + c->head_len, bytes, len);
    c->head_len += len;
    c->head[c->head_len] = '\0';
    if (strstr(c->head, "\r\n\r\n") == NULL)
        return len;
    assert_int_equal(sscanf(c->head, "GET %511[^ ?]", path), 1);
    strcpy(c->talk->heads, c->head);
    assert_true(strlen(c->talk->seen) + strlen(path) + 2 < sizeof c->talk->seen);
    strcat(strcat(c->talk->seen, path), "\n");
    c->answer = answer_to(c->talk, path);
    c->left = strlen(c->answer);
    c->head_len = 0;
    return len;
}

static size_t output(void *connection, void *buf, size_t cap)
{
    struct connection *c = connection;
    size_t n = c->left < cap ? c->left : cap;
    if (n > 0)
        memcpy(buf, c->answer, n);
    c->answer += n;
    c->left -= n;
    return n;
}

static enum fake_state state(void *connection)
{
    const struct connection *c = connection;
    bool cut = c->answer != NULL && c->left == 0 && c->answer[-1] == '\x04';
    return cut ? FAKE_RESET : FAKE_OPEN;
}

static void close_connection(void *connection)
{
    free(connection);
}

static const struct fake_peer peer = {
    .open = open_connection,
    .feed = feed,
    .output = output,
    .state = state,
    .close = close_connection,
};

void discovery_open_with(struct discovery_talk *t, const struct kedge_rest_options *options)
{
    struct kedge_config config = {.server = "http://api.test", .qps = -1};
    memset(t, 0, sizeof *t);
    fake_port_init(&t->port, 1);
    t->port.peer = &peer;
    t->port.peer_ctx = t;
    t->k = kedge_init(t->memory, sizeof t->memory, &t->port.port);
    t->client = kedge_client_new(t->k, &config);
    t->rest = kedge_rest_new(t->client, options);
    assert_non_null(t->rest);
}

void discovery_open(struct discovery_talk *t)
{
    discovery_open_with(t, NULL);
}

void discovery_close(struct discovery_talk *t)
{
    kedge_rest_close(t->rest);
    kedge_client_free(t->client);
    fake_port_check(&t->port);
}

void discovery_serves(struct discovery_talk *t, const char *path, const char *answer)
{
    assert_true(t->answer_count < sizeof t->answers / sizeof t->answers[0]);
    t->answers[t->answer_count++] = (struct discovery_answer){path, answer, false};
}

const char *discovery_says(struct discovery_talk *t, int code, const char *type, const char *body)
{
    char *at = t->made + t->made_len;
    int n = snprintf(at, sizeof t->made - t->made_len,
                     "HTTP/1.1 %d Said\r\nContent-Type: %s\r\nContent-Length: %zu\r\n\r\n%s", code,
                     type != NULL ? type : "application/json", strlen(body), body);
    assert_true(n > 0 && t->made_len + (size_t)n + 1 < sizeof t->made);
    t->made_len += (size_t)n + 1;
    return at;
}

void discovery_serves_recorded(struct discovery_talk *t, bool aggregated)
{
    discovery_serves(t, "/api",
                     reply_named(aggregated ? "api-aggregated.http" : "api-legacy.http")->raw.ptr);
    discovery_serves(
        t, "/apis", reply_named(aggregated ? "apis-aggregated.http" : "apis-legacy.http")->raw.ptr);
    discovery_serves(t, "/api/v1", reply_named("resources-core-v1.http")->raw.ptr);
    discovery_serves(t, "/apis/apps/v1", reply_named("resources-apps-v1.http")->raw.ptr);
    discovery_serves(t, "/version", reply_named("version.http")->raw.ptr);
}

unsigned discovery_asked(const struct discovery_talk *t, const char *path)
{
    unsigned n = 0;
    char line[512];
    for (const char *at = t->seen; sscanf(at, "%511[^\n]", line) == 1; at += strlen(line) + 1)
        n += path == NULL || strcmp(line, path) == 0;
    return n;
}

// Lines ------------------------------------------------------------------------------------------

static void add(struct discovery_talk *t, const char *text)
{
    size_t len = strlen(t->lines);
    assert_true(len + strlen(text) + 1 < sizeof t->lines);
    strcpy(t->lines + len, text);
}

static void add_list(struct discovery_talk *t, const char *const *list)
{
    add(t, *list == NULL ? " -" : " ");
    for (bool more = false; *list != NULL; list++, more = true) {
        add(t, more ? "," : "");
        add(t, *list);
    }
}

static const char *or_dash(const char *text)
{
    return text[0] != '\0' ? text : "-";
}

kedge_err discovery_line(void *ctx, const struct kedge_api_resource *r)
{
    char text[1024];
    snprintf(text, sizeof text, "%s/%s %s%s%s %s %s/%s %s %s %s", r->group, r->version, r->resource,
             r->subresource != NULL ? "/" : "", r->subresource != NULL ? r->subresource : "",
             or_dash(r->singular), r->kind_group, r->kind_version, r->kind,
             r->namespaced ? "true" : "false", r->preferred ? "preferred" : "-");
    add(ctx, text);
    add_list(ctx, r->verbs);
    add_list(ctx, r->short_names);
    add_list(ctx, r->categories);
    add(ctx, "\n");
    return KEDGE_OK;
}

kedge_err discovery_group_line(void *ctx, const struct kedge_group_version *gv)
{
    char text[512];
    snprintf(text, sizeof text, "%s/%s%s\n", gv->group, gv->version, gv->preferred ? " *" : "");
    add(ctx, text);
    return KEDGE_OK;
}
