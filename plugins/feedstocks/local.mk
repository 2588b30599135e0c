# SPDX-License-Identifier: BSD-3-Clause
if PLUGIN_FEEDSTOCKS
pkglib_LTLIBRARIES += plugins/feedstocks/tocsin-feedstocks.la
plugins_feedstocks_tocsin_feedstocks_la_SOURCES = \
	plugins/bot-logs/fetched.c plugins/bot-logs/fetched.h \
	plugins/bot-logs/kept.c plugins/bot-logs/kept.h \
	plugins/bot-logs/remote.c plugins/bot-logs/remote.h \
	plugins/bot-logs/shards.c \
	plugins/bot-logs/tree.c plugins/bot-logs/tree.h \
	%D%/feedstocks.c %D%/feedstocks.h \
	%D%/maintainers.h \
	%D%/meta-yaml.c \
	%D%/names.c %D%/names.h \
	%D%/online.c \
	%D%/people.c \
	%D%/recipe-yaml.c \
	%D%/tables.c \
	$(NULL)
plugins_feedstocks_tocsin_feedstocks_la_LDFLAGS = $(PLUGIN_LDFLAGS)
plugins_feedstocks_tocsin_feedstocks_la_LIBADD = plugins/net/libnet.la \
	core/libbase.la \
	$(JANSSON_LIBS) $(CRYPTO_LIBS) $(YAML_LIBS) $(ZLIB_LIBS)
plugins_feedstocks_tocsin_feedstocks_la_CFLAGS = $(AM_CFLAGS) \
	-fvisibility=hidden
endif
