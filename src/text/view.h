/*
 * A view is the plain data of one page or mail: names with a text, number, time, flag, or a list of
 * further views. Templates and messages read it; they know nothing else. Built by one thread in one
 * pool, then read-only.
 */
#ifndef PWR_TEXT_VIEW_H
#define PWR_TEXT_VIEW_H

#include <stdbool.h>

#include <apr_pools.h>
#include <apr_time.h>

typedef struct pwr_view_t pwr_view_t;

typedef enum {
    PWR_VIEW_NOTHING,
    PWR_VIEW_TEXT,
    PWR_VIEW_NUMBER,
    PWR_VIEW_TIME,
    PWR_VIEW_FLAG,
    PWR_VIEW_LIST
} pwr_view_kind_t;

typedef struct {
    pwr_view_kind_t kind;
    const char *text;        /* TEXT */
    apr_int64_t number;      /* NUMBER; TIME as apr_time_t; FLAG as 0 or 1 */
    const pwr_view_t *first; /* LIST: its first item, walked by pwr_view_next */
} pwr_view_value_t;

pwr_view_t *pwr_view_make(apr_pool_t *pool);

/* Names are kept as given, not copied, and set once each. A NULL text sets nothing. */
void pwr_view_text(pwr_view_t *view, const char *name, const char *text);
void pwr_view_number(pwr_view_t *view, const char *name, apr_int64_t number);
void pwr_view_time(pwr_view_t *view, const char *name, apr_time_t at);
void pwr_view_flag(pwr_view_t *view, const char *name, bool is_set);
/* Sets a text anew that may have been set before. */
void pwr_view_set_text(pwr_view_t *view, const char *name, const char *text);
/* Appends an item to the list `name` and returns it. The item's missing names are looked up in
 * `view`. */
pwr_view_t *pwr_view_add(pwr_view_t *view, const char *name);

/* The value of `name` here or in the views around; kind NOTHING when there is none. */
pwr_view_value_t pwr_view_get(const pwr_view_t *view, const char *name);
/* The item after `item` in its list, or NULL. */
const pwr_view_t *pwr_view_next(const pwr_view_t *item);

#endif
