// SPDX-License-Identifier: Apache-2.0
// seeds.c - seeds DIR: first inputs for the targets, a folder for each, from what a real API server
// has sent (tests/data), from tests/fuzz/seeds/TARGET.txt (an input a line, without its two first
// bytes) and from keys and certificates made here. The folders must be there.
#include <setjmp.h>
#include <stdarg.h>
#include <stdio.h>
#include <stdlib.h>
#include <string.h>

#include <cmocka.h>

#include "filled.h"
#include "kinds.h"
#include "replies.h"
#include "test_pki.h"

#define TEXTS "tests/fuzz/seeds"

static const char *root;
static unsigned count;

// One seed of several texts, the last of them NULL. The choices are as fuzz.h counts them.
static void put(const char *target, unsigned choice, char cut, const char *texts[])
{
    char path[512];
    snprintf(path, sizeof path, "%s/%s/%04u", root, target, count++);
    FILE *f = fopen(path, "wb");
    if (f == NULL) {
        perror(path);
        exit(1);
    }
    fputc((int)('0' + choice) & 0xff, f);
    fputc(cut, f);
    for (; *texts != NULL; texts++)
        fputs(*texts, f);
    fclose(f);
}

static void put_text(const char *target, unsigned choice, const char *text)
{
    const char *texts[] = {text, NULL};
    put(target, choice, count % 3 == 0 ? '0' : (char)('1' + count % 7), texts);
}

static bool has(const struct reply *r, const char *word)
{
    return strstr(r->name, word) != NULL;
}

// As in the targets: which of kinds.h.
static unsigned kind_of(const struct reply *r)
{
    const struct kedge_kind *kind = kind_of_reply(r->name);
    for (unsigned i = 0; i < FUZZ_KINDS; i++) {
        if (fuzz_kinds[i] == kind)
            return i;
    }
    return 0;
}

static unsigned shape_of(const struct reply *r)
{
    return strncmp(r->name, "list", 4) == 0 ? 1 : (strncmp(r->name, "watch", 5) == 0 ? 2 : 0);
}

static void put_reply(const struct reply *r)
{
    static char body[1 << 20];
    unsigned shape = shape_of(r);
    unsigned kind = kind_of(r);
    if (r->raw.len > 16384)
        return;
    memcpy(body, r->body.ptr, r->body.len);
    body[r->body.len] = '\0';
    put_text("http", 0, r->raw.ptr);
    const char *chunks = strstr(r->raw.ptr, "\r\n\r\n");
    if (strstr(r->raw.ptr, "chunked") != NULL)
        put_text("chunked", 0, chunks + 4);
    if (body[0] != '{')
        return;
    put_text("sieve", shape, body);
    if (shape + 6 * (1 + kind) < 256)
        put_text("sieve", shape + 6 * (1 + kind), body);
    put_text("record", shape + 3 * kind, body);
    put_text("reader", 0, body);
    put_text(has(r, "error") ? "status" : "writer", 0, body);
    // As in the target discovery: which document, and where.
    static const char *const documents[] = {"apis-agg", "api-legacy", "resources", "api-agg",
                                            "apis-l"};
    for (unsigned i = 0; i < sizeof documents / sizeof documents[0]; i++) {
        if (has(r, documents[i]))
            put_text("discovery", i, body);
    }
    if (strncmp(r->name, "list-deployments", 16) == 0 || shape == 2 || has(r, "error"))
        put_text("informer", 0, r->raw.ptr);
}

// Lists and watches one after the other, as a server would answer.
static void put_conversations(void)
{
    static const char end[] = "\n%%\n";
    const char *list = reply_named("list-deployments-ns.http")->raw.ptr;
    const char *watch = reply_named("watch-deployments.http")->raw.ptr;
    const char *expired = reply_named("watch-expired.http")->raw.ptr;
    const char *refused = reply_named("error-403-anonymous.http")->raw.ptr;
    put("informer", 0, '0', (const char *[]){watch, NULL});
    put("informer", 1, '5', (const char *[]){watch, end, expired, end, list, end, watch, NULL});
    put("informer", 2, '1', (const char *[]){refused, end, expired, end, list, NULL});
    put("informer", 3, '6', (const char *[]){expired, end, refused, end, list, end, watch, NULL});
}

static void put_lines(const char *target)
{
    char path[512];
    static char line[4096];
    snprintf(path, sizeof path, TEXTS "/%s.txt", target);
    FILE *f = fopen(path, "r");
    if (f == NULL) {
        perror(path);
        exit(1);
    }
    while (fgets(line, sizeof line, f) != NULL) {
        line[strcspn(line, "\n")] = '\0';
        for (char *c = line; *c != '\0'; c++)
            *c = *c == '|' && strcmp(target, "selector") != 0 ? '\n' : *c;
        put_text(target, strcmp(target, "sieve") == 0 ? count % 3 : count % 97, line);
    }
    fclose(f);
}

static void put_certificates(void)
{
    static struct test_certificate ca, web, rsa;
    test_certify(&ca, &(struct test_wish){.subject = "CN=ca", .ca = true}, NULL);
    test_certify(&web, &(struct test_wish){.subject = "CN=web", .client = true}, &ca);
    test_certify(&rsa, &(struct test_wish){.subject = "CN=rsa", .key = TEST_KEY_RSA}, &ca);
    static const char end[] = "\n%%\n";
    put("tls", 0, '0', (const char *[]){ca.pem, end, web.pem, end, web.key_pem, NULL});
    put("tls", 0, '0', (const char *[]){ca.pem, rsa.pem, end, rsa.pem, end, rsa.key_pem, NULL});
    put("tls", 1, '0', (const char *[]){end, web.pem, ca.pem, end, web.key_pem, NULL});
    put("tls", 0, '0', (const char *[]){"text\n", ca.pem, "more text\n", NULL});
    put("tls", 0, '0', (const char *[]){ca.pem, end, web.pem, end, rsa.key_pem, NULL});
    test_certificate_free(&ca);
    test_certificate_free(&web);
    test_certificate_free(&rsa);
    test_pki_done();
}

int main(int argc, char **argv)
{
    static const char *const by_line[] = {
        "url",    "selector", "field_selector", "selector_build", "quantity", "time",
        "reader", "writer",   "kubeconfig",     "discovery",      "proxy"};
    size_t replies_count;
    if (argc != 2) {
        fputs("usage: seeds DIR\n", stderr);
        return 2;
    }
    root = argv[1];
    const struct reply *r = replies(&replies_count);
    for (size_t i = 0; i < replies_count; i++)
        put_reply(&r[i]);
    put_conversations();
    for (size_t i = 0; i < sizeof by_line / sizeof by_line[0]; i++)
        put_lines(by_line[i]);
    put_certificates();
    printf("%u seeds in %s\n", count, root);
    return 0;
}
