# SPDX-License-Identifier: BSD-3-Clause
"""The sink in a real worker against the small Zulip of tests/fakes."""
import os
import sys
import tempfile

sys.dont_write_bytecode = True
SRC = os.environ["TOCSIN_SRC"]
BUILD = os.environ["TOCSIN_BUILD"]
sys.path.insert(0, os.path.join(SRC, "tests", "plugins"))
sys.path.insert(0, os.path.join(SRC, "tests", "fakes"))
from driver import events
from zulip import Zulip

PLUGINS = os.path.join(BUILD, "plugins", "zulip", ".libs")
KEY = "0123456789abcdef0123456789abcdef"
OTHER = "fedcba9876543210fedcba9876543210"
STATUS = ["ok", "retry", "reject", "fatal"]


def note(delivery, nonce, text="**It fails.**", key=KEY, **more):
    marker = "`tocsin 1:%s:%s`" % (key, nonce)
    n = {"delivery": delivery, "ticket": key, "nonce": nonce,
         "marker": marker, "project": "o/r", "title": "r: main is red",
         "body": "%s\n%s\n" % (text, marker), "fields": {},
         "remote_id": None, "labels": [],
         "owner": {"name": "core", "persons": [],
                   "contacts": {"zulip": "core"}}}
    n.update(more)
    return n


def owner(contact, sink="zulip"):
    return {"name": "team", "persons": [], "contacts": {sink: contact}}


class Sink:
    """One instance; what the core would know of its tickets is given."""

    def __init__(self, z, folder, **options):
        self.z = z
        key = os.path.join(folder, "key")
        with open(key, "w", encoding="utf-8") as f:
            f.write(options.pop("key", "K" * 32) + "\n")
        os.chmod(key, 0o600)
        self.options = dict({"site": z.site, "api_key_file": key,
                             "email": "tocsin-bot@zulip.example"}, **options)
        self.standing, self.cursor = [], None

    def run(self, *notes, reach=(), **more):
        spec = dict({"plugin_path": [PLUGINS],
                     "http": {"tries": 1, "wait_max": 1}, "instances": [
            {"name": "chat", "plugin": "zulip", "sink": True,
             "options": self.options, "deliver": list(notes),
             "reach": list(reach), "standing": self.standing,
             "cursor": self.cursor}]}, **more)
        out, self.err = events(spec)
        self.all = out
        self.remotes = [r for e in out.kind("remotes") for r in e["remotes"]]
        self.notices = [n for e in out.kind("remotes") for n in e["notices"]]
        self.ended = out.kind("ended")[0]
        self.seen = out.kind("observed")
        return [dict(e.get("receipt") or {}, status=STATUS[e["status"]])
                for e in out.kind("delivered")]

    def one(self, *args, **more):
        got = self.run(*args, **more)
        assert len(got) == 1, got
        return got[0]

    def state(self, key):
        """Of a ticket; others may have been found beside it."""
        return [r["state"] for r in self.remotes if r["ticket"] == key][0]

    def open(self, **more):
        """A ticket that stands, known to the core."""
        got = self.one(note("open", "n1", **more))
        assert got["status"] == "ok", (got, self.err)
        self.standing = [[more.get("key", KEY), got["remote_id"], "open"]]
        return got


def same(a, b, what):
    assert a == b, "%s: %r and not %r" % (what, a, b)


def run_all(module):
    """Every function whose name begins with test_, each with a server of its
    own."""
    failed = 0
    for name, f in sorted(vars(module).items()):
        if not name.startswith("test_"):
            continue
        with tempfile.TemporaryDirectory() as tmp, Zulip() as z:
            try:
                f(z, tmp)
                assert not z.ignored, "unknown to the API: %s" % z.ignored
                print("ok   %s" % name)
            except Exception as e:
                failed += 1
                print("FAIL %s: %s: %s" % (name, type(e).__name__, e))
                import traceback
                traceback.print_exc(file=sys.stdout)
    print("%d failed" % failed)
    return 1 if failed else 0
