# SPDX-License-Identifier: BSD-3-Clause
if PLUGIN_STATUS_BOARD
pkglib_LTLIBRARIES += plugins/status-board/tocsin-status-board.la
plugins_status_board_tocsin_status_board_la_SOURCES = %D%/board.c
plugins_status_board_tocsin_status_board_la_LDFLAGS = $(PLUGIN_LDFLAGS)
plugins_status_board_tocsin_status_board_la_LIBADD = \
	plugins/github/libgithub.la plugins/net/libnet.la \
	core/libbase.la $(JANSSON_LIBS) $(CRYPTO_LIBS)
plugins_status_board_tocsin_status_board_la_CFLAGS = $(AM_CFLAGS) \
	-fvisibility=hidden
endif
