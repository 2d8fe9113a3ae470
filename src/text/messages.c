/*
 * All languages in memory, each with a table from key to compiled pattern. What a language lacks is
 * put into its table from the fallback when it is loaded, so that a look-up is one step.
 */
#include "text/messages.h"

#include <stdlib.h>
#include <string.h>

#include <apr_file_info.h>
#include <apr_strings.h>
#include <apr_tables.h>
#include <unicode/uloc.h>
#include <unicode/ustring.h>

#include "base/limits.h"
#include "base/log.h"
#include "text/catalogue.h"

#define EXTENSION ".txt"

struct pwr_language_t {
    const char *tag;
    const char *direction;
    apr_hash_t *patterns;
};

struct pwr_messages_t {
    apr_array_header_t *languages; /* pwr_language_t, by tag */
    const pwr_language_t *fallback;
};

static const pwr_language_t *find_language(const pwr_messages_t *messages, const char *tag)
{
    for (int i = 0; tag != NULL && i < messages->languages->nelts; i++) {
        const pwr_language_t *language = pwr_messages_at(messages, i);
        if (strcasecmp(language->tag, tag) == 0) {
            return language;
        }
    }
    return NULL;
}

/* Finds ICU's locale and the canonical tag (BCP 47) of a file's stem. */
static bool read_tag(const char **tag, const char **locale, const char *stem, apr_pool_t *pool)
{
    UErrorCode status = U_ZERO_ERROR;
    char name[ULOC_FULLNAME_CAPACITY];
    char canonical[ULOC_FULLNAME_CAPACITY];
    int32_t parsed = 0;

    uloc_forLanguageTag(stem, name, sizeof name, &parsed, &status);
    uloc_toLanguageTag(name, canonical, sizeof canonical, true, &status);
    if (status != U_ZERO_ERROR || parsed != (int32_t)strlen(stem) || name[0] == '\0') {
        return false;
    }
    *tag = apr_pstrdup(pool, canonical);
    *locale = apr_pstrdup(pool, name);
    return true;
}

static pwr_fault_t *load_language(pwr_language_t *language, const char *folder, const char *file,
                                  const char *time_zone, apr_pool_t *pool)
{
    const char *stem = apr_pstrmemdup(pool, file, strlen(file) - strlen(EXTENSION));
    const char *path = apr_pstrcat(pool, folder, "/", file, NULL);
    const char *name;

    if (!read_tag(&language->tag, &name, stem, pool)) {
        return pwr_fault_broken(pool, "PWR0321",
                                "%s: '%s' is no language tag. Name the file after its language, "
                                "such as nb.txt or pt-BR.txt.",
                                path, stem);
    }
    const pwr_locale_t *locale = pwr_locale_make(name, time_zone, pool);
    if (locale == NULL) {
        return pwr_fault_broken(pool, "PWR0323",
                                "ICU does not know the time zone '%s'. Give a name such as "
                                "Europe/Oslo.",
                                time_zone != NULL ? time_zone : "of the system");
    }
    language->direction = uloc_isRightToLeft(name) ? "rtl" : "ltr";
    return pwr_catalogue_read(&language->patterns, path, locale, pool);
}

static bool is_catalogue(const char *file)
{
    apr_size_t length = strlen(file);

    return file[0] != '.' && length > strlen(EXTENSION)
           && strcmp(file + length - strlen(EXTENSION), EXTENSION) == 0;
}

/* The names of the catalogues in `folder`. */
static pwr_fault_t *list_files(apr_array_header_t *files, const char *folder, apr_pool_t *pool)
{
    apr_dir_t *dir;
    apr_finfo_t facts;
    apr_status_t status = apr_dir_open(&dir, folder, pool);

    if (status != APR_SUCCESS) {
        return pwr_fault_broken(pool, "PWR0320",
                                "The folder of messages %s cannot be read: %s. Name the folder "
                                "that holds messages/, pages/, mail/ and assets/ with "
                                "PwResetFiles.",
                                folder, pwr_fault_status(status, pool));
    }
    while (apr_dir_read(&facts, APR_FINFO_NAME, dir) == APR_SUCCESS) {
        if (is_catalogue(facts.name)) {
            APR_ARRAY_PUSH(files, const char *) = apr_pstrdup(pool, facts.name);
        }
        if (files->nelts > PWR_MAX_LANGUAGES) {
            return pwr_fault_broken(pool, "PWR0326", "%s has more than %d languages.", folder,
                                    PWR_MAX_LANGUAGES);
        }
    }
    apr_dir_close(dir);
    return NULL;
}

static int by_tag(const void *one, const void *other)
{
    return strcmp(((const pwr_language_t *)one)->tag, ((const pwr_language_t *)other)->tag);
}

static void fill_from(const pwr_language_t *fallback, const pwr_language_t *language,
                      apr_pool_t *pool)
{
    for (apr_hash_index_t *at = apr_hash_first(pool, fallback->patterns); at != NULL;
         at = apr_hash_next(at)) {
        const char *key = apr_hash_this_key(at);
        if (!pwr_messages_has(language, key)) {
            apr_hash_set(language->patterns, key, APR_HASH_KEY_STRING, apr_hash_this_val(at));
            pwr_log(PWR_LOG_WARNING, "PWR0324", "%s.txt has no '%s': taken from %s.txt.",
                    language->tag, key, fallback->tag);
        }
    }
}

pwr_fault_t *pwr_messages_load(pwr_messages_t **messages, const char *folder, const char *fallback,
                               const char *time_zone, apr_pool_t *pool)
{
    pwr_messages_t *made = apr_pcalloc(pool, sizeof *made);
    apr_array_header_t *files = apr_array_make(pool, 4, sizeof(const char *));

    PWR_TRY(list_files(files, folder, pool));
    made->languages = apr_array_make(pool, files->nelts, sizeof(pwr_language_t));
    for (int i = 0; i < files->nelts; i++) {
        pwr_language_t *language = apr_array_push(made->languages);
        PWR_TRY(load_language(language, folder, APR_ARRAY_IDX(files, i, const char *), time_zone,
                              pool));
    }
    qsort(made->languages->elts, (size_t)made->languages->nelts, sizeof(pwr_language_t), by_tag);
    made->fallback = find_language(made, fallback);
    if (made->fallback == NULL) {
        return pwr_fault_broken(pool, "PWR0322",
                                "%s has no file %s.txt for the site's own language. Write "
                                "PwResetLanguage nb or en, or add the file.",
                                folder, fallback);
    }
    for (int i = 0; i < made->languages->nelts; i++) {
        fill_from(made->fallback, pwr_messages_at(made, i), pool);
    }
    *messages = made;
    return NULL;
}

const pwr_language_t *pwr_messages_language(const pwr_messages_t *messages, const char *tag)
{
    const pwr_language_t *language = find_language(messages, tag);

    return language != NULL ? language : messages->fallback;
}

int pwr_messages_count(const pwr_messages_t *messages)
{
    return messages->languages->nelts;
}

const pwr_language_t *pwr_messages_at(const pwr_messages_t *messages, int index)
{
    return &APR_ARRAY_IDX(messages->languages, index, pwr_language_t);
}

const char *pwr_language_tag(const pwr_language_t *language)
{
    return language->tag;
}

const char *pwr_language_direction(const pwr_language_t *language)
{
    return language->direction;
}

const char *pwr_messages_format(const pwr_language_t *language, const char *key,
                                const pwr_view_t *view, apr_pool_t *pool)
{
    const pwr_pattern_t *pattern = apr_hash_get(language->patterns, key, APR_HASH_KEY_STRING);

    return pattern != NULL ? pwr_pattern_format(pattern, view, pool) : apr_pstrdup(pool, key);
}

bool pwr_messages_has(const pwr_language_t *language, const char *key)
{
    return apr_hash_get(language->patterns, key, APR_HASH_KEY_STRING) != NULL;
}
