// SPDX-License-Identifier: Apache-2.0
// reference.c - what names an object from outside.
#include "kedge/object_reference.h"

struct kedge_object_reference kedge_object_reference_of(const struct kedge_kind *kind,
                                                        const struct kedge_object *object,
                                                        char uid[KEDGE_UID_TEXT])
{
    struct kedge_object_reference none = {0};
    if (kind == NULL || kedge_object_as(object, kind) == NULL)
        return none;
    return (struct kedge_object_reference){
        .group = kind->group,
        .version = kind->version,
        .kind = kind->kind,
        .namespace_ = kedge_namespace(object),
        .name = kedge_name(object),
        .uid = kedge_uid(object, uid),
        .resource_version = kedge_resource_version(object),
    };
}
