# SPDX-License-Identifier: BSD-3-Clause
if PLUGIN_GITHUB_ACTIONS
noinst_LTLIBRARIES += plugins/github-actions/libgha.la
plugins_github_actions_libgha_la_SOURCES = \
	%D%/annotations.c %D%/annotations.h \
	%D%/attempt.c \
	%D%/checks.c %D%/checks.h \
	%D%/cursor.c %D%/cursor.h \
	%D%/gha.h \
	%D%/given.c \
	%D%/green.c \
	%D%/heads.c %D%/heads.h \
	%D%/job.c \
	%D%/listed.c \
	%D%/outcome.c %D%/outcome.h \
	%D%/repo.c \
	%D%/repos.c \
	%D%/runs.c \
	%D%/steps.c %D%/steps.h \
	%D%/stretch.c %D%/stretch.h \
	%D%/sweep.c \
	%D%/swept.c %D%/swept.h \
	%D%/unread.c \
	%D%/workflow.c \
	$(NULL)
plugins_github_actions_libgha_la_CFLAGS = $(AM_CFLAGS) -fvisibility=hidden

pkglib_LTLIBRARIES += plugins/github-actions/tocsin-github-actions.la
plugins_github_actions_tocsin_github_actions_la_SOURCES = %D%/gha.c
plugins_github_actions_tocsin_github_actions_la_LDFLAGS = $(PLUGIN_LDFLAGS)
plugins_github_actions_tocsin_github_actions_la_LIBADD = \
	plugins/github-actions/libgha.la \
	plugins/github/libgithub.la plugins/net/libnet.la \
	core/libbase.la $(JANSSON_LIBS) $(CRYPTO_LIBS)
plugins_github_actions_tocsin_github_actions_la_CFLAGS = $(AM_CFLAGS) \
	-fvisibility=hidden

if HAVE_CHECK
gha_tests = tests/unit/test-gha tests/unit/test-gha-stretch \
	tests/unit/test-github
gha_test_libs = plugins/github-actions/libgha.la \
	plugins/github/libgithub.la plugins/net/libnet.la $(UNIT_LIBS)
check_PROGRAMS += $(gha_tests)
tests_unit_test_gha_SOURCES = tests/unit/test-gha.c
tests_unit_test_gha_LDADD = $(gha_test_libs)
tests_unit_test_gha_CFLAGS = $(AM_CFLAGS)
tests_unit_test_gha_stretch_SOURCES = tests/unit/test-gha-stretch.c
tests_unit_test_gha_stretch_LDADD = $(gha_test_libs)
tests_unit_test_gha_stretch_CFLAGS = $(AM_CFLAGS)
tests_unit_test_github_SOURCES = tests/unit/test-github.c
tests_unit_test_github_LDADD = $(gha_test_libs)
tests_unit_test_github_CFLAGS = $(AM_CFLAGS)
TESTS += $(gha_tests)
endif
endif

EXTRA_DIST += tests/fuzz/seeds/gha
if FUZZERS
if PLUGIN_GITHUB_ACTIONS
fuzz_targets += tests/fuzz/fuzz-gha
tests_fuzz_fuzz_gha_SOURCES = tests/fuzz/fuzz-gha.c %D%/gha.c
tests_fuzz_fuzz_gha_LDADD = plugins/github-actions/libgha.la \
	plugins/github/libgithub.la plugins/net/libnet.la $(FUZZ_LIBS)
tests_fuzz_fuzz_gha_LDFLAGS = $(fuzz_ldflags)
endif
endif
