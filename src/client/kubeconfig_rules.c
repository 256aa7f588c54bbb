// SPDX-License-Identifier: Apache-2.0
// kubeconfig_rules.c - client-go's rules for kubeconfig: which files, which stanzas of them win,
// what they may say together, and what becomes of it.
//
//     files    an explicit one | $KUBECONFIG, split at ':' | $HOME/.kube/config
//     CHECK    every file, in order; the first current-context that is not empty
//     context  FIND over the files, TAKE from the first that has it, whole
//     cluster, user   the same, by the names in the context
//     judge    the combinations that cannot be
//     apply    relative paths, files read, credentials only for https
#include "client/kubeconfig.h"

#include "client/config_priv.h"

// --- what may stand in a kubeconfig --------------------------------------------------------------

static const struct kedge__kubeconfig_field cluster[] = {
    {"server", KEDGE__TEXT, KEDGE__SERVER, NULL},
    {"tls-server-name", KEDGE__TEXT, KEDGE__TLS_SERVER_NAME, NULL},
    {"insecure-skip-tls-verify", KEDGE__BOOL, KEDGE__INSECURE, NULL},
    {"certificate-authority", KEDGE__TEXT, KEDGE__CA, NULL},
    {"certificate-authority-data", KEDGE__DATA, KEDGE__CA_DATA, NULL},
    {"proxy-url", KEDGE__TEXT, KEDGE__PROXY_URL, NULL},
    {"disable-compression", KEDGE__BOOL, KEDGE__NO_SLOT, NULL}, // nothing is compressed anyway
    {NULL, KEDGE__ANY, KEDGE__NO_SLOT, NULL},
};

static const struct kedge__kubeconfig_field user[] = {
    {"client-certificate", KEDGE__TEXT, KEDGE__CERTIFICATE, NULL},
    {"client-certificate-data", KEDGE__DATA, KEDGE__CERTIFICATE_DATA, NULL},
    {"client-key", KEDGE__TEXT, KEDGE__KEY, NULL},
    {"client-key-data", KEDGE__DATA, KEDGE__KEY_DATA, NULL},
    {"token", KEDGE__TEXT, KEDGE__TOKEN, NULL},
    {"tokenFile", KEDGE__TEXT, KEDGE__TOKEN_FILE, NULL},
    {"username", KEDGE__TEXT, KEDGE__USERNAME, NULL},
    {"password", KEDGE__TEXT, KEDGE__PASSWORD, NULL},
    {"as", KEDGE__TEXT, KEDGE__AS, NULL},
    {"as-uid", KEDGE__TEXT, KEDGE__AS_UID, NULL},
    {"as-groups", KEDGE__ANY, KEDGE__AS_GROUPS, NULL},
    {"as-user-extra", KEDGE__ANY, KEDGE__AS_USER_EXTRA, NULL},
    {"auth-provider", KEDGE__ANY, KEDGE__AUTH_PROVIDER, NULL},
    {"exec", KEDGE__ANY, KEDGE__EXEC, NULL},
    {NULL, KEDGE__ANY, KEDGE__NO_SLOT, NULL},
};

static const struct kedge__kubeconfig_field context[] = {
    {"cluster", KEDGE__TEXT, KEDGE__CONTEXT_CLUSTER, NULL},
    {"user", KEDGE__TEXT, KEDGE__CONTEXT_USER, NULL},
    {"namespace", KEDGE__TEXT, KEDGE__CONTEXT_NAMESPACE, NULL},
    {NULL, KEDGE__ANY, KEDGE__NO_SLOT, NULL},
};

// The name comes first: its slot says which list an entry belongs to.
static const struct kedge__kubeconfig_field clusters[] = {
    {"name", KEDGE__TEXT, KEDGE__CLUSTER_NAME, NULL},
    {"cluster", KEDGE__MAP, KEDGE__NO_SLOT, cluster},
    {NULL, KEDGE__ANY, KEDGE__NO_SLOT, NULL},
};

static const struct kedge__kubeconfig_field users[] = {
    {"name", KEDGE__TEXT, KEDGE__USER_NAME, NULL},
    {"user", KEDGE__MAP, KEDGE__NO_SLOT, user},
    {NULL, KEDGE__ANY, KEDGE__NO_SLOT, NULL},
};

static const struct kedge__kubeconfig_field contexts[] = {
    {"name", KEDGE__TEXT, KEDGE__CONTEXT_NAME, NULL},
    {"context", KEDGE__MAP, KEDGE__NO_SLOT, context},
    {NULL, KEDGE__ANY, KEDGE__NO_SLOT, NULL},
};

static const struct kedge__kubeconfig_field extensions[] = {
    {"name", KEDGE__TEXT, KEDGE__EXTENSION_NAME, NULL},
    {"extension", KEDGE__ANY, KEDGE__NO_SLOT, NULL},
    {NULL, KEDGE__ANY, KEDGE__NO_SLOT, NULL},
};

const struct kedge__kubeconfig_field kedge__kubeconfig_root[] = {
    {"apiVersion", KEDGE__TEXT, KEDGE__API_VERSION, NULL},
    {"kind", KEDGE__TEXT, KEDGE__KIND, NULL},
    {"current-context", KEDGE__TEXT, KEDGE__CURRENT_CONTEXT, NULL},
    {"clusters", KEDGE__LIST, KEDGE__NO_SLOT, clusters},
    {"users", KEDGE__LIST, KEDGE__NO_SLOT, users},
    {"contexts", KEDGE__LIST, KEDGE__NO_SLOT, contexts},
    {"extensions", KEDGE__LIST, KEDGE__NO_SLOT, extensions},
    {NULL, KEDGE__ANY, KEDGE__NO_SLOT, NULL},
};

// --- one load ------------------------------------------------------------------------------------

// A stanza that was chosen.
struct stanza {
    const char *list; // "users", for messages
    const char *entry;
    const struct kedge__kubeconfig_field *fields; // NULL: the file itself
    enum kedge__kubeconfig_slot name_slot;
    const char *file;
    uint32_t place;
};

struct load {
    struct kedge *k;
    struct kedge_config *config;
    const struct kedge_config_options *options;
    kedge__kubeconfig_walk *walk;
    const char *files; // one after the other, each with its NUL
    size_t file_count;
    size_t missing;
    bool is_explicit;
    bool is_variable;
    const char *context_name;
    struct stanza top; // where current-context stands
    struct stanza context;
    struct stanza cluster;
    struct stanza user;
    struct kedge__kubeconfig_value values[KEDGE__KUBECONFIG_SLOTS];
};

static bool is_set(const struct load *l, enum kedge__kubeconfig_slot slot)
{
    return l->values[slot].text.len > 0;
}

static const char *text(const struct load *l, enum kedge__kubeconfig_slot slot)
{
    return is_set(l, slot) ? l->values[slot].text.ptr : NULL;
}

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

static void say_quoted(struct kedge__line *l, const char *text_)
{
    kedge__line_byte(l, '"');
    kedge__line_printable(l, kedge_str_of(text_), 64);
    kedge__line_byte(l, '"');
}

// "/home/me/.kube/config:12: users[1].user.token: ". The entry as a whole by its name's slot.
static void say_place(struct kedge__line *line, const struct load *l, const struct stanza *s,
                      enum kedge__kubeconfig_slot slot)
{
    const char *key = key_of(s->fields, slot);
    kedge__line_text(line, s->file);
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

static struct kedge__line *fail_at(const struct load *l, kedge_err err, const struct stanza *s,
                                   enum kedge__kubeconfig_slot slot)
{
    struct kedge__line *line = kedge__fail(l->k, err);
    say_place(line, l, s, slot);
    return line;
}

// With up to two names: "before, name, between, name, after".
static kedge_err refuse(const struct load *l, const struct stanza *s,
                        enum kedge__kubeconfig_slot slot, const char *before, const char *name,
                        const char *after)
{
    struct kedge__line *line = fail_at(l, KEDGE_ERR_CONFIG, s, slot);
    kedge__line_text(line, before);
    kedge__line_printable(line, kedge_str_of(name), 64);
    kedge__line_text(line, after);
    return KEDGE_ERR_CONFIG;
}

// --- files ---------------------------------------------------------------------------------------

static const char *file_at(const struct load *l, size_t index)
{
    const char *path = l->files;
    while (index-- > 0)
        path += strlen(path) + 1;
    return path;
}

static bool has_file(const struct load *l, kedge_str path)
{
    for (size_t i = 0; i < l->file_count; i++) {
        if (kedge_str_is(path, file_at(l, i)))
            return true;
    }
    return false;
}

// Splits at ':' in place. What is empty, or was there before, goes; so what is written never
// overtakes what is read.
static void split_files(struct load *l, char *list)
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

static kedge_err add_file(struct load *l, const char *folder, const char *name)
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

static kedge_err list_files(struct load *l)
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

static void say_files(const struct load *l, struct kedge__line *line)
{
    for (size_t i = 0; i < l->file_count; i++) {
        kedge__line_text(line, i > 0 ? ", " : "");
        kedge__line_text(line, file_at(l, i));
    }
}

static kedge_err check_file(struct load *l, const char *path)
{
    bool known = is_set(l, KEDGE__CURRENT_CONTEXT);
    struct kedge__kubeconfig_query q = {.what = KEDGE__CHECK, .values = known ? NULL : l->values};
    kedge_err err = l->walk(l->k, path, &q);
    if (err == KEDGE_OK && !known && is_set(l, KEDGE__CURRENT_CONTEXT))
        l->top = (struct stanza){"current-context", NULL, NULL, KEDGE__NO_SLOT, path, 0};
    if (err != KEDGE_ERR_NOT_FOUND)
        return err;
    l->missing++;
    if (!l->is_explicit)
        return KEDGE_OK;
    struct kedge__line *line = kedge__fail(l->k, KEDGE_ERR_NOT_FOUND);
    kedge__line_text(line, path);
    kedge__line_text(line, ": no such file");
    return KEDGE_ERR_NOT_FOUND;
}

static void warn_all_missing(const struct load *l)
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

static kedge_err check_files(struct load *l)
{
    kedge_err err = KEDGE_OK;
    for (size_t i = 0; i < l->file_count && err == KEDGE_OK; i++)
        err = check_file(l, file_at(l, i));
    if (err == KEDGE_OK)
        warn_all_missing(l);
    return err;
}

// --- the choice ----------------------------------------------------------------------------------

static kedge_err no_configuration(const struct load *l)
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
static kedge_err take_stanza(struct load *l, struct stanza *s, const char *name)
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
            kedge__line_text(fail_at(l, KEDGE_ERR_CONFIG, s, s->name_slot),
                             "the file changed while it was read");
        return err == KEDGE_OK || err == KEDGE_ERR_NOT_FOUND ? KEDGE_ERR_CONFIG : err;
    }
    return KEDGE_ERR_NOT_FOUND;
}

static kedge_err context_missing(const struct load *l, bool asked_for)
{
    if (!asked_for) {
        return refuse(l, &l->top, KEDGE__CURRENT_CONTEXT,
                      "context was not found for specified context: ", l->context_name, "");
    }
    struct kedge__line *line = kedge__fail(l->k, KEDGE_ERR_NOT_FOUND);
    say_files(l, line);
    kedge__line_text(line, ": context ");
    say_quoted(line, l->context_name);
    kedge__line_text(line, " does not exist");
    return KEDGE_ERR_NOT_FOUND;
}

static kedge_err choose_context(struct load *l)
{
    bool asked_for =
        l->options != NULL && l->options->context != NULL && l->options->context[0] != '\0';
    l->context_name = asked_for ? l->options->context : text(l, KEDGE__CURRENT_CONTEXT);
    if (l->context_name == NULL || l->missing == l->file_count)
        return no_configuration(l);
    kedge_err err = take_stanza(l, &l->context, l->context_name);
    return err == KEDGE_ERR_NOT_FOUND ? context_missing(l, asked_for) : err;
}

static kedge_err not_in_context(const struct load *l, enum kedge__kubeconfig_slot slot,
                                const char *what)
{
    struct kedge__line *line = fail_at(l, KEDGE_ERR_CONFIG, &l->context, slot);
    kedge__line_text(line, what);
    if (is_set(l, slot)) {
        kedge__line_byte(line, ' ');
        say_quoted(line, text(l, slot));
        kedge__line_text(line, " was not found for context ");
    } else {
        kedge__line_text(line, " was not specified for context ");
    }
    say_quoted(line, l->context_name);
    return KEDGE_ERR_CONFIG;
}

static kedge_err choose_cluster(struct load *l)
{
    if (!is_set(l, KEDGE__CONTEXT_CLUSTER)) {
        l->values[KEDGE__CONTEXT_CLUSTER].line = l->values[KEDGE__CONTEXT_NAME].line;
        return not_in_context(l, KEDGE__CONTEXT_CLUSTER, "cluster");
    }
    kedge_err err = take_stanza(l, &l->cluster, text(l, KEDGE__CONTEXT_CLUSTER));
    return err == KEDGE_ERR_NOT_FOUND ? not_in_context(l, KEDGE__CONTEXT_CLUSTER, "cluster") : err;
}

// A context without a user is anonymous. One whose user is not there is so too for client-go, which
// then wonders why it is forbidden everything.
static kedge_err choose_user(struct load *l)
{
    if (!is_set(l, KEDGE__CONTEXT_USER))
        return KEDGE_OK;
    kedge_err err = take_stanza(l, &l->user, text(l, KEDGE__CONTEXT_USER));
    return err == KEDGE_ERR_NOT_FOUND ? not_in_context(l, KEDGE__CONTEXT_USER, "user") : err;
}

// --- what cannot be ------------------------------------------------------------------------------

struct unsupported {
    enum kedge__kubeconfig_slot slot;
    const char *problem;
};

static kedge_err judge_unsupported(const struct load *l)
{
    static const struct unsupported list[] = {
        {KEDGE__AUTH_PROVIDER,
         "auth-provider is not supported: use a token, a tokenFile or a client "
         "certificate"},
        {KEDGE__EXEC, "exec plugins are not supported yet: use a token, a tokenFile or a client "
                      "certificate"},
        {KEDGE__AS, "impersonation is not supported yet: take it out, or use that user's own "
                    "credentials"},
    };
    bool others =
        is_set(l, KEDGE__AS_UID) || is_set(l, KEDGE__AS_GROUPS) || is_set(l, KEDGE__AS_USER_EXTRA);
    for (size_t i = 0; i < sizeof list / sizeof list[0]; i++) {
        if (is_set(l, list[i].slot))
            return refuse(l, &l->user, list[i].slot, list[i].problem, NULL, "");
    }
    if (!others)
        return KEDGE_OK;
    enum kedge__kubeconfig_slot slot = is_set(l, KEDGE__AS_UID)      ? KEDGE__AS_UID
                                       : is_set(l, KEDGE__AS_GROUPS) ? KEDGE__AS_GROUPS
                                                                     : KEDGE__AS_USER_EXTRA;
    return refuse(l, &l->user, slot, "requesting uid, groups or user-extra for ",
                  text(l, KEDGE__USER_NAME), " without impersonating a user");
}

static kedge_err judge_methods(const struct load *l)
{
    const char *name = text(l, KEDGE__USER_NAME);
    bool basic = is_set(l, KEDGE__USERNAME) || is_set(l, KEDGE__PASSWORD);
    if (is_set(l, KEDGE__TOKEN) && basic) {
        return refuse(l, &l->user, KEDGE__TOKEN, "more than one authentication method found for ",
                      name, "; found [token basicAuth], only one is allowed");
    }
    if (is_set(l, KEDGE__TOKEN_FILE) && is_set(l, KEDGE__USERNAME)) {
        return refuse(l, &l->user, KEDGE__TOKEN_FILE,
                      "username/password or bearer token may be set, but not both", NULL, "");
    }
    return KEDGE_OK;
}

static kedge_err judge_certificate(const struct load *l)
{
    const char *name = text(l, KEDGE__USER_NAME);
    bool file = is_set(l, KEDGE__CERTIFICATE), data = is_set(l, KEDGE__CERTIFICATE_DATA);
    bool key_file = is_set(l, KEDGE__KEY), key_data = is_set(l, KEDGE__KEY_DATA);
    if (!file && !data)
        return KEDGE_OK;
    if (file && data) {
        return refuse(l, &l->user, KEDGE__CERTIFICATE,
                      "client-cert-data and client-cert are both specified for ", name,
                      ". client-cert-data will override.");
    }
    if (key_file && key_data) {
        return refuse(l, &l->user, KEDGE__KEY,
                      "client-key-data and client-key are both specified for ", name,
                      "; client-key-data will override");
    }
    if (!key_file && !key_data) {
        return refuse(l, &l->user, file ? KEDGE__CERTIFICATE : KEDGE__CERTIFICATE_DATA,
                      "client-key-data or client-key must be specified for ", name,
                      " to use the clientCert authentication method.");
    }
    return KEDGE_OK;
}

static kedge_err judge_server(const struct load *l)
{
    bool any = is_set(l, KEDGE__TLS_SERVER_NAME) || is_set(l, KEDGE__INSECURE) ||
               is_set(l, KEDGE__CA) || is_set(l, KEDGE__CA_DATA) || is_set(l, KEDGE__PROXY_URL);
    if (is_set(l, KEDGE__SERVER))
        return KEDGE_OK;
    if (!any)
        return refuse(l, &l->cluster, KEDGE__CLUSTER_NAME, "cluster has no server defined", NULL,
                      "");
    return refuse(l, &l->cluster, KEDGE__CLUSTER_NAME, "no server found for cluster \"",
                  text(l, KEDGE__CLUSTER_NAME), "\"");
}

static kedge_err judge_cluster(const struct load *l)
{
    const char *name = text(l, KEDGE__CLUSTER_NAME);
    bool ca = is_set(l, KEDGE__CA), data = is_set(l, KEDGE__CA_DATA);
    if (is_set(l, KEDGE__PROXY_URL)) {
        return refuse(l, &l->cluster, KEDGE__PROXY_URL,
                      "proxies are not supported yet: take it out and reach the server directly",
                      NULL, "");
    }
    if (ca && data) {
        return refuse(
            l, &l->cluster, KEDGE__CA,
            "certificate-authority-data and certificate-authority are both specified for ", name,
            ". certificate-authority-data will override.");
    }
    if ((ca || data) && is_set(l, KEDGE__INSECURE)) {
        return refuse(l, &l->cluster, KEDGE__INSECURE,
                      "specifying a root certificates file with the insecure flag is not allowed",
                      NULL, "");
    }
    return KEDGE_OK;
}

static kedge_err judge(const struct load *l)
{
    kedge_err (*const judges[])(const struct load *) = {
        judge_unsupported, judge_methods, judge_certificate, judge_server, judge_cluster,
    };
    kedge_err err = KEDGE_OK;
    for (size_t i = 0; i < sizeof judges / sizeof judges[0] && err == KEDGE_OK; i++)
        err = judges[i](l);
    return err;
}

// --- what becomes of it --------------------------------------------------------------------------

// A path of a stanza is meant from the folder of the stanza's file.
static const char *resolve(const struct load *l, const struct stanza *s,
                           enum kedge__kubeconfig_slot slot)
{
    const char *path = text(l, slot);
    const char *slash = strrchr(s->file, '/');
    if (path[0] == '/' || slash == NULL)
        return path;
    size_t folder = (size_t)(slash + 1 - s->file), bytes = strlen(path) + 1;
    char *whole = kedge__take(l->k, KEDGE__CONFIG_PART, folder + bytes, 1, 1);
    if (whole == NULL)
        return NULL;
    memcpy(whole, s->file, folder);
    memcpy(whole + folder, path, bytes);
    return whole;
}

static const char *word_of(enum kedge__kubeconfig_slot slot)
{
    switch (slot) {
    case KEDGE__CERTIFICATE:
        return "client-cert ";
    case KEDGE__KEY:
        return "client-key ";
    case KEDGE__TOKEN_FILE:
        return "tokenFile ";
    default:
        return "certificate-authority ";
    }
}

static kedge_err unreadable(const struct load *l, const struct stanza *s,
                            enum kedge__kubeconfig_slot slot, const char *path, kedge_err err)
{
    struct kedge__line *line = fail_at(l, KEDGE_ERR_FILE, s, slot);
    kedge__line_text(line, "unable to read ");
    kedge__line_text(line, word_of(slot));
    kedge__line_text(line, path);
    kedge__line_text(line, " for ");
    kedge__line_printable(line, kedge_str_of(text(l, s->name_slot)), 64);
    kedge__line_text(line, " due to ");
    kedge__line_text(line, kedge__config_read_problem(err));
    return KEDGE_ERR_FILE;
}

static kedge_err read_named(const struct load *l, const struct stanza *s,
                            enum kedge__kubeconfig_slot slot, const char **path, kedge_str *out)
{
    *path = resolve(l, s, slot);
    if (*path == NULL)
        return KEDGE_ERR_MEMORY;
    kedge_err err = kedge__config_read(l->k, *path, out);
    return err == KEDGE_OK || err == KEDGE_ERR_MEMORY ? err : unreadable(l, s, slot, *path, err);
}

// From the file or the -data field, whichever is set.
static kedge_err take_pem(const struct load *l, const struct stanza *s,
                          enum kedge__kubeconfig_slot file_slot,
                          enum kedge__kubeconfig_slot data_slot, kedge_str *out)
{
    const char *path = NULL;
    kedge_err err = KEDGE_OK;
    if (is_set(l, data_slot))
        *out = l->values[data_slot].text;
    else if (is_set(l, file_slot))
        err = read_named(l, s, file_slot, &path, out);
    else
        return KEDGE_OK;
    if (err != KEDGE_OK || kedge__config_has_pem(*out))
        return err;
    struct kedge__line *line =
        fail_at(l, KEDGE_ERR_CONFIG, s, path != NULL ? file_slot : data_slot);
    kedge__line_text(line, path);
    kedge__line_text(line, path != NULL ? ": " : "");
    kedge__line_text(line, "unable to parse bytes as PEM block");
    return KEDGE_ERR_CONFIG;
}

static kedge_err take_pems(struct load *l)
{
    struct kedge_config *c = l->config;
    kedge_err err = take_pem(l, &l->cluster, KEDGE__CA, KEDGE__CA_DATA, &c->ca);
    if (err == KEDGE_OK)
        err = take_pem(l, &l->user, KEDGE__CERTIFICATE, KEDGE__CERTIFICATE_DATA, &c->certificate);
    // A key without a certificate is of no use, and client-go does not look at it.
    if (err == KEDGE_OK && c->certificate.len > 0)
        err = take_pem(l, &l->user, KEDGE__KEY, KEDGE__KEY_DATA, &c->key);
    return err;
}

// The token's text stands in until the file gives one; without a text, the file as it is now does.
static kedge_err take_token(struct load *l)
{
    struct kedge_config *c = l->config;
    kedge_str now = {NULL, 0};
    c->token = text(l, KEDGE__TOKEN);
    if (!is_set(l, KEDGE__TOKEN_FILE))
        return KEDGE_OK;
    if (c->token != NULL) {
        c->token_file = resolve(l, &l->user, KEDGE__TOKEN_FILE);
        return c->token_file != NULL ? KEDGE_OK : KEDGE_ERR_MEMORY;
    }
    kedge_err err = read_named(l, &l->user, KEDGE__TOKEN_FILE, &c->token_file, &now);
    c->token = now.len > 0 ? now.ptr : NULL;
    return err;
}

static bool is_https(const char *server)
{
    static const char scheme[] = "https://";
    for (size_t i = 0; i + 1 < sizeof scheme; i++) {
        char c = server[i];
        if ((c >= 'A' && c <= 'Z' ? (char)(c + 32) : c) != scheme[i])
            return false;
    }
    return true;
}

// A server with a path keeps that, and neither a query nor a fragment.
static const char *server_of(struct load *l)
{
    struct kedge__kubeconfig_value *v = &l->values[KEDGE__SERVER];
    const char *authority = strstr(v->text.ptr, "://");
    const char *path = authority != NULL ? strchr(authority + 3, '/') : NULL;
    size_t end = strcspn(v->text.ptr, "?#");
    if (path == NULL || (size_t)(path + 1 - v->text.ptr) >= end || end == v->text.len)
        return v->text.ptr;
    return kedge__take_text(l->k, KEDGE__CONFIG_PART, (kedge_str){v->text.ptr, end});
}

// Credentials never travel in clear: without https there are none, as in client-go.
static void drop_credentials(struct load *l)
{
    struct kedge_config *c = l->config;
    bool any = c->certificate.len > 0 || is_set(l, KEDGE__TOKEN) || is_set(l, KEDGE__TOKEN_FILE) ||
               is_set(l, KEDGE__USERNAME);
    c->ca = c->certificate = c->key = (kedge_str){NULL, 0};
    if (any) {
        kedge__log(l->k, KEDGE_LOG_WARNING,
                   "kubeconfig: the server is not https, so the user's credentials are left out");
    }
}

static kedge_err apply(struct load *l)
{
    struct kedge_config *c = l->config;
    kedge_err err = take_pems(l);
    if (err != KEDGE_OK)
        return err;
    c->server = server_of(l);
    c->namespace_ = text(l, KEDGE__CONTEXT_NAMESPACE);
    if (c->namespace_ == NULL)
        c->namespace_ = "default";
    if (c->server == NULL)
        return KEDGE_ERR_MEMORY;
    if (!is_https(c->server)) {
        drop_credentials(l);
        return KEDGE_OK;
    }
    c->tls_server_name = text(l, KEDGE__TLS_SERVER_NAME);
    c->insecure = is_set(l, KEDGE__INSECURE);
    c->username = text(l, KEDGE__USERNAME);
    c->password = c->username != NULL ? text(l, KEDGE__PASSWORD) : NULL;
    return take_token(l);
}

static kedge_err run(struct load *l)
{
    kedge_err (*const steps[])(struct load *) = {
        list_files, check_files, choose_context, choose_cluster, choose_user,
    };
    kedge_err err = KEDGE_OK;
    for (size_t i = 0; i < sizeof steps / sizeof steps[0] && err == KEDGE_OK; i++)
        err = steps[i](l);
    if (err == KEDGE_OK)
        err = judge(l);
    return err == KEDGE_OK ? apply(l) : err;
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
    struct load l = {
        .k = k,
        .config = config,
        .options = options,
        .walk = walk,
        .context = {"contexts", "context", context, KEDGE__CONTEXT_NAME, NULL, 0},
        .cluster = {"clusters", "cluster", cluster, KEDGE__CLUSTER_NAME, NULL, 0},
        .user = {"users", "user", user, KEDGE__USER_NAME, NULL, 0},
    };
    return kedge__config_end(&loading, run(&l));
}
