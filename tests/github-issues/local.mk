# SPDX-License-Identifier: BSD-3-Clause
if PLUGIN_GITHUB_ISSUES
TESTS += %D%/life.py
endif
EXTRA_DIST += %D%/support.py %D%/life.py \
	tests/fakes/README.md tests/fakes/github.py
