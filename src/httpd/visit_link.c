/* Success answers 303, a refusal 422: so a browser's password manager keeps only what was accepted.
 */
#include "httpd/visit_link.h"

#include <apr_strings.h>
#include <http_protocol.h>

#include "base/log.h"
#include "flow/reset.h"
#include "flow/revoke.h"
#include "httpd/form.h"
#include "httpd/respond.h"
#include "httpd/return_url.h"
#include "httpd/visit_language.h"

static int unavailable(const pwr_visit_t *visit, const pwr_fault_t *fault)
{
    pwr_log_fault(fault);
    return pwr_respond_error(visit, HTTP_SERVICE_UNAVAILABLE, "error.unavailable");
}

/* Where the person of this link came from; NULL where that is not known or no longer allowed. */
static const char *return_of(const pwr_visit_t *visit, const pwr_link_t *link)
{
    const char *url = NULL;
    pwr_fault_t *fault = NULL;

    if (link->row != NULL && visit->site->settings->returns != NULL) {
        fault = pwr_reset_return_of(&url, &visit->site->parts, link, visit->request->pool);
    }
    if (fault != NULL) {
        pwr_log_fault(fault);
    }
    return pwr_return_judge(visit->site, url, visit->request->pool);
}

static int show_dead(const pwr_visit_t *visit, const pwr_link_t *link)
{
    pwr_view_t *view = pwr_pages_view(visit, PWR_PAGE_DEAD);

    pwr_return_show(view, visit, return_of(visit, link));

    pwr_pages_show_dead(view, visit, link);
    return pwr_respond_page(visit, PWR_PAGE_DEAD, view,
                            link->state == PWR_LINK_UNKNOWN ? HTTP_NOT_FOUND : HTTP_GONE);
}

static pwr_view_t *form_view(const pwr_visit_t *visit, const pwr_link_t *link)
{
    pwr_view_t *view = pwr_pages_view(visit, PWR_PAGE_RESET);

    pwr_view_text(view, "token", visit->secret);
    pwr_pages_show_link(view, visit, link);
    return view;
}

int pwr_visit_link_show(const pwr_visit_t *visit)
{
    pwr_link_t link;
    pwr_fault_t *fault
        = pwr_link_look(&link, &visit->site->parts, visit->secret, visit->request->pool);

    if (fault != NULL) {
        return unavailable(visit, fault);
    }
    if (link.state != PWR_LINK_LIVE) {
        return show_dead(visit, &link);
    }
    return pwr_respond_page(visit, PWR_PAGE_RESET, form_view(visit, &link), HTTP_OK);
}

static int show_refusal(const pwr_visit_t *visit, const pwr_reset_answer_t *answer,
                        const pwr_page_error_t *place)
{
    pwr_view_t *view = form_view(visit, &answer->link);
    pwr_page_error_t error = *place;

    error.key = answer->key;
    pwr_pages_show_verdict(view, visit, &answer->verdict);
    pwr_pages_error(view, visit, &error);
    return pwr_respond_page(visit, PWR_PAGE_RESET, view, HTTP_UNPROCESSABLE_ENTITY);
}

/* `next` is the page of success. A refusal stands at `place`. */
static int answer_form(const pwr_visit_t *visit, const pwr_reset_answer_t *answer, const char *next,
                       const pwr_page_error_t *place)
{
    switch (answer->outcome) {
    case PWR_RESET_DONE:
        pwr_visit_wake_worker(visit);
        return pwr_respond_see_other(
            visit, apr_pstrcat(visit->request->pool, next,
                               pwr_return_sealed(visit, return_of(visit, &answer->link)), NULL));
    case PWR_RESET_REFUSED:
        return show_refusal(visit, answer, place);
    case PWR_RESET_UNSURE:
        return pwr_respond_page(visit, PWR_PAGE_UNSURE, pwr_pages_view(visit, PWR_PAGE_UNSURE),
                                HTTP_BAD_GATEWAY);
    case PWR_RESET_DEAD:
        break;
    }
    return show_dead(visit, &answer->link);
}

int pwr_visit_link_post(const pwr_visit_t *visit)
{
    pwr_form_t *fields = NULL;
    pwr_reset_answer_t answer;
    int status = pwr_form_read(&fields, visit->request);

    if (status != OK) {
        return pwr_respond_bad_body(visit, status);
    }
    pwr_visit_t posted = *visit;
    posted.secret = pwr_form_value(fields, "token");
    pwr_reset_form_t form = {
        .token = posted.secret,
        .first = pwr_form_value(fields, "first"),
        .second = pwr_form_value(fields, "second"),
        .client = visit->client,
        .language = pwr_visit_language_mark(visit),
    };
    bool is_unlock = pwr_form_value(fields, "unlock") != NULL;
    pwr_parts_t *parts = &visit->site->parts;
    apr_pool_t *pool = visit->request->pool;
    pwr_fault_t *fault = is_unlock ? pwr_reset_unlock(&answer, parts, &form, pool)
                                   : pwr_reset_set(&answer, parts, &form, pool);
    if (fault != NULL) {
        return unavailable(visit, fault);
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

static int show_stop(const pwr_visit_t *visit, const char *flag, int status)
{
    pwr_view_t *view = pwr_pages_view(visit, PWR_PAGE_STOP);

    if (flag != NULL) {
        pwr_view_flag(view, flag, true);
    }
    if (status == HTTP_OK && flag != NULL) {
        pwr_view_text(
            view, "title",
            pwr_messages_format(visit->language, "stop.done_title", view, visit->request->pool));
    }
    if (flag == NULL) {
        pwr_view_text(view, "token", visit->secret);
    }
    return pwr_respond_page(visit, PWR_PAGE_STOP, view, status);
}

int pwr_visit_stop_show(const pwr_visit_t *visit)
{
    bool may_stop = false;
    pwr_fault_t *fault
        = pwr_revoke_look(&may_stop, &visit->site->parts, visit->secret, visit->request->pool);

    if (fault != NULL) {
        return unavailable(visit, fault);
    }
    return may_stop ? show_stop(visit, NULL, HTTP_OK) : show_stop(visit, "is_gone", HTTP_GONE);
}

int pwr_visit_stop_post(const pwr_visit_t *visit)
{
    pwr_form_t *fields = NULL;
    bool is_stopped = false;
    int status = pwr_form_read(&fields, visit->request);

    if (status != OK) {
        return pwr_respond_bad_body(visit, status);
    }
    pwr_fault_t *fault
        = pwr_revoke_stop(&is_stopped, &visit->site->parts, pwr_form_value(fields, "token"),
                          visit->client, visit->request->pool);
    if (fault != NULL) {
        return unavailable(visit, fault);
    }
    return is_stopped ? show_stop(visit, "is_stopped", HTTP_OK)
                      : show_stop(visit, "is_gone", HTTP_GONE);
}
