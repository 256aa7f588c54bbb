// SPDX-License-Identifier: Apache-2.0
// build_owner.c - owner references, as client-go's metav1.NewControllerRef.
#include "object/build_priv.h"

struct owner {
    struct kedge__value value; // first
    const struct kedge_object *object;
    const struct kedge_kind *kind;
    bool controller;
};

static void member(struct kedge_writer *w, const char *key, const char *text)
{
    kedge_writer_key(w, key);
    kedge_writer_text(w, text);
}

static void write_owner(struct kedge_writer *w, const struct kedge__value *v)
{
    const struct owner *o = (const struct owner *)v;
    char uid[KEDGE_UID_TEXT];
    kedge_writer_begin_object(w);
    kedge_writer_key(w, "apiVersion");
    kedge__write_api_version(w, o->kind);
    member(w, "kind", o->kind->kind);
    member(w, "name", kedge_name(o->object));
    member(w, "uid", kedge_uid(o->object, uid));
    if (o->controller) {
        kedge_writer_key(w, "controller");
        kedge_writer_bool(w, true);
        kedge_writer_key(w, "blockOwnerDeletion");
        kedge_writer_bool(w, true);
    }
    kedge_writer_end_object(w);
}

void kedge_build_owner(struct kedge_build *b, const struct kedge_object *owner,
                       const struct kedge_kind *kind, bool controller)
{
    struct owner o = {{write_owner, {NULL, 0}, 0}, owner, kind, controller};
    char uid[KEDGE_UID_TEXT];
    bool is_one = kind != NULL && kedge_object_as(owner, kind) != NULL &&
                  kedge_name(owner)[0] != '\0' && kedge_uid(owner, uid)[0] != '\0';
    if (is_one)
        kedge__build_set(b, KEDGE_FIELD_AT("metadata", "ownerReferences"), 0, NULL, true, &o.value);
    else
        kedge__build_fail(b, KEDGE_ERR_ARGUMENT, NULL,
                          "metadata.ownerReferences: the owner is not of that kind, or has no "
                          "name or uid");
}
