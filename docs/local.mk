# SPDX-License-Identifier: BSD-3-Clause
dist_doc_DATA += %D%/plugins.md
dist_doc_DATA += %D%/decisions.md %D%/reasons.md
dist_doc_DATA += %D%/state.md
dist_doc_DATA += %D%/messages.md
dist_doc_DATA += %D%/rules.md
dist_doc_DATA += %D%/dependencies.md
