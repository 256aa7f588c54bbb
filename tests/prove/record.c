// SPDX-License-Identifier: Apache-2.0
// record.c - the accessors of records: any text, uid, quantity and list that lies in its block,
// wherever, up to the block's last byte; any place in a list, also far beyond its end.
//
// with: src/object/record.c src/object/uid.c src/object/quantity_pack.c
// with: src/object/words.c src/object/kind.c src/base/text.c
// src/base/hash.c
#include "any.h"

#include <string.h>

#include "kedge/kind.h"
#include "kedge/object.h"
#include "object/project.h"
#include "object/words.h"

enum { BLOCK = 256 };

static union {
    struct kedge_object object;
    char bytes[BLOCK];
} record;

// A place behind the struct for a text that begins with a member.
static size_t place(const void *member, size_t at)
{
    return at - (size_t)((const char *)member - record.bytes);
}

// A text that ends in the block, a long one of any length there, and none.
static void texts(size_t at)
{
    struct kedge_text *name = &record.object.name;
    name->offset = (kedge_offset)place(name, at);
    record.bytes[BLOCK - 1] = '\0';
    if (any_bool() && at + 1 + sizeof(kedge_offset) < BLOCK) {
        kedge_offset len = (kedge_offset)any_size(0, BLOCK - 2 - sizeof len - at);
        record.bytes[at] = (char)KEDGE__LONG_TEXT;
        memcpy(record.bytes + at + 1, &len, sizeof len);
    } else {
        // No 0xff, as Eva must see; that it is ASCII is of no matter.
        record.bytes[at] = (char)any_size(0, 127);
    }
    any_of_str(kedge_text_str(name));
    any_of_str((kedge_str){kedge_name(&record.object), 1});
    name->offset = 0;
    any_of_str((kedge_str){kedge_name(&record.object), 1});
}

// Any 16 bytes that are a UUID, and a text of any length in the block.
static void uids(size_t at)
{
    char buf[KEDGE_UID_TEXT];
    struct kedge_uid *uid = &record.object.uid;
    if (any_bool()) {
        uid->bytes[8] = (unsigned char)any_size(0x80, 0xff);
        any_of_str(kedge_uid_str(uid, buf));
        return;
    }
    kedge_offset offset = (kedge_offset)place(uid, at);
    memset(uid, 0, sizeof *uid);
    memcpy(uid, &offset, sizeof offset);
    record.bytes[BLOCK - 1] = '\0';
    record.bytes[at] = (char)any_size(0, 127);
    any_of_str(kedge__uid_plain(uid));
    kedge_uid(&record.object, buf); // whose bytes Eva cannot tell from those of a long text
}

// Any code, and any bytes that a number may have.
static void quantities(size_t at)
{
    unsigned char bytes[KEDGE__QUANTITY_BYTES];
    struct kedge_quantity *q = (struct kedge_quantity *)(void *)&record.object.name;
    uint32_t code;
    kedge__quantity_pack(Frama_C_long_long_interval(LLONG_MIN, LLONG_MAX), bytes, &code);
    q->offset = (kedge_offset)any_size(KEDGE__FIRST_WORD, (kedge_offset)-1);
    kedge_quantity(q);
    q->offset = (kedge_offset)place(q, at);
    if (at + KEDGE__QUANTITY_BYTES <= BLOCK)
        kedge_quantity(q);
}

static void lists(size_t at)
{
    struct kedge_text_list *l = &record.object.finalizers;
    size_t i = any_size(0, SIZE_MAX);
    l->offset = (kedge_offset)place(l, at);
    l->count = (kedge_offset)((BLOCK - at) / sizeof(struct kedge_text));
    const struct kedge_text *text = kedge_text_at(l, i);
    if (text != NULL)
        any_of_str((kedge_str){(const char *)text, sizeof *text});

    struct kedge_text_map *m = &record.object.labels;
    m->offset = (kedge_offset)place(m, at);
    m->count = (kedge_offset)((BLOCK - at) / sizeof(struct kedge_text_pair));
    const struct kedge_text_pair *pair = kedge_pair_at(m, i);
    if (pair != NULL)
        any_of_str((kedge_str){(const char *)pair, sizeof *pair});

    struct kedge_list *owners = &record.object.owner_references;
    owners->offset = (kedge_offset)place(owners, at);
    owners->count = (kedge_offset)((BLOCK - at) / sizeof(struct kedge_owner_reference));
    const struct kedge_owner_reference *owner = KEDGE_AT(struct kedge_owner_reference, owners, i);
    if (owner != NULL)
        any_of_str((kedge_str){(const char *)owner, sizeof *owner});
}

int main(void)
{
    size_t at = any_size(sizeof record.object, BLOCK - 1);
    at &= ~(size_t)3;
    //@ split at;
    Frama_C_make_unknown(record.bytes, BLOCK);
    if (any_bool())
        texts(at);
    else if (any_bool())
        uids(at);
    else if (any_bool())
        quantities(at);
    else
        lists(at);
    Frama_C_show_each_end();
    return 0;
}
