// SPDX-License-Identifier: Apache-2.0
// kubeconfig_yaml.h - a file that libyaml parses, by way of the port. Included by kubeconfig*.c
// only.
#ifndef KEDGE_CLIENT_KUBECONFIG_YAML_H
#define KEDGE_CLIENT_KUBECONFIG_YAML_H

#include <yaml.h>

#include "base/context.h"

struct kedge__yaml {
    struct kedge *k;
    const char *path;
    yaml_parser_t parser;
    size_t offset; // of the file, read so far
    kedge_err read_err;
};

// False: libyaml could not allocate, and there is nothing to end. `y` does not move until the end.
bool kedge__yaml_begin(struct kedge__yaml *y, struct kedge *k, const char *path);

// Why yaml_parser_parse has failed: recorded, but for KEDGE_ERR_NOT_FOUND.
kedge_err kedge__yaml_failed(const struct kedge__yaml *y);

// Wipes libyaml's buffers and frees them.
void kedge__yaml_end(struct kedge__yaml *y);

#endif
