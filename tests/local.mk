# SPDX-License-Identifier: BSD-3-Clause
include tests/mock/local.mk
include tests/noise/local.mk
include tests/bot/local.mk
include tests/crash/local.mk
include tests/plugins/local.mk
include tests/scenarios/local.mk
include tests/server/local.mk
include tests/bench/local.mk
include tests/contract/local.mk
include tests/e2e/local.mk
include tests/github-issues/local.mk
