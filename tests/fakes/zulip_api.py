# SPDX-License-Identifier: BSD-3-Clause
"""The API of the small Zulip: a method for each call, and who sees what."""
import json

from zulip_marks import acts

RESOLVED = "\u2714 "
PAGE_MAX = 5000
NOTIFICATION_BOT = 1


class Error(Exception):
    def __init__(self, msg, code="BAD_REQUEST", status=400, **more):
        super().__init__(msg)
        self.body = dict({"result": "error", "msg": msg, "code": code},
                         **more)
        self.status = status


class Api:
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
