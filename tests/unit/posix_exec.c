// SPDX-License-Identifier: Apache-2.0
// posix_exec.c - commands as streams, on a system that refuses: each call of the C library that
// starting and ending a process needs fails in turn. The functions below stand before its own.
#define _POSIX_C_SOURCE 200809L

#include <setjmp.h>
#include <stdarg.h>
#include <stddef.h>
#include <stdint.h>

#include <cmocka.h>

#include "../../port/posix/posix_priv.h"
#include "own_call.h"

#include <errno.h>
#include <fcntl.h>
#include <signal.h>
#include <spawn.h>
#include <stdio.h>
#include <stdlib.h>
#include <string.h>
#include <sys/wait.h>
#include <time.h>
#include <unistd.h>

// The call that is refused next, and its errno.
static struct {
    const char *call;
    int with;
    unsigned later; // so many calls go well before
} refusal;

static bool refused(const char *call)
{
    if (refusal.call == NULL || strcmp(call, refusal.call) != 0)
        return false;
    if (refusal.later > 0) {
        refusal.later--;
        return false;
    }
    refusal.call = NULL;
    errno = refusal.with;
    return true;
}

int pipe(int ends[2])
{
    OWN(pipe, int (*call)(int[2]))
    return refused("pipe") ? -1 : own.call(ends);
}

pid_t waitpid(pid_t pid, int *status, int options)
{
    OWN(waitpid, pid_t(*call)(pid_t, int *, int))
    return refused("waitpid") ? -1 : own.call(pid, status, options);
}

int posix_spawn_file_actions_init(posix_spawn_file_actions_t *a)
{
    OWN(posix_spawn_file_actions_init, int (*call)(posix_spawn_file_actions_t *))
    return refused("actions_init") ? ENOMEM : own.call(a);
}

int posix_spawnattr_init(posix_spawnattr_t *a)
{
    OWN(posix_spawnattr_init, int (*call)(posix_spawnattr_t *))
    return refused("attr_init") ? ENOMEM : own.call(a);
}

int posix_spawn_file_actions_adddup2(posix_spawn_file_actions_t *a, int from, int to)
{
    OWN(posix_spawn_file_actions_adddup2, int (*call)(posix_spawn_file_actions_t *, int, int))
    return refused("adddup2") ? ENOMEM : own.call(a, from, to);
}

int posix_spawn_file_actions_addopen(posix_spawn_file_actions_t *a, int fd, const char *path,
                                     int flags, mode_t mode)
{
    OWN(posix_spawn_file_actions_addopen,
        int (*call)(posix_spawn_file_actions_t *, int, const char *, int, mode_t))
    return refused("addopen") ? ENOMEM : own.call(a, fd, path, flags, mode);
}

int posix_spawnattr_setflags(posix_spawnattr_t *a, short flags)
{
    OWN(posix_spawnattr_setflags, int (*call)(posix_spawnattr_t *, short))
    return refused("setflags") ? EINVAL : own.call(a, flags);
}

int fcntl(int fd, int what, ...)
{
    OWN(fcntl, int (*call)(int, int, ...))
    va_list more;
    va_start(more, what);
    void *argument = va_arg(more, void *);
    va_end(more);
    return refused("fcntl") ? -1 : own.call(fd, what, argument);
}

ssize_t read(int fd, void *buf, size_t len)
{
    OWN(read, ssize_t(*call)(int, void *, size_t))
    return refused("read") ? -1 : own.call(fd, buf, len);
}

static const struct kedge_port *port;
static const struct kedge_port_processes *processes;
static struct kedge_stream *s;
static struct kedge_command command;
static const char *argv[4];

static int set_up(void **state)
{
    (void)state;
    port = kedge_posix();
    processes = port->processes;
    s = calloc(1, processes->size);
    argv[0] = "/bin/sh";
    argv[1] = "-c";
    argv[2] = "echo hello";
    command = (struct kedge_command){.argv = argv};
    processes->init(port, s, &command);
    return 0;
}

static int tear_down(void **state)
{
    (void)state;
    s->ops->close(s);
    s->ops->close(s);
    free(s);
    refusal.call = NULL;
    assert_int_equal(waitpid(-1, NULL, WNOHANG), -1); // no process is left
    return 0;
}

static char text[256];

// Reads to the end.
static int read_all(void)
{
    size_t len = 0;
    int n;
    memset(text, 0, sizeof text);
    while ((n = s->ops->read(s, text + len, sizeof text - 1 - len)) > 0 || n == KEDGE_WANT_READ) {
        len += n > 0 ? (size_t)n : 0;
        struct kedge_wait w = {s, KEDGE_INTEREST_READ, 0};
        if (n == KEDGE_WANT_READ)
            assert_int_equal(port->wait(port, &w, 1, port->clock(port) + 1000), KEDGE_OK);
    }
    return n;
}

static void output_and_exit_code_are_told(void **state)
{
    (void)state;
    char byte;
    assert_int_equal(s->ops->read(s, &byte, 1), KEDGE_ERR_IO); // not open
    assert_int_equal(s->ops->open(s, NULL, 0), KEDGE_OK);
    assert_int_equal(s->ops->open(s, NULL, 0), KEDGE_OK); // it is already
    assert_int_equal(s->ops->read(s, &byte, 0), KEDGE_ERR_ARGUMENT);
    assert_int_equal(s->ops->write(s, "x", 1), KEDGE_ERR_UNSUPPORTED);
    assert_int_equal(read_all(), KEDGE_ERR_CLOSED);
    assert_string_equal(text, "hello\n");
    assert_int_equal(s->ops->read(s, &byte, 1), KEDGE_ERR_CLOSED);
    static const char *const bad[] = {"exit 1", "kill -9 $$"};
    for (size_t i = 0; i < 2; i++) {
        s->ops->close(s);
        argv[2] = bad[i];
        assert_int_equal(s->ops->open(s, NULL, 0), KEDGE_OK);
        assert_int_equal(read_all(), KEDGE_ERR_IO);
    }
    (void)processes->has_terminal(port);
}

static void closing_ends_it_and_its_children(void **state)
{
    (void)state;
    argv[2] = "sleep 1000 & echo $!; wait";
    for (int interactive = 0; interactive < 2; interactive++) {
        // For a human being it stays in the terminal's group, so only itself can be ended.
        command.interactive = interactive;
        if (interactive)
            argv[2] = "exec sleep 1000";
        assert_int_equal(s->ops->open(s, NULL, 0), KEDGE_OK);
        int n = KEDGE_WANT_READ;
        while (!interactive && n == KEDGE_WANT_READ)
            n = s->ops->read(s, text, sizeof text - 1);
        s->ops->close(s);
        if (interactive)
            continue;
        pid_t child = (pid_t)strtol(text, NULL, 10);
        // Whoever adopts it may take a moment to bury it.
        for (int i = 0; i < 200 && kill(child, 0) == 0; i++) {
            char path[64], stat[256] = "";
            snprintf(path, sizeof path, "/proc/%d/stat", (int)child);
            int fd = open(path, O_RDONLY);
            ssize_t got = fd >= 0 ? read(fd, stat, sizeof stat - 1) : 0;
            if (fd >= 0)
                close(fd);
            if (got <= 0 || strstr(stat, ") Z") != NULL)
                break;
            assert_in_range(i, 0, 198);
            nanosleep(&(struct timespec){.tv_nsec = 10000000}, NULL);
        }
    }
}

static void whichever_call_is_refused(void **state)
{
    (void)state;
    static const struct {
        const char *call;
        kedge_err err;
        unsigned later;
    } cases[] = {{"pipe", KEDGE_ERR_IO, 0},         {"fcntl", KEDGE_ERR_IO, 0},
                 {"fcntl", KEDGE_ERR_IO, 1},        {"fcntl", KEDGE_ERR_IO, 2},
                 {"actions_init", KEDGE_ERR_IO, 0}, {"attr_init", KEDGE_ERR_IO, 0},
                 {"setflags", KEDGE_ERR_IO, 0},     {"addopen", KEDGE_ERR_IO, 0},
                 {"adddup2", KEDGE_ERR_IO, 0}};
    for (size_t i = 0; i < sizeof cases / sizeof cases[0]; i++) {
        refusal.call = cases[i].call;
        refusal.with = EMFILE;
        refusal.later = cases[i].later;
        assert_int_equal(s->ops->open(s, NULL, 0), cases[i].err);
        assert_null(refusal.call);
    }
    assert_int_equal(s->ops->open(s, NULL, 0), KEDGE_OK);
    refusal.call = "read";
    refusal.with = EINTR;
    assert_int_equal(s->ops->read(s, text, 1), KEDGE_WANT_READ);
    refusal.call = "read";
    refusal.with = EIO;
    assert_int_equal(s->ops->read(s, text, 1), KEDGE_ERR_IO);
    // An interrupted look is repeated; one that finds no process has to do with the output.
    refusal.call = "waitpid";
    refusal.with = EINTR;
    assert_int_equal(read_all(), KEDGE_ERR_CLOSED);
    s->ops->close(s);
    argv[2] = "exit 1";
    signal(SIGCHLD, SIG_IGN);
    assert_int_equal(s->ops->open(s, NULL, 0), KEDGE_OK);
    assert_int_equal(read_all(), KEDGE_ERR_CLOSED);
    signal(SIGCHLD, SIG_DFL);
}

// A pipe would stand where standard output is, and what is dup'ed to itself is closed at exec.
static void a_program_without_standard_streams_starts_none(void **state)
{
    (void)state;
    int kept[2];
    bool closed[2];
    fflush(stdout);
    fflush(stderr);
    for (int i = 0; i < 2; i++) {
        kept[i] = fcntl(i + 1, F_DUPFD, 10);
        assert_true(kept[i] >= 10);
    }
    close(1);
    close(2);
    kedge_err err = s->ops->open(s, NULL, 0);
    for (int i = 0; i < 2; i++) {
        closed[i] = fcntl(i + 1, F_GETFD) < 0;
        dup2(kept[i], i + 1);
        close(kept[i]);
    }
    assert_int_equal(err, KEDGE_ERR_IO);
    assert_true(closed[0] && closed[1]); // neither end is left
    assert_int_equal(s->ops->open(s, NULL, 0), KEDGE_OK);
    assert_int_equal(read_all(), KEDGE_ERR_CLOSED);
    assert_string_equal(text, "hello\n");
}

static void commands_that_are_none(void **state)
{
    (void)state;
    static const struct {
        const char *path;
        kedge_err err;
    } cases[] = {{"/no/such/file", KEDGE_ERR_NOT_FOUND},
                 {"/dev/null/x", KEDGE_ERR_NOT_FOUND},
                 {"kedge-no-such-command", KEDGE_ERR_NOT_FOUND},
                 {"/dev/null", KEDGE_ERR_FILE}};
    for (size_t i = 0; i < sizeof cases / sizeof cases[0]; i++) {
        argv[0] = cases[i].path;
        assert_int_equal(s->ops->open(s, NULL, 0), cases[i].err);
    }
}

extern char **environ;

static void an_environment_is_bounded(void **state)
{
    (void)state;
    static const char *large[4200];
    static char *ours[4200];
    static char variable[] = "A=b";
    char **before = environ;
    for (size_t i = 0; i + 1 < 4200; i++) {
        static char names[4200][12];
        snprintf(names[i], sizeof names[i], "N%zu=x", i);
        large[i] = names[i];
        ours[i] = variable;
    }
    command.env = large;
    assert_int_equal(s->ops->open(s, NULL, 0), KEDGE_ERR_IO);
    command.env = NULL;
    environ = ours;
    assert_int_equal(s->ops->open(s, NULL, 0), KEDGE_ERR_IO);
    environ = NULL;
    assert_int_equal(s->ops->open(s, NULL, 0), KEDGE_OK);
    environ = before;
    assert_int_equal(read_all(), KEDGE_ERR_CLOSED);
}

static void its_own_variables_replace_ours_of_the_same_name(void **state)
{
    (void)state;
    static const char *const own[] = {"KEDGE_A=mine", "KEDGE_=short",  "KEDGE_C=once",
                                      "KEDGE_C=last", "KEDGE_NOTHING", NULL};
    setenv("KEDGE_A", "ours", 1);
    setenv("KEDGE_AB", "longer", 1);
    setenv("KEDGE_NOTHING", "something", 1);
    command.env = own;
    argv[2] = "echo $KEDGE_A $KEDGE_AB $KEDGE_ $KEDGE_C $KEDGE_NOTHING";
    assert_int_equal(s->ops->open(s, NULL, 0), KEDGE_OK);
    assert_int_equal(read_all(), KEDGE_ERR_CLOSED);
    assert_string_equal(text, "mine longer short last\n");
    unsetenv("KEDGE_A");
    unsetenv("KEDGE_AB");
    unsetenv("KEDGE_NOTHING");
}

#define T(f) cmocka_unit_test_setup_teardown(f, set_up, tear_down)

int main(void)
{
    const struct CMUnitTest tests[] = {
        T(output_and_exit_code_are_told),
        T(closing_ends_it_and_its_children),
        T(whichever_call_is_refused),
        T(commands_that_are_none),
        T(a_program_without_standard_streams_starts_none),
        T(an_environment_is_bounded),
        T(its_own_variables_replace_ours_of_the_same_name),
    };
    return cmocka_run_group_tests(tests, NULL, NULL);
}
