// SPDX-License-Identifier: Apache-2.0
// host.c - see host.h. Addresses are parsed strictly: what is not plainly an address is a name, and
// then a certificate must hold it as a name.
#include "net/host.h"

#include "base/hex.h"

static int digit(char c)
{
    return c >= '0' && c <= '9' ? c - '0' : -1;
}

// One decimal number of an IPv4 address: 0 to 255, no zero in front. Moves `at`; -1 if there is
// none.
static int octet(kedge_str text, size_t *at)
{
    int value = 0;
    size_t start = *at;
    while (*at < text.len && *at - start < 3 && digit(text.ptr[*at]) >= 0)
        value = value * 10 + digit(text.ptr[(*at)++]);
    size_t digits = *at - start;
    if (digits == 0 || (digits > 1 && text.ptr[start] == '0') || value > 255)
        return -1;
    return value;
}

static bool ipv4(kedge_str text, unsigned char out[4])
{
    size_t at = 0;
    for (int i = 0; i < 4; i++) {
        if (i > 0 && (at >= text.len || text.ptr[at++] != '.'))
            return false;
        int value = octet(text, &at);
        if (value < 0)
            return false;
        out[i] = (unsigned char)value;
    }
    return at == text.len;
}

// An IPv6 address as it is read: the bytes so far, and where "::" stood.
struct ipv6 {
    unsigned char bytes[16];
    size_t len;
    size_t gap; // NO_GAP: none yet
};

enum { NO_GAP = 17 };

// One to four hexadecimal digits. Moves `at`.
static bool group(struct ipv6 *ip, kedge_str text, size_t *at)
{
    unsigned value = 0;
    size_t start = *at;
    while (*at < text.len && *at - start < 4 && kedge__hex(text.ptr[*at]) >= 0)
        value = value * 16 + (unsigned)kedge__hex(text.ptr[(*at)++]);
    if (*at == start || ip->len > 14)
        return false;
    ip->bytes[ip->len++] = (unsigned char)(value >> 8);
    ip->bytes[ip->len++] = (unsigned char)(value & 0xff);
    return true;
}

// The last 32 bits may be written as an IPv4 address.
static bool dotted_end(struct ipv6 *ip, kedge_str rest)
{
    if (ip->len > 12 || !ipv4(rest, ip->bytes + ip->len))
        return false;
    ip->len += 4;
    return true;
}

// "::" at `at`, once.
static bool gap(struct ipv6 *ip, kedge_str text, size_t *at)
{
    if (*at + 1 >= text.len || text.ptr[*at] != ':' || text.ptr[*at + 1] != ':')
        return false;
    if (ip->gap != NO_GAP)
        return false;
    ip->gap = ip->len;
    *at += 2;
    return true;
}

static bool groups(struct ipv6 *ip, kedge_str text)
{
    size_t at = 0;
    bool after_gap = gap(ip, text, &at);
    while (at < text.len) {
        // Between two groups is ":" or "::"; behind "::" nothing more is needed.
        if (ip->len > 0 && !after_gap && text.ptr[at++] != ':')
            return false;
        kedge_str rest = {text.ptr + at, text.len - at};
        if (dotted_end(ip, rest))
            return true;
        if (!group(ip, text, &at))
            return false;
        after_gap = gap(ip, text, &at);
    }
    return true;
}

static bool ipv6(kedge_str text, unsigned char out[16])
{
    struct ipv6 ip = {{0}, 0, NO_GAP};
    if (!groups(&ip, text))
        return false;
    // "::" stands for one group of zeros at least.
    if (ip.gap == NO_GAP ? ip.len != 16 : ip.len > 14)
        return false;
    size_t head = ip.gap == NO_GAP ? 16 : ip.gap;
    size_t tail = ip.len - head;
    memset(out, 0, 16);
    memcpy(out, ip.bytes, head);
    memcpy(out + 16 - tail, ip.bytes + head, tail);
    return true;
}

size_t kedge__host_ip(kedge_str text, unsigned char out[16])
{
    static const unsigned char mapped[12] = {0, 0, 0, 0, 0, 0, 0, 0, 0, 0, 0xff, 0xff};
    if (text.len == 0)
        return 0;
    if (ipv4(text, out))
        return 4;
    const char *zone = memchr(text.ptr, '%', text.len);
    if (zone != NULL)
        text.len = (size_t)(zone - text.ptr);
    if (!ipv6(text, out))
        return 0;
    if (memcmp(out, mapped, sizeof mapped) != 0)
        return 16;
    memmove(out, out + sizeof mapped, 4);
    return 4;
}

kedge_str kedge__host_trim(kedge_str text)
{
    if (text.len > 0 && text.ptr[text.len - 1] == '.')
        text.len--;
    return text;
}

static char lower(char c)
{
    return c >= 'A' && c <= 'Z' ? (char)(c - 'A' + 'a') : c;
}

static bool same_letters(kedge_str a, kedge_str b)
{
    if (a.len != b.len)
        return false;
    for (size_t i = 0; i < a.len; i++) {
        if (lower(a.ptr[i]) != lower(b.ptr[i]))
            return false;
    }
    return true;
}

bool kedge__host_matches(kedge_str pattern, kedge_str host)
{
    if (pattern.len == 0 || host.len == 0)
        return false;
    if (pattern.len < 3 || pattern.ptr[0] != '*' || pattern.ptr[1] != '.')
        return same_letters(pattern, host);

    const char *dot = memchr(host.ptr, '.', host.len);
    if (dot == NULL || dot == host.ptr)
        return false;
    size_t first = (size_t)(dot - host.ptr);
    kedge_str domain = {dot, host.len - first};
    kedge_str wanted = {pattern.ptr + 1, pattern.len - 1};
    return same_letters(wanted, domain);
}
