/*
 * One page, four ways: pictures, sound, waiting, and with a script long work. What is right stands
 * sealed in the form (PWR_SEAL_TASK), bound to the request it is for, and the request's own nonce
 * lets it through once. A task is answered once: whoever was wrong gets another
 * (abuse/task_answers). Waiting counts from when the request was held, so a wrong answer to a task
 * costs nobody his place.
 */
#include "httpd/visit_challenge.h"

#include <string.h>

#include <apr_strings.h>
#include <http_protocol.h>

#include "abuse/captcha_task.h"
#include "base/clock.h"
#include "base/log.h"
#include "httpd/form.h"
#include "httpd/respond.h"
#include "httpd/return_url.h"
#include "httpd/visit_change.h"
#include "httpd/visit_language.h"
#include "httpd/visit_request.h"
#include "text/unicode.h"

#define COST_OF_WRONG 4   /* quarters of a request */
#define COST_OF_DRAWING 1 /* it costs us more than asking costs them */

/* A request that waits. */
typedef struct {
    const char *sealed;
    apr_time_t made;
    pwr_row_kind_t kind;
    const char *form_seal;
    const char *subject;
    const char *back; /* NULL: nowhere */
} held_t;

typedef struct {
    const char *sealed;
    pwr_captcha_task_t captcha;
} task_t;

static int give_work(const pwr_visit_t *visit, const char *client)
{
    static const char name[] = "seal=";
    const char *query = visit->request->args;
    const char *json = NULL;

    if (query != NULL && strncmp(query, name, strlen(name)) == 0) {
        json = pwr_challenge_work(&visit->site->parts.request.challenge, query + strlen(name),
                                  client, visit->request->pool);
    }
    if (json == NULL) {
        return pwr_respond_error(visit, HTTP_BAD_REQUEST, "error.bad_request");
    }
    return pwr_respond_once(visit, "application/json", json, strlen(json));
}

int pwr_visit_challenge_work(const pwr_visit_t *visit)
{
    return give_work(visit, visit->client);
}

int pwr_visit_challenge_long_work(const pwr_visit_t *visit)
{
    return give_work(visit, NULL);
}

int pwr_visit_challenge_begin(const pwr_visit_t *visit, const pwr_request_form_t *form)
{
    apr_pool_t *pool = visit->request->pool;
    const char *text
        = apr_psprintf(pool, "%d\n%s\n%s%s%s", (int)form->kind, form->form.seal, form->subject,
                       form->back != NULL ? "\n" : "", form->back != NULL ? form->back : "");
    const char *sealed = pwr_seal_make(visit->site->key, PWR_SEAL_HELD, text, pool);

    return pwr_respond_see_other(visit, apr_pstrcat(pool, "/c/", sealed, NULL));
}

static bool open_held(held_t *held, const pwr_visit_t *visit, const char *sealed)
{
    pwr_seal_t seal;
    char *last = NULL;

    if (sealed == NULL
        || !pwr_seal_open(&seal, visit->site->key, PWR_SEAL_HELD, sealed, visit->request->pool)
        || pwr_clock_now() - seal.made > visit->site->settings->parts.abuse.wait + PWR_TASK_LIFE) {
        return false;
    }
    char *text = apr_pstrdup(visit->request->pool, seal.text);
    const char *kind = apr_strtok(text, "\n", &last);
    const char *form_seal = apr_strtok(NULL, "\n", &last);
    const char *subject = apr_strtok(NULL, "\n", &last);
    *held = (held_t){.sealed = sealed,
                     .made = seal.made,
                     .kind = (pwr_row_kind_t)apr_atoi64(kind),
                     .form_seal = form_seal,
                     .subject = subject,
                     .back = apr_strtok(NULL, "\n", &last)};
    return subject != NULL;
}

/* "<form seal>\n<task>" */
static task_t make_task(const pwr_visit_t *visit, const held_t *held)
{
    task_t task = {.captcha = pwr_captcha_task_make(visit->site->captcha)};
    char letters[PWR_CAPTCHA_TASK_CHARS + 1];

    pwr_captcha_task_write(letters, &task.captcha);
    const char *text = apr_pstrcat(visit->request->pool, held->form_seal, "\n", letters, NULL);
    task.sealed = pwr_seal_make(visit->site->key, PWR_SEAL_TASK, text, visit->request->pool);
    return task;
}

/* Opens a task; `held` NULL opens one for any request, as drawing it does. */
static bool open_task(task_t *task, const pwr_visit_t *visit, const held_t *held,
                      const char *sealed)
{
    pwr_seal_t seal;

    if (sealed == NULL || visit->site->captcha == NULL
        || !pwr_seal_open(&seal, visit->site->key, PWR_SEAL_TASK, sealed, visit->request->pool)
        || pwr_clock_now() - seal.made > PWR_TASK_LIFE) {
        return false;
    }
    const char *letters = strchr(seal.text, '\n');
    if (letters == NULL
        || !pwr_captcha_task_read(&task->captcha, visit->site->captcha, letters + 1)) {
        return false;
    }
    size_t length = (size_t)(letters - seal.text);
    if (held != NULL
        && (strlen(held->form_seal) != length
            || strncmp(held->form_seal, seal.text, length) != 0)) {
        return false;
    }
    task->sealed = sealed;
    return true;
}

static const char *words_of(const pwr_visit_t *visit, const char *key)
{
    return pwr_messages_format(visit->language, key, NULL, visit->request->pool);
}

/* The parts of the page with a picture and a sound. */
static void show_captcha(pwr_view_t *view, const pwr_visit_t *visit, const held_t *held)
{
    const pwr_captcha_t *captcha = visit->site->captcha;
    apr_pool_t *pool = visit->request->pool;
    task_t task = make_task(visit, held);

    pwr_view_flag(view, "has_task", true);
    pwr_view_text(view, "task", task.sealed);
    pwr_view_text(view, "thing", words_of(visit, captcha->things[task.captcha.thing]));
    pwr_view_text(view, "picture_url",
                  apr_pstrcat(pool, visit->prefix, "/c/picture/", task.sealed, NULL));
    pwr_view_text(view, "sound_url",
                  apr_pstrcat(pool, visit->prefix, "/c/sound/", task.sealed, NULL));
    for (int i = 0; i < captcha->sound_count; i++) {
        pwr_view_t *item = pwr_view_add(view, "sounds");
        pwr_view_number(item, "value", i);
        pwr_view_text(item, "text", words_of(visit, captcha->sounds[i]));
    }
}

/* The page with a new task; `key` is what was wrong with the answer to the last one. */
static int show(const pwr_visit_t *visit, const held_t *held, const char *key)
{
    apr_pool_t *pool = visit->request->pool;
    pwr_view_t *view = pwr_pages_view(visit, PWR_PAGE_CHALLENGE);
    apr_interval_time_t wait = visit->site->settings->parts.abuse.wait;

    pwr_view_text(view, "held", held->sealed);
    pwr_view_text(view, "seal", held->form_seal);
    pwr_view_text(view, "long_work_url", apr_pstrcat(pool, visit->prefix, "/challenge/long", NULL));
    pwr_view_flag(view, "level_work", true); /* progress is shown */
    bool is_busy = pwr_task_answers_is_busy(visit->site->answers);
    pwr_view_flag(view, "is_busy", is_busy && visit->site->captcha != NULL);
    if (visit->site->captcha != NULL && !is_busy) {
        show_captcha(view, visit, held);
    }
    pwr_view_number(view, "wait_minutes", (apr_time_sec(wait) + 59) / 60);
    pwr_view_time(view, "ready", held->made + wait);
    if (key == NULL) {
        return pwr_respond_page(visit, PWR_PAGE_CHALLENGE, view, HTTP_OK);
    }
    pwr_page_error_t error = {.key = key, .field = "ways"};
    pwr_pages_error(view, visit, &error);
    return pwr_respond_page(visit, PWR_PAGE_CHALLENGE, view, HTTP_UNPROCESSABLE_ENTITY);
}

int pwr_visit_challenge_show(const pwr_visit_t *visit)
{
    held_t held;

    if (!open_held(&held, visit, visit->path + strlen("/c/"))) {
        return pwr_respond_see_other(visit, "/");
    }
    return show(visit, &held, NULL);
}

static void tell(const pwr_visit_t *visit, pwr_event_t event)
{
    pwr_facts_t facts = {.realm = visit->site->parts.realm, .client = visit->client};
    pwr_events_raise(visit->site->parts.events, event, &facts, visit->request->pool);
}

/* Counts against the client; false with the answer to give when that was too much. */
static bool may_go_on(int *answer, const pwr_visit_t *visit, int cost)
{
    pwr_pressure_t pressure = pwr_client_limit_count(visit->site->limit, visit->client, cost);

    if (pressure.level != PWR_LEVEL_REFUSE) {
        return true;
    }
    tell(visit, PWR_EVENT_CLIENT_REFUSED);
    *answer = pwr_respond_too_many(visit, pressure.retry_after);
    return false;
}

/* "picture 010000010" or "sound 3": what was answered, as one text. */
static const char *answer_of(const char *way, const pwr_form_t *fields, apr_pool_t *pool)
{
    const char *sound = pwr_form_value(fields, "sound");
    char marks[PWR_CAPTCHA_SQUARES + 1] = "";

    if (strcmp(way, "sound") == 0) {
        return apr_pstrcat(pool, way, " ", sound != NULL ? sound : "", NULL);
    }
    for (int i = 0; i < PWR_CAPTCHA_SQUARES; i++) {
        const char *name = apr_psprintf(pool, "s%d", i + 1);
        marks[i] = pwr_form_value(fields, name) != NULL ? '1' : '0';
    }
    return apr_pstrcat(pool, way, " ", marks, NULL);
}

static bool is_right(const task_t *task, const char *way, const char *answer)
{
    const char *given = strchr(answer, ' ') + 1;
    bool marked[PWR_CAPTCHA_SQUARES];

    if (strcmp(way, "sound") == 0) {
        return pwr_captcha_task_is_heard(&task->captcha, given);
    }
    for (int i = 0; i < PWR_CAPTCHA_SQUARES; i++) {
        marked[i] = given[i] == '1';
    }
    return strcmp(way, "picture") == 0 && pwr_captcha_task_is_seen(&task->captcha, marked);
}

/* NULL when the chosen way has been gone; else the message that says what is missing. */
static const char *judge(const pwr_visit_t *visit, const held_t *held, const pwr_form_t *fields)
{
    apr_pool_t *pool = visit->request->pool;
    const char *way = pwr_form_value(fields, "way");
    task_t task;

    if (way != NULL && strcmp(way, "wait") == 0) {
        apr_time_t ready = held->made + visit->site->settings->parts.abuse.wait;
        return pwr_clock_now() >= ready ? NULL : "challenge.early";
    }
    if (way != NULL && strcmp(way, "work") == 0) {
        const char *solution = pwr_form_value(fields, "altcha");
        return pwr_challenge_has_long_work(&visit->site->parts.request.challenge, held->form_seal,
                                           solution, pool)
                   ? NULL
                   : "work.failed";
    }
    if (way == NULL || !open_task(&task, visit, held, pwr_form_value(fields, "task"))) {
        return "challenge.wrong";
    }
    const char *answer = answer_of(way, fields, pool);
    bool is_first = pwr_task_answers_take(visit->site->answers, task.sealed, answer);
    return is_first && is_right(&task, way, answer) ? NULL : "challenge.wrong";
}

int pwr_visit_challenge_post(const pwr_visit_t *visit)
{
    pwr_form_t *fields = NULL;
    held_t held;
    int status = pwr_form_read(&fields, visit->request);

    if (status != OK) {
        return pwr_respond_bad_body(visit, status);
    }
    if (!open_held(&held, visit, pwr_form_value(fields, "held"))) {
        return pwr_respond_see_other(visit, "/");
    }
    const char *wrong = judge(visit, &held, fields);
    if (wrong != NULL) {
        tell(visit, PWR_EVENT_TASK_WRONG);
        return may_go_on(&status, visit, COST_OF_WRONG) ? show(visit, &held, wrong) : status;
    }
    if (held.kind == PWR_ROW_TRY) {
        return pwr_visit_change_solved(visit, held.form_seal, held.subject);
    }
    pwr_request_form_t form = {
        .kind = held.kind,
        .subject = held.subject,
        .form = {.seal = held.form_seal, .has_solved_task = true, .client = visit->client},
        .language = pwr_visit_language_mark(visit),
        .back = pwr_return_judge(visit->site, held.back, visit->request->pool),
    };
    const char *shown = held.kind == PWR_ROW_LINK ? held.subject : NULL;
    return pwr_visit_request_answer(visit, &form, shown);
}

/* Opens the task behind `path`, and says whether it may be drawn; else false with the answer. */
static bool may_draw(int *answer, task_t *task, const pwr_visit_t *visit, const char *path,
                     pwr_draw_t what)
{
    if (!open_task(task, visit, NULL, visit->path + strlen(path))) {
        *answer = pwr_respond_error(visit, HTTP_NOT_FOUND, "error.not_found");
        return false;
    }
    if (!may_go_on(answer, visit, COST_OF_DRAWING)) {
        return false;
    }
    switch (pwr_task_answers_draw(visit->site->answers, task->sealed, what,
                                  visit->site->settings->parts.abuse.drawings)) {
    case PWR_DRAW_YES:
        return true;
    case PWR_DRAW_SPENT:
        *answer = pwr_respond_error(visit, HTTP_GONE, "error.not_found");
        return false;
    case PWR_DRAW_BUSY:
        break;
    }
    *answer = pwr_respond_error(visit, HTTP_SERVICE_UNAVAILABLE, "error.unavailable");
    return false;
}

int pwr_visit_challenge_picture(const pwr_visit_t *visit)
{
    const char *png = NULL;
    apr_size_t length = 0;
    task_t task;
    int answer = OK;

    if (!may_draw(&answer, &task, visit, "/c/picture/", PWR_DRAW_PICTURE)) {
        return answer;
    }
    pwr_fault_t *fault
        = visit->site->captcha->draw(&png, &length, task.captcha.shown, visit->request->pool);
    if (fault != NULL) {
        pwr_log_fault(fault);
        return pwr_respond_error(visit, HTTP_SERVICE_UNAVAILABLE, "error.unavailable");
    }
    return pwr_respond_once(visit, "image/png", png, length);
}

int pwr_visit_challenge_sound(const pwr_visit_t *visit)
{
    const char *wav = NULL;
    apr_size_t length = 0;
    task_t task;
    int answer = OK;

    if (!may_draw(&answer, &task, visit, "/c/sound/", PWR_DRAW_SOUND)) {
        return answer;
    }
    visit->site->captcha->play(&wav, &length, task.captcha.sound, visit->request->pool);
    return pwr_respond_once(visit, "audio/wav", wav, length);
}
