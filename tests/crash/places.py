# SPDX-License-Identifier: BSD-3-Clause
"""Where the crash matrix sends to. A place says how its sink is configured,
what stands in it in the end, and who was told what."""
import collections
import copy
import email
import email.policy
import json
import os
import re
import shutil
import subprocess
import sys
import time

HERE = os.path.dirname(os.path.abspath(__file__))
sys.path.insert(0, os.path.join(HERE, "..", "fakes"))


class Place:
    """One that needs nothing of what it may ask for."""

    def settings(self):
        """Of the configuration, beside the sink."""
        return {}

    def at(self, now):
        """The clock of the place."""

    def settle(self):
        """Waits for what it still does about the words of the dead."""

    def all(self):
        """All that lies there, as a text."""
        return ""

    def names(self):
        """What it is called in this process alone."""
        return []

    def copies(self):
        """What stands twice and tells once."""
        return 0

    def keep(self, name):
        pass

    def put_back(self, name):
        pass

    def close(self):
        pass


class Served(Place):
    """Behind a port of 127.0.0.1. Whoever was killed has hung up; a
    connection that is still there is one that the server is at."""

    GONE = ("06", "0A")         # TIME_WAIT, and the one that listens

    def port(self):
        raise NotImplementedError

    def settle(self):
        port = ":%04X" % self.port()
        while True:
            with open("/proc/net/tcp", encoding="ascii") as f:
                if not any(word[1].endswith(port) and word[3] not in self.GONE
                           for word in map(str.split, f)):
                    return
            time.sleep(0.0005)


class Folder(Place):
    """The sink on disk, inside the world's own folder, and kept with it."""

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


def state_of(server, kept):
    """Objects by what is in them: each once."""
    seen = {}

    def text(v):
        if isinstance(v, dict):
            return "{%s}" % ", ".join("%s: %s" % (text(k), text(v[k]))
                                      for k in v)
        if isinstance(v, (set, frozenset)):
            return "{%s}" % ", ".join(sorted(map(text, v)))
        if isinstance(v, (list, tuple, collections.deque)):
            return "[%s]" % ", ".join(map(text, v))
        if not hasattr(v, "__dict__"):
            return repr(v)
        if id(v) in seen:
            return "#%d" % seen[id(v)]
        seen[id(v)] = len(seen)
        return type(v).__name__ + text(vars(v))

    with server.lock:
        return "\n".join(text(getattr(server, k)) for k in kept)


class GitHub(Served):
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

    def port(self):
        return self.gh.server.port

    def at(self, now):
        self.gh.now = now
        for token in self.gh.tokens.values():
            token.used = 0          # there is no limit to it here

    def all(self):
        return state_of(self.gh, self.KEPT)

    def names(self):
        return [self.gh.url]

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


class Zulip(Served):
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

    def port(self):
        return self.z.server.server_address[1]

    def at(self, now):
        self.now = now

    def all(self):
        return state_of(self.z, self.KEPT)

    def names(self):
        return [self.z.site]

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


class ZulipEdits(Zulip):
    """Where a text may be edited for ever, and no reply stands in for it."""

    def __init__(self, root):
        super().__init__(root)
        self.z.edit_seconds = None


class Mail(Served):
    """The sink email, and aiosmtpd in a process of its own. A mail that came
    twice is one that told, when both have one Message-ID: nobody can ask a
    server whether it has a mail, and programs show two of the same id as one.
    Such copies are counted."""

    PYTHON = "/usr/bin/python3"     # whose packages apt-get installs

    def __init__(self, root):
        self.dir = root + ".mail"
        os.mkdir(self.dir)
        self.server = subprocess.Popen(
            [self.PYTHON, "-B", os.path.join(HERE, "../email/server.py"),
             json.dumps({"dir": self.dir, "tls": "none"})],
            stdin=subprocess.PIPE, stdout=subprocess.PIPE,
            stderr=subprocess.DEVNULL)
        self.url = "smtp://127.0.0.1:%d" % int(self.server.stdout.readline())

    @classmethod
    def is_built(cls):
        return is_built("email") and subprocess.run(
            [cls.PYTHON, "-c", "import aiosmtpd"], stderr=subprocess.DEVNULL,
            check=False).returncode == 0

    def sink(self):
        return {"plugin": "email", "smtp": self.url, "tls": "none",
                "local": True, "from": "Tocsin <tocsin@ci.example.org>",
                "deadline": "1m"}

    def team(self):
        return {"persons": ["corey"], "contacts": {"out": "core@example.org"}}

    def port(self):
        return int(self.url.rpartition(":")[2])

    def keep(self, name):
        shutil.rmtree(self.dir + name, ignore_errors=True)
        shutil.copytree(self.dir, self.dir + name)

    def put_back(self, name):
        for old in os.listdir(self.dir):
            os.unlink(os.path.join(self.dir, old))
        for kept in os.listdir(self.dir + name):
            shutil.copy(os.path.join(self.dir + name, kept), self.dir)

    def close(self):
        self.server.stdin.close()
        self.server.stdout.close()
        self.server.wait(30)

    def mails(self):
        """[(who has it, mail)], in the order in which they came."""
        out = []
        for name in sorted(os.listdir(self.dir), key=lambda n: (len(n), n)):
            path = os.path.join(self.dir, name)
            if not name.endswith(".eml"):
                continue
            with open(path, "rb") as f:
                mail = email.message_from_binary_file(
                    f, policy=email.policy.default)
            with open(path[:-4] + ".json", encoding="utf-8") as f:
                out.append((json.load(f)["to"], mail))
        return out

    def text(self, mail):
        return mail.get_body(("plain",)).get_content()

    def all(self):
        """But for the borders between parts, which are of chance."""
        return "\n".join("%r %s %s %s" % (
            to, [(k, str(v)) for k, v in mail.items()
                 if k.lower() != "content-type"], self.text(mail),
            mail.get_body(("html",)).get_content())
            for to, mail in self.mails())

    def names(self):
        return [self.url]

    def told_once(self):
        out, seen = [], set()
        for to, mail in self.mails():
            if (*to, mail["message-id"]) not in seen:
                out.append((to, mail))
            seen.add((*to, mail["message-id"]))
        return out

    def copies(self):
        return len(self.mails()) - len(self.told_once())

    def end(self):
        """What each thread said last."""
        out = {}
        for _, mail in self.told_once():
            ticket = mail["message-id"].split(".")[1]
            out[mail["x-tocsin-project"], ticket] = (
                mail["subject"], mail["x-tocsin-delivery"], self.text(mail))
        return out

    def told(self):
        return collections.Counter(
            (mail["x-tocsin-project"], mail["x-tocsin-delivery"], *to)
            for to, mail in self.told_once())


KINDS = {"file": Folder, "github-issues": GitHub, "zulip": Zulip,
         "zulip-edits": ZulipEdits, "email": Mail}
