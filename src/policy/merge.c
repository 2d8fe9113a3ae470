/*
 * The stricter of two numbers is shown and judged. Which unit a minimum is counted in goes with the
 * number that wins; a maximum is kept in characters and in bytes, for both can bind at once.
 */
#include "policy/merge.h"

#include "base/limits.h"
#include "policy/check_rules.h"

static int larger(int one, int other)
{
    return one > other ? one : other;
}

/* Of two ceilings, where 0 is none. */
static int lower_ceiling(int one, int other)
{
    if (one == 0 || other == 0) {
        return larger(one, other);
    }
    return one < other ? one : other;
}

static void merge_lengths(pwr_rules_t *merged, const pwr_policy_settings_t *settings)
{
    int own = larger(pwr_check_own_minimum(settings, merged->min_length), 1);
    int most = lower_ceiling(merged->max_length, settings->max_length);

    if (merged->lengths == PWR_LENGTH_BYTES) {
        merged->max_bytes = lower_ceiling(merged->max_bytes, merged->max_length);
    }
    merged->max_bytes
        = lower_ceiling(lower_ceiling(merged->max_bytes, settings->max_bytes), PWR_MAX_PASSWORD);
    merged->max_length
        = lower_ceiling(lower_ceiling(most, merged->max_bytes), PWR_MAX_PASSWORD_CHARS);
    /* A site that asks by itself asks in characters, of which there are never more than bytes or
     * units: so all is counted in them. */
    if (own > 1 || merged->min_length < 1) {
        merged->min_length = larger(merged->min_length, own);
        merged->lengths = PWR_LENGTH_POINTS;
    }
    if (merged->min_length > merged->max_length) { /* a maximum always holds */
        merged->min_length = merged->max_length;
    }
}

static void merge_classes(pwr_classes_t *merged, const pwr_classes_t *own)
{
    merged->lower = larger(merged->lower, own->lower);
    merged->upper = larger(merged->upper, own->upper);
    merged->digits = larger(merged->digits, own->digits);
    merged->letters = larger(merged->letters, own->letters);
    merged->specials = larger(merged->specials, own->specials);
    merged->others = larger(merged->others, own->others);
    merged->categories = larger(merged->categories, own->categories);
    merged->repeats = lower_ceiling(merged->repeats, own->repeats);
}

/* Does it ask for anything that is counted by class? */
static bool has_classes(const pwr_classes_t *classes)
{
    return classes->lower > 0 || classes->upper > 0 || classes->digits > 0 || classes->letters > 0
           || classes->specials > 0 || classes->others > 0 || classes->categories > 0;
}

pwr_rules_t pwr_merge_rules(const pwr_policy_settings_t *settings, const pwr_rules_t *directory)
{
    pwr_rules_t merged = *directory;

    merge_lengths(&merged, settings);
    if (!has_classes(&merged.classes)) {
        merged.classes.counting = PWR_COUNT_UNICODE;
    }
    merge_classes(&merged.classes, &settings->classes);
    return merged;
}
