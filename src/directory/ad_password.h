/*
 * How Active Directory takes a new password, and what its refusals mean. As pwr_backend_t says. No
 * state; any thread.
 */
#ifndef PWR_DIRECTORY_AD_PASSWORD_H
#define PWR_DIRECTORY_AD_PASSWORD_H

#include "directory/backend.h"

/* Whether the server checks the history in a reset: the OID of its control (MS-ADTS
 * 3.1.1.3.4.1.27), NULL when it has none. */
const char *pwr_ad_policy_hints(const pwr_entry_t *root);

/* What unicodePwd holds: the password between quotation marks, in UTF-16, low byte first (MS-ADTS
 * 3.1.1.3.1.5.1). False when it is not valid UTF-8. The bytes are wiped with `scratch`. */
bool pwr_ad_quote(struct berval *value, const pwr_secret_t *password, apr_pool_t *scratch);

/* LDAP_CONFIDENTIALITY_REQUIRED, with nothing sent, on a connection that others could read. */
int pwr_ad_send(int *id, const pwr_ldap_handle_t *handle, const pwr_backend_context_t *context,
                const pwr_write_t *write, apr_pool_t *scratch);

const char *pwr_ad_key_of(const pwr_answer_t *answer);
pwr_bind_outcome_t pwr_ad_bind_of(const pwr_answer_t *answer);

#endif
