/* One table of levels. The tag stands before the line, as httpd's own AH numbers do. */
#include "httpd/log_bridge.h"

#include <http_config.h>
#include <http_log.h>

#include "httpd/private.h"

APLOG_USE_MODULE(pwreset);

static server_rec *log_server;

static void write_line(pwr_log_level_t level, const char *tag, const char *line,
                       const pwr_log_context_t *context)
{
    static const int levels[]
        = {APLOG_ERR, APLOG_WARNING, APLOG_NOTICE, APLOG_INFO, APLOG_DEBUG, APLOG_TRACE1};
    const server_rec *server = context->place != NULL ? context->place : log_server;
    const char *id = context->request_id;
    const char *code = context->support_code;

    ap_log_error(APLOG_MARK, levels[level], 0, server, "%s: %s%s%s%s%s%s", tag, line,
                 id != NULL ? " [request " : "", id != NULL ? id : "",
                 code != NULL && code[0] != '\0' ? ", code " : "", code != NULL ? code : "",
                 id != NULL ? "]" : "");
}

void pwr_log_bridge_open(server_rec *server)
{
    log_server = server;
    pwr_log_set(write_line);
}
