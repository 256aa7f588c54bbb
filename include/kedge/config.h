// SPDX-License-Identifier: Apache-2.0
// kedge/config.h - which server, and who we are: in-cluster and kubeconfig, as client-go's
// rest.Config and clientcmd.
//
//     struct kedge_config config;
//     if (kedge_config_load(k, &config, NULL) != KEDGE_OK)   // in a pod: the pod's; else
//     kubeconfig
//         puts(kedge_error_text(k));
//
// All texts are NUL-terminated or slices in the arena of `k`, and live as long as `k` does. Without
// libyaml (KUBECONFIG_FILES=0), fill in the struct by hand: zero means unset.
#ifndef KEDGE_CONFIG_H
#define KEDGE_CONFIG_H

#include <stdbool.h>

#include <kedge/err.h>
#include <kedge/text.h>

#ifdef __cplusplus
extern "C" {
#endif

struct kedge;

struct kedge_config {
    const char *server;          // "https://host:port/prefix"
    const char *tls_server_name; // NULL: the server's host
    const char *namespace_;      // of the context or the pod; never NULL after loading: "default"
    kedge_str ca;                // PEM; from certificate-authority or -data
    kedge_str certificate;       // PEM; from client-certificate or -data
    kedge_str key;          // PEM; from client-key or -data. A secret: wiped by kedge_client_new
    const char *token;      // bearer token; a secret
    const char *token_file; // re-read about once a minute; wins over `token` where readable
    const char *username;   // basic authentication
    const char *password;   // a secret
    bool insecure;          // insecure-skip-tls-verify
    const char *user_agent; // NULL: "kedge/<version>"
    float qps; // requests a second that a client makes, all its kedge_rest together; 0: 5;
               // negative: without limit
    int burst; // of them at once; 0: 10

    bool no_tls_resumption; // each TLS handshake is a full one, no session is kept; see tls.h

    // The proxy to the server, as "http://user:password@host:port" or "https://...": from the
    // cluster's proxy-url. NULL: what the environment says, as Go does: HTTPS_PROXY (or
    // https_proxy) for an https server, HTTP_PROXY (or http_proxy) for an http one, unless it is
    // set together with REQUEST_METHOD, and NO_PROXY (or no_proxy) for what is reached without; see
    // kedge_proxy_excludes. "": none, whatever the environment says. A secret: wiped by
    // kedge_client_new. Every connection goes through it by CONNECT, also to an http server.
    const char *proxy_url;
    // Whom to trust as an https proxy, PEM. {NULL, 0}: `ca`, as client-go; then `insecure` counts
    // for the proxy, too. The client certificate is never shown to the proxy.
    kedge_str proxy_ca;
};

struct kedge_config_options {
    const char *kubeconfig; // an explicit file (--kubeconfig): only it, and it must exist
    const char *context;    // instead of current-context
};                          // NULL and "" both mean: not given

// In a pod (KUBERNETES_SERVICE_HOST and _PORT set and a service account token there): the pod's
// configuration. Else kubeconfig: options->kubeconfig, else $KUBECONFIG (several files merged),
// else $HOME/.kube/config. An explicit kubeconfig or context wins over the pod's. `options` may be
// NULL.
//
// `config` is overwritten; after a failure it is empty, and the arena as it was. What is loaded
// costs its own length in the arena and nothing besides; while loading, somewhat more is needed.
//
// KEDGE_ERR_NOT_FOUND    no pod around and no kubeconfig file; the explicit file or context does
// not
//                        exist
// KEDGE_ERR_FILE         a file that is named cannot be read (also: the pod's token and CA)
// KEDGE_ERR_CONFIG       a file is no kubeconfig, or says something impossible: file, line and
// field KEDGE_ERR_TOO_LONG     a kubeconfig over 4 MiB, or with more than 4,096 entries in one list
// KEDGE_ERR_MEMORY       the arena is too small, or libyaml could not allocate
// KEDGE_ERR_UNSUPPORTED  no pod around, and the port has no files or the build no kubeconfig
// KEDGE_ERR_ARGUMENT     `k` or `config` is NULL
// Or the first failure of `k`, if there was one before: then nothing is read.
// Details: kedge_error_text(k).
kedge_err kedge_config_load(struct kedge *k, struct kedge_config *config,
                            const struct kedge_config_options *options);

// The pod's only: address and namespace (POD_NAMESPACE, else the service account's, else "default")
// from the environment, token and CA from /var/run/secrets/kubernetes.io/serviceaccount.
// KEDGE_ERR_NOT_IN_POD where the environment is not set; else as above.
//
// Where client-go only logs that the CA cannot be read, and goes on with the system's, this is an
// error: a device has no system's.
kedge_err kedge_config_in_cluster(struct kedge *k, struct kedge_config *config);

// kubeconfig only. Needs libyaml, whose own memory is freed before it returns. `options` may be
// NULL. Errors as above.
//
// As client-go: of several files the first that has a stanza wins with all of it, and the first
// current-context that is not empty; missing files are tolerated unless explicit, broken ones
// never; relative paths are meant from the folder of the file that has them; a name twice in a
// list, token and password together, file and -data of one thing together are errors; without https
// there are no credentials. Of the stanzas only those that are chosen are ever held in memory.
//
// Not as client-go:
//   - a context that names a user that is not there is an error, not anonymous; so is a missing
//     current-context beside stanzas without names
//   - exec, auth-provider and impersonation (as) are refused by name, not supported yet
//   - a proxy-url may be http or https; socks5 is KEDGE_ERR_UNSUPPORTED
//   - YAML aliases, merge keys and tags are refused
//   - of a key given twice the last counts, but all are checked
//   - a file must be readable twice: no pipes
//   - one problem is told, not all
kedge_err kedge_config_kubeconfig(struct kedge *k, struct kedge_config *config,
                                  const struct kedge_config_options *options);

#ifdef __cplusplus
}
#endif
#endif
