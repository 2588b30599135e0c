# SPDX-License-Identifier: BSD-3-Clause
if PLUGIN_GITHUB_ISSUES
TESTS += %D%/life.py %D%/outcomes.py %D%/people.py
endif
EXTRA_DIST += %D%/support.py %D%/life.py %D%/outcomes.py %D%/people.py \
	tests/fakes/README.md tests/fakes/github.py
