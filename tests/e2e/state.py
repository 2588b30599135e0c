#!/usr/bin/env python3
# SPDX-License-Identifier: BSD-3-Clause
"""A state that cannot be written, is damaged, or newer; two passes at once; a
clock that goes back; a disk that is full."""
import contextlib
import json
import os
import resource
import signal
import sqlite3

from world import World, has, main, ordinary


def two_passes_at_once():
    "two passes at once: the second leaves with 75 and says who holds the lock"
    with World() as w:
        w.run_of("r1")
        w.pass_at(0)
        lock = w.hold_lock()
        p = w.pass_at(1, 75)
        has(p.stderr, "another pass", str(os.getpid()))
        lock.close()
        w.pass_at(1)


def newer_state():
    "a state of a newer version is refused and left as it is"
    with World() as w:
        w.run_of("r1")
        w.pass_at(0)
        db = sqlite3.connect(w.path("state", "tocsin.db"))
        db.execute("pragma user_version=9999")
        db.commit()
        db.close()
        before = open(w.path("state", "tocsin.db"), "rb").read()
        p = w.pass_at(1, 3)
        has(p.stderr, "newer")
        assert open(w.path("state", "tocsin.db"), "rb").read() == before


def damaged_state():
    "a damaged state is named, and nothing is sent"
    with World() as w:
        w.red_twice()
        w.write("state/tocsin.db", "this is no database at all " * 400)
        p = w.pass_at(2, 3)
        has(p.stderr, "tocsin.db")
        assert w.messages() == []


def damaged_pages():
    "pages that a disk spoilt: it is said, and what was told stands"
    with World() as w:
        for i in range(60):
            for hour in range(2):
                w.run_of(f"r{i}-{hour}", hour=hour, project=f"acme/p{i}")
        w.pass_at(2)
        before = len(w.messages())
        path = w.path("state", "tocsin.db")
        db = sqlite3.connect(path)
        db.execute("pragma wal_checkpoint(truncate)")
        db.close()
        size = os.path.getsize(path)
        with open(path, "r+b") as f:
            for at in range(4096 * 2, size, 4096):
                f.seek(at)
                f.write(b"\xde\xad\xbe\xef" * 256)
        p = w.pass_at(50, 3)
        has(p.stderr, "tocsin.db", "damaged")
        assert len(p.stderr.splitlines()) < 4, p.stderr
        assert len(w.messages()) == before, w.messages()
        p = w.tocsin("status")
        assert p.returncode == 3, (p.returncode, p.stdout, p.stderr)
        has(p.stderr, "damaged")


def foreign_database():
    "somebody else's SQLite file is not taken for the state"
    with World() as w:
        db = sqlite3.connect(w.path("state", "tocsin.db"))
        db.execute("create table people(name text)")
        db.execute("insert into people values('alice')")
        db.commit()
        db.close()
        p = w.pass_at(0, 3)
        has(p.stderr, "tocsin.db")
        db = sqlite3.connect(w.path("state", "tocsin.db"))
        assert db.execute("select name from people").fetchall() == [("alice",)]


def read_only_state():
    "a state that may only be read: a pass says so, status works"
    with World() as w:
        w.red_twice()
        w.pass_at(2)
        for name in os.listdir(w.path("state")):
            os.chmod(w.path("state", name), 0o444)
        os.chmod(w.path("state"), 0o555)
        p = w.pass_at(3, None, preexec_fn=ordinary)
        assert p.returncode == 3, (p.returncode, p.stderr)
        has(p.stderr, "state/tocsin.db")
        p = w.tocsin("status", preexec_fn=ordinary)
        assert p.returncode == 0, p.stderr
        has(p.stdout, "acme/widget")
        os.chmod(w.path("state"), 0o755)


def small_files():
    signal.signal(signal.SIGXFSZ, signal.SIG_IGN)
    resource.setrlimit(resource.RLIMIT_FSIZE, (300000, 300000))


def full_disk():
    "no more room: the pass says so, and the state is whole afterwards"
    with World() as w:
        w.run_of("r0")
        w.pass_at(0)
        for i in range(1, 400):
            w.run_of(f"r{i}", hour=i, project=f"acme/p{i}")
        p = w.pass_at(500, None, preexec_fn=small_files)
        assert p.returncode in (1, 3), (p.returncode, p.stderr)
        assert p.stderr.strip(), "it says nothing"
        db = sqlite3.connect(w.path("state", "tocsin.db"))
        assert db.execute("pragma integrity_check").fetchone()[0] == "ok"
        db.close()
        w.pass_at(501)
        db = sqlite3.connect(w.path("state", "tocsin.db"))
        nr, = db.execute("select count(*) from run").fetchone()
        assert nr == 400, nr


def clock_goes_back():
    "a clock that goes back neither opens twice nor forgets"
    with World() as w:
        w.red_twice()
        w.pass_at(2)
        assert w.deliveries() == ["open"]
        w.pass_at(-48)
        w.pass_at(1)
        w.pass_at(3)
        assert w.deliveries() == ["open"], w.messages()
        w.run_of("r3", red=False, hour=3)
        w.pass_at(4)
        assert w.deliveries() == ["open", "resolve"]


def no_state_folder():
    "a state folder that is not there is named, with what to do"
    with World() as w:
        os.rmdir(w.path("state"))
        p = w.pass_at(0, 2)
        has(p.stderr, w.path("state"), "mkdir")
        assert not os.path.exists(w.path("state"))


def nothing_changed_prints_nothing():
    "a pass in which nothing changed prints nothing"
    with World() as w:
        w.red_twice()
        p = w.pass_at(2)
        has(p.stdout, "1 opened")
        p = w.pass_at(3)
        assert p.stdout == "" and p.stderr == "", p.stdout + p.stderr


def dry_run_persists_nothing():
    "a dry run prints the message and leaves no trace"
    with World() as w:
        w.red_twice()
        p = w.pass_at(2, 0, "--dry-run")
        has(p.stdout, "frobnicate")
        assert not os.path.exists(w.path("state", "tocsin.db"))
        assert not os.path.exists(w.path("out"))
        w.pass_at(2)
        assert w.deliveries() == ["open"]


def another_plugin():
    "a source that is of another plugin now gets nothing of the old one's"
    with World() as w:
        w.run_of("a1", hour=0)
        w.run_of("a2", hour=1)
        w.pass_at(2)
        text = open(w.config).read()
        db = w.path("state", "tocsin.db")

        def cursors():
            with contextlib.closing(sqlite3.connect(db)) as c:
                return c.execute("SELECT value FROM cursor WHERE instance ="
                                 " 'ci'").fetchall()
        was = cursors()
        assert was, "it leaves no cursor"
        w.write("tocsin.yaml", text.replace(
            "{plugin: logs, path: [%s]}" % w.path("logs"),
            "{plugin: bot-logs, checkout: %s, what: [versions]}"
            % w.path("logs")))
        has(w.pass_at(3, None).stderr, "ci: it is of plugin bot-logs now and "
            "was of logs")
        assert was != cursors(), cursors()
        w.write("tocsin.yaml", text)
        has(w.pass_at(4, None).stderr, "it is of plugin logs now")
        assert "of plugin" not in w.pass_at(5).stderr
        assert len(w.messages()) == 1, w.messages()


def nobody_tells():
    "what a source told that is there no more closes by an operator's word"
    with World() as w:
        os.makedirs(w.path("bot", "status"))
        w.write("bot/status/version_status.v2.json", json.dumps({
            "errors": {"delta": {"attempts": 30, "messages": ["boom"]}},
            "queued": {}}))
        w.write("bot/all_feedstocks.json", '{"archived": []}')
        text = open(w.config).read().replace(
            "{pushes: 2}", "{pushes: 2}, {attempts: 10}")
        logs = "{plugin: logs, path: [%s]}" % w.path("logs")
        bot = "{plugin: bot-logs, checkout: %s, what: [versions]}" \
            % w.path("bot")
        w.write("tocsin.yaml", text.replace(logs, bot))
        w.pass_at(0)
        w.pass_at(1)
        before = w.messages()
        assert len(before) == 1, before
        w.write("tocsin.yaml", text)
        has(w.pass_at(2).stderr, "of plugin logs now")
        assert w.pass_at(20).stderr == "", "a day is given"
        ask = "orphaned-entries: nobody tells of versions any more: its entries (1)"
        has(w.pass_at(27).stderr, ask)
        assert w.pass_at(28).stderr == "", "once a day"
        # Gone altogether.
        w.write("tocsin.yaml", text.replace(" ci:", " other:"))
        has(w.pass_at(52).stderr, ask)
        has(w.tocsin("approve", check=0).stdout,
            "ci versions: 1 of 1 entries vanished")
        w.tocsin("approve", "ci2", check=2)
        assert w.messages() == before, w.messages()
        w.tocsin("approve", "ci", "versions", "--now", "2026-08-03T04:00:00Z",
                 check=0)
        w.pass_at(53)
        new = w.messages()[len(before):]
        assert [m["delivery"] for m in new] == ["resolve"], new
        assert w.tocsin("approve", check=0).stdout == ""
        assert w.pass_at(54).stderr == ""


def nobody_runs():
    "what runs of a source say that was taken out closes by a word, too"
    with World() as w:
        w.red_twice()
        w.pass_at(2)
        before = w.messages()
        assert [m["delivery"] for m in before] == ["open"], before
        text = open(w.config).read()
        w.write("tocsin.yaml", text.replace(" ci:", " other:").replace(
            w.path("logs"), w.path("none")))
        os.makedirs(w.path("none"))
        w.pass_at(3)
        assert w.pass_at(20).stderr == "", "a day is given"
        ask = "orphaned-runs: it is not configured any more: what its runs " \
            "say stays open (1)"
        has(w.pass_at(28).stderr, ask)
        assert w.pass_at(29).stderr == "", "once a day"
        # It was taken out by mistake.
        w.write("tocsin.yaml", text)
        w.pass_at(30)
        assert w.tocsin("approve", check=0).stdout == ""
        w.write("tocsin.yaml", text.replace(" ci:", " other:").replace(
            w.path("logs"), w.path("none")))
        w.pass_at(31)
        assert w.pass_at(50).stderr == "", "a day is given again"
        has(w.pass_at(56).stderr, ask)
        has(w.tocsin("approve", check=0).stdout,
            "ci runs: 1 of 1 incidents nobody tells of")
        w.tocsin("approve", "ci", "--now", "2026-08-03T09:00:00Z", check=0)
        assert w.messages() == before, w.messages()
        w.pass_at(58)
        new = w.messages()[len(before):]
        assert [m["delivery"] for m in new] == ["resolve"], new
        assert w.tocsin("approve", check=0).stdout == ""
        assert w.pass_at(82).stderr == ""
        # The source comes back, and what is red by then is told.
        w.write("tocsin.yaml", text)
        w.pass_at(83)
        w.run_of("r9", hour=83)
        w.pass_at(84)
        assert len(w.messages()) == len(before) + 2, w.messages()


def project_gone():
    "what is open in a project that was deleted closes by a word"
    with World() as w:
        w.run_of("a")
        w.run_of("b", hour=1)
        w.pass_at(2)
        before = w.messages()
        assert len(before) == 1, before
        w.tocsin("approve", "ci", "acme/none", check=1)
        w.tocsin("approve", "other", "acme/widget", check=1)
        has(w.tocsin("approve", "ci", "acme/widget",
                     "--now", "2026-08-01T03:00:00Z", check=0).stdout,
            "ci acme/widget: 1 incidents are over")
        w.pass_at(4)
        new = w.messages()[len(before):]
        assert [(m["delivery"], m["project"]) for m in new] \
            == [("resolve", "acme/widget")], new
        w.tocsin("approve", "ci", "acme/widget", check=1)
        w.run_of("c", hour=40)
        w.pass_at(41)
        assert len(w.messages()) == len(before) + 2, w.messages()


def lost_state_adopts():
    "a lost state adopts what stands at the sink instead of writing it again"
    with World() as w:
        w.red_twice()
        w.pass_at(2)
        for name in os.listdir(w.path("state")):
            os.unlink(w.path("state", name))
        w.pass_at(3)
        opened = [m for m in w.messages()
                  if m["delivery"] == "open" and not m.get("adopted")]
        assert len(opened) == 1, w.messages()
        tickets = [n for n in os.listdir(w.path("out", "tickets"))
                   if n.endswith(".json")]
        assert len(tickets) == 1, tickets


main([two_passes_at_once, newer_state, damaged_state, damaged_pages,
      foreign_database, read_only_state, full_disk, clock_goes_back,
      no_state_folder,
      nothing_changed_prints_nothing, dry_run_persists_nothing,
      another_plugin, nobody_tells, nobody_runs,
      project_gone, lost_state_adopts])
