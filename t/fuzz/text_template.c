/*
 * Any bytes as a template: it is refused or rendered, within the ceilings. A partial, a list and a
 * message are there to be named.
 */
#include <stdint.h>
#include <stdio.h>
#include <stdlib.h>
#include <string.h>
#include <unistd.h>

#include <apr_general.h>
#include <apr_strings.h>

#include "base/limits.h"
#include "text/template_private.h"

int LLVMFuzzerInitialize(int *argc, char ***argv);
int LLVMFuzzerTestOneInput(const uint8_t *bytes, size_t length);

static char folder[] = "/tmp/pwr-fuzz-XXXXXX";
static apr_pool_t *ground;
static const pwr_language_t *language;

static const char *path_of(const char *name)
{
    return apr_pstrcat(ground, folder, "/", name, NULL);
}

static void write_file(const char *name, const char *text)
{
    FILE *file = fopen(path_of(name), "w");

    if (file == NULL || fputs(text, file) < 0 || fclose(file) != 0) {
        abort();
    }
}

static void clean_up(void)
{
    unlink(path_of("p.html"));
    unlink(path_of("nb.txt"));
    rmdir(folder);
    apr_terminate(); /* ICU's objects hang on the pools */
}

int LLVMFuzzerInitialize(int *argc, char ***argv)
{
    const pwr_messages_source_t source = {.folder = folder, .fallback = "nb"};
    pwr_messages_t *messages;

    (void)argc;
    (void)argv;
    apr_initialize();
    apr_pool_create(&ground, NULL);
    if (mkdtemp(folder) == NULL) {
        abort();
    }
    atexit(clean_up);
    write_file("p.html", "<{{a}}\n{{#l}}{{i}}{{/l}}>\n");
    write_file("nb.txt", "m = {a} {n, plural, one {#} other {#}}\n");
    if (pwr_messages_load(&messages, &source, ground) != NULL) {
        abort();
    }
    language = pwr_messages_language(messages, "nb");
    return 0;
}

static const pwr_view_t *make_view(apr_pool_t *pool)
{
    pwr_view_t *view = pwr_view_make(pool);

    pwr_view_text(view, "a", "<&>");
    pwr_view_number(view, "n", 7);
    pwr_view_flag(view, "f", true);
    for (int i = 0; i < 3; i++) {
        pwr_view_number(pwr_view_add(view, "l"), "i", i);
    }
    return view;
}

int LLVMFuzzerTestOneInput(const uint8_t *bytes, size_t length)
{
    const pwr_template_source_t from = {.folder = folder, .language = language};
    pwr_template_t template = {.name = "fuzz.html", .kind = PWR_TEMPLATE_HTML};
    pwr_whole_file_t file;
    apr_pool_t *pool;
    const char *text;
    apr_size_t size;

    apr_pool_create(&pool, ground);
    if (length <= PWR_MAX_TEMPLATE
        && pwr_whole_file_take(&file, "fuzz.html", apr_pmemdup(pool, bytes, length), length, pool)
               == NULL
        && pwr_template_parse(&template, &from, &file, pool) == NULL
        && pwr_template_render(&text, &size, &template, make_view(pool), language, pool) == NULL
        && (size > PWR_MAX_PAGE || strlen(text) != size)) {
        abort();
    }
    apr_pool_destroy(pool);
    return 0;
}
