// SPDX-License-Identifier: Apache-2.0
// discovery_priv.h - the insides of struct kedge_discovery, for those who look at all resources.
//
// A tour tells what the server has as it is read. It is where both forms of discovery become one:
// the resources of a group version, then the group version itself. Only then is it known whether
// it is stale, so whoever must not tell of a stale one makes a survey before (a tour that asks for
// no resources), or holds back what it found until the version ends.
#ifndef KEDGE_CLIENT_DISCOVERY_PRIV_H
#define KEDGE_CLIENT_DISCOVERY_PRIV_H

#include "client/rest_priv.h"
#include "client/walk.h"
#include "kedge/discovery.h"

#define KEDGE__GROUP_NAME   254 // with the NUL; a DNS subdomain
#define KEDGE__VERSION_NAME 64  // a DNS label

// What a tour tells. Anything but KEDGE_OK ends it with just that.
struct kedge__tour {
    // NULL: resources are neither asked for nor told.
    kedge_on_api_resource on_resource;
    // The end of a group version; of one that failed not, unless it is stale.
    kedge_err (*on_version)(void *ctx, const struct kedge_group_version *gv, bool stale);
    // Asked before each further request: true ends the tour well. NULL: never.
    bool (*enough)(void *ctx);
    void *ctx;
    bool no_core;   // the core group is of no interest
    bool core_only; // only that is
};

struct kedge_discovery {
    struct kedge_rest *rest;
    struct kedge_discovery_options options;
    char text[KEDGE__REST_TEXT];

    struct kedge_discovery_failure *failures;
    size_t failure_count; // remembered
    size_t failed;        // in all
    char *names;          // of the failures; options.text_max bytes
    size_t names_used;

    // The tour at hand, and where it is.
    const struct kedge__tour *tour;
    unsigned group_index;   // of the group, in the server's order, core first
    unsigned version_index; // of the version in its group
    unsigned fresh;         // versions of the group that are not stale, so far
    char group[KEDGE__GROUP_NAME];
    char version[KEDGE__VERSION_NAME];
    bool core; // the document is of the core group
    bool group_known;
    bool version_known;
    bool stale;
    bool preferred; // of the version that is asked for by itself
    bool single;    // the document is of one group version
    bool formed;    // the reply's form is known
    bool aggregated;
    kedge_err told;     // what a call-back ended it with
    unsigned resources; // told of this document
    unsigned skip;      // of them told before, by a document that broke off

    // Group versions that are still to be asked for, of as many as fit: "+group\0version\0", '+'
    // for the preferred one. The rest is read from /apis again.
    char *batch;
    size_t batch_used;
    bool batch_full;
    unsigned batch_from; // the first of this batch
    unsigned batch_seen;

    struct kedge__walk walk;
    struct kedge_sieve_options cut;
};

// Goes through all. KEDGE_OK or KEDGE_ERR_PARTIAL: to the end, or `enough`; d->text says what
// failed. Failures are added to those that are there.
kedge_err kedge__discovery_tour(struct kedge_discovery *d, const struct kedge__tour *tour);

// One group version by its own document; a 404 for the core v1 is none at all.
kedge_err kedge__discovery_version_tour(struct kedge_discovery *d, const struct kedge__tour *tour,
                                        const char *group, const char *version);

// Forgets failures and text: the beginning of a call.
void kedge__discovery_reset(struct kedge_discovery *d);
// Remembers one, once. The group and version are those at hand.
void kedge__discovery_fail(struct kedge_discovery *d, kedge_err err, int code);
// Says what came of it, if that was not well; gives `err` back.
kedge_err kedge__discovery_say(struct kedge_discovery *d, kedge_err err, const char *problem);
// True if it may be a group or version in a path.
bool kedge__discovery_is_name(const char *name, size_t max);

// Reads the sieve's item, a resource, and tells it and its subresources. KEDGE_ERR_TOO_LONG: it,
// or a subresource, does not fit; that was not told.
kedge_err kedge__discovery_tell(struct kedge_discovery *d, kedge_on_api_resource tell, void *ctx);
extern const struct kedge_table kedge__api_resource_table;     // of aggregated discovery
extern const struct kedge_table kedge__old_api_resource_table; // APIResource of meta/v1

#endif
