#!/bin/sh
# SPDX-License-Identifier: BSD-3-Clause
# `path: -` in a real pass: a log from a pipe, plain and packed, becomes a
# message; with nothing there (/dev/null) nothing breaks.
set -eu

tmp=$(mktemp -d)
trap 'rm -rf "$tmp"' EXIT

cat >"$tmp/tocsin.yaml" <<'YAML'
version: 1
state: sqlite:tocsin.db
armed: true
sources:
  pipe: {plugin: logs, path: '-', project: acme/widget, default_branch: main}
sinks:
  out: {plugin: file, dir: out}
teams:
  us: {persons: [us]}
policy: {open: {any: [{pushes: 1}]}}
routes:
  - {owner: us, via: [out]}
fallback: {owner: us, via: [out]}
operators: {owner: us, via: [out]}
YAML

log()
{
    printf '%s\n' "$1: error: expected ';' before '}' token" \
        'make: *** [Makefile:7: all] Error 1' \
        '##[error]Process completed with exit code 1.'
}

run() { "$TOCSIN" -c "$tmp/tocsin.yaml" run --now "$1" >"$tmp/log" 2>&1; }
messages() { cat "$tmp"/out/messages/* 2>/dev/null || true; }

run 2026-11-01T10:00:00Z </dev/null || { cat "$tmp/log"; exit 1; }
messages | grep -q '"kind": "build"' \
    && { messages; echo 'FAILED: nothing was red'; exit 1; }
messages | grep -q 'is empty' \
    || { messages; echo 'FAILED: operators are not told'; exit 1; }

log src/one.c:3:5 | run 2026-11-01T11:00:00Z || { cat "$tmp/log"; exit 1; }
messages | grep -q 'src/one.c' || { messages; echo 'FAILED: plain'; exit 1; }

log src/two.c:3:5 | gzip | run 2026-11-01T12:00:00Z \
    || { cat "$tmp/log"; exit 1; }
messages | grep -q 'src/two.c' || { messages; echo 'FAILED: gzip'; exit 1; }
