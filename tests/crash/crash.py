#!/usr/bin/env python3
# SPDX-License-Identifier: BSD-3-Clause
"""Kills the core and its workers, separately, at random moments of many
passes over a world that changes, and compares what is left with an
undisturbed run: no run lost or counted twice, no message written twice.

usage: crash.py [--passes N] [--seed S]     ($TOCSIN: the program)
"""
import argparse
import json
import os
import random
import shutil
import signal
import sqlite3
import subprocess
import sys
import tempfile
import time

# At its exit LeakSanitizer waits for a helper of its own, which is killed here
# like any other child: for ever.
os.environ["ASAN_OPTIONS"] = ":".join(filter(None, [
    os.environ.get("ASAN_OPTIONS"), "detect_leaks=0"]))

TOCSIN = os.environ.get("TOCSIN", os.path.join(os.path.dirname(
    os.path.abspath(__file__)), "..", "..", "tocsin"))
START = 1785542400          # 2026-08-01T00:00:00Z
HOUR = 3600
PROJECTS = 12

CONFIG = """version: 1
state: sqlite:{dir}/state.db
armed: true
sources:
  ci: {{plugin: logs, path: [{dir}/logs]}}
sinks:
  issues: {{plugin: file, dir: {dir}/out}}
guards: {{breaker: {{at_least: unlimited}}}}
policy:
  # One push opens and nothing is held: what is told depends on what stands
  # when a pass ends, not on how many passes there were on the way.
  open: {{any: [{{pushes: 1}}]}}
  relapse: {{within: 1d, flaps: 1000, quiet: 0}}
  outbreak: {{projects: 1000, owners: 1000, within: 1h, hold: 1h}}
  budget: {{new_per_pass: 1000, new_per_day: 10000, new_per_person_per_day: 1000}}
teams:
  core: {{persons: [corey]}}
routes:
  - {{match: {{project: '*/*'}}, owner: core, via: [issues]}}
"""

LOG = """checking for pkg-config... yes
gcc -c widget{n}.c
widget{n}.c:10:5: error: 'frobnicate' undeclared (first use in this function)
make: *** [Makefile:12: widget{n}.o] Error 1
##[error]Process completed with exit code 2.
"""


def stamp(t):
    return time.strftime("%Y-%m-%dT%H:%M:%SZ", time.gmtime(t))


def grow(root, step, rng):
    """One more push of some projects; the same in both worlds."""
    for n in range(PROJECTS):
        if rng.random() < 0.6:
            continue
        red = rng.random() < 0.6
        t = START + step * HOUR
        name = os.path.join(root, "logs", f"p{n}-{step}")
        side = {"id": f"p{n}-{step}", "project": f"acme/p{n}",
                "branch": "main", "job": "linux_64",
                "commit": f"{step:04x}{n:04x}", "created": stamp(t),
                "started": stamp(t), "finished": stamp(t + 60),
                "outcome": "failure" if red else "success"}
        if red:
            with open(name + ".log", "w") as f:
                f.write(LOG.format(n=n))
            side_name = name + ".log.json"
        else:
            side_name = name + ".json"
        # complete before it is seen: the source reads folders as they are
        with open(side_name + ".tmp", "w") as f:
            json.dump(side, f)
        os.rename(side_name + ".tmp", side_name)


def command(root, step):
    return [TOCSIN, "-c", os.path.join(root, "tocsin.yaml"), "run", "--now",
            stamp(START + step * HOUR + 120)]


def calm(root, step):
    return subprocess.run(command(root, step), stdout=subprocess.PIPE,
                          stderr=subprocess.STDOUT, text=True).returncode


def children(pid):
    try:
        with open(f"/proc/{pid}/task/{pid}/children") as f:
            return [int(x) for x in f.read().split()]
    except (FileNotFoundError, ProcessLookupError):
        return []


def disturbed(root, step, rng, usual, killed):
    """A pass in which somebody dies at a random moment. The delay is random
    in the time that a pass usually takes; nothing waits for it to pass."""
    p = subprocess.Popen(command(root, step), stdout=subprocess.DEVNULL,
                         stderr=subprocess.DEVNULL, start_new_session=True)
    moment = time.monotonic() + rng.random() * usual
    victim = rng.choice(["core", "worker"])
    while p.poll() is None and time.monotonic() < moment:
        time.sleep(0.0005)
    if p.poll() is None:
        pids = [p.pid] if victim == "core" else children(p.pid)
        if pids:
            killed[victim] += 1
            try:
                os.kill(rng.choice(pids), signal.SIGKILL)
            except ProcessLookupError:
                pass
    p.wait()
    # The lock stands while any worker lives: those die with their parent.
    for _ in range(2000):
        if not os.path.exists(os.path.join(root, "state.db.lock")):
            return
        import fcntl
        with open(os.path.join(root, "state.db.lock")) as f:
            try:
                fcntl.flock(f, fcntl.LOCK_EX | fcntl.LOCK_NB)
                return
            except BlockingIOError:
                time.sleep(0.005)
    sys.exit("a worker outlived its pass")


def world(tmp, name):
    root = os.path.join(tmp, name)
    os.makedirs(os.path.join(root, "logs"))
    with open(os.path.join(root, "tocsin.yaml"), "w") as f:
        f.write(CONFIG.format(dir=root))
    return root


def runs(root):
    db = sqlite3.connect(os.path.join(root, "state.db"))
    if db.execute("pragma integrity_check").fetchone()[0] != "ok":
        sys.exit("the store is damaged")
    rows = db.execute("select run_id, attempt from run").fetchall()
    db.close()
    return sorted(rows)


def messages(root):
    path = os.path.join(root, "out", "index.jsonl")
    if not os.path.exists(path):
        return []
    with open(path) as f:
        return [json.loads(line) for line in f if line.strip()]


def states(root):
    """What stands at the sink in the end: ticket → state."""
    out = {}
    folder = os.path.join(root, "out", "tickets")
    for name in sorted(os.listdir(folder)) if os.path.isdir(folder) else []:
        if name.endswith(".json"):
            with open(os.path.join(folder, name)) as f:
                out[name] = json.load(f)["state"]
    return out


def alternates(ops):
    """open, then resolve and reopen in turn; updates between."""
    standing = None
    for op in ops:
        if op == "open" and standing is not None:
            return False
        if op == "reopen" and standing is not False:
            return False
        if op == "resolve" and standing is not True:
            return False
        if op in ("open", "reopen"):
            standing = True
        elif op == "resolve":
            standing = False
    return True


def main():
    ap = argparse.ArgumentParser()
    ap.add_argument("--passes", type=int, default=200)
    ap.add_argument("--seed", type=int, default=int.from_bytes(
        os.urandom(4), "big"))
    ap.add_argument("--keep", action="store_true")
    args = ap.parse_args()
    tmp = tempfile.mkdtemp(prefix="tocsin-crash-")
    print(f"seed {args.seed}, {args.passes} passes")
    a, b = world(tmp, "disturbed"), world(tmp, "calm")
    grow_a, grow_b = random.Random(args.seed), random.Random(args.seed)
    rng = random.Random(args.seed + 1)
    killed = {"core": 0, "worker": 0}
    usual = 0.1
    for step in range(args.passes):
        grow(a, step, grow_a)
        grow(b, step, grow_b)
        t = time.monotonic()
        calm(b, step)
        usual = 0.7 * usual + 0.3 * (time.monotonic() - t)
        disturbed(a, step, rng, usual, killed)
        if rng.random() < 0.5:
            calm(a, step)
    # Time for back-offs and hold-offs to pass, undisturbed.
    for step in range(args.passes, args.passes + 60):
        calm(a, step)
        calm(b, step)
    bad = []
    if runs(a) != runs(b):
        missing = set(runs(b)) - set(runs(a))
        bad.append(f"runs differ: {len(runs(a))} against {len(runs(b))}, "
                   f"missing {sorted(missing)[:5]}")
    if len(runs(a)) != len(set(runs(a))):
        bad.append("a run was counted twice")
    per = {}
    for m in messages(a):
        if m["adopted"]:        # it stood so already: nobody was told
            continue
        per.setdefault(m.get("ticket"), []).append(m["delivery"])
    for ticket, ops in per.items():
        if not alternates(ops):
            bad.append(f"ticket {ticket} was written twice: {ops}")
    # What broke and recovered while passes died was never told, by design:
    # its open is dropped with its resolve. Nothing else may differ.
    end_a, end_b = states(a), states(b)
    never_told = {t for t, state in end_b.items()
                  if state == "completed" and t not in end_a}
    if end_a != {t: s for t, s in end_b.items() if t not in never_told}:
        bad.append(f"the end differs: {end_a} against {end_b}")
    print(f"killed {killed['core']} cores and {killed['worker']} workers; "
          f"{len(runs(a))} runs, {len(messages(a))} messages "
          f"({len(messages(b))} undisturbed)")
    if not runs(b) or not messages(b):
        bad.append("the undisturbed world has no runs or no messages")
    for line in bad:
        print("FAIL", line)
    if not args.keep and not bad:
        shutil.rmtree(tmp)
    return 1 if bad else 0


sys.exit(main())
