/* The form's age and the unseen field, judged in the order that tells an honest person the most
 * useful thing. */
#include "abuse/challenge.h"

#include "base/clock.h"

pwr_challenge_verdict_t pwr_challenge_judge(const char **nonce,
                                            const pwr_abuse_settings_t *settings,
                                            const pwr_secret_t *key,
                                            const pwr_challenge_form_t *form, apr_pool_t *pool)
{
    pwr_seal_t seal;

    if (form->unseen != NULL && form->unseen[0] != '\0') {
        return PWR_CHALLENGE_ROBOT;
    }
    if (form->seal == NULL || !pwr_seal_open(&seal, key, PWR_SEAL_FORM, form->seal, pool)) {
        return PWR_CHALLENGE_STALE;
    }
    apr_interval_time_t age = pwr_clock_now() - seal.made;
    if (age > settings->form_life || age < 0) {
        return PWR_CHALLENGE_STALE;
    }
    if (age < settings->form_age && !form->has_link) {
        return PWR_CHALLENGE_TOO_QUICK;
    }
    *nonce = seal.text;
    return PWR_CHALLENGE_PASSED;
}
