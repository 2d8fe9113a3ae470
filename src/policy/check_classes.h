/* Classes of characters: how many there are of each, what may stand first and last, what may not be
 * used at all. */
#ifndef PWR_POLICY_CHECK_CLASSES_H
#define PWR_POLICY_CHECK_CLASSES_H

#include "policy/candidate.h"

/* Counts a valid text; `counting` is one of pwr_classes_t's. `repeats` is the longest run of the
 * same character, `categories` how many classes there are. */
pwr_classes_t pwr_classes_count(const char *text, int counting);

/* Is `name` one that a first or last character may be asked to have? */
bool pwr_classes_is_name(const char *name);

bool pwr_check_at_least(pwr_question_t *question);
bool pwr_check_at_most(pwr_question_t *question);
bool pwr_check_first(pwr_question_t *question);
bool pwr_check_last(pwr_question_t *question);
bool pwr_check_forbidden(pwr_question_t *question);

#endif
