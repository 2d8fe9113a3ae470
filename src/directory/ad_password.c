/*
 * A reset replaces unicodePwd; a person's own change takes the old value away and adds the new one,
 * in one request. A reset looks at length and complexity alone. It looks at the history too when
 * the request carries the policy hints control. Windows Server knows that control from 2008 R2 on,
 * Samba does not; so it is sent, as a critical one, where the root DSE offers it and nowhere else.
 *
 * Windows Server answers one code for every rule that a password may break, and Samba adds words in
 * English. What Windows does not say is not guessed: the length and the classes have been checked
 * here before, so what is left is the history, the minimum age, or a filter that the site added.
 */
#include "directory/ad_password.h"

#include <string.h>

#include <apr_cstr.h>
#include <apr_lib.h>
#include <apr_strings.h>

#include "text/characters.h"

#define POLICY_HINTS "1.2.840.113556.1.4.2239"
#define POLICY_HINTS_OLD "1.2.840.113556.1.4.2066" /* Windows Server 2008 R2 */

static bool has_control(const pwr_entry_t *root, const char *oid)
{
    const apr_array_header_t *controls = pwr_entry_values(root, "supportedControl");

    for (int i = 0; controls != NULL && i < controls->nelts; i++) {
        if (strcmp(APR_ARRAY_IDX(controls, i, const char *), oid) == 0) {
            return true;
        }
    }
    return false;
}

const char *pwr_ad_policy_hints(const pwr_entry_t *root)
{
    if (has_control(root, POLICY_HINTS)) {
        return POLICY_HINTS;
    }
    return has_control(root, POLICY_HINTS_OLD) ? POLICY_HINTS_OLD : NULL;
}

bool pwr_ad_quote(struct berval *value, const pwr_secret_t *password, apr_pool_t *scratch)
{
    apr_size_t length = pwr_secret_length(password);
    char *quoted = apr_palloc(scratch, length + 3);
    unsigned char *wide = NULL;

    pwr_crypto_wipe_with(quoted, length + 3, scratch);
    quoted[0] = quoted[length + 1] = '"';
    memcpy(quoted + 1, pwr_secret_bytes(password), length);
    quoted[length + 2] = '\0';
    wide = pwr_characters_utf16le(&length, quoted, scratch);
    *value = (struct berval){.bv_len = length, .bv_val = (char *)wide};
    return wide != NULL;
}

/* --- the request --- */

/* The server would refuse as well, but only after it was sent. */
static bool is_unseen(const pwr_ldap_handle_t *handle)
{
    char *uri = NULL;

    if (ldap_tls_inplace(handle->ld)) {
        return true;
    }
    ldap_get_option(handle->ld, LDAP_OPT_URI, &uri);
    bool is_local = uri != NULL && strncmp(uri, "ldapi:", 6) == 0;
    ldap_memfree(uri);
    return is_local;
}

/* One change of unicodePwd, or of another attribute. */
static LDAPMod change(int op, const char *attribute, struct berval **values)
{
    return (LDAPMod){.mod_op = op | LDAP_MOD_BVALUES,
                     .mod_type = (char *)attribute,
                     .mod_vals.modv_bvals = values};
}

/* The request is made and sent before the values go out of scope: libldap copies them. */
int pwr_ad_send(int *id, const pwr_ldap_handle_t *handle, const pwr_backend_context_t *context,
                const pwr_write_t *write, apr_pool_t *scratch)
{
    const char *oid = write->old == NULL ? pwr_ad_policy_hints(context->root) : NULL;
    LDAPControl hints = {.ldctl_oid = (char *)oid,
                         .ldctl_value = {.bv_len = 5, .bv_val = (char *)"\x30\x03\x02\x01\x01"},
                         .ldctl_iscritical = 1};
    LDAPControl *controls[] = {oid != NULL ? &hints : NULL, NULL};
    struct berval value = {0}, old = {0}, zero = {.bv_len = 1, .bv_val = (char *)"0"};
    struct berval *values[] = {&value, NULL}, *olds[] = {&old, NULL}, *zeros[] = {&zero, NULL};
    LDAPMod set = change(LDAP_MOD_REPLACE, "unicodePwd", values);
    LDAPMod take = change(LDAP_MOD_DELETE, "unicodePwd", olds);
    LDAPMod add = change(LDAP_MOD_ADD, "unicodePwd", values);
    LDAPMod expire = change(LDAP_MOD_REPLACE, "pwdLastSet", zeros);
    LDAPMod *reset[] = {&set, write->must_change ? &expire : NULL, NULL};
    LDAPMod *own[] = {&take, &add, NULL};

    if (!is_unseen(handle)) {
        return LDAP_CONFIDENTIALITY_REQUIRED;
    }
    if (!pwr_ad_quote(&value, write->password, scratch)
        || (write->old != NULL && !pwr_ad_quote(&old, write->old, scratch))) {
        return LDAP_ENCODING_ERROR;
    }
    int code = ldap_modify_ext(handle->ld, write->dn, write->old != NULL ? own : reset, controls,
                               NULL, id);
    pwr_crypto_wipe(value.bv_val, value.bv_len);
    pwr_crypto_wipe(old.bv_val, old.bv_len);
    return code;
}

/* --- the answers --- */

/* Samba's words, source4/dsdb/samdb/ldb_modules/password_hash.c. */
static const struct {
    const char *words;
    const char *key;
} reasons[] = {
    {"too short", "directory.short"},
    {"complexity criteria", "directory.quality"},
    {"(in history)", "directory.history"},
    {"too young", "directory.young"},
    {"can't be changed", "directory.not_allowed"},
    {"changes disabled", "directory.not_allowed"},
};

/* The diagnostic begins with a Windows error code of eight digits. */
static bool is_code(const pwr_answer_t *answer, const char *digits)
{
    return apr_cstr_casecmpn(answer->words, digits, 8) == 0;
}

/* ERROR_PASSWORD_RESTRICTION comes with result 19 for one's own change and 53 for a reset. */
const char *pwr_ad_key_of(const pwr_answer_t *answer)
{
    if (answer->code == LDAP_SUCCESS) {
        return NULL;
    }
    if (is_code(answer, "0000052D")) {
        for (apr_size_t i = 0; i < sizeof reasons / sizeof *reasons; i++) {
            if (strstr(answer->words, reasons[i].words) != NULL) {
                return reasons[i].key;
            }
        }
        return "directory.unexplained";
    }
    if (is_code(answer, "00000775")) {
        return "directory.locked";
    }
    return answer->code == LDAP_CONSTRAINT_VIOLATION ? "directory.refused" : NULL;
}

/* Windows error codes of a sign-in, as in "AcceptSecurityContext error, data 52e, v1db1". Codes
 * that are not here mean that the name or the password is wrong. */
static const struct {
    apr_int64_t code;
    pwr_bind_outcome_t outcome;
} sign_ins[] = {
    {0x532, PWR_BIND_EXPIRED},     /* the password's age */
    {0x773, PWR_BIND_MUST_CHANGE}, /* pwdLastSet is 0 */
    {0x775, PWR_BIND_LOCKED},      /* told whether or not the password is right */
    {0x533, PWR_BIND_INELIGIBLE},  /* disabled */
    {0x701, PWR_BIND_INELIGIBLE},  /* the account has expired */
    {0x530, PWR_BIND_INELIGIBLE},  /* not at this hour */
    {0x531, PWR_BIND_INELIGIBLE},  /* not from here */
    {0x569, PWR_BIND_INELIGIBLE},  /* not in this way */
};

pwr_bind_outcome_t pwr_ad_bind_of(const pwr_answer_t *answer)
{
    const char *data = strstr(answer->words, ", data ");
    apr_int64_t code = data != NULL ? apr_strtoi64(data + 7, NULL, 16) : 0;

    if (answer->code == LDAP_SUCCESS) {
        return PWR_BIND_RIGHT;
    }
    if (answer->code != LDAP_INVALID_CREDENTIALS) {
        return PWR_BIND_INELIGIBLE;
    }
    for (apr_size_t i = 0; i < sizeof sign_ins / sizeof *sign_ins; i++) {
        if (sign_ins[i].code == code) {
            return sign_ins[i].outcome;
        }
    }
    return PWR_BIND_WRONG;
}
