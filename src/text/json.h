/*
 * JSON objects: written on one line, and read from outside within bounds. Built or read by one
 * thread in one pool, and gone with it.
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
/* `value` becomes a member, and must not be changed any more. */
void pwr_json_object(pwr_json_t *json, const char *name, const pwr_json_t *value);
/* One line without a line end, members in the order they were set. */
const char *pwr_json_line(const pwr_json_t *json, apr_pool_t *pool);
/* The same, with the members of each object in the order of their names' bytes. */
const char *pwr_json_sorted_line(const pwr_json_t *json, apr_pool_t *pool);

/* Reads one object and nothing else. NULL for anything that RFC 8259 does not allow, a name given
 * twice in one object, a NUL, an integer beyond 64 bits, more than PWR_MAX_JSON bytes, or more than
 * PWR_MAX_JSON_DEPTH levels. */
const pwr_json_t *pwr_json_read(const char *bytes, apr_size_t length, apr_pool_t *pool);
/* A member of what was read: NULL or false when there is none of this name and kind. Never taken
 * over from another kind: "1" is no number, 1.0 is no integer. */
const char *pwr_json_get_text(const pwr_json_t *json, const char *name);
bool pwr_json_get_number(apr_int64_t *value, const pwr_json_t *json, const char *name);
const pwr_json_t *pwr_json_get_object(const pwr_json_t *json, const char *name);
bool pwr_json_get_flag(bool *value, const pwr_json_t *json, const char *name);
/* Any number, whole or not. */
bool pwr_json_get_real(double *value, const pwr_json_t *json, const char *name);
/* The texts of an array with a blank between each two; "" when there are none. */
const char *pwr_json_get_texts(const pwr_json_t *json, const char *name);

#endif
