# SPDX-License-Identifier: BSD-3-Clause
"""A small GitHub with state, on 127.0.0.1: README.md says what it knows.

    with GitHub() as gh:
        gh.user("alice"); gh.org("acme", members=["alice"])
        gh.repo("acme/widget", push=["alice"])
        gh.app("tocsin", 1234, installed_on=["acme"])
        ... url: gh.url ...
        assert [i.title for i in gh.issues("acme/widget")] == [...]
"""
import base64
import hashlib
import html
import json
import os
import re
import subprocess
import sys
import tempfile
import threading
import time
from urllib.parse import parse_qsl, quote, unquote, urlsplit

HERE = os.path.dirname(os.path.abspath(__file__))
sys.path.insert(0, os.path.join(HERE, "..", "server"))
from server import Gone, Server  # noqa: E402

BODY_MAX, TITLE_MAX, LABEL_MAX, DESCRIPTION_MAX = 65536, 256, 50, 100
PER_MINUTE, PER_HOUR = 80, 500
# What webservices obeys, wherever it stands in an issue.
COMMAND = re.compile(r"@conda-forge-(admin|linter)\s*[,:]?\s*", re.I)
MENTION = re.compile(r"(?<![\w/`@.\-])@([A-Za-z0-9](?:[A-Za-z0-9-]{0,38}))"
                     r"(?:/([A-Za-z0-9][\w-]*))?(?![\w/-])")


def iso(t):
    return time.strftime("%Y-%m-%dT%H:%M:%SZ", time.gmtime(t))


class Refused(Exception):
    """A reply that is no success."""

    def __init__(self, status, message, headers=(), **more):
        super().__init__("%d %s" % (status, message))
        self.status, self.headers = status, dict(headers)
        self.body = {"message": message, "documentation_url":
                     "https://docs.github.com/rest", **more}


def invalid(field, code="invalid", message=None, resource="Issue"):
    e = {"resource": resource, "field": field, "code": code}
    if message:
        e.update(code="custom", message=message)
    return Refused(422, "Validation Failed", errors=[e])


class Account:
    def __init__(self, login, id, type="User"):
        self.login, self.id, self.type = login, id, type

    def json(self):
        return {"login": self.login, "id": self.id, "type": self.type,
                "node_id": "U_%d" % self.id, "site_admin": False,
                "html_url": "https://github.com/" + self.login}


class Org(Account):
    def __init__(self, login, id, members, teams):
        super().__init__(login, id, "Organization")
        self.members, self.teams = set(members), dict(teams)


class Repo:
    def __init__(self, name, id, push=(), triage=(), labels=(), **more):
        self.name, self.id = name, id
        self.push, self.triage = set(push), set(push) | set(triage)
        self.labels = {n.lower(): {"name": n, "color": "ededed",
                                   "description": ""} for n in labels}
        self.private = more.get("private", False)
        self.archived = more.get("archived", False)
        self.has_issues = more.get("has_issues", True)
        self.issues, self.next = {}, 1

    @property
    def owner(self):
        return self.name.split("/")[0]


class Issue:
    """number, title, body, state, reason, author, labels, assignees, locked,
    comments, events [{event, actor, at, ...}], subscribers."""

    def __init__(self, repo, number, id, title, body, author, at):
        self.repo, self.number, self.id = repo, number, id
        self.node = "I_%x" % (id * 7919)
        self.title, self.body, self.author = title, body, author
        self.state, self.reason = "open", None
        self.created = self.updated = self.touched = at
        self.closed = self.closed_by = None
        self.labels, self.assignees = [], []
        self.comments, self.events = [], []
        self.locked = self.pull = False
        self.subscribers = {author}
        self.before = None          # (touched, copy): for the search

    def event(self, name, actor, at, **more):
        self.events.append({"event": name, "actor": actor, "at": at, **more})


class Token:
    def __init__(self, account, permissions, repos=None, ends=None, app=None):
        self.account, self.permissions = account, permissions
        self.repos, self.ends, self.app = repos, ends, app
        self.used = 0


class App:
    def __init__(self, slug, id, permissions, installed_on, key):
        self.slug, self.id, self.permissions = slug, id, permissions
        self.installed_on, self.key = dict(installed_on), key


class Fault:
    """One thing that goes wrong; see GitHub.fault."""

    def __init__(self, what, method, path, when, times, skip, status, headers,
                 body):
        self.what, self.method = what, method
        self.path = re.compile(path)
        self.when, self.times, self.skip = when, times, skip
        self.status, self.headers, self.body = status, headers, body
        self.hit = 0

    def fits(self, request):
        return (self.times > 0 and self.method in (None, request.method)
                and self.path.search(request.path))


class GitHub:
    def __init__(self, clock=None, list_lag=0, search_lag=0, limits=True):
        """clock: what time it is here (seconds); set gh.now for a fixed one.
        list_lag, search_lag: so long a list or a search does not show what
        was made or changed, by that clock. limits: the limits of a minute
        and an hour, by the machine's clock."""
        self.clock, self.now = clock or time.time, None
        self.list_lag, self.search_lag = list_lag, search_lag
        self.limits = limits
        self.per_minute, self.per_hour = PER_MINUTE, PER_HOUR
        self.accounts, self.repos, self.names = {}, {}, {}
        self.moved = {}             # (repo id, number) -> Issue
        self.deleted = set()        # (repo id, number)
        self.apps, self.tokens, self.faults = {}, {}, []
        self.requests = []          # (method, path, status)
        self.recorded = []          # the requests themselves
        self.writes = []            # {at, method, path, actor, status}
        self.made = []              # (monotonic) of content
        self.notifications = []     # {to, why, issue, at}
        self.commands = []          # what webservices would have obeyed
        self.refusals = []          # secondary limits that were hit
        self.primary = None         # requests that are left; None: plenty
        self.last_id = 1000
        self.lock = threading.RLock()
        self.keys = None
        self.server = None
        self.hook = None            # called with each request, in the lock
        self.graphql_cost = 0

    # ---- life ----

    def __enter__(self):
        self.server = Server(self.answer, {})
        self.url = "http://127.0.0.1:%d" % self.server.port
        return self

    def __exit__(self, *exc):
        self.server.stop()
        if os.environ.get("TOCSIN_RECORD"):
            self.record(os.environ["TOCSIN_RECORD"])
        if self.keys:
            self.keys.cleanup()

    def record(self, path):
        """What was asked, as tests/server writes it down; for ./dev
        contract."""
        with open(path, "a", encoding="utf-8") as f:
            for r in self.recorded:
                f.write(json.dumps({
                    "case": os.path.basename(sys.argv[0]),
                    "method": r.method, "scheme": "https",
                    "host": "api.github.com", "path": r.path,
                    "headers": r.headers,
                    "body": r.body.decode("utf-8", "replace")}) + "\n")

    def time(self):
        return self.now if self.now is not None else int(self.clock())

    def id(self):
        self.last_id += 1
        return self.last_id

    # ---- building the world ----

    def user(self, login, id=None):
        a = Account(login, id or self.id())
        self.accounts[login.lower()] = a
        return a

    def org(self, login, members=(), teams=None):
        """teams: {name: [login]}"""
        o = Org(login, self.id(), [m.lower() for m in members], teams or {})
        self.accounts[login.lower()] = o
        for m in list(members) + [x for t in o.teams.values() for x in t]:
            if m.lower() not in self.accounts:
                self.user(m)
        return o

    def repo(self, name, push=(), triage=(), labels=(), **more):
        """more: private, archived, has_issues, id"""
        r = Repo(name, more.pop("id", None) or self.id(),
                 [p.lower() for p in push], [t.lower() for t in triage],
                 labels, **more)
        for p in list(push) + list(triage):
            if p.lower() not in self.accounts:
                self.user(p)
        if r.owner.lower() not in self.accounts:
            self.user(r.owner)
        self.repos[r.id] = r
        self.names[name.lower()] = r
        return r

    def app(self, slug, id, installed_on, permissions=None):
        """installed_on: [owner], or {owner: [repository] or None for all}.
        Returns the path of its private key."""
        if not isinstance(installed_on, dict):
            installed_on = {o: None for o in installed_on}
        self.keys = self.keys or tempfile.TemporaryDirectory(
            prefix="tocsin-fake-github-")
        key = os.path.join(self.keys.name, slug + ".pem")
        subprocess.run(["openssl", "genpkey", "-quiet", "-algorithm", "RSA",
                        "-pkeyopt", "rsa_keygen_bits:2048", "-out", key],
                       check=True, stderr=subprocess.DEVNULL)
        os.chmod(key, 0o600)
        self.apps[str(id)] = App(slug, str(id), permissions or {
            "issues": "write", "pull_requests": "read", "metadata": "read",
            "members": "read"}, installed_on, key)
        bot = slug + "[bot]"
        self.accounts[bot.lower()] = Account(bot, self.id(), "Bot")
        return key

    def token(self, login, text=None, permissions=None):
        """A token of a person, that may do what the person may."""
        text = text or "ghp_" + hashlib.sha256(login.encode()).hexdigest()
        self.tokens[text] = Token(self.account(login),
                                  permissions or {"issues": "write",
                                                  "metadata": "read",
                                                  "members": "read"})
        return text

    def fault(self, what, method=None, path="", when="before", times=1,
              skip=0, status=None, headers=None, body=None):
        """The next requests that fit go wrong. what: close, reset, hang (no
        reply), status (that reply), repeat (it is done twice), lie (that
        body, with the status it would have had), callback (body(request)).
        when: before or after its effect. skip: so many that fit go well
        first."""
        f = Fault(what, method, path, when, times, skip, status, headers,
                  body)
        self.faults.append(f)
        return f

    # ---- looking at it ----

    def account(self, login):
        return self.accounts[login.lower()]

    def find(self, name):
        return self.names[name.lower()]

    def issues(self, name=None, creator=None, state=None):
        repos = [self.find(name)] if name else self.repos.values()
        return [i for r in repos for _, i in sorted(r.issues.items())
                if (creator is None or i.author == creator)
                and (state is None or i.state == state) and not i.pull]

    def issue(self, name, number):
        return self.find(name).issues[number]

    def told(self, login=None):
        return [n for n in self.notifications
                if login is None or n["to"] == login.lower()]

    # ---- what people do ----

    def people(self, name, number):
        i = self.issue(name, number)
        i.before = (i.touched, self.index_entry(i))
        i.updated = i.touched = self.time()
        return i

    def open_by(self, by, name, title, body="", pull=False):
        with self.lock:
            return self.make(self.find(name), title, body, by.lower(), [], [],
                             pull)

    def close(self, name, number, by, reason="completed"):
        with self.lock:
            i = self.people(name, number)
            self.set_state(i, "closed", reason, by)

    def mark(self, name, number, of, by, marked=True):
        """A person says "Duplicate of #of", or takes it back; it is said on
        both."""
        with self.lock:
            one = self.people(name, number)
            other = self.issue(name, of)
            for i in (one, other):
                i.event("marked_as_duplicate" if marked
                        else "unmarked_as_duplicate", by, self.time(),
                        duplicate=one, canonical=other)

    def reopen(self, name, number, by):
        with self.lock:
            self.set_state(self.people(name, number), "open", "reopened", by)

    def label(self, name, number, label, by="somebody"):
        with self.lock:
            i = self.people(name, number)
            i.repo.labels.setdefault(label.lower(), {
                "name": label, "color": "ededed", "description": ""})
            if label not in i.labels:
                i.labels.append(label)
            i.event("labeled", by, self.time(), label=label)

    def unlabel(self, name, number, label, by="somebody"):
        with self.lock:
            i = self.people(name, number)
            i.labels.remove(label)
            i.event("unlabeled", by, self.time(), label=label)

    def edit(self, name, number, body, by="somebody"):
        with self.lock:
            i = self.people(name, number)
            i.body = body
            i.event("edited", by, self.time())

    def lock_talk(self, name, number):
        with self.lock:
            self.people(name, number).locked = True

    def delete(self, name, number):
        with self.lock:
            r = self.find(name)
            del r.issues[number]
            self.deleted.add((r.id, number))

    def transfer(self, name, number, to, by="somebody"):
        """The new issue has a node id and a number of its own."""
        with self.lock:
            r, there = self.find(name), self.find(to)
            i = r.issues.pop(number)
            i.repo, i.number, there.next = there, there.next, there.next + 1
            i.id = self.id()
            i.node = "I_%x" % (i.id * 7919)
            there.issues[i.number] = i
            i.event("transferred", by, self.time())
            self.moved[(r.id, number)] = i
            return i

    def rename(self, name, to):
        """The old name leads to the new one."""
        with self.lock:
            r = self.find(name)
            r.name = to
            self.names[to.lower()] = r

    def rename_user(self, login, to):
        with self.lock:
            a = self.accounts.pop(login.lower())
            a.login = to
            self.accounts[to.lower()] = a

    # ---- effects ----

    def permitted(self, actor, repo, level="push"):
        """What the account may do in the repository, tokens aside."""
        a = self.accounts.get(actor)
        if a and a.type == "Bot":
            return True
        return actor in (repo.push if level == "push" else repo.triage)

    def live(self, text, token):
        """The mentions in a text that are live for who writes it: [(kind,
        name)]. Code and comments hold none."""
        out = []
        for m in MENTION.finditer(self.prose(text)):
            name, team = m.group(1), m.group(2)
            a = self.accounts.get(name.lower())
            if team:
                if (isinstance(a, Org) and team.lower() in
                        [t.lower() for t in a.teams]
                        and self.sees_teams(token, a)):
                    out.append(("team", "%s/%s" % (name, team)))
            elif a and a.type == "User":
                out.append(("user", name))
        return out

    @staticmethod
    def sees_teams(token, org):
        if token is None:
            return True
        if token.app:
            return token.permissions.get("members") in ("read", "write")
        return token.account.login.lower() in org.members

    @staticmethod
    def prose(text):
        """Without what is in fences, code and comments: spaces there."""
        def blank(m):
            return re.sub(r"[^\n]", " ", m.group(0))
        text = re.sub(r"(?ms)^ {0,3}(`{3,}|~{3,})[^\n]*\n.*?(^ {0,3}\1[`~]*"
                      r"[ \t]*$|\Z)", blank, text)
        text = re.sub(r"(?s)<!--.*?(-->|\Z)", blank, text)
        return re.sub(r"(?s)(?<!`)(`+)(?!`).+?(?<!`)\1(?!`)", blank, text)

    def render(self, text, token):
        live = {"@" + n: (k, n) for k, n in self.live(text, token)}
        prose = self.prose(text)
        out, at = [], 0
        for m in MENTION.finditer(prose):
            kind_name = live.get(m.group(0))
            out.append(html.escape(text[at:m.start()]))
            if kind_name:
                out.append('<a class="%s-mention notranslate" href="https://'
                           'github.com/%s">%s</a>' % (
                               kind_name[0], kind_name[1],
                               html.escape(m.group(0))))
            else:
                out.append(html.escape(m.group(0)))
            at = m.end()
        out.append(html.escape(text[at:]))
        return "<p>%s</p>" % "".join(out)

    def notify(self, issue, logins, why):
        for login in sorted({x.lower() for x in logins}):
            a = self.accounts.get(login)
            if a and a.type == "User":
                self.notifications.append({
                    "to": login, "why": why, "issue": issue,
                    "at": self.time()})

    def members(self, kind, name):
        if kind == "user":
            return [name]
        org, team = name.split("/")
        teams = self.account(org).teams
        return next(v for k, v in teams.items() if k.lower() == team.lower())

    def say(self, issue, text, token, actor):
        """Whom a text calls, and what webservices would make of it."""
        called = set()
        for kind, name in self.live(text, token):
            called |= {m.lower() for m in self.members(kind, name)}
        called.discard(actor.lower())
        issue.subscribers |= called
        return called

    def obey(self, issue, text):
        if COMMAND.search(text + issue.title):
            self.commands.append((issue.repo.name, issue.number, text))

    def make(self, repo, title, body, author, labels, assignees, pull=False,
             token=None):
        i = Issue(repo, repo.next, self.id(), title, body, author,
                  self.time())
        repo.next += 1
        repo.issues[i.number] = i
        i.pull = pull
        i.labels, i.assignees = list(labels), list(assignees)
        called = self.say(i, body, token, author)
        self.notify(i, called, "mention")
        self.notify(i, set(assignees) - called, "assign")
        i.subscribers |= set(assignees)
        self.obey(i, body)
        return i

    def set_state(self, i, state, reason, by):
        if i.state == state:
            if state == "closed" and reason:
                i.reason = reason
            return
        i.state = state
        i.reason = reason
        at = self.time()
        i.closed = at if state == "closed" else None
        i.closed_by = by if state == "closed" else None
        i.event("closed" if state == "closed" else "reopened", by, at,
                reason=reason)
        self.notify(i, i.subscribers - {by.lower()}, "state")

    # ---- replies ----

    def index_entry(self, i):
        return {"state": i.state, "reason": i.reason, "labels": list(i.labels),
                "updated": i.updated}

    def issue_json(self, i, token, full=False):
        a = self.accounts.get
        out = {
            "id": i.id, "node_id": i.node, "number": i.number,
            "title": i.title, "body": i.body, "state": i.state,
            "state_reason": i.reason, "locked": i.locked,
            "url": "%s/repos/%s/issues/%d" % (self.url, i.repo.name,
                                              i.number),
            "repository_url": "%s/repos/%s" % (self.url, i.repo.name),
            "html_url": "https://github.com/%s/%s/%d" % (
                i.repo.name, "pull" if i.pull else "issues", i.number),
            "user": a(i.author.lower(), Account("ghost", 1)).json(),
            "labels": [dict(i.repo.labels[x.lower()], id=1, default=False)
                       for x in i.labels if x.lower() in i.repo.labels],
            "assignees": [a(x).json() for x in i.assignees],
            "assignee": a(i.assignees[0]).json() if i.assignees else None,
            "comments": len(i.comments), "created_at": iso(i.created),
            "updated_at": iso(i.updated), "author_association": "NONE",
            "closed_at": iso(i.closed) if i.closed else None,
        }
        if i.pull:
            out["pull_request"] = {"url": "%s/repos/%s/pulls/%d" % (
                self.url, i.repo.name, i.number)}
        if full:
            by = a((i.closed_by or "").lower())
            out["closed_by"] = by.json() if by else None
            out["body_html"] = self.render(i.body, token)
        return out

    def comment_json(self, i, c):
        return {"id": c["id"], "body": c["body"], "created_at": iso(c["at"]),
                "updated_at": iso(c["at"]),
                "user": self.accounts[c["by"].lower()].json(),
                "html_url": "https://github.com/%s/issues/%d#issuecomment-%d"
                % (i.repo.name, i.number, c["id"]),
                "issue_url": "%s/repos/%s/issues/%d" % (
                    self.url, i.repo.name, i.number)}

    # ---- one request ----

    def answer(self, request, connection):
        fault = None
        with self.lock:
            self.recorded.append(request)
            if self.hook:
                self.hook(request)
            for f in self.faults:
                if f.fits(request):
                    if f.skip:
                        f.skip -= 1
                        continue
                    f.times -= 1
                    f.hit += 1
                    fault = f
                    break
            if fault and fault.when == "before" and fault.what in (
                    "close", "reset", "hang", "status"):
                reply = None
            else:
                reply = self.reply_of(request)
                if fault and fault.what == "repeat":
                    self.reply_of(request)
        if fault:
            reply = self.go_wrong(fault, request, reply, connection)
        self.send(connection, request, *reply)

    def go_wrong(self, fault, request, reply, connection):
        if fault.what == "close":
            connection.end()
        if fault.what == "reset":
            connection.reset()
        if fault.what == "hang":
            connection.hang()
        if fault.what == "callback":
            fault.body(request)
            return reply
        if fault.what == "status":
            return (fault.status or 502, fault.headers or {},
                    fault.body if fault.body is not None
                    else {"message": "something is wrong"})
        if fault.what == "lie":
            return (fault.status or reply[0], fault.headers or reply[1],
                    fault.body)
        return reply

    def reply_of(self, request):
        try:
            status, headers, body = self.handle(request)
        except Refused as e:
            status, headers, body = e.status, e.headers, e.body
        self.requests.append((request.method, request.path, status))
        if request.method not in ("GET", "HEAD") and not \
                request.path.startswith(("/graphql", "/app/")):
            self.writes.append({
                "at": time.monotonic(), "method": request.method,
                "path": request.path, "status": status})
        return status, headers, body

    def send(self, connection, request, status, headers, body):
        data = b"" if body is None else (
            body if isinstance(body, bytes) else json.dumps(body).encode())
        headers = dict(headers)
        if request.method == "GET" and status == 200:
            tag = 'W/"%s"' % hashlib.sha256(data).hexdigest()[:32]
            headers["ETag"] = tag
            if request.header("If-None-Match") == tag:
                status, data = 304, b""
        head = ["HTTP/1.1 %d X" % status,
                "Content-Type: application/json; charset=utf-8"]
        if status not in (204, 304):
            head.append("Content-Length: %d" % len(data))
        head += ["%s: %s" % kv for kv in headers.items()]
        connection.send("\r\n".join(head).encode("latin-1") + b"\r\n\r\n"
                        + data)

    # ---- who asks ----

    def jwt(self, request):
        text = (request.header("Authorization") or "").partition(" ")[2]
        try:
            head, claims, sig = text.split(".")

            def plain(s):
                return base64.urlsafe_b64decode(s + "=" * (-len(s) % 4))
            c = json.loads(plain(claims))
            app = self.apps[str(c["iss"])]
            assert json.loads(plain(head))["alg"] == "RS256"
            assert c["iat"] <= time.time() + 60 < c["exp"] + 60
            assert c["exp"] - c["iat"] <= 660
        except (ValueError, KeyError, AssertionError):
            raise Refused(401, "A JSON web token could not be decoded")
        with tempfile.NamedTemporaryFile() as f:
            f.write(plain(sig))
            f.flush()
            p = subprocess.run(
                ["openssl", "dgst", "-sha256", "-prverify", app.key,
                 "-signature", f.name], input=(head + "." + claims).encode(),
                stdout=subprocess.DEVNULL, stderr=subprocess.DEVNULL)
        if p.returncode:
            raise Refused(401, "A JSON web token could not be decoded")
        return app

    def who(self, request):
        text = request.header("Authorization")
        if not text:
            return None
        token = self.tokens.get(text.partition(" ")[2])
        if not token or (token.ends and token.ends <= time.time()):
            raise Refused(401, "Bad credentials")
        if self.primary is not None:
            if self.primary <= 0:
                raise Refused(403, "API rate limit exceeded", {
                    "x-ratelimit-limit": 5000, "x-ratelimit-remaining": 0,
                    "x-ratelimit-reset": int(time.time()) + 600})
            self.primary -= 1
        token.used += 1
        return token

    def may(self, token, repo, permission, level):
        """Whether the token may; else as GitHub says it."""
        if token is None:
            raise Refused(401, "Requires authentication")
        has = token.permissions.get(permission)
        if token.app and ((token.repos is not None
                           and repo.id not in token.repos)
                          or has not in ((level, "write"))):
            raise Refused(403, "Resource not accessible by integration")
        if not token.app and has not in (level, "write"):
            raise Refused(403, "Resource not accessible by personal access "
                          "token")

    def content(self):
        """A write that makes content: the secondary limits."""
        now = time.monotonic()
        self.made = [t for t in self.made if t > now - 3600]
        minute = sum(t > now - 60 for t in self.made)
        if self.limits and (minute >= self.per_minute
                            or len(self.made) >= self.per_hour):
            self.refusals.append(now)
            raise Refused(403, "You have exceeded a secondary rate limit "
                          "and have been temporarily blocked from content "
                          "creation.", {"retry-after": 60})
        self.made.append(now)

    # ---- routes ----

    def handle(self, request):
        url = urlsplit(request.path)
        path, query = url.path, dict(parse_qsl(url.query,
                                               keep_blank_values=True))
        body = None
        if request.method in ("POST", "PATCH", "PUT"):
            try:
                body = json.loads(request.body or b"{}")
            except ValueError:
                raise Refused(400, "Problems parsing JSON")
            if not isinstance(body, dict):
                raise Refused(400, "Body should be a JSON object")
        if not request.header("User-Agent"):
            raise Refused(403, "Request forbidden by administrative rules.")
        for method, pattern, name in ROUTES:
            m = re.fullmatch(pattern, path)
            if m and method == request.method:
                args = [unquote(g or "") for g in m.groups()]
                return getattr(self, name)(request, query, body, *args)
        raise Refused(404, "Not Found")

    def page(self, request, query, items, wrap=None):
        n = min(int(query.get("per_page", 30)), 100)
        at = max(int(query.get("page", 1)), 1)
        last = max((len(items) + n - 1) // n, 1)
        part = items[(at - 1) * n:at * n]
        headers = {}
        if at < last:
            base = self.url + urlsplit(request.path).path

            def link(p):
                q = dict(query, page=p)
                return base + "?" + "&".join("%s=%s" % (k, quote(str(v)))
                                             for k, v in q.items())
            headers["Link"] = '<%s>; rel="next", <%s>; rel="last"' % (
                link(at + 1), link(last))
        return 200, headers, wrap(part) if wrap else part

    def app_get(self, request, query, body):
        a = self.jwt(request)
        return 200, {}, {"id": int(a.id), "slug": a.slug, "name": a.slug,
                         "permissions": a.permissions}

    def installation_json(self, app, owner):
        number = list(app.installed_on).index(owner) + 1
        return {"id": int(app.id) * 100 + number,
                "account": self.account(owner).json(),
                "permissions": app.permissions}

    def installation_get(self, request, query, body, owner):
        a = self.jwt(request)
        for o in a.installed_on:
            if o.lower() == owner.lower():
                return 200, {}, self.installation_json(a, o)
        raise Refused(404, "Not Found")

    def installation_repo(self, request, query, body, name):
        a = self.jwt(request)
        r = self.names.get(name.lower())
        for o, only in a.installed_on.items():
            if r and o.lower() == r.owner.lower() and (
                    only is None or r.name in only):
                return 200, {}, self.installation_json(a, o)
        raise Refused(404, "Not Found")

    def token_make(self, request, query, body, number):
        a = self.jwt(request)
        at = int(number) - int(a.id) * 100 - 1
        if not 0 <= at < len(a.installed_on):
            raise Refused(404, "Not Found")
        owner = list(a.installed_on)[at]
        wanted = body.get("permissions") or dict(a.permissions)
        for k, v in wanted.items():
            if a.permissions.get(k) not in (v, "write"):
                raise Refused(422, "The permissions requested are not "
                              "granted to this installation.")
        repos = None
        if "repositories" in body:
            repos = set()
            for n in body["repositories"]:
                r = self.names.get((owner + "/" + n).lower())
                if not r:
                    raise Refused(422, "There is at least one repository "
                                  "that does not exist or is not accessible "
                                  "to the parent installation.")
                repos.add(r.id)
        text = "ghs_%s" % hashlib.sha256(
            b"%d %d" % (self.id(), int(a.id))).hexdigest()[:36]
        self.tokens[text] = Token(self.account(a.slug + "[bot]"), wanted,
                                  repos, time.time() + 3600, a)
        return 201, {}, {"token": text, "permissions": wanted,
                         "expires_at": iso(time.time() + 3600)}

    def user_get(self, request, query, body):
        token = self.who(request)
        if not token:
            raise Refused(401, "Requires authentication")
        if token.app:
            raise Refused(403, "Resource not accessible by integration")
        return 200, {}, token.account.json()

    def users_get(self, request, query, body, login):
        self.who(request)
        if login.lower() not in self.accounts:
            raise Refused(404, "Not Found")
        return 200, {}, self.account(login).json()

    # ---- repositories ----

    def repo_of(self, request, name, token):
        r = self.names.get(name.lower())
        if not r or (r.private and token and token.app
                     and token.repos is not None
                     and r.id not in token.repos):
            raise Refused(404, "Not Found")
        if r.name.lower() != name.lower():
            self.redirect(request, r, urlsplit(request.path).path[
                len("/repos/" + name):])
        return r

    def redirect(self, request, repo, rest):
        query = urlsplit(request.path).query
        where = "%s/repositories/%d%s%s" % (self.url, repo.id, rest,
                                            "?" + query if query else "")
        raise Refused(301 if request.method == "GET" else 307,
                      "Moved Permanently", {"Location": where}, url=where)

    def by_id(self, request, query, body, id, rest):
        r = self.repos.get(int(id))
        if not r:
            raise Refused(404, "Not Found")
        url = urlsplit(request.path)
        request.path = "/repos/%s%s" % (r.name, rest) + (
            "?" + url.query if url.query else "")
        return self.handle(request)

    def repo_get(self, request, query, body, name):
        r = self.repo_of(request, name, self.who(request))
        return 200, {}, {"id": r.id, "full_name": r.name,
                         "archived": r.archived, "has_issues": r.has_issues,
                         "private": r.private, "default_branch": "main"}

    def writable(self, repo):
        if repo.archived:
            raise Refused(403, "Repository was archived so is read-only.")
        if not repo.has_issues:
            raise Refused(410, "Issues has been disabled in this "
                          "repository.")

    # ---- issues ----

    def issues_list(self, request, query, body, name):
        token = self.who(request)
        r = self.repo_of(request, name, token)
        if not r.has_issues:
            raise Refused(410, "Issues has been disabled in this "
                          "repository.")
        creator = query.get("creator")
        if creator and creator.lower() not in self.accounts:
            raise invalid("creator")
        labels = [x.lower() for x in query.get("labels", "").split(",") if x]
        state = query.get("state", "open")
        since = query.get("since", "")
        out = []
        for i in r.issues.values():
            if i.created + self.list_lag > self.time() and self.list_lag:
                continue
            if (creator and i.author.lower() != creator.lower()) or (
                    state != "all" and i.state != state):
                continue
            if any(x not in [y.lower() for y in i.labels] for x in labels):
                continue
            if since and iso(i.updated) < since:
                continue
            out.append(i)
        by = (lambda i: i.updated) if query.get("sort") == "updated" else (
            lambda i: i.number)
        out.sort(key=by, reverse=query.get("direction", "desc") == "desc")
        return self.page(request, query, [self.issue_json(i, token)
                                          for i in out])

    def issue_of(self, request, repo, number):
        i = repo.issues.get(int(number))
        if i:
            return i
        moved = self.moved.get((repo.id, int(number)))
        if moved:
            rest = urlsplit(request.path).path.split("/issues/%s"
                                                     % number)[1]
            if request.method != "GET":
                raise Refused(404, "Not Found")
            self.redirect(request, moved.repo, "/issues/%d%s" % (
                moved.number, rest))
        if (repo.id, int(number)) in self.deleted:
            raise Refused(410, "This issue was deleted")
        raise Refused(404, "Not Found")

    def issue_get(self, request, query, body, name, number):
        token = self.who(request)
        r = self.repo_of(request, name, token)
        if not r.has_issues:
            raise Refused(410, "Issues has been disabled in this "
                          "repository.")
        return 200, {}, self.issue_json(self.issue_of(request, r, number),
                                        token, True)

    def check(self, body, fields):
        for k in body:
            if k not in fields:
                raise invalid(k, "unprocessable")
        if "title" in body:
            if not isinstance(body["title"], str) or not body["title"].strip():
                raise invalid("title", "missing_field")
            if len(body["title"]) > TITLE_MAX:
                raise invalid("title", message="title is too long (maximum "
                              "is 256 characters)")
        if body.get("body") is not None:
            if not isinstance(body["body"], str):
                raise invalid("body")
            if len(body["body"]) > BODY_MAX:
                raise invalid("body", message="body is too long (maximum is "
                              "65536 characters)")
            if "\0" in body["body"]:
                raise invalid("body")

    def assignable(self, repo, logins):
        for login in logins:
            if login.lower() not in repo.triage:
                raise invalid("assignees")
        return [x.lower() for x in logins][:10]

    def issue_make(self, request, query, body, name):
        token = self.who(request)
        r = self.repo_of(request, name, token)
        self.writable(r)
        self.may(token, r, "issues", "write")
        self.check(body, ("title", "body", "labels", "assignees", "assignee",
                          "milestone", "type"))
        if "title" not in body:
            raise invalid("title", "missing_field")
        actor = token.account.login
        able = self.permitted(actor.lower(), r, "triage")
        assignees = self.assignable(r, body.get("assignees") or [])
        self.content()
        labels = []
        for x in body.get("labels") or []:
            if able:
                r.labels.setdefault(x.lower(), {
                    "name": x, "color": "ededed", "description": ""})
                labels.append(x)
        i = self.make(r, body["title"], body.get("body") or "", actor,
                      labels, assignees if able else [], token=token)
        return 201, {}, self.issue_json(i, token, True)

    def issue_edit(self, request, query, body, name, number):
        token = self.who(request)
        r = self.repo_of(request, name, token)
        i = self.issue_of(request, r, number)
        self.writable(r)
        self.may(token, r, "issues", "write")
        self.check(body, ("title", "body", "state", "state_reason", "labels",
                          "assignees", "milestone"))
        actor = token.account.login
        if not self.permitted(actor.lower(), r, "triage") \
                and i.author.lower() != actor.lower():
            raise Refused(403, "Must have admin rights to Repository.")
        state, reason = body.get("state"), body.get("state_reason")
        if state not in (None, "open", "closed"):
            raise invalid("state")
        self.content()
        if reason not in (None, "completed", "not_planned", "duplicate",
                          "reopened"):
            raise invalid("state_reason")
        assignees = self.assignable(r, body.get("assignees") or [])
        i.before = (i.touched, self.index_entry(i))
        i.updated = i.touched = self.time()
        if body.get("body") is not None and body["body"] != i.body:
            i.body = body["body"]
            i.event("edited", actor, self.time())
            # no notification: an edit calls nobody
            self.obey(i, i.body)
        if body.get("title"):
            i.title = body["title"]
        if state:
            self.set_state(i, state, reason or (
                "completed" if state == "closed" else "reopened"), actor)
        if "labels" in body:
            i.labels = list(body["labels"])
        if "assignees" in body:
            self.notify(i, set(assignees) - set(i.assignees), "assign")
            i.assignees = assignees
        return 200, {}, self.issue_json(i, token, True)

    def comments_list(self, request, query, body, name, number):
        token = self.who(request)
        r = self.repo_of(request, name, token)
        i = self.issue_of(request, r, number)
        return self.page(request, query, [
            self.comment_json(i, c) for c in i.comments
            if not self.list_lag or c["at"] + self.list_lag <= self.time()])

    def comment_make(self, request, query, body, name, number):
        token = self.who(request)
        r = self.repo_of(request, name, token)
        i = self.issue_of(request, r, number)
        self.writable(r)
        self.may(token, r, "issues", "write")
        if i.locked:
            raise Refused(403, "Unable to create comment because issue is "
                          "locked.")
        self.check(body, ("body",))
        if not body.get("body"):
            raise invalid("body", "missing_field")
        self.content()
        actor = token.account.login
        c = {"id": self.id(), "body": body["body"], "by": actor,
             "at": self.time()}
        i.comments.append(c)
        i.updated = i.touched = self.time()
        called = self.say(i, body["body"], token, actor)
        self.notify(i, called, "mention")
        self.notify(i, i.subscribers - called - {actor.lower(), actor},
                    "comment")
        self.obey(i, body["body"])
        return 201, {}, self.comment_json(i, c)

    # ---- labels ----

    def labels_list(self, request, query, body, name):
        r = self.repo_of(request, name, self.who(request))
        return self.page(request, query, [dict(v, id=1, default=False)
                                          for v in r.labels.values()])

    def label_make(self, request, query, body, name):
        token = self.who(request)
        r = self.repo_of(request, name, token)
        self.writable(r)
        self.may(token, r, "issues", "write")
        if not self.permitted(token.account.login.lower(), r):
            raise Refused(404, "Not Found")
        n = body.get("name") or ""
        if not n or len(n) > LABEL_MAX:
            raise invalid("name", resource="Label")
        if len(body.get("description") or "") > DESCRIPTION_MAX:
            raise invalid("description", resource="Label")
        if not re.fullmatch(r"[0-9a-fA-F]{6}", body.get("color", "ededed")):
            raise invalid("color", resource="Label")
        self.content()
        if n.lower() in r.labels:
            raise invalid("name", "already_exists", resource="Label")
        r.labels[n.lower()] = {"name": n, "color": body.get("color"),
                               "description": body.get("description")}
        return 201, {}, dict(r.labels[n.lower()], id=1, default=False)

    # ---- search and GraphQL ----

    def indexed(self, i):
        """The issue as the search knows it by now; None: not at all."""
        old = self.time() - self.search_lag
        if self.search_lag and i.created > old:
            return None
        if self.search_lag and i.touched > old and i.before:
            return i.before[1]
        return self.index_entry(i)

    def search(self, request, query, body):
        token = self.who(request)
        q = query.get("q", "")
        if not q or len(q) > 256:
            raise invalid("q", resource="Search")
        wants, words = {}, []
        for term in q.split():
            k, sep, v = term.partition(":")
            wants.setdefault(k, []).append(v) if sep else words.append(term)
        out = []
        for r in self.repos.values():
            for i in r.issues.values():
                e = self.indexed(i)
                if e is None:
                    continue
                a = i.author.lower()
                author = "app/" + a[:-5] if a.endswith("[bot]") else a
                if ("author" in wants and wants["author"][0].lower()
                        not in (author, a)):
                    continue
                owners = wants.get("user", []) + wants.get("org", [])
                if owners and r.owner.lower() not in [o.lower()
                                                      for o in owners]:
                    continue
                if "is" in wants and "issue" in wants["is"] and i.pull:
                    continue
                since = [u[2:] for u in wants.get("updated", [])]
                if since and iso(e["updated"]) < since[0]:
                    continue
                out.append((e["updated"], dict(
                    self.issue_json(i, token), state=e["state"],
                    state_reason=e["reason"], score=1.0)))
        out.sort(key=lambda x: x[0], reverse=query.get("order") != "asc")
        found = [x[1] for x in out]
        return self.page(request, query, found[:1000], lambda part: {
            "total_count": len(found), "incomplete_results": False,
            "items": part})

    def graphql(self, request, query, body):
        token = self.who(request)
        if not token:
            raise Refused(401, "This endpoint requires you to be "
                          "authenticated.")
        text, given = body.get("query", ""), body.get("variables") or {}
        if "nodes(ids:" not in text.replace("nodes (", "nodes("):
            return 200, {}, {"errors": [{"message": "what was asked is not "
                                         "known to this fake"}]}
        ids = given.get("ids") or []
        if len(ids) > 100:
            return 200, {}, {"data": None, "errors": [{
                "type": "ARGUMENT_LIMIT", "message": "You may not provide "
                "more than 100 node ids; you provided %d." % len(ids)}]}
        self.graphql_cost += 1
        known = {i.node: i for r in self.repos.values()
                 for i in r.issues.values()}
        nodes, errors = [], []
        for at, id in enumerate(ids):
            i = known.get(id)
            nodes.append(self.node_json(i) if i else None)
            if not i:
                errors.append({"type": "NOT_FOUND", "path": ["nodes", at],
                               "message": "Could not resolve to a node with "
                               "the global id of '%s'." % id})
        out = {"data": {"nodes": nodes}}
        if errors:
            out["errors"] = errors
        return 200, {}, out

    def node_json(self, i):
        events = []
        for e in i.events:
            if e["event"] not in ("closed", "reopened"):
                continue
            a = self.accounts.get(e["actor"].lower())
            actor = None
            if a:
                bot = a.type == "Bot"
                actor = {"__typename": "Bot" if bot else "User",
                         "login": a.login[:-5] if bot else a.login}
            events.append({"__typename": "ClosedEvent" if e["event"]
                           == "closed" else "ReopenedEvent",
                           "createdAt": iso(e["at"]), "actor": actor})
        reason = (i.reason or "").upper() or None
        return {"__typename": "Issue", "id": i.node, "number": i.number,
                "state": i.state.upper(), "stateReason": reason,
                "url": "https://github.com/%s/issues/%d" % (i.repo.name,
                                                            i.number),
                "createdAt": iso(i.created),
                "repository": {"nameWithOwner": i.repo.name},
                "labels": {"nodes": [{"name": x} for x in i.labels]},
                "timelineItems": {"nodes": events[-1:]},
                "marks": {"nodes": [self.mark_json(e) for e in i.events
                                    if "canonical" in e][-5:]}}

    def mark_json(self, e):
        url = "https://github.com/%s/issues/%d"
        one, other = e["duplicate"], e["canonical"]
        return {"__typename": "MarkedAsDuplicateEvent" if e["event"]
                == "marked_as_duplicate" else "UnmarkedAsDuplicateEvent",
                "duplicate": {"id": one.node},
                "canonical": {"url": url % (other.repo.name, other.number)}}


NAME = r"([A-Za-z0-9-]+/[A-Za-z0-9._-]+)"
ROUTES = [
    ("GET", r"/app", "app_get"),
    ("GET", r"/(?:orgs|users)/([^/]+)/installation", "installation_get"),
    ("GET", r"/repos/" + NAME + r"/installation", "installation_repo"),
    ("POST", r"/app/installations/(\d+)/access_tokens", "token_make"),
    ("GET", r"/user", "user_get"),
    ("GET", r"/users/([^/]+)", "users_get"),
    ("GET", r"/repos/" + NAME, "repo_get"),
    ("GET", r"/repos/" + NAME + r"/issues", "issues_list"),
    ("POST", r"/repos/" + NAME + r"/issues", "issue_make"),
    ("GET", r"/repos/" + NAME + r"/issues/(\d+)", "issue_get"),
    ("PATCH", r"/repos/" + NAME + r"/issues/(\d+)", "issue_edit"),
    ("GET", r"/repos/" + NAME + r"/issues/(\d+)/comments", "comments_list"),
    ("POST", r"/repos/" + NAME + r"/issues/(\d+)/comments", "comment_make"),
    ("GET", r"/repos/" + NAME + r"/labels", "labels_list"),
    ("POST", r"/repos/" + NAME + r"/labels", "label_make"),
    ("GET", r"/search/issues", "search"),
    ("POST", r"/graphql", "graphql"),
    ("GET", r"/repositories/(\d+)(/.*)?", "by_id"),
    ("PATCH", r"/repositories/(\d+)(/.*)?", "by_id"),
    ("POST", r"/repositories/(\d+)(/.*)?", "by_id"),
]


def main():
    """github.py: runs one with a little in it, until it is interrupted."""
    with GitHub() as gh:
        gh.org("acme", members=["alice"], teams={"widget": ["alice", "bob"]})
        gh.repo("acme/widget", push=["alice", "bob"])
        gh.user("tocsin-bot")
        print(gh.url, "token", gh.token("tocsin-bot"), flush=True)
        try:
            threading.Event().wait()
        except KeyboardInterrupt:
            pass


if __name__ == "__main__":
    main()
