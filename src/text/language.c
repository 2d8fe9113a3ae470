/*
 * ICU reads the header and matches by CLDR's table of related languages, in which "no" is a name
 * for "nb". Only the head of a long header is looked at: each language named in it costs time. That
 * takes as long as making a whole form does, so the match is remembered: browsers send few
 * different headers. A word of the memory is written and read as a whole, so no lock is needed. The
 * hash is keyed, so a stranger cannot find a header that is taken for another.
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

#define INDEX_MASK ((apr_uint64_t)PWR_MAX_LANGUAGES - 1)

_Static_assert((PWR_MAX_LANGUAGES & INDEX_MASK) == 0, "an index must fill whole bits");

static const pwr_language_t *match(const pwr_translations_t *translations,
                                   const char *accept_language, apr_pool_t *scratch)
{
    UErrorCode status = U_ZERO_ERROR;
    UAcceptResult outcome = ULOC_ACCEPT_FAILED;
    const char *tags[PWR_MAX_LANGUAGES];
    char locale[ULOC_FULLNAME_CAPACITY] = "";
    char tag[ULOC_FULLNAME_CAPACITY] = "";

    if (!is_plausible(accept_language)) {
        return pwr_translations_language(translations, NULL);
    }
    for (int i = 0; i < pwr_translations_count(translations); i++) {
        tags[i] = pwr_language_tag(pwr_translations_at(translations, i));
    }
    UEnumeration *there
        = uenum_openCharStringsEnumeration(tags, pwr_translations_count(translations), &status);
    uloc_acceptLanguageFromHTTP(locale, sizeof locale, &outcome, bounded(accept_language, scratch),
                                there, &status);
    uenum_close(there);
    uloc_toLanguageTag(locale, tag, sizeof tag, true, &status);
    if (U_FAILURE(status) || outcome == ULOC_ACCEPT_FAILED) {
        return pwr_translations_language(translations, NULL);
    }
    return pwr_translations_language(translations, tag);
}

const pwr_language_t *pwr_language_match(const pwr_translations_t *translations,
                                         const char *accept_language, apr_pool_t *scratch)
{
    pwr_matches_t *matches = pwr_translations_matches(translations);

    if (accept_language == NULL) {
        return pwr_translations_language(translations, NULL);
    }
    apr_uint64_t hash
        = pwr_crypto_short_hash(matches->key, accept_language, strlen(accept_language));
    _Atomic apr_uint64_t *word = &matches->words[hash % PWR_MATCHES]; /* index bits serve twice */
    apr_uint64_t seen = atomic_load_explicit(word, memory_order_relaxed);
    if (seen != 0 && ((seen ^ hash) & ~INDEX_MASK) == 0) {
        return pwr_translations_at(translations, (int)(seen & INDEX_MASK));
    }
    const pwr_language_t *language = match(translations, accept_language, scratch);
    int index = 0;
    while (pwr_translations_at(translations, index) != language) {
        index++;
    }
    atomic_store_explicit(word, (hash & ~INDEX_MASK) | (apr_uint64_t)index, memory_order_relaxed);
    return language;
}
