// SPDX-License-Identifier: Apache-2.0
// kubeconfig.c - kubeconfig files as client-go reads them, over a port whose files are a table.
#include <setjmp.h>
#include <stdarg.h>
#include <stddef.h>
#include <stdint.h>

#include <cmocka.h>

#include "base/context.h"
#include "fake_port.h"
#include "kedge/config.h"
#include "traces.h"

#include <stdio.h>
#include <stdlib.h>

#define FILES_MAX 16

static struct fake_port p;
static struct fake_file files[FILES_MAX];
static struct fake_variable variables[4];
static unsigned char memory[64 * 1024];
static struct kedge *k;
static struct kedge_config config;
static struct kedge_config_options options;
static char logged[512];

#define PEM_CA   "-----BEGIN CERTIFICATE-----\nQ0E=\n-----END CERTIFICATE-----\n"
#define PEM_CERT "-----BEGIN CERTIFICATE-----\nQ0VSVA==\n-----END CERTIFICATE-----\n"
#define PEM_KEY  "-----BEGIN EC PRIVATE KEY-----\nU0VDUkVULUtFWQ==\n-----END EC PRIVATE KEY-----\n"
// The same in base64.
#define B64_CA "LS0tLS1CRUdJTiBDRVJUSUZJQ0FURS0tLS0tClEwRT0KLS0tLS1FTkQgQ0VSVElGSUNBVEUtLS0tLQo="
#define B64_CERT \
    "LS0tLS1CRUdJTiBDRVJUSUZJQ0FURS0tLS0tClEwVlNWQT09Ci0tLS0tRU5EIENFUlRJRklDQVRFLS0tLS0K"
#define B64_KEY                                                                                    \
    "LS0tLS1CRUdJTiBFQyBQUklWQVRFIEtFWS0tLS0tClUwVkRVa1ZVTFV0RldRPT0KLS0tLS1FTkQgRUMgUFJJVkFURSBL" \
    "RV"                                                                                           \
    "ktLS0tLQo="

// As kubectl writes it: the name behind the fields.
static const char usual[] = "apiVersion: v1\n"                             // 1
                            "clusters:\n"                                  // 2
                            "- cluster:\n"                                 // 3
                            "    certificate-authority-data: " B64_CA "\n" // 4
                            "    server: https://10.0.0.1:6443\n"          // 5
                            "  name: other\n"                              // 6
                            "- cluster:\n"                                 // 7
                            "    certificate-authority-data: " B64_CA "\n" // 8
                            "    server: https://api.prod:6443\n"          // 9
                            "    tls-server-name: inner.prod\n"            // 10
                            "  name: prod\n"                               // 11
                            "contexts:\n"                                  // 12
                            "- context:\n"                                 // 13
                            "    cluster: other\n"                         // 14
                            "    user: bob\n"                              // 15
                            "  name: elsewhere\n"                          // 16
                            "- context:\n"                                 // 17
                            "    cluster: prod\n"                          // 18
                            "    namespace: shop\n"                        // 19
                            "    user: admin\n"                            // 20
                            "  name: admin@prod\n"                         // 21
                            "current-context: admin@prod\n"                // 22
                            "kind: Config\n"                               // 23
                            "preferences: {}\n"                            // 24
                            "users:\n"                                     // 25
                            "- name: bob\n"                                // 26
                            "  user:\n"                                    // 27
                            "    token: bobs-token\n"                      // 28
                            "- name: admin\n"                              // 29
                            "  user:\n"                                    // 30
                            "    client-certificate-data: " B64_CERT "\n"  // 31
                            "    client-key-data: " B64_KEY "\n"           // 32
                            "    token: SECRET-TOKEN\n";                   // 33

static void take_log(void *ctx, enum kedge_log_level level, const char *text)
{
    (void)ctx;
    (void)level;
    snprintf(logged, sizeof logged, "%s", text);
}

static void put_bytes(const char *path, const char *bytes, size_t len)
{
    size_t at = 0;
    while (at < p.file_count && strcmp(files[at].path, path) != 0)
        at++;
    assert_true(at < FILES_MAX);
    files[at] = (struct fake_file){path, bytes, len, KEDGE_OK};
    if (at == p.file_count)
        p.file_count++;
}

static void put(const char *path, const char *text)
{
    put_bytes(path, text, strlen(text));
}

static void put_error(const char *path, kedge_err err)
{
    put(path, "");
    for (size_t i = 0; i < p.file_count; i++) {
        if (strcmp(files[i].path, path) == 0)
            files[i].err = err;
    }
}

static void set(const char *name, const char *value)
{
    fake_port_set(&p, variables, sizeof variables / sizeof variables[0], name, value);
}

static void start(size_t size)
{
    // What is left of the run before must not be taken for secrets of this one.
    memset(memory, 0xa5, sizeof memory);
    k = kedge_init(memory, size, &p.port);
}

static int setup(void **state)
{
    (void)state;
    fake_port_init(&p, 1);
    p.files = files;
    options = (struct kedge_config_options){NULL, NULL};
    logged[0] = '\0';
    set("HOME", "/home/me");
    return 0;
}

static kedge_err load(void)
{
    start(sizeof memory);
    kedge_log_to(k, KEDGE_LOG_DEBUG, take_log, NULL);
    memset(&config, 0xee, sizeof config);
    return kedge_config_kubeconfig(k, &config, &options);
}

static kedge_err load_text(const char *yaml)
{
    put("/home/me/.kube/config", yaml);
    return load();
}

static bool in_memory(const char *text)
{
    return memory_holds(memory, sizeof memory, text);
}

static void is_empty(const struct kedge_config *c)
{
    assert_null(c->server);
    assert_null(c->namespace_);
    assert_null(c->token);
    assert_null(c->token_file);
    assert_null(c->username);
    assert_null(c->password);
    assert_null(c->ca.ptr);
    assert_null(c->certificate.ptr);
    assert_null(c->key.ptr);
}

// `yaml` fails so, and nothing of it stays: neither in the configuration nor in the arena.
static void fails(const char *yaml, kedge_err err, const char *text)
{
    assert_int_equal(load_text(yaml), err);
    assert_string_equal(kedge_error_text(k), text);
    assert_int_equal(kedge_error(k), err);
    is_empty(&config);
    assert_false(in_memory("SECRET"));
}

static void is_text(kedge_str s, const char *text)
{
    assert_int_equal(s.len, strlen(text));
    assert_memory_equal(s.ptr, text, s.len + 1);
}

// A whole file, with what is given put in.
static const char *made(const char *cluster, const char *user, const char *context)
{
    static char text[4096];
    snprintf(text, sizeof text,
             "current-context: c\n"
             "contexts:\n"
             "- name: c\n"
             "  context: {%s}\n"
             "clusters:\n"
             "- name: prod\n"
             "  cluster: {%s}\n"
             "users:\n"
             "- name: admin\n"
             "  user: {%s}\n",
             context, cluster, user);
    return text;
}

#define SERVER  "server: 'https://a:6443'"
#define CONTEXT "cluster: prod, user: admin"
#define HOME    "/home/me/.kube/config"

static const char *made_user(const char *user)
{
    return made(SERVER, user, CONTEXT);
}

static const char *made_cluster(const char *cluster)
{
    return made(cluster, "token: t", CONTEXT);
}

// --- what is read --------------------------------------------------------------------------------

static void the_current_context_says_what_is_taken(void **state)
{
    (void)state;
    assert_int_equal(load_text(usual), KEDGE_OK);
    assert_string_equal(config.server, "https://api.prod:6443");
    assert_string_equal(config.tls_server_name, "inner.prod");
    assert_string_equal(config.namespace_, "shop");
    assert_string_equal(config.token, "SECRET-TOKEN");
    assert_null(config.token_file);
    assert_null(config.username);
    assert_false(config.insecure);
    assert_null(config.user_agent);
    is_text(config.ca, PEM_CA);
    is_text(config.certificate, PEM_CERT);
    is_text(config.key, PEM_KEY);
    assert_int_equal(kedge_error(k), KEDGE_OK);
}

static void a_context_that_is_asked_for_wins(void **state)
{
    (void)state;
    options.context = "elsewhere";
    assert_int_equal(load_text(usual), KEDGE_OK);
    assert_string_equal(config.server, "https://10.0.0.1:6443");
    assert_string_equal(config.token, "bobs-token");
    assert_string_equal(config.namespace_, "default");
    assert_null(config.tls_server_name);
    assert_null(config.certificate.ptr);
}

static size_t length_of_all(const struct kedge_config *c)
{
    const char *texts[] = {c->server, c->tls_server_name, c->namespace_, c->token};
    size_t sum = c->ca.len + 1 + c->certificate.len + 1 + c->key.len + 1;
    for (size_t i = 0; i < sizeof texts / sizeof texts[0]; i++)
        sum += strlen(texts[i]) + 1;
    return sum;
}

static void nothing_is_kept_but_what_the_configuration_points_at(void **state)
{
    (void)state;
    start(sizeof memory);
    size_t before = kedge__mark(k);
    kedge__part(k, "configuration");
    put(HOME, usual);
    assert_int_equal(kedge_config_kubeconfig(k, &config, NULL), KEDGE_OK);
    assert_int_equal(kedge__mark(k) - before, length_of_all(&config));
    assert_int_equal(kedge__part(k, "configuration")->size, length_of_all(&config));
    assert_false(in_memory("bobs-token"));
    assert_false(in_memory(".kube"));
    // And once only: not as base64 either.
    assert_false(in_memory(B64_KEY));
}

static void json_is_yaml(void **state)
{
    (void)state;
    assert_int_equal(
        load_text("{\"kind\":\"Config\",\"apiVersion\":\"v1\",\n"
                  "\t\"current-context\":\"c\",\"users\":null,\n"
                  "\t\"clusters\":[{\"name\":\"a\",\"cluster\":{\"server\":\"https://j\"}}],\n"
                  "\t\"contexts\":[{\"name\":\"c\",\"context\":{\"cluster\":\"a\"}}]}\n"),
        KEDGE_OK);
    assert_string_equal(config.server, "https://j");
    assert_null(config.token);
}

static void of_a_key_given_twice_the_last_counts_as_a_whole(void **state)
{
    (void)state;
    assert_int_equal(
        load_text("current-context: x\n"
                  "current-context: c\n"
                  "contexts:\n"
                  "- {name: old, name: c, context: {cluster: a, namespace: gone}, "
                  "context: {cluster: a, user: u}}\n"
                  "clusters:\n"
                  "- {name: a, cluster: {server: 'https://old', tls-server-name: old}}\n"
                  "clusters:\n"
                  "- {name: b}\n"
                  "- {name: a, cluster: {server: 'https://one', server: 'https://two'}}\n"
                  "users:\n"
                  "- {name: u, user: {token: t, username: nn, username: null}}\n"),
        KEDGE_OK);
    assert_string_equal(config.server, "https://two");
    assert_null(config.tls_server_name);
    assert_string_equal(config.namespace_, "default");
    assert_null(config.username);
    assert_string_equal(config.token, "t");
    assert_int_equal(load_text("current-context: c\n"
                               "contexts: [{name: c, context: {cluster: a}}]\n"
                               "clusters: [{name: a, cluster: {server: 'https://old'}}]\n"
                               "clusters:\n"),
                     KEDGE_ERR_CONFIG);
    assert_non_null(strstr(kedge_error_text(k), "cluster \"a\" was not found"));
}

// FIND and TAKE look into the last of the two lists, whatever stands at that place of the first.
static void of_two_lists_of_one_name_the_last_counts(void **state)
{
    (void)state;
    assert_int_equal(load_text("current-context: c\n"
                               "contexts: [{name: c, context: {cluster: a}}]\n"
                               "clusters:\n"
                               "- {name: b, cluster: {server: 'https://b', tls-server-name: b}}\n"
                               "- {name: a, cluster: {server: 'https://old'}}\n"
                               "clusters: [{name: a, cluster: {server: 'https://new'}}]\n"),
                     KEDGE_OK);
    assert_string_equal(config.server, "https://new");
    assert_null(config.tls_server_name);
    assert_int_equal(load_text("current-context: c\n"
                               "contexts: [{name: c, context: {cluster: a}}]\n"
                               "clusters: [{name: b, cluster: {server: 'https://b'}}]\n"
                               "clusters: [{name: a}]\n"),
                     KEDGE_ERR_CONFIG);
    assert_non_null(strstr(kedge_error_text(k), "cluster has no server defined"));
}

static kedge_str versions[2];
static unsigned reads;

// A file that is another one after a few reads.
static int changing(const struct kedge_port *port, const char *path, size_t offset, void *buf,
                    size_t cap)
{
    (void)port;
    (void)path;
    reads += offset == 0;
    kedge_str s = versions[reads > 4];
    size_t n = offset < s.len ? s.len - offset : 0;
    n = n < cap ? n : cap;
    memcpy(buf, s.ptr + s.len - (offset < s.len ? s.len - offset : 0), n);
    return (int)n;
}

static void a_file_that_changes_meanwhile_mixes_no_stanzas(void **state)
{
    (void)state;
    // Walks: check, find context, take context, find cluster; then the clusters change places.
    versions[0] = KEDGE_STR("current-context: c\n"
                            "contexts: [{name: c, context: {cluster: a}}]\n"
                            "clusters: [{name: a, cluster: {server: 'https://a'}}, {name: b}]\n");
    versions[1] = KEDGE_STR("clusters: [{name: b, cluster: {server: 'https://b'}}, {name: a}]\n");
    p.port.file = changing;
    reads = 0;
    assert_int_equal(load(), KEDGE_ERR_CONFIG);
    assert_non_null(strstr(kedge_error_text(k), "the file changed while it was read"));
    is_empty(&config);
}

static void unknown_fields_are_skipped_whatever_they_hold(void **state)
{
    (void)state;
    static const char yaml[] = "x: &x [1, {a: [b, *x]}, *x]\n"
                               "extensions:\n"
                               "- {name: e, extension: {deep: [[[{token: no}]]]}}\n"
                               "- {name: f}\n"
                               "clusters:\n"
                               "- name: a\n"
                               "  more: {cluster: {server: no}}\n"
                               "  cluster:\n"
                               "    extensions: [{name: e, extension: {server: 'https://no'}}]\n"
                               "    server: https://yes\n"
                               "    disable-compression: true\n"
                               "contexts: [{name: c, context: {cluster: a, users: z}}]\n"
                               "current-context: c\n"
                               "---\n"
                               "a second document: [is not looked at\n";
    assert_int_equal(load_text(yaml), KEDGE_OK);
    assert_string_equal(config.server, "https://yes");
}

static void a_null_is_as_if_it_were_not_there(void **state)
{
    (void)state;
    assert_int_equal(
        load_text("apiVersion: ~\n"
                  "kind:\n"
                  "current-context: c\n"
                  "extensions: null\n"
                  "contexts: [null, {name: c, context: {cluster: a, user: Null, "
                  "namespace: ~}}]\n"
                  "clusters: [{name: a, cluster: {server: 'https://s', proxy-url: '', "
                  "insecure-skip-tls-verify: null, certificate-authority-data: NULL}}]\n"
                  "users: [{name: u, user: ~}]\n"),
        KEDGE_OK);
    assert_string_equal(config.namespace_, "default");
    assert_string_equal(config.server, "https://s");
}

static void yaml_words_for_true_switch_verification_off(void **state)
{
    (void)state;
    static const char *const yes[] = {"true", "True", "yes", "on", "y"};
    static const char *const no[] = {"false", "no", "OFF", "n", "~"};
    char text[128];
    for (size_t i = 0; i < 5; i++) {
        snprintf(text, sizeof text, SERVER ", insecure-skip-tls-verify: %s", yes[i]);
        assert_int_equal(load_text(made_cluster(text)), KEDGE_OK);
        assert_true(config.insecure);
        snprintf(text, sizeof text, SERVER ", insecure-skip-tls-verify: %s", no[i]);
        assert_int_equal(load_text(made_cluster(text)), KEDGE_OK);
        assert_false(config.insecure);
    }
}

static void data_may_be_broken_into_lines(void **state)
{
    (void)state;
    assert_int_equal(load_text("current-context: c\n"
                               "contexts: [{name: c, context: {cluster: a}}]\n"
                               "clusters:\n"
                               "- name: a\n"
                               "  cluster:\n"
                               "    server: https://s\n"
                               "    certificate-authority-data: |\n"
                               "      LS0tLS1CRUdJTiBDRVJUSUZJQ0FURS0tLS0tClEw\n"
                               "      RT0KLS0tLS1FTkQgQ0VSVElGSUNBVEUtLS0tLQo=\n"),
                     KEDGE_OK);
    is_text(config.ca, PEM_CA);
}

static void basic_authentication_is_read(void **state)
{
    (void)state;
    assert_int_equal(load_text(made_user("username: me, password: 'pass: word'")), KEDGE_OK);
    assert_string_equal(config.username, "me");
    assert_string_equal(config.password, "pass: word");
    assert_null(config.token);
    // A password alone authenticates nobody.
    assert_int_equal(load_text(made_user("password: SECRET")), KEDGE_OK);
    assert_null(config.username);
    assert_null(config.password);
    assert_false(in_memory("SECRET"));
}

static void a_server_with_a_path_loses_query_and_fragment(void **state)
{
    (void)state;
    static const char *const cases[][2] = {
        {"https://a/k8s/c/", "https://a/k8s/c/"},
        {"https://a/k8s?x=1#f", "https://a/k8s"},
        {"https://a/?x=1", "https://a/?x=1"},
        {"https://a?x=/y", "https://a?x=/y"},
        {"HTTPS://[::1]:6443/p#f", "HTTPS://[::1]:6443/p"},
        {"https://a:8080/foo/bar/", "https://a:8080/foo/bar/"},
        {"https://a:8080/", "https://a:8080/"},
        {"https://a:8080//", "https://a:8080//"},
    };
    char text[128];
    for (size_t i = 0; i < sizeof cases / sizeof cases[0]; i++) {
        snprintf(text, sizeof text, "server: '%s'", cases[i][0]);
        assert_int_equal(load_text(made_cluster(text)), KEDGE_OK);
        assert_string_equal(config.server, cases[i][1]);
        assert_string_equal(config.token, "t");
    }
}

// client-go's TestCreateCleanWithPrefix.
static void a_server_is_kept_as_it_is_written(void **state)
{
    (void)state;
    static const char *const servers[] = {
        "http://anything.com:8080/foo/bar",
        "http://anything.com:8080/foo/bar/",
        "http://anything.com:8080/",
        "http://anything.com:8080//",
        "anything.com:8080",
        "anything.com",
        "anything",
    };
    char text[128];
    for (size_t i = 0; i < sizeof servers / sizeof servers[0]; i++) {
        snprintf(text, sizeof text, "server: '%s'", servers[i]);
        assert_int_equal(load_text(made_cluster(text)), KEDGE_OK);
        assert_string_equal(config.server, servers[i]);
        assert_null(config.token);
    }
}

static void credentials_never_go_to_a_server_without_https(void **state)
{
    (void)state;
    static const char *const servers[] = {"server: 'http://a:8080'", "server: 'a:6443'"};
    for (size_t i = 0; i < 2; i++) {
        logged[0] = '\0';
        assert_int_equal(load_text(made(servers[i],
                                        "token: SECRET, client-certificate-data: " B64_CERT
                                        ", client-key-data: " B64_KEY,
                                        CONTEXT)),
                         KEDGE_OK);
        assert_null(config.token);
        assert_null(config.certificate.ptr);
        assert_null(config.key.ptr);
        assert_false(in_memory("SECRET"));
        assert_non_null(strstr(logged, "credentials are left out"));
        assert_null(strstr(logged, "SECRET"));
    }
}

// --- files named in it ---------------------------------------------------------------------------

static void relative_paths_are_meant_from_the_file_of_the_stanza(void **state)
{
    (void)state;
    set("KUBECONFIG", "/one/config:/two/config");
    put("/one/config", "current-context: c\n"
                       "contexts: [{name: c, context: {cluster: a, user: u}}]\n"
                       "clusters: [{name: a, cluster: {server: 'https://s', "
                       "certificate-authority: pki/ca.crt}}]\n");
    put("/two/config",
        "users: [{name: u, user: {client-certificate: ../cert.pem, client-key: /abs/key, "
        "tokenFile: tok}}]\n");
    put("/one/pki/ca.crt", PEM_CA);
    put("/two/../cert.pem", PEM_CERT);
    put("/abs/key", PEM_KEY);
    put("/two/tok", " the token\n");
    assert_int_equal(load(), KEDGE_OK);
    is_text(config.ca, PEM_CA);
    is_text(config.certificate, PEM_CERT);
    is_text(config.key, PEM_KEY);
    assert_string_equal(config.token_file, "/two/tok");
    // As it is in the file; trimmed when it is used.
    assert_string_equal(config.token, " the token\n");
}

static void a_kubeconfig_without_a_folder_leaves_paths_as_they_are(void **state)
{
    (void)state;
    options.kubeconfig = "config";
    put("config", made(SERVER ", certificate-authority: ca.crt", "token: t", CONTEXT));
    put("ca.crt", PEM_CA);
    assert_int_equal(load(), KEDGE_OK);
    is_text(config.ca, PEM_CA);
}

static void a_token_beside_a_token_file_spares_reading_it_now(void **state)
{
    (void)state;
    assert_int_equal(load_text(made_user("token: now, tokenFile: /nowhere")), KEDGE_OK);
    assert_string_equal(config.token, "now");
    assert_string_equal(config.token_file, "/nowhere");
}

static void a_file_that_is_named_must_be_readable_and_pem(void **state)
{
    (void)state;
    put("/home/me/.kube/text", "this is no PEM\n----BEGIN it is not\n");
    put("/home/me/.kube/empty", "");
    put("/home/me/.kube/cert", PEM_CERT);
    put_error("/home/me/.kube/folder", KEDGE_ERR_FILE);
    fails(made_cluster("\n" SERVER ", certificate-authority: ca"), KEDGE_ERR_FILE,
          HOME
          ":8: clusters[0].cluster.certificate-authority: unable to read certificate-authority "
          "/home/me/.kube/ca for prod due to no such file");
    fails(made_cluster(SERVER ", certificate-authority: text"), KEDGE_ERR_CONFIG,
          HOME
          ":7: clusters[0].cluster.certificate-authority: /home/me/.kube/text: unable to parse "
          "bytes as PEM block");
    fails(made_cluster(SERVER ", certificate-authority: empty"), KEDGE_ERR_CONFIG,
          HOME
          ":7: clusters[0].cluster.certificate-authority: /home/me/.kube/empty: unable to parse "
          "bytes as PEM block");
    fails(made_cluster(SERVER ", certificate-authority-data: bm8gUEVN"), KEDGE_ERR_CONFIG,
          HOME
          ":7: clusters[0].cluster.certificate-authority-data: unable to parse bytes as PEM block");
    fails(made_user("client-certificate: cert, client-key: folder"), KEDGE_ERR_FILE,
          HOME ":10: users[0].user.client-key: unable to read client-key /home/me/.kube/folder for "
               "admin due to a directory in its place, or lack of permission");
    fails(made_user("client-certificate: none, client-key: cert"), KEDGE_ERR_FILE,
          HOME ":10: users[0].user.client-certificate: unable to read client-cert "
               "/home/me/.kube/none for admin due to no such file");
    fails(made_user("client-certificate: cert, client-key: text"), KEDGE_ERR_CONFIG,
          HOME
          ":10: users[0].user.client-key: /home/me/.kube/text: unable to parse bytes as PEM block");
    fails(made_user("tokenFile: none"), KEDGE_ERR_FILE,
          HOME
          ":10: users[0].user.tokenFile: unable to read tokenFile /home/me/.kube/none for admin "
          "due to no such file");
}

// Gives a file that never ends.
static int endless(const struct kedge_port *port, const char *path, size_t offset, void *buf,
                   size_t cap)
{
    (void)port;
    (void)offset;
    if (strcmp(path, HOME) == 0) {
        const char *yaml = made_cluster(SERVER ", certificate-authority: /dev/zero");
        size_t len = strlen(yaml), n = offset < len ? len - offset : 0;
        memcpy(buf, yaml + (offset < len ? offset : len), n < cap ? n : cap);
        return (int)(n < cap ? n : cap);
    }
    memset(buf, '#', cap);
    return (int)cap;
}

static void a_file_without_end_is_refused(void **state)
{
    (void)state;
    p.port.file = endless;
    assert_int_equal(load(), KEDGE_ERR_FILE);
    assert_string_equal(kedge_error_text(k),
                        HOME ":7: clusters[0].cluster.certificate-authority: unable to read "
                             "certificate-authority /dev/zero for prod due to a size over "
                             "KEDGE_CONFIG_FILE_MAX");
    options.kubeconfig = "/dev/zero";
    assert_int_equal(load(), KEDGE_ERR_TOO_LONG);
    assert_string_equal(kedge_error_text(k), "/dev/zero: is no kubeconfig: it is larger than "
                                             "KEDGE_KUBECONFIG_MAX");
}

// --- which files ---------------------------------------------------------------------------------

static void the_first_file_wins_a_stanza_at_a_time(void **state)
{
    (void)state;
    set("KUBECONFIG", "/a:/b:/c");
    put("/a", "clusters: [{name: k, cluster: {server: 'https://first'}}]\n"
              "contexts: [{name: only-a, context: {cluster: k}}]\n");
    put("/b", "current-context: b\n"
              "contexts: [{name: b, context: {cluster: k, user: u}}]\n"
              "users: [{name: u, user: {username: nn}}]\n");
    put("/c", "current-context: only-a\n"
              "clusters: [{name: k, cluster: {server: 'https://last', tls-server-name: last}}]\n"
              "contexts: [{name: b, context: {cluster: k, user: u, namespace: last}}]\n"
              "users: [{name: u, user: {token: last}}]\n");
    assert_int_equal(load(), KEDGE_OK);
    assert_string_equal(config.server, "https://first");
    assert_null(config.tls_server_name);
    assert_string_equal(config.namespace_, "default");
    assert_string_equal(config.username, "nn");
    assert_null(config.token);
}

static void an_explicit_file_is_read_alone(void **state)
{
    (void)state;
    set("KUBECONFIG", "/b");
    put("/b", "current-context: c\nusers: [{name: admin, user: {token: b}}]\n");
    put(HOME, usual);
    put("/explicit", made_user("token: e"));
    options.kubeconfig = "/explicit";
    assert_int_equal(load(), KEDGE_OK);
    assert_string_equal(config.token, "e");
    options.kubeconfig = ""; // as if it were not given
    assert_int_equal(load(), KEDGE_ERR_CONFIG);
}

static void an_explicit_file_must_exist(void **state)
{
    (void)state;
    put(HOME, usual);
    options.kubeconfig = "/none";
    assert_int_equal(load(), KEDGE_ERR_NOT_FOUND);
    assert_string_equal(kedge_error_text(k), "/none: no such file");
}

static void kubeconfig_hides_the_home_file(void **state)
{
    (void)state;
    put(HOME, usual);
    set("KUBECONFIG", ":");
    assert_int_equal(load(), KEDGE_ERR_NOT_FOUND);
    assert_string_equal(logged, "");
    set("KUBECONFIG", "/x");
    assert_int_equal(load(), KEDGE_ERR_NOT_FOUND);
    set("KUBECONFIG", "");
    assert_int_equal(load(), KEDGE_OK);
}

static void missing_files_are_tolerated_beside_others(void **state)
{
    (void)state;
    put("/x", usual);
    set("KUBECONFIG", "::/none:/x:/none:/x::");
    assert_int_equal(load(), KEDGE_OK);
    assert_string_equal(logged, "");
    assert_string_equal(config.token, "SECRET-TOKEN");
}

static void where_all_are_missing_the_log_names_them_once_each(void **state)
{
    (void)state;
    set("KUBECONFIG", "/a:/b:/a");
    assert_int_equal(load(), KEDGE_ERR_NOT_FOUND);
    assert_string_equal(logged, "Config not found: /a, /b");
    assert_string_equal(kedge_error_text(k),
                        "invalid configuration: no configuration has been provided: "
                        "there is no /a, /b");
}

static void without_any_file_nothing_has_been_provided(void **state)
{
    (void)state;
    assert_int_equal(load(), KEDGE_ERR_NOT_FOUND);
    assert_string_equal(kedge_error_text(k),
                        "invalid configuration: no configuration has been provided: "
                        "there is no " HOME);
    assert_string_equal(logged, "");
    set("HOME", NULL);
    assert_int_equal(load(), KEDGE_ERR_NOT_FOUND);
    assert_string_equal(kedge_error_text(k),
                        "invalid configuration: no configuration has been provided: "
                        "neither KUBECONFIG nor HOME names a file");
}

static void an_empty_file_is_an_empty_configuration(void **state)
{
    (void)state;
    static const char *const empty[] = {
        "",       "\n\n", "# nothing\n",    "---\n",
        "null\n", "{}\n", "kind: Config\n", "current-context: ''\n"};
    for (size_t i = 0; i < sizeof empty / sizeof empty[0]; i++) {
        fails(empty[i], KEDGE_ERR_CONFIG,
              HOME
              ": current-context: invalid configuration: no configuration has been provided: no "
              "current-context, and no context is asked for");
    }
    set("KUBECONFIG", "/empty:/full");
    put("/empty", "");
    put("/full", usual);
    assert_int_equal(load(), KEDGE_OK);
}

static void a_broken_file_among_good_ones_is_an_error(void **state)
{
    (void)state;
    set("KUBECONFIG", "/good:/bad");
    put("/good", usual);
    put("/bad", "bogus content\n");
    assert_int_equal(load(), KEDGE_ERR_CONFIG);
    assert_string_equal(kedge_error_text(k),
                        "/bad:1: is no kubeconfig: a single value where a map is needed");
    put_error("/bad", KEDGE_ERR_FILE);
    assert_int_equal(load(), KEDGE_ERR_FILE);
    assert_string_equal(kedge_error_text(k),
                        "/bad: cannot be read: it is a directory, or permission is lacking");
}

static void a_port_without_files_says_so(void **state)
{
    (void)state;
    p.port.file = NULL;
    assert_int_equal(load(), KEDGE_ERR_UNSUPPORTED);
    assert_non_null(strstr(kedge_error_text(k), "the port has no files"));
}

// --- what cannot be ------------------------------------------------------------------------------

static void what_is_no_yaml_is_refused_with_its_line(void **state)
{
    (void)state;
    fails("a: b\nclusters:\n\t- name: x\n", KEDGE_ERR_CONFIG,
          HOME
          ":3: is no YAML: while scanning for the next token: found character that cannot start "
          "any token (a tab? YAML is indented by spaces)");
    fails("a: [1, 2\nb: c\n", KEDGE_ERR_CONFIG,
          HOME ":2: is no YAML: while parsing a flow sequence: did not find expected ',' or ']'");
    fails("a: 'b\n", KEDGE_ERR_CONFIG,
          HOME ":2: is no YAML: while scanning a quoted scalar: found unexpected end of stream");
    fails("a: \x01\n", KEDGE_ERR_CONFIG,
          HOME ": byte 3: is no YAML: control characters are not allowed");
    fails("kind: Config\nx: \xff\xfe\xfd", KEDGE_ERR_CONFIG,
          HOME ": byte 16: is no YAML: invalid leading UTF-8 octet");
    put_bytes(HOME,
              "\x7f"
              "ELF\2\1\1\0\0\0\0",
              12);
    assert_int_equal(load(), KEDGE_ERR_CONFIG);
    assert_string_equal(kedge_error_text(k),
                        HOME ": byte 0: is no YAML: control characters are not allowed");
}

static void what_is_no_kubeconfig_is_refused(void **state)
{
    (void)state;
    fails("- a\n", KEDGE_ERR_CONFIG, HOME ":1: is a list where it must not be one");
    fails("\nhello\n", KEDGE_ERR_CONFIG,
          HOME ":2: is no kubeconfig: a single value where a map is needed");
    fails("apiVersion: v1\nkind: Pod\n", KEDGE_ERR_CONFIG,
          HOME ":2: kind: is no kubeconfig: Config is needed");
    fails("apiVersion: apps/v1\n", KEDGE_ERR_CONFIG,
          HOME ":1: apiVersion: is no kubeconfig: v1 is needed");
    fails("? [a]\n: b\n", KEDGE_ERR_CONFIG,
          HOME ":1: a key is a list or a map where a text is needed");
}

static void every_field_has_its_type_in_every_stanza(void **state)
{
    (void)state;
    struct wrong {
        const char *yaml;
        const char *text;
    };
    static const struct wrong list[] = {
        {"clusters: 7\n", ":1: clusters: is a single value where a list is needed"},
        {"clusters: {a: b}\n", ":1: clusters: is a map where it must not be one"},
        {"clusters:\n- a\n", ":2: clusters[0]: is a single value where a map is needed"},
        {"clusters:\n- [a]\n", ":2: clusters[0]: is a list where it must not be one"},
        {"users:\n- {}\n- name: u\n  user: x\n",
         ":4: users[1].user: is a single value where a map is needed"},
        {"users:\n- user:\n    token: 0123\n",
         ":3: users[0].user.token: is a number to YAML where a text is needed: put it in quotes"},
        {"users:\n- user: {password: yes}\n",
         ":2: users[0].user.password: is true or false to YAML "
         "where a text is needed: put it in quotes"},
        {"users:\n- user: {username: {a: b}}\n",
         ":2: users[0].user.username: is a map where it must not be one"},
        {"users:\n- user: {token: [a]}\n",
         ":2: users[0].user.token: is a list where it must not be one"},
        {"users:\n- user: {token: !!binary YWJj}\n",
         ":2: users[0].user.token: has a YAML tag, which is not supported: write it without"},
        {"users:\n- user: {token: \"a\\0b\"}\n", ":2: users[0].user.token: holds a NUL character"},
        {"users:\n- user: {client-key-data: \"%%%\"}\n",
         ":2: users[0].user.client-key-data: is no base64"},
        {"users:\n- user: {client-key-data: QUJDRA}\n",
         ":2: users[0].user.client-key-data: is no base64"},
        {"users:\n- user: {client-key-data: 1234}\n",
         ":2: users[0].user.client-key-data: is no base64"},
        {"clusters:\n- cluster: {insecure-skip-tls-verify: 'true'}\n",
         ":2: clusters[0].cluster.insecure-skip-tls-verify: is neither true nor false"},
        {"clusters:\n- cluster: {disable-compression: 1}\n",
         ":2: clusters[0].cluster.disable-compression: is neither true nor false"},
        {"contexts:\n- context: &c {cluster: a}\n- context: *c\n",
         ":3: contexts[1].context: YAML aliases (*name) are not supported: write the value out"},
        {"x: &c {cluster: a}\ncontexts:\n- context: {<<: *c}\n",
         ":3: contexts[0].context: YAML merge keys (<<) are not supported: write it out"},
    };
    char text[256];
    for (size_t i = 0; i < sizeof list / sizeof list[0]; i++) {
        snprintf(text, sizeof text, "%s%s", HOME, list[i].text);
        fails(list[i].yaml, KEDGE_ERR_CONFIG, text);
    }
}

// Against the table of Go's YAML, which client-go reads by.
static void plain_scalars_are_what_yaml_makes_of_them(void **state)
{
    (void)state;
    static const char *const numbers[] = {"0",
                                          "-1",
                                          "+12",
                                          "0x1F",
                                          "0b11",
                                          "0o17",
                                          "1_000",
                                          "1.5",
                                          ".5",
                                          "1.",
                                          "1e3",
                                          "1E-3",
                                          ".inf",
                                          "-.Inf",
                                          ".NaN",
                                          "089",
                                          "12345678901234567890123"};
    static const char *const texts[] = {
        "a",    "1a",         "1.2.3.4", "0x",      "0xg",  "-",        "+",
        ".",    "1e",         "1.5:8",   "_1",      "e3",   "--1",      "0b2",
        "yess", "2001-12-14", "1-1",     "\"yes\"", "'12'", "!!str 12", "! 7"};
    char text[64];
    for (size_t i = 0; i < sizeof numbers / sizeof numbers[0]; i++) {
        snprintf(text, sizeof text, "token: %s", numbers[i]);
        assert_int_equal(load_text(made_user(text)), KEDGE_ERR_CONFIG);
        assert_non_null(strstr(kedge_error_text(k), "is a number to YAML"));
    }
    for (size_t i = 0; i < sizeof texts / sizeof texts[0]; i++) {
        snprintf(text, sizeof text, "token: %s", texts[i]);
        assert_int_equal(load_text(made_user(text)), KEDGE_OK);
        assert_true(strlen(config.token) > 0);
    }
}

static void a_name_may_stand_in_a_list_once(void **state)
{
    (void)state;
    fails("clusters:\n- name: kubeconfig-cluster\n- name: b\n- cluster: {}\n"
          "  name: kubeconfig-cluster\n",
          KEDGE_ERR_CONFIG, HOME ":5: clusters[2]: duplicate name \"kubeconfig-cluster\" in list");
    fails("contexts:\n- name: c\n- name: c\n", KEDGE_ERR_CONFIG,
          HOME ":3: contexts[1]: duplicate name \"c\" in list");
    fails("users:\n- name: u\n- name: u\n", KEDGE_ERR_CONFIG,
          HOME ":3: users[1]: duplicate name \"u\" in list");
    fails("extensions:\n- name: e\n- name: e\n", KEDGE_ERR_CONFIG,
          HOME ":3: extensions[1]: duplicate name \"e\" in list");
    fails("users:\n- {}\n-\n", KEDGE_ERR_CONFIG, HOME ":3: users[1]: duplicate name \"\" in list");
    assert_int_equal(load_text("users: [{name: x}]\nclusters: [{name: x}]\n"), KEDGE_ERR_CONFIG);
    assert_null(strstr(kedge_error_text(k), "duplicate"));
}

static void contexts_clusters_and_users_must_be_there(void **state)
{
    (void)state;
    fails("kind: Config\ncurrent-context: nope\n", KEDGE_ERR_CONFIG,
          HOME ":2: current-context: context was not found for specified context: nope");
    fails(made(SERVER, "", "user: admin"), KEDGE_ERR_CONFIG,
          HOME ":3: contexts[0].context.cluster: cluster was not specified for context \"c\"");
    fails(made(SERVER, "", "cluster: x"), KEDGE_ERR_CONFIG,
          HOME ":4: contexts[0].context.cluster: cluster \"x\" was not found for context \"c\"");
    fails(made(SERVER, "", "cluster: prod, user: who"), KEDGE_ERR_CONFIG,
          HOME ":4: contexts[0].context.user: user \"who\" was not found for context \"c\"");
    options.context = "nope";
    fails(usual, KEDGE_ERR_NOT_FOUND, HOME ": context \"nope\" does not exist");
}

static void a_stanza_nobody_chose_may_be_odd(void **state)
{
    (void)state;
    assert_int_equal(
        load_text("current-context: c\n"
                  "contexts:\n"
                  "- {name: c, context: {cluster: a, user: u}}\n"
                  "- {name: odd, context: {cluster: none, user: none}}\n"
                  "clusters:\n"
                  "- {name: a, cluster: {server: 'https://s'}}\n"
                  "- {name: odd, cluster: {proxy-url: 'socks5://p'}}\n"
                  "users:\n"
                  "- {name: u, user: {token: t}}\n"
                  "- {name: odd, user: {exec: {command: c}, token: t, username: nn}}\n"),
        KEDGE_OK);
}

static void a_context_without_a_user_is_anonymous(void **state)
{
    (void)state;
    assert_int_equal(load_text(made(SERVER, "token: t", "cluster: prod")), KEDGE_OK);
    assert_null(config.token);
}

static void clusters_are_judged_as_client_go_does(void **state)
{
    (void)state;
    fails(made_cluster(""), KEDGE_ERR_CONFIG,
          HOME ":6: clusters[0]: cluster has no server defined");
    fails(made_cluster("tls-server-name: x"), KEDGE_ERR_CONFIG,
          HOME ":6: clusters[0]: no server found for cluster \"prod\"");
    fails(made_cluster(SERVER ", certificate-authority: x, certificate-authority-data: " B64_CA),
          KEDGE_ERR_CONFIG,
          HOME ":7: clusters[0].cluster.certificate-authority: certificate-authority-data and "
               "certificate-authority are both specified for prod. certificate-authority-data will "
               "override.");
    fails(made_cluster(SERVER
                       ", insecure-skip-tls-verify: true, certificate-authority-data: " B64_CA),
          KEDGE_ERR_CONFIG,
          HOME
          ":7: clusters[0].cluster.insecure-skip-tls-verify: specifying a root certificates file "
          "with the insecure flag is not allowed");
    fails(made_cluster(SERVER ", proxy-url: 'socks5://p'"), KEDGE_ERR_UNSUPPORTED,
          HOME ":7: clusters[0].cluster.proxy-url: socks5 proxies are not supported: use an http "
               "or https proxy");
    static const char *const wrong[] = {"socks6://p", "proxy", "me@proxy", "proxy:3128", "http:p"};
    for (size_t i = 0; i < sizeof wrong / sizeof wrong[0]; i++) {
        char cluster[128];
        snprintf(cluster, sizeof cluster, SERVER ", proxy-url: '%s'", wrong[i]);
        fails(made_cluster(cluster), KEDGE_ERR_CONFIG,
              HOME ":7: clusters[0].cluster.proxy-url: must begin with http:// or https://");
    }
}

static void a_proxy_is_taken_with_its_cluster(void **state)
{
    (void)state;
    assert_int_equal(load_text(made_cluster(SERVER ", proxy-url: 'HTTP://me:geheim@p:3128/x'")),
                     KEDGE_OK);
    assert_string_equal(config.proxy_url, "HTTP://me:geheim@p:3128/x");
    // Also to a server without TLS, where the user's credentials are left out.
    assert_int_equal(load_text(made_cluster("server: 'http://s', proxy-url: 'https://p'")),
                     KEDGE_OK);
    assert_string_equal(config.proxy_url, "https://p");
    assert_int_equal(load_text(made_cluster(SERVER ", proxy-url: ''")), KEDGE_OK);
    assert_null(config.proxy_url);
}

static void users_are_judged_as_client_go_does(void **state)
{
    (void)state;
    fails(made_user("token: SECRET, username: nn"), KEDGE_ERR_CONFIG,
          HOME
          ":10: users[0].user.token: more than one authentication method found for admin; found "
          "[token basicAuth], only one is allowed");
    fails(made_user("token: SECRET, password: SECRET"), KEDGE_ERR_CONFIG,
          HOME
          ":10: users[0].user.token: more than one authentication method found for admin; found "
          "[token basicAuth], only one is allowed");
    fails(made_user("tokenFile: x, username: nn"), KEDGE_ERR_CONFIG,
          HOME
          ":10: users[0].user.tokenFile: username/password or bearer token may be set, but not "
          "both");
    fails(made_user("client-certificate: x, client-certificate-data: " B64_CERT), KEDGE_ERR_CONFIG,
          HOME ":10: users[0].user.client-certificate: client-cert-data and client-cert are both "
               "specified for admin. client-cert-data will override.");
    fails(made_user("client-certificate: x, client-key: x, client-key-data: " B64_KEY),
          KEDGE_ERR_CONFIG,
          HOME
          ":10: users[0].user.client-key: client-key-data and client-key are both specified for "
          "admin; client-key-data will override");
    fails(made_user("client-certificate-data: " B64_CERT), KEDGE_ERR_CONFIG,
          HOME ":10: users[0].user.client-certificate-data: client-key-data or client-key must be "
               "specified for admin to use the clientCert authentication method.");
}

static void what_is_not_supported_is_refused_by_name(void **state)
{
    (void)state;
    fails(made_user("token: SECRET, auth-provider: {name: gcp}"), KEDGE_ERR_CONFIG,
          HOME ":10: users[0].user.auth-provider: auth-provider is not supported: use a token, a "
               "tokenFile or a client certificate");
    assert_int_equal(load_text(made_user("token: t, exec: null, as: '', as-groups: ~")), KEDGE_OK);
    static const char *const others[] = {"as-uid: u", "as-groups: [g]", "as-user-extra: {a: [b]}"};
    for (size_t i = 0; i < 3; i++) {
        assert_int_equal(load_text(made_user(others[i])), KEDGE_ERR_CONFIG);
        assert_non_null(strstr(kedge_error_text(k),
                               "requesting uid, groups or user-extra for admin "
                               "without impersonating a user"));
    }
}

// --- plugins and impersonation -------------------------------------------------------------------

#define EXEC "client.authentication.k8s.io/"

// The list `got` has these texts, each with its NUL.
static void is_list(kedge_str got, const char *texts, size_t len)
{
    assert_int_equal(got.len, len);
    assert_memory_equal(got.ptr, texts, len);
}

#define IS_LIST(got, texts) is_list(got, texts, sizeof(texts) - 1)

static void a_plugin_is_taken_with_all_that_is_said_of_it(void **state)
{
    (void)state;
    assert_int_equal(
        load_text(made_user(
            "exec: {apiVersion: " EXEC "v1, command: aws, args: [eks, '', \"a b\\u00e9\"], "
            "env: [{name: A, value: b=c}, {name: D, value: ''}, {name: E}], "
            "installHint: \"get\\e[31m\\nit\\u202e \\u00e9\", provideClusterInfo: true, "
            "interactiveMode: IfAvailable, more: {x: [1, 2]}}")),
        KEDGE_OK);
    assert_string_equal(config.exec.command, "aws");
    assert_string_equal(config.exec.api_version, EXEC "v1");
    IS_LIST(config.exec.args, "eks\0\0a b\xc3\xa9\0");
    IS_LIST(config.exec.env, "A=b=c\0D=\0E=\0");
    assert_string_equal(config.exec.install_hint, "getU+001B[31m\nitU+202E \xc3\xa9");
    assert_true(config.exec.provide_cluster_info);
    assert_int_equal(config.exec.interactive, KEDGE_EXEC_IF_AVAILABLE);
    assert_int_equal(config.exec.cluster_config.len, 0);
    assert_non_null(config.hooks.exec);
}

static void what_a_plugin_may_leave_out_it_may_leave_empty(void **state)
{
    (void)state;
    static const char *const older[] = {"v1alpha1", "v1beta1"};
    for (size_t i = 0; i < 2; i++) {
        char user[256];
        snprintf(user, sizeof user,
                 "exec: {apiVersion: " EXEC "%s, command: c, interactiveMode: '', installHint: '', "
                 "args: ~, env: [{name: F, value: ~}], provideClusterInfo: ~}",
                 older[i]);
        assert_int_equal(load_text(made_user(user)), KEDGE_OK);
        assert_int_equal(config.exec.interactive, KEDGE_EXEC_IF_AVAILABLE);
        assert_null(config.exec.install_hint);
        IS_LIST(config.exec.env, "F=\0");
        assert_int_equal(config.exec.args.len, 0);
    }
}

static void hidden_characters_of_a_hint_are_shown_by_number(void **state)
{
    (void)state;
    assert_int_equal(load_text(made_user("exec: {apiVersion: " EXEC "v1beta1, command: c, "
                                         "installHint: \"a\\U000e0001b\\U0010fffdc\\U0001f600\"}")),
                     KEDGE_OK);
    assert_string_equal(config.exec.install_hint, "aU+E0001bU+10FFFDc\xf0\x9f\x98\x80");
}

// client-go's TestCleanANSIEscapeCodes.
static void a_hint_is_free_of_escape_sequences_and_else_as_it_was(void **state)
{
    (void)state;
    static const char *const rows[][2] = {
        {"\\e[1mbold tuna\\e[0m, fish, \\e[1mmarlin\\e[0m",
         "U+001B[1mbold tunaU+001B[0m, fish, U+001B[1mmarlinU+001B[0m"},
        {"\\e[2Aup up, \\e[2Cright", "U+001B[2Aup up, U+001B[2Cright"},
        {"clear: \\e[2J", "clear: U+001B[2J"},
        {"tuna\\nfish\\r\\nmarlin\\t\\r\\ntuna\\vfish\\fmarlin",
         "tuna\nfish\r\nmarlin\t\r\ntuna\vfish\fmarlin"},
        {"alpha: \\u03b1", "alpha: \xce\xb1"},
        {"tu\\u0301na, fi\\u0302sh", "tu\xcc\x81na, fi\xcc\x82sh"},
        {"t1na, f456", "t1na, f456"},
        {"'here's a sentence; with! some...punctuation ;)'",
         "'here's a sentence; with! some...punctuation ;)'"},
        {"\\u222b\\u2081\\u207F f(x) \\u2248 \\u2211 \\u2208 \\u2115",
         "\xe2\x88\xab\xe2\x82\x81\xe2\x81\xbf f(x) \xe2\x89\x88 \xe2\x88\x91 \xe2\x88\x88 "
         "\xe2\x84\x95"},
        {"paragraph\\u2029and\\u2003spaces", "paragraph\xe2\x80\xa9"
                                             "and\xe2\x80\x83spaces"},
    };
    for (size_t i = 0; i < sizeof rows / sizeof rows[0]; i++) {
        char user[256];
        snprintf(user, sizeof user,
                 "exec: {apiVersion: " EXEC "v1beta1, command: c, installHint: \"%s\"}",
                 rows[i][0]);
        assert_int_equal(load_text(made_user(user)), KEDGE_OK);
        assert_string_equal(config.exec.install_hint, rows[i][1]);
    }
}

static void numbers_are_written_as_json_has_them(void **state)
{
    (void)state;
    static const char *const good[] = {"0", "-1", "-0.5", "10", "1.25", "1e5", "1E-5", "1.5e+3"};
    static const char *const bad[] = {"+1", "1_000", "0x1F", "-.inf", ".nan", "00", "-.5", "5."};
    char user[256];
    for (size_t i = 0; i < sizeof good / sizeof good[0]; i++) {
        snprintf(user, sizeof user, "exec: {apiVersion: " EXEC "v1beta1, command: c, more: [%s]}",
                 good[i]);
        if (load_text(made_user(user)) != KEDGE_OK)
            fail_msg("%s: %s", good[i], kedge_error_text(k));
    }
    for (size_t i = 0; i < sizeof bad / sizeof bad[0]; i++) {
        snprintf(user, sizeof user, "exec: {apiVersion: " EXEC "v1beta1, command: c, more: [%s]}",
                 bad[i]);
        if (load_text(made_user(user)) != KEDGE_ERR_CONFIG)
            fail_msg("%s is taken", bad[i]);
    }
}

static void a_command_with_a_slash_is_meant_from_its_files_folder(void **state)
{
    (void)state;
    static const char *const cases[][2] = {{"./bin/get", "/home/me/.kube/./bin/get"},
                                           {"bin/get", "/home/me/.kube/bin/get"},
                                           {"/usr/bin/get", "/usr/bin/get"},
                                           {"cmd", "cmd"}};
    for (size_t i = 0; i < sizeof cases / sizeof cases[0]; i++) {
        char user[256];
        snprintf(user, sizeof user, "exec: {apiVersion: " EXEC "v1beta1, command: %s}",
                 cases[i][0]);
        assert_int_equal(load_text(made_user(user)), KEDGE_OK);
        assert_string_equal(config.exec.command, cases[i][1]);
        assert_int_equal(config.exec.interactive, KEDGE_EXEC_IF_AVAILABLE);
    }
}

static void the_clusters_extension_for_plugins_becomes_json(void **state)
{
    (void)state;
    static const char cluster[] =
        "server: https://s, extensions: [{name: other, extension: {no: 1}}, {name: " EXEC "exec}, "
        "{name: " EXEC "exec, "
        "extension: {a: [1, -2.5e3, true, no, ~, 'x\"y\\z', \"t\\tb\"], 7: {}, yes: []}}]";
    static const char user[] =
        "exec: {apiVersion: " EXEC "v1beta1, command: c, provideClusterInfo: %s}";
    for (int i = 0; i < 2; i++) {
        char text[256];
        snprintf(text, sizeof text, user, i == 0 ? "true" : "false");
        assert_int_equal(load_text(made(cluster, text, CONTEXT)), KEDGE_OK);
        if (i == 0)
            is_text(config.exec.cluster_config,
                    "{\"a\":[1,-2.5e3,true,false,null,\"x\\u0022y\\u005cz\","
                    "\"t\\u0009b\"],\"7\":{},\"yes\":[]}");
        else
            assert_int_equal(config.exec.cluster_config.len, 0);
    }
}

static void a_plugin_that_cannot_be_is_refused(void **state)
{
    (void)state;
    static const char *const cases[][2] = {
        {"{apiVersion: " EXEC "v1, interactiveMode: Never}", "command must be specified for admin "
                                                             "to use exec authentication plugin"},
        {"{}", "command must be specified for admin to use exec authentication plugin"},
        {"{command: c, interactiveMode: Never}",
         "apiVersion must be specified for admin to use exec authentication plugin"},
        {"{apiVersion: " EXEC "v1, command: c}",
         "interactiveMode must be specified for admin to use exec authentication plugin"},
        {"{apiVersion: " EXEC "v1, command: c, interactiveMode: Sometimes}",
         "invalid interactiveMode for admin: Never, IfAvailable or Always"},
        {"{apiVersion: " EXEC "v1beta1, command: c, env: [{value: x}]}",
         "env variable name must be specified for admin"},
        {"{apiVersion: " EXEC "v1beta1, command: c, env: [{name: 'a=b', value: x}]}",
         "env variable name must be specified for admin"},
        {"{apiVersion: " EXEC "v1beta1, command: c, env: [{name: a, value: 7}]}", "env variable"},
        {"{apiVersion: " EXEC "v1beta1, command: c, env: [{name: '', value: x}]}",
         "env variable name must be specified for admin"},
        {"{apiVersion: " EXEC "v1beta1, command: c, env: x}", "env is no list for admin"},
        {"{apiVersion: " EXEC "v1beta1, command: ''}", "command must be specified for admin"},
        {"{apiVersion: " EXEC "v1beta1, command: c, args: [1]}", "args is no list of texts"},
        {"{apiVersion: " EXEC "v1beta1, command: c, args: {a: b}}", "args is no list of texts"},
        {"{apiVersion: " EXEC "v1beta1, command: c, args: [\"a\\0b\"]}",
         "args is no list of texts"},
        {"{apiVersion: " EXEC "v1beta1, command: 7}", "command is no text: put it in quotes"},
        {"{apiVersion: 7, command: c}", "apiVersion is no text"},
        {"{apiVersion: " EXEC "v1beta1, command: c, installHint: []}", "installHint is no text"},
        {"{apiVersion: " EXEC "v1beta1, command: c, provideClusterInfo: 1}",
         "provideClusterInfo is neither true nor false"},
        {"{apiVersion: " EXEC "v1beta1, command: c, n: 0x10}",
         "a number is written as JSON has none"},
        {"{apiVersion: " EXEC "v1beta1, command: c, n: .5}", "as JSON has none"},
        {"{apiVersion: " EXEC "v1beta1, command: c, n: 1.}", "as JSON has none"},
        {"{apiVersion: " EXEC "v1beta1, command: c, n: 07}", "as JSON has none"},
        {"{<<: {command: c}}", "merge keys"},
        {"{command: &a c, args: [*a]}", "aliases"},
        {"{[a]: c}", "a key is a list or a map"},
        {"aws", "is no map for admin"},
        {"false", "is no map for admin"},
        {"[a]", "is no map for admin"},
    };
    for (size_t i = 0; i < sizeof cases / sizeof cases[0]; i++) {
        char user[256];
        snprintf(user, sizeof user, "exec: %s", cases[i][0]);
        assert_int_equal(load_text(made_user(user)), KEDGE_ERR_CONFIG);
        if (strstr(kedge_error_text(k), cases[i][1]) == NULL ||
            strstr(kedge_error_text(k), HOME ":10: users[0].user") == NULL)
            fail_msg("%s: %s", cases[i][0], kedge_error_text(k));
        is_empty(&config);
    }
    assert_int_equal(load_text(made("server: https://s, extensions: 7",
                                    "exec: {apiVersion: " EXEC "v1beta1, command: c, "
                                    "provideClusterInfo: true}",
                                    CONTEXT)),
                     KEDGE_OK);
}

static void who_is_not_chosen_may_have_any_plugin(void **state)
{
    (void)state;
    assert_int_equal(load_text(made_user("token: t}\n"
                                         "- name: other\n"
                                         "  user: {exec: {command: [&a 0x7, *a]}")),
                     KEDGE_OK);
    assert_null(config.exec.command);
    assert_null(config.hooks.exec);
}

static void without_https_there_is_no_plugin_but_impersonation(void **state)
{
    (void)state;
    assert_int_equal(
        load_text(made("server: http://s",
                       "as: root, exec: {apiVersion: " EXEC "v1beta1, command: c}", CONTEXT)),
        KEDGE_OK);
    assert_null(config.exec.command);
    assert_null(config.hooks.exec);
    assert_string_equal(config.impersonate.user, "root");
}

static void impersonation_is_taken_whole(void **state)
{
    (void)state;
    assert_int_equal(load_text(made_user("token: t, as: root, as-uid: u1, as-groups: [a, \"b c\"], "
                                         "as-user-extra: {k: [v, w], e: [], n: ~, 'x/y': ['']}")),
                     KEDGE_OK);
    assert_string_equal(config.impersonate.user, "root");
    assert_string_equal(config.impersonate.uid, "u1");
    IS_LIST(config.impersonate.groups, "a\0b c\0");
    IS_LIST(config.impersonate.extra, "k\0v\0k\0w\0x/y\0\0");
    assert_non_null(config.hooks.impersonate);
    static const char *const bad[] = {"as-groups: a",
                                      "as-groups: [1]",
                                      "as-groups: {a: b}",
                                      "as-user-extra: [a]",
                                      "as-user-extra: {a: b}",
                                      "as-user-extra: {a: [1]}",
                                      "as-user-extra: 7",
                                      "as-user-extra: {\"a\\0b\": [c]}",
                                      "as-user-extra: {a: [\"b\\0c\"]}",
                                      "as-groups: [\"a\\0b\"]"};
    for (size_t i = 0; i < sizeof bad / sizeof bad[0]; i++) {
        char user[128];
        snprintf(user, sizeof user, "as: root, %s", bad[i]);
        assert_int_equal(load_text(made_user(user)), KEDGE_ERR_CONFIG);
        if (strstr(kedge_error_text(k), "of texts for admin") == NULL)
            fail_msg("%s: %s", bad[i], kedge_error_text(k));
    }
}

static void the_paths_of_files_are_kept(void **state)
{
    (void)state;
    put("/home/me/.kube/ca", PEM_CA);
    put("/home/me/.kube/c", PEM_CERT);
    put("/home/me/.kube/k", PEM_KEY);
    assert_int_equal(load_text(made("server: https://s, certificate-authority: ca",
                                    "client-certificate: c, client-key: k", CONTEXT)),
                     KEDGE_OK);
    assert_string_equal(config.ca_file, "/home/me/.kube/ca");
    assert_string_equal(config.certificate_file, "/home/me/.kube/c");
    assert_string_equal(config.key_file, "/home/me/.kube/k");
    assert_non_null(config.hooks.files);
    assert_int_equal(
        load_text(made_user("client-certificate-data: " B64_CERT ", client-key-data: " B64_KEY)),
        KEDGE_OK);
    assert_null(config.certificate_file);
    assert_null(config.key_file);
}

// --- sweeps --------------------------------------------------------------------------------------

static void no_cut_of_a_good_file_does_harm(void **state)
{
    (void)state;
    unsigned whole = 0;
    for (size_t len = 0; len < sizeof usual; len++) {
        // In a block of its own size, so that reading past its end is seen.
        char *cut = malloc(len + 1);
        assert_non_null(cut);
        memcpy(cut, usual, len);
        put_bytes(HOME, cut, len);
        kedge_err err = load();
        if (err == KEDGE_OK) {
            whole++;
        } else {
            assert_int_equal(err, KEDGE_ERR_CONFIG);
            assert_true(strlen(kedge_error_text(k)) > strlen(HOME));
            is_empty(&config);
            assert_false(in_memory("SECRET"));
        }
        free(cut);
    }
    // Within the last token, every cut is a shorter one.
    assert_in_range(whole, 2, 100);
}

static void no_changed_byte_of_a_good_file_does_harm(void **state)
{
    (void)state;
    static char changed[sizeof usual];
    static const char bytes[] = {'\0', '\n', '\t', ' ', ':', '-',   '[',
                                 '{',  '"',  '*',  '&', '!', '\xff'};
    for (size_t i = 0; i + 1 < sizeof usual; i++) {
        memcpy(changed, usual, sizeof usual);
        changed[i] = bytes[i % sizeof bytes];
        put_bytes(HOME, changed, sizeof usual - 1);
        if (load() != KEDGE_OK)
            is_empty(&config);
    }
}

static int (*kind_file)(const struct kedge_port *port, const char *path, size_t offset, void *buf,
                        size_t cap);
static size_t piece;

static int in_pieces(const struct kedge_port *port, const char *path, size_t offset, void *buf,
                     size_t cap)
{
    return kind_file(port, path, offset, buf, cap < piece ? cap : piece);
}

static void however_the_file_is_split(void **state)
{
    (void)state;
    kind_file = p.port.file;
    p.port.file = in_pieces;
    for (piece = 1; piece < 70; piece += piece < 8 ? 1 : 13) {
        assert_int_equal(load_text(usual), KEDGE_OK);
        assert_string_equal(config.token, "SECRET-TOKEN");
        is_text(config.key, PEM_KEY);
    }
}

static int vanishing(const struct kedge_port *port, const char *path, size_t offset, void *buf,
                     size_t cap)
{
    return offset == 0 ? kind_file(port, path, 0, buf, cap < 40 ? cap : 40) : KEDGE_ERR_NOT_FOUND;
}

static void a_file_that_vanishes_half_read_is_not_a_missing_one(void **state)
{
    (void)state;
    kind_file = p.port.file;
    p.port.file = vanishing;
    fails(usual, KEDGE_ERR_FILE,
          HOME ": cannot be read: it is a directory, or permission is lacking");
}

static void wherever_reading_fails(void **state)
{
    (void)state;
    put("/home/me/.kube/ca", PEM_CA);
    put("/home/me/.kube/tok", "SECRET");
    const char *yaml = made(SERVER ", certificate-authority: ca", "tokenFile: tok", CONTEXT);
    unsigned at = 1;
    for (;; at++) {
        p.calls = 0;
        p.cruelty.fail_at = at;
        p.cruelty.fail_only = FAKE_CALL_FILE;
        kedge_err err = load_text(yaml);
        if (p.calls < at)
            break;
        assert_int_equal(err, KEDGE_ERR_FILE);
        is_empty(&config);
        assert_false(in_memory("SECRET"));
    }
    assert_int_equal(kedge_error(k), KEDGE_OK);
    assert_true(at > 10);
}

static void with_any_amount_of_memory_for(const char *user)
{
    unsigned char *exact;
    size_t size = 0;
    put("/home/me/.kube/ca", PEM_CA);
    put(HOME, made(SERVER ", certificate-authority: ca", user, CONTEXT));
    kedge_err err = KEDGE_ERR_MEMORY;
    unsigned lacking = 0;
    for (; err != KEDGE_OK; size++) {
        assert_true(size < sizeof memory);
        exact = malloc(size + 1);
        assert_non_null(exact);
        memset(exact, 0xa5, size + 1);
        k = kedge_init(exact, size, &p.port);
        memset(&config, 0xee, sizeof config);
        size_t before = k != NULL ? kedge__mark(k) : 0;
        err = kedge_config_kubeconfig(k, &config, NULL);
        if (k != NULL && err != KEDGE_OK) {
            lacking++;
            assert_int_equal(err, KEDGE_ERR_MEMORY);
            assert_non_null(strstr(kedge_error_text(k), "bytes are needed"));
            assert_int_equal(kedge__mark(k), before);
            is_empty(&config);
            for (size_t i = 0; i + 6 <= size; i++)
                assert_memory_not_equal(exact + i, "SECRET", 6);
        }
        if (k == NULL)
            assert_int_equal(err, KEDGE_ERR_ARGUMENT);
        free(exact);
    }
    assert_true(lacking > 200);
}

static void with_any_amount_of_memory(void **state)
{
    (void)state;
    with_any_amount_of_memory_for("token: SECRET, client-certificate-data: " B64_CERT
                                  ", client-key-data: " B64_KEY);
    // Lists and maps behind others: what is kept as JSON.
    with_any_amount_of_memory_for("exec: {apiVersion: " EXEC "v1beta1, command: c, env: ["
                                  "{name: A, value: SECRET}, {name: B}, {name: C}]}, "
                                  "as-user-extra: {a: [b, c], d: [], e: [f]}, as: me");
}

static void a_great_many_entries_and_deep_nesting_are_refused(void **state)
{
    (void)state;
    enum { ENTRIES = 4097, LINE = 16 };
    char *yaml = malloc(ENTRIES * LINE + 32);
    assert_non_null(yaml);
    size_t len = (size_t)sprintf(yaml, "users:\n");
    for (int i = 0; i < ENTRIES; i++)
        len += (size_t)sprintf(yaml + len, "- name: u%d\n", i);
    put_bytes(HOME, yaml, len);
    assert_int_equal(load(), KEDGE_ERR_TOO_LONG);
    assert_string_equal(kedge_error_text(k),
                        HOME ":4098: users[4096]: the list has more than 4096 entries");
    free(yaml);

    char deep[256];
    for (size_t i = 0; i <= 101; i++) {
        deep[0] = 'x';
        deep[1] = ':';
        deep[2] = ' ';
        memset(deep + 3, '[', i);
        memset(deep + 3 + i, ']', i);
        put_bytes(HOME, deep, 3 + 2 * i);
        assert_int_equal(load(), KEDGE_ERR_CONFIG);
        if (i < 100)
            assert_non_null(strstr(kedge_error_text(k), "no configuration has been provided"));
        else
            assert_string_equal(kedge_error_text(k), HOME ":1: is nested deeper than 100 levels");
    }
}

static void aliases_cannot_explode(void **state)
{
    (void)state;
    fails("a: &a [x, x, x, x, x, x, x, x]\n"
          "b: &b [*a, *a, *a, *a, *a, *a, *a, *a]\n"
          "c: &c [*b, *b, *b, *b, *b, *b, *b, *b]\n"
          "users: *c\n",
          KEDGE_ERR_CONFIG,
          HOME ":4: users: YAML aliases (*name) are not supported: write the value out");
}

static void a_failure_before_is_kept_and_nothing_is_read(void **state)
{
    (void)state;
    put(HOME, usual);
    start(sizeof memory);
    kedge__line_text(kedge__fail(k, KEDGE_ERR_ENTROPY), "earlier");
    assert_int_equal(kedge_config_kubeconfig(k, &config, NULL), KEDGE_ERR_ENTROPY);
    assert_string_equal(kedge_error_text(k), "earlier");
    is_empty(&config);
    assert_int_equal(p.calls, 0);
    assert_int_equal(kedge_config_kubeconfig(NULL, &config, NULL), KEDGE_ERR_ARGUMENT);
    assert_int_equal(kedge_config_kubeconfig(k, NULL, NULL), KEDGE_ERR_ARGUMENT);
}

#define TEST(name) cmocka_unit_test_setup(name, setup)

// Whoever has none is told of none.
static void credentials_that_are_left_out_are_told_of_whatever_they_are(void **state)
{
    (void)state;
    static const char *const users[] = {"token: SECRET", "tokenFile: /SECRET",
                                        "username: me, password: SECRET", ""};
    for (size_t i = 0; i < 4; i++) {
        logged[0] = '\0';
        assert_int_equal(load_text(made("server: 'http://a:8080'", users[i], CONTEXT)), KEDGE_OK);
        assert_null(config.token);
        assert_null(config.token_file);
        assert_null(config.username);
        assert_null(config.password);
        assert_int_equal(strstr(logged, "credentials are left out") != NULL, i < 3);
    }
}

static void too_little_memory_is_told_wherever_loading_ends(void **state)
{
    (void)state;
    static const char *const servers[] = {"server: 'https://h/path?query'", SERVER,
                                          SERVER ", extensions: [{name: " EXEC
                                                 "exec, extension: {a: [1, b]}}]"};
    static const char *const users[] = {
        "token: t", "token: t, tokenFile: tok",
        "as: root, as-uid: u, as-groups: [g, h], as-user-extra: {k: [v, w]}, "
        "exec: {apiVersion: " EXEC "v1beta1, command: ./c, args: [a, b], installHint: hint, "
        "env: [{name: A, value: b}], provideClusterInfo: true}"};
    set("KUBECONFIG", "/home/me/.kube/config:/a/file/that/is/not/there/and/has/a/long/name");
    for (int i = 0; i < 3; i++) {
        put("/home/me/.kube/config", made(servers[i], users[i], CONTEXT));
        kedge_err err = KEDGE_ERR_MEMORY;
        unsigned failures = 0;
        for (size_t size = 512; err != KEDGE_OK; size += 8) {
            start(size);
            if (k == NULL)
                continue;
            err = kedge_config_kubeconfig(k, &config, &options);
            assert_true(err == KEDGE_OK || err == KEDGE_ERR_MEMORY);
            failures += err != KEDGE_OK;
        }
        assert_true(failures > 10);
    }
}

static void an_empty_home_is_none(void **state)
{
    (void)state;
    set("HOME", "");
    assert_int_equal(load(), KEDGE_ERR_NOT_FOUND);
}

static void a_header_may_be_empty_and_a_text_may_not_be_a_bool(void **state)
{
    (void)state;
    char text[5120];
    snprintf(text, sizeof text, "apiVersion: ''\nkind: ''\n%s", made_cluster(SERVER));
    assert_int_equal(load_text(text), KEDGE_OK);
    static const char *const wrong[] = {"token: true", "token: false", "token: 0x1f", "token: 12"};
    for (size_t i = 0; i < 4; i++)
        assert_int_equal(load_text(made(SERVER, wrong[i], CONTEXT)), KEDGE_ERR_CONFIG);
    static const char *const right[] = {"token: 0x1g", "token: 0x", "token: _1", "token: ''"};
    for (size_t i = 0; i < 4; i++)
        assert_int_equal(load_text(made(SERVER, right[i], CONTEXT)), KEDGE_OK);
}

static const struct CMUnitTest tests[] = {
    TEST(the_current_context_says_what_is_taken),
    TEST(a_context_that_is_asked_for_wins),
    TEST(nothing_is_kept_but_what_the_configuration_points_at),
    TEST(json_is_yaml),
    TEST(of_a_key_given_twice_the_last_counts_as_a_whole),
    TEST(of_two_lists_of_one_name_the_last_counts),
    TEST(a_file_that_changes_meanwhile_mixes_no_stanzas),
    TEST(unknown_fields_are_skipped_whatever_they_hold),
    TEST(a_null_is_as_if_it_were_not_there),
    TEST(yaml_words_for_true_switch_verification_off),
    TEST(data_may_be_broken_into_lines),
    TEST(basic_authentication_is_read),
    TEST(a_server_with_a_path_loses_query_and_fragment),
    TEST(a_server_is_kept_as_it_is_written),
    TEST(credentials_never_go_to_a_server_without_https),
    TEST(relative_paths_are_meant_from_the_file_of_the_stanza),
    TEST(a_kubeconfig_without_a_folder_leaves_paths_as_they_are),
    TEST(a_token_beside_a_token_file_spares_reading_it_now),
    TEST(a_file_that_is_named_must_be_readable_and_pem),
    TEST(a_file_without_end_is_refused),
    TEST(the_first_file_wins_a_stanza_at_a_time),
    TEST(an_explicit_file_is_read_alone),
    TEST(an_explicit_file_must_exist),
    TEST(kubeconfig_hides_the_home_file),
    TEST(missing_files_are_tolerated_beside_others),
    TEST(where_all_are_missing_the_log_names_them_once_each),
    TEST(without_any_file_nothing_has_been_provided),
    TEST(an_empty_file_is_an_empty_configuration),
    TEST(a_broken_file_among_good_ones_is_an_error),
    TEST(a_port_without_files_says_so),
    TEST(what_is_no_yaml_is_refused_with_its_line),
    TEST(what_is_no_kubeconfig_is_refused),
    TEST(every_field_has_its_type_in_every_stanza),
    TEST(plain_scalars_are_what_yaml_makes_of_them),
    TEST(a_name_may_stand_in_a_list_once),
    TEST(contexts_clusters_and_users_must_be_there),
    TEST(a_stanza_nobody_chose_may_be_odd),
    TEST(a_context_without_a_user_is_anonymous),
    TEST(clusters_are_judged_as_client_go_does),
    TEST(a_proxy_is_taken_with_its_cluster),
    TEST(users_are_judged_as_client_go_does),
    TEST(what_is_not_supported_is_refused_by_name),
    TEST(a_plugin_is_taken_with_all_that_is_said_of_it),
    TEST(what_a_plugin_may_leave_out_it_may_leave_empty),
    TEST(hidden_characters_of_a_hint_are_shown_by_number),
    TEST(a_hint_is_free_of_escape_sequences_and_else_as_it_was),
    TEST(numbers_are_written_as_json_has_them),
    TEST(a_command_with_a_slash_is_meant_from_its_files_folder),
    TEST(the_clusters_extension_for_plugins_becomes_json),
    TEST(a_plugin_that_cannot_be_is_refused),
    TEST(who_is_not_chosen_may_have_any_plugin),
    TEST(without_https_there_is_no_plugin_but_impersonation),
    TEST(impersonation_is_taken_whole),
    TEST(the_paths_of_files_are_kept),
    TEST(no_cut_of_a_good_file_does_harm),
    TEST(no_changed_byte_of_a_good_file_does_harm),
    TEST(however_the_file_is_split),
    TEST(a_file_that_vanishes_half_read_is_not_a_missing_one),
    TEST(wherever_reading_fails),
    TEST(with_any_amount_of_memory),
    TEST(a_great_many_entries_and_deep_nesting_are_refused),
    TEST(aliases_cannot_explode),
    TEST(a_failure_before_is_kept_and_nothing_is_read),
    TEST(credentials_that_are_left_out_are_told_of_whatever_they_are),
    TEST(too_little_memory_is_told_wherever_loading_ends),
    TEST(an_empty_home_is_none),
    TEST(a_header_may_be_empty_and_a_text_may_not_be_a_bool),
};

int main(void)
{
    return cmocka_run_group_tests_name("kubeconfig", tests, NULL, NULL);
}
