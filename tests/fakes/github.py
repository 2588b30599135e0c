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
import json
import os
import re
import subprocess
import sys
import tempfile
import threading
import time
from urllib.parse import parse_qsl, unquote, urlsplit

HERE = os.path.dirname(os.path.abspath(__file__))
sys.path[:0] = [HERE, os.path.join(HERE, "..", "server")]
from github_records import PER_HOUR, PER_MINUTE, Refused  # noqa: E402
from github_rest import ROUTES, Rest  # noqa: E402
from github_search import Search  # noqa: E402
from github_world import World  # noqa: E402
from server import Server  # noqa: E402


class GitHub(World, Rest, Search):
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
