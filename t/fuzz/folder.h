/* A folder with a few files, for targets whose code reads one. Made once, removed at the exit. */
#ifndef PWR_FUZZ_FOLDER_H
#define PWR_FUZZ_FOLDER_H

#include "fuzz.h"

#include "text/translations.h"

#define MOST_FILES 8

static struct {
    const char *path;
    const char *files[MOST_FILES];
    int count;
} folder;

static inline void remove_folder(void)
{
    for (int i = 0; i < folder.count; i++) {
        unlink(folder.files[i]);
    }
    rmdir(folder.path);
    apr_terminate(); /* ICU's objects hang on the pools */
}

static inline void open_folder(void)
{
    const char *parent = getenv("TMPDIR");
    char *path
        = apr_pstrcat(program_pool(), parent != NULL ? parent : "/tmp", "/pwr-fuzz-XXXXXX", NULL);

    folder.path = mkdtemp(path);
    MUST(folder.path != NULL);
    atexit(remove_folder);
}

static inline void add_file(const char *name, const char *text)
{
    const char *path = apr_pstrcat(program_pool(), folder.path, "/", name, NULL);
    FILE *file = fopen(path, "w");

    MUST(folder.count < MOST_FILES);
    MUST(file != NULL && fputs(text, file) >= 0 && fclose(file) == 0);
    folder.files[folder.count++] = path;
}

/* The messages of the files that were added. */
static inline pwr_translations_t *load_messages(const char *fallback)
{
    const pwr_translations_source_t source = {.folder = folder.path, .fallback = fallback};
    pwr_translations_t *translations = NULL;

    MUST(pwr_translations_load(&translations, &source, program_pool()) == NULL);
    return translations;
}

#endif
