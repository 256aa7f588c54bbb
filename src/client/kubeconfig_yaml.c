// SPDX-License-Identifier: Apache-2.0
// kubeconfig_yaml.c - the file under libyaml: read piece by piece, and wiped.
#include "client/kubeconfig_yaml.h"

#include "base/wipe.h"
#include "client/kubeconfig.h"

static int read_more(void *data, unsigned char *buffer, size_t size, size_t *size_read)
{
    struct kedge__yaml *y = data;
    int n = y->k->port->file(y->k->port, y->path, y->offset, buffer, size);
    if (n >= 0) {
        y->offset += (size_t)n;
        *size_read = (size_t)n;
    }
    y->read_err = n < 0 ? (kedge_err)n : KEDGE_OK;
    if (y->offset > KEDGE_KUBECONFIG_MAX)
        y->read_err = KEDGE_ERR_TOO_LONG;
    return y->read_err == KEDGE_OK;
}

static kedge_err reading_failed(const struct kedge__yaml *y)
{
    if (y->read_err == KEDGE_ERR_NOT_FOUND && y->offset == 0)
        return KEDGE_ERR_NOT_FOUND;
    bool too_long = y->read_err == KEDGE_ERR_TOO_LONG;
    kedge_err err = too_long ? KEDGE_ERR_TOO_LONG : KEDGE_ERR_FILE;
    struct kedge__line *l = kedge__fail(y->k, err);
    kedge__line_foreign(l, y->path);
    kedge__line_text(l, too_long ? ": is no kubeconfig: it is larger than KEDGE_KUBECONFIG_MAX"
                                 : ": cannot be read: it is a directory, or permission is lacking");
    return err;
}

static void say_place(struct kedge__line *l, const char *before, size_t n)
{
    kedge__line_text(l, before);
    kedge__line_int(l, (int64_t)n);
    kedge__line_text(l, ": ");
}

kedge_err kedge__yaml_failed(const struct kedge__yaml *y)
{
    static const char no_token[] = "found character that cannot start any token";
    const yaml_parser_t *p = &y->parser;
    if (y->read_err != KEDGE_OK)
        return reading_failed(y);
    kedge_err err = p->error == YAML_MEMORY_ERROR ? KEDGE_ERR_MEMORY : KEDGE_ERR_CONFIG;
    struct kedge__line *l = kedge__fail(y->k, err);
    kedge__line_foreign(l, y->path);
    if (err == KEDGE_ERR_MEMORY) {
        kedge__line_text(l, ": libyaml could not allocate memory of its own");
        return err;
    }
    if (p->error == YAML_READER_ERROR)
        say_place(l, ": byte ", p->problem_offset);
    else
        say_place(l, ":", p->problem_mark.line + 1);
    kedge__line_text(l, "is no YAML: ");
    if (p->context != NULL) {
        kedge__line_text(l, p->context);
        kedge__line_text(l, ": ");
    }
    kedge__line_text(l, p->problem);
    if (p->problem != NULL && strcmp(p->problem, no_token) == 0)
        kedge__line_text(l, " (a tab? YAML is indented by spaces)");
    return err;
}

bool kedge__yaml_begin(struct kedge__yaml *y, struct kedge *k, const char *path)
{
    memset(y, 0, sizeof *y);
    y->k = k;
    y->path = path;
    if (!yaml_parser_initialize(&y->parser))
        return false;
    yaml_parser_set_input(&y->parser, read_more, y);
    return true;
}

// libyaml frees its buffers as they are, with secrets in them.
static void wipe_buffers(yaml_parser_t *p)
{
    if (p->raw_buffer.start != NULL)
        kedge__wipe(p->raw_buffer.start, (size_t)(p->raw_buffer.end - p->raw_buffer.start));
    if (p->buffer.start != NULL)
        kedge__wipe(p->buffer.start, (size_t)(p->buffer.end - p->buffer.start));
}

void kedge__yaml_end(struct kedge__yaml *y)
{
    wipe_buffers(&y->parser);
    yaml_parser_delete(&y->parser);
}
