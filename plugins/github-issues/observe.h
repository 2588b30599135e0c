/* SPDX-License-Identifier: BSD-3-Clause */
/*
 * observe: how our issues stand, as facts. What stands by the core's list is
 * asked for by node id, a hundred a request (nodes.c); what GitHub does not
 * know by its id any more is asked for one by one (one.c), for it was moved
 * or deleted; what the core does not know is found by a search of what
 * changed since the last one (sweep.c), for the state may have been lost.
 * What could not be seen is not said.
 */
#ifndef TOCSIN_PLUGINS_GHI_OBSERVE_H
#define TOCSIN_PLUGINS_GHI_OBSERVE_H

#include "plugins/github-issues/sink.h"

struct standing {
    const char *ticket; /* borrowed, until close */
    struct place at;    /* number 0: not known */
    bool open;
    bool replaced; /* an elder one was said instead */
};

struct observation {
    struct sink *s;
    uint64_t op;
    struct standing *rows;
    size_t nr;
    json_t *owners;  /* {owner: true} */
    json_t *by_key;  /* {ticket: index of its row} */
    bool incomplete; /* something could not be seen */
    char *fatal;
    int64_t swept; /* 0: not all of it */
};

/* Says an issue as REST has it. */
void observe_say(struct observation *o, const char *ticket,
                 const json_t *issue);
/* A second one of ours of a ticket. */
void observe_double(struct observation *o, const char *ticket,
                    const struct place *at);
/* GitHub said no more than that it is not there. */
void observe_deleted(struct observation *o, const struct standing *row);
void nodes_look(struct observation *o, const char *owner);
void one_look(struct observation *o, size_t row);
void sweep_look(struct observation *o, const char *owner);

#endif
