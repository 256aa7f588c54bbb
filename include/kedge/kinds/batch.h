// SPDX-License-Identifier: Apache-2.0
// kedge/kinds/batch.h - the kinds of batch/v1.
#ifndef KEDGE_KINDS_BATCH_H
#define KEDGE_KINDS_BATCH_H

#include <kedge/kinds/common.h>

#ifdef __cplusplus
extern "C" {
#endif

// batch/v1 CronJob -------------------------------------------------------------------------------

#define KEDGE_VALUES_concurrency_policy(VALUE) \
    VALUE(KEDGE_CONCURRENCY_ALLOW, "Allow")    \
    VALUE(KEDGE_CONCURRENCY_FORBID, "Forbid")  \
    VALUE(KEDGE_CONCURRENCY_REPLACE, "Replace")
KEDGE_DECLARE_ENUM(concurrency_policy)

#define KEDGE_ROWS_cronjob_active(FIELD, LIST, ENUM, K) \
    FIELD(K, TEXT, name, "name")                        \
    FIELD(K, UID, uid, "uid")
KEDGE_DECLARE_ITEM(cronjob_active)

#define KEDGE_ROWS_cronjob(FIELD, LIST, ENUM, K)                                                 \
    FIELD(K, TEXT, spec_schedule, "spec", "schedule")                                            \
    FIELD(K, TEXT, spec_time_zone, "spec", "timeZone")                                           \
    ENUM(K, concurrency_policy, spec_concurrency_policy, "spec", "concurrencyPolicy")            \
    FIELD(K, BOOL, spec_suspend, "spec", "suspend")                                              \
    FIELD(K, INT64, spec_starting_deadline_seconds, "spec", "startingDeadlineSeconds")           \
    FIELD(K, INT32, spec_successful_jobs_history_limit, "spec", "successfulJobsHistoryLimit")    \
    FIELD(K, INT32, spec_failed_jobs_history_limit, "spec", "failedJobsHistoryLimit")            \
    FIELD(K, TEXT_MAP, spec_template_metadata_labels, "spec", "jobTemplate", "spec", "template", \
          "metadata", "labels")                                                                  \
    LIST(K, template_container, spec_template_spec_containers, "spec", "jobTemplate", "spec",    \
         "template", "spec", "containers")                                                       \
    LIST(K, cronjob_active, status_active, "status", "active")                                   \
    FIELD(K, TIME, status_last_schedule_time, "status", "lastScheduleTime")                      \
    FIELD(K, TIME, status_last_successful_time, "status", "lastSuccessfulTime")
KEDGE_DECLARE_KIND(cronjob)

// batch/v1 Job -----------------------------------------------------------------------------------

#define KEDGE_VALUES_completion_mode(VALUE)    \
    VALUE(KEDGE_JOB_NON_INDEXED, "NonIndexed") \
    VALUE(KEDGE_JOB_INDEXED, "Indexed")
KEDGE_DECLARE_ENUM(completion_mode)

#define KEDGE_VALUES_pod_replacement(VALUE)                           \
    VALUE(KEDGE_REPLACE_TERMINATING_OR_FAILED, "TerminatingOrFailed") \
    VALUE(KEDGE_REPLACE_FAILED, "Failed")
KEDGE_DECLARE_ENUM(pod_replacement)

// completed_indexes, failed_indexes: as "1,3-5,7". How it ended: its conditions.
#define KEDGE_ROWS_job(FIELD, LIST, ENUM, K)                                                    \
    FIELD(K, INT32, spec_parallelism, "spec", "parallelism")                                    \
    FIELD(K, INT32, spec_completions, "spec", "completions")                                    \
    FIELD(K, INT64, spec_active_deadline_seconds, "spec", "activeDeadlineSeconds")              \
    FIELD(K, INT32, spec_backoff_limit, "spec", "backoffLimit")                                 \
    FIELD(K, INT32, spec_backoff_limit_per_index, "spec", "backoffLimitPerIndex")               \
    FIELD(K, INT32, spec_max_failed_indexes, "spec", "maxFailedIndexes")                        \
    FIELD(K, INT32, spec_ttl_seconds_after_finished, "spec", "ttlSecondsAfterFinished")         \
    FIELD(K, BOOL, spec_suspend, "spec", "suspend")                                             \
    ENUM(K, completion_mode, spec_completion_mode, "spec", "completionMode")                    \
    ENUM(K, pod_replacement, spec_pod_replacement_policy, "spec", "podReplacementPolicy")       \
    FIELD(K, TEXT, spec_managed_by, "spec", "managedBy")                                        \
    FIELD(K, BOOL, spec_manual_selector, "spec", "manualSelector")                              \
    FIELD(K, TEXT_MAP, spec_selector_match_labels, "spec", "selector", "matchLabels")           \
    LIST(K, label_expression, spec_selector_match_expressions, "spec", "selector",              \
         "matchExpressions")                                                                    \
    FIELD(K, TEXT_MAP, spec_template_metadata_labels, "spec", "template", "metadata", "labels") \
    LIST(K, template_container, spec_template_spec_containers, "spec", "template", "spec",      \
         "containers")                                                                          \
    FIELD(K, TIME, status_start_time, "status", "startTime")                                    \
    FIELD(K, TIME, status_completion_time, "status", "completionTime")                          \
    FIELD(K, INT32, status_active, "status", "active")                                          \
    FIELD(K, INT32, status_ready, "status", "ready")                                            \
    FIELD(K, INT32, status_succeeded, "status", "succeeded")                                    \
    FIELD(K, INT32, status_failed, "status", "failed")                                          \
    FIELD(K, INT32, status_terminating, "status", "terminating")                                \
    FIELD(K, TEXT, status_completed_indexes, "status", "completedIndexes")                      \
    FIELD(K, TEXT, status_failed_indexes, "status", "failedIndexes")                            \
    LIST(K, condition, status_conditions, "status", "conditions")
KEDGE_DECLARE_KIND(job)

#ifdef __cplusplus
}
#endif
#endif
