// SPDX-License-Identifier: Apache-2.0
// kubeconfig_scalar.c - what a scalar is to YAML, whether that suits a field, and what is kept of
// it. No libyaml here: its events say only what was written.
#include "client/kubeconfig.h"

#include "base/base64.h"
#include "client/config_priv.h"

static bool is_one_of(kedge_str s, const char *const *words)
{
    for (; *words != NULL; words++) {
        if (kedge_str_is(s, *words))
            return true;
    }
    return false;
}

static const char *const null_words[] = {"", "~", "null", "Null", "NULL", NULL};
static const char *const true_words[] = {"y",    "Y",    "yes", "Yes", "YES", "true",
                                         "True", "TRUE", "on",  "On",  "ON",  NULL};
static const char *const false_words[] = {"n",     "N",     "no",  "No",  "NO",  "false",
                                          "False", "FALSE", "off", "Off", "OFF", NULL};
static const char *const number_words[] = {".nan",  ".NaN",  ".NAN",  ".inf",  ".Inf",
                                           ".INF",  "+.inf", "+.Inf", "+.INF", "-.inf",
                                           "-.Inf", "-.INF", NULL};

// Goes over digits of `base`; underscores between them count for nothing.
static bool take_digits(kedge_str *s, unsigned base)
{
    size_t digits = 0;
    for (; s->len > 0; s->ptr++, s->len--) {
        unsigned char c = (unsigned char)*s->ptr;
        unsigned value = c >= '0' && c <= '9' ? (unsigned)(c - '0') : 99;
        if ((c | 32) >= 'a' && (c | 32) <= 'f')
            value = (unsigned)((c | 32) - 'a') + 10;
        if (c != '_' && value >= base)
            break;
        digits += c != '_';
    }
    return digits > 0;
}

static bool take_byte(kedge_str *s, const char *any_of)
{
    if (s->len == 0 || *s->ptr == '\0' || strchr(any_of, *s->ptr) == NULL)
        return false;
    s->ptr++;
    s->len--;
    return true;
}

// What stands behind a leading 0, if it names a base; else 0.
static unsigned base_of(kedge_str *s)
{
    if (take_byte(s, "xX"))
        return 16;
    if (take_byte(s, "bB"))
        return 2;
    return take_byte(s, "oO") ? 8 : 0;
}

// As Go's YAML has it; what begins with 0 and has other digits than octal ones is a float there.
static bool is_number(kedge_str s)
{
    if (is_one_of(s, number_words))
        return true;
    if (s.len == 0 || s.ptr[0] == '_')
        return false;
    take_byte(&s, "+-");
    kedge_str rest = s;
    unsigned base = take_byte(&rest, "0") ? base_of(&rest) : 0;
    if (base > 0)
        return take_digits(&rest, base) && rest.len == 0;
    bool digits = take_digits(&s, 10);
    if (take_byte(&s, "."))
        digits = take_digits(&s, 10) || digits;
    if (digits && take_byte(&s, "eE")) {
        take_byte(&s, "+-");
        digits = take_digits(&s, 10);
    }
    return digits && s.len == 0;
}

enum kedge__kubeconfig_scalar kedge__kubeconfig_plain(kedge_str s)
{
    if (is_one_of(s, null_words))
        return KEDGE__NOTHING;
    if (is_one_of(s, true_words))
        return KEDGE__TRUE;
    if (is_one_of(s, false_words))
        return KEDGE__FALSE;
    return is_number(s) ? KEDGE__NUMBER : KEDGE__STRING;
}

static const char *check_header(const struct kedge__kubeconfig_field *f, kedge_str s)
{
    if (f->slot == KEDGE__API_VERSION && s.len > 0 && !kedge_str_is(s, "v1"))
        return "is no kubeconfig: v1 is needed";
    if (f->slot == KEDGE__KIND && s.len > 0 && !kedge_str_is(s, "Config"))
        return "is no kubeconfig: Config is needed";
    return NULL;
}

static const char *check_text(const struct kedge__kubeconfig_field *f, kedge_str s,
                              enum kedge__kubeconfig_scalar kind)
{
    if (kind == KEDGE__TRUE || kind == KEDGE__FALSE)
        return "is true or false to YAML where a text is needed: put it in quotes";
    if (kind == KEDGE__NUMBER)
        return "is a number to YAML where a text is needed: put it in quotes";
    if (s.len > 0 && memchr(s.ptr, '\0', s.len) != NULL)
        return "holds a NUL character";
    return check_header(f, s);
}

static const char *check_data(kedge_str s, enum kedge__kubeconfig_scalar kind)
{
    size_t len = 0;
    if (kind != KEDGE__STRING || kedge__base64_decode(s, NULL, 0, &len) != KEDGE_OK)
        return "is no base64";
    return NULL;
}

const char *kedge__kubeconfig_check(const struct kedge__kubeconfig_field *f, kedge_str s,
                                    enum kedge__kubeconfig_scalar kind)
{
    switch (f->type) {
    case KEDGE__TEXT:
        return check_text(f, s, kind);
    case KEDGE__DATA:
        return check_data(s, kind);
    case KEDGE__BOOL:
        return kind == KEDGE__TRUE || kind == KEDGE__FALSE ? NULL : "is neither true nor false";
    case KEDGE__MAP:
        return "is a single value where a map is needed";
    case KEDGE__LIST:
        return "is a single value where a list is needed";
    case KEDGE__ANY:
    case KEDGE__JSON:
        break;
    }
    return NULL;
}

static kedge_err keep_data(struct kedge *k, kedge_str s, kedge_str *out)
{
    size_t len = 0;
    kedge__base64_decode(s, NULL, 0, &len);
    char *data = kedge__take(k, KEDGE__CONFIG_PART, len + 1, 1, 1);
    if (data == NULL)
        return KEDGE_ERR_MEMORY;
    kedge__base64_decode(s, data, len, &len);
    *out = (kedge_str){data, len};
    return KEDGE_OK;
}

kedge_err kedge__kubeconfig_keep(struct kedge *k, const struct kedge__kubeconfig_field *f,
                                 kedge_str s, kedge_str *out)
{
    if (f->type == KEDGE__DATA)
        return keep_data(k, s, out);
    if (f->type ==
        KEDGE__JSON) { // no such field takes a single value: this says so to who reads it
        *out = KEDGE_STR("0");
        return KEDGE_OK;
    }
    if (f->type != KEDGE__TEXT) {
        *out = f->type == KEDGE__BOOL ? KEDGE_STR("true") : KEDGE_STR("...");
        return KEDGE_OK;
    }
    *out = (kedge_str){kedge__take_text(k, KEDGE__CONFIG_PART, s), s.len};
    return out->ptr != NULL ? KEDGE_OK : KEDGE_ERR_MEMORY;
}
