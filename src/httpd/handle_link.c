/* Success answers 303, a refusal 422: so a browser's password manager keeps only what was accepted.
 */
#include "httpd/handle_link.h"

#include <apr_strings.h>
#include <http_protocol.h>

#include "base/log.h"
#include "flow/reset.h"
#include "flow/revoke.h"
#include "httpd/form.h"
#include "httpd/mod_pwreset.h"
#include "httpd/respond.h"
#include "httpd/return_url.h"
#include "httpd/handle_language.h"

static int unavailable(const pwr_request_context_t *context, const pwr_fault_t *fault)
{
    pwr_log_fault(fault);
    return pwr_respond_error(context, HTTP_SERVICE_UNAVAILABLE, "error.unavailable");
}

/* Where the person of this link came from; NULL where that is not known or no longer allowed. */
static const char *return_of(const pwr_request_context_t *context, const pwr_reset_link_t *link)
{
    const char *url = NULL;
    pwr_fault_t *fault = NULL;

    if (link->row != NULL && context->site->settings->return_urls != NULL) {
        fault = pwr_reset_return_of(&url, &context->site->parts, link, context->request->pool);
    }
    if (fault != NULL) {
        pwr_log_fault(fault);
    }
    return pwr_return_check(context->site, url, context->request->pool);
}

static int show_dead(const pwr_request_context_t *context, const pwr_reset_link_t *link)
{
    pwr_view_t *view = pwr_pages_view(context, PWR_PAGE_DEAD);

    pwr_return_show(view, context, return_of(context, link));

    pwr_pages_show_dead(view, context, link);
    if (link->state == PWR_RESET_LINK_UNKNOWN) {
        pwr_view_text(view, "title",
                      pwr_translations_format(context->language, "dead.unknown_title", view,
                                              context->request->pool));
    }
    return pwr_respond_page(context, PWR_PAGE_DEAD, view,
                            link->state == PWR_RESET_LINK_UNKNOWN ? HTTP_NOT_FOUND : HTTP_GONE);
}

static pwr_view_t *form_view(const pwr_request_context_t *context, const pwr_reset_link_t *link)
{
    pwr_view_t *view = pwr_pages_view(context, PWR_PAGE_RESET);

    pwr_view_text(view, "token", context->secret);
    pwr_pages_show_link(view, context, link);
    return view;
}

int pwr_handle_link_show(const pwr_request_context_t *context)
{
    pwr_reset_link_t link;
    pwr_fault_t *fault = pwr_reset_link_look(&link, &context->site->parts, context->secret,
                                             context->request->pool);

    if (fault != NULL) {
        return unavailable(context, fault);
    }
    if (link.state != PWR_RESET_LINK_LIVE) {
        return show_dead(context, &link);
    }
    return pwr_respond_page(context, PWR_PAGE_RESET, form_view(context, &link), HTTP_OK);
}

static int show_refusal(const pwr_request_context_t *context, const pwr_reset_answer_t *answer,
                        const pwr_page_error_t *place)
{
    pwr_view_t *view = form_view(context, &answer->link);
    pwr_page_error_t error = *place;

    error.key = answer->key;
    pwr_pages_show_verdict(view, context, &answer->verdict);
    pwr_pages_error(view, context, &error);
    return pwr_respond_page(context, PWR_PAGE_RESET, view, HTTP_UNPROCESSABLE_ENTITY);
}

/* `next` is the page of success. A refusal stands at `place`. */
static int answer_form(const pwr_request_context_t *context, const pwr_reset_answer_t *answer,
                       const char *next, const pwr_page_error_t *place)
{
    switch (answer->outcome) {
    case PWR_RESET_DONE:
        pwr_request_context_wake_worker(context);
        return pwr_respond_see_other(
            context,
            apr_pstrcat(context->request->pool, next,
                        pwr_return_sealed(context, return_of(context, &answer->link)), NULL));
    case PWR_RESET_REFUSED:
        return show_refusal(context, answer, place);
    case PWR_RESET_UNSURE:
        return pwr_respond_page(context, PWR_PAGE_UNSURE, pwr_pages_view(context, PWR_PAGE_UNSURE),
                                HTTP_BAD_GATEWAY);
    case PWR_RESET_DEAD:
        break;
    }
    return show_dead(context, &answer->link);
}

int pwr_handle_link_post(const pwr_request_context_t *context)
{
    pwr_form_t *fields = NULL;
    pwr_reset_answer_t answer;
    int status = pwr_form_read(&fields, context->request);

    if (status != OK) {
        return pwr_respond_bad_body(context, status);
    }
    pwr_request_context_t posted = *context;
    posted.secret = pwr_form_value(fields, "token");
    pwr_reset_form_t form = {
        .token = posted.secret,
        .first = pwr_form_value(fields, "first"),
        .second = pwr_form_value(fields, "second"),
        .client = context->client,
        .language = pwr_handle_language_mark(context),
    };
    bool is_unlock = pwr_form_value(fields, "unlock") != NULL;
    pwr_parts_t *parts = &context->site->parts;
    apr_pool_t *pool = context->request->pool;
    pwr_fault_t *fault = is_unlock ? pwr_reset_unlock(&answer, parts, &form, pool)
                                   : pwr_reset_set(&answer, parts, &form, pool);
    if (fault != NULL) {
        return unavailable(context, fault);
    }
    if (!is_unlock && answer.outcome == PWR_RESET_DONE) {
        ap_run_pwreset_password_changed(context->request, parts->settings->flow.base_url,
                                        answer.link.account->login, "reset");
    }
    if (is_unlock) {
        return answer_form(&posted, &answer, "/unlocked",
                           &(pwr_page_error_t){.field = "unlock", .name = "error_unlock"});
    }
    return answer_form(&posted, &answer, "/done",
                       answer.is_about_second
                           ? &(pwr_page_error_t){.field = "second", .name = "error_second"}
                           : &(pwr_page_error_t){.field = "first", .name = "error_first"});
}

static int show_stop(const pwr_request_context_t *context, const char *flag, const char *title,
                     int status)
{
    pwr_view_t *view = pwr_pages_view(context, PWR_PAGE_STOP);

    pwr_view_flag(view, flag, true);
    if (status == HTTP_OK) { /* what stops nothing stands nowhere on the page */
        pwr_view_text(view, "token", context->secret);
    }
    pwr_view_text(view, "title",
                  pwr_translations_format(context->language, title, view, context->request->pool));
    return pwr_respond_page(context, PWR_PAGE_STOP, view, status);
}

static int show_stop_state(const pwr_request_context_t *context, const char *stop_token)
{
    pwr_revoke_state_t state = PWR_REVOKE_GONE;
    pwr_fault_t *fault
        = pwr_revoke_look(&state, &context->site->parts, stop_token, context->request->pool);

    if (fault != NULL) {
        return unavailable(context, fault);
    }
    switch (state) {
    case PWR_REVOKE_LIVE:
        return show_stop(context, "may_stop", "stop.title", HTTP_OK);
    case PWR_REVOKE_STOPPED:
        return show_stop(context, "was_stopped", "stop.done_title", HTTP_GONE);
    case PWR_REVOKE_GONE:
        break;
    }
    return show_stop(context, "is_gone", "dead.title", HTTP_GONE);
}

int pwr_handle_stop_show(const pwr_request_context_t *context)
{
    return show_stop_state(context, context->secret);
}

int pwr_handle_stop_post(const pwr_request_context_t *context)
{
    pwr_form_t *fields = NULL;
    bool is_stopped = false;
    int status = pwr_form_read(&fields, context->request);

    if (status != OK) {
        return pwr_respond_bad_body(context, status);
    }
    const char *stop_token = pwr_form_value(fields, "token");
    pwr_fault_t *fault = pwr_revoke_stop(&is_stopped, &context->site->parts, stop_token,
                                         context->client, context->request->pool);
    if (fault != NULL) {
        return unavailable(context, fault);
    }
    return is_stopped ? show_stop(context, "is_stopped", "stop.done_title", HTTP_OK)
                      : show_stop_state(context, stop_token);
}
