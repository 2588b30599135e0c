/* SPDX-License-Identifier: BSD-3-Clause */
/* Secrets out of text. */
#include <config.h>

#include <check.h>
#include <stdlib.h>
#include <string.h>

#include "core/base/mem.h"
#include "core/base/strbuf.h"
#include "core/classify/classify.h"
#include "tests/unit/suite.h"

/* Put together here, so that nobody's scanner takes them for real ones. */
static const struct {
    const char *before, *secret, *after;
} planted[] = {
    { "token ",
      "ghp_"
      "abcdEFGH1234ijklMNOP5678qrstUVWX9012",
      " used" },
    { "",
      "github_pat_"
      "11ABCDEFG0abcdefghij_klmnop",
      "" },
    { "x=",
      "glpat-"
      "abcDEF123456_-xyzzy",
      ";" },
    { "key ",
      "AKIA"
      "ABCDEFGHIJKLMNOP",
      "." },
    { "",
      "AIza"
      "SyA1234567890abcdefghijklmnopqrstuv",
      " x" },
    { "bot ",
      "xoxb-"
      "123456789012-abcdefGHIJ",
      "" },
    { "POST ",
      "https://hooks.slack.com/services/"
      "T000/B000/XXXX",
      "" },
    { "AccountKey=", "abcdefghijklmnopqrstuvwxyz0123456789==", ";Endpoint" },
    { "https://h/x?sv=1&sig=", "aBcD%2F1234567890abcdefg", "&se=2" },
    { "",
      "pypi-"
      "AgEIcHlwaS5vcmcCJDEyMzQ1Njc4OTAxMjM0NTY3ODkw",
      "" },
    { "",
      "npm_"
      "abcdefghijklmnopqrstuvwxyz0123456789",
      "" },
    { "https://conda.anaconda.org/t/", "ab-12345678-90ab-cdef-1234",
      "/x/noarch" },
    { "",
      "eyJ"
      "hbGciOiJIUzI1NiJ9.eyJ"
      "zdWIiOiIxMjM0In0.c2lnbmF0dXJl",
      "" },
    { "Authorization: Basic ", "dXNlcjpwYXNzd29yZA==", "" },
    { "curl -H 'authorization: Bearer ", "abcdefghijklmnop.qrst", "'" },
    { "git clone https://", "user:s3cr3t-pw", "@example.org/x.git" },
    { "https://", "0123456789abcdef0123456789abcdef", "@host/x" },
    { "MYSQL_PASSWORD=", "hunter2", " ./run" },
    { "--token=", "abcd1234", " x" },
    { "{\"api_key\": \"", "a1b2c3d4e5f6", "\"}" },
    { "ANACONDA_TOKEN: ", "ab12cd34ef56", "" },
    { "client_secret = '", "q1w2e3r4t5", "'" },
    { "Set-Cookie: ", "session=abc; HttpOnly", "" },
    { "say ", "the exact value", " here" },
    { "git clone https://u:", "ab/cd1", "@h.org/x.git" },
    { "git clone https://u:", "ab@cd1", "@h.org/x.git@v1" },
    { "URL=https://u:", "\"abcd1\"", "@h.org/x" },
    { "{\"u\": \"https:\\/\\/u:", "abcd1efg", "@h.org\"}" },
    { "?u=https%3A%2F%2Fu%3A", "abcd1efg", "%40h.org" },
    { "push to oauth2:", "abcd1efg", "@gitlab.com/x" },
    { "{\\\\\"password\\\\\": \\\\\"", "abcd1efg", "\\\\\"}" },
    { "q?password%3D", "abcd1efg", "&x" },
    { "Uid=x;Pwd=", "abcd1efg", ";Db=y" },
    { "//r.org/:_auth=", "dXNlcjpwYXNzd29yZA==", "" },
    { "DEVOPS_PAT=", "abcdefghijklmnopqrst0123456789", " x" },
    { "anaconda -v -t ", "ab-12345678", " upload x.conda" },
    { "DB_PASSWORD \xe2\x86\x92 ", "abcd1efg", "" },
    { "api_key -> ", "abcd1efg", "" },
    { "the passphrase is ", "abcd1efg", " now" },
    { "Passphrase: ", "abcd1efg", "" },
    { "Password for 'https://b@h.org': ", "abcd1efg", "" },
    { "password\t", "abcd1efg", "\tx" },
    { "deploy_token     ", "abcd1efg", "  x" },
    { "| API_KEY | ", "abcd1efg", " |" },
    { "password: !!str ", "abcd1efg", "" },
    { "password: !vault '", "abcd1", "'" },
    { "https://u:", "ab cd1 efg", "@h.org/x.git" },
    { "a\\n",
      "glpat-"
      "abcdef123456xyzzyab",
      "\\nb" },
    { "x%3D",
      "dop_v1_"
      "0123456789012345678901234567890123456789012345678901234567890123",
      "" },
    { "token: ", "kWMZxUajplXBVZCk", "" },
    { "X-JFrog-Art-Api: ", "abcdefgh", "" },
    { "Authorization: ", "dXNlcjpwYXNz", "" },
    { "got ", "ab-12345678-90ab-cdef-1234-567890abcdef", " back" },
    { "get https://h.org/long-bucket/of-many-things/",
      "k3Jq9ZxW2mPv7RtY5nBc8LdF4gHs6QaT1uXe0iOy", "/x" },
    { "key: ",
      "LS0tLS1CRUdJTi"
      "BSU0EgUFJJVkFURSBLRVktLS0tLQpNSUlFcEFJQkFBS0NBUUVB",
      "" },
};

START_TEST(test_redact)
{
    static const char *const exact[] = { "the exact value" };
    static const char *const frames[][2] = {
        { "", "" },
        { "error: ", " failed" },
        { "\xc3\xa9 ", "" },
    };

    for (size_t i = 0; i < ARRAY_SIZE(frames); i++) {
        char *in =
            xasprintf("%s%s%s%s%s", frames[i][0], planted[_i].before,
                      planted[_i].secret, planted[_i].after, frames[i][1]);
        char *out = redact_text(in, strlen(in), exact, 1);
        char *again = redact_text(out, strlen(out), exact, 1);

        ck_assert_msg(!strstr(out, planted[_i].secret), "%s", out);
        ck_assert_msg(strstr(out, "[redacted"), "%s", out);
        ck_assert_str_eq(again, out);
        free(again);
        free(out);
        free(in);
    }
}
END_TEST

static const char *const harmless[] = {
    "error: expected primary-expression before token: 'x'",
    "syntax error near unexpected token `('",
    "nothing provides requested tokenizers=0.19.1",
    "secretstorage=3.3.3 and python-tokenize=1.0",
    "PASSWORD=$SECRET ./run",
    "password: ${{ secrets.X }}",
    "https://example.org/a/b?x=1#y",
    "ssh git@github.com:o/r.git",
    "tests/test_token.py::test_a PASSED",
    "Authorization: ***",
    "https://registry.example.org:5000/a/b@sha256:0123abcd",
    "git+https://github.com/o/r.git@v1.2",
    "PWD=/home/conda/feedstock_root pwd=C:\\bld\\x",
    "+ anaconda -t $BINSTAR_TOKEN upload x.conda",
    "conda.anaconda.org/conda-forge/noarch -t noarch",
    "requests.get(url, auth=HTTPBasicAuth)",
    "SYSTEM_PATH=/usr/bin/0123456789abcdefghijkl",
    /* what programs compute, and the names of variables */
    "    password = getpass(\"Enter password : \")",
    "    token = os.environ.get(\"HF_TOKEN\")",
    "    secret = entry2.get()",
    "    api_key = self.config_key",
    "server-password: GITHUB_TOKEN",
    /* what is said of options and passwords */
    "error: option --password requires an argument",
    "the --api-key option is deprecated",
    "Authorization: failed for user",
    "http.extraheader AUTHORIZATION: basic ***",
    "Invalid password: authentication failed",
    "password is required",
    "password base64-encoded, passphrase sha256 of it",
    "password tests/test_auth2.py",
    "unexpected token: identifier12",
    /* arrows, tables and lists of packages */
    "copying secret.h -> build/lib.linux-x86_64-cpython-310/x",
    "r-credentials      2.0.1    r43hc72bb7e_0",
    "secret        py312h06a4308_0",
    "token         0.3.0",
    "| token | type |",
    /* addresses */
    "https://discuss.example.org/t/how-to-solve-this-one/1234",
    "https://localhost:8080 failed, ask bob@example.org",
    "https://example.org: see bob@example.org",
    /* what only begins like a token, or is a part of a word */
    "sk-learn-contrib-project-template",
    "see glpat-x1, npm_config_loglevel=2, hf_hub_download, sdk-tools-linux",
    "api-reference-manual-of-1.2, pat-na1-, dapi, cio, xai-org/grok-1",
    "masterkey-0123456789abcdef0123456789abcdef",
    "4d967a30111bf29f0eba01c0482b7789-us-east",
    "IInterceptorLCa7f5d3caStat8a9824d7 FooImplFCscaPrimitiveFC7ab92f6a",
    "sha512-dPEtOeMvF+VMH4VaQ1cbfS0ZoPyAIQIbpZQ/qzHHAJMPAwL7CBQZtKQVfOJ0qBGH",
    "_RNvCs1234_7mycrate3fooINtB5_3VecNtB7_3BarEC4main",
    "12345678-90ab-cdef-1234-567890abcdef",
};

/* Where one kind's placeholder makes a secret of another kind of what is
 * around it: all of it at once. */
static const char *const chained[][2] = {
    { "git://user:TOKEN=ab/cdefgh,x@example.org",
      "git://[redacted:url-credentials]@example.org" },
    { "git://user:k3Jq9ZxW2mPv7/RtY5nBc8LdF4gHs6QaT1uXe0iOy@example.org",
      "git://[redacted:url-credentials]@example.org" },
    { "Zw2RtY5nBc8LdF4gHs6QaT1uXe0iOyh1:k3Jq9ZxW2mPv7RtY5nBc8LdF4gHs6QaT",
      "[redacted:random]:[redacted:random]" },
};

START_TEST(test_redact_chained)
{
    const char *in = chained[_i][0];
    char *out = redact_text(in, strlen(in), NULL, 0);

    ck_assert_str_eq(out, chained[_i][1]);
    free(out);
}
END_TEST

START_TEST(test_redact_harmless)
{
    const char *s = harmless[_i];
    char *out = redact_text(s, strlen(s), NULL, 0);

    ck_assert_str_eq(out, s);
    free(out);
}
END_TEST

START_TEST(test_redact_key)
{
    const char *in = "a\n-----BEGIN RSA PRIVATE "
                     "KEY-----\n"
                     "MIIEpAIBAAKCAQEAabcdefgh\nq83vEjRWeJA=\n"
                     "-----END RSA PRIVATE "
                     "KEY-----\nb\n"
                     "x -----BEGIN PRIVATE "
                     "KEY-----\\nMIIE\\n\n"
                     "error: this line is none of it";
    char *out = redact_text(in, strlen(in), NULL, 0);

    ck_assert_ptr_null(strstr(out, "MIIE"));
    ck_assert_ptr_null(strstr(out, "q83v"));
    ck_assert_ptr_nonnull(strstr(out, "\nb\n"));
    ck_assert_ptr_nonnull(strstr(out, "none of it"));
    free(out);
}
END_TEST

/* Lines that a program broke, at 80 columns or at its own, and what is left of
 * them. */
static const struct {
    const char *in, *out;
} broken[] = {
    { "| nothing provides what is asked for by https://example.org/x/y token gh"
      "p_abcdEFGH12\n|  34ijklMNOP5678qrstUVWX9012 on it\n",
      "| nothing provides what is asked for by https://example.org/x/y token "
      "[redacted:torn]\n|  [redacted:torn] on it\n" },
    { "| nothing provides what is asked for by https://example.org/x/y token gh"
      "p_abcdEFGH1234ijklMNOP5678\nqrstUVWX9012\nmake2 x",
      "| nothing provides what is asked for by https://example.org/x/y token "
      "[redacted:github-token]\n[redacted:torn]\nmake2 x" },
    /* no words, and what has a name of its own */
    { "| nothing provides what is asked for by https://example.org/x token gh"
      "p_abcdEFGH1234ijklMNOP5678\nerror: x1\n",
      "| nothing provides what is asked for by https://example.org/x token "
      "[redacted:github-token]\nerror: x1\n" },
    { "| nothing provides what is asked for by https://example.org/x token gh"
      "p_abcdEFGH1234ijklMNOP5678\nX1_TOKEN=abcd.efgh\n",
      "| nothing provides what is asked for by https://example.org/x token "
      "[redacted:github-token]\nX1_TOKEN=[redacted]\n" },
    /* a short line was not broken */
    { "token gh"
      "p_abcdEFGH1234ijklMNOP5678\n2abc\n",
      "token [redacted:github-token]\n2abc\n" },
    /* the end of a key */
    { "k3Jq9ZxW2mPv7RtY5nBc8LdF4gHs6QaT1uXe0iOyk3Jq9ZxW2mPv7RtY5nBc8LdF\n"
      "q83vEjRWeJA=\ndone\n",
      "[redacted:random]\n[redacted:private-key]\ndone\n" },
};

START_TEST(test_redact_broken)
{
    const char *in = broken[_i].in;
    char *out = redact_text(in, strlen(in), NULL, 0);
    char *again = redact_text(out, strlen(out), NULL, 0);

    ck_assert_str_eq(out, broken[_i].out);
    ck_assert_str_eq(again, out);
    free(again);
    free(out);
}
END_TEST

/* Facts: under a name that says so, whatever they are in. */
START_TEST(test_redact_names)
{
    json_t *v = json_pack("{s:s s:[s s] s:{s:s} s:s s:s}", "privateKey", "abcd",
                          "deploy-tokens", "one", "two", "credentials", "user",
                          "bob", "tokenizer", "words", "token_id", "ab");
    struct redactor *r = redactor_new(NULL, 0);
    char *out;

    json_object_set_new(v, "secret", json_pack("[s]", "efgh"));
    redactor_clean_json(r, v);
    out = json_dumps(v, JSON_COMPACT | JSON_SORT_KEYS);
    ck_assert_str_eq(out, "{\"credentials\":{\"user\":\"bob\"},"
                          "\"deploy-tokens\":[\"one\",\"two\"],"
                          "\"privateKey\":\"[redacted]\","
                          "\"secret\":[\"[redacted]\"],"
                          "\"token_id\":\"[redacted]\","
                          "\"tokenizer\":\"words\"}");
    free(out);
    redactor_free(r);
    json_decref(v);
}
END_TEST

int main(void)
{
    const struct suite_case cases[] = {
        { test_redact, ARRAY_SIZE(planted) },
        { test_redact_chained, ARRAY_SIZE(chained) },
        { test_redact_harmless, ARRAY_SIZE(harmless) },
        { test_redact_key, 1 },
        { test_redact_broken, ARRAY_SIZE(broken) },
        { test_redact_names, 1 },
    };

    return suite_cases("redact", cases, ARRAY_SIZE(cases));
}
