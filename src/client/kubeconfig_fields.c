// SPDX-License-Identifier: Apache-2.0
// kubeconfig_fields.c - what may stand in a kubeconfig, as data.
#include "client/kubeconfig.h"

const struct kedge__kubeconfig_field kedge__kubeconfig_cluster[] = {
    {"server", KEDGE__TEXT, KEDGE__SERVER, NULL},
    {"tls-server-name", KEDGE__TEXT, KEDGE__TLS_SERVER_NAME, NULL},
    {"insecure-skip-tls-verify", KEDGE__BOOL, KEDGE__INSECURE, NULL},
    {"certificate-authority", KEDGE__TEXT, KEDGE__CA, NULL},
    {"certificate-authority-data", KEDGE__DATA, KEDGE__CA_DATA, NULL},
    {"proxy-url", KEDGE__TEXT, KEDGE__PROXY_URL, NULL},
    {"extensions", KEDGE__JSON, KEDGE__CLUSTER_EXTENSIONS, NULL},
    {"disable-compression", KEDGE__BOOL, KEDGE__NO_SLOT, NULL}, // nothing is compressed anyway
    {NULL, KEDGE__ANY, KEDGE__NO_SLOT, NULL},
};

const struct kedge__kubeconfig_field kedge__kubeconfig_user[] = {
    {"client-certificate", KEDGE__TEXT, KEDGE__CERTIFICATE, NULL},
    {"client-certificate-data", KEDGE__DATA, KEDGE__CERTIFICATE_DATA, NULL},
    {"client-key", KEDGE__TEXT, KEDGE__KEY, NULL},
    {"client-key-data", KEDGE__DATA, KEDGE__KEY_DATA, NULL},
    {"token", KEDGE__TEXT, KEDGE__TOKEN, NULL},
    {"tokenFile", KEDGE__TEXT, KEDGE__TOKEN_FILE, NULL},
    {"username", KEDGE__TEXT, KEDGE__USERNAME, NULL},
    {"password", KEDGE__TEXT, KEDGE__PASSWORD, NULL},
    {"as", KEDGE__TEXT, KEDGE__AS, NULL},
    {"as-uid", KEDGE__TEXT, KEDGE__AS_UID, NULL},
    {"as-groups", KEDGE__JSON, KEDGE__AS_GROUPS, NULL},
    {"as-user-extra", KEDGE__JSON, KEDGE__AS_USER_EXTRA, NULL},
    {"auth-provider", KEDGE__ANY, KEDGE__AUTH_PROVIDER, NULL},
    {"exec", KEDGE__JSON, KEDGE__EXEC, NULL},
    {NULL, KEDGE__ANY, KEDGE__NO_SLOT, NULL},
};

const struct kedge__kubeconfig_field kedge__kubeconfig_context[] = {
    {"cluster", KEDGE__TEXT, KEDGE__CONTEXT_CLUSTER, NULL},
    {"user", KEDGE__TEXT, KEDGE__CONTEXT_USER, NULL},
    {"namespace", KEDGE__TEXT, KEDGE__CONTEXT_NAMESPACE, NULL},
    {NULL, KEDGE__ANY, KEDGE__NO_SLOT, NULL},
};

// The name comes first: its slot says which list an entry belongs to.
static const struct kedge__kubeconfig_field clusters[] = {
    {"name", KEDGE__TEXT, KEDGE__CLUSTER_NAME, NULL},
    {"cluster", KEDGE__MAP, KEDGE__NO_SLOT, kedge__kubeconfig_cluster},
    {NULL, KEDGE__ANY, KEDGE__NO_SLOT, NULL},
};

static const struct kedge__kubeconfig_field users[] = {
    {"name", KEDGE__TEXT, KEDGE__USER_NAME, NULL},
    {"user", KEDGE__MAP, KEDGE__NO_SLOT, kedge__kubeconfig_user},
    {NULL, KEDGE__ANY, KEDGE__NO_SLOT, NULL},
};

static const struct kedge__kubeconfig_field contexts[] = {
    {"name", KEDGE__TEXT, KEDGE__CONTEXT_NAME, NULL},
    {"context", KEDGE__MAP, KEDGE__NO_SLOT, kedge__kubeconfig_context},
    {NULL, KEDGE__ANY, KEDGE__NO_SLOT, NULL},
};

static const struct kedge__kubeconfig_field extensions[] = {
    {"name", KEDGE__TEXT, KEDGE__EXTENSION_NAME, NULL},
    {"extension", KEDGE__ANY, KEDGE__NO_SLOT, NULL},
    {NULL, KEDGE__ANY, KEDGE__NO_SLOT, NULL},
};

const struct kedge__kubeconfig_field kedge__kubeconfig_root[] = {
    {"apiVersion", KEDGE__TEXT, KEDGE__API_VERSION, NULL},
    {"kind", KEDGE__TEXT, KEDGE__KIND, NULL},
    {"current-context", KEDGE__TEXT, KEDGE__CURRENT_CONTEXT, NULL},
    {"clusters", KEDGE__LIST, KEDGE__NO_SLOT, clusters},
    {"users", KEDGE__LIST, KEDGE__NO_SLOT, users},
    {"contexts", KEDGE__LIST, KEDGE__NO_SLOT, contexts},
    {"extensions", KEDGE__LIST, KEDGE__NO_SLOT, extensions},
    {NULL, KEDGE__ANY, KEDGE__NO_SLOT, NULL},
};
