/* SPDX-License-Identifier: BSD-3-Clause */
/* Words of the wire, which dry runs print, too. */
#include <config.h>

#include "core/host/names.h"

#include <string.h>

#include "core/base/mem.h"
#include "core/tocsin-plugin.h"

static const char *const statuses[] = {
    [TOCSIN_OK] = "ok",
    [TOCSIN_RETRY] = "retry",
    [TOCSIN_REJECT] = "reject",
    [TOCSIN_FATAL] = "fatal",
};

static const char *const deliveries[] = {
    "",
    [TOCSIN_DELIVER_OPEN] = "open",
    [TOCSIN_DELIVER_UPDATE] = "update",
    [TOCSIN_DELIVER_REMIND] = "remind",
    [TOCSIN_DELIVER_RESOLVE] = "resolve",
    [TOCSIN_DELIVER_REOPEN] = "reopen",
    [TOCSIN_DELIVER_DIGEST] = "digest",
};

bool status_valid(int status)
{
    return status >= 0 && (size_t)status < ARRAY_SIZE(statuses);
}

char *status_end(const char *callback, int status)
{
    if (status == TOCSIN_RETRY)
        return xasprintf("could not finish in %s (the next pass tries again)",
                         callback);
    return xasprintf("gave up in %s", callback);
}

const char *status_word(int status)
{
    return statuses[status_valid(status) ? status : TOCSIN_FATAL];
}

int status_of(const char *word)
{
    for (size_t i = 0; word && i < ARRAY_SIZE(statuses); i++)
        if (!strcmp(word, statuses[i]))
            return (int)i;
    return TOCSIN_FATAL;
}

int delivery_of(const char *word)
{
    for (size_t i = 1; word && i < ARRAY_SIZE(deliveries); i++)
        if (!strcmp(word, deliveries[i]))
            return (int)i;
    return 0;
}

const char *delivery_word(int op)
{
    return deliveries[op];
}
