# SPDX-License-Identifier: BSD-3-Clause
core_libtocsin_a_SOURCES += core/run.c core/run.h \
	core/run-private.h core/run-workers.c \
	%D%/cli.c %D%/cli.h %D%/command.h \
	%D%/approve.c %D%/backlog.c %D%/check.c %D%/classify.c %D%/explain.c \
	%D%/explain-text.c %D%/explain-text.h \
	%D%/incident.c %D%/outbox.c %D%/plugin.c \
	%D%/plugin-made.c %D%/plugin-made.h %D%/plugin-new.c %D%/plugin-new.h \
	%D%/plugin-test.c %D%/plugin-test.h %D%/retract.c %D%/run.c %D%/silence.c %D%/state.c \
	%D%/status-guards.c %D%/status-guards.h \
	%D%/rule.c %D%/unknowns.c %D%/unknowns.h \
	%D%/status-flaky.c %D%/status-flaky.h \
	%D%/status-rules.c %D%/status-rules.h %D%/status.c \
	%D%/test.c %D%/classify-file.c %D%/classify-file.h \
	%D%/classify-print.c %D%/classify-print.h \
	%D%/log-paths.c %D%/log-paths.h \
	%D%/expect.c %D%/expect.h %D%/feed.c %D%/log-reader.c %D%/log-reader.h \
	%D%/replay-private.h %D%/replay.c %D%/replay.h %D%/scenario.c %D%/scenario.h
