/* Escaping per context. No state; any thread. */
#ifndef PWR_TEXT_ESCAPE_H
#define PWR_TEXT_ESCAPE_H

#include <apr_pools.h>

/* Bytes that `text` takes when escaped for HTML text or a quoted attribute (& < > " '). */
apr_size_t pwr_escape_html_length(const char *text);
/* Writes the escaped text to `out` (no NUL) and returns the place after it. */
char *pwr_escape_html_into(char *out, const char *text);

#endif
