#!/usr/bin/env python3
# SPDX-License-Identifier: BSD-3-Clause
"""What GitHub may answer, and what comes of it: a row of
docs/github-issues.md each."""
import json

from support import GitHub, Issues
from world import has, main

W = "acme/widget"
FALLBACK = """  chat: {{plugin: file, dir: {dir}/out}}"""


def rows(w):
    """{state: text} of the outbox."""
    out = w.tocsin("outbox", "list", "--json").stdout
    return [json.loads(line) for line in out.splitlines()]


def explain(w):
    key = json.loads(w.tocsin("status", "--json").stdout)["tickets"][0]
    return w.tocsin("explain", key["ticket"] if "ticket" in key
                    else key["key"]).stdout


def lost_reply():
    "the reply to a create is lost: it is found, and not made again"
    for what, when in (("reset", "after"), ("close", "after"),
                       ("status", "after")):
        with GitHub() as gh, Issues(gh) as w:
            gh.fault(what, "POST", "/issues$", when=when)
            w.red_at(2)
            assert len(gh.issues()) == 1, what
            w.at(3)
            w.at(5)
            assert len(gh.issues()) == 1, what


def lost_and_late():
    "... nor where the list shows it late: the hold-off is waited out"
    with GitHub(list_lag=300) as gh, Issues(gh) as w:
        gh.fault("reset", "POST", "/issues$", when="after")
        w.red(hour=2)
        w.at(2, check=1)
        assert len(gh.issues()) == 1
        w.at(2.1, check=0)          # within the hold-off: nothing is done
        assert len(gh.issues()) == 1
        w.at(2.5)
        i, = gh.issues()
        w.green_at(4)
        assert i.state == "closed"


def never_made():
    "a create that had no effect is made behind the hold-off, once"
    with GitHub() as gh, Issues(gh) as w:
        gh.fault("reset", "POST", "/issues$", when="before")
        w.red(hour=2)
        w.at(2, check=1)
        assert not gh.issues()
        w.at(3)
        assert len(gh.issues()) == 1


def read_only_day():
    "a forge that takes no writes for a day: tried less and less, then made"
    with GitHub() as gh, Issues(gh) as w:
        f = gh.fault("status", "POST", "/issues$", times=1000, status=503,
                     body={"message": "read-only"})
        w.red(hour=2)
        for k in range(12):
            w.at(2 + k / 4, check=None)
        assert not gh.issues() and 1000 - f.times <= 6, 1000 - f.times
        assert not any(r["state"] == "dead" for r in rows(w)), rows(w)
        f.times = 0
        w.at(26)
        w.at(27)
        assert len(gh.issues()) == 1, gh.issues()
        assert not rows(w), rows(w)


def cannot_look():
    "where our issues cannot be listed none is made"
    partial = {"X-GitHub-SSO": "partial-results; organizations=7"}
    for what, status, body, headers in (
            ("status", 500, None, None), ("status", 403, None, None),
            ("reset", 0, None, None), ("lie", 0, {}, None),
            ("lie", 0, [], partial)):
        with GitHub() as gh, Issues(gh) as w:
            gh.fault(what, "GET", "creator=", status=status, times=99,
                     body=body, headers=headers)
            w.red(hour=2)
            w.at(2, check=1)
            assert not gh.issues() and not [
                x for x in gh.writes if x["method"] == "POST"], what
            gh.faults.clear()
            w.at(30)
            w.at(31)
            assert len(gh.issues()) == 1, what


def second_page():
    "all pages of our issues are looked through"
    with GitHub() as gh, Issues(gh) as w:
        w.red_at(2)
        i, = gh.issues()
        for k in range(120):
            gh.make(gh.find(W), "other", "no marker", "tocsin[bot]", [], [])
        for f in ("tocsin.db", "tocsin.db-wal", "tocsin.db-shm"):
            w.path("state", f) and __import__("os").path.exists(
                w.path("state", f)) and __import__("os").unlink(
                w.path("state", f))
        gh.search_lag = 10 ** 9
        w.at(3)
        assert len([x for x in gh.issues() if "tocsin 1:" in x.body]) == 1


def blind_after():
    "... also where the list cannot be had then: it is not simply retried"
    with GitHub(list_lag=300) as gh, Issues(gh) as w:
        gh.fault("reset", "POST", "/issues$", when="after")
        gh.fault("status", "GET", "creator=", status=403, skip=1)
        w.red(hour=2)
        w.at(2, check=1)
        assert len(gh.issues()) == 1
        for h in (2.1, 2.2, 2.5, 3):
            w.at(h, check=None)
        assert len(gh.issues()) == 1


def planted():
    "somebody else's issue with our marker is not ours"
    with GitHub() as gh, Issues(gh) as w:
        w.red(hour=2)
        gh.fault("status", "POST", "/issues$", status=503, times=1)
        w.at(2, check=1)
        nonce = None
        for r in gh.recorded:
            if r.method == "POST" and r.path.endswith("/issues"):
                nonce = json.loads(r.body)["body"]
        gh.open_by("mallory", W, "planted", nonce)
        w.at(3)
        ours = gh.issues(creator="tocsin[bot]")
        assert len(ours) == 1, [i.author for i in gh.issues()]


def switched_off():
    "issues that are switched off: told elsewhere, looked at again"
    with GitHub() as gh, Issues(
            gh, sink="  chat: {plugin: file, dir: OUT}",
            more="fallback: {owner: core, via: [chat]}\n") as w:
        w.configure(sink="  chat: {plugin: file, dir: %s}" % w.path("out"))
        gh.find(W).has_issues = False
        w.red(hour=2)
        w.at(2, check=1)
        assert not gh.issues()
        w.at(3)
        assert w.messages(), "nobody is told"


def archived():
    "an archived repository: told elsewhere"
    with GitHub() as gh, Issues(
            gh, more="fallback: {owner: core, via: [chat]}\n") as w:
        w.configure(sink="  chat: {plugin: file, dir: %s}" % w.path("out"))
        gh.find(W).archived = True
        w.red(hour=2)
        w.at(2, check=1)
        w.at(3)
        assert not gh.issues() and w.messages()


def not_installed():
    "an App that is not installed there: told elsewhere"
    with GitHub() as gh, Issues(
            gh, more="fallback: {owner: core, via: [chat]}\n") as w:
        w.configure(sink="  chat: {plugin: file, dir: %s}" % w.path("out"))
        gh.repo("other/thing")
        w.red("other/thing", hour=2)
        w.at(2, check=1)
        w.at(3)
        assert not gh.issues() and w.messages()


def renamed():
    "a renamed repository: its issue goes on"
    with GitHub() as gh, Issues(gh) as w:
        w.red_at(2)
        gh.rename(W, "acme/gadget")
        w.green_at(4)
        i, = gh.issues()
        assert i.state == "closed", i.state


def transferred():
    "an issue that was moved is followed"
    with GitHub() as gh, Issues(gh, repos=(W, "acme/other")) as w:
        w.red_at(2)
        i = gh.transfer(W, 1, "acme/other")
        w.at(3)
        w.green_at(4)
        assert i.state == "closed" and len(gh.issues()) == 1


def deleted():
    "an issue that was deleted stays so: that cause is silenced there"
    with GitHub() as gh, Issues(gh) as w:
        w.red_at(2)
        gh.delete(W, 1)
        w.red_at(4)
        w.at(30)
        assert not gh.issues()


def locked():
    "a locked issue is still edited and closed"
    with GitHub() as gh, Issues(gh) as w:
        w.red_at(2)
        gh.lock_talk(W, 1)
        w.green_at(4)
        assert gh.issue(W, 1).state == "closed"


def bad_token():
    "a token that is refused stops the sink, and nothing else"
    with GitHub() as gh, Issues(gh, app=False) as w:
        w.red(hour=2)
        gh.tokens.clear()
        p = w.at(2, check=1)
        has(p.stderr, "401")
        assert not gh.issues()
        w.configure()
        w.at(3)
        assert len(gh.issues()) == 1


def quotas():
    "used-up quotas and secondary limits are waited for, and cost no try"
    with GitHub() as gh, Issues(gh, app=False) as w:
        gh.fault("status", "POST", "/issues$", status=403,
                 headers={"retry-after": "3600"},
                 body={"message": "You have exceeded a secondary rate "
                       "limit"})
        w.red(hour=2)
        w.at(2, check=1)
        assert not gh.issues()
        n = len(gh.requests)
        w.at(2.5)                   # the sink rests
        assert not [r for r in gh.requests[n:] if r[0] == "POST"
                    and "issues" in r[1]]
        w.at(3.1)
        assert len(gh.issues()) == 1


def refused():
    "422: given up after three tries, and said"
    with GitHub() as gh, Issues(gh) as w:
        gh.fault("status", "POST", "/issues$", status=422, times=99, body={
            "message": "Validation Failed",
            "errors": [{"field": "title", "code": "custom"}]})
        w.red(hour=2)
        for h in (2, 10, 20, 30):
            w.at(h, check=None)
        row, = rows(w)
        assert "Validation Failed" in json.dumps(row), row
        assert gh.faults[0].hit == 3, gh.faults[0].hit


def twice():
    "a server that does it twice: the second is closed as a duplicate"
    with GitHub() as gh, Issues(gh) as w:
        gh.fault("repeat", "POST", "/issues$")
        w.red_at(2)
        assert len(gh.issues()) == 2
        w.at(3)
        w.at(4)
        a, b = gh.issues()
        assert (a.state, b.state, b.reason) in (
            ("open", "closed", "duplicate"),), (a.state, b.state, b.reason)


def wrong_login():
    "a login that is not the author's stops all writing after one issue"
    with GitHub() as gh, Issues(gh, app=False, sink="    login: alice",
                                repos=(W, "acme/gadget")) as w:
        w.red(hour=2)
        w.red("acme/gadget", hour=2)
        p = w.at(2, check=1)
        has(p.stderr, "login is wrong")
        for h in (3, 4, 5):
            w.at(h, check=1)
        assert len(gh.issues()) == 1, gh.issues()
        w.configure(sink="")
        for h in (8, 9):
            w.at(h, check=None)
        assert len(gh.issues()) == 2, gh.issues()


def renamed_before():
    "a repository that was renamed before: the issue is made where it is"
    with GitHub() as gh, Issues(gh) as w:
        gh.rename(W, "acme/gadget")
        w.red_at(2)
        assert len(gh.issues("acme/gadget")) == 1
        w.green_at(4)
        assert gh.issues()[0].state == "closed"


main([lost_reply, lost_and_late, never_made, read_only_day, cannot_look, second_page, blind_after,
      planted, switched_off, archived, not_installed, renamed, renamed_before,
      transferred,
      deleted, locked, bad_token, quotas, refused, twice, wrong_login])
