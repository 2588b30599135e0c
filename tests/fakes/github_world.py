# SPDX-License-Identifier: BSD-3-Clause
"""The world of the small GitHub: how a test builds it and looks at it, what
people do in it, and what follows from that."""
import hashlib
import html
import os
import re
import subprocess
import tempfile

from github_records import (
    Account, App, COMMAND, Fault, Issue, MENTION, Org, Repo, Token)


class World:
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

    def convert(self, name, number, by):
        """A person makes a discussion of it: closed, and locked."""
        with self.lock:
            i = self.people(name, number)
            i.state, i.locked = "closed", True
            i.closed, i.closed_by = self.time(), by
            i.event("converted_to_discussion", by, self.time())

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
