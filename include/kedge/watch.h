// SPDX-License-Identifier: Apache-2.0
// kedge/watch.h - the watch API by itself: each change of some objects as it comes, with no cache.
//
//     struct kedge_rest *rest = kedge_rest_new(client, NULL);
//     struct kedge_watch *watch = kedge_watch_new(rest);
//     struct kedge_watch_options pods = {.kind = &kedge_kind_pod, .namespace_ = "default"};
//     struct kedge_watch_event event;
//
//     kedge_watch_start(watch, &pods, NULL);
//     while (kedge_watch_next(watch, &event, KEDGE_FOREVER) == KEDGE_OK)
//         printf("%s %s\n", kedge_watch_type_text(event.type), kedge_name(event.object));
//
// A watch is one request (client-go's watch.Interface). The server ends it sooner or later, and
// connections break: it ends then, too. kedge/retry_watcher.h goes on from the last version;
// kedge/informer.h keeps the objects, too. A full list of what there is at the beginning: leave the
// version unset, or "0", and the server begins with an ADDED of each.
//
// Events come in one of two ways:
//   - with a handler, from the loop (kedge_poll, kedge_run), as those of informers
//   - without one, by kedge_watch_next, which polls the loop until there is one
// Until the handler takes an event (`ready`), or the next one is asked for, the stream is not read:
// TCP holds the server back, and nothing is lost.
//
// An object that says to be of another kind than a typed watch asks for, such as a Table, is no
// event but what cannot be read: an ERROR event of our own, and the end.
//
// An object over a limit (text_max, object_max of the kedge_rest) is an event like any other, with
// a partial object: only its identity is there.
//
// A peer that is gone without a word is found by the port's keep-alive; then the watch ends. Where
// a port has none, or something in between keeps dead connections open, set `silence`, longer than
// the minute between two bookmarks.
#ifndef KEDGE_WATCH_H
#define KEDGE_WATCH_H

#include <kedge/kind.h>
#include <kedge/reader.h>
#include <kedge/rest.h>

#ifdef __cplusplus
extern "C" {
#endif

struct kedge_watch;

enum kedge_watch_type {
    KEDGE_WATCH_ADDED = 1,
    KEDGE_WATCH_MODIFIED,
    KEDGE_WATCH_DELETED,  // the object is as it was last, with the version of its deletion
    KEDGE_WATCH_BOOKMARK, // the object has a version and nothing else: all before it has been sent
    KEDGE_WATCH_ERROR
};

// "ADDED", "MODIFIED", ...; "" for what is none. Static storage.
const char *kedge_watch_type_text(enum kedge_watch_type type);

// One event. All it points to is good until the handler returns, or until the next kedge_watch_next
// or request on this kedge_rest; kedge_object_copy keeps an object.
struct kedge_watch_event {
    enum kedge_watch_type type;
    // Of a typed watch, all but ERROR; else NULL.
    const struct kedge_object *object;
    // Of a raw watch: the object as compact JSON, without managedFields. Of a typed one: what was
    // kept of it, and of an ERROR what was kept of the Status. Empty: of an ERROR of our own.
    kedge_str json;
    // The same behind a cursor; absent if it has more tokens than the kedge_rest has room for
    // (text_max / 8 + 16).
    kedge_json_value value;
    const char *resource_version; // the object's; never NULL, "" if it has none
    bool partial;                 // over a limit: only its identity is there
    bool initial_events_end;      // the BOOKMARK behind the initial events (send_initial_events)
    // Of ERROR: why. Never NULL then; from_server is false where the server sent an object that is
    // no Status.
    const struct kedge_status *status;
};

struct kedge_watch_handler {
    // An event. It may do what a handler of an informer may; it may stop the watch, but not start
    // one on this kedge_rest again.
    void (*on_event)(void *ctx, const struct kedge_watch_event *event);

    // The watch has ended; nothing more comes, and it may be started again, here too. May be NULL.
    //
    // KEDGE_OK            it had begun, and ended as watches do: the server closed it, the
    //                     connection broke or fell silent. Or there was none to be had, since the
    //                     connection broke each time
    // KEDGE_ERR_API       the server refused it: kedge_rest_status says why
    // KEDGE_ERR_JSON, KEDGE_ERR_HTTP, KEDGE_ERR_TLS, KEDGE_ERR_TOO_LONG
    //                     what came could not be read: an ERROR event told of it, if it was in the
    //                     middle. Or the answer was no JSON (HTTP)
    // otherwise           there was no connection, as each says
    //
    // kedge_rest_error_text has them in words, that of a broken connection too.
    void (*on_end)(void *ctx, kedge_err err);

    // Asked before each event of the server. While it says false none is delivered. Asked again 10
    // times a second, and at once after kedge_wake. NULL: always ready.
    bool (*ready)(void *ctx);

    void *ctx;
};

// Zero means unset.
struct kedge_watch_options {
    // Typed: events bring objects of this kind.
    const struct kedge_kind *kind;
    // Raw, where there is no kind: any resource that the server has.
    const char *group;   // "" or NULL: the core group
    const char *version; // "v1"
    const char *resource;

    const char *namespace_; // NULL or "": all, or of a resource without namespaces
    // label_selector, field_selector ("metadata.name=web": one object), resource_version (the watch
    // begins behind it), allow_watch_bookmarks, send_initial_events (with resource_version_match
    // KEDGE_NOT_OLDER_THAN), timeout_seconds. Others are refused.
    struct kedge_options options;
    // ms without a byte after which it ends (with KEDGE_OK). 0: any time; see above.
    kedge_time silence;
};

// Makes a watch in the arena, for events on that kedge_rest, whose only request it then is while it
// runs. NULL on failure: KEDGE_ERR_MEMORY, or `rest` is NULL.
struct kedge_watch *kedge_watch_new(struct kedge_rest *rest);

// Starts it. `handler` NULL: events are taken by kedge_watch_next. The handler's struct is copied;
// the texts of the options are borrowed until the watch has ended. Nothing is called back before
// this returns. Safe in a handler, but not in one of this kedge_rest while a request runs there.
//
// KEDGE_ERR_STATE     it runs, or another request on its kedge_rest does
// KEDGE_ERR_ARGUMENT  a NULL, a handler without on_event, options that are none of a watch:
//                     kedge_rest_error_text names the member
// KEDGE_ERR_TOO_LONG  the path is longer than path_max
// KEDGE_ERR_STOPPED   kedge_stop was called
// then on_end is not called.
kedge_err kedge_watch_start(struct kedge_watch *watch, const struct kedge_watch_options *options,
                            const struct kedge_watch_handler *handler);

// Ends it at once, and closes its connection; no call-back follows, events that were held back are
// dropped. Safe in every handler, and where it does not run. NULL does nothing.
void kedge_watch_stop(struct kedge_watch *watch);

// True from start until it has ended or was stopped.
bool kedge_watch_is_running(const struct kedge_watch *watch);

// Waits for the next event of a watch without a handler, by polling the loop: informers and all
// else go on meanwhile. The one before it is no longer good.
//
// KEDGE_OK             *event holds it
// KEDGE_ERR_CLOSED     the watch has ended (on_end's KEDGE_OK); so again at each further call
// KEDGE_ERR_TIMEOUT    none came within `timeout` ms; the watch goes on
// KEDGE_ERR_STATE      not started, stopped, or with a handler
// KEDGE_ERR_STOPPED    kedge_stop was called
// KEDGE_ERR_REENTRANT  called from a handler
// otherwise            what it ended with, as on_end, or what kedge_poll failed with
kedge_err kedge_watch_next(struct kedge_watch *watch, struct kedge_watch_event *event,
                           kedge_time timeout);

// Judges an event: KEDGE_OK: that is what was waited for; KEDGE_WAIT: not yet; anything else: it
// will never be.
typedef kedge_err (*kedge_until_condition)(void *ctx, const struct kedge_watch_event *event);

// Waits until one condition after the other is met (client-go's UntilWithoutRetry), of a watch that
// was started without a handler. A condition is first tried on the event that met the one before
// it. ERROR events are not given to conditions. The watch is stopped in the end, whatever that was.
//
// *event, if not NULL, is the last event there was (its type is 0 if there was none). Where that is
// what ended the waiting (KEDGE_OK, a condition's error, KEDGE_ERR_API) all of it is good until the
// next request on the kedge_rest; else type and version only.
//
// KEDGE_OK           all are met; so too, at once, if there are none
// KEDGE_ERR_TIMEOUT  not within `timeout` ms
// KEDGE_ERR_CLOSED   the watch ended before
// KEDGE_ERR_API      an ERROR event came, or the watch was refused: kedge_rest_status, or
//                    event->status
// otherwise          what a condition answered, or as kedge_watch_next
kedge_err kedge_until_without_retry(struct kedge_watch *watch,
                                    const kedge_until_condition *conditions, size_t count,
                                    void *ctx, kedge_time timeout, struct kedge_watch_event *event);

#ifdef __cplusplus
}
#endif
#endif
