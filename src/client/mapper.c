// SPDX-License-Identifier: Apache-2.0
// mapper.c - the best of the resources that pass by, and the answers that were found before.
//
// A question is up to four patterns, the better ones first: as the user's text may be read. Each
// resource is given a rank for the first pattern that it matches; the lowest wins:
//
//     pattern | how it matches | group in the server's order | not preferred | version in its group
//
// What a group version offers is held back until its end, because only there it may say that it is
// stale.
#include "kedge/mapper.h"
#include "client/discovery_priv.h"

#define PATTERNS 4
#define KEY_MAX  112 // of an answer that is kept; longer questions are asked each time

// How a pattern's name is met.
enum match { EXACT, SHORT, PREFIX, SHORT_PREFIX, NONE };

struct pattern {
    bool kind; // the name is a kind's: the group is exact, "" is core
    kedge_str group;
    kedge_str version;
    kedge_str name;
};

struct candidate {
    bool some;
    bool twice; // another one of the same rank
    enum match match;
    uint64_t rank;
    struct kedge_mapping mapping;
};

struct answer {
    char key[KEY_MAX];
    uint64_t used; // when, by the mapper's counter; 0: empty
    struct kedge_mapping mapping;
};

struct kedge_mapper {
    struct kedge_discovery *discovery;
    size_t capacity;
    struct answer *answers;
    uint64_t counter;

    struct pattern patterns[PATTERNS];
    unsigned pattern_count;
    struct candidate best;
    struct candidate here; // of the group version at hand
    char other[192];       // what a short name could mean too: "resource.group"
    bool too_long;         // a name that matches does not fit

    char warning[KEDGE__REST_TEXT];
    char text[KEDGE__REST_TEXT];
};

struct kedge_mapper *kedge_mapper_new(struct kedge_rest *rest, size_t capacity)
{
    struct kedge_discovery *d = kedge_discovery_new(rest, NULL);
    if (d == NULL)
        return NULL;
    struct kedge *k = rest->client->k;
    struct kedge_mapper *m = KEDGE__NEW(k, "mapper", struct kedge_mapper, 1);
    if (m == NULL)
        return NULL;
    m->discovery = d;
    m->capacity = capacity;
    if (capacity > 0)
        m->answers = KEDGE__NEW(k, "mapper", struct answer, capacity);
    return k->failure == KEDGE_OK ? m : NULL;
}

// Matching ---------------------------------------------------------------------------------------

static char lower(char c)
{
    return c >= 'A' && c <= 'Z' ? (char)(c + ('a' - 'A')) : c;
}

static bool same(kedge_str a, const char *b)
{
    size_t i = 0;
    for (; i < a.len && b[i] != '\0'; i++) {
        if (lower(a.ptr[i]) != lower(b[i]))
            return false;
    }
    return i == a.len && b[i] == '\0';
}

static bool begins(kedge_str whole, kedge_str with)
{
    return with.len == 0 || (with.len <= whole.len && memcmp(whole.ptr, with.ptr, with.len) == 0);
}

static bool has(const char *const *list, kedge_str name)
{
    for (; *list != NULL; list++) {
        if (same(name, *list))
            return true;
    }
    return false;
}

static enum match meets(const struct pattern *p, const struct kedge_api_resource *r)
{
    bool any = !p->kind && p->group.len == 0;
    bool exact = any || kedge_str_is(p->group, r->group);
    // A version names its group in full.
    bool begun = !p->kind && p->version.len == 0 && begins(kedge_str_of(r->group), p->group);
    if ((!exact && !begun) || (p->version.len > 0 && !kedge_str_is(p->version, r->version)))
        return NONE;
    if (p->kind)
        return same(p->name, r->kind) ? EXACT : NONE;
    // Old servers leave the singular out: it is the kind.
    const char *singular = r->singular[0] != '\0' ? r->singular : r->kind;
    if (same(p->name, r->resource) || same(p->name, singular))
        return exact ? EXACT : PREFIX;
    if (has(r->short_names, p->name))
        return exact ? SHORT : SHORT_PREFIX;
    return NONE;
}

static bool put(char *buf, size_t cap, const char *text)
{
    struct kedge__line l;
    kedge__line_init(&l, buf, cap);
    kedge__line_text(&l, text);
    return !l.cut;
}

static void put_lower(char *buf, size_t cap, const char *text)
{
    (void)put(buf, cap, text);
    for (; *buf != '\0'; buf++)
        *buf = lower(*buf);
}

static bool fill(struct kedge_mapping *m, const struct kedge_api_resource *r)
{
    bool fits = put(m->group, sizeof m->group, r->group);
    fits &= put(m->version, sizeof m->version, r->version);
    fits &= put(m->resource, sizeof m->resource, r->resource);
    fits &= put(m->kind, sizeof m->kind, r->kind);
    fits &= put(m->singular, sizeof m->singular, r->singular);
    if (m->singular[0] == '\0')
        put_lower(m->singular, sizeof m->singular, r->kind);
    m->namespaced = r->namespaced;
    m->verbs = 0;
    for (unsigned v = KEDGE_GET; v <= KEDGE_DELETE_COLLECTION; v++)
        m->verbs |= (unsigned)kedge_api_resource_can(r, (enum kedge_verb)v) << v;
    return fits;
}

static void note_other(struct kedge_mapper *m, const char *resource, const char *group)
{
    struct kedge__line l;
    if (m->other[0] != '\0')
        return;
    kedge__line_init(&l, m->other, sizeof m->other);
    kedge__line_text(&l, resource);
    kedge__line_text(&l, group[0] != '\0' ? "." : "");
    kedge__line_text(&l, group);
}

// Two that match alike: the lower rank stays. The other one is worth a word if it is another
// resource.
static void choose(struct kedge_mapper *m, struct candidate *to, const struct candidate *c)
{
    bool alike = to->some && to->rank >> 32 == c->rank >> 32;
    const struct candidate *loser = c->rank < to->rank ? to : c;
    bool resource = to->some && strcmp(to->mapping.resource, c->mapping.resource) == 0;
    bool group = to->some && strcmp(to->mapping.group, c->mapping.group) == 0;
    if (to->some && !alike && c->rank < to->rank)
        m->other[0] = '\0'; // it was one beside the worse match
    if (alike && !(resource && group))
        note_other(m, loser->mapping.resource, loser->mapping.group);
    if (to->some && to->rank == c->rank)
        to->twice = to->twice || !resource;
    else if (!to->some || c->rank < to->rank)
        *to = *c;
}

static kedge_err resource_came(void *ctx, const struct kedge_api_resource *r)
{
    struct kedge_mapper *m = ctx;
    const struct kedge_discovery *d = m->discovery;
    struct candidate c = {.some = true, .match = NONE};
    unsigned at = 0;
    for (; at < m->pattern_count && r->subresource == NULL; at++) {
        c.match = meets(&m->patterns[at], r);
        if (c.match != NONE)
            break;
    }
    if (c.match == NONE)
        return KEDGE_OK;
    uint32_t group = d->group_index < 0xffff ? d->group_index : 0xffff;
    uint32_t version = d->version_index < 0x7fff ? d->version_index : 0x7fff;
    c.rank = (uint64_t)(at * 4 + (unsigned)c.match) << 32 | group << 16 |
             (r->preferred ? 0U : 0x8000U) | version;
    if (!fill(&c.mapping, r)) {
        m->too_long = true;
        return KEDGE_OK;
    }
    // Of two of one kind the last counts, as in client-go; of two short names the first.
    if (m->here.some && m->here.rank == c.rank && m->patterns[at].kind)
        m->here = c;
    else
        choose(m, &m->here, &c);
    return KEDGE_OK;
}

static kedge_err version_ended(void *ctx, const struct kedge_group_version *gv, bool stale)
{
    struct kedge_mapper *m = ctx;
    (void)gv;
    if (m->here.some && !stale)
        choose(m, &m->best, &m->here);
    m->here.some = false;
    return KEDGE_OK;
}

// Nothing that is still to come can be better: what remains are other groups.
static bool enough(void *ctx)
{
    const struct kedge_mapper *m = ctx;
    return m->best.some && m->best.rank >> 32 == 0;
}

// Asking -----------------------------------------------------------------------------------------

static void say(struct kedge_mapper *m, const char *text, kedge_str name)
{
    struct kedge__line l;
    kedge__line_init(&l, m->text, sizeof m->text);
    kedge__line_text(&l, text);
    kedge__line_text(&l, " \"");
    kedge__line_printable(&l, name, 100);
    kedge__line_byte(&l, '"');
    if (m->discovery->failed > 0) {
        kedge__line_text(&l, "; ");
        kedge__line_text(&l, m->discovery->text);
    }
}

static void warn(struct kedge_mapper *m)
{
    struct kedge__line l;
    bool is_short = m->best.match == SHORT || m->best.match == SHORT_PREFIX;
    if (!is_short || m->other[0] == '\0')
        return;
    kedge__line_init(&l, m->warning, sizeof m->warning);
    kedge__line_text(&l, "short name \"");
    kedge__line_printable(&l, m->patterns[0].name, 64);
    kedge__line_text(&l, "\" could also match lower priority resource ");
    kedge__line_text(&l, m->other);
}

static bool is_one_version(const struct kedge_mapper *m)
{
    const struct pattern *p = &m->patterns[0];
    return m->pattern_count == 1 && p->version.len > 0 && (p->kind || p->group.len > 0);
}

static kedge_err tour_version(struct kedge_mapper *m, const struct kedge__tour *tour)
{
    struct kedge_discovery *d = m->discovery;
    const struct pattern *p = &m->patterns[0];
    char group[KEDGE__GROUP_NAME];
    char version[KEDGE__VERSION_NAME];
    if (p->group.len >= sizeof group || p->version.len >= sizeof version)
        return KEDGE_OK; // there is none of such a name
    memcpy(group, p->group.ptr, p->group.len);
    group[p->group.len] = '\0';
    memcpy(version, p->version.ptr, p->version.len);
    version[p->version.len] = '\0';
    kedge_err err = kedge__discovery_version_tour(d, tour, group, version);
    if (err == KEDGE_ERR_API && d->rest->code == 404)
        err = KEDGE_OK;
    return err;
}

static kedge_err tour_once(struct kedge_mapper *m)
{
    struct kedge__tour tour = {
        .on_resource = resource_came, .on_version = version_ended, .enough = enough, .ctx = m};
    m->best.some = m->here.some = m->too_long = false;
    m->other[0] = '\0';
    kedge__discovery_reset(m->discovery);
    if (is_one_version(m))
        return tour_version(m, &tour);
    // A name of a group is not that of core; a kind without one is.
    tour.no_core = tour.core_only = true;
    for (unsigned i = 0; i < m->pattern_count; i++) {
        const struct pattern *p = &m->patterns[i];
        tour.no_core = tour.no_core && p->group.len > 0;
        tour.core_only = tour.core_only && p->kind && p->group.len == 0;
    }
    return kedge__discovery_tour(m->discovery, &tour);
}

static kedge_err ask(struct kedge_mapper *m, kedge_str name)
{
    kedge_err err = tour_once(m);
    // Where it may be among what could not be had, that is tried once more.
    if (err == KEDGE_ERR_PARTIAL && !m->best.some)
        err = tour_once(m);
    if (err != KEDGE_OK && err != KEDGE_ERR_PARTIAL) {
        (void)put(m->text, sizeof m->text, m->discovery->text);
        return err;
    }
    if (!m->best.some && m->too_long) {
        say(m, "no room in struct kedge_mapping for", name);
        return KEDGE_ERR_TOO_LONG;
    }
    if (!m->best.some) {
        say(m, m->patterns[0].kind ? "no matches for kind" : "no matches for resource", name);
        return KEDGE_ERR_NOT_FOUND;
    }
    if (m->best.twice && m->best.match != SHORT && m->best.match != SHORT_PREFIX) {
        say(m, "several resources of one group version match", name);
        return KEDGE_ERR_AMBIGUOUS;
    }
    warn(m);
    return KEDGE_OK;
}

// Answers that are kept --------------------------------------------------------------------------

static struct answer *find(struct kedge_mapper *m, const char *key)
{
    for (size_t i = 0; i < m->capacity; i++) {
        if (m->answers[i].used != 0 && strcmp(m->answers[i].key, key) == 0)
            return &m->answers[i];
    }
    return NULL;
}

static void forget(struct kedge_mapper *m)
{
    for (size_t i = 0; i < m->capacity; i++)
        m->answers[i].used = 0;
}

static void keep(struct kedge_mapper *m, const char *key)
{
    struct answer *oldest = m->answers;
    for (size_t i = 1; i < m->capacity; i++) {
        if (m->answers[i].used < oldest->used)
            oldest = &m->answers[i];
    }
    if (m->capacity == 0)
        return;
    memcpy(oldest->key, key, strlen(key) + 1);
    oldest->mapping = m->best.mapping;
    oldest->used = ++m->counter;
}

// The question as it is kept: what it is by, and its texts.
static kedge_err look_up(struct kedge_mapper *m, char by, const char *const texts[3],
                         struct kedge_mapping *out)
{
    char key[KEY_MAX];
    struct kedge__line l;
    kedge__line_init(&l, key, sizeof key);
    kedge__line_byte(&l, by);
    for (unsigned i = 0; i < 3; i++) {
        kedge__line_text(&l, texts[i]);
        kedge__line_byte(&l, '\n');
    }
    m->text[0] = m->warning[0] = '\0';
    struct answer *known = l.cut ? NULL : find(m, key);
    if (known != NULL) {
        known->used = ++m->counter;
        *out = known->mapping;
        return KEDGE_OK;
    }
    kedge_err err = ask(m, kedge_str_of(texts[0]));
    if (err != KEDGE_OK)
        return err;
    if (!l.cut)
        keep(m, key);
    *out = m->best.mapping;
    return KEDGE_OK;
}

// Questions --------------------------------------------------------------------------------------

// Splits at the first dot; without one, `rest` is empty.
static kedge_str cut(kedge_str text, kedge_str *rest)
{
    size_t at = 0;
    while (at < text.len && text.ptr[at] != '.')
        at++;
    size_t skip = at < text.len ? at + 1 : at;
    *rest = (kedge_str){text.ptr + skip, text.len - skip};
    return (kedge_str){text.ptr, at};
}

static void add(struct kedge_mapper *m, bool kind, kedge_str group, kedge_str version,
                kedge_str name)
{
    m->patterns[m->pattern_count++] = (struct pattern){kind, group, version, name};
}

static bool is_given(const char *text)
{
    return text != NULL && text[0] != '\0';
}

kedge_err kedge_mapper_find(struct kedge_mapper *m, const char *text, struct kedge_mapping *out)
{
    static const kedge_str none = {NULL, 0};
    const char *texts[3] = {text, "", ""};
    if (m == NULL || out == NULL || !is_given(text))
        return KEDGE_ERR_ARGUMENT;
    kedge_str group, version, real_group;
    kedge_str name = cut(kedge_str_of(text), &group);
    version = cut(group, &real_group);
    bool full = version.len > 0 && real_group.len > 0;
    m->pattern_count = 0;
    for (unsigned kind = 0; kind < 2; kind++) {
        if (full)
            add(m, kind != 0, real_group, version, name);
        add(m, kind != 0, group.len > 0 ? group : none, none, name);
    }
    return look_up(m, 't', texts, out);
}

static kedge_err by_parts(struct kedge_mapper *m, char by, const char *const texts[3],
                          struct kedge_mapping *out)
{
    if (m == NULL || out == NULL || texts[0][0] == '\0')
        return KEDGE_ERR_ARGUMENT;
    m->pattern_count = 0;
    add(m, by == 'k', kedge_str_of(texts[1]), kedge_str_of(texts[2]), kedge_str_of(texts[0]));
    return look_up(m, by, texts, out);
}

kedge_err kedge_mapper_resource(struct kedge_mapper *m, const char *group, const char *version,
                                const char *resource, struct kedge_mapping *out)
{
    const char *texts[3] = {is_given(resource) ? resource : "", is_given(group) ? group : "",
                            is_given(version) ? version : ""};
    // The version of the library's own objects is none that a server has.
    if (strcmp(texts[2], "__internal") == 0)
        texts[2] = "";
    return by_parts(m, 'r', texts, out);
}

kedge_err kedge_mapper_kind(struct kedge_mapper *m, const char *group, const char *version,
                            const char *kind, struct kedge_mapping *out)
{
    const char *texts[3] = {is_given(kind) ? kind : "", is_given(group) ? group : "",
                            is_given(version) ? version : ""};
    return by_parts(m, 'k', texts, out);
}

void kedge_mapper_reset(struct kedge_mapper *m)
{
    if (m != NULL)
        forget(m);
}

const char *kedge_mapper_warning(const struct kedge_mapper *m)
{
    return m != NULL ? m->warning : "";
}

const char *kedge_mapper_error_text(const struct kedge_mapper *m)
{
    return m != NULL ? m->text : "there is no kedge_mapper: see kedge_error_text";
}
