// SPDX-License-Identifier: Apache-2.0
// request.c - the head of a request: first every part is looked at, then all is written.
//
// Names of objects, tokens from files and headers from users end up here. Whatever could end a line
// or a word early is refused, not repaired: a repaired token is a wrong token.
#include "net/request.h"

#include "base/base64.h"
#include "base/wipe.h"
#include "net/escape.h"
#include "net/fold.h"
#include "net/http_fields.h"

static bool is_visible(char c)
{
    return c > 0x20 && c < 0x7f;
}

static bool is_value(char c)
{
    return kedge__http_is_text(c) && c != '\t';
}

static bool is_target(char c)
{
    return is_visible(c) && c != '#';
}

static bool is_host(char c)
{
    return is_visible(c) && strchr("/?#@[]\\", c) == NULL;
}

static bool is_user(char c)
{
    return is_value(c) && c != ':';
}

static bool all(kedge_str s, bool (*allowed)(char c))
{
    for (size_t i = 0; i < s.len; i++) {
        if (!allowed(s.ptr[i]))
            return false;
    }
    return true;
}

static bool text_is_value(const char *text)
{
    return all(kedge_str_of(text), is_value);
}

static bool has_basic(const struct kedge_http_request *q)
{
    return q->username != NULL && q->username[0] != '\0';
}

static bool has_bearer(const struct kedge_http_request *q)
{
    return q->bearer_token.len > 0;
}

static bool good_target(const struct kedge_http_request *q)
{
    if (q->url == NULL || q->url->host.len == 0 || !all(q->url->host, is_host))
        return false;
    if (q->path.len > 0 && q->path.ptr[0] != '/')
        return false;
    return all(q->url->path, is_target) && all(q->path, is_target);
}

static bool good_credentials(const struct kedge_http_request *q)
{
    if (has_basic(q) && has_bearer(q))
        return false;
    return all(q->bearer_token, is_visible) && all(kedge_str_of(q->username), is_user) &&
           text_is_value(q->password);
}

// A second one of these would let two readers disagree on the request.
static bool is_written_here(const struct kedge_http_request *q, kedge_str name)
{
    static const char names[][18] = {"host", "accept-encoding", "content-length",
                                     "transfer-encoding"};
    for (size_t i = 0; i < sizeof names / sizeof names[0]; i++) {
        if (kedge__fold_is(name, names[i]))
            return true;
    }
    return (has_basic(q) || has_bearer(q)) && kedge__fold_is(name, "authorization");
}

static bool good_headers(const struct kedge_http_request *q)
{
    for (size_t i = 0; i < q->header_count; i++) {
        const struct kedge_http_pair *h = &q->headers[i];
        if (h->name.len == 0 || !all(h->name, kedge__http_is_token) || !all(h->value, is_value) ||
            is_written_here(q, h->name))
            return false;
    }
    return true;
}

static bool is_good(const struct kedge_http_request *q)
{
    kedge_str method = kedge_str_of(q->method);
    return method.len > 0 && all(method, kedge__http_is_token) && good_target(q) &&
           text_is_value(q->accept) && text_is_value(q->user_agent) &&
           text_is_value(q->content_type) && good_credentials(q) && good_headers(q);
}

// Appends a piece of the path, without a slash where there is one already.
static void write_path(struct kedge__line *l, kedge_str path)
{
    for (size_t i = 0; i < path.len; i++) {
        bool again = path.ptr[i] == '/' && l->len > 0 && l->buf[l->len - 1] == '/';
        if (!again)
            kedge__line_byte(l, path.ptr[i]);
    }
}

static void write_target(struct kedge__line *l, const struct kedge_http_request *q)
{
    const char *mark = q->path.len > 0 ? memchr(q->path.ptr, '?', q->path.len) : NULL;
    size_t len = mark != NULL ? (size_t)(mark - q->path.ptr) : q->path.len;
    write_path(l, q->url->path);
    write_path(l, (kedge_str){q->path.ptr, len});
    if (q->url->path.len + len == 0)
        kedge__line_byte(l, '/');
    if (mark != NULL)
        kedge__line_str(l, (kedge_str){mark, q->path.len - len});
    for (size_t i = 0; i < q->query_count; i++)
        kedge__url_query(l, i == 0 && mark == NULL, q->query[i].name, q->query[i].value);
}

static void write_header(struct kedge__line *l, const char *name, const char *value)
{
    kedge__line_text(l, name);
    kedge__line_text(l, value);
    kedge__line_text(l, "\r\n");
}

// RFC 9110 7.2: as in the URL, so the scheme's own port is left out.
static void write_host(struct kedge__line *l, const struct kedge_url *u)
{
    kedge__line_text(l, u->ipv6 ? "Host: [" : "Host: ");
    kedge__line_str(l, u->host);
    if (u->ipv6)
        kedge__line_byte(l, ']');
    if (u->port != (u->tls ? 443 : 80)) {
        kedge__line_byte(l, ':');
        kedge__line_int(l, u->port);
    }
    kedge__line_text(l, "\r\n");
}

// The byte at `at` of "username:password".
static char basic_byte(kedge_str user, kedge_str password, size_t at)
{
    if (at == user.len)
        return ':';
    return at < user.len ? user.ptr[at] : password.ptr[at - user.len - 1];
}

// Three bytes at a time, so that the secret needs no second buffer.
void kedge__http_write_basic(struct kedge__line *l, kedge_str user, kedge_str password)
{
    char three[3];
    char four[4];
    size_t len = user.len + 1 + password.len;
    kedge__line_text(l, "Basic ");
    for (size_t at = 0; at < len; at += 3) {
        size_t n = len - at < 3 ? len - at : 3;
        size_t written = 0;
        for (size_t i = 0; i < n; i++)
            three[i] = basic_byte(user, password, at + i);
        kedge__base64_encode((kedge_str){three, n}, four, sizeof four, &written);
        kedge__line_str(l, (kedge_str){four, written});
    }
    kedge__line_text(l, "\r\n");
    kedge__wipe(three, sizeof three);
    kedge__wipe(four, sizeof four);
}

static void write_credentials(struct kedge__line *l, const struct kedge_http_request *q)
{
    if (has_bearer(q)) {
        kedge__line_text(l, "Authorization: Bearer ");
        kedge__line_str(l, q->bearer_token);
        kedge__line_text(l, "\r\n");
    }
    if (has_basic(q)) {
        kedge__line_text(l, "Authorization: ");
        kedge__http_write_basic(l, kedge_str_of(q->username), kedge_str_of(q->password));
    }
}

// RFC 9110 8.6: where a method expects a body, its absence is told by a length of 0.
static bool expects_body(kedge_str method)
{
    return kedge_str_is(method, "POST") || kedge_str_is(method, "PUT") ||
           kedge_str_is(method, "PATCH");
}

static void write_length(struct kedge__line *l, uint64_t n)
{
    kedge__line_text(l, "Content-Length: ");
    kedge__line_number(l, n);
    kedge__line_text(l, "\r\n");
}

static void write_body_headers(struct kedge__line *l, const struct kedge_http_request *q)
{
    if (q->has_body)
        write_header(l, "Content-Type: ", q->content_type ? q->content_type : "application/json");
    if (q->has_body || expects_body(kedge_str_of(q->method)))
        write_length(l, q->has_body ? q->content_length : 0);
}

static void write_head(struct kedge__line *l, const struct kedge_http_request *q)
{
    kedge__line_text(l, q->method);
    kedge__line_byte(l, ' ');
    write_target(l, q);
    kedge__line_text(l, " HTTP/1.1\r\n");
    write_host(l, q->url);
    if (q->user_agent != NULL)
        write_header(l, "User-Agent: ", q->user_agent);
    write_header(l, "Accept: ", q->accept != NULL ? q->accept : "application/json");
    write_header(l, "Accept-Encoding: ", "identity");
    write_credentials(l, q);
    write_body_headers(l, q);
    for (size_t i = 0; i < q->header_count; i++) {
        kedge__line_str(l, q->headers[i].name);
        kedge__line_text(l, ": ");
        kedge__line_str(l, q->headers[i].value);
        kedge__line_text(l, "\r\n");
    }
    kedge__line_text(l, "\r\n");
}

kedge_err kedge__http_request_write(struct kedge__line *l, const struct kedge_http_request *q)
{
    if (!is_good(q))
        return KEDGE_ERR_ARGUMENT;
    write_head(l, q);
    if (!l->cut)
        return KEDGE_OK;
    kedge__wipe(l->buf, l->len);
    kedge__line_init(l, l->buf, l->cap);
    return KEDGE_ERR_TOO_LONG;
}

kedge_err kedge_http_request_write(const struct kedge_http_request *q, char *buf, size_t cap,
                                   size_t *len)
{
    struct kedge__line line;
    *len = 0;
    if (cap == 0)
        return KEDGE_ERR_TOO_LONG;
    kedge__line_init(&line, buf, cap);
    kedge_err err = kedge__http_request_write(&line, q);
    *len = line.len;
    return err;
}
