#!/usr/bin/env python3
# SPDX-License-Identifier: BSD-3-Clause
"""tocsin-zulip(7) names each notice of the plugin."""
import glob
import os
import re

SRC = os.environ["TOCSIN_SRC"]
with open(os.path.join(SRC, "man/tocsin-zulip.7"), encoding="utf-8") as f:
    page = f.read()
codes = set()
for path in glob.glob(os.path.join(SRC, "plugins/zulip/*.c")):
    with open(path, encoding="utf-8") as f:
        codes |= set(re.findall(r'zulip_notice\([^";]*"([a-z-]+)"', f.read()))
section = page.split("\n.Sh NOTICES\n")[1].split("\n.Sh ")[0]
named = set(re.findall(r"\.It Sy ([\w-]+)", section))
assert codes == named, (codes, named)
