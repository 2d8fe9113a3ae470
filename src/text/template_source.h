/*
 * Where templates come from. Read-only; at start, one thread.
 */
#ifndef PWR_TEXT_TEMPLATE_SOURCE_H
#define PWR_TEXT_TEMPLATE_SOURCE_H

#include <apr_hash.h>

#include "text/translations.h"
#include "text/slots.h"

typedef struct pwr_template_t pwr_template_t;

typedef enum {
    PWR_TEMPLATE_HTML, /* {{name}} is escaped for HTML text and quoted attributes */
    PWR_TEMPLATE_TEXT  /* nothing is escaped: text parts of mails, subjects */
} pwr_template_kind_t;

/* Where templates come from, and what they are held against. */
typedef struct {
    const char *folder;             /* of templates and partials */
    const char *own;                /* the site's: a file there goes before one of the same name */
    const pwr_language_t *language; /* has the messages that a template may name */
    const pwr_slots_t *slots;       /* what it may and must name; NULL: whatever it likes */
    apr_hash_t *used;               /* gets the name of each file of `own` that was read; or NULL */
} pwr_template_source_t;

#endif
