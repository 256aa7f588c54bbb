// SPDX-License-Identifier: Apache-2.0
// asks.h - the paths and queries of lists and watches, below the server's prefix.
#ifndef KEDGE_CACHE_ASKS_H
#define KEDGE_CACHE_ASKS_H

#include "cache/informer_priv.h"

// A page of the list: the first one with an empty `token`, else the one that the server's continue
// token stands for.
void kedge__asks_list(struct kedge__line *l, const struct kedge_informer *inf, kedge_str token);

// A watch from the version read, which the server is to end after `seconds`; `initial`: a
// WatchList, which begins with the whole state, not older than what was applied.
void kedge__asks_watch(struct kedge__line *l, const struct kedge_informer *inf, bool initial,
                       int64_t seconds);

// True if a page's size was set, by the user or by time-outs: then it counts, always.
bool kedge__asks_page_is_set(const struct kedge_informer *inf);

// What the answers are to look like.
const char *kedge__asks_accept(const struct kedge_informer *inf, bool watch);

#endif
