// SPDX-License-Identifier: Apache-2.0
// validation.c - the API's rules for texts, with words for what breaks them.
#include "kedge/validation.h"

#include <string.h>

#include "object/names.h"

#define ANNOTATIONS_MAX ((size_t)256 * 1024)

static bool is_letter(char c)
{
    return (c >= 'a' && c <= 'z') || (c >= 'A' && c <= 'Z');
}

static bool is_small(char c)
{
    return c >= 'a' && c <= 'z';
}

static bool is_digit(char c)
{
    return c >= '0' && c <= '9';
}

static const char *unless(bool good, const char *problem)
{
    return good ? NULL : problem;
}

const char *kedge_label_key_problem(const char *text)
{
    return unless(text != NULL && kedge__is_label_key(kedge_str_of(text)),
                  "a key is 1 to 63 letters, digits, '-', '_' and '.', begins and ends with a "
                  "letter or digit, and may have a DNS subdomain and '/' before it");
}

const char *kedge_label_value_problem(const char *text)
{
    return unless(text != NULL && kedge__is_label_value(kedge_str_of(text)),
                  "a value is empty or up to 63 letters, digits, '-', '_' and '.', and begins and "
                  "ends with a letter or digit");
}

const char *kedge_dns_label_problem(const char *text)
{
    return unless(
        text != NULL && kedge__is_dns_label(kedge_str_of(text)),
        "a DNS label is 1 to 63 small letters, digits and '-', with no '-' at either end");
}

const char *kedge_dns1035_label_problem(const char *text)
{
    if (text != NULL && is_small(text[0]))
        return kedge_dns_label_problem(text);
    return "it begins with a small letter, followed by up to 62 small letters, digits and '-', the "
           "last no '-'";
}

const char *kedge_dns_subdomain_problem(const char *text)
{
    return unless(text != NULL && kedge__is_dns_subdomain(kedge_str_of(text)),
                  "a DNS subdomain is 1 to 253 small letters, digits, '-' and '.', and each part "
                  "between dots begins and ends with a letter or digit");
}

const char *kedge_path_segment_problem(const char *text)
{
    if (text != NULL && text[0] == '\0')
        return NULL;
    return unless(text != NULL && kedge__is_path_segment(kedge_str_of(text)),
                  "it may not be '.' or '..', nor have '/' or '%' in it");
}

const char *kedge_port_name_problem(const char *text)
{
    size_t len = text != NULL ? strlen(text) : 0;
    bool letter = false;
    if (len == 0 || len > 15)
        return "the name of a port has 1 to 15 characters";
    for (size_t i = 0; i < len; i++) {
        if (!is_small(text[i]) && !is_digit(text[i]) && text[i] != '-')
            return "the name of a port has small letters, digits and '-' only";
        if (text[i] == '-' && (i == 0 || i + 1 == len || text[i + 1] == '-'))
            return "the name of a port has no '-' at either end and no two of them together";
        letter |= is_small(text[i]);
    }
    return unless(letter, "the name of a port has at least one letter");
}

const char *kedge_c_identifier_problem(const char *text)
{
    bool good = text != NULL && (is_letter(text[0]) || text[0] == '_');
    for (size_t i = 1; good && text[i] != '\0'; i++)
        good = is_letter(text[i]) || is_digit(text[i]) || text[i] == '_';
    return unless(good, "it begins with a letter or '_', and has letters, digits and '_' only");
}

const char *kedge_configmap_key_problem(const char *text)
{
    size_t len = text != NULL ? strlen(text) : 0;
    if (len == 0 || len > 253)
        return "a key has 1 to 253 characters";
    for (size_t i = 0; i < len; i++) {
        char c = text[i];
        if (!is_letter(c) && !is_digit(c) && c != '-' && c != '_' && c != '.')
            return "a key has letters, digits, '-', '_' and '.' only";
    }
    bool dots = text[0] == '.' && (len == 1 || text[1] == '.');
    return unless(!dots, "a key is not '.', and does not begin with '..'");
}

const char *kedge_annotations_problem(const struct kedge_text_map *annotations)
{
    size_t bytes = 0;
    const struct kedge_text_pair *pair = NULL;
    if (annotations == NULL)
        return NULL;
    for (size_t i = 0; (pair = kedge_pair_at(annotations, i)) != NULL; i++) {
        if (!kedge__is_annotation_key(kedge_text_str(&pair->key)))
            return kedge_label_key_problem("");
        bytes += kedge_text_len(&pair->key) + kedge_text_len(&pair->value);
    }
    return unless(bytes <= ANNOTATIONS_MAX, "all annotations together have 262,144 bytes at most");
}

static bool is_version(const char *text)
{
    if (text == NULL || text[0] == '0' || text[0] == '\0')
        return false;
    while (is_digit(*text))
        text++;
    return *text == '\0';
}

kedge_err kedge_resource_version_compare(const char *a, const char *b, int *order)
{
    if (order == NULL || !is_version(a) || !is_version(b))
        return KEDGE_ERR_ARGUMENT;
    size_t la = strlen(a);
    size_t lb = strlen(b);
    *order = la != lb ? (la < lb ? -1 : 1) : strcmp(a, b);
    return KEDGE_OK;
}
