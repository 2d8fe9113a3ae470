/* The use case of maintenance: rows past their time are deleted in small steps, so that no other
 * call waits long for it. In the worker. */
#ifndef PWR_FLOW_MAINTAIN_H
#define PWR_FLOW_MAINTAIN_H

#include "flow/parts.h"

/* One small step of each table. `is_more` says that another step would find more. */
pwr_fault_t *pwr_maintain_step(bool *is_more, pwr_parts_t *parts, apr_pool_t *scratch) PWR_MUST_USE;

/* What was last found and told of the room in the queue and in the database; zeros at first. */
typedef struct {
    bool is_queue_full;
    bool is_store_full;
    bool is_near;
    apr_time_t told; /* when the last line about a full database was written */
    apr_time_t looked;
    apr_time_t next; /* when the database is measured next */
} pwr_room_t;

/* Measures the database, each minute or, where it is nearly full, each time. Above nine tenths of
 * PwResetStoreRows or PwResetStoreSize it deletes what may go before its time. A request that
 * waits, a live link and a form that could be posted again never go. */
pwr_fault_t *pwr_maintain_room(pwr_room_t *room, pwr_parts_t *parts,
                               apr_pool_t *scratch) PWR_MUST_USE;

/* Looks how many requests wait, puts it among the metrics, and tells the web children to take no
 * more when they are more than the site allows, or when the database was full. */
pwr_fault_t *pwr_maintain_queue(pwr_room_t *room, pwr_parts_t *parts,
                                apr_pool_t *scratch) PWR_MUST_USE;

/* What was last told of a flood; zeros at first. */
typedef struct {
    pwr_level_t level;
    apr_time_t until; /* a lower level is not told before this */
} pwr_flood_t;

/* Looks what the load of all clients asks of everybody, and writes one line when that rises, and
 * one when it has stayed lower for a minute. */
void pwr_maintain_flood(pwr_flood_t *told, const pwr_parts_t *parts);

#endif
