# SPDX-License-Identifier: BSD-3-Clause
# What plugins that ask GitHub have in common.
noinst_LTLIBRARIES += plugins/github/libgithub.la
plugins_github_libgithub_la_SOURCES = \
	%D%/api.c %D%/api.h \
	%D%/auth.c %D%/auth.h \
	%D%/jwt.c %D%/jwt.h \
	$(NULL)
plugins_github_libgithub_la_CFLAGS = $(AM_CFLAGS) -fvisibility=hidden
