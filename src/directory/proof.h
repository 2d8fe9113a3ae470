/* An old password that was tried, and what came of it. */
#ifndef PWR_DIRECTORY_PROOF_H
#define PWR_DIRECTORY_PROOF_H

#include <stdbool.h>

#include "base/crypto.h"
#include "base/model.h"
#include "directory/outcome.h"

/* An old password that was tried. */
typedef struct {
    pwr_bind_outcome_t bind;
    const pwr_account_t *account;
    const pwr_secret_t *old;
    struct pwr_ldap_connection_t
        *connection; /* bound as the person until `pool` goes; NULL: none is */
} pwr_proof_t;

/* Whether the old password was right. */
bool pwr_proof_is_right(const pwr_proof_t *proof);

#endif
