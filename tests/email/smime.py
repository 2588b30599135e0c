#!/usr/bin/env python3
# SPDX-License-Identifier: BSD-3-Clause
"""What is confidential is readable by whom it is for and by nobody else, and
never goes out otherwise. Opened with the `openssl` tool."""
import os
import shutil
import sys
import tempfile

sys.dont_write_bytecode = True
sys.path.insert(0, os.path.join(os.environ["TOCSIN_SRC"], "tests", "email"))
from post import (KEY, Authority, Post, Sink, need_server, note, openssl,
                  part, read, same)

need_server()
SECRET = "main does not build: zlib is gone"


def people(ca):
    ca.leaf("server", "IP:127.0.0.1", rsa=0)
    ca.leaf("core", "email:core@example.org",
            usage="digitalSignature,keyEncipherment")
    ca.leaf("ec", "email:ec@example.org", rsa=0, usage="keyAgreement")
    ca.leaf("early", "email:early@example.org", start="20980101000000Z")
    ca.leaf("late", "email:late@example.org", days=-1)
    ca.leaf("server-only", "email:web@example.org", purpose="serverAuth")
    ca.leaf("weak", "email:weak@example.org", rsa=1024)
    ca.leaf("stranger", "email:stranger@example.org", self_signed=True)
    for name, more in (("tocsin", {}), ("old", {"days": -1}),
                       ("new", {"start": "20980101000000Z"})):
        ca.leaf(name, "email:tocsin@ci.example.org",
                usage="digitalSignature", **more)
        os.chmod(ca.path(name + ".key"), 0o600)


def folder(ca, tmp, *names):
    path = os.path.join(tmp, "certs")
    shutil.rmtree(path, ignore_errors=True)
    os.mkdir(path)
    for n in names:
        shutil.copy(ca.path(n + ".pem"), path)
    return path


def secret_note(to="core@example.org", **more):
    return note(to=to, confidential=True, **more)


def opened(ca, tmp, data, who):
    path = os.path.join(tmp, "mail")
    with open(path, "wb") as f:
        f.write(data)
    return openssl("cms", "-decrypt", "-in", path, "-recip",
                   ca.path(who + ".pem"), "-inkey", ca.path(who + ".key"))


def looks_sealed(data, kind="enveloped-data"):
    m = read(data)
    same(m["subject"], "[...]", "subject")
    same(m.get_content_type(), "application/pkcs7-mime", "type")
    same(m.get_param("smime-type"), kind, "kind")
    whole = data + m.get_content()
    for word in (SECRET, "zlib", "feedstock", KEY[:16], "core:"):
        assert word.encode() not in whole, word
    return m


def sealed(ca, tmp):
    certs = folder(ca, tmp, "core", "ec", "late")
    with Post(ca, tmp + "/box") as post:
        sink = Sink(post, ca, certificates=certs)
        d = sink.run(secret_note("core@example.org ec@example.org"))[0]
        root = d.id
        same((d.status, d.pending, d.refused), ("ok", None, None), "sent")
        sink.run(secret_note(delivery="resolve", nonce="n2", remote_id=root))
        (_, one), (_, two), (_, over) = post.mails()
    assert "expires on" in sink.notices["certificate-ends"], sink.notices
    outer = looks_sealed(one)
    looks_sealed(two)
    same(looks_sealed(over)["references"], "<%s>" % root, "thread")
    same(outer["references"], None, "no key outside")
    for who, data in (("core", one), ("ec", two)):
        inner = read(opened(ca, tmp, data, who))
        same(inner["subject"], "[o/r-feedstock] " + SECRET, "inside")
        same(inner.get_param("hp"), "cipher", "protected")
        assert "Subject: [...]" in inner.get_all("hp-outer")
        same(inner["message-id"], outer["message-id"], "the same message")
        text = part(inner, "plain")
        assert text.startswith("Subject: [o/r-feedstock] " + SECRET), text
        assert "a line of a log" in text
        assert SECRET in part(inner, "html")
    # openssl must not be able to read it with somebody else's key
    try:
        opened(ca, tmp, one, "ec")
    except AssertionError:
        pass
    else:
        raise AssertionError("ec read core's mail")


def signed(ca, tmp):
    with Post(ca, tmp + "/box") as post:
        sink = Sink(post, ca, certificates=folder(ca, tmp, "core"),
                    certificate_authority=ca.path("ca.pem"),
                    cipher="aes-256-gcm",
                    sign_certificate=ca.path("tocsin.pem"),
                    sign_key_file=ca.path("tocsin.key"))
        d = sink.run(secret_note())[0]
        same((d.status, d.text), ("ok", None), "sent")
        (_, data), = post.mails()
    looks_sealed(data, "authEnveloped-data")
    inner = opened(ca, tmp, data, "core")
    m = read(inner)
    same(m.get_content_type(), "multipart/signed", "signed")
    path = os.path.join(tmp, "inner")
    with open(path, "wb") as f:
        f.write(inner)
    content = openssl("cms", "-verify", "-in", path, "-CAfile",
                      ca.path("ca.pem"), "-certsout", tmp + "/signer")
    same(read(content)["subject"], "[o/r-feedstock] " + SECRET, "verified")
    with open(path, "wb") as f:
        f.write(inner.replace(b"zlib is gone", b"zlib is here"))
    try:
        openssl("cms", "-verify", "-in", path, "-CAfile", ca.path("ca.pem"))
    except AssertionError:
        return
    raise AssertionError("a changed text passed for signed")


def never_unsigned(ca, tmp):
    """A signature that nobody would accept is none: it waits, as for people's
    certificates, and is not given up after three tries."""
    with Post(ca, tmp + "/box") as post:
        for name, why in (("old", "expired on"),
                          ("new", "is not valid before 2098-01-01")):
            sink = Sink(post, ca, certificates=folder(ca, tmp, "core"),
                        sign_certificate=ca.path(name + ".pem"),
                        sign_key_file=ca.path(name + ".key"))
            d = sink.run(secret_note())[0]
            same(d.status, "retry", name)
            why = "the signing certificate " + why
            assert why in d.text, d.text
            assert why in sink.notices["certificate:core@example.org"], name
            assert "zlib" not in str(sink.all) + sink.err, "the content"
        same(post.mails(), [], "mails")


def never_plain(ca, tmp):
    faults = {"late": "expired on", "early": "not valid before 2098-01-01",
              "server-only": "not meant for",
              "weak": "2048", "stranger": "not trusted",
              "core": "no certificate of other@example.org"}
    address = {"late": "late", "early": "early", "server-only": "web", "weak": "weak",
               "stranger": "stranger", "core": "other"}
    with Post(ca, tmp + "/box") as post:
        for name, why in faults.items():
            sink = Sink(post, ca, certificates=folder(ca, tmp, name),
                        certificate_authority=ca.path("ca.pem"))
            d = sink.run(secret_note(address[name] + "@example.org"))[0]
            same(d.status, "retry", name)
            assert why in d.text, (name, d.text)
            assert why in sink.notices["certificate:%s@example.org"
                                       % address[name]], sink.notices
            assert "zlib" not in str(sink.all) + sink.err, "the content"
        # one who can have it does, and the other waits
        sink = Sink(post, ca, certificates=folder(ca, tmp, "core", "late"))
        d = sink.run(secret_note("core@example.org late@example.org"))[0]
        same((d.status, d.pending["left"]), ("ok", ["late@example.org"]),
             "the other waits")
        same(len(post.mails()), 1, "mails")
        # without certificates at all
        d = Sink(post, ca).run(secret_note())[0]
        same(d.status, "reject", "no certificates")
        assert "zlib" not in d.text
        # a sink that encrypts does so with everything
        Sink(post, ca, certificates=folder(ca, tmp, "core")).run(note())
        looks_sealed(post.mails()[1][1])
        same(len(post.mails()), 2, "mails")


def anybodys(ca, tmp):
    """Where everybody can put a certificate, everybody can read."""
    with Post(ca, tmp + "/box") as post:
        for name in ("", "core.pem"):
            certs = folder(ca, tmp, "core")
            os.chmod(os.path.join(certs, name), 0o777)
            sink = Sink(post, ca, certificates=certs)
            sink.run(secret_note())
            same(sink.end["how"], "fatal", name)
            assert "everybody can change it" in sink.end["text"] + sink.err
        same(post.mails(), [], "mails")


def keys(ca, tmp):
    certs = folder(ca, tmp, "core")

    class Nowhere:
        @staticmethod
        def url():
            return "smtp://127.0.0.1:1"
    for change, word in (
            ({"sign_certificate": ca.path("tocsin.pem")}, "go together"),
            ({"sign_certificate": ca.path("core.pem"),
              "sign_key_file": ca.path("tocsin.key")}, "not the key"),
            ({"sign_certificate": ca.path("core.pem"),
              "sign_key_file": ca.path("core.key")}, "not that of")):
        if "sign_key_file" in change:
            os.chmod(change["sign_key_file"], 0o600)
        sink = Sink(Nowhere, ca, certificates=certs, **change)
        sink.run(secret_note())
        same(sink.end["how"], "fatal", change)
        assert word in sink.end["text"] + sink.err, (change, sink.end)


with tempfile.TemporaryDirectory() as top:
    authority = Authority(top)
    people(authority)
    for test in (sealed, signed, never_unsigned, never_plain, anybodys,
                 keys):
        with tempfile.TemporaryDirectory() as tmp:
            test(authority, tmp)
