/* SPDX-License-Identifier: BSD-3-Clause */
/*
 * The keys of classification rules.
 */
#include <config.h>

#include "core/config/keys.h"

static const char *const mark_words[] = {
    "error",
    "warning",
    "notice",
    NULL,
};
static const char *const prefer_words[] = { "first", "last", NULL };
static const char *const rank_words[] = {
    "cause", "symptom", "generic", "noise", "recovery", NULL,
};

#define RTEXT(key, text, ...)                                                  \
    {                                                                          \
        .name = key, .kind = VALUE_TEXT, .help = text, __VA_ARGS__             \
    }
#define RTEXTS(key, text, ...)                                                 \
    {                                                                          \
        .name = key, .kind = VALUE_TEXTS, .help = text, __VA_ARGS__            \
    }

static const struct key rule_keys[] = {
    RTEXT("id", "group/name", .flags = KEY_REQUIRED, .wrong = rule_id_wrong),
    RTEXT("category", "area/kind; needed unless it is noise",
          .wrong = category_wrong),
    RTEXT("blame", "who can mend it", .words = blame_words),
    RTEXT("rank", "how much a match says", .words = rank_words),
    { .name = "priority",
      .kind = VALUE_COUNT,
      .flags = KEY_SIGNED,
      .help = "of one rank the highest wins, wherever it stands" },
    RTEXT("prefer", "which of its lines counts", .words = prefer_words),
    RTEXT("line", "of pattern: and then:, which line is shown",
          .words = prefer_words),
    RTEXTS("in", "tools or formats of the log; without it all",
           .wrong = not_empty),
    RTEXT("mark", "only lines that the CI marked so", .words = mark_words),
    RTEXTS("needs", "literals, one of which every match contains",
           .wrong = not_empty),
    RTEXT("pattern", "PCRE2", .flags = KEY_REQUIRED, .wrong = pattern_wrong),
    RTEXTS("then", "PCRE2 patterns of following lines", .wrong = pattern_wrong),
    RTEXT("until", "PCRE2 pattern of a line that ends the wait for them",
          .wrong = pattern_wrong),
    RTEXT("since", "PCRE2 pattern of the line that begins what is taken back",
          .wrong = pattern_wrong),
    RTEXTS("same", "captures that must have found the same",
           .wrong = not_empty),
    RTEXTS("takes_back", "rules whose earlier hits a recovery undoes",
           .wrong = not_empty),
    RTEXT("summary", "what people read; {{capture}}s", .wrong = not_empty),
    RTEXTS("fingerprint", "captures that make the failure what it is",
           .flags = KEY_MAY_BE_EMPTY, .wrong = not_empty),
    RTEXTS("raw", "of these, the ones that are not normalised",
           .wrong = not_empty),
    RTEXTS("was", "earlier ids", .wrong = rule_id_wrong),
    RTEXT("advice", "what usually helps", .wrong = not_empty),
    RTEXT("severity", "fatal: wins over all else; minor: jobs survive it",
          .wrong = not_empty),
    { .name = "tail",
      .kind = VALUE_COUNT,
      .help = "counts only in so many last lines of what failed" },
    RTEXTS("examples", "lines that must match", .wrong = not_empty),
    RTEXTS("near_misses", "lines that must not", .wrong = not_empty),
    { .name = "override",
      .kind = VALUE_BOOL,
      .help = "replaces the rule of this id" },
};
const struct section rule_section = {
    .name = "rule",
    .what = "a rule",
    KEYS(rule_keys),
    .json = true,
    .done = rule_done,
};

static const struct key ignore_keys[] = {
    RTEXT("id", "group/name", .wrong = rule_id_wrong),
    RTEXTS("in", "tools or formats of the log; without it all",
           .wrong = not_empty),
    RTEXTS("needs", "literals, one of which every match contains",
           .wrong = not_empty),
    RTEXT("pattern", "PCRE2", .flags = KEY_REQUIRED, .wrong = pattern_wrong),
    RTEXT("why", "for people who read the rules", .wrong = not_empty),
    RTEXTS("examples", "lines that must match", .wrong = not_empty),
    RTEXTS("near_misses", "lines that must not", .wrong = not_empty),
};
const struct section ignore_section = {
    .name = "ignore",
    .what = "an ignore rule",
    KEYS(ignore_keys),
    .json = true,
};
