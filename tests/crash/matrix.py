#!/usr/bin/env python3
# SPDX-License-Identifier: BSD-3-Clause
"""The crash matrix: the core and its workers, separately, are killed before
every system call that writes, in each pass of a story in which tickets open,
change, resolve and relapse. After it the passes go on as they would have, and
what stands at the sink in the end, and who was told what, is compared with
the undisturbed story. So is what comes of a state that was deleted, of
yesterday's copy, and of two copies that are passed over at the same time.

Most of these deaths come to the same: what was written is there, or it is
not. So the world is looked at after the first pass that followed: all that the
store says and all that lies at the place, to the last letter, but for the
numbers of chance in it. A world that was seen before goes on as it did then,
and is not played once more. --all plays each.

usage: matrix.py [--sink NAME] [--every N] [--jobs N] [--kills] [--all]
                 [--case PASS:ROLE:N]

--every: only every Nth call (another one in each pass). --kills: states are
left alone. Exits 77 where
processes cannot be traced. Needs $TOCSIN and $TOCSIN_BUILD.
"""
import argparse
import collections
import concurrent.futures
import hashlib
import multiprocessing
import os
import re
import shutil
import sqlite3
import subprocess
import sys
import tempfile

import places
import story

# What is killed looks for no leaks, and waits for no helper that does.
os.environ["ASAN_OPTIONS"] = ":".join(filter(None, [
    os.environ.get("ASAN_OPTIONS"), "detect_leaks=0"]))

TOCSIN = os.environ["TOCSIN"]
TRACER = os.path.join(os.environ["TOCSIN_BUILD"], "tests/crash/at-write")
CANNOT = 125
ROLES = ("core", "worker")
# Of the rules that ship, those that the story is read with: to read and
# compile all five hundred is most of what a pass takes, and writes nothing.
RULES = ("40-cmake.yaml", "50-compile.yaml", "55-link.yaml", "95-generic.yaml")
CONF = os.path.join(os.path.dirname(os.path.abspath(__file__)), "..", "..",
                    "conf")
MEMORY = "/dev/shm"         # a disk has nothing to do with it


def few_rules(to):
    shutil.copytree(CONF, to)
    rules = os.path.join(to, "rules")
    for name in set(os.listdir(rules)) - set(RULES):
        os.unlink(os.path.join(rules, name))
    os.environ["TOCSIN_DATA_DIR"] = to


class World:
    """A folder with a configuration, logs and a state, and a place that it
    writes to. It is always the same folder, so that its states can be kept
    and put back."""

    def __init__(self, tmp, sink):
        self.root = os.path.join(tmp, "world")
        self.place = places.KINDS[sink](self.root)
        os.makedirs(self.root)
        story.write_config(self.root, self.place)

    def command(self, now, root=None):
        return [TOCSIN, "-c", os.path.join(root or self.root, "tocsin.yaml"),
                "run", "--now", story.stamp(now)]

    def run(self, now):
        """A pass that nobody disturbs and that must go well."""
        self.place.at(now)
        p = subprocess.run(self.command(now), stdout=subprocess.PIPE,
                           stderr=subprocess.STDOUT, text=True, check=False)
        if p.returncode != 0:
            raise AssertionError("a pass afterwards ends with %d: %s"
                                 % (p.returncode, p.stdout))

    def traced(self, now, role="core", at=0):
        """(exit status, calls of each role, was somebody killed, what it
        said)"""
        counts = self.root + ".counts"
        self.place.at(now)
        p = subprocess.run([TRACER, role, str(at), counts]
                           + self.command(now), stdout=subprocess.PIPE,
                           stderr=subprocess.STDOUT, text=True, check=False)
        if p.returncode == CANNOT:
            print(p.stdout)
            sys.exit(77)
        with open(counts, encoding="ascii") as f:
            word = f.read().split()
        return (p.returncode, {"core": int(word[1]), "worker": int(word[3])},
                word[5] == "1", p.stdout)

    def keep(self, name):
        to = self.root + "." + name
        shutil.rmtree(to, ignore_errors=True)
        shutil.copytree(self.root, to)
        self.place.keep(name)

    def put_back(self, name):
        """Logs that were there then stay as they are: to a source, a copy is
        a new one, and the calls of its worker would be others."""
        kept, logs = self.root + "." + name, os.path.join(self.root, "logs")
        for entry in os.scandir(self.root):
            if entry.path == logs:
                continue
            if entry.is_dir():
                shutil.rmtree(entry.path)
            else:
                os.unlink(entry.path)
        shutil.copytree(kept, self.root, dirs_exist_ok=True,
                        ignore=shutil.ignore_patterns("logs"))
        there = set(os.listdir(os.path.join(kept, "logs")))
        if there - set(os.listdir(logs)):
            raise AssertionError("logs were lost")
        for log in set(os.listdir(logs)) - there:
            os.unlink(os.path.join(logs, log))
        self.place.put_back(name)

    def stage(self, nr, role="core", at=0, seen=None):
        """What happens in the world, the pass that is disturbed, and those
        that follow it. seen(print of the world): is it to end here?"""
        story.happen(self.root, nr)
        first = self.traced(story.time_of(nr), role, at)
        for k in range(1, story.AFTER + 1):
            self.run(story.time_of(nr) + k * story.HOUR)
            if k == 1 and seen and seen(self.print()):
                break
        return first

    def print(self):
        """Of all that what comes next depends on. Ids of chance count by
        where they stand; the mark up to which logs were read, which is a
        time of this machine, by how many are older."""
        stats = [os.stat(os.path.join(self.root, "logs", name))
                 for name in os.listdir(os.path.join(self.root, "logs"))]
        times = [max(s.st_mtime_ns, s.st_ctime_ns) for s in stats]
        db = sqlite3.connect(os.path.join(self.root, "state.db"))
        text = list(db.iterdump())
        db.close()
        for folder, _, names in sorted(os.walk(self.root)):
            for name in sorted(names):
                path = os.path.join(folder, name)
                text.append(path)
                if name.startswith("state.db"):
                    continue        # which pass held the lock last
                with open(path, encoding="utf-8") as f:
                    text.append(f.read())
        text = "\n".join(text + [self.place.all()])
        for own in [self.root] + self.place.names():
            text = text.replace(own, "")
        text = re.sub('"mark":([0-9]+)', lambda m: '"mark":%d' % sum(
            t < int(m[1]) for t in times), text)
        numbers = {}
        text = re.sub("[0-9a-f]{32,}", lambda m: "<%d>" % numbers.setdefault(
            m[0], len(numbers)), text)
        return hashlib.sha256(text.encode()).hexdigest()

    def go_on(self, nr):
        """The stages behind it. Only the last one has passes that follow:
        quiet ones change nothing, as the case 0:core:0 shows."""
        if nr == story.STAGES - 1:
            return
        for later in range(nr + 1, story.STAGES):
            story.happen(self.root, later)
            self.run(story.time_of(later))
        for k in range(1, story.AFTER + 1):
            self.run(story.time_of(story.STAGES - 1) + k * story.HOUR)


def undisturbed(world):
    """Keeps the state before each stage. (calls by stage, end, told)"""
    calls = []
    for nr in range(story.STAGES):
        world.keep(str(nr))
        code, counts, _, out = world.stage(nr)
        if code != 0:
            raise AssertionError("the undisturbed story fails: " + out)
        calls.append(counts)
    return calls, world.place.end(), world.place.told()


# ---- a state that is not the one that wrote last ---------------------------

def lose(world):
    """The database is deleted."""
    for name in os.listdir(world.root):
        if name.startswith("state.db") and not name.endswith(".lock"):
            os.unlink(os.path.join(world.root, name))


def yesterday(world, nr):
    """The copy from before the last stage is restored."""
    lose(world)
    for name in os.listdir(world.root + "." + str(nr - 1)):
        if name.startswith("state.db"):
            shutil.copy(os.path.join(world.root + "." + str(nr - 1), name),
                        world.root)


def on_two_copies(world, nr):
    """The stage is passed over twice at the same time, from two copies of
    the state."""
    twin = world.root + ".twin"
    shutil.rmtree(twin, ignore_errors=True)
    os.mkdir(twin)
    for name in os.listdir(world.root):
        if name.startswith("state.db"):
            shutil.copy(os.path.join(world.root, name), twin)
    with open(os.path.join(world.root, "tocsin.yaml"),
              encoding="utf-8") as f:
        config = f.read().replace(world.root + "/state.db",
                                  twin + "/state.db")
    with open(os.path.join(twin, "tocsin.yaml"), "w", encoding="utf-8") as f:
        f.write(config)
    story.happen(world.root, nr)
    for k in range(story.AFTER + 1):
        now = story.time_of(nr) + k * story.HOUR
        world.place.at(now)
        passes = [subprocess.Popen(world.command(now, root),
                                   stdout=subprocess.DEVNULL,
                                   stderr=subprocess.DEVNULL)
                  for root in (world.root, twin)]
        for p in passes:
            p.wait()


STATES = ("lost", "yesterday", "two-copies")


def copies_at(place):
    """What stands twice and tells once."""
    return place.copies() if hasattr(place, "copies") else 0


def disturbed(world, case, known):
    """known: {(stage, print): what came of it}."""
    nr, role, at = case
    found = []

    def seen(what):
        found.append("%d %s" % (nr, what))
        return found[0] in known

    world.put_back(str(nr))
    if role == "lost":
        lose(world)
    elif role == "yesterday":
        yesterday(world, nr)
    elif role == "two-copies":
        on_two_copies(world, nr)
    if role in STATES:
        _, _, killed, _ = world.stage(nr)
    else:
        _, _, killed, _ = world.stage(nr, role, at,
                                      seen if known is not None else None)
    if found and found[0] in known:
        return (killed, True) + known[found[0]]
    world.go_on(nr)
    out = world.place.end(), world.place.told(), copies_at(world.place)
    if found:
        known[found[0]] = out
    return (killed, False) + out


def differences(role, end, told, want_end, want_told):
    """What must not be, and sums. Two passes at the same moment may both
    tell of a thing: no sink can be asked and written to in one step. That is
    counted, and must leave one of each in the end."""
    bad, counted = [], collections.Counter()
    if end != want_end:
        for key in sorted(set(end) | set(want_end)):
            if end.get(key) != want_end.get(key):
                bad.append("%s is %r, not %r" % (key, end.get(key),
                                                 want_end.get(key)))
    for what, n in sorted(((told - want_told)).items()):
        counted["told twice"] += n
        if role != "two-copies":
            bad.append("told once more: %r" % (what,))
    for what, n in sorted((want_told - told).items()):
        counted["not told"] += n
        bad.append("never told: %r" % (what,))
    return bad, counted


def work(tmp, sink, cases, known=None):
    """In a process of its own: its world, and its share of the cases."""
    world = World(tmp, sink)
    try:
        calls, end, told = undisturbed(world)
        if not cases:
            return calls, end, told, []
        out = []
        for case in cases:
            try:
                killed, again, e, t, copies = disturbed(world, case, known)
                bad, counted = differences(case[1], e, t, end, told)
                counted["sent twice under one id"] = copies
            except AssertionError as e:
                killed, again, bad, counted = True, False, [str(e)], {}
            out.append((case, killed, again, bad, dict(counted)))
        return calls, end, told, out
    finally:
        world.place.close()


def cases_of(calls, every, kills):
    out = []
    for nr, counts in enumerate(calls):
        for role in ROLES:
            out += [(nr, role, at)
                    for at in range(1 + nr % every, counts[role] + 1, every)]
    if kills:
        return out
    return out + [(nr, state, 0) for nr in range(1, story.STAGES)
                  for state in STATES]


def main():
    ap = argparse.ArgumentParser()
    ap.add_argument("--sink", default="file", choices=sorted(places.KINDS))
    ap.add_argument("--every", type=int, default=1)
    ap.add_argument("--jobs", type=int, default=os.cpu_count() or 1)
    ap.add_argument("--kills", action="store_true")
    ap.add_argument("--all", action="store_true")
    ap.add_argument("--case", help="only this one: PASS:ROLE:N")
    args = ap.parse_args()
    if not places.KINDS[args.sink].is_built():
        print("the sink %s is not built" % args.sink)
        sys.exit(77)
    with tempfile.TemporaryDirectory(
            prefix="tocsin-matrix-",
            dir=MEMORY if os.access(MEMORY, os.W_OK) else None) as tmp:
        few_rules(os.path.join(tmp, "conf"))
        os.mkdir(os.path.join(tmp, "calm"))
        calls, end, told, _ = work(os.path.join(tmp, "calm"), args.sink, [])
        print("undisturbed: %d at the sink, %d told; calls that write, by "
              "pass: %s" % (len(end), sum(told.values()), ", ".join(
                  "core %d worker %d" % (c["core"], c["worker"])
                  for c in calls)))
        if not end or not told:
            sys.exit("the undisturbed story comes to nothing")
        if args.case:
            nr, role, at = args.case.split(":")
            cases = [(int(nr), role, int(at))]
        else:
            cases = cases_of(calls, args.every, args.kills)
        sys.exit(report(run_all(tmp, args, cases)))


def run_all(tmp, args, cases):
    with multiprocessing.Manager() as manager, \
            concurrent.futures.ProcessPoolExecutor(args.jobs) as pool:
        jobs, known = [], None if args.all else manager.dict()
        for j in range(args.jobs):
            own = os.path.join(tmp, "job%d" % j)
            os.mkdir(own)
            share = cases[j::args.jobs]
            if share:
                jobs.append(pool.submit(work, own, args.sink, share, known))
        return [r for j in jobs for r in j.result()[3]]


def report(results):
    killed, failed = collections.Counter(), 0
    counted, played = collections.Counter(), 0
    for (nr, role, at), was, again, bad, sums in sorted(results):
        killed[role] += was or role in STATES
        played += not again
        counted.update(sums)
        if bad:
            failed += 1
            if failed <= 20:
                print("FAIL --case %d:%s:%d" % (nr, role, at))
                for line in bad[:6]:
                    print("    " + line[:400])
    print("%d cases, of which %d came to a world of their own: %d cores and "
          "%d workers killed, %d states lost, %d older, %d double; %s; %d "
          "failed"
          % (len(results), played, killed["core"], killed["worker"],
             *(killed[state] for state in STATES),
             ", ".join("%s %d" % (k, counted[k])
                       for k in ("told twice", "not told",
                                 "sent twice under one id")), failed))
    return 1 if failed or not killed["core"] or not killed["worker"] else 0


if __name__ == "__main__":
    main()
