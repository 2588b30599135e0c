#!/usr/bin/env python3
# SPDX-License-Identifier: BSD-3-Clause
"""feedstocks: who owns a feedstock, and when nothing is said of it."""
import json
import os
import sys

sys.dont_write_bytecode = True
sys.path.insert(0, os.path.dirname(os.path.abspath(__file__)))
from support import (changed, check, done, equal, folder, run, shard,  # noqa: E402
                     write)

HEAD = """{% set version = "1.2" %}
{% set parts = version.split('.') %}
package:
  name: x
about:
  description: |
    extra:
      recipe-maintainers:
        - nobody
"""

# name: (meta.yaml, owners or None)
META = {
    "plain": (HEAD + "extra:\n  recipe-maintainers:\n    - one\n    - Two-2\n"
              "    - conda-forge/R\n", ["one", "Two-2", "@conda-forge/r"]),
    "flush": ("extra:\n  recipe-maintainers:\n  - one\n  - two\n"
              "  feedstock-name: x\n", ["one", "two"]),
    "four": ("extra:\n    other: x\n    recipe-maintainers:\n"
             "        - one\n    last: y\nabout:\n    home: x\n", ["one"]),
    "comments": ("extra:  # people\n  # all of them\n  recipe-maintainers: #\n"
                 "\n    - one  # [osx]\n# flush\n    # - gone\n    - two #x\n",
                 ["one", "two"]),
    "quotes": ("extra:\n  'recipe-maintainers':\n    - \"0xbe7a\"\n"
               "    - 'two'  # [win]\n", ["0xbe7a", "two"]),
    "crlf": ("extra:\r\n  recipe-maintainers:\r\n    - one\r\n    - two\r\n",
             ["one", "two"]),
    "bom": ("\ufeffextra:\n  recipe-maintainers:\n    - one\n", ["one"]),
    "no-newline": ("extra:\n  recipe-maintainers:\n    - one", ["one"]),
    "flow": ("extra:\n  recipe-maintainers: [one, 'two', \"three\",]\n",
             ["one", "two", "three"]),
    "flow-lines": ("extra:\n  recipe-maintainers: [one,  # first\n    two\n"
                   "  ]\n  x: y\n", ["one", "two"]),
    "twice": ("extra:\n  recipe-maintainers:\n    - One\n    - one\n"
              "    - conda-forge/A\n    - '@conda-forge/a'\n",
              ["One", "@conda-forge/a"]),
    "expression": ("extra:\n  feedstock-name: {{ name }}\n"
                   "  recipe-maintainers:\n    - one\n  x: {{ y }}\n",
                   ["one"]),
    "closed-block": ("{% if a %}\nx: 1\n{% else %}\nx: 2\n{% endif %}\n"
                     "{%- set b %}text{% endset -%}\n"
                     "{# extra:\n  recipe-maintainers: #}\n"
                     "extra:\n  recipe-maintainers:\n    - one\n", ["one"]),
    "other-extra": ("x:\n  extra:\n    recipe-maintainers:\n      - no\n"
                    "extra:\n  recipe-maintainers:\n    - one\n", ["one"]),
    # unclear: nothing is said
    "template": ("extra:\n  recipe-maintainers:\n    - one\n"
                 "    - {{ me }}\n", None),
    "template-line": ("extra:\n  recipe-maintainers:\n    - one\n"
                      "    {% if win %}\n    - two\n    {% endif %}\n", None),
    "template-flush": ("extra:\n  recipe-maintainers:\n    - one\n"
                       "{% for m in all %}\n    - {{ m }}\n{% endfor %}\n",
                       None),
    "template-comment": ("extra:\n  recipe-maintainers:\n"
                         "    # {% if win %}\n    - two\n", None),
    "in-block": ("{% if win %}\nextra:\n  recipe-maintainers:\n    - one\n"
                 "{% endif %}\n", None),
    "in-block-2": ("extra:\n{% if win %}\n  recipe-maintainers:\n"
                   "    - one\n{% endif %}\n", None),
    "in-comment": ("{#\nextra:\n  recipe-maintainers:\n    - one\n#}\n",
                   None),
    "in-raw": ("{% raw %}\nextra:\n  recipe-maintainers:\n    - one\n"
               "{% endraw %}\n", None),
    "template-value": ("extra:\n  recipe-maintainers: {{ people }}\n", None),
    "two-extras": ("extra:\n  recipe-maintainers:\n    - one\n"
                   "extra:\n  recipe-maintainers:\n    - two\n", None),
    "two-lists": ("extra:\n  recipe-maintainers:\n    - one\n"
                  "  recipe-maintainers:\n    - two\n", None),
    "scalar": ("extra:\n  recipe-maintainers: one\n", None),
    "anchor": ("extra:\n  recipe-maintainers: &a\n    - one\n", None),
    "nested": ("extra:\n  recipe-maintainers:\n    - - one\n", None),
    "mapping": ("extra:\n  recipe-maintainers:\n    - name: one\n", None),
    "continued": ("extra:\n  recipe-maintainers:\n    - one\n      two\n",
                  None),
    "uneven": ("extra:\n  recipe-maintainers:\n    - one\n   - two\n", None),
    "tabs": ("extra:\n\trecipe-maintainers:\n\t\t- one\n", None),
    "empty": ("extra:\n  recipe-maintainers:\n", None),
    "none": ("about:\n  home: x\n", None),
    "flow-extra": ("extra: {recipe-maintainers: [one]}\n", None),
    "flow-open": ("extra:\n  recipe-maintainers: [one, two\n", None),
    "flow-nested": ("extra:\n  recipe-maintainers: [one, [two]]\n", None),
    "flow-template": ("extra:\n  recipe-maintainers: [one, {{ x }}]\n", None),
    "flow-double": ("extra:\n  recipe-maintainers: [one,,two]\n", None),
    "number": ("extra:\n  recipe-maintainers:\n    - 0xbe7a\n", None),
    "number-2": ("extra:\n  recipe-maintainers:\n    - 12_34\n", None),
    "truth": ("extra:\n  recipe-maintainers:\n    - one\n    - Yes\n", None),
    "null": ("extra:\n  recipe-maintainers:\n    - null\n", None),
    "no-login": ("extra:\n  recipe-maintainers:\n    - one two\n", None),
    "no-login-2": ("extra:\n  recipe-maintainers:\n    - a@b.c\n", None),
    "no-login-3": ("extra:\n  recipe-maintainers:\n    - conda-forge/a/b\n",
                   None),
    "no-login-4": ("extra:\n  recipe-maintainers:\n    - '" + "x" * 40
                   + "'\n", None),
    "escape": ("extra:\n  recipe-maintainers:\n    - \"o\\u006ee\"\n", None),
    "open-quote": ("extra:\n  recipe-maintainers:\n    - \"one\n", None),
    "comment-glued": ("extra:\n  recipe-maintainers:\n    - one#two\n", None),
    "nul": ("extra:\n  recipe-maintainers:\n    - one\0\n", None),
    "many": ("extra:\n  recipe-maintainers:\n"
             + "".join(f"    - p{i}\n" for i in range(600)), None),
}

RECIPE = {
    "plain": ("schema_version: 1\ncontext:\n  v: '1'\nextra:\n"
              "  feedstock-name: x\n  recipe-maintainers:\n    - one\n"
              "    - conda-forge/B\n    - \"0xbe7a\"\n",
              ["one", "@conda-forge/b", "0xbe7a"]),
    "flow": ("{extra: {recipe-maintainers: [one, two]}}", ["one", "two"]),
    "top": ("about: {extra: {recipe-maintainers: [no]}}\n"
            "extra:\n  x:\n    recipe-maintainers: [no]\n"
            "  recipe-maintainers: [one]\n", ["one"]),
    "number": ("extra:\n  recipe-maintainers:\n    - 0xbe7a\n", None),
    "template": ("extra:\n  recipe-maintainers:\n    - ${{ me }}\n", None),
    "choice": ("extra:\n  recipe-maintainers:\n    - if: win\n"
               "      then: one\n", None),
    "alias": ("a: &a [one]\nextra:\n  recipe-maintainers: *a\n", None),
    "alias-2": ("a: &a one\nextra:\n  recipe-maintainers: [*a]\n", None),
    "double": ("extra:\n  recipe-maintainers: [one]\nextra: {}\n", None),
    "broken": ("extra:\n  recipe-maintainers: [one\n x: : :\n", None),
    "later-broken": ("extra:\n  recipe-maintainers: [one]\nx: [\n", None),
    "empty": ("", None),
    "list": ("- extra\n", None),
    "deep": ("x: " + "[" * 5000 + "\nextra:\n", None),
    "bomb": ("a: &a [x,x]\n" + "".join(
        f"{chr(98 + i)}: &{chr(98 + i)} [*{chr(97 + i)},*{chr(97 + i)}]\n"
        for i in range(20)) + "extra: {recipe-maintainers: [one]}\n",
        ["one"]),
}


def recipes():
    d = folder()
    for name, (text, _) in META.items():
        write(d, f"m-{name}-feedstock/recipe/meta.yaml", text)
        write(d, f"m-{name}-feedstock/.github/CODEOWNERS", "* @other\n")
    for name, (text, _) in RECIPE.items():
        write(d, f"r-{name}-feedstock/recipe/recipe.yaml", text)
    write(d, "not-ours/recipe/meta.yaml", META["plain"][0])
    said = run("feedstocks", "checkouts=" + d)
    for kind, table in (("m", META), ("r", RECIPE)):
        for name, (_, wanted) in table.items():
            key = (f"conda-forge/{kind}-{name}-feedstock", "owners")
            check(key in said.facts, f"{key}: something is said")
            equal(said.facts.get(key), wanted, key[0])
            if kind == "m":
                equal(said.facts.get((key[0], "codeowners")), "* @other\n",
                      "CODEOWNERS beside it")
    equal(len([k for k in said.facts if k[1] == "owners"]),
          len(META) + len(RECIPE), "no others")


def sources():
    d, bot = folder(), folder()
    for name in ("a", "b", "c", "d", "e"):
        write(d, f"{name}-feedstock/recipe/meta.yaml", META["plain"][0])
    write(bot, shard("node_attrs", "a"), {"meta_yaml": {"extra": {
        "recipe-maintainers": ["Fromnode", "conda-forge/Team", "fromNODE"]}}})
    write(bot, shard("node_attrs", "b"), {"meta_yaml": {"extra": {
        "recipe-maintainers": [48762]}}})
    write(bot, shard("node_attrs", "c"), {"meta_yaml": "broken"})
    write(bot, shard("node_attrs", "only"), {"meta_yaml": {"extra": {
        "recipe-maintainers": ["x"]}}})
    write(d, "d-feedstock/recipe/recipe.yaml", RECIPE["plain"][0])
    write(d, "e-feedstock/recipe/recipe.yaml", RECIPE["number"][0])
    said = run("feedstocks", "checkouts=" + d, "node_attrs=" + bot,
               "owner=o", "suffix=-feedstock")
    plain = META["plain"][1]
    equal({k[0]: v for k, v in said.facts.items() if k[1] == "owners"}, {
        "o/a-feedstock": ["Fromnode", "@conda-forge/team"],
        "o/b-feedstock": plain, "o/c-feedstock": plain,
        "o/d-feedstock": RECIPE["plain"][1], "o/e-feedstock": None,
        "o/only-feedstock": ["x"]}, "node_attrs, recipe.yaml, meta.yaml")


def ids():
    d = folder()
    write(d, "a-feedstock/.recipe_maintainers.json",
          {"One": 11, "two": "22", "bad": "x", "worse": -1, "a b": 3})
    write(d, "b-feedstock/.recipe_maintainers.json", {"one": 11, "two": 23})
    write(d, "c-feedstock/.recipe_maintainers.json", [])
    said = run("feedstocks", "checkouts=" + d)
    equal({k: v for k, v in said.facts.items() if k[1] == "id"},
          {("login:one", "id"): "11", ("login:two", "id"): "22"}, "ids")
    drift = " ".join(said.notices["schema-drift"])
    for word in ("two numeric ids, 22 and 23", "a-feedstock", "c-feedstock"):
        check(word in drift, word, drift)


def changes():
    d = folder()
    meta = "a-feedstock/recipe/meta.yaml"
    write(d, meta, META["plain"][0])
    write(d, "a-feedstock/.github/CODEOWNERS", "* @one\n")
    first = run("feedstocks", "checkouts=" + d)
    equal(first.facts[("conda-forge/a-feedstock", "codeowners")], "* @one\n",
          "CODEOWNERS")
    os.remove(os.path.join(d, "a-feedstock/.github/CODEOWNERS"))
    write(d, meta, META["template"][0])
    second = run("feedstocks", "checkouts=" + d, cursor=first.cursor)
    equal((second.facts.get(("conda-forge/a-feedstock", "codeowners"), 0),
           second.facts.get(("conda-forge/a-feedstock", "owners"), 0)),
          (None, None), "what is gone is withdrawn")
    at = changed(d)
    cursor, nr = second.cursor, []
    for clock in (at, at + 2, at + 3, at + 3):
        said = run("feedstocks", "checkouts=" + d, cursor=cursor, clock=clock)
        nr.append(len(said.items))
        cursor = said.cursor
    check(nr[0] > 0 and nr == [nr[0], nr[0], nr[0], 0],
          "read again as long as it may have changed unseen", nr)


def lists():
    bot = folder()
    path = write(bot, "all_feedstocks.json", {
        "active": ["a", "b"], "archived": ["old"],
        "default_branches": {"a": "main", "b": "trunk", "old": "master"}})
    said = run("feedstocks", "all_feedstocks=" + path)
    equal(said.facts, {
        ("conda-forge/a-feedstock", "archived"): None,
        ("conda-forge/b-feedstock", "archived"): None,
        ("conda-forge/old-feedstock", "archived"): True,
        ("conda-forge/a-feedstock", "default_branch"): "main",
        ("conda-forge/b-feedstock", "default_branch"): "trunk",
        ("conda-forge/old-feedstock", "default_branch"): "master"}, "lists")
    again = run("feedstocks", "all_feedstocks=" + path, cursor=said.cursor)
    equal(again.nr_facts, 0, "unchanged, unsaid")
    write(bot, "all_feedstocks.json", {"active": ["a", "b", "old"],
                                       "archived": []})
    back = run("feedstocks", "all_feedstocks=" + path, cursor=again.cursor)
    equal(back.facts.get(("conda-forge/old-feedstock", "archived"), 0), None,
          "no longer archived")
    for text in ("{", "[]", '{"active": 3}', '{"active": ["a/b"], '
                 '"archived": []}', '{"active":[],"archived":[],'
                 '"default_branches":{"a": "x y"}}'):
        write(bot, "all_feedstocks.json", text)
        odd = run("feedstocks", "all_feedstocks=" + path, cursor=back.cursor)
        equal(odd.nr_facts, 0, "nothing from what is odd: " + text)
        check(odd.notices, "and it is told", text)
    check(run("feedstocks", "all_feedstocks=/no/such").notices, "missing")
    equal(run("feedstocks").status, 3, "nothing to read is fatal")


def outputs():
    d = folder()
    write(d, "outputs/a/b/c/abc.json", {"feedstocks": ["abc"]})
    write(d, "outputs/d/e/f/def.json", {"feedstocks": ["abc", "def"]})
    wanted = {("package:abc", "feedstocks"): ["conda-forge/abc-feedstock"],
              ("package:def", "feedstocks"): ["conda-forge/abc-feedstock",
                                              "conda-forge/def-feedstock"],
              ("conda-forge/abc-feedstock", "outputs"): ["abc", "def"],
              ("conda-forge/def-feedstock", "outputs"): ["def"]}
    said = run("feedstocks", "outputs=" + d)
    equal(said.facts, wanted, "a folder")
    said = run("feedstocks", "outputs=" + d + "/outputs")
    equal(said.facts, wanted, "the folder in it")
    tsv = write(d, "o.tsv", "output\tfeedstocks\r\nabc\tabc\r\n"
                "def\tabc,def\r\n")
    equal(run("feedstocks", "outputs=" + tsv).facts, wanted, "a table")
    doc = write(d, "o.json", {"abc": ["abc"], "def": {
        "__set__": True, "elements": ["abc", "def"]}})
    equal(run("feedstocks", "outputs=" + doc).facts, wanted, "a file")
    write(d, "outputs/x.json", "{")
    said = run("feedstocks", "outputs=" + d)
    equal(said.nr_facts, 0, "half a table says nothing")
    check("x.json" in str(said.notices), "and is told", said.notices)


def graph():
    d = folder()
    nodes = [{"id": x, "payload": {}} for x in "abcde"]
    links = [{"source": x, "target": y} for x, y in
             ("ab", "bc", "ac", "cd", "db", "zz", "az")]
    path = write(d, "graph.json", {"nodes": nodes, "links": links})
    said = run("feedstocks", "graph=" + path)
    equal({k[0][12]: v for k, v in said.facts.items()},
          {"a": 3, "b": 2, "c": 2, "d": 2, "e": 0}, "loops end")
    path = write(d, "graph.json", {"nodes": nodes, "edges": links})
    equal(run("feedstocks", "graph=" + path).facts, said.facts, "edges")
    for doc in ({}, [], {"nodes": nodes}, {"nodes": [3], "links": []}):
        path = write(d, "graph.json", doc)
        odd = run("feedstocks", "graph=" + path)
        equal(odd.nr_facts, 0, "no graph")
        check(odd.notices.get("schema-drift"), "told", odd.notices)


def hostile():
    d, out = folder(), folder()
    write(out, "recipe/meta.yaml", META["plain"][0])
    write(out, "CODEOWNERS", "* @secret\n")
    os.symlink(out, os.path.join(d, "link-feedstock"))
    os.makedirs(os.path.join(d, "b-feedstock"))
    os.symlink(out + "/recipe", os.path.join(d, "b-feedstock/recipe"))
    os.symlink(out + "/CODEOWNERS", os.path.join(d, "b-feedstock/CODEOWNERS"))
    write(d, "c-feedstock/recipe/x", "")
    os.mkfifo(os.path.join(d, "c-feedstock/recipe/meta.yaml"))
    with open(write(d, "e-feedstock/recipe/meta.yaml", "x"), "a") as f:
        f.truncate(3 << 20)
    write(d, "..-feedstock/recipe/meta.yaml", META["plain"][0])
    write(d, "a b-feedstock/recipe/meta.yaml", META["plain"][0])
    write(d, "f-feedstock/CODEOWNERS", b"* @a\xff\0b\n")
    said = run("feedstocks", "checkouts=" + d,
               skip=["conda-forge/skipped-feedstock"])
    equal(sorted(k[0] for k, v in said.facts.items() if v is not None),
          ["conda-forge/f-feedstock"], "nothing from outside")
    check("secret" not in str(said.lines), "not followed")
    told = str(said.notices)
    for word in ("b-feedstock", "not a regular file", "larger than"):
        check(word in told, word, told)


recipes()
sources()
ids()
changes()
lists()
outputs()
graph()
hostile()
done()
