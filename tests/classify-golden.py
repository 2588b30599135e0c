#!/usr/bin/env python3
# SPDX-License-Identifier: BSD-3-Clause
"""tests/data/logs/CASE/{log,expect.json}: what the shipped rules say of logs
in the real shapes. A new case is a new folder; no code is needed."""
import json
import os
import subprocess
import sys

BASE = os.path.join(os.environ['TOCSIN_SRC'], 'tests', 'data', 'logs')


def differs(want, have, where):
    """The first difference of want (a part) from have (the whole)."""
    if isinstance(want, dict):
        for key, value in want.items():
            d = differs(value, (have or {}).get(key), where + '.' + key)
            if d:
                return d
        return None
    return None if want == have else '%s: %r, not %r' % (where, have, want)


def check(case):
    folder = os.path.join(BASE, case)
    with open(os.path.join(folder, 'expect.json'), encoding='utf-8') as f:
        want = json.load(f)
    out = subprocess.run(
        [os.environ['TOCSIN'], 'classify', '--json',
         os.path.join(folder, 'log')], stdout=subprocess.PIPE, check=True)
    have = json.loads(out.stdout)
    primary = [f for f in have['failures'] if f['primary']]
    if len(primary) != (have['verdict'] != 'green'):
        return '%d failures are primary' % len(primary)
    have['primary'] = primary[0] if primary else None
    for rule in want.pop('others', []):
        if rule not in [f['rule'] for f in have['failures']]:
            return 'no failure by ' + rule
    if 'failures' in want and len(have['failures']) != want.pop('failures'):
        return '%d failures' % len(have['failures'])
    if primary and not primary[0]['excerpt']['text']:
        return 'no excerpt'
    return differs(want, have, '')


def main():
    bad = 0
    for case in sorted(os.listdir(BASE)):
        problem = check(case)
        if problem:
            bad += 1
            print('FAIL %s: %s' % (case, problem))
    print('%d failed' % bad)
    return 1 if bad else 0


sys.exit(main())
