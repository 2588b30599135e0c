# SPDX-License-Identifier: BSD-3-Clause
"""The same bad days as noise.py, written to a small GitHub with state that
enforces what the real one does (tests/fakes): what each pass asks, makes,
edits and closes there, and whom it calls. noise.py prints it."""
import collections
import datetime
import json
import os
import random
import shutil
import sqlite3
import subprocess
import sys
import tempfile
import time

HERE = os.path.dirname(os.path.abspath(__file__))
sys.path.insert(0, os.path.join(HERE, "..", "fakes"))
from github import GitHub  # noqa: E402

LABELS = ["tocsin: snooze", "tocsin: wrong", "tocsin: off", "tocsin: digest"]
RULES = {
    "outage": ("infra/no-parallelism", "infrastructure",
               "Azure gives no hosted parallelism"),
    "bad": ("test/failed", "recipe", "a rule that is wrong"),
    # many rules find something; one alone would be held by its own budget
    **{f"broken{k}": ("compile/error", "recipe", "it does not compile")
       for k in range(30)},
}


class Forge:
    """A GitHub with feedstocks, and Tocsin beside it under conda-forge's own
    policy. owners: of each feedstock. conf: what noise.preset says."""

    def __init__(self, owners, conf, start, sink=None, limits=False,
                 bot=False):
        self.start, self.hour, self.owners = start, 0, owners
        self.dir = tempfile.mkdtemp(prefix="tocsin-forge-")
        os.chmod(self.dir, 0o755)
        self.rows, self.people = [], collections.Counter()
        self.gh = GitHub(limits=limits)
        self.gh.__enter__()
        self.gh.now = int(start.timestamp())
        self.gh.org("conda-forge")
        self.gh.user("tocsin-bot")
        for n, who in enumerate(owners, 1):
            self.gh.repo(self.name(n), push=who, labels=LABELS)
        for sub in ("logs", "state"):
            os.mkdir(os.path.join(self.dir, sub))
        self.configure(conf, sink or {}, bot)

    def name(self, n):
        return f"conda-forge/p{n}-feedstock"

    def path(self, *names):
        return os.path.join(self.dir, *names)

    def configure(self, conf, sink, bot):
        token = self.path("token")
        with open(token, "w", encoding="ascii") as f:
            f.write(self.gh.token("tocsin-bot"))
        os.chmod(token, 0o600)
        conf = dict(conf, version=1, armed=True,
                    state="sqlite:" + self.path("state", "tocsin.db"))
        conf["http"] = {"tries": 2, "timeout": "20s"}
        conf["sources"] = {"ci": {"plugin": "logs",
                                  "path": [self.path("logs")]}}
        if bot:
            conf["sources"]["bot"] = {"plugin": "bot-logs",
                                      "status": self.path("status.json")}
            self.entries([])
        conf["sinks"] = {
            "issues": dict({"plugin": "github-issues", "url": self.gh.url,
                            "token_file": token, "write_gap": "0s",
                            "writes_per_minute": 10 ** 6,
                            "writes_per_hour": 10 ** 6}, **sink),
            "chat": {"plugin": "file", "dir": self.path("chat")},
            "mail": {"plugin": "file", "dir": self.path("mail")}}
        conf["owners"] = [{"project": self.name(n),
                           "owners": ["@" + x for x in who]}
                          for n, who in enumerate(self.owners, 1)]
        conf["rules"] = [{
            "id": "noise/" + name, "category": category, "blame": blame,
            "rank": "cause", "pattern": f"NOISE {name} (?<what>\\S+)",
            "summary": summary, "fingerprint": ["what"], "raw": ["what"],
            "examples": [f"NOISE {name} x"],
        } for name, (category, blame, summary) in RULES.items()]
        with open(self.path("tocsin.yaml"), "w", encoding="utf-8") as f:
            json.dump(conf, f)

    # ---- what happens ----

    def iso(self, hour):
        t = self.start + datetime.timedelta(hours=hour)
        return t.strftime("%Y-%m-%dT%H:%M:%SZ")

    def run(self, n, commit, hour=None, fails=None):
        """fails: "broken", "outage", ...: what its log says."""
        hour = self.hour if hour is None else hour
        base = self.path("logs", f"p{n}-{commit}-{hour}")
        t = self.iso(hour)
        side = {"id": os.path.basename(base), "project": self.name(n),
                "branch": "main", "default_branch": True, "job": "linux_64",
                "workflow": "build", "commit": commit, "created": t,
                "started": t, "finished": t,
                "outcome": "failure" if fails else "success"}
        if fails:
            what = "all" if fails == "outage" else f"p{n}"
            fails += str(n % 30) if fails == "broken" else ""
            with open(base + ".log", "w", encoding="ascii") as f:
                f.write(f"building\nNOISE {fails} {what}\n"
                        "##[error]Process completed with exit code 1.\n")
            base += ".log"
        with open(base + ".json", "w", encoding="ascii") as f:
            json.dump(side, f)

    def entries(self, some):
        """The bot's status file holds these feedstocks."""
        path = self.path("status.json")
        with open(path, "w", encoding="ascii") as f:
            json.dump({"errors": {f"p{n}": {
                "attempts": 14, "kind": "plain", "base_branch": "main",
                "url": "https://github.com/conda-forge/conda-forge-bot/"
                       "actions/runs/1",
                "messages": ["could not hash URL template 'https://pypi.org/"
                             f"p{n}-1.0.tar.gz' of version '1.0'"],
            } for n in some}, "queued": {}}, f)
        t = self.start.timestamp() + self.hour * 3600
        os.utime(path, (t, t))

    def tocsin(self, *args):
        return subprocess.run(
            [os.environ["TOCSIN"], "-c", self.path("tocsin.yaml"), *args],
            capture_output=True, text=True, check=False)

    # ---- passes ----

    def local(self, sink):
        path = self.path(sink, "index.jsonl")
        if not os.path.exists(path):
            return 0
        with open(path, encoding="utf-8") as f:
            return sum(1 for line in f if line.strip())

    def look(self):
        gh = self.gh
        return {"requests": len(gh.requests), "writes": len(gh.writes),
                "told": len(gh.notifications), "chat": self.local("chat"),
                "mail": self.local("mail"), "refusals": len(gh.refusals)}

    def at(self, hour, note=""):
        """One pass; a row of what it did."""
        self.hour = hour
        self.gh.now = int(self.start.timestamp() + hour * 3600)
        before = self.look()
        began = time.monotonic()
        p = self.tocsin("run", "--json", "--now", self.iso(hour))
        if p.returncode not in (0, 1):
            raise SystemExit(f"{self.iso(hour)}: {p.stdout}{p.stderr}")
        self.rows.append(self.row(before, p, note,
                                  time.monotonic() - began))
        return p

    def later(self, seconds):
        """The machine's clock, by which GitHub's limits go, is so much later:
        what both sides remember of writes is so much older."""
        with self.gh.lock:
            self.gh.made = [t - seconds for t in self.gh.made]
        db = sqlite3.connect(self.path("state", "tocsin.db"))
        with db:
            for key, text in db.execute(
                    "SELECT key, value FROM meta WHERE key LIKE"
                    " 'outbox.pace.%'").fetchall():
                db.execute("UPDATE meta SET value = ? WHERE key = ?",
                           (json.dumps([t - seconds for t in
                                        json.loads(text)]), key))
        db.close()

    def every(self, until, step=1):
        while self.hour + step <= until:
            self.at(self.hour + step)

    def row(self, before, p, note, seconds):
        gh = self.gh
        writes = [w for w in gh.writes[before["writes"]:]
                  if w["status"] < 300 and "/issues" in w["path"]]
        made = [w for w in writes if w["method"] == "POST"
                and w["path"].endswith("/issues")]
        comments = [w for w in writes if w["path"].endswith("/comments")]
        edits = [w for w in writes if w["method"] == "PATCH"]
        turned = self.turned()
        calls = [n for n in gh.notifications[before["told"]:]
                 if n["why"] in ("mention", "assign", "team_mention")]
        for n in calls:
            self.people[n["to"]] += 1
        return {"hour": self.hour, "note": note, "seconds": seconds,
                "requests": len(gh.requests) - before["requests"],
                "refused": len(gh.refusals) - before["refusals"],
                "made": len(made), "comments": len(comments),
                "closed": turned, "edited": len(edits) - turned,
                "called": [n["to"] for n in calls],
                "chat": self.local("chat") - before["chat"],
                "mail": self.local("mail") - before["mail"],
                "exit": p.returncode}

    def turned(self):
        """How many issues we closed or opened just now."""
        return sum(e["event"] in ("closed", "reopened")
                   and e["actor"] == "tocsin-bot" and e["at"] == self.gh.now
                   for i in self.gh.issues() for e in i.events)

    def close(self):
        self.gh.__exit__()
        shutil.rmtree(self.dir, ignore_errors=True)

    # ---- tables ----

    def clock(self, hour):
        minutes = round(hour * 60)
        return f"{minutes // 1440 + 1}, {minutes // 60 % 24:02}:" \
               f"{minutes % 60:02}"

    def table(self):
        head = ("day, hour", "requests", "issues made", "edited",
                "closed or opened", "comments", "people called",
                "most to one", "core", "digests", "")
        out = ["| " + " | ".join(head) + " |", "|" + "---|" * len(head)]
        quiet, asked = 0, 0
        for r in self.rows:
            n = collections.Counter(r["called"])
            cells = [r["made"], r["edited"], r["closed"], r["comments"],
                     len(n), max(n.values(), default=0), r["chat"],
                     r["mail"]]
            if not any(cells) and not r["note"] and not r["refused"]:
                quiet, asked = quiet + 1, asked + r["requests"]
                continue
            out.append("| " + " | ".join(
                [self.clock(r["hour"]), str(r["requests"])]
                + [str(c or "–") for c in cells] + [r["note"]]) + " |")
        out += ["", self.totals(quiet, asked)]
        return out

    def totals(self, quiet, asked):
        rows, made = self.rows, self.gh.issues(creator="tocsin-bot")

        def total(key):
            return sum(r[key] for r in rows)
        tickets = collections.Counter(i.repo.name for i in made)
        standing = sum(i.state == "open" for i in made)
        return (f"In all {len(rows)} passes and {total('requests')} requests"
                f" ({quiet} passes that wrote nothing, with {asked} of them):"
                f" {total('made')} issues made, at most "
                f"{max(tickets.values(), default=0)} in one feedstock, "
                f"{total('comments')} comments, {len(self.people)} people "
                f"called, {max(self.people.values(), default=0)} times at "
                f"most; {standing} issues stand at the end. GitHub refused "
                f"{len(self.gh.refusals)} for its limits, and "
                f"{len(self.gh.commands)} bodies held a command.")


# ---- the cases -----------------------------------------------------------

def storm(noise):
    owners = noise.people(3000)
    broken = sorted(random.Random(7).sample(range(1, 3001), 200))
    f = Forge(owners, noise.preset(), noise.START)
    for n in range(1, 3001):
        f.run(n, "g0")
    f.at(0, "all green")
    for n in broken:
        f.run(n, "r1", 6, "broken")
    f.at(6, "200 really broken")
    for k in range(6):
        for n in range(1 + 500 * k, 501 + 500 * k):
            f.run(n, "o1", 12 + k, "outage")
        f.at(12 + k, "the outage, 500 an hour")
    f.every(25)
    for n in range(1, 3001):
        if n not in broken:
            f.run(n, "o2", 26)
    f.at(26, "the outage is over")
    f.every(9 * 24 + 2, 3)
    return f, ("3,000 feedstocks are red from one outage of twelve hours, "
               "200 of them really broken since six hours before.")


def vanish(noise):
    owners = noise.people(500)
    f = Forge(owners, noise.preset(), noise.START, bot=True)
    f.at(0)
    f.hour = 1
    f.entries(range(1, 501))
    f.at(1, "500 entries")
    f.every(10 * 24 + 1, 6)
    for k in range(2):
        f.hour += 3
        f.entries(range(1, 101))
        f.at(f.hour, "400 are missing")
    f.every(13 * 24, 6)
    f.hour += 3
    f.entries(range(1, 501))
    f.at(f.hour, "there again")
    f.every(15 * 24, 6)
    return f, ("500 entries of the bot's status file stand, and are told "
               "from a week on; on day 11 four in five are missing from it, "
               "twice, and on day 14 they are there again.")


def token(noise):
    owners = noise.people(400)
    f = Forge(owners, noise.preset(), noise.START)
    for n in range(1, 401):
        f.run(n, "g0")
    f.at(0)
    for n in range(1, 61):
        f.run(n, "r1", 6, "broken")
    f.at(6, "60 broken")
    f.every(90, 3)
    for t in f.gh.tokens.values():
        t.ends = 1
    f.at(91, "the token has expired")
    for n in range(101, 221):
        f.run(n, "r2", 96, "broken")
    f.every(100, 3)
    for n in range(1, 31):
        f.run(n, "r3", 101)
    for n in range(101, 201):
        f.run(n, "r3", 101)
    f.every(7 * 24, 3)
    for t in f.gh.tokens.values():
        t.ends = None
    f.at(7 * 24 + 1, "a new one")
    f.every(10 * 24, 3)
    return f, ("60 feedstocks are broken. From day 4 to day 8 GitHub takes "
               "our token no more. In that gap 100 others break and are "
               "mended, 20 break and stay so, and 30 of the 60 are mended.")


def bad_rule(noise):
    owners = [[f"dev{n}"] for n in range(1, 301)]
    conf = noise.preset()
    conf["policy"] = dict(conf["policy"], budget={
        k: "unlimited" for k in conf["policy"]["budget"]})
    conf["policy"]["outbreak"] = {"projects": 1000, "owners": 1000}
    f = Forge(owners, conf, noise.START, limits=True, sink={
        "writes_per_minute": 80, "writes_per_hour": 500})
    for n in range(1, 301):
        f.run(n, "g0")
    f.at(0)
    for n in range(1, 301):
        f.run(n, "r1", 1, "bad")
    f.at(1, "a rule says it of 300")
    f.at(50, "two days later: the breaker")
    f.tocsin("approve", "issues")
    real(f, 51, "an operator lets them through")
    f.tocsin("retract", "--rule", "noise/bad", "--since", "1000d")
    real(f, 51.1, "the rule is retracted")
    assert (sum(i.state == "closed" for i in f.gh.issues()),
            sum(r["closed"] for r in f.rows)) == (200, 200), f.rows
    f.later(3600)
    real(f, 52.2, "an hour after the first")
    assert not f.gh.issues(state="open") and not f.gh.refusals, f.rows
    return f, ("Without any budget and without the hold of an outbreak, to "
               "see what is left: a bad rule says of 300 feedstocks that "
               "they are red. The breaker holds all of it until an operator "
               "approves it, and then retracts it. A pass each minute while "
               "there is something to do, under GitHub's limits of 80 a "
               "minute and 500 an hour: after 300 issues and 200 closings "
               "the hour is used up, and the rest waits for the next one.")


def real(f, hour, note):
    """A pass each minute of both clocks until one writes nothing."""
    while True:
        f.at(hour, note)
        r = f.rows[-1]
        if not (r["made"] or r["closed"] or r["edited"]):
            return
        hour, note = hour + 1 / 60, ""
        f.later(60)


CASES = collections.OrderedDict([
    ("A storm, at GitHub", storm),
    ("A mass vanishing, at GitHub", vanish),
    ("An expired token, at GitHub", token),
    ("300 issues by a bad rule, at GitHub", bad_rule),
])
