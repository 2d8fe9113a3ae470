/*
 * ICU reads the header and matches by CLDR's table of related languages, in which "no" is a name
 * for "nb". Only the head of a long header is looked at: each language named in it costs time.
 */
#include "text/language.h"

#include <string.h>

#include <apr_strings.h>
#include <unicode/uenum.h>
#include <unicode/uloc.h>

#include "base/limits.h"

/* True when the header has none but the characters of RFC 9110, 12.5.4: others make ICU guess. */
static bool is_plausible(const char *header)
{
    static const char allowed[] = "abcdefghijklmnopqrstuvwxyzABCDEFGHIJKLMNOPQRSTUVWXYZ"
                                  "0123456789-*,;=. \t";

    return *header != '\0' && header[strspn(header, allowed)] == '\0';
}

/* At most the ceiling, cut behind a whole entry. */
static const char *bounded(const char *header, apr_pool_t *scratch)
{
    if (strnlen(header, PWR_MAX_ACCEPT_LANGUAGE + 1) <= PWR_MAX_ACCEPT_LANGUAGE) {
        return header;
    }
    char *head = apr_pstrndup(scratch, header, PWR_MAX_ACCEPT_LANGUAGE);
    char *comma = strrchr(head, ',');
    if (comma != NULL) {
        *comma = '\0';
    }
    return head;
}

const pwr_language_t *pwr_language_match(const pwr_messages_t *messages,
                                         const char *accept_language, apr_pool_t *scratch)
{
    UErrorCode status = U_ZERO_ERROR;
    UAcceptResult outcome = ULOC_ACCEPT_FAILED;
    const char *tags[PWR_MAX_LANGUAGES];
    char locale[ULOC_FULLNAME_CAPACITY] = "";
    char tag[ULOC_FULLNAME_CAPACITY] = "";

    if (accept_language == NULL || !is_plausible(accept_language)) {
        return pwr_messages_language(messages, NULL);
    }
    for (int i = 0; i < pwr_messages_count(messages); i++) {
        tags[i] = pwr_language_tag(pwr_messages_at(messages, i));
    }
    UEnumeration *there
        = uenum_openCharStringsEnumeration(tags, pwr_messages_count(messages), &status);
    uloc_acceptLanguageFromHTTP(locale, sizeof locale, &outcome, bounded(accept_language, scratch),
                                there, &status);
    uenum_close(there);
    uloc_toLanguageTag(locale, tag, sizeof tag, true, &status);
    if (U_FAILURE(status) || outcome == ULOC_ACCEPT_FAILED) {
        return pwr_messages_language(messages, NULL);
    }
    return pwr_messages_language(messages, tag);
}
