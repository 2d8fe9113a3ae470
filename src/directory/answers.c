/*
 * The one place that knows result codes. Two small tables: what a password policy error is called
 * for the person, and what an operator has to do about a result code.
 */
#include "directory/answers.h"

#include <apr_strings.h>

#include "base/limits.h"

static apr_status_t free_controls(void *data)
{
    ldap_controls_free(data);
    return APR_SUCCESS;
}

/* A control that is garbled counts as none: the result code still says whether it was done. */
static int policy_error_of(LDAP *ld, LDAPControl **controls)
{
    ber_int_t expires = 0, grace = 0;
    LDAPPasswordPolicyError error = PP_noError;
    LDAPControl *control = ldap_control_find(LDAP_CONTROL_PASSWORDPOLICYRESPONSE, controls, NULL);

    if (control == NULL
        || ldap_parse_passwordpolicy_control(ld, control, &expires, &grace, &error) != LDAP_SUCCESS
        || error == PP_noError || (int)error < 0) {
        return PWR_ANSWER_NO_ERROR;
    }
    return (int)error;
}

void pwr_answer_parse(pwr_answer_t *answer, LDAP *ld, LDAPMessage *message, apr_pool_t *pool)
{
    char *words = NULL;
    LDAPControl **controls = NULL;
    int code = LDAP_OTHER;
    int parsed = ldap_parse_result(ld, message, &code, NULL, &words, NULL, &controls, 0);

    if (controls != NULL) {
        apr_pool_cleanup_register(pool, controls, free_controls, apr_pool_cleanup_null);
    }
    *answer = (pwr_answer_t){
        .code = parsed == LDAP_SUCCESS ? code : LDAP_DECODING_ERROR,
        .policy_error = controls != NULL ? policy_error_of(ld, controls) : PWR_ANSWER_NO_ERROR,
        .words = words != NULL ? apr_pstrndup(pool, words, PWR_MAX_DETAIL) : ""};
    ldap_memfree(words);
}

bool pwr_answer_is_lost(int code)
{
    switch (code) {
    case LDAP_SERVER_DOWN:
    case LDAP_TIMEOUT:
    case LDAP_CONNECT_ERROR:
    case LDAP_DECODING_ERROR:
    case LDAP_LOCAL_ERROR:
    case LDAP_BUSY:
    case LDAP_UNAVAILABLE:
        return true;
    default:
        return false;
    }
}

pwr_fault_t *pwr_answer_to_search(const pwr_answer_t *answer, const char *base, apr_pool_t *pool)
{
    const char *name = ldap_err2string(answer->code);

    if (answer->code == LDAP_SUCCESS) {
        return NULL;
    }
    if (pwr_answer_is_lost(answer->code)) {
        return pwr_fault_later(pool, "PWR0440", "No answer to a search (%s; %s).", name,
                               answer->words);
    }
    switch (answer->code) {
    case LDAP_TIMELIMIT_EXCEEDED:
    case LDAP_ADMINLIMIT_EXCEEDED:
        return pwr_fault_later(pool, "PWR0441",
                               "A search below %s took more than the server allows (%s; %s). Give "
                               "the attributes of the filter in PwResetLDAPURL an equality index.",
                               base, name, answer->words);
    case LDAP_NO_SUCH_OBJECT:
        return pwr_fault_broken(pool, "PWR0442",
                                "%s is not there, or hidden from the bind DN. Check the base of "
                                "the directory's URL, and let the bind DN search it.",
                                base);
    case LDAP_REFERRAL:
        return pwr_fault_broken(pool, "PWR0443",
                                "For %s the server referred to another one. Referrals are never "
                                "followed: write a server that holds this base.",
                                base);
    case LDAP_FILTER_ERROR:
        return pwr_fault_broken(pool, "PWR0444",
                                "The filter cannot be understood. Fix the filter of the "
                                "directory's URL (RFC 4515).");
    default:
        return pwr_fault_broken(pool, "PWR0445",
                                "A search below %s was refused (%s; %s). Let the bind DN read "
                                "there.",
                                base, name, answer->words);
    }
}

/* Why an operator must act, and how. */
typedef struct {
    int code;
    const char *remedy;
} remedy_t;

static const remedy_t remedies[] = {
    {LDAP_INSUFFICIENT_ACCESS, "Give the bind DN write access to userPassword"},
    {LDAP_NO_SUCH_OBJECT, "The entry was moved, or is hidden from the bind DN: let it read there"},
    {LDAP_STRONG_AUTH_REQUIRED, "Use StartTLS or ldaps, and a bind DN"},
    {LDAP_CONFIDENTIALITY_REQUIRED, "Use StartTLS or ldaps"},
    {LDAP_REFERRAL, "The server is a read-only copy: write a server that takes writes"},
    {LDAP_UNWILLING_TO_PERFORM, "The server may be read-only: write a server that takes writes"},
    {LDAP_PROTOCOL_ERROR, "The server must know the operation of RFC 3062"},
    {LDAP_OTHER, "The server's own log tells more"},
};

static const char *remedy_for(int code)
{
    for (apr_size_t i = 0; i < sizeof remedies / sizeof *remedies; i++) {
        if (remedies[i].code == code) {
            return remedies[i].remedy;
        }
    }
    return remedy_for(LDAP_OTHER);
}

const char *pwr_answer_policy_key(int policy_error)
{
    static const char *const keys[]
        = {"directory.expired",     "directory.locked",     "directory.change_after_reset",
           "directory.not_allowed", "directory.old_needed", "directory.quality",
           "directory.short",       "directory.young",      "directory.history"};

    return policy_error >= 0 && policy_error < (int)(sizeof keys / sizeof *keys)
               ? keys[policy_error]
               : NULL;
}

pwr_fault_t *pwr_answer_to_write(const pwr_answer_t *answer, const char *key, apr_pool_t *pool)
{
    const char *name = ldap_err2string(answer->code);

    if (answer->code == LDAP_SUCCESS) {
        return NULL;
    }
    if (answer->code == LDAP_BUSY || answer->code == LDAP_UNAVAILABLE) {
        return pwr_fault_later(pool, "PWR0470", "The directory takes no writes now (%s; %s).", name,
                               answer->words);
    }
    /* This error is about the bound account: the service account, not the person, must change its
     * password before it may do anything else. */
    bool is_own
        = answer->policy_error == PP_changeAfterReset && answer->code == LDAP_INSUFFICIENT_ACCESS;
    if (key != NULL && !is_own) {
        return pwr_fault_refused(pool, "PWR0471", key,
                                 "The directory refused the password (%s, policy error %d; %s).",
                                 name, answer->policy_error, answer->words);
    }
    if (is_own) {
        return pwr_fault_broken(pool, "PWR0472",
                                "The bind DN itself must change its password first (%s; %s). Do "
                                "that, or exempt it from pwdMustChange.",
                                name, answer->words);
    }
    return pwr_fault_broken(pool, "PWR0473", "The directory did not set the password (%s; %s). %s.",
                            name, answer->words, remedy_for(answer->code));
}
