# SPDX-License-Identifier: BSD-3-Clause
core_libtocsin_a_SOURCES += \
	%D%/codeowners.c \
	%D%/decide.h \
	%D%/glob.c \
	%D%/owners.h \
	%D%/reason.h \
	$(NULL)

if HAVE_CHECK
check_PROGRAMS += tests/unit/test-codeowners tests/unit/test-codeowners-corpus
tests_unit_test_codeowners_SOURCES = tests/unit/test-codeowners.c
tests_unit_test_codeowners_LDADD = $(UNIT_LIBS)
tests_unit_test_codeowners_corpus_SOURCES = tests/unit/test-codeowners.c
tests_unit_test_codeowners_corpus_LDADD = $(UNIT_LIBS)
TESTS += tests/unit/test-codeowners tests/unit/test-codeowners-corpus
endif
