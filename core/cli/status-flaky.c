/* SPDX-License-Identifier: BSD-3-Clause */
/*
 * Flaky failures for operators. Must not judge them: that is policy.flaky.
 */
#include <config.h>

#include "core/cli/status-flaky.h"

#include <inttypes.h>
#include <stdio.h>

#include "core/base/jsonx.h"
#include "core/base/mem.h"
#include "core/base/when.h"
#include "core/cli/cli.h"

static int add(void *user, const struct flaky_brief *f)
{
    json_t *v = json_object();
    CLEANUP_FREE char *last = when_format(f->last);

    jx_set_str(v, "incident", f->id);
    jx_set_str(v, "project", f->project);
    jx_set_str(v, "branch", f->branch);
    jx_set_str(v, "rule", f->rule);
    jx_set_str(v, "category", f->category);
    jx_set_int(v, "times", f->times);
    jx_set_str(v, "last", last);
    json_array_append_new(user, v);
    return 0;
}

json_t *status_flaky(struct store *st, int64_t now, struct err *err)
{
    json_t *list = json_array();

    if (store_flaky_each(st, now - FLAKY_DAYS * DAY, add, list, err) == 0)
        return list;
    json_decref(list);
    return NULL;
}

void status_print_flaky(const json_t *list)
{
    size_t i;
    json_t *v;

    if (!json_array_size(list))
        printf("Nothing was flaky in %d days.\n", FLAKY_DAYS);
    json_array_foreach((json_t *)list, i, v) {
        CLEANUP_FREE char *project = cli_safe(jx_str_or(v, "project", "?"), 80);
        CLEANUP_FREE char *branch = cli_safe(jx_str_or(v, "branch", "?"), 40);
        CLEANUP_FREE char *rule =
            cli_safe(jx_str_or(v, "rule", jx_str_or(v, "category", "?")), 60);

        printf("%4" PRId64 " times  %s %s: %s  (last %s, incident %s)\n",
               jx_int(v, "times", 0), project, branch, rule,
               jx_str_or(v, "last", "?"), jx_str_or(v, "incident", "?"));
    }
}

void status_print_flaky_line(const json_t *list)
{
    int64_t times = 0;
    size_t i;
    json_t *v;

    json_array_foreach((json_t *)list, i, v)
        times += jx_int(v, "times", 0);
    if (times)
        printf("Flaky, %d days: %" PRId64 " failures of %zu causes passed on "
               "a second try (status --flaky)\n",
               FLAKY_DAYS, times, json_array_size(list));
}
