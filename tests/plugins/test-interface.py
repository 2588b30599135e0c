#!/usr/bin/env python3
# SPDX-License-Identifier: BSD-3-Clause
"""The header alone, the examples of the documentation, the symbols."""
import glob
import os
import re
import shutil
import subprocess
import sys
import tempfile
import unittest

sys.path.insert(0, os.path.dirname(os.path.abspath(__file__)))
from driver import BUILD, PLUGINS, events, sanitized, sink  # noqa: E402

SRC = os.environ["TOCSIN_SRC"]
CC = os.environ.get("CC", "cc").split()
# The headers of all versions, as they were released, without comments.
VERSIONS = sorted(os.path.relpath(p, SRC) for p in glob.glob(
    os.path.join(SRC, "tests", "plugins", "api-*")))
STRICT = ["-Wall", "-Wextra", "-Wshadow", "-pedantic", "-Werror"]


def compile_c(directory, name, text, *flags, compiler=None, header="core"):
    path = os.path.join(directory, name)
    with open(path, "w", encoding="utf-8") as f:
        f.write(text)
    p = subprocess.run([*(compiler or CC), *STRICT, "-I",
                        os.path.join(SRC, header), *flags, path],
                       stderr=subprocess.PIPE, text=True, cwd=directory,
                       check=False)
    return p.stderr if p.returncode else ""


def man_example():
    with open(os.path.join(SRC, "man", "tocsin-plugin.3"),
              encoding="utf-8") as f:
        text = re.search(r"(?s)\.Bd -literal\n(.*?)\.Ed", f.read()).group(1)
    return text.replace("\\e", "\\")


def doc_examples():
    with open(os.path.join(SRC, "docs", "plugins.md"), encoding="utf-8") as f:
        return re.findall(r"(?s)```c\n(.*?)```", f.read())


def declared(folder):
    """{struct or enum: its members, in order}, and each constant."""
    with open(os.path.join(SRC, folder, "tocsin-plugin.h"),
              encoding="utf-8") as f:
        text = re.sub(r"(?s)/\*.*?\*/|\\\n", " ", f.read())
    out = {}
    for kind, name, body in re.findall(
            r"(struct|enum) (\w+) \{(.*?)\};", text.replace("\n", " ")):
        split = re.split(r"[;,]" if kind == "enum" else ";", body)
        out[name] = [" ".join(m.split()) for m in split if m.strip()]
    for name, value in re.findall(r"(?m)^#define (TOCSIN_\w+) (UINT.*)", text):
        out[name] = [value]
    return out


class Interface(unittest.TestCase):
    def setUp(self):
        self.dir = tempfile.mkdtemp()
        self.addCleanup(shutil.rmtree, self.dir)

    def test_header_alone(self):
        text = "#include <tocsin-plugin.h>\nint x(void);\n" \
               "int x(void) { return TOCSIN_API_VERSION; }\n"
        self.assertEqual(compile_c(self.dir, "a.c", text, "-std=c99", "-c"),
                         "")

    def test_header_as_cxx(self):
        # gcc's own C++ front end, or clang++.
        cxx = [shutil.which("c++") or shutil.which("g++")
               or shutil.which("clang++") or ""]
        if not cxx[0]:
            self.skipTest("no C++ compiler")
        text = """#include <tocsin-plugin.h>
static int a_open(const tocsin_host *h, void **p)
{ *p = nullptr; return TOCSIN_HAS(h, http) ? TOCSIN_FATAL : TOCSIN_OK; }
static int a_collect(void *, uint64_t) { tocsin_run r = TOCSIN_RUN_INIT;
return r.attempt == 1 ? TOCSIN_RETRY : TOCSIN_OK; }
static tocsin_source make(void) { tocsin_source s = tocsin_source();
s.name = "a"; s.version = "1"; s.open = a_open; s.collect = a_collect;
return s; }
static const tocsin_source a = make();
TOCSIN_REGISTER_SOURCE(a)
"""
        self.assertEqual(compile_c(self.dir, "a.cc", text, "-std=c++11", "-c",
                                   compiler=cxx), "")

    def test_header_includes(self):
        with open(os.path.join(SRC, "core", "tocsin-plugin.h"),
                  encoding="utf-8") as f:
            includes = re.findall(r"(?m)^#\s*include\s+(\S+)", f.read())
        self.assertEqual(sorted(includes), ["<stddef.h>", "<stdint.h>"])

    def build(self, name, text, header="core"):
        os.chmod(self.dir, 0o755)
        so = os.path.join(self.dir, "tocsin-%s.so" % name)
        self.assertEqual(compile_c(
            self.dir, name + ".c", text, "-std=c99", "-shared", "-fPIC",
            "-fvisibility=hidden", "-Wl,-z,defs", "-o", so, header=header), "")
        os.chmod(so, 0o755)

    def runs(self, options):
        ev, _ = events({"plugin_path": [self.dir], "instances": [
            {"name": "s", "plugin": "hello", "options": options}]})
        self.assertEqual(ev.ended("s")["how"], "ok", ev)
        return ev.runs("s")

    def test_man_example(self):
        self.build("hello", man_example())
        self.assertEqual(self.runs({}), ["1"])

    def test_doc_examples(self):
        self.examples("core")

    def test_built_with_each_version(self):
        for header in VERSIONS:
            with self.subTest(header):
                self.examples(header)

    def test_header_only_grows(self):
        now = declared("core")
        for header in VERSIONS:
            for name, was in declared(header).items():
                with self.subTest(header + ": " + name):
                    self.assertEqual(now.get(name, [])[:len(was)], was)

    def examples(self, header):
        source, shout = doc_examples()
        self.build("hello", source, header)
        self.assertEqual(self.runs({"project": ["a/b", "c/d"]}),
                         ["a/b", "c/d"])
        self.build("shout", shout, header)
        spec = sink("k", "", plugin="shout")
        spec["options"] = {}
        ev, err = events({"plugin_path": [self.dir], "instances": [spec]})
        self.assertEqual(ev.ended("k")["how"], "ok", ev)
        self.assertEqual(err.splitlines(),
                         ["tocsin: k: warning: T%d" % i for i in (1, 2, 3)])

    def symbols(self, file):
        out = subprocess.run(["nm", "-D", "--defined-only", file],
                             stdout=subprocess.PIPE, text=True,
                             check=True).stdout
        return {line.split()[-1] for line in out.splitlines()}

    @unittest.skipIf(sanitized(), "the sanitizers export their own")
    def test_symbols(self):
        files = glob.glob(os.path.join(BUILD, "plugins", "*", ".libs",
                                       "tocsin-*.so"))
        self.assertTrue(files)
        for file in files + [os.path.join(PLUGINS, "tocsin-naughty.so")]:
            with self.subTest(file):
                self.assertEqual(self.symbols(file), {"tocsin_plugin_init"})

    def test_shipped_plugins_load(self):
        dirs = glob.glob(os.path.join(BUILD, "plugins", "*", ".libs"))
        ev, _ = events({"plugin_path": dirs, "list": True})
        self.assertTrue(ev[0])
        for plugin in ev[0]:
            self.assertNotIn("error", plugin)

    def test_errors_of_the_guide(self):
        """What the guide quotes is what the code says."""
        with open(os.path.join(SRC, "docs", "plugins.md"),
                  encoding="utf-8") as f:
            guide = f.read()
        table = guide.split("what people read", 1)[1].split("\n\n", 2)[1]
        code = ""
        for name in ("ask.c", "frames.c", "host.c", "loader.c", "member.c",
                     "names.c", "services.c"):
            with open(os.path.join(SRC, "core", "host", name),
                      encoding="utf-8") as f:
                code += f.read()
        code = re.sub(r'"\s*(?:PRId64\s*)?"', "", code)
        for quoted in re.findall(r"\| `([^`]*)` \|", table):
            words = re.split(r'\s+\d+|"x"|SIGSEGV.*|in \w+|\(status.*|collect|'
                             r'at item|:', quoted)
            for piece in filter(None, (w.strip(" ,;") for w in words)):
                self.assertIn(piece, code, quoted)


if __name__ == "__main__":
    unittest.main()
