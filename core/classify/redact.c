/* SPDX-License-Identifier: BSD-3-Clause */
/*
 * Secrets out of lines. Must not let a line through that a pattern could
 * not be run on.
 */
#include <config.h>

#define PCRE2_CODE_UNIT_WIDTH 8
#include <pcre2.h>

#include "core/classify/redact.h"

#include <stdlib.h>
#include <string.h>

#include "core/base/err.h"
#include "core/base/mem.h"
#include "core/base/strbuf.h"
#include "core/classify/classify.h"

/* Lines of one private key; a longer one is no key. */
#define KEY_LINES_MAX 200

#define SECRET_NAME                                                          \
    "(?i)(?<![\\w.-])[\\w.-]{0,64}?(?:password|passwd|passphrase|secret|"   \
    "token|api[_-]?key|access[_-]?key|secret[_-]?key|private[_-]?key|"      \
    "account[_-]?key|credentials?)(?![a-z])[\\w.-]{0,40}[\"']?"

const char *const redact_triggers[] = {
    "gh", "github_pat_", "gl", "akia", "asia", "aiza", "ya29.", "xox",
    "hooks.slack.com", "/webhooks/", "accountkey", "sig=", "pypi-", "npm_",
    "/t/", "eyj", "sk-", "_live_", "hf_", "dckr_pat_", "sg.", "dop_v1_",
    "authorization", "bearer", "cookie", "://", "password", "passwd",
    "passphrase", "secret", "token", "api_key", "apikey", "api-key",
    "access_key", "accesskey", "access-key", "private_key", "private-key",
    "privatekey", "credential", "-----begin", NULL,
};

const char *const redact_openers[] = { "-----begin ", NULL };

/* Only the group "s" is cut where there is one, else the whole match. */
static const struct {
    const char *placeholder;
    const char *pattern;
} secrets[] = {
    { "[redacted:github-token]",
      /* also glued to what stands before it: the prefix is rare enough */
      "(?:gh[pousr]_[A-Za-z0-9]{16,255}|github_pat_[A-Za-z0-9_]{20,255})" },
    { "[redacted:gitlab-token]",
      "\\bgl(?:pat|dt|rt|cbt|ptt|ft|imt|agent|soat|oas)-[\\w=.-]{16,}" },
    { "[redacted:aws-key]",
      "\\b(?:AKIA|ASIA|AGPA|AIDA|AROA)[A-Z0-9]{16}\\b" },
    { "[redacted:google-key]",
      "\\b(?:AIza[\\w-]{30,}|ya29\\.[\\w-]{20,})" },
    { "[redacted:slack-token]", "\\bxox[abeoprs]-[A-Za-z0-9-]{10,}" },
    { "[redacted:webhook]",
      "https://(?:hooks\\.slack\\.com/services|"
      "discord(?:app)?\\.com/api/webhooks)/[^\\s\"'<>]+" },
    { "[redacted:azure-key]",
      "(?i)(?:AccountKey|SharedAccessSignature)=(?<s>[^\\s;\"']{16,})" },
    { "[redacted:signature]", "(?i)[?&;]sig=(?<s>[\\w%+/=-]{8,})" },
    { "[redacted:pypi-token]", "\\bpypi-[\\w-]{32,}" },
    { "[redacted:npm-token]", "\\bnpm_[A-Za-z0-9]{30,}" },
    { "[redacted:channel-token]", "/t/(?<s>[A-Za-z0-9-]{16,})(?=/)" },
    { "[redacted:jwt]",
      "\\beyJ[\\w-]{8,}\\.eyJ[\\w-]{8,}(?:\\.[\\w-]*)?" },
    { "[redacted:api-key]",
      "\\b(?:sk-(?:[A-Za-z]{2,12}-)*[\\w-]{20,}|[srp]k_live_\\w{10,}|"
      "hf_[A-Za-z0-9]{30,}|dckr_pat_[\\w-]{20,}|dop_v1_[0-9a-f]{40,}|"
      "SG\\.[\\w-]{16,}\\.[\\w-]{16,})" },
    { "[redacted:header]",
      "(?i)\\b(?:proxy-)?authorization[\"']?\\s{0,4}[:=]\\s{0,4}[\"']?"
      "(?:(?:basic|bearer|token|digest|negotiate)\\s+)?(?<s>[^\\s'\"]{4,})" },
    { "[redacted:header]",
      "(?i)\\bbearer\\s+(?<s>[\\w.~+/-]{16,}=*)" },
    { "[redacted:cookie]", "(?i)\\b(?:set-)?cookie:\\s*(?<s>\\S.*)" },
    { "[redacted:url-credentials]",
      "(?i)(?<![a-z0-9+.-])[a-z][a-z0-9+.-]{0,20}://"
      "(?<s>[^\\s/@:'\"<>]{0,200}:[^\\s/@'\"<>]{1,400}|"
      "[^\\s/@:'\"<>]{16,400})@" },
    { "[redacted]",
      SECRET_NAME "\\s{0,3}(?:=>|:=|=)\\s{0,3}[\"']?"
      "(?<s>(?![$%<*({\\[=])[^\\s\"',;)}\\]]{4,})" },
    { "[redacted]",
      SECRET_NAME "\\s{0,3}:\\s{0,3}[\"']?"
      "(?<s>(?![$%<*({\\[])(?=[^\\s\"']{0,80}[0-9])[^\\s\"',;)}\\]]{8,})" },
};

struct compiled {
    pcre2_code *code[ARRAY_SIZE(secrets)];
    int group[ARRAY_SIZE(secrets)];
    pcre2_match_data *md;
    pcre2_match_context *mc;
};

struct redactor {
    char **exact;
    size_t nr_exact;
    int key_lines;              /* > 0: inside a private key */
};

/* The patterns are constants: compiled once in a process and kept. */
static const struct compiled *compiled_patterns(void)
{
    static struct compiled c;

    if (c.md)
        return &c;
    for (size_t i = 0; i < ARRAY_SIZE(secrets); i++) {
        int error;
        PCRE2_SIZE at;

        c.code[i] = pcre2_compile((PCRE2_SPTR)secrets[i].pattern,
                                  PCRE2_ZERO_TERMINATED, PCRE2_NEVER_UTF,
                                  &error, &at, NULL);
        if (!c.code[i])
            BUG("secret pattern %zu does not compile at %zu", i, (size_t)at);
        pcre2_jit_compile(c.code[i], PCRE2_JIT_COMPLETE);
        c.group[i] = pcre2_substring_number_from_name(c.code[i],
                                                      (PCRE2_SPTR)"s");
        if (c.group[i] < 0)
            c.group[i] = 0;
    }
    c.mc = pcre2_match_context_create(NULL);
    pcre2_set_match_limit(c.mc, 2000000);
    c.md = pcre2_match_data_create(8, NULL);
    return &c;
}

static void add_exact(struct redactor *r, const char *s, size_t n)
{
    if (n < 4)
        return;
    r->exact = xrealloc(r->exact, (r->nr_exact + 1) * sizeof(*r->exact));
    r->exact[r->nr_exact++] = xstrndup(s, n);
}

/* Longest first: one value may be the start of another. */
static int by_length(const void *a, const void *b)
{
    size_t x = strlen(*(char *const *)a), y = strlen(*(char *const *)b);

    return x < y ? 1 : x > y ? -1 : 0;
}

struct redactor *redactor_new(const char *const *exact, size_t nr)
{
    struct redactor *r = xcalloc(1, sizeof(*r));

    /* lines are what is looked at, so a value of several lines is several */
    for (size_t i = 0; i < nr; i++)
        for (const char *s = exact[i]; s && *s;) {
            size_t n = strcspn(s, "\r\n");

            add_exact(r, s, n);
            s += n + strspn(s + n, "\r\n");
        }
    if (r->nr_exact)
        qsort(r->exact, r->nr_exact, sizeof(*r->exact), by_length);
    return r;
}

void redactor_free(struct redactor *r)
{
    if (!r)
        return;
    for (size_t i = 0; i < r->nr_exact; i++)
        free(r->exact[i]);
    free(r->exact);
    free(r);
}

/* All occurrences of needle in b by placeholder. */
static bool cut_exact(struct strbuf *b, const char *needle)
{
    size_t n = strlen(needle), from = 0;
    bool changed = false;
    char *at;

    while ((at = memmem(b->buf + from, b->len - from, needle, n))) {
        size_t off = (size_t)(at - b->buf);
        char *rest = xmemdup0(at + n, b->len - off - n);
        size_t rest_len = b->len - off - n;

        strbuf_setlen(b, off);
        strbuf_adds(b, "[redacted]");
        from = b->len;
        strbuf_add(b, rest, rest_len);
        free(rest);
        changed = true;
    }
    return changed;
}

/* All matches of pattern i in b. -1: gave up. */
static int cut_pattern(struct strbuf *b, size_t i)
{
    const struct compiled *c = compiled_patterns();
    size_t at = 0;
    int changed = 0;
    struct strbuf out;

    strbuf_init(&out, STRBUF_UNBOUNDED);
    while (at <= b->len) {
        int rc = pcre2_match(c->code[i], (PCRE2_SPTR)b->buf, b->len, at,
                             PCRE2_NOTEMPTY, c->md, c->mc);
        PCRE2_SIZE *ov = pcre2_get_ovector_pointer(c->md);
        size_t from, to;

        if (rc == PCRE2_ERROR_NOMATCH)
            break;
        if (rc < 0) {
            strbuf_release(&out);
            return -1;
        }
        from = ov[2 * c->group[i]];
        to = ov[2 * c->group[i] + 1];
        /* a placeholder of an earlier pattern is no secret any more */
        if (to - from >= 9 && !memcmp(b->buf + from, "[redacted", 9)) {
            strbuf_add(&out, b->buf + at, to - at);
            at = to;
            continue;
        }
        strbuf_add(&out, b->buf + at, from - at);
        strbuf_adds(&out, secrets[i].placeholder);
        at = to;
        changed = 1;
    }
    if (changed) {
        strbuf_add(&out, b->buf + at, b->len - at);
        strbuf_clear(b);
        strbuf_add(b, out.buf, out.len);
    }
    strbuf_release(&out);
    return changed;
}

/* Whether a line can be one of a key: base64 without a space, or a header. */
static bool looks_like_key(const char *s, size_t n)
{
    static const char *const headers[] = {
        "Proc-Type:", "DEK-Info:", "Version:", "Comment:", "Hash:",
    };
    size_t letters = 0;

    while (n && (s[0] == ' ' || s[0] == '\t')) {
        s++;
        n--;
    }
    for (size_t i = 0; i < ARRAY_SIZE(headers); i++)
        if (str_starts(s, headers[i]))
            return true;
    for (size_t i = 0; i < n; i++) {
        if (s[i] == ' ')
            return false;
        letters++;
    }
    return letters <= 200;
}

static bool redact_key(struct redactor *r, struct strbuf *b)
{
    char *begin = strstr(b->buf, "-----BEGIN ");
    char *end = strstr(b->buf, "-----END ");

    if (r->key_lines) {
        bool inside = end || looks_like_key(b->buf, b->len);

        if (end || !inside || ++r->key_lines > KEY_LINES_MAX)
            r->key_lines = 0;
        if (!inside)
            return false;
        strbuf_clear(b);
        strbuf_adds(b, "[redacted:private-key]");
        return true;
    }
    begin = begin ? strstr(begin, "PRIVATE KEY") : NULL;
    if (!begin)
        return false;
    /* all of it in one line, its newlines written as \n: no more comes */
    if (!end && strlen(begin) < strlen("PRIVATE KEY BLOCK-----") + 4)
        r->key_lines = 1;
    begin = strstr(b->buf, "-----BEGIN ");
    strbuf_setlen(b, (size_t)(begin - b->buf));
    strbuf_adds(b, "[redacted:private-key]");
    return true;
}

bool redactor_waits(const struct redactor *r)
{
    return r->key_lines > 0;
}

bool redactor_line(struct redactor *r, const char *s, size_t n, bool maybe,
                   struct strbuf *out)
{
    bool changed = false;

    if (!maybe && !r->nr_exact && !r->key_lines)
        return false;
    strbuf_clear(out);
    strbuf_add(out, s, n);
    for (size_t i = 0; i < r->nr_exact; i++)
        changed |= cut_exact(out, r->exact[i]);
    if (maybe || r->key_lines)
        changed |= redact_key(r, out);
    for (size_t i = 0; maybe && i < ARRAY_SIZE(secrets); i++) {
        int rc = cut_pattern(out, i);

        if (rc < 0) {
            strbuf_clear(out);
            strbuf_adds(out, "[redacted: a line too intricate to search]");
            return true;
        }
        changed |= rc > 0;
    }
    return changed;
}

char *redact_text(const char *s, size_t n, const char *const *exact,
                  size_t nr_exact)
{
    struct redactor *r = redactor_new(exact, nr_exact);
    struct strbuf all, line;

    strbuf_init(&all, STRBUF_UNBOUNDED);
    strbuf_init(&line, STRBUF_UNBOUNDED);
    while (n) {
        const char *nl = memchr(s, '\n', n);
        size_t len = nl ? (size_t)(nl - s) : n;

        if (redactor_line(r, s, len, true, &line))
            strbuf_add(&all, line.buf, line.len);
        else
            strbuf_add(&all, s, len);
        if (!nl)
            break;
        strbuf_addc(&all, '\n');
        s += len + 1;
        n -= len + 1;
    }
    strbuf_release(&line);
    redactor_free(r);
    return all.buf;
}
