#!/usr/bin/env python3
# SPDX-License-Identifier: BSD-3-Clause
"""A project of Azure that changes from pass to pass: new builds, builds that
are listed late, old ones that only a lead of another source tells of, re-runs,
pages of five, replies that fail; and passes that are killed at some request.
In the end every attempt of every job is known once.

    killed.py [PASSES [SEED]]"""
import contextlib
import datetime
import json
import os
import random
import signal
import sqlite3
import subprocess
import sys
import tempfile
import threading
import time
from http.server import BaseHTTPRequestHandler, ThreadingHTTPServer
from urllib.parse import parse_qs, urlsplit

sys.path.insert(0, os.path.join(os.path.dirname(os.path.abspath(__file__)),
                                "..", "server"))
from shake import Shake  # noqa: E402

PASSES = int(sys.argv[1]) if len(sys.argv) > 1 else 10
SEED = int(sys.argv[2]) if len(sys.argv) > 2 else 1
TOCSIN = os.environ["TOCSIN"]
BUILD = os.environ["TOCSIN_BUILD"]
START = 1786700000
STEP = 600                      # seconds from pass to pass
OVERLAP = 900
PAGE = 5
JOBS = ("linux linux_64_", "osx osx_64_", "win win_64_")


def iso(t):
    return datetime.datetime.fromtimestamp(t, datetime.timezone.utc).strftime(
        "%Y-%m-%dT%H:%M:%S.5Z")


def when(text):
    return int(datetime.datetime.fromisoformat(
        text.replace("Z", "+00:00")).timestamp())


class Job:
    def __init__(self, rnd):
        self.results = [rnd.choice(("succeeded", "succeeded", "failed"))]


class Build:
    def __init__(self, nr, finish, shown, rnd):
        self.nr, self.finish, self.shown = nr, finish, shown
        self.jobs = {name: Job(rnd) for name in JOBS}
        self.running = False

    def red(self):
        return any(j.results[-1] == "failed" for j in self.jobs.values())

    def entry(self):
        return {"id": self.nr, "reason": "individualCI",
                "status": "inProgress" if self.running else "completed",
                "result": "failed" if self.red() else "succeeded",
                "queueTime": iso(self.finish - 60 * self.nr % 50),
                "finishTime": None if self.running else iso(self.finish),
                "sourceBranch": "refs/heads/main",
                "sourceVersion": "%040x" % self.nr,
                "definition": {"name": "d"},
                "repository": {"type": "GitHub",
                               "id": "acme/r%d" % (self.nr % 4)}}

    def attempts(self):
        return max(len(j.results) for j in self.jobs.values())

    def timeline(self, attempt):
        """As it was in that attempt."""
        out = []
        for k, (name, job) in enumerate(self.jobs.items()):
            n = min(attempt, len(job.results))
            own = "%x%02x" % (k + 1, n)
            out.append({"id": own, "type": "Job", "name": name,
                        "identifier": "j%d" % k, "state": "completed",
                        "result": job.results[n - 1], "attempt": n,
                        "finishTime": iso(START + self.nr * 10 + n),
                        "previousAttempts": [
                            {"attempt": i, "timelineId": "a%d" % i}
                            for i in range(1, n)]})
            out.append({"id": own + "f", "parentId": own, "type": "Task",
                        "result": job.results[n - 1],
                        "log": {"id": k * 100 + n}})
        return {"records": out}


class Org:
    def __init__(self):
        self.rnd = random.Random(SEED)
        self.builds = {}
        self.now = START
        self.lock = threading.Lock()
        self.faults = {}        # {path: how often it failed}
        self.calm = False
        self.requests = 0
        self.kill_at = 0
        self.kill_on = None     # a build: when it alone is asked for
        self.state = None
        self.victim = None
        self.leads = []         # builds that are in no list

    def end_reruns(self):
        for b in self.builds.values():
            if b.running:
                b.running, b.finish = False, self.now - 5
                b.shown = self.now
                for j in b.jobs.values():
                    if j.results[-1] == "failed":
                        j.results.append(self.rnd.choice(
                            ("succeeded", "failed")))

    def step(self):
        self.now += STEP
        self.end_reruns()
        red = [b for b in self.builds.values() if b.red() and not b.running
               and b.attempts() < 4]
        if red and self.rnd.random() < 0.5:
            self.rnd.choice(red).running = True
        for _ in range(self.rnd.randrange(8)):
            nr = len(self.builds) + 1
            late = self.rnd.random() < 0.3
            self.builds[nr] = Build(
                nr, self.now - self.rnd.randrange(STEP),
                self.now + (STEP if late and OVERLAP > STEP else 0),
                self.rnd)
        if self.rnd.random() < 0.5:
            self.add_lead()
        # What is late is late by less than the overlap.
        for b in self.builds.values():
            if b.shown > self.now:
                b.finish = max(b.finish, self.now - OVERLAP + STEP + 10)

    def add_lead(self):
        nr = len(self.builds) + 1
        self.builds[nr] = Build(nr, START - 20 * 86400, START, self.rnd)
        self.leads.append(nr)
        return nr

    def is_end(self, path):
        """Whether the pass is killed at this request."""
        if self.kill_on and "buildIds=%d&" % self.kill_on in path:
            self.kill_on = None
            self.wait_until_taken()
            return True
        return self.requests == self.kill_at

    def wait_until_taken(self):
        """The worst moment: it is offered no more, and not read."""
        end = time.monotonic() + 60
        while time.monotonic() < end:
            with contextlib.closing(sqlite3.connect(self.state)) as c:
                if c.execute("select min(taken) from lead").fetchone()[0]:
                    return
            time.sleep(0.01)

    def reply(self, url):
        u = urlsplit(url)
        q = {k: v[0] for k, v in parse_qs(u.query).items()}
        parts = u.path.split("/_apis/build/builds")[1].strip("/").split("/")
        headers = {}
        if parts == [""] and "buildIds" in q:
            body = {"value": [self.builds[int(i)].entry()
                              for i in q["buildIds"].split(",")]}
        elif parts == [""]:
            rows = sorted((b.finish, b.nr) for b in self.builds.values()
                          if not b.running and b.shown <= self.now
                          and b.finish >= when(q["minTime"]))
            at = int(q.get("continuationToken", 0))
            body = [self.builds[nr].entry() for _, nr in rows[at:at + PAGE]]
            if at + PAGE < len(rows):
                headers["x-ms-continuationtoken"] = str(at + PAGE)
        elif parts[1] == "timeline":
            b = self.builds[int(parts[0])]
            body = b.timeline(int(parts[2][1:]) if len(parts) > 2
                              else b.attempts())
        else:
            return "##[error]x.c:1:10: fatal error: h%s.h: No such file or " \
                "directory\r\n" % parts[2], headers
        return json.dumps(body), headers

    def fault(self, path):
        n = self.faults.get(path, 0)
        if self.calm or n >= 2 or self.rnd.random() > 0.08:
            return None
        self.faults[path] = n + 1
        return self.rnd.choice(("500", "cut", "close"))


ORG = Org()
SHAKE = Shake()


class Handler(BaseHTTPRequestHandler):
    protocol_version = "HTTP/1.1"

    def log_message(self, *a):
        pass

    def do_GET(self):
        before, late = SHAKE.late("GET", self.path)
        time.sleep(before)
        with ORG.lock:
            ORG.requests += 1
            if ORG.victim and ORG.is_end(self.path):
                os.kill(ORG.victim.pid, signal.SIGKILL)
                self.close_connection = True
                return
            fault = ORG.fault(self.path)
            text, headers = ORG.reply(self.path)
        time.sleep(late)
        data = text.encode()
        self.close_connection = fault in ("cut", "close")
        if fault == "close":
            return
        self.send_response(500 if fault == "500" else 200)
        self.send_header("Content-Length", str(len(data)))
        for name, value in headers.items():
            self.send_header(name, value)
        self.end_headers()
        self.wfile.write(data[:len(data) // 2] if fault == "cut" else data)


class Server(ThreadingHTTPServer):
    daemon_threads = True

    def handle_error(self, request, client_address):
        """Its peer was killed."""


def main():
    if not os.path.exists(os.path.join(
            BUILD, "plugins/azure-pipelines/.libs/tocsin-azure-pipelines.so")):
        sys.exit(77)
    with tempfile.TemporaryDirectory(prefix="tocsin-azure-") as folder:
        server = Server(("127.0.0.1", 0), Handler)
        threading.Thread(target=server.serve_forever, daemon=True).start()
        test(folder, server.server_address[1])
        server.shutdown()


def configure(folder, port):
    conf = os.path.join(folder, "tocsin.yaml")
    with open(conf, "w", encoding="utf-8") as f:
        json.dump({
            "version": 1, "state": "sqlite:%s/db" % folder,
            "http": {"tries": 1, "contact": "a@example.org"},
            "plugin_path": [os.path.join(BUILD, "plugins", n, ".libs")
                            for n in ("azure-pipelines", "file")],
            "sources": {"az": {
                "plugin": "azure-pipelines", "organization": "acme",
                "project": "p", "url": "http://127.0.0.1:%d" % port,
                "overlap": "%ds" % OVERLAP}},
            "sinks": {"out": {"plugin": "file", "dir": folder + "/out"}},
            "teams": {"core": {"persons": ["corey"]}},
            "routes": [{"match": {"project": "*/*"}, "owner": "core",
                        "via": ["out"]}],
            "fallback": {"owner": "core", "via": ["out"]}}, f)
    return conf


def lead(folder, port):
    """What another source would have handed on."""
    if not os.path.exists(folder + "/db"):
        return
    place = "http://127.0.0.1:%d/acme/p" % port
    db = sqlite3.connect(folder + "/db")
    with db:
        db.executemany(
            "insert into lead values(?, ?, 'acme/r', 'other', ?, 0, 0)",
            [("%s/_build/results?buildId=%d" % (place, nr), place, ORG.now)
             for nr in ORG.leads])
    db.close()
    ORG.leads = []


def one_pass(conf):
    while True:
        with ORG.lock:
            ORG.requests = 0
            ORG.victim = subprocess.Popen(
                [TOCSIN, "-c", conf, "run", "--now", iso(ORG.now)],
                stdout=subprocess.PIPE, stderr=subprocess.STDOUT, text=True)
        out = ORG.victim.communicate()[0]
        # The worker of a pass that was killed still ends.
        if ORG.victim.returncode != 75:
            return ORG.victim.returncode, out


def known(folder):
    db = sqlite3.connect(folder + "/db")
    return sorted(db.execute(
        'select run_id, attempt, outcome, (select count(*) from failure '
        'where run = r.id and is_primary and category = '
        '"compile/header-missing") from run r').fetchall())


def wanted():
    return sorted(
        ("%d/j%d" % (b.nr, k), n + 1, 1 if result == "succeeded" else 2,
         int(result == "failed"))
        for b in ORG.builds.values() for k, j in enumerate(b.jobs.values())
        for n, result in enumerate(j.results))


def test(folder, port):
    conf = configure(folder, port)
    killed = 0
    for i in range(PASSES):
        ORG.step()
        lead(folder, port)
        # The first request of a pass always comes.
        ORG.kill_at = (1 if i == 1 else ORG.rnd.randrange(1, 25) if i % 2
                       else 0)
        code, out = one_pass(conf)
        killed += code == -signal.SIGKILL
        assert code in (0, 1, -signal.SIGKILL), (code, out)
    ORG.calm, ORG.kill_at = True, 0
    # A build that runs is not listed, nor are its earlier attempts.
    ORG.end_reruns()
    for b in ORG.builds.values():
        b.shown = min(b.shown, ORG.now)
    one_pass(conf)
    ORG.kill_on, ORG.state = ORG.add_lead(), folder + "/db"
    lead(folder, port)
    code, out = one_pass(conf)
    assert code == -signal.SIGKILL, (code, out)
    for _ in range(3):
        ORG.now += 60
        code, out = one_pass(conf)
    assert code == 0, (code, out)
    have, want = known(folder), wanted()
    assert not ORG.leads, ORG.leads
    assert have == want, (sorted(set(want) - set(have)),
                          sorted(set(have) - set(want)))
    # Nothing is left to be done.
    one_pass(conf)
    print("%d passes, %d killed, %d runs; the last one asked %d times"
          % (PASSES, killed, len(have), ORG.requests))
    assert killed, killed


main()
