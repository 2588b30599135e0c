#!/bin/sh
# SPDX-License-Identifier: BSD-3-Clause
# Includes go down only: cli > run > {host, incident, route, deliver,
# classify} > store > config > base. Plugins use the public header and base.
set -eu
export LC_ALL=C                 # i lies between a and z
cd "$TOCSIN_SRC"
bad=0

rank()
{
    case $1 in
    base) echo 0 ;;
    config) echo 1 ;;
    store) echo 2 ;;
    classify|incident|route|deliver|host) echo 3 ;;
    run) echo 4 ;;
    cli) echo 5 ;;
    *) echo 9 ;;
    esac
}

for f in core/*/*.c core/*/*.h core/*.c core/run*.h; do
    from=$(echo "$f" | sed 's#core/\([a-z]*\).*#\1#')
    for inc in $(sed -n 's#^\#include "core/\([^"]*\)".*#\1#p' "$f"); do
        case $inc in
        tocsin-plugin.h) continue ;;
        run.h|run-private.h) to=run ;;
        *) to=${inc%%/*} ;;
        esac
        if [ "$(rank "$to")" -gt "$(rank "$from")" ]; then
            echo "$f includes core/$inc: that goes up"
            bad=1
        fi
        case $inc in
        *-private.h)
            if [ "$to" != "$from" ]; then
                echo "$f includes core/$inc: that is private"
                bad=1
            fi ;;
        esac
    done
done
for f in plugins/*/*.c plugins/*/*.h; do
    for inc in $(sed -n 's#^\#include "core/\([^"]*\)".*#\1#p' "$f"); do
        case $inc in
        tocsin-plugin.h|base/*) ;;
        *) echo "$f includes core/$inc: plugins have the public header"; bad=1 ;;
        esac
    done
done
exit $bad
