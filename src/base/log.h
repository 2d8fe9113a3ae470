/*
 * The one way a line reaches a log from below the httpd layer. That layer hands in a writer at
 * start (httpd/log_bridge); without one, lines are dropped. A thread says once what it works on,
 * and its lines carry that: the place (whose log they belong to), the request's id and its support
 * code. A pwr_secret_t cannot be passed. The writer is set once before threads start; the rest is
 * for any thread.
 */
#ifndef PWR_BASE_LOG_H
#define PWR_BASE_LOG_H

#include "base/fault.h"

typedef enum {
    PWR_LOG_ERROR,
    PWR_LOG_WARNING,
    PWR_LOG_NOTICE,
    PWR_LOG_INFO,
    PWR_LOG_DEBUG
} pwr_log_level_t;

/* What a thread works on. */
typedef struct {
    const void *place;        /* the httpd layer's; NULL: no site's own */
    const char *request_id;   /* NULL: no request's, or not known yet */
    const char *support_code; /* likewise */
} pwr_log_context_t;

typedef void (*pwr_log_writer_t)(pwr_log_level_t level, const char *tag, const char *line,
                                 const pwr_log_context_t *context);

void pwr_log_set(pwr_log_writer_t writer);

/* From now on the lines of this thread belong to `place` (NULL: to none), and to no request. */
void pwr_log_set_place(const void *place);

/* And to this request, until the next call of either: the texts must live as long. NULL, NULL: to
 * no request. */
void pwr_log_set_request(const char *request_id, const char *support_code);

/* Writes one line. `tag` as in a fault; the format is apr_vsnprintf's. Longer lines are cut at
 * PWR_MAX_DETAIL. */
void pwr_log(pwr_log_level_t level, const char *tag, const char *format, ...) PWR_FORMAT(3, 4);

/* Writes a fault: REFUSED at INFO, LATER at WARNING, BROKEN at ERROR. NULL writes nothing. */
void pwr_log_fault(const pwr_fault_t *fault);

#endif
