#!/usr/bin/env python3
# SPDX-License-Identifier: BSD-3-Clause
"""What is read again and what is not, and a cursor that stays small."""
import json
import os
import resource
import shutil
import sys

sys.dont_write_bytecode = True
sys.path.insert(0, os.path.dirname(os.path.abspath(__file__)))
from harness import Folder, same


class Passes:
    """Passes over one folder, each with the cursor of the one before."""

    def __init__(self, folder, *options):
        self.folder = folder
        self.options = options or ("path=@", "project=a/b")
        self.cursor = None
        self.said = None

    def names(self, *options, clock=None):
        """clock: what the machine's clock says, in seconds."""
        flags = ["--clock", str(clock)] if clock is not None else []
        if self.cursor is not None:
            with open(self.folder.dir + ".cursor", "w") as f:
                f.write(self.cursor)
            flags += ["--cursor-file", self.folder.dir + ".cursor"]
        self.said = self.folder.collect(*(options or self.options),
                                        flags=flags)
        if self.cursor is not None:
            os.unlink(self.folder.dir + ".cursor")
        self.cursor = self.said.cursor()
        return sorted(r["job"] for r in self.said.runs())


def later(f):
    """A time at which the mark may pass every file in f."""
    return 3 + max(int(os.lstat(os.path.join(d, n)).st_ctime)
                   for d, _, names in os.walk(f.dir) for n in names)


def unchanged_is_not_read():
    with Folder() as f:
        f.put("x.log")
        f.put("y.log")
        p = Passes(f)
        same(p.names(), ["x", "y"], "first")
        same(p.names(), [], "second")
        same(p.said.items(), [], "items of the second")
        same(p.names(), [], "third")


def changed_is_read():
    with Folder() as f:
        f.put("x.log", b"one\n")
        f.put("y.log", b"one\n")
        p = Passes(f)
        p.names()
        f.put("x.log", b"longer\n")
        same(p.names(), ["x"], "another size")
        f.put("x.log", b"LONGER\n")
        same(p.names(), ["x"], "same size, same mtime")
        f.put("new.log")
        same(p.names(), ["new"], "a new one")


def sidecar_counts():
    with Folder() as f:
        f.put("x.log")
        f.put("y.log")
        p = Passes(f)
        p.names()
        f.put("x.json", {"project": "c/d"})
        same(p.names(), ["x"], "a sidecar came")
        same(p.said.runs()[0]["project"], "c/d", "and counts")
        f.put("x.json", {"project": "e/f"})
        same(p.names(), ["x"], "a sidecar changed")
        same(p.names(), [], "and is done")


def old_mtime_is_no_excuse():
    """Copied with its old mtime, or renamed into place. (A whole folder
    that is moved: test-logs-walk.)"""
    with Folder() as f, Folder() as other:
        f.put("x.log")
        other.put("copy.log", age=90000)
        other.put("moved.log", age=90000)
        p = Passes(f)
        p.names()
        shutil.copy2(other.path("copy.log"), f.path("copy.log"))
        os.rename(other.path("moved.log"), f.path("moved.log"))
        same(p.names(), ["copy", "moved"], "files")


def damaged_cursor_reads_all():
    for cursor in ("", "{", "[]", '{"v":1}', '{"v":99,"mark":9e18}', "x" * 99):
        with Folder() as f:
            f.put("x.log")
            p = Passes(f)
            p.cursor = cursor
            same(p.names(), ["x"], cursor)


def clock_goes_back():
    with Folder() as f:
        f.put("x.log")
        p = Passes(f)
        p.names(clock=later(f) + 36000)
        f.put("y.log")
        same("y" in p.names(), True, "new file before the old mark")


def options_change():
    with Folder() as f:
        f.put("x.log")
        p = Passes(f)
        p.names()
        same(p.names("path=@", "project=c/d"), ["x"], "other options")


def settle_waits():
    with Folder() as f:
        f.put("x.log")
        p = Passes(f)
        same(p.names("path=@", "project=a/b", "settle=1h"), [], "too fresh")
        same(p.names("path=@", "project=a/b"), ["x"], "then read")


def the_middle_of_a_pass():
    """A worker that dies leaves a cursor from which nothing is lost."""
    with Folder() as f:
        for i in range(600):
            f.put("%03d.log" % i)
        p = Passes(f)
        first = p.names(clock=later(f))
        cursors = [l["cursor"] for l in p.said.of("cursor")]
        same(len(cursors), 3, "cursors of one pass")
        lines = p.said.lines
        cut = [i for i, l in enumerate(lines) if l["t"] == "cursor"][1]
        before = [l["run"]["job"] for l in lines[:cut] if l["t"] == "log"]
        p.cursor = cursors[1]
        after = p.names(clock=later(f))
        same(sorted(set(before) | set(after)), first, "nothing is lost")
        same(len(before) + len(after) < 700, True, "little is read twice")


def very_many():
    n = 100000 if os.environ.get("TOCSIN_LONG") else 3000
    with Folder() as f:
        for d in range(n // 1000):
            os.mkdir(f.path("%03d" % d))
            for i in range(1000):
                os.close(os.open(f.path("%03d/%03d.json" % (d, i)),
                                 os.O_CREAT | os.O_WRONLY))
        p = Passes(f)
        before = resource.getrusage(resource.RUSAGE_CHILDREN)
        p.names()
        same(len(p.said.of("item")), n, "all are named")
        same(len(p.cursor) < 600000, True, "even now it is bounded")
        # As long as files are as young as the clock of the file system
        # ticks they are listed, and what is too much is read twice.
        p.names(clock=later(f))
        p.names(clock=later(f))
        same(p.said.items(), [], "nothing is read again")
        same(len(p.cursor) < 300, True, "it is small")
        f.put("new.json", {"project": "a/b", "outcome": "success"})
        same(p.names(), ["new"], "but what is new")
        used = resource.getrusage(resource.RUSAGE_CHILDREN)
        print("cpu %.1f s, peak %d MB" % (used.ru_utime + used.ru_stime
              - before.ru_utime - before.ru_stime, used.ru_maxrss // 1024))


for test in (unchanged_is_not_read, changed_is_read, sidecar_counts,
             old_mtime_is_no_excuse, damaged_cursor_reads_all,
             clock_goes_back, options_change, settle_waits,
             the_middle_of_a_pass, very_many):
    test()
