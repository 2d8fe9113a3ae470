/*
 * What a directory answers to a write. The first byte chooses: the whole message is arbitrary, or a
 * sound message has an arbitrary result code, diagnostic and password policy control, as for RFC
 * 3062, a modification or a bind. Success alone is no fault, and a fault has a kind and a reason.
 */
#include "wire.h"

#include "directory/backend.h"

static const pwr_backend_t *const backends[]
    = {&pwr_backend_openldap, &pwr_backend_389ds, &pwr_backend_ad};

static const ber_tag_t operations[] = {LDAP_RES_EXTENDED, LDAP_RES_MODIFY, LDAP_RES_BIND};

/* RFC 4511, 4.1.9, around what the input says. */
static struct berval *made_message(input_t *input)
{
    BerElement *ber = ber_alloc_t(LBER_USE_DER);
    struct berval *message = NULL;
    size_t words_length = 0;
    ber_tag_t operation = operations[next_byte(input) % 3];
    int code = (int)next_byte(input);
    const char *words = next_bytes(&words_length, input);

    MUST(ber != NULL);
    MUST(ber_printf(ber, "{it{eso}", FIRST_REQUEST, operation, code, "", words,
                    (ber_len_t)words_length)
         != -1);
    MUST(ber_printf(ber, "t{{so}}}", LDAP_TAG_CONTROLS, LDAP_CONTROL_PASSWORDPOLICYRESPONSE,
                    input->length > 0 ? (const char *)input->bytes : "", (ber_len_t)input->length)
         != -1);
    MUST(ber_flatten(ber, &message) == 0);
    ber_free(ber, 1);
    return message;
}

static void check_answer(const pwr_answer_t *answer, apr_pool_t *pool)
{
    MUST(answer->words != NULL && strlen(answer->words) <= PWR_MAX_DETAIL);
    MUST(answer->policy_error == PWR_ANSWER_NO_ERROR || answer->policy_error >= 0);
    pwr_fault_t *fault = pwr_answer_to_search(answer, "dc=example", pool);
    MUST((fault == NULL) == (answer->code == LDAP_SUCCESS));
    for (size_t i = 0; i < sizeof backends / sizeof *backends; i++) {
        const char *key = backends[i]->key_of(answer);
        fault = pwr_answer_to_write(answer, key, pool);
        MUST((fault == NULL) == (answer->code == LDAP_SUCCESS));
        MUST(fault == NULL || (fault->kind == PWR_REFUSED) == (fault->key != NULL));
        pwr_bind_outcome_t bind = backends[i]->bind_of(answer);
        MUST(bind != PWR_BIND_RIGHT || answer->code == LDAP_SUCCESS);
    }
}

static void check_message(const void *bytes, size_t length, apr_pool_t *pool)
{
    struct timeval limit = {.tv_sec = 5};
    LDAPMessage *message = NULL;
    pwr_answer_t answer;
    int peer = -1, id = 0;
    LDAP *ld = open_wire(&peer, bytes, length);

    int code = ldap_extended_operation(ld, LDAP_EXOP_MODIFY_PASSWD, NULL, NULL, NULL, &id);
    MUST(code == LDAP_SUCCESS && id == FIRST_REQUEST);
    if (ldap_result(ld, id, LDAP_MSG_ONE, &limit, &message) > 0) {
        pwr_answer_parse(&answer, ld, message, pool);
        check_answer(&answer, pool);
    }
    ldap_msgfree(message);
    ldap_unbind_ext(ld, NULL, NULL);
    close(peer);
}

int LLVMFuzzerTestOneInput(const uint8_t *bytes, size_t length)
{
    input_t input = open_input(bytes, length);

    if (next_byte(&input) % 4 == 0) {
        check_message(input.bytes, input.length, input.pool);
    } else {
        struct berval *message = made_message(&input);
        check_message(message->bv_val, message->bv_len, input.pool);
        ber_bvfree(message);
    }
    apr_pool_destroy(input.pool);
    return 0;
}
