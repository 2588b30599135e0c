#!/usr/bin/env python3
# SPDX-License-Identifier: BSD-3-Clause
"""What jobs live through, beside what ends them: which of the two is told.

tests/data/beside/causes.logs holds what ends a job, noises.logs what tools
print and get over. `==== NAME: AREA|AREA` begins one (noises have no area),
`>>> ` marks the line that says why. Each cause stands in a log with each
noise, before or behind it, beside it or some lines away, in a log with an
outcome at its end and in one without. What is told must be in the cause's
lines and of its area.

Every other cause and noise is `held`: it is measured, and nobody looks at what
comes of it when the rules or the choice are changed. Each half has a bound of
its own.

Without arguments some of the pairs of a half stand in one placement each,
which goes round; --pairs takes every pair so, --all all twelve placements of
each. --list tuned shows what went wrong; --cause and --noise WORD take those
with the word in their name.
"""
import argparse
import collections
import json
import os
import re
import subprocess
import sys
import tempfile

SRC = os.environ.get('TOCSIN_SRC') or os.path.join(
    os.path.dirname(os.path.abspath(__file__)), '..')
DATA = os.path.join(SRC, 'tests', 'data', 'beside')
END = '##[error]Process completed with exit code 1.'
HALVES = 'tuned', 'held'
# (noise first, lines between, an outcome at the end)
PLACEMENTS = [(first, lines, told) for first in (True, False)
              for lines in (0, 5, 30) for told in (True, False)]
# Wrong of a hundred, at most; a little above what is measured.
BOUNDS = {'tuned': 2.5, 'held': 2.5}
STRIDE = 5  # of so many pairs one is taken
MANY = 2000  # logs of one run of the classifier


class Part:
    """A cause or a noise."""

    def __init__(self, name, areas, half):
        self.name, self.areas, self.half = name, areas, half
        self.lines = []


class Case:
    def __init__(self, cause, noise, placement):
        self.cause, self.noise, self.placement = cause, noise, placement

    def half(self):
        """None: one is of each."""
        same = not self.noise or self.cause.half == self.noise.half
        return self.cause.half if same else None

    def lines(self):
        """The log, and where the cause begins in it."""
        first, between, told = self.placement
        out = filler(20, 'a')
        gap = filler(between, 'b')
        noise = self.noise.lines if self.noise else []
        if first:
            out += noise + gap
        start = len(out) + 1
        out += self.cause.lines
        if not first:
            out += gap + noise
        return out + [END] * told, start

    def judge(self, found):
        _, start = self.lines()
        if not found or found['category'] == 'unknown':
            return 'none'
        inside = start <= found['line'] < start + len(self.cause.lines)
        right = found['category'].split('/')[0] in self.cause.areas
        return 'right' if inside and right else 'wrong'


def filler(count, name):
    return ['copying widget/%s%02d.py -> build/lib/widget' % (name, n)
            for n in range(count)]


def read(name):
    parts = []
    with open(os.path.join(DATA, name), encoding='utf-8') as f:
        for line in f.read().splitlines():
            m = re.match(r'==== (.+?)(?:: (\S+))?$', line)
            if m:
                parts.append(Part(m[1], (m[2] or '').split('|'),
                                  HALVES[len(parts) % 2]))
            else:
                parts[-1].lines.append(re.sub('^>>> ', '', line))
    return parts


def primary(result):
    for failure in result['failures']:
        if failure['primary']:
            return failure
    return None


def classify(cases):
    """The primary failure of each."""
    program = os.environ.get('TOCSIN') or os.path.join(SRC, 'tocsin')
    found = []
    for at in range(0, len(cases), MANY):
        with tempfile.TemporaryDirectory(prefix='tocsin-beside-') as folder:
            paths = []
            for n, case in enumerate(cases[at:at + MANY]):
                paths.append(os.path.join(folder, '%04d.log' % n))
                with open(paths[-1], 'w', encoding='utf-8') as f:
                    f.write('\n'.join(case.lines()[0]) + '\n')
            out = subprocess.run([program, 'classify', '--json'] + paths,
                                 stdout=subprocess.PIPE, check=False).stdout
            results = {}
            for line in out.splitlines():
                result = json.loads(line)
                results[result['file']] = primary(result)
            found += [results[path] for path in paths]
    return found


def show(case, found):
    first, between, told = case.placement
    print('%s | %s, %s, %d lines, %s: %s' % (
        case.cause.name, case.noise.name if case.noise else 'alone',
        'before' if first else 'behind', between,
        'told' if told else 'plain',
        '%s (%s): %s' % (found['rule'], found['category'], found['message'])
        if found else 'nothing'))


def chosen(options, causes, noises):
    for i, cause in enumerate(causes):
        for k, noise in enumerate(noises):
            if options.all:
                for placement in PLACEMENTS:
                    yield Case(cause, noise, placement)
            elif options.pairs or (i // 2 + k // 2) % STRIDE == 0:
                yield Case(cause, noise,
                           PLACEMENTS[(i // 2 + k // 2) % len(PLACEMENTS)])


def options_of(argv):
    p = argparse.ArgumentParser()
    p.add_argument('--all', action='store_true')
    p.add_argument('--pairs', action='store_true')
    p.add_argument('--half', choices=HALVES)
    p.add_argument('--list', choices=HALVES)
    p.add_argument('--by', choices=('cause', 'noise', 'rule', 'placement'))
    p.add_argument('--cause', default='')
    p.add_argument('--noise', default='')
    return p.parse_args(argv)


def check_alone(causes):
    """Without noise each cause is told: else its pairs would say nothing."""
    bad = 0
    cases = [Case(cause, None, (True, 0, told)) for cause in causes
             for told in (True, False)]
    for case, found in zip(cases, classify(cases)):
        if case.judge(found) != 'right':
            bad += 1
            print('FAIL', end=' ')
            show(case, found)
    return bad


def main():
    options = options_of(sys.argv[1:])
    causes = [p for p in read('causes.logs') if options.cause in p.name]
    noises = [p for p in read('noises.logs') if options.noise in p.name]
    bad = check_alone(causes)
    counts = collections.defaultdict(collections.Counter)
    why = collections.Counter()
    cases = [c for c in chosen(options, causes, noises)
             if c.half() and c.half() == (options.half or c.half())]
    for case, found in zip(cases, classify(cases)):
        verdict = case.judge(found)
        counts[case.half()][verdict] += 1
        if verdict == 'right' or case.half() != (options.list or 'tuned'):
            continue
        if options.list:
            show(case, found)
        why[{'cause': case.cause.name, 'noise': case.noise.name,
             'rule': found and found['rule'],
             'placement': case.placement}.get(options.by)] += 1
    for what, count in why.most_common() if options.by else ():
        print('%5d %s' % (count, what))
    for half in HALVES:
        c, total = counts[half], sum(counts[half].values())
        share = 100 * (total - c['right']) / total if total else 0
        print('%-5s %6d logs: %d wrong, %d nothing, %.2f of a hundred'
              % (half or 'mixed', total, c['wrong'], c['none'], share))
        if share > BOUNDS[half]:
            print('FAIL %s: more than %.2f' % (half, BOUNDS[half]))
            bad += 1
    return 1 if bad or not cases else 0


if __name__ == '__main__':
    sys.exit(main())
