# SPDX-License-Identifier: BSD-3-Clause
core_libtocsin_a_SOURCES += \
	%D%/ends.c \
	%D%/headers.c %D%/headers.h \
	%D%/http.c %D%/http.h %D%/http-private.h \
	%D%/lane.c %D%/lane.h \
	%D%/pace.c %D%/pace.h \
	%D%/peer.c %D%/peer.h \
	%D%/poller.c %D%/poller.h \
	%D%/redirect.c %D%/redirect.h \
	%D%/request.c %D%/request.h \
	%D%/retry.c %D%/retry.h \
	%D%/trace.c %D%/trace.h \
	%D%/transfer.c %D%/transfer.h \
	$(NULL)

if HAVE_CHECK
check_PROGRAMS += tests/unit/test-http
tests_unit_test_http_SOURCES = tests/unit/test-http.c
tests_unit_test_http_LDADD = $(UNIT_LIBS)
TESTS += tests/unit/test-http
endif
