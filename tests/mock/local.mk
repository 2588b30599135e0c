# SPDX-License-Identifier: BSD-3-Clause
check_PROGRAMS += %D%/mock-host
%C%_mock_host_SOURCES = %D%/mock-host.c %D%/host.c %D%/host.h \
	%D%/clock.c %D%/mock-private.h %D%/options.c
%C%_mock_host_LDFLAGS = $(AM_LDFLAGS) -export-dynamic
%C%_mock_host_LDADD = core/libtocsin.a $(CORE_LIBS)
