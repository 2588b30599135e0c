# SPDX-License-Identifier: BSD-3-Clause
core_libtocsin_a_SOURCES += core/run.h %D%/command.h \
	%D%/backlog.c %D%/check.c %D%/classify.c %D%/log-reader.c %D%/log-reader.h %D%/explain.c \
	%D%/incident.c %D%/plugin.c %D%/run.c %D%/silence.c \
	%D%/status.c %D%/test.c
