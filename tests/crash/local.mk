# SPDX-License-Identifier: BSD-3-Clause
check_PROGRAMS += %D%/at-write
%C%_at_write_SOURCES = %D%/at-write.c
TESTS += %D%/short-collect.sh %D%/short-matrix.sh
EXTRA_DIST += %D%/short-collect.sh %D%/collect.py %D%/github.py \
	%D%/short-matrix.sh %D%/matrix.py %D%/story.py %D%/places.py \
	%D%/world.py
