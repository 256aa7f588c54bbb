// SPDX-License-Identifier: Apache-2.0
// pod_logs - prints the log of a container, as `kubectl logs` does.
//
//     pod_logs [--kubeconfig FILE] [-n NAMESPACE] [-c CONTAINER] [-f] [-p] [--timestamps]
//              [--tail LINES] [--since SECONDS] POD
//
// A log of any length, in 64 KiB. Ctrl-C ends it.
#include <stdio.h>
#include <stdlib.h>
#include <string.h>

#include <kedge/kedge.h>
#include <kedge/posix.h>

static unsigned char memory[64 * 1024];

// A number, or false.
static bool read_number(struct kedge_maybe *out, const char *text)
{
    char *end;
    long long n = strtoll(text, &end, 10);
    if (end == text || *end != '\0')
        return false;
    out->is_set = true;
    out->value = n;
    return true;
}

static bool read_flag(struct kedge_log_options *log, const char *option)
{
    if (strcmp(option, "-f") == 0)
        log->follow = true;
    else if (strcmp(option, "-p") == 0)
        log->previous = true;
    else if (strcmp(option, "--timestamps") == 0)
        log->timestamps = true;
    else
        return false;
    return true;
}

static bool read_option(struct kedge_log_options *log, struct kedge_config_options *config,
                        const char *option, const char *value)
{
    if (strcmp(option, "--tail") == 0)
        return read_number(&log->tail_lines, value);
    if (strcmp(option, "--since") == 0)
        return read_number(&log->since_seconds, value);
    if (strcmp(option, "-c") == 0)
        log->container = value;
    else if (strcmp(option, "-n") == 0)
        log->namespace_ = value;
    else if (strcmp(option, "--kubeconfig") == 0)
        config->kubeconfig = value;
    else
        return false;
    return true;
}

static bool read_arguments(struct kedge_log_options *log, struct kedge_config_options *config,
                           int argc, char **argv)
{
    for (int i = 1; i < argc; i++) {
        const char *option = argv[i];
        if (option[0] != '-' && log->pod == NULL)
            log->pod = option;
        else if (!read_flag(log, option) &&
                 (++i == argc || !read_option(log, config, option, argv[i])))
            return false;
    }
    return log->pod != NULL;
}

// The log, as it comes. What cannot be written ends it.
static kedge_err print(void *ctx, kedge_str bytes)
{
    (void)ctx;
    bool written = fwrite(bytes.ptr, 1, bytes.len, stdout) == bytes.len && fflush(stdout) == 0;
    return written ? KEDGE_OK : KEDGE_ERR_FILE;
}

int main(int argc, char **argv)
{
    struct kedge_log_options log = {0};
    struct kedge_config_options options = {0};
    if (!read_arguments(&log, &options, argc, argv)) {
        fprintf(stderr,
                "usage: %s [--kubeconfig FILE] [-n NAMESPACE] [-c CONTAINER] [-f] [-p]\n"
                "       [--timestamps] [--tail LINES] [--since SECONDS] POD\n",
                argv[0]);
        return 2;
    }

    struct kedge *k = kedge_init(memory, sizeof memory, kedge_posix());
    struct kedge_config config;
    kedge_posix_stop_on_signals(k);
    kedge_log_to(k, KEDGE_LOG_WARNING, kedge_posix_log, NULL);
    kedge_config_load(k, &config, &options);
    if (log.namespace_ == NULL)
        log.namespace_ = config.namespace_;

    struct kedge_client *client = kedge_client_new(k, &config);
    struct kedge_rest *rest = kedge_rest_new(client, NULL);
    if (rest == NULL)
        return kedge_posix_fail(k);

    kedge_err err = kedge_logs_stream(rest, &log, print, NULL);
    if (err != KEDGE_OK && err != KEDGE_ERR_STOPPED)
        fprintf(stderr, "%s\n", kedge_rest_error_text(rest));

    kedge_rest_close(rest);
    kedge_client_free(client);
    return err == KEDGE_OK || err == KEDGE_ERR_STOPPED ? 0 : 1;
}
