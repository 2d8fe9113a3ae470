/*
 * What a directory answers to a search. The first byte chooses: all of it is arbitrary, or a sound
 * entry has arbitrary attributes. What comes out is bounded plain data, whatever came in.
 */
#include "wire.h"

#include "directory/search.h"

#define LIMIT 2

static const char *const attributes[] = {"mail", "uid", "objectGUID", "tokenGroups", NULL};

/* Sound messages: an entry with fields of the input in turn, and the result. */
static struct berval *made_messages(input_t *input)
{
    BerElement *ber = ber_alloc_t(LBER_USE_DER);
    struct berval *message = NULL;
    size_t length = 0;
    const char *dn = next_bytes(&length, input);

    MUST(ber != NULL);
    MUST(ber_printf(ber, "{it{o{", FIRST_REQUEST, LDAP_RES_SEARCH_ENTRY, dn, (ber_len_t)length)
         != -1);
    while (input->length > 0) {
        const char *name = attributes[next_byte(input) % 4];
        const char *first = next_bytes(&length, input);
        MUST(ber_printf(ber, "{s[o", name, first, (ber_len_t)length) != -1);
        const char *second = next_bytes(&length, input);
        MUST(ber_printf(ber, "o]}", second, (ber_len_t)length) != -1);
    }
    MUST(ber_printf(ber, "}}}{it{ess}}", FIRST_REQUEST, LDAP_RES_SEARCH_RESULT, 0, "", "") != -1);
    MUST(ber_flatten(ber, &message) == 0);
    ber_free(ber, 1);
    return message;
}

static void check_found(const pwr_found_t *found)
{
    MUST(found->entries->nelts <= LIMIT);
    for (int i = 0; i < found->entries->nelts; i++) {
        const pwr_entry_t *entry = &APR_ARRAY_IDX(found->entries, i, pwr_entry_t);
        MUST(entry->dn != NULL && entry->attributes->nelts <= PWR_MAX_DESCRIPTIONS);
        for (int j = 0; j < entry->attributes->nelts; j++) {
            const pwr_attribute_t *one = &APR_ARRAY_IDX(entry->attributes, j, pwr_attribute_t);
            size_t length = strcspn(one->name, ";");
            bool is_text = strncasecmp(one->name, "mail", length) == 0
                           || strncasecmp(one->name, "uid", length) == 0;
            MUST(one->values->nelts > 0 && one->values->nelts <= PWR_MAX_VALUES);
            for (int k = 0; k < one->values->nelts; k++) {
                const char *value = APR_ARRAY_IDX(one->values, k, const char *);
                MUST(strlen(value) <= (is_text ? 1 : 2) * PWR_MAX_ATTRIBUTE);
                MUST(is_text ? *value != '\0' : strspn(value, "0123456789abcdef") == strlen(value));
            }
        }
    }
}

static void check_messages(const void *bytes, size_t length, apr_pool_t *pool)
{
    const pwr_search_t search = {.base = "dc=example",
                                 .scope = LDAP_SCOPE_SUBTREE,
                                 .filter = "(uid=anna)",
                                 .attributes = attributes,
                                 .limit = LIMIT};
    pwr_ldap_connection_t connection = {.handle = {.timeout = apr_time_from_sec(5)}};
    pwr_found_t found;
    int peer = -1;

    connection.handle.ld = open_wire(&peer, bytes, length);
    pwr_answer_t answer = pwr_search_on(&found, &connection, &search, pool);
    MUST(answer.words != NULL && strlen(answer.words) <= PWR_MAX_DETAIL);
    check_found(&found);
    ldap_unbind_ext(connection.handle.ld, NULL, NULL);
    close(peer);
}

int LLVMFuzzerTestOneInput(const uint8_t *bytes, size_t length)
{
    input_t input = open_input(bytes, length);

    if (next_byte(&input) % 4 == 0) {
        check_messages(input.bytes, input.length, input.pool);
    } else {
        struct berval *messages = made_messages(&input);
        check_messages(messages->bv_val, messages->bv_len, input.pool);
        ber_bvfree(messages);
    }
    apr_pool_destroy(input.pool);
    return 0;
}
