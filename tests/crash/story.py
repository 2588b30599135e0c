# SPDX-License-Identifier: BSD-3-Clause
"""The story that the crash matrix disturbs: what happens before each pass.

Stage 0  three projects break, one of them for two causes
      1  one breaks in another job too, one for another cause
      2  two are mended
      3  both of these break again, for the same causes; a fourth breaks
      4  all are mended
A stage is a push, the pass that sees it, and AFTER quiet passes an hour
apart."""
import collections
import json
import os
import time

# Long ago: what goes by the real clock (may this message still be edited?)
# must not come out otherwise one day.
START = 1754006400          # 2025-08-01T00:00:00Z
HOUR = 3600
STEP = 12 * HOUR
AFTER = 2
HEADER, TOOL, LINK = "header", "tool", "link"

LOGS = {
    HEADER: "gcc -c w.c\nw.c:1:10: fatal error: zlib{n}.h: No such file or "
            "directory\nmake: *** [Makefile:12: w.o] Error 1\n",
    TOOL: "checking for c++... no\n+ cmake ..\n"
          "CMake Error at CMakeLists.txt:3 (find_package):\n"
          "  Could not find a package configuration file provided by "
          "\"Foo{n}\" with any of\n  the following names:\n\n"
          "    Foo{n}Config.cmake\n",
    LINK: "/usr/bin/ld: w.o: in function `main':\n"
          "w.c:(.text+0x5): undefined reference to `frob{n}'\n"
          "collect2: error: ld returned 1 exit status\n",
}

# {project: {job: cause, or None for green}} by stage
STAGES_OF = (
    {"p0": {"linux": HEADER}, "p1": {"linux": LINK, "osx": TOOL},
     "p2": {"linux": HEADER}},
    {"p0": {"linux": HEADER, "osx": HEADER}, "p1": {"linux": LINK,
                                                  "osx": HEADER}},
    {"p0": {"linux": None, "osx": None}, "p2": {"linux": None}},
    {"p0": {"linux": HEADER, "osx": HEADER}, "p2": {"linux": HEADER},
     "p3": {"linux": TOOL}},
    {"p0": {"linux": None, "osx": None}, "p1": {"linux": None, "osx": None},
     "p2": {"linux": None}, "p3": {"linux": None}},
)
STAGES = len(STAGES_OF)
JOBS = ("linux", "osx")


def stamp(t):
    return time.strftime("%Y-%m-%dT%H:%M:%SZ", time.gmtime(t))


class Point(collections.namedtuple("Point", "stage quiet")):
    """A pass of the story: the first of its stage, or the nth quiet one."""

    @property
    def time(self):
        return START + self.stage * STEP + self.quiet * HOUR + 120

    def __str__(self):
        return "%d.%d" % self


POINTS = [Point(nr, k) for nr in range(STAGES) for k in range(AFTER + 1)]


def write_config(root, place):
    os.makedirs(os.path.join(root, "logs"))
    config = {
        "version": 1, "state": "sqlite:%s/state.db" % root, "armed": True,
        "sources": {"ci": {"plugin": "logs",
                           "path": [os.path.join(root, "logs")]}},
        "sinks": {"out": place.sink()},
        "guards": {"breaker": {"at_least": "unlimited"}},
        "policy": {
            # One push opens, and nothing is held: what is told does not
            # depend on how many passes there were.
            "open": {"any": [{"pushes": 1}]},
            "relapse": {"within": "10d", "flaps": 1000, "quiet": 0},
            "outbreak": {"projects": 1000, "owners": 1000, "within": "1h",
                         "hold": "1h"},
            "budget": {"new_per_pass": 1000, "new_per_day": 10000,
                       "new_per_person_per_day": 1000}},
        "teams": {"core": place.team()},
        "routes": [{"match": {"project": "*/*"}, "owner": "core",
                    "via": ["out"]}],
    }
    config.update(place.settings())
    with open(os.path.join(root, "tocsin.yaml"), "w", encoding="utf-8") as f:
        json.dump(config, f, indent=1)


def put_file(path, text, t):
    """Its time is the story's, too: sources look at it."""
    with open(path, "w", encoding="ascii") as f:
        f.write(text)
    os.utime(path, (t, t))


def happen(root, nr):
    """The pushes of a stage, and their logs. To do it twice changes nothing."""
    for project, jobs in STAGES_OF[nr].items():
        for job in JOBS:
            if job not in jobs:
                continue
            cause = jobs[job]
            t = START + nr * STEP
            name = "%s-%d-%s" % (project, nr, job)
            side = {"id": name, "project": "acme/" + project,
                    "branch": "main", "job": job,
                    "commit": "%040x" % (nr + 1), "created": stamp(t),
                    "started": stamp(t), "finished": stamp(t + 60),
                    "outcome": "failure" if cause else "success"}
            path = os.path.join(root, "logs", name)
            if cause:
                put_file(path + ".log",
                         LOGS[cause].replace("{n}", project[1:]), t)
                path += ".log"
            put_file(path + ".json", json.dumps(side), t)
