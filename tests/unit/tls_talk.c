// SPDX-License-Identifier: Apache-2.0
// tls_talk.c - see tls_talk.h.
#include "tls_talk.h"

#include <setjmp.h>
#include <stdarg.h>
#include <stdlib.h>
#include <string.h>

#include <cmocka.h>

#define IP4 "IP:\x0a\0\0\1"
#define IP6 "IP:\x20\1\x0d\xb8\0\0\0\0\0\0\0\0\0\0\0\1"
#define API "api.example.com"

struct certificate_plan {
    struct test_wish wish;
    int issuer; // -1: itself
};

// Issuers come in the order of ISSUING below.
static const struct certificate_plan plans[CERTIFICATES] = {
    [CA] = {{.subject = "CN=kedge CA", .names = {API}, .ca = true}, -1},
    [OTHER_CA] = {{.subject = "CN=another CA", .ca = true}, -1},
    [MIDDLE_CA] = {{.subject = "CN=middle CA", .ca = true}, CA},
    [EXPIRED_CA] = {{.subject = "CN=old CA", .ca = true, .to = "20251231235958"}, -1},
    [GOOD_EC] = {{.subject = "CN=server", .names = {API, "*.nodes.example.com", IP4}}, CA},
    [GOOD_RSA] = {{.subject = "CN=server", .names = {API}, .key = TEST_KEY_RSA}, CA},
    [GOOD_IP6] = {{.subject = "CN=server", .names = {IP6}, .address_len = 16}, CA},
    [CN_ONLY] = {{.subject = "CN=" API}, CA},
    [CN_IS_IP] = {{.subject = "CN=10.0.0.1", .names = {"other.example.com"}}, CA},
    [NAME_IS_IP] = {{.subject = "CN=server", .names = {"10.0.0.1"}}, CA},
    [NAME_OF_FOUR] = {{.subject = "CN=server", .names = {"a.bc"}}, CA},
    [IP_OF_LETTERS] = {{.subject = "CN=server", .names = {"IP:a.bc"}}, CA},
    // The fake port's calendar begins at 2026-01-01.
    [EXPIRED] = {{.subject = "CN=server", .names = {API}, .to = "20251231235958"}, CA},
    [NOT_YET] = {{.subject = "CN=server", .names = {API}, .from = "20260101000100"}, CA},
    [CLIENT_ONLY] = {{.subject = "CN=server", .names = {API}, .client = true}, CA},
    [SELF_SIGNED] = {{.subject = "CN=alone", .names = {API}}, -1},
    [OF_OTHER_CA] = {{.subject = "CN=server", .names = {API}}, OTHER_CA},
    [OF_MIDDLE] = {{.subject = "CN=server", .names = {API}}, MIDDLE_CA},
    [OF_EXPIRED_CA] = {{.subject = "CN=server", .names = {API}}, EXPIRED_CA},
    [WEAK_KEY] = {{.subject = "CN=server", .names = {API}, .key = TEST_KEY_RSA_1024}, CA},
    [WEAK_HASH] = {{.subject = "CN=server", .names = {API}, .sha1 = true}, CA},
    [CLIENT_EC] = {{.subject = "CN=edge-ec", .client = true}, CA},
    [CLIENT_RSA] = {{.subject = "CN=edge-rsa", .client = true, .key = TEST_KEY_RSA}, CA},
    [CLIENT_OF_OTHER_CA] = {{.subject = "CN=stranger", .client = true}, OTHER_CA},
};

struct test_certificate certificates[CERTIFICATES];

static void make(enum certificate i)
{
    const struct certificate_plan *plan = &plans[i];
    test_certify(&certificates[i], &plan->wish,
                 plan->issuer >= 0 ? &certificates[plan->issuer] : NULL);
}

int make_certificates(void **state)
{
    (void)state;
    for (enum certificate i = CA; i <= EXPIRED_CA; i++)
        make(i);
    for (enum certificate i = 0; i < CERTIFICATES; i++) {
        if (i < CA || i > EXPIRED_CA)
            make(i);
    }
    return 0;
}

int free_certificates(void **state)
{
    (void)state;
    for (enum certificate i = 0; i < CERTIFICATES; i++)
        test_certificate_free(&certificates[i]);
    test_pki_done();
    return 0;
}

struct talk *talk_new(void)
{
    struct talk *t = calloc(1, sizeof *t);
    assert_non_null(t);
    fake_port_init(&t->p, 1);
    t->p.peer = &tls_peer_ops;
    t->p.peer_ctx = &t->peer;
    t->peer.own = &certificates[GOOD_EC];
    t->peer.reply = "world";
    t->peer.reply_len = 5;
    t->peer.end = TLS_PEER_NOTIFIES;
    t->options.port = &t->p.port;
    t->options.ca = kedge_str_of(certificates[CA].pem);
    t->host = API;
    t->request = "hello\n";
    return t;
}

void talk_prepare(struct talk *t)
{
    const char *problem = "?";
    t->tls_memory = malloc(kedge_tls_size());
    t->stream_memory = malloc(kedge_tls_stream_size());
    t->tcp = malloc(t->p.port.stream_size);
    assert_true(t->tls_memory != NULL && t->stream_memory != NULL && t->tcp != NULL);
    t->p.port.stream_init(&t->p.port, t->tcp);
    assert_int_equal(kedge_tls_init(t->tls_memory, &t->options, &t->tls, &problem), KEDGE_OK);
    assert_null(problem);
    t->s = kedge_tls_stream_init(t->stream_memory, t->tls, t->tcp, t->server_name);
    assert_ptr_equal(t->s->below, t->tcp);
}

void talk_free(struct talk *t)
{
    if (t->s != NULL)
        t->s->ops->close(t->s);
    fake_port_check(&t->p);
    kedge_tls_free(t->tls);
    tls_peer_done(&t->peer);
    free(t->tls_memory);
    free(t->stream_memory);
    free(t->tcp);
    free(t);
}

bool talk_wait(struct talk *t, int want)
{
    uint8_t interest = want == KEDGE_WANT_READ ? KEDGE_INTEREST_READ : KEDGE_INTEREST_WRITE;
    struct kedge_wait w = {t->tcp, interest, 0};
    kedge_time deadline = t->p.now + KEDGE_SECOND;
    while (w.ready == 0 && t->p.now < deadline)
        assert_int_equal(t->p.port.wait(&t->p.port, &w, 1, deadline), KEDGE_OK);
    return w.ready != 0;
}

static bool wants(int n)
{
    return n == KEDGE_WANT_READ || n == KEDGE_WANT_WRITE;
}

kedge_err talk_open(struct talk *t)
{
    kedge_err err = KEDGE_WANT_READ;
    while (wants(err)) {
        err = t->s->ops->open(t->s, t->host, 6443);
        if (wants(err) && !talk_wait(t, err))
            return KEDGE_ERR_TIMEOUT;
    }
    t->opened = err == KEDGE_OK;
    return err;
}

kedge_err talk_send(struct talk *t, const char *bytes, size_t len)
{
    for (size_t at = 0; at < len;) {
        int n = t->s->ops->write(t->s, bytes + at, len - at);
        if (wants(n) && !talk_wait(t, n))
            return KEDGE_ERR_TIMEOUT;
        if (!wants(n) && n < 0)
            return (kedge_err)n;
        assert_int_not_equal(n, 0);
        at += n > 0 ? (size_t)n : 0;
    }
    return KEDGE_OK;
}

kedge_err talk_listen(struct talk *t)
{
    for (;;) {
        assert_true(t->len < sizeof t->text);
        int n = t->s->ops->read(t->s, t->text + t->len, sizeof t->text - t->len);
        if (wants(n) && !talk_wait(t, n))
            return KEDGE_ERR_TIMEOUT;
        if (!wants(n) && n < 0)
            return (kedge_err)n;
        assert_int_not_equal(n, 0);
        t->len += n > 0 ? (size_t)n : 0;
    }
}

kedge_err talk_through(struct talk *t)
{
    if (t->s == NULL)
        talk_prepare(t);
    t->len = 0;
    t->opened = false;
    kedge_err err = talk_open(t);
    if (err == KEDGE_OK)
        err = talk_send(t, t->request, strlen(t->request));
    if (err == KEDGE_OK)
        err = talk_listen(t);
    return err;
}
