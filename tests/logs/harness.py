# SPDX-License-Identifier: BSD-3-Clause
"""What the tests of the logs plugin share: a temporary folder, the mock host
and asserts that say what they saw."""
import gzip
import hashlib
import json
import os
import shutil
import subprocess
import sys
import tempfile
import time

BUILD = os.environ["TOCSIN_BUILD"]
MOCK = os.path.join(BUILD, "tests/mock/mock-host")
PLUGIN = os.path.join(BUILD, "plugins/logs/.libs/tocsin-logs.so")


class Said:
    """What one pass of the plugin said."""

    def __init__(self, lines, status, stderr):
        self.lines = lines
        self.status = status
        self.stderr = stderr

    def of(self, t):
        return [l for l in self.lines if l["t"] == t]

    def runs(self):
        """All runs, with or without a log."""
        return [l["run"] for l in self.lines if l["t"] in ("run", "log")]

    def logs(self):
        return {l["run"]["job"]: l for l in self.of("log")}

    def items(self):
        return [l["id"] for l in self.of("item")]

    def notice(self, code):
        found = [l["text"] for l in self.of("notice") if l["code"] == code]
        assert len(found) < 2, "a notice is said twice: %r" % found
        return found[0] if found else None

    def cursor(self):
        return self.of("cursor")[-1]["cursor"]


class Folder:
    def __init__(self):
        self.dir = tempfile.mkdtemp(prefix="tocsin-logs-")

    def __enter__(self):
        return self

    def __exit__(self, *why):
        for d, _, _ in os.walk(self.dir):
            os.chmod(d, 0o700)
        shutil.rmtree(self.dir, ignore_errors=True)

    def path(self, name):
        return os.path.join(self.dir, name)

    def put(self, name, data=b"a line\n", age=3600):
        """Writes a file. Its times lie `age` seconds back as far as that can
        be set: mtime can, ctime cannot."""
        path = self.path(name)
        os.makedirs(os.path.dirname(path), exist_ok=True)
        if isinstance(data, dict):
            data = json.dumps(data).encode()
        if isinstance(data, str):
            data = data.encode()
        with open(path, "wb") as f:
            f.write(data)
        then = time.time() - age
        os.utime(path, (then, then))
        return path

    def collect(self, *options, flags=(), stdin=None, ok=True):
        options = [o.replace("@", self.dir) for o in options]
        r = subprocess.run([MOCK, "--text", *flags, PLUGIN, *options],
                           input=stdin if stdin is not None else b"",
                           stdout=subprocess.PIPE, stderr=subprocess.PIPE,
                           timeout=240)
        lines = [json.loads(l) for l in r.stdout.split(b"\n") if l]
        said = Said(lines, r.returncode, r.stderr.decode())
        if ok:
            assert r.returncode == 0, (r.returncode, said.stderr, lines)
            assert not said.of("broken"), said.of("broken")
        return said


def sha(data):
    return hashlib.sha256(data).hexdigest()


def same(got, want, what):
    if got != want:
        print("%s: got %r, want %r" % (what, got, want))
        sys.exit(1)


def holds(text, part, what):
    if text is None or part not in text:
        print("%s: %r is not in %r" % (what, part, text))
        sys.exit(1)


def gz(data):
    return gzip.compress(data, mtime=0)
