/*
 * The form has the robot check of the request form, and other fields. Where the check asks for a
 * captcha, the name alone waits meanwhile: a password is kept nowhere, sealed or not, so the
 * passwords are typed again afterwards. Success answers 303, a refusal 422: so a browser's password
 * manager keeps only what was accepted.
 */
#include "httpd/handle_change.h"

#include "base/log.h"
#include "flow/change.h"
#include "httpd/form.h"
#include "httpd/mod_pwreset.h"
#include "httpd/respond.h"
#include "httpd/robot_check.h"
#include "httpd/handle_language.h"

/* What the form is shown with. */
typedef struct {
    const char *seal;   /* NULL: a fresh one */
    const char *solved; /* proof of a captcha for that seal, or NULL */
    const char *name;
    const pwr_rules_t *rules;
    const pwr_account_t *account; /* whose rules they are; NULL: everybody's */
} shown_t;

static pwr_view_t *form_view(const pwr_request_context_t *context, const shown_t *shown)
{
    apr_pool_t *pool = context->request->pool;
    pwr_view_t *view = pwr_pages_view(context, PWR_PAGE_CHANGE);
    const pwr_policy_context_t policy_context
        = {.policy = context->site->policy, .rules = shown->rules, .account = shown->account};
    const char *seal = shown->seal != NULL ? shown->seal : pwr_seal_form(context->site->key, pool);

    pwr_pages_show_form(view, context, seal);
    pwr_view_text(view, "solved", shown->solved);
    pwr_view_text(view, "typed", shown->name);
    pwr_pages_show_rules(view, context, &policy_context);
    return view;
}

int pwr_handle_change_show(const pwr_request_context_t *context)
{
    pwr_rules_t rules = pwr_change_rules(&context->site->parts, context->request->pool);

    return pwr_respond_page(context, PWR_PAGE_CHANGE,
                            form_view(context, &(shown_t){.rules = &rules}), HTTP_OK);
}

int pwr_handle_change_solved(const pwr_request_context_t *context, const char *form_seal,
                             const char *name)
{
    apr_pool_t *pool = context->request->pool;
    const pwr_captcha_parts_t captchas = pwr_robot_check_parts(context);
    pwr_rules_t rules = pwr_change_rules(&context->site->parts, pool);
    const shown_t shown = {
        .seal = form_seal,
        .solved = pwr_challenge_seal_solved(&captchas, form_seal, pool),
        .name = name,
        .rules = &rules,
    };
    pwr_view_t *view = form_view(context, &shown);

    pwr_view_flag(view, "is_solved", true);
    return pwr_respond_page(context, PWR_PAGE_CHANGE, view, HTTP_OK);
}

static int show_again(const pwr_request_context_t *context, const pwr_change_answer_t *answer,
                      const pwr_change_form_t *form, const char *solved)
{
    static const pwr_page_error_t places[] = {
        [PWR_CHANGE_NAME] = {.field = "name", .name = "error_name"},
        [PWR_CHANGE_OLD] = {.field = "old", .name = "error_old"},
        [PWR_CHANGE_FIRST] = {.field = "first", .name = "error_first"},
        [PWR_CHANGE_SECOND] = {.field = "second", .name = "error_second"},
    };
    const shown_t shown = {
        .seal = answer->is_form_spent ? NULL : form->form.seal,
        .solved = answer->is_form_spent || !form->form.has_solved_captcha ? NULL : solved,
        .name = form->name,
        .rules = &answer->rules,
        .account = answer->account,
    };
    pwr_view_t *view = form_view(context, &shown);
    pwr_page_error_t error = places[answer->field];

    error.key = answer->key;
    pwr_pages_show_verdict(view, context, &answer->verdict);
    pwr_pages_error(view, context, &error);
    return pwr_respond_page(context, PWR_PAGE_CHANGE, view, HTTP_UNPROCESSABLE_ENTITY);
}

/* The robot check asks for more: of the browser, or of the person. */
static int ask_for_more(const pwr_request_context_t *context, pwr_change_answer_t *answer,
                        const pwr_change_form_t *form)
{
    if (pwr_robot_check_may_work(&form->form, answer->level)) {
        answer->key = "request.more_work";
        return show_again(context, answer, form, NULL);
    }
    const pwr_held_t held
        = {.kind = PWR_HELD_CHANGE, .form_seal = form->form.seal, .name = answer->typed};
    return pwr_robot_check_begin(context, &held);
}

/* Where the form was sent twice, the first call has told the other modules. */
static int answer_done(const pwr_request_context_t *context, const pwr_account_t *account)
{
    if (account != NULL) {
        ap_run_pwreset_password_changed(context->request,
                                        context->site->settings->parts.flow.base_url,
                                        account->login, "change");
    }
    pwr_request_context_wake_worker(context);
    return pwr_respond_see_other(context, "/done");
}

static int answer_form(const pwr_request_context_t *context, pwr_change_answer_t *answer,
                       const pwr_change_form_t *form, const char *solved)
{
    switch (answer->outcome) {
    case PWR_CHANGE_DONE:
        return answer_done(context, answer->account);
    case PWR_CHANGE_MORE:
        return ask_for_more(context, answer, form);
    case PWR_CHANGE_TOO_MANY:
        return pwr_respond_too_many(context, answer->retry_after);
    case PWR_CHANGE_UNSURE:
        return pwr_respond_page(context, PWR_PAGE_UNSURE, pwr_pages_view(context, PWR_PAGE_UNSURE),
                                HTTP_BAD_GATEWAY);
    case PWR_CHANGE_AGAIN:
    case PWR_CHANGE_WRONG:
    case PWR_CHANGE_REFUSED:
        break;
    }
    return show_again(context, answer, form, solved);
}

int pwr_handle_change_post(const pwr_request_context_t *context)
{
    pwr_form_t *fields = NULL;
    pwr_change_answer_t answer;
    int status = pwr_form_read(&fields, context->request);

    if (status != OK) {
        return pwr_respond_bad_body(context, status);
    }
    const char *solved = pwr_form_value(fields, "solved");
    pwr_change_form_t form = {
        .name = pwr_form_value(fields, "name"),
        .old = pwr_form_value(fields, "old"),
        .first = pwr_form_value(fields, "first"),
        .second = pwr_form_value(fields, "second"),
        .form = pwr_robot_check_proof(context, fields),
        .language = pwr_handle_language_mark(context),
    };
    const pwr_captcha_parts_t captchas = pwr_robot_check_parts(context);
    form.form.has_solved_captcha
        = pwr_challenge_is_solved(&captchas, solved, form.form.seal, context->request->pool);
    pwr_fault_t *fault
        = pwr_change_password(&answer, &context->site->parts, &form, context->request->pool);
    if (fault != NULL) {
        pwr_log_fault(fault);
        return pwr_respond_error(context, HTTP_SERVICE_UNAVAILABLE, "error.unavailable");
    }
    return answer_form(context, &answer, &form, solved);
}
