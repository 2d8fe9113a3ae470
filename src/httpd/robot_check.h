/*
 * The robot check as the forms use it: what a form's fields prove, the work for a browser (JSON),
 * and the way to the page with captchas. The page itself is handle_challenge's.
 */
#ifndef PWR_HTTPD_ROBOT_CHECK_H
#define PWR_HTTPD_ROBOT_CHECK_H

#include "flow/challenge.h"
#include "httpd/form.h"
#include "httpd/private.h"

/* What the flow of the check needs of this site. */
pwr_captcha_parts_t pwr_robot_check_parts(const pwr_request_context_t *context);

/* What the fields of a form prove. */
pwr_challenge_form_t pwr_robot_check_proof(const pwr_request_context_t *context,
                                           const pwr_form_t *fields);

/* A browser that worked can work more; one without the script, or when a person is asked for, gets
 * the page with the choice. */
bool pwr_robot_check_may_work(const pwr_challenge_form_t *form, pwr_level_t level);

/* 303 to the page with captchas, with what waits (kind, form_seal, name, back) in its address. */
int pwr_robot_check_begin(const pwr_request_context_t *context, const pwr_held_t *held);

/* GET /challenge?seal=...: the ALTCHA challenge of a form, and the long one. */
int pwr_robot_check_work(const pwr_request_context_t *context);
int pwr_robot_check_long_work(const pwr_request_context_t *context);

#endif
