// SPDX-License-Identifier: Apache-2.0
// kubeconfig_json.h - a part of a kubeconfig that is not ours to understand, or is understood
// later, as JSON text in the arena.
#ifndef KEDGE_CLIENT_KUBECONFIG_JSON_H
#define KEDGE_CLIENT_KUBECONFIG_JSON_H

#include "client/kubeconfig.h"

// Nothing else is taken from the arena between begin and end.
struct kedge__kubeconfig_json {
    struct kedge *k;
    char *text; // NULL: nothing yet
    size_t len;
    size_t depth;
    bool is_list[KEDGE__KUBECONFIG_DEPTH_MAX];
    bool some;    // the open container holds something
    bool has_key; // a map's key was written, its value is next
    const char *problem;
};

void kedge__kubeconfig_json_begin(struct kedge__kubeconfig_json *j, struct kedge *k);

// Each: KEDGE_OK, KEDGE_ERR_MEMORY, or KEDGE_ERR_CONFIG: j->problem says what JSON has not.
kedge_err kedge__kubeconfig_json_open(struct kedge__kubeconfig_json *j, bool is_list);
kedge_err kedge__kubeconfig_json_close(struct kedge__kubeconfig_json *j);
kedge_err kedge__kubeconfig_json_scalar(struct kedge__kubeconfig_json *j, kedge_str s,
                                        enum kedge__kubeconfig_scalar kind);

// The whole, with a NUL behind it.
kedge_str kedge__kubeconfig_json_end(struct kedge__kubeconfig_json *j);

#endif
