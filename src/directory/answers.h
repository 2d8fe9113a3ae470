/*
 * What a directory server answered, and what that means: for the person (a message key), for later,
 * or for the operator. No state; any thread.
 *
 * Message keys of refused passwords: directory.expired .locked .change_after_reset .not_allowed
 * .old_needed .quality .short .young .history (password policy errors 0 to 8 of
 * draft-behera-ldap-password-policy), directory.refused where the server gave no reason, and
 * directory.unexplained where it is one of those that Windows does not tell apart.
 */
#ifndef PWR_DIRECTORY_ANSWERS_H
#define PWR_DIRECTORY_ANSWERS_H

#include <stdbool.h>

#include <ldap.h>

#include "base/fault.h"

#define PWR_ANSWER_NO_ERROR (-1)

typedef struct {
    int code;          /* LDAP result code; negative ones are libldap's own */
    int policy_error;  /* of the password policy response control, or PWR_ANSWER_NO_ERROR */
    const char *words; /* the server's diagnostic, "" when there is none */
} pwr_answer_t;

/* Takes a result message apart. One that cannot be understood has code LDAP_DECODING_ERROR. */
void pwr_answer_parse(pwr_answer_t *answer, LDAP *ld, LDAPMessage *message, apr_pool_t *pool);

/* True when no answer came, or one that says that the server is about to go. */
bool pwr_answer_is_lost(int code);

/* The fault of a search below `base`; NULL when it went well. */
pwr_fault_t *pwr_answer_to_search(const pwr_answer_t *answer, const char *base,
                                  apr_pool_t *pool) PWR_MUST_USE;

/* The message key of an error of the password policy control; NULL for PWR_ANSWER_NO_ERROR. */
const char *pwr_answer_policy_key(int policy_error);

/* The fault of a password write that the server has answered; NULL when it was done. `key` is the
 * backend's message key, NULL when the person can do nothing about it. With any fault nothing was
 * changed. */
pwr_fault_t *pwr_answer_to_write(const pwr_answer_t *answer, const char *key,
                                 apr_pool_t *pool) PWR_MUST_USE;

#endif
