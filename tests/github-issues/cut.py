#!/usr/bin/env python3
# SPDX-License-Identifier: BSD-3-Clause
"""A pass that is killed in the middle of a delivery: who is called by a later
one, and what a person did meanwhile."""
from support import GitHub, Issues
from world import has, main

W = "acme/widget"
SINKS = ("", "    organization: acme\n")
LATER = (5, 10, 30, 60, 120, 240)


def later(w, hour, **kw):
    for minutes in LATER:
        w.at(hour + minutes / 60, check=None, **kw)


def at_rest(w):
    v = w.tocsin("outbox", "list", check=0).stdout
    assert v == "", v


def called(gh):
    return sorted(n["to"] for n in gh.told()
                  if n["why"] in ("mention", "assign"))


def nobody_assigned():
    "killed before people were called who could not be assigned: called once"
    for sink in SINKS:
        for path, skip, times in (("/issues$", 1, 0), ("/comments$", 0, 1)):
            with GitHub() as gh, Issues(gh, owner="maintainers", sink=sink
                                        + "    notify: assignees") as w:
                w.owners("alice", "bob")
                gh.find(W).triage.discard("bob")
                w.red(hour=2)
                gh.fault("callback", "POST", path, when="after", skip=skip,
                         body=w.kill)
                w.at(2, check=None)
                i, = gh.issues()
                assert len(i.comments) == times and not i.assignees
                later(w, 2)
                assert len(i.comments) == 1, (sink, path, i.comments)
                has(i.comments[0]["body"], "For @alice @bob: nobody else")
                assert called(gh) == ["alice", "bob"], gh.told()
                at_rest(w)


def called_already():
    "killed behind an issue that called its people: nobody is called again"
    for how in ("mention", "assignees"):
        for sink in SINKS:
            with GitHub() as gh, Issues(gh, owner="maintainers", sink=sink
                                        + "    notify: " + how) as w:
                w.owners("alice", "bob")
                w.red(hour=2)
                gh.fault("callback", "POST", "/issues$", when="after",
                         body=w.kill)
                w.at(2, check=None)
                later(w, 2)
                i, = gh.issues()
                assert not i.comments, (how, sink, i.comments)
                assert called(gh) == ["alice", "bob"], gh.told()
                at_rest(w)


def closed_meanwhile():
    "what a person closed is not opened by a delivery that was cut off"
    for sink in SINKS:
        with GitHub() as gh, Issues(gh, sink=sink) as w:
            w.red(hour=2)
            gh.fault("callback", "POST", "/issues$", when="after",
                     body=w.kill)
            w.at(2, check=None)
            gh.now += 60
            gh.close(W, 1, "alice")
            later(w, 2)
            i, = gh.issues()
            assert i.state == "closed", (sink, i.events)
            at_rest(w)
            # it waits for the next push, as what was closed later does
            w.red(hour=9)
            w.at(9)
            w.at(10)
            assert i.state == "open", sink
            assert called(gh).count("corey") == 1, gh.told()
            w.green(hour=11)
            w.at(11)
            assert i.state == "closed" and len(gh.issues()) == 1


def closed_again():
    "what was opened again, and closed by a person at once, stays closed"
    for late in (0, 25):        # minutes: behind the hold-off nobody looks
        with GitHub() as gh, Issues(gh) as w:
            w.red(hour=2)
            w.at(2)
            w.green(hour=4)
            w.at(4)
            i, = gh.issues()
            w.red(hour=6)
            gh.fault("callback", "PATCH", "/issues/", when="after",
                     body=w.kill)
            w.at(6, check=None)
            assert i.state == "open"
            gh.now += 60
            gh.close(W, 1, "alice")
            later(w, 6 + late / 60)
            assert i.state == "closed", (late, i.events)
            at_rest(w)
            w.red(hour=12)
            w.at(12)
            assert i.state == "open"


TESTS = [nobody_assigned, called_already, closed_meanwhile, closed_again]
if __name__ == "__main__":
    main(TESTS)
