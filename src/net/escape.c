// SPDX-License-Identifier: Apache-2.0
#include "net/escape.h"

static bool is_unreserved(char c)
{
    if ((c >= 'a' && c <= 'z') || (c >= 'A' && c <= 'Z') || (c >= '0' && c <= '9'))
        return true;
    return c == '-' || c == '.' || c == '_' || c == '~';
}

// What a segment may hold as it is (RFC 3986 3.3). Names such as "system:node" have a colon.
static bool is_segment(char c)
{
    return is_unreserved(c) || (c != '\0' && strchr("!$&'()*+,;=:@", c) != NULL);
}

static void escape(struct kedge__line *l, kedge_str s, bool (*stays)(char c))
{
    static const char hex[] = "0123456789ABCDEF";
    for (size_t i = 0; i < s.len; i++) {
        unsigned char c = (unsigned char)s.ptr[i];
        if (stays(s.ptr[i])) {
            kedge__line_byte(l, s.ptr[i]);
        } else {
            char escaped[3] = {'%', hex[c >> 4], hex[c & 15]};
            kedge__line_str(l, (kedge_str){escaped, sizeof escaped});
        }
    }
}

const char *kedge__url_segment_problem(kedge_str s)
{
    if (s.len == 0)
        return "may not be empty";
    if (kedge_str_is(s, "."))
        return "may not be '.'";
    if (kedge_str_is(s, ".."))
        return "may not be '..'";
    for (size_t i = 0; i < s.len; i++) {
        unsigned char c = (unsigned char)s.ptr[i];
        if (c == '/')
            return "may not contain '/'";
        if (c == '%')
            return "may not contain '%'";
        if (c < 0x20 || c == 0x7f)
            return "may not contain control characters";
    }
    return NULL;
}

kedge_err kedge__url_path_segment(struct kedge__line *l, kedge_str segment)
{
    if (kedge__url_segment_problem(segment) != NULL)
        return KEDGE_ERR_ARGUMENT;
    kedge__line_byte(l, '/');
    escape(l, segment, is_segment);
    return KEDGE_OK;
}

void kedge__url_query(struct kedge__line *l, bool first, kedge_str name, kedge_str value)
{
    kedge__line_byte(l, first ? '?' : '&');
    escape(l, name, is_unreserved);
    kedge__line_byte(l, '=');
    escape(l, value, is_unreserved);
}
