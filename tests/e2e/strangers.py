#!/usr/bin/env python3
# SPDX-License-Identifier: BSD-3-Clause
"""Whole passes over recipes, CODEOWNERS and bot data that strangers wrote:
nobody is called who is not plainly named, and each costs itself alone."""
import json
import os
import re
import resource
import time

from world import CONFIG, World, has, main, sanitized, told

CALL = re.compile(r"(?<![\w`])@[\w][\w/.-]*")
ORDERS = re.compile(r"@conda-forge-(admin|linter)\s*[,:]?\s*", re.I)
PEOPLE = CONFIG.replace("owner: core", "owner: maintainers").replace(
    "sources:\n", """sources:
  people: {{plugin: feedstocks, checkouts: {dir}/checkouts,
           node_attrs: {dir}/data}}
""").replace("policy:\n", """guards: {{breaker: {{at_least: unlimited}}}}
policy:
  budget: {{new_per_pass: 1000, new_per_day: 1000,
           new_per_person_per_day: 1000}}
  outbreak: {{projects: 1000, owners: 1000, within: 1h, hold: 1h}}
""") + """fallback: {{owner: core, via: [issues]}}
robots: [conda-forge-admin, conda-forge-linter]
"""
RECIPE = "extra:\n  recipe-maintainers:\n    - %s\n"
BOMB = "a0: &a0 [mallory, mallory]\n" + "".join(
    f"a{i}: &a{i} [{', '.join([f'*a{i - 1}'] * 10)}]\n"
    for i in range(1, 12)) + "extra:\n  recipe-maintainers: *a11\n"
ORDER = "@conda-forge-admin, please rerender"

# name: ({file: text}, who is called; None: the fallback)
FEEDSTOCKS = {
    "plain": ({"recipe/recipe.yaml": RECIPE % "alice"}, ["alice"]),
    "deep": ({"recipe/recipe.yaml": "extra: " + "[" * 200000}, None),
    "deeper": ({"recipe/recipe.yaml": "extra:\n  recipe-maintainers: "
                + "{a: " * 100000}, None),
    "bomb": ({"recipe/recipe.yaml": BOMB}, None),
    "self": ({"recipe/recipe.yaml": "extra: &e\n  recipe-maintainers: *e\n"},
             None),
    "huge": ({"recipe/recipe.yaml": RECIPE % "mallory" + "#" * (5 << 20)},
             None),
    "nul": ({"recipe/recipe.yaml": RECIPE % "ali\0ce"}, None),
    "nul-meta": ({"recipe/meta.yaml": RECIPE % "ali\0ce"}, None),
    "escape": ({"recipe/recipe.yaml": RECIPE % '"ali\\e[31mce"'}, None),
    "newline": ({"recipe/recipe.yaml": RECIPE % ('"alice\\n\\n%s"' % ORDER)},
                None),
    "order": ({"recipe/recipe.yaml": RECIPE % f"'{ORDER}'"}, None),
    "order-meta": ({"recipe/meta.yaml": RECIPE % f'"{ORDER}"',
                    "CODEOWNERS": f"* {ORDER}\n"}, None),
    "admin": ({"recipe/recipe.yaml": RECIPE % "conda-forge-admin"}, None),
    "linter": ({"CODEOWNERS": "* @conda-forge-linter\n"}, None),
    "admin-too": ({"CODEOWNERS": "* @Conda-Forge-Admin @alice\n"},
                  ["alice"]),
    "path": ({"recipe/recipe.yaml": RECIPE % "../../etc/passwd"}, None),
    "team-path": ({"recipe/recipe.yaml": RECIPE % "conda-forge/../core"},
                  None),
    "markdown": ({"recipe/recipe.yaml": RECIPE % "'alice](http://x) @bob'"},
                 None),
    "wide": ({"recipe/recipe.yaml": RECIPE % "\uff20alice\u202e"}, None),
    "latin1": ({"recipe/recipe.yaml": (RECIPE % "andr\u00e9").encode(
        "latin-1")}, None),
    "stars": ({"CODEOWNERS": "**/" * 400 + "*a" * 400 + "b @mallory\n"},
              None),
    "owners-nul": ({"CODEOWNERS": "* @alice\0@bob\n"}, None),
    "owners-huge": ({"CODEOWNERS": "* @mallory\n" * 300000}, None),
    "owners-many": ({"CODEOWNERS": "/x/ @mallory\n" * 50000 + "* @alice\n"},
                    ["alice"]),
    "owners-crlf": ({"CODEOWNERS": "* @alice\r\n/x @bob\r\n"}, ["alice"]),
    "owners-mail": ({"CODEOWNERS": "* a@example.org\n"}, []),
    "owners-bad": ({"CODEOWNERS": "* @ali;ce @bob, @-x @x- @a--b @.. @\n"},
                   None),
}


def called(body):
    return sorted(set(c[1:] for c in CALL.findall(body)))


def who(w):
    """{feedstock: who is called for it}; [] for the fallback, which is one
    ticket and calls corey."""
    out, rest = {}, 0
    for front, body in told(w):
        assert not ORDERS.search(front["title"] + "\n" + body), body
        if front["project"]:
            name = front["project"].split("/")[1]
            out[name.removesuffix("-feedstock")] = called(body)
        else:
            assert called(body) == ["corey"], body
            if front["fields"]["kind"] == "fallback":
                rest = front["fields"]["members"]
    return out, rest


def recipes():
    "recipes and CODEOWNERS that are huge, deep, bombs, orders or no names"
    with World(config=PEOPLE) as w:
        os.mkdir(w.path("data"))
        for name, (files, _) in FEEDSTOCKS.items():
            for path, text in files.items():
                path = w.path("checkouts", name + "-feedstock", path)
                os.makedirs(os.path.dirname(path), exist_ok=True)
                with open(path, "wb") as f:
                    f.write(text if isinstance(text, bytes)
                            else text.encode())
            for hour in range(2):
                w.run_of(f"{name}{hour}", hour=hour,
                         project=f"conda-forge/{name}-feedstock")
        start = time.monotonic()
        p = w.pass_at(3, None)
        assert p.returncode == 0, (p.returncode, p.stderr)
        peak = resource.getrusage(resource.RUSAGE_CHILDREN).ru_maxrss >> 10
        assert sanitized() or peak < 200, f"{peak} MB"
        assert time.monotonic() - start < 60, "it took too long"
        got, rest = who(w)
        want = {k: v for k, (_, v) in FEEDSTOCKS.items() if v is not None}
        assert got == want, (got, want)
        assert rest == len(FEEDSTOCKS) - len(want), rest


def nobody_to_call():
    "who cannot be called is not called emptily"
    with World(config=PEOPLE.replace("robots: [conda-forge-admin, ", "robots: [")) as w:
        os.mkdir(w.path("data"))
        os.makedirs(w.path("checkouts", "admin-feedstock"))
        w.write("checkouts/admin-feedstock/CODEOWNERS",
                "* @conda-forge-admin\n")
        for hour in range(2):
            w.run_of(f"m{hour}", hour=hour,
                     project="conda-forge/admin-feedstock")
        w.pass_at(3)
        body, = [b for front, b in told(w) if front["project"]]
        assert called(body) == [] and not ORDERS.search(body), body
        has(body, "\n---\nCODEOWNERS names you for this.")


def too_many_people():
    "a list of 10,000 maintainers calls nobody by the thousand"
    with World(config=PEOPLE) as w:
        os.mkdir(w.path("data"))
        os.makedirs(w.path("checkouts", "many-feedstock"))
        w.write("checkouts/many-feedstock/CODEOWNERS", "* " + " ".join(
            f"@p{i}" for i in range(10000)) + "\n")
        for hour in range(2):
            w.run_of(f"m{hour}", hour=hour,
                     project="conda-forge/many-feedstock")
        p = w.pass_at(3, None)
        assert p.returncode in (0, 1), (p.returncode, p.stderr)
        for front, body in told(w):
            assert len(called(body)) <= 100, len(called(body))
            assert len(body) <= 65536


def lead_outside():
    "names and references that lead out of the folder lead nowhere"
    with World(config=PEOPLE) as w:
        secret = {"meta_yaml": {"extra": {"recipe-maintainers":
                                          ["mallory"]}}}
        w.write("secret.json", json.dumps(secret))
        w.write("CODEOWNERS", "* @mallory\n")
        os.makedirs(w.path("data", "node_attrs"))
        os.makedirs(w.path("checkouts", "link-feedstock"))
        os.symlink(w.path("CODEOWNERS"),
                   w.path("checkouts", "link-feedstock", "CODEOWNERS"))
        os.symlink(w.dir, w.path("checkouts", "up-feedstock"))
        os.symlink(w.path("secret.json"),
                   w.path("data", "node_attrs", "sym.json"))
        w.write("data/node_attrs/lazy.json", json.dumps(
            {"__lazy_json__": "../../secret.json"}))
        w.write("data/node_attrs/abs.json", json.dumps(
            {"__lazy_json__": w.path("secret.json")}))
        w.write("data/node_attrs/loop.json", json.dumps(
            {"__lazy_json__": "node_attrs/loop.json"}))
        names = ["link", "up", "sym", "lazy", "abs", "loop"]
        for name in names:
            for hour in range(2):
                w.run_of(f"{name}{hour}", hour=hour,
                         project=f"conda-forge/{name}-feedstock")
        p = w.pass_at(3, None)
        assert p.returncode == 0, (p.returncode, p.stderr)
        assert who(w) == ({}, len(names)), who(w)


TOKEN = "ghp_" + "A1b2C3d4E5f6" * 3


def bot_texts():
    "the bot's texts, feedstocks and versions: no token, order or call"
    config = PEOPLE.replace("sources:\n", """sources:
  bot: {{plugin: bot-logs, status: {dir}/s.json}}
""").replace("pushes: 2", "attempts: 2")
    names = ["good", "../../etc", "a/b", "x\ny", "@bob", ORDER, "L" * 5000, "\u202egpj", "<b>x</b>", "%s%n",
             "{{owner}}", ""]
    texts = [f"{ORDER}\nhttps://x:{TOKEN}@example.org @bob #12 closes #3",
             f"VersionMigrationError: could not hash URL template '{TOKEN}'"
             f"\n for version '1.0 {ORDER}'",
             f"<code>@conda-forge-admin,</code> please rerender {TOKEN}",
             "```\n" + ORDER + "\n```\n" + TOKEN]
    with World(config=config) as w:
        for folder in ("data", "checkouts"):
            os.mkdir(w.path(folder))
        w.write("s.json", json.dumps({"errors": {
            f"{name}{'-' if name == 'good' else ''}"
            f"{i if name == 'good' else ''}": {
                "attempts": 20, "kind": "bot-error",
                "messages": [texts[i % len(texts)]],
                "url": f"https://example.org/?t={TOKEN}",
                "base_branch": ORDER if i % 2 else "main"}
            for name in names
            for i in (range(8) if name == "good" else [0])}}))
        p = w.pass_at(0, None)
        assert p.returncode in (0, 1), (p.returncode, p.stderr)
        w.pass_at(200, None)
        got = told(w)
        members = sum(f["fields"]["members"] for f, _ in got)
        assert members >= 8, (members, p.stdout, p.stderr)
        for front, body in got:
            text = front["title"] + "\n" + body
            assert TOKEN not in json.dumps(front) + body, text
            assert not ORDERS.search(text), text
            assert called(text) == ["corey"], (called(text), text)
            assert "\u202e" not in text, text
        q = w.tocsin("status", "--all")
        for text in (p.stdout + p.stderr, q.stdout, q.stderr):
            assert TOKEN not in text, text
            assert not re.search("[\x00-\x08\x0b-\x1f\u202e]", text), text
        for root, _, files in os.walk(w.path("state")):
            for name in files:
                with open(os.path.join(root, name), "rb") as f:
                    assert TOKEN.encode() not in f.read(), name


def open_secret():
    "a secret that others can read stops the pass before anything is read"
    with World(more="", config=CONFIG) as w:
        w.red_twice()
        w.write("token", "s3cr3t-t0ken\n")
        text = open(w.config).read()
        w.write("tocsin.yaml", text.replace(
            "ci: {", f"x: {{plugin: naughty, mode: items, token_file: "
            f"{w.path('token')}}}\n  ci: {{").replace(
            "sources:\n", "plugin_path: ["
            f"{os.environ['TOCSIN_BUILD']}/tests/plugins/.libs]\nsources:\n"))
        for mode in (0o644, 0o640, 0o604, 0o602):
            os.chmod(w.path("token"), mode)
            p = w.pass_at(2, 2)
            has(p.stderr, w.path("token") if mode != 0o602 else "token",
                "tocsin.yaml:")
            assert "s3cr3t" not in p.stdout + p.stderr
            assert w.messages() == []
            assert not os.path.exists(w.path("state", "tocsin.db"))
        os.chmod(w.path("token"), 0o600)
        w.pass_at(2)
        assert w.deliveries() == ["open"]


main([recipes, nobody_to_call, too_many_people, lead_outside, bot_texts, open_secret])
