/*
 * pwreset-schema: prints the tables, says how far those of a database are, and makes what is
 * missing. For sites whose server may not make tables itself: the administrator runs it with a
 * database user that may. See docs/nodes.md, "Upgrades".
 */
#include <limits.h>
#include <stdbool.h>
#include <stdio.h>
#include <stdlib.h>
#include <string.h>

#include <apr_general.h>
#include <apr_strings.h>

#include "store/schema.h"

#define LONGEST_PARAMS 1024
#define TIMEOUT apr_time_from_sec(30)

static int print_usage(FILE *to, int status)
{
    fputs("pwreset-schema print DRIVER [STEP]     the SQL of all steps, or of those behind STEP\n"
          "pwreset-schema look DRIVER PARAMS      how far the tables are, and who can use them\n"
          "pwreset-schema apply DRIVER PARAMS     makes the steps that are missing\n"
          "\n"
          "DRIVER and PARAMS as in PwResetStore: sqlite3, pgsql or mysql. PARAMS - is read from\n"
          "standard input, so that no password is in the list of processes.\n",
          to);
    return status;
}

static int print_fault(const pwr_fault_t *fault)
{
    fprintf(stderr, "pwreset-schema: %s: %s\n", fault->tag, fault->detail);
    return EXIT_FAILURE;
}

static int print_script(const char *driver, const char *from, apr_pool_t *pool)
{
    char *end = NULL;
    apr_int64_t step = apr_strtoi64(from, &end, 10);
    bool is_step = *end == '\0' && step >= 0 && step <= INT_MAX;
    const char *text = is_step ? pwr_schema_script(driver, (int)step, pool) : NULL;

    if (text == NULL) {
        return print_usage(stderr, 2);
    }
    fputs(text, stdout);
    return EXIT_SUCCESS;
}

static const char *read_params(const char *word, apr_pool_t *pool)
{
    char line[LONGEST_PARAMS] = "";

    if (strcmp(word, "-") != 0) {
        return word;
    }
    if (fgets(line, sizeof line, stdin) != NULL) {
        line[strcspn(line, "\r\n")] = '\0';
    }
    return apr_pstrdup(pool, line);
}

static void print_state(const pwr_schema_state_t *state)
{
    if (state->step == 0) {
        puts("There are no tables.");
        return;
    }
    printf("The tables are at step %d; this program knows %d.\n", state->step, state->known);
    printf("Programs that know step %d can use them, and newer ones. An older one cannot: for a "
           "downgrade to it, restore the database from a backup of that time.\n",
           state->needed);
    if (state->step < state->known) {
        puts("Steps are missing: run pwreset-schema apply, or let the server make them.");
    }
}

static int open_store(const char *command, const pwr_store_settings_t *settings, apr_pool_t *pool)
{
    pwr_schema_state_t state = {0};
    pwr_store_t *store = NULL;
    pwr_fault_t *fault = pwr_store_open(&store, settings, pool);

    if (fault == NULL && strcmp(command, "apply") == 0) {
        fault = pwr_schema_prepare(store, pool);
    }
    if (fault == NULL) {
        fault = pwr_schema_look(&state, store, pool);
    }
    if (fault != NULL) {
        return print_fault(fault);
    }
    print_state(&state);
    return EXIT_SUCCESS;
}

int main(int count, char **words)
{
    apr_pool_t *pool = NULL;
    int status = 2;

    if (count == 2 && (strcmp(words[1], "-h") == 0 || strcmp(words[1], "--help") == 0)) {
        return print_usage(stdout, 0);
    }
    if (apr_initialize() != APR_SUCCESS || apr_pool_create(&pool, NULL) != APR_SUCCESS) {
        return EXIT_FAILURE;
    }
    if ((count == 3 || count == 4) && strcmp(words[1], "print") == 0) {
        status = print_script(words[2], count == 4 ? words[3] : "0", pool);
    } else if (count == 4 && (strcmp(words[1], "look") == 0 || strcmp(words[1], "apply") == 0)) {
        const pwr_store_settings_t settings = {.driver = words[2],
                                               .params = read_params(words[3], pool),
                                               .connections = 1,
                                               .timeout = TIMEOUT};
        status = open_store(words[1], &settings, pool);
    } else {
        status = print_usage(stderr, 2);
    }
    apr_terminate();
    return status;
}
