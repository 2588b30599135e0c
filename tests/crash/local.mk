# SPDX-License-Identifier: BSD-3-Clause
TESTS += %D%/short-collect.sh
EXTRA_DIST += %D%/short-collect.sh %D%/collect.py
