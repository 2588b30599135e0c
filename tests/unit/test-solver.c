/* SPDX-License-Identifier: BSD-3-Clause */
/* What reports of solvers come to, in each of their dialects. */
#include <config.h>

#include <check.h>
#include <stdlib.h>
#include <string.h>

#include "core/base/mem.h"
#include "core/classify/solver.h"
#include "core/classify/spec.h"
#include "core/classify/unwrap.h"
#include "suite.h"

struct reader {
    struct unwrap unwrap;
    struct solver solver;
    struct ring ring;
    struct strbuf out;
};

static void on_finding(void *user, const struct finding *f)
{
    struct reader *r = user;

    ck_assert_int_ge(f->last, f->line);
    ck_assert_uint_gt(f->excerpt.nr, 0);
    strbuf_addf(&r->out, "%d %s\n", (int)f->line, f->text + 8);
}

static void on_logical(void *user, const struct line *l, int64_t last)
{
    struct reader *r = user;

    solver_line(&r->solver, l, last, r->unwrap.column, 0, &r->ring);
}

static void on_chunk(void *user, const struct chunk *ch)
{
    struct reader *r = user;

    for (size_t i = ch->fresh; i < ch->nr; i++) {
        struct line l = chunk_line(ch, i);

        ring_add(&r->ring, l.nr, l.text, l.len);
        unwrap_line(&r->unwrap, &l);
    }
}

/* The findings of a log, "LINE KIND; key: value; …" each. */
static char *found(const char *log)
{
    struct reader r = { 0 };
    struct cleaner *cl;

    strbuf_init(&r.out, STRBUF_UNBOUNDED);
    unwrap_init(&r.unwrap, on_logical, &r);
    solver_init(&r.solver, on_finding, &r);
    cl = cleaner_new(on_chunk, &r);
    cleaner_feed(cl, log, strlen(log));
    cleaner_end(cl);
    unwrap_flush(&r.unwrap);
    solver_end(&r.solver);
    cleaner_free(cl);
    solver_release(&r.solver);
    unwrap_release(&r.unwrap);
    ring_release(&r.ring);
    return r.out.buf;
}

#define INCOMPATIBLE "The following packages are incompatible\n"

/* widget was built for lang 4.3 and older, lang 4.4 is asked for */
#define TREE                                                                     \
    "Could not solve for environment specs\n" INCOMPATIBLE                       \
    "├─ lang 4.4.*  is requested and can be installed;\n"                    \
    "└─ widget is not installable because there are no viable options\n"     \
    "   ├─ widget 0.8 would require\n"                                       \
    "   │  └─ oldlang >=3.5,<3.5.1.0a0 , which does not exist (perhaps a " \
    "missing channel);\n"                                                        \
    "   ├─ widget [0.8|0.9|...|1.4] would require\n"                         \
    "   │  └─ lang >=4.1,<4.2.0a0 , which conflicts with any installable " \
    "versions previously reported;\n"                                            \
    "   └─ widget [1.7|2.1] would require\n"                                 \
    "      └─ lang >=4.3,<4.4.0a0 , which conflicts with any installable "   \
    "versions previously reported.\n"

static const struct {
    const char *log, *want;
} reports[] = {
    /* libsolv's sentences */
    { "Problem: nothing provides requested gadget >=9\n",
      "1 requested-missing; package: gadget; spec: gadget >=9;\n" },
    { "  - nothing provides requested gadget >=1.4.0,<1.5.0\n"
      "  - nothing provides requested gizmo\n",
      "1 requested-missing; package: gadget; spec: gadget >=1.4.0,<1.5.0;\n"
      "2 requested-missing; package: gizmo; spec: gizmo;\n" },
    { "- Encountered problems while solving:\n"
      "-   - package widget-1.0-h5d_1 requires gadget >=2.7,<2.8.0a0, but "
      "none of the providers can be installed\n-\n\nLeaving\n",
      "2 file-unfit; package: widget; version: 1.0; wants: gadget "
      ">=2.7,<2.8.0a0; on: gadget;\n" },
    { "  - nothing provides oldlang 3.* needed by r-widget-0.8-h2_1\n",
      "1 file-missing; package: r-widget; version: 0.8; missing: oldlang 3.*; "
      "name: oldlang;\n" },
    { "  - package blaster-2.2-h6_5 is excluded by strict repo priority\n",
      "1 excluded; package: blaster; spec: blaster 2.2; why: strict channel "
      "priority;\n" },
    { "  - cannot install both gadget-1.0-h1_0 and gadget-2.0-h1_0\n",
      "1 exclusive; package: gadget; other: gadget-2.0-h1_0;\n" },
    { "x.DependencyNeedsBuildingError: Unsatisfiable dependencies for "
      "platform osx-64: {MatchSpec(\"gadget==1.0=h2_1\"), 'gizmo[version="
      "\">=2\"]'}\n",
      "1 set; specs: gadget, gizmo;\n" },
    { "Encountered problems while solving:\n\nnothing else\n",
      "1 unsolved;\n" },

    /* libmamba's tree; the dead alternative is not the cause */
    { TREE, "4 conflict; package: widget; spec: widget; with: lang 4.4; on: "
            "lang; wants: ;\n" },
    { "Encountered problems while solving:\n"
      "  - nothing provides oldlang >=3.5 needed by "
      "widget-0.8-lang3_1\n\n" TREE,
      "7 conflict; package: widget; spec: widget; with: lang 4.4; on: "
      "lang; wants: ;\n" },
    /* mamba 2 writes specs in another way */
    { INCOMPATIBLE
      "├─ lang =4.5 * is requested and can be installed;\n"
      "└─ widget =* * is not installable because it requires\n"
      "   └─ lang >=4.3,<4.4.0a0 *, which conflicts with any installable "
      "versions previously reported.\n",
      "3 conflict; package: widget; spec: widget; with: lang 4.5; on: lang; "
      "wants: lang >=4.3,<4.4.0a0;\n" },
    { "The following package could not be installed\n"
      "└─ gadget does not exist (perhaps a typo or a missing channel).\n",
      "2 requested-missing; package: gadget; spec: gadget;\n" },
    { "The following package could not be installed\n"
      "└─ widget 2.* is not installable because it requires\n"
      "   └─ gadget <2.6,>=1.25 *, which does not exist (perhaps a missing "
      "channel).\n",
      "2 dependency-missing; package: widget; spec: widget 2.*; missing: "
      "gadget <2.6,>=1.25; name: gadget; of: widget;\n" },
    /* deeper: whose requirement it is */
    { "The following package could not be installed\n"
      "└─ widget is not installable because there are no viable options\n"
      "   ├─ widget [1|2] would require\n"
      "   │  └─ gadget =* * but there are no viable options\n"
      "   │     ├─ gadget 4.1 would require\n"
      "   │     │  └─ gizmo =* *, which does not exist (perhaps a missing "
      "channel);\n"
      "   │     └─ gadget 4.2 would require\n"
      "   │        └─ gizmo <3, which does not exist (perhaps a missing "
      "channel);\n"
      "   └─ widget 3 would require\n"
      "      └─ gadget 4, which cannot be installed (as previously "
      "explained).\n",
      "2 dependency-missing; package: widget; spec: widget; missing: gizmo; "
      "name: gizmo; of: gadget;\n" },
    { "The following package could not be installed\n"
      "└─ widget-gpu is not installable because it requires\n"
      "   └─ __cuda >=12 *, which is missing on the system.\n",
      "2 system; package: widget-gpu; spec: widget-gpu; missing: __cuda "
      ">=12; name: __cuda; of: widget-gpu;\n" },
    /* Python is asked for; what has no build for it is told of */
    { INCOMPATIBLE
      "├─ widget is installable with the potential options\n"
      "│  ├─ widget [1.0|1.1] would require\n"
      "│  │  └─ python_abi 3.10.* *_cp310, which can be installed;\n"
      "│  └─ widget 1.0 would require\n"
      "│     └─ python_abi 3.9.* *_cp39, which can be installed;\n"
      "└─ python 3.12.* *_cpython is not installable because it requires\n"
      "   └─ python_abi 3.12.* *_cp312, which conflicts with any installable "
      "versions previously reported.\n",
      "2 conflict; package: widget; spec: widget; with: python 3.12; on: "
      "python_abi; wants: ;\n" },
    /* but not of what has one */
    { INCOMPATIBLE
      "├─ gadget is installable with the potential options\n"
      "│  ├─ gadget 1 would require\n"
      "│  │  └─ python_abi 3.11.* *_cp311, which can be installed;\n"
      "│  └─ gadget 1 would require\n"
      "│     └─ python_abi 3.12.* *_cp312, which can be installed;\n"
      "├─ widget is installable and it requires\n"
      "│  └─ python_abi 3.11.* *_cp311, which can be installed;\n"
      "└─ python 3.12.* is not installable because it requires\n"
      "   └─ python_abi 3.12.* *_cp312, which conflicts with any installable "
      "versions previously reported.\n",
      "7 conflict; package: widget; spec: widget; with: python 3.12; on: "
      "python_abi; wants: python_abi 3.11.* *_cp311;\n" },
    /* of itself, because of somebody else */
    { INCOMPATIBLE
      "├─ widget =2 * is installable and it requires\n"
      "│  └─ gadget =1 *, which can be installed;\n"
      "└─ gadget =2 * is not installable because it conflicts with any "
      "installable versions previously reported.\n",
      "2 conflict; package: widget; spec: widget =2; with: gadget 2; on: "
      "gadget; wants: gadget =1;\n" },
    /* that is no cause beside a failure of its own */
    { INCOMPATIBLE
      "├─ widget =2 * is installable and it requires\n"
      "│  ├─ gadget =1 *, which can be installed;\n"
      "│  └─ lang 4.4, which can be installed;\n"
      "├─ gadget =2 * is not installable because it conflicts with any "
      "installable versions previously reported;\n"
      "└─ gizmo is not installable because it requires\n"
      "   └─ lang 4.3, which conflicts with any installable versions "
      "previously reported.\n",
      "6 conflict; package: gizmo; spec: gizmo; with: lang 4.4; on: lang; "
      "wants: lang 4.3;\n" },
    /* without its branches, as some collectors leave it */
    { INCOMPATIBLE
      " lang 4.4.* is requested and can be installed;\n"
      " widget is uninstallable because there are no viable options\n"
      "    widget 1 would require\n"
      "       lang >=4.3,<4.4.0a0, which conflicts with any installable "
      "versions previously reported.\n",
      "3 conflict; package: widget; spec: widget; with: lang 4.4; on: lang; "
      "wants: lang >=4.3,<4.4.0a0;\n" },
    /* a pin, before libmamba said what of */
    { INCOMPATIBLE
      "├─ widget * is installable and it requires\n"
      "│  └─ lang >=3.11,<3.12.0a0 , which can be installed;\n"
      "└─ pin-1 is not installable because it requires\n"
      "   └─ lang 3.10** , which conflicts with any installable versions "
      "previously reported.\n",
      "2 conflict; package: widget; spec: widget; with: lang 3.10; on: lang; "
      "wants: lang >=3.11,<3.12.0a0;\n" },
    /* a release candidate that nobody may have is not why */
    { "The reported errors are:\n- Encountered problems while solving:\n"
      "-   - nothing provides _python_rc needed by python-3.12.0rc3-rc3_h1_1\n",
      "1 unsolved;\n" },
    /* its head is cut off: nobody knows with what */
    { "└─ widget is not installable because there are no viable options\n"
      "   └─ widget 1 would require\n"
      "      └─ lang 3, which conflicts with any installable versions "
      "previously reported.\n",
      "1 unfit; package: widget; spec: widget;\n" },
    /* … unless it is said again in full */
    { "└─ widget is not installable because there are no viable options\n"
      "   └─ widget 1 would require\n"
      "      └─ lang 3, which conflicts with any installable versions "
      "previously reported.\n\na\nb\nc\nd\ne\nf\n" TREE,
      "14 conflict; package: widget; spec: widget; with: lang 4.4; on: lang; "
      "wants: ;\n" },
    /* a terminal of 80 columns broke it */
    { INCOMPATIBLE
      "├─ lang 4.4.* is requested and can be installed;\n"
      "└─ widget is not installable because there are no viable options\n"
      "   └─ widget 1 would require\n"
      "      └─ lang >=4.3,<4.4.0a0, which conflicts with any installable "
      "versions \npreviously reported.\n",
      "3 conflict; package: widget; spec: widget; with: lang 4.4; on: lang; "
      "wants: lang >=4.3,<4.4.0a0;\n" },
    { "problems while solving:\n"
      "2026-08-14T06:41:00.1234567Z   - package widget-of-widgets-1.0.0-"
      "h12e2e3f0_0 requires libgadget >=3.21.12,<3.\n"
      "2026-08-14T06:41:00.1234568Z 22.0a0, but none of the providers can be "
      "installed\n",
      "2 file-unfit; package: widget-of-widgets; version: 1.0.0; wants: "
      "libgadget >=3.21.12,<3.22.0a0; on: libgadget;\n" },

    /* resolvo, as rattler-build and pixi print it */
    { "Error:   × Failed to resolve dependencies\n"
      "  ╰─▶ Cannot solve the request because of: No candidates were found "
      "for gadget-\n      devel 8.*.\n",
      "2 requested-missing; package: gadget-devel; spec: gadget-devel 8.*;\n" },
    { "Cannot solve the request because of: widget * cannot be installed "
      "because there are no viable options:\n"
      "└─ widget 1.16 would require\n"
      "   └─ gadget <2.6,>=1.25.2, for which no candidates were found.\n",
      "1 dependency-missing; package: widget; spec: widget; missing: gadget "
      "<2.6,>=1.25.2; name: gadget; of: widget;\n" },
    { "  × Failed to resolve dependencies: Cannot solve the request because "
      "of: The\n"
      "  │ following packages are incompatible\n"
      "  │ ├─ gadget 2.* can be installed with any of the following options:\n"
      "  │ │  └─ gadget 2.0 | 2.1\n"
      "  │ └─ widget 3.* cannot be installed because there are no viable\n"
      "  │    options:\n"
      "  │    └─ widget 3.1 would require\n"
      "  │       └─ gadget <2, which cannot be installed because there are "
      "no\n"
      "  │          viable options:\n"
      "  │          └─ gadget 1.9, which conflicts with the versions reported\n"
      "  │             above.\n",
      "5 conflict; package: widget; spec: widget 3.*; with: gadget 2; on: "
      "gadget; wants: gadget 1.9;\n" },
    { "Cannot solve the request because of: " INCOMPATIBLE
      "├─ widget * can be installed with any of the following options:\n"
      "│  └─ widget 1 would require\n"
      "│     └─ lang >=4.4,<4.5.0a0, which can be installed with any of the "
      "following options:\n"
      "│        └─ lang 4.4.1\n"
      "└─ gadget * cannot be installed because there are no viable options:\n"
      "   └─ gadget 1 would require\n"
      "      └─ lang >=4.3,<4.4.0a0, which cannot be installed because there "
      "are no viable options:\n"
      "         └─ lang 4.3.3, which conflicts with the versions reported "
      "above.\n",
      "6 conflict; package: gadget; spec: gadget; with: lang 4.4; on: lang; "
      "wants: lang 4.3.3;\n" },
    { "Cannot solve the request because of: gadget ==0.5.2 cannot be "
      "installed because there are no viable options:\n"
      "└─ gadget 0.5.2 is excluded because it is too new\n",
      "1 excluded; package: gadget; spec: gadget ==0.5.2; why: it is too "
      "new;\n" },
    { "Cannot solve the request because of: sysroot 2.34.* cannot be "
      "installed because there are no viable options:\n"
      "└─ sysroot 2.34 would require\n"
      "   └─ __glibc >=2.34, for which no candidates were found.\n",
      "1 system; package: sysroot; spec: sysroot 2.34.*; missing: __glibc "
      ">=2.34; name: __glibc; of: sysroot;\n" },

    { "Error:   × Failed to resolve dependencies: Cannot solve the request "
      "because of: widget\n"
      "  │ * mpi_mpich_* cannot be installed because there are no viable "
      "options:\n"
      "  │ └─ widget 1.10.4 | 1.10.5 | 1.10.5 | 1.10.5 | 1.10.5 | 1.10.5 |\n"
      "  │ 1.10.5 would require\n"
      "  │    └─ mpich >=3.2,<3.3.0a0, for which no candidates were found.\n"
      "  │ The following packages are incompatible\n"
      "  │ ├─ widget * mpi_mpich_* cannot be installed because there are no "
      "viable\n"
      "  │ options:\n"
      "  │ │  └─ widget 1.14.6, which conflicts with the versions reported "
      "above.\n",
      "1 dependency-missing; package: widget; spec: widget * mpi_mpich_*; "
      "missing: mpich >=3.2,<3.3.0a0; name: mpich; of: widget;\n" },
    /* said again below, as a conflict: the first word counts */
    { "Cannot solve the request because of: sysroot 2.34.* cannot be\n"
      "      installed because there are no viable options:\n"
      "      └─ sysroot 2.34 would require\n"
      "         └─ __glibc >=2.34, for which no candidates were found.\n"
      "      " INCOMPATIBLE
      "      ├─ sysroot 2.34.* cannot be installed because there are no "
      "viable options:\n"
      "      │  └─ sysroot 2.34, which conflicts with the versions reported "
      "above.\n"
      "      └─ sysroot 2.28.* can be installed with any of the following "
      "options:\n"
      "         └─ sysroot 2.28\n",
      "1 system; package: sysroot; spec: sysroot 2.34.*; missing: __glibc "
      ">=2.34; name: __glibc; of: sysroot;\n" },
    /* pixi, and a cause between two bars */
    { "Error:   × failed to solve requirements of environment 'x' for "
      "platform 'linux-\n"
      "  │ 64'\n"
      "  ├─▶   × failed to solve the environment\n"
      "  │   \n"
      "  ╰─▶ Cannot solve the request because of: No candidates were found "
      "for\n      gadget *.\n",
      "5 requested-missing; package: gadget; spec: gadget;\n" },
    { "    " INCOMPATIBLE
      "    ├─ pin on lang =3.13 * is installable and it requires\n"
      "    │  └─ lang =3.13 *, which can be installed;\n"
      "    └─ widget <8 * is not installable because there are no viable "
      "options\n"
      "       └─ widget 5.2 would require\n"
      "          └─ lang >=3.5,<3.6.0a0 *, which conflicts with any "
      "installable versions previously reported;\n",
      "4 conflict; package: widget; spec: widget <8; with: lang 3.13; on: "
      "lang; wants: lang >=3.5,<3.6.0a0;\n" },
    /* long enough to be broken wherever a terminal ends */
    { INCOMPATIBLE
      "├─ lang 4.5.*  is requested and can be installed;\n"
      "└─ tools-with-a-name-that-is-not-short-at-all >=1.60.2 is not "
      "installable because it requires\n"
      "   └─ library-with-a-name-that-goes-on-and-on-until-no-page-holds-it "
      ">=1.60.0,<1.61.0a0, which does not exist (perhaps a missing "
      "channel).\n",
      "3 dependency-missing; package: "
      "tools-with-a-name-that-is-not-short-at-all; spec: "
      "tools-with-a-name-that-is-not-short-at-all >=1.60.2; missing: "
      "library-with-a-name-that-goes-on-and-on-until-no-page-holds-it "
      ">=1.60.0,<1.61.0a0; name: "
      "library-with-a-name-that-goes-on-and-on-until-no-page-holds-it; of: "
      "tools-with-a-name-that-is-not-short-at-all;\n" },
    { "Could not solve for environment specs\n" INCOMPATIBLE
      "├─ lang 4.5.*  is requested and can be installed;\n"
      "├─ lang_abi 4.6.* *_cp46 is not installable because it conflicts with "
      "any installable versions previously reported;\n"
      "└─ gadget-with-a-name-that-goes-on-and-on-until-no-page-holds-it does "
      "not exist (perhaps a typo or a missing channel).\n",
      "5 requested-missing; package: "
      "gadget-with-a-name-that-goes-on-and-on-until-no-page-holds-it; spec: "
      "gadget-with-a-name-that-goes-on-and-on-until-no-page-holds-it;\n" },

    /* nothing about solving */
    { "gadget 1 would require\nthe package conflicts with others\n", "" },
    { "", "" },
};

START_TEST(test_reports)
{
    char *have = found(reports[_i].log);

    ck_assert_str_eq(have, reports[_i].want);
    free(have);
}
END_TEST

/* s as a terminal of so many columns breaks it; words: only between words. */
static char *broken(const char *s, size_t width, bool words)
{
    struct strbuf b;
    size_t column = 0;

    strbuf_init(&b, STRBUF_UNBOUNDED);
    for (; *s; s++) {
        if (words && *s == ' ' && s[1] && column > 20
            && column + 1 + strcspn(s + 1, " \n") > width) {
            strbuf_adds(&b, "\n");
            column = 0;
            continue;
        }
        if (!words && column == width && *s != '\n' && (*s & 0xc0) != 0x80) {
            strbuf_addc(&b, '\n');
            column = 0;
        }
        if (*s == '\n')
            column = 0;
        else
            column += (*s & 0xc0) != 0x80;
        strbuf_addc(&b, *s);
    }
    return b.buf;
}

/* Without the numbers of lines. */
static char *what(char *findings)
{
    char *out = findings;
    bool start = true;

    for (char *s = findings; *s; s++) {
        if (!start || *s < '0' || *s > '9')
            *out++ = *s;
        if (*s == '\n')
            start = true;
        else if (*s < '0' || *s > '9')
            start = false;
    }
    *out = '\0';
    return findings;
}

/* Reads the report in pieces as if it were whole. */
static void check_broken(int i, char *page)
{
    char *have = what(found(page));
    CLEANUP_FREE char *copy = xstrdup(reports[i].want);

    ck_assert_msg(!strcmp(have, what(copy)), "%s: %s, not %s", page, have,
                  copy);
    free(have);
    free(page);
}

static bool is_broken_already(const char *log)
{
    return strstr(log, "× ") || strstr(log, "Z ");
}

START_TEST(test_broken_reports)
{
    const char *log = reports[_i].log;

    if (is_broken_already(log))
        return;
    check_broken(_i, broken(log, 80, false));
    check_broken(_i, broken(log, 80, true));
}
END_TEST

/* Whether each line behind the heading has its branch. */
static bool is_drawn(const char *log)
{
    return !strncmp(log, "Could not solve", 15)
           || !strncmp(log, INCOMPATIBLE, sizeof(INCOMPATIBLE) - 1);
}

/* A terminal says nowhere how wide it is. */
START_TEST(test_any_width)
{
    const char *log = reports[_i].log;

    for (size_t width = 76; is_drawn(log) && width < 140; width++)
        check_broken(_i, broken(log, width, false));
}
END_TEST

/* As the bytes of UTF-8 look in a code page, or with what is not in it
 * replaced: the branches have other widths, and none of the right bytes. */
static char *in_code_page(const char *s, bool lossy)
{
    struct strbuf b;

    strbuf_init(&b, STRBUF_UNBOUNDED);
    for (; *s; s++)
        if (!(*s & 0x80))
            strbuf_addc(&b, *s);
        else if (!lossy)
            strbuf_addf(&b, "\xce%c", 0x80 | (*s & 0x3f)); /* a Greek letter */
        else if (*s & 0x40)
            strbuf_addc(&b, '?');
    return b.buf;
}

START_TEST(test_code_pages)
{
    const char *log = reports[_i].log;

    for (int lossy = 0; is_drawn(log) && lossy < 2; lossy++) {
        CLEANUP_FREE char *page = in_code_page(log, lossy);

        check_broken(_i, xstrdup(page));
        check_broken(_i, broken(page, 80, false));
        check_broken(_i, broken(page, 120, false));
    }
}
END_TEST

/* The same failure, with other builds and in another place. */
START_TEST(test_stable)
{
    static const char *const logs[] = {
        "  - package widget-1.0-h12e2e3f_0 requires gadget 1.*, but none of "
        "the providers can be installed\n",
        "    - package widget-1.0-h99aa3bb_7 requires gadget 1.*, but none of "
        "the providers can be installed\n",
    };
    char *a = found(logs[0]), *b = found(logs[1]);

    ck_assert_str_eq(a, b);
    free(a);
    free(b);
}
END_TEST

/* However long a report is, what is kept of it is not; and the end counts
 * as well as the start. */
START_TEST(test_bounded)
{
    struct strbuf b;
    char *have;

    strbuf_init(&b, STRBUF_UNBOUNDED);
    strbuf_adds(&b, INCOMPATIBLE
                "├─ lang 4.4.* is requested and can be installed;\n"
                "└─ widget is not installable because there are no viable "
                "options\n");
    for (int i = 0; i < 20000; i++)
        strbuf_addf(&b,
                    "   ├─ widget %d would require\n   │  └─ lang 3.%d, "
                    "which conflicts with any installable versions "
                    "previously reported;\n",
                    i, i);
    have = found(b.buf);
    ck_assert_str_eq(have, "3 conflict; package: widget; spec: widget; with: "
                           "lang 4.4; on: lang; wants: ;\n");
    free(have);
    strbuf_release(&b);
}
END_TEST

static const struct {
    const char *in, *brief;
} specs[] = {
    { "r-base >=4.4,<4.5.0a0 *", "r-base 4.4" },
    { "r-base 4.4.*", "r-base 4.4" },
    { "r-base =4.4 *", "r-base 4.4" },
    { "zlib >=1.2.11,<2.0a0", "zlib >=1.2.11,<2.0a0" },
    { "zlib >=1.0,<2.0a0", "zlib 1" },
    { "zlib >=1.2.11,<1.3", "zlib 1.2" },
    { "python_abi 3.12.* *_cp312", "python 3.12" },
    { "python_abi =3.12 *_cp312", "python 3.12" },
    { "numpy >=1.21,<3", "numpy >=1.21,<3" },
    { "numpy [>=1.22 *|>=1.23 *]", "numpy [>=1.22 *|>=1.23 *]" },
    { "foo =* *", "foo" },
    { "foo", "foo" },
    { "pin on python =3.13 *", "python 3.13" },
    { "conda-forge/linux-64::foo 1.0 h1_0", "foo 1.0" },
    { "", "" },
    { ">=,<", " >=,<" },
    { "foo >=99999999999999999999,<1", "foo >=99999999999999999999,<1" },
};

START_TEST(test_spec)
{
    char *spec = spec_trim(specs[_i].in, strlen(specs[_i].in));
    char *brief = spec_short(spec);

    ck_assert_str_eq(brief, specs[_i].brief);
    free(spec);
    free(brief);
}
END_TEST

int main(void)
{
    const struct suite_case cases[] = {
        { test_reports, ARRAY_SIZE(reports) },
        { test_broken_reports, ARRAY_SIZE(reports) },
        { test_any_width, ARRAY_SIZE(reports) },
        { test_code_pages, ARRAY_SIZE(reports) },
        { test_stable, 1 },
        { test_bounded, 1 },
        { test_spec, ARRAY_SIZE(specs) },
    };

    return suite_cases("solver", cases, ARRAY_SIZE(cases));
}
