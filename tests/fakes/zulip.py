#!/usr/bin/env python3
# SPDX-License-Identifier: BSD-3-Clause
"""A small Zulip on 127.0.0.1 that keeps state and to the rules of the real
one; see README.md beside this file.

    zulip.py [--port-file FILE]      until it is killed
"""
import argparse
import base64
import json
import os
import re
import socket
import sys
import threading
import time
from http.server import BaseHTTPRequestHandler, ThreadingHTTPServer
from urllib.parse import parse_qsl, unquote, urlsplit

HERE = os.path.dirname(os.path.abspath(__file__))
sys.path[:0] = [HERE, os.path.join(HERE, "..", "server")]
from shake import Shake  # noqa: E402
from zulip_api import Api, Error, NOTIFICATION_BOT, RESOLVED  # noqa: E402


class Fault:
    def __init__(self, what, how, times, body):
        self.what, self.how, self.times = re.compile(what), how, times
        self.body = body


class Zulip(Api):
    """Settings are attributes, to be changed at any time."""

    def __init__(self, clock=time.time):
        self.clock = clock
        self.lock = threading.RLock()
        self.topic_max, self.body_max = 60, 10000
        self.editing, self.edit_seconds = True, 600     # None: for ever
        self.may_resolve = self.may_delete = True
        self.history = True             # whether edit_history is shown
        self.feature_level = 300
        self.limit = None               # (requests, seconds) for each user
        self.users, self.channels, self.messages = {}, {}, {}
        self.next_message, self.next_event = 100, 1
        self.queues = set()
        self.requests = []              # (method, path, {parameters})
        self.ignored = []               # parameters that nobody knows
        self.effects = []               # ("post", id), ("edit", id), ...
        self.notified = []              # (user, message id, why)
        self.faults = []
        self.spent = {}                 # user → times of requests
        self.record = os.environ.get("TOCSIN_RECORD")
        self.add_user("notification-bot@zulip.com", None, id=1)
        self.add_user("tocsin-bot@zulip.example", "K" * 32, id=9, bot=True)
        self.add_user("mara@zulip.example", "M" * 32, id=12)
        self.add_user("ann@zulip.example", "A" * 32, id=13)
        self.add_channel("core", id=7)
        self.add_channel("builds", id=8)
        self.server, self.shake = None, Shake()

    # -- life --

    def start(self):
        fake = self

        class Handler(BaseHTTPRequestHandler):
            protocol_version = "HTTP/1.1"
            disable_nagle_algorithm = True

            def log_message(self, *args):
                pass

            def handle_any(self):
                fake.handle(self)

            do_GET = do_POST = do_PATCH = do_DELETE = handle_any

        class Server(ThreadingHTTPServer):
            daemon_threads = True

            def handle_error(self, request, client_address):
                pass

        self.server = Server(("127.0.0.1", 0), Handler)
        threading.Thread(target=self.server.serve_forever, args=(0.02,),
                         daemon=True).start()
        return self

    def stop(self):
        self.server.shutdown()
        self.server.server_close()

    def __enter__(self):
        return self.start()

    def __exit__(self, *args):
        self.stop()

    @property
    def site(self):
        return "http://127.0.0.1:%d" % self.server.server_address[1]

    # -- what a test sets up and looks at --

    def add_user(self, email, key, id, name=None, bot=False):
        self.users[id] = {"id": id, "email": email, "key": key, "bot": bot,
                          "name": name or email.split("@")[0],
                          "active": True}

    def add_channel(self, name, id, private=False, subscribers=(),
                    posters=None):
        self.channels[id] = {"id": id, "name": name, "private": private,
                             "subscribers": set(subscribers),
                             "posters": posters, "archived": False}

    def fail(self, what, how, times=1, body=None):
        """what: a regular expression on "METHOD /path". how: see README."""
        self.faults.append(Fault(what, how, times, body))

    def topics(self, channel=7):
        """{topic: [message]} of people and bots, without the notes of the
        notification bot."""
        out = {}
        for m in sorted(self.messages.values(), key=lambda m: m["id"]):
            if m["channel"] == channel and m["sender"] != NOTIFICATION_BOT:
                out.setdefault(m["topic"], []).append(m)
        return out

    def direct(self):
        return [m for m in self.messages.values() if not m["channel"]]

    def count(self, kind):
        return sum(1 for e in self.effects if e[0] == kind)

    def asked(self, what):
        return sum(1 for r in self.requests
                   if re.search(what, r[0] + " " + r[1]))

    # -- what people do --

    def say(self, user, channel, topic, text):
        with self.lock:
            return self.put(user, channel, topic, text, None)

    def move(self, user, topic, to, channel=7):
        with self.lock:
            for m in self.messages.values():
                if m["channel"] == channel and m["topic"] == topic:
                    self.turn(m, to, user)

    def resolve(self, user, topic, channel=7):
        self.move(user, topic, RESOLVED + topic, channel)

    def unresolve(self, user, topic, channel=7):
        self.move(user, RESOLVED + topic, topic, channel)

    def delete(self, id):
        with self.lock:
            del self.messages[id]

    def archive(self, channel):
        self.channels[channel]["archived"] = True

    # -- HTTP --

    def handle(self, h):
        length = int(h.headers.get("Content-Length") or 0)
        body = h.rfile.read(length).decode("utf-8", "replace")
        url = urlsplit(h.path)
        path = unquote(url.path)
        before, h.late = self.shake.late(h.command, path)
        time.sleep(before)
        fault = self.fault_of("%s %s" % (h.command, path))
        how = fault.how if fault else None
        if self.record:
            self.note(h, body)
        if how in ("before", "drop-before"):
            return self.answer(h, how, 500, {"result": "error",
                                             "msg": "Internal server error"})
        if how == "error":
            return self.answer(h, how, *fault.body)
        with self.lock:
            status, out, headers = self.serve(h, path, url.query, body)
            if how == "repeat":
                self.serve(h, path, url.query, body)
        if how == "lie":
            out = fault.body(out)
        if how == "after":
            status, out = 502, {"result": "error", "msg": "Bad gateway"}
        return self.answer(h, how, status, out, headers)

    def fault_of(self, what):
        for f in self.faults:
            if f.times > 0 and f.what.search(what):
                f.times -= 1
                return f
        return None

    def answer(self, h, how, status, out, headers=()):
        time.sleep(h.late)
        if how in ("drop", "drop-before"):
            h.close_connection = True
            h.connection.shutdown(socket.SHUT_RDWR)
            return
        data = (b"<html>Back soon</html>" if how == "html"
                else json.dumps(out).encode())
        h.send_response(status)
        h.send_header("Content-Type", "text/html" if how == "html"
                      else "application/json")
        h.send_header("Content-Length", str(len(data)))
        for name, value in headers:
            h.send_header(name, value)
        h.end_headers()
        h.wfile.write(data)

    def note(self, h, body):
        line = json.dumps({"case": "zulip", "method": h.command,
                           "host": "zulip.example", "path": h.path,
                           "headers": list(h.headers.items()), "body": body})
        with self.lock, open(self.record, "a", encoding="utf-8") as f:
            f.write(line + "\n")

    def serve(self, h, path, query, body):
        headers = []
        try:
            user = self.user_of(h.headers.get("Authorization") or "")
            headers = self.count_request(user)
            form = self.form_of(h, query, body)
            self.requests.append((h.command, path, dict(form)))
            out = self.route(h.command, path, form, user)
            if form:
                self.ignored += list(form)
                out["ignored_parameters_unsupported"] = list(form)
            return 200, dict({"result": "success", "msg": ""}, **out), headers
        except Error as e:
            if e.status == 429:
                headers = [("Retry-After", str(e.body["retry-after"])),
                           ("X-RateLimit-Remaining", "0"),
                           ("X-RateLimit-Limit", str(self.limit[0])),
                           ("X-RateLimit-Reset",
                            str(int(time.time() + e.body["retry-after"])))]
            return e.status, e.body, headers

    def form_of(self, h, query, body):
        if h.command == "GET":
            return dict(parse_qsl(query, keep_blank_values=True))
        kind = (h.headers.get("Content-Type") or "").split(";")[0]
        if body and kind != "application/x-www-form-urlencoded":
            raise Error("Nothing to read in a body that is no form",
                        "REQUEST_VARIABLE_MISSING")
        return dict(parse_qsl(body, keep_blank_values=True))

    def user_of(self, authorization):
        word = "Basic "
        try:
            plain = base64.b64decode(authorization[len(word):],
                                     validate=True).decode()
            email, key = plain.split(":", 1)
        except ValueError:
            raise Error("Not logged in", "UNAUTHORIZED", 401) from None
        for u in self.users.values():
            if u["email"] == email and u["key"]:
                if u["key"] != key:
                    raise Error("Invalid API key", "INVALID_API_KEY", 401)
                if not u["active"]:
                    raise Error("Account is deactivated", "USER_DEACTIVATED",
                                401)
                return u
        raise Error("Invalid API key", "INVALID_API_KEY", 401)

    def count_request(self, user):
        if not self.limit:
            return []
        requests, seconds = self.limit
        now = time.time()
        spent = [t for t in self.spent.get(user["id"], [])
                 if t > now - seconds]
        self.spent[user["id"]] = spent
        if len(spent) >= requests:
            raise Error("API usage exceeded rate limit", "RATE_LIMIT_HIT",
                        429, **{"retry-after": spent[0] + seconds - now})
        spent.append(now)
        return [("X-RateLimit-Limit", str(requests)),
                ("X-RateLimit-Remaining", str(requests - len(spent))),
                ("X-RateLimit-Reset", str(int(spent[0] + seconds) + 1))]

    def route(self, method, path, form, user):
        if not path.startswith("/api/v1/"):
            raise Error("no such page", "BAD_REQUEST", 404)
        parts = path[8:].split("/")
        what = (method, parts[0]) + (("N",) if len(parts) > 1
                                     and parts[1].isdigit() else
                                     tuple(parts[1:2])) + tuple(parts[2:])
        call = {
            ("GET", "users", "me"): self.get_me,
            ("POST", "register"): self.post_register,
            ("DELETE", "events"): self.delete_events,
            ("GET", "get_stream_id"): self.get_stream_id,
            ("GET", "messages"): self.get_messages,
            ("POST", "messages"): self.post_message,
            ("GET", "messages", "N"): self.get_message,
            ("PATCH", "messages", "N"): self.patch_message,
            ("DELETE", "messages", "N"): self.delete_message,
            ("POST", "messages", "N", "reactions"): self.post_reaction,
            ("DELETE", "messages", "N", "reactions"): self.delete_reaction,
        }.get(what)
        if not call:
            raise Error("no such page", "BAD_REQUEST", 404)
        if "N" in what:
            return call(int(parts[1]), form, user)
        return call(form, user)


def main():
    p = argparse.ArgumentParser(description=__doc__.split("\n", 1)[0])
    p.add_argument("--port-file")
    args = p.parse_args()
    with Zulip() as z:
        if args.port_file:
            with open(args.port_file, "w", encoding="utf-8") as f:
                f.write(z.site + "\n")
        print(z.site, flush=True)
        threading.Event().wait()


if __name__ == "__main__":
    sys.exit(main())
