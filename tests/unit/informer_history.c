// SPDX-License-Identifier: Apache-2.0
// What handlers are told, word for word, and what the lister shows them meanwhile: the histories
// that client-go's own tests of controllers and shared informers ask for.
#include <setjmp.h>
#include <stdarg.h>
#include <stdio.h>
#include <stdlib.h>
#include <string.h>

#include <cmocka.h>

#include "kedge/kedge.h"
#include "kedge/transform.h"
#include "script.h"

#define OK_HEAD "HTTP/1.1 200 OK\r\n\r\n" // and a body until the connection ends
#define LIST(version, items)                                                        \
    OK_HEAD "{\"metadata\":{\"resourceVersion\":\"" version "\"},\"items\":[" items \
            "]}" SCRIPT_CLOSES
#define POD(name, version)                                                       \
    "{\"metadata\":{\"namespace\":\"a\",\"name\":\"" name "\",\"uid\":\"u-" name \
    "\",\"resourceVersion\":\"" version "\"}}"
#define EVENT(type, object) "{\"type\":\"" type "\",\"object\":" object "}\n"
#define EXPIRED                                                                           \
    EVENT("ERROR", "{\"kind\":\"Status\",\"status\":\"Failure\",\"code\":410,\"reason\":" \
                   "\"Expired\",\"message\":\"too old\"}")

// Writes down each call: "add NAME VERSION STORED", "initial" in place of "add", "update NAME
// OLD>VERSION STORED", "resync NAME", "delete NAME VERSION STORED", "tombstone". STORED is the
// version in the cache, "-" where it has no such object.
struct chronicle {
    struct kedge_handler handler; // first
    struct kedge_informer *inf;
    char text[2048];
};

static void note(struct chronicle *c, const char *what, const struct kedge_object *old,
                 const struct kedge_object *o)
{
    const struct kedge_object *stored;
    size_t len = strlen(c->text);
    bool there = kedge_lister_get(c->inf, kedge_namespace(o), kedge_name(o), &stored) == KEDGE_OK;
    snprintf(c->text + len, sizeof c->text - len, "%s %s %s%s%s %s\n", what, kedge_name(o),
             old != NULL ? kedge_resource_version(old) : "", old != NULL ? ">" : "",
             kedge_resource_version(o), there ? kedge_resource_version(stored) : "-");
}

static void added(void *ctx, const struct kedge_object *o, bool initial)
{
    note(ctx, initial ? "initial" : "add", NULL, o);
}

static void updated(void *ctx, const struct kedge_object *old, const struct kedge_object *o)
{
    note(ctx, old == o ? "resync" : "update", old == o ? NULL : old, o);
}

static void deleted(void *ctx, const struct kedge_object *o, bool tombstone)
{
    note(ctx, tombstone ? "tombstone" : "delete", NULL, o);
}

static void assert_told(struct chronicle *c, const char *text)
{
    assert_string_equal(c->text, text);
    c->text[0] = '\0';
}

struct fixture {
    struct fake_port port;
    struct script script;
    unsigned char memory[128 * 1024];
    struct kedge *k;
    struct kedge_client *client;
    struct kedge_factory *factory;
    struct kedge_informer *inf;
    struct chronicle c[3];
};

static void join(struct kedge_informer *inf, struct chronicle *c, kedge_time resync)
{
    c->handler = (struct kedge_handler){
        .on_add = added, .on_update = updated, .on_delete = deleted, .ctx = c, .resync = resync};
    c->inf = inf;
    assert_int_equal(kedge_informer_add_handler(inf, &c->handler), KEDGE_OK);
}

static struct fixture *open_pods(const char *const *answers, size_t count,
                                 struct kedge_informer_options options)
{
    struct fixture *f = calloc(1, sizeof *f);
    struct kedge_config config = {.server = "http://api.test"};
    assert_non_null(f);
    fake_port_init(&f->port, 1);
    script_serve(&f->script, &f->port, answers, count);
    f->k = kedge_init(f->memory, sizeof f->memory, &f->port.port);
    f->client = kedge_client_new(f->k, &config);
    f->factory = kedge_factory_new(f->client, 0);
    options.no_watch_list = true;
    f->inf = kedge_factory_informer_with(f->factory, &kedge_kind_pod, &options);
    return f;
}

#define OPEN(answers, ...)                                  \
    open_pods(answers, sizeof(answers) / sizeof *(answers), \
              (struct kedge_informer_options){__VA_ARGS__})

static void close_it(struct fixture *f)
{
    kedge_factory_shutdown(f->factory);
    kedge_client_free(f->client);
    fake_port_check(&f->port);
    free(f);
}

static void run(struct fixture *f, kedge_time ms)
{
    fake_port_run(&f->port, f->k, ms);
}

static const char *version_of(const struct fixture *f)
{
    static struct kedge_informer_state s;
    assert_int_equal(kedge_informer_state(f->inf, &s), KEDGE_OK);
    return s.version;
}

// client-go: the events of a Replace. Here what is gone comes last, when the list is whole; but for
// that all is the same: what handlers find in the cache is what they are told of, and nothing is an
// initial add any more.
static void a_list_anew_tells_what_has_changed(void **state)
{
    (void)state;
    static const struct {
        const char *before, *after;
        const char *first, *then;
    } rows[] = {
        {LIST("0", ""), LIST("1", POD("pod-1", "1")), "", "add pod-1 1 1\n"},
        {LIST("2", POD("pod-1", "1") "," POD("pod-3", "2")), LIST("2", ""),
         "initial pod-1 1 1\ninitial pod-3 2 2\n", "tombstone pod-1 1 -\ntombstone pod-3 2 -\n"},
        {LIST("3", POD("pod-1", "1") "," POD("pod-2", "2") "," POD("pod-3", "3")),
         LIST("6", POD("pod-1", "4") "," POD("pod-2", "5") "," POD("pod-4", "6")),
         "initial pod-1 1 1\ninitial pod-2 2 2\ninitial pod-3 3 3\n",
         "update pod-1 1>4 4\nupdate pod-2 2>5 5\nadd pod-4 6 6\ntombstone pod-3 3 -\n"},
    };
    for (size_t i = 0; i < sizeof rows / sizeof rows[0]; i++) {
        const char *const answers[] = {rows[i].before, OK_HEAD, rows[i].after, OK_HEAD};
        struct fixture *f = OPEN(answers, .page = 0);
        join(f->inf, &f->c[0], 0);
        assert_int_equal(kedge_factory_start(f->factory), KEDGE_OK);
        run(f, KEDGE_SECOND);
        assert_told(&f->c[0], rows[i].first);
        script_say(&f->script, EXPIRED);
        run(f, 5 * KEDGE_SECOND);
        assert_told(&f->c[0], rows[i].then);
        close_it(f);
    }
}

// client-go: a watch that was closed while things changed. Who never has a resync is told of what
// is new, and who has one of the rest, too.
static void a_watch_that_broke_tells_each_what_he_is_owed(void **state)
{
    (void)state;
    static const char *const answers[] = {
        LIST("2", POD("pod1", "1") "," POD("pod2", "2")), OK_HEAD,
        LIST("4", POD("pod1", "1") "," POD("pod2", "4") "," POD("pod3", "3")), OK_HEAD};
    struct fixture *f = OPEN(answers, .page = 0);
    join(f->inf, &f->c[0], KEDGE_FOREVER);
    join(f->inf, &f->c[1], 10 * KEDGE_SECOND);
    assert_int_equal(kedge_factory_start(f->factory), KEDGE_OK);
    run(f, KEDGE_SECOND);
    assert_told(&f->c[0], "initial pod1 1 1\ninitial pod2 2 2\n");
    assert_told(&f->c[1], "initial pod1 1 1\ninitial pod2 2 2\n");
    script_say(&f->script, EXPIRED);
    run(f, 5 * KEDGE_SECOND);
    assert_told(&f->c[0], "update pod2 2>4 4\nadd pod3 3 3\n");
    assert_told(&f->c[1], "update pod2 2>4 4\nadd pod3 3 3\n");
    run(f, 5 * KEDGE_SECOND);
    assert_told(&f->c[0], "");
    assert_told(&f->c[1], "resync pod1 1 1\nresync pod2 4 4\nresync pod3 3 3\n");
    close_it(f);
}

// client-go: listeners with none, 2 s and 3 s.
static void each_handler_has_its_resync_at_its_time(void **state)
{
    (void)state;
    static const char *const answers[] = {LIST("2", POD("pod1", "1")), OK_HEAD};
    static const char *const at[][3] = {
        {"initial pod1 1 1\n", "initial pod1 1 1\n", "initial pod1 1 1\n"},
        {"", "resync pod1 1 1\n", ""},
        {"", "", "resync pod1 1 1\n"},
        {"", "resync pod1 1 1\n", ""},
        {"", "", ""},
        {"", "resync pod1 1 1\n", "resync pod1 1 1\n"},
    };
    struct fixture *f = OPEN(answers, .resync = KEDGE_SECOND);
    join(f->inf, &f->c[0], KEDGE_FOREVER);
    join(f->inf, &f->c[1], 2 * KEDGE_SECOND);
    join(f->inf, &f->c[2], 3 * KEDGE_SECOND);
    assert_int_equal(kedge_factory_start(f->factory), KEDGE_OK);
    run(f, 1500);
    for (size_t second = 0; second < 6; second++) { // 1.5 s, 2.5 s, ...
        for (size_t i = 0; i < 3; i++)
            assert_told(&f->c[i], at[second][i]);
        run(f, KEDGE_SECOND);
    }
    close_it(f);
}

// client-go: the store's version is that of each event that has been told, a deletion's, too.
static void the_version_is_that_of_the_last_event(void **state)
{
    (void)state;
    static const char *const answers[] = {LIST("10", ""), OK_HEAD};
    static const char *const events[][3] = {
        {EVENT("ADDED", POD("one", "10")), "10", "add one 10 10\n"},
        {EVENT("MODIFIED", POD("one", "20")), "20", "update one 10>20 20\n"},
        {EVENT("BOOKMARK", "{\"metadata\":{\"resourceVersion\":\"30\"}}"), "30", ""},
        {EVENT("DELETED", POD("one", "40")), "40", "delete one 40 -\n"},
        {EVENT("DELETED", POD("one", "40")), "40", "delete one 40 -\n"},
    };
    struct fixture *f = OPEN(answers, .page = 0);
    join(f->inf, &f->c[0], 0);
    assert_string_equal(version_of(f), "");
    assert_int_equal(kedge_factory_start(f->factory), KEDGE_OK);
    run(f, KEDGE_SECOND);
    assert_string_equal(version_of(f), "10");
    for (size_t i = 0; i < sizeof events / sizeof events[0]; i++) {
        script_say(&f->script, events[i][0]);
        run(f, 100);
        assert_string_equal(version_of(f), events[i][1]);
        assert_string_equal(kedge_informer_last_sync_resource_version(f->inf), events[i][1]);
        assert_told(&f->c[0], events[i][2]);
    }
    close_it(f);
}

// client-go: two registrations, of which each goes alone; a handler of another informer's is none
// of ours, and stays there.
static void a_handler_is_removed_where_it_is_joined(void **state)
{
    (void)state;
    static const char *const answers[] = {LIST("1", POD("one", "1")), OK_HEAD};
    struct fixture *f = OPEN(answers, .page = 0);
    struct kedge_informer *other = kedge_factory_informer(f->factory, &kedge_kind_node);
    join(f->inf, &f->c[0], 0);
    join(f->inf, &f->c[1], 0);
    assert_int_equal(kedge_informer_remove_handler(other, &f->c[0].handler), KEDGE_OK);
    kedge_informer_stop(other);
    assert_int_equal(kedge_factory_start(f->factory), KEDGE_OK);
    run(f, KEDGE_SECOND);
    assert_told(&f->c[0], "initial one 1 1\n");
    assert_told(&f->c[1], "initial one 1 1\n");
    assert_int_equal(kedge_informer_add_handler(other, &f->c[0].handler), KEDGE_ERR_EXISTS);
    assert_int_equal(kedge_informer_remove_handler(other, &f->c[0].handler), KEDGE_OK);
    assert_int_equal(kedge_informer_remove_handler(f->inf, &f->c[1].handler), KEDGE_OK);
    assert_int_equal(kedge_informer_remove_handler(f->inf, &f->c[1].handler), KEDGE_OK);
    script_say(&f->script, EVENT("MODIFIED", POD("one", "2")));
    run(f, KEDGE_SECOND);
    assert_told(&f->c[0], "update one 1>2 2\n");
    assert_told(&f->c[1], "");
    assert_int_equal(kedge_informer_remove_handler(f->inf, &f->c[0].handler), KEDGE_OK);
    script_say(&f->script, EVENT("DELETED", POD("one", "3")));
    run(f, KEDGE_SECOND);
    assert_told(&f->c[0], "");
    assert_int_equal(kedge_lister_count(f->inf), 0);
    // It may join again, and is told of what there is.
    script_say(&f->script, EVENT("ADDED", POD("two", "4")));
    run(f, KEDGE_SECOND);
    join(f->inf, &f->c[1], 0);
    assert_false(kedge_handler_has_synced(&f->c[1].handler));
    run(f, 10);
    assert_true(kedge_handler_has_synced(&f->c[1].handler));
    assert_told(&f->c[1], "initial two 4 4\n");
    close_it(f);
}

// client-go's TransformingInformer: no handler ever sees what was before the transform, neither as
// the old object nor as what was deleted; and it is never done twice, not by a resync either.
static void mark_it(void *ctx, struct kedge_change *change)
{
    struct kedge_object *o = kedge_change_object(change);
    char name[64];
    assert_true(strncmp(kedge_name(o), "t-", 2) != 0);
    int len = snprintf(name, sizeof name, "t-%s", kedge_name(o));
    assert_int_equal(kedge_change_set_text(change, &o->name, (kedge_str){name, (size_t)len}),
                     KEDGE_OK);
    ++*(unsigned *)ctx;
}

static void handlers_see_only_what_the_transform_made(void **state)
{
    (void)state;
    static const char *const answers[] = {
        LIST("2", POD("one", "2")),
        OK_HEAD EVENT("ADDED", POD("two", "3")) EVENT("ADDED", POD("three", "4"))
            EVENT("MODIFIED", POD("two", "5")) EVENT("DELETED", POD("one", "6"))};
    unsigned calls = 0;
    struct fixture *f = OPEN(answers, .transform = mark_it, .ctx = &calls, .transform_room = 16,
                             .resync = 5 * KEDGE_SECOND);
    join(f->inf, &f->c[0], 0);
    assert_int_equal(kedge_factory_start(f->factory), KEDGE_OK);
    run(f, KEDGE_SECOND);
    assert_told(&f->c[0], "initial t-one 2 2\nadd t-two 3 3\nadd t-three 4 4\n"
                          "update t-two 3>5 5\ndelete t-one 6 -\n");
    run(f, 5 * KEDGE_SECOND);
    assert_told(&f->c[0], "resync t-two 5 5\nresync t-three 4 4\n");
    assert_int_equal(calls, 5);
    close_it(f);
}

int main(int argc, char **argv)
{
    const struct CMUnitTest tests[] = {
        cmocka_unit_test(a_list_anew_tells_what_has_changed),
        cmocka_unit_test(a_watch_that_broke_tells_each_what_he_is_owed),
        cmocka_unit_test(each_handler_has_its_resync_at_its_time),
        cmocka_unit_test(the_version_is_that_of_the_last_event),
        cmocka_unit_test(a_handler_is_removed_where_it_is_joined),
        cmocka_unit_test(handlers_see_only_what_the_transform_made),
    };
    if (argc > 1)
        cmocka_set_test_filter(argv[1]);
    return cmocka_run_group_tests(tests, NULL, NULL);
}
