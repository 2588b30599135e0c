# SPDX-License-Identifier: BSD-3-Clause
core_libtocsin_a_SOURCES += %D%/host.h %D%/wire.h %D%/worker.c
