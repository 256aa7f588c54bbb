// SPDX-License-Identifier: Apache-2.0
// reader.c - jsmn behind a cursor. The only file that includes jsmn.
//
// jsmn gives tokens in the order of the text, each with its parent. They are turned, in place and
// in one pass, into what a cursor needs, each with the place of its next sibling:
//
//     { "a" : [ 1 , 2 ] , "b" : 3 }      kind    next
//     0  1    2 3   4      5    6        0 object  -
//        `--> 2 ---------------> 6       1 key     -
//               `-> 4                    2 array   6
//                                        3 number  4 ...
//
// A key stands just before its value, so a value is a member if a key stands before it. The same
// pass refuses what jsmn lets through and a cursor would stumble over: keys without a value or with
// two, values with a colon behind them, words that are none.
#define JSMN_STATIC
#define JSMN_STRICT
#define JSMN_PARENT_LINKS
#include <jsmn.h>

#include "kedge/reader.h"

#include "json/cursor.h"
#include "json/number.h"
#include "json/utf8.h"

#include <limits.h>
#include <string.h>

_Static_assert(sizeof(jsmntok_t) == sizeof(struct kedge_json_token), "jsmn's token has changed");

enum kind { NO_VALUE, OBJECT, ARRAY, KEY, TEXT, NUMBER, BOOL, NONE };

// What jsmn's token becomes: a node, five numbers.
enum {
    KIND,
    START, // in the text; of a key or text without its quotes
    END,
    COUNT, // of elements or members
    // Of a value, the next sibling; negative if there is none. While the tokens are turned: of a
    // container that has had children, -2 - the last of them; of a key, its object.
    NEXT
};

static void set_node(struct kedge_json_token *token, enum kind kind, int start, int end, int count)
{
    token->private_[KIND] = (int)kind;
    token->private_[START] = start;
    token->private_[END] = end;
    token->private_[COUNT] = count;
    token->private_[NEXT] = -1;
}

// Tokens -----------------------------------------------------------------------------------------

static enum kind primitive_kind(kedge_str s)
{
    if (kedge_str_is(s, "true") || kedge_str_is(s, "false"))
        return BOOL;
    if (kedge_str_is(s, "null"))
        return NONE;
    return kedge__number_is(s) ? NUMBER : NO_VALUE;
}

static enum kind value_kind(const char *text, const jsmntok_t *t)
{
    if (t->type == JSMN_OBJECT || t->type == JSMN_ARRAY)
        return t->type == JSMN_OBJECT ? OBJECT : ARRAY;
    // Only a colon behind it gives a leaf something below.
    if (t->size != 0)
        return NO_VALUE;
    kedge_str s = {text + t->start, (size_t)(t->end - t->start)};
    return t->type == JSMN_STRING ? TEXT : primitive_kind(s);
}

// What the token at `at` is, below a token of that kind: an object, a key or an array, for
// value_kind takes no leaf that has something below it.
static enum kind kind_below(enum kind parent, const char *text, const jsmntok_t *t, int at)
{
    if (parent == OBJECT)
        return t->type == JSMN_STRING && t->size == 1 ? KEY : NO_VALUE;
    if (parent == KEY && at != t->parent + 1)
        return NO_VALUE;
    return value_kind(text, t);
}

// Appends the value at `at` to those that its container has.
static void link_sibling(struct kedge_json_token *tokens, int container, int at)
{
    int last = tokens[container].private_[NEXT];
    if (last < -1)
        tokens[-2 - last].private_[NEXT] = at;
    tokens[container].private_[NEXT] = -2 - at;
}

// Turns jsmn's token into a node; those before it are nodes already. False: it should not be there.
static bool turn(const char *text, struct kedge_json_token *tokens, int at)
{
    jsmntok_t t;
    memcpy(&t, &tokens[at], sizeof t);
    if ((at == 0) != (t.parent < 0) || t.parent >= at)
        return false;
    const int *parent = at > 0 ? tokens[t.parent].private_ : NULL;
    enum kind kind = kind_below(at > 0 ? (enum kind)parent[KIND] : ARRAY, text, &t, at);
    set_node(&tokens[at], kind, t.start, t.end, t.size);
    if (kind == KEY)
        tokens[at].private_[NEXT] = t.parent;
    else if (at > 0 && kind != NO_VALUE)
        link_sibling(tokens, parent[KIND] == KEY ? parent[NEXT] : t.parent, at);
    return kind != NO_VALUE;
}

// jsmn takes a word or number only inside a container. True if the text is one; then the token is.
static bool lone_primitive(kedge_str s, struct kedge_json_token *token)
{
    size_t start = 0;
    while (start < s.len && memchr(" \t\r\n", s.ptr[start], 4) != NULL)
        start++;
    while (s.len > start && memchr(" \t\r\n", s.ptr[s.len - 1], 4) != NULL)
        s.len--;
    kedge_str word = {s.ptr + start, s.len - start};
    enum kind kind = word.len > 0 ? primitive_kind(word) : NO_VALUE;
    if (kind == NO_VALUE)
        return false;
    set_node(token, kind, (int)start, (int)s.len, 0);
    return true;
}

kedge_err kedge_json_parse(struct kedge_json *doc, const char *text, size_t len,
                           struct kedge_json_token *tokens, size_t cap)
{
    struct kedge_json empty = {text, len, tokens, 0};
    jsmn_parser parser;
    *doc = empty;
    if (len > INT_MAX)
        return KEDGE_ERR_TOO_LONG;
    if (cap == 0)
        return KEDGE_ERR_FULL;
    if (lone_primitive((kedge_str){text, len}, tokens)) {
        doc->count = 1;
        return KEDGE_OK;
    }

    jsmn_init(&parser);
    unsigned most = cap < INT_MAX ? (unsigned)cap : INT_MAX;
    int made = jsmn_parse(&parser, text, len, (jsmntok_t *)(void *)tokens, most);
    if (made == JSMN_ERROR_NOMEM)
        return KEDGE_ERR_FULL;
    // A NUL ends the text for jsmn, but not for us.
    if (made < 1 || parser.pos < len)
        return KEDGE_ERR_JSON;
    for (int at = 0; at < made; at++) {
        if (!turn(text, tokens, at))
            return KEDGE_ERR_JSON;
    }
    doc->count = made;
    return KEDGE_OK;
}

// The cursor -------------------------------------------------------------------------------------

static kedge_json_value value_at(const struct kedge_json *doc, int at)
{
    kedge_json_value v = {doc, doc != NULL && at < doc->count ? at : -1};
    return v;
}

static const struct kedge_json_token nothing = {{NO_VALUE, 0, 0, 0, -1}};

static const int *node_of(kedge_json_value v)
{
    return v.doc != NULL && v.at >= 0 ? v.doc->tokens[v.at].private_ : nothing.private_;
}

// The bytes of a node, without its quotes.
static kedge_str inside(const struct kedge_json *doc, const int *node)
{
    kedge_str s = {NULL, 0};
    if (node[KIND] == NO_VALUE)
        return s;
    s.ptr = doc->text + node[START];
    s.len = (size_t)(node[END] - node[START]);
    return s;
}

// The key before a value; a node of no kind if it is no member.
static const int *key_of(kedge_json_value member)
{
    kedge_json_value before = {member.doc, member.at - 1};
    const int *node = node_of(before);
    return node[KIND] == KEY ? node : nothing.private_;
}

kedge_json_value kedge_json_root(const struct kedge_json *doc)
{
    return value_at(doc, 0);
}

enum kedge_json_type kedge_json_type(kedge_json_value v)
{
    static const unsigned char types[] = {
        [NO_VALUE] = KEDGE_JSON_ABSENT, [OBJECT] = KEDGE_JSON_OBJECT, [ARRAY] = KEDGE_JSON_ARRAY,
        [KEY] = KEDGE_JSON_ABSENT,      [TEXT] = KEDGE_JSON_TEXT,     [NUMBER] = KEDGE_JSON_NUMBER,
        [BOOL] = KEDGE_JSON_BOOL,       [NONE] = KEDGE_JSON_NULL};
    return (enum kedge_json_type)types[node_of(v)[KIND]];
}

bool kedge__json_enter(kedge_json_value *v)
{
    bool object = node_of(*v)[KIND] == OBJECT;
    bool has = kedge_json_count(*v) > 0;
    v->at = has ? v->at + (object ? 2 : 1) : -1;
    return has;
}

bool kedge__json_step(kedge_json_value *v)
{
    int next = node_of(*v)[NEXT];
    v->at = next >= 0 ? next : -1;
    return next >= 0;
}

kedge_json_value kedge_json_first(kedge_json_value container)
{
    kedge__json_enter(&container);
    return container;
}

kedge_json_value kedge_json_next(kedge_json_value element)
{
    kedge__json_step(&element);
    return element;
}

size_t kedge_json_count(kedge_json_value container)
{
    const int *node = node_of(container);
    return node[KIND] == OBJECT || node[KIND] == ARRAY ? (size_t)node[COUNT] : 0;
}

kedge_json_value kedge_json_get(kedge_json_value object, const char *key)
{
    kedge_str name = kedge_str_of(key);
    kedge_json_value found = {object.doc, -1};
    if (node_of(object)[KIND] != OBJECT)
        return found;
    for (bool more = kedge__json_enter(&object); more; more = kedge__json_step(&object)) {
        if (kedge_json_key_is(object, name))
            found.at = object.at;
    }
    return found;
}

// Texts ------------------------------------------------------------------------------------------

static uint32_t hex_value(char c)
{
    static const char digits[] = "0123456789abcdef0123456789ABCDEF";
    const char *at = memchr(digits, c, sizeof digits - 1);
    return at != NULL ? (uint32_t)(at - digits) & 15u : 0;
}

// The code unit of the \uXXXX at the front, or 0xffffffff if there is none.
static uint32_t front_unit(kedge_str s)
{
    if (s.len < 6 || s.ptr[0] != '\\' || s.ptr[1] != 'u')
        return UINT32_MAX;
    return hex_value(s.ptr[2]) << 12 | hex_value(s.ptr[3]) << 8 | hex_value(s.ptr[4]) << 4 |
           hex_value(s.ptr[5]);
}

// Takes the \uXXXX, or the pair of them, from the front.
static size_t take_unicode(kedge_str *s, char out[4])
{
    uint32_t c = front_unit(*s);
    s->ptr += 6;
    s->len -= 6;
    uint32_t low = front_unit(*s);
    if (c >= 0xd800 && c < 0xdc00 && low >= 0xdc00 && low < 0xe000) {
        s->ptr += 6;
        s->len -= 6;
        c = 0x10000 + ((c - 0xd800) << 10) + (low - 0xdc00);
    }
    return kedge__utf8_encode(c >= 0xd800 && c < 0xe000 ? 0xfffd : c, out);
}

// Takes one byte or one escape from the front of a text that is not empty; its bytes go to `out`,
// and their number comes back.
static size_t take_front(kedge_str *s, char out[4])
{
    static const char letters[] = "bfnrt";
    static const char meanings[] = "\b\f\n\r\t";
    if (front_unit(*s) != UINT32_MAX)
        return take_unicode(s, out);
    if (s->ptr[0] == '\\' && s->len > 1) {
        s->ptr++;
        s->len--;
        const char *at = memchr(letters, s->ptr[0], sizeof letters - 1);
        out[0] = at != NULL ? meanings[at - letters] : s->ptr[0];
    } else {
        out[0] = s->ptr[0];
    }
    s->ptr++;
    s->len--;
    return 1;
}

// The bytes before the first escape.
static size_t plain_len(kedge_str s)
{
    const char *escape = s.len > 0 ? memchr(s.ptr, '\\', s.len) : NULL;
    return escape != NULL ? (size_t)(escape - s.ptr) : s.len;
}

static size_t put(char *buf, size_t cap, size_t at, const char *bytes, size_t len)
{
    size_t room = at < cap ? cap - at : 0;
    if (room > 0 && len > 0)
        memmove(buf + at, bytes, len < room ? len : room);
    return at + len;
}

static size_t unescape(kedge_str s, char *buf, size_t cap)
{
    size_t len = 0;
    while (s.len > 0) {
        char bytes[4];
        size_t plain = plain_len(s);
        len = put(buf, cap, len, s.ptr, plain);
        s.ptr += plain;
        s.len -= plain;
        if (s.len > 0)
            len = put(buf, cap, len, bytes, take_front(&s, bytes));
    }
    return len;
}

static bool unescaped_is(kedge_str s, kedge_str text)
{
    // An escape is never shorter than what it means.
    if (s.len < text.len)
        return false;
    if (plain_len(s) == s.len)
        return kedge_str_eq(s, text);
    while (s.len > 0) {
        char bytes[4];
        size_t n = take_front(&s, bytes);
        if (n > text.len || memcmp(bytes, text.ptr, n) != 0)
            return false;
        text.ptr += n;
        text.len -= n;
    }
    return text.len == 0;
}

kedge_str kedge_json_raw_key(kedge_json_value member)
{
    return inside(member.doc, key_of(member));
}

size_t kedge_json_key(kedge_json_value member, char *buf, size_t cap)
{
    return unescape(kedge_json_raw_key(member), buf, cap);
}

// True if the node is of that kind and means that text.
static bool node_is(const struct kedge_json *doc, const int *node, enum kind kind, kedge_str text)
{
    return node[KIND] == (int)kind && unescaped_is(inside(doc, node), text);
}

bool kedge_json_key_is(kedge_json_value member, kedge_str key)
{
    return node_is(member.doc, key_of(member), KEY, key);
}

size_t kedge_json_text(kedge_json_value v, char *buf, size_t cap)
{
    const int *node = node_of(v);
    return node[KIND] == TEXT ? unescape(inside(v.doc, node), buf, cap) : 0;
}

bool kedge_json_text_is(kedge_json_value v, kedge_str text)
{
    return node_is(v.doc, node_of(v), TEXT, text);
}

kedge_str kedge_json_raw(kedge_json_value v)
{
    const int *node = node_of(v);
    kedge_str s = inside(v.doc, node);
    if (node[KIND] == TEXT) {
        s.ptr--;
        s.len += 2;
    }
    return s;
}

bool kedge_json_int64(kedge_json_value v, int64_t *out)
{
    const int *node = node_of(v);
    return node[KIND] == NUMBER && kedge__number_int64(inside(v.doc, node), out);
}

bool kedge_json_bool(kedge_json_value v, bool *out)
{
    const int *node = node_of(v);
    if (node[KIND] != BOOL)
        return false;
    *out = v.doc->text[node[START]] == 't';
    return true;
}
