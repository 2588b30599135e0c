#!/usr/bin/env python3
# SPDX-License-Identifier: BSD-3-Clause
"""Writes the sample world of the demo: `make-samples.py [FOLDER]`.

Nine days of an organisation that does not exist: its CI logs, its bot's
status file, its feedstocks. The logs have the shapes of GitHub Actions,
Azure Pipelines, conda-build and rattler-build and the noise of real ones;
projects, people, commits and addresses are made up. Everything follows from
the tables below, so the same folder comes out on every machine. What a pass
of the demo finds new lies in passes/TIME.
"""
import datetime
import json
import os
import sys

sys.dont_write_bytecode = True
sys.path.insert(0, os.path.dirname(os.path.abspath(__file__)))
from sample_logs import (  # noqa: E402
    CI, Log, OWNER, actions_begin, actions_end, at, azure_begin, azure_end,
    fail_checksum, fail_compile, fail_dependency, fail_link,
    fail_network_test, fail_outage, fail_patch, fail_test, hexes)

# ---- people and projects --------------------------------------------------

FEEDSTOCKS = {
    # name: (version, maintainers, tool)
    "pyorrery": ("3.4.1", ["ada-example", "conda-forge/astro-example"],
                 "conda-build"),
    "quillpack": ("2.3.0", ["bo-example", "cleo-example"], "conda-build"),
    "marigold-tools": ("0.9.3", ["dina-example"], "rattler-build"),
    "tidewater": ("1.12.0", ["emil-example"], "conda-build"),
    "nettlebed": ("5.0.2", ["fay-example"], "rattler-build"),
    "cobaltleaf": ("0.7.7", ["gus-example", "ada-example"], "rattler-build"),
    "lanternfish": ("8.1.0", ["hana-example"], "rattler-build"),
    "brambletree": ("0.4.0", ["ivo-example"], "conda-build"),
    "copperkettle": ("2.0.1", ["june-example"], "conda-build"),
    "duskwarden": ("1.0.9", ["kai-example"], "rattler-build"),
    "emberglass": ("4.2.2", ["lena-example"], "conda-build"),
    "foxgloveml": ("0.31.0", ["milo-example"], "conda-build"),
    "graphitejay": ("6.6.1", ["nora-example"], "rattler-build"),
    "hollowreed": ("1.1.1", ["otis-example"], "conda-build"),
}
OUTAGE = ["brambletree", "copperkettle", "duskwarden", "emberglass",
          "foxgloveml", "graphitejay", "hollowreed", "lanternfish"]
STILL_RED = ["duskwarden", "hollowreed"]


# ---- the bot --------------------------------------------------------------

def bot_job(day):
    """One job of the bot itself that died of its own bug."""
    log = Log(at(day + "T02:00:12"), "bot", day)
    actions_begin(log, "conda-forge-bot", "versions")
    log.group("Run ./run_bot_task.sh", "./run_bot_task.sh versions",
              "shell: /usr/bin/bash -leo pipefail {0}")
    for i in range(60):
        log.say("INFO     conda_forge_tick.update_upstream_versions || "
                "# %5d - %s - no new version"
                % (i * 481, "pkg-%s" % hexes(i)[:6]), pause=2)
    log.say("Traceback (most recent call last):",
            '  File "/opt/conda-forge-bot/conda_forge_tick/cli.py", line 96, '
            "in main",
            "    func(*args, **kwargs)",
            '  File "/opt/conda-forge-bot/conda_forge_tick/'
            'update_upstream_versions.py", line 402, in main',
            "    _update_upstream_versions_process_pool(to_update, sources)",
            '  File "/opt/conda-forge-bot/conda_forge_tick/'
            'lazy_json_backends.py", line 311, in _sync_hashmap_key',
            "    value = json.loads(blob)",
            '  File "/opt/conda/lib/python3.12/json/decoder.py", line 363, '
            "in raw_decode",
            '    raise JSONDecodeError("Expecting value", s, err.value)',
            "json.decoder.JSONDecodeError: Expecting value: line 1 column 1 "
            "(char 0)")
    actions_end(log)
    return log


def bot_error(version, text):
    return {"kind": "bot-error", "url": CI + "/bot/runs/%d"
            % (18000000 + int(hexes(text)[:4], 16)), "base_branch": "main",
            "messages": [
                "Traceback (most recent call last):\n"
                '  File "/opt/conda-forge-bot/conda_forge_tick/'
                'container_cli.py", line 131, in _run_bot_task\n'
                "    data = func(attrs=attrs, **kwargs)\n"
                '  File "/opt/conda-forge-bot/conda_forge_tick/'
                'migration_runner.py", line 271, in run_migration_local\n'
                '    data["migrate_return_value"] = migrator.migrate(\n'
                '  File "/opt/conda-forge-bot/conda_forge_tick/migrators/'
                'version.py", line 330, in migrate\n'
                "    raise VersionMigrationError(\n"
                "conda_forge_tick.migrators.version.VersionMigrationError: "
                "The recipe did not change in the version migration, a URL "
                "did not hash, or there is jinja2 syntax the bot cannot "
                "handle!\n\nPlease check the URLs in your recipe with "
                "version '%s' to make sure they exist!\n\nWe also found the "
                "following errors:\n\n - %s\n\n" % (version, text)]}


def bot_status(day, n):
    """The bot's status file on day number n: one feedstock for which no file
    is where the recipe looks for it, another that mended itself."""
    errors = {"marigold-tools": dict(bot_error(
        "0.9.4", "could not hash URL template 'https://pypi.org/packages/"
        "source/{{ name[0] }}/{{ name }}/marigold-tools-{{ version }}"
        ".tar.gz'"), attempts=6.2 + 2 * n)}
    if n < 3:
        errors["lanternfish"] = dict(bot_error(
            "8.2.0", "could not hash URL template 'https://downloads."
            "example.org/lanternfish/lanternfish-{{ version }}.tar.gz'"),
            attempts=1.0 + n)
    return {"errors": errors, "queued": {"copperkettle": "2.0.2"}}


# ---- the folder -----------------------------------------------------------

class World:
    def __init__(self, root):
        self.root = root

    def write(self, path, text):
        path = os.path.join(self.root, path)
        os.makedirs(os.path.dirname(path), exist_ok=True)
        with open(path, "w", encoding="utf-8", newline="\n") as f:
            f.write(text)

    def json(self, path, value):
        self.write(path, json.dumps(value, indent=2) + "\n")

    def run(self, name, variant, day, clock, push, outcome, log=None,
            attempt=1, provider="github-actions", complete=True,
            minutes=20, seen="T2200"):
        """One run: a sidecar, and the log if there is one. It is there for
        the pass `seen` of its day."""
        project = name + "-feedstock"
        started = at(day + "T" + clock)
        finished = log.clock if log is not None else (
            started + datetime.timedelta(minutes=minutes))
        number = 18200000 + int(hexes(name, push)[:5], 16)
        side = {
            "id": "%s-%d-%s" % (provider, number, variant),
            "project": "%s/%s" % (OWNER, project),
            "branch": "main",
            "default_branch": True,
            "workflow": "Build conda package"
                        if provider == "github-actions" else "azure",
            "job": variant,
            "variant": variant,
            "commit": hexes(name, push)[:40],
            "attempt": attempt,
            "trigger": "push",
            "outcome": outcome,
            "created": started.isoformat()[:19] + "Z",
            "started": started.isoformat()[:19] + "Z",
            "finished": finished.isoformat()[:19] + "Z",
            "push_complete": complete,
            "url": "%s/%s/runs/%d/%s" % (CI, project, number, variant),
        }
        base = "passes/%s%s/logs/%s/%s.%d" % (day, seen, project, variant,
                                               attempt)
        self.json(base + ".json", side)
        if log is not None:
            self.write(base + ".log", log.text())


def actions_log(name, variant, day, clock, fail, *args):
    log = Log(at(day + "T" + clock), name, variant, day)
    actions_begin(log, name + "-feedstock", variant)
    fail(log, name, FEEDSTOCKS[name][0], *args)
    actions_end(log)
    return log


def azure_log(name, variant, day, clock, step, fail, *args):
    log = Log(at(day + "T" + clock), name, variant, day)
    azure_begin(log, step)
    fail(log, name, FEEDSTOCKS[name][0], *args)
    azure_end(log, step)
    return log


def chronic(w):
    """Three pushes in five days, two variants, the same thing missing."""
    for push, (day, clock) in enumerate([("2026-11-09", "07:12:40"),
                                         ("2026-11-11", "15:30:02"),
                                         ("2026-11-13", "09:41:19")]):
        for variant in ("linux_64_python3.12", "linux_64_python3.13"):
            w.run("pyorrery", variant, day, clock, push, "failure",
                  actions_log("pyorrery", variant, day, clock,
                              fail_dependency, "libtessera 4.2.*",
                              "libtessera >=4.1,<4.2"))


def three_ways(w):
    """One push that fails to compile, to pass a test and to link."""
    day, clock, name = "2026-11-12", "13:05:00", "quillpack"
    w.run(name, "linux_64", day, clock, 0, "failure",
          actions_log(name, "linux_64", day, clock, fail_compile),
          complete=False)
    w.run(name, "osx_64", day, clock, 0, "failure", azure_log(
        name, "osx_64", day, clock, "Run OSX build", fail_test,
        [("tests/test_stream.py::test_roundtrip_large",
          "assert 11 == 12")]), provider="azure", complete=False)
    w.run(name, "win_64", day, clock, 0, "failure", azure_log(
        name, "win_64", day, clock, "Run Windows build", fail_link),
        provider="azure", complete=False)


def outage(w):
    for i, name in enumerate(OUTAGE):
        clock = "09:%02d:11" % (4 + 5 * i)
        tool = FEEDSTOCKS[name][2]
        log = actions_log(name, "linux_64", "2026-11-12", clock, fail_outage,
                          tool)
        w.run(name, "linux_64", "2026-11-12", clock, 0, "failure", log,
              seen="T1000")
        if name not in STILL_RED:
            w.run(name, "linux_64", "2026-11-13", "0%d:20:00" % (i % 8), 0,
                  "success", attempt=2)


def flaky(w):
    day = "2026-11-13"
    w.run("tidewater", "linux_64_python3.12", day, "05:10:00", 0, "failure",
          actions_log("tidewater", "linux_64_python3.12", day, "05:10:00",
                      fail_network_test))
    w.run("tidewater", "linux_64_python3.12", "2026-11-14", "06:02:00", 0,
          "success", attempt=2)


def single_red(w):
    day = "2026-11-16"
    w.run("nettlebed", "linux_64", day, "20:44:00", 0, "failure",
          actions_log("nettlebed", "linux_64", day, "20:44:00", fail_patch))


def recovered(w):
    w.run("cobaltleaf", "linux_64", "2026-11-09", "06:00:30", 0, "failure",
          azure_log("cobaltleaf", "linux_64", "2026-11-09", "06:00:30",
                    "Run docker build", fail_checksum), provider="azure")
    w.run("cobaltleaf", "linux_64", "2026-11-12", "16:20:00", 1, "success",
          provider="azure")


def bot(w):
    days = ["2026-11-%02d" % d for d in range(9, 18)]
    for n, day in enumerate(days):
        w.json("passes/%sT2200/bot/version_status.v2.json" % day,
               bot_status(day, n))
    day = "2026-11-13"
    w.write("passes/%sT2200/bot-jobs/bot-versions/18290077/versions.log" % day,
            bot_job(day).text())
    w.json("passes/%sT2200/bot-jobs/bot-versions/18290077/versions.json" % day,
           {"commit": hexes("bot")[:40], "branch": "main", "attempt": 1,
            "outcome": "failure", "created": day + "T02:00:00Z",
            "started": day + "T02:00:12Z", "finished": day + "T02:04:00Z",
            "url": CI + "/conda-forge-bot/runs/18290077"})


def recipe(name, version, maintainers):
    return ("context:\n  name: %s\n  version: \"%s\"\n\npackage:\n"
            "  name: ${{ name }}\n  version: ${{ version }}\n\nsource:\n"
            "  url: https://downloads.example.org/${{ name }}/"
            "${{ name }}-${{ version }}.tar.gz\n  sha256: %s\n\nbuild:\n"
            "  number: 0\n\nabout:\n  homepage: https://%s.example.org\n"
            "  license: MIT\n  summary: A sample for the demo\n\nextra:\n"
            "  recipe-maintainers:\n%s"
            % (name, version, hexes(name, "old"), name,
               "".join("    - %s\n" % m for m in maintainers)))


def feedstocks(w):
    for name, (version, maintainers, _) in FEEDSTOCKS.items():
        base = "feedstocks/%s-feedstock/" % name
        w.write(base + "recipe/recipe.yaml",
                recipe(name, version, maintainers))
        w.write(base + ".github/CODEOWNERS",
                "* " + " ".join("@" + m for m in sorted(maintainers)) + "\n")
        w.json(base + ".recipe_maintainers.json",
               {m: int(hexes("login", m)[:7], 16)
                for m in maintainers if "/" not in m})


def main():
    here = os.path.dirname(os.path.abspath(__file__))
    w = World(sys.argv[1] if len(sys.argv) > 1 else here)
    for part in (chronic, three_ways, outage, flaky, single_red, recovered,
                 bot, feedstocks):
        part(w)


main()
