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

#define MOST_OF_A_SORT 64

const char *pwr_judge_advice(const pwr_taken_t *taken)
{
    return taken->settings->parts.policy.has_advice && !pwr_guess_is_here()
               ? "this mod_pwreset was built without libzxcvbn"
               : NULL;
}

const char *pwr_take_blocklist(const pwr_taken_t *taken)
{
    const char **field = &taken->settings->parts.policy.blocklist;

    if (strcmp(taken->words[0], "none") == 0) {
        *field = "";
        return NULL;
    }
    const char *wrong = pwr_settings_judge_text(taken->words[0]);
    if (wrong != NULL) {
        return wrong;
    }
    *field = ap_server_root_relative(taken->pool, taken->words[0]);
    return *field != NULL && access(*field, R_OK) == 0
               ? NULL
               : apr_psprintf(taken->pool, "the file %s cannot be read", taken->words[0]);
}

const char *pwr_judge_pwned_file(const pwr_taken_t *taken)
{
    apr_pool_t *scratch = NULL;
    pwr_pwned_t *pwned = NULL;
    const char *wrong = NULL;

    apr_pool_create(&scratch, taken->pool);
    pwr_fault_t *fault = pwr_pwned_open(&pwned, taken->settings->parts.policy.pwned_file, scratch);
    if (fault != NULL) {
        wrong = apr_pstrdup(taken->pool, fault->detail);
    }
    apr_pool_destroy(scratch);
    return wrong;
}

const char *pwr_take_pwned_url(const pwr_taken_t *taken)
{
    const char *word = taken->words[0];
    pwr_url_t url;

    if (!pwr_url_parse(&url, word, taken->pool) || strcmp(url.scheme, "https") != 0
        || url.user != NULL || url.query != NULL || url.fragment != NULL) {
        return apr_psprintf(taken->pool, "'%s' is no https URL", word);
    }
    if (url.path[0] == '\0' || url.path[strlen(url.path) - 1] != '/') {
        return apr_psprintf(taken->pool, "'%s' does not end in a slash", word);
    }
    taken->settings->parts.policy.pwned_url = apr_pstrdup(taken->pool, word);
    return NULL;
}

const char *pwr_take_outage(const pwr_taken_t *taken)
{
    bool refuses = strcasecmp(taken->words[0], "refuse") == 0;

    if (!refuses && strcasecmp(taken->words[0], "accept") != 0) {
        return apr_psprintf(taken->pool, "'%s' is neither accept nor refuse", taken->words[0]);
    }
    taken->settings->parts.policy.refuses_on_outage = refuses;
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

const char *pwr_take_classes(const pwr_taken_t *taken)
{
    pwr_classes_t *classes = &taken->settings->parts.policy.classes;

    *classes = (pwr_classes_t){.counting = PWR_COUNT_UNICODE};
    for (int i = 0; i < taken->count; i++) {
        const char *word = taken->words[i];
        size_t length = strcspn(word, "=");
        int *field = field_of(classes, word, length);
        char *end = NULL;
        apr_int64_t number = word[length] == '=' ? apr_strtoi64(word + length + 1, &end, 10) : 0;
        if (field == NULL || number < 1 || number > MOST_OF_A_SORT || *end != '\0') {
            return apr_psprintf(taken->pool,
                                "'%s' is none of lower, upper, letters, digits, specials, "
                                "categories, repeats with = and a number from 1 to %d",
                                word, MOST_OF_A_SORT);
        }
        *field = (int)number;
    }
    return classes->categories > 4 ? "there are four categories: lower, upper, digits, specials"
                                   : NULL;
}

const char *pwr_judge_sort(const pwr_taken_t *taken)
{
    return pwr_classes_is_sort(taken->words[0])
               ? NULL
               : apr_psprintf(taken->pool, "'%s' is none of letter, lower, upper, digit, alnum",
                              taken->words[0]);
}

/* "nb:Sentence", or a sentence for every other language. */
static const char *take_sentence(apr_table_t *said, const char *word, apr_pool_t *pool)
{
    size_t length = strcspn(word, ":");
    bool has_tag
        = word[length] == ':' && length >= 2 && length <= 8 && word[length + 1] != ' '
          && strspn(word, "abcdefghijklmnopqrstuvwxyzABCDEFGHIJKLMNOPQRSTUVWXYZ-") == length;
    const char *sentence = has_tag ? word + length + 1 : word;
    const char *wrong = pwr_settings_judge_text(sentence);

    if (wrong == NULL) {
        apr_table_set(said, has_tag ? apr_pstrmemdup(pool, word, length) : "", sentence);
        if (apr_table_get(said, "") == NULL) {
            apr_table_set(said, "", sentence);
        }
    }
    return wrong;
}

const char *pwr_take_pattern(const pwr_taken_t *taken)
{
    pwr_policy_settings_t *policy = &taken->settings->parts.policy;
    pwr_expression_t *ignored = NULL;
    pwr_policy_pattern_t pattern = {.said = apr_table_make(taken->pool, 2)};
    const char *word = taken->words[0];

    if (taken->count < 2) {
        return "it takes an expression and the sentence that people are shown";
    }
    pattern.is_unwanted = word[0] == '!';
    pattern.expression = apr_pstrdup(taken->pool, word + pattern.is_unwanted);
    if (pattern.expression[0] == '\0') {
        return "the expression is empty";
    }
    pwr_fault_t *fault = pwr_expression_compile(&ignored, pattern.expression, taken->pool);
    if (fault != NULL) {
        return fault->detail;
    }
    for (int i = 1; i < taken->count; i++) {
        const char *wrong = take_sentence(pattern.said, taken->words[i], taken->pool);
        if (wrong != NULL) {
            return wrong;
        }
    }
    if (policy->patterns == NULL) {
        policy->patterns = apr_array_make(taken->pool, 2, sizeof pattern);
    }
    if (policy->patterns->nelts >= PWR_MAX_PATTERNS) {
        return apr_psprintf(taken->pool, "there are more than %d expressions", PWR_MAX_PATTERNS);
    }
    APR_ARRAY_PUSH(policy->patterns, pwr_policy_pattern_t) = pattern;
    return NULL;
}
