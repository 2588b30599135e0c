#!/bin/sh
# SPDX-License-Identifier: BSD-3-Clause
# The short form; ./dev crash is the long one.
exec python3 "$TOCSIN_SRC/tests/crash/crash.py" --passes 20 --seed 7
