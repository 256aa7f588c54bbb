// SPDX-License-Identifier: Apache-2.0
// kedge/quantity.h - amounts as the API writes them: "100m", "1.5Gi", "2e3".
//
// A quantity is told in thousandths (kedge_quantity of kedge/object.h), so that "100m" of a CPU is
// 100 and "64Mi" of memory is 67,108,864,000. That is what client-go's MilliValue gives.
#ifndef KEDGE_QUANTITY_H
#define KEDGE_QUANTITY_H

#include <stdbool.h>
#include <stdint.h>

#include <kedge/text.h>

#ifdef __cplusplus
extern "C" {
#endif

// Reads a number (sign, digits, point) with one of the suffixes n u m k M G T P E, Ki Mi Gi Ti Pi
// Ei, or an exponent (e3, E-2). What is finer than a thousandth is rounded away from zero, what is
// greater than int64_t holds becomes INT64_MAX, with a minus -INT64_MAX. True if `text` is such a
// quantity; then *thousandths is it, else it is not touched.
bool kedge_quantity_parse(kedge_str text, int64_t *thousandths);

// Thousandths as whole units, rounded up, as client-go's Value: 1500 gives 2, -1500 gives -1.
int64_t kedge_quantity_units(int64_t thousandths);

#ifdef __cplusplus
}
#endif
#endif
