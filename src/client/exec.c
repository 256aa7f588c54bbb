// SPDX-License-Identifier: Apache-2.0
// exec.c - when a credential plugin is run.
//
//              a request          good answer
//    NONE -------------> RUNNING ------------> GOOD --- expired, or a 401, and a request ---+
//                          ^ |                                                              |
//      a second later      | | fails                                                        |
//    FAILED ---------------+-+--> FAILED            RUNNING <-------------------------------+
//
// Whatever asks meanwhile waits for the plugin's output, and gets the same answer.
#include "client/exec.h"

#include "base/wipe.h"

// As long as one may run: it may ask a human being.
#define RUN_MAX (5 * KEDGE_MINUTE)
// It is run no more often than this.
#define PAUSE KEDGE_SECOND
// How soon after connections of two certificates ago were in the way.
#define SOON (50 * KEDGE_MILLISECOND)
// How often an hour it is said how to install what is missing.
#define HINTS_MAX 10

static const char v1[] = "client.authentication.k8s.io/v1";
static const char v1beta1[] = "client.authentication.k8s.io/v1beta1";

enum state { NONE, RUNNING, RENEWING, GOOD, FAILED };

struct exec {
    struct kedge__source source; // first
    struct kedge_command command;
    kedge_str env;    // what of the command's environment is given, each with its NUL
    const char *info; // and what is added: KUBERNETES_EXEC_INFO=...
    struct kedge_stream *stream;
    const char *api_version;
    const char *hint;
    bool needs_terminal; // and there is none
    char *buf;           // KEDGE_EXEC_OUTPUT bytes and a NUL
    size_t len;
    enum state state;
    bool refused; // by a 401
    kedge_err err;
    kedge_time began; // RUNNING: when; else when that ended
    unsigned hints;
    kedge_time hints_since;
    struct kedge__exec_credential given;
    char problem[256];
};

// --- failures ------------------------------------------------------------------------------------

static void forget(struct exec *e)
{
    struct kedge_client *c = e->source.client;
    c->bearer = NULL;
    c->certificate = c->key = (kedge_str){NULL, 0};
    kedge__wipe(e->buf, KEDGE_EXEC_OUTPUT + 1);
    e->len = 0;
    e->given = (struct kedge__exec_credential){0};
}

// Tells how to install it, but not for ever.
static void say_hint(struct exec *e, struct kedge__line *l, kedge_time now)
{
    if (e->hint == NULL)
        return;
    if (e->hints == 0 || now - e->hints_since >= KEDGE_HOUR) {
        e->hints = 0;
        e->hints_since = now;
    }
    if (e->hints++ >= HINTS_MAX)
        return;
    kedge__line_text(l, "; ");
    for (const char *p = e->hint; *p != '\0'; p++)
        kedge__line_byte(l, *p >= '\t' && *p <= '\r' ? ' ' : *p);
}

static const char *word_of(kedge_err err)
{
    switch (err) {
    case KEDGE_ERR_NOT_FOUND:
        return "executable not found";
    case KEDGE_ERR_FILE:
        return "it cannot be executed";
    default:
        return "no process can be started";
    }
}

// That a command is not there is no KEDGE_ERR_NOT_FOUND of what the request asks for.
static kedge_err fail(struct exec *e, kedge_err err, const char *problem, kedge_time now)
{
    struct kedge__line l;
    e->stream->ops->close(e->stream);
    forget(e);
    e->state = FAILED;
    e->err = err == KEDGE_ERR_NOT_FOUND ? KEDGE_ERR_FILE : err;
    e->began = now;
    kedge__line_init(&l, e->problem, sizeof e->problem);
    kedge__line_text(&l, "exec plugin ");
    kedge__line_printable(&l, kedge_str_of(e->command.argv[0]), 80);
    kedge__line_text(&l, ": ");
    kedge__line_text(&l, problem);
    if (err == KEDGE_ERR_NOT_FOUND)
        say_hint(e, &l, now);
    return e->err;
}

// --- one run -------------------------------------------------------------------------------------

static kedge_err begin(struct exec *e, kedge_time now)
{
    forget(e);
    if (e->needs_terminal)
        return fail(e, KEDGE_ERR_CONFIG,
                    "interactiveMode is Always, and standard input is no terminal", now);
    kedge_err err = e->stream->ops->open(e->stream, NULL, 0);
    if (err != KEDGE_OK)
        return fail(e, err, word_of(err), now);
    e->state = RUNNING;
    e->refused = false;
    e->began = now;
    return KEDGE_OK;
}

static kedge_err later(struct kedge__pending *p, kedge_time again)
{
    *p = (struct kedge__pending){NULL, KEDGE_INTEREST_NONE, again, NULL};
    return KEDGE_WANT_READ;
}

static kedge_err use(struct exec *e, kedge_time now, struct kedge__pending *p)
{
    struct kedge_client *c = e->source.client;
    const char *problem = NULL;
    kedge_err err = KEDGE_OK;
    if (e->given.certificate.len > 0)
        err = kedge__trust_renew(c, c->ca, e->given.certificate, e->given.key, true, &problem);
    e->state = RENEWING;
    if (err == KEDGE_WAIT)
        return later(p, now + SOON);
    if (err != KEDGE_OK)
        return fail(e, err, problem, now);
    e->state = GOOD;
    e->began = now;
    c->bearer = e->given.token;
    c->certificate = e->given.certificate;
    c->key = e->given.key;
    c->serial++;
    return KEDGE_OK;
}

static kedge_err ended(struct exec *e, kedge_time now, struct kedge__pending *p)
{
    e->stream->ops->close(e->stream);
    const char *problem = kedge__exec_read(e->buf, e->len, e->api_version, &e->given);
    return problem != NULL ? fail(e, KEDGE_ERR_CONFIG, problem, now) : use(e, now, p);
}

static kedge_err run(struct exec *e, kedge_time now, struct kedge__pending *p)
{
    int n = 1;
    while (n > 0 && e->len < KEDGE_EXEC_OUTPUT) {
        n = e->stream->ops->read(e->stream, e->buf + e->len, KEDGE_EXEC_OUTPUT - e->len);
        e->len += n > 0 ? (size_t)n : 0;
    }
    if (n > 0)
        return fail(e, KEDGE_ERR_TOO_LONG, "it wrote more than KEDGE_EXEC_OUTPUT bytes", now);
    if (n == KEDGE_ERR_CLOSED)
        return ended(e, now, p);
    if (n != KEDGE_WANT_READ)
        return fail(e, KEDGE_ERR_CONFIG, "it failed: see what it wrote to standard error", now);
    if (now - e->began >= RUN_MAX)
        return fail(e, KEDGE_ERR_TIMEOUT, "it did not end within 5 minutes", now);
    *p = (struct kedge__pending){e->stream, KEDGE_INTEREST_READ, e->began + RUN_MAX, NULL};
    return KEDGE_WANT_READ;
}

static bool has_expired(const struct exec *e)
{
    bool knows = e->given.expires != 0;
    kedge_timestamp wall = knows ? kedge_wall_clock(e->source.client->k) : 0;
    return wall != 0 && wall >= e->given.expires;
}

static kedge_err ready(struct kedge__source *s, kedge_time now, struct kedge__pending *p)
{
    struct exec *e = (struct exec *)s;
    bool just_now = (e->state == GOOD || e->state == FAILED) && now - e->began < PAUSE;
    p->problem = e->problem;
    if (e->state == RENEWING)
        return use(e, now, p);
    if (e->state == GOOD && e->refused && just_now)
        return later(p, e->began + PAUSE);
    if (e->state == GOOD && !e->refused && (just_now || !has_expired(e)))
        return KEDGE_OK;
    if (e->state == FAILED && just_now)
        return e->err;
    kedge_err err = e->state != RUNNING ? begin(e, now) : KEDGE_OK;
    if (err == KEDGE_OK)
        err = run(e, now, p);
    return err;
}

static void unauthorized(struct kedge__source *s, uint32_t serial)
{
    struct exec *e = (struct exec *)s;
    if (e->state == GOOD && serial == s->client->serial)
        e->refused = true;
}

static void end(struct kedge__source *s)
{
    struct exec *e = (struct exec *)s;
    e->stream->ops->close(e->stream);
    forget(e);
    // A key or a password is often in there, and in the address of a proxy.
    kedge__forget(e->source.client->k, e->env.ptr, e->env.len);
    kedge__forget(e->source.client->k, e->info, e->info != NULL ? strlen(e->info) : 0);
    e->state = NONE;
}

static const struct kedge__source_ops ops = {ready, unauthorized, end};

// --- what it is run with -------------------------------------------------------------------------

static size_t count_list(kedge_str list)
{
    size_t n = 0;
    for (size_t i = 0; i < list.len; i++)
        n += list.ptr[i] == '\0';
    return n;
}

// A list as pointers: `first`, then the list's, then `last`, then NULL; the first and last may be
// NULL. NULL: no memory.
static const char *const *pointers(struct kedge *k, const char *first, kedge_str list,
                                   const char *last)
{
    size_t count = count_list(list), n = 0;
    const char **out = KEDGE__NEW(k, "client", const char *, count + 3);
    const char *at = list.ptr;
    if (out == NULL)
        return NULL;
    if (first != NULL)
        out[n++] = first;
    for (size_t i = 0; i < count; i++) {
        out[n++] = at;
        at += strlen(at) + 1;
    }
    out[n] = last;
    return out;
}

static kedge_err take_room(struct exec *e, const struct kedge_config *config)
{
    struct kedge_client *c = e->source.client;
    const struct kedge_port_processes *processes = c->k->port->processes;
    const struct kedge_exec *x = &config->exec;
    bool terminal = processes->has_terminal(c->k->port);
    bool interactive = terminal && x->interactive != KEDGE_EXEC_NEVER;
    const char *info = kedge__exec_info(c, config, interactive);
    if (info == NULL)
        return c->k->failure;
    e->command.argv = pointers(c->k, x->command, x->args, NULL);
    e->command.env = pointers(c->k, NULL, x->env, info);
    e->command.interactive = interactive;
    e->env = x->env;
    e->info = info;
    e->needs_terminal = x->interactive == KEDGE_EXEC_ALWAYS && !terminal;
    e->stream = kedge__take_bytes(c->k, "client", processes->size);
    e->buf = kedge__take(c->k, "exec plugin", KEDGE_EXEC_OUTPUT + 1, 1, 1);
    if (kedge__trust_init(c) != KEDGE_OK || c->k->failure != KEDGE_OK)
        return c->k->failure; // whichever of them it was
    processes->init(c->k->port, e->stream, &e->command);
    return KEDGE_OK;
}

static const char *judge(const struct kedge_exec *x)
{
    bool is_v1 = x->api_version != NULL && strcmp(x->api_version, v1) == 0;
    bool is_beta = x->api_version != NULL && strcmp(x->api_version, v1beta1) == 0;
    if (!is_v1 && !is_beta)
        return "invalid apiVersion: client.authentication.k8s.io/v1 or /v1beta1 is needed";
    if (is_v1 && x->interactive == KEDGE_EXEC_INTERACTIVE_UNSET)
        return "interactiveMode must be specified with client.authentication.k8s.io/v1: Never, "
               "IfAvailable or Always";
    return NULL;
}

// Who we are is known already.
static bool is_identified(const struct kedge_client *c, const struct kedge_config *config)
{
    return c->has_token || (c->username != NULL && c->username[0] != '\0') ||
           config->certificate.len > 0 || config->credentials != NULL;
}

static kedge_err start(struct kedge_client *c, const struct kedge_config *config)
{
    const char *problem = judge(&config->exec);
    if (problem != NULL)
        return kedge__client_fail(c, KEDGE_ERR_CONFIG, "exec", problem);
    if (is_identified(c, config))
        return KEDGE_OK;
    if (c->k->port->processes == NULL)
        return kedge__client_fail(c, KEDGE_ERR_UNSUPPORTED, "exec", "the port runs no processes");
    struct exec *e = KEDGE__NEW(c->k, "client", struct exec, 1);
    if (e == NULL)
        return KEDGE_ERR_MEMORY;
    e->source.client = c;
    e->api_version = config->exec.api_version;
    e->hint = config->exec.install_hint;
    kedge_err err = take_room(e, config);
    if (err == KEDGE_OK)
        kedge__client_add_source(c, &e->source, &ops);
    return err;
}

kedge_err kedge_config_exec(struct kedge_config *config, const struct kedge_exec *exec)
{
    if (config == NULL || exec == NULL || exec->command == NULL || exec->command[0] == '\0')
        return KEDGE_ERR_ARGUMENT;
    config->exec = *exec;
    config->hooks.exec = start;
    return KEDGE_OK;
}
