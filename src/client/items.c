// SPDX-License-Identifier: Apache-2.0
// items.c - sieve, tokens, record: one object after the other.
#include "client/items.h"

#include "client/expected.h"

#define ENVELOPE_TOKENS 24

// All but what most of an object is made of, and nobody reads.
static const struct kedge_field whole_rows[] = {
    {.path = "", .type = KEDGE_FIELD_RAW},
    {.path = "metadata\0managedFields\0", .type = KEDGE_FIELD_DROP},
};
static const struct kedge_table whole_table = {whole_rows, 2, 0};

// Beside what a list has, what a Status has: one may come in place of a list.
static const struct kedge_field list_rows[] = {
    {.path = "metadata\0resourceVersion\0", .type = KEDGE_FIELD_TEXT},
    {.path = "metadata\0continue\0", .type = KEDGE_FIELD_TEXT},
    {.path = "kind\0", .type = KEDGE_FIELD_TEXT},
    {.path = "apiVersion\0", .type = KEDGE_FIELD_TEXT},
    {.path = "status\0", .type = KEDGE_FIELD_TEXT},
    {.path = "code\0", .type = KEDGE_FIELD_SIEVED},
    {.path = "reason\0", .type = KEDGE_FIELD_TEXT},
};
static const struct kedge_table list_table = {list_rows, 7, 0};

static const struct kedge_field event_rows[] = {{.path = "type\0", .type = KEDGE_FIELD_TEXT}};
static const struct kedge_table event_table = {event_rows, 1, 0};

// Beginning --------------------------------------------------------------------------------------

static void choose_tables(const struct kedge__items *items, struct kedge_sieve_options *o)
{
    if (items->tables[0] != NULL) {
        o->tables[0] = items->tables[0];
        o->tables[1] = items->tables[1];
        o->identity = items->identity;
        return;
    }
    bool typed = items->kind != NULL;
    o->tables[0] = typed ? &kedge__meta_table : &kedge__identity_table;
    o->identity = KEDGE__IDENTITY;
    if (!items->identity_only)
        o->tables[1] = typed ? items->kind->table : &whole_table;
    // An error may come where an object should; and of a raw one all is there.
    if (typed && items->shape != KEDGE_SIEVE_LIST)
        o->tables[2] = kedge__expected_rows(items->kind);
}

static struct kedge__room own_room(const struct kedge_rest *r)
{
    struct kedge__room room = {
        .buf = r->item_buf,
        .cap = r->options.text_max,
        .tokens = r->tokens,
        .token_count = r->token_count,
    };
    return room;
}

// A kind's tag is computed when it is asked for first. Objects are read without the lock, in
// several threads at once, so that must be before.
static void know_tag(const struct kedge__items *items)
{
    if (items->kind == NULL)
        return;
    kedge__lock(items->rest->client->k);
    (void)kedge_kind_tag(items->kind);
    kedge__unlock(items->rest->client->k);
}

void kedge__items_begin(struct kedge__items *items, enum kedge_sieve_shape shape)
{
    struct kedge_rest *r = items->rest;
    items->err = KEDGE_ERR_STATE;
    if (r->state != KEDGE__REST_IDLE || r->inside)
        return; // the sieve is in use
    if (items->room.buf == NULL)
        items->room = own_room(r);
    struct kedge_sieve_options o = {
        .shape = shape,
        .item_buf = items->room.buf,
        .item_cap = items->room.cap,
        .envelope_buf = r->envelope_buf,
        .envelope_cap = KEDGE__REST_ENVELOPE,
    };
    items->shape = shape;
    items->count = 0;
    items->ended = false;
    items->taken = 0;
    items->waits = false;
    choose_tables(items, &o);
    know_tag(items);
    if (shape != KEDGE_SIEVE_OBJECT)
        o.envelope = shape == KEDGE_SIEVE_LIST ? &list_table : &event_table;
    items->err = kedge_sieve_init(&r->sieve, &o);
}

// One item ---------------------------------------------------------------------------------------

// An object with too many tokens. The path is not needed any more when a body comes.
static kedge_err shrink(const struct kedge__items *items, struct kedge_json *doc)
{
    struct kedge_rest *r = items->rest;
    return kedge__identity_parse(doc, r->sieve.item, r->path, r->options.path_max,
                                 items->room.tokens, items->room.token_count);
}

static kedge_err build(struct kedge__items *items, struct kedge__item *item)
{
    struct kedge_rest *r = items->rest;
    size_t size = 0;
    kedge_err err = kedge__project(items->kind, item->value, item->partial, r->record,
                                   r->options.object_max, &size);
    if ((err == KEDGE_ERR_FULL || err == KEDGE_ERR_TOO_LONG) && !item->partial) {
        item->partial = true;
        err =
            kedge__project(items->kind, item->value, true, r->record, r->options.object_max, &size);
    }
    item->object = (const struct kedge_object *)(const void *)r->record;
    return err;
}

// An answer that is well in HTTP and a refusal in words (client-go's Result.Into). It is one, too,
// where it does not say what it is: an object has a name, and a Status none.
static bool is_failure(const struct kedge__items *items, kedge_json_value object)
{
    struct kedge_rest *r = items->rest;
    struct kedge_status status;
    if (items->shape != KEDGE_SIEVE_OBJECT || items->tables[0] != NULL)
        return false;
    kedge_status_from_code(&status, r->code);
    bool failed;
    if (items->kind == NULL) {
        failed = kedge_status_read_reply(&status, object) && !status.success;
    } else {
        kedge_json_value name = kedge_json_get(kedge_json_get(object, "metadata"), "name");
        failed = kedge_json_type(name) != KEDGE_JSON_TEXT && kedge_status_read(&status, object) &&
                 status.code >= 400;
    }
    if (failed)
        r->status = status;
    return failed;
}

static kedge_err say_other_kind(struct kedge_rest *r, const struct kedge_kind *kind,
                                kedge_json_value object)
{
    char text[160];
    struct kedge__line l;
    kedge__line_init(&l, text, sizeof text);
    kedge__line_text(&l, "an object of kind ");
    kedge__expected_say(&l, object);
    kedge__line_text(&l, " came where one of kind ");
    kedge__line_text(&l, kind->kind);
    kedge__line_text(&l, " should");
    return kedge__rest_say(r, KEDGE_ERR_JSON, kedge__line_done(&l).ptr);
}

static bool is_event_of_object(kedge_str type)
{
    return kedge_str_is(type, "ADDED") || kedge_str_is(type, "MODIFIED") ||
           kedge_str_is(type, "DELETED") || kedge_str_is(type, "BOOKMARK");
}

// The text of an event's type, which has no escapes where it is one that we know.
static kedge_str event_type(const struct kedge_rest *r)
{
    struct kedge_json doc;
    struct kedge_json_token tokens[8];
    kedge_str envelope = r->sieve.envelope;
    if (kedge_json_parse(&doc, envelope.ptr, envelope.len, tokens, 8) != KEDGE_OK)
        return (kedge_str){NULL, 0};
    kedge_str raw = kedge_json_raw(kedge_json_get(kedge_json_root(&doc), "type"));
    return raw.len > 2 ? (kedge_str){raw.ptr + 1, raw.len - 2} : (kedge_str){NULL, 0};
}

static kedge_err hand_on(struct kedge__items *items)
{
    struct kedge_rest *r = items->rest;
    struct kedge_json doc;
    struct kedge__item item = {.partial = r->sieve.overflow, .value = {NULL, -1}};
    item.json = r->sieve.item;
    item.enough = r->sieve.overflow ? r->sieve.enough : 0;
    bool watch = items->shape == KEDGE_SIEVE_WATCH;
    bool typed = items->kind != NULL && items->tables[0] == NULL;
    if (watch)
        item.type = event_type(r);
    kedge_err err = kedge_json_parse(&doc, item.json.ptr, item.json.len, items->room.tokens,
                                     items->room.token_count);
    if (err == KEDGE_ERR_FULL && (typed || items->shrinks)) {
        item.partial = true;
        err = shrink(items, &doc);
        item.json = kedge_json_raw(kedge_json_root(&doc));
    }
    if (err == KEDGE_OK)
        item.value = kedge_json_root(&doc);
    else if (err != KEDGE_ERR_FULL)
        return kedge__rest_say(r, err, "an object cannot be read");
    if (is_failure(items, item.value))
        return kedge__rest_say(r, KEDGE_ERR_API, r->status.message);
    typed = typed && (!watch || is_event_of_object(item.type));
    if (typed && !kedge__expected_object(items->kind, item.value))
        return say_other_kind(r, items->kind, item.value);
    err = typed ? build(items, &item) : KEDGE_OK;
    if (err != KEDGE_OK)
        return kedge__rest_say(r, err, "an object does not fit object_max");
    if (items->each != NULL)
        err = items->each(items->ctx, &item);
    items->count += err != KEDGE_WAIT;
    return err;
}

kedge_err kedge__items_identity(const struct kedge__items *items, const struct kedge__item *item,
                                struct kedge__identity *id)
{
    struct kedge_json doc;
    kedge_json_value value = item->value;
    if (items->rest->sieve.unusable)
        return KEDGE_ERR_JSON;
    if (value.at < 0) {
        if (shrink(items, &doc) != KEDGE_OK)
            return KEDGE_ERR_JSON;
        value = kedge_json_root(&doc);
    }
    kedge__identity_read(id, value);
    return id->unusable ? KEDGE_ERR_JSON : KEDGE_OK;
}

kedge_err kedge__items_sink(void *ctx, kedge_str bytes)
{
    struct kedge__items *items = ctx;
    struct kedge_rest *r = items->rest;
    // A room may make its items anew for each piece.
    if (items->room.buf == NULL)
        items->room = own_room(r);
    if (items->err != KEDGE_OK)
        return kedge__rest_say(r, items->err,
                               "the kind's table or text_max does not suit the sieve");
    // Each turn takes bytes, but those that tell of an object's or list's end (once a value), and
    // of an item that waited.
    for (bool more = true; more;) {
        enum kedge_sieve_event event = KEDGE_SIEVE_ITEM;
        size_t used = 0;
        kedge_err err = KEDGE_OK;
        if (!items->waits)
            err = kedge_sieve_feed(&r->sieve, bytes.ptr + items->taken, bytes.len - items->taken,
                                   &used, &event);
        if (err != KEDGE_OK)
            return kedge__rest_say(r, err, r->sieve.problem);
        items->taken += used;
        items->ended |= event == KEDGE_SIEVE_END;
        if (event == KEDGE_SIEVE_ITEM)
            err = hand_on(items);
        items->waits = err == KEDGE_WAIT;
        if (err != KEDGE_OK)
            return err;
        more = event == KEDGE_SIEVE_ITEM || items->taken < bytes.len;
    }
    items->taken = 0;
    return KEDGE_OK;
}

// What is around the items of a list, as a value. Absent: it cannot be read.
static kedge_json_value envelope(const struct kedge_rest *r, struct kedge_json *doc,
                                 struct kedge_json_token *tokens)
{
    kedge_str text = r->sieve.envelope;
    bool good = kedge_json_parse(doc, text.ptr, text.len, tokens, ENVELOPE_TOKENS) == KEDGE_OK;
    return good ? kedge_json_root(doc) : (kedge_json_value){NULL, -1};
}

// A list that is none, but a Status (client-go's Result.Into), a Table or one object.
static kedge_err judge_list(const struct kedge__items *items)
{
    struct kedge_rest *r = items->rest;
    struct kedge_json doc;
    struct kedge_json_token tokens[ENVELOPE_TOKENS];
    struct kedge_status status;
    kedge_json_value list = envelope(r, &doc, tokens);
    kedge_status_from_code(&status, r->code);
    if (kedge_status_read_reply(&status, list) && !status.success) {
        r->status = status;
        return kedge__rest_say(r, KEDGE_ERR_API, "the answer is no list, but a refusal");
    }
    if (kedge__expected_list(items->kind, list))
        return KEDGE_OK;
    return kedge__rest_say(r, KEDGE_ERR_JSON,
                           "the answer is no list of this kind, by its own words");
}

kedge_err kedge__items_finish(struct kedge__items *items)
{
    struct kedge_rest *r = items->rest;
    bool whole = items->err == KEDGE_OK && kedge_sieve_finish(&r->sieve) == KEDGE_OK;
    if (!whole)
        return kedge__rest_say(r, KEDGE_ERR_JSON, "the answer is empty, or ends in the middle");
    return items->shape == KEDGE_SIEVE_LIST ? judge_list(items) : KEDGE_OK;
}

kedge_err kedge__items_metadata(const struct kedge__items *items, const char *key, char *buf,
                                size_t cap)
{
    struct kedge_json doc;
    struct kedge_json_token tokens[ENVELOPE_TOKENS];
    buf[0] = '\0';
    if (items->shape != KEDGE_SIEVE_LIST)
        return KEDGE_OK;
    kedge_json_value around = envelope(items->rest, &doc, tokens);
    kedge_json_value v = kedge_json_get(kedge_json_get(around, "metadata"), key);
    size_t len = kedge_json_text(v, NULL, 0);
    if (len >= cap)
        return KEDGE_ERR_TOO_LONG;
    buf[kedge_json_text(v, buf, len)] = '\0';
    return KEDGE_OK;
}
