/*
 * A page travels as one bucket that holds its view; the output filter PWRESET turns it into bytes.
 * So the site's own filters (DEFLATE, SUBSTITUTE, INCLUDES) come after it and see an ordinary page.
 */
#ifndef PWR_HTTPD_PAGE_FILTER_H
#define PWR_HTTPD_PAGE_FILTER_H

#include <httpd.h>

#include "text/template.h"

typedef struct {
    const pwr_template_t *template;
    const pwr_view_t *view;
    const pwr_language_t *language;
} pwr_page_content_t;

/* Registers the filter. */
void pwr_page_filter_register(void);

/* Sends a page through the filters: OK, or the status to answer. */
int pwr_page_filter_send(request_rec *request, const pwr_page_content_t *content);

#endif
