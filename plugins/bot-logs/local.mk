# SPDX-License-Identifier: BSD-3-Clause
bot_parts = \
	%D%/clean.c %D%/clean.h \
	%D%/fetched.c %D%/fetched.h \
	%D%/html.c \
	%D%/shape.c %D%/shape.h \
	%D%/shards.c \
	%D%/tree.c %D%/tree.h \
	$(NULL)

if PLUGIN_BOT_LOGS
pkglib_LTLIBRARIES += plugins/bot-logs/tocsin-bot-logs.la
plugins_bot_logs_tocsin_bot_logs_la_SOURCES = \
	$(bot_parts) \
	%D%/blobs.c \
	%D%/bot.c %D%/bot.h \
	%D%/documents.c \
	%D%/jobs.c \
	%D%/kept.c %D%/kept.h \
	%D%/listing.c %D%/listing.h %D%/listing-private.h \
	%D%/migrations.c \
	%D%/moment.c \
	%D%/odd.c \
	%D%/online.c \
	%D%/options.c \
	%D%/parsing.c \
	%D%/plausible.c \
	%D%/prs.c \
	%D%/remote.c %D%/remote.h \
	%D%/snap.c \
	%D%/trees.c \
	%D%/versions.c \
	$(NULL)
plugins_bot_logs_tocsin_bot_logs_la_LDFLAGS = $(PLUGIN_LDFLAGS)
plugins_bot_logs_tocsin_bot_logs_la_LIBADD = plugins/github/libgithub.la \
	plugins/net/libnet.la \
	core/libbase.la \
	$(JANSSON_LIBS) $(CRYPTO_LIBS) $(PCRE2_LIBS) $(ZLIB_LIBS)
plugins_bot_logs_tocsin_bot_logs_la_CFLAGS = $(AM_CFLAGS) \
	-fvisibility=hidden
endif

EXTRA_DIST += tests/fuzz/seeds/bot
if FUZZERS
fuzz_targets += tests/fuzz/fuzz-bot
tests_fuzz_fuzz_bot_SOURCES = tests/fuzz/fuzz-bot.c \
	$(bot_parts) \
	plugins/feedstocks/meta-yaml.c \
	plugins/feedstocks/names.c \
	plugins/feedstocks/recipe-yaml.c \
	$(NULL)
tests_fuzz_fuzz_bot_LDADD = $(FUZZ_LIBS)
tests_fuzz_fuzz_bot_LDFLAGS = $(fuzz_ldflags)
endif
