// SPDX-License-Identifier: Apache-2.0
// event_write.c - the JSON that events of both APIs have in common.
#include "tools/event_priv.h"

void kedge__event_write_member(struct kedge_writer *w, const char *key, const char *text)
{
    kedge_writer_key(w, key);
    kedge_writer_text(w, text);
}

void kedge__event_write_some(struct kedge_writer *w, const char *key, const char *text)
{
    if (text[0] != '\0')
        kedge__event_write_member(w, key, text);
}

void kedge__event_write_time(struct kedge_writer *w, const char *key, kedge_timestamp t, bool micro)
{
    char text[KEDGE_TIMESTAMP_TEXT];
    if (t > 0 && kedge_timestamp_format(t, micro, text) > 0)
        kedge__event_write_member(w, key, text);
}

// "group/version", or one of the two. Neither has what must be escaped.
static void write_api_version(struct kedge_writer *w, const char *group, const char *version)
{
    size_t before = strlen(group);
    size_t behind = strlen(version);
    size_t slash = before > 0 && behind > 0 ? 1 : 0;
    if (before + behind == 0)
        return;
    kedge_writer_key(w, "apiVersion");
    char *at = kedge_writer_room(w, before + slash + behind + 2);
    if (at == NULL)
        return;
    *at++ = '"';
    memcpy(at, group, before);
    at += before;
    if (slash > 0)
        *at++ = '/';
    memcpy(at, version, behind);
    at[behind] = '"';
}

void kedge__event_write_head(struct kedge_writer *w, const struct kedge__event_sink *sink,
                             const char *annotations)
{
    write_api_version(w, sink->kind->group, sink->kind->version);
    kedge__event_write_member(w, "kind", sink->kind->kind);
    kedge_writer_key(w, "metadata");
    kedge_writer_begin_object(w);
    kedge__event_write_member(w, "name", sink->name);
    kedge__event_write_member(w, "namespace", sink->namespace_);
    if (annotations[0] != '\0') {
        kedge_writer_key(w, "annotations");
        kedge_writer_raw(w, kedge_str_of(annotations));
    }
    kedge_writer_end_object(w);
}

void kedge__event_write_reference(struct kedge_writer *w, const char *key, const char *const *texts)
{
    kedge_writer_key(w, key);
    kedge_writer_begin_object(w);
    write_api_version(w, texts[KEDGE__EVENT_GROUP], texts[KEDGE__EVENT_VERSION]);
    kedge__event_write_some(w, "kind", texts[KEDGE__EVENT_KIND]);
    kedge__event_write_some(w, "namespace", texts[KEDGE__EVENT_NAMESPACE]);
    kedge__event_write_some(w, "name", texts[KEDGE__EVENT_NAME]);
    kedge__event_write_some(w, "uid", texts[KEDGE__EVENT_UID]);
    kedge__event_write_some(w, "resourceVersion", texts[KEDGE__EVENT_RESOURCE_VERSION]);
    kedge__event_write_some(w, "fieldPath", texts[KEDGE__EVENT_FIELD_PATH]);
    kedge_writer_end_object(w);
}

// Those of the events' own texts that may be long are counted as often as they are written. All are
// UTF-8, so that nothing but the missing buffer is wrong.
size_t kedge__event_size(const struct kedge__events *e, const char *const *texts)
{
    struct kedge_writer w;
    kedge_str counted;
    kedge_writer_init(&w, NULL, 0);
    kedge_writer_begin_array(&w);
    for (size_t i = 0; i < e->store.texts; i++)
        kedge_writer_text(&w, texts[i]);
    kedge_writer_text(&w, texts[KEDGE__EVENT_NAME]);
    kedge_writer_text(&w, texts[KEDGE__EVENT_NAMESPACE]);
    for (int i = 0; i < 2; i++) {
        kedge_writer_text(&w, e->who);
        kedge_writer_text(&w, e->where);
    }
    kedge_writer_end_array(&w);
    (void)kedge_writer_finish(&w, &counted);
    return counted.len + KEDGE__EVENT_FRAME;
}
