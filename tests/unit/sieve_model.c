// SPDX-License-Identifier: Apache-2.0
// The sieve against another parser: over real replies, over replies with damage done to them, and
// over random trees with random tables, sieved by a model that has the whole tree.
#include <setjmp.h>
#include <stdarg.h>
#include <stddef.h>
#include <stdio.h>
#include <stdlib.h>
#include <string.h>

#include <cmocka.h>
#include <jansson.h>

#include "guard.h"
#include "replies.h"
#include "sieve_jansson.h"
#include "sieve_log.h"

enum { ITEM_CAP = 64 << 10, ENVELOPE_CAP = 4 << 10, MUTATIONS = 6000, TREES = 4000 };

static uint64_t random_state;

static uint32_t random_below(uint32_t n)
{
    random_state = random_state * 6364136223846793005u + 1442695040888963407u;
    return (uint32_t)((random_state >> 33) % n);
}

static const struct kedge_field whole_rows[] = {ROW("", RAW)};
static const struct kedge_table whole = TABLE_OF(whole_rows);

static const struct kedge_field some_rows[] = {
    ROW("metadata\0name\0", TEXT),       ROW("metadata\0namespace\0", TEXT),
    ROW("metadata\0uid\0", TEXT),        ROW("metadata\0resourceVersion\0", TEXT),
    ROW("metadata\0labels\0", TEXT_MAP), ROW("spec\0replicas\0", INT32),
    ROW("spec\0template\0spec\0", RAW),  LIST_ROW("spec\0containers\0", &whole),
    ROW("status\0conditions\0", RAW),    ROW("data\0", TEXT_MAP),
};
static const struct kedge_table some = TABLE_OF(some_rows);

static const struct kedge_field around_rows[] = {ROW("type\0", TEXT), ROW("kind\0", TEXT),
                                                 ROW("metadata\0", RAW)};
static const struct kedge_table around = TABLE_OF(around_rows);

static char item_buf[ITEM_CAP];
static char envelope_buf[ENVELOPE_CAP];

static struct kedge_sieve_options options_of(enum kedge_sieve_shape shape,
                                             const struct kedge_table *table)
{
    struct kedge_sieve_options o = sieve_of(shape, table, table == &some ? 4 : 0, &around);
    o.item_buf = item_buf;
    o.item_cap = sizeof item_buf;
    o.envelope_buf = envelope_buf;
    o.envelope_cap = sizeof envelope_buf;
    return o;
}

// Which sieve a reply is for.
static enum kedge_sieve_shape shape_of(const struct reply *r)
{
    if (strncmp(r->name, "watch", 5) == 0)
        return KEDGE_SIEVE_WATCH;
    return strncmp(r->name, "list", 4) == 0 ? KEDGE_SIEVE_LIST : KEDGE_SIEVE_OBJECT;
}

static bool is_object(const struct reply *r)
{
    return r->body.len > 0 && r->body.ptr[0] == '{';
}

// Real replies ------------------------------------------------------------------------------------

// The members of jansson's `array` (or the objects of its events) are what the sieve gives in turn.
static json_t *items_of(enum kedge_sieve_shape shape, const struct reply *r)
{
    json_t *items = json_array();
    size_t at = 0;
    json_error_t error;
    while (at < r->body.len) {
        json_t *value = json_loadb(r->body.ptr + at, r->body.len - at,
                                   SIEVE_STRICT | JSON_DISABLE_EOF_CHECK, &error);
        if (value == NULL)
            break;
        at += (size_t)error.position;
        if (shape == KEDGE_SIEVE_LIST)
            json_array_extend(items, json_object_get(value, "items"));
        else
            json_array_append(items, shape == KEDGE_SIEVE_WATCH ? json_object_get(value, "object")
                                                                : value);
        json_decref(value);
    }
    return items;
}

static void every_real_reply_comes_out_item_by_item(void **state)
{
    (void)state;
    size_t count;
    size_t total = 0;
    const struct reply *r = replies(&count);
    for (; count > 0; count--, r++) {
        if (!is_object(r))
            continue;
        struct kedge_sieve s;
        struct kedge_sieve_options o = options_of(shape_of(r), &whole);
        enum kedge_sieve_event event = KEDGE_SIEVE_ITEM;
        json_t *items = items_of(o.shape, r);
        size_t at = 0;
        size_t item = 0;
        assert_int_equal(kedge_sieve_init(&s, &o), KEDGE_OK);
        while (event != KEDGE_SIEVE_MORE) {
            size_t used;
            assert_int_equal(
                kedge_sieve_feed(&s, r->body.ptr + at, r->body.len - at, &used, &event), KEDGE_OK);
            at += used;
            if (event != KEDGE_SIEVE_ITEM)
                continue;
            json_t *kept = json_loadb(s.item.ptr, s.item.len, SIEVE_STRICT, NULL);
            assert_non_null(kept);
            assert_true(json_equal(kept, json_array_get(items, item++)));
            json_decref(kept);
        }
        assert_int_equal(kedge_sieve_finish(&s), KEDGE_OK);
        assert_int_equal(item, json_array_size(items));
        total += item;
        json_decref(items);
    }
    assert_true(total > 60);
}

static void however_a_real_reply_is_cut_into_pieces(void **state)
{
    (void)state;
    static const struct kedge_table *const tables[] = {&whole, &some};
    size_t count;
    const struct reply *r = replies(&count);
    for (; count > 0; count--, r++) {
        for (int t = 0; t < 2; t++) {
            struct kedge_sieve_options o = options_of(shape_of(r), tables[t]);
            o.item_cap = t == 0 ? 0 : 1024;
            char *expected = malloc((size_t)4 << 20);
            strcpy(expected, sieve_log(&o, r->body, 0, 0));
            assert_true((strstr(expected, "breaks off\n") == NULL) == is_object(r));
            for (size_t size = 1; size <= 7; size++) {
                if (size < 4 || size == 7)
                    assert_string_equal(sieve_log(&o, r->body, 0, size), expected);
            }
            free(expected);
        }
    }
}

// What a sieve holds between two calls: equal states have equal futures.
struct snapshot {
    struct kedge_sieve s;
    char item[ITEM_CAP];
    char envelope[ENVELOPE_CAP];
    char log[ITEM_CAP];
};

static void take_snapshot(struct snapshot *to, const struct kedge_sieve *s, const char *log)
{
    to->s = *s;
    memcpy(to->item, item_buf, s->item_len);
    memcpy(to->envelope, envelope_buf, s->envelope_len);
    strcpy(to->log, log);
}

static void return_to(struct kedge_sieve *s, const struct snapshot *from, char *log)
{
    *s = from->s;
    memcpy(item_buf, from->item, from->s.item_len);
    memcpy(envelope_buf, from->envelope, from->s.envelope_len);
    log[0] = '\0';
}

static void feed_range(struct kedge_sieve *s, kedge_str body, size_t from, size_t to, char *log)
{
    const char *p = guard_put(body.ptr + from, to - from);
    size_t left = to - from;
    enum kedge_sieve_event event = KEDGE_SIEVE_ITEM;
    while (event != KEDGE_SIEVE_MORE && left > 0) {
        size_t used;
        assert_int_equal(kedge_sieve_feed(s, p, left, &used, &event), KEDGE_OK);
        p += used;
        left -= used;
        if (event == KEDGE_SIEVE_ITEM)
            sprintf(log + strlen(log), "item %d %.*s\n", s->overflow, (int)s->item.len,
                    s->item.ptr);
        if (event == KEDGE_SIEVE_END)
            sprintf(log + strlen(log), "end %.*s\n", (int)s->envelope.len, s->envelope.ptr);
    }
    s->event = 0; // whether the last call gave something is no state
}

// From each place, the next bytes in two pieces, at every split, must lead to the same state as
// byte by byte: so must, then, every split of the whole into two.
static void at_every_split_the_state_is_the_same(void **state)
{
    (void)state;
    enum { WINDOW = 24 };
    static struct snapshot before;
    static struct snapshot after;
    static char log[ITEM_CAP];
    size_t count;
    const struct reply *r = replies(&count);
    for (; count > 0; count--, r++) {
        if (!is_object(r))
            continue;
        struct kedge_sieve s;
        struct kedge_sieve_options o = options_of(shape_of(r), &some);
        o.item_cap = 1024;
        assert_int_equal(kedge_sieve_init(&s, &o), KEDGE_OK);
        for (size_t at = 0; at < r->body.len; at += WINDOW) {
            size_t end = at + WINDOW < r->body.len ? at + WINDOW : r->body.len;
            take_snapshot(&before, &s, "");
            log[0] = '\0';
            for (size_t i = at; i < end; i++)
                feed_range(&s, r->body, i, i + 1, log);
            take_snapshot(&after, &s, log);
            for (size_t split = at; split < end; split++) {
                return_to(&s, &before, log);
                feed_range(&s, r->body, at, split, log);
                feed_range(&s, r->body, split, end, log);
                assert_string_equal(log, after.log);
                assert_memory_equal(&s, &after.s, sizeof s);
                assert_memory_equal(item_buf, after.item, s.item_len);
                assert_memory_equal(envelope_buf, after.envelope, s.envelope_len);
            }
        }
    }
}

// True if the body ends well after `len` bytes: by jansson, which sees one value or several.
static bool whole_after(enum kedge_sieve_shape shape, kedge_str body, size_t len)
{
    if (shape != KEDGE_SIEVE_WATCH) {
        json_t *value = json_loadb(body.ptr, len, SIEVE_STRICT, NULL);
        json_decref(value);
        return value != NULL;
    }
    // A watch's events are lines here.
    return len == 0 || body.ptr[len - 1] == '\n' || (len < body.len && body.ptr[len] == '\n');
}

static void a_reply_that_breaks_off_gives_no_item_too_many(void **state)
{
    (void)state;
    size_t count;
    const struct reply *r = replies(&count);
    for (; count > 0; count--, r++) {
        if (!is_object(r))
            continue;
        struct kedge_sieve s;
        struct kedge_sieve_options o = options_of(shape_of(r), &whole);
        json_t *items = items_of(o.shape, r);
        size_t item = 0;
        assert_int_equal(kedge_sieve_init(&s, &o), KEDGE_OK);
        for (size_t at = 0; at < r->body.len; at++) {
            size_t used;
            enum kedge_sieve_event event;
            struct kedge_sieve cut = s;
            bool good = kedge_sieve_finish(&cut) == KEDGE_OK;
            // jansson takes time: it is asked where it might agree.
            if (good || at < 300 || at + 300 > r->body.len)
                assert_int_equal(good, whole_after(o.shape, r->body, at));
            if (!good)
                assert_string_equal(cut.problem, "the text ends too early");
            assert_int_equal(kedge_sieve_feed(&s, r->body.ptr + at, 1, &used, &event), KEDGE_OK);
            if (event != KEDGE_SIEVE_ITEM)
                continue;
            assert_int_equal(r->body.ptr[at], '}');
            json_t *kept = json_loadb(s.item.ptr, s.item.len, SIEVE_STRICT, NULL);
            assert_true(json_equal(kept, json_array_get(items, item++)));
            json_decref(kept);
        }
        json_decref(items);
    }
}

// The other parser --------------------------------------------------------------------------------

static const char *const snippets[] = {
    "\"",
    "\\",
    "{",
    "}",
    "[",
    "]",
    ",",
    ":",
    "null",
    "true",
    "-",
    "0",
    "1e5",
    ".",
    "\\u0000",
    "\\ud83d\\ude00",
    "\\ud83d",
    "\\udc00",
    "\xc3\xa9",
    "\xc3",
    "\xed\xa0\x80",
    "\xf0\x9f\x98\x80",
    "\x01",
    "\n",
    " ",
    "\\n",
    "[[",
    "]]",
    "\"a\":",
    "e",
    "E+",
    "\xef\xbb\xbf",
    "{}",
    "01",
};

// Damages the text in one to three places; it has room to grow.
static size_t damage(char *text, size_t len)
{
    for (uint32_t i = 0, n = 1 + random_below(3); i < n; i++) {
        const char *snippet = snippets[random_below(sizeof snippets / sizeof snippets[0])];
        size_t at = random_below((uint32_t)len + 1);
        size_t cut =
            random_below(4) == 0 ? random_below((uint32_t)(len - at) + 1) : random_below(3);
        size_t put = random_below(3) > 0 ? strlen(snippet) : 0;
        cut = cut < len - at ? cut : len - at;
        if (random_below(4) == 0 && len > 0 && at < len) {
            text[at] = (char)random_below(256);
            continue;
        }
        memmove(text + at + put, text + at + cut, len - at - cut);
        memcpy(text + at, snippet, put);
        len = len - cut + put;
    }
    return len;
}

static void what_a_strict_parser_accepts_or_refuses_the_sieve_does_too(void **state)
{
    (void)state;
    const uint64_t seed = 20260101;
    static const struct kedge_table *const tables[] = {&whole, &some};
    static char text[ITEM_CAP];
    size_t count;
    size_t accepted = 0;
    const struct reply *all = replies(&count);
    random_state = seed;
    print_message("seed %llu\n", (unsigned long long)seed);
    for (int i = 0; i < MUTATIONS; i++) {
        const struct reply *r = &all[random_below((uint32_t)count)];
        size_t len = r->body.len < 3000 ? r->body.len : 0;
        memcpy(text, r->body.ptr, len);
        if (len == 0)
            len = (size_t)sprintf(text,
                                  "{\"a\":[1,-2.5e3,\"\\u00e9\xc3\xa9\\ud83d\\ude00\",{\"b\":"
                                  "null,\"c\":[]},true],\"metadata\":{\"name\":\"x\",\"y\":0}}");
        if (text[0] != '{')
            continue;
        len = damage(text, len);
        size_t start = 0;
        while (start < len && memchr(" \t\r\n", text[start], 4) != NULL)
            start++;
        bool limit;
        json_t *value = strict_load((kedge_str){text, len}, &limit);
        bool object = value != NULL;
        for (int t = 0; t < 2; t++) {
            struct kedge_sieve s;
            struct kedge_sieve_options o = options_of(KEDGE_SIEVE_OBJECT, tables[t]);
            size_t used;
            enum kedge_sieve_event event;
            const char *p = guard_put(text, len);
            assert_int_equal(kedge_sieve_init(&s, &o), KEDGE_OK);
            kedge_err err = kedge_sieve_feed(&s, p, len, &used, &event);
            bool kept_limit;
            json_t *kept = event == KEDGE_SIEVE_ITEM ? strict_load(s.item, &kept_limit) : NULL;
            if (event == KEDGE_SIEVE_ITEM && kept == NULL && !kept_limit)
                fail_msg("no JSON was kept of mutation %d", i);
            for (size_t at = used; err == KEDGE_OK && at < len; at += used)
                err = kedge_sieve_feed(&s, p + at, len - at, &used, &event);
            bool good = err == KEDGE_OK && kedge_sieve_finish(&s) == KEDGE_OK;
            // Of what is skipped, the sieve may accept more.
            if (!limit && (t == 0 ? good != object : object && !good))
                fail_msg("mutation %d: the sieve says %d (%s at %d), jansson %d", i, good,
                         s.problem != NULL ? s.problem : "", (int)s.offset, object);
            if (t == 0 && object)
                assert_true(json_equal(kept, value));
            accepted += t == 0 && good;
            json_decref(kept);
        }
        json_decref(value);
    }
    print_message("%d mutations, %d accepted\n", MUTATIONS, (int)accepted);
    assert_true(accepted > MUTATIONS / 20 && accepted < MUTATIONS / 2);
}

// The model ---------------------------------------------------------------------------------------

static const char *const names[] = {"a", "b", "ab", "abc", "\xc3\xa9", "\"", "a\\b", ""};
enum { NAMES = sizeof names / sizeof names[0], PATHS = 12 };

static json_t *random_tree(unsigned depth)
{
    uint32_t kind = random_below(depth == 0 ? 4 : 9);
    if (kind == 0)
        return json_null();
    if (kind == 1)
        return json_integer((json_int_t)random_below(1000) - 500);
    if (kind == 2)
        return json_string(names[random_below(NAMES)]);
    if (kind == 3)
        return json_boolean(random_below(2));
    json_t *tree = kind == 4 ? json_array() : json_object();
    for (uint32_t i = 0, n = random_below(6); i < n; i++) {
        if (kind == 4)
            json_array_append_new(tree, random_tree(depth - 1));
        else
            json_object_set_new(tree, names[random_below(NAMES)], random_tree(depth - 1));
    }
    return tree;
}

// Tables of a random shape, in memory of their own.
struct random_table {
    struct kedge_table table;
    struct kedge_field fields[PATHS];
    char paths[PATHS][64];
};

static void random_path(char path[64])
{
    size_t len = 0;
    uint32_t keys = random_below(40) == 0 ? 0 : 1 + random_below(3);
    memset(path, 0, 64);
    for (uint32_t i = 0; i < keys; i++) {
        const char *name = names[random_below(NAMES - 1)]; // no path has an empty key
        len += (size_t)sprintf(path + len, "%s", name) + 1;
    }
}

static void random_fields(struct random_table *t, const struct kedge_table *items)
{
    static const uint8_t types[] = {KEDGE_FIELD_TEXT, KEDGE_FIELD_RAW, KEDGE_FIELD_DROP,
                                    KEDGE_FIELD_LIST};
    uint32_t count = random_below(PATHS);
    memset(t, 0, sizeof *t);
    for (uint32_t i = 0; i < count; i++) {
        struct kedge_field *f = &t->fields[i];
        random_path(t->paths[i]);
        f->path = t->paths[i];
        f->type = types[random_below(items != NULL && f->path[0] != '\0' ? 4 : 3)];
        f->items = f->type == KEDGE_FIELD_LIST ? items : NULL;
    }
    t->table.fields = t->fields;
    t->table.count = (uint16_t)count;
}

// Writes the tree with white space and escapes in random places.
static size_t write_tree(const json_t *tree, char *out)
{
    char *dump = json_dumps(tree, (random_below(2) ? JSON_INDENT(1) : JSON_COMPACT) |
                                      (random_below(2) ? JSON_ENSURE_ASCII : 0) |
                                      (random_below(2) ? JSON_ESCAPE_SLASH : 0));
    size_t len = 0;
    bool inside = false;
    for (const char *p = dump; *p != '\0'; p++) {
        if (*p == '\\') {
            out[len++] = *p++;
            out[len++] = *p;
            continue;
        }
        inside = inside != (*p == '"');
        bool letter = inside && ((*p >= 'a' && *p <= 'z'));
        if (letter && random_below(4) == 0 && (len < 1 || out[len - 1] != 'u'))
            len += (size_t)sprintf(out + len, random_below(2) ? "\\u%04x" : "\\u%04X", *p);
        else
            out[len++] = *p;
    }
    free(dump);
    return len;
}

static void random_tables_keep_what_the_model_keeps(void **state)
{
    (void)state;
    static struct random_table tables[3];
    static struct random_table inner[2];
    static char text[1 << 20];
    const uint64_t seed = 20260702;
    int emptied = 0;
    int kept_all = 0;
    random_state = seed;
    print_message("seed %llu\n", (unsigned long long)seed);
    for (int i = 0; i < TREES; i++) {
        struct kedge_sieve s;
        struct kedge_sieve_options o = options_of(KEDGE_SIEVE_OBJECT, NULL);
        random_fields(&inner[0], NULL);
        random_fields(&inner[1], &inner[0].table);
        for (int t = 0; t < 3; t++) {
            random_fields(&tables[t], random_below(2) ? &inner[1].table : NULL);
            o.tables[t] = random_below(3) > 0 ? &tables[t].table : NULL;
        }
        json_t *tree = NULL;
        while (!json_is_object(tree)) {
            json_decref(tree);
            tree = random_tree(5);
        }
        size_t len = write_tree(tree, text);
        // More LIST rows for one path than a sieve takes.
        if (kedge_sieve_init(&s, &o) != KEDGE_OK) {
            json_decref(tree);
            continue;
        }
        enum kedge_sieve_event event = KEDGE_SIEVE_MORE;
        for (size_t at = 0, used; event == KEDGE_SIEVE_MORE; at += used) {
            size_t piece = 1 + random_below(random_below(2) ? 4 : 4096);
            piece = piece < len - at ? piece : len - at;
            assert_true(piece > 0);
            assert_int_equal(
                kedge_sieve_feed(&s, guard_put(text + at, piece), piece, &used, &event), KEDGE_OK);
        }
        assert_int_equal(event, KEDGE_SIEVE_ITEM);
        json_t *kept = json_loadb(s.item.ptr, s.item.len, SIEVE_STRICT, NULL);
        json_t *expected = sieve_model(tree, o.tables);
        char *dump = json_dumps(expected, JSON_COMPACT);
        json_t *same = json_loads(dump, SIEVE_STRICT, NULL); // numbers as in `kept`
        if (!json_equal(kept, same))
            fail_msg("tree %d: kept %.*s, not %s, of %.*s", i, (int)s.item.len, s.item.ptr, dump,
                     (int)len, text);
        free(dump);
        emptied += json_object_size(kept) == 0;
        kept_all += json_object_size(kept) == json_object_size(tree);
        json_decref(same);
        json_decref(kept);
        json_decref(expected);
        json_decref(tree);
    }
    print_message("%d trees: of %d nothing was kept, of %d every member\n", TREES, emptied,
                  kept_all);
    assert_true(emptied < TREES / 2 && kept_all < TREES / 2);
}

int main(void)
{
    const struct CMUnitTest tests[] = {
        cmocka_unit_test(every_real_reply_comes_out_item_by_item),
        cmocka_unit_test(however_a_real_reply_is_cut_into_pieces),
        cmocka_unit_test(at_every_split_the_state_is_the_same),
        cmocka_unit_test(a_reply_that_breaks_off_gives_no_item_too_many),
        cmocka_unit_test(what_a_strict_parser_accepts_or_refuses_the_sieve_does_too),
        cmocka_unit_test(random_tables_keep_what_the_model_keeps),
    };
    return cmocka_run_group_tests(tests, NULL, NULL);
}
