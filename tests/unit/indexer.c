// SPDX-License-Identifier: Apache-2.0
// The index against a plain array, under random inserts and removals, and under names that collide.
#include <setjmp.h>
#include <stdarg.h>
#include <stdio.h>
#include <stdlib.h>
#include <string.h>

#include <cmocka.h>

#include "base/hash.h"
#include "base/random.h"
#include "cache/indexer.h"

#define OBJECTS 500

struct fixture {
    struct kedge__heap heap;
    struct kedge__account account;
    struct kedge__account *accounts[1];
    struct kedge__indexer indexer;
    unsigned char *memory;
};

static void open_index(struct fixture *f, uint32_t seed)
{
    size_t need;
    memset(f, 0, sizeof *f);
    f->accounts[0] = &f->account;
    f->memory = malloc(1 << 20);
    assert_int_equal(kedge__heap_init(&f->heap, f->memory, 1 << 20, 512, f->accounts, 1, &need),
                     KEDGE_OK);
    kedge__indexer_init(&f->indexer, &f->heap, 0, seed);
}

// A record with no more than a namespace and a name behind it.
static uint32_t add(struct fixture *f, const char *namespace_, const char *name)
{
    size_t ns = strlen(namespace_) + 1;
    size_t n = strlen(name) + 1;
    uint32_t slot = kedge__heap_add(&f->heap, 0, sizeof(struct kedge_object) + ns + n);
    struct kedge_object *o = kedge__heap_object(&f->heap, slot);
    char *texts = (char *)(o + 1);
    memset(o, 0, sizeof *o);
    memcpy(texts, namespace_, ns);
    memcpy(texts + ns, name, n);
    if (ns > 1)
        o->namespace_.offset = (kedge_offset)(texts - (char *)&o->namespace_);
    o->name.offset = (kedge_offset)(texts + ns - (char *)&o->name);
    kedge__indexer_insert(&f->indexer, slot);
    return slot;
}

static uint32_t find(const struct fixture *f, const char *namespace_, const char *name)
{
    return kedge__indexer_find(&f->indexer, kedge_str_of(namespace_), kedge_str_of(name));
}

static void take_out(struct fixture *f, uint32_t slot)
{
    kedge__indexer_remove(&f->indexer, slot);
    kedge__heap_remove(&f->heap, slot);
}

static void an_empty_index_has_nothing(void **state)
{
    (void)state;
    struct fixture f;
    open_index(&f, 1);
    assert_int_equal(find(&f, "", ""), 0);
    assert_int_equal(find(&f, "default", "web"), 0);
    free(f.memory);
}

static void namespace_and_name_are_told_apart(void **state)
{
    (void)state;
    struct fixture f;
    open_index(&f, 1);
    uint32_t a = add(&f, "ab", "c");
    uint32_t b = add(&f, "a", "bc");
    uint32_t c = add(&f, "", "abc");
    assert_int_equal(find(&f, "ab", "c"), a);
    assert_int_equal(find(&f, "a", "bc"), b);
    assert_int_equal(find(&f, "", "abc"), c);
    assert_int_equal(find(&f, "abc", ""), 0);
    free(f.memory);
}

static void it_agrees_with_an_array(void **state)
{
    (void)state;
    for (uint32_t seed = 1; seed <= 5; seed++) {
        struct fixture f;
        struct kedge__random r;
        uint32_t slots[OBJECTS] = {0};
        char name[32];
        open_index(&f, seed);
        kedge__random_init(&r, seed);
        for (int i = 0; i < 20000; i++) {
            size_t at = (size_t)kedge__random_below(&r, OBJECTS);
            snprintf(name, sizeof name, "object-%zu", at);
            assert_int_equal(find(&f, "ns", name), slots[at]);
            if (slots[at] != 0) {
                take_out(&f, slots[at]);
                slots[at] = 0;
            } else {
                slots[at] = add(&f, "ns", name);
            }
        }
        size_t count = 0;
        for (size_t at = 0; at < OBJECTS; at++) {
            snprintf(name, sizeof name, "object-%zu", at);
            assert_int_equal(find(&f, "ns", name), slots[at]);
            count += slots[at] != 0;
        }
        assert_int_equal(f.indexer.count, count);
        size_t walked = 0;
        for (uint32_t slot = 1; slot <= f.heap.slot_count; slot++)
            walked += kedge__indexer_has(&f.indexer, slot);
        assert_int_equal(walked, count);
        free(f.memory);
    }
}

// Hashes are 32 bits, so equal ones happen. Here all are made equal.
static void equal_hashes_cost_steps_and_no_errors(void **state)
{
    (void)state;
    struct fixture f;
    uint32_t slots[40];
    char name[32];
    open_index(&f, 1);
    for (int i = 0; i < 40; i++) {
        snprintf(name, sizeof name, "o-%d", i);
        slots[i] = add(&f, "", name);
        kedge__indexer_remove(&f.indexer, slots[i]);
        kedge__heap_slot(&f.heap, slots[i])->hash = 0x5a5a5a5a;
    }
    uint32_t *link = &f.indexer.root;
    for (int i = 0; i < 40; i++) { // as insert would chain them
        struct kedge__slot *s = kedge__heap_slot(&f.heap, slots[i]);
        *link = slots[i];
        s->indexed = 1;
        f.indexer.count++;
        link = &s->child[0x5a5a5a5a >> (i % 32) & 1];
    }
    for (int i = 0; i < 40; i += 3)
        take_out(&f, slots[i]);
    size_t left = 0;
    for (uint32_t slot = f.indexer.root, depth = 0; slot != 0; depth++, left++)
        slot = kedge__heap_slot(&f.heap, slot)->child[0x5a5a5a5a >> (depth % 32) & 1];
    assert_int_equal(left, f.indexer.count);
    assert_int_equal(left, 26);
    free(f.memory);
}

static unsigned depth_of(const struct fixture *f, uint32_t wanted)
{
    uint32_t hash = kedge__heap_slot(&f->heap, wanted)->hash;
    unsigned depth = 0;
    for (uint32_t slot = f->indexer.root; slot != wanted; depth++)
        slot = kedge__heap_slot(&f->heap, slot)->child[hash >> (depth % 32) & 1];
    return depth;
}

static unsigned deepest(const struct fixture *f)
{
    unsigned deepest = 0;
    for (uint32_t slot = 1; slot <= f->heap.slot_count; slot++) {
        unsigned depth = depth_of(f, slot);
        deepest = depth > deepest ? depth : deepest;
    }
    return deepest;
}

// An index of 300 names whose hashes all begin alike under seed 1.
static void flood(struct fixture *f, uint32_t seed)
{
    char name[32];
    open_index(f, seed);
    for (unsigned i = 0, found = 0; found < 300; i++) {
        snprintf(name, sizeof name, "o-%u", i);
        if ((kedge__hash_pair(1, KEDGE_STR("ns"), kedge_str_of(name)) & 0xfff) != 0x5a5)
            continue;
        add(f, "ns", name);
        found++;
    }
}

static void names_chosen_for_one_seed_are_scattered_by_another(void **state)
{
    (void)state;
    struct fixture f;
    flood(&f, 1);
    assert_in_range(deepest(&f), 12 + 8, 12 + 32); // a chain of 12, then as deep as always
    free(f.memory);
    for (uint32_t seed = 2; seed < 5; seed++) {
        flood(&f, seed);
        assert_in_range(deepest(&f), 8, 24);
        free(f.memory);
    }
}

static void a_search_takes_few_steps_whatever_the_seed(void **state)
{
    (void)state;
    for (uint32_t seed = 0; seed < 8; seed++) {
        struct fixture f;
        char name[32];
        open_index(&f, seed * 0x9e3779b9u);
        for (int i = 0; i < 4000; i++) {
            snprintf(name, sizeof name, "object-%d", i);
            add(&f, "default", name);
        }
        assert_in_range(deepest(&f), 12, 36); // the best there can be is 12
        free(f.memory);
    }
}

// Among 2^18 names some have one hash of 32 bits.
static void names_of_one_hash_are_told_apart(void **state)
{
    (void)state;
    enum { NAMES = 1 << 18, BUCKETS = 1 << 20 };
    struct fixture f;
    char name[16], other[16];
    uint32_t *seen = calloc(BUCKETS, sizeof *seen), *hashes = malloc(NAMES * sizeof *hashes);
    unsigned pairs = 0;
    assert_true(seen != NULL && hashes != NULL);
    open_index(&f, 1);
    for (uint32_t i = 1; i < NAMES && pairs < 3; i++) {
        snprintf(name, sizeof name, "n-%u", (unsigned)i);
        hashes[i] = kedge__hash_pair(1, KEDGE_STR("a"), kedge_str_of(name));
        uint32_t *last = &seen[hashes[i] % BUCKETS];
        if (*last != 0 && hashes[*last] == hashes[i]) {
            pairs++;
            snprintf(other, sizeof other, "n-%u", (unsigned)*last);
            uint32_t a = add(&f, "a", name);
            assert_int_equal(find(&f, "a", other), 0);
            uint32_t b = add(&f, "a", other);
            assert_int_equal(find(&f, "a", name), a);
            assert_int_equal(find(&f, "a", other), b);
            take_out(&f, a);
            assert_int_equal(find(&f, "a", name), 0);
            assert_int_equal(find(&f, "a", other), b);
            take_out(&f, b);
        }
        *last = i;
    }
    assert_true(pairs > 0);
    free(seen);
    free(hashes);
    free(f.memory);
}

int main(void)
{
    const struct CMUnitTest tests[] = {
        cmocka_unit_test(an_empty_index_has_nothing),
        cmocka_unit_test(namespace_and_name_are_told_apart),
        cmocka_unit_test(it_agrees_with_an_array),
        cmocka_unit_test(equal_hashes_cost_steps_and_no_errors),
        cmocka_unit_test(names_chosen_for_one_seed_are_scattered_by_another),
        cmocka_unit_test(a_search_takes_few_steps_whatever_the_seed),
        cmocka_unit_test(names_of_one_hash_are_told_apart),
    };
    return cmocka_run_group_tests(tests, NULL, NULL);
}
