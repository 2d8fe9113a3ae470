/*
 * The trail on rows. Details come from directories and relays, whose bytes are not always UTF-8,
 * and a database refuses a row for a single wrong byte; so what is not UTF-8 is replaced here.
 */
#include "store/trail.h"

#include <string.h>

#include <apr_lib.h>
#include <apr_strings.h>

#include "base/limits.h"
#include "store/db_connections.h"

/* Bytes of the well-formed UTF-8 character at `at` (RFC 3629), 0 when there is none. */
static int character_at(const unsigned char *at)
{
    static const unsigned char highest = 0xf4;
    int more = at[0] < 0x80 ? 0 : at[0] < 0xe0 ? 1 : at[0] < 0xf0 ? 2 : 3;

    if ((at[0] >= 0x80 && at[0] < 0xc2) || at[0] > highest) {
        return 0;
    }
    for (int i = 1; i <= more; i++) {
        if ((at[i] & 0xc0) != 0x80) {
            return 0;
        }
    }
    bool is_overlong = (at[0] == 0xe0 && at[1] < 0xa0) || (at[0] == 0xf0 && at[1] < 0x90);
    bool is_outside = (at[0] == 0xed && at[1] > 0x9f) || (at[0] == highest && at[1] > 0x8f);
    return is_overlong || is_outside ? 0 : more + 1;
}

/* At most PWR_MAX_DETAIL bytes of `text`, whole characters, printable. */
static const char *clean(const char *text, apr_pool_t *pool)
{
    char *copy = apr_pstrdup(pool, text);
    char *at = copy;

    while (*at != '\0') {
        int bytes = character_at((unsigned char *)at);
        if (at - copy + (bytes == 0 ? 1 : bytes) > PWR_MAX_DETAIL) {
            *at = '\0';
            break;
        }
        if (bytes == 0 || apr_iscntrl(*at)) {
            *at = '?';
        }
        at += bytes == 0 ? 1 : bytes;
    }
    return copy;
}

/* A request's steps in a web child know the request alone; its row knows the code. */
static pwr_fault_t *find_code(const char **code, pwr_store_t *store, const char *request_id,
                              apr_pool_t *scratch)
{
    apr_array_header_t *rows = NULL;

    PWR_TRY(pwr_store_read(&rows, store, PWR_SQL_OUTBOX_CODE, PWR_VALUES(request_id), scratch));
    *code = rows->nelts > 0 ? APR_ARRAY_IDX(rows, 0, pwr_cells_t)[0] : "";
    return NULL;
}

pwr_fault_t *pwr_trail_append(pwr_store_t *store, const pwr_trail_row_t *row, apr_pool_t *scratch)
{
    const char *life = pwr_store_text(row->is_short ? PWR_LIFE_SHORT : PWR_LIFE_KEPT, scratch);
    const char *code = row->support_code;
    int changed = 0;

    if (code == NULL || code[0] == '\0') {
        PWR_TRY(find_code(&code, store, row->request_id, scratch));
    }
    return pwr_store_write(&changed, store, PWR_SQL_TRAIL_APPEND,
                           PWR_VALUES(row->request_id, code, row->event,
                                      clean(row->detail != NULL ? row->detail : "", scratch),
                                      pwr_store_text(row->at, scratch), life),
                           scratch);
}

pwr_fault_t *pwr_trail_read(apr_array_header_t **rows, pwr_store_t *store, const char *support_code,
                            int most, apr_pool_t *pool)
{
    apr_array_header_t *found = NULL;

    PWR_TRY(pwr_store_read(&found, store, PWR_SQL_TRAIL_READ,
                           PWR_VALUES(support_code, pwr_store_text(most, pool)), pool));
    *rows = apr_array_make(pool, found->nelts, sizeof(pwr_trail_row_t));
    for (int i = 0; i < found->nelts; i++) {
        pwr_cells_t cells = APR_ARRAY_IDX(found, i, pwr_cells_t);
        APR_ARRAY_PUSH(*rows, pwr_trail_row_t) = (pwr_trail_row_t){.request_id = cells[0],
                                                                   .support_code = cells[1],
                                                                   .event = cells[2],
                                                                   .detail = cells[3],
                                                                   .at = apr_atoi64(cells[4])};
    }
    return NULL;
}

pwr_fault_t *pwr_trail_expire(int *gone, pwr_store_t *store, const pwr_old_t *old,
                              apr_pool_t *scratch)
{
    return pwr_store_write(gone, store, PWR_SQL_TRAIL_EXPIRE,
                           PWR_VALUES(pwr_store_text(old->life, scratch),
                                      pwr_store_text(old->before, scratch),
                                      pwr_store_text(old->most, scratch)),
                           scratch);
}
