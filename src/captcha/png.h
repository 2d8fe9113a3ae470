/*
 * Writes a PNG (RFC 2083) of indexed colours: IHDR, PLTE, IDAT, IEND and nothing else, so that no
 * date, name or text travels along. No state; any thread.
 */
#ifndef PWR_CAPTCHA_PNG_H
#define PWR_CAPTCHA_PNG_H

#include "base/fault.h"

typedef struct {
    int width;
    int height;
    const unsigned char *rows;    /* of each row a 0, then `width` indexes into `palette` */
    const unsigned char *palette; /* red, green, blue of each colour */
    int colours;                  /* at most 256 */
} pwr_raster_t;

pwr_fault_t *pwr_png_write(const char **png, apr_size_t *length, const pwr_raster_t *raster,
                           apr_pool_t *pool) PWR_MUST_USE;

#endif
