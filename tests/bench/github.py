# SPDX-License-Identifier: BSD-3-Clause
"""A GitHub for ./dev bench collect: an organisation of many repositories
behind latency, some of them red. GraphQL, REST and logs, TLS, HTTP/1.1.

    github.py CERT KEY MS REPOSITORIES RED

prints its port; ends when stdin does, and prints what it was asked as JSON.
Objects have the members that GitHub's have, in number and length, because
to read them is a part of what is measured.
"""
import asyncio
import base64
import hashlib
import json
import re
import resource
import ssl
import sys
import time

CERT, KEY = sys.argv[1:3]
LATENCY = int(sys.argv[3]) / 1000
REPOSITORIES, RED = int(sys.argv[4]), int(sys.argv[5])
ORG = "conda-forge"
LIST = 20                       # runs of a page
LOGS = "https://logs.example.org"

asked = {"graphql": 0, "list": 0, "unchanged": 0, "jobs": 0, "log": 0,
         "other": 0}
sent = {"graphql": 0, "rest": 0}
running = {"graphql": 0, "rest": 0}
most = {"graphql": 0, "rest": 0}


def name(i):
    return "library-%05d-feedstock" % i


def is_red(i):
    return i % (REPOSITORIES // RED) == 0 and i // (REPOSITORIES // RED) < RED


def sha(i, n=0):
    return hashlib.sha1(b"%d %d" % (i, n)).hexdigest()


# ---- GraphQL -----------------------------------------------------------------

def cursor(i):
    return base64.b64encode(b"cursor:v2:%d" % i).decode()


def place(text):
    return int(base64.b64decode(text).rsplit(b":", 1)[1])


def node(i, heads):
    v = {"databaseId": 1000 + i, "nameWithOwner": ORG + "/" + name(i),
         "createdAt": time.strftime("%Y-%m-%dT%H:%M:%SZ",
                                    time.gmtime(1443000000 + i * 11000)),
         "isArchived": False, "isDisabled": False}
    if heads:
        v["defaultBranchRef"] = {"name": "main", "target": {
            "oid": sha(i), "statusCheckRollup": {
                "state": "FAILURE" if is_red(i) else "SUCCESS"}}}
    return v


def page(question):
    given = question["variables"]
    n, heads = given["n"], "statusCheckRollup" in question["query"]
    if given.get("before") or "last:$n" in question["query"]:
        end = place(given["before"]) if given.get("before") else REPOSITORIES
        begin = max(0, end - n)
    else:
        begin = place(given["after"]) + 1 if given.get("after") else 0
        end = min(REPOSITORIES, begin + n)
    nodes = [node(i, heads) for i in range(begin, end)]
    return {"data": {"repositoryOwner": {"repositories": {
        "totalCount": REPOSITORIES,
        "pageInfo": {"hasNextPage": end < REPOSITORIES,
                     "hasPreviousPage": begin > 0,
                     "startCursor": cursor(begin) if nodes else None,
                     "endCursor": cursor(end - 1) if nodes else None},
        "nodes": nodes}}}}


CHECK = {"status": "COMPLETED", "conclusion": "FAILURE",
         "detailsUrl": "https://github.com/%s/x/actions/runs/1/job/1" % ORG,
         "checkSuite": {"app": {"slug": "github-actions"}}}


def checks(query):
    """Of red heads, what is red there."""
    return {"data": {key: {"object": {"statusCheckRollup": {"contexts": {
        "pageInfo": {"hasNextPage": False, "endCursor": cursor(0)},
        "nodes": [CHECK] * 8}}}} for key in re.findall(r"(r\d+):", query)}}


def answer_query(question):
    query = question["query"]
    return checks(query) if "contexts" in query else page(question)


# ---- REST --------------------------------------------------------------------

ADDRESSES = ("archive assignees blobs branches collaborators comments commits "
             "compare contents contributors deployments downloads events "
             "forks git_commits git_refs git_tags hooks issue_comment "
             "issue_events issues keys labels languages merges milestones "
             "notifications pulls releases stargazers statuses subscribers "
             "subscription tags teams trees").split()
RUN_ADDRESSES = ("jobs logs check_suite artifacts cancel rerun "
                 "previous_attempt workflow").split()


def person(login):
    base = "https://api.github.com/users/" + login
    return {"login": login, "id": 1, "node_id": "MDQ6VXNlcjE=", "url": base,
            **{k + "_url": base + "/" + k for k in (
                "avatar html followers following gists starred subscriptions "
                "organizations repos events received_events").split()},
            "type": "User", "site_admin": False}


def repository(i):
    base = "https://api.github.com/repos/%s/%s" % (ORG, name(i))
    return {"id": 1000 + i, "node_id": "MDEwOlJlcG9zaXRvcnkx",
            "name": name(i), "full_name": ORG + "/" + name(i),
            "private": False, "owner": person(ORG), "fork": False,
            "html_url": base, "description": "A conda-smithy repository.",
            **{k + "_url": base + "/" + k + "{/sha}" for k in ADDRESSES}}


def run(i, nr):
    id = 100 * (i + 1) + nr         # none is 0, which is no id
    base = "https://api.github.com/repos/%s/%s/actions/runs/%d" % (
        ORG, name(i), id)
    day = "2026-%02d-%02dT" % (7 - nr // 4, 28 - nr % 4 * 7)
    return {"id": id, "name": "Build conda package",
            "path": ".github/workflows/conda-build.yml", "run_number": nr,
            "run_attempt": 1, "head_branch": "main", "head_sha": sha(i, nr),
            "display_title": "Rebuild for python 3.14", "event": "push",
            "status": "completed", "workflow_id": 7,
            "conclusion": "failure" if nr == 0 else "success",
            "created_at": day + "01:00:00Z", "updated_at": day + "02:00:00Z",
            "run_started_at": day + "01:00:00Z", "pull_requests": [],
            **{k + "_url": base + "/" + k for k in RUN_ADDRESSES},
            "actor": person("somebody"), "triggering_actor": person("other"),
            "head_commit": {"id": sha(i, nr), "message": "Rebuild\n" * 4,
                            "author": {"name": "x", "email": "x@example.org"}},
            "repository": repository(i), "head_repository": repository(i)}


def jobs(i, id):
    day = "2026-07-28T"
    return {"total_count": 1, "jobs": [{
        "id": id, "run_id": id, "run_attempt": 1, "head_sha": sha(i),
        "name": "linux_64_python3.12", "status": "completed",
        "conclusion": "failure", "started_at": day + "01:01:00Z",
        "completed_at": day + "01:59:00Z", "labels": ["ubuntu-latest"],
        "steps": [{"name": "Step %d" % n, "number": n, "status": "completed",
                   "conclusion": "failure" if n == 3 else "success",
                   "started_at": day + "01:02:00Z",
                   "completed_at": day + "01:58:00Z"} for n in range(1, 8)]}]}


LINES = ["2026-07-28T01:%02d:%02d.1234567Z [  %d%%] Building C object "
         "src/CMakeFiles/library.dir/part-%d.c.o" % (3 + n // 60, n % 60,
                                                      n // 20, n)
         for n in range(2000)]


def log(i):
    # One cause each: what is the same everywhere would be an outbreak.
    return "\n".join(LINES + [
        "2026-07-28T01:40:00.0000000Z src/part-%d.c:12:5: error: implicit "
        "declaration of function 'frob_%d'" % (i, i),
        "2026-07-28T01:40:01.0000000Z make: *** [Makefile:9: all] Error 1",
        "2026-07-28T01:40:02.0000000Z ##[error]Process completed with exit "
        "code 2.", ""]).encode()


def answer(method, target, headers, body):
    """(status, headers, body) and which API it is of."""
    path = target.split("?")[0]
    if path == "/graphql":
        asked["graphql"] += 1
        return 200, {}, json.dumps(answer_query(json.loads(body))).encode()
    parts = path.split("/")
    if parts[1] == "blob":
        return 200, {}, log(int(parts[2]))
    i = int(parts[3].split("-")[1])
    if path.endswith("/actions/runs"):
        etag = '"%s"' % sha(i)
        if headers.get("if-none-match") == etag:
            asked["unchanged"] += 1
            return 304, {"ETag": etag}, b""
        asked["list"] += 1
        return 200, {"ETag": etag}, json.dumps({
            "total_count": LIST,
            "workflow_runs": [run(i, n) for n in range(LIST)]}).encode()
    if path.endswith("/jobs"):
        asked["jobs"] += 1
        return 200, {}, json.dumps(jobs(i, int(parts[6]))).encode()
    if path.endswith("/logs"):
        asked["log"] += 1
        return 302, {"Location": LOGS + "/blob/%d" % i}, b""
    asked["other"] += 1
    return 404, {}, b"{}"


# ---- serving -----------------------------------------------------------------

async def one(reader, writer):
    head = (await reader.readuntil(b"\r\n\r\n")).decode().split("\r\n")
    method, target, _ = head[0].split(" ")
    headers = {k.lower(): v for k, v in
               (line.split(": ", 1) for line in head[1:] if line)}
    body = await reader.readexactly(int(headers.get("content-length", 0)))
    kind = "graphql" if target == "/graphql" else "rest"
    running[kind] += 1
    most[kind] = max(most[kind], running[kind])
    await asyncio.sleep(LATENCY)
    status, more, reply = answer(method, target, headers, body)
    out = "HTTP/1.1 %d X\r\n" % status
    more["Content-Length"] = len(reply)
    for k, v in more.items():
        if status != 304 or k != "Content-Length":
            out += "%s: %s\r\n" % (k, v)
    out = (out + "\r\n").encode() + reply
    running[kind] -= 1
    sent[kind] += len(out)
    writer.write(out)
    await writer.drain()


async def serve(reader, writer):
    try:
        while True:
            await one(reader, writer)
    except (asyncio.IncompleteReadError, ConnectionError, ssl.SSLError):
        writer.close()


async def main():
    context = ssl.create_default_context(ssl.Purpose.CLIENT_AUTH)
    context.load_cert_chain(CERT, KEY)
    server = await asyncio.start_server(serve, "127.0.0.1", 0, ssl=context)
    print(server.sockets[0].getsockname()[1], flush=True)
    loop = asyncio.get_running_loop()
    await loop.run_in_executor(None, sys.stdin.read)
    used = resource.getrusage(resource.RUSAGE_SELF)
    print(json.dumps({"asked": asked, "sent": sent, "most": most,
                      "cpu": used.ru_utime + used.ru_stime}), flush=True)


asyncio.run(main())
