// SPDX-License-Identifier: Apache-2.0
// http.c - the framing of a response, a byte at a time in the head, a slice at a time in the body.
//
//   STATUS -> REASON -> REASON_LF -> LINE <-------------------------- trailers ------+
//                                    |  ^ \                                          |
//                        NAME -> VALUE -> VALUE_LF                                   |
//                                    |                                               |
//                                 HEAD_LF (the empty line: HEAD, or END of trailers) |
//                 +------------------+-----------------+-----------+                 |
//              LENGTH             UNTIL_CLOSE         SIZE        DONE               |
//                 |                  |                 | ^                           |
//                DONE         kedge_http_finish     (PAD, EXTENSION) -> SIZE_LF -----+ last chunk
//                                                        ^                |
//                                                        DATA_LF <- DATA_CR <- DATA
//
// In the head a line may end with a bare LF (RFC 9112 2.2). Around chunks it may not: there another
// reader may count differently.
//
// Invariants: in NAME and VALUE `line_len` bytes of `line` are set, of a name no more than the
// longest wanted one has and one, of a value at most KEDGE_HTTP_LINE; in LENGTH and DATA `left`
// bytes are to come; FAILED has an error and a problem, and is never left.
#include "kedge/http.h"

#include "base/hex.h"
#include "net/http_fields.h"

enum state {
    STATUS,
    REASON,
    REASON_LF,
    LINE,
    NAME,
    VALUE,
    VALUE_LF,
    HEAD_LF,
    SIZE_FIRST,
    SIZE,
    PAD,
    EXTENSION,
    SIZE_LF,
    DATA,
    DATA_CR,
    DATA_LF,
    LENGTH,
    UNTIL_CLOSE,
    DONE,
    FAILED
};

static void forget_head(struct kedge_http_response *r)
{
    r->status = 0;
    r->keep_alive = r->chunked = r->has_length = r->aggregated = r->encoded = false;
    r->content_length = 0;
    r->retry_after = -1;
    r->date = 0;
    r->content = KEDGE_CONTENT_NONE;
    r->location[0] = '\0';
    r->line_len = 0;
    r->seen = 0;
    r->old = r->close = r->persist = false;
    r->state = STATUS;
}

void kedge__http_response_again(struct kedge_http_response *r)
{
    memset(r, 0, offsetof(struct kedge_http_response, read_type));
    r->problem = "";
    forget_head(r);
}

void kedge_http_response_init(struct kedge_http_response *r)
{
    r->read_type = kedge__http_read_type;
    kedge__http_response_again(r);
}

static void fail(struct kedge_http_response *r, kedge_err err, const char *problem)
{
    r->state = FAILED;
    r->keep_alive = false;
    r->err = (int8_t)err;
    r->problem = problem;
}

static void malformed(struct kedge_http_response *r, const char *problem)
{
    fail(r, KEDGE_ERR_HTTP, problem);
}

// Why the first bytes are no status line. The commonest mistakes are named.
static const char *not_http(size_t at, char c)
{
    if (at == 0 && (c == 0x15 || c == 0x16))
        return "the peer speaks TLS: the server's URL must begin with https";
    if (at == 0 && (c == 'P' || c == 0x00))
        return "the peer speaks HTTP/2, not HTTP/1.1";
    if (at == 0 && c == '<')
        return "the peer sends a page without a status line";
    return at == 5 || at == 6 ? "the version of HTTP is not 1.x" : "no status line of HTTP";
}

static void step_status(struct kedge_http_response *r, char c)
{
    static const char start[] = "HTTP/1.";
    size_t at = r->line_len++;
    bool digit = c >= '0' && c <= '9';
    if (at < sizeof start - 1) {
        if (c != start[at])
            malformed(r, not_http(at, c));
    } else if (at == 7) {
        r->old = c == '0';
        if (!digit)
            malformed(r, "the version of HTTP is not 1.x");
    } else if (at == 8) {
        if (c != ' ')
            malformed(r, "no space after the version in the status line");
    } else if (at < 12) {
        r->status = (uint16_t)(r->status * 10 + (digit ? c - '0' : 0));
        if (!digit || (at == 9 && c == '0'))
            malformed(r, "the status is not a number from 100 to 999");
    } else if (c == ' ') {
        r->state = REASON;
    } else if (c == '\r' || c == '\n') {
        r->state = c == '\r' ? REASON_LF : LINE; // many leave the space out with the reason
    } else {
        malformed(r, "the status is not a number from 100 to 999");
    }
}

static void step_reason(struct kedge_http_response *r, char c)
{
    if (c == '\r')
        r->state = REASON_LF;
    else if (c == '\n')
        r->state = LINE;
    else if (!kedge__http_is_text(c))
        malformed(r, "a control character in the status line");
}

// The LF that must follow a CR, then the next line.
static void step_line_end(struct kedge_http_response *r, char c)
{
    r->state = LINE;
    if (c != '\n')
        malformed(r, "a carriage return inside a line of the head");
}

// A response that is not skipped.
static bool is_final(const struct kedge_http_response *r)
{
    return r->status >= 200 || r->status == 101;
}

static bool has_no_body(const struct kedge_http_response *r)
{
    return r->status == 101 || r->status == 204 || r->status == 304;
}

// Which state reads the body (RFC 9112 6.3).
static enum state body_state(struct kedge_http_response *r)
{
    if (has_no_body(r))
        return DONE;
    if (r->chunked)
        return SIZE_FIRST;
    r->left = r->content_length;
    return r->has_length ? LENGTH : UNTIL_CLOSE;
}

static enum kedge_http_event end_head(struct kedge_http_response *r)
{
    const char *problem = kedge__http_fields_check(r);
    if (problem != NULL) {
        malformed(r, problem);
        return KEDGE_HTTP_MORE;
    }
    if (!is_final(r)) {
        forget_head(r); // but not head_len: 1xx without end must not keep us busy without end
        return KEDGE_HTTP_MORE;
    }
    enum state next = body_state(r);
    r->state = (uint8_t)next;
    // After 101 the connection is no longer one of HTTP.
    r->keep_alive = next != UNTIL_CLOSE && r->status != 101 && !r->close && (!r->old || r->persist);
    return KEDGE_HTTP_HEAD;
}

static enum kedge_http_event end_lines(struct kedge_http_response *r)
{
    if (!r->trailers)
        return end_head(r);
    r->state = DONE;
    return KEDGE_HTTP_END;
}

static void step_name(struct kedge_http_response *r, char c)
{
    if (kedge__http_is_token(c)) {
        if (r->line_len <= KEDGE__HTTP_NAME_MAX)
            r->line[r->line_len++] = c;
        return;
    }
    if (c == ':' && r->line_len > 0) {
        // A name that was too long to hold has one byte more than the longest wanted one.
        enum kedge__http_field field = kedge__http_field_of((kedge_str){r->line, r->line_len});
        r->wanted = (uint8_t)(r->trailers ? KEDGE__HTTP_UNWANTED : field);
        r->line_len = 0;
        r->state = VALUE;
        return;
    }
    if (c == ' ' || c == '\t')
        malformed(r, "a space before a header's colon");
    else if (c == '\r' || c == '\n')
        malformed(r, "a header without a colon");
    else
        malformed(r, "a header's name is not a token");
}

static enum kedge_http_event step_line(struct kedge_http_response *r, char c)
{
    r->line_len = 0;
    if (c == '\n')
        return end_lines(r);
    if (c == '\r') {
        r->state = HEAD_LF;
    } else if (c == ' ' || c == '\t') {
        malformed(r, "a header folded over two lines");
    } else {
        r->state = NAME;
        step_name(r, c);
    }
    return KEDGE_HTTP_MORE;
}

static enum kedge_http_event end_value(struct kedge_http_response *r, enum state next)
{
    r->state = (uint8_t)next;
    if (r->wanted == KEDGE__HTTP_WARNING)
        return r->line_len > 0 && is_final(r) ? KEDGE_HTTP_WARNING : KEDGE_HTTP_MORE;
    kedge_str value = {r->line, r->line_len};
    const char *problem = kedge__http_field_take(r, (enum kedge__http_field)r->wanted, value);
    if (problem != NULL)
        malformed(r, problem);
    return KEDGE_HTTP_MORE;
}

static enum kedge_http_event step_value(struct kedge_http_response *r, char c)
{
    if (c == '\r' || c == '\n')
        return end_value(r, c == '\r' ? VALUE_LF : LINE);
    if (!kedge__http_is_text(c))
        malformed(r, "a control character in a header");
    else if (r->wanted == KEDGE__HTTP_UNWANTED || (r->line_len == 0 && (c == ' ' || c == '\t')))
        return KEDGE_HTTP_MORE;
    else if (r->line_len < sizeof r->line)
        r->line[r->line_len++] = c;
    else if (r->wanted != KEDGE__HTTP_LOCATION && r->wanted != KEDGE__HTTP_WARNING)
        fail(r, KEDGE_ERR_TOO_LONG, "a header's value is longer than KEDGE_HTTP_LINE");
    return KEDGE_HTTP_MORE;
}

static enum kedge_http_event step_head_lf(struct kedge_http_response *r, char c)
{
    if (c == '\n')
        return end_lines(r);
    malformed(r, "a carriage return inside a line of the head");
    return KEDGE_HTTP_MORE;
}

static enum kedge_http_event step_head(struct kedge_http_response *r, char c)
{
    if (++r->head_len > KEDGE_HTTP_HEAD_MAX) {
        fail(r, KEDGE_ERR_TOO_LONG,
             r->trailers ? "the trailers are longer than KEDGE_HTTP_HEAD_MAX"
                         : "the head is longer than KEDGE_HTTP_HEAD_MAX");
        return KEDGE_HTTP_MORE;
    }
    switch (r->state) {
    case STATUS:
        step_status(r, c);
        break;
    case REASON:
        step_reason(r, c);
        break;
    case LINE:
        return step_line(r, c);
    case NAME:
        step_name(r, c);
        break;
    case VALUE:
        return step_value(r, c);
    case HEAD_LF:
        return step_head_lf(r, c);
    default:
        step_line_end(r, c);
        break;
    }
    return KEDGE_HTTP_MORE;
}

static void step_size(struct kedge_http_response *r, char c)
{
    int digit = kedge__hex(c);
    if (digit >= 0 && r->left > (uint64_t)INT64_MAX >> 4)
        malformed(r, "a chunk's size is over 63 bits");
    else if (digit >= 0)
        r->left = r->left << 4 | (uint64_t)digit;
    else if (r->state == SIZE_FIRST)
        malformed(r, "a chunk's size is not a hexadecimal number");
    else if (c == ';')
        r->state = EXTENSION;
    else if (c == ' ' || c == '\t')
        r->state = PAD;
    else if (c == '\r')
        r->state = SIZE_LF;
    else
        malformed(r, c == '\n' ? "a bare line feed after a chunk's size"
                               : "a chunk's size is not a hexadecimal number");
    if (r->state == SIZE_FIRST)
        r->state = SIZE;
}

// RFC 9112 7.1.1: "bad" white space may stand before an extension, and some send it without one.
static void step_pad(struct kedge_http_response *r, char c)
{
    if (c == ';')
        r->state = EXTENSION;
    else if (c == '\r')
        r->state = SIZE_LF;
    else if (c != ' ' && c != '\t')
        malformed(r, "a chunk's size is not a hexadecimal number");
}

static void step_extension(struct kedge_http_response *r, char c)
{
    if (c == '\r')
        r->state = SIZE_LF;
    else if (c == '\n')
        malformed(r, "a bare line feed after a chunk's size");
    else if (!kedge__http_is_text(c))
        malformed(r, "a control character in a chunk's extension");
}

// The chunk pays for its framing: one byte a chunk is a legitimate stream, an extension without end
// for each byte is an attack.
static void pay(struct kedge_http_response *r)
{
    uint64_t paid = r->left < KEDGE_HTTP_HEAD_MAX ? 16 + 2 * r->left : UINT32_MAX;
    r->excess = paid < r->excess ? r->excess - (uint32_t)paid : 0;
}

static void step_size_lf(struct kedge_http_response *r, char c)
{
    if (c != '\n') {
        malformed(r, "a carriage return inside a chunk's size");
        return;
    }
    pay(r);
    if (r->left > 0) {
        r->state = DATA;
        return;
    }
    r->trailers = true;
    r->head_len = 0;
    r->state = LINE;
}

static void step_after_data(struct kedge_http_response *r, char c)
{
    bool lf = r->state == DATA_LF;
    r->state = lf ? SIZE_FIRST : DATA_LF;
    if (c != (lf ? '\n' : '\r'))
        malformed(r, "a chunk is longer than its size says");
}

static void step_chunk(struct kedge_http_response *r, char c)
{
    if (++r->excess > KEDGE_HTTP_HEAD_MAX) {
        fail(r, KEDGE_ERR_TOO_LONG, "chunk extensions are longer than KEDGE_HTTP_HEAD_MAX");
        return;
    }
    switch (r->state) {
    case PAD:
        step_pad(r, c);
        break;
    case EXTENSION:
        step_extension(r, c);
        break;
    case SIZE_LF:
        step_size_lf(r, c);
        break;
    case DATA_CR:
    case DATA_LF:
        step_after_data(r, c);
        break;
    default:
        step_size(r, c);
        break;
    }
}

static enum kedge_http_event step(struct kedge_http_response *r, char c)
{
    if (r->state <= HEAD_LF)
        return step_head(r, c);
    step_chunk(r, c);
    return KEDGE_HTTP_MORE;
}

static bool in_body(const struct kedge_http_response *r)
{
    return r->state == DATA || r->state == LENGTH || r->state == UNTIL_CLOSE;
}

// A run of the body, as far as the input goes.
static enum kedge_http_event take_body(struct kedge_http_response *r, const char *data, size_t len,
                                       kedge_str *body)
{
    if (r->state == LENGTH && r->left == 0) {
        r->state = DONE;
        return KEDGE_HTTP_END;
    }
    if (len == 0)
        return KEDGE_HTTP_MORE;
    size_t n = r->state != UNTIL_CLOSE && r->left < len ? (size_t)r->left : len;
    *body = (kedge_str){data, n};
    if (r->state == UNTIL_CLOSE)
        return KEDGE_HTTP_BODY;
    r->left -= n;
    if (r->state == DATA && r->left == 0)
        r->state = DATA_CR;
    return KEDGE_HTTP_BODY;
}

kedge_err kedge_http_feed(struct kedge_http_response *r, const char *data, size_t len, size_t *used,
                          enum kedge_http_event *event, kedge_str *body)
{
    size_t at = 0;
    *event = KEDGE_HTTP_MORE;
    *body = (kedge_str){NULL, 0};
    while (*event == KEDGE_HTTP_MORE && at < len && !in_body(r) && r->state < DONE)
        *event = step(r, data[at++]);
    if (*event == KEDGE_HTTP_MORE && in_body(r)) {
        *event = take_body(r, at < len ? data + at : NULL, len - at, body);
        at += body->len;
    } else if (*event == KEDGE_HTTP_MORE && r->state == DONE) {
        *event = KEDGE_HTTP_END;
    } else if (*event == KEDGE_HTTP_WARNING) {
        *body = (kedge_str){r->line, r->line_len};
    }
    *used = at;
    return (kedge_err)r->err;
}

kedge_err kedge_http_finish(struct kedge_http_response *r)
{
    if (r->state == UNTIL_CLOSE || (r->state == LENGTH && r->left == 0))
        r->state = DONE;
    if (r->state == DONE)
        return KEDGE_OK;
    if (r->state == STATUS && r->head_len == 0)
        return KEDGE_ERR_CLOSED;
    if (r->state != FAILED)
        malformed(r, "the response was cut short");
    return (kedge_err)r->err;
}
