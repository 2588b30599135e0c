/* SPDX-License-Identifier: BSD-3-Clause */
/*
 * As of when the bot's data are. None of its files says so itself. What is
 * left is when this content came here: of one file its time of modification,
 * which git sets when it brings another content, and rsync -t and curl -R
 * take from the origin; of a whole checkout when its HEAD moved last. Over
 * HTTP it is when the server says that it changed, or else when we saw it
 * change; of all files, the youngest.
 *
 * Must not be later than the pass's clock: a moment to come would make every
 * later file an old one.
 */
#include <config.h>

#include <ctype.h>
#include <stdlib.h>
#include <string.h>
#include <sys/stat.h>
#include <unistd.h>

#include "core/base/mem.h"
#include "plugins/bot-logs/bot.h"

#define REFLOG ".git/logs/HEAD"
#define LINE_MAX_BYTES 8192 /* of its last line */

static int64_t not_after(int64_t t, int64_t now)
{
    return t > 0 && t < now ? t : now;
}

int64_t moment_of_file(struct bot *b, const struct tree *t, const char *path)
{
    int64_t now = b->host->now(b->host), at;

    return tree_modified(t, path, &at) == TREE_OK ? not_after(at, now) : now;
}

/* "OLD NEW NAME <MAIL> SECONDS ZONE\tWHY" */
static int64_t reflog_time(const char *line)
{
    const char *why = strchr(line, '\t');
    const char *end = why ? why : line + strlen(line), *p = end;

    while (p > line && p[-1] != '>')
        p--;
    if (p == line || *p != ' ' || !isdigit((unsigned char)p[1]))
        return 0;
    return strtoll(p + 1, NULL, 10);
}

/* The last whole line of what fd ends in. New, or NULL. */
static char *last_line(int fd, int64_t size)
{
    int64_t from = size > LINE_MAX_BYTES ? size - LINE_MAX_BYTES : 0;
    CLEANUP_FREE char *text = xcalloc(1, LINE_MAX_BYTES + 1);
    ssize_t n = pread(fd, text, LINE_MAX_BYTES, from);
    const char *start;

    while (n > 0 && text[n - 1] == '\n')
        text[--n] = '\0';
    if (n <= 0)
        return NULL;
    start = strrchr(text, '\n');
    return xstrdup(start ? start + 1 : text);
}

int64_t moment_of_checkout(struct bot *b)
{
    int64_t now = b->host->now(b->host), size = 0;
    CLEANUP_FREE char *line = NULL;
    int fd = -1;

    if (b->tree && !tree_is_folder(b->tree))
        return not_after(tree_youngest(b->tree), now);
    if (!b->tree
        || tree_file(b->tree, REFLOG, &fd, &size, NULL, NULL) != TREE_OK)
        return now;
    line = last_line(fd, size);
    close(fd);
    return not_after(line ? reflog_time(line) : 0, now);
}
