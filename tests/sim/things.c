// SPDX-License-Identifier: Apache-2.0
// things.c - objects whose whole content follows from kind, name, revision, size and tier, so that
// a record can be told right from wrong wherever it turns up, without the server.
#include <stdarg.h>
#include <stdlib.h>
#include <string.h>

#include "sim.h"

#define KEDGE_ROWS_sensor(FIELD, LIST, ENUM, K)                       \
    FIELD(K, INT32, spec_interval_seconds, "spec", "intervalSeconds") \
    FIELD(K, INT64, spec_offset, "spec", "offset")                    \
    FIELD(K, TEXT, spec_unit, "spec", "unit")                         \
    FIELD(K, TEXT_LIST, spec_tags, "spec", "tags")                    \
    FIELD(K, RAW, spec_config, "spec", "config")                      \
    FIELD(K, SCALAR, spec_port, "spec", "port")                       \
    FIELD(K, TEXT, status_phase, "status", "phase")

KEDGE_DECLARE_KIND(sensor)
KEDGE_DEFINE_KIND(sensor, "edge.example.com", "v1", "sensors", "Sensor", KEDGE_NAMESPACED)

enum { DEPLOYMENT, CONFIGMAP, SECRET, NODE, LEASE, SENSOR };

const struct sim_kind sim_kinds[SIM_KINDS] = {
    {"deployments", &kedge_kind_deployment, true}, {"configmaps", &kedge_kind_configmap, true},
    {"secrets", &kedge_kind_secret, true},         {"nodes", &kedge_kind_node, false},
    {"leases", &kedge_kind_lease, true},           {"sensors", &kedge_kind_sensor, true},
};

const struct mock_crd sim_crds[1] = {{.group = "edge.example.com",
                                      .version = "v1",
                                      .plural = "sensors",
                                      .kind = "Sensor",
                                      .namespaced = true}};

static const char *const spaces[SIM_SPACES] = {"ns-1", "ns-2", "ns-3"};
static const char *const tiers[] = {"a", "b", "c"};

// ---- names ---------------------------------------------------------------------------------

// The three namespaces have the same names. Every eighth name is nearly as long as names may be.
const char *thing_name(unsigned kind, unsigned index)
{
    static char names[SIM_OBJECTS][256];
    unsigned number = sim_kinds[kind].namespaced ? index / SIM_SPACES : index;
    char *name = names[number];
    if (name[0] == '\0') {
        int len = snprintf(name, 256, "n%u", number);
        if (number % 8 == 7) {
            memset(name + len, 'x', (size_t)(250 - len));
            name[250] = '\0';
        }
    }
    return name;
}

const char *thing_space(unsigned kind, unsigned index)
{
    return sim_kinds[kind].namespaced ? spaces[index % SIM_SPACES] : "";
}

bool thing_index(unsigned kind, const char *space, const char *name, unsigned *index)
{
    unsigned number = name[0] == 'n' ? (unsigned)strtoul(name + 1, NULL, 10) : SIM_OBJECTS;
    *index = number;
    if (sim_kinds[kind].namespaced && number < SIM_OBJECTS)
        *index = number * SIM_SPACES + (space[0] != '\0' ? (unsigned)(space[3] - '1') : 0);
    return *index < SIM_OBJECTS && strcmp(name, thing_name(kind, *index)) == 0 &&
           strcmp(space, thing_space(kind, *index)) == 0;
}

// ---- content -------------------------------------------------------------------------------

// A number that follows from the look and a place in the object.
static uint64_t grain(const struct look *l, unsigned place)
{
    struct chance c = {((uint64_t)l->kind << 56) ^ ((uint64_t)l->index << 40) ^
                       ((uint64_t)l->rev << 8) ^ place};
    return chance_next(&c);
}

// Texts are made of these: what must be escaped, what may be, and what looks like structure.
static const char *const pieces[] = {
    "edge",
    "\"",
    "\\",
    "{\"a\":[",
    "}]",
    "\n",
    "\t",
    "\x01",
    "/",
    "<&>",
    "\xc3\xa9",
    "\xe2\x82\xac",
    "\xf0\x9f\x9a\xa2",
    "\xe2\x80\xa8",
    "-",
    "kubernetes",
    "0123456789",
    ",",
    ":",
    "\x7f",
};

// Many pieces in a row, of which every text is a part that begins and ends between two.
static char pool[32768];
static uint16_t cuts[32768]; // where pieces begin
static size_t cut_count;

static void fill_pool(void)
{
    struct chance c = {1};
    size_t at = 0;
    while (at + 32 < sizeof pool) {
        const char *piece = pieces[chance_below(&c, sizeof pieces / sizeof pieces[0])];
        cuts[cut_count++] = (uint16_t)at;
        memcpy(pool + at, piece, strlen(piece));
        at += strlen(piece);
    }
}

// A text for that place; static storage, good until the fourth call from now.
static const char *words(const struct look *l, unsigned place, size_t len)
{
    static char ring[4][16384];
    static unsigned turn;
    char *text = ring[turn++ % 4];
    if (cut_count == 0)
        fill_pool();
    size_t first = (size_t)(grain(l, place) % (cut_count / 2));
    size_t last = first;
    while (cuts[last] < cuts[first] + len)
        last++;
    memcpy(text, pool + cuts[first], (size_t)(cuts[last] - cuts[first]));
    text[cuts[last] - cuts[first]] = '\0';
    return text;
}

// How long the long text of an object is.
static size_t bulk(const struct look *l)
{
    static const size_t sizes[] = {0, 60, 300, 900, 9000};
    return sizes[l->size] + (size_t)(grain(l, 99) % (l->size + 1)) * 8;
}

// ---- writing -------------------------------------------------------------------------------

static char json[65536];
static size_t json_len;

static void put(const char *format, ...) __attribute__((format(printf, 1, 2)));
static void put(const char *format, ...)
{
    va_list args;
    va_start(args, format);
    json_len += (size_t)vsnprintf(json + json_len, sizeof json - json_len, format, args);
    va_end(args);
    if (json_len >= sizeof json)
        abort();
}

static void put_bytes(const char *bytes, size_t len)
{
    if (json_len + len >= sizeof json)
        abort();
    memcpy(json + json_len, bytes, len);
    json_len += len;
}

// The character at *p and how long it is; the text is UTF-8.
static uint32_t character(const unsigned char *p, size_t *len)
{
    *len = *p < 0x80 ? 1 : *p < 0xe0 ? 2 : *p < 0xf0 ? 3 : 4;
    uint32_t c = *len == 1 ? *p : *p & (0xffu >> (*len + 1));
    for (size_t i = 1; i < *len; i++)
        c = c << 6 | (p[i] & 0x3fu);
    return c;
}

static void put_escape(uint32_t c)
{
    if (c >= 0x10000) {
        put("\\u%04x", (unsigned)(0xd800 + ((c - 0x10000) >> 10)));
        c = 0xdc00 + (c & 0x3ff);
    }
    put("\\u%04X", (unsigned)c);
}

// A character is written in one of the ways that JSON has for it.
static void put_text(const char *text)
{
    static const char letters[] = "\"\\/\n\t";
    static const char escapes[] = "\"\\/nt";
    const unsigned char *p = (const unsigned char *)text;
    size_t len;
    put("\"");
    for (size_t i = 0; p[i] != '\0'; i += len) {
        uint32_t c = character(p + i, &len);
        const char *letter = c < 0x80 ? strchr(letters, (int)c) : NULL;
        bool must = c < 0x20 || c == '"' || c == '\\';
        if (letter != NULL && (must || i % 2 == 0) && i % 5 != 0)
            put("\\%c", escapes[letter - letters]);
        else if (must || (c >= 0x7f && (i & 4) != 0))
            put_escape(c);
        else
            put_bytes(text + i, len);
    }
    put("\"");
}

static void put_base64(const char *text)
{
    static const char digits[] = "ABCDEFGHIJKLMNOPQRSTUVWXYZabcdefghijklmnopqrstuvwxyz0123456789+/";
    size_t len = strlen(text);
    put("\"");
    for (size_t i = 0; i < len; i += 3) {
        uint32_t bits = 0;
        for (size_t n = 0; n < 3; n++)
            bits = bits << 8 | (i + n < len ? (unsigned char)text[i + n] : 0);
        put("%c%c%c%c", digits[bits >> 18], digits[bits >> 12 & 63],
            i + 1 < len ? digits[bits >> 6 & 63] : '=', i + 2 < len ? digits[bits & 63] : '=');
    }
    put("\"");
}

static void put_deployment(const struct look *l)
{
    unsigned containers = (unsigned)(grain(l, 2) % 3);
    put(",\"spec\":{\"replicas\":%d,\"paused\":%s,\"selector\":{\"matchLabels\":{\"app\":",
        (int)(grain(l, 1) % 100), grain(l, 3) % 2 == 0 ? "true" : "false");
    put_text(words(l, 4, 5));
    put("}},\"template\":{\"metadata\":{\"annotations\":{\"skipped\":");
    put_text(words(l, 5, 40));
    put("}},\"spec\":{\"containers\":[");
    for (unsigned i = 0; i < containers; i++) {
        put("%s{\"name\":\"c%u\",\"command\":[[],{\"x\":null}],\"image\":", i > 0 ? "," : "", i);
        put_text(words(l, 10 + i, 12));
        put("}");
    }
    put("]}},\"minReadySeconds\":null},\"status\":{\"observedGeneration\":%lld,\"conditions\":[",
        (long long)(grain(l, 6) >> 2));
    put("{\"type\":\"Available\",\"status\":\"%s\",\"reason\":",
        grain(l, 7) % 2 == 0 ? "True" : "Unknown");
    put_text(words(l, 8, bulk(l)));
    put("}]}");
}

static void put_configmap(const struct look *l)
{
    unsigned keys = (unsigned)(grain(l, 2) % 4);
    put(",\"data\":{\"text\":");
    put_text(words(l, 8, bulk(l)));
    for (unsigned i = 0; i < keys; i++) {
        put(",\"key-%u\":", i);
        put_text(words(l, 10 + i, grain(l, 20 + i) % 20));
    }
    put("},\"binaryData\":{\"bytes\":");
    put_base64(words(l, 9, grain(l, 3) % 30));
    put("}");
}

// Secrets bear a mark, so that one that was left behind is found.
static const char *secret_text(const struct look *l)
{
    static char text[16384 + 64];
    snprintf(text, sizeof text, "TOPSECRET-%u-%u-%s", l->index, (unsigned)l->rev,
             words(l, 8, bulk(l)));
    return text;
}

static void put_secret(const struct look *l)
{
    put(",\"data\":{\"token\":");
    put_base64(secret_text(l));
    put("},\"type\":\"Opaque\"");
}

static void put_node(const struct look *l)
{
    put(",\"spec\":{\"podCIDRs\":[\"10.0.%u.0/24\",\"fd00::%x/64\"],\"unschedulable\":true,"
        "\"taints\":[{\"key\":\"only\",\"effect\":\"NoExecute\"}]},\"status\":{\"capacity\":"
        "{\"cpu\":\"%um\",\"memory\":\"%uKi\",\"pods\":\"110\"},\"nodeInfo\":{\"osImage\":",
        (unsigned)(grain(l, 1) % 256), (unsigned)(grain(l, 2) % 65536),
        (unsigned)(grain(l, 3) % 64000), (unsigned)(grain(l, 4) % 4000000));
    put_text(words(l, 8, bulk(l)));
    put("},\"addresses\":[{\"type\":\"InternalIP\",\"address\":\"192.0.2.%u\"}]}",
        (unsigned)(grain(l, 5) % 256));
}

static kedge_timestamp renewed(const struct look *l)
{
    return (kedge_timestamp)1767225600000000 + (kedge_timestamp)(grain(l, 2) % 1000000000000);
}

static void put_lease(const struct look *l)
{
    char time[KEDGE_TIMESTAMP_TEXT];
    kedge_timestamp_format(renewed(l), true, time);
    put(",\"spec\":{\"holderIdentity\":");
    put_text(words(l, 8, bulk(l)));
    put(",\"leaseDurationSeconds\":%d,\"renewTime\":\"%s\",\"leaseTransitions\":0}",
        (int)(grain(l, 1) % 1000), time);
}

static void put_sensor(const struct look *l)
{
    unsigned tags = (unsigned)(grain(l, 2) % 4);
    put(",\"spec\":{\"config\":{\"a\":[1,2.5e3,\"%u\"],\"b\":{}},\"intervalSeconds\":%d,"
        "\"offset\":%lld,\"port\":%u,\"tags\":[",
        (unsigned)(grain(l, 3) % 1000), (int)(grain(l, 1) % 1000) - 500,
        (long long)(grain(l, 4) >> 1) * -1, (unsigned)(grain(l, 6) % 65536));
    for (unsigned i = 0; i < tags; i++) {
        put("%s", i > 0 ? "," : "");
        put_text(words(l, 10 + i, grain(l, 20 + i) % 20));
    }
    put("],\"unit\":");
    put_text(words(l, 8, bulk(l)));
    put("},\"status\":{\"phase\":\"Ready\",\"history\":[[[]],[{\"k\":\"]}\"}]]}");
}

static void (*const putters[SIM_KINDS])(const struct look *) = {
    put_deployment, put_configmap, put_secret, put_node, put_lease, put_sensor,
};

const char *thing_json(const struct look *l, const char *uid, uint64_t version, size_t *len)
{
    const struct kedge_kind *kind = sim_kinds[l->kind].kind;
    const char *slash = kind->group[0] != '\0' ? "/" : "";
    json_len = 0;
    if (l->kind == SENSOR) // custom resources come with their keys in order
        put("{\"apiVersion\":\"%s/%s\",\"kind\":\"%s\"", kind->group, kind->version, kind->kind);
    else
        put("{\"kind\":\"%s\",\"apiVersion\":\"%s%s%s\"", kind->kind, kind->group, slash,
            kind->version);
    put(",\"metadata\":{\"name\":\"%s\"", thing_name(l->kind, l->index));
    if (sim_kinds[l->kind].namespaced)
        put(",\"namespace\":\"%s\"", thing_space(l->kind, l->index));
    put(",\"uid\":\"%s\",\"resourceVersion\":\"%llu\",\"creationTimestamp\":"
        "\"2026-01-01T00:00:00Z\",\"labels\":{\"rev\":\"%u\",\"size\":\"%u\"",
        uid, (unsigned long long)version, (unsigned)l->rev, l->size);
    if (l->tier < 3)
        put(",\"tier\":\"%s\"", tiers[l->tier]);
    put("},\"annotations\":{\"skipped\":");
    put_text(words(l, 0, 30));
    put("},\"finalizers\":[\"example.com/f%u\"]}", (unsigned)(grain(l, 98) % 10));
    putters[l->kind](l);
    put("}");
    *len = json_len;
    return json;
}

// ---- reading -------------------------------------------------------------------------------

static const char *after(const char *text, const char *mark)
{
    const char *at = strstr(text, mark);
    return at != NULL ? at + strlen(mark) : "";
}

bool thing_look(const char *text, struct look *l)
{
    const char *labels = after(text, "\"labels\":{");
    const char *rev = after(labels, "\"rev\":\"");
    const char *size = after(labels, "\"size\":\"");
    if (*rev == '\0' || *size == '\0')
        return false;
    l->rev = (uint32_t)strtoul(rev, NULL, 10);
    l->size = (unsigned)strtoul(size, NULL, 10);
    size_t end = strcspn(labels, "}");
    const char *tier = strstr(labels, "\"tier\":\"");
    bool labelled = tier != NULL && (size_t)(tier - labels) < end;
    l->tier = labelled ? (unsigned)(tier[strlen("\"tier\":\"")] - 'a') : 3;
    return true;
}

bool thing_look_of(const struct kedge_object *o, const char *space, struct look *l)
{
    const char *rev = kedge_label(o, "rev");
    const char *size = kedge_label(o, "size");
    const char *tier = kedge_label(o, "tier");
    if (rev == NULL || size == NULL || !thing_index(l->kind, space, kedge_name(o), &l->index))
        return false;
    l->rev = (uint32_t)strtoul(rev, NULL, 10);
    l->size = (unsigned)strtoul(size, NULL, 10);
    l->tier = tier != NULL ? (unsigned)(tier[0] - 'a') : 3;
    return l->size <= 4 && l->tier <= 3;
}

// ---- judging -------------------------------------------------------------------------------

static bool is(const struct kedge_text *t, const char *text)
{
    const char *bytes = kedge_text(t);
    return kedge_text_len(t) == strlen(text) && memcmp(bytes, text, strlen(text) + 1) == 0;
}

// How the object that is judged was altered, and how large it is now.
static const struct alteration *altered;
static size_t altered_size;

static const struct kedge_text *main_text(unsigned kind, const struct kedge_object *o)
{
    switch (kind) {
    case DEPLOYMENT:
        return &kedge_deployment_status_conditions(kedge_as_deployment(o), 0)->reason;
    case CONFIGMAP:
        return kedge_map_get(&kedge_as_configmap(o)->data, "text");
    case SECRET:
        return &kedge_as_secret(o)->type;
    case NODE:
        return &kedge_as_node(o)->status_node_info_os_image;
    case LEASE:
        return &kedge_as_lease(o)->spec_holder_identity;
    default:
        return &kedge_as_sensor(o)->spec_unit;
    }
}

static const char *altered_text(const struct look *l)
{
    static char text[64];
    snprintf(text, sizeof text, "altered-%u-%u%.*s", l->index, (unsigned)l->rev,
             (int)(l->rev % 4) * 8, "--------------------------------");
    return text;
}

bool thing_alter(const struct look *l, const struct alteration *a, struct kedge_change *change)
{
    struct kedge_object *o = kedge_change_object(change);
    if (a->clears_space)
        kedge_change_clear_text(change, &o->namespace_);
    if (kedge_is_partial(o))
        return true;
    o->creation_timestamp = (struct kedge_date){(uint32_t)l->rev};
    kedge_change_clear_text_list(change, &o->finalizers);
    return kedge_change_set_text(change, main_text(l->kind, o), kedge_str_of(altered_text(l))) ==
           KEDGE_OK;
}

// What an alteration empties and the record gives back: a finalizer, and the namespace.
#define CLEARED_MAX 64

// The room for texts that a transform has beside a record of `size` bytes.
static size_t alteration_room(const struct alteration *a, size_t size)
{
    size_t left = size < a->object_max ? a->object_max - size : 0;
    return (a->room < left ? a->room : left) / 8 * 8;
}

// An object's main text, which is another one where it was altered and there was room for it. What
// the record gave back since is not known to the byte: near its limit either may be.
static bool is_main(const struct look *l, const struct kedge_text *t, const char *text)
{
    const struct alteration *a = altered;
    if (a == NULL)
        return is(t, text);
    const char *other = altered_text(l);
    size_t need = strlen(other) + 1;
    if (is(t, other)) // the record was at least as large as it is without it
        return alteration_room(a, altered_size - (need + 7) / 8 * 8) >= need;
    return is(t, text) && alteration_room(a, altered_size + CLEARED_MAX) < need;
}

static bool pair_is(const struct kedge_text_map *m, const char *key, const char *text)
{
    const struct kedge_text *value = kedge_map_get(m, key);
    return value != NULL && is(value, text);
}

static const char *deployment_problem(const struct look *l, const struct kedge_object *o)
{
    const struct kedge_deployment *d = kedge_as_deployment(o);
    unsigned containers = (unsigned)(grain(l, 2) % 3);
    if (d->spec_replicas != (int)(grain(l, 1) % 100))
        return "spec.replicas";
    if (d->spec_paused != (grain(l, 3) % 2 == 0) || !KEDGE_HAS(d, deployment, spec_paused))
        return "spec.paused";
    if (KEDGE_HAS(d, deployment, spec_min_ready_seconds))
        return "spec.minReadySeconds";
    if (!pair_is(&d->spec_selector_match_labels, "app", words(l, 4, 5)))
        return "spec.selector.matchLabels";
    if (d->spec_template_spec_containers.count != containers)
        return "the number of containers";
    for (unsigned i = 0; i < containers; i++)
        if (!is(&kedge_deployment_spec_template_spec_containers(d, i)->image, words(l, 10 + i, 12)))
            return "an image";
    if (d->status_observed_generation != (int64_t)(grain(l, 6) >> 2))
        return "status.observedGeneration";
    const struct kedge_condition *c = kedge_deployment_status_conditions(d, 0);
    bool known = grain(l, 7) % 2 == 0;
    if (c == NULL || c->status != (known ? KEDGE_CONDITION_TRUE : KEDGE_CONDITION_UNKNOWN) ||
        !is(&c->type, "Available") || !is_main(l, &c->reason, words(l, 8, bulk(l))))
        return "status.conditions";
    return NULL;
}

static const char *configmap_problem(const struct look *l, const struct kedge_object *o)
{
    const struct kedge_configmap *c = kedge_as_configmap(o);
    unsigned keys = (unsigned)(grain(l, 2) % 4);
    char key[16];
    const struct kedge_text *text = kedge_map_get(&c->data, "text");
    if (c->data.count != keys + 1 || text == NULL || !is_main(l, text, words(l, 8, bulk(l))))
        return "data";
    for (unsigned i = 0; i < keys; i++) {
        snprintf(key, sizeof key, "key-%u", i);
        if (!pair_is(&c->data, key, words(l, 10 + i, grain(l, 20 + i) % 20)))
            return "a key of data";
    }
    return pair_is(&c->binary_data, "bytes", words(l, 9, grain(l, 3) % 30)) ? NULL : "binaryData";
}

static const char *secret_problem(const struct look *l, const struct kedge_object *o)
{
    const struct kedge_secret *s = kedge_as_secret(o);
    if (!is_main(l, &s->type, "Opaque"))
        return "type";
    return pair_is(&s->data, "token", secret_text(l)) ? NULL : "data";
}

static const char *node_problem(const struct look *l, const struct kedge_object *o)
{
    const struct kedge_node *n = kedge_as_node(o);
    const struct kedge_taint *t = kedge_node_spec_taints(n, 0);
    char text[32];
    snprintf(text, sizeof text, "10.0.%u.0/24", (unsigned)(grain(l, 1) % 256));
    if (n->spec_pod_cidrs.count != 2 || !is(kedge_text_at(&n->spec_pod_cidrs, 0), text))
        return "spec.podCIDRs";
    if (!n->spec_unschedulable || t == NULL || t->effect != KEDGE_TAINT_NO_EXECUTE ||
        !is(&t->key, "only"))
        return "spec.taints";
    if (kedge_quantity(&n->status_capacity_cpu) != (int64_t)(grain(l, 3) % 64000) ||
        kedge_quantity(&n->status_capacity_memory) !=
            (int64_t)(grain(l, 4) % 4000000) * 1024 * 1000 ||
        kedge_quantity(&n->status_capacity_pods) != 110000)
        return "status.capacity";
    if (!is_main(l, &n->status_node_info_os_image, words(l, 8, bulk(l))))
        return "status.nodeInfo.osImage";
    const struct kedge_node_address *a = kedge_node_status_addresses(n, 0);
    snprintf(text, sizeof text, "192.0.2.%u", (unsigned)(grain(l, 5) % 256));
    return a != NULL && a->type == KEDGE_NODE_INTERNAL_IP && is(&a->address, text)
               ? NULL
               : "status.addresses";
}

static const char *lease_problem(const struct look *l, const struct kedge_object *o)
{
    const struct kedge_lease *e = kedge_as_lease(o);
    if (!is_main(l, &e->spec_holder_identity, words(l, 8, bulk(l))))
        return "spec.holderIdentity";
    if (e->spec_lease_duration_seconds != (int)(grain(l, 1) % 1000))
        return "spec.leaseDurationSeconds";
    if (e->spec_renew_time != renewed(l))
        return "spec.renewTime";
    return KEDGE_HAS(e, lease, spec_lease_transitions) && !KEDGE_HAS(e, lease, spec_acquire_time)
               ? NULL
               : "what is present";
}

static const char *sensor_problem(const struct look *l, const struct kedge_object *o)
{
    const struct kedge_sensor *s = kedge_as_sensor(o);
    unsigned tags = (unsigned)(grain(l, 2) % 4);
    char text[64];
    if (s->spec_interval_seconds != (int)(grain(l, 1) % 1000) - 500)
        return "spec.intervalSeconds";
    if (s->spec_offset != (int64_t)(grain(l, 4) >> 1) * -1)
        return "spec.offset";
    snprintf(text, sizeof text, "%u", (unsigned)(grain(l, 6) % 65536));
    if (!is(&s->spec_port, text))
        return "spec.port";
    if (s->spec_tags.count != tags)
        return "the number of tags";
    for (unsigned i = 0; i < tags; i++)
        if (!is(kedge_text_at(&s->spec_tags, i), words(l, 10 + i, grain(l, 20 + i) % 20)))
            return "a tag";
    snprintf(text, sizeof text, "\"%u\"],\"b\":{}}", (unsigned)(grain(l, 3) % 1000));
    if (strstr(kedge_text(&s->spec_config), text) == NULL)
        return "spec.config";
    return is_main(l, &s->spec_unit, words(l, 8, bulk(l))) && is(&s->status_phase, "Ready")
               ? NULL
               : "spec.unit or status.phase";
}

static const char *(*const judges[SIM_KINDS])(const struct look *, const struct kedge_object *) = {
    deployment_problem, configmap_problem, secret_problem,
    node_problem,       lease_problem,     sensor_problem,
};

static const char *metadata_problem(const struct look *l, const struct kedge_object *o)
{
    char text[32];
    uint32_t created = 1767225600;
    if (altered != NULL) {
        created = (uint32_t)l->rev;
        if (o->finalizers.count != 0)
            return "metadata.finalizers, which were cleared";
    } else {
        snprintf(text, sizeof text, "example.com/f%u", (unsigned)(grain(l, 98) % 10));
        if (o->finalizers.count != 1 || !is(kedge_text_at(&o->finalizers, 0), text))
            return "metadata.finalizers";
    }
    return o->creation_timestamp.seconds == created ? NULL : "metadata.creationTimestamp";
}

const char *thing_problem(const struct look *l, const struct kedge_object *o,
                          const struct alteration *a)
{
    bool spaceless = a != NULL && a->clears_space;
    altered = a;
    altered_size = o->size;
    if (kedge_object_as(o, sim_kinds[l->kind].kind) == NULL)
        return "its kind";
    if (strcmp(kedge_name(o), thing_name(l->kind, l->index)) != 0)
        return "metadata.name";
    if (strcmp(kedge_namespace(o), spaceless ? "" : thing_space(l->kind, l->index)) != 0)
        return "metadata.namespace";
    if (o->labels.count != (l->tier < 3 ? 3u : 2u))
        return "metadata.labels";
    const char *problem = metadata_problem(l, o);
    return problem != NULL ? problem : judges[l->kind](l, o);
}
