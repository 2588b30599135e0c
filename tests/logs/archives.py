#!/usr/bin/env python3
# SPDX-License-Identifier: BSD-3-Clause
"""Packed logs and archives: all kinds, copies, sidecars inside, caps."""
import bz2
import lzma
import os
import shutil
import subprocess
import sys

sys.dont_write_bytecode = True
sys.path.insert(0, os.path.dirname(os.path.abspath(__file__)))
from archives_make import make_tar, make_zip
from harness import Folder, gz, holds, same, sha

TEXT = b"".join(b"line %d of a log\n" % i for i in range(20000))


def packed_files():
    with Folder() as f:
        f.put("plain.log", TEXT)
        f.put("gzip.log.gz", gz(TEXT))
        f.put("twice.log.gz", gz(TEXT[:1000]) + gz(TEXT[1000:]))
        f.put("bzip.log.bz2", bz2.compress(TEXT))
        f.put("xz.log.xz", lzma.compress(TEXT))
        f.put("misnamed.log", gz(TEXT))
        if shutil.which("zstd"):
            f.put("zstd.log.zst", subprocess.run(
                ["zstd", "-qc"], input=TEXT, stdout=subprocess.PIPE,
                check=True).stdout)
        said = f.collect("path=@", "project=a/b")
        logs = said.logs()
        same(len(logs) >= 6, True, "all are there")
        for job, log in logs.items():
            same((job, log["sha256"]), (job, sha(TEXT)), "content")
        same(said.of("notice"), [], "notices")


def archives():
    members = [("one/build.log", TEXT), ("two/test.txt", b"tests\n"),
               ("three.log.gz", gz(b"packed twice\n")), (".hidden", b"x")]
    makers = {"a.zip": make_zip(members), "a.tar": make_tar(members),
              "a.tar.gz": make_tar(members, "w:gz"),
              "a.tar.bz2": make_tar(members, "w:bz2"),
              "a.tar.xz": make_tar(members, "w:xz")}
    for name, data in makers.items():
        with Folder() as f:
            f.put(name, data)
            said = f.collect("path=@", "project=a/b")
            logs = said.logs()
            same(sorted(logs), ["build", "test", "three"], name)
            same(logs["build"]["sha256"], sha(TEXT), name)
            same(logs["three"]["text"], "packed twice\n", name)
            same(f.path(name) + "!one/build.log" in said.items(), True,
                 "members are items")
            same(len({l["run"]["id"] for l in logs.values()}), 3, "ids")
            same(said.of("notice"), [], "notices")


def actions_zip():
    """GitHub's own shape: every job whole and once more by steps."""
    with Folder() as f:
        f.put("run.zip", make_zip([
            ("0_build (3.12).txt", b"setup\nmake\n"),
            ("1_lint.txt", b"lint\n"),
            ("build (3.12)/1_Set up job.txt", b"setup\n"),
            ("build (3.12)/2_make.txt", b"make\n"),
            ("build (3.12)/system.txt", b"system\n"),
            ("lint/1_lint.txt", b"lint\n")]))
        said = f.collect("path=@", "project=a/b")
        same({j: l["text"] for j, l in said.logs().items()},
             {"build (3.12)": "setup\nmake\n", "lint": "lint\n"}, "jobs")


def actions_zip_of_steps_only():
    with Folder() as f:
        f.put("run.zip", make_zip([
            ("build/10_ten.txt", b"ten\n"), ("build/2_two.txt", b"two\n"),
            ("test/1_one.txt", b"t\n"), ("build/1_one.txt", b"one\n")]))
        said = f.collect("path=@", "project=a/b")
        same({j: l["text"] for j, l in said.logs().items()},
             {"build": "one\ntwo\nten\n", "test": "t\n"}, "jobs")


def unpacked_actions_zip():
    with Folder() as f:
        f.put("run/0_build.txt", b"setup\nmake\n")
        f.put("run/build/1_setup.txt", b"setup\n")
        f.put("run/build/2_make.txt", b"make\n")
        f.put("run/other/1_kept.txt", b"kept\n")
        said = f.collect("path=@", "project=a/b")
        same(sorted(i[len(f.dir) + 1:] for i in said.items()),
             ["run/0_build.txt", "run/other/1_kept.txt"], "files")


def sidecars_and_archives():
    with Folder() as f:
        f.put("run.tar", make_tar([
            ("x.log", b"x\n"), ("x.json", b'{"branch": "inner"}'),
            ("y.log", b"y\n"), ("g.json", b'{"outcome": "success"}'),
            ("bad.log", b"z\n"), ("bad.json", b'{"nope": 1}')]))
        f.put("run.json", {"id": "r1", "project": "a/b", "branch": "outer",
                           "job": "theirs"})
        said = f.collect("path=@")
        same({r["job"]: r["branch"] for r in said.runs()},
             {"x": "inner", "y": "outer", "g": "outer"}, "branches")
        same(len({r["id"] for r in said.runs()}), 3, "ids differ")
        holds(said.notice("sidecar"), 'bad.log: "nope"', "bad")
    with Folder() as f:
        f.put("one.log.gz", gz(b"x\n"))
        f.put("one.json", {"id": "r1", "project": "a/b", "job": "mine"})
        run = f.collect("path=@").runs()[0]
        same((run["id"], run["job"]), ("r1", "mine"), "one log")


def pattern_goes_into_archives():
    with Folder() as f:
        f.put("acme/widget/7.zip", make_zip([("linux.log", b"x\n"),
                                             ("../../../evil.log", b"x\n")]))
        said = f.collect("path=@",
                         "pattern={owner}/{project}/{run}.zip/{job}.log")
        same(sorted((r["project"], r["job"]) for r in said.runs()),
             [("acme/widget", "evil"), ("acme/widget", "linux")], "who")


def green_archives_are_not_unpacked_for_nothing():
    with Folder() as f:
        f.put("a.zip", make_zip([("x.log", b"x\n"), ("y.log", b"y\n")]))
        said = f.collect("path=@", "project=a/b", "outcome=success")
        same(said.of("log"), [], "logs")
        same(sorted(r["job"] for r in said.runs()), ["x", "y"], "runs")


def caps():
    with Folder() as f:
        f.put("long.log", TEXT)
        f.put("ok.log", TEXT[:999])
        said = f.collect("path=@", "project=a/b", "max_size=1000")
        logs = said.logs()
        same(logs["long"]["sha256"], sha(TEXT[:1000]), "cut")
        same(logs["ok"]["sha256"], sha(TEXT[:999]), "whole")
        holds(said.notice("too-large"), "long.log: longer than max_size",
              "said")
        same("ok.log" in said.notice("too-large"), False, "only this one")
    with Folder() as f:
        f.put("many.zip", make_zip([("%d.log" % i, b"x\n")
                                    for i in range(20)]))
        said = f.collect("path=@", "project=a/b", "max_members=5")
        same(len(said.of("log")), 5, "members")
        holds(said.notice("too-large"), "many.zip: has more members", "said")


def bombs():
    zeros = bytes(80 << 20)
    for name, data in (("bomb.log.gz", gz(zeros)),
                       ("bomb.tar.gz", make_tar([("a.log", zeros)], "w:gz")),
                       ("bomb.tar.bz2", make_tar([("a.log", zeros)],
                                                 "w:bz2")),
                       ("bomb.zip", make_zip([("a.log", zeros)])),
                       ("bomb.log.xz", lzma.compress(zeros)),
                       ("skip.tar.gz", make_tar([("a.json.", b"x"),
                                                 (".h", zeros)], "w:gz"))):
        with Folder() as f:
            f.put(name, data)
            f.put("after.log", b"fine\n")
            said = f.collect("path=@", "project=a/b")
            holds(said.notice("damaged"), "max_ratio", name)
            same(said.logs()["after"]["text"], "fine\n", "the next one")
            for log in said.of("log"):
                same(log["bytes"] < (40 << 20), True, "bounded output")


for test in (packed_files, archives, actions_zip, actions_zip_of_steps_only,
             unpacked_actions_zip, sidecars_and_archives,
             pattern_goes_into_archives,
             green_archives_are_not_unpacked_for_nothing, caps, bombs):
    test()
