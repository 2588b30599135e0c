#!/usr/bin/env python3
# SPDX-License-Identifier: BSD-3-Clause
"""How well the rules do on real logs that nobody here wrote.

Reads $TOCSIN_CORPUS/manifest.tsv (default ../shared/data), runs
`tocsin classify --json` over all of it and prints honest numbers: nothing is
left out because it does badly. The exit status is 0 whatever they are; it is
a measurement, no test. `--list WHAT` names the logs behind a number
(unclassified, symptom, wrong-line, wrong-category, green-hits).
"""
import argparse
import collections
import json
import os
import re
import shutil
import subprocess
import sys
import tempfile

import yaml

HERE = os.path.dirname(os.path.abspath(__file__))
ROOT = os.path.dirname(os.path.dirname(HERE))

# bioconda's classes and the areas that say the same in our words.
CLASSES = {
    'compiler error': {'compile', 'link', 'configure'},
    'dependency issue': {'dependency'},
    'test failure': {'test'},
    'source download error': {'source'},
    'checksum mismatch': {'source'},
    'disk space': {'infra'},
    'CI unresponsive': {'infra'},
    'conda/mamba bug': {'dependency', 'package', 'infra'},
}


def corpus():
    path = os.environ.get('TOCSIN_CORPUS') or os.path.join(
        ROOT, '..', 'shared', 'data')
    if not os.path.exists(os.path.join(path, 'manifest.tsv')):
        print('SKIP: no corpus at', path)
        sys.exit(0)
    return os.path.abspath(path)


def yaml_log(path):
    """The log in bioconda's build_failure.yaml, or None."""
    with open(path, encoding='utf-8', errors='replace') as f:
        text = f.read()
    try:
        doc = yaml.safe_load(text)
        return (doc or {}).get('log')
    except yaml.YAMLError:
        at = text.find('\nlog:')
        return text[at + 1:] if at >= 0 else None


def unmarked(path):
    """The log without the marks of pytorch's fixtures, or None."""
    with open(path, encoding='utf-8', errors='replace') as f:
        text = f.read()
    if '#=MATCH=#' not in text:
        return None
    return text.replace('#=MATCH=# ', '').replace('‹', '').replace('›', '')


class Log:
    def __init__(self, file, ci, group, label):
        self.file, self.ci, self.group, self.label = file, ci, group, label
        self.result = None

    @property
    def source(self):
        if self.ci == 'conda-build(yaml)':
            return 'bioconda, labelled' if self.label in CLASSES \
                else 'bioconda, no label'
        if self.ci == 'conda-build':
            return 'bioconda, labelled'
        for part, name in (('cf-job-logs', 'conda-forge jobs'),
                           ('cidiff', 'cidiff'),
                           ('pytorch', 'pytorch test-infra'),
                           ('bugswarm', 'bugswarm'),
                           ('issue-excerpts', 'issue excerpts')):
            if part in self.file:
                return name
        return 'other'

    @property
    def is_green(self):
        return self.label == 'pass' or self.label.startswith('ok ')

    @property
    def is_red(self):
        if self.is_green:
            return False
        return self.source in (
            'bioconda, labelled', 'bioconda, no label', 'conda-forge jobs',
            'pytorch test-infra', 'issue excerpts') or (
            self.source == 'cidiff') or self.label.startswith('broken')

    @property
    def primary(self):
        for f in self.result['failures']:
            if f['primary']:
                return f
        return None


def read_manifest(base):
    logs = []
    with open(os.path.join(base, 'manifest.tsv'), encoding='utf-8') as f:
        next(f)
        for line in f:
            cells = line.rstrip('\n').split('\t') + ['', '', '']
            logs.append(Log(*cells[:4]))
    return logs


def classify(base, logs, program, jobs):
    """Runs the program once for red and once for the rest."""
    tmp = tempfile.mkdtemp(prefix='tocsin-corpus-')
    try:
        for kind in ('failure', None):
            want, paths = [], []
            for n, log in enumerate(logs):
                if (kind == 'failure') != log.is_red:
                    continue
                path = os.path.join(base, log.file)
                text = None
                if log.ci == 'conda-build(yaml)':
                    text = yaml_log(path)
                    if not text:
                        continue
                elif log.source == 'pytorch test-infra':
                    text = unmarked(path)
                if text:
                    path = os.path.join(tmp, '%d.log' % n)
                    with open(path, 'w', encoding='utf-8') as f:
                        f.write(text)
                want.append(log)
                paths.append(path)
            run(program, kind, jobs, want, paths)
    finally:
        shutil.rmtree(tmp)


def run(program, outcome, jobs, logs, paths):
    by_path = dict(zip(paths, logs))
    cmd = [program, 'classify', '--json', '-j', str(jobs)]
    if outcome:
        cmd += ['--outcome', outcome]
    out = subprocess.run(cmd + paths, stdout=subprocess.PIPE, check=False)
    if out.returncode > 1:
        sys.exit('the classifier does not run')
    for line in out.stdout.splitlines():
        result = json.loads(line)
        if result['file'] in by_path:
            by_path[result['file']].result = result


def rank_of(rules, failure):
    return rules.get(failure['rule'], 'generic') if failure['rule'] \
        else 'generic'


def load_ranks():
    ranks = {}
    folder = os.path.join(ROOT, 'conf', 'rules')
    for name in sorted(os.listdir(folder)):
        with open(os.path.join(folder, name), encoding='utf-8') as f:
            for rule in yaml.safe_load(f).get('rules') or []:
                ranks[rule['id']] = rule.get('rank', 'cause')
    return ranks


def ranges(path):
    """[(first, last)] of both kinds, E rror and C ontext."""
    found = []
    with open(path, encoding='utf-8') as f:
        for line in f:
            m = re.match(r'^(?:[EC] )?(\d+)(?:-(\d+))?\s*$', line)
            if m:
                found.append((int(m[1]), int(m[2] or m[1])))
    return found


def truth(base, log):
    """Both people's ranges, [] where there are none."""
    folder = os.path.dirname(os.path.join(base, log.file))
    people = []
    for name in ('groundtruth', 'groundtruth2'):
        path = os.path.join(folder, name)
        if os.path.exists(path):
            people.append(ranges(path))
    return people


def editor_lines(path):
    """For each line by LF its first and last line as editors count them,
    which is how those people did: a lone CR ends a line, too."""
    with open(path, 'rb') as f:
        data = f.read()
    spans, at = [], 1
    for line in data.split(b'\n'):
        more = line.rstrip(b'\r').count(b'\r')
        spans.append((at, at + more))
        at += more + 1
    return spans


def inside(line, spans, editor):
    first, last = editor[min(line, len(editor)) - 1]
    return any(a <= last and first <= b for a, b in spans)


def marked_line(base, log):
    with open(os.path.join(base, log.file), encoding='utf-8',
              errors='replace') as f:
        for n, line in enumerate(f, 1):
            if '#=MATCH=#' in line:
                return n
    return None


def percent(part, whole):
    return '%3d of %3d  %5.1f %%' % (part, whole,
                                     100.0 * part / whole if whole else 0.0)


class Report:
    def __init__(self, base, logs, ranks):
        self.base, self.ranks = base, ranks
        self.logs = [log for log in logs if log.result]
        self.lists = collections.defaultdict(list)

    def named(self):
        print('\nRed logs that get a name (cause or symptom), and a cause')
        rows = collections.OrderedDict()
        for log in self.logs:
            if not log.is_red:
                continue
            row = rows.setdefault(log.source, [0, 0, 0])
            p = log.primary
            rank = rank_of(self.ranks, p) if p else 'generic'
            row[0] += 1
            row[1] += rank in ('cause', 'symptom')
            row[2] += rank == 'cause'
            if rank == 'generic':
                self.lists['unclassified'].append((log, p))
            if rank == 'symptom':
                self.lists['symptom'].append((log, p))
        total = [sum(r[i] for r in rows.values()) for i in range(3)]
        for name, row in list(rows.items()) + [('all', total)]:
            print('  %-22s named %s   cause %s'
                  % (name, percent(row[1], row[0]), percent(row[2], row[0])))

    def lines(self):
        print('\nPrimary line where people or another engine marked it')
        people = collections.Counter()
        for log in self.logs:
            if log.source != 'cidiff' or not log.is_red:
                continue
            spans = truth(self.base, log)
            if not any(spans):
                continue
            p = log.primary
            editor = editor_lines(os.path.join(self.base, log.file))
            hit = [inside(p['line'], s, editor) for s in spans if s]
            people['all'] += 1
            people['any'] += any(hit)
            people['both'] += all(hit)
            if not any(hit):
                self.lists['wrong-line'].append((log, p))
        print('  cidiff: in a range of anybody  %s'
              % percent(people['any'], people['all']))
        print('  cidiff: in the ranges of all   %s'
              % percent(people['both'], people['all']))
        marked = collections.Counter()
        for log in self.logs:
            if log.source != 'pytorch test-infra':
                continue
            line = marked_line(self.base, log)
            if not line:
                continue
            p = log.primary
            marked['all'] += 1
            near = p and p['excerpt']['first'] <= line <= p['excerpt']['last']
            marked['same'] += bool(p and p['line'] == line)
            marked['near'] += bool(near)
            if not (p and p['line'] == line):
                self.lists['wrong-line'].append((log, p))
        print('  pytorch test-infra: same line  %s'
              % percent(marked['same'], marked['all']))
        print('  pytorch test-infra: in excerpt %s'
              % percent(marked['near'], marked['all']))

    def classes(self):
        print('\nBioconda\'s class and the area of the primary')
        rows = collections.OrderedDict()
        for log in self.logs:
            if log.source != 'bioconda, labelled' or \
                    log.label not in CLASSES:
                continue
            row = rows.setdefault(log.label, [0, 0, collections.Counter()])
            area = log.primary['category'].split('/')[0]
            row[0] += 1
            row[1] += area in CLASSES[log.label]
            row[2][area] += 1
            if area not in CLASSES[log.label]:
                self.lists['wrong-category'].append((log, log.primary))
        for name, row in rows.items():
            areas = ', '.join('%s %d' % a for a in row[2].most_common(5))
            print('  %-22s %s   (%s)' % (name, percent(row[1], row[0]),
                                         areas))
        print('  %-22s %s' % ('all', percent(
            sum(r[1] for r in rows.values()),
            sum(r[0] for r in rows.values()))))

    def greens(self):
        print('\nGreen logs')
        per_rule = collections.Counter()
        green = [log for log in self.logs if log.is_green]
        red_verdict = 0
        for log in green:
            rules = {f['rule'] for f in log.result['failures'] if f['rule']}
            for rule in rules:
                per_rule[rule] += 1
            red_verdict += log.result['verdict'] != 'green'
            if rules or log.result['verdict'] != 'green':
                self.lists['green-hits'].append(
                    (log, (log.result['failures'] or [None])[0]))
        print('  not called green               %s'
              % percent(red_verdict, len(green)))
        for rule, n in per_rule.most_common():
            print('  %-30s hits %s' % (rule, percent(n, len(green))))
        print('  rules that hit a green log: %d of %d'
              % (len(per_rule), len(self.ranks)))

    def tell(self, what):
        for log, failure in self.lists.get(what, []):
            f = failure or {}
            print('%s [%s]\n    %s:%s %s' % (
                log.file, log.label, f.get('rule'), f.get('line'),
                (f.get('message') or '')[:160]))


def main():
    ap = argparse.ArgumentParser(description=__doc__)
    ap.add_argument('-j', type=int, default=os.cpu_count() or 2)
    ap.add_argument('--list', action='append', default=[])
    args = ap.parse_args()
    base = corpus()
    program = os.environ.get('TOCSIN') or os.path.join(ROOT, 'tocsin')
    logs = read_manifest(base)
    classify(base, logs, program, args.j)
    report = Report(base, logs, load_ranks())
    print('%d logs, %d classified by %d rules'
          % (len(logs), len(report.logs), len(report.ranks)))
    empty = [log for log in logs if not log.result]
    if empty:
        print('  %d files of the manifest hold no log' % len(empty))
    report.lists['no-log'] = [(log, None) for log in empty]
    report.named()
    report.lines()
    report.classes()
    report.greens()
    for what in args.list:
        print('\n' + what)
        report.tell(what)


if __name__ == '__main__':
    main()
