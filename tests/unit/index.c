// SPDX-License-Identifier: Apache-2.0
// Indices that users name, against a plain array: random adds, updates and deletes, walks that go
// on while things change, and heaps that are full.
#include <setjmp.h>
#include <stdarg.h>
#include <stdio.h>
#include <stdlib.h>
#include <string.h>

#include <cmocka.h>

#include "base/random.h"
#include "cache/index_priv.h"
#include "kedge/kinds.h"

#define OBJECTS 300
#define VALUES  12

// A cache without a server: what intake and delivery do to it is done by hand.
struct fixture {
    struct kedge k;
    struct kedge_factory factory;
    struct kedge_informer inf;
    struct kedge__account *accounts[1];
    struct kedge__part part; // of the memory report: the heap
    unsigned char *memory;
    struct {
        uint32_t slot; // 0: not there
        unsigned mask; // of its values
        unsigned space;
    } model[OBJECTS];
    size_t count;
};

// A bit of the mask for each value; the lowest is told twice.
static void bits(const void *ctx, const struct kedge_object *o, struct kedge_index_values *out)
{
    (void)ctx;
    char text[16]; // values need not outlive the call
    bool again = true;
    for (int i = 0; i < VALUES; i++) {
        if ((o->generation >> i & 1) == 0)
            continue;
        snprintf(text, sizeof text, "v%d", i);
        kedge_index_value(out, kedge_str_of(text));
        if (again)
            kedge_index_value(out, kedge_str_of(text));
        again = false;
    }
}

static unsigned ones(unsigned mask)
{
    unsigned n = 0;
    for (; mask != 0; mask >>= 1)
        n += mask & 1;
    return n;
}

static struct fixture *open_cache(size_t size, uint32_t seed)
{
    static const struct kedge_port port; // nothing of it is called
    struct fixture *f = calloc(1, sizeof *f);
    size_t need;
    assert_non_null(f);
    f->memory = malloc(size);
    f->k.port = &port;
    f->factory.k = &f->k;
    f->factory.started = true;
    f->factory.heap_part = &f->part;
    f->inf.factory = &f->factory;
    f->inf.kind = &kedge_kind_pod;
    f->inf.synced = true;
    f->accounts[0] = &f->inf.account;
    assert_int_equal(
        kedge__heap_init(&f->factory.heap, f->memory, size, 256, f->accounts, 1, &need), KEDGE_OK);
    kedge__indexer_init(&f->inf.indexer, &f->factory.heap, 0, seed);
    return f;
}

static void close_cache(struct fixture *f)
{
    assert_int_equal(f->factory.heap.live, 0);
    assert_int_equal(f->factory.heap.slot_count, 0);
    assert_int_equal(f->inf.account.used, 0);
    assert_int_equal(f->inf.account.nodes, 0);
    free(f->memory);
    free(f);
}

static void put_text(struct kedge_text *t, char *at, const char *text)
{
    memcpy(at, text, strlen(text) + 1);
    t->offset = (kedge_offset)(at - (char *)t);
}

// A record with its nodes, in no index yet. 0: no room, and nothing has changed.
static uint32_t arrive(struct fixture *f, size_t i, unsigned mask, unsigned space, uint32_t known)
{
    struct kedge__heap *h = &f->factory.heap;
    size_t size = sizeof(struct kedge_object) + 40;
    size_t lacking;
    for (int tries = 0; tries < 1000; tries++) {
        kedge_err err = known != 0 ? kedge__heap_room_to_replace(h, known, size, &lacking)
                                   : kedge__heap_room(h, 0, size, false, &lacking);
        if (err == KEDGE_OK) {
            uint32_t slot = kedge__heap_add(h, 0, size);
            struct kedge_object *o = kedge__heap_object(h, slot);
            char text[20];
            memset(o, 0, size);
            o->size = (kedge_offset)size;
            o->generation = mask;
            snprintf(text, sizeof text, "s%u", space);
            put_text(&o->namespace_, (char *)(o + 1), text);
            snprintf(text, sizeof text, "o-%zu", i);
            put_text(&o->name, (char *)(o + 1) + 20, text);
            err = kedge__indexer_take_nodes(&f->inf.indexer, slot, known, &lacking);
            if (err == KEDGE_OK)
                return slot;
            kedge__heap_remove(h, slot);
        }
        if (err == KEDGE_ERR_FULL) {
            assert_true(lacking > 0);
            return 0;
        }
        kedge__heap_tidy(h, 4096);
    }
    fail_msg("tidying does not end");
    return 0;
}

static bool put(struct fixture *f, size_t i, unsigned mask, unsigned space)
{
    struct kedge__indexer *x = &f->inf.indexer;
    uint32_t known = f->model[i].slot;
    uint32_t slot = arrive(f, i, mask, known != 0 ? f->model[i].space : space, known);
    if (slot == 0)
        return false;
    f->model[i].mask = mask;
    if (known != 0) {
        kedge__indexer_replace(x, known, slot);
        kedge__heap_remove(&f->factory.heap, slot);
        return true;
    }
    kedge__indexer_insert(x, slot);
    f->model[i].slot = slot;
    f->model[i].space = space;
    f->count++;
    return true;
}

static void drop(struct fixture *f, size_t i)
{
    if (f->model[i].slot == 0)
        return;
    kedge__indexer_remove(&f->inf.indexer, f->model[i].slot);
    kedge__heap_remove(&f->factory.heap, f->model[i].slot);
    f->model[i].slot = 0;
    f->count--;
}

static void drop_all(struct fixture *f)
{
    for (size_t i = 0; i < OBJECTS; i++)
        drop(f, i);
}

static size_t number_of(const struct kedge_object *o)
{
    return (size_t)strtoul(kedge_name(o) + 2, NULL, 10);
}

// The walk gives just those objects whose bit in `want` is set, each once.
static void assert_walk(struct kedge_iter it, const bool *want)
{
    bool seen[OBJECTS] = {false};
    for (const struct kedge_object *o; (o = kedge_iter_next(&it)) != NULL;) {
        size_t i = number_of(o);
        assert_true(want[i]);
        assert_false(seen[i]);
        seen[i] = true;
    }
    assert_memory_equal(seen, want, sizeof seen);
}

static void assert_bits(const struct fixture *f, const char *index)
{
    bool any[VALUES] = {false};
    for (int v = 0; v < VALUES; v++) {
        bool want[OBJECTS] = {false};
        char value[16];
        snprintf(value, sizeof value, "v%d", v);
        for (size_t i = 0; i < OBJECTS; i++) {
            want[i] = f->model[i].slot != 0 && (f->model[i].mask >> v & 1) != 0;
            any[v] = any[v] || want[i];
        }
        assert_walk(kedge_lister_by_index(&f->inf, index, value), want);
    }
    struct kedge_value_iter it = kedge_lister_index_values(&f->inf, index);
    char value[16];
    size_t len;
    while (kedge_value_next(&it, value, sizeof value, &len)) {
        unsigned long v = strtoul(value + 1, NULL, 10);
        assert_int_equal(len, strlen(value));
        assert_true(any[v]); // there, and not told before
        any[v] = false;
    }
    for (int v = 0; v < VALUES; v++)
        assert_false(any[v]);
}

static void assert_namespaces(const struct fixture *f)
{
    for (unsigned s = 0; s < 5; s++) {
        bool want[OBJECTS] = {false};
        char space[16];
        snprintf(space, sizeof space, "s%u", s);
        for (size_t i = 0; i < OBJECTS; i++)
            want[i] = f->model[i].slot != 0 && f->model[i].space == s;
        assert_walk(kedge_lister_list(&f->inf, space, KEDGE_EVERYTHING), want);
    }
}

static size_t nodes_of(const struct fixture *f, unsigned bit_indices, unsigned other_indices)
{
    size_t nodes = 0;
    for (size_t i = 0; i < OBJECTS; i++) {
        if (f->model[i].slot != 0)
            nodes += bit_indices * ones(f->model[i].mask) + other_indices;
    }
    return nodes;
}

static void change(struct fixture *f, struct kedge__random *r)
{
    size_t i = (size_t)kedge__random_below(r, OBJECTS);
    unsigned mask = (unsigned)kedge__random_below(r, 1u << VALUES);
    mask &= (unsigned)kedge__random_below(r, 1u << VALUES); // often few or none
    if (kedge__random_below(r, 3) == 0)
        drop(f, i);
    else
        assert_true(put(f, i, mask, (unsigned)kedge__random_below(r, 5)));
}

static void indices_agree_with_an_array(void **state)
{
    (void)state;
    for (uint32_t seed = 1; seed <= 4; seed++) {
        struct fixture *f = open_cache(1 << 20, seed);
        struct kedge_index early = {.name = "early", .values = bits};
        struct kedge_index late = {.name = "late", .values = bits};
        struct kedge_index space = {.name = "namespace", .values = kedge_index_namespace};
        struct kedge__random r;
        kedge__random_init(&r, seed);
        assert_int_equal(kedge_informer_add_index(&f->inf, &early), KEDGE_OK);
        for (int i = 0; i < 6000; i++) {
            change(f, &r);
            if (i == 2000)
                assert_int_equal(kedge_informer_add_index(&f->inf, &late), KEDGE_OK);
            if (i == 4000)
                assert_int_equal(kedge_informer_add_index(&f->inf, &space), KEDGE_OK);
            if (i == 2000 || i == 4000) // the memory report knows of it at once
                assert_int_equal(f->part.used, kedge__heap_used(&f->factory.heap));
            assert_int_equal(f->inf.account.nodes, nodes_of(f, i < 2000 ? 1 : 2, i < 4000 ? 0 : 1));
            if (i % 250 != 0)
                continue;
            assert_bits(f, "early");
            if (i >= 2000)
                assert_bits(f, "late");
            assert_namespaces(f);
        }
        drop_all(f);
        close_cache(f);
    }
}

static void a_million_updates_leak_no_node(void **state)
{
    (void)state;
    struct fixture *f = open_cache(1 << 20, 9);
    struct kedge_index index = {.name = "bits", .values = bits};
    struct kedge__random r;
    kedge__random_init(&r, 9);
    assert_int_equal(kedge_informer_add_index(&f->inf, &index), KEDGE_OK);
    for (size_t i = 0; i < OBJECTS; i++)
        assert_true(put(f, i, 3, 0));
    size_t used = f->inf.account.used;
    uint32_t slots = f->factory.heap.slot_count;
    for (int i = 0; i < 1000000; i++) {
        unsigned from = (unsigned)kedge__random_below(&r, VALUES - 1);
        assert_true(put(f, (size_t)i % OBJECTS, 3u << from, 0));
    }
    assert_int_equal(f->inf.account.nodes, (size_t)2 * OBJECTS);
    assert_int_equal(f->inf.account.used, used);
    // One record more, with its nodes, is all that was ever there at a time.
    assert_in_range(f->factory.heap.slot_count, slots, slots + 3);
    assert_bits(f, "bits");
    drop_all(f);
    close_cache(f);
}

static void the_tree_of_ten_thousand_equal_values_is_flat(void **state)
{
    (void)state;
    enum { MANY = 10000 };
    struct fixture *f = open_cache(4 << 20, 3);
    struct kedge_index index = {.name = "space", .values = kedge_index_namespace};
    assert_int_equal(kedge_informer_add_index(&f->inf, &index), KEDGE_OK);
    uint32_t *slots = malloc(MANY * sizeof *slots);
    assert_non_null(slots);
    for (size_t i = 0; i < MANY; i++) {
        slots[i] = arrive(f, i, 0, 0, 0);
        kedge__indexer_insert(&f->inf.indexer, slots[i]);
    }
    // The way to each node has some 2 ln n steps, of which ten times as many would be odd.
    struct kedge__value_hash hash = kedge__index_hash(&f->inf.indexer, KEDGE_STR("s0"));
    for (size_t i = 0; i < MANY; i++) {
        uint32_t node = index.root;
        unsigned steps = 0;
        while (kedge__heap_slot(&f->factory.heap, node)->record != slots[i]) {
            const struct kedge__slot *n = kedge__heap_slot(&f->factory.heap, node);
            assert_int_equal(n->mark, hash.high);
            assert_int_equal(n->hash, hash.low);
            node = n->child[n->record < slots[i]];
            steps++;
        }
        assert_true(steps < 60);
    }
    for (size_t i = 0; i < MANY; i++) {
        kedge__indexer_remove(&f->inf.indexer, slots[i]);
        kedge__heap_remove(&f->factory.heap, slots[i]);
    }
    free(slots);
    close_cache(f);
}

// ---------------------------------------------------------------- walks

// What is there with value v3 throughout comes once, whatever else comes and goes between.
static void walk_while_things_change(struct fixture *f, struct kedge_iter it,
                                     struct kedge__random *r)
{
    unsigned seen[OBJECTS] = {0};
    for (const struct kedge_object *o; (o = kedge_iter_next(&it)) != NULL;) {
        assert_true(++seen[number_of(o)] == 1 || number_of(o) % 3 != 0);
        for (int n = 0; n < 10; n++) {
            size_t i = (size_t)kedge__random_below(r, OBJECTS);
            if (i % 3 == 0) // stays, with value v3, and is updated
                put(f, i, (unsigned)kedge__random_below(r, 1u << VALUES) | 8, 1);
            else if (kedge__random_below(r, 2) == 0)
                drop(f, i);
            else
                put(f, i, (unsigned)kedge__random_below(r, 1u << VALUES), 1);
        }
        kedge__heap_tidy(&f->factory.heap, 1 << 20);
    }
    for (size_t i = 0; i < OBJECTS; i += 3)
        assert_int_equal(seen[i], 1);
}

static void a_walk_goes_on_while_things_change(void **state)
{
    (void)state;
    struct kedge_index index = {.name = "bits", .values = bits};
    struct kedge_index space = {.name = "namespace", .values = kedge_index_namespace};
    struct fixture *f = open_cache(1 << 20, 4);
    struct kedge__random r;
    kedge__random_init(&r, 4);
    assert_int_equal(kedge_informer_add_index(&f->inf, &index), KEDGE_OK);
    assert_int_equal(kedge_informer_add_index(&f->inf, &space), KEDGE_OK);
    for (size_t i = 0; i < OBJECTS; i++)
        assert_true(put(f, i, 8 | (unsigned)i << 4, 1));
    struct kedge_object *like = malloc(256);
    assert_int_equal(
        kedge_object_copy(kedge__heap_object(&f->factory.heap, f->model[0].slot), like, 256, NULL),
        KEDGE_OK);
    for (int i = 0; i < 20; i++) {
        walk_while_things_change(f, kedge_lister_by_index(&f->inf, "bits", "v3"), &r);
        walk_while_things_change(f, kedge_lister_index_of(&f->inf, "bits", like), &r);
        walk_while_things_change(f, kedge_lister_list(&f->inf, "s1", KEDGE_EVERYTHING), &r);
        walk_while_things_change(f, kedge_lister_list(&f->inf, "", KEDGE_EVERYTHING), &r);
    }
    free(like);
    drop_all(f);
    close_cache(f);
}

static void a_value_that_stays_is_told_once(void **state)
{
    (void)state;
    struct kedge_index index = {.name = "bits", .values = bits};
    struct fixture *f = open_cache(1 << 20, 5);
    struct kedge__random r;
    kedge__random_init(&r, 5);
    assert_int_equal(kedge_informer_add_index(&f->inf, &index), KEDGE_OK);
    for (int round = 0; round < 50; round++) {
        unsigned told[VALUES] = {0};
        char value[16];
        drop_all(f);
        assert_true(put(f, 0, 0x555, 0)); // the even ones stay
        struct kedge_value_iter it = kedge_lister_index_values(&f->inf, "bits");
        while (kedge_value_next(&it, value, sizeof value, NULL)) {
            told[strtoul(value + 1, NULL, 10)]++;
            for (int n = 0; n < 5; n++)
                put(f, 1 + (size_t)kedge__random_below(&r, OBJECTS - 1),
                    (unsigned)kedge__random_below(&r, 1u << VALUES), 0);
        }
        for (int v = 0; v < VALUES; v++)
            assert_in_range(told[v], v % 2 == 0, 1);
    }
    drop_all(f);
    close_cache(f);
}

static void objects_that_share_any_value_come_once(void **state)
{
    (void)state;
    struct kedge_index index = {.name = "bits", .values = bits};
    struct fixture *f = open_cache(1 << 20, 6);
    struct kedge__random r;
    kedge__random_init(&r, 6);
    assert_int_equal(kedge_informer_add_index(&f->inf, &index), KEDGE_OK);
    for (int i = 0; i < 1000; i++)
        change(f, &r);
    for (size_t i = 0; i < OBJECTS; i++) {
        bool want[OBJECTS] = {false};
        if (f->model[i].slot == 0)
            continue;
        for (size_t n = 0; n < OBJECTS; n++)
            want[n] = f->model[n].slot != 0 && (f->model[n].mask & f->model[i].mask) != 0;
        const struct kedge_object *o = kedge__heap_object(&f->factory.heap, f->model[i].slot);
        assert_walk(kedge_lister_index_of(&f->inf, "bits", o), want);
    }
    drop_all(f);
    close_cache(f);
}

static void keys_come_in_order(void **state)
{
    (void)state;
    struct kedge_index index = {.name = "bits", .values = bits};
    struct fixture *f = open_cache(1 << 20, 7);
    assert_int_equal(kedge_informer_add_index(&f->inf, &index), KEDGE_OK);
    for (size_t i = 0; i < 30; i++)
        assert_true(put(f, i, i % 2 == 0 ? 2 : 4, (unsigned)i % 3));
    struct kedge_iter it = kedge_lister_by_index(&f->inf, "bits", "v1");
    char key[KEDGE_KEY_MAX] = "", last[KEDGE_KEY_MAX] = "";
    int n = 0;
    for (; kedge_iter_next_key(&it, key); n++) {
        assert_true(strcmp(last, key) < 0);
        memcpy(last, key, sizeof last);
        if (n == 0)
            assert_string_equal(key, "s0/o-0");
        if (n == 1) // by their bytes
            assert_string_equal(key, "s0/o-12");
    }
    assert_int_equal(n, 15);
    assert_string_equal(key, last);
    assert_non_null(kedge_iter_next(&it)); // the walk itself has not moved
    assert_false(kedge_iter_next_key(NULL, key));
    assert_false(kedge_iter_next_key(&it, NULL));
    drop_all(f);
    close_cache(f);
}

// Hashes have 64 bits, so equal ones do not happen in a test. Here one is made equal.
static void values_of_one_hash_are_told_apart(void **state)
{
    (void)state;
    struct kedge_index index = {.name = "bits", .values = bits};
    struct fixture *f = open_cache(1 << 16, 8);
    assert_int_equal(kedge_informer_add_index(&f->inf, &index), KEDGE_OK);
    struct kedge__value_hash v1 = kedge__index_hash(&f->inf.indexer, KEDGE_STR("v1"));
    f->model[0].slot = arrive(f, 0, 4, 0, 0);
    struct kedge__slot *s = kedge__heap_slot(&f->factory.heap, f->model[0].slot);
    kedge__heap_slot(&f->factory.heap, s->nodes)->mark = v1.high;
    kedge__heap_slot(&f->factory.heap, s->nodes)->hash = v1.low;
    kedge__indexer_insert(&f->inf.indexer, f->model[0].slot);
    assert_true(put(f, 1, 2, 0));
    bool want[OBJECTS] = {false, true};
    assert_walk(kedge_lister_by_index(&f->inf, "bits", "v1"), want);
    drop_all(f);
    close_cache(f);
}

// The same of hashes that only begin alike: those beside it in the tree are not its own.
static void hashes_that_begin_alike_are_told_apart(void **state)
{
    (void)state;
    struct kedge_index index = {.name = "bits", .values = bits};
    struct fixture *f = open_cache(1 << 16, 8);
    assert_int_equal(kedge_informer_add_index(&f->inf, &index), KEDGE_OK);
    struct kedge__value_hash v1 = kedge__index_hash(&f->inf.indexer, KEDGE_STR("v1"));
    static const uint32_t beside[] = {1, UINT32_MAX}; // one more, one less
    for (size_t i = 0; i < 2; i++) {
        f->model[i].slot = arrive(f, i, 2, 0, 0);
        struct kedge__slot *s = kedge__heap_slot(&f->factory.heap, f->model[i].slot);
        kedge__heap_slot(&f->factory.heap, s->nodes)->mark = v1.high;
        kedge__heap_slot(&f->factory.heap, s->nodes)->hash = v1.low + beside[i];
        kedge__indexer_insert(&f->inf.indexer, f->model[i].slot);
    }
    assert_true(put(f, 2, 2, 0));
    bool want[OBJECTS] = {false, false, true};
    assert_walk(kedge_lister_by_index(&f->inf, "bits", "v1"), want);
    struct kedge_value_iter it = kedge_lister_index_values(&f->inf, "bits");
    // A hash that no value of the object has stands for none.
    static const char *const values[] = {"", "v1", ""};
    for (size_t i = 0; i < 3; i++) {
        char value[8];
        assert_true(kedge_value_next(&it, value, sizeof value, NULL));
        assert_string_equal(value, values[i]);
    }
    drop_all(f);
    close_cache(f);
}

static void a_long_value_is_cut_and_its_length_told(void **state)
{
    (void)state;
    struct kedge_index index = {.name = "bits", .values = bits};
    struct fixture *f = open_cache(1 << 16, 8);
    char value[4];
    size_t len;
    assert_int_equal(kedge_informer_add_index(&f->inf, &index), KEDGE_OK);
    assert_true(put(f, 0, 1u << 11, 0)); // "v11"
    for (size_t cap = 1; cap <= 4; cap++) {
        struct kedge_value_iter it = kedge_lister_index_values(&f->inf, "bits");
        memset(value, 'x', sizeof value);
        assert_true(kedge_value_next(&it, value, cap, &len));
        assert_int_equal(len, 3);
        assert_int_equal(strlen(value), cap - 1);
        assert_memory_equal(value, "v11", cap - 1);
        assert_false(kedge_value_next(&it, value, cap, &len));
    }
    struct kedge_value_iter it = kedge_lister_index_values(&f->inf, "bits");
    assert_false(kedge_value_next(&it, value, 0, &len));
    assert_false(kedge_value_next(&it, NULL, 4, &len));
    assert_false(kedge_value_next(NULL, value, 4, &len));
    assert_true(kedge_value_next(&it, value, 4, NULL));
    drop_all(f);
    close_cache(f);
}

// ---------------------------------------------------------------- full heaps

static void a_full_heap_still_takes_updates(void **state)
{
    (void)state;
    struct kedge_index index = {.name = "bits", .values = bits};
    struct fixture *f = open_cache(32768, 10);
    struct kedge__random r;
    kedge__random_init(&r, 10);
    assert_int_equal(kedge_informer_add_index(&f->inf, &index), KEDGE_OK);
    size_t n = 0;
    while (put(f, n, 0x3ffu << n % 3, 0))
        n++;
    assert_in_range(n, 40, OBJECTS - 1);
    size_t all = n; // and the rest is taken by what has no node
    while (put(f, all, 0, 0))
        all++;
    size_t nodes = f->inf.account.nodes;
    for (int i = 0; i < 20000; i++)
        assert_true(put(f, (size_t)kedge__random_below(&r, n), 0x3ffu << i % 3, 0));
    assert_int_equal(f->inf.account.nodes, nodes);
    assert_bits(f, "bits");
    drop_all(f);
    close_cache(f);
}

static void nodes_count_for_a_maximum_and_for_what_others_reserve(void **state)
{
    (void)state;
    struct kedge_index index = {.name = "bits", .values = bits};
    struct fixture *f = open_cache(65536, 11);
    assert_int_equal(kedge_informer_add_index(&f->inf, &index), KEDGE_OK);
    assert_true(put(f, 0, 1, 0));
    size_t one = f->inf.account.used;
    f->inf.account.maximum = one * 3;
    assert_true(put(f, 1, 1, 0) && put(f, 2, 1, 0));
    assert_false(put(f, 3, 0, 0));
    assert_false(put(f, 0, 3, 0)); // an update must not grow either
    assert_bits(f, "bits");
    assert_true(put(f, 0, 2, 0));
    assert_true(put(f, 1, 0, 0));
    assert_true(put(f, 0, 3, 0));
    assert_int_equal(f->inf.account.used, one * 3);
    f->inf.account.maximum = 0;

    struct kedge__account other = {.reserved = 65536};
    struct kedge__account *both[2] = {&f->inf.account, &other};
    f->factory.heap.accounts = both;
    f->factory.heap.account_count = 2;
    assert_false(put(f, 1, 1, 0));
    assert_true(put(f, 0, 6, 0));
    assert_true(put(f, 0, 4, 0));
    assert_bits(f, "bits");
    drop_all(f);
    close_cache(f);
}

static void an_index_without_room_leaves_nothing_behind(void **state)
{
    (void)state;
    struct kedge_index first = {.name = "first", .values = bits};
    bool refused = false, taken = false;
    for (size_t size = 8192; size < 40000 && !taken; size += 264) {
        struct kedge_index second = {.name = "second", .values = bits};
        struct fixture *f = open_cache(size, 12);
        first.informer = NULL;
        assert_int_equal(kedge_informer_add_index(&f->inf, &first), KEDGE_OK);
        for (size_t i = 0; i < 40; i++)
            put(f, i, 0xfu << i % 4, 0);
        size_t used = f->inf.account.used, slots = f->factory.heap.slot_count;
        size_t held = f->factory.heap.most_nodes;
        kedge_err err = kedge_informer_add_index(&f->inf, &second);
        assert_true(err == KEDGE_OK || err == KEDGE_ERR_FULL);
        refused = refused || err == KEDGE_ERR_FULL;
        if (err == KEDGE_OK) {
            taken = f->count == 40;
            assert_bits(f, "second");
        } else {
            assert_int_equal(f->inf.account.used, used);
            assert_int_equal(f->factory.heap.slot_count, slots);
            assert_int_equal(f->factory.heap.most_nodes, held);
            assert_null(second.informer);
            struct kedge_iter it = kedge_lister_by_index(&f->inf, "second", "v1");
            assert_int_equal(kedge_iter_error(&it, NULL, 0), KEDGE_ERR_NOT_FOUND);
        }
        assert_bits(f, "first");
        drop_all(f);
        close_cache(f);
    }
    assert_true(refused && taken);
}

static void an_index_whose_room_lies_in_pieces_waits_for_tidying(void **state)
{
    (void)state;
    struct kedge_index index = {.name = "bits", .values = bits};
    struct fixture *f = open_cache(16384, 13);
    size_t n = 0;
    while (put(f, n, 7, 0))
        n++;
    for (size_t i = 0; i < n; i += 2)
        drop(f, i);
    // The slots that came free are too few, and what is in one piece is taken.
    size_t lacking;
    uint32_t lost[1000], count = 0;
    while (kedge__heap_room(&f->factory.heap, 0, 8, true, &lacking) == KEDGE_OK)
        lost[count++] = kedge__heap_add(&f->factory.heap, 0, 8);
    assert_int_equal(kedge_informer_add_index(&f->inf, &index), KEDGE_WAIT);
    assert_int_equal(f->inf.account.nodes, 0);
    assert_true(f->factory.heap.in_pieces);
    while (kedge__heap_tidy(&f->factory.heap, 256)) {
    }
    assert_false(f->factory.heap.in_pieces);
    assert_int_equal(kedge_informer_add_index(&f->inf, &index), KEDGE_OK);
    assert_bits(f, "bits");
    while (count > 0)
        kedge__heap_remove(&f->factory.heap, lost[--count]);
    drop_all(f);
    close_cache(f);
}

// ---------------------------------------------------------------- mistakes

static void mistakes_are_told(void **state)
{
    (void)state;
    struct kedge_index index = {.name = "bits", .values = bits};
    struct kedge_index same_name = {.name = "bits", .values = kedge_index_namespace};
    struct kedge_index nameless = {.values = bits}, idle = {.name = "idle"};
    struct fixture *f = open_cache(8192, 14);
    struct kedge_informer *inf = &f->inf;
    assert_int_equal(kedge_informer_add_index(NULL, &index), KEDGE_ERR_ARGUMENT);
    assert_int_equal(kedge_informer_add_index(inf, NULL), KEDGE_ERR_ARGUMENT);
    assert_int_equal(kedge_informer_add_index(inf, &nameless), KEDGE_ERR_ARGUMENT);
    assert_int_equal(kedge_informer_add_index(inf, &idle), KEDGE_ERR_ARGUMENT);
    assert_int_equal(kedge_informer_add_index(inf, &index), KEDGE_OK);
    assert_int_equal(kedge_informer_add_index(inf, &index), KEDGE_ERR_EXISTS);
    assert_int_equal(kedge_informer_add_index(inf, &same_name), KEDGE_ERR_EXISTS);
    assert_int_equal(f->k.failure, KEDGE_OK); // after start it is no failure of the start
    f->inf.stop_asked = true;
    same_name.name = "other";
    assert_int_equal(kedge_informer_add_index(inf, &same_name), KEDGE_ERR_STATE);
    close_cache(f);
}

static void mistakes_of_who_reads_are_told(void **state)
{
    (void)state;
    struct kedge_index index = {.name = "bits", .values = bits};
    struct fixture *f = open_cache(8192, 14);
    struct kedge_informer *inf = &f->inf;
    char text[64];
    assert_int_equal(kedge_informer_add_index(inf, &index), KEDGE_OK);
    assert_true(put(f, 0, 1, 0));

    struct kedge_iter it = kedge_lister_by_index(inf, "node", "edge-1");
    assert_null(kedge_iter_next(&it));
    assert_int_equal(kedge_iter_error(&it, text, sizeof text), KEDGE_ERR_NOT_FOUND);
    assert_string_equal(text, "Index with name node does not exist");
    assert_int_equal(kedge_iter_error(&it, text, 10), KEDGE_ERR_NOT_FOUND);
    assert_string_equal(text, "Index wit");
    it = kedge_lister_index_of(inf, "node", kedge__heap_object(&f->factory.heap, 1));
    assert_int_equal(kedge_iter_error(&it, NULL, 0), KEDGE_ERR_NOT_FOUND);
    it = kedge_lister_by_index(inf, "bits", "v99"); // an unknown value is no error
    assert_null(kedge_iter_next(&it));
    assert_int_equal(kedge_iter_error(&it, text, sizeof text), KEDGE_OK);
    assert_string_equal(text, "");
    struct kedge_value_iter values = kedge_lister_index_values(inf, "node");
    assert_false(kedge_value_next(&values, text, sizeof text, NULL));

    const struct kedge_iter wrong[] = {
        kedge_lister_by_index(NULL, "bits", "v0"), kedge_lister_by_index(inf, NULL, "v0"),
        kedge_lister_by_index(inf, "bits", NULL),  kedge_lister_index_of(inf, "bits", NULL),
        kedge_lister_list(NULL, "", NULL),
    };
    for (size_t i = 0; i < sizeof wrong / sizeof *wrong; i++) {
        it = wrong[i];
        assert_null(kedge_iter_next(&it));
        assert_int_equal(kedge_iter_error(&it, text, sizeof text), KEDGE_ERR_ARGUMENT);
    }
    assert_int_equal(kedge_iter_error(NULL, NULL, 0), KEDGE_ERR_ARGUMENT);
    text[0] = 'x';
    assert_int_equal(kedge_iter_error(NULL, text, 0), KEDGE_ERR_ARGUMENT);
    assert_int_equal(text[0], 'x');
    it = kedge_lister_list(inf, "", NULL);
    assert_int_equal(kedge_iter_error(&it, text, sizeof text), KEDGE_OK);
    values = kedge_lister_index_values(NULL, "bits");
    assert_false(kedge_value_next(&values, text, sizeof text, NULL));
    values = kedge_lister_index_values(inf, NULL);
    assert_false(kedge_value_next(&values, text, sizeof text, NULL));
    kedge_index_value(NULL, KEDGE_STR("v0"));
    drop_all(f);
    close_cache(f);
}

static void a_clash_before_the_start_fails_the_start(void **state)
{
    (void)state;
    struct kedge_index a = {.name = "bits", .values = bits}, b = a;
    struct fixture *f = open_cache(8192, 15);
    f->factory.started = false;
    kedge__line_init(&f->k.failure_line, f->k.failure_buf, sizeof f->k.failure_buf);
    assert_int_equal(kedge_informer_add_index(&f->inf, &a), KEDGE_OK);
    assert_int_equal(kedge_informer_add_index(&f->inf, &b), KEDGE_ERR_EXISTS);
    assert_int_equal(f->k.failure, KEDGE_ERR_EXISTS);
    assert_string_equal(
        f->k.failure_buf,
        "indexer conflict: the index bits has the name of another: give it its own");
    close_cache(f);
}

static void an_informer_has_255_indices_at_most(void **state)
{
    (void)state;
    static struct kedge_index index[256];
    static char names[256][16];
    struct fixture *f = open_cache(1 << 20, 16);
    for (int i = 0; i < 256; i++) {
        snprintf(names[i], sizeof names[i], "i%d", i);
        index[i] = (struct kedge_index){.name = names[i], .values = bits};
        assert_int_equal(kedge_informer_add_index(&f->inf, &index[i]),
                         i < 255 ? KEDGE_OK : KEDGE_ERR_FULL);
    }
    assert_true(put(f, 0, 3, 0));
    assert_int_equal(f->inf.account.nodes, 2 * 255);
    assert_bits(f, "i0");
    assert_bits(f, "i254");
    drop_all(f);
    close_cache(f);
}

int main(void)
{
    const struct CMUnitTest tests[] = {
        cmocka_unit_test(indices_agree_with_an_array),
        cmocka_unit_test(a_million_updates_leak_no_node),
        cmocka_unit_test(the_tree_of_ten_thousand_equal_values_is_flat),
        cmocka_unit_test(a_walk_goes_on_while_things_change),
        cmocka_unit_test(a_value_that_stays_is_told_once),
        cmocka_unit_test(objects_that_share_any_value_come_once),
        cmocka_unit_test(keys_come_in_order),
        cmocka_unit_test(values_of_one_hash_are_told_apart),
        cmocka_unit_test(hashes_that_begin_alike_are_told_apart),
        cmocka_unit_test(a_long_value_is_cut_and_its_length_told),
        cmocka_unit_test(a_full_heap_still_takes_updates),
        cmocka_unit_test(nodes_count_for_a_maximum_and_for_what_others_reserve),
        cmocka_unit_test(an_index_without_room_leaves_nothing_behind),
        cmocka_unit_test(an_index_whose_room_lies_in_pieces_waits_for_tidying),
        cmocka_unit_test(mistakes_are_told),
        cmocka_unit_test(mistakes_of_who_reads_are_told),
        cmocka_unit_test(a_clash_before_the_start_fails_the_start),
        cmocka_unit_test(an_informer_has_255_indices_at_most),
    };
    return cmocka_run_group_tests(tests, NULL, NULL);
}
