#!/usr/bin/env python3
# SPDX-License-Identifier: BSD-3-Clause
"""What operators say in the middle of a pass: it is taken at once, without
waiting for the pass, and counts before the next message is sent. A worker
waits at a FIFO until all was said, so nothing depends on time."""
import contextlib
import json
import os
import signal
import subprocess

from world import CONFIG, TOCSIN, World, has, main

PLUGINS = os.path.join(os.environ["TOCSIN_BUILD"], "tests", "plugins",
                       ".libs")
GATE = CONFIG.replace("sources:\n", """plugin_path: [%s]
sources:
  gate: {{plugin: naughty, mode: gate, path: {dir}/gate}}
""" % PLUGINS)
SINK = CONFIG.replace("sources:\n", "plugin_path: [%s]\nsources:\n"
                      % PLUGINS).replace(
    "{{plugin: file, dir: {dir}/out}}",
    "{{plugin: naughty-sink, mode: gate, path: {dir}/gate}}").replace(
    "policy:\n", "policy:\n  budget: {{new_per_pass: 9, new_per_day: 9,"
    " new_per_person_per_day: 9}}\n")


def time_of(hour):
    return f"2026-08-0{1 + hour // 24}T{hour % 24:02}:00:00Z"


class Pass:
    def __init__(self, w, hour):
        self.p = subprocess.Popen(
            [TOCSIN, "-c", w.config, "run", "--now", time_of(hour)],
            stdout=subprocess.PIPE, stderr=subprocess.PIPE, text=True)
        self.stdout = self.stderr = None


@contextlib.contextmanager
def held(w, hour):
    """A pass that stands at the gate while the block runs."""
    if not os.path.exists(w.path("gate")):
        os.mkfifo(w.path("gate"))
    run = Pass(w, hour)
    signal.alarm(240)           # a pass that never gets there ends the test
    fd = os.open(w.path("gate"), os.O_WRONLY)   # returns when it is there
    try:
        yield run
        assert run.p.poll() is None, "the pass did not wait"
    finally:
        os.close(fd)
        run.stdout, run.stderr = run.p.communicate(timeout=120)
        signal.alarm(0)
    assert run.p.returncode == 0, (run.p.returncode, run.stderr)


def silence(w, project, hour):
    return w.tocsin("silence", "add", "--project", project, "--comment",
                    "known", "--for", "2d", "--now", time_of(hour), check=0)


def silence_while_collecting():
    "a silence added while sources are read keeps this pass quiet"
    with World(config=GATE) as w:
        w.red_twice()
        with held(w, 2):
            silence(w, "acme/*", 2)
            p = w.tocsin("silence", "list", "--now", time_of(2), check=0)
            has(p.stdout, "known", "acme/*")
        assert w.messages() == [], w.messages()
        with held(w, 3):
            w.tocsin("silence", "expire", p.stdout.split()[0], "--now",
                     time_of(3), check=0)
        assert w.deliveries() == ["open"]


def silence_while_sending():
    "one added while the first message is sent stops the second"
    with World(config=SINK) as w:
        for project in ("acme/one", "acme/two"):
            for hour in range(2):
                w.run_of(f"{project[5:]}{hour}", hour=hour, project=project)
        with held(w, 2) as run:
            silence(w, "acme/*", 2)
        has(run.stdout, "1 opened")
        p = w.pass_at(3)
        assert "opened" not in p.stdout, p.stdout


def backlog_released():
    "a release in the middle of a pass is told, once"
    with World(config=GATE) as w:
        text = open(w.config).read()
        w.write("tocsin.yaml", text.replace("armed: true", "armed: false")
                .replace("via: [issues]", "via: []"))
        w.red_twice()
        with held(w, 2):
            pass
        w.write("tocsin.yaml", text)
        with held(w, 5):
            pass
        assert w.messages() == []
        has(w.tocsin("backlog", "list", check=0).stdout, "acme/widget")
        with held(w, 6):
            p = w.tocsin("backlog", "release", "--project", "acme/*",
                         check=0)
            has(p.stdout, "1 released")
        with held(w, 7):
            pass
        assert w.deliveries() == ["open"]


def approved():
    "a mass vanishing that is approved in the middle of a pass is taken"
    config = GATE.replace("sources:\n", "sources:\n  bot: {{plugin: bot-logs,"
                          " status: {dir}/s.json}}\n")

    def status(w, n):
        w.write("s.json", json.dumps({"errors": {
            f"p{i}": {"attempts": 20, "kind": "bot-error",
                      "messages": ["boom"]} for i in range(n)}}))

    with World(config=config) as w:
        for hour, n in enumerate((40, 10, 10, 10)):
            status(w, n)
            with held(w, hour):
                pass
        has(w.tocsin("approve", check=0).stdout, "30 of 40")
        with held(w, 4):
            w.tocsin("approve", "bot", "versions", "--now", time_of(4),
                     check=0)
        for hour in (5, 6):
            with held(w, hour):
                pass
        assert w.tocsin("approve", check=0).stdout == ""
        has(w.tocsin("status", "--all", check=0).stdout, "p3")
        assert "p30" not in w.tocsin("status", "--all", check=0).stdout


def reading_and_a_second_pass():
    "status and explain work meanwhile; a second pass leaves with 75"
    with World(config=GATE) as w:
        w.red_twice()
        with held(w, 2):
            pass
        ticket = w.messages()[0]["ticket"]
        with held(w, 3) as run:
            has(w.tocsin("status", check=0).stdout, "acme/widget")
            has(w.tocsin("explain", ticket, check=0).stdout, "acme/widget")
            p = w.pass_at(3, 75)
            has(p.stderr, "another pass")
        assert run.stderr == "", run.stderr


main([silence_while_collecting, silence_while_sending, backlog_released,
      approved, reading_and_a_second_pass])
