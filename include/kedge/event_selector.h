// SPDX-License-Identifier: Apache-2.0
// kedge/event_selector.h - which events are about an object: a field selector for lists and watches
// of them, as client-go's GetFieldSelector makes it.
//
//     char text[1200];
//     struct kedge_field_selector mine;
//     if (kedge_event_selector(&mine, "", &about, text, sizeof text) == KEDGE_OK)
//         options.field_selector = text; // "involvedObject.apiVersion=v1,involvedObject.kind=..."
#ifndef KEDGE_EVENT_SELECTOR_H
#define KEDGE_EVENT_SELECTOR_H

#include <kedge/field_selector.h>
#include <kedge/object_reference.h>

#ifdef __cplusplus
extern "C" {
#endif

// Makes the selector of events whose object has the apiVersion, kind, name and uid of `about`; what
// is unset there may be anything, and if all is, every event is meant. Its text is written into
// `buf`, which is borrowed as long as the selector is used, with a NUL. `group` is that of the
// events: "" or NULL for core/v1, "events.k8s.io". May be called from anywhere, also from a thread.
//
// KEDGE_ERR_ARGUMENT  `about` is NULL, or there are no events in that group
// KEDGE_ERR_FULL      `cap` is too small: 1,200 bytes do for what the API takes
//
// After either the selector matches nothing, and its text is "".
kedge_err kedge_event_selector(struct kedge_field_selector *s, const char *group,
                               const struct kedge_object_reference *about, char *buf, size_t cap);

#ifdef __cplusplus
}
#endif
#endif
