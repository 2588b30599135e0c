# SPDX-License-Identifier: BSD-3-Clause
core_libtocsin_a_SOURCES += \
	%D%/check.c \
	%D%/choose.c %D%/choose.h \
	%D%/classifier.c %D%/classify.h \
	%D%/clean.c %D%/clean.h \
	%D%/excerpt.c %D%/excerpt.h \
	%D%/fingerprint.c %D%/fingerprint.h \
	%D%/format.c %D%/format.h \
	%D%/hits.c %D%/hits.h \
	%D%/literal.c %D%/literal.h \
	%D%/match.c %D%/match.h \
	%D%/redact.c %D%/redact.h \
	%D%/rule.c %D%/rule.h \
	%D%/trace.c %D%/trace.h \
	%D%/unwrap.c %D%/unwrap.h \
	$(NULL)
