// SPDX-License-Identifier: Apache-2.0
// node_agent.c - the three parts of the kit together, and the pods of the node told to whoever runs
// them.
//
//    informer of spec.nodeName -> which pod is that, by its uid?
//                                   unknown, over       nothing, unless it is being deleted: nobody
//                                                       else would finish that
//                                   unknown             a place: on_add, or on_terminate;
//                                                       too many: Failed, OutOfpods;
//                                                       no place, or too many in the middle of a
//                                                       list: looked at again later
//                                   known               on_update, or on_terminate
//                                   another uid         on_remove of the one before
//
// The places are those of the status manager. A pod that is over leaves its place when it has ended
// here and the informer has shown that the server knows: an event that is late cannot start it
// again.
#include "kedge/node_agent.h"

#include "kedge/lister.h"
#include "tools/pod_status_priv.h"

#define POD_MAX     16
#define REFUSED     2                   // places for pods that are refused, until the server knows
#define GRACE       (30 * KEDGE_SECOND) // terminationGracePeriodSeconds, where nobody says
#define GRACE_LEAST KEDGE_SECOND

struct kedge_node_agent {
    struct kedge__task task; // first
    struct kedge *k;
    struct kedge_node_agent_options options;
    struct kedge_pod_handler pods;
    struct kedge_rest *rest; // of status and pods
    struct kedge_node_status *status;
    struct kedge_node_lease *lease;
    struct kedge_pod_status_manager *manager;
    struct kedge_informer *informer;
    struct kedge_handler handler;
    kedge_time lease_duration;
    char uid[KEDGE__NODE_UID]; // the Node's
    uint64_t reports;          // how many there were when the Lease was lost
    bool lost;                 // it was, and whose it is is to be said again
    bool missed;               // a pod that found no place, or was too many while a list was read
    unsigned starts;           // so many, for who was called back: is it still the same run?
    bool runs;
};

// The node ---------------------------------------------------------------------------------------

static void refresh(void *ctx)
{
    struct kedge_node_agent *a = ctx;
    a->options.node.refresh(a->options.node.ctx);
}

static void registered(void *ctx, const struct kedge_object *node)
{
    struct kedge_node_agent *a = ctx;
    char uid[KEDGE_UID_TEXT];
    kedge__node_keep(a->uid, sizeof a->uid, kedge_uid(node, uid));
    kedge_node_lease_set_owner(a->lease, a->uid);
    a->lost = false;
    if (a->options.node.on_registered != NULL)
        a->options.node.on_registered(a->options.node.ctx, node);
}

static uint64_t reports_of(const struct kedge_node_agent *a)
{
    struct kedge_node_report r = {0};
    kedge_node_status_report(a->status, &r);
    return r.reports;
}

// Who deletes a Node deletes its Lease with it, and the Lease is missed first.
static void lease_lost(void *ctx)
{
    struct kedge_node_agent *a = ctx;
    a->lost = true;
    a->reports = reports_of(a);
    kedge_node_status_changed(a->status, true);
}

// Once the Node was seen again.
static void own_lease_again(struct kedge_node_agent *a)
{
    if (!a->lost || reports_of(a) == a->reports)
        return;
    a->lost = false;
    kedge_node_lease_set_owner(a->lease, a->uid);
}

// What the cluster made of a node that was not heard of is not told here: who was late may have
// been too late, also with the very first renewal.
static void renewed(void *ctx, kedge_time gap)
{
    struct kedge_node_agent *a = ctx;
    if (gap == 0 || gap >= a->lease_duration / 2)
        kedge_node_status_changed(a->status, true);
}

// Pods -------------------------------------------------------------------------------------------

static bool is_deleted(const struct kedge_object *pod)
{
    return pod->deletion_timestamp.seconds != 0;
}

static struct kedge__pod *find(const struct kedge_node_agent *a, const struct kedge_object *pod)
{
    char uid[KEDGE_UID_TEXT];
    return kedge__pod_find(a->manager, kedge_uid(pod, uid));
}

static kedge_time grace_of(const struct kedge_node_agent *a, const struct kedge_object *pod)
{
    kedge_timestamp now = kedge_wall_clock(a->k);
    if (!is_deleted(pod) || now == 0)
        return GRACE;
    kedge_timestamp until = kedge_timestamp_of(pod->deletion_timestamp);
    kedge_time grace = (kedge_time)((until - now) / 1000);
    return grace > GRACE_LEAST ? grace : GRACE_LEAST;
}

static void terminate(struct kedge_node_agent *a, struct kedge__pod *p,
                      const struct kedge_object *pod)
{
    p->until = is_deleted(pod) ? kedge_timestamp_of(pod->deletion_timestamp) : -1;
    if (a->pods.on_terminate != NULL)
        a->pods.on_terminate(a->pods.ctx, pod, grace_of(a, pod));
}

// It runs no more, though the informer may not have shown yet that the server knows.
static bool has_ended(const struct kedge__pod *p)
{
    return p->ended && kedge__pod_is_over(p->phase);
}

static size_t count_accepted(const struct kedge_pod_status_manager *m)
{
    size_t n = 0;
    for (size_t i = 0; i < m->count; i++)
        n += m->pods[i].used && !m->pods[i].rejected && !has_ended(&m->pods[i]);
    return n;
}

// In the words of the kubelet's admission.
static void reject(struct kedge_node_agent *a, struct kedge__pod *p)
{
    const struct kedge_pod_status failed = {
        .phase = KEDGE_POD_FAILED,
        .reason = "OutOfpods",
        .message = "Pod was rejected: the node has no room for another pod",
    };
    p->rejected = true;
    p->ended = true;
    kedge_pod_status_set(a->manager, p->uid, &failed);
}

// In the middle of a list those that are gone are not known yet.
static bool is_listing(const struct kedge_node_agent *a)
{
    struct kedge_informer_state s = {0};
    kedge_informer_state(a->informer, &s);
    return s.phase == KEDGE_SYNCING || s.phase == KEDGE_RELISTING;
}

static void take(struct kedge_node_agent *a, const struct kedge_object *pod)
{
    bool too_many = !is_deleted(pod) && count_accepted(a->manager) >= a->options.pod_max;
    if (too_many && is_listing(a)) {
        a->missed = true;
        return;
    }
    kedge_err err = kedge_pod_status_add(a->manager, pod);
    a->missed |= err == KEDGE_ERR_FULL;
    if (err != KEDGE_OK)
        return;
    struct kedge__pod *p = find(a, pod);
    if (is_deleted(pod))
        terminate(a, p, pod);
    else if (too_many)
        reject(a, p);
    else if (a->pods.on_add != NULL)
        a->pods.on_add(a->pods.ctx, pod);
}

static bool is_over(const struct kedge_node_agent *a, const struct kedge_object *pod)
{
    return kedge__pod_is_over(kedge__pod_view_phase(&a->manager->view, pod));
}

// `old` NULL: there is none to compare with.
static void see(struct kedge_node_agent *a, const struct kedge_object *old,
                const struct kedge_object *pod)
{
    struct kedge__pod *p = find(a, pod);
    bool over = is_over(a, pod);
    if (p == NULL) {
        if (!over || is_deleted(pod))
            take(a, pod);
        return;
    }
    bool ours = kedge__pod_is_over(p->phase);
    p->shown_over |= over;
    kedge_pod_status_seen(a->manager, pod);
    // Its deletion, which is ours, cuts the time to nothing.
    if (p->rejected || p->ended)
        return;
    bool cut = is_deleted(pod) && kedge_timestamp_of(pod->deletion_timestamp) != p->until;
    if (cut || (over && !ours && p->until == 0))
        terminate(a, p, pod);
    else if (old != NULL && p->until == 0 && a->pods.on_update != NULL)
        a->pods.on_update(a->pods.ctx, old, pod);
}

static void drop(struct kedge_node_agent *a, const struct kedge_object *pod)
{
    struct kedge__pod *p = find(a, pod);
    if (p == NULL)
        return;
    bool ran = !p->rejected;
    kedge_pod_status_remove(a->manager, p->uid);
    if (ran && a->pods.on_remove != NULL)
        a->pods.on_remove(a->pods.ctx, pod);
}

// A handler may have stopped the agent, and started it again.
static bool is_run(const struct kedge_node_agent *a, unsigned starts)
{
    return a->runs && a->starts == starts;
}

static void on_add(void *ctx, const struct kedge_object *pod, bool initial)
{
    (void)initial;
    see(ctx, NULL, pod);
}

static void on_update(void *ctx, const struct kedge_object *old, const struct kedge_object *pod)
{
    struct kedge_node_agent *a = ctx;
    if (!kedge_uid_equal(&old->uid, &pod->uid)) {
        unsigned starts = a->starts;
        drop(a, old);
        if (!is_run(a, starts))
            return; // a start shows every pod anew
        old = NULL;
    }
    see(a, old, pod);
}

static void on_delete(void *ctx, const struct kedge_object *pod, bool tombstone)
{
    (void)tombstone;
    drop(ctx, pod);
}

// The loop ---------------------------------------------------------------------------------------

// Pods that are over, here and there, give their places back. True if there is a free one.
static bool clean_up(struct kedge_node_agent *a)
{
    struct kedge_pod_status_manager *m = a->manager;
    bool room = false;
    for (size_t i = 0; i < m->count; i++) {
        struct kedge__pod *p = &m->pods[i];
        if (p->used && p->shown_over && p->ended && !p->deleting &&
            !kedge_pod_status_is_pending(m, p->uid))
            kedge_pod_status_remove(m, p->uid);
        room |= !p->used;
    }
    return room;
}

static bool step(struct kedge__task *t, kedge_time now)
{
    (void)t;
    (void)now;
    return false;
}

// Looks again at the pods that were missed. Without the lock, as a handler: it calls back.
static void look_again(struct kedge_node_agent *a)
{
    unsigned starts = a->starts;
    a->missed = false;
    struct kedge_iter it = kedge_lister_list(a->informer, "", KEDGE_EVERYTHING);
    for (const struct kedge_object *pod;
         is_run(a, starts) && (pod = kedge_iter_next(&it)) != NULL;) {
        if (find(a, pod) == NULL)
            see(a, NULL, pod);
    }
}

static bool deliver(struct kedge__task *t, kedge_time now)
{
    struct kedge_node_agent *a = (struct kedge_node_agent *)t;
    (void)now;
    own_lease_again(a);
    if (!a->runs || a->manager == NULL || !clean_up(a) || !a->missed || is_listing(a))
        return false;
    kedge__unlock(a->k);
    look_again(a);
    kedge__lock(a->k);
    return true;
}

static const struct kedge__task_ops task_ops = {.step = step, .deliver = deliver};

// Making, starting and stopping ------------------------------------------------------------------

static void init_pods(struct kedge_node_agent *a, struct kedge_client *client)
{
    struct kedge_node_agent_options *o = &a->options;
    o->pod_max = o->pod_max > 0 ? o->pod_max : POD_MAX;
    if (o->pods != NULL)
        a->pods = *o->pods;
    const struct kedge_pod_status_options pods = {.pods = o->pod_max + REFUSED,
                                                  .status_max = o->status_max,
                                                  .rest = a->rest,
                                                  .pod_kind = o->pod_kind};
    a->manager = kedge_pod_status_manager_new(client, &pods);
    if (a->manager == NULL)
        return;
    a->informer = kedge_factory_informer_on_node(o->factory, a->manager->view.kind, o->node.node);
    a->handler =
        (struct kedge_handler){.on_add = on_add, .on_update = on_update, .on_delete = on_delete};
    a->handler.ctx = a;
    a->handler.resync = KEDGE_FOREVER; // an update is of two records
}

static kedge_err init(struct kedge_node_agent *a, struct kedge_client *client)
{
    const struct kedge_rest_options rest = {.no_rate_limit = true};
    struct kedge_node_status_options node = a->options.node;
    a->rest = kedge_rest_new(client, &rest);
    node.rest = a->rest;
    node.refresh = node.refresh != NULL ? refresh : NULL;
    node.on_registered = registered;
    node.ctx = a;
    a->status = kedge_node_status_new(client, &node);
    a->lease_duration =
        a->options.lease_duration > 0 ? a->options.lease_duration : KEDGE_NODE_LEASE_DURATION;
    const struct kedge_node_lease_options lease = {.node = node.node,
                                                   .duration = a->options.lease_duration,
                                                   .on_renewed = renewed,
                                                   .on_lost = lease_lost,
                                                   .ctx = a};
    a->lease = kedge_node_lease_new(client, &lease);
    if (a->options.factory != NULL)
        init_pods(a, client);
    a->task.ops = &task_ops;
    a->task.deadline = KEDGE_FOREVER;
    return kedge__task_add(a->k, &a->task);
}

struct kedge_node_agent *kedge_node_agent_new(struct kedge_client *client,
                                              const struct kedge_node_agent_options *options)
{
    if (client == NULL || client->k->failure != KEDGE_OK)
        return NULL;
    struct kedge_node_agent *a = KEDGE__NEW(client->k, "node", struct kedge_node_agent, 1);
    if (a == NULL)
        return NULL;
    a->k = client->k;
    if (options != NULL)
        a->options = *options;
    init(a, client);
    return a->k->failure == KEDGE_OK ? a : NULL;
}

kedge_err kedge_node_agent_start(struct kedge_node_agent *agent)
{
    struct kedge_node_agent *a = agent;
    if (a == NULL)
        return KEDGE_ERR_ARGUMENT;
    if (a->k->failure != KEDGE_OK)
        return a->k->failure;
    if (a->runs)
        return KEDGE_OK;
    kedge_err err = KEDGE_OK;
    if (a->informer != NULL) {
        err = kedge_factory_start(a->options.factory);
        if (err == KEDGE_OK)
            err = kedge_informer_start(a->informer);
        if (err == KEDGE_OK)
            err = kedge_informer_add_handler(a->informer, &a->handler);
    }
    if (err != KEDGE_OK)
        return err;
    a->runs = true;
    a->starts++;
    a->missed = false;
    kedge_node_status_start(a->status);
    return kedge_node_lease_start(a->lease);
}

void kedge_node_agent_stop(struct kedge_node_agent *agent)
{
    struct kedge_node_agent *a = agent;
    if (a == NULL || !a->runs)
        return;
    a->runs = false;
    if (a->informer != NULL) {
        kedge_informer_remove_handler(a->informer, &a->handler);
        kedge_informer_stop(a->informer);
    }
    kedge_pod_status_manager_stop(a->manager);
    kedge_node_status_stop(a->status);
    kedge_node_lease_stop(a->lease);
    kedge_rest_close(a->rest);
}

struct kedge_node_status *kedge_node_agent_status(struct kedge_node_agent *agent)
{
    return agent != NULL ? agent->status : NULL;
}

struct kedge_node_lease *kedge_node_agent_lease(struct kedge_node_agent *agent)
{
    return agent != NULL ? agent->lease : NULL;
}

struct kedge_pod_status_manager *kedge_node_agent_pods(struct kedge_node_agent *agent)
{
    return agent != NULL ? agent->manager : NULL;
}

struct kedge_informer *kedge_node_agent_informer(struct kedge_node_agent *agent)
{
    return agent != NULL ? agent->informer : NULL;
}
