/* SPDX-License-Identifier: BSD-3-Clause */
/*
 * Who is offered what, and what is told when nobody wants it. Must not tell
 * of a lead that a source could not be asked about.
 */
#include <config.h>

#include "core/incident/leads.h"

#include <stdlib.h>

#include "core/base/jsonx.h"
#include "core/base/mem.h"
#include "core/base/strbuf.h"
#include "core/base/when.h"

#define KEEP (14 * DAY)
#define PLACES_TOLD 3
#define NOTICE "unread-checks"

static int add_url(void *user, const struct lead *l)
{
    json_array_append_new(user, json_string(l->url));
    return 0;
}

int leads_offer(struct store *st, json_t **urls, struct err *err)
{
    *urls = json_array();
    return store_lead_each(st, add_url, *urls, err);
}

struct unwanted {
    int64_t before;
    json_t *all; /* {source: {place: project}}: not told of as yet */
    char *last;  /* the last place that was told of before */
};

/* By place, those told of first. */
static int add_unwanted(void *user, const struct lead *l)
{
    struct unwanted *u = user;
    json_t *of;

    if (l->told)
        str_replace(&u->last, l->place);
    if (l->told || l->at >= u->before)
        return 0;
    of = json_object_get(u->all, l->source);
    if (!of) {
        of = json_object();
        json_object_set_new(u->all, l->source, of);
    }
    if (!str_eq(l->place, u->last) && !json_object_get(of, l->place))
        jx_set_str(of, l->place, l->project);
    return 0;
}

static char *notice_text(const json_t *places)
{
    struct strbuf b;
    const char *place;
    json_t *project;
    size_t nr = 0;

    strbuf_init(&b, STRBUF_UNBOUNDED);
    strbuf_adds(&b, "red checks that no source reads: ");
    json_object_foreach((json_t *)(uintptr_t)places, place, project)
        if (nr++ < PLACES_TOLD)
            strbuf_addf(&b, "%s%.200s (of %.100s)", nr > 1 ? ", " : "", place,
                        json_string_value(project));
    if (nr > PLACES_TOLD)
        strbuf_addf(&b, " and %zu more", nr - PLACES_TOLD);
    strbuf_adds(&b, "; configure a source of these if they are yours");
    return b.buf;
}

static int tell(struct store *st, const char *source, const json_t *places,
                int64_t now, struct err *err)
{
    CLEANUP_FREE char *text = NULL;
    const char *place;
    json_t *v;

    if (!json_object_size(places))
        return 0;
    text = notice_text(places);
    if (store_notice_put(st, source, NOTICE, text, now, err) < 0)
        return -1;
    json_object_foreach((json_t *)(uintptr_t)places, place, v)
        if (store_lead_told(st, place, err) < 0)
            return -1;
    return 0;
}

int leads_settle(struct store *st, int64_t offered, int64_t now,
                 struct err *err)
{
    CLEANUP_JSON json_t *all = json_object();
    struct unwanted u = { .before = offered, .all = all };
    const char *source;
    json_t *places;
    int rc = store_lead_prune(st, now - KEEP, err);

    if (rc == 0 && offered)
        rc = store_lead_each(st, add_unwanted, &u, err);
    free(u.last);
    json_object_foreach(all, source, places)
        if (rc == 0)
            rc = tell(st, source, places, now, err);
    return rc;
}
