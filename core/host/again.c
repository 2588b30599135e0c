/* SPDX-License-Identifier: BSD-3-Clause */
/*
 * Failures that are kept, classified by the rules of today in a worker of
 * their own: their text is a log's, and the core reads no log. Must not load
 * a plugin.
 */
#include <config.h>

#include <stdlib.h>
#include <string.h>

#include "core/base/jsonx.h"
#include "core/base/mem.h"
#include "core/classify/again.h"
#include "core/host/again.h"

static const char *const words[] = {
    [AGAIN_SAME] = "same",
    [AGAIN_OTHER] = "other",
    [AGAIN_KEPT] = "kept",
};

json_t *again_frame(const json_t *frame, struct err *err)
{
    struct ruleset *rs =
        ruleset_new(jx_arr(frame, "rules"), jx_arr(frame, "ignore"), err);
    json_t *runs = json_array(), *run;
    size_t i;

    if (!rs) {
        json_decref(runs);
        return NULL;
    }
    json_array_foreach(jx_arr(frame, "runs"), i, run) {
        json_t *out = NULL;
        enum again how = classify_again(rs, jx_arr(run, "failures"), &out);

        json_array_append_new(runs,
                              json_pack("{s:I, s:s, s:o}", "id",
                                        (json_int_t)jx_int(run, "id", 0), "how",
                                        words[how], "failures", out));
    }
    ruleset_free(rs);
    return json_pack("{s:s, s:o}", "t", "again", "runs", runs);
}
