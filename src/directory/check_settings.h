/* Whether the settings make sense. At start; any thread. */
#ifndef PWR_DIRECTORY_CHECK_SETTINGS_H
#define PWR_DIRECTORY_CHECK_SETTINGS_H

#include "directory/settings.h"

/* Whether it is the name of a backend; and all of them, for a message. */
bool pwr_directory_is_backend(const char *name);
const char *pwr_directory_backend_names(apr_pool_t *pool);

/* BROKEN when something is missing or contradicts itself. */
pwr_fault_t *pwr_directory_check_settings(const pwr_directory_settings_t *settings,
                                          apr_pool_t *pool) PWR_MUST_USE;

#endif
