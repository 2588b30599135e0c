# SPDX-License-Identifier: BSD-3-Clause
# One test for all cases: run.py finds them, adding one adds no code.
TESTS += %D%/run.py
EXTRA_DIST += %D%/README.md %D%/run.py %D%/case.py %D%/certs.py %D%/h2.py \
	%D%/match.py %D%/replay.py %D%/script.py %D%/server.py \
	%D%/shake.py %D%/cases
