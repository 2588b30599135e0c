# SPDX-License-Identifier: BSD-3-Clause
if PLUGIN_GITHUB_ISSUES
TESTS += %D%/blocked.py %D%/cut.py %D%/digests.py %D%/doubles.py %D%/life.py \
	%D%/outcomes.py %D%/pace.py %D%/people.py %D%/stop.py
endif
EXTRA_DIST += %D%/support.py %D%/blocked.py %D%/cut.py %D%/digests.py \
	%D%/doubles.py %D%/life.py %D%/outcomes.py %D%/pace.py %D%/people.py \
	%D%/stop.py tests/fakes/README.md tests/fakes/github.py \
	tests/fakes/github_records.py tests/fakes/github_rest.py \
	tests/fakes/github_search.py tests/fakes/github_world.py
