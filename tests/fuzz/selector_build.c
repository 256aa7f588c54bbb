// SPDX-License-Identifier: Apache-2.0
// selector_build.c - lines as a selector and what is added to it: each has a letter for the
// operator, a key and values, all divided by ';'. The same lines are a set of labels, and the first
// is a map. What is made is canonical text that reads back as the same; it matches what all that it
// was made of match; with a byte less there is no room; one after another it is the same; what is
// wrong with a requirement or a label is said.
#include <stdlib.h>

#include "kedge/selector_build.h"

#include "fuzz.h"
#include "labelled.h"

enum { OBJECTS = 3, LINES = 6, VALUES = 4, ROOM = 8192 };

static struct kedge_object *objects[OBJECTS];
static struct kedge_requirement needs[LINES];
static kedge_str values[LINES][VALUES];
static struct kedge_label pairs[LINES];
static size_t count;

static kedge_str take_word(kedge_str *line)
{
    const char *end = line->len > 0 ? memchr(line->ptr, ';', line->len) : NULL;
    kedge_str word = {line->ptr, end != NULL ? (size_t)(end - line->ptr) : line->len};
    size_t used = word.len + (end != NULL ? 1 : 0);
    line->ptr += used;
    line->len -= used;
    return word;
}

static void read_lines(kedge_str data)
{
    for (count = 0; data.len > 0 && count < LINES; count++) {
        kedge_str line = fuzz_line(&data);
        kedge_str letter = take_word(&line);
        struct kedge_requirement *r = &needs[count];
        r->operator_ = (enum kedge_operator)(letter.len > 0 ? (letter.ptr[0] & 15) % 10 : 0);
        r->key = take_word(&line);
        r->values = values[count];
        for (r->count = 0; line.len > 0 && r->count < VALUES; r->count++)
            values[count][r->count] = take_word(&line);
        kedge_str empty = {"", 0};
        pairs[count].key = r->key;
        pairs[count].value = r->count > 0 ? values[count][0] : empty;
    }
}

static void is_canonical(const struct kedge_selector *s)
{
    struct kedge_selector again;
    static char text[ROOM];
    size_t len;
    PROMISE(s->problem == NULL && !s->nothing && s->text.ptr[s->text.len] == '\0');
    PROMISE(kedge_selector_text(s, text, sizeof text, &len) == KEDGE_OK);
    PROMISE(len == s->text.len && memcmp(text, s->text.ptr, len) == 0);
    PROMISE(kedge_selector_parse(&again, text) == KEDGE_OK);
    for (size_t i = 0; i < OBJECTS; i++)
        PROMISE(kedge_selector_matches(s, objects[i]) ==
                kedge_selector_matches(&again, objects[i]));
}

static void is_label_selector(const struct kedge_selector *s)
{
    struct kedge_label_selector ls;
    struct kedge_selector back;
    static char text[ROOM];
    size_t need;
    if (kedge_label_selector_of(s, &ls, NULL, 0, &need) != KEDGE_OK)
        return;
    char *room = malloc(need > 0 ? need : 1);
    PROMISE(room != NULL);
    PROMISE(kedge_label_selector_of(s, &ls, room, need, NULL) == KEDGE_OK);
    PROMISE(kedge_selector_from_label_selector(&back, &ls, text, sizeof text) == KEDGE_OK);
    is_canonical(&back);
    // Of two values for one label the last is left, so more may match.
    for (size_t i = 0; i < OBJECTS; i++)
        PROMISE(!kedge_selector_matches(s, objects[i]) ||
                kedge_selector_matches(&back, objects[i]));
    free(room);
}

static bool all_match(const struct kedge_selector *before, const struct kedge_object *o)
{
    bool yes = kedge_selector_matches(before, o);
    for (size_t i = 0; i < count; i++)
        yes = yes && kedge_requirement_matches(&needs[i], kedge_labels_of_object(o));
    return yes;
}

static void is_added(const struct kedge_selector *before)
{
    static char text[ROOM];
    struct kedge_selector s, step;
    struct kedge_requirement_problem p[2 * VALUES + 2];
    size_t bad = 0;
    for (size_t i = 0; i < count; i++)
        bad += kedge_requirement_problems(&needs[i], p, sizeof p / sizeof p[0]) > 0 ? 1u : 0u;
    kedge_err err = kedge_selector_add(before, needs, count, text, sizeof text, &s);
    PROMISE(err == (bad > 0 ? KEDGE_ERR_ARGUMENT : KEDGE_OK));
    if (err != KEDGE_OK) {
        PROMISE(s.nothing && s.problem != NULL && s.error_at < count);
        PROMISE(kedge_requirement_problems(&needs[s.error_at], p, 1) > 0);
        return;
    }
    is_canonical(&s);
    is_label_selector(&s);
    for (size_t i = 0; i < OBJECTS; i++)
        PROMISE(kedge_selector_matches(&s, objects[i]) == all_match(before, objects[i]));
    char *exact = malloc(s.text.len + 1);
    PROMISE(exact != NULL);
    PROMISE(kedge_selector_add(before, needs, count, exact, s.text.len, &step) == KEDGE_ERR_FULL);
    PROMISE(kedge_selector_add(before, NULL, 0, exact, s.text.len + 1, &step) == KEDGE_OK);
    for (size_t i = 0; i < count; i++)
        PROMISE(kedge_selector_add(&step, &needs[i], 1, exact, s.text.len + 1, &step) == KEDGE_OK);
    PROMISE(kedge_str_eq(step.text, s.text));
    free(exact);
}

static bool has_all(const struct kedge_object *o, struct kedge_labels all)
{
    kedge_str is, wanted;
    for (size_t i = 0; i < count; i++) {
        PROMISE(kedge_labels_get(all, pairs[i].key, &wanted));
        if (!kedge_labels_get(kedge_labels_of_object(o), pairs[i].key, &is) ||
            !kedge_str_eq(is, wanted))
            return false;
    }
    return true;
}

static void are_labels(void)
{
    static char text[ROOM];
    struct kedge_selector s;
    struct kedge_labels all = kedge_labels_of(pairs, count);
    struct kedge_label merged[2 * LINES], read[LINES];
    size_t n, m;
    kedge_err err = kedge_selector_from_labels(&s, all, text, sizeof text);
    if (err == KEDGE_OK) {
        is_canonical(&s);
        PROMISE(kedge_labels_parse(text, read, LINES, &n, NULL) == KEDGE_OK);
        PROMISE(kedge_labels_equal(kedge_labels_of(read, n), all));
    } else {
        PROMISE(err == KEDGE_ERR_ARGUMENT && s.nothing && s.error_at < count);
    }
    err = kedge_selector_from_labels_unchecked(&s, all, text, sizeof text);
    PROMISE(err == KEDGE_OK || err == KEDGE_ERR_ARGUMENT);
    for (size_t i = 0; i < OBJECTS; i++) {
        struct kedge_labels its = kedge_labels_of_object(objects[i]);
        PROMISE(kedge_selector_matches(&s, objects[i]) ==
                (err == KEDGE_OK && has_all(objects[i], all)));
        PROMISE(kedge_labels_conflict(all, its) == kedge_labels_conflict(its, all));
        PROMISE(!kedge_labels_equal(all, its) || !kedge_labels_conflict(all, its));
    }
    PROMISE(kedge_labels_merge(all, all, merged, 2 * LINES, &n) == KEDGE_OK && n <= count);
    PROMISE(kedge_labels_equal(kedge_labels_of(merged, n), all));
    PROMISE(kedge_labels_merge(all, kedge_labels_of(NULL, 0), merged, n, &m) == KEDGE_OK);
    PROMISE(m == n);
}

static void is_map(const char *text)
{
    static char canonical[ROOM];
    struct kedge_label read[LINES];
    struct kedge_selector s;
    size_t n, at = 0;
    kedge_err err = kedge_labels_parse(text, read, LINES, &n, &at);
    PROMISE(err == KEDGE_OK || n == 0);
    PROMISE(err != KEDGE_ERR_ARGUMENT || at <= strlen(text));
    if (err != KEDGE_OK)
        return;
    for (size_t i = 0; i < n; i++)
        PROMISE(read[i].key.ptr > text - 1 && read[i].value.ptr <= text + strlen(text));
    struct kedge_labels map = kedge_labels_of(read, n);
    PROMISE(kedge_selector_from_labels(&s, map, canonical, sizeof canonical) == KEDGE_OK);
    is_canonical(&s);
}

int LLVMFuzzerTestOneInput(const uint8_t *bytes, size_t len)
{
    struct fuzz_input in;
    struct kedge_selector before;
    if (!fuzz_open(&in, bytes, len) || in.data.len > 2048)
        return 0;
    kedge_str rest = in.data, first = fuzz_line(&rest);
    char *text = malloc(first.len + 1);
    PROMISE(text != NULL);
    memcpy(text, first.ptr, first.len);
    text[first.len] = '\0';
    for (size_t i = 0; i < OBJECTS; i++)
        objects[i] = labelled(in.data, i);
    read_lines(rest);
    bool parsed = kedge_selector_parse(&before, text) == KEDGE_OK;
    is_added(parsed ? &before : KEDGE_EVERYTHING);
    are_labels();
    is_map(text);
    for (size_t i = 0; i < OBJECTS; i++)
        free(objects[i]);
    free(text);
    return 0;
}
