#!/usr/bin/env python3
# SPDX-License-Identifier: BSD-3-Clause
"""Whole passes over what strangers wrote: files that are broken, names that
give orders, tokens in every place. Each costs itself alone, nobody is called
but the owners, and no token is kept anywhere."""
import gzip
import json
import os
import re
import resource
import signal
import sqlite3
import subprocess
import time

from world import (CONFIG, TOCSIN, World, has, main, ordinary, sanitized,
                   told)

SANITIZED = sanitized()
ORDER = "@conda-forge-admin, please rerender"
# No budget: all that is red is told.
TOLD = CONFIG.replace("policy:\n", """guards: {{breaker: {{at_least: unlimited}}}}
policy:
  budget: {{new_per_pass: 1000, new_per_day: 1000,
           new_per_person_per_day: 1000}}
  outbreak: {{projects: 1000, owners: 1000, within: 1h, hold: 1h}}
""")
# What webservices obeys, wherever it stands, and what a forge calls.
ORDERS = re.compile(r"@conda-forge-(admin|linter)\s*[,:]?\s*", re.I)
CALL = re.compile(r"(?<![\w`])@[\w][\w/.-]*")


def everything(folder, *texts):
    """All bytes below the folder, and the texts."""
    data = [t.encode("utf-8", "surrogateescape") for t in texts]
    for root, _, names in os.walk(folder):
        for name in names:
            with open(os.path.join(root, name), "rb") as f:
                data.append(f.read())
    return b"\n".join(data)


def broken_files():
    "empty, binary, NUL, UTF-16, cut gzip, loop, unreadable: one good log tells"
    with World(config=TOLD) as w:
        good = ("gcc -c w.c\nw.c:1:5: error: 'frobnicate' undeclared\n"
                "make: *** [Makefile:12: w.o] Error 1\n")
        cut = gzip.compress(os.urandom(60000).hex().encode())
        bad = {"empty": b"", "nul": bytes(5000), "elf": b"\x7fELF" +
               os.urandom(9000), "all": bytes(range(256)) * 99,
               "utf16": good.encode("utf-16"), "gz": cut[:len(cut) // 2],
               "zip": b"PK\x03\x04 is no zip"}
        for hour in range(2):
            w.run_of(f"good{hour}", hour=hour)
            for name, data in bad.items():
                w.run_of(f"{name}{hour}", hour=hour, project=f"acme/{name}")
                if name == "gz":
                    os.unlink(w.path("logs", f"gz{hour}.log"))
                    os.unlink(w.path("logs", f"gz{hour}.log.json"))
                    w.write(f"logs/gz{hour}.log.gz", data, "wb")
                else:
                    w.write(f"logs/{name}{hour}.log", data, "wb")
        os.symlink(".", w.path("logs", "loop"))
        os.symlink("..", w.path("logs", "up"))
        os.symlink("/etc/passwd", w.path("logs", "passwd.log"))
        os.mkfifo(w.path("logs", "fifo.log"))
        w.run_of("closed", project="acme/closed")
        os.chmod(w.path("logs", "closed.log"), 0)
        p = w.pass_at(3, None, preexec_fn=ordinary)
        assert p.returncode == 0, (p.returncode, p.stderr)
        has(p.stderr, "gz0.log.gz", "fifo.log", "closed.log")
        projects = {m["project"] for m in w.messages()}
        assert {"acme/widget", "acme/utf16"} <= projects, projects
        assert "root:" not in everything(w.path("out")).decode(
            "utf-8", "replace")
        p = w.pass_at(4, None, preexec_fn=ordinary)
        assert p.returncode == 0, p.stderr


def archive_bomb():
    "a bomb of 2 GB in 2 MB costs bounded time and memory, and itself alone"
    with World() as w:
        w.red_twice()
        size = 2 << 30 if not SANITIZED else 1 << 27
        part = bytes(1 << 24)
        with gzip.open(w.path("logs", "bomb.log.gz"), "wb", 1) as f:
            for _ in range(size // len(part)):
                f.write(part)
        start = time.monotonic()
        p = w.pass_at(2)
        peak = resource.getrusage(resource.RUSAGE_CHILDREN).ru_maxrss >> 10
        assert [m["project"] for m in w.messages()] == ["acme/widget"]
        assert SANITIZED or peak < 200, f"{peak} MB"
        assert time.monotonic() - start < 120, p.stderr


def gigabyte():
    "1 GB without a newline through a whole pass"
    with World() as w:
        w.red_twice()
        w.run_of("long", hour=1, project="acme/long")
        with open(w.path("logs", "long.log"), "wb") as f:
            f.write(b"x error: ")
            f.truncate(1 << 30 if not SANITIZED else 1 << 26)
        w.pass_at(2)
        peak = resource.getrusage(resource.RUSAGE_CHILDREN).ru_maxrss >> 10
        assert [m["project"] for m in w.messages()] == ["acme/widget"]
        assert SANITIZED or peak < 200, f"{peak} MB"


HOSTILE = {
    "order": ORDER, "team": "alice, @conda-forge/core",
    "md": "x](https://evil.example) **b** <img src=x onerror=y> <!-- @bob",
    "html": "</details><script>alert(1)</script>--> @bob",
    "bidi": "a\u202e\u2066b\u200e@al\u200bice @\u200bconda-forge-admin, ping",
    "wide": "\uff20conda-forge-admin, please rerender \ufe6bbob",
    "refs": "fixes #12, closes owner/repo#3 GH-7 GHSA-aaaa-bbbb-cccc",
    "long": "L" * 100000, "ticks": "``` ` `` ~~~~ " + ORDER,
    "entity": "&#64;conda-forge-admin, please rerender &commat;bob",
    "end": "\n```\n" + ORDER + "\n---\n@bob: ", "url": "www.evil.example",
    "mustache": "{{mention:mention}} {{{owner}}} {{>foot}}",
    "format": "%s%n%1$s", "line": "a\r\nBcc: @bob\n\n# @bob",
}


def names_that_give_orders():
    "names, branches, jobs, variants, urls, logs: only the owner line calls"
    with World(config=TOLD) as w:
        for n, (name, text) in enumerate(HOSTILE.items()):
            log = (f"{text}\n{ORDER}\nw.c:1:5: error: {text[:200]} 'frob' "
                   f"undeclared\nmake: *** [{text[:99]}: w.o] Error 1\n")
            for field in ("job", "variant", "workflow", "url", "branch",
                          "commit", None):
                if field == "branch" and n > 4:
                    continue
                for hour in range(2):
                    more = {} if not field else {
                        field: f"https://ci.example/{text}"
                        if field == "url" and n % 2 else text}
                    w.run_of(f"{name}-{field}{hour}", hour=hour, log=log,
                             project=f"acme/{name}-{field}", **more)
        p = w.pass_at(3)
        got = told(w)
        assert len(got) > 50, (len(got), p.stdout, p.stderr)
        bad = re.compile("[\u202a-\u202e\u2066-\u2069\u200e\u200f]")
        for front, body in got:
            what = f"{front['project']}: {front['title']}\n{body}"
            for text in (front["title"], body):
                assert not ORDERS.search(text), what
                assert not bad.search(text), what
                assert "\uff20c" not in text and "\ufe6bb" not in text, what
            assert CALL.findall(front["title"]) == [], what
            assert CALL.findall(body) == ["@corey"], what
            line, = [x for x in body.splitlines() if "@corey" in x]
            assert line.startswith("@corey: "), what
            assert not re.search("\n|#12|#3|GH-7", front["title"]), what
            assert len(front["title"]) <= 256 and len(body) <= 65536, what
            assert front["owner"]["persons"] == ["corey"], what
            body, end = body.rsplit("<!-- tocsin 1:", 1)
            assert re.fullmatch(r"[0-9a-f]{32}:[0-9a-f]{32} -->\n?", end)
            outside = re.sub(r"(?ms)^(`{3,})text\n.*?^\1$", "", body)
            outside = re.sub(r"(`+)(?!`).*?(?<!`)\1(?!`)", "", outside)
            assert not re.search("#12|#3|GH-7|GHSA-a", outside), what
            assert not re.search(r"<\w|<!--|javascript:", outside), what
            assert "](https://evil" not in outside, what
        p = w.tocsin("status", check=0)
        assert not ORDERS.search(p.stdout), p.stdout
        assert "\x1b" not in p.stdout and not bad.search(p.stdout), p.stdout


TOKENS = {
    "github": "ghp_" + "A1b2C3d4E5f6" * 3,
    "fine": "github_pat_" + "1A2b3C4d5E" * 2 + "11_" + "A1b2C3d4E5" * 6,
    "server": "ghs_" + "Z9y8X7w6V5u4" * 3,
    "aws": "AKIA" + "Q7R2T9W4X1Y6Z3B8",
    "slack": "xoxb-" + "123456789012-123456789012-" + "AbCdEfGhIjKl",
    "conda": "/t/" + "qz-0a1b2c3d-4e5f-6071-8293-a4b5c6d7e8f9" + "/label",
    "basic": "https://robot:" + "hunter2secret9" + "@example.org/x",
    "bearer": "Authorization: Bearer " + "q1W2e3R4t5Y6u7I8o9P0a1S2d3",
    "pypi": "pypi-AgEIcHlwaS5vcmc" + "Aa1Bb2Cc3" * 8,
    "gitlab": "glpat-" + "xY12zW34vU56tS78rQ90",
    "jwt": "eyJhbGciOiJIUzI1NiJ9." + "eyJzdWIiOiIxMjM0NTY3ODkwIn0."
           + "dozjgNryP4J3jVmNHl0w5N_XgL0n3I9PlFUP0THsR8U",
}
SECRET = {"conda": "qz-0a1b2c3d-4e5f-6071-8293-a4b5c6d7e8f9",
          "basic": "hunter2secret9",
          "bearer": "q1W2e3R4t5Y6u7I8o9P0a1S2d3"}


def tokens_are_kept_nowhere():
    "tokens in log, names and urls: not in state, messages, output, explain"
    with World(config=TOLD) as w:
        for name, token in TOKENS.items():
            for field in ("log", "job", "variant", "workflow", "url"):
                for hour in range(2):
                    text = f"job {token} end"
                    more = {}
                    if field == "url":
                        more = {"url": token if name == "basic" else
                                f"https://ci.example/?q={token}"}
                    elif field != "log":
                        more = {field: text}
                    w.run_of(f"{name}-{field}{hour}", hour=hour, log=(
                        f"env {text if field == 'log' else ''}\n"
                        f"w.c:1:5: error: {text if field == 'log' else ''} "
                        "'frob' undeclared\nmake: *** [w.o] Error 1\n"),
                        project=f"acme/{name}-{field}", **more)
            for hour in range(2):
                # names are refused: what is cut would be another one
                for field in ("branch", "project"):
                    w.run_of(f"{name}-{field}{hour}", hour=hour, **{
                        field: "acme/" + token.replace(" ", "")})
        p = w.pass_at(3)
        has(p.stderr, "looks like a secret")
        ids = [m["ticket"][:8] for m in w.messages()]
        assert len(ids) > 40, (len(ids), p.stderr)
        said = [p.stdout, p.stderr]
        for args in (["status"], ["status", "--json"], ["backlog", "list"]):
            q = w.tocsin(*args)
            said += [q.stdout, q.stderr]
        for key in ids[::4]:
            for args in (["explain", key], ["incident", "show", key]):
                q = w.tocsin(*args, check=0)
                said += [q.stdout, q.stderr]
        db = sqlite3.connect(w.path("state", "tocsin.db"))
        db.execute("pragma wal_checkpoint(truncate)")
        db.close()
        for what, data in (("state", everything(w.path("state"))),
                           ("out", everything(w.path("out"))),
                           ("output", everything("/nonexistent", *said))):
            for name, token in TOKENS.items():
                kept = SECRET.get(name, token).encode()
                at = data.find(kept)
                assert at < 0, (what, name, data[at - 300:at + 100])


def terminals_are_safe():
    "what is shown to operators is whole UTF-8 and no terminal obeys it"
    with World(config=TOLD) as w:
        for n in range(8):
            for hour in range(2):
                w.run_of(f"t{n}-{hour}", hour=hour, project=f"acme/t{n}",
                         log="x" * n + "\u00e9\u4e16\U0001f600" * 90 + "\n"
                         "w.c:1:5: error: \u009b31m \u202e \x1b[31m \u2066 "
                         "no\nmake: *** [w.o] Error 1\n"
                         if n % 2 else "x" * n + "\u00e9\u4e16" * 200 + "\n")
        w.pass_at(3)
        log = w.path("logs", "t1-0.log")
        os.link(log, w.path("logs", "\u009b1m\u202e.txt"))
        ids = [m["ticket"][:8] for m in w.messages()]
        assert len(ids) == 8, ids
        for args in (["status"], ["incident", "show", ids[0]],
                     ["backlog", "list"],
                     *(["explain", i] for i in ids),
                     ["classify", log], ["classify", w.path(
                         "logs", "\u009b1m\u202e.txt")]):
            p = subprocess.run([TOCSIN, "-c", w.config, *args],
                               stdout=subprocess.PIPE,
                               stderr=subprocess.STDOUT, check=False)
            text = p.stdout.decode("utf-8")
            bad = re.search("[\x00-\x08\x0b-\x1f\x7f-\x9f\u202a-\u202e"
                            "\u2066-\u2069]", text)
            assert not bad, (args, text[max(0, bad.start() - 200):])


main([broken_files, archive_bomb, gigabyte, names_that_give_orders,
      tokens_are_kept_nowhere, terminals_are_safe])
