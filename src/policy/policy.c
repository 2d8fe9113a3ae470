/*
 * The table of rules: one row each. A row says what its line is called, what is said when it is
 * broken, whether it applies (how many it asks for; 0 is not at all), and how it is checked. The
 * box, its ticks and the judgement walk these rows; a rule that only the directory can check has a
 * row without a check.
 */
#include "policy/policy.h"

#include <stddef.h>
#include <string.h>

#include <apr_strings.h>

#include "base/limits.h"
#include "base/log.h"
#include "policy/check_blocklist.h"
#include "policy/check_classes.h"
#include "policy/check_guess.h"
#include "policy/check_pattern.h"
#include "policy/check_person.h"
#include "policy/check_pwned.h"
#include "policy/check_rules.h"
#include "policy/merge.h"
#include "text/characters.h"
#include "text/unicode.h"

typedef struct {
    const char *kind;
    const char *broken; /* message key */
    int (*asked)(const pwr_policy_context_t *context);
    bool (*is_kept)(pwr_question_t *question); /* NULL: the directory checks it */
    const char *(*detail)(const pwr_policy_settings_t *settings);
    apr_size_t counted; /* offset in pwr_classes_t of both what is asked and what there is */
    bool is_class;
    bool has_tick;
} row_t;

static int asks_min_length(const pwr_policy_context_t *context)
{
    return context->rules->min_length;
}

/* The box does not show the program's own ceilings. */
static int asks_max_length(const pwr_policy_context_t *context)
{
    return context->rules->max_length;
}

static int asks_max_bytes(const pwr_policy_context_t *context)
{
    const pwr_rules_t *rules = context->rules;
    return rules->max_bytes > rules->max_length ? rules->max_bytes : 0;
}

static int asks_first(const pwr_policy_context_t *context)
{
    return context->policy->settings->first != NULL;
}

static int asks_last(const pwr_policy_context_t *context)
{
    return context->policy->settings->last != NULL;
}

static int asks_forbidden(const pwr_policy_context_t *context)
{
    return context->policy->settings->forbidden != NULL;
}

static int asks_person(const pwr_policy_context_t *context)
{
    return context->policy->settings->refuses_names
           || (context->rules->words != NULL && context->rules->words->nelts > 0);
}

static int asks_common(const pwr_policy_context_t *context)
{
    const pwr_policy_t *policy = context->policy;
    return policy->blocklist != NULL || policy->pwned != NULL
           || policy->settings->pwned_url != NULL;
}

static int asks_history(const pwr_policy_context_t *context)
{
    return context->rules->history;
}

static int asks_quality(const pwr_policy_context_t *context)
{
    return context->rules->has_quality_check;
}

static const char *first_of(const pwr_policy_settings_t *settings)
{
    return settings->first;
}

static const char *last_of(const pwr_policy_settings_t *settings)
{
    return settings->last;
}

static const char *forbidden_of(const pwr_policy_settings_t *settings)
{
    return settings->forbidden;
}

static bool check_pwned_range(pwr_question_t *question)
{
    const pwr_policy_settings_t *settings = question->context->policy->settings;
    bool is_found = false;
    pwr_fault_t *fault
        = pwr_pwned_ask(&is_found, settings, question->candidate->text, question->scratch);

    if (fault != NULL) {
        pwr_log_fault(fault);
        question->key = "password.unchecked";
        return !settings->refuses_on_outage;
    }
    return !is_found;
}

static bool check_common(pwr_question_t *question)
{
    const pwr_policy_t *policy = question->context->policy;
    const char *text = question->candidate->text;
    bool is_found = policy->blocklist != NULL
                    && pwr_blocklist_has(policy->blocklist, text, question->scratch);

    if (!is_found && policy->pwned != NULL) {
        pwr_fault_t *fault = pwr_pwned_find(&is_found, policy->pwned, text, question->scratch);
        if (fault != NULL) {
            pwr_log_fault(fault);
            question->key = "password.unchecked";
            return !policy->settings->refuses_on_outage;
        }
    }
    return !is_found && (policy->settings->pwned_url == NULL || check_pwned_range(question));
}

#define CLASS(field, check)                                                                        \
    {                                                                                              \
        .kind = #field, .broken = "password." #field, .is_kept = (check),                          \
        .counted = offsetof(pwr_classes_t, field), .is_class = true, .has_tick = true              \
    }

static const row_t rows[] = {
    {.kind = "min_length",
     .broken = "password.short",
     .asked = asks_min_length,
     .is_kept = pwr_check_min_length,
     .has_tick = true},
    {.kind = "max_length",
     .broken = "password.long",
     .asked = asks_max_length,
     .is_kept = pwr_check_max_length,
     .has_tick = true},
    {.kind = "max_bytes",
     .broken = "password.max_bytes",
     .asked = asks_max_bytes,
     .is_kept = pwr_check_max_bytes,
     .has_tick = true},
    CLASS(lower, pwr_check_at_least),
    CLASS(upper, pwr_check_at_least),
    CLASS(letters, pwr_check_at_least),
    CLASS(digits, pwr_check_at_least),
    CLASS(specials, pwr_check_at_least),
    CLASS(others, pwr_check_at_least),
    CLASS(categories, pwr_check_at_least),
    CLASS(repeats, pwr_check_at_most),
    {.kind = "first",
     .broken = "password.first",
     .asked = asks_first,
     .is_kept = pwr_check_first,
     .detail = first_of,
     .has_tick = true},
    {.kind = "last",
     .broken = "password.last",
     .asked = asks_last,
     .is_kept = pwr_check_last,
     .detail = last_of,
     .has_tick = true},
    {.kind = "forbidden",
     .broken = "password.forbidden",
     .asked = asks_forbidden,
     .is_kept = pwr_check_forbidden,
     .detail = forbidden_of,
     .has_tick = true},
    {.kind = "person",
     .broken = "password.person",
     .asked = asks_person,
     .is_kept = pwr_check_person,
     .has_tick = true},
    {.kind = "common", .broken = "password.common", .asked = asks_common, .is_kept = check_common},
    {.kind = "history", .asked = asks_history},
    {.kind = "quality", .asked = asks_quality},
};

static int number_at(const pwr_classes_t *classes, apr_size_t offset)
{
    return *(const int *)(const void *)((const char *)classes + offset);
}

static int asked_by(const row_t *row, const pwr_policy_context_t *context)
{
    return row->is_class ? number_at(&context->rules->classes, row->counted) : row->asked(context);
}

static const char *counting_of(const row_t *row, const pwr_rules_t *rules)
{
    static const char *const lengths[] = {"points", "bytes", "utf16"};
    static const char *const classes[] = {"unicode", "bytes", "samba"};

    if (row->is_class) {
        return classes[rules->classes.counting];
    }
    if (row->asked == asks_max_length) {
        return rules->max_bytes == rules->max_length ? "bytes" : "points";
    }
    if (row->asked == asks_max_bytes) {
        return "bytes";
    }
    return row->asked == asks_min_length ? lengths[rules->lengths] : lengths[PWR_LENGTH_POINTS];
}

static pwr_policy_line_t line_of(const row_t *row, const pwr_policy_context_t *context, int asked)
{
    return (pwr_policy_line_t){
        .kind = row->kind,
        .asked = asked,
        .detail = row->detail != NULL ? row->detail(context->policy->settings) : NULL,
        .counting = counting_of(row, context->rules),
        .has_tick = row->has_tick,
    };
}

static pwr_policy_line_t line_of_pattern(const pwr_policy_t *policy, int place)
{
    return (pwr_policy_line_t){
        .kind = "pattern",
        .counting = "points",
        .said = APR_ARRAY_IDX(policy->settings->patterns, place, pwr_policy_pattern_t).said,
    };
}

static bool is_shown(const row_t *row, int asked)
{
    return !(row->asked == asks_max_length && asked >= PWR_MAX_PASSWORD_CHARS)
           && !(row->asked == asks_max_bytes && asked >= PWR_MAX_PASSWORD);
}

apr_array_header_t *pwr_policy_lines(const pwr_policy_context_t *context, apr_pool_t *pool)
{
    const pwr_policy_t *policy = context->policy;
    apr_array_header_t *lines = apr_array_make(pool, 8, sizeof(pwr_policy_line_t));

    for (size_t i = 0; i < sizeof rows / sizeof rows[0]; i++) {
        int asked = asked_by(&rows[i], context);
        if (asked > 0 && is_shown(&rows[i], asked)) {
            APR_ARRAY_PUSH(lines, pwr_policy_line_t) = line_of(&rows[i], context, asked);
        }
    }
    for (int i = 0; policy->patterns != NULL && i < policy->patterns->nelts; i++) {
        APR_ARRAY_PUSH(lines, pwr_policy_line_t) = line_of_pattern(policy, i);
    }
    return lines;
}

pwr_fault_t *pwr_policy_open(pwr_policy_t **opened, const pwr_policy_settings_t *settings,
                             apr_pool_t *pool)
{
    pwr_policy_t *policy = apr_pcalloc(pool, sizeof *policy);

    policy->settings = settings;
    if (settings->blocklist != NULL) {
        PWR_TRY(pwr_blocklist_open(&policy->blocklist, settings->blocklist, pool));
    }
    if (settings->pwned_file != NULL) {
        PWR_TRY(pwr_pwned_open(&policy->pwned, settings->pwned_file, pool));
    }
    PWR_TRY(pwr_patterns_open(&policy->patterns, settings->patterns, pool));
    *opened = policy;
    return NULL;
}

static bool has_control_character(const char *text)
{
    for (const unsigned char *at = (const unsigned char *)text; *at != '\0'; at++) {
        bool is_c1 = at[0] == 0xc2 && at[1] >= 0x80 && at[1] <= 0x9f; /* U+0080 to U+009F */
        if (*at < 0x20 || *at == 0x7f || is_c1) {
            return true;
        }
    }
    return false;
}

pwr_secret_t *pwr_policy_prepare(const char **key, const char *typed, apr_pool_t *pool)
{
    size_t length = strnlen(typed, PWR_MAX_PASSWORD + 1);

    *key = NULL;
    if (length == 0) {
        *key = "password.empty";
        return NULL;
    }
    if (length > PWR_MAX_PASSWORD) {
        *key = "password.long_bytes";
        return NULL;
    }
    char *normal = has_control_character(typed) ? NULL : pwr_unicode_nfc(typed, length, pool);
    if (normal == NULL) {
        *key = "password.invalid";
        return NULL;
    }
    length = strlen(normal);
    pwr_secret_t *password = pwr_secret_make(normal, length, pool);
    pwr_crypto_wipe(normal, length);
    return password;
}

static void judge_rows(pwr_verdict_t *verdict, const pwr_policy_context_t *context,
                       const pwr_candidate_t *candidate, apr_pool_t *scratch)
{
    for (size_t i = 0; i < sizeof rows / sizeof rows[0] && verdict->key == NULL; i++) {
        const row_t *row = &rows[i];
        pwr_question_t question = {
            .context = context,
            .candidate = candidate,
            .asked = asked_by(row, context),
            .has = row->is_class ? number_at(&candidate->counts, row->counted) : 0,
            .scratch = scratch,
        };
        if (question.asked > 0 && row->is_kept != NULL && !row->is_kept(&question)) {
            verdict->key = question.key != NULL ? question.key : row->broken;
            verdict->line = line_of(row, context, question.asked);
        }
    }
}

static pwr_candidate_t candidate_of(const char *text, const pwr_rules_t *rules)
{
    apr_size_t length = strlen(text);

    return (pwr_candidate_t){
        .text = text,
        .points = pwr_unicode_count(text, length),
        .bytes = (int)length,
        .units = pwr_characters_units(text),
        .counts = pwr_classes_count(text, (int)rules->classes.counting),
    };
}

pwr_verdict_t pwr_policy_judge(const pwr_policy_context_t *context, const pwr_secret_t *password,
                               apr_pool_t *scratch)
{
    const pwr_policy_t *policy = context->policy;
    pwr_candidate_t candidate = candidate_of(pwr_secret_bytes(password), context->rules);
    pwr_verdict_t verdict = {.entered_length = candidate.points};

    judge_rows(&verdict, context, &candidate, scratch);
    if (verdict.key == NULL) {
        int broken = pwr_patterns_first_broken(policy, candidate.text, scratch);
        verdict.key = broken >= 0 ? "password.pattern" : NULL;
        verdict.line = broken >= 0 ? line_of_pattern(policy, broken) : verdict.line;
    }
    verdict.is_guessable = policy->settings->has_advice && pwr_guess_is_easy(candidate.text);
    return verdict;
}

pwr_rules_t pwr_policy_merge(const pwr_policy_settings_t *settings,
                             const pwr_rules_t *directory_rules)
{
    return pwr_merge_rules(settings, directory_rules);
}
