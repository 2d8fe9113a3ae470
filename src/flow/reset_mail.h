/*
 * The mail with the link: made and sent for the accounts that a row is about. One mail for each
 * address, with one link for each account that mail for it goes to; no address gets the link of an
 * account whose mail goes elsewhere. In the worker.
 */
#ifndef PWR_FLOW_RESET_MAIL_H
#define PWR_FLOW_RESET_MAIL_H

#include "flow/delivery.h"

/* `accounts` (const pwr_account_t *) may all be reset; at least one. */
pwr_fault_t *pwr_reset_mail_send(pwr_delivery_t *delivery,
                                 const apr_array_header_t *accounts) PWR_MUST_USE;

#endif
