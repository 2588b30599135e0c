#!/usr/bin/env python3
# SPDX-License-Identifier: BSD-3-Clause
"""The sink `email` against a real server: what arrives, for whom, and how
another program reads it."""
import os
import re
import sys
import tempfile

sys.dont_write_bytecode = True
sys.path.insert(0, os.path.join(os.environ["TOCSIN_SRC"], "tests", "email"))
from post import (KEY, Authority, Post, Sink, need_server, note, part, read,
                  same, secret)

need_server()


def arrives(ca, tmp):
    with Post(ca, tmp + "/box", user="tocsin", password="s3cret:%") as post:
        sink = Sink(post, ca, user="tocsin",
                    password_file=secret(tmp, "s3cret:%\n"),
                    unsubscribe=["https://example.org/stop?who={address}",
                                 "mailto:stop@example.org"])
        d = sink.run(note())
        same([x.status for x in d], ["ok"], "opened")
        (envelope, data), = post.mails()
    same(envelope["to"], ["core@example.org"], "envelope")
    same(envelope["from"], "tocsin@ci.example.org", "sender")
    assert envelope["tls"] and envelope["auth"], envelope
    same(envelope["hello"], "ci.example.org", "EHLO")
    m = read(data)
    same(m["subject"], "[o/r-feedstock] main does not build: zlib is gone",
         "subject")
    same(m["from"], "Tocsin of a test <tocsin@ci.example.org>", "from")
    same(m["to"], "core@example.org", "to")
    same(m["auto-submitted"], "auto-generated", "auto-submitted")
    same(m["list-id"], "<tocsin.ci.example.org>", "list-id")
    same(re.sub(r"\s+", " ", m["list-unsubscribe"]),
         "<https://example.org/stop?who=core%40example.org>, "
         "<mailto:stop@example.org>", "list-unsubscribe")
    same(m["list-unsubscribe-post"], "List-Unsubscribe=One-Click", "post")
    same(text_type(m, "plain"), "utf-8", "charset")
    assert m["date"] and m["mime-version"] == "1.0", data
    same(m["message-id"], "<%s>" % d[0].id, "message-id")
    same(m["references"], "<tocsin.%s@ci.example.org>" % KEY, "references")
    same(m["in-reply-to"], None, "it answers nothing")
    same(m.get_content_type(), "multipart/alternative", "type")
    text, html = part(m, "plain"), part(m, "html")
    assert "tocsin 1:" not in text + html, "the marker"
    assert "    " + "  a line of a log" in text, text
    assert "Log, line 3 <https://ci.example/1>" in text, text
    assert "<strong><code>main</code> does not build" in html, html
    assert '<a href="https://ci.example/1">' in html, html
    assert max(map(len, data.split(b"\r\n"))) <= 78, "lines"
    assert b"\n" not in data.replace(b"\r\n", b""), "line ends"


def text_type(m, kind):
    return m.get_body((kind,)).get_content_charset()


def implicit(ca, tmp):
    with Post(ca, tmp + "/box", tls="implicit") as post:
        same(Sink(post, ca).run(note())[0].status, "ok", "smtps")
        same(len(post.mails()), 1, "mails")


def thread(ca, tmp):
    with Post(ca, tmp + "/box") as post:
        sink = Sink(post, ca)
        root = sink.run(note())[0].id
        d = sink.run(note("update", "n2", remote_id=root),
                     note("remind", "n3", remote_id=root),
                     note("resolve", "n4", remote_id=root),
                     note("reopen", "n5", remote_id=root),
                     note("digest", "n6", remote_id=root))
        same([x.status for x in d], ["ok"] * 5, "all")
        same({x.id for x in d}, {root}, "the thread keeps its root")
        mails = [read(data) for _, data in post.mails()]
    # an edit cannot be made, and is no mail
    same([m["x-tocsin-delivery"] for m in mails],
         ["open", "remind", "resolve", "reopen", "digest"], "mails")
    same(len({m["message-id"] for m in mails}), 5, "ids")
    same([m["in-reply-to"] for m in mails],
         [None, *["<%s>" % root] * 3, None], "in-reply-to")
    key = "<tocsin.%s@ci.example.org>" % KEY
    same([m["references"] and m["references"].split() for m in mails],
         [[key], *[[key, "<%s>" % root]] * 3, None], "references")
    assert mails[1]["subject"].startswith("Re: [o/r-feedstock] main")
    same(len({m["subject"].removeprefix("Re: ") for m in mails}), 1,
         "one subject")


def several(ca, tmp):
    refuse = {"gone@example.org": "550 5.1.1 nobody of that name",
              "grey@example.org": "451 4.7.1 greylisted"}
    four = ["a@example.org", "gone@example.org grey@example.org,"
            "b@example.org"]
    with Post(ca, tmp + "/box", refuse=refuse) as post:
        sink = Sink(post, ca)
        d = sink.run(note(to=four))[0]
        same(d.status, "ok", "two have it")
        same([e["to"] for e, _ in post.mails()],
             [["a@example.org"], ["b@example.org"]], "one mail each")
        assert "gone@example.org: 550 5.1.1 nobody" in d.refused, d.refused
        assert "a@example.org" not in d.refused
        same(d.pending, {"delivery": 1, "left": ["grey@example.org"],
                         "unsure": []}, "pending")
        assert "451 4.7.1" in d.text, d.text
        # as the core does: the same with what was pending
        again = sink.run(note(to=four, pending=d.receipt["pending"]))[0]
        same((again.status, again.pending), ("ok", d.pending), "still grey")
        same(len(post.mails()), 2, "nobody has it twice")
        # it is over before they heard of it: they hear nothing
        over = sink.run(note("resolve", "n2", to=four, remote_id=d.id,
                             pending=d.receipt["pending"]))[0]
        same((over.status, over.pending), ("ok", None), "over")
        same([e["to"][0] for e, _ in post.mails()[2:]],
             ["a@example.org", "b@example.org"], "who hears that")
    with Post(ca, tmp + "/box2") as post:
        d = Sink(post, ca).run(note(to=four, pending=d.receipt["pending"]))[0]
        same((d.status, d.pending), ("ok", None), "no longer grey")
        (envelope, data), = post.mails()
        same(envelope["to"], ["grey@example.org"], "the one that was left")
        same(read(data)["message-id"], "<%s>" % d.id, "the same message")


def nobody(ca, tmp):
    refuse = {"gone@example.org": "550 no", "grey@example.org": "450 later"}
    with Post(ca, tmp + "/box", refuse=refuse) as post:
        sink = Sink(post, ca, recipients="*@example.org")
        d = sink.run(note(to="gone@example.org"), note(to="grey@example.org"),
                     note(to="gone@example.org grey@example.org"),
                     note(to="x@elsewhere.org"), note(to="no address"))
        same([x.status for x in d],
             ["reject", "retry", "retry", "reject", "reject"], "ends")
        owners = [note(to=to)["owner"] for to in
                  ("a@example.org", "x@elsewhere.org", "a@b@c", "",
                   "x@elsewhere.org a@EXAMPLE.org",
                   ["x@elsewhere.org", "b@example.org"], [], [7])]
        sink.run(reach=owners)
        same(sink.reached, [True, False, False, False, True, True, False,
                            False], "can_reach")
        same(post.mails(), [], "mails")
        # a slip in one of two contacts must not be silence
        odd = "m\u00fcller@b\u00fccher.example"
        d = sink.run(note(to="a@example.org " + odd))[0]
        same((d.status, len(post.mails())), ("ok", 1), "the other has it")
        said = sink.notices["contact:" + odd]
        assert "of core is no address" in said and "xn--" in said, said
        d = sink.run(note(to="b@xn--bcher-kva.example"))[0]
        same(d.status, "reject", "recipients still count")
    with Post(ca, tmp + "/box3") as post:
        d = Sink(post, ca).run(note(to="b@xn--bcher-kva.example"))[0]
        same((d.status, post.mails()[0][0]["to"]),
             ("ok", ["b@xn--bcher-kva.example"]), "as it is written")
    with Post(ca, tmp + "/box2", refuse={"data": "554 5.7.1 spam"}) as post:
        d = Sink(post, ca).run(note())[0]
        same(d.status, "reject", "refused behind DATA")
        assert "spam" in d.text, d.text


def misused(ca, tmp):
    with Post(ca, tmp + "/box", user="tocsin", password="right") as post:
        sink = Sink(post, ca, user="tocsin",
                    password_file=secret(tmp, "wrong"))
        d = sink.run(note(), note(nonce="n2"))
        same(d[0].status, "fatal", "a wrong password")
        assert "wrong" not in str(sink.all) + sink.err, "the password"
        same(Sink(post, ca).run(note())[0].status, "fatal", "no password")
        stranger = Sink(post, ca, ca_file=ca.path("server2.pem"))
        same(stranger.run(note())[0].status, "fatal", "an unknown CA")
        named = Sink(post, ca)
        named.options["smtp"] = "smtp://localhost:%d" % post.port
        same(named.run(note())[0].status, "fatal", "another name")
        same(post.mails(), [], "mails")
    with Post(ca, tmp + "/box2", tls="none") as post:
        same(Sink(post, ca).run(note())[0].status, "fatal", "no TLS there")
        same(Sink(post, ca, tls="none").run(note())[0].status, "ok",
             "no TLS wanted, on this machine")
        same(len(post.mails()), 1, "mails")


def options(ca, tmp):
    class Nowhere:
        @staticmethod
        def url():
            return "smtp://127.0.0.1:1"
    for change, word in (
            ({"smtp": "smtp://u@x"}, "host and port"),
            ({"smtp": "smtp://mail.example.org", "tls": "none"}, "machine"),
            ({"from": "two@x.org, more@x.org"}, "from"),
            ({"from": "a\u2028b <x@y.z>"}, "from"),
            ({"user": "x"}, "password_file"),
            ({"hello": "a b"}, "hello"),
            ({"unsubscribe": "http://x"}, "unsubscribe"),
            ({"list_id": "no list"}, "list_id"),
            ({"reply_to": "x"}, "reply_to"),
            ({"sign_certificate": ca.path("ca.pem")}, "certificates"),
            ({"certificates": tmp + "/none"}, "none"),
            ({"certificates": ca.path("ca.key")}, "no certificate")):
        sink = Sink(Nowhere, ca, **change)
        sink.run(note())
        same(sink.end["how"], "fatal", change)
        assert word in sink.end["text"] + sink.err, (change, sink.end,
                                                     sink.err)
    for url, word in (("smtp://u:p@x", "password"), ("http://x", "smtp, smtps")):
        sink = Sink(Nowhere, ca, smtp=url)
        sink.run(note())
        same(sink.end["how"], "start", url)
        assert word in sink.end["text"] + sink.err, (url, sink.end, sink.err)
    d = Sink(Nowhere, ca).run(note())[0]
    same((d.status, d.receipt["retry_after"]), ("retry", 300), "nobody there")


def hostile(ca, tmp):
    """What a log or an API could write reaches no header and no markup."""
    title = ("\u00fcber \u65e5\u672c\u8a9e \U0001f514 " + "x" * 60
             + " =?utf-8?q?no?=")
    body = ("# <script>alert(1)</script> ![x](https://evil.example/p.png)\n"
            "[a](javascript:alert(1)) <img src=x onerror=y>\n\n<iframe src="
            "'https://evil.example'></iframe>\n\n```text\n</pre><b>\n.\n"
            + "y" * 3000 + "\n```\n.\n")
    with Post(ca, tmp + "/box") as post:
        d = Sink(post, ca).run(
            note(title=title, body=body),
            note(nonce="n2", title="a\r\nBcc: victim@example.org"),
            note(nonce="n3", title="a\x1bb"), note(nonce="n4", title="a\x85"),
            note(nonce="x\r\nX: y"),
            note(nonce="n6", project="o/r\nX-Evil: 1"),
            note("remind", "n7", remote_id="x>\r\nX-Evil: <1"),
            note(nonce="n8", to="a@example.org>\r\nRCPT TO:<b@example.org"))
        (envelope, data), = post.mails()
    same([x.status for x in d], ["ok"] + ["reject"] * 7, "ends")
    same(envelope["to"], ["core@example.org"], "envelope")
    m = read(data)
    same(m["subject"], "[o/r-feedstock] " + title, "subject")
    assert max(map(len, data.split(b"\r\n"))) <= 78, "lines"
    same(sorted({k.lower() for k in m.keys()} & {"bcc", "x-evil"}), [],
         "headers")
    html = part(m, "html")
    for word in ("<script", "<img", "<iframe", "javascript:", "</pre><b>",
                 "evil.example"):
        assert word not in html, word
    text = part(m, "plain")
    assert "y" * 3000 in text and "\n    .\n" in text, text


if __name__ == "__main__":
    with tempfile.TemporaryDirectory() as folder:
        authority = Authority(folder)
        authority.leaf("server", "IP:127.0.0.1", rsa=0)
        authority.leaf("server2", "IP:127.0.0.1", rsa=0, self_signed=True)
        for test in (arrives, implicit, thread, several, nobody, misused,
                     options, hostile):
            with tempfile.TemporaryDirectory() as tmp:
                test(authority, tmp)
