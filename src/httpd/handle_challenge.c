/*
 * One page, four ways: pictures, sound, waiting, and with a script long work. What the ways ask,
 * and whether one has been gone, is flow/challenge's.
 */
#include "httpd/handle_challenge.h"

#include <string.h>

#include <apr_strings.h>
#include <http_protocol.h>

#include "base/log.h"
#include "httpd/form.h"
#include "httpd/respond.h"
#include "httpd/return_url.h"
#include "httpd/robot_check.h"
#include "httpd/handle_change.h"
#include "httpd/handle_language.h"
#include "httpd/handle_request.h"

#define COST_OF_WRONG 4   /* quarters of a request */
#define COST_OF_DRAWING 1 /* it costs us more than asking costs them */

static const char *words_of(const pwr_request_context_t *context, const char *key)
{
    return pwr_translations_format(context->language, key, NULL, context->request->pool);
}

/* The parts of the page with a picture and a sound. */
static void show_captcha(pwr_view_t *view, const pwr_request_context_t *context,
                         const pwr_held_t *held)
{
    const pwr_captcha_t *source = context->site->captcha;
    apr_pool_t *pool = context->request->pool;
    const pwr_captcha_parts_t parts = pwr_robot_check_parts(context);
    pwr_sealed_captcha_t captcha = pwr_challenge_make_captcha(&parts, held, pool);

    pwr_view_flag(view, "has_captcha", true);
    pwr_view_text(view, "captcha", captcha.sealed);
    pwr_view_text(view, "thing", words_of(context, source->things[captcha.captcha.thing]));
    pwr_view_text(view, "picture_url",
                  apr_pstrcat(pool, context->prefix, "/c/picture/", captcha.sealed, NULL));
    pwr_view_text(view, "sound_url",
                  apr_pstrcat(pool, context->prefix, "/c/sound/", captcha.sealed, NULL));
    for (int i = 0; i < source->sound_count; i++) {
        pwr_view_t *item = pwr_view_add(view, "sounds");
        pwr_view_number(item, "value", i);
        pwr_view_text(item, "text", words_of(context, source->sounds[i]));
    }
}

/* The page with a new captcha; `key` is what was wrong with the answer to the last one. */
static int show(const pwr_request_context_t *context, const pwr_held_t *held, const char *key)
{
    apr_pool_t *pool = context->request->pool;
    pwr_view_t *view = pwr_pages_view(context, PWR_PAGE_CHALLENGE);
    apr_interval_time_t wait = context->site->settings->parts.abuse.wait;
    const pwr_captcha_parts_t parts = pwr_robot_check_parts(context);

    pwr_view_text(view, "held", held->sealed);
    pwr_view_text(view, "seal", held->form_seal);
    pwr_view_text(view, "long_work_url",
                  apr_pstrcat(pool, context->prefix, "/challenge/long", NULL));
    pwr_view_flag(view, "level_work", true); /* progress is shown */
    bool has_captcha = pwr_challenge_has_captcha(&parts);
    pwr_view_flag(view, "is_busy", !has_captcha && parts.captcha != NULL);
    if (has_captcha) {
        show_captcha(view, context, held);
    }
    pwr_view_number(view, "wait_minutes", (apr_time_sec(wait) + 59) / 60);
    pwr_view_time(view, "ready", held->made + wait);
    if (key == NULL) {
        return pwr_respond_page(context, PWR_PAGE_CHALLENGE, view, HTTP_OK);
    }
    pwr_page_error_t error = {.key = key, .field = "ways"};
    pwr_pages_error(view, context, &error);
    return pwr_respond_page(context, PWR_PAGE_CHALLENGE, view, HTTP_UNPROCESSABLE_ENTITY);
}

int pwr_handle_challenge_show(const pwr_request_context_t *context)
{
    pwr_held_t held;
    const pwr_captcha_parts_t parts = pwr_robot_check_parts(context);
    const char *sealed = context->path + strlen("/c/");

    if (!pwr_challenge_open_held(&held, &parts, sealed, context->request->pool)) {
        return pwr_respond_see_other(context, "/");
    }
    return show(context, &held, NULL);
}

static void raise_event(const pwr_request_context_t *context, pwr_event_t event)
{
    pwr_facts_t facts = {.site = context->site->parts.site, .client = context->client};
    pwr_events_raise(context->site->parts.events, event, &facts, context->request->pool);
}

/* Counts against the client; false with the answer to give when that was too much. */
static bool may_go_on(int *answer, const pwr_request_context_t *context, int cost)
{
    pwr_pressure_t pressure = pwr_client_limit_count(context->site->limit, context->client, cost);

    if (pressure.level != PWR_LEVEL_REFUSE) {
        return true;
    }
    raise_event(context, PWR_EVENT_CLIENT_REFUSED);
    *answer = pwr_respond_too_many(context, pressure.retry_after);
    return false;
}

static pwr_captcha_answer_t answer_of(const pwr_form_t *fields, apr_pool_t *pool)
{
    pwr_captcha_answer_t answer = {
        .way = pwr_form_value(fields, "way"),
        .sealed = pwr_form_value(fields, "captcha"),
        .sound = pwr_form_value(fields, "sound"),
        .solution = pwr_form_value(fields, "altcha"),
    };
    for (int i = 0; i < PWR_CAPTCHA_SQUARES; i++) {
        answer.marked[i] = pwr_form_value(fields, apr_psprintf(pool, "s%d", i + 1)) != NULL;
    }
    return answer;
}

/* The way has been gone: what waited goes on. */
static int go_on(const pwr_request_context_t *context, const pwr_held_t *held)
{
    if (held->kind == PWR_HELD_CHANGE) {
        return pwr_handle_change_solved(context, held->form_seal, held->name);
    }
    bool is_named = held->kind == PWR_HELD_REQUEST;
    pwr_request_form_t form = {
        .kind = is_named ? PWR_ROW_LINK : PWR_ROW_AGAIN,
        .typed_name = held->name,
        .form = {.seal = held->form_seal, .has_solved_captcha = true, .client = context->client},
        .language = pwr_handle_language_mark(context),
        .back = pwr_return_check(context->site, held->back, context->request->pool),
    };
    return pwr_handle_request_answer(context, &form, is_named ? held->name : NULL);
}

int pwr_handle_challenge_post(const pwr_request_context_t *context)
{
    pwr_form_t *fields = NULL;
    pwr_held_t held;
    int status = pwr_form_read(&fields, context->request);

    if (status != OK) {
        return pwr_respond_bad_body(context, status);
    }
    const pwr_captcha_parts_t parts = pwr_robot_check_parts(context);
    apr_pool_t *pool = context->request->pool;
    if (!pwr_challenge_open_held(&held, &parts, pwr_form_value(fields, "held"), pool)) {
        return pwr_respond_see_other(context, "/");
    }
    const pwr_captcha_answer_t answer = answer_of(fields, pool);
    const char *wrong = pwr_challenge_check_answer(&parts, &held, &answer, pool);
    if (wrong != NULL) {
        raise_event(context, PWR_EVENT_CAPTCHA_WRONG);
        return may_go_on(&status, context, COST_OF_WRONG) ? show(context, &held, wrong) : status;
    }
    return go_on(context, &held);
}

/* Opens the captcha behind `path`, and says whether it may be drawn; else false with the answer. */
static bool may_draw(int *answer, pwr_sealed_captcha_t *captcha,
                     const pwr_request_context_t *context, const char *path, pwr_draw_t what)
{
    const pwr_captcha_parts_t parts = pwr_robot_check_parts(context);
    const char *sealed = context->path + strlen(path);

    if (!pwr_challenge_open_captcha(captcha, &parts, NULL, sealed, context->request->pool)) {
        *answer = pwr_respond_error(context, HTTP_NOT_FOUND, "error.not_found");
        return false;
    }
    if (!may_go_on(answer, context, COST_OF_DRAWING)) {
        return false;
    }
    switch (pwr_captcha_answers_draw(context->site->answers, captcha->sealed, what,
                                     context->site->settings->parts.abuse.drawings)) {
    case PWR_DRAW_YES:
        return true;
    case PWR_DRAW_SPENT:
        *answer = pwr_respond_error(context, HTTP_GONE, "error.not_found");
        return false;
    case PWR_DRAW_BUSY:
        break;
    }
    *answer = pwr_respond_error(context, HTTP_SERVICE_UNAVAILABLE, "error.unavailable");
    return false;
}

int pwr_handle_challenge_picture(const pwr_request_context_t *context)
{
    const char *png = NULL;
    apr_size_t length = 0;
    pwr_sealed_captcha_t captcha;
    int answer = OK;

    if (!may_draw(&answer, &captcha, context, "/c/picture/", PWR_DRAW_PICTURE)) {
        return answer;
    }
    pwr_fault_t *fault = context->site->captcha->draw(&png, &length, captcha.captcha.shown,
                                                      context->request->pool);
    if (fault != NULL) {
        pwr_log_fault(fault);
        return pwr_respond_error(context, HTTP_SERVICE_UNAVAILABLE, "error.unavailable");
    }
    return pwr_respond_once(context, "image/png", png, length);
}

int pwr_handle_challenge_sound(const pwr_request_context_t *context)
{
    const char *wav = NULL;
    apr_size_t length = 0;
    pwr_sealed_captcha_t captcha;
    int answer = OK;

    if (!may_draw(&answer, &captcha, context, "/c/sound/", PWR_DRAW_SOUND)) {
        return answer;
    }
    context->site->captcha->play(&wav, &length, captcha.captcha.sound, context->request->pool);
    return pwr_respond_once(context, "audio/wav", wav, length);
}
