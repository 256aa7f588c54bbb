// SPDX-License-Identifier: Apache-2.0
// build.c - puts values into the JSON text of an object.
//
// The buffer always holds one whole object, which nobody else has written, so it needs no parser
// that expects errors. A value is written behind it, with the keys that its parents lack, and then
// turned into its place:
//
//     {"spec":{"replicas":3}}              ,"paused":true
//     {"spec":{"replicas":3,"paused":true}}
#include "object/build_priv.h"

#include "base/line.h"
#include "object/project.h"

// Failing ----------------------------------------------------------------------------------------

const char *kedge__build_key(const struct kedge__place *place, const char **next)
{
    const char *key = *next;
    if (key == NULL)
        return NULL;
    // The last of the path is followed by an empty one.
    if (key[0] != '\0') {
        *next = key + strlen(key) + 1;
        return key;
    }
    *next = NULL;
    return place->key;
}

void kedge__build_fail(struct kedge_build *b, kedge_err err, const struct kedge__place *place,
                       const char *problem)
{
    struct kedge__line l;
    if (b->err != KEDGE_OK)
        return;
    b->err = err;
    kedge__line_init(&l, b->text, sizeof b->text);
    const char *next = place != NULL ? place->path : NULL;
    const char *key;
    for (bool first = true; (key = kedge__build_key(place, &next)) != NULL; first = false) {
        kedge__line_text(&l, first ? "" : ".");
        kedge__line_printable(&l, kedge_str_of(key), 40);
    }
    kedge__line_text(&l, l.len > 0 ? ": " : "");
    kedge__line_text(&l, problem);
}

void kedge__build_fail_writer(struct kedge_build *b, const struct kedge_writer *w,
                              const struct kedge__place *place)
{
    if (kedge_writer_error(w) == KEDGE_ERR_TOO_LONG)
        kedge__build_fail(b, KEDGE_ERR_TOO_LONG, place, "the builder's buffer is too small");
    else
        kedge__build_fail(b, KEDGE_ERR_ARGUMENT, place, "a text that is not UTF-8");
}

// Finding a field --------------------------------------------------------------------------------

static const struct kedge_field *find_row(const struct kedge_table *table, size_t offset)
{
    for (uint16_t i = 0; i < table->count; i++) {
        const struct kedge_field *f = &table->fields[i];
        if (f->offset == offset && f->type != KEDGE_FIELD_DROP && f->type != KEDGE_FIELD_SIEVED)
            return f;
    }
    return NULL;
}

// The innermost item of that table; -1: none is open.
static int find_scope(const struct kedge_build *b, const struct kedge_table *table)
{
    int i = table != NULL ? b->depth : 0;
    while (i >= 0 && table != NULL && b->scopes[i].table != table)
        i--;
    return i;
}

bool kedge__build_find(struct kedge_build *b, kedge_member m, uint32_t types,
                       struct kedge__place *place, const struct kedge_field **row)
{
    if (b->err != KEDGE_OK)
        return false;
    *row = m.path == NULL && m.table != NULL ? find_row(m.table, m.offset) : NULL;
    const char *path = *row != NULL ? (*row)->path : m.path;
    int scope = find_scope(b, m.table);
    *place = (struct kedge__place){(size_t)(scope > 0 ? scope : 0), path, NULL, false};
    if (path == NULL)
        kedge__build_fail(b, KEDGE_ERR_ARGUMENT, NULL, "a member that is no row of its table");
    else if (path[0] == '\0')
        kedge__build_fail(b, KEDGE_ERR_ARGUMENT, NULL, "a path without a key");
    else if (scope < 0)
        kedge__build_fail(b, KEDGE_ERR_ARGUMENT, place,
                          "neither of this kind nor of an item that was begun");
    else if (*row != NULL && (types >> (*row)->type & 1) == 0)
        kedge__build_fail(b, KEDGE_ERR_ARGUMENT, place, "has another type than the value");
    return b->err == KEDGE_OK;
}

void kedge__build_set(struct kedge_build *b, kedge_member m, uint32_t types, const char *key,
                      bool append, const struct kedge__value *value)
{
    struct kedge__place place;
    const struct kedge_field *row;
    if (!kedge__build_find(b, m, types, &place, &row))
        return;
    place.key = key;
    place.append = append;
    b->put(b, &place, value);
}

// The text ---------------------------------------------------------------------------------------

// Behind the text that begins at `at`.
static size_t skip_text(const char *t, size_t at)
{
    for (at++; t[at] != '"'; at++)
        at += t[at] == '\\' ? 1 : 0;
    return at + 1;
}

// Behind the value of a member that begins at `at`.
static size_t skip_value(const char *t, size_t at)
{
    size_t depth = 0;
    do {
        char c = t[at];
        if (c == '"') {
            at = skip_text(t, at);
            continue;
        }
        depth += c == '{' || c == '[' ? 1 : 0;
        depth -= c == '}' || c == ']' ? 1 : 0;
        at++;
    } while (depth > 0 || (t[at - 1] != '}' && t[at - 1] != ']' && t[at - 1] != '"' &&
                           t[at] != ',' && t[at] != '}'));
    return at;
}

static void reverse(char *from, char *to)
{
    while (from < to) {
        char c = *from;
        *from++ = *--to;
        *to = c;
    }
}

void kedge__build_insert(struct kedge_build *b, size_t at, size_t from, size_t to)
{
    size_t n = to - from;
    if (from > b->len)
        memmove(b->buf + b->len, b->buf + from, n);
    reverse(b->buf + at, b->buf + b->len);
    reverse(b->buf + b->len, b->buf + b->len + n);
    reverse(b->buf + at, b->buf + b->len + n);
    b->len += n;
}

// Where a key of an object is, or would be.
struct spot {
    bool found;
    bool first; // the container is empty
    size_t at;  // of the value; if it was not found, of the container's end
    size_t end; // of the value
};

// `key` as it stands in the text, with its quotes.
static struct spot find_key(const struct kedge_build *b, size_t object, kedge_str key)
{
    const char *t = b->buf;
    struct spot s = {false, t[object + 1] == '}', object + 1, 0};
    while (t[s.at] != '}') {
        size_t key_end = skip_text(t, s.at);
        kedge_str here = {t + s.at, key_end - s.at};
        size_t value_end = skip_value(t, key_end + 1);
        if (kedge_str_eq(here, key)) {
            s.found = true;
            s.at = key_end + 1;
            s.end = value_end;
            return s;
        }
        s.at = value_end + (t[value_end] == ',' ? 1 : 0);
    }
    return s;
}

// Items in what has moved move with it; those in what was replaced are over.
static void move_scopes(struct kedge_build *b, size_t at, size_t removed, size_t inserted)
{
    for (size_t i = 1; i <= b->depth; i++) {
        if (b->scopes[i].at < at)
            continue;
        if (b->scopes[i].at < at + removed) {
            b->depth = (uint8_t)(i - 1);
            return;
        }
        b->scopes[i].at += inserted - removed;
    }
}

// How deep the value goes into what stands there already.
struct route {
    struct spot spot;
    const char *key;  // the first one that is missing; NULL: none
    const char *next; // those behind it
    bool into;        // the list is there, and the value becomes its last element
};

// False: the builder has failed.
static bool walk(struct kedge_build *b, const struct kedge__place *p, struct route *r)
{
    size_t object = b->scopes[p->scope].at;
    r->next = p->path;
    r->into = false;
    r->spot = (struct spot){true, false, object, 0};
    while ((r->key = kedge__build_key(p, &r->next)) != NULL) {
        struct kedge_writer w;
        kedge_str key;
        if (b->buf[r->spot.at] != '{') {
            kedge__build_fail(b, KEDGE_ERR_ARGUMENT, p, "lies in a value that is no object");
            return false;
        }
        kedge_writer_init(&w, b->buf + b->len, b->cap - b->len);
        kedge_writer_text(&w, r->key);
        if (kedge_writer_finish(&w, &key) != KEDGE_OK) {
            kedge__build_fail_writer(b, &w, p);
            return false;
        }
        r->spot = find_key(b, r->spot.at, key);
        if (!r->spot.found)
            return true;
    }
    if (!p->append)
        return true;
    if (b->buf[r->spot.at] != '[') {
        kedge__build_fail(b, KEDGE_ERR_ARGUMENT, p, "a value that is no list is there already");
        return false;
    }
    r->into = true;
    r->spot.first = b->buf[r->spot.at + 1] == ']';
    r->spot.at = r->spot.end - 1;
    return true;
}

// Writes the value with the keys and brackets that are missing around it; *closers is how many
// bytes are behind it.
static void write_fragment(struct kedge_writer *w, const struct kedge__place *p,
                           const struct route *r, const struct kedge__value *v, size_t *closers)
{
    size_t objects = 0;
    const char *next = r->next;
    for (const char *key = r->key; key != NULL; key = kedge__build_key(p, &next), objects++) {
        kedge_writer_begin_object(w);
        kedge_writer_key(w, key);
    }
    if (p->append)
        kedge_writer_begin_array(w);
    v->write(w, v);
    if (p->append)
        kedge_writer_end_array(w);
    *closers = objects + (p->append ? 1 : 0);
    for (; objects > 0; objects--)
        kedge_writer_end_object(w);
}

// Gives where the value ends, 0 if it could not be put.
static size_t put_in_object(struct kedge_build *b, const struct kedge__place *p,
                            const struct kedge__value *v)
{
    struct kedge_writer w;
    struct route r;
    kedge_str fragment;
    size_t closers;
    if (!walk(b, p, &r))
        return 0;
    size_t from = b->len;
    kedge_writer_init(&w, b->buf + from, b->cap - from);
    write_fragment(&w, p, &r, v, &closers);
    if (kedge_writer_finish(&w, &fragment) != KEDGE_OK) {
        kedge__build_fail_writer(b, &w, p);
        return 0;
    }
    size_t to = from + fragment.len;
    size_t removed = 0;
    if (r.key != NULL || r.into) {
        // Its outermost brackets are there already.
        to--;
        closers--;
        b->buf[from] = ',';
        from += r.spot.first ? 1 : 0;
    } else {
        removed = r.spot.end - r.spot.at;
    }
    size_t inserted = to - from;
    kedge__build_insert(b, r.spot.at, from, to);
    char *old = b->buf + r.spot.at + inserted;
    memmove(old, old + removed, b->len - removed - r.spot.at - inserted);
    b->len -= removed;
    move_scopes(b, r.spot.at, removed, inserted);
    return r.spot.at + inserted - closers;
}

// Beginning and ending ---------------------------------------------------------------------------

void kedge__build_init(struct kedge_build *b, const struct kedge_kind *kind, char *buf, size_t cap)
{
    memset(b, 0, sizeof *b);
    b->kind = kind;
    b->buf = buf;
    b->cap = buf != NULL ? cap : 0;
    b->put = put_in_object;
    b->scopes[0].table = kind != NULL ? kind->table : NULL;
    if (kind == NULL)
        kedge__build_fail(b, KEDGE_ERR_ARGUMENT, NULL, "there is no kind");
    else if (b->cap < 2)
        kedge__build_fail(b, KEDGE_ERR_TOO_LONG, NULL, "the builder's buffer is too small");
}

void kedge_build_patch(struct kedge_build *b, const struct kedge_kind *kind, char *buf, size_t cap)
{
    kedge__build_init(b, kind, buf, cap);
    if (b->err != KEDGE_OK)
        return;
    memcpy(b->buf, "{}", 2);
    b->len = 2;
}

// "apps/v1", or of the core group "v1".
void kedge__write_api_version(struct kedge_writer *w, const struct kedge_kind *kind)
{
    size_t group = strlen(kind->group);
    size_t version = strlen(kind->version);
    size_t slash = group > 0 ? 1 : 0;
    char *at = kedge_writer_room(w, group + slash + version + 2);
    if (at == NULL)
        return;
    *at++ = '"';
    memcpy(at, kind->group, group);
    at += group;
    if (slash > 0)
        *at++ = '/';
    memcpy(at, kind->version, version);
    at[version] = '"';
}

void kedge_build_object(struct kedge_build *b, const struct kedge_kind *kind, char *buf, size_t cap)
{
    struct kedge_writer w;
    kedge_str text;
    kedge__build_init(b, kind, buf, cap);
    if (kind == NULL || b->err != KEDGE_OK)
        return;
    kedge_writer_init(&w, b->buf, b->cap);
    kedge_writer_begin_object(&w);
    kedge_writer_key(&w, "apiVersion");
    kedge__write_api_version(&w, kind);
    kedge_writer_key(&w, "kind");
    kedge_writer_text(&w, kind->kind);
    kedge_writer_end_object(&w);
    if (kedge_writer_finish(&w, &text) != KEDGE_OK)
        kedge__build_fail_writer(b, &w, NULL);
    b->len = text.len;
}

kedge_err kedge_build_finish(const struct kedge_build *b, kedge_str *out)
{
    *out = b->err == KEDGE_OK ? (kedge_str){b->buf, b->len} : (kedge_str){NULL, 0};
    return b->err;
}

const char *kedge_build_error_text(const struct kedge_build *b)
{
    return b->text;
}
