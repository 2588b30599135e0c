/* SPDX-License-Identifier: BSD-3-Clause */
/* Must not read a number out of anything but what remote_id_text wrote. */
#include <config.h>

#include "plugins/zulip/remote.h"

#include <inttypes.h>
#include <string.h>

#include "core/base/mem.h"

static bool number(const char *s, size_t n, int64_t *out)
{
    *out = 0;
    if (!n || n > 18)
        return false;
    for (; n; n--, s++) {
        if (*s < '0' || *s > '9')
            return false;
        *out = *out * 10 + (*s - '0');
    }
    return *out > 0;
}

bool remote_id_parse(struct remote_id *id, const char *text)
{
    const char *slash = strchr(text, '/');

    id->channel = id->message = 0;
    if (!slash || !number(slash + 1, strlen(slash + 1), &id->message))
        return false;
    return (slash == text + 2 && !memcmp(text, "dm", 2))
           || number(text, (size_t)(slash - text), &id->channel);
}

char *remote_id_text(int64_t channel, int64_t message)
{
    return channel ? xasprintf("%" PRId64 "/%" PRId64, channel, message)
                   : xasprintf("dm/%" PRId64, message);
}
