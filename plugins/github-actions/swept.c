/* SPDX-License-Identifier: BSD-3-Clause */
/* Reading and comparing what a sweep says of one repository. */
#include <config.h>

#include "plugins/github-actions/swept.h"

#include <stdlib.h>
#include <string.h>

#include "core/base/digest.h"
#include "core/base/jsonx.h"
#include "core/base/mem.h"
#include "core/base/when.h"
#include "plugins/github-actions/gha.h"

#define HEAD_DIGITS 8
#define NAME_DIGITS 4

/* ---- reading ------------------------------------------------------------- */

static char letter_of(const json_t *commit)
{
    const char *state = jx_str(jx_obj(commit, "statusCheckRollup"), "state");

    if (!state)
        return 'N';
    if (!strcmp(state, "SUCCESS"))
        return 'S';
    if (!strcmp(state, "FAILURE") || !strcmp(state, "ERROR"))
        return 'F';
    return 'P'; /* PENDING, EXPECTED, and what is new */
}

bool swept_is_commit(const char *s)
{
    size_t n = s ? strlen(s) : 0;

    return (n == 40 || n == 64) && n == strspn(s, "0123456789abcdef");
}

static int64_t time_of(const char *text)
{
    int64_t t = 0;

    return text && when_parse(text, &t) == 0 && t > 0 ? t : 0;
}

static void note_red(struct swept *w, const json_t *commit)
{
    const char *oid = jx_str(commit, "oid");

    if (w->letter == 'F' && swept_is_commit(oid))
        w->red = xstrdup(oid);
    if (w->red)
        w->red_at = time_of(jx_str(commit, "committedDate"));
}

struct swept *swept_read(const json_t *v, bool partial)
{
    int64_t id = jx_int(v, "databaseId", 0);
    const json_t *ref = jx_obj(v, "defaultBranchRef");
    const json_t *commit = jx_obj(ref, "target");
    const char *date;
    struct swept *w;

    if (id <= 0 || !api_repository_fine(jx_str(v, "nameWithOwner")))
        return NULL;
    w = xcalloc(1, sizeof(*w));
    w->id = xasprintf("%lld", (long long)id);
    w->name = xstrdup(jx_str(v, "nameWithOwner"));
    w->made = time_of(jx_str(v, "createdAt"));
    w->archived =
        jx_bool(v, "isArchived", false) || jx_bool(v, "isDisabled", false);
    w->branch = xstrdup0(jx_str(ref, "name"));
    w->head = xstrdup0(jx_str(commit, "oid"));
    date = jx_str(commit, "committedDate");
    if (date)
        when_parse(date, &w->committed);
    w->letter = w->archived ? 'A' : !w->head ? 'E' : letter_of(commit);
    w->unknown = partial && (w->letter == 'E' || w->letter == 'N');
    note_red(w, commit);
    return w;
}

void swept_free(struct swept *w)
{
    free(w->id);
    free(w->name);
    free(w->branch);
    free(w->head);
    free(w->red);
    free(w);
}

bool swept_has_no_checks(const struct swept *w)
{
    return w->letter == 'N';
}

bool swept_walk(struct swept *w, const json_t *v, bool partial)
{
    const json_t *list = jx_arr(
        jx_obj(jx_obj(jx_obj(v, "defaultBranchRef"), "target"), "history"),
        "nodes");

    if (!list)
        return false;
    for (size_t i = 0; i < json_array_size(list) && w->letter == 'N'; i++) {
        w->bare = true;
        w->letter = letter_of(json_array_get(list, i));
        note_red(w, json_array_get(list, i));
        if (w->letter == 'N' && partial)
            return false;
    }
    return true;
}

/* ---- comparing ----------------------------------------------------------- */

/* Of the head itself: what stands behind a head without checks is no part of
 * it, or it would have to be asked for in every pass. */
static void digests(const struct swept *w, char out[static 65])
{
    struct digest *d = digest_new();
    char hex[65];

    digest_field(d, w->head);
    digest_end128(d, out);
    d = digest_new();
    digest_field(d, w->name);
    digest_field(d, w->branch);
    digest_end128(d, hex);
    memcpy(out + HEAD_DIGITS, hex, NAME_DIGITS);
    out[HEAD_DIGITS + NAME_DIGITS] = '\0';
}

char *swept_print(const struct swept *w)
{
    char hex[65];

    digests(w, hex);
    return xasprintf("%c%s", w->letter, hex);
}

static bool is_print(const char *old)
{
    return old && strlen(old) == 1 + HEAD_DIGITS + NAME_DIGITS;
}

bool swept_is_same(const struct swept *w, const char *old)
{
    char hex[65];

    digests(w, hex);
    return is_print(old) && !strchr("UPV", *old)
           && (w->letter == 'N' || *old == w->letter)
           && !strncmp(old + 1, hex, HEAD_DIGITS);
}

bool swept_is_second(const struct swept *w, const char *old)
{
    char hex[65];

    digests(w, hex);
    return is_print(old) && *old == SWEPT_ONCE_MORE
           && !strncmp(old + 1, hex, HEAD_DIGITS);
}

/* A first sight of green is no news: nothing of it is open. */
bool swept_is_news(const struct swept *w, const char *old)
{
    if (w->letter != 'S' && w->letter != 'F')
        return false;
    return is_print(old) ? !swept_is_same(w, old) : w->letter == 'F';
}

bool swept_is_renamed(const struct swept *w, const char *old)
{
    char hex[65];

    digests(w, hex);
    return !is_print(old) || (*old == 'A') != w->archived
           || strcmp(old + 1 + HEAD_DIGITS, hex + HEAD_DIGITS) != 0;
}
