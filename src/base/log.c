/* Formats into a bounded buffer and hands the line to the httpd layer's writer. */
#include "base/log.h"

#include <stdarg.h>
#include <stddef.h>

#include <apr_strings.h>

#include "base/limits.h"

static pwr_log_writer_t current_writer;
static _Thread_local pwr_log_context_t current_context;

void pwr_log_set(pwr_log_writer_t writer)
{
    current_writer = writer;
}

void pwr_log_set_place(const void *place)
{
    current_context = (pwr_log_context_t){.place = place};
}

void pwr_log_set_request(const char *request_id, const char *support_code)
{
    current_context.request_id = request_id;
    current_context.support_code = support_code;
}

void pwr_log(pwr_log_level_t level, const char *tag, const char *format, ...)
{
    char line[PWR_MAX_DETAIL + 1];
    va_list arguments;

    if (current_writer == NULL) {
        return;
    }
    va_start(arguments, format);
    apr_vsnprintf(line, sizeof line, format, arguments);
    va_end(arguments);
    current_writer(level, tag, line, &current_context);
}

void pwr_log_fault(const pwr_fault_t *fault)
{
    static const pwr_log_level_t levels[] = {PWR_LOG_INFO, PWR_LOG_WARNING, PWR_LOG_ERROR};

    if (fault != NULL) {
        pwr_log(levels[fault->kind], fault->tag, "%s", fault->detail);
    }
}
