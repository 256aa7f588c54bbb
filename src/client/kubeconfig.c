// SPDX-License-Identifier: Apache-2.0
// kubeconfig.c - one walk through a kubeconfig file: libyaml's events against the table of fields.
//
// The table is four levels deep, and so is the stack: the document, a list, an entry, what it
// holds. What the table does not name is skipped and only its depth counted. Types are what
// client-go's YAML makes of a scalar: 0123, yes and 1e3 are no texts unless they are in quotes.
#include "client/kubeconfig.h"

#include "base/hash.h"
#include "base/wipe.h"
#include "client/kubeconfig_json.h"
#include "client/kubeconfig_yaml.h"

#define LEVELS 4

struct frame {
    const struct kedge__kubeconfig_field *fields; // what a map, or each entry of a list, may hold
    const struct kedge__kubeconfig_field *at; // a map's field whose value is next; NULL: unknown
    bool is_list;
    bool has_key;     // a map's key was read, its value is next
    uint32_t entries; // a list's, so far
};

struct walk {
    struct kedge *k;
    const char *path;
    struct kedge__kubeconfig_query *q;
    struct kedge__yaml yaml;
    struct frame frames[LEVELS];
    size_t depth;
    size_t skipped;                                  // levels open below the last frame
    const struct kedge__kubeconfig_field *collected; // what is skipped becomes its JSON; or NULL
    struct kedge__kubeconfig_json json;
    bool done;
    // The entry of a list that is being read.
    bool wanted; // TAKE: this one
    bool named;  // its name is the query's
    uint64_t name_hash;
    uint32_t name_line;
    char name_shown[64]; // its begin, for messages
    uint64_t *hashes;    // CHECK: of the names of this list, in the arena
    size_t hashes_mark;
};

// --- failures ------------------------------------------------------------------------------------

static void say_number(struct kedge__line *l, const char *before, size_t n, const char *after)
{
    kedge__line_text(l, before);
    kedge__line_int(l, (int64_t)n);
    kedge__line_text(l, after);
}

// "users[1].user.token: "
static void say_field(struct kedge__line *l, const struct walk *w)
{
    for (size_t i = 0; i < w->depth; i++) {
        const struct frame *f = &w->frames[i];
        if (f->is_list && f->entries > 0) {
            say_number(l, "[", f->entries - 1, "]");
        } else if (f->at != NULL) {
            kedge__line_text(l, i > 0 ? "." : "");
            kedge__line_text(l, f->at->key);
        }
    }
    if (w->depth > 0 && w->frames[0].at != NULL)
        kedge__line_text(l, ": ");
}

static kedge_err fail_with(const struct walk *w, kedge_err err, size_t line, const char *problem)
{
    struct kedge__line *l = kedge__fail(w->k, err);
    kedge__line_foreign(l, w->path);
    say_number(l, ":", line, ": ");
    say_field(l, w);
    kedge__line_text(l, problem);
    return err;
}

static kedge_err fail(const struct walk *w, size_t line, const char *problem)
{
    return fail_with(w, KEDGE_ERR_CONFIG, line, problem);
}

static size_t line_of(const yaml_event_t *event)
{
    return event->start_mark.line + 1;
}

// --- scalars -------------------------------------------------------------------------------------

static kedge_str text_of(const yaml_event_t *event)
{
    return (kedge_str){(const char *)event->data.scalar.value, event->data.scalar.length};
}

static enum kedge__kubeconfig_scalar kind_of(const yaml_event_t *event)
{
    // A tag, such as !!str, says what the plain look does not.
    bool plain =
        event->data.scalar.style == YAML_PLAIN_SCALAR_STYLE && event->data.scalar.tag == NULL;
    return plain ? kedge__kubeconfig_plain(text_of(event)) : KEDGE__STRING;
}

// --- values --------------------------------------------------------------------------------------

// Where the value of `slot` goes, or NULL if nobody wants it.
static struct kedge__kubeconfig_value *place_for(const struct walk *w,
                                                 enum kedge__kubeconfig_slot slot)
{
    const struct kedge__kubeconfig_query *q = w->q;
    bool wanted = q->what == KEDGE__CHECK ? slot == KEDGE__CURRENT_CONTEXT
                                          : q->what == KEDGE__TAKE && w->wanted;
    return wanted && slot != KEDGE__NO_SLOT ? q->values : NULL;
}

static void forget(const struct walk *w, enum kedge__kubeconfig_slot slot)
{
    struct kedge__kubeconfig_value *values = place_for(w, slot);
    if (values != NULL)
        values[slot] = (struct kedge__kubeconfig_value){{NULL, 0}, 0};
}

// Of two keys of one name the last counts, as a whole.
static void forget_all(const struct walk *w, const struct kedge__kubeconfig_field *f)
{
    forget(w, f->slot);
    for (const struct kedge__kubeconfig_field *i = f->below; i != NULL && i->key != NULL; i++)
        forget(w, i->slot);
}

static kedge_err keep(const struct walk *w, const struct kedge__kubeconfig_field *f, kedge_str s,
                      size_t line)
{
    struct kedge__kubeconfig_value *values = place_for(w, f->slot);
    if (values == NULL)
        return KEDGE_OK;
    values[f->slot].line = (uint32_t)line;
    return kedge__kubeconfig_keep(w->k, f, s, &values[f->slot].text);
}

// --- subtrees that are kept as JSON --------------------------------------------------------------

static kedge_err collected(const struct walk *w, kedge_err err, size_t line)
{
    return err == KEDGE_ERR_CONFIG ? fail(w, line, w->json.problem) : err;
}

static void begin_collecting(struct walk *w, const struct kedge__kubeconfig_field *f, size_t line)
{
    struct kedge__kubeconfig_value *values = place_for(w, f->slot);
    w->collected = values != NULL ? f : NULL;
    if (values == NULL)
        return;
    values[f->slot].line = (uint32_t)line;
    kedge__kubeconfig_json_begin(&w->json, w->k);
}

static void end_collecting(struct walk *w)
{
    struct kedge__kubeconfig_value *values = place_for(w, w->collected->slot);
    values[w->collected->slot].text = kedge__kubeconfig_json_end(&w->json);
    w->collected = NULL;
}

static bool names_an_entry(enum kedge__kubeconfig_slot slot)
{
    return slot == KEDGE__CONTEXT_NAME || slot == KEDGE__CLUSTER_NAME || slot == KEDGE__USER_NAME ||
           slot == KEDGE__EXTENSION_NAME;
}

static void note_name(struct walk *w, kedge_str name, size_t line)
{
    w->name_hash =
        (uint64_t)kedge__hash(1, name.ptr, name.len) << 32 | kedge__hash(2, name.ptr, name.len);
    w->name_line = (uint32_t)line;
    w->named = kedge_str_eq(name, w->q->name);
    struct kedge__line shown;
    kedge__line_init(&shown, w->name_shown, sizeof w->name_shown);
    kedge__line_printable(&shown, name, sizeof w->name_shown - 4);
}

// A second list of one name stands for the first, also if it is empty or null.
static void begin_list(struct walk *w, const struct kedge__kubeconfig_field *f)
{
    w->hashes = NULL;
    w->hashes_mark = kedge__mark(w->k);
    if (f->below[0].slot == w->q->name_slot)
        w->q->found = false;
}

static kedge_err take_value(struct walk *w, const struct kedge__kubeconfig_field *f,
                            const yaml_event_t *event)
{
    static const char str_tag[] = "tag:yaml.org,2002:str";
    const char *tag = (const char *)event->data.scalar.tag;
    kedge_str s = text_of(event);
    enum kedge__kubeconfig_scalar kind = kind_of(event);
    size_t line = line_of(event);
    if (tag != NULL && strcmp(tag, "!") != 0 && strcmp(tag, str_tag) != 0)
        return fail(w, line, "has a YAML tag, which is not supported: write it without");
    forget_all(w, f);
    if (f->type == KEDGE__LIST)
        begin_list(w, f);
    if (names_an_entry(f->slot))
        note_name(w, kind == KEDGE__NOTHING ? (kedge_str){NULL, 0} : s, line);
    if (kind == KEDGE__NOTHING)
        return KEDGE_OK;
    const char *problem = kedge__kubeconfig_check(f, s, kind);
    if (problem != NULL)
        return fail(w, line, problem);
    bool nothing = s.len == 0 || (f->type == KEDGE__BOOL && kind == KEDGE__FALSE);
    return nothing ? KEDGE_OK : keep(w, f, s, line);
}

// --- entries of lists ----------------------------------------------------------------------------

static void end_list(struct walk *w)
{
    if (w->q->what == KEDGE__CHECK)
        kedge__reset(w->k, w->hashes_mark);
}

static void begin_entry(struct walk *w, struct frame *list, size_t line)
{
    const struct kedge__kubeconfig_query *q = w->q;
    bool this_list = list->fields[0].slot == q->name_slot;
    w->wanted = q->what == KEDGE__TAKE && this_list && list->entries == q->place;
    list->entries++;
    note_name(w, (kedge_str){NULL, 0}, line);
    for (const struct kedge__kubeconfig_field *f = list->fields; w->wanted && f->key != NULL; f++)
        forget_all(w, f);
}

static kedge_err fail_duplicate(const struct walk *w)
{
    struct kedge__line *l = kedge__fail(w->k, KEDGE_ERR_CONFIG);
    kedge__line_foreign(l, w->path);
    say_number(l, ":", w->name_line, ": ");
    say_field(l, w);
    kedge__line_text(l, "duplicate name \"");
    kedge__line_text(l, w->name_shown);
    kedge__line_text(l, "\" in list");
    return KEDGE_ERR_CONFIG;
}

// Remembers the name and fails if the list had it already.
static kedge_err check_name(struct walk *w, const struct frame *list)
{
    if (list->entries > KEDGE__KUBECONFIG_ENTRIES_MAX)
        return fail_with(w, KEDGE_ERR_TOO_LONG, w->name_line,
                         "the list has more than 4096 entries");
    for (uint32_t i = 0; i + 1 < list->entries; i++) {
        if (w->hashes[i] == w->name_hash)
            return fail_duplicate(w);
    }
    uint64_t *next = KEDGE__NEW(w->k, NULL, uint64_t, 1);
    if (next == NULL)
        return KEDGE_ERR_MEMORY;
    // Nothing else is taken while a list is checked, so they lie in a row.
    if (w->hashes == NULL)
        w->hashes = next;
    *next = w->name_hash;
    return KEDGE_OK;
}

static kedge_err end_entry(struct walk *w, const struct frame *list)
{
    struct kedge__kubeconfig_query *q = w->q;
    bool wanted = w->wanted;
    w->wanted = false;
    if (q->what == KEDGE__CHECK)
        return check_name(w, list);
    if (q->what == KEDGE__FIND && list->fields[0].slot == q->name_slot && w->named && !q->found) {
        q->found = true;
        q->place = list->entries - 1;
    }
    // If the file changed since FIND, somebody else may stand here: the caller looks at found.
    if (wanted)
        q->found = w->named;
    return KEDGE_OK;
}

// --- events --------------------------------------------------------------------------------------

static struct frame *top(struct walk *w)
{
    return w->depth > 0 ? &w->frames[w->depth - 1] : NULL;
}

// What stands at this place by the table: an entry of a list is a map of the list's fields.
static struct kedge__kubeconfig_field expected(const struct frame *f)
{
    static const struct kedge__kubeconfig_field unknown = {"", KEDGE__ANY, KEDGE__NO_SLOT, NULL};
    if (f == NULL)
        return (struct kedge__kubeconfig_field){"", KEDGE__MAP, KEDGE__NO_SLOT,
                                                kedge__kubeconfig_root};
    if (f->is_list)
        return (struct kedge__kubeconfig_field){"", KEDGE__MAP, KEDGE__NO_SLOT, f->fields};
    return f->at != NULL ? *f->at : unknown;
}

// A value has ended, whatever it was.
static kedge_err end_value(struct walk *w)
{
    struct frame *f = top(w);
    if (f == NULL)
        return KEDGE_OK;
    if (f->is_list)
        return end_entry(w, f);
    f->has_key = false;
    f->at = NULL;
    return KEDGE_OK;
}

static kedge_err take_key(struct walk *w, struct frame *f, const yaml_event_t *event)
{
    kedge_str key = text_of(event);
    if (event->data.scalar.style == YAML_PLAIN_SCALAR_STYLE && kedge_str_is(key, "<<"))
        return fail(w, line_of(event), "YAML merge keys (<<) are not supported: write it out");
    f->has_key = true;
    f->at = NULL;
    for (const struct kedge__kubeconfig_field *i = f->fields; i->key != NULL; i++) {
        if (kedge_str_is(key, i->key))
            f->at = i;
    }
    return KEDGE_OK;
}

static kedge_err scalar(struct walk *w, const yaml_event_t *event)
{
    struct frame *f = top(w);
    size_t line = line_of(event);
    if (w->skipped > 0 && w->collected != NULL)
        return collected(w, kedge__kubeconfig_json_scalar(&w->json, text_of(event), kind_of(event)),
                         line);
    if (w->skipped > 0)
        return KEDGE_OK;
    if (f != NULL && !f->is_list && !f->has_key)
        return take_key(w, f, event);
    if (f != NULL && f->is_list)
        begin_entry(w, f, line_of(event));
    struct kedge__kubeconfig_field field = expected(f);
    if (f == NULL && kind_of(event) != KEDGE__NOTHING)
        return fail(w, line_of(event), "is no kubeconfig: a single value where a map is needed");
    kedge_err err =
        field.key[0] != '\0' || field.type == KEDGE__MAP ? take_value(w, &field, event) : KEDGE_OK;
    return err == KEDGE_OK ? end_value(w) : err;
}

static kedge_err enter(struct walk *w, const struct kedge__kubeconfig_field *f, bool is_list)
{
    w->frames[w->depth++] = (struct frame){f->below, NULL, is_list, false, 0};
    if (is_list)
        begin_list(w, f);
    return KEDGE_OK;
}

static kedge_err collect(struct walk *w, const struct kedge__kubeconfig_field *f, bool is_list,
                         size_t line)
{
    w->skipped = 1;
    forget(w, f->slot);
    begin_collecting(w, f, line);
    return w->collected == NULL
               ? KEDGE_OK
               : collected(w, kedge__kubeconfig_json_open(&w->json, is_list), line);
}

static kedge_err begin_collection(struct walk *w, const yaml_event_t *event, bool is_list)
{
    struct frame *f = top(w);
    size_t line = line_of(event);
    if (w->depth + w->skipped == KEDGE__KUBECONFIG_DEPTH_MAX)
        return fail(w, line, "is nested deeper than 100 levels");
    if (w->skipped > 0) {
        w->skipped++;
        return w->collected == NULL
                   ? KEDGE_OK
                   : collected(w, kedge__kubeconfig_json_open(&w->json, is_list), line);
    }
    if (f != NULL && !f->is_list && !f->has_key)
        return fail(w, line, "a key is a list or a map where a text is needed");
    if (f != NULL && f->is_list)
        begin_entry(w, f, line);
    struct kedge__kubeconfig_field field = expected(f);
    if (field.type == KEDGE__ANY) {
        w->skipped = 1;
        return keep(w, &field, KEDGE_STR("..."), line);
    }
    if (field.type == KEDGE__JSON)
        return collect(w, f->at, is_list, line);
    if (field.type != (is_list ? KEDGE__LIST : KEDGE__MAP) || w->depth == LEVELS)
        return fail(w, line,
                    is_list ? "is a list where it must not be one"
                            : "is a map where it must not be one");
    forget_all(w, &field);
    return enter(w, &field, is_list);
}

static kedge_err end_collection(struct walk *w)
{
    if (w->skipped > 0) {
        kedge_err err = w->collected != NULL ? kedge__kubeconfig_json_close(&w->json) : KEDGE_OK;
        w->skipped--;
        if (w->skipped > 0 || err != KEDGE_OK)
            return err;
        if (w->collected != NULL)
            end_collecting(w);
        return end_value(w);
    }
    if (top(w)->is_list)
        end_list(w);
    w->depth--;
    return end_value(w);
}

static kedge_err take_event(struct walk *w, const yaml_event_t *event)
{
    switch (event->type) {
    case YAML_SCALAR_EVENT:
        return scalar(w, event);
    case YAML_MAPPING_START_EVENT:
        return begin_collection(w, event, false);
    case YAML_SEQUENCE_START_EVENT:
        return begin_collection(w, event, true);
    case YAML_MAPPING_END_EVENT:
    case YAML_SEQUENCE_END_EVENT:
        return end_collection(w);
    case YAML_ALIAS_EVENT:
        // Where things are skipped, nothing is expanded and nothing can explode.
        if (w->skipped > 0 && w->collected == NULL)
            return KEDGE_OK;
        return fail(w, line_of(event),
                    "YAML aliases (*name) are not supported: write the value out");
    case YAML_DOCUMENT_END_EVENT:
    case YAML_STREAM_END_EVENT:
        w->done = true; // client-go reads the first document only
        return KEDGE_OK;
    default:
        return KEDGE_OK;
    }
}

static kedge_err next_event(struct walk *w)
{
    yaml_event_t event;
    if (!yaml_parser_parse(&w->yaml.parser, &event))
        return kedge__yaml_failed(&w->yaml);
    kedge_err err = take_event(w, &event);
    if (event.type == YAML_SCALAR_EVENT)
        kedge__wipe(event.data.scalar.value, event.data.scalar.length);
    yaml_event_delete(&event);
    return err;
}

static kedge_err walk_file(struct kedge *k, const char *path, struct kedge__kubeconfig_query *q)
{
    struct walk w;
    memset(&w, 0, sizeof w);
    w.k = k;
    w.path = path;
    w.q = q;
    if (!kedge__yaml_begin(&w.yaml, k, path)) {
        kedge__line_text(kedge__fail(k, KEDGE_ERR_MEMORY), "libyaml has no memory");
        return KEDGE_ERR_MEMORY;
    }
    kedge_err err = KEDGE_OK;
    while (err == KEDGE_OK && !w.done)
        err = next_event(&w);
    kedge__yaml_end(&w.yaml);
    return err;
}

kedge_err kedge_config_kubeconfig(struct kedge *k, struct kedge_config *config,
                                  const struct kedge_config_options *options)
{
    return kedge__kubeconfig_load(k, config, options, walk_file);
}
