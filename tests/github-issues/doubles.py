#!/usr/bin/env python3
# SPDX-License-Identifier: BSD-3-Clause
"""Second issues of a ticket are closed behind the same guards as all else."""
import os
import sqlite3

from support import GitHub, Issues, LABELS
from world import has, main

W = "acme/widget"


def copies(gh, names):
    """Makes a second issue of each ticket behind the sink's back."""
    with gh.lock:
        gh.now += 60
        for name in names:
            i = gh.issue(name, 1)
            gh.make(gh.find(name), i.title, i.body, i.author, [], [], False)
    del gh.requests[:]


def closed(gh):
    return [i for i in gh.issues() if i.reason == "duplicate"]


def world(gh, names=(W,), copy=True, **more):
    w = Issues(gh, repos=names, **more)
    for n in names:
        w.red(n, hour=2)
    p = w.at(2, check=None)
    assert len(gh.issues()) == len(names), (len(gh.issues()), p.stderr)
    if copy:
        copies(gh, names)
    return w


def one():
    "a second one is closed with the next pass, and counts as a closing"
    with GitHub() as gh, world(gh) as w:
        w.at(3)
        second, = closed(gh)
        assert second.number == 2 and not second.comments
        has(w.tocsin("status", "--json", check=0).stdout, '"issues"')
        assert sent(w, "close") == 1, sent(w, "close")


def over():
    "one that is found when its ticket is closed already is closed, too"
    with GitHub(search_lag=1800) as gh, world(gh) as w:
        w.green_at(2.4)
        first, second = gh.issues()
        assert (first.state, second.state) == ("closed", "open")
        for hour in (3, 4, 5):      # by now the search shows it
            w.at(hour)
        assert (second.state, second.reason) == ("closed", "duplicate"), (
            second.state, second.reason)
        assert first.reason == "completed" and not first.comments
        # what a person opens again is theirs
        gh.reopen(W, 2, "alice")
        for hour in (6, 7, 8):
            w.at(hour)
        assert second.state == "open"


def sent(w, kind):
    db = sqlite3.connect(w.path("state", "tocsin.db"))
    n, = db.execute("select coalesce(sum(n), 0) from sent where sink ="
                    " 'issues' and kind = ?", (kind,)).fetchone()
    db.close()
    return n


def breaker():
    "more of them than is ordinary wait for a word, and then are closed"
    names = ["acme/p%d" % n for n in range(1, 24)]
    more = "guards: {breaker: {at_least: 20}}\n"
    policy = "  outbreak: {projects: 1000, owners: 1000}"
    with GitHub() as gh, world(gh, names[:20], False, more=more,
                               policy=policy) as w:
        for n in names[20:]:
            gh.repo(n, push=["corey"], labels=LABELS)
            w.red(n, hour=2.5)
        w.at(2.6)
        copies(gh, names)
        w.at(3, check=1)
        assert not closed(gh), closed(gh)
        has(w.tocsin("approve", check=0).stdout, "issues", "close", "23")
        w.tocsin("approve", "issues", "close", check=0)
        w.at(4)
        assert len(closed(gh)) == 23, len(closed(gh))
        w.at(5)
        assert len(gh.issues(state="open")) == 23, gh.issues()


def kill_switch():
    "none is closed while a kill switch is on, be it a file or an issue"
    more = "guards: {kill_switch: %s}\n"
    with GitHub() as gh:
        stop = os.path.join(os.path.dirname(__file__), "no-such-file")
        with world(gh, more=more % stop) as w:
            w.more = more % w.path("stop")
            w.configure()
            w.write("stop", "")
            w.at(3, check=1)
            assert not closed(gh)
            os.unlink(w.path("stop"))
            w.at(4)
            assert len(closed(gh)) == 1


def allow():
    "none is closed where nothing may be written"
    with GitHub() as gh, world(gh) as w:
        w.configure(sink="    allow: [acme/other]")
        w.at(3, check=None)
        w.at(4, check=None)
        assert not closed(gh)
        w.configure(sink="")
        w.at(5)
        assert len(closed(gh)) == 1


def disarmed():
    "none is closed unarmed, by a dry run, or when the state is rebuilt"
    with GitHub() as gh, world(gh) as w:
        w.at(3, 0, "--dry-run")
        w.tocsin("state", "rebuild", check=None)
        assert not closed(gh)
        assert {m for m, _, _ in gh.requests if m != "GET"} <= {"POST"}
        with open(w.config) as f:
            text = f.read()
        w.write("tocsin.yaml", text.replace("armed: true", "armed: false"))
        w.at(4)
        assert not closed(gh)
        w.write("tocsin.yaml", text)
        w.at(5)
        w.at(6)
        assert len(closed(gh)) == 1


def failing():
    "one that may not be closed is said, and does not hold its ticket"
    with GitHub() as gh, world(gh) as w:
        f = gh.fault("status", "PATCH", "/issues/2$", status=403, times=9,
                     body={"message": "no"})
        has(w.at(3, check=None).stderr, "cannot be closed: acme/widget#2")
        for h in (4, 5):
            w.red(hour=h, job="osx%d" % h, pushes=1)
            w.at(h, check=None)
            has(gh.issue(W, 1).body, "osx%d" % h)
        # what changed in the last hour is looked at twice
        assert not closed(gh) and f.hit <= 2, f.hit


def failing_server():
    "a server that fails is asked again"
    with GitHub() as gh, world(gh) as w:
        gh.fault("status", "PATCH", "/issues/2$", status=502,
                 body={"message": "no"})
        w.at(3, check=1)
        assert not closed(gh)
        w.at(4)
        assert len(closed(gh)) == 1


main([one, over, breaker, kill_switch, allow, disarmed, failing,
      failing_server])
