/*
 * Compiles `key = pattern` lines. A line that begins with white space continues the pattern before
 * it, so that long texts can be read in an editor; the joint is one space.
 */
#include "text/catalogue.h"

#include <string.h>

#include <apr_strings.h>

#define SPACE " \t\r\f\v" /* whatever the process's locale says */

typedef struct {
    const char *path;
    apr_hash_t *patterns; /* what has been compiled */
    const char *key;      /* of the entry being read; NULL before the first */
    const char *value;
    int key_line;
    int line;
    const pwr_locale_t *locale;
    apr_pool_t *pool;
} reader_t;

static char *trimmed(char *text)
{
    apr_size_t length = strlen(text);

    while (length > 0 && strchr(SPACE, text[length - 1]) != NULL) {
        length--;
    }
    text[length] = '\0';
    return text + strspn(text, SPACE);
}

/* Compiles the entry that has been read, if there is one. */
static pwr_fault_t *close_entry(reader_t *reader)
{
    pwr_pattern_t *pattern;
    const char *why;

    if (reader->key == NULL || *reader->value == '\0') {
        reader->key = NULL; /* an empty text is one that is not translated yet */
        return NULL;
    }
    why = pwr_pattern_compile(&pattern, reader->value, reader->locale, reader->pool);
    if (why != NULL) {
        return pwr_fault_broken(reader->pool, "PWR0312", "%s:%d: the pattern of '%s' %s.",
                                reader->path, reader->key_line, reader->key, why);
    }
    apr_hash_set(reader->patterns, reader->key, APR_HASH_KEY_STRING, pattern);
    reader->key = NULL;
    return NULL;
}

static pwr_fault_t *open_entry(reader_t *reader, char *line)
{
    char *equals = strchr(line, '=');
    char *key;

    if (equals != NULL) {
        *equals = '\0';
    }
    key = trimmed(line);
    if (equals == NULL || *key == '\0'
        || key[strspn(key, "abcdefghijklmnopqrstuvwxyz0123456789_.")] != '\0') {
        return pwr_fault_broken(reader->pool, "PWR0310",
                                "%s:%d: not 'key = text'. A key is made of a-z, 0-9, '_' and '.'; "
                                "a line that goes on begins with a space.",
                                reader->path, reader->line);
    }
    if (apr_hash_get(reader->patterns, key, APR_HASH_KEY_STRING) != NULL) {
        return pwr_fault_broken(reader->pool, "PWR0311",
                                "%s:%d: '%s' has been given before. Remove one of the two.",
                                reader->path, reader->line, key);
    }
    reader->key = key;
    reader->key_line = reader->line;
    reader->value = trimmed(equals + 1);
    return NULL;
}

static pwr_fault_t *take_line(reader_t *reader, char *line)
{
    bool is_more = *line == ' ' || *line == '\t';
    char *content = trimmed(line);

    if (*line == '#' || *content == '\0') {
        return NULL;
    }
    if (is_more && reader->key != NULL) {
        reader->value = apr_pstrcat(reader->pool, reader->value, *reader->value != '\0' ? " " : "",
                                    content, NULL);
        return NULL;
    }
    if (is_more) {
        return pwr_fault_broken(reader->pool, "PWR0313",
                                "%s:%d: goes on from a line that is not there. Remove the space "
                                "before it.",
                                reader->path, reader->line);
    }
    PWR_TRY(close_entry(reader));
    return open_entry(reader, content);
}

pwr_fault_t *pwr_catalogue_compile(apr_hash_t **patterns, const char *path, const char *text,
                                   const pwr_locale_t *locale, apr_pool_t *pool)
{
    reader_t reader
        = {.path = path, .patterns = apr_hash_make(pool), .locale = locale, .pool = pool};

    for (const char *at = text; *at != '\0';) {
        apr_size_t length = strcspn(at, "\n");
        reader.line++;
        PWR_TRY(take_line(&reader, apr_pstrmemdup(pool, at, length)));
        at += length + (at[length] == '\n' ? 1 : 0);
    }
    PWR_TRY(close_entry(&reader));
    *patterns = reader.patterns;
    return NULL;
}
