// SPDX-License-Identifier: Apache-2.0
// selector_label.c - the API's LabelSelector: as a selector, and made of one; an object's own.
#include <string.h>

#include "base/order.h"
#include "kedge/kinds/common.h"
#include "object/selector_build.h"
#include "object/selector_term.h"

_Static_assert((int)KEDGE_OPERATOR_IN == (int)KEDGE_LABEL_IN &&
                   (int)KEDGE_OPERATOR_NOT_IN == (int)KEDGE_LABEL_NOT_IN &&
                   (int)KEDGE_OPERATOR_EXISTS == (int)KEDGE_LABEL_EXISTS &&
                   (int)KEDGE_OPERATOR_DOES_NOT_EXIST == (int)KEDGE_LABEL_DOES_NOT_EXIST,
               "a record's operators are those of a requirement");

static size_t list_count(const struct kedge_label_selector *from)
{
    return from->list != NULL ? from->list->count : 0;
}

// The i-th expression: of the array, then of the record.
static struct kedge__need expression_at(const struct kedge_label_selector *from, size_t i)
{
    if (i < from->count)
        return kedge__need_of(&from->match_expressions[i]);
    const struct kedge_label_expression *e =
        KEDGE_AT(struct kedge_label_expression, from->list, i - from->count);
    struct kedge__need n = {kedge_text_str(&e->key), (enum kedge_operator)e->operator_,
                            e->values.count, NULL, &e->values};
    return n;
}

static bool is_known(enum kedge_operator o)
{
    return o >= KEDGE_OPERATOR_IN && o <= KEDGE_OPERATOR_DOES_NOT_EXIST;
}

kedge_err kedge_selector_from_label_selector(struct kedge_selector *s,
                                             const struct kedge_label_selector *from, char *buf,
                                             size_t cap)
{
    struct kedge_requirement_problem p = {KEDGE_REQUIREMENT_KEY, 0, NULL};
    if (from == NULL) {
        *s = kedge_selector_nothing;
        return KEDGE_OK;
    }
    kedge_err err = kedge_selector_from_labels(s, from->match_labels, buf, cap);
    size_t labels = kedge_labels_count(from->match_labels);
    struct kedge__line l = {buf, cap, s->text.len, false};
    for (size_t i = 0; err == KEDGE_OK && i < from->count + list_count(from); i++) {
        struct kedge__need n = expression_at(from, i);
        if (!is_known(n.operator_))
            return kedge__selector_refuse(s, labels + i,
                                          "operator: expected In, NotIn, Exists or DoesNotExist");
        if (kedge__need_problems(&n, &p, 1) > 0)
            return kedge__selector_refuse(s, labels + i, p.problem);
        if (!kedge__need_put(&l, &n))
            return kedge__selector_full(s);
    }
    return err == KEDGE_OK ? kedge__selector_made(s, kedge__line_done(&l)) : err;
}

// An object's own ---------------------------------------------------------------------------------

static bool path_is(const char *path, const char *wanted)
{
    while (strcmp(path, wanted) == 0 && path[0] != '\0') {
        size_t key = strlen(path) + 1;
        path += key;
        wanted += key;
    }
    return path[0] == '\0' && wanted[0] == '\0';
}

// What the object has at that path; NULL if the table has no such row. *present is set to true if
// the server has sent it.
static const void *member(const struct kedge_object *o, const struct kedge_table *table,
                          enum kedge_field_type type, const char *path, bool *present)
{
    for (size_t i = 0; i < table->count; i++) {
        const struct kedge_field *f = &table->fields[i];
        bool ours = type != KEDGE_FIELD_LIST || f->items == &kedge__table_label_expression;
        if (f->type != type || !ours || !path_is(f->path, path))
            continue;
        *present |= KEDGE__HAS(o->present, i);
        return (const char *)o + f->offset;
    }
    return NULL;
}

kedge_err kedge_selector_from_object(struct kedge_selector *s, const struct kedge_object *o,
                                     const struct kedge_kind *kind, char *buf, size_t cap)
{
    bool present = false;
    *s = kedge_selector_nothing;
    if (kedge_object_as(o, kind) == NULL)
        return kedge__selector_refuse(s, 0, "the object is not of that kind");
    const struct kedge_text_map *map = (const struct kedge_text_map *)member(
        o, kind->table, KEDGE_FIELD_TEXT_MAP, KEDGE_PATH("spec", "selector"), &present);
    const struct kedge_text_map *labels = (const struct kedge_text_map *)member(
        o, kind->table, KEDGE_FIELD_TEXT_MAP, KEDGE_PATH("spec", "selector", "matchLabels"),
        &present);
    const struct kedge_list *list = (const struct kedge_list *)member(
        o, kind->table, KEDGE_FIELD_LIST, KEDGE_PATH("spec", "selector", "matchExpressions"),
        &present);
    (void)member(o, kind->table, KEDGE_FIELD_RAW, KEDGE_PATH("spec", "selector"), &present);
    // With half of its rows it would ask for less than the object does.
    if ((map == NULL && (labels == NULL || list == NULL)) || kedge_is_partial(o))
        return KEDGE_ERR_NOT_FOUND;
    if (o->mistyped > 0) // what the record could not take may have been the selector's
        return kedge__selector_refuse(s, 0, "the object has a field of another type");
    if (!present)
        return KEDGE_OK;
    if (map != NULL)
        return kedge_selector_from_labels_unchecked(s, kedge_labels_of_map(map), buf, cap);
    struct kedge_label_selector from = {kedge_labels_of_map(labels), NULL, 0, list};
    return kedge_selector_from_label_selector(s, &from, buf, cap);
}

// A LabelSelector of a selector -------------------------------------------------------------------

// What there is to write, and where: labels, then expressions, then their values.
struct arrays {
    size_t labels, expressions, values;
    struct kedge_label *label;
    struct kedge_requirement *expression;
    kedge_str *value;
};

static bool is_equal(enum kedge_operator o)
{
    return o == KEDGE_OPERATOR_EQUALS || o == KEDGE_OPERATOR_DOUBLE_EQUALS;
}

// True if a later term says what that label must be.
static bool is_replaced(const struct kedge_selector *s, const struct kedge__term *t)
{
    struct kedge__term next = *t, last = *t;
    while (kedge__terms_least(s, &last, &next) && kedge_str_eq(next.key, t->key)) {
        if (is_equal(next.operator_))
            return true;
        last = next;
    }
    return false;
}

// Counts the values in order and, if there is room for them, writes them.
static size_t take_values(const struct kedge__term *t, kedge_str *out)
{
    kedge_str last, value;
    size_t count = 0;
    bool more = kedge__term_least_value(t, NULL, &value);
    for (; more; more = kedge__term_least_value(t, &last, &value)) {
        if (out != NULL)
            out[count] = value;
        count++;
        last = value;
    }
    return count;
}

static void take_label(struct arrays *a, const struct kedge__term *t)
{
    if (a->label != NULL) {
        a->label[a->labels].key = t->key;
        (void)take_values(t, &a->label[a->labels].value);
    }
    a->labels++;
}

static void take_expression(struct arrays *a, const struct kedge__term *t)
{
    kedge_str *values = a->value != NULL ? a->value + a->values : NULL;
    size_t count = take_values(t, values);
    if (a->expression != NULL) {
        struct kedge_requirement r = {t->key, t->operator_, count > 0 ? values : NULL, count};
        a->expression[a->expressions] = r;
    }
    a->expressions++;
    a->values += count;
}

// Counts all that there is and, where there is room, writes it. False: a LabelSelector cannot say
// it.
static bool take_all(struct arrays *a, const struct kedge_selector *s)
{
    struct kedge__term t, last;
    const struct kedge__term *before = NULL;
    a->labels = a->expressions = a->values = 0;
    while (kedge__terms_least(s, before, &t)) {
        if (!is_equal(t.operator_) && !is_known(t.operator_))
            return false;
        if (!is_equal(t.operator_))
            take_expression(a, &t);
        else if (!is_replaced(s, &t))
            take_label(a, &t);
        last = t;
        before = &last;
    }
    return true;
}

kedge_err kedge_label_selector_of(const struct kedge_selector *s, struct kedge_label_selector *out,
                                  void *buf, size_t cap, size_t *need)
{
    static const struct kedge_label_selector empty = {{NULL, 0, NULL}, NULL, 0, NULL};
    struct arrays a = {0, 0, 0, NULL, NULL, NULL};
    *out = empty;
    if (kedge_selector_is_nothing(s) || !take_all(&a, s))
        return KEDGE_ERR_ARGUMENT;
    size_t labels = a.labels * sizeof *a.label;
    size_t expressions = a.expressions * sizeof *a.expression;
    size_t size = labels + expressions + a.values * sizeof *a.value;
    if (need != NULL)
        *need = size;
    if (buf == NULL)
        return KEDGE_OK;
    if (cap < size)
        return KEDGE_ERR_FULL;
    a.label = (struct kedge_label *)buf;
    a.expression = (struct kedge_requirement *)(void *)((char *)buf + labels);
    a.value = (kedge_str *)(void *)((char *)buf + labels + expressions);
    (void)take_all(&a, s);
    out->match_labels = kedge_labels_of(a.label, a.labels);
    out->match_expressions = a.expression;
    out->count = a.expressions;
    return KEDGE_OK;
}
