/* People in memory. A read gives a copy, so that an account which a flow holds stays as it was. */
#include "fake_directory.h"

#include <string.h>

#include <apr_strings.h>

struct pwr_directory_t {
    const pwr_directory_settings_t *settings;
};

static pwr_directory_t opened;
static const pwr_account_t dummy = {.id = "dummy", .dn = "cn=dummy", .login = "dummy"};

fake_directory_t fake_directory;

void fake_directory_clear(void)
{
    fake_directory = (fake_directory_t){
        .write = PWR_WRITE_DONE, .right = PWR_BIND_RIGHT, .rules.lockout.is_known = true};
}

fake_person_t *fake_directory_add(const char *login, apr_pool_t *pool)
{
    fake_person_t *person = &fake_directory.people[fake_directory.people_count++];

    *person = (fake_person_t){.typed = login, .password = "the old password"};
    person->account = (pwr_account_t){
        .id = apr_pstrcat(pool, login, "-id", NULL),
        .dn = apr_pstrcat(pool, "uid=", login, ",dc=example", NULL),
        .login = login,
        .mail = apr_pstrcat(pool, login, "@example.org", NULL),
        .mails = apr_array_make(pool, 2, sizeof(const char *)),
        .stamp = apr_pstrcat(pool, login, "-stamp", NULL),
        .names = apr_array_make(pool, 1, sizeof(const char *)),
    };
    APR_ARRAY_PUSH(person->account.mails, const char *) = person->account.mail;
    APR_ARRAY_PUSH(person->account.names, const char *) = login;
    return person;
}

static fake_person_t *person_of(const char *id)
{
    for (int i = 0; i < fake_directory.people_count; i++) {
        if (strcmp(fake_directory.people[i].account.id, id) == 0) {
            return &fake_directory.people[i];
        }
    }
    return NULL;
}

static pwr_account_t *copy_of(const fake_person_t *person, apr_pool_t *pool)
{
    return apr_pmemdup(pool, &person->account, sizeof person->account);
}

/* --- directory/directory.h -------------------------------------------------------------------- */

pwr_fault_t *pwr_directory_open(pwr_directory_t **directory,
                                const pwr_directory_settings_t *settings, apr_pool_t *pool)
{
    (void)pool;
    opened = (pwr_directory_t){.settings = settings};
    *directory = &opened;
    return NULL;
}

pwr_fault_t *pwr_directory_find(apr_array_header_t **accounts, pwr_directory_t *directory,
                                const char *typed, apr_pool_t *pool)
{
    int last = fake_directory.people_count - 1;

    (void)directory;
    fake_directory.finds++;
    *accounts = apr_array_make(pool, 1, sizeof(const pwr_account_t *));
    for (int i = 0; fake_directory.fault == NULL && i <= last; i++) {
        const fake_person_t *person
            = &fake_directory.people[fake_directory.is_reversed ? last - i : i];
        if (strcmp(person->typed, typed) == 0) {
            APR_ARRAY_PUSH(*accounts, const pwr_account_t *) = copy_of(person, pool);
        }
    }
    return fake_directory.fault;
}

pwr_fault_t *pwr_directory_read(pwr_account_t **account, pwr_directory_t *directory, const char *id,
                                apr_pool_t *pool)
{
    const fake_person_t *person = person_of(id);

    (void)directory;
    fake_directory.reads++;
    *account = fake_directory.fault == NULL && person != NULL ? copy_of(person, pool) : NULL;
    return fake_directory.fault;
}

pwr_fault_t *pwr_directory_rules(pwr_rules_t *rules, pwr_directory_t *directory,
                                 const pwr_account_t *account, apr_pool_t *scratch)
{
    (void)directory;
    (void)account;
    (void)scratch;
    *rules = fake_directory.rules;
    return fake_directory.fault;
}

pwr_rules_t pwr_directory_last_rules(pwr_directory_t *directory)
{
    (void)directory;
    return fake_directory.rules;
}

/* As the real one: the account must still have the stamp that the flow has seen. */
static pwr_fault_t *write_account(pwr_write_outcome_t *outcome, const pwr_account_t *account)
{
    if (fake_directory.fault != NULL) {
        *outcome = PWR_WRITE_NOT_SENT;
        return fake_directory.fault;
    }
    if (fake_directory.before_write != NULL) {
        fake_directory.before_write();
    }
    const fake_person_t *person = person_of(account->id);
    *outcome = fake_directory.write;
    if (person == NULL || strcmp(person->account.stamp, account->stamp) != 0) {
        *outcome = PWR_WRITE_STALE;
    }
    return *outcome == PWR_WRITE_DONE || *outcome == PWR_WRITE_STALE ? NULL
                                                                     : fake_directory.write_fault;
}

static pwr_fault_t *write_password(pwr_write_outcome_t *outcome, const pwr_account_t *account,
                                   const pwr_secret_t *password, apr_pool_t *pool)
{
    fake_directory.writes++;
    pwr_fault_t *fault = write_account(outcome, account);
    if (*outcome == PWR_WRITE_DONE) {
        fake_person_t *person = person_of(account->id);
        person->password = apr_pstrdup(pool, pwr_secret_bytes(password));
        person->account.stamp = apr_pstrcat(pool, person->account.stamp, "+", NULL);
    }
    return fault;
}

pwr_fault_t *pwr_directory_set_password(pwr_write_outcome_t *outcome, pwr_directory_t *directory,
                                        const pwr_account_t *account, const pwr_secret_t *password,
                                        apr_pool_t *pool)
{
    (void)directory;
    return write_password(outcome, account, password, pool);
}

pwr_fault_t *pwr_directory_reach(pwr_directory_t *directory, apr_pool_t *scratch)
{
    (void)directory;
    (void)scratch;
    fake_directory.reaches++;
    return fake_directory.fault;
}

pwr_fault_t *pwr_directory_unlock(pwr_write_outcome_t *outcome, pwr_directory_t *directory,
                                  const pwr_account_t *account, apr_pool_t *pool)
{
    (void)directory;
    (void)pool;
    fake_directory.unlocks++;
    pwr_fault_t *fault = write_account(outcome, account);
    if (*outcome == PWR_WRITE_DONE) {
        person_of(account->id)->account.is_locked = false;
    }
    return fault;
}

pwr_fault_t *pwr_directory_probe(pwr_directory_t *directory, int index, apr_pool_t *scratch)
{
    (void)directory;
    (void)index;
    (void)scratch;
    return fake_directory.fault;
}

pwr_fault_t *pwr_directory_check_bind(pwr_directory_t *directory, apr_pool_t *scratch)
{
    (void)directory;
    (void)scratch;
    return fake_directory.fault;
}

pwr_fault_t *pwr_directory_check_rights(pwr_directory_t *directory, apr_pool_t *scratch)
{
    (void)directory;
    (void)scratch;
    return fake_directory.fault;
}

/* No number of failed logins locks here. */
pwr_fault_t *pwr_directory_check_lockout(pwr_lockout_t *lockout, pwr_directory_t *directory,
                                         apr_pool_t *scratch)
{
    (void)directory;
    (void)scratch;
    *lockout = fake_directory.rules.lockout;
    return fake_directory.fault;
}

pwr_fault_t *pwr_directory_failures(pwr_failures_t *failures, pwr_directory_t *directory,
                                    const pwr_account_t *account, const pwr_lockout_t *lockout,
                                    apr_pool_t *scratch)
{
    (void)directory;
    (void)account;
    (void)lockout;
    (void)scratch;
    *failures = (pwr_failures_t){.is_known = true, .is_whole = true};
    return fake_directory.fault;
}

bool pwr_directory_ends_count(const pwr_directory_t *directory)
{
    (void)directory;
    return true;
}

/* --- directory/attempt.h ---------------------------------------------------------------------- */

void pwr_attempt_find(pwr_attempt_t *attempt, pwr_directory_t *directory, const char *typed,
                      apr_pool_t *pool)
{
    apr_array_header_t *accounts = NULL;
    const pwr_fault_t *fault = pwr_directory_find(&accounts, directory, typed, pool);

    *attempt = (pwr_attempt_t){.dummy = &dummy, .fault = fault};
    if (fault != NULL) {
        attempt->why = "fault";
    } else if (accounts->nelts != 1) {
        attempt->why = accounts->nelts == 0 ? "none" : "ambiguous";
    } else {
        attempt->account = APR_ARRAY_IDX(accounts, 0, const pwr_account_t *);
        attempt->why = attempt->account->ineligible;
    }
}

pwr_fault_t *pwr_attempt_lockout(pwr_lockout_t *lockout, pwr_directory_t *directory,
                                 const pwr_account_t *account, apr_pool_t *scratch)
{
    (void)directory;
    (void)account;
    (void)scratch;
    *lockout = fake_directory.rules.lockout;
    return fake_directory.fault;
}

bool pwr_proof_is_right(const pwr_proof_t *proof)
{
    return proof->bind == PWR_BIND_RIGHT || proof->bind == PWR_BIND_EXPIRED
           || proof->bind == PWR_BIND_MUST_CHANGE;
}

/* The dummy takes every password, so that a flow which believed it would be caught. */
pwr_fault_t *pwr_attempt_prove(pwr_proof_t *proof, pwr_directory_t *directory,
                               const pwr_account_t *account, const pwr_secret_t *old,
                               apr_pool_t *pool)
{
    const fake_person_t *person = person_of(account->id);

    (void)directory;
    (void)pool;
    fake_directory.binds++;
    fake_directory.dummy_binds += account == &dummy;
    *proof = (pwr_proof_t){.bind = PWR_BIND_WRONG, .account = account, .old = old};
    if (person == NULL || strcmp(person->password, pwr_secret_bytes(old)) == 0) {
        proof->bind = fake_directory.right;
    }
    return fake_directory.fault;
}

pwr_fault_t *pwr_attempt_change_password(pwr_write_outcome_t *outcome, pwr_directory_t *directory,
                                         pwr_proof_t *proof, const pwr_secret_t *password,
                                         apr_pool_t *pool)
{
    (void)directory;
    return write_password(outcome, proof->account, password, pool);
}
