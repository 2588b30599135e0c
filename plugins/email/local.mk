# SPDX-License-Identifier: BSD-3-Clause
if PLUGIN_EMAIL
noinst_LTLIBRARIES += plugins/email/libemail.la
plugins_email_libemail_la_SOURCES = \
	%D%/address.c %D%/address.h \
	%D%/body.c %D%/body.h \
	%D%/email.h \
	%D%/header.c %D%/header.h \
	%D%/letter.c %D%/letter.h \
	%D%/options.c \
	%D%/pending.c \
	%D%/progress.c \
	%D%/round.c \
	%D%/smime.c %D%/smime.h \
	%D%/smtp.c %D%/smtp.h \
	%D%/text.c \
	$(NULL)
plugins_email_libemail_la_CFLAGS = $(AM_CFLAGS) $(CMARK_CFLAGS) \
	$(GMIME_CFLAGS) -fvisibility=hidden

email_libs = plugins/email/libemail.la core/libbase.la $(JANSSON_LIBS) \
	$(CURL_LIBS) $(CRYPTO_LIBS) $(CMARK_LIBS) $(GMIME_LIBS)

pkglib_LTLIBRARIES += plugins/email/tocsin-email.la
plugins_email_tocsin_email_la_SOURCES = %D%/email.c
plugins_email_tocsin_email_la_LDFLAGS = $(PLUGIN_LDFLAGS)
plugins_email_tocsin_email_la_LIBADD = $(email_libs)
plugins_email_tocsin_email_la_CFLAGS = $(AM_CFLAGS) $(CMARK_CFLAGS) \
	$(GMIME_CFLAGS) -fvisibility=hidden
endif

email_tests = tests/email/end-to-end.py tests/email/hostile.py \
	tests/email/sink.py tests/email/smime.py
EXTRA_DIST += $(email_tests) tests/fuzz/seeds/email tests/unit/letters.h \
	tests/email/post.py tests/email/server.py
if PLUGIN_EMAIL
TESTS += $(email_tests)
if HAVE_CHECK
check_PROGRAMS += tests/unit/test-email
tests_unit_test_email_SOURCES = tests/unit/test-email.c
tests_unit_test_email_CFLAGS = $(AM_CFLAGS) $(CMARK_CFLAGS) $(GMIME_CFLAGS)
tests_unit_test_email_LDADD = $(email_libs) $(UNIT_LIBS)
TESTS += tests/unit/test-email
endif
if FUZZERS
fuzz_targets += tests/fuzz/fuzz-email
tests_fuzz_fuzz_email_SOURCES = tests/fuzz/fuzz-email.c
tests_fuzz_fuzz_email_CFLAGS = $(AM_CFLAGS) $(CMARK_CFLAGS) $(GMIME_CFLAGS)
tests_fuzz_fuzz_email_LDADD = $(email_libs) $(FUZZ_LIBS)
tests_fuzz_fuzz_email_LDFLAGS = $(fuzz_ldflags)
endif
endif
