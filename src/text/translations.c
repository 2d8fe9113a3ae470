/*
 * Each language has a table from key to compiled pattern. What a language lacks is put into its
 * table from the fallback, so that a look-up is one step.
 * Every language is compiled once at start, to be checked; what stays is language_table's affair.
 */
#include "text/translations.h"

#include <stdlib.h>
#include <string.h>

#include <apr_file_info.h>
#include <apr_strings.h>
#include <apr_tables.h>
#include <unicode/uloc.h>
#include <unicode/ustring.h>

#include "base/limits.h"
#include "base/log.h"
#include "text/language_table.h"
#include "text/pattern.h"
#include "text/whole_file.h"

#define EXTENSION ".txt"
#define NAME_KEY "language.name"
#define NAME_ROOM 256    /* of ICU's name of a language, in UTF-8 */
#define LAST_RESORT "en" /* has what even the fallback lacks */
#define MOST_NAMED 3     /* keys that a line about an incomplete language names */

struct pwr_language_t {
    const char *tag;
    const char *name;
    const char *direction;
    pwr_language_table_t *table;
};

struct pwr_translations_t {
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

static const pwr_language_t *find_language(const pwr_translations_t *translations, const char *tag)
{
    return find_in(translations->languages, tag);
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

static pwr_fault_t *load_language(pwr_language_t *language, const pwr_translations_source_t *source,
                                  const char *file, apr_pool_t *pool)
{
    const char *stem = apr_pstrmemdup(pool, file, strlen(file) - strlen(EXTENSION));
    pwr_language_table_t *table = apr_pcalloc(pool, sizeof *table);
    pwr_whole_file_t read;

    table->path = apr_pstrcat(pool, source->folder, "/", file, NULL);
    table->time_zone = source->time_zone;
    language->table = table;
    if (!read_tag(&language->tag, &table->locale, stem, pool)) {
        return pwr_fault_broken(pool, "PWR0321",
                                "%s: '%s' is no language tag. Name the file after its language, "
                                "such as nb.txt or pt-BR.txt.",
                                table->path, stem);
    }
    PWR_TRY(pwr_whole_file_read(&read, table->path, PWR_MAX_CATALOGUE, pool));
    table->text = read.text;
    language->direction = uloc_isRightToLeft(table->locale) ? "rtl" : "ltr";
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
            return pwr_fault_broken(pool, "PWR0326",
                                    "%s has more than %d languages. Remove some files.", folder,
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

/* The keys that a language lacks, in order. A name is its own, or ICU's. */
static apr_array_header_t *lacking_keys(apr_hash_t *fallback, apr_hash_t *patterns,
                                        apr_pool_t *pool)
{
    apr_array_header_t *keys = apr_array_make(pool, 1, sizeof(const char *));

    for (apr_hash_index_t *at = apr_hash_first(pool, fallback); at != NULL;
         at = apr_hash_next(at)) {
        const char *key = apr_hash_this_key(at);
        if (apr_hash_get(patterns, key, APR_HASH_KEY_STRING) == NULL
            && strcmp(key, NAME_KEY) != 0) {
            APR_ARRAY_PUSH(keys, const char *) = key;
        }
    }
    qsort(keys->elts, (size_t)keys->nelts, sizeof(const char *), by_key);
    return keys;
}

/* Tells in one line what the language lacks. */
static void log_lacking(const pwr_language_t *fallback, const pwr_language_t *language,
                        apr_hash_t *patterns, apr_pool_t *pool)
{
    apr_hash_t *all = pwr_language_table_patterns(fallback->table);
    const apr_array_header_t *keys = lacking_keys(all, patterns, pool);
    const char *named = "";

    for (int i = 0; i < keys->nelts && i < MOST_NAMED; i++) {
        named = apr_psprintf(pool, "%s%s'%s'", named, i > 0 ? ", " : "",
                             APR_ARRAY_IDX(keys, i, const char *));
    }
    if (keys->nelts > 0) {
        pwr_log(PWR_LOG_WARNING, "PWR0324",
                "%s.txt lacks %d of %d messages, such as %s: taken from %s.txt.", language->tag,
                keys->nelts, (int)apr_hash_count(all), named, fallback->tag);
    }
}

/* Compiles the language to see whether it is sound, and takes its name from it. This is done with
 * ICU's data of the site's own language: the rules of a pattern are those of every language, and
 * the data of all languages would take some megabytes. The scratch pool has an allocator of its
 * own, so that its memory goes back to the system. */
static pwr_fault_t *check_language(pwr_language_t *language, const pwr_language_t *fallback,
                                   const char *locale, apr_pool_t *pool)
{
    const pwr_language_table_t table = {.path = language->table->path,
                                        .text = language->table->text,
                                        .locale = locale,
                                        .time_zone = language->table->time_zone};
    apr_pool_t *scratch = NULL;
    apr_hash_t *patterns = NULL;

    apr_pool_create_unmanaged_ex(&scratch, NULL, NULL);
    pwr_fault_t *fault = pwr_language_table_compile(&patterns, &table, scratch);
    if (fault != NULL) {
        fault = pwr_fault_broken(pool, fault->tag, "%s", fault->detail);
    } else {
        const pwr_pattern_t *name = apr_hash_get(patterns, NAME_KEY, APR_HASH_KEY_STRING);
        language->name = name != NULL ? apr_pstrdup(pool, pwr_pattern_format(name, NULL, scratch))
                                      : name_by_icu(language->table->locale, pool);
        if (fallback != NULL && fallback != language) {
            log_lacking(fallback, language, patterns, scratch);
        }
    }
    apr_pool_destroy(scratch);
    return fault;
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
static pwr_fault_t *choose(pwr_translations_t *made, const pwr_translations_source_t *source,
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
static bool is_wanted(const pwr_translations_source_t *source, const char *file, apr_pool_t *pool)
{
    const char *stem = apr_pstrmemdup(pool, file, strlen(file) - strlen(EXTENSION));

    return source->offered == NULL || is_among(source->offered, stem)
           || strcasecmp(stem, source->fallback) == 0 || strcmp(stem, LAST_RESORT) == 0;
}

/* Reads the languages, and finds the site's own among them. */
static pwr_fault_t *load_all(pwr_translations_t *made, const pwr_translations_source_t *source,
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

/* The site's own language takes what it lacks from English, and all others from the site's own. */
static pwr_fault_t *check_all(pwr_translations_t *made, apr_pool_t *pool)
{
    const pwr_language_t *english = find_language(made, LAST_RESORT);
    const pwr_language_t *own = made->fallback;

    PWR_TRY(pwr_language_tables_make(own->table, english != NULL ? english->table : NULL, pool));
    for (int i = 0; i < made->languages->nelts; i++) {
        pwr_language_t *language = &APR_ARRAY_IDX(made->languages, i, pwr_language_t);
        language->table->fallback = own->table;
        PWR_TRY(
            check_language(language, language == own ? english : own, own->table->locale, pool));
    }
    return NULL;
}

pwr_fault_t *pwr_translations_load(pwr_translations_t **translations,
                                   const pwr_translations_source_t *source, apr_pool_t *pool)
{
    pwr_translations_t *made = apr_pcalloc(pool, sizeof *made);

    PWR_TRY(load_all(made, source, pool));
    PWR_TRY(check_all(made, pool));
    PWR_TRY(choose(made, source, pool));
    *translations = made;
    return NULL;
}

const pwr_language_t *pwr_translations_language(const pwr_translations_t *translations,
                                                const char *tag)
{
    const pwr_language_t *language = find_language(translations, tag);

    return language != NULL ? language : translations->fallback;
}

int pwr_translations_count(const pwr_translations_t *translations)
{
    return translations->languages->nelts;
}

const pwr_language_t *pwr_translations_at(const pwr_translations_t *translations, int index)
{
    return &APR_ARRAY_IDX(translations->languages, index, pwr_language_t);
}

pwr_matches_t *pwr_translations_matches(const pwr_translations_t *translations)
{
    return translations->matches;
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

const char *pwr_translations_format(const pwr_language_t *language, const char *key,
                                    const pwr_view_t *view, apr_pool_t *pool)
{
    const pwr_pattern_t *pattern
        = apr_hash_get(pwr_language_table_patterns(language->table), key, APR_HASH_KEY_STRING);

    return pattern != NULL ? pwr_pattern_format(pattern, view, pool) : apr_pstrdup(pool, key);
}

bool pwr_translations_has(const pwr_language_t *language, const char *key)
{
    return apr_hash_get(pwr_language_table_patterns(language->table), key, APR_HASH_KEY_STRING)
           != NULL;
}
