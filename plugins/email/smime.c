/* SPDX-License-Identifier: BSD-3-Clause */
/*
 * Certificates, and CMS by OpenSSL. Must not encrypt for a certificate that
 * it would not accept, and has no way to leave something unencrypted.
 */
#include <config.h>

#include "plugins/email/smime.h"

#include <dirent.h>
#include <openssl/cms.h>
#include <openssl/err.h>
#include <openssl/pem.h>
#include <openssl/x509v3.h>
#include <stdbool.h>
#include <stdlib.h>
#include <string.h>
#include <sys/stat.h>

#include "core/base/io.h"
#include "core/base/mem.h"
#include "core/base/strbuf.h"
#include "core/base/when.h"

#define FILE_MAX ((size_t)1 << 20)
#define RSA_BITS_MIN 2048

struct smime {
    STACK_OF(X509) * certs;
    X509_STORE *authority; /* or NULL */
    const EVP_CIPHER *cipher;
    X509 *signer; /* or NULL */
    EVP_PKEY *key;
    STACK_OF(X509) * chain; /* of the signer's */
    time_t now;
};

/* OpenSSL's own words, and nothing of them kept. */
static int openssl_error(struct err *err, const char *what)
{
    const char *why = ERR_reason_error_string(ERR_peek_last_error());

    err_set(err, ERR_CONFIG, "%s: %s", what, str_or(why, "no reason given"));
    ERR_clear_error();
    return -1;
}

/* ---- reading ---- */

/* Whoever can put a certificate there can read what is confidential. */
static int read_certs(STACK_OF(X509) * into, const char *path, struct err *err)
{
    size_t n, before = (size_t)sk_X509_num(into);
    CLEANUP_FREE char *text = NULL;
    BIO *bio;
    X509 *one;

    if (io_check_trusted(path, IO_TRUST_WRITE, err) < 0)
        return -1;
    text = io_read_file(path, FILE_MAX, &n, err);
    if (!text)
        return -1;
    bio = BIO_new_mem_buf(text, (int)n);
    while ((one = PEM_read_bio_X509_AUX(bio, NULL, NULL, NULL)))
        sk_X509_push(into, one);
    BIO_free(bio);
    ERR_clear_error();
    if ((size_t)sk_X509_num(into) == before)
        return err_set(err, ERR_CONFIG, "%s: holds no certificate (PEM)", path);
    return 0;
}

static int is_cert_file(const struct dirent *d)
{
    return d->d_name[0] != '.'
           && (str_ends(d->d_name, ".pem") || str_ends(d->d_name, ".crt"));
}

static int read_folder(STACK_OF(X509) * into, const char *path, struct err *err)
{
    struct dirent **names = NULL;
    int n, rc = 0;

    if (io_check_trusted(path, IO_TRUST_WRITE, err) < 0)
        return -1;
    n = scandir(path, &names, is_cert_file, alphasort);
    if (n < 0)
        return err_errno(err, ERR_CONFIG, "%s", path);
    for (int i = 0; i < n; i++) {
        CLEANUP_FREE char *file = io_join(path, names[i]->d_name);

        rc = rc < 0 ? rc : read_certs(into, file, err);
        free(names[i]);
    }
    free(names);
    return rc;
}

static int read_all(struct smime *s, const char *path, struct err *err)
{
    struct stat sb;

    if (stat(path, &sb) < 0)
        return err_errno(err, ERR_CONFIG, "%s", path);
    return S_ISDIR(sb.st_mode) ? read_folder(s->certs, path, err)
                               : read_certs(s->certs, path, err);
}

static int read_authority(struct smime *s, const char *path, struct err *err)
{
    if (!path)
        return 0;
    if (io_check_trusted(path, IO_TRUST_WRITE, err) < 0)
        return -1;
    s->authority = X509_STORE_new();
    if (X509_STORE_load_file(s->authority, path) != 1)
        return openssl_error(err, path);
    return 0;
}

static int read_signer(struct smime *s, const struct smime_options *o,
                       struct err *err)
{
    BIO *bio;

    if (!o->sign_certificate && !o->sign_key)
        return 0;
    if (!o->sign_certificate || !o->sign_key)
        return err_set(err, ERR_CONFIG,
                       "sign_certificate and sign_key_file "
                       "go together");
    s->chain = sk_X509_new_null();
    if (read_certs(s->chain, o->sign_certificate, err) < 0)
        return -1;
    s->signer = sk_X509_shift(s->chain);
    bio = BIO_new_mem_buf(o->sign_key, -1);
    s->key = PEM_read_bio_PrivateKey(bio, NULL, NULL, (void *)"");
    BIO_free(bio);
    if (!s->key)
        return openssl_error(err, "sign_key_file");
    if (X509_check_private_key(s->signer, s->key) != 1)
        return err_set(err, ERR_CONFIG,
                       "sign_key_file is not the key of "
                       "sign_certificate");
    if (X509_check_email(s->signer, o->from, 0, 0) != 1)
        return err_set(err, ERR_CONFIG, "sign_certificate is not that of %s",
                       o->from);
    ERR_clear_error();
    return 0;
}

struct smime *smime_new(const struct smime_options *o, struct err *err)
{
    struct smime *s = xcalloc(1, sizeof(*s));

    s->now = (time_t)o->now;
    s->certs = sk_X509_new_null();
    s->cipher = str_eq(o->cipher, "aes-256-gcm") ? EVP_aes_256_gcm()
                                                 : EVP_aes_256_cbc();
    if (read_all(s, o->certificates, err) == 0
        && read_authority(s, o->authority, err) == 0
        && read_signer(s, o, err) == 0)
        return s;
    smime_free(s);
    return NULL;
}

void smime_free(struct smime *s)
{
    if (!s)
        return;
    sk_X509_pop_free(s->certs, X509_free);
    sk_X509_pop_free(s->chain, X509_free);
    X509_STORE_free(s->authority);
    X509_free(s->signer);
    EVP_PKEY_free(s->key);
    free(s);
}

/* ---- judging ---- */

static char *day_of(const ASN1_TIME *t)
{
    struct tm tm;
    char day[32] = "an unknown day";

    if (ASN1_TIME_to_tm(t, &tm) == 1)
        strftime(day, sizeof(day), "%Y-%m-%d", &tm);
    return xstrdup(day);
}

/* NULL: its time is now. New. */
static char *time_fault(const X509 *c, time_t now)
{
    const ASN1_TIME *from = X509_get0_notBefore(c);
    const ASN1_TIME *until = X509_get0_notAfter(c);
    CLEANUP_FREE char *day = NULL;

    if (ASN1_TIME_cmp_time_t(until, now) != 1) {
        day = day_of(until);
        return xasprintf("expired on %s", day);
    }
    if (ASN1_TIME_cmp_time_t(from, now) == 1) {
        day = day_of(from);
        return xasprintf("is not valid before %s", day);
    }
    return NULL;
}

static bool may_encrypt_mail(X509 *c)
{
    uint32_t usage = X509_get_key_usage(c);
    uint32_t purpose = X509_get_extended_key_usage(c);

    return (usage == UINT32_MAX
            || usage & (KU_KEY_ENCIPHERMENT | KU_KEY_AGREEMENT))
           && (purpose == UINT32_MAX || purpose & (XKU_SMIME | XKU_ANYEKU));
}

static bool is_weak(X509 *c)
{
    const EVP_PKEY *key = X509_get0_pubkey(c);

    return !key
           || (EVP_PKEY_get_base_id(key) == EVP_PKEY_RSA
               && EVP_PKEY_get_bits(key) < RSA_BITS_MIN);
}

/* NULL: somebody who is trusted issued it. New. */
static char *issuer_fault(const struct smime *s, X509 *c)
{
    X509_STORE_CTX *ctx;
    char *why = NULL;

    if (!s->authority)
        return NULL;
    ctx = X509_STORE_CTX_new();
    X509_STORE_CTX_init(ctx, s->authority, c, s->certs);
    X509_STORE_CTX_set_time(ctx, 0, s->now);
    if (X509_verify_cert(ctx) != 1)
        why = xasprintf(
            "is not trusted: %s",
            X509_verify_cert_error_string(X509_STORE_CTX_get_error(ctx)));
    X509_STORE_CTX_free(ctx);
    ERR_clear_error();
    return why;
}

static char *cert_fault(const struct smime *s, X509 *c)
{
    char *why = time_fault(c, s->now);

    if (!why && !may_encrypt_mail(c))
        why = xstrdup("is not meant for encrypting mail");
    if (!why && is_weak(c))
        why = xasprintf("has a key of less than %d bits", RSA_BITS_MIN);
    return why ? why : issuer_fault(s, c);
}

static bool is_of(X509 *c, const char *address)
{
    bool is = X509_check_email(c, address, 0, 0) == 1;

    ERR_clear_error();
    return is;
}

/* Every good one of this address: keys are changed one program at a time. */
static STACK_OF(X509)
    * certs_of(const struct smime *s, const char *address, char **why)
{
    STACK_OF(X509) *out = sk_X509_new_null();

    *why = NULL;
    for (int i = 0; i < sk_X509_num(s->certs); i++) {
        X509 *c = sk_X509_value(s->certs, i);
        char *fault;

        if (!is_of(c, address))
            continue;
        fault = cert_fault(s, c);
        if (!fault)
            sk_X509_push(out, c);
        else if (!*why)
            *why = xasprintf("the certificate of %s %s", address, fault);
        free(fault);
    }
    if (!sk_X509_num(out) && !*why)
        *why = xasprintf("there is no certificate of %s", address);
    return out;
}

/* NULL: nothing is signed, or it can be. New. */
static char *signer_fault(const struct smime *s)
{
    CLEANUP_FREE char *fault = s->signer ? time_fault(s->signer, s->now) : NULL;

    return fault ? xasprintf("the signing certificate %s", fault) : NULL;
}

char *smime_fault(const struct smime *s, const char *address)
{
    char *why = signer_fault(s);
    STACK_OF(X509) * found;

    if (why)
        return why;
    found = certs_of(s, address, &why);
    if (sk_X509_num(found)) {
        free(why);
        why = NULL;
    }
    sk_X509_free(found);
    return why;
}

/* What is wrong now, or will be then. */
static char *warning_of(X509 *c, const char *what, time_t now, time_t then)
{
    CLEANUP_FREE char *fault = time_fault(c, now), *name = NULL, *day = NULL;
    const ASN1_TIME *until = X509_get0_notAfter(c);
    STACK_OF(OPENSSL_STRING) *mails = X509_get1_email(c);

    name = xstrdup(sk_OPENSSL_STRING_num(mails) > 0
                       ? sk_OPENSSL_STRING_value(mails, 0)
                       : "nobody");
    X509_email_free(mails);
    if (!fault && ASN1_TIME_cmp_time_t(until, then) != 1) {
        day = day_of(until);
        fault = xasprintf("expires on %s", day);
    }
    return fault ? xasprintf("%s of %s %s", what, name, fault) : NULL;
}

char *smime_warning(const struct smime *s, int64_t seconds)
{
    time_t then = s->now + (time_t)seconds;
    char *why = s->signer
                    ? warning_of(s->signer, "sign_certificate: the certificate",
                                 s->now, then)
                    : NULL;

    for (int i = 0; !why && i < sk_X509_num(s->certs); i++)
        why = warning_of(sk_X509_value(s->certs, i),
                         "certificates: the certificate", s->now, then);
    return why;
}

/* ---- sealing ---- */

static BIO *sign(const struct smime *s, BIO *entity, struct err *err)
{
    /* STREAM: the digest is made on the way out */
    const unsigned flags = CMS_DETACHED | CMS_BINARY | CMS_STREAM;
    BIO *out = BIO_new(BIO_s_mem());
    CLEANUP_FREE char *fault = signer_fault(s);
    CMS_ContentInfo *cms = NULL;

    if (fault) {
        err_set(err, ERR_CONFIG, "%s", fault);
    } else {
        cms = CMS_sign(s->signer, s->key, s->chain, entity, flags);
        if (!cms
            || SMIME_write_CMS(out, cms, entity, (int)(flags | CMS_CRLFEOL))
                   != 1) {
            openssl_error(err, "signing");
            CMS_ContentInfo_free(cms);
            cms = NULL;
        }
    }
    if (!cms) {
        BIO_free(out);
        return NULL;
    }
    CMS_ContentInfo_free(cms);
    return out;
}

static unsigned char *to_der(CMS_ContentInfo *cms, size_t *nr, struct err *err)
{
    unsigned char *raw = NULL, *out = NULL;
    int n = i2d_CMS_ContentInfo(cms, &raw);

    if (n > 0) {
        out = (unsigned char *)xmemdup0(raw, (size_t)n);
        *nr = (size_t)n;
    } else {
        openssl_error(err, "encrypting");
    }
    OPENSSL_free(raw);
    return out;
}

unsigned char *smime_seal(const struct smime *s, const char *address,
                          const char *entity, size_t n, size_t *nr,
                          const char **kind, struct err *err)
{
    CLEANUP_FREE char *why = NULL;
    STACK_OF(X509) *people = certs_of(s, address, &why);
    BIO *in = BIO_new_mem_buf(entity, (int)n), *signed_text = NULL;
    CMS_ContentInfo *cms = NULL;
    unsigned char *out = NULL;
    bool ready = sk_X509_num(people) > 0;

    *kind = EVP_CIPHER_get_mode(s->cipher) == EVP_CIPH_GCM_MODE
                ? "authEnveloped-data"
                : "enveloped-data";
    if (!ready)
        err_set(err, ERR_CONFIG, "%s", why);
    if (ready && s->signer) {
        signed_text = sign(s, in, err);
        ready = signed_text != NULL;
    }
    if (ready) {
        cms = CMS_encrypt(people, signed_text ? signed_text : in, s->cipher,
                          CMS_BINARY);
        if (cms)
            out = to_der(cms, nr, err);
        else
            openssl_error(err, "encrypting");
    }
    CMS_ContentInfo_free(cms);
    BIO_free(signed_text);
    BIO_free(in);
    sk_X509_free(people);
    return out;
}
