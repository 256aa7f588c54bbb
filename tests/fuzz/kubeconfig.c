// SPDX-License-Identifier: Apache-2.0
// kubeconfig.c - any bytes as one kubeconfig file, or as two that are merged. It loads, or fails
// with an error that names the place; then configuration and arena are as before. A secret that
// stands where a secret should is in no message, and after a failure nowhere in the arena.
#define _GNU_SOURCE // memmem
#include <stdio.h>
#include <stdlib.h>
#include <string.h>

#include "base/context.h"
#include "fake_port.h"
#include "kedge/config.h"

#include "fuzz.h"

#define FOLDER  "/home/me/.kube/"
#define SECRET  "U0VTQU1FLW9wZW4tc2VzYW1lLTc3"
#define DECODED "SESAME-open-sesame-77"
#define PEM     "-----BEGIN CERTIFICATE-----\nQ0E=\n-----END CERTIFICATE-----\n"

static unsigned char memory[48 * 1024];
static struct fake_port port;
static struct fake_file files[] = {
    {FOLDER "config", NULL, 0, KEDGE_OK},
    {FOLDER "other", NULL, 0, KEDGE_OK},
    {FOLDER "ca.pem", PEM, sizeof PEM - 1, KEDGE_OK},
    {FOLDER "cert.pem", PEM, sizeof PEM - 1, KEDGE_OK},
    {FOLDER "key.pem", PEM, sizeof PEM - 1, KEDGE_OK},
    {FOLDER "token", "a-token\n", 8, KEDGE_OK},
};
static struct fake_variable variables[] = {{"HOME", "/home/me"}, {"KUBECONFIG", NULL}};
static bool leaked;

static bool holds(const void *bytes, size_t len, const char *text)
{
    return memmem(bytes, len, text, strlen(text)) != NULL;
}

static bool tells(const char *text)
{
    return strstr(text, SECRET) != NULL || strstr(text, DECODED) != NULL;
}

static void watch_log(void *ctx, enum kedge_log_level level, const char *text)
{
    (void)ctx, (void)level;
    leaked = leaked || tells(text);
}

// True if what stands before a secret on its line is nothing but the key of a secret.
static bool behind_its_key(const char *begin, const char *secret)
{
    static const char *const keys[] = {"token: ", "password: ", "client-key-data: "};
    const char *line = secret;
    while (line > begin && line[-1] != '\n')
        line--;
    while (*line == ' ' || *line == '-')
        line++;
    for (size_t i = 0; i < sizeof keys / sizeof keys[0]; i++) {
        size_t len = strlen(keys[i]);
        if ((size_t)(secret - line) == len && memcmp(line, keys[i], len) == 0)
            return true;
    }
    return false;
}

// True if every secret in the file is one: not a part of a name, say. In quotes and blocks that
// span lines anything may look like a key.
static bool secrets_are_secret(kedge_str file)
{
    const char *end = file.ptr + file.len;
    for (size_t i = 0; i < file.len; i++) {
        if (strchr("\"'|>?", file.ptr[i]) != NULL)
            return false;
    }
    for (const char *at = file.ptr;
         (at = memmem(at, (size_t)(end - at), SECRET, sizeof SECRET - 1)) != NULL; at++) {
        if (!behind_its_key(file.ptr, at))
            return false;
    }
    return !holds(file.ptr, file.len, DECODED);
}

static void is_kept(const char *text, size_t len)
{
    const unsigned char *at = (const unsigned char *)text;
    PROMISE(text == NULL || text[len] == '\0');
    if (text != NULL && strcmp(text, "default") != 0)
        PROMISE(at >= memory && at + len < memory + sizeof memory);
}

static void loaded(struct kedge *k, const struct kedge_config *c)
{
    const char *texts[] = {c->server,     c->tls_server_name, c->namespace_, c->token,
                           c->token_file, c->username,        c->password};
    PROMISE(c->server != NULL && c->server[0] != '\0' && c->namespace_ != NULL);
    for (size_t i = 0; i < sizeof texts / sizeof texts[0]; i++)
        is_kept(texts[i], texts[i] != NULL ? strlen(texts[i]) : 0);
    is_kept(c->ca.ptr, c->ca.len);
    is_kept(c->certificate.ptr, c->certificate.len);
    is_kept(c->key.ptr, c->key.len);
    PROMISE(kedge_error(k) == KEDGE_OK && kedge_error_text(k)[0] == '\0');
}

static void failed(struct kedge *k, kedge_err err, const struct kedge_config *c, size_t mark)
{
    static const struct kedge_config empty;
    const char *text = kedge_error_text(k);
    PROMISE(err == KEDGE_ERR_CONFIG || err == KEDGE_ERR_NOT_FOUND || err == KEDGE_ERR_FILE ||
            err == KEDGE_ERR_TOO_LONG || err == KEDGE_ERR_MEMORY);
    PROMISE(kedge_error(k) == err && text[0] != '\0' && strlen(text) < KEDGE_ERROR_TEXT);
    PROMISE(err == KEDGE_ERR_MEMORY || strstr(text, FOLDER) != NULL || err == KEDGE_ERR_NOT_FOUND ||
            err == KEDGE_ERR_FILE);
    for (const char *at = text; *at != '\0'; at++)
        PROMISE((unsigned char)*at >= ' ' && *at != 0x7f);
    PROMISE(memcmp(c, &empty, sizeof empty) == 0 && kedge__mark(k) == mark);
}

static void load(size_t size, bool secret)
{
    struct kedge_config config;
    memset(memory, 0xa5, sizeof memory);
    memset(&config, 0xee, sizeof config);
    struct kedge *k = kedge_init(memory, size, &port.port);
    kedge_log_to(k, KEDGE_LOG_DEBUG, watch_log, NULL);
    size_t mark = kedge__mark(k);
    leaked = false;
    kedge_err err = kedge_config_kubeconfig(k, &config, NULL);
    if (err == KEDGE_OK)
        loaded(k, &config);
    else
        failed(k, err, &config, mark);
    for (size_t i = size; i < sizeof memory; i++)
        PROMISE(memory[i] == 0xa5);
    if (!secret)
        return;
    PROMISE(!leaked && !tells(kedge_error_text(k)));
    if (err != KEDGE_OK)
        PROMISE(!holds(memory, size, SECRET) && !holds(memory, size, DECODED));
}

int LLVMFuzzerTestOneInput(const uint8_t *bytes, size_t len)
{
    struct fuzz_input in;
    if (!fuzz_open(&in, bytes, len) || in.data.len > 16384)
        return 0;
    fake_port_init(&port, in.cut);
    port.files = files;
    port.file_count = sizeof files / sizeof files[0];
    port.variables = variables;
    port.variable_count = 2;
    port.cruelty.read_max = in.cut % 8 == 0 ? 0 : 1 + in.cut;
    bool two = fuzz_choose(&in, 2) == 1;
    size_t size = fuzz_choose(&in, 2) == 1 ? 2500 + 40 * (size_t)in.cut : sizeof memory;
    bool secret = secrets_are_secret(in.data);
    kedge_str other = in.data;
    kedge_str first = two ? fuzz_part(&other) : in.data;
    files[0].bytes = first.ptr, files[0].len = first.len;
    files[1].bytes = other.ptr, files[1].len = other.len;
    variables[1].value = two ? FOLDER "config:" FOLDER "other" : NULL;
    load(size, secret);
    return 0;
}
