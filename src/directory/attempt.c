/*
 * One search for the name, then the group checks for whatever account that brought: the one that
 * was named, or the dummy. What cannot be read counts as a no. Of the password policy only the
 * lockout is read, by a number of searches of its own: which policy an account has would decide how
 * many searches all its rules take. They are read when the old password has proved whose account it
 * is.
 */
#include "directory/attempt.h"

#include <string.h>

#include <apr_strings.h>

#include "base/encode.h"
#include "directory/account.h"
#include "directory/eligibility.h"
#include "directory/password.h"

#define NAME_BYTES 18

/* An account that is not in the directory: a random name below the base that is searched. */
static pwr_account_t *make_dummy_account(const pwr_directory_t *directory, apr_pool_t *pool)
{
    const pwr_directory_settings_t *settings = directory->settings;
    const char *attribute = settings->login_attribute;
    pwr_account_t *dummy = apr_pcalloc(pool, sizeof *dummy);
    unsigned char bytes[NAME_BYTES];
    char name[PWR_BASE64URL_CHARS(NAME_BYTES) + 1];

    pwr_crypto_random(bytes, sizeof bytes);
    pwr_encode_base64url(name, bytes, sizeof bytes);
    dummy->id = dummy->login = dummy->stamp = apr_pstrdup(pool, name);
    dummy->logins = apr_array_make(pool, 1, sizeof(const char *));
    APR_ARRAY_PUSH(dummy->logins, const char *) = dummy->login;
    dummy->dn = apr_pstrcat(pool, attribute != NULL ? attribute : "cn", "=", name, ",",
                            settings->base, NULL);
    return dummy;
}

/* The entries that have the name. */
static apr_array_header_t *named_among(const apr_array_header_t *entries,
                                       const pwr_directory_t *directory, const char *typed)
{
    apr_array_header_t *named = apr_array_make(entries->pool, 1, sizeof(const pwr_entry_t *));

    for (int i = 0; i < entries->nelts; i++) {
        const pwr_entry_t *entry = &APR_ARRAY_IDX(entries, i, pwr_entry_t);
        if (pwr_account_is_named(entry, directory, typed)) {
            APR_ARRAY_PUSH(named, const pwr_entry_t *) = entry;
        }
    }
    return named;
}

/* The one account of the name; NULL, with `why`, when there is not exactly one. */
static pwr_fault_t *search(pwr_account_t **account, const char **why, pwr_directory_t *directory,
                           const char *typed, apr_pool_t *pool)
{
    apr_array_header_t *entries = NULL;
    bool has_more = false;

    *account = NULL;
    PWR_TRY(pwr_account_search(&entries, &has_more, directory, typed, pool));
    const apr_array_header_t *named = named_among(entries, directory, typed);
    if (named->nelts == 1 && !has_more) {
        return pwr_account_from_entry(account, APR_ARRAY_IDX(named, 0, const pwr_entry_t *),
                                      directory, typed, pool);
    }
    *why = named->nelts == 0 ? "no account" : "several accounts";
    return NULL;
}

/* A missing address is no hindrance to a person who knows the password. */
static const char *reason_of(const pwr_account_t *account)
{
    return account->ineligible != NULL && strcmp(account->ineligible, PWR_INELIGIBLE_NO_MAIL) == 0
               ? NULL
               : account->ineligible;
}

/* The directory is known. */
static void find(pwr_attempt_t *attempt, pwr_account_t *dummy, pwr_directory_t *directory,
                 const char *typed, apr_pool_t *pool)
{
    pwr_account_t *account = NULL;
    const char *why = NULL;

    pwr_fault_t *unread = search(&account, &why, directory, typed, pool);
    bool is_read = unread == NULL && account != NULL;
    dummy->unseen = pwr_account_unseen(NULL, directory, pool);
    pwr_fault_t *unjudged = pwr_eligibility_judge_fully(is_read ? account : dummy, directory, pool);
    attempt->account = is_read ? account : NULL;
    attempt->why = is_read ? reason_of(account) : why;
    attempt->fault = unread != NULL ? unread : unjudged;
    if (attempt->fault != NULL) {
        attempt->why = unread != NULL ? "account unreadable" : "groups unreadable";
    }
}

void pwr_attempt_find(pwr_attempt_t *attempt, pwr_directory_t *directory, const char *typed,
                      apr_pool_t *pool)
{
    pwr_account_t *dummy = make_dummy_account(directory, pool);
    pwr_fault_t *fault = pwr_directory_know(directory, pool);

    *attempt = (pwr_attempt_t){.dummy = dummy, .why = "directory unknown", .fault = fault};
    if (fault == NULL) {
        find(attempt, dummy, directory, typed, pool);
    }
}

pwr_fault_t *pwr_attempt_lockout(pwr_lockout_t *lockout, pwr_directory_t *directory,
                                 const pwr_account_t *account, apr_pool_t *scratch)
{
    PWR_TRY(pwr_directory_know(directory, scratch));
    return directory->context.backend->lockout_of(lockout, &directory->context, account->dn,
                                                  scratch);
}

pwr_fault_t *pwr_attempt_prove(pwr_proof_t *proof, pwr_directory_t *directory,
                               const pwr_account_t *account, const pwr_secret_t *old,
                               apr_pool_t *pool)
{
    *proof = (pwr_proof_t){.bind = PWR_BIND_WRONG, .account = account, .old = old};
    PWR_TRY(pwr_directory_know(directory, pool));
    return pwr_password_prove(proof, directory, pool);
}

pwr_fault_t *pwr_attempt_change_password(pwr_write_outcome_t *outcome, pwr_directory_t *directory,
                                         pwr_proof_t *proof, const pwr_secret_t *password,
                                         apr_pool_t *pool)
{
    *outcome = PWR_WRITE_NOT_SENT;
    PWR_TRY(pwr_directory_know(directory, pool));
    return pwr_password_change(outcome, directory, proof, password, pool);
}
