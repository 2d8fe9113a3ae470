/* The pages of the request story: form, post, "sent". */
#ifndef PWR_HTTPD_VISIT_REQUEST_H
#define PWR_HTTPD_VISIT_REQUEST_H

#include "httpd/private.h"

int pwr_visit_request_show(const pwr_visit_t *visit);
int pwr_visit_request_post(const pwr_visit_t *visit);
int pwr_visit_request_sent(const pwr_visit_t *visit);

#endif
