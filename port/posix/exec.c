// SPDX-License-Identifier: Apache-2.0
// exec.c - a command as a stream: what it writes to its standard output, and how it ended.
//
//   CLOSED --open--> CONNECTED --output ends--> ENDING --process ends--> its answer, until close
//
// The first part of a process's stream is a TCP stream's, so that one wait serves both. A process
// may close its output and go on: nothing in POSIX wakes a poll when it ends then, so it is looked
// at every few milliseconds.
#define _POSIX_C_SOURCE 200809L

#include "posix_priv.h"

#include <errno.h>
#include <fcntl.h>
#include <limits.h>
#include <signal.h>
#include <spawn.h>
#include <string.h>
#include <sys/wait.h>
#include <unistd.h>

// How often a process that has closed its output is looked at.
#define LOOK (5 * KEDGE_MILLISECOND)

// Most variables of an environment, ours and the command's.
#define ENV_MAX 4096

extern char **environ;

struct process {
    struct posix_stream base; // first
    const struct kedge_command *command;
    pid_t pid;       // 0: none, or it was waited for
    bool own_group;  // its children end with it
    kedge_err ended; // how it ended, once it was waited for
};

static struct process *of(struct kedge_stream *s)
{
    return (struct process *)s;
}

static void drop_fd(struct process *p)
{
    if (p->base.fd >= 0)
        close(p->base.fd);
    p->base.fd = -1;
}

// Waits for the process, if it has ended or `block` is set. True if it is no more.
static bool reap(struct process *p, bool block)
{
    int status = 0;
    pid_t got;
    if (p->pid == 0)
        return true;
    do
        got = waitpid(p->pid, &status, block ? 0 : WNOHANG);
    while (got < 0 && errno == EINTR);
    if (got == 0)
        return false;
    // Where a program ignores SIGCHLD nobody can say how it ended: what it wrote has to do.
    bool good = got < 0 || (WIFEXITED(status) && WEXITSTATUS(status) == 0);
    p->ended = good ? KEDGE_ERR_CLOSED : KEDGE_ERR_IO;
    p->pid = 0;
    return true;
}

static void process_close(struct kedge_stream *s)
{
    struct process *p = of(s);
    if (p->pid != 0) {
        kill(p->own_group ? -p->pid : p->pid, SIGKILL);
        kill(p->pid, SIGKILL);
    }
    reap(p, true);
    drop_fd(p);
    p->base.state = CLOSED;
}

static bool same_name(const char *a, const char *b)
{
    size_t len = strcspn(a, "=");
    return strncmp(a, b, len) == 0 && (b[len] == '=' || b[len] == '\0');
}

static bool is_replaced(const char *variable, const char *const *by)
{
    for (; by != NULL && *by != NULL; by++) {
        if (same_name(*by, variable))
            return true;
    }
    return false;
}

// The command's own variables, then those of ours that they do not replace. False: too many.
static bool join_environment(const char *const *own, const char **out)
{
    size_t n = 0;
    for (const char *const *e = own; e != NULL && *e != NULL; e++) {
        if (n == ENV_MAX)
            return false;
        if (!is_replaced(*e, e + 1)) // of two of one name the last counts
            out[n++] = *e;
    }
    for (char **e = environ; e != NULL && *e != NULL; e++) {
        if (is_replaced(*e, own))
            continue;
        if (n == ENV_MAX)
            return false;
        out[n++] = *e;
    }
    out[n] = NULL;
    return true;
}

// The signals that we ignore or hold back are the command's again.
static int set_signals(posix_spawnattr_t *a, bool own_group)
{
    sigset_t none, defaults;
    sigemptyset(&none);
    sigemptyset(&defaults);
    sigaddset(&defaults, SIGPIPE);
    sigaddset(&defaults, SIGINT);
    sigaddset(&defaults, SIGTERM);
    sigaddset(&defaults, SIGCHLD);
    int flags = POSIX_SPAWN_SETSIGMASK | POSIX_SPAWN_SETSIGDEF;
    if (own_group)
        flags |= POSIX_SPAWN_SETPGROUP;
    int bad = posix_spawnattr_setsigmask(a, &none);
    bad |= posix_spawnattr_setsigdefault(a, &defaults);
    bad |= posix_spawnattr_setpgroup(a, 0);
    return bad | posix_spawnattr_setflags(a, (short)flags);
}

// posix_spawnp wants pointers to what it does not change.
union strings {
    const char *const *in;
    char *const *out;
};

static int spawn(struct process *p, int output, const char *const *environment)
{
    posix_spawn_file_actions_t files;
    posix_spawnattr_t attributes;
    union strings argv = {p->command->argv}, env = {environment};
    if (posix_spawn_file_actions_init(&files) != 0)
        return ENOMEM;
    if (posix_spawnattr_init(&attributes) != 0) {
        posix_spawn_file_actions_destroy(&files);
        return ENOMEM;
    }
    int error = set_signals(&attributes, p->own_group);
    if (error == 0 && !p->command->interactive)
        error = posix_spawn_file_actions_addopen(&files, 0, "/dev/null", O_RDONLY, 0);
    if (error == 0)
        error = posix_spawn_file_actions_adddup2(&files, output, 1);
    if (error == 0)
        error = posix_spawnp(&p->pid, argv.out[0], &files, &attributes, argv.out, env.out);
    posix_spawnattr_destroy(&attributes);
    posix_spawn_file_actions_destroy(&files);
    return error;
}

static kedge_err meaning(int error)
{
    switch (error) {
    case ENOENT:
    case ENOTDIR:
        return KEDGE_ERR_NOT_FOUND;
    case EACCES:
    case ENOEXEC:
    case EISDIR:
    case ELOOP:
    case ENAMETOOLONG:
        return KEDGE_ERR_FILE;
    default:
        return KEDGE_ERR_IO;
    }
}

// Neither end of the pipe is passed on but as standard output.
static bool make_pipe(int ends[2])
{
    if (pipe(ends) != 0)
        return false;
    if (ends[1] > 2 && fcntl(ends[0], F_SETFD, FD_CLOEXEC) == 0 &&
        fcntl(ends[1], F_SETFD, FD_CLOEXEC) == 0 && fcntl(ends[0], F_SETFL, O_NONBLOCK) == 0)
        return true;
    close(ends[0]);
    close(ends[1]);
    return false;
}

static kedge_err process_open(struct kedge_stream *s, const char *host, uint16_t port)
{
    struct process *p = of(s);
    const char *environment[ENV_MAX + 1];
    int ends[2];
    (void)host;
    (void)port;
    if (p->base.state != CLOSED)
        return KEDGE_OK;
    if (!join_environment(p->command->env, environment) || !make_pipe(ends))
        return KEDGE_ERR_IO;
    // What may read from the terminal must be in the terminal's group.
    p->own_group = !p->command->interactive;
    int error = spawn(p, ends[1], environment);
    close(ends[1]);
    if (error != 0) {
        p->pid = 0;
        close(ends[0]);
        return meaning(error);
    }
    p->base.fd = ends[0];
    p->base.state = CONNECTED;
    return KEDGE_OK;
}

// The output has ended. KEDGE_WANT_READ until the process has, too.
static int end(struct process *p)
{
    drop_fd(p);
    p->base.state = ENDING;
    if (reap(p, false))
        return (int)p->ended;
    p->base.turn_end = kedge__posix_clock(NULL) + LOOK;
    return KEDGE_WANT_READ;
}

static int process_read(struct kedge_stream *s, void *buf, size_t cap)
{
    struct process *p = of(s);
    if (p->base.state == ENDING)
        return end(p);
    if (p->base.state != CONNECTED)
        return KEDGE_ERR_IO;
    if (cap == 0)
        return KEDGE_ERR_ARGUMENT;
    ssize_t n = read(p->base.fd, buf, cap < INT_MAX ? cap : INT_MAX);
    if (n > 0)
        return (int)n;
    if (n == 0)
        return end(p);
    bool later = errno == EAGAIN || errno == EWOULDBLOCK || errno == EINTR;
    return later ? KEDGE_WANT_READ : KEDGE_ERR_IO;
}

static int process_write(struct kedge_stream *s, const void *buf, size_t len)
{
    (void)s;
    (void)buf;
    (void)len;
    return KEDGE_ERR_UNSUPPORTED;
}

static const struct kedge_stream_ops ops = {
    .open = process_open,
    .read = process_read,
    .write = process_write,
    .close = process_close,
};

static void init(const struct kedge_port *port, struct kedge_stream *s,
                 const struct kedge_command *command)
{
    struct process *p = of(s);
    (void)port;
    memset(p, 0, sizeof *p);
    p->base.stream.ops = &ops;
    p->base.fd = -1;
    p->command = command;
}

static bool has_terminal(const struct kedge_port *port)
{
    (void)port;
    return isatty(0) == 1;
}

const struct kedge_port_processes kedge__posix_processes = {
    .size = sizeof(struct process),
    .init = init,
    .has_terminal = has_terminal,
};
