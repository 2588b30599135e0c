# SPDX-License-Identifier: BSD-3-Clause
# ./dev contract
EXTRA_DIST += %D%/contract.py
