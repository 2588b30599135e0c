# SPDX-License-Identifier: BSD-3-Clause
if PLUGIN_GITHUB_ISSUES
noinst_LTLIBRARIES += plugins/github-issues/libghi.la
plugins_github_issues_libghi_la_SOURCES = \
	%D%/ask.c \
	%D%/back.c \
	%D%/comment.c \
	%D%/create.c \
	%D%/cursor.c \
	%D%/deliver.c \
	%D%/doubles.c \
	%D%/edit.c \
	%D%/issue.c \
	%D%/labels.c \
	%D%/look.c \
	%D%/nodes.c \
	%D%/observe.c %D%/observe.h \
	%D%/one.c \
	%D%/outcome.c \
	%D%/people.c \
	%D%/place.c \
	%D%/reported.c \
	%D%/say.c \
	%D%/sink.h \
	%D%/stop.c \
	%D%/sweep.c \
	%D%/text.c \
	%D%/who.c \
	$(NULL)
plugins_github_issues_libghi_la_CFLAGS = $(AM_CFLAGS) $(PCRE2_CFLAGS) \
	-fvisibility=hidden

pkglib_LTLIBRARIES += plugins/github-issues/tocsin-github-issues.la
plugins_github_issues_tocsin_github_issues_la_SOURCES = %D%/sink.c
plugins_github_issues_tocsin_github_issues_la_LDFLAGS = $(PLUGIN_LDFLAGS)
plugins_github_issues_tocsin_github_issues_la_LIBADD = \
	plugins/github-issues/libghi.la \
	plugins/github/libgithub.la plugins/net/libnet.la \
	core/libbase.la $(JANSSON_LIBS) $(CRYPTO_LIBS) $(PCRE2_LIBS)
plugins_github_issues_tocsin_github_issues_la_CFLAGS = $(AM_CFLAGS) \
	-fvisibility=hidden

if HAVE_CHECK
check_PROGRAMS += tests/unit/test-ghi
tests_unit_test_ghi_SOURCES = tests/unit/test-ghi.c
tests_unit_test_ghi_LDADD = plugins/github-issues/libghi.la \
	plugins/github/libgithub.la plugins/net/libnet.la $(UNIT_LIBS)
tests_unit_test_ghi_CFLAGS = $(AM_CFLAGS)
TESTS += tests/unit/test-ghi
endif
endif

EXTRA_DIST += tests/fuzz/seeds/ghi tests/fuzz/host.h tests/fuzz/replies.h
if FUZZERS
if PLUGIN_GITHUB_ISSUES
fuzz_targets += tests/fuzz/fuzz-ghi
tests_fuzz_fuzz_ghi_SOURCES = tests/fuzz/fuzz-ghi.c %D%/sink.c
tests_fuzz_fuzz_ghi_LDADD = plugins/github-issues/libghi.la \
	plugins/github/libgithub.la plugins/net/libnet.la $(FUZZ_LIBS)
tests_fuzz_fuzz_ghi_LDFLAGS = $(fuzz_ldflags)
endif
endif
