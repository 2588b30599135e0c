#!/bin/sh
# SPDX-License-Identifier: BSD-3-Clause
# The short form; ./dev crash is the long one.
for plugin in azure-pipelines github-actions bot-logs feedstocks; do
    [ -e "$TOCSIN_BUILD/plugins/$plugin/.libs/tocsin-$plugin.so" ] || {
        echo "plugin $plugin is not built"
        exit 77
    }
done
exec python3 "$TOCSIN_SRC/tests/crash/collect.py" --passes 12 --seed 7
