// SPDX-License-Identifier: Apache-2.0
// config_priv.h - what the two sources of a configuration share.
//
// Loading takes scratch and what is kept from the arena as they come. At the end, what struct
// kedge_config points at is moved down to where loading began, and all else is wiped and given
// back:
//
//     before   | paths | server | names | CA as text | namespace | ...
//     after    | server | CA | namespace | free
#ifndef KEDGE_CLIENT_CONFIG_PRIV_H
#define KEDGE_CLIENT_CONFIG_PRIV_H

#include "base/context.h"
#include "kedge/config.h"

// The largest file that is taken as a whole (certificates, keys, tokens), in bytes.
#ifndef KEDGE_CONFIG_FILE_MAX
#define KEDGE_CONFIG_FILE_MAX 1048576
#endif

// The name of it all in the memory report.
#define KEDGE__CONFIG_PART "configuration"

struct kedge__config_loading {
    struct kedge *k;
    struct kedge_config *config;
    size_t mark;
    struct kedge__part before;
};

// KEDGE_ERR_ARGUMENT if `k` or `config` is NULL, the first failure if there was one already: then
// there is nothing to end. Empties `config`.
kedge_err kedge__config_begin(struct kedge__config_loading *l, struct kedge *k,
                              struct kedge_config *config);

// Keeps what `config` points at, or, if `err` is a failure, nothing. Returns `err`.
kedge_err kedge__config_end(struct kedge__config_loading *l, kedge_err err);

// Reads a whole file into the arena, with a NUL behind it.
//
// KEDGE_ERR_NOT_FOUND, KEDGE_ERR_FILE, KEDGE_ERR_UNSUPPORTED (the port has no files),
// KEDGE_ERR_TOO_LONG: nothing is recorded, the caller knows the place. KEDGE_ERR_MEMORY is
// recorded.
kedge_err kedge__config_read(struct kedge *k, const char *path, kedge_str *out);

// Those errors in words.
const char *kedge__config_read_problem(kedge_err err);

// True if a PEM block begins somewhere in `text`.
bool kedge__config_has_pem(kedge_str text);

// Whether KUBERNETES_SERVICE_HOST and KUBERNETES_SERVICE_PORT are set: a pod, token or not.
bool kedge__config_has_pod_environment(struct kedge *k);

// Whether this is a pod with a service account. A token that is there but cannot be read says yes:
// to go on with somebody else's kubeconfig would hide what is wrong.
bool kedge__config_is_pod(struct kedge *k);

#endif
