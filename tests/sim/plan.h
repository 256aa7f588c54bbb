// SPDX-License-Identifier: Apache-2.0
// plan.h - all that decides a simulation: settings, informers, and what happens when.
//
// A seed becomes a plan, a plan is a text, a text is a plan again:
//
//     set seed=7 objects=16 start=9 memory=131072
//     informer kind=deployments page=4 queue=2
//     at 1500 put kind=deployments object=3 size=1
//     at 1510 fault fault=reset on=watch now=1
//     at 64000 rewind versions=5
//     heal 90000
//
// So a failing seed can be read, cut down to what matters, kept, and changed by hand; and whoever
// thinks of a schedule of faults writes it down without a line of C. Times are in ms of virtual
// time. What is not named has the default of its table (plan.c), which is also the manual.
#ifndef SIM_PLAN_H
#define SIM_PLAN_H

#include <stdbool.h>
#include <stddef.h>
#include <stdint.h>
#include <stdio.h>

enum {
    PLAN_INFORMERS = 4,
    PLAN_ARGUMENTS = 8,
    SIM_WORKERS = 4,
};

enum setting {
    SET_SEED,
    SET_MEMORY,
    SET_OBJECT_MAX,
    SET_RESYNC,
    SET_OBJECTS,
    SET_START,
    SET_AGE,
    SET_BOOKMARKS,
    SET_HISTORY,
    SET_CHUNK,
    SET_PRETTY,
    SET_LIMIT_AT_ZERO,
    SET_NULL_ITEMS,
    SET_TOKEN,
    SET_KEEP_ALIVE,
    SET_CPU,
    SET_LATENCY,
    SET_SPEED,
    SET_SIZES,
    SET_INITIAL_BOOKMARKS,
    SET_WORKERS,
    SET_KEYS,
    SET_WORK,
    SET_FAIL,
    SET_HEARTBEAT,
    SET_COUNT
};

enum informer_setting {
    INF_KIND,
    INF_SPACE,
    INF_LABELS,
    INF_PAGE,
    INF_QUEUE,
    INF_BUFFER,
    INF_TEXT,
    INF_MAXIMUM,
    INF_RESERVED,
    INF_HANDLERS,
    INF_RESYNC,
    INF_WAY,
    INF_FILTER,
    INF_KEEP,
    INF_TRANSFORM,
    INF_ROOM,
    INF_INDEX,
    INF_COUNT
};

// What can happen. The workload first, then the server, the network, the machine, the handlers.
enum verb {
    DO_PUT,
    DO_DELETE,
    DO_RELABEL,
    DO_BURST,
    DO_WIPE,
    DO_COMPACT,
    DO_RESTART,
    DO_REWIND,
    DO_BOOKMARK,
    DO_FAULT,
    DO_FORBID,
    DO_EXPIRE,
    DO_LINK,
    DO_DROP,
    DO_SILENCE,
    DO_PARTITION,
    DO_REFUSE,
    DO_NAMELESS,
    DO_SLEEP,
    DO_CALENDAR,
    DO_CLOCK_BACK,
    DO_WAKES,
    DO_BUSY,
    DO_JOIN,
    DO_PART,
    DO_WALK,
    DO_STOP,
    DO_REST,
    DO_INDEX,
    DO_LEASE,
    DO_REBOOT,
    DO_COUNT
};

struct action {
    int64_t at;
    enum verb verb;
    int64_t arg[PLAN_ARGUMENTS];
};

struct plan {
    int64_t set[SET_COUNT];
    int64_t informer[PLAN_INFORMERS][INF_COUNT];
    size_t informers;
    struct action *actions;
    size_t count, cap;
    int64_t heal_at; // no more faults from here on
};

// An empty plan with every setting at its default.
void plan_init(struct plan *plan);
void plan_free(struct plan *plan);
void plan_add(struct plan *plan, const struct action *action);

// The plan of a seed.
void plan_from_seed(struct plan *plan, uint64_t seed);

// More actions of the same kind, from the time `from` on; gives the time of the last.
int64_t plan_more(struct plan *plan, uint64_t seed, int64_t from, size_t count);

// Reads a plan; ends the program with the line's number and a sentence when something is wrong.
void plan_read(struct plan *plan, const char *path);

// One line of it.
void plan_read_line(struct plan *plan, const char *line);

// Writes a plan as plan_read takes it.
void plan_write(const struct plan *plan, FILE *out);
void plan_write_action(const struct action *action, FILE *out);

// Every word that a plan may have, with ranges and defaults.
void plan_help(FILE *out);

// A stream of numbers that follow from a seed: the only chance there is in a simulation.
struct chance {
    uint64_t state;
};
uint64_t chance_next(struct chance *c);
// 0 to bound - 1; 0 where bound is 0.
int64_t chance_below(struct chance *c, int64_t bound);
bool chance_one_in(struct chance *c, int64_t n);

#endif
