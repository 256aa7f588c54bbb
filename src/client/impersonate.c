// SPDX-License-Identifier: Apache-2.0
// impersonate.c - the headers that ask the server to act as somebody else, put together once.
//
// An extra's key is part of a header's name: what may not stand there, and '%', is written %XX, as
// client-go does.
#include "client/client_priv.h"
#include "net/http_fields.h"

static bool is_value(kedge_str s)
{
    for (size_t i = 0; i < s.len; i++) {
        if (!kedge__http_is_text(s.ptr[i]) || s.ptr[i] == '\t')
            return false;
    }
    return true;
}

static void write_key(struct kedge__line *l, kedge_str key)
{
    static const char digits[] = "0123456789ABCDEF";
    for (size_t i = 0; i < key.len; i++) {
        unsigned char c = (unsigned char)key.ptr[i];
        if (c != '%' && kedge__http_is_token((char)c)) {
            kedge__line_byte(l, (char)c);
            continue;
        }
        kedge__line_byte(l, '%');
        kedge__line_byte(l, digits[c >> 4]);
        kedge__line_byte(l, digits[c & 15]);
    }
}

// The next text of a list. False at its end.
static bool next(kedge_str *list, kedge_str *out)
{
    if (list->len == 0)
        return false;
    const char *nul = memchr(list->ptr, '\0', list->len);
    size_t len = nul != NULL ? (size_t)(nul - list->ptr) : list->len;
    size_t step = nul != NULL ? len + 1 : len;
    *out = (kedge_str){list->ptr, len};
    list->ptr += step;
    list->len -= step;
    return true;
}

static bool write_line(struct kedge__line *l, const char *name, kedge_str key, kedge_str value)
{
    kedge__line_text(l, name);
    write_key(l, key);
    kedge__line_text(l, ": ");
    kedge__line_str(l, value);
    kedge__line_text(l, "\r\n");
    return is_value(value);
}

static bool write_all(struct kedge__line *l, const struct kedge_impersonate *who)
{
    kedge_str none = {NULL, 0}, groups = who->groups, extra = who->extra, key, value;
    bool good = write_line(l, "Impersonate-User", none, kedge_str_of(who->user));
    if (who->uid != NULL && who->uid[0] != '\0')
        good = write_line(l, "Impersonate-Uid", none, kedge_str_of(who->uid)) && good;
    while (next(&groups, &value))
        good = write_line(l, "Impersonate-Group", none, value) && good;
    while (next(&extra, &key))
        good = next(&extra, &value) && key.len > 0 &&
               write_line(l, "Impersonate-Extra-", key, value) && good;
    return good;
}

// At most: a header's name and line end for each text, and three bytes for each byte of a key.
static size_t room_for(const struct kedge_impersonate *who)
{
    size_t texts = 2;
    for (size_t i = 0; i < who->groups.len; i++)
        texts += who->groups.ptr[i] == '\0';
    for (size_t i = 0; i < who->extra.len; i++)
        texts += who->extra.ptr[i] == '\0';
    return (texts + 2) * sizeof "Impersonate-Extra-: \r\n" + strlen(who->user) +
           kedge_str_of(who->uid).len + who->groups.len + 3 * who->extra.len;
}

static kedge_err start(struct kedge_client *c, const struct kedge_config *config)
{
    size_t mark = kedge__mark(c->k);
    size_t cap = room_for(&config->impersonate);
    char *buf = kedge__take(c->k, NULL, cap, 1, 1);
    if (buf == NULL)
        return KEDGE_ERR_MEMORY;
    struct kedge__line l;
    kedge__line_init(&l, buf, cap);
    if (!write_all(&l, &config->impersonate))
        return kedge__client_fail(c, KEDGE_ERR_CONFIG, "impersonation",
                                  "a text cannot stand in a header, or an extra has no key or "
                                  "no value");
    size_t len = l.len;
    kedge__reset(c->k, mark);
    // The same bytes again, no more of them than are needed.
    buf = kedge__take(c->k, "client", len + 1, 1, 1);
    kedge__line_init(&l, buf, len + 1);
    write_all(&l, &config->impersonate);
    c->headers = kedge__line_done(&l);
    return KEDGE_OK;
}

kedge_err kedge_config_impersonate(struct kedge_config *config, const struct kedge_impersonate *who)
{
    if (config == NULL || who == NULL || who->user == NULL || who->user[0] == '\0')
        return KEDGE_ERR_ARGUMENT;
    config->impersonate = *who;
    config->hooks.impersonate = start;
    return KEDGE_OK;
}
