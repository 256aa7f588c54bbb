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
#include <kedge/time.h>

#ifdef __cplusplus
extern "C" {
#endif

struct kedge;
struct kedge_client;
struct kedge_config;

// A list of texts as one: each with a NUL behind it. KEDGE_STR("a\0b\0") has two.

// Who is asked for to be in place of who we are (impersonation). Unset: nobody.
struct kedge_impersonate {
    const char *user; // without it the others are an error
    const char *uid;
    kedge_str groups; // a list
    kedge_str extra;  // a list: key, value, key, value; a key may come again
};

// How a plugin learns whether it may talk to a human being.
enum kedge_exec_interactive {
    KEDGE_EXEC_INTERACTIVE_UNSET, // an error with v1; as IF_AVAILABLE with v1beta1
    KEDGE_EXEC_NEVER,
    KEDGE_EXEC_IF_AVAILABLE, // where standard input is a terminal
    KEDGE_EXEC_ALWAYS        // fails where it is none
};

// A credential plugin: a program that writes an ExecCredential to its standard output.
struct kedge_exec {
    const char *command;     // a path, or a name that the port looks up
    kedge_str args;          // a list
    kedge_str env;           // a list of NAME=value, added to the process's own environment
    const char *api_version; // "client.authentication.k8s.io/v1" or ".../v1beta1"
    const char *install_hint;
    bool provide_cluster_info;
    enum kedge_exec_interactive interactive;
    kedge_str cluster_config; // JSON: the cluster's extension client.authentication.k8s.io/exec
};

// What a program's own source of credentials answers. A token, or certificate and key, or both.
struct kedge_credentials {
    const char *token;     // bearer token; NULL: none
    kedge_str certificate; // PEM, with a NUL behind it, as kedge_tls_options; empty: as before
    kedge_str key;
    kedge_time valid_for; // ms until it is asked again; 0: not until a request is answered by 401
    kedge_time again;     // with KEDGE_WANT_READ: ms until it is asked again; 0: 100 ms
};

// Asked for credentials before a request that has none, or whose have ended: whatever `refresh` is,
// never more often than the loop turns. `refresh`: the ones before were answered by 401. `out` is
// all zeros. It must not block, and must not call kedge; with KEDGE_THREADS=1 it is called with the
// lock held, in whichever thread makes the request. What `out` points at stays as it is until the
// next call or kedge_client_free, and is the program's to wipe.
//
// KEDGE_OK           out->token, or out->certificate and out->key, or all three
// KEDGE_WANT_READ    not yet: asked again after out->again ms, or when the loop turns for another
//                    reason (kedge_wake)
// otherwise          there are none: the request fails with this error, and is tried again as after
//                    any failure
typedef kedge_err kedge_credentials_get(void *ctx, bool refresh, struct kedge_credentials *out);

// Private: what the functions below have linked into the program.
typedef kedge_err kedge__config_hook(struct kedge_client *client,
                                     const struct kedge_config *config);
struct kedge_config_hooks {
    kedge__config_hook *impersonate, *callback, *exec, *files;
};

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

    // For a device whose port has no calendar (wall_clock answers 0): the Date header of the
    // server's replies is what kedge_wall_clock says, to a second or so and the time that a reply
    // takes. A port that knows the date is never overruled. How far it can be trusted:
    //   - Over TLS that is verified it is the server's word, whom the CA vouches for, and nobody
    //     else's; over plain HTTP, and with `insecure`, it is anybody's on the way.
    //   - Until the first reply there is no date. That connection's certificates are accepted
    //     whatever their dates and judged by the date in the reply, once its head has come: if that
    //     is outside of them the connection is closed, the request fails with
    //     KEDGE_ERR_CERTIFICATE, nothing of its body is used, and the date is not believed. So a
    //     server that has been forgotten with an old certificate is found out. Somebody who has
    //     stolen the key of an expired certificate is not: he says a date within it. Then the first
    //     request with its token has gone to him, and the calendar is as old as he likes, until
    //     the next start. Where that must not be, give the device a clock with a battery.
    //   - From then on every handshake is judged by it as by any calendar, and every reply may move
    //     it, forward or back, as far as its Date demands.
    //   - A server that sends no Date is refused while the date is not known.
    // What is in microseconds (a Lease's renewTime) has them by the port's clock.
    bool clock_from_server;

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

    // Paths of what `ca`, `certificate` and `key` were read from; NULL: they are not from files.
    // kedge_config_watch_files has them read again.
    const char *ca_file;
    const char *certificate_file;
    const char *key_file;

    // Set by the functions below, which link what each needs.
    struct kedge_impersonate impersonate;
    struct kedge_exec exec;
    kedge_credentials_get *credentials;
    void *credentials_ctx;
    struct kedge_config_hooks hooks; // private
};

// Has ca_file, certificate_file and key_file read again, as client-go: certificate and key together
// every 5 minutes, the CA when a request begins and 5 minutes have passed. After a change of the
// certificate every connection is opened anew, watches too, which lose nothing; after one of the
// CA, connections opened from then on trust the new one. What cannot be read or used is logged
// once, and what was before stays. The loaders below call this where they read files; a
// configuration without files is not changed by it. NULL does nothing.
void kedge_config_watch_files(struct kedge_config *config);

// Has requests act as `who` (copied; its texts outlive the client). KEDGE_ERR_ARGUMENT if `config`,
// `who` or who->user is NULL or the user "": nothing changed. kedge_client_new refuses with
// KEDGE_ERR_CONFIG what cannot stand in a header.
kedge_err kedge_config_impersonate(struct kedge_config *config,
                                   const struct kedge_impersonate *who);

// Has credentials got from a plugin, where there is neither a token, nor a password, nor a
// certificate (they win, as in client-go). `exec` is copied; its texts outlive the client.
// KEDGE_ERR_ARGUMENT if `config`, `exec` or its command is NULL: nothing changed. kedge_client_new
// fails with KEDGE_ERR_CONFIG (apiVersion, interactive) or KEDGE_ERR_UNSUPPORTED (the port runs no
// processes).
//
// The plugin is run when the first request begins, and again when what it gave has expired or was
// answered by 401; requests wait meanwhile, up to 5 minutes, and the loop goes on. It is run at
// most once a second.
kedge_err kedge_config_exec(struct kedge_config *config, const struct kedge_exec *exec);

// Has credentials asked from `get`, for devices without files. In place of a token, a password and
// a plugin: with one of the first two, kedge_client_new fails with KEDGE_ERR_CONFIG. `get` NULL:
// from nobody.
void kedge_config_credentials(struct kedge_config *config, kedge_credentials_get *get, void *ctx);

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
//   - auth-provider is refused by name, not supported
//   - a proxy-url may be http or https; socks5 is KEDGE_ERR_UNSUPPORTED
//   - exec, as-groups, as-user-extra and the cluster's extensions are looked into only where the
//     stanza is the one that is chosen
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
