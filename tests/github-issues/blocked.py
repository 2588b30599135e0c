#!/usr/bin/env python3
# SPDX-License-Identifier: BSD-3-Clause
"""Where people shut us out of a repository, or take our marks out of a text."""
import glob
import os

from support import GitHub, Issues
from world import has, main

W = "acme/widget"
BOTH = (W, "acme/gadget")
FALLBACK = "fallback: {owner: core, via: [chat]}\n"


def shut(gh):
    return gh.fault("status", None, "^/repos/acme/widget(/|$)", status=403,
                    times=10000,
                    body={"message": "Repository access blocked"})


def world(gh):
    w = Issues(gh, repos=BOTH, more=FALLBACK)
    w.configure(sink="  chat: {plugin: file, dir: %s}" % w.path("out"))
    return w


def called(gh):
    return [n["to"] for n in gh.told() if n["why"] == "mention"]


TROUBLE = "Tocsin has trouble of its own"


def heard(w, title="Failures that go to core"):
    return [m["delivery"] for m in w.messages() if m["title"] == title]


def before():
    "shut out of one repository: its owner is told elsewhere, others as ever"
    with GitHub() as gh, world(gh) as w:
        f = shut(gh)
        for r in BOTH:
            w.red(r, hour=2)
        p = w.at(2, check=1)
        has(p.stderr, "forbidden", "blocked")
        w.at(3, check=None)
        assert [i.repo.name for i in gh.issues()] == ["acme/gadget"]
        assert w.messages(), "nobody is told"
        # it is asked for once a day, and no more
        n = f.times
        for hour in range(4, 20):
            w.at(hour, check=None)
        assert n == f.times, n - f.times
        # nobody hears anew of it when it was tried in vain, but the operators
        for hour in (26, 27, 28, 29, 30, 54, 55, 56):
            w.at(hour, check=None)
        assert n - f.times == 2, n - f.times
        assert heard(w) == ["open"], w.messages()
        assert heard(w, TROUBLE) == ["open", "remind", "remind"], w.messages()
        # let in again: one issue, and people are called once
        f.times = 0
        for hour in (80, 81, 82):
            w.at(hour, check=None)
        assert heard(w) == ["open", "resolve"], w.messages()
        assert sorted(i.repo.name for i in gh.issues()) == sorted(BOTH), (
            gh.issues())
        assert len(called(gh)) == 2, gh.told()


def behind():
    "shut out of what stands open: it is left, and closed when we are let in"
    with GitHub() as gh, world(gh) as w:
        for r in BOTH:
            w.red(r, hour=2)
        w.at(2)
        f = shut(gh)
        for r in BOTH:
            w.green(r, hour=4)
        p = w.at(4, check=None)
        has(p.stderr, "blocked")
        one, = gh.issues(W)
        other, = gh.issues("acme/gadget")
        assert (one.state, other.state) == ("open", "closed")
        n = f.times
        for hour in range(5, 20):
            w.at(hour, check=None)
        assert one.state == "open" and n - f.times <= 4, n - f.times
        f.times = 0
        for hour in (30, 31, 56):
            w.at(hour, check=None)
        assert one.state == "closed" and len(gh.issues()) == 2
        assert len(called(gh)) == 2 and not one.comments, gh.told()


def unmarked():
    "without our marks it is ours by its number: they are put back, below"
    with GitHub() as gh, Issues(gh) as w:
        w.red(hour=2)
        w.at(2)
        i, = gh.issues()
        gh.edit(W, 1, i.body[:i.body.index("<!-- tocsin 1:")], "alice")
        w.red(hour=4, job="osx")
        w.at(4)
        has(i.body, "osx", "<!-- tocsin 1:")
        assert i.body.count("<!-- tocsin: begin -->") == 1, i.body
        w.green(hour=6)
        w.run_of("osx-green", red=False, hour=5.6, job="osx")
        w.at(6)
        assert i.state == "closed" and len(gh.issues()) == 1
        assert called(gh) == ["corey"], gh.told()


def unmarked_and_lost():
    "with our marks and the state gone, nothing says that it is ours: a new one"
    with GitHub() as gh, Issues(gh) as w:
        w.red(hour=2)
        w.at(2)
        i, = gh.issues()
        gh.edit(W, 1, "Mine now", "alice")
        for f in glob.glob(w.path("state", "tocsin.db*")):
            os.unlink(f)
        w.at(3)
        w.at(4)
        new = gh.issues()[1]
        assert (i.state, i.body, new.state) == ("open", "Mine now", "open")
        w.green(hour=6)
        w.at(6)
        assert (i.state, new.state) == ("open", "closed")


if __name__ == "__main__":
    main([before, behind, unmarked, unmarked_and_lost])
