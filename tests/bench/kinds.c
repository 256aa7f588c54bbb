// SPDX-License-Identifier: Apache-2.0
// kinds - what an object of each built-in kind costs: the real server's objects under tests/data,
// as their JSON is sent (compact, with managedFields) and as records.
#include <setjmp.h>
#include <stdarg.h>
#include <stdio.h>
#include <stdlib.h>
#include <string.h>

#include <cmocka.h>
#include <jansson.h>

#include "filled.h"
#include "objects.h"
#include "replies.h"

struct figures {
    size_t objects;
    size_t json;   // bytes as they are sent
    size_t kept;   // ... of which the sieve lets through
    size_t record; // bytes of the records
};

struct sum {
    const struct kedge_kind *kind;
    struct figures figures;
};

static void add_record(void *ctx, kedge_str text)
{
    struct sum *sum = ctx;
    struct kedge_object *o = record_of(sum->kind, text);
    sum->figures.objects++;
    sum->figures.kept += text.len;
    sum->figures.record += o->size;
    free(o);
}

static size_t json_bytes(kedge_str body)
{
    json_t *list = json_loadb(body.ptr, body.len, 0, NULL);
    size_t bytes = 0, i;
    json_t *item;
    json_array_foreach(json_object_get(list, "items"), i, item)
    {
        bytes += json_dumpb(item, NULL, 0, JSON_COMPACT);
    }
    json_decref(list);
    return bytes;
}

// All lists of whole objects.
static struct figures measure(const struct kedge_kind *kind)
{
    struct sum sum = {.kind = kind};
    size_t count;
    const struct reply *r = replies(&count);
    for (; count > 0; count--, r++) {
        if (strncmp(r->name, "list-", 5) != 0 || kind_of_reply(r->name) != kind ||
            strstr(r->name, "-metadata.") != NULL || strstr(r->name, "-table.") != NULL)
            continue;
        sum.figures.json += json_bytes(r->body);
        sieve_each(KEDGE_SIEVE_LIST, kind, r->body, r->body.len, add_record, &sum);
    }
    return sum.figures;
}

int main(void)
{
    printf("bytes of an object: as sent, as kept by the sieve, as a record (an average of the "
           "server's objects)\n\n");
    printf("%-32s %-28s %4s %6s %7s %6s %6s %6s %6s\n", "kind", "group/version", "rows", "struct",
           "objects", "JSON", "kept", "record", "ratio");
    for (size_t k = 0; k < EVERY_KIND; k++) {
        const struct kedge_kind *kind = every_kind[k];
        struct figures f = measure(kind);
        char version[64];
        snprintf(version, sizeof version, "%s%s%s", kind->group, kind->group[0] != '\0' ? "/" : "",
                 kind->version);
        printf("%-32s %-28s %4u %6u %7zu", kind->kind, version, (unsigned)kind->table->count,
               (unsigned)kind->table->size, f.objects);
        if (f.objects > 0)
            printf(" %6zu %6zu %6zu %6.1f", f.json / f.objects, f.kept / f.objects,
                   f.record / f.objects, (double)f.json / (double)f.record);
        printf("\n");
    }
    return 0;
}
