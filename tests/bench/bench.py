#!/usr/bin/env python3
# SPDX-License-Identifier: BSD-3-Clause
"""Speed and memory of whole passes and of the store.

usage: bench.py [pass] [store] [classify] [collect]    (nothing: all)

Machines differ and drift, so every figure stands beside one of the machine
itself, taken in the same minute: SQLite's own speed with rows of the same
size, and a walk over the same files with nothing done to them.
"""
import json
import os
import resource
import shutil
import sqlite3
import subprocess
import sys
import tempfile
import time

import classify
import collect

ROOT = os.path.abspath(os.path.join(os.path.dirname(__file__), "..", ".."))
TOCSIN = os.environ.get("TOCSIN", os.path.join(ROOT, "tocsin"))
BUILD = os.environ.get("TOCSIN_BUILD", os.path.join(ROOT, "build"))
PROJECTS = int(os.environ.get("BENCH_PROJECTS", "30000"))
RUNS = int(os.environ.get("BENCH_RUNS", "100000"))

CONFIG = """version: 1
state: sqlite:{dir}/state.db
armed: true
sources:
  ci: {{plugin: logs, path: [{dir}/logs], deadline: 1h}}
sinks:
  issues: {{plugin: file, dir: {dir}/out}}
teams:
  core: {{persons: [corey]}}
routes:
  - {{match: {{project: '*/*'}}, owner: core, via: [issues]}}
"""

LOG = """gcc -c widget{n}.c
widget{n}.c:10:5: error: 'frobnicate{n}' undeclared (first use in this function)
make: *** [Makefile:12: widget{n}.o] Error 1
##[error]Process completed with exit code 2.
"""


def measure(command):
    """(wall, user+sys, peak MiB of the largest process, output)"""
    t = time.monotonic()
    before = resource.getrusage(resource.RUSAGE_CHILDREN)
    p = subprocess.run(command, stdout=subprocess.PIPE, text=True)
    after = resource.getrusage(resource.RUSAGE_CHILDREN)
    cpu = (after.ru_utime - before.ru_utime
           + after.ru_stime - before.ru_stime)
    return time.monotonic() - t, cpu, after.ru_maxrss / 1024, p


def world(tmp):
    logs = os.path.join(tmp, "logs")
    os.makedirs(logs)
    with open(os.path.join(tmp, "tocsin.yaml"), "w") as f:
        f.write(CONFIG.format(dir=tmp))
    for i in range(RUNS):
        n = i % PROJECTS
        red = n % 20 == 0
        folder = os.path.join(logs, f"{n % 256:02x}")
        if i < 256:
            os.makedirs(folder, exist_ok=True)
        stem = os.path.join(folder, f"p{n}-{i}")
        t = time.strftime("%Y-%m-%dT%H:%M:%SZ",
                          time.gmtime(1785542400 + (i // PROJECTS) * 3600))
        side = {"id": f"r{i}", "project": f"acme/p{n}", "branch": "main",
                "workflow": "build", "job": "linux_64",
                "commit": f"{i:040x}", "created": t, "started": t,
                "finished": t, "outcome": "failure" if red else "success"}
        if red:
            with open(stem + ".log", "w") as f:
                f.write(LOG.format(n=n))
        with open(stem + (".log.json" if red else ".json"), "w") as f:
            json.dump(side, f)


def walk(tmp):
    t = time.monotonic()
    nr = 0
    for folder, _, names in os.walk(os.path.join(tmp, "logs")):
        for name in names:
            os.stat(os.path.join(folder, name))
            nr += 1
    return time.monotonic() - t, nr


def bench_pass():
    tmp = tempfile.mkdtemp(prefix="tocsin-bench-")
    try:
        world(tmp)
        limit, nr = walk(tmp)
        run = [TOCSIN, "-c", os.path.join(tmp, "tocsin.yaml"), "run",
               "--json", "--now", "2026-08-10T00:00:00Z"]
        print(f"pass: {PROJECTS} projects, {RUNS} runs in {nr} files "
              f"(a walk over them: {limit:.2f} s)")
        for what in ("first", "unchanged"):
            wall, cpu, peak, p = measure(run)
            report = json.loads(p.stdout) if p.stdout.strip() else {}
            print(f"  {what:9}  {wall:6.2f} s wall, {cpu:6.2f} s CPU "
                  f"({cpu / limit:.1f} walks), peak {peak:.0f} MiB, "
                  f"{report.get('transactions')} transactions, "
                  f"{report.get('collected', {}).get('runs')} runs, "
                  f"{report.get('sent', {}).get('opened')} opened, "
                  f"exit {p.returncode}")
    finally:
        shutil.rmtree(tmp)


def sqlite_speed(rows=100000):
    """SQLite itself: rows of the same size, 20 to a transaction."""
    tmp = tempfile.mkdtemp(prefix="tocsin-bench-")
    db = sqlite3.connect(os.path.join(tmp, "x.db"), isolation_level=None)
    db.execute("pragma journal_mode=wal")
    db.execute("pragma synchronous=normal")
    db.execute("create table t(id integer primary key, a text, b text, "
               "c text unique)")
    t = time.monotonic()
    for i in range(rows):
        if i % 1000 == 0:
            db.execute("begin")
        db.execute("insert into t(a,b,c) values(?,?,?)",
                   ("x" * 200, "y" * 100, str(i)))
        if i % 1000 == 999:
            db.execute("commit")
    rate = rows / (time.monotonic() - t)
    db.close()
    shutil.rmtree(tmp)
    return rate


def bench_store():
    limit = sqlite_speed()
    print(f"store: SQLite by itself, one table, from Python: "
          f"{limit:,.0f} rows/s")
    program = os.path.join(BUILD, "tests", "bench", "bench-store")
    out = subprocess.run([program], stdout=subprocess.PIPE, text=True)
    sys.stdout.write(out.stdout)


def main():
    known = {"pass": bench_pass, "store": bench_store,
             "classify": classify.bench,
             "collect": lambda: collect.bench(BUILD, TOCSIN)}
    what = sys.argv[1:] or list(known)
    for name in what:
        if name not in known:
            sys.exit(f"bench: there is no \"{name}\"; there are "
                     f"{', '.join(known)}")
        known[name]()


main()
