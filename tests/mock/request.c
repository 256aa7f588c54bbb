// SPDX-License-Identifier: Apache-2.0
// request.c - HTTP/1.1 requests from bytes that may be cut anywhere.
//
// The whole request is looked at again whenever bytes came: simple, and requests are short.
#include <limits.h>
#include <stdlib.h>
#include <string.h>

#include "priv.h"

static char lower(char c)
{
    return (char)(c >= 'A' && c <= 'Z' ? c - 'A' + 'a' : c);
}

static bool same_word(const char *a, const char *b)
{
    while (*a && lower(*a) == lower(*b)) {
        a++;
        b++;
    }
    return lower(*a) == lower(*b);
}

// The length of the head with its empty line, or 0 while that is missing.
static size_t head_len(const char *bytes, size_t len)
{
    for (size_t i = 0; i + 1 < len; i++) {
        if (bytes[i] != '\n')
            continue;
        if (bytes[i + 1] == '\n')
            return i + 2;
        if (bytes[i + 1] == '\r' && i + 2 < len && bytes[i + 2] == '\n')
            return i + 3;
    }
    return 0;
}

static void add_pair(struct pair **list, size_t *count, char *key, char *value)
{
    *list = mock__grow(*list, (*count + 1) * sizeof **list);
    (*list)[(*count)++] = (struct pair){key, value};
}

static char *decoded(const char *bytes, size_t len, bool plus_is_blank)
{
    struct text t = {0};
    text_string(&t, "");
    text_percent_decoded(&t, bytes, len, plus_is_blank);
    return t.bytes;
}

static void parse_query(struct request *r, const char *query)
{
    while (*query) {
        size_t len = strcspn(query, "&"), key = 0;
        while (key < len && query[key] != '=')
            key++;
        size_t value = key < len ? key + 1 : len;
        if (len)
            add_pair(&r->query, &r->queries, decoded(query, key, true),
                     decoded(query + value, len - value, true));
        query += len + (query[len] == '&');
    }
}

static void parse_path(struct request *r)
{
    for (const char *at = r->path; *at;) {
        at += *at == '/';
        size_t len = strcspn(at, "/");
        if (!len && !at[len])
            break;
        r->segment = mock__grow(r->segment, (r->segments + 1) * sizeof *r->segment);
        r->segment[r->segments++] = decoded(at, len, false);
        at += len;
    }
}

static bool is_plain(const char *text)
{
    for (; *text; text++)
        if (*text <= ' ' || *text == 0x7f)
            return false;
    return true;
}

// METHOD SP target SP HTTP/1.x
static bool parse_first_line(struct request *r, const char *line, size_t len)
{
    const char *space = memchr(line, ' ', len);
    if (!space || space == line)
        return false;
    size_t method = (size_t)(space - line);
    const char *target = space + 1, *end = memchr(target, ' ', len - method - 1);
    if (!end || *target != '/' || line + len - end != 9 || memcmp(end + 1, "HTTP/1.", 7))
        return false;
    r->method = mock__copy(line, method);
    r->old_http = end[8] == '0';
    char *whole = mock__copy(target, (size_t)(end - target));
    size_t path = strcspn(whole, "?");
    r->path = mock__copy(whole, path);
    if (whole[path])
        parse_query(r, whole + path + 1);
    bool plain = is_plain(whole) && !strstr(whole, "%00");
    free(whole);
    parse_path(r);
    for (size_t i = 0; i < r->segments; i++)
        plain = plain && is_plain(r->segment[i]);
    return plain;
}

static bool parse_header(struct request *r, const char *line, size_t len)
{
    const char *colon = memchr(line, ':', len);
    if (!colon || colon == line || *line == ' ' || *line == '\t')
        return false;
    size_t key = (size_t)(colon - line), from = key + 1;
    while (from < len && (line[from] == ' ' || line[from] == '\t'))
        from++;
    while (len > from && (line[len - 1] == ' ' || line[len - 1] == '\t'))
        len--;
    char *name = mock__copy(line, key);
    for (char *c = name; *c; c++)
        *c = lower(*c);
    add_pair(&r->headers, &r->header_count, name, mock__copy(line + from, len - from));
    return true;
}

static bool parse_head(struct request *r, const char *bytes, size_t len)
{
    bool first = true;
    while (len) {
        const char *newline = memchr(bytes, '\n', len);
        size_t line = (size_t)(newline - bytes), used = line + 1;
        if (line && bytes[line - 1] == '\r')
            line--;
        if (memchr(bytes, 0, line))
            return false;
        if (first && !parse_first_line(r, bytes, line))
            return false;
        if (!first && line && !parse_header(r, bytes, line))
            return false;
        first = false;
        bytes += used;
        len -= used;
    }
    return true;
}

const char *request_header(const struct request *request, const char *key)
{
    for (size_t i = 0; i < request->header_count; i++)
        if (mock__same(request->headers[i].key, key))
            return request->headers[i].value;
    return "";
}

const char *request_query(const struct request *request, const char *key)
{
    for (size_t i = 0; i < request->queries; i++)
        if (mock__same(request->query[i].key, key))
            return request->query[i].value;
    return NULL;
}

bool request_flag(const struct request *request, const char *key)
{
    const char *value = request_query(request, key);
    return value && (mock__same(value, "true") || mock__same(value, "1"));
}

static enum parse_result take_length(struct request *r, const char *digits, const char *bytes,
                                     size_t len, size_t *used)
{
    char *end;
    if (*digits < '0' || *digits > '9')
        return PARSE_BAD;
    unsigned long long length = strtoull(digits, &end, 10);
    if (*end)
        return PARSE_BAD;
    if (length > REQUEST_BODY_MAX)
        return PARSE_BODY_TOO_LARGE;
    if (length > len)
        return PARSE_MORE;
    r->body = mock__copy(bytes, (size_t)length);
    r->body_len = (size_t)length;
    *used += (size_t)length;
    return PARSE_DONE;
}

// One chunk: 1 done (the last one), 0 go on, -1 more bytes, -2 bad.
static int take_chunk(struct text *body, const char *bytes, size_t len, size_t *at)
{
    const char *newline = memchr(bytes + *at, '\n', len - *at);
    char *end;
    if (!newline)
        return -1;
    unsigned long long size = strtoull(bytes + *at, &end, 16);
    if (end == bytes + *at || (*end != '\r' && *end != '\n' && *end != ';'))
        return -2;
    if (size > REQUEST_BODY_MAX)
        return -2;
    size_t from = (size_t)(newline + 1 - bytes);
    if (len - from < size + 2)
        return -1;
    if (memcmp(bytes + from + size, "\r\n", 2))
        return -2;
    text_add(body, bytes + from, (size_t)size);
    *at = from + (size_t)size + 2;
    return size == 0;
}

static enum parse_result take_chunks(struct request *r, const char *bytes, size_t len, size_t *used)
{
    struct text body = {0};
    size_t at = 0;
    int step = 0;
    text_string(&body, "");
    while (!step) {
        step = take_chunk(&body, bytes, len, &at);
        if (body.len > REQUEST_BODY_MAX)
            step = -3;
    }
    if (step != 1) {
        text_free(&body);
        return step == -1 ? PARSE_MORE : step == -2 ? PARSE_BAD : PARSE_BODY_TOO_LARGE;
    }
    r->body = body.bytes;
    r->body_len = body.len;
    *used += at;
    return PARSE_DONE;
}

static enum parse_result take_body(struct request *r, const char *bytes, size_t len, size_t *used)
{
    const char *length = request_header(r, "content-length");
    const char *encoding = request_header(r, "transfer-encoding");
    if (*encoding)
        return same_word(encoding, "chunked") && !*length ? take_chunks(r, bytes, len, used)
                                                          : PARSE_BAD;
    return *length ? take_length(r, length, bytes, len, used) : PARSE_DONE;
}

enum parse_result request_parse(struct request *request, const struct text *input, size_t *used,
                                bool *expects)
{
    const char *bytes = input->bytes + input->at;
    size_t len = text_left(input), head = len ? head_len(bytes, len) : 0;
    *request = (struct request){0};
    *expects = false;
    if (!head)
        return len > REQUEST_HEAD_MAX ? PARSE_HEAD_TOO_LARGE : PARSE_MORE;
    *used = head;
    enum parse_result result = PARSE_BAD;
    if (parse_head(request, bytes, head))
        result = take_body(request, bytes + head, len - head, used);
    if (result == PARSE_DONE && !request->old_http && !*request_header(request, "host"))
        result = PARSE_BAD;
    *expects = same_word(request_header(request, "expect"), "100-continue");
    const char *connection = request_header(request, "connection");
    request->close = same_word(connection, "close") ||
                     (request->old_http && !same_word(connection, "keep-alive"));
    return result;
}

void request_free(struct request *request)
{
    for (size_t i = 0; i < request->segments; i++)
        free(request->segment[i]);
    for (size_t i = 0; i < request->queries; i++) {
        free(request->query[i].key);
        free(request->query[i].value);
    }
    for (size_t i = 0; i < request->header_count; i++) {
        free(request->headers[i].key);
        free(request->headers[i].value);
    }
    free(request->segment);
    free(request->query);
    free(request->headers);
    free(request->method);
    free(request->path);
    free(request->body);
    *request = (struct request){0};
}
