/* SPDX-License-Identifier: BSD-3-Clause */
/*
 * Notices by kind. They name files and reasons, never a byte of a log.
 */
#include <config.h>

#include "plugins/logs/notes.h"

#include <stdlib.h>
#include <string.h>

#include "core/base/mem.h"

#define NAMED_MAX 3
#define NOTE_MAX 4000

static struct logs_note *notes_find(struct logs_notes *n, const char *code)
{
    for (size_t i = 0; i < n->nr; i++)
        if (strcmp(n->notes[i].code, code) == 0)
            return &n->notes[i];
    ALLOC_GROW(n->notes, n->nr + 1, n->alloc);
    struct logs_note *note = &n->notes[n->nr++];
    *note = (struct logs_note){ .code = code };
    strbuf_init(&note->text, NOTE_MAX);
    return note;
}

void logs_notes_add(struct logs_notes *n, const char *code, const char *name,
                    const char *why)
{
    struct logs_note *note = notes_find(n, code);
    if (note->count++ < NAMED_MAX)
        strbuf_addf(&note->text, "%s%s: %s", note->count > 1 ? "; " : "", name,
                    why);
}

void logs_notes_say(const struct logs_notes *n, const struct tocsin_host *host)
{
    for (size_t i = 0; i < n->nr; i++) {
        const struct logs_note *note = &n->notes[i];
        size_t more = note->count > NAMED_MAX ? note->count - NAMED_MAX : 0;
        CLEANUP_FREE char *rest =
            more > 0 ? xasprintf("; and %zu more", more) : xstrdup("");
        CLEANUP_FREE char *text =
            xasprintf("%s%s%s", note->text.buf,
                      note->text.truncated ? " [cut]" : "", rest);
        host->notice(host, note->code, text);
    }
}

void logs_notes_release(struct logs_notes *n)
{
    for (size_t i = 0; i < n->nr; i++)
        strbuf_release(&n->notes[i].text);
    free(n->notes);
    *n = (struct logs_notes){ .nr = 0 };
}
