/*
 * The fields of a posted form (application/x-www-form-urlencoded; URL Standard, "urlencoded
 * parsing"): one value per name, valid UTF-8 or refused. No state; any thread.
 */
#ifndef PWR_TEXT_FORM_FIELDS_H
#define PWR_TEXT_FORM_FIELDS_H

#include <stdbool.h>

#include "base/limits.h"

typedef struct {
    int count;
    const char *names[PWR_MAX_FIELDS];
    const char *values[PWR_MAX_FIELDS];
} pwr_form_fields_t;

/* Takes `text` apart and decodes it in place; the fields point into it. False for a field that
 * comes twice, more than PWR_MAX_FIELDS, a broken escape, a NUL, or bad UTF-8. */
bool pwr_form_fields_parse(pwr_form_fields_t *fields, char *text);

/* The value of a field, or NULL. */
const char *pwr_form_fields_value(const pwr_form_fields_t *fields, const char *name);

#endif
