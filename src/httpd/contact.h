/* The line of PwResetContact as a page shows it: its telephone numbers and addresses are links. */
#ifndef PWR_HTTPD_CONTACT_H
#define PWR_HTTPD_CONTACT_H

#include "text/view.h"

/* Adds the list `contact_parts`: items with a `text`, and with a `href` (tel:, mailto:) where it is
 * a link. Together the texts are `contact`, with no-break spaces and hyphens within a number. A
 * number is a link when it has 8 to 15 digits (E.164 ends there), single spaces or hyphens among
 * them; fewer may be a room or a time. */
void pwr_contact_show(pwr_view_t *view, const char *contact, apr_pool_t *pool);

#endif
