# SPDX-License-Identifier: BSD-3-Clause
core_libtocsin_a_SOURCES += \
	%D%/editor.c \
	%D%/glob.c %D%/glob.h \
	%D%/instance.c \
	%D%/keys-guards.c \
	%D%/keys-instance.c \
	%D%/keys-people.c \
	%D%/keys-policy.c \
	%D%/keys-route.c \
	%D%/keys-rules.c \
	%D%/keys-window.c \
	%D%/keys.c %D%/keys.h \
	%D%/load.c \
	%D%/loading.h \
	%D%/nearest.c %D%/nearest.h \
	%D%/node.c %D%/node.h \
	%D%/problems.c %D%/problems.h \
	%D%/refs.c \
	%D%/rules.c \
	%D%/schema.c %D%/schema.h \
	%D%/settings.c %D%/settings.h \
	%D%/span.c %D%/span.h \
	%D%/texts.c \
	%D%/yaml-fault.c %D%/yaml-fault.h \
	%D%/yaml.c \
	$(NULL)

EXTRA_DIST += tests/config/actions.py tests/config/cases.py tests/config/foreign.sh tests/config/keys.py \
	tests/data/config tests/data/config-share
TESTS += \
	tests/config/cases.py \
	tests/config/foreign.sh \
	tests/config/actions.py \
	tests/config/keys.py \
	$(NULL)

if HAVE_CHECK
check_PROGRAMS += tests/unit/test-config
tests_unit_test_config_SOURCES = tests/unit/test-config.c
tests_unit_test_config_LDADD = $(UNIT_LIBS)
TESTS += tests/unit/test-config
endif

EXTRA_DIST += tests/fuzz/seeds/config
if FUZZERS
fuzz_targets += tests/fuzz/fuzz-config
tests_fuzz_fuzz_config_SOURCES = tests/fuzz/fuzz-config.c
tests_fuzz_fuzz_config_LDADD = $(FUZZ_LIBS)
tests_fuzz_fuzz_config_LDFLAGS = $(fuzz_ldflags)
endif
