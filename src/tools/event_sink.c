// SPDX-License-Identifier: Apache-2.0
// event_sink.c - writes one event to the server, by client-go's rules: a patch of what is not there
// creates it; what the server refuses is not repeated.
//
//            patch        404
//    idle --------> PATCH ---> CREATE -+
//      ^ \----------------------^      | done
//      +-------------------------------+
#include "tools/event_priv.h"

KEDGE_DEFINE_KIND(_event_answer, "", "v1", "events", "Event", KEDGE_NAMESPACED)

static void create(struct kedge__events *e);

static void end(struct kedge__events *e, enum kedge__event_outcome outcome, uint32_t count)
{
    e->sink.busy = false;
    e->sink.done(e, outcome, count);
}

void kedge__event_log(const struct kedge__events *e, enum kedge_log_level level, const char *what)
{
    char text[KEDGE_ERROR_TEXT];
    struct kedge__line l;
    if (!kedge__log_wants(e->k, level))
        return;
    kedge__line_init(&l, text, sizeof text);
    kedge__line_text(&l, "event ");
    kedge__line_foreign(&l, e->sink.name);
    kedge__line_text(&l, what);
    kedge__line_text(&l, kedge_rest_error_text(e->sink.rest));
    kedge__log(e->k, level, text);
}

// The server has said no.
static enum kedge__event_outcome refused(const struct kedge__events *e)
{
    const struct kedge_status *s = kedge_rest_status(e->sink.rest);
    bool exists = kedge_status_is_already_exists(s);
    bool usual = exists || kedge_status_has_cause(s, KEDGE_CAUSE_NAMESPACE_TERMINATING);
    kedge__event_log(e, usual ? KEDGE_LOG_DEBUG : KEDGE_LOG_ERROR, ", refused: ");
    return exists && !e->sink.patches ? KEDGE__EVENT_EXISTS : KEDGE__EVENT_REFUSED;
}

static void answered(void *ctx, kedge_err err, const struct kedge_object *object)
{
    struct kedge__events *e = ctx;
    const struct kedge__event_answer *answer = (const struct kedge__event_answer *)object;
    if (err == KEDGE_OK) {
        bool told = !kedge_is_partial(object) && answer->count > 0;
        *(e->sink.patches ? &e->patched : &e->created) += 1;
        end(e, KEDGE__EVENT_WRITTEN, told ? (uint32_t)answer->count : 0);
    } else if (err == KEDGE_ERR_API && e->sink.patches &&
               kedge_rest_status(e->sink.rest)->code == 404) {
        create(e);
    } else if (err == KEDGE_ERR_API) {
        end(e, refused(e), 0);
    } else {
        kedge__event_log(e, KEDGE_LOG_WARNING, ", no answer: ");
        end(e, KEDGE__EVENT_AGAIN, 0);
    }
}

static void request(struct kedge__events *e, bool patch)
{
    struct kedge__event_sink *s = &e->sink;
    struct kedge_api api = kedge_api_of(s->rest, s->kind, s->namespace_);
    struct kedge_request r =
        kedge_api_request(&api, patch ? KEDGE_PATCH : KEDGE_CREATE, patch ? s->name : NULL, NULL);
    struct kedge_writer w;
    kedge_writer_init(&w, s->body, s->body_size);
    kedge_writer_begin_object(&w);
    s->write(e, &w, patch);
    kedge_writer_end_object(&w);
    kedge_err err = kedge_writer_finish(&w, &r.body);
    r.patch_type = KEDGE_PATCH_STRATEGIC;
    s->patches = patch;
    s->busy = true;
    s->call = (struct kedge_api_call){.done = answered, .ctx = e};
    if (err == KEDGE_OK)
        err = kedge_api_start(&s->call, &api, &r);
    if (err == KEDGE_OK)
        return;
    // The same request would not begin another time.
    kedge__event_log(e, KEDGE_LOG_ERROR, ", cannot be sent: ");
    end(e, KEDGE__EVENT_REFUSED, 0);
}

static void create(struct kedge__events *e)
{
    request(e, false);
}

void kedge__event_send(struct kedge__events *e, bool patch)
{
    request(e, patch);
}
