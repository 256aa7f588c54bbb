// SPDX-License-Identifier: Apache-2.0
// exec_credential.c - the ExecCredential that a plugin is given in KUBERNETES_EXEC_INFO, and the
// one that it writes.
#include "base/base64.h"
#include "base/wipe.h"
#include "client/exec.h"
#include "kedge/reader.h"
#include "kedge/writer.h"

static const char variable[] = "KUBERNETES_EXEC_INFO=";

// --- what it is told -----------------------------------------------------------------------------

static void write_text(struct kedge_writer *w, const char *key, const char *text)
{
    if (text == NULL || text[0] == '\0')
        return;
    kedge_writer_key(w, key);
    kedge_writer_text(w, text);
}

// `ca`: its base64 in quotes.
static void write_cluster(struct kedge_writer *w, const struct kedge_config *config, kedge_str ca)
{
    kedge_writer_key(w, "cluster");
    kedge_writer_begin_object(w);
    write_text(w, "server", config->server);
    write_text(w, "tls-server-name", config->tls_server_name);
    if (config->insecure) {
        kedge_writer_key(w, "insecure-skip-tls-verify");
        kedge_writer_bool(w, true);
    }
    if (config->ca.len > 0) {
        kedge_writer_key(w, "certificate-authority-data");
        kedge_writer_raw(w, ca);
    }
    write_text(w, "proxy-url", config->proxy_url);
    if (config->exec.cluster_config.len > 0) {
        kedge_writer_key(w, "config");
        kedge_writer_raw(w, config->exec.cluster_config);
    }
    kedge_writer_end_object(w);
}

static kedge_err write_info(struct kedge_writer *w, const struct kedge_config *config,
                            bool interactive, kedge_str ca, kedge_str *out)
{
    kedge_writer_begin_object(w);
    write_text(w, "kind", "ExecCredential");
    write_text(w, "apiVersion", config->exec.api_version);
    kedge_writer_key(w, "spec");
    kedge_writer_begin_object(w);
    if (config->exec.provide_cluster_info)
        write_cluster(w, config, ca);
    kedge_writer_key(w, "interactive");
    kedge_writer_bool(w, interactive);
    kedge_writer_end_object(w);
    kedge_writer_end_object(w);
    return kedge_writer_finish(w, out);
}

// The CA as base64 in quotes, as scratch. NULL: no memory.
static const char *quote_ca(struct kedge *k, kedge_str ca, size_t *len)
{
    size_t written = 0;
    kedge__base64_encode(ca, NULL, 0, len);
    char *text = kedge__take(k, NULL, *len + 2, 1, 1);
    if (text == NULL)
        return NULL;
    text[0] = '"';
    kedge__base64_encode(ca, text + 1, *len, &written);
    text[*len + 1] = '"';
    *len += 2;
    return text;
}

const char *kedge__exec_info(struct kedge_client *c, const struct kedge_config *config,
                             bool interactive)
{
    struct kedge *k = c->k;
    struct kedge_writer w;
    kedge_str done, ca = {"\"\"", 0};
    size_t prefix = sizeof variable - 1;
    // Measured first. While nothing is written, nothing is read of a raw value.
    kedge__base64_encode(config->ca, NULL, 0, &ca.len);
    ca.len += 2;
    kedge_writer_init(&w, NULL, 0);
    kedge_err err = write_info(&w, config, interactive, ca, &done);
    if (err != KEDGE_ERR_TOO_LONG) {
        kedge__client_fail(c, KEDGE_ERR_CONFIG, "exec",
                           "server, tls-server-name or apiVersion is no UTF-8");
        return NULL;
    }
    size_t len = done.len;
    char *text = kedge__take(k, "client", prefix + len + 1, 1, 1);
    size_t mark = kedge__mark(k);
    ca.ptr = text != NULL ? quote_ca(k, config->ca, &ca.len) : NULL;
    if (ca.ptr == NULL)
        return NULL;
    memcpy(text, variable, prefix);
    kedge_writer_init(&w, text + prefix, len);
    write_info(&w, config, interactive, ca, &done);
    kedge__reset(k, mark);
    return text;
}

// --- what it answers -----------------------------------------------------------------------------

// Unescapes a text where it stands, with a NUL behind it: it never gets longer, and its closing
// quote makes room. Empty if there is none.
static kedge_str take(kedge_json_value v, char *text)
{
    kedge_str raw = kedge_json_raw(v);
    if (kedge_json_type(v) != KEDGE_JSON_TEXT || raw.len <= 2)
        return (kedge_str){NULL, 0};
    size_t from = (size_t)(raw.ptr + 1 - text);
    size_t len = kedge_json_text(v, &text[from], raw.len - 2);
    text[from + len] = '\0';
    return (kedge_str){&text[from], len};
}

static bool is_visible(kedge_str s)
{
    for (size_t i = 0; i < s.len; i++) {
        if (s.ptr[i] <= 0x20 || s.ptr[i] >= 0x7f)
            return false;
    }
    return true;
}

static bool is_text_or_nothing(kedge_json_value v)
{
    enum kedge_json_type type = kedge_json_type(v);
    return type == KEDGE_JSON_ABSENT || type == KEDGE_JSON_NULL || type == KEDGE_JSON_TEXT;
}

static const char *read_expiry(kedge_json_value v, char *text, struct kedge__exec_credential *out)
{
    kedge_str when = take(v, text);
    if (when.len > 0 && !kedge_timestamp_parse(when, &out->expires))
        return "status.expirationTimestamp is no RFC 3339 time";
    if (when.len > 0 && out->expires == 0)
        out->expires = 1; // 1970 itself: long ago, not never
    return NULL;
}

static const char *read_status(kedge_json_value status, char *text,
                               struct kedge__exec_credential *out)
{
    kedge_json_value token = kedge_json_get(status, "token");
    kedge_json_value certificate = kedge_json_get(status, "clientCertificateData");
    kedge_json_value key = kedge_json_get(status, "clientKeyData");
    kedge_json_value expires = kedge_json_get(status, "expirationTimestamp");
    if (!is_text_or_nothing(token) || !is_text_or_nothing(certificate) ||
        !is_text_or_nothing(key) || !is_text_or_nothing(expires))
        return "a field of its status is no text";
    kedge_str bearer = take(token, text);
    out->token = bearer.len > 0 ? bearer.ptr : NULL;
    out->certificate = take(certificate, text);
    out->key = take(key, text);
    if (out->token == NULL && out->certificate.len == 0 && out->key.len == 0)
        return "it wrote neither a token nor a client certificate and key";
    if ((out->certificate.len > 0) != (out->key.len > 0))
        return "it wrote one of client certificate and key without the other";
    if (!is_visible(bearer))
        return "its token holds what is no visible ASCII";
    return read_expiry(expires, text, out);
}

const char *kedge__exec_read(char *text, size_t len, const char *api_version,
                             struct kedge__exec_credential *out)
{
    struct kedge_json_token tokens[KEDGE__EXEC_TOKENS];
    struct kedge_json doc;
    *out = (struct kedge__exec_credential){0};
    kedge_err err = kedge_json_parse(&doc, text, len, tokens, KEDGE__EXEC_TOKENS);
    if (err == KEDGE_ERR_FULL)
        return "its answer has more values than an ExecCredential";
    if (err != KEDGE_OK)
        return "its answer is no JSON";
    kedge_json_value root = kedge_json_root(&doc);
    if (!kedge_json_text_is(kedge_json_get(root, "kind"), KEDGE_STR("ExecCredential")))
        return "its answer is no ExecCredential";
    if (!kedge_json_text_is(kedge_json_get(root, "apiVersion"), kedge_str_of(api_version)))
        return "its answer has another apiVersion than it is configured with";
    kedge_json_value status = kedge_json_get(root, "status");
    if (kedge_json_type(status) != KEDGE_JSON_OBJECT)
        return "its answer has no status";
    return read_status(status, text, out);
}
