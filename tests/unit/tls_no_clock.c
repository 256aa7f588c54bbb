// SPDX-License-Identifier: Apache-2.0
// tls_no_clock.c - a device without a calendar, and an mbedTLS built without one: this machine's
// has one, so our part is compiled here once more as if it had not.
#include <setjmp.h>
#include <stdarg.h>
#include <stddef.h>
#include <string.h>

#include <cmocka.h>

#include "fake_port.h"
#include "net/tls_priv.h"
#include "test_pki.h"

#undef MBEDTLS_HAVE_TIME_DATE
#define kedge__tls_verify verify_without_a_date
int verify_without_a_date(void *stream, mbedtls_x509_crt *crt, int depth, uint32_t *flags);
#include "net/tls_verify.c"

// What is held against a good certificate, or one of which mbedTLS says it has expired.
static uint32_t verdict(bool calendar, uint32_t mbedtls_says)
{
    struct test_certificate c;
    struct fake_port p;
    struct kedge_tls tls;
    struct kedge__tls_stream t;
    mbedtls_x509_crt crt;
    uint32_t flags = mbedtls_says;
    test_certify(&c, &(struct test_wish){.subject = "CN=web", .names = {"api.test"}}, NULL);
    mbedtls_x509_crt_init(&crt);
    assert_int_equal(mbedtls_x509_crt_parse(&crt, (unsigned char *)c.pem, strlen(c.pem) + 1), 0);
    fake_port_init(&p, 1);
    p.no_calendar = !calendar;
    memset(&tls, 0, sizeof tls);
    memset(&t, 0, sizeof t);
    tls.port = &p.port;
    t.tls = &tls;
    strcpy(t.name, "api.test");
    t.name_len = strlen(t.name);
    assert_int_equal(verify_without_a_date(&t, &crt, 0, &flags), 0);
    mbedtls_x509_crt_free(&crt);
    test_certificate_free(&c);
    return flags;
}

static void without_any_clock_every_certificate_is_refused(void **state)
{
    (void)state;
    assert_int_equal(verdict(false, 0), MBEDTLS_X509_BADCERT_OTHER);
    assert_int_equal(verdict(true, 0), 0);
}

static void the_ports_calendar_overrules_the_librarys(void **state)
{
    (void)state;
    assert_int_equal(verdict(true, MBEDTLS_X509_BADCERT_EXPIRED), 0);
}

static int done(void **state)
{
    (void)state;
    test_pki_done();
    return 0;
}

int main(void)
{
    const struct CMUnitTest tests[] = {
        cmocka_unit_test(without_any_clock_every_certificate_is_refused),
        cmocka_unit_test(the_ports_calendar_overrules_the_librarys),
    };
    return cmocka_run_group_tests(tests, NULL, done);
}
