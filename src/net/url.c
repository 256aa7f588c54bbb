// SPDX-License-Identifier: Apache-2.0
// url.c - takes a server's address apart; everything it gives is a slice of what it was given.
#include "kedge/url.h"

#include "net/fold.h"
#include "net/host.h"

#define HOST_MAX 253 // of a DNS name

// Takes `len` bytes off the front.
static kedge_str take(kedge_str *rest, size_t len)
{
    kedge_str part = {rest->ptr, len};
    rest->ptr = len > 0 ? rest->ptr + len : rest->ptr;
    rest->len -= len;
    return part;
}

// How many bytes stand before the first of `marks`.
static size_t until(kedge_str s, const char *marks)
{
    size_t at = 0;
    while (at < s.len && (s.ptr[at] == '\0' || strchr(marks, s.ptr[at]) == NULL))
        at++;
    return at;
}

static bool is_digit(char c)
{
    return c >= '0' && c <= '9';
}

static bool is_hex(char c)
{
    return is_digit(c) || (c >= 'a' && c <= 'f') || (c >= 'A' && c <= 'F');
}

static bool is_letter(char c)
{
    return (c >= 'a' && c <= 'z') || (c >= 'A' && c <= 'Z');
}

// Where "://" begins, or the length if it is not there.
static size_t scheme_end(kedge_str s)
{
    size_t at = until(s, ":/?#");
    bool found = s.len - at >= 3 && memcmp(s.ptr + at, "://", 3) == 0;
    return found ? at : s.len;
}

static const char *take_scheme(kedge_str *rest, bool default_tls, struct kedge_url *u, bool *bare)
{
    size_t end = rest->len > 0 ? scheme_end(*rest) : 0;
    *bare = end == rest->len;
    u->tls = default_tls;
    if (*bare)
        return NULL;
    kedge_str scheme = take(rest, end);
    take(rest, 3);
    u->tls = kedge__fold_is(scheme, "https");
    return u->tls || kedge__fold_is(scheme, "http") ? NULL : "the scheme is neither https nor http";
}

// As certificates are looked at, so that both agree on what is an address.
static bool is_ipv6(kedge_str s)
{
    unsigned char ip[16];
    return until(s, ":") < s.len && kedge__host_ip(s, ip) > 0;
}

static const char *take_ipv6(kedge_str *authority, struct kedge_url *u)
{
    take(authority, 1);
    size_t end = until(*authority, "]");
    if (end == authority->len)
        return "the bracket of the IPv6 address is not closed";
    u->host = take(authority, end);
    take(authority, 1);
    u->ipv6 = true;
    // A zone names an interface of one machine, so it says nothing about a server.
    if (until(u->host, "%") < u->host.len)
        return "an IPv6 address with a zone cannot be used: leave out what follows the '%'";
    return is_ipv6(u->host) ? NULL : "not an IPv6 address between the brackets";
}

static bool has_two_colons(kedge_str s)
{
    size_t first = until(s, ":");
    if (first == s.len)
        return false;
    take(&s, first + 1);
    return until(s, ":") < s.len;
}

static const char *take_name(kedge_str *authority, struct kedge_url *u)
{
    if (has_two_colons(*authority))
        return "an IPv6 address needs brackets around it";
    u->host = take(authority, until(*authority, ":"));
    if (u->host.len == 0)
        return "there is no host";
    if (u->host.len > HOST_MAX)
        return "the host name is longer than 253 bytes";
    for (size_t i = 0; i < u->host.len; i++) {
        char c = u->host.ptr[i];
        if (!is_letter(c) && !is_digit(c) && c != '-' && c != '.' && c != '_')
            return "the host name has a character that no host name has";
    }
    return NULL;
}

// RFC 3986 3.2.3: the port may be empty, and is then the scheme's.
static const char *take_port(kedge_str s, struct kedge_url *u)
{
    u->port = u->tls ? 443 : 80;
    if (s.len == 0)
        return NULL;
    if (s.ptr[0] != ':')
        return "the IPv6 address is not followed by a port or a path";
    take(&s, 1);
    uint32_t port = 0;
    for (size_t i = 0; i < s.len; i++) {
        if (!is_digit(s.ptr[i]))
            return "the port is not a number";
        port = port * 10 + (uint32_t)(s.ptr[i] - '0');
        if (port > UINT16_MAX)
            return "the port is above 65535";
    }
    if (s.len > 0 && port == 0)
        return "the port is 0";
    if (s.len > 0)
        u->port = (uint16_t)port;
    return NULL;
}

static const char *take_authority(kedge_str authority, struct kedge_url *u)
{
    if (authority.len == 0)
        return "there is no host";
    if (until(authority, "@") < authority.len)
        return "a user name or password before the host: give credentials as such";
    const char *problem =
        authority.ptr[0] == '[' ? take_ipv6(&authority, u) : take_name(&authority, u);
    return problem != NULL ? problem : take_port(authority, u);
}

// What may stand in a path as it is (RFC 3986 3.3), '%' looked at by the caller.
static bool is_path(char c)
{
    return is_letter(c) || is_digit(c) || (c != '\0' && strchr("/-._~!$&'()*+,;=:@%", c) != NULL);
}

static const char *check_path(kedge_str s)
{
    for (size_t i = 0; i < s.len; i++) {
        if (!is_path(s.ptr[i]))
            return "the path has a character that must be escaped";
        if (s.ptr[i] == '%' && (s.len - i < 3 || !is_hex(s.ptr[i + 1]) || !is_hex(s.ptr[i + 2])))
            return "the path has a '%' that two hexadecimal digits do not follow";
    }
    while (s.len > 0) {
        take(&s, 1); // the slash
        kedge_str segment = take(&s, until(s, "/"));
        if (kedge_str_is(segment, ".") || kedge_str_is(segment, ".."))
            return "the path has a segment '.' or '..'";
    }
    return NULL;
}

static const char *parse(kedge_str rest, bool default_tls, struct kedge_url *u)
{
    bool bare;
    const char *problem = take_scheme(&rest, default_tls, u, &bare);
    if (problem == NULL)
        problem = take_authority(take(&rest, until(rest, "/?#")), u);
    if (problem != NULL)
        return problem;
    u->path = take(&rest, until(rest, "?#"));
    while (u->path.len > 0 && u->path.ptr[u->path.len - 1] == '/')
        u->path.len--;
    if (bare && u->path.len > 0)
        return "a host with a path needs its scheme: https://...";
    return check_path(u->path);
}

kedge_err kedge_url_parse(kedge_str text, bool default_tls, struct kedge_url *out,
                          const char **problem)
{
    struct kedge_url u = {0};
    const char *why = parse(text, default_tls, &u);
    if (problem != NULL)
        *problem = why;
    if (why != NULL)
        return KEDGE_ERR_CONFIG;
    *out = u;
    return KEDGE_OK;
}
