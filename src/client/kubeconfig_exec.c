// SPDX-License-Identifier: Apache-2.0
// kubeconfig_exec.c - what kubeconfig.c has kept as JSON: the plugin that gives credentials, and
// whom to impersonate.
#include "client/kubeconfig_load.h"
#include "kedge/reader.h"

static kedge_err refuse(const struct kedge__kubeconfig_loading *l, enum kedge__kubeconfig_slot slot,
                        const char *before, const char *after)
{
    return kedge__kubeconfig_refuse(l, &l->user, slot, before, kedge__text(l, KEDGE__USER_NAME),
                                    after);
}

// Tokenises what a slot holds; absent if it holds nothing.
static kedge_err parse(const struct kedge__kubeconfig_loading *l, enum kedge__kubeconfig_slot slot,
                       struct kedge_json *doc)
{
    kedge_str text = l->values[slot].text;
    size_t cap = text.len / 2 + 1;
    struct kedge_json_token *tokens = KEDGE__NEW(l->k, NULL, struct kedge_json_token, cap);
    if (tokens == NULL)
        return KEDGE_ERR_MEMORY;
    kedge_err err = kedge_json_parse(doc, text.ptr, text.len, tokens, cap);
    return err == KEDGE_OK ? KEDGE_OK : refuse(l, slot, "cannot be understood for ", "");
}

static bool is_nothing(kedge_json_value v)
{
    return v.at < 0 || kedge_json_type(v) == KEDGE_JSON_NULL;
}

// --- texts ---------------------------------------------------------------------------------------

// A text being put together in the arena, with a bound known before.
struct pack {
    char *text;
    size_t cap;
    size_t len;
};

static bool pack_init(const struct kedge__kubeconfig_loading *l, struct pack *p, size_t cap)
{
    *p = (struct pack){kedge__take(l->k, KEDGE__CONFIG_PART, cap + 1, 1, 1), cap, 0};
    return p->text != NULL;
}

// Appends a text and a NUL (`key`: the member's name). False: it is no text, or holds a NUL.
static bool pack_add(struct pack *p, kedge_json_value v, bool key)
{
    char *at = p->text + p->len;
    if (!key && kedge_json_type(v) != KEDGE_JSON_TEXT)
        return false;
    size_t room = p->cap - p->len;
    size_t n = key ? kedge_json_key(v, at, room) : kedge_json_text(v, at, room);
    if (n >= room || (n > 0 && memchr(at, '\0', n) != NULL))
        return false;
    at[n] = '\0';
    p->len += n + 1;
    return true;
}

// The text of a member, or NULL if there is none.
static kedge_err take_text(const struct kedge__kubeconfig_loading *l, kedge_json_value object,
                           const char *key, const char **out)
{
    kedge_json_value v = kedge_json_get(object, key);
    struct pack p;
    *out = NULL;
    if (is_nothing(v))
        return KEDGE_OK;
    if (!pack_init(l, &p, kedge_json_raw(v).len + 1))
        return KEDGE_ERR_MEMORY;
    if (!pack_add(&p, v, false)) {
        struct kedge__line *line =
            kedge__kubeconfig_fail(l, KEDGE_ERR_CONFIG, &l->user, KEDGE__EXEC);
        kedge__line_text(line, key);
        kedge__line_text(line, " is no text: put it in quotes");
        return KEDGE_ERR_CONFIG;
    }
    *out = p.len > 1 ? p.text : NULL;
    return KEDGE_OK;
}

static kedge_err take_texts(const struct kedge__kubeconfig_loading *l,
                            enum kedge__kubeconfig_slot slot, kedge_json_value list,
                            const char *problem, kedge_str *out)
{
    struct pack p;
    if (is_nothing(list))
        return KEDGE_OK;
    if (kedge_json_type(list) != KEDGE_JSON_ARRAY)
        return refuse(l, slot, problem, "");
    if (!pack_init(l, &p, kedge_json_raw(list).len))
        return KEDGE_ERR_MEMORY;
    for (kedge_json_value v = kedge_json_first(list); v.at >= 0; v = kedge_json_next(v)) {
        if (!pack_add(&p, v, false))
            return refuse(l, slot, problem, "");
    }
    *out = (kedge_str){p.text, p.len};
    return KEDGE_OK;
}

// --- exec ----------------------------------------------------------------------------------------

// {name: A, value: b} becomes "A=b".
static bool pack_variable(struct pack *p, kedge_json_value entry)
{
    kedge_json_value value = kedge_json_get(entry, "value");
    size_t from = p->len;
    if (!pack_add(p, kedge_json_get(entry, "name"), false))
        return false;
    size_t len = p->len - 1 - from;
    if (len == 0 || memchr(p->text + from, '=', len) != NULL)
        return false;
    p->text[p->len - 1] = '=';
    if (!is_nothing(value))
        return pack_add(p, value, false);
    p->text[p->len++] = '\0';
    return true;
}

static kedge_err take_env(const struct kedge__kubeconfig_loading *l, kedge_json_value exec,
                          kedge_str *out)
{
    kedge_json_value list = kedge_json_get(exec, "env");
    struct pack p;
    if (is_nothing(list))
        return KEDGE_OK;
    if (kedge_json_type(list) != KEDGE_JSON_ARRAY)
        return refuse(l, KEDGE__EXEC, "env is no list for ", "");
    if (!pack_init(l, &p, kedge_json_raw(list).len))
        return KEDGE_ERR_MEMORY;
    for (kedge_json_value v = kedge_json_first(list); v.at >= 0; v = kedge_json_next(v)) {
        if (!pack_variable(&p, v))
            return refuse(l, KEDGE__EXEC, "env variable name must be specified for ",
                          " to use exec authentication plugin, without '=', and its value be a "
                          "text");
    }
    *out = (kedge_str){p.text, p.len};
    return KEDGE_OK;
}

// The characters that could fool who reads them on a terminal: controls and formats.
static bool is_shown(uint32_t c)
{
    static const struct {
        uint32_t from, to;
    } hidden[] = {{0, 8},           {0x0e, 0x1f},       {0x7f, 0x9f},
                  {0xad, 0xad},     {0x600, 0x605},     {0x61c, 0x61c},
                  {0x6dd, 0x6dd},   {0x70f, 0x70f},     {0x180e, 0x180e},
                  {0x200b, 0x200f}, {0x202a, 0x202e},   {0x2060, 0x206f},
                  {0xd800, 0xf8ff}, {0xfeff, 0xfeff},   {0xfff0, 0xfffb},
                  {0xfffe, 0xffff}, {0xe0000, 0xe0fff}, {0xf0000, 0x10ffff}};
    for (size_t i = 0; i < sizeof hidden / sizeof hidden[0]; i++) {
        if (c >= hidden[i].from && c <= hidden[i].to)
            return false;
    }
    return true;
}

// The character at the front of a UTF-8 text, which it is: libyaml has looked.
static uint32_t take_char(const char **p)
{
    unsigned char c = (unsigned char)*(*p)++;
    int more = c >= 0xf0 ? 3 : c >= 0xe0 ? 2 : c >= 0xc0 ? 1 : 0;
    uint32_t value = more > 0 ? c & (0x3fu >> more) : c;
    for (; more > 0 && **p != '\0'; more--)
        value = value << 6 | ((unsigned char)*(*p)++ & 0x3f);
    return value;
}

static void write_code(struct kedge__line *line, uint32_t c)
{
    static const char digits[] = "0123456789ABCDEF";
    int shift = c > 0xfffff ? 20 : c > 0xffff ? 16 : 12;
    kedge__line_text(line, "U+");
    for (; shift >= 0; shift -= 4)
        kedge__line_byte(line, digits[c >> shift & 15]);
}

// As client-go: what is no letter, mark, number, punctuation, symbol or space becomes U+XXXX.
static const char *clean(const struct kedge__kubeconfig_loading *l, const char *hint)
{
    struct kedge__line line;
    if (hint == NULL)
        return NULL;
    size_t cap = 6 * strlen(hint) + 1;
    char *text = kedge__take(l->k, KEDGE__CONFIG_PART, cap, 1, 1);
    if (text == NULL)
        return NULL;
    kedge__line_init(&line, text, cap);
    while (*hint != '\0') {
        const char *from = hint;
        uint32_t c = take_char(&hint);
        if (is_shown(c))
            kedge__line_str(&line, (kedge_str){from, (size_t)(hint - from)});
        else
            write_code(&line, c);
    }
    return text;
}

static kedge_err take_mode(const struct kedge__kubeconfig_loading *l, kedge_json_value exec,
                           const char *api_version, enum kedge_exec_interactive *out)
{
    static const char *const modes[] = {"", "Never", "IfAvailable", "Always"};
    kedge_json_value v = kedge_json_get(exec, "interactiveMode");
    bool none = is_nothing(v) || kedge_json_text_is(v, KEDGE_STR(""));
    bool known = none;
    *out = strcmp(api_version, "client.authentication.k8s.io/v1beta1") == 0 ||
                   strcmp(api_version, "client.authentication.k8s.io/v1alpha1") == 0
               ? KEDGE_EXEC_IF_AVAILABLE
               : KEDGE_EXEC_INTERACTIVE_UNSET;
    for (int i = KEDGE_EXEC_NEVER; i <= KEDGE_EXEC_ALWAYS; i++) {
        if (!kedge_json_text_is(v, kedge_str_of(modes[i])))
            continue;
        *out = (enum kedge_exec_interactive)i;
        known = true;
    }
    if (*out == KEDGE_EXEC_INTERACTIVE_UNSET && none)
        return refuse(l, KEDGE__EXEC, "interactiveMode must be specified for ",
                      " to use exec authentication plugin");
    return known ? KEDGE_OK
                 : refuse(l, KEDGE__EXEC, "invalid interactiveMode for ",
                          ": Never, IfAvailable or Always");
}

// A command with a slash is a path, meant from the folder of its file.
static kedge_err take_command(const struct kedge__kubeconfig_loading *l, kedge_json_value exec,
                              struct kedge_exec *out)
{
    kedge_err err = take_text(l, exec, "command", &out->command);
    if (err != KEDGE_OK)
        return err;
    if (out->command == NULL)
        return refuse(l, KEDGE__EXEC, "command must be specified for ",
                      " to use exec authentication plugin");
    if (strchr(out->command, '/') != NULL)
        out->command = kedge__kubeconfig_resolve(l, &l->user, out->command);
    return out->command != NULL ? KEDGE_OK : KEDGE_ERR_MEMORY;
}

static kedge_err take_hint(const struct kedge__kubeconfig_loading *l, kedge_json_value exec,
                           struct kedge_exec *out)
{
    const char *hint = NULL;
    kedge_err err = take_text(l, exec, "installHint", &hint);
    out->install_hint = clean(l, hint);
    return err == KEDGE_OK && hint != NULL && out->install_hint == NULL ? KEDGE_ERR_MEMORY : err;
}

static kedge_err take_exec(const struct kedge__kubeconfig_loading *l, kedge_json_value exec,
                           struct kedge_exec *out)
{
    kedge_json_value info = kedge_json_get(exec, "provideClusterInfo");
    if (kedge_json_type(exec) != KEDGE_JSON_OBJECT)
        return refuse(l, KEDGE__EXEC, "is no map for ", "");
    kedge_err err = take_command(l, exec, out);
    if (err == KEDGE_OK)
        err = take_text(l, exec, "apiVersion", &out->api_version);
    if (err == KEDGE_OK && out->api_version == NULL)
        err = refuse(l, KEDGE__EXEC, "apiVersion must be specified for ",
                     " to use exec authentication plugin");
    if (err == KEDGE_OK)
        err = take_texts(l, KEDGE__EXEC, kedge_json_get(exec, "args"),
                         "args is no list of texts for ", &out->args);
    if (err == KEDGE_OK)
        err = take_env(l, exec, &out->env);
    if (err == KEDGE_OK)
        err = take_mode(l, exec, out->api_version, &out->interactive);
    if (err == KEDGE_OK)
        err = take_hint(l, exec, out);
    if (err == KEDGE_OK && !is_nothing(info) && !kedge_json_bool(info, &out->provide_cluster_info))
        err = refuse(l, KEDGE__EXEC, "provideClusterInfo is neither true nor false for ", "");
    return err;
}

// Of the cluster's extensions the one that is meant for plugins.
static kedge_err take_cluster_config(const struct kedge__kubeconfig_loading *l,
                                     struct kedge_exec *out)
{
    struct kedge_json doc;
    if (!out->provide_cluster_info || !kedge__is_set(l, KEDGE__CLUSTER_EXTENSIONS))
        return KEDGE_OK;
    kedge_err err = parse(l, KEDGE__CLUSTER_EXTENSIONS, &doc);
    if (err != KEDGE_OK)
        return err;
    kedge_json_value v = kedge_json_first(kedge_json_root(&doc));
    for (; v.at >= 0; v = kedge_json_next(v)) {
        kedge_str raw = kedge_json_raw(kedge_json_get(v, "extension"));
        if (raw.len == 0 || !kedge_json_text_is(kedge_json_get(v, "name"),
                                                KEDGE_STR("client.authentication.k8s.io/exec")))
            continue;
        const char *copy = kedge__take_text(l->k, KEDGE__CONFIG_PART, raw);
        if (copy == NULL)
            return KEDGE_ERR_MEMORY;
        out->cluster_config = (kedge_str){copy, raw.len};
    }
    return KEDGE_OK;
}

kedge_err kedge__kubeconfig_apply_exec(struct kedge__kubeconfig_loading *l)
{
    struct kedge_json doc;
    struct kedge_exec exec = {0};
    if (!kedge__is_set(l, KEDGE__EXEC))
        return KEDGE_OK;
    kedge_err err = parse(l, KEDGE__EXEC, &doc);
    if (err == KEDGE_OK)
        err = take_exec(l, kedge_json_root(&doc), &exec);
    if (err == KEDGE_OK)
        err = take_cluster_config(l, &exec);
    return err == KEDGE_OK ? kedge_config_exec(l->config, &exec) : err;
}

// --- as ------------------------------------------------------------------------------------------

static kedge_err take_groups(const struct kedge__kubeconfig_loading *l,
                             struct kedge_impersonate *out)
{
    struct kedge_json doc;
    if (!kedge__is_set(l, KEDGE__AS_GROUPS))
        return KEDGE_OK;
    kedge_err err = parse(l, KEDGE__AS_GROUPS, &doc);
    return err != KEDGE_OK ? err
                           : take_texts(l, KEDGE__AS_GROUPS, kedge_json_root(&doc),
                                        "is no list of texts for ", &out->groups);
}

// {a: [b, c]} becomes a, b, a, c.
static bool pack_extra(struct pack *p, kedge_json_value member)
{
    if (is_nothing(member))
        return true;
    if (kedge_json_type(member) != KEDGE_JSON_ARRAY)
        return false;
    for (kedge_json_value v = kedge_json_first(member); v.at >= 0; v = kedge_json_next(v)) {
        if (!pack_add(p, member, true) || !pack_add(p, v, false))
            return false;
    }
    return true;
}

// A key is written once for each of its values.
static size_t extra_room(kedge_json_value map)
{
    size_t room = kedge_json_raw(map).len;
    for (kedge_json_value m = kedge_json_first(map); m.at >= 0; m = kedge_json_next(m))
        room += kedge_json_count(m) * (kedge_json_raw_key(m).len + 1);
    return room;
}

static kedge_err take_extra(const struct kedge__kubeconfig_loading *l,
                            struct kedge_impersonate *out)
{
    static const char problem[] = "is no map of lists of texts for ";
    struct kedge_json doc;
    struct pack p;
    if (!kedge__is_set(l, KEDGE__AS_USER_EXTRA))
        return KEDGE_OK;
    kedge_err err = parse(l, KEDGE__AS_USER_EXTRA, &doc);
    if (err != KEDGE_OK)
        return err;
    kedge_json_value map = kedge_json_root(&doc);
    if (kedge_json_type(map) != KEDGE_JSON_OBJECT)
        return refuse(l, KEDGE__AS_USER_EXTRA, problem, "");
    if (!pack_init(l, &p, extra_room(map)))
        return KEDGE_ERR_MEMORY;
    for (kedge_json_value m = kedge_json_first(map); m.at >= 0; m = kedge_json_next(m)) {
        if (!pack_extra(&p, m))
            return refuse(l, KEDGE__AS_USER_EXTRA, problem, "");
    }
    out->extra = (kedge_str){p.text, p.len};
    return KEDGE_OK;
}

kedge_err kedge__kubeconfig_apply_as(struct kedge__kubeconfig_loading *l)
{
    struct kedge_impersonate who = {.user = kedge__text(l, KEDGE__AS),
                                    .uid = kedge__text(l, KEDGE__AS_UID)};
    if (who.user == NULL)
        return KEDGE_OK;
    kedge_err err = take_groups(l, &who);
    if (err == KEDGE_OK)
        err = take_extra(l, &who);
    return err == KEDGE_OK ? kedge_config_impersonate(l->config, &who) : err;
}
