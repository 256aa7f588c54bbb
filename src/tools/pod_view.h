// SPDX-License-Identifier: Apache-2.0
// pod_view.h - what the node rooms read of a pod, whatever kind the program keeps pods as.
#ifndef KEDGE_TOOLS_POD_VIEW_H
#define KEDGE_TOOLS_POD_VIEW_H

#include "kedge/kinds.h"

struct kedge__pod_view {
    const struct kedge_kind *kind;
    uint16_t phase;      // where it lies in the kind's struct
    uint16_t conditions; // 0: the kind keeps none
};

// NULL on success, else what is wrong with the kind. `kind` NULL is kedge_kind_pod.
const char *kedge__pod_view_init(struct kedge__pod_view *v, const struct kedge_kind *kind);

// The phase, 0 where there is none: also of an object that is partial or not of that kind.
unsigned kedge__pod_view_phase(const struct kedge__pod_view *v, const struct kedge_object *pod);

// The i-th condition, or NULL beyond the last.
const struct kedge_condition *kedge__pod_view_condition(const struct kedge__pod_view *v,
                                                        const struct kedge_object *pod, size_t i);

#endif
