# SPDX-License-Identifier: BSD-3-Clause
"""Runs tests/plugins/drive and hands back its events."""
import fcntl
import json
import os
import subprocess

BUILD = os.environ["TOCSIN_BUILD"]
SELF = os.path.join(BUILD, "core", "tocsin")
DRIVE = os.path.join(BUILD, "tests", "plugins", "drive")
PLUGINS = os.path.join(BUILD, "tests", "plugins", ".libs")


def drive(spec, env=None, timeout=240):
    """The events, and what came on stderr."""
    spec = dict({"self": SELF, "plugin_path": [PLUGINS]}, **spec)
    full = {**os.environ, "TOCSIN_PLUGIN_PATH": "", **(env or {})}
    # A crash on purpose is to look as it does without the sanitizers.
    full["ASAN_OPTIONS"] = ":".join(filter(None, [
        full.get("ASAN_OPTIONS"), "handle_segv=0", "handle_abort=0"]))
    # A descriptor that nobody closes on exec must not reach a worker either.
    with open(os.devnull, encoding="ascii") as extra:
        high = fcntl.fcntl(extra, fcntl.F_DUPFD, 40)
    try:
        p = subprocess.run([DRIVE], input=json.dumps(spec).encode(),
                           env=full, stdout=subprocess.PIPE,
                           stderr=subprocess.PIPE, timeout=timeout,
                           pass_fds=(high,))
    finally:
        os.close(high)
    assert p.returncode == 0, (p.returncode, p.stderr)
    out = p.stdout.decode()
    if spec.get("check"):
        return out.splitlines(), p.stderr.decode()
    return [json.loads(line) for line in out.splitlines()], p.stderr.decode()


def start(spec):
    """A drive that runs on its own."""
    spec = dict({"self": SELF, "plugin_path": [PLUGINS]}, **spec)
    p = subprocess.Popen([DRIVE], stdin=subprocess.PIPE,
                         stdout=subprocess.DEVNULL,
                         stderr=subprocess.DEVNULL)
    p.stdin.write(json.dumps(spec).encode())
    p.stdin.close()
    return p


class Events(list):
    def of(self, instance):
        return Events(e for e in self if e.get("instance") == instance)

    def kind(self, kind):
        return Events(e for e in self if e.get("event") == kind)

    def ended(self, instance):
        ends = self.of(instance).kind("ended")
        assert len(ends) == 1, (instance, ends)
        assert self.of(instance)[-1] is ends[0], "something after the end"
        return ends[0]

    def runs(self, instance):
        return [r["id"] for e in self.of(instance).kind("batch")
                for r in e["frame"]["runs"]]

    def facts(self, instance, key):
        return [f["value"] for e in self.of(instance).kind("batch")
                for f in e["frame"]["facts"] if f["key"] == key]

    def cursor(self, instance):
        cursors = [e["frame"]["cursor"] for e in
                   self.of(instance).kind("batch") if "cursor" in e["frame"]]
        return cursors[-1] if cursors else None


def events(spec, **kw):
    out, err = drive(spec, **kw)
    return Events(out), err


def source(name, mode, **more):
    options = {"mode": mode}
    options.update(more.pop("options", {}))
    return dict({"name": name, "plugin": "naughty", "options": options},
                **more)


def note(i):
    owner = {"name": "core", "persons": ["ann"], "contacts": {}}
    return {"delivery": "open", "ticket": "ticket-%d" % i, "nonce": "n",
            "marker": "m", "project": "org/p", "title": "T%d" % i,
            "body": "B", "fields": {}, "remote_id": None, "labels": [],
            "owner": owner}


def sink(name, mode, notes=3, **more):
    options = {"mode": mode}
    options.update(more.pop("options", {}))
    return dict({"name": name, "plugin": "naughty-sink", "sink": True,
                 "options": options,
                 "deliver": [note(i + 1) for i in range(notes)]}, **more)


def sanitized():
    with open(os.path.join(BUILD, "config.h"), encoding="utf-8") as f:
        return "#define TOCSIN_SANITIZED 1" in f.read()
