// SPDX-License-Identifier: Apache-2.0
// watch_log.c - see watch_log.h.
#include "watch_log.h"

#include <setjmp.h>
#include <stdarg.h>
#include <stdio.h>
#include <stdlib.h>
#include <string.h>

#include <cmocka.h>

void watch_log_say(struct watch_log *l, const char *line)
{
    size_t len = strlen(line);
    assert_true(l->len + len + 2 < sizeof l->text);
    memcpy(l->text + l->len, line, len);
    l->len += len;
    l->text[l->len++] = '\n';
    l->text[l->len] = '\0';
}

static const char *name_of(const struct kedge_watch_event *event, char *buf, size_t cap)
{
    if (event->object != NULL)
        return kedge_name(event->object);
    kedge_json_value v = kedge_json_get(kedge_json_get(event->value, "metadata"), "name");
    size_t n = kedge_json_text(v, buf, cap - 1);
    buf[n < cap ? n : cap - 1] = '\0';
    return buf;
}

void watch_log_event(struct watch_log *l, const struct kedge_watch_event *event)
{
    char line[512];
    char buf[256];
    const char *type = kedge_watch_type_text(event->type);
    l->events++;
    if (event->type == KEDGE_WATCH_ERROR) {
        assert_non_null(event->status);
        assert_null(event->object);
        snprintf(line, sizeof line, "%s %d %s", type, (int)event->status->code,
                 event->status->reason);
    } else {
        assert_null(event->status);
        if (event->object != NULL)
            assert_string_equal(event->resource_version, kedge_resource_version(event->object));
        snprintf(line, sizeof line, "%s %s %s%s%s", type, name_of(event, buf, sizeof buf),
                 event->resource_version, event->partial ? " partial" : "",
                 event->initial_events_end ? " initial-events-end" : "");
    }
    watch_log_say(l, line);
}

static void on_event(void *ctx, const struct kedge_watch_event *event)
{
    struct watch_log *l = ctx;
    watch_log_event(l, event);
    if (l->on_event != NULL)
        l->on_event(l, event);
}

static void on_end(void *ctx, kedge_err err)
{
    struct watch_log *l = ctx;
    char line[64];
    snprintf(line, sizeof line, "END %s", kedge_err_name(err));
    watch_log_say(l, line);
    l->ends++;
    l->end = err;
    if (l->on_end != NULL)
        l->on_end(l);
}

static bool ready(void *ctx)
{
    struct watch_log *l = ctx;
    l->asked++;
    return !l->not_ready;
}

void watch_log_open(struct watch_log *l, struct fake_port *port,
                    const struct kedge_rest_options *options)
{
    struct kedge_config config = {.server = "http://api.test:8080", .qps = -1};
    l->port = port;
    l->k = kedge_init(l->memory, sizeof l->memory, &port->port);
    l->client = kedge_client_new(l->k, &config);
    l->rest = kedge_rest_new(l->client, options);
    assert_non_null(l->rest);
    l->handler = (struct kedge_watch_handler){on_event, on_end, ready, l};
}

void watch_log_script(struct watch_log *l, const char *const *answers, size_t count,
                      const struct kedge_rest_options *options)
{
    memset(l, 0, sizeof *l);
    fake_port_init(&l->own, 1);
    script_serve(&l->script, &l->own, answers, count);
    watch_log_open(l, &l->own, options);
}

void watch_log_close(struct watch_log *l)
{
    kedge_rest_close(l->rest);
    kedge_client_free(l->client);
    fake_port_check(l->port);
}

void watch_log_run(struct watch_log *l, kedge_time ms)
{
    kedge_time until = l->port->now + ms;
    unsigned ends = l->ends;
    while (l->ends == ends && l->port->now < until)
        assert_int_equal(kedge_poll(l->k, until - l->port->now), KEDGE_OK);
}
