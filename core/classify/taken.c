/* SPDX-License-Identifier: BSD-3-Clause */
/*
 * Line by line, noise by noise. Must not be asked of every example: only of
 * those that a rule does not get.
 */
#include <config.h>

#include "core/classify/taken.h"

#include <string.h>

static bool finds(const struct pattern *p, const char *text)
{
    pcre2_match_data *md = pcre2_match_data_create(1, NULL);
    int rc = pcre2_match(pattern_compiled(p)->code, (PCRE2_SPTR)text,
                         strlen(text), 0, 0, md, NULL);

    pcre2_match_data_free(md);
    return rc >= 0;
}

bool rule_finds(const struct rule *r, const char *text)
{
    return finds(&r->pattern, text);
}

static bool waits_for(const struct rule *r, const char *line)
{
    bool waits = finds(&r->pattern, line);

    for (size_t k = 0; k < r->nr_then && !waits; k++)
        waits = finds(&r->then[k], line);
    return waits;
}

static const struct rule *noise_of_line(const struct ruleset *rs,
                                        const char *line)
{
    for (size_t i = 0; i < rs->nr; i++)
        if (rs->rules[i].rank == RANK_NOISE
            && !pattern_error(&rs->rules[i].pattern, NULL)
            && rule_finds(&rs->rules[i], line))
            return &rs->rules[i];
    return NULL;
}

const struct rule *noise_taking(const struct ruleset *rs, const struct rule *r,
                                const struct ring *ring)
{
    const struct rule *noise = NULL;

    for (size_t i = 0; i < RING_LINES && !noise; i++) {
        const char *line = ring->lines[i].text;

        if (line && waits_for(r, line))
            noise = noise_of_line(rs, line);
    }
    return noise;
}
