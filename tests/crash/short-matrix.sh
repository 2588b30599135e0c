#!/bin/sh
# SPDX-License-Identifier: BSD-3-Clause
# The short form; ./dev crash matrix is the whole one.
set -e
PYTHONDONTWRITEBYTECODE=1
export PYTHONDONTWRITEBYTECODE
matrix=$TOCSIN_SRC/tests/crash/matrix.py
python3 "$matrix" --jobs 1 --every 131
for sink in github-issues zulip email; do
    python3 "$matrix" --jobs 1 --sink "$sink" --every 173 --kills || [ $? = 77 ]
done
