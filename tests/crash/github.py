# SPDX-License-Identifier: BSD-3-Clause
"""An organisation on GitHub that changes from hour to hour: pushes, some of
which have no checks; runs that last, that are red and are run again, whole or
in part; runs that the list knows late, jobs that are said to run when their
run is over, logs that are not there yet; and replies that fail. One half is
read by a list of its names, the other half by a sweep. Each commit has a red
check of Azure's, too, of a build that is in no list there."""
import hashlib
import json
import re

HOUR = 3600
JOBS = ("linux_64_", "osx_64_")
PAGE = 4                        # of runs and of repositories
ATTEMPTS = 4
AGAIN = 8 * HOUR                # so old may a run be that is run again
LOG = """2026-08-01T00:00:00.0000000Z gcc -c gadget{n}.c
2026-08-01T00:00:01.0000000Z gadget{n}.c:10:5: error: 'frob' undeclared (first use in this function)
2026-08-01T00:00:02.0000000Z make: *** [Makefile:12: gadget{n}.o] Error 1
2026-08-01T00:00:03.0000000Z ##[error]Process completed with exit code 2.
"""


class GitHub:
    """owners: {name: number of repositories}. stamp(t): ISO 8601. chance:
    for faults, which come by the order of requests."""

    def __init__(self, rng, chance, start, owners, stamp):
        self.rng, self.chance, self.stamp = rng, chance, stamp
        self.now = start
        self.repos = {}         # full name: {"id", "heads": [sha or ""]}
        self.runs_ = {}         # id: {..., "attempts": [{job: ok}]}
        self.calm = True
        self.faults = 0
        self.azure = None       # the address of the project of Azure's
        for owner, nr in owners.items():
            for n in range(nr):
                self.repos["%s/r%d-feedstock" % (owner, n)] = {
                    "id": 500 + len(self.repos), "heads": [], "checked": {}}

    # -- what happens --

    def push(self, name):
        repo, rng = self.repos[name], self.rng
        sha = "%040x" % (repo["id"] * 1000 + len(repo["heads"]) + 1)
        repo["heads"].append(sha)
        repo["pushed"] = self.now - rng.randrange(1800)
        if rng.random() < 0.15:
            return              # [skip ci]
        for workflow in ("build", "lint")[:rng.choice((1, 1, 2))]:
            number = 100000 + len(self.runs_)
            self.runs_[number] = {
                "repo": name, "sha": sha, "workflow": workflow,
                "created": repo["pushed"] + rng.randrange(60),
                "shown": self.now + rng.choice((0, 0, 0, HOUR)),
                "attempts": [{j: rng.random() < 0.55 for j in JOBS}],
                "ran": [set(JOBS)], "over": self.later(), "lags": {}}

    def later(self):
        """When what begins now is over."""
        return self.now + self.rng.choice((0, 0, 0, HOUR))

    def again(self, run):
        rng = self.rng
        red = [j for j, ok in run["attempts"][-1].items() if not ok]
        ran = set(JOBS) if rng.random() < 0.3 else set(red)
        run["attempts"].append({
            j: rng.random() < 0.5 if j in ran else ok
            for j, ok in run["attempts"][-1].items()})
        run["ran"].append(ran)
        run["over"] = self.later()

    def step(self, now):
        rng, self.now = self.rng, now
        for run in self.runs_.values():
            head = self.repos[run["repo"]]["heads"][-1]
            if run["over"] <= now and run["shown"] <= now \
                    and run["sha"] == head \
                    and not all(run["attempts"][-1].values()) \
                    and len(run["attempts"]) < ATTEMPTS \
                    and now - run["created"] < AGAIN and rng.random() < 0.25:
                self.again(run)
        for name in self.repos:
            if rng.random() < 0.25:
                self.push(name)
        for run in self.runs_.values():
            # Whatever it is that lags does so for this hour alone.
            run["lags"] = {j: rng.choice(("log", "job", "", "", "", ""))
                           for j in JOBS} \
                if run["over"] == now and not self.calm else {}

    def rest(self, now):
        """No more faults, and all that was begun goes on to its end."""
        self.calm, self.now = True, now
        for run in self.runs_.values():
            run["lags"] = {}

    # -- what there is to know --

    def attempt_over(self, run, k):
        return k < len(run["attempts"]) or run["over"] <= self.now

    def job_id(self, number, k, job):
        return number * 100 + k * 10 + JOBS.index(job)

    def jobs(self, number, k):
        """(job, id, own attempt, ok) as the list of attempt k has them."""
        run, out = self.runs_[number], []
        for job in JOBS:
            own = [a for a in range(1, k + 1) if job in run["ran"][a - 1]][-1]
            out.append((job, self.job_id(number, own, job), own,
                        run["attempts"][k - 1][job]))
        return out

    def runs(self):
        out = {}
        for number, run in self.runs_.items():
            for k in range(1, len(run["attempts"]) + 1):
                for _, job, own, ok in self.jobs(number, k):
                    out[(str(job), own)] = "success" if ok else "failure"
        return out

    # -- REST --

    def run(self, number):
        run = self.runs_[number]
        repo = self.repos[run["repo"]]
        over = run["over"] <= self.now
        green = all(run["attempts"][-1].values())
        return {"id": number, "name": run["workflow"],
                "path": ".github/workflows/%s.yml" % run["workflow"],
                "head_branch": "main", "head_sha": run["sha"],
                "event": "push",
                "status": "completed" if over else "in_progress",
                "conclusion": None if not over else
                "success" if green else "failure",
                "run_attempt": len(run["attempts"]),
                "created_at": self.stamp(run["created"]),
                "updated_at": self.stamp(run["over"]),
                "repository": {"id": repo["id"]},
                "head_repository": {"id": repo["id"]}}

    def list(self, name, query, url):
        shown = [n for n, r in self.runs_.items()
                 if r["repo"] == name and r["shown"] <= self.now]
        shown.sort(key=lambda n: (self.runs_[n]["created"], n), reverse=True)
        page = int(query.get("page", ["1"])[0])
        part = shown[(page - 1) * PAGE:page * PAGE]
        headers = {}
        if page * PAGE < len(shown):
            base = re.sub(r"&page=\d+", "", url)
            headers["Link"] = '<%s&page=%d>; rel="next"' % (base, page + 1)
        return 200, {"total_count": len(shown),
                     "workflow_runs": [self.run(n) for n in part]}, headers

    def job_list(self, number, k):
        run = self.runs_[number]
        if not self.attempt_over(run, k) and k > len(run["attempts"]):
            return 404, {}, {}
        jobs = []
        for job, id_, own, ok in self.jobs(number, k):
            over = self.attempt_over(run, k) and not (
                own == k == len(run["attempts"])
                and run["lags"].get(job) == "job")
            jobs.append({
                "id": id_, "run_id": number, "run_attempt": own, "name": job,
                "status": "completed" if over else "in_progress",
                "conclusion": None if not over else
                "success" if ok else "failure",
                "started_at": self.stamp(run["created"] + 10 * own),
                "completed_at": self.stamp(max(run["created"],
                                               run["over"] - 60)),
                "steps": []})
        return 200, {"total_count": len(jobs), "jobs": jobs}, {}

    def log(self, id_):
        number, job = id_ // 100, JOBS[id_ % 10]
        run = self.runs_[number]
        if id_ // 10 % 10 == len(run["attempts"]) \
                and run["lags"].get(job) == "log":
            return 404, {}, {}
        return 200, LOG.format(n=self.repos[run["repo"]]["id"]), {}

    # -- GraphQL --

    def state(self, name, sha):
        runs = [r for r in self.runs_.values()
                if r["repo"] == name and r["sha"] == sha]
        if not runs:
            return None
        if any(r["over"] <= self.now and not all(r["attempts"][-1].values())
               for r in runs):
            return {"state": "FAILURE"}
        if any(r["over"] > self.now for r in runs):
            return {"state": "PENDING"}
        return {"state": "SUCCESS"}

    def head(self, name, history):
        heads = self.repos[name]["heads"]
        if not heads:
            return None
        target = {"oid": heads[-1],
                  "committedDate": self.stamp(self.repos[name]["pushed"]),
                  "statusCheckRollup": self.state(name, heads[-1])}
        if history:
            target = {"history": {"nodes": [
                {"oid": h, "statusCheckRollup": self.state(name, h)}
                for h in heads[::-1][:10]]}}
        return {"name": "main", "target": target}

    def name_of(self, build):
        """Whose commit it is of."""
        return {r["id"]: name for name, r in self.repos.items()}.get(
            build // 1000, "")

    def led_to(self):
        """Builds of Azure's that what is red now leads to, of a sweep."""
        out = set()
        for name, repo in self.repos.items():
            for sha in repo["heads"][:-11:-1]:
                state = self.state(name, sha)
                if state and state["state"] == "FAILURE":
                    out.add(int(sha, 16))
                if state:
                    break
        return out

    def checks(self, sha):
        return {"object": {"statusCheckRollup": {"contexts": {
            "pageInfo": {"hasNextPage": False, "endCursor": "x"},
            "nodes": [{"status": "COMPLETED", "conclusion": "FAILURE",
                       "detailsUrl": "%s/_build/results?buildId=%d&view=logs"
                       % (self.azure, int(sha, 16)),
                       "checkSuite": {"app": {"slug": "azure-pipelines"}}}]
        }}}}

    def graphql(self, body):
        names = re.findall(r'(r\d+):repository\(owner:"([^"]+)",name:"([^"]+)"',
                           body["query"])
        if "contexts" in body["query"]:
            return 200, {"data": {key: self.checks(oid) for key, oid in
                                  re.findall(r'(r\d+):repository\([^)]*\)\{'
                                             r'object\(oid:"(\w+)"',
                                             body["query"])}}, {}
        if names:
            return 200, {"data": {
                key: {"defaultBranchRef": self.head(o + "/" + n, True)}
                for key, o, n in names}}, {}
        v = body["variables"]
        all_ = [n for n in self.repos if n.startswith(v["owner"] + "/")]
        begin = int(v["after"] or 0)
        part = all_[begin:begin + min(PAGE, v["n"])]
        light = "defaultBranchRef" not in body["query"]
        nodes = [{"databaseId": self.repos[n]["id"], "nameWithOwner": n,
                  "isArchived": False, "isDisabled": False,
                  **({} if light else {"defaultBranchRef":
                                       self.head(n, False)})} for n in part]
        out = {"data": {"repositoryOwner": {"repositories": {
            "pageInfo": {"hasNextPage": begin + len(part) < len(all_),
                         "endCursor": str(begin + len(part))},
            "nodes": nodes}}}}
        if not self.calm and self.chance.random() < 0.05:
            self.faults += 1
            nodes[self.chance.randrange(len(nodes))] = None
            out["errors"] = [{"message": "something went wrong"}]
        return 200, out, {}

    # -- all of it --

    def answer(self, path, query, url, body):
        """(status, body, headers)"""
        if not self.calm and self.chance.random() < 0.04:
            self.faults += 1
            return self.chance.choice(((500, {}, {"Retry-After": "0"}),
                                    (200, "{\"jobs\": [", {}),
                                    (403, {"message": "no"}, {})))
        if path == "/graphql":
            return self.graphql(json.loads(body))
        m = re.match(r"/repos/([^/]+/[^/]+)(?:/actions/(.*))?$", path)
        if not m or m[1] not in self.repos:
            return 404, {}, {}
        if not m[2]:
            return 200, {"id": self.repos[m[1]]["id"], "full_name": m[1],
                         "default_branch": "main", "archived": False,
                         "disabled": False}, {"ETag": '"r"'}
        if m[2] == "runs":
            status, out, headers = self.list(m[1], query, url)
            text = json.dumps(out)
            headers["ETag"] = '"%s"' % hashlib.sha1(
                text.encode()).hexdigest()[:12]
            return status, text, headers
        part = re.match(r"runs/(\d+)/attempts/(\d+)/jobs$", m[2])
        if part:
            return self.job_list(int(part[1]), int(part[2]))
        part = re.match(r"jobs/(\d+)/logs$", m[2])
        if part:
            return self.log(int(part[1]))
        return 404, {}, {}
