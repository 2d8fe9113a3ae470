/* Each form with a robot check has the same fields for it. */
#include "httpd/robot_check.h"

#include <string.h>

#include <apr_strings.h>

#include "httpd/respond.h"

pwr_captcha_parts_t pwr_robot_check_parts(const pwr_request_context_t *context)
{
    const pwr_site_t *site = context->site;

    return (pwr_captcha_parts_t){
        .key = site->key,
        .captcha = site->captcha,
        .answers = site->answers,
        .check = &site->parts.request.challenge,
    };
}

/* What a remote provider's widget put into the form; NULL where none is used. */
static const char *remote_response(const pwr_request_context_t *context, const pwr_form_t *fields)
{
    const char *name = context->site->settings->parts.remote.provider;
    return name != NULL ? pwr_form_value(fields, pwr_remote_provider(name)->field) : NULL;
}

pwr_challenge_form_t pwr_robot_check_proof(const pwr_request_context_t *context,
                                           const pwr_form_t *fields)
{
    return (pwr_challenge_form_t){
        .seal = pwr_form_value(fields, "seal"),
        .unseen = pwr_form_value(fields, "website"),
        .solution = pwr_form_value(fields, "altcha"),
        .response = remote_response(context, fields),
        .client = context->client,
    };
}

bool pwr_robot_check_may_work(const pwr_challenge_form_t *form, pwr_level_t level)
{
    const char *solution = form->solution;
    return level < PWR_LEVEL_CAPTCHA && solution != NULL && solution[0] != '\0';
}

int pwr_robot_check_begin(const pwr_request_context_t *context, const pwr_held_t *held)
{
    const pwr_captcha_parts_t parts = pwr_robot_check_parts(context);
    apr_pool_t *pool = context->request->pool;

    return pwr_respond_see_other(
        context, apr_pstrcat(pool, "/c/", pwr_challenge_hold(&parts, held, pool), NULL));
}

static int give_work(const pwr_request_context_t *context, const char *client)
{
    static const char name[] = "seal=";
    const char *query = context->request->args;
    const char *json = NULL;

    if (query != NULL && strncmp(query, name, strlen(name)) == 0) {
        json = pwr_challenge_work(&context->site->parts.request.challenge, query + strlen(name),
                                  client, context->request->pool);
    }
    if (json == NULL) {
        return pwr_respond_error(context, HTTP_BAD_REQUEST, "error.bad_request");
    }
    return pwr_respond_once(context, "application/json", json, strlen(json));
}

int pwr_robot_check_work(const pwr_request_context_t *context)
{
    return give_work(context, context->client);
}

int pwr_robot_check_long_work(const pwr_request_context_t *context)
{
    return give_work(context, NULL);
}
