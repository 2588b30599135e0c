#!/usr/bin/env python3
# SPDX-License-Identifier: BSD-3-Clause
"""A source that works and tells old news: what a bot's status file says is
as old as the file."""
import json
import os
import sqlite3

from world import CONFIG, World, has, main

START = 1785542400              # world.py's hour 0
BOT = CONFIG.replace("sources:\n", "sources:\n  bot: {{plugin: bot-logs, "
                     "status: {dir}/s.json, stale_after: 6h}}\n")
BOT = BOT.replace("pushes: 2", "attempts: 1").replace(
    "policy:\n", "policy:\n  budget: {{new_per_person_per_day: unlimited}}\n")


def status(w, hour, names):
    w.write("s.json", json.dumps({"errors": {
        n: {"attempts": 20, "kind": "bot-error", "messages": [f"boom {n}"],
            "url": None, "base_branch": "main"} for n in names}}))
    os.utime(w.path("s.json"), (START + hour * 3600,) * 2)


def rows(w, sql):
    db = sqlite3.connect(w.path("state", "tocsin.db"))
    all_rows = db.execute(sql).fetchall()
    db.close()
    return all_rows


def one_moment():
    "one file is one snapshot, however often it is read"
    with World(config=BOT) as w:
        status(w, 0, ["a", "b"])
        w.pass_at(0)
        status(w, 1, ["a"])             # b is missing, once
        for hour in (1, 2, 3):
            w.pass_at(hour)
        assert rows(w, "select key, missing from standing order by key") == [
            ("a:version", 0), ("b:version", 1)]
        status(w, 4, ["a"])             # and now twice
        w.pass_at(4)
        assert rows(w, "select key from standing") == [("a:version",)]


def an_older_copy():
    "an older copy ends nothing"
    with World(config=BOT) as w:
        status(w, 2, ["a", "b"])
        w.pass_at(2)
        for hour in (0, 1):
            status(w, hour, ["a"])
            w.pass_at(hour + 3)
        assert len(rows(w, "select key from standing")) == 2
        has(w.tocsin("status").stdout, "older than the one before")


def stale():
    "a file that nobody writes any more: said once, and nothing opens or ends"
    with World(config=BOT) as w:
        status(w, 0, ["a"])
        p = w.pass_at(1)
        assert "stale" not in p.stderr, p.stderr
        assert len(w.messages()) == 1
        p = w.pass_at(7, 1)
        has(p.stderr, "bot: stale: what it says (versions) is of 1 Aug 2026, "
            "00:00 UTC")
        p = w.pass_at(8, 1)             # still so: not said again
        assert "stale" not in p.stderr, p.stderr
        assert rows(w, "select stale from incident") == [(1,)]
        has(w.tocsin("status", "--now", "2026-08-01T08:00:00Z").stdout,
            "stale: what it says (versions)")
        status(w, 1, [])                # an old copy comes, without it
        w.pass_at(9, 1)
        status(w, 2, [])
        w.pass_at(10, 1)
        assert rows(w, "select stale, state from incident") == [(1, 1)]
        assert len(w.messages()) == 1
        status(w, 10, ["a", "b"])       # the bot is back
        p = w.pass_at(11)
        assert "stale" not in p.stderr, p.stderr
        assert rows(w, "select distinct stale from incident") == [(0,)]
        print(w.tocsin("status","--all").stdout, w.messages())
        assert len([m for m in w.messages() if m["delivery"] == "open"]) == 2


def to_come():
    "a time to come counts as now"
    with World(config=BOT) as w:
        status(w, 1000, ["a", "b"])
        w.pass_at(0)
        status(w, 1, ["a"])
        w.pass_at(1)
        status(w, 2, ["a"])
        w.pass_at(2)
        assert len(rows(w, "select key from standing")) == 1


def reflog(w, hour):
    os.makedirs(w.path("data/.git/logs"), exist_ok=True)
    w.write("data/.git/logs/HEAD",
            f"{'0' * 40} {'1' * 40} A B <a@b.c> {START} +0000\tclone: x\n"
            f"{'1' * 40} {'2' * 40} A > B <a@b.c> {START + hour * 3600} "
            "+0200\tpull: Fast-forward\n")


def checkout():
    "a checkout is as old as the last move of its HEAD"
    config = BOT.replace("status: {dir}/s.json", "checkout: {dir}/data, "
                         "what: parsing")
    with World(config=config) as w:
        os.makedirs(w.path("data/node_attrs"))
        w.write("data/node_attrs/a.json", json.dumps(
            {"feedstock_name": "a", "parsing_error": "make_graph: boom"}))
        reflog(w, 1)
        p = w.pass_at(2)
        assert "stale" not in p.stderr, p.stderr
        has(rows(w, "select value from meta where key = 'moment:bot'")[0][0],
            str(START + 3600))
        has(w.pass_at(8, 1).stderr, "stale: what it says (parsing)")
        reflog(w, 8)
        p = w.pass_at(9)
        assert "stale" not in p.stderr, p.stderr


main([stale])
