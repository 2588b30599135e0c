#!/usr/bin/env python3
# SPDX-License-Identifier: BSD-3-Clause
"""Logs of many tools, as they print them: what the first sentence says, and
which line it is of; and that what went well says nothing.

tests/data/kinds/*.logs holds many logs each. `==== NAME: CATEGORY` begins one,
`== SENTENCE` is what people read, `>>> ` marks the line that says why. Nothing
may be found where CATEGORY is `green`, nor where it is `survived`, of a job
whose source says that it went well. A red log that does not end as a runner
ends it gets that line.

--write puts what is found now into the files: read the difference as a
maintainer of that project would, before it is kept.
"""
import glob
import json
import os
import re
import subprocess
import sys
import tempfile

SRC = os.environ.get('TOCSIN_SRC') or os.path.join(
    os.path.dirname(os.path.abspath(__file__)), '..')
MARK = '>>> '
END = '##[error]Process completed with exit code 1.'
WELL = ('green', 'survived')


class Case:
    def __init__(self, name, category):
        self.name, self.category = name, category
        self.sentence, self.lines, self.line = '', [], None

    def add(self, text):
        if not self.lines and text.startswith('== '):
            self.sentence = text[3:]
            return
        if text.startswith(MARK):
            self.line = len(self.lines) + 1
            text = text[len(MARK):]
        self.lines.append(text)

    def log(self):
        lines = list(self.lines)
        if self.category not in WELL and not any(
                line.startswith('##[error]') for line in lines):
            lines.append(END)
        return '\n'.join(lines) + '\n'

    def expected(self):
        if self.category in WELL:
            return None
        return self.category, self.line, self.sentence

    def __str__(self):
        lines = list(self.lines)
        if self.line:
            lines[self.line - 1] = MARK + lines[self.line - 1]
        head = ['==== %s: %s' % (self.name, self.category)]
        if self.sentence:
            head.append('== ' + self.sentence)
        return '\n'.join(head + lines) + '\n'


def read(path):
    cases = []
    with open(path, encoding='utf-8') as f:
        for line in f.read().splitlines():
            m = re.match(r'==== (.+): (\S+)$', line)
            if m:
                cases.append(Case(m[1], m[2]))
            else:
                cases[-1].add(line)
    return cases


def found(result):
    for f in result['failures']:
        if f['primary']:
            return f['category'], f['line'], f['summary'] or f['message']
    return None


def classify(cases):
    """What is found in each case."""
    program = os.environ.get('TOCSIN') or os.path.join(SRC, 'tocsin')
    results = {}
    with tempfile.TemporaryDirectory(prefix='tocsin-kinds-') as folder:
        paths = []
        for n, case in enumerate(cases):
            paths.append(os.path.join(folder, '%04d.log' % n))
            with open(paths[-1], 'w', encoding='utf-8') as f:
                f.write(case.log())
        for survived in False, True:
            some = [path for path, case in zip(paths, cases)
                    if (case.category == 'survived') == survived]
            out = subprocess.run(
                [program, 'classify', '--json']
                + ['--outcome=success'] * survived + some,
                stdout=subprocess.PIPE, check=False) if some else None
            for line in out.stdout.splitlines() if out else ():
                result = json.loads(line)
                results[result['file']] = found(result)
        return [results[path] for path in paths]


def check(path, write):
    cases = read(path)
    bad = 0
    for case, have in zip(cases, classify(cases)):
        if have == case.expected():
            continue
        bad += 1
        print('FAIL %s: %s: %r, not %r' % (os.path.basename(path), case.name,
                                           have, case.expected()))
        if have:
            case.category, case.line, case.sentence = have
    if write and bad:
        with open(path, 'w', encoding='utf-8') as f:
            f.write(''.join(str(case) for case in cases))
    return len(cases), bad


def main():
    write = sys.argv[1:2] == ['--write']
    count = bad = 0
    for path in sys.argv[1 + write:] or sorted(
            glob.glob(os.path.join(SRC, 'tests', 'data', 'kinds', '*.logs'))):
        more, wrong = check(path, write)
        count += more
        bad += wrong
    print('%d logs, %d failed' % (count, bad))
    return 1 if bad or not count else 0


if __name__ == '__main__':
    sys.exit(main())
