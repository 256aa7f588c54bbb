// SPDX-License-Identifier: Apache-2.0
// kubeconfig_apply.c - what the chosen stanzas may say together, and the configuration they make.
#include "client/kubeconfig_load.h"

// `scheme` in small letters.
static bool has_scheme(const char *url, const char *scheme)
{
    for (size_t i = 0; scheme[i] != '\0'; i++) {
        char c = url[i];
        if ((c >= 'A' && c <= 'Z' ? (char)(c + 32) : c) != scheme[i])
            return false;
    }
    return true;
}

// --- what cannot be ------------------------------------------------------------------------------

struct unsupported {
    enum kedge__kubeconfig_slot slot;
    const char *problem;
};

static kedge_err judge_unsupported(const struct kedge__kubeconfig_loading *l)
{
    static const struct unsupported list[] = {
        {KEDGE__AUTH_PROVIDER,
         "auth-provider is not supported: use a token, a tokenFile or a client "
         "certificate"},
    };
    bool others = kedge__is_set(l, KEDGE__AS_UID) || kedge__is_set(l, KEDGE__AS_GROUPS) ||
                  kedge__is_set(l, KEDGE__AS_USER_EXTRA);
    for (size_t i = 0; i < sizeof list / sizeof list[0]; i++) {
        if (kedge__is_set(l, list[i].slot))
            return kedge__kubeconfig_refuse(l, &l->user, list[i].slot, list[i].problem, NULL, "");
    }
    if (!others || kedge__is_set(l, KEDGE__AS))
        return KEDGE_OK;
    enum kedge__kubeconfig_slot slot = kedge__is_set(l, KEDGE__AS_UID)      ? KEDGE__AS_UID
                                       : kedge__is_set(l, KEDGE__AS_GROUPS) ? KEDGE__AS_GROUPS
                                                                            : KEDGE__AS_USER_EXTRA;
    return kedge__kubeconfig_refuse(l, &l->user, slot, "requesting uid, groups or user-extra for ",
                                    kedge__text(l, KEDGE__USER_NAME),
                                    " without impersonating a user");
}

static kedge_err judge_methods(const struct kedge__kubeconfig_loading *l)
{
    const char *name = kedge__text(l, KEDGE__USER_NAME);
    bool basic = kedge__is_set(l, KEDGE__USERNAME) || kedge__is_set(l, KEDGE__PASSWORD);
    if (kedge__is_set(l, KEDGE__TOKEN) && basic) {
        return kedge__kubeconfig_refuse(l, &l->user, KEDGE__TOKEN,
                                        "more than one authentication method found for ", name,
                                        "; found [token basicAuth], only one is allowed");
    }
    if (kedge__is_set(l, KEDGE__TOKEN_FILE) && kedge__is_set(l, KEDGE__USERNAME)) {
        return kedge__kubeconfig_refuse(
            l, &l->user, KEDGE__TOKEN_FILE,
            "username/password or bearer token may be set, but not both", NULL, "");
    }
    return KEDGE_OK;
}

static kedge_err judge_certificate(const struct kedge__kubeconfig_loading *l)
{
    const char *name = kedge__text(l, KEDGE__USER_NAME);
    bool file = kedge__is_set(l, KEDGE__CERTIFICATE),
         data = kedge__is_set(l, KEDGE__CERTIFICATE_DATA);
    bool key_file = kedge__is_set(l, KEDGE__KEY), key_data = kedge__is_set(l, KEDGE__KEY_DATA);
    if (!file && !data)
        return KEDGE_OK;
    if (file && data) {
        return kedge__kubeconfig_refuse(l, &l->user, KEDGE__CERTIFICATE,
                                        "client-cert-data and client-cert are both specified for ",
                                        name, ". client-cert-data will override.");
    }
    if (key_file && key_data) {
        return kedge__kubeconfig_refuse(l, &l->user, KEDGE__KEY,
                                        "client-key-data and client-key are both specified for ",
                                        name, "; client-key-data will override");
    }
    if (!key_file && !key_data) {
        return kedge__kubeconfig_refuse(l, &l->user,
                                        file ? KEDGE__CERTIFICATE : KEDGE__CERTIFICATE_DATA,
                                        "client-key-data or client-key must be specified for ",
                                        name, " to use the clientCert authentication method.");
    }
    return KEDGE_OK;
}

static kedge_err judge_server(const struct kedge__kubeconfig_loading *l)
{
    bool any = kedge__is_set(l, KEDGE__TLS_SERVER_NAME) || kedge__is_set(l, KEDGE__INSECURE) ||
               kedge__is_set(l, KEDGE__CA) || kedge__is_set(l, KEDGE__CA_DATA) ||
               kedge__is_set(l, KEDGE__PROXY_URL);
    if (kedge__is_set(l, KEDGE__SERVER))
        return KEDGE_OK;
    if (!any)
        return kedge__kubeconfig_refuse(l, &l->cluster, KEDGE__CLUSTER_NAME,
                                        "cluster has no server defined", NULL, "");
    return kedge__kubeconfig_refuse(l, &l->cluster, KEDGE__CLUSTER_NAME,
                                    "no server found for cluster \"",
                                    kedge__text(l, KEDGE__CLUSTER_NAME), "\"");
}

// As client-go: a URL with one of three schemes. The rest is looked at when the client is made.
static kedge_err judge_proxy(const struct kedge__kubeconfig_loading *l)
{
    const char *url = kedge__text(l, KEDGE__PROXY_URL);
    if (url == NULL || has_scheme(url, "http://") || has_scheme(url, "https://"))
        return KEDGE_OK;
    if (!has_scheme(url, "socks5://")) {
        return kedge__kubeconfig_refuse(l, &l->cluster, KEDGE__PROXY_URL,
                                        "must begin with http:// or https://", NULL, "");
    }
    kedge__line_text(
        kedge__kubeconfig_fail(l, KEDGE_ERR_UNSUPPORTED, &l->cluster, KEDGE__PROXY_URL),
        "socks5 proxies are not supported: use an http or https proxy");
    return KEDGE_ERR_UNSUPPORTED;
}

static kedge_err judge_cluster(const struct kedge__kubeconfig_loading *l)
{
    const char *name = kedge__text(l, KEDGE__CLUSTER_NAME);
    bool ca = kedge__is_set(l, KEDGE__CA), data = kedge__is_set(l, KEDGE__CA_DATA);
    if (ca && data) {
        return kedge__kubeconfig_refuse(
            l, &l->cluster, KEDGE__CA,
            "certificate-authority-data and certificate-authority are both specified for ", name,
            ". certificate-authority-data will override.");
    }
    if ((ca || data) && kedge__is_set(l, KEDGE__INSECURE)) {
        return kedge__kubeconfig_refuse(
            l, &l->cluster, KEDGE__INSECURE,
            "specifying a root certificates file with the insecure flag is not allowed", NULL, "");
    }
    return KEDGE_OK;
}

static kedge_err judge(const struct kedge__kubeconfig_loading *l)
{
    static kedge_err (*const judges[])(const struct kedge__kubeconfig_loading *) = {
        judge_unsupported, judge_methods, judge_certificate,
        judge_server,      judge_cluster, judge_proxy,
    };
    kedge_err err = KEDGE_OK;
    for (size_t i = 0; i < sizeof judges / sizeof judges[0] && err == KEDGE_OK; i++)
        err = judges[i](l);
    return err;
}

// --- what becomes of it --------------------------------------------------------------------------

const char *kedge__kubeconfig_resolve(const struct kedge__kubeconfig_loading *l,
                                      const struct kedge__stanza *s, const char *path)
{
    const char *slash = strrchr(s->file, '/');
    if (path == NULL || path[0] == '/' || slash == NULL)
        return path;
    size_t folder = (size_t)(slash + 1 - s->file), bytes = strlen(path) + 1;
    char *whole = kedge__take(l->k, KEDGE__CONFIG_PART, folder + bytes, 1, 1);
    if (whole == NULL)
        return NULL;
    memcpy(whole, s->file, folder);
    memcpy(whole + folder, path, bytes);
    return whole;
}

static const char *resolve(const struct kedge__kubeconfig_loading *l, const struct kedge__stanza *s,
                           enum kedge__kubeconfig_slot slot)
{
    return kedge__kubeconfig_resolve(l, s, kedge__text(l, slot));
}

static const char *word_of(enum kedge__kubeconfig_slot slot)
{
    switch (slot) {
    case KEDGE__CERTIFICATE:
        return "client-cert ";
    case KEDGE__KEY:
        return "client-key ";
    case KEDGE__TOKEN_FILE:
        return "tokenFile ";
    default:
        return "certificate-authority ";
    }
}

static kedge_err unreadable(const struct kedge__kubeconfig_loading *l,
                            const struct kedge__stanza *s, enum kedge__kubeconfig_slot slot,
                            const char *path, kedge_err err)
{
    struct kedge__line *line = kedge__kubeconfig_fail(l, KEDGE_ERR_FILE, s, slot);
    kedge__line_text(line, "unable to read ");
    kedge__line_text(line, word_of(slot));
    kedge__line_foreign(line, path);
    kedge__line_text(line, " for ");
    kedge__line_printable(line, kedge_str_of(kedge__text(l, s->name_slot)), 64);
    kedge__line_text(line, " due to ");
    kedge__line_text(line, kedge__config_read_problem(err));
    return KEDGE_ERR_FILE;
}

static kedge_err read_named(const struct kedge__kubeconfig_loading *l,
                            const struct kedge__stanza *s, enum kedge__kubeconfig_slot slot,
                            const char **path, kedge_str *out)
{
    *path = resolve(l, s, slot);
    if (*path == NULL)
        return KEDGE_ERR_MEMORY;
    kedge_err err = kedge__config_read(l->k, *path, out);
    return err == KEDGE_OK || err == KEDGE_ERR_MEMORY ? err : unreadable(l, s, slot, *path, err);
}

// From the file or the -data field, whichever is set.
static kedge_err take_pem(const struct kedge__kubeconfig_loading *l, const struct kedge__stanza *s,
                          enum kedge__kubeconfig_slot file_slot,
                          enum kedge__kubeconfig_slot data_slot, const char **kept_path,
                          kedge_str *out)
{
    const char *path = NULL;
    kedge_err err = KEDGE_OK;
    if (kedge__is_set(l, data_slot))
        *out = l->values[data_slot].text;
    else if (kedge__is_set(l, file_slot))
        err = read_named(l, s, file_slot, &path, out);
    else
        return KEDGE_OK;
    *kept_path = path;
    if (err != KEDGE_OK || kedge__config_has_pem(*out))
        return err;
    struct kedge__line *line =
        kedge__kubeconfig_fail(l, KEDGE_ERR_CONFIG, s, path != NULL ? file_slot : data_slot);
    kedge__line_foreign(line, path);
    kedge__line_text(line, path != NULL ? ": " : "");
    kedge__line_text(line, "unable to parse bytes as PEM block");
    return KEDGE_ERR_CONFIG;
}

static kedge_err take_pems(struct kedge__kubeconfig_loading *l)
{
    struct kedge_config *c = l->config;
    kedge_err err = take_pem(l, &l->cluster, KEDGE__CA, KEDGE__CA_DATA, &c->ca_file, &c->ca);
    if (err == KEDGE_OK)
        err = take_pem(l, &l->user, KEDGE__CERTIFICATE, KEDGE__CERTIFICATE_DATA,
                       &c->certificate_file, &c->certificate);
    // A key without a certificate is of no use, and client-go does not look at it.
    if (err == KEDGE_OK && c->certificate.len > 0)
        err = take_pem(l, &l->user, KEDGE__KEY, KEDGE__KEY_DATA, &c->key_file, &c->key);
    kedge_config_watch_files(c);
    return err;
}

// The token's text stands in until the file gives one; without a text, the file as it is now does.
static kedge_err take_token(struct kedge__kubeconfig_loading *l)
{
    struct kedge_config *c = l->config;
    kedge_str now = {NULL, 0};
    c->token = kedge__text(l, KEDGE__TOKEN);
    if (!kedge__is_set(l, KEDGE__TOKEN_FILE))
        return KEDGE_OK;
    if (c->token != NULL) {
        c->token_file = resolve(l, &l->user, KEDGE__TOKEN_FILE);
        return c->token_file != NULL ? KEDGE_OK : KEDGE_ERR_MEMORY;
    }
    kedge_err err = read_named(l, &l->user, KEDGE__TOKEN_FILE, &c->token_file, &now);
    c->token = now.len > 0 ? now.ptr : NULL;
    return err;
}

// A server with a path keeps that, and neither a query nor a fragment.
static const char *server_of(struct kedge__kubeconfig_loading *l)
{
    struct kedge__kubeconfig_value *v = &l->values[KEDGE__SERVER];
    const char *authority = strstr(v->text.ptr, "://");
    const char *path = authority != NULL ? strchr(authority + 3, '/') : NULL;
    size_t end = strcspn(v->text.ptr, "?#");
    if (path == NULL || (size_t)(path + 1 - v->text.ptr) >= end || end == v->text.len)
        return v->text.ptr;
    return kedge__take_text(l->k, KEDGE__CONFIG_PART, (kedge_str){v->text.ptr, end});
}

// Credentials never travel in clear: without https there are none, as in client-go.
static void drop_credentials(struct kedge__kubeconfig_loading *l)
{
    struct kedge_config *c = l->config;
    bool any = c->certificate.len > 0 || kedge__is_set(l, KEDGE__TOKEN) ||
               kedge__is_set(l, KEDGE__TOKEN_FILE) || kedge__is_set(l, KEDGE__USERNAME) ||
               kedge__is_set(l, KEDGE__EXEC);
    c->ca = c->certificate = c->key = (kedge_str){NULL, 0};
    c->ca_file = c->certificate_file = c->key_file = NULL;
    c->exec = (struct kedge_exec){0};
    c->hooks.exec = NULL;
    if (any) {
        kedge__log(l->k, KEDGE_LOG_WARNING,
                   "kubeconfig: the server is not https, so the user's credentials are left out");
    }
}

kedge_err kedge__kubeconfig_apply(struct kedge__kubeconfig_loading *l)
{
    struct kedge_config *c = l->config;
    kedge_err err = judge(l);
    if (err == KEDGE_OK)
        err = take_pems(l);
    if (err == KEDGE_OK)
        err = kedge__kubeconfig_apply_as(l);
    if (err == KEDGE_OK)
        err = kedge__kubeconfig_apply_exec(l);
    if (err != KEDGE_OK)
        return err;
    c->server = server_of(l);
    c->namespace_ = kedge__text(l, KEDGE__CONTEXT_NAMESPACE);
    if (c->namespace_ == NULL)
        c->namespace_ = "default";
    c->proxy_url = kedge__text(l, KEDGE__PROXY_URL);
    if (c->server == NULL)
        return KEDGE_ERR_MEMORY;
    if (!has_scheme(c->server, "https://")) {
        drop_credentials(l);
        return KEDGE_OK;
    }
    c->tls_server_name = kedge__text(l, KEDGE__TLS_SERVER_NAME);
    c->insecure = kedge__is_set(l, KEDGE__INSECURE);
    c->username = kedge__text(l, KEDGE__USERNAME);
    c->password = c->username != NULL ? kedge__text(l, KEDGE__PASSWORD) : NULL;
    return take_token(l);
}
