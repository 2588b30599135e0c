# SPDX-License-Identifier: BSD-3-Clause
core_libtocsin_a_SOURCES += \
	%D%/records.c %D%/records.h \
	%D%/sqlite.c \
	%D%/sqlite-fact.c \
	%D%/sqlite-incident.c \
	%D%/sqlite-outbox.c \
	%D%/sqlite-private.h \
	%D%/sqlite-project.c \
	%D%/sqlite-run.c \
	%D%/sqlite-schema.c \
	%D%/sqlite-small.c \
	%D%/sqlite-ticket.c \
	%D%/sqlite-validator.c \
	%D%/store.h \
	$(NULL)

if HAVE_CHECK
check_PROGRAMS += tests/unit/test-store
tests_unit_test_store_SOURCES = tests/unit/test-store.c
tests_unit_test_store_LDADD = $(UNIT_LIBS)
TESTS += tests/unit/test-store
endif

bench_targets += tests/bench/bench-store
tests_bench_bench_store_SOURCES = tests/bench/bench-store.c
tests_bench_bench_store_LDADD = core/libtocsin.a $(CORE_LIBS)
