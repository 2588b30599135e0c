#!/usr/bin/env python3
# SPDX-License-Identifier: BSD-3-Clause
"""Files that are broken, hostile or gone: each costs itself alone."""
import bz2
import lzma
import os
import sys

sys.dont_write_bytecode = True
sys.path.insert(0, os.path.dirname(os.path.abspath(__file__)))
from archives_make import make_tar, make_zip
from harness import Folder, gz, holds, same, sha

TEXT = os.urandom(300000).hex().encode()


def with_next(f, *options, **more):
    """A pass that must still read the good file beside the bad ones."""
    f.put("zz-good.log", b"good\n")
    said = f.collect("path=@", "project=a/b", *options, **more)
    same(said.logs()["zz-good"]["text"], "good\n", "the good one")
    return said


def empty_file():
    with Folder() as f:
        f.put("empty.log", b"")
        f.put("empty.gz", gz(b""))
        said = with_next(f)
        same(sorted(l["bytes"] for l in said.of("log")), [0, 0, 5], "logs")
        holds(said.notice("empty"), "empty.log: is empty", "said")


def binary_files():
    with Folder() as f:
        for name, data in (("nul.log", bytes(5000)),
                           ("all.log", bytes(range(256)) * 100),
                           ("utf16.log", "text\r\n".encode("utf-16") * 999),
                           ("elf.log", b"\x7fELF" + os.urandom(9999)),
                           ("pk.log", b"PK\x03\x04 is no zip"),
                           ("gz.log", b"\x1f\x8b")):
            f.put(name, data)
        said = with_next(f)
        logs = said.logs()
        same(logs["nul"]["sha256"], sha(bytes(5000)), "NULs")
        same(logs["all"]["sha256"], sha(bytes(range(256)) * 100), "bytes")
        same(logs["utf16"]["bytes"], len("text\r\n".encode("utf-16")) * 999,
             "UTF-16")


def one_long_line():
    with Folder() as f:
        f.put("long.log", b"x" * (50 << 20))
        said = with_next(f)
        same(said.logs()["long"]["bytes"], 50 << 20, "bytes")


def cut_gzip():
    """What is there is read to the last byte, also of a short one."""
    for text in (TEXT, os.urandom(2000).hex().encode()):
        packed = gz(text)
        with Folder() as f:
            f.put("cut.log.gz", packed[:len(packed) * 2 // 3])
            said = with_next(f)
            log = said.logs()["cut"]
            same(0 < log["bytes"] < len(text), True, "some of it")
            same(log["sha256"], sha(text[:log["bytes"]]), "its start")
            same(log["bytes"] * 3 > len(text), True, "most of it")
            holds(said.notice("damaged"), "cut.log.gz: is cut off", "said")


def other_cuts():
    zipped = make_zip([("a.log", TEXT), ("b.log", TEXT)])
    for name, data in (("cut.xz", lzma.compress(TEXT)[:-5000]),
                       ("cut.bz2", bz2.compress(TEXT, 1)[:-5000]),
                       ("cut.tar", make_tar([("a.log", TEXT),
                                             ("b.log", TEXT)])[:-400000]),
                       ("cut.zip", zipped[:len(zipped) * 3 // 4]),
                       ("cut.tar.gz", make_tar([("a.log", TEXT)],
                                               "w:gz")[:-9000])):
        with Folder() as f:
            f.put(name, data)
            said = with_next(f)
            holds(said.notice("damaged"), name + ": ", name)
            same(len(said.of("log")) >= 2, True, "what there is: " + name)
            same(said.of("log")[0]["bytes"] > 0, True, name)


def damaged_middle():
    packed = bytearray(gz(TEXT))
    packed[len(packed) // 2] ^= 0xff
    with Folder() as f:
        f.put("bad.log.gz", bytes(packed))
        holds(with_next(f).notice("damaged"), "bad.log.gz: is damaged",
              "said")


def links_and_devices():
    with Folder() as f:
        f.put("real/x.log", b"x\n")
        os.symlink(".", f.path("real/loop"))
        os.symlink("..", f.path("real/up"))
        os.symlink("/etc/passwd", f.path("real/passwd.log"))
        os.symlink("x.log", f.path("real/y.log"))
        os.mkfifo(f.path("real/fifo.log"))
        said = with_next(f)
        same(sorted(said.logs()), ["x", "zz-good"], "logs")
        same(said.notice("not-a-file"),
             f.path("real/fifo.log") + ": not a regular file", "fifo alone")
        same(said.notice("unreadable"), None, "links are no trouble")
        said = f.collect("path=@/real/fifo.log", "project=a/b")
        holds(said.notice("not-a-file"), "fifo.log: not a regular", "named")
        said = f.collect("path=/dev/zero", "project=a/b")
        holds(said.notice("not-a-file"), "/dev/zero", "device")
        os.symlink("real", f.path("link"))
        said = f.collect("path=@/link", "project=a/b")
        same(list(said.logs()), ["x"], "the path itself may be a link")


def unreadable():
    if os.geteuid() == 0:
        return
    with Folder() as f:
        os.chmod(f.put("secret.log"), 0)
        f.put("closed/x.log")
        os.chmod(f.path("closed"), 0)
        text = with_next(f).notice("unreadable")
        holds(text, "secret.log: Permission denied", "file")
        holds(text, "closed: Permission denied", "folder")


def many_troubles_are_one_notice():
    with Folder() as f:
        for i in range(10):
            os.mkfifo(f.path("%d.log" % i))
        text = with_next(f).notice("not-a-file")
        holds(text, "; and 7 more", "count")


def hostile_names():
    names = [b"new\nline.log", b"esc\x1b[31m.log", b"bad\xff\xfe.log",
             "c1\x9b.log".encode(), b"tab\t.log", b"back\\x0aslash.log",
             b"%s%n.log", "größe.log".encode()]
    with Folder() as f:
        for name in names:
            open(os.path.join(f.dir.encode(), name), "wb").write(b"x\n")
        said = with_next(f)
        same(len(said.of("log")), len(names) + 1, "all are read")
        same(len(set(said.items())), len(names) + 1, "ids differ")
        for text in said.items() + [r["job"] for r in said.runs()]:
            same([c for c in text if ord(c) < 32 or 127 <= ord(c) < 160],
                 [], "no control character")
        same("größe" in said.logs(), True, "fine names stay")
    with Folder() as f:
        f.put("acme/a\nb/x.log")
        said = f.collect("path=@", "pattern={owner}/{project}/{job}.log")
        same(said.runs(), [], "refused")
        holds(said.notice("unassigned"), "a control character", "said")


def hostile_members():
    members = [("../../../../etc/passwd", b"up\n"), ("/abs/x.log", b"abs\n"),
               ("a\nb.log", b"nl\n"), ("./././dot.log", b"dot\n"),
               ("größe.log", b"umlaut\n"), ("x" * 5000 + ".log", b"long\n")]
    for name, data in (("m.zip", make_zip(members)),
                       ("m.tar", make_tar(members))):
        with Folder() as f:
            f.put(name, data)
            said = with_next(f)
            jobs = said.logs()
            same({"passwd", "x", "a\\x0ab", "dot", "größe", "zz-good",
                  "x" * 5000} - set(jobs), set(), name)
            same(any(".." in i for i in said.items()), False, "tame")
            same(sorted(os.listdir(f.dir)), [name, "zz-good.log"],
                 "nothing was written")


def poisoned():
    with Folder() as f:
        bad = f.put("bad.log", b"kills\n")
        tar = f.put("t.tar", make_tar([("a.log", b"a\n"), ("b.log", b"b\n")]))
        said = with_next(f, flags=["--skip", bad, "--skip", tar + "!a.log"])
        same(sorted(said.logs()), ["b", "zz-good"], "left out")


def a_path_is_gone():
    """One path of several is gone."""
    with Folder() as f:
        f.put("a.log")
        said = f.collect("path=@/a.log", "path=@/b.log", "project=a/b")
        same(list(said.logs()), ["a"], "the one that is there")
        holds(said.notice("unreadable"), "b.log: No such file", "the other")


for test in (empty_file, binary_files, one_long_line, cut_gzip, other_cuts,
             damaged_middle, links_and_devices, unreadable,
             many_troubles_are_one_notice, hostile_names, hostile_members,
             poisoned, a_path_is_gone):
    test()
