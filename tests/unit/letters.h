/* SPDX-License-Identifier: BSD-3-Clause */
/*
 * What every mail must be, whatever went into it: for the property test and
 * the fuzz target.
 */
#ifndef TOCSIN_TESTS_LETTERS_H
#define TOCSIN_TESTS_LETTERS_H

#include <stdbool.h>
#include <string.h>
#include <strings.h>

#include "plugins/email/letter.h"

#define LETTER_LINE_MAX 998 /* RFC 5322 */

/* The headers that a letter of ours can have. */
static bool letter_knows(const char *p, size_t n)
{
    static const char *const names[] = {
        "Date:",
        "From:",
        "Reply-To:",
        "Subject:",
        "To:",
        "Message-ID:",
        "In-Reply-To:",
        "References:",
        "List-Id:",
        "List-Unsubscribe:",
        "List-Unsubscribe-Post:",
        "Auto-Submitted:",
        "X-Auto-Response-Suppress:",
        "Precedence:",
        "X-Tocsin-Delivery:",
        "X-Tocsin-Project:",
        "MIME-Version:",
        "Content-Type:",
    };

    for (size_t i = 0; i < sizeof(names) / sizeof(names[0]); i++)
        if (n >= strlen(names[i])
            && !strncasecmp(p, names[i], strlen(names[i])))
            return true;
    return false;
}

/* NULL, or what is wrong with the n bytes at p. */
static const char *letter_fault(const char *p, size_t n)
{
    bool header = true;

    while (n) {
        const char *end = memchr(p, '\n', n);
        size_t len = end ? (size_t)(end - p) : n;

        if (!end || !len || p[len - 1] != '\r')
            return "a line does not end in CR LF";
        len--;
        if (len > LETTER_LINE_MAX)
            return "a line is too long";
        for (size_t i = 0; i < len; i++)
            if ((unsigned char)p[i] > 0x7e
                || ((unsigned char)p[i] < 0x20 && p[i] != '\t'))
                return "a byte that is no printable ASCII";
        if (header && len && *p != ' ' && *p != '\t' && !letter_knows(p, len))
            return "a header of somebody else's";
        header = header && len;
        n -= len + 2;
        p += len + 2;
    }
    return header ? "there is no body" : NULL;
}

#endif
