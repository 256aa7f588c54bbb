// SPDX-License-Identifier: Apache-2.0
// The response parser: every claim of kedge/http.h, every split, every cut.
#include <setjmp.h>
#include <stdarg.h>
#include <stddef.h>
#include <stdint.h>
#include <stdio.h>
#include <stdlib.h>
#include <string.h>

#include <cmocka.h>

#include "base/random.h"
#include "guard.h"
#include "kedge/http.h"
#include "replies.h"

#define COUNT(a) (sizeof(a) / sizeof(a)[0])

// What one reading of a response gave.
struct reading {
    struct kedge_http_response r;
    kedge_err err;
    bool ended;
    unsigned heads;
    unsigned slices;
    size_t taken;
    size_t body_len;
    char body[1 << 17];
    size_t warnings_len;
    char warnings[1 << 13]; // each with a line feed behind it
};

static void keep_warning(struct reading *x, kedge_str value)
{
    assert_int_equal(x->heads, 0);
    assert_true(x->r.status >= 200 || x->r.status == 101);
    assert_ptr_equal(value.ptr, x->r.line);
    assert_true(value.len > 0 && value.len <= KEDGE_HTTP_LINE);
    assert_true(x->warnings_len + value.len < sizeof x->warnings);
    memcpy(x->warnings + x->warnings_len, value.ptr, value.len);
    x->warnings_len += value.len;
    x->warnings[x->warnings_len++] = '\n';
    // It is the caller's to write to.
    memset(x->r.line, '"', value.len);
}

static void keep(struct reading *x, kedge_str body, const char *from, size_t used)
{
    assert_true(body.len > 0);
    // A slice of the input, the last bytes of what was taken.
    assert_ptr_equal(body.ptr + body.len, from + used);
    assert_true(x->body_len + body.len <= sizeof x->body);
    memcpy(x->body + x->body_len, body.ptr, body.len);
    x->body_len += body.len;
    x->slices++;
}

// Feeds one range of bytes as the header shows, until MORE, END or a failure.
static void feed(struct reading *x, const char *data, size_t len)
{
    while (x->err == KEDGE_OK && !x->ended) {
        size_t used = SIZE_MAX;
        enum kedge_http_event event;
        kedge_str body = {data, 99};
        x->err = kedge_http_feed(&x->r, data, len, &used, &event, &body);
        assert_true(used <= len);
        x->taken += used;
        if (event == KEDGE_HTTP_BODY)
            keep(x, body, data, used);
        else if (event == KEDGE_HTTP_WARNING)
            keep_warning(x, body);
        else
            assert_true(body.ptr == NULL && body.len == 0);
        x->heads += event == KEDGE_HTTP_HEAD;
        x->ended = event == KEDGE_HTTP_END;
        data = len > 0 ? data + used : data;
        len -= used;
        if (event == KEDGE_HTTP_MORE && x->err == KEDGE_OK) {
            assert_int_equal(len, 0);
            return;
        }
    }
}

static void begin(struct reading *x)
{
    // Garbage, so that whatever init forgets is seen.
    memset(&x->r, 0xa5, sizeof x->r);
    kedge_http_response_init(&x->r);
    x->err = KEDGE_OK;
    x->ended = false;
    x->heads = x->slices = 0;
    x->taken = x->body_len = x->warnings_len = 0;
}

static struct reading x;

// Reads the whole text in ranges of `piece` bytes (0: at once).
static void read_pieces(kedge_str text, size_t piece)
{
    begin(&x);
    size_t at = 0;
    do {
        size_t n = piece > 0 && piece < text.len - at ? piece : text.len - at;
        feed(&x, text.ptr + at, n);
        at += n;
    } while (at < text.len && x.err == KEDGE_OK && !x.ended);
}

static void read_all(const char *text)
{
    read_pieces(kedge_str_of(text), 0);
}

static bool same_head(const struct kedge_http_response *a, const struct kedge_http_response *b)
{
    return a->status == b->status && a->keep_alive == b->keep_alive && a->chunked == b->chunked &&
           a->has_length == b->has_length && a->content_length == b->content_length &&
           a->retry_after == b->retry_after && a->date == b->date && a->content == b->content &&
           a->aggregated == b->aggregated && a->encoded == b->encoded &&
           strcmp(a->location, b->location) == 0;
}

static void assert_body(kedge_str body)
{
    assert_int_equal(x.err, KEDGE_OK);
    assert_int_equal(x.heads, 1);
    assert_int_equal(x.body_len, body.len);
    assert_memory_equal(x.body, body.ptr, body.len);
}

static void assert_fails(const char *text, kedge_err err, const char *problem)
{
    if (x.err != err || strstr(x.r.problem, problem) == NULL)
        fail_msg("%.60s: %s, \"%s\", wanted %s, \"%s\"", text, kedge_err_name(x.err), x.r.problem,
                 kedge_err_name(err), problem);
}

static void the_struct_is_small(void **state)
{
    (void)state;
    assert_true(sizeof(struct kedge_http_response) < 900);
}

// ---- real replies

static void every_real_reply_is_read_whole(void **state)
{
    (void)state;
    size_t count;
    const struct reply *all = replies(&count);
    for (size_t i = 0; i < count; i++) {
        read_pieces(all[i].raw, 0);
        assert_true(x.ended);
        assert_body(all[i].body);
        assert_int_equal(x.taken, all[i].raw.len);
        assert_true(x.r.keep_alive);
        assert_false(x.r.encoded);
        assert_true(x.r.status >= 200 && x.r.status < 600);
        // The first were recorded on 23 November 2026; each says on which day of the week.
        static const char weekdays[] = "ThuFriSatSunMonTueWed";
        int64_t day = x.r.date / 1000000 / 86400;
        const char *date = strstr(all[i].raw.ptr, "\r\nDate: ");
        assert_in_range(day, 20780, 20780 + 3650);
        assert_non_null(date);
        assert_memory_equal(date + 8, weekdays + day % 7 * 3, 3);
        bool plain = strstr(all[i].name, "404-path") != NULL || strstr(all[i].name, "healthz");
        assert_int_equal(x.r.content, plain ? KEDGE_CONTENT_TEXT : KEDGE_CONTENT_JSON);
        assert_string_equal(x.r.problem, "");
        assert_int_equal(kedge_http_finish(&x.r), KEDGE_OK);
    }
}

static void a_real_reply_says_when_to_come_again(void **state)
{
    (void)state;
    read_pieces(reply_named("error-504-future-version.http")->raw, 0);
    assert_int_equal(x.r.status, 504);
    assert_int_equal(x.r.retry_after, 1);
    read_pieces(reply_named("list-empty.http")->raw, 0);
    assert_int_equal(x.r.retry_after, -1);
    assert_true(x.r.has_length);
    assert_int_equal(x.r.content_length, 87);
}

static void real_replies_split_in_two_anywhere_are_the_same(void **state)
{
    (void)state;
    size_t count;
    const struct reply *all = replies(&count);
    for (size_t i = 0; i < count; i++) {
        kedge_str raw = all[i].raw;
        read_pieces(raw, 0);
        struct kedge_http_response whole = x.r;
        // Of a long body, the splits of its beginning and its end say it all.
        for (size_t at = 0; at <= raw.len; at += at > 3000 && at + 3000 < raw.len ? 97 : 1) {
            begin(&x);
            feed(&x, raw.ptr, at);
            feed(&x, raw.ptr + at, raw.len - at);
            assert_true(x.ended);
            assert_body(all[i].body);
            assert_true(same_head(&x.r, &whole));
        }
    }
}

static void real_replies_in_small_pieces_are_the_same(void **state)
{
    (void)state;
    static const size_t pieces[] = {1, 2, 3, 7, 64, 1000};
    size_t count;
    const struct reply *all = replies(&count);
    for (size_t i = 0; i < count; i++) {
        read_pieces(all[i].raw, 0);
        struct kedge_http_response whole = x.r;
        for (size_t p = 0; p < COUNT(pieces); p++) {
            read_pieces(all[i].raw, pieces[p]);
            assert_true(x.ended);
            assert_body(all[i].body);
            assert_true(same_head(&x.r, &whole));
        }
    }
}

static void two_replies_in_one_buffer_are_told_apart(void **state)
{
    (void)state;
    static char two[1 << 17];
    size_t count;
    const struct reply *all = replies(&count);
    for (size_t i = 0; i < count; i++) {
        const struct reply *a = &all[i], *b = &all[(i + 1) % count];
        memcpy(two, a->raw.ptr, a->raw.len);
        memcpy(two + a->raw.len, b->raw.ptr, b->raw.len);
        size_t len = a->raw.len + b->raw.len;
        read_pieces((kedge_str){two, len}, 0);
        assert_true(x.ended);
        assert_body(a->body);
        assert_int_equal(x.taken, a->raw.len);
        read_pieces((kedge_str){two + x.taken, len - x.taken}, 0);
        assert_true(x.ended);
        assert_body(b->body);
    }
}

static void a_reply_cut_anywhere_is_cut_short(void **state)
{
    (void)state;
    static const char *const names[] = {"watch-expired.http", "list-empty.http",
                                        "error-404-path.http", "healthz.http"};
    for (size_t i = 0; i < COUNT(names); i++) {
        kedge_str raw = reply_named(names[i])->raw;
        for (size_t len = 0; len < raw.len; len++) {
            read_pieces((kedge_str){raw.ptr, len}, 0);
            assert_int_equal(x.err, KEDGE_OK);
            assert_false(x.ended);
            kedge_err err = kedge_http_finish(&x.r);
            assert_int_equal(err, len == 0 ? KEDGE_ERR_CLOSED : KEDGE_ERR_HTTP);
            if (len > 0)
                assert_string_equal(x.r.problem, "the response was cut short");
        }
    }
}

static void nothing_is_read_beyond_the_input(void **state)
{
    (void)state;
    kedge_str raw = reply_named("watch-sensors.http")->raw;
    for (size_t len = 0; len <= raw.len; len++) {
        char *end_of_memory = guard_put(raw.ptr, len);
        read_pieces((kedge_str){end_of_memory, len}, 0);
        assert_int_equal(x.err, KEDGE_OK);
        assert_int_equal(x.taken, len);
        assert_int_equal(x.ended, len == raw.len);
    }
}

static void a_body_is_one_slice_a_chunk(void **state)
{
    (void)state;
    read_pieces(reply_named("list-pods-page1.http")->raw, 0);
    assert_true(x.slices <= 24473 / 2048 + 1);
    read_pieces(reply_named("list-configmaps.http")->raw, 0);
    assert_int_equal(x.slices, 1);
}

// ---- how a body ends

static void the_events_come_in_order(void **state)
{
    (void)state;
    static const char text[] = "HTTP/1.1 200 OK\r\nContent-Length: 2\r\n\r\nabNEXT";
    struct kedge_http_response r;
    size_t used;
    enum kedge_http_event event;
    kedge_str body;
    const char *p = text;
    kedge_http_response_init(&r);

    assert_int_equal(kedge_http_feed(&r, p, 5, &used, &event, &body), KEDGE_OK);
    assert_int_equal(event, KEDGE_HTTP_MORE);
    assert_int_equal(used, 5);
    p += used;
    assert_int_equal(kedge_http_feed(&r, p, sizeof text - 6, &used, &event, &body), KEDGE_OK);
    assert_int_equal(event, KEDGE_HTTP_HEAD);
    p += used;
    assert_memory_equal(p, "abNEXT", 6);
    assert_int_equal(kedge_http_feed(&r, p, 6, &used, &event, &body), KEDGE_OK);
    assert_int_equal(event, KEDGE_HTTP_BODY);
    assert_ptr_equal(body.ptr, p);
    assert_int_equal(body.len, 2);
    p += used;
    // It stays at its end, and takes nothing of what follows.
    for (int i = 0; i < 3; i++) {
        assert_int_equal(kedge_http_feed(&r, p, 4, &used, &event, &body), KEDGE_OK);
        assert_int_equal(event, KEDGE_HTTP_END);
        assert_int_equal(used, 0);
    }
}

// Whoever reads the stream again before asking for END would wait for ever on a kept connection.
static void the_end_comes_without_further_bytes(void **state)
{
    (void)state;
    static const char *const texts[] = {
        "HTTP/1.1 200 OK\r\nContent-Length: 0\r\n\r\n",
        "HTTP/1.1 200 OK\r\nContent-Length: 3\r\n\r\nabc",
        "HTTP/1.1 204 No Content\r\n\r\n",
        "HTTP/1.1 200 OK\r\nTransfer-Encoding: chunked\r\n\r\n0\r\n\r\n",
    };
    for (size_t i = 0; i < COUNT(texts); i++) {
        begin(&x);
        feed(&x, texts[i], strlen(texts[i]));
        assert_true(x.ended);
        begin(&x);
        for (const char *p = texts[i]; *p != '\0'; p++)
            feed(&x, p, 1);
        feed(&x, NULL, 0);
        assert_true(x.ended);
    }
}

static void statuses_without_a_body_end_with_their_head(void **state)
{
    (void)state;
    static const char *const statuses[] = {"101", "204", "304"};
    for (size_t i = 0; i < COUNT(statuses); i++) {
        char text[128];
        snprintf(text, sizeof text, "HTTP/1.1 %s X\r\nContent-Length: 5\r\n\r\nHTTP/", statuses[i]);
        read_all(text);
        assert_int_equal(x.err, KEDGE_OK);
        assert_true(x.ended);
        assert_int_equal(x.body_len, 0);
        assert_int_equal(x.taken, strlen(text) - 5);
        // After 101 it is another protocol's connection.
        assert_int_equal(x.r.keep_alive, i != 0);
        assert_int_equal(x.r.status, atoi(statuses[i]));
    }
}

static void without_a_length_the_body_ends_with_the_stream(void **state)
{
    (void)state;
    read_all("HTTP/1.1 200 OK\r\nContent-Type: text/plain\r\n\r\nall of\r\nthis");
    assert_false(x.ended);
    assert_false(x.r.keep_alive);
    assert_body(KEDGE_STR("all of\r\nthis"));
    assert_int_equal(x.slices, 1);
    assert_int_equal(kedge_http_finish(&x.r), KEDGE_OK);
    assert_int_equal(kedge_http_finish(&x.r), KEDGE_OK);
    feed(&x, "more", 4);
    assert_true(x.ended);
    assert_body(KEDGE_STR("all of\r\nthis"));

    read_all("HTTP/1.1 200 OK\r\n\r\n");
    assert_false(x.ended);
    assert_int_equal(kedge_http_finish(&x.r), KEDGE_OK);
}

static void an_idle_connection_that_closes_is_told_from_half_an_answer(void **state)
{
    (void)state;
    begin(&x);
    assert_int_equal(kedge_http_finish(&x.r), KEDGE_ERR_CLOSED);
    assert_int_equal(kedge_http_finish(&x.r), KEDGE_ERR_CLOSED);
    read_all("H");
    assert_int_equal(kedge_http_finish(&x.r), KEDGE_ERR_HTTP);
    // It had begun to answer.
    read_all("HTTP/1.1 100 Continue\r\n\r\n");
    assert_int_equal(kedge_http_finish(&x.r), KEDGE_ERR_HTTP);
    assert_int_equal(kedge_http_finish(&x.r), KEDGE_ERR_HTTP);
}

static void interim_responses_are_skipped(void **state)
{
    (void)state;
    static const char text[] = "HTTP/1.1 100 Continue\r\n\r\n"
                               "HTTP/1.0 103 Early Hints\r\nRetry-After: 9\r\nLocation: /a\r\n"
                               "Content-Length: 7\r\nConnection: close\r\nContent-Encoding: br\r\n"
                               "Date: Sun, 06 Nov 1994 08:49:37 GMT\r\nContent-Type: text/a\r\n\r\n"
                               "HTTP/1.1 102 P\r\n\r\n"
                               "HTTP/1.1 201 Created\r\nTransfer-Encoding: chunked\r\n\r\n"
                               "2\r\nok\r\n0\r\n\r\n";
    for (size_t piece = 0; piece < 5; piece++) {
        read_pieces(kedge_str_of(text), piece);
        assert_true(x.ended);
        assert_body(KEDGE_STR("ok"));
        // They leave nothing behind.
        read_all("HTTP/1.1 201 Created\r\nTransfer-Encoding: chunked\r\n\r\n2\r\nok\r\n0\r\n\r\n");
        struct kedge_http_response alone = x.r;
        read_pieces(kedge_str_of(text), piece);
        assert_true(same_head(&x.r, &alone));
        assert_true(x.r.keep_alive);
    }
    read_all("HTTP/1.1 103 X\r\nRetry-After: 9\r\n\r\n"
             "HTTP/1.1 429 X\r\nRetry-After: 5\r\nContent-Length: 0\r\n\r\n");
    assert_int_equal(x.r.retry_after, 5);
}

static void interim_responses_without_end_are_not(void **state)
{
    (void)state;
    static const char one[] = "HTTP/1.1 100 Continue\r\n\r\n";
    begin(&x);
    size_t rounds = 0;
    for (; rounds < 100000 && x.err == KEDGE_OK; rounds++)
        feed(&x, one, sizeof one - 1);
    assert_int_equal(x.err, KEDGE_ERR_TOO_LONG);
    assert_int_equal(rounds, KEDGE_HTTP_HEAD_MAX / (sizeof one - 1) + 1);
}

#define CHUNKED "HTTP/1.1 200 OK\r\nTransfer-Encoding: chunked\r\n\r\n"

static void chunks_are_joined(void **state)
{
    (void)state;
    static const struct {
        const char *framed, *body;
    } table[] = {
        {"0\r\n\r\n", ""},
        {"3\r\nabc\r\n0\r\n\r\n", "abc"},
        {"1\r\na\r\n2\r\nbc\r\n0\r\n\r\n", "abc"},
        {"0003\r\nabc\r\n000\r\n\r\n", "abc"},
        {"A\r\n0123456789\r\n0\r\n\r\n", "0123456789"},
        {"a\r\n0123456789\r\n0\r\n\r\n", "0123456789"},
        {"3;x\r\nabc\r\n0\r\n\r\n", "abc"},
        {"3;x=y;z=\"a b\"\r\nabc\r\n0;end\r\n\r\n", "abc"},
        {"3 ;\tx = y\r\nabc\r\n0\r\n\r\n", "abc"},
        {"3;\r\nabc\r\n0\r\n\r\n", "abc"},
        {"3  \r\nabc\r\n0 \t\r\n\r\n", "abc"},
        {"3;\x80\xff\r\nabc\r\n0\r\n\r\n", "abc"},
        {"3\r\na\r\n\r\n2\r\n0\r\r\n0\r\n\r\n", "a\r\n0\r"},
        {"3\r\nabc\r\n0\r\nTrailer: x\r\nOther:\r\n\r\n", "abc"},
        {"3\r\nabc\r\n0\r\nContent-Length: 99\r\nConnection: close\r\nRetry-After: 5\r\n\r\n",
         "abc"},
        {"3\r\nabc\r\n0\r\nTransfer-Encoding: gzip\r\nLocation: /\r\n\r\n", "abc"},
    };
    for (size_t i = 0; i < COUNT(table); i++) {
        char text[512];
        int len = snprintf(text, sizeof text, CHUNKED "%s", table[i].framed);
        for (size_t piece = 0; piece <= (size_t)len; piece++) {
            read_pieces((kedge_str){text, (size_t)len}, piece);
            assert_true(x.ended);
            assert_body(kedge_str_of(table[i].body));
            assert_int_equal(x.taken, len);
            // Trailers say nothing.
            assert_true(x.r.chunked && x.r.keep_alive && !x.r.has_length);
            assert_int_equal(x.r.retry_after, -1);
            assert_string_equal(x.r.location, "");
        }
    }
}

static void a_chunk_may_be_as_long_as_63_bits_say(void **state)
{
    (void)state;
    static const char text[] = CHUNKED "7fffffffffffffff\r\nabc";
    read_pieces(kedge_str_of(text), 0);
    assert_body(KEDGE_STR("abc"));
    assert_false(x.ended);
    read_all("HTTP/1.1 200 OK\r\nContent-Length: 9223372036854775807\r\n\r\nabc");
    assert_body(KEDGE_STR("abc"));
    assert_true(x.r.content_length == INT64_MAX);
    assert_int_equal(kedge_http_finish(&x.r), KEDGE_ERR_HTTP);
}

// ---- what is refused

static const struct {
    const char *text;
    const char *problem;
} malformed[] = {
    // No HTTP/1.x at all.
    {"\x15\x03\x01\x00\x02\x02\x46", "the peer speaks TLS"},
    {"\x16\x03\x01", "the peer speaks TLS"},
    {"PRI * HTTP/2.0\r\n\r\nSM\r\n\r\n", "the peer speaks HTTP/2"},
    {"<!DOCTYPE html><html>", "without a status line"},
    {"<", "without a status line"},
    {"\r\nHTTP/1.1 200 OK\r\n", "no status line"},
    {" HTTP/1.1 200 OK\r\n", "no status line"},
    {"http/1.1 200 OK\r\n", "no status line"},
    {"HTTQ/1.1 200 OK\r\n", "no status line"},
    {"SSH-2.0-OpenSSH_9.2\r\n", "no status line"},
    {"{\"kind\":\"Status\"}", "no status line"},
    {"\xff", "no status line"},
    {"220 smtp ready\r\n", "no status line"},
    {"HTTP 200 OK\r\n", "no status line"},
    {"HTTP/2 200\r\n", "version of HTTP is not 1.x"},
    {"HTTP/2.0 200 OK\r\n", "version of HTTP is not 1.x"},
    {"HTTP/0.9 200 OK\r\n", "version of HTTP is not 1.x"},
    {"HTTP/11.1 200 OK\r\n", "version of HTTP is not 1.x"},
    {"HTTP/1.x 200 OK\r\n", "version of HTTP is not 1.x"},
    {"HTTP/1.\r\n", "version of HTTP is not 1.x"},
    {"HTTP/1.10 200 OK\r\n", "no space after the version"},
    {"HTTP/1.1\t200 OK\r\n", "no space after the version"},
    {"HTTP/1.1\r\n\r\n", "no space after the version"},
    {"HTTP/1.1  200 OK\r\n", "status is not a number"},
    {"HTTP/1.1 20 OK\r\n", "status is not a number"},
    {"HTTP/1.1 2000 OK\r\n", "status is not a number"},
    {"HTTP/1.1 099 OK\r\n", "status is not a number"},
    {"HTTP/1.1 -20 OK\r\n", "status is not a number"},
    {"HTTP/1.1 abc OK\r\n", "status is not a number"},
    {"HTTP/1.1 200OK\r\n", "status is not a number"},
    {"HTTP/1.1 200 O\x01K\r\n", "control character in the status line"},
    {"HTTP/1.1 200 OK\rX", "carriage return inside a line"},
    {"HTTP/1.1 200\r\r\n", "carriage return inside a line"},
    // Headers.
    {"HTTP/1.1 200 OK\r\n Folded: first\r\n", "folded over two lines"},
    {"HTTP/1.1 200 OK\r\nA: b\r\n c\r\n\r\n", "folded over two lines"},
    {"HTTP/1.1 200 OK\r\nA: b\r\n\tc\r\n\r\n", "folded over two lines"},
    {"HTTP/1.1 200 OK\r\nA : b\r\n", "space before a header's colon"},
    {"HTTP/1.1 200 OK\r\nContent-Length\t: 5\r\n", "space before a header's colon"},
    {"HTTP/1.1 200 OK\r\n: b\r\n", "name is not a token"},
    {"HTTP/1.1 200 OK\r\nA(b): c\r\n", "name is not a token"},
    {"HTTP/1.1 200 OK\r\nA\xc3\xa9: c\r\n", "name is not a token"},
    {"HTTP/1.1 200 OK\r\n\x7f: c\r\n", "name is not a token"},
    {"HTTP/1.1 200 OK\r\nA\r\n", "header without a colon"},
    {"HTTP/1.1 200 OK\nA\n", "header without a colon"},
    {"HTTP/1.1 200 OK\r\nA: b\x01\r\n", "control character in a header"},
    {"HTTP/1.1 200 OK\r\nA: b\x7f\r\n", "control character in a header"},
    {"HTTP/1.1 200 OK\r\nA: b\rContent-Length: 5\r\n", "carriage return inside a line"},
    {"HTTP/1.1 200 OK\r\nA: b\r\r\n", "carriage return inside a line"},
    {"HTTP/1.1 200 OK\r\n\rX", "carriage return inside a line"},
    // Lengths that two readers may read differently.
    {"HTTP/1.1 200 OK\r\nContent-Length: 5\r\nContent-Length: 6\r\n\r\n", "differ"},
    {"HTTP/1.1 200 OK\r\nContent-Length: 5, 5\r\n\r\n", "not a number"},
    {"HTTP/1.1 200 OK\r\nContent-Length: 5,6\r\n\r\n", "not a number"},
    {"HTTP/1.1 200 OK\r\nContent-Length: +5\r\n\r\n", "not a number"},
    {"HTTP/1.1 200 OK\r\nContent-Length: -1\r\n\r\n", "not a number"},
    {"HTTP/1.1 200 OK\r\nContent-Length: 0x5\r\n\r\n", "not a number"},
    {"HTTP/1.1 200 OK\r\nContent-Length: 5 5\r\n\r\n", "not a number"},
    {"HTTP/1.1 200 OK\r\nContent-Length: 5.0\r\n\r\n", "not a number"},
    {"HTTP/1.1 200 OK\r\nContent-Length:\r\n\r\n", "not a number"},
    {"HTTP/1.1 200 OK\r\nContent-Length: \t \r\n\r\n", "not a number"},
    {"HTTP/1.1 200 OK\r\nContent-Length: five\r\n\r\n", "not a number"},
    {"HTTP/1.1 200 OK\r\nContent-Length: 9223372036854775808\r\n\r\n", "at most 63 bits"},
    {"HTTP/1.1 200 OK\r\nContent-Length: 18446744073709551617\r\n\r\n", "at most 63 bits"},
    {"HTTP/1.1 200 OK\r\nContent-Length: 99999999999999999999999\r\n\r\n", "at most 63 bits"},
    {"HTTP/1.1 200 OK\r\nContent-Length: 5\r\nTransfer-Encoding: chunked\r\n\r\n", "both"},
    {"HTTP/1.1 200 OK\r\nTransfer-Encoding: chunked\r\nContent-Length: 5\r\n\r\n", "both"},
    {"HTTP/1.1 200 OK\r\ntransfer-encoding: chunked\r\ncontent-length: 0\r\n\r\n", "both"},
    {"HTTP/1.1 200 OK\r\nTransfer-Encoding: gzip, chunked\r\n\r\n", "other than chunked"},
    {"HTTP/1.1 200 OK\r\nTransfer-Encoding: chunked, gzip\r\n\r\n", "other than chunked"},
    {"HTTP/1.1 200 OK\r\nTransfer-Encoding: chunked, chunked\r\n\r\n", "other than chunked"},
    {"HTTP/1.1 200 OK\r\nTransfer-Encoding: identity\r\n\r\n", "other than chunked"},
    {"HTTP/1.1 200 OK\r\nTransfer-Encoding: xchunked\r\n\r\n", "other than chunked"},
    {"HTTP/1.1 200 OK\r\nTransfer-Encoding: chunked;q=1\r\n\r\n", "other than chunked"},
    {"HTTP/1.1 200 OK\r\nTransfer-Encoding:\r\n\r\n", "other than chunked"},
    {"HTTP/1.1 200 OK\r\nTransfer-Encoding: \x0b"
     "chunked\r\n\r\n",
     "control character"},
    {"HTTP/1.1 200 OK\r\nTransfer-Encoding: chunked\r\nTransfer-Encoding: chunked\r\n\r\n", "two"},
    {"HTTP/1.1 200 OK\r\nTransfer-Encoding: chunked\r\nTransfer-Encoding: x\r\n\r\n", "two"},
    {"HTTP/1.0 200 OK\r\nTransfer-Encoding: chunked\r\n\r\n", "in an HTTP/1.0 response"},
    {"HTTP/1.1 100 X\r\nContent-Length: 1\r\nContent-Length: 2\r\n\r\n", "differ"},
    // Chunks.
    {CHUNKED "\r\n", "not a hexadecimal number"},
    {CHUNKED ";x\r\n", "not a hexadecimal number"},
    {CHUNKED " 3\r\n", "not a hexadecimal number"},
    {CHUNKED "0x3\r\n", "not a hexadecimal number"},
    {CHUNKED "-3\r\n", "not a hexadecimal number"},
    {CHUNKED "+3\r\n", "not a hexadecimal number"},
    {CHUNKED "3g\r\n", "not a hexadecimal number"},
    {CHUNKED "3 3\r\n", "not a hexadecimal number"},
    {CHUNKED "\xb2\r\n", "not a hexadecimal number"},
    {CHUNKED "8000000000000000\r\n", "over 63 bits"},
    {CHUNKED "fffffffffffffffff\r\n", "over 63 bits"},
    {CHUNKED "10000000000000003\r\nabc", "over 63 bits"},
    {CHUNKED "3\nabc\r\n", "bare line feed"},
    {CHUNKED "3;x\nabc\r\n", "bare line feed"},
    {CHUNKED "3 \nabc\r\n", "not a hexadecimal number"},
    {CHUNKED "3\rabc", "carriage return inside a chunk's size"},
    {CHUNKED "3;\x01\r\n", "control character in a chunk's extension"},
    {CHUNKED "3\r\nabcd\r\n", "longer than its size"},
    {CHUNKED "3\r\nabc\n0\r\n\r\n", "longer than its size"},
    {CHUNKED "3\r\nabc\rx", "longer than its size"},
    {CHUNKED "3\r\nabc0\r\n\r\n", "longer than its size"},
    {CHUNKED "0\r\n folded\r\n\r\n", "folded"},
    {CHUNKED "0\r\nX : y\r\n\r\n", "space before a header's colon"},
    {CHUNKED "0\r\n\rX", "carriage return inside a line"},
};

static void what_is_malformed_is_refused_and_named(void **state)
{
    (void)state;
    for (size_t i = 0; i < COUNT(malformed); i++) {
        kedge_str text = kedge_str_of(malformed[i].text);
        for (size_t piece = 0; piece < 3; piece++) {
            read_pieces(text, piece);
            assert_fails(text.ptr, KEDGE_ERR_HTTP, malformed[i].problem);
            assert_false(x.ended);
            assert_false(x.r.keep_alive);
        }
    }
}

static void a_nul_is_refused_wherever_it_is(void **state)
{
    (void)state;
    static const char text[] = "HTTP/1.1 200 OK\r\nDate: x\r\nTransfer-Encoding: chunked\r\n\r\n"
                               "1;a\r\n";
    for (size_t at = 1; at < sizeof text - 1; at++) {
        char copy[sizeof text];
        memcpy(copy, text, sizeof text);
        copy[at] = '\0';
        read_pieces((kedge_str){copy, sizeof text - 1}, 0);
        assert_int_equal(x.err, KEDGE_ERR_HTTP);
        assert_int_equal(x.taken, at + 1);
    }
}

static void a_failure_stays(void **state)
{
    (void)state;
    static const char good[] = "HTTP/1.1 200 OK\r\n\r\nbody";
    read_all("HTTP/1.1 200 OK\r\nbad header\r\n");
    assert_int_equal(x.err, KEDGE_ERR_HTTP);
    const char *problem = x.r.problem;
    for (int i = 0; i < 3; i++) {
        size_t used = 7;
        enum kedge_http_event event = KEDGE_HTTP_BODY;
        kedge_str body = {good, 3};
        assert_int_equal(kedge_http_feed(&x.r, good, sizeof good - 1, &used, &event, &body),
                         KEDGE_ERR_HTTP);
        assert_int_equal(used, 0);
        assert_int_equal(event, KEDGE_HTTP_MORE);
        assert_int_equal(body.len, 0);
        assert_int_equal(kedge_http_finish(&x.r), KEDGE_ERR_HTTP);
        assert_ptr_equal(x.r.problem, problem);
    }
    kedge_http_response_init(&x.r);
    assert_string_equal(x.r.problem, "");
}

static void one_changed_byte_never_breaks_the_parser(void **state)
{
    (void)state;
    static char copy[4096];
    static const char *const names[] = {"watch-expired.http", "error-504-future-version.http"};
    for (size_t i = 0; i < COUNT(names); i++) {
        kedge_str raw = reply_named(names[i])->raw;
        assert_true(raw.len <= sizeof copy);
        for (size_t at = 0; at < raw.len; at++) {
            for (int c = 0; c < 256; c += c < 128 ? 1 : 13) {
                memcpy(copy, raw.ptr, raw.len);
                copy[at] = (char)c;
                read_pieces((kedge_str){copy, raw.len}, 0);
                assert_true(x.err == KEDGE_OK || x.err == KEDGE_ERR_HTTP);
                assert_true(x.err == KEDGE_OK || x.r.problem[0] != '\0');
            }
        }
    }
}

// ---- what is tolerated

static void lines_of_the_head_may_end_with_a_bare_line_feed(void **state)
{
    (void)state;
    read_all("HTTP/1.1 200 OK\nRetry-After: 3\nContent-Length: 2\n\nok");
    assert_true(x.ended);
    assert_body(KEDGE_STR("ok"));
    assert_int_equal(x.r.retry_after, 3);
    read_all("HTTP/1.1 200\nContent-Length: 2\r\n\nok");
    assert_body(KEDGE_STR("ok"));
    read_all(CHUNKED "0\r\nTrailer: x\n\n");
    assert_true(x.ended);
}

static void the_reason_may_be_missing(void **state)
{
    (void)state;
    static const char *const lines[] = {"HTTP/1.1 404\r\n", "HTTP/1.1 404 \r\n", "HTTP/1.1 404\n",
                                        "HTTP/1.1 404 Not\tFound \xc3\xa9\r\n"};
    for (size_t i = 0; i < COUNT(lines); i++) {
        char text[128];
        snprintf(text, sizeof text, "%sContent-Length: 1\r\n\r\n?", lines[i]);
        read_all(text);
        assert_true(x.ended);
        assert_body(KEDGE_STR("?"));
        assert_int_equal(x.r.status, 404);
    }
}

static void statuses_run_from_200_to_999(void **state)
{
    (void)state;
    for (unsigned status = 100; status < 1000; status++) {
        char text[64];
        snprintf(text, sizeof text, "HTTP/1.1 %u X\r\nContent-Length: 0\r\n\r\n", status);
        read_all(text);
        assert_int_equal(x.err, KEDGE_OK);
        assert_int_equal(x.heads, status >= 200 || status == 101);
        if (x.heads > 0)
            assert_int_equal(x.r.status, status);
    }
}

// ---- what headers say

// The response to these header lines, with a body of one byte where they give no length.
static const struct kedge_http_response *with_headers(const char *version, const char *lines)
{
    static char text[1024];
    snprintf(text, sizeof text, "HTTP/%s 200 OK\r\n%s\r\n", version, lines);
    read_all(text);
    assert_int_equal(x.err, KEDGE_OK);
    assert_int_equal(x.heads, 1);
    return &x.r;
}

static const struct kedge_http_response *with_header(const char *line)
{
    char lines[512];
    snprintf(lines, sizeof lines, "%s\r\n", line);
    return with_headers("1.1", lines);
}

static void the_connection_is_kept_as_the_server_says(void **state)
{
    (void)state;
    static const struct {
        const char *version, *lines;
        bool kept;
    } table[] = {
        {"1.1", "Content-Length: 0\r\n", true},
        {"1.1", "Content-Length: 0\r\nConnection: close\r\n", false},
        {"1.1", "Content-Length: 0\r\nCONNECTION: Close\r\n", false},
        {"1.1", "Content-Length: 0\r\nConnection: keep-alive\r\n", true},
        {"1.1", "Content-Length: 0\r\nConnection: upgrade , close\r\n", false},
        {"1.1", "Content-Length: 0\r\nConnection: close,keep-alive\r\n", false},
        {"1.1", "Content-Length: 0\r\nConnection: keep-alive\r\nConnection: close\r\n", false},
        {"1.1", "Content-Length: 0\r\nConnection: ,,close,\r\n", false},
        {"1.1", "Content-Length: 0\r\nConnection: closed\r\n", true},
        {"1.1", "Content-Length: 0\r\nConnection:\r\n", true},
        {"1.1", "Transfer-Encoding: chunked\r\n", true},
        {"1.1", "", false}, // until the stream closes
        {"1.0", "Content-Length: 0\r\n", false},
        {"1.0", "Content-Length: 0\r\nConnection: Keep-Alive\r\n", true},
        {"1.0", "Content-Length: 0\r\nConnection: keep-alive, close\r\n", false},
        {"1.0", "Connection: keep-alive\r\n", false},
        {"1.7", "Content-Length: 0\r\n", true},
    };
    for (size_t i = 0; i < COUNT(table); i++)
        assert_int_equal(with_headers(table[i].version, table[i].lines)->keep_alive, table[i].kept);
}

static void names_have_no_case_and_values_no_outer_space(void **state)
{
    (void)state;
    static const char *const lines[] = {
        "Retry-After: 42",
        "retry-after:42",
        "RETRY-AFTER:\t 42 \t",
        "rEtRy-AfTeR:      42",
        "Retry-After: 42\r\nRetry-After: 7",
    };
    for (size_t i = 0; i < COUNT(lines); i++)
        assert_int_equal(with_header(lines[i])->retry_after, 42);
}

static void only_whole_seconds_are_a_time_to_wait(void **state)
{
    (void)state;
    static const struct {
        const char *value;
        int32_t seconds;
    } table[] = {
        {"0", 0},
        {"1", 1},
        {"007", 7},
        {"2147483647", INT32_MAX},
        {"2147483648", INT32_MAX},
        {"99999999999999999999999999", INT32_MAX},
        {"", -1},
        {"-1", -1},
        {"1.5", -1},
        {"1 s", -1},
        {"0x10", -1},
        {"Fri, 31 Dec 1999 23:59:59 GMT", -1},
    };
    for (size_t i = 0; i < COUNT(table); i++) {
        char line[64];
        snprintf(line, sizeof line, "Retry-After: %s", table[i].value);
        assert_int_equal(with_header(line)->retry_after, table[i].seconds);
    }
    // The first counts, also where it is of no use.
    assert_int_equal(with_header("Retry-After: soon\r\nRetry-After: 7")->retry_after, -1);
}

struct dated {
    const char *value;
    int64_t seconds; // 0: no date
};

static void expect_dates(const struct dated *table, size_t count)
{
    for (size_t i = 0; i < count; i++) {
        char line[64];
        snprintf(line, sizeof line, "Date: %s", table[i].value);
        if (with_header(line)->date != table[i].seconds * 1000000)
            fail_msg("%s: %lld", line, (long long)with_header(line)->date);
    }
}

static void dates_are_read(void **state)
{
    (void)state;
    static const struct dated table[] = {
        {"Sun, 06 Nov 1994 08:49:37 GMT", 784111777},
        {"Mon, 23 Nov 2026 04:16:28 GMT", 1795407388},
        {"Thu, 01 Jan 1970 00:00:01 GMT", 1},
        {"Wed, 31 Dec 1969 23:59:59 GMT", -1},
        {"Tue, 29 Feb 2000 12:00:00 GMT", 951825600},
        {"Thu, 29 Feb 2024 23:59:60 GMT", 1709251200},
        {"Fri, 31 Dec 9999 23:59:59 GMT", 253402300799},
        {"Sat, 01 Jan 0000 00:00:00 GMT", -62167219200},
        {"Tue, 19 Jan 2038 03:14:08 GMT", 2147483648},
        {"Xyz, 06 Nov 1994 08:49:37 GMT", 784111777}, // nobody needs the weekday
        {"Thu, 29 Feb 1900 00:00:00 GMT", 0},
        {"Wed, 29 Feb 2023 00:00:00 GMT", 0},
        {"Wed, 31 Apr 2023 00:00:00 GMT", 0},
        {"Wed, 00 Apr 2023 00:00:00 GMT", 0},
        {"Wed, 01 Foo 2023 00:00:00 GMT", 0},
        {"Wed, 01 anF 2023 00:00:00 GMT", 0},
        {"Wed, 01 Apr 2023 24:00:00 GMT", 0},
        {"Wed, 01 Apr 2023 00:60:00 GMT", 0},
        {"Wed, 01 Apr 2023 00:00:61 GMT", 0},
        {"Wed, 01 Apr 2023 00:00:00 UTC", 0},
        {"Wed, 01 Apr 2023 00:00:00 GMT0", 0},
        {"Wed, 01 Apr 2023 00:00:0 GMT", 0},
        {"Wed, 01 Apr 20x3 00:00:00 GMT", 0},
        {"Wed, -1 Apr 2023 00:00:00 GMT", 0},
        {"now", 0},
        {"", 0},
    };
    expect_dates(table, COUNT(table));
}

// RFC 9110 5.6.7: whoever reads takes the two older forms as well.
static void dates_of_older_forms_are_read(void **state)
{
    (void)state;
    static const struct dated table[] = {
        {"Sunday, 06-Nov-94 08:49:37 GMT", 784111777},
        {"Monday, 23-Nov-26 04:16:28 GMT", 1795407388},
        {"Tuesday, 19-Jan-38 03:14:08 GMT", 2147483648},
        {"Wednesday, 31-Dec-69 23:59:59 GMT", 3155759999}, // no more than 50 years on
        {"Thursday, 31-Dec-76 23:59:59 GMT", 3376684799},
        {"Saturday, 01-Jan-77 00:00:00 GMT", 220924800}, // more
        {"Thursday, 01-Jan-70 00:00:01 GMT", 3155760001},
        {"Thursday, 29-Feb-24 23:59:60 GMT", 1709251200},
        {"Xyzday, 06-Nov-94 08:49:37 GMT", 784111777},
        {"Sun, 06-Nov-94 08:49:37 GMT", 0},
        {"Wednesdayday, 06-Nov-94 08:49:37 GMT", 0},
        {"Sunda, 06-Nov-94 08:49:37 GMT", 0},
        {"Sundays 06-Nov-94 08:49:37 GMT", 0},
        {"Sunday, 06-Nov-1994 08:49:37 GMT", 0},
        {"Sunday, 06 Nov 94 08:49:37 GMT", 0},
        {"Sunday,  6-Nov-94 08:49:37 GMT", 0},
        {"Sunday, 06-Nov-94 08:49:37 UTC", 0},
        {"Sunday, 06-Nov-94 08:49:37", 0},
        {"Sunday, 06-Nov-9x 08:49:37 GMT", 0},
        {"Sunday, 06-Nov-x4 08:49:37 GMT", 0},
        {"Sunday, 31-Nov-94 08:49:37 GMT", 0},
        {"Wednesday, 29-Feb-23 00:00:00 GMT", 0},
        {"06-Nov-94 08:49:37 GMT", 0},
        {"Sun Nov  6 08:49:37 1994", 784111777},
        {"Sun Nov 06 08:49:37 1994", 784111777},
        {"Mon Nov 23 04:16:28 2026", 1795407388},
        {"Thu Feb 29 23:59:60 2024", 1709251200},
        {"Sun Nov   6 08:49:37 1994", 0},
        {"Sun Nov 6 08:49:37 1994", 0},
        {"Sun Nov 6  08:49:37 1994", 0},
        {"Sun Nov    08:49:37 1994", 0},
        {"Sun Nov  0 08:49:37 1994", 0},
        {"Sun Nov 31 08:49:37 1994", 0},
        {"Sun Nov  6  8:49:37 1994", 0},
        {"Sun Nov  6 08:49:37 94", 0},
        {"Sun Nov  6 08:49:37 1994 GMT", 0},
        {"Sun Nov  6 08:49:37 199x", 0},
        {"Sun nov  6 08:49:37 1994", 0},
    };
    expect_dates(table, COUNT(table));
}

static void no_part_of_a_date_is_a_date(void **state)
{
    (void)state;
    static const char *const dates[] = {"Sun, 06 Nov 1994 08:49:37 GMT",
                                        "Wednesday, 06-Nov-94 08:49:37 GMT",
                                        "Sun Nov  6 08:49:37 1994"};
    for (size_t i = 0; i < COUNT(dates); i++) {
        size_t len = strlen(dates[i]);
        for (size_t cut = 0; cut < len; cut++) {
            char line[64];
            snprintf(line, sizeof line, "Date: %.*s", (int)cut, dates[i]);
            assert_true(with_header(line)->date == 0);
            // Nor is one with something else instead of a character, but for the weekday's.
            snprintf(line, sizeof line, "Date: %s", dates[i]);
            line[6 + cut] = '*';
            bool is_weekday = cut < 3 || (i == 1 && cut < 6);
            assert_int_equal(with_header(line)->date, is_weekday ? 784111777000000 : 0);
        }
    }
}
static void every_day_of_four_centuries_has_its_number(void **state)
{
    (void)state;
    static const char months[] = "JanFebMarAprMayJunJulAugSepOctNovDec";
    int64_t day = -135140; // 1600-01-01
    for (int year = 1600; year < 2000; year++) {
        bool leap = year % 4 == 0 && (year % 100 != 0 || year % 400 == 0);
        static const int days[] = {31, 28, 31, 30, 31, 30, 31, 31, 30, 31, 30, 31};
        for (int month = 0; month < 12; month++) {
            int last = days[month] + (month == 1 && leap);
            char line[64];
            snprintf(line, sizeof line, "Date: Mon, %02d %.3s %04d 00:00:00 GMT", last,
                     months + 3 * month, year);
            day += last;
            int64_t wanted = (day - 1) * 86400 * 1000000;
            assert_true(with_header(line)->date == wanted);
        }
    }
    assert_int_equal(day, 10957); // 2000-01-01
}

static void the_kind_of_content_is_told(void **state)
{
    (void)state;
    static const struct {
        const char *line;
        enum kedge_http_content content;
    } table[] = {
        {"X: y", KEDGE_CONTENT_NONE},
        {"Content-Type:", KEDGE_CONTENT_NONE},
        {"Content-Type:  \t ", KEDGE_CONTENT_NONE},
        {"Content-Type: application/json", KEDGE_CONTENT_JSON},
        {"Content-Type: application/json;stream=watch", KEDGE_CONTENT_JSON},
        {"Content-Type: application/json ; charset=utf-8", KEDGE_CONTENT_JSON},
        {"content-type:APPLICATION/JSON", KEDGE_CONTENT_JSON},
        {"Content-Type: application/json;g=apidiscovery.k8s.io;v=v2;as=APIGroupDiscoveryList",
         KEDGE_CONTENT_JSON},
        {"Content-Type: application/json5", KEDGE_CONTENT_OTHER},
        {"Content-Type: application/vnd.kubernetes.protobuf", KEDGE_CONTENT_OTHER},
        {"Content-Type: application/yaml", KEDGE_CONTENT_OTHER},
        {"Content-Type: text/plain; charset=utf-8", KEDGE_CONTENT_TEXT},
        {"Content-Type: Text/HTML", KEDGE_CONTENT_TEXT},
        {"Content-Type: text", KEDGE_CONTENT_OTHER},
        {"Content-Type: application/json\r\nContent-Type: text/plain", KEDGE_CONTENT_JSON},
        {"Content-Type: application/json ; a = \"b;\\\"c\" ; ", KEDGE_CONTENT_JSON},
        {"Content-Type: application/json;a=\"\"", KEDGE_CONTENT_JSON},
        {"Content-Type: application/json;", KEDGE_CONTENT_JSON},
        // No media types (REST-020).
        {"Content-Type: ;charset=utf-8", KEDGE_CONTENT_MALFORMED},
        {"Content-Type: /json", KEDGE_CONTENT_MALFORMED},
        {"Content-Type: application/", KEDGE_CONTENT_MALFORMED},
        {"Content-Type: application/,others", KEDGE_CONTENT_MALFORMED},
        {"Content-Type: text/", KEDGE_CONTENT_MALFORMED},
        {"Content-Type: application/json/x", KEDGE_CONTENT_MALFORMED},
        {"Content-Type: application /json", KEDGE_CONTENT_MALFORMED},
        {"Content-Type: application/json, text/plain", KEDGE_CONTENT_MALFORMED},
        {"Content-Type: application/json;;", KEDGE_CONTENT_MALFORMED},
        {"Content-Type: application/json;=b", KEDGE_CONTENT_MALFORMED},
        {"Content-Type: application/json;a", KEDGE_CONTENT_MALFORMED},
        {"Content-Type: application/json;a:b", KEDGE_CONTENT_MALFORMED},
        {"Content-Type: application/json;a=", KEDGE_CONTENT_MALFORMED},
        {"Content-Type: application/json;a=;b=c", KEDGE_CONTENT_MALFORMED},
        {"Content-Type: application/json;a=b c", KEDGE_CONTENT_MALFORMED},
        {"Content-Type: application/json;a=\"b", KEDGE_CONTENT_MALFORMED},
        {"Content-Type: application/json;a=\"b\\", KEDGE_CONTENT_MALFORMED},
        {"Content-Type: application/json;a=\"b\\\"", KEDGE_CONTENT_MALFORMED},
        {"Content-Type: application/json;g=a;G=a", KEDGE_CONTENT_MALFORMED},
    };
    for (size_t i = 0; i < COUNT(table); i++) {
        if (with_header(table[i].line)->content != table[i].content)
            fail_msg("%s: %d", table[i].line, x.r.content);
    }
}

#define G  "g=apidiscovery.k8s.io"
#define AS "as=APIGroupDiscoveryList"

static void aggregated_discovery_is_told_by_three_parameters(void **state)
{
    (void)state;
    static const struct {
        const char *type;
        bool is;
    } table[] = {
        {"application/json;" G ";v=v2;" AS, true},
        {"application/json;" AS ";v=v2;" G, true},
        {"application/json; charset=utf-8 ; V=v2;" G "; " AS ";", true},
        {"Application/JSON;g=\"apidiscovery.k8s.io\";v=\"v2\";as=\"APIGroupDiscoveryList\"", true},
        {"application/json;" G ";v=v2;" AS ";profile=nopeer", true},
        {"application/json", false},
        {"application/json;charset=\"" G ";v=v2;" AS "\"", false},
        {"application/json;" G ";v=v2beta1;" AS, false},
        {"application/json;" G ";v=v2;as=APIGroupList", false},
        {"application/json;g=apidiscovery;v=v2;" AS, false},
        {"application/json;g=APIdiscovery.k8s.io;v=v2;" AS, false},
        {"application/json;" G ";" AS, false},
        {"application/json;v=v2;" AS, false},
        {"application/json;" G ";v=v2", false},
        {"application/json;" G ";v=v2;" AS ";x", false},
        {"application/json;" G ";v=v2;" AS ";v=v2", false},
        {"application/yaml;" G ";v=v2;" AS, false},
    };
    for (size_t i = 0; i < COUNT(table); i++) {
        char line[256];
        snprintf(line, sizeof line, "Content-Type: %s", table[i].type);
        if (with_header(line)->aggregated != table[i].is)
            fail_msg("%s", table[i].type);
    }
}

// ---- warnings

static void warnings_are_handed_out_as_they_come_at_every_split(void **state)
{
    (void)state;
    static const char text[] = "HTTP/1.1 103 Early Hints\r\nWarning: 299 - \"early\"\r\n\r\n"
                               "HTTP/1.1 200 OK\r\n"
                               "Warning: 299 - \"one\"\r\n"
                               "Warnings: 299 - \"no\"\r\n"
                               "warning:\t299 - \"two\" \n"
                               "Warning: \r\n"
                               "Transfer-Encoding: chunked\r\n"
                               "WARNING:garbage\r\n\r\n"
                               "2\r\nok\r\n0\r\nWarning: 299 - \"late\"\r\n\r\n";
    static const char given[] = "299 - \"one\"\n299 - \"two\" \ngarbage\n";
    for (size_t at = 0; at < sizeof text; at++) {
        begin(&x);
        feed(&x, text, at);
        feed(&x, text + at, sizeof text - 1 - at);
        assert_true(x.ended);
        assert_body(KEDGE_STR("ok"));
        assert_int_equal(x.warnings_len, sizeof given - 1);
        assert_memory_equal(x.warnings, given, sizeof given - 1);
    }
    for (size_t piece = 1; piece < 9; piece++) {
        read_pieces(kedge_str_of(text), piece);
        assert_true(x.ended);
        assert_int_equal(x.warnings_len, sizeof given - 1);
        assert_memory_equal(x.warnings, given, sizeof given - 1);
    }
    read_all("HTTP/1.1 101 X\r\nWarning: w\r\n\r\n");
    assert_int_equal(x.warnings_len, 2);
}

// The header says so, and the reply goes on.
static void a_long_warning_is_cut(void **state)
{
    (void)state;
    static char text[2048];
    for (size_t len = KEDGE_HTTP_LINE - 2; len <= KEDGE_HTTP_LINE + 300; len++) {
        size_t head = (size_t)snprintf(text, sizeof text, "HTTP/1.1 204 X\r\nWarning: ");
        memset(text + head, 'w', len);
        memcpy(text + head + len, "\r\n\r\n", 5);
        read_all(text);
        assert_true(x.ended);
        assert_int_equal(x.warnings_len - 1, len < KEDGE_HTTP_LINE ? len : KEDGE_HTTP_LINE);
    }
}

static void an_encoded_body_is_told(void **state)
{
    (void)state;
    assert_false(with_header("X: y")->encoded);
    assert_false(with_header("Content-Encoding: identity")->encoded);
    assert_false(with_header("Content-Encoding: Identity ")->encoded);
    assert_false(with_header("Content-Encoding:")->encoded);
    assert_true(with_header("Content-Encoding: gzip")->encoded);
    assert_true(with_header("Content-Encoding: x")->encoded);
    assert_true(with_header("Content-Encoding: identity\r\nContent-Encoding: br")->encoded);
    assert_true(with_header("Content-Encoding: identity, gzip")->encoded);
}

static void a_location_is_cut_and_made_printable(void **state)
{
    (void)state;
    assert_string_equal(with_header("X: y")->location, "");
    assert_string_equal(with_header("Location: https://a/b")->location, "https://a/b");
    assert_string_equal(with_header("Location: a\tb\xc3\xa9")->location, "a?b??");
    for (size_t len = 120; len < 700; len += len < 140 || len > 490 ? 1 : 50) {
        char line[800] = "Location: ";
        memset(line + 10, 'a', len);
        line[10 + len] = '\0';
        char text[1000];
        snprintf(text, sizeof text, "HTTP/1.1 302 Found\r\n%s\r\nRetry-After: 5\r\n\r\n", line);
        read_all(text);
        assert_int_equal(x.err, KEDGE_OK);
        assert_int_equal(strlen(x.r.location), len < 127 ? len : 127);
        assert_int_equal(strspn(x.r.location, "a"), strlen(x.r.location));
        assert_int_equal(x.r.retry_after, 5);
    }
}

static void the_same_length_twice_is_one(void **state)
{
    (void)state;
    read_all("HTTP/1.1 200 OK\r\nContent-Length: 2\r\nContent-Length: 02\r\n\r\nok");
    assert_true(x.ended);
    assert_body(KEDGE_STR("ok"));
}

static void names_may_have_all_characters_of_a_token(void **state)
{
    (void)state;
    for (int c = 1; c < 256; c++) {
        char text[64];
        bool token = c < 128 && (strchr("!#$%&'*+-.^_`|~0123456789", c) != NULL ||
                                 (c >= 'a' && c <= 'z') || (c >= 'A' && c <= 'Z'));
        snprintf(text, sizeof text, "HTTP/1.1 204 X\r\nX%c: y\r\n\r\n", c);
        read_all(text);
        if (c != ':') // then the value begins earlier
            assert_int_equal(x.err, token ? KEDGE_OK : KEDGE_ERR_HTTP);
    }
}

static void names_that_begin_as_wanted_ones_are_not_them(void **state)
{
    (void)state;
    static const char *const names[] = {"Retry-Afte",
                                        "Retry-After-",
                                        "XRetry-After",
                                        "Date2",
                                        "Content-Lengthy",
                                        "Transfer-Encodings",
                                        "Transfer-Encoding-And-More",
                                        "Content_Length"};
    for (size_t i = 0; i < COUNT(names); i++) {
        char line[64];
        snprintf(line, sizeof line, "%s: 42", names[i]);
        const struct kedge_http_response *r = with_header(line);
        assert_int_equal(r->retry_after, -1);
        assert_false(r->has_length || r->chunked);
        assert_true(r->date == 0);
    }
}

// ---- limits

// A wanted header's value of `len` bytes.
static void a_wanted_value_may_have_512_bytes(void **state)
{
    (void)state;
    for (size_t len = 500; len < 530; len++) {
        char text[1024] = "HTTP/1.1 200 OK\r\nRetry-After:";
        size_t head = strlen(text);
        size_t at = strlen(text);
        memset(text + at, '0', head + len - at);
        strcpy(text + head + len, "\r\n\r\n");
        read_all(text);
        if (len <= KEDGE_HTTP_LINE) {
            assert_int_equal(x.err, KEDGE_OK);
            assert_int_equal(x.r.retry_after, 0);
        } else {
            assert_fails(text, KEDGE_ERR_TOO_LONG, "KEDGE_HTTP_LINE");
            assert_int_equal(kedge_http_finish(&x.r), KEDGE_ERR_TOO_LONG);
        }
    }
}

// A head of exactly `len` bytes, most of it an unwanted header's name or value.
static size_t make_head(char *text, size_t len, bool in_name, bool blank)
{
    const char *start = in_name ? "HTTP/1.1 204 X\r\nX" : "HTTP/1.1 204 X\r\nX: ";
    const char *end = in_name ? ":\r\n" : "\r\n";
    size_t tail = strlen(end) + (blank ? 2 : 0);
    strcpy(text, start);
    memset(text + strlen(start), 'x', len - strlen(start) - tail);
    strcpy(text + len - tail, end);
    if (blank)
        strcpy(text + len - 2, "\r\n");
    return len;
}

static void an_unwanted_line_is_skipped_up_to_the_limit_of_the_head(void **state)
{
    (void)state;
    static char text[KEDGE_HTTP_HEAD_MAX + 64];
    for (int in_name = 0; in_name < 2; in_name++) {
        for (size_t len = KEDGE_HTTP_HEAD_MAX - 3; len <= KEDGE_HTTP_HEAD_MAX + 3; len++) {
            size_t n = make_head(text, len, in_name != 0, true);
            read_pieces((kedge_str){text, n}, 0);
            if (len <= KEDGE_HTTP_HEAD_MAX) {
                assert_int_equal(x.err, KEDGE_OK);
                assert_true(x.ended);
            } else {
                assert_fails("a long head", KEDGE_ERR_TOO_LONG, "KEDGE_HTTP_HEAD_MAX");
                assert_int_equal(x.taken, KEDGE_HTTP_HEAD_MAX + 1);
            }
        }
    }
}

static void a_reason_or_many_headers_are_limited_too(void **state)
{
    (void)state;
    static char text[KEDGE_HTTP_HEAD_MAX + 64] = "HTTP/1.1 200 ";
    memset(text + 13, 'x', sizeof text - 13);
    read_pieces((kedge_str){text, sizeof text}, 0);
    assert_int_equal(x.err, KEDGE_ERR_TOO_LONG);
    assert_int_equal(x.taken, KEDGE_HTTP_HEAD_MAX + 1);

    begin(&x);
    feed(&x, "HTTP/1.1 200 OK\r\n", 17);
    size_t lines = 0;
    for (; lines < 100000 && x.err == KEDGE_OK; lines++)
        feed(&x, "A:\r\n", 4);
    assert_int_equal(x.err, KEDGE_ERR_TOO_LONG);
    assert_int_equal(lines, (KEDGE_HTTP_HEAD_MAX - 17) / 4 + 1);
}

static void trailers_are_limited_on_their_own(void **state)
{
    (void)state;
    static char text[2 * KEDGE_HTTP_HEAD_MAX];
    for (size_t len = KEDGE_HTTP_HEAD_MAX - 2; len <= KEDGE_HTTP_HEAD_MAX + 2; len++) {
        // The head's own bytes do not count.
        int head = snprintf(text, sizeof text, CHUNKED "0\r\nX:");
        size_t start = strlen(CHUNKED "0\r\n");
        memset(text + head, 'x', len);
        memcpy(text + start + len - 4, "\r\n\r\n", 4);
        read_pieces((kedge_str){text, start + len}, 0);
        if (len <= KEDGE_HTTP_HEAD_MAX) {
            assert_int_equal(x.err, KEDGE_OK);
            assert_true(x.ended);
        } else {
            assert_fails("long trailers", KEDGE_ERR_TOO_LONG, "the trailers are longer");
        }
    }
}

static void an_extension_is_limited(void **state)
{
    (void)state;
    static char text[2 * KEDGE_HTTP_HEAD_MAX];
    for (size_t len = KEDGE_HTTP_HEAD_MAX - 2; len <= KEDGE_HTTP_HEAD_MAX + 2; len++) {
        // The line of the size, with its CRLF, has `len` bytes.
        size_t start = strlen(CHUNKED);
        memcpy(text, CHUNKED "3;", start + 2);
        memset(text + start + 2, 'x', len);
        memcpy(text + start + len - 2, "\r\nabc\r\n0\r\n\r\n", 12);
        read_pieces((kedge_str){text, start + len + 10}, 0);
        if (len <= KEDGE_HTTP_HEAD_MAX) {
            assert_true(x.ended);
            assert_body(KEDGE_STR("abc"));
        } else {
            assert_fails("a long extension", KEDGE_ERR_TOO_LONG, "KEDGE_HTTP_HEAD_MAX");
            assert_int_equal(x.body_len, 0);
        }
    }
}

static void a_stream_of_one_byte_chunks_goes_on(void **state)
{
    (void)state;
    begin(&x);
    feed(&x, CHUNKED, strlen(CHUNKED));
    for (size_t i = 0; i < sizeof x.body; i++)
        feed(&x, "1\r\nx\r\n", 6);
    assert_int_equal(x.err, KEDGE_OK);
    assert_int_equal(x.body_len, sizeof x.body);
}

static void chunks_that_are_mostly_extension_do_not_go_on_for_ever(void **state)
{
    (void)state;
    char chunk[128];
    size_t len = (size_t)snprintf(chunk, sizeof chunk, "1;%0100d\r\nx\r\n", 0);
    begin(&x);
    feed(&x, CHUNKED, strlen(CHUNKED));
    size_t rounds = 0;
    for (; rounds < 100000 && x.err == KEDGE_OK; rounds++)
        feed(&x, chunk, len);
    assert_fails("extensions", KEDGE_ERR_TOO_LONG, "KEDGE_HTTP_HEAD_MAX");
    // Each costs 106 bytes of framing, of which 18 are free.
    assert_in_range(rounds, KEDGE_HTTP_HEAD_MAX / 88 - 2, KEDGE_HTTP_HEAD_MAX / 88 + 2);
}

static void long_chunks_pay_for_extensions(void **state)
{
    (void)state;
    static char chunk[4096];
    int at = snprintf(chunk, sizeof chunk, "400;%0900d\r\n", 0);
    memset(chunk + at, 'x', 1024);
    memcpy(chunk + at + 1024, "\r\n", 2);
    begin(&x);
    feed(&x, CHUNKED, strlen(CHUNKED));
    for (size_t i = 0; i < 128; i++)
        feed(&x, chunk, (size_t)at + 1026);
    assert_int_equal(x.err, KEDGE_OK);
    assert_int_equal(x.body_len, 128 * 1024);
}

// ---- random responses

struct builder {
    char text[1 << 18];
    size_t len;
};

static void put(struct builder *b, const char *bytes, size_t len)
{
    assert_true(b->len + len < sizeof b->text);
    memcpy(b->text + b->len, bytes, len);
    b->len += len;
}

static void put_text(struct builder *b, const char *text)
{
    put(b, text, strlen(text));
}

static void put_chunks(struct builder *b, struct kedge__random *random, const char *body,
                       size_t len)
{
    char line[128];
    for (size_t at = 0; at < len;) {
        uint64_t most = kedge__random_below(random, 10) == 0 ? 5000 : 60;
        size_t n = 1 + (size_t)kedge__random_below(random, most);
        n = n < len - at ? n : len - at;
        snprintf(line, sizeof line, kedge__random_below(random, 2) ? "%zx" : "00%zX", n);
        put_text(b, line);
        if (kedge__random_below(random, 4) == 0)
            put_text(b, " ;name=\"some value\"; other");
        put_text(b, "\r\n");
        put(b, body + at, n);
        put_text(b, "\r\n");
        at += n;
    }
    put_text(b, "0\r\n");
    for (uint64_t i = kedge__random_below(random, 3); i > 0; i--)
        put_text(b, "X-Trailer: of no use\r\n");
    put_text(b, "\r\n");
}

// Writes a response with that body. True if it ends by itself.
static bool put_response(struct builder *b, struct kedge__random *random, const char *body,
                         size_t len)
{
    static const char *const noise[] = {"Audit-Id: 1\r\n", "Content-Type: application/json\r\n",
                                        "Warning: 299 - \"x\"\r\n", "Date: never\r\n",
                                        "X-Transfer-Encoding-Of-Long-Name: chunked\r\n"};
    char line[128];
    uint64_t kind = kedge__random_below(random, 3);
    while (kedge__random_below(random, 4) == 0)
        put_text(b, "HTTP/1.1 100 Continue\r\n\r\n");
    put_text(b, "HTTP/1.1 200 OK\r\n");
    for (uint64_t i = kedge__random_below(random, 6); i > 0; i--)
        put_text(b, noise[kedge__random_below(random, COUNT(noise))]);
    if (kind == 0) {
        put_text(b, "Transfer-Encoding: chunked\r\n\r\n");
        put_chunks(b, random, body, len);
        return true;
    }
    snprintf(line, sizeof line, kind == 1 ? "Content-Length: %zu\r\n\r\n" : "\r\n", len);
    put_text(b, line);
    put(b, body, len);
    return kind == 1;
}

static void random_responses_randomly_split_give_their_body(void **state)
{
    (void)state;
    static struct builder b;
    static char body[20000];
    for (uint64_t seed = 1; seed <= 600; seed++) {
        struct kedge__random random;
        kedge__random_init(&random, seed);
        size_t len = (size_t)kedge__random_below(&random, seed % 8 == 0 ? sizeof body : 300);
        for (size_t i = 0; i < len; i++)
            body[i] = (char)kedge__random_next(&random);
        b.len = 0;
        bool ends = put_response(&b, &random, body, len);

        begin(&x);
        uint64_t most = 1 + kedge__random_below(&random, seed % 3 == 0 ? 2000 : 20);
        for (size_t at = 0; at < b.len;) {
            size_t n = 1 + (size_t)kedge__random_below(&random, most);
            n = n < b.len - at ? n : b.len - at;
            feed(&x, guard_put(b.text + at, n), n);
            at += n;
        }
        if (x.ended != ends || x.err != KEDGE_OK || x.body_len != len ||
            memcmp(x.body, body, len) != 0 || kedge_http_finish(&x.r) != KEDGE_OK)
            fail_msg("seed %d", (int)seed);
    }
}

int main(void)
{
    const struct CMUnitTest tests[] = {
        cmocka_unit_test(the_struct_is_small),
        cmocka_unit_test(every_real_reply_is_read_whole),
        cmocka_unit_test(a_real_reply_says_when_to_come_again),
        cmocka_unit_test(real_replies_split_in_two_anywhere_are_the_same),
        cmocka_unit_test(real_replies_in_small_pieces_are_the_same),
        cmocka_unit_test(two_replies_in_one_buffer_are_told_apart),
        cmocka_unit_test(a_reply_cut_anywhere_is_cut_short),
        cmocka_unit_test(nothing_is_read_beyond_the_input),
        cmocka_unit_test(a_body_is_one_slice_a_chunk),
        cmocka_unit_test(the_events_come_in_order),
        cmocka_unit_test(the_end_comes_without_further_bytes),
        cmocka_unit_test(statuses_without_a_body_end_with_their_head),
        cmocka_unit_test(without_a_length_the_body_ends_with_the_stream),
        cmocka_unit_test(an_idle_connection_that_closes_is_told_from_half_an_answer),
        cmocka_unit_test(interim_responses_are_skipped),
        cmocka_unit_test(interim_responses_without_end_are_not),
        cmocka_unit_test(chunks_are_joined),
        cmocka_unit_test(a_chunk_may_be_as_long_as_63_bits_say),
        cmocka_unit_test(what_is_malformed_is_refused_and_named),
        cmocka_unit_test(a_nul_is_refused_wherever_it_is),
        cmocka_unit_test(a_failure_stays),
        cmocka_unit_test(one_changed_byte_never_breaks_the_parser),
        cmocka_unit_test(lines_of_the_head_may_end_with_a_bare_line_feed),
        cmocka_unit_test(the_reason_may_be_missing),
        cmocka_unit_test(statuses_run_from_200_to_999),
        cmocka_unit_test(the_connection_is_kept_as_the_server_says),
        cmocka_unit_test(names_have_no_case_and_values_no_outer_space),
        cmocka_unit_test(only_whole_seconds_are_a_time_to_wait),
        cmocka_unit_test(dates_are_read),
        cmocka_unit_test(dates_of_older_forms_are_read),
        cmocka_unit_test(no_part_of_a_date_is_a_date),
        cmocka_unit_test(every_day_of_four_centuries_has_its_number),
        cmocka_unit_test(the_kind_of_content_is_told),
        cmocka_unit_test(aggregated_discovery_is_told_by_three_parameters),
        cmocka_unit_test(warnings_are_handed_out_as_they_come_at_every_split),
        cmocka_unit_test(a_long_warning_is_cut),
        cmocka_unit_test(an_encoded_body_is_told),
        cmocka_unit_test(a_location_is_cut_and_made_printable),
        cmocka_unit_test(the_same_length_twice_is_one),
        cmocka_unit_test(names_may_have_all_characters_of_a_token),
        cmocka_unit_test(names_that_begin_as_wanted_ones_are_not_them),
        cmocka_unit_test(a_wanted_value_may_have_512_bytes),
        cmocka_unit_test(an_unwanted_line_is_skipped_up_to_the_limit_of_the_head),
        cmocka_unit_test(a_reason_or_many_headers_are_limited_too),
        cmocka_unit_test(trailers_are_limited_on_their_own),
        cmocka_unit_test(an_extension_is_limited),
        cmocka_unit_test(a_stream_of_one_byte_chunks_goes_on),
        cmocka_unit_test(chunks_that_are_mostly_extension_do_not_go_on_for_ever),
        cmocka_unit_test(long_chunks_pay_for_extensions),
        cmocka_unit_test(random_responses_randomly_split_give_their_body),
    };
    return cmocka_run_group_tests(tests, NULL, NULL);
}
