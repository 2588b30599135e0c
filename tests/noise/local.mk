# SPDX-License-Identifier: BSD-3-Clause
# Run by ./dev noise; too slow for every check.
EXTRA_DIST += %D%/noise.py %D%/forge.py
