// SPDX-License-Identifier: Apache-2.0
// The loop: who is stepped, what is waited for, how it ends.
#include <setjmp.h>
#include <stdarg.h>
#include <stdlib.h>
#include <string.h>

#include <cmocka.h>

#include "base/context.h"
#include "fake_port.h"

struct task {
    struct kedge__task task; // first
    struct kedge *k;
    unsigned steps;
    unsigned delivered;
    unsigned moves_left; // so often it gets somewhere
    unsigned wants_more; // at that step another turn
    kedge_time stepped_at;
    kedge_err polled;
};

static bool step(struct kedge__task *t, kedge_time now)
{
    struct task *task = (struct task *)t;
    task->steps++;
    task->stepped_at = now;
    if (task->steps == task->wants_more)
        task->k->again = true;
    if (task->moves_left == 0)
        return false;
    task->moves_left--;
    return true;
}

static bool deliver(struct kedge__task *t, kedge_time now)
{
    struct task *task = (struct task *)t;
    (void)now;
    task->delivered++;
    task->polled = kedge_poll(task->k, 0);
    return false;
}

static const struct kedge__task_ops ops = {.step = step, .deliver = deliver};

struct fixture {
    struct fake_port port;
    unsigned char memory[8192];
    struct kedge *k;
    struct task task;
};

static void open_loop(struct fixture *f)
{
    memset(f, 0, sizeof *f);
    fake_port_init(&f->port, 1);
    f->k = kedge_init(f->memory, sizeof f->memory, &f->port.port);
    f->task = (struct task){.task = {.ops = &ops, .deadline = KEDGE_FOREVER}, .k = f->k};
    assert_int_equal(kedge__task_add(f->k, &f->task.task), KEDGE_OK);
}

static void a_poll_that_gets_somewhere_does_not_wait(void **state)
{
    (void)state;
    static struct fixture f;
    open_loop(&f);
    f.task.moves_left = 1;
    assert_int_equal(kedge_poll(f.k, KEDGE_FOREVER), KEDGE_OK);
    assert_int_equal(f.port.waits, 0);
    assert_int_equal(f.task.steps, 1);
    assert_int_equal(f.task.delivered, 1);
}

// Also who has got nowhere may ask for another turn, before and after the wait.
static void who_asks_for_another_turn_gets_it_at_once(void **state)
{
    (void)state;
    for (unsigned at = 1; at <= 2; at++) {
        static struct fixture f;
        open_loop(&f);
        f.task.wants_more = at;
        assert_int_equal(kedge_poll(f.k, 250), KEDGE_OK);
        assert_int_equal(f.port.waits, at - 1);
        assert_int_equal(kedge_next_deadline(f.k), 0);
        assert_int_equal(kedge_poll(f.k, 250), KEDGE_OK);
        assert_int_equal(f.port.waits, at);
    }
}

static void a_poll_that_gets_nowhere_waits_no_longer_than_it_may(void **state)
{
    (void)state;
    static struct fixture f;
    open_loop(&f);
    kedge_time began = f.port.now;
    assert_int_equal(kedge_poll(f.k, 250), KEDGE_OK);
    assert_int_equal(f.port.now - began, 250);
    assert_int_equal(f.task.steps, 2); // before and after
    assert_int_equal(f.task.stepped_at, f.port.now);
    assert_int_equal(kedge_poll(f.k, 0), KEDGE_OK);
    assert_int_equal(f.port.now - began, 250);
    assert_int_equal(f.port.waits, 1);
}

static void a_deadline_ends_the_wait(void **state)
{
    (void)state;
    static struct fixture f;
    open_loop(&f);
    f.task.task.deadline = f.port.now + 40;
    assert_int_equal(kedge_next_deadline(f.k), f.port.now + 40);
    kedge_time began = f.port.now;
    assert_int_equal(kedge_poll(f.k, KEDGE_FOREVER), KEDGE_OK);
    assert_int_equal(f.port.now - began, 40);
}

static void polling_inside_a_poll_is_refused(void **state)
{
    (void)state;
    static struct fixture f;
    open_loop(&f);
    kedge_poll(f.k, 0);
    assert_int_equal(f.task.polled, KEDGE_ERR_REENTRANT);
    assert_int_equal(kedge_poll(f.k, 0), KEDGE_OK); // only then
}

static void a_stop_is_for_good(void **state)
{
    (void)state;
    static struct fixture f;
    open_loop(&f);
    kedge_stop(f.k);
    assert_int_equal(kedge_poll(f.k, KEDGE_FOREVER), KEDGE_ERR_STOPPED);
    assert_int_equal(kedge_run(f.k), KEDGE_OK);
    assert_int_equal(f.task.steps, 0);
}

static void a_failed_wait_is_told(void **state)
{
    (void)state;
    static struct fixture f;
    open_loop(&f);
    f.port.cruelty.fail_only = FAKE_CALL_WAIT;
    f.port.cruelty.fail_at = 1;
    assert_int_equal(kedge_poll(f.k, 10), KEDGE_ERR_IO);
    assert_int_equal(kedge_poll(f.k, 10), KEDGE_OK);
}

static void interests_are_those_of_the_streams_below(void **state)
{
    (void)state;
    static struct fixture f;
    struct kedge_stream tcp = {NULL, NULL};
    struct kedge_stream tls = {NULL, &tcp};
    struct kedge_wait list[2];
    open_loop(&f);
    f.task.task.stream = &tls;
    f.task.task.interest = KEDGE_INTEREST_NONE; // held back: not even an error wakes
    assert_int_equal(kedge_interests(f.k, list, 2), 0);
    f.task.task.interest = KEDGE_INTEREST_WRITE;
    assert_int_equal(kedge_interests(f.k, NULL, 0), 1);
    assert_int_equal(kedge_interests(f.k, list, 2), 1);
    assert_ptr_equal(list[0].stream, &tcp);
    assert_int_equal(list[0].interest, KEDGE_INTEREST_WRITE);
    assert_int_equal(kedge_interests(NULL, list, 2), 0);
    assert_int_equal(kedge_next_deadline(NULL), KEDGE_FOREVER);
}

static void many_tasks_take_turns_and_may_leave(void **state)
{
    (void)state;
    static struct fixture f;
    static struct task more[20];
    open_loop(&f);
    for (int i = 0; i < 20; i++) {
        more[i] = (struct task){.task = {.ops = &ops, .deadline = KEDGE_FOREVER}, .k = f.k};
        assert_int_equal(kedge__task_add(f.k, &more[i].task), KEDGE_OK);
    }
    kedge_poll(f.k, 0);
    kedge__task_remove(f.k, &f.task.task);
    kedge__task_remove(f.k, &more[7].task);
    kedge__task_remove(f.k, &more[7].task); // twice does nothing
    kedge_poll(f.k, 0);
    assert_int_equal(f.task.steps, 1);
    for (int i = 0; i < 20; i++)
        assert_int_equal(more[i].steps, i == 7 ? 1 : 2);
}

static void a_task_too_many_is_a_lack_of_memory(void **state)
{
    (void)state;
    static struct fixture f;
    static struct task more[400];
    open_loop(&f);
    kedge_err err = KEDGE_OK;
    for (int i = 0; i < 400 && err == KEDGE_OK; i++) {
        more[i].task = (struct kedge__task){.ops = &ops, .deadline = KEDGE_FOREVER};
        err = kedge__task_add(f.k, &more[i].task);
    }
    assert_int_equal(err, KEDGE_ERR_MEMORY);
    assert_int_equal(kedge_poll(f.k, 0), KEDGE_ERR_MEMORY);
}

static void a_clock_that_goes_back_is_a_step_of_no_time(void **state)
{
    (void)state;
    static struct fixture f;
    open_loop(&f);
    f.task.task.deadline = FAKE_PORT_START + 5000;
    assert_int_equal(kedge_poll(f.k, 0), KEDGE_OK);
    f.port.now -= 4000;
    assert_int_equal(kedge_poll(f.k, 0), KEDGE_OK);
    assert_int_equal(f.task.stepped_at, FAKE_PORT_START);
    // Still 5 s from now, whatever the port calls that.
    assert_int_equal(kedge_next_deadline(f.k), FAKE_PORT_START + 1000);
    assert_int_equal(kedge_poll(f.k, 60000), KEDGE_OK);
    assert_int_equal(f.port.now, FAKE_PORT_START + 1000);
    assert_int_equal(f.task.stepped_at, FAKE_PORT_START + 5000);
}

static bool stop_in_step(struct kedge__task *t, kedge_time now)
{
    kedge_stop(((struct task *)t)->k);
    return step(t, now);
}

static bool stop_in_deliver(struct kedge__task *t, kedge_time now)
{
    kedge_stop(((struct task *)t)->k);
    return deliver(t, now);
}

// Neither the others of the round, nor what the wait would have let on.
static void after_a_stop_nobody_else_has_a_turn(void **state)
{
    (void)state;
    static const struct kedge__task_ops stopping[] = {{.step = stop_in_step, .deliver = deliver},
                                                      {.step = step, .deliver = stop_in_deliver}};
    for (int i = 0; i < 2; i++) {
        static struct fixture f;
        static struct task second;
        open_loop(&f);
        second = (struct task){.task = {.ops = &ops, .deadline = KEDGE_FOREVER}, .k = f.k};
        f.task.task.ops = &stopping[i];
        assert_int_equal(kedge__task_add(f.k, &second.task), KEDGE_OK);
        struct task *first = f.k->tasks == &f.task.task ? &f.task : &second;
        if (first != &f.task) {
            second.task.ops = &stopping[i];
            f.task.task.ops = &ops;
        }
        struct task *other = first == &f.task ? &second : &f.task;
        assert_int_equal(kedge_run(f.k), KEDGE_OK);
        assert_int_equal(first->steps, 1);
        assert_int_equal(other->steps, i);
        assert_int_equal(other->delivered, 0);
        assert_int_equal(f.port.waits, 0);
    }
}

static void a_task_may_have_nothing_to_deliver(void **state)
{
    (void)state;
    static const struct kedge__task_ops steps_only = {.step = step};
    static struct fixture f;
    open_loop(&f);
    f.task.task.ops = &steps_only;
    assert_int_equal(kedge_poll(f.k, 0), KEDGE_OK);
    assert_int_equal(f.task.steps, 1);
}

int main(void)
{
    const struct CMUnitTest tests[] = {
        cmocka_unit_test(a_poll_that_gets_somewhere_does_not_wait),
        cmocka_unit_test(who_asks_for_another_turn_gets_it_at_once),
        cmocka_unit_test(a_poll_that_gets_nowhere_waits_no_longer_than_it_may),
        cmocka_unit_test(a_deadline_ends_the_wait),
        cmocka_unit_test(polling_inside_a_poll_is_refused),
        cmocka_unit_test(a_stop_is_for_good),
        cmocka_unit_test(a_clock_that_goes_back_is_a_step_of_no_time),
        cmocka_unit_test(a_failed_wait_is_told),
        cmocka_unit_test(interests_are_those_of_the_streams_below),
        cmocka_unit_test(many_tasks_take_turns_and_may_leave),
        cmocka_unit_test(a_task_too_many_is_a_lack_of_memory),
        cmocka_unit_test(after_a_stop_nobody_else_has_a_turn),
        cmocka_unit_test(a_task_may_have_nothing_to_deliver),
    };
    return cmocka_run_group_tests(tests, NULL, NULL);
}
