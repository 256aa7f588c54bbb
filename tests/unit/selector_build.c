// SPDX-License-Identifier: Apache-2.0
#include "kedge/selector_build.h"

#include <setjmp.h>
#include <stdarg.h>
#include <stdio.h>
#include <stdlib.h>

#include <cmocka.h>

#include "kedge/kinds.h"
#include "objects.h"

// A kind with a selector whose absence its records know, one with another kind of list, and one
// without.
#define KEDGE_ROWS_fleet(FIELD, LIST, ENUM, K)                                        \
    FIELD(K, RAW, spec_selector, "spec", "selector")                                  \
    FIELD(K, TEXT_MAP, spec_selector_match_labels, "spec", "selector", "matchLabels") \
    LIST(K, label_expression, spec_selector_match_expressions, "spec", "selector",    \
         "matchExpressions")
KEDGE_DECLARE_KIND(fleet)
KEDGE_DEFINE_KIND(fleet, "edge.example.com", "v1", "fleets", "Fleet", KEDGE_NAMESPACED)

#define KEDGE_ROWS_odd(FIELD, LIST, ENUM, K)                                      \
    FIELD(K, TEXT_MAP, spec_selector_more, "spec", "selector_more")               \
    FIELD(K, TEXT_MAP, spec, "spec")                                              \
    LIST(K, node_expression, spec_selector_match_expressions, "spec", "selector", \
         "matchExpressions")
KEDGE_DECLARE_KIND(odd)
KEDGE_DEFINE_KIND(odd, "edge.example.com", "v1", "odds", "Odd", KEDGE_NAMESPACED)

// Kinds with half of a LabelSelector.
#define KEDGE_ROWS_labelled(FIELD, LIST, ENUM, K) \
    FIELD(K, TEXT_MAP, spec_selector_match_labels, "spec", "selector", "matchLabels")
KEDGE_DECLARE_KIND(labelled)
KEDGE_DEFINE_KIND(labelled, "edge.example.com", "v1", "labelleds", "Labelled", KEDGE_NAMESPACED)

#define KEDGE_ROWS_other(FIELD, LIST, ENUM, K)                                        \
    FIELD(K, TEXT_MAP, spec_selector_match_labels, "spec", "selector", "matchLabels") \
    LIST(K, node_expression, spec_selector_match_expressions, "spec", "selector",     \
         "matchExpressions")
KEDGE_DECLARE_KIND(other)
KEDGE_DEFINE_KIND(other, "edge.example.com", "v1", "others", "Other", KEDGE_NAMESPACED)

#define TEXT(t)            \
    {                      \
        (t), sizeof(t) - 1 \
    }
#define COUNT(a) (sizeof(a) / sizeof(a)[0])

static const char *const operators[] = {
    [KEDGE_OPERATOR_IN] = "In",         [KEDGE_OPERATOR_NOT_IN] = "NotIn",
    [KEDGE_OPERATOR_EXISTS] = "Exists", [KEDGE_OPERATOR_DOES_NOT_EXIST] = "DoesNotExist",
    [KEDGE_OPERATOR_EQUALS] = "=",      [KEDGE_OPERATOR_DOUBLE_EQUALS] = "==",
    [KEDGE_OPERATOR_NOT_EQUALS] = "!=", [KEDGE_OPERATOR_GREATER_THAN] = ">",
    [KEDGE_OPERATOR_LESS_THAN] = "<",
};

// "key operator value value...", "-" for an empty value; good until the next call but three.
static struct kedge_requirement requirement(const char *line)
{
    static struct {
        char text[1024];
        kedge_str values[8];
    } slots[4];
    static unsigned next;
    unsigned i = next++ % 4;
    struct kedge_requirement r = {{NULL, 0}, (enum kedge_operator)0, slots[i].values, 0};
    snprintf(slots[i].text, sizeof slots[i].text, "%s", line);
    r.key = kedge_str_of(strtok(slots[i].text, " "));
    const char *operator_ = strtok(NULL, " ");
    for (size_t o = 1; o < COUNT(operators); o++) {
        if (strcmp(operator_, operators[o]) == 0)
            r.operator_ = (enum kedge_operator)o;
    }
    for (const char *v; (v = strtok(NULL, " ")) != NULL;)
        slots[i].values[r.count++] = kedge_str_of(strcmp(v, "-") != 0 ? v : "");
    return r;
}

static struct kedge_object *labelled(const char *labels)
{
    char json[512];
    snprintf(json, sizeof json, "{\"metadata\":{\"labels\":{%s}}}", labels);
    return record_of(&kedge_kind_pod, kedge_str_of(json));
}

// Requirements ------------------------------------------------------------------------------------

static const struct {
    const char *line;
    const char *wrong; // k, o, v; a number: that value
} requirements[] = {
    {"x In foo", ""},
    {"x In foo bar", ""},
    {"x In", "v"},
    {"x NotIn", "v"},
    {"x NotIn -", ""},
    {"x = foo", ""},
    {"x = -", ""},
    {"x =", "v"},
    {"x = foo bar", "v"},
    {"x ==", "v"},
    {"x == foo bar", "v"},
    {"x != foo bar", "v"},
    {"x !=", "v"},
    {"x Exists", ""},
    {"x Exists foo", "v"},
    {"x DoesNotExist foo", "v"},
    {"x DoesNotExist", ""},
    {"x > 1", ""},
    {"x >", "v"},
    {"x > 1 2", "v"},
    {"x > bar", "0"},
    {"x < 1", ""},
    {"x <", "v"},
    {"x < bar 7", "v0"},
    {"x > 9223372036854775808", "0"},
    // An integer, but a label's value does not begin so.
    {"x > -1", "0"},
    {"x > 1.5", "0"},
    {"x ~ foo", "o"},
    {"x ~", "o"},
    {"-x In", "kv"},
    {"-x ~ -a b c-", "ko02"},
    {"x In a -b c d-", "13"},
    {"x < a!", "00"},
};

static void a_requirement_says_all_that_is_wrong_with_it(void **state)
{
    (void)state;
    for (size_t i = 0; i < COUNT(requirements); i++) {
        struct kedge_requirement r = requirement(requirements[i].line);
        struct kedge_requirement_problem p[8];
        char wrong[9] = "";
        size_t count = kedge_requirement_problems(&r, p, COUNT(p));
        for (size_t j = 0; j < count; j++) {
            static const char letters[] = "kov";
            bool one = p[j].field == KEDGE_REQUIREMENT_VALUE;
            wrong[j] = one ? (char)('0' + p[j].index) : letters[p[j].field];
            const char *name = strchr("k", wrong[j])   ? "key: "
                               : strchr("o", wrong[j]) ? "operator: "
                                                       : "values: ";
            assert_memory_equal(p[j].problem, name, strlen(name));
        }
        if (strcmp(wrong, requirements[i].wrong) != 0)
            fail_msg("%s: wrong are %s", requirements[i].line, wrong);
        // Without room they are counted all the same.
        assert_int_equal(kedge_requirement_problems(&r, NULL, 0), count);
        struct kedge_selector s;
        char text[1024];
        kedge_err err = kedge_selector_add(KEDGE_EVERYTHING, &r, 1, text, sizeof text, &s);
        assert_int_equal(err, count > 0 ? KEDGE_ERR_ARGUMENT : KEDGE_OK);
        assert_int_equal(kedge_selector_is_nothing(&s), count > 0);
        if (count > 0)
            assert_string_equal(s.problem, p[0].problem);
    }
}

static void keys_and_values_of_requirements_have_their_limits(void **state)
{
    (void)state;
    char line[300];
    struct kedge_requirement_problem p;
    for (int len = 60; len < 67; len++) {
        snprintf(line, sizeof line, "%0*d Exists", len, 7);
        struct kedge_requirement r = requirement(line);
        assert_int_equal(kedge_requirement_problems(&r, &p, 1), len > 63);
        snprintf(line, sizeof line, "x = %0*d", len, 7);
        r = requirement(line);
        assert_int_equal(kedge_requirement_problems(&r, &p, 1), len > 63);
    }
    snprintf(line, sizeof line, "%0254d Exists", 7);
    struct kedge_requirement r = requirement(line);
    assert_int_equal(kedge_requirement_problems(&r, &p, 1), 1);
    assert_int_equal(p.field, KEDGE_REQUIREMENT_KEY);
    kedge_str blank = KEDGE_STR("a b");
    struct kedge_requirement spaced = {KEDGE_STR("x"), KEDGE_OPERATOR_EQUALS, &blank, 1};
    assert_int_equal(kedge_requirement_problems(&spaced, &p, 1), 1);
    assert_int_equal(p.field, KEDGE_REQUIREMENT_VALUE);
}

static void requirements_match_what_client_gos_match(void **state)
{
    (void)state;
    static const struct {
        const char *line;
        const char *labels;
        bool matches;
    } rows[] = {
        {"x In a b", "\"x\":\"b\"", true},
        {"x In a b", "\"x\":\"c\"", false},
        {"x In -", "", false},
        {"x In -", "\"x\":\"\"", true},
        {"x NotIn -", "", true},
        {"x NotIn a b", "\"x\":\"b\"", false},
        {"x NotIn a b", "\"x\":\"c\"", true},
        {"x = a", "\"x\":\"a\"", true},
        {"x == a", "\"y\":\"a\"", false},
        {"x != a", "\"x\":\"a\"", false},
        {"x != a", "", true},
        {"x Exists", "\"x\":\"\"", true},
        {"x Exists", "", false},
        {"x DoesNotExist", "\"x\":\"a\"", false},
        {"x DoesNotExist", "\"y\":\"a\"", true},
        {"x > 1", "\"x\":\"2\"", true},
        {"x > 1", "\"x\":\"1\"", false},
        {"x < 1", "\"x\":\"0\"", true},
        {"x < 1", "\"x\":\"1\"", false},
        {"x < 1", "", false},
        {"x < 1", "\"x\":\"a\"", false},
        // None that NewRequirement would make.
        {"x ~ a", "\"x\":\"a\"", false},
        {"x In", "\"x\":\"a\"", false},
        {"x NotIn", "\"x\":\"a\"", true},
        {"x > 1 2", "\"x\":\"3\"", false},
        {"x > a", "\"x\":\"3\"", false},
    };
    for (size_t i = 0; i < COUNT(rows); i++) {
        struct kedge_requirement r = requirement(rows[i].line);
        struct kedge_object *o = labelled(rows[i].labels);
        if (kedge_requirement_matches(&r, kedge_labels_of_object(o)) != rows[i].matches)
            fail_msg("%s: %s", rows[i].line, rows[i].labels);
        // Made into a selector it does the same.
        struct kedge_selector s;
        char text[64];
        if (kedge_selector_add(NULL, &r, 1, text, sizeof text, &s) == KEDGE_OK)
            assert_int_equal(kedge_selector_matches(&s, o), rows[i].matches);
        free(o);
    }
}

static void requirements_are_equal_value_by_value(void **state)
{
    (void)state;
    static const struct {
        const char *a, *b;
        bool equal;
    } rows[] = {
        {"x In a b", "x In a b", true},        {"x In a b", "x In b a", false},
        {"x In a b", "x In a", false},         {"x In a", "x NotIn a", false},
        {"x In a", "y In a", false},           {"x In a", "x In b", false},
        {"x Exists", "x Exists", true},        {"x = a", "x == a", false},
        {"x Exists", "x DoesNotExist", false},
    };
    for (size_t i = 0; i < COUNT(rows); i++) {
        struct kedge_requirement a = requirement(rows[i].a), b = requirement(rows[i].b);
        if (kedge_requirement_equal(&a, &b) != rows[i].equal)
            fail_msg("%s, %s", rows[i].a, rows[i].b);
    }
}

// Adding ------------------------------------------------------------------------------------------

static void what_is_added_comes_to_its_place(void **state)
{
    (void)state;
    static const struct {
        const char *before; // parsed; NULL: everything
        const char *lines[4];
        const char *text;
    } rows[] = {
        {NULL, {NULL}, ""},
        {"", {"x In abc def", "y NotIn jkl", "z Exists"}, "x in (abc,def),y notin (jkl),z"},
        {NULL, {"x In def abc", "y NotIn -", "a DoesNotExist"}, "!a,x in (abc,def),y notin ()"},
        {" \t", {"z NotIn -"}, "z notin ()"},
        {"b", {"a Exists"}, "a,b"},
        {"b", {"c Exists"}, "b,c"},
        {"a,c", {"b = 1"}, "a,b=1,c"},
        {"c in (y, x) , a", {"b == 1"}, "a,b==1,c in (x,y)"},
        {"x>2,y", {"z < 8", "y != 5", "x > 1"}, "x>2,x>1,y,y!=5,z<8"},
        {"key1", {"key1 In b", "key0 Exists"}, "key0,key1,key1 in (b)"},
        {"!b,c",
         {"a = long-value-that-is-longer-than-all-of-them", "bb Exists"},
         "a=long-value-that-is-longer-than-all-of-them,!b,bb,c"},
        {"b notin (x,y),d", {"c In z", "a In q r"}, "a in (q,r),b notin (x,y),c in (z),d"},
        {NULL, {"x In b a b", "x NotIn a -"}, "x in (a,b),x notin (,a)"},
    };
    for (size_t i = 0; i < COUNT(rows); i++) {
        struct kedge_requirement r[4];
        struct kedge_selector before, s, again;
        char text[128], canonical[128];
        size_t count = 0;
        while (rows[i].lines[count] != NULL) {
            r[count] = requirement(rows[i].lines[count]);
            count++;
        }
        assert_int_equal(kedge_selector_parse(&before, rows[i].before), KEDGE_OK);
        const struct kedge_selector *from = rows[i].before != NULL ? &before : NULL;
        assert_int_equal(kedge_selector_add(from, r, count, text, sizeof text, &s), KEDGE_OK);
        assert_string_equal(text, rows[i].text);
        assert_true(s.text.ptr == text && s.text.len == strlen(text));
        assert_null(s.problem);
        assert_int_equal(kedge_selector_is_empty(&s), text[0] == '\0');
        assert_int_equal(kedge_selector_text(&s, canonical, sizeof canonical, NULL), KEDGE_OK);
        assert_string_equal(canonical, text);
        // One after another, in one buffer.
        memset(text, 'x', sizeof text);
        assert_int_equal(kedge_selector_add(from, NULL, 0, text, sizeof text, &again), KEDGE_OK);
        for (size_t j = 0; j < count; j++)
            assert_int_equal(kedge_selector_add(&again, &r[j], 1, text, sizeof text, &again),
                             KEDGE_OK);
        assert_string_equal(text, rows[i].text);
        assert_int_equal(again.text.len, strlen(text));
    }
}

static void adding_leaves_what_it_was_made_of(void **state)
{
    (void)state;
    static const kedge_str values[] = {TEXT("c"), TEXT("a"), TEXT("b")};
    struct kedge_requirement r = {KEDGE_STR("x"), KEDGE_OPERATOR_IN, values, 3};
    struct kedge_selector before, s;
    char text[64];
    assert_int_equal(kedge_selector_parse(&before, "y, b"), KEDGE_OK);
    assert_int_equal(kedge_selector_add(&before, &r, 1, text, sizeof text, &s), KEDGE_OK);
    assert_string_equal(text, "b,x in (a,b,c),y");
    assert_true(kedge_str_is(before.text, "y, b"));
    assert_true(kedge_str_is(values[0], "c") && kedge_str_is(values[2], "b"));
}

static void to_nothing_nothing_is_added(void **state)
{
    (void)state;
    struct kedge_requirement good = requirement("x Exists"), bad = requirement("x In");
    struct kedge_selector s, wrong;
    char text[16] = "as it was";
    assert_int_equal(kedge_selector_add(KEDGE_NOTHING, &good, 1, text, sizeof text, &s), KEDGE_OK);
    assert_true(kedge_selector_is_nothing(&s));
    assert_false(kedge_selector_is_empty(&s));
    assert_string_equal(text, "as it was");
    assert_int_equal(kedge_selector_add(KEDGE_NOTHING, &bad, 1, text, sizeof text, &s),
                     KEDGE_ERR_ARGUMENT);
    assert_int_equal(kedge_selector_parse(&wrong, "x==a==b"), KEDGE_ERR_ARGUMENT);
    assert_int_equal(kedge_selector_add(&wrong, &good, 1, text, sizeof text, &s), KEDGE_OK);
    assert_true(kedge_selector_is_nothing(&s));
}

static void the_requirement_to_blame_is_named(void **state)
{
    (void)state;
    struct kedge_requirement r[] = {requirement("x Exists"), requirement("y = a"),
                                    requirement("z In")};
    struct kedge_selector s;
    char text[64] = "";
    assert_int_equal(kedge_selector_add(NULL, r, 3, text, sizeof text, &s), KEDGE_ERR_ARGUMENT);
    assert_int_equal(s.error_at, 2);
    assert_string_equal(text, "");
    assert_string_equal(s.text.ptr, "");
    assert_int_equal(kedge_selector_add(NULL, r, 2, text, sizeof text, &s), KEDGE_OK);
    // In its own buffer, an error leaves the text, and another selector of it, alone.
    struct kedge_selector more;
    assert_int_equal(kedge_selector_add(&s, &r[2], 1, text, sizeof text, &more),
                     KEDGE_ERR_ARGUMENT);
    assert_string_equal(text, "x,y=a");
    assert_int_equal(kedge_selector_add(&s, r, 1, text, 7, &more), KEDGE_ERR_FULL);
    assert_true(kedge_selector_is_nothing(&more));
    assert_string_equal(text, "x,y=a");
    assert_false(kedge_selector_is_nothing(&s));
}

// Labels ------------------------------------------------------------------------------------------

static void labels_become_a_selector(void **state)
{
    (void)state;
    static const struct kedge_label pairs[] = {
        {TEXT("x"), TEXT("a")}, {TEXT("b/c"), TEXT("")}, {TEXT("x"), TEXT("b")}};
    struct kedge_selector s;
    struct kedge_object *yes = labelled("\"x\":\"b\",\"b/c\":\"\",\"more\":\"1\"");
    struct kedge_object *no = labelled("\"x\":\"b\"");
    char text[32];
    assert_int_equal(kedge_selector_from_labels(&s, kedge_labels_of(pairs, 3), text, sizeof text),
                     KEDGE_OK);
    assert_string_equal(text, "b/c=,x=b");
    assert_true(kedge_selector_matches(&s, yes));
    assert_false(kedge_selector_matches(&s, no));
    assert_int_equal(
        kedge_selector_from_labels_unchecked(&s, kedge_labels_of_object(yes), text, sizeof text),
        KEDGE_OK);
    assert_string_equal(text, "b/c=,more=1,x=b");
    assert_true(kedge_selector_matches(&s, yes));
    assert_false(kedge_selector_matches(&s, no));
    // None: everything.
    assert_int_equal(kedge_selector_from_labels(&s, kedge_labels_of(NULL, 0), text, 1), KEDGE_OK);
    assert_true(kedge_selector_is_empty(&s) && kedge_selector_matches(&s, no));
    assert_int_equal(kedge_selector_from_labels_unchecked(&s, kedge_labels_of_map(NULL), text, 1),
                     KEDGE_OK);
    assert_true(kedge_selector_is_empty(&s) && kedge_selector_matches(&s, no));
    free(yes);
    free(no);
}

static void checked_labels_must_be_labels(void **state)
{
    (void)state;
    static const struct kedge_label bad_value[] = {{TEXT("x"), TEXT("a")},
                                                   {TEXT("y"), TEXT("b c")}};
    static const struct kedge_label bad_key[] = {{TEXT("-x"), TEXT("a")}};
    struct kedge_selector s;
    char text[64];
    assert_int_equal(
        kedge_selector_from_labels(&s, kedge_labels_of(bad_value, 2), text, sizeof text),
        KEDGE_ERR_ARGUMENT);
    assert_int_equal(s.error_at, 1);
    assert_memory_equal(s.problem, "values: ", 8);
    assert_true(kedge_selector_is_nothing(&s));
    assert_int_equal(kedge_selector_from_labels(&s, kedge_labels_of(bad_key, 1), text, sizeof text),
                     KEDGE_ERR_ARGUMENT);
    assert_memory_equal(s.problem, "key: ", 5);
}

static void unchecked_labels_match_exactly_what_they_are(void **state)
{
    (void)state;
    static const struct kedge_label pairs[] = {{TEXT("y"), TEXT("a,b=c")},
                                               {TEXT("two words"), TEXT(" ")},
                                               {TEXT("!x"), TEXT("(")},
                                               {TEXT(""), TEXT("")}};
    struct kedge_selector s;
    char text[128], canonical[128];
    kedge_str value;
    struct kedge_object *yes =
        labelled("\"!x\":\"(\",\"two words\":\" \",\"y\":\"a,b=c\",\"\":\"\"");
    struct kedge_object *no =
        labelled("\"!x\":\"(\",\"two words\":\" \",\"y\":\"a\",\"b\":\"c\",\"\":\"\"");
    assert_int_equal(
        kedge_selector_from_labels_unchecked(&s, kedge_labels_of(pairs, 4), text, sizeof text),
        KEDGE_OK);
    assert_string_equal(text, "=,!x=(,two words= ,y=a,b=c");
    assert_true(kedge_selector_matches(&s, yes));
    assert_false(kedge_selector_matches(&s, no));
    assert_false(kedge_selector_is_empty(&s));
    assert_true(kedge_selector_requires(&s, "y", &value) && kedge_str_is(value, "a,b=c"));
    assert_true(kedge_selector_requires(&s, "!x", &value) && kedge_str_is(value, "("));
    assert_false(kedge_selector_requires(&s, "b", &value));
    assert_int_equal(kedge_selector_text(&s, canonical, sizeof canonical, NULL), KEDGE_OK);
    assert_string_equal(canonical, text);
    // No text would tell them apart, so nothing can be added.
    struct kedge_requirement r = requirement("z Exists");
    struct kedge_selector more;
    char other[128];
    assert_int_equal(kedge_selector_add(&s, &r, 1, other, sizeof other, &more), KEDGE_ERR_ARGUMENT);
    free(yes);
    free(no);
    // To others it can.
    assert_int_equal(
        kedge_selector_from_labels_unchecked(
            &s, kedge_labels_of(&(struct kedge_label){KEDGE_STR("-x-"), KEDGE_STR("*")}, 1), text,
            sizeof text),
        KEDGE_OK);
    assert_int_equal(kedge_selector_add(&s, &r, 1, other, sizeof other, &more), KEDGE_OK);
    assert_string_equal(other, "-x-=*,z");
}

static void no_nul_gets_into_a_selector(void **state)
{
    (void)state;
    struct kedge_label pair = {KEDGE_STR("x"), {"a\0,b", 4}};
    struct kedge_selector s;
    char text[64];
    assert_int_equal(
        kedge_selector_from_labels_unchecked(&s, kedge_labels_of(&pair, 1), text, sizeof text),
        KEDGE_ERR_ARGUMENT);
    assert_true(kedge_selector_is_nothing(&s));
    struct kedge_label key = {{"x\0y", 3}, KEDGE_STR("a")};
    assert_int_equal(
        kedge_selector_from_labels_unchecked(&s, kedge_labels_of(&key, 1), text, sizeof text),
        KEDGE_ERR_ARGUMENT);
    assert_int_equal(kedge_selector_from_labels(&s, kedge_labels_of(&pair, 1), text, sizeof text),
                     KEDGE_ERR_ARGUMENT);
}

// LabelSelectors ----------------------------------------------------------------------------------

static void a_label_selector_becomes_a_selector(void **state)
{
    (void)state;
    static const struct kedge_label labels[] = {{TEXT("foo"), TEXT("bar")}, {TEXT("a"), TEXT("b")}};
    struct kedge_selector s;
    char text[128];
    assert_int_equal(kedge_selector_from_label_selector(&s, NULL, text, sizeof text), KEDGE_OK);
    assert_true(kedge_selector_is_nothing(&s));
    struct kedge_label_selector from = {{NULL, 0, NULL}, NULL, 0, NULL};
    assert_int_equal(kedge_selector_from_label_selector(&s, &from, text, sizeof text), KEDGE_OK);
    assert_true(kedge_selector_is_empty(&s));
    from.match_labels = kedge_labels_of(labels, 2);
    assert_int_equal(kedge_selector_from_label_selector(&s, &from, text, sizeof text), KEDGE_OK);
    assert_string_equal(text, "a=b,foo=bar");
    struct kedge_requirement r[] = {requirement("baz In qux norf"), requirement("c DoesNotExist"),
                                    requirement("z NotIn a"), requirement("b Exists")};
    from.match_expressions = r;
    from.count = 4;
    assert_int_equal(kedge_selector_from_label_selector(&s, &from, text, sizeof text), KEDGE_OK);
    assert_string_equal(text, "a=b,b,baz in (norf,qux),!c,foo=bar,z notin (a)");
    assert_int_equal(s.text.len, strlen(text));
    from.match_labels = kedge_labels_of(NULL, 0);
    from.count = 1;
    assert_int_equal(kedge_selector_from_label_selector(&s, &from, text, sizeof text), KEDGE_OK);
    assert_string_equal(text, "baz in (norf,qux)");
}

static void a_label_selector_knows_four_operators(void **state)
{
    (void)state;
    static const struct kedge_label label = {TEXT("foo"), TEXT("bar")};
    static const char *const bad[] = {"x ~ a", "x = a", "x == a",     "x != a",    "x > 1",
                                      "x < 1", "x In",  "x Exists a", "-x Exists", "x In a -b"};
    struct kedge_selector s;
    char text[128];
    for (size_t i = 0; i < COUNT(bad); i++) {
        struct kedge_requirement r[] = {requirement("y Exists"), requirement(bad[i])};
        struct kedge_label_selector from = {kedge_labels_of(&label, 1), r, 2, NULL};
        if (kedge_selector_from_label_selector(&s, &from, text, sizeof text) != KEDGE_ERR_ARGUMENT)
            fail_msg("%s is taken", bad[i]);
        assert_true(kedge_selector_is_nothing(&s));
        assert_int_equal(s.error_at, 2);
        assert_int_equal(strncmp(s.problem, "operator: ", 10) == 0, i < 6);
    }
    static const struct kedge_label bad_label = {TEXT("foo"), TEXT("b r")};
    struct kedge_label_selector from = {kedge_labels_of(&bad_label, 1), NULL, 0, NULL};
    assert_int_equal(kedge_selector_from_label_selector(&s, &from, text, sizeof text),
                     KEDGE_ERR_ARGUMENT);
}

static void a_selector_becomes_a_label_selector(void **state)
{
    (void)state;
    static const char *const rows[][2] = {
        {"", ""},
        {"a=b", "a=b"},
        {"b==c,a=b", "a=b,b=c"},
        {"a=", "a="},
        {"x in (b,a,b), y notin (,c), z, !w", "!w,x in (a,b),y notin (,c),z"},
        {"k=v,x in (a),k2", "k=v,k2,x in (a)"},
        {"a=b,a=c", "a=c"},
        {"a=b,a,a==c,!b", "a,a=c,!b"},
        {"x in ()", "x in ()"},
    };
    for (size_t i = 0; i < COUNT(rows); i++) {
        struct kedge_selector s, again;
        struct kedge_label_selector ls;
        char text[128];
        size_t need = 7;
        assert_int_equal(kedge_selector_parse(&s, rows[i][0]), KEDGE_OK);
        assert_int_equal(kedge_label_selector_of(&s, &ls, NULL, 0, &need), KEDGE_OK);
        for (size_t cap = need > 0 ? need - 1 : 0;; cap++) {
            void *room = malloc(cap > 0 ? cap : 1);
            kedge_err err = kedge_label_selector_of(&s, &ls, room, cap, NULL);
            assert_int_equal(err, cap < need ? KEDGE_ERR_FULL : KEDGE_OK);
            if (err == KEDGE_OK) {
                assert_int_equal(kedge_selector_from_label_selector(&again, &ls, text, sizeof text),
                                 KEDGE_OK);
                // What has one key may stand in another order: labels come first.
                if (strcmp(rows[i][1], "a,a=c,!b") == 0)
                    assert_string_equal(text, "a=c,a,!b");
                else
                    assert_string_equal(text, rows[i][1]);
                free(room);
                break;
            }
            assert_int_equal(ls.count + ls.match_labels.count, 0);
            free(room);
        }
    }
    static const char *const none[] = {"x!=a", "a=b,x>1", "x<1"};
    struct kedge_label_selector ls;
    struct kedge_selector s;
    char room[512];
    for (size_t i = 0; i < COUNT(none); i++) {
        assert_int_equal(kedge_selector_parse(&s, none[i]), KEDGE_OK);
        assert_int_equal(kedge_label_selector_of(&s, &ls, room, sizeof room, NULL),
                         KEDGE_ERR_ARGUMENT);
    }
    assert_int_equal(kedge_label_selector_of(KEDGE_NOTHING, &ls, NULL, 0, NULL),
                     KEDGE_ERR_ARGUMENT);
    assert_int_equal(kedge_label_selector_of(KEDGE_EVERYTHING, &ls, room, 0, NULL), KEDGE_OK);
    assert_int_equal(ls.count + ls.match_labels.count, 0);
}

// An object's own ---------------------------------------------------------------------------------

static void an_object_has_a_selector(void **state)
{
    (void)state;
    static const struct {
        const struct kedge_kind *kind;
        const char *spec;
        const char *text; // NULL: nothing
    } rows[] = {
        {&kedge_kind_deployment, "\"selector\":{\"matchLabels\":{\"b\":\"2\",\"a\":\"1\"}}",
         "a=1,b=2"},
        {&kedge_kind_deployment,
         "\"selector\":{\"matchLabels\":{\"b\":\"2\"},\"matchExpressions\":[{\"key\":\"c\","
         "\"operator\":\"NotIn\",\"values\":[\"y\",\"x\"]},{\"key\":\"a\",\"operator\":\"Exists\"}]"
         "}",
         "a,b=2,c notin (x,y)"},
        {&kedge_kind_daemonset,
         "\"selector\":{\"matchExpressions\":[{\"key\":\"a\",\"operator\":\"DoesNotExist\"}]}",
         "!a"},
        {&kedge_kind_job, "", NULL},
        {&kedge_kind_poddisruptionbudget, "\"selector\":null", NULL},
        {&kedge_kind_poddisruptionbudget, "\"selector\":{}", NULL},
        {&kedge_kind_service, "\"selector\":{\"app\":\"web\"}", "app=web"},
        {&kedge_kind_service, "\"selector\":{}", ""},
        {&kedge_kind_service, "\"type\":\"ExternalName\"", NULL},
        {&kedge_kind_fleet, "\"selector\":{}", ""},
        {&kedge_kind_fleet, "", NULL},
        {&kedge_kind_fleet, "\"selector\":{\"matchLabels\":{\"a\":\"1\"}}", "a=1"},
    };
    for (size_t i = 0; i < COUNT(rows); i++) {
        struct kedge_selector s;
        char json[512], text[64];
        snprintf(json, sizeof json, "{\"metadata\":{\"name\":\"o\"},\"spec\":{%s}}", rows[i].spec);
        struct kedge_object *o = record_of(rows[i].kind, kedge_str_of(json));
        if (kedge_selector_from_object(&s, o, rows[i].kind, text, sizeof text) != KEDGE_OK)
            fail_msg("row %zu: %s", i, s.problem);
        if (kedge_selector_is_nothing(&s) != (rows[i].text == NULL))
            fail_msg("row %zu: nothing", i);
        if (rows[i].text != NULL)
            assert_string_equal(text, rows[i].text);
        free(o);
    }
}

static void an_object_without_or_of_another_kind_has_none(void **state)
{
    (void)state;
    struct kedge_selector s;
    char text[64];
    struct kedge_object *pod = record_of(&kedge_kind_pod, KEDGE_STR("{}"));
    struct kedge_object *part =
        partial_of(&kedge_kind_deployment, KEDGE_STR("{\"metadata\":{\"name\":\"d\"}}"));
    struct kedge_object *odd = record_of(
        &kedge_kind_odd, KEDGE_STR("{\"spec\":{\"selector\":{\"matchExpressions\":[{\"key\":\"a\","
                                   "\"operator\":\"Exists\"}]}}}"));
    struct kedge_object *unknown = record_of(
        &kedge_kind_deployment,
        KEDGE_STR("{\"spec\":{\"selector\":{\"matchLabels\":{\"b\":\"2\"},\"matchExpressions\":[{"
                  "\"key\":\"a\",\"operator\":\"Near\"}]}}}"));
    assert_int_equal(kedge_selector_from_object(&s, pod, &kedge_kind_pod, text, sizeof text),
                     KEDGE_ERR_NOT_FOUND);
    assert_true(kedge_selector_is_nothing(&s));
    assert_int_equal(
        kedge_selector_from_object(&s, part, &kedge_kind_deployment, text, sizeof text),
        KEDGE_ERR_NOT_FOUND);
    assert_int_equal(kedge_selector_from_object(&s, odd, &kedge_kind_odd, text, sizeof text),
                     KEDGE_ERR_NOT_FOUND);
    assert_int_equal(kedge_selector_from_object(&s, pod, &kedge_kind_service, text, sizeof text),
                     KEDGE_ERR_ARGUMENT);
    assert_int_equal(kedge_selector_from_object(&s, NULL, &kedge_kind_service, text, sizeof text),
                     KEDGE_ERR_ARGUMENT);
    assert_int_equal(
        kedge_selector_from_object(&s, unknown, &kedge_kind_deployment, text, sizeof text),
        KEDGE_ERR_ARGUMENT);
    assert_int_equal(s.error_at, 1);
    assert_true(kedge_selector_is_nothing(&s));
    free(pod);
    free(part);
    free(odd);
    free(unknown);
}

// What is left of it would match more than the object selects.
static void half_a_selector_is_none(void **state)
{
    (void)state;
    static const struct {
        const struct kedge_kind *kind;
        const char *selector;
        kedge_err err;
    } rows[] = {
        {&kedge_kind_labelled, "{\"matchLabels\":{\"a\":\"1\"}}", KEDGE_ERR_NOT_FOUND},
        {&kedge_kind_labelled,
         "{\"matchLabels\":{\"a\":\"1\"},\"matchExpressions\":[{\"key\":\"b\",\"operator\":"
         "\"Exists\"}]}",
         KEDGE_ERR_NOT_FOUND},
        {&kedge_kind_other,
         "{\"matchLabels\":{\"a\":\"1\"},\"matchExpressions\":[{\"key\":\"b\",\"operator\":"
         "\"Exists\"}]}",
         KEDGE_ERR_NOT_FOUND},
        {&kedge_kind_deployment, "{\"matchLabels\":{\"a\":\"1\"},\"matchExpressions\":\"b\"}",
         KEDGE_ERR_ARGUMENT},
        {&kedge_kind_deployment, "{\"matchLabels\":{\"a\":\"1\",\"b\":2}}", KEDGE_ERR_ARGUMENT},
        {&kedge_kind_deployment, "\"a=1\"", KEDGE_ERR_ARGUMENT},
        {&kedge_kind_service, "{\"a\":\"1\",\"b\":2}", KEDGE_ERR_ARGUMENT},
    };
    for (size_t i = 0; i < COUNT(rows); i++) {
        struct kedge_selector s;
        char json[256], text[64];
        snprintf(json, sizeof json, "{\"metadata\":{\"name\":\"o\"},\"spec\":{\"selector\":%s}}",
                 rows[i].selector);
        struct kedge_object *o = record_of(rows[i].kind, kedge_str_of(json));
        if (kedge_selector_from_object(&s, o, rows[i].kind, text, sizeof text) != rows[i].err)
            fail_msg("row %zu", i);
        assert_true(kedge_selector_is_nothing(&s));
        free(o);
    }
}

// Buffers -----------------------------------------------------------------------------------------

static kedge_err make(int way, struct kedge_selector *s, char *buf, size_t cap)
{
    static const struct kedge_label labels[] = {{TEXT("x"), TEXT("a")}, {TEXT("b"), TEXT("")}};
    static const struct kedge_label odd[] = {{TEXT("x"), TEXT("a,b")}, {TEXT("b"), TEXT(" ")}};
    struct kedge_requirement r[] = {requirement("z In b a"), requirement("a Exists")};
    struct kedge_label_selector from = {kedge_labels_of(labels, 2), r, 2, NULL};
    struct kedge_selector before;
    kedge_selector_parse(&before, "q, p");
    switch (way) {
    case 0:
        return kedge_selector_from_labels(s, kedge_labels_of(labels, 2), buf, cap);
    case 1:
        return kedge_selector_from_labels_unchecked(s, kedge_labels_of(odd, 2), buf, cap);
    case 2:
        return kedge_selector_add(&before, r, 2, buf, cap, s);
    case 3:
        return kedge_selector_add(NULL, r, 2, buf, cap, s);
    default:
        return kedge_selector_from_label_selector(s, &from, buf, cap);
    }
}

static void the_buffer_must_do(void **state)
{
    (void)state;
    static const char *const texts[] = {"b=,x=a", "b= ,x=a,b", "a,p,q,z in (a,b)", "a,z in (a,b)",
                                        "a,b=,x=a,z in (a,b)"};
    for (int way = 0; way < 5; way++) {
        struct kedge_selector s;
        size_t need = strlen(texts[way]) + 1 + (way == 1 ? 16 : 0);
        for (size_t cap = 0; cap <= need; cap++) {
            char *buf = malloc(cap > 0 ? cap : 1);
            kedge_err err = make(way, &s, buf, cap);
            if (err != (cap < need ? KEDGE_ERR_FULL : KEDGE_OK))
                fail_msg("way %d with %zu bytes: %s", way, cap, kedge_err_name(err));
            assert_int_equal(kedge_selector_is_nothing(&s), cap < need);
            assert_int_equal(s.problem != NULL, cap < need);
            if (cap == need)
                assert_string_equal(s.text.ptr, texts[way]);
            free(buf);
        }
    }
}

int main(void)
{
    const struct CMUnitTest tests[] = {
        cmocka_unit_test(a_requirement_says_all_that_is_wrong_with_it),
        cmocka_unit_test(keys_and_values_of_requirements_have_their_limits),
        cmocka_unit_test(requirements_match_what_client_gos_match),
        cmocka_unit_test(requirements_are_equal_value_by_value),
        cmocka_unit_test(what_is_added_comes_to_its_place),
        cmocka_unit_test(adding_leaves_what_it_was_made_of),
        cmocka_unit_test(to_nothing_nothing_is_added),
        cmocka_unit_test(the_requirement_to_blame_is_named),
        cmocka_unit_test(labels_become_a_selector),
        cmocka_unit_test(checked_labels_must_be_labels),
        cmocka_unit_test(unchecked_labels_match_exactly_what_they_are),
        cmocka_unit_test(no_nul_gets_into_a_selector),
        cmocka_unit_test(a_label_selector_becomes_a_selector),
        cmocka_unit_test(a_label_selector_knows_four_operators),
        cmocka_unit_test(a_selector_becomes_a_label_selector),
        cmocka_unit_test(an_object_has_a_selector),
        cmocka_unit_test(an_object_without_or_of_another_kind_has_none),
        cmocka_unit_test(half_a_selector_is_none),
        cmocka_unit_test(the_buffer_must_do),
    };
    return cmocka_run_group_tests(tests, NULL, NULL);
}
