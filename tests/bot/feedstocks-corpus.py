#!/usr/bin/env python3
# SPDX-License-Identifier: BSD-3-Clause
"""feedstocks over 42 real ones: the recipe and CODEOWNERS name the same
people, and both are what INDEX.tsv says."""
import json
import os
import re
import sys

sys.dont_write_bytecode = True
sys.path.insert(0, os.path.dirname(os.path.abspath(__file__)))
from support import check, corpus, done, equal, folder, run  # noqa: E402


def team(name):
    return "@" + name.lower() if "/" in name else name


def codeowners(text):
    """The owners of the one line that conda-smithy writes."""
    lines = [x for x in (text or "").split("\n") if x.strip()]
    equal(len(lines) <= 1, True, "one line")
    return [x[1:] if "/" not in x else x for x in lines[0].split()[1:]] \
        if lines else None


def people():
    root = corpus("feedstocks")
    said = run("feedstocks", "checkouts=" + root)
    equal(said.notices, {}, "all is read")
    with open(os.path.join(root, "INDEX.tsv")) as f:
        rows = [x.rstrip("\n").split("\t") for x in f][1:]
    equal(len(rows), 42, "feedstocks")
    pairs = 0
    for row in rows:
        project = "conda-forge/" + row[0]
        wanted = [team(x.strip("'\"")) for x in row[4].split(",")]
        owners = said.facts.get((project, "owners"))
        equal(owners, wanted, f"{project}: owners")
        text = said.facts.get((project, "codeowners"))
        equal((text or "").strip(), row[5] if len(row) > 5 else "",
              f"{project}: CODEOWNERS")
        named = codeowners(text)
        if named is None:
            check((project, "codeowners") in said.facts, "withdrawn")
            continue
        pairs += 1
        equal(sorted(x.lower() for x in named),
              sorted(x.lower() for x in owners or []), f"{project}: agree")
    equal(pairs, 41, "pairs")
    equal(len([k for k in said.facts if k[1] == "owners"]), 42, "no more")


def node_attrs():
    root = corpus("bot", "cf-scripts", "tests", "test_pypi_name_mapping")
    said = run("feedstocks", "node_attrs=" + root)
    wanted = {}
    for base, _, files in os.walk(os.path.join(root, "node_attrs")):
        for file in files:
            with open(os.path.join(base, file)) as f:
                doc = json.load(f)
            # real ones name everybody once a platform
            people = dict.fromkeys(
                doc["meta_yaml"]["extra"]["recipe-maintainers"])
            wanted[("conda-forge/" + file[:-5] + "-feedstock", "owners")] = \
                [team(x) for x in people]
    equal(len(wanted), 3, "three of them")
    equal({k: v for k, v in said.facts.items() if k[1] == "owners"}, wanted,
          "maintainers")


def outputs():
    path = corpus("ownership", "feedstock_outputs.tsv")
    said = run("feedstocks", "outputs=" + path)
    equal(said.notices, {}, "all is read")
    packages, feedstocks = {}, {}
    with open(path) as f:
        for line in list(f)[1:]:
            package, names = line.rstrip("\n").split("\t")
            for name in re.split(",", names):
                project = f"conda-forge/{name}-feedstock"
                packages.setdefault(package, []).append(project)
                feedstocks.setdefault(project, []).append(package)
    equal({k[0][8:]: v for k, v in said.facts.items()
           if k[1] == "feedstocks"}, packages, "packages")
    equal({k[0]: v for k, v in said.facts.items() if k[1] == "outputs"},
          feedstocks, "outputs")
    check(len(packages) == 32676, "32,676 packages", len(packages))
    again = run("feedstocks", "outputs=" + path, cursor=said.cursor)
    equal(again.nr_facts, 0, "an unchanged table is not said again")
    # one line more says one bucket more, not all
    d = folder()
    copy = os.path.join(d, "outputs.tsv")
    with open(path) as f, open(copy, "w") as g:
        g.write(f.read())
    first = run("feedstocks", "outputs=" + copy)
    with open(copy, "a") as f:
        f.write("brand-new\tbrand-new\n")
    second = run("feedstocks", "outputs=" + copy, cursor=first.cursor)
    equal(second.facts.get(("package:brand-new", "feedstocks")),
          ["conda-forge/brand-new-feedstock"], "the new one")
    check(second.nr_facts < 1000, "few of the others", second.nr_facts)


people()
node_attrs()
outputs()
done()
