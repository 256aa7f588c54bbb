// SPDX-License-Identifier: Apache-2.0
// sieve.c - the sieve: from any state that the invariant allows, a step over any bytes leads to no
// error, to a place within the range, and to a state that the invariant allows. So does any text,
// however it is cut.
//
// Which rows a key leaves possible is not looked at here: any may be (select.c proves itself).
//
// with: src/json/text.c src/json/skip.c src/json/utf8.c
// eva: -eva-use-spec add,cut_down -eva-slevel 50
// eva: -eva-slevel-function skip_outside:1000,skip_container:1000,kedge__sieve_skip:1000
#include "any.h"

#include "json/sieve_priv.h"

/*@ requires \valid_read((const char *)bytes + (0 .. len - 1));
    requires s->item_len <= 600 && s->envelope_len <= 600;
    assigns s->item_len, s->envelope_len, \result \from len, s->in_item;
    ensures s->item_len <= 600 && s->envelope_len <= 600;
    ensures \result == 0 || \result == 1;
*/
static bool add(struct kedge_sieve *s, const void *bytes, size_t len);

/*@ assigns s->identity_len[0 .. 7], s->item_len, s->overflow, s->unusable, s->mute, s->some
            \from s->slot;
    ensures s->item_len <= 600;
    ensures (s->overflow == 0 || s->overflow == 1) && (s->unusable == 0 || s->unusable == 1);
    ensures (s->mute == 0 || s->mute == 1) && (s->some == 0 || s->some == 1);
*/
static void cut_down(struct kedge_sieve *s);

#include "json/keep.c"
#include "json/sieve.c"

enum { RANGE = 1, PATHS = 2 * UINT16_MAX + 2, CAP = 600 };

static struct kedge_sieve s;
static char item_buf[CAP], envelope_buf[CAP], path[PATHS + 1];
#define NAME                           \
    {                                  \
        .path = "metadata\0identity\0" \
    }
static const struct kedge_field fields[8] = {NAME, NAME, NAME, NAME, NAME, NAME, NAME, NAME};
static const struct kedge_table table = {fields, 8, 0};

uint64_t kedge__sieve_rows(const struct kedge_sieve_root *root)
{
    (void)root;
    return Frama_C_unsigned_long_long_interval(0, UINT64_MAX);
}

uint64_t kedge__sieve_filter(const struct kedge_sieve_root *root, uint64_t rows, size_t offset,
                             const char *bytes, size_t len)
{
    (void)root, (void)rows, (void)offset;
    any_of_str((kedge_str){bytes, len});
    return Frama_C_unsigned_long_long_interval(0, UINT64_MAX);
}

const char *kedge__sieve_path(const struct kedge_sieve_root *root, uint64_t rows)
{
    (void)root, (void)rows;
    return path;
}

struct kedge__sieve_choice kedge__sieve_choose(const struct kedge_sieve *of, unsigned root,
                                               uint64_t rows, size_t offset, bool all)
{
    (void)of, (void)root, (void)rows, (void)offset, (void)all;
    struct kedge__sieve_choice c = {
        (enum kedge__sieve_plan)Frama_C_unsigned_int_interval(PLAN_SKIP, PLAN_ITEM),
        Frama_C_unsigned_long_long_interval(0, UINT64_MAX),
        Frama_C_unsigned_long_long_interval(0, UINT64_MAX), any_bool(), Frama_C_interval(-1, 7)};
    return c;
}

bool kedge__sieve_gather(struct kedge_sieve_root *into, const struct kedge_sieve_root *from,
                         uint64_t lists)
{
    (void)into, (void)from, (void)lists;
    return any_bool();
}

// How values are passed: frames for each level, or below them what is kept, or what is skipped.
enum { ON_THE_WAY, KEPT, SKIPPED };

// Set by main, and split there.
static unsigned state, level, passed;

static void any_sieve(void)
{
    Frama_C_make_unknown((char *)&s, sizeof s);
    Frama_C_make_unknown(path, PATHS);
    s.state = (uint8_t)state;
    s.level = (uint8_t)level;
    s.err = KEDGE_OK;
    s.event = KEDGE_SIEVE_MORE;
    s.slot = Frama_C_char_interval(-1, 7);
    s.in_item = any_bool();
    s.has_item = any_bool();
    s.keep = passed == KEPT;
    s.within = passed == SKIPPED;
    s.base = (uint16_t)level;
    s.depth = (uint16_t)level;
    if (passed != ON_THE_WAY)
        s.depth = Frama_C_unsigned_short_interval((uint16_t)(level + 1), KEDGE_SIEVE_DEPTH);
    s.copy = passed == KEPT || any_bool();
    s.is_key = any_bool();
    s.key_out = any_bool();
    s.mute = any_bool();
    s.some = any_bool();
    s.overflow = any_bool();
    s.unusable = any_bool();
    s.digits = Frama_C_unsigned_char_interval(0, 3);
    s.number = Frama_C_unsigned_char_interval(0, 7);
    s.item_len = Frama_C_unsigned_int_interval(0, CAP);
    s.envelope_len = Frama_C_unsigned_int_interval(0, CAP);
    s.parent = any_bool() ? 0 : sizeof "metadata";
    s.problem = NULL;
    s.item = s.envelope = (kedge_str){NULL, 0};
    s.word = any_bool() ? "true" : any_bool() ? "false" : "null";
    s.options.shape = (enum kedge_sieve_shape)Frama_C_unsigned_int_interval(0, KEDGE_SIEVE_WATCH);
    s.options.tables[0] = &table;
    s.options.tables[1] = s.options.tables[2] = NULL;
    s.options.identity = Frama_C_unsigned_short_interval(0, 8);
    s.options.envelope = any_bool() ? &table : NULL;
    s.options.item_buf = item_buf;
    s.options.item_cap = CAP;
    s.options.envelope_buf = envelope_buf;
    s.options.envelope_cap = CAP;
    //@ loop unroll KEDGE_SIEVE_PATH;
    for (int i = 0; i < KEDGE_SIEVE_PATH; i++)
        s.frames[i].root = Frama_C_unsigned_char_interval(0, 5);
}

int main(void)
{
    static char range[RANGE];
    size_t len = any_size(1, RANGE);
    state = Frama_C_unsigned_int_interval(BEFORE, SKIP_ESCAPE);
    level = Frama_C_unsigned_int_interval(0, KEDGE_SIEVE_PATH);
    passed = Frama_C_unsigned_int_interval(ON_THE_WAY, SKIPPED);
    //@ split state;
    //@ split level;
    //@ split passed;
    if (level > 1 && level < KEDGE_SIEVE_PATH)
        return 0;
    if ((passed == SKIPPED && state < SKIP) || (passed == KEPT && state >= SKIP))
        return 0;
    if ((state == BEFORE) != (level == 0 && passed == ON_THE_WAY))
        return 0;
    any_sieve();
    Frama_C_make_unknown(range, RANGE);
    //@ split len;
    step(&s, (kedge__bytes)range + RANGE - len, (kedge__bytes)range + RANGE);
    Frama_C_show_each_end();
    return 0;
}
