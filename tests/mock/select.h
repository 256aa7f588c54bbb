// SPDX-License-Identifier: Apache-2.0
// select.h - label and field selectors.
#ifndef MOCK_SELECT_H
#define MOCK_SELECT_H

#include <jansson.h>
#include <stdbool.h>
#include <stddef.h>

#include "store.h"

enum { SELECT_IN, SELECT_NOT_IN, SELECT_EXISTS, SELECT_ABSENT };

struct requirement {
    char *key;
    int op;
    char **values;
    size_t count;
};

struct selector {
    struct requirement *all;
    size_t count;
};

// Each gives NULL, or a Status that says what is wrong (the selector is then empty).
json_t *select_parse_labels(struct selector *s, const char *text);
json_t *select_parse_fields(struct selector *s, const char *text, const struct kind *kind);
bool select_matches_labels(const struct selector *s, const struct revision *state);
bool select_matches_fields(const struct selector *s, const struct revision *state);
void select_free(struct selector *s);

#endif
