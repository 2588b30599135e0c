#!/usr/bin/env python3
# SPDX-License-Identifier: BSD-3-Clause
"""pytorch test-infra's ruleset.toml as a rule file of Tocsin, on stdout.

Their rules are one list in order of priority, and of a rule's matches the
last one counts: `priority: N` and `prefer: last`.
`##[error]` at the start of a pattern is the CI's mark, which is no part of
the line here: `mark: error`. Captures are the unnamed groups, else the whole
match; they become the captures g1, g2, ...
"""
import json
import re
import sys
import tomllib

ERROR_MARK = r'^##\[error\]'


def group_starts(pattern):
    """Where unnamed capturing groups open."""
    at, in_class = 0, False
    while at < len(pattern):
        c = pattern[at]
        if c == '\\':
            at += 2
            continue
        if in_class:
            in_class = c != ']'
        elif c == '[':
            in_class = True
            if pattern[at + 1:at + 2] == '^':
                at += 1
            if pattern[at + 1:at + 2] == ']':
                at += 1
        elif c == '(' and pattern[at + 1:at + 2] != '?':
            yield at
        at += 1


def named(pattern):
    """(the pattern with names for its groups, the names)"""
    starts = list(group_starts(pattern))
    if not starts:
        anchor = '^' if pattern.startswith('^') else ''
        return '%s(?<g1>%s)' % (anchor, pattern[len(anchor):]), ['g1']
    for n, at in reversed(list(enumerate(starts, 1))):
        pattern = '%s(?<g%d>%s' % (pattern[:at], n, pattern[at + 1:])
    return pattern, ['g%d' % n for n in range(1, len(starts) + 1)]


def convert(number, of, rule):
    pattern, mark = rule['pattern'], None
    if pattern.startswith(ERROR_MARK):
        pattern, mark = '^' + pattern[len(ERROR_MARK):], 'error'
    pattern, names = named(pattern)
    slug = re.sub(r'[^a-z0-9]+', '-', rule['name'].lower()).strip('-')
    made = {
        'id': 'pytorch/%s-%d' % (slug, number),
        'category': 'unknown/pytorch',
        'blame': 'unknown',
        'priority': of - number,
        'prefer': 'last',
        'pattern': pattern,
        'summary': rule['name'],
        'fingerprint': names,
    }
    if mark:
        made['mark'] = mark
    return made


def main():
    with open(sys.argv[1], 'rb') as f:
        rules = tomllib.load(f)['rule']
    # JSON is YAML; its strings need no thought about quotes.
    print(json.dumps({'rules': [convert(n, len(rules), r)
                                for n, r in enumerate(rules, 1)]}, indent=1))


if __name__ == '__main__':
    main()
