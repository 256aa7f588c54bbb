// SPDX-License-Identifier: Apache-2.0
#include "sieve_log.h"

#include <setjmp.h>
#include <stdarg.h>
#include <stdio.h>
#include <stdlib.h>

#include <cmocka.h>

#include "guard.h"

enum { LOG_MAX = 4 << 20, LARGE = 256 << 10 };

struct log {
    char *text;
    size_t len;
};

static void write_line(struct log *log, const char *what, kedge_str s, kedge_str around)
{
    int n =
        snprintf(log->text + log->len, LOG_MAX - log->len, "%s%s%.*s%s%.*s\n", what,
                 s.len > 0 ? " " : "", (int)s.len, s.len > 0 ? s.ptr : "",
                 around.len > 0 ? " | " : "", (int)around.len, around.len > 0 ? around.ptr : "");
    assert_true(n > 0 && (size_t)n < LOG_MAX - log->len);
    log->len += (size_t)n;
}

static void write_error(struct log *log, const struct kedge_sieve *s, kedge_err err)
{
    char line[256];
    // Where the envelope overflows depends on how it came.
    snprintf(line, sizeof line, "%s at %d: %s", kedge_err_name(err),
             err == KEDGE_ERR_JSON ? (int)s->offset : 0, s->problem);
    write_line(log, "error", kedge_str_of(line), KEDGE_STR(""));
}

// Feeds one piece whole. False after an error.
static bool feed(struct kedge_sieve *s, struct log *log, const char *piece, size_t len)
{
    enum kedge_sieve_event event = KEDGE_SIEVE_ITEM;
    while (event != KEDGE_SIEVE_MORE) {
        size_t used = (size_t)-1;
        kedge_err err = kedge_sieve_feed(s, piece, len, &used, &event);
        assert_true(used <= len);
        if (used > 0)
            piece += used; // not on the NULL of an empty piece
        len -= used;
        if (err != KEDGE_OK) {
            size_t again = 1;
            write_error(log, s, err);
            assert_int_equal(kedge_sieve_feed(s, "{}", 2, &again, &event), err);
            assert_int_equal(again, 0);
            assert_int_equal(event, KEDGE_SIEVE_MORE);
            return false;
        }
        if (event == KEDGE_SIEVE_ITEM)
            write_line(log,
                       s->unusable   ? "none"
                       : s->overflow ? "over"
                                     : "item",
                       s->item, s->envelope);
        if (event == KEDGE_SIEVE_END)
            write_line(log, "end", s->envelope, KEDGE_STR(""));
    }
    assert_int_equal(len, 0);
    return true;
}

struct kedge_sieve_options sieve_of(enum kedge_sieve_shape shape, const struct kedge_table *table,
                                    uint16_t identity, const struct kedge_table *envelope)
{
    struct kedge_sieve_options o = {
        .shape = shape, .tables = {table}, .identity = identity, .envelope = envelope};
    return o;
}

const char *sieve_log(const struct kedge_sieve_options *options, kedge_str text, size_t first,
                      size_t size)
{
    static char *texts[2];
    static int turn;
    struct kedge_sieve_options o = *options;
    struct kedge_sieve s;
    turn = !turn;
    if (texts[turn] == NULL)
        texts[turn] = malloc(LOG_MAX);
    assert_non_null(texts[turn]);
    struct log log = {texts[turn], 0};
    log.text[0] = '\0';
    o.item_cap = o.item_cap > 0 ? o.item_cap : LARGE;
    o.envelope_cap = o.envelope_cap > 0 ? o.envelope_cap : LARGE;
    o.item_buf = malloc(o.item_cap);
    o.envelope_buf = malloc(o.envelope_cap);
    assert_int_equal(kedge_sieve_init(&s, &o), KEDGE_OK);

    bool good = true;
    size_t piece = first;
    for (size_t at = 0; good && at < text.len; at += piece, piece = size) {
        if (piece == 0)
            piece = size;
        if (piece == 0 || piece > text.len - at)
            piece = text.len - at;
        good = feed(&s, &log, guard_put(text.ptr + at, piece), piece);
    }
    // What an object's END needs is one more call, with or without bytes.
    if (good)
        good = feed(&s, &log, NULL, 0);
    kedge_err end = kedge_sieve_finish(&s);
    assert_int_equal(kedge_sieve_finish(&s), end);
    write_line(&log, end == KEDGE_OK ? "ends" : "breaks off", KEDGE_STR(""), KEDGE_STR(""));
    free(o.item_buf);
    free(o.envelope_buf);
    return log.text;
}
