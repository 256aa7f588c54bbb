// SPDX-License-Identifier: Apache-2.0
// config.c - the pod's configuration, and what it shares with kubeconfig.
#include "client/config_priv.h"

#include "client/file.h"
#include "client/token.h"

#define POD_FOLDER "/var/run/secrets/kubernetes.io/serviceaccount"

static const char pod_token[] = POD_FOLDER "/token";
static const char pod_ca[] = POD_FOLDER "/ca.crt";
static const char pod_namespace[] = POD_FOLDER "/namespace";

// --- shared --------------------------------------------------------------------------------------

kedge_err kedge__config_begin(struct kedge__config_loading *l, struct kedge *k,
                              struct kedge_config *config)
{
    if (k == NULL || config == NULL)
        return KEDGE_ERR_ARGUMENT;
    *config = (struct kedge_config){0};
    if (k->failure != KEDGE_OK)
        return k->failure;
    *l = (struct kedge__config_loading){k, config, kedge__mark(k),
                                        *kedge__part(k, KEDGE__CONFIG_PART)};
    return KEDGE_OK;
}

struct kept {
    const char **at;
    size_t len; // with the NUL
};

// Where in a configuration the texts are, and what has a length.
static const uint16_t kept_texts[] = {
    offsetof(struct kedge_config, server),
    offsetof(struct kedge_config, tls_server_name),
    offsetof(struct kedge_config, namespace_),
    offsetof(struct kedge_config, token),
    offsetof(struct kedge_config, token_file),
    offsetof(struct kedge_config, username),
    offsetof(struct kedge_config, password),
    offsetof(struct kedge_config, ca_file),
    offsetof(struct kedge_config, certificate_file),
    offsetof(struct kedge_config, key_file),
    offsetof(struct kedge_config, impersonate.user),
    offsetof(struct kedge_config, impersonate.uid),
    offsetof(struct kedge_config, exec.command),
    offsetof(struct kedge_config, exec.api_version),
    offsetof(struct kedge_config, exec.install_hint),
    offsetof(struct kedge_config, proxy_url),
};
static const uint16_t kept_blocks[] = {
    offsetof(struct kedge_config, ca),
    offsetof(struct kedge_config, certificate),
    offsetof(struct kedge_config, key),
    offsetof(struct kedge_config, impersonate.groups),
    offsetof(struct kedge_config, impersonate.extra),
    offsetof(struct kedge_config, exec.args),
    offsetof(struct kedge_config, exec.env),
    offsetof(struct kedge_config, exec.cluster_config),
};

enum {
    KEPT_TEXTS = sizeof kept_texts / sizeof kept_texts[0],
    KEPT_BLOCKS = sizeof kept_blocks / sizeof kept_blocks[0],
    KEPT_MAX = KEPT_TEXTS + KEPT_BLOCKS
};

static size_t list_kept(struct kedge_config *c, struct kept *list)
{
    size_t n = 0;
    for (size_t i = 0; i < KEPT_TEXTS; i++) {
        const char **text = (const char **)(void *)((char *)c + kept_texts[i]);
        if (*text != NULL)
            list[n++] = (struct kept){text, strlen(*text) + 1};
    }
    for (size_t i = 0; i < KEPT_BLOCKS; i++) {
        kedge_str *block = (kedge_str *)(void *)((char *)c + kept_blocks[i]);
        if (block->ptr != NULL)
            list[n++] = (struct kept){&block->ptr, block->len + 1};
    }
    return n;
}

static void sort_by_place(struct kept *list, size_t n)
{
    for (size_t i = 1; i < n; i++) {
        struct kept moving = list[i];
        size_t to = i;
        for (; to > 0 && (uintptr_t)*list[to - 1].at > (uintptr_t)*moving.at; to--)
            list[to] = list[to - 1];
        list[to] = moving;
    }
}

// Moves what is kept down to the mark, lowest first, so that nothing is overwritten before it
// moved.
static size_t move_down(const struct kedge__config_loading *l)
{
    struct kept list[KEPT_MAX];
    size_t n = list_kept(l->config, list);
    unsigned char *to = l->k->base + l->mark;
    uintptr_t from = (uintptr_t)to, end = (uintptr_t)(l->k->base + l->k->used);
    sort_by_place(list, n);
    for (size_t i = 0; i < n; i++) {
        uintptr_t at = (uintptr_t)*list[i].at;
        if (at < from || at >= end)
            continue; // a text of ours, such as "default"
        memmove(to, *list[i].at, list[i].len);
        *list[i].at = (const char *)to;
        to += list[i].len;
    }
    return (size_t)(to - (l->k->base + l->mark));
}

kedge_err kedge__config_end(struct kedge__config_loading *l, kedge_err err)
{
    size_t kept = 0;
    if (err == KEDGE_OK)
        kept = move_down(l);
    else
        *l->config = (struct kedge_config){0};
    kedge__reset(l->k, l->mark + kept);
    struct kedge__part *part = kedge__part(l->k, KEDGE__CONFIG_PART);
    *part = l->before;
    part->size += kept;
    part->used += kept;
    part->peak += kept;
    return err;
}

// The file may be replaced by a longer one between measuring and reading: then once more. `room`
// ends with a byte that a file as measured does not reach, and that is its NUL in the end.
kedge_err kedge__config_read(struct kedge *k, const char *path, kedge_str *out)
{
    if (k->port->file == NULL)
        return KEDGE_ERR_UNSUPPORTED;
    for (int attempt = 0; attempt < 3; attempt++) {
        size_t mark = kedge__mark(k);
        int len = kedge__file_length(k, path, KEDGE_CONFIG_FILE_MAX);
        if (len < 0)
            return (kedge_err)len;
        size_t room = (size_t)len + 1;
        char *text = kedge__take(k, KEDGE__CONFIG_PART, room, 1, 1);
        if (text == NULL)
            return KEDGE_ERR_MEMORY;
        int got = kedge__file_read(k, path, text, room);
        if (got < 0)
            return (kedge_err)got;
        if ((size_t)got < room) {
            *out = (kedge_str){text, (size_t)got};
            return KEDGE_OK;
        }
        kedge__reset(k, mark);
    }
    return KEDGE_ERR_FILE;
}

const char *kedge__config_read_problem(kedge_err err)
{
    switch (err) {
    case KEDGE_ERR_NOT_FOUND:
        return "no such file";
    case KEDGE_ERR_TOO_LONG:
        return "a size over KEDGE_CONFIG_FILE_MAX";
    case KEDGE_ERR_UNSUPPORTED:
        return "a port without files";
    default:
        return "a directory in its place, or lack of permission";
    }
}

bool kedge__config_has_pem(kedge_str text)
{
    static const char begin[] = "-----BEGIN ";
    size_t len = sizeof begin - 1;
    while (text.len >= len) {
        const char *dash = memchr(text.ptr, '-', text.len - len + 1);
        if (dash == NULL)
            return false;
        if (memcmp(dash, begin, len) == 0)
            return true;
        text.len -= (size_t)(dash + 1 - text.ptr);
        text.ptr = dash + 1;
    }
    return false;
}

// --- the pod's -----------------------------------------------------------------------------------

static kedge_err fail(struct kedge *k, kedge_err err, const char *path, const char *problem)
{
    struct kedge__line *l = kedge__fail(k, err);
    kedge__line_text(l, "in-cluster configuration: ");
    kedge__line_text(l, path);
    kedge__line_text(l, ": ");
    kedge__line_text(l, problem);
    return err;
}

static const char *variable(struct kedge *k, const char *name)
{
    const char *value = kedge__environment(k, name);
    return value != NULL && value[0] != '\0' ? value : NULL;
}

bool kedge__config_has_pod_environment(struct kedge *k)
{
    return variable(k, "KUBERNETES_SERVICE_HOST") != NULL &&
           variable(k, "KUBERNETES_SERVICE_PORT") != NULL;
}

bool kedge__config_is_pod(struct kedge *k)
{
    char first;
    return kedge__config_has_pod_environment(k) && k->port->file != NULL &&
           k->port->file(k->port, pod_token, 0, &first, 1) != KEDGE_ERR_NOT_FOUND;
}

static kedge_err pod_server(struct kedge *k, struct kedge_config *config, kedge_str host,
                            kedge_str port)
{
    bool ipv6 = host.len > 0 && memchr(host.ptr, ':', host.len) != NULL;
    size_t cap = sizeof "https://[]:" + host.len + port.len;
    char *text = kedge__take(k, KEDGE__CONFIG_PART, cap, 1, 1);
    if (text == NULL)
        return KEDGE_ERR_MEMORY;
    struct kedge__line l;
    kedge__line_init(&l, text, cap);
    kedge__line_text(&l, ipv6 ? "https://[" : "https://");
    kedge__line_str(&l, host);
    kedge__line_text(&l, ipv6 ? "]:" : ":");
    kedge__line_str(&l, port);
    config->server = text;
    return KEDGE_OK;
}

static kedge_err pod_file(struct kedge *k, const char *path, kedge_str *out)
{
    kedge_err err = kedge__config_read(k, path, out);
    if (err == KEDGE_OK || err == KEDGE_ERR_MEMORY)
        return err;
    return fail(k, KEDGE_ERR_FILE, path, kedge__config_read_problem(err));
}

static kedge_err pod_credentials(struct kedge *k, struct kedge_config *config)
{
    kedge_str token = {NULL, 0};
    kedge_err err = pod_file(k, pod_token, &token);
    if (err != KEDGE_OK)
        return err;
    config->token = token.ptr;
    config->token_file = pod_token;
    err = pod_file(k, pod_ca, &config->ca);
    if (err == KEDGE_OK && !kedge__config_has_pem(config->ca))
        err = fail(k, KEDGE_ERR_CONFIG, pod_ca, "unable to parse bytes as PEM block");
    config->ca_file = pod_ca;
    kedge_config_watch_files(config);
    return err;
}

static kedge_err pod_own_namespace(struct kedge *k, struct kedge_config *config)
{
    kedge_str text = kedge_str_of(variable(k, "POD_NAMESPACE"));
    config->namespace_ = "default";
    if (text.len == 0) {
        kedge_err err = kedge__config_read(k, pod_namespace, &text);
        if (err == KEDGE_ERR_MEMORY)
            return err;
        text = err == KEDGE_OK ? kedge__token_trim(text) : (kedge_str){NULL, 0};
    }
    if (text.len == 0)
        return KEDGE_OK;
    config->namespace_ = kedge__take_text(k, KEDGE__CONFIG_PART, text);
    return config->namespace_ != NULL ? KEDGE_OK : KEDGE_ERR_MEMORY;
}

static kedge_err load_pod(struct kedge *k, struct kedge_config *config)
{
    const char *host = variable(k, "KUBERNETES_SERVICE_HOST");
    const char *port = variable(k, "KUBERNETES_SERVICE_PORT");
    if (host == NULL || port == NULL) {
        kedge__line_text(kedge__fail(k, KEDGE_ERR_NOT_IN_POD),
                         "unable to load in-cluster configuration, KUBERNETES_SERVICE_HOST and "
                         "KUBERNETES_SERVICE_PORT must be defined");
        return KEDGE_ERR_NOT_IN_POD;
    }
    kedge_err err = pod_server(k, config, kedge_str_of(host), kedge_str_of(port));
    if (err == KEDGE_OK)
        err = pod_credentials(k, config);
    if (err == KEDGE_OK)
        err = pod_own_namespace(k, config);
    return err;
}

kedge_err kedge_config_in_cluster(struct kedge *k, struct kedge_config *config)
{
    struct kedge__config_loading l;
    kedge_err err = kedge__config_begin(&l, k, config);
    return err == KEDGE_OK ? kedge__config_end(&l, load_pod(k, config)) : err;
}
