// SPDX-License-Identifier: Apache-2.0
// event_name.c - what an event is called: after its object and the time, as client-go's
// GenerateEventName.
//
// A name need not be kept: it is made anew of the object's name and a stamp, which are the
// nanoseconds since 1970. Ports count microseconds at best, and some of them seconds, so the last
// three digits are drawn, and go on from there while the time is the same.
#include "base/hash.h"
#include "kedge/validation.h"
#include "tools/event_priv.h"

#define NO_TIME    (UINT64_C(1) << 63) // nanoseconds do not reach it before 2262
#define NANOSECOND 1000                // of a microsecond

kedge_timestamp kedge__event_wall(const struct kedge__events *e,
                                  const struct kedge__event_entry *entry, kedge_time now)
{
    if (entry->wall > 0)
        return entry->wall;
    kedge_timestamp wall = kedge_wall_clock(e->k);
    wall -= (now - entry->at) * 1000;
    return wall > 0 ? wall : 0;
}

uint64_t kedge__event_stamp(struct kedge__events *e, kedge_timestamp wall)
{
    if (wall <= 0 || (uint64_t)wall >= NO_TIME / NANOSECOND)
        return kedge__random_next64(&e->random) | NO_TIME;
    if (wall == e->stamp_of)
        return ++e->stamp;
    e->stamp_of = wall;
    // So that as many again have the same time.
    e->stamp = (uint64_t)wall * NANOSECOND + kedge__random_below(&e->random, NANOSECOND / 2);
    return e->stamp;
}

kedge_timestamp kedge__event_stamp_time(uint64_t stamp)
{
    return (stamp & NO_TIME) != 0 ? 0 : (kedge_timestamp)(stamp / NANOSECOND);
}

static void put_hex(struct kedge__line *l, uint64_t n, unsigned digits)
{
    for (unsigned i = digits; i > 0; i--)
        kedge__line_byte(l, "0123456789abcdef"[n >> (4 * (i - 1)) & 15]);
}

// A random UUID, version 4; always the same for that name and stamp.
static void put_uuid(struct kedge__line *l, const struct kedge__events *e, const char *name,
                     uint64_t stamp)
{
    uint32_t word[4];
    uint32_t low = e->secret[0] ^ (uint32_t)stamp;
    uint32_t high = e->secret[1] ^ (uint32_t)(stamp >> 32);
    for (uint32_t i = 0; i < 4; i++)
        word[i] = kedge__hash_keyed(low, high ^ i << 30, name, strlen(name));
    put_hex(l, word[0], 8);
    kedge__line_byte(l, '-');
    put_hex(l, word[1] >> 16, 4);
    kedge__line_byte(l, '-');
    put_hex(l, 0x4000 | (word[1] & 0xfff), 4);
    kedge__line_byte(l, '-');
    put_hex(l, 0x8000 | (word[2] >> 16 & 0x3fff), 4);
    kedge__line_byte(l, '-');
    put_hex(l, word[2] & 0xffff, 4);
    put_hex(l, word[3], 8);
}

static unsigned digits_of(uint64_t n)
{
    unsigned digits = 1;
    while (digits < 16 && n >> (4 * digits) != 0)
        digits++;
    return digits;
}

void kedge__event_place(struct kedge__events *e, const char *const *texts, uint64_t stamp)
{
    struct kedge__line l;
    const char *namespace_ = texts[KEDGE__EVENT_NAMESPACE];
    kedge__line_init(&l, e->sink.namespace_, sizeof e->sink.namespace_);
    kedge__line_text(&l, namespace_[0] != '\0' ? namespace_ : "default");
    kedge__line_init(&l, e->sink.name, sizeof e->sink.name);
    kedge__line_text(&l, texts[KEDGE__EVENT_NAME]);
    kedge__line_byte(&l, '.');
    put_hex(&l, stamp, digits_of(stamp));
    if (!l.cut && kedge_dns_subdomain_problem(e->sink.name) == NULL)
        return;
    kedge__line_init(&l, e->sink.name, sizeof e->sink.name);
    put_uuid(&l, e, texts[KEDGE__EVENT_NAME], stamp);
}
