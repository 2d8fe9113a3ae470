/*
 * Takes the secret of a link out of a request that httpd refuses while it reads it (too long a
 * header, no Host, a bad Transfer-Encoding). Such a request never comes to post_read_request, so
 * pwr_scrub has no turn; yet it is answered, by an ErrorDocument too, and logged. Web children
 * only, any thread.
 */
#ifndef PWR_HTTPD_SCRUB_EARLY_H
#define PWR_HTTPD_SCRUB_EARLY_H

#include <httpd.h>
#include <ap_expr.h>

/* The pre_read_request hook. Until pwr_scrub has had its turn, httpd's core logs no more than at
 * info: at debug its lines about a bad request repeat the address. From trace5 on, of which the
 * start warns, it logs what the operator asked for. */
void pwr_scrub_early_read(request_rec *request, conn_rec *connection);

/* Ends that: a post_read_request hook. */
int pwr_scrub_early_end(request_rec *request);

/* The create_request hook: an ErrorDocument is a new request, and takes over from the refused one
 * what its environment is made of. */
int pwr_scrub_early_create(request_rec *request);

/* The insert_error_filter hook: what a filter may write into httpd's own page. */
void pwr_scrub_early_answer(request_rec *request);

/* The log_transaction hook that runs first. */
int pwr_scrub_early_log(request_rec *request);

/* The expr_lookup hook: the text of an ErrorDocument may be an expression, and is evaluated before
 * any other hook. */
int pwr_scrub_early_lookup(ap_expr_lookup_parms *parms);

#endif
