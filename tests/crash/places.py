# SPDX-License-Identifier: BSD-3-Clause
"""Where the crash matrix sends to. A place says how its sink is configured,
what stands in it in the end, and who was told what."""
import collections
import copy
import json
import os
import re
import sys

HERE = os.path.dirname(os.path.abspath(__file__))
sys.path.insert(0, os.path.join(HERE, "..", "fakes"))


class Folder:
    """The sink on disk, inside the world's own folder."""

    def __init__(self, root):
        self.root = root
        self.out = os.path.join(root, "out")

    @staticmethod
    def is_built():
        return True

    def sink(self):
        return {"plugin": "file", "dir": self.out}

    def team(self):
        return {"persons": ["corey"]}

    def settings(self):
        return {}

    def at(self, now):
        """The clock of the place."""

    # It lies in the world's folder, and is kept with it.
    def keep(self, name):
        pass

    def put_back(self, name):
        pass

    def close(self):
        pass

    def end(self):
        """{what it is of: how each of it stands}: more than one is a
        duplicate."""
        out = {}
        folder = os.path.join(self.out, "tickets")
        for name in sorted(os.listdir(folder)) if os.path.isdir(folder) \
                else ():
            if not name.endswith(".json"):
                continue            # of a write that was cut short
            with open(os.path.join(folder, name), encoding="utf-8") as f:
                state = json.load(f)
            key = state["project"], state["ticket"]
            out[key] = out.get(key, ()) + (
                (state["state"], self.body(state["message"])),)
        return out

    def body(self, name):
        """What people read, without the marker, in which the intent has a
        number of chance."""
        path = os.path.join(self.out, name)
        with open(path, encoding="utf-8") as f:
            text = f.read().split("\n---\n", 1)[1]
        return re.sub("[0-9a-f]{32}:[0-9a-f]{32}", "MARK", text)

    def index(self):
        path = os.path.join(self.out, "index.jsonl")
        if not os.path.exists(path):
            return []
        with open(path, encoding="utf-8") as f:
            return [json.loads(line) for line in f if line.strip()]

    def told(self):
        """What people were told, edits left out. To open what stood there
        once is to reopen it."""
        return collections.Counter(
            (m["project"], m["ticket"],
             "open" if m["delivery"] == "reopen" else m["delivery"])
            for m in self.index()
            if not m["adopted"] and m["delivery"] != "update")


def is_built(plugin):
    return os.path.exists(os.path.join(
        os.environ["TOCSIN_BUILD"], "plugins", plugin, ".libs",
        "tocsin-%s.so" % plugin))


class GitHub:
    """The sink github-issues, and a small GitHub in this process."""

    KEPT = ("accounts", "repos", "names", "moved", "deleted", "tokens",
            "notifications", "commands", "last_id")

    def __init__(self, root):
        import github
        self.root = root
        self.gh = github.GitHub(limits=False).__enter__()
        self.gh.user("corey")
        for n in range(4):
            self.gh.repo("acme/p%d" % n, push=["corey"])
        self.gh.user("tocsin-bot")
        self.token = root + ".token"
        with open(self.token, "w", encoding="ascii") as f:
            f.write(self.gh.token("tocsin-bot"))
        os.chmod(self.token, 0o600)
        self.kept = {}

    @staticmethod
    def is_built():
        return is_built("github-issues")

    def sink(self):
        return {"plugin": "github-issues", "url": self.gh.url,
                "token_file": self.token, "write_gap": "0s",
                "organization": "acme",
                "deadline": "1m"}

    def team(self):
        return {"persons": ["corey"]}

    def settings(self):
        return {"http": {"tries": 1, "timeout": "10s"}}

    def at(self, now):
        self.gh.now = now

    def keep(self, name):
        with self.gh.lock:
            self.kept[name] = copy.deepcopy(
                {k: getattr(self.gh, k) for k in self.KEPT})

    def put_back(self, name):
        with self.gh.lock:
            for k, v in copy.deepcopy(self.kept[name]).items():
                setattr(self.gh, k, v)
            self.gh.requests.clear()
            self.gh.recorded.clear()
            self.gh.writes.clear()

    def close(self):
        self.gh.__exit__(None, None, None)

    def end(self):
        out = {}
        if self.gh.commands:
            raise AssertionError("commands: %r" % self.gh.commands)
        for i in self.gh.issues():
            if i.reason == "duplicate":     # it slipped through
                continue
            mark = re.search("([0-9a-f]{32}):[0-9a-f]{32}", i.body)
            key = i.repo.name, mark and mark[1]
            body = re.sub("[0-9a-f]{32}:[0-9a-f]{32}", "MARK", i.body)
            out[key] = out.get(key, ()) + (
                (i.state, i.reason, sorted(i.labels), len(i.comments),
                 body),)
        return out

    def told(self):
        return collections.Counter(
            (n["issue"] if isinstance(n["issue"], str)
             else n["issue"].repo.name, n["to"], n["why"])
            for n in self.gh.told())


class Zulip:
    """The sink zulip, and a small Zulip in this process."""

    KEPT = ("messages", "next_message", "effects", "notified")

    def __init__(self, root):
        import zulip
        self.now = 0
        self.resolved = zulip.RESOLVED
        self.z = zulip.Zulip(clock=lambda: self.now).start()
        self.key = root + ".key"
        with open(self.key, "w", encoding="ascii") as f:
            f.write("K" * 32)
        os.chmod(self.key, 0o600)
        self.kept = {}

    @staticmethod
    def is_built():
        return is_built("zulip")

    def sink(self):
        return {"plugin": "zulip", "site": self.z.site,
                "email": "tocsin-bot@zulip.example",
                "api_key_file": self.key, "deadline": "1m"}

    def team(self):
        return {"persons": ["corey"], "contacts": {"out": "core"}}

    def settings(self):
        return {"http": {"tries": 1, "timeout": "10s"}}

    def at(self, now):
        self.now = now

    def keep(self, name):
        with self.z.lock:
            self.kept[name] = copy.deepcopy(
                {k: getattr(self.z, k) for k in self.KEPT})

    def put_back(self, name):
        with self.z.lock:
            for k, v in copy.deepcopy(self.kept[name]).items():
                setattr(self.z, k, v)
            self.z.requests.clear()

    def close(self):
        self.z.stop()

    def topic_of(self, topic):
        return topic.removeprefix(self.resolved)

    def end(self):
        out = {}
        for topic, messages in self.z.topics().items():
            key = self.topic_of(topic)
            text = re.sub("[0-9a-f]{32}[:/.][0-9a-f]{32}", "MARK",
                          messages[-1]["content"])
            out[key] = out.get(key, ()) + ((topic != key, text),)
        return out

    def told(self):
        """A message is one to all who read the channel."""
        return collections.Counter(
            self.topic_of(m["topic"])
            for messages in self.z.topics().values() for m in messages)


KINDS = {"file": Folder, "github-issues": GitHub, "zulip": Zulip}
