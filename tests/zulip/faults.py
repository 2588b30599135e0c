#!/usr/bin/env python3
# SPDX-License-Identifier: BSD-3-Clause
"""What Zulip refuses, and what goes wrong on the way: each has one outcome,
and nothing is said twice."""
import sys

sys.dont_write_bytecode = True
from bench import KEY, OTHER, Sink, note, owner, run_all, same

POST = "^POST /api/v1/messages$"


def refusal(code, status=400, **more):
    return status, dict({"result": "error", "code": code, "msg": "No."},
                        **more)


def texts(z, topic="r: main is red"):
    return [m["content"].split("\n")[0] for m in z.topics().get(topic, [])]


# ---- a code, an outcome ----

def test_codes_of_a_post(z, tmp):
    table = [
        ("BAD_REQUEST", 400, "reject", ["may-not-post"]),
        ("STREAM_DOES_NOT_EXIST", 400, "reject", ["channel-gone"]),
        ("UNAUTHORIZED_PRINCIPAL", 400, "reject", ["may-not-post"]),
        ("REQUEST_VARIABLE_INVALID", 400, "reject", ["may-not-post"]),
        ("STREAM_WILDCARD_MENTION_NOT_ALLOWED", 400, "reject",
         ["may-not-post"]),
        ("A_CODE_OF_TOMORROW", 403, "reject", ["may-not-post"]),
        ("RATE_LIMIT_HIT", 429, "retry", []),
        ("INVALID_API_KEY", 401, "fatal", []),
        ("UNAUTHORIZED", 401, "fatal", []),
        ("USER_DEACTIVATED", 403, "fatal", []),
        ("REALM_DEACTIVATED", 403, "fatal", []),
        ("NONEXISTENT_SUBDOMAIN", 404, "fatal", []),
        ("SERVER_NOT_READY", 500, "retry", []),
    ]
    for code, status, outcome, notices in table:
        s = Sink(z, tmp)
        z.fail(POST, "error", body=refusal(code, status))
        got = s.one(note("open", "n1"))
        same((code, got["status"]), (code, outcome), "outcome")
        same([n["code"] for n in s.notices], notices, "notices of " + code)
        assert code in got["text"] or "sec" in got["text"] \
            or "posted" in got["text"] or "quota" in got["text"] \
            or got.get("retry_after"), got
        same(got.get("elsewhere", False), code == "STREAM_DOES_NOT_EXIST",
             "elsewhere")
        same(got.get("unknown", False), code == "SERVER_NOT_READY",
             "unknown")
    same(z.count("post"), 0, "posts")


def test_no_such_channel(z, tmp):
    s = Sink(z, tmp)
    got = s.one(note("open", "n1", owner=owner("nowhere")))
    same((got["status"], got["elsewhere"]), ("reject", True), "receipt")
    same([n["code"] for n in s.notices], ["channel-gone"], "notice")
    assert "nowhere" in got["text"], got
    z.add_channel("hidden", 20, private=True)
    got = s.one(note("open", "n1", owner=owner("hidden")))
    same((got["status"], got["elsewhere"]), ("reject", True), "private")
    z.add_channel("read-only", 21, posters={12})
    got = s.one(note("open", "n1", owner=owner("read-only")))
    same(got["status"], "reject", "may not post")


def test_private_channel_of_ours(z, tmp):
    z.add_channel("core team", 20, private=True, subscribers={9, 12})
    s = Sink(z, tmp)
    for _ in range(2):
        got = s.one(note("open", "n1", owner=owner("core team")))
        same(got["remote_id"], "20/100", "receipt")
    same(z.count("post"), 1, "posts")


def test_no_such_person(z, tmp):
    s = Sink(z, tmp)
    got = s.one(note("open", "n1", owner=owner("nobody@zulip.example")))
    same(got["status"], "reject", "outcome")
    assert "nobody@zulip.example" in str(s.notices) + got["text"], got


def test_wrong_key(z, tmp):
    s = Sink(z, tmp, key="X" * 32)
    got = s.one(note("open", "n1"))
    same(s.ended["how"], "fatal", "the instance")
    assert "INVALID_API_KEY" in s.ended["text"], s.ended
    assert "X" * 32 not in str(s.all) + s.err, "the key is told"
    same(got["status"], "retry", "what waited")


def test_options(z, tmp):
    for options, why in (
            ({"site": "http://zulip.example"}, "only sent over https"),
            ({"site": z.site + "/?a"}, "only the beginning"),
            ({"email": "bot"}, "no address"),
            ({"key": "two words"}, "no key")):
        s = Sink(z, tmp, **options)
        s.run()
        same(s.ended["how"], "fatal", str(options))
        assert why in s.ended["text"], (s.ended, why)


# ---- limits ----

def test_limit_in_a_pass(z, tmp):
    z.limit = (5, 3600)     # as many as a look takes
    s = Sink(z, tmp)
    got = s.one(note("open", "n1"))
    same(got["status"], "retry", "outcome")
    same(s.seen[0]["status"], 0, "it was not over when it was observed")
    assert 3000 < got["retry_after"] <= 3602, got
    same(z.count("post"), 0, "posts")
    s.run()
    same(s.seen[0]["status"], 1, "observe")
    assert 3000 < s.seen[0]["retry_after"] <= 3602, s.seen


def test_limit_of_a_post(z, tmp):
    s = Sink(z, tmp)
    z.fail(POST, "error", body=refusal("RATE_LIMIT_HIT", 429,
                                       **{"retry-after": 28.7}))
    got = s.one(note("open", "n1"))
    same(got["status"], "retry", "outcome")
    same(got.get("unknown"), False, "nothing was made")


# ---- what nobody knows ----

def test_post_without_an_answer(z, tmp):
    """It was posted: found at once, by its marker."""
    for how in ("drop", "after", "html"):
        key = how.ljust(32, "0").replace("r", "a").replace("t", "b")
        z.fail(POST, how)
        s = Sink(z, tmp)
        got = s.one(note("open", "n1", key=key, title=how))
        same((got["status"], how), ("ok", how), "outcome")
        same(len(z.topics()[how]), 1, "posts")
        z.fail(POST, how)
        got = s.one(note("remind", "n2", key=key, remote_id=got["remote_id"]))
        same((got["status"], len(z.topics()[how])), ("ok", 2), "reminder")


def test_post_that_was_none(z, tmp):
    """Not there when looked for: it may still come, so nobody knows; the
    same delivery again is made once."""
    for how in ("drop-before", "before"):
        s = Sink(z, tmp)
        z.fail(POST, how)
        got = s.one(note("open", "n1", key=how, title=how))
        same((got["status"], got["unknown"]), ("retry", True), how)
        got = s.one(note("open", "n1", key=how, title=how))
        same((got["status"], len(z.topics()[how])), ("ok", 1), how)


def test_nothing_can_be_looked_at(z, tmp):
    """Where it cannot look it does not create."""
    s = Sink(z, tmp)
    for what in ("^GET /api/v1/messages$", "^GET /api/v1/get_stream_id"):
        for how, body in (("before", None), ("drop", None), ("html", None),
                          ("lie", lambda out: {"result": "success"}),
                          ("lie", lambda out: dict(out, found_oldest=False,
                                                   messages=[],
                                                   stream_id="7"))):
            s.standing = [[OTHER, None, "open"]]
            z.fail(what, how, body=body, times=20)
            got = s.one(note("open", "n1"))
            z.faults.clear()
            same((got["status"], what, how), ("retry", what, how), "outcome")
    same(z.count("post"), 0, "posts")


def test_a_page_that_does_not_end(z, tmp):
    for i in range(3):
        z.say(12, 7, "x", "y")
    z.say(9, 7, "x", "y")
    s = Sink(z, tmp)
    s.standing = [[OTHER, None, "open"]]
    z.fail("^GET /api/v1/messages$", "lie", times=50,
           body=lambda out: dict(out, found_oldest=False))
    got = s.one(note("open", "n1"))
    same((got["status"], z.count("post")), ("retry", 4), "outcome")
    assert z.asked("GET /api/v1/messages$") < 5, "went round in circles"


def test_said_twice_by_the_server(z, tmp):
    """A post that the server made twice: the first stays, the copy goes as
    soon as it is seen, and is counted."""
    for z.may_delete in (True, False):
        key = ("a" if z.may_delete else "b") * 32
        z.fail(POST, "repeat")
        s = Sink(z, tmp)
        id = s.one(note("open", "n1", key=key, title=key))["remote_id"]
        same(len(texts(z, key)), 2, "posts")
        z.fail(POST, "repeat")
        got = s.one(note("remind", "n2", key=key, text="**Still so.**",
                         remote_id=id))
        same((got["status"], got["duplicates"]), ("ok", 1), "the root")
        got = s.one(note("open", "n3", key=key))
        same((got["status"], got["adopted"], got["remote_id"]),
             ("ok", True, id), "found again")
        same(got["duplicates"], 1 if z.may_delete else 2, "the reminder")
        same(texts(z, key), ["**It fails.**", "**Still so.**"]
             if z.may_delete else ["**It fails.**"] * 2
             + ["**Still so.**"] * 2, "what stands")


# ---- in the middle ----

def test_cut_short(z, tmp):
    """Whatever request of a resolve or a reopen fails, and however: the same
    delivery again ends well, and people are told once."""
    lives = {"resolve": "**Over.**", "reopen": "**Back.**"}
    for n in range(1, 9):
        for how in ("before", "after", "drop", "drop-before", "html"):
            key = ("%d%s" % (n, how)).replace("-", "0").ljust(32, "0")
            title = "%d %s" % (n, how)
            s = Sink(z, tmp)
            id = s.one(note("open", "n0", key=key, title=title))["remote_id"]
            for i, (op, text) in enumerate(lives.items()):
                skipped = len(z.requests)
                nth(z, how, n)
                one = note(op, "n%d" % i, text=text, key=key, title=title,
                           remote_id=id)
                s.standing = [[key, id, "open"]]
                got = s.one(one)
                z.faults.clear()
                # Its own mark might be another pass's: then it waits once.
                for _ in range(2):
                    if got["status"] != "ok":
                        got = s.one(dict(one, again="unknown" in got))
                same((got["status"], n, how, op), ("ok", n, how, op),
                     "in the end")
                del skipped
            told = [m["content"].split("\n")[0] for m in
                    z.topics()[title][1:]]
            same((told, n, how), (["**Over.**", "**Back.**"], n, how),
                 "people are told once")


def resolved(z, tmp):
    """Another pass, over a copy of the state, has marked all that is to be
    marked. (the sink, what it is to say)"""
    s = Sink(z, tmp)
    id = s.open()["remote_id"]
    z.resolve(9, "r: main is red")
    z.messages[100]["reactions"].append(("check", 9))
    return s, note("resolve", "n2", text="**Over.**", remote_id=id)


DONE = "\u2714 r: main is red"


def test_another_pass_tells(z, tmp):
    s, one = resolved(z, tmp)
    got = s.one(one)
    same((got["status"], got["unknown"]), ("retry", True), "it is waited for")
    z.say(9, 7, DONE, note("resolve", "n1", text="**Over.**")["body"])
    got = s.one(dict(one, again=True))
    same((got["status"], got["adopted"]), ("ok", True), "and it came")
    same(texts(z, DONE), ["**It fails.**", "**Over.**"], "told once")


def test_another_pass_was_first(z, tmp):
    s = Sink(z, tmp)
    id = s.open()["remote_id"]
    for nonce in "n1", "n2":
        got = s.one(note("resolve", nonce, text="**Over.**", remote_id=id))
        same((got["status"], got.get("adopted", False)),
             ("ok", nonce == "n2"), "receipt")
    same(texts(z, DONE), ["**It fails.**", "**Over.**"], "resolved once")
    for nonce in "n3", "n4":
        s.one(note("reopen", nonce, text="**Back.**", remote_id=id))
    same(texts(z)[1:], ["**Over.**", "**Back.**"], "reopened once")


def test_another_pass_died(z, tmp):
    s, one = resolved(z, tmp)
    s.one(one)
    for _ in range(2):
        got = s.one(dict(one, again=True))
        same(got["status"], "ok", "nobody told")
    same(texts(z, DONE), ["**It fails.**", "**Over.**"], "told once")


def nth(z, how, n):
    """The n-th request from now on goes wrong, of those behind the three that
    ask who and where we are."""
    from zulip import Fault

    class Nth(Fault):
        left = n + 3

        def search(self, what):
            self.left -= 1
            return self.left == 0

    f = Nth(".", how, 1, None)
    f.what = f
    z.faults.append(f)


def test_credential_in_the_middle(z, tmp):
    s = Sink(z, tmp)
    id = s.open()["remote_id"]
    z.fail("^PATCH", "error", body=refusal("INVALID_API_KEY", 401))
    got = s.one(note("resolve", "n2", remote_id=id))
    same(got["status"], "fatal", "outcome")
    same(texts(z), ["**It fails.**"], "nothing said")
    same(s.one(note("resolve", "n2", remote_id=id))["status"], "ok", "later")


def test_edit_refused(z, tmp):
    """By a limit that the server did not state: a reply."""
    s = Sink(z, tmp, reply_every="0s")
    id = s.open()["remote_id"]
    for code in ("BAD_REQUEST", "MOVE_MESSAGES_TIME_LIMIT_EXCEEDED"):
        z.fail("^PATCH", "error", body=refusal(code))
        got = s.one(note("update", code, text="**Worse.**", remote_id=id))
        same(got["status"], "ok", "outcome")
    same(texts(z), ["**It fails.**", "**Worse.**", "**Worse.**"], "told")


def test_not_observed(z, tmp):
    s = Sink(z, tmp)
    id = s.open()["remote_id"]
    z.fail("^GET /api/v1/messages/100", "before")
    s.run()
    same((s.remotes, s.seen[0]["status"]), ([], 1), "unknown is unknown")
    same([n["code"] for n in s.notices], ["not-observed"], "notice")
    z.fail("^POST /api/v1/register", "before")
    got = s.one(note("update", "n2", remote_id=id))
    same(got["status"], "retry", "nothing is written without limits")


def test_somebody_else_s(z, tmp):
    """A number that means another message, and a marker that we did not
    write."""
    s = Sink(z, tmp)
    z.say(12, 7, "r: main is red", note("open", "n1")["body"])
    s.standing = [[KEY, "7/100", "open"]]
    got = s.one(note("update", "n2", remote_id="7/100"))
    same((s.remotes, got["status"]), ([], "reject"), "not ours")
    got = s.one(note("open", "n3"))
    same((got["status"], got["remote_id"]), ("ok", "7/101"), "our own")
    same(list(z.topics()), ["r: main is red", "r: main is red (012345)"],
         "topics")


if __name__ == "__main__":
    sys.exit(run_all(sys.modules[__name__]))
