// SPDX-License-Identifier: Apache-2.0
// micro_time.c - times to the microsecond into records; linked with a kind that has one.
#include "kedge/time.h"
#include "object/project_priv.h"

static bool put(struct kedge__builder *b, size_t member, kedge_json_value v)
{
    char buf[KEDGE__SHORT_TEXT];
    kedge_str text = {buf, kedge__short_text(v, buf)};
    kedge_timestamp micro;
    if (text.len > KEDGE__SHORT_TEXT || !kedge_timestamp_parse(text, &micro))
        return false;
    kedge__write(b, member, &micro, sizeof micro);
    return true;
}

const struct kedge__reader kedge__reader_micro_time = {.put = put};
