# SPDX-License-Identifier: BSD-3-Clause
base_files = \
	%D%/digest.c %D%/digest.h \
	%D%/err.c %D%/err.h \
	%D%/io.c %D%/io.h \
	%D%/jsonx.c %D%/jsonx.h \
	%D%/jxsome.c %D%/jxsome.h \
	%D%/log.c %D%/log.h \
	%D%/mem.c %D%/mem.h \
	%D%/sentence.c %D%/sentence.h \
	%D%/strbuf.c %D%/strbuf.h \
	%D%/when.c %D%/when.h \
	%D%/zone.c %D%/zone.h \
	$(NULL)
core_libtocsin_a_SOURCES += $(base_files)
core_libbase_la_SOURCES += $(base_files)
core_libtocsin_a_SOURCES += core/tocsin-plugin.h

if HAVE_CHECK
check_PROGRAMS += tests/unit/test-base
tests_unit_test_base_SOURCES = tests/unit/test-base.c
tests_unit_test_base_LDADD = $(UNIT_LIBS)
TESTS += tests/unit/test-base
check_PROGRAMS += tests/unit/test-sentence
tests_unit_test_sentence_SOURCES = tests/unit/test-sentence.c
tests_unit_test_sentence_LDADD = $(UNIT_LIBS)
TESTS += tests/unit/test-sentence
endif

EXTRA_DIST += tests/fuzz/seeds/sentence tests/fuzz/seeds/some
if FUZZERS
fuzz_targets += tests/fuzz/fuzz-some
tests_fuzz_fuzz_some_SOURCES = tests/fuzz/fuzz-some.c
tests_fuzz_fuzz_some_LDADD = $(FUZZ_LIBS)
tests_fuzz_fuzz_some_LDFLAGS = $(fuzz_ldflags)
fuzz_targets += tests/fuzz/fuzz-sentence
tests_fuzz_fuzz_sentence_SOURCES = tests/fuzz/fuzz-sentence.c
tests_fuzz_fuzz_sentence_LDADD = $(FUZZ_LIBS)
tests_fuzz_fuzz_sentence_LDFLAGS = $(fuzz_ldflags)
endif
