# SPDX-License-Identifier: BSD-3-Clause
core_libtocsin_a_SOURCES += \
	%D%/again.c %D%/again.h \
	%D%/alike.c %D%/alike.h \
	%D%/area.c %D%/area.h \
	%D%/baseline.c %D%/baseline.h \
	%D%/candidate.c %D%/candidate.h \
	%D%/check.c \
	%D%/choose.c %D%/choose.h \
	%D%/chunk.c %D%/chunk.h \
	%D%/classifier.c %D%/classify.h \
	%D%/clause.c %D%/clause.h \
	%D%/clean.c %D%/clean.h \
	%D%/condense.c %D%/condense.h \
	%D%/cores.c %D%/cores.h \
	%D%/exact.c %D%/exact.h \
	%D%/draft.c %D%/draft.h \
	%D%/excerpt.c %D%/excerpt.h \
	%D%/failure.c %D%/failure.h \
	%D%/fingerprint.c %D%/fingerprint.h \
	%D%/format.c %D%/format.h %D%/format-step.c \
	%D%/guess.c %D%/guess.h \
	%D%/hits.c %D%/hits.h \
	%D%/late.c %D%/late.h \
	%D%/let.c %D%/let.h \
	%D%/literal.c %D%/literal.h \
	%D%/match.c %D%/match.h \
	%D%/part.c %D%/part.h \
	%D%/pattern.c %D%/pattern.h \
	%D%/prefix.c %D%/prefix.h \
	%D%/random.c \
	%D%/rarity.c %D%/rarity.h \
	%D%/reason.c %D%/reason.h \
	%D%/redact.c %D%/redact.h \
	%D%/required.c %D%/required.h %D%/texts.c %D%/texts.h \
	%D%/rule.c %D%/rule.h \
	%D%/scan.c %D%/scan.h \
	%D%/scrub.c %D%/scrub.h \
	%D%/secret-kinds.h %D%/secret-patterns.c %D%/secret-tokens.c \
	%D%/secrets.c %D%/secrets.h \
	%D%/slow.c %D%/slow.h \
	%D%/solver.c %D%/solver.h %D%/solver-cause.c \
	%D%/span.c %D%/span.h \
	%D%/spec.c %D%/spec.h \
	%D%/strip.c %D%/strip.h %D%/bytes16.h \
	%D%/taken.c %D%/taken.h \
	%D%/tell.c %D%/tell.h \
	%D%/trace.c %D%/trace.h \
	%D%/trial.c %D%/trial.h \
	%D%/unwrap.c %D%/unwrap.h \
	%D%/varying.c %D%/varying.h \
	%D%/weigh.c %D%/weigh.h \
	$(NULL)

if HAVE_CHECK
check_PROGRAMS += tests/unit/test-again
tests_unit_test_again_SOURCES = tests/unit/test-again.c
tests_unit_test_again_LDADD = $(UNIT_LIBS)
TESTS += tests/unit/test-again
check_PROGRAMS += tests/unit/test-alike
tests_unit_test_alike_SOURCES = tests/unit/test-alike.c
tests_unit_test_alike_LDADD = $(UNIT_LIBS)
TESTS += tests/unit/test-alike
check_PROGRAMS += tests/unit/test-classify
tests_unit_test_classify_SOURCES = tests/unit/test-classify.c
tests_unit_test_classify_LDADD = $(UNIT_LIBS)
TESTS += tests/unit/test-classify
check_PROGRAMS += tests/unit/test-baseline
tests_unit_test_baseline_SOURCES = tests/unit/test-baseline.c
tests_unit_test_baseline_LDADD = $(UNIT_LIBS)
TESTS += tests/unit/test-baseline
check_PROGRAMS += tests/unit/test-check
tests_unit_test_check_SOURCES = tests/unit/test-check.c
tests_unit_test_check_LDADD = $(UNIT_LIBS)
TESTS += tests/unit/test-check
check_PROGRAMS += tests/unit/test-clean
tests_unit_test_clean_SOURCES = tests/unit/test-clean.c
tests_unit_test_clean_LDADD = $(UNIT_LIBS)
TESTS += tests/unit/test-clean
check_PROGRAMS += tests/unit/test-fingerprint
tests_unit_test_fingerprint_SOURCES = tests/unit/test-fingerprint.c
tests_unit_test_fingerprint_LDADD = $(UNIT_LIBS)
TESTS += tests/unit/test-fingerprint
check_PROGRAMS += tests/unit/test-redact
tests_unit_test_redact_SOURCES = tests/unit/test-redact.c
tests_unit_test_redact_LDADD = $(UNIT_LIBS)
TESTS += tests/unit/test-redact
check_PROGRAMS += tests/unit/test-choose
tests_unit_test_choose_SOURCES = tests/unit/test-choose.c
tests_unit_test_choose_LDADD = $(UNIT_LIBS)
TESTS += tests/unit/test-choose
check_PROGRAMS += tests/unit/test-solver
tests_unit_test_solver_SOURCES = tests/unit/test-solver.c
tests_unit_test_solver_LDADD = $(UNIT_LIBS)
TESTS += tests/unit/test-solver
check_PROGRAMS += tests/unit/test-required
tests_unit_test_required_SOURCES = tests/unit/test-required.c
tests_unit_test_required_LDADD = $(UNIT_LIBS)
TESTS += tests/unit/test-required
endif

check_PROGRAMS += tests/unit/both
tests_unit_both_SOURCES = tests/unit/both.c
tests_unit_both_LDADD = core/libtocsin.a $(CORE_LIBS)

TESTS += tests/classify-beside.py tests/classify-diff.py \
	tests/classify-golden.py \
	tests/classify-hostile.py tests/classify-kinds.py \
	tests/classify-unknown.py tests/corpus/pytorch.py
EXTRA_DIST += tests/classify-beside.py tests/data/beside \
	tests/classify-diff.py tests/classify-golden.py \
	tests/classify-hostile.py tests/classify-kinds.py \
	tests/classify-unknown.py tests/corpus/logs.py \
	tests/corpus/convert-pytorch.py tests/corpus/measure.py \
	tests/corpus/pytorch.py tests/corpus/unknown.py tests/data/logs \
	tests/data/kinds tests/data/unknown \
	tests/fuzz/seeds/classify tests/fuzz/seeds/clean \
	tests/fuzz/seeds/format tests/fuzz/seeds/guess \
	tests/fuzz/seeds/redact tests/fuzz/seeds/required \
	tests/fuzz/seeds/rules tests/fuzz/seeds/slow tests/fuzz/seeds/tree

check_PROGRAMS += tests/unit/test-prefix
tests_unit_test_prefix_SOURCES = tests/unit/test-prefix.c
tests_unit_test_prefix_LDADD = $(UNIT_LIBS)
TESTS += tests/unit/test-prefix

bench_targets += tests/bench/bench-classify
tests_bench_bench_classify_SOURCES = tests/bench/bench-classify.c
tests_bench_bench_classify_LDADD = core/libtocsin.a $(CORE_LIBS)

if FUZZERS
fuzz_targets += tests/fuzz/fuzz-classify tests/fuzz/fuzz-clean \
	tests/fuzz/fuzz-format tests/fuzz/fuzz-guess tests/fuzz/fuzz-redact \
	tests/fuzz/fuzz-required tests/fuzz/fuzz-rules tests/fuzz/fuzz-slow \
	tests/fuzz/fuzz-tree
tests_fuzz_fuzz_classify_SOURCES = tests/fuzz/fuzz-classify.c
tests_fuzz_fuzz_classify_LDADD = $(FUZZ_LIBS)
tests_fuzz_fuzz_classify_LDFLAGS = $(fuzz_ldflags)
tests_fuzz_fuzz_clean_SOURCES = tests/fuzz/fuzz-clean.c
tests_fuzz_fuzz_clean_LDADD = $(FUZZ_LIBS)
tests_fuzz_fuzz_clean_LDFLAGS = $(fuzz_ldflags)
tests_fuzz_fuzz_redact_SOURCES = tests/fuzz/fuzz-redact.c
tests_fuzz_fuzz_redact_LDADD = $(FUZZ_LIBS)
tests_fuzz_fuzz_redact_LDFLAGS = $(fuzz_ldflags)
tests_fuzz_fuzz_required_SOURCES = tests/fuzz/fuzz-required.c
tests_fuzz_fuzz_required_LDADD = $(FUZZ_LIBS)
tests_fuzz_fuzz_required_LDFLAGS = $(fuzz_ldflags)
tests_fuzz_fuzz_format_SOURCES = tests/fuzz/fuzz-format.c
tests_fuzz_fuzz_format_LDADD = $(FUZZ_LIBS)
tests_fuzz_fuzz_format_LDFLAGS = $(fuzz_ldflags)
tests_fuzz_fuzz_rules_SOURCES = tests/fuzz/fuzz-rules.c
tests_fuzz_fuzz_rules_LDADD = $(FUZZ_LIBS)
tests_fuzz_fuzz_rules_LDFLAGS = $(fuzz_ldflags)
tests_fuzz_fuzz_guess_SOURCES = tests/fuzz/fuzz-guess.c
tests_fuzz_fuzz_guess_LDADD = $(FUZZ_LIBS)
tests_fuzz_fuzz_guess_LDFLAGS = $(fuzz_ldflags)
tests_fuzz_fuzz_slow_SOURCES = tests/fuzz/fuzz-slow.c
tests_fuzz_fuzz_slow_LDADD = $(FUZZ_LIBS)
tests_fuzz_fuzz_slow_LDFLAGS = $(fuzz_ldflags)
tests_fuzz_fuzz_tree_SOURCES = tests/fuzz/fuzz-tree.c
tests_fuzz_fuzz_tree_LDADD = $(FUZZ_LIBS)
tests_fuzz_fuzz_tree_LDFLAGS = $(fuzz_ldflags)
endif
