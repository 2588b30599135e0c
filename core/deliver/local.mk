# SPDX-License-Identifier: BSD-3-Clause
core_libtocsin_a_SOURCES += \
	%D%/answers.c \
	%D%/cause.c \
	%D%/characters.c %D%/characters.h \
	%D%/check.c \
	%D%/compose.c %D%/compose.h \
	%D%/context.c %D%/context.h \
	%D%/doubles.c \
	%D%/escape.c \
	%D%/excerpt.c \
	%D%/fields.c \
	%D%/forecast.c %D%/forecast.h \
	%D%/guard.c %D%/guard.h \
	%D%/letters.c \
	%D%/list.c \
	%D%/mustache.c %D%/mustache.h \
	%D%/outbox-private.h %D%/outbox.c %D%/outbox.h \
	%D%/outlet.c \
	%D%/pace.c %D%/pace.h \
	%D%/past.c \
	%D%/quote.c \
	%D%/reach.c \
	%D%/recipient.c \
	%D%/redirect.c \
	%D%/safety.c %D%/safety.h \
	%D%/send.c \
	%D%/standing.c \
	%D%/subject.c %D%/subject.h \
	%D%/summary.c \
	%D%/templates.c %D%/templates.h \
	%D%/unsay.c %D%/unsay.h \
	%D%/weigh.c \
	%D%/writer.c %D%/writer.h \
	$(NULL)

EXTRA_DIST += tests/unit/dead.h tests/unit/finished.h tests/unit/hostile.h \
	tests/unit/messages.h tests/data/messages tests/fuzz/seeds/finished \
	tests/fuzz/seeds/mustache tests/fuzz/seeds/safety
if HAVE_CHECK
check_PROGRAMS += tests/unit/test-compose
tests_unit_test_compose_SOURCES = tests/unit/test-compose.c
tests_unit_test_compose_LDADD = $(UNIT_LIBS)
TESTS += tests/unit/test-compose
check_PROGRAMS += tests/unit/test-outbox
tests_unit_test_outbox_SOURCES = tests/unit/test-outbox.c \
	tests/unit/outbox-world.h
tests_unit_test_outbox_LDADD = $(UNIT_LIBS)
TESTS += tests/unit/test-outbox
check_PROGRAMS += tests/unit/test-mustache tests/unit/test-safety
tests_unit_test_mustache_SOURCES = tests/unit/test-mustache.c
tests_unit_test_mustache_LDADD = $(UNIT_LIBS)
tests_unit_test_safety_SOURCES = tests/unit/test-safety.c
tests_unit_test_safety_LDADD = $(UNIT_LIBS)
TESTS += tests/unit/test-mustache tests/unit/test-safety
endif

# What the sink `email` makes of a message.
mail_body = plugins/email/body.c plugins/email/text.c
if CAN_RENDER
check_PROGRAMS += tests/unit/test-rendered
tests_unit_test_rendered_SOURCES = tests/unit/test-rendered.c $(mail_body)
tests_unit_test_rendered_CFLAGS = $(AM_CFLAGS) $(CMARK_CFLAGS) $(XML_CFLAGS)
tests_unit_test_rendered_LDADD = $(UNIT_LIBS) $(CMARK_LIBS) $(XML_LIBS)
TESTS += tests/unit/test-rendered
endif

if FUZZERS
fuzz_targets += tests/fuzz/fuzz-mustache tests/fuzz/fuzz-safety
tests_fuzz_fuzz_mustache_SOURCES = tests/fuzz/fuzz-mustache.c
tests_fuzz_fuzz_mustache_LDADD = $(FUZZ_LIBS)
tests_fuzz_fuzz_mustache_LDFLAGS = $(fuzz_ldflags)
tests_fuzz_fuzz_safety_SOURCES = tests/fuzz/fuzz-safety.c
tests_fuzz_fuzz_safety_LDADD = $(FUZZ_LIBS)
tests_fuzz_fuzz_safety_LDFLAGS = $(fuzz_ldflags)
if CAN_RENDER
fuzz_targets += tests/fuzz/fuzz-finished
tests_fuzz_fuzz_finished_SOURCES = tests/fuzz/fuzz-finished.c $(mail_body)
tests_fuzz_fuzz_finished_CFLAGS = $(AM_CFLAGS) $(CMARK_CFLAGS) $(XML_CFLAGS)
tests_fuzz_fuzz_finished_LDADD = $(FUZZ_LIBS) $(CHECK_LIBS) $(CMARK_LIBS) $(XML_LIBS)
tests_fuzz_fuzz_finished_LDFLAGS = $(fuzz_ldflags)
endif
endif
