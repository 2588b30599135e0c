#!/usr/bin/env python3
# SPDX-License-Identifier: BSD-3-Clause
"""What a dry run promises before Tocsin is armed."""
import json
import os

from world import CONFIG, World, has, main

PLUGINS = os.path.join(os.environ["TOCSIN_BUILD"], "tests", "plugins", ".libs")
UNARMED = CONFIG.replace("armed: true", "armed: false").replace(
    "sinks:\n", "plugin_path: [" + PLUGINS + "]\nsinks:\n"
    "  far: {{plugin: naughty-far, mode: fine}}\n").replace(
    "via: [issues]", "via: [issues, far]").replace(
    "policy:\n", "policy:\n  budget: {{new_per_person_per_day: 9}}\n")


def lines(p):
    return [json.loads(line) for line in p.stdout.splitlines()]


def deliveries(p):
    return [(m["sink"], m["delivery"]) for m in lines(p) if "sink" in m]


def before_arming():
    "unarmed, a dry run shows what sinks that reach people would be sent"
    with World(config=UNARMED) as w:
        w.red_twice()
        w.tocsin("run", "--now", "2026-08-01T02:00:00Z", check=0)
        assert w.messages() == []       # not every sink is local: a dry run
        p = w.pass_at(2, 0, "--dry-run", "--json")
        assert sorted(deliveries(p)) == [("far", "open"),
                                         ("issues", "open")], p.stdout
        f = [v for v in lines(p) if "forecast" in v][0]["forecast"]
        assert f["armed"] is False and f["standing"] == 0, f
        assert f["now"]["issues"] == 2, f


def after_a_week():
    "what stood for a while is shown, counted as backlog, and never made so"
    with World(config=UNARMED) as w:
        w.red_twice()
        w.tocsin("run", check=0)        # by the clock: unarmed, to the folder
        assert w.deliveries() == ["open"]
        w.run_of("r3", hour=2, project="acme/gadget")
        w.run_of("r4", hour=3, project="acme/gadget")
        for _ in range(2):
            p = w.tocsin("run", "--dry-run", "--json", check=0)
            assert sorted(deliveries(p)) == [
                ("far", "open"), ("far", "open"), ("issues", "open")
            ], p.stdout
            f = [v for v in lines(p) if "forecast" in v][0]["forecast"]
            assert f["standing"] == 1, f
            assert "backlog" not in f["held"], f
        p = w.tocsin("run", "--dry-run", check=0)
        has(p.stdout, "==== open to far: acme/widget, for core (opened)",
            "as if armed; arming now would make 1 ticket backlog")
        text = open(w.config).read()
        w.write("tocsin.yaml", text.replace("armed: false", "armed: true"))
        w.tocsin("run", check=0)        # and that is what arming does
        v = json.loads(w.tocsin("status", "--all", "--json").stdout)
        waiting = {t["project"]: t["reason"] for t in v["tickets"]}
        assert waiting == {"acme/widget": "backlog",
                           "acme/gadget": "opened"}, waiting


def mail_is_no_issue():
    "one ticket at a forge and by mail: an issue, its mention, and a mail"
    with World(config=CONFIG.replace(
            "sinks:\n", "sinks:\n  post: {{plugin: email, tls: none,\n"
            "         smtp: 'smtp://127.0.0.1:1', from: t@example.org}}\n"
            ).replace("via: [issues]", "via: [issues, post]").replace(
            "persons: [corey]", "persons: [corey], contacts: "
            "{{post: mara@example.org}}")) as w:
        w.red_twice()
        p = w.pass_at(2, 0, "--dry-run")
        has(p.stdout, "2 messages: 1 new issue, 1 mention, 1 mail\n",
            "1.0 new issues, 1.0 mentions, 1.0 mails (from 1 ticket ")


main([before_arming, after_a_week, mail_is_no_issue])
