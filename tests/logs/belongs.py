#!/usr/bin/env python3
# SPDX-License-Identifier: BSD-3-Clause
"""Which run a log is of: sidecar, pattern, options, and what is refused."""
import os
import sys

sys.dont_write_bytecode = True
sys.path.insert(0, os.path.dirname(os.path.abspath(__file__)))
from harness import Folder, holds, same

FULL = {
    "id": "run-77", "project": "acme/widget", "project_id": "4711",
    "branch": "v2", "workflow": "Build", "job": "linux", "variant": "py312",
    "commit": "0123456789abcdef0123456789abcdef01234567",
    "url": "https://ci.example/77", "trigger": "push", "attempt": 3,
    "outcome": "timed-out", "created": "2026-11-01T10:00:00Z",
    "started": 1793527260, "finished": "2026-11-01T12:00:00+01:00",
    "push_complete": True, "default_branch": False,
}


def sidecar_says_it_all():
    with Folder() as f:
        f.put("a.log", b"text\n")
        f.put("a.json", dict(FULL, format="plain"))
        said = f.collect("path=@")
        same(len(said.runs()), 1, "runs")
        want = dict(FULL, created=1793527200, finished=1793530800,
                    default_branch=0)
        same(said.runs()[0], want, "the run")
        same(said.of("log")[0]["format"], "plain", "the format")


def sidecar_names():
    with Folder() as f:
        for name, side in (("a.log", "a.log.json"), ("b.log.gz", "b.json"),
                           ("c.txt", "c.json"), ("d", "d.json")):
            f.put(name, b"x\n")
            f.put(side, {"project": "acme/" + side[0], "job": name})
        said = f.collect("path=@")
        same({r["job"]: r["project"] for r in said.runs()},
             {"a.log": "acme/a", "b.log.gz": "acme/b", "c.txt": "acme/c",
              "d": "acme/d"}, "projects")


def green_needs_no_log():
    with Folder() as f:
        f.put("g.json", {"project": "a/b", "outcome": "success"})
        f.put("h.log", b"never read\n")
        f.put("h.json", {"project": "a/b", "outcome": "success"})
        f.put("s.json", {"project": "a/b", "outcome": "skipped"})
        f.put("n.json", {"project": "a/b"})
        said = f.collect("path=@")
        same(said.of("log"), [], "logs")
        same(sorted((r["job"], r["outcome"]) for r in said.runs()),
             [("g", "success"), ("h", "success"), ("s", "skipped")], "runs")
        holds(said.notice("sidecar"), "n.json: no log beside it", "notice")


def sidecar_faults():
    bad = {
        "unknown": ({"project": "a/b", "comit": "1"}, '"comit" is not a'),
        "type": ({"project": 7}, '"project" is not text'),
        "attempt": ({"project": "a/b", "attempt": 0}, '"attempt" is not a'),
        "half": ({"project": "a/b", "attempt": 1.5}, '"attempt" is not a'),
        "outcome": ({"project": "a/b", "outcome": "red"}, '"outcome" is no'),
        "time": ({"project": "a/b", "created": "last week"}, '"created" is'),
        "url": ({"project": "a/b", "url": "javascript:x"}, '"url" is not an'),
        "bool": ({"project": "a/b", "push_complete": 1}, '"push_complete" '),
        "control": ({"project": "a/b", "job": "x\ny"}, '"job" holds a con'),
        "nul": ({"project": "a/b\0c"}, '"project" holds a control'),
    }
    for name, (side, text) in bad.items():
        with Folder() as f:
            f.put("x.log")
            f.put("x.json", side)
            f.put("fine.log")
            f.put("fine.json", {"project": "a/b"})
            said = f.collect("path=@", "project=not/used")
            same([r["job"] for r in said.runs()], ["fine"], name)
            holds(said.notice("sidecar"), "x.json: " + text, name)
    with Folder() as f:
        f.put("x.log")
        f.put("x.json", b'{"project": "a/b",\n "job": ]}')
        holds(f.collect("path=@").notice("sidecar"), "line 2", "no JSON")
    with Folder() as f:
        f.put("x.log")
        f.put("x.json", {"comit": 1, "bransh": 2})
        text = f.collect("path=@").notice("sidecar")
        holds(text, "comit", "all faults")
        holds(text, "bransh", "all faults")


def pattern_reads_the_path():
    with Folder() as f:
        commit = "abcdef0123456789"
        f.put("acme/widget/v2/ci/99/2/%s/linux.py312.log" % commit)
        said = f.collect("path=@", "pattern={owner}/{project}/{branch}/"
                         "{workflow}/{run}/{attempt}/{commit}/{job}."
                         "{variant}.log")
        run = said.runs()[0]
        same({k: run[k] for k in ("project", "branch", "workflow", "attempt",
                                  "commit", "job", "variant")},
             {"project": "acme/widget", "branch": "v2", "workflow": "ci",
              "attempt": 2, "commit": commit, "job": "linux",
              "variant": "py312"}, "the run")


def pattern_then_options():
    with Folder() as f:
        f.put("widget-7.log")
        f.put("other/deep/x.txt")
        said = f.collect("path=@", "pattern={project}-{run}.log",
                         "owner=acme", "project=some/where", "branch=dev",
                         "job=all", "default_branch=dev", "workflow=w",
                         "variant=v", "commit=c0ffee", "outcome=failure",
                         "push_complete=true")
        runs = {r["project"]: r for r in said.runs()}
        same(sorted(runs), ["acme/widget", "some/where"], "projects")
        for run in runs.values():
            same([run[k] for k in ("branch", "job", "default_branch",
                                   "workflow", "variant", "commit",
                                   "outcome", "push_complete")],
                 ["dev", "all", 1, "w", "v", "c0ffee", "failure", True],
                 "options")


def sidecar_before_pattern_before_option():
    with Folder() as f:
        f.put("acme/widget.log")
        f.put("acme/widget.json", {"branch": "side"})
        run = f.collect("path=@", "pattern={owner}/{project}.log",
                        "project=op/tion", "branch=op").runs()[0]
        same((run["project"], run["branch"]), ("acme/widget", "side"), "who")


def folders_have_odd_names():
    with Folder() as f:
        f.put("my logs/it's größer/x.log")
        run = f.collect("path=@", "pattern={owner}/{project}/{job}.log")
        same(run.runs()[0]["project"], "my-logs/it-s-gr----er", "project")


def a_run_is_a_push():
    with Folder() as f:
        f.put("a/b/77/linux.log")
        f.put("a/b/77/win.log")
        f.put("a/b/78/linux.log")
        f.put("a/b/78/linux.json", {"commit": "c0ffee"})
        said = f.collect("path=@", "pattern={owner}/{project}/{run}/{job}.log")
        same(sorted(r["commit"] for r in said.runs()),
             ["c0ffee", "run-77", "run-77"], "commits")


def bad_patterns_are_refused():
    for pattern, text in (("{owner}/{projekt}", "{projekt} is not known"),
                          ("{owner", "no }"), ("a}b", "} without {"),
                          ("{job}{run}", 'put some text'),
                          ("{job}/{job}", "{job} is there twice"),
                          ("{project}/x", "{project} needs {owner}")):
        with Folder() as f:
            said = f.collect("path=@", "pattern=" + pattern, ok=False)
            same(said.status, 3, pattern)
            holds(said.of("chatter")[0]["text"], text, pattern)


def nobody_knows_whose():
    with Folder() as f:
        f.put("x.log")
        f.put("y.log")
        f.put("y.json", {"project": "no-slash"})
        f.put("z.log")
        f.put("z.json", {"project": "a/b c"})
        said = f.collect("path=@")
        same(said.runs(), [], "runs")
        holds(said.notice("unassigned"), "x.log: nothing says", "x")
        holds(said.notice("unassigned"), 'y.log: project "no-slash"', "y")
        holds(said.notice("unassigned"), 'z.log: project "a/b c"', "z")


def ids_are_stable():
    with Folder() as f:
        f.put("x.log", b"one\n")
        f.put("y.log", b"one\n")
        one = f.collect("path=@", "project=a/b")
        f.put("x.log", b"another\n")
        two = f.collect("path=@", "project=a/b", "branch=other")
        ids = {r["job"]: r["id"] for r in one.runs()}
        same(ids, {r["job"]: r["id"] for r in two.runs()}, "ids")
        same(len(set(ids.values())), 2, "different ids")


def finds_files():
    with Folder() as f:
        for name in ("a/x.log", "a/y.txt", "b/x.log", "b/c/d/x.log",
                     ".git/x.log", "b/.hidden.log", "[odd].log"):
            f.put(name)

        def found(*paths):
            said = f.collect("project=a/b", *["path=@/" + p for p in paths])
            return sorted(i[len(f.dir) + 1:] for i in said.items())

        same(found(""), ["[odd].log", "a/x.log", "a/y.txt", "b/c/d/x.log",
                         "b/x.log"], "a folder")
        same(found("*/x.log"), ["a/x.log", "b/x.log"], "a glob")
        same(found("**/x.log"), ["a/x.log", "b/c/d/x.log", "b/x.log"], "**")
        same(found("b/c*"), ["b/c/d/x.log"], "a glob of folders")
        same(found("[ab]/?.log"), ["a/x.log", "b/x.log"], "[] and ?")
        same(found("[odd].log"), ["[odd].log"], "a literal name")
        same(found("a/x.log", "a", "a/*"), ["a/x.log", "a/y.txt"], "once")
        same(found("b/.hidden.log"), ["b/.hidden.log"], "hidden, but named")
        same(f.collect("project=a/b", "path=@/none").notice("unreadable"),
             f.dir + "/none: No such file or directory", "missing")


def reads_stdin():
    with Folder() as f:
        for data in (b"from a pipe\n", __import__("gzip").compress(
                b"from a pipe\n")):
            said = f.collect("path=-", "project=a/b", stdin=data)
            same(said.of("log")[0]["text"], "from a pipe\n", "stdin")


for test in (sidecar_says_it_all, sidecar_names, green_needs_no_log,
             sidecar_faults, pattern_reads_the_path, pattern_then_options,
             sidecar_before_pattern_before_option, a_run_is_a_push,
             folders_have_odd_names, bad_patterns_are_refused,
             nobody_knows_whose, ids_are_stable, finds_files, reads_stdin):
    test()
