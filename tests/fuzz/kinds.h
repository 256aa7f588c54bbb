// SPDX-License-Identifier: Apache-2.0
// kinds.h - every built-in kind, for targets that choose one.
#ifndef FUZZ_KINDS_H
#define FUZZ_KINDS_H

#include "kedge/kinds.h"

// The first nine stay where they are, for the sake of the inputs that have been found; then come
// all, by name.
#define KIND(name) &kedge_kind_##name,
static const struct kedge_kind *const fuzz_kinds[] = {
    &kedge_kind_deployment, &kedge_kind_pod,     &kedge_kind_node,
    &kedge_kind_secret,     &kedge_kind_service, &kedge_kind_configmap,
    &kedge_kind_namespace,  &kedge_kind_lease,   &kedge_kind_event,
#include "kinds.def"
};
#undef KIND
enum { FUZZ_KINDS = sizeof fuzz_kinds / sizeof fuzz_kinds[0] };

#endif
