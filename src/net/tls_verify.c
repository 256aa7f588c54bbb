// SPDX-License-Identifier: Apache-2.0
// tls_verify.c - our part of judging the server's certificate.
//
// mbedTLS builds the chain and judges signatures, keys, usage and, for DNS names, the name. Here
// each certificate's dates are judged by the port's clock, each CA's purpose, and the name or
// address by the subjectAltName alone: mbedTLS 2.28 knows no IP addresses, and both versions look
// at the common name where there is no subjectAltName. A connection counts only if both agreed.
#include "net/tls_priv.h"

#include <string.h>

#include <mbedtls/oid.h>

#include "net/host.h"

#if defined(MBEDTLS_HAVE_TIME_DATE)
enum { MBEDTLS_KNOWS_THE_DATE = 1 };
#else
enum { MBEDTLS_KNOWS_THE_DATE = 0 };
#endif

// Days from 1970-01-01 to a day of the Gregorian calendar, for years from 1 on.
static int64_t days(const mbedtls_x509_time *when)
{
    static const int before[12] = {0, 31, 59, 90, 120, 151, 181, 212, 243, 273, 304, 334};
    int64_t year = when->year;
    int month = when->mon >= 1 && when->mon <= 12 ? when->mon : 1;
    bool leap = (year % 4 == 0 && year % 100 != 0) || year % 400 == 0;
    int64_t past = year - 1;
    return past * 365 + past / 4 - past / 100 + past / 400 - 719162 + before[month - 1] +
           (leap && month > 2 ? 1 : 0) + when->day - 1;
}

static int64_t seconds(const mbedtls_x509_time *when)
{
    return ((days(when) * 24 + when->hour) * 60 + when->min) * 60 + when->sec;
}

// The port's clock is right where there is one, also where mbedTLS asks another.
static void judge_dates(struct kedge__tls_stream *t, const mbedtls_x509_crt *crt, uint32_t *flags)
{
    kedge_timestamp now = kedge__tls_wall_clock(t->tls);
    t->undated = now <= 0 && t->tls->dates_later;
    if (now <= 0 && !t->undated) {
        if (!MBEDTLS_KNOWS_THE_DATE)
            *flags |= MBEDTLS_X509_BADCERT_OTHER;
        return;
    }
    *flags &= ~(uint32_t)(MBEDTLS_X509_BADCERT_EXPIRED | MBEDTLS_X509_BADCERT_FUTURE);
    if (t->undated)
        return;
    if (now / 1000000 > seconds(&crt->valid_to))
        *flags |= MBEDTLS_X509_BADCERT_EXPIRED;
    if (now / 1000000 < seconds(&crt->valid_from))
        *flags |= MBEDTLS_X509_BADCERT_FUTURE;
}

#if MBEDTLS_VERSION_NUMBER >= 0x03000000 || defined(MBEDTLS_X509_CHECK_EXTENDED_KEY_USAGE)
// mbedTLS asks the server's own certificate only. A CA that is for other things (signing code, or
// the clients of a mesh) makes no servers, as in Go.
static bool may_make_servers(const mbedtls_x509_crt *crt)
{
    static const char oid[] = MBEDTLS_OID_SERVER_AUTH;
    return mbedtls_x509_crt_check_extended_key_usage(crt, oid, sizeof oid - 1) == 0;
}
#else
static bool may_make_servers(const mbedtls_x509_crt *crt)
{
    (void)crt;
    return true;
}
#endif

static bool san_is_for(const struct kedge__tls_stream *t, const mbedtls_x509_buf *san)
{
    unsigned kind = (unsigned)san->tag & MBEDTLS_ASN1_TAG_VALUE_MASK;
    if (t->ip_len > 0)
        return kind == MBEDTLS_X509_SAN_IP_ADDRESS && san->len == t->ip_len &&
               memcmp(san->p, t->ip, t->ip_len) == 0;

    kedge_str pattern = {(const char *)san->p, san->len};
    kedge_str name = {t->name, t->name_len};
    return kind == MBEDTLS_X509_SAN_DNS_NAME && kedge__host_matches(pattern, name);
}

static bool is_for_the_name(const struct kedge__tls_stream *t, const mbedtls_x509_crt *crt)
{
    // The list's head is part of the certificate and empty where there is no subjectAltName.
    for (const mbedtls_x509_sequence *san = &crt->subject_alt_names; san != NULL; san = san->next) {
        if (san->buf.p != NULL && san_is_for(t, &san->buf))
            return true;
    }
    return false;
}

// A session that comes of this handshake is good as long as all of its chain.
static void note_dates(struct kedge__tls_stream *t, const mbedtls_x509_crt *crt)
{
    int64_t from = seconds(&crt->valid_from), to = seconds(&crt->valid_to);
    if (from > t->validity.not_before)
        t->validity.not_before = from;
    if (to < t->validity.not_after)
        t->validity.not_after = to;
}

int kedge__tls_verify(void *stream, mbedtls_x509_crt *crt, int depth, uint32_t *flags)
{
    struct kedge__tls_stream *t = stream;
    judge_dates(t, crt, flags);
    note_dates(t, crt);
    if (!may_make_servers(crt))
        *flags |= MBEDTLS_X509_BADCERT_EXT_KEY_USAGE;
    if (depth > 0)
        return 0;
    t->seen = true;
    t->verified = is_for_the_name(t, crt);
    if (!t->verified)
        *flags |= MBEDTLS_X509_BADCERT_CN_MISMATCH;
    return 0;
}
