#!/usr/bin/env python3
# SPDX-License-Identifier: BSD-3-Clause
"""What is said of red logs that no rule knows: all rules are switched off.

tests/data/unknown/CASE/{log,expect.json}: what is shown of the log. A file
`same` beside it has the same fingerprint, a file `other` another one. With a
file `green` beside it, that is the last green log of the same job.
"""
import json
import os
import subprocess
import sys
import tempfile

BASE = os.path.join(os.environ['TOCSIN_SRC'], 'tests', 'data', 'unknown')


def classify(path, env):
    cmd = [os.environ['TOCSIN'], 'classify', '--json']
    green = os.path.join(os.path.dirname(path), 'green')
    if os.path.exists(green):
        cmd += ['--green', green]
    out = subprocess.run(cmd + ['--outcome', 'failure', path],
                         stdout=subprocess.PIPE, check=True, env=env)
    return json.loads(out.stdout)


def check(case, env):
    folder = os.path.join(BASE, case)
    with open(os.path.join(folder, 'expect.json'), encoding='utf-8') as f:
        want = json.load(f)['primary']
    have = classify(os.path.join(folder, 'log'), env)
    if have['verdict'] != 'unclassified' or len(have['failures']) != 1:
        return 'the verdict is %s' % have['verdict']
    p = have['failures'][0]
    for key, value in want.items():
        if p.get(key) != value:
            return '%s is %r, not %r' % (key, p.get(key), value)
    shown = p['excerpt']
    if not shown['first'] <= p['line'] <= shown['last'] or \
            p['message'] not in shown['text']:
        return 'the excerpt does not show the line'
    for name in ('same', 'other'):
        path = os.path.join(folder, name)
        if not os.path.exists(path):
            continue
        q = classify(path, env)['failures'][0]
        if (q['fingerprint'] == p['fingerprint']) != (name == 'same'):
            return 'the fingerprint of `%s`: %s (%r)' % (
                name, q['fingerprint'], q['message'])
    return None


def main():
    bad = 0
    with tempfile.TemporaryDirectory() as data:
        os.mkdir(os.path.join(data, 'rules'))
        with open(os.path.join(data, 'rules', 'none.yaml'), 'w',
                  encoding='utf-8') as f:
            f.write('rules: []\n')
        env = dict(os.environ, TOCSIN_DATA_DIR=data)
        for case in sorted(os.listdir(BASE)):
            problem = check(case, env)
            if problem:
                bad += 1
                print('FAIL %s: %s' % (case, problem))
    print('%d failed' % bad)
    return 1 if bad else 0


sys.exit(main())
