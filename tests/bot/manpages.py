#!/usr/bin/env python3
# SPDX-License-Identifier: BSD-3-Clause
"""tocsin-bot-logs(7) and others say what the plugins say:
options with defaults and values, codes of notices, members of sidecars."""
import glob
import json
import os
import re
import subprocess
import sys

sys.dont_write_bytecode = True
sys.path.insert(0, os.path.dirname(os.path.abspath(__file__)))
from support import HOST, check, done, equal, plugin  # noqa: E402

SRC = os.environ["TOCSIN_SRC"]


def read(path):
    with open(os.path.join(SRC, path), encoding="utf-8") as f:
        return f.read()


def section(page, name):
    return page.split(f"\n.Sh {name}\n")[1].split("\n.Sh ")[0]


for name in ("bot-logs", "feedstocks", "github-actions",
             "status-board"):
    page = read(f"man/tocsin-{name}.7")
    described = json.loads(subprocess.run(
        [HOST, "--describe", plugin(name)], stdout=subprocess.PIPE,
        check=True).stdout)
    options = dict(re.findall(r"\.It Ic (\w+)\n(.*?)(?=\n\.It|\n\.El)",
                              section(page, "OPTIONS"), re.S))
    equal(list(options), [o["name"] for o in described["options"]],
          f"{name}: options in the order of the table")
    for o in described["options"]:
        text = options[o["name"]]
        words = (o.get("values") or "").split("|")
        if o["name"] != "plausible":
            words.append(o.get("default") or "")
        for word in words:
            check(word in text, f"{name}: {o['name']} names {word}")
        equal("ay be a list" in text, o["repeat"], f"{name}: {o['name']}")
        equal("Required" in text, o["required"], f"{name}: {o['name']}")
        check(o["help"].endswith("."), f"{name}: {o['name']} has help")
    told = set()
    for path in glob.glob(os.path.join(SRC, "plugins", name, "*.c")):
        text = read(path)
        for codes in re.findall(r"codes\[\] = \{([^}]*)\}", text):
            told |= set(re.findall(r'"([a-z-]+)"', codes))
        told |= set(re.findall(r'notice\([^"]*"([a-z-]+)"', text))
    if "libnet" in read(f"plugins/{name}/local.mk"):
        told |= set(re.findall(r'\] = \{ "([a-z-]+)",',
                               read("plugins/net/net.c")))
    if "libgithub" not in read(f"plugins/{name}/local.mk"):
        told.discard("partial-results")  # only GitHub's lists are
    else:
        told |= set(re.findall(r'notice\([^"]*"([a-z-]+)"',
                               read("plugins/github/api.c")))
    equal(sorted(told), sorted(re.findall(r"\.It Sy ([\w-]+)",
                                          section(page, "NOTICES"))),
          f"{name}: notices")

jobs = read("plugins/bot-logs/jobs.c")
members = re.findall(r'_member\(doc, "(\w+)"', jobs)
members += re.findall(r'jx_\w+\(doc, "(\w+)"', jobs)
page = read("man/tocsin-bot-logs.7").split("\n.Ss jobs\n")[1].split(
    "\n.Sh ")[0]
check(len(members) >= 11, "members of sidecars are found", members)
for member in set(members):
    check(f".Ql {member} " in page, f"sidecar member {member}")
done()
