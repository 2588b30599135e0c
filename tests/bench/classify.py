# SPDX-License-Identifier: BSD-3-Clause
"""The figures of `./dev bench classify`.

Every figure is a ratio to something else, taken in the same minute over the
same bytes: a loop of memchr for newlines (the least that looking at a log can
cost), ripgrep and grep with all patterns in a file, the engine itself without
its literals. Two logs: an ordinary build that fails in the end, of lines as
tools write them; and, with TOCSIN_CORPUS, all of its logs one behind the
other, which is as bad as it gets: nearly all of them red.

Rules: the shipped ones. Fewer: the first of them. More: copies of them in
which each word of the pattern that has three letters or more is another word
of the same length, so that they cost what rules cost and match nothing: as
the rules of a site would, which do not all look for the same words.
"""
import gzip
import json
import os
import random
import re
import resource
import shutil
import subprocess
import sys
import tempfile
import time

import yaml

ROOT = os.path.abspath(os.path.join(os.path.dirname(__file__), "..", ".."))
TOCSIN = os.environ.get("TOCSIN", os.path.join(ROOT, "tocsin"))
BUILD = os.environ.get("TOCSIN_BUILD", os.path.join(ROOT, "build"))
CORPUS = os.environ.get("TOCSIN_CORPUS", os.path.join(ROOT, "..", "shared",
                                                      "data"))
PROGRAM = os.path.join(BUILD, "tests", "bench", "bench-classify")
MEGABYTES = int(os.environ.get("BENCH_MEGABYTES", "100"))
BRUTE_BYTES = 1 << 20
RG = ["rg", "--no-config", "--no-unicode"]

LINES = [
    "[{a:3d}%] Building CXX object src/CMakeFiles/widget.dir/part_{n}.cpp.o",
    "checking whether the C compiler supports -fstack-protector-{n}... yes",
    "x86_64-conda-linux-gnu-cc -DNDEBUG -fwrapv -O2 -Wall -fPIC -I$PREFIX/"
    "include -c src/mod_{n}.c -o build/temp.linux-x86_64/src/mod_{n}.o",
    "-- Installing: /home/conda/feedstock_root/build_artifacts/widget_17{n}/"
    "_h_env_placehold_placehold/include/widget/part_{n}.hpp",
    "copying widget/sub{a}/file_{n}.py -> build/lib.linux-x86_64/widget",
    "    libgcc-ng:        {a}.2.0-h77fa898_{a}       conda-forge",
    "tests/test_io.py::test_read[{n}-{a}] PASSED                     [ {a}%]",
    "  Downloading widget_{n}-2.1.{a}-py3-none-any.whl ({n} kB)",
    "Receiving objects: {a}% (20{n}/410{n}), 12.51 MiB | 3.21 MiB/s",
    "\x1b[36m   Compiling\x1b[0m serde_{n} v1.0.{a}",
    "src/part_{n}.cpp:{a}:12: warning: unused variable 'q{n}' [-Wunused]",
    "ok {n} - the widget turns {a} times", "", "+ export CFLAGS", "  * [new"
    " branch]          topic-{n}   -> origin/topic-{n}",
    "[INFO] Downloaded from central: https://repo.maven.apache.org/maven2/"
    "org/widget/{n}/widget-{n}.pom ({a} kB at 21 kB/s)",
]
END = ["src/x.cpp:3:1: error: 'y' was not declared in this scope",
       "make[2]: *** [CMakeFiles/widget.dir/x.cpp.o] Error 1",
       "##[error]Process completed with exit code 1."]


def ordinary(path, size):
    r = random.Random(1)
    done = second = 0
    with open(path, "w") as f:
        while done < size:
            second += 1
            stamp = "2026-08-14T06:%02d:%02d.%07dZ " % (
                second // 60 % 60, second % 60, r.randrange(10 ** 7))
            part = "".join(
                stamp + r.choice(LINES).format(n=r.randrange(1000),
                                               a=r.randrange(100)) + "\n"
                for _ in range(2000))
            f.write(part)
            done += len(part)
        f.writelines(line + "\n" for line in END)


def of_corpus(path):
    with open(path, "wb") as out:
        for top in ("conda", "gha"):
            for folder, _, names in sorted(os.walk(os.path.join(CORPUS,
                                                                top))):
                for name in sorted(names):
                    if name.endswith((".log", ".txt")):
                        with open(os.path.join(folder, name), "rb") as f:
                            shutil.copyfileobj(f, out)


def shipped():
    rules, ignore = [], []
    folder = os.path.join(ROOT, "conf", "rules")
    for name in sorted(os.listdir(folder)):
        with open(os.path.join(folder, name), encoding="utf-8") as f:
            doc = yaml.safe_load(f)
        rules += [dict(rule, shipped=True) for rule in doc.get("rules") or []]
        ignore += doc.get("ignore") or []
    return rules, ignore


def other_words(r, text):
    letters = {True: "bcdfghjklmnpqrstvwz", False: "BCDFGHJKLMNPQRSTVWZ"}

    def word(m):
        if not m.group("word"):
            return m.group()
        return "".join(r.choice(letters[c.islower()]) for c in m.group())
    # not escapes, options and names of groups, classes
    return re.sub(r"\\(?:k[<{]\w+[>}]|.)|\(\?[^)>:=!]*[)>:=!]?|\[[^]]*\]"
                  r"|(?P<word>[A-Za-z]{3,})", word, text)


def rule_set(nr):
    rules, ignore = shipped()
    own = len(rules)
    r = random.Random(2)
    while len(rules) < nr:
        model = rules[r.randrange(own)]
        copy = {k: model[k] for k in ("rank", "category", "blame", "summary",
                                      "tail", "mark", "in") if k in model}
        needs = model.get("needs", [])
        needs = [needs] if isinstance(needs, str) else needs
        if needs:
            copy["needs"] = [other_words(r, n) for n in needs]
        copy["id"] = "bench/%d" % len(rules)
        copy["pattern"] = other_words(r, model["pattern"])
        # a rule that is found by digits alone stays one
        if copy["pattern"] != model["pattern"] and \
                not set(copy.get("needs", [])) & set(needs):
            rules.append(copy)
    return {"rules": rules[:nr], "ignore": ignore}


def program(rules, log, *more):
    out = subprocess.run([PROGRAM, rules, log, *more],
                         stdout=subprocess.PIPE, text=True, check=True)
    return {k: float(v) for k, v in
            (line.split() for line in out.stdout.splitlines())}


def cpu_of(command, **kw):
    before = resource.getrusage(resource.RUSAGE_CHILDREN)
    subprocess.run(command, stdout=subprocess.DEVNULL,
                   stderr=subprocess.DEVNULL, check=False, **kw)
    after = resource.getrusage(resource.RUSAGE_CHILDREN)
    return (after.ru_utime - before.ru_utime
            + after.ru_stime - before.ru_stime)


def head(path, tmp, size):
    part = os.path.join(tmp, "part.log")
    with open(path, "rb") as f, open(part, "wb") as out:
        out.write(f.read(size))
    return part


def without_look_around(p):
    """Both others have none; what is left matches more."""
    out, i = "", 0
    while i < len(p):
        m = re.compile(r"\(\?(?:<?[=!])").match(p, i)
        if not m:
            step = 2 if p[i] == "\\" else 1
            if p[i] == "[":
                step = len(re.compile(r"\[\^?\]?(?:\\.|[^\]])*\]").match(
                    p, i).group())
            out += p[i:i + step]
            i += step
            continue
        depth = 0
        while True:
            step = 2 if p[i] == "\\" else 1
            if p[i] == "[":
                step = len(re.compile(r"\[\^?\]?(?:\\.|[^\]])*\]").match(
                    p, i).group())
            depth += (p[i] == "(") - (p[i] == ")")
            i += step
            if not depth:
                break
    return out


def for_extended(p):
    """In the words of grep -E, which ripgrep knows, too."""
    inside = {"w": "A-Za-z0-9_", "d": "0-9", "s": " \t"}

    def in_class(m):
        body = re.sub(r"\\([wds])", lambda c: inside[c.group(1)],
                      m.group(2))
        body = re.sub(r"\\(.)", r"\1", body)
        for special in "]", "-":        # have their places in a class
            if special in m.group(2).replace("\\", "") and \
                    "\\" + special in m.group(2):
                body = body.replace(special, "") if special == "]" else body
                body = "]" + body if special == "]" else body
        return "[" + m.group(1) + body + "]"
    p = re.sub(r"^\(\?[iJ]+\)", "", without_look_around(p))
    p = re.sub(r"\(\?(?:P?<\w+>|[a-z]*:|>)", "(", p)
    p = re.sub(r"(?<!\\)([*+?}])[+?]", r"\1", p)
    p = re.sub(r"(?<!\\)\[(\^?)((?:\\.|[^\]])*)\]", in_class, p)
    return p.replace(r"\d", "[0-9]").replace(r"\S+?", r"\S+")


def takes(command, p):
    q = subprocess.run(command + ["-e", p], input=b"", check=False,
                       stdout=subprocess.DEVNULL, stderr=subprocess.DEVNULL)
    return q.returncode == 1                # no match, no complaint


def for_others(patterns, tmp):
    """The patterns as far as all others have words for them: look-around and
    names of groups are left out. All get the same."""
    good = []
    for p in patterns:
        p = for_extended(p)
        if takes(["grep", "-E"], p) and \
                (not shutil.which("rg") or takes(RG, p)):
            good.append(p)
    path = os.path.join(tmp, "patterns.txt")
    with open(path, "w", encoding="utf-8") as f:
        f.write("\n".join(good) + "\n")
    return path, len(good)


def beside(rules, log, tmp, rate):
    """Others with the same patterns, each on as much as takes seconds."""
    path, nr = for_others([r["pattern"] for r in rules["rules"]], tmp)
    if shutil.which("rg"):
        part = head(log, tmp, 16 << 20)
        t = cpu_of(RG + ["-j1", "-c", "-a", "--dfa-size-limit", "1G",
                         "--regex-size-limit", "1G", "-f", path, part])
        r = os.path.getsize(part) / 1e6 / t
        print("    rg -f, no Unicode, %d of the patterns: %.0f MB/s, "
              "%.1f times slower" % (nr, r, rate / r))
    part = head(log, tmp, 1 << 20)
    t = cpu_of(["grep", "-a", "-c", "-E", "-f", path, part],
               env={"LC_ALL": "C", "PATH": os.environ["PATH"]})
    r = os.path.getsize(part) / 1e6 / t
    print("    grep -E -f in LC_ALL=C, %d of the patterns: %.1f MB/s, "
          "%.0f times slower" % (nr, r, rate / r))


def one_log(name, log, tmp):
    size = os.path.getsize(log) / 1e6
    first = None
    print("  %s: %.0f MB" % (name, size))
    for nr in (100, 400, len(shipped()[0]), 5000):
        rules = rule_set(nr)
        path = os.path.join(tmp, "rules.json")
        with open(path, "w", encoding="utf-8") as f:
            json.dump(rules, f)
        f = program(path, log)
        rate = size / f["classify"]
        first = first or f["classify"]
        print("   %5d rules, %5d literals, loaded in %3.0f ms: %.0f MB/s, "
              "%.4f of memchr (%.0f MB/s; cleaning alone %.0f), %.2f of the "
              "time with 100" %
              (nr, f["literals"], f["load"] * 1e3, rate,
               f["memchr"] / f["classify"], size / f["memchr"],
               size / f["clean"], f["classify"] / first))
        if nr == 400:
            part = head(log, tmp, BRUTE_BYTES)
            b = program(path, part, "brute")
            r = os.path.getsize(part) / 1e6 / b["brute"]
            print("    every rule on every line: %.1f MB/s, %.0f times "
                  "slower" % (r, rate / r))
            beside(rules, log, tmp, rate)


def wall_of(command):
    began = time.monotonic()
    subprocess.run(command, stdout=subprocess.DEVNULL, check=False)
    return time.monotonic() - began


def whole_program(log, tmp):
    """`tocsin classify` itself: start, rules, reading, children."""
    size = os.path.getsize(log) / 1e6
    packed = os.path.join(tmp, "log.gz")
    with open(log, "rb") as f, gzip.open(packed, "wb", 6) as out:
        shutil.copyfileobj(f, out)
    for name, path in (("plain", log), ("gzip", packed)):
        t = cpu_of([TOCSIN, "classify", "--json", path])
        print("  tocsin classify, %s: %.0f MB/s" % (name, size / t))
    t = cpu_of([TOCSIN, "classify", "--json", os.devnull])
    print("  start and rules, cold: %.0f ms" % (t * 1e3))
    for jobs in (1, 2):
        t = min(wall_of([TOCSIN, "classify", "--json", "-j", str(jobs)]
                        + [log] * 8) for _ in range(3))
        print("  eight logs, -j %d: %.0f MB/s (wall, the best of three)" %
              (jobs, 8 * size / t))


def memory(log):
    """2 GB through a pipe."""
    size = os.path.getsize(log)
    with subprocess.Popen([TOCSIN, "classify", "--json", "-"],
                          stdin=subprocess.PIPE, stdout=subprocess.PIPE
                          ) as p, open(log, "rb") as f:
        data = f.read()
        total = 0
        while total < 2 << 30:
            p.stdin.write(data)
            total += size
        p.stdin.close()
        result = json.loads(p.stdout.read())
        _, _, usage = os.wait4(p.pid, 0)
        p.returncode = 0
    print("  %.1f GB from a pipe: %d lines, %.1f s of CPU" %
          (total / 1e9, result["lines"], usage.ru_utime + usage.ru_stime))
    peak = resource.getrusage(resource.RUSAGE_CHILDREN).ru_maxrss / 1024
    print("  peak memory of any process so far: %.0f MB" %
          max(peak, usage.ru_maxrss / 1024))


def bench():
    if not os.path.exists(PROGRAM):
        sys.exit("bench: %s is not built: ./dev bench does" % PROGRAM)
    tmp = tempfile.mkdtemp(prefix="tocsin-bench-")
    try:
        print("classify, one process, CPU time, the best of five:")
        log = os.path.join(tmp, "ordinary.log")
        ordinary(log, MEGABYTES << 20)
        memory(log)
        one_log("an ordinary build that fails", log, tmp)
        whole_program(log, tmp)
        red = os.path.join(tmp, "corpus.log")
        of_corpus(red)
        if os.path.getsize(red):
            one_log("the red logs of the corpus", red, tmp)
        else:
            print("  no corpus at TOCSIN_CORPUS (%s)" % CORPUS)
    finally:
        shutil.rmtree(tmp)
