// SPDX-License-Identifier: Apache-2.0
// Discovery against recorded documents and made-up ones: the same is told of both forms, however
// they are cut, and what cannot be had is told beside what can.
#include <setjmp.h>
#include <stdarg.h>
#include <stdio.h>
#include <stdlib.h>
#include <string.h>

#include <cmocka.h>
#include <jansson.h>

#include "discovery_server.h"
#include "replies.h"

static struct discovery_talk t;

// What jansson reads of an aggregated document, in the lines of discovery_line
// ---------------------

static char expected[65536];

static const char *text_of(const json_t *object, const char *key)
{
    const char *text = json_string_value(json_object_get(object, key));
    return text != NULL ? text : "";
}

static void expect_list(const json_t *list)
{
    size_t i;
    json_t *v;
    strcat(expected, json_array_size(list) == 0 ? " -" : " ");
    json_array_foreach(list, i, v) strcat(strcat(expected, i > 0 ? "," : ""), json_string_value(v));
}

static void expect_line(const char *gv, const json_t *resource, const json_t *sub, bool preferred)
{
    char line[1024];
    const json_t *kind = json_object_get(sub != NULL ? sub : resource, "responseKind");
    const char *group = text_of(kind, "group");
    const char *version = text_of(kind, "version");
    bool own = *group != '\0' || *version != '\0';
    const char *singular = text_of(resource, "singularResource");
    snprintf(line, sizeof line, "%s %s%s%s %s %s%s%s %s %s %s", gv, text_of(resource, "resource"),
             sub != NULL ? "/" : "", sub != NULL ? text_of(sub, "subresource") : "",
             *singular != '\0' ? singular : "-", own ? group : gv, own ? "/" : "",
             own ? version : "", text_of(kind, "kind"),
             strcmp(text_of(resource, "scope"), "Namespaced") == 0 ? "true" : "false",
             preferred ? "preferred" : "-");
    strcat(expected, line);
    expect_list(json_object_get(sub != NULL ? sub : resource, "verbs"));
    expect_list(sub != NULL ? NULL : json_object_get(resource, "shortNames"));
    expect_list(sub != NULL ? NULL : json_object_get(resource, "categories"));
    strcat(expected, "\n");
}

static void expect_document(const char *name, bool subresources)
{
    const struct reply *r = reply_named(name);
    json_t *doc = json_loadb(r->body.ptr, r->body.len, 0, NULL);
    size_t g, v, i, s;
    json_t *group, *version, *resource, *sub;
    assert_non_null(doc);
    json_array_foreach(json_object_get(doc, "items"), g, group)
    {
        json_array_foreach(json_object_get(group, "versions"), v, version)
        {
            char gv[512];
            snprintf(gv, sizeof gv, "%s/%s", text_of(json_object_get(group, "metadata"), "name"),
                     text_of(version, "version"));
            json_array_foreach(json_object_get(version, "resources"), i, resource)
            {
                expect_line(gv, resource, NULL, v == 0);
                if (!subresources)
                    continue;
                json_array_foreach(json_object_get(resource, "subresources"), s, sub)
                    expect_line(gv, resource, sub, v == 0);
            }
        }
    }
    json_decref(doc);
}

// Version ----------------------------------------------------------------------------------------

static void the_server_tells_its_version(void **state)
{
    (void)state;
    struct kedge_server_version v;
    discovery_open(&t);
    discovery_serves_recorded(&t, true);
    struct kedge_discovery *d = kedge_discovery_new(t.rest, NULL);
    assert_int_equal(kedge_discovery_version(d, &v), KEDGE_OK);
    assert_string_equal(v.major, "1");
    assert_string_equal(v.minor, "36");
    assert_string_equal(v.git_version, "v1.36.2");
    assert_string_equal(v.platform, "linux/amd64");
    // As client-go: 32 seconds, and the server is told.
    assert_non_null(strstr(t.heads, "GET /version?timeout=32s "));
    assert_int_equal(kedge_discovery_version(NULL, &v), KEDGE_ERR_ARGUMENT);
    assert_int_equal(kedge_discovery_version(d, NULL), KEDGE_ERR_ARGUMENT);
    discovery_close(&t);
}

static void a_strange_version_is_cut_or_refused(void **state)
{
    (void)state;
    struct kedge_server_version v;
    discovery_open(&t);
    discovery_serves(
        &t, "/version",
        discovery_says(&t, 200, NULL, "{\"major\":\"01234567890123456789\",\"minor\":7}"));
    discovery_serves(&t, "/version", discovery_says(&t, 200, NULL, "[]"));
    discovery_serves(&t, "/version", discovery_says(&t, 200, NULL, ""));
    discovery_serves(&t, "/version", discovery_says(&t, 403, NULL, ""));
    struct kedge_discovery *d =
        kedge_discovery_new(t.rest, &(struct kedge_discovery_options){.timeout = KEDGE_FOREVER});
    assert_int_equal(kedge_discovery_version(d, &v), KEDGE_OK);
    assert_string_equal(v.major, "012345678901234");
    assert_string_equal(v.minor, "");
    assert_non_null(strstr(t.heads, "GET /version HTTP"));
    assert_int_equal(kedge_discovery_version(d, &v), KEDGE_ERR_JSON);
    assert_int_equal(kedge_discovery_version(d, &v), KEDGE_ERR_JSON);
    assert_string_equal(kedge_discovery_error_text(d),
                        "get /version: the answer is empty, or ends in the middle");
    assert_int_equal(kedge_discovery_version(d, &v), KEDGE_ERR_API);
    discovery_close(&t);
}

// Aggregated -------------------------------------------------------------------------------------

static void aggregated_resources_are_told_as_jansson_reads_them(void **state)
{
    (void)state;
    discovery_open(&t);
    discovery_serves_recorded(&t, true);
    struct kedge_discovery *d = kedge_discovery_new(t.rest, NULL);
    assert_int_equal(kedge_discovery_resources(d, discovery_line, &t), KEDGE_OK);
    expected[0] = '\0';
    expect_document("api-aggregated.http", true);
    expect_document("apis-aggregated.http", true);
    assert_string_equal(t.lines, expected);
    assert_non_null(strstr(t.lines, "\napps/v1 deployments/scale deployment autoscaling/v1 Scale "
                                    "true preferred get,patch,update - -\n"));
    assert_int_equal(discovery_asked(&t, NULL), 4);
    assert_non_null(strstr(t.heads, "Accept: " AGGREGATED ",application/json\r\n"));
    assert_string_equal(kedge_discovery_error_text(d), "");
    assert_int_equal(kedge_discovery_failures(d), 0);
    discovery_close(&t);
}

static void however_the_bytes_are_cut_the_same_is_told(void **state)
{
    (void)state;
    expected[0] = '\0';
    expect_document("api-aggregated.http", true);
    expect_document("apis-aggregated.http", true);
    for (size_t max = 1; max <= 4096; max = max * 3 + 1) {
        discovery_open(&t);
        discovery_serves_recorded(&t, true);
        t.port.cruelty.read_max = max;
        t.port.cruelty.random_sizes = max > 4;
        t.port.cruelty.block_every = 7;
        struct kedge_discovery *d = kedge_discovery_new(t.rest, NULL);
        assert_int_equal(kedge_discovery_resources(d, discovery_line, &t), KEDGE_OK);
        assert_string_equal(t.lines, expected);
        discovery_close(&t);
    }
}

static void groups_are_told_core_first(void **state)
{
    (void)state;
    static char first[4096];
    for (int aggregated = 1; aggregated >= 0; aggregated--) {
        discovery_open(&t);
        discovery_serves_recorded(&t, aggregated != 0);
        struct kedge_discovery *d = kedge_discovery_new(t.rest, NULL);
        assert_int_equal(kedge_discovery_groups(d, discovery_group_line, &t), KEDGE_OK);
        assert_memory_equal(t.lines, "/v1 *\napiregistration.k8s.io/v1 *\napps/v1 *\n", 42);
        assert_non_null(strstr(t.lines, "\nautoscaling/v2 *\nautoscaling/v1\n"));
        if (aggregated != 0)
            strcpy(first, t.lines);
        else
            assert_string_equal(t.lines, first); // one server, two forms
        assert_int_equal(discovery_asked(&t, NULL), 2);
        discovery_close(&t);
    }
}

#define GROUP(name, versions) "{\"metadata\":{\"name\":\"" name "\"},\"versions\":[" versions "]}"
#define VERSION(version, freshness, resources) \
    "{\"version\":\"" version "\",\"resources\":[" resources "],\"freshness\":\"" freshness "\"}"
#define RESOURCE(name, kind)                                                \
    "{\"resource\":\"" name                                                 \
    "\",\"responseKind\":{\"group\":\"\",\"version\":\"\",\"kind\":\"" kind \
    "\"},\"scope\":\"Namespaced\",\"singularResource\":\"\",\"verbs\":[\"get\"]}"
#define ITEMS(items) "{\"kind\":\"APIGroupDiscoveryList\",\"items\":[" items "]}"

static struct kedge_discovery *serving(const char *api, const char *apis)
{
    discovery_open(&t);
    discovery_serves(&t, "/api", discovery_says(&t, 200, AGGREGATED, api));
    discovery_serves(&t, "/apis", discovery_says(&t, 200, AGGREGATED, apis));
    struct kedge_discovery *d = kedge_discovery_new(t.rest, NULL);
    assert_non_null(d);
    return d;
}

static void a_stale_version_is_told_as_failed_and_not_among_the_others(void **state)
{
    (void)state;
    struct kedge_discovery *d = serving(
        ITEMS(""), ITEMS(GROUP("a.io", VERSION("v2", "Stale", RESOURCE("as", "A")) "," VERSION(
                                           "v1", "Current", RESOURCE("as", "A")))));
    assert_int_equal(kedge_discovery_groups(d, discovery_group_line, &t), KEDGE_ERR_PARTIAL);
    assert_string_equal(t.lines, "a.io/v1 *\n");
    const struct kedge_discovery_failure *f = kedge_discovery_failure(d, 0);
    assert_non_null(f);
    assert_string_equal(f->group, "a.io");
    assert_string_equal(f->version, "v2");
    assert_int_equal(f->err, KEDGE_ERR_STALE);
    assert_null(kedge_discovery_failure(d, 1));
    t.lines[0] = '\0';
    t.seen[0] = '\0';
    assert_int_equal(kedge_discovery_resources(d, discovery_line, &t), KEDGE_ERR_PARTIAL);
    assert_string_equal(t.lines, "a.io/v1 as - a.io/v1 A true preferred get - -\n");
    assert_string_equal(kedge_discovery_error_text(d),
                        "unable to retrieve the complete list of server APIs: a.io/v2: stale");
    assert_int_equal(discovery_asked(&t, "/apis"), 3); // twice whether it still is, once for all
    discovery_close(&t);
}

static void more_stale_versions_than_can_be_remembered_are_an_error(void **state)
{
    (void)state;
    struct kedge_discovery *d =
        serving(ITEMS(""), ITEMS(GROUP("a.io", VERSION("v1", "Stale", "")) "," GROUP(
                               "b.io", VERSION("v1", "Stale", ""))));
    assert_int_equal(kedge_discovery_groups(d, NULL, NULL), KEDGE_ERR_PARTIAL);
    d = kedge_discovery_new(t.rest, &(struct kedge_discovery_options){.failures = 1});
    assert_int_equal(kedge_discovery_groups(d, NULL, NULL), KEDGE_ERR_FULL);
    assert_int_equal(kedge_discovery_failures(d), 2);
    assert_int_equal(kedge_discovery_resources(d, NULL, NULL), KEDGE_ERR_FULL);
    discovery_close(&t);
}

static void a_resource_without_a_kind_has_subresources_all_the_same(void **state)
{
    (void)state;
    struct kedge_discovery *d = serving(
        ITEMS(""),
        ITEMS(GROUP(
            "a.io",
            VERSION("v1", "Current",
                    "{\"resource\":\"as\",\"responseKind\":null,\"scope\":\"Cluster\",\"verbs\":"
                    "null,\"subresources\":[{\"subresource\":\"status\",\"responseKind\":{\"kind\":"
                    "\"A\"},\"verbs\":[\"get\"]},{\"subresource\":\"x\",\"verbs\":[]}]}"))));
    assert_int_equal(kedge_discovery_resources(d, discovery_line, &t), KEDGE_OK);
    assert_string_equal(t.lines, "a.io/v1 as/status - a.io/v1 A false preferred get - -\n");
    discovery_close(&t);
}

static void preferred_resources_are_told_once(void **state)
{
    (void)state;
    struct kedge_discovery *d = serving(
        ITEMS(""),
        ITEMS(GROUP("a.io", VERSION("v2", "Current", RESOURCE("as", "A")) "," VERSION(
                                "v1", "Current",
                                RESOURCE("as", "A") "," RESOURCE(
                                    "bs", "B"))) "," GROUP("b.io", VERSION("v1", "Current",
                                                                           RESOURCE("as", "A")))));
    assert_int_equal(kedge_discovery_preferred_resources(d, discovery_line, &t), KEDGE_OK);
    assert_string_equal(t.lines, "a.io/v2 as - a.io/v2 A true preferred get - -\n"
                                 "a.io/v1 bs - a.io/v1 B true - get - -\n"
                                 "b.io/v1 as - b.io/v1 A true preferred get - -\n");
    discovery_close(&t);
    discovery_open(&t);
    discovery_serves_recorded(&t, true);
    d = kedge_discovery_new(t.rest, NULL);
    assert_int_equal(kedge_discovery_preferred_resources(d, discovery_line, &t), KEDGE_OK);
    assert_null(strstr(t.lines, "/status "));
    assert_null(strstr(t.lines, "autoscaling/v1 horizontal"));
    assert_non_null(strstr(t.lines, "autoscaling/v2 horizontal"));
    discovery_close(&t);
}

static void a_group_of_too_many_resources_is_an_error_where_they_are_told_once(void **state)
{
    (void)state;
    static char body[40000];
    discovery_open(&t);
    strcpy(body, "{\"items\":[{\"metadata\":{\"name\":\"a\"},\"versions\":[{\"version\":\"v1\","
                 "\"resources\":[");
    for (int i = 0; i < 257; i++)
        sprintf(body + strlen(body), "%s{\"resource\":\"r%d\",\"responseKind\":{\"kind\":\"R\"}}",
                i > 0 ? "," : "", i);
    strcat(body, "]}]}]}");
    discovery_serves(&t, "/apis", discovery_says(&t, 200, AGGREGATED, body));
    struct kedge_discovery *d = kedge_discovery_new(t.rest, NULL);
    assert_int_equal(kedge_discovery_resources(d, NULL, NULL), KEDGE_OK);
    assert_int_equal(kedge_discovery_preferred_resources(d, NULL, NULL), KEDGE_ERR_FULL);
    assert_non_null(strstr(kedge_discovery_error_text(d), "over 256 resources"));
    discovery_close(&t);
}

static void a_resource_that_is_too_large_takes_no_other_down(void **state)
{
    (void)state;
    static char large[12000];
    for (int i = 0; i < 3; i++) {
        // Larger than text_max; with more tokens than there are; larger than object_max.
        static const char *const filler[] = {"\"%0100d\"", "%d", "\"%090d\""};
        const size_t count[] = {90, 1200, 45};
        strcpy(large,
               "{\"items\":[{\"metadata\":{\"name\":\"a\"},\"versions\":[{\"version\":\"v1\","
               "\"resources\":[{\"resource\":\"large\",\"responseKind\":{\"kind\":\"L\"},"
               "\"verbs\":[");
        for (size_t n = 0; n < count[i]; n++) {
            strcat(large, n > 0 ? "," : "");
            sprintf(large + strlen(large), filler[i], 1);
        }
        strcat(large, "]}," RESOURCE("small", "S") "]}]}]}");
        discovery_open(&t);
        discovery_serves(&t, "/apis", discovery_says(&t, 200, AGGREGATED, large));
        struct kedge_discovery *d = kedge_discovery_new(t.rest, NULL);
        assert_int_equal(kedge_discovery_resources(d, discovery_line, &t), KEDGE_ERR_PARTIAL);
        assert_string_equal(t.lines, "a/v1 small - a/v1 S true preferred get - -\n");
        assert_int_equal(kedge_discovery_failure(d, 0)->err, KEDGE_ERR_TOO_LONG);
        discovery_close(&t);
    }
}

// Errors -----------------------------------------------------------------------------------------

static void only_the_core_group_may_be_missing(void **state)
{
    (void)state;
    static const int codes[][3] = {{404, 200, KEDGE_OK},
                                   {403, 200, KEDGE_ERR_API},
                                   {200, 404, KEDGE_ERR_API},
                                   {200, 403, KEDGE_ERR_API}};
    for (size_t i = 0; i < 4; i++) {
        discovery_open(&t);
        const char *items = ITEMS(GROUP("a", VERSION("v1", "Current", "")));
        discovery_serves(&t, "/api", discovery_says(&t, codes[i][0], AGGREGATED, ITEMS("")));
        discovery_serves(&t, "/apis", discovery_says(&t, codes[i][1], AGGREGATED, items));
        struct kedge_discovery *d = kedge_discovery_new(t.rest, NULL);
        assert_int_equal(kedge_discovery_groups(d, discovery_group_line, &t), codes[i][2]);
        assert_int_equal(kedge_discovery_resources(d, NULL, NULL), codes[i][2]);
        if (i == 0)
            assert_string_equal(t.lines, "a/v1 *\n");
        else
            assert_string_not_equal(kedge_discovery_error_text(d), "");
        discovery_close(&t);
    }
}

static void what_is_no_discovery_document_is_refused(void **state)
{
    (void)state;
    static const char *const bodies[] = {
        "",
        "[]",
        "\"x\"",
        "{",
        "{}x",
        "{]",
        "{\"a\"}",
        "{\"a\":1 2}",
        "{\"a\":}",
        "{1:1}",
        "{\"a\":1,}",
        "{\"a\":[1,]}",
        "{\"a\":[}",
        "{\"a\":[1}",
        "{\"a\":{]",
        "{\"a\":{\"b\":1]",
        "{\"a\":\"\x01\"}",
        "{\"items\":[{\"metadata\":{\"name\":\"a b\"},\"versions\":[]}]}",
        "{\"items\":[{\"metadata\":{\"name\":\"a\\u0062\"},\"versions\":[]}]}",
        "{\"items\":[{\"metadata\":{\"name\":\"\"},\"versions\":[]}]}",
        "{\"items\":[{\"metadata\":{\"name\":\"-a\"},\"versions\":[]}]}",
        ITEMS("{\"versions\":[" VERSION("v1", "Current", "") "]}"),
        ITEMS(GROUP("a", "{\"resources\":[],\"freshness\":\"Current\"}")),
        ITEMS(
            GROUP("a", VERSION("v12345678901234567890123456789012345678901234567890123456789012345",
                               "Current", ""))),
    };
    for (size_t i = 0; i < sizeof bodies / sizeof bodies[0]; i++) {
        discovery_open(&t);
        discovery_serves(&t, "/apis", discovery_says(&t, 200, AGGREGATED, bodies[i]));
        struct kedge_discovery *d = kedge_discovery_new(t.rest, NULL);
        assert_int_equal(kedge_discovery_groups(d, discovery_group_line, &t), KEDGE_ERR_JSON);
        assert_non_null(strstr(kedge_discovery_error_text(d), "get /apis: "));
        discovery_close(&t);
    }
    struct kedge_discovery *d = serving(
        ITEMS(""), ITEMS("{\"versions\":[" VERSION(
                       "v1", "Current", RESOURCE("as", "A")) "],"
                                                             "\"metadata\":{\"name\":\"late\"}}"));
    assert_int_equal(kedge_discovery_resources(d, discovery_line, &t), KEDGE_ERR_JSON);
    discovery_close(&t);
}

static void what_it_does_not_know_is_skipped(void **state)
{
    (void)state;
    struct kedge_discovery *d = serving(
        " { } ",
        "{\"items\":{},\"versions\":[\"v1\"],\"groups\":null,\"more\":[[{\"a\":[true,null,-1.5e+3]}"
        "],"
        "\"\\\"]\\u00e9\",[],{}],\"it\\u0065ms\":[{\"metadata\":{\"name\":\"\"}}],\n\t\"items\" : ["
        "{\"metadata\":{\"name\":\"a\",\"x\":{}},\"versions\":null},"
        "{\"metadata\":{\"name\":\"b\"},\"versions\":[{\"version\":\"v1\",\"resources\":[1,[],"
        "\"x\"]},null,\"v2\"]}]}\r\n");
    assert_int_equal(kedge_discovery_resources(d, discovery_line, &t), KEDGE_OK);
    assert_string_equal(t.lines, "");
    assert_int_equal(kedge_discovery_groups(d, discovery_group_line, &t), KEDGE_OK);
    assert_string_equal(t.lines, "b/v1 *\n");
    discovery_close(&t);
}

static void nesting_has_a_limit(void **state)
{
    (void)state;
    static char body[4096];
    for (size_t depth = 1022; depth <= 1023; depth++) {
        char *at = body + sprintf(body, "{\"a\":[");
        memset(at, '[', depth);
        memset(at + depth, ']', depth);
        strcpy(at + 2 * depth, "]}");
        struct kedge_discovery *d = serving(body, ITEMS(""));
        assert_int_equal(kedge_discovery_groups(d, NULL, NULL),
                         depth == 1022 ? KEDGE_OK : KEDGE_ERR_JSON);
        discovery_close(&t);
    }
}

static void the_content_type_says_which_form_it_is(void **state)
{
    (void)state;
    static const struct {
        const char *type;
        int result;
        const char *lines;
    } cases[] = {
        {"application/json; as=APIGroupDiscoveryList; v=v2; charset=utf-8; g=apidiscovery.k8s.io",
         KEDGE_OK, "a/v1 *\n"},
        {"application/json;g=apidiscovery.k8s.io;v=v2beta1;as=APIGroupDiscoveryList", KEDGE_OK, ""},
        {"application/json", KEDGE_OK, ""},
        {"application/json;g=apidiscovery.k8s.io;v=;as", KEDGE_ERR_HTTP, ""},
    };
    for (size_t i = 0; i < sizeof cases / sizeof cases[0]; i++) {
        discovery_open(&t);
        discovery_serves(&t, "/apis",
                         discovery_says(&t, 200, cases[i].type,
                                        ITEMS(GROUP("a", VERSION("v1", "Current", "")))));
        struct kedge_discovery *d = kedge_discovery_new(t.rest, NULL);
        assert_int_equal(kedge_discovery_groups(d, discovery_group_line, &t), cases[i].result);
        assert_string_equal(t.lines, cases[i].lines);
        discovery_close(&t);
    }
}

// The old form -----------------------------------------------------------------------------------

static void both_forms_tell_the_same_of_a_group_version(void **state)
{
    (void)state;
    static const struct {
        const char *group;
        const char *version;
        const char *begin;
    } cases[] = {{"", "v1", "/v1 "}, {"apps", "v1", "apps/v1 "}};
    for (size_t i = 0; i < 2; i++) {
        static char one[65536];
        discovery_open(&t);
        discovery_serves_recorded(&t, true);
        struct kedge_discovery *d = kedge_discovery_new(t.rest, NULL);
        assert_int_equal(
            kedge_discovery_resources_of(d, cases[i].group, cases[i].version, discovery_line, &t),
            KEDGE_OK);
        strcpy(one, t.lines);
        t.lines[0] = '\0';
        assert_int_equal(kedge_discovery_resources(d, discovery_line, &t), KEDGE_OK);
        // The old list has no singular for subresources and knows of no preference.
        char *line = strstr(t.lines, cases[i].begin);
        unsigned lines = 0;
        for (char *old = strtok(one, "\n"); old != NULL; old = strtok(NULL, "\n"), lines++) {
            char a[6][512], b[6][512], rest_a[512], rest_b[512];
            assert_int_equal(sscanf(old, "%511s %511s %511s %511s %511s %511s %*s %511[^\n]", a[0],
                                    a[1], a[2], a[3], a[4], a[5], rest_a),
                             7);
            assert_int_equal(sscanf(line, "%511s %511s %511s %511s %511s %511s %*s %511[^\n]", b[0],
                                    b[1], b[2], b[3], b[4], b[5], rest_b),
                             7);
            for (int w = 0; w < 6; w++)
                if (w != 2 || strchr(a[1], '/') == NULL)
                    assert_string_equal(a[w], b[w]);
            assert_string_equal(rest_a, rest_b);
            line = strchr(line, '\n') + 1;
        }
        assert_true(lines > 8);
        discovery_close(&t);
    }
}

static void an_old_server_is_asked_for_each_group_version(void **state)
{
    (void)state;
    discovery_open(&t);
    discovery_serves_recorded(&t, false);
    struct kedge_discovery *d = kedge_discovery_new(t.rest, NULL);
    assert_int_equal(kedge_discovery_resources(d, discovery_line, &t), KEDGE_ERR_PARTIAL);
    assert_non_null(strstr(t.lines, "/v1 pods pod /v1 Pod true preferred "));
    assert_non_null(strstr(t.lines, "apps/v1 deployments deployment apps/v1 Deployment true pref"));
    assert_int_equal(discovery_asked(&t, "/apis/apps/v1"), 1);
    assert_int_equal(discovery_asked(&t, "/apis/batch/v1"), 2); // not there: once more
    assert_int_equal(kedge_discovery_failure(d, 0)->err, KEDGE_ERR_API);
    assert_int_equal(kedge_discovery_failure(d, 0)->code, 404);
    assert_non_null(strstr(kedge_discovery_error_text(d), "autoscaling/v2: 404, "));
    discovery_close(&t);
}

#define OLD_GROUP(name, first, second, preferred)                                      \
    "{\"name\":\"" name "\",\"versions\":[{\"groupVersion\":\"\",\"version\":\"" first \
    "\"},{\"version\":\"" second "\"}],\"preferredVersion\":{\"version\":\"" preferred "\"}}"
#define OLD_RESOURCES(names) "{\"resources\":[" names "]}"
#define OLD_RESOURCE(name)   "{\"name\":\"" name "\",\"kind\":\"K\",\"namespaced\":true,\"verbs\":[]}"

static struct kedge_discovery *serving_old(const char *groups, size_t text_max)
{
    discovery_open(&t);
    discovery_serves(&t, "/apis", discovery_says(&t, 200, NULL, groups));
    return kedge_discovery_new(t.rest, &(struct kedge_discovery_options){.text_max = text_max});
}

static void the_preferred_version_comes_first_wherever_it_is_listed(void **state)
{
    (void)state;
    struct kedge_discovery *d =
        serving_old("{\"groups\":[" OLD_GROUP("a", "v1", "v2", "v2") "]}", 0);
    discovery_serves(
        &t, "/apis/a/v1",
        discovery_says(&t, 200, NULL, OLD_RESOURCES(OLD_RESOURCE("as") "," OLD_RESOURCE("bs"))));
    discovery_serves(
        &t, "/apis/a/v2",
        discovery_says(&t, 200, NULL, OLD_RESOURCES(OLD_RESOURCE("as") "," OLD_RESOURCE("as/x"))));
    assert_int_equal(kedge_discovery_preferred_resources(d, discovery_line, &t), KEDGE_OK);
    assert_string_equal(t.lines, "a/v2 as - a/v2 K true preferred - - -\n"
                                 "a/v1 bs - a/v1 K true - - - -\n");
    t.lines[0] = '\0';
    assert_int_equal(kedge_discovery_groups(d, discovery_group_line, &t), KEDGE_OK);
    assert_string_equal(t.lines, "a/v1\na/v2 *\n"); // as listed
    discovery_close(&t);
}

static void a_list_that_breaks_off_is_told_once(void **state)
{
    (void)state;
    struct kedge_discovery *d =
        serving_old("{\"groups\":[" OLD_GROUP("a", "v1", "v2", "v1") "]}", 0);
    discovery_serves(&t, "/apis/a/v1",
                     discovery_says(&t, 200, NULL, "{\"resources\":[" OLD_RESOURCE("as") ",{]"));
    discovery_serves(
        &t, "/apis/a/v1",
        discovery_says(&t, 200, NULL, OLD_RESOURCES(OLD_RESOURCE("as") "," OLD_RESOURCE("bs"))));
    discovery_serves(&t, "/apis/a/v2", discovery_says(&t, 503, NULL, "{}"));
    assert_int_equal(kedge_discovery_resources(d, discovery_line, &t), KEDGE_ERR_PARTIAL);
    assert_string_equal(t.lines, "a/v1 as - a/v1 K true preferred - - -\n"
                                 "a/v1 bs - a/v1 K true preferred - - -\n");
    assert_int_equal(kedge_discovery_failures(d), 1);
    assert_int_equal(kedge_discovery_failure(d, 0)->code, 503);
    discovery_close(&t);
}

// client-go's TestServerPreferredResourcesRetries: twice at most, and the rest is told all the
// same.
static void a_group_version_that_fails_is_asked_for_twice(void **state)
{
    (void)state;
    for (int errors = 1; errors <= 2; errors++) {
        struct kedge_discovery *d = serving_old(
            "{\"groups\":[{\"name\":\"extensions\",\"versions\":[{\"version\":\"v1beta1\"}],"
            "\"preferredVersion\":{\"version\":\"v1beta1\"}}]}",
            0);
        discovery_serves(&t, "/api", discovery_says(&t, 200, NULL, "{\"versions\":[\"v1\"]}"));
        discovery_serves(&t, "/api/v1",
                         discovery_says(&t, 200, NULL, OLD_RESOURCES(OLD_RESOURCE("pods"))));
        for (int i = 0; i < errors; i++)
            discovery_serves(&t, "/apis/extensions/v1beta1", discovery_says(&t, 500, NULL, "{}"));
        discovery_serves(&t, "/apis/extensions/v1beta1",
                         discovery_says(&t, 200, NULL, OLD_RESOURCES(OLD_RESOURCE("deployments"))));
        kedge_err err = kedge_discovery_preferred_resources(d, discovery_line, &t);
        assert_int_equal(err, errors == 1 ? KEDGE_OK : KEDGE_ERR_PARTIAL);
        assert_non_null(strstr(t.lines, "v1 pods "));
        assert_int_equal(strstr(t.lines, "extensions/v1beta1 deployments ") != NULL, errors == 1);
        assert_int_equal(discovery_asked(&t, "/apis/extensions/v1beta1"), 2);
        discovery_close(&t);
    }
}

static void more_group_versions_than_fit_are_asked_for_in_parts(void **state)
{
    (void)state;
    static char groups[8192];
    static char paths[40][128];
    strcpy(groups, "{\"groups\":[");
    for (int i = 0; i < 40; i++)
        sprintf(groups + strlen(groups),
                "%s{\"name\":\"group-of-a-long-name-%02d\",\"versions\":[{\"version\":\"v1\"}]}",
                i > 0 ? "," : "", i);
    strcat(groups, "]}");
    struct kedge_discovery *d = serving_old(groups, 512);
    for (int i = 0; i < 40; i++) {
        sprintf(paths[i], "/apis/group-of-a-long-name-%02d/v1", i);
        discovery_serves(&t, paths[i],
                         discovery_says(&t, 200, NULL, OLD_RESOURCES(OLD_RESOURCE("r"))));
    }
    assert_int_equal(kedge_discovery_resources(d, discovery_line, &t), KEDGE_OK);
    unsigned lines = 0;
    for (const char *at = t.lines; (at = strchr(at, '\n')) != NULL; at++)
        lines++;
    assert_int_equal(lines, 40);
    for (int i = 0; i < 40; i++)
        assert_int_equal(discovery_asked(&t, paths[i]), 1);
    assert_int_equal(discovery_asked(&t, "/apis"), 1 + 3);
    discovery_close(&t);
}

static void failures_beyond_the_memory_for_them_are_counted(void **state)
{
    (void)state;
    discovery_open(&t);
    discovery_serves_recorded(&t, false);
    struct kedge_discovery *d =
        kedge_discovery_new(t.rest, &(struct kedge_discovery_options){.failures = 2});
    assert_int_equal(kedge_discovery_resources(d, NULL, NULL), KEDGE_ERR_PARTIAL);
    assert_null(kedge_discovery_failure(d, 2));
    assert_true(kedge_discovery_failures(d) > 2);
    assert_non_null(strstr(kedge_discovery_error_text(d), " and more: "));
    discovery_close(&t);
}

static void the_old_form_is_checked_too(void **state)
{
    (void)state;
    static char many[16384];
    static const char *const bodies[] = {
        "{\"groups\":[{\"name\":\"a/b\",\"versions\":[]}]}",
        "{\"groups\":[{\"name\":\"\",\"versions\":[]}]}",
        "{\"groups\":[{\"name\":\"{a\",\"versions\":[]}]}",
        "{\"groups\":[{\"name\":\"[a\",\"versions\":[]}]}",
        "{\"groups\":[{\"name\":\"-a\",\"versions\":[]}]}",
        "{\"groups\":[{\"name\":\"a\",\"versions\":[{}]}]}",
        "{\"groups\":[{\"name\":\"a\",\"versions\":[{\"version\":\"\\u0001\"}]}]}",
    };
    for (size_t i = 0; i < sizeof bodies / sizeof bodies[0]; i++) {
        struct kedge_discovery *d = serving_old(bodies[i], 0);
        assert_int_equal(kedge_discovery_resources(d, discovery_line, &t), KEDGE_ERR_JSON);
        discovery_close(&t);
    }
    strcpy(many, "{\"groups\":[{\"name\":\"a\",\"versions\":[{\"version\":\"v1\"}");
    for (int i = 0; i < 500; i++)
        strcat(many, ",{\"version\":\"v1\"}");
    strcat(many, "]}]}");
    struct kedge_discovery *d = serving_old(many, 0);
    assert_int_equal(kedge_discovery_groups(d, discovery_group_line, &t), KEDGE_ERR_TOO_LONG);
    discovery_close(&t);
}

static void one_group_version_is_one_request(void **state)
{
    (void)state;
    discovery_open(&t);
    discovery_serves_recorded(&t, true);
    struct kedge_discovery *d = kedge_discovery_new(t.rest, NULL);
    assert_int_equal(kedge_discovery_resources_of(d, "apps", "v1", NULL, NULL), KEDGE_OK);
    assert_int_equal(kedge_discovery_resources_of(d, NULL, "v1", NULL, NULL), KEDGE_OK);
    assert_int_equal(kedge_discovery_resources_of(d, "none", "v1", NULL, NULL), KEDGE_ERR_API);
    assert_int_equal(discovery_asked(&t, NULL), 3);
    assert_non_null(strstr(t.heads, "Accept: application/json, */*\r\n"));
    // No name of a group version: nothing is sent.
    assert_int_equal(kedge_discovery_resources_of(d, "apps", NULL, NULL, NULL), KEDGE_ERR_ARGUMENT);
    assert_int_equal(kedge_discovery_resources_of(d, "apps", "", NULL, NULL), KEDGE_ERR_ARGUMENT);
    assert_int_equal(kedge_discovery_resources_of(d, "a/b", "v1", NULL, NULL), KEDGE_ERR_ARGUMENT);
    assert_int_equal(kedge_discovery_resources_of(d, "a", "v1/..", NULL, NULL), KEDGE_ERR_ARGUMENT);
    assert_int_equal(discovery_asked(&t, NULL), 3);
    discovery_close(&t);
    discovery_open(&t); // a server without a core group
    d = kedge_discovery_new(t.rest, NULL);
    assert_int_equal(kedge_discovery_resources_of(d, "", "v1", discovery_line, &t), KEDGE_OK);
    assert_int_equal(kedge_discovery_resources_of(d, "", "v2", discovery_line, &t), KEDGE_ERR_API);
    discovery_close(&t);
}

static void the_form_may_not_change_between_two_parts(void **state)
{
    (void)state;
    static char groups[4096];
    strcpy(groups, "{\"groups\":[");
    for (int i = 0; i < 20; i++)
        sprintf(groups + strlen(groups),
                "%s{\"name\":\"group-of-a-long-name-%02d\",\"versions\":[{\"version\":\"v1\"}]}",
                i > 0 ? "," : "", i);
    strcat(groups, "]}");
    struct kedge_discovery *d = serving_old(groups, 512);
    discovery_serves(&t, "/apis", discovery_says(&t, 200, NULL, groups));
    discovery_serves(&t, "/apis", discovery_says(&t, 200, AGGREGATED, ITEMS("")));
    assert_int_equal(kedge_discovery_resources(d, NULL, NULL), KEDGE_ERR_JSON);
    assert_non_null(strstr(kedge_discovery_error_text(d), "form of the answer has changed"));
    discovery_close(&t);
}

static void strange_names_of_the_old_form_are_refused(void **state)
{
    (void)state;
    char body[1024];
    for (int i = 0; i < 4; i++) {
        if (i < 2)
            snprintf(body, sizeof body, "{\"groups\":[{\"name\":\"%0*d\",\"versions\":[]}]}",
                     i == 0 ? 254 : 500, 1);
        else
            snprintf(body, sizeof body,
                     "{\"groups\":[{\"name\":\"a\",\"versions\":[{\"version\":"
                     "\"%0*d\"},{\"version\":\"v1\"}]}]}",
                     i == 2 ? 64 : 400, 1);
        struct kedge_discovery *d = serving_old(body, 0);
        assert_int_equal(kedge_discovery_groups(d, NULL, NULL), KEDGE_ERR_JSON);
        discovery_close(&t);
    }
    // A preferred version that cannot be one is none.
    snprintf(body, sizeof body,
             "{\"groups\":[{\"name\":\"A\",\"versions\":[{\"version\":\"v1\"}],"
             "\"preferredVersion\":{\"version\":\"%0100d\"}}]}",
             1);
    struct kedge_discovery *d = serving_old(body, 0);
    discovery_serves(&t, "/api", discovery_says(&t, 200, NULL, "{\"versions\":[\"v1\"]}"));
    discovery_serves(&t, "/api", discovery_says(&t, 200, NULL, "{\"versions\":[\"v1/\"]}"));
    assert_int_equal(kedge_discovery_groups(d, discovery_group_line, &t), KEDGE_OK);
    assert_string_equal(t.lines, "/v1 *\nA/v1\n");
    assert_int_equal(kedge_discovery_groups(d, NULL, NULL), KEDGE_ERR_JSON);
    discovery_close(&t);
}

static void a_resource_too_large_for_its_room_fails_its_old_list_alone(void **state)
{
    (void)state;
    static char large[12000];
    struct kedge_discovery *d =
        serving_old("{\"groups\":[{\"name\":\"a\",\"versions\":[{\"version\":\"v1\"}]}]}", 0);
    snprintf(large, sizeof large,
             "{\"kind\":\"APIResourceList\",\"groupVersion\":\"a/v1\",\"resources\":[{\"name\":"
             "\"%05000d\",\"kind\":\"L\",\"verbs\":[]}]}",
             1);
    discovery_serves(&t, "/api", discovery_says(&t, 200, NULL, "{\"versions\":[]}"));
    discovery_serves(&t, "/apis/a/v1", discovery_says(&t, 200, NULL, large));
    assert_int_equal(kedge_discovery_resources(d, NULL, NULL), KEDGE_ERR_PARTIAL);
    assert_int_equal(kedge_discovery_failure(d, 0)->err, KEDGE_ERR_TOO_LONG);
    discovery_close(&t);
}

static void a_list_that_is_none_is_its_own_failure(void **state)
{
    (void)state;
    struct kedge_discovery *d =
        serving_old("{\"groups\":[{\"name\":\"a\",\"versions\":[{\"version\":\"v1\"}]}]}", 0);
    discovery_serves(&t, "/api", discovery_says(&t, 200, NULL, "{\"versions\":[\"v1\"]}"));
    discovery_serves(&t, "/api/v1", discovery_says(&t, 200, NULL, "[]"));
    discovery_serves(&t, "/apis/a/v1", discovery_says(&t, 200, NULL, "[]"));
    assert_int_equal(kedge_discovery_resources(d, NULL, NULL), KEDGE_ERR_PARTIAL);
    assert_int_equal(kedge_discovery_failure(d, 0)->err, KEDGE_ERR_JSON);
    assert_int_equal(kedge_discovery_failure(d, 0)->code, 0);
    assert_non_null(strstr(kedge_discovery_error_text(d), "APIs: v1: the reply is not"));
    discovery_close(&t);
}

static void whatever_the_room_for_a_resource_it_is_told_whole_or_not(void **state)
{
    (void)state;
    static const char resource[] =
        "{\"resource\":\"resources\",\"responseKind\":{\"group\":\"b.io\",\"version\":\"v2\","
        "\"kind\":"
        "\"Resource\"},\"verbs\":[\"get\",\"list\"],\"shortNames\":[\"re\"],\"categories\":["
        "\"all\"],"
        "\"subresources\":[{\"subresource\":\"status-of-a-long-name-that-takes-much-room\","
        "\"responseKind\":{\"version\":\"v3\",\"kind\":\"Status\"},\"verbs\":[\"get\"]}]}";
    static const char one[] = "a/v1 resources - b.io/v2 Resource false preferred get,list re all\n";
    char body[1024];
    bool none = false, some = false, all = false;
    snprintf(body, sizeof body,
             "{\"items\":[{\"metadata\":{\"name\":\"a\"},\"versions\":[{"
             "\"version\":\"v1\",\"resources\":[%s]}]}]}",
             resource);
    for (size_t room = 8; room < 400; room++) {
        discovery_open_with(&t, &(struct kedge_rest_options){.object_max = room});
        discovery_serves(&t, "/apis", discovery_says(&t, 200, AGGREGATED, body));
        struct kedge_discovery *d = kedge_discovery_new(
            t.rest, &(struct kedge_discovery_options){.timeout = KEDGE_FOREVER});
        kedge_err err = kedge_discovery_resources(d, discovery_line, &t);
        assert_true(err == KEDGE_OK || err == KEDGE_ERR_PARTIAL);
        assert_true(err == KEDGE_OK || kedge_discovery_failure(d, 0)->err == KEDGE_ERR_TOO_LONG);
        none = none || t.lines[0] == '\0';
        some = some || strcmp(t.lines, one) == 0;
        all = all || (err == KEDGE_OK && strstr(t.lines, "\na/v1 resources/status-of-") != NULL);
        assert_true(t.lines[0] == '\0' || strncmp(t.lines, one, strlen(one)) == 0);
        discovery_close(&t);
        discovery_open_with(&t, &(struct kedge_rest_options){.object_max = room});
        discovery_serves(&t, "/apis/a/v1",
                         discovery_says(&t, 200, NULL, OLD_RESOURCES(OLD_RESOURCE("as"))));
        d = kedge_discovery_new(t.rest, NULL);
        err = kedge_discovery_resources_of(d, "a", "v1", discovery_line, &t);
        assert_int_equal(err, t.lines[0] != '\0' ? KEDGE_OK : KEDGE_ERR_PARTIAL);
        discovery_close(&t);
    }
    assert_true(none && some && all);
}

static void a_version_of_too_many_words_is_refused(void **state)
{
    (void)state;
    static char body[12000] = "{\"major\":\"1\"";
    struct kedge_server_version v;
    for (int i = 0; i < 450; i++)
        strcat(body, ",\"major\":\"\"");
    strcat(body, "}");
    discovery_open(&t);
    discovery_serves(&t, "/version", discovery_says(&t, 200, NULL, body));
    struct kedge_discovery *d = kedge_discovery_new(t.rest, NULL);
    assert_int_equal(kedge_discovery_version(d, &v), KEDGE_ERR_JSON);
    discovery_close(&t);
}

static kedge_err stop(void *ctx, const struct kedge_api_resource *r)
{
    (void)r;
    kedge_stop(ctx);
    return KEDGE_OK;
}

static void a_stop_ends_it(void **state)
{
    (void)state;
    discovery_open(&t);
    discovery_serves_recorded(&t, false);
    struct kedge_discovery *d = kedge_discovery_new(t.rest, NULL);
    assert_int_equal(kedge_discovery_resources(d, stop, t.k), KEDGE_ERR_STOPPED);
    discovery_close(&t);
}

static void whatever_the_memory_it_is_made_or_not(void **state)
{
    (void)state;
    struct kedge_config config = {.server = "http://api.test"};
    bool made = false, lacked = false;
    for (size_t size = 20000; size < 60000; size += 16) {
        struct kedge *k = kedge_init(t.memory, size, &t.port.port);
        struct kedge_rest *rest = kedge_rest_new(kedge_client_new(k, &config), NULL);
        struct kedge_mapper *m = kedge_mapper_new(rest, 4);
        assert_int_equal(m != NULL ? KEDGE_OK : KEDGE_ERR_MEMORY, kedge_error(k));
        made = made || m != NULL;
        lacked = lacked || (rest != NULL && m == NULL);
    }
    assert_true(made && lacked);
}

// Call-backs -------------------------------------------------------------------------------------

static kedge_err enough(void *ctx, const struct kedge_api_resource *r)
{
    unsigned *left = ctx;
    (void)r;
    return (*left)-- == 0 ? KEDGE_ERR_TOO_LONG : KEDGE_OK;
}

static kedge_err no_group(void *ctx, const struct kedge_group_version *gv)
{
    (void)ctx;
    (void)gv;
    return KEDGE_ERR_EXISTS;
}

static void a_callback_ends_it_with_what_it_answers(void **state)
{
    (void)state;
    for (int aggregated = 0; aggregated < 2; aggregated++) {
        unsigned left = 3;
        discovery_open(&t);
        discovery_serves_recorded(&t, aggregated != 0);
        struct kedge_discovery *d = kedge_discovery_new(t.rest, NULL);
        assert_int_equal(kedge_discovery_resources(d, enough, &left), KEDGE_ERR_TOO_LONG);
        assert_int_equal(left, (unsigned)-1);
        left = 40; // of the second group version that an old server is asked for
        assert_int_equal(kedge_discovery_resources(d, enough, &left), KEDGE_ERR_TOO_LONG);
        left = 3;
        assert_int_equal(kedge_discovery_resources_of(d, "", "v1", enough, &left),
                         KEDGE_ERR_TOO_LONG);
        assert_int_equal(kedge_discovery_groups(d, no_group, NULL), KEDGE_ERR_EXISTS);
        assert_string_not_equal(kedge_discovery_error_text(d), "");
        discovery_close(&t);
    }
}

static bool verbs_seen;

static kedge_err look_at_verbs(void *ctx, const struct kedge_api_resource *r)
{
    (void)ctx;
    if (strcmp(r->resource, "deployments") == 0 && r->subresource == NULL) {
        for (int v = KEDGE_GET; v <= KEDGE_DELETE_COLLECTION; v++)
            assert_true(kedge_api_resource_can(r, (enum kedge_verb)v));
        assert_false(kedge_api_resource_can(r, (enum kedge_verb)99));
        verbs_seen = true;
    } else if (r->subresource != NULL) {
        assert_false(kedge_api_resource_can(r, KEDGE_LIST));
    }
    return KEDGE_OK;
}

static void a_resource_says_what_can_be_done_with_it(void **state)
{
    (void)state;
    discovery_open(&t);
    discovery_serves_recorded(&t, true);
    struct kedge_discovery *d = kedge_discovery_new(t.rest, NULL);
    assert_int_equal(kedge_discovery_resources_of(d, "apps", "v1", look_at_verbs, NULL), KEDGE_OK);
    assert_true(verbs_seen);
    assert_false(kedge_api_resource_can(NULL, KEDGE_GET));
    discovery_close(&t);
}

static void without_a_discovery_every_call_says_so(void **state)
{
    (void)state;
    discovery_open(&t);
    assert_null(kedge_discovery_new(NULL, NULL));
    assert_int_equal(kedge_discovery_groups(NULL, NULL, NULL), KEDGE_ERR_ARGUMENT);
    assert_int_equal(kedge_discovery_resources(NULL, NULL, NULL), KEDGE_ERR_ARGUMENT);
    assert_int_equal(kedge_discovery_resources_of(NULL, "", "v1", NULL, NULL), KEDGE_ERR_ARGUMENT);
    assert_null(kedge_discovery_failure(NULL, 0));
    assert_int_equal(kedge_discovery_failures(NULL), 0);
    assert_non_null(kedge_discovery_error_text(NULL));
    assert_null(kedge_discovery_new(t.rest, &(struct kedge_discovery_options){.text_max = 100}));
    assert_int_equal(kedge_error(t.k), KEDGE_ERR_ARGUMENT);
    assert_null(kedge_discovery_new(t.rest, NULL)); // after a first failure
    discovery_close(&t);
    discovery_open(&t);
    assert_null(kedge_discovery_new(t.rest, &(struct kedge_discovery_options){.timeout = -1}));
    discovery_close(&t);
    discovery_open(&t);
    assert_null(
        kedge_discovery_new(t.rest, &(struct kedge_discovery_options){.text_max = 1 << 20}));
    assert_int_equal(kedge_error(t.k), KEDGE_ERR_MEMORY);
    discovery_close(&t);
}

int main(void)
{
    const struct CMUnitTest tests[] = {
        cmocka_unit_test(the_server_tells_its_version),
        cmocka_unit_test(a_strange_version_is_cut_or_refused),
        cmocka_unit_test(aggregated_resources_are_told_as_jansson_reads_them),
        cmocka_unit_test(however_the_bytes_are_cut_the_same_is_told),
        cmocka_unit_test(groups_are_told_core_first),
        cmocka_unit_test(a_stale_version_is_told_as_failed_and_not_among_the_others),
        cmocka_unit_test(more_stale_versions_than_can_be_remembered_are_an_error),
        cmocka_unit_test(a_resource_without_a_kind_has_subresources_all_the_same),
        cmocka_unit_test(preferred_resources_are_told_once),
        cmocka_unit_test(a_group_of_too_many_resources_is_an_error_where_they_are_told_once),
        cmocka_unit_test(a_resource_that_is_too_large_takes_no_other_down),
        cmocka_unit_test(only_the_core_group_may_be_missing),
        cmocka_unit_test(what_is_no_discovery_document_is_refused),
        cmocka_unit_test(what_it_does_not_know_is_skipped),
        cmocka_unit_test(nesting_has_a_limit),
        cmocka_unit_test(the_content_type_says_which_form_it_is),
        cmocka_unit_test(both_forms_tell_the_same_of_a_group_version),
        cmocka_unit_test(an_old_server_is_asked_for_each_group_version),
        cmocka_unit_test(the_preferred_version_comes_first_wherever_it_is_listed),
        cmocka_unit_test(a_list_that_breaks_off_is_told_once),
        cmocka_unit_test(a_group_version_that_fails_is_asked_for_twice),
        cmocka_unit_test(more_group_versions_than_fit_are_asked_for_in_parts),
        cmocka_unit_test(failures_beyond_the_memory_for_them_are_counted),
        cmocka_unit_test(the_old_form_is_checked_too),
        cmocka_unit_test(one_group_version_is_one_request),
        cmocka_unit_test(the_form_may_not_change_between_two_parts),
        cmocka_unit_test(strange_names_of_the_old_form_are_refused),
        cmocka_unit_test(a_resource_too_large_for_its_room_fails_its_old_list_alone),
        cmocka_unit_test(a_list_that_is_none_is_its_own_failure),
        cmocka_unit_test(whatever_the_room_for_a_resource_it_is_told_whole_or_not),
        cmocka_unit_test(a_version_of_too_many_words_is_refused),
        cmocka_unit_test(a_stop_ends_it),
        cmocka_unit_test(whatever_the_memory_it_is_made_or_not),
        cmocka_unit_test(a_callback_ends_it_with_what_it_answers),
        cmocka_unit_test(a_resource_says_what_can_be_done_with_it),
        cmocka_unit_test(without_a_discovery_every_call_says_so),
    };
    return cmocka_run_group_tests(tests, NULL, NULL);
}
