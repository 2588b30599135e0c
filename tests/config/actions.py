#!/usr/bin/env python3
# SPDX-License-Identifier: BSD-3-Clause
"""The steps of conf/github-actions/tocsin.yml, as a runner would run them, on
a repository of this machine: a state comes back as it was kept, and whatever
cannot be fetched or decrypted runs no pass and replaces no state."""
import os
import re
import shutil
import subprocess
import sys
import tempfile

import yaml

SRC = os.environ.get("TOCSIN_SRC") or os.path.abspath(os.path.join(
    os.path.dirname(__file__), "..", ".."))
for program in ("gpg", "zstd", "sqlite3", "git"):
    if not shutil.which(program):
        print("skipped: no %s" % program)
        sys.exit(77)

with open(os.path.join(SRC, "conf/github-actions/tocsin.yml"),
          encoding="utf-8") as f:
    job = yaml.safe_load(f)["jobs"]["pass"]
STEPS = {s["name"]: s["run"] for s in job["steps"] if "name" in s}
if job["defaults"]["run"]["shell"] != "bash":
    sys.exit("the steps are written for bash")
# The steps do not quote their own places, which have no spaces.
TOP = tempfile.mkdtemp(prefix="tocsin-actions-", dir="/tmp")
WORK, LIB, REMOTE = (os.path.join(TOP, n) for n in ("work", "lib", "remote"))
STATE = os.path.join(LIB, "tocsin.db")
PLACES = {"/var/lib/tocsin": LIB, "/tmp/": TOP + "/",
          "https://github.com/$GITHUB_REPOSITORY": REMOTE}
failed = 0


def step(name, key="a long random text"):
    """True: it succeeded."""
    text = re.sub("|".join(map(re.escape, PLACES)),
                  lambda m: PLACES[m.group(0)], STEPS[name])
    # As `shell: bash` is run.
    return subprocess.run(
        ["bash", "--noprofile", "--norc", "-eo", "pipefail", "-c", text],
        cwd=WORK, stdout=subprocess.DEVNULL, stderr=subprocess.DEVNULL,
        env={**os.environ, "HOME": TOP, "GNUPGHOME": os.path.join(TOP, "gpg"),
             "GITHUB_WORKSPACE": WORK, "GITHUB_TOKEN": "x", "KEY": key,
             "GITHUB_REPOSITORY": "acme/tocsin"}).returncode == 0


def sql(text):
    return subprocess.run(["sqlite3", STATE, text], text=True, check=True,
                          stdout=subprocess.PIPE).stdout.strip()


def new_job():
    """Another container: nothing is left of the last one."""
    shutil.rmtree(LIB, ignore_errors=True)
    for name in ("state.gpg", "copy.db", "fetched.db"):
        if os.path.exists(os.path.join(TOP, name)):
            os.unlink(os.path.join(TOP, name))


def check(what, fine):
    global failed
    if not fine:
        failed += 1
        print("FAIL", what)


def git(*args):
    subprocess.run(["git", *args], check=True, stderr=subprocess.DEVNULL)


try:
    os.makedirs(os.path.join(TOP, "gpg"), mode=0o700)
    git("init", "-q", "--bare", REMOTE)
    git("clone", "-q", REMOTE, WORK)
    os.mkdir(os.path.join(WORK, "conf"))
    check("the first time there is no state",
          step("Fetch the state") and not os.path.exists(STATE))
    check("and a pass that made none keeps none", step("Keep the state"))
    sql("create table t(x); insert into t values (42)")
    check("a state is kept", step("Keep the state"))
    new_job()
    check("and comes back", step("Fetch the state")
          and sql("select x from t") == "42")
    sql("update t set x = 43")
    check("the next one replaces it", step("Keep the state"))
    new_job()
    check("with another key no pass runs",
          not step("Fetch the state", key="something else"))
    check("and nothing is left that could be kept", not os.path.exists(STATE)
          and step("Keep the state", key="something else"))
    new_job()
    check("what was kept is still there", step("Fetch the state")
          and sql("select x from t") == "43")
    new_job()
    os.rename(REMOTE, REMOTE + ".away")
    check("without an answer no pass runs", not step("Fetch the state"))
finally:
    subprocess.run(["gpgconf", "--homedir", os.path.join(TOP, "gpg"),
                    "--kill", "gpg-agent"], stderr=subprocess.DEVNULL)
    shutil.rmtree(TOP, ignore_errors=True)
print("9 checks, %d failed" % failed)
sys.exit(failed > 0)
