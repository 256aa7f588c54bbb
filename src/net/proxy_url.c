// SPDX-License-Identifier: Apache-2.0
// proxy_url.c - takes a proxy's URL apart.
#include "kedge/proxy.h"

#include "base/hex.h"
#include "base/wipe.h"
#include "kedge/url.h"
#include "net/fold.h"

static kedge_str up_to(kedge_str s, size_t len)
{
    return (kedge_str){s.ptr, len};
}

static kedge_str from(kedge_str s, size_t at)
{
    return (kedge_str){s.ptr + at, s.len - at};
}

// What stands before the last `c`, and leaves what follows it; false: there is none.
static bool split_last(kedge_str *rest, char c, kedge_str *before)
{
    for (size_t at = rest->len; at > 0; at--) {
        if (rest->ptr[at - 1] != c)
            continue;
        *before = up_to(*rest, at - 1);
        *rest = from(*rest, at);
        return true;
    }
    return false;
}

static kedge_err take_scheme(kedge_str *rest, bool *tls, const char **problem)
{
    const char *end = strstr(rest->ptr, "://");
    *tls = false;
    if (end == NULL)
        return KEDGE_OK;
    kedge_str scheme = up_to(*rest, (size_t)(end - rest->ptr));
    *rest = from(*rest, scheme.len + 3);
    *tls = kedge__fold_is(scheme, "https");
    if (*tls || kedge__fold_is(scheme, "http"))
        return KEDGE_OK;
    if (kedge__fold_is(scheme, "socks5") || kedge__fold_is(scheme, "socks5h")) {
        *problem = "socks5 proxies are not supported: use an http or https proxy";
        return KEDGE_ERR_UNSUPPORTED;
    }
    *problem = "the scheme is neither http nor https";
    return KEDGE_ERR_CONFIG;
}

// Decodes percent signs into *to and moves it. False: one that two digits do not follow.
static bool decode(kedge_str s, char **to, kedge_str *out)
{
    out->ptr = *to;
    for (size_t i = 0; i < s.len; i++) {
        char c = s.ptr[i];
        if (c == '%') {
            int high = s.len - i > 2 ? kedge__hex(s.ptr[i + 1]) : -1;
            int low = high >= 0 ? kedge__hex(s.ptr[i + 2]) : -1;
            if (low < 0)
                return false;
            c = (char)(high << 4 | low);
            i += 2;
        }
        *(*to)++ = c;
    }
    out->len = (size_t)(*to - out->ptr);
    return true;
}

// Of "user:password" or "user".
static bool take_credentials(kedge_str s, char **to, struct kedge_proxy *p)
{
    const char *colon = s.len > 0 ? memchr(s.ptr, ':', s.len) : NULL;
    size_t user = colon != NULL ? (size_t)(colon - s.ptr) : s.len;
    kedge_str password = colon != NULL ? from(s, user + 1) : (kedge_str){NULL, 0};
    p->has_credentials = true;
    return decode(up_to(s, user), to, &p->username) && decode(password, to, &p->password);
}

static kedge_err parse(const char *url, char *text, struct kedge_proxy *p, const char **problem)
{
    kedge_str rest = kedge_str_of(url), user;
    kedge_err err = take_scheme(&rest, &p->tls, problem);
    if (err != KEDGE_OK)
        return err;
    rest.len = strcspn(rest.ptr, "/?#");
    bool has_user = split_last(&rest, '@', &user);
    struct kedge_url where;
    err = kedge_url_parse(rest, p->tls, &where, problem);
    if (err != KEDGE_OK)
        return err;
    char *to = text + where.host.len;
    memcpy(text, where.host.ptr, where.host.len);
    *to++ = '\0';
    p->host = text;
    p->port = where.port;
    if (!has_user || take_credentials(user, &to, p))
        return KEDGE_OK;
    *problem = "the user or password has a '%' that two hexadecimal digits do not follow";
    return KEDGE_ERR_CONFIG;
}

kedge_err kedge_proxy_parse(const char *url, char *text, struct kedge_proxy *out,
                            const char **problem)
{
    const char *unread;
    if (problem == NULL)
        problem = &unread;
    *problem = "an argument of kedge_proxy_parse is NULL";
    if (url == NULL || text == NULL || out == NULL)
        return KEDGE_ERR_ARGUMENT;
    *problem = NULL;
    struct kedge_proxy p = {0};
    kedge_err err = parse(url, text, &p, problem);
    if (err != KEDGE_OK) {
        kedge__wipe(text, strlen(url) + 1);
        return err;
    }
    *out = p;
    return KEDGE_OK;
}
