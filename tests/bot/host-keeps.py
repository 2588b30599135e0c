#!/usr/bin/env python3
# SPDX-License-Identifier: BSD-3-Clause
"""A real pass keeps what these sources remember: a cursor of some hundred
kilobytes comes back in the next pass, and what waits goes on standing."""
import json
import os
import sqlite3
import subprocess
import sys

sys.dont_write_bytecode = True
sys.path.insert(0, os.path.dirname(os.path.abspath(__file__)))
from support import check, done, equal, folder, plugin, write  # noqa: E402

plugin("bot-logs")
d = folder()
error = {"attempts": 40, "kind": "bot-error", "url": None,
         "base_branch": "main",
         "messages": ["Traceback (most recent call last):\n" + "x\n" * 500
                      + "\"ValueError\": no version '1.0'\n"]}
errors = {f"f{i}": error for i in range(200)}
write(d, "s.json", {"errors": errors, "queued": {}})
config = write(d, "t.yaml", f"""version: 1
state: sqlite:{d}/t.db
sources:
  bot: {{plugin: bot-logs, status: {d}/s.json}}
teams:
  core: {{persons: [somebody]}}
sinks:
  f: {{plugin: file, dir: {d}/out}}
fallback: {{owner: core, via: [f]}}
""")
os.chmod(config, 0o644)


def run():
    p = subprocess.run([os.environ["TOCSIN"], "-c", config, "run"],
                       capture_output=True, timeout=100)
    equal(p.returncode, 0, f"a pass: {p.stderr.decode()[-500:]}")
    check(b"cursor" not in p.stderr, "no word of the cursor", p.stderr)
    if p.returncode:
        done()
    with sqlite3.connect(d + "/t.db") as db:
        return json.loads(db.execute(
            "select value from cursor where instance = 'bot'"
        ).fetchone()[0])


cursor = run()
equal(len(cursor["stood"]), 200, "all that stands is remembered")
check(len(json.dumps(cursor)) > 200000, "and that is much")
del errors["f0"]
write(d, "s.json", {"errors": errors, "queued": {"f0": "2.0"}})
for _ in range(2):
    equal(len(run()["stood"]), 200, "f0 waits for a try and stands")
done()
