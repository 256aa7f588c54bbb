// SPDX-License-Identifier: Apache-2.0
// Which resource a name means: against the recorded server in both forms, and made-up ones.
#include <setjmp.h>
#include <stdarg.h>
#include <stdio.h>
#include <stdlib.h>
#include <string.h>

#include <cmocka.h>

#include "discovery_server.h"
#include "mock_port.h"

static struct discovery_talk t;
static struct kedge_mapper *mapper;
static struct kedge_mapping found;

static void open_recorded(bool aggregated)
{
    discovery_open(&t);
    discovery_serves_recorded(&t, aggregated);
    mapper = kedge_mapper_new(t.rest, 4);
    assert_non_null(mapper);
}

static const char *name_of(const struct kedge_mapping *m)
{
    static char name[512];
    snprintf(name, sizeof name, "%s/%s/%s", m->group, m->version, m->resource);
    return name;
}

static const char *find(const char *text)
{
    kedge_err err = kedge_mapper_find(mapper, text, &found);
    return err == KEDGE_OK ? name_of(&found) : kedge_err_name(err);
}

#define NOT_FOUND "KEDGE_ERR_NOT_FOUND"

static const char *const table[][2] = {
    {"pods", "/v1/pods"},
    {"pod", "/v1/pods"},
    {"po", "/v1/pods"},
    {"PODS", "/v1/pods"},
    {"Pod", "/v1/pods"},
    {"pods.v1", NOT_FOUND},
    {"deployments", "apps/v1/deployments"},
    {"deployment", "apps/v1/deployments"},
    {"Deployment", "apps/v1/deployments"},
    {"deploy", "apps/v1/deployments"},
    {"deployments.apps", "apps/v1/deployments"},
    {"deploy.apps", "apps/v1/deployments"},
    {"deployment.v1.apps", "apps/v1/deployments"},
    {"deploy.v1.apps", "apps/v1/deployments"},
    {"Deployment.v1.apps", "apps/v1/deployments"},
    {"deployments.v2.apps", NOT_FOUND},
    {"deployments.app", "apps/v1/deployments"}, // the beginning of a group
    {"deployments.batch", NOT_FOUND},
    {"events", "/v1/events"}, // core before events.k8s.io
    {"events.events.k8s.io", "events.k8s.io/v1/events"},
    {"events.events", "events.k8s.io/v1/events"},
    {"hpa", "autoscaling/v2/horizontalpodautoscalers"},
    {"horizontalpodautoscalers.v1.autoscaling", "autoscaling/v1/horizontalpodautoscalers"},
    {"sc", "storage.k8s.io/v1/storageclasses"},
    {"storageclass.storage", "storage.k8s.io/v1/storageclasses"},
    {"ing.networking", "networking.k8s.io/v1/ingresses"},
    {"pods/status", NOT_FOUND},
    {"nothing", NOT_FOUND},
    {".", NOT_FOUND},
    {"..", NOT_FOUND},
};

static void a_name_is_what_kubectl_means_by_it(void **state)
{
    (void)state;
    open_recorded(true);
    for (size_t i = 0; i < sizeof table / sizeof table[0]; i++) {
        const char *got = find(table[i][0]);
        if (strcmp(got, table[i][1]) != 0)
            fail_msg("%s: %s", table[i][0], got);
        assert_string_equal(kedge_mapper_warning(mapper), "");
    }
    discovery_close(&t);
}

static void an_old_server_gives_the_same(void **state)
{
    (void)state;
    open_recorded(false);
    assert_string_equal(find("pod"), "/v1/pods");
    assert_int_equal(discovery_asked(&t, "/apis"), 0); // core is first: enough
    assert_string_equal(find("deploy"), "apps/v1/deployments");
    assert_int_equal(discovery_asked(&t, "/apis/apps/v1"), 1);
    assert_int_equal(discovery_asked(&t, "/apis"), 1);
    assert_string_equal(find("statefulsets"), "apps/v1/statefulsets");
    assert_int_equal(discovery_asked(&t, "/apis/networking.k8s.io/v1"), 2); // for "deploy", twice
    // Its other group versions cannot be had, and one of them may have it.
    assert_string_equal(find("ing"), NOT_FOUND);
    assert_non_null(strstr(kedge_mapper_error_text(mapper), "autoscaling/v2: 404"));
    discovery_close(&t);
}

static void a_mapping_says_all_that_a_request_needs(void **state)
{
    (void)state;
    open_recorded(true);
    assert_string_equal(find("deploy"), "apps/v1/deployments");
    assert_string_equal(found.kind, "Deployment");
    assert_string_equal(found.singular, "deployment");
    assert_true(found.namespaced);
    assert_true(kedge_mapping_can(&found, KEDGE_WATCH));
    assert_true(kedge_mapping_can(&found, KEDGE_APPLY));
    assert_string_equal(find("no"), "/v1/nodes");
    assert_false(found.namespaced);
    assert_string_equal(find("bindings"), "/v1/bindings");
    assert_false(kedge_mapping_can(&found, KEDGE_LIST));
    assert_true(kedge_mapping_can(&found, KEDGE_CREATE));
    assert_false(kedge_mapping_can(NULL, KEDGE_GET));
    discovery_close(&t);
}

static void a_kind_has_a_resource(void **state)
{
    (void)state;
    open_recorded(true);
    assert_int_equal(kedge_mapper_kind(mapper, NULL, NULL, "Pod", &found), KEDGE_OK);
    assert_string_equal(name_of(&found), "/v1/pods");
    assert_int_equal(discovery_asked(&t, "/apis"), 0);
    assert_int_equal(
        kedge_mapper_kind(mapper, "autoscaling", "", "HorizontalPodAutoscaler", &found), KEDGE_OK);
    assert_string_equal(name_of(&found), "autoscaling/v2/horizontalpodautoscalers");
    assert_int_equal(discovery_asked(&t, "/api"), 1);
    // The group is meant exactly, and no kind is a resource.
    assert_int_equal(kedge_mapper_kind(mapper, "auto", "", "HorizontalPodAutoscaler", &found),
                     KEDGE_ERR_NOT_FOUND);
    assert_int_equal(kedge_mapper_kind(mapper, "", "", "Deployment", &found), KEDGE_ERR_NOT_FOUND);
    assert_int_equal(kedge_mapper_kind(mapper, "apps", "", "deployments", &found),
                     KEDGE_ERR_NOT_FOUND);
    assert_string_equal(kedge_mapper_error_text(mapper), "no matches for kind \"deployments\"");
    discovery_close(&t);
}

static void a_whole_group_version_is_one_request(void **state)
{
    (void)state;
    open_recorded(true);
    assert_int_equal(kedge_mapper_kind(mapper, "apps", "v1", "Deployment", &found), KEDGE_OK);
    assert_string_equal(name_of(&found), "apps/v1/deployments");
    assert_string_equal(t.seen, "/apis/apps/v1\n");
    assert_int_equal(kedge_mapper_kind(mapper, "", "v1", "Pod", &found), KEDGE_OK);
    assert_int_equal(kedge_mapper_resource(mapper, "apps", "v1", "sts", &found), KEDGE_OK);
    assert_string_equal(name_of(&found), "apps/v1/statefulsets");
    assert_string_equal(t.seen, "/apis/apps/v1\n/api/v1\n/apis/apps/v1\n");
    // An unknown version of a known kind.
    assert_int_equal(kedge_mapper_kind(mapper, "apps", "v2", "Deployment", &found),
                     KEDGE_ERR_NOT_FOUND);
    assert_int_equal(kedge_mapper_kind(mapper, "a/b", "v2", "Deployment", &found),
                     KEDGE_ERR_ARGUMENT);
    discovery_serves(&t, "/apis/busy/v1", discovery_says(&t, 503, NULL, "{}"));
    assert_int_equal(kedge_mapper_kind(mapper, "busy", "v1", "A", &found), KEDGE_ERR_API);
    discovery_close(&t);
}

static void parts_may_be_left_out(void **state)
{
    (void)state;
    open_recorded(true);
    assert_int_equal(kedge_mapper_resource(mapper, NULL, NULL, "Deployments", &found), KEDGE_OK);
    assert_int_equal(kedge_mapper_resource(mapper, NULL, "v2", "hpa", &found), KEDGE_OK);
    assert_string_equal(name_of(&found), "autoscaling/v2/horizontalpodautoscalers");
    assert_int_equal(kedge_mapper_resource(mapper, "", "__internal", "pods", &found), KEDGE_OK);
    // A kind is no resource, though this one's name is its singular.
    assert_int_equal(kedge_mapper_resource(mapper, "apps", "", "Deployment", &found), KEDGE_OK);
    discovery_close(&t);
}

// What is kept -----------------------------------------------------------------------------------

static void what_was_found_is_kept(void **state)
{
    (void)state;
    open_recorded(true);
    assert_string_equal(find("pods"), "/v1/pods");
    unsigned asked = discovery_asked(&t, NULL);
    assert_string_equal(find("pods"), "/v1/pods");
    assert_int_equal(discovery_asked(&t, NULL), asked);
    // By another name, or otherwise, is another question.
    assert_string_equal(find("po"), "/v1/pods");
    assert_true(discovery_asked(&t, NULL) > asked);
    find("svc"), find("cm");
    asked = discovery_asked(&t, NULL);
    find("pods");
    assert_int_equal(discovery_asked(&t, NULL), asked);
    find("ns"); // takes the place of "po"
    asked = discovery_asked(&t, NULL);
    find("pods"), find("svc"), find("cm"), find("ns");
    assert_int_equal(discovery_asked(&t, NULL), asked);
    find("po");
    assert_true(discovery_asked(&t, NULL) > asked);
    asked = discovery_asked(&t, NULL);
    kedge_mapper_reset(mapper);
    find("ns");
    assert_true(discovery_asked(&t, NULL) > asked);
    discovery_close(&t);
}

static void without_room_each_question_is_asked(void **state)
{
    (void)state;
    char longer[300];
    open_recorded(true);
    struct kedge_mapper *kept = mapper;
    mapper = kedge_mapper_new(t.rest, 0);
    find("pods"), find("pods");
    assert_int_equal(discovery_asked(&t, "/api"), 2);
    mapper = kept;
    snprintf(longer, sizeof longer, "deployments.v1.apps%0*d", 200, 0);
    assert_string_equal(find(longer), NOT_FOUND);
    snprintf(longer, sizeof longer, "%0*d", 299, 0);
    assert_int_equal(kedge_mapper_kind(mapper, longer, "v1", "A", &found), KEDGE_ERR_NOT_FOUND);
    assert_int_equal(kedge_mapper_kind(mapper, "a", longer, "A", &found), KEDGE_ERR_NOT_FOUND);
    discovery_close(&t);
}

static void a_miss_is_asked_anew_and_finds_what_came_meanwhile(void **state)
{
    (void)state;
    static const struct mock_crd crd = {.group = "edge.example.com",
                                        .version = "v1",
                                        .plural = "sensors",
                                        .kind = "Sensor",
                                        .namespaced = true};
    static struct mock_port port;
    static unsigned char memory[128 * 1024];
    struct kedge_config config = {.server = "http://api.test:8080", .qps = -1};
    for (int there = 0; there < 2; there++) {
        struct mock_options o = {.seed = 1, .crds = &crd, .crd_count = (size_t)there};
        mock_port_init(&port, mock_new(&o), 1);
        struct kedge *k = kedge_init(memory, sizeof memory, &port.fake.port);
        struct kedge_rest *rest = kedge_rest_new(kedge_client_new(k, &config), NULL);
        mapper = kedge_mapper_new(rest, 2);
        assert_string_equal(find("sensors"),
                            there != 0 ? "edge.example.com/v1/sensors" : NOT_FOUND);
        assert_string_equal(find("deploy"), "apps/v1/deployments");
        kedge_rest_close(rest);
        mock_port_done(&port);
    }
}

// Choices ----------------------------------------------------------------------------------------

#define GROUP(name, versions) "{\"metadata\":{\"name\":\"" name "\"},\"versions\":[" versions "]}"
#define VERSION(version, freshness, resources) \
    "{\"version\":\"" version "\",\"resources\":[" resources "],\"freshness\":\"" freshness "\"}"
#define RESOURCE(name, kind, singular, shorts)                      \
    "{\"resource\":\"" name "\",\"responseKind\":{\"kind\":\"" kind \
    "\"},\"singularResource\":\"" singular "\",\"verbs\":[],\"shortNames\":[" shorts "]}"
#define V1(resources) VERSION("v1", "Current", resources)

static void serve(const char *items)
{
    static char body[8192];
    snprintf(body, sizeof body, "{\"items\":[%s]}", items);
    discovery_open(&t);
    discovery_serves(&t, "/apis", discovery_says(&t, 200, AGGREGATED, body));
    mapper = kedge_mapper_new(t.rest, 4);
}

static void a_name_beats_a_short_name_and_two_short_names_warn(void **state)
{
    (void)state;
    serve(GROUP("a.io", V1(RESOURCE("foxes", "Fox", "fox", "\"f\",\"bee\",\"x\"") "," RESOURCE(
                            "more", "More", "",
                            "\"x\""))) "," GROUP("b.io",
                                                 V1(RESOURCE("f", "Eff", "", "") "," RESOURCE(
                                                     "bees", "Bee", "bee", "\"x\""))));
    assert_string_equal(find("f"), "b.io/v1/f");
    assert_string_equal(find("bee"), "b.io/v1/bees");
    assert_string_equal(kedge_mapper_warning(mapper), "");
    assert_string_equal(find("eff"), "b.io/v1/f"); // without a singular: the kind
    assert_string_equal(find("x"), "a.io/v1/foxes");
    assert_string_equal(kedge_mapper_warning(mapper),
                        "short name \"x\" could also match lower priority resource more.a.io");
    assert_string_equal(find("x"), "a.io/v1/foxes"); // kept: warned once
    assert_string_equal(kedge_mapper_warning(mapper), "");
    assert_string_equal(find("x.b"), "b.io/v1/bees");
    assert_string_equal(find("x.b.io"), "b.io/v1/bees");
    discovery_close(&t);
}

static void two_groups_with_one_short_name_warn(void **state)
{
    (void)state;
    serve(GROUP("a.io", V1(RESOURCE("as", "A", "a", "\"x\""))) "," GROUP(
        "b.io", V1(RESOURCE("bs", "B", "b", "\"x\""))));
    assert_string_equal(find("x"), "a.io/v1/as");
    assert_string_equal(kedge_mapper_warning(mapper),
                        "short name \"x\" could also match lower priority resource bs.b.io");
    discovery_close(&t);
}

static void two_of_one_name_in_a_group_version_are_ambiguous(void **state)
{
    (void)state;
    serve(GROUP("a.io",
                V1(RESOURCE("as", "A", "one", "") "," RESOURCE("bs", "B", "one", "") "," RESOURCE(
                    "ks", "Kind", "k", "") "," RESOURCE("ls", "Kind", "l", ""))));
    assert_string_equal(find("one"), "KEDGE_ERR_AMBIGUOUS");
    assert_string_equal(kedge_mapper_error_text(mapper),
                        "several resources of one group version match \"one\"");
    assert_string_equal(find("as"), "a.io/v1/as");
    // Of two resources of one kind client-go has the last.
    assert_int_equal(kedge_mapper_kind(mapper, "a.io", "", "Kind", &found), KEDGE_OK);
    assert_string_equal(name_of(&found), "a.io/v1/ls");
    discovery_close(&t);
}

static void a_resource_that_is_listed_twice_is_one(void **state)
{
    (void)state;
    serve(GROUP("a.io", V1(RESOURCE("as", "A", "a", "") "," RESOURCE("as", "A", "a", ""))));
    assert_string_equal(find("as"), "a.io/v1/as");
    discovery_close(&t);
}

static void an_exact_group_beats_one_that_begins_so(void **state)
{
    (void)state;
    serve(GROUP("apps.more", V1(RESOURCE("as", "A", "a", ""))) "," GROUP(
        "apps", V1(RESOURCE("as", "A", "a", "") "," RESOURCE("bs", "B", "b", "\"a\""))));
    assert_string_equal(find("as.apps"), "apps/v1/as");
    assert_string_equal(find("a.apps"), "apps/v1/as");
    assert_string_equal(find("as.app"), "apps.more/v1/as");
    discovery_close(&t);
}

static void a_stale_version_is_not_found_and_asked_twice(void **state)
{
    (void)state;
    serve(
        GROUP("a.io", VERSION("v2", "Stale",
                              RESOURCE("as", "A", "a", "") "," RESOURCE(
                                  "bs", "B", "b", "")) "," VERSION("v1", "Current",
                                                                   RESOURCE("as", "A", "a", ""))));
    assert_string_equal(find("as"), "a.io/v1/as");
    assert_int_equal(discovery_asked(&t, "/apis"), 1);
    assert_string_equal(find("bs"), NOT_FOUND);
    assert_int_equal(discovery_asked(&t, "/apis"), 3);
    assert_string_equal(kedge_mapper_error_text(mapper),
                        "no matches for resource \"bs\"; unable to retrieve the complete list of "
                        "server APIs: a.io/v2: stale");
    discovery_close(&t);
}

static void the_preferred_version_is_found_or_the_first_that_has_it(void **state)
{
    (void)state;
    serve(GROUP("a.io", V1(RESOURCE("as", "A", "a", "")) "," VERSION(
                            "v0", "Current",
                            RESOURCE("as", "A", "a", "") "," RESOURCE("bs", "B", "b", ""))));
    assert_string_equal(find("as"), "a.io/v1/as");
    assert_string_equal(find("bs"), "a.io/v0/bs");
    assert_string_equal(find("as.v0.a.io"), "a.io/v0/as");
    discovery_close(&t);
}

#define NAMED(name, kind) RESOURCE(name, kind, "", "")

// client-go's TestRESTMapper.
static void core_and_preferred_versions_come_first(void **state)
{
    (void)state;
    static const struct {
        const char *version, *resource, *want;
    } rows[] = {
        {"", "pods", "/v1/pods"},
        {"v1", "pods", "/v1/pods"},
        {"v2", "pods", "/v2/pods"},
        {"", "jobs", "extensions/v1beta/jobs"},
        {"", "peas", "unpreferred/v2beta1/peas"},
        {"", "broccoli", "unpreferred/v1/broccoli"},
        {"v2alpha1", "broccoli", "unpreferred/v2alpha1/broccoli"},
    };
    serve(GROUP(
        "extensions",
        VERSION(
            "v1beta", "Current",
            NAMED("jobs", "Job") "," NAMED(
                "pods",
                "Pod"))) "," GROUP("unpreferred",
                                   V1(NAMED("broccoli", "Broccoli")) "," VERSION(
                                       "v2beta1", "Current",
                                       NAMED("broccoli", "Broccoli") "," NAMED(
                                           "peas",
                                           "Pea")) "," VERSION("v2alpha1", "Current",
                                                               NAMED(
                                                                   "broccoli",
                                                                   "Broccoli") "," NAMED("peas",
                                                                                         "Pea"))));
    discovery_serves(
        &t, "/api",
        discovery_says(&t, 200, AGGREGATED,
                       "{\"items\":[{\"versions\":[" V1(NAMED("pods", "Pod")) "," VERSION(
                           "v2", "Current", NAMED("pods", "Pod")) "]}]}"));
    for (size_t i = 0; i < sizeof rows / sizeof rows[0]; i++) {
        kedge_err err =
            kedge_mapper_resource(mapper, NULL, rows[i].version, rows[i].resource, &found);
        if (err != KEDGE_OK || strcmp(name_of(&found), rows[i].want) != 0)
            fail_msg("row %zu: %s, %s", i, kedge_err_name(err), name_of(&found));
    }
    assert_int_equal(kedge_mapper_kind(mapper, "unpreferred", "", "Pea", &found), KEDGE_OK);
    assert_string_equal(name_of(&found), "unpreferred/v2beta1/peas");
    discovery_close(&t);
}

static void a_name_that_does_not_fit_is_told(void **state)
{
    (void)state;
#define LONG "a234567890123456789012345678901234567890123456789012345678901234567890"
    serve(GROUP("a.io", V1(RESOURCE("as", LONG, "a", ""))));
    assert_string_equal(find("as"), "KEDGE_ERR_TOO_LONG");
    assert_string_equal(kedge_mapper_error_text(mapper),
                        "no room in struct kedge_mapping for \"as\"");
    discovery_close(&t);
}

static void resources_before_their_group_are_refused(void **state)
{
    (void)state;
    serve("{\"versions\":[" V1(RESOURCE("as", "A", "a", "")) "],\"metadata\":{\"name\":\"a\"}}");
    assert_string_equal(find("as"), "KEDGE_ERR_JSON");
    serve(GROUP("a", "{\"resources\":[" RESOURCE("as", "A", "a", "") "],\"version\":\"v1\"}"));
    assert_string_equal(find("as"), "KEDGE_ERR_JSON");
    discovery_close(&t);
}

static void an_answer_to_a_long_question_is_not_kept(void **state)
{
    (void)state;
#define LONG_GROUP "a" LONG ".a" LONG_PART
#define LONG_PART  "23456789012345678901234567890123456789"
    serve(GROUP(LONG_GROUP,
                V1(RESOURCE("as", "A", "a", "\"s\"") "," RESOURCE("bs", "B", "b", "\"s\""))));
    assert_string_equal(find("as." LONG_GROUP), LONG_GROUP "/v1/as");
    assert_string_equal(find("as." LONG_GROUP), LONG_GROUP "/v1/as");
    assert_int_equal(discovery_asked(&t, "/apis"), 2);
    assert_string_equal(find("s.a"), LONG_GROUP "/v1/as");
    discovery_close(&t);
}

static void errors_are_told(void **state)
{
    (void)state;
    discovery_open(&t);
    mapper = kedge_mapper_new(t.rest, 1);
    memset(&found, 7, sizeof found);
    struct kedge_mapping before = found;
    assert_string_equal(find("pods"), "KEDGE_ERR_API"); // no /apis
    assert_memory_equal(&found, &before, sizeof found);
    assert_non_null(strstr(kedge_mapper_error_text(mapper), "get /apis: 404"));
    assert_int_equal(kedge_mapper_find(mapper, "", &found), KEDGE_ERR_ARGUMENT);
    assert_int_equal(kedge_mapper_find(mapper, NULL, &found), KEDGE_ERR_ARGUMENT);
    assert_int_equal(kedge_mapper_find(mapper, "a", NULL), KEDGE_ERR_ARGUMENT);
    assert_int_equal(kedge_mapper_find(NULL, "a", &found), KEDGE_ERR_ARGUMENT);
    assert_int_equal(kedge_mapper_kind(mapper, "", "", NULL, &found), KEDGE_ERR_ARGUMENT);
    assert_int_equal(kedge_mapper_kind(NULL, "", "", "A", &found), KEDGE_ERR_ARGUMENT);
    assert_int_equal(kedge_mapper_resource(mapper, "", "", "a", NULL), KEDGE_ERR_ARGUMENT);
    assert_int_equal(kedge_mapper_resource(mapper, "", "", NULL, &found), KEDGE_ERR_ARGUMENT);
    kedge_mapper_reset(NULL);
    assert_string_equal(kedge_mapper_warning(NULL), "");
    assert_non_null(kedge_mapper_error_text(NULL));
    assert_null(kedge_mapper_new(NULL, 1));
    assert_null(kedge_mapper_new(t.rest, 100000));
    assert_int_equal(kedge_error(t.k), KEDGE_ERR_MEMORY);
    discovery_close(&t);
}

int main(void)
{
    const struct CMUnitTest tests[] = {
        cmocka_unit_test(a_name_is_what_kubectl_means_by_it),
        cmocka_unit_test(an_old_server_gives_the_same),
        cmocka_unit_test(a_mapping_says_all_that_a_request_needs),
        cmocka_unit_test(a_kind_has_a_resource),
        cmocka_unit_test(a_whole_group_version_is_one_request),
        cmocka_unit_test(parts_may_be_left_out),
        cmocka_unit_test(what_was_found_is_kept),
        cmocka_unit_test(without_room_each_question_is_asked),
        cmocka_unit_test(a_miss_is_asked_anew_and_finds_what_came_meanwhile),
        cmocka_unit_test(a_name_beats_a_short_name_and_two_short_names_warn),
        cmocka_unit_test(two_groups_with_one_short_name_warn),
        cmocka_unit_test(two_of_one_name_in_a_group_version_are_ambiguous),
        cmocka_unit_test(a_resource_that_is_listed_twice_is_one),
        cmocka_unit_test(an_exact_group_beats_one_that_begins_so),
        cmocka_unit_test(a_stale_version_is_not_found_and_asked_twice),
        cmocka_unit_test(the_preferred_version_is_found_or_the_first_that_has_it),
        cmocka_unit_test(core_and_preferred_versions_come_first),
        cmocka_unit_test(a_name_that_does_not_fit_is_told),
        cmocka_unit_test(resources_before_their_group_are_refused),
        cmocka_unit_test(an_answer_to_a_long_question_is_not_kept),
        cmocka_unit_test(errors_are_told),
    };
    return cmocka_run_group_tests(tests, NULL, NULL);
}
