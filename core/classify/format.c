/* SPDX-License-Identifier: BSD-3-Clause */
/*
 * Kind of log, tools, outcome. Must not say what went wrong: that is
 * for rules.
 */
#include <config.h>

#include "core/classify/format.h"

#include <stdlib.h>
#include <string.h>

#include "core/base/mem.h"
#include "core/tocsin-plugin.h"

enum tool {
    TOOL_BOT,
    TOOL_RATTLER_BUILD,
    TOOL_BOA,
    TOOL_CONDA_BUILD,
    TOOL_MAVEN,
    TOOL_GRADLE,
    TOOL_BAZEL,
    TOOL_CARGO,
    TOOL_NPM,
    TOOL_R,
    TOOL_PIP,
    TOOL_COUNT,
};

/* The first that was seen names the log. */
static const char *const tool_names[TOOL_COUNT] = {
    "bot",   "rattler-build", "boa", "conda-build", "maven", "gradle",
    "bazel", "cargo",         "npm", "r",           "pip",
};

static const char *const formats[] = {
    "github-actions",
    "azure-pipelines",
    "plain",
};

enum sign {
    SIGN_TOOL,
    SIGN_EXIT,
    SIGN_STRONG,
    SIGN_WEAK,
    SIGN_AFTER, /* a step is over, or all of them are */
};

/* value: a tool, or an outcome. SIGN_EXIT reads the number after it. */
static const struct {
    const char *literal;
    enum sign sign;
    int value;
    bool at_start; /* only where a line starts with it */
} signs[] = {
    { "conda_forge_tick", SIGN_TOOL, TOOL_BOT, false },
    { "autotick-bot", SIGN_TOOL, TOOL_BOT, false },
    { "conda-forge-feedstock-ops", SIGN_TOOL, TOOL_BOT, false },
    { "bot error", SIGN_TOOL, TOOL_BOT, false },
    { "could not hash URL template", SIGN_TOOL, TOOL_BOT, false },
    { "did not change in the version migration", SIGN_TOOL, TOOL_BOT, false },
    { "rattler-build", SIGN_TOOL, TOOL_RATTLER_BUILD, false },
    { "rattler_build", SIGN_TOOL, TOOL_RATTLER_BUILD, false },
    { "Starting build of ", SIGN_TOOL, TOOL_RATTLER_BUILD, false },
    { "mambabuild", SIGN_TOOL, TOOL_BOA, false },
    { "boa build", SIGN_TOOL, TOOL_BOA, false },
    { "conda_build", SIGN_TOOL, TOOL_CONDA_BUILD, false },
    { "conda-build", SIGN_TOOL, TOOL_CONDA_BUILD, false },
    { "conda build", SIGN_TOOL, TOOL_CONDA_BUILD, false },
    { "conda-bld", SIGN_TOOL, TOOL_CONDA_BUILD, false },
    { "/build_artifacts/", SIGN_TOOL, TOOL_CONDA_BUILD, false },
    { "TEST START: ", SIGN_TOOL, TOOL_CONDA_BUILD, false },
    { "BUILD START: ", SIGN_TOOL, TOOL_CONDA_BUILD, false },
    { "[INFO] Scanning for projects", SIGN_TOOL, TOOL_MAVEN, false },
    { "maven-", SIGN_TOOL, TOOL_MAVEN, false },
    { "> Task :", SIGN_TOOL, TOOL_GRADLE, false },
    { "gradlew", SIGN_TOOL, TOOL_GRADLE, false },
    { "bazel", SIGN_TOOL, TOOL_BAZEL, false },
    { "   Compiling ", SIGN_TOOL, TOOL_CARGO, false },
    { "npm ERR!", SIGN_TOOL, TOOL_NPM, false },
    { "npm error", SIGN_TOOL, TOOL_NPM, false },
    { "R CMD ", SIGN_TOOL, TOOL_R, false },
    { "pip install", SIGN_TOOL, TOOL_PIP, false },

    { "Process completed with exit code ", SIGN_EXIT, 0, true },
    { "Bash exited with code '", SIGN_EXIT, 0, true },
    { "Cmd.exe exited with code '", SIGN_EXIT, 0, true },
    { "PowerShell exited with code '", SIGN_EXIT, 0, true },
    { "Your build exited with ", SIGN_EXIT, 0, false },
    { "Command exited with code ", SIGN_EXIT, 0, true },
    { "The operation was canceled", SIGN_STRONG, TOCSIN_OUTCOME_CANCELLED,
      true },
    { "Failing outdated PR build", SIGN_STRONG, TOCSIN_OUTCOME_CANCELLED,
      false },
    { "has exceeded the maximum execution time", SIGN_STRONG,
      TOCSIN_OUTCOME_TIMED_OUT, false },
    { "ran longer than the maximum time", SIGN_STRONG, TOCSIN_OUTCOME_TIMED_OUT,
      false },
    { "We stopped hearing from agent", SIGN_STRONG, TOCSIN_OUTCOME_ABANDONED,
      false },
    { "lost communication with the server", SIGN_STRONG,
      TOCSIN_OUTCOME_ABANDONED, false },
    { "No hosted parallelism has been purchased", SIGN_STRONG,
      TOCSIN_OUTCOME_FAILURE, false },
    { "ERROR: Job failed", SIGN_STRONG, TOCSIN_OUTCOME_FAILURE, true },
    { "Job succeeded", SIGN_STRONG, TOCSIN_OUTCOME_SUCCESS, true },
    { "Finished: SUCCESS", SIGN_STRONG, TOCSIN_OUTCOME_SUCCESS, true },
    { "Finished: UNSTABLE", SIGN_STRONG, TOCSIN_OUTCOME_FAILURE, true },
    { "Finished: FAILURE", SIGN_STRONG, TOCSIN_OUTCOME_FAILURE, true },
    { "Finished: ABORTED", SIGN_STRONG, TOCSIN_OUTCOME_CANCELLED, true },
    { "Build success", SIGN_STRONG, TOCSIN_OUTCOME_SUCCESS, true },

    /* A job that gets to its clean-up without a failed step was green. */
    { "Post job cleanup.", SIGN_AFTER, TOCSIN_OUTCOME_UNKNOWN, true },
    { "Cleaning up orphan processes", SIGN_AFTER, TOCSIN_OUTCOME_SUCCESS,
      true },
    { "Finishing: ", SIGN_AFTER, TOCSIN_OUTCOME_SUCCESS, true },

    { "BUILD SUCCESS", SIGN_WEAK, TOCSIN_OUTCOME_SUCCESS, false },
    { "BUILD FAILURE", SIGN_WEAK, TOCSIN_OUTCOME_FAILURE, false },
    { "BUILD FAILED", SIGN_WEAK, TOCSIN_OUTCOME_FAILURE, true },
    { "TESTS FAILED", SIGN_WEAK, TOCSIN_OUTCOME_FAILURE, false },
    { "subprocess.CalledProcessError", SIGN_WEAK, TOCSIN_OUTCOME_FAILURE,
      false },
    { "BUILD END: ", SIGN_WEAK, TOCSIN_OUTCOME_UNKNOWN, true },
    { "BIOCONDA ERROR", SIGN_WEAK, TOCSIN_OUTCOME_FAILURE, false },
    { "npm ERR! code", SIGN_WEAK, TOCSIN_OUTCOME_FAILURE, true },
};

void format_init(struct format *f)
{
    memset(f, 0, sizeof(*f));
    f->failed_step = f->doubted_step = -1;
}

void format_release(struct format *f)
{
    free(f->told);
}

const char *format_literal(size_t i)
{
    return i < ARRAY_SIZE(signs) ? signs[i].literal : NULL;
}

bool format_once(size_t i)
{
    return signs[i].sign == SIGN_TOOL;
}

/* Red is not taken back by what a later clean-up step says. */
static void say_strong(struct format *f, int outcome, int64_t line)
{
    bool red = outcome != TOCSIN_OUTCOME_SUCCESS;

    f->ended_line = line;
    if (!f->strong || f->strong == TOCSIN_OUTCOME_SUCCESS
        || (red && f->strong == TOCSIN_OUTCOME_CANCELLED))
        f->strong = outcome;
    if (red)
        format_failed(f, line);
}

/* What an action or a task says last, marked as an error, is why it failed:
 * unlike a script it names no exit code. */
static void after_step(struct format *f, int outcome, int64_t line)
{
    if (f->error_line && f->error_line == line - 1)
        say_strong(f, TOCSIN_OUTCOME_FAILURE, f->error_line);
    else if (!f->strong)
        f->strong = outcome;
}

/* The exit status at s: the number that starts there, or -1. */
static int exit_status(const char *s)
{
    while (*s == ' ' || *s == '\'' || *s == '-')
        s++;
    return *s >= '0' && *s <= '9' ? (int)strtol(s, NULL, 10) : -1;
}

void format_literal_seen(struct format *f, size_t i, const struct line *l)
{
    const char *at = strstr(l->text, signs[i].literal);

    if (!at || (signs[i].at_start && at != l->text))
        return;
    switch (signs[i].sign) {
    case SIGN_TOOL:
        f->tools |= 1u << signs[i].value;
        return;
    case SIGN_EXIT: {
        int status = exit_status(at + strlen(signs[i].literal));

        if (status >= 0)
            say_strong(f,
                       status ? TOCSIN_OUTCOME_FAILURE : TOCSIN_OUTCOME_SUCCESS,
                       l->nr);
        return;
    }
    case SIGN_STRONG:
        say_strong(f, signs[i].value, l->nr);
        return;
    case SIGN_AFTER:
        after_step(f, signs[i].value, l->nr);
        return;
    case SIGN_WEAK:
        f->weak = signs[i].value;
        f->ended_line = l->nr;
        return;
    }
}

const char *format_name(unsigned seen)
{
    if (seen & SEEN_AZURE)
        return "azure-pipelines";
    if (seen & (SEEN_ACTIONS | SEEN_STAMP))
        return "github-actions";
    return "plain";
}

void format_hear(struct format *f, const char *tool)
{
    for (int i = 0; tool && i < TOOL_COUNT; i++)
        if (!strcmp(tool, tool_names[i]))
            f->tools |= 1u << i;
}

const char *format_tool(const struct format *f)
{
    for (int i = 0; i < TOOL_COUNT; i++)
        if (f->tools & 1u << i)
            return tool_names[i];
    return "none";
}

int format_outcome(const struct format *f)
{
    return f->strong ? f->strong : f->weak;
}

bool format_is(const struct format *f, const char *format, const char *word)
{
    if (!strcmp(word, format))
        return true;
    for (int i = 0; i < TOOL_COUNT; i++)
        if (!strcmp(word, tool_names[i]))
            return f->tools & 1u << i;
    return false;
}

bool format_knows(const char *word)
{
    for (size_t i = 0; i < ARRAY_SIZE(formats); i++)
        if (!strcmp(word, formats[i]))
            return true;
    for (size_t i = 0; i < TOOL_COUNT; i++)
        if (!strcmp(word, tool_names[i]))
            return true;
    return false;
}
