/* SPDX-License-Identifier: BSD-3-Clause */
/*
 * The walk goes by directory descriptors with O_NOFOLLOW, so that nobody can
 * lead it elsewhere while it is under way. It opens no file.
 */
#include <config.h>

#include "plugins/logs/walk.h"

#include <dirent.h>
#include <errno.h>
#include <fcntl.h>
#include <fnmatch.h>
#include <stdio.h>
#include <stdlib.h>
#include <string.h>
#include <sys/stat.h>
#include <unistd.h>

#include "core/base/digest.h"
#include "core/base/mem.h"
#include "plugins/logs/names.h"

#define DEPTH_MAX 64
#define NS INT64_C(1000000000)

/* One name in a folder. */
struct entry {
    char *name;
    struct stat st;
    bool is_json;
    bool used; /* a sidecar that has its log */
};

struct folder {
    struct logs_walk *w;
    char *path;
    char *rel;          /* "" at the top, else with a / at the end */
    char *const *parts; /* of the glob that are still to be matched */
    size_t nr_parts;
    bool literal;  /* parts are names, no patterns */
    bool copies;   /* its files are per-step copies */
    int64_t moved; /* stamp of a folder moved here as a whole */
    int depth;
    struct entry *entries;
    size_t nr, alloc;
};

static void walk_folder(struct folder *f, int fd);

static int64_t ns_of(struct timespec t)
{
    return (int64_t)t.tv_sec * NS + t.tv_nsec;
}

static int64_t stamp_of(const struct stat *st)
{
    int64_t m = ns_of(st->st_mtim);
    int64_t c = ns_of(st->st_ctim);
    return m > c ? m : c;
}

static void digest_stat(struct digest *d, const struct stat *st)
{
    int64_t v[3] = { st->st_size, ns_of(st->st_mtim), ns_of(st->st_ctim) };
    digest_add(d, v, sizeof(v));
}

static uint64_t unit_digest(const char *path, const struct entry *log,
                            const struct entry *sidecar)
{
    struct digest *d = digest_new();
    digest_field(d, path);
    if (log != NULL)
        digest_stat(d, &log->st);
    if (sidecar != NULL)
        digest_stat(d, &sidecar->st);
    char hex[33];
    digest_end128(d, hex);
    hex[16] = '\0';
    return strtoull(hex, NULL, 16);
}

static void folder_trouble(const struct folder *f, const char *name,
                           const char *code, const char *why)
{
    CLEANUP_FREE char *path =
        xasprintf("%s%s%s", f->path, *name ? "/" : "", name);
    f->w->trouble(f->w->user, code, path, why);
}

/* ---- one folder's names ---- */

static int by_name(const void *pa, const void *pb)
{
    return strcmp(((const struct entry *)pa)->name,
                  ((const struct entry *)pb)->name);
}

static struct entry *folder_find(const struct folder *f, const char *name)
{
    struct entry key = { .name = (char *)(uintptr_t)name };
    return bsearch(&key, f->entries, f->nr, sizeof(key), by_name);
}

/* A folder is walked for one file: only it and its sidecars matter. */
static bool name_matters(const struct folder *f, const char *name)
{
    if (!f->literal)
        return name[0] != '.';
    CLEANUP_FREE char *stem = logs_stem(f->parts[0]);
    return str_starts(name, stem);
}

static void folder_take(struct folder *f, int fd, const char *name)
{
    struct stat st;
    if (!name_matters(f, name))
        return;
    if (fstatat(fd, name, &st, AT_SYMLINK_NOFOLLOW) < 0) {
        if (errno != ENOENT)
            folder_trouble(f, name, "unreadable", strerror(errno));
        return;
    }
    ALLOC_GROW(f->entries, f->nr + 1, f->alloc);
    f->entries[f->nr++] = (struct entry){ .name = xstrdup(name),
                                          .st = st,
                                          .is_json = logs_is_json(name) };
}

static int folder_read(struct folder *f, int fd)
{
    DIR *d = fdopendir(dup(fd));
    if (d == NULL)
        return -1;
    errno = 0;
    for (struct dirent *e; (e = readdir(d)) != NULL;)
        folder_take(f, fd, e->d_name);
    int failed = errno;
    closedir(d);
    if (failed != 0)
        folder_trouble(f, "", "unreadable", strerror(failed));
    if (f->nr)
        qsort(f->entries, f->nr, sizeof(*f->entries), by_name);
    return 0;
}

static void folder_release(struct folder *f)
{
    for (size_t i = 0; i < f->nr; i++)
        free(f->entries[i].name);
    free(f->entries);
    free(f->path);
    free(f->rel);
}

/* ---- files ---- */

/* NAME.json for NAME, then for NAME without its extensions. */
static struct entry *folder_sidecar(const struct folder *f, const char *name)
{
    size_t len = strlen(name);
    for (;;) {
        CLEANUP_FREE char *json = xasprintf("%.*s.json", (int)len, name);
        struct entry *e = folder_find(f, json);
        if (e != NULL && S_ISREG(e->st.st_mode))
            return e;
        size_t shorter = logs_strip(name, len);
        if (shorter == len)
            return NULL;
        len = shorter;
    }
}

static int64_t newest(int64_t stamp, const struct entry *e)
{
    return e != NULL && stamp_of(&e->st) > stamp ? stamp_of(&e->st) : stamp;
}

static void folder_unit(struct folder *f, const struct entry *log,
                        const struct entry *sidecar)
{
    const struct entry *e = log != NULL ? log : sidecar;
    CLEANUP_FREE char *path = xasprintf("%s/%s", f->path, e->name);
    int64_t stamp = newest(newest(f->moved, log), sidecar);
    uint64_t digest = unit_digest(path, log, sidecar);
    struct logs_walk *w = f->w;
    if (!w->wanted(w->user, stamp, digest))
        return;
    ALLOC_GROW(w->units, w->nr + 1, w->alloc);
    w->units[w->nr++] = (struct logs_unit){
        .path = log != NULL ? xstrdup(path) : NULL,
        .rel = xasprintf("%s%s", f->rel, e->name),
        .sidecar =
            sidecar != NULL ? xasprintf("%s/%s", f->path, sidecar->name) : NULL,
        .size = e->st.st_size,
        .mtime = e->st.st_mtime,
        .stamp = stamp,
        .digest = digest,
    };
}

static void folder_file(struct folder *f, struct entry *e)
{
    long n;
    const char *rest;
    size_t len;
    if (f->copies
        && (logs_numbered(e->name, &n, &rest, &len)
            || strcmp(e->name, "system.txt") == 0))
        return;
    struct entry *sidecar = folder_sidecar(f, e->name);
    if (sidecar != NULL && sidecar->used) {
        folder_trouble(f, e->name, "sidecar",
                       "its sidecar belongs to another log of that name; it "
                       "is read without");
        sidecar = NULL;
    }
    if (sidecar != NULL)
        sidecar->used = true;
    folder_unit(f, e, sidecar);
}

/* ---- matching ---- */

static bool part_fits(const struct folder *f, const char *part,
                      const char *name)
{
    return f->literal ? strcmp(part, name) == 0
                      : fnmatch(part, name, FNM_PERIOD) == 0;
}

static bool file_fits(const struct folder *f, const char *name)
{
    if (f->nr_parts == 0)
        return true;
    size_t last = f->nr_parts - 1;
    if (last == 1 && !f->literal && strcmp(f->parts[0], "**") == 0)
        return part_fits(f, f->parts[1], name);
    return last == 0 && part_fits(f, f->parts[0], name);
}

/* A sidecar without a log stands for the log that it would belong to. */
static bool lone_fits(const struct folder *f, const char *name)
{
    size_t len = strlen(name) - strlen(".json");
    CLEANUP_FREE char *bare = xstrndup(name, len);
    CLEANUP_FREE char *log = xasprintf("%s.log", bare);
    return file_fits(f, name) || file_fits(f, bare) || file_fits(f, log);
}

/* Is dir the folder of per-step copies of a job file beside it? */
static bool dir_is_copies(const struct folder *f, const char *dir)
{
    for (size_t i = 0; i < f->nr; i++) {
        long n;
        const char *job;
        size_t len;
        if (S_ISREG(f->entries[i].st.st_mode)
            && logs_numbered(f->entries[i].name, &n, &job, &len)
            && logs_same_job(dir, strlen(dir), job, len))
            return true;
    }
    return false;
}

/* A folder that was moved here as a whole brings files whose own stamps are
 * old; its ctime is of the move, its mtime is not. */
static void folder_was_moved(struct folder *f, const struct stat *st)
{
    if (ns_of(st->st_ctim) > ns_of(st->st_mtim)
        && ns_of(st->st_ctim) > f->moved)
        f->moved = ns_of(st->st_ctim);
}

static void folder_enter(struct folder *f, int fd, const struct entry *e,
                         size_t skip_parts)
{
    if (f->depth >= DEPTH_MAX) {
        folder_trouble(f, e->name, "unreadable", "folders too deep");
        return;
    }
    int sub =
        openat(fd, e->name, O_RDONLY | O_DIRECTORY | O_NOFOLLOW | O_CLOEXEC);
    if (sub < 0) {
        if (errno != ENOENT)
            folder_trouble(f, e->name, "unreadable", strerror(errno));
        return;
    }
    struct folder next = { .w = f->w,
                           .depth = f->depth + 1,
                           .literal = f->literal,
                           .moved = f->moved,
                           .parts = f->parts + skip_parts,
                           .nr_parts = f->nr_parts - skip_parts,
                           .path = xasprintf("%s/%s", f->path, e->name),
                           .rel = xasprintf("%s%s/", f->rel, e->name),
                           .copies = dir_is_copies(f, e->name) };
    folder_was_moved(&next, &e->st);
    walk_folder(&next, sub);
    close(sub);
}

static void folder_dir(struct folder *f, int fd, const struct entry *e)
{
    if (f->nr_parts == 0) {
        folder_enter(f, fd, e, 0);
    } else if (!f->literal && strcmp(f->parts[0], "**") == 0) {
        if (f->nr_parts > 1 && part_fits(f, f->parts[1], e->name))
            folder_enter(f, fd, e, 2);
        folder_enter(f, fd, e, 0);
    } else if (part_fits(f, f->parts[0], e->name)) {
        folder_enter(f, fd, e, 1);
    }
}

static void folder_entry(struct folder *f, int fd, struct entry *e)
{
    bool fits = e->is_json ? lone_fits(f, e->name) : file_fits(f, e->name);
    if (S_ISDIR(e->st.st_mode))
        folder_dir(f, fd, e);
    else if (S_ISLNK(e->st.st_mode))
        f->w->links++;
    else if (!fits)
        return;
    else if (!S_ISREG(e->st.st_mode))
        folder_trouble(f, e->name, "not-a-file", "not a regular file");
    else if (!e->is_json)
        folder_file(f, e);
}

static void walk_folder(struct folder *f, int fd)
{
    if (folder_read(f, fd) < 0)
        folder_trouble(f, "", "unreadable", strerror(errno));
    for (size_t i = 0; i < f->nr; i++)
        folder_entry(f, fd, &f->entries[i]);
    for (size_t i = 0; i < f->nr; i++) {
        struct entry *e = &f->entries[i];
        if (e->is_json && !e->used && S_ISREG(e->st.st_mode)
            && lone_fits(f, e->name))
            folder_unit(f, NULL, e);
    }
    folder_release(f);
}

/* ---- the configured paths ---- */

static bool is_glob(const char *path)
{
    struct stat st;
    return strpbrk(path, "*?[") != NULL && lstat(path, &st) < 0;
}

/* Splits path at slashes from `from` on; parts point into copy. */
static size_t split(char *copy, char **parts)
{
    size_t n = 0;
    for (char *save, *p = strtok_r(copy, "/", &save); p != NULL;
         p = strtok_r(NULL, "/", &save))
        parts[n++] = p;
    return n;
}

static void walk_base(struct logs_walk *w, const char *path, const char *base,
                      char *const *parts, size_t nr_parts, bool literal)
{
    int fd = open(base, O_RDONLY | O_DIRECTORY | O_CLOEXEC);
    if (fd < 0) {
        w->trouble(w->user, "unreadable", path, strerror(errno));
        return;
    }
    /* "/x" and not "//x" below the root folder. */
    const char *tidy = strcmp(base, "/") == 0 ? "" : base;
    struct folder f = { .w = w,
                        .path = xstrdup(tidy),
                        .rel = xstrdup(""),
                        .parts = parts,
                        .nr_parts = nr_parts,
                        .literal = literal };
    struct stat st;
    if (!literal && fstat(fd, &st) == 0)
        folder_was_moved(&f, &st);
    walk_folder(&f, fd);
    close(fd);
}

static void walk_glob(struct logs_walk *w, const char *path)
{
    size_t fixed = strcspn(path, "*?[");
    while (fixed > 0 && path[fixed - 1] != '/')
        fixed--;
    CLEANUP_FREE char *base =
        fixed > 1 ? xstrndup(path, fixed - 1) : xstrdup(fixed == 1 ? "/" : ".");
    CLEANUP_FREE char *copy = xstrdup(path + fixed);
    CLEANUP_FREE char **parts = xcalloc(strlen(copy) + 1, sizeof(*parts));
    walk_base(w, path, base, parts, split(copy, parts), false);
}

static void walk_file(struct logs_walk *w, const char *path)
{
    const char *slash = strrchr(path, '/');
    CLEANUP_FREE char *base = slash == NULL   ? xstrdup(".")
                              : slash == path ? xstrdup("/")
                                              : xstrndup(path, slash - path);
    CLEANUP_FREE char *name = xstrdup(slash != NULL ? slash + 1 : path);
    char *parts[1] = { name };
    walk_base(w, path, base, parts, 1, true);
}

void logs_walk_add(struct logs_walk *w, const char *path)
{
    struct stat st;
    CLEANUP_FREE char *tidy = xstrdup(path);
    size_t n = strlen(tidy);
    while (n > 1 && tidy[n - 1] == '/')
        tidy[--n] = '\0';
    if (is_glob(tidy)) {
        walk_glob(w, tidy);
        return;
    }
    CLEANUP_FREE char *real = realpath(tidy, NULL);
    if (real == NULL || stat(real, &st) < 0)
        w->trouble(w->user, "unreadable", tidy, strerror(errno));
    else if (S_ISDIR(st.st_mode))
        walk_base(w, tidy, tidy, NULL, 0, false);
    else
        walk_file(w, S_ISREG(st.st_mode) ? real : tidy);
}

static const char *unit_name(const struct logs_unit *u)
{
    return u->path != NULL ? u->path : u->sidecar;
}

static int by_path(const void *pa, const void *pb)
{
    return strcmp(unit_name(pa), unit_name(pb));
}

static int by_stamp(const void *pa, const void *pb)
{
    const struct logs_unit *a = pa;
    const struct logs_unit *b = pb;
    if (a->stamp != b->stamp)
        return a->stamp < b->stamp ? -1 : 1;
    return by_path(a, b);
}

static void unit_release(struct logs_unit *u)
{
    free(u->path);
    free(u->rel);
    free(u->sidecar);
}

void logs_walk_sort(struct logs_walk *w)
{
    if (w->nr == 0)
        return;
    qsort(w->units, w->nr, sizeof(*w->units), by_path);
    size_t k = 1;
    for (size_t i = 1; i < w->nr; i++) {
        if (by_path(&w->units[i], &w->units[k - 1]) == 0)
            unit_release(&w->units[i]);
        else
            w->units[k++] = w->units[i];
    }
    w->nr = k;
    qsort(w->units, w->nr, sizeof(*w->units), by_stamp);
}

void logs_walk_release(struct logs_walk *w)
{
    for (size_t i = 0; i < w->nr; i++)
        unit_release(&w->units[i]);
    free(w->units);
    w->units = NULL;
    w->nr = w->alloc = 0;
}
