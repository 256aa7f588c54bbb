// SPDX-License-Identifier: Apache-2.0
// proxy_bypass.c - which servers are reached without the proxy: NO_PROXY as
// golang.org/x/net/http/httpproxy reads it.
#include "kedge/proxy.h"

#include "net/fold.h"
#include "net/host.h"

// The server, and its address where it is given by one.
struct server {
    kedge_str host;
    uint16_t port;
    size_t ip_len; // 0: it has a name
    unsigned char ip[16];
};

static bool is_blank(char c)
{
    return c == ' ' || (c >= '\t' && c <= '\r');
}

static kedge_str trim(kedge_str s)
{
    while (s.len > 0 && is_blank(s.ptr[0])) {
        s.ptr++;
        s.len--;
    }
    while (s.len > 0 && is_blank(s.ptr[s.len - 1]))
        s.len--;
    return s;
}

// Digits only, and not above `max`; -1: no such number.
static int32_t number(kedge_str s, int32_t max)
{
    int32_t n = 0;
    for (size_t i = 0; i < s.len; i++) {
        if (s.ptr[i] < '0' || s.ptr[i] > '9')
            return -1;
        n = n * 10 + (s.ptr[i] - '0');
        if (n > max)
            return -1;
    }
    return s.len > 0 ? n : -1;
}

static bool same_bits(const unsigned char *a, const unsigned char *b, unsigned bits)
{
    unsigned rest = bits % 8;
    if (memcmp(a, b, bits / 8) != 0)
        return false;
    return rest == 0 || ((a[bits / 8] ^ b[bits / 8]) >> (8 - rest)) == 0;
}

static bool in_network(const struct server *s, kedge_str entry, size_t slash)
{
    unsigned char ip[16];
    size_t len = kedge__host_ip((kedge_str){entry.ptr, slash}, ip);
    kedge_str digits = {entry.ptr + slash + 1, entry.len - slash - 1};
    int32_t bits = number(digits, (int32_t)len * 8);
    return bits >= 0 && len > 0 && len == s->ip_len && same_bits(ip, s->ip, (unsigned)bits);
}

// Takes ":port" off an entry. True if it has none or that of the server. An entry with more colons
// and no brackets is an IPv6 address.
static bool take_port(kedge_str *entry, uint16_t port)
{
    kedge_str e = *entry;
    bool brackets = e.len > 0 && e.ptr[0] == '[';
    const char *colon = e.len > 0 ? memchr(e.ptr, ':', e.len) : NULL;
    if (brackets) {
        const char *close = memchr(e.ptr, ']', e.len);
        colon = close != NULL && close + 1 < e.ptr + e.len && close[1] == ':' ? close + 1 : NULL;
    }
    if (colon == NULL)
        return true;
    kedge_str digits = {colon + 1, (size_t)(e.ptr + e.len - colon - 1)};
    if (digits.len > 0 && memchr(digits.ptr, ':', digits.len) != NULL)
        return true;
    entry->len = (size_t)(colon - e.ptr);
    if (brackets)
        *entry = (kedge_str){e.ptr + 1, entry->len - 2};
    return digits.len == 0 || number(digits, UINT16_MAX) == port;
}

static char lower(char c)
{
    return c >= 'A' && c <= 'Z' ? (char)(c - 'A' + 'a') : c;
}

// The same letters at the end of `s`, in either case.
static bool ends_with(kedge_str s, kedge_str end)
{
    if (s.len < end.len)
        return false;
    for (size_t i = 0; i < end.len; i++) {
        if (lower(s.ptr[s.len - end.len + i]) != lower(end.ptr[i]))
            return false;
    }
    return true;
}

static bool is_of_domain(kedge_str host, kedge_str domain)
{
    bool below_only = domain.ptr[0] == '.';
    if (domain.len > 1 && domain.ptr[0] == '*' && domain.ptr[1] == '.') {
        domain.ptr++;
        domain.len--;
        below_only = true;
    }
    if (!ends_with(host, domain))
        return false;
    if (below_only)
        return true;
    return host.len == domain.len || host.ptr[host.len - domain.len - 1] == '.';
}

static bool is_for(const struct server *s, kedge_str entry)
{
    if (kedge_str_is(entry, "*"))
        return true;
    const char *slash = entry.len > 0 ? memchr(entry.ptr, '/', entry.len) : NULL;
    if (slash != NULL)
        return in_network(s, entry, (size_t)(slash - entry.ptr));
    if (!take_port(&entry, s->port) || entry.len == 0)
        return false;
    unsigned char ip[16];
    size_t len = kedge__host_ip(entry, ip);
    if (len > 0 || s->ip_len > 0)
        return len == s->ip_len && memcmp(ip, s->ip, len) == 0;
    return is_of_domain(s->host, entry);
}

static bool is_loopback(const struct server *s)
{
    static const unsigned char ipv6[16] = {[15] = 1};
    if (s->ip_len == 4)
        return s->ip[0] == 127;
    return s->ip_len == 16 && memcmp(s->ip, ipv6, 16) == 0;
}

bool kedge_proxy_excludes(const char *no_proxy, const char *host, uint16_t port)
{
    struct server s = {.host = kedge_str_of(host), .port = port};
    s.ip_len = kedge__host_ip(s.host, s.ip);
    if (kedge__fold_is(s.host, "localhost") || is_loopback(&s))
        return true;
    kedge_str rest = kedge_str_of(no_proxy);
    while (rest.len > 0) {
        size_t len = strcspn(rest.ptr, ",");
        if (is_for(&s, trim((kedge_str){rest.ptr, len})))
            return true;
        size_t taken = len < rest.len ? len + 1 : len;
        rest.ptr += taken;
        rest.len -= taken;
    }
    return false;
}
