# SPDX-License-Identifier: BSD-3-Clause
templates_github_markdowndir = $(pkgdatadir)/templates/github-markdown
dist_templates_github_markdown_DATA = \
	conf/templates/github-markdown/bot.mustache \
	conf/templates/github-markdown/build.mustache \
	conf/templates/github-markdown/cause.mustache \
	conf/templates/github-markdown/end.mustache \
	conf/templates/github-markdown/facts.mustache \
	conf/templates/github-markdown/foot.mustache \
	conf/templates/github-markdown/list.mustache \
	conf/templates/github-markdown/minimal.mustache \
	conf/templates/github-markdown/operators.mustache \
	conf/templates/github-markdown/outbreak.mustache \
	conf/templates/github-markdown/promise.mustache \
	conf/templates/github-markdown/reminder.mustache \
	conf/templates/github-markdown/resolved.mustache \
	conf/templates/github-markdown/title.mustache \
	conf/templates/github-markdown/ways-out.mustache \
	conf/templates/github-markdown/why-you.mustache \
	$(NULL)
templates_htmldir = $(pkgdatadir)/templates/html
dist_templates_html_DATA = \
	conf/templates/html/bot.mustache \
	conf/templates/html/build.mustache \
	conf/templates/html/cause.mustache \
	conf/templates/html/end.mustache \
	conf/templates/html/facts.mustache \
	conf/templates/html/foot.mustache \
	conf/templates/html/list.mustache \
	conf/templates/html/minimal.mustache \
	conf/templates/html/operators.mustache \
	conf/templates/html/outbreak.mustache \
	conf/templates/html/promise.mustache \
	conf/templates/html/reminder.mustache \
	conf/templates/html/resolved.mustache \
	conf/templates/html/title.mustache \
	conf/templates/html/ways-out.mustache \
	conf/templates/html/why-you.mustache \
	$(NULL)
templates_mail_markdowndir = $(pkgdatadir)/templates/mail-markdown
dist_templates_mail_markdown_DATA = \
	conf/templates/mail-markdown/build.mustache \
	conf/templates/mail-markdown/facts.mustache \
	conf/templates/mail-markdown/foot.mustache \
	conf/templates/mail-markdown/operators.mustache \
	conf/templates/mail-markdown/promise.mustache \
	conf/templates/mail-markdown/reminder.mustache \
	conf/templates/mail-markdown/resolved.mustache \
	conf/templates/mail-markdown/ways-out.mustache \
	$(NULL)
templates_plaindir = $(pkgdatadir)/templates/plain
dist_templates_plain_DATA = \
	conf/templates/plain/bot.mustache \
	conf/templates/plain/build.mustache \
	conf/templates/plain/cause.mustache \
	conf/templates/plain/end.mustache \
	conf/templates/plain/facts.mustache \
	conf/templates/plain/foot.mustache \
	conf/templates/plain/list.mustache \
	conf/templates/plain/minimal.mustache \
	conf/templates/plain/operators.mustache \
	conf/templates/plain/outbreak.mustache \
	conf/templates/plain/promise.mustache \
	conf/templates/plain/reminder.mustache \
	conf/templates/plain/resolved.mustache \
	conf/templates/plain/title.mustache \
	conf/templates/plain/ways-out.mustache \
	conf/templates/plain/why-you.mustache \
	$(NULL)
templates_zulip_markdowndir = $(pkgdatadir)/templates/zulip-markdown
dist_templates_zulip_markdown_DATA = \
	conf/templates/zulip-markdown/bot.mustache \
	conf/templates/zulip-markdown/build.mustache \
	conf/templates/zulip-markdown/cause.mustache \
	conf/templates/zulip-markdown/end.mustache \
	conf/templates/zulip-markdown/facts.mustache \
	conf/templates/zulip-markdown/foot.mustache \
	conf/templates/zulip-markdown/list.mustache \
	conf/templates/zulip-markdown/minimal.mustache \
	conf/templates/zulip-markdown/operators.mustache \
	conf/templates/zulip-markdown/outbreak.mustache \
	conf/templates/zulip-markdown/promise.mustache \
	conf/templates/zulip-markdown/reminder.mustache \
	conf/templates/zulip-markdown/resolved.mustache \
	conf/templates/zulip-markdown/title.mustache \
	conf/templates/zulip-markdown/ways-out.mustache \
	conf/templates/zulip-markdown/why-you.mustache \
	$(NULL)
