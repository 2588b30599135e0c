# SPDX-License-Identifier: BSD-3-Clause
core_libtocsin_a_SOURCES += \
	%D%/classes.c \
	%D%/metrics.c %D%/metrics.h \
	%D%/records.c %D%/records.h \
	%D%/sqlite.c \
	%D%/sqlite-dirty.c \
	%D%/sqlite-fact.c \
	%D%/sqlite-guard.c \
	%D%/sqlite-incident.c \
	%D%/sqlite-incident-briefs.c \
	%D%/sqlite-incident-marks.c \
	%D%/sqlite-lead.c \
	%D%/sqlite-open.c \
	%D%/sqlite-outbox.c \
	%D%/sqlite-outbreak.c \
	%D%/sqlite-private.h \
	%D%/sqlite-project.c \
	%D%/sqlite-rename.c \
	%D%/sqlite-rules.c \
	%D%/sqlite-run.c \
	%D%/sqlite-schema.c \
	%D%/sqlite-small.c \
	%D%/sqlite-ticket.c \
	%D%/sqlite-validator.c \
	%D%/store.h \
	$(NULL)

if HAVE_CHECK
store_tests = tests/unit/test-store \
	tests/unit/test-store-names \
	tests/unit/test-store-prune \
	tests/unit/test-store-queries \
	tests/unit/test-store-records \
	tests/unit/test-store-runs
store_test_headers = tests/unit/store-world.h tests/unit/suite.h
check_PROGRAMS += $(store_tests)
tests_unit_test_store_SOURCES = tests/unit/test-store.c $(store_test_headers)
tests_unit_test_store_LDADD = $(UNIT_LIBS)
tests_unit_test_store_names_SOURCES = tests/unit/test-store-names.c $(store_test_headers)
tests_unit_test_store_names_LDADD = $(UNIT_LIBS)
tests_unit_test_store_prune_SOURCES = tests/unit/test-store-prune.c $(store_test_headers)
tests_unit_test_store_prune_LDADD = $(UNIT_LIBS)
tests_unit_test_store_queries_SOURCES = tests/unit/test-store-queries.c $(store_test_headers)
tests_unit_test_store_queries_LDADD = $(UNIT_LIBS)
tests_unit_test_store_records_SOURCES = tests/unit/test-store-records.c $(store_test_headers)
tests_unit_test_store_records_LDADD = $(UNIT_LIBS)
tests_unit_test_store_runs_SOURCES = tests/unit/test-store-runs.c $(store_test_headers)
tests_unit_test_store_runs_LDADD = $(UNIT_LIBS)
TESTS += $(store_tests)
check_PROGRAMS += tests/unit/test-facts
tests_unit_test_facts_SOURCES = tests/unit/test-facts.c
tests_unit_test_facts_LDADD = $(UNIT_LIBS)
TESTS += tests/unit/test-facts
check_PROGRAMS += tests/unit/test-excerpt
tests_unit_test_excerpt_SOURCES = tests/unit/test-excerpt.c
tests_unit_test_excerpt_LDADD = $(UNIT_LIBS)
TESTS += tests/unit/test-excerpt
endif

bench_targets += tests/bench/bench-store
tests_bench_bench_store_SOURCES = tests/bench/bench-store.c
tests_bench_bench_store_LDADD = core/libtocsin.a $(CORE_LIBS)
