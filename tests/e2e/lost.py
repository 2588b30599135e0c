#!/usr/bin/env python3
# SPDX-License-Identifier: BSD-3-Clause
"""A state that was lost, or an older copy of it, takes up what stands at the
sinks: nothing is filed twice, nothing stays open for ever."""
import glob
import json
import os
import shutil

from world import World, main

PROJECTS = ["a", "b", "c"]


def red(w, name, hour, red=True):
    for k in (1, 2) if red else (3,):
        w.run_of(f"{name}-{hour}-{k}", red=red, hour=hour - 2 + k / 10,
                 project=f"acme/{name}")


WIDE = "policy:\n  budget: {new_per_person_per_day: unlimited}\n"


def world():
    w = World()
    config = open(w.config).read()
    w.write("tocsin.yaml", config.replace("policy:\n", WIDE))
    return w


def ops(w):
    return sorted((m["delivery"], m["project"]) for m in w.messages())


def lose(w):
    for f in glob.glob(w.path("state", "tocsin.db*")):
        os.unlink(f)


def status(w):
    return json.loads(w.tocsin("status", "--json").stdout)


def deleted():
    "the database is deleted: what stands is told already, and still closes"
    with world() as w:
        for p in PROJECTS:
            red(w, p, 2)
        w.pass_at(2)
        first = ops(w)
        assert first == [("open", f"acme/{p}") for p in PROJECTS], first
        lose(w)
        p = w.tocsin("state", "rebuild", "--now", "2026-08-03T01:00:00Z",
                     check=0)
        assert "3 at the sinks wait" in p.stdout, p.stdout
        p = w.tocsin("state", "strays", "--json", check=0)
        assert len(p.stdout.splitlines()) == 3, p.stdout
        w.tocsin("state", "else", check=2)
        assert ops(w) == first, ops(w)
        lock = w.hold_lock()
        w.tocsin("state", "rebuild", check=75)
        lock.close()
        for hour in (50, 51, 52):
            w.pass_at(hour)
        v = status(w)
        assert len([m for m in ops(w) if m[0] == "open"]) == 3, ops(w)
        assert all(t["told"] and not t["backlog"] for t in v["tickets"]), v
        assert v["guards"]["strays"] == 0, v["guards"]
        red(w, "a", 53, red=False)
        w.pass_at(53)
        assert ("resolve", "acme/a") in ops(w), ops(w)
        assert len([m for m in ops(w) if m[0] == "open"]) == 3, ops(w)


def yesterday():
    "yesterday's copy comes back: what was filed since is not filed again"
    with world() as w:
        red(w, "a", 2)
        w.pass_at(2)
        shutil.copytree(w.path("state"), w.path("copy"))
        red(w, "b", 26)
        red(w, "a", 26, red=False)
        w.pass_at(26)
        assert ops(w) == [("open", "acme/a"), ("open", "acme/b"),
                          ("resolve", "acme/a")], ops(w)
        shutil.rmtree(w.path("state"))
        shutil.copytree(w.path("copy"), w.path("state"))
        for hour in (27, 28, 29):
            w.pass_at(hour)
        assert [m for m in ops(w) if m[0] != "update"] == [
            ("open", "acme/a"), ("open", "acme/b"),
            ("resolve", "acme/a")], ops(w)
        red(w, "b", 30, red=False)
        w.pass_at(30)
        assert ("resolve", "acme/b") in ops(w), ops(w)


main([deleted, yesterday])
