# SPDX-License-Identifier: BSD-3-Clause
dist_man_MANS += \
	%D%/tocsin.1 \
	%D%/tocsin-azure-pipelines.7 \
	%D%/tocsin-bot-logs.7 \
	%D%/tocsin-email.7 \
	%D%/tocsin-feedstocks.7 \
	%D%/tocsin-file.7 \
	%D%/tocsin-github-actions.7 \
	%D%/tocsin-github-issues.7 \
	%D%/tocsin-logs.7 \
	%D%/tocsin-owners.5 \
	%D%/tocsin-plugin.3 \
	%D%/tocsin-rules.5 \
	%D%/tocsin-status-board.7 \
	%D%/tocsin-test.5 \
	%D%/tocsin-zulip.7 \
	%D%/tocsin.yaml.5 \
	$(NULL)
