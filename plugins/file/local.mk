# SPDX-License-Identifier: BSD-3-Clause
if PLUGIN_FILE
pkglib_LTLIBRARIES += plugins/file/tocsin-file.la
plugins_file_tocsin_file_la_SOURCES = \
	%D%/file.c %D%/file.h \
	%D%/index.c \
	%D%/message.c \
	%D%/state.c \
	$(NULL)
plugins_file_tocsin_file_la_LDFLAGS = $(PLUGIN_LDFLAGS)
plugins_file_tocsin_file_la_LIBADD = core/libbase.la $(JANSSON_LIBS) $(CRYPTO_LIBS)
plugins_file_tocsin_file_la_CFLAGS = $(AM_CFLAGS) -fvisibility=hidden
endif

file_tests = tests/file/end-to-end.py tests/file/sink.py
EXTRA_DIST += $(file_tests)
if PLUGIN_FILE
TESTS += tests/file/sink.py
if PLUGIN_LOGS
TESTS += tests/file/end-to-end.py
endif
endif
