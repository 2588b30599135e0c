# SPDX-License-Identifier: BSD-3-Clause
core_libtocsin_a_SOURCES += \
	%D%/advance.c \
	%D%/await.c \
	%D%/backlog.c \
	%D%/bench.h \
	%D%/budget.c \
	%D%/called.c \
	%D%/codeowners.c \
	%D%/contacts.c \
	%D%/decide.c \
	%D%/decide.h \
	%D%/desire.c \
	%D%/digest.c \
	%D%/doubles.c \
	%D%/elect.c \
	%D%/escalate.c \
	%D%/explain.c \
	%D%/feedback.c %D%/feedback.h \
	%D%/gate.c \
	%D%/globs.c \
	%D%/held.c \
	%D%/hours.c %D%/hours.h \
	%D%/inhibit.c \
	%D%/judge.c \
	%D%/judge.h \
	%D%/notice.c \
	%D%/operators.c \
	%D%/operators.h \
	%D%/owners.c \
	%D%/owners.h \
	%D%/people.c \
	%D%/place.c \
	%D%/policy.c \
	%D%/policy.h \
	%D%/reach.c \
	%D%/reason.h \
	%D%/seen.c \
	%D%/session.c %D%/session.h \
	%D%/silence.c \
	%D%/speak.c \
	%D%/stop.c \
	%D%/stray.c \
	%D%/ticket.c \
	%D%/tree.c \
	%D%/tree.h \
	%D%/verdict.c \
	%D%/wanted.c \
	%D%/wish.c \
	$(NULL)

if HAVE_CHECK
check_PROGRAMS += tests/unit/test-codeowners tests/unit/test-codeowners-corpus
tests_unit_test_codeowners_SOURCES = tests/unit/test-codeowners.c
tests_unit_test_codeowners_LDADD = $(UNIT_LIBS)
tests_unit_test_codeowners_corpus_SOURCES = tests/unit/test-codeowners.c
tests_unit_test_codeowners_corpus_LDADD = $(UNIT_LIBS)
decide_tests = tests/unit/test-decide \
	tests/unit/test-hours \
	tests/unit/test-people \
	tests/unit/test-relapse \
	tests/unit/test-silence \
	tests/unit/test-feedback \
	tests/unit/test-backlog \
	tests/unit/test-place \
	tests/unit/test-budget \
	tests/unit/test-outage \
	tests/unit/test-explain \
	tests/unit/test-laws
decide_test_headers = tests/unit/decide-world.h tests/unit/route-world.h \
	tests/unit/suite.h
check_PROGRAMS += $(decide_tests) tests/unit/test-route
tests_unit_test_decide_SOURCES = tests/unit/test-decide.c $(decide_test_headers)
tests_unit_test_decide_LDADD = $(UNIT_LIBS)
tests_unit_test_hours_SOURCES = tests/unit/test-hours.c $(decide_test_headers)
tests_unit_test_hours_LDADD = $(UNIT_LIBS)
tests_unit_test_people_SOURCES = tests/unit/test-people.c $(decide_test_headers)
tests_unit_test_people_LDADD = $(UNIT_LIBS)
tests_unit_test_relapse_SOURCES = tests/unit/test-relapse.c $(decide_test_headers)
tests_unit_test_relapse_LDADD = $(UNIT_LIBS)
tests_unit_test_silence_SOURCES = tests/unit/test-silence.c $(decide_test_headers)
tests_unit_test_silence_LDADD = $(UNIT_LIBS)
tests_unit_test_feedback_SOURCES = tests/unit/test-feedback.c $(decide_test_headers)
tests_unit_test_feedback_LDADD = $(UNIT_LIBS)
tests_unit_test_backlog_SOURCES = tests/unit/test-backlog.c $(decide_test_headers)
tests_unit_test_backlog_LDADD = $(UNIT_LIBS)
tests_unit_test_place_SOURCES = tests/unit/test-place.c $(decide_test_headers)
tests_unit_test_place_LDADD = $(UNIT_LIBS)
tests_unit_test_budget_SOURCES = tests/unit/test-budget.c $(decide_test_headers)
tests_unit_test_budget_LDADD = $(UNIT_LIBS)
tests_unit_test_outage_SOURCES = tests/unit/test-outage.c $(decide_test_headers)
tests_unit_test_outage_LDADD = $(UNIT_LIBS)
tests_unit_test_explain_SOURCES = tests/unit/test-explain.c $(decide_test_headers)
tests_unit_test_explain_LDADD = $(UNIT_LIBS)
tests_unit_test_laws_SOURCES = tests/unit/test-laws.c $(decide_test_headers)
tests_unit_test_laws_LDADD = $(UNIT_LIBS)
tests_unit_test_route_SOURCES = tests/unit/test-route.c tests/unit/route-world.h
tests_unit_test_route_LDADD = $(UNIT_LIBS)
check_PROGRAMS += tests/unit/test-reach
tests_unit_test_reach_SOURCES = tests/unit/test-reach.c $(decide_test_headers)
tests_unit_test_reach_LDADD = $(UNIT_LIBS)
TESTS += tests/unit/test-reach
check_PROGRAMS += tests/unit/test-inhibit
tests_unit_test_inhibit_SOURCES = tests/unit/test-inhibit.c tests/unit/route-world.h
tests_unit_test_inhibit_LDADD = $(UNIT_LIBS)
TESTS += tests/unit/test-inhibit
TESTS += tests/unit/test-codeowners tests/unit/test-codeowners-corpus \
	$(decide_tests) tests/unit/test-route
endif

TESTS += tests/reasons.sh
EXTRA_DIST += tests/reasons.sh
