// SPDX-License-Identifier: Apache-2.0
// mock_proxy.c - mock_proxy [--authorization CREDENTIALS] [--refuse STATUS]: an HTTP proxy on
// loopback that knows CONNECT alone, and leads to 127.0.0.1, whatever the host. Each connection is
// a process. Prints its port, then a line for each answer: "200 host:port". Ends with its input.
#define _POSIX_C_SOURCE 200809L
#include <arpa/inet.h>
#include <errno.h>
#include <netinet/in.h>
#include <poll.h>
#include <signal.h>
#include <stdbool.h>
#include <stdio.h>
#include <stdlib.h>
#include <string.h>
#include <sys/socket.h>
#include <unistd.h>

static char authorization[256]; // the header that is demanded; "": none
static int refusal;             // the status that all get; 0: none

static void fail(const char *what)
{
    fprintf(stderr, "mock_proxy: %s: %s\n", what, strerror(errno));
    exit(1);
}

static struct sockaddr_in loopback(unsigned port)
{
    struct sockaddr_in a = {.sin_family = AF_INET, .sin_port = htons((uint16_t)port)};
    a.sin_addr.s_addr = htonl(INADDR_LOOPBACK);
    return a;
}

static int listen_anywhere(void)
{
    struct sockaddr_in a = loopback(0);
    socklen_t len = sizeof a;
    int s = socket(AF_INET, SOCK_STREAM, 0);
    if (s < 0 || bind(s, (struct sockaddr *)&a, sizeof a) != 0 || listen(s, 64) != 0 ||
        getsockname(s, (struct sockaddr *)&a, &len) != 0)
        fail("cannot listen");
    printf("%d\n", ntohs(a.sin_port));
    fflush(stdout);
    return s;
}

// Reads the head, a byte at a time, so that nothing behind it is taken.
static bool read_head(int client, char *head, size_t cap)
{
    size_t len = 0;
    while (len + 1 < cap && read(client, head + len, 1) == 1) {
        head[++len] = '\0';
        if (len >= 4 && memcmp(head + len - 4, "\r\n\r\n", 4) == 0)
            return true;
    }
    return false;
}

static bool write_all(int to, const char *bytes, size_t len)
{
    while (len > 0) {
        ssize_t n = write(to, bytes, len);
        if (n <= 0)
            return false;
        bytes += n;
        len -= (size_t)n;
    }
    return true;
}

static void answer(int client, int status, const char *host)
{
    char head[256];
    int len = snprintf(head, sizeof head, "HTTP/1.1 %d x\r\n%s\r\n", status,
                       status == 407 ? "Proxy-Authenticate: Basic realm=\"mock\"\r\n" : "");
    printf("%d %s\n", status, host);
    fflush(stdout);
    write_all(client, head, (size_t)len);
}

// Passes bytes both ways until either side ends.
static void pass(int a, int b)
{
    struct pollfd p[2] = {{a, POLLIN, 0}, {b, POLLIN, 0}};
    char bytes[8192];
    while (poll(p, 2, -1) > 0) {
        for (int i = 0; i < 2; i++) {
            if (p[i].revents == 0)
                continue;
            ssize_t n = read(p[i].fd, bytes, sizeof bytes);
            if (n <= 0 || !write_all(p[1 - i].fd, bytes, (size_t)n))
                return;
        }
    }
}

static int connect_to(unsigned port)
{
    struct sockaddr_in a = loopback(port);
    int s = socket(AF_INET, SOCK_STREAM, 0);
    if (s >= 0 && connect(s, (struct sockaddr *)&a, sizeof a) == 0)
        return s;
    return -1;
}

static void serve(int client)
{
    char head[8192], host[256] = "?";
    unsigned port = 0;
    if (!read_head(client, head, sizeof head))
        return;
    bool good = sscanf(head, "CONNECT %255s HTTP/1.1\r\n", host) == 1;
    const char *colon = strrchr(host, ':');
    if (!good || colon == NULL || sscanf(colon, ":%u", &port) != 1) {
        answer(client, 400, host);
        return;
    }
    if (authorization[0] != '\0' && strstr(head, authorization) == NULL) {
        answer(client, 407, host);
        return;
    }
    int server = refusal == 0 ? connect_to(port) : -1;
    answer(client, refusal != 0 ? refusal : server < 0 ? 502 : 200, host);
    if (server >= 0)
        pass(client, server);
}

int main(int argc, char **argv)
{
    for (int i = 1; i + 1 < argc; i += 2) {
        if (strcmp(argv[i], "--authorization") == 0)
            snprintf(authorization, sizeof authorization, "\r\nProxy-Authorization: %s\r\n",
                     argv[i + 1]);
        else if (strcmp(argv[i], "--refuse") == 0)
            refusal = atoi(argv[i + 1]);
        else
            return 2;
    }
    signal(SIGCHLD, SIG_IGN);
    signal(SIGPIPE, SIG_IGN);
    int s = listen_anywhere();
    struct pollfd p[2] = {{s, POLLIN, 0}, {STDIN_FILENO, POLLIN, 0}};
    char byte;
    while (poll(p, 2, -1) > 0) {
        if (p[1].revents != 0 && read(STDIN_FILENO, &byte, 1) <= 0)
            break;
        int client = p[0].revents != 0 ? accept(s, NULL, NULL) : -1;
        pid_t child = client >= 0 ? fork() : -1;
        if (child == 0) {
            close(s);
            serve(client);
            _exit(0);
        }
        if (client >= 0)
            close(client);
    }
    return 0;
}
