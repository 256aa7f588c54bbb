// SPDX-License-Identifier: Apache-2.0
// pod_status_json.c - a pod's status as JSON, in the kubelet's words.
#include "tools/pod_status_priv.h"

static void put_int(struct kedge_writer *w, const char *key, int64_t n)
{
    kedge_writer_key(w, key);
    kedge_writer_int64(w, n);
}

static void put_bool(struct kedge_writer *w, const char *key, bool is)
{
    kedge_writer_key(w, key);
    kedge_writer_bool(w, is);
}

// What has none any more loses the one that it had.
static void put_or_null(struct kedge_writer *w, const char *key, const char *text)
{
    kedge_writer_key(w, key);
    if (text != NULL)
        kedge_writer_text(w, text);
    else
        kedge_writer_null(w);
}

// Containers -------------------------------------------------------------------------------------

static void write_state(struct kedge_writer *w, const struct kedge_pod_status_container *c)
{
    static const char *const names[] = {"waiting", "running", "terminated"};
    bool runs = c->phase == KEDGE_CONTAINER_RUNNING;
    kedge_writer_key(w, "state");
    kedge_writer_begin_object(w);
    kedge_writer_key(w, names[c->phase]);
    kedge_writer_begin_object(w);
    if (c->phase == KEDGE_CONTAINER_TERMINATED)
        put_int(w, "exitCode", c->exit_code);
    if (!runs) {
        kedge__node_put(w, "reason", c->reason);
        kedge__node_put(w, "message", c->message);
    }
    if (c->phase != KEDGE_CONTAINER_WAITING)
        kedge__node_put_time(w, "startedAt", c->started_at, false);
    if (c->phase == KEDGE_CONTAINER_TERMINATED)
        kedge__node_put_time(w, "finishedAt", c->finished_at, false);
    kedge_writer_end_object(w);
    kedge_writer_end_object(w);
}

static bool have_phases(const struct kedge_pod_status_container *list, size_t count)
{
    for (size_t i = 0; i < count; i++) {
        if ((unsigned)list[i].phase > KEDGE_CONTAINER_TERMINATED)
            return false;
    }
    return true;
}

static const char *or_empty(const char *text)
{
    return text != NULL ? text : "";
}

static void write_container(struct kedge_writer *w, const struct kedge_pod_status_container *c)
{
    kedge_writer_begin_object(w);
    kedge__node_put(w, "name", or_empty(c->name));
    kedge__node_put(w, "image", or_empty(c->image));
    kedge__node_put(w, "imageID", or_empty(c->image_id));
    kedge__node_put(w, "containerID", c->container_id);
    put_bool(w, "ready", c->ready);
    put_bool(w, "started", c->phase == KEDGE_CONTAINER_RUNNING);
    put_int(w, "restartCount", c->restart_count);
    write_state(w, c);
    kedge_writer_end_object(w);
}

static void write_containers(struct kedge_writer *w, const char *key,
                             const struct kedge_pod_status_container *list, size_t count)
{
    if (count == 0)
        return;
    kedge_writer_key(w, key);
    kedge_writer_begin_array(w);
    for (size_t i = 0; i < count; i++)
        write_container(w, &list[i]);
    kedge_writer_end_array(w);
}

// Conditions -------------------------------------------------------------------------------------

static bool all_ready(const struct kedge_pod_status *s)
{
    for (size_t i = 0; i < s->container_count; i++) {
        if (!s->containers[i].ready)
            return false;
    }
    return s->phase == KEDGE_POD_RUNNING;
}

static bool all_initialized(const struct kedge_pod_status *s)
{
    for (size_t i = 0; i < s->init_container_count; i++) {
        const struct kedge_pod_status_container *c = &s->init_containers[i];
        if (c->phase != KEDGE_CONTAINER_TERMINATED || c->exit_code != 0)
            return false;
    }
    return true;
}

static struct kedge_pod_status_condition ready(const struct kedge_pod_status *s, const char *type)
{
    struct kedge_pod_status_condition c = {type, KEDGE_CONDITION_TRUE, NULL, NULL};
    if (all_ready(s))
        return c;
    c.status = KEDGE_CONDITION_FALSE;
    c.reason = s->phase == KEDGE_POD_SUCCEEDED ? "PodCompleted"
               : s->phase == KEDGE_POD_FAILED  ? "PodFailed"
                                               : "ContainersNotReady";
    return c;
}

static struct kedge_pod_status_condition initialized(const struct kedge_pod_status *s)
{
    struct kedge_pod_status_condition c = {"Initialized", KEDGE_CONDITION_TRUE, NULL, NULL};
    if (s->phase == KEDGE_POD_SUCCEEDED) {
        c.reason = "PodCompleted";
    } else if (!all_initialized(s)) {
        c.status = KEDGE_CONDITION_FALSE;
        c.reason = "ContainersNotInitialized";
    }
    return c;
}

static bool has_condition(const struct kedge_pod_status *s, const char *type)
{
    for (size_t i = 0; i < s->condition_count; i++) {
        if (s->conditions[i].type != NULL && strcmp(s->conditions[i].type, type) == 0)
            return true;
    }
    return false;
}

static void write_condition(struct kedge_writer *w, const struct kedge_pod_status_condition *c,
                            struct kedge__since *all, kedge_timestamp now)
{
    struct kedge__since *since = kedge__since_of(all, KEDGE__POD_SINCE, or_empty(c->type));
    kedge__since_note(since, c->status, now);
    kedge_writer_begin_object(w);
    kedge__node_put(w, "type", or_empty(c->type));
    kedge__node_put(w, "status", kedge_condition_status_text(c->status));
    kedge__node_put_time(w, "lastTransitionTime", since->at, false);
    put_or_null(w, "reason", c->reason);
    put_or_null(w, "message", c->message);
    kedge_writer_end_object(w);
}

static void write_conditions(struct kedge_writer *w, const struct kedge_pod_status *s,
                             struct kedge__since *since, kedge_timestamp now)
{
    const struct kedge_pod_status_condition own[KEDGE__POD_OWN] = {
        initialized(s), ready(s, "ContainersReady"), ready(s, "Ready")};
    kedge_writer_key(w, "conditions");
    kedge_writer_begin_array(w);
    for (size_t i = 0; i < KEDGE__POD_OWN; i++) {
        if (!has_condition(s, own[i].type))
            write_condition(w, &own[i], since, now);
    }
    for (size_t i = 0; i < s->condition_count; i++)
        write_condition(w, &s->conditions[i], since, now);
    kedge_writer_end_array(w);
}

// The list is merged by address: what was another one before is to go.
static void write_ips(struct kedge_writer *w, const char *key, const char *ip)
{
    if (ip == NULL)
        return;
    kedge_writer_key(w, key);
    kedge_writer_begin_array(w);
    kedge_writer_begin_object(w);
    kedge__node_put(w, "ip", ip);
    kedge_writer_end_object(w);
    kedge_writer_begin_object(w);
    kedge__node_put(w, "$patch", "replace");
    kedge_writer_end_object(w);
    kedge_writer_end_array(w);
}

kedge_err kedge__pod_write(const struct kedge_pod_status *s, struct kedge__since *since,
                           kedge_timestamp now, char *buf, size_t cap, kedge_str *out)
{
    struct kedge_writer w;
    if (!have_phases(s->containers, s->container_count) ||
        !have_phases(s->init_containers, s->init_container_count))
        return KEDGE_ERR_ARGUMENT;
    kedge_writer_init(&w, buf, cap);
    kedge_writer_begin_object(&w);
    kedge__node_put(&w, "phase", kedge_pod_phase_text(s->phase));
    put_or_null(&w, "reason", s->reason);
    put_or_null(&w, "message", s->message);
    kedge__node_put(&w, "hostIP", s->host_ip);
    write_ips(&w, "hostIPs", s->host_ip);
    kedge__node_put(&w, "podIP", s->pod_ip);
    write_ips(&w, "podIPs", s->pod_ip);
    kedge__node_put_time(&w, "startTime", s->start_time, false);
    write_conditions(&w, s, since, now);
    write_containers(&w, "initContainerStatuses", s->init_containers, s->init_container_count);
    write_containers(&w, "containerStatuses", s->containers, s->container_count);
    kedge_writer_end_object(&w);
    return kedge_writer_finish(&w, out);
}
