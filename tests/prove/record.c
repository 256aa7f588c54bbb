// SPDX-License-Identifier: Apache-2.0
// record.c - the accessors of records: any object whose texts and lists lie in its block, wherever.
//
// with: src/object/record.c src/object/kind.c src/base/text.c src/base/hash.c
#include "any.h"

#include "kedge/kind.h"
#include "kedge/object.h"

enum { BLOCK = 512 };

static union {
    struct kedge_object object;
    char bytes[BLOCK];
} record;

// Any text that lies behind the struct, its NUL too.
static void any_text(struct kedge_text *t)
{
    size_t at = (size_t)((char *)t - record.bytes);
    size_t first = any_size(sizeof record.object, BLOCK - 1);
    t->offset = t->len = 0;
    if (any_bool()) {
        //@ split first;
        t->offset = (kedge_offset)(first - at);
        t->len = (kedge_offset)any_size(0, BLOCK - 1 - first);
        record.bytes[first + t->len] = '\0';
    }
}

static void texts(void)
{
    any_text(&record.object.name);
    any_of_text(kedge_name(&record.object));
    any_of_str(kedge_text_str(&record.object.name));
}

int main(void)
{
    Frama_C_make_unknown(record.bytes, BLOCK);
    texts();
    Frama_C_show_each_end();
    return 0;
}
