// SPDX-License-Identifier: Apache-2.0
// resolve.c - names to addresses, without making the loop wait.
//
// getaddrinfo blocks for as long as it likes, so it runs in a thread that nobody joins:
//
//     loop                              helper thread
//     start: socket pair, thread  --->  getaddrinfo
//     poll on our end                   send the addresses through its end, free, end
//     take: receive
//
// The thread owns all that it works with. A look-up is abandoned by closing our end: then its send
// fails (without a SIGPIPE, which is why this is no pipe), and it ends as it would have.
#define _POSIX_C_SOURCE 200809L
#define _DEFAULT_SOURCE

#include "posix_priv.h"

#include <arpa/inet.h>
#include <fcntl.h>
#include <net/if.h>
#include <netdb.h>
#include <pthread.h>
#include <signal.h>
#include <stdlib.h>
#include <string.h>
#include <unistd.h>

struct lookup {
    int fd; // the helper's end
    char host[];
};

static void add_address(struct posix_addresses *out, const struct addrinfo *info)
{
    union posix_address *a = &out->list[out->count];
    if (out->count == ADDRESSES_MAX || info->ai_addrlen > sizeof *a)
        return;
    if (info->ai_family != AF_INET && info->ai_family != AF_INET6)
        return;
    memcpy(a, info->ai_addr, info->ai_addrlen);
    out->count++;
}

static void resolve(const char *host, struct posix_addresses *out)
{
    struct addrinfo hints = {.ai_family = AF_UNSPEC, .ai_socktype = SOCK_STREAM};
    struct addrinfo *first = NULL;
    if (getaddrinfo(host, NULL, &hints, &first) != 0)
        return;
    for (const struct addrinfo *i = first; i != NULL; i = i->ai_next)
        add_address(out, i);
    freeaddrinfo(first);
}

static void *helper(void *argument)
{
    struct lookup *l = argument;
    struct posix_addresses answer;
    memset(&answer, 0, sizeof answer);
    resolve(l->host, &answer);
    send(l->fd, &answer, sizeof answer, MSG_NOSIGNAL);
    close(l->fd);
    free(l);
    return NULL;
}

// Signals are for the program's own threads: one that ended the helper's sleep would not wake poll.
static bool start_thread(struct lookup *l)
{
    pthread_attr_t attributes;
    pthread_t thread;
    sigset_t all, before;
    if (pthread_attr_init(&attributes) != 0)
        return false;
    pthread_attr_setdetachstate(&attributes, PTHREAD_CREATE_DETACHED);
    sigfillset(&all);
    pthread_sigmask(SIG_SETMASK, &all, &before);
    bool ok = pthread_create(&thread, &attributes, helper, l) == 0;
    pthread_sigmask(SIG_SETMASK, &before, NULL);
    pthread_attr_destroy(&attributes);
    return ok;
}

static struct lookup *new_lookup(const char *host, int fd)
{
    size_t bytes = strlen(host) + 1;
    struct lookup *l = malloc(sizeof *l + bytes);
    if (l == NULL)
        return NULL;
    l->fd = fd;
    memcpy(l->host, host, bytes);
    return l;
}

int kedge__posix_lookup_start(const char *host)
{
    int ends[2];
    if (socketpair(AF_UNIX, SOCK_STREAM | SOCK_CLOEXEC, 0, ends) != 0)
        return -1;
    struct lookup *l = new_lookup(host, ends[1]);
    if (l != NULL && fcntl(ends[0], F_SETFL, O_NONBLOCK) == 0 && start_thread(l))
        return ends[0];
    free(l);
    close(ends[0]);
    close(ends[1]);
    return -1;
}

bool kedge__posix_lookup_take(int fd, struct posix_addresses *out)
{
    ssize_t n = recv(fd, out, sizeof *out, 0);
    if (n < 0)
        return false;
    // The answer is one send of a few hundred bytes, which arrives whole or not at all.
    if (n != sizeof *out || out->count > ADDRESSES_MAX)
        out->count = 0;
    return true;
}

static bool literal_v4(const char *host, union posix_address *a)
{
    a->v4.sin_family = AF_INET;
    return inet_pton(AF_INET, host, &a->v4.sin_addr) == 1;
}

// Also with a zone: fe80::1%eth0.
static bool literal_v6(const char *host, union posix_address *a)
{
    char text[INET6_ADDRSTRLEN];
    size_t len = strcspn(host, "%");
    if (len >= sizeof text)
        return false;
    memcpy(text, host, len);
    text[len] = '\0';
    a->v6.sin6_family = AF_INET6;
    if (inet_pton(AF_INET6, text, &a->v6.sin6_addr) != 1)
        return false;
    if (host[len] == '%')
        a->v6.sin6_scope_id = if_nametoindex(host + len + 1);
    return host[len] == '\0' || a->v6.sin6_scope_id != 0;
}

bool kedge__posix_literal(const char *host, struct posix_addresses *out)
{
    memset(out, 0, sizeof *out);
    if (!literal_v4(host, &out->list[0])) {
        memset(out, 0, sizeof *out);
        if (!literal_v6(host, &out->list[0]))
            return false;
    }
    out->count = 1;
    return true;
}
