// SPDX-License-Identifier: Apache-2.0
// network.c - the port: a network with delay, loss and silence, clocks that jump, and a world that
// only moves while somebody waits.
//
// A link is two pipes. What is written arrives later, piece by piece; what the server has to say is
// fetched as far as the client's receive window goes, so who does not read holds the server back.
// All chance comes from the plan's seed.
#include "sim.h"

#include <stdlib.h>
#include <string.h>

enum {
    WINDOW = 16384,
    PACKET = 1460,
    SEGMENTS = 32,
    CONNECT_MS = 130000,
    KEEP_ALIVE_MS = 35000,
    LATE_MS = 5000
};

// A bound on waits that change nothing: the loop is busy with itself.
enum { IDLE_WAITS = 400 };

enum link_state { LINK_CLOSED, LINK_CONNECTING, LINK_OPEN, LINK_BROKEN };

struct segment {
    int64_t at;
    size_t len;
};

// Bytes on their way in one direction, in order.
struct pipe {
    unsigned char bytes[WINDOW];
    size_t head, len;
    struct segment segments[SEGMENTS];
    size_t first, count;
    size_t arrived; // bytes whose time has come
    int64_t last;   // arrival of the newest
};

struct link {
    struct kedge_stream stream; // first
    struct sim *sim;
    size_t informer;
    enum link_state state;
    struct mock_connection *server;
    struct pipe *to_client, *to_server;
    int64_t ready_at;      // CONNECTING: when it is decided
    kedge_err decision;    // and how
    int64_t silent_since;  // -1: not silent
    int64_t awaited_since; // when the last byte came, or the wait for one began; -1: nobody waits
    bool dead;             // no keep-alive notices the silence
    uint64_t cut_after;    // bytes to the client; UINT64_MAX: none
    kedge_err cut_with;
    int64_t end_at; // the client sees the end then, behind all bytes; -1: not ended
    kedge_err end;
    bool sent_early; // the last read would have blocked by chance
};

static struct link *of(struct kedge_stream *stream)
{
    return (struct link *)stream;
}

// The port is given as const, as to every port; here it is ours to change.
static struct sim *sim_of(const struct kedge_port *port)
{
    union {
        const struct kedge_port *in;
        unsigned char *out;
    } p = {port};
    return (struct sim *)(void *)(p.out - offsetof(struct sim, network.port));
}

static struct network *net_of(const struct link *l)
{
    return &l->sim->network;
}

// ---- pipes ---------------------------------------------------------------------------------

static size_t pipe_room(const struct pipe *p)
{
    return p->count < SEGMENTS ? WINDOW - p->len : 0;
}

static void pipe_put(struct pipe *p, const unsigned char *bytes, size_t len, int64_t at)
{
    size_t tail = (p->head + p->len) % WINDOW;
    size_t once = len < WINDOW - tail ? len : WINDOW - tail;
    memcpy(p->bytes + tail, bytes, once);
    memcpy(p->bytes, bytes + once, len - once);
    p->len += len;
    p->last = at;
    p->segments[(p->first + p->count++) % SEGMENTS] = (struct segment){at, len};
}

static void pipe_arrive(struct pipe *p, int64_t now)
{
    while (p->count > 0 && p->segments[p->first].at <= now) {
        p->arrived += p->segments[p->first].len;
        p->first = (p->first + 1) % SEGMENTS;
        p->count--;
    }
}

static size_t pipe_take(struct pipe *p, unsigned char *bytes, size_t len)
{
    size_t once = len < WINDOW - p->head ? len : WINDOW - p->head;
    memcpy(bytes, p->bytes + p->head, once);
    memcpy(bytes + once, p->bytes, len - once);
    p->head = (p->head + len) % WINDOW;
    p->len -= len;
    p->arrived -= len;
    return len;
}

static void pipe_empty(struct pipe *p)
{
    p->head = p->len = p->first = p->count = p->arrived = 0;
    p->last = 0;
}

// ---- the world moves -----------------------------------------------------------------------

static int64_t arrival(struct link *l, const struct pipe *p, size_t len)
{
    struct network *n = net_of(l);
    int64_t at = n->now + n->latency;
    if (n->latency > 2)
        at += chance_below(&l->sim->chance, n->latency / 2);
    if (at < p->last)
        at = p->last;
    int64_t speed = n->speed;
    int64_t most = l->sim->plan->set[SET_SPEED];
    if (most > 0 && (speed == 0 || speed > most))
        speed = most;
    return speed > 0 ? at + (int64_t)len / speed : at;
}

static void to_server(struct link *l)
{
    unsigned char piece[WINDOW];
    pipe_arrive(l->to_server, net_of(l)->now);
    if (l->to_server->arrived == 0)
        return;
    size_t len = pipe_take(l->to_server, piece, l->to_server->arrived);
    requests_sent(l->sim, l->informer, piece, len);
    mock_connection_feed(l->server, piece, len);
}

static void end_link(struct link *l, kedge_err end)
{
    int64_t at = arrival(l, l->to_client, 0);
    l->end = end;
    l->end_at = at;
    // A reset may overtake what nobody has read yet.
    if (end == KEDGE_ERR_IO && chance_one_in(&l->sim->chance, 2))
        pipe_empty(l->to_client);
}

static size_t piece_wanted(struct link *l)
{
    struct chance *c = &l->sim->chance;
    size_t room = pipe_room(l->to_client);
    size_t piece = room;
    if (room < PACKET) // no window is opened for a few bytes
        return 0;
    switch (net_of(l)->split) {
    case SPLIT_RANDOM:
        piece = 1 + (size_t)chance_below(c, WINDOW);
        break;
    case SPLIT_PACKETS:
    case SPLIT_FEW:
        piece = PACKET;
        break;
    default:
        break;
    }
    if (piece > l->cut_after)
        piece = (size_t)l->cut_after;
    return piece < room ? piece : room;
}

static void to_client(struct link *l)
{
    unsigned char piece[WINDOW];
    while (l->end_at < 0) {
        size_t wanted = piece_wanted(l);
        size_t len = wanted > 0 ? mock_connection_output(l->server, piece, wanted) : 0;
        if (len == 0)
            break;
        pipe_put(l->to_client, piece, len, arrival(l, l->to_client, len));
        requests_answered(l->sim, l->informer, piece, len);
        if (l->cut_after != UINT64_MAX)
            l->cut_after -= len;
    }
    enum mock_state state = mock_connection_state(l->server);
    if (l->end_at < 0 && l->cut_after == 0)
        end_link(l, l->cut_with);
    else if (l->end_at < 0 && state != MOCK_OPEN)
        end_link(l, state == MOCK_CLOSED ? KEDGE_ERR_CLOSED : KEDGE_ERR_IO);
}

static void move(struct link *l)
{
    const struct network *n = net_of(l);
    if (l->state != LINK_OPEN)
        return;
    if (l->silent_since >= 0) {
        if (n->keep_alive && !l->dead && n->now - l->silent_since >= KEEP_ALIVE_MS)
            l->state = LINK_BROKEN;
        return;
    }
    to_server(l);
    to_client(l);
    pipe_arrive(l->to_client, n->now);
}

static void move_all(struct sim *s)
{
    struct network *n = &s->network;
    for (size_t i = 0; i < n->link_count; i++)
        move(n->links[i]);
}

void network_advance(struct sim *s, int64_t to)
{
    struct network *n = &s->network;
    if (to > n->now)
        n->now = to;
    mock_tick(s->mock, n->now);
    if (s->token_back_at <= n->now) {
        snprintf(n->token, sizeof n->token, "%s", s->token);
        n->token_state = 0;
        n->token_since = n->now;
        s->token_back_at = INT64_MAX;
    }
    if (s->allow_at <= n->now) {
        mock_allow_all(s->mock);
        s->allow_at = INT64_MAX;
    }
    move_all(s);
}

static void sooner(int64_t *next, int64_t at)
{
    if (at < *next)
        *next = at;
}

// When something happens on a link by time alone.
static void next_of(const struct link *l, int64_t *next)
{
    const struct network *n = net_of(l);
    if (l->state == LINK_CONNECTING)
        sooner(next, l->ready_at);
    if (l->state != LINK_OPEN)
        return;
    if (l->silent_since >= 0) {
        if (n->keep_alive && !l->dead)
            sooner(next, l->silent_since + KEEP_ALIVE_MS);
        return;
    }
    if (l->to_server->count > 0)
        sooner(next, l->to_server->segments[l->to_server->first].at);
    if (l->to_client->count > 0)
        sooner(next, l->to_client->segments[l->to_client->first].at);
    if (l->end_at > n->now)
        sooner(next, l->end_at);
}

static int64_t next_event(struct sim *s)
{
    int64_t next = mock_next_deadline(s->mock);
    for (size_t i = 0; i < s->network.link_count; i++)
        next_of(s->network.links[i], &next);
    sooner(&next, s->token_back_at);
    sooner(&next, s->allow_at);
    return next > s->network.now ? next : s->network.now + 1;
}

// ---- streams -------------------------------------------------------------------------------

static void decide(struct link *l)
{
    struct network *n = net_of(l);
    l->state = LINK_CONNECTING;
    l->decision = KEDGE_OK;
    l->ready_at = n->now + 2 * n->latency;
    if (n->now < n->nameless_until) {
        l->decision = KEDGE_ERR_RESOLVE;
    } else if (n->now < n->partition_until) {
        l->decision = KEDGE_ERR_CONNECT;
        l->ready_at = n->now + CONNECT_MS;
    } else if (n->now < n->refuse_until) {
        l->decision = KEDGE_ERR_CONNECT;
    }
}

static kedge_err connected(struct link *l)
{
    struct network *n = net_of(l);
    l->server = mock_connection_open(l->sim->mock);
    if (l->server == NULL)
        return KEDGE_ERR_CONNECT;
    pipe_empty(l->to_client);
    pipe_empty(l->to_server);
    l->state = LINK_OPEN;
    l->silent_since = l->end_at = l->awaited_since = -1;
    l->dead = false;
    l->cut_after = UINT64_MAX;
    n->connects++;
    return KEDGE_OK;
}

static kedge_err link_open(struct kedge_stream *stream, const char *host, uint16_t port)
{
    struct link *l = of(stream);
    if (strcmp(host, "kubernetes.test") != 0 || port != 8443)
        sim_fail(l->sim, "a connection to %s:%u", host, port);
    if (l->state == LINK_CLOSED)
        decide(l);
    if (l->state != LINK_CONNECTING)
        sim_fail(l->sim, "open of what is open");
    if (net_of(l)->now < l->ready_at)
        return KEDGE_WANT_WRITE;
    return l->decision != KEDGE_OK ? l->decision : connected(l);
}

static size_t read_size(struct link *l, size_t there)
{
    struct chance *c = &l->sim->chance;
    switch (net_of(l)->split) {
    case SPLIT_RANDOM:
        return 1 + (size_t)chance_below(c, (int64_t)there);
    case SPLIT_BYTES:
        return 1;
    case SPLIT_FEW: {
        size_t few = 1 + (size_t)chance_below(c, 60);
        return few < there ? few : there;
    }
    default:
        return there;
    }
}

static bool blocks_now(struct link *l)
{
    l->sent_early = !l->sent_early && net_of(l)->blocks && chance_one_in(&l->sim->chance, 4);
    return l->sent_early;
}

static int link_read(struct kedge_stream *stream, void *buf, size_t cap)
{
    struct link *l = of(stream);
    if (l->state != LINK_OPEN && l->state != LINK_BROKEN)
        sim_fail(l->sim, "read of a closed stream");
    if (cap == 0)
        sim_fail(l->sim, "read into nothing");
    move(l);
    if (l->state == LINK_BROKEN)
        return KEDGE_ERR_IO;
    if (l->silent_since >= 0 || blocks_now(l))
        return KEDGE_WANT_READ;
    size_t there = l->to_client->arrived < cap ? l->to_client->arrived : cap;
    if (there == 0 && l->end_at >= 0 && l->to_client->len == 0 && l->end_at <= net_of(l)->now)
        return l->end;
    if (there == 0)
        return KEDGE_WANT_READ;
    size_t len = pipe_take(l->to_client, buf, read_size(l, there));
    net_of(l)->stir += len;
    l->awaited_since = net_of(l)->now;
    net_of(l)->bytes_to_client += len;
    return (int)len;
}

static int link_write(struct kedge_stream *stream, const void *buf, size_t len)
{
    struct link *l = of(stream);
    if (l->state != LINK_OPEN && l->state != LINK_BROKEN)
        sim_fail(l->sim, "write to a closed stream");
    if (len == 0)
        sim_fail(l->sim, "write of nothing");
    move(l);
    if (l->state == LINK_BROKEN)
        return KEDGE_ERR_IO;
    size_t room = pipe_room(l->to_server);
    if (room == 0 || blocks_now(l))
        return KEDGE_WANT_WRITE;
    len = read_size(l, len < room ? len : room);
    net_of(l)->stir += len;
    l->awaited_since = net_of(l)->now;
    l->sim->informers[l->informer].requests.sent_at = net_of(l)->now;
    // What is sent into silence is lost, and nobody knows yet.
    if (l->silent_since < 0)
        pipe_put(l->to_server, buf, len, arrival(l, l->to_server, len));
    return (int)len;
}

static void link_close(struct kedge_stream *stream)
{
    struct link *l = of(stream);
    if (l->state == LINK_CLOSED)
        return;
    mock_connection_close(l->server);
    l->server = NULL;
    requests_cut(l->sim, l->informer, l->state == LINK_OPEN && l->to_client->len == 0);
    l->state = LINK_CLOSED;
}

static const struct kedge_stream_ops link_ops = {link_open, link_read, link_write, link_close};

static void stream_init(const struct kedge_port *port, struct kedge_stream *stream)
{
    struct sim *s = sim_of(port);
    struct network *n = &s->network;
    struct link *l = of(stream);
    memset(l, 0, sizeof *l);
    l->stream.ops = &link_ops;
    l->sim = s;
    l->informer = n->link_count < s->plan->informers ? n->link_count : PLAN_INFORMERS;
    l->state = LINK_CLOSED;
    if (n->link_count > s->plan->informers)
        sim_fail(s, "more streams than informers");
    l->to_client = n->pipes[2 * n->link_count];
    l->to_server = n->pipes[2 * n->link_count + 1];
    n->links[n->link_count++] = l;
}

// ---- waiting -------------------------------------------------------------------------------

static uint8_t ready_for(struct link *l, uint8_t interest)
{
    const struct network *n = net_of(l);
    uint8_t ready = 0;
    if (l->state == LINK_CLOSED)
        sim_fail(l->sim, "a wait for a closed stream");
    if (l->state == LINK_BROKEN)
        return KEDGE_INTEREST_READ | KEDGE_INTEREST_WRITE;
    if (l->state == LINK_CONNECTING)
        return l->ready_at <= n->now ? interest : 0;
    bool ended = l->end_at >= 0 && l->end_at <= n->now && l->to_client->len == 0;
    if (l->silent_since < 0 && (l->to_client->arrived > 0 || ended))
        ready |= KEDGE_INTEREST_READ;
    if (pipe_room(l->to_server) > 0)
        ready |= KEDGE_INTEREST_WRITE;
    return ready & interest;
}

static bool any_ready(struct kedge_wait *list, size_t count)
{
    bool any = false;
    for (size_t i = 0; i < count; i++) {
        list[i].ready = ready_for(of(list[i].stream), list[i].interest);
        any = any || list[i].ready != 0;
    }
    return any;
}

// A loop that waits again and again while time stands still and nothing moves is busy.
static void count_wait(struct sim *s)
{
    struct network *n = &s->network;
    n->waits++;
    if (n->now != n->idle_since || n->stir != n->idle_stir) {
        n->idle_since = n->now;
        n->idle_stir = n->stir;
        n->idle_waits = 0;
    }
    if (++n->idle_waits > IDLE_WAITS)
        sim_fail(s, "busy: %u waits, and neither time nor a byte has moved", n->idle_waits);
}

static int64_t clock_of(const struct network *n)
{
    return n->now + n->clock_ahead;
}

// Notes who does not want to read what comes.
static void note_held(struct sim *s, const struct kedge_wait *list, size_t count)
{
    struct network *n = &s->network;
    for (size_t l = 0; l < n->link_count; l++) {
        bool reads = false;
        for (size_t i = 0; i < count; i++)
            reads = reads || (list[i].stream == &n->links[l]->stream &&
                              (list[i].interest & KEDGE_INTEREST_READ) != 0);
        if (!reads)
            s->informers[n->links[l]->informer].requests.held_at = n->now;
    }
}

// Who waits for bytes does not do so for longer than is documented.
static void count_silence(struct sim *s, const struct kedge_wait *list, size_t count)
{
    struct network *n = &s->network;
    bool listed[PLAN_INFORMERS + 1] = {false};
    for (size_t i = 0; i < count; i++) {
        struct link *l = of(list[i].stream);
        listed[l->informer] = (list[i].interest & KEDGE_INTEREST_READ) != 0;
    }
    for (size_t i = 0; i < n->link_count; i++) {
        struct link *l = n->links[i];
        if (l->informer == PLAN_INFORMERS)
            continue;
        int64_t patience = informer_patience(&s->informers[l->informer]) + LATE_MS;
        if (!listed[l->informer] || l->state != LINK_OPEN)
            l->awaited_since = -1;
        else if (l->awaited_since < 0)
            l->awaited_since = n->now;
        else if (n->now - l->awaited_since > patience)
            sim_fail(s, "informer %zu waits for a byte since %lld ms", l->informer,
                     (long long)(n->now - l->awaited_since));
    }
}

static kedge_err wait(const struct kedge_port *port, struct kedge_wait *list, size_t count,
                      kedge_time deadline)
{
    struct sim *s = sim_of(port);
    struct network *n = &s->network;
    count_wait(s);
    count_silence(s, list, count);
    network_advance(s, n->now);
    bool returns_early = n->early && chance_one_in(&s->chance, 3);
    while (!any_ready(list, count) && !n->woken && clock_of(n) < deadline && !returns_early) {
        int64_t next = next_event(s);
        if (deadline != KEDGE_FOREVER)
            sooner(&next, deadline - n->clock_ahead);
        if (next == INT64_MAX)
            sim_fail(s, "a wait for ever");
        network_advance(s, next);
    }
    note_held(s, list, count);
    n->woken = false;
    return KEDGE_OK;
}

static void wake(const struct kedge_port *port)
{
    sim_of(port)->network.woken = true;
}

// ---- the rest of the port ------------------------------------------------------------------

static kedge_time port_clock(const struct kedge_port *port)
{
    return clock_of(&sim_of(port)->network);
}

static kedge_timestamp wall_clock(const struct kedge_port *port)
{
    const struct network *n = &sim_of(port)->network;
    return (1767225600000 + n->now + n->calendar) * 1000;
}

static kedge_err entropy(const struct kedge_port *port, void *buf, size_t len)
{
    struct sim *s = sim_of(port);
    unsigned char *bytes = buf;
    for (size_t i = 0; i < len; i++)
        bytes[i] = (unsigned char)chance_next(&s->chance);
    return KEDGE_OK;
}

static int file(const struct kedge_port *port, const char *path, size_t offset, void *buf,
                size_t cap)
{
    const struct network *n = &sim_of(port)->network;
    if (strcmp(path, "/token") != 0 || n->token_state == 1)
        return KEDGE_ERR_NOT_FOUND;
    size_t len = strlen(n->token);
    if (n->token_state > 1)
        len = n->token_state == 2 ? 0 : len / 2;
    size_t left = offset < len ? len - offset : 0;
    size_t size = left < cap ? left : cap;
    memcpy(buf, n->token + (offset < len ? offset : 0), size);
    return (int)size;
}

static const char *environment(const struct kedge_port *port, const char *name)
{
    (void)port;
    (void)name;
    return NULL;
}

void network_open(struct sim *s)
{
    struct network *n = &s->network;
    n->port = (struct kedge_port){
        .name = "simulated",
        .stream_size = sizeof(struct link),
        .stream_init = stream_init,
        .wait = wait,
        .wake = wake,
        .clock = port_clock,
        .wall_clock = wall_clock,
        .entropy = entropy,
        .file = file,
        .environment = environment,
    };
    n->clock_ahead = 1000000000000;
    n->latency = s->plan->set[SET_LATENCY];
    n->keep_alive = s->plan->set[SET_KEEP_ALIVE] != 0;
    for (size_t i = 0; i < 2 * (s->plan->informers + 1); i++) {
        n->pipes[i] = malloc(sizeof(struct pipe));
        if (n->pipes[i] == NULL)
            abort();
        pipe_empty(n->pipes[i]);
    }
}

void network_close(struct sim *s)
{
    for (size_t i = 0; i < 2 * (PLAN_INFORMERS + 1); i++)
        free(s->network.pipes[i]);
}

void network_forget_links(struct sim *s)
{
    s->network.link_count = 0;
}

// ---- faults --------------------------------------------------------------------------------

void network_heal(struct sim *s)
{
    struct network *n = &s->network;
    n->split = SPLIT_WHOLE;
    n->latency = 1;
    n->speed = 0;
    n->blocks = n->early = false;
    n->partition_until = n->refuse_until = n->nameless_until = 0;
    for (size_t i = 0; i < n->link_count; i++)
        n->links[i]->cut_after = UINT64_MAX;
}

static bool chosen(const struct link *l, size_t informer)
{
    return l->state == LINK_OPEN && (informer == PLAN_INFORMERS || l->informer == informer);
}

void network_drop(struct sim *s, size_t informer, bool reset, size_t after)
{
    for (size_t i = 0; i < s->network.link_count; i++) {
        struct link *l = s->network.links[i];
        if (!chosen(l, informer) || l->end_at >= 0)
            continue;
        l->cut_after = after;
        l->cut_with = reset ? KEDGE_ERR_IO : KEDGE_ERR_CLOSED;
    }
}

void network_silence(struct sim *s, size_t informer, bool dead)
{
    for (size_t i = 0; i < s->network.link_count; i++) {
        struct link *l = s->network.links[i];
        if (!chosen(l, informer) || l->silent_since >= 0)
            continue;
        l->silent_since = s->network.now;
        l->dead = dead;
    }
}

// What came just before a machine fell asleep it may look at only when it wakes: its patience
// begins there.
void network_sleep(struct sim *s, int64_t ms)
{
    struct network *n = &s->network;
    int64_t from = n->now;
    network_advance(s, from + ms);
    n->slept_at = n->now;
    for (size_t i = 0; i < n->link_count; i++) {
        struct link *l = n->links[i];
        if (l->awaited_since >= 0 && from - l->awaited_since <= LATE_MS)
            l->awaited_since = n->now;
    }
}

// What has passed since the machine last looked at its clock is lost to it.
void network_set_clock_back(struct sim *s, int64_t ms)
{
    s->network.clock_ahead -= ms;
    for (size_t i = 0; i < s->network.link_count; i++)
        s->network.links[i]->awaited_since = -1;
}

void network_purge(struct sim *s)
{
    for (size_t i = 0; i < s->network.link_count; i++) {
        struct link *l = s->network.links[i];
        pipe_empty(l->to_client);
        pipe_empty(l->to_server);
    }
}

size_t network_open_links(const struct sim *s)
{
    size_t open = 0;
    for (size_t i = 0; i < s->network.link_count; i++)
        open += s->network.links[i]->state != LINK_CLOSED;
    return open;
}
