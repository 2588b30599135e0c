#!/usr/bin/env python3
# SPDX-License-Identifier: BSD-3-Clause
"""A ticket's life in Zulip, what people do with it, where it goes."""
import json
import sys

sys.dont_write_bytecode = True
from bench import KEY, OTHER, Sink, note, owner, run_all, same

TOPIC = "r: main is red"
DONE = "\u2714 " + TOPIC


def test_open(z, tmp):
    s = Sink(z, tmp)
    got = s.one(note("open", "n1"))
    same((got["status"], got["remote_id"], got["adopted"]),
         ("ok", "7/100", False), "receipt")
    same(got["url"], z.site + "/#narrow/stream/7/topic/r.3A.20main.20is.20red"
         "/near/100", "link")
    same({t: [m["content"] for m in ms] for t, ms in z.topics().items()},
         {TOPIC: [note("open", "n1")["body"].strip()]}, "what stands")
    same(len(z.queues), 0, "queues left behind")
    lengths = s.all.kind("lengths")[0]
    same((lengths["title_max"], lengths["body_max"]), (58, 10000), "lengths")


def test_lengths_of_the_server(z, tmp):
    z.topic_max, z.body_max = 40, 2000
    s = Sink(z, tmp)
    s.run()
    lengths = s.all.kind("lengths")[0]
    same((lengths["title_max"], lengths["body_max"]), (38, 2000), "lengths")


def test_same_delivery_twice(z, tmp):
    s = Sink(z, tmp)
    first = s.one(note("open", "n1"))
    again = s.one(note("open", "n1"))
    same((again["remote_id"], again["adopted"]), (first["remote_id"], True),
         "adopted")
    same(z.count("post"), 1, "posts")


def test_state_lost(z, tmp):
    s = Sink(z, tmp)
    s.run(note("open", "n1"), note("open", "o1", key=OTHER, title="other"))
    s.run()
    same(sorted((r["ticket"], r["remote_id"], r["state"])
                for r in s.remotes),
         [(KEY, "7/100", "open"), (OTHER, "7/101", "open")],
         "what is found without knowing")
    got = s.one(note("open", "n2", text="**It fails again.**"))
    same((got["adopted"], got["remote_id"]), (True, "7/100"), "adopted")
    same(z.count("post"), 2, "posts")
    assert ":n1`" in z.messages[100]["content"], "its nonce stays"
    assert "again" in z.messages[100]["content"], "brought up to date"


def test_older_state(z, tmp):
    """It knows one of two, wherever the other one is."""
    for more in ({}, {"owner": owner("mara@zulip.example")}):
        other = OTHER[:-1] + "%x" % len(more)
        s = Sink(z, tmp)
        id = s.open()["remote_id"]
        got = s.one(note("open", "o1", key=other, title="other", **more))
        s.one(note("remind", "o2", key=other, title="other",
                   remote_id=got["remote_id"], **more))
        s.run()
        same({(r["ticket"], r["remote_id"]) for r in s.remotes}
             >= {(KEY, id), (other, got["remote_id"])}, True, s.remotes)


def test_told_since(z, tmp):
    """Of what is newer than its mark only a reply is there: the root is what
    is found."""
    s = Sink(z, tmp)
    s.run(note("open", "n1"), note("remind", "n2", remote_id="7/100"))
    s.run()
    same([r["remote_id"] for r in s.remotes], ["7/100"], "all of it")
    s.cursor = json.dumps({"site": z.site, "self": 9, "seen": 100})
    z.requests.clear()
    s.run()
    same([r["remote_id"] for r in s.remotes], ["7/100"], "the reply's root")
    s.cursor = json.dumps({"site": z.site, "self": 9, "seen": 101})
    z.requests.clear()
    s.run()
    same(s.remotes, [], "nothing new")
    same([(p["anchor"], p["num_before"]) for _, path, p in z.requests
          if path.endswith("/messages")], [("101", "0")] * 2, "what is asked")


def test_open_of_what_is_over(z, tmp):
    """A state that was lost opens what it resolved: people are told, once."""
    s = Sink(z, tmp)
    id = s.open()["remote_id"]
    s.one(note("resolve", "n2", text="**It is over.**", remote_id=id))
    s.standing = []
    for _ in range(2):
        got = s.one(note("open", "n3", text="**Back again.**"))
        same((got["status"], got["remote_id"], got["adopted"]),
             ("ok", id, True), "receipt")
    same([m["content"].split("\n")[0] for m in z.topics()[TOPIC]],
         ["**Back again.**", "**It is over.**", "**Back again.**"], "texts")


def test_lost_and_renamed(z, tmp):
    s = Sink(z, tmp)
    s.open()
    z.move(12, TOPIC, "what mara calls it")
    s.standing = []
    got = s.one(note("open", "n2"))
    same((got["adopted"], z.count("post")), (True, 1), "found by its marker")


def test_update_in_place(z, tmp):
    s = Sink(z, tmp)
    id = s.open()["remote_id"]
    got = s.one(note("update", "n2", text="**Worse.**", remote_id=id))
    same((got["status"], got["remote_id"]), ("ok", id), "receipt")
    same((z.count("edit"), z.count("post")), (1, 1), "effects")
    s.one(note("update", "n3", text="**Worse.**", remote_id=id))
    same(z.count("edit"), 1, "the same text again is no edit")


def test_update_too_late(z, tmp):
    """The realm's limit has passed: one reply, and no other for a day."""
    s = Sink(z, tmp)
    id = s.open()["remote_id"]
    z.messages[100]["sent"] -= 2 * 86400
    for i in (2, 3):
        got = s.one(note("update", "n%d" % i, text="**Worse %d.**" % i,
                         remote_id=id))
        same((got["status"], got["remote_id"]), ("ok", id), "receipt")
    same((z.count("edit"), z.count("post")), (0, 2), "effects")
    z.messages[101]["sent"] -= 86401
    s.one(note("update", "n4", text="**Worse 4.**", remote_id=id))
    same(z.count("post"), 3, "the next day")
    z.messages[102]["sent"] -= 86401
    s.one(note("update", "n5", text="**Worse 4.**", remote_id=id))
    same(z.count("post"), 3, "what was said last is not said again")
    same(list(z.topics()), [TOPIC], "topics")


def test_editing_is_off(z, tmp):
    z.editing = False
    s = Sink(z, tmp, reply_every="0s")
    id = s.open()["remote_id"]
    s.one(note("update", "n2", text="**Worse.**", remote_id=id))
    same((z.count("edit"), z.count("post"), z.asked("PATCH")), (0, 2, 0),
         "a reply, and nothing tried")


def test_no_limit_of_time(z, tmp):
    z.edit_seconds = None
    s = Sink(z, tmp)
    id = s.open()["remote_id"]
    z.messages[100]["sent"] -= 90 * 86400
    s.one(note("update", "n2", text="**Worse.**", remote_id=id))
    same((z.count("edit"), z.count("post")), (1, 1), "effects")


def test_resolve_and_reopen(z, tmp):
    s = Sink(z, tmp)
    id = s.open()["remote_id"]
    for _ in range(2):
        got = s.one(note("resolve", "n2", text="**It is over.**",
                         remote_id=id))
        same(got["status"], "ok", "resolve")
    same([m["content"].split("\n")[0] for m in z.topics()[DONE]],
         ["**It fails.**", "**It is over.**"], "in the resolved topic")
    s.standing = [[KEY, id, "completed"]]
    s.run()
    same([(r["state"], r["by"]) for r in s.remotes], [("completed", None)],
         "by ourselves")
    for _ in range(2):
        got = s.one(note("reopen", "n3", text="**Back again.**",
                         remote_id=id))
        same((got["status"], got["remote_id"]), ("ok", id), "reopen")
    same([m["content"].split("\n")[0] for m in z.topics()[TOPIC]],
         ["**Back again.**", "**It is over.**", "**Back again.**"],
         "the first is current, the last tells people")
    s.run()
    same([(r["state"], r["by"]) for r in s.remotes], [("open", None)],
         "open")
    same(z.messages[100]["reactions"], [], "marks")


def test_new_owner(z, tmp):
    """What comes back to somebody who never heard of it is told in that
    owner's place, once, and leads to where it was."""
    for contact, where in (("builds", 8), ("mara@zulip.example", None)):
        for how in (None, "drop", "drop-before"):
            key = OTHER[:-2] + "%x%x" % (where or 0, len(how or ""))
            title = "r: " + key
            s = Sink(z, tmp)
            posts = z.count("post")
            id = s.one(note("open", "n1", key=key, title=title))["remote_id"]
            s.one(note("resolve", "n2", text="**Over.**", remote_id=id,
                       key=key, title=title))
            new = {"key": key, "title": title, "called": ["corey"],
                   "owner": dict(owner(contact), persons=["Corey", "mara"])}
            if how:
                z.fail("POST /api/v1/messages$", how)
            for k in range(3):
                got = s.one(note("reopen", "n3", text="**Back.**",
                                 remote_id=id, again=bool(k), **new))
            same((got["status"], got["remote_id"] != id), ("ok", True), got)
            same(z.count("post") - posts, 3, "posts")
            same([len(m) for t, m in z.topics().items() if title in t], [2],
                 "where it was")
            it = z.messages[int(got["remote_id"].split("/")[1])]
            same(it["content"].startswith("**Back.**\nIt was told before [in "
                                          "another topic](%s/#narrow/stream/7/"
                                          % z.site), True, it)
            s.one(note("update", "n4", text="**Worse.**",
                       **dict(new, remote_id=got["remote_id"])))
            same(it["content"].split("\n")[0::2],
                 ["**Worse.**", "`tocsin 1:%s:n3`" % key], it)
            same("It was told before" in it["content"], True, it)
            new["called"] = ["corey", "mara"]
            for op in ("resolve", "reopen"):
                s.one(note(op, "n5" + op, text="**%s.**" % op,
                           **dict(new, remote_id=got["remote_id"])))
            same(z.count("post") - posts, 5, "who was told is told there")


def test_remind(z, tmp):
    s = Sink(z, tmp)
    id = s.open()["remote_id"]
    for _ in range(2):
        s.one(note("remind", "n2", text="**Still so.**", remote_id=id))
    same(len(z.topics()[TOPIC]), 2, "said once")


def test_digest(z, tmp):
    s = Sink(z, tmp)
    got = s.one(note("digest", "n1"))
    same(got["status"], "ok", "the first makes a topic")
    s.one(note("digest", "n2", remote_id=got["remote_id"]))
    same(len(z.topics()[TOPIC]), 2, "the next is a reply")


def test_direct(z, tmp):
    for level, contact in ((300, "mara@zulip.example"), (100, "user:12")):
        z.feature_level = level
        s = Sink(z, tmp)
        who = {"owner": owner(contact), "key": KEY + str(level)}
        got = s.one(note("open", "n1", **who))
        same((got["status"], got["remote_id"][:3]), ("ok", "dm/"), "receipt")
        same(s.one(note("open", "n1", **who))["adopted"], True, "again")
        s.one(note("resolve", "n2", text="**Over.**",
                   remote_id=got["remote_id"], **who))
        s.standing = [[who["key"], got["remote_id"], "completed"]]
        s.run()
        same(s.state(who["key"]), "completed", "seen")
        s.one(note("reopen", "n3", text="**Back.**",
                   remote_id=got["remote_id"], **who))
        s.run()
        same(s.state(who["key"]), "open", "seen")
    same(len(z.direct()), 6, "messages")
    same({p for m in z.direct() for p in m["people"]}, {9, 12}, "to whom")
    same(z.topics(), {}, "in channels")


def test_contacts(z, tmp):
    s = Sink(z, tmp)
    reach = [owner("core"), owner("#core"), owner("channel:a@b"),
             owner("core", "chat"), owner(["a@b", "c@d"]), owner("user:1,user:2"),
             {"name": "x", "persons": [], "contacts": {}}, owner(""),
             owner("user:x"), owner("a@b, user:1"), owner("a@b, nobody"),
             owner("two\nlines"), owner("core", "email")]
    s.run(reach=reach)
    same([r["ok"] for r in s.all.kind("reached")],
         [True] * 6 + [False] * 7, "reached")
    s = Sink(z, tmp, channel="builds")
    s.run(note("open", "n1", owner=owner("x", "email")),
          reach=[owner("x", "email"), owner("user:x")])
    same([r["ok"] for r in s.all.kind("reached")], [True, False],
         "with a channel for all")
    same(list(z.topics(8)), [TOPIC], "there")
    s.run(note("open", "n1", key=OTHER, owner={
        "name": "x", "persons": [],
        "contacts": {"zulip": "builds", "chat": "core"}}))
    same(list(z.topics(7)), [TOPIC], "the instance's own contact first")


def test_no_contact(z, tmp):
    got = Sink(z, tmp).one(note("open", "n1", owner=owner("x", "email")))
    same((got["status"], got.get("elsewhere")), ("reject", True), "receipt")
    same(z.count("post"), 0, "posts")


def test_topics_stay_apart(z, tmp):
    s = Sink(z, tmp)
    z.say(12, 7, TOPIC, "what do you think?")
    s.run(note("open", "n1"), note("open", "o1", key=OTHER))
    same(list(z.topics()), [TOPIC, TOPIC + " (012345)", TOPIC + " (fedcba)"],
         "topics")
    s = Sink(z, tmp)
    s.run(note("open", "p1", key="a" * 32, title="one name"))
    s.run(note("resolve", "p2", key="a" * 32, remote_id="7/103"))
    s.run(note("open", "q1", key="b" * 32, title="One name"))
    same(list(z.topics())[3:], ["\u2714 one name", "One name (bbbbbb)"],
         "also from a resolved one")


def test_long_title(z, tmp):
    s = Sink(z, tmp)
    title = "\u2714 " + "\u00e4" * 58
    z.say(12, 7, "\u00e4" * 58, "mine")
    s.run(note("open", "n1", title=title))
    topic = list(z.topics())[1]
    same(topic, "\u00e4" * 48 + "\u2026 (012345)", "cut by characters, no "
         "mark of its own")
    s.run(note("resolve", "n2", title=title, remote_id="7/101"))
    assert "\u2714 " + topic in z.topics(), list(z.topics())


def test_title_that_is_no_name(z, tmp):
    """Zulip has no topic of that name, and it would look resolved."""
    s = Sink(z, tmp)
    s.run(note("open", "n1", title="\u2714"),
          note("open", "o1", key=OTHER, title="\u2714 "))
    same(list(z.topics()), ["Tocsin", "Tocsin (fedcba)"], "topics")


def test_people_resolve(z, tmp):
    s = Sink(z, tmp)
    s.open()
    z.resolve(12, TOPIC)
    s.run()
    same([(r["state"], r["by"]) for r in s.remotes],
         [("completed", "user 12")], "resolved")
    z.unresolve(13, TOPIC)
    s.run()
    same([(r["state"], r["by"]) for r in s.remotes], [("open", "user 13")],
         "unresolved")


def test_people_resolve_unseen(z, tmp):
    """A realm that hides who edited what."""
    z.history = False
    s = Sink(z, tmp)
    id = s.open()["remote_id"]
    z.resolve(12, TOPIC)
    s.run()
    same([(r["state"], r["by"]) for r in s.remotes],
         [("completed", "a person")], "resolved")
    z.unresolve(12, TOPIC)
    s.run(note("resolve", "n2", remote_id=id))
    s.run()
    same([(r["state"], r["by"]) for r in s.remotes], [("completed", None)],
         "by ourselves")


def test_people_reopen(z, tmp):
    s = Sink(z, tmp)
    id = s.open()["remote_id"]
    s.run(note("resolve", "n2", remote_id=id))
    z.unresolve(12, TOPIC)
    s.run()
    same([(r["state"], r["by"]) for r in s.remotes], [("open", "user 12")],
         "unresolved")
    s.run(note("resolve", "n3", remote_id=id))
    s.run()
    same([(r["state"], r["by"]) for r in s.remotes], [("completed", None)],
         "resolved again")


def test_people_rename_and_move(z, tmp):
    s = Sink(z, tmp)
    id = s.open()["remote_id"]
    z.move(12, TOPIC, "another name")
    z.messages[100]["channel"] = 8
    got = s.one(note("resolve", "n2", remote_id=id))
    same(got["remote_id"], id, "what it is known by stays")
    same(list(z.topics(8)), ["\u2714 another name"], "followed")
    same(z.topics(7), {}, "where it was")


def test_people_delete(z, tmp):
    s = Sink(z, tmp)
    id = s.open()["remote_id"]
    z.delete(100)
    s.run(note("update", "n2", remote_id=id))
    same([(r["state"], r["by"]) for r in s.remotes],
         [("deleted", "a person")], "deleted")
    same(z.count("post"), 1, "an update brings nothing back")
    got = s.one(note("open", "n3", remote_id=id))
    same((got["status"], got["remote_id"]), ("ok", "7/101"), "an open does")


def test_archived(z, tmp):
    """That a channel cannot be read any more deletes nothing."""
    s = Sink(z, tmp)
    id = s.open()["remote_id"]
    z.archive(7)
    got = s.one(note("update", "n2", remote_id=id))
    same(s.remotes, [], "nothing is said of it")
    same([n["code"] for n in s.notices], ["channel-gone"], "operators know")
    same(got["status"], "reject", "receipt")
    got = s.one(note("open", "n3", key=OTHER))
    same((got["status"], got["elsewhere"]), ("reject", True), "a new one")


def test_may_not_resolve(z, tmp):
    """The marks on the root stand for the topic's; nothing is said twice."""
    z.may_resolve = False
    s = Sink(z, tmp)
    id = s.open()["remote_id"]
    s.run(note("resolve", "n2", text="**Over.**", remote_id=id))
    same([n["code"] for n in s.notices], ["may-not-resolve"], "notice")
    same([len(m) for m in z.topics().values()], [2], "told all the same")
    s.standing = [[KEY, id, "completed"]]
    s.run()
    same([(r["state"], r["by"]) for r in s.remotes], [("completed", None)],
         "read back")
    s.run(note("reopen", "n3", text="**Back.**", remote_id=id))
    s.run()
    same([(r["state"], r["by"]) for r in s.remotes], [("open", None)],
         "read back")
    z.may_resolve = True
    s.run(note("resolve", "n4", text="**Over.**", remote_id=id))
    z.may_resolve = False
    s.run(note("reopen", "n5", text="**Back.**", remote_id=id))
    s.run()
    same([(r["state"], r["by"]) for r in s.remotes], [("open", None)],
         "although the topic says otherwise")
    z.may_resolve = True
    s.run(note("resolve", "n6", text="**Over.**", remote_id=id))
    s.run()
    same([(r["state"], r["by"]) for r in s.remotes], [("completed", None)],
         "and over")
    same(z.messages[100]["reactions"], [("check", 9)], "marks")


def test_topics_are_left_alone(z, tmp):
    s = Sink(z, tmp, resolve_topics="false")
    id = s.open()["remote_id"]
    s.run(note("resolve", "n2", remote_id=id))
    same(list(z.topics()), [TOPIC], "topics")
    s.run()
    same(s.remotes[0]["state"], "completed", "read back")


if __name__ == "__main__":
    sys.exit(run_all(sys.modules[__name__]))
