// SPDX-License-Identifier: Apache-2.0
// key.c - namespace/name, put together and taken apart.
#include "kedge/key.h"

#include <string.h>

#include "base/line.h"

kedge_err kedge_object_key(const struct kedge_object *o, char *buf, size_t cap)
{
    if (o == NULL || buf == NULL)
        return KEDGE_ERR_ARGUMENT;
    if (cap == 0)
        return KEDGE_ERR_FULL;
    struct kedge__line l;
    kedge__line_init(&l, buf, cap);
    if (kedge_text_len(&o->namespace_) > 0) {
        kedge__line_str(&l, kedge_text_str(&o->namespace_));
        kedge__line_byte(&l, '/');
    }
    kedge__line_str(&l, kedge_text_str(&o->name));
    if (!l.cut)
        return KEDGE_OK;
    buf[0] = '\0';
    return KEDGE_ERR_FULL;
}

kedge_err kedge_key_split(const char *key, kedge_str *namespace_, kedge_str *name)
{
    if (namespace_ == NULL || name == NULL)
        return KEDGE_ERR_ARGUMENT;
    *namespace_ = *name = KEDGE_STR("");
    if (key == NULL)
        return KEDGE_ERR_ARGUMENT;
    const char *slash = strchr(key, '/');
    if (slash == NULL) {
        *name = kedge_str_of(key);
        return KEDGE_OK;
    }
    if (strchr(slash + 1, '/') != NULL)
        return KEDGE_ERR_ARGUMENT;
    *namespace_ = (kedge_str){key, (size_t)(slash - key)};
    *name = kedge_str_of(slash + 1);
    return KEDGE_OK;
}
