// SPDX-License-Identifier: Apache-2.0
// lock.c - one recursive lock and one condition for the process; only with KEDGE_THREADS=1.
#define _POSIX_C_SOURCE 200809L

#include "posix_priv.h"

#if KEDGE_THREADS
#include <pthread.h>

static pthread_mutex_t mutex;
static pthread_cond_t condition = PTHREAD_COND_INITIALIZER;
static pthread_once_t once = PTHREAD_ONCE_INIT;

// POSIX has no static initialiser for a recursive mutex.
static void make_mutex(void)
{
    pthread_mutexattr_t attributes;
    pthread_mutexattr_init(&attributes);
    pthread_mutexattr_settype(&attributes, PTHREAD_MUTEX_RECURSIVE);
    pthread_mutex_init(&mutex, &attributes);
    pthread_mutexattr_destroy(&attributes);
}

// LOCK_WAIT lets go of one level of the lock only, so it is for a caller who holds it once.
void kedge__posix_lock(const struct kedge_port *port, enum kedge_lock_op op)
{
    (void)port;
    pthread_once(&once, make_mutex);
    switch (op) {
    case KEDGE_LOCK:
        pthread_mutex_lock(&mutex);
        break;
    case KEDGE_UNLOCK:
        pthread_mutex_unlock(&mutex);
        break;
    case KEDGE_LOCK_WAIT:
        pthread_cond_wait(&condition, &mutex);
        break;
    case KEDGE_LOCK_WAKE:
        pthread_cond_broadcast(&condition);
        break;
    }
}
#endif
