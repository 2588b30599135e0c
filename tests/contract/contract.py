#!/usr/bin/env python3
# SPDX-License-Identifier: BSD-3-Clause
"""Every request of the cases of tests/server, and of the tests against servers
that keep state (tests/fakes), that a published API covers goes
through `prism mock` (npm @stoplight/prism-cli) and must be accepted; those that
it does not cover are listed.

    contract.py [REQUESTS.jsonl]

REQUESTS.jsonl: requests as TOCSIN_RECORD writes them; without it the cases are
run. The APIs are cuts of OpenAPI documents, api/prism below TOCSIN_CORPUS."""
import glob
import http.client
import json
import os
import re
import shutil
import signal
import subprocess
import sys
import tempfile
from urllib.parse import parse_qsl, unquote, urlsplit

HERE = os.path.dirname(os.path.abspath(__file__))
ROOT = os.path.abspath(os.path.join(HERE, "..", ".."))
BUILD = os.environ.get("TOCSIN_BUILD") or os.path.join(ROOT, "build")
CORPUS = os.environ.get("TOCSIN_CORPUS") or os.path.join(
    ROOT, "..", "shared", "data")
PACKAGE = "@stoplight/prism-cli@5.14.2"
METHODS = ("get", "put", "post", "delete", "patch", "head")

# Whose requests a document is about, and what stands before its paths.
APIS = {
    "gh-slim.json": (r"^api\.github\.com$", ""),
    "azure-slim.json": (r"^dev\.azure\.com$", ""),
    "zulip-slim.json": (r"^[^/]*zulip", "/api/v1"),
}
# Tests whose servers keep state write down what they are asked, too.
STATEFUL = ("github-issues/life.py", "github-issues/outcomes.py",
            "github-issues/pace.py", "github-issues/people.py",
            "zulip/life.py")
# Not the API's business, or the mock's own. Accept: the documents know only
# application/json, the servers also application/vnd.github+json.
DROPPED = ("host", "accept", "accept-encoding", "content-length",
           "connection", "via", "transfer-encoding")


def skip(why):
    print("skipped: %s\n0 passed, 0 failed, 1 skipped" % why)
    sys.exit(0)


# -- prism --

def prism_program():
    """Installed into the build folder when it is not there yet."""
    folder = os.path.join(BUILD, "prism")
    program = os.environ.get("TOCSIN_PRISM") or os.path.join(
        folder, "node_modules", ".bin", "prism")
    if os.path.exists(program):
        return program
    npm = shutil.which("npm")
    if not npm:
        skip("no npm, so no prism")
    os.makedirs(folder, exist_ok=True)
    p = subprocess.run([npm, "install", "--no-audit", "--no-fund",
                        "--silent", "--prefix", folder, PACKAGE],
                       stdout=subprocess.PIPE, stderr=subprocess.STDOUT,
                       text=True)
    if p.returncode or not os.path.exists(program):
        skip("npm cannot install %s: %s" % (PACKAGE, p.stdout[-300:]))
    return program


class Prism:
    """A mock of one document, on a port of its own choice."""

    def __init__(self, program, document):
        self.p = subprocess.Popen(
            [program, "mock", "-h", "127.0.0.1", "-p", "0", "--errors",
             document], stdout=subprocess.PIPE, stderr=subprocess.STDOUT,
            text=True, start_new_session=True)
        said = []
        for line in self.p.stdout:
            said.append(line)
            m = re.search(r"listening on http://127\.0\.0\.1:(\d+)", line)
            if m:
                self.port = int(m.group(1))
                break
        else:
            raise RuntimeError("prism does not start: " + "".join(said))

    def ask(self, method, path, headers, body):
        c = http.client.HTTPConnection("127.0.0.1", self.port, timeout=60)
        c.request(method, path, body=body or None, headers=headers)
        r = c.getresponse()
        text = r.read().decode("utf-8", "replace")
        c.close()
        self.violations = json.loads(r.getheader("sl-violations") or "[]")
        return r.status, text

    def stop(self):
        self.p.send_signal(signal.SIGTERM)
        # What it still says would fill the pipe.
        self.p.stdout.close()
        self.p.wait()


# -- what a document covers --

def mended(spec, folder):
    """A copy in which no parameter is held to the format of one moment whose
    own text says that it is a range in the syntax of searches; None: there is
    no such parameter."""
    found = []

    def walk(v):
        if isinstance(v, list):
            for one in v:
                walk(one)
        elif isinstance(v, dict):
            if v.get("in") == "query" \
                    and "date-time range" in v.get("description", "") \
                    and v.get("schema", {}).pop("format", "") == "date-time":
                found.append(v["name"])
            for one in v.values():
                walk(one)

    walk(spec)
    if not found:
        return None
    print("%s is taken for the range that its description says it is"
          % ", ".join(sorted(set(found))))
    path = os.path.join(folder, "mended.json")
    with open(path, "w", encoding="utf-8") as f:
        json.dump(spec, f)
    return path


def pattern_of(template):
    return re.compile("^" + re.sub(r"\\\{[^}]*\\\}", "[^/]+",
                                   re.escape(template)) + "$")


class Document:
    def __init__(self, path, hosts, before):
        with open(path, encoding="utf-8") as f:
            self.spec = json.load(f)
        self.folder = tempfile.TemporaryDirectory(prefix="tocsin-contract-")
        self.path = mended(self.spec, self.folder.name) or path
        self.hosts, self.before = re.compile(hosts), before
        self.operations = []
        for template, item in self.spec["paths"].items():
            for method in METHODS:
                if method in item:
                    names = self.names(item.get("parameters"))
                    names |= self.names(item[method].get("parameters"))
                    self.operations.append(
                        (method.upper(), pattern_of(template), names,
                         template))

    def names(self, parameters):
        """Of the query."""
        out = set()
        for p in parameters or []:
            while "$ref" in p:
                at = self.spec
                for part in p["$ref"].lstrip("#/").split("/"):
                    at = at[unquote(part).replace("~1", "/")]
                p = at
            if p.get("in") == "query":
                out.add(p["name"])
        return out

    def operation(self, request):
        if not self.hosts.search(request["host"]):
            return None
        path = urlsplit(request["path"]).path
        if not path.startswith(self.before + "/"):
            return None
        path = path[len(self.before):]
        return next((o for o in self.operations
                     if o[0] == request["method"] and o[1].match(path)),
                    None)

    def unknown(self, request, operation):
        """Parameters that prism would let through and the API ignore."""
        query = parse_qsl(urlsplit(request["path"]).query,
                          keep_blank_values=True)
        return sorted({n for n, _ in query} - operation[2])


# -- all of it --

def recorded():
    if len(sys.argv) > 1:
        path = sys.argv[1]
    else:
        folder = tempfile.mkdtemp(prefix="tocsin-contract-")
        path = os.path.join(folder, "requests.jsonl")
        for test in ("server/run.py", *STATEFUL):
            subprocess.run([sys.executable, os.path.join(
                ROOT, "tests", *test.split("/"))],
                env={**os.environ, "TOCSIN_RECORD": path, "TOCSIN_SRC": ROOT,
                     "TOCSIN_BUILD": BUILD}, stdout=subprocess.DEVNULL)
    with open(path, encoding="utf-8") as f:
        out = [json.loads(line) for line in f]
    if len(sys.argv) < 2:
        shutil.rmtree(folder)
    return out


def key_of(request):
    """The same request of two cases is asked once."""
    return (request["method"], request["host"], request["path"],
            request["body"])


def alike(requests):
    """{request without its query, numbers and hashes: its cases}"""
    out = {}
    for r in requests:
        path = re.sub(r"/(\d+|[0-9a-f]{40})(?=/|$)", "/N",
                      r["path"].split("?")[0])
        line = "%s https://%s%s" % (r["method"], r["host"], path)
        out.setdefault(line, set()).add(r["case"])
    return out


def headers_of(request):
    return {n: v for n, v in request["headers"] if n.lower() not in DROPPED}


def is_its_own(text):
    """Whether all that prism finds wrong is in its own example reply: some of
    those in GitHub's document lack what their schema requires."""
    try:
        found = json.loads(text)["validation"]
        return bool(found) and all(v["location"][0] == "response"
                                   for v in found)
    except (ValueError, LookupError, TypeError):
        return False


def is_both(violations, request):
    """Whether all that is wrong is a number in a form where the document says
    oneOf a string and an integer: as text it is both, and prism wants one."""
    form = dict(parse_qsl(request["body"]))
    return bool(violations) and all(
        v.get("code") == "oneOf" and v["location"][:2] == ["request", "body"]
        and form.get(v["location"][-1], "").isdigit() for v in violations)


def check(prism, document, request, operation):
    unknown = document.unknown(request, operation)
    if unknown:
        return "the API knows no %s" % ", ".join(unknown)
    status, text = prism.ask(
        request["method"], request["path"][len(document.before):],
        headers_of(request), request["body"].encode())
    if status < 400 or (status == 500 and is_its_own(text)):
        return None
    if is_both(prism.violations, request):
        return None
    return "%d %s" % (status, text[:500])


def check_all(program, document, requests):
    """[(request, fault)] of those that it covers, which are dropped from
    requests."""
    covered = [(r, o) for r in requests.values()
               for o in [document.operation(r)] if o]
    out = []
    if not covered:
        return 0, out
    prism = Prism(program, document.path)
    try:
        for r, o in covered:
            del requests[key_of(r)]
            fault = check(prism, document, r, o)
            if fault:
                out.append((r, fault))
    finally:
        prism.stop()
    return len(covered), out


def main():
    folder = os.path.join(CORPUS, "api", "prism")
    if not glob.glob(os.path.join(folder, "*-slim.json")):
        skip("no api/prism (TOCSIN_CORPUS)")
    program = prism_program()
    # The cases of the HTTP service ask for what they like.
    requests = {key_of(r): r for r in recorded()
                if not r["case"].startswith("http-")}
    passed = failed = 0
    for name, (hosts, before) in APIS.items():
        document = Document(os.path.join(folder, name), hosts, before)
        covered, faults = check_all(program, document, requests)
        print("%s: %d covered, %d refused" % (name, covered, len(faults)))
        for r, fault in faults:
            print("  %s https://%s%s (%s): %s" % (
                r["method"], r["host"], r["path"], r["case"], fault))
        passed += covered - len(faults)
        failed += len(faults)
    print("not covered by any: %d" % len(requests))
    for line, cases in sorted(alike(requests.values()).items()):
        print("  %s (%s)" % (line, ", ".join(sorted(cases))))
    print("%d passed, %d failed, 0 skipped" % (passed, failed))
    return 1 if failed else 0


if __name__ == "__main__":
    sys.exit(main())
