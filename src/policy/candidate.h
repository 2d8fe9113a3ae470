/*
 * A password that is being judged, with what every check would count again; and the policy as it is
 * open. For the checks of this directory alone.
 */
#ifndef PWR_POLICY_CANDIDATE_H
#define PWR_POLICY_CANDIDATE_H

#include "base/fault.h"
#include "policy/policy_settings.h"

typedef struct pwr_blocklist_t pwr_blocklist_t;
typedef struct pwr_pwned_t pwr_pwned_t;

struct pwr_policy_t {
    const pwr_policy_settings_t *settings;
    pwr_blocklist_t *blocklist;   /* NULL: none */
    pwr_pwned_t *pwned;           /* NULL: none */
    apr_array_header_t *patterns; /* pwr_expression_t *, beside settings->patterns; NULL: none */
};

typedef struct {
    const char *text; /* NFC */
    int points, bytes, units;
    pwr_classes_t counts; /* how many there are; counted as the rules want */
} pwr_candidate_t;

/* One rule's question. */
typedef struct {
    const pwr_policy_context_t *context;
    const pwr_candidate_t *candidate;
    int asked;       /* by the rule */
    int has;         /* the password, where the rule is about a number */
    const char *key; /* a check that fails for another reason than its row says sets this */
    apr_pool_t *scratch;
} pwr_question_t;

#endif
