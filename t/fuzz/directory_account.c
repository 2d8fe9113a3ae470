/*
 * A typed name and an entry, both of arbitrary bytes, for each backend. The name never leaves its
 * place in the filter, mail goes to stored bytes alone, and an entry that lacks what is needed is
 * no account.
 */
#include "fuzz.h"

#include "directory/account.h"

static const pwr_backend_t *const backends[]
    = {&pwr_backend_openldap, &pwr_backend_389ds, &pwr_backend_ad};

static const char *const names[] = {"mail",
                                    "uid",
                                    "cn",
                                    "displayName",
                                    "entryUUID",
                                    "modifyTimestamp",
                                    "pwdChangedTime",
                                    "pwdAccountLockedTime",
                                    "pwdStartTime",
                                    "pwdEndTime",
                                    "nsUniqueId",
                                    "nsAccountLock",
                                    "passwordExpirationTime",
                                    "accountUnlockTime",
                                    "objectGUID",
                                    "objectSid",
                                    "sAMAccountName",
                                    "userAccountControl",
                                    "msDS-User-Account-Control-Computed",
                                    "pwdLastSet",
                                    "accountExpires",
                                    "lockoutTime",
                                    "proxyAddresses",
                                    "objectClass"};
#define NAMES (sizeof names / sizeof *names)

/* The rest of the input: a byte that chooses the attribute, then its value. */
static pwr_entry_t next_entry(input_t *input)
{
    pwr_entry_t entry = {.dn = "uid=anna,dc=example",
                         .attributes = apr_array_make(input->pool, 8, sizeof(pwr_attribute_t))};

    while (input->length > 0) {
        const char *name = names[next_byte(input) % NAMES];
        const char *value = next_text(input);
        apr_array_header_t *values = (apr_array_header_t *)pwr_entry_values(&entry, name);
        if (values == NULL) {
            values = apr_array_make(input->pool, 2, sizeof(const char *));
            APR_ARRAY_PUSH(entry.attributes, pwr_attribute_t)
                = (pwr_attribute_t){.name = name, .values = values};
        }
        if (*value != '\0') {
            APR_ARRAY_PUSH(values, const char *) = value;
        } else if (values->nelts == 0) {
            (void)apr_array_pop(entry.attributes);
        }
    }
    return entry;
}

static bool is_stored(const char *mail, const pwr_entry_t *entry)
{
    static const char *const where[] = {"mail", "proxyAddresses"};

    for (int i = 0; i < 2; i++) {
        const apr_array_header_t *values = pwr_entry_values(entry, where[i]);
        for (int j = 0; values != NULL && j < values->nelts; j++) {
            const char *value = APR_ARRAY_IDX(values, j, const char *);
            if (strcmp(value + (i > 0 && strlen(value) >= 5 ? 5 : 0), mail) == 0) {
                return true;
            }
        }
    }
    return false;
}

static void check_account(const pwr_account_t *account, const pwr_entry_t *entry,
                          const pwr_directory_t *directory, apr_pool_t *pool)
{
    const pwr_backend_t *backend = directory->context.backend;
    const pwr_rules_t rules = {.piece_length = 3};

    MUST(account->id != NULL && account->stamp != NULL && account->login != NULL);
    MUST(account->mail == NULL || is_stored(account->mail, entry));
    MUST(account->mail != NULL || account->ineligible != NULL);
    for (int i = 0; i < account->mails->nelts; i++) {
        MUST(is_stored(APR_ARRAY_IDX(account->mails, i, const char *), entry));
    }
    const char *filter = backend->id_filter(account->id, pool);
    MUST(filter == NULL || pwr_directory_is_filter(filter));
    const apr_array_header_t *words
        = backend->words_of != NULL ? backend->words_of(account, &rules, pool) : NULL;
    for (int i = 0; words != NULL && i < words->nelts; i++) {
        MUST(*APR_ARRAY_IDX(words, i, const char *) != '\0');
    }
}

int LLVMFuzzerTestOneInput(const uint8_t *bytes, size_t length)
{
    input_t input = open_input(bytes, length);
    apr_array_header_t *mails = apr_array_make(input.pool, 2, sizeof(const char *));
    pwr_directory_settings_t settings
        = {.filter = "(objectClass=person)", .mail_attributes = mails};
    pwr_entry_t root = {.dn = "", .attributes = apr_array_make(input.pool, 1, 16)};
    pwr_directory_t directory = {.settings = &settings};
    pwr_account_t *account = NULL;

    APR_ARRAY_PUSH(mails, const char *) = "mail";
    APR_ARRAY_PUSH(mails, const char *) = "proxyAddresses";
    directory.context = (pwr_backend_context_t){
        .backend = backends[next_byte(&input) % 3], .settings = &settings, .root = &root};
    const char *typed = next_text(&input);
    pwr_entry_t entry = next_entry(&input);
    const char *filter = pwr_account_filter(&directory, typed, input.pool);
    MUST(pwr_directory_is_filter(filter) && strchr(filter, '*') == NULL);
    (void)pwr_account_is_named(&entry, &directory, typed);
    pwr_fault_t *fault = pwr_account_from_entry(&account, &entry, &directory, typed, input.pool);
    MUST(fault == NULL || fault->kind == PWR_BROKEN);
    if (fault == NULL) {
        check_account(account, &entry, &directory, input.pool);
    }
    apr_pool_destroy(input.pool);
    return 0;
}
