// SPDX-License-Identifier: Apache-2.0
// kubeconfig_json.c - YAML's events written as JSON, piece behind piece in the arena.
#include "client/kubeconfig_json.h"

#include "client/config_priv.h"

void kedge__kubeconfig_json_begin(struct kedge__kubeconfig_json *j, struct kedge *k)
{
    memset(j, 0, sizeof *j);
    j->k = k;
}

static kedge_err append(struct kedge__kubeconfig_json *j, kedge_str s)
{
    // One byte more, which the next piece overwrites: the NUL of the whole.
    char *at = kedge__take(j->k, KEDGE__CONFIG_PART, s.len + (j->text == NULL), 1, 1);
    if (at == NULL)
        return KEDGE_ERR_MEMORY;
    if (j->text == NULL)
        j->text = at;
    memcpy(j->text + j->len, s.ptr, s.len);
    j->len += s.len;
    j->text[j->len] = '\0';
    return KEDGE_OK;
}

static kedge_err append_quoted(struct kedge__kubeconfig_json *j, kedge_str s)
{
    static const char digits[] = "0123456789abcdef";
    kedge_err err = append(j, KEDGE_STR("\""));
    for (size_t i = 0; i < s.len && err == KEDGE_OK; i++) {
        unsigned char c = (unsigned char)s.ptr[i];
        char escape[] = {'\\', 'u', '0', '0', digits[c >> 4], digits[c & 15]};
        bool plain = c >= 0x20 && c != '"' && c != '\\';
        err = append(j, plain ? (kedge_str){s.ptr + i, 1} : (kedge_str){escape, sizeof escape});
    }
    return err == KEDGE_OK ? append(j, KEDGE_STR("\"")) : err;
}

static kedge_err refuse(struct kedge__kubeconfig_json *j, const char *problem)
{
    j->problem = problem;
    return KEDGE_ERR_CONFIG;
}

static bool wants_key(const struct kedge__kubeconfig_json *j)
{
    return j->depth > 0 && !j->is_list[j->depth - 1] && !j->has_key;
}

// What stands in front of a key or value.
static kedge_err separate(struct kedge__kubeconfig_json *j)
{
    bool comma = j->some && !j->has_key;
    j->some = true;
    j->has_key = false;
    return comma ? append(j, KEDGE_STR(",")) : KEDGE_OK;
}

kedge_err kedge__kubeconfig_json_open(struct kedge__kubeconfig_json *j, bool is_list)
{
    if (wants_key(j))
        return refuse(j, "a key is a list or a map where a text is needed");
    kedge_err err = separate(j);
    if (err != KEDGE_OK)
        return err;
    j->is_list[j->depth++] = is_list;
    j->some = false;
    return append(j, is_list ? KEDGE_STR("[") : KEDGE_STR("{"));
}

kedge_err kedge__kubeconfig_json_close(struct kedge__kubeconfig_json *j)
{
    j->depth--;
    j->some = true;
    j->has_key = false;
    return append(j, j->is_list[j->depth] ? KEDGE_STR("]") : KEDGE_STR("}"));
}

static size_t digits(kedge_str s, size_t at)
{
    size_t n = 0;
    while (at + n < s.len && s.ptr[at + n] >= '0' && s.ptr[at + n] <= '9')
        n++;
    return n;
}

// RFC 8259: YAML knows more numbers than JSON.
static bool is_json_number(kedge_str s)
{
    size_t at = s.len > 0 && s.ptr[0] == '-';
    size_t n = digits(s, at);
    if (n == 0 || (n > 1 && s.ptr[at] == '0'))
        return false;
    at += n;
    if (at < s.len && s.ptr[at] == '.') {
        n = digits(s, at + 1);
        at += n > 0 ? n + 1 : 0;
    }
    if (at < s.len && (s.ptr[at] == 'e' || s.ptr[at] == 'E')) {
        size_t sign = at + 1 < s.len && (s.ptr[at + 1] == '+' || s.ptr[at + 1] == '-');
        n = digits(s, at + 1 + sign);
        at += n > 0 ? n + 1 + sign : 0;
    }
    return at == s.len;
}

static kedge_err append_value(struct kedge__kubeconfig_json *j, kedge_str s,
                              enum kedge__kubeconfig_scalar kind)
{
    switch (kind) {
    case KEDGE__NOTHING:
        return append(j, KEDGE_STR("null"));
    case KEDGE__TRUE:
        return append(j, KEDGE_STR("true"));
    case KEDGE__FALSE:
        return append(j, KEDGE_STR("false"));
    case KEDGE__NUMBER:
        return is_json_number(s) ? append(j, s)
                                 : refuse(j, "a number is written as JSON has none: write it in "
                                             "decimal figures, or in quotes");
    default:
        return append_quoted(j, s);
    }
}

kedge_err kedge__kubeconfig_json_scalar(struct kedge__kubeconfig_json *j, kedge_str s,
                                        enum kedge__kubeconfig_scalar kind)
{
    bool key = wants_key(j);
    if (key && kedge_str_is(s, "<<"))
        return refuse(j, "YAML merge keys (<<) are not supported: write it out");
    kedge_err err = separate(j);
    if (err != KEDGE_OK)
        return err;
    if (!key)
        return append_value(j, s, kind);
    err = append_quoted(j, s);
    j->has_key = true;
    return err == KEDGE_OK ? append(j, KEDGE_STR(":")) : err;
}

kedge_str kedge__kubeconfig_json_end(struct kedge__kubeconfig_json *j)
{
    return (kedge_str){j->text, j->len};
}
