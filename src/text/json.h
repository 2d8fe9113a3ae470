/* JSON objects of plain members, written by jansson on one line. Built by one thread in one pool.
 */
#ifndef PWR_TEXT_JSON_H
#define PWR_TEXT_JSON_H

#include <stdbool.h>

#include <apr_pools.h>

typedef struct pwr_json_t pwr_json_t;

pwr_json_t *pwr_json_make(apr_pool_t *pool);
/* NULL sets nothing. Bytes that are not UTF-8 become U+FFFD. */
void pwr_json_text(pwr_json_t *json, const char *name, const char *value);
void pwr_json_number(pwr_json_t *json, const char *name, apr_int64_t value);
void pwr_json_flag(pwr_json_t *json, const char *name, bool value);
/* One line without a line end, members in the order they were set. */
const char *pwr_json_line(const pwr_json_t *json, apr_pool_t *pool);

#endif
