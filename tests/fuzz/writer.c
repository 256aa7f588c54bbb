// SPDX-License-Identifier: Apache-2.0
// writer.c - there and back: what jansson reads, the writer writes and jansson reads again, equal.
// And calls in any order: what finish calls whole is JSON, and as long as it was measured.
#include <stdlib.h>

#include "kedge/writer.h"
#include "sieve_jansson.h"

#include "fuzz.h"

// There and back ---------------------------------------------------------------------------------

static void write_value(struct kedge_writer *w, json_t *json)
{
    size_t i;
    json_t *value;
    const char *key;
    switch (json_typeof(json)) {
    case JSON_OBJECT:
        kedge_writer_begin_object(w);
        json_object_foreach(json, key, value)
        {
            kedge_writer_key(w, key);
            write_value(w, value);
        }
        kedge_writer_end_object(w);
        return;
    case JSON_ARRAY:
        kedge_writer_begin_array(w);
        json_array_foreach(json, i, value) write_value(w, value);
        kedge_writer_end_array(w);
        return;
    case JSON_STRING:
        kedge_writer_text_str(w, (kedge_str){json_string_value(json), json_string_length(json)});
        return;
    case JSON_INTEGER:
        kedge_writer_int64(w, json_integer_value(json));
        return;
    case JSON_NULL:
        kedge_writer_null(w);
        return;
    default:
        kedge_writer_bool(w, json_is_true(json));
    }
}

// Writes into a block of exactly the measured size, and into one that is a byte short.
static void there_and_back(json_t *json)
{
    struct kedge_writer w;
    kedge_str out;
    kedge_writer_init(&w, NULL, 0);
    write_value(&w, json);
    kedge_err err = kedge_writer_finish(&w, &out);
    if (err == KEDGE_ERR_ARGUMENT)
        return; // deeper than KEDGE_WRITER_DEPTH
    PROMISE(err == KEDGE_ERR_TOO_LONG && out.ptr == NULL && out.len > 0);
    size_t need = out.len;
    char *buf = malloc(need);
    PROMISE(buf != NULL);
    for (size_t cap = need - 1; cap <= need; cap++) {
        kedge_writer_init(&w, buf, cap);
        write_value(&w, json);
        err = kedge_writer_finish(&w, &out);
        PROMISE(out.len == need && err == (cap < need ? KEDGE_ERR_TOO_LONG : KEDGE_OK));
    }
    json_t *back = json_loadb(out.ptr, out.len, JSON_ALLOW_NUL, NULL);
    PROMISE(back != NULL && json_equal(back, json));
    json_decref(back);
    free(buf);
}

// jansson's reals print in many ways: they are left out.
static bool has_real(json_t *json)
{
    size_t i;
    json_t *value;
    const char *key;
    if (json_is_real(json))
        return true;
    json_array_foreach(json, i, value)
    {
        if (has_real(value))
            return true;
    }
    json_object_foreach(json, key, value)
    {
        if (has_real(value))
            return true;
    }
    return false;
}

// Any calls --------------------------------------------------------------------------------------

static kedge_str take(kedge_str *data, size_t len)
{
    kedge_str taken = {data->ptr, len < data->len ? len : data->len};
    data->ptr += taken.len;
    data->len -= taken.len;
    return taken;
}

static void one_call(struct kedge_writer *w, unsigned char op, kedge_str *data)
{
    kedge_str s = take(data, op >> 4);
    switch (op & 15) {
    case 0:
    case 1:
        kedge_writer_begin_object(w);
        break;
    case 2:
    case 3:
        kedge_writer_end_object(w);
        break;
    case 4:
        kedge_writer_begin_array(w);
        break;
    case 5:
        kedge_writer_end_array(w);
        break;
    case 6:
        kedge_writer_null(w);
        break;
    case 7:
        kedge_writer_bool(w, op & 16);
        break;
    case 8:
        kedge_writer_int64(w, s.len > 0 ? (int64_t)((uint64_t)s.ptr[0] << 56) : -1);
        break;
    case 9:
        kedge_writer_raw(w, s.len % 2 ? KEDGE_STR("[1, {\"a\":2}]") : KEDGE_STR("2.5"));
        break;
    case 10:
    case 11:
        kedge_writer_text_str(w, s);
        break;
    default:
        kedge_writer_key_str(w, s);
    }
}

static kedge_err any_calls(kedge_str data, char *buf, size_t cap, kedge_str *out)
{
    struct kedge_writer w;
    kedge_writer_init(&w, buf, cap);
    while (data.len > 0) {
        kedge_err before = kedge_writer_error(&w);
        one_call(&w, (unsigned char)take(&data, 1).ptr[0], &data);
        PROMISE(before == KEDGE_OK || kedge_writer_error(&w) != KEDGE_OK);
    }
    kedge_err err = kedge_writer_finish(&w, out);
    PROMISE(kedge_writer_finish(&w, out) == err);
    PROMISE((err == KEDGE_OK) == (out->ptr != NULL));
    PROMISE(err == KEDGE_OK || err == KEDGE_ERR_ARGUMENT || err == KEDGE_ERR_TOO_LONG);
    return err;
}

static void calls_in_any_order(kedge_str data)
{
    char buf[1024];
    kedge_str out;
    kedge_str measured;
    kedge_err err = any_calls(data, NULL, 0, &measured);
    PROMISE(err != KEDGE_OK);
    if (any_calls(data, buf, sizeof buf, &out) != KEDGE_OK)
        return;
    PROMISE(err == KEDGE_ERR_TOO_LONG && measured.len == out.len);
    json_error_t error;
    json_t *json = json_loadb(out.ptr, out.len, JSON_ALLOW_NUL | JSON_DECODE_ANY, &error);
    PROMISE(json != NULL || json_error_code(&error) == json_error_null_byte_in_key);
    json_decref(json);
    char *exact = malloc(out.len);
    PROMISE(exact != NULL);
    PROMISE(any_calls(data, exact, out.len, &out) == KEDGE_OK);
    PROMISE(memcmp(exact, buf, out.len) == 0);
    free(exact);
}

int LLVMFuzzerTestOneInput(const uint8_t *bytes, size_t len)
{
    struct fuzz_input in;
    if (!fuzz_open(&in, bytes, len))
        return 0;
    if (fuzz_choose(&in, 2) == 1) {
        calls_in_any_order(in.data);
        return 0;
    }
    json_t *json = json_loadb(in.data.ptr, in.data.len, JSON_ALLOW_NUL, NULL);
    if (json != NULL && !has_real(json))
        there_and_back(json);
    json_decref(json);
    return 0;
}
