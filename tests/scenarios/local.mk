# SPDX-License-Identifier: BSD-3-Clause
# Each scenario is a test of its own: adding one adds no code.
SCENARIOS = \
	%D%/announced-outage.yaml \
	%D%/archive.yaml \
	%D%/arming.yaml \
	%D%/better-rules.yaml \
	%D%/cancelled-says-nothing.yaml \
	%D%/clocks-back.yaml \
	%D%/digests.yaml \
	%D%/escalation.yaml \
	%D%/flaky.yaml \
	%D%/gap.yaml \
	%D%/inhibition.yaml \
	%D%/late-marks.yaml \
	%D%/maintainer-leaves.yaml \
	%D%/mended-and-revealed.yaml \
	%D%/moved-to-actions.yaml \
	%D%/new-category-old-ticket.yaml \
	%D%/new-class-old-ticket.yaml \
	%D%/nobody-left.yaml \
	%D%/one-class-into-two.yaml \
	%D%/one-red-never-pushed-again.yaml \
	%D%/outage.yaml \
	%D%/people.yaml \
	%D%/preferences.yaml \
	%D%/pull-requests.yaml \
	%D%/relapse.yaml \
	%D%/rename.yaml \
	%D%/renamed-rule.yaml \
	%D%/rule-taken-back.yaml \
	%D%/silence-covers-it.yaml \
	%D%/silence.yaml \
	%D%/stuck-bot.yaml \
	%D%/three-causes-one-ticket.yaml \
	%D%/three-hundred-of-one-person.yaml \
	%D%/token-lost.yaml \
	%D%/truncated-status.yaml \
	%D%/unreachable.yaml \
	%D%/twelve-variants.yaml \
	%D%/variant-dropped.yaml \
	%D%/windows.yaml \
	$(NULL)
TEST_EXTENSIONS += .yaml
YAML_LOG_COMPILER = $(SHELL) $(top_srcdir)/tests/scenarios/play
TESTS += $(SCENARIOS)
EXTRA_DIST += $(SCENARIOS) %D%/play
