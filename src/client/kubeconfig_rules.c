// SPDX-License-Identifier: Apache-2.0
// kubeconfig_rules.c - client-go's rules for kubeconfig: which files, and which stanzas of them
// win.
//
//     files    an explicit one | $KUBECONFIG, split at ':' | $HOME/.kube/config
//     CHECK    every file, in order; the first current-context that is not empty
//     context  FIND over the files, TAKE from the first that has it, whole
//     cluster, user   the same, by the names in the context
//     apply    kubeconfig_apply.c: what cannot be; relative paths, files read
#include "client/kubeconfig_load.h"

// --- failures ------------------------------------------------------------------------------------

static const char *key_of(const struct kedge__kubeconfig_field *fields,
                          enum kedge__kubeconfig_slot slot)
{
    for (; fields != NULL && fields->key != NULL; fields++) {
        if (fields->slot == slot)
            return fields->key;
    }
    return NULL;
}

static void say_quoted(struct kedge__line *l, const char *name)
{
    kedge__line_byte(l, '"');
    kedge__line_printable(l, kedge_str_of(name), 64);
    kedge__line_byte(l, '"');
}

// "/home/me/.kube/config:12: users[1].user.token: ". The entry as a whole by its name's slot.
static void say_place(struct kedge__line *line, const struct kedge__kubeconfig_loading *l,
                      const struct kedge__stanza *s, enum kedge__kubeconfig_slot slot)
{
    const char *key = key_of(s->fields, slot);
    kedge__line_foreign(line, s->file);
    if (l->values[slot].line > 0) {
        kedge__line_byte(line, ':');
        kedge__line_int(line, l->values[slot].line);
    }
    kedge__line_text(line, ": ");
    kedge__line_text(line, s->list);
    if (s->entry != NULL) {
        kedge__line_byte(line, '[');
        kedge__line_int(line, s->place);
        kedge__line_byte(line, ']');
    }
    if (key != NULL) {
        kedge__line_byte(line, '.');
        kedge__line_text(line, s->entry);
        kedge__line_byte(line, '.');
        kedge__line_text(line, key);
    }
    kedge__line_text(line, ": ");
}

struct kedge__line *kedge__kubeconfig_fail(const struct kedge__kubeconfig_loading *l, kedge_err err,
                                           const struct kedge__stanza *s,
                                           enum kedge__kubeconfig_slot slot)
{
    struct kedge__line *line = kedge__fail(l->k, err);
    say_place(line, l, s, slot);
    return line;
}

kedge_err kedge__kubeconfig_refuse(const struct kedge__kubeconfig_loading *l,
                                   const struct kedge__stanza *s, enum kedge__kubeconfig_slot slot,
                                   const char *before, const char *name, const char *after)
{
    struct kedge__line *line = kedge__kubeconfig_fail(l, KEDGE_ERR_CONFIG, s, slot);
    kedge__line_text(line, before);
    kedge__line_printable(line, kedge_str_of(name), 64);
    kedge__line_text(line, after);
    return KEDGE_ERR_CONFIG;
}

// --- files ---------------------------------------------------------------------------------------

static const char *file_at(const struct kedge__kubeconfig_loading *l, size_t index)
{
    const char *path = l->files;
    while (index-- > 0)
        path += strlen(path) + 1;
    return path;
}

static bool has_file(const struct kedge__kubeconfig_loading *l, kedge_str path)
{
    for (size_t i = 0; i < l->file_count; i++) {
        if (kedge_str_is(path, file_at(l, i)))
            return true;
    }
    return false;
}

// Splits at ':' in place. What is empty, or was there before, goes; so what is written never
// overtakes what is read.
static void split_files(struct kedge__kubeconfig_loading *l, char *list)
{
    const char *from = list;
    char *to = list;
    bool more = true;
    l->files = list;
    while (more) {
        size_t len = strcspn(from, ":");
        more = from[len] == ':';
        if (len > 0 && !has_file(l, (kedge_str){from, len})) {
            memmove(to, from, len);
            to[len] = '\0';
            to += len + 1;
            l->file_count++;
        }
        from += len + 1;
    }
}

static kedge_err add_file(struct kedge__kubeconfig_loading *l, const char *folder, const char *name)
{
    size_t folder_len = strlen(folder), len = strlen(name);
    char *path = kedge__take(l->k, KEDGE__CONFIG_PART, folder_len + len + 1, 1, 1);
    if (path == NULL)
        return KEDGE_ERR_MEMORY;
    memcpy(path, folder, folder_len);
    memcpy(path + folder_len, name, len);
    l->files = path;
    l->file_count = 1;
    return KEDGE_OK;
}

static kedge_err list_files(struct kedge__kubeconfig_loading *l)
{
    const char *variable = kedge__environment(l->k, "KUBECONFIG");
    const char *home = kedge__environment(l->k, "HOME");
    if (l->options != NULL && l->options->kubeconfig != NULL && l->options->kubeconfig[0] != '\0') {
        l->is_explicit = true;
        return add_file(l, l->options->kubeconfig, "");
    }
    if (variable != NULL && variable[0] != '\0') {
        size_t bytes = strlen(variable) + 1;
        char *copy = kedge__take(l->k, KEDGE__CONFIG_PART, bytes, 1, 1);
        if (copy == NULL)
            return KEDGE_ERR_MEMORY;
        memcpy(copy, variable, bytes);
        l->is_variable = true;
        split_files(l, copy);
        return KEDGE_OK;
    }
    return home != NULL && home[0] != '\0' ? add_file(l, home, "/.kube/config") : KEDGE_OK;
}

static void say_files(const struct kedge__kubeconfig_loading *l, struct kedge__line *line)
{
    for (size_t i = 0; i < l->file_count; i++) {
        kedge__line_text(line, i > 0 ? ", " : "");
        kedge__line_foreign(line, file_at(l, i));
    }
}

static kedge_err check_file(struct kedge__kubeconfig_loading *l, const char *path)
{
    bool known = kedge__is_set(l, KEDGE__CURRENT_CONTEXT);
    struct kedge__kubeconfig_query q = {.what = KEDGE__CHECK, .values = known ? NULL : l->values};
    kedge_err err = l->walk(l->k, path, &q);
    if (err == KEDGE_OK && !known && kedge__is_set(l, KEDGE__CURRENT_CONTEXT))
        l->top = (struct kedge__stanza){"current-context", NULL, NULL, KEDGE__NO_SLOT, path, 0};
    if (err != KEDGE_ERR_NOT_FOUND)
        return err;
    l->missing++;
    if (!l->is_explicit)
        return KEDGE_OK;
    struct kedge__line *line = kedge__fail(l->k, KEDGE_ERR_NOT_FOUND);
    kedge__line_foreign(line, path);
    kedge__line_text(line, ": no such file");
    return KEDGE_ERR_NOT_FOUND;
}

static void warn_all_missing(const struct kedge__kubeconfig_loading *l)
{
    char buf[256];
    struct kedge__line line;
    if (!l->is_variable || l->file_count == 0 || l->missing < l->file_count)
        return;
    kedge__line_init(&line, buf, sizeof buf);
    kedge__line_text(&line, "Config not found: ");
    say_files(l, &line);
    kedge__log(l->k, KEDGE_LOG_WARNING, buf);
}

static kedge_err check_files(struct kedge__kubeconfig_loading *l)
{
    kedge_err err = KEDGE_OK;
    for (size_t i = 0; i < l->file_count && err == KEDGE_OK; i++)
        err = check_file(l, file_at(l, i));
    if (err == KEDGE_OK)
        warn_all_missing(l);
    return err;
}

// --- the choice ----------------------------------------------------------------------------------

static kedge_err no_configuration(const struct kedge__kubeconfig_loading *l)
{
    bool none = l->missing == l->file_count;
    kedge_err err = none ? KEDGE_ERR_NOT_FOUND : KEDGE_ERR_CONFIG;
    struct kedge__line *line = kedge__fail(l->k, err);
    if (!none) {
        say_files(l, line);
        kedge__line_text(line, ": current-context: ");
    }
    kedge__line_text(line, "invalid configuration: no configuration has been provided");
    if (!none) {
        kedge__line_text(line, ": no current-context, and no context is asked for");
    } else if (l->file_count > 0) {
        kedge__line_text(line, ": there is no ");
        say_files(l, line);
    } else {
        kedge__line_text(line, ": neither KUBECONFIG nor HOME names a file");
    }
    return err;
}

// Finds the stanza of that name in the first file that has one and takes its fields.
// KEDGE_ERR_NOT_FOUND is not recorded.
static kedge_err take_stanza(struct kedge__kubeconfig_loading *l, struct kedge__stanza *s,
                             const char *name)
{
    struct kedge__kubeconfig_query q = {
        .what = KEDGE__FIND, .name_slot = s->name_slot, .name = kedge_str_of(name)};
    for (size_t i = 0; i < l->file_count; i++) {
        kedge_err err = l->walk(l->k, file_at(l, i), &q);
        if (err != KEDGE_OK && err != KEDGE_ERR_NOT_FOUND)
            return err;
        if (!q.found)
            continue;
        s->file = file_at(l, i);
        s->place = q.place;
        q.what = KEDGE__TAKE;
        q.values = l->values;
        q.found = false;
        err = l->walk(l->k, s->file, &q);
        if (err == KEDGE_OK && q.found)
            return KEDGE_OK;
        if (err == KEDGE_OK || err == KEDGE_ERR_NOT_FOUND)
            kedge__line_text(kedge__kubeconfig_fail(l, KEDGE_ERR_CONFIG, s, s->name_slot),
                             "the file changed while it was read");
        return err == KEDGE_OK || err == KEDGE_ERR_NOT_FOUND ? KEDGE_ERR_CONFIG : err;
    }
    return KEDGE_ERR_NOT_FOUND;
}

static kedge_err context_missing(const struct kedge__kubeconfig_loading *l, bool asked_for)
{
    if (!asked_for) {
        return kedge__kubeconfig_refuse(
            l, &l->top, KEDGE__CURRENT_CONTEXT,
            "context was not found for specified context: ", l->context_name, "");
    }
    struct kedge__line *line = kedge__fail(l->k, KEDGE_ERR_NOT_FOUND);
    say_files(l, line);
    kedge__line_text(line, ": context ");
    say_quoted(line, l->context_name);
    kedge__line_text(line, " does not exist");
    return KEDGE_ERR_NOT_FOUND;
}

static kedge_err choose_context(struct kedge__kubeconfig_loading *l)
{
    bool asked_for =
        l->options != NULL && l->options->context != NULL && l->options->context[0] != '\0';
    l->context_name = asked_for ? l->options->context : kedge__text(l, KEDGE__CURRENT_CONTEXT);
    if (l->context_name == NULL || l->missing == l->file_count)
        return no_configuration(l);
    kedge_err err = take_stanza(l, &l->context, l->context_name);
    return err == KEDGE_ERR_NOT_FOUND ? context_missing(l, asked_for) : err;
}

static kedge_err not_in_context(const struct kedge__kubeconfig_loading *l,
                                enum kedge__kubeconfig_slot slot, const char *what)
{
    struct kedge__line *line = kedge__kubeconfig_fail(l, KEDGE_ERR_CONFIG, &l->context, slot);
    kedge__line_text(line, what);
    if (kedge__is_set(l, slot)) {
        kedge__line_byte(line, ' ');
        say_quoted(line, kedge__text(l, slot));
        kedge__line_text(line, " was not found for context ");
    } else {
        kedge__line_text(line, " was not specified for context ");
    }
    say_quoted(line, l->context_name);
    return KEDGE_ERR_CONFIG;
}

static kedge_err choose_cluster(struct kedge__kubeconfig_loading *l)
{
    if (!kedge__is_set(l, KEDGE__CONTEXT_CLUSTER)) {
        l->values[KEDGE__CONTEXT_CLUSTER].line = l->values[KEDGE__CONTEXT_NAME].line;
        return not_in_context(l, KEDGE__CONTEXT_CLUSTER, "cluster");
    }
    kedge_err err = take_stanza(l, &l->cluster, kedge__text(l, KEDGE__CONTEXT_CLUSTER));
    return err == KEDGE_ERR_NOT_FOUND ? not_in_context(l, KEDGE__CONTEXT_CLUSTER, "cluster") : err;
}

// A context without a user is anonymous. One whose user is not there is so too for client-go, which
// then wonders why it is forbidden everything.
static kedge_err choose_user(struct kedge__kubeconfig_loading *l)
{
    if (!kedge__is_set(l, KEDGE__CONTEXT_USER))
        return KEDGE_OK;
    kedge_err err = take_stanza(l, &l->user, kedge__text(l, KEDGE__CONTEXT_USER));
    return err == KEDGE_ERR_NOT_FOUND ? not_in_context(l, KEDGE__CONTEXT_USER, "user") : err;
}

// --- all of it
// ------------------------------------------------------------------------------------

static kedge_err run(struct kedge__kubeconfig_loading *l)
{
    static kedge_err (*const steps[])(struct kedge__kubeconfig_loading *) = {
        list_files, check_files, choose_context, choose_cluster, choose_user,
    };
    kedge_err err = KEDGE_OK;
    for (size_t i = 0; i < sizeof steps / sizeof steps[0] && err == KEDGE_OK; i++)
        err = steps[i](l);
    return err == KEDGE_OK ? kedge__kubeconfig_apply(l) : err;
}

kedge_err kedge__kubeconfig_load(struct kedge *k, struct kedge_config *config,
                                 const struct kedge_config_options *options,
                                 kedge__kubeconfig_walk *walk)
{
    struct kedge__config_loading loading;
    kedge_err err = kedge__config_begin(&loading, k, config);
    if (err != KEDGE_OK)
        return err;
    if (k->port->file == NULL) {
        kedge__line_text(kedge__fail(k, KEDGE_ERR_UNSUPPORTED),
                         "kubeconfig: the port has no files: fill in struct kedge_config by hand");
        return kedge__config_end(&loading, KEDGE_ERR_UNSUPPORTED);
    }
    struct kedge__kubeconfig_loading l = {
        .k = k,
        .config = config,
        .options = options,
        .walk = walk,
        .context = {"contexts", "context", kedge__kubeconfig_context, KEDGE__CONTEXT_NAME, NULL, 0},
        .cluster = {"clusters", "cluster", kedge__kubeconfig_cluster, KEDGE__CLUSTER_NAME, NULL, 0},
        .user = {"users", "user", kedge__kubeconfig_user, KEDGE__USER_NAME, NULL, 0},
    };
    return kedge__config_end(&loading, run(&l));
}
