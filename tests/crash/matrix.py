#!/usr/bin/env python3
# SPDX-License-Identifier: BSD-3-Clause
"""The crash matrix: the core and its workers, separately, are killed before
every system call that writes, in the first pass of each stage of a story in
which tickets open, change, resolve and relapse. After it the passes go on as
they would have, and what stands at the sink in the end, and who was told what,
is compared with the undisturbed story. So is what comes of a state that was
deleted, of yesterday's copy, and of two copies that are passed over at the
same time.

Most of these deaths come to the same: what was written is there, or it is
not. So the world is looked at where it was left, and again before each pass
that follows: all that the store says and all that lies at the place, to the
last letter, but for the numbers of chance in it. One that was seen before at
that point of the story goes on as it did then, and is not played once more.
Of those every PROVEth is, and must end as was said. --all plays each.

usage: matrix.py [--sink NAME] [--every N] [--jobs N] [--kills] [--all]
                 [--case STAGE:WHO:N]

--every: only every Nth call (another one in each stage). --kills: states are
left alone. WHO: core, worker, lost, yesterday, two-copies. Exits 77 where
processes cannot be traced. Needs $TOCSIN and $TOCSIN_BUILD.
"""
import argparse
import collections
import multiprocessing
import multiprocessing.managers
import os
import resource
import shutil
import sys
import tempfile

import places
import story
from world import World

# What is killed looks for no leaks, and waits for no helper that does.
os.environ["ASAN_OPTIONS"] = ":".join(filter(None, [
    os.environ.get("ASAN_OPTIONS"), "detect_leaks=0"]))

ROLES = ("core", "worker")
# Two passes at one moment are a matter of luck, so there are more of them.
STATES = {"lost": 1, "yesterday": 1, "two-copies": 5}
# No sink can be asked and written to in one step: two passes at one moment may
# both tell of a thing, and must leave one of each.
MAY_TELL_TWICE = ("two-copies",)
PROVE = 100
# Of the rules that ship, those that the story is read with: to read and
# compile all of them is most of what a pass takes, and writes nothing.
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


# ---- what came of it -------------------------------------------------------

class Ending(collections.namedtuple("Ending", "wrong twice copies")):
    """What must not be; what was told twice; how much stands twice and told
    once."""


def ending(world, want):
    end, told = world.place.end(), world.place.told()
    want_end, want_told = want
    wrong = ["%s is %r, not %r" % (key, end.get(key), want_end.get(key))
             for key in sorted(set(end) | set(want_end))
             if end.get(key) != want_end.get(key)]
    wrong += ["never told: %r" % (what,)
              for what in sorted((want_told - told).elements())]
    return Ending(wrong, sorted(map(repr, (told - want_told).elements())),
                  world.place.copies())


class Shared:
    """What the jobs have in common, in a process of its own."""

    def __init__(self, every, kills, only):
        self.every, self.kills, self.only = every, kills, only
        self.cases, self.next, self.known = None, 0, {}
        self.results = []

    def begin(self, calls):
        """Of the first of them the calls count. True: that was this one."""
        if self.cases is not None:
            return False
        self.cases = [self.only] if self.only else self.all_cases(calls)
        return True

    def all_cases(self, calls):
        out = [(nr, role, at) for nr, counts in enumerate(calls)
               for role in ROLES
               for at in range(1 + nr % self.every, counts[role] + 1,
                               self.every)]
        if self.kills:
            return out
        # These take longest: not at the end, where a job may be alone.
        return [(nr, state, at) for nr in range(1, story.STAGES)
                for state, times in STATES.items()
                for at in range(times)] + out

    def take(self):
        """(number, case), or None when there are no more."""
        self.next += 1
        return (self.next, self.cases[self.next - 1]) \
            if self.next <= len(self.cases) else None

    def look(self, key):
        return self.known.get(key)

    def learn(self, keys, what):
        self.known.update(dict.fromkeys(keys, what))

    def add(self, *result):
        self.results.append(result)

    def all(self):
        return self.results


class Manager(multiprocessing.managers.BaseManager):
    """Of the one Shared. Each of its methods is a dictionary's or a list's
    one step, or asked for by one job after the other."""


Manager.register("Shared", Shared)


# ---- one case --------------------------------------------------------------

class Job:
    """In a process of its own: its world, and the cases that it takes."""

    def __init__(self, tmp, sink, shared, plays_all):
        self.world = World(tmp, sink)
        self.shared, self.plays_all = shared, plays_all
        self.want = None

    def key(self, point):
        return "%s %s" % (point, self.world.print())

    def undisturbed(self):
        """Keeps the world before each stage. The calls, by stage."""
        calls, keys = [], []
        for point in story.POINTS:
            keys.append(self.key(point))
            if point.quiet:
                self.world.run(point)
                continue
            self.world.keep(str(point.stage))
            code, counts, _, out = self.world.traced(point)
            if code != 0:
                raise AssertionError("the undisturbed story fails: " + out)
            calls.append(counts)
        self.want = self.world.place.end(), self.world.place.told()
        self.shared.learn(keys, ending(self.world, self.want))
        return calls

    def go_on(self, after, prove):
        """The passes behind that point, until it is known how it ends.
        (ending, passes)"""
        said, keys = None, []
        for point in story.POINTS:
            if point <= after:
                continue
            if not self.plays_all and not said:
                keys.append(self.key(point))
                said = self.shared.look(keys[-1])
                if said and not prove:
                    self.shared.learn(keys, said)
                    return said, len(keys) - 1
            self.world.run(point)
        out = ending(self.world, self.want)
        if said and said != out:
            raise AssertionError("what was seen before ended as %r, now as %r"
                                 % (said, out))
        self.shared.learn(keys, out)
        return out, len(keys)

    def disturb(self, case):
        """(the point at which it was, was somebody killed)"""
        nr, role, at = case
        point = story.Point(nr, 0)
        self.world.put_back(str(nr))
        if role in ROLES:
            return point, self.world.traced(point, role, at)[2]
        if role == "lost":
            self.world.lose()
        elif role == "yesterday":
            self.world.restore(str(nr - 1))
        else:
            for k in range(story.AFTER + 1):
                self.world.twice(story.Point(nr, k))
            point = story.Point(nr, story.AFTER + 1)
        self.world.run(point)
        return point, True

    def case(self, number, case):
        try:
            point, killed = self.disturb(case)
            out, passes = self.go_on(point, number % PROVE == 0)
        except AssertionError as e:
            killed, passes, out = True, 1, Ending([str(e)], [], 0)
        wrong = out.wrong + ["told once more: " + what for what in out.twice
                             if case[1] not in MAY_TELL_TWICE]
        if wrong:
            print("\n    ".join(["FAIL --case %d:%s:%d" % case]
                                + [w[:400] for w in wrong[:6]]), flush=True)
        self.shared.add(case, killed, passes, out, bool(wrong))

    def run(self):
        try:
            calls = self.undisturbed()
            if self.shared.begin(calls):
                self.say(calls)
            while True:
                taken = self.shared.take()
                if not taken:
                    break
                self.case(*taken)
        finally:
            self.world.place.close()

    def say(self, calls):
        end, told = self.want
        print("undisturbed: %d at the sink, %d told; calls that write, by "
              "stage: %s" % (len(end), sum(told.values()), ", ".join(
                  "core %d worker %d" % (c["core"], c["worker"])
                  for c in calls)), flush=True)
        if not end or not told:
            sys.exit("the undisturbed story comes to nothing")


def play(*args):
    Job(*args).run()


# ---- all of them -----------------------------------------------------------

def run_all(tmp, args, only):
    """The results; or what a job ended with that could not go on."""
    with Manager() as manager:
        shared = manager.Shared(args.every, args.kills, only)
        jobs = []
        for j in range(1 if only else args.jobs):
            own = os.path.join(tmp, "job%d" % j)
            os.mkdir(own)
            jobs.append(multiprocessing.Process(
                target=play, args=(own, args.sink, shared, args.all)))
            jobs[-1].start()
        for job in jobs:
            job.join()
        codes = [job.exitcode for job in jobs if job.exitcode]
        if codes:
            sys.exit(77 if 77 in codes else 1)
        return shared.all()


def report(results):
    sums = collections.Counter()
    for (_, role, _), killed, passes, out, failed in results:
        sums.update({role: killed, "own": passes > 0, "passes": passes,
                     "twice": len(out.twice), "copies": out.copies,
                     "failed": failed})
    used = [resource.getrusage(who) for who in (resource.RUSAGE_SELF,
                                                resource.RUSAGE_CHILDREN)]
    print("%d cases: %d cores and %d workers killed, %d states lost, %d "
          "older, %d double; %d came to a world of their own, %d passes "
          "after; told twice %d, sent twice under one id %d; %d s of CPU; %d "
          "failed" % (
              len(results), *(sums[k] for k in (*ROLES, *STATES, "own",
                                                "passes", "twice", "copies")),
              sum(u.ru_utime + u.ru_stime for u in used), sums["failed"]))
    return sums


def main():
    ap = argparse.ArgumentParser()
    ap.add_argument("--sink", default="file", choices=sorted(places.KINDS))
    ap.add_argument("--every", type=int, default=1)
    ap.add_argument("--jobs", type=int, default=os.cpu_count() or 1)
    ap.add_argument("--kills", action="store_true")
    ap.add_argument("--all", action="store_true")
    ap.add_argument("--case", help="only this one: STAGE:WHO:N")
    args = ap.parse_args()
    if not places.KINDS[args.sink].is_built():
        print("the sink %s is not built" % args.sink)
        sys.exit(77)
    only = None
    if args.case:
        nr, role, at = args.case.split(":")
        only = int(nr), role, int(at)
    with tempfile.TemporaryDirectory(
            prefix="tocsin-matrix-",
            dir=MEMORY if os.access(MEMORY, os.W_OK) else None) as tmp:
        few_rules(os.path.join(tmp, "conf"))
        results = run_all(tmp, args, only)
    sums = report(results)
    nobody = not only and not all(sums[role] for role in ROLES)
    sys.exit(1 if sums["failed"] or nobody else 0)


if __name__ == "__main__":
    main()
