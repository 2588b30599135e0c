# SPDX-License-Identifier: BSD-3-Clause
check_PROGRAMS += %D%/mock-host
%C%_mock_host_SOURCES = %D%/mock-host.c %D%/host.c %D%/host.h
%C%_mock_host_LDADD = core/libtocsin.a $(CORE_LIBS)
