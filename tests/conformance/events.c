// SPDX-License-Identifier: Apache-2.0
// events.c - records events as a script says, with kedge's recorders; `drive events` does the same
// with client-go's.
//
//     events --kubeconfig FILE --component NAME --controller NAME --host NAME < SCRIPT
//
// A line is words with tabs between them, `-` for none:
//
//     core TYPE KIND NAMESPACE NAME UID FIELD-PATH REASON MESSAGE
//     series TYPE KIND NAMESPACE NAME UID RELATED-POD REASON ACTION NOTE
//     times N          the next line N times; # in it is which time it is
//     sleep MS
//     drop REASON      deletes the component's events with that reason
//
// At its end all that waits is sent. Exit code 0: nothing was dropped, and nothing failed but what
// `--failures N` says.

#include <stdio.h>
#include <stdlib.h>
#include <string.h>

#include <kedge/kedge.h>
#include <kedge/posix.h>

enum { WORDS = 10, LINE = 4096 };

static unsigned char memory[512 * 1024];

static struct kedge *k;
static struct kedge_client *client;
static struct kedge_rest *rest;
static struct kedge_event_recorder *core;
static struct kedge_event_series *series;
static const char *component;

static void poll_for(kedge_time ms)
{
    struct kedge_event_recorder_facts c = {0};
    struct kedge_event_series_facts s = {0};
    kedge_time end = kedge_posix()->clock(kedge_posix()) + ms;
    // Beyond its time as long as something waits.
    do {
        kedge_time left = end - kedge_posix()->clock(kedge_posix());
        kedge_poll(k, left > 100 || left <= 0 ? 100 : left);
        kedge_event_recorder_facts(core, &c);
        kedge_event_series_facts(series, &s);
    } while (kedge_posix()->clock(kedge_posix()) < end || c.waiting > 0 || s.waiting > 0);
}

static const char *word(const char *text)
{
    return strcmp(text, "-") == 0 ? NULL : text;
}

static kedge_err record(char *const *w, size_t count)
{
    enum kedge_event_type type =
        strcmp(w[1], "Warning") == 0 ? KEDGE_EVENT_WARNING : KEDGE_EVENT_NORMAL;
    struct kedge_object_reference about = {
        .version = "v1", .kind = w[2], .namespace_ = word(w[3]), .name = w[4], .uid = word(w[5])};
    struct kedge_object_reference related = {
        .version = "v1", .kind = "Pod", .namespace_ = word(w[3]), .name = word(w[6])};
    if (strcmp(w[0], "core") == 0 && count == 9) {
        about.field_path = word(w[6]);
        return kedge_event_record_for(core, &about, type, w[7], w[8]);
    }
    if (strcmp(w[0], "series") == 0 && count == 10)
        return kedge_event_series_record(series, &about, related.name != NULL ? &related : NULL,
                                         type, w[7], w[8], w[9]);
    return KEDGE_ERR_ARGUMENT;
}

static kedge_err drop(const char *reason)
{
    static const char *const namespaces[] = {"default", "events"};
    struct kedge_options options = {0};
    char selector[256];
    kedge_err err = KEDGE_OK;
    snprintf(selector, sizeof selector, "reason=%s,source=%s", reason, component);
    options.field_selector = selector;
    for (size_t i = 0; i < 2 && err == KEDGE_OK; i++) {
        struct kedge_api api = kedge_api_of(rest, &kedge_kind_event, namespaces[i]);
        err = kedge_api_delete_collection(&api, &options);
    }
    return err;
}

static kedge_err do_line(const char *line)
{
    static char text[LINE];
    char *w[WORDS];
    size_t count = 0;
    snprintf(text, sizeof text, "%s", line);
    for (char *at = text; at != NULL && count < WORDS; count++) {
        w[count] = at;
        at = strchr(at, '\t');
        if (at != NULL)
            *at++ = '\0';
    }
    if (count == 2 && strcmp(w[0], "sleep") == 0) {
        poll_for(atol(w[1]));
        return KEDGE_OK;
    }
    if (count == 2 && strcmp(w[0], "drop") == 0)
        return drop(w[1]);
    return count > 2 ? record(w, count) : KEDGE_ERR_ARGUMENT;
}

// The line with each # as a number.
static const char *numbered(const char *line, long n)
{
    static char text[LINE];
    size_t len = 0;
    for (; *line != '\0' && len + 24 < sizeof text; line++) {
        if (*line == '#')
            len += (size_t)snprintf(text + len, 24, "%ld", n);
        else
            text[len++] = *line;
    }
    text[len] = '\0';
    return text;
}

static int follow(FILE *script)
{
    static char line[LINE];
    long times = 1;
    while (fgets(line, sizeof line, script) != NULL) {
        line[strcspn(line, "\n")] = '\0';
        if (line[0] == '\0')
            continue;
        if (strncmp(line, "times\t", 6) == 0) {
            times = atol(line + 6);
            continue;
        }
        for (long n = 1; n <= times; n++) {
            kedge_err err = do_line(numbered(line, n));
            if (err != KEDGE_OK) {
                fprintf(stderr, "events: %s: %s\n", line, kedge_err_text(err));
                return 1;
            }
        }
        times = 1;
    }
    return 0;
}

static int finish(uint64_t failures)
{
    struct kedge_event_recorder_facts c;
    struct kedge_event_series_facts s;
    poll_for(0);
    kedge_event_recorder_facts(core, &c);
    kedge_event_series_facts(series, &s);
    fprintf(stderr, "core: %u created, %u patched, %u skipped, %u failed, %u dropped\n",
            (unsigned)c.created, (unsigned)c.patched, (unsigned)c.skipped, (unsigned)c.failed,
            (unsigned)c.dropped);
    fprintf(stderr, "series: %u created, %u patched, %u failed, %u dropped\n", (unsigned)s.created,
            (unsigned)s.patched, (unsigned)s.failed, (unsigned)s.dropped);
    kedge_event_recorder_close(core);
    kedge_event_series_close(series);
    kedge_rest_close(rest);
    kedge_client_free(client);
    return c.failed + s.failed != failures || c.dropped + s.dropped != 0;
}

int main(int argc, char **argv)
{
    struct kedge_config_options options = {0};
    struct kedge_config config;
    const char *controller = NULL;
    const char *host = NULL;
    uint64_t failures = 0;
    for (int i = 1; i + 1 < argc; i += 2) {
        if (strcmp(argv[i], "--kubeconfig") == 0)
            options.kubeconfig = argv[i + 1];
        else if (strcmp(argv[i], "--component") == 0)
            component = argv[i + 1];
        else if (strcmp(argv[i], "--controller") == 0)
            controller = argv[i + 1];
        else if (strcmp(argv[i], "--host") == 0)
            host = argv[i + 1];
        else if (strcmp(argv[i], "--failures") == 0)
            failures = strtoull(argv[i + 1], NULL, 10);
    }
    k = kedge_init(memory, sizeof memory, kedge_posix());
    kedge_log_to(k, KEDGE_LOG_WARNING, kedge_posix_log, NULL);
    kedge_config_load(k, &config, &options);
    config.qps = -1;
    client = kedge_client_new(k, &config);
    rest = kedge_rest_new(client, NULL);
    core = kedge_event_recorder_new(
        client, &(struct kedge_event_recorder_options){
                    .component = component, .host = host, .queue = 32768, .entries = 256});
    series =
        kedge_event_series_new(client, &(struct kedge_event_series_options){
                                           .controller = controller, .host = host, .store = 32768});
    if (kedge_error(k) != KEDGE_OK)
        return kedge_posix_fail(k);
    int result = follow(stdin);
    return finish(failures) != 0 ? 1 : result;
}
