# SPDX-License-Identifier: BSD-3-Clause
"""A small world for end-to-end tests: a folder with a configuration, logs and
a `file` sink, and the real program run on it."""
import ctypes
import fcntl
import json
import os
import shutil
import subprocess
import sys
import tempfile
import time

TOCSIN = os.environ.get("TOCSIN", os.path.abspath(os.path.join(
    os.path.dirname(__file__), "..", "..", "tocsin")))

CONFIG = """version: 1
state: sqlite:{dir}/state/tocsin.db
armed: true
sources:
  ci: {{plugin: logs, path: [{dir}/logs]}}
sinks:
  issues: {{plugin: file, dir: {dir}/out}}
policy:
  open: {{any: [{{pushes: 2}}]}}
teams:
  core: {{persons: [corey]}}
routes:
  - {{match: {{project: '*/*'}}, owner: core, via: [issues]}}
{more}"""

LOG = """gcc -c widget.c
widget.c:10:5: error: 'frobnicate' undeclared (first use in this function)
make: *** [Makefile:12: widget.o] Error 1
##[error]Process completed with exit code 2.
"""


class World:
    def __init__(self, more="", config=CONFIG):
        self.dir = tempfile.mkdtemp(prefix="tocsin-e2e-")
        os.chmod(self.dir, 0o755)
        for name in ("logs", "state"):
            os.mkdir(os.path.join(self.dir, name))
        self.config = os.path.join(self.dir, "tocsin.yaml")
        self.write("tocsin.yaml", config.format(dir=self.dir, more=more))

    def __enter__(self):
        return self

    def __exit__(self, *exc):
        shutil.rmtree(self.dir, ignore_errors=True)

    def path(self, *names):
        return os.path.join(self.dir, *names)

    def write(self, name, text, mode="w"):
        with open(self.path(name), mode) as f:
            f.write(text)

    def run_of(self, id, red=True, hour=0, project="acme/widget", log=LOG,
               **more):
        t = time.strftime("%Y-%m-%dT%H:%M:%SZ",
                          time.gmtime(1785542400 + hour * 3600))
        side = {"id": id, "project": project, "branch": "main",
                "job": "linux_64", "commit": id, "created": t, "started": t,
                "finished": t, "outcome": "failure" if red else "success"}
        side.update(more)
        if red:
            self.write(f"logs/{id}.log", log)
            self.write(f"logs/{id}.log.json", json.dumps(side))
        else:
            self.write(f"logs/{id}.json", json.dumps(side))

    def red_twice(self):
        """As often as the policy above wants for a ticket."""
        self.run_of("r1")
        self.run_of("r2", hour=1)

    def tocsin(self, *args, check=None, **kw):
        p = subprocess.run([TOCSIN, "-c", self.config, *args],
                           stdout=subprocess.PIPE, stderr=subprocess.PIPE,
                           text=True, timeout=300, **kw)
        if check is not None and p.returncode != check:
            raise AssertionError(
                f"tocsin {' '.join(args)}: exit {p.returncode}, wanted "
                f"{check}\nstdout: {p.stdout}\nstderr: {p.stderr}")
        return p

    def pass_at(self, hour, check=0, *args, **kw):
        t = time.strftime("%Y-%m-%dT%H:%M:%SZ",
                          time.gmtime(1785542400 + hour * 3600))
        return self.tocsin("run", "--now", t, *args, check=check, **kw)

    def messages(self):
        path = self.path("out", "index.jsonl")
        if not os.path.exists(path):
            return []
        with open(path) as f:
            return [json.loads(line) for line in f if line.strip()]

    def deliveries(self):
        return [m["delivery"] for m in self.messages()]

    def hold_lock(self):
        f = open(self.path("state", "tocsin.db.lock"), "w")
        fcntl.flock(f, fcntl.LOCK_EX)
        f.write(f"{os.getpid()} {int(time.time())}\n")
        f.flush()
        return f


LIBC = ctypes.CDLL(None, use_errno=True)
PR_CAPBSET_DROP = 24
MAY_READ_AND_WRITE_ALL = (1, 2)     # CAP_DAC_OVERRIDE, CAP_DAC_READ_SEARCH


def ordinary():
    """A preexec_fn: modes of files hold for root, too. To become nobody would
    not do: the program may lie where nobody else can read."""
    if os.geteuid() == 0:
        for capability in MAY_READ_AND_WRITE_ALL:
            if LIBC.prctl(PR_CAPBSET_DROP, capability, 0, 0, 0) < 0:
                raise OSError(ctypes.get_errno(), "cannot drop capabilities")


def has(text, *parts):
    for part in parts:
        if part not in text:
            raise AssertionError(f"{part!r} is not in:\n{text}")


def told(w):
    """(front matter as a dict, body) of each message."""
    out = []
    for m in w.messages():
        with open(w.path("out", m["message"]), newline="") as f:
            _, front, body = f.read().split("---\n", 2)
        out.append(({k: json.loads(v) for k, v in (
            line.split(": ", 1) for line in front.splitlines())}, body))
    return out


def sanitized():
    build = os.environ.get("TOCSIN_BUILD")
    if not build:
        return False
    with open(os.path.join(build, "config.h"), encoding="utf-8") as f:
        return "TOCSIN_SANITIZED 1" in f.read()


def main(tests):
    """Runs every function; the exit status of the script."""
    failed = 0
    for test in tests:
        try:
            test()
            print("ok  ", test.__doc__ or test.__name__)
        except Exception as e:       # an assertion or a crash of the test
            failed += 1
            print("FAIL", test.__doc__ or test.__name__)
            print("    ", type(e).__name__, str(e).replace("\n", "\n     "))
    sys.exit(1 if failed else 0)
