// SPDX-License-Identifier: Apache-2.0
// From nothing to a started factory in a pod: configuration, TLS, token, client, informer, heap.
// Every size of memory, every failing call, every cut of every file.
#include "sweep.h"

#include <setjmp.h>
#include <stdarg.h>
#include <stdio.h>
#include <stdlib.h>
#include <string.h>

#include <cmocka.h>

#include "fake_port.h"
#include "kedge/kedge.h"
#include "tls_talk.h"
#include "traces.h"

#define FOLDER "/var/run/secrets/kubernetes.io/serviceaccount/"
#define SECRET "SECRET-TOKEN"

enum { ENOUGH = 64 * 1024, PEM = 0, TOKEN = 1, NAMESPACE = 2, FILES = 3 };

struct start {
    struct fake_port port;
    struct fake_file files[FILES];
    bool plain; // a server without TLS, given by hand; else the pod's

    // What came of it.
    unsigned char *memory;
    size_t size;
    struct kedge *k;
    struct kedge_client *client;
    struct kedge_factory *factory;
    kedge_err err;
    char text[512];
};

static struct start s;

static void prepare(bool plain)
{
    static const struct fake_variable variables[] = {{"KUBERNETES_SERVICE_HOST", "10.96.0.1"},
                                                     {"KUBERNETES_SERVICE_PORT", "443"}};
    const char *pem = certificates[CA].pem;
    memset(&s, 0, sizeof s);
    fake_port_init(&s.port, 1);
    s.plain = plain;
    s.files[PEM] = (struct fake_file){FOLDER "ca.crt", pem, strlen(pem), KEDGE_OK};
    s.files[TOKEN] = (struct fake_file){FOLDER "token", SECRET, strlen(SECRET), KEDGE_OK};
    s.files[NAMESPACE] = (struct fake_file){FOLDER "namespace", "shop\n", 5, KEDGE_OK};
    s.port.files = s.files;
    s.port.file_count = FILES;
    s.port.variables = variables;
    s.port.variable_count = 2;
}

// Starts in a block of exactly `size` bytes, `skew` bytes off its alignment.
static kedge_err start(size_t size, size_t skew)
{
    struct kedge_config config = {.server = "http://api.test"};
    s.memory = malloc(skew + size + 1);
    assert_non_null(s.memory);
    memset(s.memory, 0xa5, skew + size);
    s.size = skew + size;
    s.k = kedge_init(s.memory + skew, size, &s.port.port);
    if (!s.plain)
        kedge_config_load(s.k, &config, NULL);
    s.client = kedge_client_new(s.k, &config);
    s.factory = kedge_factory_new(s.client, 0);
    kedge_factory_informer(s.factory, &kedge_kind_deployment);
    s.err = kedge_factory_start(s.factory);
    snprintf(s.text, sizeof s.text, "%s", kedge_error_text(s.k));
    if (s.k != NULL && s.err != KEDGE_OK) {
        // The first failure is what everything answers from then on.
        assert_true(s.err == KEDGE_ERR_ARGUMENT || s.err == kedge_error(s.k));
        s.err = kedge_error(s.k);
        assert_int_equal(kedge_poll(s.k, 0), s.err);
        assert_int_equal(kedge_run(s.k), s.err);
        assert_true(s.text[0] != '\0');
    }
    return s.err;
}

static bool in_memory(const char *text)
{
    return memory_holds(s.memory, s.size, text);
}

static void end(void)
{
    kedge_factory_shutdown(s.factory);
    kedge_client_free(s.client);
    fake_port_check(&s.port);
    assert_false(!s.plain && in_memory(SECRET));
    free(s.memory);
}

// ---- memory

// How large the failure says that the block must be.
static size_t asked_for(size_t size)
{
    const char *least = strstr(s.text, "give kedge_init at least ");
    const char *more = strstr(s.text, "give kedge_init ");
    if (least != NULL)
        return strtoull(least + strlen("give kedge_init at least "), NULL, 10);
    if (more == NULL)
        fail_msg("%zu bytes: %s: %s", size, kedge_err_name(s.err), s.text);
    return size + strtoull(more + strlen("give kedge_init "), NULL, 10);
}

// Every size fails with one part that lacks room, and asks for just as much as is enough for it.
static void every_size_of_memory_is_told_what_it_lacks(void **state)
{
    (void)state;
    size_t asked = 0;
    unsigned parts = 0;
    bool started = false;
    for (size_t size = 0; !started; size++) {
        prepare(true);
        kedge_err err = start(size, 0);
        started = err == KEDGE_OK;
        if (s.k == NULL)
            assert_int_equal(err, KEDGE_ERR_ARGUMENT);
        else if (!started)
            assert_int_equal(err, KEDGE_ERR_MEMORY);
        if (asked != 0)
            assert_true(started ? size == asked : size <= asked);
        if (s.k != NULL && !started && (asked == 0 || size == asked)) {
            parts++; // this part has room now, the next has not
            asked = asked_for(size);
            assert_true(asked > size);
        } else if (s.k != NULL && !started) {
            assert_int_equal(asked_for(size), asked);
        }
        end();
        assert_true(size < ENOUGH);
    }
    print_message("%u parts, %zu bytes\n", parts, asked);
    assert_true(parts >= 10);
}

// In a pod, TLS and all: just before and at each size where one more part finds its room.
static void at_each_boundary_of_a_part_one_byte_decides(void **state)
{
    (void)state;
    for (size_t skew = 0; skew < 16; skew += 5) {
        size_t size = 4096;
        unsigned parts = 0;
        for (prepare(false); start(size, skew) != KEDGE_OK; prepare(false)) {
            char lacking[sizeof s.text];
            size_t asked = asked_for(size);
            strcpy(lacking, s.text);
            assert_int_equal(s.err, KEDGE_ERR_MEMORY);
            end();
            prepare(false);
            assert_int_equal(start(asked - 1, skew), KEDGE_ERR_MEMORY);
            assert_int_equal(asked_for(asked - 1), asked);
            // The same part: its name is what stands before the figures.
            assert_memory_equal(s.text, lacking, strcspn(lacking, ":0123456789"));
            end();
            size = asked;
            parts++;
            assert_true(parts < 64);
        }
        end();
        assert_true(parts >= 12);
    }
}

// ---- files and entropy

// Fails the 1st call, then the 2nd, until a start needs no more of them.
static unsigned fail_each(unsigned only, unsigned count, size_t piece)
{
    for (unsigned at = 1;; at++) {
        prepare(false);
        s.port.cruelty.read_max = piece;
        s.port.cruelty.fail_only = only;
        s.port.cruelty.fail_at = at;
        s.port.cruelty.fail_count = count;
        start(ENOUGH, 0);
        bool more = s.port.calls >= at;
        if (s.err != KEDGE_OK)
            assert_int_equal(s.err, only == FAKE_CALL_FILE ? KEDGE_ERR_FILE : KEDGE_ERR_ENTROPY);
        // A namespace that cannot be read has a default.
        if (more && s.err == KEDGE_OK)
            assert_int_equal(only, FAKE_CALL_FILE);
        if (more && count > 0)
            assert_int_not_equal(s.err, KEDGE_OK);
        end();
        if (!more) {
            assert_int_equal(s.err, KEDGE_OK);
            return at - 1;
        }
    }
}

static void whichever_file_or_entropy_call_fails(void **state)
{
    (void)state;
    unsigned entropy = fail_each(FAKE_CALL_ENTROPY, 0, 0);
    unsigned files = fail_each(FAKE_CALL_FILE, 0, 0);
    unsigned pieces = fail_each(FAKE_CALL_FILE, 0, 100);
    print_message("%u calls for entropy, %u for files, in pieces %u\n", entropy, files, pieces);
    assert_in_range(entropy, 2, 20);
    assert_in_range(files, 6, 30);
    assert_in_range(pieces, files + 5, 60);
}

static void however_the_files_are_split(void **state)
{
    (void)state;
    for (size_t piece = 1; piece < 40; piece += piece < 8 ? 1 : 7) {
        prepare(false);
        s.port.cruelty.read_max = piece;
        assert_int_equal(start(ENOUGH, 0), KEDGE_OK);
        end();
    }
}

// ---- cuts

// A file that was cut while it was written. A token and a namespace are whole at every length, but
// not at none; a PEM block is not.
static void wherever_a_file_is_cut(void **state)
{
    (void)state;
    for (size_t f = 0; f < FILES; f++) {
        prepare(false);
        size_t whole = s.files[f].len;
        for (size_t len = 0; len <= whole; len++) {
            prepare(false);
            char *cut = malloc(len + 1); // ASan sees who reads beyond it
            memcpy(cut, s.files[f].bytes, len);
            s.files[f].bytes = cut;
            s.files[f].len = len;
            kedge_err err = start(ENOUGH, 0);
            bool good = f == PEM ? len + 1 >= whole : f == TOKEN ? len > 0 : true;
            if ((err == KEDGE_OK) != good)
                fail_msg("file %zu of %zu bytes: %s", f, len, s.text);
            if (!good)
                assert_int_equal(err, f == PEM ? KEDGE_ERR_CONFIG : KEDGE_ERR_FILE);
            end();
            free(cut);
        }
    }
}

int main(void)
{
    const struct CMUnitTest tests[] = {
        cmocka_unit_test(every_size_of_memory_is_told_what_it_lacks),
        cmocka_unit_test(at_each_boundary_of_a_part_one_byte_decides),
        cmocka_unit_test(whichever_file_or_entropy_call_fails),
        cmocka_unit_test(however_the_files_are_split),
        cmocka_unit_test(wherever_a_file_is_cut),
    };
    return cmocka_run_group_tests_name("sweeps_start", tests, make_certificates, free_certificates);
}
