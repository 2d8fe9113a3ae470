/*
 * People count characters; a directory may count bytes or UTF-16 units, which are never fewer. So
 * the longer minimum is judged in its owner's units, and the site's own in characters beside it.
 */
#include "policy/check_rules.h"

#define DEFAULT_MINIMUM 15 /* NIST SP 800-63B-4, 3.1.1.2: a password alone */
#define MFA_MINIMUM 8      /* the same: with a second factor */

int pwr_check_own_minimum(const pwr_policy_settings_t *settings, int directory_minimum)
{
    if (settings->min_length > 0) {
        return settings->min_length;
    }
    if (!settings->has_mfa) {
        return DEFAULT_MINIMUM;
    }
    return directory_minimum > 0 ? 0 : MFA_MINIMUM;
}

bool pwr_check_min_length(pwr_question_t *question)
{
    const pwr_candidate_t *candidate = question->candidate;
    const pwr_rules_t *rules = question->context->rules;
    int length = rules->lengths == PWR_LENGTH_BYTES   ? candidate->bytes
                 : rules->lengths == PWR_LENGTH_UTF16 ? candidate->units
                                                      : candidate->points;

    return length >= rules->min_length;
}

bool pwr_check_max_length(pwr_question_t *question)
{
    if (question->candidate->points > question->asked) {
        return false;
    }
    question->key = "password.long_bytes";
    return question->context->rules->max_bytes != question->asked
           || question->candidate->bytes <= question->asked;
}

bool pwr_check_max_bytes(pwr_question_t *question)
{
    return question->candidate->bytes <= question->asked;
}
