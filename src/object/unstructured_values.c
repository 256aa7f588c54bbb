// SPDX-License-Identifier: Apache-2.0
// unstructured_values.c - texts of an object that mean an amount or a moment.
#include "kedge/quantity.h"
#include "kedge/unstructured.h"

// Longer than any quantity or time that the API writes.
#define VALUE_MAX 64

// The value's text: a text's, or a number as JSON writes it.
static kedge_err scalar(kedge_json_value v, bool number, char *buf, kedge_str *text)
{
    enum kedge_json_type type = kedge_json_type(v);
    size_t len = kedge_json_text(v, NULL, 0);
    if (type == KEDGE_JSON_ABSENT || type == KEDGE_JSON_NULL)
        return KEDGE_ERR_NOT_FOUND;
    if (type == KEDGE_JSON_NUMBER && number)
        *text = kedge_json_raw(v);
    else if (type == KEDGE_JSON_TEXT && len <= VALUE_MAX)
        *text = (kedge_str){buf, kedge_json_text(v, buf, VALUE_MAX)};
    else
        return KEDGE_ERR_JSON;
    return KEDGE_OK;
}

kedge_err kedge_unstructured_quantity(const struct kedge_unstructured *u, const char *path,
                                      int64_t *thousandths)
{
    char buf[VALUE_MAX];
    kedge_str text;
    if (u == NULL || path == NULL || thousandths == NULL)
        return KEDGE_ERR_ARGUMENT;
    kedge_err err = scalar(kedge_unstructured_at(u, path), true, buf, &text);
    if (err != KEDGE_OK)
        return err;
    return kedge_quantity_parse(text, thousandths) ? KEDGE_OK : KEDGE_ERR_JSON;
}

kedge_err kedge_unstructured_time(const struct kedge_unstructured *u, const char *path,
                                  kedge_timestamp *out)
{
    char buf[VALUE_MAX];
    kedge_str text;
    if (u == NULL || path == NULL || out == NULL)
        return KEDGE_ERR_ARGUMENT;
    kedge_err err = scalar(kedge_unstructured_at(u, path), false, buf, &text);
    if (err != KEDGE_OK)
        return err;
    return kedge_timestamp_parse(text, out) ? KEDGE_OK : KEDGE_ERR_JSON;
}
