# SPDX-License-Identifier: BSD-3-Clause
# Samples are installed as such: never over a configuration in use.
dist_pkgdata_DATA = %D%/tocsin.schema.json
samplesdir = $(pkgdatadir)/samples
dist_samples_DATA = \
	%D%/cron/tocsin.cron \
	%D%/owners.yaml \
	%D%/systemd/tocsin.service \
	%D%/systemd/tocsin.timer \
	%D%/tocsin.yaml \
	$(NULL)
condaforgedir = $(samplesdir)/conda-forge
dist_condaforge_DATA = \
	%D%/conda-forge/owners.yaml \
	%D%/conda-forge/sources.yaml \
	%D%/conda-forge/tocsin.yaml \
	$(NULL)
EXTRA_DIST += %D%/demo
