#!/usr/bin/env python3
# SPDX-License-Identifier: BSD-3-Clause
"""Nothing of a log acts in Zulip, in whatever position it is written and
whatever stands around it.

    dead.py [ROUNDS [SEED]]"""
import json
import os
import re
import subprocess
import sys

sys.dont_write_bytecode = True
SRC = os.environ["TOCSIN_SRC"]
BUILD = os.environ["TOCSIN_BUILD"]
sys.path.insert(0, os.path.join(SRC, "tests", "fakes"))
from zulip_marks import acts, split_fences

OURS = "https://ours.example/a"
AROUND = {
    "text": ["It {} fails.", "{}", "- {}", "**{}.**", "1. {}",
             "[{}](%s)" % OURS, "a\n{}\nb", "`x` {} `y`", "> {}"],
    "code": ["{}", "**{} fails.**", "a {} and {}", "[{}](%s)" % OURS,
             "- {}: `x`"],
    "fence": ["{}", "a\n\n{}\nb @**all**", "- a\n{}- b"],
    "link": ["[Log]({})", "a [Log]({}), [Log]({}) b"],
    "title": ["{}"],
}


def alive(kind, out, around):
    doc = around.replace("{}", out)
    if kind == "title":         # shown as it is, but for mentions and numbers
        return {"title": re.findall("@(?!\u200b)|#[0-9]", out)
                or [c for c in out if ord(c) < 32]} \
            if re.search("@(?!\u200b)|#[0-9]|[\0-\x1f]", out) else {}
    found = acts(doc)
    want = acts(around.replace("{}", "x"))
    if around.startswith(">"):
        found["blocks"] = found["blocks"][1:]
        want["blocks"] = []
    if kind == "link":
        found["links"] = [u for u in found["links"] if u != out]
        want["links"] = []
    return {k: v for k, v in found.items() if v != want[k]}


def main():
    rounds, seed = (sys.argv[1:] + ["3000", "7"][len(sys.argv) - 1:])[:2]
    p = subprocess.Popen([os.path.join(BUILD, "tests", "zulip", "written"),
                          rounds, seed], stdout=subprocess.PIPE, text=True)
    tried = failed = 0
    for line in p.stdout:
        v = json.loads(line)
        for around in AROUND[v["pos"]]:
            # An empty value leaves no code behind, and its line is dropped.
            if not v["out"].strip():
                continue
            tried += 1
            found = alive(v["pos"], v["out"], around)
            if found and failed < 5:
                print("FAIL", v["pos"], repr(around), found, repr(v["in"]),
                      repr(v["out"]))
            failed += bool(found)
        if v["pos"] == "fence" and v["out"]:
            parts = [k for k, t in split_fences(v["out"]) if t.strip()]
            if parts not in (["fence"], []):
                print("FAIL a fence that is", parts, repr(v["out"]))
                failed += 1
    assert p.wait() == 0
    print("%d tried, %d alive" % (tried, failed))
    return 1 if failed or not tried else 0


if __name__ == "__main__":
    sys.exit(main())
