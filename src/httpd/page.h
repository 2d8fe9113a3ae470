/* The pages by name; conf/pages has a template for each. */
#ifndef PWR_HTTPD_PAGE_H
#define PWR_HTTPD_PAGE_H

typedef enum {
    PWR_PAGE_REQUEST,
    PWR_PAGE_SENT,
    PWR_PAGE_CHALLENGE,
    PWR_PAGE_RESET,
    PWR_PAGE_CHANGE,
    PWR_PAGE_DONE,
    PWR_PAGE_UNLOCKED,
    PWR_PAGE_UNSURE,
    PWR_PAGE_DEAD,
    PWR_PAGE_STOP,
    PWR_PAGE_HELP,
    PWR_PAGE_ERROR,
    PWR_PAGE_LINK, /* to the request page, for a login page to include */
    PWR_PAGE_COUNT
} pwr_page_t;

#endif
