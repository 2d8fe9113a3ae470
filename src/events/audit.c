/*
 * Lines of many processes end in one file, so each is given to the kernel in a single write on a
 * descriptor that appends: the kernel keeps such writes whole.
 */
#include "events/audit.h"

#include <string.h>

#include <apr_strings.h>

#include "text/json.h"

static const char *time_text(apr_time_t now, apr_pool_t *pool)
{
    apr_time_exp_t utc;

    apr_time_exp_gmt(&utc, now);
    return apr_psprintf(pool, "%04d-%02d-%02dT%02d:%02d:%02d.%03dZ", utc.tm_year + 1900,
                        utc.tm_mon + 1, utc.tm_mday, utc.tm_hour, utc.tm_min, utc.tm_sec,
                        utc.tm_usec / 1000);
}

const char *pwr_audit_line(const char *event, const pwr_facts_t *facts, apr_time_t now,
                           apr_pool_t *pool)
{
    pwr_json_t *json = pwr_json_make(pool);

    pwr_json_text(json, "time", time_text(now, pool));
    pwr_json_text(json, "event", event);
    pwr_json_text(json, "site", facts->site);
    pwr_json_text(json, "request", facts->request_id);
    pwr_json_text(json, "support_code", facts->support_code);
    pwr_json_text(json, "account", facts->account);
    pwr_json_text(json, "client", facts->client);
    pwr_json_text(json, "tag", facts->tag);
    pwr_json_text(json, "detail", facts->detail);
    if (facts->accepted != 0) {
        pwr_json_text(json, "accepted", time_text(facts->accepted, pool));
    }
    if (facts->more != 0) {
        pwr_json_number(json, "more", facts->more);
    }
    return apr_pstrcat(pool, pwr_json_line(json, pool), "\n", NULL);
}

pwr_fault_t *pwr_audit_write(apr_file_t *file, const char *line, apr_pool_t *scratch)
{
    apr_status_t status = apr_file_write_full(file, line, strlen(line), NULL);

    if (status != APR_SUCCESS) {
        return pwr_fault_broken(scratch, "PWR0601",
                                "A line of the audit log could not be written: %s. Make room, or "
                                "let the server's user write there.",
                                pwr_fault_status(status, scratch));
    }
    return NULL;
}
