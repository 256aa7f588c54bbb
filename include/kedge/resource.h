// SPDX-License-Identifier: Apache-2.0
// kedge/resource.h - which resource of the API, where no kind's table says it.
#ifndef KEDGE_RESOURCE_H
#define KEDGE_RESOURCE_H

#ifdef __cplusplus
extern "C" {
#endif

// Group, version and resource (schema.GroupVersionResource of client-go). The texts are borrowed.
struct kedge_gvr {
    const char *group;    // "" or NULL: the core group
    const char *version;  // "v1"
    const char *resource; // "deployments": the plural, in lower case
};

#ifdef __cplusplus
}
#endif
#endif
