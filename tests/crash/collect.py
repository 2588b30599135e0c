#!/usr/bin/env python3
# SPDX-License-Identifier: BSD-3-Clause
"""Kills the core and its workers at random moments of many passes over an
organisation that changes, behind a server that remembers: builds of Azure
Pipelines and runs of GitHub Actions that end, are red and are run again, and
the bot's data. In the end every run is known, each once, with its cause where
it is red, also of builds that only a sweep of GitHub leads to, and what the
bot says stands does.

usage: collect.py [--passes N] [--seed S] [--keep]     ($TOCSIN: the program)
"""
import argparse
import fcntl
import hashlib
import json
import os
import random
import re
import shutil
import signal
import sqlite3
import subprocess
import sys
import tempfile
import threading
import time
import urllib.parse

sys.dont_write_bytecode = True
HERE = os.path.dirname(os.path.abspath(__file__))
sys.path.insert(0, os.path.join(HERE, "..", "server"))
from github import GitHub  # noqa: E402
from server import Server  # noqa: E402

# At its exit LeakSanitizer waits for a helper of its own, which is killed here
# like any other child: for ever.
os.environ["ASAN_OPTIONS"] = ":".join(filter(None, [
    os.environ.get("ASAN_OPTIONS"), "detect_leaks=0"]))

TOCSIN = os.environ.get("TOCSIN") or os.path.join(HERE, "..", "..", "tocsin")
START = 1785542400          # 2026-08-01T00:00:00Z
HOUR = 3600
PROJECTS = 10
JOBS = ("linux_64_", "osx_64_")
LED = 500000                # builds with such numbers are in no list
PROJECT = {"id": "84710dde-1620-425b-80d0-4cf5baca359d", "name": "builds"}

CONFIG = """version: 1
state: sqlite:{dir}/state.db
armed: true
http: {{contact: tests@example.org, tries: 2}}
sources:
  azure: {{plugin: azure-pipelines, organization: acme, project: builds,
          newest: [main, trunk],
          url: "http://127.0.0.1:{port}/azure"}}
  listed: {{plugin: github-actions, url: "http://127.0.0.1:{port}/github",
           repositories_file: {dir}/names}}
  swept: {{plugin: github-actions, url: "http://127.0.0.1:{port}/github",
          organization: swept, sweep: true, token_file: {dir}/token}}
  bot: {{plugin: bot-logs, data: acme/data, owner: acme, what: [versions],
        base_url: "http://127.0.0.1:{port}/raw"}}
  people: {{plugin: feedstocks, data: acme/data, owner: acme,
           base_url: "http://127.0.0.1:{port}/raw"}}
sinks:
  issues: {{plugin: file, dir: {dir}/out}}
policy:
  open: {{any: [{{pushes: 1}}, {{attempts: 1}}]}}
  budget: {{new_per_pass: 1000, new_per_day: 10000, new_per_person_per_day: 1000}}
teams:
  core: {{persons: [corey]}}
routes:
  - {{match: {{project: '*/*'}}, owner: core, via: [issues]}}
"""

LOG = """2026-08-01T00:00:00.0000000Z gcc -c widget{n}.c
2026-08-01T00:00:01.0000000Z widget{n}.c:10:5: error: 'frob' undeclared (first use in this function)
2026-08-01T00:00:02.0000000Z make: *** [Makefile:12: widget{n}.o] Error 1
2026-08-01T00:00:03.0000000Z ##[error]Bash exited with code '2'.
"""


def stamp(t):
    return time.strftime("%Y-%m-%dT%H:%M:%SZ", time.gmtime(t))


def guid(*parts):
    h = hashlib.sha1("/".join(map(str, parts)).encode()).hexdigest()
    return "-".join((h[:8], h[8:12], h[12:16], h[16:20], h[20:32]))


class Organisation:
    """What is there; step() lets an hour go by."""

    def __init__(self, seed):
        self.rng = random.Random(seed)
        self.lock = threading.Lock()
        self.builds = {}        # id: {"project", "finished", "attempts": [..]}
        self.errors = {}        # feedstock: attempts, by the bot
        self.version = 0        # of the bot's data
        self.unchanged = self.served = 0
        self.github = GitHub(random.Random(seed + 2),
                             random.Random(seed + 3), START,
                             {"listed": 6, "swept": 6}, stamp)

    def step(self, nr):
        rng = self.rng
        now = START + nr * HOUR
        with self.lock:
            self.github.step(now)
            for b in self.builds.values():
                if not all(b["attempts"][-1].values()) \
                        and now - b["finished"] < 8 * HOUR \
                        and rng.random() < 0.2:
                    b["attempts"].append({
                        j: ok or rng.random() < 0.5
                        for j, ok in b["attempts"][-1].items()})
                    b["finished"] = now - rng.randrange(1800)
            for n in range(PROJECTS):
                if rng.random() < 0.3:
                    number = 1000 + nr * 100 + n
                    self.builds[number] = {
                        "project": n, "finished": now - rng.randrange(1800),
                        "queued": now - 3000,
                        "attempts": [{j: rng.random() < 0.6 for j in JOBS}]}
            if rng.random() < 0.6:
                self.version += 1
                for n in range(PROJECTS):
                    name = "f%d" % n
                    if name in self.errors and rng.random() < 0.2:
                        del self.errors[name]
                    elif rng.random() < 0.3:
                        self.errors[name] = self.errors.get(name, 0) + 1

    def runs(self):
        """(id, attempt): outcome, of every job of every attempt."""
        out = {}
        for number, b in self.builds.items():
            before = {}
            for attempt, jobs in enumerate(b["attempts"], 1):
                for job, ok in jobs.items():
                    if attempt > 1 and before[job][1]:
                        continue        # a green one is not run again
                    before[job] = (attempt, ok)
                    out[("%d/Build.%s" % (number, job), attempt)] = \
                        "success" if ok else "failure"
        return out

    # -- Azure --

    def build(self, number):
        if number >= LED:
            return {"id": number, "status": "completed", "result": "failed",
                    "queueTime": stamp(START - 20 * 24 * HOUR),
                    "finishTime": stamp(START - 20 * 24 * HOUR + 60),
                    "reason": "individualCI", "project": PROJECT,
                    "sourceBranch": "refs/heads/main",
                    "definition": {"id": PROJECTS, "name": "led"},
                    "repository": {"id": "acme/led", "type": "GitHub"}}
        b = self.builds[number]
        green = all(b["attempts"][-1].values())
        return {"id": number, "status": "completed",
                "result": "succeeded" if green else "failed",
                "queueTime": stamp(b["queued"]),
                "startTime": stamp(b["queued"] + 60),
                "finishTime": stamp(b["finished"]), "reason": "individualCI",
                "sourceBranch": "refs/heads/main",
                "sourceVersion": "%040x" % number,
                "project": PROJECT,
                "definition": {"id": b["project"],
                               "name": "f%d-feedstock" % b["project"]},
                "repository": {"id": "acme/f%d-feedstock" % b["project"],
                               "type": "GitHub"}}

    def newest(self, query):
        if query["branchName"] != ["refs/heads/main"]:
            return {"count": 0, "value": []}, {}
        last = {}
        for i, b in sorted(self.builds.items(),
                           key=lambda item: (item[1]["finished"], item[0])):
            last[b["project"]] = i
        found = [last[int(d)] for d in query["definitions"][0].split(",")
                 if int(d) in last]
        return {"count": len(found),
                "value": [self.build(i) for i in found]}, {}

    def list(self, query):
        if "definitions" in query:
            return self.newest(query)
        if "buildIds" in query:
            ids = [int(i) for i in query["buildIds"][0].split(",")]
            found = [i for i in ids if i in self.builds or i >= LED]
        elif "minTime" not in query:
            found = list(self.builds)[:1]
        else:
            since = query["minTime"][0]
            found = [i for i in self.builds
                     if stamp(self.builds[i]["finished"]) >= since]
            found.sort(key=lambda i: (self.builds[i]["finished"], i))
            begin = int(query.get("continuationToken", ["0"])[0])
            # Pages of five, so that there are some.
            more = begin + 5 < len(found)
            found = found[begin:begin + 5]
            if more:
                return ({"count": len(found),
                         "value": [self.build(i) for i in found]},
                        {"x-ms-continuationtoken": str(begin + 5)})
        return {"count": len(found),
                "value": [self.build(i) for i in found]}, {}

    def timeline(self, number, attempt):
        """As it was when that attempt was the last one."""
        if number >= LED:
            return {"records": [
                {"id": "01", "type": "Job", "name": "led", "identifier": "led",
                 "state": "completed", "result": "failed"},
                {"id": "02", "parentId": "01", "type": "Task",
                 "result": "failed", "log": {"id": 1}}]}
        b = self.builds[number]
        stage, phase = guid(number, "stage"), guid(number, "phase")
        last = attempt == len(b["attempts"])
        records = [{"id": i, "parentId": p, "type": t, "name": n,
                    "identifier": n, "state": "completed", "attempt": 1,
                    "result": "succeeded"
                    if all(b["attempts"][attempt - 1].values()) else "failed"}
                   for i, p, t, n in ((stage, None, "Stage", "Build"),
                                      (phase, stage, "Phase", "all"))]
        for job in JOBS:
            ran = [k for k in range(1, attempt + 1)
                   if k == 1 or not b["attempts"][k - 2][job]][-1]
            ok = b["attempts"][attempt - 1][job]
            end = stamp(b["queued"] + 600 + attempt)
            records.append({
                "id": guid(number, job), "parentId": phase, "type": "Job",
                "name": job, "identifier": "Build." + job, "attempt": ran,
                "state": "completed", "result": "succeeded" if ok
                else "failed", "startTime": stamp(b["queued"] + 60),
                "finishTime": end, "log": {"id": 1},
                "previousAttempts": [
                    {"attempt": k, "timelineId": guid(number, "attempt", k)}
                    for k in range(1, ran)] if last else []})
            records.append({
                "id": guid(number, job, "task"),
                "parentId": guid(number, job), "type": "Task",
                "name": "Run build", "order": 1, "state": "completed",
                "result": "succeeded" if ok else "failed",
                "log": {"id": 10 * ran + JOBS.index(job)}})
        return {"records": records}

    def azure(self, path, query):
        if path == "/acme/builds/_apis/build/definitions":
            return 200, {"value": [{"id": n} for n in range(PROJECTS)]}, {}
        m = re.match(r"/acme/builds/_apis/build/builds(?:/(\d+)/(\w+)"
                     r"(?:/([-\w]+))?)?$", path)
        if not m:
            return 404, {}, {}
        if not m[1]:
            return 200, *self.list(query)
        number, what, which = int(m[1]), m[2], m[3]
        if what == "logs":
            return 200, LOG.format(n=number if number >= LED else
                                   self.builds[number]["project"]), {}
        if number >= LED:
            return 200, self.timeline(number, 1), {}
        attempts = len(self.builds[number]["attempts"])
        if not which:
            return 200, self.timeline(number, attempts), {}
        for k in range(1, attempts + 1):
            if guid(number, "attempt", k) == which:
                return 200, self.timeline(number, k), {}
        return 404, {}, {}

    # -- the bot's data --

    def raw(self, path):
        path = path[len("/acme/data/main/"):]
        if path == "all_feedstocks.json":
            return 200, {"active": [], "archived": ["gone%d" % (
                self.version // 10)]}, {"ETag": '"%d"' % (self.version // 10)}
        if path == "outputs_to_feedstocks.json":
            return 200, {"f0": ["f0"]}, {"ETag": '"1"'}
        if path == "status/version_status.v2.json":
            return 200, {"errors": {
                name: {"attempts": n, "kind": "bot-error", "url": None,
                       "messages": ["boom %d" % (n % 3)]}
                for name, n in sorted(self.errors.items())},
                "queued": {}}, {"ETag": '"s%d"' % self.version}
        name = re.search(r"/f(\d+)\.json$", path)
        if path.startswith("version_pr_info/") and name:
            return 200, {"new_version": "1." + name[1]}, {}
        return 404, {}, {}

    # -- HTTP --

    def answer(self, request, connection):
        url = urllib.parse.urlsplit(request.path)
        query = urllib.parse.parse_qs(url.query)
        with self.lock:
            if url.path.startswith("/github/"):
                status, body, headers = self.github.answer(
                    url.path[7:], query, "http://%s%s" % (
                        request.host, request.path), request.body)
            elif url.path.startswith("/azure/"):
                status, body, headers = self.azure(url.path[6:], query)
            else:
                status, body, headers = self.raw(url.path[4:])
            self.served += 1
            etag = headers.get("ETag")
            if etag and request.header("If-None-Match") == etag:
                status, body = 304, ""
                self.unchanged += 1
        data = (body if isinstance(body, str) else json.dumps(body)).encode()
        lines = ["HTTP/1.1 %d Said" % status]
        if status != 304:
            lines.append("Content-Length: %d" % len(data))
            if not isinstance(body, str):
                lines.append("Content-Type: application/json")
        lines += ["%s: %s" % h for h in headers.items()]
        connection.send(("\r\n".join(lines) + "\r\n\r\n").encode() + data)


def command(root, nr):
    return [TOCSIN, "-c", os.path.join(root, "tocsin.yaml"), "run", "--now",
            stamp(START + nr * HOUR + 120)]


def calm(root, nr):
    return subprocess.run(command(root, nr), stdout=subprocess.PIPE,
                          stderr=subprocess.STDOUT, text=True)


def children(pid):
    try:
        with open(f"/proc/{pid}/task/{pid}/children") as f:
            return [int(x) for x in f.read().split()]
    except (FileNotFoundError, ProcessLookupError):
        return []


def wait_for_lock(root):
    """It stands while any worker lives: those die with their parent."""
    path = os.path.join(root, "state.db.lock")
    for _ in range(4000):
        if not os.path.exists(path):
            return
        with open(path) as f:
            try:
                fcntl.flock(f, fcntl.LOCK_EX | fcntl.LOCK_NB)
                return
            except BlockingIOError:
                time.sleep(0.005)
    sys.exit("a worker outlived its pass")


def disturbed(root, nr, rng, usual, killed):
    """A pass in which somebody dies at a random moment of the time that a
    pass usually takes."""
    p = subprocess.Popen(command(root, nr), stdout=subprocess.DEVNULL,
                         stderr=subprocess.DEVNULL, start_new_session=True)
    moment = time.monotonic() + rng.random() * usual
    victim = rng.choice(["core", "worker", "worker"])
    while p.poll() is None and time.monotonic() < moment:
        time.sleep(0.0005)
    pids = []
    if p.poll() is None:
        pids = [p.pid] if victim == "core" else children(p.pid)
    if pids:
        try:
            os.kill(rng.choice(pids), signal.SIGKILL)
            killed[victim] += 1
        except ProcessLookupError:
            pass
    p.wait()
    wait_for_lock(root)


def rows(root, sql):
    db = sqlite3.connect(os.path.join(root, "state.db"))
    try:
        return db.execute(sql).fetchall()
    finally:
        db.close()


OUTCOMES = ("unknown", "success", "failure", "cancelled", "skipped",
            "timed-out", "abandoned")


def compare_runs(root, source, want):
    """github: by both of its sources, which have different organisations."""
    known = rows(root, "select run_id, attempt, outcome from run where "
                 "source in (select id from source where name in (%s))" % (
                     "'listed', 'swept'" if source == "github"
                     else "'%s'" % source))
    have = {(i, a): OUTCOMES[o] for i, a, o in known}
    bad = []
    if len(have) != len(known):
        bad.append("a run is known twice")
    for key in sorted(set(want) | set(have)):
        if want.get(key) != have.get(key):
            bad.append("%s run %s: it is %s, and is known as %s"
                       % (source, key, want.get(key), have.get(key)))
    return bad


def led_builds(org, root):
    """Those that must be known, and those that are and may be: what was red
    for a while leads to them, too."""
    out = {("%d/led" % i, 1): "failure" for i in org.github.led_to()
           if "swept/" in org.github.name_of(i)}
    for run, in rows(root, "select run_id from run where run_id like "
                     "'%/led'"):
        if org.github.name_of(int(run.split("/")[0])).startswith("swept/"):
            out[(run, 1)] = "failure"
    return out


def compare(org, root):
    bad = []
    if rows(root, "pragma integrity_check") != [("ok",)]:
        bad.append("the store is damaged")
    for source, want in (("azure", {**org.runs(), **led_builds(org, root)}),
                         ("github", org.github.runs())):
        bad += compare_runs(root, source, want)
    red = rows(root, "select count(*) from run r where outcome = 2 and not "
               "exists (select 1 from failure f where f.run = r.id and "
               "is_primary)")
    if red != [(0,)]:
        bad.append("%d red runs have no cause" % red[0])
    standing = {k: json.loads(e)["attempts"] for k, e in rows(
        root, "select key, entry from standing where missing = 0")}
    if standing != {f + ":version": n for f, n in org.errors.items()}:
        bad.append("what stands: %s, by the bot: %s"
                   % (standing, org.errors))
    bad += ["told: %s %s %s" % n for n in rows(
        root, "select instance, code, text from notice where code like "
        "'poisoned%' or code like 'mass-%'")]
    return bad


def main():
    ap = argparse.ArgumentParser()
    ap.add_argument("--passes", type=int, default=100)
    ap.add_argument("--seed", type=int, default=int.from_bytes(
        os.urandom(4), "big"))
    ap.add_argument("--keep", action="store_true")
    args = ap.parse_args()
    print(f"seed {args.seed}, {args.passes} passes")
    org = Organisation(args.seed)
    rng = random.Random(args.seed + 1)
    server = Server(org.answer, {})
    root = tempfile.mkdtemp(prefix="tocsin-collect-")
    org.github.azure = "http://127.0.0.1:%d/azure/acme/%s" % (
        server.port, PROJECT["id"])
    with open(os.path.join(root, "tocsin.yaml"), "w") as f:
        f.write(CONFIG.format(dir=root, port=server.port))
    with open(os.path.join(root, "names"), "w") as f:
        f.writelines(n + "\n" for n in org.github.repos
                     if n.startswith("listed/"))
    token = os.open(os.path.join(root, "token"), os.O_WRONLY | os.O_CREAT,
                    0o600)
    os.write(token, b"secret")
    os.close(token)
    killed = {"core": 0, "worker": 0}
    usual = 0.5
    # A sweep that sees something for the first time does not ask what was
    # before: so all are seen while there is nothing.
    calm(root, -1)
    org.github.calm = False
    for nr in range(args.passes):
        org.step(nr)
        if nr % 5 == 0:     # how long they take without trouble
            began = time.monotonic()
            calm(root, nr)
            usual = 0.5 * usual + 0.5 * (time.monotonic() - began)
        else:
            disturbed(root, nr, rng, usual, killed)
    # Time for back-offs to pass; the bot writes its file twice more.
    last = None
    for nr in range(args.passes, args.passes + 14):
        with org.lock:
            org.version += 1
            org.github.rest(START + nr * HOUR)
        last = calm(root, nr)
    server.stop()
    bad = compare(org, root)
    if last.returncode:
        bad.append("the last pass failed: " + last.stdout)
    runs = {**org.runs(), **org.github.runs()}
    print(f"killed {killed['core']} cores and {killed['worker']} workers; "
          f"{len(runs)} runs, {list(runs.values()).count('failure')} red; "
          f"{org.served} requests, {org.unchanged} unchanged, "
          f"{org.github.faults} faults")
    if not sum(killed.values()) or "failure" not in runs.values():
        bad.append("nobody was killed, or nothing was red")
    for line in bad[:20]:
        print("FAIL", line)
    if bad or args.keep:
        print("see", root)
    else:
        shutil.rmtree(root)
    return 1 if bad else 0


if __name__ == "__main__":
    sys.exit(main())
