#!/usr/bin/env python3
# SPDX-License-Identifier: BSD-3-Clause
"""`tocsin run` with everything that misbehaves at once, and one that works."""
import glob
import json
import os
import subprocess
import sys
import tempfile
import unittest

sys.path.insert(0, os.path.dirname(os.path.abspath(__file__)))
from driver import BUILD, PLUGINS, SELF, sanitized  # noqa: E402

FILE = os.path.join(BUILD, "plugins", "file", ".libs")

# mode or plugin: what is said of it, once and in one line
SOURCES = {
    "crash-open": "died in open: SIGSEGV",
    "crash-collect": "died in collect: SIGSEGV",
    "crash-close": "died in close: SIGSEGV",
    "loop-collect": "took longer than its 4 s in collect",
    "exit-collect": "exited by itself in collect (status 0)",
    "stderr": "wrote more than 1 MiB to stderr in collect",
    "garbage": "sent nonsense in collect",
    "twice": "collect called done twice",
    "never": "collect returned without calling done",
    "fatal-open": 'gave up in open: there is no such folder',
}
BROKEN = {
    "wrong-version": "it is for plugin API version 7; this Tocsin has "
                     "version 1",
    "short-struct": "its struct has",
    "no-collect": 'it has no "collect"',
    "crash-load": "died while it was loaded: SIGABRT",
    "nobody": 'plugin "nobody": no tocsin-nobody.so in',
}
SINKS = {
    "crash-open": "died in open: SIGSEGV",
    "crash-observe": "died in observe: SIGSEGV",
    "crash-deliver": "died in deliver: SIGSEGV",
    "exit-deliver": "exited by itself in deliver (status 0)",
    "never-deliver": "deliver returned without calling done",
    "crash-close": "died in close: SIGSEGV",
}
if not sanitized():
    SOURCES["memory"] = "ran into its memory limit of 128 MiB in collect"


class Run(unittest.TestCase):
    def setUp(self):
        temporary = tempfile.TemporaryDirectory()
        self.addCleanup(temporary.cleanup)
        self.dir = temporary.name
        self.config = os.path.join(self.dir, "tocsin.yaml")
        sources = {"works": {"plugin": "naughty", "mode": "red", "items": 1}}
        for mode in SOURCES:
            sources["s-" + mode] = {"plugin": "naughty", "mode": mode,
                                    "items": 0,
                                    "deadline": "4s" if "loop" in mode
                                    else "60s", "memory": "128M"}
        for plugin in BROKEN:
            sources["b-" + plugin] = {"plugin": plugin}
        sinks = {"out": {"plugin": "file",
                         "dir": os.path.join(self.dir, "out")}}
        for mode in SINKS:
            sinks["k-" + mode] = {"plugin": "naughty-sink", "mode": mode}
        with open(self.config, "w", encoding="utf-8") as f:
            json.dump({             # which is YAML
                "version": 1, "shipped_rules": False,
                "state": "sqlite:" + os.path.join(self.dir, "state.db"),
                "plugin_path": [PLUGINS, FILE],
                "sources": sources, "sinks": sinks,
                "policy": {"open": {"any": [{"pushes": 1}]}},
                "teams": {"core": {"persons": ["ann"],
                                   "contacts": {"file": "core"}}},
                "routes": [{"owner": "core", "via": list(sinks)}],
                "fallback": {"owner": "core", "via": ["out"]},
            }, f)
        os.chmod(self.config, 0o600)

    def tocsin(self, *args):
        env = dict(os.environ, TOCSIN_PLUGIN_PATH="", TOCSIN_DATA_DIR=
                   os.path.join(os.environ["TOCSIN_SRC"], "conf"))
        env["ASAN_OPTIONS"] = ":".join(filter(None, [
            env.get("ASAN_OPTIONS"), "handle_segv=0", "handle_abort=0"]))
        return subprocess.run([SELF, "-c", self.config, *args], env=env,
                              stdout=subprocess.PIPE, stderr=subprocess.PIPE,
                              text=True, timeout=120, check=False)

    def test_all_at_once(self):
        p = self.tocsin("run")
        self.assertEqual(p.returncode, 1, p)
        said = {"s-" + k: v for k, v in SOURCES.items()}
        said.update({"b-" + k: v for k, v in BROKEN.items()})
        said.update({"k-" + k: v for k, v in SINKS.items()})
        for name, text in said.items():
            lines = [line for line in p.stderr.splitlines()
                     if name + ": " in line
                     and name + ": warning: " not in line]
            self.assertEqual(len(lines), 1, (name, lines))
            self.assertIn(text, lines[0])
        # The one that works was told in the one that works.
        messages = glob.glob(os.path.join(self.dir, "out", "**", "*.md"),
                             recursive=True)
        bodies = ""
        for name in messages:
            with open(name, encoding="utf-8") as f:
                bodies += f.read()
        self.assertIn("org/project", bodies, os.listdir(self.dir))
        status = self.tocsin("status")
        for name, text in said.items():
            self.assertRegex(status.stdout, "%s +.*" % name)
            self.assertIn(text, status.stdout)


if __name__ == "__main__":
    unittest.main()
