/* SPDX-License-Identifier: BSD-3-Clause */
/*
 * Patterns of secrets. Must not know of lines before or after.
 *
 * A new kind: an entry of the table, a line in tests/e2e/planted.py and one in
 * docs/redaction.md.
 */
#include <config.h>

#define PCRE2_CODE_UNIT_WIDTH 8
#include <pcre2.h>

#include "core/classify/secrets.h"

#include <ctype.h>
#include <stdint.h>
#include <stdlib.h>
#include <string.h>
#include <strings.h>

#include "core/base/err.h"
#include "core/base/mem.h"
#include "core/base/strbuf.h"
#include "core/classify/literal.h"
#include "core/classify/redact.h"
#include "core/classify/required.h"

/* Words that say that what follows is a secret. */
#define WORDS                                                                  \
    "(?:password|passwd|passphrase|secret|token|api[_-]?key|"                  \
    "access[_-]?key|secret[_-]?key|private[_-]?key|account[_-]?key|"           \
    "signing[_-]?key|encryption[_-]?key|credentials?)"
/* A name with one of them in it. */
#define NAME                                                                   \
    "(?i)(?<![\\w.-])[\\w.-]{0,64}?" WORDS "(?![a-z])[\\w.-]{0,40}[\"']?"
/* What is put in for a value later is none. */
#define NO_VARIABLE                                                            \
    "(?![$%<*({\\[=])(?!(?:null|nil|none|true|false|undefined)\\b)"

/* literals: every match has one of them, in upper or lower case; only saves
 * time. Without any they are read off the pattern.
 * Of the match only the group "s" is cut, where there is one. */
#define LITERALS_MAX 32
static const struct {
    const char *placeholder;
    const char *literals[LITERALS_MAX];
    const char *pattern;
} kinds[] = {
    /* also glued to what stands before it: the prefix is rare enough */
    { "[redacted:github-token]",
      { "ghp_", "gho_", "ghu_", "ghs_", "ghr_", "github_pat_" },
      "(?:gh[pousr]_[A-Za-z0-9]{16,255}|"
      "github_pat_[A-Za-z0-9_]{20,255})" },
    /* of an app, before 2021 */
    { "[redacted:github-token]", { "v1." }, "\\bv1\\.[0-9a-f]{40}\\b" },
    { "[redacted:gitlab-token]",
      {
          "glpat",
          "gldt",
          "glrt",
          "glcbt",
          "glptt",
          "glft",
          "glimt",
          "glagent",
          "glsoat",
          "gloas",
          "glffct",
          "glwt",
          "gr1348941",
      },
      "\\b(?:gl(?:pat|dt|rt|rtr|cbt|ptt|ft|imt|agent|soat|oas|ffct|"
      "wt)-[\\w=.-]{16,}|GR1348941[\\w-]{20,})" },
    { "[redacted:bitbucket-token]",
      { "atbb", "atctt3", "atatt3", "bbdc-" },
      "\\b(?:ATBB[A-Za-z0-9]{24,}|AT(?:CTT|ATT)3[\\w=-]{40,}|"
      "BBDC-[A-Za-z0-9+/@]{36,})" },
    { "[redacted:azure-devops-token]",
      { "azdo" },
      "\\b[A-Za-z0-9]{76}AZDO[A-Za-z0-9]{4}\\b" },
    { "[redacted:aws-key]",
      { "a3t", "akia", "asia", "abia", "acca", "agpa", "aida", "aroa" },
      "(?<![A-Z0-9])(?:A3T[A-Z0-9]|AKIA|ASIA|ABIA|ACCA|AGPA|AIDA|"
      "AROA)[A-Z0-9]{16}(?![A-Z0-9])" },
    { "[redacted:google-key]",
      { "aiza", "ya29.", "gocspx-" },
      "\\b(?:AIza[\\w-]{30,}|ya29\\.[\\w.-]{20,}|GOCSPX-[\\w-]{20,})" },
    { "[redacted:azure-key]",
      { "accountkey", "sharedaccess" },
      "(?i)(?:AccountKey|SharedAccess(?:Key|"
      "Signature))[\"']?\\s{0,2}[=:]\\s{0,2}[\"']?(?<s>[^\\s;\"',]{16"
      ",})" },
    { "[redacted:azure-key]",
      { "q~" },
      "(?<![\\w~.])[\\w~.]{3}\\dQ~[\\w~.-]{31,34}(?![\\w~])" },
    { "[redacted:signature]",
      { "sig=", "signature=" },
      "(?i)[?&;](?:sig|signature|x-(?:amz|"
      "goog)-signature)=(?<s>[\\w%+/=-]{8,})" },
    { "[redacted:pypi-token]", { "pypi-" }, "\\bpypi-AgE[\\w-]{20,}" },
    { "[redacted:npm-token]", { "npm_" }, "\\bnpm_[A-Za-z0-9]{30,}" },
    { "[redacted:registry-token]",
      {
          "rubygems_",
          "cio",
          "dckr_",
          "oy2",
          "akcp",
          "cmvmd",
          "pfx_",
          "clojars_",
      },
      "\\b(?:rubygems_[0-9a-f]{32,}|cio(?:_tp_)?[A-Za-z0-9]{32}\\b|"
      "dckr_(?:pat|oat)_[\\w-]{20,}|oy2[a-z0-9]{43}\\b|"
      "AKCp[A-Za-z0-9]{60,}|cmVmd[A-Za-z0-9]{50,}|"
      "pfx_[A-Za-z0-9]{24,}|CLOJARS_[a-z0-9]{50,})" },
    /* docker keeps them so */
    { "[redacted:registry-token]",
      { "\"auth\"", "\"auth\\\"", "identitytoken", "registrytoken" },
      "(?i)\\\\?\"(?:auth|identitytoken|"
      "registrytoken)\\\\?\"\\s{0,3}:\\s{0,3}\\\\?\"(?<s>[^\"\\\\]{12"
      ",})" },
    { "[redacted:channel-token]",
      { "/t/" },
      "/t/(?<s>[A-Za-z0-9_-]{16,})(?=/)" },
    { "[redacted:slack-token]",
      { "xox", "xapp-", "xwfp-" },
      "\\b(?:xox[a-z](?:\\.xox[a-z])?-|xapp-|xwfp-)[A-Za-z0-9-]{10,}" },
    { "[redacted:webhook]",
      {
          "hooks.slack.com",
          "/webhooks/",
          "webhook.office.com",
          "logic.azure.com",
          "chat.googleapis.com",
      },
      "(?i)(?:https?://)?(?:hooks\\.slack\\.com/(?:services|"
      "workflows|triggers)|(?:\\w+\\.)?discord(?:app)?\\.com/api(?:/v"
      "\\d+)?/webhooks|(?:[\\w-]+\\.)?webhook\\.office\\.com/webhookb"
      "2|[\\w.-]+\\.logic\\.azure\\.com(?::\\d+)?/workflows|"
      "chat\\.googleapis\\.com/v1/spaces)/[^\\s\"'<>]+" },
    { "[redacted:telegram-token]",
      { ":aa" },
      "(?<!\\d)\\d{8,10}:AA[\\w-]{32,33}(?![\\w-])" },
    { "[redacted:jwt]",
      { "eyj" },
      "\\beyJ[\\w-]{8,}\\.eyJ[\\w-]{8,}(?:\\.[\\w-]*)?" },
    { "[redacted:api-key]",
      {
          "sk-",    "sk_",     "rk_",      "pk_",
          "hf_",    "dop_v1_", "doo_v1_",  "dor_v1_",
          "sg.",    "ltai",    "dapi",     "hvs.",
          "hvb.",   "cfk_",    "cfut_",    "cfat_",
          "tskey-", "pul-",    "syt_",     "sntry",
          "shpat_", "shpca_",  "shppa_",   "shpss_",
          "pmak-",  "nrak-",   "lin_api_", "age-secret-key-",
      },
      "\\b(?:sk-(?:[A-Za-z]{2,12}-)*[\\w-]{20,}|[srp]k_(?:live|"
      "test)_\\w{10,}|hf_[A-Za-z0-9]{30,}|do[opr]_v1_[0-9a-f]{40,}|"
      "SG\\.[\\w-]{16,}\\.[\\w-]{16,}|LTAI[A-Za-z0-9]{12,}|"
      "dapi[0-9a-f]{32}|hv[sb]\\.[\\w-]{24,}|cf(?:k|ut|"
      "at)_[\\w-]{40,}|tskey-[a-z]+-[\\w-]{16,}|pul-[0-9a-f]{40}|"
      "syt_[\\w-]{16,}|sntry[su]_[\\w+/=-]{40,}|shp(?:at|ca|pa|"
      "ss)_[0-9a-fA-F]{32}|PMAK-[0-9a-f-]{50,}|NRAK-[A-Z0-9]{24,}|"
      "lin_api_[A-Za-z0-9]{32,}|AGE-SECRET-KEY-1[A-Z0-9]{50,})" },
    { "[redacted:api-key]",
      {
          "key-",
          "goog1",
          "bkua_",
          "bkct_",
          "bkpt_",
          "bkaj_",
          "sbp_",
          "squ_",
          "sqp_",
          "sqa_",
      },
      "(?<![\\w-])(?:key-[0-9a-f]{32}|GOOG1[A-Z0-9]{20,}|"
      "bk(?:ua|ct|pt|aj)_[0-9a-f]{32,}|sbp_[0-9a-f]{40}|"
      "sq[pua]_[0-9a-f]{40})(?![\\w-])" },
    /* -----BEGIN in base64, as in the configuration of Kubernetes */
    { "[redacted:private-key]",
      { "ls0tls1crudjti" },
      "LS0tLS1CRUdJTi[\\w+/-]{40,}=*" },
    { "[redacted:header]",
      { "authorization" },
      "(?i)\\b(?:proxy-)?authorization\\\\?[\"']?\\s{0,4}[:=]\\s{0,4}"
      "\\\\?[\"']?(?:(?:basic|bearer|token|digest|negotiate|"
      "bot)\\s+)?(?<s>[^\\s'\"\\\\]{4,})" },
    { "[redacted:header]",
      { "bearer" },
      "(?i)\\bbearer\\s+(?<s>[\\w.~+/-]{16,}=*)" },
    { "[redacted:cookie]",
      { "cookie" },
      "(?i)\\b(?:set-)?cookie2?:\\s*(?<s>\\S.*)" },
    /* A password may hold what it should not: up to the last @ of the host's
     * part; with slashes, unless a port ends there; in quotes. */
    { "[redacted:url-credentials]",
      { "://", ":\\/\\/" },
      "(?i)(?<![a-z0-9+.-])[a-z][a-z0-9+.-]{0,20}:(?:\\\\?/){2}(?<s>"
      "[^\\s/@:'\"<>]{0,200}:(?:[^\\s/'\"<>]{1,400}|"
      "(?!\\d{1,5}[/?#])[^\\s@'\"<>]{1,400}|\"[^\\s\"]{1,200}\"|"
      "'[^\\s']{1,200}')|[^\\s/@:'\"<>]{16,400})@" },
    { "[redacted:url-credentials]",
      { "%3a%2f%2f" },
      "(?i)%3A%2F%2F(?<s>[^\\s/@'\"<>&]{0,200}?%3A[^\\s/@'\"<>&]{1,400}?)%40" },
    /* of git, also where the scheme stands elsewhere */
    { "[redacted:url-credentials]",
      { "oauth2:", "x-access-token:", "x-token-auth:", "gitlab-ci-token:" },
      "\\b(?:oauth2|x-access-token|x-token-auth|gitlab-ci-token):"
      "(?<s>(?![$%{])[^\\s/@:'\"<>]{4,})@" },
    { "[redacted:option]",
      { "curl" },
      "\\bcurl\\b.{0,500}?\\s(?:-u|--user|"
      "--proxy-user)[ =]?[\"']?(?<s>[^\\s\"':$]{1,200}:[^\\s\"'$]{2,2"
      "00})" },
    { "[redacted:option]",
      { "docker", "podman", "sshpass", "buildah", "skopeo" },
      "\\b(?:(?:docker|podman|buildah|"
      "skopeo)\\b.{0,200}?\\blogin\\b.{0,200}?\\s-p|"
      "sshpass\\s+-p)[ =]?[\"']?(?<s>(?![$%<*-])[^\\s\"']{3,})" },
    /* a password in front of the pipe, or glued to the option */
    { "[redacted:option]",
      { "password-stdin" },
      "\\becho\\s+(?:-n\\s+)?[\"']?(?<s>(?![$%<-])[^\\s\"'|]{3,})[\"']?\\s{0,3}"
      "\\|.{0,300}--password-stdin" },
    { "[redacted:option]",
      { "mysql", "mariadb" },
      "\\b(?:mysql|mariadb)(?:admin|dump)?\\b[^;&|]{0,200}?\\s-p(?<s>(?![$%<-])"
      "[^\\s\"']{4,})" },
    { "[redacted:option]",
      { "codecov" },
      "(?i)\\bcodecov(?:cli)?\\b.{0,200}?\\s-t[ =]?(?<s>[0-9a-f]{8}(?:-[0-9a-f]"
      "{4}){3}-[0-9a-f]{12})" },
    { "[redacted:option]",
      { "anaconda -", "anaconda upload" },
      "\\banaconda(?:\\s[^\\s;&|]+){0,12}?\\s-t[ =]?[\"']?(?<s>(?![$%<-])"
      "[\\w-]{8,})" },
    { "[redacted:option]",
      { NULL },
      "(?i)(?<![\\w-])--(?:[a-z]+-){0,3}" WORDS
      "[\"',]{0,2}(?:\\s{1,3}|=)[\"']?(?<s>" NO_VARIABLE
      "(?!-)[^\\s\"',]{4,})" },
    /* connection strings; PWD alone is a folder */
    { "[redacted]",
      { "pwd=" },
      "(?i)(?:^|[\\s;\"'])pwd=(?<s>(?![/\\\\$%<~.{]|[a-z]:[\\\\/])"
      "[^\\s;\"']{4,})" },
    /* npmrc */
    { "[redacted]",
      { "auth=", "auth =" },
      "(?i)(?<![a-z])auth\\s?=\\s?[\"']?(?<s>(?=[\\w+/-]{0,80}\\d)"
      "[\\w+/-]{16,}=*)" },
    { "[redacted]",
      { "_pat=", "_pat =", "_pat: " },
      "(?i)\\w_pat(?:\\s?=\\s?|: )[\"']?(?<s>(?=\\w{0,80}\\d)\\w{20,})" },
    /* netrc */
    { "[redacted]",
      { "machine" },
      "(?i)\\bmachine\\s+\\S+\\s+login\\s+\\S+\\s+password\\s+(?<s>\\"
      "S+)" },
    /* zuliprc */
    { "[redacted]",
      { "key" },
      "(?i)(?:^|[\\s\\[;&?])key\\s{0,2}=\\s{0,2}[\"']?(?<s>[A-Za-z0-9"
      "]{32})(?![\\w-])" },
    /* in XML: of Maven's and NuGet's settings */
    { "[redacted]",
      { NULL },
      "(?i)<(?:\\w{1,40}:)?[\\w.-]{0,64}?" WORDS ">\\s{0,3}(?<s>" NO_VARIABLE
      "[^<>\\s]{4,})" },
    /* in JSON, also in JSON in JSON */
    { "[redacted]",
      { NULL },
      "(?i)\\\\{0,7}[\"'][\\w.-]{0,64}?" WORDS
      "(?![a-z])[\\w.-]{0,40}\\\\{0,7}[\"']\\s{0,3}(?::|"
      "=>?)\\s{0,3}\\\\{0,7}[\"'](?<s>" NO_VARIABLE
      "(?:[^\"'\\\\]|\\\\[^\"']){4,})" },
    { "[redacted]",
      { NULL },
      NAME "\\s{0,3}(?:=>|:=|\\?=|=|%3D)\\s{0,3}[\"']?(?<s>" NO_VARIABLE
           "[^\\s\"',;)}\\]]{4,})" },
    { "[redacted]",
      { NULL },
      NAME "\\s{0,3}:\\s{0,3}[\"']?(?<s>" NO_VARIABLE
           "(?=[^\\s\"']{0,80}[0-9])[^\\s\"',;)}\\]]{8,})" },
};

/* What people write takes two. */
#define ROUNDS_MAX 8

/* A set of indexes of kinds. */
typedef uint64_t kind_set;
/* None of them: a key may begin. */
#define KEY_BIT 63

_Static_assert(ARRAY_SIZE(kinds) < KEY_BIT, "kind_set is too small");

struct compiled {
    struct literals *literals; /* their ids are indexes of kinds */
    kind_set always;           /* of those without literals */
    pcre2_code *code[ARRAY_SIZE(kinds)];
    int group[ARRAY_SIZE(kinds)];
    pcre2_match_data *md;
    pcre2_match_context *mc;
};

static void add_literals(struct compiled *c, size_t i)
{
    const char *const *l = kinds[i].literals;
    struct required req;

    for (; *l; l++)
        literals_add(c->literals, *l, strlen(*l), LITERAL_NOCASE, (int)i);
    if (l != kinds[i].literals)
        return;
    if (!required_of(kinds[i].pattern, &req))
        c->always |= UINT64_C(1) << i;
    for (size_t k = 0; k < req.nr; k++)
        literals_add(c->literals, req.items[k].s, req.items[k].n,
                     req.nocase ? LITERAL_NOCASE : 0, (int)i);
    required_release(&req);
}

static void build_literals(struct compiled *c)
{
    struct err err CLEANUP_ERR = ERR_INIT;

    c->literals = literals_new();
    for (size_t i = 0; i < ARRAY_SIZE(kinds); i++)
        add_literals(c, i);
    for (size_t i = 0; redact_openers[i]; i++)
        literals_add(c->literals, redact_openers[i], strlen(redact_openers[i]),
                     LITERAL_NOCASE, KEY_BIT);
    if (literals_build(c->literals, &err) < 0)
        BUG("%s", err_msg(&err));
}

/* The patterns are constants: compiled once in a process and kept. */
static struct compiled *compiled_literals(void)
{
    static struct compiled c;

    if (c.md)
        return &c;
    build_literals(&c);
    c.mc = pcre2_match_context_create(NULL);
    pcre2_set_match_limit(c.mc, 2000000);
    c.md = pcre2_match_data_create(8, NULL);
    return &c;
}

static const struct compiled *compiled_pattern(size_t i)
{
    struct compiled *c = compiled_literals();
    int error;
    PCRE2_SIZE at;

    if (c->code[i])
        return c;
    c->code[i] =
        pcre2_compile((PCRE2_SPTR)kinds[i].pattern, PCRE2_ZERO_TERMINATED,
                      PCRE2_NEVER_UTF, &error, &at, NULL);
    if (!c->code[i])
        BUG("secret pattern %zu does not compile at %zu", i, (size_t)at);
    pcre2_jit_compile(c->code[i], PCRE2_JIT_COMPLETE);
    c->group[i] =
        pcre2_substring_number_from_name(c->code[i], (PCRE2_SPTR) "s");
    if (c->group[i] < 0)
        c->group[i] = 0;
    return c;
}

/* All matches of pattern i in b. -1: gave up. */
static int cut_kind(struct strbuf *b, size_t i)
{
    const struct compiled *c = compiled_pattern(i);
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
        strbuf_adds(&out, kinds[i].placeholder);
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

struct found {
    const struct literals *literals;
    kind_set set;
};

static void on_literal(void *user, unsigned word, size_t end)
{
    struct found *f = user;
    size_t nr;
    const int *ids = literals_ids(f->literals, word, &nr);

    (void)end;
    for (size_t i = 0; i < nr; i++)
        f->set |= UINT64_C(1) << ids[i];
}

static kind_set kinds_in(const char *s, size_t n)
{
    const struct compiled *c = compiled_literals();
    struct found f = { c->literals, c->always };

    literals_scan(c->literals, s, n, on_literal, &f);
    return f.set;
}

bool secrets_maybe(const char *s, size_t n)
{
    return kinds_in(s, n) != 0;
}

static int cut_kinds(struct strbuf *b, bool all)
{
    kind_set set = all ? ~UINT64_C(0) : kinds_in(b->buf, b->len);
    int changed = 0;

    for (size_t i = 0; i < ARRAY_SIZE(kinds); i++) {
        int rc = set & UINT64_C(1) << i ? cut_kind(b, i) : 0;

        if (rc < 0)
            return -1;
        if (rc) /* a placeholder may hold a literal */
            set |= kinds_in(b->buf, b->len);
        changed |= rc;
    }
    return changed;
}

/* Without its spaces and quotes what is left may be a secret of an earlier
 * kind: so until nothing more is found. */
int secrets_cut(struct strbuf *b, bool all)
{
    for (int round = 0; round < ROUNDS_MAX; round++) {
        int rc = cut_kinds(b, all);

        if (rc < 0)
            return -1;
        if (!rc)
            return round > 0;
    }
    return -1;
}

bool is_secret_name(const char *name)
{
    static const char *const words[] = {
        "password",    "passwd",      "passphrase", "secret",     "token",
        "api_key",     "apikey",      "api-key",    "access_key", "access-key",
        "private_key", "private-key", "credential",
    };

    for (size_t i = 0; i < ARRAY_SIZE(words); i++) {
        const char *at = strcasestr(name, words[i]);

        /* not the tokens of a tokenizer */
        if (at && !isalpha((unsigned char)at[strlen(words[i])]))
            return true;
    }
    return false;
}
