// SPDX-License-Identifier: Apache-2.0
// chunked.c - chunked bodies, against the plainest decoder and the plainest encoder.
//
// Variant 0: any bytes behind the head of a chunked response. What ends well holds the body that a
// decoder gives that has the whole text; and what that decoder finds written without any freedom
// ends well. Variant 1: the bytes as a body, chunked here, come back as they were.
#include <stdio.h>
#include <stdlib.h>

#include "kedge/http.h"

#include "fuzz.h"
#include "guard.h"

struct body {
    size_t len;
    size_t used; // bytes of the input up to the end of the response
    bool whole;
    char bytes[FUZZ_MAX];
};

static const char head[] = "HTTP/1.1 200 OK\r\nTransfer-Encoding: chunked\r\n\r\n";

static void start(struct kedge_http_response *r)
{
    enum kedge_http_event event;
    kedge_str slice;
    size_t used;
    kedge_http_response_init(r);
    PROMISE(kedge_http_feed(r, head, sizeof head - 1, &used, &event, &slice) == KEDGE_OK);
    PROMISE(event == KEDGE_HTTP_HEAD && used == sizeof head - 1 && r->chunked);
}

static void decode(struct body *to, struct fuzz_input in)
{
    struct kedge_http_response r;
    enum kedge_http_event event = KEDGE_HTTP_MORE;
    kedge_err err = KEDGE_OK;
    to->len = to->used = 0;
    start(&r);
    while (err == KEDGE_OK && event != KEDGE_HTTP_END && to->used < in.data.len) {
        kedge_str slice;
        size_t used;
        size_t piece = fuzz_piece(&in, in.data.len - to->used);
        err = kedge_http_feed(&r, in.data.ptr + to->used, piece, &used, &event, &slice);
        PROMISE(used <= piece && slice.len <= used);
        if (slice.len > 0)
            memcpy(to->bytes + to->len, slice.ptr, slice.len);
        to->len += slice.len;
        to->used += used;
    }
    to->whole = err == KEDGE_OK && event == KEDGE_HTTP_END;
    PROMISE((kedge_http_finish(&r) == KEDGE_OK) == to->whole);
}

// The plain decoder ------------------------------------------------------------------------------

static int digit_of(char c)
{
    const char *digits = "0123456789abcdefABCDEF";
    const char *at = c != '\0' ? strchr(digits, c) : NULL;
    return at == NULL ? -1 : (int)(at - digits) - (at - digits > 15 ? 6 : 0);
}

// Takes a size and its line. False: there is none. *free: written with some freedom.
static bool plain_size(kedge_str *text, size_t *size, bool *has_freedom)
{
    kedge_str line = fuzz_line(text);
    size_t digits = 0;
    *size = 0;
    for (; digits < line.len && digit_of(line.ptr[digits]) >= 0; digits++)
        *size = *size * 16 + (size_t)digit_of(line.ptr[digits]);
    if (digits + 1 != line.len || digits > 8 || line.ptr[digits] != '\r')
        *has_freedom = true;
    return digits > 0;
}

// Decodes what a well-meaning sender has written. *has_freedom: or somebody else.
static void plain_decode(struct body *to, kedge_str text, bool *has_freedom)
{
    const char *begin = text.ptr;
    size_t size;
    to->len = 0;
    to->whole = *has_freedom = false;
    while (plain_size(&text, &size, has_freedom) && size <= text.len) {
        if (size == 0) {
            to->whole = text.len >= 2 && memcmp(text.ptr, "\r\n", 2) == 0;
            *has_freedom = *has_freedom || !to->whole;
            to->used = (size_t)(text.ptr - begin) + 2;
            return;
        }
        memcpy(to->bytes + to->len, text.ptr, size);
        to->len += size;
        text.ptr += size;
        text.len -= size;
        if (text.len < 2 || memcmp(text.ptr, "\r\n", 2) != 0)
            return;
        text.ptr += 2;
        text.len -= 2;
    }
}

static void like_the_plain_decoder(struct fuzz_input in)
{
    static struct body ours, plain;
    bool has_freedom;
    decode(&ours, in);
    plain_decode(&plain, in.data, &has_freedom);
    if (plain.whole && !has_freedom)
        PROMISE(ours.whole && ours.used == plain.used);
    if (ours.whole)
        PROMISE(ours.len == plain.len && memcmp(ours.bytes, plain.bytes, ours.len) == 0);
}

// There and back ---------------------------------------------------------------------------------

static size_t encode(char *out, struct fuzz_input in)
{
    size_t len = 0;
    for (size_t at = 0, n; at < in.data.len; at += n) {
        n = fuzz_piece(&in, in.data.len - at);
        static const char *const forms[] = {"%zx\r\n", "%zX\r\n", "0%zx\r\n", "%zx \t;a=\"b\"\r\n"};
        len += (size_t)sprintf(out + len, forms[n % 4], n);
        memcpy(out + len, in.data.ptr + at, n);
        len += n;
        len += (size_t)sprintf(out + len, "\r\n");
    }
    return len + (size_t)sprintf(out + len, "0\r\nDigest: of the body\r\n\r\n");
}

static void there_and_back(struct fuzz_input in)
{
    static struct body back;
    char *sent = malloc(in.data.len * 24 + 64);
    PROMISE(sent != NULL);
    struct fuzz_input coded = in;
    coded.data = (kedge_str){sent, encode(sent, in)};
    coded.random ^= 0x5a5a;
    decode(&back, coded);
    PROMISE(back.whole && back.used == coded.data.len && back.len == in.data.len);
    PROMISE(memcmp(back.bytes, in.data.ptr, back.len) == 0);
    free(sent);
}

int LLVMFuzzerTestOneInput(const uint8_t *bytes, size_t len)
{
    struct fuzz_input in;
    if (!fuzz_open(&in, bytes, len))
        return 0;
    if (fuzz_choose(&in, 2) == 0)
        like_the_plain_decoder(in);
    else
        there_and_back(in);
    return 0;
}
