# SPDX-License-Identifier: BSD-3-Clause
core_libtocsin_a_SOURCES += %D%/settings.h %D%/problems.h
