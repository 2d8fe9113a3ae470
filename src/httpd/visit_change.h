/* The page for those who know their password. */
#ifndef PWR_HTTPD_VISIT_CHANGE_H
#define PWR_HTTPD_VISIT_CHANGE_H

#include "httpd/private.h"

int pwr_visit_change_show(const pwr_visit_t *visit);
int pwr_visit_change_post(const pwr_visit_t *visit);

/* The form again, for who has solved a task for it: what was typed into it but the name was not
 * kept. */
int pwr_visit_change_solved(const pwr_visit_t *visit, const char *form_seal, const char *name);

#endif
