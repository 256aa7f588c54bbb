// SPDX-License-Identifier: Apache-2.0
// Everything that writes into a buffer of the caller: each size of it, at the edge of memory. What
// does not fit is told, and what is left behind is what the header says.
#include "sweep.h"

#include <setjmp.h>
#include <stdarg.h>
#include <stdio.h>
#include <stdlib.h>

#include <cmocka.h>

#include "base/base64.h"
#include "fake_port.h"
#include "kedge/factory.h"
#include "kedge/field_selector.h"
#include "kedge/http.h"
#include "kedge/kinds.h"
#include "kedge/loop.h"
#include "kedge/reader.h"
#include "kedge/selector.h"
#include "kedge/selector_build.h"
#include "kedge/writer.h"
#include "net/escape.h"
#include "object/project.h"
#include "objects.h"

// ---- texts

static kedge_err decode(char *buf, size_t cap, size_t *len)
{
    return kedge__base64_decode(KEDGE_STR("AAECAwQFBgcICQoLDA0ODw=="), buf, cap, len);
}

static kedge_err encode(char *buf, size_t cap, size_t *len)
{
    return kedge__base64_encode(KEDGE_STR("any bytes at all"), buf, cap, len);
}

static kedge_err selector(char *buf, size_t cap, size_t *len)
{
    struct kedge_selector s;
    assert_int_equal(kedge_selector_parse(&s, "x in (c,b,,a),!y, app=web,n>17,z notin (q)"),
                     KEDGE_OK);
    return kedge_selector_text(&s, buf, cap, len);
}

static kedge_err field_selector(char *buf, size_t cap, size_t *len)
{
    struct kedge_field_selector s;
    assert_int_equal(kedge_field_selector_parse(&s, "spec.nodeName==edge,a=b\\,c,metadata.name!="),
                     KEDGE_OK);
    return kedge_field_selector_text(&s, buf, cap, len);
}

static kedge_err escaped(char *buf, size_t cap, size_t *len)
{
    return kedge_field_escape(KEDGE_STR("no escape at its end"), buf, cap, len);
}

static kedge_err unescaped(char *buf, size_t cap, size_t *len)
{
    return kedge_field_unescape(KEDGE_STR("a\\,b\\=c\\\\d"), buf, cap, len);
}

static kedge_err labels(char *buf, size_t cap, size_t *len)
{
    static const struct kedge_label pairs[] = {{{"tier", 4}, {"front", 5}},
                                               {{"app", 3}, {"web", 3}}};
    return kedge_labels_text(kedge_labels_of(pairs, 2), buf, cap, len);
}

// What is made must fit as a whole; of a buffer that is too small, what is left in it is its
// user's.
static kedge_err made(char *buf, size_t cap, size_t *len)
{
    static const kedge_str tiers[] = {{"front", 5}, {"back", 4}};
    static const struct kedge_label app = {{"app", 3}, {"web", 3}};
    const struct kedge_requirement r[] = {{{"tier", 4}, KEDGE_OPERATOR_NOT_IN, tiers, 2},
                                          {{"a", 1}, KEDGE_OPERATOR_DOES_NOT_EXIST, NULL, 0}};
    struct kedge_label_selector from = {kedge_labels_of(&app, 1), r, 2, NULL};
    struct kedge_selector s;
    kedge_err err = kedge_selector_from_label_selector(&s, &from, buf, cap);
    *len = s.text.len;
    return err;
}

static kedge_err path(char *buf, size_t cap, size_t *len)
{
    struct kedge__line line;
    if (cap == 0)
        return KEDGE_ERR_TOO_LONG; // a line has room for its NUL
    kedge__line_init(&line, buf, cap);
    assert_int_equal(kedge__url_path_segment(&line, KEDGE_STR("a b\xc3\xa9+c")), KEDGE_OK);
    kedge__url_query(&line, true, KEDGE_STR("labelSelector"), KEDGE_STR("a in (b,c)"));
    kedge__url_query(&line, false, KEDGE_STR("limit"), KEDGE_STR("500"));
    kedge__line_number(&line, 18446744073709551615u);
    kedge__line_int(&line, INT64_MIN);
    kedge__line_printable(&line, KEDGE_STR("\x01\x02 and more than that"), 12);
    *len = line.len;
    return line.cut ? KEDGE_ERR_TOO_LONG : KEDGE_OK;
}

static kedge_err request(char *buf, size_t cap, size_t *len, const char *username, kedge_str token)
{
    static const struct kedge_http_pair query[] = {{{"limit", 5}, {"500", 3}},
                                                   {{"continue", 8}, {"a/b=", 4}}};
    struct kedge_url url = {
        .host = KEDGE_STR("2001:db8::1"), .ipv6 = true, .port = 6443, .path = KEDGE_STR("/prefix")};
    struct kedge_http_request q = {
        .method = "PATCH",
        .url = &url,
        .path = KEDGE_STR("/api/v1/pods"),
        .query = query,
        .query_count = 2,
        .user_agent = "kedge/1",
        .username = username,
        .password = "secret",
        .bearer_token = token,
        .has_body = true,
        .content_length = 17,
    };
    return kedge_http_request_write(&q, buf, cap, len);
}

static kedge_err with_token(char *buf, size_t cap, size_t *len)
{
    return request(buf, cap, len, NULL, KEDGE_STR("secret-token"));
}

static kedge_err with_password(char *buf, size_t cap, size_t *len)
{
    return request(buf, cap, len, "user", KEDGE_STR(""));
}

static kedge_err patch(char *buf, size_t cap, size_t *len)
{
    struct kedge_writer w;
    kedge_str out;
    kedge_writer_init(&w, buf, cap);
    kedge_writer_begin_object(&w);
    kedge_writer_key(&w, "k\xc3\xa9y\n");
    kedge_writer_begin_array(&w);
    kedge_writer_int64(&w, INT64_MIN);
    kedge_writer_bool(&w, true);
    kedge_writer_null(&w);
    kedge_writer_raw(&w, KEDGE_STR("{\"a\":1}"));
    kedge_writer_text(&w, "a\x01\"b\\");
    kedge_writer_end_array(&w);
    kedge_writer_end_object(&w);
    kedge_err err = kedge_writer_finish(&w, &out);
    *len = out.len;
    return err;
}

// ---- what the reader undoes

static kedge_err member(char *buf, size_t cap, size_t *len, bool key)
{
    static const char text[] =
        "{\"k\\u00e9\\ud83d\\ude00y\\n\":\"v\\\\\\u0000a\\u20aclue\xc3\xa9\"}";
    struct kedge_json_token tokens[8];
    struct kedge_json doc;
    assert_int_equal(kedge_json_parse(&doc, text, sizeof text - 1, tokens, 8), KEDGE_OK);
    kedge_json_value v = kedge_json_first(kedge_json_root(&doc));
    *len = key ? kedge_json_key(v, buf, cap) : kedge_json_text(v, buf, cap);
    return KEDGE_OK;
}

static kedge_err json_key(char *buf, size_t cap, size_t *len)
{
    return member(buf, cap, len, true);
}

static kedge_err json_text(char *buf, size_t cap, size_t *len)
{
    return member(buf, cap, len, false);
}

// Its tokens hold no address, so they are bytes like others.
static kedge_err tokens_of(char *buf, size_t cap, size_t *len)
{
    static const char text[] = "{\"a\":[1,{\"b\":null}],\"c\":\"d\",\"e\":{}}";
    struct kedge_json doc;
    kedge_err err = kedge_json_parse(&doc, text, sizeof text - 1, (void *)buf,
                                     cap / sizeof(struct kedge_json_token));
    assert_int_equal(kedge_json_count(kedge_json_root(&doc)), err == KEDGE_OK ? 3 : 0);
    *len = 11 * sizeof(struct kedge_json_token);
    return err;
}

// ---- records

static const char pod[] =
    "{\"metadata\":{\"name\":\"web-1\",\"namespace\":\"default\",\"uid\":\"u\",\"resourceVersion\":"
    "\"7\",\"labels\":{\"app\":\"web\",\"tier\":\"front\"}},\"spec\":{\"nodeName\":\"edge-1\","
    "\"containers\":[{\"name\":\"c\",\"image\":\"i:1\"}]},\"status\":{\"phase\":\"Running\"}}";

struct projection {
    char *buf;
    size_t cap;
    size_t *len;
    bool partial;
    kedge_err err;
};

static void project(void *ctx, kedge_json_value root)
{
    struct projection *p = ctx;
    p->err = kedge__project(&kedge_kind_pod, root, p->partial, p->buf, p->cap, p->len);
}

static kedge_err record(char *buf, size_t cap, size_t *len)
{
    struct projection p = {buf, cap, len, false, KEDGE_OK};
    with_json(kedge_str_of(pod), project, &p);
    return p.err;
}

static kedge_err partial(char *buf, size_t cap, size_t *len)
{
    struct projection p = {buf, cap, len, true, KEDGE_OK};
    with_json(kedge_str_of(pod), project, &p);
    return p.err;
}

static kedge_err copied(char *buf, size_t cap, size_t *len)
{
    struct kedge_object *o = record_of(&kedge_kind_pod, kedge_str_of(pod));
    kedge_err err = kedge_object_copy(o, buf, cap, len);
    free(o);
    return err;
}

// ---- lists of structs

static struct kedge *k;

static kedge_err memory_report(char *buf, size_t cap, size_t *len)
{
    size_t size = sizeof(struct kedge_memory_part);
    *len = kedge_memory_report(k, (void *)buf, cap / size) * size;
    return KEDGE_OK;
}

static const struct sweep_writer writers[] = {
    {"base64, decoded", decode, KEDGE_ERR_FULL, SWEEP_UNTOUCHED, .says_whole = true},
    {"base64, encoded", encode, KEDGE_ERR_FULL, SWEEP_UNTOUCHED, .says_whole = true},
    {"selector", selector, KEDGE_ERR_FULL, SWEEP_NUL, .behind = 1},
    {"field selector", field_selector, KEDGE_ERR_FULL, SWEEP_NUL, .behind = 1},
    {"escapes", escaped, KEDGE_ERR_FULL, SWEEP_NUL, .behind = 1},
    {"escapes, undone", unescaped, KEDGE_ERR_FULL, SWEEP_NUL, .behind = 1},
    {"labels", labels, KEDGE_ERR_FULL, SWEEP_NUL, .behind = 1},
    {"selector, made", made, KEDGE_ERR_FULL, SWEEP_ANYTHING, .behind = 1},
    {"path and query", path, KEDGE_ERR_TOO_LONG, SWEEP_NUL, .behind = 1},
    {"request, token", with_token, KEDGE_ERR_TOO_LONG, SWEEP_NOTHING, .behind = 1},
    {"request, password", with_password, KEDGE_ERR_TOO_LONG, SWEEP_NOTHING, .behind = 1},
    {"writer", patch, KEDGE_ERR_TOO_LONG, SWEEP_ANYTHING, .says_whole = true},
    {"key", json_key, KEDGE_OK, SWEEP_PREFIX, .says_whole = true},
    {"text", json_text, KEDGE_OK, SWEEP_PREFIX, .says_whole = true},
    {"tokens", tokens_of, KEDGE_ERR_FULL, SWEEP_ANYTHING, .unit = sizeof(struct kedge_json_token)},
    {"record", record, KEDGE_ERR_FULL, SWEEP_UNTOUCHED, .unit = 8, .says_whole = true},
    {"partial record", partial, KEDGE_ERR_FULL, SWEEP_UNTOUCHED, .unit = 8, .says_whole = true},
    {"copy of a record", copied, KEDGE_ERR_FULL, SWEEP_UNTOUCHED, .unit = 8, .says_whole = true},
    {"memory report", memory_report, KEDGE_OK, SWEEP_PREFIX,
     .unit = sizeof(struct kedge_memory_part), .says_whole = true},
};

static void no_writer_goes_beyond_its_buffer(void **state)
{
    (void)state;
    static unsigned char memory[64 * 1024];
    struct fake_port port;
    struct kedge_config config = {.server = "http://api.test"};
    fake_port_init(&port, 1);
    k = kedge_init(memory, sizeof memory, &port.port);
    struct kedge_factory *factory = kedge_factory_new(kedge_client_new(k, &config), 0);
    assert_non_null(kedge_factory_informer(factory, &kedge_kind_pod));
    for (size_t i = 0; i < sizeof writers / sizeof writers[0]; i++) {
        size_t too_small = sweep_buffers(&writers[i]);
        print_message("%-18s %4zu sizes too small\n", writers[i].name, too_small);
        assert_true(too_small > 4);
    }
}

int main(void)
{
    const struct CMUnitTest tests[] = {
        cmocka_unit_test(no_writer_goes_beyond_its_buffer),
    };
    return cmocka_run_group_tests_name("sweeps_output", tests, NULL, NULL);
}
