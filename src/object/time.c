// SPDX-License-Identifier: Apache-2.0
// time.c - RFC 3339, to and from microseconds since 1970.
//
// Days are counted in the proleptic Gregorian calendar, in eras of 400 years that begin on the
// first of March, so that the leap day is the last of its year.
#include "object/date.h"

#define MICROSECONDS INT64_C(1000000)
#define DAY_SECONDS  INT64_C(86400)

enum { ERA_DAYS = 146097, DAYS_TO_1970 = 719468 };

// `year` is not negative.
static int32_t days_of(int year, int month, int day)
{
    int shifted = year + 400 - (month > 2 ? 0 : 1); // an era later, so that it is never negative
    int of_year = (153 * (month > 2 ? month - 3 : month + 9) + 2) / 5 + day - 1;
    int32_t days = shifted * 365 + shifted / 4 - shifted / 100 + shifted / 400 + of_year;
    return days - ERA_DAYS - DAYS_TO_1970;
}

static int month_days(int year, int month)
{
    static const unsigned char days[] = {31, 28, 31, 30, 31, 30, 31, 31, 30, 31, 30, 31};
    bool leap = year % 4 == 0 && (year % 100 != 0 || year % 400 == 0);
    return days[month - 1] + (month == 2 && leap ? 1 : 0);
}

// The text not read yet; `ok` turns false at the first byte that does not fit, and stays so.
struct scan {
    const char *at;
    const char *end;
    bool ok;
};

static bool at_digit(const struct scan *s)
{
    return s->at < s->end && *s->at >= '0' && *s->at <= '9';
}

static int number(struct scan *s, int digits, int low, int high)
{
    int n = 0;
    for (; digits > 0 && at_digit(s); digits--)
        n = n * 10 + (*s->at++ - '0');
    if (digits == 0 && n >= low && n <= high)
        return n;
    s->ok = false;
    return low;
}

static void literal(struct scan *s, char c)
{
    if (s->at < s->end && *s->at == c)
        s->at++;
    else
        s->ok = false;
}

// ".123456": one digit at least; Go takes a comma as well.
static int fraction(struct scan *s)
{
    if (s->at == s->end || (*s->at != '.' && *s->at != ','))
        return 0;
    s->at++;
    s->ok = s->ok && at_digit(s);
    int micro = 0;
    for (int unit = 100000; at_digit(s); unit /= 10)
        micro += (*s->at++ - '0') * unit;
    return micro;
}

// Seconds east of Greenwich.
static int zone(struct scan *s)
{
    if (s->at < s->end && *s->at == 'Z') {
        s->at++;
        return 0;
    }
    int sign = s->at < s->end && *s->at == '-' ? -1 : 1;
    literal(s, sign < 0 ? '-' : '+');
    int hours = number(s, 2, 0, 24);
    literal(s, ':');
    int minutes = number(s, 2, 0, 60);
    return sign * (hours * 60 + minutes) * 60;
}

// Seconds since 1970, and the microseconds behind them.
static bool parse(kedge_str text, int64_t *seconds, int *micro)
{
    // The bytes in front of each number; the largest that each may be.
    static const char before[] = {'\0', '-', '-', 'T', ':', ':'};
    static const int16_t most[] = {9999, 12, 31, 23, 59, 59};
    enum { YEAR, MONTH, DAY, HOUR, MINUTE, SECOND, PARTS };
    int part[PARTS];
    if (text.len == 0)
        return false;
    struct scan s = {text.ptr, text.ptr + text.len, true};
    for (int i = YEAR; i < PARTS; i++) {
        if (i > YEAR)
            literal(&s, before[i]);
        part[i] = number(&s, i == YEAR ? 4 : 2, i == MONTH || i == DAY ? 1 : 0, most[i]);
    }
    *micro = fraction(&s);
    int east = zone(&s);
    if (!s.ok || s.at != s.end || part[DAY] > month_days(part[YEAR], part[MONTH]))
        return false;
    int of_day = part[HOUR] * 3600 + part[MINUTE] * 60 + part[SECOND] - east;
    int64_t days = days_of(part[YEAR], part[MONTH], part[DAY]);
    *seconds = days * DAY_SECONDS + of_day;
    return true;
}

bool kedge_timestamp_parse(kedge_str text, kedge_timestamp *out)
{
    int64_t seconds;
    int micro;
    if (!parse(text, &seconds, &micro))
        return false;
    *out = seconds * MICROSECONDS + micro;
    return true;
}

bool kedge__date_parse(kedge_str text, struct kedge_date *out)
{
    int64_t seconds;
    int micro;
    if (!parse(text, &seconds, &micro))
        return false;
    if (seconds < 0)
        seconds = 0;
    out->seconds = seconds < UINT32_MAX ? (uint32_t)seconds : UINT32_MAX;
    return true;
}

struct calendar {
    int year, month, day;
};

static struct calendar calendar_of(int64_t days)
{
    days += DAYS_TO_1970;
    int64_t era = (days >= 0 ? days : days - (ERA_DAYS - 1)) / ERA_DAYS;
    int of_era = (int)(days - era * ERA_DAYS);
    int year = (of_era - of_era / 1460 + of_era / 36524 - of_era / 146096) / 365;
    int of_year = of_era - (365 * year + year / 4 - year / 100);
    int month = (5 * of_year + 2) / 153;
    struct calendar c = {year + (int)era * 400, month < 10 ? month + 3 : month - 9,
                         of_year - (153 * month + 2) / 5 + 1};
    c.year += c.month <= 2 ? 1 : 0;
    return c;
}

static char *put(char *to, int n, int digits, char after)
{
    for (int i = digits - 1; i >= 0; i--, n /= 10)
        to[i] = (char)('0' + n % 10);
    to[digits] = after;
    return to + digits + 1;
}

size_t kedge_timestamp_format(kedge_timestamp t, bool micro, char buf[KEDGE_TIMESTAMP_TEXT])
{
    int rest = (int)(t % MICROSECONDS);
    int64_t seconds = t / MICROSECONDS - (rest < 0 ? 1 : 0);
    int64_t days = seconds / DAY_SECONDS - (seconds % DAY_SECONDS < 0 ? 1 : 0);
    int of_day = (int)(seconds - days * DAY_SECONDS);
    struct calendar c = calendar_of(days);
    buf[0] = '\0';
    if (c.year < 0 || c.year > 9999)
        return 0;
    char *to = put(buf, c.year, 4, '-');
    to = put(to, c.month, 2, '-');
    to = put(to, c.day, 2, 'T');
    to = put(to, of_day / 3600, 2, ':');
    to = put(to, of_day / 60 % 60, 2, ':');
    to = put(to, of_day % 60, 2, micro ? '.' : 'Z');
    if (micro)
        to = put(to, rest < 0 ? rest + (int)MICROSECONDS : rest, 6, 'Z');
    *to = '\0';
    return (size_t)(to - buf);
}
