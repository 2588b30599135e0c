# SPDX-License-Identifier: BSD-3-Clause
core_libtocsin_a_SOURCES += \
	%D%/node.h \
	%D%/problems.c %D%/problems.h \
	%D%/settings.h \
	$(NULL)
