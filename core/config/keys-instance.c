/* SPDX-License-Identifier: BSD-3-Clause */
/*
 * The keys of sources and sinks; what else stands there is their plugin's.
 */
#include <config.h>

#include <string.h>

#include "core/config/keys.h"

#define INSTANCE_KEYS                                                          \
    TEXT(instance, "plugin", plugin, "which plugin", .flags = KEY_REQUIRED,    \
         .wrong = not_empty),                                                  \
        VALUE(instance, DURATION, "deadline", deadline,                        \
              "its worker is ended after so long"),                            \
        VALUE(instance, SIZE, "memory", memory, "its worker's limit"),         \
        VALUE(instance, COUNT, "parallel", parallel,                           \
              "HTTP requests at a time to one host"),                          \
        VALUE(instance, COUNT, "requests", requests,                           \
              "HTTP requests in a pass")

static const struct key source_keys[] = {
    INSTANCE_KEYS,
    VALUE(instance, DURATION, "stale_after", stale_after,
          "said to be stale when nothing new came for so long",
          .flags = KEY_NEVER),
};
const struct section source_section = {
    .name = "source",
    .what = "a source",
    KEYS(source_keys),
    .other = instance_option,
    .done = instance_done,
};

static char *redirect_wrong(const char *text)
{
    if (!*text)
        return xstrdup("empty");
    for (; *text; text++)
        if ((unsigned char)*text <= ' ' || strchr("*?@", *text))
            return xstrdup("no one place: a project is owner/name");
    return NULL;
}

static const struct key sink_keys[] = {
    INSTANCE_KEYS,
    VALUE(instance, BOOL, "confidential", confidential,
          "may be told of security/ failures"),
    VALUE(instance, BOOL, "local", local,
          "its server keeps what it gets on this machine"),
    TEXTS(instance, "allow", allow, "globs of projects; without it all",
          .wrong = project_bad),
    TEXT(instance, "redirect", redirect,
         "everything goes to this one place, and calls nobody",
         .wrong = redirect_wrong),
};
const struct section sink_section = {
    .name = "sink",
    .what = "a sink",
    KEYS(sink_keys),
    .other = instance_option,
    .done = instance_done,
};

const char *settings_instance_key(size_t i)
{
    if (i < ARRAY_SIZE(source_keys))
        return source_keys[i].name;
    i -= ARRAY_SIZE(source_keys);
    return i < ARRAY_SIZE(sink_keys) ? sink_keys[i].name : NULL;
}
