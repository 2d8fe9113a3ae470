/* What is not surely a number or an address stays text: a wrong link is worse than none. */
#include "httpd/contact.h"

#include <string.h>

#include <apr_lib.h>
#include <apr_strings.h>

#define LEAST_DIGITS 8
#define MOST_DIGITS 15
#define HOST "ABCDEFGHIJKLMNOPQRSTUVWXYZabcdefghijklmnopqrstuvwxyz0123456789-."
#define LOCAL HOST "_+"

/* Could this byte be a part of the word, number or address before it? */
static bool is_word(char byte)
{
    return apr_isalnum(byte) || strchr("@._+-", byte) != NULL || (byte & 0x80) != 0;
}

/* The length of the telephone number that `text` begins with, and its address; 0 for none. */
static size_t read_phone(const char **href, const char *text, apr_pool_t *pool)
{
    char digits[MOST_DIGITS + 1] = {0};
    size_t count = 0;
    const char *at = text + (text[0] == '+' ? 1 : 0);

    while (apr_isdigit(*at) && count < MOST_DIGITS) {
        digits[count++] = *at++;
        if ((*at == ' ' || *at == '-') && apr_isdigit(at[1])) {
            at++;
        }
    }
    if (count < LEAST_DIGITS || apr_isalnum(*at) || *at == '@') {
        return 0;
    }
    *href = apr_pstrcat(pool, "tel:", text[0] == '+' ? "+" : "", digits, NULL);
    return (size_t)(at - text);
}

/* The same for a mail address. */
static size_t read_address(const char **href, const char *text, apr_pool_t *pool)
{
    size_t local = strspn(text, LOCAL);
    const char *host = text + local + 1;

    if (local == 0 || text[local] != '@') {
        return 0;
    }
    size_t length = strspn(host, HOST);
    while (length > 0 && !apr_isalnum(host[length - 1])) {
        length--; /* the full stop of a sentence */
    }
    if (memchr(host, '.', length) == NULL) {
        return 0;
    }
    length += local + 1;
    *href = apr_pstrcat(pool, "mailto:", apr_pstrmemdup(pool, text, length), NULL);
    return length;
}

/* The number as it is shown: it is not broken at the end of a line. */
static const char *unbroken(const char *number, apr_pool_t *pool)
{
    const char *shown = "";

    for (const char *at = number; *at != '\0'; at++) {
        const char byte[] = {*at, '\0'};
        const char *next = *at == ' ' ? "\xc2\xa0" : *at == '-' ? "\xe2\x80\x91" : byte;
        shown = apr_pstrcat(pool, shown, next, NULL);
    }
    return shown;
}

static void add_part(pwr_view_t *view, const char *text, size_t length, const char *href,
                     apr_pool_t *pool)
{
    if (length > 0) {
        pwr_view_t *part = pwr_view_add(view, "contact_parts");
        const char *shown = apr_pstrmemdup(pool, text, length);
        bool is_number = href != NULL && strncmp(href, "tel:", 4) == 0;
        pwr_view_text(part, "text", is_number ? unbroken(shown, pool) : shown);
        pwr_view_text(part, "href", href);
    }
}

void pwr_contact_show(pwr_view_t *view, const char *contact, apr_pool_t *pool)
{
    const char *plain = contact; /* where the words since the last link begin */
    const char *at = contact;

    while (*at != '\0') {
        bool is_start = at == contact || !is_word(at[-1]);
        const char *href = NULL;
        size_t length = is_start ? read_phone(&href, at, pool) : 0;
        if (is_start && length == 0) {
            length = read_address(&href, at, pool);
        }
        if (length > 0) {
            add_part(view, plain, (size_t)(at - plain), NULL, pool);
            add_part(view, at, length, href, pool);
            plain = at + length;
        }
        at += length > 0 ? length : 1;
    }
    add_part(view, plain, (size_t)(at - plain), NULL, pool);
}
