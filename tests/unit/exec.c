// SPDX-License-Identifier: Apache-2.0
// Credential plugins: real processes of the POSIX port, each a line for a shell, and what a client
// makes of their answers.
#define _POSIX_C_SOURCE 200809L
#include <setjmp.h>
#include <stdarg.h>
#include <stdio.h>
#include <stdlib.h>
#include <string.h>
#include <sys/wait.h>
#include <time.h>
#include <unistd.h>

#include <cmocka.h>

#include "client/exchange.h"
#include "client/exec.h"
#include "kedge/posix.h"
#include "kedge/reader.h"
#include "tls_talk.h"

#include <mbedtls/base64.h>

#define V1      "client.authentication.k8s.io/v1"
#define V1BETA1 "client.authentication.k8s.io/v1beta1"
#define ANSWER(status) \
    "{\"kind\":\"ExecCredential\",\"apiVersion\":\"" V1 "\",\"status\":" status "}"

static struct {
    struct kedge_port port; // the POSIX one, but for the clocks
    kedge_time now;
    kedge_timestamp wall;
    unsigned char memory[192 * 1024];
    struct kedge *k;
    struct kedge_config config;
    struct kedge_client *client;
    struct kedge_exec exec;
    char folder[64];
    char args[32768];
    bool terminal;
} t;

static kedge_time clock_now(const struct kedge_port *port)
{
    (void)port;
    return t.now;
}

static kedge_timestamp wall_now(const struct kedge_port *port)
{
    (void)port;
    return t.wall;
}

static bool terminal(const struct kedge_port *port)
{
    (void)port;
    return t.terminal;
}

static struct kedge_port_processes processes;

// A fresh kedge over the POSIX port with a clock of ours. Its own functions never see this copy:
// those that look into the port are called with the real one.
static kedge_err wait_real(const struct kedge_port *port, struct kedge_wait *list, size_t count,
                           kedge_time deadline)
{
    (void)port;
    (void)deadline;
    const struct kedge_port *real = kedge_posix();
    return real->wait(real, list, count, real->clock(real) + 1000);
}

static int setup(void **state)
{
    (void)state;
    memset(&t, 0, sizeof t);
    t.port = *kedge_posix();
    processes = *t.port.processes;
    processes.has_terminal = terminal;
    t.port.processes = &processes;
    t.port.clock = clock_now;
    t.port.wall_clock = wall_now;
    t.port.wait = wait_real;
    t.now = 1000000;
    t.wall = 1;
    t.k = kedge_init(t.memory, sizeof t.memory, &t.port);
    t.config.server = "https://api.example.com:6443";
    t.config.ca = kedge_str_of(certificates[CA].pem);
    t.exec = (struct kedge_exec){
        .command = "/bin/sh", .api_version = V1, .interactive = KEDGE_EXEC_NEVER};
    snprintf(t.folder, sizeof t.folder, "/tmp/kedge-exec-XXXXXX");
    assert_non_null(mkdtemp(t.folder));
    return 0;
}

static int teardown(void **state)
{
    (void)state;
    kedge_client_free(t.client);
    char command[128];
    snprintf(command, sizeof command, "rm -rf '%s'", t.folder);
    assert_int_equal(system(command), 0);
    // No process is left, not even a dead one.
    assert_int_equal(waitpid(-1, NULL, WNOHANG), -1);
    return 0;
}

// A client whose plugin is this script, run in the test's folder.
static void start(const char *script)
{
    int n = snprintf(t.args, sizeof t.args, "-c%ccd '%s'; %s", 0, t.folder, script);
    t.exec.args = (kedge_str){t.args, (size_t)n + 1};
    assert_int_equal(kedge_config_exec(&t.config, &t.exec), KEDGE_OK);
    t.client = kedge_client_new(t.k, &t.config);
    if (t.client == NULL)
        fail_msg("%s", kedge_error_text(t.k));
}

static struct kedge__pending p;

// What a request would get now; waits for the plugin.
static kedge_err ask(void)
{
    kedge_err err = kedge__client_ready(t.client, t.now, &p);
    while (err == KEDGE_WANT_READ) {
        if (p.stream == NULL)
            return err;
        struct kedge_wait w = {p.stream, p.interest, 0};
        assert_int_equal(t.port.wait(&t.port, &w, 1, KEDGE_FOREVER), KEDGE_OK);
        err = kedge__client_ready(t.client, t.now, &p);
    }
    return err;
}

static unsigned runs(void)
{
    char path[128];
    snprintf(path, sizeof path, "%s/runs", t.folder);
    FILE *f = fopen(path, "r");
    unsigned n = 0;
    for (int c; f != NULL && (c = fgetc(f)) != EOF;)
        n += c == '\n';
    if (f != NULL)
        fclose(f);
    return n;
}

// Counts its runs; its token says which it was.
#define COUNTED(more)                                                                       \
    "echo run >>runs; n=$(wc -l <runs); "                                                   \
    "printf '{\"kind\":\"ExecCredential\",\"apiVersion\":\"" V1 "\",\"status\":{\"token\":" \
    "\"token-%d\"" more "}}' $n"

static void a_token_is_asked_for_once_and_kept(void **state)
{
    (void)state;
    start(COUNTED(""));
    assert_null(t.client->bearer);
    for (int i = 0; i < 5; i++) {
        assert_int_equal(ask(), KEDGE_OK);
        assert_string_equal(t.client->bearer, "token-1");
        t.now += KEDGE_HOUR;
        t.wall += INT64_C(3600000000);
    }
    assert_int_equal(runs(), 1);
}

static void it_is_run_again_when_what_it_gave_has_expired(void **state)
{
    (void)state;
    assert_true(kedge_timestamp_parse(KEDGE_STR("2026-06-01T00:00:00Z"), &t.wall));
    start(COUNTED(",\"expirationTimestamp\":\"2026-06-01T00:10:00Z\""));
    assert_int_equal(ask(), KEDGE_OK);
    t.now += 600 * KEDGE_SECOND - 1;
    t.wall += INT64_C(599999999);
    assert_int_equal(ask(), KEDGE_OK);
    assert_int_equal(runs(), 1);
    t.wall++;
    assert_int_equal(ask(), KEDGE_OK);
    assert_string_equal(t.client->bearer, "token-2");
    // It always gives the same time: good for a second, so that whoever waited gets it.
    assert_int_equal(ask(), KEDGE_OK);
    assert_int_equal(runs(), 2);
    t.now += KEDGE_SECOND;
    assert_int_equal(ask(), KEDGE_OK);
    assert_int_equal(runs(), 3);
    t.now += KEDGE_SECOND;
    t.wall = 0; // a device that does not know the date
    assert_int_equal(ask(), KEDGE_OK);
    assert_int_equal(runs(), 3);
}

static void a_401_has_it_run_again_once_for_each_set_of_credentials(void **state)
{
    (void)state;
    start(COUNTED(""));
    assert_int_equal(ask(), KEDGE_OK);
    uint32_t first = t.client->serial;
    t.now += KEDGE_MINUTE;
    for (int i = 0; i < 3; i++)
        kedge__client_unauthorized(t.client, first);
    assert_int_equal(runs(), 1); // only a request has it run
    assert_int_equal(ask(), KEDGE_OK);
    assert_string_equal(t.client->bearer, "token-2");
    kedge__client_unauthorized(t.client, first); // an answer to a request of before, come late
    t.now += KEDGE_MINUTE;
    assert_int_equal(ask(), KEDGE_OK);
    assert_int_equal(runs(), 2);
    // Refused at once: not more often than once a second.
    kedge__client_unauthorized(t.client, t.client->serial);
    t.now += KEDGE_MINUTE;
    assert_int_equal(ask(), KEDGE_OK);
    kedge__client_unauthorized(t.client, t.client->serial);
    assert_int_equal(ask(), KEDGE_WANT_READ);
    assert_int_equal(p.again, t.now + KEDGE_SECOND);
    t.now = p.again;
    assert_int_equal(ask(), KEDGE_OK);
    assert_int_equal(runs(), 4);
}

// A 401 that comes while the plugin runs is of the credentials before.
static void a_401_while_it_runs_is_of_what_was_before(void **state)
{
    (void)state;
    start(COUNTED(""));
    assert_int_equal(ask(), KEDGE_OK);
    t.now += KEDGE_MINUTE;
    kedge__client_unauthorized(t.client, t.client->serial);
    assert_int_equal(kedge__client_ready(t.client, t.now, &p), KEDGE_WANT_READ);
    kedge__client_unauthorized(t.client, t.client->serial);
    assert_int_equal(ask(), KEDGE_OK);
    t.now += KEDGE_MINUTE;
    assert_int_equal(ask(), KEDGE_OK);
    assert_string_equal(t.client->bearer, "token-2");
    assert_int_equal(runs(), 2);
}

static void fails(const char *script, kedge_err err, const char *why)
{
    start(script);
    assert_int_equal(ask(), err);
    if (strcmp(p.problem, why) != 0)
        fail_msg("\"%s\", not \"%s\"", p.problem, why);
    assert_null(t.client->bearer);
    kedge_client_free(t.client);
    t.client = NULL;
    t.k = kedge_init(t.memory, sizeof t.memory, &t.port);
}

#define SH "exec plugin /bin/sh: "

static void what_is_wrong_with_an_answer_is_said(void **state)
{
    (void)state;
    static const struct {
        const char *answer, *why;
    } cases[] = {
        {"", SH "its answer is no JSON"},
        {"{", SH "its answer is no JSON"},
        {"{}", SH "its answer is no ExecCredential"},
        {"[]", SH "its answer is no ExecCredential"},
        {"{\"kind\":\"Secret\",\"apiVersion\":\"" V1 "\",\"status\":{\"token\":\"x\"}}",
         SH "its answer is no ExecCredential"},
        {"{\"kind\":\"ExecCredential\",\"apiVersion\":\"" V1BETA1
         "\",\"status\":{\"token\":\"x\"}}",
         SH "its answer has another apiVersion than it is configured with"},
        {"{\"kind\":\"ExecCredential\",\"apiVersion\":\"" V1 "\"}", SH "its answer has no status"},
        {ANSWER("null"), SH "its answer has no status"},
        {ANSWER("{}"), SH "it wrote neither a token nor a client certificate and key"},
        {ANSWER("{\"token\":\"\"}"),
         SH "it wrote neither a token nor a client certificate and key"},
        {ANSWER("{\"token\":7}"), SH "a field of its status is no text"},
        {ANSWER("{\"clientCertificateData\":7}"), SH "a field of its status is no text"},
        {ANSWER("{\"clientKeyData\":7}"), SH "a field of its status is no text"},
        {ANSWER("{\"expirationTimestamp\":7}"), SH "a field of its status is no text"},
        {ANSWER("{\"token\":null}"),
         SH "it wrote neither a token nor a client certificate and key"},
        {ANSWER("{\"clientKeyData\":\"x\"}"),
         SH "it wrote one of client certificate and key without the other"},
        {ANSWER("{\"token\":\"a\\u00e4b\"}"), SH "its token holds what is no visible ASCII"},
        {ANSWER("{\"token\":\"a\\u000ab\"}"), SH "its token holds what is no visible ASCII"},
        {ANSWER("{\"clientKeyData\":\"x\",\"token\":\"t\"}"),
         SH "it wrote one of client certificate and key without the other"},
        {ANSWER("{\"clientCertificateData\":\"x\"}"),
         SH "it wrote one of client certificate and key without the other"},
        {ANSWER("{\"token\":\"t\",\"expirationTimestamp\":\"tomorrow\"}"),
         SH "status.expirationTimestamp is no RFC 3339 time"},
        {ANSWER("{\"clientCertificateData\":\"x\",\"clientKeyData\":\"y\"}"),
         SH "the client certificate is neither PEM nor DER: there is no PEM block in it"},
    };
    for (size_t i = 0; i < sizeof cases / sizeof cases[0]; i++) {
        char script[1024];
        snprintf(script, sizeof script, "cat <<'END'\n%s\nEND", cases[i].answer);
        fails(script, KEDGE_ERR_CONFIG, cases[i].why);
    }
    fails("i=0; while [ $i -lt 2000 ]; do echo 0123456789; i=$((i+1)); done", KEDGE_ERR_TOO_LONG,
          SH "it wrote more than KEDGE_EXEC_OUTPUT bytes");
    fails("printf '['; i=0; while [ $i -lt 200 ]; do printf '1,'; i=$((i+1)); done; echo 1]",
          KEDGE_ERR_CONFIG, SH "its answer has more values than an ExecCredential");
    fails("exit 3", KEDGE_ERR_CONFIG, SH "it failed: see what it wrote to standard error");
    fails("echo '" ANSWER("{\"token\":\"x\"}") "'; exit 1", KEDGE_ERR_CONFIG,
          SH "it failed: see what it wrote to standard error");
}

static void a_failure_is_everybodys_for_a_second(void **state)
{
    (void)state;
    start("echo run >>runs; exit 1");
    for (int i = 0; i < 3; i++)
        assert_int_equal(ask(), KEDGE_ERR_CONFIG);
    assert_int_equal(runs(), 1);
    // Nothing was sent that a 401 could be about.
    kedge__client_unauthorized(t.client, t.client->serial);
    assert_int_equal(ask(), KEDGE_ERR_CONFIG);
    assert_int_equal(runs(), 1);
    t.now += KEDGE_SECOND;
    assert_int_equal(ask(), KEDGE_ERR_CONFIG);
    assert_int_equal(runs(), 2);
}

static void who_waits_too_long_ends_it(void **state)
{
    (void)state;
    // Its child, too, which holds the output.
    start("echo $$ >pid; sleep 1000");
    assert_int_equal(kedge__client_ready(t.client, t.now, &p), KEDGE_WANT_READ);
    assert_non_null(p.stream);
    assert_int_equal(p.again, t.now + 5 * KEDGE_MINUTE);
    t.now = p.again;
    assert_int_equal(ask(), KEDGE_ERR_TIMEOUT);
    assert_string_equal(p.problem, SH "it did not end within 5 minutes");
}

static void freeing_the_client_ends_it(void **state)
{
    (void)state;
    start("sleep 1000");
    assert_int_equal(kedge__client_ready(t.client, t.now, &p), KEDGE_WANT_READ);
}

static void output_in_pieces_and_a_late_end_are_waited_for(void **state)
{
    (void)state;
    start("printf '{\"kind\":\"ExecCredential\",\"apiVers'; sleep 0.05;"
          "printf 'ion\":\"" V1 "\",\"status\":{\"token\":\"x\"}}'; exec >&-; sleep 0.05");
    assert_int_equal(ask(), KEDGE_OK);
    assert_string_equal(t.client->bearer, "x");
}

static void what_is_not_installed_tells_how_to_install_it(void **state)
{
    (void)state;
    t.exec.command = "kedge-no-such-plugin";
    t.exec.install_hint = "get it\nfrom U+001B[example.com \xc3\xa9";
    start("");
    for (int i = 0; i < 12; i++) {
        assert_int_equal(ask(), KEDGE_ERR_FILE);
        assert_string_equal(p.problem,
                            i < 10 ? "exec plugin kedge-no-such-plugin: executable not found; get "
                                     "it from U+001B[example.com \xc3\xa9"
                                   : "exec plugin kedge-no-such-plugin: executable not found");
        t.now += KEDGE_MINUTE;
    }
    t.now += KEDGE_HOUR;
    assert_int_equal(ask(), KEDGE_ERR_FILE);
    assert_non_null(strstr(p.problem, "get it"));
}

static void what_cannot_be_executed_is_told(void **state)
{
    (void)state;
    t.exec.command = "/etc";
    start("");
    assert_int_equal(ask(), KEDGE_ERR_FILE);
    assert_string_equal(p.problem, "exec plugin /etc: it cannot be executed");
}

static void without_a_hint_there_is_none(void **state)
{
    (void)state;
    t.exec.command = "kedge-no-such-plugin";
    start("");
    assert_int_equal(ask(), KEDGE_ERR_FILE);
    assert_string_equal(p.problem, "exec plugin kedge-no-such-plugin: executable not found");
}

// Linux has no process begin with a text of more than 128 KiB.
static void what_the_system_refuses_to_start_is_told(void **state)
{
    (void)state;
    static char args[256 * 1024];
    memset(args, 'x', sizeof args - 1);
    t.exec.args = (kedge_str){args, sizeof args};
    assert_int_equal(kedge_config_exec(&t.config, &t.exec), KEDGE_OK);
    t.client = kedge_client_new(t.k, &t.config);
    assert_non_null(t.client);
    assert_int_equal(ask(), KEDGE_ERR_IO);
    assert_string_equal(p.problem, SH "no process can be started");
}

static void what_expires_at_the_beginning_of_time_has_expired(void **state)
{
    (void)state;
    t.wall = 1000;
    start(COUNTED(",\"expirationTimestamp\":\"1970-01-01T00:00:00Z\""));
    assert_int_equal(ask(), KEDGE_OK);
    t.now += KEDGE_MINUTE;
    assert_int_equal(ask(), KEDGE_OK);
    assert_int_equal(runs(), 2);
}

static void an_empty_name_is_nobody(void **state)
{
    (void)state;
    t.config.username = "";
    start(COUNTED(""));
    assert_int_equal(ask(), KEDGE_OK);
    assert_int_equal(runs(), 1);
}

static const char *said(void)
{
    static char text[8192];
    char path[128];
    snprintf(path, sizeof path, "%s/said", t.folder);
    FILE *f = fopen(path, "r");
    assert_non_null(f);
    size_t n = fread(text, 1, sizeof text - 1, f);
    fclose(f);
    text[n] = '\0';
    return text;
}

#define SAYS(what) what " >said; echo '" ANSWER("{\"token\":\"x\"}") "'"

static void it_is_told_what_it_is_for(void **state)
{
    (void)state;
    setenv("KEDGE_TEST_OURS", "ours", 1);
    setenv("KEDGE_TEST_BOTH", "ours", 1);
    t.exec.env = KEDGE_STR("KEDGE_TEST_ITS=its\0KEDGE_TEST_BOTH=first\0KEDGE_TEST_BOTH=its own\0");
    start(SAYS("echo \"$KEDGE_TEST_OURS $KEDGE_TEST_ITS $KEDGE_TEST_BOTH "
               "$KUBERNETES_EXEC_INFO\""));
    assert_int_equal(ask(), KEDGE_OK);
    assert_string_equal(said(), "ours its its own "
                                "{\"kind\":\"ExecCredential\",\"apiVersion\":\"" V1
                                "\",\"spec\":{\"interactive\":false}}\n");
}

// The older version of the interface, by its own name in both directions.
static void a_plugin_may_speak_v1beta1(void **state)
{
    (void)state;
    t.exec.api_version = V1BETA1;
    t.exec.interactive = KEDGE_EXEC_INTERACTIVE_UNSET; // if available
    assert_true(kedge_timestamp_parse(KEDGE_STR("2006-01-02T15:04:04Z"), &t.wall));
    start("echo run >>runs; printf %s \"$KUBERNETES_EXEC_INFO\" >said;"
          "echo '{\"kind\": \"ExecCredential\", \"apiVersion\": \"" V1BETA1 "\", \"status\": {"
          "\"token\": \"foo-bar\", \"expirationTimestamp\": \"2006-01-02T15:04:05Z\"}}'");
    assert_int_equal(ask(), KEDGE_OK);
    assert_string_equal(t.client->bearer, "foo-bar");
    assert_string_equal(said(), "{\"kind\":\"ExecCredential\",\"apiVersion\":\"" V1BETA1
                                "\",\"spec\":{\"interactive\":false}}");
    t.now += KEDGE_MINUTE;
    assert_int_equal(ask(), KEDGE_OK);
    assert_int_equal(runs(), 1);
    t.wall += 1000000;
    assert_int_equal(ask(), KEDGE_OK);
    assert_int_equal(runs(), 2);
    kedge_client_free(t.client);
    t.client = NULL;
    t.k = kedge_init(t.memory, sizeof t.memory, &t.port);
    fails("echo '{\"kind\":\"ExecCredential\",\"status\":{\"token\":\"foo-bar\"}}'",
          KEDGE_ERR_CONFIG, SH "its answer has another apiVersion than it is configured with");
    fails("echo '" ANSWER("{\"token\":\"foo-bar\"}") "'", KEDGE_ERR_CONFIG,
          SH "its answer has another apiVersion than it is configured with");
}

static void it_is_told_of_the_cluster_where_that_is_asked_for(void **state)
{
    (void)state;
    struct kedge_json doc;
    struct kedge_json_token tokens[64];
    t.exec.provide_cluster_info = true;
    t.exec.cluster_config = KEDGE_STR("{\"audience\":\"edge\",\"n\":[1,2]}");
    t.config.tls_server_name = "api";
    start(SAYS("printf %s \"$KUBERNETES_EXEC_INFO\""));
    assert_int_equal(ask(), KEDGE_OK);
    const char *text = said();
    assert_int_equal(kedge_json_parse(&doc, text, strlen(text), tokens, 64), KEDGE_OK);
    kedge_json_value spec = kedge_json_get(kedge_json_root(&doc), "spec");
    kedge_json_value cluster = kedge_json_get(spec, "cluster");
    assert_int_equal(kedge_json_count(cluster), 4);
    assert_true(kedge_json_text_is(kedge_json_get(cluster, "server"),
                                   KEDGE_STR("https://api.example.com:6443")));
    assert_true(kedge_json_text_is(kedge_json_get(cluster, "tls-server-name"), KEDGE_STR("api")));
    assert_true(kedge_str_is(kedge_json_raw(kedge_json_get(cluster, "config")),
                             "{\"audience\":\"edge\",\"n\":[1,2]}"));
    static char encoded[8192];
    size_t len = kedge_json_text(kedge_json_get(cluster, "certificate-authority-data"), encoded,
                                 sizeof encoded);
    static unsigned char decoded[8192];
    size_t n = 0;
    assert_int_equal(
        mbedtls_base64_decode(decoded, sizeof decoded, &n, (unsigned char *)encoded, len), 0);
    assert_int_equal(n, strlen(certificates[CA].pem));
    assert_memory_equal(decoded, certificates[CA].pem, n);
}

static void insecure_is_told_too_and_without_a_ca_there_is_none(void **state)
{
    (void)state;
    t.exec.provide_cluster_info = true;
    t.config.ca = (kedge_str){NULL, 0};
    t.config.insecure = true;
    start(SAYS("printf %s \"$KUBERNETES_EXEC_INFO\""));
    assert_int_equal(ask(), KEDGE_OK);
    assert_non_null(strstr(said(), "\"cluster\":{\"server\":\"https://api.example.com:6443\","
                                   "\"insecure-skip-tls-verify\":true},"));
}

static void it_is_told_of_the_proxy(void **state)
{
    (void)state;
    t.exec.provide_cluster_info = true;
    t.config.proxy_url = "http://me:hidden@proxy.test:3128";
    start(SAYS("printf %s \"$KUBERNETES_EXEC_INFO\""));
    assert_int_equal(ask(), KEDGE_OK);
    assert_non_null(strstr(said(), "\"proxy-url\":\"http://me:hidden@proxy.test:3128\""));
    kedge_client_free(t.client);
    t.client = NULL;
    static const char mark[] = "hidden";
    for (size_t i = 0; i + sizeof mark <= sizeof t.memory; i++)
        assert_memory_not_equal(t.memory + i, mark, sizeof mark - 1);
}

static void a_terminal_is_only_for_who_may_have_it(void **state)
{
    (void)state;
    static const struct {
        enum kedge_exec_interactive mode;
        bool terminal, told, fails;
    } cases[] = {{KEDGE_EXEC_NEVER, true, false, false},
                 {KEDGE_EXEC_IF_AVAILABLE, true, true, false},
                 {KEDGE_EXEC_IF_AVAILABLE, false, false, false},
                 {KEDGE_EXEC_ALWAYS, true, true, false},
                 {KEDGE_EXEC_ALWAYS, false, false, true}};
    for (size_t i = 0; i < sizeof cases / sizeof cases[0]; i++) {
        t.exec.interactive = cases[i].mode;
        t.terminal = cases[i].terminal;
        if (cases[i].fails) {
            fails(COUNTED(""), KEDGE_ERR_CONFIG,
                  SH "interactiveMode is Always, and standard input is no terminal");
            assert_int_equal(runs(), 0);
            continue;
        }
        start(SAYS("echo \"$KUBERNETES_EXEC_INFO\""));
        assert_int_equal(ask(), KEDGE_OK);
        assert_non_null(
            strstr(said(), cases[i].told ? "\"interactive\":true" : "\"interactive\":false"));
        kedge_client_free(t.client);
        t.k = kedge_init(t.memory, sizeof t.memory, &t.port);
    }
    t.client = NULL;
}

static void not_interactive_it_reads_nothing_and_inherits_nothing(void **state)
{
    (void)state;
    int ends[2];
    assert_int_equal(pipe(ends), 0);
    int before = dup(0);
    assert_int_equal(dup2(ends[0], 0), 0);
    assert_int_equal(write(ends[1], "secret\n", 7), 7);
    start(SAYS("{ cat; ls /proc/self/fd | wc -l; }"));
    kedge_err err = ask();
    assert_int_equal(dup2(before, 0), 0);
    close(before);
    close(ends[0]);
    close(ends[1]);
    assert_int_equal(err, KEDGE_OK);
    assert_null(strstr(said(), "secret"));
}

static void a_certificate_renews_the_connections(void **state)
{
    (void)state;
    char path[160];
    const enum certificate who[] = {CLIENT_EC, CLIENT_RSA};
    start("echo run >>runs; cat $(wc -l <runs)");
    for (int i = 0; i < 2; i++) {
        snprintf(path, sizeof path, "%s/%d", t.folder, i + 1);
        FILE *f = fopen(path, "w");
        assert_non_null(f);
        fprintf(f, "{\"kind\":\"ExecCredential\",\"apiVersion\":\"" V1 "\",\"status\":{"
                   "\"clientCertificateData\":\"");
        const char *texts[] = {certificates[who[i]].pem, certificates[who[i]].key_pem};
        for (int j = 0; j < 2; j++) {
            for (const char *c = texts[j]; *c != '\0'; c++)
                fprintf(f, *c == '\n' ? "\\n" : "%c", *c);
            fprintf(f, j == 0 ? "\",\"clientKeyData\":\"" : "\"}}");
        }
        fclose(f);
    }
    struct kedge__trust *before = t.client->trust;
    assert_int_equal(ask(), KEDGE_OK);
    assert_ptr_not_equal(t.client->trust, before);
    assert_null(t.client->bearer);
    assert_int_equal(t.client->key.len, strlen(certificates[CLIENT_EC].key_pem));
    before = t.client->trust;
    before->connections = 1; // somebody's
    kedge__client_unauthorized(t.client, t.client->serial);
    t.now += KEDGE_MINUTE;
    assert_int_equal(ask(), KEDGE_OK);
    assert_true(before->revoked);
    assert_non_null(before->tls);
    // A third has to wait until that somebody has closed.
    snprintf(path, sizeof path, "cp '%s/1' '%s/3'", t.folder, t.folder);
    assert_int_equal(system(path), 0);
    kedge__client_unauthorized(t.client, t.client->serial);
    t.now += KEDGE_MINUTE;
    assert_int_equal(ask(), KEDGE_WANT_READ);
    assert_int_equal(ask(), KEDGE_WANT_READ);
    assert_int_equal(runs(), 3);
    before->connections = 0;
    kedge_tls_free(before->tls);
    before->tls = NULL;
    assert_int_equal(ask(), KEDGE_OK);
    assert_int_equal(runs(), 3);
}

static void who_has_credentials_needs_no_plugin(void **state)
{
    (void)state;
    for (int i = 0; i < 4; i++) {
        struct kedge_config config = t.config;
        t.config.token = i == 0 ? "t" : NULL;
        t.config.username = i == 1 ? "u" : NULL;
        if (i == 2) {
            t.config.certificate = kedge_str_of(certificates[CLIENT_EC].pem);
            t.config.key = kedge_str_of(certificates[CLIENT_EC].key_pem);
        }
        if (i == 3)
            t.config.server = "http://api.example.com"; // and in clear there are none at all
        start(COUNTED(""));
        assert_int_equal(ask(), KEDGE_OK);
        assert_int_equal(runs(), 0);
        kedge_client_free(t.client);
        t.client = NULL;
        t.config = config;
        t.k = kedge_init(t.memory, sizeof t.memory, &t.port);
    }
}

static void refused(kedge_err err, const char *why)
{
    kedge_config_exec(&t.config, &t.exec);
    assert_null(kedge_client_new(t.k, &t.config));
    assert_int_equal(kedge_error(t.k), err);
    assert_string_equal(kedge_error_text(t.k), why);
    t.k = kedge_init(t.memory, sizeof t.memory, &t.port);
}

static void a_wrong_configuration_is_refused(void **state)
{
    (void)state;
    struct kedge_exec none = {0};
    assert_int_equal(kedge_config_exec(NULL, &t.exec), KEDGE_ERR_ARGUMENT);
    assert_int_equal(kedge_config_exec(&t.config, NULL), KEDGE_ERR_ARGUMENT);
    assert_int_equal(kedge_config_exec(&t.config, &none), KEDGE_ERR_ARGUMENT);
    none.command = "";
    assert_int_equal(kedge_config_exec(&t.config, &none), KEDGE_ERR_ARGUMENT);
    t.exec.api_version = "client.authentication.k8s.io/v1alpha1";
    refused(KEDGE_ERR_CONFIG,
            "exec: invalid apiVersion: client.authentication.k8s.io/v1 or /v1beta1 is needed");
    t.exec.api_version = NULL;
    refused(KEDGE_ERR_CONFIG,
            "exec: invalid apiVersion: client.authentication.k8s.io/v1 or /v1beta1 is needed");
    t.exec.api_version = V1;
    t.exec.interactive = KEDGE_EXEC_INTERACTIVE_UNSET;
    refused(KEDGE_ERR_CONFIG, "exec: interactiveMode must be specified with "
                              "client.authentication.k8s.io/v1: Never, IfAvailable or Always");
    t.exec.api_version = V1BETA1;
    t.exec.provide_cluster_info = true;
    t.config.tls_server_name = "\xff";
    refused(KEDGE_ERR_CONFIG, "exec: server, tls-server-name or apiVersion is no UTF-8");
    t.port.processes = NULL;
    refused(KEDGE_ERR_UNSUPPORTED, "exec: the port runs no processes");
    t.config.hooks.exec = NULL; // a struct filled in by hand
    t.config.exec = t.exec;
    assert_null(kedge_client_new(t.k, &t.config));
    assert_string_equal(kedge_error_text(t.k), "exec: is set without kedge_config_exec");
}

static void too_little_memory_is_told_wherever_it_ends_with(kedge_str args)
{
    kedge_err err = KEDGE_ERR_MEMORY;
    unsigned failures = 0;
    t.exec.provide_cluster_info = true;
    t.exec.args = args;
    t.exec.env = KEDGE_STR("A=b\0");
    kedge_config_exec(&t.config, &t.exec);
    for (size_t size = 2048; err != KEDGE_OK; size += 16, failures++) {
        assert_true(size < sizeof t.memory);
        struct kedge *k = kedge_init(t.memory, size, &t.port);
        struct kedge_client *client = kedge_client_new(k, &t.config);
        err = kedge_error(k);
        assert_true(err == KEDGE_ERR_MEMORY || err == KEDGE_OK);
        kedge_client_free(client);
    }
    assert_true(failures > 50);
}

// Many arguments are more than what is put together before them.
static void too_little_memory_is_told_wherever_it_ends(void **state)
{
    (void)state;
    static char many[4096];
    for (size_t i = 0; i < sizeof many; i += 2)
        many[i] = 'a';
    too_little_memory_is_told_wherever_it_ends_with((kedge_str){NULL, 0});
    too_little_memory_is_told_wherever_it_ends_with((kedge_str){many, sizeof many});
}

static void nothing_secret_stays(void **state)
{
    (void)state;
    start("echo '" ANSWER("{\"token\":\"very-secret-token\"}") "'");
    assert_int_equal(ask(), KEDGE_OK);
    assert_string_equal(t.client->bearer, "very-secret-token");
    kedge_client_free(t.client);
    t.client = NULL;
    for (size_t i = 0; i + 17 <= sizeof t.memory; i++) {
        if (memcmp(t.memory + i, "very-secret-token", 17) == 0)
            fail_msg("at %zu", i);
    }
}

// Whatever is cut off of an answer, what is left is refused or the whole.
static void every_cut_of_an_answer(void **state)
{
    (void)state;
    static const char answer[] =
        ANSWER("{\"token\":\"a\\u0062c\",\"expirationTimestamp\":\"2026-06-01T00:10:00Z\"}");
    struct kedge__exec_credential c;
    for (size_t len = 0; len <= sizeof answer - 1; len++) {
        char *text = malloc(len + 1);
        memcpy(text, answer, len);
        const char *problem = kedge__exec_read(text, len, V1, &c);
        assert_true((problem == NULL) == (len == sizeof answer - 1));
        if (problem == NULL)
            assert_string_equal(c.token, "abc");
        free(text);
    }
}

#define T(f) cmocka_unit_test_setup_teardown(f, setup, teardown)

int main(void)
{
    const struct CMUnitTest tests[] = {
        T(a_token_is_asked_for_once_and_kept),
        T(it_is_run_again_when_what_it_gave_has_expired),
        T(a_401_has_it_run_again_once_for_each_set_of_credentials),
        T(a_401_while_it_runs_is_of_what_was_before),
        T(what_is_wrong_with_an_answer_is_said),
        T(a_failure_is_everybodys_for_a_second),
        T(who_waits_too_long_ends_it),
        T(freeing_the_client_ends_it),
        T(output_in_pieces_and_a_late_end_are_waited_for),
        T(what_is_not_installed_tells_how_to_install_it),
        T(what_cannot_be_executed_is_told),
        T(without_a_hint_there_is_none),
        T(what_the_system_refuses_to_start_is_told),
        T(what_expires_at_the_beginning_of_time_has_expired),
        T(an_empty_name_is_nobody),
        T(it_is_told_what_it_is_for),
        T(a_plugin_may_speak_v1beta1),
        T(it_is_told_of_the_cluster_where_that_is_asked_for),
        T(insecure_is_told_too_and_without_a_ca_there_is_none),
        T(it_is_told_of_the_proxy),
        T(a_terminal_is_only_for_who_may_have_it),
        T(not_interactive_it_reads_nothing_and_inherits_nothing),
        T(a_certificate_renews_the_connections),
        T(who_has_credentials_needs_no_plugin),
        T(a_wrong_configuration_is_refused),
        T(too_little_memory_is_told_wherever_it_ends),
        T(nothing_secret_stays),
        T(every_cut_of_an_answer),
    };
    return cmocka_run_group_tests(tests, make_certificates, free_certificates);
}
