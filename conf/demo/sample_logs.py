# SPDX-License-Identifier: BSD-3-Clause
"""The logs of the demo's samples: what runs around a build on GitHub Actions
and Azure Pipelines, by conda-build and rattler-build, and what breaks in it."""
import datetime
import hashlib
import random

OWNER = "conda-forge"
CI = "https://ci.example.org"
UTC = datetime.timezone.utc


def hexes(*words):
    return hashlib.sha256(" ".join(map(str, words)).encode()).hexdigest()


def at(text):
    return datetime.datetime.fromisoformat(text).replace(tzinfo=UTC)


# ---- a log with a clock ---------------------------------------------------

class Log:
    """Lines with the time stamps that Actions and Azure put before them."""

    def __init__(self, start, *seed):
        self.clock = start
        self.random = random.Random(hexes(*seed))
        self.lines = []

    def say(self, *lines, pause=0.05):
        for line in lines:
            self.clock += datetime.timedelta(
                microseconds=int(self.random.uniform(0.2, 1.8) * pause * 1e6))
            stamp = self.clock.strftime("%Y-%m-%dT%H:%M:%S.%f")
            self.lines.append("%s%dZ %s" % (stamp, self.random.randint(0, 9),
                                            line))

    def group(self, name, *lines):
        self.say("##[group]" + name, *lines)
        self.say("##[endgroup]")

    def text(self):
        return "\n".join(self.lines) + "\n"


HOST_PACKAGES = [
    "_libgcc_mutex 0.1", "_openmp_mutex 4.5", "bzip2 1.0.8", "c-ares 1.34.5",
    "ca-certificates 2026.8.3", "icu 78.1", "keyutils 1.6.3", "krb5 1.21.3",
    "ld_impl_linux-64 2.45", "libblas 3.11.0", "libcblas 3.11.0",
    "libcurl 8.18.0", "libedit 3.1.20250104", "libev 4.33",
    "libexpat 2.7.4", "libffi 3.5.2", "libgcc 15.2.0", "libgfortran 15.2.0",
    "libgomp 15.2.0", "liblapack 3.11.0", "liblzma 5.8.2",
    "libnghttp2 1.67.0", "libopenblas 0.3.30", "libsqlite 3.51.2",
    "libssh2 1.11.1", "libstdcxx 15.2.0", "libuuid 2.41.3", "libuv 1.51.0",
    "libzlib 1.3.1", "lz4-c 1.10.0", "ncurses 6.5", "openssl 3.6.1",
    "pip 26.0", "python 3.12.12", "python_abi 3.12", "readline 8.3",
    "rhash 1.4.6", "setuptools 80.10.2", "tk 8.6.13", "tzdata 2026a",
    "wheel 0.46.3", "xz 5.8.2", "zlib 1.3.1", "zstd 1.5.7",
]


def build_string(log, name):
    return "h%s_%d" % (hexes(name, log.random.random())[:7],
                       log.random.randint(0, 3))


def env_table(log, extra=()):
    log.say("", "## Package Plan ##", "",
            "  environment location: /home/conda/feedstock_root/"
            "build_artifacts/work_env", "",
            "The following NEW packages will be INSTALLED:", "")
    for package in sorted(HOST_PACKAGES + list(extra)):
        name, version = package.split()
        log.say("    %-20s %s-%s conda-forge" % (name + ":", version,
                                                 build_string(log, name)),
                pause=0.001)
    log.say("", "Preparing transaction: ...working... done",
            "Verifying transaction: ...working... done",
            "Executing transaction: ...working... done", pause=0.8)


def rattler_table(log, extra=()):
    log.say(" │ │ ╭──────────────────┬────────────┬──────────────┬─────────╮",
            " │ │ │ Package          ┆ Version    ┆ Build        ┆ Channel │",
            " │ │ ╞══════════════════╪════════════╪══════════════╪═════════╡",
            pause=0.001)
    for package in sorted(HOST_PACKAGES[:24] + list(extra)):
        name, version = package.split()
        log.say(" │ │ │ %-16s ┆ %-10s ┆ %-12s ┆ conda-f │"
                % (name[:16], version[:10], build_string(log, name)),
                pause=0.001)
    log.say(" │ │ ╰──────────────────┴────────────┴──────────────┴─────────╯",
            pause=0.001)


# ---- what runs around a build ---------------------------------------------

def actions_begin(log, project, variant, image="ubuntu-24.04"):
    log.say("Current runner version: '2.331.0'")
    log.group("Operating System", "Ubuntu", "24.04.3", "LTS")
    log.group("Runner Image", "Image: " + image,
              "Version: 20261103.%d.1" % log.random.randint(40, 60))
    log.group("GITHUB_TOKEN Permissions", "Contents: read",
              "Metadata: read", "Packages: read")
    log.say("Secret source: Actions", "Prepare workflow directory",
            "Prepare all required actions",
            "Getting action download info",
            "Download action repository 'actions/checkout@v5'",
            "Complete job name: " + variant, pause=0.3)
    log.group("Run actions/checkout@v5", "with:",
              "  repository: %s/%s" % (OWNER, project),
              "  persist-credentials: true", "  clean: true",
              "  fetch-depth: 1")
    log.say("Syncing repository: %s/%s" % (OWNER, project))
    log.group("Getting Git version info",
              "Working directory is '/home/runner/work/%s/%s'" % (project,
                                                                  project),
              "[command]/usr/bin/git version", "git version 2.52.0")
    log.group("Fetching the repository",
              "[command]/usr/bin/git -c protocol.version=2 fetch --no-tags "
              "--prune --no-recurse-submodules --depth=1 origin",
              "From https://github.com/%s/%s" % (OWNER, project))
    log.group("Run export CI=github_actions",
              "export CI=github_actions", "export CONFIG=" + variant,
              "shell: /usr/bin/bash --noprofile --norc -e -o pipefail {0}",
              "env:", "  CONFIG: " + variant,
              "  DOCKER_IMAGE: quay.io/condaforge/linux-anvil-x86_64:alma9",
              "  BINSTAR_TOKEN: ***")
    log.group("Configure Docker", "Server Version: 29.0.2",
              "Storage Driver: overlay2", "Logging Driver: json-file",
              "Cgroup Driver: systemd", "Cgroup Version: 2",
              "Kernel Version: 6.14.0-1017-azure",
              "Operating System: Ubuntu 24.04.3 LTS", "CPUs: 4",
              "Total Memory: 15.6GiB")


def actions_end(log, code=1):
    log.say("##[error]Process completed with exit code %d." % code,
            "Post job cleanup.", "[command]/usr/bin/git version",
            "git version 2.52.0",
            "[command]/usr/bin/git config --local --unset-all "
            "http.https://github.com/.extraheader",
            "Cleaning up orphan processes", pause=0.4)


def azure_begin(log, step, kind="Bash"):
    log.say("##[section]Starting: " + step,
            "=" * 78,
            "Task         : " + ("Command line" if kind != "Bash" else kind),
            "Description  : Run a command line script using Bash on Linux "
            "and macOS and cmd.exe on Windows",
            "Version      : 2.268.0",
            "Author       : Microsoft Corporation",
            "Help         : https://docs.microsoft.com/azure/devops/"
            "pipelines/tasks/utility/command-line",
            "=" * 78, "Generating script.",
            "========================== Starting Command Output "
            "===========================")


def azure_end(log, step, what="Bash exited with code '1'."):
    log.say("", "##[error]" + what, "##[section]Finishing: " + step,
            pause=0.4)


def conda_begin(log, name, version):
    log.group("Configuring conda", "Overwriting default conda settings",
              "channels: [conda-forge]", "channel_priority: strict",
              "Mamba: 2.4.0", "conda-build: 26.3.0",
              "conda-forge-ci-setup: 4.24.2")
    log.say("+ conda build recipe -m .ci_support/variant.yaml "
            "--suppress-variables",
            "Adding in variants from internal_defaults",
            "Adding in variants from /home/conda/feedstock_root/.ci_support",
            "Attempting to finalize metadata for " + name,
            "Reloading output folder: ...working... done",
            "Solving environment: ...working... done", pause=1.5)


def conda_sources(log, name, version):
    log.say("Source cache directory is: /home/conda/feedstock_root/"
            "build_artifacts/src_cache",
            "Downloading source to cache: %s-%s_%s.tar.gz"
            % (name, version, hexes(name)[:10]),
            "Downloading https://downloads.example.org/%s/%s-%s.tar.gz"
            % (name, name, version),
            "INFO:conda_build.source:Success",
            "Extracting download",
            "BUILD START: ['%s-%s-py312h%s_0.conda']"
            % (name, version, hexes(name, version)[:7]), pause=1)


def rattler_begin(log, name, version):
    log.say(" ╭─ Finding outputs from recipe",
            " │ Found 1 variants",
            " │", " ╰─────────────────── (took 0 seconds)",
            " Starting build of 1 outputs", "",
            " ╭─ Running build for recipe: %s-%s-h%s_0"
            % (name, version, hexes(name)[:7]), " │",
            " │ ╭─ Fetching source code",
            " │ │ Fetching source from url: https://downloads.example.org/"
            "%s/%s-%s.tar.gz" % (name, name, version), pause=0.6)


def rattler_envs(log):
    for env in ("build", "host"):
        log.say(" │ ╭─ Resolving %s environment" % env,
                " │ │ Resolving %s environment:" % env,
                " │ │   Platform: linux-64 [__unix=0=0, __linux=6.14.0=0, "
                "__glibc=2.34=0]", " │ │   Channels:",
                " │ │    - conda-forge", " │ │   Specs:",
                " │ │    - gcc_linux-64 14.*", " │ │    - cmake", pause=0.7)
        rattler_table(log)
        log.say(" │ │", " │ ╰─────────────────── (took 4 seconds)",
                pause=0.3)


# ---- what breaks ----------------------------------------------------------

def fail_dependency(log, name, version, missing, wanting):
    """A requirement of the recipe that no channel has, as the solver says
    it: an error line, and a tree in which dead alternatives stand too."""
    conda_begin(log, name, version)
    log.say("warning  libmamba Cache file \"/home/conda/pkgs/cache/"
            "497deca9.json\" was modified by another program",
            "INFO:conda_build.metadata:Attempting to finalize metadata for "
            + name,
            "Solving environment: ...working... failed",
            "Traceback (most recent call last):",
            '  File "/opt/conda/lib/python3.12/site-packages/conda_build/'
            'environ.py", line 1022, in get_install_actions',
            "    txn = solver.solve_for_transaction(prune=False)",
            '  File "/opt/conda/lib/python3.12/site-packages/conda/core/'
            'solve.py", line 157, in solve_for_transaction',
            "    unlink_precs, link_precs = self.solve_for_diff(",
            '  File "/opt/conda/lib/python3.12/site-packages/'
            'conda_libmamba_solver/solver.py", line 309, in solve_final_state',
            "    out_state = self._solving_loop(in_state, out_state, index)",
            "conda_libmamba_solver.conda_build_exceptions."
            "ExplainedDependencyNeedsBuildingError: Unsatisfiable "
            "dependencies for platform linux-64: {MatchSpec(\"%s[version='%s'"
            "]\")}" % tuple(missing.split()),
            "Encountered problems while solving:",
            "  - nothing provides %s needed by %s-1.8.0-py311h5a1d2f_0"
            % (wanting, "orrery-data"),
            "  - nothing provides requested %s" % missing, "",
            "Could not solve for environment specs",
            "The following packages are incompatible",
            "├─ %s does not exist (perhaps a typo or a missing channel);"
            % missing,
            "├─ orrery-data =1 * is installable with the potential options",
            "│  ├─ orrery-data 1.8.0 would require",
            "│  │  └─ %s, which does not exist (perhaps a missing channel);"
            % wanting,
            "│  └─ orrery-data [1.9.0|1.9.1] would require",
            "│     └─ numpy >=2.3,<3 *, which can be installed;",
            "└─ python =3.12 * is requested and can be installed.", pause=0.1)


def fail_compile(log, name, version):
    conda_begin(log, name, version)
    env_table(log, ["cmake 4.2.3", "gcc_linux-64 14.3.0", "ninja 1.13.2"])
    conda_sources(log, name, version)
    log.say("+ cmake -GNinja -DCMAKE_BUILD_TYPE=Release "
            "-DBUILD_SHARED_LIBS=ON -DCMAKE_INSTALL_PREFIX=$PREFIX ..",
            "-- The C compiler identification is GNU 14.3.0",
            "-- The CXX compiler identification is GNU 14.3.0",
            "-- Detecting C compiler ABI info",
            "-- Detecting C compiler ABI info - done",
            "-- Check for working C compiler: $BUILD_PREFIX/bin/"
            "x86_64-conda-linux-gnu-cc - skipped",
            "-- Found ZLIB: $PREFIX/lib/libz.so (found version \"1.3.1\")",
            "-- Found zstd: $PREFIX/lib/libzstd.so (found version \"1.5.7\")",
            "-- Configuring done (2.1s)", "-- Generating done (0.1s)",
            "-- Build files have been written to: $SRC_DIR/build",
            "+ ninja -j4", pause=0.2)
    units = ["frame", "index", "huff", "window", "stream", "crc", "pool",
             "thread", "dict", "match", "block", "io", "cli", "bench",
             "error", "util", "table", "sort", "bits", "pack"]
    for i, unit in enumerate(units, 1):
        log.say("[%d/34] Building C object src/CMakeFiles/quillpack.dir/"
                "%s.c.o" % (i, unit), pause=0.6)
        if unit == "dict":
            log.say("../src/dict.c: In function 'qp_dict_train':",
                    "../src/dict.c:88:22: warning: comparison of integer "
                    "expressions of different signedness: 'int' and "
                    "'size_t' [-Wsign-compare]",
                    "   88 |     for (int i = 0; i < n_samples; i++)",
                    "      |                       ^")
    log.say("FAILED: src/CMakeFiles/quillpack.dir/pack.c.o",
            "$BUILD_PREFIX/bin/x86_64-conda-linux-gnu-cc "
            "-Dquillpack_EXPORTS -I../include -isystem $PREFIX/include "
            "-march=nocona -mtune=haswell -ftree-vectorize -fPIC -O2 "
            "-MD -MT src/CMakeFiles/quillpack.dir/pack.c.o -c ../src/pack.c",
            "../src/pack.c: In function 'qp_pack_begin':",
            "../src/pack.c:214:20: error: 'ZSTD_CCtx_params' has no member "
            "named 'targetCBlockSize'",
            "  214 |     ctx->params->targetCBlockSize = opts->block;",
            "      |                ^~",
            "../src/pack.c:219:13: error: implicit declaration of function "
            "'ZSTD_resetCStream_internal' [-Wimplicit-function-declaration]",
            "  219 |     (void) ZSTD_resetCStream_internal(ctx->stream);",
            "      |            ^~~~~~~~~~~~~~~~~~~~~~~~~~",
            "[21/34] Building C object src/CMakeFiles/quillpack.dir/"
            "unpack.c.o",
            "ninja: build stopped: subcommand failed.",
            "Traceback (most recent call last):",
            '  File "/opt/conda/bin/conda-build", line 10, in <module>',
            "    sys.exit(execute())",
            '  File "/opt/conda/lib/python3.12/site-packages/conda_build/'
            'build.py", line 2558, in build',
            "    utils.check_call_env(",
            "subprocess.CalledProcessError: Command '['/bin/bash', '-o', "
            "'errexit', '/home/conda/feedstock_root/build_artifacts/"
            "quillpack_1794400000000/work/conda_build.sh']' returned "
            "non-zero exit status 1.")


def fail_test(log, name, version, tests):
    conda_begin(log, name, version)
    env_table(log, ["pytest 9.0.2", "clang_osx-64 19.1.7"])
    conda_sources(log, name, version)
    log.say("-- Configuring done (3.0s)", "-- Generating done (0.1s)",
            "-- Installing: $PREFIX/lib/lib%s.2.dylib" % name,
            "Packaging %s" % name,
            "INFO:conda_build.build:Packaging %s-%s-h%s_0"
            % (name, version, hexes(name)[:7]),
            "number of files: 41", "Fixing permissions",
            "INFO: sysroot: '/opt/MacOSX11.0.sdk/' files: '[]'",
            "TEST START: $BUILD_ARTIFACTS/osx-64/%s-%s-h%s_0.conda"
            % (name, version, hexes(name)[:7]), pause=1)
    env_table(log, ["pytest 9.0.2"])
    log.say("export PREFIX=$TEST_PREFIX", "export SRC_DIR=$TEST_SRC",
            "+ python -m pytest -v tests", "", "=" * 29
            + " test session starts " + "=" * 30,
            "platform darwin -- Python 3.12.12, pytest-9.0.2, pluggy-1.6.0",
            "rootdir: $SRC_DIR",
            "collected %d items" % (len(tests) + 36), "")
    for i in range(36):
        log.say("tests/test_format.py::test_case_%02d PASSED%24s[%3d%%]"
                % (i, "", (i + 1) * 100 // (36 + len(tests))), pause=0.1)
    for test, _ in tests:
        log.say("%s FAILED [ 97%%]" % test, pause=2)
    log.say("", "=" * 35 + " FAILURES " + "=" * 35)
    for test, why in tests:
        log.say("_" * 27 + " " + test.split("::")[1] + " " + "_" * 27, "",
                "    def %s(tmp_path):" % test.split("::")[1],
                "        out = run_tool(tmp_path)",
                ">       assert out.frames == 12",
                "E       " + why, "",
                "%s:58: AssertionError" % test.split("::")[0])
    log.say("=" * 27 + " short test summary info " + "=" * 28)
    for test, why in tests:
        log.say("FAILED %s - %s" % (test, why))
    log.say("=" * 18 + " %d failed, 36 passed in 41.07s " % len(tests)
            + "=" * 18,
            "WARNING: Tests failed for %s-%s-h%s_0.conda - moving package to "
            "$BUILD_ARTIFACTS/broken" % (name, version, hexes(name)[:7]),
            "TESTS FAILED: %s-%s-h%s_0.conda" % (name, version,
                                                 hexes(name)[:7]))


def fail_link(log, name, version):
    log.say("D:\\a\\1\\s>call .scripts\\run_win_build.bat",
            "Setting up configuration",
            "Building recipe with conda-build 26.3.0",
            "Reloading output folder: ...working... done",
            "Solving environment: ...working... done", pause=1.5)
    env_table(log, ["vs2022_win-64 19.44", "cmake 4.2.3", "ninja 1.13.2"])
    log.say("%SRC_DIR%>cmake -GNinja -DCMAKE_BUILD_TYPE=Release ..",
            "-- The C compiler identification is MSVC 19.44.35222.0",
            "-- Detecting C compiler ABI info - done",
            "-- Found ZLIB: %LIBRARY_LIB%/z.lib (found version \"1.3.1\")",
            "-- Configuring done (6.4s)", "-- Generating done (0.2s)",
            "%SRC_DIR%>ninja -j4")
    for i in range(1, 33):
        log.say("[%d/34] Building C object src\\CMakeFiles\\quillpack.dir"
                "\\unit%02d.c.obj" % (i, i), pause=0.3)
    log.say("[33/34] Linking C shared library quillpack.dll",
            "FAILED: [code=4294967295] quillpack.dll quillpack.lib",
            "C:\\Windows\\system32\\cmd.exe /C \"cd . && %BUILD_PREFIX%\\"
            "Library\\bin\\cmake.exe -E vs_link_dll --intdir=src\\CMakeFiles"
            "\\quillpack.dir --manifests -- link.exe /nologo @CMakeFiles"
            "\\quillpack.rsp /out:quillpack.dll\"",
            "LINK: command \"link.exe /nologo ... /out:quillpack.dll "
            "/implib:quillpack.lib /dll /version:2.3\" failed "
            "(exit code 1120) with the following output:",
            "   Creating library quillpack.lib and object quillpack.exp",
            "pack.c.obj : error LNK2019: unresolved external symbol "
            "ZSTD_resetCStream_internal referenced in function "
            "qp_pack_begin",
            "quillpack.dll : fatal error LNK1120: 1 unresolved externals",
            "ninja: build stopped: subcommand failed.",
            "Traceback (most recent call last):",
            '  File "D:\\Miniforge\\Scripts\\conda-build-script.py", '
            "line 10, in <module>", "    sys.exit(execute())",
            "subprocess.CalledProcessError: Command '['cmd.exe', '/d', '/c', "
            "'conda_build.bat']' returned non-zero exit status 1.")


def fail_checksum(log, name, version):
    rattler_begin(log, name, version)
    expected, actual = hexes(name, "old"), hexes(name, "new")
    log.say(" │ │ Downloading from: https://downloads.example.org/%s/"
            "%s-%s.tar.gz" % (name, name, version),
            " │ │ ⚠ warning Failed to fetch from "
            "https://downloads.example.org/%s/%s-%s.tar.gz: sha256 checksum "
            "validation failed" % (name, name, version),
            " │ │ ⚠ warning   expected: " + expected,
            " │ │ ⚠ warning   actual:   " + actual, " │ │",
            " │ ╰─────────────────── (took 3 seconds)", " │",
            " ╰─────────────────── (took 3 seconds)",
            "Error:   × sha256 checksum validation failed for "
            '"/home/conda/feedstock_root/',
            '  │ build_artifacts/src_cache/%s-%s.tar.gz"' % (name, version),
            "  │   expected:", "  │ " + expected, "  │   actual:",
            "  │ " + actual, pause=0.8)


def fail_patch(log, name, version):
    rattler_begin(log, name, version)
    log.say(" │ │ Extracted to: /home/conda/feedstock_root/build_artifacts/"
            "src_cache/%s_extracted" % hexes(name)[:16],
            " │ │ Applying patch: /home/conda/recipe_root/"
            "0001-use-system-sqlite.patch",
            " │ │ Applying patch: /home/conda/recipe_root/"
            "0002-drop-werror.patch",
            " │ │ checking file meson.build",
            " │ │ Hunk #2 FAILED at 118.",
            " │ │ 1 out of 2 hunks FAILED -- saving rejects to file "
            "meson.build.rej", " │ │",
            " │ ╰─────────────────── (took 2 seconds)", " │",
            " ╰─────────────────── (took 2 seconds)",
            "Error:   × Failed to apply patch: "
            "0002-drop-werror.patch", pause=0.5)


def fail_network_test(log, name, version):
    """Fails once in a while: a test that asks a server."""
    conda_begin(log, name, version)
    env_table(log)
    conda_sources(log, name, version)
    fail = ("tests/test_fetch.py::test_tides_of_today",
            "AssertionError: assert 0 == 12")
    log.say("+ python -m pytest tests", "collected 24 items",
            "tests/test_tables.py ......................          [ 91%]",
            "tests/test_fetch.py .F                               [100%]",
            "=" * 35 + " FAILURES " + "=" * 35,
            "E       " + fail[1],
            "=" * 27 + " short test summary info " + "=" * 28,
            "FAILED %s - %s" % fail,
            "=" * 18 + " 1 failed, 23 passed in 12.40s " + "=" * 18,
            "TESTS FAILED: %s-%s-py312h%s_0.conda"
            % (name, version, hexes(name)[:7]))


def fail_outage(log, name, version, tool):
    """The package server answers 503 for an hour, to everybody."""
    url = "https://conda.anaconda.example/conda-forge/linux-64/" \
          "repodata.json.zst"
    if tool == "rattler-build":
        rattler_begin(log, name, version)
        log.say(" │ ╭─ Resolving host environment",
                " │ │ Fetching repodata", " │ │",
                " │ ╰─────────────────── (took 61 seconds)", " │",
                " ╰─────────────────── (took 64 seconds)",
                "Error:   × HTTP status server error (503 Service "
                "Unavailable) for url (%s)" % url, pause=4)
        return
    log.group("Configuring conda", "Overwriting default conda settings",
              "channels: [conda-forge]", "channel_priority: strict")
    log.say("Collecting package metadata (repodata.json): ...working... "
            "failed", "",
            "CondaHTTPError: HTTP 503 SERVICE UNAVAILABLE for url <%s>" % url,
            "Elapsed: 00:00.081242", "",
            "An HTTP error occurred when trying to retrieve this URL.",
            "HTTP errors are often intermittent, and a simple retry will get "
            "you on your way.", pause=4)
