/*
 * The "sent" page knows what was typed and the support code from its own address. The address is
 * sealed, so that a stranger cannot write words into the page, and padded, so that it has one
 * length for all names of ordinary length.
 */
#include "httpd/handle_request.h"

#include <string.h>

#include <apr_strings.h>
#include <http_protocol.h>

#include "base/clock.h"
#include "base/limits.h"
#include "base/log.h"
#include "flow/request.h"
#include "httpd/form.h"
#include "httpd/respond.h"
#include "httpd/return_url.h"
#include "httpd/robot_check.h"
#include "httpd/handle_language.h"

#define PADDING 64
#define SENT_LIFE apr_time_from_sec(30 * 60)

/* The form, with what was typed and what is wrong with it. */
static int show_form(const pwr_request_context_t *context, const char *typed, const char *back,
                     const char *key)
{
    pwr_view_t *view = pwr_pages_view(context, PWR_PAGE_REQUEST);

    pwr_pages_show_form(view, context, pwr_seal_form(context->site->key, context->request->pool));
    pwr_view_text(view, "typed", typed);
    pwr_return_show(view, context, back);
    if (key == NULL) {
        return pwr_respond_page(context, PWR_PAGE_REQUEST, view, HTTP_OK);
    }
    pwr_page_error_t error = {.key = key, .field = "name", .name = "error_name"};
    pwr_pages_error(view, context, &error);
    return pwr_respond_page(context, PWR_PAGE_REQUEST, view, HTTP_UNPROCESSABLE_ENTITY);
}

int pwr_handle_request_show(const pwr_request_context_t *context)
{
    return show_form(context, NULL, pwr_return_of_query(context), NULL);
}

/* "<support code>\n<typed>\n<return>", closed by line ends up to a full block. */
static const char *sealed_answer(const pwr_request_context_t *context, const char *code,
                                 const char *typed, const char *back)
{
    apr_pool_t *pool = context->request->pool;
    const char *lines = apr_pstrcat(pool, code, "\n", typed, back != NULL ? "\n" : "", back, NULL);
    size_t padded = (strlen(lines) / PADDING + 1) * PADDING;
    char *text = apr_palloc(pool, padded + 1);

    memset(text, '\n', padded);
    text[padded] = '\0';
    memcpy(text, lines, strlen(lines));
    return pwr_seal_make(context->site->key, PWR_SEAL_SENT, text, pool);
}

/* The request waits behind the page with captchas. */
static int hold_request(const pwr_request_context_t *context, const pwr_request_form_t *form)
{
    const pwr_held_t held = {
        .kind = form->kind == PWR_ROW_AGAIN ? PWR_HELD_AGAIN : PWR_HELD_REQUEST,
        .form_seal = form->form.seal,
        .name = form->typed_name,
        .back = form->back,
    };
    return pwr_robot_check_begin(context, &held);
}

int pwr_handle_request_answer(const pwr_request_context_t *context, const pwr_request_form_t *form,
                              const char *shown)
{
    pwr_request_answer_t answer;
    pwr_fault_t *fault
        = pwr_request_accept(&answer, &context->site->parts.request, form, context->request->pool);

    if (fault != NULL) {
        pwr_log_fault(fault);
        return pwr_respond_error(context, HTTP_SERVICE_UNAVAILABLE, "error.unavailable");
    }
    switch (answer.outcome) {
    case PWR_REQUEST_AGAIN:
        return show_form(context, shown, form->back, answer.key);
    case PWR_REQUEST_MORE:
        return pwr_robot_check_may_work(&form->form, answer.level)
                   ? show_form(context, shown, form->back, "request.more_work")
                   : hold_request(context, form);
    case PWR_REQUEST_TOO_MANY:
        return pwr_respond_too_many(context, answer.retry_after);
    case PWR_REQUEST_FULL:
        return pwr_respond_error(context, HTTP_SERVICE_UNAVAILABLE, "error.unavailable");
    case PWR_REQUEST_ACCEPTED:
        break;
    }
    pwr_request_context_wake_worker(context);
    bool is_named = form->kind == PWR_ROW_LINK;
    const char *sealed
        = sealed_answer(context, answer.support_code, is_named ? answer.typed : "", form->back);
    return pwr_respond_see_other(context,
                                 apr_pstrcat(context->request->pool, "/sent/", sealed, NULL));
}

int pwr_handle_request_post(const pwr_request_context_t *context)
{
    pwr_form_t *fields = NULL;
    int status = pwr_form_read(&fields, context->request);

    if (status != OK) {
        return pwr_respond_bad_body(context, status);
    }
    const char *typed = pwr_form_value(fields, "name");
    const char *dead_token = pwr_form_value(fields, "token");
    pwr_request_form_t form = {
        .kind = PWR_ROW_LINK,
        .typed_name = typed,
        .form = pwr_robot_check_proof(context, fields),
        .language = pwr_handle_language_mark(context),
        .back = pwr_return_of_seal(context, pwr_form_value(fields, "return")),
    };
    if (typed == NULL && dead_token != NULL) {
        const char *digest
            = pwr_reset_link_digest_of(&context->site->parts, dead_token, context->request->pool);
        form.kind = digest != NULL ? PWR_ROW_AGAIN : PWR_ROW_LINK;
        form.typed_name = digest;
        form.form.has_link = digest != NULL;
    }
    return pwr_handle_request_answer(context, &form, typed);
}

int pwr_handle_request_sent(const pwr_request_context_t *context)
{
    apr_pool_t *pool = context->request->pool;
    pwr_seal_t seal;

    if (!pwr_seal_open(&seal, context->site->key, PWR_SEAL_SENT, context->path + strlen("/sent/"),
                       pool)
        || pwr_clock_now() - seal.made > SENT_LIFE) {
        return pwr_respond_see_other(context, "/");
    }
    char *code = apr_pstrdup(pool, seal.text);
    char *typed = strchr(code, '\n');
    *typed++ = '\0';
    char *back = typed + strcspn(typed, "\n");
    *back++ = '\0'; /* the padding has one line end at least */
    back[strcspn(back, "\n")] = '\0';
    pwr_view_t *view = pwr_pages_view(context, PWR_PAGE_SENT);
    pwr_view_text(view, "support_code", code);
    pwr_view_text(view, "typed", typed);
    pwr_view_flag(view, "has_typed", typed[0] != '\0');
    pwr_return_show(view, context, pwr_return_check(context->site, back, pool));
    pwr_pages_show_form(view, context, pwr_seal_form(context->site->key, pool));
    return pwr_respond_page(context, PWR_PAGE_SENT, view, HTTP_OK);
}
