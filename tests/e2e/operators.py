#!/usr/bin/env python3
# SPDX-License-Identifier: BSD-3-Clause
"""Tocsin's own trouble reaches its operators, once."""
import json
import os
import re

from world import CONFIG, World, has, main

PLUGINS = os.path.join(os.environ["TOCSIN_BUILD"], "tests", "plugins", ".libs")
OPERATED = CONFIG.replace(
    "sources:\n", "plugin_path: [" + PLUGINS + "]\nsources:\n"
    "  ill: {{plugin: naughty, mode: works, items: 0}}\n").replace(
    "sinks:\n", "sinks:\n  ops: {{plugin: file, dir: {dir}/ops}}\n") + (
    "operators: {{owner: core, via: [ops]}}\n")


def told(w):
    path = w.path("ops", "index.jsonl")
    if not os.path.exists(path):
        return []
    with open(path) as f:
        return [json.loads(line) for line in f if line.strip()]


def deliveries(w):
    return [m["delivery"] for m in told(w)]


def edit(w, old, new):
    text = open(w.config).read()
    assert old in text, old
    w.write("tocsin.yaml", text.replace(old, new))


def one_ticket():
    "told once, kept true, a reminder a day, closed an hour after it is well"
    with World(config=OPERATED) as w:
        w.run_of("r1", red=False)
        w.pass_at(0)
        assert told(w) == []
        edit(w, "mode: works", "mode: fatal-open")
        p = w.pass_at(1, 1)
        has(p.stderr, "ill: ")
        assert deliveries(w) == ["open"], told(w)
        has(w.tocsin("status").stdout, "since 1 Aug 2026, for ")
        p = w.pass_at(2, 1)
        assert deliveries(w) == ["open"], told(w)
        assert p.stdout == "", p.stdout
        edit(w, "[{0}/logs]".format(w.dir), "[{0}/gone]".format(w.dir))
        w.pass_at(3, 1)
        assert deliveries(w) == ["open", "update"], told(w)
        w.pass_at(24, 1)
        assert deliveries(w) == ["open", "update"], told(w)
        w.pass_at(26, 1)
        w.pass_at(27, 1)
        assert deliveries(w) == ["open", "update", "remind"], told(w)
        edit(w, "mode: fatal-open", "mode: works")
        edit(w, "[{0}/gone]".format(w.dir), "[{0}/logs]".format(w.dir))
        w.pass_at(28)                   # what was unreadable fades in two days
        w.pass_at(49)
        assert deliveries(w)[3:] == ["update"], told(w)
        w.pass_at(50)
        assert deliveries(w)[4:] == ["remind"], told(w)
        w.pass_at(73)
        assert deliveries(w)[5:] == [], told(w)
        w.pass_at(76)
        assert deliveries(w)[5:] == ["resolve"], told(w)
        assert len(set(m["ticket"] for m in told(w))) == 1
        edit(w, "mode: works", "mode: fatal-open")
        w.pass_at(77, 1)
        assert deliveries(w)[-1] == "reopen", told(w)


def not_by_the_sick():
    "never through the sink that is in trouble, if there is another one"
    with World(config=OPERATED.replace(
            "via: [ops]", "via: [bad, ops]").replace(
            "sinks:\n", "sinks:\n  bad: {{plugin: naughty-sink, "
            "mode: fatal-observe}}\n")) as w:
        w.pass_at(0, 1)
        assert deliveries(w) == ["open"], told(w)
        v = json.loads(w.tocsin("status", "--all", "--json").stdout)
        sinks = [s["sink"] for t in v["tickets"] for s in t["sinks"]]
        assert sinks == ["ops"], v


def nothing_live():
    "what a trouble quotes is neither a mention nor markup there"
    with World(config=OPERATED.replace(
            "dir: {dir}/ops", "dir: {dir}/ops, flavour: github-markdown"
    ).replace("[{dir}/logs]",
              "['{dir}/@conda-forge-admin <!-- x --> `rerender`']")) as w:
        w.pass_at(0)
        assert deliveries(w) == ["open"], told(w)
        body = ""
        for root, _, names in os.walk(w.path("ops")):
            for name in names:
                with open(os.path.join(root, name)) as f:
                    text = f.read()
                if "cannot do all of its work" in text:
                    body = text.split("\n---\n", 1)[1]
        has(body, "ci", "conda-forge-admin")
        assert "@conda" not in body, body
        assert body.count("<!--") == body.count("<!-- tocsin 1:"), body
        assert re.search(r"@corey\b", body), body


def unarmed_and_unasked():
    "unarmed only sinks on this machine; without operators only stderr"
    far = OPERATED.replace("armed: true", "armed: false").replace(
        "via: [ops]", "via: [far, ops]").replace(
        "sinks:\n", "sinks:\n  far: {{plugin: naughty-far, mode: fine}}\n"
    ).replace("mode: works", "mode: fatal-open")
    with World(config=far) as w:
        w.tocsin("run", check=1)
        assert deliveries(w) == ["open"], told(w)
        v = json.loads(w.tocsin("status", "--all", "--json").stdout)
        assert [s["sink"] for t in v["tickets"]
                for s in t["sinks"]] == ["ops"], v
        edit(w, "armed: false", "armed: true")
        w.tocsin("run", check=1)
        v = json.loads(w.tocsin("status", "--all", "--json").stdout)
        assert sorted(s["sink"] for t in v["tickets"]
                      for s in t["sinks"]) == ["far", "ops"], v
        assert [t["reason"] for t in v["tickets"]] == ["stands"], v
    with World(config=OPERATED.replace(
            "operators: {{owner: core, via: [ops]}}\n", "").replace(
            "mode: works", "mode: fatal-open")) as w:
        p = w.pass_at(0, 1)
        has(p.stderr, "ill: ")
        assert told(w) == []


def confidential():
    "a confidential ticket without a sink is said once, without what it says"
    with World(config=OPERATED.replace(
            "via: [issues]}", "via: [issues], confidential: true}")) as w:
        w.red_twice()
        p = w.pass_at(2)
        assert w.messages() == [], w.messages()
        assert deliveries(w) == ["open"], told(w)
        w.pass_at(3)
        w.run_of("r3", hour=4)
        p = w.pass_at(5)
        assert "confidential" not in p.stderr, p.stderr
        assert deliveries(w) == ["open"], told(w)
        with open(w.path("ops", told(w)[0]["message"])) as f:
            text = f.read()
        has(text, "is confidential and no sink of its route is")
        for word in ("acme", "widget", "frobnicate"):
            assert word not in text, text


main([one_ticket, confidential, not_by_the_sick, nothing_live, unarmed_and_unasked])
