// SPDX-License-Identifier: Apache-2.0
// kubeconfig.h - between the reader of one YAML file (kubeconfig.c) and the rules of which files,
// which stanzas and what of them (kubeconfig_rules.c).
//
// A file is walked several times, each time for one thing, and nothing else of it is ever held:
//
//     CHECK  everything is of the right type, no name twice; current-context
//     FIND   the place of a stanza, by list and name
//     TAKE   the fields of the stanza at a place
//
// Three walks, since a stanza's name usually comes behind its fields.
#ifndef KEDGE_CLIENT_KUBECONFIG_H
#define KEDGE_CLIENT_KUBECONFIG_H

#include "base/context.h"
#include "kedge/config.h"

// The largest kubeconfig file, in bytes.
#ifndef KEDGE_KUBECONFIG_MAX
#define KEDGE_KUBECONFIG_MAX 4194304
#endif

// Most entries of one list (clusters, users, contexts, extensions) of one file.
#define KEDGE__KUBECONFIG_ENTRIES_MAX 4096

// Deepest nesting of maps and lists.
#define KEDGE__KUBECONFIG_DEPTH_MAX 100

enum kedge__kubeconfig_slot {
    KEDGE__NO_SLOT,
    KEDGE__API_VERSION,
    KEDGE__KIND,
    KEDGE__CURRENT_CONTEXT,
    KEDGE__CONTEXT_NAME,
    KEDGE__CONTEXT_CLUSTER,
    KEDGE__CONTEXT_USER,
    KEDGE__CONTEXT_NAMESPACE,
    KEDGE__CLUSTER_NAME,
    KEDGE__SERVER,
    KEDGE__TLS_SERVER_NAME,
    KEDGE__INSECURE,
    KEDGE__CA,
    KEDGE__CA_DATA,
    KEDGE__PROXY_URL,
    KEDGE__CLUSTER_EXTENSIONS,
    KEDGE__USER_NAME,
    KEDGE__CERTIFICATE,
    KEDGE__CERTIFICATE_DATA,
    KEDGE__KEY,
    KEDGE__KEY_DATA,
    KEDGE__TOKEN,
    KEDGE__TOKEN_FILE,
    KEDGE__USERNAME,
    KEDGE__PASSWORD,
    KEDGE__AS,
    KEDGE__AS_UID,
    KEDGE__AS_GROUPS,
    KEDGE__AS_USER_EXTRA,
    KEDGE__AUTH_PROVIDER,
    KEDGE__EXEC,
    KEDGE__EXTENSION_NAME,
    KEDGE__KUBECONFIG_SLOTS
};

enum kedge__kubeconfig_type {
    KEDGE__TEXT,
    KEDGE__BOOL, // taken as "true", or as if it were not there
    KEDGE__DATA, // base64; taken as what it holds
    KEDGE__ANY,  // not looked into; taken as "..." if it is there
    KEDGE__JSON, // not looked into; what is taken becomes JSON
    KEDGE__MAP,
    KEDGE__LIST // of maps
};

// What a map may hold; ends with a NULL key. Whatever is not named is skipped, whatever it holds.
struct kedge__kubeconfig_field {
    const char *key;
    enum kedge__kubeconfig_type type;
    enum kedge__kubeconfig_slot slot;
    const struct kedge__kubeconfig_field *below; // MAP, LIST: what it, or each of it, may hold
};

extern const struct kedge__kubeconfig_field kedge__kubeconfig_root[];
extern const struct kedge__kubeconfig_field kedge__kubeconfig_cluster[];
extern const struct kedge__kubeconfig_field kedge__kubeconfig_user[];
extern const struct kedge__kubeconfig_field kedge__kubeconfig_context[];

// What YAML makes of a scalar.
enum kedge__kubeconfig_scalar {
    KEDGE__NOTHING,
    KEDGE__TRUE,
    KEDGE__FALSE,
    KEDGE__NUMBER,
    KEDGE__STRING
};

// Of a plain one: neither in quotes nor tagged. As Go's YAML does, so 0123, yes and 1e3 are no
// texts.
enum kedge__kubeconfig_scalar kedge__kubeconfig_plain(kedge_str s);

// What is wrong with a scalar as the value of `f`, or NULL. Never NOTHING: that suits every field.
const char *kedge__kubeconfig_check(const struct kedge__kubeconfig_field *f, kedge_str s,
                                    enum kedge__kubeconfig_scalar kind);

// Puts what a field's value comes to into the arena (see the types). KEDGE_OK or KEDGE_ERR_MEMORY.
kedge_err kedge__kubeconfig_keep(struct kedge *k, const struct kedge__kubeconfig_field *f,
                                 kedge_str s, kedge_str *out);

struct kedge__kubeconfig_value {
    kedge_str text; // in the arena, NUL-terminated; empty: as if it were not there
    uint32_t line;  // from 1; 0: not there
};

struct kedge__kubeconfig_query {
    enum { KEDGE__CHECK, KEDGE__FIND, KEDGE__TAKE } what;
    // FIND, TAKE: KEDGE__CONTEXT_NAME, KEDGE__CLUSTER_NAME or KEDGE__USER_NAME, which stands for
    // its list.
    enum kedge__kubeconfig_slot name_slot;
    kedge_str name;
    // TAKE: which of the list, from 0; FIND sets it if the name is there.
    uint32_t place;
    bool found;
    // CHECK (current-context only), TAKE: by slot. NULL: not wanted.
    struct kedge__kubeconfig_value *values;
};

// Walks the file at `path`. What is wrong with it is recorded with file, line and field, but for
// KEDGE_ERR_NOT_FOUND: whether it may be missing, the caller knows.
typedef kedge_err kedge__kubeconfig_walk(struct kedge *k, const char *path,
                                         struct kedge__kubeconfig_query *q);

// kedge_config_kubeconfig by means of `walk`, so that these rules need no YAML.
kedge_err kedge__kubeconfig_load(struct kedge *k, struct kedge_config *config,
                                 const struct kedge_config_options *options,
                                 kedge__kubeconfig_walk *walk);

#endif
