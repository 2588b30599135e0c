# SPDX-License-Identifier: BSD-3-Clause
# Plugins that misbehave on demand, never installed, and what drives them.
naughty_ldflags = $(PLUGIN_LDFLAGS) -rpath /nowhere
check_LTLIBRARIES += \
	%D%/tocsin-core-option.la \
	%D%/tocsin-crash-load.la \
	%D%/tocsin-fetch.la \
	%D%/tocsin-named-wrong.la \
	%D%/tocsin-naughty.la \
	%D%/tocsin-naughty-far.la \
	%D%/tocsin-naughty-sink.la \
	%D%/tocsin-naughty-slow.la \
	%D%/tocsin-newer.la \
	%D%/tocsin-no-collect.la \
	%D%/tocsin-no-help.la \
	%D%/tocsin-no-kind.la \
	%D%/tocsin-no-plugin.la \
	%D%/tocsin-null-init.la \
	%D%/tocsin-old-version.la \
	%D%/tocsin-short-struct.la \
	%D%/tocsin-twin-options.la \
	%D%/tocsin-wrong-version.la \
	$(NULL)

%C%_tocsin_naughty_la_SOURCES = %D%/naughty-source.c
%C%_tocsin_naughty_la_LDFLAGS = $(naughty_ldflags)
%C%_tocsin_naughty_la_CFLAGS = $(AM_CFLAGS) -fvisibility=hidden
%C%_tocsin_naughty_slow_la_SOURCES = %D%/naughty-source.c
%C%_tocsin_naughty_slow_la_LDFLAGS = $(naughty_ldflags)
%C%_tocsin_naughty_slow_la_CFLAGS = $(AM_CFLAGS) -fvisibility=hidden -DNAUGHTY_SLOW
%C%_tocsin_fetch_la_SOURCES = %D%/fetch.c
%C%_tocsin_fetch_la_LDFLAGS = $(naughty_ldflags)
%C%_tocsin_fetch_la_LIBADD = $(JANSSON_LIBS)
%C%_tocsin_fetch_la_CFLAGS = $(AM_CFLAGS) -fvisibility=hidden
%C%_tocsin_naughty_sink_la_SOURCES = %D%/naughty-sink.c
%C%_tocsin_naughty_sink_la_LDFLAGS = $(naughty_ldflags)
%C%_tocsin_naughty_sink_la_CFLAGS = $(AM_CFLAGS) -fvisibility=hidden
%C%_tocsin_naughty_far_la_SOURCES = %D%/naughty-sink.c
%C%_tocsin_naughty_far_la_LDFLAGS = $(naughty_ldflags)
%C%_tocsin_naughty_far_la_CFLAGS = $(AM_CFLAGS) -fvisibility=hidden -DNAUGHTY_FAR
%C%_tocsin_no_plugin_la_SOURCES = %D%/no-plugin.c
%C%_tocsin_no_plugin_la_LDFLAGS = -module -avoid-version -shared $(AM_LDFLAGS) -rpath /nowhere
%C%_tocsin_no_plugin_la_CFLAGS = $(AM_CFLAGS) -fvisibility=hidden
%C%_tocsin_wrong_version_la_SOURCES = %D%/broken.c
%C%_tocsin_wrong_version_la_LDFLAGS = $(naughty_ldflags)
%C%_tocsin_wrong_version_la_CFLAGS = $(AM_CFLAGS) -fvisibility=hidden -DBROKEN_VERSION=7
%C%_tocsin_old_version_la_SOURCES = %D%/broken.c
%C%_tocsin_old_version_la_LDFLAGS = $(naughty_ldflags)
%C%_tocsin_old_version_la_CFLAGS = $(AM_CFLAGS) -fvisibility=hidden -DBROKEN_VERSION=0
%C%_tocsin_short_struct_la_SOURCES = %D%/broken.c
%C%_tocsin_short_struct_la_LDFLAGS = $(naughty_ldflags)
%C%_tocsin_short_struct_la_CFLAGS = $(AM_CFLAGS) -fvisibility=hidden -DBROKEN_SIZE
%C%_tocsin_no_collect_la_SOURCES = %D%/broken.c
%C%_tocsin_no_collect_la_LDFLAGS = $(naughty_ldflags)
%C%_tocsin_no_collect_la_CFLAGS = $(AM_CFLAGS) -fvisibility=hidden -DBROKEN_CALLBACK
%C%_tocsin_no_kind_la_SOURCES = %D%/broken.c
%C%_tocsin_no_kind_la_LDFLAGS = $(naughty_ldflags)
%C%_tocsin_no_kind_la_CFLAGS = $(AM_CFLAGS) -fvisibility=hidden -DBROKEN_KIND
%C%_tocsin_named_wrong_la_SOURCES = %D%/broken.c
%C%_tocsin_named_wrong_la_LDFLAGS = $(naughty_ldflags)
%C%_tocsin_named_wrong_la_CFLAGS = $(AM_CFLAGS) -fvisibility=hidden -DBROKEN_NAME
%C%_tocsin_twin_options_la_SOURCES = %D%/broken.c
%C%_tocsin_twin_options_la_LDFLAGS = $(naughty_ldflags)
%C%_tocsin_twin_options_la_CFLAGS = $(AM_CFLAGS) -fvisibility=hidden -DBROKEN_TWIN
%C%_tocsin_core_option_la_SOURCES = %D%/broken.c
%C%_tocsin_core_option_la_LDFLAGS = $(naughty_ldflags)
%C%_tocsin_core_option_la_CFLAGS = $(AM_CFLAGS) -fvisibility=hidden -DBROKEN_CORE
%C%_tocsin_no_help_la_SOURCES = %D%/broken.c
%C%_tocsin_no_help_la_LDFLAGS = $(naughty_ldflags)
%C%_tocsin_no_help_la_CFLAGS = $(AM_CFLAGS) -fvisibility=hidden -DBROKEN_HELP
%C%_tocsin_null_init_la_SOURCES = %D%/broken.c
%C%_tocsin_null_init_la_LDFLAGS = $(naughty_ldflags)
%C%_tocsin_null_init_la_CFLAGS = $(AM_CFLAGS) -fvisibility=hidden -DBROKEN_NULL
%C%_tocsin_crash_load_la_SOURCES = %D%/broken.c
%C%_tocsin_crash_load_la_LDFLAGS = $(naughty_ldflags)
%C%_tocsin_crash_load_la_CFLAGS = $(AM_CFLAGS) -fvisibility=hidden -DBROKEN_LOAD
%C%_tocsin_newer_la_SOURCES = %D%/broken.c
%C%_tocsin_newer_la_LDFLAGS = $(naughty_ldflags)
%C%_tocsin_newer_la_CFLAGS = $(AM_CFLAGS) -fvisibility=hidden -DBROKEN_NEWER

check_PROGRAMS += %D%/drive
%C%_drive_SOURCES = %D%/drive.c
%C%_drive_LDADD = core/libtocsin.a $(CORE_LIBS)

TESTS += %D%/test-http.py %D%/test-workers.py %D%/test-loader.py %D%/manpages.py
EXTRA_DIST += %D%/test-http.py %D%/test-workers.py %D%/test-loader.py %D%/manpages.py %D%/driver.py
TESTS += %D%/test-author.py %D%/test-interface.py %D%/test-run.py
EXTRA_DIST += %D%/test-author.py %D%/api-1/tocsin-plugin.h %D%/test-interface.py %D%/test-run.py %D%/installcheck.sh

installcheck-local:
	DESTDIR='$(DESTDIR)' CC='$(CC)' $(srcdir)/tests/plugins/installcheck.sh \
		$(srcdir)/docs/plugins.md $(pkgconfigdir) $(pkglibdir) \
		$(bindir)/$$(echo tocsin | sed '$(transform)') $(pkgdatadir)
