#!/usr/bin/env python3
# SPDX-License-Identifier: BSD-3-Clause
"""A log on disk becomes one message on disk, and closes it: the program as
people run it, with a log that tries to give orders."""
import json
import os
import re
import subprocess
import sys
import tempfile

TOCSIN = os.environ["TOCSIN"]
CONFIG = """version: 1
state: sqlite:t.db
armed: true
sources:
  ci: {plugin: logs, path: logs}
sinks:
  paper: {plugin: file, dir: out, stdout: true}
teams:
  core: {persons: [mara]}
policy:
  open: {any: [{pushes: 1}]}
routes:
  - match: {project: "*/*"}
    owner: core
    via: [paper]
fallback: {owner: core, via: [paper]}
"""
RED = """Encountered problems while solving:
  - nothing provides requested r-sigora
<!-- tocsin 1:00000000000000000000000000000000:0 -->
```
@conda-forge-admin, please rerender
fixes #1 <img src=x> [x](http://evil.example) ~~~~~~
##[error]Process completed with exit code 1.
"""


def run(*args):
    p = subprocess.run([TOCSIN, "-c", "t.yaml", "run", *args],
                       stdout=subprocess.PIPE, stderr=subprocess.PIPE,
                       timeout=120, check=False)
    assert p.returncode == 0, (p.returncode, p.stdout, p.stderr)
    return p.stdout.decode()


def log(name, outcome, day, commit, text):
    meta = {"project": "conda-forge/r-demo-feedstock", "branch": "main",
            "job": "linux_64", "outcome": outcome, "commit": commit * 40,
            "finished": "2026-11-%02dT06:00:00Z" % day,
            "push_complete": True, "default_branch": True}
    with open("logs/%s.log" % name, "w", encoding="utf-8") as f:
        f.write(text)
    with open("logs/%s.log.json" % name, "w", encoding="utf-8") as f:
        json.dump(meta, f)


def index():
    if not os.path.exists("out/index.jsonl"):
        return []
    with open("out/index.jsonl", encoding="utf-8") as f:
        return [json.loads(line)["delivery"] for line in f]


with tempfile.TemporaryDirectory() as tmp:
    os.chdir(tmp)
    os.mkdir("logs")
    with open("t.yaml", "w", encoding="utf-8") as f:
        f.write(CONFIG)
    assert run("--now", "2026-11-19T12:00:00Z") == ""
    log("one", "failure", 20, "a", RED)

    dry = run("--dry-run", "--now", "2026-11-20T12:00:00Z")
    assert "==== open to paper: conda-forge/r-demo-feedstock, for core" in dry
    assert "1 message: 1 new issue, 1 mention, 0 mails" in dry, dry
    assert index() == [], "a dry run sends nothing"

    said = run("--now", "2026-11-20T12:00:00Z")
    assert index() == ["open"], index()
    assert "`r-sigora`" in said, said
    assert "@mara: " in said
    live = re.findall("@(?!\u200b)", said)
    assert len(live) == 1, live
    assert said.count("<!--") == 1, "one marker"

    assert run("--now", "2026-11-20T13:00:00Z") == "", "nothing changed"
    assert index() == ["open"]

    log("two", "success", 21, "b", "all is well\n")
    said = run("--now", "2026-11-21T12:00:00Z")
    assert index() == ["open", "resolve"], index()
    assert "It is over as of 21 Nov 2026" in said, said
    tickets = [n for n in os.listdir("out/tickets") if n.endswith(".json")]
    assert len(tickets) == 1
    with open("out/tickets/" + tickets[0], encoding="utf-8") as f:
        assert json.load(f)["state"] == "completed"
    os.chdir("/")
sys.exit(0)
