#!/bin/sh
# SPDX-License-Identifier: BSD-3-Clause
# The demo tells its story: who is told what, when, who is not, and why. And
# the samples are what make-samples.py makes.
set -eu

demo=$TOCSIN_SRC/conf/demo
tmp=$(mktemp -d)
trap 'rm -rf "$tmp"' EXIT
TMPDIR=$tmp
export TMPDIR

fail()
{
    echo "FAILED: $*"
    cat "$tmp/out"
    exit 1
}

# has TEXT: the output holds it. In order: each after the one before.
has() { grep -qF -- "$1" "$tmp/out" || fail "not said: $1"; }
hasnt() { ! grep -qF -- "$1" "$tmp/out" || fail "said: $1"; }

mkdir "$tmp/again"
python3 "$demo/make-samples.py" "$tmp/again"
for part in passes feedstocks; do
    diff -r "$tmp/again/$part" "$demo/$part" || {
        echo "FAILED: conf/demo/$part is not what make-samples.py makes"
        exit 1
    }
done

sh "$demo/demo.sh" "$TOCSIN" >"$tmp/out" 2>"$tmp/err" || fail "exit status"
[ ! -s "$tmp/err" ] || { cat "$tmp/err"; fail "chatter"; }

# When what is told, one line a message.
sed -n '/^2\. /,/^3\. /{
    s/^  \(2026-[0-9-]* [0-9:]*\) .*/AT \1/p
    s/^    \([A-Za-z]*\)  *\(issues\|chat\)  *\(.*\)/\1 \2 \3/p
}' "$tmp/out" | awk '/^AT/ { at = $2 " " $3; next } { print at ": " $0 }' \
    >"$tmp/story"
cat >"$tmp/want" <<'WANT'
2026-11-11 22:00: NEW issues conda-forge/cobaltleaf-feedstock
2026-11-12 10:00: NEW issues conda-forge/pyorrery-feedstock
2026-11-12 10:00: NEW chat several
2026-11-12 22:00: CLOSED issues conda-forge/cobaltleaf-feedstock
2026-11-13 22:00: NEW chat conda-forge/conda-forge-bot
2026-11-14 22:00: NEW issues conda-forge/quillpack-feedstock
2026-11-16 22:00: NEW issues conda-forge/marigold-tools-feedstock
WANT
grep -E ': (NEW|CLOSED|REOPENED) ' "$tmp/story" | diff "$tmp/want" - \
    || fail "another story"

# One message for three failures of one push, with all of them in it.
has '`main` does not build, for 3 reasons'
has 'ZSTD_resetCStream_internal'
has 'has no member named'
has 'test_roundtrip_large'
# The outage is core's, and what it left red is named when it is over.
has '8 projects of 8 owners'
has 'conda-forge/duskwarden-feedstock'
has 'conda-forge/hollowreed-feedstock'
hasnt 'brambletree-feedstock` `main`'
# The people behind it, and only those.
has '@bo-example @cleo-example'
has '@dina-example'
for nobody in fay emil hana ivo june kai lena milo nora otis gus; do
    [ $nobody = gus ] || hasnt "@$nobody-example"
done

# Who was told nothing, and why.
sed -n '/^4\. /,/^5\. /p' "$tmp/out" >"$tmp/held"
for line in 'conda-forge/nettlebed-feedstock' 'pending' \
    'conda-forge/tidewater-feedstock' 'flaky' \
    'conda-forge/lanternfish-feedstock' 'never-opened'; do
    grep -qF -- "$line" "$tmp/held" || fail "not among the held: $line"
done
sed -n '/^5\. /,/^6\. /p' "$tmp/out" | grep -q 'budget-person' \
    || fail "no budget"

# Somebody's own folder: projects by folder, packed logs too.
mkdir -p "$tmp/own/alpha" "$tmp/own/it's"
cp "$demo/passes/2026-11-12T2200/logs/quillpack-feedstock/linux_64.1.log" \
    "$tmp/own/alpha/"
gzip -c "$demo/passes/2026-11-16T2200/logs/nettlebed-feedstock/linux_64.1.log" \
    >"$tmp/own/it's/patch.log.gz"
sh "$demo/demo.sh" "$TOCSIN" "$tmp/own" >"$tmp/out" 2>"$tmp/err" \
    || fail "exit status of one's own"
has 'local/alpha main'
has "local/it-s main"
has '../src/pack.c'
has 'a patch of the recipe does not apply'

# A part of a log, pasted: it does not say how the job ended, and yet what
# broke is shown, and said to be so. What shows nothing stays silent.
mkdir -p "$tmp/own/beta"
printf 'Collecting package metadata\n  - nothing provides requested %s\n' \
    'libtessera 4.2.*' >"$tmp/own/beta/pasted.txt"
echo 'all is well' >"$tmp/own/beta/nothing.txt"
sh "$demo/demo.sh" "$TOCSIN" "$tmp/own" >"$tmp/out" 2>"$tmp/err" \
    || fail "exit status with a pasted log"
has '4 logs read: 2 red, 0 green.'
has '1 does not say how the job ended, but shows what broke'
has '1 says neither, and shows nothing'
has '  beta/pasted.txt'
has 'local/beta main'
has '`libtessera 4.2.*` is not in the channel'

# What is no folder is said to be none.
for wrong in "$tmp/nowhere" "$tmp/own/beta/pasted.txt"; do
    ! sh "$demo/demo.sh" "$TOCSIN" "$wrong" >"$tmp/out" 2>&1 \
        || fail "exit status of $wrong"
    has "demo: $wrong"
    hasnt 'line'
done
has 'tocsin classify'
