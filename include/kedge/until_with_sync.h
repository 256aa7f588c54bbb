// SPDX-License-Identifier: Apache-2.0
// kedge/until_with_sync.h - waits for conditions on what an informer has and what happens to it.
//
//     static kedge_err is_there(void *ctx, const struct kedge_informer *pods) // the cache is whole
//     static kedge_err is_ready(void *ctx, const struct kedge_watch_event *event)
//
//     static const kedge_until_condition ready[] = {is_ready};
//     if (kedge_until_with_sync(pods, is_there, ready, 1, ctx, KEDGE_MINUTE) == KEDGE_OK)
//         ...
//
// As client-go's UntilWithSync, but over an informer that is there already, and stays: arena that a
// program has once given is not given back. Where a watch that is opened anew might have missed
// something (KEDGE_ERR_API behind a 410: kedge/retry_watcher.h), an informer lists, and what was
// missed comes as well.
#ifndef KEDGE_UNTIL_WITH_SYNC_H
#define KEDGE_UNTIL_WITH_SYNC_H

#include <kedge/informer.h>
#include <kedge/watch.h>

#ifdef __cplusplus
extern "C" {
#endif

// Judges the informer's cache, by kedge/lister.h. KEDGE_OK: what is waited for is there already;
// KEDGE_WAIT: not yet; anything else: it will never be.
typedef kedge_err (*kedge_until_precondition)(void *ctx, const struct kedge_informer *informer);

// Waits, by polling, until the cache has synced and `precondition` is met; where it is not, or is
// NULL, until one condition after the other is met by an event. Without a precondition nothing
// waits for the sync: events count as they come.
//
// Events are what a handler that joins now is told: first ADDED for each object of the cache, then
// ADDED, MODIFIED and DELETED (by a tombstone, too), no resync, bookmark or error. A condition is
// first tried on the event that met the one before it. It is called as a handler is, and may do
// what that may. Of an event there are type, object, version and `partial`; all of it is good until
// the condition returns. An object that finds no room in the heap is not told (KEDGE_STALE).
//
// The precondition is called outside the loop, and must not poll.
//
// KEDGE_OK             the precondition is met, or all conditions; so too, without a precondition
//                      and conditions, at once
// KEDGE_ERR_TIMEOUT    not within `timeout` ms; if the cache has not synced, kedge_error_text says
//                      what it is
// KEDGE_ERR_STOPPED    the informer was stopped, or kedge_stop was called
// KEDGE_ERR_STATE      the informer was never started, or a handler that calls this has stopped it
// KEDGE_ERR_REENTRANT  called from a handler
// KEDGE_ERR_ARGUMENT   the informer is NULL, or conditions are and count is not 0
// otherwise            what precondition or condition answered, or what kedge_poll failed with
kedge_err kedge_until_with_sync(struct kedge_informer *informer,
                                kedge_until_precondition precondition,
                                const kedge_until_condition *conditions, size_t count, void *ctx,
                                kedge_time timeout);

#ifdef __cplusplus
}
#endif
#endif
