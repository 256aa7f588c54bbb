// SPDX-License-Identifier: Apache-2.0
#include "object/names.h"

enum { LABEL_MAX = 63, SUBDOMAIN_MAX = 253 };

static bool is_small_or_digit(char c)
{
    return (c >= 'a' && c <= 'z') || (c >= '0' && c <= '9');
}

static bool is_letter_or_digit(char c)
{
    return is_small_or_digit(c) || (c >= 'A' && c <= 'Z');
}

// A label's name or value: not empty.
static bool is_label_text(kedge_str s)
{
    if (s.len == 0 || s.len > LABEL_MAX)
        return false;
    for (size_t i = 0; i < s.len; i++) {
        char c = s.ptr[i];
        bool inner = i > 0 && i < s.len - 1 && (c == '-' || c == '_' || c == '.');
        if (!inner && !is_letter_or_digit(c))
            return false;
    }
    return true;
}

bool kedge__is_label_value(kedge_str s)
{
    return s.len == 0 || is_label_text(s);
}

static const char *slash_in(kedge_str s)
{
    return s.len > 0 ? (const char *)memchr(s.ptr, '/', s.len) : NULL;
}

bool kedge__is_label_key(kedge_str s)
{
    const char *slash = slash_in(s);
    if (slash == NULL)
        return is_label_text(s);
    kedge_str prefix = {s.ptr, (size_t)(slash - s.ptr)};
    kedge_str name = {slash + 1, s.len - prefix.len - 1};
    return kedge__is_dns_subdomain(prefix) && is_label_text(name);
}

bool kedge__is_annotation_key(kedge_str s)
{
    char small[SUBDOMAIN_MAX];
    const char *slash = slash_in(s);
    kedge_str prefix = {small, slash != NULL ? (size_t)(slash - s.ptr) : 0};
    if (prefix.len == 0 || prefix.len > SUBDOMAIN_MAX)
        return kedge__is_label_key(s);
    for (size_t i = 0; i < prefix.len; i++) {
        bool large = s.ptr[i] >= 'A' && s.ptr[i] <= 'Z';
        small[i] = large ? (char)(s.ptr[i] - 'A' + 'a') : s.ptr[i];
    }
    return kedge__is_dns_subdomain(prefix) &&
           is_label_text((kedge_str){slash + 1, s.len - prefix.len - 1});
}

// Of a DNS name; its length is not looked at.
static bool is_dns_part(kedge_str s)
{
    if (s.len == 0)
        return false;
    for (size_t i = 0; i < s.len; i++) {
        bool inner = i > 0 && i < s.len - 1 && s.ptr[i] == '-';
        if (!inner && !is_small_or_digit(s.ptr[i]))
            return false;
    }
    return true;
}

bool kedge__is_dns_label(kedge_str s)
{
    return s.len <= LABEL_MAX && is_dns_part(s);
}

bool kedge__is_dns_subdomain(kedge_str s)
{
    if (s.len == 0 || s.len > SUBDOMAIN_MAX)
        return false;
    size_t begin = 0;
    for (size_t i = 0; i <= s.len; i++) {
        if (i < s.len && s.ptr[i] != '.')
            continue;
        kedge_str part = {s.ptr + begin, i - begin};
        if (!is_dns_part(part))
            return false;
        begin = i + 1;
    }
    return true;
}

bool kedge__is_path_segment(kedge_str s)
{
    if (kedge_str_is(s, ".") || kedge_str_is(s, ".."))
        return false;
    return s.len == 0 || (memchr(s.ptr, '/', s.len) == NULL && memchr(s.ptr, '%', s.len) == NULL);
}
