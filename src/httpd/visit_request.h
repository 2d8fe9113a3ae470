/* The pages of the request story: form, post, "sent". */
#ifndef PWR_HTTPD_VISIT_REQUEST_H
#define PWR_HTTPD_VISIT_REQUEST_H

#include "flow/request.h"
#include "httpd/private.h"

int pwr_visit_request_show(const pwr_visit_t *visit);
int pwr_visit_request_post(const pwr_visit_t *visit);
int pwr_visit_request_sent(const pwr_visit_t *visit);

/* Hands a form to the flow and answers what it says; `shown` stands in the form if it must be shown
 * again. */
int pwr_visit_request_answer(const pwr_visit_t *visit, const pwr_request_form_t *form,
                             const char *shown);

#endif
