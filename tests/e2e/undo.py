#!/usr/bin/env python3
# SPDX-License-Identifier: BSD-3-Clause
"""What a bad rule filed is taken back; what cannot be sent is given up."""
import json
import os
import sqlite3

from world import CONFIG, World, has, main, told

WIDE = CONFIG.replace("policy:\n", "policy:\n"
                      "  budget: {{new_per_pass: unlimited, new_per_day: "
                      "unlimited, new_per_person_per_day: unlimited}}\n"
                      "  outbreak: {{projects: 1000}}\n")
OTHER = ("/usr/bin/ld: cannot find -lfrob\n"
         "##[error]Process completed with exit code 1.\n")


def at(hour):
    return f"2026-08-{1 + hour // 24:02}T{hour % 24:02}:00:00Z"


def red(w, names, hour, red=True, **more):
    for n in names:
        for k in (1, 2) if red else (3,):
            w.run_of(f"{n}-{hour}-{k}", red=red, hour=hour - 2 + k / 10,
                     project=f"acme/{n}", **more)


def ops(w):
    out = {}
    for m in w.messages():
        out[m["delivery"]] = out.get(m["delivery"], 0) + 1
    return out


def tickets(w):
    v = json.loads(w.tocsin("status", "--json").stdout)
    return {t.get("project"): t for t in v["tickets"]}


def rule_of(w, project):
    id = tickets(w)[project]["incidents"][0]
    return json.loads(w.tocsin("incident", "show", id, "--json").stdout)["rule"]


def mark(w, project, label="tocsin: wrong"):
    path = w.path("out", "tickets", tickets(w)[project]["ticket"] + ".json")
    with open(path) as f:
        v = json.load(f)
    v["labels"] = [label]
    with open(path, "w") as f:
        json.dump(v, f)


def retracted():
    "what a rule filed is closed with one edit each, and the rule files no more"
    with World(config=WIDE) as w:
        names = [f"p{n}" for n in range(12)]
        red(w, names, 2)
        red(w, ["other"], 2, log=OTHER)
        w.pass_at(2)
        red(w, ["late"], 3)
        w.pass_at(3)
        rule = rule_of(w, "acme/p0")
        assert rule != rule_of(w, "acme/other")
        w.tocsin("retract", "--rule", rule, check=2)
        w.tocsin("retract", "--rule", rule, "--since", "yesterday", check=2)
        p = w.tocsin("retract", "--rule", rule + "s", "--since", at(0),
                     check=1)
        has(p.stderr, 'there is no rule "%ss"' % rule,
            'did you mean "%s"?' % rule)
        assert "stopped" not in w.tocsin("status").stdout
        word = ["retract", "--rule", rule, "--now", at(4), "--since"]
        p = w.tocsin(*word, at(3), "--dry-run", check=0)
        has(p.stdout, "acme/late", "1 would be closed")
        assert ops(w) == {"open": 14}
        v = json.loads(w.tocsin(*word, "4h", "--json", check=0).stdout)
        assert v["closed"] == 13 and v["shared"] == 0, v
        has(w.tocsin("status").stdout, f"Rule {rule} has stopped filing",
            f"tocsin rule resume {rule}")
        w.pass_at(5)
        assert ops(w) == {"open": 14, "resolve": 13}, ops(w)
        has(told(w)[-1][1], "reported by mistake")
        red(w, ["fresh"] + names[:3], 7)
        w.pass_at(7)
        w.pass_at(8)
        assert ops(w) == {"open": 14, "resolve": 13}, ops(w)
        assert tickets(w)["acme/fresh"]["reason"] == "rule-stopped"
        has(w.tocsin("explain", "--project", "acme/fresh", "--category",
                     "compile/error", check=0).stdout, rule)
        w.tocsin("rule", "resume", "no/such", check=1)
        w.tocsin("rule", "resume", rule, check=0)
        w.pass_at(9)
        assert ops(w)["open"] == 15 and ops(w)["reopen"] == 13, ops(w)


def no_breaker():
    "an operator's word needs no second one"
    with World(config=WIDE, more="guards: {breaker: {at_least: 3}}\n") as w:
        for part in range(3):
            red(w, [f"p{part}{n}" for n in range(3)], 2 + part)
            w.pass_at(2 + part)
        rule = rule_of(w, "acme/p00")
        w.tocsin("retract", "--rule", rule, "--since", at(0), check=0)
        w.pass_at(6)
        assert ops(w) == {"open": 9, "resolve": 9}, ops(w)


OWNED = WIDE.replace("owner: core", "owner: maintainers")


def owners(of):
    """Projects of acme, and whose they are."""
    return "owners:\n" + "".join(
        "  - {project: acme/%s, owners: [%s]}\n" % (
            p, ", ".join("'@%s'" % o for o in logins.split()))
        for p, logins in of.items())


def three_wrong():
    "a rule that three people marked stops filing, and says so"
    with World(config=OWNED, more=owners({p: "of-" + p for p in "abcdef"})
               + "operators: {owner: core, via: [issues]}\n") as w:
        red(w, ["a", "b", "c", "d"], 2)
        w.pass_at(2)
        rule = rule_of(w, "acme/a")
        mark(w, "acme/a")
        mark(w, "acme/b")
        w.pass_at(3)
        red(w, ["e"], 4)
        w.pass_at(4)
        assert ops(w)["open"] == 5, ops(w)
        mark(w, "acme/c")
        red(w, ["f"], 6)
        p = w.pass_at(6)
        has(p.stderr, f"rule {rule} has stopped filing", "3 of 5 of its tickets")
        assert tickets(w)["acme/f"]["reason"] == "rule-stopped", tickets(w)
        has(told(w)[-1][1], "has stopped filing")
        v = json.loads(w.tocsin("status", "--json").stdout)["guards"]
        assert v["stopped_rules"][0]["rule"] == rule, v
        # what was told still closes
        red(w, ["d"], 8, red=False)
        w.pass_at(8)
        assert ops(w)["resolve"] == 1, ops(w)
        # and old marks do not count again
        w.tocsin("rule", "resume", rule, check=0)
        w.pass_at(9)
        assert tickets(w)["acme/f"]["reason"] == "opened", tickets(w)


def one_project_says_wrong():
    "the people of one project cannot stop a rule for all others"
    with World(config=WIDE) as w:
        for branch in ("main", "v1", "v2", "v3"):
            for k in range(2):
                w.run_of("a-%s-%d" % (branch, k), hour=1 + k / 10,
                         project="acme/a", branch=branch)
        red(w, ["b"], 2)
        w.pass_at(2)
        with sqlite3.connect(w.path("state", "tocsin.db")) as db:
            n = db.execute(
                "update ticket set human = '{\"wrong\":true}' where project "
                "= 'acme/a' and told > 0").rowcount
        assert n == 4, n
        p = w.pass_at(3)
        assert "has stopped filing" not in p.stderr, p.stderr
        v = json.loads(w.tocsin("status", "--json").stdout)["guards"]
        assert not v.get("stopped_rules"), v


def one_person_says_wrong():
    "who maintains many projects cannot stop a rule for all others either"
    for c, stops in (("Alice", False), ("zoe", True)):
        with World(config=OWNED, more=owners({
                "a": "alice bob", "b": "carol", "c": c, "d": "alice dave",
                "e": "bob"})) as w:
            red(w, "abcde", 2)
            w.pass_at(2)
            for p in "abcde":
                mark(w, "acme/" + p)
            p = w.pass_at(3)
            assert ("has stopped filing" in p.stderr) == stops, p.stderr
            v = json.loads(w.tocsin("status", "--json").stdout)["guards"]
            assert bool(v.get("stopped_rules")) == stops, v


def how_often_right():
    "how much of what a rule filed was mended is counted"
    with World(config=WIDE) as w:
        red(w, ["a", "b"], 2)
        w.pass_at(2)
        rule = rule_of(w, "acme/a")
        red(w, ["a"], 4, red=False)
        w.pass_at(4)
        v = json.loads(w.tocsin("status", "--json").stdout)["rules"]
        assert v["filed"] == {rule: 2} and v["fixed"] == {rule: 1}, v


NAUGHTY = WIDE.replace("{{plugin: file, dir: {dir}/out}}",
                       "{{plugin: naughty-sink, mode: reject-deliver}}")


def again(w, check=1):
    """A pass to which no back-off is left: this sink is not local, so the
    clock is the real one."""
    db = sqlite3.connect(w.path("state", "tocsin.db"))
    db.execute("update outbox set next_try = 0")
    db.commit()
    db.close()
    return w.tocsin("run", check=check)


def letter(w):
    return json.loads(w.tocsin("outbox", "list", "--json", check=0).stdout)


def given_up():
    "what a sink refuses is given up after three tries; an operator decides"
    plugins = os.path.join(os.environ["TOCSIN_BUILD"], "tests", "plugins",
                           ".libs")
    with World(config=NAUGHTY, more=f"plugin_path: [{plugins}]\n") as w:
        red(w, ["a"], 2)
        w.tocsin("run")
        w.tocsin("backlog", "release", "--all", check=0)
        w.tocsin("run", check=1)
        has(w.tocsin("outbox", "list", check=0).stdout, "waits", "acme/a")
        again(w)
        assert letter(w)["tries"] == 2
        has(again(w).stderr, "given up", "undeliverable:")
        v = letter(w)
        assert (v["state"], v["tries"]) == ("given up", 3), v
        assert tickets(w)["acme/a"]["reason"] == "undeliverable"
        has(w.tocsin("status").stdout, "undeliverable", "Given up: 1")
        again(w, 0)
        assert letter(w)["tries"] == 3
        key = v["ticket"][:8]
        w.tocsin("outbox", "retry", "ffffffff", check=1)
        w.tocsin("outbox", "retry", check=2)
        w.tocsin("outbox", "list", "--sink", "nobody", check=2)
        w.tocsin("outbox", "retry", key, check=0)
        v = letter(w)
        assert (v["state"], v["tries"]) == ("waits", 0), v
        w.tocsin("outbox", "drop", key, check=0)
        assert letter(w)["state"] == "dropped"
        red(w, ["a"], 30)
        w.tocsin("run", check=0)
        assert letter(w)["state"] == "dropped"
        red(w, ["a"], 32, red=False)
        w.tocsin("run", check=0)
        assert w.tocsin("outbox", "list", check=0).stdout == ""


main([retracted, no_breaker, three_wrong, one_project_says_wrong,
      one_person_says_wrong, how_often_right, given_up])
