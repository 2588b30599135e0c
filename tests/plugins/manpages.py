#!/usr/bin/env python3
# SPDX-License-Identifier: BSD-3-Clause
"""tocsin-NAME(7) and the plugin NAME say the same options, defaults and
values, of every plugin that is built."""
import glob
import os
import re
import sys

sys.dont_write_bytecode = True
SRC = os.environ["TOCSIN_SRC"]
BUILD = os.environ["TOCSIN_BUILD"]
sys.path.insert(0, os.path.join(SRC, "tests", "plugins"))
from driver import events


def described(name):
    out, _ = events({"plugin_path": [os.path.join(BUILD, "plugins", name,
                                                  ".libs")],
                     "instances": [], "describe": [name]})
    return out.kind("described")[0]["plugin"]["options"]


def documented(name):
    with open(os.path.join(SRC, "man/tocsin-%s.7" % name),
              encoding="utf-8") as f:
        page = f.read()
    section = page.split("\n.Sh OPTIONS\n")[1].split("\n.Sh ")[0]
    return dict(re.findall(r"\.It Ic (\w+)\n(.*?)(?=\n\.It|\n\.El)", section,
                           re.S))


def says(text, word):
    """A pattern is described in words."""
    return word in text or (len(word) > 60 and "The default" in text)


def faults(name):
    told, out = documented(name), []
    options = described(name)
    if list(told) != [o["name"] for o in options]:
        out.append("%s and %s" % (list(told), [o["name"] for o in options]))
    for o in options:
        text = told.get(o["name"], "")
        values = o.get("values") or []
        if isinstance(values, str):
            values = values.split("|")
        out += ["%s: lacks %s" % (o["name"], word)
                for word in [o.get("default")] + list(values)
                if word and not says(text, word)]
        if ("Required" in text) != ("required" in o["flags"]):
            out.append("%s: is it required?" % o["name"])
    return out


names = sorted(os.path.basename(p)[len("tocsin-"):-3] for p in glob.glob(
    os.path.join(BUILD, "plugins", "*", ".libs", "tocsin-*.so")))
if not names:
    print("no plugin is built")
    sys.exit(77)
bad = ["%s: %s" % (name, f) for name in names for f in faults(name)]
print("\n".join(bad) or "%d plugins: %s" % (len(names), " ".join(names)))
sys.exit(bool(bad))
