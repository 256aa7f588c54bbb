// SPDX-License-Identifier: Apache-2.0
// control.c - the mock's own requests, for tests in another process: POST /mock/fault, /mock/heal,
// /mock/log and so on; GET /mock/state. No credentials needed.
#include <string.h>

#include "priv.h"

static enum mock_on on_of(const char *text)
{
    static const char *const names[] = {"any", "list", "watch", "other"};
    for (int i = 0; i < 4; i++)
        if (mock__same(names[i], text))
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
    json_int_t connections = 0, watches = 0, logs = 0;
    for (const struct mock_connection *c = mock->connections; c; c = c->next) {
        connections++;
        watches += c->phase == PHASE_WATCHING;
        logs += c->phase == PHASE_LOGGING;
    }
    for (size_t i = 0; i < mock->resource_count; i++)
        json_object_set_new(objects, mock->resources[i]->kind.plural,
                            json_integer((json_int_t)mock->resources[i]->count));
    return json_pack("{s:I, s:I, s:I, s:I, s:I, s:o}", "resourceVersion", (json_int_t)mock->version,
                     "connections", connections, "watches", watches, "logs", logs, "armedFaults",
                     (json_int_t)mock->fault_count, "objects", objects);
}

static json_t *compact(struct mock *mock, const json_t *body)
{
    if (json_is_true(json_object_get(body, "onlyLists")))
        mock_compact_lists(mock);
    else
        mock_compact(mock);
    return NULL;
}

static json_t *restart(struct mock *mock, const json_t *body)
{
    mock_restart(mock, json_is_true(json_object_get(body, "keepHistory")));
    return NULL;
}

static json_t *rewind_to(struct mock *mock, const json_t *body)
{
    return mock_rewind(mock, number(body, "resourceVersion"))
               ? NULL
               : status_bad_request("that version was compacted, or is in the future");
}

static json_t *churn(struct mock *mock, const json_t *body)
{
    for (size_t i = number(body, "steps"); i > 0; i--)
        mock_churn(mock);
    return NULL;
}

static json_t *forbid(struct mock *mock, const json_t *body)
{
    mock_forbid(mock, mock__path_string(body, "user"),
                json_string_value(json_object_get(body, "verb")),
                json_string_value(json_object_get(body, "resource")));
    return NULL;
}

static json_t *heal(struct mock *mock, const json_t *body)
{
    (void)body;
    mock_heal(mock);
    return NULL;
}

static json_t *bookmark(struct mock *mock, const json_t *body)
{
    (void)body;
    mock_bookmark(mock);
    return NULL;
}

static json_t *allow(struct mock *mock, const json_t *body)
{
    (void)body;
    mock_allow_all(mock);
    return NULL;
}

// How many replies: one where nothing is said, all where it is 0.
static unsigned count_of(const json_t *body)
{
    return json_object_get(body, "count") ? (unsigned)number(body, "count") : 1;
}

static json_t *warn(struct mock *mock, const json_t *body)
{
    json_t *text = json_object_get(body, "text");
    if (!json_is_string(text))
        return status_bad_request("text is missing");
    mock_warn(mock, json_string_value(text), json_string_value(json_object_get(body, "resource")),
              count_of(body));
    return NULL;
}

static json_t *last_replies(struct mock *mock, const json_t *body)
{
    mock_last_replies(mock, count_of(body));
    return NULL;
}

static json_t *print_log(struct mock *mock, const json_t *body)
{
    const char *namespace = mock__path_string(body, "namespace");
    const char *pod = mock__path_string(body, "pod");
    const char *container = json_string_value(json_object_get(body, "container"));
    json_t *lines = json_object_get(body, "lines"), *line = json_object_get(body, "line");
    bool done = true;
    namespace = *namespace ? namespace : "default";
    if (json_is_true(json_object_get(body, "restart")))
        done = mock_log_restart(mock, namespace, pod, container);
    if (done && json_is_string(line))
        done = mock_log(mock, namespace, pod, container, json_string_value(line));
    for (size_t i = 0; done && i < json_array_size(lines); i++) {
        const char *text = json_string_value(json_array_get(lines, i));
        done = mock_log(mock, namespace, pod, container, text ? text : "");
    }
    return done ? NULL : status_bad_request("no such pod or container: %s/%s", namespace, pod);
}

static json_t *stale(struct mock *mock, const json_t *body)
{
    json_t *value = json_object_get(body, "stale");
    mock_stale(mock, mock__path_string(body, "group"), mock__path_string(body, "version"),
               !value || json_is_true(value));
    return NULL;
}

static json_t *add_crd(struct mock *mock, const json_t *body)
{
    json_t *namespaced = json_object_get(body, "namespaced");
    struct mock_crd crd = {.group = mock__path_string(body, "group"),
                           .version = mock__path_string(body, "version"),
                           .plural = mock__path_string(body, "plural"),
                           .kind = mock__path_string(body, "kind"),
                           .namespaced = !namespaced || json_is_true(namespaced),
                           .scale = json_is_true(json_object_get(body, "scale")),
                           .short_name = json_string_value(json_object_get(body, "shortName")),
                           .category = json_string_value(json_object_get(body, "category"))};
    if (!*crd.group || !*crd.version || !*crd.plural || !*crd.kind)
        return status_bad_request("group, version, plural or kind is missing");
    return mock_add_crd(mock, &crd) ? NULL : status_bad_request("there is such a resource");
}

static json_t *only_look(struct mock *mock, const json_t *body)
{
    (void)mock;
    (void)body;
    return NULL;
}

// False: no such request.
static bool obey(struct mock_connection *c, const char *what, const json_t *body, json_t **refusal)
{
    static const struct {
        const char *what;
        json_t *(*act)(struct mock *mock, const json_t *body);
    } orders[] = {{"fault", arm},
                  {"heal", heal},
                  {"compact", compact},
                  {"restart", restart},
                  {"churn", churn},
                  {"rewind", rewind_to},
                  {"bookmark", bookmark},
                  {"forbid", forbid},
                  {"allow", allow},
                  {"warn", warn},
                  {"last-replies", last_replies},
                  {"log", print_log},
                  {"stale", stale},
                  {"crd", add_crd},
                  {"state", only_look}};
    for (size_t i = 0; i < sizeof orders / sizeof orders[0]; i++) {
        if (!mock__same(orders[i].what, what))
            continue;
        *refusal = orders[i].act(c->mock, body);
        c->broken = false; // after a restart, it still wants the answer
        return true;
    }
    return false;
}

void fault_serve(struct mock_connection *c)
{
    const struct request *r = &c->request;
    const char *what = r->segments == 2 ? r->segment[1] : "";
    json_t *refusal = NULL, *body = NULL;
    bool get = mock__same(r->method, "GET") && mock__same(what, "state");
    if (!get && !mock__same(r->method, "POST")) {
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
