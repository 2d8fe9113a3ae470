/*
 * Clean runs are found by strcspn and copied whole, since most texts hold nothing to escape.
 */
#include "text/escape.h"

#include <string.h>

#define SPECIAL "&<>\"'"

typedef struct {
    const char *text;
    apr_size_t length;
} entity_t;

static entity_t entity_of(char special)
{
    switch (special) {
    case '&':
        return (entity_t){"&amp;", 5};
    case '<':
        return (entity_t){"&lt;", 4};
    case '>':
        return (entity_t){"&gt;", 4};
    case '"':
        return (entity_t){"&quot;", 6};
    default:
        return (entity_t){"&#39;", 5}; /* &apos; is not known to HTML 4 mail readers */
    }
}

apr_size_t pwr_escape_html_length(const char *text)
{
    apr_size_t length = 0;

    for (;;) {
        apr_size_t clean = strcspn(text, SPECIAL);
        length += clean;
        text += clean;
        if (*text == '\0') {
            return length;
        }
        length += entity_of(*text++).length;
    }
}

char *pwr_escape_html_into(char *out, const char *text)
{
    for (;;) {
        apr_size_t clean = strcspn(text, SPECIAL);
        memcpy(out, text, clean);
        out += clean;
        text += clean;
        if (*text == '\0') {
            return out;
        }
        entity_t entity = entity_of(*text++);
        memcpy(out, entity.text, entity.length);
        out += entity.length;
    }
}
