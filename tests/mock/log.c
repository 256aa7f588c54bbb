// SPDX-License-Identifier: Apache-2.0
// log.c - pods/log: what containers print, as kubelets tell it.
#include <stdio.h>
#include <stdlib.h>
#include <string.h>

#include "priv.h"

// ---- what containers print -----------------------------------------------------------------

// The run of a container that is now, or some other; NULL: it never printed anything.
static struct log_run *find_run(const struct mock *mock, const char *uid, const char *container,
                                unsigned run)
{
    for (size_t i = 0; i < mock->log_count; i++)
        if (mock__same(mock->logs[i].uid, uid) && mock__same(mock->logs[i].container, container) &&
            mock->logs[i].run == run)
            return &mock->logs[i];
    return NULL;
}

static unsigned last_run(const struct mock *mock, const char *uid, const char *container)
{
    unsigned last = 0;
    for (size_t i = 0; i < mock->log_count; i++)
        if (mock__same(mock->logs[i].uid, uid) && mock__same(mock->logs[i].container, container) &&
            mock->logs[i].run > last)
            last = mock->logs[i].run;
    return last;
}

static void free_run(struct log_run *r)
{
    for (size_t i = 0; i < r->count; i++)
        free(r->lines[i].text);
    free(r->lines);
    free(r->uid);
    free(r->container);
}

void log_forget(struct mock *mock)
{
    for (size_t i = 0; i < mock->log_count; i++)
        free_run(&mock->logs[i]);
    free(mock->logs);
}

static bool is_wanted(const struct mock *mock, const struct log_run *r)
{
    const struct resource *pods = mock__resource(mock, "pods");
    for (const struct mock_connection *c = mock->connections; c; c = c->next)
        if (c->phase == PHASE_LOGGING && mock__same(c->logging.uid, r->uid))
            return true;
    for (size_t i = 0; i < pods->count; i++)
        if (mock__same(pods->items[i]->uid, r->uid))
            return r->run + 1 >= last_run(mock, r->uid, r->container);
    return false;
}

// Logs of pods that are gone, and of runs before the last two, are let go when another begins.
static struct log_run *new_run(struct mock *mock, const char *uid, const char *container,
                               unsigned run)
{
    size_t kept = 0;
    for (size_t i = 0; i < mock->log_count; i++)
        mock->logs[i].wanted = is_wanted(mock, &mock->logs[i]);
    for (size_t i = 0; i < mock->log_count; i++) {
        if (mock->logs[i].wanted)
            mock->logs[kept++] = mock->logs[i];
        else
            free_run(&mock->logs[i]);
    }
    mock->log_count = kept;
    mock->logs = mock__grow(mock->logs, (kept + 1) * sizeof *mock->logs);
    mock->logs[mock->log_count++] = (struct log_run){
        .uid = mock__copy_string(uid), .container = mock__copy_string(container), .run = run};
    return &mock->logs[kept];
}

static const char *const container_lists[] = {"spec.containers", "spec.initContainers",
                                              "spec.ephemeralContainers"};
enum { CONTAINER_LISTS = sizeof container_lists / sizeof container_lists[0] };

static bool has_container(const json_t *pod, const char *name)
{
    for (size_t list = 0; list < CONTAINER_LISTS; list++) {
        json_t *all = mock__path(pod, container_lists[list]), *one;
        size_t i;
        json_array_foreach(all, i,
                           one) if (mock__same(mock__path_string(one, "name"), name)) return true;
    }
    return false;
}

// The container's own name, to be freed, or NULL.
static char *container_of(const struct revision *state, const char *container)
{
    json_t *pod = revision_object(state);
    const char *first =
        mock__path_string(json_array_get(mock__path(pod, "spec.containers"), 0), "name");
    const char *name = container ? container : first;
    char *copy = *name && has_container(pod, name) ? mock__copy_string(name) : NULL;
    json_decref(pod);
    return copy;
}

// The pod and its container's name, to be freed; false where there are none.
static bool find_container(const struct mock *mock, const char *namespace, const char *pod,
                           const char *container, const struct revision **state, char **name)
{
    *state = resource_find(mock__resource(mock, "pods"), namespace, pod);
    *name = *state ? container_of(*state, container) : NULL;
    return *name != NULL;
}

bool mock_log(struct mock *mock, const char *namespace, const char *pod, const char *container,
              const char *line)
{
    const struct revision *state;
    char *name;
    if (!find_container(mock, namespace, pod, container, &state, &name))
        return false;
    unsigned last = last_run(mock, state->uid, name);
    struct log_run *run = find_run(mock, state->uid, name, last);
    if (!run)
        run = new_run(mock, state->uid, name, last);
    if (run->count == run->cap) {
        run->cap = run->cap ? run->cap * 2 : 16;
        run->lines = mock__grow(run->lines, run->cap * sizeof *run->lines);
    }
    run->lines[run->count++] = (struct log_line){mock__unix_ms(mock), mock__copy_string(line)};
    free(name);
    return true;
}

bool mock_log_restart(struct mock *mock, const char *namespace, const char *pod,
                      const char *container)
{
    const struct revision *state;
    char *name;
    if (!find_container(mock, namespace, pod, container, &state, &name))
        return false;
    unsigned last = last_run(mock, state->uid, name);
    if (!find_run(mock, state->uid, name, last)) // it ended without a word
        new_run(mock, state->uid, name, last);
    new_run(mock, state->uid, name, last + 1);
    free(name);
    return true;
}

// ---- telling it ----------------------------------------------------------------------------

static bool is_followed(const struct mock_connection *c)
{
    const struct logging *l = &c->logging;
    const struct revision *pod =
        resource_find(mock__resource(c->mock, "pods"), l->namespace, l->name);
    return l->follow && pod && mock__same(pod->uid, l->uid) &&
           l->run == last_run(c->mock, l->uid, l->container);
}

static void write_line(struct mock_connection *c, const struct log_line *line)
{
    struct logging *l = &c->logging;
    struct text t = {0};
    if (line->at < l->since)
        return;
    if (l->timestamps) {
        text_time(&t, line->at);
        t.len--; // the Z comes behind the nanoseconds
        text_format(&t, ".%03d000000Z ", (int)(line->at % 1000));
    }
    text_format(&t, "%s\n", line->text);
    size_t len = t.len < l->bytes_left ? t.len : (size_t)l->bytes_left;
    l->bytes_left -= l->bytes_left == UINT64_MAX ? 0 : len;
    reply_write(c, t.bytes, len);
    text_free(&t);
}

void log_make(struct mock_connection *c)
{
    struct logging *l = &c->logging;
    const struct log_run *run = find_run(c->mock, l->uid, l->container, l->run);
    size_t end = !run ? 0 : l->follow ? run->count : l->end;
    while (l->next < end && l->bytes_left && text_left(&c->out) < OUTPUT_GOAL && !c->reply.stopped)
        write_line(c, &run->lines[l->next++]);
    if (l->next < end && l->bytes_left && !c->reply.stopped)
        return;
    bool over = !l->bytes_left || c->reply.stopped || !is_followed(c);
    if (l->follow && (c->reply.fill || !c->reply.head_sent))
        reply_flush(c);
    if (over)
        reply_end(c);
}

void log_stop(struct logging *logging)
{
    free(logging->namespace);
    free(logging->name);
    free(logging->uid);
    free(logging->container);
    *logging = (struct logging){0};
}

// ---- being asked ---------------------------------------------------------------------------

static json_t *invalid(const char *name, const char *field, const char *reason, const char *what)
{
    struct kind options = {.group = "", .name = "PodLogOptions"};
    return status_invalid(&options, name, field, reason, what);
}

// A number of the query that is at least `least`; *given tells whether there is one.
static json_t *parse_number(const struct target *target, const struct request *r, const char *key,
                            int64_t least, uint64_t *number, bool *given)
{
    const char *text = request_query(r, key);
    char what[96];
    *given = text && *text;
    if (!*given)
        return NULL;
    bool negative = *text == '-';
    if (!parse_version(text + negative, number) || *number > INT64_MAX)
        return status_bad_request("strconv.ParseInt: parsing \"%s\": invalid syntax", text);
    if (!negative && *number >= (uint64_t)least)
        return NULL;
    snprintf(what, sizeof what, "Invalid value: %s%llu: must be greater than %s0",
             negative ? "-" : "", (unsigned long long)*number, least ? "" : "or equal to ");
    return invalid(target->name, key, "FieldValueInvalid", what);
}

static json_t *parse_since(struct mock_connection *c, const struct target *target)
{
    struct logging *l = &c->logging;
    const char *time = request_query(&c->request, "sinceTime");
    uint64_t seconds = 0;
    bool given;
    json_t *refusal = parse_number(target, &c->request, "sinceSeconds", 1, &seconds, &given);
    bool both = given && time && *time;
    if (refusal && !both)
        return refusal;
    json_decref(refusal);
    if (both)
        return invalid(target->name, "", "FieldValueForbidden",
                       "Forbidden: at most one of `sinceTime` or `sinceSeconds` may be specified");
    if (given)
        l->since =
            mock__unix_ms(c->mock) - (int64_t)(seconds > 1000000000 ? 1000000000 : seconds) * 1000;
    if (time && *time && !mock__parse_time(time, &l->since))
        return status_bad_request("parsing time \"%s\" as \"2006-01-02T15:04:05Z07:00\": cannot "
                                  "parse \"%s\" as \"2006\"",
                                  time, time);
    return NULL;
}

static json_t *check_container(const json_t *pod, const struct target *target, const char *asked)
{
    struct text names = {0};
    json_t *refusal = NULL;
    if (*asked)
        return has_container(pod, asked)
                   ? NULL
                   : status_bad_request("container %s is not valid for pod %s", asked,
                                        target->name);
    size_t count = json_array_size(mock__path(pod, "spec.containers"));
    text_string(&names, "");
    for (size_t list = 0; list < CONTAINER_LISTS; list++) {
        json_t *all = mock__path(pod, container_lists[list]), *one;
        size_t i;
        json_array_foreach(all, i, one)
            text_format(&names, "%s%s", names.len ? " " : "", mock__path_string(one, "name"));
    }
    if (!count)
        refusal = status_bad_request("a container name must be specified for pod %s", target->name);
    else if (count > 1)
        refusal = status_bad_request("a container name must be specified for pod %s, choose one "
                                     "of: [%s]",
                                     target->name, names.bytes);
    text_free(&names);
    return refusal;
}

// Where to begin, among the lines of the run that is asked for.
static json_t *find_lines(struct mock_connection *c, const struct target *target, const json_t *pod,
                          bool tailed, uint64_t tail)
{
    struct logging *l = &c->logging;
    unsigned last = last_run(c->mock, l->uid, l->container);
    bool previous = request_flag(&c->request, "previous");
    const struct log_run *run = find_run(c->mock, l->uid, l->container, last - previous);
    if (previous && (!last || !run))
        return status_bad_request("previous terminated container \"%s\" in pod \"%s\" not found",
                                  l->container, target->name);
    if (!run && mock__same(mock__path_string(pod, "status.phase"), "Pending"))
        return status_bad_request("container \"%s\" in pod \"%s\" is waiting to start: "
                                  "ContainerCreating",
                                  l->container, target->name);
    l->run = last - previous;
    l->end = run ? run->count : 0;
    l->next = tailed && tail < l->end ? l->end - (size_t)tail : 0;
    return NULL;
}

// Fills c->logging but for where it begins.
static json_t *parse(struct mock_connection *c, const struct target *target, bool *tailed,
                     uint64_t *tail)
{
    struct logging *l = &c->logging;
    bool limited;
    l->since = INT64_MIN;
    l->bytes_left = UINT64_MAX;
    l->follow = request_flag(&c->request, "follow");
    l->timestamps = request_flag(&c->request, "timestamps");
    json_t *refusal = parse_number(target, &c->request, "tailLines", 0, tail, tailed);
    if (!refusal)
        refusal = parse_number(target, &c->request, "limitBytes", 1, &l->bytes_left, &limited);
    return refusal ? refusal : parse_since(c, target);
}

static json_t *open_log(struct mock_connection *c, const struct target *target,
                        const struct revision *state, const json_t *pod)
{
    struct logging *l = &c->logging;
    const char *asked = request_query(&c->request, "container");
    bool tailed = false;
    uint64_t tail = 0;
    json_t *refusal = parse(c, target, &tailed, &tail);
    if (!refusal && !state)
        refusal = status_not_found(&target->resource->kind, target->name);
    if (!refusal)
        refusal = check_container(pod, target, asked ? asked : "");
    if (refusal)
        return refusal;
    l->namespace = mock__copy_string(target->namespace);
    l->name = mock__copy_string(target->name);
    l->uid = mock__copy_string(state->uid);
    l->container = container_of(state, asked && *asked ? asked : NULL);
    if (!*mock__path_string(pod, "spec.nodeName"))
        return NULL;
    return find_lines(c, target, pod, tailed, tail);
}

void log_serve(struct mock_connection *c, const struct target *target)
{
    const struct revision *state = resource_find(target->resource, target->namespace, target->name);
    json_t *pod = state ? revision_object(state) : NULL;
    json_t *refusal = open_log(c, target, state, pod);
    bool scheduled = *mock__path_string(pod, "spec.nodeName");
    json_decref(pod);
    if (refusal) {
        reply_status(c, refusal);
    } else if (!scheduled) {
        // There is no kubelet yet that could be asked.
        reply_begin(c, 204, "text/plain");
        reply_end(c);
    } else {
        reply_begin(c, 200, "text/plain");
        c->phase = PHASE_LOGGING;
    }
}
