// SPDX-License-Identifier: Apache-2.0
// leader_lease.c - the Lease as JSON: what is read of it, and what is written.
//
// An update sends all that the server gave (labels, annotations, owners), but the spec is made anew
// from what the record knows, as client-go's is. What is kept of the old one, the time of
// acquisition above all, is copied as it was spelt.
#include "tools/leader_priv.h"

#include "kedge/unstructured.h"
#include "kedge/validation.h"
#include "kedge/writer.h"
#include "object/unstructured.h"

#define API_VERSION "coordination.k8s.io/v1"

// The longest key of a label: a DNS subdomain, a slash and a name.
#define LABEL_KEY (253 + 1 + 63)

static kedge_err fail(struct kedge_leader_elector *e, kedge_err err, const char *text)
{
    kedge__leader_say(e, text);
    return err;
}

// Reading ----------------------------------------------------------------------------------------

// What fits of a text; "" of what is none.
static void copy_text(kedge_json_value v, char *buf, size_t cap)
{
    size_t len = kedge_json_text(v, buf, cap - 1);
    buf[len < cap ? len : cap - 1] = '\0';
}

static int64_t number_of(kedge_json_value spec, const char *key)
{
    int64_t n = 0;
    if (!kedge_json_int64(kedge_json_get(spec, key), &n) || n < 0)
        return 0;
    return n < INT32_MAX ? n : INT32_MAX;
}

static void read_record(struct kedge_leader_elector *e, kedge_json_value spec)
{
    kedge_json_value holder = kedge_json_get(spec, "holderIdentity");
    copy_text(holder, e->holder, sizeof e->holder);
    e->seen = true;
    e->held = kedge_json_text(holder, NULL, 0) > 0;
    e->ours = kedge_json_text_is(holder, kedge_str_of(e->options.identity));
    e->preferred = kedge_json_text(kedge_json_get(spec, "preferredHolder"), NULL, 0) > 0;
    e->duration = number_of(spec, "leaseDurationSeconds") * KEDGE_SECOND;
}

kedge_err kedge__leader_take(struct kedge_leader_elector *e, bool written, kedge_time now)
{
    struct kedge_rest *r = e->rest;
    struct kedge_json doc;
    kedge_str text = r->sieve.item;
    if (r->sieve.overflow) // else it fits: the sieve's room is lease_max, too
        return fail(e, KEDGE_ERR_TOO_LONG, "the Lease does not fit lease_max");
    if (kedge__rest_parse(r, &doc) != KEDGE_OK)
        return fail(e, KEDGE_ERR_TOO_LONG, "the Lease has more values than lease_max has room for");
    kedge_json_value spec = kedge_json_get(kedge_json_root(&doc), "spec");
    kedge_json_value meta = kedge_json_get(kedge_json_root(&doc), "metadata");
    kedge_str raw = kedge_json_raw(spec);
    copy_text(kedge_json_get(meta, "uid"), e->uid, sizeof e->uid);
    copy_text(kedge_json_get(meta, "resourceVersion"), e->version, sizeof e->version);
    if (e->version[0] == '\0')
        return fail(e, KEDGE_ERR_JSON, "the answer is no Lease: it has no resourceVersion");
    bool changed = written || !e->seen || !kedge_str_eq(raw, e->spec);
    if (changed) {
        e->observed_at = written ? e->asked_at : now;
        read_record(e, spec);
    }
    memcpy(e->lease, text.ptr, text.len);
    e->lease_len = text.len;
    e->spec =
        raw.len > 0 ? (kedge_str){e->lease + (raw.ptr - text.ptr), raw.len} : (kedge_str){NULL, 0};
    return KEDGE_OK;
}

// Writing ----------------------------------------------------------------------------------------

// Where the device does not know the calendar, still a later time with each renewal, so that others
// see that the Lease has changed.
static kedge_timestamp wall_clock(const struct kedge_leader_elector *e)
{
    kedge_timestamp now = kedge_wall_clock(e->k);
    return now > 0 ? now : e->asked_at * 1000;
}

static void write_time(struct kedge_writer *w, const char *key, kedge_timestamp t)
{
    char text[KEDGE_TIMESTAMP_TEXT];
    kedge_timestamp_format(t, true, text);
    kedge_writer_key(w, key);
    kedge_writer_text(w, text);
}

// A member of the Lease's spec, as it stands there; nothing where it is not there.
static void write_old(struct kedge_writer *w, kedge_json_value spec, const char *key)
{
    kedge_json_value v = kedge_json_get(spec, key);
    enum kedge_json_type type = kedge_json_type(v);
    if (type == KEDGE_JSON_ABSENT || type == KEDGE_JSON_NULL)
        return;
    kedge_writer_key(w, key);
    kedge_writer_raw(w, kedge_json_raw(v));
}

// `old`: the spec so far.
static void write_spec(struct kedge_leader_elector *e, struct kedge_writer *w, kedge_json_value old)
{
    kedge_timestamp now = wall_clock(e);
    bool release = e->ask == KEDGE__LEADER_RELEASE;
    bool renew = e->ours && !release && e->ask != KEDGE__LEADER_CREATE;
    int64_t transitions = number_of(old, "leaseTransitions");
    if (!renew && !release && e->ask != KEDGE__LEADER_CREATE && transitions < INT32_MAX)
        transitions++;
    kedge_writer_begin_object(w);
    kedge_writer_key(w, "holderIdentity");
    kedge_writer_text(w, release ? "" : e->options.identity);
    kedge_writer_key(w, "leaseDurationSeconds");
    kedge_writer_int64(w, release ? 1 : e->options.lease_duration / KEDGE_SECOND);
    if (renew)
        write_old(w, old, "acquireTime");
    else
        write_time(w, "acquireTime", now);
    write_time(w, "renewTime", now);
    kedge_writer_key(w, "leaseTransitions");
    kedge_writer_int64(w, transitions);
    if (e->options.coordinated && renew)
        write_old(w, old, "strategy");
    kedge_writer_end_object(w);
}

static void write_labels(const struct kedge_leader_options *o, struct kedge_writer *w)
{
    if (o->label_count == 0)
        return;
    kedge_writer_key(w, "labels");
    kedge_writer_begin_object(w);
    for (size_t i = 0; i < o->label_count; i++) {
        kedge_writer_key(w, o->labels[i].key);
        kedge_writer_text(w, o->labels[i].value);
    }
    kedge_writer_end_object(w);
}

static kedge_err write_new(struct kedge_leader_elector *e, kedge_str *body)
{
    const struct kedge_leader_options *o = &e->options;
    struct kedge_writer w;
    kedge_writer_init(&w, e->body, o->lease_max);
    kedge_writer_begin_object(&w);
    kedge_writer_key(&w, "apiVersion");
    kedge_writer_text(&w, API_VERSION);
    kedge_writer_key(&w, "kind");
    kedge_writer_text(&w, "Lease");
    kedge_writer_key(&w, "metadata");
    kedge_writer_begin_object(&w);
    kedge_writer_key(&w, "name");
    kedge_writer_text(&w, o->name);
    kedge_writer_key(&w, "namespace");
    kedge_writer_text(&w, o->namespace_);
    write_labels(o, &w);
    kedge_writer_end_object(&w);
    kedge_writer_key(&w, "spec");
    write_spec(e, &w, (kedge_json_value){NULL, -1});
    kedge_writer_end_object(&w);
    return kedge_writer_finish(&w, body);
}

// The spec in the room of the kedge_rest's objects, which is free between two requests.
static kedge_err write_next_spec(struct kedge_leader_elector *e, kedge_str *spec)
{
    struct kedge_rest *r = e->rest;
    struct kedge_json doc;
    struct kedge_writer w;
    // Goes as well as when it was read.
    (void)kedge_json_parse(&doc, e->lease, e->lease_len, r->tokens, r->token_count);
    kedge_writer_init(&w, r->item_buf, r->options.text_max);
    write_spec(e, &w, kedge_json_get(kedge_json_root(&doc), "spec"));
    return kedge_writer_finish(&w, spec);
}

// "metadata", "labels" and a key, as a path.
struct label_path {
    char text[sizeof "metadata\0labels\0" + LABEL_KEY + 1];
};

static void make_path(struct label_path *p, const char *key)
{
    static const char parents[] = "metadata\0labels";
    memset(p, 0, sizeof *p);
    memcpy(p->text, parents, sizeof parents);
    memcpy(p->text + sizeof parents, key, strlen(key)); // a key that is one, so it fits
}

static kedge_err write_changed(struct kedge_leader_elector *e, kedge_str *body)
{
    const struct kedge_leader_options *o = &e->options;
    struct kedge_unstructured u;
    struct label_path path;
    kedge_str spec;
    kedge_err err = write_next_spec(e, &spec);
    if (err != KEDGE_OK)
        return err;
    kedge_unstructured_init(&u, e->body, o->lease_max, e->rest->tokens, e->rest->token_count);
    kedge_unstructured_read(&u, (kedge_str){e->lease, e->lease_len});
    kedge_unstructured_set_json(&u, KEDGE_PATH("spec"), spec);
    for (size_t i = 0; i < o->label_count; i++) {
        make_path(&path, o->labels[i].key);
        kedge_unstructured_set_text(&u, path.text, o->labels[i].value);
    }
    *body = kedge_unstructured_json(&u);
    return u.err;
}

kedge_err kedge__leader_body(struct kedge_leader_elector *e, kedge_str *body)
{
    *body = (kedge_str){NULL, 0};
    if (e->ask == KEDGE__LEADER_GET || e->ask == KEDGE__LEADER_RELEASE_GET)
        return KEDGE_OK;
    kedge_err err = e->ask == KEDGE__LEADER_CREATE ? write_new(e, body) : write_changed(e, body);
    if (err != KEDGE_OK)
        return fail(e, err, "the Lease as it would be sent does not fit lease_max");
    return KEDGE_OK;
}
