# SPDX-License-Identifier: BSD-3-Clause
"""Runs a source plugin in the mock host and keeps what it said.

A test calls check() for each thing it holds and ends with done(): every
failed check is printed, not only the first.
"""
import hashlib
import json
import os
import shutil
import subprocess
import sys
import tempfile

BUILD = os.environ["TOCSIN_BUILD"]
CORPUS = os.environ.get("TOCSIN_CORPUS", "")
HOST = os.path.join(BUILD, "tests", "mock", "mock-host")
failures = []
checks = 0
_folders = []


def plugin(name):
    path = os.path.join(BUILD, "plugins", name, ".libs", f"tocsin-{name}.so")
    if not os.path.exists(path):
        print(f"plugin {name} is not built")
        sys.exit(77)
    return path


def corpus(*parts):
    path = os.path.join(CORPUS, *parts)
    if not os.path.exists(path):
        print(f"no {path}")
        sys.exit(77)
    return path


def folder():
    path = tempfile.mkdtemp(prefix="tocsin-test-")
    _folders.append(path)
    return path


def write(root, path, content):
    """content: text, bytes, or anything else as JSON."""
    full = os.path.join(root, path)
    os.makedirs(os.path.dirname(full), exist_ok=True)
    if not isinstance(content, (str, bytes)):
        content = json.dumps(content)
    if isinstance(content, str):
        content = content.encode()
    with open(full, "wb") as f:
        f.write(content)
    return full


def shard(directory, name):
    h = hashlib.sha1(f"{name}.json".encode()).hexdigest()[:5]
    return f"{directory}/{'/'.join(h)}/{name}.json"


class Said:
    """What a plugin said in one pass."""

    def __init__(self, lines, status):
        self.status = status
        self.lines = lines
        self.snapshots = {}
        self.facts = {}
        self.nr_facts = 0
        self.notices = {}
        self.logs = []
        self.runs = []
        self.items = []
        self.broken = []
        self.cursor = None
        current = None
        for line in lines:
            kind = line["t"]
            if kind == "snapshot_begin":
                current = {"entries": {}, "complete": None, "why": None}
                self.snapshots[line["name"]] = current
            elif kind == "entry":
                if line["key"] in current["entries"]:
                    self.broken.append(f"twice: {line['key']}")
                current["entries"][line["key"]] = line
            elif kind == "snapshot_end":
                current["complete"] = line["complete"]
                current["why"] = line.get("why")
            elif kind == "fact":
                self.facts[(line["subject"], line["key"])] = line["value"]
                self.nr_facts += 1
            elif kind == "notice":
                self.notices.setdefault(line["code"], []).append(line["text"])
            elif kind == "run":
                self.runs.append(line["run"])
            elif kind == "log":
                self.logs.append(line)
            elif kind == "item":
                self.items.append(line["id"])
            elif kind == "broken":
                self.broken.append(line["text"])
            elif kind == "cursor":
                self.cursor = line["cursor"]

    def entries(self, snapshot):
        return self.snapshots.get(snapshot, {}).get("entries", {})

    def entry(self, snapshot, key):
        return self.entries(snapshot).get(key, {})

    def complete(self, snapshot):
        return self.snapshots.get(snapshot, {}).get("complete")


def changed(root):
    """The youngest ctime below root, in whole seconds."""
    return max(int(os.lstat(os.path.join(d, f)).st_ctime)
               for d, _, names in os.walk(root) for f in names)


def run(name, *options, cursor=None, skip=(), text=False, clock=None,
        now=None):
    """clock: what the machine's clock says to the plugin, in seconds; now:
    the pass's clock."""
    args = [HOST]
    if now is not None:
        args += ["--now", now]
    if clock is not None:
        args += ["--clock", str(clock)]
    if cursor is not None:
        d = folder()
        args += ["--cursor-file", write(d, "cursor", cursor)]
    for s in skip:
        args += ["--skip", s]
    if text:
        args.append("--text")
    p = subprocess.run(args + [plugin(name), *options], capture_output=True,
                       timeout=120)
    lines = []
    for line in p.stdout.decode().split("\n"):
        if line:
            lines.append(json.loads(line))
    said = Said(lines, p.returncode)
    check(not said.broken, "the contract is kept", said.broken)
    check(p.returncode in (0, 1, 2, 3), "the plugin lives",
          (p.returncode, p.stderr.decode()[-3000:]))
    check(b"Sanitizer" not in p.stderr, "no sanitizer speaks",
          p.stderr.decode()[-3000:])
    return said


def check(ok, what, details=None):
    global checks
    checks += 1
    if not ok:
        failures.append(f"{what}: {details!r}" if details is not None
                        else what)


def equal(got, wanted, what):
    check(got == wanted, what, {"got": got, "wanted": wanted})


def done():
    for path in _folders:
        shutil.rmtree(path, ignore_errors=True)
    for f in failures:
        print("FAIL", f)
    print(f"{checks} checks, {len(failures)} failed")
    sys.exit(1 if failures else 0)
