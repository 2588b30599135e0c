#!/usr/bin/env python3
# SPDX-License-Identifier: BSD-3-Clause
"""What no rule knows, from the pass to a rule; how rules are judged."""
import json
import os
import re
import sqlite3

from world import World, has, main, told

NONE = "shipped_rules: false\n"
FLUX = ("frobnicating 1 of 3\n"
        "frobnicate: error: the flux of '{what}' is out of range (12.5)\n"
        "leaving /home/{where}/work/frob.c\n")


def unknown(w, id, what="a", hour=0, project="acme/widget"):
    w.run_of(id, hour=hour, project=project,
             log="##[group]Run frob\n##[endgroup]\n"
             + FLUX.format(what=what, where=id)
             + "##[error]Process completed with exit code 2.\n")


def unclassified_is_listed():
    "status --unclassified: one failure in two projects, three runs; another"
    with World(NONE) as w:
        unknown(w, "r1")
        unknown(w, "r2", hour=5)
        unknown(w, "r3", hour=26, project="acme/gadget")
        w.run_of("r4", hour=3, project="acme/lamp",
                 log="lamp: error: no light\n")
        w.pass_at(30)
        p = w.tocsin("status", "--unclassified", check=0)
        has(p.stdout, "2 projects, 3 runs, 1 Aug 2026 to 2 Aug 2026",
            "the flux of 'a' is out of range", "acme/gadget",
            "1 project, 1 run", "lamp: error: no light")
        assert p.stdout.index("flux") < p.stdout.index("lamp")
        v = json.loads(w.tocsin("status", "--unclassified", "--json",
                                check=0).stdout)
        assert [u["projects"] for u in v] == [2, 1]
        assert v[0]["runs"] == 3 and v[0]["first"] < v[0]["last"]
        has(v[0]["excerpt"]["text"], "leaving")
        p = w.tocsin("status", "--now", "2026-08-02T06:00:00Z", check=0)
        has(p.stdout, "4 red logs, 0 named (0.0 %), 4 unclassified")


def draft_is_accepted():
    "rule suggest: by fingerprint and by file; check takes it, and it works"
    with World(NONE) as w:
        unknown(w, "r1")
        w.pass_at(2)
        v = json.loads(w.tocsin("status", "--unclassified", "--json",
                                check=0).stdout)
        short = v[0]["fingerprint"].split(":")[1][:10]
        p = w.tocsin("rule", "suggest", short, check=0)
        again = w.tocsin("rule", "suggest", w.path("logs", "r1.log"), check=0)
        assert p.stdout == again.stdout
        has(p.stdout, "(?<what>[^'']+)")
        w.write("suggested.yaml", p.stdout)
        w.write("tocsin.yaml", "include: [suggested.yaml]\n", "a")
        p = w.tocsin("check", check=0)
        assert "suggested" not in p.stderr, p.stderr
        p = w.tocsin("classify", "-c", w.config, "--json",
                     w.path("logs", "r1.log"), check=0)
        f = json.loads(p.stdout)["failures"][0]
        assert f["rule"].startswith("site/"), f
        assert f["captures"] == {"what": "a", "n": "12.5"}, f
        p = w.tocsin("rule", "suggest", w.path("logs", "r1.log"), check=1)
        has(p.stderr, "knows it")


def alike_is_one():
    "status --unclassified: lines that differ in words are one, and one rule"
    line = "frobnicate: the %s does not hold the flux of the %s at all\n"
    with World(NONE) as w:
        for n, (project, a, b) in enumerate([
                ("acme/widget", "north", "lamp"),
                ("acme/gadget", "south", "kettle"),
                ("acme/gadget", "upper", "kettle")]):
            w.run_of("r%d" % n, hour=n, project=project, log=line % (a, b))
        w.run_of("r9", hour=4, project="acme/lamp",
                 log="lamp: error: the flux of it all is out of range\n")
        w.pass_at(30)
        p = w.tocsin("status", "--unclassified", check=0)
        has(p.stdout, "2 projects, 3 runs", ", with 2 like it",
            "1 project, 1 run")
        groups = json.loads(w.tocsin("status", "--unclassified", "--json",
                                     check=0).stdout)
        assert [len(g.get("alike", [])) for g in groups] == [2, 0], groups
        ids = [groups[0]["fingerprint"]] + groups[0]["alike"]
        assert len(set(ids)) == 3
        drafts = {w.tocsin("rule", "suggest", i.split(":")[1][:12],
                           check=0).stdout for i in ids}
        assert len(drafts) == 1, drafts
        w.write("suggested.yaml", drafts.pop())
        w.write("tocsin.yaml", "include: [suggested.yaml]\n", "a")
        w.tocsin("check", check=0)
        for n in range(3):
            p = w.tocsin("classify", "-c", w.config, "--json",
                         w.path("logs", "r%d.log" % n), check=0)
            f = json.loads(p.stdout)["failures"][0]
            assert sorted(f["captures"].values()) == sorted(
                [("north", "south", "upper")[n],
                 ("lamp", "kettle", "kettle")[n]]), f
        w.tocsin("classify", "-c", w.config, w.path("logs", "r9.log"))


def near_misses_from_green():
    "rule suggest --green: what it must not hit"
    with World(NONE) as w:
        w.write("red.log", "tests: 22 run, 3 failed\n")
        w.write("green.log", "tests: 21 run, 0 failed\n")
        p = w.tocsin("rule", "suggest", "--green", w.path("green.log"),
                     w.path("red.log"), check=0)
        has(p.stdout, "near_misses:", "- 'tests: 21 run, 0 failed'")
        assert not p.stderr, p.stderr
        w.write("suggested.yaml", p.stdout)
        w.write("tocsin.yaml", "include: [suggested.yaml]\n", "a")
        w.tocsin("check", check=0)


def hostile_lines():
    "rule suggest: any line gives a rule that check takes, or says why not"
    lines = ["error: it's 'quoted' \"twice\" and {{x}} [a]{2} (b|c)* \\d+$",
             "fatal: \xe9\xe8 naïve ☃☃ in C:\\a\\b\\c.c:12:3: 0xdeadbeef",
             "error: %s%n%d \x1b]0;title\x07 # no comment: - yes",
             "x: error: ?", "error: " + "a/b " * 200, "error: 1 2 3"]
    for n, line in enumerate(lines):
        with World(NONE) as w:
            w.write("red.log", line + "\n")
            p = w.tocsin("rule", "suggest", w.path("red.log"))
            if p.returncode == 1:
                has(p.stderr, "long enough")
                continue
            assert p.returncode == 0, p
            w.write("suggested.yaml", p.stdout)
            w.write("tocsin.yaml", "include: [suggested.yaml]\n", "a")
            c = w.tocsin("check")
            assert c.returncode == 0, (n, p.stdout, c.stderr)


def no_such_thing():
    "rule suggest: neither file nor fingerprint"
    with World(NONE) as w:
        unknown(w, "r1")
        w.pass_at(2)
        p = w.tocsin("rule", "suggest", "ffffffff", check=2)
        has(p.stderr, "status --unclassified")
        w.tocsin("rule", check=2)
        w.tocsin("rule", "invent", "x", check=2)


def metrics():
    "metrics: a file for Prometheus, replaced by each pass"
    with World(NONE + "metrics: tocsin.prom\n") as w:
        unknown(w, "r1")
        w.pass_at(2)
        text = open(w.path("tocsin.prom")).read()
        has(text, 'tocsin_red_runs{verdict="unclassified"} 1\n',
            'tocsin_tickets{state="held"} 1\n',
            'tocsin_held_tickets{reason="pending"} 1\n',
            "tocsin_escalated_tickets 0\n",
            'tocsin_instance_trouble{instance="ci"} 0\n',
            "tocsin_last_pass_seconds 1785549600\n")
        for line in text.splitlines():
            assert re.match(r"# (HELP|TYPE) tocsin_\w+ .|tocsin_\w+"
                            r'(\{\w+="[^"]*"\})? \d+$', line), line
        assert "acme" not in text
        w.pass_at(3, 0, "--dry-run")
        assert open(w.path("tocsin.prom")).read() == text
        w.pass_at(4)
        has(open(w.path("tocsin.prom")).read(), "seconds 1785556800\n")
        os.remove(w.path("tocsin.prom"))
        os.mkdir(w.path("tocsin.prom"))
        p = w.pass_at(5, 1)
        has(p.stderr, "metrics: ", "tocsin.prom")


def wrong_marks():
    "a rule that people mark as wrong is named by status and metrics"
    rule = """rules:
  - {id: site/flux, category: test/flux, blame: recipe,
     pattern: 'frobnicate: error: the flux', needs: ['the flux']}
metrics: m.prom
"""
    with World(NONE + rule) as w:
        unknown(w, "r1")
        unknown(w, "r2", hour=1)
        w.pass_at(2)
        name = os.listdir(w.path("out", "tickets"))[0]
        with open(w.path("out", "tickets", name)) as f:
            state = json.load(f)
        state.update(labels=["tocsin: wrong"], by="ann")
        w.write(os.path.join("out", "tickets", name), json.dumps(state))
        w.pass_at(3)
        p = w.tocsin("status", "--now", "2026-08-01T03:00:00Z", check=0)
        has(p.stdout, "marked as wrong by people: site/flux (1)")
        has(open(w.path("m.prom")).read(),
            'tocsin_rule_wrong_tickets{rule="site/flux"} 1\n')


def what_is_kept_is_counted():
    "a class that too little is stored to judge is counted as kept"
    rule = """rules:
  - {id: site/flux, category: test/flux, blame: recipe,
     pattern: 'frobnicate: error: the flux', needs: ['the flux'], then: [%s],
     severity: grave}
"""
    with World(NONE + rule % "leaving") as w:
        unknown(w, "r1")
        w.pass_at(2)
        text = open(w.config).read().replace("[leaving]", "[never]")
        w.write("tocsin.yaml", text)
        w.pass_at(3)
        p = w.tocsin("status", "--now", "2026-08-01T03:00:00Z", check=0)
        has(p.stdout, "1 named (100.0 %)", "too little is stored")
        db = sqlite3.connect(w.path("state", "tocsin.db"))
        i, = db.execute("select public_id from incident").fetchone()
        p = w.tocsin("incident", "show", i, check=0)
        has(p.stdout, "too little is stored", "severity     grave")
        db = sqlite3.connect(w.path("state", "tocsin.db"))
        assert db.execute("select count(distinct rules), count(rules)"
                          " from run").fetchone() == (1, 1)


BENCH = """starting
error: no theodolite in {dir}/kit, using the old one
{more}bench closed
"""


def green_log(w, id, text, hour=0, **more):
    w.run_of(id, red=False, hour=hour, **more)
    os.rename(w.path("logs", id + ".json"), w.path("logs", id + ".log.json"))
    w.write(f"logs/{id}.log", text)


def with_green_logs():
    "green_logs: a red log is read against the last green one of its job"
    rule = """rules:
  - {id: site/kit, category: test/kit, blame: recipe,
     pattern: 'error: no theodolite', needs: [theodolite]}
"""
    for green in ("false", "true"):
        with World(NONE + rule) as w:
            text = open(w.config).read()
            w.write("tocsin.yaml", text.replace(
                "plugin: logs,", f"plugin: logs, green_logs: {green},"))
            green_log(w, "g1", BENCH.format(dir="/a/1", more=""))
            w.pass_at(1)
            w.run_of("r1", hour=2, log=BENCH.format(
                dir="/b/2", more="the clock fell from the wall\n"))
            w.run_of("r2", hour=2, job="osx_64", log=BENCH.format(
                dir="/b/2", more="the clock fell from the wall\n"))
            w.pass_at(3)
            db = sqlite3.connect(w.path("state", "tocsin.db"))
            rows = dict(db.execute("select run_id, rule from run join failure"
                                   " on run = run.id").fetchall())
            told = green == "true"
            assert rows == {"r1": None if told else "site/kit",
                            "r2": "site/kit"}, (green, rows)
            kept = db.execute("select text from baseline").fetchall()
            assert len(kept) == told, kept
            if not told:
                continue
            assert "theodolite" not in kept[0][0] and len(kept[0][0]) < 100
            v = json.loads(w.tocsin("status", "--unclassified", "--json",
                                    check=0).stdout)
            assert v[0]["message"] == "the clock fell from the wall", v
            p = w.tocsin("status", "--now", "2026-08-01T03:00:00Z", check=0)
            has(p.stdout, "hit green logs: site/kit (1)")


OURS = """rules:
  - {id: %s, category: compile/error, blame: upstream, %s
     needs: [' undeclared '], fingerprint: [file, error],
     pattern: '^(?<file>[^:]+):\\d+:\\d+: error: (?<error>.\\w+. undeclared .*)',
     summary: 'our words: {{error}}'}
"""


def said(w):
    return [(m["delivery"], "our words" in body) for m, body in told(w)]


def site_rules_win():
    "a site's rules: override: and disable:, and was: carries history"
    with World() as w:
        shipped = open(w.config).read()
        w.red_twice()
        w.pass_at(2)
        assert said(w) == [("open", False)], said(w)

        def with_rules(text, hour):
            w.write("tocsin.yaml", shipped + text)
            w.tocsin("check", check=0)
            w.pass_at(hour)
            p = w.tocsin("classify", "--json", "-c", w.config,
                         w.path("logs", "r1.log"), check=0)
            f = json.loads(p.stdout)["failures"][0]
            db = sqlite3.connect(w.path("state", "tocsin.db"))
            return f["rule"], [r[0] for r in db.execute(
                "select distinct fingerprint from incident")]

        rule, before = with_rules(OURS % ("compile/error",
                                          "override: true,"), 26)
        assert rule == "compile/error" and len(before) == 1, before
        # new words change the text in place, which tells nobody
        assert said(w) == [("open", False), ("update", True)], said(w)
        rule, now = with_rules("disable: [compile/error]\n" + OURS % (
            "site/ours", "was: [compile/error],"), 50)
        assert rule == "site/ours" and now == before, (rule, now, before)
        assert said(w) == [("open", False)] + [("update", True)] * 2, said(w)
        # switched off alone: what is left is the symptom
        rule, now = with_rules("disable: [compile/error]\n", 74)
        assert rule == "make/failed", rule
        assert [op for op, _ in said(w)].count("open") == 1, said(w)


main([site_rules_win, with_green_logs, unclassified_is_listed,
      draft_is_accepted, alike_is_one, near_misses_from_green,
      hostile_lines, no_such_thing, metrics, wrong_marks,
      what_is_kept_is_counted])
