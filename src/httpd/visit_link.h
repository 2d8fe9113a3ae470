/* The pages of a mailed link: new password, and "not me". */
#ifndef PWR_HTTPD_VISIT_LINK_H
#define PWR_HTTPD_VISIT_LINK_H

#include "httpd/private.h"

int pwr_visit_link_show(const pwr_visit_t *visit);
int pwr_visit_link_post(const pwr_visit_t *visit);
int pwr_visit_stop_show(const pwr_visit_t *visit);
int pwr_visit_stop_post(const pwr_visit_t *visit);

#endif
