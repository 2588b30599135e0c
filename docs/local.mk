# SPDX-License-Identifier: BSD-3-Clause
dist_doc_DATA += %D%/decisions.md
dist_doc_DATA += %D%/dependencies.md
dist_doc_DATA += %D%/email.md
dist_doc_DATA += %D%/github-issues.md
dist_doc_DATA += %D%/guards.md
dist_doc_DATA += %D%/internals.md
dist_doc_DATA += %D%/maintainers.md
dist_doc_DATA += %D%/messages.md
dist_doc_DATA += %D%/noise.md
dist_doc_DATA += %D%/operating.md
dist_doc_DATA += %D%/pictures.md
dist_doc_DATA += %D%/plugins.md
dist_doc_DATA += %D%/reasons.md
dist_doc_DATA += %D%/redaction.md
dist_doc_DATA += %D%/rules.md
dist_doc_DATA += %D%/state.md
dist_doc_DATA += %D%/testing.md
dist_doc_DATA += %D%/zulip.md

# docs/pictures.md shows them; ./dev pictures draws them.
picturesdir = $(docdir)/pictures
dist_pictures_DATA = \
	%D%/pictures/github-bot.png \
	%D%/pictures/github-build.png \
	%D%/pictures/github-closed.png \
	%D%/pictures/mail-build-text.png \
	%D%/pictures/mail-build.png \
	%D%/pictures/mail-closed.png \
	%D%/pictures/zulip-bot.png \
	%D%/pictures/zulip-outage.png \
	$(NULL)
EXTRA_DIST += %D%/pictures/make.py
