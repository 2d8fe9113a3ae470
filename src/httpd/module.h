/* The module record, by which httpd hands out this module's own settings. */
#ifndef PWR_HTTPD_MODULE_H
#define PWR_HTTPD_MODULE_H

#include <httpd.h>
#include <http_config.h>

/* The one symbol that the module exports. */
extern __attribute__((visibility("default"))) module AP_MODULE_DECLARE_DATA pwreset_module;

#endif
