#!/usr/bin/env python3
# SPDX-License-Identifier: BSD-3-Clause
"""Which plugins are found, trusted and understood, and their options."""
import json
import os
import shutil
import subprocess
import sys
import tempfile
import unittest

sys.path.insert(0, os.path.dirname(os.path.abspath(__file__)))
from driver import PLUGINS, drive, events, source  # noqa: E402


def describe(name, path=None):
    spec = {"describe": [name]}
    if path:
        spec["plugin_path"] = path
    ev, _ = events(spec)
    return ev[0]


class Gate(unittest.TestCase):
    def refused(self, name, text):
        error = describe(name)["error"]
        self.assertRegex(error, text)
        self.assertIn("tocsin-%s.so" % name, error)
        self.assertNotIn("\n", error)

    def test_refused(self):
        self.refused("wrong-version",
                     "it is for plugin API version 7; this Tocsin has "
                     "version 1")
        self.refused("old-version",
                     "it is for plugin API version 0; this Tocsin has "
                     "version 1")
        self.refused("short-struct",
                     r"its struct has \d+ bytes; version 1 of the API has at "
                     r"least \d+")
        self.refused("no-collect", 'it has no "collect"')
        self.refused("no-kind", "it is of kind 9; known are source")
        self.refused("named-wrong", 'it calls itself "another-name", so its '
                     "file must be tocsin-another-name.so")
        self.refused("twin-options", "two options are called one")
        self.refused("no-help", "option two has no help")
        self.refused("core-option",
                     "option redirect: Tocsin itself has a key of this name")
        self.refused("null-init", "tocsin_plugin_init returned NULL")
        self.refused("no-plugin", "no plugin: it has no tocsin_plugin_init")

    def test_both_sizes(self):
        import re
        found = re.search(r"has (\d+) bytes; .* at least (\d+)",
                          describe("short-struct")["error"])
        self.assertEqual(int(found.group(1)) + 8, int(found.group(2)))

    def test_crash(self):
        self.assertRegex(describe("crash-load")["error"],
                         "died while it was loaded: SIGABRT")

    def test_newer(self):
        """Longer structs are cut; the option table has its own stride."""
        plugin = describe("newer")["plugin"]
        self.assertEqual([o["name"] for o in plugin["options"]],
                         ["one", "two"])
        self.assertEqual(plugin["options"][1]["help"], "The second.")
        ev, _ = events({"instances": [
            {"name": "n", "plugin": "newer", "options": {}}]})
        self.assertEqual(ev.ended("n")["how"], "ok")

    def test_described(self):
        plugin = describe("naughty")["plugin"]
        self.assertEqual(plugin["kind"], "source")
        self.assertEqual(plugin["api_version"], 1)
        options = {o["name"]: o for o in plugin["options"]}
        self.assertEqual(options["mode"]["flags"], ["required"])
        self.assertEqual(options["wait"]["default"], "90s")
        self.assertEqual(options["wait"]["type"], "duration")
        self.assertEqual(options["list"]["values"], "a|b|c")
        plugin = describe("naughty-sink")["plugin"]
        self.assertEqual(plugin["format"]["flavour"], "plain")

    def test_list(self):
        ev, _ = events({"list": True})
        known = {p["name"]: p for p in ev[0]}
        self.assertEqual(known["naughty"]["kind"], "source")
        self.assertNotIn("error", known["newer"])
        self.assertIn("error", known["crash-load"])


class Trust(unittest.TestCase):
    def setUp(self):
        self.dir = tempfile.mkdtemp()
        self.addCleanup(shutil.rmtree, self.dir)
        self.file = os.path.join(self.dir, "tocsin-naughty.so")
        shutil.copy(os.path.join(PLUGINS, "tocsin-naughty.so"), self.file)
        os.chmod(self.file, 0o755)

    def refused(self, text):
        self.assertRegex(describe("naughty", [self.dir])["error"], text)

    def test_first_folder_decides(self):
        plugin = describe("naughty", [self.dir, PLUGINS])["plugin"]
        self.assertEqual(plugin["file"], self.file)
        os.chmod(self.file, 0o777)
        self.assertRegex(describe("naughty", [self.dir, PLUGINS])["error"],
                         "everybody can change it")

    def test_hidden(self):
        ev, _ = events({"list": True, "plugin_path": [self.dir, PLUGINS]})
        twins = [p for p in ev[0] if p["name"] == "naughty"]
        self.assertNotIn("error", twins[0])
        self.assertRegex(twins[1]["error"], "hidden by another")

    def test_environment(self):
        ev, _ = events({"plugin_path": [], "describe": ["naughty"]},
                       env={"TOCSIN_PLUGIN_PATH": "/nowhere:" + self.dir})
        self.assertEqual(ev[0]["plugin"]["file"], self.file)

    def test_file_writable_by_others(self):
        os.chmod(self.file, 0o757)
        self.refused(r"everybody can change it \(chmod o-w\)")

    def test_file_writable_by_group(self):
        os.chmod(self.file, 0o775)
        if os.stat(self.file).st_gid == 0:
            os.chown(self.file, -1, 12345)
        self.refused(r"its group can change it \(chmod g-w\)")

    def test_folder_writable_by_others(self):
        os.chmod(self.dir, 0o777)
        self.refused("everybody can change it")

    def test_symlink(self):
        os.rename(self.file, self.file + ".1")
        os.symlink(self.file + ".1", self.file)
        self.refused("not a regular file")

    @unittest.skipUnless(os.geteuid() == 0, "needs root")
    def test_foreign_owner(self):
        os.chown(self.file, 12345, -1)
        self.refused("belongs to user 12345")

    def test_no_object(self):
        with open(self.file, "w", encoding="ascii") as f:
            f.write("not an object\n")
        self.refused("tocsin-naughty.so")

    def test_folder_in_its_place(self):
        os.unlink(self.file)
        os.mkdir(self.file)
        self.refused("not a regular file")


class Options(unittest.TestCase):
    """What `tocsin check` says."""

    def check(self, options, plugin="naughty", **more):
        spec = source("s", "fine", option_at={
            k: "c.yaml:%d:5" % (i + 10) for i, k in enumerate(options)},
            at="c.yaml:9:3", **more)
        spec["options"] = options
        spec["plugin"] = plugin
        lines, _ = drive({"check": True, "instances": [spec]})
        return lines

    def test_fine(self):
        self.assertEqual(self.check({"mode": "x", "list": "a", "items": 3,
                                     "yes": False, "room": 7,
                                     "site": "https://x.org/a?b=c"}), [])

    def test_all_at_once(self):
        lines = self.check({"itms": 1, "list": ["a", "x"], "wait": "soon",
                            "room": "big", "yes": "perhaps",
                            "site": "x.org", "path": {"a": 1},
                            "items": [1, 2], "token": "abc"})
        self.assertEqual(lines, [
            'c.yaml:9:3: error: plugin naughty needs "mode": How to '
            "misbehave.",
            'c.yaml:10:5: error: plugin naughty has no option "itms"; did '
            'you mean "items"?',
            'c.yaml:11:5: error: option "list" is none of its values: a, b, c',
            'c.yaml:12:5: error: option "wait" is no duration (90s, 15m, '
            "6h, 2d)",
            'c.yaml:13:5: error: option "room" is no size (512, 64K, 10M, '
            "2G)",
            'c.yaml:14:5: error: option "yes" is neither true nor false',
            'c.yaml:15:5: error: option "site" is no URL '
            "(scheme://host/path): https, http",
            'c.yaml:16:5: error: option "path" must be a plain value',
            'c.yaml:17:5: error: option "items" takes one value, not a list',
            'c.yaml:18:5: error: "token" is a secret: write "token_file" or '
            '"token_env" instead'])

    def test_scheme(self):
        for site in ("htp://x.org/", "httpss://x.org/", "http|s://x.org/"):
            lines = self.check({"mode": "x", "site": site})
            self.assertRegex(lines[0], r'^c.yaml:11:5: error: option "site" '
                             r"(begins with none of its schemes|is no URL "
                             r"\(scheme://host/path\)): https, http$")

    def test_hostile_values(self):
        for options, text in (
                ({"mode": "a\nb"}, "holds control characters"),
                ({"mode": "x" * 70000}, "is too long"),
                ({"mode": "x", "site": "https://me:pw@x.org/"},
                 "holds a password"),
                ({"mode": "x", "items": "9" * 30}, "is no whole number"),
                ({"mode": "x", "items": " 1"}, "is no whole number"),
                ({"mode": "x", "room": "9999999999G"}, "is no size"),
                ({"mode": "x", "path": ""}, "is empty")):
            with self.subTest(options=str(options)[:60]):
                lines = self.check(options)
                self.assertEqual(len(lines), 1, lines)
                self.assertIn(text, lines[0])

    def test_secrets(self):
        lines = self.check({"mode": "x", "token_file": "/nowhere/t",
                            "token_env": "NO_SUCH_VARIABLE"})
        self.assertIn('both "token_file" and "token_env"', lines[0])
        lines = self.check({"mode": "x", "token_env": "NO_SUCH_VARIABLE"})
        self.assertIn("there is no variable NO_SUCH_VARIABLE", lines[0])
        lines = self.check({"mode": "x", "token_file": "/nowhere/t"})
        self.assertIn("/nowhere/t: No such file", lines[0])
        lines = self.check({"mode": "x", "tokn_file": "/nowhere/t"})
        self.assertIn('did you mean "token_file"?', lines[0])

    def test_pem(self):
        with tempfile.TemporaryDirectory() as d:
            file = os.path.join(d, "key.pem")
            with open(file, "w", encoding="ascii") as f:
                f.write("-----BEGIN KEY-----\nabc\n-----END KEY-----\n")
            os.chmod(file, 0o600)
            self.assertEqual(self.check({"mode": "x", "token_file": "key.pem"},
                                        dir=d), [])

    def test_wrong_kind(self):
        lines = self.check({"mode": "x"}, plugin="naughty-sink")
        self.assertEqual(lines, ['c.yaml:9:3: error: plugin naughty-sink is '
                                 'a sink; it belongs under "sinks"'])


class Command(unittest.TestCase):
    def run_plugin(self, *args):
        tocsin = os.path.join(os.environ["TOCSIN_BUILD"], "core", "tocsin")
        return subprocess.run([tocsin, "plugin", *args], env=dict(
            os.environ, TOCSIN_PLUGIN_PATH=PLUGINS, TOCSIN_CONFIG="/nowhere"),
            stdout=subprocess.PIPE, stderr=subprocess.PIPE, text=True,
            timeout=240, check=False)

    def test_list(self):
        p = self.run_plugin("list")
        self.assertEqual(p.returncode, 1, p)
        self.assertRegex(p.stdout, r"(?m)^source +naughty +1 +A source that")
        self.assertRegex(p.stdout, r"(?m)^sink +naughty-sink ")
        self.assertRegex(p.stdout, r"(?m)^broken +wrong-version .*version 7")
        listed = json.loads(self.run_plugin("list", "--json").stdout)
        self.assertIn("naughty", [d["name"] for d in listed])

    def test_show(self):
        p = self.run_plugin("show", "naughty")
        self.assertEqual((p.returncode, p.stderr), (0, ""))
        self.assertIn("  mode: (string, required)\n      How to misbehave.",
                      p.stdout)
        self.assertIn("  token_file: PATH or token_env: VARIABLE (secret)",
                      p.stdout)
        self.assertIn("  list: (string, one or a list)", p.stdout)
        self.assertIn("      One of: a|b|c", p.stdout)
        self.assertIn("      Default: 90s", p.stdout)
        self.assertIn("      Schemes: https|http", p.stdout)
        file = json.loads(self.run_plugin("show", "--json", "naughty")
                          .stdout)["file"]
        self.assertEqual(self.run_plugin("show", file).stdout, p.stdout)
        p = self.run_plugin("show", file[:-3])
        self.assertIn("is called tocsin-NAME.so", p.stderr)
        p = self.run_plugin("show", "./tocsin-not-there.so")
        self.assertEqual((p.returncode, p.stdout), (1, ""))
        self.assertIn("No such file", p.stderr)
        shown = json.loads(self.run_plugin("show", "--json",
                                           "naughty").stdout)
        self.assertEqual(shown["name"], "naughty")

    def test_mistakes(self):
        p = self.run_plugin("show", "nobody")
        self.assertEqual(p.returncode, 1)
        self.assertIn('plugin "nobody": no tocsin-nobody.so in', p.stderr)
        # what is there and broken was not meant to be something else
        p = self.run_plugin("show", "wrong-version")
        self.assertIn("version 7", p.stderr)
        self.assertNotIn("did you mean", p.stderr)
        for args in ((), ("show",), ("list", "x"), ("dance",), ("--x",)):
            self.assertEqual(self.run_plugin(*args).returncode, 2, args)
        self.assertEqual(self.run_plugin("--help").returncode, 0)


if __name__ == "__main__":
    unittest.main()
