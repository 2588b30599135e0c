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

RESOLVED = "\u2714 "
PAGE_MAX = 5000
NOTIFICATION_BOT = 1


# ---- what Markdown does ----

# Which characters may stand before a mention (zerver/lib/mention.py).
BEFORE = r"(?<![^\s\'\"\(\{\[\/<])"
MENTION = re.compile(BEFORE + r"@(?P<silent>_?)\*\*(?P<who>[^\*]+)\*\*")
GROUP = re.compile(BEFORE + r"@(?P<silent>_?)\*(?P<who>[^\*]+)\*(?!\*)")
STREAM = re.compile(r"(?<![^\s\'\"\(\{\[\/<])#\*\*([^\*]+)\*\*")
LINK = re.compile(r"\[(?P<text>[^\]]*)\]\((?P<url>[^)\s]+)\)")
BARE = re.compile(r"(?<![\w@(/])(?:https?://|www\.)?[\w-]+(?:\.[\w-]+)*"
                  r"\.(?:com|org|net|io|dev|example|test)\b")
FENCE = re.compile(r"^(?P<fence>`{3,}|~{3,})[ ]*(?P<lang>[^\s`~]*)")
WILDCARDS = {"all", "everyone", "stream", "channel", "topic"}
SPECIAL = {"quote", "quoted", "math", "tex", "latex", "spoiler"}


def split_fences(text):
    """[(kind, text)]: "free", "fence", or "special:quote"."""
    out, free, fence, lang, block = [], [], None, "", []

    def end_block():
        out.append(("special:" + lang if lang in SPECIAL else "fence",
                    "\n".join(block)))

    for line in text.split("\n"):
        m = FENCE.match(line)
        if fence is None and m:
            out.append(("free", "\n".join(free)))
            free, block = [], []
            fence, lang = m.group("fence"), m.group("lang")
        elif fence is not None and line.rstrip() == fence:
            end_block()
            fence = None
        elif fence is not None:
            block.append(line)
        else:
            free.append(line)
    if fence is not None:
        end_block()
    out.append(("free", "\n".join(free)))
    return out


def without_code(text):
    """Inline code, as Zulip's BACKTICK_RE takes it, put by."""
    return re.sub(r"(?<!\\)(`+)(.+?)(?<!`)\1(?!`)", "\uffff", text,
                  flags=re.S)


def acts(text):
    """All that does something: {"users", "silent", "wildcards", "groups",
    "streams", "links", "bare", "math", "emoji", "times", "blocks",
    "widget"}."""
    found = {k: [] for k in ("users", "silent", "wildcards", "groups",
                             "streams", "links", "bare", "math", "emoji",
                             "times", "blocks", "widget")}
    m = re.match(r"\s*/(me|poll|todo)\b", text)
    if m:
        found["widget"].append(m.group(1))
    for kind, part in split_fences(text):
        if kind.startswith("special:"):
            found["blocks"].append(kind[8:])
            free = part if kind[8:] in ("quote", "quoted", "spoiler") else ""
        else:
            free = part if kind == "free" else ""
        free = without_code(free)
        for m in MENTION.finditer(free):
            who = m.group("who")
            found["wildcards" if who in WILDCARDS and not m.group("silent")
                  else "silent" if m.group("silent")
                  else "users"].append(who)
        found["groups"] += [m.group("who") for m in GROUP.finditer(free)]
        found["streams"] += STREAM.findall(free)
        found["links"] += [m.group("url") for m in LINK.finditer(free)]
        rest = LINK.sub(" ", free)
        found["bare"] += BARE.findall(rest)
        found["math"] += re.findall(r"\$\$([^\n]+?)\$\$", free)
        found["emoji"] += re.findall(r":([a-z0-9_+-]+):", rest)
        found["times"] += re.findall(r"<time:([^>]*)>", free)
        found["blocks"] += re.findall(r"^>", free, re.M)
    return found


# ---- faults ----

class Error(Exception):
    def __init__(self, msg, code="BAD_REQUEST", status=400, **more):
        super().__init__(msg)
        self.body = dict({"result": "error", "msg": msg, "code": code},
                         **more)
        self.status = status


class Fault:
    def __init__(self, what, how, times, body):
        self.what, self.how, self.times = re.compile(what), how, times
        self.body = body


# ---- the server ----

class Zulip:
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
        self.server = None

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

    # -- of the server --

    def get_me(self, form, user):
        return {"user_id": user["id"], "email": user["email"],
                "full_name": user["name"], "is_bot": user["bot"],
                "is_active": True, "role": 400}

    def post_register(self, form, user):
        for name in ("event_types", "fetch_event_types"):
            json.loads(form.pop(name, "[]"))
        queue = "q%d" % self.next_event
        self.next_event += 1
        self.queues.add(queue)
        return {"queue_id": queue, "last_event_id": -1,
                "zulip_version": "10.0",
                "zulip_feature_level": self.feature_level,
                "max_topic_length": self.topic_max,
                "max_message_length": self.body_max,
                "realm_allow_message_editing": self.editing,
                "realm_message_content_edit_limit_seconds":
                    self.edit_seconds}

    def delete_events(self, form, user):
        queue = form.pop("queue_id", None)
        if queue not in self.queues:
            raise Error("Bad event queue ID: %s" % queue,
                        "BAD_EVENT_QUEUE_ID")
        self.queues.discard(queue)
        return {}

    def get_stream_id(self, form, user):
        name = form.pop("stream", "")
        for c in self.channels.values():
            if (c["name"].lower() == name.lower()
                    and self.sees_channel(c, user)):
                return {"stream_id": c["id"]}
        raise Error("Invalid channel name '%s'" % name)

    # -- who sees what --

    def sees_channel(self, c, user):
        return not c["archived"] and (not c["private"]
                                      or user["id"] in c["subscribers"])

    def sees(self, m, user):
        if m["channel"]:
            c = self.channels.get(m["channel"])
            return c is not None and self.sees_channel(c, user)
        return user["id"] in m["people"]

    def channel_of(self, to, user):
        for c in self.channels.values():
            if ((str(c["id"]) == to or c["name"].lower() == to.lower())
                    and self.sees_channel(c, user)):
                return c
        raise Error("Channel '%s' does not exist" % to,
                    "STREAM_DOES_NOT_EXIST", stream=to)

    # -- reading --

    def shown(self, m, user):
        out = {"id": m["id"], "sender_id": m["sender"],
               "sender_email": self.users[m["sender"]]["email"],
               "content": m["content"], "timestamp": m["sent"],
               "content_type": "text/x-markdown", "client": "test",
               "reactions": [{"emoji_name": name, "emoji_code": "0",
                              "reaction_type": "unicode_emoji",
                              "user_id": who}
                             for name, who in m["reactions"]]}
        if m["channel"]:
            out.update(type="stream", stream_id=m["channel"],
                       subject=m["topic"],
                       display_recipient=self.channels[m["channel"]]["name"])
        else:
            out.update(type="private", subject="", display_recipient=[
                {"id": i, "email": self.users[i]["email"]}
                for i in sorted(m["people"])])
        if m["edited"] and self.history:
            out["edit_history"] = m["edited"]
            out["last_edit_timestamp"] = m["edited"][0]["timestamp"]
        return out

    def get_message(self, id, form, user):
        form.pop("apply_markdown", None)
        m = self.messages.get(id)
        if not m or not self.sees(m, user):
            raise Error("Invalid message(s)")
        return {"message": self.shown(m, user), "raw_content": m["content"]}

    def test_of(self, term, user):
        op, arg = term["operator"], term["operand"]
        if op in ("stream", "channel"):
            c = (self.channels.get(arg) if isinstance(arg, int) else
                 next((c for c in self.channels.values()
                       if c["name"].lower() == str(arg).lower()), None))
            if not c or not self.sees_channel(c, user):
                raise Error("Invalid narrow operator: unknown channel",
                            "BAD_NARROW")
            return lambda m: m["channel"] == c["id"]
        if op == "topic":
            return lambda m: (m["channel"] is not None
                              and m["topic"].lower() == arg.lower())
        if op == "sender":
            ids = [i for i, u in self.users.items()
                   if arg in (i, u["email"])]
            if not ids:
                raise Error("Invalid narrow operator: unknown user",
                            "BAD_NARROW")
            return lambda m: m["sender"] == ids[0]
        if op in ("streams", "channels") and arg == "public":
            return lambda m: (m["channel"] is not None and not
                              self.channels[m["channel"]]["private"])
        if op in ("dm", "pm-with"):
            if (op == "dm") != (self.feature_level >= 177):
                raise Error("Invalid narrow operator: unknown operator",
                            "BAD_NARROW")
            people = self.people_of(arg.split(",") if isinstance(arg, str)
                                    else arg) | {user["id"]}
            return lambda m: m["channel"] is None and m["people"] == people
        raise Error("Invalid narrow operator: unknown operator %s" % op,
                    "BAD_NARROW")

    def get_messages(self, form, user):
        narrow = json.loads(form.pop("narrow", "[]"))
        anchor = form.pop("anchor", "newest")
        before, after = (int(form.pop(n)) for n in ("num_before",
                                                    "num_after"))
        form.pop("apply_markdown", None)
        if before + after > PAGE_MAX:
            raise Error("Too many messages requested (maximum %d)."
                        % PAGE_MAX)
        tests = [self.test_of(t, user) for t in narrow]
        shared = any(t["operator"] in ("stream", "channel", "streams",
                                       "channels") for t in narrow)
        found = sorted((m for m in self.messages.values()
                        if self.sees(m, user) and all(t(m) for t in tests)
                        # its own history: what it was subscribed to
                        and (shared or m["channel"] is None
                             or user["id"] in
                             self.channels[m["channel"]]["subscribers"])),
                       key=lambda m: m["id"])
        at = (10 ** 16 if anchor == "newest" else 0 if anchor == "oldest"
              else int(anchor))
        low = [m for m in found if m["id"] < at]
        high = [m for m in found if m["id"] >= at]
        exact = [m for m in high if m["id"] == at]
        later = [m for m in high if m["id"] > at]
        page = low[max(0, len(low) - before):] + exact + later[:after]
        return {"anchor": at, "found_anchor": bool(exact),
                "found_oldest": before >= len(low) and (before > 0
                                                        or not low),
                "found_newest": after >= len(later) or anchor == "newest",
                "history_limited": False,
                "messages": [self.shown(m, user) for m in page]}

    # -- writing --

    def cut(self, text, most, mark):
        return text if len(text) <= most else text[:most - len(mark)] + mark

    def people_of(self, to):
        out = set()
        for who in to:
            ids = [i for i, u in self.users.items()
                   if who in (i, u["email"]) and u["active"]]
            if not ids:
                raise Error("Invalid email '%s'" % who)
            out.add(ids[0])
        return out

    def put(self, sender, channel, topic, content, people):
        content = content.rstrip()
        if not content:
            raise Error("Message must not be empty")
        if "\0" in content or any(ord(c) < 32 for c in topic or ""):
            raise Error("Invalid character in topic, at position 1")
        content = self.cut(content, self.body_max, "\n[message truncated]")
        if topic is not None:
            topic = self.cut(topic.strip() or "(no topic)", self.topic_max,
                             "...")
        id = self.next_message
        self.next_message += 1
        self.messages[id] = {
            "id": id, "sender": sender, "channel": channel, "topic": topic,
            "content": content, "people": people, "sent": int(self.clock()),
            "reactions": [], "edited": []}
        self.effects.append(("post", id))
        self.notify(self.messages[id])
        return id

    def notify(self, m):
        found = acts(m["content"])
        if m["people"]:
            for who in m["people"] - {m["sender"]}:
                self.notified.append((who, m["id"], "direct"))
        for name in found["users"]:
            self.notified.append((name, m["id"], "mention"))
        for name in found["wildcards"] + found["groups"]:
            self.notified.append((name, m["id"], "many"))

    def post_message(self, form, user):
        kind, to = form.pop("type"), form.pop("to")
        content = form.pop("content", None)
        if content is None:
            raise Error("Missing 'content' argument",
                        "REQUEST_VARIABLE_MISSING")
        if kind in ("stream", "channel"):
            topic = form.pop("topic", None)
            c = self.channel_of(to, user)
            if c["posters"] is not None and user["id"] not in c["posters"]:
                raise Error("You do not have permission to post in this "
                            "channel.")
            return {"id": self.put(user["id"], c["id"], topic, content,
                                   None)}
        if kind not in ("private", "direct") or (
                kind == "direct" and self.feature_level < 174):
            raise Error("Invalid type")
        people = self.people_of(json.loads(to)) | {user["id"]}
        return {"id": self.put(user["id"], None, None, content, people)}

    def turn(self, m, topic, user):
        m["edited"].insert(0, {"user_id": user,
                               "timestamp": int(self.clock()),
                               "topic": topic, "prev_topic": m["topic"]})
        m["topic"] = topic

    def patch_message(self, id, form, user):
        m = self.messages.get(id)
        content, topic = form.pop("content", None), form.pop("topic", None)
        mode = form.pop("propagate_mode", "change_one")
        for name in ("old", "new"):
            form.pop("send_notification_to_%s_thread" % name, None)
        if not m or not self.sees(m, user):
            raise Error("Invalid message(s)")
        if content is not None:
            self.edit(m, content, user)
        if topic is not None and topic.strip() != m["topic"]:
            self.retopic(m, topic.strip(), mode, user)
        elif content is None:
            raise Error("Nothing to change")
        return {}

    def edit(self, m, content, user):
        if not self.editing:
            raise Error("Your organization has turned off message editing")
        if m["sender"] != user["id"]:
            raise Error("You don't have permission to edit this message")
        if (self.edit_seconds is not None
                and self.clock() - m["sent"] > self.edit_seconds + 20):
            raise Error("The time limit for editing this message has passed")
        m["edited"].insert(0, {"user_id": user["id"],
                               "timestamp": int(self.clock()),
                               "prev_content": m["content"]})
        m["content"] = self.cut(content.rstrip(), self.body_max,
                                "\n[message truncated]")
        self.effects.append(("edit", m["id"]))
        for name in acts(m["content"])["users"]:
            self.notified.append((name, m["id"], "mention"))

    def retopic(self, m, topic, mode, user):
        old = m["topic"]
        if old is None:
            raise Error("Direct messages cannot have topics.")
        target = self.cut(topic, self.topic_max, "...")
        turned = (target.startswith(RESOLVED) != old.startswith(RESOLVED))
        if turned and not self.may_resolve:
            raise Error("You don't have permission to resolve topics in this "
                        "channel.")
        moved = [x for x in self.messages.values()
                 if x["channel"] == m["channel"]
                 and (x is m if mode == "change_one" else
                      x["topic"] == old
                      and (mode == "change_all" or x["id"] >= m["id"]))]
        for x in moved:
            self.turn(x, target, user["id"])
        self.effects.append(("topic", m["id"]))
        if turned:
            word = "resolved" if target.startswith(RESOLVED) else "unresolved"
            self.put(NOTIFICATION_BOT, m["channel"], target,
                     "@_**%s|%d** has marked this topic as %s."
                     % (user["name"], user["id"], word), None)
            self.effects.pop()

    def delete_message(self, id, form, user):
        m = self.messages.get(id)
        if not m or not self.sees(m, user):
            raise Error("Invalid message(s)")
        if m["sender"] != user["id"] or not self.may_delete:
            raise Error("You don't have permission to delete this message")
        del self.messages[id]
        self.effects.append(("delete", id))
        return {}

    def post_reaction(self, id, form, user):
        m = self.messages.get(id)
        one = (form.pop("emoji_name"), user["id"])
        if not m or not self.sees(m, user):
            raise Error("Invalid message(s)")
        if one in m["reactions"]:
            raise Error("Reaction already exists.",
                        "REACTION_ALREADY_EXISTS")
        m["reactions"].append(one)
        self.effects.append(("react", id))
        return {}

    def delete_reaction(self, id, form, user):
        m = self.messages.get(id)
        one = (form.pop("emoji_name"), user["id"])
        if not m or not self.sees(m, user):
            raise Error("Invalid message(s)")
        if one not in m["reactions"]:
            raise Error("Reaction doesn't exist.", "REACTION_DOES_NOT_EXIST")
        m["reactions"].remove(one)
        self.effects.append(("unreact", id))
        return {}


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
