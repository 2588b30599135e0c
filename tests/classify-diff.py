#!/usr/bin/env python3
# SPDX-License-Identifier: BSD-3-Clause
"""The engine finds the lines that matter by literals; here it is held
against itself without them: every rule and every stage on every line, the
log fed in other pieces. Both must say the same, to the byte.

Always on generated logs: the rules' own examples and near misses between
ordinary lines, with marks, colours, secrets, odd encodings and lines of
every length. With TOCSIN_CORPUS also on a twentieth of its logs, or on all of
them with TOCSIN_DIFF=all.

With TOCSIN_OTHER_HS, a folder with another library of literals under the same
name (`./dev diff` gets it), the engine must say the same under that one.
"""
import os
import random
import subprocess
import sys
import tempfile

import yaml

SRC = os.environ['TOCSIN_SRC']
BOTH = os.path.join(os.environ['TOCSIN_BUILD'], 'tests', 'unit', 'both')
CORPUS = os.environ.get('TOCSIN_CORPUS', '')
OTHER_HS = os.environ.get('TOCSIN_OTHER_HS', '')
CONF = os.path.join(SRC, 'conf')
LOGS = 80

ORDINARY = [
    'checking for gcc... gcc', '[ 12%] Building CXX object src/a.cpp.o', '',
    '-- Detecting CXX compiler ABI info - done', '  adding: a/b.py (42%)',
    'Collecting numpy>=1.20', '    inflating: x.txt', 'ok', '100%',
    'see https://example.com/x', '0 failed, 12 passed', '│ │ a box │',
    'Setting up libthrough-perl (1.0-2) ...', ' │ │ boxed',
    '+ export TOKEN=', 'conda-build and conda_build and rattler-build',
]
ODD = [
    b'##[group]Run make', b'##[endgroup]', b'##[error]it broke',
    b'##[error]Process completed with exit code 1.',
    b'##[section]Starting: Build', b'##[section]Finishing: Build',
    b'##[warning]deprecated', b'##[command]make all', b'::error file=a::b',
    b'Traceback (most recent call last):\n  File "a.py", line 3, in f\n'
    b'    g()\nabc.WeirdError: \'x\'', b'KeyError: \'x\'',
    b'\xe9t\xe9 in Latin-1', b'a\0b', b'50%\r100%\rdone',
    b'password: hunter2hunter2', b'https://user:passw0rd@host/x.git failed',
    b'-----BEGIN RSA PRIVATE KEY-----\nMIIEpAIBAAKCAQEA7\nabcd/+efgh==\n'
    b'-----END RSA PRIVATE KEY-----', b'-----BEGIN EC PRIVATE KEY-----\nMH',
    b'exact Zq9vX7exact here', b'error: Zq9vX7exact is no name',
    b'ghp_' + b'a1B2' * 9 + b' error: x',
    '  × failed to solve\n  ├─▶ x cannot be\n  │   installed because\n'
    '  ╰─▶ of y\n'.encode(),
    'The following packages are incompatible\n├─ numpy * can be installed\n'
    '│  ├─ numpy 1.0 would require\n│  │  └─ python 2.7\n'
    '└─ scipy * is not installable because it requires\n'
    '   └─ numpy 9.9, which does not exist (perhaps a missing channel).'
    .encode(),
    b'Process completed with exit code 0.', b'Killed', b'++ set -e',
]
STAMP = b'2026-08-14T06:41:00.1234567Z '


def texts(value):
    return [value] if isinstance(value, str) else value or []


def examples():
    out = []
    folder = os.path.join(CONF, 'rules')
    for name in sorted(os.listdir(folder)):
        with open(os.path.join(folder, name), encoding='utf-8') as f:
            doc = yaml.safe_load(f)
        for rule in (doc.get('rules') or []) + (doc.get('ignore') or []):
            out += texts(rule.get('examples'))
            out += texts(rule.get('near_misses'))
    return [t for t in out if isinstance(t, str)]


def line(r, pool, odd):
    kind = r.random()
    if kind < 0.8:
        return r.choice(ORDINARY).encode()
    if kind < 0.85:
        return r.choice(odd)
    if not pool:
        return b'what is said here is known to no rule, %d' % r.randrange(99)
    text = r.choice(pool).encode()
    if kind > 0.99:
        text = r.choice([b'x ', b'error ']) * r.randrange(300) + text
    elif kind > 0.989:
        text = text + b'x' * 17000          # cut
    elif kind > 0.97:
        text = text.upper()
    elif kind > 0.95:
        text = b'\x1b[31;1m' + text[:9] + b'\x1b[0m' + text[9:]
    return text


def log(r, pool):
    """Of few kinds of odd lines at a time, so that what one of them does is
    not hidden by another; in some logs nothing for a rule, in some little."""
    pool = r.choice([pool, r.sample(pool, 3), []])
    odd = r.sample(ODD, r.randrange(1, 5))
    stamp = STAMP if r.random() < 0.5 else b''
    end = b'\r\n' if r.random() < 0.2 else b'\n'
    lines = []
    for _ in range(r.choice([3, 60, 200, 500])):
        lines += [stamp + part for part in line(r, pool, odd).split(b'\n')]
    if r.random() < 0.8:
        lines.append(stamp + b'##[error]Process completed with exit code 1.')
    data = end.join(lines)
    if r.random() < 0.1:
        data = data.decode('latin-1').encode('utf-16')
    return data


def generated(folder):
    r = random.Random(7)
    pool = examples()
    paths = []
    for i in range(LOGS):
        path = os.path.join(folder, '%02d.log' % i)
        with open(path, 'wb') as f:
            f.write(log(r, pool))
        paths.append(path)
        if i % 8 == 0:
            with open(path + '.green', 'wb') as f:
                f.write(log(r, pool))
    base = os.path.join(SRC, 'tests', 'data', 'logs')
    return paths + [os.path.join(base, case, 'log')
                    for case in sorted(os.listdir(base))]


def corpus():
    found = []
    for top in ('conda', 'gha'):
        for folder, _, names in os.walk(os.path.join(CORPUS, top)):
            found += [os.path.join(folder, n) for n in names
                      if n.endswith(('.log', '.txt', '.yaml'))]
    found.sort()
    return found if os.environ.get('TOCSIN_DIFF') == 'all' else found[3::20]


def run(args, **kw):
    """(exit status, what it printed, version of the library, digest)"""
    p = subprocess.run([BOTH, *args], stdout=subprocess.PIPE, check=False,
                       **kw)
    out = p.stdout.decode('utf-8', 'replace')
    last = out.splitlines()[-1] if out else ''
    _, version, digest = last.split('; ') if '; ' in last else ('', '', '')
    return p.returncode, out, version, digest


def differ(paths, what):
    if not paths:
        return 0
    status, out, version, digest = run([CONF, *paths])
    sys.stdout.write(out if status else '')
    print('%s: %d logs, status %d, %s' % (what, len(paths), status, version))
    if status or not OTHER_HS:
        return status
    status, out, other, said = run(
        ['--engine', CONF, *paths],
        env=dict(os.environ, LD_LIBRARY_PATH=OTHER_HS))
    print('%s: under %s: status %d, %s' % (
        what, other, status, 'the same' if said == digest else 'ANOTHER'))
    if other == version:
        print('%s holds no other library' % OTHER_HS)
        return 1
    return status or said != digest


def main():
    with tempfile.TemporaryDirectory(prefix='tocsin-diff-') as folder:
        bad = differ(generated(folder), 'generated and kept')
    if os.path.isdir(os.path.join(CORPUS, 'conda')):
        bad |= differ(corpus(), 'corpus')
    else:
        print('no corpus at TOCSIN_CORPUS (%s): generated logs only' % CORPUS)
    if not OTHER_HS:
        print('SKIPPED under another library of literals: ./dev diff gets one'
              ' where apt-get has it')
    return 1 if bad else 0


sys.exit(main())
