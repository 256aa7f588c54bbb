// SPDX-License-Identifier: Apache-2.0
#define _POSIX_C_SOURCE 200809L
#include "private_stack.h"

#include <setjmp.h>
#include <stdarg.h>
#include <stdio.h>
#include <stdlib.h>
#include <string.h>

#include <cmocka.h>
#include <pthread.h>
#include <unistd.h>

// gcc's libasan has them without its headers.
int __sanitizer_install_malloc_and_free_hooks(void (*on_malloc)(const volatile void *, size_t),
                                              void (*on_free)(const volatile void *));
size_t __sanitizer_get_allocated_size(const volatile void *p);

// Frames are to lie on the stack, not where newer sanitizers would put them.
const char *__asan_default_options(void);
const char *__asan_default_options(void)
{
    return "detect_stack_use_after_return=0";
}

enum { STACK = 1 << 20, TEXTS_MAX = 8 };

static struct {
    const unsigned char *bytes;
    size_t len;
} texts[TEXTS_MAX];
static size_t text_count;
static struct private_stack_finds finds;
static _Thread_local bool looks;

void private_stack_bind(char **argv)
{
    if (getenv("LD_BIND_NOW") != NULL)
        return;
    setenv("LD_BIND_NOW", "1", 1);
    execv("/proc/self/exe", argv);
    perror("private_stack_bind");
    exit(1);
}

void private_stack_seek(const void *bytes, size_t len)
{
    if (bytes == NULL) {
        text_count = 0;
        return;
    }
    assert_true(text_count < TEXTS_MAX && len > 4);
    texts[text_count].bytes = bytes;
    texts[text_count++].len = len;
}

// Not by memcmp, and unchecked: what was freed or was a frame is forbidden ground else.
__attribute__((no_sanitize("address"))) bool private_stack_holds(const volatile void *memory,
                                                                 size_t size)
{
    const volatile unsigned char *at = memory;
    for (size_t t = 0; t < text_count; t++) {
        for (size_t i = 0; i + texts[t].len <= size; i++) {
            size_t n = 0;
            while (n < texts[t].len && at[i + n] == texts[t].bytes[n])
                n++;
            if (n == texts[t].len)
                return true;
        }
    }
    return false;
}

static void on_malloc(const volatile void *p, size_t size)
{
    (void)p;
    (void)size;
}

static void on_free(const volatile void *p)
{
    if (looks && p != NULL)
        finds.freed += private_stack_holds(p, __sanitizer_get_allocated_size(p));
}

// ---- one thread asks, the other does

static pthread_mutex_t lock = PTHREAD_MUTEX_INITIALIZER;
static pthread_cond_t changed = PTHREAD_COND_INITIALIZER;
static void (*job)(void *);
static void *job_arg;
static bool over;

void private_stack_outside(void (*todo)(void *), void *arg)
{
    pthread_mutex_lock(&lock);
    job = todo;
    job_arg = arg;
    pthread_cond_broadcast(&changed);
    while (job != NULL)
        pthread_cond_wait(&changed, &lock);
    pthread_mutex_unlock(&lock);
}

static void serve(void)
{
    pthread_mutex_lock(&lock);
    while (!over) {
        if (job != NULL) {
            job(job_arg);
            job = NULL;
            pthread_cond_broadcast(&changed);
        }
        if (!over)
            pthread_cond_wait(&changed, &lock);
    }
    pthread_mutex_unlock(&lock);
}

// ---- the port, from the other side

static struct kedge_port inner; // as it was
static const struct kedge_stream_ops *inner_ops;

struct call {
    enum { OPEN, READ, WRITE, CLOSE, WAIT } what;
    struct kedge_stream *s;
    const char *host;
    uint16_t port;
    void *in;
    const void *out;
    size_t len;
    const struct kedge_port *at;
    struct kedge_wait *list;
    kedge_time deadline;
    int answer;
};

static void make(void *arg)
{
    struct call *c = arg;
    if (c->what == OPEN)
        c->answer = inner_ops->open(c->s, c->host, c->port);
    else if (c->what == READ)
        c->answer = inner_ops->read(c->s, c->in, c->len);
    else if (c->what == WRITE)
        c->answer = inner_ops->write(c->s, c->out, c->len);
    else if (c->what == CLOSE)
        inner_ops->close(c->s);
    else
        c->answer = inner.wait(c->at, c->list, c->len, c->deadline);
}

static int made(struct call c)
{
    private_stack_outside(make, &c);
    return c.answer;
}

static kedge_err far_open(struct kedge_stream *s, const char *host, uint16_t port)
{
    return (kedge_err)made((struct call){.what = OPEN, .s = s, .host = host, .port = port});
}

static int far_read(struct kedge_stream *s, void *buf, size_t cap)
{
    return made((struct call){.what = READ, .s = s, .in = buf, .len = cap});
}

static int far_write(struct kedge_stream *s, const void *buf, size_t len)
{
    return made((struct call){.what = WRITE, .s = s, .out = buf, .len = len});
}

static void far_close(struct kedge_stream *s)
{
    made((struct call){.what = CLOSE, .s = s});
}

static const struct kedge_stream_ops far_ops = {far_open, far_read, far_write, far_close};

static void far_init(const struct kedge_port *port, struct kedge_stream *s)
{
    inner.stream_init(port, s);
    inner_ops = s->ops;
    s->ops = &far_ops;
}

static kedge_err far_wait(const struct kedge_port *port, struct kedge_wait *list, size_t count,
                          kedge_time deadline)
{
    return (kedge_err)made(
        (struct call){.what = WAIT, .at = port, .list = list, .len = count, .deadline = deadline});
}

// ---- the run

struct run {
    struct kedge_port *port;
    void (*body)(struct kedge_port *port, void *ctx);
    void *ctx;
    unsigned char *stack;
};

// Below this much of the stack, which is for those who come after and search.
__attribute__((noinline)) static void deeper(const struct run *r)
{
    volatile unsigned char apart[8192];
    apart[0] = 0;
    r->body(r->port, r->ctx);
    apart[1] = apart[0];
}

__attribute__((no_sanitize("address"))) static size_t used_of(const unsigned char *stack)
{
    size_t at = 0;
    while (at < STACK && stack[at] == 0xa5)
        at++;
    return STACK - at;
}

static void *thread(void *arg)
{
    struct run *r = arg;
    looks = true;
    deeper(r);
    looks = false;
    finds.stack = private_stack_holds(r->stack, STACK);
    finds.deepest = used_of(r->stack);
    pthread_mutex_lock(&lock);
    over = true;
    pthread_cond_broadcast(&changed);
    pthread_mutex_unlock(&lock);
    return NULL;
}

void private_stack_watch_frees(bool on)
{
    looks = on;
}

void private_stack_run(struct fake_port *fake, void (*body)(struct kedge_port *port, void *ctx),
                       void *ctx)
{
    static bool installed;
    struct run r = {&fake->port, body, ctx, NULL};
    unsigned char *stack = NULL;
    pthread_attr_t attr;
    pthread_t id;
    inner = fake->port;
    fake->port.stream_init = far_init;
    fake->port.wait = far_wait;
    over = false;
    finds = (struct private_stack_finds){0};
    if (!installed)
        assert_true(__sanitizer_install_malloc_and_free_hooks(on_malloc, on_free) > 0);
    installed = true;
    assert_int_equal(posix_memalign((void **)&stack, 65536, STACK), 0);
    memset(stack, 0xa5, STACK);
    r.stack = stack;
    pthread_attr_init(&attr);
    assert_int_equal(pthread_attr_setstack(&attr, stack, STACK), 0);
    assert_int_equal(pthread_create(&id, &attr, thread, &r), 0);
    serve();
    pthread_join(id, NULL);
    fake->port = inner;
    pthread_attr_destroy(&attr);
    free(stack);
}

struct private_stack_finds private_stack_found(void)
{
    return finds;
}
