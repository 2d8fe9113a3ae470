/* The pages of the request story: form, post, "sent". */
#ifndef PWR_HTTPD_VISIT_REQUEST_H
#define PWR_HTTPD_VISIT_REQUEST_H

#include "flow/request.h"
#include "httpd/form.h"
#include "httpd/private.h"

int pwr_visit_request_show(const pwr_visit_t *visit);
int pwr_visit_request_post(const pwr_visit_t *visit);
int pwr_visit_request_sent(const pwr_visit_t *visit);

/* What the fields of a form prove. */
pwr_challenge_form_t pwr_visit_request_proof(const pwr_visit_t *visit, const pwr_form_t *fields);

/* A browser that worked can work more; one without the script, or when a person is asked for, gets
 * the page with the choice. */
bool pwr_visit_request_may_work(const pwr_challenge_form_t *form, pwr_level_t level);

/* Hands a form to the flow and answers what it says; `shown` stands in the form if it must be shown
 * again. */
int pwr_visit_request_answer(const pwr_visit_t *visit, const pwr_request_form_t *form,
                             const char *shown);

#endif
