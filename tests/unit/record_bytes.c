// SPDX-License-Identifier: Apache-2.0
// Where the bytes of a pod go: the pod of `make bench` as a server has stored it, with five labels,
// two containers, four conditions and an owner. What it costs is a promise of the README.
#include <setjmp.h>
#include <stdarg.h>
#include <stdio.h>
#include <stdlib.h>

#include <cmocka.h>

#include "kedge/kinds.h"
#include "object/heap.h"
#include "objects.h"
#include "weight.h"

static void row(const char *what, size_t bytes)
{
    print_message("  %-44s %4zu\n", what, bytes);
}

static void print(const struct weight *w)
{
    row("slot", w->slot);
    row("header of the block", w->header);
    row("struct kedge_object, without uid and times", w->head);
    row("the pod's own members, without times", w->members);
    row("elements of lists, likewise", w->elements);
    row("label pairs", w->pairs);
    row("uids", w->uids);
    row("times", w->times);
    row("quantities", w->quantities);
    row("texts: name, namespace, version", w->identity);
    row("texts: labels", w->labels);
    row("texts: owner", w->owners);
    row("texts: spec and status", w->texts);
    row("padding", w->padding);
    row("together", weight_sum(w));
}

enum { PROMISED = 520, PADDING = 16 };

static void a_pod_costs_what_is_promised(void **state)
{
    (void)state;
    struct weight w;
    struct kedge_object *o = record_of(&kedge_kind_pod, kedge_str_of(weighed_pod));
    weigh(&w, &kedge_kind_pod, o, NULL, NULL);
    print(&w);
    if (KEDGE_OFFSET_BITS == 16) {
        assert_true(weight_sum(&w) <= PROMISED);
        assert_true(w.padding <= PADDING);
    }
    free(o);
}

// The heap counts the same.
static void the_heap_takes_what_is_weighed(void **state)
{
    (void)state;
    static uint64_t memory[512];
    struct weight w;
    struct kedge__heap heap;
    struct kedge__account account = {0};
    struct kedge__account *accounts[] = {&account};
    size_t lacking, need;
    struct kedge_object *o = record_of(&kedge_kind_pod, kedge_str_of(weighed_pod));
    weigh(&w, &kedge_kind_pod, o, NULL, NULL);
    assert_int_equal(kedge__heap_init(&heap, memory, sizeof memory, 1024, accounts, 1, &need),
                     KEDGE_OK);
    assert_int_equal(kedge__heap_room(&heap, 0, o->size, false, &lacking), KEDGE_OK);
    kedge__heap_add(&heap, 0, o->size);
    assert_int_equal(kedge__heap_used(&heap), weight_sum(&w));
    free(o);
}

int main(void)
{
    const struct CMUnitTest tests[] = {
        cmocka_unit_test(a_pod_costs_what_is_promised),
        cmocka_unit_test(the_heap_takes_what_is_weighed),
    };
    return cmocka_run_group_tests(tests, NULL, NULL);
}
