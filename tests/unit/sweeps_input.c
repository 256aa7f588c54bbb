// SPDX-License-Identifier: Apache-2.0
// Every parser of a whole text: each cut of its input, at each edge of memory. None may look at
// what lies before or behind.
#include "sweep.h"

#include <setjmp.h>
#include <stdarg.h>
#include <stdio.h>
#include <stdlib.h>

#include <cmocka.h>

#include "base/base64.h"
#include "base/hash.h"
#include "client/config_priv.h"
#include "client/kubeconfig.h"
#include "client/token.h"
#include "fake_port.h"
#include "guard.h"
#include "kedge/field_selector.h"
#include "kedge/kinds.h"
#include "kedge/labels.h"
#include "kedge/quantity.h"
#include "kedge/reader.h"
#include "kedge/selector.h"
#include "kedge/selector_build.h"
#include "kedge/status.h"
#include "kedge/time.h"
#include "kedge/tls.h"
#include "kedge/url.h"
#include "net/escape.h"
#include "net/fold.h"
#include "net/host.h"
#include "net/http_fields.h"
#include "object/names.h"
#include "objects.h"
#include "replies.h"
#include "tls_talk.h"
#include "json/number.h"
#include "json/utf8.h"

#define INPUTS(...) ((const char *const[]){__VA_ARGS__, NULL})

static void say(struct kedge__line *said, const char *what, int64_t n)
{
    kedge__line_text(said, what);
    kedge__line_text(said, "=");
    kedge__line_int(said, n);
    kedge__line_text(said, " ");
}

static void say_text(struct kedge__line *said, kedge_str s)
{
    kedge__line_text(said, "\"");
    kedge__line_str(said, s);
    kedge__line_text(said, "\" ");
}

// ---- addresses

static void address(kedge_str in, struct kedge__line *said)
{
    for (int tls = 0; tls < 2; tls++) {
        struct kedge_url u;
        const char *problem = NULL;
        kedge_err err = kedge_url_parse(in, tls, &u, &problem);
        say(said, "err", err);
        kedge__line_text(said, problem);
        if (err != KEDGE_OK)
            continue;
        say_text(said, u.host);
        say_text(said, u.path);
        say(said, "port", u.port);
        say(said, "flags", u.tls * 2 + u.ipv6);
    }
}

static void host(kedge_str in, struct kedge__line *said)
{
    unsigned char ip[16];
    size_t n = kedge__host_ip(in, ip);
    say(said, "ip", (int64_t)n);
    for (size_t i = 0; i < n; i++)
        say(said, "", ip[i]);
    say_text(said, kedge__host_trim(in));
    say(said, "name", kedge__host_matches(in, KEDGE_STR("api.example.com")));
    say(said, "host", kedge__host_matches(KEDGE_STR("*.example.com"), in));
    say(said, "both", kedge__host_matches(in, in));
}

// ---- values of the API

static void quantity(kedge_str in, struct kedge__line *said)
{
    int64_t n = -7;
    say(said, "good", kedge_quantity_parse(in, &n));
    say(said, "n", n);
}

static void moment(kedge_str in, struct kedge__line *said)
{
    kedge_timestamp t = -7;
    say(said, "good", kedge_timestamp_parse(in, &t));
    say(said, "t", t);
}

static void number(kedge_str in, struct kedge__line *said)
{
    int64_t n = -7;
    say(said, "is", kedge__number_is(in));
    say(said, "whole", kedge__number_int64(in, &n));
    say(said, "n", n);
}

static void name(kedge_str in, struct kedge__line *said)
{
    say(said, "value", kedge__is_label_value(in));
    say(said, "key", kedge__is_label_key(in));
    say(said, "label", kedge__is_dns_label(in));
    say(said, "subdomain", kedge__is_dns_subdomain(in));
    say(said, "segment", kedge__is_path_segment(in));
    kedge__line_text(said, kedge__url_segment_problem(in));
}

static struct kedge_object *labelled;

static void selector(kedge_str in, struct kedge__line *said)
{
    struct kedge_selector s;
    char text[256];
    size_t len;
    kedge_str value = KEDGE_STR("");
    say(said, "err", kedge_selector_parse(&s, in.ptr));
    say(said, "at", (int64_t)s.error_at);
    kedge__line_text(said, s.problem);
    say(said, "matches", kedge_selector_matches(&s, labelled));
    say(said, "requires", kedge_selector_requires(&s, "app", &value));
    say_text(said, value);
    say(said, "text", kedge_selector_text(&s, text, sizeof text, &len));
    say_text(said, (kedge_str){text, len});
}

static void field_selector(kedge_str in, struct kedge__line *said)
{
    struct kedge_field_selector s;
    char text[256] = "";
    size_t len = 0;
    say(said, "err", kedge_field_selector_parse(&s, in.ptr));
    say(said, "at", (int64_t)s.error_at);
    kedge__line_text(said, s.problem);
    say(said, "matches", kedge_field_selector_matches_object(&s, labelled));
    say(said, "requires", kedge_field_selector_requires(&s, "a", text, sizeof text, &len));
    say_text(said, (kedge_str){text, len});
    say(said, "text", kedge_field_selector_text(&s, text, sizeof text, &len));
    say_text(said, (kedge_str){text, len});
}

// The text as a value with escapes, and as one without.
static void escapes(kedge_str in, struct kedge__line *said)
{
    char text[256] = "";
    size_t len = 0;
    say(said, "plain", kedge_field_unescape(in, text, sizeof text, &len));
    say_text(said, (kedge_str){text, len});
    say(said, "escaped", kedge_field_escape(in, text, sizeof text, &len));
    say_text(said, (kedge_str){text, len});
}

static void label_map(kedge_str in, struct kedge__line *said)
{
    struct kedge_label pairs[4];
    size_t count, at = 0;
    say(said, "err", kedge_labels_parse(in.ptr, pairs, 4, &count, &at));
    say(said, "at", (int64_t)at);
    for (size_t i = 0; i < count; i++) {
        say_text(said, pairs[i].key);
        say_text(said, pairs[i].value);
    }
}

// The text as the key of a requirement, as its value and as a label.
static void requirement(kedge_str in, struct kedge__line *said)
{
    static const kedge_str one = {"1", 1};
    const struct kedge_requirement r[] = {{in, KEDGE_OPERATOR_GREATER_THAN, &one, 1},
                                          {{"x", 1}, KEDGE_OPERATOR_LESS_THAN, &in, 1},
                                          {{"x", 1}, KEDGE_OPERATOR_IN, &in, 1}};
    struct kedge_label pair = {in, in};
    struct kedge_selector s;
    char text[256];
    for (size_t i = 0; i < 3; i++) {
        say(said, "err", kedge_selector_add(NULL, &r[i], 1, text, sizeof text, &s));
        kedge__line_text(said, s.problem);
        say_text(said, s.text);
        say(said, "matches", kedge_requirement_matches(&r[i], kedge_labels_of_object(labelled)));
    }
    say(said, "err",
        kedge_selector_from_labels_unchecked(&s, kedge_labels_of(&pair, 1), text, sizeof text));
    say_text(said, s.text);
    say(said, "matches", kedge_selector_matches(&s, labelled));
}

// ---- JSON

static void walk(kedge_json_value v, struct kedge__line *said)
{
    char text[256];
    int64_t n = -7;
    bool yes = false;
    say(said, "type", kedge_json_type(v));
    say_text(said, kedge_json_raw(v));
    say_text(said, kedge_json_raw_key(v));
    say(said, "key", kedge_json_key_is(v, KEDGE_STR("name")));
    size_t len = kedge_json_text(v, text, sizeof text);
    say_text(said, (kedge_str){text, len < sizeof text ? len : sizeof text});
    len = kedge_json_key(v, text, sizeof text);
    say_text(said, (kedge_str){text, len < sizeof text ? len : sizeof text});
    say(said, "whole", kedge_json_int64(v, &n));
    say(said, "bool", kedge_json_bool(v, &yes));
    say(said, "n", n + yes);
    for (kedge_json_value e = kedge_json_first(v); e.at >= 0; e = kedge_json_next(e))
        walk(e, said);
}

static struct kedge_json_token tokens[2048];

static void json(kedge_str in, struct kedge__line *said)
{
    struct kedge_json doc;
    say(said, "err", kedge_json_parse(&doc, in.ptr, in.len, tokens, 2048));
    walk(kedge_json_root(&doc), said);
}

static void status(kedge_str in, struct kedge__line *said)
{
    struct kedge_status s;
    struct kedge_json doc;
    kedge_status_from_code(&s, 500);
    say(said, "err", kedge_json_parse(&doc, in.ptr, in.len, tokens, 2048));
    say(said, "read", kedge_status_read(&s, kedge_json_root(&doc)));
    say(said, "code", s.code);
    say(said, "after", s.retry_after_seconds);
    say(said, "causes", s.cause_count);
    kedge__line_text(said, s.reason);
    kedge__line_text(said, s.message);
    kedge__line_text(said, s.name);
    kedge__line_text(said, s.group);
    kedge__line_text(said, s.kind);
    kedge__line_text(said, s.uid);
    for (size_t i = 0; i < KEDGE_STATUS_CAUSES; i++) {
        kedge__line_text(said, s.causes[i].field);
        kedge__line_text(said, s.causes[i].reason);
        kedge__line_text(said, s.causes[i].message);
    }
    kedge_status_from_code(&s, 500);
    say(said, "reply", kedge_status_read_reply(&s, kedge_json_root(&doc)));
    say(said, "success", s.success);
}

static void characters(kedge_str in, struct kedge__line *said)
{
    struct kedge__utf8 u = {0, 0, 0};
    for (size_t i = 0; i < in.len; i++) {
        unsigned char c = (unsigned char)in.ptr[i];
        say(said, "", u.need > 0 ? kedge__utf8_next(&u, c) : kedge__utf8_first(&u, c));
    }
}

// ---- headers, credentials, configuration

static void header(kedge_str in, struct kedge__line *said)
{
    say(said, "field", kedge__http_field_of(in));
    say(said, "fold", kedge__fold_is(in, "keep-alive"));
    for (int f = KEDGE__HTTP_CONNECTION; f <= KEDGE__HTTP_TRANSFER_ENCODING; f++) {
        struct kedge_http_response r;
        kedge_http_response_init(&r);
        kedge__line_text(said, kedge__http_field_take(&r, (enum kedge__http_field)f, in));
        kedge__line_text(said, kedge__http_fields_check(&r));
        say(said, "length", (int64_t)r.content_length);
        say(said, "date", r.date);
        say(said, "after", r.retry_after);
        say(said, "content", r.content);
        say(said, "flags", r.encoded * 8 + r.close * 4 + r.persist * 2 + r.chunked);
        kedge__line_text(said, r.location);
    }
}

static void base64(kedge_str in, struct kedge__line *said)
{
    char out[256];
    size_t len = 7;
    say(said, "ask", kedge__base64_decode(in, NULL, 0, &len));
    say(said, "len", (int64_t)len);
    say(said, "err", kedge__base64_decode(in, out, sizeof out, &len));
    for (size_t i = 0; i < len; i++)
        say(said, "", out[i]);
    assert_int_equal(kedge__base64_encode(in, out, sizeof out, &len), KEDGE_OK);
    say_text(said, (kedge_str){out, len});
}

static void plain_text(kedge_str in, struct kedge__line *said)
{
    say_text(said, kedge__token_trim(in));
    say(said, "pem", kedge__config_has_pem(in));
    say(said, "eq", kedge_str_eq(in, KEDGE_STR("-----BEGIN")));
    say(said, "is", kedge_str_is(in, "-----BEGIN"));
    say(said, "hash", kedge__hash(7, in.ptr, in.len));
    say(said, "hash", kedge__hash_pair(7, in, in));
    kedge__line_printable(said, in, 16);
}

static void scalar(kedge_str in, struct kedge__line *said)
{
    static const enum kedge__kubeconfig_type types[] = {KEDGE__TEXT, KEDGE__BOOL, KEDGE__DATA,
                                                        KEDGE__ANY};
    static unsigned char memory[8192];
    struct fake_port port;
    fake_port_init(&port, 1);
    struct kedge *k = kedge_init(memory, sizeof memory, &port.port);
    enum kedge__kubeconfig_scalar is = kedge__kubeconfig_plain(in);
    say(said, "is", is);
    for (size_t i = 0; i < sizeof types / sizeof types[0]; i++) {
        struct kedge__kubeconfig_field f = {.key = "key", .type = types[i]};
        const char *problem =
            is != KEDGE__NOTHING ? kedge__kubeconfig_check(&f, in, is) : "nothing";
        kedge_str kept = KEDGE_STR("");
        kedge__line_text(said, problem);
        if (problem == NULL)
            say(said, "kept", kedge__kubeconfig_keep(k, &f, in, &kept));
        say_text(said, kept);
    }
}

static const struct sweep_parser parsers[] = {
    {"address", address,
     INPUTS("https://api.example.com:6443/prefix/a?b#c", "[2001:db8::1]:65535", "HTTP://10.0.0.1/",
            "https://user@host", "host:99999"),
     false},
    {"host", host,
     INPUTS("::ffff:10.20.30.40%eth0", "2001:db8:0:1:2:3:4:5", "*.Example.COM.", "255.255.255.255",
            "api.example.com", "1::2::3"),
     false},
    {"quantity", quantity,
     INPUTS("-1.5Gi", "+12345678901234567890.123456E-2", "100m", "2e3", ".5", "0.000000001Ki"),
     false},
    {"time", moment,
     INPUTS("2026-11-23T05:16:24.123456789+01:00", "2024-02-29T23:59:59Z", "0000-01-01T00:00:00Z"),
     false},
    {"number", number, INPUTS("-12.5e+10", "9223372036854775807", "1000e-3", "0.0E0", "-0"), false},
    {"name", name,
     INPUTS("app.kubernetes.io/name", "a-b.c-d.example.com", "Under_score.9", "a/b/c", "..",
            "kube-system"),
     false},
    {"selector", selector,
     INPUTS("app=web, tier in (front,,back), !canary, x notin (), n>17, m<3, a!=",
            "example.com/app==web,tier,cores>-9223372036854775808"),
     true},
    {"field selector", field_selector,
     INPUTS("metadata.name=web,status.phase!=Running,,a==b", "a=b\\,c\\=d\\\\,spec.x!="), true},
    {"escapes", escapes, INPUTS("b\\,c\\=d\\\\", "a,b=c\\d"), false},
    {"labels", label_map, INPUTS("a=b, example.com/c = d ,e=", "a=b,a=c"), true},
    {"requirement", requirement, INPUTS("example.com/app", "-123", "9223372036854775807", "a b,c"),
     false},
    {"JSON", json,
     INPUTS("{\"metadata\":{\"name\":\"\\u00e9\\ud83d\\ude00\\n\",\"n\":[1,-2.5e3,true,false,null,"
            "{}]},\"name\":\"b\"}",
            "\"\\\\\\\"\\u0000\"", "-12.5e10", "[[[[1],2],3],4]"),
     false},
    {"Status", status,
     INPUTS(
         "{\"kind\":\"Status\",\"metadata\":{},\"status\":\"Failure\",\"message\":\"no \\u00e9\","
         "\"reason\":\"Expired\",\"details\":{\"causes\":[{\"reason\":\"FieldValueInvalid\","
         "\"field\":\"spec.replicas\",\"message\":\"m\"}],\"retryAfterSeconds\":3},\"code\":410}"),
     false},
    {"characters", characters, INPUTS("a\xc3\xa9\xe2\x82\xac\xf0\x9f\x98\x80\xed\xa0\x80"), false},
    {"header", header,
     INPUTS("Sun, 06 Nov 1994 08:49:37 GMT", "Sunday, 06-Nov-94 08:49:37 GMT",
            "Sun Nov  6 08:49:37 1994", "application/json; charset=utf-8", "close, Keep-Alive",
            "transfer-encoding", "chunked", "gzip, identity", "120", "9223372036854775808",
            "https://else.where/a?b=c"),
     false},
    {"base64", base64,
     INPUTS("Zm9v\r\nYmFy\n", "Zg==", "Zm8=", "AAECAwQF/v8+", "Zg=a", "Z\ng=\n=\n"), false},
    {"text", plain_text,
     INPUTS(" \t token \r\n", "-----BEGIN CERTIFICATE-----\nMIIB",
            "a\x01\xff long and not printable"),
     false},
    {"scalar", scalar,
     INPUTS("true", "NULL", "~", "0x1F", "1_000.5e+3", "0b1_01", "-.inf", "190:20:30", "Zm9vYmFy",
            "2026-11-23T05:16:24Z", "0o17", "yes", "a text"),
     false},
};

static void no_parser_looks_beyond_its_text(void **state)
{
    (void)state;
    labelled = record_of(&kedge_kind_pod, KEDGE_STR("{\"metadata\":{\"labels\":{\"app\":\"web\","
                                                    "\"tier\":\"front\",\"n\":\"18\"}}}"));
    for (size_t i = 0; i < sizeof parsers / sizeof parsers[0]; i++) {
        size_t texts = sweep_places(&parsers[i]);
        print_message("%-14s %4zu texts\n", parsers[i].name, texts);
        assert_true(texts > 10);
    }
    free(labelled);
}

// The refusals of a real server, each cut as if the buffer had been too small for it.
static void no_refusal_is_read_beyond_its_text(void **state)
{
    (void)state;
    size_t count, refusals = 0;
    const struct reply *r = replies(&count);
    for (; count > 0; count--, r++) {
        if (strncmp(r->name, "error-", 6) != 0 || r->body.ptr[0] != '{')
            continue;
        char text[4096];
        assert_true(r->body.len < sizeof text);
        memcpy(text, r->body.ptr, r->body.len);
        text[r->body.len] = '\0';
        struct sweep_parser p = {r->name, status, INPUTS(text), false};
        sweep_places(&p);
        refusals++;
    }
    assert_true(refusals > 10);
}

// ---- certificates: mbedTLS parses, but what is handed to it is ours

static const char *tls_problem_of(kedge_str ca, kedge_err *err)
{
    struct fake_port port;
    fake_port_init(&port, 1);
    struct kedge_tls_options o = {.port = &port.port, .ca = ca};
    struct kedge_tls *tls = NULL;
    const char *problem = NULL;
    void *memory = malloc(kedge_tls_size());
    *err = kedge_tls_init(memory, &o, &tls, &problem);
    kedge_tls_free(tls);
    free(memory);
    return problem;
}

static void a_certificate_cut_anywhere_is_refused(void **state)
{
    (void)state;
    const struct test_certificate *c = &certificates[CA];
    size_t len = strlen(c->pem);
    kedge_err err;
    // The PEM's last line feed may be missing.
    for (size_t cut = 0; cut + 1 < len; cut++) {
        char *text = guard_put(c->pem, cut + 1);
        text[cut] = '\0';
        const char *problem = tls_problem_of((kedge_str){text, cut}, &err);
        if (cut > 0 && (err != KEDGE_ERR_CONFIG || problem == NULL))
            fail_msg("PEM of %zu bytes: %s", cut, kedge_err_name(err));
    }
    for (size_t cut = 1; cut <= c->der_len; cut++) {
        tls_problem_of((kedge_str){guard_put(c->der, cut), cut}, &err);
        assert_int_equal(err, cut < c->der_len ? KEDGE_ERR_CONFIG : KEDGE_OK);
    }
}

int main(void)
{
    const struct CMUnitTest tests[] = {
        cmocka_unit_test(no_parser_looks_beyond_its_text),
        cmocka_unit_test(no_refusal_is_read_beyond_its_text),
        cmocka_unit_test_setup_teardown(a_certificate_cut_anywhere_is_refused, make_certificates,
                                        free_certificates),
    };
    return cmocka_run_group_tests_name("sweeps_input", tests, NULL, NULL);
}
