#!/usr/bin/env python3
# SPDX-License-Identifier: BSD-3-Clause
"""How much is sent, to whom, and when, on bad days: whole weeks under
conda-forge's own policy, replayed by the real program into file sinks, as
the tables of docs/noise.md.

    noise.py [--write] [CASE...]

Prints them; --write puts them into docs/noise.md, each under its heading.
Nothing in them is written by hand, and the same program says the same every
time. The cases "at GitHub" are forge.py's."""
import collections
import datetime
import glob
import json
import os
import random
import shutil
import sqlite3
import subprocess
import sys
import tempfile
import time

import yaml

import forge

SRC = os.environ.get("TOCSIN_SRC", os.path.abspath(os.path.join(
    os.path.dirname(__file__), "..", "..")))
TOCSIN = os.environ.get("TOCSIN", os.path.join(SRC, "tocsin"))
PAGE = os.path.join(SRC, "docs", "noise.md")
START = datetime.datetime(2026, 6, 1, tzinfo=datetime.timezone.utc)
MARK = "<!-- measured -->\n"
# Words of a message that reach people; the rest is edits and closings.
TELLS = ("open", "reopen", "remind", "digest")


def preset():
    """conda-forge's own policy and routes, with the sinks of a scenario."""
    with open(os.path.join(SRC, "conf/conda-forge/tocsin.yaml"),
              encoding="utf-8") as f:
        conf = yaml.safe_load(f)
    with open(os.path.join(SRC, "conf/conda-forge/owners.yaml"),
              encoding="utf-8") as f:
        owners = yaml.safe_load(f)
    for key in ("version", "state", "armed", "include", "http", "sinks"):
        conf.pop(key, None)
    # a scenario has three sinks; nothing here is confidential
    conf["routes"] = [r for r in conf["routes"] if r["id"] != "security"]
    conf["digests"]["via"] = "mail"
    # sources that a scenario does not have
    conf["routes"] = [r for r in conf["routes"]
                      if "source" not in r.get("match", {})]
    conf["inhibit"] = [i for i in conf["inhibit"]
                       if i["cause"].get("source") != "board"]
    conf["teams"] = owners["teams"]
    return conf


def at(days=0, hours=0):
    t = START + datetime.timedelta(days=days, hours=hours)
    return t.strftime("%Y-%m-%dT%H:%M:%SZ")


def people(nr, seed=1):
    """Who maintains each of nr feedstocks: few have very many, most have
    one or two; one in three has two people."""
    rnd = random.Random(seed)
    heavy = [f"many{i}" for i in range(12)]
    out = []
    for n in range(1, nr + 1):
        first = rnd.choice(heavy) if rnd.random() < 0.25 \
            else f"dev{rnd.randint(1, nr // 2)}"
        who = {first}
        if rnd.random() < 0.33:
            who.add(f"dev{rnd.randint(1, nr // 2)}")
        out.append(sorted(who))
    return out


def facts(owners, seed=1):
    rnd = random.Random(seed)
    out = []
    for n, who in enumerate(owners, 1):
        subject = f"conda-forge/p{n}-feedstock"
        out.append({"subject": subject, "key": "owners", "value": who})
        needs = int(rnd.paretovariate(0.7)) - 1
        if needs:
            out.append({"subject": subject, "key": "descendants",
                        "value": needs})
    return out


def run(n, commit, **more):
    return dict(project=f"conda-forge/p{n}-feedstock", commit=commit, **more)


def hourly(days, hours=3, **more):
    return dict(every=f"{hours}h", until=f"+{int(days * 24)}h", **more)


RULES = {
    "outage": {"category": "infra/no-parallelism", "blame": "infrastructure",
               "summary": "Azure gives no hosted parallelism"},
    "broken*": {"category": "compile/error", "blame": "recipe",
                "summary": "it does not compile"},
    "bad": {"category": "test/failed", "blame": "recipe",
             "summary": "a rule that is wrong"},
    "url*": {"category": "bot/no-source", "blame": "recipe",
             "summary": "the source URL gives no file"},
}


# ---- the cases -----------------------------------------------------------

def storm():
    owners = people(3000)
    rnd = random.Random(7)
    broken = sorted(rnd.sample(range(1, 3001), 200))
    steps = [{"at": at(), "facts": facts(owners),
              "runs": [run(n, "g0") for n in range(1, 3001)]}]
    steps.append({"at": at(0, 6), "runs": [
        run(n, "r1", job="osx_64", fails=f"broken{n}") for n in broken]})
    for k in range(6):          # from 12:00 on, 500 feedstocks an hour
        steps.append({"at": at(0, 12 + k), "runs": [
            run(n, "o1", fails="outage")
            for n in range(1 + 500 * k, 501 + 500 * k)]})
    steps.append(hourly(0.25, 1))
    steps.append({"at": at(1, 2), "runs": [
        run(n, "o2") for n in range(1, 3001)]})
    steps.append(hourly(9))
    return owners, steps, ("3,000 feedstocks are red from one outage of "
                           "twelve hours, 200 of them really broken since "
                           "six hours before.")


def vanish():
    owners = people(500)
    entries = [dict(project=f"conda-forge/p{n}-feedstock", fails=f"url{n}",
                    attempts=14, first="2026-05-01", target="1.0")
               for n in range(1, 501)]
    snap = lambda some: [{"name": "versions", "entries": some}]
    steps = [{"at": at(), "snapshots": snap([])},
             {"at": at(0, 1), "facts": facts(owners),
              "snapshots": snap(entries)},
             hourly(4),
             {"at": at(4, 12), "snapshots": snap(entries[:100])},
             hourly(0.5), {"at": at(5, 12), "snapshots": snap(entries[:100])},
             hourly(1),
             {"at": at(6, 18), "snapshots": snap(entries)}, hourly(1)]
    return owners, steps, ("500 entries of the bot's status file stand; on "
                           "day 5 four in five are missing from it, twice, "
                           "and on day 7 they are there again.")


def token():
    owners = people(400)
    red = range(1, 61)
    steps = [{"at": at(), "facts": facts(owners),
              "runs": [run(n, "g0") for n in range(1, 401)]},
             {"at": at(0, 6), "runs": [
                 run(n, "r1", fails=f"broken{n}") for n in red]},
             hourly(3.75),
             # away for three days: 100 are red and mended, 20 stay red
             hourly(3, fail=["ci", "ci2", "bot"]),
             {"at": at(7, 6), "runs":
                 [run(n, "r2", created=at(4, 12), finished=at(4, 13),
                        fails=f"broken{n}") for n in range(101, 221)]
                 + [run(n, "r3", created=at(6), finished=at(6, 1))
                    for n in range(101, 201)]
                 + [run(n, "r3", created=at(6), finished=at(6, 1))
                    for n in range(1, 31)]},
             hourly(3)]
    return owners, steps, ("60 feedstocks are red. From day 5 to day 8 no "
                           "source can be read. In that gap 100 others go red "
                           "and green again, 20 go red and stay so, and 30 "
                           "of the 60 are mended.")


def bad_steps(marks):
    """marks: {day: [projects]}: whose people said so that day at noon."""
    owners = [[f"dev{n}"] for n in range(1, 301)]
    steps = [{"at": at(), "facts": facts(owners),
              "runs": [run(n, "g0") for n in range(1, 301)]}]
    red = iter(range(1, 301))
    for hour in range(3, 12 * 24 + 1, 3):   # 40 a day: never an outbreak
        step = {"at": at(0, hour), "runs": [
            run(n, "r1", fails="bad") for _, n in zip(range(5), red)]}
        if hour % 24 == 12 and marks.get(hour // 24):
            step["people"] = [
                {"project": p, "state": "open", "labels": ["tocsin: wrong"],
                 "by": "someone"} for p in marks[hour // 24]]
        steps.append(step)
    return owners, steps


BAD = ("A bad rule says of 300 feedstocks, of 300 people, that they are red, "
       "40 more each day. ")


def bad_rule():
    owners, steps = bad_steps({})
    steps += [{"at": at(12, 12), "retract": {"rule": "scenario/bad",
                                             "since": "30d"}}, hourly(2)]
    return owners, steps, BAD + (
        "Nobody says a word. On day 13 an operator takes it back (`tocsin "
        "retract`).")


def bad_rule_marked():
    """Who says so is drawn once it is known who is told."""
    marks, known = {}, set()
    rnd = random.Random(5)
    for day in range(2, 12):
        owners, steps = bad_steps(marks)
        p = Played([s for s in steps if s["at"] < at(day + 1)])
        new = sorted({m["project"] for m in p.messages if m["sink"] == "issues"
                      and m["delivery"] == "open"} - known)
        known.update(new)
        p.close()
        marks[day + 1] = [x for x in new if rnd.random() < 0.25]
        if not new:
            break
    owners, steps = bad_steps(marks)
    steps += [{"at": at(12, 12), "retract": {"rule": "scenario/bad",
                                             "since": "30d"}}, hourly(2)]
    return owners, steps, BAD + (
        "One in four of those who are told puts `tocsin: wrong` on it the "
        "next day. On day 13 an operator takes back what was filed.")


def one_person():
    owners = [["busy"] if n % 10 else ["busy", f"dev{n}"]
              for n in range(1, 301)]
    steps = [{"at": at(), "facts": facts(owners),
              "runs": [run(n, "g0") for n in range(1, 301)]},
             {"at": at(0, 6), "runs": [
                 run(n, "r1", fails=f"broken{n}") for n in range(1, 301)]},
             hourly(9)]
    return owners, steps, ("One person maintains 300 feedstocks, 30 of them "
                           "with somebody else; all go red within an hour.")


def ordinary():
    """Two weeks of nothing special."""
    owners = people(3000, 3)
    rnd = random.Random(11)
    red, steps = {}, [{"at": at(), "facts": facts(owners, 3), "runs": [
        run(n, "g0") for n in range(1, 3001)]}]
    runs = []
    for hour in range(1, 14 * 24 + 1):
        for n in [n for n, until in red.items() if until <= hour]:
            runs.append(run(n, f"m{hour}"))
            del red[n]
        for _ in range(8):      # pushes an hour
            n = rnd.randint(1, 3000)
            if n in red or rnd.random() < 0.7:
                continue
            kind = rnd.random()
            if kind < 0.3:      # flaky: green on the second try
                runs.append(run(n, f"c{hour}", fails=f"broken{n}"))
                runs.append(run(n, f"c{hour}", attempt=2))
            else:
                runs.append(run(n, f"c{hour}", fails=f"broken{n}"))
                # three in five are mended within a day or so
                red[n] = hour + int(rnd.expovariate(1 / 20.0) if kind < 0.7
                                    else rnd.expovariate(1 / 400.0)) + 1
        if hour % 3 == 0:
            steps.append({"at": at(0, hour), "runs": runs})
            runs = []
    return owners, steps, ("Two weeks of 3,000 feedstocks: eight pushes an "
                           "hour, three in ten of them red; of these a third "
                           "is green on the second try, most of the rest is "
                           "mended within a day or two, and some stay.")


CASES = collections.OrderedDict([
    ("An ordinary fortnight", ordinary),
    ("A storm", storm),
    ("One person, 300 feedstocks", one_person),
    ("A mass vanishing", vanish),
    ("An expired token, and a gap", token),
    ("A bad rule, and nobody says so", bad_rule),
    ("A bad rule, and some say so", bad_rule_marked),
])


# ---- playing them --------------------------------------------------------

class Played:
    def __init__(self, steps):
        self.dir = tempfile.mkdtemp(prefix="tocsin-noise-")
        path = os.path.join(self.dir, "case.yaml")
        with open(path, "w", encoding="utf-8") as f:
            json.dump({"name": "noise", "config": preset(), "rules": RULES,
                       "defaults": {"branch": "main", "workflow": "build",
                                    "job": "linux_64",
                                    "default_branch": True},
                       "steps": steps}, f)
        before = time.time()
        done = subprocess.run([TOCSIN, "test", "--json", "--keep", path],
                              capture_output=True, text=True, check=False)
        self.seconds = time.time() - before
        if done.returncode != 0:
            raise SystemExit(f"{path}: {done.stdout}{done.stderr}")
        self.kept = json.loads(done.stdout)["kept"]
        self.messages = list(self.read_messages())
        self.decisions = self.read_decisions()

    def read_messages(self):
        for sink in ("issues", "chat", "mail"):
            index = os.path.join(self.kept, sink, "index.jsonl")
            if not os.path.exists(index):
                continue
            with open(index, encoding="utf-8") as f:
                lines = [json.loads(line) for line in f if line.strip()]
            for m in lines:
                with open(os.path.join(self.kept, sink, m["message"]),
                          encoding="utf-8") as f:
                    text = f.read()
                front, body = text.split("\n---\n", 1)
                owner = next(line for line in front.splitlines()
                             if line.startswith("owner: "))
                m["owner"] = json.loads(owner[len("owner: "):])
                m["sink"] = sink
                m["called"] = [p for p in m["owner"]["persons"]
                               if f"@{p}" in body]
                yield m

    def read_decisions(self):
        db = sqlite3.connect(os.path.join(self.kept, "state.db"))
        rows = db.execute("SELECT ticket, at, code FROM decision"
                          " ORDER BY id").fetchall()
        db.close()
        return rows

    def close(self):
        shutil.rmtree(self.dir, ignore_errors=True)
        shutil.rmtree(self.kept, ignore_errors=True)


def day_of(text):
    t = datetime.datetime.strptime(text, "%Y-%m-%dT%H:%M:%SZ").replace(
        tzinfo=datetime.timezone.utc)
    return (t - START).days


HELD = ("pending", "outbreak-hold", "inhibited", "budget-person",
        "budget-rule", "budget-day", "budget-pass", "in-digest", "digest-wait", "breaker",
        "stale-source", "window", "opted-out", "rule-stopped", "no-owner")


def held_on(decisions, day):
    end = (START + datetime.timedelta(days=day + 1)).timestamp()
    last = {}
    for ticket, when, code in decisions:
        if when < end:
            last[ticket] = code
    count = collections.Counter(last.values())
    return ", ".join(f"{count[c]} `{c}`" for c in HELD if count[c]) or "–"


def where(messages, ops):
    n = collections.Counter(m["sink"] for m in messages
                            if m["delivery"] in ops)
    names = {"issues": "issues", "chat": "core", "mail": "digests"}
    return ", ".join(f"{n[s]} {names[s]}" for s in names if n[s]) or "–"


def table(p):
    days = max(day_of(m["at"]) for m in p.messages) if p.messages else 0
    days = max(days, max((int(w) - int(START.timestamp())) // 86400
                         for _, w, _ in p.decisions) if p.decisions else 0)
    rows = []
    for day in range(days + 1):
        some = [m for m in p.messages if day_of(m["at"]) == day]
        tell = [m for m in some if m["delivery"] in TELLS]
        calls = collections.Counter(x for m in tell for x in m["called"])
        rows.append((day + 1, where(some, ("open", "reopen")),
                     where(some, ("remind", "digest")),
                     where(some, ("update",)), where(some, ("resolve",)),
                     len(calls), max(calls.values(), default=0),
                     held_on(p.decisions, day)))
    head = ("day", "opened", "said again, digests", "edited", "closed",
            "people called", "most to one", "waits at its end")
    out = ["| " + " | ".join(head) + " |", "|" + "---|" * len(head)]
    skipped = 0
    for n, row in enumerate(rows):
        quiet = row[1:7] == ("–",) * 4 + (0, 0)
        if quiet and 0 < n < len(rows) - 1 and rows[n - 1][1:] == row[1:]:
            skipped += 1
            continue
        out.append("| " + " | ".join(str(c) for c in row) + " |")
    return out, rows


def totals(p, owners):
    tell = [m for m in p.messages if m["delivery"] in TELLS]
    calls = collections.Counter(x for m in tell for x in m["called"])
    person_days = collections.Counter(
        (x, day_of(m["at"])) for m in tell for x in m["called"])
    everybody = {x for who in owners for x in who}
    return (f"In all {len(p.messages)} writes, {len(tell)} of which tell "
            f"people something: {len(calls)} of {len(everybody)} people are "
            f"called, {max(calls.values(), default=0)} times at most, "
            f"{max(person_days.values(), default=0)} on one day at most.")


def show(name, make):
    owners, steps, text = make()
    p = Played(steps)
    lines, _ = table(p)
    print(f"noise: {name}: {p.seconds:.0f} s", file=sys.stderr)
    out = [f"## {name}", "", text, ""] + lines + ["", totals(p, owners), ""]
    p.close()
    return "\n".join(out)


def show_forge(name, make):
    before = time.time()
    f, text = make(sys.modules[__name__])
    print(f"noise: {name}: {time.time() - before:.0f} s, the longest pass "
          f"{max(r['seconds'] for r in f.rows):.1f} s", file=sys.stderr)
    out = [f"## {name}", "", text, ""] + f.table() + [""]
    f.close()
    return "\n".join(out)


def sections(text):
    """{heading: text} of what was measured."""
    parts = text.split("\n## ")
    return {p.split("\n", 1)[0]: "## " + p.rstrip("\n") + "\n"
            for p in parts[1:]}


def main():
    args = [a for a in sys.argv[1:] if a != "--write"]
    parts = {}
    for cases, how in ((CASES, show), (forge.CASES, show_forge)):
        for name, make in cases.items():
            if not args or any(a.lower() in name.lower() for a in args):
                parts[name] = how(name, make)
    if "--write" not in sys.argv[1:]:
        print("\n".join(parts.values()))
        return
    with open(PAGE, encoding="utf-8") as f:
        page = f.read()
    head, _, rest = page.partition(MARK)
    measured, _, tail = rest.partition(MARK)
    known = sections("\n" + measured)
    known.update(parts)
    text = "\n".join(known[name] for name in [*CASES, *forge.CASES]
                     if name in known)
    with open(PAGE, "w", encoding="utf-8") as f:
        f.write(head + MARK + "\n" + text + "\n" + MARK + tail)


if __name__ == "__main__":
    main()
