/* The directory's rules and the site's as one set. */
#ifndef PWR_POLICY_MERGE_H
#define PWR_POLICY_MERGE_H

#include "policy/policy_settings.h"

/* See pwr_policy_merge. */
pwr_rules_t pwr_merge_rules(const pwr_policy_settings_t *settings, const pwr_rules_t *directory);

#endif
