/*
 * Parsers and judges of the directives about passwords, named in rows of directives.c. Each returns
 * NULL, or what is wrong; the row says what to write instead. Called while the configuration is
 * read.
 */
#ifndef PWR_HTTPD_POLICY_VALUES_H
#define PWR_HTTPD_POLICY_VALUES_H

#include "httpd/settings.h"

const char *pwr_judge_advice(const pwr_taken_t *taken);
const char *pwr_take_blocklist(const pwr_taken_t *taken);
const char *pwr_judge_pwned_file(const pwr_taken_t *taken);
const char *pwr_take_pwned_url(const pwr_taken_t *taken);
const char *pwr_take_outage(const pwr_taken_t *taken);
const char *pwr_take_classes(const pwr_taken_t *taken);
const char *pwr_judge_sort(const pwr_taken_t *taken);
const char *pwr_take_pattern(const pwr_taken_t *taken);

#endif
