// SPDX-License-Identifier: Apache-2.0
// walk.h - walks through a discovery document as it arrives, and cuts out what is wanted.
//
// A resource lies four levels deep (items, versions, resources) below what it belongs to, and a
// group may be of any size, so neither the sieve's list nor one of its objects is the right piece.
// The walk follows the containers that its rules name, strictly; what is wanted whole, one
// resource, it gives to the sieve; names on the way it hands out as texts; all else it skips, of
// which it looks at the structure (as the sieve).
#ifndef KEDGE_CLIENT_WALK_H
#define KEDGE_CLIENT_WALK_H

#include "kedge/sieve.h"

// What a place holds that the rules lead to.
enum kedge__walk_type {
    KEDGE__WALK_OBJECT, // told of when it begins and ends
    KEDGE__WALK_ARRAY,
    KEDGE__WALK_TEXT, // told, if it is one
    KEDGE__WALK_CUT   // an object that goes through the sieve, told of when it is complete
};

// From place `in` (0: the whole document, which must be an object) a member `key`, or where `in` is
// an array, each element (key NULL), is place `to`. A place is reached by one rule.
struct kedge__walk_rule {
    uint8_t in;
    uint8_t to;
    uint8_t type; // enum kedge__walk_type
    const char *key;
};

// Longest text that is told: a group's name (253 bytes).
#define KEDGE__WALK_TEXT_MAX 256
// Levels that rules may go down.
#define KEDGE__WALK_LEVELS 8

struct kedge__walk {
    const struct kedge__walk_rule *rules;
    uint8_t rule_count;
    struct kedge_sieve *sieve;
    const struct kedge_sieve_options *cut; // how the sieve reads what is cut out
    // `ends`: of an object, its end. `text`: of a TEXT. Of a CUT, sieve->item is there.
    kedge_err (*tell)(void *ctx, uint8_t place, kedge_str text, bool ends);
    void *ctx;

    // Private, but `problem`: after an error what is wrong, static storage; else NULL.
    const char *problem;
    uint8_t state;
    uint8_t place; // of the value at hand
    uint8_t type;  // of that
    bool is_key;   // the text at hand is one
    bool odd;      // it has an escape, or what no name has, or is too long
    uint16_t text_len;
    uint16_t depth;
    uint8_t places[KEDGE__WALK_LEVELS];
    uint32_t nesting[KEDGE_SIEVE_DEPTH / 32]; // 1: an object
    char text[KEDGE__WALK_TEXT_MAX];
};

// Begins a document. The members above `problem` are set by the caller, before.
void kedge__walk_begin(struct kedge__walk *w);

// Takes bytes.
//
// KEDGE_ERR_JSON  no JSON, or a name that is none; w->problem says what
// what `tell` answers
kedge_err kedge__walk_feed(struct kedge__walk *w, kedge_str bytes);

// No more bytes will come: KEDGE_OK if the document is whole, else KEDGE_ERR_JSON.
kedge_err kedge__walk_finish(struct kedge__walk *w);

#endif
