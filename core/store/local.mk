# SPDX-License-Identifier: BSD-3-Clause
core_libtocsin_a_SOURCES += %D%/records.c %D%/records.h %D%/store.h
