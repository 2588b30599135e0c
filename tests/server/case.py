# SPDX-License-Identifier: BSD-3-Clause
"""One case: a folder of its own, the real program, what came of each pass."""
import ipaddress
import json
import os
import re
import shutil
import socket
import sqlite3
import subprocess
import tempfile

import yaml

import h2
import match
from replay import Replay
from script import Mistake, Script, only
from server import Server

BUILD = os.environ.get("TOCSIN_BUILD") or os.path.abspath(os.path.join(
    os.path.dirname(__file__), "..", "..", "build"))
SRC = os.path.abspath(os.path.join(os.path.dirname(__file__), "..", ".."))
TOCSIN = os.environ.get("TOCSIN") or os.path.join(BUILD, "tocsin")
CORPUS = os.environ.get("TOCSIN_CORPUS") or os.path.abspath(os.path.join(
    os.path.dirname(__file__), "..", "..", "..", "shared", "data"))

CASE_KEYS = {"about", "host", "hosts", "exchanges", "replay", "config",
             "env", "passes", "needs", "preset"}
PASS_KEYS = {"now", "args", "env", "exit", "stdout", "stderr", "requests",
             "runs", "incidents", "facts", "notices", "validators",
             "standing", "cursors", "messages", "decisions", "config", "about", "files",
             "without", "debug",
             "connections"}
HOST_KINDS = ("good", "expired", "wrong-name", "unknown-ca", "down", "mute",
              "h2")

# What a case does not say of its configuration.
BASE = {
    "version": 1,
    "armed": True,
    "http": {"contact": "tests@example.org", "tries": 2},
    "sinks": {"issues": {"plugin": "file", "dir": "${dir}/out"}},
    "policy": {"open": {"any": [{"pushes": 1}]},
               "budget": {"new_per_pass": 1000, "new_per_day": 1000,
                          "new_per_person_per_day": 1000}},
    "guards": {"breaker": {"at_least": "unlimited"}},
    "teams": {"core": {"persons": ["corey"]}},
    "routes": [{"match": {"project": "*/*"}, "owner": "core",
                "via": ["issues"]}],
    "fallback": {"owner": "core", "via": ["issues"]},
}

OUTCOMES = ("unknown", "success", "failure", "cancelled", "skipped",
            "timed-out", "abandoned")
STATES = ("pending", "open", "resolved")

QUERIES = {
    "runs": """
select s.name source, run_id id, attempt, p.name project, b.name branch,
    j.workflow, j.job, j.variant, "commit", url, "trigger", outcome, created,
    started, finished, push_complete, default_branch,
    (select rule from failure where run = r.id and is_primary) rule,
    (select category from failure where run = r.id and is_primary) category,
    (select blame from failure where run = r.id and is_primary) blame,
    (select json_extract(detail, '$.line') from failure
        where run = r.id and is_primary) line,
    (select json_extract(detail, '$.url') from failure
        where run = r.id and is_primary) line_url
from run r join branch b on b.id = r.branch join project p on p.id = b.project
    join job j on j.id = r.job join source s on s.id = r.source
order by p.name, r.id, attempt""",
    "incidents": """
select p.name project, b.name branch, i.kind, i.source, i.rule, i.category,
    i.blame, i.state, i.standing, i.pushes, i.attempts, i.greens, i.stale,
    i.url, i.first_red_commit, i.last_red_commit, i.last_green_commit,
    i.target
from incident i join branch b on b.id = i.branch
    join project p on p.id = b.project
order by p.name, i.id""",
    "facts": """
select subject, key, source, value from fact order by subject, key, source""",
    "notices": "select instance, code, text from notice order by 1, 2",
    "validators": """
select instance, url, etag, modified from validator order by 1, 2""",
    "standing": """
select source, snapshot, key, entry, missing from standing order by 1, 2, 3
""",
    "decisions": """
select t.project, t.kind, d.code, d.text, d.inputs from ticket t
    join decision d on d.id = (select max(id) from decision
                               where ticket = t.key)
where t.kind <> 'operators' order by t.project, t.id""",
    "cursors": "select instance, value from cursor order by 1",
}


class Loader(yaml.SafeLoader):
    """Times stay text; !json is a value that is written as JSON text."""


Loader.yaml_implicit_resolvers = {
    k: [(tag, pattern) for tag, pattern in v
        if tag != "tag:yaml.org,2002:timestamp"]
    for k, v in yaml.SafeLoader.yaml_implicit_resolvers.items()}


def as_json(loader, node):
    if isinstance(node, yaml.SequenceNode):
        value = loader.construct_sequence(node, deep=True)
    else:
        value = loader.construct_mapping(node, deep=True)
    return json.dumps(value)


Loader.add_constructor("!json", as_json)


class Skip(Exception):
    pass


def inside():
    """A name, not localhost, that stands for this machine."""
    for name in (socket.gethostname(), "ip6-localhost"):
        try:
            found = {a[4][0] for a in socket.getaddrinfo(name, 80)}
        except OSError:
            continue
        if name != "localhost" and all(
                ipaddress.ip_address(a.partition("%")[0]).is_private
                for a in found):
            return name
    raise Skip("this machine has no name but localhost")


def load(path):
    try:
        with open(path, encoding="utf-8") as f:
            text = f.read()
        if "${inside}" in text:
            text = text.replace("${inside}", inside())
        return yaml.load(text, Loader)
    except yaml.YAMLError as e:
        raise Mistake("%s" % e) from None


def merged(base, more):
    """more over base; a key with null is left out."""
    if not isinstance(base, dict) or not isinstance(more, dict):
        return more
    out = dict(base)
    for key, value in more.items():
        out[key] = merged(out[key], value) if key in out else value
        if out[key] is None:
            del out[key]
    return out


def sanitized():
    with open(os.path.join(BUILD, "config.h"), encoding="utf-8") as f:
        return "TOCSIN_SANITIZED 1" in f.read()


class Case:
    def __init__(self, folder, authority):
        self.folder, self.name = folder, os.path.basename(folder)
        self.authority = authority
        spec = load(os.path.join(folder, "case.yaml"))
        only("case.yaml", spec, CASE_KEYS)
        for p in spec.get("passes") or []:
            only("passes", p, PASS_KEYS)
        if not spec.get("passes"):
            raise Mistake("no passes")
        self.spec = spec
        self.check_needs()
        self.replay = None
        if spec.get("replay"):
            self.replay = Replay(self.corpus(spec["replay"]))
        hosts = spec.get("hosts") or {}
        if isinstance(hosts, list):
            hosts = dict.fromkeys(hosts, "good")
        self.hosts = {h: k or "good" for h, k in hosts.items()}
        if "h2" in self.hosts.values() and not h2.find():
            raise Skip("no nghttpx (nghttp2-proxy)")
        for host, kind in self.hosts.items():
            if kind not in HOST_KINDS:
                raise Mistake("hosts: %s: %s is none of %s"
                              % (host, kind, ", ".join(HOST_KINDS)))
        if self.replay:
            for host in self.replay.hosts():
                self.hosts.setdefault(host, "good")
        if not self.hosts:
            raise Mistake("no hosts")
        self.script = Script(spec.get("exchanges") or [], folder,
                             spec.get("host") or next(iter(self.hosts)),
                             self.replay, authority)

    def corpus(self, name):
        path = os.path.join(CORPUS, name)
        if not os.path.exists(path):
            raise Skip("no %s (TOCSIN_CORPUS)" % name)
        return path

    def check_needs(self):
        for name in self.spec.get("needs") or []:
            if name.startswith("corpus/"):
                self.corpus(name[7:])
            elif name == "memory":
                if sanitized():
                    raise Skip("no limit of memory with sanitizers")
            elif not os.path.exists(os.path.join(
                    BUILD, "plugins", name, ".libs",
                    "tocsin-%s.so" % name)):
                raise Skip("no plugin %s in this build" % name)

    # -- running --

    def run(self, keep=False):
        """What is wrong, as text; "" when nothing is."""
        self.dir = tempfile.mkdtemp(prefix="tocsin-server-")
        os.chmod(self.dir, 0o755)
        os.mkdir(self.path("state"))
        self.server = Server(self.script.answer, self.authority.contexts(
            self.dir, {h: k for h, k in self.hosts.items()
                       if k not in ("down", "mute", "h2")}))
        # Connections are taken by the kernel and get no answer.
        self.mute = socket.create_server(("127.0.0.1", 0))
        self.front = None
        try:
            if "h2" in self.hosts.values():
                self.front = self.http2()
            return self.passes()
        finally:
            self.server.stop()
            self.mute.close()
            if self.front:
                self.front.stop()
            if not keep:
                shutil.rmtree(self.dir, ignore_errors=True)

    def http2(self):
        names = [h for h, k in self.hosts.items() if k == "h2"]
        return h2.Front(self.dir, self.authority.leaf(
            self.path("h2.pem"), "good", names),
            self.authority.path("leaf.key"), self.server.port)

    def path(self, *names):
        return os.path.join(self.dir, *names)

    def fill(self, text):
        names = {"dir": self.dir, "case": self.folder,
                 "port": str(self.server.port), "corpus": CORPUS,
                 "ca": self.authority.path("ca.pem"),
                 "app_key": self.path("app.key")}
        return re.sub(r"\$\{(\w+)\}", lambda m: names.get(
            m.group(1), m.group(0)), text)

    def filled(self, value):
        if isinstance(value, dict):
            return {k: self.filled(v) for k, v in value.items()}
        if isinstance(value, list):
            return [self.filled(v) for v in value]
        return self.fill(value) if isinstance(value, str) else value

    def write_secret(self, name, text):
        path = self.path(name)
        os.makedirs(os.path.dirname(path), exist_ok=True)
        fd = os.open(path, os.O_WRONLY | os.O_CREAT | os.O_TRUNC, 0o600)
        with os.fdopen(fd, "w", encoding="utf-8") as f:
            f.write(text)

    def connect_to(self):
        # Nobody listens on port 1.
        ports = {"down": 1, "mute": self.mute.getsockname()[1]}
        if self.front:
            ports["h2"] = self.front.port
        return ["%s:%d:127.0.0.1:%d" % (host, known, ports.get(
                    kind, self.server.port))
                for host, kind in self.hosts.items() for known in (443, 80)]

    def base(self):
        """A small configuration, or one that is shipped, with its key."""
        preset = self.spec.get("preset")
        if not preset:
            return BASE
        folder = os.path.join(SRC, "conf", preset)
        for name in os.listdir(folder):
            shutil.copy(os.path.join(folder, name), self.path(name))
            os.chmod(self.path(name), 0o644)
        shutil.copy(self.path("app.key"), self.path("reader.pem"))
        os.chmod(self.path("reader.pem"), 0o600)
        # The sinks lie in a file of their own. Nothing may be written to the
        # machine's own folders.
        conf = load(os.path.join(folder, "tocsin.yaml"))
        conf["include"].remove("sinks.yaml")
        conf = merged(conf, load(os.path.join(folder, "sinks.yaml")))
        return json.loads(json.dumps(conf).replace("/var/lib/tocsin",
                                                   "${dir}"))

    def configure(self, more):
        conf = self.spec.get("config") or {}
        if isinstance(conf, str):
            conf = load(os.path.join(self.folder, conf))
        conf = merged(merged(self.base(), {
            "state": "sqlite:${dir}/state/tocsin.db",
            "plugin_path": [os.path.join(BUILD, "tests", "plugins",
                                         ".libs")],
            "http": {"ca_file": self.authority.path("ca.pem"),
                     "connect_to": self.connect_to()},
        }), merged(conf, more or {}))
        with open(self.path("tocsin.yaml"), "w", encoding="utf-8") as f:
            yaml.safe_dump(self.filled(conf), f, sort_keys=False)

    def environment(self, p):
        env = {k: v for k, v in os.environ.items()
               if not k.lower().endswith("_proxy")}
        for given in (self.spec.get("env"), p.get("env")):
            env.update(self.filled({k: str(v) for k, v in
                                    (given or {}).items()}))
        return env

    def passes(self):
        shutil.copy(self.authority.path("app.key"), self.path("app.key"))
        os.chmod(self.path("app.key"), 0o600)
        out = []
        for nr, p in enumerate(self.spec["passes"], 1):
            faults = self.one_pass(nr, p)
            if faults:
                out.append("-- pass %d\n%s" % (nr, "\n".join(faults)))
        if self.script.rest():
            out.append("-- after the last pass\n"
                       + "\n".join(self.script.rest()))
        return "\n".join(out)

    def one_pass(self, nr, p):
        for name, text in (p.get("files") or {}).items():
            self.write_secret(name, self.fill(text))
        self.configure(p.get("config"))
        self.script.begin(nr)
        before = self.connections()
        debug = ["-D", p["debug"]] if "debug" in p else []
        command = [TOCSIN, "-c", self.path("tocsin.yaml"), *debug, "run",
                   "--now", p.get("now", "2026-08-01T00:00:00Z"),
                   *(str(a) for a in p.get("args") or [])]
        done = subprocess.run(command, stdout=subprocess.PIPE,
                              stderr=subprocess.PIPE, timeout=120,
                              env=self.environment(p), cwd=self.dir)
        faults = self.script.faults() + self.compare(p, done)
        made = self.connections() - before
        if made > p.get("connections", made):
            faults.append("%d connections were made, at most %d were wanted"
                          % (made, p["connections"]))
        return faults

    def connections(self):
        """That clients made."""
        return self.front.connections if self.front \
            else self.server.connections

    # -- what came of it --

    def plain(self, data):
        """Lines without what is different each time."""
        out = data.decode("utf-8", "replace")
        out = out.replace(self.dir, "${dir}")
        return out.replace(":%d" % self.server.port, ":${port}").splitlines()

    def compare(self, p, done):
        stderr = self.plain(done.stderr)
        out = [match.diff("exit status", [p.get("exit", 0)],
                          [done.returncode])]
        if "stdout" in p:
            out.append(match.diff("stdout", p["stdout"],
                                  self.plain(done.stdout)))
        out.append(self.compare_stderr(p, stderr))
        if "requests" in p:
            wanted = p["requests"]
            have = list(self.script.requests)
            if isinstance(wanted, int):
                wanted, have = [wanted], [len(have)]
            out.append(match.diff("requests", wanted, have))
        for what in (*QUERIES, "messages"):
            if what in p:
                out.append(match.diff(what, self.wanted(what, p[what]),
                                      self.rows(what)))
        for text in p.get("without") or []:
            everything = done.stdout + done.stderr + self.stored()
            if re.search(text.encode(), everything):
                out.append("%r is in what was said or stored" % text)
        return [o for o in out if o]

    def compare_stderr(self, p, lines):
        """A list is all of it; {has: [..]} are lines among others."""
        wanted = p.get("stderr", [])
        if isinstance(wanted, list):
            return match.diff("stderr", wanted, lines)
        missing = [w for w in wanted.get("has", [])
                   if not any(match.fits(w, line) for line in lines)]
        if not missing:
            return ""
        return "not on stderr:\n  %s\nstderr:\n  %s" % (
            "\n  ".join(missing), "\n  ".join(lines))

    def wanted(self, what, rows):
        if what == "cursors" and isinstance(rows, dict):
            return [{"instance": k, "value": v} for k, v in rows.items()]
        return rows

    def rows(self, what):
        if what == "messages":
            return self.messages()
        path = self.path("state", "tocsin.db")
        if not os.path.exists(path):
            return []
        db = sqlite3.connect("file:%s?mode=ro" % path, uri=True)
        db.row_factory = sqlite3.Row
        try:
            return [readable(what, dict(r)) for r in db.execute(
                QUERIES[what])]
        finally:
            db.close()

    def messages(self):
        """Of all sinks that write into folders of this one."""
        out = []
        for sink in sorted(os.listdir(self.dir)):
            path = self.path(sink, "index.jsonl")
            if not os.path.exists(path):
                continue
            with open(path, encoding="utf-8") as f:
                lines = [json.loads(line) for line in f if line.strip()]
            for m in lines:
                m["sink"] = sink
                with open(self.path(sink, m["message"]), encoding="utf-8",
                          newline="") as f:
                    m["text"] = f.read()
            out += lines
        return out

    def stored(self):
        out = b""
        for top, _, names in os.walk(self.dir):
            for name in names:
                if os.path.basename(top) in ("state", "out"):
                    with open(os.path.join(top, name), "rb") as f:
                        out += f.read()
        return out


def readable(what, row):
    if what in ("runs", "incidents"):
        row = {k: v for k, v in row.items() if v not in (None, "")}
    if what == "runs":
        row["outcome"] = OUTCOMES[row["outcome"]]
    if what == "incidents":
        row["state"] = STATES[row["state"]]
    if what == "facts":
        row["value"] = json.loads(row["value"])
    if what == "standing":
        row["entry"] = json.loads(row["entry"]) if row["entry"] else None
    return row
