# SPDX-License-Identifier: BSD-3-Clause
# Samples are installed as such: never over a configuration in use.
dist_pkgdata_DATA = %D%/tocsin.schema.json
samplesdir = $(pkgdatadir)/samples
dist_samples_DATA = \
	%D%/cron/tocsin.cron \
	%D%/github-actions/tocsin.yml \
	%D%/owners.yaml \
	%D%/systemd/tocsin.service \
	%D%/systemd/tocsin.timer \
	%D%/tocsin.yaml \
	$(NULL)
condaforgedir = $(samplesdir)/conda-forge
dist_condaforge_DATA = \
	%D%/conda-forge/owners.yaml \
	%D%/conda-forge/sinks-live.yaml \
	%D%/conda-forge/sinks.yaml \
	%D%/conda-forge/sources.yaml \
	%D%/conda-forge/tocsin.yaml \
	$(NULL)
EXTRA_DIST += %D%/demo
skeletondir = $(pkgdatadir)/skeleton
dist_skeleton_DATA = \
	%D%/skeleton/Makefile.skeleton \
	%D%/skeleton/README.skeleton \
	%D%/skeleton/sink-sample.txt \
	%D%/skeleton/sink-test.sh \
	%D%/skeleton/sink.c.skeleton \
	%D%/skeleton/source-sample.txt \
	%D%/skeleton/source-test.sh \
	%D%/skeleton/source.c.skeleton \
	$(NULL)
rulesdir = $(pkgdatadir)/rules
dist_rules_DATA = \
	%D%/rules/10-infra.yaml \
	%D%/rules/12-machine.yaml \
	%D%/rules/14-network.yaml \
	%D%/rules/20-bot.yaml \
	%D%/rules/25-sources.yaml \
	%D%/rules/30-solver.yaml \
	%D%/rules/35-conda.yaml \
	%D%/rules/40-cmake.yaml \
	%D%/rules/41-meson.yaml \
	%D%/rules/42-autotools.yaml \
	%D%/rules/43-make.yaml \
	%D%/rules/44-commands.yaml \
	%D%/rules/45-lint.yaml \
	%D%/rules/50-compile.yaml \
	%D%/rules/51-msvc.yaml \
	%D%/rules/52-fortran.yaml \
	%D%/rules/53-cuda.yaml \
	%D%/rules/54-generators.yaml \
	%D%/rules/55-link.yaml \
	%D%/rules/56-link-macos.yaml \
	%D%/rules/57-link-windows.yaml \
	%D%/rules/58-load.yaml \
	%D%/rules/59-link-other.yaml \
	%D%/rules/60-python.yaml \
	%D%/rules/61-r.yaml \
	%D%/rules/62-rust.yaml \
	%D%/rules/63-go.yaml \
	%D%/rules/64-node.yaml \
	%D%/rules/65-jvm.yaml \
	%D%/rules/66-other.yaml \
	%D%/rules/67-rare.yaml \
	%D%/rules/70-test-python.yaml \
	%D%/rules/71-test-native.yaml \
	%D%/rules/72-test-jvm.yaml \
	%D%/rules/73-test-web.yaml \
	%D%/rules/74-test-other.yaml \
	%D%/rules/75-test-passed.yaml \
	%D%/rules/76-overcome.yaml \
	%D%/rules/80-upload.yaml \
	%D%/rules/82-security.yaml \
	%D%/rules/89-last-words.yaml \
	%D%/rules/90-symptoms.yaml \
	%D%/rules/95-generic.yaml \
	$(NULL)
