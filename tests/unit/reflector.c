// SPDX-License-Identifier: Apache-2.0
// The reflector on the wire: which requests follow which answers, byte by byte and in virtual time.
#include <setjmp.h>
#include <stdarg.h>
#include <stdio.h>
#include <stdlib.h>
#include <string.h>

#include <cmocka.h>

#include "cache/informer_priv.h"
#include "cluster.h"
#include "script.h"

#define OK_HEAD "HTTP/1.1 200 OK\r\n\r\n" // and a body until the connection ends
#define PAGE(version, token, items)                                                    \
    OK_HEAD "{\"metadata\":{\"resourceVersion\":\"" version "\",\"continue\":\"" token \
            "\"},\"items\":[" items "]}" SCRIPT_CLOSES
#define LIST(version, items) PAGE(version, "", items)
#define OBJECT(name, version)                                                    \
    "{\"metadata\":{\"namespace\":\"a\",\"name\":\"" name "\",\"uid\":\"u-" name \
    "\",\"resourceVersion\":\"" version "\"}}"
#define EVENT(type, object)  "{\"type\":\"" type "\",\"object\":" object "}\n"
#define ADDED(name, version) EVENT("ADDED", OBJECT(name, version))
#define BOOKMARK(version, mark)                                       \
    EVENT("BOOKMARK", "{\"metadata\":{\"resourceVersion\":\"" version \
                      "\",\"annotations\":{\"k8s.io/initial-events-end\":\"" mark "\"}}}")
#define END(version) BOOKMARK(version, "true")
#define STATUS(code, reason)                                                             \
    "{\"kind\":\"Status\",\"status\":\"Failure\",\"code\":" code ",\"reason\":\"" reason \
    "\",\"message\":\"" reason " it is\"}"
#define TOO_LARGE                                                                      \
    "{\"kind\":\"Status\",\"status\":\"Failure\",\"code\":504,\"reason\":\"Timeout\"," \
    "\"message\":\"too large\",\"details\":{\"causes\":[{\"reason\":"                  \
    "\"ResourceVersionTooLarge\"}]}}"
#define REFUSED(code, reason)     "HTTP/1.1 " code " No\r\n\r\n" STATUS(code, reason) SCRIPT_CLOSES
#define ERROR_EVENT(code, reason) EVENT("ERROR", STATUS(code, reason))

#define EXPIRES OK_HEAD ERROR_EVENT("410", "Expired")
#define TIMED_OUT(message, cause)                                                        \
    "HTTP/1.1 504 Late\r\n\r\n{\"kind\":\"Status\",\"status\":\"Failure\",\"code\":504," \
    "\"reason\":\"Timeout\",\"message\":\"" message "\",\"details\":{\"causes\":[" cause \
    "]}}" SCRIPT_CLOSES

// Requests, as far as they differ: "list", "watch" and "initial" (a WatchList) with their version,
// match, limit and continue token.
#define INITIAL       "initial\n"
#define INITIAL_AT(v) "initial " v "\n"
#define WATCH(v)      "watch " v "\n"

struct failure {
    kedge_err err;
    bool of_watch;
    int code;
    enum kedge_reason reason;
    char text[200];
};

struct wire {
    struct fake_port port;
    struct script script;
    unsigned char memory[128 * 1024];
    struct kedge *k;
    struct kedge_client *client;
    struct kedge_factory *factory;
    struct kedge_informer *inf;
    struct recorder r;
    struct failure failures[8];
    unsigned failed;
    unsigned warned; // that a WatchList does not end
};

static void failed(void *ctx, struct kedge_informer *inf, const struct kedge_watch_error *e)
{
    struct wire *w = ctx;
    assert_ptr_equal(inf, w->inf);
    struct failure *f = &w->failures[w->failed++ % 8];
    *f = (struct failure){e->err, e->of_watch, e->code, e->reason, ""};
    snprintf(f->text, sizeof f->text, "%s", e->text);
}

static void logged(void *ctx, enum kedge_log_level level, const char *text)
{
    struct wire *w = ctx;
    (void)level;
    w->warned += strstr(text, "neither event nor the bookmark") != NULL;
}

static struct wire *open_wire(const char *const *answers, size_t count,
                              const struct kedge_informer_options *o)
{
    struct wire *w = calloc(1, sizeof *w);
    struct kedge_config config = {.server = "http://api.test"};
    assert_non_null(w);
    fake_port_init(&w->port, 1);
    script_serve(&w->script, &w->port, answers, count);
    w->k = kedge_init(w->memory, sizeof w->memory, &w->port.port);
    kedge_log_to(w->k, KEDGE_LOG_WARNING, logged, w);
    w->client = kedge_client_new(w->k, &config);
    w->factory = kedge_factory_new(w->client, 0);
    w->inf = kedge_factory_informer_with(w->factory, &kedge_kind_deployment, o);
    recorder_init(&w->r);
    w->r.versions_may_go_back = true;
    assert_int_equal(kedge_informer_add_handler(w->inf, &w->r.handler), KEDGE_OK);
    assert_int_equal(kedge_informer_set_watch_error_handler(w->inf, failed, w), KEDGE_OK);
    assert_int_equal(kedge_factory_start(w->factory), KEDGE_OK);
    return w;
}

#define OPEN(answers, options) open_wire(answers, sizeof(answers) / sizeof *(answers), options)

static void close_wire(struct wire *w)
{
    kedge_factory_shutdown(w->factory);
    kedge_client_free(w->client);
    recorder_free(&w->r);
    fake_port_check(&w->port);
    free(w);
}

static void run(struct wire *w, kedge_time ms)
{
    fake_port_run(&w->port, w->k, ms);
}

// The value of a query's name, or NULL.
static const char *value_of(const char *line, const char *name)
{
    static char value[64];
    char key[40];
    snprintf(key, sizeof key, "%s=", name);
    for (const char *at = strpbrk(line, "?&"); at != NULL; at = strpbrk(at + 1, "?&")) {
        if (strncmp(at + 1, key, strlen(key)) != 0)
            continue;
        snprintf(value, sizeof value, "%.*s", (int)strcspn(at + 1 + strlen(key), "& "),
                 at + 1 + strlen(key));
        return value;
    }
    return NULL;
}

static void put(char *out, const char *before, const char *value, const char *behind)
{
    if (value != NULL)
        sprintf(out + strlen(out), "%s%s%s", before, value, behind);
}

static void put_request(char *out, const char *line)
{
    bool watch = value_of(line, "watch") != NULL;
    bool initial = value_of(line, "sendInitialEvents") != NULL;
    put(out, initial ? "initial" : watch ? "watch" : "list", "", "");
    put(out, " ", value_of(line, "resourceVersion"), "");
    if (!initial)
        put(out, " ", value_of(line, "resourceVersionMatch"), "");
    put(out, " limit=", value_of(line, "limit"), "");
    put(out, " after ", value_of(line, "continue"), "");
    put(out, "\n", "", "");
    if (watch) {
        assert_string_equal(value_of(line, "allowWatchBookmarks"), "true");
        assert_in_range(atoi(value_of(line, "timeoutSeconds")), 300, 3600);
    }
    if (initial) {
        assert_string_equal(value_of(line, "sendInitialEvents"), "true");
        assert_string_equal(value_of(line, "resourceVersionMatch"), "NotOlderThan");
    }
}

static void assert_asked(struct wire *w, const char *expected)
{
    char asked[4096] = "";
    for (char *at = w->script.seen; (at = strstr(at, "GET /")) != NULL;) {
        char line[600];
        snprintf(line, sizeof line, "%.*s", (int)strcspn(at, "\r"), at);
        at += strlen(line);
        put_request(asked, line);
    }
    assert_string_equal(asked, expected);
}

// The answers, so much time, and the requests that there were.
static void story(const char *const *answers, size_t count, const struct kedge_informer_options *o,
                  kedge_time ms, const char *expected)
{
    struct wire *w = open_wire(answers, count, o);
    w->port.cruelty.block_every = 2;
    run(w, ms);
    assert_asked(w, expected);
    close_wire(w);
}

#define STORY(options, ms, expected, ...)                                        \
    do {                                                                         \
        static const char *const answers[] = {__VA_ARGS__};                      \
        story(answers, sizeof answers / sizeof *answers, options, ms, expected); \
    } while (0)

static const struct kedge_informer_options pages_of_4 = {.page = 4};
static const struct kedge_informer_options unpaged = {.page = KEDGE_UNPAGED};

// ---------------------------------------------------------------- WatchLists

// client-go: ListAndWatch with watch-list on.
static void a_watch_list_goes_on_as_the_watch(void **state)
{
    (void)state;
    static const char *const answers[] = {OK_HEAD ADDED("web", "5") ADDED("api", "3")};
    struct wire *w = OPEN(answers, NULL);
    run(w, KEDGE_SECOND);
    assert_int_equal(w->r.adds, 2);
    assert_false(kedge_informer_has_synced(w->inf));
    assert_string_equal(cluster_state(w->inf).version, "");
    script_say(&w->script, END("7"));
    run(w, KEDGE_SECOND);
    assert_true(kedge_informer_has_synced(w->inf));
    assert_string_equal(cluster_state(w->inf).version, "7");
    assert_int_equal(w->r.initial_adds, 2);
    script_say(&w->script, ADDED("db", "8") EVENT("DELETED", OBJECT("web", "9")));
    run(w, KEDGE_SECOND);
    assert_int_equal(w->r.adds, 3);
    assert_int_equal(w->r.deletes, 1);
    assert_string_equal(cluster_state(w->inf).version, "9");
    assert_asked(w, INITIAL);
    assert_int_equal(cluster_state(w->inf).lists, 1);
    assert_int_equal(cluster_state(w->inf).watches, 1);
    assert_int_equal(w->failed, 0);
    script_say(&w->script, SCRIPT_RESETS); // and is resumed as a watch
    run(w, 5 * KEDGE_SECOND);
    assert_asked(w, INITIAL WATCH("9"));
    close_wire(w);
}

// client-go: the version comes from the marked bookmark; a bookmark that says "false" is none.
static void only_the_marked_bookmark_ends_it(void **state)
{
    (void)state;
    static const char *const answers[] = {OK_HEAD ADDED("web", "5") BOOKMARK("6", "false") EVENT(
        "MODIFIED", OBJECT("web", "8")) EVENT("DELETED", OBJECT("web", "9"))};
    struct wire *w = OPEN(answers, NULL);
    run(w, KEDGE_SECOND);
    assert_false(kedge_informer_has_synced(w->inf));
    assert_string_equal(cluster_state(w->inf).version, "");
    assert_int_equal(w->r.updates, 1);
    assert_int_equal(w->r.deletes, 1);
    script_say(&w->script, END("12"));
    run(w, KEDGE_SECOND);
    assert_true(kedge_informer_has_synced(w->inf));
    assert_string_equal(cluster_state(w->inf).version, "12");
    assert_int_equal(cluster_state(w->inf).objects, 0);
    close_wire(w);
}

// client-go: expiry behind the bookmark; the stream ends, and the watch behind its last event is
// refused. What has been told stays, and all is listed anew, from there.
static void a_watch_behind_it_may_expire(void **state)
{
    (void)state;
    static const char *const answers[] = {OK_HEAD ADDED("p1", "1") END("2"),
                                          REFUSED("410", "Expired"), OK_HEAD};
    struct wire *w = OPEN(answers, NULL);
    run(w, 2 * KEDGE_SECOND);
    script_say(&w->script, ADDED("p3", "3") SCRIPT_CLOSES);
    w->port.cruelty.block_every = 2;
    while (w->failed < 1)
        assert_int_equal(kedge_poll(w->k, KEDGE_SECOND), KEDGE_OK);
    assert_true(w->failures[0].of_watch);
    assert_int_equal(w->failures[0].reason, KEDGE_REASON_EXPIRED);
    assert_int_equal(kedge_lister_count(w->inf), 2);
    assert_string_equal(cluster_state(w->inf).version, "3");
    run(w, 5 * KEDGE_SECOND);
    assert_asked(w, INITIAL WATCH("3") INITIAL_AT("3"));
    script_say(&w->script, ADDED("p3", "3") END("4"));
    run(w, KEDGE_SECOND);
    assert_int_equal(w->r.adds, 2);
    assert_int_equal(w->r.tombstones, 1);
    close_wire(w);
}

// Versions of the objects come in no order; what was not among them goes with the bookmark, and
// not before.
static void what_it_did_not_have_is_swept(void **state)
{
    (void)state;
    static const char *const answers[] = {OK_HEAD ADDED("web", "5") ADDED("api", "3")
                                              ADDED("db", "4") END("7")
                                                  ERROR_EVENT("410", "Expired"),
                                          OK_HEAD ADDED("db", "9") ADDED("web", "5")};
    struct wire *w = OPEN(answers, NULL);
    run(w, 10 * KEDGE_SECOND);
    assert_asked(w, INITIAL INITIAL_AT("7"));
    assert_int_equal(w->r.deletes, 0);
    assert_int_equal(cluster_phase(w->inf), KEDGE_RELISTING);
    script_say(&w->script, END("10"));
    run(w, KEDGE_SECOND);
    assert_int_equal(w->r.tombstones, 1);
    assert_int_equal(w->r.updates, 1); // web is as it was
    assert_int_equal(cluster_phase(w->inf), KEDGE_CURRENT);
    assert_string_equal(cluster_state(w->inf).version, "10");
    close_wire(w);
}

// client-go: any error on the stream's request; Invalid, of a server without it.
static void a_server_that_refuses_it_is_asked_for_a_list(void **state)
{
    (void)state;
    static const char *const codes[][2] = {{REFUSED("422", "Invalid"), NULL},
                                           {REFUSED("403", "Forbidden"), NULL},
                                           {REFUSED("500", "InternalError"), NULL},
                                           {OK_HEAD ERROR_EVENT("500", "InternalError"), NULL}};
    for (size_t i = 0; i < sizeof codes / sizeof codes[0]; i++) {
        const char *const answers[] = {codes[i][0],
                                       LIST("7", OBJECT("web", "5")),
                                       OK_HEAD ERROR_EVENT("410", "Expired"),
                                       codes[i][0],
                                       LIST("9", ""),
                                       OK_HEAD};
        struct wire *w = OPEN(answers, NULL);
        run(w, 100);
        assert_asked(w, INITIAL "list 0 limit=500\n" WATCH("7")); // at once
        run(w, 10 * KEDGE_SECOND);
        assert_asked(w,
                     INITIAL "list 0 limit=500\n" WATCH("7") INITIAL_AT("7") "list 7\n" WATCH("9"));
        assert_int_equal(w->failed, 1); // of the watch; a list in its place is none
        close_wire(w);
    }
}

static void a_list_that_fails_in_its_place_is_followed_by_a_watch_list(void **state)
{
    (void)state;
    STORY(NULL, 10 * KEDGE_SECOND, INITIAL "list 0 limit=500\n" INITIAL, REFUSED("422", "Invalid"),
          REFUSED("500", "InternalError"), OK_HEAD);
}

// client-go: three identical requests, no list.
static void too_many_requests_and_refused_connections_are_waited_for(void **state)
{
    (void)state;
    STORY(NULL, 10 * KEDGE_SECOND, INITIAL INITIAL INITIAL, REFUSED("429", "TooManyRequests"),
          OK_HEAD ERROR_EVENT("429", "TooManyRequests"), OK_HEAD END("4"));
    struct wire *w = open_wire(NULL, 0, NULL);
    w->port.cruelty.refuse = true;
    run(w, 10 * KEDGE_SECOND);
    w->port.cruelty.refuse = false;
    run(w, 20 * KEDGE_SECOND);
    assert_asked(w, INITIAL);
    close_wire(w);
}

static void a_version_that_is_not_to_be_had_is_given_up_at_once(void **state)
{
    (void)state;
    static const char *const whys[] = {ERROR_EVENT("410", "Expired"), ERROR_EVENT("410", "Gone"),
                                       EVENT("ERROR", TOO_LARGE)};
    for (size_t i = 0; i < 3; i++) {
        char why[600];
        snprintf(why, sizeof why, "%s%s", OK_HEAD, whys[i]);
        const char *const answers[] = {OK_HEAD END("7") ERROR_EVENT("410", "Expired"), why,
                                       OK_HEAD END("8") ERROR_EVENT("410", "Expired"), OK_HEAD};
        struct wire *w = OPEN(answers, NULL);
        w->port.cruelty.block_every = 2;
        run(w, 20 * KEDGE_SECOND);
        // Any version once; then the one that was had is asked for again.
        assert_asked(w, INITIAL INITIAL_AT("7") INITIAL INITIAL_AT("8"));
        assert_int_equal(w->failed, 2);
        close_wire(w);
    }
    // A second refusal of the kind leads to a list.
    STORY(NULL, 10 * KEDGE_SECOND, INITIAL INITIAL "list limit=500\n" WATCH("9"),
          REFUSED("410", "Expired"), REFUSED("410", "Expired"), LIST("9", ""), OK_HEAD);
}

// client-go: a stream that ends before the bookmark is followed by another one, from scratch. The
// second in a row is followed by a list.
static void one_that_ends_before_its_bookmark_begins_from_scratch(void **state)
{
    (void)state;
    static const char *const two[] = {OK_HEAD ADDED("web", "5") SCRIPT_CLOSES,
                                      OK_HEAD ADDED("web", "5") ADDED("api", "6") END("7")};
    struct wire *w = OPEN(two, NULL);
    run(w, 500);
    assert_asked(w, INITIAL); // a very short one: not at once
    run(w, 5 * KEDGE_SECOND);
    // Nothing twice, and the next one is not older than what was applied.
    assert_asked(w, INITIAL INITIAL_AT("5"));
    assert_int_equal(w->r.adds, 2);
    assert_int_equal(w->r.updates, 0);
    assert_true(kedge_informer_has_synced(w->inf));
    close_wire(w);
    STORY(NULL, 10 * KEDGE_SECOND, INITIAL INITIAL_AT("5") "list 5\n",
          OK_HEAD ADDED("web", "5") SCRIPT_CLOSES, OK_HEAD ADDED("web", "5") SCRIPT_RESETS);
    // One that told nothing at all, and was very short, is a refusal.
    STORY(NULL, 100, INITIAL "list 0 limit=500\n", OK_HEAD SCRIPT_CLOSES);
}

// client-go's ticker: a warning for each 10 s without an event. Then a list.
static void one_whose_bookmark_does_not_come_is_warned_of_and_left(void **state)
{
    (void)state;
    static const char *const answers[] = {OK_HEAD ADDED("web", "5"), LIST("7", ""), OK_HEAD};
    struct wire *w = OPEN(answers, NULL);
    run(w, 9 * KEDGE_SECOND);
    assert_int_equal(w->warned, 0);
    script_say(&w->script, ADDED("api", "6"));
    run(w, 9 * KEDGE_SECOND);
    assert_int_equal(w->warned, 0);
    run(w, 2 * KEDGE_SECOND);
    assert_int_equal(w->warned, 1);
    run(w, 50 * KEDGE_SECOND);
    assert_int_equal(w->warned, 6);
    assert_asked(w, INITIAL);
    run(w, 10 * KEDGE_SECOND);
    assert_asked(w, INITIAL "list 6\n" WATCH("7"));
    assert_int_equal(w->failures[0].err, KEDGE_ERR_TIMEOUT);
    assert_int_equal(w->r.tombstones, 2);
    close_wire(w);
}

// One that goes on talking has as long as any watch, and then a list takes its place.
static void one_that_talks_without_an_end_is_left_when_its_time_is_over(void **state)
{
    (void)state;
    static const char *const answers[] = {OK_HEAD ADDED("web", "5"), LIST("7", ""), OK_HEAD};
    struct wire *w = OPEN(answers, NULL);
    run(w, 100);
    long seconds = strtol(value_of(w->script.seen, "timeoutSeconds"), NULL, 10);
    kedge_time began = w->port.now;
    while (w->failed == 0) {
        script_say(&w->script, EVENT("MODIFIED", OBJECT("web", "5")));
        run(w, 5 * KEDGE_SECOND);
        assert_true(w->port.now - began < 20 * KEDGE_MINUTE);
    }
    assert_in_range(w->port.now - began, seconds * KEDGE_SECOND, (seconds + 40) * KEDGE_SECOND);
    assert_string_equal(w->failures[0].text, "the bookmark that ends a WatchList has not come");
    assert_asked(w, INITIAL "list 5\n" WATCH("7"));
    assert_int_equal(w->warned, 0);
    close_wire(w);
}

// Of a loop that turns rarely: the warning came late, the end does not.
static void one_that_is_silent_is_left_after_70_seconds_however_late_the_warning(void **state)
{
    (void)state;
    static const char *const answers[] = {OK_HEAD ADDED("web", "5"), LIST("7", ""), OK_HEAD};
    struct wire *w = OPEN(answers, NULL);
    run(w, 100);
    kedge_time heard = w->inf->reflector.heard;
    fake_port_advance(&w->port, 65 * KEDGE_SECOND);
    assert_int_equal(kedge_poll(w->k, 0), KEDGE_OK);
    assert_int_equal(w->warned, 1);
    while (w->failed == 0)
        assert_int_equal(kedge_poll(w->k, KEDGE_MINUTE), KEDGE_OK);
    assert_int_equal(w->port.now, heard + 70 * KEDGE_SECOND);
    close_wire(w);
}

static void one_that_is_silent_for_a_while_and_ends_is_asked_for_once_more(void **state)
{
    (void)state;
    static const char *const answers[] = {OK_HEAD, OK_HEAD, LIST("7", ""), OK_HEAD};
    struct wire *w = OPEN(answers, NULL);
    run(w, 2 * KEDGE_SECOND);
    script_say(&w->script, SCRIPT_CLOSES);
    run(w, 100); // no pause: it was not short
    assert_asked(w, INITIAL INITIAL);
    run(w, 2 * KEDGE_SECOND);
    script_say(&w->script, SCRIPT_CLOSES);
    run(w, 100);
    assert_asked(w, INITIAL INITIAL "list 0 limit=500\n" WATCH("7"));
    close_wire(w);
}

// Its end waits for its place behind what a handler is not ready for.
static void its_end_waits_for_room_in_the_queue(void **state)
{
    (void)state;
    static const char *const answers[] = {OK_HEAD ADDED("web", "5")};
    struct kedge_informer_options o = {.queue = 1};
    struct wire *w = OPEN(answers, &o);
    w->r.busy = true;
    run(w, KEDGE_SECOND);
    script_say(&w->script, END("7"));
    run(w, KEDGE_SECOND);
    assert_string_equal(cluster_state(w->inf).version, "");
    assert_int_equal(w->r.adds, 0);
    w->r.busy = false;
    run(w, KEDGE_SECOND);
    assert_int_equal(w->r.adds, 1);
    assert_true(kedge_informer_has_synced(w->inf));
    assert_string_equal(cluster_state(w->inf).version, "7");
    close_wire(w);
    // And behind what came with it.
    static const char *const at_once[] = {OK_HEAD ADDED("web", "5") END("7")};
    w = OPEN(at_once, &o);
    run(w, KEDGE_SECOND);
    assert_int_equal(w->r.initial_adds, 1);
    assert_string_equal(cluster_state(w->inf).version, "7");
    close_wire(w);
}

static void what_cannot_be_read_in_it_leads_to_a_list(void **state)
{
    (void)state;
    STORY(NULL, 5 * KEDGE_SECOND, INITIAL "list 0 limit=500\n", OK_HEAD "{\"type\":]");
}

// ---------------------------------------------------------------- lists by client-go's rules

// client-go: ListAndWatch with watch-list off; successive lists ask for 0, then for what was had.
static void the_first_list_is_of_any_version_and_the_next_of_the_last(void **state)
{
    (void)state;
    STORY(&cluster_lists, 10 * KEDGE_SECOND,
          "list 0 limit=500\n" WATCH("10") "list 10\n" WATCH("12"), LIST("10", ""),
          OK_HEAD ERROR_EVENT("410", "Expired"), LIST("12", ""), OK_HEAD);
}

// client-go: relist at "10" is Expired: at once "" ; three encodings of too large.
static void an_expired_version_of_a_list_is_given_up_at_once(void **state)
{
    (void)state;
    static const char *const whys[] = {REFUSED("410", "Expired"), REFUSED("410", "Gone"),
                                       "HTTP/1.1 504 Late\r\n\r\n" TOO_LARGE SCRIPT_CLOSES};
    for (size_t i = 0; i < 3; i++) {
        const char *const answers[] = {
            LIST("10", ""), OK_HEAD ERROR_EVENT("410", "Expired"), whys[i],
            LIST("20", ""), OK_HEAD ERROR_EVENT("410", "Expired"), LIST("21", "")};
        struct wire *w = OPEN(answers, &cluster_lists);
        w->port.cruelty.block_every = 2;
        run(w, 10 * KEDGE_SECOND);
        assert_asked(w,
                     "list 0 limit=500\n" WATCH("10") "list 10\n"
                                                      "list\n" WATCH("20") "list 20\n" WATCH("21"));
        close_wire(w);
    }
    // In the words of 1.17, of 1.17.0 to 1.18.5, and of servers before them.
    STORY(&cluster_lists, KEDGE_MINUTE,
          "list 0 limit=500\n" WATCH("20") "list 20\nlist\n" WATCH("30") "list 30\nlist\n" WATCH(
              "40") "list 40\nlist\n" WATCH("50"),
          LIST("20", ""), EXPIRES, "HTTP/1.1 504 Late\r\n\r\n" TOO_LARGE SCRIPT_CLOSES,
          LIST("30", ""), EXPIRES,
          TIMED_OUT("too large resource version", "{\"message\":\"Too large resource version\"}"),
          LIST("40", ""), EXPIRES, TIMED_OUT("Too large resource version", ""), LIST("50", ""),
          OK_HEAD);
    // But once: then there is a pause, and pages, since a list from now is not the watch cache's.
    static const char *const answers[] = {REFUSED("410", "Expired"), REFUSED("410", "Expired"),
                                          LIST("9", "")};
    struct wire *w = OPEN(answers, &cluster_lists);
    run(w, 500);
    assert_asked(w, "list 0 limit=500\nlist limit=500\n");
    assert_int_equal(w->failed, 1);
    run(w, 5 * KEDGE_SECOND);
    assert_asked(w, "list 0 limit=500\nlist limit=500\nlist limit=500\n" WATCH("9"));
    close_wire(w);
}

// client-go: who has cut up a list at version 0 has no watch cache; its lists stay paginated.
static void a_server_that_cuts_up_the_first_list_is_asked_for_pages_again(void **state)
{
    (void)state;
    STORY(&cluster_lists, 20 * KEDGE_SECOND,
          "list 0 limit=500\nlist limit=500 after t\n" WATCH("10") "list 10 limit=500\n" WATCH(
              "11") "list 11 limit=500\n",
          PAGE("10", "t", ""), LIST("99", ""), OK_HEAD ERROR_EVENT("410", "Expired"),
          LIST("11", ""), OK_HEAD ERROR_EVENT("410", "Expired"));
}

// client-go: the second page is Expired: all at once, at the version asked for.
static void an_expired_continue_leads_to_one_list_of_all(void **state)
{
    (void)state;
    STORY(&cluster_lists, 500, "list 0 limit=500\nlist limit=500 after t\nlist 0\n" WATCH("12"),
          PAGE("10", "t", ""), REFUSED("410", "Expired"), LIST("12", ""), OK_HEAD);
    // That one expired too: any version.
    STORY(&cluster_lists, 500,
          "list 0 limit=500\nlist limit=500 after t\nlist 0\nlist\n" WATCH("12"),
          PAGE("10", "t", ""), REFUSED("410", "Expired"), REFUSED("410", "Expired"), LIST("12", ""),
          OK_HEAD);
}

// ---------------------------------------------------------------- pages that the user set

// client-go: pages by continue, the version on the first alone. Here it is never 0, since servers
// then ignore the limit.
static void a_limit_that_was_set_always_counts(void **state)
{
    (void)state;
    STORY(&pages_of_4, 20 * KEDGE_SECOND,
          "list limit=4\nlist limit=4 after t\nlist limit=4 after u\n" WATCH(
              "10") "list 10 NotOlderThan limit=4\n",
          PAGE("10", "t", ""), PAGE("77", "u", ""), LIST("99", ""),
          OK_HEAD ERROR_EVENT("410", "Expired"));
}

static void its_expired_continue_restarts_paging(void **state)
{
    (void)state;
    STORY(&pages_of_4, 500, "list limit=4\nlist limit=4 after t\nlist limit=4\n" WATCH("12"),
          PAGE("10", "t", ""), REFUSED("410", "Expired"), LIST("12", ""), OK_HEAD);
}

static void an_unpaged_list_has_no_limit(void **state)
{
    (void)state;
    STORY(&unpaged, 20 * KEDGE_SECOND, "list 0\n" WATCH("10") "list 10 NotOlderThan\n",
          LIST("10", ""), OK_HEAD ERROR_EVENT("410", "Expired"));
}

// A list whose body the server cuts after its 60 s, twice, has its page halved.
static void a_list_cut_twice_by_time_halves_its_page(void **state)
{
    (void)state;
    static const char *const answers[] = {OK_HEAD,
                                          OK_HEAD,
                                          OK_HEAD,
                                          OK_HEAD,
                                          PAGE("7", "t", ""),
                                          LIST("7", ""),
                                          OK_HEAD ERROR_EVENT("410", "Expired"),
                                          LIST("8", ""),
                                          OK_HEAD ERROR_EVENT("410", "Expired")};
    struct wire *w = OPEN(answers, &pages_of_4);
    for (uint64_t i = 0; i < 4; i++) {
        if (i < 2) { // the server's time limit, then ours
            run(w, 60 * KEDGE_SECOND);
            script_say(&w->script, SCRIPT_RESETS);
        }
        while (cluster_state(w->inf).failures <= i)
            assert_int_equal(kedge_poll(w->k, KEDGE_SECOND), KEDGE_OK);
        while (cluster_phase(w->inf) == KEDGE_SYNCING && cluster_state(w->inf).lists < i + 2)
            assert_int_equal(kedge_poll(w->k, KEDGE_SECOND), KEDGE_OK);
    }
    run(w, 20 * KEDGE_SECOND);
    // What came quickly has longer pages again.
    assert_asked(
        w, "list limit=4\nlist limit=4\nlist limit=2\nlist limit=2\n"
           "list limit=1\nlist limit=1 after t\n" WATCH("7") "list 7 NotOlderThan limit=2\n" WATCH(
               "8") "list 8 NotOlderThan limit=4\n");
    close_wire(w);
}

static void a_list_that_a_link_breaks_keeps_its_page(void **state)
{
    (void)state;
    STORY(&pages_of_4, 10 * KEDGE_SECOND, "list limit=4\nlist limit=4\nlist limit=4\n",
          OK_HEAD SCRIPT_RESETS, OK_HEAD SCRIPT_RESETS, OK_HEAD);
}

// Without a limit of the user's, halved pages count as if he had set them, and are no WatchList.
static void a_first_list_cut_twice_by_time_has_half_a_page_that_counts(void **state)
{
    (void)state;
    static const char *const answers[] = {REFUSED("422", "Invalid"), OK_HEAD,
                                          REFUSED("422", "Invalid"), OK_HEAD, LIST("7", "")};
    struct wire *w = OPEN(answers, NULL);
    for (int i = 0; i < 2; i++) {
        run(w, 60 * KEDGE_SECOND);
        script_say(&w->script, SCRIPT_RESETS);
        run(w, 5 * KEDGE_SECOND);
    }
    assert_asked(w, INITIAL "list 0 limit=500\n" INITIAL
                            "list 0 limit=500\nlist limit=250\n" WATCH("7"));
    close_wire(w);
}

// The version then says "not older than", as beside a limit that the user set.
static void halved_pages_are_of_a_version_not_older_than_the_last(void **state)
{
    (void)state;
    static const char *const answers[] = {OK_HEAD,       OK_HEAD,
                                          OK_HEAD,       OK_HEAD,
                                          LIST("7", ""), OK_HEAD ERROR_EVENT("410", "Expired"),
                                          LIST("8", ""), OK_HEAD ERROR_EVENT("410", "Expired"),
                                          LIST("9", "")};
    struct wire *w = OPEN(answers, &cluster_lists);
    for (int i = 0; i < 4; i++) {
        run(w, 60 * KEDGE_SECOND);
        script_say(&w->script, SCRIPT_RESETS);
        run(w, 5 * KEDGE_SECOND);
    }
    run(w, 30 * KEDGE_SECOND);
    assert_asked(w, "list 0 limit=500\nlist 0 limit=500\nlist limit=250\nlist limit=250\n"
                    "list limit=125\n" WATCH("7") "list 7 NotOlderThan limit=250\n" WATCH(
                        "8") "list 8\n" WATCH("9"));
    close_wire(w);
}

// ---------------------------------------------------------------- watches

// client-go: 429 at opening, then as an event: no list.
static void a_watch_that_is_too_much_is_waited_for(void **state)
{
    (void)state;
    STORY(&cluster_lists, 20 * KEDGE_SECOND,
          "list 0 limit=500\n" WATCH("10") WATCH("10") WATCH("10"), LIST("10", ""),
          REFUSED("429", "TooManyRequests"), OK_HEAD ERROR_EVENT("429", "TooManyRequests"),
          OK_HEAD);
}

// client-go: four refusals and then a watch are five watches and one list; 40 connections that are
// refused are no list either.
static void a_watch_that_is_refused_for_long_leads_to_no_list(void **state)
{
    (void)state;
    STORY(&cluster_lists, KEDGE_MINUTE,
          "list 0 limit=500\n" WATCH("1") WATCH("1") WATCH("1") WATCH("1") WATCH("1"),
          LIST("1", ""), REFUSED("429", "TooManyRequests"), REFUSED("429", "TooManyRequests"),
          REFUSED("429", "TooManyRequests"), REFUSED("429", "TooManyRequests"), OK_HEAD);
    static const char *const answers[] = {LIST("1", ""), OK_HEAD SCRIPT_RESETS, OK_HEAD};
    struct wire *w = OPEN(answers, &cluster_lists);
    w->port.cruelty.block_every = 2;
    while (w->failed < 1)
        assert_int_equal(kedge_poll(w->k, KEDGE_SECOND), KEDGE_OK);
    w->port.cruelty.refuse = true;
    while (w->failed < 41)
        assert_int_equal(kedge_poll(w->k, KEDGE_MINUTE), KEDGE_OK);
    w->port.cruelty.refuse = false;
    run(w, KEDGE_MINUTE);
    assert_asked(w, "list 0 limit=500\n" WATCH("1") WATCH("1"));
    assert_int_equal(cluster_state(w->inf).lists, 1);
    assert_int_equal(cluster_state(w->inf).failures, 41);
    close_wire(w);
}

// client-go: an object that could not be read was deleted all the same. The server tells of it as
// of an error; a list shows that it is gone, and leaves alone what is there.
static void what_the_server_cannot_read_any_more_leaves_by_a_list(void **state)
{
    (void)state;
#define THREE OBJECT("one", "1") "," OBJECT("two", "2") "," OBJECT("three", "3")
    static const char *const answers[] = {
        LIST("3", THREE), OK_HEAD ADDED("rotten", "4") ERROR_EVENT("500", "StorageReadError"),
        LIST("5", THREE), OK_HEAD};
    struct wire *w = OPEN(answers, &cluster_lists);
    const struct kedge_object *o;
    w->port.cruelty.block_every = 2;
    while (w->failed < 1)
        assert_int_equal(kedge_poll(w->k, KEDGE_SECOND), KEDGE_OK);
    assert_int_equal(w->failures[0].reason, KEDGE_REASON_STORAGE_READ_ERROR);
    assert_int_equal(kedge_lister_get(w->inf, "a", "rotten", &o), KEDGE_OK);
    run(w, 5 * KEDGE_SECOND);
    assert_asked(w, "list 0 limit=500\n" WATCH("3") "list 4\n" WATCH("5"));
    assert_string_equal(cluster_state(w->inf).version, "5");
    assert_int_equal(kedge_lister_get(w->inf, "a", "rotten", &o), KEDGE_ERR_NOT_FOUND);
    assert_int_equal(kedge_lister_count(w->inf), 3);
    assert_int_equal(w->r.adds, 4);
    assert_int_equal(w->r.tombstones, 1);
    assert_int_equal(w->r.updates, 0);
    close_wire(w);
}

// client-go: lists and watches of which some fail; the cache is at each step what the server has.
static void whatever_fails_in_between_the_cache_follows(void **state)
{
    (void)state;
    static const char *const answers[] = {
        LIST("1", ""),
        OK_HEAD ADDED("foo", "2") ADDED("bar", "3") ERROR_EVENT("410", "Expired"),
        LIST("3", OBJECT("foo", "2") "," OBJECT("bar", "3")),
        OK_HEAD EVENT("DELETED", OBJECT("foo", "4")) ADDED("qux", "5")
            ERROR_EVENT("410", "Expired"),
        REFUSED("403", "Forbidden"),
        LIST("5", OBJECT("bar", "3") "," OBJECT("qux", "5")),
        REFUSED("410", "Expired"),
        LIST("5", OBJECT("bar", "3") "," OBJECT("qux", "5")),
        OK_HEAD ADDED("baz", "6") ERROR_EVENT("410", "Expired"),
        LIST("6", OBJECT("bar", "3") "," OBJECT("qux", "5") "," OBJECT("baz", "6")),
        OK_HEAD};
    struct wire *w = OPEN(answers, &cluster_lists);
    w->port.cruelty.block_every = 2;
    run(w, 5 * KEDGE_MINUTE);
    assert_asked(w, "list 0 limit=500\n" WATCH("1") "list 3\n" WATCH("3") "list 5\nlist 5\n" WATCH(
                        "5") "list 5\n" WATCH("5") "list 6\n" WATCH("6"));
    // Nothing was missed, and nothing is told twice.
    assert_int_equal(w->r.adds, 4);
    assert_int_equal(w->r.deletes, 1);
    assert_int_equal(w->r.updates, 0);
    assert_int_equal(w->r.tombstones, 0);
    assert_int_equal(kedge_lister_count(w->inf), 3);
    close_wire(w);
}

// Each watch that the server cannot go on with is resumed, but the second in a row leads past what
// it cannot do; one that told something in between is not in a row.
static void the_second_internal_error_from_one_version_leads_to_a_list(void **state)
{
    (void)state;
    STORY(&cluster_lists, 20 * KEDGE_SECOND,
          "list 0 limit=500\n" WATCH("10") WATCH("10") "list 10\n", LIST("10", ""),
          OK_HEAD ERROR_EVENT("500", "InternalError"), OK_HEAD ERROR_EVENT("500", "InternalError"));
    STORY(&cluster_lists, 20 * KEDGE_SECOND,
          "list 0 limit=500\n" WATCH("10") WATCH("10") WATCH("11") WATCH("11"), LIST("10", ""),
          OK_HEAD ERROR_EVENT("500", "InternalError"),
          OK_HEAD ADDED("web", "11") ERROR_EVENT("500", "InternalError"),
          OK_HEAD ERROR_EVENT("500", "InternalError"), OK_HEAD);
    STORY(&cluster_lists, 10 * KEDGE_SECOND, "list 0 limit=500\n" WATCH("10") "list 10\n",
          LIST("10", ""), OK_HEAD ERROR_EVENT("500", "StorageReadError"));
}

// client-go: watches are asked to end between a time and twice that; 5 minutes at least.
static void the_least_time_of_a_watch_may_be_longer(void **state)
{
    (void)state;
    static const struct {
        kedge_time option;
        long min, max;
    } cases[] = {{0, 300, 599},
                 {KEDGE_SECOND, 300, 599},
                 {30 * KEDGE_MINUTE, 1800, 3599},
                 {KEDGE_FOREVER, 1000000000, 1999999999}};
    static const char *const answers[] = {OK_HEAD END("7")};
    for (size_t i = 0; i < 4; i++) {
        struct kedge_informer_options o = {.watch_timeout = cases[i].option};
        struct wire *w = OPEN(answers, &o);
        run(w, 100);
        long seconds = strtol(value_of(w->script.seen, "timeoutSeconds"), NULL, 10);
        assert_in_range(seconds, cases[i].min, cases[i].max);
        close_wire(w);
    }
}

// client-go's VeryShortWatchError: a watch that ends within a second and has told nothing. Here the
// first of them is followed by a pause and the same watch, the second in a row by a list; one that
// has told something goes on behind it, after a pause, too.
static void a_very_short_watch_is_followed_by_a_pause(void **state)
{
    (void)state;
    static const char *const silent[] = {LIST("10", ""), OK_HEAD SCRIPT_CLOSES,
                                         OK_HEAD SCRIPT_CLOSES, LIST("10", ""), OK_HEAD};
    struct wire *w = OPEN(silent, &cluster_lists);
    run(w, 700);
    assert_asked(w, "list 0 limit=500\n" WATCH("10"));
    run(w, KEDGE_SECOND);
    assert_asked(w, "list 0 limit=500\n" WATCH("10") WATCH("10"));
    run(w, 5 * KEDGE_SECOND);
    assert_asked(w, "list 0 limit=500\n" WATCH("10") WATCH("10") "list 10\n" WATCH("10"));
    assert_int_equal(w->failed, 0); // client-go's error handler is not told of it either
    close_wire(w);
    static const char *const telling[] = {LIST("10", ""), OK_HEAD ADDED("web", "11") SCRIPT_CLOSES,
                                          OK_HEAD BOOKMARK("12", "") SCRIPT_CLOSES,
                                          OK_HEAD ADDED("api", "13") SCRIPT_CLOSES, OK_HEAD};
    w = OPEN(telling, &cluster_lists);
    run(w, 700);
    assert_asked(w, "list 0 limit=500\n" WATCH("10"));
    run(w, 20 * KEDGE_SECOND);
    assert_asked(w, "list 0 limit=500\n" WATCH("10") WATCH("11") WATCH("12") WATCH("13"));
    assert_int_equal(cluster_state(w->inf).lists, 1);
    close_wire(w);
}

// A server that goes ends all watches at once, in good order: its clients come back one by one.
static void a_watch_that_is_ended_early_comes_back_a_little_later(void **state)
{
    (void)state;
    kedge_time waits[12];
    bool differ = false;
    for (size_t i = 0; i < 12; i++) {
        static const char *const answers[] = {OK_HEAD END("7"), OK_HEAD};
        struct wire *w = OPEN(answers, NULL);
        kedge__random_init(&w->client->random, i);
        run(w, 30 * KEDGE_SECOND);
        script_say(&w->script, SCRIPT_CLOSES);
        kedge_time began = w->port.now;
        while (cluster_state(w->inf).watches < 2)
            assert_int_equal(kedge_poll(w->k, 10), KEDGE_OK);
        waits[i] = w->port.now - began;
        assert_in_range(waits[i], 0, 810);
        differ |= waits[i] != waits[0];
        assert_int_equal(w->failed, 0);
        close_wire(w);
    }
    assert_true(differ);
}

// ---------------------------------------------------------------- backoff

// client-go: a backoff of the user's, 10 ms doubling to 100 ms, each up to twice as long.
static void the_backoff_may_be_set(void **state)
{
    (void)state;
    struct kedge_informer_options o = {.backoff_first = 10, .backoff_cap = 100};
    struct wire *w = open_wire(NULL, 0, &o);
    w->port.cruelty.refuse = true;
    kedge_time began = w->port.now;
    while (cluster_state(w->inf).failures < 6)
        assert_int_equal(kedge_poll(w->k, KEDGE_SECOND), KEDGE_OK);
    assert_in_range(w->port.now - began, 250, 500);
    assert_int_equal(w->failed, 6);
    close_wire(w);
}

// The other of the two follows, where it would make no sense: a first step over 30 s is the cap,
// a cap below 0.8 s the first step.
static void one_side_of_the_backoff_may_be_set(void **state)
{
    (void)state;
    static const struct {
        struct kedge_informer_options options;
        kedge_time step;
    } cases[] = {{{.backoff_first = KEDGE_MINUTE}, KEDGE_MINUTE}, {{.backoff_cap = 100}, 100}};
    for (size_t i = 0; i < 2; i++) {
        struct wire *w = open_wire(NULL, 0, &cases[i].options);
        w->port.cruelty.refuse = true;
        kedge_time last = 0;
        for (uint64_t n = 1; n < 4; n++) {
            while (cluster_state(w->inf).failures < n)
                assert_int_equal(kedge_poll(w->k, 10 * KEDGE_MINUTE), KEDGE_OK);
            if (n > 1)
                assert_in_range(w->port.now - last, cases[i].step, 2 * cases[i].step + 1);
            last = w->port.now;
        }
        close_wire(w);
    }
}

// 0.8 s doubling to 30 s, each up to twice as long; from the start again after 2 minutes.
static void the_backoff_grows_to_its_cap_and_begins_anew(void **state)
{
    (void)state;
    struct wire *w = open_wire(NULL, 0, NULL);
    kedge_time last = w->port.now, delay = 800, sum = 0;
    w->port.cruelty.refuse = true;
    while (cluster_state(w->inf).failures < 1)
        assert_int_equal(kedge_poll(w->k, KEDGE_SECOND), KEDGE_OK);
    for (uint64_t n = 2; n < 40; n++) {
        while (cluster_state(w->inf).failures < n)
            assert_int_equal(kedge_poll(w->k, 10 * KEDGE_MINUTE), KEDGE_OK);
        kedge_time gap = w->port.now - last;
        last = w->port.now;
        assert_in_range(gap, delay, 2 * delay + 1);
        sum += gap;
        delay = delay * 2 > 30000 ? 30000 : delay * 2;
        if (sum > 2 * KEDGE_MINUTE) {
            sum = 0;
            delay = 800;
        }
    }
    close_wire(w);
}

static void impossible_times_are_refused(void **state)
{
    (void)state;
    static const struct kedge_informer_options bad[] = {
        {.backoff_first = -1},
        {.backoff_cap = -1},
        {.watch_timeout = -1},
        {.backoff_first = 2000, .backoff_cap = 1000}};
    for (size_t i = 0; i < sizeof bad / sizeof bad[0]; i++) {
        struct cluster c;
        cluster_open(&c, &(struct cluster_options){0});
        assert_null(kedge_factory_informer_with(c.factory, &kedge_kind_deployment, &bad[i]));
        assert_int_equal(kedge_error(c.k), KEDGE_ERR_ARGUMENT);
        cluster_close(&c);
    }
}

// What the exchange says of a connection that it closed for a new client certificate (rotation.c
// has real ones): no failure, nothing to wait for, before the answer as within it.
static void a_connection_that_ends_for_new_credentials_is_no_failure(void **state)
{
    (void)state;
    static const char *const answers[] = {"", OK_HEAD "{\"items\":[", LIST("7", ""), OK_HEAD};
    struct wire *w = OPEN(answers, &cluster_lists);
    for (int i = 0; i < 2; i++) {
        run(w, 100);
        w->inf->reflector.connection.renewed = true;
        script_say(&w->script, SCRIPT_RESETS);
    }
    run(w, 100);
    assert_asked(w, "list 0 limit=500\nlist 0 limit=500\nlist 0 limit=500\n" WATCH("7"));
    assert_int_equal(w->failed, 0);
    assert_int_equal(cluster_state(w->inf).failures, 0);
    close_wire(w);
}

// A stop that comes while a refusal is read does not make the next try come sooner.
static void a_stop_within_a_refusal_keeps_the_pause(void **state)
{
    (void)state;
    static const char *const answers[] = {"HTTP/1.1 500 No\r\nContent-Length: 900\r\n\r\n{",
                                          OK_HEAD};
    struct wire *w = OPEN(answers, &cluster_lists);
    run(w, 100);
    assert_int_equal(w->inf->reflector.state, KEDGE__REFLECTOR_REFUSED);
    kedge_informer_stop(w->inf);
    assert_int_equal(kedge_informer_start(w->inf), KEDGE_OK);
    run(w, 700);
    assert_asked(w, "list 0 limit=500\n");
    run(w, KEDGE_SECOND);
    assert_asked(w, "list 0 limit=500\nlist 0 limit=500\n");
    assert_int_equal(w->failed, 0);
    close_wire(w);
}

// ---------------------------------------------------------------- failures are told

static void the_watch_error_handler_is_told_what_the_server_said(void **state)
{
    (void)state;
    static const char *const answers[] = {REFUSED("403", "Forbidden"), LIST("7", ""),
                                          REFUSED("410", "Expired"), OK_HEAD END("9"),
                                          "HTTP/1.1 301 Go\r\n\r\n" SCRIPT_CLOSES};
    struct kedge_informer_options o = {.no_watch_list = true};
    struct wire *w = OPEN(answers, &o);
    w->port.cruelty.block_every = 2;
    while (w->failed < 2)
        assert_int_equal(kedge_poll(w->k, KEDGE_SECOND), KEDGE_OK);
    assert_int_equal(w->failures[0].err, KEDGE_ERR_API);
    assert_false(w->failures[0].of_watch);
    assert_int_equal(w->failures[0].code, 403);
    assert_int_equal(w->failures[0].reason, KEDGE_REASON_FORBIDDEN);
    assert_string_equal(w->failures[0].text, "Forbidden it is");
    assert_true(w->failures[1].of_watch);
    assert_int_equal(w->failures[1].code, 410);
    assert_int_equal(w->failures[1].reason, KEDGE_REASON_EXPIRED);
    w->port.cruelty.refuse = true;
    while (w->failed < 3)
        assert_int_equal(kedge_poll(w->k, KEDGE_SECOND), KEDGE_OK);
    assert_int_equal(w->failures[2].err, KEDGE_ERR_CONNECT);
    assert_int_equal(w->failures[2].code, 0);
    assert_int_equal(w->failures[2].reason, KEDGE_REASON_UNKNOWN);
    assert_int_equal(kedge_informer_set_watch_error_handler(w->inf, NULL, NULL), KEDGE_ERR_STATE);
    assert_int_equal(kedge_informer_set_watch_error_handler(NULL, failed, w), KEDGE_ERR_ARGUMENT);
    close_wire(w);
}

static void stop_it(void *ctx, struct kedge_informer *inf, const struct kedge_watch_error *e)
{
    (void)e;
    ++*(unsigned *)ctx;
    kedge_informer_stop(inf);
}

static void the_last_watch_error_handler_holds_and_may_stop_the_informer(void **state)
{
    (void)state;
    struct cluster c;
    struct recorder r;
    unsigned first = 0, second = 0;
    cluster_open(&c, &(struct cluster_options){0});
    struct kedge_informer *inf = cluster_informer(&c, &kedge_kind_deployment, NULL, &r);
    assert_int_equal(kedge_informer_set_watch_error_handler(inf, stop_it, &first), KEDGE_OK);
    assert_int_equal(kedge_informer_set_watch_error_handler(inf, stop_it, &second), KEDGE_OK);
    c.port.fake.cruelty.refuse = true;
    cluster_start(&c);
    cluster_run(&c, KEDGE_MINUTE);
    assert_int_equal(first, 0);
    assert_int_equal(second, 1);
    assert_true(kedge_informer_is_stopped(inf));
    cluster_close(&c);
}

// A watch that fails before its list was swept: the sweep says that the cache is current, and not
// that the watch runs.
static void a_sweep_does_not_hide_that_the_watch_has_failed(void **state)
{
    (void)state;
    static const char *const answers[] = {LIST("7", OBJECT("web", "5")),
                                          REFUSED("403", "Forbidden"), OK_HEAD};
    struct wire *w = OPEN(answers, &cluster_lists);
    w->r.busy = true;
    run(w, 500);
    assert_int_equal(w->failed, 1);
    assert_int_equal(cluster_phase(w->inf), KEDGE_SYNCING);
    w->r.busy = false;
    kedge_wake(w->k);
    run(w, 10);
    assert_int_equal(cluster_phase(w->inf), KEDGE_CURRENT);
    assert_int_equal(cluster_state(w->inf).reason, KEDGE_ERR_API);
    assert_string_equal(cluster_state(w->inf).text, "Forbidden it is");
    run(w, 5 * KEDGE_SECOND);
    assert_int_equal(cluster_state(w->inf).reason, KEDGE_OK); // it runs now
    assert_string_equal(cluster_state(w->inf).text, "");
    close_wire(w);
}

// The same, where the watch runs again before the sweep.
static void a_watch_that_runs_before_the_sweep_is_well(void **state)
{
    (void)state;
    static const char *const answers[] = {LIST("7", OBJECT("web", "5")),
                                          REFUSED("403", "Forbidden"), OK_HEAD};
    struct wire *w = OPEN(answers, &cluster_lists);
    w->r.busy = true;
    run(w, 5 * KEDGE_SECOND);
    assert_int_equal(cluster_state(w->inf).watches, 2);
    w->r.busy = false;
    kedge_wake(w->k);
    run(w, 10);
    assert_int_equal(cluster_phase(w->inf), KEDGE_CURRENT);
    assert_int_equal(cluster_state(w->inf).reason, KEDGE_OK);
    close_wire(w);
}

#define TEST(name) cmocka_unit_test(name)

int main(int argc, char **argv)
{
    const struct CMUnitTest tests[] = {
        TEST(a_watch_list_goes_on_as_the_watch),
        TEST(only_the_marked_bookmark_ends_it),
        TEST(a_watch_behind_it_may_expire),
        TEST(what_it_did_not_have_is_swept),
        TEST(a_server_that_refuses_it_is_asked_for_a_list),
        TEST(a_list_that_fails_in_its_place_is_followed_by_a_watch_list),
        TEST(too_many_requests_and_refused_connections_are_waited_for),
        TEST(a_version_that_is_not_to_be_had_is_given_up_at_once),
        TEST(one_that_ends_before_its_bookmark_begins_from_scratch),
        TEST(one_whose_bookmark_does_not_come_is_warned_of_and_left),
        cmocka_unit_test(one_that_talks_without_an_end_is_left_when_its_time_is_over),
        cmocka_unit_test(one_that_is_silent_is_left_after_70_seconds_however_late_the_warning),
        cmocka_unit_test(one_that_is_silent_for_a_while_and_ends_is_asked_for_once_more),
        cmocka_unit_test(its_end_waits_for_room_in_the_queue),
        TEST(what_cannot_be_read_in_it_leads_to_a_list),
        TEST(the_first_list_is_of_any_version_and_the_next_of_the_last),
        TEST(an_expired_version_of_a_list_is_given_up_at_once),
        TEST(a_server_that_cuts_up_the_first_list_is_asked_for_pages_again),
        TEST(an_expired_continue_leads_to_one_list_of_all),
        TEST(a_limit_that_was_set_always_counts),
        TEST(its_expired_continue_restarts_paging),
        TEST(an_unpaged_list_has_no_limit),
        TEST(a_list_cut_twice_by_time_halves_its_page),
        TEST(a_list_that_a_link_breaks_keeps_its_page),
        TEST(a_first_list_cut_twice_by_time_has_half_a_page_that_counts),
        cmocka_unit_test(halved_pages_are_of_a_version_not_older_than_the_last),
        TEST(a_watch_that_is_too_much_is_waited_for),
        TEST(a_watch_that_is_refused_for_long_leads_to_no_list),
        TEST(what_the_server_cannot_read_any_more_leaves_by_a_list),
        TEST(whatever_fails_in_between_the_cache_follows),
        TEST(the_second_internal_error_from_one_version_leads_to_a_list),
        TEST(the_least_time_of_a_watch_may_be_longer),
        TEST(a_very_short_watch_is_followed_by_a_pause),
        TEST(a_watch_that_is_ended_early_comes_back_a_little_later),
        TEST(the_backoff_may_be_set),
        cmocka_unit_test(one_side_of_the_backoff_may_be_set),
        TEST(the_backoff_grows_to_its_cap_and_begins_anew),
        TEST(impossible_times_are_refused),
        cmocka_unit_test(a_stop_within_a_refusal_keeps_the_pause),
        cmocka_unit_test(a_connection_that_ends_for_new_credentials_is_no_failure),
        TEST(the_watch_error_handler_is_told_what_the_server_said),
        TEST(the_last_watch_error_handler_holds_and_may_stop_the_informer),
        TEST(a_sweep_does_not_hide_that_the_watch_has_failed),
        TEST(a_watch_that_runs_before_the_sweep_is_well),
    };
    if (argc > 1)
        cmocka_set_test_filter(argv[1]);
    return cmocka_run_group_tests(tests, NULL, NULL);
}
