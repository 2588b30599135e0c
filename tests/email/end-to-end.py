#!/usr/bin/env python3
# SPDX-License-Identifier: BSD-3-Clause
"""From a log to a mailbox by the real program: a thread from opening to end,
and the confidential lane beside sinks that must not hear of it."""
import json
import os
import shutil
import signal
import sqlite3
import subprocess
import sys
import time

sys.dont_write_bytecode = True
SRC = os.environ["TOCSIN_SRC"]
sys.path.insert(0, os.path.join(SRC, "tests", "email"))
sys.path.insert(0, os.path.join(SRC, "tests", "e2e"))
sys.path.insert(0, os.path.join(SRC, "tests", "fakes"))
from post import (Authority, Hostile, Post, need_server, openssl, part, read,
                  same)
from world import World, has, main
from zulip import Zulip

need_server()

CONFIG = """version: 1
state: sqlite:{dir}/state/tocsin.db
armed: true
metrics: {dir}/metrics.prom
sources:
  ci: {{plugin: logs, path: [{dir}/logs]}}
sinks:
  public: {{plugin: file, dir: {dir}/out, stdout: true}}
  ops: {{plugin: file, dir: {dir}/ops}}
  mail: {{plugin: email, smtp: "SMTP", ca_file: CA,
         from: "Tocsin <tocsin@ci.example.org>"}}
  vault: {{plugin: email, smtp: "SMTP", ca_file: CA, confidential: true,
          from: "Tocsin <tocsin@ci.example.org>", certificates: {dir}/certs}}
policy:
  open: {{any: [{{pushes: 2}}]}}
teams:
  core: {{persons: [corey], contacts: {{email: core@example.org}}}}
  two: {{contacts: {{mail: "a@example.org, gone@example.org"}}}}
operators: {{owner: core, via: [ops]}}
rules:
  - id: site/leak
    category: security/leaked-key
    blame: recipe
    rank: cause
    pattern: 'LEAK of (?<what>\\w+)'
    summary: 'the key {{{{what}}}} stands in a log'
    examples: ['LEAK of canary']
routes:
  - match: {{area: security}}
    owner: core
    via: [public, mail, vault]
  - match: {{project: 'acme/*'}}
    owner: two
    via: [mail]
{more}"""
LEAK = "LEAK of canary\n##[error]Process completed with exit code 2.\n"
top = None
authority = None


def world(post):
    w = World(config=CONFIG.replace("SMTP", post.url()).replace(
        "CA,", authority.path("ca.pem") + ","))
    os.mkdir(w.path("certs"))
    return w


def certify(w, name):
    shutil.rmtree(w.path("certs"))
    os.mkdir(w.path("certs"))
    shutil.copy(authority.path(name + ".pem"), w.path("certs", "core.pem"))


def at(hours):
    """Mail is sent at the real time only."""
    t = time.strftime("%Y-%m-%dT%H:%M:%SZ",
                      time.gmtime(time.time() + hours * 3600))
    return {"created": t, "started": t, "finished": t}


def red(w, hours, **more):
    w.run_of("r%d" % -hours, **dict(at(hours), **more))


def told_operators(w):
    folder = w.path("ops", "messages")
    return "".join(open(os.path.join(folder, n)).read()
                   for n in sorted(os.listdir(folder)))


def a_thread():
    "a mail when it opens and one when it is over; who is refused is said"
    refuse = {"gone@example.org": "550 5.1.1 no such user"}
    with Post(authority, os.path.join(top, "box1"), refuse=refuse) as post, \
            world(post) as w:
        certify(w, "core")
        red(w, -5)
        red(w, -4)
        w.tocsin("run", check=1)        # somebody was refused
        (envelope, data), = post.mails()
        same(envelope["to"], ["a@example.org"], "who has it")
        first = read(data)
        has(first["subject"], "[acme/widget] main ")
        has(part(first, "plain"), "`main` of `acme/widget`",
            "You get this because", "error: 'frobnicate' undeclared")
        key = first["references"].split(".")[1].split("@")[0]
        has(w.tocsin("explain", key, check=0).stdout, "acme/widget")
        w.tocsin("run", check=0)
        same(len(post.mails()), 1, "once")
        has(told_operators(w), "gone@", "no such user")
        red(w, -3)                      # an edit is no mail
        w.tocsin("run", check=0)
        same(len(post.mails()), 1, "an edit")
        w.run_of("g1", red=False, **at(-2))
        w.tocsin("run", check=1)
        (_, _), (_, data) = post.mails()
        last = read(data)
        same(last["in-reply-to"], first["message-id"], "in-reply-to")
        same(last["subject"], "Re: " + first["subject"], "subject")
        has(part(last, "plain"), "It is over in `acme/widget`")


def a_lost_state():
    "what a topic still stands for is not mailed again, and its end is"
    with Post(authority, os.path.join(top, "box-lost")) as post, \
            Zulip() as z, world(post) as w:
        certify(w, "core")
        w.write("zulip.key", "K" * 32)
        os.chmod(w.path("zulip.key"), 0o600)
        w.write("tocsin.yaml", open(w.config).read().replace(
            "owner: two\n    via: [mail]", "owner: two\n    via: [chat, mail]"
            ).replace("sinks:\n", "sinks:\n  chat: {plugin: zulip, site: '%s',"
                      " email: tocsin-bot@zulip.example,\n         api_key_file:"
                      " zulip.key, channel: builds}\n" % z.site))
        red(w, -5)
        red(w, -4)
        w.tocsin("run", check=0)
        same(len(post.mails()), 2, "one each")
        for name in os.listdir(w.path("state")):
            os.unlink(w.path("state", name))
        for _ in range(2):
            w.tocsin("run", check=0)
            same(len(post.mails()), 2, "not again")
        w.run_of("g1", red=False, **at(-2))
        w.tocsin("run", check=0)
        same([read(data)["x-tocsin-delivery"] for _, data in post.mails()],
             ["open", "open", "resolve", "resolve"], "what was sent")


def everything(w):
    """All that Tocsin wrote outside of its state, and what it says."""
    out = []
    for folder in ("out", "ops"):
        for path, _, names in os.walk(w.path(folder)):
            for n in names:
                with open(os.path.join(path, n), encoding="utf-8") as f:
                    out.append(f.read())
    for args in (("run", "--dry-run"), ("run", "--dry-run", "--json"),
                 ("-v", "run"), ("-v", "-v", "run"), ("-D", "vault", "run"),
                 ("-D", "mail", "-D", "public", "run"),
                 ("status",), ("status", "--json"),
                 ("outbox", "list"), ("outbox", "list", "--json"),
                 ("approve",), ("rule", "list"), ("silence", "list"),
                 ("backlog", "list")):
        p = w.tocsin(*args)
        out += [p.stdout, p.stderr]
    if os.path.exists(w.path("metrics.prom")):
        with open(w.path("metrics.prom"), encoding="utf-8") as f:
            out.append(f.read())
    return "\n".join(out)


def silent(w, what):
    """No word of it outside, and no other sink was to get it."""
    said = everything(w)
    db = sqlite3.connect("file:%s?mode=ro" % w.path("state", "tocsin.db"),
                         uri=True)
    rows = db.execute("SELECT sink FROM outbox, ticket ON ticket.id = "
                      "outbox.ticket WHERE kind != 'operators'").fetchall()
    db.close()
    assert {sink for sink, in rows} <= {"vault"}, (what, rows)
    for word in ("canary", "leak", "secret-feedstock"):
        assert word not in said, (what, word, [
            line for line in said.split("\n") if word in line][:3])


def confidential():
    "what is confidential is sealed or waits, and nobody else hears of it"
    with Post(authority, os.path.join(top, "box2")) as post, \
            world(post) as w:
        certify(w, "late")
        red(w, -5, log=LEAK, project="acme/secret-feedstock")
        red(w, -4, log=LEAK, project="acme/secret-feedstock")
        p = w.tocsin("run", check=1)
        assert "canary" not in p.stdout + p.stderr
        same(post.mails(), [], "an expired certificate sends nothing")
        silent(w, "expired")
        has(told_operators(w), "vault", "core@", "expired on")
        # mended: an operator says so
        certify(w, "core")
        has(w.tocsin("check", check=0).stderr, "warning: certificates: the "
            "certificate of core@example.org expires on")
        w.tocsin("outbox", "retry", "--all", check=0)
        w.tocsin("run", check=0)
        (envelope, data), = post.mails()
        for word in (b"canary", b"leak", b"secret-feedstock"):
            assert word not in data, word
        silent(w, "sent")
        same(os.path.exists(w.path("out", "index.jsonl")), False, "public")
        mail = w.path("mail")
        with open(mail, "wb") as f:
            f.write(data)
        inner = read(openssl("cms", "-decrypt", "-in", mail, "-recip",
                             authority.path("core.pem"), "-inkey",
                             authority.path("core.key")))
        has(inner["subject"], "secret-feedstock")
        has(part(inner, "plain"), "LEAK of canary")
        same(read(data)["subject"], "[...]", "outer subject")
        w.run_of("g1", red=False, project="acme/secret-feedstock", **at(-2))
        w.tocsin("run", check=0)
        same([read(d)["subject"] for _, d in post.mails()], ["[...]"] * 2,
             "its end")
        silent(w, "over")


def nothing_to_encrypt_with():
    "a confidential sink without certificates is said before it is needed"
    with Post(authority, os.path.join(top, "box3")) as post, \
            world(post) as w:
        w.write("tocsin.yaml", open(w.config).read().replace(
            ", certificates: %s/certs" % w.dir, ""))
        p = w.tocsin("run", check=1)
        has(p.stderr, "vault", "needs certificates")
        red(w, -5, log=LEAK)
        red(w, -4, log=LEAK)
        w.tocsin("run", check=1)
        same(post.mails(), [], "mails")
        silent(w, "no certificates")


def killed_at_the_dot():
    "killed when the server has it all: the same mail again, and counted"
    pid = []

    def kills(t):
        t.hello()
        t.until("DATA")
        t.say("354 go on")
        t.data()
        os.kill(pid[0], signal.SIGKILL)
        t.line()                # till the worker is gone, too

    def takes(t):
        t.hello()
        t.until("DATA")
        t.say("354 go on")
        t.data()
        t.say("250 taken")
        t.until("QUIT")
    with Hostile(kills, takes) as post, world(post) as w:
        w.write("tocsin.yaml", open(w.config).read().replace(
            "smtp: ", "tls: none, smtp: ").replace(
            "a@example.org, gone@example.org", "a@example.org"))
        certify(w, "core")
        red(w, -5)
        red(w, -4)
        p = subprocess.Popen([os.environ["TOCSIN"], "-c", w.config, "run"],
                             stdout=subprocess.DEVNULL,
                             stderr=subprocess.DEVNULL)
        pid.append(p.pid)
        same(p.wait(120), -signal.SIGKILL, "killed")
        w.tocsin("run")         # it may have been sent: nothing is sent yet
        same(len(ids(post)), 1, "held off")
        db = sqlite3.connect(w.path("state", "tocsin.db"))
        db.execute("UPDATE outbox SET intent_at = intent_at - 7200")
        db.commit()
        db.close()
        sent = json.loads(w.tocsin("run", "--json").stdout)["sent"]
        same(sent["unsure"], 1, "counted")
        same((len(ids(post)), len(set(ids(post)))), (2, 1), "one id")
        has(open(w.path("metrics.prom")).read(),
            'tocsin_unsure_deliveries{sink="mail"} 1')
        w.tocsin("run")
        same(len(ids(post)), 2, "and no more")


def at_another_time():
    "a server that may pass mail on gets none of a time that is not now"
    with Post(authority, os.path.join(top, "box4")) as post, \
            world(post) as w:
        certify(w, "core")
        w.run_of("r1", hour=1)
        w.run_of("r2", hour=2)
        w.pass_at(3)
        same(post.mails(), [], "a dry run")
        with open(w.config, encoding="utf-8") as f:
            text = f.read()
        with open(w.config, "w", encoding="utf-8") as f:
            f.write(text.replace("plugin: email,",
                                 "plugin: email, local: true,"))
        w.pass_at(3)
        same(len(post.mails()), 2, "one to each address")


def wait_over(w):
    """As if the time that a row waits were over."""
    db = sqlite3.connect(w.path("state", "tocsin.db"))
    db.execute("UPDATE outbox SET next_try = 0, intent_at = CASE WHEN"
               " intent_at THEN intent_at - 7200 ELSE 0 END")
    db.execute("DELETE FROM meta WHERE key LIKE 'outbox.hold.%'")
    db.commit()
    db.close()


def many(post, n, more=""):
    w = world(post)
    text = open(w.config).read()
    w.write("tocsin.yaml", text.replace(
        "a@example.org, gone@example.org",
        ", ".join("p%d@example.org" % k for k in range(n))).replace(
        "  mail: {plugin: email,", "  mail: {plugin: email, " + more))
    certify(w, "core")
    red(w, -5)
    red(w, -4)
    return w


def told(post):
    return sorted(e["to"][0] for e, _ in post.mails())


def a_short_deadline():
    "a deadline that ends between two people: the rest with the next pass"
    with Post(authority, os.path.join(top, "box5"), slow=1) as post, \
            many(post, 6, "deadline: 8s, ") as w:
        passes = 0
        while len(told(post)) < 6 and passes < 6:
            sent = json.loads(w.tocsin("run", "--json").stdout)["sent"]
            same(sent["unsure"], 0, "unsure")
            wait_over(w)
            passes += 1
        same(told(post), ["p%d@example.org" % k for k in range(6)], "told")
        assert passes > 1, "the deadline was none"
        w.tocsin("run", check=0)
        same(len(told(post)), 6, "once each")


def killed_between_two():
    "killed between two people: who has it does not get it again"
    with Post(authority, os.path.join(top, "box6"), slow=0.5) as post, \
            many(post, 5) as w:
        p = subprocess.Popen([os.environ["TOCSIN"], "-c", w.config, "run"],
                             stdout=subprocess.DEVNULL,
                             stderr=subprocess.DEVNULL)
        end = time.monotonic() + 60
        while len(told(post)) < 2 and time.monotonic() < end:
            time.sleep(0.01)
        p.kill()
        p.wait()
        wait_over(w)
        sent = json.loads(w.tocsin("run", "--json").stdout)["sent"]
        assert sent["unsure"] <= 1, sent
        got = told(post)
        same(sorted(set(got)), ["p%d@example.org" % k for k in range(5)],
             "told")
        # only the one whose mail was on its way, with the same Message-ID
        assert len(got) <= 6, got
        same(len({read(d)["message-id"] for _, d in post.mails()}), 1, "ids")
        wait_over(w)
        n = len(told(post))
        w.tocsin("run", check=0)
        same(len(told(post)), n, "and no more")


def switched_off():
    "the kill switch thrown between two people: the others hear later, once"
    box = os.path.join(top, "box7")
    with Post(authority, box) as post, many(post, 4) as w:
        # the first mail throws it
        text = open(w.config).read() + "guards: {kill_switch: %s/%s}\n"
        w.write("tocsin.yaml", text % (box, "001.eml"))
        has(w.tocsin("run", check=1).stderr, "kill switch")
        same(len(told(post)), 1, "told before it")
        wait_over(w)
        w.tocsin("run", check=1)
        same(len(told(post)), 1, "told while it is on")
        w.write("tocsin.yaml", text % (box, "off"))
        w.tocsin("run", check=0)
        same(told(post), ["p%d@example.org" % k for k in range(4)], "told")
        same(len({read(d)["message-id"] for _, d in post.mails()}), 1, "ids")


def ids(server):
    return [h for h in server.heard if h.startswith("Message-ID")]


if __name__ == "__main__":
    import tempfile
    with tempfile.TemporaryDirectory() as top:
        authority = Authority(top)
        authority.leaf("server", "IP:127.0.0.1", rsa=0)
        authority.leaf("core", "email:core@example.org")
        authority.leaf("late", "email:core@example.org", days=-1)
        main([a_thread, a_lost_state, confidential, nothing_to_encrypt_with,
              killed_at_the_dot, at_another_time, a_short_deadline,
              killed_between_two, switched_off])
