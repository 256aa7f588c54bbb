// SPDX-License-Identifier: Apache-2.0
// kedge/discovery.h - what the server has: its version, groups and resources; client-go's
// discovery, streamed, in fixed memory.
//
//     static kedge_err print(void *ctx, const struct kedge_api_resource *r)
//     {
//         printf("%s/%s %s %s\n", r->group, r->version, r->resource, r->kind);
//         return KEDGE_OK;
//     }
//     ...
//     struct kedge_discovery *discovery = kedge_discovery_new(rest, NULL);
//     kedge_err err = kedge_discovery_preferred_resources(discovery, print, NULL);
//     if (err != KEDGE_OK)                        // KEDGE_ERR_PARTIAL: what could be had was told
//         puts(kedge_discovery_error_text(discovery));
//
// To find the resource that "deploy" or a kind means, see kedge/mapper.h.
//
// Nothing is held but the resource at hand, so a server may have any number of them. Servers from
// 1.26 on answer with one document for all groups (aggregated discovery); older ones are asked for
// the groups and then for each group version. Which it is, the answer's Content-Type says.
//
// These calls wait, as kedge_rest_read does, and may be called where it may. A call-back is called
// in the middle of a reply: it makes no request on this kedge_rest, and anything it answers but
// KEDGE_OK ends the call with just that. Its texts are good until it returns.
//
// Not as client-go: requests take their tokens from the client's bucket (client-go has one of burst
// 300 for discovery alone); group versions are asked for one after the other; aggregated documents
// are read twice where resources are told, because a server says last that a version is stale.
#ifndef KEDGE_DISCOVERY_H
#define KEDGE_DISCOVERY_H

#include <stdbool.h>
#include <stddef.h>

#include <kedge/err.h>
#include <kedge/rest.h>
#include <kedge/time.h>

#ifdef __cplusplus
extern "C" {
#endif

struct kedge_discovery;

// Zero means the default.
struct kedge_discovery_options {
    kedge_time timeout; // of each request, ms; 32 s. KEDGE_FOREVER: none
    size_t failures;    // group versions that are remembered as failed; 16
    size_t text_max;    // bytes of the names of those, and as many again for names of group
                        // versions that are still to be asked for; 1,024, at least 512
};

// Makes a kedge_discovery in the arena of the rest's kedge. It borrows `rest`, which may also be
// used for other requests, but not while a call here runs. `options` may be NULL. NULL on failure:
// KEDGE_ERR_MEMORY, KEDGE_ERR_ARGUMENT (text_max under 512, a negative time).
struct kedge_discovery *kedge_discovery_new(struct kedge_rest *rest,
                                            const struct kedge_discovery_options *options);

// What /version says; texts that are longer are cut. NUL-terminated, "" where the server says
// nothing.
struct kedge_server_version {
    char major[16];
    char minor[16];       // "36"; some servers have "20+"
    char git_version[64]; // "v1.36.2"
    char platform[32];    // "linux/amd64"
};

// Reads /version into *out. Errors as kedge_rest_read, and KEDGE_ERR_JSON.
kedge_err kedge_discovery_version(struct kedge_discovery *d, struct kedge_server_version *out);

// A version of an API group.
struct kedge_group_version {
    const char *group; // "" is the core group
    const char *version;
    bool preferred; // by the server, among the versions of its group
};
typedef kedge_err (*kedge_on_group_version)(void *ctx, const struct kedge_group_version *gv);

// Tells each version of each group, core first, in the server's order.
//
// KEDGE_OK           that was all
// KEDGE_ERR_PARTIAL  some are not told: aggregated servers that can be reached no more (their
//                    versions are stale). See kedge_discovery_failure
// KEDGE_ERR_FULL     more of them failed than `failures` or text_max can hold
// Otherwise as kedge_rest_read; a server without /api has no core group, which is no error.
// KEDGE_ERR_JSON: the answer is no discovery document.
kedge_err kedge_discovery_groups(struct kedge_discovery *d, kedge_on_group_version each, void *ctx);

// A resource, or a subresource of one, as APIResource of meta/v1. No text is NULL but subresource.
struct kedge_api_resource {
    const char *group; // that it is served in; "" is the core group
    const char *version;
    const char *resource;    // the plural name, as in paths: "deployments"
    const char *subresource; // "scale"; NULL: the resource itself
    const char *singular;    // "deployment"; "" where an old server does not say
    const char *kind_group;  // of what it takes and gives: of deployments/scale "autoscaling"
    const char *kind_version;
    const char *kind; // "Deployment"
    bool namespaced;
    bool preferred; // its version is, in its group
    // Ended by NULL; empty of a subresource, but for the verbs.
    const char *const *verbs; // "get", "list", "watch", ...
    const char *const *short_names;
    const char *const *categories;
};
typedef kedge_err (*kedge_on_api_resource)(void *ctx, const struct kedge_api_resource *r);

// True if the verb is among r->verbs (KEDGE_APPLY asks for "patch"). False if `r` is NULL.
bool kedge_api_resource_can(const struct kedge_api_resource *r, enum kedge_verb verb);

// Tells each resource of each group version (ServerGroupsAndResources), each followed by its
// subresources. Where something failed it is tried once more before the rest is told, or, where the
// versions are asked for one by one, after it. Errors as kedge_discovery_groups; in addition
// KEDGE_ERR_PARTIAL where a group version could not be read, or one of its resources is larger than
// the text_max or object_max of the kedge_rest.
kedge_err kedge_discovery_resources(struct kedge_discovery *d, kedge_on_api_resource each,
                                    void *ctx);

// The same, but each resource once (ServerPreferredResources): in its group's preferred version, or
// the first that has it. No subresources. KEDGE_ERR_FULL also: a group has over 256 resources.
kedge_err kedge_discovery_preferred_resources(struct kedge_discovery *d, kedge_on_api_resource each,
                                              void *ctx);

// Tells the resources of one group version (ServerResourcesForGroupVersion), with subresources;
// `preferred` is false, since nothing is known of it. One request. A group version that is not
// there is KEDGE_ERR_API with 404, but of the core v1 nothing and KEDGE_OK. KEDGE_ERR_ARGUMENT: no
// version, or no name. `group` may be NULL for core.
kedge_err kedge_discovery_resources_of(struct kedge_discovery *d, const char *group,
                                       const char *version, kedge_on_api_resource each, void *ctx);

// A group version that the last call could not have.
struct kedge_discovery_failure {
    const char *group; // good until the next call
    const char *version;
    kedge_err err; // KEDGE_ERR_STALE: the server says so. KEDGE_ERR_API: `code`
    int code;      // HTTP status, or 0
};

// The failure number `i` of the last call, or NULL if there are not so many.
const struct kedge_discovery_failure *kedge_discovery_failure(const struct kedge_discovery *d,
                                                              size_t i);

// How many there were, which may be more than are remembered.
size_t kedge_discovery_failures(const struct kedge_discovery *d);

// What the last call failed with, in words; "" if it did not. Good until the next call; never NULL.
const char *kedge_discovery_error_text(const struct kedge_discovery *d);

#ifdef __cplusplus
}
#endif
#endif
