# SPDX-License-Identifier: BSD-3-Clause
"""The real logs beside the project, and what people said of them.

$TOCSIN_CORPUS (default ../shared/data) holds manifest.tsv: file, CI, project
and label. Half of the logs are held out: rules are written without looking at
them, so that the numbers over them say what a rule does to logs that nobody
here has seen. Which half is the first hex digit of the SHA-1 of the file's
path in the manifest: 0-9 tuned, a-f held.
"""
import hashlib
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

CONDA_KIND = ('bioconda, labelled', 'bioconda, no label', 'conda-forge jobs',
              'issue excerpts')


def corpus():
    path = os.environ.get('TOCSIN_CORPUS') or os.path.join(
        ROOT, '..', 'shared', 'data')
    if not os.path.exists(os.path.join(path, 'manifest.tsv')):
        return None
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
        digit = hashlib.sha1(file.encode()).hexdigest()[0]
        self.split = 'tuned' if digit.isdigit() else 'held'
        self.result = None      # what the program says
        self.as_red = None      # of a green one, were it told that it is red

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
    def kind(self):
        return 'conda' if self.source in CONDA_KIND else 'other'

    @property
    def is_green(self):
        return self.label == 'pass' or self.label.startswith('ok ')

    @property
    def is_red(self):
        if self.is_green:
            return False
        return self.kind == 'conda' or self.source in (
            'cidiff', 'pytorch test-infra') or \
            self.label.startswith('broken')

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
        for outcome in ('failure', None):
            want, paths = [], []
            for n, log in enumerate(logs):
                if (outcome == 'failure') != log.is_red:
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
            if paths:
                run(program, outcome, jobs, want, paths)
        pretend_red(base, logs, program, jobs)
    finally:
        shutil.rmtree(tmp)


def pretend_red(base, logs, program, jobs):
    """A green job has survived its symptoms; a red one with the same lines
    would be told of them."""
    green = [Log(log.file, log.ci, log.group, log.label) for log in logs
             if log.is_green]
    if green:
        run(program, 'failure', jobs, green,
            [os.path.join(base, log.file) for log in green])
    red = {log.file: log.result for log in green}
    for log in logs:
        log.as_red = red.get(log.file)


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


def load_ranks():
    """{id of a shipped rule: its rank}"""
    ranks = {}
    folder = os.path.join(ROOT, 'conf', 'rules')
    for name in sorted(os.listdir(folder)):
        with open(os.path.join(folder, name), encoding='utf-8') as f:
            for rule in (yaml.safe_load(f) or {}).get('rules') or []:
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
    """The ranges of each person who marked some."""
    folder = os.path.dirname(os.path.join(base, log.file))
    people = []
    for name in ('groundtruth', 'groundtruth2'):
        path = os.path.join(folder, name)
        if os.path.exists(path):
            people.append(ranges(path))
    return [spans for spans in people if spans]


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
