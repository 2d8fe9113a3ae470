/*
 * The exchange is done here and not by libldap's SASL: Cyrus takes its ticket from the environment
 * alone, and asks the KDC for as long as that takes. It is short: tokens to and fro until the
 * context stands, then four bytes each way about the security layer.
 */
#include "directory/gssapi.h"

#include <string.h>

#include <apr_strings.h>

#include "directory/tickets.h"

#define MOST_ROUNDS 8
#define NO_LAYER 1 /* RFC 4752, 3.3 */
#define BINDING_PREFIX "tls-server-end-point:"

typedef struct {
    pwr_ldap_handle_t *handle;
    const char *uri;
    pwr_answer_t *answer;
    apr_pool_t *scratch;
    gss_buffer_desc said; /* the server's last token */
} gss_exchange_t;

/* --- the channel --- */

static apr_status_t free_ber(void *data)
{
    ber_free(data, 1);
    return APR_SUCCESS;
}

static apr_status_t free_bytes(void *data)
{
    ber_memfree(data);
    return APR_SUCCESS;
}

/* Whether the certificate is signed with SHA-256, or with what RFC 5929 says to take for it. What
 * is signed with more is not bound: a wrong binding is worse than none. */
static bool has_sha256(const struct berval *certificate, apr_pool_t *scratch)
{
    static const char *const oids[] = {
        "\x2a\x86\x48\x86\xf7\x0d\x01\x01\x0b", /* RSA with SHA-256 */
        "\x2a\x86\x48\x86\xf7\x0d\x01\x01\x05", /* and with SHA-1 */
        "\x2a\x86\x48\xce\x3d\x04\x03\x02",     /* ECDSA with SHA-256 */
    };
    struct berval oid = {.bv_len = 0, .bv_val = NULL};
    BerElement *ber = ber_init((struct berval *)certificate);

    if (ber == NULL) {
        return false;
    }
    apr_pool_cleanup_register(scratch, ber, free_ber, apr_pool_cleanup_null);
    if (ber_scanf(ber, "{x{m", &oid) == LBER_ERROR) {
        return false;
    }
    for (size_t i = 0; i < sizeof oids / sizeof *oids; i++) {
        if (oid.bv_len == strlen(oids[i]) && memcmp(oid.bv_val, oids[i], oid.bv_len) == 0) {
            return true;
        }
    }
    return false;
}

/* "" where there is no TLS. */
static gss_buffer_desc binding_of(const pwr_ldap_handle_t *handle, apr_pool_t *scratch)
{
    const size_t length = sizeof BINDING_PREFIX - 1;
    struct berval certificate = {.bv_len = 0, .bv_val = NULL};
    gss_buffer_desc binding = {.length = 0, .value = (char *)""};

    if (!ldap_tls_inplace(handle->ld)
        || ldap_get_option(handle->ld, LDAP_OPT_X_TLS_PEERCERT, &certificate) != LDAP_OPT_SUCCESS
        || certificate.bv_val == NULL) {
        return binding;
    }
    apr_pool_cleanup_register(scratch, certificate.bv_val, free_bytes, apr_pool_cleanup_null);
    if (has_sha256(&certificate, scratch)) {
        unsigned char *bytes = apr_palloc(scratch, length + PWR_DIGEST_BYTES);
        memcpy(bytes, BINDING_PREFIX, length);
        pwr_crypto_sha256(bytes + length, certificate.bv_val, certificate.bv_len);
        binding = (gss_buffer_desc){.length = length + PWR_DIGEST_BYTES, .value = bytes};
    }
    return binding;
}

/* --- the exchange --- */

static apr_status_t free_berval(void *data)
{
    ber_bvfree(data);
    return APR_SUCCESS;
}

/* Sends a token and takes the server's answer. */
static void say(gss_exchange_t *exchange, const gss_buffer_desc *token)
{
    struct berval bytes
        = {.bv_len = token->length, .bv_val = token->length > 0 ? token->value : (char *)""};
    pwr_ldap_handle_t *handle = exchange->handle;
    struct berval *said = NULL;
    LDAPMessage *message = NULL;
    int id = 0;

    exchange->said = (gss_buffer_desc){.length = 0, .value = NULL};
    pwr_ldap_handle_begin(handle);
    *exchange->answer = (pwr_answer_t){.policy_error = PWR_ANSWER_NO_ERROR, .words = ""};
    int code = ldap_sasl_bind(handle->ld, NULL, "GSSAPI", &bytes, NULL, NULL, &id);
    if (code == LDAP_SUCCESS) {
        code = pwr_ldap_handle_wait(&message, handle, id, LDAP_MSG_ONE, exchange->scratch);
    }
    exchange->answer->code = code;
    if (code != LDAP_SUCCESS) {
        return;
    }
    pwr_answer_parse(exchange->answer, handle->ld, message, exchange->scratch);
    ldap_parse_sasl_bind_result(handle->ld, message, &said, 0);
    if (said != NULL) {
        apr_pool_cleanup_register(exchange->scratch, said, free_berval, apr_pool_cleanup_null);
        exchange->said = (gss_buffer_desc){.length = said->bv_len, .value = said->bv_val};
    }
}

static pwr_fault_t *not_the_one(const gss_exchange_t *exchange, const pwr_ticket_use_t *use)
{
    return pwr_fault_broken(exchange->scratch, "PWR0438",
                            "%s: the server could not show that it is the one the KDC knows (%s). "
                            "Check the name in the URL, and the server's own keytab.",
                            exchange->uri, pwr_ticket_words(use, exchange->scratch));
}

/* Ends when the context stands and the server has begun to speak of layers, or has said no. */
static pwr_fault_t *shake_hands(gss_exchange_t *exchange, pwr_ticket_use_t *use)
{
    for (int i = 0; i < MOST_ROUNDS; i++) {
        bool was_complete = use->major == GSS_S_COMPLETE;
        say(exchange, &use->token);
        if (exchange->answer->code != LDAP_SASL_BIND_IN_PROGRESS || was_complete) {
            return NULL;
        }
        pwr_ticket_step(use, &exchange->said);
        if (GSS_ERROR(use->major)) {
            return not_the_one(exchange, use);
        }
    }
    exchange->answer->code = LDAP_DECODING_ERROR;
    return NULL;
}

static apr_status_t free_buffer(void *data)
{
    OM_uint32 ignored = 0;
    gss_release_buffer(&ignored, data);
    return APR_SUCCESS;
}

static gss_buffer_t new_buffer(apr_pool_t *pool)
{
    gss_buffer_t buffer = apr_pcalloc(pool, sizeof *buffer);
    apr_pool_cleanup_register(pool, buffer, free_buffer, apr_pool_cleanup_null);
    return buffer;
}

/* The server offers layers; we take none, and no name but the ticket's (RFC 4752, 3.1). */
static pwr_fault_t *choose_no_layer(gss_exchange_t *exchange, pwr_ticket_use_t *use)
{
    unsigned char choice[] = {NO_LAYER, 0, 0, 0};
    gss_buffer_desc chosen = {.length = sizeof choice, .value = choice};
    gss_buffer_t offer = new_buffer(exchange->scratch);
    gss_buffer_t wrapped = new_buffer(exchange->scratch);

    use->major = gss_unwrap(&use->minor, use->context, &exchange->said, offer, NULL, NULL);
    if (GSS_ERROR(use->major) || offer->length != sizeof choice) {
        return not_the_one(exchange, use);
    }
    if ((((const unsigned char *)offer->value)[0] & NO_LAYER) == 0) {
        return pwr_fault_broken(exchange->scratch, "PWR0439",
                                "%s: the server wants Kerberos to encrypt the connection. Use "
                                "StartTLS or ldaps, and let it accept that.",
                                exchange->uri);
    }
    use->major = gss_wrap(&use->minor, use->context, 0, GSS_C_QOP_DEFAULT, &chosen, NULL, wrapped);
    if (GSS_ERROR(use->major)) {
        return not_the_one(exchange, use);
    }
    say(exchange, wrapped);
    return NULL;
}

static apr_status_t free_url(void *data)
{
    ldap_free_urldesc(data);
    return APR_SUCCESS;
}

static const char *host_of(const char *uri, apr_pool_t *scratch)
{
    LDAPURLDesc *parts = NULL;

    if (ldap_url_parse(uri, &parts) != LDAP_URL_SUCCESS) {
        return "";
    }
    apr_pool_cleanup_register(scratch, parts, free_url, apr_pool_cleanup_null);
    return parts->lud_host != NULL ? parts->lud_host : "";
}

pwr_fault_t *pwr_gssapi_bind(pwr_answer_t *answer, pwr_ldap_handle_t *handle, const char *uri,
                             pwr_tickets_t *tickets, apr_pool_t *scratch)
{
    gss_exchange_t exchange = {.handle = handle, .uri = uri, .answer = answer, .scratch = scratch};
    gss_buffer_desc binding = binding_of(handle, scratch);
    pwr_ticket_use_t *use = NULL;

    PWR_TRY(
        pwr_tickets_use(&use, tickets, host_of(uri, scratch), &binding, handle->timeout, scratch));
    PWR_TRY(shake_hands(&exchange, use));
    return answer->code == LDAP_SASL_BIND_IN_PROGRESS ? choose_no_layer(&exchange, use) : NULL;
}

bool pwr_gssapi_is_here(void)
{
    return true;
}

pwr_fault_t *pwr_gssapi_open(pwr_tickets_t **tickets, const pwr_directory_settings_t *settings,
                             apr_pool_t *pool)
{
    return pwr_tickets_open(tickets, settings, pool);
}
