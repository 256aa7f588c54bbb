// SPDX-License-Identifier: Apache-2.0
// server_options.h - the command line of mock_server, and the kubeconfig it writes.
#ifndef MOCK_SERVER_OPTIONS_H
#define MOCK_SERVER_OPTIONS_H

#include <stdbool.h>
#include <stddef.h>
#include <stdint.h>

#include "mock.h"

enum { OPTIONS_CRDS_MAX = 16 };

struct options {
    uint16_t port;
    bool ipv6;
    const char *tls;         // the directory that pki filled; NULL: plain HTTP
    const char *certificate; // which of its certificates
    const char *token;
    int64_t token_seconds; // 0: for ever
    bool client_ca;
    size_t deployments, namespaces;
    uint32_t churn_ms;
    uint64_t seed;
    const char *kubeconfig;
    unsigned seconds;
    enum mock_age age;
    bool no_managed_fields, limit_at_zero, pretty, anonymous, kubelets;
    size_t chunk_bytes;
    uint32_t bookmark_ms;
    uint32_t idle_ms;
    struct mock_crd crds[OPTIONS_CRDS_MAX];
    size_t crd_count;
    char *crd_texts[OPTIONS_CRDS_MAX];
};

// Ends the program with a sentence when something is wrong.
void options_parse(struct options *options, int argc, char **argv);
void options_free(struct options *options);

// Writes a kubeconfig with everything in it (server, CA, token, client certificate).
void options_write_kubeconfig(const struct options *options);

#endif
