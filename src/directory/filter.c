/* What need not be escaped is listed, so that nothing is forgotten. */
#include "directory/filter.h"

#include <string.h>

#include <apr_strings.h>

const char *pwr_filter_escape(const char *value, apr_pool_t *pool)
{
    static const char digits[] = "0123456789abcdef";
    static const char plain[]
        = "ABCDEFGHIJKLMNOPQRSTUVWXYZabcdefghijklmnopqrstuvwxyz0123456789@._-";
    char *escaped = apr_palloc(pool, 3 * strlen(value) + 1);
    char *to = escaped;

    for (const char *from = value; *from != '\0'; from++) {
        if (strchr(plain, *from) != NULL) {
            *to++ = *from;
        } else {
            *to++ = '\\';
            *to++ = digits[(unsigned char)*from >> 4];
            *to++ = digits[(unsigned char)*from & 15];
        }
    }
    *to = '\0';
    return escaped;
}

/* Brackets in values are escaped, so each one that is not begins a part. */
apr_array_header_t *pwr_filter_attributes(const char *filter, apr_pool_t *pool)
{
    apr_array_header_t *names = apr_array_make(pool, 4, sizeof(const char *));

    for (const char *at = strchr(filter, '('); at != NULL; at = strchr(at + 1, '(')) {
        const char *from = at + 1 + strspn(at + 1, " ");
        size_t length = strcspn(from, "=<>~:; ()");
        if (strchr("&|!(", *from) == NULL) {
            APR_ARRAY_PUSH(names, const char *)
                = length > 0 ? apr_pstrmemdup(pool, from, length) : ":";
        }
    }
    return names;
}
