/*
 * Parsers and checks of the directives about passwords, named in rows of directives.c. Each returns
 * NULL, or what is wrong; the row says what to write instead. Called while the configuration is
 * read.
 */
#ifndef PWR_HTTPD_POLICY_VALUES_H
#define PWR_HTTPD_POLICY_VALUES_H

#include "httpd/settings.h"

const char *pwr_directive_check_advice(const pwr_directive_args_t *args);
const char *pwr_directive_set_blocklist(const pwr_directive_args_t *args);
const char *pwr_directive_check_pwned_file(const pwr_directive_args_t *args);
const char *pwr_directive_set_pwned_url(const pwr_directive_args_t *args);
const char *pwr_directive_set_outage(const pwr_directive_args_t *args);
const char *pwr_directive_set_classes(const pwr_directive_args_t *args);
const char *pwr_directive_check_class(const pwr_directive_args_t *args);
const char *pwr_directive_set_pattern(const pwr_directive_args_t *args);

#endif
