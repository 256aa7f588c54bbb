// SPDX-License-Identifier: Apache-2.0
// event_record.c - the part of recording that both recorders have: what is refused, what is taken,
// and what the log hears of it.
#include "base/wipe.h"
#include "client/rest_priv.h"
#include "tools/event_priv.h"

#define SAY_EVERY (10 * KEDGE_SECOND)

// No more than the identity of an event, and its count, is read of an answer.
static const struct kedge_rest_options rest_options = {
    .path_max = 512,
    .text_max = 1024,
    .object_max = 512,
};

// Making -----------------------------------------------------------------------------------------

static kedge_err refuse(struct kedge *k, const char *problem)
{
    kedge__line_text(kedge__fail(k, KEDGE_ERR_ARGUMENT), problem);
    return KEDGE_ERR_ARGUMENT;
}

static bool is_utf8(const char *text)
{
    size_t len = kedge_str_of(text).len;
    // What is replaced becomes longer.
    return len == 0 || kedge__event_message(text, len + 64, NULL) == len;
}

static kedge_err take_memory(struct kedge__events *e, const struct kedge__events_options *o)
{
    struct kedge *k = e->k;
    e->who = kedge__take_text(k, "events", kedge_str_of(o->who));
    e->where = kedge__take_text(k, "events", kedge_str_of(o->where));
    e->store.bytes = kedge__take_bytes(k, "events", o->store);
    e->sink.body = kedge__take_bytes(k, "events", o->body);
    bool all = e->who != NULL && e->where != NULL && e->store.bytes != NULL && e->sink.body != NULL;
    return all ? KEDGE_OK : k->failure;
}

kedge_err kedge__events_init(struct kedge__events *e, struct kedge_client *client,
                             const struct kedge__events_options *options,
                             const struct kedge__task_ops *ops)
{
    struct kedge *k = e->k;
    if (options->message < 64)
        return refuse(k, "events: the longest message is under 64 bytes");
    if (options->body < KEDGE__EVENT_FRAME + 64)
        return refuse(k, "events: the longest body is under 832 bytes");
    if (!is_utf8(options->who) || !is_utf8(options->where))
        return refuse(k, "events: the component's or host's name is not UTF-8");
    if (take_memory(e, options) != KEDGE_OK)
        return k->failure;
    e->sink.rest = kedge_rest_new(client, &rest_options);
    if (e->sink.rest == NULL)
        return k->failure;
    kedge__rest_goes_on(e->sink.rest);
    // Names shall be different, not hard to guess.
    (void)kedge__random_seed(&e->random, k->port);
    e->secret[0] = kedge__random_next(&e->random);
    e->secret[1] = kedge__random_next(&e->random);
    e->sink.kind = options->kind;
    e->sink.body_size = options->body;
    e->store.size = options->store;
    e->message_max = options->message;
    e->log = options->log;
    e->task.ops = ops;
    e->task.deadline = KEDGE_FOREVER;
    return kedge__task_add(k, &e->task);
}

void kedge__events_close(struct kedge__events *e)
{
    e->is_shut_down = true;
    kedge_rest_close(e->sink.rest);
    e->sink.busy = false;
    kedge__wipe(e->store.bytes, e->store.size);
    kedge__wipe(e->sink.body, e->sink.body_size);
    e->store.used = 0;
    e->store.count = 0;
    e->task.deadline = KEDGE_FOREVER;
}

// Taking -----------------------------------------------------------------------------------------

void kedge__event_refer(const char **texts, const struct kedge_object_reference *reference)
{
    static const struct kedge_object_reference none;
    const struct kedge_object_reference *r = reference != NULL ? reference : &none;
    texts[KEDGE__EVENT_GROUP] = r->group;
    texts[KEDGE__EVENT_VERSION] = r->version;
    texts[KEDGE__EVENT_KIND] = r->kind;
    texts[KEDGE__EVENT_NAMESPACE] = r->namespace_;
    texts[KEDGE__EVENT_NAME] = r->name;
    texts[KEDGE__EVENT_UID] = r->uid;
    texts[KEDGE__EVENT_RESOURCE_VERSION] = r->resource_version;
    texts[KEDGE__EVENT_FIELD_PATH] = r->field_path;
}

// Bytes of each text at most; 0: another rule.
static const uint16_t longest[KEDGE__EVENT_ALL] = {
    [KEDGE__EVENT_GROUP] = 253,
    [KEDGE__EVENT_VERSION] = 253,
    [KEDGE__EVENT_KIND] = 128,
    [KEDGE__EVENT_NAMESPACE] = 63,
    [KEDGE__EVENT_NAME] = 253,
    [KEDGE__EVENT_UID] = 128,
    [KEDGE__EVENT_RESOURCE_VERSION] = 128,
    [KEDGE__EVENT_FIELD_PATH] = 1024,
    [KEDGE__EVENT_REASON] = 128,
    [KEDGE__EVENT_ACTION] = 128,
};

// Printable, and nothing that JSON escapes: what an apiVersion is made of.
static bool is_plain(const char *text)
{
    for (; *text != '\0'; text++) {
        if (*text <= ' ' || *text > '~' || *text == '"' || *text == '\\')
            return false;
    }
    return true;
}

static kedge_err check_text(size_t i, const char *text)
{
    size_t what = i < KEDGE__EVENT_RELATED ? i : i - KEDGE__EVENT_RELATED;
    if (i == KEDGE__EVENT_MESSAGE || text == NULL)
        return KEDGE_OK;
    if (strlen(text) > longest[what])
        return KEDGE_ERR_TOO_LONG;
    bool plain = what == KEDGE__EVENT_GROUP || what == KEDGE__EVENT_VERSION;
    bool good = plain ? is_plain(text) : is_utf8(text);
    return good ? KEDGE_OK : KEDGE_ERR_ARGUMENT;
}

kedge_err kedge__event_check(const struct kedge__events *e, enum kedge_event_type type,
                             const char *const *texts)
{
    kedge_err err = KEDGE_OK;
    if (e->is_shut_down)
        return KEDGE_ERR_STOPPED;
    if (type != KEDGE_EVENT_NORMAL && type != KEDGE_EVENT_WARNING)
        return KEDGE_ERR_ARGUMENT;
    if (kedge_str_of(texts[KEDGE__EVENT_KIND]).len == 0 ||
        kedge_str_of(texts[KEDGE__EVENT_NAME]).len == 0)
        return KEDGE_ERR_ARGUMENT;
    for (size_t i = 0; i < e->store.texts && err == KEDGE_OK; i++)
        err = check_text(i, texts[i]);
    return err;
}

kedge_err kedge__event_take(struct kedge__events *e, enum kedge_event_type type,
                            const char *const *texts, size_t extra,
                            struct kedge__event_entry **entry)
{
    const char *kept[KEDGE__EVENT_ALL];
    *entry = kedge__event_store_add(&e->store, texts, e->message_max, extra);
    if (*entry == NULL)
        return KEDGE_ERR_FULL;
    kedge__event_store_texts(&e->store, *entry, kept);
    if (kedge__event_size(e, kept) + extra > e->sink.body_size) {
        kedge__event_store_remove(&e->store, *entry);
        *entry = NULL;
        return KEDGE_ERR_TOO_LONG;
    }
    (*entry)->type = (uint8_t)type;
    (*entry)->at = kedge__clock(e->k);
    (*entry)->wall = kedge_wall_clock(e->k);
    return KEDGE_OK;
}

// The log ----------------------------------------------------------------------------------------

kedge_err kedge__event_untaken(struct kedge__events *e, kedge_err err)
{
    char text[KEDGE_ERROR_TEXT];
    struct kedge__line l;
    kedge_time now = kedge__clock(e->k);
    e->unsaid++;
    if (err == KEDGE_ERR_FULL)
        e->dropped++;
    if (e->has_said && now - e->said < SAY_EVERY)
        return err;
    kedge__line_init(&l, text, sizeof text);
    kedge__line_text(&l, "events: ");
    kedge__line_number(&l, e->unsaid);
    kedge__line_text(&l, " not recorded, the last because: ");
    kedge__line_text(&l, err == KEDGE_ERR_FULL      ? "too many wait to be sent"
                         : err == KEDGE_ERR_STOPPED ? "the recorder is shut down"
                         : err == KEDGE_ERR_TOO_LONG
                             ? "a text is longer than the API has it, or than `body`"
                             : "it has no object or no such type, a text is not UTF-8, or an "
                               "annotation's key is none");
    kedge__log(e->k, KEDGE_LOG_ERROR, text);
    e->has_said = true;
    e->said = now;
    e->unsaid = 0;
    return err;
}

void kedge__event_say(const struct kedge__events *e, enum kedge_event_type type,
                      const char *const *texts)
{
    char text[KEDGE_ERROR_TEXT];
    struct kedge__line l;
    if (!e->log || !kedge__log_wants(e->k, KEDGE_LOG_INFO))
        return;
    kedge__line_init(&l, text, sizeof text);
    kedge__line_text(&l, kedge__event_type_text(type));
    kedge__line_byte(&l, ' ');
    kedge__line_foreign(&l, texts[KEDGE__EVENT_REASON]);
    kedge__line_text(&l, ": ");
    kedge__line_foreign(&l, texts[KEDGE__EVENT_KIND]);
    kedge__line_byte(&l, ' ');
    kedge__line_foreign(&l, texts[KEDGE__EVENT_NAMESPACE]);
    kedge__line_byte(&l, '/');
    kedge__line_foreign(&l, texts[KEDGE__EVENT_NAME]);
    kedge__line_text(&l, ": ");
    kedge__line_foreign(&l, texts[KEDGE__EVENT_MESSAGE]);
    kedge__log(e->k, KEDGE_LOG_INFO, text);
}
