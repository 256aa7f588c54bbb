// SPDX-License-Identifier: Apache-2.0
// selector.c - any text as a label selector. An error has its place and reason and matches nothing;
// the canonical text of a selector is one too, is its own canonical text and matches the same
// objects, among them ones that are made from the selector's own words.
#include <stdlib.h>

#include "kedge/selector.h"

#include "fuzz.h"
#include "labelled.h"

enum { OBJECTS = 3 };

static struct kedge_object *objects[OBJECTS];

static void is_error(const struct kedge_selector *s, kedge_err err, size_t len)
{
    PROMISE(err == KEDGE_ERR_ARGUMENT);
    PROMISE(s->problem != NULL && s->problem[0] != '\0' && s->error_at <= len);
    for (size_t i = 0; i < OBJECTS; i++)
        PROMISE(!kedge_selector_matches(s, objects[i]));
}

static void is_selector(const struct kedge_selector *s, const char *text, size_t len)
{
    struct kedge_selector again;
    size_t need, same;
    char *canonical = malloc(2 * len + 1);
    char *twice = malloc(2 * len + 1);
    PROMISE(canonical != NULL && twice != NULL && s->problem == NULL);
    PROMISE(kedge_selector_text(s, canonical, 2 * len + 1, &need) == KEDGE_OK);
    PROMISE(need <= 2 * len && strlen(canonical) == need);
    PROMISE(kedge_selector_parse(&again, canonical) == KEDGE_OK);
    PROMISE(kedge_selector_text(&again, twice, need + 1, &same) == KEDGE_OK);
    PROMISE(same == need && memcmp(canonical, twice, need) == 0);
    if (need > 0) {
        PROMISE(kedge_selector_text(s, twice, need, &same) == KEDGE_ERR_FULL);
        PROMISE(same < need && strlen(twice) == same);
    }
    for (size_t i = 0; i < OBJECTS; i++) {
        kedge_str value;
        bool matches = kedge_selector_matches(s, objects[i]);
        PROMISE(matches == kedge_selector_matches(&again, objects[i]));
        PROMISE(matches == kedge_selector_matches_labels(s, &objects[i]->labels));
        const char *label = kedge_label(objects[i], "app");
        if (matches && kedge_selector_requires(s, "app", &value))
            PROMISE(label != NULL && kedge_str_is(value, label));
        if (kedge_selector_requires(s, "app", &value))
            PROMISE(value.len == 0 || (value.ptr >= text && value.ptr + value.len <= text + len));
    }
    free(canonical);
    free(twice);
}

int LLVMFuzzerTestOneInput(const uint8_t *bytes, size_t len)
{
    struct fuzz_input in;
    struct kedge_selector s;
    if (!fuzz_open(&in, bytes, len) || in.data.len > 4096)
        return 0;
    // A block that ends with the NUL.
    char *text = malloc(in.data.len + 1);
    PROMISE(text != NULL);
    memcpy(text, in.data.ptr, in.data.len);
    text[in.data.len] = '\0';
    size_t text_len = strlen(text);
    for (size_t i = 0; i < OBJECTS; i++)
        objects[i] = labelled((kedge_str){text, text_len}, i);
    memset(&s, 0x5a, sizeof s);
    kedge_err err = kedge_selector_parse(&s, text);
    if (err == KEDGE_OK)
        is_selector(&s, text, text_len);
    else
        is_error(&s, err, text_len);
    for (size_t i = 0; i < OBJECTS; i++)
        free(objects[i]);
    free(text);
    return 0;
}
