#!/bin/sh
# SPDX-License-Identifier: BSD-3-Clause
# docs/reasons.md has each code of core/route/reason.h exactly once and no
# other, and docs/decisions.md names only such codes in its table.
set -eu
export LC_ALL=C                 # i lies between a and z
src=${TOCSIN_SRC:?}
tmp=$(mktemp -d)
trap 'rm -rf "$tmp"' EXIT
sed -n 's/^#define REASON_[A-Z_]* "\([a-z-]*\)".*/\1/p' \
    "$src/core/route/reason.h" | sort > "$tmp/header"
sed -n 's/^| `\([a-z-]*\)` | ..*/\1/p' "$src/docs/reasons.md" | sort \
    > "$tmp/page"
[ "$(wc -l < "$tmp/header")" -gt 20 ] || { echo "no codes found"; exit 1; }
diff "$tmp/header" "$tmp/page" || {
    echo "docs/reasons.md and core/route/reason.h differ"
    exit 1
}
# the table of gates: every code that can stop something, and only codes
grep '^| *[0-9]' "$src/docs/decisions.md" | cut -d'|' -f4 \
    | grep -o '`[a-z-]*`' | tr -d '`' | sort -u > "$tmp/gates"
unknown=$(comm -23 "$tmp/gates" "$tmp/header")
[ -z "$unknown" ] || { echo "not a reason code: $unknown"; exit 1; }
for code in archived stale-source outbreak-hold inhibited silenced snoozed \
    not-planned wrong duplicate closed-by-person pending flaky flapping backlog \
    unarmed muted no-route no-owner unreachable confidential not-allowed \
    window opted-out in-digest \
    digest-wait budget-pass budget-day budget-rule budget-person; do
    grep -qx -- "$code" "$tmp/gates" || {
        echo "docs/decisions.md has no gate for $code"
        exit 1
    }
done
# and every code has its sentence for operators
for name in $(sed -n 's/^#define \(REASON_[A-Z_]*\) .*/\1/p' \
    "$src/core/route/reason.h"); do
    grep -q "{ $name, " "$src/core/route/explain.c" || {
        echo "core/route/explain.c has no sentence for $name"
        exit 1
    }
done
