#!/usr/bin/env python3
# SPDX-License-Identifier: BSD-3-Clause
"""The kill switches, thrown between any two writes: nothing is written from
then on, what was begun goes on later, and nothing is done twice."""
import json
import os

from support import GitHub, Issues
from world import has, main

W = "acme/widget"
STOP = "    stop_repository: acme/ops"


def reasons(w):
    v = json.loads(w.tocsin("status", "--json").stdout)
    return {t["reason"] for t in v["tickets"]}


class File:
    """A file that stops all writing."""

    def __init__(self, w):
        self.path = w.path("stop")
        w.more += "guards: {kill_switch: %s}\n" % self.path
        w.configure()

    def throw(self, _request=None):
        with open(self.path, "w"):
            pass

    def take_back(self):
        os.unlink(self.path)


class Label:
    """An issue that does."""

    def __init__(self, w):
        self.gh = w.gh
        w.gh.repo("acme/ops", labels=["tocsin: stop"])
        w.configure(sink=w.args["sink"] + "\n" + STOP)

    def throw(self, _request=None):
        if self.gh.issues("acme/ops", state="open"):
            return
        self.gh.open_by("alice", "acme/ops", "Stop it")
        self.gh.label("acme/ops", 1, "tocsin: stop", "alice")

    def take_back(self):
        self.gh.close("acme/ops", 1, "alice")


def throw_behind(gh, switch, method, path, skip=0):
    """With the effect of the write that fits."""
    gh.fault("callback", method, path, when="after", body=switch.throw,
             skip=skip)


def ours(gh):
    return gh.issues(creator="tocsin[bot]")


def stop():
    "an open issue with the label stops all writing"
    for how in ("label", "unseen"):
        with GitHub() as gh, Issues(
                gh, sink="    stop_repository: acme/ops") as w:
            gh.repo("acme/ops", labels=["tocsin: stop"])
            gh.open_by("alice", "acme/ops", "Stop it")
            if how == "label":
                gh.label("acme/ops", 1, "tocsin: stop", "alice")
            else:
                gh.fault("status", "GET", "/acme/ops/issues", status=500,
                         times=1)
            w.red(hour=2)
            p = w.at(2, check=None)
            assert not gh.issues(W), how
            assert not [x for x in gh.writes], gh.writes
            has(p.stderr, "kill switch")
            if how == "label":
                gh.close("acme/ops", 1, "alice")
            w.at(3)
            assert len(gh.issues(W)) == 1, how


def stop_between():
    "... also between two writes of one pass"
    with GitHub() as gh, Issues(
            gh, repos=(W, "acme/gadget", "acme/gizmo"),
            sink="    stop_repository: acme/ops") as w:
        gh.repo("acme/ops", labels=["tocsin: stop"])

        def pull(request):
            if not gh.find("acme/ops").issues:
                gh.open_by("alice", "acme/ops", "Stop it")
                gh.label("acme/ops", 1, "tocsin: stop", "alice")
        gh.fault("callback", "POST", "/repos/[^/]*/[^/]*/issues$",
                 when="after", body=pull)
        for p in (W, "acme/gadget", "acme/gizmo"):
            w.red(p, hour=2)
        w.at(2, check=None)
        assert len(gh.issues(creator="tocsin[bot]")) == 1
        looked = [r for r in gh.requests if "/acme/ops/issues" in r[1]]
        assert len(looked) >= 2, looked


def before_the_issue():
    "between a label and its issue: no issue as yet, and later one"
    for kind in (File, Label):
        with GitHub() as gh, Issues(gh) as w:
            switch = kind(w)
            del gh.find(W).labels["tocsin: off"]
            throw_behind(gh, switch, "POST", "/labels$")
            w.red(hour=2)
            w.at(2, check=1)
            assert not ours(gh) and len(gh.writes) == 1, gh.writes
            assert reasons(w) == {"kill-switch"}, reasons(w)
            has(w.tocsin("explain", "--project", W, check=None).stdout,
                "kill-switch")
            w.at(3, check=None)
            assert len(gh.writes) == 1, gh.writes
            switch.take_back()
            w.at(4)
            assert len(ours(gh)) == 1 and reasons(w) == {"opened"}
            assert [x["path"] for x in gh.writes].count("/repos/%s/labels" % W) \
                == 1, gh.writes


def before_the_call():
    "between an issue and the comment that calls people: they hear later, once"
    for kind in (File, Label):
        with GitHub() as gh, Issues(gh, owner="maintainers",
                                    sink="    notify: assignees") as w:
            switch = kind(w)
            w.owners("alice", "bob")
            gh.find(W).triage.discard("bob")
            throw_behind(gh, switch, "POST", "/issues$", skip=1)
            w.red(hour=2)
            w.at(2, check=1)
            i, = ours(gh)
            assert not i.comments and not gh.told(), gh.told()
            w.at(3, check=None)
            switch.take_back()
            w.at(4)
            w.red_at(5)
            w.at(6)
            assert len(ours(gh)) == 1 and len(i.comments) == 1, i.comments
            assert sorted(n["to"] for n in gh.told()) == ["alice", "bob"]


def call_is_lost():
    "a call of which nobody knows whether it was made is looked for"
    for when, code in (("after", None), ("before", 502)):
        with GitHub() as gh, Issues(gh, owner="maintainers",
                                    sink="    notify: assignees") as w:
            w.owners("alice", "bob")
            gh.find(W).triage.discard("bob")
            gh.fault("status" if code else "reset", "POST", "/comments$",
                     when=when, status=code, body={"message": "no"})
            w.red(hour=2)
            w.at(2, check=1)
            i, = ours(gh)
            w.at(3)
            w.at(4)
            assert len(i.comments) == 1, (when, i.comments)
            assert sorted(n["to"] for n in gh.told()) == ["alice", "bob"]


def before_the_close():
    "between the closing of a second one and that of the first: both later"
    for kind in (File, Label):
        with GitHub() as gh, Issues(gh) as w:
            switch = kind(w)
            w.red_at(2)
            with gh.lock:
                gh.now += 60
                i = gh.issue(W, 1)
                gh.make(gh.find(W), i.title, i.body, i.author, [], [], False)
            w.green(hour=4)
            throw_behind(gh, switch, "PATCH", "/issues/2$")
            w.at(4, check=1)
            first, second = ours(gh)
            assert (first.state, second.state) == ("open", "closed")
            switch.take_back()
            w.at(5)
            assert first.state == "closed" and second.reason == "duplicate"


def before_it_is_tried_again():
    "a write that failed is not repeated once the switch is thrown"
    with GitHub() as gh, Issues(gh) as w:
        switch = File(w)
        w.red_at(2)
        with open(w.config) as f:
            text = f.read()
        w.write("tocsin.yaml", text.replace("{tries: 1,", "{tries: 4,"))
        f = gh.fault("status", "PATCH", "/issues/1$", status=502, times=9,
                     body={"message": "no"})
        gh.hook = lambda r: r.method == "PATCH" and switch.throw()
        w.green(hour=4)
        w.at(4, check=1)
        i, = ours(gh)
        assert f.hit == 1 and i.state == "open", f.hit
        has(w.tocsin("outbox", "list").stdout, "held by the kill switch")
        f.times, gh.hook = 0, None
        switch.take_back()
        w.at(5)
        assert i.state == "closed"


def each_write():
    "the issue is looked for before each single write, and only there"
    with GitHub() as gh, Issues(gh, sink=STOP) as w:
        gh.repo("acme/ops", labels=["tocsin: stop"])
        del gh.find(W).labels["tocsin: off"]
        w.red_at(2)
        seen = [r[0] for r in gh.requests
                if "/acme/ops/issues" in r[1] or r[0] in ("POST", "PATCH")
                and "/access_tokens" not in r[1] and "/graphql" not in r[1]]
        assert seen == ["GET", "POST", "GET", "POST"], gh.requests
        n = len(gh.requests)
        w.at(3)                     # nothing to be written
        assert not [r for r in gh.requests[n:] if "/acme/ops/" in r[1]]


main([stop, stop_between, before_the_issue, before_the_call, call_is_lost,
      before_the_close, before_it_is_tried_again, each_write])
