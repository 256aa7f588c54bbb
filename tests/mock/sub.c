// SPDX-License-Identifier: Apache-2.0
// sub.c - the subresources that are orders: pods/binding, pods/eviction, serviceaccounts/token.
#include <stdlib.h>
#include <string.h>

#include "priv.h"

// An order and what it is about.
struct order {
    struct mock_connection *c;
    const struct target *target;
    const json_t *body;
    bool dry_run;
};

static json_t *success(void)
{
    return json_pack("{s:s, s:s, s:{}, s:s, s:i}", "kind", "Status", "apiVersion", "v1", "metadata",
                     "status", "Success", "code", 201);
}

// Stores a changed pod or budget as a controller of the cluster would; takes the object over.
static void commit(const struct order *o, struct resource *r, json_t *object, const char *manager,
                   const char *subresource)
{
    struct write write = {.resource = r,
                          .namespace = o->target->namespace,
                          .name = mock__path_string(object, "metadata.name"),
                          .subresource = subresource,
                          .manager = manager,
                          .dry_run = o->dry_run};
    revision_drop(write__commit(o->c->mock, &write, object));
    json_decref(object);
}

// A copy of an object whose metadata, spec and status may be changed.
static json_t *opened(const struct revision *state)
{
    static const char *const parts[] = {"spec", "status"};
    json_t *object = revision_object(state), *copy = object_open(object);
    for (size_t i = 0; i < sizeof parts / sizeof parts[0]; i++) {
        json_t *part = json_object_get(object, parts[i]);
        json_object_set_new(copy, parts[i],
                            json_is_object(part) ? json_deep_copy(part) : json_object());
    }
    json_decref(object);
    return copy;
}

static void set_condition(const struct mock *mock, json_t *object, json_t *condition)
{
    json_t *status = json_object_get(object, "status"), *one;
    json_t *list = json_array();
    size_t i;
    json_array_foreach(json_object_get(status, "conditions"), i, one)
    {
        if (!mock__same(mock__path_string(one, "type"), mock__path_string(condition, "type")))
            json_array_append(list, one);
    }
    json_object_set_new(condition, "lastTransitionTime", write__timestamp(mock));
    json_array_append_new(list, condition);
    json_object_set_new(status, "conditions", list);
}

// ---- binding -------------------------------------------------------------------------------

static json_t *cannot_bind(const struct target *target, const char *why)
{
    return status_failure(
        409, "Conflict", json_pack("{s:s, s:s}", "name", target->name, "kind", "pods/binding"),
        "Operation cannot be fulfilled on pods/binding \"%s\": %s", target->name, why);
}

static json_t *check_binding(const struct order *o, const struct revision *pod)
{
    const char *uid = mock__path_string(o->body, "metadata.uid");
    const char *kind = mock__path_string(o->body, "target.kind");
    if (!mock__same(mock__path_string(o->body, "metadata.name"), o->target->name))
        return status_bad_request("name in URL does not match name in Binding object");
    if (*kind && !mock__same(kind, "Node"))
        return status_failure(500, NULL, NULL,
                              "target.kind: Unsupported value: \"%s\": supported values: \"Node\", "
                              "\"<empty>\"",
                              kind);
    if (!*mock__path_string(o->body, "target.name"))
        return status_failure(500, NULL, NULL, "target.name: Required value");
    if (!pod)
        return status_not_found(&o->target->resource->kind, o->target->name);
    if (!*uid || mock__same(uid, pod->uid))
        return NULL;
    struct text why = {0};
    text_format(&why, "Precondition failed: UID in precondition: %s, UID in object meta: %s", uid,
                pod->uid);
    json_t *refusal = status_conflict(&o->target->resource->kind, o->target->name, why.bytes);
    text_free(&why);
    return refusal;
}

static json_t *check_unbound(const struct order *o, const json_t *pod)
{
    struct text why = {0};
    const char *node = mock__path_string(pod, "spec.nodeName");
    if (mock__path(pod, "metadata.deletionTimestamp"))
        text_format(&why, "pod %s is being deleted, cannot be assigned to a host", o->target->name);
    else if (*node)
        text_format(&why, "pod %s is already assigned to node \"%s\"", o->target->name, node);
    json_t *refusal = why.len ? cannot_bind(o->target, why.bytes) : NULL;
    text_free(&why);
    return refusal;
}

static void merge_metadata(json_t *object, const json_t *from, const char *key)
{
    json_t *more = json_object_get(json_object_get(from, "metadata"), key);
    json_t *metadata = json_object_get(object, "metadata"), *old = json_object_get(metadata, key);
    if (!json_object_size(more))
        return;
    json_t *all = json_is_object(old) ? json_copy(old) : json_object();
    json_object_update(all, more);
    json_object_set_new(metadata, key, all);
}

static json_t *bind(const struct order *o, json_t **refusal)
{
    struct revision *state =
        resource_find(o->target->resource, o->target->namespace, o->target->name);
    *refusal = check_binding(o, state);
    if (*refusal)
        return NULL;
    json_t *pod = opened(state);
    *refusal = check_unbound(o, pod);
    if (*refusal) {
        json_decref(pod);
        return NULL;
    }
    json_object_set(json_object_get(pod, "spec"), "nodeName", mock__path(o->body, "target.name"));
    merge_metadata(pod, o->body, "annotations");
    merge_metadata(pod, o->body, "labels");
    set_condition(o->c->mock, pod,
                  json_pack("{s:s, s:s}", "type", "PodScheduled", "status", "True"));
    commit(o, o->target->resource, pod, "kube-scheduler", "");
    return success();
}

// ---- eviction ------------------------------------------------------------------------------

static void add_requirement(struct text *out, const json_t *expression)
{
    const char *key = mock__path_string(expression, "key");
    const char *operator= mock__path_string(expression, "operator");
    json_t *values = json_object_get(expression, "values");
    bool set = mock__same(operator, "In") || mock__same(operator, "NotIn");
    text_format(out, "%s%s%s", out->len ? "," : "", mock__same(operator, "DoesNotExist") ? "!" : "",
                key);
    if (set)
        text_string(out, mock__same(operator, "In") ? " in (" : " notin (");
    for (size_t i = 0; set && i < json_array_size(values); i++) {
        const char *value = json_string_value(json_array_get(values, i));
        text_format(out, "%s%s", i ? "," : "", value ? value : "");
    }
    text_string(out, set ? ")" : "");
}

// Whether a LabelSelector chooses the object; none chooses nothing, an empty one everything.
static bool is_selected(const json_t *label_selector, const struct revision *state)
{
    struct text t = {0};
    struct selector s = {0};
    const char *key;
    json_t *value;
    size_t i;
    if (!json_is_object(label_selector))
        return false;
    text_string(&t, "");
    json_object_foreach(json_object_get(label_selector, "matchLabels"), key, value)
        text_format(&t, "%s%s=%s", t.len ? "," : "", key,
                    json_is_string(value) ? json_string_value(value) : "");
    json_array_foreach(json_object_get(label_selector, "matchExpressions"), i, value)
        add_requirement(&t, value);
    json_t *refusal = select_parse_labels(&s, t.bytes);
    bool selected = !refusal && select_matches_labels(&s, state);
    json_decref(refusal);
    select_free(&s);
    text_free(&t);
    return selected;
}

// How many budgets speak for the pod; *budget is one of them.
static size_t find_budgets(const struct mock *mock, const struct revision *pod,
                           struct revision **budget)
{
    const struct resource *r = mock__resource(mock, "poddisruptionbudgets");
    size_t found = 0;
    for (size_t i = 0; i < r->count; i++) {
        if (!mock__same(r->items[i]->namespace, pod->namespace))
            continue;
        json_t *object = revision_object(r->items[i]);
        bool selected = is_selected(mock__path(object, "spec.selector"), pod);
        json_decref(object);
        found += selected;
        if (selected)
            *budget = r->items[i];
    }
    return found;
}

static json_t *too_many(int retry_after_s, const char *why)
{
    json_t *details =
        json_pack("{s:[{s:s, s:s}]}", "causes", "reason", "DisruptionBudget", "message", why);
    if (retry_after_s)
        json_object_set_new(details, "retryAfterSeconds", json_integer(retry_after_s));
    return status_failure(429, "TooManyRequests", details,
                          "Cannot evict pod as it would violate the pod's disruption budget.");
}

static json_int_t integer_at(const json_t *object, const char *path)
{
    return json_integer_value(mock__path(object, path));
}

// Takes one disruption from the budget, or says why it cannot be.
static json_t *spend(const struct order *o, struct revision *state)
{
    struct text why = {0};
    json_t *budget = opened(state), *status = json_object_get(budget, "status"), *refusal = NULL;
    json_int_t allowed = integer_at(budget, "status.disruptionsAllowed");
    json_int_t healthy = integer_at(budget, "status.currentHealthy");
    json_int_t wanted = integer_at(budget, "status.desiredHealthy");
    text_format(&why, "The disruption budget %s ", state->name);
    if (integer_at(budget, "status.observedGeneration") <
        integer_at(budget, "metadata.generation")) {
        text_string(&why, "is still being processed by the server.");
        refusal = too_many(10, why.bytes);
    } else if (allowed <= 0 && healthy <= wanted) {
        text_format(&why, "needs %lld healthy pods and has %lld currently", (long long)wanted,
                    (long long)healthy);
        refusal = too_many(0, why.bytes);
    } else if (allowed <= 0) {
        text_string(&why, "does not allow evicting pods currently");
        refusal = too_many(0, why.bytes);
    }
    text_free(&why);
    if (refusal || o->dry_run) {
        json_decref(budget);
        return refusal;
    }
    json_object_set_new(status, "disruptionsAllowed", json_integer(allowed - 1));
    if (!json_is_object(json_object_get(status, "disruptedPods")))
        json_object_set_new(status, "disruptedPods", json_object());
    json_object_set_new(json_object_get(status, "disruptedPods"), o->target->name,
                        write__timestamp(o->c->mock));
    commit(o, mock__resource(o->c->mock, "poddisruptionbudgets"), budget, "kube-apiserver",
           "status");
    return NULL;
}

// A pod that does not run, or goes already, disrupts nothing more.
static bool is_guarded(const struct revision *state)
{
    json_t *pod = revision_object(state);
    const char *phase = mock__path_string(pod, "status.phase");
    bool guarded = !mock__has_word("Pending Succeeded Failed", phase) &&
                   !mock__path(pod, "metadata.deletionTimestamp");
    json_decref(pod);
    return guarded;
}

static bool is_ready(const json_t *pod)
{
    json_t *condition;
    size_t i;
    json_array_foreach(mock__path(pod, "status.conditions"), i, condition)
    {
        if (mock__same(mock__path_string(condition, "type"), "Ready"))
            return mock__same(mock__path_string(condition, "status"), "True");
    }
    return false;
}

// Who is not ready is missed by nobody, if the policy says so or enough others are healthy.
static bool is_free(const struct revision *pod_state, const struct revision *budget_state)
{
    json_t *pod = revision_object(pod_state), *budget = revision_object(budget_state);
    json_int_t wanted = integer_at(budget, "status.desiredHealthy");
    bool always =
        mock__same(mock__path_string(budget, "spec.unhealthyPodEvictionPolicy"), "AlwaysAllow");
    bool enough = wanted > 0 && integer_at(budget, "status.currentHealthy") >= wanted;
    bool free_to_go = !is_ready(pod) && (always || enough);
    json_decref(pod);
    json_decref(budget);
    return free_to_go;
}

static json_t *delete_evicted(const struct order *o, const struct revision *state)
{
    struct mock *mock = o->c->mock;
    struct write write = {.resource = o->target->resource,
                          .namespace = o->target->namespace,
                          .name = o->target->name,
                          .subresource = "",
                          .manager = "kube-apiserver",
                          .dry_run = o->dry_run};
    json_t *options = json_object_get(o->body, "deleteOptions");
    json_t *refusal = write_check_delete(&write, state, options);
    if (refusal)
        return refusal;
    json_t *pod = opened(state);
    set_condition(mock, pod,
                  json_pack("{s:s, s:s, s:s, s:s}", "type", "DisruptionTarget", "status", "True",
                            "reason", "EvictionByEvictionAPI", "message",
                            "Eviction API: evicting"));
    commit(o, o->target->resource, pod, "kube-apiserver", "status");
    // The condition made a new version: the preconditions were about the one before.
    json_t *rest = json_copy(options);
    json_object_del(rest, "preconditions");
    struct written done = write_delete(mock, &write, rest);
    json_decref(rest);
    revision_drop(done.state);
    return done.refusal;
}

static json_t *evict(const struct order *o, json_t **refusal)
{
    struct revision *state =
        resource_find(o->target->resource, o->target->namespace, o->target->name);
    struct revision *budget = NULL;
    if (!mock__same(mock__path_string(o->body, "metadata.name"), o->target->name))
        *refusal = status_bad_request("name in URL does not match name in Eviction object");
    else if (!state)
        *refusal = status_not_found(&o->target->resource->kind, o->target->name);
    if (*refusal)
        return NULL;
    size_t budgets = is_guarded(state) ? find_budgets(o->c->mock, state, &budget) : 0;
    if (budgets > 1) // a real server answers this with 201, too
        return status_failure(500, NULL, NULL,
                              "This pod has more than one PodDisruptionBudget, which the eviction "
                              "subresource does not support.");
    if (budgets && !is_free(state, budget))
        *refusal = spend(o, budget);
    if (!*refusal)
        *refusal = delete_evicted(o, state);
    return *refusal ? NULL : success();
}

bool mock_forbid_eviction(struct mock *mock, const char *namespace, const char *name, bool busy)
{
    struct text t = {0};
    text_format(&t,
                "{\"metadata\":{\"name\":\"%s\",\"namespace\":\"%s\",\"generation\":1},\"spec\":{"
                "\"maxUnavailable\":0,\"selector\":{}},\"status\":{\"observedGeneration\":%d,"
                "\"disruptionsAllowed\":0,\"currentHealthy\":0,\"desiredHealthy\":1,"
                "\"expectedPods\":1}}",
                name, namespace, busy ? 0 : 1);
    uint64_t version = mock_apply(mock, "poddisruptionbudgets", t.bytes);
    text_free(&t);
    return version != 0;
}

// ---- tokens --------------------------------------------------------------------------------

#define AUDIENCE "https://kubernetes.default.svc.cluster.local"
enum { TOKEN_SECONDS = 3600, TOKEN_SECONDS_MIN = 600 };

static void add_part(struct text *out, const json_t *value)
{
    struct text json = {0}, base64 = {0};
    text_json(&json, value, TEXT_SORTED);
    text_base64(&base64, json.bytes, json.len);
    for (size_t i = 0; i < base64.len && base64.bytes[i] != '='; i++) {
        char c = base64.bytes[i];
        text_add(out, c == '+' ? "-" : c == '/' ? "_" : &c, 1);
    }
    text_free(&json);
    text_free(&base64);
}

// A JSON web token as a real server's, but for its signature, which only this mock can judge.
static char *token_new(const struct order *o, const struct revision *account, const json_t *spec,
                       int64_t seconds)
{
    struct mock *mock = o->c->mock;
    struct text t = {0}, id = {0}, subject = {0};
    int64_t now = mock__unix_ms(mock) / 1000;
    text_uuid(&id, &mock->random);
    text_format(&subject, "system:serviceaccount:%s:%s", account->namespace, account->name);
    json_t *header = json_pack("{s:s, s:s}", "alg", "RS256", "kid", "mock");
    json_t *claims =
        json_pack("{s:O, s:I, s:I, s:s, s:s, s:{s:s, s:{s:s, s:s}}, s:I, s:s}", "aud",
                  json_object_get(spec, "audiences"), "exp", (json_int_t)(now + seconds), "iat",
                  (json_int_t)now, "iss", AUDIENCE, "jti", id.bytes, "kubernetes.io", "namespace",
                  account->namespace, "serviceaccount", "name", account->name, "uid", account->uid,
                  "nbf", (json_int_t)now, "sub", subject.bytes);
    add_part(&t, header);
    text_string(&t, ".");
    add_part(&t, claims);
    text_format(&t, ".%016llx%016llx", (unsigned long long)mock__random(&mock->random),
                (unsigned long long)mock__random(&mock->random));
    json_decref(header);
    json_decref(claims);
    text_free(&id);
    text_free(&subject);
    return t.bytes;
}

static json_t *check_token(const struct order *o, const struct revision *account, int64_t seconds)
{
    static const struct kind request = {.group = "authentication.k8s.io", .name = "TokenRequest"};
    const struct target *target = o->target;
    const char *name = mock__path_string(o->body, "metadata.name");
    struct text what = {0};
    json_t *refusal = NULL;
    if (*name && !mock__same(name, target->name)) {
        text_format(
            &what, "Invalid value: \"%s\": must match the service account name if specified", name);
        refusal = status_invalid(&request, target->name, "metadata.name", "FieldValueInvalid",
                                 what.bytes);
    } else if (!account) {
        refusal = status_not_found(&target->resource->kind, target->name);
    } else if (seconds < TOKEN_SECONDS_MIN) {
        text_format(&what, "Invalid value: %lld: may not specify a duration less than 10 minutes",
                    (long long)seconds);
        refusal =
            status_invalid(&request, "", "spec.expirationSeconds", "FieldValueInvalid", what.bytes);
    }
    text_free(&what);
    return refusal;
}

static json_t *complete_spec(const struct order *o, int64_t seconds)
{
    json_t *audiences = mock__path(o->body, "spec.audiences");
    json_t *bound = mock__path(o->body, "spec.boundObjectRef");
    json_t *spec = json_object();
    if (json_array_size(audiences))
        json_object_set(spec, "audiences", audiences);
    else
        json_object_set_new(spec, "audiences", json_pack("[s]", AUDIENCE));
    json_object_set_new(spec, "expirationSeconds", json_integer(seconds));
    json_object_set_new(spec, "boundObjectRef", bound ? json_incref(bound) : json_null());
    return spec;
}

static bool is_for_us(const json_t *spec)
{
    json_t *audience;
    size_t i;
    json_array_foreach(json_object_get(spec, "audiences"), i, audience)
    {
        const char *text = json_string_value(audience);
        if (text && mock__same(text, AUDIENCE))
            return true;
    }
    return false;
}

static json_t *token(const struct order *o, json_t **refusal)
{
    struct mock *mock = o->c->mock;
    const struct revision *account =
        resource_find(o->target->resource, o->target->namespace, o->target->name);
    json_t *asked = mock__path(o->body, "spec.expirationSeconds");
    int64_t seconds = json_is_integer(asked) ? json_integer_value(asked) : TOKEN_SECONDS;
    *refusal = check_token(o, account, seconds);
    if (*refusal)
        return NULL;
    json_t *spec = complete_spec(o, seconds);
    char *text = token_new(o, account, spec, seconds);
    if (is_for_us(spec) && !o->dry_run)
        auth_add_account(mock, text, account, mock->now + seconds * 1000);
    struct text expires = {0};
    text_time(&expires, mock__unix_ms(mock) + seconds * 1000);
    json_t *body = json_pack("{s:s, s:s, s:{s:s, s:s, s:s, s:o}, s:o, s:{s:s, s:s}}", "kind",
                             "TokenRequest", "apiVersion", "authentication.k8s.io/v1", "metadata",
                             "name", account->name, "namespace", account->namespace, "uid",
                             account->uid, "creationTimestamp", write__timestamp(mock), "spec",
                             spec, "status", "token", text, "expirationTimestamp", expires.bytes);
    text_free(&expires);
    free(text);
    return body;
}

// ---- all of them ---------------------------------------------------------------------------

static const struct {
    const char *name, *kind;
    json_t *(*obey)(const struct order *order, json_t **refusal);
} orders[] = {{"binding", "Binding", bind},
              {"eviction", "Eviction", evict},
              {"token", "TokenRequest", token}};

bool sub_is_order(const struct target *target)
{
    for (size_t i = 0; i < sizeof orders / sizeof orders[0]; i++)
        if (mock__same(orders[i].name, target->subresource))
            return true;
    return false;
}

void sub_serve(struct mock_connection *c, const struct target *target)
{
    json_t *refusal = NULL, *reply = NULL;
    const char *dry_run = request_query(&c->request, "dryRun");
    size_t i = 0;
    while (!mock__same(orders[i].name, target->subresource))
        i++;
    json_t *body = write_body(c, orders[i].kind, &refusal);
    struct order order = {.c = c, .target = target, .body = body};
    order.dry_run = (dry_run && mock__same(dry_run, "All")) ||
                    json_array_size(mock__path(body, "deleteOptions.dryRun")) > 0;
    if (!refusal)
        reply = orders[i].obey(&order, &refusal);
    if (refusal)
        reply_status(c, refusal);
    else
        reply_json(c, 201, reply, reply_how(c, NULL));
    json_decref(reply);
    json_decref(body);
}
