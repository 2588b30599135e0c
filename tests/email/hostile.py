#!/usr/bin/env python3
# SPDX-License-Identifier: BSD-3-Clause
"""The sink `email` and servers that break, lie or never end: a mail that the
server has is not sent twice without need, and none is called sent that it
has not."""
import os
import ssl
import sys
import tempfile

sys.dont_write_bytecode = True
sys.path.insert(0, os.path.join(os.environ["TOCSIN_SRC"], "tests", "email"))
from post import Authority, Hostile, Sink, note, same, secret


def run(ca, *scripts, notes=None, **options):
    with Hostile(*scripts) as server:
        options = dict({"tls": "none"}, **options)
        sink = Sink(server, ca, **options)
        sink.delivered = sink.run(*(notes or [note()]))
        sink.heard = list(server.heard)
    return sink


def upto_data(t):
    t.hello()
    t.until("DATA")
    t.say("354 go on")
    return t.data()


def drops_behind_the_dot(ca):
    sink = run(ca, upto_data)
    d = sink.delivered[0]
    same((d.status, d.pending["unsure"]), ("ok", ["core@example.org"]),
         "it may have it")
    assert "nobody knows" in sink.notices["mail-unsure"]

    def takes(t):
        upto_data(t)
        t.say("250 taken")
        t.until("QUIT")
        t.say("221 bye")
    # once more, with the same Message-ID
    again = run(ca, takes, notes=[note(pending=d.receipt["pending"])])
    same((again.delivered[0].status, again.delivered[0].pending),
         ("ok", None), "taken now")
    ids = [h for s in (sink, again) for h in s.heard
           if h.startswith("Message-ID")]
    same((len(ids), len(set(ids))), (2, 1), "one id")
    # a reminder comes again by itself
    once = run(ca, upto_data, notes=[note("remind", remote_id="a@b")])
    same((once.delivered[0].status, once.delivered[0].pending), ("ok", None),
         "a reminder is not repeated")
    assert "not sent again" in once.notices["mail-lost"]


def died_before(ca):
    """The worker or the core died over it: nobody knows."""
    def takes(t):
        upto_data(t)
        t.say("250 taken")
    sink = run(ca, takes, notes=[note(again=True)])
    same(sink.delivered[0].status, "ok", "opened again")
    assert "mail-unsure" in sink.notices
    sink = run(ca, notes=[note("digest", again=True),
                          note("remind", "n2", again=True, remote_id="a@b")])
    same([d.status for d in sink.delivered], ["ok", "ok"], "not again")
    same(sink.heard, [], "nobody was asked")
    assert "mail-lost" in sink.notices


def breaks_before(ca):
    def at_hello(t):
        t.say("220 hostile.test")
        t.line()

    def at_data(t):
        t.hello()
        t.until("DATA")

    def in_data(t):
        t.hello()
        t.until("DATA")
        t.say("354 go on")
        t.line()
        t.connection.close()
    # More than the buffers of both ends hold.
    big = note(body="x " * 4000000)
    for script in (at_hello, at_data, in_data, lambda t: None):
        sink = run(ca, script, notes=[big])
        d = sink.delivered[0]
        same((d.status, d.receipt.get("retry_after")), ("retry", 300),
             "not sent")
        same(sink.notices, {}, "and that is certain")


def says_no(ca):
    def answers(verb, text):
        def script(t):
            t.hello()
            t.until(verb)
            t.say(text)
            t.until("QUIT")
        return script

    def behind(text):
        def script(t):
            upto_data(t)
            t.say(text)
            t.until("QUIT")
        return script
    for script, status in (
            (answers("MAIL", "451 later"), "retry"),
            (answers("MAIL", "550 not you"), "fatal"),
            (answers("MAIL", "552 too large"), "reject"),
            (answers("MAIL", "530 sign in first"), "fatal"),
            (answers("RCPT", "550 nobody"), "reject"),
            (answers("RCPT", "452 too many"), "retry"),
            (answers("RCPT", "421 going down"), "retry"),
            (answers("DATA", "554 no valid recipients"), "reject"),
            (behind("451 later"), "retry"),
            (behind("552 too large"), "reject"),
            (behind("250-two\r\n250 lines"), "ok"),
            (lambda t: t.say("421 busy"), "retry"),
            (lambda t: t.say("554 go away"), "fatal")):
        d = run(ca, script).delivered[0]
        same(d.status, status, d.text)


def does_not_sign_us_in(ca, tmp):
    """Not now is another thing than never."""
    said = {"user": "tocsin", "password_file": secret(tmp, "s3cret")}

    def answers(text):
        def script(t):
            t.hello("AUTH PLAIN")
            t.until("AUTH")
            t.say(text)
            t.line()
        return script
    for text, status in (("454 4.7.0 try later", "retry"),
                         ("535 5.7.8 who are you", "fatal"),
                         ("421 too many of you", "retry")):
        sink = run(ca, answers(text), **said)
        same(sink.delivered[0].status, status, text)
        assert text[4:] in sink.delivered[0].text, sink.delivered[0].text
        assert "s3cret" not in str(sink.all) + sink.err


def never_ends(ca):
    def slow(t):
        t.say("220 hostile.test")
        t.line()
        t.line()                # until the client has had enough

    def endless(t):
        t.say("220 hostile.test")
        t.line()
        for _ in range(100000):
            t.say("250-" + "x" * 60)

    def one_line(t):
        t.raw(b"220 " + b"x" * (4 << 20))

    def garbage(t):
        t.raw(bytes(range(256)) * 50 + b"\r\n")
        t.line()
        t.line()
    for script in (slow, endless, one_line, garbage):
        d = run(ca, script, timeout="1s").delivered[0]
        same(d.status, "retry", d.text)
        assert len(d.text) < 400, len(d.text)
        assert all(" " <= c <= "~" for c in d.text), d.text


def no_tls(ca, tmp):
    """Somebody in between."""
    said = {"user": "tocsin", "password_file": secret(tmp, "s3cret"),
            "tls": "required"}

    def stripped(t):
        t.hello("AUTH PLAIN LOGIN")
        t.line()

    def denied(t):
        t.hello("STARTTLS", "AUTH PLAIN")
        t.until("STARTTLS")
        t.say("454 not now")
        t.line()

    def injected(t):
        """What is said before TLS must not count behind it."""
        t.hello("STARTTLS")
        t.until("STARTTLS")
        t.raw(b"220 go\r\n250-hostile.test\r\n250 AUTH PLAIN\r\n"
              b"235 you are in\r\n250 ok\r\n250 ok\r\n")
        c = ssl.SSLContext(ssl.PROTOCOL_TLS_SERVER)
        c.load_cert_chain(ca.path("server.pem"), ca.path("server.key"))
        with c.wrap_socket(t.connection, server_side=True) as s:
            t.heard.append("TLS")
            t.heard.append(s.recv(1000).decode("latin-1"))
    for script in (stripped, denied, injected):
        sink = run(ca, script, **said)
        assert sink.delivered[0].status in ("fatal", "retry"), script
        for line in sink.heard:
            assert not line.startswith(("AUTH", "MAIL")), line
        assert "s3cret" not in str(sink.all) + sink.err


def two_at_once(ca):
    """The second address after the first broke."""
    def first(t):
        upto_data(t)
        t.say("250 taken")
        t.until("MAIL")         # the same connection
        t.say("250 well")
        t.until("DATA")
        t.say("354 go on")
        t.data()                # and no answer
    d = run(ca, first, notes=[note(to="a@x.org b@x.org c@x.org")]
            ).delivered[0]
    same(d.status, "ok", "one has it")
    same(d.pending["unsure"], ["b@x.org"], "one may")
    same(d.pending["left"], ["c@x.org"], "one has it not")


with tempfile.TemporaryDirectory() as folder:
    authority = Authority(folder)
    authority.leaf("server", "IP:127.0.0.1", rsa=0)
    for test in (drops_behind_the_dot, died_before, breaks_before, says_no,
                 never_ends, two_at_once):
        test(authority)
    does_not_sign_us_in(authority, folder)
    no_tls(authority, folder)
