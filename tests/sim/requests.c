// SPDX-License-Identifier: Apache-2.0
// requests.c - reads what goes over the wire as the server does: is every request one that a good
// client sends, and none too soon?
#include <stdlib.h>
#include <string.h>

#include "cache/informer_priv.h"
#include "sim.h"

// Lists and watches that may begin within ten seconds: more is no backoff.
enum { STARTS = 20, STARTS_MS = 10000, ASKED_MAX_S = 3600, ALIKE = 4 };

static bool has(const char *line, const char *text)
{
    return strstr(line, text) != NULL;
}

static long number_behind(const char *line, const char *text)
{
    const char *at = strstr(line, text);
    return at != NULL ? strtol(at + strlen(text), NULL, 10) : -1;
}

static bool is_initial(const char *line)
{
    return has(line, "sendInitialEvents=");
}

// With the whole state first: not older than what the informer has, and only where it is wanted.
static void check_initial(struct sim *s, size_t informer, const char *line)
{
    if (s->plan->informer[informer][INF_WAY] != 1)
        sim_fail(s, "a WatchList where none is wanted: %s", line);
    if (!has(line, "sendInitialEvents=true") || !has(line, "resourceVersionMatch=NotOlderThan"))
        sim_fail(s, "half a WatchList: %s", line);
}

static void check_watch(struct sim *s, size_t informer, const char *line)
{
    bool initial = is_initial(line);
    long seconds = number_behind(line, "timeoutSeconds=");
    if (seconds < 300 || seconds >= 600)
        sim_fail(s, "a watch of %ld s: %s", seconds, line);
    if (!has(line, "allowWatchBookmarks=true"))
        sim_fail(s, "a watch without bookmarks: %s", line);
    if (initial)
        check_initial(s, informer, line);
    else if (number_behind(line, "resourceVersion=") <= 0)
        sim_fail(s, "a watch from no version: %s", line);
    if (has(line, "limit=") || has(line, "continue="))
        sim_fail(s, "a watch in pages: %s", line);
}

// Where many clients begin together, chance is to keep them from ending together.
static void check_length(struct sim *s, struct requests *r, const char *line)
{
    long seconds = number_behind(line, "timeoutSeconds=");
    r->alike = seconds == r->seconds ? r->alike + 1 : 1;
    r->seconds = seconds;
    if (r->alike == ALIKE)
        sim_fail(s, "%d watches in a row of %ld s", ALIKE, seconds);
}

// A list costs much: it is begun for a reason, and takes no step back.
static void check_reason(struct sim *s, size_t informer, const char *line)
{
    const struct informer *inf = &s->informers[informer];
    const struct requests *r = &inf->requests;
    struct kedge_informer_state state;
    kedge_informer_state(inf->inf, &state);
    if (has(line, "continue=") || state.phase != KEDGE_RELISTING)
        return;
    bool spoke = r->watch && !r->initial && r->granted && inf->inf->reflector.watch_told;
    if (spoke && !r->said_no)
        sim_fail(s, "a list where a watch would go on: %s", line);
    bool matched = s->plan->informer[informer][INF_WAY] == 0;
    if (!r->refused &&
        !has(line, matched ? "resourceVersionMatch=NotOlderThan" : "resourceVersion="))
        sim_fail(s, "a list of any version, though nothing was refused: %s", line);
}

static void check_list(struct sim *s, size_t informer, const char *line)
{
    int64_t page = s->plan->informer[informer][INF_PAGE];
    long limit = number_behind(line, "limit=");
    const struct kedge__reflector *reflector = &s->informers[informer].inf->reflector;
    bool shortened = reflector->short_page > 0 && limit == reflector->short_page;
    bool ours = s->plan->informer[informer][INF_WAY] != 0 && limit == 500;
    if (!shortened && !ours && (page == 0 ? limit != -1 : limit != page))
        sim_fail(s, "a page of %ld where %lld is wanted: %s", limit, (long long)page, line);
    if (has(line, "continue=") && has(line, "resourceVersion="))
        sim_fail(s, "a continue token beside a version: %s", line);
}

// Of an informer's own resource and scope, and nothing else.
static void check_path(struct sim *s, size_t informer, const char *line)
{
    const int64_t *inf = s->plan->informer[informer];
    const struct sim_kind *kind = &sim_kinds[inf[INF_KIND]];
    char path[160];
    char space[64] = "";
    if (kind->namespaced && inf[INF_SPACE] > 0)
        snprintf(space, sizeof space, "namespaces/%s/",
                 thing_space((unsigned)inf[INF_KIND], (unsigned)inf[INF_SPACE] - 1));
    snprintf(path, sizeof path, "GET /%s%s/%s/%s%s", kind->kind->group[0] != '\0' ? "apis/" : "api",
             kind->kind->group, kind->kind->version, space, kind->resource);
    size_t len = strlen(path);
    if (strncmp(line, path, len) != 0 || (line[len] != '?' && line[len] != '\0'))
        sim_fail(s, "%s was wanted, not %s", path, line);
    if ((inf[INF_LABELS] > 0) != has(line, "labelSelector="))
        sim_fail(s, "the label selector is not right: %s", line);
}

static void check_headers(struct sim *s, const char *head)
{
    const char *host = strstr(head, "\r\nHost: kubernetes.test:8443\r\n");
    if (host == NULL || strstr(host + 4, "\r\nHost:") != NULL)
        sim_fail(s, "not just one right Host: %s", head);
    if (!has(head, "\r\nAccept: application/json"))
        sim_fail(s, "no right Accept: %s", head);
    // Half a token is what a half written file has.
    if ((s->plan->set[SET_TOKEN] != 0) != has(head, "\r\nAuthorization: Bearer TOP"))
        sim_fail(s, "credentials that are not wanted, or none: %s", head);
}

// A token that the server did not know is read again, if the file has had another since.
static void check_new_token(struct sim *s, size_t informer, const char *head)
{
    const struct requests *r = &s->informers[informer].requests;
    const struct network *n = &s->network;
    char line[120];
    snprintf(line, sizeof line, "\r\nAuthorization: Bearer %s\r\n", n->token);
    if (s->plan->set[SET_TOKEN] == 2 && r->unknown_at > n->token_since && n->token_state == 0 &&
        !has(head, line))
        sim_fail(s, "after 401 the token is not read again: %s", head);
}

// Paging aside, an informer begins nothing too soon.
static void check_pace(struct sim *s, size_t informer, const char *line)
{
    struct requests *r = &s->informers[informer].requests;
    int64_t now = s->network.now;
    if (has(line, "continue="))
        return;
    if (now < r->not_before)
        sim_fail(s, "%lld ms before the server wants to be asked again: %s",
                 (long long)(r->not_before - now), line);
    int64_t *slot = &r->starts[r->started++ % STARTS];
    if (r->started > STARTS && now - *slot < STARTS_MS)
        sim_fail(s, "%d lists and watches within %lld ms: %s", STARTS, (long long)(now - *slot),
                 line);
    *slot = now;
}

static void check_request(struct sim *s, size_t informer, char *head)
{
    char *end = strstr(head, " HTTP/1.1\r\n");
    if (end == NULL)
        sim_fail(s, "not a request: %s", head);
    check_headers(s, head);
    check_new_token(s, informer, head);
    *end = '\0';
    sim_trace(s, "informer %zu: %s", informer, head);
    check_path(s, informer, head);
    check_pace(s, informer, head);
    struct requests *r = &s->informers[informer].requests;
    bool watch = has(head, "watch=true");
    // What a WatchList was told in its stream is not seen here.
    r->refused |= r->said_no || r->initial;
    if (watch) {
        check_watch(s, informer, head);
        check_length(s, r, head);
    } else {
        check_list(s, informer, head);
    }
    if (!watch || is_initial(head))
        check_reason(s, informer, head);
    r->watch = watch;
    r->initial = is_initial(head);
    r->granted = r->said_no = false;
    r->unknown_at = 0;
    r->on_link++;
}

void requests_sent(struct sim *s, size_t informer, const unsigned char *bytes, size_t len)
{
    struct requests *r = &s->informers[informer].requests;
    if (informer == PLAN_INFORMERS)
        return; // not an informer's
    if (len > sizeof r->head - 1 - r->len)
        sim_fail(s, "a request without end");
    memcpy(r->head + r->len, bytes, len);
    r->len += len;
    r->head[r->len] = '\0';
    char *end = strstr(r->head, "\r\n\r\n");
    if (end == NULL)
        return;
    if (end + 4 != r->head + r->len)
        sim_fail(s, "something behind a request without a body: %s", end + 4);
    r->count++;
    r->len = 0;
    r->asked_ms = 0;
    r->answer_wanted = true;
    r->answer_len = 0;
    check_request(s, informer, r->head);
}

// The head of an answer, of which Retry-After is to be kept.
void requests_answered(struct sim *s, size_t informer, const unsigned char *bytes, size_t len)
{
    struct requests *r = &s->informers[informer].requests;
    size_t room = sizeof r->answer - 1 - r->answer_len;
    if (!r->answer_wanted || informer == PLAN_INFORMERS)
        return;
    memcpy(r->answer + r->answer_len, bytes, len < room ? len : room);
    r->answer_len += len < room ? len : room;
    r->answer[r->answer_len] = '\0';
    if (!has(r->answer, "\r\n\r\n") && r->answer_len < sizeof r->answer - 1)
        return;
    r->answer_wanted = false;
    char *end = strstr(r->answer, "\r\n\r\n");
    const char *asked = strstr(r->answer, "\r\nRetry-After: ");
    long seconds = asked != NULL && end != NULL && asked < end
                       ? strtol(asked + strlen("\r\nRetry-After: "), NULL, 10)
                       : 0;
    // Only an answer that arrives whole binds; it does not arrive before now.
    if (seconds > 0 && seconds <= ASKED_MAX_S && strncmp(r->answer, "HTTP/1.1 2", 10) != 0)
        r->asked_ms = seconds * 1000;
    r->granted = strncmp(r->answer, "HTTP/1.1 200", 12) == 0;
    r->unknown_at = strncmp(r->answer, "HTTP/1.1 401", 12) == 0 ? s->network.now : 0;
    r->refused = r->watch && !r->initial && r->granted ? false : r->refused || !r->granted;
    r->answer[strcspn(r->answer, "\r\n")] = '\0';
    sim_trace(s, "informer %zu: %s", informer, r->answer);
}

// The connection ends. A client that waits as it was asked has closed it, or has read it to its
// end; one that never saw the whole answer knows of nothing.
void requests_cut(struct sim *s, size_t informer, bool answer_read)
{
    struct requests *r = &s->informers[informer].requests;
    if (answer_read && r->asked_ms > 0)
        r->not_before = s->network.now + r->asked_ms;
    r->asked_ms = 0;
    r->len = 0;
    r->answer_wanted = false;
    if (!answer_read)
        r->unknown_at = 0;
    r->carried = r->on_link;
    r->on_link = 0;
}
