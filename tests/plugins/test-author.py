#!/usr/bin/env python3
# SPDX-License-Identifier: BSD-3-Clause
"""What a plugin's author has: `plugin new`, `plugin test`, `-D NAME`."""
import os
import re
import shutil
import subprocess
import tempfile
import unittest

SRC = os.environ["TOCSIN_SRC"]
TOCSIN = os.environ["TOCSIN"]
NAUGHTY = os.path.join(os.path.dirname(TOCSIN), "tests/plugins/.libs")
# A crash on purpose is to look as it does without the sanitizers.
os.environ["ASAN_OPTIONS"] = ":".join(filter(None, [
    os.environ.get("ASAN_OPTIONS"), "handle_segv=0", "handle_abort=0"]))


def tocsin(*args, cwd=None, **env):
    return subprocess.run([TOCSIN, *args], cwd=cwd, capture_output=True,
                          text=True, timeout=300, check=False,
                          env=dict(os.environ, TOCSIN_CONFIG="/nowhere", **env))


class Author(unittest.TestCase):
    def setUp(self):
        temporary = tempfile.TemporaryDirectory()
        self.addCleanup(temporary.cleanup)
        self.dir = temporary.name
        with open(os.path.join(self.dir, "tocsin.pc"), "w",
                  encoding="utf-8") as f:
            f.write(f"plugindir={self.dir}/plugins\nName: tocsin\n"
                    f"Description: x\nVersion: 1\nCflags: -I{SRC}/core\n")

    def make(self, folder, *args):
        return subprocess.run(
            ["make", "-s", "-C", folder, f"TOCSIN={TOCSIN}",
             "CFLAGS=-Wall -Wextra -Werror -pedantic", *args],
            capture_output=True, text=True, timeout=300, check=False,
            umask=0o002,        # as many have it
            env=dict(os.environ, PKG_CONFIG_PATH=self.dir, MAKEFLAGS="",
                     TOCSIN_CONFIG="/nowhere"))

    def new(self, name, *args):
        p = tocsin("plugin", "new", name, *args, cwd=self.dir)
        self.assertEqual(p.returncode, 0, p.stderr)
        return os.path.join(self.dir, "tocsin-" + name)

    def verdict(self, *args):
        """{title: ok} of `plugin test`, what it printed, its exit status."""
        p = tocsin("plugin", "test", *args, TOCSIN_PLUGIN_PATH=NAUGHTY)
        lines = re.findall(r"(?m)^(not )?ok \d+ - (.*)$", p.stdout)
        plan = re.search(r"(?m)^1\.\.(\d+)$", p.stdout)
        self.assertTrue(plan, p.stdout + p.stderr)
        self.assertEqual(len(lines), int(plan.group(1)))
        return {title: not bad for bad, title in lines}, p.stdout, p.returncode

    def edit(self, folder, name, old, new):
        path = os.path.join(folder, name + ".c")
        with open(path, encoding="utf-8") as f:
            text = f.read()
        self.assertIn(old, text)
        with open(path, "w", encoding="utf-8") as f:
            f.write(text.replace(old, new))
        p = self.make(folder)
        self.assertEqual(p.returncode, 0, p.stderr)
        return os.path.join(folder, f"tocsin-{name}.so")

    def test_new(self):
        "what `plugin new` makes builds, passes its test and can be installed"
        for name, args in (("int", []), ("web-hook", ["--sink"])):
            folder = self.new(name, *args)
            p = self.make(folder, "check")
            self.assertEqual(p.returncode, 0, p.stdout + p.stderr)
            self.assertIn("# 0 of ", p.stdout)
            p = self.make(folder, "install")
            self.assertEqual(p.returncode, 0, p.stderr)
            p = tocsin("plugin", "show", name,
                       TOCSIN_PLUGIN_PATH=self.dir + "/plugins")
            self.assertIn("sink" if args else "source", p.stdout)
            p = tocsin("plugin", "new", name, cwd=self.dir)
            self.assertEqual(p.returncode, 2)
            self.assertIn("is there already", p.stderr)

    def test_name(self):
        "a name that no plugin can have makes nothing"
        for name in ("Upper", "1x", "a/b", ""):
            p = tocsin("plugin", "new", name, cwd=self.dir)
            self.assertEqual(p.returncode, 2, name)
        self.assertEqual(os.listdir(self.dir), ["tocsin.pc"])

    def test_liars(self):
        "who claims what no server said is told so"
        file = self.edit(self.new("liar", "--sink"), "liar",
                         "int status = TOCSIN_RETRY;",
                         "int status = TOCSIN_OK;")
        self.edit(os.path.dirname(file), "liar",
                  "receipt.text = reply->error_text;",
                  "receipt.remote_id = s->ticket;")
        ok, said, status = self.verdict(file)
        self.assertEqual(status, 1)
        self.assertFalse(ok["it bears replies: time-out"])
        self.assertFalse(ok["it bears replies: http-503"])
        self.assertFalse(ok["it tells nobody while the kill switch is on"])
        self.assertTrue(ok["it bears replies: list"])
        self.assertIn("no request was answered", said)

        file = self.edit(
            self.new("prophet"), "prophet",
            "    host->done(host, s->op, status, NULL);",
            '    host->snapshot_begin(host, "all", 1);\n'
            "    host->snapshot_end(host, 1, NULL);\n"
            "    host->done(host, s->op, status, NULL);")
        ok, said, status = self.verdict(file)
        self.assertFalse(ok["it bears replies: unreachable"])
        self.assertIn("a snapshot is complete", said)

        file = self.edit(self.new("silent"), "silent",
                         "    host->done(host, s->op, status, NULL);",
                         "    if (!reply->error)\n"
                         "        host->done(host, s->op, status, NULL);")
        ok, said, status = self.verdict(file)
        self.assertTrue(ok["it bears replies: html"])
        self.assertFalse(ok["it bears replies: tls"])
        self.assertIn("without calling done", said)

    def test_naughty(self):
        "each way to misbehave is found, and none where there is none"
        for plugin, mode, text in (
                ("naughty", "crash-open", "died in open"),
                ("naughty", "crash-collect", "died in collect"),
                ("naughty", "exit-collect", "exited by itself"),
                ("naughty", "twice", "called done twice"),
                ("naughty-sink", "crash-observe", "died in observe"),
                ("naughty-sink", "never-deliver", "without calling done"),
                ("naughty-sink", "crash-close", "died in close")):
            ok, said, status = self.verdict(plugin, "-o", "mode=" + mode)
            self.assertEqual(status, 1, (mode, said))
            self.assertIn(text, said)
            self.assertTrue(ok["it has a version and a summary"])
        ok, said, status = self.verdict("naughty", "-o", "mode=fatal-open")
        self.assertEqual(status, 0, said)
        self.assertIn("there is no such folder; give options with -o", said)
        ok, said, status = self.verdict("no-collect")
        self.assertEqual(status, 1)
        p = tocsin("plugin", "test", "naughty", "-o", "mod=x",
                   TOCSIN_PLUGIN_PATH=NAUGHTY)
        self.assertEqual(p.returncode, 2)
        self.assertIn('did you mean "mode"?', p.stderr)

    def test_shipped(self):
        "ours pass"
        for args in (("azure-pipelines", "-o", "organization=x", "-o",
                      "project=y"),
                     ("github-actions", "-o", "repositories=a/b"),
                     ("zulip", "-o", "email=b@example.org", "-o",
                      "channel=c"),
                     ("github-issues", "-o", "token=x"),
                     ("file",)):
            ok, said, status = self.verdict(*args)
            self.assertEqual(status, 0, said)
            if args != ("file",):
                self.assertIn(", 0 skipped", said, args)
            self.assertGreater(len(ok), 25)

    def test_guide(self):
        "the plugins that docs/plugins.md begins with pass, too"
        path = os.path.join(SRC, "docs", "plugins.md")
        with open(path, encoding="utf-8") as f:
            source, sink = re.findall(r"(?s)```c\n(.*?)```", f.read())
        for name, text, args in (("hello", source, ("-o", "project=a/b")),
                                 ("shout", sink, ())):
            folder = self.new(name)
            with open(os.path.join(folder, name + ".c"), "w",
                      encoding="utf-8") as f:
                f.write(text)
            p = self.make(folder)
            self.assertEqual(p.returncode, 0, p.stderr)
            so = os.path.join(folder, f"tocsin-{name}.so")
            _, said, status = self.verdict(so, *args)
            self.assertEqual(status, 0, said)

    def test_records(self):
        "-D NAME shows what crossed the wire"
        folder = self.new("shown")
        self.assertEqual(self.make(folder).returncode, 0)
        p = tocsin("-D", "test", "plugin", "test", "./tocsin-shown.so",
                   "--reply", "sample.txt", cwd=folder)
        self.assertEqual(p.returncode, 0, p.stdout)
        self.assertIn("# said 2 runs", p.stdout)
        for text in ("in collect", 'said item {"id":"1"}', "said run {",
                     '"project":"example/two"', '"outcome":"failure"',
                     'said done {"op":"collect","status":"ok"}'):
            self.assertIn("tocsin: test: debug: " + text if text[0] != '"' else text,
                          p.stderr)
        folder = self.new("told", "--sink")
        self.assertEqual(self.make(folder).returncode, 0)
        p = tocsin("-D", "test", "plugin", "test", "./tocsin-told.so",
                   cwd=folder)
        self.assertIn('is given delivery {"delivery":"open"', p.stderr)
        p = tocsin("plugin", "test", "./tocsin-told.so", cwd=folder)
        self.assertEqual(p.stderr, "")


if __name__ == "__main__":
    if not shutil.which("pkg-config"):
        print("SKIP: no pkg-config")
        raise SystemExit(77)
    unittest.main(verbosity=2)
