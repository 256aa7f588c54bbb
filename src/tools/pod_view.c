// SPDX-License-Identifier: Apache-2.0
// pod_view.c - finds the phase and the conditions in a kind's table, once.
#include "tools/pod_view.h"

#include <string.h>

// Texts, each ended by a NUL, and one more NUL at the end.
static bool same_texts(const char *a, const char *b)
{
    while (*a != '\0' && strcmp(a, b) == 0) {
        a += strlen(a) + 1;
        b += strlen(b) + 1;
    }
    return *a == '\0' && *b == '\0';
}

static const struct kedge_field *find_row(const struct kedge_kind *kind, const char *path)
{
    for (size_t i = 0; i < kind->table->count; i++) {
        if (same_texts(kind->table->fields[i].path, path))
            return &kind->table->fields[i];
    }
    return NULL;
}

const char *kedge__pod_view_init(struct kedge__pod_view *v, const struct kedge_kind *kind)
{
    if (kind == NULL)
        kind = &kedge_kind_pod;
    const struct kedge_field *phase = find_row(kind, KEDGE_PATH("status", "phase"));
    const struct kedge_field *conditions = find_row(kind, KEDGE_PATH("status", "conditions"));
    *v = (struct kedge__pod_view){.kind = kind};
    if (kind->group[0] != '\0' || strcmp(kind->version, "v1") != 0 ||
        strcmp(kind->resource, "pods") != 0)
        return "pod_kind is not one of pods of v1";
    if (phase == NULL || phase->type != KEDGE_FIELD_ENUM ||
        !same_texts(phase->detail, KEDGE_VALUES_pod_phase(KEDGE__VALUE_NAME)))
        return "pod_kind lacks ENUM(K, pod_phase, status_phase, \"status\", \"phase\")";
    v->phase = phase->offset;
    if (conditions != NULL && conditions->items == &kedge__table_condition)
        v->conditions = conditions->offset;
    return NULL;
}

static const void *member_of(const struct kedge__pod_view *v, const struct kedge_object *pod,
                             uint16_t offset)
{
    const unsigned char *is = kedge_object_as(pod, v->kind);
    return is != NULL && offset != 0 && !kedge_is_partial(pod) ? is + offset : NULL;
}

unsigned kedge__pod_view_phase(const struct kedge__pod_view *v, const struct kedge_object *pod)
{
    const uint8_t *phase = member_of(v, pod, v->phase);
    return phase != NULL ? *phase : 0;
}

const struct kedge_condition *kedge__pod_view_condition(const struct kedge__pod_view *v,
                                                        const struct kedge_object *pod, size_t i)
{
    const struct kedge_list *list = member_of(v, pod, v->conditions);
    return list != NULL && i < list->count ? KEDGE_AT(struct kedge_condition, list, i) : NULL;
}
