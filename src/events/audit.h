/* One line of the audit log: a JSON object. Any thread; lines of several do not mix. */
#ifndef PWR_EVENTS_AUDIT_H
#define PWR_EVENTS_AUDIT_H

#include <apr_file_io.h>

#include "base/fault.h"
#include "events/event.h"

/* The line of an event, with its line end. `time` is ISO 8601 in UTC, to the millisecond; members
 * that are NULL in `facts` are left out. */
const char *pwr_audit_line(const char *event, const pwr_facts_t *facts, apr_time_t now,
                           apr_pool_t *pool);

/* Appends a line in one write. `file` must have been opened for appending, without a buffer. */
pwr_fault_t *pwr_audit_write(apr_file_t *file, const char *line, apr_pool_t *scratch) PWR_MUST_USE;

#endif
