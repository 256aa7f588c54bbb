// SPDX-License-Identifier: Apache-2.0
#include "kedge/event_selector.h"

#include "base/line.h"

static void put_value(struct kedge__line *l, const char *value)
{
    size_t len;
    if (kedge_field_escape(kedge_str_of(value), l->buf + l->len, l->cap - l->len, &len) != KEDGE_OK)
        l->cut = true;
    l->len += len;
}

// The value comes in three parts; if the first and the last are "", there is no term.
static void put_term(struct kedge__line *l, const char *prefix, const char *field,
                     const char *const value[3])
{
    if (value[0][0] == '\0' && value[2][0] == '\0')
        return;
    kedge__line_text(l, l->len > 0 ? "," : "");
    kedge__line_text(l, prefix);
    kedge__line_text(l, field);
    for (int i = 0; i < 3; i++)
        put_value(l, value[i]);
}

static const char *prefix_of(const char *group)
{
    kedge_str g = kedge_str_of(group);
    if (g.len == 0)
        return "involvedObject.";
    return kedge_str_is(g, "events.k8s.io") ? "regarding." : NULL;
}

static const char *some(const char *text)
{
    return text != NULL ? text : "";
}

kedge_err kedge_event_selector(struct kedge_field_selector *s, const char *group,
                               const struct kedge_object_reference *about, char *buf, size_t cap)
{
    char none;
    struct kedge__line l;
    const char *prefix = prefix_of(group);
    kedge__line_init(&l, cap > 0 ? buf : &none, cap > 0 ? cap : 1);
    *s = (struct kedge_field_selector){.nothing = true};
    if (about == NULL || prefix == NULL)
        return KEDGE_ERR_ARGUMENT;
    const char *version[] = {some(about->group), "", some(about->version)};
    if (version[0][0] != '\0' && version[2][0] != '\0')
        version[1] = "/";
    put_term(&l, prefix, "apiVersion=", version);
    put_term(&l, prefix, "kind=", (const char *const[]){some(about->kind), "", ""});
    put_term(&l, prefix, "name=", (const char *const[]){some(about->name), "", ""});
    put_term(&l, prefix, "uid=", (const char *const[]){some(about->uid), "", ""});
    if (!l.cut && cap > 0)
        return kedge_field_selector_parse(s, buf);
    l.buf[0] = '\0';
    return KEDGE_ERR_FULL;
}
