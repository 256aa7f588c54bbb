// SPDX-License-Identifier: Apache-2.0
#include "mock_peer.h"

#include <setjmp.h>
#include <stdarg.h>
#include <stddef.h>
#include <stdint.h>
#include <stdio.h>
#include <stdlib.h>
#include <string.h>

#include <cmocka.h>
#include <jansson.h>

int peer_setup(void **state)
{
    static const struct mock_crd sensors = {.group = "edge.example.com",
                                            .version = "v1",
                                            .plural = "sensors",
                                            .kind = "Sensor",
                                            .namespaced = true};
    struct peer *p = calloc(1, sizeof *p);
    p->mock = mock_new(&(struct mock_options){.seed = 7, .crds = &sensors, .crd_count = 1});
    p->connection = mock_connection_open(p->mock);
    p->bytes = calloc(1, 1);
    *state = p;
    return 0;
}

int peer_teardown(void **state)
{
    struct peer *p = *state;
    mock_free(p->mock);
    free(p->bytes);
    free(p);
    return 0;
}

void use(struct peer *p, const struct mock_options *options)
{
    mock_free(p->mock);
    p->mock = mock_new(options);
    p->connection = mock_connection_open(p->mock);
}

void forget(struct peer *p)
{
    p->len = 0;
    p->bytes[0] = 0;
}

void take(struct peer *p)
{
    char piece[4096];
    size_t n, cap = p->chunk ? p->chunk : sizeof piece;
    while ((n = mock_connection_output(p->connection, piece, cap)) > 0) {
        p->bytes = realloc(p->bytes, p->len + n + 1);
        memcpy(p->bytes + p->len, piece, n);
        p->len += n;
        p->bytes[p->len] = 0;
    }
}

// Sends a request and takes what comes.
void ask(struct peer *p, const char *method, const char *path, const char *headers,
         const char *body)
{
    char head[2048];
    int n =
        snprintf(head, sizeof head, "%s %s HTTP/1.1\r\nHost: mock\r\n%sContent-Length: %zu\r\n\r\n",
                 method, path, headers, strlen(body));
    forget(p);
    assert_int_equal(mock_connection_feed(p->connection, head, (size_t)n), n);
    assert_int_equal(mock_connection_feed(p->connection, body, strlen(body)), strlen(body));
    take(p);
}

int code(const struct peer *p)
{
    return p->len > 12 ? atoi(p->bytes + 9) : 0;
}

// The body without its chunk framing, NUL-terminated, to be freed. What is cut is left out.
char *body_of(const struct peer *p)
{
    const char *at = strstr(p->bytes, "\r\n\r\n");
    assert_non_null(at);
    at += 4;
    char *body = calloc(1, p->len + 1), *end;
    assert_non_null(body);
    if (!strstr(p->bytes, "Transfer-Encoding: chunked"))
        return strcpy(body, at);
    size_t len = 0;
    for (;;) {
        unsigned long size = strtoul(at, &end, 16);
        if (end == at || !size || end + 2 + size > p->bytes + p->len)
            return body;
        memcpy(body + len, end + 2, size);
        len += size;
        at = end + 2 + size + 2;
    }
}

json_t *json_of(const struct peer *p)
{
    char *body = body_of(p);
    json_t *value = json_loads(body, 0, NULL);
    if (!value)
        print_message("no JSON: %.500s\n", body);
    free(body);
    assert_non_null(value);
    return value;
}

json_t *at(json_t *value, const char *path)
{
    char key[64];
    while (value && *path) {
        size_t len = strcspn(path, ".");
        memcpy(key, path, len);
        key[len] = 0;
        value = json_is_array(value) ? json_array_get(value, (size_t)atoi(key))
                                     : json_object_get(value, key);
        path += len + (path[len] == '.');
    }
    return value;
}

const char *string_at(json_t *value, const char *path)
{
    const char *string = json_string_value(at(value, path));
    return string ? string : "";
}

void assert_code(const struct peer *p, int wanted)
{
    if (code(p) != wanted)
        print_message("%.800s\n", p->bytes);
    assert_int_equal(code(p), wanted);
}

void assert_reason(const struct peer *p, int wanted, const char *reason)
{
    assert_code(p, wanted);
    json_t *status = json_of(p);
    assert_string_equal(string_at(status, "kind"), "Status");
    assert_string_equal(string_at(status, "reason"), reason);
    assert_int_equal(json_integer_value(at(status, "code")), wanted);
    json_decref(status);
}

void assert_body_contains(const struct peer *p, const char *text)
{
    char *body = body_of(p);
    if (!strstr(body, text))
        print_message("%.2000s\n", body);
    assert_non_null(strstr(body, text));
    free(body);
}

size_t occurrences(const char *text, const char *word)
{
    size_t n = 0;
    for (; (text = strstr(text, word)) != NULL; text += strlen(word))
        n++;
    return n;
}

void apply_config(struct peer *p, const char *name, const char *label)
{
    char json[256];
    snprintf(json, sizeof json,
             "{\"metadata\":{\"name\":\"%s\",\"labels\":{\"tier\":\"%s\"}},\"data\":{\"a\":\"1\"}}",
             name, label);
    assert_true(mock_apply(p->mock, "configmaps", json) > 0);
}

void assert_events(struct peer *p, const char *wanted)
{
    char found[512] = "", *body = body_of(p);
    for (const char *line = body; *line;) {
        const char *end = strchr(line, '\n');
        assert_non_null(end);
        json_t *event = json_loadb(line, (size_t)(end - line), 0, NULL);
        assert_non_null(event);
        snprintf(found + strlen(found), sizeof found - strlen(found), "%s:%s@%s ",
                 string_at(event, "type"), string_at(event, "object.metadata.name"),
                 string_at(event, "object.metadata.resourceVersion"));
        json_decref(event);
        line = end + 1;
    }
    free(body);
    assert_string_equal(found, wanted);
}

void assert_chosen(struct peer *p, const char *path, const char *names)
{
    char found[256] = "";
    ask(p, "GET", path, "", "");
    assert_code(p, 200);
    json_t *list = json_of(p), *item;
    size_t i;
    json_array_foreach(at(list, "items"), i, item)
    {
        strcat(found, string_at(item, "metadata.name"));
        strcat(found, " ");
    }
    json_decref(list);
    if (strcmp(found, names))
        print_message("%s\n", path);
    assert_string_equal(found, names);
}

bool has_ended(const struct peer *p)
{
    return p->len > 5 && !strcmp(p->bytes + p->len - 5, "0\r\n\r\n");
}
