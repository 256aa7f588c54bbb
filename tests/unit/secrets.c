// SPDX-License-Identifier: Apache-2.0
// secrets.c - where secrets are, and where they are not: in the arena, in what is told, on the
// stack, in blocks that were freed. The whole way is gone, with marks in place of secrets, and then
// everything is searched for them.
#include <setjmp.h>
#include <stdarg.h>
#include <stdio.h>
#include <stdlib.h>
#include <string.h>

#include <cmocka.h>

#include <mbedtls/rsa.h>

#include "base/base64.h"
#include "cache/informer_priv.h"
#include "cluster.h"
#include "private_stack.h"
#include "tls_talk.h"

#define MARK "geheim-7f3a2b"

enum { MEMORY = 256 * 1024 };

// ---- what is searched, is found

static void leave_it_everywhere(struct kedge_port *port, void *ctx)
{
    volatile char here[64];
    char *there = malloc(64);
    (void)port;
    for (size_t i = 0; i < sizeof MARK; i++)
        here[i] = MARK[i];
    for (size_t i = 0; i < sizeof MARK; i++)
        there[i] = ((char *)ctx)[i] = here[i];
    free(there);
}

static void what_is_left_is_found(void **state)
{
    (void)state;
    struct fake_port p;
    char elsewhere[64] = "";
    fake_port_init(&p, 1);
    private_stack_seek(NULL, 0);
    private_stack_seek(MARK, strlen(MARK));
    assert_false(private_stack_holds(elsewhere, sizeof elsewhere));
    private_stack_run(&p, leave_it_everywhere, elsewhere);
    assert_true(private_stack_holds(elsewhere, sizeof elsewhere));
    assert_int_equal(private_stack_found().stack, 1);
    assert_int_equal(private_stack_found().freed, 1);
    assert_in_range(private_stack_found().deepest, 64, 100000);
}

// ---- credentials, on every way that they can come

enum way { TOKEN, TOKEN_FILE, BOTH, PASSWORD, IN_CLUSTER, KEY_DATA, KEY_FILE, RSA_FILE, WAYS };

static const char *const way_names[] = {"token",      "tokenFile", "both",     "password",
                                        "in cluster", "key data",  "key file", "RSA key file"};

#define POD "/var/run/secrets/kubernetes.io/serviceaccount/"

struct journey {
    enum way way;
    struct fake_port p;
    struct tls_peer peer;
    struct fake_file files[5];
    struct fake_variable variables[2];
    char text[24000];
    unsigned char *memory;

    // What was found, by whom.
    const char *where; // NULL: nothing was wrong
    unsigned lists;
    kedge_err err;
};

static char key_base64[6000], ca_base64[6000], certificate_base64[6000];

static void encode(const char *text, char *out)
{
    size_t len = 0;
    assert_int_equal(kedge__base64_encode(kedge_str_of(text), out, 6000, &len), KEDGE_OK);
    out[len] = '\0';
}

static void write_kubeconfig(struct journey *j)
{
    char user[13000] = "";
    if (j->way == TOKEN || j->way == BOTH)
        strcat(user, "token: " MARK "-token");
    if (j->way == BOTH)
        strcat(user, ", ");
    if (j->way == TOKEN_FILE || j->way == BOTH)
        strcat(user, "tokenFile: /t");
    if (j->way == PASSWORD)
        strcat(user, "username: me, password: " MARK "-password");
    if (j->way == KEY_DATA)
        snprintf(user, sizeof user, "client-certificate-data: %s, client-key-data: %s",
                 certificate_base64, key_base64);
    if (j->way >= KEY_FILE)
        strcat(user, "client-certificate: /c, client-key: /p");
    snprintf(j->text, sizeof j->text,
             "current-context: c\n"
             "contexts: [{name: c, context: {cluster: k, user: u}}]\n"
             "clusters: [{name: k, cluster: {server: 'https://api.example.com', "
             "certificate-authority-data: %s}}]\n"
             "users: [{name: other, user: {token: " MARK "-other}}, {name: u, user: {%s}}]\n",
             ca_base64, user);
}

static void file(struct journey *j, const char *path, const char *text)
{
    j->files[j->p.file_count++] =
        (struct fake_file){.path = path, .bytes = text, .len = strlen(text)};
}

static void journey_open(struct journey *j, enum way way)
{
    memset(j, 0, sizeof *j);
    j->way = way;
    fake_port_init(&j->p, 1);
    j->p.peer = &tls_peer_ops;
    j->p.peer_ctx = &j->peer;
    j->p.files = j->files;
    j->p.variables = j->variables;
    j->peer.own = &certificates[GOOD_EC];
    j->peer.http = true;
    if (way >= KEY_DATA)
        j->peer.client_ca = &certificates[CA];
    j->memory = malloc(MEMORY);
    assert_non_null(j->memory);
    memset(j->memory, 0, MEMORY);
    if (way == IN_CLUSTER) {
        file(j, POD "token", MARK "-token\n");
        file(j, POD "ca.crt", certificates[CA].pem);
        file(j, POD "namespace", "default");
        j->variables[0] = (struct fake_variable){"KUBERNETES_SERVICE_HOST", "10.0.0.1"};
        j->variables[1] = (struct fake_variable){"KUBERNETES_SERVICE_PORT", "443"};
        j->p.variable_count = 2;
        return;
    }
    write_kubeconfig(j);
    file(j, "/k", j->text);
    file(j, "/t", MARK "-token\n");
    enum certificate who = way == RSA_FILE ? CLIENT_RSA : CLIENT_EC;
    file(j, "/c", certificates[who].pem);
    file(j, "/p", certificates[who].key_pem);
}

static void journey_close(struct journey *j)
{
    fake_port_check(&j->p);
    tls_peer_done(&j->peer);
    free(j->memory);
}

static void found(struct journey *j, const char *where)
{
    if (j->where == NULL)
        j->where = where;
}

static void look_at(struct journey *j, const char *text, const char *where)
{
    if (private_stack_holds(text, strlen(text)))
        found(j, where);
}

static void look_at_memory(struct journey *j, const char *when)
{
    if (private_stack_holds(j->memory, MEMORY))
        found(j, when);
}

static void look_at_line(void *ctx, enum kedge_log_level level, const char *text)
{
    (void)level;
    look_at(ctx, text, "a log line");
}

// All that is told of a kedge and its informer.
static void look_at_reports(struct journey *j, struct kedge *k, struct kedge_informer *inf)
{
    struct kedge_memory_part parts[32];
    struct kedge_informer_state s = {.text = "", .object = "", .version = "", .last_partial = ""};
    size_t n = kedge_memory_report(k, parts, 32);
    for (size_t i = 0; i < n && i < 32; i++)
        look_at(j, parts[i].name, "the memory report");
    look_at(j, kedge_error_text(k), "the error text");
    kedge_informer_state(inf, &s);
    look_at(j, s.text, "the state's text");
    look_at(j, s.object, "the state's object");
    look_at(j, s.version, "the state's version");
    look_at(j, s.last_partial, "the state's partial object");
}

// What the server answers, one after the other. `reply` is said to each request.
static const char *const replies[] = {
    "HTTP/1.1 401 Unauthorized\r\nContent-Length: 68\r\n\r\n"
    "{\"kind\":\"Status\",\"status\":\"Failure\",\"message\":\"who are you\",\"code\":401}",
    "HTTP/1.1 200 OK\r\nContent-Length: 66\r\n\r\n"
    "{\"metadata\":{\"resourceVersion\":\"5\"},\"items\":[]}                   ",
    "HTTP/1.1 200 OK\r\nContent-Length: 10\r\n\r\nno json...",
    "no http at all\r\n\r\n",
    "HTTP/1.1 302 Found\r\nLocation: /login\r\nContent-Length: 0\r\n\r\n",
};

struct change {
    struct journey *j;
    const char *reply;
    enum tls_peer_end end;
};

static void change(void *arg)
{
    struct change *c = arg;
    c->j->peer.reply = c->reply;
    c->j->peer.reply_len = strlen(c->reply);
    c->j->peer.end = c->end;
}

// The server gives each answer in turn, and ends its connections in each way.
static void follow(struct journey *j, struct kedge *k, struct kedge_informer *inf)
{
    for (size_t i = 0; i < sizeof replies / sizeof replies[0]; i++) {
        for (enum tls_peer_end end = TLS_PEER_STAYS; end <= TLS_PEER_CUTS; end++) {
            struct change c = {j, replies[i], end};
            private_stack_outside(change, &c);
            kedge_time until = j->p.now + 10 * KEDGE_SECOND;
            while (j->p.now < until && kedge_poll(k, until - j->p.now) == KEDGE_OK)
                look_at_reports(j, k, inf);
        }
    }
}

static void travel(struct kedge_port *port, void *ctx)
{
    struct journey *j = ctx;
    struct kedge *k = kedge_init(j->memory, MEMORY, port);
    struct kedge_config config;
    struct kedge_config_options options = {.kubeconfig = j->way == IN_CLUSTER ? NULL : "/k"};
    kedge_log_to(k, KEDGE_LOG_DEBUG, look_at_line, j);
    // libyaml grows its texts by realloc, which frees pieces of them as they are.
    private_stack_watch_frees(false);
    j->err = kedge_config_load(k, &config, &options);
    private_stack_watch_frees(true);
    struct kedge_client *client = kedge_client_new(k, &config);
    if (j->way >= KEY_DATA)
        look_at_memory(j, "the arena, once the key was parsed");
    struct kedge_factory *factory = kedge_factory_new(client, 0);
    struct kedge_informer *inf = kedge_factory_informer(factory, &kedge_kind_deployment);
    if (j->err == KEDGE_OK)
        j->err = kedge_factory_start(factory);
    look_at_reports(j, k, inf);
    follow(j, k, inf);
    struct kedge_informer_state s = {0};
    kedge_informer_state(inf, &s);
    j->lists = (unsigned)s.lists;
    kedge_factory_shutdown(factory);
    kedge_client_free(client);
    look_at_memory(j, "the arena, once the client was freed");
    look_at_reports(j, k, inf);
}

// A number of a key, as it is written and as mbedTLS holds it: turned around.
static void seek_number(const unsigned char *number, size_t len)
{
    static unsigned char turned[2][128];
    static unsigned which;
    unsigned char *other = turned[which++ % 2];
    assert_true(len <= sizeof turned[0]);
    for (size_t i = 0; i < len; i++)
        other[i] = number[len - 1 - i];
    private_stack_seek(number, len);
    private_stack_seek(other, len);
}

static void seek_ec(struct test_certificate *c)
{
    static unsigned char der[2048];
    int len = mbedtls_pk_write_key_der(&c->key, der, sizeof der);
    assert_true(len > 39);
    // SEC 1: a sequence, version 1, then the number as 32 bytes.
    const unsigned char *at = der + sizeof der - (size_t)len;
    at += at[1] > 0x80 ? 3 : 2;
    assert_memory_equal(at, "\x02\x01\x01\x04\x20", 5);
    seek_number(at + 5, 32);
}

static void seek_rsa(struct test_certificate *c)
{
    static unsigned char p[128], q[128];
    assert_int_equal(mbedtls_rsa_export_raw(mbedtls_pk_rsa(c->key), NULL, 0, p, sizeof p, q,
                                            sizeof q, NULL, 0, NULL, 0),
                     0);
    seek_number(p, sizeof p);
    seek_number(q, sizeof q);
}

static void seek_credentials(enum way way)
{
    private_stack_seek(NULL, 0);
    private_stack_seek(MARK, strlen(MARK));
    private_stack_seek("Z2VoZWltLTdmM2Ey", 16); // its base64
    if (way < KEY_DATA)
        return;
    struct test_certificate *c = &certificates[way == RSA_FILE ? CLIENT_RSA : CLIENT_EC];
    if (way == RSA_FILE)
        seek_rsa(c);
    else
        seek_ec(c);
    private_stack_seek(strchr(c->key_pem, '\n') + 20, 40);
    private_stack_seek(key_base64 + 100, 40);
}

static void credentials_are_nowhere_once_they_are_done_with(void **state)
{
    (void)state;
    for (enum way way = 0; way < WAYS; way++) {
        static struct journey j;
        journey_open(&j, way);
        seek_credentials(way);
        private_stack_run(&j.p, travel, &j);
        struct private_stack_finds finds = private_stack_found();
        if (j.err != KEDGE_OK || j.lists < 5)
            fail_msg("%s: %s, %u lists", way_names[way], kedge_err_name(j.err), j.lists);
        if (j.where != NULL)
            fail_msg("%s: found in %s", way_names[way], j.where);
        if (finds.freed > 0)
            fail_msg("%s: %u blocks were freed with it inside", way_names[way], finds.freed);
        if (finds.stack > 0)
            fail_msg("%s: it is on the stack", way_names[way]);
        // And it was there: the server was told of it, or it signed with it.
        bool sent = strstr(j.peer.received, MARK) != NULL ||
                    strstr(j.peer.received, "Basic bWU6Z2VoZWltLTdmM2Ey") != NULL;
        assert_int_equal(sent, way < KEY_DATA);
        assert_string_equal(j.peer.client, way < KEY_DATA    ? ""
                                           : way == RSA_FILE ? "edge-rsa"
                                                             : "edge-ec");
        assert_true(j.peer.handshakes > 10);
        journey_close(&j);
    }
}

// ---- a configuration that goes wrong at each of its bytes

struct wrong {
    struct journey *j;
    size_t at;
    int how;
    size_t len;
};

// Cuts the text off at a byte, or puts another byte there.
static bool spoil(struct wrong *w, char *copy)
{
    static const char bytes[] = {'\t', '"', ':', '[', '\x01', '\xff', '\n', '*'};
    const struct journey *j = w->j;
    w->len = strlen(j->text);
    if (w->at >= w->len)
        return false;
    memcpy(copy, j->text, w->len);
    if (w->how == 0)
        w->len = w->at;
    else
        copy[w->at] = bytes[(w->at + (size_t)w->how) % sizeof bytes];
    return true;
}

static void load_spoilt(struct kedge_port *port, void *ctx)
{
    static char copy[sizeof((struct journey *)0)->text];
    struct wrong *w = ctx;
    struct journey *j = w->j;
    struct kedge_config_options options = {.kubeconfig = "/k"};
    private_stack_watch_frees(false);
    for (w->at = 0; spoil(w, copy) && j->where == NULL; w->at++) {
        struct kedge_config config;
        j->files[0].bytes = copy;
        j->files[0].len = w->len;
        struct kedge *k = kedge_init(j->memory, MEMORY, port);
        kedge_log_to(k, KEDGE_LOG_DEBUG, look_at_line, j);
        kedge_err err = kedge_config_load(k, &config, &options);
        if (err != KEDGE_OK)
            look_at_memory(j, "the arena, after it was refused");
        kedge_client_free(kedge_client_new(k, &config));
        look_at(j, kedge_error_text(k), "the error text");
        look_at_memory(j, "the arena, after all");
    }
}

static void a_kubeconfig_that_is_wrong_anywhere_tells_no_secret(void **state)
{
    (void)state;
    static const enum way ways[] = {TOKEN, PASSWORD};
    for (size_t i = 0; i < 2; i++) {
        for (int how = 0; how < 2; how++) {
            static struct journey j;
            struct wrong w = {.j = &j, .how = how};
            journey_open(&j, ways[i]);
            char *ca = strstr(j.text, ", certificate-authority-data");
            memmove(ca, strchr(ca, '}'), strlen(strchr(ca, '}')) + 1); // too long to be spoilt
            seek_credentials(ways[i]);
            private_stack_run(&j.p, load_spoilt, &w);
            if (j.where != NULL)
                fail_msg("%s, byte %zu: found in %s", way_names[ways[i]], w.at, j.where);
            assert_int_equal(private_stack_found().stack, 0);
            journey_close(&j);
        }
    }
}

// ---- objects that are secrets

#define VALUE  "geheim-value-91c4"
#define BASE64 "Z2VoZWltLXZhbHVlLTkxYzQ="

static void seek_values(void)
{
    private_stack_seek(NULL, 0);
    private_stack_seek(VALUE, strlen(VALUE));
    private_stack_seek(BASE64, strlen(BASE64) - 2);
}

static const char *secret(const char *name, const char *value, size_t filler)
{
    static char text[16384];
    int n = snprintf(text, sizeof text,
                     "{\"metadata\":{\"namespace\":\"a\",\"name\":\"%s\"},\"data\":{\"k\":\"%s\"",
                     name, value);
    if (filler > 0)
        n += snprintf(text + n, sizeof text - (size_t)n, ",\"filler\":\"%0*d\"", (int)filler, 0);
    snprintf(text + n, sizeof text - (size_t)n, "}}");
    return text;
}

// All the memory, clean where it was never used.
static struct kedge_informer *secrets_open(struct cluster *c, size_t memory)
{
    cluster_open(c, &(struct cluster_options){.memory = memory});
    struct kedge_memory_part whole;
    kedge_memory_report(c->k, &whole, 1);
    unsigned char *clean = c->memory + memory - (whole.size - whole.used);
    memset(clean, 0, (size_t)(c->memory + memory - clean));
    return cluster_informer(c, &kedge_kind_secret, NULL, NULL);
}

static void settle(struct cluster *c, struct kedge_informer *inf)
{
    assert_true(cluster_settle(c, inf, KEDGE_HOUR));
}

static void a_secret_that_is_gone_is_nowhere_while_the_watch_goes_on(void **state)
{
    (void)state;
    static const size_t fillers[] = {0, 900, 3000, 4000, 9000};
    for (size_t i = 0; i < 5; i++) {
        for (int how = 0; how < 3; how++) {
            struct cluster c;
            struct kedge_informer *inf = secrets_open(&c, MEMORY);
            seek_values();
            mock_apply(c.mock, "secrets", secret("s", how < 2 ? BASE64 : "eA==", fillers[i]));
            mock_apply(c.mock, "secrets", secret("t", "eA==", 0));
            cluster_start(&c);
            settle(&c, inf);
            if (how == 2) { // it comes by the watch
                mock_apply(c.mock, "secrets", secret("s", BASE64, fillers[i]));
                settle(&c, inf);
            }
            bool partial = fillers[i] >= 9000;
            assert_int_equal(private_stack_holds(c.memory, MEMORY), !partial);
            if (how == 1)
                mock_apply(c.mock, "secrets", secret("s", "eA==", 0)); // another value
            else
                mock_delete(c.mock, "secrets", "a", "s");
            settle(&c, inf);
            assert_int_equal(cluster_phase(inf), KEDGE_CURRENT);
            if (private_stack_holds(c.memory, MEMORY))
                fail_msg("filler %zu, way %d: it is still there", fillers[i], how);
            cluster_close(&c);
        }
    }
}

static void a_full_heap_of_secrets_leaves_none_behind(void **state)
{
    (void)state;
    struct cluster c;
    size_t memory = 72u * 1024;
    struct kedge_informer *inf = secrets_open(&c, memory);
    char name[32];
    seek_values();
    for (int i = 0; i < 60; i++) {
        snprintf(name, sizeof name, "s-%d", i);
        mock_apply(c.mock, "secrets", secret(name, BASE64, 900));
    }
    cluster_start(&c);
    while (cluster_phase(inf) != KEDGE_STALE)
        assert_int_equal(kedge_poll(c.k, 1000), KEDGE_OK);
    for (int i = 0; i < 60; i++) {
        snprintf(name, sizeof name, "s-%d", i);
        mock_delete(c.mock, "secrets", "a", name);
    }
    settle(&c, inf);
    assert_int_equal(kedge_lister_count(inf), 0);
    assert_false(private_stack_holds(c.memory, memory));
    cluster_close(&c);
}

// The stream breaks at each byte of a list, or of an event; then all that was kept is deleted.
static void a_secret_that_was_cut_off_leaves_no_piece(void **state)
{
    (void)state;
    for (size_t at = 1; at < 900; at += 7) {
        struct cluster c;
        struct kedge_informer *inf = secrets_open(&c, MEMORY);
        seek_values();
        mock_apply(c.mock, "secrets", secret("s", BASE64, 0));
        c.port.fake.cruelty =
            (struct fake_cruelty){.cut = true, .cut_at = at, .cut_with = KEDGE_ERR_IO};
        cluster_start(&c);
        cluster_run(&c, 100);
        // What was read of it is gone, and what is kept is in the heap alone.
        const struct kedge__heap *heap = &c.factory->heap;
        size_t before = (size_t)(heap->base - c.memory);
        assert_false(private_stack_holds(c.memory, before));
        mock_delete(c.mock, "secrets", "a", "s");
        c.port.fake.cruelty.cut = false;
        settle(&c, inf);
        assert_false(private_stack_holds(c.memory, MEMORY));
        cluster_close(&c);
    }
}

static void a_stopped_cache_is_readable_until_all_is_wiped(void **state)
{
    (void)state;
    struct cluster c;
    const struct kedge_object *o;
    struct kedge_informer *inf = secrets_open(&c, MEMORY);
    seek_values();
    mock_apply(c.mock, "secrets", secret("s", BASE64, 0));
    cluster_start(&c);
    settle(&c, inf);
    kedge_factory_shutdown(c.factory);
    kedge_client_free(c.client);
    assert_int_equal(kedge_lister_get(inf, "a", "s", &o), KEDGE_OK);
    assert_true(private_stack_holds(c.memory, MEMORY));
    kedge_wipe(c.k);
    kedge_wipe(NULL);
    for (size_t i = 16; i < MEMORY; i++) // the block is aligned first
        assert_int_equal(c.memory[i], 0);
    mock_port_done(&c.port);
    free(c.memory);
}

static int set_up(void **state)
{
    make_certificates(state);
    encode(certificates[CLIENT_EC].key_pem, key_base64);
    encode(certificates[CLIENT_EC].pem, certificate_base64);
    encode(certificates[CA].pem, ca_base64);
    return 0;
}

int main(int argc, char **argv)
{
    (void)argc;
    private_stack_bind(argv);
    const struct CMUnitTest tests[] = {
        cmocka_unit_test(what_is_left_is_found),
        cmocka_unit_test(credentials_are_nowhere_once_they_are_done_with),
        cmocka_unit_test(a_kubeconfig_that_is_wrong_anywhere_tells_no_secret),
        cmocka_unit_test(a_secret_that_is_gone_is_nowhere_while_the_watch_goes_on),
        cmocka_unit_test(a_full_heap_of_secrets_leaves_none_behind),
        cmocka_unit_test(a_secret_that_was_cut_off_leaves_no_piece),
        cmocka_unit_test(a_stopped_cache_is_readable_until_all_is_wiped),
    };
    return cmocka_run_group_tests(tests, set_up, free_certificates);
}
