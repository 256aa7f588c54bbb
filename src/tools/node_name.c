// SPDX-License-Identifier: Apache-2.0
// node_name.c - which node this is, and small things that the kit's rooms write.
#include "tools/node_priv.h"

#include "base/hash.h"

static const char *refuse(struct kedge *k, kedge_err err, const char *text)
{
    kedge__line_text(kedge__fail(k, err), text);
    return NULL;
}

const char *kedge__node_name(struct kedge *k, const char *given)
{
    if (given == NULL)
        given = kedge__environment(k, "NODE_NAME");
    if (given == NULL || given[0] == '\0')
        return refuse(k, KEDGE_ERR_CONFIG,
                      "no node is named: give one, or set NODE_NAME in the environment");
    if (strlen(given) >= KEDGE__NODE_NAME)
        return refuse(k, KEDGE_ERR_ARGUMENT, "the name of a node has more than 253 bytes");
    return kedge__take_text(k, "node", kedge_str_of(given));
}

bool kedge__node_keep(char *buf, size_t cap, const char *text)
{
    size_t len = strlen(text);
    buf[0] = '\0';
    if (len >= cap)
        return false;
    memcpy(buf, text, len + 1);
    return true;
}

struct kedge__since *kedge__since_of(struct kedge__since *all, size_t count, const char *type)
{
    uint32_t hash = kedge__hash_str(0, kedge_str_of(type));
    struct kedge__since *free = &all[count - 1];
    hash += hash == 0;
    for (size_t i = count; i-- > 0;) {
        if (all[i].type == hash)
            return &all[i];
        if (all[i].type == 0)
            free = &all[i];
    }
    *free = (struct kedge__since){hash, 0, 0};
    return free;
}

void kedge__since_note(struct kedge__since *since, unsigned status, kedge_timestamp now)
{
    if (since->status == status)
        return;
    since->status = (uint8_t)status;
    since->at = now;
}

void kedge__node_put(struct kedge_writer *w, const char *key, const char *text)
{
    if (text == NULL)
        return;
    kedge_writer_key(w, key);
    kedge_writer_text(w, text);
}

void kedge__node_put_time(struct kedge_writer *w, const char *key, kedge_timestamp t, bool micro)
{
    char text[KEDGE_TIMESTAMP_TEXT];
    if (t == 0)
        return;
    kedge_timestamp_format(t, micro, text);
    kedge__node_put(w, key, text);
}
