#!/usr/bin/env python3
# SPDX-License-Identifier: BSD-3-Clause
"""The file sink in a real worker: what it writes, adopts, refuses and sees
of what people did."""
import json
import os
import stat
import sys
import tempfile

import yaml

sys.dont_write_bytecode = True
SRC = os.environ["TOCSIN_SRC"]
BUILD = os.environ["TOCSIN_BUILD"]
sys.path.insert(0, os.path.join(SRC, "tests", "plugins"))
from driver import events

PLUGINS = os.path.join(BUILD, "plugins", "file", ".libs")
KEY = "0123456789abcdef0123456789abcdef"


def note(delivery, nonce, key=KEY, **more):
    n = {"delivery": delivery, "ticket": key, "nonce": nonce,
         "marker": "<!-- tocsin 1:%s:%s -->" % (key, nonce),
         "project": "o/r", "title": "main does not build",
         "body": "text\n<!-- tocsin 1:%s:%s -->\n" % (key, nonce),
         "fields": {"rule": "a/b"}, "remote_id": None, "labels": ["ci"],
         "owner": {"name": "o/team", "persons": ["mara"], "contacts": {}}}
    n.update(more)
    return n


class Paper:
    def __init__(self, dir, **options):
        self.dir = os.path.join(dir, "paper")
        self.options = dict(options, dir=self.dir)

    def run(self, *notes):
        spec = {"plugin_path": [PLUGINS], "instances": [
            {"name": "paper", "plugin": "file", "sink": True,
             "options": self.options, "deliver": list(notes)}]}
        out, err = events(spec)
        self.seen = [r for e in out.kind("remotes") for r in e["remotes"]]
        self.said = [e for e in out.kind("batch")]
        self.all = out
        return [e for e in out.kind("delivered")]

    def state(self, key=KEY):
        with open(self.path(key), encoding="utf-8") as f:
            return json.load(f)

    def path(self, key=KEY):
        return os.path.join(self.dir, "tickets", key + ".json")

    def edit(self, **change):
        state = self.state()
        state.update(change)
        with open(self.path(), "w", encoding="utf-8") as f:
            json.dump(state, f)

    def index(self):
        with open(os.path.join(self.dir, "index.jsonl"),
                  encoding="utf-8") as f:
            return [json.loads(line) for line in f]

    def messages(self):
        return sorted(os.listdir(os.path.join(self.dir, "messages")))


def same(a, b, what):
    assert a == b, "%s: %r and not %r" % (what, a, b)


def status(event):
    s = event["status"]
    return {0: "ok", 1: "retry", 2: "reject", 3: "fatal"}.get(s, s)


def life(tmp):
    p = Paper(tmp)
    d = p.run(note("open", "n1"))
    same([status(e) for e in d], ["ok"], "open")
    same(d[0]["receipt"]["remote_id"], KEY, "remote id")
    same(stat.S_IMODE(os.stat(p.dir).st_mode), 0o700, "mode of the folder")
    same(p.messages(), [KEY + "-0001-open.md"], "messages")
    text = open(os.path.join(p.dir, "messages", p.messages()[0]),
                encoding="utf-8").read()
    front, body = text[4:].split("\n---\n", 1)
    same(body, note("open", "n1")["body"], "body, byte for byte")
    front = yaml.safe_load(front)
    same(front["title"], "main does not build", "title")
    same(front["fields"], {"rule": "a/b"}, "fields")
    same(front["owner"]["persons"], ["mara"], "persons")
    p.run(note("update", "n2"))
    same([r["state"] for r in p.seen], ["open"], "observed")
    same(p.seen[0]["labels"], ["ci"], "labels observed")
    p.run(note("remind", "n3"), note("resolve", "n4"))
    same(p.state()["state"], "completed", "resolved")
    same(p.state()["by"], None, "by us")
    p.run(note("reopen", "n5"))
    same(p.state()["state"], "open", "reopened")
    same([i["delivery"] for i in p.index()],
         ["open", "update", "remind", "resolve", "reopen"], "index")
    same(len(p.messages()), 5, "a file a delivery")


def people(tmp):
    p = Paper(tmp)
    p.run(note("open", "n1"))
    p.edit(state="not_planned", by="mara", labels=["tocsin: snooze"],
           changed="2026-11-01T00:00:00Z")
    p.run(note("update", "n2"))
    same(p.seen[0]["state"], "not_planned", "state")
    same(p.seen[0]["by"], "mara", "by")
    same(p.seen[0]["labels"], ["tocsin: snooze"], "labels")
    same(p.seen[0]["changed"], 1793491200, "changed")
    state = p.state()
    same((state["state"], state["by"], state["labels"]),
         ("not_planned", "mara", ["tocsin: snooze"]),
         "an update leaves people's changes")
    # an opening after the state was lost must not undo a person either
    p.run(note("open", "n3"))
    same(p.state()["state"], "not_planned", "adopted as it is")


def adopts(tmp):
    p = Paper(tmp)
    d = p.run(note("open", "n1"))
    same(d[0]["receipt"]["adopted"], False, "new")
    # the receipt was lost: the same delivery again
    d = p.run(note("open", "n1"))
    same(d[0]["receipt"]["adopted"], True, "adopted")
    same(len(p.messages()), 1, "one message")
    same(len(p.index()), 1, "one line")
    # killed between the state and the index
    os.truncate(os.path.join(p.dir, "index.jsonl"), 0)
    p.run(note("open", "n1"))
    same(len(p.index()), 1, "the line is made good")
    # a torn line does not swallow the next one
    with open(os.path.join(p.dir, "index.jsonl"), "a") as f:
        f.write('{"torn')
    p.run(note("update", "n2"))
    with open(os.path.join(p.dir, "index.jsonl")) as f:
        same(len(f.read().splitlines()), 3, "lines")
    # the core's state was lost: an open with another nonce
    d = p.run(note("open", "n9"))
    same(d[0]["receipt"]["adopted"], True, "adopted by key")
    same(len(os.listdir(os.path.join(p.dir, "tickets"))), 1, "one ticket")


def refuses(tmp):
    p = Paper(tmp)
    d = p.run(note("update", "n1"), note("resolve", "n2"),
              note("open", "n3", key="../../etc/passwd"),
              note("open", "n4", key=""),
              note("open", "n5", key="a" * 65),
              note("open", "../x"))
    same([status(e) for e in d], ["reject"] * 6, "refused")
    same(os.path.exists(os.path.join(p.dir, "index.jsonl")), False, "clean")
    p.run(note("open", "n1"))
    with open(p.path(), "w") as f:
        f.write("{ not json")
    d = p.run(note("update", "n2"), note("open", "n3"))
    same([status(e) for e in d], ["retry"] * 2,
         "where it cannot look it does not write")
    same(p.seen, [], "nothing observed")
    os.unlink(p.path())
    p.run(note("open", "n4"))
    p.edit(state="deleted", by="mara")
    d = p.run(note("update", "n5"))
    same(status(d[0]), "reject", "it is gone")
    d = p.run(note("open", "n6"))
    same((status(d[0]), d[0]["receipt"]["adopted"]), ("ok", False),
         "made anew")
    assert d[0]["receipt"]["remote_id"] != KEY, "another id"


def hostile(tmp):
    p = Paper(tmp, flavour="plain")
    title = 'a/../../b\n---\nfront: broken "quotes" \u202e: [x'
    p.run(note("open", "n1", title=title, project="../../x"))
    same(p.messages(), [KEY + "-0001-open.txt"], "names from the key only")
    text = open(os.path.join(p.dir, "messages", p.messages()[0]),
                encoding="utf-8").read()
    front = yaml.safe_load(text[4:].split("\n---\n", 1)[0])
    same(front["title"], title, "title")
    same(sorted(os.listdir(p.dir)), ["index.jsonl", "messages", "tickets"],
         "nothing beside")


def shows(tmp):
    p = Paper(tmp, stdout="true")
    d = p.run(note("open", "n1"))
    assert d[0]["receipt"]["text"].endswith(note("open", "n1")["body"])


for test in (life, people, adopts, refuses, hostile, shows):
    with tempfile.TemporaryDirectory() as tmp:
        test(tmp)
