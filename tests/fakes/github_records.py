# SPDX-License-Identifier: BSD-3-Clause
"""What the small GitHub keeps: accounts, repositories, issues, tokens, faults;
and how it refuses."""
import re
import time

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
