// SPDX-License-Identifier: Apache-2.0
// url.c - any text as a server's address, and any text in a request to it.
//
// The parts of an address lie inside its text, hold nothing that could end a line, and written out
// again they give the same address. A request has exactly the lines it should have, whatever is in
// its parts: nobody can put a line of his own into it.
#include <stdio.h>

#include "kedge/http.h"
#include "kedge/url.h"
#include "net/escape.h"
#include "net/host.h"

#include "fuzz.h"

static bool inside(kedge_str part, kedge_str whole)
{
    return part.len == 0 || (part.ptr >= whole.ptr && part.ptr + part.len <= whole.ptr + whole.len);
}

static bool printable(kedge_str s)
{
    for (size_t i = 0; i < s.len; i++) {
        if ((unsigned char)s.ptr[i] <= ' ' || s.ptr[i] == 0x7f)
            return false;
    }
    return true;
}

static void same_again(const struct kedge_url *url)
{
    static char text[FUZZ_MAX + 64];
    struct kedge_url again;
    int len =
        snprintf(text, sizeof text, "http%s://%s%.*s%s:%u%.*s", url->tls ? "s" : "",
                 url->ipv6 ? "[" : "", (int)url->host.len, url->host.ptr, url->ipv6 ? "]" : "",
                 url->port, (int)url->path.len, url->path.len > 0 ? url->path.ptr : "");
    kedge_str whole = {text, (size_t)len};
    PROMISE(kedge_url_parse(whole, !url->tls, &again, NULL) == KEDGE_OK);
    PROMISE(again.tls == url->tls && again.ipv6 == url->ipv6 && again.port == url->port);
    PROMISE(kedge_str_eq(again.host, url->host) && kedge_str_eq(again.path, url->path));
}

static bool address(kedge_str text, bool default_tls, struct kedge_url *url)
{
    const char *problem = "";
    kedge_err err = kedge_url_parse(text, default_tls, url, &problem);
    if (err != KEDGE_OK) {
        PROMISE(err == KEDGE_ERR_CONFIG && problem != NULL && problem[0] != '\0');
        return false;
    }
    PROMISE(inside(url->host, text) && inside(url->path, text));
    PROMISE(url->host.len > 0 && url->port > 0);
    PROMISE(printable(url->host) && printable(url->path));
    PROMISE(url->path.len == 0 || url->path.ptr[0] == '/');
    PROMISE(url->path.len == 0 || url->path.ptr[url->path.len - 1] != '/');
    unsigned char ip[16];
    PROMISE(!url->ipv6 || kedge__host_ip(url->host, ip) > 0);
    PROMISE(kedge__host_matches(url->host, url->host) || kedge__host_trim(url->host).len == 0 ||
            url->host.ptr[0] == '*');
    same_again(url);
    return true;
}

// Lines of the head: each ends in CRLF, no other control character is in it, the last is empty.
static size_t lines_of(const char *head, size_t len)
{
    size_t lines = 0;
    PROMISE(len >= 4 && memcmp(head + len - 4, "\r\n\r\n", 4) == 0);
    for (size_t i = 0; i < len; i++) {
        unsigned char c = (unsigned char)head[i];
        PROMISE(c >= ' ' || c == '\t' || (c == '\n') + (c == '\r') == 1);
        PROMISE(c != '\r' || (i + 1 < len && head[i + 1] == '\n'));
        PROMISE(c != '\n' || (i > 0 && head[i - 1] == '\r'));
        PROMISE(i + 4 >= len || memcmp(head + i, "\r\n\r\n", 4) != 0);
        lines += c == '\n';
    }
    return lines;
}

// Texts with a NUL behind them, since many parts of a request are such.
static const char *text_of(char *buf, size_t cap, kedge_str s)
{
    snprintf(buf, cap, "%.*s", (int)s.len, s.len > 0 ? s.ptr : "");
    return buf;
}

static void request(const struct kedge_url *url, kedge_str data, unsigned choice)
{
    static char head[8192], agent[512], type[512], accept[512];
    kedge_str part[9];
    for (size_t i = 0; i < sizeof part / sizeof part[0]; i++)
        part[i] = fuzz_line(&data);
    struct kedge_http_pair query = {part[0], part[1]};
    struct kedge_http_pair header = {part[2], part[3]};
    struct kedge_http_request q = {
        .method = choice & 1 ? "PATCH" : "GET",
        .url = url,
        .path = part[4],
        .query = &query,
        .query_count = choice & 2 ? 1 : 0,
        .accept = choice & 4 ? text_of(accept, sizeof accept, part[5]) : NULL,
        .user_agent = choice & 8 ? text_of(agent, sizeof agent, part[6]) : NULL,
        .bearer_token = choice & 16 ? part[7] : (kedge_str){NULL, 0},
        .has_body = choice & 1,
        .content_type = choice & 32 ? text_of(type, sizeof type, part[8]) : NULL,
        .headers = &header,
        .header_count = choice & 64 ? 1 : 0,
    };
    size_t len = 1;
    memset(head, 0x5a, sizeof head);
    if (kedge_http_request_write(&q, head, sizeof head, &len) != KEDGE_OK) {
        PROMISE(len == 0);
        return;
    }
    PROMISE(len < sizeof head && head[len] == '\0' && head[len + 1] == 0x5a);
    size_t expected = 4 + (q.has_body ? 2u : 0u) + q.header_count;
    expected += (q.user_agent != NULL ? 1u : 0u) + (q.bearer_token.len > 0 ? 1u : 0u);
    PROMISE(lines_of(head, len) == expected + 1);
    PROMISE(memchr(memchr(head, ' ', len), ' ', len) != NULL);
    // A buffer that is too small by one: nothing of it stays, since it may hold a secret.
    size_t none = 1;
    memset(head, 0, sizeof head);
    PROMISE(kedge_http_request_write(&q, head, len, &none) == KEDGE_ERR_TOO_LONG && none == 0);
    for (size_t i = 0; i < len; i++)
        PROMISE(head[i] == '\0');
}

static void escaped(kedge_str s)
{
    static char buf[3 * 1024 + 64];
    struct kedge__line line;
    kedge__line_init(&line, buf, sizeof buf);
    bool good = kedge__url_segment_problem(s) == NULL;
    PROMISE((kedge__url_path_segment(&line, s) == KEDGE_OK) == good || line.cut);
    kedge__url_query(&line, true, s, s);
    PROMISE(printable(kedge__line_done(&line)));
}

int LLVMFuzzerTestOneInput(const uint8_t *bytes, size_t len)
{
    struct fuzz_input in;
    struct kedge_url url;
    if (!fuzz_open(&in, bytes, len))
        return 0;
    kedge_str first = fuzz_line(&in.data);
    bool good = address(first, in.cut & 1, &url);
    PROMISE(kedge__host_trim(first).len <= first.len);
    kedge_str second = in.data;
    escaped(fuzz_line(&second));
    if (!good)
        PROMISE(kedge_url_parse(KEDGE_STR("https://a/b"), false, &url, NULL) == KEDGE_OK);
    request(&url, in.data, in.choice);
    return 0;
}
