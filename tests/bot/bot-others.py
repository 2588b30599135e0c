#!/usr/bin/env python3
# SPDX-License-Identifier: BSD-3-Clause
"""bot-logs: pull requests, migrations, parsing errors, the bot's own jobs."""
import json
import os
import sys

sys.dont_write_bytecode = True
sys.path.insert(0, os.path.dirname(os.path.abspath(__file__)))
from support import (check, done, equal, folder, run, shard,  # noqa: E402
                     write)

URL = "https://github.com/example/bot/actions/runs/4711"


def migration(done=(), bot_error=(), not_solvable=(), **status):
    everyone = list(done) + list(bot_error) + list(not_solvable)
    return {"done": list(done), "in-pr": [], "awaiting-pr": [],
            "awaiting-parents": [], "not-solvable": list(not_solvable),
            "bot-error": list(bot_error),
            "_feedstock_status": {
                f: {"immediate_children": [], "num_descendants": i,
                    "pr_status": "", "pre_pr_migrator_status": "",
                    **status.get(f, {})} for i, f in enumerate(everyone)}}


def world():
    d = folder()
    write(d, "all_feedstocks.json", {"active": [], "archived": ["gone"]})
    write(d, "status/total_status.json",
          {"flang21": "Flang", "lib-2": "Lib"})
    write(d, "status/migration_json/flang21.json", migration(
        done=["ok"], bot_error=["a", "gone", "silent"], not_solvable=["b"],
        a={"pre_pr_migrator_status": {
            "kind": "bot-error", "messages": ["boom"], "url": URL,
            "base_branch": "main"}, "num_descendants": 7},
        b={"pre_pr_migrator_status": f"not solvable (<a href='{URL}'>bot CI "
           "job</a>) @ main<details>why</details>"},
        silent={"pre_pr_migrator_status": {}}))
    write(d, "status/migration_json/lib-2.json", migration(
        done=["a"], a={"num_descendants": 3}))
    write(d, shard("pr_info", "a"), {
        "bad": False,
        "PRed": [{"PR": {"__lazy_json__": "pr_json/1.json"}, "data": {}}],
        "pre_pr_migrator_attempts": {"flang21": 12, "old": 3},
        "pre_pr_migrator_attempt_ts": {"flang21": 1700000000},
        "pre_pr_migrator_status": {
            "flang21": "an older text", "lib-2": "it was done since",
            "old": "a migration that has ended"}})
    write(d, shard("pr_info", "c"), {
        "bad": {"exception": "502 Bad Gateway", "traceback": ["T"],
                "code": 502, "url": URL},
        "pre_pr_migrator_status": None})
    write(d, shard("pr_info", "d"), {"bad": "text"})
    write(d, shard("pr_info", "gone"), {"bad": "text"})
    return d


def prs_and_migrations():
    d = world()
    said = run("bot-logs", "checkout=" + d, "what=prs", "what=migrations")
    equal({n: s["complete"] for n, s in said.snapshots.items()},
          {"prs": True, "migration:flang21": True, "migration:lib-2": True},
          "snapshots")
    got = said.entries("migration:flang21")
    equal({k: v["text"] for k, v in got.items()}, {
        "a:migration:flang21": "bot error\nboom",
        "b:migration:flang21": "not solvable\nwhy",
        "silent:migration:flang21": "bot error"}, "entries")
    a = got["a:migration:flang21"]
    equal((a["attempts"], a["last"], a["url"], a["task"], a["target"]),
          (12.0, 1700000000, URL, "migration:flang21", "flang21"),
          "with what pr_info knows, once")
    equal({k: (v["text"], v.get("url"))
           for k, v in said.entries("prs").items()},
          {"c:pr": ("T\n502 Bad Gateway", URL), "d:pr": ("text", None)},
          "what is over, archived or told elsewhere is left out")
    equal(said.facts[("conda-forge/a-feedstock", "descendants")], 7,
          "the largest of all migrations")
    check(("conda-forge/gone-feedstock", "descendants") not in said.facts,
          "nothing of the archived")
    again = run("bot-logs", "checkout=" + d, "what=prs", "what=migrations",
                cursor=said.cursor)
    equal(again.snapshots, said.snapshots, "the same again")
    equal(again.nr_facts, 0, "facts stand")


def prs_alone():
    d = world()
    said = run("bot-logs", "checkout=" + d, "what=prs")
    equal(list(said.snapshots), ["prs"], "only what was asked for")
    equal(sorted(said.entries("prs")),
          ["a:migration:flang21", "c:pr", "d:pr"], "from pr_info alone")
    # silence about the state of migrations ends nothing
    os.remove(os.path.join(d, "status/total_status.json"))
    said = run("bot-logs", "checkout=" + d, "what=prs")
    check("a:migration:old" in said.entries("prs"),
          "perhaps it goes on", said.entries("prs"))


def list_shrinks():
    d = world()
    names = [f"m{i}" for i in range(9)]
    for n in names:
        write(d, f"status/migration_json/{n}.json", migration(
            bot_error=["a"]))
    write(d, "status/total_status.json", {n: "x" for n in names})
    options = ("bot-logs", "checkout=" + d, "what=migrations")
    said = run(*options, now="2026-11-23T01:00:00Z")
    for n in names:
        os.remove(os.path.join(d, f"status/migration_json/{n}.json"))
    write(d, "status/total_status.json", {})
    for hour in (2, 3, 25):
        said = run(*options, cursor=said.cursor,
                   now=f"2026-11-{23 + hour // 24}T{hour % 24:02}:00:00Z")
        equal(said.complete("migration:m3"), False, "not all at once")
        check("9 were: not believed" in said.notices["unreadable"][0],
              "the operators hear of it", said.notices)
    said = run(*options, cursor=said.cursor, now="2026-11-24T02:00:01Z")
    equal(said.complete("migration:m3"), True, "a day later it is so")


def migration_ends():
    d = world()
    options = ("bot-logs", "checkout=" + d, "what=migrations")
    first = run(*options)
    os.remove(os.path.join(d, "status/migration_json/flang21.json"))
    second = run(*options, cursor=first.cursor)
    equal(second.snapshots["migration:flang21"]["complete"], False,
          "a file that is gone is no evidence")
    write(d, "status/total_status.json", {"lib-2": "Lib"})
    said = second
    # A second look at the same moment is no second farewell.
    for hour in (1, 1, 2, 2, 3):
        said = run(*options, cursor=said.cursor,
                   now=f"2026-11-23T{hour:02}:00:00Z")
        equal(said.snapshots.get("migration:flang21"),
              {"entries": {}, "complete": True, "why": None}, "it ended")
    said = run(*options, cursor=said.cursor, now="2026-11-23T04:00:00Z")
    check("migration:flang21" not in said.snapshots, "and is forgotten")


def parsing():
    d = folder()
    write(d, shard("node_attrs", "a"), {
        "parsing_error": "feedstock parsing error: 'x' is undefined\n"
                         "Traceback (most recent call last):\n  x\n"})
    write(d, shard("node_attrs", "b"), {"parsing_error": False})
    write(d, shard("node_attrs", "c"), {"parsing_error": "x",
                                        "archived": True})
    write(d, shard("node_attrs", "d"), {})
    said = run("bot-logs", "checkout=" + d, "what=parsing")
    equal(sorted(said.entries("parsing")), ["a:parsing"], "entries")
    check(said.complete("parsing"), "complete")


LOG = """\ufeff2026-08-20T10:00:00.1234567Z ##[group]Run actions/checkout@v4
2026-08-20T10:00:02.0000000Z [command]/usr/bin/git log -1 --format=%H
2026-08-20T10:00:02.1000000Z 0123456789abcdef0123456789abcdef01234567
2026-08-20T10:59:00.0000000Z Traceback (most recent call last):
2026-08-20T10:59:01.0000000Z   File "/opt/bot/auto_tick.py", line 1, in run
2026-08-20T10:59:02.0000000Z KeyError: 'payload'
2026-08-20T11:00:00.0000000Z ##[error]Process completed with exit code 1.
"""


def jobs():
    d = folder()
    write(d, "bot-versions/17458125176/run.log", LOG)
    write(d, "bot-prs/stray.log", "no times at all\n")
    write(d, "bot-keepalive/9/other.log", LOG)
    write(d, "bot-keepalive/9/other.json", {
        "workflow": "bot-events", "attempt": 3, "outcome": "failure",
        "created": "2026-08-20T09:00:00Z", "branch": "dev",
        "url": "https://example.org/x"})
    write(d, "bot-versions/17458125177/run.json", {
        "outcome": "success", "created": "2026-08-21T10:00:00Z"})
    write(d, "bot-versions/17458125178/run.json", {"workflow": "x"})
    os.symlink("/etc/passwd", os.path.join(d, "link.log"))
    os.mkfifo(os.path.join(d, "pipe.log"))
    said = run("bot-logs", "logs=" + d, text=True)
    logs = {log["run"]["id"]: log for log in said.logs}
    equal(sorted(logs), ["17458125176/run/1", "9/other/3",
                         "bot-prs/stray.log"], "runs")
    r = logs["17458125176/run/1"]["run"]
    equal((r["project"], r["branch"], r["workflow"], r["job"], r["commit"],
           r["url"], r["outcome"], r["created"], r["finished"]),
          ("conda-forge/conda-forge-bot", "main", "bot-versions", "run",
           "0123456789abcdef0123456789abcdef01234567",
           "https://github.com/conda-forge/conda-forge-bot/actions/runs/"
           "17458125176", "unknown", 1787220000, 1787223600), "from the log")
    equal(logs["17458125176/run/1"]["text"], LOG, "byte for byte")
    r = logs["9/other/3"]["run"]
    equal((r["workflow"], r["attempt"], r["outcome"], r["created"],
           r["branch"], r["url"]),
          ("bot-events", 3, "failure", 1787216400, "dev",
           "https://example.org/x"), "from the file beside it")
    equal([(r["id"], r["outcome"], r["workflow"]) for r in said.runs],
          [("17458125177/run/1", "success", "bot-versions")],
          "a green run needs no log")
    check("symbolic link" in str(said.notices.get("unreadable")), "link",
          said.notices)
    one = run("bot-logs", "logs=" + os.path.join(d, "bot-prs/stray.log"),
              "repository=o/r")
    equal([log["run"]["project"] for log in one.logs], ["o/r"], "one file")
    equal(run("bot-logs").status, 3, "nothing to read is fatal")
    equal(run("bot-logs", "what=prs", "status=/x").status, 3,
          "prs need a checkout")


def cursors():
    """Whatever a cursor holds, it is read or thrown away."""
    d = world()
    options = ("bot-logs", "checkout=" + d, "what=prs", "what=migrations",
               "what=versions")
    whole = run(*options)
    for cursor in ("", "nonsense", "[]", "{}", '{"v":1}', "null",
                   json.dumps({**json.loads(whole.cursor), "holds": [1],
                               "stood": {"x": 3}, "migrations": {"y": "z"},
                               "at": "now"})):
        said = run(*options, cursor=cursor)
        equal(said.entries("prs"), whole.entries("prs"), cursor[:20])


prs_and_migrations()
prs_alone()
list_shrinks()
migration_ends()
parsing()
jobs()
cursors()
done()
