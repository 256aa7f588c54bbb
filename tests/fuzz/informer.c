// SPDX-License-Identifier: Apache-2.0
// informer.c - the whole way: any bytes as what a server answers to an informer, request by
// request, on virtual time. Whatever they are, the cache is what the handler was told, every object
// in it is a whole record inside the block, no part of the memory is larger than it was made, no
// turn fails, nothing spins, and in the end no stream is open. What holds no whole JSON object
// leaves the cache as it was.
#include <stdio.h>
#include <stdlib.h>

#include "cache/informer_priv.h"
#include "cluster.h"
#include "kinds.h"
#include "whole_record.h"

#include "fuzz.h"

enum { MINUTES = 10, POLLS_MAX = 20000 };

// The server --------------------------------------------------------------------------------------

enum after { STAYS, CLOSES, RESETS, AFTER };

static struct server {
    kedge_str script;  // the answers that are still to come, divided by "\n%%\n"
    kedge_str answer;  // what is left of this one
    enum after after;  // an answer
    bool answered;     // this connection has had its answer
    unsigned newlines; // of the request, in a row
    bool good_list;    // the first answer is good_answer
} server;

#define GOOD_BODY                                                                          \
    "{\"metadata\":{\"resourceVersion\":\"5\"},\"items\":["                                \
    "{\"metadata\":{\"name\":\"a\",\"namespace\":\"x\",\"uid\":\"1\",\"resourceVersion\":" \
    "\"3\"}},"                                                                             \
    "{\"metadata\":{\"name\":\"b\",\"namespace\":\"x\",\"uid\":\"2\",\"resourceVersion\":" \
    "\"4\"}}]}"
static const char good_answer[] = "HTTP/1.1 200 OK\r\nContent-Type: application/json\r\n"
                                  "Content-Length: 194\r\n\r\n" GOOD_BODY;
_Static_assert(sizeof GOOD_BODY - 1 == 194, "Content-Length");

static void *open_connection(void *ctx, const char *host, uint16_t number)
{
    struct server *s = ctx;
    (void)host, (void)number;
    s->answered = false;
    s->newlines = 0;
    s->answer.len = 0;
    return s->script.len > 0 || s->good_list ? s : NULL;
}

static void next_answer(struct server *s)
{
    s->answered = true;
    s->answer = s->good_list ? kedge_str_of(good_answer) : fuzz_part(&s->script);
    if (s->good_list)
        s->answered = false; // the connection is kept after this one
    s->good_list = false;
}

static size_t feed(void *connection, const void *bytes, size_t len)
{
    struct server *s = connection;
    for (size_t i = 0; i < len; i++) {
        char c = ((const char *)bytes)[i];
        s->newlines = c == '\n' ? s->newlines + 1 : (c == '\r' ? s->newlines : 0);
        if (s->newlines == 2)
            next_answer(s);
    }
    return len;
}

static size_t output(void *connection, void *buf, size_t cap)
{
    struct server *s = connection;
    size_t n = cap < s->answer.len ? cap : s->answer.len;
    if (n > 0)
        memcpy(buf, s->answer.ptr, n);
    s->answer.ptr += n;
    s->answer.len -= n;
    return n;
}

static enum fake_state state(void *connection)
{
    const struct server *s = connection;
    if (!s->answered || s->answer.len > 0 || s->after == STAYS)
        return FAKE_OPEN;
    return s->after == CLOSES ? FAKE_CLOSED : FAKE_RESET;
}

static void close_connection(void *connection)
{
    (void)connection;
}

static const struct fake_peer peer = {open_connection,  feed, output, state,
                                      close_connection, NULL, NULL};

// What must hold ----------------------------------------------------------------------------------

struct run {
    struct fake_port port;
    unsigned char *memory;
    size_t size;
    struct kedge *k;
    struct kedge_client *client;
    struct kedge_factory *factory;
    struct kedge_informer *informer;
    struct recorder recorder;
    unsigned polls;
};

static const struct recorded *told_of(const struct recorder *r, const struct kedge_object *o)
{
    char key[512];
    snprintf(key, sizeof key, "%s/%s", kedge_namespace(o), kedge_name(o));
    for (size_t i = 0; i < r->count; i++) {
        if (strcmp(r->objects[i].key, key) == 0)
            return &r->objects[i];
    }
    return NULL;
}

static void cache_is_what_was_told(struct run *r)
{
    size_t count = 0;
    bool busy = kedge__delivery_busy(r->informer);
    struct kedge_iter it = kedge_lister_list(r->informer, "", KEDGE_EVERYTHING);
    for (const struct kedge_object *o; (o = kedge_iter_next(&it)) != NULL; count++) {
        const unsigned char *at = (const unsigned char *)o;
        PROMISE(at >= r->memory && at + o->size <= r->memory + r->size);
        whole_record(kedge_informer_kind(r->informer), o, o->size);
        PROMISE(kedge_name(o)[0] != '\0');
        const struct kedge_object *same;
        PROMISE(kedge_lister_get(r->informer, kedge_namespace(o), kedge_name(o), &same) ==
                KEDGE_OK);
        PROMISE(same == o);
        const struct recorded *told = told_of(&r->recorder, o);
        if (busy)
            continue;
        char uid[KEDGE_UID_TEXT];
        PROMISE(told != NULL && strcmp(told->uid, kedge_uid(o, uid)) == 0);
        PROMISE(strcmp(told->version, kedge_resource_version(o)) == 0);
    }
    PROMISE(count == kedge_lister_count(r->informer));
    PROMISE(busy || count == r->recorder.count);
}

static void memory_is_in_its_block(struct run *r)
{
    struct kedge_memory_part parts[KEDGE__PARTS_MAX + 1];
    size_t count = kedge_memory_report(r->k, parts, sizeof parts / sizeof parts[0]);
    size_t sum = 0;
    PROMISE(count > 1 && count <= sizeof parts / sizeof parts[0]);
    for (size_t i = 0; i < count; i++) {
        PROMISE(parts[i].used <= parts[i].size && parts[i].peak <= parts[i].size);
        sum += i > 0 ? parts[i].size : 0;
    }
    PROMISE(sum <= r->size);
}

static void state_is_told(struct run *r)
{
    struct kedge_informer_state s;
    PROMISE(kedge_informer_state(r->informer, &s) == KEDGE_OK);
    PROMISE(s.objects == kedge_lister_count(r->informer) && s.text != NULL && s.version != NULL);
    PROMISE(s.phase != KEDGE_STALE || s.reason == KEDGE_ERR_FULL);
    for (const char *at = s.text; *at != '\0'; at++)
        PROMISE((unsigned char)*at >= ' ');
}

static void unchanged(struct run *r)
{
    const struct kedge_object *a, *b;
    PROMISE(kedge_lister_count(r->informer) == 2);
    PROMISE(kedge_lister_get(r->informer, "x", "a", &a) == KEDGE_OK);
    PROMISE(kedge_lister_get(r->informer, "x", "b", &b) == KEDGE_OK);
    char uid[KEDGE_UID_TEXT];
    PROMISE(strcmp(kedge_resource_version(a), "3") == 0 && strcmp(kedge_uid(b, uid), "2") == 0);
    PROMISE(kedge_informer_has_synced(r->informer));
}

// The run -----------------------------------------------------------------------------------------

static void start(struct run *r, struct fuzz_input *in)
{
    static const uint32_t pages[] = {0, 1, KEDGE_UNPAGED};
    struct kedge_config config = {.server = "http://kubernetes.test:8080"};
    server.after = (enum after)fuzz_choose(in, AFTER);
    server.good_list = fuzz_choose(in, 2) == 0;
    const struct kedge_kind *kind = fuzz_kinds[fuzz_choose(in, 4)];
    struct kedge_informer_options options = {
        .page = pages[fuzz_choose(in, 3)], .no_watch_list = in->cut % 2 == 0, .queue = 3};
    bool small = fuzz_choose(in, 2) == 1;
    // The good answer is a list; who asks for a WatchList would not understand it.
    server.good_list = server.good_list && (options.page != 0 || options.no_watch_list);
    fake_port_init(&r->port, in->cut);
    r->port.peer = &peer;
    r->port.peer_ctx = &server;
    r->port.waits_max = POLLS_MAX;
    r->port.cruelty.read_max = in->cut % 8 == 0 ? 0 : 1 + in->cut * in->cut % 1000;
    r->port.cruelty.block_every = in->cut % 5;
    r->size = KEDGE_BYTES_FOR(1, small ? 1024 : 48 * 1024);
    r->memory = malloc(r->size);
    PROMISE(r->memory != NULL);
    r->k = kedge_init(r->memory, r->size, &r->port.port);
    r->client = kedge_client_new(r->k, &config);
    r->factory = kedge_factory_new_with(
        r->client, &(struct kedge_factory_options){.object_max = 1024, .resync = 60000});
    r->informer = kedge_factory_informer_with(r->factory, kind, &options);
    recorder_init(&r->recorder);
    r->recorder.versions_may_go_back = true;
    PROMISE(kedge_informer_add_handler(r->informer, &r->recorder.handler) == KEDGE_OK);
    PROMISE(kedge_factory_start(r->factory) == KEDGE_OK);
}

static void end(struct run *r)
{
    kedge_factory_shutdown(r->factory);
    cache_is_what_was_told(r);
    kedge_client_free(r->client);
    PROMISE(r->port.open_streams == 0);
    recorder_free(&r->recorder);
    free(r->memory);
}

int LLVMFuzzerTestOneInput(const uint8_t *bytes, size_t len)
{
    static struct run r;
    struct fuzz_input in;
    if (!fuzz_open(&in, bytes, len) || in.data.len > 32768)
        return 0;
    memset(&r, 0, sizeof r);
    server = (struct server){.script = in.data};
    start(&r, &in);
    bool good_list = server.good_list;
    kedge_time until = r.port.now + MINUTES * KEDGE_MINUTE;
    for (; r.port.now < until; r.polls++) {
        PROMISE(r.polls < POLLS_MAX);
        PROMISE(kedge_poll(r.k, until - r.port.now) == KEDGE_OK);
        if (r.polls % 64 == 0)
            cache_is_what_was_told(&r);
    }
    cache_is_what_was_told(&r);
    memory_is_in_its_block(&r);
    state_is_told(&r);
    if (good_list && memchr(in.data.ptr, '}', in.data.len) == NULL)
        unchanged(&r);
    end(&r);
    return 0;
}
