#!/usr/bin/env python3
# SPDX-License-Identifier: BSD-3-Clause
"""Whole passes against a small Zulip, by the real clock: what stands there
after each, whatever becomes of the state or of the server."""
import json
import os
import shutil
import sqlite3
import sys
import time

sys.dont_write_bytecode = True
SRC = os.environ["TOCSIN_SRC"]
for part in ("e2e", "fakes"):
    sys.path.insert(0, os.path.join(SRC, "tests", part))
from world import World, main
from zulip import RESOLVED, Zulip
from zulip_marks import acts

START = int(time.time()) - 40 * 3600
CONFIG = """version: 1
state: sqlite:{dir}/state/tocsin.db
armed: true
http: {{tries: 1, wait_max: 1s}}
sources:
  ci: {{plugin: logs, path: [{dir}/logs]}}
sinks:
  chat:
    plugin: zulip
    site: SITE
    email: tocsin-bot@zulip.example
    api_key_file: {dir}/key
policy:
  open: {{any: [{{pushes: 2}}]}}
  budget: {{new_per_person_per_day: unlimited}}
  resolve: {{greens: 1}}
  update_counts: 0s
teams:
  core: {{persons: [corey], contacts: {{chat: core}}}}
routes:
  - {{match: {{project: '*/*'}}, owner: core, via: [chat]}}
{more}"""
EVIL = """gcc -c widget.c
widget.c:10:5: error: '@**all** #**core** $$x$$ :tada: ```' undeclared
make: *** [Makefile:12: widget.o] Error 1
##[error]Process completed with exit code 2.
"""


class Chat(World):
    """z, and a world that talks to it; pushes are counted from 1."""

    def __init__(self, **change):
        self.z = Zulip().start()
        super().__init__(config=CONFIG.replace("SITE", self.z.site))
        self.write("key", "K" * 32)
        os.chmod(self.path("key"), 0o600)
        self.config_text = open(self.config, encoding="utf-8").read()
        self.n = 0
        self.arm()
        self.z.requests.clear()

    def __exit__(self, *exc):
        self.z.stop()
        super().__exit__(*exc)

    def arm(self):
        """Long ago: what was red before that is backlog."""
        self.tocsin("run", check=0)
        db = sqlite3.connect(self.path("state", "tocsin.db"))
        with db:
            n = db.execute("UPDATE meta SET value = ? WHERE key = 'armed_at'",
                           (str(START - 3600),)).rowcount
        db.close()
        assert n == 1, "when it was armed is kept otherwise"

    def change(self, old, new):
        assert old in self.config_text, old
        self.write("tocsin.yaml", self.config_text.replace(old, new))

    def push(self, red=True, project="acme/widget", now=False, **more):
        self.n += 1
        # Now is behind all that was done in this second.
        t = time.strftime("%Y-%m-%dT%H:%M:%SZ", time.gmtime(
            time.time() + 2 if now else START + self.n * 1800))
        self.run_of("%s-%d" % (project.replace("/", "-"), self.n), red=red,
                    project=project, created=t, started=t, finished=t,
                    **more)

    def go(self, check=0, *args):
        """One pass; what it asked for."""
        before = len(self.z.requests)
        p = self.tocsin("run", *args, check=check)
        self.said = p.stdout + p.stderr
        assert not self.z.ignored, self.z.ignored
        return ["%s %s" % (r[0], r[1][7:])
                for r in self.z.requests[before:]]

    def red_twice(self, project="acme/widget"):
        """As often as the policy above wants for a ticket."""
        for _ in range(2):
            self.push(project=project)

    def told(self):
        """A ticket that was told; its topic."""
        self.red_twice()
        self.go()
        return self.only_topic()

    def texts(self, topic, channel=7):
        return [m["content"] for m in
                self.z.topics(channel).get(topic, [])]

    def only_topic(self, channel=7):
        topics = list(self.z.topics(channel))
        assert len(topics) == 1, topics
        return topics[0]


def life():
    "a ticket opens, changes, is over and comes back, in one topic"
    with Chat() as w:
        w.push(log=EVIL)
        w.go()
        assert w.z.topics() == {}, w.z.topics()
        w.push(log=EVIL)
        w.go()
        topic = w.only_topic()
        assert topic.startswith("widget: main does not build"), topic
        text, = w.texts(topic)
        assert text.startswith("**`main` does not build"), text
        live = {k: v for k, v in acts(text).items() if v}
        assert not live, (live, text)
        assert w.z.notified == [], w.z.notified
        asked = w.go()
        assert sorted(set(a.split()[0] for a in asked)) == \
            ["DELETE", "GET", "POST"], asked
        assert (w.z.count("post"), w.z.count("edit")) == (1, 0), asked
        w.push(log=EVIL)
        w.go()
        assert (w.z.count("post"), w.z.count("edit")) == (1, 1), w.texts(
            topic)
        assert "3 pushes" in w.texts(topic)[0], w.texts(topic)
        w.push(red=False)
        w.go()
        same = w.texts(RESOLVED + topic)
        assert len(same) == 2 and "It is over" in same[1], same
        assert w.texts(topic) == [], w.z.topics()
        w.go()
        assert w.z.count("post") == 2, w.z.effects
        w.red_twice()
        w.go()
        same = w.texts(topic)
        assert len(same) == 3 and "does not build" in same[2], same
        assert w.only_topic() == topic
        w.go()
        assert w.z.count("post") == 3, w.z.effects


def lost_and_restored():
    "a deleted state, and an older copy of it, take up what stands"
    with Chat() as w:
        topic = w.told()
        shutil.copytree(w.path("state"), w.path("old"))
        w.push(red=False)
        w.go()
        assert len(w.texts(RESOLVED + topic)) == 2
        shutil.rmtree(w.path("state"))
        shutil.move(w.path("old"), w.path("state"))
        w.go()
        w.go()
        w.only_topic()
        assert w.z.count("post") <= 3, w.z.topics()
        w.red_twice()
        w.go()
        w.go()
        topic = w.only_topic()
        assert not topic.startswith(RESOLVED), topic
        posts = w.z.count("post")
        shutil.rmtree(w.path("state"))
        os.mkdir(w.path("state"))
        w.go()
        w.tocsin("backlog", "release", "--all")
        w.go()
        assert w.only_topic() == topic
        assert w.z.count("post") == posts, w.z.topics()


def people():
    "what a person does with the topic wins, once"
    with Chat() as w:
        topic = w.told()
        w.z.resolve(12, topic)
        for _ in range(2):
            w.go()
        assert w.z.count("post") == 1, "it waits for the next push"
        w.push(now=True)
        w.go()
        assert w.only_topic() == topic, "opened again"
        assert w.z.count("post") == 2, w.z.effects
        w.z.resolve(12, topic)
        w.push(now=True)
        w.go()
        w.go()
        assert w.only_topic() == RESOLVED + topic, "and not a second time"
        assert w.z.count("post") == 2, w.z.effects


def new_owner():
    "what comes back to another team is told in its channel, and lives there"
    for persons in (True, False):
        new_owner_of(persons)


def new_owner_of(persons):
    with Chat() as w:
        text = w.config_text if persons else w.config_text.replace(
            "persons: [corey], ", "")
        w.write("tocsin.yaml", text)
        topic = w.told()
        w.push(red=False)
        w.go()
        w.write("tocsin.yaml", text.replace(
            "chat: core}}", "chat: core}}\n  ops: {%scontacts: {chat: builds}}"
            % ("persons: [olga], " if persons else "")).replace(
                "owner: core", "owner: ops"))
        w.red_twice()
        w.go()
        w.go()
        assert len(w.texts(RESOLVED + topic)) == 2, w.z.topics()
        text, = w.texts(topic, 8)
        assert "It was told before [in another topic](" in text, text
        assert w.z.count("post") == 3, w.z.effects
        w.push(red=False)
        w.go()
        assert len(w.texts(RESOLVED + topic, 8)) == 2, w.z.topics(8)
        assert len(w.texts(RESOLVED + topic)) == 2, w.z.topics()


def limit():
    "the server's limit holds across passes"
    with Chat() as w:
        w.red_twice()
        w.z.limit = (5, 3600)
        w.go(check=1)
        assert w.z.count("post") == 0, w.z.effects
        assert w.go() == [], "asked while it was told to wait"
        w.z.limit = None
        assert w.go() == [], "it waits as long as the server said"
        w.tocsin("outbox", "retry", "--all", check=0)
        w.go()
        assert w.z.count("post") == 1, (w.z.effects, w.said)


def nobody_knows():
    "a post whose answer is lost is there once; one that was none, too"
    for how in ("drop", "drop-before"):
        with Chat() as w:
            w.red_twice()
            w.z.fail("POST /api/v1/messages$", how)
            lost = how == "drop-before"
            w.go(check=1 if lost else 0)
            assert w.z.count("post") == (0 if lost else 1), how
            w.go(check=None)
            assert w.z.count("post") == (0 if lost else 1), (
                how, "before the hold-off is over")
            rows = json.loads(w.tocsin("outbox", "list", "--json", check=0)
                              .stdout or "null")
            assert bool(rows) == lost, (how, rows)


def recipients():
    "a channel that may not be written to is not, whatever a contact says"
    for globs, topics in (("[builds, 'ops-*']", 0), ("[CO*]", 1)):
        with Chat() as w:
            w.change("site:", "recipients: %s\n    site:" % globs)
            w.red_twice()
            w.go(None)
            assert len(w.z.topics(7)) == topics, (globs, w.z.topics(7))
            assert w.z.count("post") == topics, w.z.effects


def redirected():
    "everything goes to one channel"
    with Chat() as w:
        for project in ("acme/a", "acme/b"):
            w.red_twice(project)
        w.change("site:", "redirect: builds\n    site:")
        w.go()
        assert w.z.topics(7) == {}, w.z.topics(7)
        topics = sorted(w.z.topics(8))
        assert [t[:13] for t in topics] == ["[for acme/a] ",
                                            "[for acme/b] "], topics


def not_armed():
    "nothing is asked of the server"
    with Chat() as w:
        w.red_twice()
        w.change("armed: true", "armed: false")
        assert w.go() == []
        w.write("tocsin.yaml", w.config_text)
        assert w.go(0, "--dry-run") == []
        assert "main does not build" in w.said, w.said


def switched_off():
    "the kill switch thrown between two writes: the rest later, and once"
    with Chat() as w:
        stop = w.path("stop")

        def throw(out):
            with open(stop, "w", encoding="utf-8"):
                return out
        w.write("tocsin.yaml", w.config_text
                + "guards: {kill_switch: %s}\n" % stop)
        topic = w.told()
        w.push(red=False)
        w.z.fail("^PATCH ", "lie", body=throw)
        w.go(check=1)
        assert "kill switch" in w.said, w.said
        assert len(w.texts(RESOLVED + topic)) == 1, w.z.topics()
        effects = list(w.z.effects)
        w.go(check=1)
        assert w.z.effects == effects, w.z.effects
        os.unlink(stop)
        w.go()
        w.go()
        same = w.texts(RESOLVED + topic)
        assert len(same) == 2 and "It is over" in same[1], same


def limited_between():
    "the server's limit reached between two writes: the rest later, and once"
    with Chat() as w:
        topic = w.told()
        w.push(red=False)
        w.z.fail("^POST /api/v1/messages$", "error", body=(429, {
            "result": "error", "code": "RATE_LIMIT_HIT", "msg": "Slow down.",
            "retry-after": 1}))
        w.go(check=1)
        assert len(w.texts(RESOLVED + topic)) == 1, w.z.topics()
        for _ in range(3):          # as if its time had come
            db = sqlite3.connect(w.path("state", "tocsin.db"))
            with db:
                db.execute("UPDATE outbox SET next_try = 0, intent_at ="
                           " CASE WHEN intent_at THEN intent_at - 7200"
                           " ELSE 0 END")
                db.execute("DELETE FROM meta WHERE key LIKE"
                           " 'outbox.hold.%'")
            db.close()
            w.go(None)
        w.go()
        same = w.texts(RESOLVED + topic)
        assert len(same) == 2 and "It is over" in same[1], same


def wrong_key():
    "a key that is refused is said once, and never shown"
    with Chat() as w:
        w.red_twice()
        w.write("key", "Z" * 32)
        w.go(check=1)
        assert "INVALID_API_KEY" in w.said, w.said
        assert "Z" * 32 not in w.said
        w.write("key", "K" * 32)
        w.go()
        assert w.z.count("post") >= 1, w.z.effects


if __name__ == "__main__":
    main([life, lost_and_restored, people, new_owner, limit, nobody_knows, recipients,
          redirected, not_armed, switched_off, limited_between,
          wrong_key])
