# SPDX-License-Identifier: BSD-3-Clause
if PLUGIN_LOGS
noinst_LTLIBRARIES += plugins/logs/liblogs.la
plugins_logs_liblogs_la_SOURCES = \
	%D%/belong.c %D%/belong.h \
	%D%/cursor.c %D%/cursor.h \
	%D%/members.c %D%/members.h \
	%D%/names.c %D%/names.h \
	%D%/notes.c %D%/notes.h \
	%D%/pattern.c %D%/pattern.h \
	%D%/sidecar.c %D%/sidecar.h \
	%D%/stream.c %D%/stream.h \
	%D%/walk.c %D%/walk.h \
	$(NULL)
plugins_logs_liblogs_la_CFLAGS = $(AM_CFLAGS) $(ARCHIVE_CFLAGS) \
	$(ZLIB_CFLAGS) -fvisibility=hidden
plugins_logs_liblogs_la_LIBADD = $(ARCHIVE_LIBS) $(ZLIB_LIBS)

pkglib_LTLIBRARIES += plugins/logs/tocsin-logs.la
plugins_logs_tocsin_logs_la_SOURCES = \
	%D%/archive.c %D%/log.c %D%/logs.c %D%/logs.h
plugins_logs_tocsin_logs_la_LDFLAGS = $(PLUGIN_LDFLAGS)
plugins_logs_tocsin_logs_la_LIBADD = plugins/logs/liblogs.la \
	core/libbase.la $(ARCHIVE_LIBS) $(ZLIB_LIBS) $(JANSSON_LIBS) \
	$(CRYPTO_LIBS)
plugins_logs_tocsin_logs_la_CFLAGS = $(AM_CFLAGS) $(ARCHIVE_CFLAGS) \
	$(ZLIB_CFLAGS) -fvisibility=hidden

if HAVE_CHECK
check_PROGRAMS += tests/unit/test-logs-walk
tests_unit_test_logs_walk_SOURCES = tests/unit/test-logs-walk.c
tests_unit_test_logs_walk_LDADD = plugins/logs/liblogs.la $(UNIT_LIBS)
TESTS += tests/unit/test-logs-walk
endif
logs_tests = \
	tests/logs/archives.py \
	tests/logs/belongs.py \
	tests/logs/cursor.py \
	tests/logs/demo.sh \
	tests/logs/hostile.py \
	tests/logs/manpage.py \
	tests/logs/stdin.sh \
	$(NULL)
TESTS += $(logs_tests)
endif
EXTRA_DIST += \
	tests/logs/archives.py \
	tests/logs/archives_make.py \
	tests/logs/belongs.py \
	tests/logs/cursor.py \
	tests/logs/demo.sh \
	tests/logs/harness.py \
	tests/logs/hostile.py \
	tests/logs/manpage.py \
	tests/logs/stdin.sh \
	$(NULL)
