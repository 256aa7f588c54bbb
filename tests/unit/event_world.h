// SPDX-License-Identifier: Apache-2.0
// event_world.h - a client with the mock API server behind it, on virtual time, for the recorders
// of events; and what the server has got, to be read by paths.
//
//     event_world_open(&w, NULL);
//     struct kedge_event_recorder *r = kedge_event_recorder_new(w.client, NULL);
//     kedge_event_record_for(r, &event_web, KEDGE_EVENT_NORMAL, "Started", "hello");
//     event_world_run(&w, KEDGE_SECOND);
//     assert_string_equal(event_text(&w, 0, "involvedObject.name"), "web");
//     event_world_close(&w);                                // closes the port: all streams are
//     shut
#ifndef EVENT_WORLD_H
#define EVENT_WORLD_H

#include "kedge/kedge.h"
#include "mock_port.h"

struct event_world {
    struct mock_port port;
    unsigned char memory[96 * 1024];
    struct kedge *k;
    struct kedge_client *client;
    const char *resource; // "events", or "events.events.k8s.io"
    char log[16384];      // of kedge, a line each
    size_t log_len;
    char text[4][2048]; // what event_text gave last
    unsigned texts;
};

// The pod "web" in "default", and other objects to make events of.
extern const struct kedge_object_reference event_web;

void event_world_open(struct event_world *w, const struct mock_options *options);
void event_world_close(struct event_world *w);

// Polls until so many ms have passed.
void event_world_run(struct event_world *w, kedge_time ms);

// Waits for a list that the server does not answer, which ends after 30 s.
void event_world_list_in_vain(struct event_world *w);

// How many events the server has.
size_t event_count(const struct event_world *w);

// The value at that path ("metadata.name") of its i-th event, in the order of namespaces and names
// (those of one object in the order in which they came), as text: numbers and objects as JSON; ""
// if it has none. Good for three calls more.
const char *event_text(struct event_world *w, size_t i, const char *path);

// The one of them with that value at that path; ends the test if there is none.
size_t event_with(struct event_world *w, const char *path, const char *value);

// Whether the log has that text in it.
bool event_logged(const struct event_world *w, const char *text);

#endif
