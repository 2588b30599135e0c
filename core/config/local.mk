# SPDX-License-Identifier: BSD-3-Clause
core_libtocsin_a_SOURCES += \
	%D%/editor.c \
	%D%/glob.c %D%/glob.h \
	%D%/instance.c \
	%D%/keys.c \
	%D%/load.c \
	%D%/loading.h \
	%D%/nearest.c %D%/nearest.h \
	%D%/node.h \
	%D%/problems.c %D%/problems.h \
	%D%/refs.c \
	%D%/rules.c \
	%D%/schema.c %D%/schema.h \
	%D%/settings.c %D%/settings.h \
	%D%/yaml.c \
	$(NULL)

EXTRA_DIST += tests/config/cases.py tests/data/config tests/data/config-share
TESTS += tests/config/cases.py
