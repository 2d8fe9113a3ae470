/* What the template of each page may and must name: conf/pages as it is, and a site's own. */
#ifndef PWR_HTTPD_PAGE_SLOTS_H
#define PWR_HTTPD_PAGE_SLOTS_H

#include "httpd/page.h"
#include "text/slots.h"

/* NULL when the page declares none: then it is not judged. */
const pwr_slots_t *pwr_page_slots(pwr_page_t page);

#endif
