# SPDX-License-Identifier: BSD-3-Clause
TESTS += %D%/guards.py %D%/live.py %D%/undo.py %D%/lost.py %D%/flaky.py %D%/rules.py %D%/drafts.py %D%/hostile.py %D%/planted.py %D%/meanwhile.py %D%/strangers.py %D%/state.py %D%/commands.py %D%/approve.py %D%/forecast.py %D%/old-news.py %D%/operators.py \
	tests/tools/layers.sh tests/tools/man.sh tests/crash/short.sh
EXTRA_DIST += %D%/guards.py %D%/live.py %D%/undo.py %D%/lost.py %D%/flaky.py %D%/rules.py %D%/drafts.py %D%/hostile.py %D%/planted.py %D%/meanwhile.py %D%/strangers.py %D%/world.py %D%/state.py %D%/commands.py %D%/approve.py %D%/forecast.py %D%/old-news.py %D%/operators.py \
	tests/tools/layers.sh tests/tools/man.sh \
	tests/crash/short.sh tests/crash/crash.py tests/bench/bench.py \
	tests/bench/classify.py
