#!/usr/bin/env python3
# SPDX-License-Identifier: BSD-3-Clause
"""conda-forge's preset with its live sinks, armed, against a small GitHub and
a small Zulip: what a feedstock's own fault and an outage come to. Its sources
are logs and checkouts here; tests/server has the preset with its own."""
import os
import shutil
import sys

SRC = os.environ["TOCSIN_SRC"]
sys.path.insert(0, os.path.join(SRC, "tests", "fakes"))
from github import GitHub  # noqa: E402
from world import World, main  # noqa: E402
from zulip import Zulip  # noqa: E402

EPOCH = 1785542400
SOURCES = """sources:
  azure: {{plugin: logs, path: [{dir}/logs]}}
  board: {{plugin: logs, path: [{dir}/none]}}
  bot: {{plugin: logs, path: [{dir}/none]}}
  recipes: {{plugin: feedstocks, checkouts: {dir}/checkouts}}
"""
VAULT = "    {plugin: file, dir: %s, confidential: true}\n"
RECIPE = """schema_version: 1
package: {name: widget, version: 1.0}
extra:
  recipe-maintainers: [alice]
"""
OWN = """gcc -c widget.c
widget.c:1:10: fatal error: zlib.h: No such file or directory
make: *** [Makefile:12: widget.o] Error 1
##[error]Bash exited with code '2'.
"""
OUTAGE = "##[error]The agent did not connect within the alloted time.\n" \
    "##[error]We stopped hearing from agent Azure Pipelines 3. Verify the " \
    "agent machine is running and has a healthy network connection.\n"


class Live(World):
    def __init__(self, gh, z):
        super().__init__()
        self.gh = gh
        gh.now = EPOCH
        gh.org("conda-forge", members=["alice"])
        for name in ("widget-feedstock", "gadget-feedstock", "tocsin"):
            gh.repo("conda-forge/" + name, push=["alice"])
        key = gh.app("tocsin", "000001", ["conda-forge"])
        z.clock = lambda: gh.now
        folder = os.path.join(SRC, "conf", "conda-forge")
        for name in os.listdir(folder):
            with open(os.path.join(folder, name), encoding="utf-8") as f:
                self.write(name, self.put_here(f.read(), gh, z))
        self.write("sources.yaml", SOURCES.format(dir=self.dir))
        os.mkdir(self.path("none"))
        for name in ("widget-feedstock", "gadget-feedstock"):
            os.makedirs(self.path("checkouts", name, "recipe"))
            self.write("checkouts/%s/recipe/recipe.yaml" % name, RECIPE)
        shutil.copy(key, self.path("writer.pem"))
        self.write("zulip.key", "K" * 32)
        for name in ("writer.pem", "zulip.key"):
            os.chmod(self.path(name), 0o600)

    def put_here(self, text, gh, z):
        """Folders and addresses, and that it is armed; nothing else."""
        for old, new in (
                ("sinks.yaml]", "sinks-live.yaml]"),
                ("armed: false", "armed: true"),
                ("/var/lib/tocsin", self.path("state")),
                ("plugin: github-issues", "plugin: github-issues\n"
                 "    url: %s\n    write_gap: 0s" % gh.url),
                ("https://conda-forge.zulipchat.com", z.site),
                ("tocsin-bot@conda-forge.zulipchat.com",
                 "tocsin-bot@zulip.example")):
            text = text.replace(old, new)
        # --now is for sinks that reach nobody, which is not known of mail.
        head, vault, _ = text.partition("  vault:\n")
        return head + vault + VAULT % self.path("vault") if vault else text

    def at(self, hour):
        self.gh.now = EPOCH + int(hour * 3600)
        return self.pass_at(hour)


def live():
    "a maintainer gets one issue, core the outage, and nobody anything else"
    with GitHub(limits=False) as gh, Zulip() as z, Live(gh, z) as w:
        w.tocsin("check", check=0)
        w.at(0)
        for k in range(3):
            w.run_of("w%d" % k, hour=1 + k, log=OWN,
                     project="conda-forge/widget-feedstock")
            w.run_of("g%d" % k, hour=1 + k, log=OUTAGE,
                     project="conda-forge/gadget-feedstock")
        w.at(5)
        w.at(60)
        i, = gh.issues()
        assert i.repo.name == "conda-forge/widget-feedstock", i.repo.name
        assert "zlib.h" in i.title, i.title
        assert [n["to"] for n in gh.told()] == ["alice"], gh.told()
        topic, = z.topics()
        assert "agent" in z.topics()[topic][0]["content"], z.topics()
        for name in ("widget", "gadget"):
            w.run_of(name, red=False, hour=61,
                     project="conda-forge/%s-feedstock" % name)
        w.at(62)
        assert i.state == "closed" and not i.comments, i.state
        assert len(gh.issues()) == 1 and gh.commands == []
        assert not gh.told("alice")[1:] or \
            [n["why"] for n in gh.told("alice")][1:] == ["state"]


def stopped():
    "an open issue with the label stops all writing there"
    with GitHub(limits=False) as gh, Zulip() as z, Live(gh, z) as w:
        w.at(0)
        stop = gh.open_by("alice", "conda-forge/tocsin", "Stop", "")
        gh.label("conda-forge/tocsin", stop.number, "tocsin: stop", "alice")
        for k in range(3):
            w.run_of("w%d" % k, hour=1 + k, log=OWN,
                     project="conda-forge/widget-feedstock")
        w.gh.now = EPOCH + 60 * 3600
        p = w.pass_at(60, None)
        assert p.returncode == 1, (p.returncode, p.stdout, p.stderr)
        assert [i.repo.name for i in gh.issues()] == ["conda-forge/tocsin"]


def is_built(plugin):
    return os.path.exists(os.path.join(
        os.environ["TOCSIN_BUILD"], "plugins", plugin, ".libs",
        "tocsin-%s.so" % plugin))


if not all(is_built(p) for p in ("github-issues", "zulip", "feedstocks")):
    print("a plugin of the preset is not built")
    sys.exit(77)
main([live, stopped])
