/* SPDX-License-Identifier: BSD-3-Clause */
/*
 * prefix: the folder that conda-build and rattler-build install into is padded
 * to 255 bytes ("…/_h_env_placehold_placehold_pl"), and says nothing.
 */
#ifndef TOCSIN_CLASSIFY_PREFIX_H
#define TOCSIN_CLASSIFY_PREFIX_H

/* text with $PREFIX for each such folder and all that leads to it; new. */
char *prefix_shorten(const char *text);

#endif
