/* The rules of length: shortest and longest, as the directory and the site count. */
#ifndef PWR_POLICY_CHECK_RULES_H
#define PWR_POLICY_CHECK_RULES_H

#include "policy/candidate.h"

/* The site's own minimum beside a directory's; 0 when it leaves that to the directory. */
int pwr_check_own_minimum(const pwr_policy_settings_t *settings, int directory_minimum);

bool pwr_check_min_length(pwr_question_t *question);
bool pwr_check_max_length(pwr_question_t *question);
bool pwr_check_max_bytes(pwr_question_t *question);

#endif
