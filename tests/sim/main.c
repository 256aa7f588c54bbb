// SPDX-License-Identifier: Apache-2.0
// main.c - many seeds, or one again.
//
//     sim --seeds 1000 [--from 1] [--jobs 2]   each must end well (--until-failure: no further)
//     sim --seed 7                             one, and what happened, line by line
//     sim --plan FILE [--trace]                a schedule of one's own
//     sim --shrink 7                           the smallest plan that still fails as seed 7 does
//     sim --write 7                            the plan of a seed
//     sim --words                              all that a plan may say
//     sim --endurance EVENTS [--from 1]        one machine that never stops
//
// Seeds run in processes of their own, so a crash or a hang is a failure with a number, too.
#define _DEFAULT_SOURCE // mmap of nobody's memory
#include <errno.h>
#include <signal.h>
#include <stdlib.h>
#include <string.h>
#include <sys/mman.h>
#include <sys/wait.h>
#include <time.h>
#include <unistd.h>

#include "sim.h"

enum { JOBS = 16, FAILURES = 10, HANG_S = 60 };

struct failed {
    uint64_t seed;
    char why[SIM_FAILURE];
};

// What the processes share.
struct job {
    uint64_t next; // the seed under way
    uint64_t done; // seeds
    volatile bool stop;
    time_t since; // when it began
    struct outcome sum;
    struct failed failed[FAILURES];
    unsigned failures;
};

struct options {
    uint64_t from, seeds, endurance;
    unsigned jobs;
    bool until_failure;
};

static double seconds(void)
{
    struct timespec t;
    clock_gettime(CLOCK_MONOTONIC, &t);
    return (double)t.tv_sec + (double)t.tv_nsec / 1e9;
}

static void *shared(size_t size)
{
    void *p = mmap(NULL, size, PROT_READ | PROT_WRITE, MAP_SHARED | MAP_ANONYMOUS, -1, 0);
    if (p == MAP_FAILED) {
        perror("mmap");
        exit(2);
    }
    return p;
}

// ---- many ----------------------------------------------------------------------------------

static void add(struct outcome *sum, const struct outcome *o)
{
    sum->polls += o->polls;
    sum->events += o->events;
    sum->changes += o->changes;
    sum->bytes += o->bytes;
    sum->virtual_ms += o->virtual_ms;
}

static void keep_failure(struct job *job, uint64_t seed, const char *why)
{
    if (job->failures < FAILURES) {
        struct failed *f = &job->failed[job->failures];
        f->seed = seed;
        snprintf(f->why, sizeof f->why, "%s", why);
    }
    job->failures++;
}

static void work(struct job *job, const struct options *o)
{
    while (job->next < o->from + o->seeds && !job->stop) {
        struct plan plan;
        struct outcome outcome;
        job->since = time(NULL);
        plan_from_seed(&plan, job->next);
        sim_run(&plan, NULL, &outcome);
        plan_free(&plan);
        add(&job->sum, &outcome);
        if (outcome.failure[0] != '\0')
            keep_failure(job, job->next, outcome.failure);
        job->done++;
        job->next += o->jobs;
    }
}

static pid_t start(struct job *job, const struct options *o)
{
    fflush(NULL);
    pid_t pid = fork();
    if (pid == 0) {
        work(job, o);
        _exit(0);
    }
    return pid;
}

// Takes note of how a process ended; true: it must be started again, behind the seed that ended it.
static bool ended_badly(struct job *job, int status, const struct options *o)
{
    char why[64];
    if (WIFEXITED(status) && WEXITSTATUS(status) == 0)
        return false;
    snprintf(why, sizeof why, WIFSIGNALED(status) ? "ended by signal %d" : "ended with status %d",
             WIFSIGNALED(status) ? WTERMSIG(status) : WEXITSTATUS(status));
    keep_failure(job, job->next, why);
    job->done++;
    job->next += o->jobs;
    return job->next < o->from + o->seeds;
}

static uint64_t done_by(const struct job *jobs, const struct options *o, unsigned *failures)
{
    uint64_t done = 0;
    *failures = 0;
    for (unsigned i = 0; i < o->jobs; i++) {
        done += jobs[i].done;
        *failures += jobs[i].failures;
    }
    return done;
}

static void progress(const struct job *jobs, const struct options *o, double began)
{
    unsigned failures;
    uint64_t done = done_by(jobs, o, &failures);
    fprintf(stderr, "%llu of %llu seeds, %.0f a second, %u failed%c", (unsigned long long)done,
            (unsigned long long)o->seeds, (double)done / (seconds() - began), failures,
            isatty(2) ? '\r' : '\n');
}

// Waits for all; starts those again that died of a seed.
static void watch_over(struct job *jobs, pid_t *pids, const struct options *o, double began)
{
    double told = began;
    unsigned running = o->jobs;
    unsigned failures = 0;
    while (running > 0) {
        (void)done_by(jobs, o, &failures);
        for (unsigned i = 0; i < o->jobs && o->until_failure && failures > 0; i++)
            jobs[i].stop = true;
        int status;
        pid_t pid = waitpid(-1, &status, WNOHANG);
        for (unsigned i = 0; i < o->jobs && pid <= 0; i++)
            if (pids[i] > 0 && time(NULL) - jobs[i].since > HANG_S)
                kill(pids[i], SIGKILL);
        for (unsigned i = 0; i < o->jobs && pid > 0; i++) {
            if (pids[i] != pid)
                continue;
            bool again = ended_badly(&jobs[i], status, o);
            jobs[i].since = time(NULL);
            pids[i] = again ? start(&jobs[i], o) : 0;
            running -= !again;
        }
        if (pid <= 0)
            nanosleep(&(struct timespec){.tv_nsec = 20000000}, NULL);
        if (seconds() - told > (isatty(2) ? 0.5 : 10)) {
            told = seconds();
            progress(jobs, o, began);
        }
    }
}

static void tell_failures(const struct job *jobs, const struct options *o)
{
    for (unsigned i = 0; i < o->jobs; i++)
        for (unsigned n = 0; n < jobs[i].failures && n < FAILURES; n++)
            printf(
                "seed %llu: %s\n    replay: make sim SEED=%llu    shrink: make sim SHRINK=%llu\n",
                (unsigned long long)jobs[i].failed[n].seed, jobs[i].failed[n].why,
                (unsigned long long)jobs[i].failed[n].seed,
                (unsigned long long)jobs[i].failed[n].seed);
}

static int run_many(const struct options *o)
{
    struct job *jobs = shared(JOBS * sizeof *jobs);
    pid_t pids[JOBS];
    struct outcome sum = {0};
    unsigned failures;
    double began = seconds();
    for (unsigned i = 0; i < o->jobs; i++) {
        jobs[i].next = o->from + i;
        jobs[i].since = time(NULL);
        pids[i] = start(&jobs[i], o);
    }
    watch_over(jobs, pids, o, began);
    uint64_t done = done_by(jobs, o, &failures);
    for (unsigned i = 0; i < o->jobs; i++)
        add(&sum, &jobs[i].sum);
    tell_failures(jobs, o);
    printf("%llu seeds in %.1f s, %.0f a second: %.1f virtual days, %llu changes, %llu events, "
           "%llu polls, %.1f MB\n",
           (unsigned long long)done, seconds() - began, (double)done / (seconds() - began),
           (double)sum.virtual_ms / 86400000.0, (unsigned long long)sum.changes,
           (unsigned long long)sum.events, (unsigned long long)sum.polls, (double)sum.bytes / 1e6);
    printf("%llu passed, %u failed\n", (unsigned long long)(done - failures), failures);
    return failures > 0 ? 1 : 0;
}

// ---- one -----------------------------------------------------------------------------------

static int run_one(const struct plan *plan, FILE *trace)
{
    struct outcome outcome;
    if (trace != NULL)
        plan_write(plan, trace);
    sim_run(plan, trace, &outcome);
    if (outcome.failure[0] != '\0')
        printf("FAILED: %s\n", outcome.failure);
    else
        printf("good: %llu changes, %llu events, %llu polls, %.1f s of virtual time\n",
               (unsigned long long)outcome.changes, (unsigned long long)outcome.events,
               (unsigned long long)outcome.polls, (double)outcome.virtual_ms / 1000);
    return outcome.failure[0] != '\0' ? 1 : 0;
}

// ---- endurance -----------------------------------------------------------------------------

// Memory of this process, in KiB; what it was when things had settled down.
static long resident(void)
{
    long pages = 0;
    FILE *in = fopen("/proc/self/statm", "r");
    if (in == NULL || fscanf(in, "%*d %ld", &pages) != 1)
        pages = 0;
    if (in != NULL)
        fclose(in);
    return pages * (sysconf(_SC_PAGESIZE) / 1024);
}

static struct {
    uint64_t wanted;
    double began, told;
    long early, late;
} endurance;

static void tell_day(const struct sim *s, uint64_t days)
{
    struct kedge_memory_part parts[24];
    endurance.late = resident();
    if (days <= 20)
        endurance.early = endurance.late;
    if (seconds() - endurance.told < 10 && s->events < endurance.wanted)
        return;
    endurance.told = seconds();
    size_t count = kedge_memory_report(s->k, parts, 24);
    printf("day %llu: %llu of %llu events, %.0f a second; arena %zu of %zu B",
           (unsigned long long)days, (unsigned long long)s->events,
           (unsigned long long)endurance.wanted, (double)s->events / (seconds() - endurance.began),
           parts[0].used, parts[0].size);
    for (size_t i = 1; i < count; i++)
        if (strcmp(parts[i].name, "heap") == 0)
            printf(", heap %zu B (at most %zu)", parts[i].used, parts[i].peak);
    printf("; the process %ld KiB\n", endurance.late);
    fflush(stdout);
}

static int endure(uint64_t events, uint64_t seed)
{
    static const char *const text[] = {
        "set objects=48 start=20 memory=400000 history=2000 token=file resync=3600000 sizes=1",
        "informer kind=leases", "informer kind=configmaps labels=tier-in-a-b page=7",
        "informer kind=secrets space=2 queue=5", "informer kind=sensors buffer=2048 text=2048"};
    struct plan plan;
    struct outcome outcome;
    plan_init(&plan);
    for (size_t i = 0; i < sizeof text / sizeof text[0]; i++)
        plan_read_line(&plan, text[i]);
    plan.set[SET_SEED] = (int64_t)seed;
    endurance.wanted = events;
    endurance.began = endurance.told = seconds();
    sim_endure(&plan, events, tell_day, &outcome);
    long grown = endurance.late - endurance.early;
    if (outcome.failure[0] == '\0' && grown > 1024)
        snprintf(outcome.failure, sizeof outcome.failure, "the process has grown by %ld KiB",
                 grown);
    printf("%s%s\n%llu changes, %llu events, %.1f virtual days in %.0f s; since day 20 the process "
           "has "
           "grown by %ld KiB\n",
           outcome.failure[0] != '\0' ? "FAILED: " : "good", outcome.failure,
           (unsigned long long)outcome.changes, (unsigned long long)outcome.events,
           (double)outcome.virtual_ms / 86400000.0, seconds() - endurance.began, grown);
    return outcome.failure[0] != '\0' ? 1 : 0;
}

// ---- shrinking -----------------------------------------------------------------------------

// What a failure is about: its text without numbers, so that "version 7" and "version 9" are one.
static void digest(const char *why, char *out, size_t cap)
{
    size_t n = 0;
    for (; *why != '\0' && n + 1 < cap && n < 24; why++)
        if (*why < '0' || *why > '9')
            out[n++] = *why;
    out[n] = '\0';
}

// Runs a plan in a process of its own; *why says how it failed.
static bool fails(const struct plan *plan, char *why, size_t cap)
{
    struct outcome *outcome = shared(sizeof *outcome);
    int status;
    memset(outcome, 0, sizeof *outcome);
    fflush(NULL);
    pid_t pid = fork();
    if (pid == 0) {
        alarm(HANG_S);
        freopen("/dev/null", "w", stderr);
        sim_run(plan, NULL, outcome);
        _exit(0);
    }
    waitpid(pid, &status, 0);
    if (WIFSIGNALED(status) || WEXITSTATUS(status) != 0)
        snprintf(outcome->failure, sizeof outcome->failure, "it crashes or hangs");
    digest(outcome->failure, why, cap);
    bool failed = outcome->failure[0] != '\0';
    munmap(outcome, sizeof *outcome);
    return failed;
}

// Leaves out actions, half of them first, then fewer and fewer, as long as it fails alike.
static void shrink(struct plan *plan)
{
    char first[32], now[32];
    if (!fails(plan, first, sizeof first)) {
        printf("it does not fail\n");
        return;
    }
    for (size_t piece = plan->count; piece > 0; piece /= 2) {
        for (size_t at = 0; at < plan->count;) {
            struct plan less = *plan;
            size_t left_out = plan->count - at < piece ? plan->count - at : piece;
            less.actions = malloc(plan->count * sizeof *less.actions);
            less.count = plan->count - left_out;
            memcpy(less.actions, plan->actions, at * sizeof *less.actions);
            memcpy(less.actions + at, plan->actions + at + left_out,
                   (less.count - at) * sizeof *less.actions);
            if (fails(&less, now, sizeof now) && strcmp(first, now) == 0) {
                free(plan->actions);
                *plan = less;
            } else {
                free(less.actions);
                at += left_out;
            }
        }
    }
    plan_write(plan, stdout);
}

// ---- the command line ----------------------------------------------------------------------

static _Noreturn void usage(void)
{
    fputs("sim --seeds N [--from N] [--jobs N] | --seed N | --plan FILE [--trace] | --shrink N |\n"
          "    --write N | --words | --endurance EVENTS [--from N]\n",
          stderr);
    exit(2);
}

static uint64_t number(const char *text)
{
    char *end;
    errno = 0;
    uint64_t value = text != NULL ? strtoull(text, &end, 10) : 0;
    if (text == NULL || *text == '\0' || *end != '\0' || errno != 0)
        usage();
    return value;
}

static int run_file(const char *path, bool trace)
{
    struct plan plan;
    plan_read(&plan, path);
    int status = run_one(&plan, trace ? stdout : NULL);
    plan_free(&plan);
    return status;
}

static int with_seed(const char *what, uint64_t seed)
{
    struct plan plan;
    int status = 0;
    plan_from_seed(&plan, seed);
    if (strcmp(what, "--write") == 0)
        plan_write(&plan, stdout);
    else if (strcmp(what, "--shrink") == 0)
        shrink(&plan);
    else
        status = run_one(&plan, stdout);
    plan_free(&plan);
    return status;
}

int main(int argc, char **argv)
{
    struct options o = {.from = 1, .jobs = 2};
    const char *what = NULL, *subject = NULL;
    bool trace = false;
    for (int i = 1; i < argc; i++) {
        const char *next = i + 1 < argc ? argv[i + 1] : NULL;
        if (strcmp(argv[i], "--trace") == 0) {
            trace = true;
        } else if (strcmp(argv[i], "--until-failure") == 0) {
            o.until_failure = true;
        } else if (strcmp(argv[i], "--words") == 0) {
            plan_help(stdout);
            return 0;
        } else if (strcmp(argv[i], "--endurance") == 0) {
            o.endurance = number(next);
            i++;
        } else if (strcmp(argv[i], "--from") == 0) {
            o.from = number(next);
            i++;
        } else if (strcmp(argv[i], "--jobs") == 0) {
            o.jobs = (unsigned)number(next);
            i++;
        } else {
            what = argv[i];
            subject = next;
            i++;
        }
    }
    if (o.endurance > 0)
        return endure(o.endurance, o.from);
    if (what == NULL || subject == NULL || o.jobs == 0 || o.jobs > JOBS)
        usage();
    if (strcmp(what, "--plan") == 0)
        return run_file(subject, trace);
    if (strcmp(what, "--seeds") == 0) {
        o.seeds = number(subject);
        return run_many(&o);
    }
    if (strcmp(what, "--seed") == 0 || strcmp(what, "--write") == 0 ||
        strcmp(what, "--shrink") == 0)
        return with_seed(what, number(subject));
    usage();
}
