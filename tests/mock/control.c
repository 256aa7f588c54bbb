// SPDX-License-Identifier: Apache-2.0
// control.c - the mock's own requests, for tests in another process: POST /mock/fault, /mock/heal,
// /mock/compact, /mock/restart, /mock/bookmark, /mock/churn; GET /mock/state. No credentials
// needed.
#include <string.h>

#include "priv.h"

static enum mock_on on_of(const char *text)
{
    static const char *const names[] = {"any", "list", "watch", "other"};
    for (int i = 0; i < 4; i++)
        if (!strcmp(names[i], text))
            return (enum mock_on)i;
    return MOCK_ON_ANY;
}

static size_t number(const json_t *body, const char *key)
{
    json_int_t value = json_integer_value(json_object_get(body, key));
    return value > 0 ? (size_t)value : 0;
}

static json_t *arm(struct mock *mock, const json_t *body)
{
    struct mock_fault fault = {.kind = mock_fault_by_name(mock__path_string(body, "fault"))};
    if (fault.kind == MOCK_FAULT_KINDS)
        return status_bad_request("no such fault: \"%s\"", mock__path_string(body, "fault"));
    fault.on = on_of(mock__path_string(body, "on"));
    fault.resource = json_string_value(json_object_get(body, "resource"));
    fault.now = json_is_true(json_object_get(body, "now"));
    fault.skip = (unsigned)number(body, "skip");
    fault.count = (unsigned)number(body, "count");
    fault.bytes = number(body, "bytes");
    fault.status = (int)number(body, "status");
    fault.retry_after_s = (int)number(body, "retryAfter");
    mock_inject(mock, &fault);
    return NULL;
}

static json_t *state_of(const struct mock *mock)
{
    json_t *objects = json_object();
    json_int_t connections = 0, watches = 0;
    for (const struct mock_connection *c = mock->connections; c; c = c->next) {
        connections++;
        watches += c->phase == PHASE_WATCHING;
    }
    for (size_t i = 0; i < mock->resource_count; i++)
        json_object_set_new(objects, mock->resources[i].kind.plural,
                            json_integer((json_int_t)mock->resources[i].count));
    return json_pack("{s:I, s:I, s:I, s:I, s:o}", "resourceVersion", (json_int_t)mock->version,
                     "connections", connections, "watches", watches, "armedFaults",
                     (json_int_t)mock->fault_count, "objects", objects);
}

// False: no such request.
static bool obey(struct mock_connection *c, const char *what, const json_t *body, json_t **refusal)
{
    struct mock *mock = c->mock;
    if (!strcmp(what, "fault")) {
        *refusal = arm(mock, body);
    } else if (!strcmp(what, "heal")) {
        mock_heal(mock);
    } else if (!strcmp(what, "compact")) {
        mock_compact(mock);
    } else if (!strcmp(what, "restart")) {
        mock_restart(mock, json_is_true(json_object_get(body, "keepHistory")));
        c->broken = false; // it still wants the answer
    } else if (!strcmp(what, "bookmark")) {
        mock_bookmark(mock);
    } else if (!strcmp(what, "churn")) {
        for (size_t i = number(body, "steps"); i > 0; i--)
            mock_churn(mock);
    } else {
        return !strcmp(what, "state");
    }
    return true;
}

void fault_serve(struct mock_connection *c)
{
    const struct request *r = &c->request;
    const char *what = r->segments == 2 ? r->segment[1] : "";
    json_t *refusal = NULL, *body = NULL;
    bool get = !strcmp(r->method, "GET") && !strcmp(what, "state");
    if (!get && strcmp(r->method, "POST")) {
        reply_status(c, status_method());
        return;
    }
    if (r->body_len)
        body = mock__parse(r->body, r->body_len, NULL);
    if (r->body_len && !body)
        refusal = status_bad_request("the body is no JSON");
    bool known = refusal || obey(c, what, body, &refusal);
    json_decref(body);
    if (!known) {
        reply_plain(c, 404, "404 page not found\n");
    } else if (refusal) {
        reply_status(c, refusal);
    } else {
        json_t *state = state_of(c->mock);
        reply_json(c, 200, state, reply_how(c, NULL));
        json_decref(state);
    }
}
