// SPDX-License-Identifier: Apache-2.0
// kedge/object_reference.h - which object is meant: core/v1 ObjectReference.
//
//     char uid[KEDGE_UID_TEXT];
//     struct kedge_object_reference web = kedge_object_reference_of(&kedge_kind_pod, pod, uid);
//     web.field_path = "spec.containers{web}";
#ifndef KEDGE_OBJECT_REFERENCE_H
#define KEDGE_OBJECT_REFERENCE_H

#include <kedge/kind.h>

#ifdef __cplusplus
extern "C" {
#endif

// All texts are borrowed by the call that the reference is given to. NULL is "", unset.
struct kedge_object_reference {
    const char *group;   // "apps"; the core group: unset
    const char *version; // "v1". Or, without a group, the whole apiVersion: "apps/v1"
    const char *kind;    // "Deployment"
    const char *namespace_;
    const char *name;
    const char *uid;
    const char *resource_version;
    const char *field_path; // a part of the object, as "spec.containers{web}"
};

// Of an object of that kind, as client-go's GetReference; the texts are those of the object and
// good as long as it is, but for the uid, which is written into `uid` and must last as long. All
// unset if the object is NULL or of another kind. May be called from anywhere.
struct kedge_object_reference kedge_object_reference_of(const struct kedge_kind *kind,
                                                        const struct kedge_object *object,
                                                        char uid[KEDGE_UID_TEXT]);

#ifdef __cplusplus
}
#endif
#endif
