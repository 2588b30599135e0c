#!/usr/bin/env python3
# SPDX-License-Identifier: BSD-3-Clause
"""The program, the man pages and conf/tocsin.schema.json know the same keys,
and the configurations that we print and ship are good ones."""

import glob
import json
import os
import re
import shutil
import subprocess
import sys
import tempfile

import yaml

SRC = os.environ["TOCSIN_SRC"]
TOCSIN = os.environ["TOCSIN"]
BUILD = os.environ["TOCSIN_BUILD"]
RULE_SECTIONS = {"rule", "ignore"}      # tocsin-rules(5)
failures = []


def fail(text):
    failures.append(text)
    print("FAIL:", text)


def tables():
    """{section: set of keys}, and the schema itself."""
    done = subprocess.run([TOCSIN, "check", "--schema"], check=True,
                          capture_output=True)
    schema = json.loads(done.stdout)
    keys = {name: set(d["properties"]) for name, d in schema["$defs"].items()}
    keys["file"] = set(schema["properties"])
    return keys, schema


def page_keys(path):
    """Keys listed after each "section: NAME" remark of a man page."""
    keys, section = {}, None
    with open(path, encoding="utf-8") as f:
        for line in f:
            mark = re.match(r'\.\\" section: (\S+)', line)
            if mark:
                section = keys.setdefault(mark.group(1), set())
            elif line.startswith('.\\" end of sections'):
                section = None
            elif section is not None and line.startswith(".It Ic "):
                section.update(line[len(".It Ic "):].replace(",", " ")
                               .split())
    return keys


def example(page, name):
    """The literal text after an "example: NAME" remark."""
    with open(os.path.join(SRC, "man", page), encoding="utf-8") as f:
        text = f.read()
    body = text.split(f'.\\" example: {name}\n.Bd -literal\n', 1)[1]
    body = body.split("\n.Ed\n", 1)[0] + "\n"
    return body.replace("\\e", "\\").replace("\\&", "")


def compare_pages(keys):
    known = {}
    for page in ("tocsin.yaml.5", "tocsin-owners.5"):
        known.update(page_keys(os.path.join(SRC, "man", page)))
    for name, want in sorted(keys.items()):
        if name in RULE_SECTIONS or name == "route_policy":
            continue
        have = known.get(name, set())
        for key in sorted(want - have):
            fail(f"man: {name}: \"{key}\" is not there")
        for key in sorted(have - want):
            fail(f"man: {name}: \"{key}\" is no key")
    for name in sorted(set(known) - set(keys)):
        fail(f"man: there is no section {name}")


def compare_rules(keys):
    """tocsin-rules(5) names every key of a rule."""
    path = os.path.join(SRC, "man/tocsin-rules.5")
    if not os.path.exists(path):
        return
    with open(path, encoding="utf-8") as f:
        text = f.read()
    for key in sorted(keys["rule"] | keys["ignore"]):
        if not re.search(r"(?m)^\.(It )?Ic (.* , )?" + key + r"\b", text):
            fail(f"tocsin-rules.5: \"{key}\" is not there")


def accepts(schema, node, value, where):
    """What of value the JSON Schema does not accept (the words we use)."""
    if "$ref" in node:
        name = node["$ref"].rsplit("/", 1)[1]
        return accepts(schema, schema["$defs"][name], value, where)
    if "anyOf" in node:
        tries = [accepts(schema, n, value, where) for n in node["anyOf"]]
        return [] if any(not t for t in tries) else tries[0]
    if "const" in node and value != node["const"]:
        return [f"{where}: {value!r}"]
    if "enum" in node and value not in node["enum"]:
        return [f"{where}: {value!r}"]
    types = {"object": dict, "array": list, "string": str, "boolean": bool,
             "integer": int, "number": (int, float)}
    names = node.get("type", [])
    names = [names] if isinstance(names, str) else names
    if names and not any(
            isinstance(value, types[n])
            and (n == "boolean" or not isinstance(value, bool))
            for n in names):
        return [f"{where}: {value!r} is no {names}"]
    wrong = []
    if isinstance(value, str) and "pattern" in node:
        if not re.search(node["pattern"], value):
            wrong.append(f"{where}: {value!r}")
    if isinstance(value, list):
        for i, item in enumerate(value):
            wrong += accepts(schema, node.get("items", {}), item,
                             f"{where}[{i}]")
    if isinstance(value, dict):
        properties = node.get("properties", {})
        rest = node.get("additionalProperties", {})
        for key in node.get("required", []):
            if key not in value:
                wrong.append(f"{where}: no {key}")
        for key, item in value.items():
            if key in properties:
                wrong += accepts(schema, properties[key], item,
                                 f"{where}.{key}")
            elif rest is False:
                wrong.append(f"{where}: {key}")
            elif isinstance(rest, dict):
                wrong += accepts(schema, rest, item, f"{where}.{key}")
    return wrong


def compare_schema(schema):
    with open(os.path.join(SRC, "conf/tocsin.schema.json"),
              encoding="utf-8") as f:
        shipped = json.load(f)
    if shipped != schema:
        fail("conf/tocsin.schema.json is not what tocsin check --schema "
             "prints")
    for path in good_files():
        with open(path, encoding="utf-8") as f:
            wrong = accepts(schema, schema, yaml.safe_load(f), "")
        for text in wrong:
            fail(f"schema: {os.path.relpath(path, SRC)}{text}")
    for text, value in (("unknown key", {"polcy": {}}),
                        ("duration", {"pass_deadline": "soon"}),
                        ("word", {"routes": [{"match": {"area": "x"}}]}),
                        ("required", {"sinks": {"a": {}}})):
        if not accepts(schema, schema, value, ""):
            fail(f"schema: accepts a wrong {text}")


def good_files():
    cases = os.path.join(SRC, "tests/data/config")
    return (glob.glob(os.path.join(cases, "ok-*/**/*.yaml"), recursive=True)
            + glob.glob(os.path.join(SRC, "conf/*.yaml"))
            + glob.glob(os.path.join(SRC, "conf/rules/*.yaml"))
            + glob.glob(os.path.join(SRC, "conf/conda-forge/*.yaml")))


def place(config):
    """Its state in a folder of this test's: /var/lib/tocsin may be there or
    not, and be anybody's."""
    state = tempfile.mkdtemp(dir=os.path.dirname(config))
    with open(config, encoding="utf-8") as f:
        text = f.read()
    if "/var/lib/tocsin" not in text:
        fail(f"{config}: its state is not in /var/lib/tocsin")
    with open(config, "w", encoding="utf-8") as f:
        f.write(text.replace("/var/lib/tocsin", state))


def check(config, what):
    done = subprocess.run([TOCSIN, "check", "-c", config],
                          capture_output=True, check=False)
    if done.returncode != 0 or done.stderr:
        fail(f"{what}: exit status {done.returncode}\n"
             + done.stderr.decode())


def check_examples():
    with tempfile.TemporaryDirectory() as top:
        for page, name in (("tocsin.yaml.5", "tocsin.yaml"),
                           ("tocsin-owners.5", "owners.yaml")):
            with open(os.path.join(top, name), "w", encoding="utf-8") as f:
                f.write(example(page, name))
        place(os.path.join(top, "tocsin.yaml"))
        check(os.path.join(top, "tocsin.yaml"), "the examples of the pages")


def check_shipped():
    """As an operator has them: copied, because a checkout may be anybody's."""
    rsa = subprocess.run(
        ["openssl", "genpkey", "-algorithm", "RSA", "-pkeyopt",
         "rsa_keygen_bits:2048"], check=True, text=True,
        stdout=subprocess.PIPE, stderr=subprocess.DEVNULL).stdout
    with tempfile.TemporaryDirectory() as top:
        for name in ("tocsin.yaml", "conda-forge/tocsin.yaml"):
            folder = os.path.join(top, name.replace("/", "-"))
            shutil.copytree(os.path.dirname(os.path.join(SRC, "conf", name)),
                            folder)
            # What an operator puts beside it: checked to be a key, not used.
            for key in ("reader.pem", "writer.pem", "zulip.key",
                        "mail.password"):
                with open(os.path.join(folder, key), "w",
                          encoding="utf-8") as f:
                    f.write(rsa if key.endswith(".pem") else "K" * 32)
            os.mkdir(os.path.join(folder, "certificates"))
            for path, _, files in os.walk(folder):
                os.chmod(path, 0o755)
                for file in files:
                    os.chmod(os.path.join(path, file),
                             0o644 if file.endswith(".yaml") else 0o600)
            place(os.path.join(folder, "tocsin.yaml"))
            check(os.path.join(folder, "tocsin.yaml"), "conf/" + name)
            if name.startswith("conda-forge"):
                go_live(os.path.join(folder, "tocsin.yaml"))
                check(os.path.join(folder, "tocsin.yaml"),
                      "conf/%s with sinks-live.yaml" % name)


def go_live(path):
    with open(path, encoding="utf-8") as f:
        text = f.read()
    if "sinks.yaml]" not in text:
        fail("the preset includes no sinks.yaml")
    with open(path, "w", encoding="utf-8") as f:
        f.write(text.replace("sinks.yaml]", "sinks-live.yaml]"))


def main():
    keys, schema = tables()
    compare_pages(keys)
    compare_rules(keys)
    compare_schema(schema)
    needed = ("logs", "bot-logs", "feedstocks", "azure-pipelines",
              "github-actions", "status-board")
    missing = [p for p in needed if not os.path.exists(os.path.join(
        BUILD, "plugins", p, ".libs", "tocsin-%s.so" % p))]
    if missing:
        print("without %s: the examples are not checked" % missing)
    else:
        check_examples()
        check_shipped()
    if not failures:
        print(sum(map(len, keys.values())), "keys, all documented")
    return 1 if failures else 0


sys.exit(main())
