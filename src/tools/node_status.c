// SPDX-License-Identifier: Apache-2.0
// node_status.c - what the kubelet's kubelet_node_status.go does: a Node registered, and its status
// kept.
//
//                  it exists             labels lack
//     CREATING ---------------> READING --------------> LABELLING
//        |                         |                        |
//        +-----------+-------------+------------------------+
//                    v   every 10 s, or soon: changed, or 5 minutes old
//                  PAUSE -----------------------------------------> COMPARING --> REPORTING
//                    ^                                                  |             |
//                    +-----------------------------------------------------------------+
//                           the Node is gone, or another one: from the beginning
//
// What is sent begins in `deliver`, which lets go of the lock for `refresh`; what came is told at a
// request's end, which comes without it. The connection may be another's, too: while that has a
// request under way, a state waits its turn.
#include "tools/node_status_priv.h"

#define LOOK          (10 * KEDGE_SECOND)       // nodeStatusUpdateFrequency
#define REPORT        (5 * KEDGE_MINUTE)        // nodeStatusReportFrequency
#define TRIES         5                         // nodeStatusUpdateRetry
#define BACKOFF_FIRST (100 * KEDGE_MILLISECOND) // registerWithAPIServer
#define BACKOFF_CAP   (7 * KEDGE_SECOND)
#define TIMEOUT       (10 * KEDGE_SECOND) // of the kubelet's heartbeat client
#define BODY_MAX      3072

static struct kedge *kedge_of(const struct kedge_node_status *n)
{
    return n->client->k;
}

// Ways on ----------------------------------------------------------------------------------------

static void pause_for(struct kedge_node_status *n, kedge_time delay, enum kedge__node_state next)
{
    n->state = KEDGE__NODE_PAUSE;
    n->next = next;
    n->due = kedge__after(kedge__node_clock(kedge_of(n)), delay);
    n->task.deadline = n->due;
}

static void note_failure(struct kedge_node_status *n, kedge_err err, const char *text)
{
    struct kedge__line line;
    n->out.failures++;
    n->out.reason = err;
    kedge__line_init(&line, n->text, sizeof n->text);
    kedge__line_text(&line, text);
}

static void register_later(struct kedge_node_status *n)
{
    n->out.is_registered = false;
    pause_for(n, kedge_backoff_next(&n->backoff, kedge__node_clock(kedge_of(n))),
              KEDGE__NODE_CREATING);
}

static void report_later(struct kedge_node_status *n)
{
    // Five times at once, then at the next look.
    bool again = ++n->tries < TRIES;
    n->tries = again ? n->tries : 0;
    n->always = true;
    pause_for(n, again ? 0 : LOOK, KEDGE__NODE_REPORTING);
}

static void cannot_write(struct kedge_node_status *n, kedge_err err)
{
    note_failure(n, err,
                 err == KEDGE_ERR_TOO_LONG ? "the Node is longer than body_max"
                 : err == KEDGE_ERR_STATE
                     ? "the date is not known: give the port a wall clock, or set "
                       "clock_from_server in the configuration"
                     : "a text of the Node is not UTF-8");
}

// Sending ----------------------------------------------------------------------------------------

static void send(struct kedge_node_status *n, enum kedge__node_state state, enum kedge_verb verb,
                 kedge_str body)
{
    struct kedge_api api = kedge_api_sub(&n->api, state == KEDGE__NODE_REPORTING ? "status" : NULL);
    struct kedge_request r =
        kedge_api_request(&api, verb, verb == KEDGE_CREATE ? NULL : n->node, NULL);
    r.body = body;
    r.patch_type = state == KEDGE__NODE_REPORTING ? KEDGE_PATCH_STRATEGIC : KEDGE_PATCH_MERGE;
    kedge_err err = kedge_api_start(&n->call, &api, &r);
    n->state = state;
    n->task.deadline = KEDGE_FOREVER;
    if (err == KEDGE_OK)
        return;
    if (err == KEDGE_ERR_STATE) {
        // Somebody else's request came in between.
        pause_for(n, 0, state);
        return;
    }
    note_failure(n, err, kedge_rest_error_text(n->rest));
    register_later(n);
}

// Without a calendar the server is asked first, whose answer may bring one.
static void send_create(struct kedge_node_status *n)
{
    kedge_timestamp now = kedge_wall_clock(kedge_of(n));
    kedge_str body = {NULL, 0};
    if (now <= 0 && !n->looked) {
        n->looked = true;
        send(n, KEDGE__NODE_READING, KEDGE_GET, body);
        return;
    }
    n->looked = false;
    memset(n->since, 0, sizeof n->since);
    kedge_err err = now > 0 ? kedge__node_hash(n, n->sending) : KEDGE_ERR_STATE;
    if (err == KEDGE_OK)
        err = kedge__node_write_object(n, now, &body);
    if (err == KEDGE_OK) {
        send(n, KEDGE__NODE_CREATING, KEDGE_CREATE, body);
        return;
    }
    cannot_write(n, err);
    register_later(n);
}

// The Node is read before each report, as the kubelet does: somebody may have changed a condition,
// as the cluster does with a node that it does not hear of, and changing it back is a transition.
static void send_report(struct kedge_node_status *n)
{
    kedge_timestamp now = kedge_wall_clock(kedge_of(n));
    kedge_str body = {NULL, 0};
    bool fresh = n->fresh;
    kedge_err err = now > 0 ? kedge__node_hash(n, n->sending) : KEDGE_ERR_STATE;
    bool facts = err == KEDGE_OK && n->sending[0] != n->sent[0];
    bool changed = facts || (err == KEDGE_OK && n->sending[1] != n->sent[1]);
    kedge_time due = kedge__after(n->out.reported, REPORT);
    n->fresh = false;
    if (err == KEDGE_OK && !changed && !n->always && kedge__node_clock(kedge_of(n)) < due) {
        pause_for(n, LOOK, KEDGE__NODE_REPORTING);
        return;
    }
    if (err == KEDGE_OK && !fresh) {
        send(n, KEDGE__NODE_COMPARING, KEDGE_GET, body);
        return;
    }
    if (err == KEDGE_OK)
        err = kedge__node_write_report(n, now, facts || n->always, &body);
    if (err == KEDGE_OK) {
        bool always = n->always;
        n->always = n->soon = false;
        send(n, KEDGE__NODE_REPORTING, KEDGE_PATCH, body);
        if (n->state == KEDGE__NODE_PAUSE)
            n->always = always; // it did not go out
        return;
    }
    cannot_write(n, err);
    pause_for(n, LOOK, KEDGE__NODE_REPORTING);
}

static void send_labels(struct kedge_node_status *n)
{
    kedge_str body;
    kedge_err err = kedge__node_write_labels(n, &body);
    if (err == KEDGE_OK) {
        send(n, KEDGE__NODE_LABELLING, KEDGE_PATCH, body);
        return;
    }
    cannot_write(n, err);
    pause_for(n, 0, KEDGE__NODE_REPORTING);
}

static void go_on(struct kedge_node_status *n)
{
    kedge_str body = {NULL, 0};
    switch (n->next) {
    case KEDGE__NODE_CREATING:
        send_create(n);
        break;
    case KEDGE__NODE_READING:
        send(n, KEDGE__NODE_READING, KEDGE_GET, body);
        break;
    case KEDGE__NODE_LABELLING:
        send_labels(n);
        break;
    default:
        send_report(n);
        break;
    }
}

// What came --------------------------------------------------------------------------------------

static void registered(struct kedge_node_status *n, const struct kedge_object *node)
{
    char uid[KEDGE_UID_TEXT];
    kedge_backoff_reset(&n->backoff);
    n->out.is_registered = true;
    n->out.reason = KEDGE_OK;
    n->text[0] = '\0';
    n->looked = false;
    kedge__node_keep(n->uid, sizeof n->uid, kedge_uid(node, uid));
    if (n->options.on_registered != NULL)
        n->options.on_registered(n->options.ctx, node);
}

static void reported(struct kedge_node_status *n)
{
    memcpy(n->sent, n->sending, sizeof n->sent);
    n->tries = 0;
    n->out.reports++;
    n->out.reported = kedge__node_clock(kedge_of(n));
    n->out.reason = KEDGE_OK;
    n->text[0] = '\0';
}

static void next_look(struct kedge_node_status *n)
{
    pause_for(n, n->always || n->soon ? 0 : LOOK, KEDGE__NODE_REPORTING);
}

static void created(struct kedge_node_status *n, kedge_err err, const struct kedge_object *node)
{
    const struct kedge_status *s = kedge_rest_status(n->rest);
    if (err == KEDGE_OK) {
        const struct kedge_node *is = kedge_as_node(node);
        // A server that takes no status with a new object gets it by a report.
        n->always = is->status_conditions.count == 0;
        reported(n);
        next_look(n);
        registered(n, node);
        return;
    }
    // It exists, or who may not create one may have one all the same.
    if (err == KEDGE_ERR_API &&
        (kedge_status_is_already_exists(s) || kedge_status_is_forbidden(s))) {
        pause_for(n, 0, KEDGE__NODE_READING);
        return;
    }
    note_failure(n, err, kedge_rest_error_text(n->rest));
    register_later(n);
}

static void was_read(struct kedge_node_status *n, kedge_err err, const struct kedge_object *node)
{
    bool none = err == KEDGE_ERR_API && kedge_status_is_not_found(kedge_rest_status(n->rest));
    if (none && n->looked) {
        pause_for(n, 0, KEDGE__NODE_CREATING);
        return;
    }
    if (err != KEDGE_OK) {
        n->looked = false;
        note_failure(n, err, kedge_rest_error_text(n->rest));
        register_later(n);
        return;
    }
    kedge__node_learn(n, node);
    n->always = n->fresh = true;
    pause_for(n, 0,
              kedge__node_has_labels(n, node) ? KEDGE__NODE_REPORTING : KEDGE__NODE_LABELLING);
    registered(n, node);
}

// Labels are worth a try; what counts is the status.
static void labelled(struct kedge_node_status *n, kedge_err err)
{
    if (err != KEDGE_OK)
        note_failure(n, err, kedge_rest_error_text(n->rest));
    pause_for(n, 0, KEDGE__NODE_REPORTING);
}

static void report_failed(struct kedge_node_status *n, kedge_err err)
{
    note_failure(n, err, kedge_rest_error_text(n->rest));
    if (err == KEDGE_ERR_API && kedge_status_is_not_found(kedge_rest_status(n->rest)))
        register_later(n);
    else
        report_later(n);
}

static void compared(struct kedge_node_status *n, kedge_err err, const struct kedge_object *node)
{
    char uid[KEDGE_UID_TEXT];
    if (err != KEDGE_OK) {
        report_failed(n, err);
        return;
    }
    if (n->uid[0] != '\0' && strcmp(kedge_uid(node, uid), n->uid) != 0) {
        was_read(n, err, node); // another one has taken its place
        return;
    }
    if (!kedge_is_partial(node)) // else what is known stands
        kedge__node_learn(n, node);
    n->fresh = true;
    send_report(n);
}

static void patched(struct kedge_node_status *n, kedge_err err)
{
    if (err != KEDGE_OK) {
        report_failed(n, err);
        return;
    }
    reported(n);
    next_look(n);
}

static void done(void *ctx, kedge_err err, const struct kedge_object *obj)
{
    struct kedge_node_status *n = ctx;
    switch (n->state) {
    case KEDGE__NODE_CREATING:
        created(n, err, obj);
        break;
    case KEDGE__NODE_READING:
        was_read(n, err, obj);
        break;
    case KEDGE__NODE_LABELLING:
        labelled(n, err);
        break;
    case KEDGE__NODE_COMPARING:
        compared(n, err, obj);
        break;
    default:
        patched(n, err);
        break;
    }
}

// The loop ---------------------------------------------------------------------------------------

static bool step(struct kedge__task *t, kedge_time now)
{
    (void)t;
    (void)now;
    return false;
}

static bool deliver(struct kedge__task *t, kedge_time now)
{
    struct kedge_node_status *n = (struct kedge_node_status *)t;
    if (n->state != KEDGE__NODE_PAUSE || now < n->due)
        return false;
    if (n->rest->state != KEDGE__REST_IDLE) {
        n->task.deadline = KEDGE_FOREVER; // the end of that request turns the loop
        return false;
    }
    if (n->options.refresh != NULL) {
        kedge__unlock(kedge_of(n));
        n->options.refresh(n->options.ctx);
        kedge__lock(kedge_of(n));
    }
    if (n->state == KEDGE__NODE_PAUSE)
        go_on(n);
    return true;
}

static const struct kedge__task_ops task_ops = {.step = step, .deliver = deliver};

// Making, starting and stopping ------------------------------------------------------------------

static kedge_err refuse(struct kedge *k, const char *text)
{
    kedge__line_text(kedge__fail(k, KEDGE_ERR_ARGUMENT), text);
    return KEDGE_ERR_ARGUMENT;
}

static kedge_err init(struct kedge_node_status *n, struct kedge *k)
{
    const struct kedge_rest_options rest = {.no_rate_limit = true};
    if (n->options.facts == NULL)
        return refuse(k, "a node's status needs facts");
    if (n->options.facts->condition_count > KEDGE_NODE_CONDITIONS)
        return refuse(k, "a node has more conditions than KEDGE_NODE_CONDITIONS");
    n->body_max = n->options.body_max > 0 ? n->options.body_max : BODY_MAX;
    n->node = kedge__node_name(k, n->options.node);
    n->body = n->node != NULL ? kedge__take(k, "node", n->body_max, 1, 1) : NULL;
    if (n->body == NULL)
        return k->failure;
    n->rest = n->options.rest != NULL ? n->options.rest : kedge_rest_new(n->client, &rest);
    if (n->rest == NULL)
        return k->failure;
    n->api = kedge_api_of(n->rest, &kedge_kind_node, NULL);
    n->api.timeout = TIMEOUT;
    n->call.done = done;
    n->call.ctx = n;
    kedge_backoff_init(&n->backoff, BACKOFF_FIRST, BACKOFF_CAP, 200, 0, KEDGE_FOREVER, 0);
    n->task.ops = &task_ops;
    n->task.deadline = KEDGE_FOREVER;
    return kedge__task_add(k, &n->task);
}

struct kedge_node_status *kedge_node_status_new(struct kedge_client *client,
                                                const struct kedge_node_status_options *options)
{
    if (client == NULL || client->k->failure != KEDGE_OK)
        return NULL;
    struct kedge_node_status *n = KEDGE__NEW(client->k, "node", struct kedge_node_status, 1);
    if (n == NULL)
        return NULL;
    n->client = client;
    if (options != NULL)
        n->options = *options;
    return init(n, client->k) == KEDGE_OK ? n : NULL;
}

kedge_err kedge_node_status_start(struct kedge_node_status *status)
{
    if (status == NULL)
        return KEDGE_ERR_ARGUMENT;
    if (kedge_of(status)->failure != KEDGE_OK)
        return kedge_of(status)->failure;
    if (status->state == KEDGE__NODE_STOPPED) {
        status->tries = 0;
        status->looked = false;
        status->fresh = false;
        kedge_backoff_reset(&status->backoff);
        pause_for(status, 0, KEDGE__NODE_CREATING);
    }
    return KEDGE_OK;
}

void kedge_node_status_stop(struct kedge_node_status *status)
{
    if (status == NULL)
        return;
    if (status->state > KEDGE__NODE_PAUSE)
        kedge_rest_cancel(status->rest);
    if (status->options.rest == NULL)
        kedge_rest_close(status->rest);
    status->state = KEDGE__NODE_STOPPED;
    status->task.deadline = KEDGE_FOREVER;
}

void kedge_node_status_changed(struct kedge_node_status *status, bool always)
{
    if (status == NULL)
        return;
    status->always |= always;
    status->soon = true;
    // A pause between tries is one of its own.
    if (status->state == KEDGE__NODE_PAUSE && status->next == KEDGE__NODE_REPORTING &&
        status->tries == 0)
        pause_for(status, 0, KEDGE__NODE_REPORTING);
}

kedge_err kedge_node_status_report(const struct kedge_node_status *status,
                                   struct kedge_node_report *report)
{
    if (status == NULL || report == NULL)
        return KEDGE_ERR_ARGUMENT;
    *report = status->out;
    report->text = status->text;
    return KEDGE_OK;
}
