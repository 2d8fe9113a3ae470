/* The counts by life come from the indexes by which rows are deleted. */
#include "store/size.h"

#include <apr_strings.h>

#include "store/db_connections.h"

static const char *const names[PWR_ROWS_COUNT] = {
    [PWR_ROWS_WAITING] = "waiting",
    [PWR_ROWS_KEPT] = "kept",
    [PWR_ROWS_SHORT] = "short",
    [PWR_ROWS_LINKS] = "links",
    [PWR_ROWS_TRAIL] = "trail",
    [PWR_ROWS_TRAIL_SHORT] = "trail-short",
    [PWR_ROWS_RETURN_URLS] = "return-urls",
};

/* Puts counts by life into size->rows[kinds[life]]; `earliest` is the least time of all lives. */
static pwr_fault_t *count_lives(pwr_size_t *size, apr_time_t *earliest, pwr_store_t *store,
                                pwr_statement_t statement, apr_pool_t *scratch)
{
    static const pwr_rows_t of_outbox[] = {PWR_ROWS_WAITING, PWR_ROWS_KEPT, PWR_ROWS_SHORT};
    static const pwr_rows_t of_trail[] = {PWR_ROWS_TRAIL, PWR_ROWS_TRAIL, PWR_ROWS_TRAIL_SHORT};
    const pwr_rows_t *kinds = statement == PWR_SQL_SIZE_OUTBOX ? of_outbox : of_trail;
    apr_array_header_t *rows = NULL;

    PWR_TRY(pwr_store_read(&rows, store, statement, NULL, scratch));
    for (int i = 0; i < rows->nelts; i++) {
        pwr_cells_t cells = APR_ARRAY_IDX(rows, i, pwr_cells_t);
        apr_int64_t life = apr_atoi64(cells[0]);
        apr_time_t least = apr_atoi64(cells[2]);
        if (life >= PWR_LIFE_WAITING && life <= PWR_LIFE_SHORT) {
            size->rows[kinds[life]] += apr_atoi64(cells[1]);
        }
        if (*earliest == 0 || least < *earliest) {
            *earliest = least;
        }
    }
    return NULL;
}

pwr_fault_t *pwr_size_measure(pwr_size_t *size, pwr_store_t *store, apr_pool_t *scratch)
{
    apr_time_t ignored = 0;

    *size = (pwr_size_t){.has_room_back = pwr_store_dialect(store)->gives_room_back};
    PWR_TRY(count_lives(size, &ignored, store, PWR_SQL_SIZE_OUTBOX, scratch));
    PWR_TRY(count_lives(size, &size->oldest, store, PWR_SQL_SIZE_TRAIL, scratch));
    PWR_TRY(pwr_store_read_number(&size->rows[PWR_ROWS_LINKS], store, PWR_SQL_SIZE_TOKENS, NULL,
                                  scratch));
    PWR_TRY(pwr_store_read_number(&size->rows[PWR_ROWS_RETURN_URLS], store,
                                  PWR_SQL_SIZE_RETURN_URLS, NULL, scratch));
    return pwr_size_weigh(&size->bytes, store, scratch);
}

pwr_fault_t *pwr_size_weigh(apr_int64_t *bytes, pwr_store_t *store, apr_pool_t *scratch)
{
    return pwr_store_read_number(bytes, store, PWR_SQL_SIZE_BYTES, NULL, scratch);
}

apr_int64_t pwr_size_rows(const pwr_size_t *size)
{
    apr_int64_t sum = 0;

    for (int i = 0; i < PWR_ROWS_COUNT; i++) {
        sum += size->rows[i];
    }
    return sum;
}

const char *pwr_size_name(pwr_rows_t kind)
{
    return names[kind];
}
