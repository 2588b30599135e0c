/* SPDX-License-Identifier: BSD-3-Clause */
/*
 * Secrets that begin with what their issuer begins them with. Must not hold
 * one that says nothing about itself: such are known by where they stand, see
 * secret-patterns.c.
 */
#include <config.h>

#include "core/classify/secret-kinds.h"

#include "core/base/mem.h"

#define API "[redacted:api-key]"
#define AWS "[redacted:aws-key]"
#define GITLAB "[redacted:gitlab-token]"
#define GOOGLE "[redacted:google-key]"
#define REGISTRY "[redacted:registry-token]"
#define UUID "[0-9a-f]{8}(?:-[0-9a-f]{4}){3}-[0-9a-f]{12}"

const struct secret_token secret_tokens[] = {
    /* forges */
    { GITLAB, "glpat-", "[\\w=.-]{16,}" },
    { GITLAB, "gldt-", "[\\w=.-]{16,}" },
    { GITLAB, "glrt-", "[\\w=.-]{16,}" },
    { GITLAB, "glrtr-", "[\\w=.-]{16,}" },
    { GITLAB, "glcbt-", "[\\w=.-]{16,}" },
    { GITLAB, "glptt-", "[\\w=.-]{16,}" },
    { GITLAB, "glft-", "[\\w=.-]{16,}" },
    { GITLAB, "glimt-", "[\\w=.-]{16,}" },
    { GITLAB, "glagent-", "[\\w=.-]{16,}" },
    { GITLAB, "glsoat-", "[\\w=.-]{16,}" },
    { GITLAB, "gloas-", "[\\w=.-]{16,}" },
    { GITLAB, "glffct-", "[\\w=.-]{16,}" },
    { GITLAB, "glwt-", "[\\w=.-]{16,}" },
    { GITLAB, "GR1348941", "[\\w-]{20,}" },
    { "[redacted:bitbucket-token]", "ATBB", "[A-Za-z0-9]{24,}" },
    { "[redacted:bitbucket-token]", "ATCTT3", "[\\w=-]{40,}" },
    { "[redacted:bitbucket-token]", "ATATT3", "[\\w=-]{40,}" },
    { "[redacted:bitbucket-token]", "BBDC-", "[A-Za-z0-9+/@]{36,}" },
    { API, "ATTA", "[0-9A-Za-z]{72}" },                       /* Trello */
    { API, "sgp_", "(?:[0-9a-f]{16}_|local_)?[0-9a-f]{40}" }, /* Sourcegraph */
    /* clouds */
    { AWS, "IQoJb3JpZ2lu", "[\\w+/=%]{40,}" }, /* of a session */
    { AWS, "FwoGZXIvYXdz", "[\\w+/=%]{40,}" },
    { AWS, "ABSK", "[A-Za-z0-9+/]{100,}={0,2}" }, /* Bedrock */
    { GOOGLE, "AIza", "[\\w-]{30,}" },
    { GOOGLE, "ya29.", "[\\w.-]{20,}" },
    { GOOGLE, "GOCSPX-", "[\\w-]{20,}" },
    { GOOGLE, "1//0", "[\\w-]{40,}" },   /* refresh */
    { API, "LTAI", "[A-Za-z0-9]{12,}" }, /* Alibaba */
    { API, "dop_v1_", "[0-9a-f]{40,}" }, /* DigitalOcean */
    { API, "doo_v1_", "[0-9a-f]{40,}" },
    { API, "dor_v1_", "[0-9a-f]{40,}" },
    { API, "cfk_", "[\\w-]{40,}" }, /* Cloudflare */
    { API, "cfut_", "[\\w-]{40,}" },
    { API, "cfat_", "[\\w-]{40,}" },
    { API, "v1.0-", "[0-9a-f]{24}-[0-9a-f]{100,}" },
    { API, "HRKU-", "[\\w-]{36,}" }, /* Heroku */
    { API, "nfp_", "\\w{36,}" },     /* Netlify */
    { API, "nfc_", "\\w{36,}" },
    { API, "vcp_", "[A-Za-z0-9]{24,}" }, /* Vercel */
    { API, "vci_", "[A-Za-z0-9]{24,}" },
    { API, "vca_", "[A-Za-z0-9]{24,}" },
    { API, "vcr_", "[A-Za-z0-9]{24,}" },
    { API, "vck_", "[A-Za-z0-9]{24,}" },
    { API, "rnd_", "[A-Za-z0-9]{28,}" }, /* Render */
    { API, "fo1_", "[\\w-]{43}" },       /* Fly */
    { API, "fm1r_", "[\\w+/=-]{60,}" },
    { API, "fm2_", "[\\w+/=-]{60,}" },
    { API, "pul-", "[0-9a-f]{40}" }, /* Pulumi */
    { API, "pscale_", "(?:pw|tkn|oauth)_[\\w.=-]{32,}" },
    { API, "sb_secret_", "[\\w-]{20,}" }, /* Supabase */
    { API, "AVNS_", "[\\w-]{16,}" },      /* Aiven */
    { API, "sha256~", "[\\w-]{43}" },     /* OpenShift */
    { API, "tskey-", "[a-z]+-[\\w-]{16,}" },
    /* places that keep secrets */
    { API, "hvs.", "[\\w-]{24,}" },
    { API, "hvb.", "[\\w-]{24,}" },
    { API, "hvr.", "[\\w-]{24,}" },
    { API, "ops_eyJ", "[\\w-]{60,}" }, /* 1Password */
    { API, "dp.",                      /* Doppler */
      "(?:ct|pt|st|sa|scim|audit)\\.(?:[\\w-]{2,35}\\.)?[A-Za-z0-9]{40,}" },
    { API, "AGE-SECRET-KEY-1", "[A-Z0-9]{50,}" },
    /* registries */
    { "[redacted:pypi-token]", "pypi-AgE", "[\\w-]{20,}" },
    { "[redacted:npm-token]", "npm_", "[A-Za-z0-9]{30,}" },
    { REGISTRY, "rubygems_", "[0-9a-f]{32,}" },
    { REGISTRY, "cio_tp_", "[A-Za-z0-9]{32}\\b" },
    { REGISTRY, "cio", "[A-Za-z0-9]{32}\\b" },
    { REGISTRY, "dckr_pat_", "[\\w-]{20,}" },
    { REGISTRY, "dckr_oat_", "[\\w-]{20,}" },
    { REGISTRY, "oy2", "[a-z0-9]{43}\\b" },
    { REGISTRY, "AKCp", "[A-Za-z0-9]{60,}" },
    { REGISTRY, "cmVmd", "[A-Za-z0-9]{50,}" },
    { REGISTRY, "pfx_", "[A-Za-z0-9]{24,}" },
    { REGISTRY, "CLOJARS_", "[a-z0-9]{50,}" },
    /* what builds and watches */
    { API, "CCIPAT_", "[A-Za-z0-9]{22}_[0-9a-f]{40}" }, /* CircleCI */
    { API, "CCIPRJ_", "[A-Za-z0-9]{22}_[0-9a-f]{40}" },
    { API, "sntrys_", "[\\w+/=-]{40,}" },
    { API, "sntryu_", "[\\w+/=-]{40,}" },
    { API, "glsa_", "[A-Za-z0-9]{32}_[0-9a-f]{8}" }, /* Grafana */
    { API, "glc_", "[A-Za-z0-9+/=]{32,}" },
    { API, "eyJrIjoi", "[A-Za-z0-9=]{50,}" },
    { API, "NRAK-", "[A-Z0-9]{24,}" },
    { API, "dt0", "[a-z]\\d\\d\\.[A-Z0-9]{24}\\.[A-Z0-9]{64}" }, /* Dynatrace */
    { API, "dapi", "[0-9a-f]{32}" },
    { API, "pnu_", "[A-Za-z0-9]{36}" }, /* Prefect */
    { API, "pnb_", "[A-Za-z0-9]{36}" },
    { API, "API-", "(?=[A-Z]{0,24}\\d)[A-Z0-9]{25,32}\\b" }, /* Octopus */
    { API, "sdk-", UUID },                                   /* LaunchDarkly */
    { API, "api-", UUID },
    { API, "PMAK-", "[0-9a-f-]{50,}" },
    { API, "p8e-", "[A-Za-z0-9]{32}\\b" }, /* Adobe */
    /* models */
    /* OpenAI and those like it; words in front are no part of it */
    { API, "sk-",
      "(?:(?:[a-z]{2,12}|v\\d|[a-z]{2,8}\\d\\d)-){0,4}+"
      "(?=[\\w-]{0,80}[\\dA-Z])[\\w-]{20,}" },
    { API, "hf_", "[A-Za-z0-9]{30,}" },
    { API, "api_org_", "[A-Za-z0-9]{30,}" },
    { API, "gsk_", "[A-Za-z0-9]{48,}" }, /* Groq */
    { API, "xai-", "\\w{60,}" },
    { API, "nvapi-", "[\\w-]{60,}" },
    { API, "pplx-", "[A-Za-z0-9]{40,}" },
    { API, "r8_", "[A-Za-z0-9]{36,}" }, /* Replicate */
    { API, "lsv2_", "(?:pt|sk)_[0-9a-f]{32}_[0-9a-f]{10}" },
    { API, "pcsk_", "\\w{40,}" }, /* Pinecone */
    { API, "tvly-", "[\\w-]{28,}" },
    /* mail, money, offices */
    { API, "SG.", "[\\w-]{16,}\\.[\\w-]{16,}" }, /* SendGrid */
    { API, "xkeysib-", "[0-9a-f]{64}-\\w{16}" }, /* Brevo */
    { API, "xsmtpsib-", "[0-9a-f]{64}-\\w{16}" },
    { API, "sk_live_", "\\w{10,}" }, /* Stripe */
    { API, "sk_test_", "\\w{10,}" },
    { API, "rk_live_", "\\w{10,}" },
    { API, "rk_test_", "\\w{10,}" },
    { API, "pk_live_", "\\w{10,}" },
    { API, "pk_test_", "\\w{10,}" },
    { API, "whsec_", "[A-Za-z0-9+/=]{24,}" },
    { API, "sq0atp-", "[\\w-]{22,}" }, /* Square */
    { API, "sq0csp-", "[\\w-]{40,}" },
    { API, "shpat_", "[0-9a-fA-F]{32}" }, /* Shopify */
    { API, "shpca_", "[0-9a-fA-F]{32}" },
    { API, "shppa_", "[0-9a-fA-F]{32}" },
    { API, "shpss_", "[0-9a-fA-F]{32}" },
    { API, "shippo_", "(?:live|test)_[0-9a-f]{40}" },
    { API, "EZAK", "[A-Za-z0-9]{54}" }, /* EasyPost */
    { API, "EZTK", "[A-Za-z0-9]{54}" },
    { API, "sl.", "(?:u\\.)?[\\w-]{60,}" },   /* Dropbox */
    { API, "pat-", "(?:na|eu)\\d-" UUID },    /* HubSpot */
    { API, "pat", "\\w{14}\\.[0-9a-f]{64}" }, /* Airtable */
    { API, "CFPAT-", "[\\w-]{43}" },          /* Contentful */
    { API, "figd_", "[\\w-]{36,}" },
    { API, "ntn_", "[A-Za-z0-9]{40,}" }, /* Notion */
    { API, "rdme_", "[a-z0-9]{70}" },
    { API, "tfp_", "[\\w.=-]{40,}" }, /* Typeform */
    { API, "lin_api_", "[A-Za-z0-9]{32,}" },
    { API, "lin_oauth_", "[A-Za-z0-9]{32,}" },
    { API, "syt_", "[\\w-]{16,}" }, /* Matrix */
    /* -----BEGIN in base64, as in the configuration of Kubernetes */
    { "[redacted:private-key]", "LS0tLS1CRUdJTi", "[\\w+/-]{40,}=*" },
};

const size_t secret_tokens_nr = ARRAY_SIZE(secret_tokens);
