#!/bin/sh
# What every plugin owes Tocsin, and what this one makes of sample.txt.
set -eu
out=$("${TOCSIN:-tocsin}" plugin test ./tocsin-@NAME@.so --reply sample.txt) || {
    echo "$out"
    exit 1
}
echo "$out" | grep -q '^# said 2 runs' || {
    echo "$out" | grep '^# said'
    echo 'sample.txt has 2 runs' >&2
    exit 1
}
echo "$out" | tail -n 1
