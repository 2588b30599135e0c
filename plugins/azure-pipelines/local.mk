# SPDX-License-Identifier: BSD-3-Clause
azure_parts = \
	plugins/azure-pipelines/build.c plugins/azure-pipelines/build.h \
	plugins/azure-pipelines/cursor.c plugins/azure-pipelines/cursor.h \
	plugins/azure-pipelines/names.c plugins/azure-pipelines/names.h \
	plugins/azure-pipelines/outcome.c plugins/azure-pipelines/outcome.h \
	plugins/azure-pipelines/timeline.c plugins/azure-pipelines/timeline.h \
	$(NULL)

azure_pass = \
	plugins/azure-pipelines/api.c \
	plugins/azure-pipelines/azure.c plugins/azure-pipelines/azure.h \
	plugins/azure-pipelines/builds.c \
	plugins/azure-pipelines/green.c \
	plugins/azure-pipelines/jobs.c \
	plugins/azure-pipelines/leads.c \
	plugins/azure-pipelines/log.c \
	plugins/azure-pipelines/look.c \
	plugins/azure-pipelines/newest.c \
	$(NULL)

if PLUGIN_AZURE_PIPELINES
pkglib_LTLIBRARIES += plugins/azure-pipelines/tocsin-azure-pipelines.la
plugins_azure_pipelines_tocsin_azure_pipelines_la_SOURCES = \
	$(azure_parts) $(azure_pass)
plugins_azure_pipelines_tocsin_azure_pipelines_la_LDFLAGS = $(PLUGIN_LDFLAGS)
plugins_azure_pipelines_tocsin_azure_pipelines_la_LIBADD = \
	plugins/net/libnet.la core/libbase.la $(JANSSON_LIBS) $(CRYPTO_LIBS)
plugins_azure_pipelines_tocsin_azure_pipelines_la_CFLAGS = $(AM_CFLAGS) \
	-fvisibility=hidden

if HAVE_CHECK
check_PROGRAMS += tests/unit/test-azure
tests_unit_test_azure_SOURCES = tests/unit/test-azure.c $(azure_parts)
tests_unit_test_azure_LDADD = $(UNIT_LIBS)
tests_unit_test_azure_CFLAGS = $(AM_CFLAGS)
TESTS += tests/unit/test-azure
endif
TESTS += tests/azure/killed.py
endif
EXTRA_DIST += tests/azure/killed.py

EXTRA_DIST += tests/fuzz/seeds/azure tests/fuzz/seeds/azure-pass \
	tests/fuzz/source.h
if FUZZERS
fuzz_targets += tests/fuzz/fuzz-azure
tests_fuzz_fuzz_azure_SOURCES = tests/fuzz/fuzz-azure.c $(azure_parts)
tests_fuzz_fuzz_azure_LDADD = $(FUZZ_LIBS)
tests_fuzz_fuzz_azure_LDFLAGS = $(fuzz_ldflags)
if PLUGIN_AZURE_PIPELINES
fuzz_targets += tests/fuzz/fuzz-azure-pass
tests_fuzz_fuzz_azure_pass_SOURCES = tests/fuzz/fuzz-azure-pass.c \
	$(azure_parts) $(azure_pass)
tests_fuzz_fuzz_azure_pass_LDADD = plugins/net/libnet.la $(FUZZ_LIBS)
tests_fuzz_fuzz_azure_pass_LDFLAGS = $(fuzz_ldflags)
endif
endif
