#!/bin/sh
# SPDX-License-Identifier: BSD-3-Clause
# Other tools' YAML is no configuration of ours: each file is refused with a
# place, none is accepted, none crashes.
corpus=${TOCSIN_CORPUS:-}
[ -d "$corpus/routing/alertmanager" ] || {
    echo "no corpus at $corpus"
    exit 77
}
tmp=$(mktemp -d) || exit 99
trap 'rm -rf "$tmp"' EXIT
export TOCSIN_DATA_DIR="$TOCSIN_SRC/tests/data/config-share"
count=0
status=0
find "$corpus/routing/alertmanager" "$corpus/feedstocks" -type f \
    \( -name '*.yml' -o -name '*.yaml' \) | sort >"$tmp/files"
while read -r file; do
    # A copy: the corpus may be anybody's.
    cp "$file" "$tmp/foreign.yaml" && chmod 600 "$tmp/foreign.yaml"
    "$TOCSIN" check -c "$tmp/foreign.yaml" >"$tmp/out" 2>"$tmp/err"
    got=$?
    count=$((count + 1))
    if [ $got != 2 ] || ! grep -q 'foreign.yaml.*: error: ' "$tmp/err" \
        || [ -s "$tmp/out" ]; then
        echo "FAIL: $file: exit status $got"
        head -5 "$tmp/err"
        status=1
    fi
done <"$tmp/files"
echo "$count files"
[ $count -gt 40 ] || status=1
exit $status
