#!/usr/bin/env python3
# SPDX-License-Identifier: BSD-3-Clause
"""Runs the cases of tests/server/cases: README.md says what they are.

    run.py [-k] [-v] [NAME...]

A NAME may be a glob. -k keeps the folder of each case and prints it.
TOCSIN_RECORD: a file that the requests of all cases are written to."""
import argparse
import fnmatch
import json
import os
import shutil
import subprocess
import sys
import tempfile
import time
import traceback
from concurrent.futures import ThreadPoolExecutor

from case import Case, Mistake, Skip
from certs import Authority

CASES = os.path.join(os.path.dirname(os.path.abspath(__file__)), "cases")


def names_of(patterns):
    known = sorted(n for n in os.listdir(CASES) if os.path.exists(
        os.path.join(CASES, n, "case.yaml")))
    if not patterns:
        return known
    out = [n for n in known if any(fnmatch.fnmatch(n, p) for p in patterns)]
    if not out:
        sys.exit("run.py: no case is called %s" % " or ".join(patterns))
    return out


def record(case, path):
    with open(path, "a", encoding="utf-8") as f:
        for r in case.script.recorded:
            f.write(json.dumps({
                "case": case.name, "method": r.method, "scheme": r.scheme,
                "host": r.host, "path": r.path, "headers": r.headers,
                "body": r.body.decode("utf-8", "replace")}) + "\n")


def run_one(name, authority, options):
    """(name, "ok" | "skip" | "FAIL", text, seconds, case)"""
    began = time.monotonic()
    case = None
    try:
        case = Case(os.path.join(CASES, name), authority)
        text = case.run(options.keep)
        verdict = "FAIL" if text else "ok"
    except Skip as e:
        verdict, text = "skip", str(e)
    except Mistake as e:
        verdict, text = "FAIL", "the case is wrong: %s" % e
    except subprocess.TimeoutExpired as e:
        verdict, text = "FAIL", "it does not end: %s" % e
    except Exception:           # one case is not all of them
        verdict, text = "FAIL", traceback.format_exc()
    if case and options.keep:
        print("%s: %s" % (name, case.dir))
    return name, verdict, text, time.monotonic() - began, case


def main():
    parser = argparse.ArgumentParser(description=__doc__)
    parser.add_argument("names", nargs="*")
    parser.add_argument("-k", "--keep", action="store_true")
    parser.add_argument("-v", "--verbose", action="store_true")
    options = parser.parse_args()
    folder = tempfile.mkdtemp(prefix="tocsin-certs-")
    counts = {"ok": 0, "skip": 0, "FAIL": 0}
    try:
        authority = Authority(folder)
        # They wait for each other's processes more than they compute.
        with ThreadPoolExecutor(2 * (os.cpu_count() or 1)) as pool:
            for name, verdict, text, seconds, case in pool.map(
                    lambda n: run_one(n, authority, options),
                    names_of(options.names)):
                counts[verdict] += 1
                print("%-4s %s (%.1f s)%s" % (
                    verdict, name, seconds, {"": "", "skip": ": "}.get(
                        text and verdict, "\n") + text), flush=True)
                if case and os.environ.get("TOCSIN_RECORD"):
                    record(case, os.environ["TOCSIN_RECORD"])
    finally:
        shutil.rmtree(folder, ignore_errors=True)
    print("%(ok)d passed, %(FAIL)d failed, %(skip)d skipped" % counts)
    if counts["FAIL"]:
        return 1
    return 77 if not counts["ok"] and counts["skip"] else 0


if __name__ == "__main__":
    sys.exit(main())
