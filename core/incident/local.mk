# SPDX-License-Identifier: BSD-3-Clause
core_libtocsin_a_SOURCES += \
	%D%/believe.c \
	%D%/correlate.c %D%/correlate.h \
	%D%/entries.c \
	%D%/evidence.c \
	%D%/incident-private.h \
	%D%/reclassify.c %D%/reclassify.h \
	%D%/ingest.c %D%/ingest.h \
	%D%/outbreak.c \
	%D%/push.c \
	%D%/wave.c \
	%D%/snapshot.c \
	$(NULL)

if HAVE_CHECK
check_PROGRAMS += tests/unit/test-correlate tests/unit/test-ingest \
	tests/unit/test-outbreak
tests_unit_test_outbreak_SOURCES = tests/unit/test-outbreak.c
tests_unit_test_outbreak_LDADD = $(UNIT_LIBS)
tests_unit_test_ingest_SOURCES = tests/unit/test-ingest.c
tests_unit_test_ingest_LDADD = $(UNIT_LIBS)
tests_unit_test_correlate_SOURCES = tests/unit/test-correlate.c
tests_unit_test_correlate_LDADD = $(UNIT_LIBS)
TESTS += tests/unit/test-correlate tests/unit/test-ingest \
	tests/unit/test-outbreak
endif

EXTRA_DIST += tests/fuzz/seeds/ingest
if FUZZERS
fuzz_targets += tests/fuzz/fuzz-ingest
tests_fuzz_fuzz_ingest_SOURCES = tests/fuzz/fuzz-ingest.c
tests_fuzz_fuzz_ingest_LDADD = $(FUZZ_LIBS)
tests_fuzz_fuzz_ingest_LDFLAGS = $(fuzz_ldflags)
endif
