// SPDX-License-Identifier: Apache-2.0
// node_object.c - a Node and its status as JSON, in the kubelet's words.
#include "tools/node_status_priv.h"

#include "base/hash.h"

// The well-known labels that follow from what is known anyway.
static struct kedge_node_label own_label(const struct kedge_node_status *n, size_t i)
{
    const struct kedge_node_facts *f = n->options.facts;
    switch (i) {
    case 0:
        return (struct kedge_node_label){"kubernetes.io/hostname", n->node};
    case 1:
        return (struct kedge_node_label){"kubernetes.io/os", f->operating_system};
    default:
        return (struct kedge_node_label){"kubernetes.io/arch", f->architecture};
    }
}

enum { OWN_LABELS = 3 };

static size_t label_count(const struct kedge_node_status *n)
{
    return OWN_LABELS + n->options.label_count;
}

// A value of NULL is no label.
static struct kedge_node_label label_at(const struct kedge_node_status *n, size_t i)
{
    return i < OWN_LABELS ? own_label(n, i) : n->options.labels[i - OWN_LABELS];
}

bool kedge__node_has_labels(const struct kedge_node_status *n, const struct kedge_object *node)
{
    for (size_t i = 0; i < label_count(n); i++) {
        struct kedge_node_label l = label_at(n, i);
        const char *has = kedge_label(node, l.key);
        if (l.value != NULL && (has == NULL || strcmp(has, l.value) != 0))
            return false;
    }
    return true;
}

static void write_labels(const struct kedge_node_status *n, struct kedge_writer *w)
{
    kedge_writer_key(w, "labels");
    kedge_writer_begin_object(w);
    for (size_t i = 0; i < label_count(n); i++) {
        struct kedge_node_label l = label_at(n, i);
        kedge__node_put(w, l.key, l.value);
    }
    kedge_writer_end_object(w);
}

// Conditions -------------------------------------------------------------------------------------

static struct kedge_node_condition pressure(const char *type, bool is, const char *const words[4])
{
    return (struct kedge_node_condition){type, is ? KEDGE_CONDITION_TRUE : KEDGE_CONDITION_FALSE,
                                         words[is ? 2 : 0], words[is ? 3 : 1]};
}

static struct kedge_node_condition condition_at(const struct kedge_node_status *n, size_t i)
{
    static const char *const memory[] = {
        "KubeletHasSufficientMemory", "kubelet has sufficient memory available",
        "KubeletHasInsufficientMemory", "kubelet has insufficient memory available"};
    static const char *const disk[] = {"KubeletHasNoDiskPressure", "kubelet has no disk pressure",
                                       "KubeletHasDiskPressure", "kubelet has disk pressure"};
    static const char *const pids[] = {
        "KubeletHasSufficientPID", "kubelet has sufficient PID available",
        "KubeletHasInsufficientPID", "kubelet has insufficient PID available"};
    const struct kedge_node_facts *f = n->options.facts;
    switch (i) {
    case 0:
        return pressure("MemoryPressure", f->memory_pressure, memory);
    case 1:
        return pressure("DiskPressure", f->disk_pressure, disk);
    case 2:
        return pressure("PIDPressure", f->pid_pressure, pids);
    case 3:
        if (f->not_ready != NULL)
            return (struct kedge_node_condition){"Ready", KEDGE_CONDITION_FALSE, "KubeletNotReady",
                                                 f->not_ready};
        return (struct kedge_node_condition){"Ready", KEDGE_CONDITION_TRUE, "KubeletReady",
                                             "kubelet is posting ready status"};
    default:
        return f->conditions[i - KEDGE__NODE_OWN];
    }
}

static size_t condition_count(const struct kedge_node_status *n)
{
    size_t own = n->options.facts->condition_count;
    return KEDGE__NODE_OWN + (own < KEDGE_NODE_CONDITIONS ? own : KEDGE_NODE_CONDITIONS);
}

void kedge__node_learn(struct kedge_node_status *n, const struct kedge_object *node)
{
    const struct kedge_node *is = kedge_as_node(node);
    memset(n->since, 0, sizeof n->since);
    for (size_t i = 0; i < condition_count(n); i++) {
        struct kedge_node_condition c = condition_at(n, i);
        for (size_t j = 0; j < is->status_conditions.count; j++) {
            const struct kedge_condition *has = kedge_node_status_conditions(is, j);
            if (strcmp(kedge_text(&has->type), c.type) == 0)
                kedge__since_of(n->since, KEDGE__NODE_SINCE, c.type)->status = has->status;
        }
    }
}

static void write_condition(struct kedge_node_status *n, struct kedge_writer *w, size_t i,
                            kedge_timestamp now)
{
    struct kedge_node_condition c = condition_at(n, i);
    if (now != 0) {
        struct kedge__since *since = kedge__since_of(n->since, KEDGE__NODE_SINCE, c.type);
        kedge__since_note(since, c.status, now);
        kedge_writer_begin_object(w);
        kedge__node_put_time(w, "lastHeartbeatTime", now, false);
        kedge__node_put_time(w, "lastTransitionTime", since->at, false);
    } else {
        kedge_writer_begin_object(w);
    }
    kedge__node_put(w, "type", c.type);
    kedge__node_put(w, "status", kedge_condition_status_text(c.status));
    kedge__node_put(w, "reason", c.reason);
    kedge__node_put(w, "message", c.message);
    kedge_writer_end_object(w);
}

// With `now` 0 nothing that changes by itself is in it.
static void write_conditions(struct kedge_node_status *n, struct kedge_writer *w,
                             kedge_timestamp now)
{
    kedge_writer_key(w, "conditions");
    kedge_writer_begin_array(w);
    for (size_t i = 0; i < condition_count(n); i++)
        write_condition(n, w, i, now);
    kedge_writer_end_array(w);
}

// The rest of the status -------------------------------------------------------------------------

static void write_resources(const struct kedge_node_facts *f, struct kedge_writer *w,
                            bool allocatable)
{
    kedge_writer_key(w, allocatable ? "allocatable" : "capacity");
    kedge_writer_begin_object(w);
    for (size_t i = 0; i < f->resource_count; i++) {
        const struct kedge_node_resource *r = &f->resources[i];
        bool own = allocatable && r->allocatable != NULL;
        kedge__node_put(w, r->name, own ? r->allocatable : r->capacity);
    }
    kedge_writer_end_object(w);
}

// The list is merged by type, which two addresses may share: so it is sent to replace what is
// there, as the kubelet does. Not in an object, which is no patch.
static void write_addresses(const struct kedge_node_facts *f, struct kedge_writer *w, bool patch)
{
    if (f->address_count == 0)
        return;
    kedge_writer_key(w, "addresses");
    kedge_writer_begin_array(w);
    for (size_t i = 0; i < f->address_count; i++) {
        kedge_writer_begin_object(w);
        kedge__node_put(w, "type", kedge_node_address_type_text(f->addresses[i].type));
        kedge__node_put(w, "address", f->addresses[i].address);
        kedge_writer_end_object(w);
    }
    if (patch) {
        kedge_writer_begin_object(w);
        kedge__node_put(w, "$patch", "replace");
        kedge_writer_end_object(w);
    }
    kedge_writer_end_array(w);
}

// All of nodeInfo is required, if only as an empty text.
static void write_info(const struct kedge_node_facts *f, struct kedge_writer *w)
{
    const struct {
        const char *key;
        const char *value;
    } rows[] = {
        {"machineID", f->machine_id},
        {"systemUUID", f->system_uuid},
        {"bootID", f->boot_id},
        {"kernelVersion", f->kernel_version},
        {"osImage", f->os_image},
        {"containerRuntimeVersion", f->container_runtime_version},
        {"kubeletVersion", f->kubelet_version},
        {"kubeProxyVersion", NULL},
        {"operatingSystem", f->operating_system},
        {"architecture", f->architecture},
    };
    kedge_writer_key(w, "nodeInfo");
    kedge_writer_begin_object(w);
    for (size_t i = 0; i < sizeof rows / sizeof rows[0]; i++)
        kedge__node_put(w, rows[i].key, rows[i].value != NULL ? rows[i].value : "");
    kedge_writer_end_object(w);
}

static void write_facts(const struct kedge_node_status *n, struct kedge_writer *w, bool patch)
{
    const struct kedge_node_facts *f = n->options.facts;
    write_resources(f, w, false);
    write_resources(f, w, true);
    write_addresses(f, w, patch);
    write_info(f, w);
}

// Whole texts ------------------------------------------------------------------------------------

static void write_taints(const struct kedge_node_status *n, struct kedge_writer *w)
{
    if (n->options.taint_count == 0)
        return;
    kedge_writer_key(w, "taints");
    kedge_writer_begin_array(w);
    for (size_t i = 0; i < n->options.taint_count; i++) {
        const struct kedge_node_taint *t = &n->options.taints[i];
        kedge_writer_begin_object(w);
        kedge__node_put(w, "key", t->key);
        kedge__node_put(w, "value", t->value);
        kedge__node_put(w, "effect", kedge_taint_effect_text(t->effect));
        kedge_writer_end_object(w);
    }
    kedge_writer_end_array(w);
}

static void begin(struct kedge_node_status *n, struct kedge_writer *w)
{
    kedge_writer_init(w, n->body, n->body_max);
    kedge_writer_begin_object(w);
}

static kedge_err end(struct kedge_writer *w, kedge_str *out)
{
    kedge_writer_end_object(w);
    return kedge_writer_finish(w, out);
}

kedge_err kedge__node_write_object(struct kedge_node_status *n, kedge_timestamp now, kedge_str *out)
{
    struct kedge_writer w;
    begin(n, &w);
    kedge__node_put(&w, "apiVersion", "v1");
    kedge__node_put(&w, "kind", "Node");
    kedge_writer_key(&w, "metadata");
    kedge_writer_begin_object(&w);
    kedge__node_put(&w, "name", n->node);
    write_labels(n, &w);
    kedge_writer_end_object(&w);
    kedge_writer_key(&w, "spec");
    kedge_writer_begin_object(&w);
    kedge__node_put(&w, "providerID", n->options.provider_id);
    if (n->options.unschedulable) {
        kedge_writer_key(&w, "unschedulable");
        kedge_writer_bool(&w, true);
    }
    write_taints(n, &w);
    kedge_writer_end_object(&w);
    kedge_writer_key(&w, "status");
    kedge_writer_begin_object(&w);
    write_facts(n, &w, false);
    write_conditions(n, &w, now);
    kedge_writer_end_object(&w);
    return end(&w, out);
}

kedge_err kedge__node_write_labels(struct kedge_node_status *n, kedge_str *out)
{
    struct kedge_writer w;
    begin(n, &w);
    kedge_writer_key(&w, "metadata");
    kedge_writer_begin_object(&w);
    write_labels(n, &w);
    kedge_writer_end_object(&w);
    return end(&w, out);
}

kedge_err kedge__node_write_report(struct kedge_node_status *n, kedge_timestamp now, bool facts,
                                   kedge_str *out)
{
    struct kedge_writer w;
    begin(n, &w);
    kedge_writer_key(&w, "status");
    kedge_writer_begin_object(&w);
    write_conditions(n, &w, now);
    if (facts)
        write_facts(n, &w, true);
    kedge_writer_end_object(&w);
    return end(&w, out);
}

kedge_err kedge__node_hash(struct kedge_node_status *n, uint32_t hash[2])
{
    for (int i = 0; i < 2; i++) {
        struct kedge_writer w;
        kedge_str text;
        begin(n, &w);
        if (i == 0)
            write_facts(n, &w, true);
        else
            write_conditions(n, &w, 0);
        kedge_err err = end(&w, &text);
        if (err != KEDGE_OK)
            return err;
        hash[i] = kedge__hash_str(0, text);
    }
    return KEDGE_OK;
}
