// SPDX-License-Identifier: Apache-2.0
// time.c - any text as a time, against the C library's calendar; and any moment there and back.
#define _GNU_SOURCE // timegm
#include <stdio.h>
#include <time.h>

#include "kedge/time.h"

#include "fuzz.h"

// Without an offset: the calendar of the C library gives the same.
static void like_the_library(const char *text, kedge_timestamp t)
{
    struct tm tm = {0};
    int used = 0;
    PROMISE(sscanf(text, "%4d-%2d-%2dT%2d:%2d:%2d%n", &tm.tm_year, &tm.tm_mon, &tm.tm_mday,
                   &tm.tm_hour, &tm.tm_min, &tm.tm_sec, &used) == 6);
    PROMISE(used == 19 && tm.tm_sec < 60);
    tm.tm_year -= 1900;
    tm.tm_mon -= 1;
    struct tm asked = tm;
    int64_t seconds = (int64_t)timegm(&tm);
    // timegm puts right what is no day; the reader refuses it.
    PROMISE(asked.tm_mday == tm.tm_mday && asked.tm_mon == tm.tm_mon);
    long micro = 0;
    if (text[19] == '.' || text[19] == ',') {
        for (int i = 20, scale = 100000; text[i] >= '0' && text[i] <= '9'; i++, scale /= 10)
            micro += (text[i] - '0') * scale;
    }
    if (text[strlen(text) - 1] == 'Z')
        PROMISE(t == seconds * 1000000 + micro);
    else
        PROMISE(t % 1000000 == micro || t % 1000000 == micro - 1000000);
}

static void there_and_back(kedge_timestamp t)
{
    struct {
        char text[KEDGE_TIMESTAMP_TEXT];
        char guard;
    } buf = {.guard = 0x5a};
    kedge_timestamp back = 0;
    size_t len = kedge_timestamp_format(t, true, buf.text);
    PROMISE(buf.guard == 0x5a && len < sizeof buf.text && strlen(buf.text) == len);
    if (len == 0)
        return;
    PROMISE(kedge_timestamp_parse((kedge_str){buf.text, len}, &back) && back == t);
    like_the_library(buf.text, t);
    len = kedge_timestamp_format(t, false, buf.text);
    PROMISE(len == 20 && kedge_timestamp_parse((kedge_str){buf.text, len}, &back));
    PROMISE(back <= t && t - back < 1000000);
}

int LLVMFuzzerTestOneInput(const uint8_t *bytes, size_t len)
{
    struct fuzz_input in;
    kedge_timestamp t = 0x5a5a;
    if (!fuzz_open(&in, bytes, len) || in.data.len > 512)
        return 0;
    if (in.data.len >= sizeof t) {
        memcpy(&t, in.data.ptr, sizeof t);
        there_and_back(t);
        there_and_back(t % (INT64_C(400) * 366 * 86400 * 1000000));
        t = 0x5a5a;
    }
    if (!kedge_timestamp_parse(in.data, &t)) {
        PROMISE(t == 0x5a5a);
        return 0;
    }
    char text[513];
    memcpy(text, in.data.ptr, in.data.len);
    text[in.data.len] = '\0';
    PROMISE(strlen(text) == in.data.len);
    like_the_library(text, t);
    there_and_back(t);
    return 0;
}
