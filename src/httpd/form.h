/*
 * A posted form: bounded whatever LimitRequestBody says, one value per field, valid UTF-8 or
 * refused. The bytes are wiped with the request, since a password may be among them.
 */
#ifndef PWR_HTTPD_FORM_H
#define PWR_HTTPD_FORM_H

#include <httpd.h>

typedef struct pwr_form_t pwr_form_t;

/* Reads the body of a POST. OK, or the status to answer: 400 (not a form, a field twice, bad UTF-8,
 * a NUL), 413, 415, 408. */
int pwr_form_read(pwr_form_t **form, request_rec *request);

/* The value of a field, or NULL. */
const char *pwr_form_value(const pwr_form_t *form, const char *name);

#endif
