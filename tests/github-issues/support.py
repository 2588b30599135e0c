# SPDX-License-Identifier: BSD-3-Clause
"""A world whose sink is github-issues, and the small GitHub it writes to."""
import json
import os
import signal
import sqlite3
import sys

HERE = os.path.dirname(os.path.abspath(__file__))
sys.path[:0] = [os.path.join(HERE, "..", "e2e"), os.path.join(HERE, "..",
                                                              "fakes")]
from github import GitHub  # noqa: E402
from world import World  # noqa: E402

CONFIG = """version: 1
state: sqlite:{dir}/state/tocsin.db
armed: true
http: {{tries: 1, timeout: 10s}}
sources:
  ci: {{plugin: logs, path: [{dir}/logs]}}
sinks:
  issues:
    plugin: github-issues
    url: {url}
    write_gap: 0s
    deadline: 30s
    {credential}
{sink}
policy:
  open: {{any: [{{pushes: 2}}]}}
  budget: {{new_per_person_per_day: unlimited, new_per_pass: unlimited, new_per_day: unlimited}}
{policy}
teams:
  core: {{persons: [corey]}}
routes:
  - {{match: {{project: '*/*'}}, owner: {owner}, via: [issues]}}
{more}"""

EPOCH = 1785542400
LABELS = ["tocsin: snooze", "tocsin: wrong", "tocsin: off", "tocsin: digest"]


class Issues(World):
    """gh: a GitHub that runs. sink, policy, more: YAML, indented as there.
    app: write as an App, else with a token."""

    def __init__(self, gh, app=True, sink="", policy="", more="",
                 owner="core", repos=("acme/widget",)):
        self.gh = gh
        gh.now = EPOCH
        gh.org("acme", members=["alice"], teams={"widget": ["alice", "bob"]})
        gh.user("corey")
        for r in repos:
            gh.repo(r, push=["alice", "bob", "corey"], labels=LABELS)
        self.key = gh.app("tocsin", 1234, ["acme"])
        gh.user("tocsin-bot")
        self.app = app
        self.args = {"sink": sink, "policy": policy, "owner": owner}
        super().__init__(more=more, config="{more}")
        self.more = more
        self.configure()

    def configure(self, app=None, **more):
        """Writes the configuration anew, with other parts."""
        self.args.update(more)
        self.app = self.app if app is None else app
        if self.app:
            credential = "app_id: 1234\n    private_key_file: " + self.key
        else:
            self.write("token", self.gh.token("tocsin-bot"))
            os.chmod(self.path("token"), 0o600)
            credential = "token_file: " + self.path("token")
        self.write("tocsin.yaml", CONFIG.format(
            dir=self.dir, url=self.gh.url, credential=credential,
            more=self.more, **self.args))

    def owners(self, *names, ids=None):
        """Who maintains everything; ids: the numeric id that a login must
        have."""
        self.more += "owners:\n  - {project: '*/*', owners: [%s]}\n" % (
            ", ".join("'@%s'" % n for n in names))
        self.configure()
        if not ids:
            return
        self.at(0)
        db = sqlite3.connect(self.path("state", "tocsin.db"))
        for login, id in ids.items():
            db.execute("insert into fact (subject, key, source, value) "
                       "values (?, 'id', 'test', ?)",
                       ("login:" + login, json.dumps(str(id))))
        db.commit()
        db.close()

    def red(self, project="acme/widget", hour=0, pushes=2, **more):
        for k in range(pushes):
            self.run_of("%s-%s-%d" % (project.replace("/", "-"), hour, k),
                        hour=hour - 1 + k / 10, project=project, **more)

    def green(self, project="acme/widget", hour=0, **more):
        self.run_of("%s-%s-g" % (project.replace("/", "-"), hour), red=False,
                    hour=hour - 0.5, project=project, **more)

    def red_at(self, hour):
        """Red, and the pass that sees it."""
        self.red(hour=hour)
        return self.at(hour)

    def green_at(self, hour):
        self.green(hour=hour)
        return self.at(hour)

    def kill(self, _request=None):
        """The pass that runs, all of it before this returns."""
        with open(self.path("state", "tocsin.db.lock")) as f:
            core = int(f.read().split()[0])
        os.kill(core, signal.SIGSTOP)
        for pid in filter(str.isdigit, os.listdir("/proc")):
            try:
                with open("/proc/%s/stat" % pid) as f:
                    if int(f.read().rsplit(")", 1)[1].split()[1]) == core:
                        os.kill(int(pid), signal.SIGKILL)
            except (FileNotFoundError, ProcessLookupError):
                pass
        os.kill(core, signal.SIGKILL)

    def at(self, hour, check=0, *args, **kw):
        """One pass; GitHub's clock is the pass's."""
        self.gh.now = EPOCH + int(hour * 3600)
        return self.pass_at(hour, check, *args, **kw)
