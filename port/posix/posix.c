// SPDX-License-Identifier: Apache-2.0
// posix.c - the port as one struct, and the environment.
#define _POSIX_C_SOURCE 200809L

#include "posix_priv.h"

#include <pthread.h>
#include <stdlib.h>

static struct kedge_posix_port the_port;
static pthread_once_t once = PTHREAD_ONCE_INIT;
static kedge_err made = KEDGE_ERR_IO;

const char *kedge__posix_environment(const struct kedge_port *port, const char *name)
{
    (void)port;
    return getenv(name);
}

kedge_err kedge_posix_port_init(struct kedge_posix_port *p)
{
    if (p == NULL)
        return KEDGE_ERR_ARGUMENT;
    p->port = (struct kedge_port){
        .name = "posix",
        .stream_size = sizeof(struct posix_stream),
        .stream_init = kedge__posix_stream_init,
        .wait = kedge__posix_wait,
        .wake = kedge__posix_wake,
        .clock = kedge__posix_clock,
        .wall_clock = kedge__posix_wall_clock,
        .entropy = kedge__posix_entropy,
        .file = kedge__posix_file,
        .environment = kedge__posix_environment,
        .lock = POSIX_LOCK,
        .wait_in_thread = POSIX_WAIT_IN_THREAD,
        .processes = &kedge__posix_processes,
    };
    return kedge__posix_wake_open(p) ? KEDGE_OK : KEDGE_ERR_IO;
}

void kedge_posix_port_close(struct kedge_posix_port *p)
{
    if (p != NULL)
        kedge__posix_wake_close(p);
}

static void make_the_port(void)
{
    made = kedge_posix_port_init(&the_port);
}

const struct kedge_port *kedge_posix(void)
{
    return pthread_once(&once, make_the_port) == 0 && made == KEDGE_OK ? &the_port.port : NULL;
}
