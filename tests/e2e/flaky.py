#!/usr/bin/env python3
# SPDX-License-Identifier: BSD-3-Clause
"""What failed and passed when tried again is for operators to see."""
import json

from world import World, has, main


def flaky(w, commit, hour):
    w.run_of(commit, hour=hour)
    w.run_of(commit + "-again", red=False, hour=hour + 1, commit=commit,
             attempt=2)


def flaky_is_listed():
    "status --flaky: how often, where; the plain status counts; nobody is told"
    with World() as w:
        w.pass_at(0)
        p = w.tocsin("status", "--flaky", "--now", "2026-08-02T00:00:00Z",
                     check=0)
        has(p.stdout, "Nothing was flaky in 14 days.")
        flaky(w, "c1", 2)
        flaky(w, "c2", 6)
        w.pass_at(9)
        p = w.tocsin("status", "--flaky", "--now", "2026-08-02T00:00:00Z",
                     check=0)
        has(p.stdout, "2 times  acme/widget main: compile/")
        v = json.loads(w.tocsin("status", "--flaky", "--json", "--now",
                                "2026-08-02T00:00:00Z", check=0).stdout)
        assert [(f["times"], f["project"]) for f in v] == [(2, "acme/widget")]
        p = w.tocsin("status", "--now", "2026-08-02T00:00:00Z", check=0)
        has(p.stdout, "Flaky, 14 days: 2 failures of 1 causes")
        p = w.tocsin("status", "--flaky", "--now", "2026-09-02T00:00:00Z",
                     check=0)
        has(p.stdout, "Nothing was flaky in 14 days.")
        assert w.messages() == []


if __name__ == "__main__":
    main([flaky_is_listed])
