#!/usr/bin/env python3
# SPDX-License-Identifier: BSD-3-Clause
"""The label `tocsin: digest`: what follows comes in one issue of its own,
which says when there is something new in it."""
from support import GitHub, Issues
from world import has, main

W = "acme/widget"
OPS = "acme/ops"
DIGESTS = "digests: {via: [issues], at_least: 1}\n"
SINK = "    repository: " + OPS


def world(gh):
    w = Issues(gh, owner="maintainers", sink=SINK, more=DIGESTS)
    gh.repo(OPS, push=["alice"])
    w.owners("alice")
    return w


def ours(gh, repo):
    return gh.issues(repo, creator="tocsin[bot]")


def days(w, first, last):
    for hour in range(24 * first, 24 * last, 6):
        w.at(hour)


def told(gh):
    return [n["issue"].repo.name for n in gh.told("alice")]


def label():
    "after the label what is new comes in a digest, and off again when it is"
    with GitHub() as gh, world(gh) as w:
        w.red_at(2)
        first, = ours(gh, W)
        assert told(gh) == [W], gh.told()
        gh.label(W, 1, "tocsin: digest", "alice")
        w.at(3)
        w.red(hour=5, branch="v2")
        days(w, 1, 2)
        assert len(ours(gh, W)) == 1, "told by itself"
        digest, = ours(gh, OPS)
        has(digest.body, "@alice", "`v2`", W)
        assert told(gh) == [W, OPS], gh.told()
        days(w, 2, 4)
        assert told(gh) == [W, OPS] and not digest.comments, "nothing is new"
        # an edit tells nobody: a comment says that there is more
        w.red(hour=24 * 4, branch="v3")
        days(w, 4, 6)
        has(digest.body, "`v3`")
        assert len(digest.comments) == 1, digest.comments
        has(digest.comments[0]["body"], "something new")
        assert told(gh) == [W, OPS, OPS], gh.told()
        assert len(ours(gh, OPS)) == 1
        # taken off: what comes then is told by itself
        gh.unlabel(W, 1, "tocsin: digest", "alice")
        w.at(24 * 6)
        w.red(hour=24 * 6 + 1, branch="v4")
        days(w, 7, 8)
        assert len(ours(gh, W)) > 1, "still in the digest"
        assert first.state == "open"


def lost_comment():
    "a comment whose reply was lost is there once"
    with GitHub() as gh, world(gh) as w:
        w.red_at(2)
        gh.label(W, 1, "tocsin: digest", "alice")
        w.at(3)
        w.red(hour=5, branch="v2")
        days(w, 1, 2)
        gh.fault("reset", "POST", "/comments$", when="after")
        w.red(hour=48, branch="v3")
        for hour in range(49, 96, 6):
            w.at(hour, check=None)
        digest, = ours(gh, OPS)
        assert len(digest.comments) == 1, digest.comments


main([label, lost_comment])
