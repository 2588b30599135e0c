#!/bin/sh
# SPDX-License-Identifier: BSD-3-Clause
# The short form; ./dev crash matrix is the whole one.
PYTHONDONTWRITEBYTECODE=1 exec python3 "$TOCSIN_SRC/tests/crash/matrix.py" \
    --every 97
