# SPDX-License-Identifier: BSD-3-Clause
core_libtocsin_a_SOURCES += \
	%D%/again.c %D%/again.h \
	%D%/ask.c \
	%D%/beat.c %D%/beat.h \
	%D%/crash.c %D%/crash.h \
	%D%/frames.c \
	%D%/health.c %D%/health.h \
	%D%/host.c %D%/host.h %D%/host-private.h \
	%D%/known.c %D%/known.h \
	%D%/leads.c \
	%D%/loader.c %D%/loader.h \
	%D%/logs.c \
	%D%/member.c %D%/member.h \
	%D%/names.c %D%/names.h \
	%D%/option-value.c %D%/option-value.h \
	%D%/options.c %D%/options.h \
	%D%/path.c \
	%D%/position.c \
	%D%/remotes.c \
	%D%/report.c \
	%D%/rehearse.c %D%/rehearse.h \
	%D%/services.c %D%/services.h %D%/services-private.h \
	%D%/show.c %D%/show.h \
	%D%/snapshots.c \
	%D%/spawn.c %D%/spawn.h \
	%D%/start.c \
	%D%/try-open.c \
	%D%/view.c %D%/view.h \
	%D%/web.c %D%/web.h \
	%D%/wire.c %D%/wire.h \
	%D%/worker.c \
	%D%/writes.c \
	$(NULL)

if HAVE_CHECK
check_PROGRAMS += tests/unit/test-wire
tests_unit_test_wire_SOURCES = tests/unit/test-wire.c
tests_unit_test_wire_LDADD = $(UNIT_LIBS)
TESTS += tests/unit/test-wire
endif

EXTRA_DIST += tests/fuzz/seeds/wire
if FUZZERS
fuzz_targets += tests/fuzz/fuzz-wire
tests_fuzz_fuzz_wire_SOURCES = tests/fuzz/fuzz-wire.c
tests_fuzz_fuzz_wire_LDADD = $(FUZZ_LIBS)
tests_fuzz_fuzz_wire_LDFLAGS = $(fuzz_ldflags)
endif
