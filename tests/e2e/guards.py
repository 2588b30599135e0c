#!/usr/bin/env python3
# SPDX-License-Identifier: BSD-3-Clause
"""What stands between a decision and the outside world."""
import http.server
import json
import os
import sqlite3
import threading

from world import CONFIG, World, has, main, told

BASE = 1785542400
STORM = CONFIG.replace("policy:\n", "policy:\n"
                       "  budget: {{new_per_pass: unlimited, new_per_day: "
                       "unlimited, new_per_person_per_day: unlimited}}\n"
                       "  outbreak: {{projects: 1000}}\n")


def at(hour):
    return f"2026-08-{1 + hour // 24:02}T{hour % 24:02}:00:00Z"


def red(w, first, last, hour, red=True):
    for n in range(first, last):
        for k in (1, 2) if red else (3,):
            w.run_of(f"r{n}-{hour}-{k}", red=red, hour=hour - 2 + k / 10,
                     project=f"acme/p{n}")


def ops(w):
    out = {}
    for m in w.messages():
        out[m["delivery"]] = out.get(m["delivery"], 0) + 1
    return out


def reasons(w):
    v = json.loads(w.tocsin("status", "--json").stdout)
    return {t.get("project"): t["reason"] for t in v["tickets"]}


def too_many_at_once():
    "a pass that would create more than 20 creates none until a word is given"
    with World(config=STORM, more="operators: {owner: core, via: [issues]}\n"
               ) as w:
        red(w, 0, 20, 2)
        w.pass_at(2)
        assert ops(w) == {"open": 20}, ops(w)
        red(w, 20, 45, 3)
        p = w.pass_at(3, 1)
        # Tocsin's own trouble is told, and nothing else
        assert ops(w) == {"open": 21}, ops(w)
        has(p.stderr, "breaker:create", "tocsin approve issues create")
        has(told(w)[-1][1], "tocsin approve issues create")
        assert reasons(w)["acme/p30"] == "breaker", reasons(w)
        has(w.tocsin("explain", "--project", "acme/p30", "--category",
                     "compile/error", check=0).stdout, "breaker")
        has(w.tocsin("status").stdout, "issues: 25 writes of kind create wait",
            "tocsin approve issues create")
        v = json.loads(w.tocsin("approve", "--json", check=0).stdout
                       .splitlines()[0])
        assert (v["sink"], v["kind"], v["wanted"], v["allowed"]) == (
            "issues", "create", 25, 20), v
        w.tocsin("approve", "issues", "close", check=1)
        w.tocsin("approve", "issues", "create", "--now", at(3), check=0)
        p = w.pass_at(4)
        assert ops(w)["open"] == 46, ops(w)
        assert reasons(w)["acme/p30"] == "opened", reasons(w)
        w.pass_at(5)
        v = [json.loads(x) for x in
             w.tocsin("approve", "--json", check=0).stdout.splitlines()]
        assert not v, v
        v = json.loads(w.tocsin("status", "--json", "--now", at(5)).stdout)
        assert v["guards"]["written"]["issues"]["create"] == 45, v["guards"]


def closing_too():
    "closings are counted too, and a word expires"
    with World(config=STORM) as w:
        for part in range(2):
            red(w, part * 15, part * 15 + 15, 2 + part)
            w.pass_at(2 + part)
        assert ops(w) == {"open": 30}
        red(w, 0, 30, 5, red=False)
        w.pass_at(5, 1)
        assert ops(w) == {"open": 30}, ops(w)
        w.tocsin("approve", "issues", "--now", at(5), check=0)
        w.pass_at(5 + 49, 1)        # the word held for two days
        assert ops(w) == {"open": 30}, ops(w)
        w.tocsin("approve", "issues", "--now", at(54), check=0)
        w.pass_at(55)
        assert ops(w) == {"open": 30, "resolve": 30}, ops(w)


def a_word_is_no_blank_cheque():
    "a word is good for what waited, not for a storm that comes behind it"
    with World(config=STORM) as w:
        red(w, 0, 25, 2)
        w.pass_at(2, 1)
        w.tocsin("approve", "issues", "create", "--now", at(2), check=0)
        red(w, 25, 90, 3)
        w.pass_at(3, 1)
        assert ops(w) == {}, ops(w)


def what_is_ordinary():
    "the busiest day of 14 says what is ordinary; what a word let through does not"
    few = "guards: {breaker: {at_least: 4}}\n"
    with World(config=STORM, more=few) as w:
        red(w, 0, 4, 2)
        w.pass_at(2)
        red(w, 4, 7, 3)
        w.pass_at(3)                # 7 on this day, in two passes
        red(w, 7, 28, 27)
        w.pass_at(27)               # three times 7 is 21
        assert ops(w) == {"open": 28}, ops(w)
        red(w, 28, 98, 51)
        w.pass_at(51, 1)            # three times 21 is 63
        assert ops(w) == {"open": 28}, ops(w)
        w.tocsin("approve", "issues", "create", "--now", at(51), check=0)
        w.pass_at(52)
        assert ops(w) == {"open": 98}, ops(w)
        red(w, 98, 162, 75)
        w.pass_at(75, 1)            # 70 were no ordinary day
        assert ops(w) == {"open": 98}, ops(w)
        v = json.loads(w.tocsin("approve", "--json").stdout)
        assert (v["wanted"], v["allowed"]) == (64, 63), v


def drop_by_drop():
    "a storm that comes in small passes is one by the end of the day"
    with World(config=STORM) as w:
        for part in range(4):
            red(w, part * 18, part * 18 + 18, 2 + part)
            w.pass_at(2 + part, 0 if part < 3 else 1)
        assert ops(w) == {"open": 54}, ops(w)
        w.pass_at(25)               # the next day
        assert ops(w) == {"open": 72}, ops(w)


def dry():
    "a dry run says that the breaker would trip, and leaves no trace"
    with World(config=STORM) as w:
        red(w, 0, 30, 2)
        p = w.pass_at(2, 0, "--dry-run")
        has(p.stderr, "30 writes of kind create", "tocsin approve issues")
        assert not os.path.exists(w.path("state", "tocsin.db"))


def unlimited():
    "it can be switched off, and is not there before arming"
    more = "guards: {breaker: {at_least: unlimited}}\n"
    for config, extra in ((STORM, more), (STORM.replace("armed: true",
                                                        "armed: false"), "")):
        with World(config=config, more=extra) as w:
            red(w, 0, 30, 2)
            w.pass_at(2)
            assert ops(w) == {"open": 30}, ops(w)


def kill_switch():
    "while the file is there the pass collects and decides, and writes nothing"
    with World(more="guards: {kill_switch: state/stop}\n") as w:
        w.run_of("a1", hour=0)
        w.run_of("a2", hour=1)
        w.write("state/stop", "")
        p = w.pass_at(2, 1)
        has(p.stderr, "kill switch:", "1 write held", "state/stop")
        assert ops(w) == {} and reasons(w) == {"acme/widget": "kill-switch"}
        assert w.pass_at(3, 1).stderr == ""
        has(w.pass_at(27, 1).stderr, "kill switch:")
        has(w.tocsin("status").stdout, "Kill switch: ", "nothing is written")
        v = json.loads(w.tocsin("status", "--json").stdout)["guards"]
        assert v["kill_switch"]["on"] and v["kill_switch"]["since"], v
        os.unlink(w.path("state", "stop"))
        p = w.pass_at(28)
        has(p.stderr, "off again")
        assert ops(w) == {"open": 1}, ops(w)
        assert reasons(w) == {"acme/widget": "opened"}
        # one that cannot be looked for is one that is there
        os.symlink("loop", w.path("state", "loop"))
        config = open(w.config).read().replace("state/stop", "state/loop/x")
        w.write("tocsin.yaml", config)
        w.run_of("a3", red=False, hour=28)
        w.pass_at(29, 1)
        assert ops(w) == {"open": 1}, ops(w)


def heartbeat():
    "the heartbeat is the time of the last pass that finished"
    with World(more="heartbeat_file: state/alive\n") as w:
        w.pass_at(2)
        w.pass_at(3, 0, "--dry-run")
        with open(w.path("state", "alive")) as f:
            assert f.read().strip() == at(2)
        lock = w.hold_lock()
        w.pass_at(4, 75)
        lock.close()
        with open(w.path("state", "alive")) as f:
            assert f.read().strip() == at(2)


class Watch(http.server.BaseHTTPRequestHandler):
    status, asked = 200, []

    def do_GET(self):
        self.asked.append(self.path)
        self.send_response(self.status)
        self.send_header("Content-Length", "0")
        self.end_headers()

    def log_message(self, *args):
        pass


def heartbeat_url():
    "an address is asked for by each pass that finished, and is not said"
    server = http.server.HTTPServer(("127.0.0.1", 0), Watch)
    threading.Thread(target=server.serve_forever, daemon=True).start()
    url = "http://127.0.0.1:%d/ping/s3cr3t" % server.server_port
    try:
        with World(more="heartbeat: %s\n" % url) as w:
            w.pass_at(2)
            w.pass_at(3, 0, "--dry-run")
            assert Watch.asked == ["/ping/s3cr3t"], Watch.asked
            Watch.status = 404
            p = w.pass_at(4, 1)
            has(p.stderr, "heartbeat: ", "404")
            assert "s3cr3t" not in p.stderr, p.stderr
    finally:
        server.shutdown()
        server.server_close()


def mentions():
    "many small kinds together call too many people"
    with World(config=STORM.replace("policy:\n", "policy:\n  remind: 1d\n"),
               more="guards: {breaker: {at_least: 5, times: 1}}\n") as w:
        red(w, 0, 4, 2)
        w.pass_at(2)
        assert ops(w) == {"open": 4}
        red(w, 10, 14, 27)          # 4 created, 4 reminded: 8 mentions
        p = w.pass_at(27, 1)
        has(p.stderr, "breaker:mention")
        assert ops(w) == {"open": 4}, ops(w)
        w.tocsin("approve", "issues", "mention", "--now", at(27), check=0)
        w.pass_at(28)
        assert ops(w) == {"open": 8, "remind": 4}, ops(w)


OWNED = CONFIG.replace("owner: core", "owner: maintainers") + """owners:
  - {{project: '*/*', owners: ['@alice', '@acme/team']}}
"""


def redirected():
    "all goes to one place under a title that says whose it is; nobody is called"
    with World(config=OWNED, more="fallback: {owner: core, via: [issues]}\n"
               ) as w:
        config = open(w.config).read()
        flavour = config.replace("plugin: file,",
                                 "plugin: file, flavour: github-markdown,")
        w.write("tocsin.yaml", flavour.replace(
            "plugin: file,", "plugin: file, redirect: acme/sandbox,"))
        w.run_of("a1", hour=0)
        w.run_of("a2", hour=1)
        w.pass_at(2)
        front, body = told(w)[0]
        assert front["project"] == "acme/sandbox", front
        assert front["title"].startswith("[for acme/widget] "), front
        assert front["owner"]["persons"] == [], front["owner"]
        assert set(front["owner"]["contacts"].values()) == {"acme/sandbox"}
        for i, c in enumerate(body):    # every @ is dead
            assert c != "@" or body[i + 1] == "\u200b", body
        # back to the real place: known, told nowhere, and no id goes along
        w.write("tocsin.yaml", flavour)
        w.pass_at(3)
        assert ops(w) == {"open": 1}, ops(w)
        assert reasons(w) == {"acme/widget": "backlog"}, reasons(w)
        db = sqlite3.connect(w.path("state", "tocsin.db"))
        row = db.execute("select have, remote_id from outbox").fetchone()
        db.close()
        assert row[1] is None or row[0] == "open", row
        w.tocsin("backlog", "release", "--all", check=0)
        w.pass_at(30)
        front, body = told(w)[-1]
        assert front["project"] == "acme/widget", front
        assert not front["title"].startswith("["), front
        has(body, "@alice")


main([too_many_at_once, closing_too, a_word_is_no_blank_cheque,
      what_is_ordinary, drop_by_drop, dry, unlimited, kill_switch,
      redirected, heartbeat, heartbeat_url, mentions])
