#!/usr/bin/env python3
# SPDX-License-Identifier: BSD-3-Clause
"""How much is asked and written, and how fast."""
import sqlite3

from support import GitHub, Issues
from world import main

W = "acme/widget"


def pace():
    "limits of an hour hold over passes in a row"
    names = ["acme/p%d" % k for k in range(8)]
    with GitHub() as gh, Issues(
            gh, repos=names, sink="    writes_per_hour: 3") as w:
        for n in names:
            w.red(n, hour=2)
        for k in range(4):
            w.at(2 + k / 100)
        assert len(gh.issues()) == 3, len(gh.issues())


def pace_of_writes():
    "each single write counts: the labels of a first issue are five of six"
    names = ["acme/p%d" % k for k in range(4)]
    with GitHub() as gh, Issues(
            gh, repos=names, sink="    writes_per_hour: 14") as w:
        gh.per_hour = 14
        for n in names:
            gh.find(n).labels.clear()
            w.red(n, hour=2)
        for k in range(4):
            w.at(2 + k / 10)
        wrote = [r for r in gh.requests if r[0] in ("POST", "PATCH")
                 and r[1].startswith("/repos/")]
        assert len(wrote) == 14 and not gh.refusals, (wrote, gh.refusals)
        assert len(gh.issues()) == 2, gh.issues()
        db = sqlite3.connect(w.path("state", "tocsin.db"))
        rows = db.execute("select tries from outbox where remote_id is null")
        assert [r[0] for r in rows] == [0, 0]
        db.close()


def gap():
    "a second lies between two writes"
    with GitHub() as gh, Issues(gh, repos=(W, "acme/gadget")) as w:
        text = open(w.config).read()
        w.write("tocsin.yaml", text.replace("write_gap: 0s", "write_gap: 1s"))
        for p in (W, "acme/gadget"):
            w.red(p, hour=2)
        w.at(2)
        at = sorted(x["at"] for x in gh.writes if x["status"] < 300)
        assert len(at) == 2
        assert at[1] - at[0] >= 0.99, at


def cheap():
    "over a hundred open issues are looked at with a dozen requests"
    names = ["acme/p%d" % k for k in range(120)]
    with GitHub(limits=False) as gh, Issues(
            gh, repos=names, sink="    writes_per_minute: 0\n"
            "    writes_per_hour: 0", more="guards: {breaker: {at_least: "
            "1000}}\n", policy="  outbreak: {projects: 1000, owners: 1000, "
            "within: 1h, hold: 1h}") as w:
        for n in names:
            w.red(n, hour=2)
        w.at(2)
        assert len(gh.issues()) == 120
        gh.close("acme/p7", 1, "alice", "not_planned")
        n = len(gh.requests)
        w.at(3)
        assert len(gh.requests) - n <= 12, gh.requests[n:]


TESTS = [pace, pace_of_writes, gap, cheap]
if __name__ == "__main__":
    main(TESTS)
