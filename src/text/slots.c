/* Short lists of words, walked when the server starts. */
#include "text/slots.h"

#include <string.h>

#include <apr_strings.h>

static bool holds(const char *words, const char *name, const char *between)
{
    size_t length = strlen(name);

    for (const char *at = words; *at != '\0';) {
        size_t word = strcspn(at, between);
        if (word == length && strncmp(at, name, length) == 0) {
            return true;
        }
        at += word + (at[word] != '\0' ? 1 : 0);
    }
    return false;
}

bool pwr_slots_know(const pwr_slots_t *slots, const char *name)
{
    return holds(slots->common, name, " ") || holds(slots->own, name, " ");
}

const char *pwr_slots_lacking(const pwr_slots_t *slots, const apr_array_header_t *used,
                              apr_pool_t *pool)
{
    char *last = NULL;

    for (char *choice = apr_strtok(apr_pstrdup(pool, slots->needed), " ", &last); choice != NULL;
         choice = apr_strtok(NULL, " ", &last)) {
        bool is_there = false;
        for (int i = 0; i < used->nelts && !is_there; i++) {
            is_there = holds(choice, APR_ARRAY_IDX(used, i, const char *), "|");
        }
        if (!is_there) {
            return choice;
        }
    }
    return NULL;
}
