#!/usr/bin/env python3
# SPDX-License-Identifier: BSD-3-Clause
"""One secret of each kind in each place: what a rule finds, what it captures,
what stands around it, titles, facts, the bot's texts. None may be left in
what the program prints, sends or keeps, and none may change a fingerprint.

The secrets are made up here, from parts, each time the test runs: nothing
that looks like one stands in the repository."""
import base64
import json
import os
import random
import sqlite3
import string
import urllib.parse

from world import CONFIG, World, main, told

AZ = string.ascii_letters
AZ9 = AZ + string.digits
HEX = "0123456789abcdef"
URLSAFE = AZ9 + "-_"
UP9 = string.ascii_uppercase + string.digits
LOW9 = string.ascii_lowercase + string.digits


class Maker:
    def __init__(self, seed):
        self.r = random.Random(seed)

    def of(self, letters, n):
        """n of them, of each third of the alphabet at least one."""
        k = max(1, len(letters) // 3)
        parts = [letters[i:i + k] for i in range(0, len(letters), k)]
        s = [self.r.choice(p) for p in parts[:n]]
        s += [self.r.choice(letters) for _ in range(n - len(s))]
        self.r.shuffle(s)
        return "".join(s)

    def az9(self, n):
        s = self.of(AZ9, n)
        return s if s[0].isalpha() else "k" + s[1:]

    def b64(self, n):
        return base64.b64encode(self.r.randbytes(n)).decode()


def jwt(m):
    head = base64.urlsafe_b64encode(b'{"alg":"HS256","typ":"JWT"}').decode()
    body = base64.urlsafe_b64encode(
        json.dumps({"sub": m.az9(20)}).encode()).decode()
    return f"{head.strip('=')}.{body.strip('=')}.{m.of(URLSAFE, 43)}"


def uuid(m):
    return "-".join(m.of(HEX, n) for n in (8, 4, 4, 4, 12))


# name: the secret, and the text around it ({} is where it goes).
KINDS = {
    # forges
    "github personal": (lambda m: "gh" + "p_" + m.az9(36), "{}"),
    "github oauth": (lambda m: "gh" + "o_" + m.az9(36), "{}"),
    "github user": (lambda m: "gh" + "u_" + m.az9(36), "{}"),
    "github app": (lambda m: "gh" + "s_" + m.az9(36), "{}"),
    "github refresh": (lambda m: "gh" + "r_" + m.az9(76), "{}"),
    "github fine-grained": (lambda m: "github" + "_pat_" + m.az9(22) + "_"
                            + m.az9(59), "{}"),
    "github app, old": (lambda m: "v1" + "." + m.of(HEX, 40), "{}"),
    "gitlab personal": (lambda m: "gl" + "pat-" + m.of(URLSAFE, 20), "{}"),
    "gitlab deploy": (lambda m: "gl" + "dt-" + m.of(URLSAFE, 20), "{}"),
    "gitlab runner": (lambda m: "gl" + "rt-" + m.of(URLSAFE, 20), "{}"),
    "gitlab ci job": (lambda m: "gl" + "cbt-1_" + m.of(URLSAFE, 20), "{}"),
    "gitlab trigger": (lambda m: "gl" + "ptt-" + m.of(HEX, 40), "{}"),
    "gitlab registration": (lambda m: "GR" + "1348941" + m.of(URLSAFE, 20),
                            "{}"),
    "bitbucket app password": (lambda m: "AT" + "BB" + m.az9(32), "{}"),
    "bitbucket access token": (lambda m: "AT" + "CTT3" + m.az9(180), "{}"),
    "atlassian": (lambda m: "AT" + "ATT3" + m.az9(180), "{}"),
    "azure devops": (lambda m: m.az9(76) + "AZ" + "DO" + m.az9(4), "{}"),
    "azure devops, old": (lambda m: m.of(LOW9, 52),
                          "SYSTEM_ACCESSTOKEN={}"),
    "gitea": (lambda m: m.of(HEX, 40), "GITEA_TOKEN={}"),
    "gitea header": (lambda m: m.of(HEX, 40), "Authorization: token {}"),
    # clouds
    "aws key id": (lambda m: "AK" + "IA" + m.of(UP9, 16), "{}"),
    "aws session key id": (lambda m: "AS" + "IA" + m.of(UP9, 16), "{}"),
    "aws secret": (lambda m: m.b64(30), "aws_secret_access_key = {}"),
    "aws secret alone": (lambda m: m.az9(40), "got {} back"),
    "google api": (lambda m: "AI" + "za" + m.of(URLSAFE, 35), "{}"),
    "google oauth": (lambda m: "ya" + "29." + m.of(URLSAFE, 60), "{}"),
    "google client": (lambda m: "GOC" + "SPX-" + m.of(URLSAFE, 28), "{}"),
    "azure storage": (lambda m: m.b64(64),
                      "DefaultEndpointsProtocol=https;AccountName=x;"
                      "AccountKey={};EndpointSuffix=core.windows.net"),
    "azure bus": (lambda m: m.b64(32),
                  "Endpoint=sb://x.servicebus.windows.net/;"
                  "SharedAccessKeyName=Root;SharedAccessKey={}"),
    "azure sas": (lambda m: urllib.parse.quote(m.b64(32), safe=""),
                  "https://x.blob.core.windows.net/c?sv=2024&sig={}&se=2026"),
    "azure client": (lambda m: m.az9(3) + "8Q" + "~" + m.az9(34), "{}"),
    "aws signed url": (lambda m: m.of(HEX, 64),
                       "https://x.s3.amazonaws.com/k?X-Amz-Expires=9"
                       "&X-Amz-Signature={}"),
    "digitalocean": (lambda m: "dop" + "_v1_" + m.of(HEX, 64), "{}"),
    "vault": (lambda m: "hv" + "s." + m.of(URLSAFE, 90), "{}"),
    "cloudflare": (lambda m: "cf" + "ut_" + m.az9(48), "{}"),
    # registries
    "pypi": (lambda m: "py" + "pi-AgEIcHlwaS5vcmc" + m.of(URLSAFE, 90), "{}"),
    "npm": (lambda m: "np" + "m_" + m.az9(36), "{}"),
    "npmrc": (lambda m: uuid(m), "//registry.npmjs.org/:_authToken={}"),
    "anaconda url": (lambda m: "ab-" + uuid(m),
                     "https://conda.anaconda.org/t/{}/x/noarch/y.conda"),
    "anaconda variable": (lambda m: "ab-" + uuid(m), "BINSTAR_TOKEN={}"),
    "prefix.dev": (lambda m: "pf" + "x_" + m.az9(40), "{}"),
    "crates": (lambda m: "ci" + "o" + m.az9(32), "{}"),
    "crates, trusted": (lambda m: "cio" + "_tp_" + m.az9(32), "{}"),
    "docker": (lambda m: "dckr" + "_pat_" + m.of(URLSAFE, 27), "{}"),
    "docker config": (lambda m: m.b64(30),
                      '{{"auths": {{"quay.io": {{"auth": "{}"}}}}}}'),
    "docker login": (lambda m: m.az9(12), "docker login -u bob -p {} quay.io"),
    "quay": (lambda m: m.of(UP9, 64), "QUAY_ROBOT_TOKEN={}"),
    "rubygems": (lambda m: "ruby" + "gems_" + m.of(HEX, 48), "{}"),
    "nuget": (lambda m: "oy" + "2" + m.of(LOW9, 43), "{}"),
    "hugging face": (lambda m: "h" + "f_" + m.az9(34), "{}"),
    # chat
    "slack bot": (lambda m: "xo" + "xb-" + m.of(string.digits, 12) + "-"
                  + m.az9(24), "{}"),
    "slack user": (lambda m: "xo" + "xp-" + m.of(string.digits, 12) + "-"
                   + m.az9(32), "{}"),
    "slack app": (lambda m: "xa" + "pp-1-A" + m.of(UP9, 9) + "-"
                  + m.of(HEX, 64), "{}"),
    "slack webhook": (lambda m: "T" + m.of(UP9, 8) + "/B" + m.of(UP9, 8) + "/"
                      + m.az9(24), "https://hooks.slack." "com/services/{}"),
    "zulip": (lambda m: m.az9(32), "email=b@x.zulipchat.com key={}"),
    "zulip query": (lambda m: m.az9(32),
                    "https://x.zulipchat.com/api/v1/external/github?"
                    "api_key={}&stream=a"),
    "discord bot": (lambda m: "M" + m.az9(23) + "." + m.az9(6) + "."
                    + m.of(URLSAFE, 38), "DISCORD_TOKEN={}"),
    "discord webhook": (lambda m: m.of(string.digits, 18) + "/"
                        + m.of(URLSAFE, 68),
                        "https://discord.com/api/web" "hooks/{}"),
    "telegram": (lambda m: "9" + m.of(string.digits, 9) + ":A" + "A"
                 + m.of(URLSAFE, 33), "{}"),
    "teams": (lambda m: uuid(m) + "@" + uuid(m) + "/IncomingWebhook/"
              + m.of(HEX, 32), "https://x.webhook.office.com/webhookb2/{}"),
    "matrix": (lambda m: "sy" + "t_" + m.az9(40), "{}"),
    # others
    "jwt": (jwt, "{}"),
    "bearer": (lambda m: m.az9(30), "Authorization: Bearer {}"),
    "bearer in JSON": (lambda m: m.az9(30), '{{"authorization": "Bearer {}"}}'),
    "basic": (lambda m: m.b64(18), "> Authorization: Basic {}"),
    "cookie": (lambda m: m.az9(26), "Cookie: session={}; a=b"),
    "set-cookie": (lambda m: m.az9(26), "< Set-Cookie: sid={}; Path=/"),
    "header of its own": (lambda m: m.az9(26), "PRIVATE-TOKEN: {}"),
    "url": (lambda m: m.az9(11), "fatal: https://bob:{}@example.org/r.git"),
    "url, odd password": (lambda m: m.az9(6) + "/" + m.az9(6),
                          "fatal: https://bob:{}@example.org/r.git"),
    "url in a query": (lambda m: m.az9(11),
                       "GET /?u=https%3A%2F%2Fbob%3A{}%40example.org%2Fr"),
    "url without a scheme": (lambda m: m.az9(20), "oauth2:{}@gitlab.com/o/r"),
    "npmrc, old": (lambda m: m.az9(17) + "4xQ=", "//r.example.org/:_auth={}"),
    "anaconda option": (lambda m: "ab-" + uuid(m),
                        "+ anaconda -v -t {} upload x.conda"),
    "connection string": (lambda m: m.az9(9), "Uid=app;Pwd={};Database=x"),
    "key in base64": (lambda m: "LS0tLS1CRU" + "dJTi" + m.az9(80),
                      "client-key-data: {}"),
    "url, token only": (lambda m: m.az9(40),
                        "https://{}@git.example.org/o/r.git"),
    "database": (lambda m: m.az9(13), "postgres://app:{}@db.example.org/x"),
    "assignment": (lambda m: m.az9(9), "export DB_PASSWORD={}"),
    "yaml": (lambda m: m.az9(16), "  deploy_token: {}"),
    "json": (lambda m: m.of(AZ, 14), '{{"user": "x", "password": "{}"}}'),
    "json in json": (lambda m: m.of(AZ, 14),
                     '"{{\\"client_secret\\": \\"{}\\"}}"'),
    "dict": (lambda m: m.of(AZ, 14), "{{'api_key': '{}'}}"),
    "option": (lambda m: m.az9(12), "twine upload --password {} dist/x"),
    "option with =": (lambda m: m.az9(12), "tool --api-key={} run"),
    "argv": (lambda m: m.az9(12), "['anaconda', '--token', '{}', 'upload']"),
    "curl": (lambda m: m.az9(12), "curl -fsS -u bob:{} https://x.example"),
    "netrc": (lambda m: m.az9(12), "machine x.example login bob password {}"),
    "stripe": (lambda m: "sk" + "_live_" + m.az9(24), "{}"),
    "openai": (lambda m: "s" + "k-proj-" + m.az9(60), "{}"),
    "sendgrid": (lambda m: "S" + "G." + m.of(URLSAFE, 22) + "."
                 + m.of(URLSAFE, 43), "{}"),
    "age": (lambda m: "AGE-SEC" + "RET-KEY-1" + m.of(UP9, 58), "{}"),
    "buildkite": (lambda m: "bk" + "ua_" + m.of(HEX, 40), "{}"),
    "supabase": (lambda m: "sb" + "p_" + m.of(HEX, 40), "{}"),
    "sonar": (lambda m: "sq" + "u_" + m.of(HEX, 40), "{}"),
    "mailgun": (lambda m: "ke" + "y-" + m.of(HEX, 32), "{}"),
    "google, like aws": (lambda m: "GO" + "OG1E" + m.of(UP9, 55), "{}"),
    "codecov": (uuid, "codecov -t {} -f coverage.xml"),
    "piped": (lambda m: m.az9(14),
              "echo {} | docker login ghcr.io -u bob --password-stdin"),
    "mysql": (lambda m: m.az9(14), "mysql -u root -p{} -e 'select 1'"),
    "xml": (lambda m: m.az9(14), "<password>{}</password>"),
    "maven": (lambda m: m.az9(14), "<server><privateKey>{}</privateKey>"),
    "random": (lambda m: m.az9(48), "answer was {} (bad)"),
    "random in a path": (lambda m: m.az9(40), "GET https://files.example.org/"
                         "some-long-bucket/of-many-things/{}/x.tar.gz"),
    # as people and programs write what they should not
    "arrow": (lambda m: m.az9(12) + "7", "DB_PASSWORD \u2192 {}"),
    "arrow of ASCII": (lambda m: m.az9(12) + "7", "api_key -> {}"),
    "sentence": (lambda m: m.az9(12) + "7", "the passphrase is {}"),
    "prompt": (lambda m: m.az9(12) + "7", "Passphrase: {}"),
    "prompt for": (lambda m: m.az9(12) + "7", "Password for 'https://b@x.org':"
                   " {}"),
    "table, tab": (lambda m: m.az9(12) + "7", "password\t{}"),
    "table, blanks": (lambda m: m.az9(12) + "7", "deploy_token      {}"),
    "table, bars": (lambda m: m.az9(12) + "7", "| API_KEY | {} |"),
    "yaml tag": (lambda m: m.az9(12) + "7", "password: !!str {}"),
    "yaml, short": (lambda m: m.az9(6) + "7", "  password: {}"),
    "url, blanks": (lambda m: m.az9(9) + " " + m.az9(9),
                    "fatal: https://bob:{}@example.org/r.git"),
    "escaped newline": (lambda m: "gl" + "pat-" + m.of(LOW9, 20),
                        '"a\\n{}\\nb"'),
    "percent": (lambda m: "dop" + "_v1_" + m.of(HEX, 64), "?x%3D{}"),
    "service account": (lambda m: m.of(HEX, 40), '"private_key_id": "{}"'),
    "pypirc": (lambda m: m.az9(12) + "7", "password = {}"),
    "condarc": (lambda m: "ab-" + uuid(m),
                "  - https://conda.example.org/t/{}/private"),
    "kubeconfig": (lambda m: m.az9(40) + "7", "    token: {}"),
    "anaconda alone": (lambda m: "ab-" + uuid(m), "got {} back"),
    "jfrog header": (lambda m: m.of(LOW9, 40), "X-JFrog-Art-Api: {}"),
    "signing key": (lambda m: m.b64(64), "CACHIX_SIGNING_KEY=x.org-1:{}"),
    "coveralls": (lambda m: m.az9(32) + "7", "repo_token: {}"),
    "wandb": (lambda m: m.of(HEX, 40), "WANDB_API_KEY={}"),
    "sentry address": (lambda m: m.of(HEX, 32),
                       "https://{}@o123.ingest.sentry.io/45"),
    # issuers whose tokens are too orderly for "random"
    "github app, new": (lambda m: "gh" + "s_12345_" + m.az9(36), "{}"),
    "terraform": (lambda m: m.az9(14) + ".atlas" + "v1." + m.of(URLSAFE, 67),
                  "{}"),
    "azure, identifiable": (lambda m: m.az9(52) + "JQQ" + "J99" + m.az9(26),
                            "{}"),
    "mailchimp": (lambda m: m.of(HEX, 32) + "-us" + "14", "{}"),
}
# What begins as its issuer wants, and the rest. Each is to stay when it is cut
# short: so a name is that begins like a token.
ISSUED = {
    "gitlab rotated runner": ("glrtr-", lambda m: m.of(LOW9, 20)),
    "gitlab feed": ("glft-", lambda m: m.of(LOW9, 20)),
    "gitlab agent": ("glagent-", lambda m: m.of(LOW9, 50)),
    "gitlab incoming mail": ("glimt-", lambda m: m.of(LOW9, 25)),
    "gitlab scim": ("glsoat-", lambda m: m.of(LOW9, 20)),
    "gitlab oauth": ("gloas-", lambda m: m.of(HEX, 64)),
    "gitlab flags": ("glffct-", lambda m: m.of(LOW9, 20)),
    "sourcegraph": ("sgp_", lambda m: m.of(HEX, 40)),
    "trello": ("ATTA", lambda m: m.of(HEX, 72)),
    "aws session": ("IQoJb3JpZ2lu", lambda m: m.az9(300)),
    "google refresh": ("1//0", lambda m: m.of(URLSAFE, 60)),
    "cloudflare origin": ("v1.0-", lambda m: m.of(HEX, 24) + "-"
                          + m.of(HEX, 146)),
    "heroku": ("HRKU-", lambda m: uuid(m)),
    "netlify": ("nfp_", lambda m: m.of(LOW9, 36)),
    "vercel": ("vcp_", lambda m: m.of(LOW9, 24)),
    "render": ("rnd_", lambda m: m.of(LOW9, 28)),
    "fly": ("fo1_", lambda m: m.of(URLSAFE, 43)),
    "pulumi": ("pul-", lambda m: m.of(HEX, 40)),
    "planetscale": ("pscale_tkn_", lambda m: m.of(LOW9, 43)),
    "supabase secret": ("sb_secret_", lambda m: m.of(LOW9, 31)),
    "aiven": ("AVNS_", lambda m: m.of(LOW9, 19)),
    "openshift": ("sha256~", lambda m: m.of(URLSAFE, 43)),
    "tailscale": ("tskey-auth-", lambda m: m.of(LOW9, 30)),
    "vault batch": ("hvb.", lambda m: m.of(LOW9, 90)),
    "1password": ("ops_eyJ", lambda m: m.az9(200)),
    "doppler": ("dp.pt.", lambda m: m.of(LOW9, 43)),
    "circleci": ("CCIPAT_", lambda m: m.az9(22) + "_" + m.of(HEX, 40)),
    "sentry": ("sntrys_", lambda m: m.az9(80)),
    "sentry user": ("sntryu_", lambda m: m.of(HEX, 64)),
    "grafana": ("glsa_", lambda m: m.az9(32) + "_" + m.of(HEX, 8)),
    "grafana cloud": ("glc_", lambda m: m.of(LOW9, 60)),
    "new relic": ("NRAK-", lambda m: m.of(UP9, 27)),
    "dynatrace": ("dt0c01.", lambda m: m.of(UP9, 24) + "." + m.of(UP9, 64)),
    "databricks": ("dapi", lambda m: m.of(HEX, 32)),
    "prefect": ("pnu_", lambda m: m.of(LOW9, 36)),
    "octopus": ("API-", lambda m: m.of(UP9, 26)),
    "launchdarkly": ("sdk-", lambda m: uuid(m)),
    "postman": ("PMAK-", lambda m: m.of(HEX, 24) + "-" + m.of(HEX, 34)),
    "adobe": ("p8e-", lambda m: m.of(LOW9, 32)),
    "anthropic": ("sk-ant-api03-", lambda m: m.of(URLSAFE, 93)),
    "openrouter": ("sk-or-v1-", lambda m: m.of(HEX, 64)),
    "groq": ("gsk_", lambda m: m.of(LOW9, 52)),
    "xai": ("xai-", lambda m: m.of(LOW9, 80)),
    "nvidia": ("nvapi-", lambda m: m.of(LOW9, 64)),
    "perplexity": ("pplx-", lambda m: m.of(LOW9, 48)),
    "replicate": ("r8_", lambda m: m.of(LOW9, 37)),
    "langsmith": ("lsv2_pt_", lambda m: m.of(HEX, 32) + "_" + m.of(HEX, 10)),
    "pinecone": ("pcsk_", lambda m: m.of(LOW9, 60)),
    "tavily": ("tvly-", lambda m: m.of(LOW9, 32)),
    "brevo": ("xkeysib-", lambda m: m.of(HEX, 64) + "-" + m.az9(16)),
    "stripe webhook": ("whsec_", lambda m: m.of(LOW9, 32)),
    "stripe restricted": ("rk_live_", lambda m: m.of(LOW9, 24)),
    "square": ("sq0atp-", lambda m: m.of(LOW9, 22)),
    "shopify": ("shpat_", lambda m: m.of(HEX, 32)),
    "shippo": ("shippo_live_", lambda m: m.of(HEX, 40)),
    "easypost": ("EZAK", lambda m: m.of(HEX, 54)),
    "dropbox": ("sl.u.", lambda m: m.of(LOW9, 130)),
    "hubspot": ("pat-na1-", lambda m: uuid(m)),
    "airtable": ("pat", lambda m: m.az9(14) + "." + m.of(HEX, 64)),
    "contentful": ("CFPAT-", lambda m: m.of(LOW9, 43)),
    "figma": ("figd_", lambda m: m.of(LOW9, 40)),
    "notion": ("ntn_", lambda m: m.of(LOW9, 46)),
    "readme": ("rdme_", lambda m: m.of(LOW9, 70)),
    "typeform": ("tfp_", lambda m: m.of(LOW9, 59)),
    "linear": ("lin_api_", lambda m: m.of(LOW9, 40)),
    "clojars": ("CLOJARS_", lambda m: m.of(LOW9, 60)),
    "artifactory": ("AKCp", lambda m: m.az9(69)),
    "artifactory reference": ("cmVmd", lambda m: m.az9(59)),
    "alibaba": ("LTAI", lambda m: m.az9(20)),
}
EXACT = 'pw "+/' + "\u00e9&zurück"
BEGIN, END = "-----BEG" "IN %s-----", "-----E" "ND %s-----"
HARMLESS = [
    "commit 3f2a91c0d4e5f60718293a4b5c6d7e8f90a1b2c3",
    "sha256: 9f86d081884c7d659a2feaa0c55ad015a3bf4f1b2b0b822cd15d6c15b0f00a08",
    "numpy-1.26.4-py312heda63a1_0.conda libgcc-14.2.0-h767d61c_2.conda",
    "bioconductor-genomeinfodbdata-1.2.11-r43hdfd78af_0.tar.bz2",
    '"integrity": "sha512-dPEtOeMvF+VMH4VaQ1cbfS0ZoPyAIQIbpZQqzHHAJMPAwL'
    '7CBQZtKQVfOJ0qBGHJXqy2zyQdZJdZyDUZpJIOQw=="',
    "example.org/x v1.2.3 h1:qtuFEZRV6dCGHX0ZjWPTTRoAhPA5hBRa1aX8OPzYcmU=",
    "id 123e4567-e89b-42d3-a456-426614174000",
    "undefined reference to `_ZNSt7__cxx1112basic_stringIcSt11char_traits"
    "IcESaIcEE9_M_createERmm@GLIBCXX_3.4.21'",
    "/opt/conda/conda-bld/PyMol2_1699/_h_env_placehold_placehold_placehold",
    "https://github.com/o/R2Package/archive/refs/tags/v1.2.3-RC4.tar.gz",
    "SyntaxError: unexpected token: 'foo' in expression",
    "C:\\Users\\VssAdministrator\\AppData\\Local\\Temp\\Pip-Req-Build-3xY9",
    "ModuleNotFoundError: No module named 'tokenize_rt'",
    "mysql -h db -p 3306 --version; mkdir -p/opt/mysql-8.0",
    "<token>${env.TOKEN}</token> <secret/> monkey-0123456789abcdef0123",
] + [f"see {p}x1 and {p}readme-for-all" for p, _ in ISSUED.values()]


def secrets(seed):
    m = Maker(seed)
    out = {}
    for name, (make, text) in KINDS.items():
        secret = make(m)
        out[name] = (secret, text.format(secret))
    for name, (prefix, make) in ISSUED.items():
        secret = prefix + make(m)
        out[name] = (secret, secret)
    for kind in ("RSA PRIVATE KEY", "OPENSSH PRIVATE KEY", "PRIVATE KEY"):
        lines = [m.b64(48) for _ in range(4)] + [m.b64(20)]
        out[kind] = (lines, "\n".join([BEGIN % kind, *lines, END % kind]))
        out[kind + " in one line"] = (
            lines, '"k": "' + "\\n".join([BEGIN % kind, *lines, END % kind])
            + '\\n"')
    lines = [m.b64(48) for _ in range(4)]
    out["private key, framed"] = (lines, "\n".join(
        "  \u2502 " + x for x in
        [BEGIN % "EC PRIVATE KEY", *lines, END % "EC PRIVATE KEY"]))
    return out


def parts(secret):
    """What must not be left: the secret, and also a good part of it."""
    all_of = secret if isinstance(secret, list) else [secret]
    return [p for s in all_of for p in {s, s[:24], s[-16:]} if len(p) >= 9]


def log_of(text):
    """The text above, in and below what a rule finds, and captured."""
    one = text.replace("\n", " ")
    return (f"step one\n{text}\nw.c:1:5: error: {one} 'frob' undeclared\n"
            f"{text}\nmake: *** [w.o] Error 1\n"
            "##[error]Process completed with exit code 2.\n")


def classify(w, logs):
    """{name: result}"""
    for n, (name, log) in enumerate(logs.items()):
        w.write(f"logs/{n:03}.log", log)
    p = w.tocsin("classify", "--json", "--outcome", "failure",
                 w.path("logs"), check=0)
    results = sorted((json.loads(line) for line in p.stdout.splitlines()),
                     key=lambda r: r["file"])
    assert len(results) == len(logs), p.stderr
    return dict(zip(logs, results)), p.stdout + p.stderr


def left(data, planted):
    """Names of secrets of which something is left in data."""
    if isinstance(data, str):
        data = data.encode("utf-8", "surrogateescape")
    found = []
    for name, (secret, _) in planted.items():
        for part in parts(secret):
            for form in (part, json.dumps(part)[1:-1]):
                at = data.find(form.encode())
                if at >= 0:
                    found.append((name, data[max(0, at - 60):at + 60]))
                    break
    return found


def in_logs():
    "message, capture, excerpt, a log nobody knows: nothing left"
    for make in (log_of, lambda t: f"a\n{t}\nfrobnication failed: {t}\nb\n"):
        planted = secrets(1)
        with World() as w:
            results, said = classify(w, {n: make(t) for n, (_, t)
                                         in planted.items()})
            bad = left(said, planted)
            assert not bad, bad
            for name, r in results.items():
                text = json.dumps(r["failures"])
                assert "[redacted" in text, (name, text)


def torn():
    "a token that a wrap tore, a key whose first lines are not in the log"
    def around(text):
        return (f"step one\n{text}\nw.c:1:5: error: 'frob' undeclared\n{text}\n"
                "make: *** [w.o] Error 1\n"
                "##[error]Process completed with exit code 2.\n")

    m = Maker(5)
    logs, secrets_of = {}, {}
    for width in (80, 100):
        for at in (9, 30):
            token = "gh" + "p_" + m.az9(30) + "4aB7xQ"
            text = "\u251c\u2500 nothing provides what is asked for with "
            text += "x" * (width - at - len(text) - 1) + " "
            name = f"{width} {at}"
            logs[name] = around(
                f"{text}{token[:at]}\n\u2502  {token[at:]} here")
            secrets_of[name] = ([token[:at], token[at:]], "")
    lines = [m.b64(48) for _ in range(6)] + ["q83vEjRWeJA="]
    logs["key"] = around("\n".join(lines + [END % "RSA PRIVATE KEY"]))
    secrets_of["key"] = (lines, "")
    with World() as w:
        results, said = classify(w, logs)
        bad = left(said, secrets_of)
        assert not bad, bad
        for name, r in results.items():
            assert "'frob' undeclared" in json.dumps(r["failures"]), (name, r)


def same_fingerprint():
    "another secret in the same place is the same failure"
    with World() as a, World() as b:
        one, _ = classify(a, {n: log_of(t) for n, (_, t)
                              in secrets(1).items()})
        two, _ = classify(b, {n: log_of(t) for n, (_, t)
                              in secrets(2).items()})
        for name in one:
            x, y = ([f["fingerprint"] for f in r[name]["failures"]]
                    for r in (one, two))
            assert x == y, (name, one[name]["failures"], two[name]["failures"])


def harmless():
    "hashes, builds, UUIDs, paths and symbols stay as they are"
    with World() as w:
        results, _ = classify(w, {s: log_of(s) for s in HARMLESS})
        for s, r in results.items():
            text = r["failures"][0]["excerpt"]["text"]
            assert text.count(s) >= 2, (s, text)


def exact_values():
    "a named value: as it is, in a URL, in JSON, in XML and in base64"
    forms = [EXACT, urllib.parse.quote(EXACT, safe=""),
             urllib.parse.quote(EXACT, safe="").lower(),
             json.dumps(EXACT, ensure_ascii=False)[1:-1],
             EXACT.replace("&", "&amp;").replace('"', "&quot;")]
    coded = []
    for n in range(3):
        raw = ("x" * n).encode() + EXACT.encode() + b"yz"
        coded += [base64.b64encode(raw).decode(),
                  base64.urlsafe_b64encode(raw).decode()]
    with World(more="redact: [%s]\n" % json.dumps(EXACT)) as w:
        results, said = classify(w, {f: log_of(f"got {f} back")
                                     for f in forms + coded})
        for f in forms:
            assert json.dumps(f)[1:-1] not in said and f not in said, f
        for f in coded:
            # all but the letters that also hold bits of the neighbours
            assert f[4:-8] not in said, f
            assert "[redacted" in json.dumps(results[f]["failures"]), f


def named_later():
    "a value that is named when it was told already goes from what stands"
    with World() as w:
        w.red_twice()
        w.pass_at(2)
        (first, body), = told(w)
        assert "frobnicate" in first["title"] and "frobnicate" in body
        w.write("tocsin.yaml", "redact: [frobnicate]\n", "a")
        w.pass_at(3)
        w.pass_at(4)
        _, (now, body) = told(w)
        assert now["delivery"] == "update", now
        assert now["ticket"] == first["ticket"], now
        assert "frobnicate" not in json.dumps(now) + body, (now, body)
        assert "[redacted]" in body, body


WHOLE = CONFIG.replace("policy:\n", """guards: {{breaker: {{at_least: unlimited}}}}
policy:
  budget: {{new_per_pass: 1000, new_per_day: 1000,
           new_per_person_per_day: 1000}}
  outbreak: {{projects: 1000, owners: 1000, within: 1h, hold: 1h}}
""").replace("sinks:\n", """  bot: {{plugin: bot-logs, status: {dir}/status.json,
        logs: {dir}/jobs, what: [versions, jobs]}}
  people: {{plugin: feedstocks, checkouts: {dir}/feedstocks}}
sinks:
""").replace("pushes: 2", "pushes: 1").replace(
    "project: '*/*'", "project: '**'")


def whole_pass():
    "through a pass: not in the state, in messages, in what is printed"
    planted = secrets(3)
    with World(config=WHOLE) as w:
        errors = {}
        os.makedirs(w.path("jobs", "bot-bot", "7"))
        for n, (name, (_, text)) in enumerate(planted.items()):
            one = text.replace("\n", " ").replace("\t", "    ")
            w.run_of(f"l{n}", project=f"acme/l{n}", log=log_of(text))
            # as a title, and as an address
            w.run_of(f"t{n}", project=f"acme/t{n}", job=one[:400],
                     variant=one[:400], workflow=one[:400],
                     url=f"https://ci.example/?q={one[:300]}")
            errors[f"pkg{n}"] = {
                "attempts": 30, "kind": "bot-error", "base_branch": "main",
                "url": "https://ci.example/1", "messages": [
                    f"Traceback (most recent call last):\n{text}\n"
                    f"TypeError: {text}",
                    f" - could not hash URL template '{one}'"]}
            w.write(f"jobs/bot-bot/7/j{n}.log", log_of(text))
            os.makedirs(w.path("feedstocks", f"f{n}-feedstock", ".github"))
            os.makedirs(w.path("feedstocks", f"f{n}-feedstock", "recipe"))
            w.write(f"feedstocks/f{n}-feedstock/.github/CODEOWNERS",
                    f"# {one}\n* @bob\n")
            w.write(f"feedstocks/f{n}-feedstock/recipe/meta.yaml",
                    f"# {one}\nextra:\n  recipe-maintainers:\n    - bob\n"
                    f"    - {json.dumps(one)}\n")
        w.write("status.json", json.dumps({"errors": errors, "queued": {}}))
        p = w.pass_at(3, None)
        assert p.returncode in (0, 1), (p.returncode, p.stderr)
        said = [p.stdout, p.stderr]
        ids = [m["ticket"][:8] for m in w.messages()]
        assert len(ids) > 2 * len(planted), (len(ids), p.stderr[-2000:])
        for args in (["status"], ["status", "--json"], ["backlog", "list"],
                     ["explain", ids[0]], ["incident", "show", ids[-1]]):
            q = w.tocsin(*args)
            said += [q.stdout, q.stderr]
        db = sqlite3.connect(w.path("state", "tocsin.db"))
        rows = sum(db.execute(f"select count(*) from {t}").fetchone()[0]
                   for (t,) in db.execute("select name from sqlite_master "
                                          "where type = 'table' and name not "
                                          "like 'sqlite%'").fetchall())
        assert rows > 5 * len(planted), rows
        for where, data in (("state", "\n".join(db.iterdump())),
                            ("printed", "\n".join(said)),
                            ("sent", everything(w.path("out")))):
            bad = left(data, planted)
            assert not bad, (where, len(bad), bad[:6])
        db.close()


def everything(folder):
    data = b""
    for root, _, names in os.walk(folder):
        for name in names:
            with open(os.path.join(root, name), "rb") as f:
                data += f.read()
    return data


main([in_logs, torn, same_fingerprint, harmless, exact_values, named_later,
      whole_pass])
