// SPDX-License-Identifier: Apache-2.0
// kedge/retry_watcher.h - a watch that goes on from the last version when it ends.
//
//     struct kedge_retry_watcher *watcher = kedge_retry_watcher_new(rest);
//     struct kedge_watch_options pods = {
//         .kind = &kedge_kind_pod,
//         .namespace_ = "default",
//         .options = {.resource_version = version},       // of a list, or of an object
//     };
//     struct kedge_watch_event event;
//     kedge_retry_watcher_start(watcher, &pods, NULL);
//     while (kedge_retry_watcher_next(watcher, &event, KEDGE_FOREVER) == KEDGE_OK)
//         ...
//
// As client-go's RetryWatcher: what happened behind the version it starts with comes as events,
// each once, however often the watch is opened anew. It is opened at most once a second, for ever;
// an ERROR event that says when (retryAfterSeconds) is obeyed. It ends, behind an ERROR event, only
//   - if the server has forgotten the version (410): list anew, and start with the list's version
//   - if the watch is forbidden (403, 401)
//   - if an object has no version, or an event is of no known type: going on might miss something
// ERROR events of any other kind are dropped, and bookmarks, which only move the version.
#ifndef KEDGE_RETRY_WATCHER_H
#define KEDGE_RETRY_WATCHER_H

#include <kedge/watch.h>

#ifdef __cplusplus
extern "C" {
#endif

struct kedge_retry_watcher;

// Makes one in the arena, for watches on that kedge_rest. NULL on failure: KEDGE_ERR_MEMORY, or
// `rest` is NULL.
struct kedge_retry_watcher *kedge_retry_watcher_new(struct kedge_rest *rest);

// Starts it behind options->options.resource_version. Bookmarks are asked for, whatever the options
// say. Handler and options as in kedge_watch_start; the version is copied.
//
// on_end is told KEDGE_ERR_API behind an ERROR event of the server, KEDGE_ERR_JSON behind one about
// what it sent; else what kedge_rest_start refused (KEDGE_ERR_TOO_LONG).
//
// KEDGE_ERR_ARGUMENT  as kedge_watch_start; or the version is unset, "0", or over 63 bytes; or
//                     send_initial_events is set
// KEDGE_ERR_STATE, KEDGE_ERR_TOO_LONG, KEDGE_ERR_STOPPED  as kedge_watch_start
kedge_err kedge_retry_watcher_start(struct kedge_retry_watcher *watcher,
                                    const struct kedge_watch_options *options,
                                    const struct kedge_watch_handler *handler);

// As kedge_watch_stop, kedge_watch_is_running and kedge_watch_next.
void kedge_retry_watcher_stop(struct kedge_retry_watcher *watcher);
bool kedge_retry_watcher_is_running(const struct kedge_retry_watcher *watcher);
kedge_err kedge_retry_watcher_next(struct kedge_retry_watcher *watcher,
                                   struct kedge_watch_event *event, kedge_time timeout);

// The version of the last event taken, or bookmark: another watcher could start behind it. Never
// NULL; good until the next event.
const char *kedge_retry_watcher_version(const struct kedge_retry_watcher *watcher);

// As kedge_until_without_retry, over closed and broken watches (client-go's Until). Over an
// informer, which nothing ends: kedge/until_with_sync.h.
kedge_err kedge_until(struct kedge_retry_watcher *watcher, const kedge_until_condition *conditions,
                      size_t count, void *ctx, kedge_time timeout, struct kedge_watch_event *event);

#ifdef __cplusplus
}
#endif
#endif
