// SPDX-License-Identifier: Apache-2.0
// table.c - Table replies, which kubectl get prints: a row of cells for each object.
#include <stdio.h>
#include <string.h>

#include "priv.h"

enum cell {
    CELL_NAME,
    CELL_AGE,
    CELL_PATH,
    CELL_NUMBER,
    CELL_SIZE,
    CELL_READY_REPLICAS,
    CELL_READY_CONTAINERS,
    CELL_RESTARTS,
    CELL_NODE_STATUS,
    CELL_IMAGES,
    CELL_EVENT_OBJECT
};

struct column {
    const char *resource; // NULL: every one
    const char *name;
    enum cell cell;
    const char *path;
    bool wide;
};

// A resource's own columns stand between Name and Age.
static const struct column columns[] = {
    {"deployments", "Ready", CELL_READY_REPLICAS, NULL, false},
    {"deployments", "Up-to-date", CELL_NUMBER, "status.updatedReplicas", false},
    {"deployments", "Available", CELL_NUMBER, "status.availableReplicas", false},
    {"pods", "Ready", CELL_READY_CONTAINERS, NULL, false},
    {"pods", "Status", CELL_PATH, "status.phase", false},
    {"pods", "Restarts", CELL_RESTARTS, NULL, false},
    {"nodes", "Status", CELL_NODE_STATUS, NULL, false},
    {"nodes", "Version", CELL_PATH, "status.nodeInfo.kubeletVersion", false},
    {"namespaces", "Status", CELL_PATH, "status.phase", false},
    {"services", "Type", CELL_PATH, "spec.type", false},
    {"services", "Cluster-IP", CELL_PATH, "spec.clusterIP", false},
    {"configmaps", "Data", CELL_SIZE, "data", false},
    {"secrets", "Type", CELL_PATH, "type", false},
    {"secrets", "Data", CELL_SIZE, "data", false},
    {"leases", "Holder", CELL_PATH, "spec.holderIdentity", false},
    {"events", "Type", CELL_PATH, "type", false},
    {"events", "Reason", CELL_PATH, "reason", false},
    {"events", "Object", CELL_EVENT_OBJECT, NULL, false},
    {"events", "Message", CELL_PATH, "message", false},
};
static const struct column name_column = {NULL, "Name", CELL_NAME, NULL, false};
static const struct column age_column = {NULL, "Age", CELL_AGE, NULL, false};
static const struct column wide_columns[] = {
    {"deployments", "Images", CELL_IMAGES, "spec.template.spec.containers", true},
    {"pods", "IP", CELL_PATH, "status.podIP", true},
    {"pods", "Node", CELL_PATH, "spec.nodeName", true},
};

// ---- cells ---------------------------------------------------------------------------------

// Seconds since 1970 of 2026-11-23T04:16:41Z; -1 where that is no time.
static int64_t seconds_of(const char *time)
{
    int year, month, day, hour, minute, second;
    if (sscanf(time, "%4d-%2d-%2dT%2d:%2d:%2d", &year, &month, &day, &hour, &minute, &second) != 6)
        return -1;
    int64_t y = month <= 2 ? year - 1 : year, era = y / 400, of_era = y - era * 400;
    int64_t of_year = (153 * (month + (month > 2 ? -3 : 9)) + 2) / 5 + day - 1;
    int64_t days = era * 146097 + of_era * 365 + of_era / 4 - of_era / 100 + of_year - 719468;
    return ((days * 24 + hour) * 60 + minute) * 60 + second;
}

bool mock__parse_time(const char *text, int64_t *unix_ms)
{
    int64_t seconds = seconds_of(text), ms = 0;
    if (seconds < 0 || strlen(text) < 20)
        return false;
    const char *at = text + 19;
    if (*at == '.') {
        at++;
        for (int64_t unit = 100; *at >= '0' && *at <= '9'; at++, unit /= 10)
            ms += unit * (*at - '0');
    }
    int hours, minutes;
    char sign;
    if (sscanf(at, "%c%2d:%2d", &sign, &hours, &minutes) == 3 && (sign == '+' || sign == '-'))
        seconds -= (sign == '+' ? 60 : -60) * (hours * 60 + minutes);
    else if (!mock__same(at, "Z"))
        return false;
    *unix_ms = seconds * 1000 + ms;
    return true;
}

static json_t *age_of(const struct mock *mock, const char *time)
{
    int64_t from = seconds_of(time);
    if (from < 0)
        return json_string("<unknown>");
    int64_t s = mock__unix_ms(mock) / 1000 - from, m = s / 60, h = m / 60, d = h / 24;
    if (s < 0)
        return json_string("<invalid>");
    if (s < 120)
        return json_sprintf("%ds", (int)s);
    if (m < 10)
        return s % 60 ? json_sprintf("%dm%ds", (int)m, (int)(s % 60)) : json_sprintf("%dm", (int)m);
    if (h < 3)
        return json_sprintf("%dm", (int)m);
    if (h < 48)
        return json_sprintf("%dh", (int)h);
    return json_sprintf("%dd", (int)d);
}

static json_t *ready_replicas(const json_t *object)
{
    return json_sprintf("%d/%d",
                        (int)json_integer_value(mock__path(object, "status.readyReplicas")),
                        (int)json_integer_value(mock__path(object, "spec.replicas")));
}

static json_t *ready_containers(const json_t *object)
{
    json_t *statuses = mock__path(object, "status.containerStatuses"), *status;
    size_t i, ready = 0;
    json_array_foreach(statuses, i, status) ready += json_is_true(json_object_get(status, "ready"));
    return json_sprintf("%d/%d", (int)ready,
                        (int)json_array_size(mock__path(object, "spec.containers")));
}

static json_t *restarts(const json_t *object)
{
    json_t *statuses = mock__path(object, "status.containerStatuses"), *status;
    json_int_t sum = 0;
    size_t i;
    json_array_foreach(statuses, i, status) sum +=
        json_integer_value(json_object_get(status, "restartCount"));
    return json_sprintf("%d", (int)sum);
}

static json_t *node_status(const json_t *object)
{
    json_t *conditions = mock__path(object, "status.conditions"), *condition;
    const char *answer = "Unknown";
    size_t i;
    json_array_foreach(conditions, i,
                       condition) if (mock__same(mock__path_string(condition, "type"), "Ready"))
        answer = mock__same(mock__path_string(condition, "status"), "True") ? "Ready" : "NotReady";
    return json_string(answer);
}

static json_t *images(const json_t *containers)
{
    struct text t = {0};
    const json_t *container;
    text_string(&t, "");
    for (size_t i = 0; (container = json_array_get(containers, i)) != NULL; i++)
        text_format(&t, "%s%s", i ? "," : "", mock__path_string(container, "image"));
    json_t *cell = json_string(t.bytes);
    text_free(&t);
    return cell;
}

static json_t *cell_of(const struct mock *mock, const struct column *column, const json_t *object)
{
    const json_t *value = column->path ? mock__path(object, column->path) : NULL;
    switch (column->cell) {
    case CELL_NAME:
        return json_string(mock__path_string(object, "metadata.name"));
    case CELL_AGE:
        return age_of(mock, mock__path_string(object, "metadata.creationTimestamp"));
    case CELL_NUMBER:
        return json_integer(json_integer_value(value));
    case CELL_SIZE:
        return json_integer((json_int_t)json_object_size(value));
    case CELL_READY_REPLICAS:
        return ready_replicas(object);
    case CELL_READY_CONTAINERS:
        return ready_containers(object);
    case CELL_RESTARTS:
        return restarts(object);
    case CELL_NODE_STATUS:
        return node_status(object);
    case CELL_IMAGES:
        return images(value);
    case CELL_EVENT_OBJECT:
        return json_sprintf("%s/%s", mock__path_string(object, "involvedObject.kind"),
                            mock__path_string(object, "involvedObject.name"));
    default:
        return json_string(json_is_string(value) && *json_string_value(value)
                               ? json_string_value(value)
                               : "<none>");
    }
}

// ---- tables --------------------------------------------------------------------------------

// The columns of a resource in their order; NULL behind the last.
static const struct column *column_at(const struct resource *r, size_t index)
{
    size_t at = 0;
    if (index == at++)
        return &name_column;
    for (size_t i = 0; i < sizeof columns / sizeof columns[0]; i++)
        if (mock__same(columns[i].resource, r->kind.plural) && index == at++)
            return &columns[i];
    if (index == at++)
        return &age_column;
    for (size_t i = 0; i < sizeof wide_columns / sizeof wide_columns[0]; i++)
        if (mock__same(wide_columns[i].resource, r->kind.plural) && index == at++)
            return &wide_columns[i];
    return NULL;
}

static json_t *definition(const struct column *column)
{
    bool number = column->cell == CELL_NUMBER || column->cell == CELL_SIZE;
    return json_pack("{s:s, s:s, s:s, s:s, s:i}", "name", column->name, "type",
                     number ? "integer" : "string", "format",
                     column->cell == CELL_NAME ? "name" : "", "description", column->name,
                     "priority", column->wide);
}

json_t *table_new(const struct resource *r, bool with_columns)
{
    json_t *definitions = with_columns ? json_array() : json_null();
    const struct column *column;
    for (size_t i = 0; with_columns && (column = column_at(r, i)) != NULL; i++)
        json_array_append_new(definitions, definition(column));
    return json_pack("{s:s, s:s, s:{}, s:o, s:[]}", "kind", "Table", "apiVersion", "meta.k8s.io/v1",
                     "metadata", "columnDefinitions", definitions, "rows");
}

// The object of a row, as includeObject asks.
static json_t *row_object(const json_t *object, const char *include)
{
    if (include && mock__same(include, "None"))
        return json_null();
    if (include && mock__same(include, "Object"))
        return json_deep_copy(object);
    return json_pack("{s:s, s:s, s:O}", "kind", "PartialObjectMetadata", "apiVersion",
                     "meta.k8s.io/v1", "metadata", json_object_get(object, "metadata"));
}

void table_add(struct mock *mock, json_t *table, const struct resource *r,
               const struct revision *state, const char *include)
{
    json_t *object = revision_object(state), *cells = json_array();
    const struct column *column;
    for (size_t i = 0; (column = column_at(r, i)) != NULL; i++)
        json_array_append_new(cells, cell_of(mock, column, object));
    json_array_append_new(
        json_object_get(table, "rows"),
        json_pack("{s:o, s:o}", "cells", cells, "object", row_object(object, include)));
    if (!json_object_size(json_object_get(table, "metadata")))
        json_object_set(json_object_get(table, "metadata"), "resourceVersion",
                        mock__path(object, "metadata.resourceVersion"));
    json_decref(object);
}
