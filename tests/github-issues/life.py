#!/usr/bin/env python3
# SPDX-License-Identifier: BSD-3-Clause
"""One issue a ticket: made, kept current, closed, opened again."""
import os

from support import GitHub, Issues
from world import has, main

W = "acme/widget"


def life():
    "an issue is made, edited without a word, closed and opened again"
    for app in (True, False):
        with GitHub() as gh, Issues(gh, app=app) as w:
            w.red_at(2)
            i, = gh.issues()
            has(i.body, "<!-- tocsin: begin -->", "frobnicate",
                "<!-- tocsin 1:", "@corey")
            assert i.author == ("tocsin[bot]" if app else "tocsin-bot")
            assert [n["to"] for n in gh.told()] == ["corey"], gh.told()
            w.at(3)
            assert len(gh.issues()) == 1
            w.green_at(4)
            assert (i.state, i.reason) == ("closed", "completed"), i.state
            assert not i.comments
            w.red_at(6)
            assert i.state == "open" and len(gh.issues()) == 1
            assert len([n for n in gh.told() if n["why"] == "mention"]) == 1
            assert gh.commands == []


def another():
    "a repository that was deleted and made again is not written over"
    with GitHub() as gh, Issues(gh) as w:
        w.red_at(2)
        old = gh.find(W)
        gh.repo(W, push=["corey"])
        del gh.repos[old.id]
        gh.open_by("mallory", W, "Something else", "of a stranger")
        assert [i.number for i in gh.issues()] == [1]
        w.red(hour=3, job="osx", pushes=1)
        w.at(3, check=None)
        w.green(hour=5)
        w.run_of("osx-green", red=False, hour=4.6, job="osx")
        w.at(5, check=None)
        i = gh.issue(W, 1)
        assert (i.state, i.body) == ("open", "of a stranger"), i.body
        assert all(x.state == "closed" for x in gh.issues()
                   if x.number != 1), gh.issues()


def elder():
    "of two issues the elder counts, also when the younger is ours"
    with GitHub() as gh, Issues(gh) as w:
        w.red_at(2)
        for name in os.listdir(w.path("state")):
            os.unlink(w.path("state", name))
        gh.list_lag = gh.search_lag = 86400
        w.at(3)
        assert [i.state for i in gh.issues()] == ["open", "open"]
        gh.list_lag = gh.search_lag = 0
        w.at(4)
        first, second = gh.issues()
        assert (first.state, second.reason) == ("open", "duplicate"), (
            first.state, second.reason)
        w.green_at(6)
        w.at(7)
        assert (first.state, first.reason) == ("closed", "completed")
        assert second.reason == "duplicate", second.reason


def rehearsed():
    "what a sink wrote to a folder under the same name is no issue"
    with GitHub() as gh, Issues(gh) as w:
        real = open(w.config).read()
        part = real[real.index("  issues:\n"):real.index("policy:")]
        w.write("tocsin.yaml", real.replace("armed: true", "armed: false")
                .replace(part, "  issues: {plugin: file, dir: %s}\n"
                         % w.path("out")))
        w.red_at(2)
        assert w.deliveries() == ["open"]
        w.write("tocsin.yaml", real)
        w.at(3)
        assert gh.issues() == []
        has(w.tocsin("status", "--all").stdout, "held back: backlog")
        w.tocsin("backlog", "release", "--all", check=0)
        w.at(30)
        i, = gh.issues()
        assert i.state == "open"
        w.green_at(31)
        assert i.state == "closed"


def mentions(gh):
    return [n["to"] for n in gh.told() if n["why"] == "mention"]


def renamed_sink():
    "a sink of another name takes up what stands: nothing is told again"
    with GitHub() as gh, Issues(gh) as w:
        w.red_at(2)
        i, = gh.issues()
        text = open(w.config).read()
        w.write("tocsin.yaml", text.replace("  issues:\n", "  forge:\n")
                .replace("via: [issues]", "via: [forge]"))
        w.at(3)
        w.red_at(6)
        assert gh.issues() == [i] and i.state == "open" and not i.comments
        w.green_at(8)
        assert gh.issues() == [i] and i.state == "closed", i.state
        assert mentions(gh) == ["corey"], gh.told()


def clock_back():
    "a clock that jumps back by days tells nothing again"
    with GitHub() as gh, Issues(gh) as w:
        w.red_at(100)
        i, = gh.issues()
        for hour in (60, 99, 100):
            w.at(hour)
        assert len(gh.writes) == 1 and i.state == "open", gh.writes
        w.green_at(103)
        w.at(70)
        assert gh.issues() == [i] and i.state == "closed", i.state
        assert len(gh.writes) == 2 and mentions(gh) == ["corey"], gh.writes


main([life, elder, another, rehearsed, renamed_sink, clock_back])
