# SPDX-License-Identifier: BSD-3-Clause
core_libtocsin_a_SOURCES += %D%/reason.h %D%/decide.h %D%/owners.h
