# SPDX-License-Identifier: BSD-3-Clause
core_libtocsin_a_SOURCES += \
	%D%/believe.c \
	%D%/correlate.c %D%/correlate.h \
	%D%/entries.c \
	%D%/evidence.c \
	%D%/incident-private.h \
	%D%/reclassify.c %D%/reclassify.h \
	%D%/ingest.c %D%/ingest.h \
	%D%/leads.c %D%/leads.h \
	%D%/orphans.c %D%/orphans.h \
	%D%/outbreak.c \
	%D%/push.c \
	%D%/snapshot.c \
	%D%/vanishing.c %D%/vanishing.h \
	%D%/wave.c \
	$(NULL)

if HAVE_CHECK
incident_tests = tests/unit/test-correlate tests/unit/test-entries \
	tests/unit/test-incident tests/unit/test-ingest \
	tests/unit/test-leads tests/unit/test-outbreak \
	tests/unit/test-snapshot
check_PROGRAMS += $(incident_tests)
correlate_world = tests/unit/correlate-world.c tests/unit/correlate-world.h
tests_unit_test_leads_SOURCES = tests/unit/test-leads.c \
	tests/unit/store-world.h tests/unit/suite.h
tests_unit_test_leads_LDADD = $(UNIT_LIBS)
tests_unit_test_outbreak_SOURCES = tests/unit/test-outbreak.c
tests_unit_test_outbreak_LDADD = $(UNIT_LIBS)
tests_unit_test_ingest_SOURCES = tests/unit/test-ingest.c \
	tests/unit/ingest-world.h
tests_unit_test_ingest_LDADD = $(UNIT_LIBS)
tests_unit_test_snapshot_SOURCES = tests/unit/test-snapshot.c \
	tests/unit/ingest-world.h
tests_unit_test_snapshot_LDADD = $(UNIT_LIBS)
tests_unit_test_correlate_SOURCES = tests/unit/test-correlate.c \
	$(correlate_world)
tests_unit_test_correlate_LDADD = $(UNIT_LIBS)
tests_unit_test_entries_SOURCES = tests/unit/test-entries.c $(correlate_world)
tests_unit_test_entries_LDADD = $(UNIT_LIBS)
tests_unit_test_incident_SOURCES = tests/unit/test-incident.c \
	$(correlate_world)
tests_unit_test_incident_LDADD = $(UNIT_LIBS)
TESTS += $(incident_tests)
endif

EXTRA_DIST += tests/fuzz/seeds/ingest
if FUZZERS
fuzz_targets += tests/fuzz/fuzz-ingest
tests_fuzz_fuzz_ingest_SOURCES = tests/fuzz/fuzz-ingest.c
tests_fuzz_fuzz_ingest_LDADD = $(FUZZ_LIBS)
tests_fuzz_fuzz_ingest_LDFLAGS = $(fuzz_ldflags)
endif
