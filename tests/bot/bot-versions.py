#!/usr/bin/env python3
# SPDX-License-Identifier: BSD-3-Clause
"""bot-logs: version updates that fail, in every shape the bot ever wrote."""
import json
import os
import sys

sys.dont_write_bytecode = True
sys.path.insert(0, os.path.dirname(os.path.abspath(__file__)))
from support import (changed, check, done, equal, folder, run,  # noqa: E402
                     shard, write)

URL = "https://github.com/example/bot/actions/runs/4711"
TRACE = """Traceback (most recent call last):
  File "/opt/bot/container_cli.py", line 11, in _run_bot_task
    data = func(attrs=attrs, **kwargs)
           ^^^^^^^^^^^^^^^^^^^^^^^^^^^
  File "/opt/bot/migrators/version.py", line 310, in <genexpr>
    raise VersionMigrationError(
bot.VersionMigrationError: the recipe did not change

Please check the URLs in your recipe with version '%s'

 - could not hash URL template 'https://example.org/x-{{ version }}.tar.gz'
"""


def status(errors, queued=None, **more):
    d = folder()
    doc = {"errors": errors, "queued": queued or {}}
    doc.update(more)
    return write(d, "version_status.v2.json", doc)


def both_shapes():
    trace = TRACE % "1.2.3"
    said = run("bot-logs", "status=" + status({
        "new": {"attempts": 14, "kind": "bot-error", "messages": [trace],
                "url": URL, "base_branch": "main"},
        "old": f'14.00 attempts - bot error (<a href="{URL}">bot CI job</a>)'
               f": main:\n{trace}",
        "part": f"0.40 attempts - not solvable (<a href='{URL}'>bot CI job"
                "</a>) @ 2.x<details><summary>why</summary>"
                "<pre>nothing provides a &lt;b&gt; &amp;amp; c</pre>"
                "</details>",
        "none": "3.00 attempts - No error information available for version "
                "'9.1'.",
    }))
    equal(said.status, 0, "ok")
    check(said.complete("versions"), "complete", said.snapshots)
    equal(sorted(said.entries("versions")),
          ["new:version", "none:version", "old:version", "part:version"],
          "keys")
    new, old = (said.entry("versions", k + ":version") for k in
                ("new", "old"))
    equal(new["text"], old["text"], "one text, whatever the shape")
    check("^^^" not in new["text"] and "<genexpr>" in new["text"],
          "markers go, <genexpr> stays", new["text"])
    check("href" not in old["text"], "no HTML", old["text"])
    for e in (new, old):
        equal((e["attempts"], e["url"], e["branch"], e["target"], e["task"],
               e["project"]),
              (14.0, URL, "main", "1.2.3", "version",
               f"conda-forge/{e['key'].split(':')[0]}-feedstock"), e["key"])
        check("category" not in e, "no category of its own", e)
    part = said.entry("versions", "part:version")
    equal((part["attempts"], part["branch"], part["url"]), (0.4, "2.x", URL),
          "fractions and another branch")
    equal(part["text"], "not solvable\nwhy\n"
          "nothing provides a <b> &amp; c", "tags go, entities once")
    equal(said.entry("versions", "none:version")["target"], "9.1", "version")


def html_url():
    said = run("bot-logs", "status=" + status({
        "html": {"attempts": 1, "kind": "not-solvable", "messages": ["a"],
                 "url": f"(<a href='{URL}'>bot CI job</a>)",
                 "base_branch": None},
        "empty": {"attempts": 1, "kind": "not-solvable", "messages": ["a"],
                  "url": "", "base_branch": None},
        "script": {"attempts": 1, "kind": "bot-error", "messages": ["a"],
                   "url": "javascript:alert(1)"},
        "quote": {"attempts": 1, "kind": "bot-error", "messages": [],
                  "url": 'https://e.org/"><b>'},
        "plain": {"kind": "plain", "messages": ["a"], "attempts": 2.2},
    }))
    check(said.complete("versions"), "complete", said.notices)
    equal(said.entry("versions", "html:version").get("url"), URL, "href")
    for k in ("empty", "script", "quote"):
        check("url" not in said.entry("versions", k + ":version"), k)
    equal(said.entry("versions", "plain:version")["text"], "a", "plain")
    check("nothing" in said.entry("versions", "quote:version")["text"],
          "an error without a message")


def implausible():
    bad = ["79.x", "6-40-02", "9.5.22e", "0.8.6-alpha2608192307", "2Fv0.7.0",
           "1" * 50, "latest", "$(id)"]
    good = ["1.2.3", "2025.03.2", "3377", "2026a", "1!2.0", "1.0rc1",
            "0.9.4.post1", "2024.11.05.dev0", "1.0_3", "20260814123000",
            "1.2+cu118", "v1.2", "0.1.0a1", "3.7.1p2"]
    errors = {}
    for i, v in enumerate(bad + good):
        errors[f"f{i}"] = {"attempts": 1, "kind": "bot-error",
                           "messages": [TRACE % v]}
    said = run("bot-logs", "status=" + status(errors))
    for i, v in enumerate(bad + good):
        e = said.entry("versions", f"f{i}:version")
        equal((e.get("category"), e.get("blame")),
              ("bot/implausible-version", "bot") if v in bad
              else (None, None), v)
        equal(e.get("target"), v, "target")
    said = run("bot-logs", "status=" + status(errors), "plausible=[a-z]+")
    equal([v for i, v in enumerate(bad + good)
           if "category" not in said.entry("versions", f"f{i}:version")],
          ["latest"], "own pattern, whole version")
    said = run("bot-logs", "status=" + status(errors), "plausible=(")
    equal(said.status, 3, "a broken pattern is fatal")
    said = run("bot-logs", "status=" + status({"f": {
        "messages": [TRACE % ("a" * 36 + "!")], "attempts": 1}}),
        "plausible=(a+)+")
    equal(said.status, 0, "a pattern that explodes ends")


def variant(python, extra="", name="mysql-\n      devel 26.7.*."):
    return (f"osx_64_{python}: Rattler build errors: Command: x /tmp/{extra}\n"
            "Logs:\n"
            " ╭─ Resolving build environment\n"
            " │ ╭─────────┬─────────╮\n"
            " │ │ Package ┆ Version │\n"
            " │ ╞═════════╪═════════╡\n"
            " │ │ libgcc  ┆ 15.1.0  │\n"
            " │ ╰─────────┴─────────╯\n"
            " ╰─────────────────── (took 0 seconds)\n"
            "\n"
            " ╭─ Resolving host environment\n"
            " │   Specs:\n"
            " │    - mysql-devel 26.7.*\n"
            " │ ╭─────────┬─────────╮\n"
            " │ │ Package ┆ Version │\n"
            " │ ╰─────────┴─────────╯\n"
            " ╰─────────────────── (took 0 seconds)\n"
            "Error:   × Failed to resolve dependencies\n"
            "  ╰─▶ Cannot solve the request because of: No candidates were "
            f"found for {name}")


def not_solvable():
    messages = [variant(f"python3.{i}.____cpython", f"t{i}")
                for i in range(10, 15)]
    messages.append(variant("python3.9.____cpython",
                            name="other\n      thing 1.*."))
    said = run("bot-logs", "status=" + status({"m": {
        "attempts": 3.4, "kind": "not-solvable", "messages": messages,
        "url": f"(<a href='{URL}'>bot CI job</a>)", "base_branch": "main"}}))
    text = said.entry("versions", "m:version")["text"]
    equal(text.split("\n"), [
        "not solvable",
        "osx_64_python3.10.____cpython, osx_64_python3.11.____cpython, "
        "osx_64_python3.12.____cpython and 2 more:",
        " ╭─ Resolving host environment",
        " │   Specs:",
        " │    - mysql-devel 26.7.*",
        "[… table cut …]",
        " ╰─────────────────── (took 0 seconds)",
        "Error:   × Failed to resolve dependencies",
        "  ╰─▶ Cannot solve the request because of: No candidates were found "
        "for mysql-devel 26.7.*.",
        "",
        "osx_64_python3.9.____cpython:",
        " ╭─ Resolving host environment",
        " │   Specs:",
        " │    - mysql-devel 26.7.*",
        "[… table cut …]",
        " ╰─────────────────── (took 0 seconds)",
        "Error:   × Failed to resolve dependencies",
        "  ╰─▶ Cannot solve the request because of: No candidates were found "
        "for other thing 1.*.",
    ], "told once, unwrapped, without tables")


def sizes():
    huge = "\n".join(f"line {i} of a dump" for i in range(200000))
    said = run("bot-logs", "status=" + status({
        "huge": {"attempts": 1, "kind": "bot-error",
                 "messages": [f"FIRST\n{huge}\nError: LAST"]},
        "tags": {"attempts": 1, "kind": "bot-error",
                 "messages": ["<a '" * 60000 + "END"]},
        "nul": {"attempts": 1, "messages": ["a\0b\x1b[31mc"]},
    }))
    text = said.entry("versions", "huge:version")["text"]
    check(len(text.encode()) < 17000, "capped", len(text))
    check("FIRST" in text and text.endswith("Error: LAST")
          and "[… cut …]" in text, "both ends are kept", text[:100])
    check(said.entry("versions", "tags:version")["text"].endswith("END"),
          "unclosed tags")


def checkout():
    d = folder()
    trace = TRACE % "2.0"
    write(d, "all_feedstocks.json", {
        "active": ["a", "b"], "archived": ["gone"],
        "default_branches": {"a": "main", "b": "trunk"}})
    write(d, "status/version_status.v2.json", {"errors": {
        "a": {"attempts": 30.2, "kind": "bot-error", "messages": [trace],
              "url": URL, "base_branch": "main"},
        "b": f'3.00 attempts - bot error (<a href="{URL}">j</a>): trunk:\nx',
        "gone": "5.00 attempts - bot error: main:\nx"},
        "queued": {"c": "1.0"}})
    write(d, shard("version_pr_info", "a"), {
        "bad": False, "new_version": "2.0",
        "new_version_attempts": {"1.8": 2, "1.9": 14, "2.0": 29},
        "new_version_attempt_ts": {"1.7": 1700000000, "1.8": 1700000500,
                                   "1.9": 1700100000.0, "2.0": 1700200000},
        "new_version_errors": {"1.7": "old", "1.9": "x", "2.0": "y"}})
    # not sharded, and maps that are null or absent
    write(d, "version_pr_info/b.json", {
        "new_version": "7", "new_version_attempts": None,
        "new_version_errors": {"7": "y"}})
    # fails, but the status file, which knows more, does not say so
    write(d, shard("version_pr_info", "zombie"), {
        "new_version": "1", "new_version_errors": {"1": "y"}})
    said = run("bot-logs", "checkout=" + d)
    check(said.complete("versions"), "complete", said.notices)
    equal(sorted(said.entries("versions")), ["a:version", "b:version"],
          "once each, nothing archived, the status file decides")
    a = said.entry("versions", "a:version")
    equal((a["attempts"], a["first"], a["last"], a["target"],
           a.get("branch")),
          (30.2, 1700100000, 1700200000, "2.0", None),
          "both files in one entry; 1.8 worked between")
    check("Also failed before: 1.9\n" in a["text"], "what was tried", a)
    b = said.entry("versions", "b:version")
    equal((b["attempts"], b["target"], b.get("branch")), (3.0, "7", None),
          "default branch is said in one way")


def without_status():
    d = folder()
    write(d, shard("version_pr_info", "a"), {
        "bad": False, "new_version": "2.0",
        "new_version_attempts": {"2.0": 0.2},
        "new_version_attempt_ts": {"2.0": 1700200000},
        "new_version_errors": {"1.9": "x", "2.0": f"bot error (<a href="
                               f"'{URL}'>bot CI job</a>): main:\nboom"}})
    # the present version was not tried yet
    write(d, shard("version_pr_info", "b"), {
        "new_version": "3", "new_version_attempts": {"2": 40},
        "new_version_errors": {"2": "x"}})
    # reached already
    write(d, shard("version_pr_info", "c"), {
        "new_version": "3", "new_version_errors": {"3": "x"}})
    write(d, shard("node_attrs", "c"), {"version": "3"})
    # no version could be found at all
    write(d, shard("version_pr_info", "d"), {
        "bad": "Upstream: no version", "new_version": False})
    write(d, shard("version_pr_info", "e"), {
        "bad": {"exception": "boom", "traceback": ["T", "  U", ""]},
        "new_version": None})
    write(d, shard("version_pr_info", "f"), {})
    # the structured error wins
    write(d, shard("version_pr_info", "g"), {
        "new_version": "1", "new_version_errors": {"1": "old"},
        "new_version_error_payloads": {"1": {
            "kind": "bot-error", "messages": ["new"], "url": URL}}})
    # a reference
    write(d, shard("version_pr_info", "h"),
          {"__lazy_json__": "elsewhere/h.json"})
    write(d, "elsewhere/h.json", {"new_version": "1",
                                  "new_version_errors": {"1": "lazy"}})
    said = run("bot-logs", "checkout=" + d)
    check(said.complete("versions"), "complete", said.notices)
    equal({k: v["text"] for k, v in said.entries("versions").items()}, {
        "a:version": "bot error\nboom", "d:version": "Upstream: no version",
        "e:version": "T\n  U\n\nboom", "g:version": "bot error\nnew",
        "h:version": "lazy"}, "entries")
    a = said.entry("versions", "a:version")
    equal((a["attempts"], a["first"], a["last"], a["url"]),
          (0.2, 1700200000, 1700200000, URL), "a")
    equal(said.entry("versions", "d:version")["attempts"], 1.0,
          "tried at least once")
    # the unchanged world again
    again = run("bot-logs", "checkout=" + d, cursor=said.cursor)
    equal(again.snapshots, said.snapshots, "stated again, the same")
    check(len(again.items) <= len(said.items), "not more is read")


def unchanged():
    """A file may change once more within the second in which it was read,
    and its time may lag behind the clock: only what is older than that when
    a pass begins is not read in the next one."""
    d = folder()
    for i in range(200):
        write(d, shard("version_pr_info", f"f{i}"), {"new_version": "1"})
    write(d, shard("version_pr_info", "bad"), {
        "new_version": "1", "new_version_errors": {"1": "x"}})
    bad = shard("version_pr_info", "bad")
    at = changed(d)

    def since(second):
        """What changed then or later, and what always is read again."""
        return sorted({bad} | {
            os.path.relpath(os.path.join(top, name), d)
            for top, _, names in os.walk(d) for name in names
            if os.stat(os.path.join(top, name)).st_ctime >= second})

    def at_clock(clock, cursor=None, *more):
        return run("bot-logs", "checkout=" + d, *more, cursor=cursor,
                   clock=clock)

    first = at_clock(at)
    equal(len(first.items), 201, "all are read once")
    young = at_clock(at + 2, first.cursor)
    equal(sorted(young.items), since(at - 2),
          "they changed when they were read")
    second = at_clock(at + 3, young.cursor)
    equal(sorted(second.items), since(at), "or just before")
    third = at_clock(at + 3, second.cursor)
    equal(third.items, [bad], "only what stands is read again")
    equal(third.snapshots, first.snapshots, "and stated")
    equal(len(at_clock(at + 2, second.cursor).items), 201,
          "a clock that went back is not believed")
    equal(len(at_clock(at + 86400, third.cursor).items), 1, "for a day")
    equal(len(at_clock(at + 86401, third.cursor).items), 201,
          "then nothing is taken for granted")
    equal(len(at_clock(at + 4, second.cursor, "owner=other").items), 201,
          "other options do not go on from this cursor")
    write(d, bad, {"new_version": "1"})
    fourth = at_clock(changed(d) + 3, third.cursor)
    equal(fourth.snapshots["versions"],
          {"entries": {}, "complete": True, "why": None}, "mended")


def next_version_waits():
    error = {"attempts": 40, "kind": "bot-error",
             "messages": [TRACE % "1.0"], "url": URL, "base_branch": "main"}
    path = status({"a": error, "b": error, "c": error})
    opt = "status=" + path
    first = run("bot-logs", opt)
    write(os.path.dirname(path), os.path.basename(path), {
        "errors": {"c": error}, "queued": {"a": "1.1", "new": "2"}})
    second = run("bot-logs", opt, cursor=first.cursor)
    equal(sorted(second.entries("versions")), ["a:version", "c:version"],
          "a waits for its first try and stands, b is over, new is nothing")
    equal(second.entry("versions", "a:version"),
          first.entry("versions", "a:version"), "as it stood")
    third = run("bot-logs", opt, cursor=second.cursor)
    equal(sorted(third.entries("versions")), ["a:version", "c:version"],
          "for as long as it waits")
    # an unreadable file forgets nothing
    write(os.path.dirname(path), os.path.basename(path), '{"errors": {"c"')
    broken = run("bot-logs", opt, cursor=third.cursor)
    equal(broken.complete("versions"), False, "cut off: incomplete")
    write(os.path.dirname(path), os.path.basename(path), {
        "errors": {}, "queued": {"a": "1.1", "c": "3"}})
    after = run("bot-logs", opt, cursor=broken.cursor)
    equal(sorted(after.entries("versions")), ["a:version", "c:version"],
          "still known")
    # without a status file version_pr_info says that it waits
    d = folder()
    info = shard("version_pr_info", "a")
    write(d, info, {"new_version": "1", "new_version_attempts": {"1": 9},
                    "new_version_errors": {"1": "x"}})
    first = run("bot-logs", "checkout=" + d)
    write(d, info, {"new_version": "2", "new_version_attempts": {"1": 9},
                    "new_version_errors": {"1": "x"}})
    second = run("bot-logs", "checkout=" + d, cursor=first.cursor)
    equal(second.snapshots, first.snapshots, "waits, stands")
    write(d, info, {"new_version": "2", "new_version_attempts": {"2": 1},
                    "new_version_attempt_ts": {"2": 1700000000},
                    "new_version_errors": {"2": "y"}})
    third = run("bot-logs", "checkout=" + d, cursor=second.cursor)
    equal(third.entry("versions", "a:version").get("target"), "2",
          "one entry over all versions")


def endless_cursor():
    """What is kept must fit into a frame of the host's; what does not fit is
    read again in the next pass."""
    quotes = '"\\' * 4000
    path = status({f"f{i}": {"attempts": 1, "kind": "bot-error",
                             "messages": [quotes + str(i)]}
                   for i in range(1000)})
    said = run("bot-logs", "status=" + path)
    equal(len(said.entries("versions")), 1000, "all are stated")
    check(len(said.cursor) < 1536 << 10, "the cursor fits",
          len(said.cursor))
    check(json.loads(said.cursor)["stood"], "and holds some")


unchanged()
endless_cursor()
both_shapes()
html_url()
implausible()
not_solvable()
sizes()
checkout()
without_status()
next_version_waits()
done()
