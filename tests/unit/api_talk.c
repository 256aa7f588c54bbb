// SPDX-License-Identifier: Apache-2.0
#include "api_talk.h"

#include <setjmp.h>
#include <stdarg.h>
#include <stdio.h>
#include <stdlib.h>
#include <string.h>

#include <cmocka.h>

void api_talk_open(struct talk *t)
{
    struct kedge_config config = {.server = "http://api.test:8080", .qps = -1};
    memset(t, 0, sizeof *t);
    mock_port_init(&t->port, mock_new(&(struct mock_options){.seed = 1}), 1);
    t->k = kedge_init(t->memory, sizeof t->memory, &t->port.fake.port);
    t->client = kedge_client_new(t->k, &config);
    t->rest = kedge_rest_new(t->client, NULL);
    t->api = kedge_api_of(t->rest, &kedge_kind_deployment, "default");
    assert_non_null(t->rest);
}

void api_talk_close(struct talk *t)
{
    kedge_rest_close(t->rest);
    kedge_client_free(t->client);
    mock_port_done(&t->port);
}

void must(struct talk *t, kedge_err err)
{
    if (err != KEDGE_OK)
        fail_msg("%s: %s", kedge_err_name(err), kedge_rest_error_text(t->rest));
}

void api_talk_fill(struct talk *t, size_t count)
{
    char json[256];
    for (size_t i = 0; i < count; i++) {
        snprintf(json, sizeof json,
                 "{\"metadata\":{\"name\":\"web-%03zu\",\"namespace\":\"default\",\"labels\":{"
                 "\"parity\":\"%s\"}},\"spec\":{\"replicas\":1}}",
                 i, i % 2 ? "odd" : "even");
        assert_int_not_equal(mock_apply(t->port.mock, "deployments", json), 0);
    }
}

void scripted_open(struct scripted *s, const struct hostile_answer *answers, size_t count)
{
    struct kedge_config config = {.server = "http://api.test:8080", .qps = -1};
    memset(s, 0, sizeof *s);
    s->hostile.answers = answers;
    s->hostile.count = count;
    fake_port_init(&s->port, 1);
    s->port.peer = &hostile_peer;
    s->port.peer_ctx = &s->hostile;
    s->k = kedge_init(s->memory, sizeof s->memory, &s->port.port);
    s->client = kedge_client_new(s->k, &config);
    s->rest = kedge_rest_new(s->client, NULL);
    s->api = kedge_api_of(s->rest, &kedge_kind_deployment, "default");
    assert_non_null(s->rest);
}

void scripted_close(struct scripted *s)
{
    kedge_rest_close(s->rest);
    kedge_client_free(s->client);
    fake_port_check(&s->port);
}
