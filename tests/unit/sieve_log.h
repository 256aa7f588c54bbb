// SPDX-License-Identifier: Apache-2.0
// sieve_log.h - runs a text through a sieve in pieces and writes down all that comes out.
#ifndef SIEVE_LOG_H
#define SIEVE_LOG_H

#include "kedge/sieve.h"

// A row of a table; the path is a literal that ends with "\0".
#define ROW(path_, type_)                            \
    {                                                \
        .path = (path_), .type = KEDGE_FIELD_##type_ \
    }
#define LIST_ROW(path_, items_)                                      \
    {                                                                \
        .path = (path_), .type = KEDGE_FIELD_LIST, .items = (items_) \
    }
#define TABLE_OF(rows)                              \
    {                                               \
        (rows), sizeof(rows) / sizeof((rows)[0]), 0 \
    }

// What to give to sieve_log for an item of that shape, without buffers.
struct kedge_sieve_options sieve_of(enum kedge_sieve_shape shape, const struct kedge_table *table,
                                    uint16_t identity, const struct kedge_table *envelope);

// Feeds `text` in a piece of `first` bytes (0: none), then in pieces of `size` bytes (0: all at
// once), each ending at an unreadable page, into buffers of exactly the sizes in `options` (0:
// large). A line for each thing that happens:
//
//     item {"a":1} | {"type":"ADDED"}
//     over {"metadata":{"name":"a"}} | {"type":"ADDED"}      (cut down to its identity)
//     none {} | {"type":"ADDED"}                             (unusable)
//     end {"kind":"PodList"}
//     error KEDGE_ERR_JSON at 7: a value was expected
//     ends, breaks off                                       (what finish says)
//
// Good until the call after the next one, so that two can be compared.
const char *sieve_log(const struct kedge_sieve_options *options, kedge_str text, size_t first,
                      size_t size);

#endif
