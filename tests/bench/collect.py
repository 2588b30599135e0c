# SPDX-License-Identifier: BSD-3-Clause
"""./dev bench collect: what a pass over many requests costs behind latency,
beside libcurl alone on the same server in the same minute; then what a sweep
of github-actions costs over an organisation of 29,260 repositories (github.py).
"""
import json
import os
import shutil
import subprocess
import sys
import tempfile
import time

LATENCY_MS = 100
REQUESTS = int(os.environ.get("BENCH_REQUESTS", "25000"))
PARALLEL = 256
BODY = int(os.environ.get("BENCH_BYTES", "20000"))
REPOSITORIES = int(os.environ.get("BENCH_REPOSITORIES", "29260"))
RED = int(os.environ.get("BENCH_RED", "900"))
HERE = os.path.dirname(os.path.abspath(__file__))

CONFIG = """version: 1
state: sqlite:{dir}/state.db
armed: false
plugin_path: [{plugins}]
http:
  ca_file: {dir}/cert.pem
  connect_to: ['bench.example.org:443:127.0.0.1:{port}']
  parallel: {parallel}
  contact: bench@example.org
sources:
  it: {{plugin: many, base: 'https://bench.example.org', count: {count},
       deadline: 1h}}
sinks:
  issues: {{plugin: file, dir: {dir}/out}}
teams:
  core: {{persons: [corey]}}
routes:
  - {{match: {{project: '*/*'}}, owner: core, via: [issues]}}
fallback: {{owner: core, via: [issues]}}
"""

SWEEP = """version: 1
state: sqlite:{dir}/state.db
armed: false
http:
  ca_file: {dir}/cert.pem
  connect_to: ['bench.example.org:443:127.0.0.1:{port}',
               'logs.example.org:443:127.0.0.1:{port}']
  contact: bench@example.org
sources:
  it: {{plugin: github-actions, organization: conda-forge, sweep: true,
       url: 'https://bench.example.org', token_file: {dir}/token,
       deadline: 1h}}
sinks:
  issues: {{plugin: file, dir: {dir}/out}}
teams:
  core: {{persons: [corey]}}
routes:
  - {{match: {{project: '*/*'}}, owner: core, via: [issues]}}
fallback: {{owner: core, via: [issues]}}
"""


class Server:
    """slow-server, for as long as the block."""

    def __init__(self, build, folder, ms=LATENCY_MS):
        self.command = [os.path.join(build, "tests", "bench", "slow-server"),
                        os.path.join(folder, "cert.pem"),
                        os.path.join(folder, "key.pem"), str(ms), str(BODY)]

    def __enter__(self):
        self.p = subprocess.Popen(self.command, stdin=subprocess.PIPE,
                                  stdout=subprocess.PIPE, text=True)
        self.port = int(self.p.stdout.readline())
        return self

    def __exit__(self, *exc):
        out, _ = self.p.communicate()
        requests, size, connections, cpu = out.split()
        self.requests, self.bytes = int(requests), int(size)
        self.connections, self.cpu = int(connections), float(cpu)


def certificate(folder):
    subprocess.run(
        ["openssl", "req", "-x509", "-newkey", "ec", "-pkeyopt",
         "ec_paramgen_curve:P-256", "-nodes", "-days", "2", "-subj",
         "/CN=bench", "-addext",
         "subjectAltName=DNS:bench.example.org,DNS:logs.example.org",
         "-keyout", os.path.join(folder, "key.pem"),
         "-out", os.path.join(folder, "cert.pem")],
        check=True, stderr=subprocess.DEVNULL)


def usage(pid):
    """CPU seconds and peak MiB of a process that still runs."""
    with open("/proc/%d/stat" % pid, encoding="ascii") as f:
        fields = f.read().rsplit(")", 1)[1].split()
    cpu = (int(fields[11]) + int(fields[12])) / os.sysconf("SC_CLK_TCK")
    with open("/proc/%d/status" % pid, encoding="ascii") as f:
        peak = next(int(line.split()[1]) for line in f
                    if line.startswith("VmHWM"))
    return cpu, peak / 1024


def workers(pid):
    with open("/proc/%d/task/%d/children" % (pid, pid),
              encoding="ascii") as f:
        return [int(p) for p in f.read().split()]


def run(command):
    """(seconds, [CPU of it, of its worker], [peak MiB, the same], stdout).
    Looked at 20 times a second: what the worker did last may be missing."""
    began = time.monotonic()
    p = subprocess.Popen(command, stdout=subprocess.PIPE, text=True)
    seen = {}
    while p.poll() is None:
        for pid in [p.pid] + workers_of(p.pid):
            try:
                seen[pid] = usage(pid)
            except (OSError, StopIteration, IndexError):
                pass
        time.sleep(0.05)
    seconds = time.monotonic() - began
    own = seen.pop(p.pid, (0, 0))
    rest = max(seen.values(), default=(0, 0))   # the source's worker
    return seconds, (own[0], rest[0]), (own[1], rest[1]), p.stdout.read()


def workers_of(pid):
    try:
        return workers(pid)
    except OSError:
        return []


def alone(build, folder, ms):
    with Server(build, folder, ms) as s:
        seconds, cpu, peak, _ = run(
            [os.path.join(build, "tests", "bench", "bench-curl"),
             str(s.port), os.path.join(folder, "cert.pem"), str(REQUESTS),
             str(PARALLEL)])
    print(f"  libcurl alone, {ms:3} ms   {seconds:6.2f} s, "
          f"{cpu[0]:5.2f} s CPU, peak {peak[0]:3.0f} MiB, "
          f"{s.connections} connections; the server {s.cpu:.2f} s CPU")


def one_pass(build, tocsin, folder, what):
    with Server(build, folder) as s:
        path = os.path.join(folder, "tocsin.yaml")
        with open(path, "w", encoding="utf-8") as f:
            f.write(CONFIG.format(
                dir=folder, port=s.port, parallel=PARALLEL, count=REQUESTS,
                plugins=os.path.join(build, "tests", "bench", ".libs")))
        seconds, cpu, peak, _ = run(
            [tocsin, "-c", path, "run"])
    if not s.requests:
        raise SystemExit("bench: the pass asked for nothing")
    print(f"  {what:22}  {seconds:6.2f} s, worker {cpu[1]:5.2f} s CPU, peak "
          f"{peak[1]:3.0f} MiB; core {cpu[0]:5.2f} s CPU, peak {peak[0]:3.0f} "
          f"MiB; {s.requests} requests, {s.bytes / 1e6:.1f} MB, "
          f"{s.connections} connections")
    return s.bytes


def sweep_pass(tocsin, folder, what):
    """Bytes of REST."""
    server = subprocess.Popen(
        [sys.executable, os.path.join(HERE, "github.py"),
         os.path.join(folder, "cert.pem"), os.path.join(folder, "key.pem"),
         str(LATENCY_MS), str(REPOSITORIES), str(RED)],
        stdin=subprocess.PIPE, stdout=subprocess.PIPE, text=True)
    path = os.path.join(folder, "tocsin.yaml")
    with open(path, "w", encoding="utf-8") as f:
        f.write(SWEEP.format(dir=folder, port=int(server.stdout.readline())))
    seconds, cpu, peak, _ = run([tocsin, "-c", path, "run"])
    told = json.loads(server.communicate()[0])
    asked, sent, most = told["asked"], told["sent"], told["most"]
    if asked["other"] or not asked["graphql"]:
        raise SystemExit(f"bench: the sweep asked for {asked}")
    print(f"  {what:22}  {seconds:6.2f} s, worker {cpu[1]:5.2f} s CPU, peak "
          f"{peak[1]:3.0f} MiB; core {cpu[0]:5.2f} s CPU, peak {peak[0]:3.0f} "
          f"MiB; server {told['cpu']:.1f} s CPU")
    print(f"  {'':22}  {asked['graphql']} queries ({most['graphql']} at a "
          f"time, {sent['graphql'] / 1e6:.1f} MB), {asked['list']} lists, "
          f"{asked['unchanged']} unchanged, {asked['jobs']} of jobs, "
          f"{asked['log']} logs ({most['rest']} at a time, "
          f"{sent['rest'] / 1e6:.1f} MB)")
    return sent["rest"]


def sweep(tocsin, folder):
    print(f"sweep: {REPOSITORIES} repositories, {RED} of them red, "
          f"{LATENCY_MS} ms a request")
    for name in os.listdir(folder):
        if name.startswith("state.db"):
            os.unlink(os.path.join(folder, name))
    with open(os.path.join(folder, "token"), "w", encoding="ascii") as f:
        os.fchmod(f.fileno(), 0o600)
        f.write("ghp_" + "x1" * 18)
    first = sweep_pass(tocsin, folder, "first pass")
    second = sweep_pass(tocsin, folder, "unchanged pass")
    print(f"  on REST paths the second pass cost {100 * second / first:.2f} % "
          "of the bytes of the first")


def bench(build, tocsin):
    folder = tempfile.mkdtemp(prefix="tocsin-bench-")
    try:
        certificate(folder)
        print(f"collect: {REQUESTS} requests of {BODY} bytes, {LATENCY_MS} "
              f"ms each, {PARALLEL} at a time, TLS "
              f"(limit: {REQUESTS / PARALLEL * LATENCY_MS / 1000:.2f} s)")
        alone(build, folder, 0)
        alone(build, folder, LATENCY_MS)
        first = one_pass(build, tocsin, folder, "first pass")
        second = one_pass(build, tocsin, folder, "unchanged pass")
        print(f"  the second pass cost {100 * second / first:.2f} % of the "
              "bytes of the first")
        sweep(tocsin, folder)
    finally:
        shutil.rmtree(folder)
