// SPDX-License-Identifier: Apache-2.0
#define _POSIX_C_SOURCE 200809L
#include <setjmp.h>
#include <stdarg.h>
#include <stddef.h>
#include <stdio.h>
#include <stdlib.h>
#include <string.h>

#include <cmocka.h>

#include "sieve_log.h"

static const struct kedge_field port_rows[] = {
    ROW("containerPort\0", INT32),
    ROW("name\0", TEXT),
};
static const struct kedge_table port_table = TABLE_OF(port_rows);

static const struct kedge_field container_rows[] = {
    ROW("name\0", TEXT),
    ROW("resources\0limits\0cpu\0", QUANTITY),
    LIST_ROW("ports\0", &port_table),
};
static const struct kedge_table container_table = TABLE_OF(container_rows);

static const struct kedge_field pod_rows[] = {
    ROW("metadata\0name\0", TEXT),
    ROW("metadata\0namespace\0", TEXT),
    ROW("metadata\0uid\0", TEXT),
    ROW("metadata\0resourceVersion\0", TEXT),
    ROW("metadata\0labels\0", TEXT_MAP),
    ROW("metadata\0annotations\0a.b/c\0", TEXT),
    ROW("spec\0replicas\0", INT32),
    ROW("spec\0nodeName\0", TEXT),
    LIST_ROW("spec\0containers\0", &container_table),
    ROW("status\0phase\0", ENUM),
    ROW("caf\xc3\xa9\0", TEXT),
    ROW("\xf0\x9f\x98\x80\0", TEXT),
    ROW("quo\"te\\\0", TEXT),
};
static const struct kedge_table pod_table = TABLE_OF(pod_rows);

static const struct kedge_field around_rows[] = {
    ROW("kind\0", TEXT),
    ROW("type\0", TEXT),
    ROW("code\0", INT32),
    ROW("metadata\0resourceVersion\0", TEXT),
    ROW("metadata\0continue\0", TEXT),
};
static const struct kedge_table around_table = TABLE_OF(around_rows);

// Everything but what is dropped.
static const struct kedge_field dynamic_rows[] = {
    ROW("metadata\0name\0", TEXT),
    ROW("metadata\0uid\0", TEXT),
    ROW("", RAW),
    ROW("metadata\0managedFields\0", DROP),
    ROW("status\0", DROP),
    ROW("status\0phase\0", TEXT),
};
static const struct kedge_table dynamic_table = TABLE_OF(dynamic_rows);

static const struct kedge_field whole_rows[] = {ROW("", RAW)};
static const struct kedge_table whole_table = TABLE_OF(whole_rows);

// The log must be the expected one for the whole text, at every split into two, and in small
// pieces.
static void expect(const struct kedge_sieve_options *o, kedge_str text, const char *expected)
{
    assert_string_equal(sieve_log(o, text, 0, 0), expected);
    for (size_t at = 1; at < text.len && at < 4096; at++)
        assert_string_equal(sieve_log(o, text, at, 0), expected);
    for (size_t size = 1; size <= 7; size++)
        assert_string_equal(sieve_log(o, text, 0, size), expected);
}

static void expect_of(enum kedge_sieve_shape shape, const struct kedge_table *table,
                      const char *text, const char *expected)
{
    struct kedge_sieve_options o = sieve_of(shape, table, table == &pod_table ? 4 : 0,
                                            shape == KEDGE_SIEVE_OBJECT ? NULL : &around_table);
    expect(&o, kedge_str_of(text), expected);
}

// An object, of which `kept` is left.
static void expect_kept(const struct kedge_table *table, const char *text, const char *kept)
{
    char expected[4096];
    snprintf(expected, sizeof expected, "item %s\nend\nends\n", kept);
    expect_of(KEDGE_SIEVE_OBJECT, table, text, expected);
}

static void expect_pod(const char *text, const char *kept)
{
    expect_kept(&pod_table, text, kept);
}

// What is kept -----------------------------------------------------------------------------------

static void only_what_the_rows_name_is_kept(void **state)
{
    (void)state;
    expect_pod(
        "{\"kind\":\"Pod\",\"metadata\":{\"name\":\"web\",\"managedFields\":[{\"a\":[{}]}],"
        "\"labels\":{\"a\":\"b\"},\"other\":\"x\"},\"spec\":{\"replicas\":3,\"x\":{\"y\":1}},"
        "\"status\":{\"conditions\":[1,\"2\",null]},\"more\":true}",
        "{\"metadata\":{\"name\":\"web\",\"labels\":{\"a\":\"b\"}},"
        "\"spec\":{\"replicas\":3},\"status\":{}}");
    expect_pod("{}", "{}");
    expect_pod("{\"spec\":{}}", "{\"spec\":{}}");
    expect_pod("{\"x\":1}", "{}");
}

static void a_key_is_compared_as_a_whole(void **state)
{
    (void)state;
    expect_pod(
        "{\"metadat\":{\"name\":1},\"metadataa\":{\"name\":2},\"Metadata\":{\"name\":3},"
        "\"\":{\"name\":4},\"meta\\u0000data\":{\"name\":5},\"metadata\\u0000\":{\"name\":6},"
        "\"metadata\\u0000name\":7,\"metadata\":{\"nam\":8,\"names\":9,\"\":10}}",
        "{\"metadata\":{}}");
}

static void escapes_in_keys_are_undone(void **state)
{
    (void)state;
    expect_pod("{\"m\\u0065tadata\":{\"na\\u006de\":\"a\",\"\\u006c\\u0061bels\":{},"
               "\"annotations\":{\"a.b\\/c\":\"d\"}}}",
               "{\"metadata\":{\"name\":\"a\",\"labels\":{},\"annotations\":{\"a.b/c\":\"d\"}}}");
    expect_pod(
        "{\"caf\\u00E9\":1,\"\\uD83D\\uDE00\":2,\"quo\\\"te\\\\\":3,\"quo\\u0022te\\u005c\":4}",
        "{\"caf\xc3\xa9\":1,\"\xf0\x9f\x98\x80\":2,\"quo\\\"te\\\\\":3,\"quo\\\"te\\\\\":4}");
    expect_pod(
        "{\"caf\xc3\xa9\":1,\"\xf0\x9f\x98\x80\":2,\"caf\xc3\xaa\":3,\"\xf0\x9f\x98\x81\":4}",
        "{\"caf\xc3\xa9\":1,\"\xf0\x9f\x98\x80\":2}");
}

static void white_space_is_dropped_wherever_it_stands(void **state)
{
    (void)state;
    expect_pod(" \t\r\n{ \"metadata\" : { \"name\" : \"a b\" , \"labels\" : { \"a\" : [ 1 , { } , "
               "[ ] , true ] } } ,\n\"spec\" :\t{ \"replicas\" : 3 , \"nodeName\":null\r} } \n",
               "{\"metadata\":{\"name\":\"a b\",\"labels\":{\"a\":[1,{},[],true]}},"
               "\"spec\":{\"replicas\":3,\"nodeName\":null}}");
}

static void a_named_value_is_kept_whole_whatever_it_is(void **state)
{
    (void)state;
    expect_pod("{\"metadata\":{\"name\":null,\"uid\":{\"a\":[1.50e+3,-0]},\"labels\":[false],"
               "\"namespace\":\"\\u00e9\\n\\/\"}}",
               "{\"metadata\":{\"name\":null,\"uid\":{\"a\":[1.50e+3,-0]},\"labels\":[false],"
               "\"namespace\":\"\\u00e9\\n\\/\"}}");
}

static void where_an_object_should_be_other_values_vanish_with_their_key(void **state)
{
    (void)state;
    expect_pod("{\"metadata\":null,\"spec\":\"text\",\"status\":[{\"phase\":1}]}", "{}");
    expect_pod("{\"metadata\":12,\"spec\":{\"replicas\":1},\"status\":true}",
               "{\"spec\":{\"replicas\":1}}");
}

static void of_lists_each_element_is_sieved(void **state)
{
    (void)state;
    expect_pod("{\"spec\":{\"containers\":[{\"name\":\"a\",\"image\":\"i\",\"ports\":["
               "{\"containerPort\":80,\"protocol\":\"TCP\"},{\"name\":\"x\"}]},"
               "{\"resources\":{\"limits\":{\"cpu\":1,\"memory\":2},\"requests\":{}}},{}]}}",
               "{\"spec\":{\"containers\":[{\"name\":\"a\",\"ports\":["
               "{\"containerPort\":80},{\"name\":\"x\"}]},"
               "{\"resources\":{\"limits\":{\"cpu\":1}}},{}]}}");
    expect_pod("{\"spec\":{\"containers\":[]}}", "{\"spec\":{\"containers\":[]}}");
}

static void an_element_that_is_no_object_becomes_null(void **state)
{
    (void)state;
    expect_pod("{\"spec\":{\"containers\":[null,{\"name\":1},7,\"t]\",[{\"name\":2}],{}]}}",
               "{\"spec\":{\"containers\":[null,{\"name\":1},null,null,null,{}]}}");
}

static void a_list_row_keeps_nothing_but_an_array(void **state)
{
    (void)state;
    expect_pod("{\"spec\":{\"containers\":null,\"replicas\":1}}", "{\"spec\":{\"replicas\":1}}");
    expect_pod("{\"spec\":{\"containers\":{\"name\":\"a\"}}}", "{\"spec\":{}}");
    expect_pod("{\"spec\":{\"replicas\":1,\"containers\":\"[\"}}", "{\"spec\":{\"replicas\":1}}");
}

static void duplicate_keys_all_pass_in_their_order(void **state)
{
    (void)state;
    expect_pod("{\"metadata\":{\"name\":\"a\",\"name\":\"b\"},\"metadata\":{\"uid\":\"c\"},"
               "\"metadata\":null}",
               "{\"metadata\":{\"name\":\"a\",\"name\":\"b\"},\"metadata\":{\"uid\":\"c\"}}");
}

static void the_empty_path_keeps_all_but_what_is_dropped(void **state)
{
    (void)state;
    expect_kept(
        &dynamic_table,
        "{ \"kind\" : \"X\",\"metadata\":{\"name\":\"a\",\"managedFields\":[{\"x\":1}],"
        "\"manage\":1,\"managedFieldsX\":2,\"\\u006danagedFields\":3,\"man\\u0061\":4,"
        "\"zz\":[1, 2]},\"status\":{\"a\":1,\"phase\":\"Up\",\"b\":2},\"spec\":{\"any\":[ ]}}",
        "{\"kind\":\"X\",\"metadata\":{\"name\":\"a\","
        "\"manage\":1,\"managedFieldsX\":2,\"mana\":4,"
        "\"zz\":[1,2]},\"status\":{\"phase\":\"Up\"},\"spec\":{\"any\":[]}}");
    expect_kept(&dynamic_table, "{\"status\":3,\"metadata\":null}", "{\"metadata\":null}");
    expect_kept(&whole_table, "{\"a\" : {\"b\":[1,{\"c\":null}]}}",
                "{\"a\":{\"b\":[1,{\"c\":null}]}}");
}

static void a_key_from_a_table_is_escaped_as_json_asks_for(void **state)
{
    (void)state;
    static const struct kedge_field rows[] = {ROW("", RAW), ROW("a\x01\x1f\"\\b\0x\0", DROP)};
    static const struct kedge_table table = TABLE_OF(rows);
    expect_kept(&table,
                "{\"a\\u0001\\u001F\\\"\\\\b\":{\"x\":1,\"y\":2},\"a\\u0001\\u001f\\u0002\":3}",
                "{\"a\\u0001\\u001f\\\"\\\\b\":{\"y\":2},\"a\\u0001\\u001f\\u0002\":3}");
}

static void several_tables_count_as_one(void **state)
{
    (void)state;
    static const struct kedge_field first[] = {ROW("metadata\0name\0", TEXT),
                                               LIST_ROW("spec\0containers\0", &port_table)};
    static const struct kedge_field third[] = {LIST_ROW("spec\0containers\0", &container_table),
                                               ROW("spec\0x\0", RAW), ROW("spec\0x\0y\0", TEXT)};
    static const struct kedge_table first_table = TABLE_OF(first);
    static const struct kedge_table third_table = TABLE_OF(third);
    struct kedge_sieve_options o = sieve_of(KEDGE_SIEVE_OBJECT, &first_table, 1, NULL);
    o.tables[2] = &third_table;
    expect(&o,
           KEDGE_STR("{\"metadata\":{\"name\":1,\"uid\":2},\"spec\":{\"containers\":[{\"name\":1,"
                     "\"containerPort\":2,\"image\":3,\"ports\":[{\"name\":4,\"x\":5}]}],"
                     "\"x\":{\"y\":1,\"z\":2}}}"),
           "item {\"metadata\":{\"name\":1},\"spec\":{\"containers\":[{\"name\":1,"
           "\"containerPort\":2,\"ports\":[{\"name\":4}]}],\"x\":{\"y\":1,\"z\":2}}}\nend\nends\n");
}

// Shapes -----------------------------------------------------------------------------------------

static void a_list_is_framed_item_by_item(void **state)
{
    (void)state;
    expect_of(
        KEDGE_SIEVE_LIST, &pod_table,
        "{\"kind\":\"PodList\",\"apiVersion\":\"v1\",\"metadata\":{\"resourceVersion\":\"7\","
        "\"continue\":\"c\",\"remainingItemCount\":2},\"items\":[{\"metadata\":{\"name\":\"a\"}},"
        "{\"metadata\":{\"name\":\"b\"},\"x\":1}]}\n",
        "item {\"metadata\":{\"name\":\"a\"}}\nitem {\"metadata\":{\"name\":\"b\"}}\n"
        "end {\"kind\":\"PodList\",\"metadata\":{\"resourceVersion\":\"7\",\"continue\":\"c\"}}\n"
        "ends\n");
}

static void a_lists_metadata_may_follow_its_items(void **state)
{
    (void)state;
    expect_of(KEDGE_SIEVE_LIST, &pod_table,
              "{\"apiVersion\":\"v1\",\"items\" : [ { } , {\"spec\":{}} ] , \"kind\":\"L\","
              "\"metadata\":{\"resourceVersion\":\"7\"}}",
              "item {}\nitem {\"spec\":{}}\nend {\"kind\":\"L\",\"metadata\":{\"resourceVersion\":"
              "\"7\"}}\nends\n");
}

static void a_list_may_have_no_items(void **state)
{
    (void)state;
    expect_of(KEDGE_SIEVE_LIST, &pod_table, "{\"items\":[],\"kind\":\"L\"}",
              "end {\"kind\":\"L\"}\nends\n");
    expect_of(KEDGE_SIEVE_LIST, &pod_table, "{\"kind\":\"L\",\"items\":null}",
              "end {\"kind\":\"L\"}\nends\n");
    expect_of(KEDGE_SIEVE_LIST, &pod_table, "{}", "end {}\nends\n");
    expect_of(KEDGE_SIEVE_LIST, &pod_table,
              "{\"kind\":\"Status\",\"metadata\":{},\"status\":\"Failure\",\"code\":410}",
              "end {\"kind\":\"Status\",\"metadata\":{},\"code\":410}\nends\n");
}

static void items_that_are_no_array_are_refused(void **state)
{
    (void)state;
    expect_of(KEDGE_SIEVE_LIST, &pod_table, "{\"items\":\"a\"}",
              "error KEDGE_ERR_JSON at 9: \"items\" is no array\nbreaks off\n");
    expect_of(KEDGE_SIEVE_LIST, &pod_table, "{\"items\": {}}",
              "error KEDGE_ERR_JSON at 10: \"items\" is no array\nbreaks off\n");
    expect_of(KEDGE_SIEVE_LIST, &pod_table, "{\"items\":nil}",
              "error KEDGE_ERR_JSON at 10: a word that is not true, false or null\nbreaks off\n");
    expect_of(KEDGE_SIEVE_LIST, &pod_table, "[]",
              "error KEDGE_ERR_JSON at 0: an object was expected\nbreaks off\n");
}

static void an_item_that_is_no_object_is_unusable(void **state)
{
    (void)state;
    expect_of(KEDGE_SIEVE_LIST, &pod_table, "{\"items\":[null,1,\"x\",[{}],{},true]}",
              "none {}\nnone {}\nnone {}\nnone {}\nitem {}\nnone {}\nend {}\nends\n");
    expect_of(KEDGE_SIEVE_LIST, &whole_table, "{\"items\":[null,{}]}",
              "none {}\nitem {}\nend {}\nends\n");
}

static void a_nested_items_key_frames_nothing(void **state)
{
    (void)state;
    expect_of(KEDGE_SIEVE_LIST, &whole_table,
              "{\"metadata\":{\"items\":[{\"a\":1}]},\"x\":{\"items\":[{}]},\"items\":[{\"items\":["
              "{}]}]}",
              "item {\"items\":[{}]}\nend {\"metadata\":{}}\nends\n");
}

static void a_watch_gives_an_event_at_a_time(void **state)
{
    (void)state;
    const char *expected = "item {\"metadata\":{\"name\":\"a\"}} | {\"type\":\"ADDED\"}\n"
                           "item {\"metadata\":{\"name\":\"b\"}} | {\"type\":\"DELETED\"}\nends\n";
    expect_of(KEDGE_SIEVE_WATCH, &pod_table,
              "{\"type\":\"ADDED\",\"object\":{\"metadata\":{\"name\":\"a\"}}}\n"
              "{\"type\":\"DELETED\",\"object\":{\"metadata\":{\"name\":\"b\"}}}\n",
              expected);
    expect_of(KEDGE_SIEVE_WATCH, &pod_table,
              "{\"object\":{\"metadata\":{\"name\":\"a\"}},\"type\":\"ADDED\"}"
              "{\"x\":[],\"object\":{\"metadata\":{\"name\":\"b\"}},\"y\":{},\"type\":\"DELETED\"}",
              expected);
    expect_of(KEDGE_SIEVE_WATCH, &pod_table, "", "ends\n");
    expect_of(KEDGE_SIEVE_WATCH, &pod_table, " \n ", "ends\n");
}

static void an_event_without_an_object_is_unusable(void **state)
{
    (void)state;
    expect_of(KEDGE_SIEVE_WATCH, &pod_table,
              "{\"type\":\"ADDED\"}{\"type\":\"ADDED\",\"object\":null}"
              "{\"object\":[1],\"type\":\"ADDED\"}{}{\"object\":{}}",
              "none {} | {\"type\":\"ADDED\"}\nnone {} | {\"type\":\"ADDED\"}\n"
              "none {} | {\"type\":\"ADDED\"}\nnone {} | {}\nitem {} | {}\nends\n");
}

static void of_two_objects_in_an_event_the_last_counts(void **state)
{
    (void)state;
    expect_of(KEDGE_SIEVE_WATCH, &pod_table,
              "{\"object\":{\"spec\":{\"replicas\":1}},\"object\":{\"status\":{}}}"
              "{\"object\":{},\"object\":1}",
              "item {\"status\":{}} | {}\nnone {} | {}\nends\n");
}

static void between_events_only_white_space_may_stand(void **state)
{
    (void)state;
    expect_of(KEDGE_SIEVE_WATCH, &pod_table, "{},{}",
              "none {} | {}\nerror KEDGE_ERR_JSON at 2: an object was expected\nbreaks off\n");
    expect_of(KEDGE_SIEVE_WATCH, &pod_table, "{}\n[]",
              "none {} | {}\nerror KEDGE_ERR_JSON at 3: an object was expected\nbreaks off\n");
    expect_of(KEDGE_SIEVE_WATCH, &pod_table, "{}{\"a\"", "none {} | {}\nbreaks off\n");
}

static void without_envelope_rows_there_is_no_envelope(void **state)
{
    (void)state;
    struct kedge_sieve_options o = sieve_of(KEDGE_SIEVE_LIST, &pod_table, 4, NULL);
    expect(&o, KEDGE_STR("{\"kind\":\"L\",\"items\":[{}],\"metadata\":{}}"),
           "item {}\nend\nends\n");
    o.shape = KEDGE_SIEVE_WATCH;
    expect(&o, KEDGE_STR("{\"type\":\"L\",\"object\":{}}"), "item {}\nends\n");
}

static void an_envelope_may_keep_all_around_the_items(void **state)
{
    (void)state;
    struct kedge_sieve_options o = sieve_of(KEDGE_SIEVE_LIST, &pod_table, 4, &whole_table);
    expect(&o, KEDGE_STR("{\"k\":[ 1 ],\"items\":[{\"spec\":{}}],\"item\":{\"items\":[]}}"),
           "item {\"spec\":{}}\nend {\"k\":[1],\"item\":{\"items\":[]}}\nends\n");
}

static void an_envelope_may_have_lists_of_its_own(void **state)
{
    (void)state;
    static const struct kedge_field rows[] = {LIST_ROW("details\0causes\0", &port_table)};
    static const struct kedge_table table = TABLE_OF(rows);
    struct kedge_sieve_options o = sieve_of(KEDGE_SIEVE_LIST, &pod_table, 4, &table);
    expect(&o,
           KEDGE_STR("{\"details\":{\"causes\":[{\"name\":\"x\",\"y\":1}]},\"items\":[{\"spec\":{"
                     "\"containers\":[{\"ports\":[{\"name\":\"x\",\"y\":1}],\"name\":2}]}}],"
                     "\"details\":{\"causes\":[{\"name\":\"z\",\"metadata\":1}]}}"),
           "item {\"spec\":{\"containers\":[{\"ports\":[{\"name\":\"x\"}],\"name\":2}]}}\n"
           "end {\"details\":{\"causes\":[{\"name\":\"x\"}]},"
           "\"details\":{\"causes\":[{\"name\":\"z\"}]}}\nends\n");
}

static void an_envelope_too_large_is_an_error_of_its_own(void **state)
{
    (void)state;
    struct kedge_sieve_options o = sieve_of(KEDGE_SIEVE_LIST, &pod_table, 4, &around_table);
    kedge_str text = KEDGE_STR("{\"kind\":\"PodList\",\"metadata\":{\"continue\":\"0123456789\"},"
                               "\"items\":[{}]}");
    const char *whole = "item {}\nend {\"kind\":\"PodList\",\"metadata\":{\"continue\":"
                        "\"0123456789\"}}\nends\n";
    size_t need = strlen("{\"kind\":\"PodList\",\"metadata\":{\"continue\":\"0123456789\"}}");
    for (o.envelope_cap = 1; o.envelope_cap < need; o.envelope_cap++) {
        const char *log = sieve_log(&o, text, 0, 0);
        assert_non_null(strstr(log, "error KEDGE_ERR_TOO_LONG at 0: what is around the items is "
                                    "larger than its buffer\nbreaks off\n"));
        assert_null(strstr(log, "end"));
        for (size_t size = 1; size < 5; size++)
            assert_string_equal(sieve_log(&o, text, 0, size), log);
    }
    expect(&o, text, whole);
}

static void the_end_comes_once_and_only_white_space_after_it(void **state)
{
    (void)state;
    expect_of(KEDGE_SIEVE_OBJECT, &pod_table, "{} \n", "item {}\nend\nends\n");
    expect_of(KEDGE_SIEVE_OBJECT, &pod_table, "{} {}",
              "item {}\nend\nerror KEDGE_ERR_JSON at 3: more text behind the value\nbreaks off\n");
    expect_of(KEDGE_SIEVE_LIST, &pod_table, "{}]",
              "end {}\nerror KEDGE_ERR_JSON at 2: more text behind the value\nbreaks off\n");
}

// What is refused --------------------------------------------------------------------------------

struct bad {
    const char *text;
    int at;
    const char *problem;
};

static const struct bad bad_structure[] = {
    {"", 0, NULL},
    {" ", 1, NULL},
    {"nul", 0, "an object was expected"},
    {"\"a\"", 0, "an object was expected"},
    {"<html>", 0, "an object was expected"},
    {"\xef\xbb\xbf{}", 0, "a byte order mark, which JSON does not allow"},
    {"{", 1, NULL},
    {"{\"a\"", 4, NULL},
    {"{\"a\":", 5, NULL},
    {"{\"a\":1", 6, NULL},
    {"{\"a\":{}", 7, NULL},
    {"{a:1}", 1, "a key in quotes was expected"},
    {"{'a':1}", 1, "a key in quotes was expected"},
    {"{1:1}", 1, "a key in quotes was expected"},
    {"{,}", 1, "a key in quotes was expected"},
    {"{\"a\":1,}", 7, "a key in quotes was expected"},
    {"{\"a\" 1}", 5, "a colon was expected behind the key"},
    {"{\"a\"}", 4, "a colon was expected behind the key"},
    {"{\"a\"::1}", 5, "a value was expected"},
    {"{\"a\":}", 5, "a value was expected"},
    {"{\"a\":,}", 5, "a value was expected"},
    {"{\"a\":+1}", 5, "a value was expected"},
    {"{\"a\":.1}", 5, "a value was expected"},
    {"{\"a\":NaN}", 5, "a value was expected"},
    {"{\"a\":'b'}", 5, "a value was expected"},
    {"{\"a\":/**/1}", 5, "a value was expected"},
    {"{\"a\":\f1}", 5, "a value was expected"},
    {"{\"a\":True}", 5, "a value was expected"},
    {"{\"a\":tRue}", 6, "a word that is not true, false or null"},
    {"{\"a\":nul}", 8, "a word that is not true, false or null"},
    {"{\"a\":nullx}", 9, "a comma or a closing bracket was expected"},
    {"{\"a\":1 2}", 7, "a comma or a closing bracket was expected"},
    {"{\"a\":1:2}", 6, "a comma or a closing bracket was expected"},
    {"{\"a\":\"b\" \"c\":1}", 9, "a comma or a closing bracket was expected"},
    {"{\"a\":{}{}}", 7, "a comma or a closing bracket was expected"},
    {"{\"a\":1]", 6, "a closing bracket that does not match its opening one"},
    {"{\"a\":[1}}", 7, "a closing bracket that does not match its opening one"},
    {"{\"a\":{]}", 6, NULL},
    {"{\"a\":01}", 6, "a number that JSON does not have"},
    {"{\"a\":00}", 6, "a number that JSON does not have"},
    {"{\"a\":-01}", 7, "a number that JSON does not have"},
    {"{\"a\":-}", 6, "a number that JSON does not have"},
    {"{\"a\":--1}", 6, "a number that JSON does not have"},
    {"{\"a\":1.}", 7, "a number that JSON does not have"},
    {"{\"a\":1.e1}", 7, "a number that JSON does not have"},
    {"{\"a\":1.1.1}", 8, "a number that JSON does not have"},
    {"{\"a\":1e}", 7, "a number that JSON does not have"},
    {"{\"a\":1e+}", 8, "a number that JSON does not have"},
    {"{\"a\":1e1.5}", 8, "a number that JSON does not have"},
    {"{\"a\":1e1e1}", 8, "a number that JSON does not have"},
    {"{\"a\":1-1}", 6, "a number that JSON does not have"},
    {"{\"a\":0x10}", 6, "a comma or a closing bracket was expected"},
    {"{\"a\":1E400,\"b\":Infinity}", 15, "a value was expected"},
};

static void expect_bad(const struct kedge_table *table, const struct bad *bad)
{
    char expected[256] = "breaks off\n";
    if (bad->problem != NULL)
        snprintf(expected, sizeof expected, "error KEDGE_ERR_JSON at %d: %s\nbreaks off\n", bad->at,
                 bad->problem);
    expect_of(KEDGE_SIEVE_OBJECT, table, bad->text, expected);
}

static void bad_structure_is_refused_with_its_place(void **state)
{
    (void)state;
    for (size_t i = 0; i < sizeof bad_structure / sizeof bad_structure[0]; i++) {
        if (strcmp(bad_structure[i].text, "{\"a\":{]}") != 0)
            expect_bad(&whole_table, &bad_structure[i]);
    }
    expect_of(KEDGE_SIEVE_OBJECT, &whole_table, "{\"a\":{]}",
              "error KEDGE_ERR_JSON at 6: a key in quotes was expected\nbreaks off\n");
}

static void scalars_that_nobody_wants_are_checked_too(void **state)
{
    (void)state;
    for (size_t i = 0; i < sizeof bad_structure / sizeof bad_structure[0]; i++) {
        if (strchr(bad_structure[i].text, '[') == NULL &&
            strstr(bad_structure[i].text, "{]") == NULL)
            expect_bad(&pod_table, &bad_structure[i]);
    }
}

// Each is the inside of a text.
static const struct bad bad_texts[] = {
    {"\x01", 0, "a control character in a text"},
    {"a\nb", 1, "a control character in a text"},
    {"0123456\t", 7, "a control character in a text"},
    {"0123456789\x1f", 10, "a control character in a text"},
    {"\\x", 1, "an escape that JSON does not have"},
    {"\\'", 1, "an escape that JSON does not have"},
    {"\\U0041", 1, "an escape that JSON does not have"},
    {"\\u004g", 5, "four hexadecimal digits were expected behind \\u"},
    {"\\u12", 4, "four hexadecimal digits were expected behind \\u"},
    {"\\u 123", 2, "four hexadecimal digits were expected behind \\u"},
    {"\\ud800", 6, "half a surrogate pair in a text"},
    {"\\ud800x", 6, "half a surrogate pair in a text"},
    {"\\ud800\\n", 7, "half a surrogate pair in a text"},
    {"\\ud800\\u0041", 11, "half a surrogate pair in a text"},
    {"\\ud800\\ud800", 11, "half a surrogate pair in a text"},
    {"\\udc00", 5, "half a surrogate pair in a text"},
    {"\\udFFF\\ud800", 5, "half a surrogate pair in a text"},
    {"\x80", 0, "a text is not UTF-8"},
    {"\xbf", 0, "a text is not UTF-8"},
    {"\xc0\x80", 0, "a text is not UTF-8"},
    {"\xc1\xbf", 0, "a text is not UTF-8"},
    {"\xc3", 1, "a text is not UTF-8"},
    {"\xc3(", 1, "a text is not UTF-8"},
    {"\xe0\x80\xaf", 1, "a text is not UTF-8"},
    {"\xe0\x9f\xbf", 1, "a text is not UTF-8"},
    {"\xe2\x82", 2, "a text is not UTF-8"},
    {"\xe2\x82(", 2, "a text is not UTF-8"},
    {"\xed\xa0\x80", 1, "a text is not UTF-8"},
    {"\xed\xbf\xbf", 1, "a text is not UTF-8"},
    {"\xf0\x8f\xbf\xbf", 1, "a text is not UTF-8"},
    {"\xf0\x9f\x98", 3, "a text is not UTF-8"},
    {"\xf4\x90\x80\x80", 1, "a text is not UTF-8"},
    {"\xf5\x80\x80\x80", 0, "a text is not UTF-8"},
    {"\xff", 0, "a text is not UTF-8"},
    {"ab\xc3\xa9\xe2\x82\xac\xfe", 7, "a text is not UTF-8"},
};

static void bad_texts_are_refused_where_they_are_kept(void **state)
{
    (void)state;
    for (size_t i = 0; i < sizeof bad_texts / sizeof bad_texts[0]; i++) {
        char value[64];
        char key[64];
        char skipped[64];
        snprintf(value, sizeof value, "{\"a\":\"%s\"}", bad_texts[i].text);
        snprintf(key, sizeof key, "{\"%s\":1}", bad_texts[i].text);
        snprintf(skipped, sizeof skipped, "{\"a\":{\"b\":\"%s\"}}", bad_texts[i].text);
        expect_bad(&whole_table, &(struct bad){value, bad_texts[i].at + 6, bad_texts[i].problem});
        expect_bad(&whole_table, &(struct bad){key, bad_texts[i].at + 2, bad_texts[i].problem});
        expect_pod(skipped, "{}");
    }
}

static void good_texts_come_out_as_they_were_spelt(void **state)
{
    (void)state;
    static const char *const texts[] = {
        "",
        "a",
        "\\u0000",
        "\\\"\\\\\\/\\b\\f\\n\\r\\t",
        "\\u00e9",
        "\\uFFFF",
        "\\ud7ff\\ue000",
        "\\ud83d\\ude00",
        "\\uDBFF\\uDFFF\\uD800\\uDC00",
        "\x7f",
        "\xc2\x80",
        "\xdf\xbf",
        "\xe0\xa0\x80",
        "\xed\x9f\xbf",
        "\xee\x80\x80",
        "\xef\xbf\xbf",
        "\xef\xbb\xbf",
        "\xf0\x90\x80\x80",
        "\xf4\x8f\xbf\xbf",
        "0123456789abcdef\xe2\x82\xac"
        "0123456\\u0041",
    };
    for (size_t i = 0; i < sizeof texts / sizeof texts[0]; i++) {
        char value[128];
        char key[128];
        snprintf(value, sizeof value, "{\"metadata\":{\"labels\":\"%s\"}}", texts[i]);
        snprintf(key, sizeof key, "{\"metadata\":{\"labels\":{\"%s\":\"%s\"}}}", texts[i],
                 texts[i]);
        expect_pod(value, value);
        expect_pod(key, key);
        expect_kept(&whole_table, key, key);
    }
}

static void numbers_of_any_size_come_out_as_they_were_spelt(void **state)
{
    (void)state;
    static const char *const numbers[] = {
        "0",
        "-0",
        "1",
        "-1",
        "10",
        "9223372036854775808",
        "123456789012345678901234567890",
        "0.0",
        "-0.10",
        "1e1",
        "1E1",
        "1e+1",
        "1e-1",
        "0e0",
        "1.5E+400",
        "1e99999999999999999999",
    };
    for (size_t i = 0; i < sizeof numbers / sizeof numbers[0]; i++) {
        char text[128];
        snprintf(text, sizeof text, "{\"spec\":{\"replicas\":%s}}", numbers[i]);
        expect_pod(text, text);
        snprintf(text, sizeof text, "{\"metadata\":{\"labels\":[%s,%s]}}", numbers[i], numbers[i]);
        expect_pod(text, text);
        snprintf(text, sizeof text, "{\"other\":%s}", numbers[i]);
        expect_pod(text, "{}");
    }
}

static void a_nul_is_refused_in_structure_and_in_kept_texts(void **state)
{
    (void)state;
    struct kedge_sieve_options o = sieve_of(KEDGE_SIEVE_OBJECT, &pod_table, 4, NULL);
    expect(&o, (kedge_str){"\0{}", 3},
           "error KEDGE_ERR_JSON at 0: an object was expected\nbreaks off\n");
    expect(&o, (kedge_str){"{\0}", 3},
           "error KEDGE_ERR_JSON at 1: a key in quotes was expected\nbreaks off\n");
    expect(&o, (kedge_str){"{\"a\":\0}", 7},
           "error KEDGE_ERR_JSON at 5: a value was expected\nbreaks off\n");
    expect(&o, (kedge_str){"{\"status\":{\"phase\":\"a\0\"}}", 25},
           "error KEDGE_ERR_JSON at 21: a control character in a text\nbreaks off\n");
    expect(&o, (kedge_str){"{\"statu\0s\":1}", 13},
           "error KEDGE_ERR_JSON at 7: a control character in a text\nbreaks off\n");
    expect(&o, (kedge_str){"{\"status\":{\"phase\":\"\\\0\"}}", 25},
           "error KEDGE_ERR_JSON at 21: an escape that JSON does not have\nbreaks off\n");
    expect(&o, (kedge_str){"{\"x\":[\0]}", 9}, "item {}\nend\nends\n");
    expect(&o, (kedge_str){"{}\0", 3},
           "item {}\nend\nerror KEDGE_ERR_JSON at 2: more text behind the value\nbreaks off\n");
}

static void skipped_values_are_checked_for_their_structure(void **state)
{
    (void)state;
    expect_pod("{\"x\":{\"a\\\"]\":[\"\\\\\",{\"}\":\"\\\\\\\"\"}]}}", "{}");
    expect_of(KEDGE_SIEVE_OBJECT, &pod_table, "{\"x\":{\"a\":[1}}",
              "error KEDGE_ERR_JSON at 12: a closing bracket that does not match its opening one\n"
              "breaks off\n");
    expect_of(KEDGE_SIEVE_OBJECT, &pod_table, "{\"x\":[{]}",
              "error KEDGE_ERR_JSON at 7: a closing bracket that does not match its opening one\n"
              "breaks off\n");
    expect_of(KEDGE_SIEVE_OBJECT, &pod_table, "{\"x\":{\"a}}", "breaks off\n");
    expect_of(KEDGE_SIEVE_OBJECT, &pod_table, "{\"x\":{\"a\\\"}}", "breaks off\n");
    expect_of(KEDGE_SIEVE_OBJECT, &pod_table, "{\"x\":\"a\\", "breaks off\n");
}

// `levels` arrays in one another, in the member "x" or what stands for it.
static kedge_str nested(const char *key, size_t levels)
{
    static char text[8192];
    int head = snprintf(text, sizeof text, "{\"%s\":", key);
    memset(text + head, '[', levels);
    memset(text + (size_t)head + levels, ']', levels);
    memcpy(text + (size_t)head + 2 * levels, "}", 2);
    return kedge_str_of(text);
}

static void nesting_is_followed_to_1024_levels(void **state)
{
    (void)state;
    struct kedge_sieve_options keep = sieve_of(KEDGE_SIEVE_OBJECT, &whole_table, 0, NULL);
    struct kedge_sieve_options skip = sieve_of(KEDGE_SIEVE_OBJECT, &pod_table, 0, NULL);
    const char *refused =
        "error KEDGE_ERR_JSON at 1028: nested deeper than 1,024 levels\nbreaks off\n";
    for (size_t size = 0; size < 3; size++) {
        kedge_str text = nested("x", 1023);
        assert_string_equal(sieve_log(&skip, text, 0, size), "item {}\nend\nends\n");
        const char *log = sieve_log(&keep, text, 0, size);
        assert_memory_equal(log, "item {\"x\":[[[[", 12);
        assert_memory_equal(log + 5, text.ptr, text.len);
        text = nested("x", 1024);
        assert_string_equal(sieve_log(&skip, text, 0, size), refused);
        assert_string_equal(sieve_log(&keep, text, 0, size), refused);
    }
}

// Overflow ---------------------------------------------------------------------------------------

static const char large_pod[] =
    "{\"kind\":\"Pod\",\"metadata\":{\"labels\":{\"app\":\"%0200d\"},\"name\":\"web\",\"x\":1,"
    "\"namespace\":\"default\",\"annotations\":{\"a.b/c\":\"%0200d\"},\"uid\":\"7f3e\\u0041\","
    "\"resourceVersion\":\"12\"},\"spec\":{\"nodeName\":\"%0200d\",\"replicas\":3}}";

static const char identity_only[] =
    "over {\"metadata\":{\"name\":\"web\",\"namespace\":\"default\","
    "\"uid\":\"7f3e\\u0041\",\"resourceVersion\":\"12\"}}\nend\nends\n";

static void an_item_too_large_is_cut_down_to_its_identity(void **state)
{
    (void)state;
    char text[1024];
    snprintf(text, sizeof text, large_pod, 0, 0, 0);
    struct kedge_sieve_options o = sieve_of(KEDGE_SIEVE_OBJECT, &pod_table, 4, NULL);
    const char *log = sieve_log(&o, kedge_str_of(text), 0, 0);
    assert_memory_equal(log, "item ", 5);
    size_t need = (size_t)(strchr(log, '\n') - log) - 5;
    assert_true(need > 700);
    char *whole = strdup(log);
    for (o.item_cap = KEDGE_SIEVE_BUFFER; o.item_cap < need + 3; o.item_cap++) {
        const char *expected = o.item_cap < need ? identity_only : whole;
        assert_string_equal(sieve_log(&o, kedge_str_of(text), 0, 0), expected);
        for (size_t size = 1; size < 8; size++)
            assert_string_equal(sieve_log(&o, kedge_str_of(text), 0, size), expected);
    }
    free(whole);
}

static const struct kedge_sieve *sieved(struct kedge_sieve_options *o, kedge_str text)
{
    static struct kedge_sieve s;
    static char buf[4096];
    o->item_buf = buf;
    enum kedge_sieve_event event = KEDGE_SIEVE_MORE;
    size_t used = 0;
    assert_int_equal(kedge_sieve_init(&s, o), KEDGE_OK);
    assert_int_equal(kedge_sieve_feed(&s, text.ptr, text.len, &used, &event), KEDGE_OK);
    assert_int_equal(event, KEDGE_SIEVE_ITEM);
    return &s;
}

static void an_item_too_large_says_what_would_be_enough(void **state)
{
    (void)state;
    static const struct kedge_table *const tables[] = {&pod_table, &dynamic_table};
    char text[1024];
    snprintf(text, sizeof text, large_pod, 0, 0, 0);
    for (int t = 0; t < 2; t++) {
        struct kedge_sieve_options o =
            sieve_of(KEDGE_SIEVE_OBJECT, tables[t], t == 0 ? 4 : 2, NULL);
        o.item_cap = 4096;
        const size_t need = sieved(&o, kedge_str_of(text))->item.len;
        assert_true(need > KEDGE_SIEVE_BUFFER);
        for (o.item_cap = KEDGE_SIEVE_BUFFER; o.item_cap < need; o.item_cap++) {
            const struct kedge_sieve *s = sieved(&o, kedge_str_of(text));
            assert_true(s->overflow);
            // Of the identity, and of keys that might have been rows, it may count more.
            assert_in_range(s->enough, need, need + 256);
        }
        assert_false(sieved(&o, kedge_str_of(text))->overflow);
    }
}

// Lets the buffer end at every place of the text, by a label of every length.
static void wherever_the_buffer_ends_the_identity_is_whole(void **state)
{
    (void)state;
    static const struct kedge_table *const tables[] = {&pod_table, &dynamic_table};
    for (int t = 0; t < 2; t++) {
        struct kedge_sieve_options o =
            sieve_of(KEDGE_SIEVE_OBJECT, tables[t], t == 0 ? 4 : 2, NULL);
        o.item_cap = KEDGE_SIEVE_BUFFER;
        const char *expected = t == 0 ? identity_only
                                      : "over {\"metadata\":{\"name\":\"web\","
                                        "\"uid\":\"7f3e\\u0041\"}}\nend\nends\n";
        for (int fill = 1; fill < 700; fill++) {
            char text[2048];
            snprintf(
                text, sizeof text,
                "{\"metadata\":{\"labels\":{\"app\":\"%0*d\"},\"name\":\"web\","
                "\"namespace\":\"default\",\"uid\":\"7f3e\\u0041\",\"resourceVersion\":\"12\"},"
                "\"spec\":{\"nodeName\":\"%0600d\"}}",
                fill, 0, 0);
            assert_string_equal(sieve_log(&o, kedge_str_of(text), 0, 0), expected);
            assert_string_equal(sieve_log(&o, kedge_str_of(text), 0, 1), expected);
            assert_string_equal(sieve_log(&o, kedge_str_of(text), 0, 5), expected);
        }
    }
}

static void identity_that_does_not_fit_makes_the_item_unusable(void **state)
{
    (void)state;
    struct kedge_sieve_options o = sieve_of(KEDGE_SIEVE_LIST, &pod_table, 4, NULL);
    o.item_cap = KEDGE_SIEVE_BUFFER;
    for (int fill = 440; fill < 530; fill++) {
        char text[2048];
        snprintf(text, sizeof text,
                 "{\"items\":[{\"metadata\":{\"name\":\"%0*d\",\"uid\":\"7\"},\"spec\":{"
                 "\"nodeName\":\"%0100d\"}},{\"metadata\":{\"name\":\"b\"}}]}",
                 fill, 0, 0);
        char expected[1024];
        // {"metadata":{"name":"","uid":"7"}} is 34 bytes.
        if (fill + 34 <= KEDGE_SIEVE_BUFFER)
            snprintf(expected, sizeof expected,
                     "over {\"metadata\":{\"name\":\"%0*d\",\"uid\":\"7\"}}\n", fill, 0);
        else
            snprintf(expected, sizeof expected, "none {}\n");
        strcat(expected, "item {\"metadata\":{\"name\":\"b\"}}\nend\nends\n");
        for (size_t size = 0; size < 4; size++)
            assert_string_equal(sieve_log(&o, kedge_str_of(text), 0, size), expected);
    }
}

static void identity_may_fill_the_room_that_it_made_and_no_more(void **state)
{
    (void)state;
    struct kedge_sieve_options o = sieve_of(KEDGE_SIEVE_OBJECT, &pod_table, 4, NULL);
    o.item_cap = KEDGE_SIEVE_BUFFER;
    for (int fill = 470; fill < 500; fill++) {
        char text[2048];
        char expected[1024];
        snprintf(text, sizeof text,
                 "{\"metadata\":{\"labels\":\"%0100d\",\"name\":\"%0*d\"},\"spec\":{}}", 0, fill,
                 0);
        // {"metadata":{"name":""}} is 24 bytes.
        snprintf(expected, sizeof expected, "over {\"metadata\":{\"name\":\"%0*d\"}}\nend\nends\n",
                 fill, 0);
        if (fill + 24 > KEDGE_SIEVE_BUFFER)
            snprintf(expected, sizeof expected, "none {}\nend\nends\n");
        for (size_t size = 0; size < 4; size++)
            assert_string_equal(sieve_log(&o, kedge_str_of(text), 0, size), expected);
    }
}

static void identity_below_a_key_that_does_not_fit_makes_the_item_unusable(void **state)
{
    (void)state;
    static char path[1024];
    static const struct kedge_field rows[] = {{.path = path}, ROW("x\0", TEXT)};
    static const struct kedge_table table = TABLE_OF(rows);
    char text[2048];
    memset(path, 'k', 600);
    memcpy(path + 601, "a", 2);
    snprintf(text, sizeof text, "{\"x\":1,\"%s\":{\"a\":\"b\"}}", path);
    struct kedge_sieve_options o = sieve_of(KEDGE_SIEVE_OBJECT, &table, 1, NULL);
    o.item_cap = KEDGE_SIEVE_BUFFER;
    for (size_t size = 0; size < 4; size++)
        assert_string_equal(sieve_log(&o, kedge_str_of(text), 0, size), "none {}\nend\nends\n");
}

static void only_texts_of_the_identity_survive(void **state)
{
    (void)state;
    char text[2048];
    snprintf(
        text, sizeof text,
        "{\"metadata\":{\"name\":null,\"uid\":\"a\",\"uid\":\"b\",\"namespace\":{\"x\":\"%0600d\"},"
        "\"resourceVersion\":7},\"metadata\":{\"uid\":\"c\",\"namespace\":\"n\"}}",
        0);
    struct kedge_sieve_options o = sieve_of(KEDGE_SIEVE_OBJECT, &pod_table, 4, NULL);
    o.item_cap = KEDGE_SIEVE_BUFFER;
    expect(&o, kedge_str_of(text),
           "over {\"metadata\":{\"uid\":\"b\",\"uid\":\"c\",\"namespace\":\"n\"}}\nend\nends\n");
    o.identity = 0;
    expect(&o, kedge_str_of(text), "over {}\nend\nends\n");
}

static void an_overflow_ends_with_its_item(void **state)
{
    (void)state;
    char text[2048];
    snprintf(
        text, sizeof text,
        "{\"type\":\"A\",\"object\":{\"spec\":{\"nodeName\":\"%0600d\"},\"metadata\":{\"name\":"
        "\"a\"}}}{\"type\":\"B\",\"object\":{\"metadata\":{\"name\":\"b\"},\"spec\":{"
        "\"nodeName\":\"n\"}}}{\"type\":\"C\"}",
        0);
    struct kedge_sieve_options o = sieve_of(KEDGE_SIEVE_WATCH, &pod_table, 4, &around_table);
    o.item_cap = KEDGE_SIEVE_BUFFER;
    expect(&o, kedge_str_of(text),
           "over {\"metadata\":{\"name\":\"a\"}} | {\"type\":\"A\"}\n"
           "item {\"metadata\":{\"name\":\"b\"},\"spec\":{\"nodeName\":\"n\"}} | {\"type\":\"B\"}\n"
           "none {} | {\"type\":\"C\"}\nends\n");
}

static void what_overflows_is_still_checked(void **state)
{
    (void)state;
    char text[2048];
    int at = snprintf(text, sizeof text,
                      "{\"spec\":{\"nodeName\":\"%0600d\"},\"metadata\":{\"labels\":[01", 0);
    char expected[128];
    snprintf(expected, sizeof expected,
             "error KEDGE_ERR_JSON at %d: a number that JSON does not have\nbreaks off\n", at - 1);
    struct kedge_sieve_options o = sieve_of(KEDGE_SIEVE_OBJECT, &pod_table, 4, NULL);
    o.item_cap = KEDGE_SIEVE_BUFFER;
    expect(&o, kedge_str_of(text), expected);
}

// An object of any size, made as it is fed.
static void feed_much(const char *head, const char *middle, size_t bytes, const char *tail,
                      const struct kedge_sieve_options *options, struct kedge_sieve *s)
{
    char piece[16384];
    size_t used;
    enum kedge_sieve_event event;
    size_t middle_len = strlen(middle);
    for (size_t i = 0; i < sizeof piece; i++)
        piece[i] = middle[i % middle_len];
    size_t piece_len = sizeof piece / middle_len * middle_len;
    assert_int_equal(kedge_sieve_init(s, options), KEDGE_OK);
    assert_int_equal(kedge_sieve_feed(s, head, strlen(head), &used, &event), KEDGE_OK);
    for (size_t fed = 0; fed < bytes; fed += piece_len) {
        assert_int_equal(kedge_sieve_feed(s, piece, piece_len, &used, &event), KEDGE_OK);
        assert_int_equal(used, piece_len);
        assert_int_equal(event, KEDGE_SIEVE_MORE);
    }
    assert_int_equal(kedge_sieve_feed(s, tail, strlen(tail), &used, &event), KEDGE_OK);
    assert_int_equal(event, KEDGE_SIEVE_ITEM);
}

static void an_object_of_20_megabytes_needs_no_more_memory(void **state)
{
    (void)state;
    char buf[KEDGE_SIEVE_BUFFER];
    struct kedge_sieve s;
    struct kedge_sieve_options o = sieve_of(KEDGE_SIEVE_OBJECT, &pod_table, 4, NULL);
    o.item_buf = buf;
    o.item_cap = sizeof buf;
    feed_much("{\"metadata\":{\"name\":\"a\"},\"data\":{", "\"k\":\"\\\"{value}\\\\\",\"l\":[{}],",
              20 << 20, "\"x\":1},\"spec\":{\"replicas\":2}}", &o, &s);
    assert_true(kedge_str_is(s.item, "{\"metadata\":{\"name\":\"a\"},\"spec\":{\"replicas\":2}}"));
    assert_false(s.overflow);
    feed_much("{\"metadata\":{\"name\":\"a\",\"labels\":{", "\"k\":\"value \xc3\xa9\",\"l\":[0.1],",
              20 << 20, "\"x\":1},\"uid\":\"u\"}}", &o, &s);
    assert_true(kedge_str_is(s.item, "{\"metadata\":{\"name\":\"a\",\"uid\":\"u\"}}"));
    assert_true(s.overflow);
    feed_much("{\"metadata\":{\"name\":\"", "name", 20 << 20, "\",\"uid\":\"u\"}}", &o, &s);
    assert_true(kedge_str_is(s.item, "{}"));
    assert_true(s.unusable);
}

// Set-up -----------------------------------------------------------------------------------------

static kedge_err init_of(const struct kedge_sieve_options *o)
{
    struct kedge_sieve s;
    kedge_err err = kedge_sieve_init(&s, o);
    assert_true((err == KEDGE_OK) == (s.problem == NULL));
    enum kedge_sieve_event event;
    size_t used;
    if (err != KEDGE_OK)
        assert_int_equal(kedge_sieve_feed(&s, "{}", 2, &used, &event), err);
    return err;
}

static void options_that_cannot_work_are_refused(void **state)
{
    (void)state;
    static char buf[KEDGE_SIEVE_BUFFER];
    struct kedge_sieve_options good = sieve_of(KEDGE_SIEVE_LIST, &pod_table, 4, &around_table);
    good.item_buf = buf;
    good.item_cap = sizeof buf;
    assert_int_equal(init_of(&good), KEDGE_OK);

    struct kedge_sieve_options o = good;
    o.item_cap--;
    assert_int_equal(init_of(&o), KEDGE_ERR_ARGUMENT);
    o = good;
    o.item_buf = NULL;
    assert_int_equal(init_of(&o), KEDGE_ERR_ARGUMENT);
    o = good;
    o.identity = 5; // labels are no text
    assert_int_equal(init_of(&o), KEDGE_ERR_ARGUMENT);
    o = good;
    o.identity = 9;
    assert_int_equal(init_of(&o), KEDGE_ERR_ARGUMENT);
    o = good;
    o.tables[0] = NULL;
    o.tables[1] = &pod_table;
    assert_int_equal(init_of(&o), KEDGE_ERR_ARGUMENT);
    o.identity = 0;
    assert_int_equal(init_of(&o), KEDGE_OK);
}

static void identity_rows_must_lie_together(void **state)
{
    (void)state;
    static char buf[KEDGE_SIEVE_BUFFER];
    static const struct kedge_field deeper[] = {ROW("a\0b\0", TEXT), ROW("a\0b\0c\0", TEXT)};
    static const struct kedge_field other[] = {ROW("a\0b\0", TEXT), ROW("x\0b\0", TEXT)};
    static const struct kedge_field none[] = {ROW("", TEXT), ROW("a\0", TEXT)};
    static const struct kedge_field top[] = {ROW("a\0", TEXT), ROW("b\0", TEXT)};
    static const struct kedge_field deep[] = {ROW("x\0y\0a\0", TEXT), ROW("x\0y\0b\0", TEXT)};
    static const struct kedge_table tables[] = {TABLE_OF(deeper), TABLE_OF(other), TABLE_OF(none),
                                                TABLE_OF(top), TABLE_OF(deep)};
    for (int i = 0; i < 5; i++) {
        struct kedge_sieve_options o = sieve_of(KEDGE_SIEVE_OBJECT, &tables[i], 2, NULL);
        o.item_buf = buf;
        o.item_cap = sizeof buf;
        assert_int_equal(init_of(&o), i < 3 ? KEDGE_ERR_ARGUMENT : KEDGE_OK);
    }
    char text[1024];
    struct kedge_sieve_options o = sieve_of(KEDGE_SIEVE_OBJECT, &tables[3], 2, NULL);
    o.tables[1] = &whole_table;
    o.item_cap = KEDGE_SIEVE_BUFFER;
    snprintf(text, sizeof text, "{\"x\":1,\"b\":\"1\",\"y\":\"%0600d\",\"a\":\"2\",\"z\":[]}", 0);
    expect(&o, kedge_str_of(text), "over {\"b\":\"1\",\"a\":\"2\"}\nend\nends\n");
    o.tables[0] = &tables[4];
    snprintf(text, sizeof text,
             "{\"x\":{\"a\":\"0\",\"y\":{\"b\":\"1\",\"q\":\"%0600d\",\"a\":\"2\"},\"z\":3}}", 0);
    expect(&o, kedge_str_of(text), "over {\"x\":{\"y\":{\"b\":\"1\",\"a\":\"2\"}}}\nend\nends\n");
}

static void at_most_64_rows_are_taken(void **state)
{
    (void)state;
    static char buf[KEDGE_SIEVE_BUFFER];
    static char paths[65][16];
    static struct kedge_field rows[65];
    static struct kedge_table table = {rows, 64, 0};
    for (int i = 0; i < 65; i++) {
        snprintf(paths[i], sizeof paths[i], "k%02d", i);
        rows[i].path = paths[i];
    }
    struct kedge_sieve_options o = sieve_of(KEDGE_SIEVE_OBJECT, &table, 1, NULL);
    o.item_buf = buf;
    o.item_cap = sizeof buf;
    assert_int_equal(init_of(&o), KEDGE_OK);
    expect_kept(&table, "{\"k00\":0,\"k63\":63,\"k64\":64}", "{\"k00\":0,\"k63\":63}");
    table.count = 65;
    assert_int_equal(init_of(&o), KEDGE_ERR_ARGUMENT);
    table.count = 63;
    o = sieve_of(KEDGE_SIEVE_LIST, &pod_table, 0, &table);
    o.item_buf = buf;
    o.item_cap = sizeof buf;
    assert_int_equal(init_of(&o), KEDGE_OK);
    table.count = 64;
    assert_int_equal(init_of(&o), KEDGE_ERR_ARGUMENT);
    table.count = 40;
    o.tables[1] = &table;
    assert_int_equal(init_of(&o), KEDGE_OK);
    o.tables[2] = &table;
    assert_int_equal(init_of(&o), KEDGE_ERR_ARGUMENT);
}

static void paths_as_long_as_the_limit_work_and_no_longer(void **state)
{
    (void)state;
    static char buf[KEDGE_SIEVE_BUFFER];
    static char path[2 * KEDGE_SIEVE_PATH + 4];
    static const struct kedge_field rows[] = {{.path = path}};
    static const struct kedge_table table = TABLE_OF(rows);
    char text[512] = "";
    for (int i = 0; i < KEDGE_SIEVE_PATH; i++) {
        path[2 * i] = 'a';
        strcat(text, "{\"a\":");
    }
    strcat(text, "1");
    for (int i = 0; i < KEDGE_SIEVE_PATH; i++)
        strcat(text, "}");
    expect_kept(&table, text, text);
    struct kedge_sieve_options o = sieve_of(KEDGE_SIEVE_OBJECT, &table, 1, NULL);
    o.item_buf = buf;
    o.item_cap = sizeof buf;
    assert_int_equal(init_of(&o), KEDGE_OK);
    o.shape = KEDGE_SIEVE_LIST;
    assert_int_equal(init_of(&o), KEDGE_ERR_ARGUMENT);
    static char long_key[70000];
    static const struct kedge_field long_rows[] = {{.path = long_key}};
    static const struct kedge_table long_table = TABLE_OF(long_rows);
    memset(long_key, 'k', sizeof long_key - 2);
    struct kedge_sieve_options too_long = sieve_of(KEDGE_SIEVE_OBJECT, &long_table, 0, NULL);
    too_long.item_buf = buf;
    too_long.item_cap = sizeof buf;
    assert_int_equal(init_of(&too_long), KEDGE_ERR_ARGUMENT);
    o.shape = KEDGE_SIEVE_OBJECT;
    path[2 * KEDGE_SIEVE_PATH] = 'a';
    assert_int_equal(init_of(&o), KEDGE_ERR_ARGUMENT);
}

static void a_table_inside_itself_is_refused(void **state)
{
    (void)state;
    static char buf[KEDGE_SIEVE_BUFFER];
    static struct kedge_field rows[1];
    static const struct kedge_table table = TABLE_OF(rows);
    rows[0] = (struct kedge_field)LIST_ROW("a\0", &table);
    struct kedge_sieve_options o = sieve_of(KEDGE_SIEVE_OBJECT, &table, 0, NULL);
    o.item_buf = buf;
    o.item_cap = sizeof buf;
    assert_int_equal(init_of(&o), KEDGE_ERR_ARGUMENT);
}

static void lists_in_lists_work_to_their_limit(void **state)
{
    (void)state;
    static const struct kedge_field leaf[] = {ROW("x\0", TEXT)};
    static const struct kedge_table t4 = TABLE_OF(leaf);
    static const struct kedge_field r3[] = {LIST_ROW("d\0", &t4)};
    static const struct kedge_table t3 = TABLE_OF(r3);
    static const struct kedge_field r2[] = {LIST_ROW("c\0", &t3)};
    static const struct kedge_table t2 = TABLE_OF(r2);
    static const struct kedge_field r1[] = {LIST_ROW("b\0", &t2)};
    static const struct kedge_table t1 = TABLE_OF(r1);
    static const struct kedge_field r0[] = {LIST_ROW("a\0", &t1)};
    static const struct kedge_table t0 = TABLE_OF(r0);
    expect_kept(
        &t0, "{\"a\":[{\"b\":[{\"c\":[{\"d\":[{\"x\":1,\"y\":2}],\"a\":1}]}],\"d\":[{\"x\":1}]}]}",
        "{\"a\":[{\"b\":[{\"c\":[{\"d\":[{\"x\":1}]}]}]}]}");
}

static void the_state_may_be_moved_between_calls(void **state)
{
    (void)state;
    char buf[KEDGE_SIEVE_BUFFER];
    kedge_str text = KEDGE_STR("{\"metadata\":{\"name\":\"\\u0041\xc3\xa9\",\"uid\":[1.5,null]}}");
    struct kedge_sieve_options o = sieve_of(KEDGE_SIEVE_OBJECT, &pod_table, 4, NULL);
    o.item_buf = buf;
    o.item_cap = sizeof buf;
    struct kedge_sieve *s = malloc(sizeof *s);
    assert_int_equal(kedge_sieve_init(s, &o), KEDGE_OK);
    enum kedge_sieve_event event = KEDGE_SIEVE_MORE;
    for (size_t i = 0; i < text.len; i++) {
        struct kedge_sieve *moved = malloc(sizeof *s);
        memcpy(moved, s, sizeof *s);
        memset(s, 0xa5, sizeof *s);
        free(s);
        s = moved;
        size_t used;
        assert_int_equal(kedge_sieve_feed(s, text.ptr + i, 1, &used, &event), KEDGE_OK);
    }
    assert_int_equal(event, KEDGE_SIEVE_ITEM);
    assert_true(kedge_str_eq(s->item, text));
    free(s);
}

static void no_buffer_is_longer_than_a_length_can_tell(void **state)
{
    (void)state;
    static char item[512], envelope[512];
    static struct kedge_sieve s;
    struct kedge_sieve_options o = sieve_of(KEDGE_SIEVE_LIST, &pod_table, 4, &whole_table);
    o.item_buf = item;
    o.envelope_buf = envelope;
    o.item_cap = o.envelope_cap = SIZE_MAX;
    assert_int_equal(kedge_sieve_init(&s, &o), KEDGE_OK);
    assert_int_equal(s.options.item_cap, UINT32_MAX);
    assert_int_equal(s.options.envelope_cap, UINT32_MAX);
}

int main(void)
{
    const struct CMUnitTest tests[] = {
        cmocka_unit_test(only_what_the_rows_name_is_kept),
        cmocka_unit_test(a_key_is_compared_as_a_whole),
        cmocka_unit_test(escapes_in_keys_are_undone),
        cmocka_unit_test(white_space_is_dropped_wherever_it_stands),
        cmocka_unit_test(a_named_value_is_kept_whole_whatever_it_is),
        cmocka_unit_test(where_an_object_should_be_other_values_vanish_with_their_key),
        cmocka_unit_test(of_lists_each_element_is_sieved),
        cmocka_unit_test(an_element_that_is_no_object_becomes_null),
        cmocka_unit_test(a_list_row_keeps_nothing_but_an_array),
        cmocka_unit_test(duplicate_keys_all_pass_in_their_order),
        cmocka_unit_test(the_empty_path_keeps_all_but_what_is_dropped),
        cmocka_unit_test(a_key_from_a_table_is_escaped_as_json_asks_for),
        cmocka_unit_test(several_tables_count_as_one),
        cmocka_unit_test(a_list_is_framed_item_by_item),
        cmocka_unit_test(a_lists_metadata_may_follow_its_items),
        cmocka_unit_test(a_list_may_have_no_items),
        cmocka_unit_test(items_that_are_no_array_are_refused),
        cmocka_unit_test(an_item_that_is_no_object_is_unusable),
        cmocka_unit_test(a_nested_items_key_frames_nothing),
        cmocka_unit_test(a_watch_gives_an_event_at_a_time),
        cmocka_unit_test(an_event_without_an_object_is_unusable),
        cmocka_unit_test(of_two_objects_in_an_event_the_last_counts),
        cmocka_unit_test(between_events_only_white_space_may_stand),
        cmocka_unit_test(without_envelope_rows_there_is_no_envelope),
        cmocka_unit_test(an_envelope_may_keep_all_around_the_items),
        cmocka_unit_test(an_envelope_may_have_lists_of_its_own),
        cmocka_unit_test(an_envelope_too_large_is_an_error_of_its_own),
        cmocka_unit_test(the_end_comes_once_and_only_white_space_after_it),
        cmocka_unit_test(bad_structure_is_refused_with_its_place),
        cmocka_unit_test(scalars_that_nobody_wants_are_checked_too),
        cmocka_unit_test(bad_texts_are_refused_where_they_are_kept),
        cmocka_unit_test(good_texts_come_out_as_they_were_spelt),
        cmocka_unit_test(numbers_of_any_size_come_out_as_they_were_spelt),
        cmocka_unit_test(a_nul_is_refused_in_structure_and_in_kept_texts),
        cmocka_unit_test(skipped_values_are_checked_for_their_structure),
        cmocka_unit_test(nesting_is_followed_to_1024_levels),
        cmocka_unit_test(an_item_too_large_is_cut_down_to_its_identity),
        cmocka_unit_test(an_item_too_large_says_what_would_be_enough),
        cmocka_unit_test(wherever_the_buffer_ends_the_identity_is_whole),
        cmocka_unit_test(identity_that_does_not_fit_makes_the_item_unusable),
        cmocka_unit_test(identity_may_fill_the_room_that_it_made_and_no_more),
        cmocka_unit_test(identity_below_a_key_that_does_not_fit_makes_the_item_unusable),
        cmocka_unit_test(only_texts_of_the_identity_survive),
        cmocka_unit_test(an_overflow_ends_with_its_item),
        cmocka_unit_test(what_overflows_is_still_checked),
        cmocka_unit_test(an_object_of_20_megabytes_needs_no_more_memory),
        cmocka_unit_test(options_that_cannot_work_are_refused),
        cmocka_unit_test(identity_rows_must_lie_together),
        cmocka_unit_test(at_most_64_rows_are_taken),
        cmocka_unit_test(paths_as_long_as_the_limit_work_and_no_longer),
        cmocka_unit_test(a_table_inside_itself_is_refused),
        cmocka_unit_test(lists_in_lists_work_to_their_limit),
        cmocka_unit_test(the_state_may_be_moved_between_calls),
        cmocka_unit_test(no_buffer_is_longer_than_a_length_can_tell),
    };
    return cmocka_run_group_tests(tests, NULL, NULL);
}
