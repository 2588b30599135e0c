# SPDX-License-Identifier: BSD-3-Clause
core_libtocsin_a_SOURCES += core/run.h %D%/command.h
