# SPDX-License-Identifier: BSD-3-Clause
bot_tests = \
	%D%/bot-corpus.py \
	%D%/bot-drift.py \
	%D%/bot-others.py \
	%D%/bot-versions.py \
	%D%/feedstocks-corpus.py \
	%D%/feedstocks.py \
	%D%/host-keeps.py \
	%D%/manpages.py \
	$(NULL)
TESTS += $(bot_tests)
EXTRA_DIST += $(bot_tests) %D%/support.py
