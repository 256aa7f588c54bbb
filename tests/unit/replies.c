// SPDX-License-Identifier: Apache-2.0
#define _POSIX_C_SOURCE 200809L
#include "replies.h"

#include <dirent.h>
#include <setjmp.h>
#include <stdarg.h>
#include <stdio.h>
#include <stdlib.h>

#include <cmocka.h>

#define FOLDER "tests/data/apiserver-1.36"

static struct reply all[256];
static size_t all_count;

static kedge_str read_file(const char *name)
{
    static char buf[1 << 20];
    char path[512];
    snprintf(path, sizeof path, FOLDER "/%s", name);
    FILE *f = fopen(path, "rb");
    assert_non_null(f);
    size_t len = fread(buf, 1, sizeof buf, f);
    fclose(f);
    assert_true(len > 0 && len < sizeof buf);
    char *copy = malloc(len + 1); // strtoull below wants an end
    assert_non_null(copy);
    memcpy(copy, buf, len);
    copy[len] = '\0';
    return (kedge_str){copy, len};
}

// Undoes chunks the plain way: the whole text is there, and known to be good.
static kedge_str unchunk(const char *p)
{
    char *body = malloc(strlen(p) + 1);
    size_t len = 0;
    assert_non_null(body);
    for (;;) {
        char *end;
        size_t n = (size_t)strtoull(p, &end, 16);
        if (n == 0)
            return (kedge_str){body, len};
        memcpy(body + len, end + 2, n);
        len += n;
        p = end + 2 + n + 2;
    }
}

static kedge_str body_of(kedge_str raw)
{
    const char *blank = strstr(raw.ptr, "\r\n\r\n");
    const char *chunked = strstr(raw.ptr, "\r\nTransfer-Encoding: chunked\r\n");
    assert_non_null(blank);
    if (chunked != NULL && chunked < blank)
        return unchunk(blank + 4);
    return (kedge_str){blank + 4, raw.len - (size_t)(blank + 4 - raw.ptr)};
}

static int by_name(const void *a, const void *b)
{
    return strcmp(((const struct reply *)a)->name, ((const struct reply *)b)->name);
}

static void read_all(void)
{
    DIR *folder = opendir(FOLDER);
    assert_non_null(folder);
    for (struct dirent *e; (e = readdir(folder)) != NULL;) {
        size_t len = strlen(e->d_name);
        if (len < 5 || strcmp(e->d_name + len - 5, ".http") != 0)
            continue;
        assert_true(all_count < sizeof all / sizeof all[0]);
        struct reply *r = &all[all_count++];
        assert_true(len < sizeof r->name);
        memcpy(r->name, e->d_name, len + 1);
        r->raw = read_file(e->d_name);
        r->body = body_of(r->raw);
    }
    closedir(folder);
    qsort(all, all_count, sizeof all[0], by_name);
}

const struct reply *replies(size_t *count)
{
    if (all_count == 0)
        read_all();
    assert_true(all_count > 0);
    *count = all_count;
    return all;
}

const struct reply *reply_named(const char *name)
{
    size_t count;
    const struct reply *r = replies(&count);
    for (size_t i = 0; i < count; i++) {
        if (strcmp(r[i].name, name) == 0)
            return &r[i];
    }
    fail_msg("there is no reply %s", name);
    return NULL;
}
