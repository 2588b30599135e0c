#!/usr/bin/env python3
# SPDX-License-Identifier: BSD-3-Clause
"""tocsin-logs(7) and the plugin say the same: options, defaults, values,
fields of the pattern, members of sidecars, codes of notices."""
import json
import os
import re
import subprocess
import sys

sys.dont_write_bytecode = True
sys.path.insert(0, os.path.dirname(os.path.abspath(__file__)))
from harness import MOCK, PLUGIN, holds, same

SRC = os.environ["TOCSIN_SRC"]


def read(path):
    with open(os.path.join(SRC, path), encoding="utf-8") as f:
        return f.read()


def section(page, name):
    return page.split("\n.Sh %s\n" % name)[1].split("\n.Sh ")[0]


def plain(text):
    """Without the macros: what a reader sees, nearly."""
    return re.sub(r"[\s,;]+", " ", re.sub(r"\n\.\w+ ?", " ", "\n" + text))


page = read("man/tocsin-logs.7")
described = json.loads(subprocess.run([MOCK, "--describe", PLUGIN],
                                      stdout=subprocess.PIPE,
                                      check=True).stdout)
options = dict(re.findall(r"\.It Ic (\w+)\n(.*?)(?=\n\.It|\n\.El)",
                          section(page, "OPTIONS"), re.S))
same(list(options), [o["name"] for o in described["options"]], "options")
for o in described["options"]:
    text = plain(options[o["name"]])
    for word in [o.get("default")] + (o.get("values") or "").split("|"):
        if word:
            holds(text, word, "option " + o["name"])
    same("Required" in text, o["required"], o["name"] + " is required")
    same("may be a list" in text, o["repeat"], o["name"] + " is a list")

belongs = plain(section(page, "WHAT A LOG BELONGS TO"))
source = read("plugins/logs/sidecar.c")
members = re.findall(r'\{ "(\w+)", MEMBER_', source)
same(len(members) > 10, True, "the table of members is found")
for member in members:
    holds(belongs, member, "sidecar")
fields = re.findall(r'= "(\w+)"', read("plugins/logs/pattern.c"))
same(len(fields), 9, "the table of fields is found")
for field in fields:
    holds(belongs, "{%s}" % field, "pattern")

codes = set()
for name in ("archive.c", "log.c", "logs.c", "walk.c"):
    codes |= set(re.findall(r'trouble\([^;]*?"([a-z][a-z-]+)",',
                            read("plugins/logs/" + name)))
same(sorted(codes), sorted(re.findall(r"\.It Sy ([\w-]+)",
                                      section(page, "NOTICES"))), "notices")
