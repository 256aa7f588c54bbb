// SPDX-License-Identifier: Apache-2.0
// connection.c - one client: requests in, replies out.
//
//   IDLE --request--> WAITING (for a version) --+--> LISTING, WATCHING, ... --end--> IDLE
//     +-----------------------------------------+
//
// While a reply is running the next requests wait in the input.
#include <stdlib.h>
#include <string.h>

#include "priv.h"

enum { INPUT_MAX = REQUEST_HEAD_MAX + 2 * REQUEST_BODY_MAX };

struct mock_connection *mock_connection_open(struct mock *mock)
{
    if (fault_refuses(mock))
        return NULL;
    struct mock_connection *c = mock__alloc(sizeof *c);
    c->mock = mock;
    c->cut_after = c->stall_after = UINT64_MAX;
    c->reply.body_left = SIZE_MAX;
    c->idle_since = mock->now;
    c->next = mock->connections;
    mock->connections = c;
    return c;
}

void mock_connection_set_user(struct mock_connection *connection, const char *user)
{
    free(connection->user);
    connection->user = mock__copy_string(user);
}

static void stop_reply(struct mock_connection *c)
{
    list_end(&c->listing);
    watch_stop(&c->watch);
    log_stop(&c->logging);
    text_free(&c->extra);
    c->idle_since = c->mock->now;
    request_free(&c->request);
    text_free(&c->padding);
    c->pad = c->huge = 0;
    c->no_metadata = c->unknown_event = false;
    c->reply.body_left = SIZE_MAX;
    c->phase = PHASE_IDLE;
    c->waited = c->continued = false;
}

void connection_finish(struct mock_connection *c)
{
    c->closing = c->closing || c->request.close;
    stop_reply(c);
}

void mock_connection_close(struct mock_connection *connection)
{
    if (!connection)
        return;
    struct mock_connection **link = &connection->mock->connections;
    while (*link != connection)
        link = &(*link)->next;
    *link = connection->next;
    stop_reply(connection);
    text_free(&connection->in);
    text_free(&connection->out);
    text_free(&connection->reply.head);
    free(connection->user);
    free(connection);
}

// What Go's server says before it gives up on a client.
static void give_up(struct mock_connection *c, const char *status)
{
    text_format(&c->out,
                "HTTP/1.1 %s\r\nContent-Type: text/plain; charset=utf-8\r\n"
                "Connection: close\r\n\r\n%s",
                status, status);
    c->closing = true;
    request_free(&c->request);
}

static bool next_request(struct mock_connection *c)
{
    size_t used = 0;
    bool expects;
    if (c->phase != PHASE_IDLE || c->closing || c->broken || !text_left(&c->in))
        return false;
    enum parse_result result = request_parse(&c->request, &c->in, &used, &expects);
    if (result == PARSE_DONE) {
        text_drop(&c->in, used);
        return true;
    }
    if (result == PARSE_BAD)
        give_up(c, "400 Bad Request");
    else if (result == PARSE_HEAD_TOO_LARGE)
        give_up(c, "431 Request Header Fields Too Large");
    else if (result == PARSE_BODY_TOO_LARGE)
        give_up(c, "413 Request Entity Too Large");
    else if (expects && !c->continued) {
        text_string(&c->out, "HTTP/1.1 100 Continue\r\n\r\n");
        c->continued = true;
    }
    request_free(&c->request);
    return false;
}

size_t mock_connection_feed(struct mock_connection *connection, const void *bytes, size_t len)
{
    size_t room = INPUT_MAX - text_left(&connection->in);
    if (connection->closing || connection->broken)
        return len; // nobody reads it
    if (len > room)
        len = room;
    text_add(&connection->in, bytes, len);
    connection->idle_since = connection->mock->now;
    while (next_request(connection))
        api_serve(connection);
    return len;
}

void connection_serve(struct mock_connection *c)
{
    if (c->phase == PHASE_WAITING &&
        (c->mock->version >= c->wait_version || c->mock->now >= c->wait_deadline)) {
        c->phase = PHASE_IDLE;
        c->waited = true;
        api_serve(c);
    }
    while (next_request(c))
        api_serve(c);
}

bool wait_for_version(struct mock_connection *c, uint64_t version)
{
    if (version <= c->mock->version)
        return false;
    if (c->waited) {
        reply_status(c, status_too_large(version, c->mock->version));
        return true;
    }
    c->phase = PHASE_WAITING;
    c->wait_version = version;
    c->wait_deadline = c->mock->now + FUTURE_WAIT_MS;
    return true;
}

static void make_more(struct mock_connection *c)
{
    connection_serve(c);
    while (text_left(&c->out) < OUTPUT_GOAL) {
        size_t before = text_left(&c->out);
        if (c->pad)
            fault_write_padding(c);
        else if (c->phase == PHASE_LISTING)
            list_make(c);
        else if (c->phase == PHASE_WATCHING)
            watch_make(c);
        else if (c->phase == PHASE_LOGGING)
            log_make(c);
        else if (c->phase == PHASE_ENDLESS_HEADER)
            fault_add_endless_header(c);
        connection_serve(c);
        if (text_left(&c->out) == before)
            return;
    }
}

size_t mock_connection_output(struct mock_connection *connection, void *buffer, size_t cap)
{
    struct mock_connection *c = connection;
    uint64_t most = cap;
    if (c->broken)
        return 0;
    if (!c->closing)
        make_more(c);
    if (c->slow && most > c->allowance)
        most = c->allowance;
    if (most > c->cut_after)
        most = c->cut_after;
    if (most > c->stall_after)
        most = c->stall_after;
    size_t len = text_take(&c->out, buffer, (size_t)most);
    c->allowance -= c->slow ? len : 0;
    c->cut_after -= c->cut_after == UINT64_MAX ? 0 : len;
    c->stall_after -= c->stall_after == UINT64_MAX ? 0 : len;
    if (c->cut_after == 0) {
        c->closing = true;
        c->broken = c->cut_breaks;
        c->out.at = c->out.len = 0;
    }
    return len;
}

enum mock_state mock_connection_state(const struct mock_connection *connection)
{
    if (connection->broken)
        return MOCK_RESET;
    bool silent = connection->stall_after == 0;
    return connection->closing && !silent && !text_left(&connection->out) ? MOCK_CLOSED : MOCK_OPEN;
}

bool mock_connection_was_cut(const struct mock_connection *connection)
{
    return connection->broken || connection->cut_after == 0;
}
