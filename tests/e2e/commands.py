#!/usr/bin/env python3
# SPDX-License-Identifier: BSD-3-Clause
"""The commands as an operator uses them."""
import json
import os
import subprocess

from world import CONFIG, TOCSIN, World, has, main, told


def story(w):
    w.red_twice()
    w.pass_at(2)


def status_tells():
    "status: what, where, for whom; JSON is JSON"
    with World() as w:
        story(w)
        p = w.tocsin("status", "--now", "2026-08-01T02:00:00Z", check=0)
        has(p.stdout, "acme/widget", "core", "frobnicate")
        v = json.loads(w.tocsin("status", "--json", check=0).stdout)
        assert len(v["tickets"]) == 1
        t = v["tickets"][0]
        assert t["state"] == "open" and t["owner"] == "core"
        assert t["sinks"][0]["have"] == "open"
        assert v["armed"] is True


def max_age():
    "status --max-age exits 1 when the last pass is too old"
    with World() as w:
        story(w)
        w.tocsin("status", "--max-age", "2h", "--now",
                 "2026-08-01T03:00:00Z", check=0)
        p = w.tocsin("status", "--max-age", "2h", "--now",
                     "2026-08-01T04:00:01Z", check=1)
        has(p.stderr, "no pass has finished")
        w.tocsin("status", "--max-age", "soon", check=2)


def global_options():
    "-v and -D may stand behind the command, as -c may"
    with World() as w:
        w.run_of("r1")
        p = w.tocsin("run", "-D", "ci", "--now", "2026-08-01T01:00:00Z",
                     check=0)
        has(p.stderr, "in collect", "said run {", "said done {")
        w.tocsin("status", "-v", "--verbose", check=0)
        p = w.tocsin("status", "-D")
        assert p.returncode == 2 and "invalid option" in p.stderr, p.stderr


def no_state_yet():
    "status before the first pass says so"
    with World() as w:
        p = w.tocsin("status")
        assert p.returncode != 0 and "tocsin.db" in p.stderr, p.stderr


def incident_and_explain():
    "incident show and explain take what status prints"
    with World() as w:
        story(w)
        t = json.loads(w.tocsin("status", "--json").stdout)["tickets"][0]
        for ident in (t["incidents"][0], t["ticket"][:8]):
            p = w.tocsin("incident", "show", ident, check=0)
            has(p.stdout, "acme/widget", "linux_64", "2 pushes")
            p = w.tocsin("explain", ident, check=0)
            has(p.stdout, "opened", "tocsin.yaml:", "acme/widget")
        v = json.loads(w.tocsin("incident", "show", "--json",
                                t["incidents"][0]).stdout)
        assert v["pushes"] == 2 and v["standing"] is True
        w.tocsin("incident", "show", "ffffffff", check=1)
        w.tocsin("explain", "ffffffff", check=1)


def made_up():
    "explain of a made-up incident names route and owner, without a state"
    with World() as w:
        p = w.tocsin("explain", "--project", "acme/other", "--category",
                     "compile/error", check=0)
        has(p.stdout, "takes routes[0] at ", "tocsin.yaml:",
            "told after 2 red pushes", "owner       core: corey",
            "via         issues")
        assert "{" not in p.stdout, p.stdout
        assert not os.path.exists(w.path("state", "tocsin.db"))


def another_sink():
    "a sink that the route drops is told that it stands, and not that it is over"
    with World() as w:
        story(w)
        text = open(w.config).read()
        w.write("tocsin.yaml", text.replace("via: [issues]", "via: [chat]")
                .replace("sinks:\n", "sinks:\n  chat: {plugin: file, dir: %s}\n"
                         % w.path("chat")))
        w.pass_at(3)
        front, body = told(w)[-1]
        assert front["delivery"] == "resolve", front
        has(body, "This is not told here any more", "It still stands:")
        assert "is over" not in body, body


def not_sent():
    "what no sink has taken is not called held back"
    with World() as w:
        w.write("out", "a file where a folder should be")
        w.red_twice()
        w.pass_at(2, check=1)
        p = w.tocsin("status", "--all")
        has(p.stdout, "not sent yet: tocsin outbox list",
            "Not sent yet (tocsin outbox list): 1")
        assert "eld back" not in p.stdout, p.stdout


def silences():
    "a silence is added, listed, keeps quiet, and expires"
    with World() as w:
        w.tocsin("silence", "add", "--project", "acme/*", check=2)
        w.tocsin("silence", "add", "--comment", "x", "--for", "1d", check=2)
        for match in (["--project", "acme"], ["--project", "acme/["],
                      ["--job", "{a"]):
            p = w.tocsin("silence", "add", *match, "--comment", "x", "--for",
                         "1d", check=2)
            has(p.stderr, match[0])
        w.tocsin("silence", "add", "--project", "acme/*", "--comment",
                 "known", "--for", "2d", "--now", "2026-08-01T00:00:00Z",
                 check=0)
        p = w.tocsin("silence", "list", "--now", "2026-08-01T01:00:00Z",
                     check=0)
        has(p.stdout, "known", "acme/*")
        story(w)
        assert w.messages() == []
        number = p.stdout.split()[0]
        w.tocsin("silence", "expire", "77", "--now", "2026-08-01T02:30:00Z",
                 check=1)
        w.tocsin("silence", "expire", number, "--now",
                 "2026-08-01T02:30:00Z", check=0)
        w.pass_at(3)
        assert w.deliveries() == ["open"]


def backlog():
    "what stood before arming is listed, and told when released"
    with World() as w:
        text = open(w.config).read()
        # The file sink is local: a sink that may be told only when armed
        # is stood in for by having none until then.
        w.write("tocsin.yaml", text.replace("armed: true", "armed: false")
                .replace("via: [issues]", "via: []"))
        story(w)
        w.write("tocsin.yaml", text)
        w.pass_at(5)
        p = w.tocsin("backlog", "list", check=0)
        has(p.stdout, "acme/widget main\n", "\n              compiling fails: ",
            "since 1 Aug 2026, for core")
        p = w.tocsin("backlog", "list", "--json", check=0)
        v = json.loads(p.stdout)
        assert v["cause"].startswith("compiling fails: "), v
        assert w.messages() == [], w.messages()
        w.tocsin("backlog", "release", check=2)
        p = w.tocsin("backlog", "list", "--project", "acme", check=2)
        has(p.stderr, "write '*/acme'")
        p = w.tocsin("backlog", "release", "0123456789ab", check=1)
        has(p.stderr, "nothing of the backlog")
        p = w.tocsin("backlog", "release", "--project", "acme/*", check=0)
        has(p.stdout, "1 released")
        w.pass_at(6)
        assert w.deliveries() == ["open"]


def usage():
    "unknown commands and options are usage errors"
    with World() as w:
        w.tocsin("frobnicate", check=2)
        has(w.tocsin("rnu", check=2).stderr, 'did you mean "run"?')
        has(w.tocsin("run", "--frobnicate", check=2).stderr,
            "tocsin: run: unrecognized option '--frobnicate'\nusage: ")
        has(w.tocsin("help", check=0).stdout, "usage: tocsin", "silence")
        has(w.tocsin("help", "run", check=0).stdout, "usage: tocsin run")
        w.tocsin("help", "rnu", check=2)
        has(w.tocsin("plugin", "show", "lgos", check=1).stderr,
            'did you mean "logs"?')
        w.tocsin("run", "--only", "nothing", check=2)
        w.tocsin("run", "--now", "yesterday", check=2)
        w.tocsin("silence", "expire", "x", check=2)


def outbreak():
    "an outbreak waits for nobody; its projects say what they are part of"
    config = CONFIG.replace("policy:\n", "policy:\n  outbreak: {{projects: 3,"
                            " owners: 1, within: 1h, hold: 1h}}\n").replace(
        "routes:\n", "routes:\n  - {{match: {{blame: infrastructure}},"
        " group_by: [category, fingerprint], owner: core, via: [issues]}}\n")
    log = ("Collecting package metadata (repodata.json): failed\n\n"
           "CondaHTTPError: HTTP 503 SERVICE UNAVAILABLE for url "
           "<https://conda.example/linux-64/repodata.json.zst>\n"
           "##[error]Process completed with exit code 1.\n")
    with World(config=config) as w:
        for i in range(5):
            w.run_of(f"o{i}", project=f"acme/p{i}", log=log)
        w.pass_at(0)
        p = w.tocsin("status", "--all", "--now", "2026-08-01T00:00:00Z",
                     check=0)
        has(p.stdout, "several projects", "Outage: ", "for core\n")
        assert "caused by" not in p.stdout, p.stdout


def which_config():
    "-c stands before or behind the command; none at all says what to do"
    with World() as w:
        story(w)
        for args in (["status", "-c", w.config], ["-c", w.config, "status"],
                     ["status", "--all", "--config=" + w.config],
                     ["status", "--config", w.config, "--all"]):
            p = subprocess.run([TOCSIN, *args], capture_output=True,
                               text=True, check=True)
            has(p.stdout, "acme/widget")
        for command in ("run", "check"):
            p = subprocess.run([TOCSIN, command, "-c", w.path("no.yaml")],
                               capture_output=True, text=True, check=False)
            assert p.returncode == 2, p
            has(p.stderr, w.path("no.yaml") + ": error: No such file",
                "-c FILE or $TOCSIN_CONFIG")


def broken_config():
    "a broken configuration stops a pass with every problem in place"
    with World() as w:
        text = open(w.config).read()
        w.write("tocsin.yaml", text.replace("owner: core", "owner: coer")
                .replace("pushes: 2", "pushes: many"))
        p = w.pass_at(0, 2)
        has(p.stderr, "tocsin.yaml:", "coer", "core", "many")
        assert not os.path.exists(w.path("state", "tocsin.db"))


def secret_file():
    "what is wrong with the file of a secret is said once"
    with World() as w:
        text = open(w.config).read()
        w.write("tocsin.yaml", text.replace(
            "sinks:\n", "sinks:\n  forge: {plugin: github-issues, url: "
            "'http://127.0.0.1:9', token_file: %s}\n" % w.path("token")))
        for wrong in ("No such file", "others can read"):
            for args in (["check"], ["run"]):
                p = w.tocsin(*args, check=2)
                assert p.stderr.count(wrong) == 1, p.stderr
            w.write("token", "x")
            os.chmod(w.path("token"), 0o644)


def asked_once():
    "each plugin is asked once what it is, also with --now"
    with World() as w:
        text = open(w.config).read()
        w.write("tocsin.yaml", text.replace(
            "sinks:\n", "sinks:\n  more: {plugin: file, dir: %s}\n"
            % w.path("more")))
        w.run_of("r1")
        for args in (["run"], ["run", "--now", "2026-08-01T02:00:00Z"]):
            p = w.tocsin("-D", "host", *args, check=0)
            asked = sorted(line.split()[-6] for line in p.stderr.splitlines()
                           if line.endswith("is asked what it is"))
            assert asked == ["tocsin-file.so", "tocsin-logs.so"], p.stderr


main([status_tells, max_age, global_options, no_state_yet, incident_and_explain, made_up,
      another_sink, not_sent,
      silences, backlog, usage, outbreak, which_config, broken_config,
      secret_file, asked_once])
