# SPDX-License-Identifier: BSD-3-Clause
"""The world of the crash matrix: a configuration, logs and a state in a
folder, and a place that is written to (places.py). It is always the same
folder, so that what it was like at a moment can be kept and put back, and
print() says whether two moments are the same to all that comes next."""
import hashlib
import os
import re
import shutil
import sqlite3
import subprocess
import sys

import places
import story

TOCSIN = os.environ["TOCSIN"]
TRACER = os.path.join(os.environ["TOCSIN_BUILD"], "tests/crash/at-write")
CANNOT = 125
# Whatever the machine's clock may say of a sink's pace; of its limits of 80
# writes a minute and 500 an hour no story gets near.
PACE_FEW = 40


def is_state(name):
    """Of the database, but for the lock, in which stands who had it last."""
    return name.startswith("state.db") and not name.endswith(".lock")


class World:
    def __init__(self, tmp, sink):
        self.root = os.path.join(tmp, "world")
        self.logs = os.path.join(self.root, "logs")
        self.place = places.KINDS[sink](self.root)
        os.makedirs(self.root)
        story.write_config(self.root, self.place)

    # ---- passes ----

    def command(self, now, root=None):
        return [TOCSIN, "-c", os.path.join(root or self.root, "tocsin.yaml"),
                "run", "--now", story.stamp(now)]

    def begin(self, point):
        if point.quiet == 0:
            story.happen(self.root, point.stage)
        self.place.at(point.time)

    def run(self, point):
        """What happened before the pass, and the pass, which nobody disturbs
        and which must go well."""
        self.begin(point)
        p = subprocess.run(self.command(point.time), stdout=subprocess.PIPE,
                           stderr=subprocess.STDOUT, text=True, check=False)
        if p.returncode != 0:
            raise AssertionError("a pass afterwards ends with %d: %s"
                                 % (p.returncode, p.stdout))

    def traced(self, point, role="core", at=0):
        """(exit status, calls of each role, was somebody killed, what it
        said)"""
        counts = self.root + ".counts"
        self.begin(point)
        p = subprocess.run([TRACER, role, str(at), counts]
                           + self.command(point.time), stdout=subprocess.PIPE,
                           stderr=subprocess.STDOUT, text=True, check=False)
        if p.returncode == CANNOT:
            print(p.stdout)
            sys.exit(77)
        self.place.settle()
        with open(counts, encoding="ascii") as f:
            word = f.read().split()
        return (p.returncode, {"core": int(word[1]), "worker": int(word[3])},
                word[5] == "1", p.stdout)

    def twice(self, point):
        """The pass, at the same time over two copies of the state."""
        twin = self.root + ".twin"
        if not os.path.isdir(twin):
            os.mkdir(twin)
            self.copy_state(self.root, twin)
            with open(os.path.join(self.root, "tocsin.yaml"),
                      encoding="utf-8") as f:
                config = f.read().replace(self.root + "/state.db",
                                          twin + "/state.db")
            with open(os.path.join(twin, "tocsin.yaml"), "w",
                      encoding="utf-8") as f:
                f.write(config)
        self.begin(point)
        passes = [subprocess.Popen(self.command(point.time, root),
                                   stdout=subprocess.DEVNULL,
                                   stderr=subprocess.DEVNULL)
                  for root in (self.root, twin)]
        for p in passes:
            p.wait()
        self.place.settle()

    # ---- kept and put back ----

    def kept(self, name):
        return self.root + "." + name

    def keep(self, name):
        shutil.rmtree(self.kept(name), ignore_errors=True)
        shutil.copytree(self.root, self.kept(name))
        self.place.keep(name)

    def put_back(self, name):
        """Logs that were there then stay as they are: to a source, a copy is
        a new one, and the calls of its worker would be others."""
        for entry in os.scandir(self.root):
            if entry.path == self.logs:
                continue
            if entry.is_dir():
                shutil.rmtree(entry.path)
            else:
                os.unlink(entry.path)
        shutil.rmtree(self.root + ".twin", ignore_errors=True)
        shutil.copytree(self.kept(name), self.root, dirs_exist_ok=True,
                        ignore=shutil.ignore_patterns("logs"))
        there = set(os.listdir(os.path.join(self.kept(name), "logs")))
        if there - set(os.listdir(self.logs)):
            raise AssertionError("logs were lost")
        for log in set(os.listdir(self.logs)) - there:
            os.unlink(os.path.join(self.logs, log))
        self.place.put_back(name)

    def lose(self):
        """The database is deleted."""
        for name in filter(is_state, os.listdir(self.root)):
            os.unlink(os.path.join(self.root, name))

    def copy_state(self, here, to):
        for name in filter(is_state, os.listdir(here)):
            shutil.copy(os.path.join(here, name), to)

    def restore(self, name):
        """That copy of the database alone."""
        self.lose()
        self.copy_state(self.kept(name), self.root)

    # ---- what it is like ----

    def stored(self):
        """All that the store says, read from a copy: whoever opens a
        database whose last writer was killed mends it."""
        copy = self.root + ".copy"
        os.makedirs(copy, exist_ok=True)
        for name in os.listdir(copy):
            os.unlink(os.path.join(copy, name))
        # What SQLite makes anew is not for its reader.
        for name in os.listdir(self.root):
            if is_state(name) and not name.endswith("-shm"):
                shutil.copy(os.path.join(self.root, name), copy)
        if not os.listdir(copy):
            return ["no state"]
        db = sqlite3.connect(os.path.join(copy, "state.db"))
        try:
            return [str(db.execute("pragma user_version").fetchone())] + [
                re.sub(r"^(INSERT INTO \"meta\" VALUES\('outbox\.pace\.\w+')"
                       r",'\[([0-9,]*)\]'",
                       lambda m: m[1] if m[2].count(",") < PACE_FEW else m[0],
                       line) for line in db.iterdump()]
        finally:
            db.close()

    def files(self):
        for folder, _, names in sorted(os.walk(self.root)):
            for name in sorted(names):
                if name.startswith("state.db"):
                    continue
                path = os.path.join(folder, name)
                yield "%s %o" % (path, os.stat(path).st_mode)
                with open(path, encoding="utf-8",
                          errors="surrogateescape") as f:
                    yield f.read()

    def read(self):
        """(mark, list) of a source of logs → how many of those that lie
        there it has read: what is older than the mark, a time of this
        machine, and what is listed. It reads them by age, so that these
        are always the same ones."""
        stamps = {}
        for entry in os.scandir(self.logs):
            s = entry.stat()
            unit = entry.name.removesuffix(".json")
            stamps[unit] = max(stamps.get(unit, 0), s.st_mtime_ns,
                               s.st_ctime_ns)
        return lambda m: "%d read" % (
            sum(t < int(m[1]) for t in stamps.values()) + len(m[2]) // 16)

    def print(self):
        """Of all that what comes next depends on; ids of chance count by
        where they stand."""
        text = "\n".join([*self.stored(), *self.files(), self.place.all()])
        for own in [self.root] + self.place.names():
            text = text.replace(own, "")
        text = re.sub('"mark":([0-9]+),"listed":"([0-9a-f]*)"', self.read(),
                      text)
        numbers = {}
        text = re.sub("[0-9a-f]{32,}", lambda m: "<%d>" % numbers.setdefault(
            m[0], len(numbers)), text)
        return hashlib.sha256(text.encode("utf-8", "surrogateescape")
                              ).hexdigest()
