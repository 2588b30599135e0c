#!/usr/bin/env python3
# SPDX-License-Identifier: BSD-3-Clause
"""tocsin-zulip(7) and the plugin name the same options; the page names each
notice."""
import glob
import os
import re
import sys

sys.dont_write_bytecode = True
SRC = os.environ["TOCSIN_SRC"]
BUILD = os.environ["TOCSIN_BUILD"]
sys.path.insert(0, os.path.join(SRC, "tests", "plugins"))
from driver import events

out, _ = events({"plugin_path": [os.path.join(BUILD, "plugins/zulip/.libs")],
                 "instances": [], "describe": ["zulip"]})
described = out.kind("described")[0]["plugin"]
with open(os.path.join(SRC, "man/tocsin-zulip.7"), encoding="utf-8") as f:
    page = f.read()
section = page.split("\n.Sh OPTIONS\n")[1].split("\n.Sh ")[0]
options = dict(re.findall(r"\.It Ic (\w+)\n(.*?)(?=\n\.It|\n\.El)", section,
                          re.S))
names = [o["name"] for o in described["options"]]
assert list(options) == names, (list(options), names)
for o in described["options"]:
    assert not o.get("default") or o["default"] in options[o["name"]], o
    assert ("Required" in options[o["name"]]) == ("required" in o["flags"]), o
codes = set()
for path in glob.glob(os.path.join(SRC, "plugins/zulip/*.c")):
    with open(path, encoding="utf-8") as f:
        codes |= set(re.findall(r'zulip_notice\([^";]*"([a-z-]+)"', f.read()))
section = page.split("\n.Sh NOTICES\n")[1].split("\n.Sh ")[0]
named = set(re.findall(r"\.It Sy ([\w-]+)", section))
assert codes == named, (codes, named)
