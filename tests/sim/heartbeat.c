// SPDX-License-Identifier: Apache-2.0
// heartbeat.c - a node's Lease beside the informers: renewed on time whatever lists, queues and
// handlers do, as long as the server can be reached.
#include <stdlib.h>
#include <string.h>

#include "kedge/node_lease.h"
#include "sim.h"

static const char node[] = "edge-1";

enum { BYTES = 24 * 1024 };

size_t heartbeat_bytes(const struct plan *plan)
{
    return plan->set[SET_HEARTBEAT] != 0 ? BYTES : 0;
}

void heartbeat_begin(struct sim *s)
{
    struct heartbeat *h = &s->heartbeat;
    struct kedge_node_lease_options o = {.node = node};
    h->lease = NULL;
    h->hindered_until = s->network.now;
    if (s->plan->set[SET_HEARTBEAT] == 0)
        return;
    h->lease = kedge_node_lease_new(s->client, &o);
    if (kedge_error(s->k) != KEDGE_OK && !s->fits)
        return;
    if (h->lease == NULL || kedge_node_lease_start(h->lease) != KEDGE_OK)
        sim_fail(s, "no heartbeat: %s", kedge_error_text(s->k));
}

void heartbeat_end(struct sim *s)
{
    kedge_node_lease_stop(s->heartbeat.lease);
}

void heartbeat_hinder(struct sim *s, int64_t until)
{
    if (until > s->heartbeat.hindered_until)
        s->heartbeat.hindered_until = until;
}

// Something happens that may keep requests of any kind from their answers, until then.
void heartbeat_note(struct sim *s, const struct action *a)
{
    int64_t now = s->network.now;
    switch (a->verb) {
    case DO_FAULT: // strikes whenever the next request comes
        if (a->arg[1] == MOCK_ON_ANY || a->arg[1] == MOCK_ON_OTHER || a->arg[2] != 0)
            heartbeat_hinder(s, INT64_MAX);
        break;
    case DO_FORBID:
    case DO_PARTITION:
    case DO_REFUSE:
    case DO_NAMELESS:
        heartbeat_hinder(s, now + a->arg[0]);
        break;
    case DO_EXPIRE:
        heartbeat_hinder(s, now + a->arg[0]);
        break;
    case DO_RESTART:
        heartbeat_hinder(s, now + a->arg[1]);
        break;
    case DO_SLEEP:
    case DO_REBOOT:
    case DO_LEASE:
        heartbeat_hinder(s, now);
        break;
    default:
        break;
    }
}

void heartbeat_heal(struct sim *s)
{
    s->heartbeat.hindered_until = s->network.now;
}

// Somebody else writes to the Lease, or deletes it.
void heartbeat_meddle(struct sim *s, bool deletes)
{
    static const char metadata[] = "\"metadata\":{";
    struct mock_item item;
    char json[2048];
    if (!mock_get(s->mock, "leases", KEDGE_NODE_LEASE_NAMESPACE, node, &item))
        return;
    if (deletes) {
        mock_delete(s->mock, "leases", KEDGE_NODE_LEASE_NAMESPACE, node);
        s->heartbeat.time[0] = '\0';
        return;
    }
    const char *at = strstr(item.text, metadata);
    if (at == NULL)
        return;
    at += strlen(metadata);
    snprintf(json, sizeof json, "%.*s\"labels\":{\"touched\":\"%llu\"},%.*s", (int)(at - item.text),
             item.text, (unsigned long long)item.version,
             (int)(item.len - (size_t)(at - item.text)), at);
    mock_apply(s->mock, "leases", json);
}

static void note_renewal(struct sim *s, const struct mock_item *item)
{
    struct heartbeat *h = &s->heartbeat;
    static const char name[] = "\"renewTime\":\"";
    const char *at = strstr(item->text, name);
    if (at == NULL || item->version == h->version)
        return;
    h->version = item->version;
    at += strlen(name);
    size_t len = strcspn(at, "\"");
    if (len >= sizeof h->time)
        sim_fail(s, "heartbeat: it is renewed at %.40s", at);
    int order = strncmp(at, h->time, len);
    if (strlen(h->time) == len && order == 0)
        return; // somebody else's write
    if (order < 0)
        sim_fail(s, "heartbeat: renewed at %.*s, before at %s", (int)len, at, h->time);
    memcpy(h->time, at, len);
    h->time[len] = '\0';
    h->renewed_at = s->network.now;
    h->renewals++;
    sim_trace(s, "heartbeat: renewed at %s", h->time);
}

// A Lease that is not renewed for its 40 s is a dead node.
void heartbeat_check(struct sim *s)
{
    struct heartbeat *h = &s->heartbeat;
    struct mock_item item;
    if (h->lease == NULL)
        return;
    if (mock_get(s->mock, "leases", KEDGE_NODE_LEASE_NAMESPACE, node, &item))
        note_renewal(s, &item);
    int64_t since = h->renewed_at > h->hindered_until ? h->renewed_at : h->hindered_until;
    if (s->network.now - since > KEDGE_NODE_LEASE_DURATION)
        sim_fail(s, "heartbeat: the Lease is not renewed for %lld ms, though the server is there",
                 (long long)(s->network.now - since));
}
