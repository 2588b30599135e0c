#!/bin/sh
# SPDX-License-Identifier: BSD-3-Clause
# What `tocsin COMMAND --help` offers and what tocsin(1) describes are the
# same, command by command.
set -eu
export LC_ALL=C                 # i lies between a and z
man="$TOCSIN_SRC/man/tocsin.1"
tmp=$(mktemp -d)
trap 'rm -rf "$tmp"' EXIT
bad=0

commands=$("$TOCSIN" --help | sed -n 's/^  \([a-z][a-z]*\)  .*/\1/p')
[ -n "$commands" ]
for c in $commands; do
    "$TOCSIN" "$c" --help >"$tmp/help" || {
        echo "$c --help exits $?"
        bad=1
    }
    grep -o -e '--[a-z][a-z-]*' "$tmp/help" | sort -u | grep -v -x -e --help \
        >"$tmp/offered" || true
    # The section of this command in the page: from its .Ss to the next.
    sed -n "/^\.Ss $c\$/,/^\.S[sh]/p" "$man" \
        | grep -o -e 'Fl -[a-z][a-z-]*' | sed 's/Fl -/--/' | sort -u \
        >"$tmp/described" || true
    grep -q "^\.Ss $c\$" "$man" || {
        echo "tocsin(1) has no section on $c"
        bad=1
    }
    diff "$tmp/described" "$tmp/offered" >"$tmp/diff" || {
        echo "$c: tocsin(1) (<) and --help (>) differ:"
        cat "$tmp/diff"
        bad=1
    }
done
exit $bad
