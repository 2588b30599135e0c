#!/usr/bin/env python3
# SPDX-License-Identifier: BSD-3-Clause
"""bot-logs over the bot's real data. What must come out is worked out here,
from the files, by other means."""
import glob
import json
import os
import re
import shutil
import sys

sys.dont_write_bytecode = True
sys.path.insert(0, os.path.dirname(os.path.abspath(__file__)))
from support import (check, corpus, done, equal, folder, run,  # noqa: E402
                     shard, write)

BOT = corpus("bot")


def load(path):
    with open(path, "rb") as f:
        return json.load(f)


def first_url(text):
    m = re.search(r"href=[\"'](https?://[^\"']+)", text)
    return m.group(1) if m else None


def branch(text):
    m = re.search(r"</a>\)(?:: | @ )([\w./-]+)", text)
    return m.group(1) if m else None


def bullets(text):
    return [line for line in text.split("\n") if line.startswith(" - ")]


def status_file():
    path = os.path.join(BOT, "countyfair/status/"
                        "version_status.v2.excerpt.json")
    doc = load(path)
    said = run("bot-logs", "status=" + path)
    equal(said.complete("versions"), True, "complete")
    equal(said.notices, {}, "no drift")
    equal(sorted(said.entries("versions")),
          sorted(f"{k}:version" for k in doc["errors"]), "all of them")
    for name, text in doc["errors"].items():
        e = said.entry("versions", f"{name}:version")
        attempts = re.match(r"([0-9.]+) attempts - ", text)
        version = re.search(r"version '([^'\n]+)'", text)
        equal((e["attempts"], e.get("url"), e.get("branch"), e.get("target"),
               bullets(e["text"])),
              (float(attempts.group(1)), first_url(text), branch(text),
               version.group(1), bullets(text)), name)
        last = [x for x in text.split("\n") if x.strip()][-1]
        check(e["text"].endswith(last), f"{name}: the end is kept", e)
        check("href" not in e["text"], f"{name}: no HTML", e)
    odd = sorted(e["target"] for e in said.entries("versions").values()
                 if e.get("category") == "bot/implausible-version")
    equal(odd, ["2Fv0.7.0"], "the one version that is none")


def county_fair():
    """The checkout as it lies there, with the names that the files had."""
    d = folder()
    root = os.path.join(BOT, "countyfair")
    for path in glob.glob(root + "/**/*.json", recursive=True):
        name = os.path.relpath(path, root).replace(".excerpt", "")
        if "version_status" in name:
            continue
        os.makedirs(os.path.dirname(os.path.join(d, name)), exist_ok=True)
        shutil.copyfile(path, os.path.join(d, name))
        base = os.path.basename(name)[:-5]
        if name.startswith(("version_pr_info", "pr_info", "pr_json")):
            equal(name, shard(name.split("/")[0], base), "its place")
    said = run("bot-logs", "checkout=" + d, "what=versions", "what=prs",
               "what=migrations")
    equal(said.notices, {}, "no drift")
    wanted = {}
    for path in glob.glob(d + "/version_pr_info/**/*.json", recursive=True):
        doc = load(path)
        version = doc["new_version"]
        error = (doc.get("new_version_errors") or {}).get(version)
        if error is None:
            continue
        wanted[os.path.basename(path)[:-5] + ":version"] = (
            float(doc["new_version_attempts"][version]), version,
            int((doc.get("new_version_attempt_ts") or {}).get(version, 0)),
            first_url(error), branch(error), bullets(error))
    check(len(wanted) == 3, "three of them fail", wanted)
    equal({k: (e["attempts"], e["target"], e["last"], e["url"], e["branch"],
               bullets(e["text"]))
           for k, e in said.entries("versions").items()}, wanted, "versions")
    equal(said.entry("versions", "yaehmop:version")["first"], 1763357899,
          "stuck since an older version")
    wanted = {}
    for path in glob.glob(d + "/pr_info/**/*.json", recursive=True):
        doc = load(path)
        name = os.path.basename(path)[:-5]
        for migration, error in doc["pre_pr_migrator_status"].items():
            wanted[f"{name}:migration:{migration}"] = (
                float(doc["pre_pr_migrator_attempts"][migration]),
                first_url(error))
        if doc["bad"]:
            wanted[f"{name}:pr"] = (1.0, None)
    check(len(wanted) == 3, "three of them fail", wanted)
    equal({k: (e["attempts"], e.get("url"))
           for k, e in said.entries("prs").items()}, wanted, "prs")
    m = load(d + "/status/migration_json/aws_c_dec253.json")
    equal(said.entries("migration:aws_c_dec253"), {}, "all are done")
    equal(said.complete("migration:aws_c_dec253"), True, "and all is read")
    for name, s in m["_feedstock_status"].items():
        equal(said.facts.get((f"conda-forge/{name}-feedstock",
                              "descendants")), s["num_descendants"], name)


def old_migrations():
    """Files of 2019 lack the lists of what fails: they can prove nothing."""
    d = folder()
    wanted = {}
    for path in glob.glob(os.path.join(BOT, "cf-graph3-2019/status/*.json")):
        doc = load(path)
        if "_feedstock_status" not in doc:
            continue
        name = os.path.basename(path)
        os.makedirs(d + "/status/migration_json", exist_ok=True)
        shutil.copyfile(path, f"{d}/status/migration_json/{name}")
        wanted["migration:" + name[:-5]] = ("bot-error" in doc
                                            and "not-solvable" in doc)
    said = run("bot-logs", "checkout=" + d, "what=migrations")
    equal({n: s["complete"] for n, s in said.snapshots.items()}, wanted,
          "complete only when both lists are there")
    check(len(wanted) >= 6, "there are some", wanted)


def parsing():
    d = folder()
    wanted = set()
    for pattern in ("cf-scripts/**/*node_attrs*.json",
                    "cf-scripts/**/node_attrs/**/*.json",
                    "cf-scripts/**/test_node_attrs/*.json"):
        for path in glob.glob(os.path.join(BOT, pattern), recursive=True):
            name = os.path.basename(path)[:-5].replace("_node_attrs", "")
            os.makedirs(d + "/node_attrs", exist_ok=True)
            shutil.copyfile(path, f"{d}/node_attrs/{name}.json")
            if load(path).get("parsing_error"):
                wanted.add(name + ":parsing")
    said = run("bot-logs", "checkout=" + d, "what=parsing")
    equal(said.notices, {}, "no drift")
    equal(set(said.entries("parsing")), wanted, "parsing errors")
    equal(said.complete("parsing"), True, "complete")
    # broken on purpose, the same file is an entry
    write(d, "node_attrs/numpy.json", {
        **load(d + "/node_attrs/numpy.json"), "parsing_error": "boom"})
    said = run("bot-logs", "checkout=" + d, "what=parsing")
    equal(set(said.entries("parsing")), wanted | {"numpy:parsing"}, "entry")


def everything():
    """Each JSON file of the corpus in each place it does not belong: read
    or refused, never a crash."""
    d = folder()
    for i, path in enumerate(glob.glob(BOT + "/**/*.json", recursive=True)):
        for where in ("version_pr_info", "pr_info", "node_attrs",
                      "status/migration_json"):
            os.makedirs(f"{d}/{where}", exist_ok=True)
            shutil.copyfile(path, f"{d}/{where}/f{i}.json")
    said = run("bot-logs", "checkout=" + d, "what=versions", "what=prs",
               "what=migrations", "what=parsing")
    equal(said.status, 0, "it lives")
    check(i > 80, "there were many", i)
    for path in glob.glob(BOT + "/**/*.json", recursive=True):
        doc = load(path)
        fine = isinstance(doc, dict) and isinstance(doc.get("errors"), dict)
        if os.path.getsize(path) > 30000 and not fine:
            continue
        said = run("bot-logs", "status=" + path)
        equal(said.complete("versions"), fine, path)


status_file()
county_fair()
old_migrations()
parsing()
everything()
done()
