// SPDX-License-Identifier: Apache-2.0
// pod_status.c - what the kubelet's status_manager.go does: the newest status of each pod, sent
// until the server has it.
//
//    pods:  | dirty | clean | dirty, due later | deleting, ended |
//              |  one request at a time, of the pod that is due and has waited longest
//              v
//    NOTHING ------> PATCHING (dirty) ------> the server has that text; a newer one may be dirty
//       ^    ------> READING (stale) -------> its version, or that it is gone
//       |    ------> DELETING (clean, deleting, ended) -> gone
//       +----------- a failure: due later. A conflict: stale
//
// A text on its way lies in `body`, so a newer one may take its place in the pod meanwhile.
#include "kedge/validation.h"
#include "tools/pod_status_priv.h"

#define PODS        16
#define STATUS_MAX  1024
#define AROUND      256 // bytes around the status, with uid and version
#define CONFLICTS   5   // in a row, without a pause
#define PAUSE_FIRST (200 * KEDGE_MILLISECOND)
#define PAUSE_CAP   (10 * KEDGE_SECOND) // syncPeriod
#define TIMEOUT     (30 * KEDGE_SECOND)

static struct kedge *kedge_of(const struct kedge_pod_status_manager *m)
{
    return m->client->k;
}

struct kedge__pod *kedge__pod_find(struct kedge_pod_status_manager *m, const char *uid)
{
    for (size_t i = 0; i < m->count; i++) {
        if (m->pods[i].used && strcmp(m->pods[i].uid, uid) == 0)
            return &m->pods[i];
    }
    return NULL;
}

bool kedge__pod_is_over(unsigned phase)
{
    return phase == KEDGE_POD_SUCCEEDED || phase == KEDGE_POD_FAILED;
}

static bool is_pending(const struct kedge__pod *p)
{
    return p->used && !p->gone && (p->dirty || (p->deleting && p->ended));
}

// When there is something to do next.
static void set_deadline(struct kedge_pod_status_manager *m)
{
    kedge_time next = KEDGE_FOREVER;
    for (size_t i = 0; m->state == KEDGE__POD_NOTHING && i < m->count; i++) {
        if (is_pending(&m->pods[i]) && m->pods[i].due < next)
            next = m->pods[i].due;
    }
    m->task.deadline = next;
}

// It has something to send from now on.
static void want(struct kedge_pod_status_manager *m, struct kedge__pod *p)
{
    if (p->tries == 0)
        p->due = kedge__node_clock(kedge_of(m));
    p->order = ++m->orders;
    set_deadline(m);
}

// Sending ----------------------------------------------------------------------------------------

static kedge_str write_patch(struct kedge_pod_status_manager *m, const struct kedge__pod *p)
{
    struct kedge_writer w;
    kedge_str body = {NULL, 0};
    kedge_writer_init(&w, m->body, m->status_max + AROUND);
    kedge_writer_begin_object(&w);
    kedge_writer_key(&w, "metadata");
    kedge_writer_begin_object(&w);
    kedge__node_put(&w, "uid", p->uid);
    kedge__node_put(&w, "resourceVersion", p->version[0] != '\0' ? p->version : NULL);
    kedge_writer_end_object(&w);
    kedge_writer_key(&w, "status");
    kedge_writer_raw(&w, (kedge_str){p->text, p->len});
    kedge_writer_end_object(&w);
    kedge_writer_finish(&w, &body);
    return body;
}

static struct kedge_request request_of(struct kedge_pod_status_manager *m, struct kedge__pod *p,
                                       struct kedge_api *api)
{
    enum kedge_verb verb = KEDGE_GET;
    struct kedge_options o = {0};
    m->api.namespace_ = m->namespace_;
    *api = m->api;
    m->state = KEDGE__POD_READING;
    if (!p->stale && p->dirty) {
        m->state = KEDGE__POD_PATCHING;
        verb = KEDGE_PATCH;
        api->subresource = "status";
    } else if (!p->stale) {
        m->state = KEDGE__POD_DELETING;
        verb = KEDGE_DELETE;
        o.grace_period_seconds = KEDGE_JUST(0);
        o.precondition_uid = m->uid;
    }
    struct kedge_request r = kedge_api_request(api, verb, m->name, &o);
    if (verb == KEDGE_PATCH) {
        r.patch_type = KEDGE_PATCH_STRATEGIC;
        r.body = write_patch(m, p);
    }
    return r;
}

static void fail_later(struct kedge_pod_status_manager *m, struct kedge__pod *p, kedge_err err)
{
    struct kedge__line line;
    kedge_time pause = PAUSE_FIRST << (p->tries < 6 ? p->tries : 6);
    m->out.failures++;
    m->out.reason = err;
    kedge__line_init(&line, m->said, sizeof m->said);
    kedge__line_text(&line, kedge_rest_error_text(m->rest));
    p->tries++;
    p->due = kedge__after(kedge__node_clock(kedge_of(m)), pause < PAUSE_CAP ? pause : PAUSE_CAP);
}

static void send(struct kedge_pod_status_manager *m, struct kedge__pod *p)
{
    struct kedge_api api;
    // What a request points to outlives it, also where the pod is removed meanwhile.
    memcpy(m->namespace_, p->namespace_, sizeof m->namespace_);
    memcpy(m->name, p->name, sizeof m->name);
    memcpy(m->uid, p->uid, sizeof m->uid);
    struct kedge_request r = request_of(m, p, &api);
    kedge_err err = kedge_api_start(&m->call, &api, &r);
    m->current = p;
    m->sending = p->text_number;
    if (err == KEDGE_OK)
        return;
    m->state = KEDGE__POD_NOTHING;
    m->current = NULL;
    fail_later(m, p, err);
}

// What came --------------------------------------------------------------------------------------

static void succeeded(struct kedge_pod_status_manager *m, struct kedge__pod *p)
{
    p->tries = 0;
    m->out.reason = KEDGE_OK;
    m->said[0] = '\0';
}

// One that is too long to be kept guards nothing; the uid still does.
static void take_version(struct kedge__pod *p, const struct kedge_object *obj)
{
    kedge__node_keep(p->version, sizeof p->version, kedge_resource_version(obj));
    p->stale = false;
}

static void patched(struct kedge_pod_status_manager *m, struct kedge__pod *p,
                    const struct kedge_object *obj)
{
    take_version(p, obj);
    p->dirty = p->text_number != m->sending;
    m->out.sent++;
    succeeded(m, p);
}

static void was_read(struct kedge_pod_status_manager *m, struct kedge__pod *p,
                     const struct kedge_object *obj)
{
    unsigned tries = p->tries;
    take_version(p, obj);
    char uid[KEDGE_UID_TEXT];
    p->gone = strcmp(kedge_uid(obj, uid), p->uid) != 0;
    p->deleting |= obj->deletion_timestamp.seconds != 0;
    succeeded(m, p);
    p->tries = tries; // it has led nowhere yet
}

static void refused(struct kedge_pod_status_manager *m, struct kedge__pod *p, kedge_err err)
{
    const struct kedge_status *s = kedge_rest_status(m->rest);
    if (err == KEDGE_ERR_API && kedge_status_is_not_found(s)) {
        p->gone = true;
    } else if (err == KEDGE_ERR_API && kedge_status_is_conflict(s)) {
        // Another uid, or another version: the pod tells which.
        m->out.conflicts++;
        p->stale = true;
        if (++p->tries >= CONFLICTS)
            p->due = kedge__after(kedge__node_clock(kedge_of(m)), PAUSE_CAP);
    } else {
        // It may have been done all the same, so the version may have gone on.
        fail_later(m, p, err);
    }
}

static void done(void *ctx, kedge_err err, const struct kedge_object *obj)
{
    struct kedge_pod_status_manager *m = ctx;
    struct kedge__pod *p = m->current;
    enum kedge__pod_state state = m->state;
    m->state = KEDGE__POD_NOTHING;
    m->current = NULL;
    if (p != NULL && err != KEDGE_OK) {
        refused(m, p, err);
    } else if (p != NULL && state == KEDGE__POD_PATCHING) {
        patched(m, p, obj);
    } else if (p != NULL && state == KEDGE__POD_READING) {
        was_read(m, p, obj);
    } else if (p != NULL) {
        p->gone = true;
        m->out.deleted++;
        succeeded(m, p);
    }
    set_deadline(m);
}

// The loop ---------------------------------------------------------------------------------------

static struct kedge__pod *choose(struct kedge_pod_status_manager *m, kedge_time now)
{
    struct kedge__pod *best = NULL;
    for (size_t i = 0; i < m->count; i++) {
        struct kedge__pod *p = &m->pods[i];
        if (is_pending(p) && p->due <= now && (best == NULL || p->order < best->order))
            best = p;
    }
    return best;
}

static bool step(struct kedge__task *t, kedge_time now)
{
    (void)t;
    (void)now;
    return false;
}

static bool deliver(struct kedge__task *t, kedge_time now)
{
    struct kedge_pod_status_manager *m = (struct kedge_pod_status_manager *)t;
    if (m->state != KEDGE__POD_NOTHING)
        return false;
    struct kedge__pod *p = choose(m, now);
    if (p == NULL) {
        set_deadline(m);
        return false;
    }
    if (m->rest->state != KEDGE__REST_IDLE) {
        m->task.deadline = KEDGE_FOREVER; // the end of that request turns the loop
        return false;
    }
    p->order = ++m->orders;
    send(m, p);
    set_deadline(m);
    return true;
}

static const struct kedge__task_ops task_ops = {.step = step, .deliver = deliver};

// Pods -------------------------------------------------------------------------------------------

static struct kedge__pod *free_place(struct kedge_pod_status_manager *m)
{
    for (size_t i = 0; i < m->count; i++) {
        if (!m->pods[i].used)
            return &m->pods[i];
    }
    return NULL;
}

// Which conditions are what they were: the server knows since when.
static void learn(const struct kedge_pod_status_manager *m, struct kedge__pod *p,
                  const struct kedge_object *pod)
{
    const struct kedge_condition *c = kedge__pod_view_condition(&m->view, pod, 0);
    for (size_t i = 0; c != NULL && i < KEDGE__POD_SINCE; i++) {
        kedge__since_of(p->since, KEDGE__POD_SINCE, kedge_text(&c->type))->status = c->status;
        c = kedge__pod_view_condition(&m->view, pod, i + 1);
    }
}

kedge_err kedge_pod_status_add(struct kedge_pod_status_manager *m, const struct kedge_object *pod)
{
    char buf[KEDGE_UID_TEXT];
    const char *uid = pod != NULL ? kedge_uid(pod, buf) : "";
    if (m == NULL || pod == NULL || uid[0] == '\0' || kedge_name(pod)[0] == '\0' ||
        kedge_namespace(pod)[0] == '\0')
        return KEDGE_ERR_ARGUMENT;
    if (kedge__pod_find(m, uid) != NULL)
        return KEDGE_ERR_EXISTS;
    struct kedge__pod *p = free_place(m);
    if (p == NULL)
        return KEDGE_ERR_FULL;
    char *text = p->text;
    memset(p, 0, sizeof *p);
    p->text = text;
    if (!kedge__node_keep(p->uid, sizeof p->uid, uid) ||
        !kedge__node_keep(p->version, sizeof p->version, kedge_resource_version(pod)) ||
        !kedge__node_keep(p->namespace_, sizeof p->namespace_, kedge_namespace(pod)) ||
        !kedge__node_keep(p->name, sizeof p->name, kedge_name(pod)))
        return KEDGE_ERR_TOO_LONG;
    unsigned phase = kedge__pod_view_phase(&m->view, pod);
    p->used = true;
    p->deleting = pod->deletion_timestamp.seconds != 0;
    p->phase = kedge__pod_is_over(phase) ? (uint8_t)phase : 0;
    learn(m, p, pod);
    return KEDGE_OK;
}

// What somebody has overwritten is sent again. But a pod that they call over is over.
static void compare(struct kedge__pod *p, unsigned phase)
{
    if (phase == 0 || phase == p->phase)
        return;
    if (kedge__pod_is_over(phase) && !kedge__pod_is_over(p->phase)) {
        p->phase = (uint8_t)phase;
        p->dirty = false;
    } else if (p->len > 0) {
        p->dirty = true;
    }
}

kedge_err kedge_pod_status_seen(struct kedge_pod_status_manager *m, const struct kedge_object *pod)
{
    int order = 0;
    if (m == NULL || pod == NULL)
        return KEDGE_ERR_ARGUMENT;
    char uid[KEDGE_UID_TEXT];
    struct kedge__pod *p = kedge__pod_find(m, kedge_uid(pod, uid));
    if (p == NULL)
        return KEDGE_ERR_NOT_FOUND;
    p->deleting |= pod->deletion_timestamp.seconds != 0;
    bool known =
        kedge_resource_version_compare(kedge_resource_version(pod), p->version, &order) == KEDGE_OK;
    if (known && order > 0)
        take_version(p, pod);
    if (order >= 0 && m->current != p)
        compare(p, kedge__pod_view_phase(&m->view, pod));
    if (is_pending(p))
        want(m, p);
    return KEDGE_OK;
}

static kedge_err check(const struct kedge__pod *p, const struct kedge_pod_status *s)
{
    if (p == NULL || p->gone)
        return KEDGE_ERR_NOT_FOUND;
    if ((unsigned)s->phase < KEDGE_POD_PENDING || (unsigned)s->phase > KEDGE_POD_UNKNOWN ||
        s->condition_count > KEDGE_POD_CONDITIONS)
        return KEDGE_ERR_ARGUMENT;
    return kedge__pod_is_over(p->phase) && !kedge__pod_is_over(s->phase) ? KEDGE_ERR_STATE
                                                                         : KEDGE_OK;
}

kedge_err kedge_pod_status_set(struct kedge_pod_status_manager *m, const char *uid,
                               const struct kedge_pod_status *status)
{
    struct kedge__since since[KEDGE__POD_SINCE];
    kedge_str text;
    if (m == NULL || uid == NULL || status == NULL)
        return KEDGE_ERR_ARGUMENT;
    struct kedge__pod *p = kedge__pod_find(m, uid);
    kedge_err err = check(p, status);
    if (err != KEDGE_OK)
        return err;
    memcpy(since, p->since, sizeof since);
    err = kedge__pod_write(status, since, kedge_wall_clock(kedge_of(m)), m->scratch, m->status_max,
                           &text);
    if (err != KEDGE_OK)
        return err;
    memcpy(p->since, since, sizeof since);
    p->phase = (uint8_t)status->phase;
    if (text.len == p->len && memcmp(text.ptr, p->text, p->len) == 0)
        return KEDGE_OK;
    memcpy(p->text, text.ptr, text.len);
    p->len = text.len;
    p->text_number++;
    p->dirty = true;
    want(m, p);
    return KEDGE_OK;
}

kedge_err kedge_pod_status_ended(struct kedge_pod_status_manager *m, const char *uid)
{
    if (m == NULL || uid == NULL)
        return KEDGE_ERR_ARGUMENT;
    struct kedge__pod *p = kedge__pod_find(m, uid);
    if (p == NULL)
        return KEDGE_ERR_NOT_FOUND;
    p->ended = true;
    if (is_pending(p))
        want(m, p);
    return KEDGE_OK;
}

kedge_err kedge_pod_status_remove(struct kedge_pod_status_manager *m, const char *uid)
{
    if (m == NULL || uid == NULL)
        return KEDGE_ERR_ARGUMENT;
    struct kedge__pod *p = kedge__pod_find(m, uid);
    if (p == NULL)
        return KEDGE_ERR_NOT_FOUND;
    p->used = false;
    if (m->current == p)
        m->current = NULL;
    set_deadline(m);
    return KEDGE_OK;
}

bool kedge_pod_status_is_pending(const struct kedge_pod_status_manager *m, const char *uid)
{
    for (size_t i = 0; m != NULL && i < m->count; i++) {
        if (is_pending(&m->pods[i]) && (uid == NULL || strcmp(m->pods[i].uid, uid) == 0))
            return true;
    }
    return false;
}

kedge_err kedge_pod_status_facts(const struct kedge_pod_status_manager *m,
                                 struct kedge_pod_status_facts *facts)
{
    if (m == NULL || facts == NULL)
        return KEDGE_ERR_ARGUMENT;
    *facts = m->out;
    facts->text = m->said;
    for (size_t i = 0; i < m->count; i++) {
        facts->pods += m->pods[i].used;
        facts->pending += is_pending(&m->pods[i]);
    }
    return KEDGE_OK;
}

// Making and stopping ----------------------------------------------------------------------------

static kedge_err init(struct kedge_pod_status_manager *m, struct kedge *k,
                      const struct kedge_pod_status_options *o)
{
    const char *problem = kedge__pod_view_init(&m->view, o->pod_kind);
    if (problem != NULL) {
        kedge__line_text(kedge__fail(k, KEDGE_ERR_ARGUMENT), problem);
        return KEDGE_ERR_ARGUMENT;
    }
    m->count = o->pods > 0 ? o->pods : PODS;
    m->status_max = o->status_max > 0 ? o->status_max : STATUS_MAX;
    m->own_rest = o->rest == NULL;
    m->rest = m->own_rest ? kedge_rest_new(m->client, NULL) : o->rest;
    m->pods = KEDGE__NEW(k, "node", struct kedge__pod, m->count);
    m->body = kedge__take(k, "node", m->status_max + AROUND, 1, 1);
    m->scratch = kedge__take(k, "node", m->status_max, 1, 1);
    for (size_t i = 0; m->pods != NULL && i < m->count; i++)
        m->pods[i].text = kedge__take(k, "node", m->status_max, 1, 1);
    if (m->rest == NULL || k->failure != KEDGE_OK)
        return k->failure;
    m->api = kedge_api_of(m->rest, m->view.kind, "");
    m->api.timeout = TIMEOUT;
    m->call.done = done;
    m->call.ctx = m;
    m->task.ops = &task_ops;
    m->task.deadline = KEDGE_FOREVER;
    return kedge__task_add(k, &m->task);
}

struct kedge_pod_status_manager *
kedge_pod_status_manager_new(struct kedge_client *client,
                             const struct kedge_pod_status_options *options)
{
    static const struct kedge_pod_status_options none;
    if (client == NULL || client->k->failure != KEDGE_OK)
        return NULL;
    struct kedge *k = client->k;
    struct kedge_pod_status_manager *m = KEDGE__NEW(k, "node", struct kedge_pod_status_manager, 1);
    if (m == NULL)
        return NULL;
    m->client = client;
    return init(m, k, options != NULL ? options : &none) == KEDGE_OK ? m : NULL;
}

void kedge_pod_status_manager_stop(struct kedge_pod_status_manager *m)
{
    if (m == NULL)
        return;
    if (m->state != KEDGE__POD_NOTHING)
        kedge_rest_cancel(m->rest);
    if (m->own_rest)
        kedge_rest_close(m->rest);
    m->state = KEDGE__POD_NOTHING;
    m->current = NULL;
    for (size_t i = 0; i < m->count; i++)
        m->pods[i].used = false;
    m->task.deadline = KEDGE_FOREVER;
}
