// SPDX-License-Identifier: Apache-2.0
// extra.c - what replies carry beside their content: warnings, the wish to close. And kinds that
// come and go while the server runs.
#include <stdlib.h>
#include <string.h>

#include "priv.h"

void text_warning(struct text *out, const char *warning)
{
    text_string(out, "299 - \"");
    for (const char *c = warning; *c; c++) {
        if (*c == '"' || *c == '\\')
            text_string(out, "\\");
        text_add(out, c, 1);
    }
    text_string(out, "\"");
}

static void add(struct mock *mock, const char *text, const char *resource, unsigned count)
{
    mock->extras = mock__grow(mock->extras, (mock->extra_count + 1) * sizeof *mock->extras);
    mock->extras[mock->extra_count++] =
        (struct extra){mock__copy_string(text), mock__copy_string(resource), count, !count};
}

void mock_warn(struct mock *mock, const char *text, const char *resource, unsigned count)
{
    add(mock, text, resource, count);
}

void mock_last_replies(struct mock *mock, unsigned count)
{
    add(mock, NULL, NULL, count);
}

static void drop(struct mock *mock, size_t i)
{
    struct extra *e = &mock->extras[i];
    free(e->text);
    free(e->resource);
    mock->extra_count--;
    memmove(e, e + 1, (mock->extra_count - i) * sizeof *e);
}

void extra_forget(struct mock *mock)
{
    while (mock->extra_count)
        drop(mock, mock->extra_count - 1);
}

void extra_strike(struct mock_connection *c, const char *resource)
{
    struct mock *mock = c->mock;
    for (size_t i = 0; i < mock->extra_count;) {
        struct extra *e = &mock->extras[i];
        bool struck = !e->resource || mock__same(e->resource, resource);
        if (struck && e->text) {
            text_string(&c->extra, "Warning: ");
            text_warning(&c->extra, e->text);
            text_string(&c->extra, "\r\n");
        } else if (struck) {
            c->request.close = true;
        }
        if (struck && !e->forever && !--e->left)
            drop(mock, i);
        else
            i++;
    }
}

// ---- CustomResourceDefinitions -------------------------------------------------------------

static bool is_definition(const struct resource *r)
{
    return mock__same(r->kind.plural, "customresourcedefinitions");
}

static char *words_of(const json_t *list)
{
    struct text t = {0};
    for (size_t i = 0; i < json_array_size(list); i++) {
        const char *word = json_string_value(json_array_get(list, i));
        text_format(&t, "%s%s", t.len ? " " : "", word ? word : "");
    }
    return t.bytes;
}

static void offer(struct mock *mock, const json_t *object, const json_t *version)
{
    char *short_names = words_of(mock__path(object, "spec.names.shortNames"));
    char *categories = words_of(mock__path(object, "spec.names.categories"));
    struct mock_crd crd = {.group = mock__path_string(object, "spec.group"),
                           .version = mock__path_string(version, "name"),
                           .plural = mock__path_string(object, "spec.names.plural"),
                           .kind = mock__path_string(object, "spec.names.kind"),
                           .namespaced =
                               mock__same(mock__path_string(object, "spec.scope"), "Namespaced"),
                           .scale = mock__path(version, "subresources.scale") != NULL,
                           .short_name = short_names,
                           .category = categories};
    if (*crd.group && *crd.version && *crd.plural && *crd.kind && mock_add_crd(mock, &crd))
        mock->resources[mock->resource_count - 1]->kind.status =
            mock__path(version, "subresources.status") != NULL;
    free(short_names);
    free(categories);
}

void extra_defined(struct mock *mock, const struct resource *r, const struct revision *state)
{
    json_t *version;
    size_t i;
    if (!is_definition(r))
        return;
    json_t *object = revision_object(state);
    json_array_foreach(mock__path(object, "spec.versions"), i, version)
    {
        if (json_is_true(json_object_get(version, "served")))
            offer(mock, object, version);
    }
    json_decref(object);
}

void extra_undefined(struct mock *mock, const struct resource *r, const json_t *object)
{
    const char *group = mock__path_string(object, "spec.group");
    const char *plural = mock__path_string(object, "spec.names.plural");
    for (size_t i = 0; is_definition(r) && i < mock->resource_count; i++) {
        struct resource *custom = mock->resources[i];
        if (!custom->kind.custom || custom->gone || !mock__same(custom->kind.group, group) ||
            !mock__same(custom->kind.plural, plural))
            continue;
        while (custom->count)
            revision_drop(write__vanish(mock, custom, custom->items[0]));
        custom->gone = true;
    }
}
