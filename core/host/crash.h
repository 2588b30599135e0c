/* SPDX-License-Identifier: BSD-3-Clause */
/*
 * crash: how a worker dies.
 */
#ifndef TOCSIN_HOST_CRASH_H
#define TOCSIN_HOST_CRASH_H

/* From now on a crash of this process near its memory limit ends it with
 * WORKER_EXIT_MEMORY. Does nothing under a sanitizer, which says more. */
void crash_watch(void);

#endif
