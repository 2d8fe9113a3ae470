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
#define NAME_KEY "language.name"
#define NAME_ROOM 256    /* of ICU's name of a language, in UTF-8 */
#define LAST_RESORT "en" /* has what even the fallback lacks */
#define MOST_NAMED 3     /* keys that a line about an incomplete language names */

struct pwr_language_t {
    const char *tag;
    const char *name;
    const char *direction;
    apr_hash_t *patterns;
};

struct pwr_messages_t {
    apr_array_header_t *languages; /* pwr_language_t, by tag */
    const pwr_language_t *fallback;
    pwr_matches_t *matches;
};

static const pwr_language_t *find_in(const apr_array_header_t *languages, const char *tag)
{
    for (int i = 0; tag != NULL && i < languages->nelts; i++) {
        const pwr_language_t *language = &APR_ARRAY_IDX(languages, i, pwr_language_t);
        if (strcasecmp(language->tag, tag) == 0) {
            return language;
        }
    }
    return NULL;
}

static const pwr_language_t *find_language(const pwr_messages_t *messages, const char *tag)
{
    return find_in(messages->languages, tag);
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

/* What ICU calls the language, in its own words. */
static const char *name_by_icu(const char *locale, apr_pool_t *pool)
{
    UErrorCode status = U_ZERO_ERROR;
    UChar wide[ULOC_FULLNAME_CAPACITY];
    char *name = apr_palloc(pool, NAME_ROOM);

    uloc_getDisplayName(locale, locale, wide, ULOC_FULLNAME_CAPACITY, &status);
    u_strToUTF8(name, NAME_ROOM, NULL, wide, -1, &status);
    return U_SUCCESS(status) ? name : locale;
}

static pwr_fault_t *load_language(pwr_language_t *language, const pwr_messages_source_t *source,
                                  const char *file, apr_pool_t *pool)
{
    const char *stem = apr_pstrmemdup(pool, file, strlen(file) - strlen(EXTENSION));
    const char *path = apr_pstrcat(pool, source->folder, "/", file, NULL);
    const char *zone = source->time_zone;
    const char *name;

    if (!read_tag(&language->tag, &name, stem, pool)) {
        return pwr_fault_broken(pool, "PWR0321",
                                "%s: '%s' is no language tag. Name the file after its language, "
                                "such as nb.txt or pt-BR.txt.",
                                path, stem);
    }
    const pwr_locale_t *locale = pwr_locale_make(name, zone, pool);
    if (locale == NULL) {
        return pwr_fault_broken(pool, "PWR0323",
                                "ICU does not know the time zone '%s'. Give a name such as "
                                "Europe/Oslo.",
                                zone != NULL ? zone : "of the system");
    }
    language->direction = uloc_isRightToLeft(name) ? "rtl" : "ltr";
    PWR_TRY(pwr_catalogue_read(&language->patterns, path, locale, pool));
    language->name = pwr_messages_has(language, NAME_KEY)
                         ? pwr_messages_format(language, NAME_KEY, NULL, pool)
                         : name_by_icu(name, pool);
    return NULL;
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

static int by_key(const void *one, const void *other)
{
    return strcmp(*(const char *const *)one, *(const char *const *)other);
}

/* The keys that `language` lacks, in order. A name is its own, or ICU's. */
static apr_array_header_t *lacking_keys(const pwr_language_t *fallback,
                                        const pwr_language_t *language, apr_pool_t *pool)
{
    apr_array_header_t *keys = apr_array_make(pool, 1, sizeof(const char *));

    for (apr_hash_index_t *at = apr_hash_first(pool, fallback->patterns); at != NULL;
         at = apr_hash_next(at)) {
        const char *key = apr_hash_this_key(at);
        if (!pwr_messages_has(language, key) && strcmp(key, NAME_KEY) != 0) {
            APR_ARRAY_PUSH(keys, const char *) = key;
        }
    }
    qsort(keys->elts, (size_t)keys->nelts, sizeof(const char *), by_key);
    return keys;
}

/* Gives the language what it lacks, and tells of it in one line. */
static void fill_from(const pwr_language_t *fallback, const pwr_language_t *language,
                      apr_pool_t *pool)
{
    const apr_array_header_t *keys = lacking_keys(fallback, language, pool);
    const char *named = "";

    for (int i = 0; i < keys->nelts; i++) {
        const char *key = APR_ARRAY_IDX(keys, i, const char *);
        apr_hash_set(language->patterns, key, APR_HASH_KEY_STRING,
                     apr_hash_get(fallback->patterns, key, APR_HASH_KEY_STRING));
        if (i < MOST_NAMED) {
            named = apr_psprintf(pool, "%s%s'%s'", named, i > 0 ? ", " : "", key);
        }
    }
    if (keys->nelts > 0) {
        pwr_log(PWR_LOG_WARNING, "PWR0324",
                "%s.txt lacks %d of %d messages, such as %s: taken from %s.txt.", language->tag,
                keys->nelts, (int)apr_hash_count(fallback->patterns), named, fallback->tag);
    }
}

/* Is this tag one of the words? */
static bool is_among(const char *words, const char *tag)
{
    apr_size_t length = strlen(tag);

    for (const char *at = words; (at = strcasestr(at, tag)) != NULL; at += length) {
        if ((at == words || at[-1] == ' ') && (at[length] == '\0' || at[length] == ' ')) {
            return true;
        }
    }
    return false;
}

/* The languages that people are offered, in the order they were asked for. */
static pwr_fault_t *choose(pwr_messages_t *made, const pwr_messages_source_t *source,
                           apr_pool_t *pool)
{
    apr_array_header_t *chosen = apr_array_make(pool, 4, sizeof(pwr_language_t));
    char *last = NULL;

    if (source->offered == NULL) {
        return NULL;
    }
    if (!is_among(source->offered, made->fallback->tag)) {
        return pwr_fault_broken(pool, "PWR0328",
                                "the languages that are offered lack the site's own, %s. Write it "
                                "into PwResetLanguages, or another into PwResetLanguage.",
                                made->fallback->tag);
    }
    for (char *tag = apr_strtok(apr_pstrdup(pool, source->offered), " ", &last); tag != NULL;
         tag = apr_strtok(NULL, " ", &last)) {
        const pwr_language_t *language = find_language(made, tag);
        if (language == NULL) {
            return pwr_fault_broken(pool, "PWR0327",
                                    "%s has no file %s.txt. Write PwResetLanguages with languages "
                                    "that are there, or add the file.",
                                    source->folder, tag);
        }
        if (find_in(chosen, tag) == NULL) {
            *(pwr_language_t *)apr_array_push(chosen) = *language;
        }
    }
    made->languages = chosen;
    made->fallback = find_language(made, source->fallback);
    return NULL;
}

/* Fallback and English are read even where they are not offered: the others may lack a key. */
static bool is_wanted(const pwr_messages_source_t *source, const char *file, apr_pool_t *pool)
{
    const char *stem = apr_pstrmemdup(pool, file, strlen(file) - strlen(EXTENSION));

    return source->offered == NULL || is_among(source->offered, stem)
           || strcasecmp(stem, source->fallback) == 0 || strcmp(stem, LAST_RESORT) == 0;
}

/* Reads the languages, and finds the site's own among them. */
static pwr_fault_t *load_all(pwr_messages_t *made, const pwr_messages_source_t *source,
                             apr_pool_t *pool)
{
    apr_array_header_t *files = apr_array_make(pool, 4, sizeof(const char *));

    made->matches = apr_pcalloc(pool, sizeof *made->matches);
    pwr_crypto_random(made->matches->key, sizeof made->matches->key);
    PWR_TRY(list_files(files, source->folder, pool));
    made->languages = apr_array_make(pool, files->nelts, sizeof(pwr_language_t));
    for (int i = 0; i < files->nelts; i++) {
        const char *file = APR_ARRAY_IDX(files, i, const char *);
        if (is_wanted(source, file, pool)) {
            pwr_language_t *language = apr_array_push(made->languages);
            PWR_TRY(load_language(language, source, file, pool));
        }
    }
    qsort(made->languages->elts, (size_t)made->languages->nelts, sizeof(pwr_language_t), by_tag);
    made->fallback = find_language(made, source->fallback);
    if (made->fallback == NULL) {
        return pwr_fault_broken(pool, "PWR0322",
                                "%s has no file %s.txt for the site's own language. Write "
                                "PwResetLanguage nb or en, or add the file.",
                                source->folder, source->fallback);
    }
    return NULL;
}

pwr_fault_t *pwr_messages_load(pwr_messages_t **messages, const pwr_messages_source_t *source,
                               apr_pool_t *pool)
{
    pwr_messages_t *made = apr_pcalloc(pool, sizeof *made);

    PWR_TRY(load_all(made, source, pool));
    const pwr_language_t *last = find_language(made, LAST_RESORT);
    if (last != NULL) {
        fill_from(last, made->fallback, pool);
    }
    for (int i = 0; i < made->languages->nelts; i++) {
        fill_from(made->fallback, pwr_messages_at(made, i), pool);
    }
    PWR_TRY(choose(made, source, pool));
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

pwr_matches_t *pwr_messages_matches(const pwr_messages_t *messages)
{
    return messages->matches;
}

const char *pwr_language_tag(const pwr_language_t *language)
{
    return language->tag;
}

const char *pwr_language_name(const pwr_language_t *language)
{
    return language->name;
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
