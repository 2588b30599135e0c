# SPDX-License-Identifier: BSD-3-Clause
if PLUGIN_ZULIP
noinst_LTLIBRARIES += plugins/zulip/libzulip.la
plugins_zulip_libzulip_la_SOURCES = \
	%D%/call.c %D%/call.h \
	%D%/deliver.c %D%/job.h \
	%D%/message.c %D%/message.h \
	%D%/observe.c \
	%D%/own.c %D%/own.h \
	%D%/place.c %D%/place.h \
	%D%/post.c \
	%D%/realm.c %D%/realm.h \
	%D%/remote.c %D%/remote.h \
	%D%/steps.c \
	%D%/sweep.c %D%/sweep.h \
	%D%/tidy.c \
	%D%/topic.c %D%/topic.h \
	%D%/zulip.h \
	$(NULL)
plugins_zulip_libzulip_la_CFLAGS = $(AM_CFLAGS) -fvisibility=hidden

pkglib_LTLIBRARIES += plugins/zulip/tocsin-zulip.la
plugins_zulip_tocsin_zulip_la_SOURCES = %D%/zulip.c
plugins_zulip_tocsin_zulip_la_LDFLAGS = $(PLUGIN_LDFLAGS)
plugins_zulip_tocsin_zulip_la_LIBADD = plugins/zulip/libzulip.la \
	plugins/net/libnet.la core/libbase.la $(JANSSON_LIBS) $(CRYPTO_LIBS)
plugins_zulip_tocsin_zulip_la_CFLAGS = $(AM_CFLAGS) -fvisibility=hidden
endif

check_PROGRAMS += tests/zulip/written
tests_zulip_written_SOURCES = tests/zulip/written.c
tests_zulip_written_LDADD = core/libtocsin.a $(CORE_LIBS)
TESTS += tests/zulip/dead.py
EXTRA_DIST += tests/zulip/dead.py tests/zulip/passes.py
EXTRA_DIST += tests/fakes/README.md tests/fakes/zulip.py \
	tests/fakes/zulip_api.py tests/fakes/zulip_marks.py tests/zulip/bench.py \
	tests/zulip/faults.py tests/zulip/life.py tests/zulip/manpage.py
if PLUGIN_ZULIP
TESTS += tests/zulip/faults.py tests/zulip/life.py tests/zulip/manpage.py
if PLUGIN_LOGS
TESTS += tests/zulip/passes.py
endif
endif

EXTRA_DIST += tests/fuzz/seeds/zulip
if FUZZERS
if PLUGIN_ZULIP
fuzz_targets += tests/fuzz/fuzz-zulip
tests_fuzz_fuzz_zulip_SOURCES = tests/fuzz/fuzz-zulip.c
tests_fuzz_fuzz_zulip_LDADD = plugins/zulip/libzulip.la \
	plugins/net/libnet.la $(FUZZ_LIBS)
tests_fuzz_fuzz_zulip_LDFLAGS = $(fuzz_ldflags)
endif
endif
