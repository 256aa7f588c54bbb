// SPDX-License-Identifier: Apache-2.0
#include "sweep.h"

#include <setjmp.h>
#include <stdarg.h>
#include <stddef.h>
#include <stdio.h>
#include <stdlib.h>

#include <cmocka.h>

#include "guard.h"

enum { SAID_MAX = 1 << 16, FIELD = 1 << 16, AMONG = 32 };

static bool whole_sweeps;

void sweep_arguments(int argc)
{
    whole_sweeps = argc > 1;
}

bool sweep_whole(void)
{
    return whole_sweeps;
}

size_t sweep_step(size_t len, size_t bytes)
{
    size_t step = len * len / bytes;
    return whole_sweeps || step == 0 ? 1 : step;
}

// ---- places

static const char *say(const struct sweep_parser *p, const char *at, size_t len, char *buf)
{
    struct kedge__line said;
    kedge__line_init(&said, buf, SAID_MAX);
    p->parse((kedge_str){at, len}, &said);
    assert_false(said.cut);
    return buf;
}

// A copy among other bytes: those that follow it in the input, or `around` on both sides.
static char *put_among(char *field, const char *text, size_t len, size_t followed, char around)
{
    memset(field, around, AMONG + len + AMONG);
    memcpy(field + AMONG, text, len + (followed < AMONG ? followed : AMONG));
    return field + AMONG;
}

static void one_text(const struct sweep_parser *p, const char *input, size_t len, size_t left)
{
    static char field[FIELD];
    static char expected[SAID_MAX];
    static char other[SAID_MAX];
    static char text[FIELD];
    size_t bytes = len + p->nul;
    assert_true(AMONG + bytes + AMONG < sizeof field);
    memcpy(text, input, len);
    text[len] = '\0';
    if (!p->nul)
        memcpy(text + len, input + len, left < AMONG ? left : AMONG);
    say(p, put_among(field, text, bytes, p->nul ? 0 : left, '0'), len, expected);
    for (int place = 0; place < 3; place++) {
        const char *at = place == 0   ? put_among(field, text, bytes, 0, '\xff')
                         : place == 1 ? guard_put(text, bytes)
                                      : guard_put_behind(text, bytes);
        if (strcmp(say(p, at, len, other), expected) != 0)
            fail_msg("%s of \"%.*s\": \"%s\" among other bytes, \"%s\" at place %d", p->name,
                     (int)len, input, expected, other, place);
    }
}

size_t sweep_places(const struct sweep_parser *p)
{
    size_t texts = 0;
    for (const char *const *input = p->inputs; *input != NULL; input++) {
        size_t whole = strlen(*input);
        for (size_t len = 0; len <= whole; len++, texts++)
            one_text(p, *input, len, whole - len);
    }
    return texts;
}

// ---- buffers

static void assert_left(const struct sweep_writer *w, const char *buf, size_t cap,
                        const char *expected)
{
    size_t same = w->left == SWEEP_PREFIX ? cap : w->left == SWEEP_NUL && cap > 0 ? cap - 1 : 0;
    assert_memory_equal(buf, expected, same);
    if (w->left == SWEEP_NUL && cap > 0)
        assert_int_equal(buf[cap - 1], '\0');
    for (size_t i = 0; i < cap; i++) {
        bool clean = buf[i] == GUARD_FILL || (w->left == SWEEP_NOTHING && buf[i] == '\0');
        if ((w->left == SWEEP_UNTOUCHED || w->left == SWEEP_NOTHING) && !clean)
            fail_msg("%s into %zu bytes left something at %zu", w->name, cap, i);
    }
}

static void one_buffer(const struct sweep_writer *w, size_t cap, const char *expected, size_t whole)
{
    size_t len = 0;
    char *buf = guard_room(cap);
    kedge_err err = w->write(buf, cap, &len);
    for (size_t i = 1; i <= GUARD_MARGIN; i++)
        assert_int_equal(*(buf - i), GUARD_FILL);
    if (cap >= whole + w->behind) {
        assert_int_equal(err, KEDGE_OK);
        assert_int_equal(len, whole);
        assert_memory_equal(buf, expected, whole);
        return;
    }
    if (err != w->too_small)
        fail_msg("%s into %zu of %zu bytes: %s", w->name, cap, whole, kedge_err_name(err));
    if (w->says_whole)
        assert_int_equal(len, whole);
    assert_left(w, buf, cap, expected);
}

size_t sweep_buffers(const struct sweep_writer *w)
{
    static _Alignas(max_align_t) char expected[FIELD];
    size_t whole = 0;
    assert_int_equal(w->write(expected, sizeof expected, &whole), KEDGE_OK);
    assert_true(whole > 0 && whole < sizeof expected);
    size_t unit = w->unit > 0 ? w->unit : 1;
    for (size_t cap = 0; cap < whole + w->behind + 9 * unit; cap += unit)
        one_buffer(w, cap, expected, whole);
    return (whole + w->behind) / unit;
}

// ---- pieces

struct pieces {
    const struct sweep_stream *stream;
    kedge_str text;
    char *expected;
    size_t runs;
    size_t fed;
    bool behind;
};

static void feed(struct pieces *p, size_t len)
{
    len = len < p->text.len - p->fed ? len : p->text.len - p->fed;
    const char *from = p->text.ptr + p->fed;
    p->behind = !p->behind;
    p->stream->feed(p->stream->ctx, p->behind ? guard_put_behind(from, len) : guard_put(from, len),
                    len);
    p->fed += len;
}

static void begin(struct pieces *p)
{
    p->fed = 0;
    p->stream->begin(p->stream->ctx);
}

static void compare(struct pieces *p, const char *how, size_t n)
{
    const char *got = p->stream->end(p->stream->ctx);
    p->runs++;
    if (strcmp(got, p->expected) != 0)
        fail_msg("%s %zu: \"%s\" in place of \"%s\"", how, n, got, p->expected);
}

static void random_pieces(struct pieces *p, unsigned seed)
{
    uint32_t dice = seed;
    begin(p);
    while (p->fed < p->text.len) {
        dice = dice * UINT32_C(1664525) + UINT32_C(1013904223);
        // Mostly short ones, now and then a long one.
        feed(p, (dice >> 8) % ((dice >> 28) == 0 ? 4096 : 24));
    }
    compare(p, "pieces of seed", seed);
}

size_t sweep_pieces(const struct sweep_stream *s, kedge_str text, size_t step, unsigned random)
{
    struct pieces p = {.stream = s, .text = text};
    begin(&p);
    feed(&p, text.len);
    const char *got = s->end(s->ctx);
    p.expected = malloc(strlen(got) + 1);
    assert_non_null(p.expected);
    strcpy(p.expected, got);
    for (size_t at = 0; at <= text.len; at += step) {
        begin(&p);
        feed(&p, at);
        feed(&p, text.len);
        compare(&p, "split at", at);
    }
    for (size_t size = 1; size < 8; size++) {
        begin(&p);
        while (p.fed < text.len)
            feed(&p, size);
        compare(&p, "pieces of", size);
    }
    for (unsigned seed = 1; seed <= random; seed++)
        random_pieces(&p, seed);
    free(p.expected);
    return p.runs;
}
