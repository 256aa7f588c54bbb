// SPDX-License-Identifier: Apache-2.0
// modify.c - get, create, update, patch and delete over HTTP.
#include <stdlib.h>
#include <string.h>

#include "priv.h"

enum { MANAGER_MAX = 128 };
#define PATCH_TYPES \
    "application/json-patch+json, application/merge-patch+json, %sapplication/apply-patch+yaml"

static bool content_type_is(const struct mock_connection *c, const char *type)
{
    const char *sent = request_header(&c->request, "content-type");
    size_t len = strlen(type);
    return !strncmp(sent, type, len) && (!sent[len] || sent[len] == ';' || sent[len] == ' ');
}

// The program's name before the slash, as the real server takes it.
static char *manager_of(const struct mock_connection *c)
{
    const char *asked = request_query(&c->request, "fieldManager");
    const char *agent = request_header(&c->request, "user-agent");
    if (asked && *asked)
        return mock__copy_string(asked);
    size_t len = strcspn(agent, "/");
    return len ? mock__copy(agent, len) : mock__copy_string("unknown");
}

static json_t *unreadable(const char *kind, const struct request *r, const char *why)
{
    struct text shown = {0};
    text_string(&shown, "");
    for (size_t i = 0; i < r->body_len && i < 100; i++) {
        char byte = r->body[i];
        text_add(&shown, byte >= ' ' && byte < 0x7f ? &byte : "?", 1);
    }
    json_t *refusal = status_bad_request(
        "the object provided is unrecognized (must be of type %s): couldn't get version/kind; json "
        "parse error: %s (%s)",
        kind, why, shown.bytes);
    text_free(&shown);
    return refusal;
}

static json_t *parse_body(struct mock_connection *c, const char *kind, json_t **refusal)
{
    json_error_t error;
    json_t *body = mock__parse(c->request.body ? c->request.body : "", c->request.body_len, &error);
    bool ended = body == NULL && json_error_code(&error) == json_error_premature_end_of_input;
    if (!body)
        *refusal = unreadable(kind, &c->request,
                              ended ? "unexpected end of JSON input" : "invalid character");
    return body;
}

json_t *write_body(struct mock_connection *c, const char *kind, json_t **refusal)
{
    const char *type = request_header(&c->request, "content-type");
    if (*type && !content_type_is(c, "application/json")) {
        *refusal = status_media_type(
            "application/json, application/yaml, application/vnd.kubernetes.protobuf");
        return NULL;
    }
    json_t *body = parse_body(c, kind, refusal);
    if (!*refusal && !json_is_object(body))
        *refusal = unreadable(kind, &c->request, "cannot unmarshal into Go value of type struct");
    return body;
}

// As fieldValidation asks: refuse, warn (in *warnings, whole header fields), or be silent.
static json_t *check_fields(struct mock_connection *c, const struct kind *kind, json_t *object,
                            struct text *warnings)
{
    const char *asked = request_query(&c->request, "fieldValidation");
    json_t *refusal = NULL, *name;
    size_t i;
    json_t *unknown = schema_drop_unknown(kind, object);
    struct text all = {0};
    json_array_foreach(unknown, i, name)
    {
        struct text what = {0};
        text_format(&what, "unknown field \"%s\"", json_string_value(name));
        text_format(&all, "%s%s", i ? ", " : "", what.bytes);
        if (!asked || !mock__same(asked, "Ignore")) {
            text_string(warnings, "Warning: ");
            text_warning(warnings, what.bytes);
            text_string(warnings, "\r\n");
        }
        text_free(&what);
    }
    if (all.len && asked && mock__same(asked, "Strict"))
        refusal = status_bad_request("%s in version \"%s\" cannot be handled as a %s: strict "
                                     "decoding error: %s",
                                     kind->name, kind->version, kind->name, all.bytes);
    text_free(&all);
    json_decref(unknown);
    return refusal;
}

// ---- replies -------------------------------------------------------------------------------

static void reply_object(struct mock_connection *c, const struct target *target, int code,
                         const struct revision *state, const struct text *warnings)
{
    const struct resource *r = target->resource;
    json_t *refusal = NULL;
    enum view view = view_asked(&c->request, &refusal);
    if (refusal) {
        reply_status(c, refusal);
        return;
    }
    reply_begin(c, code, "application/json");
    if (warnings && warnings->len)
        text_add(&c->reply.head, warnings->bytes, warnings->len);
    int how = reply_how(c, &r->kind);
    bool scale = mock__same(target->subresource, "scale");
    if (!scale && view != VIEW_TABLE && !(how & TEXT_PRETTY)) {
        struct text t = {0};
        view_add(&t, r, state, view, false);
        text_string(&t, "\n");
        reply_write(c, t.bytes, t.len);
        text_free(&t);
        reply_end(c);
        return;
    }
    json_t *body = revision_object(state);
    if (scale) {
        json_t *whole = body;
        body = object_scale(&r->kind, whole);
        json_decref(whole);
    } else if (view == VIEW_TABLE) {
        json_decref(body);
        body = table_new(r, true);
        table_add(c->mock, body, r, state, request_query(&c->request, "includeObject"));
    }
    reply_json(c, code, body, scale ? how & TEXT_PRETTY : how);
    json_decref(body);
}

static void reply_written(struct mock_connection *c, const struct target *target,
                          struct written done, const struct text *warnings)
{
    if (done.refusal)
        reply_status(c, done.refusal);
    else
        reply_object(c, target, done.created ? 201 : 200, done.state, warnings);
    revision_drop(done.state);
}

// ---- verbs ---------------------------------------------------------------------------------

static void serve_get(struct mock_connection *c, const struct target *target)
{
    uint64_t version = 0;
    const char *asked = request_query(&c->request, "resourceVersion");
    if (asked && *asked && !parse_version(asked, &version)) {
        reply_status(c, status_bad_version(asked));
        return;
    }
    if (wait_for_version(c, version))
        return;
    struct revision *state = resource_find(target->resource, target->namespace, target->name);
    if (state)
        reply_object(c, target, 200, state, NULL);
    else
        reply_status(c, status_not_found(&target->resource->kind, target->name));
}

static void serve_body(struct mock_connection *c, const struct target *target,
                       const struct write *write)
{
    const struct kind *kind = &target->resource->kind;
    struct text warnings = {0};
    json_t *refusal = NULL, *body = write_body(c, kind->name, &refusal);
    if (!refusal && !mock__same(target->subresource, "scale"))
        refusal = check_fields(c, kind, body, &warnings);
    if (refusal)
        reply_status(c, refusal);
    else
        reply_written(c, target,
                      target->verb == VERB_CREATE ? write_create(c->mock, write, body)
                                                  : write_update(c->mock, write, body),
                      &warnings);
    json_decref(body);
    text_free(&warnings);
}

static json_t *patched(struct mock_connection *c, const struct kind *kind, const json_t *old,
                       const json_t *patch, json_t **refusal)
{
    json_t *next = NULL;
    if (content_type_is(c, "application/json-patch+json")) {
        next = patch_json(old, patch);
        if (!next)
            *refusal = status_failure(422, "Invalid", json_object(),
                                      "the server rejected our request due to an error in our "
                                      "request");
        return next;
    }
    bool strategic = content_type_is(c, "application/strategic-merge-patch+json");
    next = strategic ? patch_strategic(old, patch) : patch_merge(old, patch);
    if (!next)
        *refusal =
            unreadable(kind->name, &c->request, "cannot unmarshal into Go value of type map");
    return next;
}

static json_t *check_patch_type(const struct mock_connection *c, const struct kind *kind)
{
    if (content_type_is(c, "application/json-patch+json") ||
        content_type_is(c, "application/merge-patch+json"))
        return NULL;
    if (!kind->custom && content_type_is(c, "application/strategic-merge-patch+json"))
        return NULL;
    if (content_type_is(c, "application/apply-patch+yaml")) {
        const char *manager = request_query(&c->request, "fieldManager");
        if (manager && *manager)
            return NULL;
        json_t *details =
            json_pack("{s:s, s:s, s:[{s:s, s:s, s:s}]}", "group", "meta.k8s.io", "kind",
                      "PatchOptions", "causes", "reason", "FieldValueRequired", "message",
                      "Required value: is required for apply patch", "field", "fieldManager");
        return status_failure(422, "Invalid", details,
                              "PatchOptions.meta.k8s.io \"\" is invalid: fieldManager: Required "
                              "value: is required for apply patch");
    }
    struct text types = {0};
    text_format(&types, PATCH_TYPES,
                kind->custom ? "" : "application/strategic-merge-patch+json, ");
    json_t *refusal = status_media_type(types.bytes);
    text_free(&types);
    return refusal;
}

// What server-side apply refuses of a configuration.
static json_t *check_config(const struct target *target, json_t *config)
{
    const struct kind *kind = &target->resource->kind;
    bool scale = mock__same(target->subresource, "scale");
    struct text api = {0};
    json_t *refusal = NULL, *unknown = scale ? NULL : schema_drop_unknown(kind, config);
    kind_api_version(kind, &api);
    const char *expected = scale ? "autoscaling/v1" : api.bytes;
    if (!mock__same(mock__path_string(config, "apiVersion"), expected))
        refusal = status_bad_request("Incorrect version specified in apply patch. Specified patch "
                                     "version: %s, expected: %s",
                                     mock__path_string(config, "apiVersion"), expected);
    else if (mock__path(config, "metadata.managedFields"))
        refusal = status_bad_request("metadata.managedFields must be nil");
    else if (json_array_size(unknown))
        refusal = status_failure(500, NULL, NULL,
                                 "failed to create typed patch object (%s/%s; %s, Kind=%s): .%s: "
                                 "field not declared in schema",
                                 target->namespace, target->name, api.bytes, kind->name,
                                 json_string_value(json_array_get(unknown, 0)));
    json_decref(unknown);
    text_free(&api);
    return refusal;
}

static struct written apply_object(struct mock_connection *c, const struct target *target,
                                   struct write write, json_t *patch)
{
    struct revision *old = resource_find(target->resource, target->namespace, target->name);
    struct written done = {.refusal = check_config(target, patch)};
    if (!done.refusal && !old && *target->subresource)
        done.refusal = status_not_found(&target->resource->kind, target->name);
    if (done.refusal)
        return done;
    json_t *live = old ? revision_object(old) : NULL, *config = json_incref(patch);
    if (mock__same(target->subresource, "scale")) {
        json_decref(config);
        config = json_pack("{s:{s:O?}}", "spec", "replicas", mock__path(patch, "spec.replicas"));
    }
    json_t *next = managers_apply(c->mock, &write, live, config, &write.managed, &done.refusal);
    if (!done.refusal)
        done = old ? write_update(c->mock, &write, next) : write_create(c->mock, &write, next);
    json_decref(write.managed);
    json_decref(next);
    json_decref(config);
    json_decref(live);
    return done;
}

static struct written patch_object(struct mock_connection *c, const struct target *target,
                                   const struct write *write, json_t *patch, struct text *warnings)
{
    const struct kind *kind = &target->resource->kind;
    struct revision *old = resource_find(target->resource, target->namespace, target->name);
    struct written done = {0};
    if (write->applied)
        return apply_object(c, target, *write, patch);
    if (!old)
        return (struct written){.refusal = status_not_found(kind, target->name)};
    bool scale = mock__same(target->subresource, "scale");
    json_t *before = revision_object(old);
    json_t *base = scale ? object_scale(kind, before) : json_incref(before);
    json_t *next = patched(c, kind, base, patch, &done.refusal);
    if (!done.refusal && !scale)
        done.refusal = check_fields(c, kind, next, warnings);
    if (!done.refusal)
        done = write_update(c->mock, write, next);
    json_decref(next);
    json_decref(base);
    json_decref(before);
    return done;
}

static void serve_patch(struct mock_connection *c, const struct target *target,
                        const struct write *write)
{
    struct text warnings = {0};
    json_t *patch = NULL, *refusal = check_patch_type(c, &target->resource->kind);
    if (!refusal)
        patch = parse_body(c, target->resource->kind.name, &refusal);
    if (!refusal && write->applied && !json_is_object(patch))
        refusal = unreadable(target->resource->kind.name, &c->request,
                             "cannot unmarshal into Go value of type map");
    if (refusal)
        reply_status(c, refusal);
    else
        reply_written(c, target, patch_object(c, target, write, patch, &warnings), &warnings);
    json_decref(patch);
    text_free(&warnings);
}

json_t *write_delete_options(struct mock_connection *c, json_t **refusal)
{
    const struct request *r = &c->request;
    if (r->body_len)
        return write_body(c, "DeleteOptions", refusal);
    json_t *options = json_object();
    const char *policy = request_query(r, "propagationPolicy");
    const char *grace = request_query(r, "gracePeriodSeconds");
    uint64_t seconds = 0;
    if (policy && *policy)
        json_object_set_new(options, "propagationPolicy", json_string(policy));
    if (grace && *grace && !parse_version(grace, &seconds))
        *refusal = status_bad_request("strconv.ParseInt: parsing \"%s\": invalid syntax", grace);
    else if (grace && *grace)
        json_object_set_new(options, "gracePeriodSeconds", json_integer((json_int_t)seconds));
    return options;
}

static void serve_delete(struct mock_connection *c, const struct target *target,
                         const struct write *write)
{
    const struct kind *kind = &target->resource->kind;
    json_t *refusal = NULL;
    json_t *options = write_delete_options(c, &refusal);
    if (refusal) {
        json_decref(options);
        reply_status(c, refusal);
        return;
    }
    struct write asked = *write;
    asked.dry_run = write->dry_run || json_array_size(json_object_get(options, "dryRun")) > 0;
    struct written done = write_delete(c->mock, &asked, options);
    json_decref(options);
    bool object = mock__same(kind->plural, "pods") || mock__same(kind->plural, "namespaces");
    if (done.refusal || object || !done.deleted) {
        reply_written(c, target, done, NULL);
        return;
    }
    json_t *success = status_success(kind, target->name, done.state->uid);
    reply_json(c, 200, success, reply_how(c, NULL));
    json_decref(success);
    revision_drop(done.state);
}

// dryRun and fieldManager: what a real server refuses of them.
static json_t *check_options(const struct mock_connection *c, const char *manager)
{
    const char *verb = c->request.method, *dry_run = request_query(&c->request, "dryRun");
    const char *validation = request_query(&c->request, "fieldValidation");
    struct kind options = {.group = "meta.k8s.io"};
    struct text what = {0};
    options.name = mock__same(verb, "POST")    ? "CreateOptions"
                   : mock__same(verb, "PUT")   ? "UpdateOptions"
                   : mock__same(verb, "PATCH") ? "PatchOptions"
                                               : "DeleteOptions";
    json_t *refusal = NULL;
    if (dry_run && *dry_run && !mock__same(dry_run, "All") && !mock__same(verb, "GET")) {
        text_format(&what, "Unsupported value: [\"%s\"]: supported values: \"All\"", dry_run);
        refusal = status_invalid(&options, "", "dryRun", "FieldValueNotSupported", what.bytes);
    } else if (validation && *validation && !mock__has_word("Ignore Warn Strict", validation)) {
        text_format(&what,
                    "Unsupported value: \"%s\": supported values: \"\", \"Ignore\", \"Strict\", "
                    "\"Warn\"",
                    validation);
        refusal =
            status_invalid(&options, "", "fieldValidation", "FieldValueNotSupported", what.bytes);
    } else if (strlen(manager) > MANAGER_MAX) {
        text_format(&what, "Too long: may not be more than %d bytes", MANAGER_MAX);
        refusal = status_invalid(&options, "", "fieldManager", "FieldValueTooLong", what.bytes);
    }
    text_free(&what);
    return refusal;
}

void write_serve(struct mock_connection *c, const struct target *target)
{
    char *manager = manager_of(c);
    const char *dry_run = request_query(&c->request, "dryRun");
    json_t *refusal = check_options(c, manager);
    if (refusal) {
        free(manager);
        reply_status(c, refusal);
        return;
    }
    struct write write = {.resource = target->resource,
                          .namespace = target->namespace,
                          .name = target->name,
                          .subresource = target->subresource,
                          .manager = manager,
                          .applied = content_type_is(c, "application/apply-patch+yaml"),
                          .force = request_flag(&c->request, "force"),
                          .dry_run = dry_run && mock__same(dry_run, "All")};
    switch (target->verb) {
    case VERB_CREATE:
    case VERB_UPDATE:
        serve_body(c, target, &write);
        break;
    case VERB_PATCH:
        serve_patch(c, target, &write);
        break;
    case VERB_DELETE:
        serve_delete(c, target, &write);
        break;
    case VERB_DELETECOLLECTION:
        list_delete(c, target, &write);
        break;
    default:
        serve_get(c, target);
    }
    free(manager);
}
