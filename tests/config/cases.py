#!/usr/bin/env python3
# SPDX-License-Identifier: BSD-3-Clause
"""tests/data/config/CASE/: tocsin.yaml and what lies beside it, copied to a
folder of its own, must make `tocsin check` say exactly CASE/expect (stderr,
then stdout) and exit 0 or 2 accordingly. CASE/modes: "MODE FILE" lines.
A new case is a new folder. `cases.py --write CASE...` writes what is said
now, to be read before it is kept."""

import difflib
import os
import shutil
import subprocess
import sys
import tempfile

SRC = os.environ["TOCSIN_SRC"]
TOCSIN = os.environ["TOCSIN"]
CASES = os.path.join(SRC, "tests/data/config")
SHARE = os.path.join(SRC, "tests/data/config-share")


def copy(what, where):
    """A copy with known modes, whatever those of the checkout are."""
    shutil.copytree(what, where)
    for folder, _, files in os.walk(where):
        os.chmod(folder, 0o755)
        for name in files:
            os.chmod(os.path.join(folder, name), 0o644)


def prepare(case, top):
    where = os.path.join(top, case)
    copy(os.path.join(CASES, case), where)
    modes = os.path.join(where, "modes")
    if os.path.exists(modes):
        with open(modes, encoding="utf-8") as lines:
            for line in lines:
                mode, name = line.split()
                os.chmod(os.path.join(where, name), int(mode, 8))
    return where


def listing(where):
    return sorted((folder, name) for folder, folders, files in os.walk(where)
                  for name in folders + files)


def run(case, top):
    where = prepare(case, top)
    share = os.path.join(top, "share")
    env = dict(os.environ, TOCSIN_DATA_DIR=share)
    before = listing(where)
    done = subprocess.run([TOCSIN, "check", "-c", "tocsin.yaml"], cwd=where,
                          env=env, capture_output=True, timeout=240,
                          check=False)
    if listing(where) != before:
        print(f"{case}: check wrote something")
        done.returncode = -1
    said = (done.stderr + done.stdout).decode("utf-8", "replace")
    return said.replace(share, "SHARE"), done.returncode


def check(case, top):
    said, status = run(case, top)
    path = os.path.join(CASES, case, "expect")
    with open(path, encoding="utf-8") as f:
        expect = f.read()
    want = 2 if " error: " in expect else 0
    good = said == expect and status == want
    if said != expect:
        sys.stdout.writelines(difflib.unified_diff(
            expect.splitlines(True), said.splitlines(True),
            case + "/expect", "tocsin check"))
    if status != want:
        print(f"{case}: exit status {status}, want {want}")
    return good


def main():
    write = sys.argv[1:2] == ["--write"]
    cases = sys.argv[2:] if write else sorted(os.listdir(CASES))
    failed = 0
    with tempfile.TemporaryDirectory() as top:
        share = os.path.join(top, "share")
        copy(SHARE, share)
        templates = os.path.join(SRC, "conf/templates")
        if os.path.isdir(templates):
            copy(templates, os.path.join(share, "templates"))
        for case in cases:
            if write:
                said, _ = run(case, top)
                path = os.path.join(CASES, case, "expect")
                with open(path, "w", encoding="utf-8") as f:
                    f.write(said)
                print(f"== {case}\n{said}", end="")
            elif not check(case, top):
                failed += 1
    if not write:
        print(f"{len(cases)} cases, {failed} failed")
    return 1 if failed or not cases else 0


sys.exit(main())
