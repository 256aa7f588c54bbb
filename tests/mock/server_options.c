// SPDX-License-Identifier: Apache-2.0
// server_options.c - the command line of mock_server, and the kubeconfig it writes.
#define _POSIX_C_SOURCE 200809L
#include "server_options.h"

#include <errno.h>
#include <fcntl.h>
#include <stdio.h>
#include <stdlib.h>
#include <string.h>
#include <unistd.h>

#include "text.h"

static const char usage[] =
    "usage: mock_server [options]\n"
    "  --port N              0: any free port (the default)\n"
    "  --ipv6                listen on ::1 too\n"
    "  --tls DIR             TLS with the files that `pki DIR` wrote\n"
    "  --cert NAME           which certificate of DIR (server, server-rsa, chain, wrong-host,\n"
    "                        expired, not-yet, stranger, self-signed)\n"
    "  --client-ca           ask for client certificates signed by DIR/ca.pem\n"
    "  --token T             ask for this bearer token\n"
    "  --token-seconds N     it expires after N seconds\n"
    "  --anonymous           requests without credentials get 403, not 401\n"
    "  --deployments N --namespaces N   fill the cluster\n"
    "  --churn MS            change something every MS milliseconds\n"
    "  --seed N              of all that is random\n"
    "  --crd GROUP/VERSION/PLURAL/KIND/namespaced|cluster   (may be repeated)\n"
    "  --kubeconfig-out FILE write a ready kubeconfig\n"
    "  --seconds N           stop after N seconds\n"
    "  --age current|no-watch-list|1.20   which server is imitated\n"
    "  --no-managed-fields --limit-at-zero --pretty --kubelets\n"
    "  --chunk-bytes N       chunks of 1 to N bytes\n"
    "  --bookmark-ms N       time between bookmarks (60000)\n"
    "  --idle-ms N           closes connections that are idle for so long (0: never)\n";

static void complain(const char *what, const char *about)
{
    fprintf(stderr, "mock_server: %s %s\n%s", what, about, usage);
    exit(2);
}

static uint64_t number(const char *name, const char *text, uint64_t most)
{
    char *end;
    errno = 0;
    unsigned long long value = strtoull(text, &end, 10);
    if (*text < '0' || *text > '9' || *end || errno || value > most)
        complain("bad number for", name);
    return value;
}

static void add_crd(struct options *o, const char *text)
{
    if (o->crd_count == OPTIONS_CRDS_MAX)
        complain("too many:", "--crd");
    char *copy = mock__copy_string(text), *part[5] = {copy};
    size_t parts = 1;
    for (char *c = copy; *c; c++) {
        if (*c != '/' || parts == 5)
            continue;
        *c = 0;
        part[parts++] = c + 1;
    }
    if (parts != 5)
        complain("--crd wants GROUP/VERSION/PLURAL/KIND/namespaced, not", text);
    o->crd_texts[o->crd_count] = copy;
    o->crds[o->crd_count++] = (struct mock_crd){.group = part[0],
                                                .version = part[1],
                                                .plural = part[2],
                                                .kind = part[3],
                                                .namespaced = mock__same(part[4], "namespaced")};
}

static bool parse_flag(struct options *o, const char *name)
{
    const struct {
        const char *name;
        bool *value;
    } flags[] = {{"--ipv6", &o->ipv6},
                 {"--client-ca", &o->client_ca},
                 {"--anonymous", &o->anonymous},
                 {"--no-managed-fields", &o->no_managed_fields},
                 {"--limit-at-zero", &o->limit_at_zero},
                 {"--kubelets", &o->kubelets},
                 {"--pretty", &o->pretty}};
    for (size_t i = 0; i < sizeof flags / sizeof flags[0]; i++)
        if (mock__same(flags[i].name, name)) {
            *flags[i].value = true;
            return true;
        }
    return false;
}

static bool parse_text(struct options *o, const char *name, const char *value)
{
    const struct {
        const char *name;
        const char **value;
    } texts[] = {{"--tls", &o->tls},
                 {"--cert", &o->certificate},
                 {"--token", &o->token},
                 {"--kubeconfig-out", &o->kubeconfig}};
    for (size_t i = 0; i < sizeof texts / sizeof texts[0]; i++)
        if (mock__same(texts[i].name, name)) {
            *texts[i].value = value;
            return true;
        }
    return false;
}

static bool parse_number(struct options *o, const char *name, const char *value)
{
    if (mock__same(name, "--port"))
        o->port = (uint16_t)number(name, value, UINT16_MAX);
    else if (mock__same(name, "--token-seconds"))
        o->token_seconds = (int64_t)number(name, value, 1000000000);
    else if (mock__same(name, "--deployments"))
        o->deployments = (size_t)number(name, value, 1000000);
    else if (mock__same(name, "--namespaces"))
        o->namespaces = (size_t)number(name, value, 1000);
    else if (mock__same(name, "--churn"))
        o->churn_ms = (uint32_t)number(name, value, 1000000);
    else if (mock__same(name, "--seed"))
        o->seed = number(name, value, UINT64_MAX);
    else if (mock__same(name, "--seconds"))
        o->seconds = (unsigned)number(name, value, 1000000);
    else if (mock__same(name, "--chunk-bytes"))
        o->chunk_bytes = (size_t)number(name, value, 1000000);
    else if (mock__same(name, "--bookmark-ms"))
        o->bookmark_ms = (uint32_t)number(name, value, UINT32_MAX);
    else if (mock__same(name, "--idle-ms"))
        o->idle_ms = (uint32_t)number(name, value, UINT32_MAX);
    else
        return false;
    return true;
}

static bool parse_age(struct options *o, const char *name, const char *value)
{
    static const char *const ages[] = {"current", "no-watch-list", "1.20"};
    if (!mock__same(name, "--age"))
        return false;
    for (int i = 0; i < 3; i++)
        if (mock__same(ages[i], value)) {
            o->age = (enum mock_age)i;
            return true;
        }
    complain("no such age:", value);
    return false;
}

void options_parse(struct options *options, int argc, char **argv)
{
    *options = (struct options){.certificate = "server"};
    for (int i = 1; i < argc; i++) {
        if (mock__same(argv[i], "--help")) {
            fputs(usage, stdout);
            exit(0);
        }
        if (parse_flag(options, argv[i]))
            continue;
        if (i + 1 == argc)
            complain("unknown option, or its value is missing:", argv[i]);
        const char *name = argv[i], *value = argv[++i];
        if (mock__same(name, "--crd"))
            add_crd(options, value);
        else if (!parse_text(options, name, value) && !parse_number(options, name, value) &&
                 !parse_age(options, name, value))
            complain("unknown option:", name);
    }
    if (options->client_ca && !options->tls)
        complain("--client-ca needs", "--tls");
}

void options_free(struct options *options)
{
    for (size_t i = 0; i < options->crd_count; i++)
        free(options->crd_texts[i]);
}

// ---- kubeconfig ----------------------------------------------------------------------------

static void add_file(struct text *out, const char *key, const char *directory, const char *file)
{
    char path[1024], bytes[16384];
    snprintf(path, sizeof path, "%s/%s", directory, file);
    FILE *f = fopen(path, "rb");
    if (!f) {
        fprintf(stderr, "mock_server: cannot read %s: %s\n", path, strerror(errno));
        exit(1);
    }
    size_t len = fread(bytes, 1, sizeof bytes, f);
    fclose(f);
    text_format(out, "    %s: ", key);
    text_base64(out, bytes, len);
    text_string(out, "\n");
}

void options_write_kubeconfig(const struct options *o)
{
    struct text t = {0};
    text_format(&t,
                "apiVersion: v1\nkind: Config\ncurrent-context: mock\n"
                "contexts:\n- name: mock\n  context:\n    cluster: mock\n    user: admin\n"
                "    namespace: default\n"
                "clusters:\n- name: mock\n  cluster:\n    server: %s://127.0.0.1:%u\n",
                o->tls ? "https" : "http", (unsigned)o->port);
    if (o->tls)
        add_file(&t, "certificate-authority-data", o->tls, "ca.pem");
    text_string(&t, "users:\n- name: admin\n  user:\n");
    if (o->token)
        text_format(&t, "    token: \"%s\"\n", o->token);
    if (o->client_ca) {
        add_file(&t, "client-certificate-data", o->tls, "client-ecdsa.pem");
        add_file(&t, "client-key-data", o->tls, "client-ecdsa.key");
    }
    if (!o->token && !o->client_ca)
        text_string(&t, "    username: nobody\n    password: nothing\n");
    int fd = open(o->kubeconfig, O_WRONLY | O_CREAT | O_TRUNC, 0600);
    if (fd < 0 || write(fd, t.bytes, t.len) != (ssize_t)t.len || close(fd)) {
        fprintf(stderr, "mock_server: cannot write %s: %s\n", o->kubeconfig, strerror(errno));
        exit(1);
    }
    text_free(&t);
}
