/*
 * Texts in seals: what waits is "<kind>\n<form seal>\n<name>[\n<back>]", a captcha is "<form
 * seal>\n<captcha>".
 */
#include "flow/challenge.h"

#include <string.h>

#include <apr_strings.h>

#include "base/clock.h"

const char *pwr_challenge_hold(const pwr_captcha_parts_t *parts, const pwr_held_t *held,
                               apr_pool_t *pool)
{
    const char *text
        = apr_psprintf(pool, "%d\n%s\n%s%s%s", (int)held->kind, held->form_seal, held->name,
                       held->back != NULL ? "\n" : "", held->back != NULL ? held->back : "");

    return pwr_seal_make(parts->key, PWR_SEAL_HELD, text, pool);
}

/* Cuts the first line off `text`; NULL when there is none. */
static const char *take_line(char **text)
{
    char *line = *text;

    if (line == NULL || line[0] == '\0') {
        return NULL;
    }
    char *end = strchr(line, '\n');
    *text = end != NULL ? end + 1 : NULL;
    if (end != NULL) {
        *end = '\0';
    }
    return line;
}

bool pwr_challenge_open_held(pwr_held_t *held, const pwr_captcha_parts_t *parts, const char *sealed,
                             apr_pool_t *pool)
{
    pwr_seal_t seal;

    if (sealed == NULL || !pwr_seal_open(&seal, parts->key, PWR_SEAL_HELD, sealed, pool)
        || pwr_clock_now() - seal.made > parts->check->settings->wait + PWR_CAPTCHA_LIFE) {
        return false;
    }
    char *text = apr_pstrdup(pool, seal.text);
    const char *kind = take_line(&text);
    const char *form_seal = take_line(&text);
    const char *name = take_line(&text);
    *held = (pwr_held_t){.kind = (pwr_held_kind_t)apr_atoi64(kind != NULL ? kind : ""),
                         .form_seal = form_seal,
                         .name = name,
                         .back = take_line(&text),
                         .sealed = sealed,
                         .made = seal.made};
    return name != NULL;
}

pwr_sealed_captcha_t pwr_challenge_make_captcha(const pwr_captcha_parts_t *parts,
                                                const pwr_held_t *held, apr_pool_t *pool)
{
    pwr_sealed_captcha_t question = {.captcha = pwr_captcha_question_make(parts->captcha)};
    char mail_templates[PWR_CAPTCHA_QUESTION_CHARS + 1];

    pwr_captcha_question_write(mail_templates, &question.captcha);
    const char *text = apr_pstrcat(pool, held->form_seal, "\n", mail_templates, NULL);
    question.sealed = pwr_seal_make(parts->key, PWR_SEAL_CAPTCHA, text, pool);
    return question;
}

/* Does the text of a captcha begin with the seal of this request's form? */
static bool is_for(const pwr_held_t *held, const char *text, size_t length)
{
    return strlen(held->form_seal) == length && strncmp(held->form_seal, text, length) == 0;
}

bool pwr_challenge_open_captcha(pwr_sealed_captcha_t *question, const pwr_captcha_parts_t *parts,
                                const pwr_held_t *held, const char *sealed, apr_pool_t *pool)
{
    pwr_seal_t seal;

    if (sealed == NULL || parts->captcha == NULL
        || !pwr_seal_open(&seal, parts->key, PWR_SEAL_CAPTCHA, sealed, pool)
        || pwr_clock_now() - seal.made > PWR_CAPTCHA_LIFE) {
        return false;
    }
    const char *mail_templates = strchr(seal.text, '\n');
    question->sealed = sealed;
    return mail_templates != NULL
           && pwr_captcha_question_read(&question->captcha, parts->captcha, mail_templates + 1)
           && (held == NULL || is_for(held, seal.text, (size_t)(mail_templates - seal.text)));
}

bool pwr_challenge_has_captcha(const pwr_captcha_parts_t *parts)
{
    return parts->captcha != NULL && !pwr_captcha_answers_is_busy(parts->answers);
}

/* "picture 010000010" or "sound 3": what was answered, as one text. */
static const char *text_of(const pwr_captcha_answer_t *answer, apr_pool_t *pool)
{
    char marks[PWR_CAPTCHA_SQUARES + 1] = "";

    if (strcmp(answer->way, "sound") == 0) {
        return apr_pstrcat(pool, "sound ", answer->sound != NULL ? answer->sound : "", NULL);
    }
    for (int i = 0; i < PWR_CAPTCHA_SQUARES; i++) {
        marks[i] = answer->marked[i] ? '1' : '0';
    }
    return apr_pstrcat(pool, answer->way, " ", marks, NULL);
}

static bool is_right(const pwr_captcha_question_t *question, const pwr_captcha_answer_t *answer)
{
    if (strcmp(answer->way, "sound") == 0) {
        return pwr_captcha_question_is_heard(question, answer->sound != NULL ? answer->sound : "");
    }
    return strcmp(answer->way, "picture") == 0
           && pwr_captcha_question_is_seen(question, answer->marked);
}

const char *pwr_challenge_check_answer(const pwr_captcha_parts_t *parts, const pwr_held_t *held,
                                       const pwr_captcha_answer_t *answer, apr_pool_t *pool)
{
    pwr_sealed_captcha_t question;
    const char *way = answer->way;

    if (way != NULL && strcmp(way, "wait") == 0) {
        apr_time_t ready = held->made + parts->check->settings->wait;
        return pwr_clock_now() >= ready ? NULL : "challenge.early";
    }
    if (way != NULL && strcmp(way, "work") == 0) {
        return pwr_challenge_has_long_work(parts->check, held->form_seal, answer->solution, pool)
                   ? NULL
                   : "work.failed";
    }
    if (way == NULL || !pwr_challenge_open_captcha(&question, parts, held, answer->sealed, pool)) {
        return "challenge.wrong";
    }
    bool is_first
        = pwr_captcha_answers_take(parts->answers, question.sealed, text_of(answer, pool));
    return is_first && is_right(&question.captcha, answer) ? NULL : "challenge.wrong";
}

const char *pwr_challenge_seal_solved(const pwr_captcha_parts_t *parts, const char *form_seal,
                                      apr_pool_t *pool)
{
    return pwr_seal_make(parts->key, PWR_SEAL_SOLVED, form_seal, pool);
}

bool pwr_challenge_is_solved(const pwr_captcha_parts_t *parts, const char *solved,
                             const char *form_seal, apr_pool_t *pool)
{
    pwr_seal_t seal;

    return solved != NULL && form_seal != NULL
           && pwr_seal_open(&seal, parts->key, PWR_SEAL_SOLVED, solved, pool)
           && strcmp(seal.text, form_seal) == 0;
}
