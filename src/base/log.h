/*
 * The one way a line reaches a log from below the door. The door hands in a writer at start
 * (httpd/log_bridge); without one, lines are dropped. Faults are not logged here: they are
 * returned. A pwr_secret_t cannot be passed. Set once before threads start; pwr_log from any
 * thread.
 */
#ifndef PWR_BASE_LOG_H
#define PWR_BASE_LOG_H

#include "base/fault.h"

typedef enum {
    PWR_LOG_ERROR,
    PWR_LOG_WARNING,
    PWR_LOG_NOTICE,
    PWR_LOG_INFO,
    PWR_LOG_DEBUG,
    PWR_LOG_TRACE
} pwr_log_level_t;

typedef void (*pwr_log_writer_t)(pwr_log_level_t level, const char *tag, const char *line);

void pwr_log_set(pwr_log_writer_t writer);

/* Writes one line. `tag` as in a fault; the format is apr_vsnprintf's. Longer lines are cut at
 * PWR_MAX_DETAIL. */
void pwr_log(pwr_log_level_t level, const char *tag, const char *format, ...) PWR_FORMAT(3, 4);

/* Writes a fault: REFUSED at INFO, LATER at WARNING, BROKEN at ERROR. */
void pwr_log_fault(const pwr_fault_t *fault);

#endif
