/*
 * Create, take, merge and finish, written once over the rows of directives.c: each row is merged,
 * so no field can be forgotten.
 */
#include "httpd/settings.h"

#include <string.h>

#include <apr_strings.h>

#include "httpd/module.h"
#include "text/unicode.h"

#define LONGEST_DURATION (366 * 86400L)

void *pwr_settings_create(apr_pool_t *pool, server_rec *server)
{
    (void)server;
    return apr_pcalloc(pool, sizeof(pwr_settings_t));
}

void *pwr_settings_merge(apr_pool_t *pool, void *base, void *add)
{
    pwr_settings_t *merged = apr_pmemdup(pool, base, sizeof *merged);
    const pwr_settings_t *over = add;

    for (int i = 0; pwr_directives[i].name != NULL; i++) {
        const pwr_directive_t *row = pwr_directives[i].cmd_data;
        if (over->lines[i] != NULL) {
            memcpy((char *)merged + row->offset, (const char *)over + row->offset, row->size);
            merged->lines[i] = over->lines[i];
        }
    }
    merged->is_inherited = over->where == NULL;
    if (over->where != NULL) {
        merged->where = over->where;
    }
    return merged;
}

static const char *set_number(const pwr_directive_t *row, const pwr_directive_args_t *args)
{
    char *end = NULL;
    apr_int64_t number = apr_strtoi64(args->words[0], &end, 10);

    if (end == args->words[0] || *end != '\0' || number < row->lowest || number > row->highest) {
        return apr_psprintf(args->pool, "'%s' is no whole number from %d to %d", args->words[0],
                            row->lowest, row->highest);
    }
    *(int *)(void *)((char *)args->settings + row->offset) = (int)number;
    return NULL;
}

/* Seconds as people write them: "10min". */
static const char *spell_duration(int seconds, apr_pool_t *pool)
{
    if (seconds == 0 || seconds % 60 != 0) {
        return apr_psprintf(pool, "%ds", seconds);
    }
    if (seconds % 3600 != 0) {
        return apr_psprintf(pool, "%dmin", seconds / 60);
    }
    return seconds % 86400 != 0 ? apr_psprintf(pool, "%dh", seconds / 3600)
                                : apr_psprintf(pool, "%dd", seconds / 86400);
}

/* Seconds of a unit; 0 for a word that is none. */
static long seconds_of(const char *unit)
{
    static const struct {
        const char *name;
        long seconds;
    } units[] = {{"", 1}, {"s", 1}, {"m", 60}, {"min", 60}, {"h", 3600}, {"d", 86400}};

    for (size_t i = 0; i < sizeof units / sizeof units[0]; i++) {
        if (strcmp(units[i].name, unit) == 0) {
            return units[i].seconds;
        }
    }
    return 0;
}

static const char *set_duration(const pwr_directive_t *row, const pwr_directive_args_t *args)
{
    char *end = NULL;
    apr_int64_t number = apr_strtoi64(args->words[0], &end, 10);
    long unit = end == args->words[0] ? 0 : seconds_of(end);

    if (unit == 0 || number < 0 || number > LONGEST_DURATION || number * unit < row->lowest
        || number * unit > row->highest) {
        return apr_psprintf(args->pool, "'%s' is no time from %s to %s (units: s, min, h, d)",
                            args->words[0], spell_duration(row->lowest, args->pool),
                            spell_duration(row->highest, args->pool));
    }
    *(apr_interval_time_t *)(void *)((char *)args->settings + row->offset)
        = apr_time_from_sec(number * unit);
    return NULL;
}

const char *pwr_settings_check_text(const char *word)
{
    for (const char *at = word; *at != '\0'; at++) {
        if ((unsigned char)*at < 0x20) {
            return "the value holds a control character";
        }
    }
    if (word[0] == '\0') {
        return "the value is empty";
    }
    return pwr_unicode_is_valid(word, strlen(word)) ? NULL : "the value is not UTF-8";
}

static const char *set_text(const pwr_directive_t *row, const pwr_directive_args_t *args)
{
    const char *word = args->words[0];
    const char *wrong = pwr_settings_check_text(word);

    if (wrong != NULL) {
        return wrong;
    }
    if (row->kind == PWR_KIND_PATH) {
        word = ap_server_root_relative(args->pool, word);
        if (word == NULL) {
            return "the path is not valid";
        }
    }
    *(const char **)(void *)((char *)args->settings + row->offset) = apr_pstrdup(args->pool, word);
    return NULL;
}

static const char *set_switch(const pwr_directive_t *row, const pwr_directive_args_t *args)
{
    bool is_on = strcasecmp(args->words[0], "on") == 0;

    if (!is_on && strcasecmp(args->words[0], "off") != 0) {
        return apr_psprintf(args->pool, "'%s' is neither on nor off", args->words[0]);
    }
    *(bool *)((char *)args->settings + row->offset) = is_on;
    return NULL;
}

static const char *set_list(const pwr_directive_t *row, const pwr_directive_args_t *args)
{
    apr_array_header_t **list = (void *)((char *)args->settings + row->offset);

    if (*list == NULL) {
        *list = apr_array_make(args->pool, 4, sizeof(const char *));
    }
    for (int i = 0; i < args->count; i++) {
        const char *wrong = pwr_settings_check_text(args->words[i]);
        if (wrong != NULL) {
            return wrong;
        }
        if ((*list)->nelts >= PWR_MOST_IN_LIST) {
            return apr_psprintf(args->pool, "there are more than %d values", PWR_MOST_IN_LIST);
        }
        APR_ARRAY_PUSH(*list, const char *) = apr_pstrdup(args->pool, args->words[i]);
    }
    return NULL;
}

static const char *take(const pwr_directive_t *row, const pwr_directive_args_t *args)
{
    int most = row->most_words > 0 ? row->most_words : 1;

    if (args->count < 1 || args->count > most) {
        return most == 1 ? "it takes one value"
                         : apr_psprintf(args->pool, "it takes 1 to %d values", most);
    }
    const char *wrong = NULL;
    switch (row->kind) {
    case PWR_KIND_TEXT:
    case PWR_KIND_PATH:
        wrong = set_text(row, args);
        break;
    case PWR_KIND_NUMBER:
        wrong = set_number(row, args);
        break;
    case PWR_KIND_DURATION:
        wrong = set_duration(row, args);
        break;
    case PWR_KIND_SWITCH:
        wrong = set_switch(row, args);
        break;
    case PWR_KIND_LIST:
        wrong = set_list(row, args);
        break;
    case PWR_KIND_OWN:
        break;
    }
    return wrong != NULL || row->func == NULL ? wrong : row->func(args);
}

static void note_line(apr_array_header_t **lines, const cmd_parms *cmd)
{
    if (*lines == NULL) {
        *lines = apr_array_make(cmd->pool, 1, sizeof(const ap_directive_t *));
    }
    APR_ARRAY_PUSH(*lines, const ap_directive_t *) = cmd->directive;
}

const char *pwr_settings_set(cmd_parms *cmd, void *unused, int argc, char *const argv[])
{
    const pwr_directive_t *row = cmd->cmd->cmd_data;
    pwr_settings_t *settings = ap_get_module_config(cmd->server->module_config, &pwreset_module);
    pwr_directive_args_t args
        = {.settings = settings, .pool = cmd->pool, .count = argc, .words = argv};
    const char *wrong = take(row, &args);

    (void)unused;
    if (wrong != NULL) {
        bool is_sentence = wrong[0] != '\0' && wrong[strlen(wrong) - 1] == '.';
        return apr_psprintf(cmd->pool, "%s: %s%s Write %s", cmd->cmd->name, wrong,
                            is_sentence ? "" : ".", row->write);
    }
    note_line(&settings->lines[cmd->cmd - pwr_directives], cmd);
    if (settings->where == NULL) {
        settings->where
            = apr_psprintf(cmd->pool, "%s:%d", cmd->directive->filename, cmd->directive->line_num);
    }
    return NULL;
}

const char *pwr_settings_finish(pwr_settings_t *settings, apr_pool_t *pool)
{
    for (int i = 0; pwr_directives[i].name != NULL; i++) {
        const pwr_directive_t *row = pwr_directives[i].cmd_data;
        char *words[] = {apr_pstrdup(pool, row->initial != NULL ? row->initial : "")};
        pwr_directive_args_t args
            = {.settings = settings, .pool = pool, .count = 1, .words = words};
        if (settings->lines[i] != NULL || row->initial == NULL) {
            continue;
        }
        const char *wrong = take(row, &args);
        if (wrong != NULL) {
            return apr_psprintf(pool, "%s: %s. Write %s", pwr_directives[i].name, wrong,
                                row->write);
        }
    }
    return NULL;
}
