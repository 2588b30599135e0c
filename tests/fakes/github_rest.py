# SPDX-License-Identifier: BSD-3-Clause
"""The REST API of the small GitHub: a method for each route."""
import hashlib
import re
import time
from urllib.parse import quote, urlsplit

from github_records import (
    Account, BODY_MAX, DESCRIPTION_MAX, LABEL_MAX, Refused, TITLE_MAX, Token,
    invalid, iso)


class Rest:
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

    # ---- lists and apps ----

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
