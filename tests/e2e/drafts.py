#!/usr/bin/env python3
# SPDX-License-Identifier: BSD-3-Clause
"""Rules that `tocsin rule suggest` drafts from failures that no rule knows:
each is accepted, holds nothing that varies, finds its own log and the same
failure another time."""
import json

from world import World, has, main

NONE = "shipped_rules: false\n"
# a line; the same failure another time
AGAIN = [
    ("conjurer: fatal: cannot open wand /home/conda/foo_1699999999/work/"
     "wand.cfg: permission 0600",
     "conjurer: fatal: cannot open wand C:\\bld\\foo_17\\wand.cfg: "
     "permission 0644"),
    ("[2026-08-01 12:00:01,234] ERROR tinker.core - Widget 'alpha' exploded "
     "after 12.5s (pid 4123)",
     "[2025-01-31 02:59:59,001] ERROR tinker.core - Widget 'alpha' exploded "
     "after 3s (pid 9)"),
    ("E0801 12:00:01.234567  4123 thing.cc:88] Failed to bind to "
     "127.0.0.1:45123: Address is in use",
     "E1231 23:59:59.000001 9 thing.cc:91] Failed to bind to 10.0.0.3:80: "
     "Address is in use"),
    ("thread 'main' panicked at src/main.rs:12:5: index 9 is beyond the "
     "mast of length 3",
     "thread 'main' panicked at src/main.rs:99:1: index 12 is beyond the "
     "mast of length 7"),
    ("panic: frobnicate: bad magic 0xdeadbeef in /tmp/tmpx8k_1q3z/file.bin",
     "panic: frobnicate: bad magic 0x00 in /var/tmp/file.bin"),
    ("error: cannot lock /tmp/tmpx8k_1q3z", "error: cannot lock /tmp/tmp9z_1b2c3"),
    ("Error: widget@1.2.3 does not know how to zip (sha256:0123456789abcdef"
     "0123456789abcdef)",
     "Error: widget@2.0 does not know how to zip (sha256:fedcba98765432100"
     "123456789abcdef)"),
    ("D:\\a\\1\\s\\build\\frob.vcx(12,5): fatal error FROB1234: the gizmo "
     "'x_y' has no lid",
     "C:\\b\\frob.vcx(9,1): fatal error FROB1234: the gizmo 'x_y' has no lid"),
    ("ERROR: theodolite v4.5.6-rc1 is older than v5.0 "
     "[C:\\bld\\theodolite_1690000000000\\work]",
     "ERROR: theodolite v4.5.7 is older than v6.0.dev1 "
     "[C:\\bld\\theodolite_17\\work]"),
    ("glimmer: error: 17 of 234 lamps would not light",
     "glimmer: error: 1 of 9 lamps would not light"),
    ("FATAL: job 3f2a9c1e-1b2c-4d3e-8f90-abcdefabcdef was lost at "
     "2026-08-01T12:00:00Z",
     "FATAL: job 00000000-1b2c-4d3e-8f90-0123456789ab was lost at "
     "2025-12-31T00:00:00Z"),
    ('*** the frobnicator aborted: {"code": 12, "why": "no such lid: '
     "'alpha'\"}",
     '*** the frobnicator aborted: {"code": 7, "why": "no such lid: '
     "'alpha'\"}"),
    ("lathe.errors.SpindleError: the spindle of 'lathe-3' stopped after "
     "12 MB of shavings",
     "lathe.errors.SpindleError: the spindle of 'lathe-4' stopped after "
     "1.5 GB of shavings"),
    ("error[G0042]: the mast is too high: 12.50m > 10.00m",
     "error[G0042]: the mast is too high: 99m > 9.1m"),
    ("!! error: Größe überschritten: 12 MB",
     "!! error: Größe überschritten: 900 kB"),
    ("   error: dangling thing, see https://example.org/errors/1234?x=y",
     "error: dangling thing, see https://example.org/errors/1234?x=y"),
    ("worker-12 | error: the queue of worker-12 overflowed (depth 1024)",
     "worker-3 | error: the queue of worker-3 overflowed (depth 17)"),
    ("Traceback from node gw3: KaboomError: fuse #3 blown at line 88",
     "Traceback from node gw11: KaboomError: fuse #12 blown at line 9"),
    ("error: commit 4f2a9c1 of acme/widget is not signed by ann@example.com",
     "error: commit 0123abc of acme/widget is not signed by bob@example.org"),
    ("FAILURE: % of budget: 123.45% > 100%",
     "FAILURE: % of budget: 100.5% > 99%"),
    ("error: patch fix-the-thing.patch has 3 fuzzy hunks at /tmp/x.patch",
     "error: patch fix-the-thing.patch has 12 fuzzy hunks at /b/x.patch"),
    ("error: the drift is -3.5e-05, not 0.1", "error: the drift is 12, not 0"),
]
VOLATILE = ["1699999999", "2026", "4123", "E0801", "45123", "deadbeef",
            "x8k_1q3z", "0123456789abcdef", "D:", "4\\.5", "rc1", "169000",
            "abcdefabcdef", "gw3", "4f2a9c1", "ann@", "lathe-3", "1024"]


def draft(w, line):
    """(the YAML, one of its keys by name)"""
    w.write("red.log", line + "\n")
    text = w.tocsin("rule", "suggest", w.path("red.log"), check=0).stdout
    return text, lambda key: next(x for x in text.splitlines() if
                                  x.strip().startswith(key + ":"))


def finding(w, line):
    w.write("red.log", "lighting\n" + line + "\nleaving 1\n")
    p = w.tocsin("classify", "--json", "--outcome", "failure",
                 w.path("red.log"), check=0)
    found = json.loads(p.stdout)["failures"]
    assert found, line
    return found[0]


def finds_it_again():
    "a draft is accepted without a word and finds the same failure again"
    for line, again in AGAIN:
        with World(NONE) as w:
            text, key = draft(w, line)
            w.write("suggested.yaml", text)
            w.write("tocsin.yaml", "include: [suggested.yaml]\n", "a")
            said = w.tocsin("check", check=0).stderr
            assert "suggested" not in said, (text, said)
            a, b = finding(w, line), finding(w, again)
            assert a["rule"] and a["rule"] == b["rule"], (text, again, b)
            assert a["fingerprint"] == b["fingerprint"], (text, a, b)
            for part in VOLATILE:
                assert part not in key("pattern") + key("summary"), text
            other = finding(w, "error: the kettle has not boiled")
            assert not other["rule"], text


def summary_is_a_sentence():
    "the summary says what the line says, without when and how grave"
    with World(NONE) as w:
        for line, summary in [
                (AGAIN[1][0], "'tinker.core - Widget {{what}} exploded after "
                 "{{n}} (pid {{n2}})'"),
                (AGAIN[2][0], "'Failed to bind to {{n}}: Address is in use'"),
                (AGAIN[9][0], "'glimmer: error: {{n}} of {{n2}} lamps would "
                 "not light'"),
                (AGAIN[10][0], "'job {{n}} was lost at {{n2}}'"),
                ("error: -lgizmo is on no shelf", "'-lgizmo is on no shelf'"),
                ("[lathe] error: no oil", "'[lathe] error: no oil'"),
                ("[error]: *.gizmo is gone", "'*.gizmo is gone'"),
                ("error: “quoted” thing: {", "'“quoted” thing: ('")]:
            has(draft(w, line)[1]("summary"), summary)


def blames_nobody():
    "what a draft guesses of the infrastructure keeps it from no maintainer"
    with World(NONE) as w:
        for line in ("frob: error: connection to the agent was lost",
                     "frob: error: the tower timed out", "error: the "
                     "dispatcher of the latest lamps is out"):
            text, key = draft(w, line)
            has(key("blame"), "'unknown'")
            assert "source/" not in text and "test/" not in text, text


main([finds_it_again, summary_is_a_sentence, blames_nobody])
