#!/usr/bin/env python3
# SPDX-License-Identifier: BSD-3-Clause
"""Pictures of the demo's messages as people see them, into this folder:

    ./dev pictures

The messages are those of the real program, on the samples of conf/demo. What
GitHub shows is made by cmark-gfm with a style sheet that is near enough; what
Zulip shows likewise; the mail is what the sink sends, taken by a server on
this machine and read by Python's parser. wkhtmltoimage draws, pngquant makes
it small."""
import email
import email.policy
import html
import json
import os
import re
import shutil
import socketserver
import subprocess
import sys
import tempfile
import threading

sys.dont_write_bytecode = True
HERE = os.path.dirname(os.path.abspath(__file__))
ROOT = os.path.abspath(os.path.join(HERE, "..", ".."))
BUILD = os.environ.get("TOCSIN_BUILD") or os.path.join(ROOT, "build")
TOCSIN = os.path.join(ROOT, "tocsin")
DEMO = os.path.join(ROOT, "conf", "demo")
WIDTH = 860

# name, sink, which message: its delivery and what is in its title or body.
PICTURES = [
    ("github-build", "issues", "open", "not in the channel"),
    ("github-bot", "issues", "open", "is stuck"),
    ("github-closed", "issues", "resolve", ""),
    ("mail-build", "mail", "open", "not in the channel"),
    ("mail-closed", "mail", "resolve", ""),
]
# All messages of the topic that the first of these begins.
TOPICS = [
    ("zulip-outage", "open", "Outage"),
    ("zulip-bot", "open", "bot"),
]

STYLE = """
body {font: 14px/1.5 "DejaVu Sans", sans-serif; color: #1f2328; margin: 0;
      background: #fff; padding: 16px; width: %dpx}
pre, code {font-family: "DejaVu Sans Mono", monospace; font-size: 12px}
pre {background: #f6f8fa; padding: 12px; border-radius: 6px;
     white-space: pre-wrap; word-wrap: break-word}
code {background: #eff1f3; padding: 2px 4px; border-radius: 4px}
pre code {background: none; padding: 0}
a {color: #0969da; text-decoration: none}
hr {border: 0; border-top: 1px solid #d1d9e0}
h1 {font-size: 20px; font-weight: normal; margin: 0 0 4px 0}
.state {display: inline-block; color: #fff; border-radius: 14px;
        padding: 3px 12px; font-weight: bold; font-size: 13px}
.open {background: #1f883d} .closed {background: #8250df}
.box {border: 1px solid #d1d9e0; border-radius: 6px; margin-top: 12px}
.by {background: #f6f8fa; padding: 8px 14px; color: #59636e;
     border-bottom: 1px solid #d1d9e0}
.text {padding: 4px 14px 10px 14px}
.topic {background: #d8e3f0; padding: 5px 10px; font-weight: bold;
        font-size: 13px}
.message {border: 1px solid #ddd; border-top: 0; padding: 8px 12px}
.who {font-weight: bold} .bot {color: #777; font-size: 11px;
      border: 1px solid #bbb; border-radius: 3px; padding: 0 3px}
.when {float: right; color: #999; font-size: 12px}
.mark {border: 1px solid #b8d4b8; background: #eef7ee; border-radius: 10px;
       padding: 0 7px; font-size: 12px; color: #2a6a2a}
.head {color: #59636e; font-size: 13px; border-bottom: 1px solid #d1d9e0;
       padding-bottom: 8px; margin-bottom: 8px}
.plain {font: 12px/1.35 "DejaVu Sans Mono", monospace;
        white-space: pre-wrap; background: none; padding: 0}
""" % WIDTH


# In issues and in chat a line ends where it ends: --hardbreaks.
def markdown(text, *options):
    p = subprocess.run(["cmark-gfm", "-e", "table", "-e", "strikethrough",
                        "-e", "autolink", "-e", "tagfilter", *options],
                       input=text, stdout=subprocess.PIPE, text=True,
                       check=True)
    return p.stdout


# ---- the messages ----

def play(folder):
    """The demo's nine days, with mail to everybody beside."""
    for name in ("feedstocks",):
        shutil.copytree(os.path.join(DEMO, name), os.path.join(folder, name))
    os.makedirs(os.path.join(folder, "logs"))
    os.makedirs(os.path.join(folder, "bot-jobs"))
    with open(os.path.join(DEMO, "tocsin.yaml"), encoding="utf-8") as f:
        text = f.read()
    text = re.sub(r"via: \[(issues|chat)\]", r"via: [\1, mail]", text)
    text = re.sub(r"^sinks:.*$", "sinks:\n  mail: {plugin: file, dir: "
                  "messages/mail, flavour: mail-markdown}", text, flags=re.M)
    # as Zulip would have it
    text = text.replace("flavour: zulip-markdown",
                        "flavour: zulip-markdown, title_max: 58, "
                        "body_max: 10000")
    config = os.path.join(folder, "tocsin.yaml")
    with open(config, "w", encoding="utf-8") as f:
        f.write(text)
    os.chmod(config, 0o644)
    for day in sorted(os.listdir(os.path.join(DEMO, "passes"))):
        shutil.copytree(os.path.join(DEMO, "passes", day), folder,
                        dirs_exist_ok=True)
        subprocess.run([TOCSIN, "-c", config, "run", "--now",
                        day[:-2] + ":" + day[-2:] + ":00Z"],
                       stdout=subprocess.DEVNULL, check=False)


def messages(folder, sink):
    """[{front matter, "body"}] in the order that they were sent."""
    base = os.path.join(folder, "messages", sink)
    out = []
    with open(os.path.join(base, "index.jsonl"), encoding="utf-8") as f:
        for line in f:
            one = json.loads(line)
            with open(os.path.join(base, one["message"]),
                      encoding="utf-8", newline="") as m:
                _, front, body = m.read().split("---\n", 2)
            v = {k: json.loads(t) for k, t in (
                part.split(": ", 1) for part in front.splitlines())}
            # the same picture each time
            body = re.sub(r"(tocsin 1:\w+:)\w+", r"\g<1>" + "0f" * 16, body)
            out.append(dict(v, body=body))
    return out


def pick(all, delivery, what):
    for m in all:
        if m["delivery"] == delivery and what in m["title"] + m["body"]:
            return m
    raise SystemExit("no %s of the demo holds %r" % (delivery, what))


# ---- what people see ----

def page(inner):
    return ("<!DOCTYPE html><html><head><meta charset=utf-8><style>%s"
            "</style></head><body>%s</body></html>" % (STYLE, inner))


def github(m):
    closed = m["delivery"] == "resolve"
    return page(
        "<h1>%s <span style='color:#59636e'>#7</span></h1>"
        "<span class='state %s'>%s</span>"
        "<div class=box><div class=by><b>tocsin</b> opened on %s%s</div>"
        "<div class=text>%s</div></div>" % (
            html.escape(m["title"]), "closed" if closed else "open",
            "Closed as completed" if closed else "Open", m["at"][:10],
            " · edited" if closed else "",
            markdown(m["body"], "--hardbreaks")))


def zulip(topic, said, channel, over):
    out = ["<div class=topic># %s &nbsp;›&nbsp; %s%s</div>" % (
        channel, "✔ " if over else "", html.escape(topic))]
    for i, m in enumerate(said):
        out.append(
            "<div class=message><span class=when>%s</span>"
            "<span class=who>Tocsin</span> <span class=bot>BOT</span>%s%s"
            "</div>" % (m["at"][:16].replace("T", " "),
                        markdown(m["body"], "--hardbreaks"),
                        "<span class=mark>✔ 1</span>" if over and not i
                        else ""))
    return page("".join(out))


class Box(socketserver.StreamRequestHandler):
    """Takes one mail, and any that comes."""

    def say(self, text):
        self.wfile.write(text.encode() + b"\r\n")

    def handle(self):
        self.say("220 here")
        for line in self.rfile:
            word = line.split()[0].upper() if line.split() else b""
            if word == b"DATA":
                self.say("354 go on")
                lines = []
                for more in self.rfile:
                    if more == b".\r\n":
                        break
                    lines.append(more[1:] if more[:1] == b"." else more)
                self.server.mails.append(b"".join(lines))
                self.say("250 taken")
            elif word == b"QUIT":
                self.say("221 bye")
                return
            else:
                self.say("250 fine")


def mail(m):
    """(headers, text, HTML) of what the sink makes of the message."""
    with socketserver.ThreadingTCPServer(("127.0.0.1", 0), Box) as server:
        server.daemon_threads = True
        server.mails = []
        threading.Thread(target=server.serve_forever, daemon=True).start()
        spec = {"self": os.path.join(BUILD, "core", "tocsin"),
                "plugin_path": [os.path.join(BUILD, "plugins", "email",
                                             ".libs")],
                "instances": [{
                    "name": "mail", "plugin": "email", "sink": True,
                    "options": {
                        "smtp": "smtp://127.0.0.1:%d"
                                % server.server_address[1],
                        "tls": "none", "from": "Tocsin <ci@example.org>"},
                    "deliver": [{
                        "delivery": m["delivery"], "ticket": m["ticket"],
                        "nonce": m["nonce"], "marker":
                            m["body"].strip().split("\n")[-1],
                        "project": m["project"], "title": m["title"],
                        "body": m["body"], "fields": m["fields"],
                        "remote_id": None if m["delivery"] == "open"
                        else "x@example.org", "labels": [],
                        "owner": {"name": "maintainers", "persons": [],
                                  "contacts": {"mail":
                                               "mara@example.org"}}}]}]}
        p = subprocess.run([os.path.join(BUILD, "tests", "plugins", "drive")],
                           input=json.dumps(spec), stdout=subprocess.PIPE,
                           text=True, check=True)
        if not server.mails:
            raise SystemExit("the sink sent no mail: " + p.stdout)
        got = email.message_from_bytes(server.mails[0],
                                       policy=email.policy.default)
        server.shutdown()
    return (got, got.get_body(("plain",)).get_content(),
            got.get_body(("html",)).get_content())


def mail_pages(m):
    """(as text, as HTML)"""
    got, text, rich = mail(m)
    head = "<div class=head>%s</div>" % "<br>".join(
        "<b>%s:</b> %s" % (n, html.escape(str(got[n])))
        for n in ("From", "To", "Subject"))
    inner = re.sub(r"(?is)^.*?<body[^>]*>|</body>.*$", "", rich)
    style = "".join(re.findall(r"(?is)<style.*?</style>", rich))
    return (page(head + "<pre class=plain>%s</pre>" % html.escape(text)),
            page(style + head + inner))


# ---- drawing ----

def draw(name, text):
    with tempfile.NamedTemporaryFile("w", suffix=".html",
                                     encoding="utf-8") as f:
        f.write(text)
        f.flush()
        path = os.path.join(HERE, name + ".png")
        subprocess.run(["wkhtmltoimage", "--quiet", "--quality", "0", "--width",
                        str(WIDTH + 32), "--disable-smart-width",
                        "--disable-javascript", f.name, path],
                       env={**os.environ, "QT_QPA_PLATFORM": "offscreen"},
                       stderr=subprocess.DEVNULL, check=True)
        subprocess.run(["pngquant", "--force", "--ext", ".png", "32", path],
                       check=True)
        print("%s: %d KiB" % (os.path.relpath(path, ROOT),
                              os.path.getsize(path) // 1024))


def main():
    with tempfile.TemporaryDirectory() as folder:
        play(folder)
        sinks = {s: messages(folder, s) for s in ("issues", "chat", "mail")}
        for name, sink, delivery, what in PICTURES:
            m = pick(sinks[sink], delivery, what)
            if sink == "issues":
                draw(name, github(m))
            else:
                text, rich = mail_pages(m)
                if delivery == "open":
                    draw(name + "-text", text)
                draw(name, rich)
        for name, delivery, what in TOPICS:
            first = pick(sinks["chat"], delivery, what)
            said = [m for m in sinks["chat"]
                    if m["ticket"] == first["ticket"]
                    and m["delivery"] != "update"]
            draw(name, zulip(first["title"], said, "core",
                             said[-1]["delivery"] == "resolve"))


if __name__ == "__main__":
    main()
