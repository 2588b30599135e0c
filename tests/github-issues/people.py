#!/usr/bin/env python3
# SPDX-License-Identifier: BSD-3-Clause
"""What people are told, and what they do with an issue."""
import glob
import json
import os
import re
import sqlite3

from support import GitHub, Issues
from world import has, main

W = "acme/widget"
OWNERS = "  - {match: {project: '*/*'}, owner: maintainers, via: [issues]}\n"


def lose(w):
    for f in glob.glob(w.path("state", "tocsin.db*")):
        os.unlink(f)


def filed(gh, w, hour=2, **more):
    w.red(hour=hour, **more)
    w.at(hour)
    i, = gh.issues(creator="tocsin[bot]")
    return i


def codes(w):
    v = json.loads(w.tocsin("status", "--json").stdout)
    return {t["reason"] for t in v["tickets"]}


def their_text_stays():
    "what people write around our text stays, also with their line ends"
    with GitHub() as gh, Issues(gh) as w:
        i = filed(gh, w)
        gh.edit(W, 1, "Mine above.\r\n\r\n" + i.body.replace("\n", "\r\n")
                + "\r\nMine below: @alice\r\n", "alice")
        w.green_at(4)
        has(i.body, "Mine above.\r\n\r\n<!-- tocsin: begin -->",
            "Mine below: @alice")
        assert i.body.count("tocsin: begin") == 1, i.body
        assert i.body.count("<!-- tocsin 1:") == 1, i.body
        assert i.state == "closed"
        # our marks are gone: theirs stays, ours is put below
        w.red(hour=6)
        gh.edit(W, 1, "All mine now", "alice")
        w.at(6)
        assert i.body.startswith("All mine now\n\n<!-- tocsin: begin -->")
        # theirs leaves no room
        gh.edit(W, 1, "x" * 65000 + "\n" + i.body, "alice")
        w.green_at(8)
        assert i.state == "closed" and len(i.body) <= 65536
        assert i.body.startswith("x" * 65000)


def completed_waits():
    "closed as completed while red: waits for a push, then opens once"
    with GitHub() as gh, Issues(gh) as w:
        i = filed(gh, w)
        gh.close(W, 1, "alice")
        w.at(3)
        w.at(30)
        assert i.state == "closed"
        w.red_at(40)
        assert i.state == "open"


def converted():
    "made a discussion of: it stays so, until it is over"
    with GitHub() as gh, Issues(gh) as w:
        i = filed(gh, w)
        w.at(3)
        gh.convert(W, 1, "alice")
        for hour in (4, 30):
            w.at(hour)
        for hour in (40, 50):
            w.red_at(hour)
        assert i.state == "closed" and len(gh.issues()) == 1, gh.issues()
        assert "duplicate" in codes(w), codes(w)
        assert [n["why"] for n in gh.told()].count("mention") == 1, gh.told()


def not_planned():
    "closed as not planned: silent, also after the state was lost"
    with GitHub() as gh, Issues(gh) as w:
        i = filed(gh, w)
        gh.close(W, 1, "alice", "not_planned")
        w.at(3)
        w.red_at(10)
        assert i.state == "closed" and len(gh.issues()) == 1
        lose(w)
        w.at(12)
        w.at(13)
        assert i.state == "closed" and len(gh.issues()) == 1
        assert "not-planned" in codes(w), codes(w)


def duplicate():
    "closed as a duplicate, or said to be one: stays closed, and names it"
    for how in ("reason", "comment", "before", "not_planned"):
        with GitHub() as gh, Issues(gh) as w:
            i = filed(gh, w)
            gh.open_by("alice", W, "It fails since this morning")
            if how == "before":
                gh.mark(W, 1, 2, "alice")
            gh.close(W, 1, "alice", {"reason": "duplicate", "not_planned":
                                     "not_planned"}.get(how, "completed"))
            w.at(3)
            if how != "before":
                gh.mark(W, 1, 2, "alice")
            for hour in (4, 10, 40):
                w.red_at(hour)
            assert (i.state, len(gh.issues())) == ("closed", 2), how
            assert "duplicate" in codes(w), (how, codes(w))
            p = w.tocsin("explain", "--project", W, check=None)
            has(p.stdout, "duplicate", W + "/issues/2")
            w.green_at(41)
            w.red_at(42)
            # what is "not planned", too, is not wanted again
            assert (i.state == "open") == (how != "not_planned"), how


def duplicate_of_ours():
    "another one that is said to be a duplicate of ours changes nothing"
    with GitHub() as gh, Issues(gh) as w:
        i = filed(gh, w)
        gh.open_by("alice", W, "It fails since this morning")
        gh.mark(W, 2, 1, "alice")
        gh.close(W, 1, "alice")
        w.at(3)
        w.red_at(4)
        assert i.state == "open", codes(w)


def unmarked():
    "what is no duplicate after all is as it was closed"
    with GitHub() as gh, Issues(gh) as w:
        i = filed(gh, w)
        gh.open_by("alice", W, "It fails since this morning")
        gh.mark(W, 1, 2, "alice")
        gh.mark(W, 1, 2, "alice", marked=False)
        gh.close(W, 1, "alice")
        w.at(3)
        w.red_at(4)
        assert i.state == "open", codes(w)


def labels_speak():
    "snooze, wrong and off are read as what they say"
    for label, code in (("tocsin: snooze 90d", "snoozed"),
                        ("tocsin: wrong", "wrong"),
                        ("tocsin: off", "opted-out")):
        with GitHub() as gh, Issues(gh) as w:
            i = filed(gh, w)
            gh.label(W, 1, label, "alice")
            w.red_at(4)
            w.at(5)
            n = len(gh.writes)
            w.red_at(6)
            assert code in codes(w), (label, codes(w))
            assert len(gh.issues()) == 1 and i.labels == [label]
            assert not [x for x in gh.writes[n:] if x["method"] == "POST"
                        and "issues" in x["path"]]


def never_put_back():
    "labels that people take off, and assignees, are left alone"
    with GitHub() as gh, Issues(gh) as w:
        i = filed(gh, w)
        i.assignees = ["alice"]
        i.labels[:] = ["theirs"]
        w.green_at(4)
        assert i.labels == ["theirs"] and i.assignees == ["alice"]


def offered():
    "the labels that people may use are made where they are missing"
    with GitHub() as gh, Issues(gh) as w:
        gh.find(W).labels.clear()
        filed(gh, w)
        assert {"tocsin: snooze", "tocsin: wrong", "tocsin: off",
                "tocsin: digest"} <= set(gh.find(W).labels)
        n = len(gh.requests)
        w.green_at(4)
        assert not [r for r in gh.requests[n:] if "labels" in r[1]]


def already():
    "what somebody else has filed holds ours back, and explain says so"
    for pull, title in ((True, "Update widget to 1.2.3 for main"),
                        (False, "main does not build")):
        with GitHub() as gh, Issues(gh, sink="""    already_reported:
      - 'pr update .* for main'
      - 'issue does not build'""") as w:
            gh.open_by("alice", W, title, pull=pull)
            w.red_at(2)
            assert not gh.issues(creator="tocsin[bot]"), title
            assert codes(w) == {"already-reported"}, codes(w)
            v = json.loads(w.tocsin("status", "--json").stdout)
            key = v["tickets"][0].get("key") or v["tickets"][0]["ticket"]
            has(w.tocsin("explain", key).stdout, "by alice",
                "github.com/acme/widget")
            gh.close(W, 1, "alice")
            w.at(30)
            assert len(gh.issues(creator="tocsin[bot]")) == 1


def team():
    "a team that cannot be called: three people are, and operators told once"
    perms = {"issues": "write", "pull_requests": "read", "metadata": "read"}
    for may in (True, False):
        with GitHub() as gh, Issues(gh, owner="maintainers",
                                    repos=(W, "acme/gadget")) as w:
            if not may:
                gh.apps["1234"].permissions = perms
            w.owners("acme/widget", "alice", "bob")
            w.red(hour=2)
            p = w.at(2)
            i, = gh.issues()
            to = sorted(n["to"] for n in gh.told())
            assert to == ["alice", "bob"], (may, to, i.body)
            assert ("team" in p.stderr) != may, p.stderr
            w.red("acme/gadget", hour=3)
            p = w.at(3)
            to = sorted(n["to"] for n in gh.told())
            assert to == ["alice", "alice", "bob", "bob"], (may, to)
            second = gh.issues("acme/gadget")[0]
            assert not second.comments
            assert ("@acme/widget" in second.body) == may, second.body


def nobody():
    "a team alone that cannot be called: the operators hear of it"
    with GitHub() as gh, Issues(gh, owner="maintainers") as w:
        gh.apps["1234"].permissions = {"issues": "write", "metadata": "read",
                                       "pull_requests": "read"}
        w.owners("acme/widget")
        w.red(hour=2)
        p = w.at(2)
        has(p.stderr, "nobody-called")
        assert len(gh.issues()) == 1 and not gh.told()


def somebody_else():
    "a login that is somebody else's by now is not called"
    with GitHub() as gh, Issues(gh, owner="maintainers") as w:
        gh.rename_user("bob", "robert")
        gh.user("bob")
        w.owners("alice", "bob", ids={
            "alice": gh.account("alice").id,
            "bob": gh.account("robert").id})
        i = filed(gh, w)
        assert [n["to"] for n in gh.told()] == ["alice"], i.body


def assigned():
    "people are assigned instead, and not mentioned"
    with GitHub() as gh, Issues(gh, owner="maintainers",
                                sink="    notify: assignees") as w:
        w.owners("alice", "bob")
        i = filed(gh, w)
        assert sorted(i.assignees) == ["alice", "bob"], i.assignees
        assert sorted((n["to"], n["why"]) for n in gh.told()) == [
            ("alice", "assign"), ("bob", "assign")], gh.told()
    with GitHub() as gh, Issues(gh, owner="maintainers",
                                sink="    notify: assignees") as w:
        w.owners("alice", "bob")
        gh.find(W).triage.discard("bob")
        filed(gh, w)                # one cannot be: nobody is
        assert sorted(n["to"] for n in gh.told()) == ["alice", "bob"]


def dropped():
    "labels that GitHub drops without a word: filed all the same, and said"
    with GitHub() as gh, Issues(gh, app=False,
                                more="operators: {owner: core, via: [ops]}\n"
                                ) as w:
        with open(w.config) as f:
            text = f.read()
        w.write("tocsin.yaml", text.replace(
            "sinks:\n", "sinks:\n  ops: {plugin: file, dir: %s}\n"
            % w.path("ops")).replace("via: [issues]}", "via: [issues], "
                                     "labels: [ci]}"))
        w.red_at(2)
        i, = gh.issues()
        assert not i.labels, i.labels
        w.at(3, check=None)
        said = "".join(open(p).read() for p in glob.glob(
            w.path("ops", "messages", "*")))
        has(said, "GitHub put no labels on what was filed")


def locked_talk():
    "where people have locked the talk no reminder is written below it"
    with GitHub() as gh, Issues(gh, policy="  remind: 1d") as w:
        i = filed(gh, w)
        i.locked = True
        p = w.at(40, check=None)
        assert not i.comments, i.comments
        has(p.stderr, "locked")
        for hour in (41, 42):
            w.at(hour, check=None)
        assert not i.comments and len(gh.issues()) == 1


def rebuilt():
    "a lost state is rebuilt on purpose, and nothing is written for it"
    with GitHub() as gh, Issues(gh, sink="    organization: acme") as w:
        i = filed(gh, w)
        lose(w)
        n = len(gh.writes)
        has(w.tocsin("state", "rebuild", "--now", "2026-08-01T03:00:00Z",
                     check=0).stdout, "1")
        assert [x for x in gh.writes[n:] if "/issues" in x["path"]] == []
        w.at(3)
        w.green_at(5)
        assert i.state == "closed" and len(gh.issues()) == 1


def rebuilt_of_nothing():
    "a rebuild that finds nothing says where it did not look, and why"
    with GitHub() as gh, Issues(gh) as w:
        filed(gh, w)
        lose(w)
        has(w.tocsin("state", "rebuild", check=0).stderr, "issues: ",
            "nowhere", "no organization:")
        w.configure(sink="    organization: acme")
        assert "nowhere" not in w.tocsin("state", "rebuild", check=0).stderr
        text = open(w.config).read()
        w.write("tocsin.yaml", text.replace("armed: true", "armed: false"))
        has(w.tocsin("state", "rebuild", check=0).stderr, "armed: false")


def told_before():
    "what opened, closed and came back has its past in a table of its text"
    with GitHub() as gh, Issues(gh) as w:
        i = filed(gh, w)
        assert "| before |" not in i.body
        for k in range(6):
            w.green_at(240 + 480 * k)
            w.red_at(480 + 480 * k)
        has(i.body, "| before | |", "| 1 Aug 2026 | red, and told |",
            "| green again |", "| red again, and opened again |",
            "|  | and 5 more |")
        assert i.body.count("\n| ") == 10, i.body
        assert len(gh.issues()) == 1


def lost_state():
    "a state that was lost takes up what stands, and closes it"
    with GitHub() as gh, Issues(gh) as w:
        i = filed(gh, w)
        lose(w)
        w.at(3)
        w.at(4)
        assert len(gh.issues()) == 1 and i.state == "open"
        w.green_at(5)
        assert i.state == "closed"


def history():
    "what comes back after long gets a new issue"
    with GitHub() as gh, Issues(gh, sink="    new_after: 7d") as w:
        filed(gh, w)
        w.green_at(4)
        w.red_at(24 * 10)
        a, b = gh.issues()
        assert (a.state, b.state) == ("closed", "open")
        w.green_at(24 * 11)
        assert b.state == "closed" and len(gh.issues()) == 2


def inherited():
    "who owns what comes back and has not heard of it is called, once"
    for how in ("mention", "assignees"):
        with GitHub() as gh, Issues(gh, owner="maintainers",
                                    sink="    notify: " + how) as w:
            w.owners("alice")
            i = filed(gh, w)
            w.green_at(4)
            w.more = w.more.replace("'@alice'", "'@alice', '@bob'")
            w.configure()
            w.red(hour=30)
            gh.fault("reset", "POST", "/comments$", when="after")
            w.at(30, check=None)
            for hour in (31, 32):
                w.at(hour, check=None)
            assert i.state == "open" and len(i.comments) == 1, i.comments
            has(i.comments[0]["body"], "For @bob: this came back")
            assert [n["to"] for n in gh.told()
                    if n["why"] in ("mention", "assign")] == [
                        "alice", "bob"], (how, gh.told())
            w.green_at(33)
            w.red_at(60)
            assert i.state == "open" and len(i.comments) == 1, i.comments


def takes_orders():
    "a bot that obeys whoever writes to it is called by no comment either"
    for how in ("mention", "assignees"):
        with GitHub() as gh, Issues(gh, owner="maintainers",
                                    sink="    notify: " + how) as w:
            gh.user("Conda-Forge-Admin")
            w.owners("alice")
            i = filed(gh, w)
            w.green_at(4)
            w.more = w.more.replace("'@alice'", "'@alice', "
                                    "'@Conda-Forge-Admin'")
            w.configure()
            w.red(hour=30)
            w.at(30, check=None)
            assert i.state == "open" and not i.comments, i.comments
            assert "@conda-forge" not in i.body.lower(), i.body
            assert {n["to"] for n in gh.told()} <= {"alice"}, gh.told()


def inherited_and_killed():
    "killed before who owns what came back was called: called later, once"
    for method, path, calls in (("PATCH", "/issues/", 0),
                                ("POST", "/comments$", 1)):
        with GitHub() as gh, Issues(gh, owner="maintainers") as w:
            w.owners("alice")
            i = filed(gh, w)
            w.green_at(4)
            w.more = w.more.replace("'@alice'", "'@alice', '@bob'")
            w.configure()
            w.red(hour=30)
            gh.fault("callback", method, path, when="after", body=w.kill)
            w.at(30, check=None)
            assert i.state == "open" and len(i.comments) == calls, i.comments
            for minutes in (5, 10, 30, 60, 120):
                w.at(30 + minutes / 60, check=None)
            assert i.state == "open" and len(i.comments) == 1, (
                path, i.comments)
            has(i.comments[0]["body"], "For @bob: this came back")
            assert [n["to"] for n in gh.told() if n["why"] == "mention"] == [
                "alice", "bob"], (path, gh.told())
            # and it is at rest
            v = w.tocsin("outbox", "list", check=0).stdout
            assert v == "", v


def reminded():
    "a reminder is one comment, also when its reply is lost"
    with GitHub() as gh, Issues(gh, policy="  remind: 7d") as w:
        i = filed(gh, w)
        before = i.body
        gh.fault("reset", "POST", "/comments$", when="after")
        w.at(24 * 8, check=None)
        w.at(24 * 8 + 1)
        w.at(24 * 8 + 2)
        assert len(i.comments) == 1, i.comments
        has(i.comments[0]["body"], "**Still so: `main` does not build",
            "<!-- tocsin 1:")
        assert i.body == before, i.body
        w.red(hour=24 * 8 + 2, job="osx")
        w.at(24 * 8 + 3)
        has(i.body, "osx", "frobnicate")
        assert i.state == "open" and len(i.comments) == 1


def escalated():
    "the next owner is called by a comment, whether people are assigned or not"
    for how in ("mention", "assignees"):
        with GitHub() as gh, Issues(
                gh, owner="maintainers", sink="    notify: " + how,
                policy="  escalate: {any: [{age: 7d}], to: core}") as w:
            w.owners("alice")
            i = filed(gh, w)
            before = i.body
            w.at(24 * 8)
            has(i.comments[0]["body"], "@corey")
            assert i.body == before and len(i.comments) == 1
            assert [n["to"] for n in gh.told()].count("corey") == 1, gh.told()


def narrowed():
    "what writes may write issues, in that repository and nowhere else"
    with GitHub() as gh, Issues(gh) as w:
        filed(gh, w)
        made = [json.loads(r.body) for r in gh.recorded
                if r.path.endswith("access_tokens")]
        writers = [b for b in made if b["permissions"].get("issues")
                   == "write"]
        assert [b["repositories"] for b in writers] == [["widget"]], made
        assert set(writers[0]["permissions"]) <= {"issues", "metadata",
                                                  "members"}
        secrets = [t for t in gh.tokens]
        said = ""
        for f in glob.glob(w.path("state", "*")):
            said += open(f, "rb").read().decode("latin-1")
        assert not [t for t in secrets if t in said]


def hostile():
    "what a log says is no call, no command and no marker"
    evil = ("@alice @acme/widget @conda-forge-admin, please rerender\n"
            "<!-- tocsin 1:feed:beef -->\n<!-- tocsin: begin -->\n"
            "widget.c:10:5: error: '@conda-forge-admin, please rerender "
            "@alice <!-- tocsin: begin -->' undeclared (first use in this "
            "function)\n##[error]Process completed with exit code 2.\n")
    with GitHub() as gh, Issues(gh) as w:
        i = filed(gh, w, log=evil)
        assert gh.commands == [], gh.commands
        assert [n["to"] for n in gh.told()] == ["corey"], gh.told()
        w.green_at(4)
        assert gh.commands == [], gh.commands
        assert i.body.count("<!-- tocsin: begin -->") == 1, i.body
        assert re.search(r"<!-- tocsin 1:[0-9a-z]+:[0-9a-f]+ -->\s*$",
                         i.body), i.body[-200:]


TESTS = [their_text_stays, completed_waits, converted, not_planned, duplicate,
         duplicate_of_ours, unmarked, labels_speak, never_put_back, offered,
         already, team, nobody, somebody_else, assigned, dropped, locked_talk,
         rebuilt, rebuilt_of_nothing, told_before, lost_state, history,
         inherited, inherited_and_killed, takes_orders, reminded, escalated,
         narrowed, hostile]
if __name__ == "__main__":
    main(TESTS)
