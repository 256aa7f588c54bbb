// SPDX-License-Identifier: Apache-2.0
// on_node.c - informers of what concerns one node only, which is what an agent on it wants.
#include "cache/informer_priv.h"

#define NODE_MAX 253

// A backslash, a comma and an equals sign in a value stand behind a backslash.
static void write_value(struct kedge__line *l, const char *value)
{
    for (; *value != '\0'; value++) {
        if (strchr("\\,=", *value) != NULL)
            kedge__line_byte(l, '\\');
        kedge__line_byte(l, *value);
    }
}

static struct kedge_informer *refuse(struct kedge *k, bool running, kedge_err err, const char *text)
{
    kedge__line_text(kedge__fail(k, err), text);
    if (running)
        k->failure = KEDGE_OK;
    return NULL;
}

struct kedge_informer *kedge_factory_informer_on_node(struct kedge_factory *f,
                                                      const struct kedge_kind *kind,
                                                      const char *node)
{
    char text[sizeof "spec.nodeName=" + (size_t)2 * NODE_MAX];
    struct kedge__line l;
    if (f == NULL || kind == NULL || f->k->failure != KEDGE_OK)
        return NULL;
    if (node == NULL)
        node = kedge__environment(f->k, "NODE_NAME");
    if (node == NULL || node[0] == '\0')
        return refuse(f->k, f->started, KEDGE_ERR_CONFIG,
                      "no node is named: give one, or set NODE_NAME from spec.nodeName in the "
                      "pod's manifest");
    if (strlen(node) > NODE_MAX)
        return refuse(f->k, f->started, KEDGE_ERR_ARGUMENT,
                      "the name of a node has more than 253 bytes");
    bool pods = kind->group[0] == '\0' && strcmp(kind->resource, "pods") == 0;
    kedge__line_init(&l, text, sizeof text);
    kedge__line_text(&l, pods ? "spec.nodeName=" : "metadata.name=");
    write_value(&l, node);
    return kedge__factory_informer_by_field(f, kind, kedge__line_done(&l));
}
