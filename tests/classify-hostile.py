#!/usr/bin/env python3
# SPDX-License-Identifier: BSD-3-Clause
"""Hostile logs: each must come back as one result, in bounded memory and
time, and must not hurt the logs beside it."""
import gzip
import io
import json
import os
import resource
import signal
import subprocess
import sys
import tarfile
import tempfile
import time
import zipfile

TOCSIN = os.environ['TOCSIN']
SANITIZED = 'TOCSIN_SANITIZED 1' in open(
    os.path.join(os.environ['TOCSIN_BUILD'], 'config.h'),
    encoding='utf-8').read()
GOOD = b'  - nothing provides requested r-sigora\n'
failed = []


def expect(what, ok, more=''):
    if not ok:
        failed.append(what)
        print('FAIL', what, more)


def run(*args, **kw):
    p = subprocess.run([TOCSIN, 'classify', '--json', *args],
                       stdout=subprocess.PIPE, stderr=subprocess.PIPE,
                       check=False, **kw)
    return p.returncode, [json.loads(l) for l in p.stdout.splitlines()], \
        p.stderr.decode('utf-8', 'replace')


def write(folder, name, data):
    path = os.path.join(folder, name)
    with open(path, 'wb') as f:
        f.write(data)
    return path


def peak():
    """Of all children so far, in MB."""
    return resource.getrusage(resource.RUSAGE_CHILDREN).ru_maxrss // 1024


def one(folder, name, data, verdict, rule=None, **want):
    rc, results, err = run(write(folder, name, data))
    expect(name, rc == 0 and len(results) == 1, (rc, len(results), err))
    if len(results) != 1:
        return
    r = results[0]
    primary = [f for f in r['failures'] if f['primary']]
    expect(name + ' verdict', r['verdict'] == verdict, r['verdict'])
    if rule:
        expect(name + ' rule', primary and primary[0]['rule'] == rule,
               primary)
    for key, value in want.items():
        expect(name + ' ' + key, r[key] == value, r[key])


def texts(folder):
    one(folder, 'empty.log', b'', 'green', lines=0, bytes=0)
    one(folder, 'newlines.log', b'\n' * 1000, 'green', lines=1000)
    one(folder, 'binary.log', bytes(range(256)) * 400, 'green')
    for name, data in (('nuls.log', b'\0' * 5000 + b'\n' + GOOD),
                       ('nuls.log.gz', gzip.compress(b'\0' * 5000 + b'\n' +
                                                     GOOD))):
        one(folder, name, data, 'classified', 'conda/requirement-missing')
    one(folder, 'nul.log', b'\0\0' + GOOD.replace(b'n', b'n\0') + b'\0',
        'classified', 'conda/requirement-missing')
    for name, enc in (('le', 'utf-16-le'), ('be', 'utf-16-be')):
        text = ('first\n' + GOOD.decode()).encode(enc)
        one(folder, 'utf16%s.log' % name, text, 'classified',
            'conda/requirement-missing', lines=2)
        bom = '\ufeff'.encode(enc)
        one(folder, 'utf16%sbom.log' % name, bom + text, 'classified',
            'conda/requirement-missing', lines=2)
    one(folder, 'latin1.log', 'é ü\n'.encode('latin-1') + GOOD,
        'classified', 'conda/requirement-missing')
    one(folder, 'utf8.log', b'\xfd\xff\xfe\xc3(\xe2\x82\n' + GOOD,
        'classified')
    one(folder, 'escape.log', b'\x1b[' * 5000 + b'\n\x1b]' * 5000 + b'\n' +
        GOOD, 'classified', 'conda/requirement-missing')
    one(folder, 'noend.log', GOOD.rstrip(), 'classified',
        'conda/requirement-missing', lines=1)


def million(folder):
    line = b'src/a%d.c:%d:1: error: number %d is wrong\n'
    path = os.path.join(folder, 'million.log')
    lines = 1000000 if not SANITIZED else 100000
    with open(path, 'wb') as f:
        for i in range(lines):
            f.write(line % (i % 7, i, i))
    rc, results, err = run(path, timeout=300)
    expect('million', rc == 0 and results[0]['lines'] == lines, err)
    expect('million is bounded', len(results[0]['failures']) <= 10)
    expect('million: first', [f['line'] for f in results[0]['failures']
                              if f['primary']] == [1])
    if not SANITIZED:
        expect('million: memory', peak() < 100, peak())


def long_lines(folder):
    """Lines of 16 MB, and one that is written over a million times."""
    path = os.path.join(folder, 'long.log')
    size = 16 << 20 if not SANITIZED else 1 << 20
    with open(path, 'wb') as f:
        for filling in (b'x', b'error: ', b'a b ', b'[1;', b'\xe9'):
            f.write(filling * (size // len(filling)) + b'\n')
        f.write(b'50%\r' * (size // 4) + b'\n' + GOOD)
    rc, results, err = run(path, timeout=300)
    expect('long lines', rc == 0 and results[0]['lines'] == 7, (rc, err))
    expect('long lines: said', 'line-cut' in results[0]['limits'])
    expect('long lines: the next one', 'conda/requirement-missing' in
           [f['rule'] for f in results[0]['failures']])


def encodings(folder):
    """As large as a log is, in Latin-1 and UTF-16."""
    lines = 200000 if not SANITIZED else 20000
    text = 'Übersetzung von Datei %d läuft noch eine Weile\n'
    text = ''.join(text % i for i in range(lines)) + GOOD.decode()
    for enc in ('latin-1', 'utf-16'):
        path = write(folder, enc + '.log', text.encode(enc))
        rc, results, err = run(path, timeout=300)
        expect(enc, rc == 0 and results[0]['lines'] == lines + 1, (rc, err))
        expect(enc + ': rule', [f['rule'] for f in results[0]['failures']]
               == ['conda/requirement-missing'], results[0]['failures'])


def catastrophe(folder):
    """Patterns that never end: they give up, it is said, and no other rule
    is hurt; one that runs on every line, and one with a literal."""
    site = write(folder, 'slow.yaml', b"""version: 1
state: sqlite:/nowhere/x.db
rules:
  - {id: site/slow, category: test/x, blame: recipe, pattern: '^(?:a+)+$'}
  - {id: site/slower, category: test/x, blame: recipe, pattern: '(?:x+x+)+zebra(?:y|yy)+.*\d$', needs: zebra}
""")
    n = 4000 if not SANITIZED else 50
    path = write(folder, 'slow.log', (b'a' * 3000 + b'!\n' + b'x' * 3000 +
                                      b'zebray!\n') * n + GOOD)
    rc, results, err = run('-c', site, path, timeout=300)
    limits = results[0]['limits'] if results else None
    expect('catastrophe', rc == 0 and limits, (rc, err))
    expect('catastrophe: said', 'match-limit:site/slow' in limits and
           'match-limit:site/slower' in limits, limits)
    expect('catastrophe: others', 'conda/requirement-missing' in
           [f['rule'] for f in results[0]['failures']])


def gigabyte():
    """A stream of 1 GB without a newline, memory limited to 256 MB."""
    def limit():
        if not SANITIZED:
            resource.setrlimit(resource.RLIMIT_AS, (256 << 20, 256 << 20))

    with subprocess.Popen([TOCSIN, 'classify', '--json', '-'],
                          stdin=subprocess.PIPE, stdout=subprocess.PIPE,
                          preexec_fn=limit) as p:
        part = b'x error: ' * 116509
        total = 0
        size = 1 << 30 if not SANITIZED else 1 << 26
        while total < size:
            p.stdin.write(part)
            total += len(part)
        p.stdin.close()
        out = p.stdout.read()
    r = json.loads(out)
    expect('gigabyte', p.returncode == 0 and r['bytes'] == total, r['bytes'])
    expect('gigabyte: one line', r['lines'] == 1)
    expect('gigabyte: says so', 'line-cut' in r['limits'], r['limits'])


def two_gigabytes():
    """Of lines with and without errors, in 64 MB. Only with TOCSIN_BIG: it
    takes half a minute."""
    with subprocess.Popen([TOCSIN, 'classify', '--json', '-'],
                          stdin=subprocess.PIPE, stdout=subprocess.PIPE) as p:
        part = b''.join(b'2026-08-14T06:41:00.1234567Z line %d of many, and '
                        b'nothing is said by any of them\n' % i
                        for i in range(20000))
        part += b'src/a.c:1:1: error: x is wrong\n\x1b[31mred\x1b[0m\r\n'
        total = 0
        while total < 2 << 30:
            p.stdin.write(part)
            total += len(part)
        p.stdin.close()
        r = json.loads(p.stdout.read())
    expect('two gigabytes', r['bytes'] == total and r['failures'], r['bytes'])
    expect('two gigabytes: memory', peak() <= 64, peak())


def archives(folder):
    gz = gzip.compress(b'x\n' * 50000 + GOOD)
    one(folder, 'a.log.gz', gz, 'classified', 'conda/requirement-missing')
    good = write(folder, 'good.log', GOOD)
    cut = write(folder, 'cut.log.gz', gz[:len(gz) - 20])
    rc, results, err = run(cut, good)
    expect('cut.gz: trouble', rc == 1, rc)
    expect('cut.gz: said', 'cut.log.gz' in err, err)
    expect('cut.gz: what there is', len(results) == 2, len(results))
    expect('cut.gz: not the next', results[-1]['verdict'] == 'classified')

    path = os.path.join(folder, 'run.zip')
    with zipfile.ZipFile(path, 'w', zipfile.ZIP_DEFLATED) as z:
        z.writestr('0_build (linux).txt', GOOD)
        z.writestr('build (linux)/1_Set up.txt', GOOD)
        z.writestr('build (linux)/2_Run.txt', GOOD)
        z.writestr('other/1_Run.txt', 'all is well\n')
    rc, results, err = run(path)
    names = [r['file'] for r in results]
    expect('zip: names', names == [path + '!0_build (linux).txt',
                                   path + '!other/1_Run.txt'], names)
    path = os.path.join(folder, 'many.tar.xz')
    with tarfile.open(path, 'w:xz') as t:
        for i in range(3):
            info = tarfile.TarInfo('../../d/%d.log' % i)
            info.size = len(GOOD)
            t.addfile(info, io.BytesIO(GOOD))
        link = tarfile.TarInfo('link')
        link.type, link.linkname = tarfile.SYMTYPE, '/etc/passwd'
        t.addfile(link)
    rc, results, err = run(path)
    expect('tar', rc == 0 and len(results) == 3, (rc, len(results), err))
    expect('tar: nothing written', not os.path.exists(
        os.path.join(folder, '..', '..', 'd')))
    rc, results, err = run(write(folder, 'zero.gz', gzip.compress(b'')))
    expect('nothing in gz', rc == 0 and len(results) == 1, (rc, results, err))


def folders(folder):
    d = os.path.join(folder, 'd')
    os.makedirs(os.path.join(d, 'sub'))
    write(d, 'b.log', GOOD)
    write(os.path.join(d, 'sub'), 'a.log', b'fine\n')
    write(d, 'b.log.json', b'{}')
    write(d, '.hidden', GOOD)
    os.symlink(d, os.path.join(d, 'sub', 'loop'))
    os.mkfifo(os.path.join(d, 'fifo'))
    rc, results, err = run('-j', '4', d)
    expect('folder', rc == 0 and [os.path.basename(r['file'])
                                  for r in results] == ['b.log', 'a.log'],
           (rc, results, err))
    rc, results, err = run(os.path.join(folder, 'none.log'),
                           os.path.join(d, 'b.log'))
    expect('no such file', rc == 1 and len(results) == 1 and
           'none.log' in err, (rc, err))
    rc, results, err = run('--outcome', 'success', os.path.join(d, 'b.log'))
    expect('declared', results[0]['verdict'] == 'green' and
           results[0]['outcome_from'] == 'declared' and
           results[0]['failures'] != [], results)
    site = write(folder, 'site.yaml', b"""version: 1
state: sqlite:/nowhere/x.db
rules:
  - {id: site/flux, category: test/flux, blame: recipe, pattern: 'the flux is out', summary: 'no flux'}
disable: [conda/requirement-missing]
""")
    flux = write(folder, 'flux.log', b'the flux is out\n')
    for before, after in (([], ['-c', site]), (['-c', site], [])):
        p = subprocess.run([TOCSIN, *before, 'classify', '--json', *after,
                            flux, os.path.join(d, 'b.log')],
                           stdout=subprocess.PIPE, check=False)
        rules = [[f['rule'] for f in json.loads(l)['failures']]
                 for l in p.stdout.splitlines()]
        expect('site rules', rules == [['site/flux'], []],
               (p.returncode, rules))
    p = subprocess.run([TOCSIN, 'classify', '-c', '/nowhere/x.yaml', flux],
                       stderr=subprocess.PIPE, check=False)
    expect('no such configuration', p.returncode == 2, p.returncode)
    rc, results, err = run('--outcome', 'maybe', os.path.join(d, 'b.log'))
    expect('no such outcome', rc == 2, rc)


def child_of(pid):
    path = '/proc/%d/task/%d/children' % (pid, pid)
    while True:
        with open(path, encoding='ascii') as f:
            children = f.read().split()
        if children:
            return int(children[0])
        time.sleep(0.01)


def killed(folder):
    """A child that dies costs its own log, which is named."""
    good = write(folder, 'after.log', GOOD)
    with subprocess.Popen([TOCSIN, 'classify', '--json', '-', good],
                          stdin=subprocess.PIPE, stdout=subprocess.PIPE,
                          stderr=subprocess.PIPE) as p:
        os.kill(child_of(p.pid), signal.SIGKILL)
        out, err = p.stdout.read(), p.stderr.read()
    results = [json.loads(l) for l in out.splitlines()]
    expect('killed: status', p.returncode == 1, p.returncode)
    expect('killed: said', b'signal 9' in err, err)
    expect('killed: the next one', [r['file'] for r in results] == [good],
           results)


def people(folder):
    path = write(folder, 'a\x1b[31m.log', GOOD)
    p = subprocess.run([TOCSIN, 'classify', path], stdout=subprocess.PIPE,
                       check=False)
    expect('a terminal is safe', b'\x1b' not in p.stdout, p.stdout)
    expect('readable', b'r-sigora' in p.stdout and
           b'What usually helps' in p.stdout, p.stdout)


def main():
    if os.environ.get('TOCSIN_BIG'):        # first: peak() is of all so far
        two_gigabytes()
    with tempfile.TemporaryDirectory(prefix='tocsin-hostile-') as folder:
        texts(folder)
        archives(folder)
        folders(folder)
        people(folder)
        killed(folder)
        million(folder)
        long_lines(folder)
        encodings(folder)
        catastrophe(folder)
    gigabyte()
    print('%d failed' % len(failed))
    return 1 if failed else 0


sys.exit(main())
