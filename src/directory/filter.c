/* What need not be escaped is listed, so that nothing is forgotten. */
#include "directory/filter.h"

#include <string.h>

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
