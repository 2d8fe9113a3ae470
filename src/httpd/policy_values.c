/*
 * What a site asks of a password. An expression is compiled, and a file of leaked passwords looked
 * at, where it is read, so that httpd's message names file and line.
 */
#include "httpd/policy_values.h"

#include <string.h>
#include <unistd.h>

#include <apr_lib.h>
#include <apr_strings.h>

#include "base/limits.h"
#include "base/url.h"
#include "policy/check_classes.h"
#include "policy/check_guess.h"
#include "policy/check_pwned.h"
#include "text/expression.h"

#define MOST_OF_A_CLASS 64

const char *pwr_directive_check_advice(const pwr_directive_args_t *args)
{
    return args->settings->parts.policy.has_advice && !pwr_guess_is_here()
               ? "this mod_pwreset was built without libzxcvbn"
               : NULL;
}

const char *pwr_directive_set_blocklist(const pwr_directive_args_t *args)
{
    const char **field = &args->settings->parts.policy.blocklist;

    if (strcmp(args->words[0], "none") == 0) {
        *field = "";
        return NULL;
    }
    const char *wrong = pwr_settings_check_text(args->words[0]);
    if (wrong != NULL) {
        return wrong;
    }
    *field = ap_server_root_relative(args->pool, args->words[0]);
    return *field != NULL && access(*field, R_OK) == 0
               ? NULL
               : apr_psprintf(args->pool, "the file %s cannot be read", args->words[0]);
}

const char *pwr_directive_check_pwned_file(const pwr_directive_args_t *args)
{
    apr_pool_t *scratch = NULL;
    pwr_pwned_t *pwned = NULL;
    const char *wrong = NULL;

    apr_pool_create(&scratch, args->pool);
    pwr_fault_t *fault = pwr_pwned_open(&pwned, args->settings->parts.policy.pwned_file, scratch);
    if (fault != NULL) {
        wrong = apr_pstrdup(args->pool, fault->detail);
    }
    apr_pool_destroy(scratch);
    return wrong;
}

const char *pwr_directive_set_pwned_url(const pwr_directive_args_t *args)
{
    const char *word = args->words[0];
    pwr_url_t url;

    if (!pwr_url_parse(&url, word, args->pool) || strcmp(url.scheme, "https") != 0
        || url.user != NULL || url.query != NULL || url.fragment != NULL) {
        return apr_psprintf(args->pool, "'%s' is no https URL", word);
    }
    if (url.path[0] == '\0' || url.path[strlen(url.path) - 1] != '/') {
        return apr_psprintf(args->pool, "'%s' does not end in a slash", word);
    }
    args->settings->parts.policy.pwned_url = apr_pstrdup(args->pool, word);
    return NULL;
}

const char *pwr_directive_set_outage(const pwr_directive_args_t *args)
{
    bool refuses = strcasecmp(args->words[0], "refuse") == 0;

    if (!refuses && strcasecmp(args->words[0], "accept") != 0) {
        return apr_psprintf(args->pool, "'%s' is neither accept nor refuse", args->words[0]);
    }
    args->settings->parts.policy.refuses_on_outage = refuses;
    return NULL;
}

/* The number that a word like "digits=2" sets; NULL when it names none. */
static int *field_of(pwr_classes_t *classes, const char *word, size_t length)
{
    const struct {
        const char *name;
        int *field;
    } fields[] = {
        {"lower", &classes->lower},       {"upper", &classes->upper},
        {"letters", &classes->letters},   {"digits", &classes->digits},
        {"specials", &classes->specials}, {"categories", &classes->categories},
        {"repeats", &classes->repeats},
    };

    for (size_t i = 0; i < sizeof fields / sizeof fields[0]; i++) {
        if (strlen(fields[i].name) == length && strncmp(fields[i].name, word, length) == 0) {
            return fields[i].field;
        }
    }
    return NULL;
}

const char *pwr_directive_set_classes(const pwr_directive_args_t *args)
{
    pwr_classes_t *classes = &args->settings->parts.policy.classes;

    *classes = (pwr_classes_t){.counting = PWR_COUNT_UNICODE};
    for (int i = 0; i < args->count; i++) {
        const char *word = args->words[i];
        size_t length = strcspn(word, "=");
        int *field = field_of(classes, word, length);
        char *end = NULL;
        apr_int64_t number = word[length] == '=' ? apr_strtoi64(word + length + 1, &end, 10) : 0;
        if (field == NULL || number < 1 || number > MOST_OF_A_CLASS || *end != '\0') {
            return apr_psprintf(args->pool,
                                "'%s' is none of lower, upper, letters, digits, specials, "
                                "categories, repeats with = and a number from 1 to %d",
                                word, MOST_OF_A_CLASS);
        }
        *field = (int)number;
    }
    return classes->categories > 4 ? "there are four categories: lower, upper, digits, specials"
                                   : NULL;
}

const char *pwr_directive_check_class(const pwr_directive_args_t *args)
{
    return pwr_classes_is_name(args->words[0])
               ? NULL
               : apr_psprintf(args->pool, "'%s' is none of letter, lower, upper, digit, alnum",
                              args->words[0]);
}

/* "nb:Sentence", or a sentence for every other language. */
static const char *set_sentence(apr_table_t *said, const char *word, apr_pool_t *pool)
{
    size_t length = strcspn(word, ":");
    bool has_tag
        = word[length] == ':' && length >= 2 && length <= 8 && word[length + 1] != ' '
          && strspn(word, "abcdefghijklmnopqrstuvwxyzABCDEFGHIJKLMNOPQRSTUVWXYZ-") == length;
    const char *sentence = has_tag ? word + length + 1 : word;
    const char *wrong = pwr_settings_check_text(sentence);

    if (wrong == NULL) {
        apr_table_set(said, has_tag ? apr_pstrmemdup(pool, word, length) : "", sentence);
        if (apr_table_get(said, "") == NULL) {
            apr_table_set(said, "", sentence);
        }
    }
    return wrong;
}

const char *pwr_directive_set_pattern(const pwr_directive_args_t *args)
{
    pwr_policy_settings_t *policy = &args->settings->parts.policy;
    pwr_expression_t *ignored = NULL;
    pwr_policy_pattern_t pattern = {.said = apr_table_make(args->pool, 2)};
    const char *word = args->words[0];

    if (args->count < 2) {
        return "it takes an expression and the sentence that people are shown";
    }
    pattern.is_unwanted = word[0] == '!';
    pattern.expression = apr_pstrdup(args->pool, word + pattern.is_unwanted);
    if (pattern.expression[0] == '\0') {
        return "the expression is empty";
    }
    pwr_fault_t *fault = pwr_expression_compile(&ignored, pattern.expression, args->pool);
    if (fault != NULL) {
        return fault->detail;
    }
    for (int i = 1; i < args->count; i++) {
        const char *wrong = set_sentence(pattern.said, args->words[i], args->pool);
        if (wrong != NULL) {
            return wrong;
        }
    }
    if (policy->patterns == NULL) {
        policy->patterns = apr_array_make(args->pool, 2, sizeof pattern);
    }
    if (policy->patterns->nelts >= PWR_MAX_PATTERNS) {
        return apr_psprintf(args->pool, "there are more than %d expressions", PWR_MAX_PATTERNS);
    }
    APR_ARRAY_PUSH(policy->patterns, pwr_policy_pattern_t) = pattern;
    return NULL;
}
