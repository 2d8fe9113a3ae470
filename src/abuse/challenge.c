/*
 * Judged in the order that tells an honest person the most useful thing. A form without work costs
 * its client four times one with work: a person without script can still send one, and a program
 * can send few.
 */
#include "abuse/challenge.h"

#include "abuse/captcha_work.h"
#include "base/clock.h"
#include "base/log.h"

#define COST_WITH_PROOF 1
#define COST_WITHOUT 4

/* Times the silent work. At level CAPTCHA it takes a browser about half a minute. */
static const int harder[]
    = {[PWR_LEVEL_SILENT] = 1, [PWR_LEVEL_WORK] = 16, [PWR_LEVEL_CAPTCHA] = 32};

static pwr_challenge_verdict_t verdict_of(pwr_challenge_outcome_t outcome)
{
    return (pwr_challenge_verdict_t){.outcome = outcome};
}

/* What the form proves by work or captcha; -1 for nothing. */
static int proved(const pwr_challenge_parts_t *parts, const pwr_challenge_form_t *form,
                  const char *nonce, apr_pool_t *pool)
{
    if (form->has_solved_captcha) {
        return PWR_LEVEL_CAPTCHA;
    }
    if (form->solution != NULL && form->solution[0] != '\0') {
        for (int level = PWR_LEVEL_WORK; level >= PWR_LEVEL_SILENT; level--) {
            if (pwr_work_check(parts->key, nonce, (pwr_level_t)level, form->solution, pool)) {
                return level;
            }
        }
    }
    return -1;
}

/* Where the site uses a provider's check, its word counts instead of a silent form: a yes is as
 * good as a captcha, a no is none, and while it does not answer our own work is asked for. Without
 * a response there is no script, so the page with the captchas is the way. */
static pwr_level_t ask_remote(int *level, bool *is_down, const pwr_challenge_parts_t *parts,
                              const pwr_challenge_form_t *form, apr_pool_t *pool)
{
    pwr_fault_t *fault = NULL;

    if (form->response == NULL || form->response[0] == '\0') {
        return PWR_LEVEL_CAPTCHA;
    }
    pwr_remote_verdict_t verdict
        = pwr_remote_check(&fault, parts->remote, form->response, form->client, pool);
    if (fault != NULL) {
        pwr_log_fault(fault);
    }
    if (verdict == PWR_REMOTE_YES) {
        *level = PWR_LEVEL_CAPTCHA;
    }
    *is_down = verdict == PWR_REMOTE_DOWN;
    return *is_down ? PWR_LEVEL_WORK : PWR_LEVEL_CAPTCHA;
}

static pwr_pressure_t count(const pwr_challenge_parts_t *parts, const pwr_challenge_form_t *form,
                            bool has_proof)
{
    if (parts->limit == NULL) {
        return (pwr_pressure_t){.level = PWR_LEVEL_SILENT};
    }
    return pwr_client_limit_count(parts->limit, form->client,
                                  has_proof ? COST_WITH_PROOF : COST_WITHOUT);
}

pwr_challenge_verdict_t pwr_challenge_judge(const pwr_challenge_parts_t *parts,
                                            const pwr_challenge_form_t *form, apr_pool_t *pool)
{
    pwr_seal_t seal;
    bool is_down = false;

    if (form->unseen != NULL && form->unseen[0] != '\0') {
        count(parts, form, false);
        return verdict_of(PWR_CHALLENGE_ROBOT);
    }
    if (form->seal == NULL || !pwr_seal_open(&seal, parts->key, PWR_SEAL_FORM, form->seal, pool)) {
        count(parts, form, false);
        return verdict_of(PWR_CHALLENGE_STALE);
    }
    apr_interval_time_t age = pwr_clock_now() - seal.made;
    if (age > parts->settings->form_life || age < 0) {
        return verdict_of(PWR_CHALLENGE_STALE);
    }
    int level = proved(parts, form, seal.text, pool);
    pwr_pressure_t pressure = count(parts, form, level >= 0);
    if (parts->remote != NULL && parts->remote->provider != NULL && level < PWR_LEVEL_WORK
        && pressure.level != PWR_LEVEL_REFUSE) {
        pwr_level_t asked = ask_remote(&level, &is_down, parts, form, pool);
        pressure.level = asked > pressure.level ? asked : pressure.level;
    }
    if (level < 0 && (age >= parts->settings->form_age || form->has_link)) {
        level = PWR_LEVEL_SILENT; /* it was open as long as a person needs */
    }
    pwr_challenge_verdict_t verdict = {
        .outcome = PWR_CHALLENGE_PASSED,
        .nonce = seal.text,
        .level = (pwr_level_t)(level < 0 ? 0 : level),
        .retry_after = pressure.retry_after,
        .is_provider_down = is_down,
    };
    if (pressure.level == PWR_LEVEL_REFUSE) {
        verdict.outcome = PWR_CHALLENGE_REFUSED;
    } else if (level < 0) {
        verdict.outcome = PWR_CHALLENGE_TOO_QUICK;
    } else if (level < (int)pressure.level) {
        verdict.outcome = PWR_CHALLENGE_MORE;
        verdict.level = pressure.level;
    }
    return verdict;
}

apr_interval_time_t pwr_challenge_window(const pwr_abuse_settings_t *settings)
{
    return settings->form_life + settings->wait + PWR_CAPTCHA_LIFE;
}

const char *pwr_challenge_work(const pwr_challenge_parts_t *parts, const char *sealed,
                               const char *client, apr_pool_t *pool)
{
    pwr_seal_t seal;

    if (sealed == NULL || !pwr_seal_open(&seal, parts->key, PWR_SEAL_FORM, sealed, pool)) {
        return NULL;
    }
    pwr_level_t level = client == NULL ? PWR_LEVEL_CAPTCHA : PWR_LEVEL_SILENT;
    if (client != NULL && parts->limit != NULL
        && pwr_client_limit_look(parts->limit, client).level > level) {
        level = PWR_LEVEL_WORK;
    }
    pwr_work_order_t order = {
        .level = level,
        .work = parts->settings->work * harder[level],
        .life = parts->settings->form_life,
    };
    return pwr_work_challenge(parts->key, seal.text, &order, pool);
}

bool pwr_challenge_has_long_work(const pwr_challenge_parts_t *parts, const char *sealed,
                                 const char *solution, apr_pool_t *pool)
{
    pwr_seal_t seal;

    return solution != NULL && pwr_seal_open(&seal, parts->key, PWR_SEAL_FORM, sealed, pool)
           && pwr_work_check(parts->key, seal.text, PWR_LEVEL_CAPTCHA, solution, pool);
}
