// SPDX-License-Identifier: Apache-2.0
// kedge/config.h - which server, and who we are: in-cluster and kubeconfig, as client-go's rest.Config
// and clientcmd.
//
//     struct kedge_config config;
//     if (kedge_config_load(k, &config, NULL) != KEDGE_OK)   // in a pod: the pod's; else kubeconfig
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
    kedge_str key;               // PEM; from client-key or -data. A secret: wiped by kedge_client_new
    const char *token;           // bearer token; a secret
    const char *token_file;      // re-read about once a minute; wins over `token` where readable
    const char *username;        // basic authentication
    const char *password;        // a secret
    bool insecure;               // insecure-skip-tls-verify
    const char *user_agent;      // NULL: "kedge/<version>"
    float qps;                   // client-side rate limit: 0 is 5 a second, negative is none
    int burst;                   // 0 is 10
};

struct kedge_config_options {
    const char *kubeconfig; // an explicit file (--kubeconfig): only it, and it must exist
    const char *context;    // instead of current-context
};

// In a pod (KUBERNETES_SERVICE_HOST and _PORT set and a service account token there): the pod's
// configuration. Else kubeconfig: options->kubeconfig, else $KUBECONFIG (several files merged), else
// $HOME/.kube/config. An explicit kubeconfig or context wins over the pod's. `options` may be NULL.
//
// KEDGE_ERR_NOT_FOUND  no pod around and no kubeconfig file; the explicit file does not exist
// KEDGE_ERR_FILE       a file that is named cannot be read (also: the pod's token)
// KEDGE_ERR_CONFIG     a file is no kubeconfig, or says something impossible: file, line and field
// KEDGE_ERR_MEMORY     the arena is too small
// Details: kedge_error_text(k).
kedge_err kedge_config_load(struct kedge *k, struct kedge_config *config,
                            const struct kedge_config_options *options);

// The pod's only. KEDGE_ERR_NOT_IN_POD where the environment is not set.
kedge_err kedge_config_in_cluster(struct kedge *k, struct kedge_config *config);

// kubeconfig only. Needs libyaml. `options` may be NULL.
kedge_err kedge_config_kubeconfig(struct kedge *k, struct kedge_config *config,
                                  const struct kedge_config_options *options);

#ifdef __cplusplus
}
#endif
#endif
