// SPDX-License-Identifier: Apache-2.0
// quantity_pack.c - quantities in a record: two bytes each, and no more for those that clusters
// have most.
//
//     0                                  absent, or 0
//     from KEDGE__FIRST_WORD on          a code: the 2,048 places at the end are told by `ranges`
//     any other                          an offset, as of a text, to the number's own bytes
//
// These bytes are the number with its sign at its end, seven bits in each, the lowest first; the
// eighth says that one more follows.
#include "object/project.h"
#include "object/words.h"

#define MI (INT64_C(1024) * 1024 * 1000)
#define GI (MI * 1024)

// Whole multiples of a unit, from `first` on. The first range that has a number is its own. What is
// changed here must change KEDGE__QUANTITY_CODES, too.
static const struct range {
    int64_t unit; // thousandths
    uint16_t first;
    uint16_t count;
} ranges[] = {
    {1, 1, 1000},   // 1m to 1
    {1000, 2, 127}, // 2 to 128
    {MI, 1, 769},   // 1Mi to 769Mi
    {GI, 1, 152},   // 1Gi to 152Gi
};
enum { RANGES = sizeof ranges / sizeof ranges[0], CODES = 1000 + 127 + 769 + 152 };

// Frama-C's parser has no _Static_assert.
enum { EVERY_CODE_HAS_A_PLACE = 1 / (CODES <= KEDGE__WORDS_MAX) };

static size_t pack_bytes(int64_t thousandths, unsigned char out[KEDGE__QUANTITY_BYTES])
{
    uint64_t rest = (uint64_t)thousandths << 1 ^ (thousandths < 0 ? ~UINT64_C(0) : 0);
    size_t len = 0;
    for (; rest >= 0x80; rest >>= 7)
        out[len++] = (unsigned char)(0x80 | (rest & 0x7f));
    out[len++] = (unsigned char)rest;
    return len;
}

size_t kedge__quantity_pack(int64_t thousandths, unsigned char out[KEDGE__QUANTITY_BYTES],
                            uint32_t *code)
{
    uint32_t at = 0;
    for (int i = 0; thousandths > 0 && i < RANGES; at += ranges[i++].count) {
        const struct range *r = &ranges[i];
        int64_t place = thousandths / r->unit - r->first;
        if (place >= 0 && place < r->count && thousandths % r->unit == 0) {
            *code = at + (uint32_t)place;
            return 0;
        }
    }
    return pack_bytes(thousandths, out);
}

static int64_t of_code(uint32_t code)
{
    const struct range *r = ranges;
    for (; code >= r->count && r < ranges + RANGES - 1; r++)
        code -= r->count;
    return r->unit * (r->first + (int64_t)code);
}

static int64_t of_bytes(const unsigned char *at)
{
    uint64_t n = 0;
    for (unsigned i = 0; i < KEDGE__QUANTITY_BYTES; i++) {
        n |= (uint64_t)(at[i] & 0x7f) << (7 * i);
        if (at[i] < 0x80)
            break;
    }
    return (int64_t)(n >> 1) ^ -(int64_t)(n & 1);
}

int64_t kedge_quantity(const struct kedge_quantity *q)
{
    if (q->offset >= KEDGE__FIRST_WORD)
        return of_code((uint32_t)(q->offset - KEDGE__FIRST_WORD));
    return q->offset != 0 ? of_bytes((const unsigned char *)q + q->offset) : 0;
}
