// SPDX-License-Identifier: Apache-2.0
// sieve - how fast the sieve is: an 84 MB list, made of real pods, in ranges of 4 KiB.
#include <stdio.h>
#include <stdlib.h>
#include <string.h>
#include <time.h>

#include "kedge/sieve.h"
#include "replies.h"
#include "sieve_log.h"

enum { BYTES = 84 * 1000 * 1000, RANGE = 4096, ROUNDS = 3 };

static const struct kedge_field nothing_rows[] = {ROW("nothing\0", TEXT)};
static const struct kedge_table nothing = TABLE_OF(nothing_rows);

static const struct kedge_field port_rows[] = {ROW("name\0", TEXT), ROW("containerPort\0", INT32)};
static const struct kedge_table ports = TABLE_OF(port_rows);
static const struct kedge_field container_rows[] = {ROW("name\0", TEXT), ROW("image\0", TEXT),
                                                    LIST_ROW("ports\0", &ports)};
static const struct kedge_table containers = TABLE_OF(container_rows);
static const struct kedge_field status_rows[] = {
    ROW("name\0", TEXT), ROW("ready\0", BOOL), ROW("restartCount\0", INT32), ROW("image\0", TEXT)};
static const struct kedge_table statuses = TABLE_OF(status_rows);
static const struct kedge_field pod_rows[] = {
    ROW("metadata\0name\0", TEXT),
    ROW("metadata\0namespace\0", TEXT),
    ROW("metadata\0uid\0", TEXT),
    ROW("metadata\0resourceVersion\0", TEXT),
    ROW("metadata\0generation\0", INT64),
    ROW("metadata\0creationTimestamp\0", TIME),
    ROW("metadata\0deletionTimestamp\0", TIME),
    ROW("metadata\0labels\0", TEXT_MAP),
    ROW("metadata\0ownerReferences\0", RAW),
    ROW("spec\0nodeName\0", TEXT),
    ROW("spec\0priority\0", INT32),
    LIST_ROW("spec\0containers\0", &containers),
    ROW("status\0phase\0", TEXT),
    ROW("status\0podIP\0", TEXT),
    ROW("status\0hostIP\0", TEXT),
    ROW("status\0startTime\0", TIME),
    LIST_ROW("status\0containerStatuses\0", &statuses),
};
static const struct kedge_table pod = TABLE_OF(pod_rows);

static const struct kedge_field dynamic_rows[] = {ROW("metadata\0name\0", TEXT), ROW("", RAW),
                                                  ROW("metadata\0managedFields\0", DROP)};
static const struct kedge_table dynamic = TABLE_OF(dynamic_rows);

static const struct kedge_field whole_rows[] = {ROW("", RAW)};
static const struct kedge_table whole = TABLE_OF(whole_rows);

// The items of the reply, as they stand, over and over again.
static kedge_str make_list(kedge_str reply)
{
    const char *items = strstr(reply.ptr, "\"items\":[");
    const char *end = reply.ptr + reply.len;
    while (*--end != ']')
        continue;
    char *text = malloc(BYTES + 2 * reply.len);
    if (items == NULL || text == NULL)
        abort();
    items += strlen("\"items\":[");
    size_t len = (size_t)(items - reply.ptr);
    memcpy(text, reply.ptr, len);
    while (len < BYTES) {
        memcpy(text + len, items, (size_t)(end - items));
        len += (size_t)(end - items);
        text[len++] = ',';
    }
    memcpy(text + len - 1, "]}", 2);
    return (kedge_str){text, len + 1};
}

struct run {
    size_t items;
    size_t kept;
    double seconds; // of the processor
};

static struct run run(kedge_str text, const struct kedge_table *table)
{
    static char buf[64 << 10];
    struct kedge_sieve s;
    struct kedge_sieve_options o = sieve_of(KEDGE_SIEVE_LIST, table, 0, NULL);
    struct run r = {0, 0, 0};
    o.item_buf = buf;
    o.item_cap = sizeof buf;
    clock_t begin = clock();
    kedge_err err = kedge_sieve_init(&s, &o);
    for (size_t at = 0, used; at < text.len && err == KEDGE_OK; at += used) {
        enum kedge_sieve_event event;
        size_t range = text.len - at < RANGE ? text.len - at : RANGE;
        err = kedge_sieve_feed(&s, text.ptr + at, range, &used, &event);
        r.items += event == KEDGE_SIEVE_ITEM;
        r.kept += event == KEDGE_SIEVE_ITEM ? s.item.len : 0;
    }
    r.seconds = (double)(clock() - begin) / CLOCKS_PER_SEC;
    if (err != KEDGE_OK || kedge_sieve_finish(&s) != KEDGE_OK)
        abort();
    return r;
}

static void measure(const char *what, kedge_str text, const struct kedge_table *table)
{
    struct run best = run(text, table);
    for (int i = 1; i < ROUNDS; i++) {
        struct run r = run(text, table);
        best = r.seconds < best.seconds ? r : best;
    }
    printf("%-36s %8.1f MB of %zu items kept %8.0f MB/s\n", what, (double)best.kept / 1e6,
           best.items, (double)text.len / best.seconds / 1e6);
}

int main(void)
{
    kedge_str text = make_list(reply_named("list-pods-page1.http")->body);
    printf("sieve: %zu bytes of state; a list of %.1f MB\n", sizeof(struct kedge_sieve),
           (double)text.len / 1e6);
    measure("nothing is wanted", text, &nothing);
    measure("a pod's typical fields", text, &pod);
    measure("all but managedFields", text, &dynamic);
    measure("everything", text, &whole);
    return 0;
}
