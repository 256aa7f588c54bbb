// SPDX-License-Identifier: Apache-2.0
// select.c - which rows a key leaves possible, and what that makes of its value.
//
// A path is a list of keys: "spec\0template\0spec\0\0". All rows that are possible in an object
// have come there by the same keys, so the same first bytes of their paths lie behind all of them,
// and a level of nesting needs no more than a bit for each row and the length of these bytes. A key
// is compared as it streams by, with all rows at once: what it leaves of the bits are the rows of
// the next level. A matched key is written from the path, so no key is ever held.
#include "json/sieve_priv.h"

#include <string.h>

enum { ROWS = 64, TABLES = 3 };

// Where the items are: a row beside those of the envelope.
static const struct kedge_field items_field = {.path = "items\0", .type = KEDGE_FIELD_LIST};
static const struct kedge_field object_field = {.path = "object\0", .type = KEDGE_FIELD_RAW};
static const struct kedge_table items_row = {&items_field, 1, 0};
static const struct kedge_table object_row = {&object_field, 1, 0};

static uint64_t low_bits(unsigned count)
{
    return count < ROWS ? ((uint64_t)1 << count) - 1 : ~(uint64_t)0;
}

static unsigned row_count(const struct kedge_sieve_root *root)
{
    unsigned rows = 0;
    for (int t = 0; t < TABLES; t++)
        rows += root->tables[t] != NULL ? root->tables[t]->count : 0u;
    return rows;
}

uint64_t kedge__sieve_rows(const struct kedge_sieve_root *root)
{
    return low_bits(row_count(root));
}

// Goes through some rows of a root, in their order.
struct walk {
    const struct kedge_table *const *table;
    uint64_t rows; // those still to come, from `next` on
    unsigned next; // in the table
    uint64_t bit;  // of the row that came last
};

static struct walk walk_of(const struct kedge_sieve_root *root, uint64_t rows)
{
    struct walk w = {root->tables, rows, 0, 0};
    return w;
}

static const struct kedge_field *walk_on(struct walk *w)
{
    while (w->rows != 0) {
        if (*w->table == NULL || w->next == (*w->table)->count) {
            w->table++;
            w->next = 0;
            continue;
        }
        bool is_one = (w->rows & 1) != 0;
        w->bit = w->bit > 0 ? w->bit << 1 : 1;
        w->rows >>= 1;
        w->next++;
        if (is_one)
            return &(*w->table)->fields[w->next - 1];
    }
    return NULL;
}

const char *kedge__sieve_path(const struct kedge_sieve_root *root, uint64_t rows)
{
    struct walk w = walk_of(root, rows);
    return walk_on(&w)->path;
}

// True if `path` goes on with these bytes, none of which but the last is 0.
static bool goes_on(const char *path, const char *bytes, size_t len)
{
    while (len > 0 && *path == *bytes)
        path++, bytes++, len--;
    return len == 0;
}

uint64_t kedge__sieve_filter(const struct kedge_sieve_root *root, uint64_t rows, size_t offset,
                             const char *bytes, size_t len)
{
    uint64_t left = 0;
    struct walk w = walk_of(root, rows);
    for (const struct kedge_field *f = walk_on(&w); f != NULL; f = walk_on(&w)) {
        if (goes_on(f->path + offset, bytes, len))
            left |= w.bit;
    }
    return left;
}

bool kedge__sieve_gather(struct kedge_sieve_root *into, const struct kedge_sieve_root *from,
                         uint64_t lists)
{
    int count = 0;
    struct kedge_sieve_root gathered = {{NULL, NULL, NULL}};
    struct walk w = walk_of(from, lists);
    for (const struct kedge_field *f = walk_on(&w); f != NULL; f = walk_on(&w)) {
        if (count == TABLES)
            return false;
        gathered.tables[count++] = f->items;
    }
    *into = gathered;
    return true;
}

// Rows that have reached the value, sorted by what they ask for.
struct wishes {
    uint64_t going;
    uint64_t lists;
    uint64_t inside; // those of `going` that matter even where everything is kept
    bool keep;
    bool drop;
    bool around;
    int slot;
};

static void add_wish(struct wishes *w, const struct kedge_field *field, uint64_t bit, size_t offset,
                     int identity)
{
    bool drop = field->type == KEDGE_FIELD_DROP;
    bool around = field == &items_field || field == &object_field;
    if (field->path[offset] != '\0') {
        w->going |= bit;
        w->inside |= drop || around || identity >= 0 ? bit : 0;
    } else if (drop) {
        w->drop = true;
    } else if (around) {
        w->around = true;
    } else if (field->type == KEDGE_FIELD_LIST) {
        w->lists |= bit;
    } else {
        w->keep = true;
        w->slot = identity >= 0 ? identity : w->slot;
    }
}

// Which identity row it is, or -1.
static int identity_of(const struct kedge_sieve *s, const struct kedge_field *field)
{
    for (int i = 0; i < s->options.identity; i++) {
        if (field == &s->options.tables[0]->fields[i])
            return i;
    }
    return -1;
}

static enum kedge__sieve_plan plan(const struct wishes *w, bool all)
{
    if (w->around)
        return PLAN_ITEM;
    if (all)
        return w->inside != 0 ? PLAN_INTO : PLAN_KEEP;
    if (w->lists != 0)
        return PLAN_LIST;
    return w->going != 0 ? PLAN_INTO : PLAN_SKIP;
}

struct kedge__sieve_choice kedge__sieve_choose(const struct kedge_sieve *s, unsigned root,
                                               uint64_t rows, size_t offset, bool all)
{
    struct wishes w = {.slot = -1};
    struct walk walk = walk_of(&s->roots[root], rows);
    for (const struct kedge_field *f = walk_on(&walk); f != NULL; f = walk_on(&walk))
        add_wish(&w, f, walk.bit, offset, root == ROOT_ITEM ? identity_of(s, f) : -1);
    all = w.keep || (all && !w.drop);
    struct kedge__sieve_choice choice = {plan(&w, all), w.going, w.lists, all, w.slot};
    return choice;
}

// Set-up -----------------------------------------------------------------------------------------

static size_t path_len(const char *path)
{
    size_t len = 0;
    while (path[len] != '\0')
        len += strlen(path + len) + 1;
    return len;
}

static unsigned path_keys(const char *path)
{
    unsigned keys = 0;
    for (; *path != '\0'; path += strlen(path) + 1)
        keys++;
    return keys;
}

// The LIST rows of the same path.
static uint64_t same_lists(const struct kedge_sieve_root *root, const char *path)
{
    uint64_t same = kedge__sieve_rows(root);
    size_t at = 0;
    for (; path[at] != '\0'; at += strlen(path + at) + 1)
        same = kedge__sieve_filter(root, same, at, path + at, strlen(path + at) + 1);
    same = kedge__sieve_filter(root, same, at, "", 1);
    struct walk w = walk_of(root, same);
    for (const struct kedge_field *f = walk_on(&w); f != NULL; f = walk_on(&w)) {
        if (f->type != KEDGE_FIELD_LIST)
            same &= ~w.bit;
    }
    return same;
}

// The levels of nesting that a root needs, or more than KEDGE_SIEVE_PATH if it cannot be sieved.
// Calls itself once for each level of lists in lists: at most KEDGE_SIEVE_LISTS times deep.
static unsigned levels(const struct kedge_sieve_root *root, unsigned lists)
{
    enum { TOO_MANY = KEDGE_SIEVE_PATH + 1 };
    unsigned most = 1;
    if (row_count(root) > ROWS)
        return TOO_MANY;
    struct walk w = walk_of(root, kedge__sieve_rows(root));
    for (const struct kedge_field *f = walk_on(&w); f != NULL; f = walk_on(&w)) {
        unsigned need = path_keys(f->path);
        if (path_len(f->path) >= UINT16_MAX)
            return TOO_MANY;
        if (f->type == KEDGE_FIELD_LIST && f != &items_field) {
            struct kedge_sieve_root inner;
            if (need == 0 || lists == 0 ||
                !kedge__sieve_gather(&inner, root, same_lists(root, f->path)))
                return TOO_MANY;
            need += 1 + levels(&inner, lists - 1);
        }
        most = need > most ? need : most;
    }
    return most;
}

static bool is_text(const struct kedge_field *field)
{
    return field->type == KEDGE_FIELD_TEXT || field->type == KEDGE_FIELD_UID;
}

// The identity rows' common path without its last key, or -1 if they have none.
static int common_parent(const struct kedge_table *table, unsigned identity)
{
    size_t parent = 0;
    for (unsigned i = 0; i < identity; i++) {
        const char *path = table->fields[i].path;
        size_t keys = path_keys(path);
        if (keys == 0 || !is_text(&table->fields[i]))
            return -1;
        size_t len = 0;
        for (size_t k = 1; k < keys; k++)
            len += strlen(path + len) + 1;
        if (i > 0 && (len != parent || memcmp(path, table->fields[0].path, len) != 0))
            return -1;
        parent = len;
    }
    return (int)parent;
}

static kedge_err refuse(struct kedge_sieve *s, const char *problem)
{
    s->problem = problem;
    return KEDGE_ERR_ARGUMENT;
}

kedge_err kedge__sieve_roots(struct kedge_sieve *s)
{
    const struct kedge_sieve_options *o = &s->options;
    struct kedge_sieve_root *around = &s->roots[ROOT_ENVELOPE];
    memcpy(s->roots[ROOT_ITEM].tables, o->tables, sizeof o->tables);
    unsigned need = levels(&s->roots[ROOT_ITEM], KEDGE_SIEVE_LISTS);
    if (o->shape != KEDGE_SIEVE_OBJECT) {
        around->tables[0] = o->envelope;
        around->tables[1] = o->shape == KEDGE_SIEVE_LIST ? &items_row : &object_row;
        unsigned outside = levels(around, KEDGE_SIEVE_LISTS);
        need = outside > need + 2 ? outside : need + 2;
    }
    if (need > KEDGE_SIEVE_PATH)
        return refuse(s, "more than 64 rows, or a path that is too long");
    if (o->identity > KEDGE_SIEVE_IDENTITY ||
        (o->identity > 0 && (o->tables[0] == NULL || o->identity > o->tables[0]->count)))
        return refuse(s, "more identity rows than there may be, or are");
    int parent = o->identity > 0 ? common_parent(o->tables[0], o->identity) : 0;
    if (parent < 0)
        return refuse(s, "identity rows must be texts that lie together");
    s->parent = (uint16_t)parent;
    return KEDGE_OK;
}
