/*
 * A name is taken apart into its words, and a word counts from four characters on: "Ola" or "Li"
 * would refuse half of all sentences. Several short words count when they stand together ("olali").
 * Letter case and marks aside, both in the name and in the password. What stands behind an @ is
 * everybody's and left out.
 */
#include "policy/check_person.h"

#include <string.h>

#include <apr_cstr.h>
#include <apr_strings.h>

#include "base/limits.h"
#include "text/characters.h"
#include "text/unicode.h"

#define SHORTEST_WORD 4 /* characters */

static bool is_in(const char *word, const char *plain)
{
    return pwr_unicode_count(word, strlen(word)) >= SHORTEST_WORD && strstr(plain, word) != NULL;
}

static bool is_separator(unsigned point)
{
    pwr_character_class_t class = pwr_characters_class(point);
    return class == PWR_CLASS_SIGN || class == PWR_CLASS_OTHER;
}

/* Is a word of `name`, or all of it together, in the plain password? */
static bool holds_name(const char *plain, const char *name, apr_pool_t *pool)
{
    apr_size_t length = strnlen(name, PWR_MAX_ATTRIBUTE);
    const char *at = pwr_characters_plain(
        apr_pstrmemdup(pool, name, strcspn(name, "@") < length ? strcspn(name, "@") : length),
        pool);
    if (at == NULL) {
        return false; /* no UTF-8: it cannot be typed */
    }
    char *whole = apr_palloc(pool, strlen(at) + 1);
    char *end = whole;
    char *word = whole;
    while (*at != '\0') {
        const char *start = at;
        if (!is_separator(pwr_characters_next(&at))) {
            memcpy(end, start, (size_t)(at - start));
            end += at - start;
            continue;
        }
        *end = '\0';
        if (is_in(word, plain)) {
            return true;
        }
        word = end;
    }
    *end = '\0';
    return is_in(word, plain) || is_in(whole, plain);
}

static bool holds_one_of(const char *plain, const apr_array_header_t *names, apr_pool_t *pool)
{
    for (int i = 0; names != NULL && i < names->nelts; i++) {
        const char *name = APR_ARRAY_IDX(names, i, const char *);
        if (name != NULL && holds_name(plain, name, pool)) {
            return true;
        }
    }
    return false;
}

static bool holds_person(const pwr_question_t *question, apr_pool_t *pool)
{
    const pwr_account_t *account = question->context->account;
    const char *organisation = question->context->policy->settings->organisation;
    const char *plain = pwr_characters_plain(question->candidate->text, pool);

    if (plain == NULL) {
        return false;
    }
    if (organisation != NULL && holds_name(plain, organisation, pool)) {
        return true;
    }
    if (account == NULL) {
        return false;
    }
    return (account->login != NULL && holds_name(plain, account->login, pool))
           || (account->name != NULL && holds_name(plain, account->name, pool))
           || holds_one_of(plain, account->mails, pool)
           || holds_one_of(plain, account->names, pool);
}

/* 389-DS compares bytes, in lower case as far as ASCII goes. */
static bool holds_piece(const char *text, const char *piece)
{
    size_t length = strlen(piece);

    for (; *text != '\0'; text++) {
        if (apr_cstr_casecmpn(text, piece, length) == 0) {
            return true;
        }
    }
    return false;
}

/* As the directory does it: any part, however short, letter case aside. */
static bool holds_refused_word(const pwr_question_t *question, apr_pool_t *pool)
{
    const pwr_rules_t *rules = question->context->rules;
    const char *text = question->candidate->text;

    for (int i = 0; rules->words != NULL && i < rules->words->nelts; i++) {
        const char *word = APR_ARRAY_IDX(rules->words, i, const char *);
        bool is_in = rules->piece_length > 0 ? holds_piece(text, word)
                                             : pwr_unicode_contains(text, word, pool);
        if (is_in) {
            return true;
        }
    }
    return false;
}

bool pwr_check_person(pwr_question_t *question)
{
    apr_pool_t *pool = NULL;
    bool refuses_names = question->context->policy->settings->refuses_names;

    apr_pool_create(&pool, question->scratch);
    bool is_bad
        = holds_refused_word(question, pool) || (refuses_names && holds_person(question, pool));
    apr_pool_destroy(pool);
    return !is_bad;
}
