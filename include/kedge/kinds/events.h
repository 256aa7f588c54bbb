// SPDX-License-Identifier: Apache-2.0
// kedge/kinds/events.h - the kinds of events.k8s.io/v1. Event has its group before its name: the
// core group has one, too.
#ifndef KEDGE_KINDS_EVENTS_H
#define KEDGE_KINDS_EVENTS_H

#include <kedge/kinds/common.h>

#ifdef __cplusplus
extern "C" {
#endif

// events.k8s.io/v1 Event --------------------------------------------------------------------------

// The same objects as the core group's, under newer names.
#define KEDGE_ROWS_events_event(FIELD, LIST, ENUM, K)                             \
    FIELD(K, TEXT, type, "type")                                                  \
    FIELD(K, TEXT, reason, "reason")                                              \
    FIELD(K, TEXT, note, "note")                                                  \
    FIELD(K, TEXT, action, "action")                                              \
    FIELD(K, MICRO_TIME, event_time, "eventTime")                                 \
    FIELD(K, INT32, series_count, "series", "count")                              \
    FIELD(K, MICRO_TIME, series_last_observed_time, "series", "lastObservedTime") \
    FIELD(K, TEXT, regarding_api_version, "regarding", "apiVersion")              \
    FIELD(K, TEXT, regarding_kind, "regarding", "kind")                           \
    FIELD(K, TEXT, regarding_namespace, "regarding", "namespace")                 \
    FIELD(K, TEXT, regarding_name, "regarding", "name")                           \
    FIELD(K, UID, regarding_uid, "regarding", "uid")                              \
    FIELD(K, TEXT, regarding_field_path, "regarding", "fieldPath")                \
    FIELD(K, TEXT, related_api_version, "related", "apiVersion")                  \
    FIELD(K, TEXT, related_kind, "related", "kind")                               \
    FIELD(K, TEXT, related_namespace, "related", "namespace")                     \
    FIELD(K, TEXT, related_name, "related", "name")                               \
    FIELD(K, UID, related_uid, "related", "uid")                                  \
    FIELD(K, TEXT, reporting_controller, "reportingController")                   \
    FIELD(K, TEXT, reporting_instance, "reportingInstance")                       \
    FIELD(K, TEXT, deprecated_source_component, "deprecatedSource", "component")  \
    FIELD(K, TEXT, deprecated_source_host, "deprecatedSource", "host")            \
    FIELD(K, INT32, deprecated_count, "deprecatedCount")                          \
    FIELD(K, TIME, deprecated_first_timestamp, "deprecatedFirstTimestamp")        \
    FIELD(K, TIME, deprecated_last_timestamp, "deprecatedLastTimestamp")
KEDGE_DECLARE_KIND(events_event)

#ifdef __cplusplus
}
#endif
#endif
