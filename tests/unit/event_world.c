// SPDX-License-Identifier: Apache-2.0
// event_world.c - see event_world.h.
#include "event_world.h"

#include <setjmp.h>
#include <stdarg.h>
#include <stdio.h>
#include <stdlib.h>
#include <string.h>

#include <jansson.h>

#include <cmocka.h>

const struct kedge_object_reference event_web = {
    .version = "v1",
    .kind = "Pod",
    .namespace_ = "default",
    .name = "web",
    .uid = "u-1",
    .resource_version = "7",
};

static void note(void *ctx, enum kedge_log_level level, const char *text)
{
    struct event_world *w = ctx;
    int n = snprintf(w->log + w->log_len, sizeof w->log - w->log_len, "%d %s\n", (int)level, text);
    w->log_len += (size_t)n;
    assert_true(w->log_len < sizeof w->log);
}

void event_world_open(struct event_world *w, const struct mock_options *options)
{
    static const struct mock_options none;
    struct kedge_config config = {.server = "http://api.test", .qps = -1};
    memset(w, 0, sizeof *w);
    w->resource = "events";
    mock_port_init(&w->port, mock_new(options != NULL ? options : &none), 1);
    w->k = kedge_init(w->memory, sizeof w->memory, &w->port.fake.port);
    kedge_log_to(w->k, KEDGE_LOG_DEBUG, note, w);
    w->client = kedge_client_new(w->k, &config);
    assert_non_null(w->client);
}

void event_world_close(struct event_world *w)
{
    kedge_client_free(w->client);
    mock_port_done(&w->port);
}

void event_world_run(struct event_world *w, kedge_time ms)
{
    kedge_poll(w->k, 0);
    fake_port_run(&w->port.fake, w->k, ms);
    // What came at the very end.
    for (int i = 0; i < 50; i++)
        kedge_poll(w->k, 0);
}

void event_world_list_in_vain(struct event_world *w)
{
    const struct kedge_request list = {.verb = KEDGE_LIST,
                                       .version = "v1",
                                       .resource = "configmaps",
                                       .retries = -1,
                                       .timeout = 30 * KEDGE_SECOND};
    char body[512];
    size_t len;
    struct kedge_rest *rest = kedge_rest_new(w->client, NULL);
    mock_inject(w->port.mock, &(struct mock_fault){.kind = MOCK_FAULT_STALL, .on = MOCK_ON_LIST});
    assert_int_equal(kedge_rest_read(rest, &list, body, sizeof body, &len), KEDGE_ERR_TIMEOUT);
    kedge_rest_close(rest);
}

size_t event_count(const struct event_world *w)
{
    return mock_count(w->port.mock, w->resource);
}

const char *event_text(struct event_world *w, size_t i, const char *path)
{
    struct mock_item item;
    char key[64];
    char *out = w->text[w->texts++ % 4];
    assert_true(mock_at(w->port.mock, w->resource, i, &item));
    json_t *event = json_loadb(item.text, item.len, 0, NULL);
    assert_non_null(event);
    const json_t *at = event;
    for (const char *p = path; *p != '\0' && at != NULL; p += strcspn(p, "."), p += *p == '.') {
        snprintf(key, sizeof key, "%.*s", (int)strcspn(p, "."), p);
        at = json_object_get(at, key);
    }
    out[0] = '\0';
    if (json_is_string(at)) {
        snprintf(out, sizeof w->text[0], "%s", json_string_value(at));
    } else if (at != NULL && !json_is_null(at)) {
        char *text = json_dumps(at, JSON_ENCODE_ANY | JSON_COMPACT | JSON_SORT_KEYS);
        snprintf(out, sizeof w->text[0], "%s", text);
        free(text);
    }
    json_decref(event);
    return out;
}

size_t event_with(struct event_world *w, const char *path, const char *value)
{
    for (size_t i = 0; i < event_count(w); i++) {
        if (strcmp(event_text(w, i, path), value) == 0)
            return i;
    }
    print_error("no event has \"%s\" at %s\n", value, path);
    fail();
    return 0;
}

bool event_logged(const struct event_world *w, const char *text)
{
    return strstr(w->log, text) != NULL;
}
