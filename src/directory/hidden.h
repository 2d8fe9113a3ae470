/*
 * Tells an attribute that is hidden from the bind from one that is absent. An entry shows neither,
 * and what an account may do must not be taken from what cannot be read. No state; any thread.
 */
#ifndef PWR_DIRECTORY_HIDDEN_H
#define PWR_DIRECTORY_HIDDEN_H

#include "directory/backend.h"

/* Sets `hidden` to one of `names` (const char *), attributes that the entry `dn` did not show, that
 * it may have all the same; NULL where it surely has none of them. An entry that is not there, or
 * is hidden itself, hides the first. */
pwr_fault_t *pwr_hidden_find(const char **hidden, const pwr_backend_context_t *context,
                             const char *dn, const apr_array_header_t *names,
                             apr_pool_t *scratch) PWR_MUST_USE;

/* Adds those of `names` (closed by NULL) that the schema has to `all`; where `entry` is not NULL,
 * those alone that it does not show. */
void pwr_hidden_add(apr_array_header_t *all, const char *const *names, const pwr_entry_t *entry,
                    const pwr_backend_context_t *context);

/* "(!(a=*))(!(b=*))": matches where each of `names` is surely absent. "" for no name, and where
 * filters do not tell. */
const char *pwr_hidden_filter(const apr_array_header_t *names, const pwr_backend_context_t *context,
                              apr_pool_t *pool);

#endif
