#!/bin/sh
# SPDX-License-Identifier: BSD-3-Clause
# Fuzz targets, as many at a time as there are processors; then what they found,
# each with its input: the end of a log is what is left of it.
#
#     tests/fuzz/run.sh BUILD SECONDS RUNS SEED [NAME...]
#
# With RUNS the same binary does the same every time, until SECONDS are over.
# RUNS 0: SECONDS alone, on from what earlier runs have found.
set -eu
only=
[ "$1" != one ] || { only=one && shift; } # by itself, side by side
build=$1 seconds=$2 runs=$3 seed=$4
shift 4
here=$(dirname "$0")
found=$build/fuzz-found

# Where code lies is something that libFuzzer learns from, too.
fixed=
[ "$runs" = 0 ] || ! setarch -R true 2>/dev/null || fixed='setarch -R'

# names: of all targets that are built
names()
{
    for t in "$build"/tests/fuzz/fuzz-*; do
        [ ! -x "$t" ] || [ ! -f "$t" ] || basename "$t"
    done
}

# A folder's files come in the order of the file system: name them instead.
seeds_of()
{
    find "$here/seeds/${1#fuzz-}" -type f 2>/dev/null | LC_ALL=C sort \
        | paste -sd,
}

# one NAME: what came of it is in NAME.log and NAME.end
one()
{
    corpus=$build/corpus/$1
    [ "$runs" = 0 ] || corpus=$build/corpus-of-one-run/$1
    [ "$runs" = 0 ] || rm -rf "$corpus"
    mkdir -p "$corpus"
    rm -f "$found/$1".*
    echo 'not ended' >"$build/$1.end"
    # shellcheck disable=SC2086
    $fixed "$build/tests/fuzz/$1" -seed="$seed" -max_total_time="$seconds" \
        -runs="$([ "$runs" = 0 ] && echo -1 || echo "$runs")" -timeout=60 \
        -rss_limit_mb=2048 -artifact_prefix="$found/$1." \
        -seed_inputs="$(seeds_of "$1")" "$corpus" >"$build/$1.log" 2>&1 || {
        echo "$1: FAILED"
        return 0
    }
    echo fine >"$build/$1.end"
    echo "$1: $(sed -n 's/^Done \(.*\)/\1/p' "$build/$1.log")"
}

# Files that it left, but for those that are only slow.
inputs_of()
{
    for f in "$found/$1".*; do
        case $f in *.slow-unit-*|*'*') ;; *) echo "$f" ;; esac
    done
}

# print FILE: a command that makes it again
print()
{
    name=$(basename "$1" | sed 's/.*\.//')
    if [ "$(wc -c <"$1")" -le 3000 ]; then
        echo "echo $(base64 -w0 "$1") | base64 -d >$name"
    else
        echo "echo $(gzip -9n <"$1" | base64 -w0) | base64 -d | gunzip >$name"
    fi
}

# tell NAME: what happened, where in our own code, and on which input
tell()
{
    log=$build/$1.log
    echo "-- $1, seed $seed"
    grep -aE 'BUG at|runtime error:|ERROR: |SUMMARY: ' "$log" | cut -c1-300 \
        | awk '!seen[$0]++' | head -4
    sed -nE 's#^ *\#[0-9]+ 0x[0-9a-f]+ in ([^ ]+).*/((core|plugins|tests)/[^ ]+:[0-9]+).*#    \1 \2#p' \
        "$log" | head -6
    grep -aE '^(MS: |==.*(out-of-memory|timeout))' "$log" | head -2
    for f in $(inputs_of "$1"); do
        print "$f"
    done
}

mkdir -p "$found"
if [ "$only" ]; then
    one "$1"
    exit
fi
# shellcheck disable=SC2046
[ $# -gt 0 ] || set -- $(names)
for name in "$@"; do
    echo "fuzz-${name#fuzz-}"
done | xargs -n 1 -P "$(nproc)" "$0" one "$build" "$seconds" "$runs" "$seed"
passed=0 failed=''
for name in "$@"; do
    name=fuzz-${name#fuzz-}
    if [ "$(cat "$build/$name.end")" = fine ]; then
        passed=$((passed + 1))
    else
        failed="$failed $name"
    fi
done
# shellcheck disable=SC2086
set -- $failed
echo "$passed passed, $# failed, 0 skipped"
for name in "$@"; do
    tell "$name"
done
[ $# = 0 ]
