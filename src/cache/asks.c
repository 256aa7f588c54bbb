// SPDX-License-Identifier: Apache-2.0
// asks.c - the paths and queries of lists and watches.
#include "cache/asks.h"

#include "client/accept.h"
#include "net/escape.h"

static void collection(struct kedge__line *l, const struct kedge_informer *inf)
{
    const struct kedge_kind *kind = inf->kind;
    const char *namespace_ = inf->options.namespace_;
    kedge__line_text(l, kind->group[0] != '\0' ? "/apis/" : "/api");
    kedge__line_text(l, kind->group);
    kedge__line_byte(l, '/');
    kedge__line_text(l, kind->version);
    if (namespace_[0] != '\0') {
        kedge__line_text(l, "/namespaces");
        kedge__url_path_segment(l, kedge_str_of(namespace_));
    }
    kedge__line_byte(l, '/');
    kedge__line_text(l, kind->resource);
}

static void query(struct kedge__line *l, const char *name, kedge_str value)
{
    bool first = memchr(l->buf, '?', l->len) == NULL;
    kedge__url_query(l, first, kedge_str_of(name), value);
}

static void query_int(struct kedge__line *l, const char *name, int64_t value)
{
    char digits[24];
    struct kedge__line number;
    kedge__line_init(&number, digits, sizeof digits);
    kedge__line_int(&number, value);
    query(l, name, kedge__line_done(&number));
}

static void query_text(struct kedge__line *l, const char *name, const char *value)
{
    if (value[0] != '\0')
        query(l, name, kedge_str_of(value));
}

bool kedge__asks_page_is_set(const struct kedge_informer *inf)
{
    uint32_t page = inf->options.page;
    return (page != 0 && page != KEDGE_UNPAGED) || inf->reflector.short_page > 0;
}

// The first page asks for a version not older than any applied. Where there is none yet it asks for
// any ("0"), as client-go does, but not where a page limit is set: servers then ignore the limit.
// Without a match a server takes a version without a limit for "not older than", and one with a
// limit for just that one: client-go says none, where the user leaves the pages to us.
static void list_version(struct kedge__line *l, const struct kedge_informer *inf)
{
    const struct kedge__reflector *r = &inf->reflector;
    if (r->any_version)
        return;
    if (r->at_zero)
        query_text(l, "resourceVersion", "0");
    else
        query_text(l, "resourceVersion", inf->floor);
    if (inf->floor[0] != '\0' && (inf->options.page != 0 || r->short_page > 0))
        query_text(l, "resourceVersionMatch", "NotOlderThan");
}

void kedge__asks_list(struct kedge__line *l, const struct kedge_informer *inf, kedge_str token)
{
    collection(l, inf);
    if (token.len > 0)
        query(l, "continue", token);
    query_text(l, "fieldSelector", inf->options.field_selector);
    query_text(l, "labelSelector", inf->options.label_selector);
    if (inf->reflector.limit > 0)
        query_int(l, "limit", inf->reflector.limit);
    if (token.len == 0)
        list_version(l, inf);
}

void kedge__asks_watch(struct kedge__line *l, const struct kedge_informer *inf, bool initial,
                       int64_t seconds)
{
    const struct kedge__reflector *r = &inf->reflector;
    collection(l, inf);
    query_text(l, "allowWatchBookmarks", "true");
    query_text(l, "fieldSelector", inf->options.field_selector);
    query_text(l, "labelSelector", inf->options.label_selector);
    if (!initial)
        query_text(l, "resourceVersion", r->read);
    else if (!r->any_version)
        query_text(l, "resourceVersion", inf->floor);
    if (initial) {
        query_text(l, "resourceVersionMatch", "NotOlderThan");
        query_text(l, "sendInitialEvents", "true");
    }
    query_int(l, "timeoutSeconds", seconds);
    query_text(l, "watch", "true");
}

const char *kedge__asks_accept(const struct kedge_informer *inf, bool watch)
{
    if ((inf->kind->flags & KEDGE_METADATA_ONLY) == 0)
        return "application/json";
    return watch ? KEDGE__ACCEPT_METADATA : KEDGE__ACCEPT_METADATA_LIST;
}
