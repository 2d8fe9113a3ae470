/*
 * An account's quota of mails and live links, which no number of requests, workers and nodes
 * exceeds. In the worker.
 */
#ifndef PWR_FLOW_MAIL_QUOTA_H
#define PWR_FLOW_MAIL_QUOTA_H

#include "flow/delivery.h"

typedef struct {
    bool has_turn;              /* false: another row of the account is in hand; come again later */
    const char *why;            /* NULL: the account may have one more; else which cap is reached */
    const char *account_digest; /* under which it is counted */
} pwr_mail_quota_t;

/* Takes the account's turn for the row and counts. Who is granted one counts it before the row
 * asks for another account, or ends: by the row's own end, or by a note. */
pwr_fault_t *pwr_mail_quota_ask(pwr_mail_quota_t *quota, pwr_delivery_t *delivery,
                                const pwr_account_t *account) PWR_MUST_USE;

/* Counts a mail to this account, one of several of the row. Once, however often it is called. */
pwr_fault_t *pwr_mail_quota_note(pwr_delivery_t *delivery,
                                 const pwr_account_t *account) PWR_MUST_USE;

#endif
