/* SPDX-License-Identifier: BSD-3-Clause */
/*
 * Secrets by what is around them, and those whose shape takes more than a
 * prefix. Must not know of lines before or after.
 */
#include <config.h>

#include "core/classify/secret-kinds.h"

#include "core/base/mem.h"

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
/* Nor is what a program would compute: a maintainer has to read it. */
#define NO_CODE                                                                \
    "(?![A-Za-z_]{1,40}\\(|[A-Za-z_]\\w{0,40}(?:\\.[A-Za-z_]\\w{0,40}){1,6}"   \
    "\\(|(?:self|cls|os|args|config|settings|env|opts|options|kwargs)\\."      \
    "[A-Za-z_])"
/* What people say of an option or a password. */
#define NO_PROSE                                                               \
    "(?!(?:option|argument|flag|parameter|value|environment|variable|is|was|"  \
    "and|or|not|no|for|from|with|without|to|in|on|of|when|before|if|has|have|" \
    "requires?|required|must|should|cannot|can|instead|needs?|expects?|"       \
    "expected|missing|invalid|incorrect|wrong|failed|failure|denied|"          \
    "authentication|authorization|error|expired|string|optional|file|will|"    \
    "does|did|are|unauthorized|rejected|unknown|unset|empty|set|given|"        \
    "found|provided|specified|accepted|deprecated|redacted|hidden|masked|"     \
    "default|changed|prompt|reset)\\b)"
/* It has a digit and a letter, and is no version, build, path or algorithm. */
#define MIXED                                                                  \
    "(?=[^\\s\"']{0,80}[0-9])(?=[^\\s\"']{0,80}[A-Za-z])(?!v?\\d{1,9}\\.)"     \
    "(?!\\S{0,80}(?:[/(]|::))(?!\\w{0,40}h[0-9a-f]{7}_\\d)"                    \
    "(?!(?:base|sha|md|utf|bcrypt|scrypt|pbkdf|argon|ntlm|rfc|oauth|http|"     \
    "x86|py)[-_]?\\d{1,4}(?![a-z0-9]))"
/* Without a digit: not one of those names that are written LikeThis. */
#define DISORDER                                                               \
    "(?-i:(?=\\w{0,80}?[A-Z]{2}\\w{0,80}?[a-z]\\w{0,80}?[A-Z]{2})"             \
    "(?=\\w{0,80}?[a-z][A-Z]\\w{0,80}?[a-z][A-Z])(?=\\w{14}))"
#define PASS "pass(?:word|wd|phrase)"
#define ARROW "(?:-{1,2}>|=>|\xe2\x86\x92|\xe2\x87\x92)"
/* As prompts name it. */
#define WHOM "(?:'[^']{1,200}'|\"[^\"]{1,200}\"|[^:]{1,80}?)"
/* YAML's !!str, !binary and the like. */
#define TAG "(?:!{1,2}[a-z][\\w:/.-]{0,30}\\s{1,3})?"
#define UUID "[0-9a-f]{8}(?:-[0-9a-f]{4}){3}-[0-9a-f]{12}"
/* Not a part of a longer word, but for what escapes leave in front. */
#define START "(?:(?<![A-Za-z0-9_])|(?<=\\\\[nrt])|(?<=%[0-9A-Fa-f]{2}))"

const struct secret_pattern secret_patterns[] = {
    /* also glued to what stands before it: the prefix is rare enough */
    { "[redacted:github-token]",
      { "ghp_", "gho_", "ghu_", "ghs_", "ghr_", "github_pat_" },
      "(?:gh[pousr]_(?:\\d{1,12}_)?[A-Za-z0-9]{16,255}|"
      "github_pat_[A-Za-z0-9_]{20,255})" },
    /* of an app, before 2021 */
    { "[redacted:github-token]", { "v1." }, "\\bv1\\.[0-9a-f]{40}\\b" },
    { "[redacted:azure-devops-token]",
      { "azdo" },
      "\\b[A-Za-z0-9]{76}AZDO[A-Za-z0-9]{4}\\b" },
    { "[redacted:aws-key]",
      { "a3t", "akia", "asia", "abia", "acca", "agpa", "aida", "aroa" },
      "(?<![A-Z0-9])(?:A3T[A-Z0-9]|AKIA|ASIA|ABIA|ACCA|AGPA|AIDA|"
      "AROA)[A-Z0-9]{16}(?![A-Z0-9])" },
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
    /* docker keeps them so */
    { "[redacted:registry-token]",
      { "\"auth\"", "\"auth\\\"", "identitytoken", "registrytoken" },
      "(?i)\\\\?\"(?:auth|identitytoken|"
      "registrytoken)\\\\?\"\\s{0,3}:\\s{0,3}\\\\?\"(?<s>[^\"\\\\]{12"
      ",})" },
    { "[redacted:channel-token]",
      { "/t/" },
      "/t/(?<s>" UUID "|(?=[\\w-]{0,200}[\\dA-Z])(?![\\w-]{0,200}?"
      "(?<![A-Za-z0-9])[A-Za-z]?[a-z]{2,}-[a-z]{2,}(?![A-Za-z0-9]))"
      "[A-Za-z0-9_-]{16,})(?=/)" },
    { "[redacted:slack-token]",
      { "xox", "xapp-", "xwfp-" },
      START "(?:xox[a-z](?:\\.xox[a-z])?-|xapp-|xwfp-)[A-Za-z0-9-]{10,}" },
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
      START "eyJ[\\w-]{8,}\\.eyJ[\\w-]{8,}(?:\\.[\\w-]*)?" },
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
    { "[redacted:azure-key]",
      { "jqqj99" },
      "[A-Za-z0-9]{52}JQQJ99[A-Za-z0-9]{10,}={0,2}" },
    { "[redacted:api-key]",
      { ".atlasv1." },
      START "[A-Za-z0-9]{14}\\.atlasv1\\.[\\w-]{60,}" },
    { "[redacted:api-key]", { "-us" }, START "[0-9a-f]{32}-us\\d{1,2}\\b" },
    { "[redacted:header]",
      { "authorization" },
      "(?i)\\b(?:proxy-)?authorization\\\\?[\"']?\\s{0,4}[:=]\\s{0,4}"
      "\\\\?[\"']?(?:(?:basic|bearer|token|digest|negotiate|"
      "bot)\\s+)?+(?<s>" NO_VARIABLE NO_PROSE "[^\\s'\"\\\\]{4,})" },
    { "[redacted:header]",
      { "bearer" },
      "(?i)\\bbearer\\s+(?<s>[\\w.~+/-]{16,}=*)" },
    { "[redacted:header]",
      { "x-jfrog-art-api" },
      "(?i)\\bx-jfrog-art-api\\s?[:=]\\s{0,3}(?<s>" NO_VARIABLE
      "[^\\s'\"\\\\]{8,})" },
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
    /* with blanks in it; what is a port in front of them is no password */
    { "[redacted:url-credentials]",
      { "://" },
      "(?i)(?<![a-z0-9+.-])[a-z][a-z0-9+.-]{0,20}://(?<s>[\\w.%+-]{1,64}:"
      "(?!\\d{1,5}\\s)[^\\s/@'\"<>]{1,64}(?:[ ][^\\s/@:'\"<>]{1,64}){1,4})"
      "@[a-z0-9-]{1,63}(?:\\.[a-z0-9-]{1,63}){1,5}(?=[:/?#]|\\s|$)" },
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
      "[\"',]{0,2}(?:=|\\s{1,3}" NO_PROSE ")[\"']?(?<s>" NO_VARIABLE
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
      NAME "\\s{0,3}(?::=|\\?=|=|%3D)\\s{0,3}(?:[\"']|" NO_CODE ")"
           "(?<s>" NO_VARIABLE "[^\\s\"',;)}\\]]{4,})" },
    { "[redacted]",
      { NULL },
      "(?i)(?<!unexpected )" NAME "\\s{0,3}:\\s{0,3}" TAG
      "[\"']?(?<s>" NO_VARIABLE "(?:(?=[^\\s\"']{0,80}[0-9])|" DISORDER
      ")[^\\s\"',;)}\\]]{8,})" },
    { "[redacted]",
      { NULL },
      NAME "\\s{0,3}" ARROW "\\s{0,3}[\"']?(?<s>" NO_VARIABLE MIXED
           "[^\\s\"',;)}\\]]{6,})" },
    /* A password may be a short one, or have no digit. As the only word of a
     * line any word is one: what was asked for, or a line of YAML. */
    { "[redacted]",
      { "password", "passwd", "passphrase" },
      "(?i)" PASS "(?![a-z])(?:[\"']?| for " WHOM ")\\s{0,3}:\\s{0,3}" TAG
      "[\"']?(?<s>" NO_VARIABLE
      "(?=[^\\s\"']{0,80}(?:[0-9!@#$%^&*~+]|(?-i:[a-z][A-Z])))"
      "[^\\s\"',;)}\\]]{5,})" },
    { "[redacted]",
      { "password", "passwd", "passphrase" },
      "(?i)^[^\\w\"']{0,40}(?:[\\w.-]{0,64}?" PASS "(?![a-z])[\"']?|"
      "(?:enter|type|repeat)\\b[^:]{0,80}?" PASS "[^:]{0,80}?|" PASS
      " for " WHOM ")\\s{0,3}(?::|" ARROW ")\\s{1,3}" TAG
      "(?<s>" NO_VARIABLE NO_PROSE
      "(?!(?-i:[A-Z][A-Z0-9]{0,40}_[A-Z0-9_]{1,60})\\s{0,9}$)"
      "[^\\s\"'/]{4,})\\s{0,9}$" },
    /* said in a sentence */
    { "[redacted]",
      { "password", "passwd", "passphrase" },
      "(?i)" PASS "(?:\\s(?:is|was))?\\s{1,8}[\"'`]?(?<s>" NO_VARIABLE MIXED
      "[^\\s\"'`,;)}\\]]{6,})" },
    /* in a table */
    { "[redacted]",
      { NULL },
      "(?i)(?<![\\w.-])[\\w.]{0,64}?" WORDS "(?![a-z])\\w{0,40}"
      "(?:\\t\\s{0,9}|\\s{2,40}|\\s{0,40}(?:\\||\xe2\x94\x82)\\s{0,9})"
      "(?<s>" NO_VARIABLE MIXED "[^\\s\"',;)}\\]|]{8,})" },
};

const size_t secret_patterns_nr = ARRAY_SIZE(secret_patterns);
