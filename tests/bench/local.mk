# SPDX-License-Identifier: BSD-3-Clause
# ./dev bench collect: a server, libcurl alone, a plugin that does no more.
bench_targets += %D%/slow-server %D%/bench-curl
%C%_slow_server_SOURCES = %D%/slow-server.c
%C%_slow_server_LDADD = -lssl $(CRYPTO_LIBS)
%C%_bench_curl_SOURCES = %D%/bench-curl.c
%C%_bench_curl_LDADD = $(CURL_LIBS)
EXTRA_LTLIBRARIES = %D%/tocsin-many.la
%C%_tocsin_many_la_SOURCES = %D%/many.c
%C%_tocsin_many_la_LDFLAGS = $(PLUGIN_LDFLAGS) -rpath /nowhere
%C%_tocsin_many_la_CFLAGS = $(AM_CFLAGS) -fvisibility=hidden
bench-programs: %D%/tocsin-many.la
EXTRA_DIST += %D%/collect.py %D%/github.py
