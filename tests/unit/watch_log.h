// SPDX-License-Identifier: Apache-2.0
// watch_log.h - a watch's client on a fake port, with a handler that writes down all that it is
// told, a line each:
//
//     ADDED a 5
//     ADDED b 6 partial
//     BOOKMARK  9 initial-events-end
//     ERROR 410 Expired
//     END KEDGE_OK
#ifndef WATCH_LOG_H
#define WATCH_LOG_H

#include "kedge/kedge.h"
#include "script.h"

#define WATCH_HEAD "HTTP/1.1 200 OK\r\nContent-Type: application/json\r\n\r\n"
#define WATCH_META(name, version) \
    "\"metadata\":{\"name\":\"" name "\",\"resourceVersion\":\"" version "\"}"
#define WATCH_EVENT(type, name, version) \
    "{\"type\":\"" type "\",\"object\":{" WATCH_META(name, version) "}}\n"
#define WATCH_ERROR(code, reason, more)                                           \
    "{\"type\":\"ERROR\",\"object\":{\"kind\":\"Status\",\"status\":\"Failure\"," \
    "\"code\":" code ",\"reason\":\"" reason "\",\"message\":\"m\"" more "}}\n"

struct watch_log {
    struct fake_port *port;
    struct fake_port own; // where there is no other
    struct script script;
    unsigned char memory[96 * 1024];
    struct kedge *k;
    struct kedge_client *client;
    struct kedge_rest *rest;
    struct kedge_watch_handler handler; // ctx: this

    char text[32768];
    size_t len;
    unsigned events;
    unsigned ends;
    kedge_err end;
    bool not_ready;
    unsigned asked; // how often `ready` was
    void (*on_event)(struct watch_log *l, const struct kedge_watch_event *event); // also do this
    void (*on_end)(struct watch_log *l);
    void *ctx; // of these two
};

// On a script of answers. Ends the test if something cannot be made.
void watch_log_script(struct watch_log *l, const char *const *answers, size_t count,
                      const struct kedge_rest_options *options);

// On a port of the caller's.
void watch_log_open(struct watch_log *l, struct fake_port *port,
                    const struct kedge_rest_options *options);

// Closes it, and checks that no stream is open.
void watch_log_close(struct watch_log *l);

// Writes an event down, as the handler does.
void watch_log_event(struct watch_log *l, const struct kedge_watch_event *event);
void watch_log_say(struct watch_log *l, const char *line);

// Polls until the end came, or `ms` have passed.
void watch_log_run(struct watch_log *l, kedge_time ms);

#endif
