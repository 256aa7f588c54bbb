// SPDX-License-Identifier: Apache-2.0
// sharing - what one table of recurring texts for a whole factory would bring: 1,000 pods as
// records are now, and the same with texts held once. Nothing is measured by a clock: the figures
// are exact and the same on every run.
//
// The table that is reckoned with: a text is a block of the heap (its header, the text, its NUL, up
// to a multiple of 8) and has an entry of 16 bytes: its block, its references, its hash chain and
// its bucket. A member names an entry in the two bytes that an offset has now. Each text that may
// recur goes in, whether it does or not, since nobody knows when it comes; names, versions and
// addresses of pods stay in their records.
#include <setjmp.h>
#include <stdarg.h>
#include <stdio.h>
#include <stdlib.h>
#include <string.h>

#include <cmocka.h>

#include "kedge/kinds.h"
#include "object/project.h"
#include "objects.h"
#include "weight.h"

enum { PODS = 1000, NODES = 20, DEPLOYMENTS = 30, NAMESPACES = 10 };
enum { HEADER = 8, ENTRY = 16, RECORD_TEXTS = 256, TABLE = 4096 };

// The pods ---------------------------------------------------------------------------------------

static const char *const apps[DEPLOYMENTS] = {"checkout",
                                              "cart",
                                              "catalogue",
                                              "payment-gateway",
                                              "shipping",
                                              "email",
                                              "frontend",
                                              "recommendation",
                                              "currency",
                                              "ad-service",
                                              "ingress-nginx-controller",
                                              "cert-manager",
                                              "external-dns",
                                              "grafana",
                                              "prometheus-kube-state-metrics",
                                              "loki-gateway",
                                              "tempo-distributor",
                                              "argocd-server",
                                              "argocd-repo-server",
                                              "keycloak",
                                              "minio",
                                              "rabbitmq",
                                              "telemetry-agent",
                                              "sensor-bridge",
                                              "opc-ua-gateway",
                                              "firmware-updater",
                                              "device-registry",
                                              "alert-router",
                                              "report-generator",
                                              "billing-export"};

static const char *const namespaces[NAMESPACES] = {
    "shop",       "payments", "logistics", "ingress-nginx", "cert-manager",
    "monitoring", "argocd",   "identity",  "messaging",     "edge-devices"};

// Digits of a 32-bit mix of two numbers: the same for the same.
static unsigned mix(unsigned a, unsigned b)
{
    unsigned n = (a * 2654435761u) ^ (b * 40503u + 0x9e3779b9u);
    n = (n ^ n >> 15) * 2246822519u;
    return n ^ n >> 13;
}

// What a controller puts behind a name: of the alphabet that has no vowels.
static void suffix(char *to, unsigned digits, unsigned a, unsigned b)
{
    static const char alphabet[] = "bcdfghjklmnpqrstvwxz2456789";
    for (unsigned i = 0; i < digits; i++)
        to[i] = alphabet[mix(mix(a, b), i + 1) % (sizeof alphabet - 1)];
    to[digits] = '\0';
}

static void uid(char *to, unsigned a, unsigned b)
{
    snprintf(to, KEDGE_UID_TEXT, "%08x-%04x-4%03x-a%03x-%08x%04x", mix(a, b + 1),
             mix(a, b + 2) & 0xffff, mix(a, b + 3) & 0xfff, mix(a, b + 4) & 0xfff, mix(a, b + 5),
             mix(a, b + 6) & 0xffff);
}

static int add(char *to, size_t cap, const char *format, ...)
{
    size_t len = strlen(to);
    va_list args;
    va_start(args, format);
    int n = vsnprintf(to + len, cap - len, format, args);
    va_end(args);
    if (n < 0 || (size_t)n >= cap - len)
        abort();
    return n;
}

struct pod {
    unsigned number, deployment, node;
    char hash[16], version[16];
};

static void add_containers(char *to, size_t cap, const struct pod *p)
{
    const char *app = apps[p->deployment];
    add(to, cap,
        "\"containers\":[{\"name\":\"%s\",\"image\":\"registry.example.com/platform/%s:%s\","
        "\"ports\":[{\"name\":\"http\",\"containerPort\":8080,\"protocol\":\"TCP\"}],"
        "\"resources\":{\"requests\":{\"cpu\":\"100m\",\"memory\":\"128Mi\"},"
        "\"limits\":{\"cpu\":\"500m\",\"memory\":\"%uMi\"}}}",
        app, app, p->version, 128 << p->deployment % 4);
    if (p->deployment % 2 == 0)
        add(to, cap,
            ",{\"name\":\"istio-proxy\",\"image\":\"docker.io/istio/proxyv2:1.24.2\","
            "\"resources\":{\"requests\":{\"cpu\":\"10m\",\"memory\":\"64Mi\"}}}");
    add(to, cap, "]},");
}

static void add_status(char *to, size_t cap, const struct pod *p)
{
    static const char *const conditions[] = {"PodReadyToStartContainers", "Initialized", "Ready",
                                             "ContainersReady", "PodScheduled"};
    const char *app = apps[p->deployment];
    add(to, cap,
        "\"status\":{\"phase\":\"Running\",\"qosClass\":\"Burstable\",\"podIP\":\"10.%u.%u.%u\","
        "\"hostIP\":\"10.0.%u.%u\",\"startTime\":\"2026-11-2%uT04:16:24Z\",\"conditions\":[",
        64 + p->number / 200, p->node, p->number % 250 + 2, p->node / 8, p->node + 4,
        p->number % 10);
    for (size_t i = 0; i < sizeof conditions / sizeof conditions[0]; i++)
        add(to, cap, "%s{\"type\":\"%s\",\"status\":\"True\"}", i > 0 ? "," : "", conditions[i]);
    add(to, cap,
        "],\"containerStatuses\":[{\"name\":\"%s\",\"ready\":true,\"started\":true,"
        "\"restartCount\":%u,\"image\":\"registry.example.com/platform/%s:%s\",\"state\":{"
        "\"running\":{\"startedAt\":\"2026-11-23T04:16:29Z\"}}}",
        app, p->number % 3, app, p->version);
    if (p->deployment % 2 == 0)
        add(to, cap,
            ",{\"name\":\"istio-proxy\",\"ready\":true,\"started\":true,\"restartCount\":0,"
            "\"image\":\"docker.io/istio/proxyv2:1.24.2\",\"state\":{\"running\":{"
            "\"startedAt\":\"2026-11-23T04:16:27Z\"}}}");
    add(to, cap, "]}}");
}

static void make_pod(char *to, size_t cap, unsigned number)
{
    struct pod p = {number, number % DEPLOYMENTS, mix(number, 7) % NODES, "", ""};
    const char *app = apps[p.deployment], *namespace_ = namespaces[p.deployment % NAMESPACES];
    char own[8], pod_uid[KEDGE_UID_TEXT], owner_uid[KEDGE_UID_TEXT];
    suffix(p.hash, 10, p.deployment, 11);
    suffix(own, 5, number, 12);
    snprintf(p.version, sizeof p.version, "%u.%u.%u", 1 + p.deployment % 4, p.deployment % 20,
             p.deployment % 7);
    uid(pod_uid, number, 13);
    uid(owner_uid, p.deployment, 100);
    to[0] = '\0';
    add(to, cap,
        "{\"metadata\":{\"name\":\"%s-%s-%s\",\"namespace\":\"%s\",\"uid\":\"%s\","
        "\"resourceVersion\":\"%u\",\"creationTimestamp\":\"2026-11-23T04:16:24Z\",\"labels\":{"
        "\"app.kubernetes.io/instance\":\"%s\",\"app.kubernetes.io/managed-by\":\"Helm\","
        "\"app.kubernetes.io/name\":\"%s\",\"app.kubernetes.io/version\":\"%s\","
        "\"helm.sh/chart\":\"%s-%s\",\"pod-template-hash\":\"%s\"},",
        app, p.hash, own, namespace_, pod_uid, 4000000 + number * 7, app, app, p.version, app,
        p.version, p.hash);
    add(to, cap,
        "\"ownerReferences\":[{\"apiVersion\":\"apps/v1\",\"kind\":\"ReplicaSet\","
        "\"name\":\"%s-%s\",\"uid\":\"%s\",\"controller\":true}]},",
        app, p.hash, owner_uid);
    add(to, cap,
        "\"spec\":{\"nodeName\":\"worker-%02u.factory-1.example.com\",\"restartPolicy\":\"Always\","
        "\"serviceAccountName\":\"%s\",",
        p.node, app);
    add_containers(to, cap, &p);
    add_status(to, cap, &p);
}

// The table --------------------------------------------------------------------------------------

struct text_entry {
    char *text;
    size_t bytes; // with its NUL
};

static struct text_entry table[TABLE];
static size_t entries;

static void enter(kedge_str text)
{
    for (size_t i = 0; i < entries; i++) {
        if (table[i].bytes == text.len + 1 && memcmp(table[i].text, text.ptr, text.len) == 0)
            return;
    }
    if (entries == TABLE)
        abort();
    struct text_entry *e = &table[entries++];
    e->text = malloc(text.len + 1);
    memcpy(e->text, text.ptr, text.len);
    e->bytes = text.len + 1;
}

static size_t up_to_8(size_t bytes)
{
    return (bytes + 7) / 8 * 8;
}

static size_t entry_bytes(const struct text_entry *e)
{
    return HEADER + up_to_8(e->bytes) + ENTRY;
}

static bool may_recur(const struct kedge_field *field)
{
    const struct kedge_field *meta = kedge__meta_table.fields;
    static const char pod_ip[] = "status\0podIP\0";
    bool own = field == &meta[0] || field == &meta[3];
    return !own && memcmp(field->path, pod_ip, strlen(pod_ip)) != 0 &&
           field->type != KEDGE_FIELD_UID;
}

// One record's texts.
struct texts {
    kedge_str text[RECORD_TEXTS];
    bool recur[RECORD_TEXTS];
    size_t bytes[RECORD_TEXTS];
    size_t count;
};

static void take_text(void *ctx, const struct kedge_field *field, kedge_str text, size_t bytes)
{
    struct texts *t = ctx;
    if (t->count == RECORD_TEXTS)
        abort();
    t->recur[t->count] = may_recur(field);
    t->bytes[t->count] = bytes;
    t->text[t->count++] = text;
}

// Bytes that a record would save if a text that is the end of another one were not written.
static size_t ends_of_others(const struct texts *t)
{
    size_t bytes = 0;
    for (size_t i = 0; i < t->count; i++) {
        for (size_t k = 0; k < t->count; k++) {
            kedge_str a = t->text[i], b = t->text[k];
            if (a.len < b.len && memcmp(b.ptr + b.len - a.len, a.ptr, a.len) == 0) {
                bytes += a.len + 1;
                break;
            }
        }
    }
    return bytes;
}

// The study --------------------------------------------------------------------------------------

struct figures {
    size_t now;     // bytes of all objects, with slots and headers
    size_t shared;  // the same without the texts that are in the table
    size_t ends;    // what sharing within a record alone would save
    size_t lookups; // texts to be found in the table
};

static struct texts texts;

static struct kedge_object *take_pod(unsigned number, struct weight *w)
{
    static char json[8192];
    make_pod(json, sizeof json, number);
    struct kedge_object *o = record_of(&kedge_kind_pod, kedge_str_of(json));
    texts.count = 0;
    weigh(w, &kedge_kind_pod, o, take_text, &texts);
    return o;
}

static void enter_texts(void)
{
    for (unsigned i = 0; i < PODS; i++) {
        struct weight w;
        struct kedge_object *o = take_pod(i, &w);
        for (size_t k = 0; k < texts.count; k++) {
            if (texts.recur[k])
                enter(texts.text[k]);
        }
        free(o);
    }
}

static void reckon(struct figures *f, struct weight *sum)
{
    for (unsigned i = 0; i < PODS; i++) {
        struct weight w;
        struct kedge_object *o = take_pod(i, &w);
        size_t all = 0;
        for (size_t k = 0; k < texts.count; k++) {
            if (!texts.recur[k])
                continue;
            f->lookups++;
            all += texts.bytes[k];
        }
        size_t around = w.slot + w.header, used = o->size - w.tail;
        f->now += around + o->size;
        f->shared += around + up_to_8(used - all);
        f->ends += o->size - up_to_8(used - ends_of_others(&texts));
        weight_add(sum, &w);
        free(o);
    }
}

// The pod whose bytes the README has, with what a table would take off it.
static void the_readme_s(size_t *now, size_t *shared)
{
    struct weight w;
    struct kedge_object *o = record_of(&kedge_kind_pod, kedge_str_of(weighed_pod));
    size_t all = 0;
    texts.count = 0;
    weigh(&w, &kedge_kind_pod, o, take_text, &texts);
    for (size_t k = 0; k < texts.count; k++)
        all += texts.recur[k] ? texts.bytes[k] : 0;
    *now = weight_sum(&w);
    *shared = w.slot + w.header + up_to_8(o->size - w.tail - all);
    free(o);
}

static void row(const char *what, size_t bytes)
{
    printf("  %-58s %7.1f\n", what, (double)bytes / PODS);
}

int main(void)
{
    struct figures f = {0};
    struct weight w = {0};
    size_t all = 0;
    enter_texts();
    reckon(&f, &w);
    for (size_t i = 0; i < entries; i++)
        all += entry_bytes(&table[i]);
    printf("%d pods, %d nodes, %d deployments, %d namespaces; bytes a pod\n\n", PODS, NODES,
           DEPLOYMENTS, NAMESPACES);
    row("slot and header of the block", w.slot + w.header);
    row("structs, lists, label pairs", w.head + w.members + w.elements + w.pairs);
    row("uids, times, quantities", w.uids + w.times + w.quantities);
    row("texts", w.identity + w.labels + w.owners + w.texts);
    row("padding", w.padding);
    row("now", f.now);
    printf("\n  with a table of %zu texts, %.1f a pod\n", entries, (double)f.lookups / PODS);
    row("the record, its slot and its header", f.shared);
    row("its share of the table", all);
    row("together", f.shared + all);
    size_t now, shared;
    the_readme_s(&now, &shared);
    printf("\n  the pod of tests/unit/record_bytes.c: %zu now, %zu beside a table\n", now, shared);
    printf("\n  without a table\n");
    row("a text that is the end of another one saves", f.ends);
    for (size_t i = 0; i < entries; i++)
        free(table[i].text);
    return 0;
}
