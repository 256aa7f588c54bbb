// SPDX-License-Identifier: Apache-2.0
// tls.c - whom the TLS stream trusts, what it says to whom it does not, and how connections end.
#include <setjmp.h>
#include <stdarg.h>
#include <stdio.h>
#include <stdlib.h>
#include <string.h>

#include <cmocka.h>

#include "tls_talk.h"

// ---- whom it trusts -------------------------------------------------------------------------

struct row {
    const char *claim;
    enum certificate server;
    const char *host;        // NULL: api.example.com
    const char *server_name; // as an option
    enum certificate ca;     // 0 (no CA): CA
    enum certificate also;   // the server sends this one behind its own; 0: none
    bool insecure, no_ca;
    kedge_err err; // KEDGE_ERR_CLOSED: all went well, up to the orderly end
    const char *problem;
};

#define WELL      .err = KEDGE_ERR_CLOSED, .problem = "good order"
#define BAD(text) .err = KEDGE_ERR_CERTIFICATE, .problem = (text)

static const struct row rows[] = {
    {"an ECDSA certificate is trusted", GOOD_EC, WELL},
    {"an RSA certificate is trusted", GOOD_RSA, WELL},
    {"case and a dot at the end do not matter", GOOD_EC, .host = "API.example.Com.", WELL},
    {"a star is one label", GOOD_EC, .host = "n1.nodes.example.com", WELL},
    {"a star is not two", GOOD_EC, .host = "a.b.nodes.example.com", BAD("host name")},
    {"another host is refused", GOOD_EC, .host = "web.example.com", BAD("host name")},
    {"a server name stands for the host", GOOD_EC, .host = "192.0.2.1",
     .server_name = "api.example.com", WELL},
    {"the host does not count beside it", GOOD_EC, .server_name = "web.example.com",
     BAD("host name")},
    {"an empty server name is none", GOOD_EC, .server_name = "", WELL},
    {"an IPv4 address is trusted", GOOD_EC, .host = "10.0.0.1", WELL},
    {"also in IPv6 clothes", GOOD_EC, .host = "::ffff:10.0.0.1", WELL},
    {"another IPv4 address is refused", GOOD_EC, .host = "10.0.0.2", BAD("address")},
    {"an IPv6 address is trusted", GOOD_IP6, .host = "2001:db8::1", WELL},
    {"in any spelling", GOOD_IP6, .host = "2001:0DB8:0:0::0.0.0.1%eth0", WELL},
    {"another IPv6 address is refused", GOOD_IP6, .host = "2001:db8::2", BAD("address")},
    {"an address as server name is checked", GOOD_EC, .server_name = "10.0.0.1", WELL},
    {"a wrong one too", GOOD_EC, .server_name = "10.9.9.9", BAD("address")},
    {"the common name is no name", CN_ONLY, BAD("host name")},
    {"the common name is no address", CN_IS_IP, .host = "10.0.0.1", BAD("address")},
    {"a DNS name is no address", NAME_IS_IP, .host = "10.0.0.1", BAD("address")},
    {"nor are its bytes", NAME_OF_FOUR, .host = "97.46.98.99", BAD("address")},
    {"an address is no DNS name", IP_OF_LETTERS, .host = "a.bc", BAD("host name")},
    {"an expired one is refused", EXPIRED, BAD("expired")},
    {"one not yet valid is refused", NOT_YET, BAD("not yet valid")},
    {"one for clients only is refused", CLIENT_ONLY, BAD("extended key usage")},
    {"a CA is no server", CA, BAD("(key usage)")},
    {"a self-signed one is refused", SELF_SIGNED, BAD("trusted CA")},
    {"unless it is the trust anchor", SELF_SIGNED, .ca = SELF_SIGNED, WELL},
    {"another CA's is refused", OF_OTHER_CA, BAD("trusted CA")},
    {"and trusted by who trusts that one", OF_OTHER_CA, .ca = OTHER_CA, WELL},
    {"a chain leads to the CA", OF_MIDDLE, .also = MIDDLE_CA, WELL},
    {"a broken chain does not", OF_MIDDLE, BAD("trusted CA")},
    {"nor one with the wrong middle", OF_MIDDLE, .also = OTHER_CA, BAD("trusted CA")},
    {"an anchor may be a middle CA", OF_MIDDLE, .ca = MIDDLE_CA, WELL},
    {"an expired CA is refused", OF_EXPIRED_CA, .ca = EXPIRED_CA, BAD("expired")},
    {"a weak key is refused", WEAK_KEY, BAD("too weak")},
    {"a weak hash is refused", WEAK_HASH, BAD("weak hash")},
    {"without a CA nobody is trusted", GOOD_EC, .no_ca = true, BAD("no CA")},
    {"insecure takes a self-signed one", SELF_SIGNED, .insecure = true, WELL},
    {"insecure takes an expired one", EXPIRED, .insecure = true, WELL},
    {"insecure takes any name", GOOD_EC, .host = "web.example.com", .insecure = true, WELL},
    {"insecure takes any address", GOOD_EC, .host = "10.9.9.9", .insecure = true, WELL},
    {"insecure takes one for clients", CLIENT_ONLY, .insecure = true, WELL},
    {"insecure takes one without names", CN_ONLY, .insecure = true, WELL},
};

static void set_up(struct talk *t, const struct row *r, char chain[8192])
{
    t->peer.own = &certificates[r->server];
    snprintf(chain, 8192, "%s%s", certificates[r->server].pem,
             r->also != 0 ? certificates[r->also].pem : "");
    t->peer.certificate = chain;
    t->host = r->host != NULL ? r->host : "api.example.com";
    t->server_name = r->server_name;
    t->options.insecure = r->insecure;
    t->options.ca = kedge_str_of(certificates[r->ca != 0 ? r->ca : CA].pem);
    if (r->no_ca || r->insecure)
        t->options.ca = (kedge_str){NULL, 0};
}

static void try_row(const struct row *r, bool tls13)
{
    static char chain[8192];
    struct talk *t = talk_new();
    set_up(t, r, chain);
    t->peer.tls13 = tls13;
    t->peer.tickets = tls13;
    kedge_err err = talk_through(t);
    bool well = r->err == KEDGE_ERR_CLOSED;
    const char *problem = kedge_tls_problem(t->s);
    if (err != r->err || strstr(problem, r->problem) == NULL)
        fail_msg("%s (TLS 1.%d): %s, \"%s\"", r->claim, tls13 ? 3 : 2, kedge_err_name(err),
                 problem);
    assert_int_equal(t->opened, well);
    assert_int_equal(t->len, well ? 5 : 0);
    // What was refused was sent nothing.
    assert_int_equal(t->peer.received_len, well ? 6 : 0);
    assert_int_equal(t->s->ops->open(t->s, t->host, 6443), r->err);
    assert_int_equal(t->s->ops->write(t->s, "x", 1), r->err);
    assert_int_equal(t->s->ops->read(t->s, t->text, 1), r->err);
    talk_free(t);
}

static void who_is_trusted_and_who_is_not(void **state)
{
    (void)state;
    for (size_t i = 0; i < sizeof rows / sizeof rows[0]; i++) {
        try_row(&rows[i], false);
        if (tls_peer_knows_tls13())
            try_row(&rows[i], true);
    }
}

static void without_a_calendar_the_librarys_clock_judges(void **state)
{
    (void)state;
    struct talk *t = talk_new();
    t->p.no_calendar = true;
    t->peer.own = &certificates[EXPIRED];
    assert_int_equal(talk_through(t), KEDGE_ERR_CERTIFICATE);
    assert_non_null(strstr(kedge_tls_problem(t->s), "expired"));
    talk_free(t);
}

static void the_second_of_expiry_is_the_last_good_one(void **state)
{
    (void)state;
    for (int late = -1; late < 2; late++) {
        struct talk *t = talk_new();
        t->peer.own = &certificates[EXPIRED];
        fake_port_advance(&t->p, (late - 2) * KEDGE_SECOND);
        assert_int_equal(talk_through(t), late > 0 ? KEDGE_ERR_CERTIFICATE : KEDGE_ERR_CLOSED);
        talk_free(t);
        t = talk_new();
        t->peer.own = &certificates[NOT_YET];
        fake_port_advance(&t->p, KEDGE_MINUTE + late * KEDGE_SECOND);
        assert_int_equal(talk_through(t), late < 0 ? KEDGE_ERR_CERTIFICATE : KEDGE_ERR_CLOSED);
        talk_free(t);
    }
}

static void dates_are_those_of_the_calendar(void **state)
{
    (void)state;
    static const struct {
        const char *from, *to;
        kedge_timestamp seconds; // of `from`
    } days[] = {
        {"20260228235959", "20260301000000", 1772323199},
        {"20280229235959", "20280301000000", 1835481599},
        {"20281231235959", "20290101000000", 1861919999},
        {"20490630120000", "20490630120001", 2508667200},
    };
    for (size_t i = 0; i < sizeof days / sizeof days[0]; i++) {
        struct test_certificate c;
        test_certify(&c,
                     &(struct test_wish){.subject = "CN=day",
                                         .names = {"api.example.com"},
                                         .from = days[i].from,
                                         .to = days[i].to},
                     NULL);
        for (int off = -1; off < 3; off++) {
            struct talk *t = talk_new();
            t->peer.own = &c;
            t->options.ca = kedge_str_of(c.pem);
            t->p.wall = (days[i].seconds + off) * 1000000 - t->p.now * 1000;
            kedge_err good = off == 0 || off == 1 ? KEDGE_ERR_CLOSED : KEDGE_ERR_CERTIFICATE;
            assert_int_equal(talk_through(t), good);
            talk_free(t);
        }
        test_certificate_free(&c);
    }
}

static void names_are_sent_as_sni_and_addresses_are_not(void **state)
{
    (void)state;
    static const char *const pairs[][2] = {{"api.example.com.", "api.example.com"},
                                           {"10.0.0.1", ""},
                                           {"n1.nodes.example.com", "n1.nodes.example.com"}};
    for (size_t i = 0; i < 3; i++) {
        struct talk *t = talk_new();
        t->host = pairs[i][0];
        assert_int_equal(talk_through(t), KEDGE_ERR_CLOSED);
        assert_string_equal(t->peer.server_name, pairs[i][1]);
        assert_string_equal(t->p.host, t->host);
        assert_int_equal(t->p.port_number, 6443);
        talk_free(t);
    }
}

static void a_name_of_no_length_or_too_long_is_refused(void **state)
{
    (void)state;
    char name[255];
    memset(name, 'a', sizeof name);
    name[254] = '\0';
    const char *const hosts[] = {"", ".", name};
    for (size_t i = 0; i < 3; i++) {
        struct talk *t = talk_new();
        t->host = hosts[i];
        assert_int_equal(talk_through(t), KEDGE_ERR_ARGUMENT);
        assert_int_equal(t->p.opens, 0);
        talk_free(t);
    }
    struct talk *t = talk_new();
    name[253] = '\0';
    t->host = name;
    assert_int_equal(talk_through(t), KEDGE_ERR_CERTIFICATE);
    assert_string_equal(t->peer.server_name, name);
    talk_free(t);
}

// ---- client certificates --------------------------------------------------------------------

static void identify(struct talk *t, enum certificate who)
{
    t->peer.client_ca = &certificates[CA];
    t->options.certificate = kedge_str_of(certificates[who].pem);
    t->options.key = kedge_str_of(certificates[who].key_pem);
}

static void a_client_certificate_is_shown(void **state)
{
    (void)state;
    static const char *const names[] = {"edge-ec", "edge-rsa"};
    for (int tls13 = 0; tls13 <= tls_peer_knows_tls13(); tls13++) {
        for (enum certificate who = CLIENT_EC; who <= CLIENT_RSA; who++) {
            struct talk *t = talk_new();
            identify(t, who);
            t->peer.tls13 = tls13 != 0;
            assert_int_equal(talk_through(t), KEDGE_ERR_CLOSED);
            assert_string_equal(t->peer.client, names[who - CLIENT_EC]);
            assert_int_equal(t->len, 5);
            talk_free(t);
        }
    }
}

static void a_missing_client_certificate_is_the_peers_refusal(void **state)
{
    (void)state;
    for (int tls13 = 0; tls13 <= tls_peer_knows_tls13(); tls13++) {
        struct talk *t = talk_new();
        t->peer.client_ca = &certificates[CA];
        t->peer.tls13 = tls13 != 0;
        // mbedTLS's server sends no alert in TLS 1.2, and one under the wrong keys in TLS 1.3: what
        // a good one makes us say is for tests/tls_openssl_test.sh.
        assert_int_equal(talk_through(t), tls13 ? KEDGE_ERR_TLS : KEDGE_ERR_IO);
        assert_int_equal(t->peer.handshakes, 0);
        assert_int_equal(t->len, 0);
        talk_free(t);
    }
}

static void a_client_certificate_of_another_ca_is_the_peers_refusal(void **state)
{
    (void)state;
    for (int tls13 = 0; tls13 <= tls_peer_knows_tls13(); tls13++) {
        struct talk *t = talk_new();
        identify(t, CLIENT_OF_OTHER_CA);
        t->peer.tls13 = tls13 != 0;
        assert_int_equal(talk_through(t), KEDGE_ERR_TLS);
        if (!tls13)
            assert_non_null(strstr(kedge_tls_problem(t->s), "does not know the CA"));
        assert_int_equal(t->len, 0);
        talk_free(t);
    }
}

static void a_client_shows_its_chain(void **state)
{
    (void)state;
    static char chain[9000];
    struct test_certificate leaf;
    test_certify(&leaf, &(struct test_wish){.subject = "CN=deep", .client = true},
                 &certificates[MIDDLE_CA]);
    snprintf(chain, sizeof chain, "%s\n# and its CA\n%s", leaf.pem, certificates[MIDDLE_CA].pem);
    struct talk *t = talk_new();
    t->peer.client_ca = &certificates[CA];
    t->options.certificate = kedge_str_of(chain);
    t->options.key = kedge_str_of(leaf.key_pem);
    assert_int_equal(talk_through(t), KEDGE_ERR_CLOSED);
    assert_string_equal(t->peer.client, "deep");
    talk_free(t);
    test_certificate_free(&leaf);
}

// ---- configurations -------------------------------------------------------------------------

static kedge_err configure(const struct kedge_tls_options *options, const char **problem)
{
    void *memory = malloc(kedge_tls_size());
    struct kedge_tls *tls = (struct kedge_tls *)memory;
    kedge_err err = kedge_tls_init(memory, options, &tls, problem);
    assert_true((err == KEDGE_OK) == (tls != NULL));
    assert_true((err == KEDGE_OK) == (*problem == NULL));
    kedge_tls_free(tls);
    free(memory);
    return err;
}

static const char broken_pem[] = "-----BEGIN CERTIFICATE-----\nAAAA\n-----END CERTIFICATE-----\n";
static const char broken_key[] = "-----BEGIN PRIVATE KEY-----\nAAAA\n-----END PRIVATE KEY-----\n";
static const char cut_pem[] = "-----BEGIN CERTIFICATE-----\nAAAA\n";
static const char encrypted_key[] =
    "-----BEGIN ENCRYPTED PRIVATE KEY-----\n"
    "MIHsMFcGCSqGSIb3DQEFDTBKMCkGCSqGSIb3DQEFDDAcBAhJRKnDIgaz9AICCAAw\n"
    "DAYIKoZIhvcNAgkFADAdBglghkgBZQMEASoEEAAAAAAAAAAAAAAAAAAAAAAEgZAA\n"
    "-----END ENCRYPTED PRIVATE KEY-----\n";

static void a_wrong_configuration_is_named(void **state)
{
    (void)state;
    const kedge_str ca = kedge_str_of(certificates[CA].pem);
    static char broken_chain[6000];
    snprintf(broken_chain, sizeof broken_chain, "%s%s", certificates[CLIENT_EC].pem, broken_pem);
    const kedge_str crt = kedge_str_of(certificates[CLIENT_EC].pem);
    const kedge_str key = kedge_str_of(certificates[CLIENT_EC].key_pem);
    const kedge_str other_key = kedge_str_of(certificates[CA].key_pem);
    const kedge_str rsa_key = kedge_str_of(certificates[GOOD_RSA].key_pem);
    const struct {
        struct kedge_tls_options options;
        const char *problem;
    } wrong[] = {
        {{.ca = KEDGE_STR("nonsense")}, "the CA is neither PEM nor DER: there is no PEM block"},
        {{.ca = KEDGE_STR("\n")}, "the CA is neither PEM nor DER: there is no PEM block"},
        {{.ca = KEDGE_STR("0")}, "the CA is neither PEM nor DER: there is no PEM block"},
        {{.ca = key}, "the CA has PEM blocks, but no certificate among them"},
        {{.ca = kedge_str_of(broken_pem)}, "the CA holds a certificate that cannot be parsed"},
        {{.ca = kedge_str_of(cut_pem)}, "the CA holds a certificate that cannot be parsed"},
        {{.ca = KEDGE_STR("0\x82\1\1garbage")}, "the CA holds a certificate that cannot be parsed"},
        {{.ca = {ca.ptr, ca.len - 2}}, "the CA is PEM without a NUL behind it"},
        {{.ca = ca, .insecure = true}, "a CA and insecure-skip-tls-verify exclude each other"},
        {{.ca = ca, .certificate = crt}, "there is a client certificate, but no client key"},
        {{.ca = ca, .key = key}, "there is a client key, but no client certificate"},
        {{.certificate = KEDGE_STR("x"), .key = key}, "the client certificate is neither PEM nor"},
        {{.certificate = key, .key = key}, "the client certificate has PEM blocks, but no cert"},
        {{.certificate = kedge_str_of(broken_pem), .key = key}, "cannot be parsed"},
        {{.certificate = kedge_str_of(broken_chain), .key = key}, "or one of its chain, cannot"},
        {{.certificate = crt, .key = KEDGE_STR("x")}, "the client key is neither PEM nor DER"},
        {{.certificate = crt, .key = crt}, "the client key has PEM blocks, but no private key"},
        {{.certificate = crt, .key = kedge_str_of(broken_key)}, "the client key cannot be parsed"},
        {{.certificate = crt, .key = kedge_str_of(encrypted_key)}, "the client key is encrypted"},
        {{.certificate = crt, .key = other_key}, "the client key does not fit the client cert"},
        {{.certificate = crt, .key = rsa_key}, "the client key does not fit the client cert"},
    };
    for (size_t i = 0; i < sizeof wrong / sizeof wrong[0]; i++) {
        struct fake_port p;
        fake_port_init(&p, 1);
        struct kedge_tls_options options = wrong[i].options;
        const char *problem = NULL;
        options.port = &p.port;
        if (configure(&options, &problem) != KEDGE_ERR_CONFIG ||
            strstr(problem, wrong[i].problem) == NULL)
            fail_msg("\"%s\" in place of \"%s\"", problem, wrong[i].problem);
    }
}

static void each_form_of_a_text_is_taken(void **state)
{
    (void)state;
    struct fake_port p;
    fake_port_init(&p, 1);
    const struct test_certificate *ca = &certificates[CA];
    const struct test_certificate *me = &certificates[CLIENT_EC];
    static char many[16384];
    snprintf(many, sizeof many, "a remark\r\n%s%s-----BEGIN X-----\nAAAA\n-----END X-----\n%s",
             certificates[OTHER_CA].pem, broken_pem, ca->pem);
    // DER in a block of exactly its size: nothing behind it is read.
    char *der = malloc(ca->der_len);
    assert_non_null(der);
    memcpy(der, ca->der, ca->der_len);
    const kedge_str texts[] = {kedge_str_of(ca->pem),
                               {ca->pem, strlen(ca->pem) + 1},
                               {der, ca->der_len},
                               kedge_str_of(many)};
    for (size_t i = 0; i < sizeof texts / sizeof texts[0]; i++) {
        const char *problem = "";
        const struct kedge_tls_options options = {.port = &p.port,
                                                  .ca = texts[i],
                                                  .certificate = kedge_str_of(me->pem),
                                                  .key = kedge_str_of(me->key_pem)};
        assert_int_equal(configure(&options, &problem), KEDGE_OK);
    }
    free(der);
}

static void a_bundle_trusts_each_of_its_cas(void **state)
{
    (void)state;
    static char bundle[16384];
    snprintf(bundle, sizeof bundle, "%s%s%s", certificates[OTHER_CA].pem, broken_pem,
             certificates[CA].pem);
    static const enum certificate servers[] = {GOOD_EC, OF_OTHER_CA};
    for (size_t i = 0; i < 2; i++) {
        struct talk *t = talk_new();
        t->options.ca = kedge_str_of(bundle);
        t->peer.own = &certificates[servers[i]];
        assert_int_equal(talk_through(t), KEDGE_ERR_CLOSED);
        talk_free(t);
    }
}

static void arguments_that_are_null_are_refused(void **state)
{
    (void)state;
    struct fake_port p;
    fake_port_init(&p, 1);
    void *memory = malloc(kedge_tls_size());
    struct kedge_tls *tls;
    const char *problem = NULL;
    const struct kedge_tls_options good = {.port = &p.port};
    const struct kedge_tls_options no_port = {.port = NULL};
    assert_int_equal(kedge_tls_init(NULL, &good, &tls, &problem), KEDGE_ERR_ARGUMENT);
    assert_int_equal(kedge_tls_init(memory, NULL, &tls, &problem), KEDGE_ERR_ARGUMENT);
    assert_int_equal(kedge_tls_init(memory, &no_port, &tls, &problem), KEDGE_ERR_ARGUMENT);
    assert_int_equal(kedge_tls_init(memory, &good, NULL, &problem), KEDGE_ERR_ARGUMENT);
    assert_non_null(problem);
    assert_int_equal(kedge_tls_init(memory, &good, &tls, NULL), KEDGE_OK);
    assert_null(kedge_tls_stream_init(NULL, tls, NULL, NULL));
    kedge_tls_free(tls);
    kedge_tls_free(NULL);
    free(memory);
    assert_string_equal(kedge_tls_problem(NULL), "");
    assert_int_equal(kedge_tls_heap(NULL, 4096), KEDGE_ERR_ARGUMENT);
}

static void no_entropy_is_an_error_wherever_it_ends(void **state)
{
    (void)state;
    struct fake_port p;
    fake_port_init(&p, 1);
    p.cruelty = (struct fake_cruelty){.fail_at = 1, .fail_only = FAKE_CALL_ENTROPY};
    const struct kedge_tls_options options = {.port = &p.port, .insecure = true};
    const char *problem = NULL;
    assert_int_equal(configure(&options, &problem), KEDGE_ERR_ENTROPY);
    assert_string_equal(problem, "the port has no random bytes");
    assert_int_equal(p.calls, 1);
}

// The key lies in mbedTLS's own memory; what lies in ours is wiped.
static void nothing_is_left_in_the_memory(void **state)
{
    (void)state;
    struct fake_port p;
    fake_port_init(&p, 1);
    size_t size = kedge_tls_size();
    unsigned char *memory = malloc(size);
    struct kedge_tls *tls;
    assert_non_null(memory);
    const struct kedge_tls_options options = {.port = &p.port, .insecure = true};
    assert_int_equal(kedge_tls_init(memory, &options, &tls, NULL), KEDGE_OK);
    kedge_tls_free(tls);
    for (size_t i = 0; i < size; i++)
        assert_int_equal(memory[i], 0);
    free(memory);
}

// ---- peers that are none --------------------------------------------------------------------

static kedge_err meet(struct talk *t, struct raw_peer *peer)
{
    t->p.peer = &raw_peer_ops;
    t->p.peer_ctx = peer;
    return talk_through(t);
}

static void a_peer_that_speaks_no_tls_is_named(void **state)
{
    (void)state;
    static const struct {
        const char *says, *problem;
        kedge_err err;
    } peers[] = {
        {"HTTP/1.1 400 Bad Request\r\n\r\nClient sent an HTTP request", "plain HTTP",
         KEDGE_ERR_TLS},
        {"HTTP/1.0 400 Bad Request\r\n\r\n", "plain HTTP", KEDGE_ERR_TLS},
        {"SSH-2.0-OpenSSH_9.2p1\r\n", "does not speak TLS", KEDGE_ERR_TLS},
        {"\x80\x2e\1\3\1 an SSLv2 hello", "does not speak TLS", KEDGE_ERR_TLS},
        {"\x17\3\3\0\4data", "does not speak TLS", KEDGE_ERR_TLS},
        {"\x15\3\1\0\2\2\x46", "no common version", KEDGE_ERR_TLS},
        {"\x15\3\3\0\2\2\x28", "no common parameters", KEDGE_ERR_TLS},
        {"\x15\3\3\0\2\2\x70", "does not know this server name", KEDGE_ERR_TLS},
        {"\x15\3\3\0\2\2\x63", "unknown kind", KEDGE_ERR_TLS},
        {"\x15\3\3\0\2\1", "ended during the TLS handshake", KEDGE_ERR_IO},
        {"\x16\3\3\0\4\2\0\0\0", "malformed", KEDGE_ERR_TLS},
        {"HTTP", "does not speak TLS", KEDGE_ERR_TLS},
        {"", "ended during the TLS handshake", KEDGE_ERR_IO},
    };
    for (size_t i = 0; i < sizeof peers / sizeof peers[0]; i++) {
        struct talk *t = talk_new();
        const char *says = peers[i].says;
        // Records hold NULs: their own length says how long they are.
        bool record = says[0] == 0x15 || says[0] == 0x16 || says[0] == 0x17;
        size_t len = record ? 5 + (size_t)says[4] - (peers[i].err == KEDGE_ERR_IO) : strlen(says);
        struct raw_peer peer = {.bytes = says, .len = len, .closes = true};
        kedge_err err = meet(t, &peer);
        if (err != peers[i].err || strstr(kedge_tls_problem(t->s), peers[i].problem) == NULL)
            fail_msg("peer %zu: %s, \"%s\"", i, kedge_err_name(err), kedge_tls_problem(t->s));
        assert_int_equal(t->s->ops->open(t->s, t->host, 6443), peers[i].err);
        talk_free(t);
    }
}

static void a_close_notify_in_the_handshake_is_no_orderly_end(void **state)
{
    (void)state;
    struct talk *t = talk_new();
    struct raw_peer peer = {.bytes = "\x15\3\3\0\2\1\0", .len = 7};
    assert_int_equal(meet(t, &peer), KEDGE_ERR_TLS);
    assert_non_null(strstr(kedge_tls_problem(t->s), "during the handshake"));
    talk_free(t);
}

static void a_silent_peer_is_waited_for(void **state)
{
    (void)state;
    struct talk *t = talk_new();
    struct raw_peer peer = {.bytes = "", .len = 0};
    assert_int_equal(meet(t, &peer), KEDGE_ERR_TIMEOUT);
    assert_int_equal(t->s->ops->open(t->s, t->host, 6443), KEDGE_WANT_READ);
    talk_free(t);
}

static void an_endless_peer_does_not_hold_a_call(void **state)
{
    (void)state;
    struct talk *t = talk_new();
    // A warning without end: user_canceled.
    struct raw_peer peer = {.bytes = "\x15\3\3\0\2\1\x5a", .len = 7, .repeats = true};
    t->p.peer = &raw_peer_ops;
    t->p.peer_ctx = &peer;
    talk_prepare(t);
    for (int i = 1; i < 4; i++) {
        kedge_err err = t->s->ops->open(t->s, t->host, 6443);
        assert_true(err == KEDGE_WANT_READ || err == KEDGE_ERR_TLS);
        assert_true(t->p.bytes_read <= (uint64_t)i * 64 * 1024);
    }
    talk_free(t);
}

static void tls_1_1_is_refused(void **state)
{
    (void)state;
    if (!tls_peer_knows_tls11())
        skip();
    struct talk *t = talk_new();
    t->peer.tls11 = true;
    assert_int_equal(talk_through(t), KEDGE_ERR_TLS);
    assert_int_equal(t->peer.handshakes, 0);
    talk_free(t);
}

static void errors_of_the_stream_below_come_through(void **state)
{
    (void)state;
    struct talk *t = talk_new();
    t->p.cruelty.refuse = true;
    assert_int_equal(talk_through(t), KEDGE_ERR_CONNECT);
    assert_int_equal(t->s->ops->open(t->s, t->host, 6443), KEDGE_ERR_CONNECT);
    t->s->ops->close(t->s);
    t->p.cruelty.no_such_host = true;
    assert_int_equal(talk_through(t), KEDGE_ERR_RESOLVE);
    talk_free(t);
}

// A stream that takes nothing and says nothing.
static kedge_err deaf_open(struct kedge_stream *s, const char *host, uint16_t port)
{
    (void)s;
    (void)host;
    (void)port;
    return KEDGE_OK;
}

static int deaf_read(struct kedge_stream *s, void *buf, size_t cap)
{
    (void)s;
    (void)buf;
    (void)cap;
    return KEDGE_WANT_READ;
}

static int deaf_write(struct kedge_stream *s, const void *buf, size_t len)
{
    (void)s;
    (void)buf;
    (void)len;
    return KEDGE_ERR_IO;
}

static void deaf_close(struct kedge_stream *s)
{
    (void)s;
}

static void what_cannot_be_written_is_not_waited_for(void **state)
{
    (void)state;
    static const struct kedge_stream_ops deaf_ops = {deaf_open, deaf_read, deaf_write, deaf_close};
    struct kedge_stream deaf = {&deaf_ops, NULL};
    struct talk *t = talk_new();
    talk_prepare(t);
    t->s->below = &deaf;
    assert_int_equal(t->s->ops->open(t->s, t->host, 6443), KEDGE_ERR_IO);
    talk_free(t);
}

// ---- how connections end --------------------------------------------------------------------

static void a_cut_is_told_from_an_orderly_end(void **state)
{
    (void)state;
    for (int tls13 = 0; tls13 <= tls_peer_knows_tls13(); tls13++) {
        struct talk *t = talk_new();
        t->peer.tls13 = tls13 != 0;
        assert_int_equal(talk_through(t), KEDGE_ERR_CLOSED);
        assert_int_equal(t->len, 5);
        t->s->ops->close(t->s);
        t->peer.end = TLS_PEER_CUTS;
        assert_int_equal(talk_through(t), KEDGE_ERR_IO);
        assert_int_equal(t->len, 5);
        assert_non_null(strstr(kedge_tls_problem(t->s), "cut"));
        talk_free(t);
    }
}

static void close_says_goodbye_and_opens_again(void **state)
{
    (void)state;
    struct talk *t = talk_new();
    t->peer.end = TLS_PEER_STAYS;
    for (unsigned i = 1; i < 4; i++) {
        assert_int_equal(talk_through(t), KEDGE_ERR_TIMEOUT);
        assert_int_equal(t->len, 5);
        t->s->ops->close(t->s);
        t->s->ops->close(t->s);
        assert_true(t->peer.notified);
        assert_int_equal(t->peer.handshakes, i);
        assert_int_equal(t->p.open_streams, 0);
    }
    talk_free(t);
}

static void what_is_not_open_neither_reads_nor_writes(void **state)
{
    (void)state;
    struct talk *t = talk_new();
    talk_prepare(t);
    char byte = 'x';
    assert_int_equal(t->s->ops->read(t->s, &byte, 1), KEDGE_ERR_STATE);
    assert_int_equal(t->s->ops->write(t->s, &byte, 1), KEDGE_ERR_STATE);
    t->p.cruelty.connect_steps = 1;
    assert_int_equal(t->s->ops->open(t->s, t->host, 6443), KEDGE_WANT_WRITE);
    assert_int_equal(t->s->ops->read(t->s, &byte, 1), KEDGE_ERR_STATE);
    assert_int_equal(talk_open(t), KEDGE_OK);
    assert_int_equal(t->s->ops->open(t->s, t->host, 6443), KEDGE_OK);
    assert_int_equal(t->s->ops->read(t->s, &byte, 0), KEDGE_ERR_ARGUMENT);
    assert_int_equal(t->s->ops->write(t->s, &byte, 0), KEDGE_ERR_ARGUMENT);
    assert_int_equal(t->s->ops->write(t->s, NULL, 1), KEDGE_ERR_ARGUMENT);
    t->s->ops->close(t->s);
    assert_int_equal(t->s->ops->read(t->s, &byte, 1), KEDGE_ERR_STATE);
    talk_free(t);
}

static void one_configuration_serves_many_streams(void **state)
{
    (void)state;
    struct talk *t = talk_new();
    t->peer.end = TLS_PEER_STAYS;
    assert_int_equal(talk_through(t), KEDGE_ERR_TIMEOUT);
    struct kedge_stream *first = t->s;
    struct kedge_stream *first_tcp = t->tcp;
    t->tcp = malloc(t->p.port.stream_size);
    void *memory = malloc(kedge_tls_stream_size());
    assert_true(t->tcp != NULL && memory != NULL);
    t->p.port.stream_init(&t->p.port, t->tcp);
    t->s = kedge_tls_stream_init(memory, t->tls, t->tcp, NULL);
    assert_int_equal(talk_through(t), KEDGE_ERR_TIMEOUT);
    assert_int_equal(t->p.open_streams, 2);
    assert_int_equal(first->ops->write(first, "x", 1), 1);
    t->s->ops->close(t->s);
    free(t->tcp);
    free(memory);
    t->s = first;
    t->tcp = first_tcp;
    talk_free(t);
}

int main(void)
{
    const struct CMUnitTest tests[] = {
        cmocka_unit_test(who_is_trusted_and_who_is_not),
        cmocka_unit_test(without_a_calendar_the_librarys_clock_judges),
        cmocka_unit_test(the_second_of_expiry_is_the_last_good_one),
        cmocka_unit_test(dates_are_those_of_the_calendar),
        cmocka_unit_test(names_are_sent_as_sni_and_addresses_are_not),
        cmocka_unit_test(a_name_of_no_length_or_too_long_is_refused),
        cmocka_unit_test(a_client_certificate_is_shown),
        cmocka_unit_test(a_missing_client_certificate_is_the_peers_refusal),
        cmocka_unit_test(a_client_certificate_of_another_ca_is_the_peers_refusal),
        cmocka_unit_test(a_client_shows_its_chain),
        cmocka_unit_test(a_wrong_configuration_is_named),
        cmocka_unit_test(each_form_of_a_text_is_taken),
        cmocka_unit_test(a_bundle_trusts_each_of_its_cas),
        cmocka_unit_test(arguments_that_are_null_are_refused),
        cmocka_unit_test(no_entropy_is_an_error_wherever_it_ends),
        cmocka_unit_test(nothing_is_left_in_the_memory),
        cmocka_unit_test(a_peer_that_speaks_no_tls_is_named),
        cmocka_unit_test(a_close_notify_in_the_handshake_is_no_orderly_end),
        cmocka_unit_test(a_silent_peer_is_waited_for),
        cmocka_unit_test(an_endless_peer_does_not_hold_a_call),
        cmocka_unit_test(tls_1_1_is_refused),
        cmocka_unit_test(errors_of_the_stream_below_come_through),
        cmocka_unit_test(what_cannot_be_written_is_not_waited_for),
        cmocka_unit_test(a_cut_is_told_from_an_orderly_end),
        cmocka_unit_test(close_says_goodbye_and_opens_again),
        cmocka_unit_test(what_is_not_open_neither_reads_nor_writes),
        cmocka_unit_test(one_configuration_serves_many_streams),
    };
    return cmocka_run_group_tests(tests, make_certificates, free_certificates);
}
