// SPDX-License-Identifier: Apache-2.0
// view.c - what the Accept header asks for, and objects as PartialObjectMetadata.
#include <string.h>

#include "priv.h"

static bool has(const char *text, size_t len, const char *word)
{
    size_t n = strlen(word);
    for (size_t i = 0; i + n <= len; i++)
        if (!memcmp(text + i, word, n))
            return true;
    return false;
}

// 1: *view is what this media range asks for; 0: it is nothing that we can make.
static int view_of(const char *range, size_t len, enum view *view)
{
    *view = VIEW_FULL;
    if (has(range, len, "*/*") || has(range, len, "application/*"))
        return 1;
    if (!has(range, len, "application/json"))
        return 0;
    if (!has(range, len, "as="))
        return 1;
    bool v1 = has(range, len, "v=v1;") || (len > 4 && !memcmp(range + len - 4, "v=v1", 4));
    if (has(range, len, "as=Table"))
        *view = VIEW_TABLE;
    else if (has(range, len, "as=PartialObjectMetadata"))
        *view = VIEW_PARTIAL;
    else
        return 0;
    return v1;
}

enum view view_asked(const struct request *request, json_t **refusal)
{
    const char *accept = request_header(request, "accept");
    enum view view = VIEW_FULL;
    if (!*accept)
        return view;
    while (*accept) {
        accept += strspn(accept, " ,");
        size_t len = strcspn(accept, ",");
        if (len && view_of(accept, len, &view))
            return view;
        accept += len;
    }
    if (!*refusal)
        *refusal = status_not_acceptable();
    return VIEW_FULL;
}

void view_add(struct text *out, const struct resource *r, const struct revision *state,
              enum view view, bool item)
{
    if (view == VIEW_PARTIAL) {
        json_t *object = revision_object(state);
        json_t *partial =
            json_pack("{s:s, s:s, s:O}", "kind", "PartialObjectMetadata", "apiVersion",
                      "meta.k8s.io/v1", "metadata", json_object_get(object, "metadata"));
        text_json(out, partial, 0);
        json_decref(partial);
        json_decref(object);
        return;
    }
    bool bare = item && !r->kind.custom;
    if (!bare) {
        text_add(out, state->text, state->len);
        return;
    }
    text_string(out, "{");
    text_add(out, state->text + state->shared, state->len - state->shared);
}
