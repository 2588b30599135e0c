# SPDX-License-Identifier: BSD-3-Clause
"""The exchanges of a case: which request is answered how, and what was asked
that should not have been."""
import base64
import gzip
import json
import os
import re
import threading
import time
import zlib

from match import exactly, fits, parse_json
from server import http_date

UNEXPECTED = (b"HTTP/1.1 418 Unexpected\r\nContent-Length: 0\r\n\r\n")


class Mistake(Exception):
    """In a case, not in what it tests."""


REQUEST_KEYS = {"method", "scheme", "host", "path", "headers", "body", "json",
                "jwt"}
REPLY_KEYS = {"status", "headers", "body", "json", "file", "raw", "repeat",
              "encoding", "chunked", "length", "fault", "after", "pause",
              "header_flood", "keep", "behind"}
EXCHANGE_KEYS = {"request", "reply", "times", "pass"}
FAULTS = {"close", "reset", "reset-after-headers", "reset-in-body",
          "truncate", "hang", "hang-after-headers", "hang-in-body"}


def only(where, given, keys):
    if not isinstance(given, dict):
        raise Mistake("%s: no mapping" % where)
    for key in given:
        if key not in keys:
            raise Mistake("%s: unknown key %r; known: %s"
                          % (where, key, ", ".join(sorted(keys))))


def fill(text, now):
    """${now+3600}: seconds since 1970; ${date+10}: as in HTTP; ${iso+60};
    ${x*50}: so many x, or of another text."""
    def one(m):
        t = now + int(m.group(2) or 0)
        if m.group(1) == "now":
            return str(t)
        if m.group(1) == "date":
            return http_date(t)
        return time.strftime("%Y-%m-%dT%H:%M:%SZ", time.gmtime(t))
    text = re.sub(r"\$\{([^${}*]+)\*(\d+)\}",
                  lambda m: m.group(1) * int(m.group(2)), text)
    return re.sub(r"\$\{(now|date|iso)([+-]\d+)?\}", one, text)


class Exchange:
    def __init__(self, nr, spec, folder, host):
        self.where = "exchange %d" % nr
        only(self.where, spec, EXCHANGE_KEYS)
        self.request = dict(spec.get("request") or {})
        self.reply = dict(spec.get("reply") or {})
        only(self.where + ", request", self.request, REQUEST_KEYS)
        only(self.where + ", reply", self.reply, REPLY_KEYS)
        fault = self.reply.get("fault")
        if fault not in FAULTS and fault is not None:
            raise Mistake("%s: no such fault: %s" % (self.where, fault))
        self.request.setdefault("method", "GET")
        self.request.setdefault("host", host)
        if "path" not in self.request:
            raise Mistake("%s: which path?" % self.where)
        self.times = spec.get("times", 1)
        self.passes = spec.get("pass")
        if isinstance(self.passes, int):
            self.passes = [self.passes]
        self.folder, self.made = folder, 0

    def __str__(self):
        r = self.request
        return "%s: %s %s%s" % (self.where, r["method"], r["host"], r["path"])

    def open(self, nr):
        return (self.times == "any" or self.made < self.times) \
            and (not self.passes or nr in self.passes)

    def due(self, nr):
        """Whether the pass nr was the last in which it could be asked, and
        it was not asked often enough."""
        return self.times != "any" and self.made < self.times \
            and bool(self.passes) and max(self.passes) == nr

    def fault(self, request, authority):
        """What of request is not as it should be; None: nothing."""
        want = self.request
        for key, have in (("method", request.method),
                          ("host", request.host), ("path", request.path),
                          ("scheme", request.scheme)):
            if key in want and not fits(want[key], have):
                return "%s is %s" % (key, have)
        for name, value in (want.get("headers") or {}).items():
            have = request.header(name)
            if value is None and have is not None:
                return "%s is there: %.200s" % (name, have)
            if value is not None and not fits(str(value), have):
                return "%s is %.200s" % (name, have)
        if "body" in want and not fits(
                want["body"], request.body.decode("utf-8", "replace")):
            return "the body is %r" % request.body
        if "json" in want and not exactly(want["json"],
                                          parse_json(request.body)):
            return "the body is %r" % request.body
        if want.get("jwt"):
            return jwt_fault(want["jwt"], request, authority)
        return None

    # -- the reply --

    def body(self, now):
        reply = self.reply
        if "file" in reply:
            with open(os.path.join(self.folder, reply["file"]), "rb") as f:
                data = f.read()
        elif "json" in reply:
            data = fill(json.dumps(reply["json"]), now).encode()
        else:
            data = fill(str(reply.get("body", "")), now).encode()
        data *= reply.get("repeat", 1)
        if reply.get("encoding") == "gzip":
            return gzip.compress(data, 6, mtime=0)
        if reply.get("encoding") == "deflate":
            return zlib.compress(data)
        return data

    def head(self, body, now):
        reply = self.reply
        status = reply.get("status", 200)
        lines = ["HTTP/1.1 %d Scripted" % status]
        headers = {}
        if "json" in reply:
            headers["Content-Type"] = "application/json; charset=utf-8"
        if "encoding" in reply:
            headers["Content-Encoding"] = reply["encoding"]
        if reply.get("chunked"):
            headers["Transfer-Encoding"] = "chunked"
        elif "length" in reply:
            headers["Content-Length"] = str(reply["length"])
        elif status not in (204, 304):
            headers["Content-Length"] = str(len(body))
        for name, value in (reply.get("headers") or {}).items():
            headers.pop(name, None)
            for one in value if isinstance(value, list) else [value]:
                lines.append("%s: %s" % (name, fill(str(one), now)))
        lines += ["%s: %s" % h for h in headers.items()]
        for i in range(reply.get("header_flood", 0) // 100):
            lines.append("X-Flood-%08d: %s" % (i, "f" * 80))
        return ("\r\n".join(lines) + "\r\n\r\n").encode("latin-1")

    def send(self, request, connection):
        reply, now = self.reply, int(time.time())
        fault = reply.get("fault")
        if fault in ("close", "reset", "hang"):
            {"close": connection.end, "reset": connection.reset,
             "hang": connection.hang}[fault]()
        if "raw" in reply:
            connection.send(fill(reply["raw"], now).encode("latin-1"))
            connection.end()
        body = self.body(now)
        head = self.head(body, now)
        port = str(connection.server.port).encode()
        connection.send(head.replace(b"${port}", port))
        if fault == "reset-after-headers":
            connection.reset()
        if fault == "hang-after-headers":
            connection.hang()
        if request.method != "HEAD" and reply.get("status") != 304:
            self.send_body(body, connection)
        if "length" in reply and reply["length"] != len(body) \
                and not reply.get("keep"):
            connection.end()

    def send_body(self, body, connection):
        reply = self.reply
        fault = reply.get("fault")
        if fault:
            body = body[:reply.get("after", len(body) // 2)]
        if reply.get("pause"):
            pieces = [body[i:i + 1] for i in range(len(body))]
        elif reply.get("chunked"):
            pieces = [body[i:i + 1000] for i in range(0, len(body), 1000)]
        else:
            pieces = [body]
        for piece in pieces:
            if reply.get("chunked"):
                piece = b"%x\r\n%s\r\n" % (len(piece), piece)
            connection.send(piece)
            if reply.get("pause"):
                connection.rest(reply["pause"])
        if fault == "reset-in-body":
            connection.reset()
        if fault == "hang-in-body":
            connection.hang()
        if fault == "truncate":
            connection.end()
        if reply.get("chunked"):
            connection.send(b"0\r\n\r\n")


def jwt_fault(want, request, authority):
    scheme, _, token = (request.header("Authorization") or "").partition(" ")
    parts = token.split(".")
    if scheme != "Bearer" or len(parts) != 3:
        return "there is no JWT"
    try:
        head, claims = (json.loads(base64.urlsafe_b64decode(
            p + "=" * (-len(p) % 4))) for p in parts[:2])
    except ValueError:
        return "the JWT is no JSON"
    if head.get("alg") != "RS256":
        return "alg is %s" % head.get("alg")
    now = time.time()
    if want is not True and not fits(want, {k: str(v) for k, v in
                                            claims.items()}):
        return "the claims are %s" % claims
    if not now < claims.get("exp", 0) <= now + 660:
        return "exp is in %d s" % (claims.get("exp", 0) - now)
    if claims.get("iat", now) > now:
        return "iat is in the future"
    return authority.jwt_fault(token)


class Script:
    """Answers requests by a case's exchanges; notes what was asked."""

    def __init__(self, exchanges, folder, host, replay=None, authority=None):
        self.exchanges = [Exchange(i + 1, e, folder, host)
                          for i, e in enumerate(exchanges)]
        self.replay, self.authority = replay, authority
        self.lock = threading.Condition()
        self.pass_nr = 0
        self.requests = []          # of this pass, as text
        self.recorded = []          # of all
        self.unexpected = []

    def begin(self, nr):
        with self.lock:
            self.pass_nr, self.requests, self.unexpected = nr, [], []

    def find(self, request):
        for e in self.exchanges:
            if e.open(self.pass_nr) and not e.fault(request, self.authority):
                return e
        return None

    def nearest(self, request):
        """Why not: of the exchanges for that path, or else that host."""
        same = [e for e in self.exchanges
                if e.request["method"] == request.method
                and fits(e.request["path"], request.path)]
        out = []
        for e in same[:5]:
            out.append("  not %s: %s" % (e, e.fault(
                request, self.authority) or "it was asked as often as it "
                "may be, or is of another pass"))
        return "\n".join([str(request)] + out)

    def answer(self, request, connection):
        with self.lock:
            self.requests.append(str(request))
            self.recorded.append(request)
            found = self.find(request)
            if found:
                found.made += 1
                self.lock.notify_all()
            elif self.replay and self.replay.has(request):
                found = self.replay
            else:
                self.unexpected.append(self.nearest(request))
        if not found:
            connection.send(UNEXPECTED)
            return False
        if "behind" in found.reply:
            self.wait_for(found.reply["behind"])
        if request.method == "CONNECT" and "status" not in found.reply:
            return True         # the tunnel is open
        found.send(request, connection)
        return False

    def wait_for(self, path):
        """Until an exchange with that path was asked; not for ever, for the
        case is to fail and not to hang."""
        with self.lock:
            self.lock.wait_for(lambda: any(
                e.made and e.request["path"] == path
                for e in self.exchanges), 60)

    def faults(self):
        """After a pass: what was asked that should not have been, and what
        was not asked."""
        with self.lock:
            out = ["unexpected request: " + u for u in self.unexpected]
            for e in self.exchanges:
                if e.due(self.pass_nr):
                    out.append("not asked: %s (%d of %d times)"
                               % (e, e.made, e.times))
        return out

    def rest(self):
        """After the last pass."""
        return ["not asked: %s (%d of %s times)" % (e, e.made, e.times)
                for e in self.exchanges
                if not e.passes and e.times != "any" and e.made < e.times]
