#!/usr/bin/env python3
# SPDX-License-Identifier: BSD-3-Clause
"""tocsin-github-issues(7) and the plugin name the same options and values."""
import os
import re
import sys

sys.dont_write_bytecode = True
SRC = os.environ["TOCSIN_SRC"]
BUILD = os.environ["TOCSIN_BUILD"]
sys.path.insert(0, os.path.join(SRC, "tests", "plugins"))
from driver import events

out, _ = events({"plugin_path": [os.path.join(
    BUILD, "plugins/github-issues/.libs")],
    "instances": [], "describe": ["github-issues"]})
described = out.kind("described")[0]["plugin"]
with open(os.path.join(SRC, "man/tocsin-github-issues.7"),
          encoding="utf-8") as f:
    page = f.read()
section = page.split("\n.Sh OPTIONS\n")[1].split("\n.Sh ")[0]
options = dict(re.findall(r"\.It Ic (\w+)\n(.*?)(?=\n\.It|\n\.El)", section,
                          re.S))
names = [o["name"] for o in described["options"]]
assert list(options) == names, (list(options), names)
for o in described["options"]:
    values = o.get("values") or []
    if isinstance(values, str):
        values = values.split("|")
    for word in [o.get("default")] + list(values):
        assert not word or word in options[o["name"]], (o["name"], word)
    assert ("Required" in options[o["name"]]) == ("required" in o["flags"])
