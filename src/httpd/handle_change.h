/* The page for those who know their password. */
#ifndef PWR_HTTPD_HANDLE_CHANGE_H
#define PWR_HTTPD_HANDLE_CHANGE_H

#include "httpd/private.h"

int pwr_handle_change_show(const pwr_request_context_t *context);
int pwr_handle_change_post(const pwr_request_context_t *context);

/* The form again, for who has solved a captcha for it: what was typed into it but the name was not
 * kept. */
int pwr_handle_change_solved(const pwr_request_context_t *context, const char *form_seal,
                             const char *name);

#endif
