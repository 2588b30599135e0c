# SPDX-License-Identifier: BSD-3-Clause
dist_man_MANS += %D%/tocsin.1 %D%/tocsin-test.5
