# SPDX-License-Identifier: BSD-3-Clause
"""`measure.py --no-rules`: what is said of red logs when every rule is off.

Against people's ranges and another engine's marks, and against the line that
a rule names where one knows the cause: near means inside of the excerpt that
the rule shows.
"""
import collections
import json
import os
import shutil
import subprocess
import tempfile

import logs as data


def without_rules():
    """A data folder that holds no rule at all."""
    folder = tempfile.mkdtemp(prefix='tocsin-no-rules-')
    conf = os.path.join(data.ROOT, 'conf')
    for name in os.listdir(conf):
        if name != 'rules':
            os.symlink(os.path.join(conf, name), os.path.join(folder, name))
    os.mkdir(os.path.join(folder, 'rules'))
    with open(os.path.join(folder, 'rules', 'none.yaml'), 'w',
              encoding='utf-8') as f:
        f.write('rules: []\n')
    return folder


class Unknown:
    def __init__(self, base, logs, columns):
        self.base, self.logs, self.columns = base, logs, columns
        self.part = collections.Counter()
        self.whole = collections.Counter()
        self.rows, self.wrong = [], []

    def add(self, row, log, hit):
        if row not in self.rows:
            self.rows.append(row)
        for column in (log.split, 'all'):
            self.whole[row, column] += 1
            self.part[row, column] += bool(hit)

    def marked(self, log, named):
        p, known = log.primary, named.get(log.file)
        if log.source == 'pytorch test-infra':
            line = data.marked_line(self.base, log)
            if line:
                shown = p['excerpt']
                self.add('pytorch, same line', log, p['line'] == line)
                self.add('pytorch, in excerpt', log,
                         shown['first'] <= line <= shown['last'])
        if not known:
            return
        shown = known['excerpt']
        near = shown['first'] <= p['line'] <= shown['last']
        self.add('same line as the rule', log, p['line'] == known['line'])
        self.add('near the line of the rule', log, near)
        if not near:
            self.wrong.append((log, '%s:%d' % (known['rule'], known['line'])))

    def people(self, log, suffix=''):
        people = data.truth(self.base, log)
        if log.source != 'cidiff' or not log.is_red or not people:
            return
        editor = data.editor_lines(os.path.join(self.base, log.file))
        hit = [data.inside(log.primary['line'], s, editor) for s in people]
        self.add('cidiff, of anybody' + suffix, log, any(hit))
        self.add('cidiff, of all' + suffix, log, all(hit))
        if not any(hit):
            self.wrong.append((log, 'people' + suffix))

    def tell(self, lists):
        print('%-36s %s' % ('With every rule off', '  '.join(
            '%19s' % c for c in self.columns)))
        for row in self.rows:
            print('  %-34s %s' % (row, '  '.join(
                '%4d of %4d %5.1f %%' % (
                    self.part[row, c], self.whole[row, c],
                    100.0 * self.part[row, c] / self.whole[row, c])
                if self.whole[row, c] else ' ' * 19 for c in self.columns)))
        for log, why in self.wrong if lists else []:
            if log.split == 'tuned':
                print('%s\n    not %s: %s %s' % (
                    log.file, why, log.primary['line'],
                    log.primary['message'][:160]))


def with_green(base, log, program):
    """Again, with the green log of the same job beside it."""
    path = os.path.join(base, log.file)
    green = os.path.join(os.path.dirname(path), 'pass.log')
    if not log.is_red or not os.path.exists(green):
        return
    out = subprocess.run(
        [program, 'classify', '--json', '--outcome', 'failure', '--green',
         green, path], stdout=subprocess.PIPE, check=True)
    log.result = json.loads(out.stdout)


def measure(base, logs, columns, program, jobs, lists):
    ranks = data.load_ranks()
    data.classify(base, logs, program, jobs)
    named = {log.file: log.primary for log in logs
             if log.result and log.is_red and log.primary
             and ranks.get(log.primary['rule']) == 'cause'}
    u = Unknown(base, logs, columns)
    folder = without_rules()
    os.environ['TOCSIN_DATA_DIR'] = folder
    try:
        data.classify(base, logs, program, jobs)
        for log in logs:
            if log.result and log.is_red and log.primary:
                u.marked(log, named)
                u.people(log)
        for log in logs:
            with_green(base, log, program)
            u.people(log, ', with the green log')
    finally:
        shutil.rmtree(folder)
    u.tell(lists)
