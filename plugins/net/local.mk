# SPDX-License-Identifier: BSD-3-Clause
# What plugins that ask servers have in common.
noinst_LTLIBRARIES += plugins/net/libnet.la
plugins_net_libnet_la_SOURCES = \
	plugins/net/build-url.c plugins/net/build-url.h \
	plugins/net/net.c plugins/net/net.h
plugins_net_libnet_la_CFLAGS = $(AM_CFLAGS) -fvisibility=hidden

if HAVE_CHECK
check_PROGRAMS += tests/unit/test-net
tests_unit_test_net_SOURCES = tests/unit/test-net.c \
	plugins/net/build-url.c plugins/net/net.c
tests_unit_test_net_LDADD = $(UNIT_LIBS)
tests_unit_test_net_CFLAGS = $(AM_CFLAGS)
TESTS += tests/unit/test-net
endif
