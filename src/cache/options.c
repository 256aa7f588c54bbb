// SPDX-License-Identifier: Apache-2.0
// options.c - whether an informer may have the options that it is asked for with; linked where
// somebody gives any.
#include "cache/informer_priv.h"
#include "kedge/field_selector.h"
#include "kedge/selector.h"
#include "net/escape.h"

#define TEXT_MIN   1024
#define BUFFER_MIN 2048

// Refused here, where it can be named, rather than by the server again and again.
static bool selectors_are_sound(struct kedge *k, const struct kedge_informer_options *o)
{
    struct kedge_selector labels;
    struct kedge_field_selector fields;
    bool sound = kedge_selector_parse(&labels, o->label_selector) == KEDGE_OK;
    const char *what = sound ? "field_selector" : "label_selector";
    size_t at = labels.error_at;
    const char *problem = labels.problem;
    if (sound) {
        sound = kedge_field_selector_parse(&fields, o->field_selector) == KEDGE_OK;
        at = fields.error_at;
        problem = fields.problem;
    }
    if (sound)
        return true;
    struct kedge__line *l = kedge__fail(k, KEDGE_ERR_ARGUMENT);
    kedge__line_text(l, "the options of an informer: ");
    kedge__line_text(l, what);
    kedge__line_text(l, " is wrong at byte ");
    kedge__line_number(l, at);
    kedge__line_text(l, ": ");
    kedge__line_text(l, problem);
    return false;
}

bool kedge__options_are_sound(struct kedge *k, const struct kedge_informer_options *o)
{
    const char *what = "the options of an informer: ";
    const char *problem = NULL;
    if (o->text_max != 0 && o->text_max < TEXT_MIN)
        problem = "text_max is less than 1024";
    else if (o->buffer != 0 && o->buffer < BUFFER_MIN)
        problem = "buffer is less than 2048";
    else if (o->maximum > 0 && o->maximum < o->reserved)
        problem = "maximum is less than reserved";
    else if (o->backoff_first < 0 || o->backoff_cap < 0 || o->watch_timeout < 0)
        problem = "a negative time";
    else if (o->backoff_cap > 0 && o->backoff_cap < o->backoff_first)
        problem = "backoff_cap is less than backoff_first";
    if (problem == NULL && o->namespace_ != NULL && o->namespace_[0] != '\0') {
        // It becomes a part of the path.
        what = "the namespace of an informer ";
        problem = kedge__url_segment_problem(kedge_str_of(o->namespace_));
    }
    if (problem == NULL)
        return selectors_are_sound(k, o);
    struct kedge__line *l = kedge__fail(k, KEDGE_ERR_ARGUMENT);
    kedge__line_text(l, what);
    kedge__line_text(l, problem);
    return false;
}
