// SPDX-License-Identifier: Apache-2.0
// quantity.c - any text as a quantity, against arithmetic with long doubles; and any number of
// thousandths there and back.
#include <math.h>
#include <stdio.h>
#include <stdlib.h>

#include "kedge/quantity.h"
#include "object/project.h"
#include "object/words.h"

#include "fuzz.h"

// What a suffix multiplies by; 0: it is none. An exponent is left to strtold.
static long double factor_of(const char *suffix)
{
    static const char decimal[] = "num kMGTPE";
    static const char binary[] = "KMGTPE";
    if (suffix[0] == '\0')
        return 1;
    if (suffix[1] == 'i' && suffix[2] == '\0' && strchr(binary, suffix[0]) != NULL)
        return powl(1024, (long double)(strchr(binary, suffix[0]) - binary + 1));
    if (suffix[1] != '\0' || strchr(decimal, suffix[0]) == NULL || suffix[0] == ' ')
        return 0;
    return powl(1000, (long double)(strchr(decimal, suffix[0]) - decimal - 3));
}

static void like_arithmetic(const char *text, int64_t thousandths)
{
    char *suffix;
    // Neither the hexadecimal nor the infinite numbers of strtold are quantities.
    PROMISE(strpbrk(text, "xXiIfF") == NULL || strchr(text, 'i') != NULL);
    long double value = strtold(text, &suffix);
    long double factor = factor_of(suffix);
    PROMISE(suffix != text && factor > 0);
    value *= 1000 * factor;
    if (fabsl(value) >= 9223372036854775807.0L) {
        PROMISE(thousandths == (signbit(value) ? -INT64_MAX : INT64_MAX));
        return;
    }
    // Rounded away from zero; strtold and powl err in the last of 64 bits.
    long double slack = fabsl(value) * 1e-17L + 1e-9L;
    long double away = fabsl((long double)thousandths) - fabsl(value);
    PROMISE(away >= -slack && away < 1 + slack);
    PROMISE(thousandths == 0 || (thousandths < 0) == (signbit(value) != 0));
}

static void units(int64_t thousandths)
{
    int64_t n = kedge_quantity_units(thousandths);
    int64_t whole = thousandths / 1000;
    PROMISE(n == whole + (thousandths > whole * 1000));
}

// As a record holds it: a code or bytes, and always the same number again.
static void packed(int64_t n)
{
    struct small {
        struct kedge_quantity q;
        unsigned char bytes[KEDGE__QUANTITY_BYTES];
        unsigned char guard;
    } record = {.guard = 0x5a};
    uint32_t code = 0;
    if (n == 0)
        return;
    size_t len = kedge__quantity_pack(n, record.bytes, &code);
    PROMISE(len <= sizeof record.bytes && record.guard == 0x5a && code < KEDGE__WORDS_MAX);
    record.q.offset =
        (kedge_offset)(len == 0 ? KEDGE__FIRST_WORD + code : offsetof(struct small, bytes));
    PROMISE(kedge_quantity(&record.q) == n);
}

static void there_and_back(const uint8_t *bytes)
{
    char text[32];
    int64_t n, back = 0;
    memcpy(&n, bytes, sizeof n);
    units(n);
    packed(n);
    n = n == INT64_MIN ? INT64_MAX : n;
    int len = snprintf(text, sizeof text, "%lldm", (long long)n);
    PROMISE(kedge_quantity_parse((kedge_str){text, (size_t)len}, &back) && back == n);
}

int LLVMFuzzerTestOneInput(const uint8_t *bytes, size_t len)
{
    struct fuzz_input in;
    if (!fuzz_open(&in, bytes, len) || in.data.len > 512)
        return 0;
    if (in.data.len >= sizeof(int64_t))
        there_and_back(bytes + 2);
    int64_t n = 0x5a5a5a5a;
    if (!kedge_quantity_parse(in.data, &n)) {
        PROMISE(n == 0x5a5a5a5a);
        return 0;
    }
    PROMISE(n != INT64_MIN && memchr(in.data.ptr, '\0', in.data.len) == NULL);
    units(n);
    char text[513];
    memcpy(text, in.data.ptr, in.data.len);
    text[in.data.len] = '\0';
    like_arithmetic(text, n);
    return 0;
}
