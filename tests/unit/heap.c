// SPDX-License-Identifier: Apache-2.0
// The heap: what fits is held whole, wherever it moves, and nothing is lost to holes.
#include <setjmp.h>
#include <stdarg.h>
#include <stddef.h>
#include <stdint.h>
#include <stdlib.h>
#include <string.h>

#include <cmocka.h>

#include "base/random.h"
#include "object/heap.h"

#define LARGEST 512

struct fixture {
    struct kedge__heap heap;
    struct kedge__account account[2];
    struct kedge__account *accounts[2];
    unsigned char *memory;
    size_t size;
};

static void open_heap(struct fixture *f, size_t size)
{
    size_t need;
    memset(f, 0, sizeof *f);
    f->accounts[0] = &f->account[0];
    f->accounts[1] = &f->account[1];
    f->memory = malloc(size);
    f->size = size;
    assert_int_equal(kedge__heap_init(&f->heap, f->memory, size, LARGEST, f->accounts, 2, &need),
                     KEDGE_OK);
}

static void close_heap(struct fixture *f)
{
    assert_int_equal(f->heap.live, 0);
    assert_int_equal(f->account[0].used + f->account[1].used, 0);
    free(f->memory);
}

// A record of `bytes`, filled with a pattern of its own.
static uint32_t add(struct fixture *f, uint16_t owner, size_t bytes, unsigned char pattern)
{
    uint32_t slot = kedge__heap_add(&f->heap, owner, bytes);
    memset(kedge__heap_object(&f->heap, slot), pattern, bytes);
    return slot;
}

static void assert_pattern(const struct fixture *f, uint32_t slot, size_t bytes,
                           unsigned char pattern)
{
    const unsigned char *p = (const unsigned char *)kedge__heap_object(&f->heap, slot);
    for (size_t i = 0; i < bytes; i++)
        assert_int_equal(p[i], pattern);
}

// Adds records of 100 bytes to the first account until there is room for none. Returns how many.
static int fill(struct fixture *f, uint32_t slots[64], unsigned char pattern, size_t *lacking)
{
    int n = 0;
    for (; kedge__heap_room(&f->heap, 0, 100, false, lacking) == KEDGE_OK; n++) {
        assert_true(n < 64);
        slots[n] = add(f, 0, 100, pattern);
    }
    return n;
}

static void the_smallest_heap_is_named(void **state)
{
    (void)state;
    struct kedge__heap h;
    struct kedge__account a = {0};
    struct kedge__account *accounts[] = {&a};
    size_t need = 0;
    unsigned char *memory = malloc(4096);
    for (size_t size = 0; size <= 4096; size++) {
        kedge_err err = kedge__heap_init(&h, memory, size, LARGEST, accounts, 1, &need);
        assert_int_equal(err, size / 8 * 8 < need ? KEDGE_ERR_MEMORY : KEDGE_OK);
        size_t lacking;
        if (err == KEDGE_OK)
            assert_int_equal(kedge__heap_room(&h, 0, LARGEST, false, &lacking), KEDGE_OK);
    }
    free(memory);
}

static void adds_leave_the_room_that_is_held_back(void **state)
{
    (void)state;
    struct fixture f;
    size_t lacking = 0;
    uint32_t slots[64];
    open_heap(&f, 8192);
    int n = fill(&f, slots, 0x77, &lacking);
    assert_true(n > 20);
    assert_true(lacking > 0);
    // An update or a delete in flight still has its room, for the largest record.
    assert_int_equal(kedge__heap_room(&f.heap, 0, LARGEST, true, &lacking), KEDGE_OK);
    slots[n++] = add(&f, 0, LARGEST, 0xee);
    for (int i = 0; i < n; i++)
        kedge__heap_remove(&f.heap, slots[i]);
    close_heap(&f);
}

static void room_in_pieces_is_room_after_tidying(void **state)
{
    (void)state;
    struct fixture f;
    size_t lacking = 0;
    uint32_t slots[64];
    int n = 0;
    open_heap(&f, 8192);
    while (kedge__heap_room(&f.heap, 0, 100, false, &lacking) == KEDGE_OK) {
        slots[n] = add(&f, 0, 100, (unsigned char)n);
        n++;
    }
    for (int i = 0; i < n; i += 2)
        kedge__heap_remove(&f.heap, slots[i]);
    assert_int_equal(kedge__heap_room(&f.heap, 0, LARGEST, false, &lacking), KEDGE_OK);
    uint32_t first = add(&f, 0, LARGEST, 0xf1);
    assert_int_equal(kedge__heap_room(&f.heap, 0, LARGEST, false, &lacking), KEDGE_WAIT);
    while (kedge__heap_tidy(&f.heap, 64)) {
    }
    assert_int_equal(kedge__heap_room(&f.heap, 0, LARGEST, false, &lacking), KEDGE_OK);
    uint32_t second = add(&f, 0, LARGEST, 0xf2);
    assert_pattern(&f, first, LARGEST, 0xf1);
    for (int i = 1; i < n; i += 2) {
        assert_pattern(&f, slots[i], 100, (unsigned char)i);
        kedge__heap_remove(&f.heap, slots[i]);
    }
    kedge__heap_remove(&f.heap, second);
    kedge__heap_remove(&f.heap, first);
    close_heap(&f);
}

static void one_step_of_tidying_moves_a_bounded_number_of_bytes(void **state)
{
    (void)state;
    struct fixture f;
    uint32_t slots[100];
    open_heap(&f, 65536);
    for (int i = 0; i < 100; i++)
        slots[i] = add(&f, 0, 200, (unsigned char)i);
    kedge__heap_remove(&f.heap, slots[0]);
    while (true) {
        uint64_t before = f.heap.bytes_moved;
        if (!kedge__heap_tidy(&f.heap, 1000))
            break;
        assert_true(f.heap.bytes_moved - before <= 1000 + 208);
    }
    for (int i = 1; i < 100; i++) {
        assert_pattern(&f, slots[i], 200, (unsigned char)i);
        kedge__heap_remove(&f.heap, slots[i]);
    }
    close_heap(&f);
}

static void a_reservation_binds_the_others(void **state)
{
    (void)state;
    struct fixture f;
    size_t lacking;
    uint32_t slots[64];
    open_heap(&f, 8192);
    f.account[1].reserved = 3000;
    int n = fill(&f, slots, 1, &lacking);
    size_t left = 0;
    while (kedge__heap_room(&f.heap, 1, 100, false, &lacking) == KEDGE_OK) {
        slots[n++] = add(&f, 1, 100, 2);
        left = f.account[1].used;
    }
    assert_true(left >= 3000 - 200);
    while (n > 0)
        kedge__heap_remove(&f.heap, slots[--n]);
    close_heap(&f);
}

static void a_maximum_binds_its_owner(void **state)
{
    (void)state;
    struct fixture f;
    size_t lacking;
    uint32_t slots[64];
    open_heap(&f, 65536);
    f.account[0].maximum = 2000;
    int n = fill(&f, slots, 1, &lacking);
    assert_true(f.account[0].used <= 2000 && f.account[0].used > 1700);
    assert_int_equal(kedge__heap_room(&f.heap, 1, 100, false, &lacking), KEDGE_OK);
    while (n > 0)
        kedge__heap_remove(&f.heap, slots[--n]);
    close_heap(&f);
}

static bool occurs(const unsigned char *at, size_t size, unsigned char byte, size_t run)
{
    size_t n = 0;
    for (size_t i = 0; i < size; i++) {
        n = at[i] == byte ? n + 1 : 0;
        if (n == run)
            return true;
    }
    return false;
}

static void a_secret_leaves_nothing_behind(void **state)
{
    (void)state;
    struct fixture f;
    open_heap(&f, 8192);
    memset(f.memory, 0, f.size);
    f.account[0].secret = true;
    uint32_t a = add(&f, 1, 96, 0x11);
    uint32_t b = add(&f, 0, 96, 0x5e);
    uint32_t c = add(&f, 0, 400, 0x5f);
    kedge__heap_remove(&f.heap, a);
    while (kedge__heap_tidy(&f.heap, 64)) {
    }
    assert_pattern(&f, b, 96, 0x5e);
    assert_pattern(&f, c, 400, 0x5f);
    kedge__heap_remove(&f.heap, b);
    assert_false(occurs(f.memory, f.size, 0x5e, 4));
    kedge__heap_remove(&f.heap, c);
    assert_false(occurs(f.memory, f.size, 0x5f, 4));
    close_heap(&f);
}

static void free_slots_at_the_end_are_room_again(void **state)
{
    (void)state;
    enum { COUNT = 500 };
    struct fixture f;
    struct kedge__random r;
    uint32_t slots[COUNT];
    open_heap(&f, 65536);
    kedge__random_init(&r, 7);
    uint32_t first = add(&f, 0, 8, 1);
    for (int i = 0; i < COUNT; i++)
        slots[i] = add(&f, 0, 8, 2);
    for (int left = COUNT; left > 0; left--) { // in any order
        size_t at = (size_t)kedge__random_below(&r, (uint64_t)left);
        kedge__heap_remove(&f.heap, slots[at]);
        slots[at] = slots[left - 1];
    }
    assert_int_equal(f.heap.slot_count, 1);
    uint32_t again = add(&f, 0, 8, 3);
    assert_int_equal(again, 2);
    kedge__heap_remove(&f.heap, again);
    kedge__heap_remove(&f.heap, first);
    close_heap(&f);
}

static void a_replacement_may_use_what_is_held_back_but_not_pass_a_maximum(void **state)
{
    (void)state;
    struct fixture f;
    size_t lacking = 0;
    uint32_t slots[64];
    open_heap(&f, 8192);
    int n = fill(&f, slots, 1, &lacking);
    assert_int_equal(kedge__heap_room_to_replace(&f.heap, slots[0], 120, &lacking), KEDGE_OK);
    f.account[0].maximum = f.account[0].used;
    assert_int_equal(kedge__heap_room_to_replace(&f.heap, slots[0], 100, &lacking), KEDGE_OK);
    assert_int_equal(kedge__heap_room_to_replace(&f.heap, slots[0], 120, &lacking), KEDGE_ERR_FULL);
    assert_int_equal(lacking, 16);
    f.account[0].maximum = 0;
    f.account[1].reserved = 4096;
    assert_int_equal(kedge__heap_room_to_replace(&f.heap, slots[0], 120, &lacking), KEDGE_ERR_FULL);
    assert_int_equal(kedge__heap_room_to_replace(&f.heap, slots[0], 90, &lacking), KEDGE_OK);
    while (n > 0)
        kedge__heap_remove(&f.heap, slots[--n]);
    close_heap(&f);
}

static void only_records_of_the_heap_have_a_slot(void **state)
{
    (void)state;
    struct fixture f;
    struct kedge_object outside[2];
    memset(outside, 0, sizeof outside);
    open_heap(&f, 8192);
    uint32_t slot = add(&f, 0, 96, 0);
    const struct kedge_object *o = kedge__heap_object(&f.heap, slot);
    assert_int_equal(kedge__heap_slot_of(&f.heap, o), slot);
    assert_int_equal(kedge__heap_slot_of(&f.heap, &outside[1]), 0);
    assert_int_equal(kedge__heap_slot_of(&f.heap, NULL), 0);
    assert_int_equal(kedge__heap_slot_of(&f.heap, (const void *)((const unsigned char *)o + 8)), 0);
    kedge__heap_remove(&f.heap, slot);
    assert_int_equal(kedge__heap_slot_of(&f.heap, o), 0);
    close_heap(&f);
}

// Inside a record may lie what looks like the header of another.
static void what_looks_like_a_header_inside_a_record_is_none(void **state)
{
    (void)state;
    struct fixture f;
    open_heap(&f, 8192);
    uint32_t a = add(&f, 0, 96, 0);
    uint32_t freed = add(&f, 0, 96, 0);
    uint32_t other = add(&f, 0, 96, 0);
    uint32_t node = kedge__heap_add_node(&f.heap, a, 1);
    kedge__heap_remove(&f.heap, freed);
    assert_int_equal(kedge__heap_slot(&f.heap, freed)->record, 0);
    unsigned char *inside = (unsigned char *)kedge__heap_object(&f.heap, a);
    const uint32_t slots[] = {0, a, freed, other, node, f.heap.slot_count + 1, UINT32_MAX};
    for (size_t i = 0; i < sizeof slots / sizeof slots[0]; i++) {
        const uint32_t header[] = {slots[i], 4};
        memcpy(inside + 16, header, sizeof header);
        const void *behind = inside + 16 + sizeof header;
        assert_int_equal(kedge__heap_slot_of(&f.heap, behind), 0);
    }
    assert_int_equal(kedge__heap_slot_of(&f.heap, kedge__heap_object(&f.heap, a)), a);
    kedge__heap_remove(&f.heap, a);
    kedge__heap_remove(&f.heap, other);
    close_heap(&f);
}

// Records of 100 bytes, and one more that leaves `left` bytes.
static int fill_but(struct fixture *f, size_t left, uint32_t *slots)
{
    const size_t slot = sizeof(struct kedge__slot);
    int n = 0;
    while (kedge__heap_free(&f->heap) > left + 2 * (112 + slot))
        slots[n++] = add(f, 0, 100, 1);
    slots[n] = add(f, 0, kedge__heap_free(&f->heap) - left - slot - 8, 2);
    assert_int_equal(kedge__heap_free(&f->heap), left);
    return n + 1;
}

static void a_node_finds_room_or_hears_what_is_lacking(void **state)
{
    (void)state;
    struct fixture f;
    uint32_t slots[128];
    size_t lacking = 0;
    const size_t slot = sizeof(struct kedge__slot);
    open_heap(&f, 8192);
    int n = fill_but(&f, 8, slots);
    // No room at all, not even for one that takes another's place: that is still there.
    assert_int_equal(kedge__heap_node_room(&f.heap, slots[0], slots[1], &lacking), KEDGE_ERR_FULL);
    assert_int_equal(lacking, slot - 8);
    // What is reserved for the other one comes out of what the old record gives back.
    kedge__heap_remove(&f.heap, slots[--n]);
    size_t left = kedge__heap_free(&f.heap);
    f.account[1].reserved = left + 112 + slot;
    assert_int_equal(kedge__heap_node_room(&f.heap, slots[0], slots[1], &lacking), KEDGE_ERR_FULL);
    assert_int_equal(lacking, slot);
    f.account[1].reserved -= slot;
    assert_int_equal(kedge__heap_node_room(&f.heap, slots[0], slots[1], &lacking), KEDGE_OK);
    f.account[1].reserved = 0;
    // A maximum, too, has the old record's bytes to give.
    f.account[0].maximum = f.account[0].used - 112 - slot;
    assert_int_equal(kedge__heap_node_room(&f.heap, slots[0], slots[1], &lacking), KEDGE_ERR_FULL);
    assert_int_equal(lacking, slot);
    f.account[0].maximum += slot;
    assert_int_equal(kedge__heap_node_room(&f.heap, slots[0], slots[1], &lacking), KEDGE_OK);
    f.account[0].maximum = 0;
    // A slot that was left has room for it.
    kedge__heap_remove(&f.heap, slots[0]);
    assert_int_equal(kedge__heap_node_room(&f.heap, slots[1], slots[2], &lacking), KEDGE_OK);
    while (n > 1)
        kedge__heap_remove(&f.heap, slots[--n]);
    close_heap(&f);
}

static void what_came_in_flight_may_stay_or_not(void **state)
{
    (void)state;
    struct fixture f;
    uint32_t slots[128];
    size_t lacking = 0;
    const size_t slot = sizeof(struct kedge__slot);
    const size_t held_back = 8 + LARGEST + slot;
    open_heap(&f, 8192);
    // A new one leaves what is held back; one that takes another's place need not.
    int n = fill_but(&f, held_back - 8, slots);
    assert_int_equal(kedge__heap_may_stay(&f.heap, slots[0], 0, &lacking), KEDGE_ERR_FULL);
    assert_int_equal(lacking, 8);
    assert_int_equal(kedge__heap_may_stay(&f.heap, slots[0], slots[1], &lacking), KEDGE_OK);
    kedge__heap_remove(&f.heap, slots[--n]);
    assert_int_equal(kedge__heap_may_stay(&f.heap, slots[0], 0, &lacking), KEDGE_OK);
    // One that grows leaves what is reserved for others, after the old one has gone.
    slots[n++] = add(&f, 0, 200, 3);
    f.account[1].reserved = kedge__heap_free(&f.heap) + 112 + slot;
    uint32_t large = slots[n - 1];
    assert_int_equal(kedge__heap_may_stay(&f.heap, large, slots[1], &lacking), KEDGE_OK);
    f.account[1].reserved += 8;
    assert_int_equal(kedge__heap_may_stay(&f.heap, large, slots[1], &lacking), KEDGE_ERR_FULL);
    assert_int_equal(lacking, 8);
    assert_int_equal(kedge__heap_may_stay(&f.heap, slots[0], slots[1], &lacking), KEDGE_OK);
    f.account[1].reserved = 0;
    // And keeps to its owner's maximum, as a new one does.
    f.account[0].maximum = f.account[0].used - 112 - slot;
    assert_int_equal(kedge__heap_may_stay(&f.heap, large, slots[1], &lacking), KEDGE_OK);
    f.account[0].maximum -= 8;
    assert_int_equal(kedge__heap_may_stay(&f.heap, large, slots[1], &lacking), KEDGE_ERR_FULL);
    assert_int_equal(lacking, 8);
    assert_int_equal(kedge__heap_may_stay(&f.heap, slots[0], slots[1], &lacking), KEDGE_OK);
    for (int i = 2; i < 5; i++) {
        kedge__heap_remove(&f.heap, slots[i]);
        slots[i] = slots[--n];
    }
    f.account[0].maximum = f.account[0].used;
    assert_int_equal(kedge__heap_may_stay(&f.heap, large, 0, &lacking), KEDGE_OK);
    f.account[0].maximum -= 8;
    assert_int_equal(kedge__heap_may_stay(&f.heap, large, 0, &lacking), KEDGE_ERR_FULL);
    assert_int_equal(lacking, 8);
    while (n > 0)
        kedge__heap_remove(&f.heap, slots[--n]);
    close_heap(&f);
}

static void a_reused_slot_has_another_generation(void **state)
{
    (void)state;
    struct fixture f;
    open_heap(&f, 8192);
    uint32_t a = add(&f, 0, 96, 1);
    uint32_t generation = kedge__heap_slot(&f.heap, a)->generation;
    kedge__heap_remove(&f.heap, a);
    uint32_t b = add(&f, 0, 96, 1);
    assert_int_equal(a, b);
    assert_int_not_equal(generation, kedge__heap_slot(&f.heap, b)->generation);
    kedge__heap_remove(&f.heap, b);
    close_heap(&f);
}

static void swapped_slots_have_each_others_record(void **state)
{
    (void)state;
    struct fixture f;
    open_heap(&f, 8192);
    uint32_t a = add(&f, 0, 96, 1);
    uint32_t b = add(&f, 0, 200, 2);
    kedge__heap_swap(&f.heap, a, b);
    assert_pattern(&f, a, 200, 2);
    assert_pattern(&f, b, 96, 1);
    assert_int_equal(kedge__heap_slot_of(&f.heap, kedge__heap_object(&f.heap, a)), a);
    kedge__heap_remove(&f.heap, b);
    while (kedge__heap_tidy(&f.heap, 64)) {
    }
    assert_pattern(&f, a, 200, 2);
    kedge__heap_remove(&f.heap, a);
    close_heap(&f);
}

static void nodes_go_with_their_record(void **state)
{
    (void)state;
    struct fixture f;
    open_heap(&f, 8192);
    uint32_t a = add(&f, 0, 96, 1);
    uint32_t b = add(&f, 0, 96, 2);
    size_t used = f.account[0].used;
    for (uint8_t index = 1; index <= 3; index++) {
        kedge__heap_add_node(&f.heap, a, index);
        kedge__heap_add_node(&f.heap, b, index);
        kedge__heap_add_node(&f.heap, b, index);
    }
    assert_int_equal(kedge__heap_nodes(&f.heap, a), 3);
    assert_int_equal(kedge__heap_nodes(&f.heap, b), 6);
    assert_int_equal(f.account[0].nodes, 9);
    assert_int_equal(f.account[0].used, used + 9 * sizeof(struct kedge__slot));
    assert_int_equal(kedge__heap_used(&f.heap), f.account[0].used);
    assert_int_equal(f.heap.peak, f.account[0].used);
    assert_int_equal(kedge__heap_slot_of(&f.heap, kedge__heap_object(&f.heap, a)), a);
    kedge__heap_swap(&f.heap, a, b);
    assert_int_equal(kedge__heap_nodes(&f.heap, a), 6);
    for (uint32_t n = kedge__heap_slot(&f.heap, a)->nodes; n != 0;
         n = kedge__heap_slot(&f.heap, n)->nodes)
        assert_int_equal(kedge__heap_slot(&f.heap, n)->record, a);
    kedge__heap_free_nodes(&f.heap, a, 2);
    assert_int_equal(kedge__heap_nodes(&f.heap, a), 4);
    assert_int_equal(f.account[0].nodes, 7);
    kedge__heap_remove(&f.heap, a);
    assert_int_equal(f.account[0].nodes, 3);
    assert_pattern(&f, b, 96, 1);
    kedge__heap_remove(&f.heap, b);
    assert_int_equal(f.account[0].nodes, 0);
    assert_int_equal(f.heap.slot_count, 0);
    close_heap(&f);
}

// Random sizes for a long time: an add is refused only where the bytes that live leave no room.
// With an argument: ten million times.
static uint32_t rounds = 1000000;

static void live_bytes_that_fit_are_never_refused(void **state)
{
    (void)state;
    enum { MOST = 400 };
    struct fixture f;
    struct {
        uint32_t slot;
        size_t bytes;
        unsigned char pattern;
    } held[MOST];
    struct kedge__random r;
    int n = 0;
    open_heap(&f, 65536);
    kedge__random_init(&r, 20261123);
    for (uint32_t i = 0; i < rounds; i++) {
        size_t bytes = 1 + (size_t)kedge__random_below(&r, LARGEST);
        size_t lacking;
        bool take = n < MOST && kedge__random_below(&r, 100) < (i / 1000 % 2 ? 40u : 70u);
        if (take) {
            kedge_err err = kedge__heap_room(&f.heap, 0, bytes, true, &lacking);
            for (int tries = 0; err == KEDGE_WAIT && tries < 10000; tries++) {
                kedge__heap_tidy(&f.heap, 256);
                err = kedge__heap_room(&f.heap, 0, bytes, true, &lacking);
            }
            size_t live = f.heap.live + f.heap.slot_count * sizeof(struct kedge__slot);
            if (err == KEDGE_OK) {
                held[n].bytes = bytes;
                held[n].pattern = (unsigned char)i;
                held[n].slot = add(&f, 0, bytes, (unsigned char)i);
                n++;
            } else {
                assert_int_equal(err, KEDGE_ERR_FULL);
                assert_true(live + bytes + 8 + 8 + sizeof(struct kedge__slot) + 8 > f.heap.size);
            }
        } else if (n > 0) {
            int at = (int)kedge__random_below(&r, (uint64_t)n);
            assert_pattern(&f, held[at].slot, held[at].bytes, held[at].pattern);
            kedge__heap_remove(&f.heap, held[at].slot);
            held[at] = held[--n];
        }
    }
    while (n > 0)
        kedge__heap_remove(&f.heap, held[--n].slot);
    close_heap(&f);
}

static void a_heap_is_no_longer_than_its_units_can_be_counted(void **state)
{
    (void)state;
    struct kedge__heap heap;
    struct kedge__account account = {0}, *accounts[1] = {&account};
    size_t need;
    assert_int_equal(kedge__heap_init(&heap, &heap, SIZE_MAX, LARGEST, accounts, 1, &need),
                     KEDGE_OK);
    assert_true(kedge__heap_free(&heap) <= (size_t)UINT32_MAX * 8);
}

static void only_the_start_of_a_record_is_one(void **state)
{
    (void)state;
    struct fixture f;
    open_heap(&f, 4096);
    uint32_t a = add(&f, 0, 200, 0);
    uint32_t b = add(&f, 0, 200, 0xff);
    for (size_t at = 0; at < 4096; at++) {
        const struct kedge_object *o = (const void *)(f.memory + at);
        uint32_t slot = kedge__heap_slot_of(&f.heap, o);
        assert_int_equal(slot, o == kedge__heap_object(&f.heap, a)   ? a
                               : o == kedge__heap_object(&f.heap, b) ? b
                                                                     : 0);
    }
    kedge__heap_remove(&f.heap, a);
    kedge__heap_remove(&f.heap, b);
    close_heap(&f);
}

int main(int argc, char **argv)
{
    (void)argv;
    if (argc > 1)
        rounds = 10000000;
    const struct CMUnitTest tests[] = {
        cmocka_unit_test(the_smallest_heap_is_named),
        cmocka_unit_test(adds_leave_the_room_that_is_held_back),
        cmocka_unit_test(room_in_pieces_is_room_after_tidying),
        cmocka_unit_test(one_step_of_tidying_moves_a_bounded_number_of_bytes),
        cmocka_unit_test(a_reservation_binds_the_others),
        cmocka_unit_test(a_maximum_binds_its_owner),
        cmocka_unit_test(a_secret_leaves_nothing_behind),
        cmocka_unit_test(free_slots_at_the_end_are_room_again),
        cmocka_unit_test(a_replacement_may_use_what_is_held_back_but_not_pass_a_maximum),
        cmocka_unit_test(only_records_of_the_heap_have_a_slot),
        cmocka_unit_test(what_looks_like_a_header_inside_a_record_is_none),
        cmocka_unit_test(a_node_finds_room_or_hears_what_is_lacking),
        cmocka_unit_test(what_came_in_flight_may_stay_or_not),
        cmocka_unit_test(a_reused_slot_has_another_generation),
        cmocka_unit_test(swapped_slots_have_each_others_record),
        cmocka_unit_test(nodes_go_with_their_record),
        cmocka_unit_test(live_bytes_that_fit_are_never_refused),
        cmocka_unit_test(a_heap_is_no_longer_than_its_units_can_be_counted),
        cmocka_unit_test(only_the_start_of_a_record_is_one),
    };
    return cmocka_run_group_tests(tests, NULL, NULL);
}
