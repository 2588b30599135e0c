# SPDX-License-Identifier: BSD-3-Clause
"""What the tests of the sink `email` have in common: a CA, a real server in a
process of its own, one that misbehaves as told, and the sink in a worker."""
import email
import email.policy
import json
import os
import socket
import ssl
import subprocess
import sys
import tempfile
import threading

SRC = os.environ["TOCSIN_SRC"]
BUILD = os.environ["TOCSIN_BUILD"]
HERE = os.path.join(SRC, "tests", "email")
sys.path.insert(0, os.path.join(SRC, "tests", "plugins"))
from driver import events

PLUGINS = os.path.join(BUILD, "plugins", "email", ".libs")
KEY = "0123456789abcdef0123456789abcdef"
PYTHON = "/usr/bin/python3"     # whose packages apt-get installs


def same(a, b, what):
    assert a == b, "%s: %r and not %r" % (what, a, b)


def openssl(*args, **kw):
    p = subprocess.run(["openssl", *args], stdout=subprocess.PIPE,
                       stderr=subprocess.PIPE, **kw)
    assert p.returncode == 0, (args, p.stderr)
    return p.stdout


class Authority:
    def __init__(self, dir):
        self.dir = dir
        self.serial = 1
        openssl("genpkey", "-algorithm", "EC", "-pkeyopt",
                "ec_paramgen_curve:P-256", "-out", self.path("ca.key"))
        openssl("req", "-x509", "-key", self.path("ca.key"), "-days", "2",
                "-subj", "/CN=ca of a test", "-out", self.path("ca.pem"))

    def path(self, name):
        return os.path.join(self.dir, name)

    def leaf(self, name, alt, days=2, start=None, usage=None, rsa=2048,
             self_signed=False, purpose=None):
        """A certificate and its key, as NAME.pem and NAME.key."""
        key, pem = self.path(name + ".key"), self.path(name + ".pem")
        if rsa:
            openssl("genpkey", "-algorithm", "RSA", "-pkeyopt",
                    "rsa_keygen_bits:%d" % rsa, "-out", key)
        else:
            openssl("genpkey", "-algorithm", "EC", "-pkeyopt",
                    "ec_paramgen_curve:P-256", "-out", key)
        with open(self.path("ext"), "w", encoding="ascii") as f:
            f.write("subjectAltName=%s\n" % alt)
            if usage:
                f.write("keyUsage=critical,%s\n" % usage)
            if purpose:
                f.write("extendedKeyUsage=%s\n" % purpose)
        request = openssl("req", "-new", "-key", key, "-subj", "/CN=" + name)
        self.serial += 1
        if start:
            return self.leaf_from(name, request, start)
        by = ["-signkey", key] if self_signed else \
            ["-CA", self.path("ca.pem"), "-CAkey", self.path("ca.key"),
             "-set_serial", str(self.serial)]
        openssl("x509", "-req", *by, "-days", str(days), "-extfile",
                self.path("ext"), "-out", pem, input=request)
        return pem


    def leaf_from(self, name, request, start):
        """Only `openssl ca` can make one that is not valid as yet."""
        d = tempfile.mkdtemp(dir=self.dir)
        open(d + "/index", "w", encoding="ascii").close()
        with open(d + "/conf", "w", encoding="ascii") as f:
            f.write("[ca]\ndefault_ca=d\n[d]\ndatabase=%s/index\n"
                    "new_certs_dir=%s\nrand_serial=yes\npolicy=p\n"
                    "default_md=sha256\nx509_extensions=x\n"
                    "[p]\ncommonName=supplied\n[x]\n" % (d, d))
            with open(self.path("ext"), encoding="ascii") as ext:
                f.write(ext.read())
        with open(d + "/csr", "wb") as f:
            f.write(request)
        openssl("ca", "-batch", "-config", d + "/conf", "-in", d + "/csr",
                "-cert", self.path("ca.pem"), "-keyfile",
                self.path("ca.key"), "-startdate", start, "-enddate",
                "20991231000000Z", "-notext", "-out",
                self.path(name + ".pem"))
        return self.path(name + ".pem")


class Post:
    """A server that takes mail; to be used with `with`."""

    def __init__(self, authority, dir, **spec):
        self.dir = dir
        os.makedirs(dir, exist_ok=True)
        self.tls = spec.get("tls", "starttls")
        spec = dict({"dir": dir, "cert": authority.path("server.pem"),
                     "key": authority.path("server.key")}, **spec)
        self.process = subprocess.Popen(
            [PYTHON, "-B", os.path.join(HERE, "server.py"),
             json.dumps(spec)], stdin=subprocess.PIPE,
            stdout=subprocess.PIPE, stderr=subprocess.DEVNULL)
        self.port = int(self.process.stdout.readline() or 0)
        assert self.port, "the server did not start"

    def url(self):
        return "%s://127.0.0.1:%d" % (
            "smtps" if self.tls == "implicit" else "smtp", self.port)

    def mails(self):
        """[(envelope, bytes)]"""
        out = []
        for name in sorted(os.listdir(self.dir)):
            if name.endswith(".eml"):
                base = os.path.join(self.dir, name[:-4])
                with open(base + ".json", encoding="utf-8") as f:
                    envelope = json.load(f)
                with open(base + ".eml", "rb") as f:
                    out.append((envelope, f.read()))
        return out

    def __enter__(self):
        return self

    def __exit__(self, *_):
        self.process.stdin.close()
        self.process.stdout.close()
        self.process.wait(30)


def read(data):
    """A mail as Python's parser sees it; it must find nothing wrong."""
    m = email.message_from_bytes(data, policy=email.policy.default)
    for part in m.walk():
        assert not part.defects, part.defects
    return m


def part(m, kind):
    return m.get_body((kind,)).get_content().replace("\r\n", "\n")


class Hostile:
    """A server that follows a script: one function a connection."""

    def __init__(self, *scripts):
        self.scripts = list(scripts)
        # Little room: what the server does not read is not handed over.
        self.socket = socket.socket()
        self.socket.setsockopt(socket.SOL_SOCKET, socket.SO_RCVBUF, 4096)
        self.socket.bind(("127.0.0.1", 0))
        self.socket.listen()
        self.port = self.socket.getsockname()[1]
        self.heard = []
        self.thread = threading.Thread(target=self.serve, daemon=True)
        self.thread.start()

    def url(self):
        return "smtp://127.0.0.1:%d" % self.port

    def serve(self):
        for script in self.scripts:
            try:
                connection, _ = self.socket.accept()
            except OSError:
                return
            with connection:
                connection.settimeout(30)
                talk = Talk(connection, self.heard)
                try:
                    script(talk)
                except (OSError, EOFError):
                    pass

    def __enter__(self):
        return self

    def __exit__(self, *_):
        # accept() sleeps on: shutdown wakes it
        try:
            self.socket.shutdown(socket.SHUT_RDWR)
        except OSError:
            pass
        self.socket.close()
        self.thread.join(30)


class Talk:
    def __init__(self, connection, heard):
        self.connection, self.heard = connection, heard
        self.buffer = b""

    def say(self, text):
        self.connection.sendall(text.encode("latin-1") + b"\r\n")

    def raw(self, data):
        self.connection.sendall(data)

    def line(self):
        while b"\n" not in self.buffer:
            more = self.connection.recv(65536)
            if not more:
                raise EOFError
            self.buffer += more
        line, self.buffer = self.buffer.split(b"\n", 1)
        line = line.rstrip(b"\r").decode("latin-1")
        self.heard.append(line)
        return line

    def until(self, verb):
        """Answers 250 to all before it; the line with it."""
        while True:
            line = self.line()
            if line.upper().startswith(verb):
                return line
            self.say("250 well")

    def hello(self, *more):
        self.say("220 hostile.test")
        self.until("EHLO")
        words = ["hostile.test", *more]
        for w in words[:-1]:
            self.say("250-" + w)
        self.say("250 " + words[-1])

    def data(self):
        """Up to the dot."""
        lines = []
        while True:
            line = self.line()
            if line == ".":
                return "\n".join(lines)
            lines.append(line[1:] if line.startswith(".") else line)


def note(delivery="open", nonce="n1", to="core@example.org", **more):
    marker = "<!-- tocsin 1:%s:%s -->" % (KEY, nonce)
    n = {"delivery": delivery, "ticket": KEY, "nonce": nonce,
         "marker": marker, "project": "o/r-feedstock",
         "title": "main does not build: zlib is gone",
         "body": "**`main` does not build: zlib is gone.**\n\n"
                 "```text\n  a line of a log\n```\n[Log, line 3]"
                 "(https://ci.example/1) · red since 14 Aug\n\n---\n"
                 "core: failures of this kind are routed to core.\n" + marker
                 + "\n",
         "fields": {}, "remote_id": None, "labels": [],
         "owner": {"name": "core", "persons": [],
                   "contacts": {"email": to}}}
    n.update(more)
    return n


class Sink:
    def __init__(self, server, authority, **options):
        self.options = {"from": "Tocsin of a test <tocsin@ci.example.org>",
                        "smtp": server.url(),
                        "ca_file": authority.path("ca.pem")}
        self.options.update(options)
        self.options = {k: v for k, v in self.options.items()
                        if v is not None}

    def run(self, *notes, reach=(), env=None):
        spec = {"plugin_path": [PLUGINS], "instances": [
            {"name": "mail", "plugin": "email", "sink": True,
             "options": self.options, "deliver": list(notes),
             "reach": list(reach)}]}
        out, self.err = events(spec, env=env)
        self.all = out
        self.notices = {n["code"]: n["text"] for e in out.kind("remotes")
                        for n in e.get("notices", [])}
        self.reached = [e["ok"] for e in out.kind("reached")]
        self.end = out.kind("ended")[0]
        return [Delivered(e) for e in out.kind("delivered")]


class Delivered:
    def __init__(self, event):
        self.status = ["ok", "retry", "reject", "fatal"][event["status"]]
        self.receipt = event.get("receipt") or {}
        self.text = self.receipt.get("text")
        pending = self.receipt.get("pending")
        self.pending = json.loads(pending) if pending else None
        self.refused = self.receipt.get("refused")
        self.id = self.receipt.get("remote_id")


def secret(dir, text):
    path = os.path.join(dir, "password")
    with open(path, "w", encoding="utf-8") as f:
        f.write(text)
    os.chmod(path, 0o600)
    return path


def need_server():
    p = subprocess.run([PYTHON, "-c", "import aiosmtpd"],
                       stderr=subprocess.DEVNULL)
    if p.returncode:
        print("needs python3-aiosmtpd")
        sys.exit(77)
