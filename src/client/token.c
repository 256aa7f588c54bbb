// SPDX-License-Identifier: Apache-2.0
// token.c - see token.h.
//
//     buf: | token in use | NUL | the next one, as it is read | NUL |
//            len                  moved to the front once it is known to be good
//
// So a file that is half written, empty or gone never costs the token that works.
#include "client/token.h"

#include "base/wipe.h"
#include "client/file.h"

// What the next token may be longer than the first, beside the first one's own length.
#define MARGIN 1024

static bool is_space(char c)
{
    return c == ' ' || (c >= '\t' && c <= '\r');
}

kedge_str kedge__token_trim(kedge_str s)
{
    while (s.len > 0 && is_space(s.ptr[s.len - 1]))
        s.len--;
    while (s.len > 0 && is_space(s.ptr[0])) {
        s.ptr++;
        s.len--;
    }
    return s;
}

static bool has_control(kedge_str s)
{
    for (size_t i = 0; i < s.len; i++) {
        unsigned char c = (unsigned char)s.ptr[i];
        if (c < 0x20 || c == 0x7f)
            return true;
    }
    return false;
}

static const char *problem_of(kedge_err err)
{
    switch (err) {
    case KEDGE_ERR_NOT_FOUND:
        return "there is no such file";
    case KEDGE_ERR_CONFIG:
        return "the token holds a control character";
    case KEDGE_ERR_TOO_LONG:
        return "the token is longer than KEDGE_TOKEN_MAX, or than the room taken for it";
    case KEDGE_ERR_STATE:
        return "the file is empty";
    case KEDGE_ERR_UNSUPPORTED:
        return "the port has no files";
    default:
        return "the file cannot be read";
    }
}

static void say(struct kedge__line *l, const char *place, kedge_err err)
{
    kedge__line_text(l, "bearer token");
    kedge__line_text(l, place != NULL ? " file " : "");
    kedge__line_foreign(l, place);
    kedge__line_text(l, ": ");
    kedge__line_text(l, problem_of(err));
}

static kedge_err fail(struct kedge *k, const char *place, kedge_err err)
{
    kedge_err told = err == KEDGE_ERR_NOT_FOUND || err == KEDGE_ERR_STATE ? KEDGE_ERR_FILE : err;
    say(kedge__fail(k, told), place, err);
    return told;
}

// Once until it goes well again: a file that is gone would fill the log.
static void complain(struct kedge *k, struct kedge__token_source *t, kedge_err err)
{
    char text[160];
    struct kedge__line l;
    if (t->complained)
        return;
    t->complained = true;
    kedge__line_init(&l, text, sizeof text);
    say(&l, t->path, err);
    kedge__line_text(&l, t->len > 0 ? "; the one before it stays in use" : "");
    kedge__log(k, KEDGE_LOG_WARNING, text);
}

static bool has_file(struct kedge *k, const struct kedge__token_source *t)
{
    return t->path != NULL && k->port->file != NULL;
}

// Reads all of the file into `buf`, and how long it is into *len. KEDGE_ERR_TOO_LONG with `cap`
// bytes: a file of exactly this size would do, but cannot be told from a longer one.
static kedge_err read_file(struct kedge *k, const char *path, char *buf, size_t cap, size_t *len)
{
    int got = kedge__file_read(k, path, buf, cap);
    *len = got > 0 ? (size_t)got : 0;
    if (got < 0)
        return (kedge_err)got;
    return *len < cap ? KEDGE_OK : KEDGE_ERR_TOO_LONG;
}

// Takes `text` into use. It may lie in the buffer, behind the token in use.
static kedge_err use(struct kedge__token_source *t, kedge_str text)
{
    text = kedge__token_trim(text);
    if (text.len == 0)
        return KEDGE_ERR_STATE;
    if (has_control(text))
        return KEDGE_ERR_CONFIG;
    if (text.len >= t->cap)
        return KEDGE_ERR_TOO_LONG;
    memmove(t->buf, text.ptr, text.len);
    kedge__wipe(t->buf + text.len, t->cap - text.len);
    t->len = text.len;
    return KEDGE_OK;
}

static kedge_err reread(struct kedge *k, struct kedge__token_source *t)
{
    size_t from = t->len > 0 ? t->len + 1 : 0;
    size_t got = 0;
    kedge_err err = read_file(k, t->path, t->buf + from, t->cap - from, &got);
    if (err == KEDGE_OK)
        err = use(t, (kedge_str){t->buf + from, got});
    if (err != KEDGE_OK)
        kedge__wipe(t->buf + from, t->cap - from);
    return err;
}

static void refresh(struct kedge *k, struct kedge__token_source *t, kedge_time now)
{
    kedge_err err = reread(k, t);
    if (err != KEDGE_OK) {
        complain(k, t, err);
        return;
    }
    t->fresh = true;
    t->complained = false;
    t->read_at = now;
}

// Room for the larger of both tokens, twice, so that a file may follow a text and a token another.
static kedge_err take_room(struct kedge *k, struct kedge__token_source *t, size_t text_len,
                           size_t file_len)
{
    size_t longest = text_len > file_len ? text_len : file_len;
    t->cap = 2 * longest + MARGIN;
    t->buf = kedge__take(k, "token", t->cap, 1, 1);
    return t->buf != NULL ? KEDGE_OK : KEDGE_ERR_MEMORY;
}

// The file's token, or else the text's.
static kedge_err read_first(struct kedge *k, struct kedge__token_source *t, kedge_str text)
{
    int len =
        has_file(k, t) ? kedge__file_length(k, t->path, KEDGE_TOKEN_MAX) : KEDGE_ERR_UNSUPPORTED;
    kedge_err file_err = len < 0 ? (kedge_err)len : KEDGE_OK;
    if (take_room(k, t, text.len, len > 0 ? (size_t)len : 0) != KEDGE_OK)
        return KEDGE_ERR_MEMORY;
    kedge_err text_err = use(t, text);
    if (file_err == KEDGE_OK)
        file_err = reread(k, t);
    t->fresh = file_err == KEDGE_OK;
    t->read_at = kedge__clock(k);
    if (file_err == KEDGE_OK || (t->path == NULL && text_err == KEDGE_OK))
        return KEDGE_OK;
    if (text_err == KEDGE_OK) {
        complain(k, t, file_err);
        return KEDGE_OK;
    }
    return fail(k, t->path, t->path != NULL ? file_err : text_err);
}

kedge_err kedge__token_init(struct kedge *k, struct kedge__token_source *t, const char *text,
                            const char *path)
{
    kedge_str given = kedge__token_trim(kedge_str_of(text));
    memset(t, 0, sizeof *t);
    t->path = path != NULL && path[0] != '\0' ? path : NULL;
    if (given.len == 0 && t->path == NULL) {
        kedge__line_text(kedge__fail(k, KEDGE_ERR_ARGUMENT), "neither a token nor a token file");
        return KEDGE_ERR_ARGUMENT;
    }
    if (given.len > KEDGE_TOKEN_MAX)
        return fail(k, NULL, KEDGE_ERR_TOO_LONG);
    return read_first(k, t, given);
}

kedge_err kedge__token_get(struct kedge *k, struct kedge__token_source *t, kedge_time now,
                           const char **token)
{
    if (has_file(k, t) && (!t->fresh || now - t->read_at >= KEDGE__TOKEN_FRESH))
        refresh(k, t, now);
    *token = t->len > 0 ? t->buf : NULL;
    return t->len > 0 ? KEDGE_OK : KEDGE_ERR_FILE;
}

void kedge__token_expire(struct kedge__token_source *t)
{
    t->fresh = false;
}

void kedge__token_wipe(struct kedge__token_source *t)
{
    if (t->buf != NULL)
        kedge__wipe(t->buf, t->cap);
    memset(t, 0, sizeof *t);
}
