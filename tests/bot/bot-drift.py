#!/usr/bin/env python3
# SPDX-License-Identifier: BSD-3-Clause
"""bot-logs: data that is not as it should be is said, and ends nothing."""
import json
import os
import random
import sys

sys.dont_write_bytecode = True
sys.path.insert(0, os.path.dirname(os.path.abspath(__file__)))
from support import (check, done, equal, folder, run, shard,  # noqa: E402
                     write)

FINE = {"attempts": 1, "kind": "bot-error", "messages": ["boom"],
        "url": None, "base_branch": "main"}


def status(doc, *options):
    d = folder()
    return run("bot-logs", "status=" + write(d, "s.json", json.dumps(doc)),
               *options)


def incomplete(said, snapshot, code, *words):
    equal(said.complete(snapshot), False, f"incomplete: {words}")
    told = said.notices.get(code, [])
    check(len(told) == 1, "one notice", said.notices)
    for word in words:
        check(word in str(told), f"it names {word}", told)
    check(said.snapshots[snapshot]["why"], "and why")


def status_files():
    for doc, path in (
            ([], "$.errors"), ("x", "$.errors"), (None, "$.errors"),
            ({}, "$.errors"), ({"errors": None}, "$.errors"),
            ({"errors": []}, "$.errors"),
            ({"error_payloads": 3}, "$.error_payloads")):
        said = status(doc)
        incomplete(said, "versions", "schema-drift", "s.json", path,
                   "wanted an object")
        equal(said.entries("versions"), {}, "nothing made up")
    for text in ("", "{", '{"errors": {"a": {"attempts": 1, "mess',
                 "\xff\xfe{\0}\0", "[" * 100000, "NaN"):
        d = folder()
        said = run("bot-logs", "status=" + write(d, "s.json", text.encode(
            "latin-1")))
        incomplete(said, "versions", "unreadable", "s.json")
    said = run("bot-logs", "status=/no/such/file.json")
    incomplete(said, "versions", "unreadable", "/no/such")
    d = folder()
    os.mkfifo(os.path.join(d, "s.json"))
    incomplete(run("bot-logs", "status=" + os.path.join(d, "s.json")),
               "versions", "unreadable", "not a regular file")
    os.remove(os.path.join(d, "s.json"))
    os.symlink("/etc/passwd", os.path.join(d, "s.json"))
    incomplete(run("bot-logs", "status=" + os.path.join(d, "s.json")),
               "versions", "unreadable", "symbolic link")
    said = status({"errors": {"a": FINE}, "queued": ["b"]})
    incomplete(said, "versions", "schema-drift", "$.queued")
    equal(sorted(said.entries("versions")), ["a:version"], "the rest is said")
    # what is new and unknown beside what is known is nobody's trouble
    said = status({"errors": {"a": {**FINE, "new": 1}}, "queued": {},
                   "another": [1]})
    equal(said.complete("versions"), True, "more members")
    equal(said.notices, {}, "no notice")


def errors():
    for value, path, words, kept in (
            (3, "$.errors.x", "found a number", False),
            (None, "$.errors.x", "found null", False),
            ([], "$.errors.x", "found a list", False),
            ({}, "$.errors.x.messages", "found nothing", False),
            ({**FINE, "messages": "text"}, "$.errors.x.messages",
             "found a text", False),
            ({**FINE, "messages": ["a", 4]}, "$.errors.x.messages[1]",
             "found a number", True),
            ({**FINE, "kind": 1}, "$.errors.x.kind", "found a number", True),
            ({**FINE, "url": {}}, "$.errors.x.url", "found an object", True),
            ({**FINE, "base_branch": False}, "$.errors.x.base_branch",
             "found a truth value", True),
            ({**FINE, "attempts": "3"}, "$.errors.x.attempts",
             "found a text", True),
            ({**FINE, "attempts": -1}, "$.errors.x.attempts",
             "found a number", True)):
        said = status({"errors": {"a": FINE, "x": value}, "queued": {}})
        incomplete(said, "versions", "schema-drift", path, words)
        equal("x:version" in said.entries("versions"), kept, path)
        check("a:version" in said.entries("versions"), "the others are said")
    said = status({"errors": {"a": FINE, "../../etc": FINE, "a b": FINE,
                              "": FINE, "x" * 101: FINE, "e\x1b[31m": FINE,
                              ".git": FINE}})
    incomplete(said, "versions", "schema-drift", "no name of a feedstock")
    equal(sorted(said.entries("versions")), ["a:version"], "no such names")
    check("\x1b" not in str(said.notices), "no controls for operators")
    said = status({"errors": {f"f{i}": 3 for i in range(1000)}})
    check(len(said.notices["schema-drift"]) == 1
          and len(said.notices["schema-drift"][0]) < 1000,
          "a thousand findings are one short notice",
          said.notices["schema-drift"])


def infos():
    for value, path in (
            ([], "$:"), ({"new_version": 3}, "$.new_version:"),
            ({"new_version": "1", "new_version_errors": []},
             "$.new_version_errors:"),
            ({"new_version": "1", "new_version_errors": {"1": 3}},
             "$.new_version_errors:"),
            ({"new_version": "1", "new_version_errors": {"1": "x"},
              "new_version_attempts": {"1": "many"}},
             "$.new_version_attempts"),
            ({"new_version": "1", "new_version_errors": {"1": "x"},
              "new_version_attempt_ts": 4}, "$.new_version_attempt_ts:"),
            ({"bad": 7}, "$.bad:"), ({"bad": {"exception": 1}}, "$.bad")):
        d = folder()
        file = shard("version_pr_info", "x")
        write(d, file, value)
        said = run("bot-logs", "checkout=" + d)
        incomplete(said, "versions", "schema-drift", file, path)
        # it is looked at again until it is mended
        again = run("bot-logs", "checkout=" + d, cursor=said.cursor)
        incomplete(again, "versions", "schema-drift", file)
    # times that are none are left out, without ado
    d = folder()
    write(d, shard("version_pr_info", "x"), {
        "new_version": "1", "new_version_errors": {"1": "x"},
        "new_version_attempt_ts": {"1": 1e300}})
    said = run("bot-logs", "checkout=" + d)
    equal(said.entry("versions", "x:version").get("last"), 0, "no time")


def others():
    for value, path in (
            ({"bad": 3}, "$.bad"), ("x", "$:"),
            ({"pre_pr_migrator_status": "x"}, "$.pre_pr_migrator_status"),
            ({"pre_pr_migrator_status": {"m": 3}},
             "$.pre_pr_migrator_status.m"),
            ({"pre_pr_migrator_status": {"m\n": "x"}},
             "no name of a migration"),
            ({"pre_pr_migrator_status": {"m": "x"},
              "pre_pr_migrator_attempts": {"m": []}},
             "$.pre_pr_migrator_attempts.m")):
        d = folder()
        write(d, shard("pr_info", "x"), json.dumps(value))
        incomplete(run("bot-logs", "checkout=" + d, "what=prs"), "prs",
                   "schema-drift", shard("pr_info", "x"), path)
    for value in ([], {"parsing_error": 3}, {"parsing_error": True}):
        d = folder()
        write(d, shard("node_attrs", "x"), value)
        incomplete(run("bot-logs", "checkout=" + d, "what=parsing"),
                   "parsing", "schema-drift", shard("node_attrs", "x"))
    lists = {k: [] for k in ("done", "in-pr", "awaiting-pr", "bot-error",
                             "awaiting-parents", "not-solvable")}
    lists["_feedstock_status"] = {}
    for change, path in (
            ({"bot-error": None}, "$.bot-error"), ({"done": {}}, "$.done"),
            ({"bot-error": [3]}, "$.bot-error[0]"),
            ({"_feedstock_status": []}, "$._feedstock_status"),
            ({"_feedstock_status": {"a": 3}}, "$._feedstock_status.a"),
            ({"_feedstock_status": {"a": {"num_descendants": "9"}}},
             "$._feedstock_status.a.num_descendants"),
            ({"bot-error": ["a"], "_feedstock_status": {
                "a": {"pre_pr_migrator_status": 3}}},
             "$._feedstock_status.a.pre_pr_migrator_status")):
        d = folder()
        file = "status/migration_json/m.json"
        write(d, file, {**lists, **change})
        said = run("bot-logs", "checkout=" + d, "what=migrations")
        incomplete(said, "migration:m", "schema-drift", file, path)
        equal(said.nr_facts, 0, "no facts from what cannot be trusted")
    missing = {k: v for k, v in lists.items() if k != "not-solvable"}
    d = folder()
    write(d, "status/migration_json/m.json", missing)
    write(d, "status/migration_json/n.json", lists)
    said = run("bot-logs", "checkout=" + d, "what=migrations")
    incomplete(said, "migration:m", "schema-drift", "$.not-solvable")
    equal(said.complete("migration:n"), True, "the other one is fine")
    write(d, "status/migration_json/m.json", "{")
    incomplete(run("bot-logs", "checkout=" + d, "what=migrations"),
               "migration:m", "unreadable", "m.json")


def folders():
    d = folder()
    said = run("bot-logs", "checkout=" + d, "what=versions", "what=prs",
               "what=parsing", "what=migrations")
    equal({n: s["complete"] for n, s in said.snapshots.items()},
          {"versions": False, "prs": False, "parsing": False},
          "an empty folder states nothing")
    said = run("bot-logs", "checkout=" + d + "/none")
    equal((said.status, said.snapshots), (1, {}), "a checkout that is gone")
    # nothing leads out
    out = folder()
    write(out, "x.json", {"new_version": "1",
                          "new_version_errors": {"1": "SECRET"}})
    for place in ("version_pr_info/x.json", "version_pr_info/a"):
        d = folder()
        os.makedirs(os.path.join(d, "version_pr_info"))
        os.symlink(os.path.join(out, "x.json") if place.endswith(".json")
                   else out, os.path.join(d, place))
        said = run("bot-logs", "checkout=" + d)
        incomplete(said, "versions", "unreadable", "symbolic link")
        check("SECRET" not in str(said.lines), "not followed")
    for ref in ("../" * 20 + out[1:] + "/x.json", out + "/x.json",
                "./../x.json", "version_pr_info/../../x.json", "loop.json",
                "nowhere/x.json", "", "a//b.json"):
        d = folder()
        write(d, "loop.json", {"__lazy_json__": "loop.json"})
        write(d, shard("version_pr_info", "x"), {"__lazy_json__": ref})
        said = run("bot-logs", "checkout=" + d)
        incomplete(said, "versions", "unreadable", "x.json")
        check("SECRET" not in str(said.lines), "not followed", ref)
    d = folder()
    for i in range(12):
        write(d, "version_pr_info" + "/deep" * i + "/x.json", {})
    incomplete(run("bot-logs", "checkout=" + d), "versions", "unreadable",
               "too deep")
    # a file that kills workers is left out, and not taken for mended
    d = folder()
    write(d, shard("version_pr_info", "x"), {"new_version": "1"})
    said = run("bot-logs", "checkout=" + d,
               skip=[shard("version_pr_info", "x")])
    incomplete(said, "versions", "unreadable", "left out")
    d = folder()
    with open(write(d, shard("version_pr_info", "x"), "{"), "a") as f:
        f.truncate(9 << 20)
    incomplete(run("bot-logs", "checkout=" + d), "versions", "unreadable",
               "larger than")


def nonsense():
    """Random values in every place: it lives, and never says complete of
    what it could not read."""
    rng = random.Random(20261122)
    values = [None, True, 0, -1, 1e308, "", "x", [], {}, ["x"], {"x": "y"},
              "9" * 400 + ".00 attempts - bot error (", "1.x attempts - ",
              "3.00 attempts - bot error (<a href='", "bot error (<a </a>)",
              "not solvable: ['a\\n", "not solvable (<a></a>) @ ", "&#0;",
              "&#x110000;&#xD800;&#9999999999;", "<!--", "<a href=x",
              "Error:   × a\n  ╰─▶ b-\n      c\n\n", "│ ┆ │\n" * 50,
              {"__lazy_json__": 3}, {"__set__": True, "elements": 3}]

    def some(depth):
        if depth and rng.random() < 0.5:
            return {rng.choice(keys): some(depth - 1)
                    for _ in range(rng.randint(0, 4))}
        return rng.choice(values)

    keys = ["errors", "queued", "a", "b", "messages", "kind", "url", "bad",
            "base_branch", "attempts", "new_version", "new_version_errors",
            "new_version_attempts", "new_version_attempt_ts", "bot-error",
            "pre_pr_migrator_status", "_feedstock_status", "done",
            "num_descendants", "parsing_error", "archived", "exception",
            "traceback", "__lazy_json__", "default_branches", "1", "m"]
    for _ in range(15):
        d = folder()
        for i in range(30):
            for where in ("version_pr_info", "pr_info", "node_attrs"):
                write(d, shard(where, f"f{i}"), some(3))
            write(d, f"status/migration_json/m{i}.json", some(3))
        write(d, "all_feedstocks.json", some(3))
        write(d, "status/total_status.json", some(2))
        if rng.random() < 0.5:
            write(d, "status/version_status.v2.json",
                  {"errors": {f"f{i}": some(3) for i in range(30)}})
        said = run("bot-logs", "checkout=" + d, "what=versions", "what=prs",
                   "what=migrations", "what=parsing")
        equal(said.status, 0, "lives")
        run("bot-logs", "checkout=" + d, "what=versions", "what=prs",
            "what=migrations", "what=parsing",
            cursor=json.dumps({**json.loads(said.cursor),
                               rng.choice(["stood", "holds", "migrations"]):
                               some(4)}))


status_files()
errors()
infos()
others()
folders()
nonsense()
done()
