// SPDX-License-Identifier: Apache-2.0
// kubeconfig_load.h - one load of a kubeconfig: what is known so far, shared by the choice of files
// and stanzas (kubeconfig_rules.c) and by what is made of them (kubeconfig_apply.c).
#ifndef KEDGE_CLIENT_KUBECONFIG_LOAD_H
#define KEDGE_CLIENT_KUBECONFIG_LOAD_H

#include "client/config_priv.h"
#include "client/kubeconfig.h"

// A stanza that was chosen.
struct kedge__stanza {
    const char *list; // "users", for messages
    const char *entry;
    const struct kedge__kubeconfig_field *fields; // NULL: the file itself
    enum kedge__kubeconfig_slot name_slot;
    const char *file;
    uint32_t place;
};

struct kedge__kubeconfig_loading {
    struct kedge *k;
    struct kedge_config *config;
    const struct kedge_config_options *options;
    kedge__kubeconfig_walk *walk;
    const char *files; // one after the other, each with its NUL
    size_t file_count;
    size_t missing;
    bool is_explicit;
    bool is_variable;
    const char *context_name;
    struct kedge__stanza top; // where current-context stands
    struct kedge__stanza context;
    struct kedge__stanza cluster;
    struct kedge__stanza user;
    struct kedge__kubeconfig_value values[KEDGE__KUBECONFIG_SLOTS];
};

static inline bool kedge__is_set(const struct kedge__kubeconfig_loading *l,
                                 enum kedge__kubeconfig_slot slot)
{
    return l->values[slot].text.len > 0;
}

static inline const char *kedge__text(const struct kedge__kubeconfig_loading *l,
                                      enum kedge__kubeconfig_slot slot)
{
    return kedge__is_set(l, slot) ? l->values[slot].text.ptr : NULL;
}

// Records a failure at a field of a stanza (at the stanza itself, by its name's slot) and gives the
// line:
// "/home/me/.kube/config:12: users[1].user.token: ".
struct kedge__line *kedge__kubeconfig_fail(const struct kedge__kubeconfig_loading *l, kedge_err err,
                                           const struct kedge__stanza *s,
                                           enum kedge__kubeconfig_slot slot);

// The same with KEDGE_ERR_CONFIG, which it returns, and a name in the middle: "before", name,
// "after".
kedge_err kedge__kubeconfig_refuse(const struct kedge__kubeconfig_loading *l,
                                   const struct kedge__stanza *s, enum kedge__kubeconfig_slot slot,
                                   const char *before, const char *name, const char *after);

// A path of a stanza, meant from the folder of the stanza's file. NULL: no memory.
const char *kedge__kubeconfig_resolve(const struct kedge__kubeconfig_loading *l,
                                      const struct kedge__stanza *s, const char *path);

// kubeconfig_exec.c: the user's exec, with the cluster's extension for it; whom to impersonate.
kedge_err kedge__kubeconfig_apply_exec(struct kedge__kubeconfig_loading *l);
kedge_err kedge__kubeconfig_apply_as(struct kedge__kubeconfig_loading *l);

// Whether the stanzas that were chosen go together; if so, fills in the configuration.
kedge_err kedge__kubeconfig_apply(struct kedge__kubeconfig_loading *l);

#endif
