/* Which language a request gets: ICU's matching of RFC 9110 Accept-Language against the languages
 * there are. */
#ifndef PWR_TEXT_LANGUAGE_H
#define PWR_TEXT_LANGUAGE_H

#include "text/translations.h"

/* The best language for the header's value (NULL when absent), else the fallback. "no" is taken for
 * "nb". Never NULL; any value is safe. Any thread. */
const pwr_language_t *pwr_language_match(const pwr_translations_t *translations,
                                         const char *accept_language, apr_pool_t *scratch);

#endif
