#!/usr/bin/env python3
# SPDX-License-Identifier: BSD-3-Clause
"""How well the rules do on real logs that nobody here wrote.

Runs `tocsin classify --json` over the logs of $TOCSIN_CORPUS (see logs.py)
and prints honest numbers: nothing is left out because it does badly. The exit
status is 0 whatever they are; it is a measurement, no test.

--split tuned counts the logs that rules may be written from, --split held
those that nobody may look at; without it both stand side by side.
--list WHAT names the logs behind a number (unclassified, symptom, wrong-line,
wrong-category, green-hits, no-log). It names tuned logs and only counts held
ones, unless `--split all` asks for them in so many words: who has read a held
log has spent it.
--no-rules switches every rule off and measures what is said then (unknown.py);
with --list wrong-line it names the tuned logs where that is wrong.
"""
import argparse
import collections
import os
import sys

sys.dont_write_bytecode = True

import logs as data  # noqa: E402
import unknown  # noqa: E402

COLUMNS = {'tuned': ('tuned',), 'held': ('held',),
           'all': ('tuned', 'held', 'all')}
LISTS = ('unclassified', 'symptom', 'wrong-line', 'wrong-category',
         'green-hits', 'no-log')


class Tally:
    """One row of a table: how many of how many, for each split."""

    def __init__(self):
        self.part = collections.Counter()
        self.whole = collections.Counter()

    def add(self, log, hit):
        for column in (log.split, 'all'):
            self.whole[column] += 1
            self.part[column] += bool(hit)

    def cells(self, columns):
        cells = []
        for c in columns:
            part, whole = self.part[c], self.whole[c]
            cells.append('%4d of %4d %5.1f %%' % (part, whole,
                                                  100.0 * part / whole)
                         if whole else '%12s      -  ' % '-')
        return '  '.join(cells)


def ends_only(failure):
    """Whether it says no more than where a log ends."""
    return (failure['category'] or '').endswith('/log-ends')


class Report:
    def __init__(self, base, logs, columns):
        self.base, self.columns = base, columns
        self.ranks = data.load_ranks()
        self.logs = [log for log in logs if log.result]
        self.lists = collections.defaultdict(list)
        self.lists['no-log'] = [(log, None) for log in logs
                                if not log.result]
        self.rows = collections.defaultdict(Tally)

    def rank(self, failure):
        if not failure or not failure['rule']:
            return 'generic'
        return self.ranks.get(failure['rule'], 'cause')

    def note(self, what, log, failure):
        self.lists[what].append((log, failure))

    def count_named(self):
        for log in self.logs:
            if not log.is_red:
                continue
            p = log.primary
            rank = self.rank(p)
            for row in (log.kind + ' kind', log.source):
                self.rows['named', row].add(log, rank != 'generic')
                self.rows['cause', row].add(log, rank == 'cause')
                self.rows['why', row].add(
                    log, rank != 'generic' and not ends_only(p))
            if rank == 'generic':
                self.note('unclassified', log, p)
            if rank == 'symptom':
                self.note('symptom', log, p)

    def count_lines(self):
        for log in self.logs:
            if log.source == 'cidiff' and log.is_red:
                self.count_people(log)
            elif log.source == 'pytorch test-infra':
                self.count_mark(log)

    def count_people(self, log):
        people = data.truth(self.base, log)
        if not people:
            return
        editor = data.editor_lines(os.path.join(self.base, log.file))
        hit = [log.primary and data.inside(log.primary['line'], s, editor)
               for s in people]
        self.rows['line', 'both'].add(log, any(hit))
        self.rows['line', 'cidiff, of anybody'].add(log, any(hit))
        self.rows['line', 'cidiff, of all'].add(log, all(hit))
        if not any(hit):
            self.note('wrong-line', log, log.primary)

    def count_mark(self, log):
        line = data.marked_line(self.base, log)
        if not line:
            return
        p = log.primary
        same = p and p['line'] == line
        near = p and p['excerpt']['first'] <= line <= p['excerpt']['last']
        self.rows['line', 'both'].add(log, same)
        self.rows['line', 'pytorch, same line'].add(log, same)
        self.rows['line', 'pytorch, in excerpt'].add(log, near)
        if not same:
            self.note('wrong-line', log, p)

    def count_classes(self):
        self.areas = collections.defaultdict(collections.Counter)
        for log in self.logs:
            if log.source != 'bioconda, labelled' or \
                    log.label not in data.CLASSES:
                continue
            area = log.primary['category'].split('/')[0]
            right = area in data.CLASSES[log.label]
            self.rows['class', 'all'].add(log, right)
            self.rows['class', log.label].add(log, right)
            self.areas[log.label][area] += 1
            if not right:
                self.note('wrong-category', log, log.primary)

    def count_greens(self):
        self.green_rules = collections.Counter()
        self.greens = collections.Counter()
        for log in self.logs:
            if not log.is_green:
                continue
            hits = [f for f in log.result['failures']
                    if f['rule'] and self.rank(f) in ('cause', 'symptom')]
            left = {h['rule'] for h in log.result.get('survived', [])}
            self.rows['green', 'hit'].add(log, hits)
            self.rows['green', 'hit that the job survived'].add(log, left)
            red = [f for f in (log.as_red or {'failures': []})['failures']
                   if self.rank(f) in ('cause', 'symptom')]
            self.rows['green', 'hit, were the job red'].add(log, red)
            self.rows['green', 'not called green'].add(
                log, log.result['verdict'] != 'green')
            for rule in {f['rule'] for f in hits} | left:
                for column in (log.split, 'all'):
                    self.green_rules[rule, column] += 1
            for column in (log.split, 'all'):
                self.greens[column] += 1
            if hits or log.result['verdict'] != 'green':
                self.note('green-hits', log,
                          (hits or log.result['failures'] or [None])[0])

    def row(self, name, key, bar=''):
        if key in self.rows:
            print('  %-34s %-7s %s' % (name, bar,
                                       self.rows[key].cells(self.columns)))

    def table(self, title, what):
        print('\n' + title)
        for key in [k for k in self.rows if k[0] == what]:
            self.row(key[1], key)

    def tell(self):
        print('\n%-36s %-7s %s' % ('Against the bars', 'bar', '  '.join(
            '%19s' % c for c in self.columns)))
        self.row('conda kind, named', ('named', 'conda kind'), '>= 95 %')
        self.row('other kinds, named', ('named', 'other kind'), '>= 85 %')
        self.row("primary line in people's ranges", ('line', 'both'),
                 '>= 85 %')
        self.row("bioconda's class is the area", ('class', 'all'), '>= 85 %')
        self.row('green logs with a hit', ('green', 'hit'), '<=  3 %')
        self.table('Red logs that get a name, a cause or a symptom', 'named')
        self.table('Of these, more than where the log ends', 'why')
        self.table('Of these, a cause', 'cause')
        self.table("Primary line in a range", 'line')
        self.table("Bioconda's class and the area of the primary", 'class')
        for label, areas in sorted(self.areas.items()):
            print('    %s: %s' % (label, ', '.join(
                '%s %d' % a for a in areas.most_common())))
        self.table('Green logs (a hit is better than generic)', 'green')
        self.tell_green_rules()
        self.tell_logs(['green-hits'], True)

    def tell_green_rules(self):
        rules = sorted({rule for rule, _ in self.green_rules},
                       key=lambda r: -max(self.green_rules[r, c]
                                          for c in self.columns))
        for rule in rules:
            tally = Tally()
            for c in self.columns:
                tally.part[c] = self.green_rules[rule, c]
                tally.whole[c] = self.greens[c]
            print('  %-34s %-7s %s' % (rule, '', tally.cells(self.columns)))
        print('  rules that hit a green log, or would: %d of %d'
              % (len(rules), len(self.ranks)))

    def tell_logs(self, lists, only_tuned):
        for what in lists:
            found = self.lists.get(what, [])
            shown = [x for x in found if x[0].split == 'tuned'
                     or not only_tuned]
            print('\n%s: %d, of which %d held' % (
                what, len(found),
                sum(log.split == 'held' for log, _ in found)))
            for log, failure in shown:
                f = failure or {}
                print('%s [%s]\n    %s:%s %s' % (
                    log.file, log.label, f.get('rule'), f.get('line'),
                    (f.get('message') or '')[:160]))


def main():
    ap = argparse.ArgumentParser(
        description=__doc__,
        formatter_class=argparse.RawDescriptionHelpFormatter)
    ap.add_argument('-j', type=int, default=os.cpu_count() or 2)
    ap.add_argument('--split', choices=list(COLUMNS))
    ap.add_argument('--list', action='append', default=[], choices=LISTS)
    ap.add_argument('--no-rules', action='store_true')
    args = ap.parse_args()
    if args.split == 'held' and args.list:
        ap.error('held logs are not listed')
    base = data.corpus()
    if not base:
        print('SKIP: no corpus; TOCSIN_CORPUS says where one is')
        return
    columns = COLUMNS[args.split or 'all']
    program = os.environ.get('TOCSIN') or os.path.join(data.ROOT, 'tocsin')
    logs = [log for log in data.read_manifest(base)
            if 'all' in columns or log.split in columns]
    if args.no_rules:
        unknown.measure(base, logs, columns, program, args.j, args.list)
        return
    data.classify(base, logs, program, args.j)
    report = Report(base, logs, columns)
    print('%d logs, %d of them classified by %d rules'
          % (len(logs), len(report.logs), len(report.ranks)))
    report.count_named()
    report.count_lines()
    report.count_classes()
    report.count_greens()
    report.tell()
    report.tell_logs(args.list, args.split != 'all')


if __name__ == '__main__':
    sys.exit(main())
