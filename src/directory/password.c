/*
 * Each write goes over one connection from its first step to its last. First the account is read
 * again there: a connection that has lain idle shows whether it is alive, a server that lags behind
 * does not get a write it would judge by an old state, and a password set elsewhere in the meantime
 * is seen. One doubt is left: a write was sent, and no answer came.
 *
 * libldap keeps a copy of the request, with the password, in its own memory until the answer is
 * there. It frees that memory without wiping it, and this program cannot change that.
 */
#include "directory/password.h"

#include <string.h>

#include "base/clock.h"
#include "base/log.h"
#include "directory/account.h"

/* A write under way. */
typedef struct {
    pwr_directory_t *directory;
    const pwr_account_t *account;
    pwr_ldap_connection_t *connection;
    const pwr_entry_t *entry; /* as read on this connection; NULL when it is not what it was */
    bool is_read_only;        /* so says the server about itself; nothing was done */
    apr_uint32_t refused;     /* servers that said so of this write */
    apr_pool_t *pool;
} write_run_t;

static pwr_fault_t *check(const pwr_secret_t *password, apr_pool_t *pool)
{
    size_t length = pwr_secret_length(password);

    if (length == 0 || memchr(pwr_secret_bytes(password), '\0', length) != NULL) {
        return pwr_fault_refused(pool, "PWR0480", "password.empty",
                                 "An empty password, or one with NUL, was not sent.");
    }
    return NULL;
}

/* A new password. What an old one holds is not checked. */
static pwr_fault_t *check_new(const pwr_directory_t *directory, const pwr_secret_t *password,
                              apr_pool_t *pool)
{
    const pwr_backend_t *backend = directory->context.backend;
    const char *key = NULL;

    PWR_TRY(check(password, pool));
    key = backend->refuses != NULL ? backend->refuses(password) : NULL;
    return key != NULL ? pwr_fault_refused(pool, "PWR0466", key,
                                           "A password was not sent that this kind of server could "
                                           "take for something else.")
                       : NULL;
}

/* Reads the entry on the run's connection. */
static pwr_answer_t read_again(write_run_t *run)
{
    const pwr_backend_context_t *context = &run->directory->context;
    pwr_answer_t answer = pwr_account_read_on(&run->entry, run->directory, run->connection,
                                              run->account, run->pool);

    if (run->entry != NULL) {
        pwr_account_t now = {.ineligible = NULL};
        const char *stamp = context->backend->stamp_of(run->entry, context, run->pool);
        context->backend->read_state(&now, run->entry, pwr_clock_now());
        bool is_same
            = stamp != NULL && strcmp(stamp, run->account->stamp) == 0 && now.ineligible == NULL;
        run->entry = is_same ? run->entry : NULL;
    }
    return answer;
}

/* A connection that is alive, and the entry as it stands there; with a fault there is none. */
static pwr_fault_t *begin(write_run_t *run)
{
    pwr_ldap_connections_t *connections = run->directory->connections;
    pwr_answer_t answer = {.code = LDAP_SERVER_DOWN, .words = ""};

    for (int attempt = 0; attempt < 2 && pwr_answer_is_lost(answer.code); attempt++) {
        PWR_TRY(pwr_ldap_connection_take_to_write(&run->connection, connections, run->refused,
                                                  run->pool));
        bool is_fresh = run->connection->is_fresh;
        answer = read_again(run);
        if (pwr_answer_is_lost(answer.code)) {
            bool is_ill = is_fresh || answer.code != LDAP_SERVER_DOWN;
            pwr_ldap_connection_drop(connections, run->connection, is_ill);
        } else if (answer.code != LDAP_SUCCESS) {
            pwr_ldap_connection_give(connections, run->connection);
        }
    }
    return pwr_answer_to_search(&answer, run->account->dn, run->pool);
}

/* No answer, or none that can be understood. An answer that the server is busy is one. */
static bool is_unknown(int code)
{
    return pwr_answer_is_lost(code) && code != LDAP_BUSY && code != LDAP_UNAVAILABLE;
}

/* A referral is never followed. It says that nothing was done, and so does a server that is
 * unwilling for no reason that lies with the password. */
static bool is_read_only(const pwr_answer_t *answer, const char *key)
{
    return answer->code == LDAP_REFERRAL
           || (answer->code == LDAP_UNWILLING_TO_PERFORM && key == NULL);
}

/* Whether the write is to be done on another server, as none was done on this one. */
static bool goes_on(write_run_t *run, const pwr_ldap_connection_t *connection)
{
    return run->is_read_only
           && pwr_ldap_connection_refused(&run->refused, run->directory->connections, connection);
}

/* Sends a write over the handle and judges the answer. `is_lost`: the connection is no good now. */
static pwr_fault_t *send_write(pwr_write_outcome_t *outcome, bool *is_lost, write_run_t *run,
                               pwr_ldap_handle_t *handle, const pwr_write_t *write)
{
    const pwr_backend_context_t *context = &run->directory->context;
    pwr_answer_t answer;
    int id = 0;

    *outcome = PWR_WRITE_NOT_SENT;
    *is_lost = true;
    run->is_read_only = false;
    pwr_ldap_handle_begin(handle);
    int code = context->backend->send(&id, handle, context, write, run->pool);
    if (code == LDAP_CONFIDENTIALITY_REQUIRED) {
        answer = (pwr_answer_t){.code = code, .words = "the connection is not encrypted"};
        return pwr_answer_to_write(&answer, NULL, run->pool);
    }
    if (code != LDAP_SUCCESS) {
        return pwr_fault_later(run->pool, "PWR0481",
                               "The new password could not be sent (%s); nothing was changed.",
                               ldap_err2string(code));
    }
    code = pwr_ldap_handle_answer(&answer, handle, LDAP_SUCCESS, id, run->pool);
    if (is_unknown(code)) {
        *outcome = PWR_WRITE_UNKNOWN;
        return pwr_fault_later(run->pool, "PWR0482",
                               "The new password was sent and no answer came (%s): it may or may "
                               "not hold. It is not sent again.",
                               ldap_err2string(code));
    }
    *is_lost = false;
    const char *key = context->backend->key_of(&answer);
    pwr_fault_t *fault = pwr_answer_to_write(&answer, key, run->pool);
    run->is_read_only = is_read_only(&answer, key);
    *outcome = fault == NULL                ? PWR_WRITE_DONE
               : fault->kind == PWR_REFUSED ? PWR_WRITE_REFUSED
                                            : PWR_WRITE_NOT_SENT;
    return fault;
}

/* Changes attributes of the account's entry; the answer's code. */
static int modify(pwr_answer_t *answer, write_run_t *run, LDAPMod **changes)
{
    pwr_ldap_handle_t *handle = &run->connection->handle;
    int id = 0;

    pwr_ldap_handle_begin(handle);
    int code = ldap_modify_ext(handle->ld, run->account->dn, changes, NULL, NULL, &id);
    return pwr_ldap_handle_answer(answer, handle, code, id, run->pool);
}

/* What goes with a password: it is set already, so a fault here is told and stops nothing. */
static void write_rest(bool *is_lost, write_run_t *run, const pwr_write_t *write)
{
    const pwr_backend_context_t *context = &run->directory->context;
    LDAPMod **changes = context->backend->after(context, write, run->entry, run->pool);
    pwr_answer_t answer;

    if (changes == NULL) {
        return;
    }
    int code = modify(&answer, run, changes);
    *is_lost = pwr_answer_is_lost(code);
    if (code != LDAP_SUCCESS) {
        pwr_log(PWR_LOG_WARNING, "PWR0484",
                "A password was set, but not what goes with it (%s and more: %s; %s). Let the bind "
                "DN write those attributes.",
                changes[0]->mod_type, ldap_err2string(code), answer.words);
    }
}

/* A write that leaves no trace where the stamp is read means that links outlive passwords. */
static void check_stamp(bool *is_lost, write_run_t *run)
{
    pwr_answer_t answer = read_again(run);

    *is_lost = pwr_answer_is_lost(answer.code);
    if (run->entry != NULL) {
        pwr_log(PWR_LOG_WARNING, "PWR0486",
                "A password was set, and nothing that the bind DN can read has changed by it: a "
                "link would outlive a password that is changed elsewhere. Let the bind DN read "
                "what the documentation lists for this kind of server (%s).",
                run->directory->context.backend->name);
    }
}

static void end(write_run_t *run, bool is_lost)
{
    if (is_lost) {
        pwr_ldap_connection_drop(run->directory->connections, run->connection, true);
    } else {
        pwr_ldap_connection_give(run->directory->connections, run->connection);
    }
}

/* One write as the service, on servers in turn until one takes writes. */
static pwr_fault_t *write_as_service(pwr_write_outcome_t *outcome, write_run_t *run,
                                     const pwr_write_t *write)
{
    pwr_fault_t *fault = NULL;
    bool is_lost = false;
    bool has_more = true;

    for (*outcome = PWR_WRITE_NOT_SENT; has_more;) {
        PWR_TRY(begin(run));
        if (run->entry == NULL) {
            *outcome = PWR_WRITE_STALE;
            end(run, false);
            return NULL;
        }
        fault = send_write(outcome, &is_lost, run, &run->connection->handle, write);
        if (*outcome == PWR_WRITE_DONE) {
            write_rest(&is_lost, run, write);
        }
        if (*outcome == PWR_WRITE_DONE && !is_lost) {
            check_stamp(&is_lost, run);
        }
        has_more = goes_on(run, run->connection);
        end(run, is_lost);
    }
    return fault;
}

pwr_fault_t *pwr_password_set(pwr_write_outcome_t *outcome, pwr_directory_t *directory,
                              const pwr_account_t *account, const pwr_secret_t *password,
                              apr_pool_t *pool)
{
    write_run_t run = {.directory = directory, .account = account, .pool = pool};
    const pwr_write_t write = {
        .dn = account->dn, .password = password, .must_change = directory->settings->must_change};

    *outcome = PWR_WRITE_NOT_SENT;
    PWR_TRY(check_new(directory, password, pool));
    return write_as_service(outcome, &run, &write);
}

/* --- a person's own change --- */

static bool is_bound(const pwr_proof_t *proof)
{
    return proof->bind == PWR_BIND_RIGHT || proof->bind == PWR_BIND_MUST_CHANGE;
}

bool pwr_proof_is_right(const pwr_proof_t *proof)
{
    return is_bound(proof) || proof->bind == PWR_BIND_EXPIRED;
}

static void close_proof(pwr_proof_t *proof)
{
    if (proof->connection != NULL) {
        pwr_ldap_handle_close(&proof->connection->handle);
        proof->connection = NULL;
    }
}

/* Binds as the person on a server that has not refused the write. The connection stays open while
 * it is bound. */
static pwr_fault_t *bind_as_person(pwr_proof_t *proof, write_run_t *run)
{
    pwr_person_t person = {.dn = proof->account->dn, .password = proof->old};

    proof->bind = PWR_BIND_WRONG;
    PWR_TRY(pwr_ldap_connection_open_as(&proof->connection, run->directory->connections, &person,
                                        run->refused, run->pool));
    proof->bind = run->directory->context.backend->bind_of(&person.answer);
    if (!is_bound(proof)) {
        close_proof(proof);
    }
    return NULL;
}

pwr_fault_t *pwr_password_prove(pwr_proof_t *proof, pwr_directory_t *directory, apr_pool_t *pool)
{
    write_run_t run = {.directory = directory, .account = proof->account, .pool = pool};

    PWR_TRY(check(proof->old, pool));
    return bind_as_person(proof, &run);
}

/* Writes as the person, on servers in turn until one takes writes. */
static pwr_fault_t *write_as_person(pwr_write_outcome_t *outcome, write_run_t *run,
                                    pwr_proof_t *proof, const pwr_write_t *write)
{
    pwr_fault_t *fault = NULL;
    bool is_lost = false;
    bool has_more = true;

    while (has_more) {
        fault = send_write(outcome, &is_lost, run, &proof->connection->handle, write);
        has_more = goes_on(run, proof->connection);
        close_proof(proof);
        if (has_more) {
            PWR_TRY(bind_as_person(proof, run));
            has_more = is_bound(proof);
        }
    }
    return fault;
}

/* Where an expired password does not let the person in, or the backend wants it so, the service
 * writes; the old password has proved whose it is. */
pwr_fault_t *pwr_password_change(pwr_write_outcome_t *outcome, pwr_directory_t *directory,
                                 pwr_proof_t *proof, const pwr_secret_t *password, apr_pool_t *pool)
{
    write_run_t run = {.directory = directory, .account = proof->account, .pool = pool};
    const pwr_write_t write = {.dn = proof->account->dn, .password = password, .old = proof->old};
    bool is_theirs = is_bound(proof) && !directory->context.backend->changes_as_service;

    *outcome = PWR_WRITE_NOT_SENT;
    PWR_TRY(check_new(directory, password, pool));
    if (is_theirs) {
        return write_as_person(outcome, &run, proof, &write);
    }
    close_proof(proof);
    return write_as_service(outcome, &run, &write);
}

/* The answer of the server; LDAP_SUCCESS where there was nothing to do. */
static pwr_fault_t *unlock_once(pwr_answer_t *answer, write_run_t *run)
{
    *answer = (pwr_answer_t){.code = LDAP_SUCCESS, .words = ""};
    PWR_TRY(begin(run));
    LDAPMod **changes = run->entry != NULL
                            ? run->directory->context.backend->unlock(run->entry, run->pool)
                            : NULL;
    if (changes != NULL) {
        modify(answer, run, changes);
    }
    run->is_read_only = is_read_only(answer, NULL);
    return NULL;
}

pwr_fault_t *pwr_password_unlock(pwr_write_outcome_t *outcome, pwr_directory_t *directory,
                                 const pwr_account_t *account, apr_pool_t *pool)
{
    write_run_t run = {.directory = directory, .account = account, .pool = pool};
    pwr_answer_t answer;
    bool has_more = true;

    for (*outcome = PWR_WRITE_NOT_SENT; has_more;) {
        PWR_TRY(unlock_once(&answer, &run));
        has_more = goes_on(&run, run.connection);
        end(&run, pwr_answer_is_lost(answer.code));
    }
    if (answer.code == LDAP_SUCCESS) {
        *outcome = run.entry != NULL ? PWR_WRITE_DONE : PWR_WRITE_STALE;
        return NULL;
    }
    if (is_unknown(answer.code)) {
        *outcome = PWR_WRITE_UNKNOWN;
        return pwr_fault_later(pool, "PWR0485", "No answer to unlocking an account (%s).",
                               ldap_err2string(answer.code));
    }
    return pwr_answer_to_write(&answer, NULL, pool);
}
