// SPDX-License-Identifier: Apache-2.0
// injection.c - each of the 256 bytes in every text that ends up in a request or in a message: none
// begins another header, another request, another path or another line of a log.
#include <setjmp.h>
#include <stdarg.h>
#include <stdio.h>
#include <stdlib.h>
#include <string.h>

#include <cmocka.h>

#include "visitor.h"

#define EMPTY "{\"metadata\":{\"resourceVersion\":\"5\"},\"items\":[]}"

static const struct hostile_answer good_list = {
    .head = "HTTP/1.1 200 OK\r\nContent-Length: 47\r\n\r\n" EMPTY};

// ---- what a request is to who reads it strictly

static const char *const known_headers[] = {"Host", "User-Agent", "Accept", "Accept-Encoding"};

// The requests are GETs, whole, with these four headers and no other. Their targets are written
// into `targets`, and how many there are is returned.
static size_t read_requests(const struct visitor *v, char targets[4][2048])
{
    const char *at = v->h.requests;
    size_t n = 0;
    assert_int_equal(strlen(at), v->h.len);
    for (; *at != '\0'; n++) {
        assert_true(n < 4);
        size_t len = strcspn(at, "\r\n ") + 1;
        assert_memory_equal(at, "GET ", 4);
        at += len;
        len = strcspn(at, " \r\n");
        assert_in_range(len, 1, 2047);
        snprintf(targets[n], 2048, "%.*s", (int)len, at);
        at += len;
        assert_memory_equal(at, " HTTP/1.1\r\n", 11);
        at += 11;
        for (size_t i = 0; i < 4; i++) {
            size_t name = strlen(known_headers[i]);
            assert_memory_equal(at, known_headers[i], name);
            assert_memory_equal(at + name, ": ", 2);
            at += strcspn(at, "\r\n");
            assert_memory_equal(at, "\r\n", 2);
            at += 2;
        }
        assert_memory_equal(at, "\r\n", 2);
        at += 2;
    }
    assert_int_equal(n, v->h.asked);
    return n;
}

static int hex(char c)
{
    static const char digits[] = "0123456789ABCDEF";
    const char *at = c != '\0' ? strchr(digits, c) : NULL;
    return at != NULL ? (int)(at - digits) : -1;
}

// Undoes the escapes of `len` bytes; -1 if one is none.
static int undo(const char *text, size_t len, char *out)
{
    int n = 0;
    for (size_t i = 0; i < len; i++, n++) {
        out[n] = text[i];
        if (text[i] != '%')
            continue;
        int high = i + 2 < len ? hex(text[i + 1]) : -1;
        int low = i + 2 < len ? hex(text[i + 2]) : -1;
        if (high < 0 || low < 0)
            return -1;
        out[n] = (char)(high << 4 | low);
        i += 2;
    }
    return n;
}

// The query's parameter `name`, its escapes undone, is just these bytes, and comes once.
static void assert_parameter(const char *target, const char *name, const char *bytes, size_t len)
{
    char whole[64];
    char value[2048];
    snprintf(whole, sizeof whole, "%s=", name);
    const char *at = strchr(target, '?');
    unsigned times = 0;
    for (; at != NULL; at = strchr(at + 1, '&')) {
        if (strncmp(at + 1, whole, strlen(whole)) != 0)
            continue;
        const char *from = at + 1 + strlen(whole);
        // Escaped to what no reader of queries takes for anything else: also '+' and ';'.
        size_t there = strcspn(from, "&");
        int n = undo(from, there, value);
        assert_int_equal(n, len);
        assert_memory_equal(value, bytes, len);
        assert_int_equal(strcspn(from, "+;#/?&= "), strcspn(from, "&"));
        times++;
    }
    assert_int_equal(times, 1);
}

// ---- what the program or its user chooses

enum part { NAMESPACE, LABELS, FIELDS, AGENT, SERVER, PARTS };

static void set(struct visitor *v, enum part part, const char *text)
{
    if (part == NAMESPACE)
        v->options.namespace_ = text;
    else if (part == LABELS)
        v->options.label_selector = text;
    else if (part == FIELDS)
        v->options.field_selector = text;
    else if (part == AGENT)
        v->config.user_agent = text;
    else
        v->config.server = text;
}

static void look(const struct visitor *v, enum part part, const char *text)
{
    char targets[4][2048];
    size_t n = read_requests(v, targets);
    // A part that makes no request possible has made none.
    if (n == 0 && (part == AGENT || part == SERVER))
        return;
    assert_true(n > 0);
    for (size_t i = 0; i < n; i++) {
        const char *target = targets[i];
        if (part == LABELS)
            assert_parameter(target, "labelSelector", text, strlen(text));
        if (part == FIELDS)
            assert_parameter(target, "fieldSelector", text, strlen(text));
        if (part == SERVER) // may have a path of its own, which comes first
            target = strstr(target, "/apis/");
        if (part != NAMESPACE) {
            assert_non_null(target);
            assert_memory_equal(target, "/apis/apps/v1/deployments?", 26);
            continue;
        }
        static const char before[] = "/apis/apps/v1/namespaces/";
        char name[64];
        size_t len = strcspn(target + sizeof before - 1, "/?");
        assert_memory_equal(target, before, sizeof before - 1);
        int undone = undo(target + sizeof before - 1, len, name);
        assert_int_equal(undone, strlen(text));
        assert_memory_equal(name, text, strlen(text));
        assert_memory_equal(target + sizeof before - 1 + len, "/deployments?", 13);
    }
}

static void try_text(enum part part, const char *text)
{
    struct visitor v;
    visitor_open(&v, &good_list, 1);
    v.size = 48u * 1024;
    set(&v, part, text);
    kedge_err err = visitor_start(&v, &kedge_kind_deployment);
    if (err == KEDGE_OK)
        visitor_run(&v, 100, 1);
    if (err == KEDGE_OK)
        look(&v, part, text);
    else
        assert_int_equal(v.p.opens, 0);
    // What is no single segment of a path is no namespace.
    bool segment = strpbrk(text, "/%") == NULL && strcmp(text, ".") != 0 && strcmp(text, "..") != 0;
    if (part == NAMESPACE && !segment)
        assert_int_equal(err, KEDGE_ERR_ARGUMENT);
    visitor_close(&v);
}

static void no_byte_of_a_programs_text_leaves_its_place(void **state)
{
    (void)state;
    for (enum part part = 0; part < PARTS; part++) {
        const char *around = part == SERVER ? "http://ab" : "ab";
        size_t len = strlen(around);
        for (int byte = 1; byte < 256; byte++) {
            for (size_t at = len - 2; at <= len; at++) {
                char text[32];
                snprintf(text, sizeof text, "%.*s%c%s", (int)at, around, byte, around + at);
                try_text(part, text);
            }
        }
    }
}

static void known_attacks_stay_where_they_are(void **state)
{
    (void)state;
    static const char *const attacks[] = {
        "x\r\nAuthorization: Bearer y",
        "x HTTP/1.1\r\nHost: evil\r\n\r\nGET /api/v1/secrets",
        "../../../../api/v1/secrets",
        "..",
        ".",
        "%2e%2e",
        "..%2f..%2fsecrets",
        "x?labelSelector=",
        "x#",
        "x;y",
        "x&watch=false",
        "x\ty",
        "x\ny",
        "\x1b]0;title\x07",
        "\xe2\x80\xae",
        "\xc0\xaf",
        "a@evil.test",
        "a\\@evil.test",
    };
    for (enum part part = 0; part < PARTS; part++) {
        for (size_t i = 0; i < sizeof attacks / sizeof attacks[0]; i++) {
            char text[128];
            snprintf(text, sizeof text, "%s%s", part == SERVER ? "http://" : "", attacks[i]);
            try_text(part, text);
        }
    }
}

// ---- what the server chooses

// A JSON text of "a", the byte as the character of that number, and "b".
static size_t as_json(int byte, char *json, char *plain)
{
    sprintf(json, "a\\u%04xb", (unsigned)byte);
    if (byte < 0x80)
        return (size_t)sprintf(plain, "a%cb", byte);
    return (size_t)sprintf(plain, "a%c%cb", 0xc0 | byte >> 6, 0x80 | (byte & 0x3f));
}

static void no_byte_of_a_servers_text_leaves_its_place(void **state)
{
    (void)state;
    static const char *const metadata[] = {"\"resourceVersion\":\"%s\"",
                                           "\"resourceVersion\":\"5\",\"continue\":\"%s\""};
    static const char *const parameters[] = {"resourceVersion", "continue"};
    for (int byte = 0; byte < 256; byte++) {
        for (int what = 0; what < 2; what++) {
            char json[32], plain[32], field[128], list[512], targets[4][2048];
            size_t len = as_json(byte, json, plain);
            snprintf(field, sizeof field, metadata[what], json);
            snprintf(
                list, sizeof list,
                "HTTP/1.1 200 OK\r\nContent-Length: %zu\r\n\r\n{\"metadata\":{%s},\"items\":[]}",
                strlen("{\"metadata\":{},\"items\":[]}") + strlen(field), field);
            struct hostile_answer answers[] = {{.head = list}, {0}};
            struct visitor v;
            visitor_open(&v, answers, 2);
            assert_int_equal(visitor_start(&v, &kedge_kind_deployment), KEDGE_OK);
            visitor_run(&v, 100, UINT64_MAX);
            // A NUL in a version cuts it off here, or it is refused: either way it is sent nowhere.
            size_t n = read_requests(&v, targets);
            if (byte > 0 || what == 1) {
                assert_int_equal(n, 2);
                assert_parameter(targets[1], parameters[what], plain, len);
            }
            visitor_close(&v);
        }
    }
}

static void no_byte_of_a_refusal_reaches_a_message_raw(void **state)
{
    (void)state;
    for (int byte = 0; byte < 256; byte++) {
        char head[512];
        snprintf(head, sizeof head,
                 "HTTP/1.1 403 %c\r\nContent-Type: application/json\r\nLocation: /%c/\r\n"
                 "Connection: close\r\n\r\n{\"kind\":\"Status\",\"apiVersion\":\"v1\",\"status\":"
                 "\"Failure\",\"message\":\"you \\u%04x%c may not\",\"reason\":\"Forbidden\","
                 "\"code\":403}",
                 byte >= 0x20 && byte != 0x7f ? byte : 'x',
                 byte >= 0x20 && byte != 0x7f ? byte : 'x', (unsigned)byte,
                 byte >= 0x20 && byte < 0x7f && byte != '"' && byte != '\\' ? byte : 'x');
        struct hostile_answer answer = {.head = head, .closes = true};
        struct visitor v;
        visitor_open(&v, &answer, 1);
        assert_int_equal(visitor_start(&v, &kedge_kind_deployment), KEDGE_OK);
        visitor_run(&v, 100, UINT64_MAX); // the visitor looks at each message
        assert_true(v.messages > 0);
        visitor_close(&v);
    }
}

// A list of one object with that name, and a heap that has no room for it or only for a part.
static void no_byte_of_an_objects_name_reaches_a_message_raw(void **state)
{
    (void)state;
    static char body[8192], head[8500], filler[4000];
    memset(filler, 'x', sizeof filler - 1);
    for (int byte = 1; byte < 256; byte++) {
        snprintf(body, sizeof body,
                 "{\"metadata\":{\"resourceVersion\":\"5\"},\"items\":[{\"metadata\":{\"name\":"
                 "\"a\\u%04x\",\"namespace\":\"n\\u%04x\",\"uid\":\"1\",\"resourceVersion\":\"4\","
                 "\"labels\":{\"a\":\"%s\",\"b\":\"%.500s\"}}}]}",
                 (unsigned)byte, (unsigned)byte, filler, filler);
        snprintf(head, sizeof head, "HTTP/1.1 200 OK\r\nContent-Length: %zu\r\n\r\n%s",
                 strlen(body), body);
        struct hostile_answer answers[] = {{.head = head}, {0}};
        struct visitor v;
        visitor_open(&v, answers, 2);
        assert_int_equal(visitor_start(&v, &kedge_kind_deployment), KEDGE_OK);
        visitor_run(&v, 100, UINT64_MAX);
        assert_int_equal(visitor_state(&v).partial, 1);
        assert_non_null(strchr(visitor_state(&v).last_partial, '/'));
        visitor_close(&v);
    }
}

// ---- what the kubeconfig and its surroundings choose

static void no_byte_of_a_path_reaches_a_message_raw(void **state)
{
    (void)state;
    static const char *const lines[] = {"certificate-authority", "client-certificate", "tokenFile"};
    static const char *const places[] = {"clusters", "users", "users"};
    for (int byte = 1; byte < 256; byte++) {
        for (size_t i = 0; i < 3; i++) {
            char text[1024], path[32];
            snprintf(path, sizeof path, "/\\x%02xk", (unsigned)byte);
            bool user = strcmp(places[i], "users") == 0;
            int len = snprintf(
                text, sizeof text,
                "current-context: c\ncontexts: [{name: c, context: {cluster: k, user: u}}]\n"
                "clusters: [{name: k, cluster: {server: 'https://x', %s: \"%s\"}}]\n"
                "users: [{name: u, user: {%s: \"%s\", client-key: /k}}]\n",
                user ? "tls-server-name" : lines[i], user ? "x" : path,
                user ? lines[i] : "username", user ? path : "x");
            const struct fake_file file = {.path = "/k", .bytes = text, .len = (size_t)len};
            static unsigned char memory[16384];
            struct fake_port p;
            struct kedge_config config;
            struct kedge_config_options options = {.kubeconfig = "/k"};
            fake_port_init(&p, 1);
            p.files = &file;
            p.file_count = 1;
            struct kedge *k = kedge_init(memory, sizeof memory, &p.port);
            assert_int_equal(kedge_config_load(k, &config, &options), KEDGE_ERR_FILE);
            assert_printable(kedge_error_text(k));
        }
    }
}

static void a_password_in_an_address_is_not_told(void **state)
{
    (void)state;
    static const char *const servers[] = {"https://me:geheim@x", "https://geheim@x:1/p",
                                          "me:geheim@x", "https://me:geheim@y@x",
                                          "https://me:ge@heim@ x"};
    for (size_t i = 0; i < sizeof servers / sizeof servers[0]; i++) {
        struct visitor v;
        visitor_open(&v, &good_list, 1);
        v.config.server = servers[i];
        assert_int_equal(visitor_start(&v, &kedge_kind_deployment), KEDGE_ERR_CONFIG);
        assert_null(strstr(kedge_error_text(v.k), "heim"));
        visitor_close(&v);
    }
}

int main(void)
{
    const struct CMUnitTest tests[] = {
        cmocka_unit_test(no_byte_of_a_programs_text_leaves_its_place),
        cmocka_unit_test(known_attacks_stay_where_they_are),
        cmocka_unit_test(no_byte_of_a_servers_text_leaves_its_place),
        cmocka_unit_test(no_byte_of_a_refusal_reaches_a_message_raw),
        cmocka_unit_test(no_byte_of_an_objects_name_reaches_a_message_raw),
        cmocka_unit_test(no_byte_of_a_path_reaches_a_message_raw),
        cmocka_unit_test(a_password_in_an_address_is_not_told),
    };
    return cmocka_run_group_tests(tests, NULL, NULL);
}
