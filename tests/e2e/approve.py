#!/usr/bin/env python3
# SPDX-License-Identifier: BSD-3-Clause
"""A mass vanishing waits for an operator's word."""
import json
import sqlite3

from world import CONFIG, World, has, main

BOT = CONFIG.replace("sources:\n", "sources:\n"
                     "  bot: {{plugin: bot-logs, status: {dir}/s.json}}\n")


def status(w, n):
    w.write("s.json", json.dumps({"errors": {
        f"p{i}": {"attempts": 20, "kind": "bot-error", "messages": ["boom"],
                  "url": None, "base_branch": "main"} for i in range(n)}}))


def standing(w):
    db = sqlite3.connect(w.path("state", "tocsin.db"))
    n = db.execute("select count(*) from standing").fetchone()[0]
    db.close()
    return n


def at(hour):
    return f"2026-08-0{1 + hour // 24}T{hour % 24:02}:00:00Z"


def a_word():
    "it is listed, approved once, and only then taken for mended"
    with World(config=BOT) as w:
        status(w, 40)
        w.pass_at(0)
        p = w.tocsin("approve", check=0)
        assert p.stdout == "", p.stdout
        p = w.tocsin("approve", "bot", check=1)
        has(p.stderr, "nothing of bot waits")
        w.tocsin("approve", "nobody", check=2)
        w.tocsin("approve", "bot", "versions", "more", check=2)
        status(w, 10)
        for hour in (1, 2, 3):
            w.pass_at(hour)
        assert standing(w) == 40
        p = w.tocsin("approve", check=0)
        has(p.stdout, "bot versions: 30 of 40 entries vanished, seen " + at(3))
        v = json.loads(w.tocsin("approve", "--json", check=0).stdout)
        assert (v["instance"], v["snapshot"], v["gone"]) == (
            "bot", "versions", 30), v
        w.tocsin("approve", "bot", "prs", check=1)
        has(w.tocsin("status", "--all").stdout, "tocsin approve bot")
        p = w.tocsin("approve", "bot", "versions", "--now", at(3), check=0)
        has(p.stdout, "30 of 40", "approved")
        w.pass_at(4)
        assert w.tocsin("approve", check=0).stdout == ""
        w.pass_at(5)
        assert standing(w) == 10
        status(w, 9)                    # as usual again: the word is used up
        w.pass_at(6)
        w.pass_at(7)
        status(w, 40)
        w.pass_at(8)
        status(w, 5)
        w.pass_at(9)
        has(w.tocsin("approve", check=0).stdout, "35 of 40")
        assert standing(w) == 40


main([a_word])
