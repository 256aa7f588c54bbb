// SPDX-License-Identifier: Apache-2.0
// mock_peer.h - a small client for the mock API server's own tests: requests in, replies out.
#ifndef MOCK_PEER_H
#define MOCK_PEER_H

#include <jansson.h>

#include "mock.h"

struct peer {
    struct mock *mock;
    struct mock_connection *connection;
    char *bytes; // all that came; NUL behind it
    size_t len;
    size_t chunk; // output is taken in pieces of so many bytes; 0: 4096
};

// A server with the custom resource Sensor, and one connection.
int peer_setup(void **state);
int peer_teardown(void **state);
// Another server in its place.
void use(struct peer *p, const struct mock_options *options);
void forget(struct peer *p); // what came
void take(struct peer *p);   // what comes
// Sends a request and takes what comes.
void ask(struct peer *p, const char *method, const char *path, const char *headers,
         const char *body);
int code(const struct peer *p);
// The body without its chunk framing, NUL-terminated, to be freed. What is cut is left out.
char *body_of(const struct peer *p);
json_t *json_of(const struct peer *p);
// The value at a path of keys and indices with dots between them: "items.0.metadata".
json_t *at(json_t *value, const char *path);
const char *string_at(json_t *value, const char *path);
void assert_code(const struct peer *p, int wanted);
void assert_reason(const struct peer *p, int wanted, const char *reason);
void assert_body_contains(const struct peer *p, const char *text);
size_t occurrences(const char *text, const char *word);
// A ConfigMap in default with a label tier.
void apply_config(struct peer *p, const char *name, const char *label);
// The events of a watch as "ADDED:name@version ", one behind the other.
void assert_events(struct peer *p, const char *wanted);
// The names of a list, each with a blank behind it.
void assert_chosen(struct peer *p, const char *path, const char *names);
// The last chunk came.
bool has_ended(const struct peer *p);

#define JSON_TYPE   "Content-Type: application/json\r\n"
#define DEPLOYMENTS "/apis/apps/v1/namespaces/default/deployments"
#define CONFIGMAPS  "/api/v1/namespaces/default/configmaps"
#define SENSORS     "/apis/edge.example.com/v1/namespaces/default/sensors"
#define DEPLOYMENT(name, replicas, image)                                                       \
    "{\"apiVersion\":\"apps/v1\",\"kind\":\"Deployment\",\"metadata\":{\"name\":\"" name        \
    "\",\"labels\":{\"app\":\"" name "\"}},\"spec\":{\"replicas\":" #replicas                   \
    ",\"selector\":{\"matchLabels\":{\"app\":\"" name "\"}},\"template\":{\"spec\":{"           \
    "\"containers\":[{\"name\":\"main\",\"image\":\"" image "\"},{\"name\":\"side\",\"image\":" \
    "\"side:1\"}]}}}}"

#endif
