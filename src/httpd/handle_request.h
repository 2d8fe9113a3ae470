/* The pages of the request use case: form, post, "sent". */
#ifndef PWR_HTTPD_HANDLE_REQUEST_H
#define PWR_HTTPD_HANDLE_REQUEST_H

#include "flow/request.h"
#include "httpd/private.h"

int pwr_handle_request_show(const pwr_request_context_t *context);
int pwr_handle_request_post(const pwr_request_context_t *context);
int pwr_handle_request_sent(const pwr_request_context_t *context);

/* Hands a form to the flow and answers what it says; `shown` stands in the form if it must be shown
 * again. */
int pwr_handle_request_answer(const pwr_request_context_t *context, const pwr_request_form_t *form,
                              const char *shown);

#endif
