/* The pages of a mailed link: new password, and "not me". */
#ifndef PWR_HTTPD_HANDLE_LINK_H
#define PWR_HTTPD_HANDLE_LINK_H

#include "httpd/private.h"

int pwr_handle_link_show(const pwr_request_context_t *context);
int pwr_handle_link_post(const pwr_request_context_t *context);
int pwr_handle_stop_show(const pwr_request_context_t *context);
int pwr_handle_stop_post(const pwr_request_context_t *context);

#endif
