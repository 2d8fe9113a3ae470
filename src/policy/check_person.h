/* What a stranger would guess first: the person's names, login and address, the organisation; and
 * the words that the directory refuses. */
#ifndef PWR_POLICY_CHECK_PERSON_H
#define PWR_POLICY_CHECK_PERSON_H

#include "policy/candidate.h"

bool pwr_check_person(pwr_question_t *question);

#endif
