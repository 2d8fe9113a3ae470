/*
 * Compares what was written, word by word, as what became of it has a form of its own for each
 * directive. A directive that is left out counts as its default.
 */
#include "httpd/settings_differ.h"

#include <string.h>

#include <apr_strings.h>

/* All words of the lines, each with a line end behind it. */
static const char *spell_words(int row, const pwr_settings_t *settings, apr_pool_t *pool)
{
    const apr_array_header_t *lines = settings->lines[row];
    const pwr_directive_t *about = pwr_directives[row].cmd_data;
    const char *words = "";

    if (lines == NULL) {
        return about->initial != NULL ? apr_pstrcat(pool, about->initial, "\n", NULL) : "";
    }
    for (int i = 0; i < lines->nelts; i++) {
        const char *args = APR_ARRAY_IDX(lines, i, const ap_directive_t *)->args;
        while (*args != '\0') {
            words = apr_pstrcat(pool, words, ap_getword_conf(pool, &args), "\n", NULL);
        }
    }
    return words;
}

static const char *spell_place(int row, const pwr_settings_t *settings, apr_pool_t *pool)
{
    const apr_array_header_t *lines = settings->lines[row];

    if (lines == NULL) {
        return apr_psprintf(pool, "the virtual host of %s (which leaves it out)", settings->where);
    }
    const ap_directive_t *line = APR_ARRAY_IDX(lines, lines->nelts - 1, const ap_directive_t *);
    return apr_psprintf(pool, "%s:%d", line->filename, line->line_num);
}

const char *pwr_settings_differ(const pwr_settings_t *one, const pwr_settings_t *other,
                                apr_pool_t *pool)
{
    for (int i = 0; pwr_directives[i].name != NULL; i++) {
        const pwr_directive_t *row = pwr_directives[i].cmd_data;
        apr_pool_t *scratch = NULL;
        if (row->offset == APR_OFFSETOF(pwr_settings_t, parts.flow.base_url)) {
            continue;
        }
        apr_pool_create(&scratch, pool);
        bool is_same = strcmp(spell_words(i, one, scratch), spell_words(i, other, scratch)) == 0;
        apr_pool_destroy(scratch);
        if (!is_same) {
            return apr_psprintf(
                pool,
                "%s differs between %s and %s, and both virtual hosts have PwResetBaseURL %s. One "
                "base URL is one site: write the same in both, or the lines once outside of every "
                "<VirtualHost>, or give one of them a base URL of its own",
                pwr_directives[i].name, spell_place(i, one, pool), spell_place(i, other, pool),
                one->parts.flow.base_url);
        }
    }
    return NULL;
}
