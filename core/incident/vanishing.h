/* SPDX-License-Identifier: BSD-3-Clause */
/*
 * vanishing: what waits for an operator's word: snapshots of which so much is
 * gone at once, or that nobody tells any more, that nothing of them is
 * believed to be over.
 */
#ifndef TOCSIN_INCIDENT_VANISHING_H
#define TOCSIN_INCIDENT_VANISHING_H

#include <stdbool.h>
#include <stdint.h>

#include "core/base/err.h"
#include "core/store/store.h"

struct vanishing {
    int64_t gone, all;
    int64_t at; /* when it was last seen so */
};

/* All that waits of an instance. */
int vanishing_each(struct store *st, const char *instance,
                   int (*each)(void *user, const char *instance,
                               const char *snapshot, const struct vanishing *v),
                   void *user, struct err *err);
int vanishing_wait(struct store *st, const char *instance, const char *snapshot,
                   const struct vanishing *v, struct err *err);
/* It is as usual: nothing waits, and a word that was given is used up. */
int vanishing_over(struct store *st, const char *instance, const char *snapshot,
                   bool keep_word, struct err *err);

/* An operator has looked: until then, entries that vanish from this snapshot
 * in great numbers are believed to be gone. Ends sooner, with the first
 * complete snapshot that is as usual. */
int vanishing_approve(struct store *st, const char *instance,
                      const char *snapshot, int64_t until, struct err *err);
bool vanishing_is_approved(struct store *st, const char *instance,
                           const char *snapshot, int64_t now);

#endif
