// SPDX-License-Identifier: Apache-2.0
// columns.c - objects as lines. Written by hand with the accessors that users have, and not from
// the kinds' tables: a row of a table that names a wrong path must show. A name that ends in
// "-rows" is any built-in kind by its table: see rows.h.

#define _POSIX_C_SOURCE 200809L

#include "columns.h"

#include <inttypes.h>
#include <stdlib.h>
#include <string.h>
#include <time.h>

#include <kedge/kinds.h>

#include "rows.h"

// The custom resource of examples/sensor_watch.c.
#define KEDGE_ROWS_sensor(FIELD, LIST, ENUM, K)                       \
    FIELD(K, INT32, spec_interval_seconds, "spec", "intervalSeconds") \
    FIELD(K, TEXT, spec_unit, "spec", "unit")                         \
    FIELD(K, TEXT_LIST, spec_tags, "spec", "tags")                    \
    FIELD(K, TEXT, status_phase, "status", "phase")

KEDGE_DECLARE_KIND(sensor)
KEDGE_DEFINE_KIND(sensor, "edge.example.com", "v1", "sensors", "Sensor", KEDGE_NAMESPACED)

// Tab, newline and backslash, which would end a column, a line or an escape, are escaped.
static void print_bytes(FILE *out, const char *bytes, size_t len)
{
    for (size_t i = 0; i < len; i++) {
        const char *special = memchr("\t\n\\", bytes[i], 3);
        if (bytes[i] == '\0' || special == NULL)
            fputc(bytes[i], out);
        else
            fprintf(out, "\\%c", *special == '\t' ? 't' : *special == '\n' ? 'n' : '\\');
    }
}

static void print_hex(FILE *out, const char *bytes, size_t len)
{
    for (size_t i = 0; i < len; i++)
        fprintf(out, "%02x", (unsigned)(unsigned char)bytes[i]);
}

static void text(FILE *out, const struct kedge_text *t)
{
    fputc('\t', out);
    print_bytes(out, kedge_text(t), kedge_text_len(t));
}

static void name(FILE *out, const char *enum_text)
{
    fprintf(out, "\t%s", enum_text);
}

static void number(FILE *out, int64_t n)
{
    fprintf(out, "\t%" PRId64, n);
}

static void yes(FILE *out, bool b)
{
    fprintf(out, "\t%s", b ? "true" : "false");
}

// As the API writes a Time or, with digits behind the second, a MicroTime; 0 is absent.
static void moment(FILE *out, kedge_timestamp t, bool micro)
{
    char second[32];
    time_t seconds = (time_t)(t / 1000000);
    struct tm tm;

    fputc('\t', out);
    if (t == 0)
        return;
    strftime(second, sizeof second, "%Y-%m-%dT%H:%M:%S", gmtime_r(&seconds, &tm));
    fputs(second, out);
    if (micro)
        fprintf(out, ".%06d", (int)(t % 1000000));
    fputc('Z', out);
}

static int by_key(const void *a, const void *b)
{
    const struct kedge_text_pair *const *left = a, *const *right = b;
    return strcmp(kedge_text(&(*left)->key), kedge_text(&(*right)->key));
}

static void map(FILE *out, const struct kedge_text_map *m,
                void (*print)(FILE *out, const char *bytes, size_t len))
{
    const struct kedge_text_pair **pairs = calloc((size_t)m->count + 1, sizeof *pairs);
    if (pairs == NULL)
        abort();
    for (size_t i = 0; i < m->count; i++)
        pairs[i] = kedge_pair_at(m, i);
    qsort(pairs, m->count, sizeof *pairs, by_key);
    fputc('\t', out);
    for (size_t i = 0; i < m->count; i++) {
        fprintf(out, "%s%s=", i > 0 ? "," : "", kedge_text(&pairs[i]->key));
        print(out, kedge_text(&pairs[i]->value), kedge_text_len(&pairs[i]->value));
    }
    free(pairs);
}

static void print_deployment(FILE *out, const struct kedge_object *o)
{
    static const struct kedge_template_container none;
    const struct kedge_deployment *d = kedge_as_deployment(o);
    const struct kedge_template_container *c = kedge_deployment_spec_template_spec_containers(d, 0);

    number(out, d->spec_replicas);
    number(out, d->status_ready_replicas);
    number(out, d->status_updated_replicas);
    number(out, d->status_available_replicas);
    text(out, c != NULL ? &c->image : &none.image);
}

static void print_container(FILE *out, const struct kedge_container *c)
{
    const struct kedge_container_port *p = kedge_container_ports(c, 0);

    text(out, &c->name);
    text(out, &c->image);
    number(out, p != NULL ? p->container_port : 0);
    name(out, kedge_protocol_text(p != NULL ? p->protocol : 0));
    number(out, kedge_quantity(&c->resources_requests_cpu));
    number(out, kedge_quantity(&c->resources_requests_memory));
}

static void print_pod(FILE *out, const struct kedge_object *o)
{
    static const struct kedge_container no_container;
    static const struct kedge_container_status no_status;
    const struct kedge_pod *p = kedge_as_pod(o);
    const struct kedge_container *c = kedge_pod_spec_containers(p, 0);
    const struct kedge_container_status *s = kedge_pod_status_container_statuses(p, 0);

    text(out, &p->spec_node_name);
    name(out, kedge_restart_policy_text(p->spec_restart_policy));
    text(out, &p->spec_service_account_name);
    name(out, kedge_pod_phase_text(p->status_phase));
    text(out, &p->status_pod_ip);
    text(out, &p->status_host_ip);
    moment(out, kedge_timestamp_of(p->status_start_time), false);
    name(out, kedge_pod_qos_class_text(p->status_qos_class));
    number(out, p->spec_containers.count);
    print_container(out, c != NULL ? c : &no_container);
    s = s != NULL ? s : &no_status;
    text(out, &s->name);
    yes(out, s->ready);
    number(out, s->restart_count);
    text(out, &s->state_waiting_reason);
}

static void print_condition(FILE *out, const struct kedge_condition *c)
{
    static const struct kedge_condition none;

    c = c != NULL ? c : &none;
    text(out, &c->type);
    name(out, kedge_condition_status_text(c->status));
    text(out, &c->reason);
}

static void print_node(FILE *out, const struct kedge_object *o)
{
    static const struct kedge_node_address none;
    const struct kedge_node *n = kedge_as_node(o);
    const struct kedge_node_address *a = kedge_node_status_addresses(n, 0);

    text(out, &n->spec_pod_cidr);
    text(out, &n->spec_provider_id);
    yes(out, n->spec_unschedulable);
    number(out, kedge_quantity(&n->status_capacity_cpu));
    number(out, kedge_quantity(&n->status_capacity_memory));
    number(out, kedge_quantity(&n->status_capacity_pods));
    number(out, kedge_quantity(&n->status_allocatable_cpu));
    number(out, kedge_quantity(&n->status_allocatable_memory));
    number(out, kedge_quantity(&n->status_allocatable_pods));
    text(out, &n->status_node_info_kubelet_version);
    text(out, &n->status_node_info_os_image);
    text(out, &n->status_node_info_architecture);
    a = a != NULL ? a : &none;
    name(out, kedge_node_address_type_text(a->type));
    text(out, &a->address);
    print_condition(out, kedge_node_status_conditions(n, 0));
    number(out, n->spec_taints.count);
}

static void print_namespace(FILE *out, const struct kedge_object *o)
{
    name(out, kedge_namespace_phase_text(kedge_as_namespace(o)->status_phase));
}

static void print_service(FILE *out, const struct kedge_object *o)
{
    static const struct kedge_service_port none;
    const struct kedge_service *s = kedge_as_service(o);
    const struct kedge_service_port *p = kedge_service_spec_ports(s, 0);

    name(out, kedge_service_type_text(s->spec_type));
    text(out, &s->spec_cluster_ip);
    name(out, kedge_session_affinity_text(s->spec_session_affinity));
    map(out, &s->spec_selector, print_bytes);
    number(out, s->spec_ports.count);
    p = p != NULL ? p : &none;
    text(out, &p->name);
    name(out, kedge_protocol_text(p->protocol));
    number(out, p->port);
    text(out, &p->target_port);
    number(out, p->node_port);
    p = kedge_service_spec_ports(s, 1);
    text(out, p != NULL ? &p->target_port : &none.target_port);
}

static void print_configmap(FILE *out, const struct kedge_object *o)
{
    const struct kedge_configmap *c = kedge_as_configmap(o);

    map(out, &c->data, print_bytes);
    map(out, &c->binary_data, print_hex);
    yes(out, c->immutable);
}

static void print_secret(FILE *out, const struct kedge_object *o)
{
    const struct kedge_secret *s = kedge_as_secret(o);

    text(out, &s->type);
    map(out, &s->data, print_hex);
    yes(out, s->immutable);
}

static void print_lease(FILE *out, const struct kedge_object *o)
{
    const struct kedge_lease *l = kedge_as_lease(o);

    text(out, &l->spec_holder_identity);
    number(out, l->spec_lease_duration_seconds);
    moment(out, l->spec_acquire_time, true);
    moment(out, l->spec_renew_time, true);
    number(out, l->spec_lease_transitions);
}

static void print_event(FILE *out, const struct kedge_object *o)
{
    const struct kedge_event *e = kedge_as_event(o);

    text(out, &e->type);
    text(out, &e->reason);
    text(out, &e->message);
    number(out, e->count);
    moment(out, kedge_timestamp_of(e->first_timestamp), false);
    moment(out, kedge_timestamp_of(e->last_timestamp), false);
    text(out, &e->involved_object_kind);
    text(out, &e->involved_object_namespace);
    text(out, &e->involved_object_name);
    text(out, &e->source_component);
    text(out, &e->source_host);
}

static void print_sensor(FILE *out, const struct kedge_object *o)
{
    const struct kedge_sensor *s = kedge_as_sensor(o);

    number(out, s->spec_interval_seconds);
    text(out, &s->spec_unit);
    fputc('\t', out);
    for (size_t i = 0; i < s->spec_tags.count; i++) {
        const struct kedge_text *tag = kedge_text_at(&s->spec_tags, i);
        fputs(i > 0 ? "," : "", out);
        print_bytes(out, kedge_text(tag), kedge_text_len(tag));
    }
    text(out, &s->status_phase);
}

static const struct columns all[] = {
    {"deployment", &kedge_kind_deployment, print_deployment},
    {"pod", &kedge_kind_pod, print_pod},
    {"node", &kedge_kind_node, print_node},
    {"namespace", &kedge_kind_namespace, print_namespace},
    {"service", &kedge_kind_service, print_service},
    {"configmap", &kedge_kind_configmap, print_configmap},
    {"secret", &kedge_kind_secret, print_secret},
    {"lease", &kedge_kind_lease, print_lease},
    {"event", &kedge_kind_event, print_event},
    {"sensor", &kedge_kind_sensor, print_sensor},
};

// Of "pod-rows": one of the kinds whose columns are all rows of their tables.
static const struct columns *rows_of(const char *kind)
{
    static struct columns by_table[64];
    const char *name;

    for (size_t i = 0; i < sizeof by_table / sizeof by_table[0]; i++) {
        if ((name = rows_name(i)) == NULL)
            break;
        size_t len = strlen(name);
        if (strncmp(kind, name, len) != 0 || strcmp(kind + len, "-rows") != 0)
            continue;
        by_table[i] = (struct columns){name, rows_kind(name), NULL};
        return &by_table[i];
    }
    return NULL;
}

const struct columns *columns_of(const char *kind)
{
    for (size_t i = 0; i < sizeof all / sizeof all[0]; i++) {
        if (strcmp(all[i].name, kind) == 0)
            return &all[i];
    }
    return rows_of(kind);
}

void columns_print(FILE *out, const struct columns *c, const struct kedge_object *o)
{
    char uid[KEDGE_UID_TEXT];

    fprintf(out, "%s\t%s\t%s\t%s", kedge_namespace(o), kedge_name(o), kedge_uid(o, uid),
            kedge_resource_version(o));
    if (kedge_is_partial(o)) {
        fputs("\tpartial\n", out);
        return;
    }
    number(out, o->generation);
    moment(out, kedge_timestamp_of(o->creation_timestamp), false);
    moment(out, kedge_timestamp_of(o->deletion_timestamp), false);
    map(out, &o->labels, print_bytes);
    if (c->print != NULL)
        c->print(out, o);
    else
        rows_print(out, c->kind, o);
    fputc('\n', out);
}
