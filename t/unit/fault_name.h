/* What a test says of a fault. */
#ifndef PWR_UNIT_FAULT_NAME_H
#define PWR_UNIT_FAULT_NAME_H

#include "base/fault.h"

/* "REFUSED", "LATER" or "BROKEN". */
static inline const char *name_of_kind(pwr_fault_kind_t kind)
{
    static const char *const names[] = {"REFUSED", "LATER", "BROKEN"};
    return names[kind];
}

#endif
