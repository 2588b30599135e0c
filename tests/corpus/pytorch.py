#!/usr/bin/env python3
# SPDX-License-Identifier: BSD-3-Clause
"""An oracle that nobody here wrote: pytorch test-infra's rules, converted,
find the line that its own engine marked in its fixtures, and capture the
same. Needs the corpus (logs.py); nothing of it is kept here."""
import importlib.util
import json
import os
import re
import subprocess
import sys
import tempfile

sys.dont_write_bytecode = True

import logs as data  # noqa: E402

# fixture: (line, captures, why it is right that we say otherwise)
DEVIATIONS = {}

RULES = 102
FIXTURES = 19


def expected(path):
    """(line, captures) that the marks in a fixture say."""
    with open(path, encoding='utf-8') as f:
        for n, line in enumerate(f, 1):
            if line.startswith('#=MATCH=#'):
                return n, re.findall('‹(.*?)›', line)
    return None


def said(program, path, folder):
    log = os.path.join(folder, 'log')
    with open(log, 'w', encoding='utf-8') as f:
        f.write(data.unmarked(path))
    out = subprocess.run([program, 'classify', '--json', '--outcome',
                          'failure', log], stdout=subprocess.PIPE,
                         env=dict(os.environ, TOCSIN_DATA_DIR=folder),
                         check=True)
    for f in json.loads(out.stdout)['failures']:
        if f['primary']:
            return f['line'], [v for k, v in sorted(f['captures'].items())
                               if re.fullmatch(r'g\d+', k)]
    return None


def converted(base, folder):
    """The rules as a data folder; how many."""
    os.mkdir(os.path.join(folder, 'rules'))
    out = subprocess.run(
        [sys.executable, os.path.join(data.HERE, 'convert-pytorch.py'),
         os.path.join(base, 'rules', 'pytorch', 'ruleset.toml')],
        stdout=subprocess.PIPE, check=True)
    with open(os.path.join(folder, 'rules', 'pytorch.yaml'), 'wb') as f:
        f.write(out.stdout)
    return len(json.loads(out.stdout)['rules'])


def main():
    base = data.corpus()
    if not base:
        print('SKIP: no corpus; TOCSIN_CORPUS says where one is')
        return 77
    if not importlib.util.find_spec('tomllib'):
        print('SKIP: Python before 3.11 reads no TOML')
        return 77
    fixtures = os.path.join(base, 'gha', 'pytorch-test-infra', 'fixtures',
                            'classify')
    bad = count = 0
    with tempfile.TemporaryDirectory(prefix='tocsin-pytorch-') as folder:
        rules = converted(base, folder)
        for name in sorted(os.listdir(fixtures)):
            path = os.path.join(fixtures, name)
            want = expected(path)
            if not want:
                continue
            count += 1
            if name in DEVIATIONS:
                want = DEVIATIONS[name][:2]
            have = said(os.environ['TOCSIN'], path, folder)
            if have != want:
                bad += 1
                print('FAIL %s: %r, not %r' % (name, have, want))
    print('%d rules, %d fixtures, %d failed' % (rules, count, bad))
    if rules != RULES or count != FIXTURES:
        print('FAIL: not the corpus that this was written for')
        bad += 1
    return 1 if bad else 0


if __name__ == '__main__':
    sys.exit(main())
