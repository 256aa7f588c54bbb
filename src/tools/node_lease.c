// SPDX-License-Identifier: Apache-2.0
// node_lease.c - the Lease of a node, as client-go's component-helpers/apimachinery/lease keeps it
// for the kubelet.
//
//                      there is none
//            GETTING ---------------> CREATING ----+
//             |   ^                                |   it is ours for a while
//    it is    |   | conflict, lost,                v
//    there    |   | 5 failures in a row         WAITING until task.deadline
//             v   |                                ^
//            RENEWING -----------------------------+
//
// A failure in GETTING and CREATING is followed by a pause in WAITING that doubles; one in RENEWING
// by another try at once, 5 in all. The callbacks of the request do all of this, and call nothing
// of the program's, so it goes on while the program waits in a request call; `on_renewed` is told
// from `deliver`, and so is `on_lost`.
#include "kedge/node_lease.h"

#include "kedge/backoff.h"
#include "kedge/kinds/coordination.h"
#include "tools/node_priv.h"

#define DURATION_MIN  (4 * KEDGE_SECOND)
#define PARTS         4 // nodeLeaseRenewIntervalFraction is 0.25
#define TRIES         5 // maxUpdateRetries
#define BACKOFF_FIRST (200 * KEDGE_MILLISECOND)
#define BACKOFF_CAP   (7 * KEDGE_SECOND)  // maxBackoff
#define TIMEOUT       (10 * KEDGE_SECOND) // of the kubelet's heartbeat client
#define BODY          1280                // three names, a uid, and what is around them

enum state { STOPPED, WAITING, GETTING, CREATING, RENEWING };

struct kedge_node_lease {
    struct kedge__task task; // first
    struct kedge_client *client;
    struct kedge_rest *rest;
    struct kedge_api api;
    struct kedge_api_call call;
    struct kedge_node_lease_options options;
    const char *node;
    enum state state;
    bool known;             // the Lease is there, at `version`
    bool owned;             // somebody owns it
    bool lost;              // it is gone, and that is still to be told
    unsigned tries;         // to renew, that failed in a row
    kedge_timestamp stands; // the time of renewal that it has
    kedge_time began;       // the request that is under way
    kedge_time told;        // the renewal that on_renewed was told of last
    uint64_t told_renewals; // how many there were by then
    struct kedge_backoff backoff;
    struct kedge_node_lease_state out;
    char text[KEDGE__REST_TEXT];
    char owner[KEDGE__NODE_UID];
    char version[KEDGE__VERSION_TEXT];
    char body[BODY];
};

static struct kedge *kedge_of(const struct kedge_node_lease *l)
{
    return l->client->k;
}

// What is written --------------------------------------------------------------------------------

static void write_metadata(struct kedge_node_lease *l, struct kedge_writer *w)
{
    kedge_writer_key(w, "metadata");
    kedge_writer_begin_object(w);
    if (l->state == CREATING) {
        kedge__node_put(w, "name", l->node);
        kedge__node_put(w, "namespace", KEDGE_NODE_LEASE_NAMESPACE);
    } else {
        kedge__node_put(w, "resourceVersion", l->version);
    }
    if (l->owner[0] != '\0' && (l->state == CREATING || !l->owned)) {
        kedge_writer_key(w, "ownerReferences");
        kedge_writer_begin_array(w);
        kedge_writer_begin_object(w);
        kedge__node_put(w, "apiVersion", "v1");
        kedge__node_put(w, "kind", "Node");
        kedge__node_put(w, "name", l->node);
        kedge__node_put(w, "uid", l->owner);
        kedge_writer_end_object(w);
        kedge_writer_end_array(w);
    }
    kedge_writer_end_object(w);
}

static void write_spec(struct kedge_node_lease *l, struct kedge_writer *w, kedge_timestamp time)
{
    kedge_writer_key(w, "spec");
    kedge_writer_begin_object(w);
    if (l->state == CREATING) {
        kedge__node_put(w, "holderIdentity", l->node);
        kedge_writer_key(w, "leaseDurationSeconds");
        kedge_writer_int64(w, l->options.duration / KEDGE_SECOND);
    }
    kedge__node_put_time(w, "renewTime", time, true);
    kedge_writer_end_object(w);
}

// The cluster sees a heartbeat by a renewal that is later than the one before: a calendar that was
// set back must not look like a dead node.
static kedge_timestamp renewal_time(const struct kedge_node_lease *l)
{
    kedge_timestamp now = kedge_wall_clock(kedge_of(l));
    return now > 0 && l->state == RENEWING && now <= l->stands ? l->stands + 1 : now;
}

// KEDGE_ERR_STATE: nobody knows what time it is. Else as kedge_writer_finish.
static kedge_err write_body(struct kedge_node_lease *l, kedge_str *body)
{
    struct kedge_writer w;
    kedge_timestamp time = renewal_time(l);
    if (time <= 0)
        return KEDGE_ERR_STATE;
    kedge_writer_init(&w, l->body, sizeof l->body);
    kedge_writer_begin_object(&w);
    if (l->state == CREATING) {
        kedge__node_put(&w, "apiVersion", "coordination.k8s.io/v1");
        kedge__node_put(&w, "kind", "Lease");
    }
    write_metadata(l, &w);
    write_spec(l, &w, time);
    kedge_writer_end_object(&w);
    return kedge_writer_finish(&w, body);
}

// Ways on ----------------------------------------------------------------------------------------

static void wait_for(struct kedge_node_lease *l, kedge_time delay)
{
    l->state = WAITING;
    l->task.deadline = kedge__after(kedge__node_clock(kedge_of(l)), delay);
}

static void note_failure(struct kedge_node_lease *l, kedge_err err, const char *text)
{
    struct kedge__line line;
    l->out.failures++;
    l->out.reason = err;
    kedge__line_init(&line, l->text, sizeof l->text);
    kedge__line_text(&line, text);
}

// Asks again for what there is, after a pause that doubles.
static void back_off(struct kedge_node_lease *l)
{
    l->known = false;
    l->tries = 0;
    wait_for(l, kedge_backoff_next(&l->backoff, kedge__node_clock(kedge_of(l))));
}

static void cannot_write(struct kedge_node_lease *l, kedge_err err)
{
    note_failure(l, err,
                 err == KEDGE_ERR_STATE
                     ? "the date is not known: give the port a wall clock, or set "
                       "clock_from_server in the configuration"
                     : "the Lease cannot be written: the node's name or the owner's uid is not "
                       "UTF-8, or too long");
    back_off(l);
}

static void send(struct kedge_node_lease *l, enum state state)
{
    static const enum kedge_verb verbs[] = {
        [GETTING] = KEDGE_GET, [CREATING] = KEDGE_CREATE, [RENEWING] = KEDGE_PATCH};
    struct kedge_request r =
        kedge_api_request(&l->api, verbs[state], state == CREATING ? NULL : l->node, NULL);
    l->state = state;
    l->task.deadline = KEDGE_FOREVER;
    l->began = kedge__node_clock(kedge_of(l));
    if (state != GETTING) {
        r.patch_type = KEDGE_PATCH_MERGE;
        kedge_err written = write_body(l, &r.body);
        if (written != KEDGE_OK) {
            cannot_write(l, written);
            return;
        }
    }
    kedge_err err = kedge_api_start(&l->call, &l->api, &r);
    if (err == KEDGE_OK)
        return;
    note_failure(l, err, kedge_rest_error_text(l->rest));
    back_off(l);
}

// Once more at once: from the task, so that failures that come at once are no loop of their own.
static void try_again(struct kedge_node_lease *l)
{
    wait_for(l, 0);
}

// Without the calendar it cannot be renewed, and an answer may bring it.
static void go_on(struct kedge_node_lease *l)
{
    send(l, l->known && kedge_wall_clock(kedge_of(l)) > 0 ? RENEWING : GETTING);
}

// What came --------------------------------------------------------------------------------------

static void note_lease(struct kedge_node_lease *l, const struct kedge_object *obj)
{
    const struct kedge_lease *lease = kedge_as_lease(obj);
    l->known = kedge__node_keep(l->version, sizeof l->version, kedge_resource_version(obj));
    l->owned = obj->owner_references.count > 0;
    l->stands = lease->spec_renew_time;
}

static void renewed(struct kedge_node_lease *l, const struct kedge_object *obj)
{
    kedge_time interval = l->options.duration / PARTS;
    note_lease(l, obj);
    l->tries = 0;
    kedge_backoff_reset(&l->backoff);
    l->out.is_renewed = true;
    l->out.renewed = l->began;
    l->out.renewals++;
    l->out.reason = KEDGE_OK;
    l->text[0] = '\0';
    // JitterUntil: 0 to 4 % longer, so that not all nodes come at once.
    uint64_t jitter = kedge__random_below(&l->client->random, (uint64_t)interval / 25 + 1);
    wait_for(l, interval + (kedge_time)jitter);
}

static void got(struct kedge_node_lease *l, kedge_err err, const struct kedge_object *obj)
{
    if (err == KEDGE_OK) {
        note_lease(l, obj);
        send(l, RENEWING);
    } else if (err == KEDGE_ERR_API && kedge_status_is_not_found(kedge_rest_status(l->rest))) {
        // With its owner, maybe: one that has an owner who is not there is deleted at once.
        l->lost = l->out.is_renewed;
        if (l->lost)
            l->owner[0] = '\0';
        send(l, CREATING);
    } else {
        note_failure(l, err, kedge_rest_error_text(l->rest));
        back_off(l);
    }
}

static void renew_failed(struct kedge_node_lease *l, kedge_err err)
{
    const struct kedge_status *s = kedge_rest_status(l->rest);
    bool conflict = err == KEDGE_ERR_API && kedge_status_is_conflict(s);
    bool lost = err == KEDGE_ERR_API && kedge_status_is_not_found(s);
    if (!conflict)
        note_failure(l, err, kedge_rest_error_text(l->rest));
    if (++l->tries >= TRIES) {
        back_off(l);
        return;
    }
    l->known = l->known && !conflict && !lost;
    try_again(l);
}

static void done(void *ctx, kedge_err err, const struct kedge_object *obj)
{
    struct kedge_node_lease *l = ctx;
    if (l->state == GETTING) {
        got(l, err, obj);
    } else if (err == KEDGE_OK) {
        renewed(l, obj);
    } else if (l->state == RENEWING) {
        renew_failed(l, err);
    } else {
        note_failure(l, err, kedge_rest_error_text(l->rest));
        back_off(l);
    }
}

// The loop ---------------------------------------------------------------------------------------

static bool step(struct kedge__task *t, kedge_time now)
{
    (void)t;
    (void)now;
    return false; // what is sent here may end at once, and be told
}

static bool meanwhile(struct kedge__task *t, kedge_time now)
{
    struct kedge_node_lease *l = (struct kedge_node_lease *)t;
    if (l->state != WAITING || now < l->task.deadline)
        return false;
    go_on(l);
    return true;
}

static void tell(struct kedge_node_lease *l)
{
    kedge_time gap = l->told_renewals > 0 ? l->out.renewed - l->told : 0;
    l->told = l->out.renewed;
    l->told_renewals = l->out.renewals;
    if (l->options.on_renewed == NULL)
        return;
    kedge__unlock(kedge_of(l));
    l->options.on_renewed(l->options.ctx, gap);
    kedge__lock(kedge_of(l));
}

static void tell_lost(struct kedge_node_lease *l)
{
    l->lost = false;
    if (l->options.on_lost == NULL)
        return;
    kedge__unlock(kedge_of(l));
    l->options.on_lost(l->options.ctx);
    kedge__lock(kedge_of(l));
}

static bool deliver(struct kedge__task *t, kedge_time now)
{
    struct kedge_node_lease *l = (struct kedge_node_lease *)t;
    if (l->lost) {
        tell_lost(l);
        return true;
    }
    if (l->told_renewals != l->out.renewals) {
        tell(l);
        return true;
    }
    return meanwhile(t, now);
}

static const struct kedge__task_ops task_ops = {step, deliver, meanwhile};

// Making, starting and stopping ------------------------------------------------------------------

static kedge_err init(struct kedge_node_lease *l, struct kedge *k)
{
    kedge_time duration = l->options.duration > 0 ? l->options.duration : KEDGE_NODE_LEASE_DURATION;
    struct kedge_rest_options rest = {.buffer = l->options.buffer,
                                      .path_max = 1024,
                                      .text_max = 1024,
                                      .object_max = 1024,
                                      .no_rate_limit = true};
    if (duration < DURATION_MIN || l->options.duration < 0) {
        kedge__line_text(kedge__fail(k, KEDGE_ERR_ARGUMENT),
                         "the duration of a node's lease is under 4 seconds");
        return KEDGE_ERR_ARGUMENT;
    }
    l->options.duration = duration / KEDGE_SECOND * KEDGE_SECOND;
    l->node = kedge__node_name(k, l->options.node);
    l->rest = l->node != NULL ? kedge_rest_new(l->client, &rest) : NULL;
    if (l->rest == NULL)
        return k->failure;
    kedge__rest_goes_on(l->rest);
    l->api = kedge_api_of(l->rest, &kedge_kind_lease, KEDGE_NODE_LEASE_NAMESPACE);
    l->api.timeout = TIMEOUT;
    l->call.done = done;
    l->call.ctx = l;
    kedge_backoff_init(&l->backoff, BACKOFF_FIRST, BACKOFF_CAP, 200, 0, KEDGE_FOREVER, 0);
    l->task.ops = &task_ops;
    l->task.deadline = KEDGE_FOREVER;
    return kedge__task_add(k, &l->task);
}

struct kedge_node_lease *kedge_node_lease_new(struct kedge_client *client,
                                              const struct kedge_node_lease_options *options)
{
    if (client == NULL || client->k->failure != KEDGE_OK)
        return NULL;
    struct kedge_node_lease *l = KEDGE__NEW(client->k, "node", struct kedge_node_lease, 1);
    if (l == NULL)
        return NULL;
    l->client = client;
    if (options != NULL)
        l->options = *options;
    return init(l, client->k) == KEDGE_OK ? l : NULL;
}

kedge_err kedge_node_lease_start(struct kedge_node_lease *lease)
{
    if (lease == NULL)
        return KEDGE_ERR_ARGUMENT;
    if (kedge_of(lease)->failure != KEDGE_OK)
        return kedge_of(lease)->failure;
    if (lease->state == STOPPED) {
        lease->known = false;
        lease->tries = 0;
        kedge_backoff_reset(&lease->backoff);
        wait_for(lease, 0);
    }
    return KEDGE_OK;
}

void kedge_node_lease_stop(struct kedge_node_lease *lease)
{
    if (lease == NULL)
        return;
    kedge_rest_close(lease->rest);
    // What was not told yet is told no more.
    lease->lost = false;
    lease->told = lease->out.renewed;
    lease->told_renewals = lease->out.renewals;
    lease->state = STOPPED;
    lease->task.deadline = KEDGE_FOREVER;
}

kedge_err kedge_node_lease_set_owner(struct kedge_node_lease *lease, const char *node_uid)
{
    const char *uid = node_uid != NULL ? node_uid : "";
    if (lease == NULL || strlen(uid) >= sizeof lease->owner)
        return KEDGE_ERR_ARGUMENT;
    kedge__node_keep(lease->owner, sizeof lease->owner, uid);
    return KEDGE_OK;
}

kedge_err kedge_node_lease_state(const struct kedge_node_lease *lease,
                                 struct kedge_node_lease_state *state)
{
    if (lease == NULL || state == NULL)
        return KEDGE_ERR_ARGUMENT;
    *state = lease->out;
    state->text = lease->text;
    kedge_time over = kedge__after(lease->out.renewed, lease->options.duration);
    kedge_time now = kedge__node_clock(kedge_of(lease));
    state->left = lease->out.is_renewed && now < over ? over - now : 0;
    return KEDGE_OK;
}
