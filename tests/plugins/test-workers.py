#!/usr/bin/env python3
# SPDX-License-Identifier: BSD-3-Clause
"""Plugins that misbehave cost their own unfinished work and no more."""
import os
import re
import sys
import tempfile
import time
import unittest

sys.path.insert(0, os.path.dirname(os.path.abspath(__file__)))
from driver import events, note, sanitized, sink, source, start  # noqa: E402

ITEMS = ["item-%d" % i for i in range(1, 11)]


# A slow machine may need more than the first to get to where it loops.
DEADLINES = (1, 5, 25)


class AnyItem:
    def __eq__(self, other):
        return str(other).startswith("item-")


class Workers(unittest.TestCase):
    def end(self, mode, how, text, *args, **more):
        raise NotImplementedError

    def end_late(self, mode, where, *args, **more):
        """As end(), of one that is there when its time is over."""
        for seconds in DEADLINES:
            try:
                return self.end(mode, "limit", r"^took longer than its %d s %s"
                                % (seconds, where), *args, deadline=seconds,
                                **more)
            except AssertionError:
                if seconds == DEADLINES[-1]:
                    raise


class Source(Workers):
    def end(self, mode, how, text, runs=None, item=None, spec=None, **more):
        """One naughty source between two good ones."""
        ev, err = events(dict({"instances": [
            source("good", "fine"), source("bad", mode, **more),
            source("other", "fine")]}, **(spec or {})))
        end = ev.ended("bad")
        self.assertEqual(end["how"], how, end)
        self.assertRegex(end.get("text", ""), text)
        self.assertNotIn("\n", end.get("text", ""))
        self.assertEqual(end.get("item"), item)
        if runs is not None:
            self.assertEqual(ev.runs("bad"), runs)
        for name in ("good", "other"):
            self.assertEqual(ev.ended(name)["how"], "ok")
            self.assertEqual(ev.runs(name), ITEMS)
            self.assertEqual(ev.cursor(name), "item-10")
        return ev, err

    def test_fine(self):
        ev, err = self.end("fine", "ok", "^$", ITEMS)
        self.assertEqual(err, "")
        red = [r for e in ev.of("bad").kind("batch")
               for r in e["frame"]["runs"] if r["id"] == "item-2"]
        self.assertIn("result", red[0])
        self.assertEqual(red[0]["outcome"], red[0]["result"]["outcome"])

    def test_crash_in_open(self):
        self.end("crash-open", "death", r"^died in open: SIGSEGV", [])

    def test_crash_in_collect(self):
        self.end("crash-collect", "death", r"^died in collect: SIGSEGV", [])

    def test_abort(self):
        self.end("abort-collect", "death", r"^died in collect: SIGABRT", [])

    def test_crash_in_close(self):
        self.end("crash-close", "death", r"^died in close: SIGSEGV", ITEMS)

    def test_crash_on_item_500(self):
        before = ["item-%d" % i for i in range(1, 500)]
        ev, _ = self.end("crash-item", "death",
                         r'^died in collect at item "item-500": SIGSEGV',
                         before, "item-500",
                         options={"items": 1000, "at": 500})
        self.assertEqual(ev.cursor("bad"), "item-499")

    def test_poisoned_item_is_skipped(self):
        ev, _ = self.end("crash-item", "ok", "^$", None, None,
                         options={"items": 1000, "at": 500},
                         skip=["item-500"])
        self.assertEqual(len(ev.runs("bad")), 999)
        self.assertNotIn("item-500", ev.runs("bad"))

    def test_again_in_the_same_pass(self):
        ev, _ = events({"again": "bad", "instances": [
            source("bad", "crash-item", options={"at": 5}),
            source("good", "fine")]})
        ends = ev.of("bad").kind("ended")
        self.assertEqual([e["how"] for e in ends], ["death", "ok"])
        self.assertEqual(ends[0]["item"], "item-5")
        self.assertEqual(ev.runs("bad"), ITEMS[:4] + ITEMS[:4] + ITEMS[5:])

    def test_endless_loops(self):
        self.end_late("loop-open", "in open$", [])
        self.end_late("loop-collect", "in collect$", [])
        self.end_late("loop-item", 'in collect at item "item-3"$',
                      ["item-1", "item-2"], "item-3", options={"at": 3})

    def test_exit(self):
        self.end("exit-open", "death",
                 r"^exited by itself in open \(status 0\)$", [])
        self.end("exit-collect", "death",
                 r"^exited by itself in collect \(status 0\)$", [])
        self.end("exit-close", "death",
                 r"^exited by itself in close \(status 0\)$", ITEMS)
        self.end("exit-7", "death",
                 r"^exited by itself in collect \(status 7\)$", [])

    def test_endless_stderr(self):
        _, err = self.end("stderr", "limit",
                          r"^wrote more than 1 MiB to stderr in collect$", [])
        self.assertIn("tocsin: bad: warning: what a day", err)
        self.assertLess(len(err.splitlines()), 210)

    def test_stderr_is_shown(self):
        _, err = self.end("stderr-little", "ok", "^$", ITEMS)
        self.assertEqual(err, "tocsin: bad: warning: a library says hello\n")

    def test_endless_frames(self):
        ev, _ = self.end("endless-runs", "limit",
                         r"^sent more than 1 MiB in collect", None,
                         AnyItem(),
                         spec={"output_max": 1 << 20})
        self.assertGreater(len(ev.runs("bad")), 100)

    def test_endless_logs(self):
        _, err = self.end_late("endless-logs", "in collect", ITEMS,
                               "item-10")
        self.assertLess(err.count("again"), 250)
        self.assertIn("more lines are not shown", err)

    def test_garbage(self):
        for mode in ("garbage", "garbage-json", "garbage-type",
                     "garbage-turn", "garbage-batch"):
            with self.subTest(mode):
                self.end(mode, "death", r"^sent nonsense in collect at item",
                         ITEMS, "item-10")

    def test_closed_wire(self):
        self.end("close-wire", "death", r"^closed its wire in collect",
                 ITEMS, "item-10")

    @unittest.skipIf(sanitized(), "no address space limit under sanitizers")
    def test_memory(self):
        self.end("memory", "limit",
                 r"^ran into its memory limit of 128 MiB in collect$", [],
                 memory=128 << 20)
        self.end("memory-checked", "fatal",
                 r'^gave up in collect: no memory is left$', [],
                 memory=128 << 20)

    def test_done(self):
        self.end("twice", "fatal", r"^collect called done twice$", ITEMS)
        self.end("never", "fatal", r"^collect returned without calling done",
                 ITEMS)
        self.end("wrong-op", "fatal",
                 r"^collect called done for operation \d+, which is not open",
                 ITEMS)
        self.end("bad-status", "fatal",
                 r"^collect called done with status 77$", ITEMS)
        self.end("done-and-return", "fatal",
                 r'^collect called done and then returned "retry" as well$',
                 ITEMS)
        self.end("minus", "fatal",
                 r"^collect returned -1, which is no status$", ITEMS)
        self.end("late", "fatal",
                 r"^close called done for operation", ITEMS)

    def test_statuses(self):
        self.end("retry", "retry", r"^could not finish in collect "
                 r"\(the next pass tries again\)$", ITEMS)
        self.end("fatal-open", "fatal",
                 r'^gave up in open: there is no such folder$', [])
        self.end("retry-open", "retry", r"^could not finish in open "
                 r"\(the next pass tries again\)$", [])
        self.end("minus-open", "fatal",
                 r"^open returned -1, which is no status$", [])

    def test_many_logs(self):
        self.end("many-logs", "fatal",
                 r"^collect has more logs open than it may$", ITEMS)

    def test_a_log_that_is_none(self):
        self.end("no-log", "fatal",
                 r"^collect wrote to a log that it had not begun$", ITEMS)

    def test_two_logs_at_a_time(self):
        self.end("two-logs", "ok", "^$", ITEMS + ["other", "one"])

    def test_bad_runs_are_left_out(self):
        _, err = self.end("bad-runs", "ok", "^$", ITEMS)
        self.assertEqual(err.count("a run was left out"), 4)

    def test_orphans_die(self):
        for mode, how in (("orphan", "ok"), ("orphan-crash", "death")):
            with self.subTest(mode), tempfile.TemporaryDirectory() as d:
                file = os.path.join(d, "pid")
                self.end(mode, how, "^", options={"pid_file": file})
                with open(file, encoding="ascii") as f:
                    pid = int(f.read())
                self.assertTrue(gone(pid), "the grandchild lives on")

    def test_dies_with_the_core(self):
        with start({"instances": [source("s", "loop-collect")]}) as p:
            pids = children(p.pid)
            p.kill()
            p.wait()
        self.assertEqual(len(pids), 1)
        self.assertTrue(gone(pids[0]), "the worker outlives the core")

    def test_nobody_is_needed(self):
        ev, _ = events({"instances": []})
        self.assertEqual(ev, [])

    def test_unknown_plugin(self):
        self.end("fine", "start", r'^plugin "nobody": no tocsin-nobody\.so in',
                 [], plugin="nobody")
        self.end("fine", "start", r'cannot be the name of a plugin', [],
                 plugin="../naughty")

    def test_wrong_kind(self):
        self.end("fine", "start",
                 r'^plugin naughty-sink is a sink; it belongs under "sinks"',
                 [], plugin="naughty-sink")

    def test_bad_option(self):
        self.end("fine", "start",
                 r'^drive\.yaml:1:1: plugin naughty has no option "itms"; '
                 r'did you mean "items"\?; '
                 r'a\.yaml:3:7: option "items" is no whole number$', [],
                 options={"items": "many", "itms": 3},
                 option_at={"items": "a.yaml:3:7"})

    def test_crash_when_loaded(self):
        self.end("fine", "death", r"^died while it was loaded: SIGABRT", [],
                 plugin="crash-load", options={})

    def test_store_fails(self):
        self.end("fine", "fatal",
                 r"^what it brought was not stored: the disk is full$",
                 spec={"store_fails": "bad"})

    def test_pass_deadline(self):
        ev, _ = events({"pass_ms": 500, "parallel": 1, "instances": [
            source("a", "loop-collect"), source("b", "fine")]})
        self.assertEqual(ev.ended("a")["how"], "limit")
        self.assertRegex(ev.ended("a")["text"], "no time left")
        self.assertRegex(ev.ended("b")["text"], "^was not started")

    def test_time_counts_from_the_start(self):
        slow = source("slow", "time", deadline=30)
        slow["plugin"] = "naughty-slow"
        pressed = dict(slow, name="pressed", deadline=600)
        ev, _ = events({"pass_ms": 60000, "instances": [slow, pressed]})
        for name, most in ("slow", 28), ("pressed", 58):
            left = int(ev.facts(name, "time")[0])
            self.assertGreater(left, 1)
            self.assertLessEqual(left, most)

    def test_parallel(self):
        names = ["s%d" % i for i in range(9)]
        ev, _ = events({"parallel": 2, "instances":
                        [source(n, "fine") for n in names]})
        for n in names:
            self.assertEqual(ev.runs(n), ITEMS)

    def test_options(self):
        ev, _ = events({"instances": [source("s", "options", dir="/conf",
                        options={"list": ["a", "c"], "path": "logs/x",
                                 "wait": "6h", "room": "64M",
                                 "yes": True})]})
        self.assertEqual(ev.ended("s")["how"], "ok")
        self.assertEqual(ev.facts("s", "list"), ["a", "c"])
        self.assertEqual(ev.facts("s", "path"), ["/conf/logs/x"])
        self.assertEqual(ev.facts("s", "wait"), ["21600"])
        self.assertEqual(ev.facts("s", "room"), ["67108864"])
        self.assertEqual(ev.facts("s", "yes"), ["true"])
        self.assertEqual(ev.facts("s", "items"), ["10"])
        self.assertEqual(ev.facts("s", "token"), [])

    def test_only_its_own(self):
        """Environment, descriptors, limits."""
        env = {"TOKEN_A": "aaa", "TOKEN_B": "bbb", "HOME": "/home/x",
               "TZ": "UTC"}
        ev, _ = events({"instances": [source("s", "inspect", options={
            "items": 0, "token_env": "TOKEN_A"})]}, env=env)
        self.assertEqual(ev.ended("s")["how"], "ok")
        names = {v.split("=")[0] for v in ev.facts("s", "env")}
        self.assertLessEqual(names, {
            "PATH", "LANG", "TZ", "TOCSIN_PLUGIN_PATH", "TOCSIN_DATA_DIR",
            "ASAN_OPTIONS", "LSAN_OPTIONS", "UBSAN_OPTIONS"})
        self.assertIn("PATH", names)
        fds = dict(f.split(" ", 1) for f in ev.facts("s", "fd"))
        self.assertEqual(sorted(fds), ["0", "1", "2", "3"])
        self.assertEqual(fds["0"], "/dev/null")
        self.assertEqual(fds["1"], "/dev/null")
        self.assertTrue(fds["3"].startswith("socket:"), fds)
        self.assertEqual(ev.facts("s", "group"), ["group 1"])
        limits = ev.facts("s", "limits")[0]
        self.assertTrue(limits.startswith("core 0 as "))
        if not sanitized():
            self.assertTrue(limits.endswith(" as %d" % (512 << 20)), limits)

    def test_secrets(self):
        secret = "hunter2-Zq7x9LmPw3"
        with tempfile.TemporaryDirectory() as d:
            file = os.path.join(d, "token")
            with open(file, "w", encoding="ascii") as f:
                f.write(secret + "\n")
            os.chmod(file, 0o600)
            spec = {"instances": [source("s", "secret-log", options={
                "token_file": file})]}
            ev, err = events(spec)
            self.assertNotIn(secret, str(ev) + err)
            self.assertEqual(ev.ended("s")["how"], "ok")
            self.assertIn("tocsin: s: ", err)
            os.chmod(file, 0o644)
            ev, err = events(spec)
            self.assertEqual(ev.ended("s")["how"], "start")
            self.assertRegex(ev.ended("s")["text"], "others can read")
            os.chmod(file, 0o600)
            with open(file, "w", encoding="ascii") as f:
                f.write("one\r\nX-Evil: two\n")
            ev, err = events(spec)
            self.assertRegex(ev.ended("s")["text"],
                             "holds a line break or a control character")
            self.assertNotIn("Evil", str(ev) + err)


def children(pid):
    """Those of pid, once there are any that run on their own."""
    for _ in range(6000):
        with open("/proc/%d/task/%d/children" % (pid, pid),
                  encoding="ascii") as f:
            pids = [int(p) for p in f.read().split()]
        for child in pids:
            with open("/proc/%d/cmdline" % child, "rb") as f:
                if b"--worker" not in f.read():
                    pids = []
        if pids:
            return pids
        time.sleep(0.01)
    return []


def gone(pid):
    """Dead, or a zombie that init has yet to collect."""
    for _ in range(3000):
        try:
            with open("/proc/%d/stat" % pid, encoding="ascii") as f:
                if re.match(r"\d+ \(.*\) [ZX]", f.read()):
                    return True
        except FileNotFoundError:
            return True
        time.sleep(0.01)
    return False


class Sink(Workers):
    def end(self, mode, how, text, delivered, **more):
        """delivered: per delivery, (status, died)."""
        ev, err = events({"instances": [
            sink("good", "fine"), sink("bad", mode, **more),
            source("builds", "fine")]})
        end = ev.ended("bad")
        self.assertEqual(end["how"], how, end)
        self.assertRegex(end.get("text", ""), text)
        got = [(e["status"], e["died"])
               for e in sorted(ev.of("bad").kind("delivered"),
                               key=lambda e: e["id"])]
        self.assertEqual(got, delivered)
        self.assertEqual([e["status"] for e in
                          ev.of("good").kind("delivered")], [0, 0, 0])
        self.assertEqual(ev.ended("good")["how"], "ok")
        self.assertEqual(ev.runs("builds"), ITEMS)
        return ev, err

    def test_fine(self):
        owners = [{"name": "core", "persons": ["ann"], "contacts": {}},
                  {"name": "none", "persons": [], "contacts": {}}]
        ev, err = self.end("fine", "ok", "^$", [(0, False)] * 3,
                           reach=owners)
        bad = ev.of("bad")
        self.assertEqual(bad.kind("ready")[0]["flags"], 1)
        self.assertEqual(bad.kind("ready")[0]["format"]["title_max"], 80)
        self.assertEqual([r["ok"] for r in bad.kind("reached")],
                         [True, False])
        remotes = bad.kind("remotes")[0]["remotes"]
        self.assertEqual(remotes, [{
            "ticket": "ticket-0", "remote_id": "7", "state": "open",
            "labels": ["bug"], "by": "somebody", "changed": 5}])
        self.assertIn("a remote was left out", err)
        self.assertEqual([r["receipt"]["remote_id"] for r in
                          bad.kind("delivered")],
                         ["1/ticket-%d/T%d/core" % (i, i)
                          for i in (1, 2, 3)])

    def test_lengths(self):
        ev, err = self.end("lengths", "ok", "^$", [(0, False)] * 3)
        said = ev.of("bad").kind("lengths")
        self.assertEqual(len(said), 1, "not behind observe")
        self.assertEqual((said[0]["title_max"], said[0]["body_max"]),
                         (40, 900))
        self.assertIn("a word on lengths was left out", err)

    def test_observe_quota(self):
        ev, _ = self.end("quota-observe", "ok", "^$", [(0, False)] * 3)
        seen = ev.of("bad").kind("observed")[0]
        self.assertEqual((seen["status"], seen["retry_after"]), (1, 90))

    def test_crash_in_open(self):
        self.end("crash-open", "death", "^died in open: SIGSEGV", [])

    def test_crash_in_observe(self):
        self.end("crash-observe", "death", "^died in observe: SIGSEGV", [])

    def test_observe_statuses(self):
        self.end("fatal-observe", "fatal", '^gave up in observe$',
                 [(1, False)] * 3)
        ev, _ = self.end("retry-observe", "ok", "^$", [(0, False)] * 3)
        self.assertEqual(ev.of("bad").kind("observed")[0]["status"], 1)

    def test_crash_in_can_reach(self):
        ev, _ = self.end("crash-reach", "death",
                         "^died in can_reach: SIGSEGV",
                         [(1, False)] * 3, reach=[note(1)["owner"]])
        # It has not said that it cannot.
        self.assertEqual(ev.of("bad").kind("reached"), [])

    def test_crash_in_deliver(self):
        self.end("crash-deliver", "death", "^died in deliver: SIGSEGV",
                 [(0, False), (1, True), (1, False)], options={"at": 2})

    def test_exit_in_deliver(self):
        self.end("exit-deliver", "death", "^exited by itself in deliver",
                 [(0, False), (1, True), (1, False)], options={"at": 2})

    def test_loop_in_deliver(self):
        self.end_late("loop-deliver", "in deliver$",
                      [(0, False), (1, True), (1, False)], options={"at": 2})

    def test_crash_in_close(self):
        self.end("crash-close", "death", "^died in close: SIGSEGV",
                 [(0, False)] * 3)

    def test_done_twice(self):
        # What was said first stands: the message is out.
        self.end("twice-deliver", "fatal", "^deliver called done twice$",
                 [(0, False), (0, False), (1, False)], options={"at": 2})

    def test_done_never(self):
        # Nobody knows whether the message is out.
        self.end("never-deliver", "fatal",
                 "^deliver returned without calling done",
                 [(0, False), (1, True), (1, False)], options={"at": 2})

    def test_receipt_without_id(self):
        self.end("nameless-deliver", "fatal",
                 '^deliver said "ok" without a remote_id$',
                 [(0, False), (1, True), (1, False)], options={"at": 2})

    def test_delivery_statuses(self):
        ev, _ = self.end("retry-deliver", "ok", "^$",
                         [(0, False), (1, False), (0, False)],
                         options={"at": 2})
        receipt = ev.of("bad").kind("delivered")[1]["receipt"]
        self.assertEqual(receipt["retry_after"], 60)
        self.assertEqual(receipt["text"], "slow down")
        self.end("reject-deliver", "ok", "^$",
                 [(0, False), (2, False), (0, False)], options={"at": 2})
        self.end("fatal-deliver", "fatal",
                 '^gave up in deliver: the token was revoked$',
                 [(0, False), (3, False), (1, False)], options={"at": 2})

    def test_idle_sinks_take_no_place(self):
        ev, _ = events({"parallel": 1, "instances": [
            sink("a", "fine"), sink("b", "fine"), source("s", "fine")]})
        self.assertEqual(ev.runs("s"), ITEMS)
        self.assertEqual(ev.ended("b")["how"], "ok")


if __name__ == "__main__":
    unittest.main()
