/*
 * All options are set on the handle, none globally: the process may hold other users of libldap
 * (mod_ldap). libldap bounds the connect and the wait for an answer, but not the rest of a message
 * that has begun, and not a TLS handshake (with GnuTLS it tries again for ever). So sockets get the
 * kernel's timeouts, and between TLS and the socket sits a layer of ours that lets nothing through
 * after the operation's deadline, nor more than an operation may bring.
 */
#include "directory/ldap_handle.h"

#include <errno.h>
#include <string.h>
#include <sys/socket.h>
#include <sys/time.h>

#include <apr_strings.h>

#include "base/limits.h"

#define BELOW_TLS (LBER_SBIOD_LEVEL_TRANSPORT - 1)

static struct timeval to_timeval(apr_interval_time_t time)
{
    return (struct timeval){.tv_sec = apr_time_sec(time), .tv_usec = apr_time_usec(time)};
}

static apr_status_t close_now(void *data)
{
    pwr_ldap_handle_t *handle = data;

    pwr_ldap_handle_begin(handle); /* the unbind takes no longer than anything else */
    ldap_unbind_ext(handle->ld, NULL, NULL);
    handle->ld = NULL;
    return APR_SUCCESS;
}

void pwr_ldap_handle_close(pwr_ldap_handle_t *handle)
{
    if (handle->ld != NULL) {
        apr_pool_cleanup_run(handle->pool, handle, close_now);
    }
}

/* --- the layer between TLS and the socket --- */

static int layer_setup(Sockbuf_IO_Desc *layer, void *handle)
{
    layer->sbiod_pvt = handle;
    return 0;
}

static int layer_remove(Sockbuf_IO_Desc *layer)
{
    layer->sbiod_pvt = NULL;
    return 0;
}

static int layer_control(Sockbuf_IO_Desc *layer, int option, void *argument)
{
    return LBER_SBIOD_CTRL_NEXT(layer, option, argument);
}

/* Anything but EAGAIN ends libldap's loops. */
static bool is_late(const Sockbuf_IO_Desc *layer)
{
    const pwr_ldap_handle_t *handle = layer->sbiod_pvt;
    bool is_over = apr_time_now() >= handle->deadline;

    errno = is_over ? ETIMEDOUT : errno;
    return is_over;
}

/* libldap keeps messages that were not asked for (unsolicited notifications, messages before the
 * one that is waited for), so the sum is bounded as well. */
static ber_slen_t layer_read(Sockbuf_IO_Desc *layer, void *bytes, ber_len_t length)
{
    pwr_ldap_handle_t *handle = layer->sbiod_pvt;

    if (is_late(layer)) {
        return -1;
    }
    if (handle->bytes_left <= 0) {
        errno = EMSGSIZE;
        return -1;
    }
    ber_slen_t count = LBER_SBIOD_READ_NEXT(layer, bytes, length);
    handle->bytes_left -= count > 0 ? count : 0;
    return count;
}

static ber_slen_t layer_write(Sockbuf_IO_Desc *layer, void *bytes, ber_len_t length)
{
    return is_late(layer) ? -1 : LBER_SBIOD_WRITE_NEXT(layer, bytes, length);
}

static Sockbuf_IO deadline_layer = {.sbi_setup = layer_setup,
                                    .sbi_remove = layer_remove,
                                    .sbi_ctrl = layer_control,
                                    .sbi_read = layer_read,
                                    .sbi_write = layer_write};

static int on_connect(LDAP *ld, Sockbuf *buffer, LDAPURLDesc *url, struct sockaddr *address,
                      struct ldap_conncb *callback)
{
    pwr_ldap_handle_t *handle = callback->lc_arg;
    struct timeval limit = to_timeval(handle->timeout);
    ber_len_t most = PWR_MAX_DIRECTORY_ANSWER;
    ber_socket_t socket = -1;

    (void)ld, (void)url, (void)address;
    ber_sockbuf_ctrl(buffer, LBER_SB_OPT_SET_MAX_INCOMING, &most);
    ber_sockbuf_ctrl(buffer, LBER_SB_OPT_GET_FD, &socket);
    setsockopt(socket, SOL_SOCKET, SO_RCVTIMEO, &limit, sizeof limit);
    setsockopt(socket, SOL_SOCKET, SO_SNDTIMEO, &limit, sizeof limit);
    handle->is_reached = true;
    return ber_sockbuf_add_io(buffer, &deadline_layer, BELOW_TLS, handle);
}

static void on_disconnect(LDAP *ld, Sockbuf *buffer, struct ldap_conncb *callback)
{
    (void)ld, (void)buffer, (void)callback; /* libldap calls it without asking if it is there */
}

static apr_status_t free_message(void *data)
{
    ldap_msgfree(data);
    return APR_SUCCESS;
}

void pwr_ldap_handle_begin(pwr_ldap_handle_t *handle)
{
    handle->deadline = apr_time_now() + handle->timeout;
    handle->bytes_left = PWR_MAX_DIRECTORY_TRAFFIC;
}

int pwr_ldap_handle_wait(LDAPMessage **message, const pwr_ldap_handle_t *handle, int id, int all,
                         apr_pool_t *scratch)
{
    apr_interval_time_t left = handle->deadline - apr_time_now();
    /* A clock that was set back must not make the wait longer. */
    struct timeval limit
        = to_timeval(left < 0 ? 0 : (left > handle->timeout ? handle->timeout : left));
    int code = LDAP_SERVER_DOWN;
    int kind = ldap_result(handle->ld, id, all, &limit, message);

    if (kind > 0) {
        apr_pool_cleanup_register(scratch, *message, free_message, apr_pool_cleanup_null);
        return LDAP_SUCCESS;
    }
    if (kind == 0 || apr_time_now() >= handle->deadline) {
        return LDAP_TIMEOUT;
    }
    /* libldap's own codes are negative. Another is that of a notice of disconnection (RFC 4511,
     * 4.4.1), which answers nothing: what was asked may have been done or not. */
    ldap_get_option(handle->ld, LDAP_OPT_RESULT_CODE, &code);
    return code < 0 && pwr_answer_is_lost(code) ? code : LDAP_SERVER_DOWN;
}

int pwr_ldap_handle_answer(pwr_answer_t *answer, const pwr_ldap_handle_t *handle, int code, int id,
                           apr_pool_t *scratch)
{
    LDAPMessage *message = NULL;

    *answer = (pwr_answer_t){.code = code, .policy_error = PWR_ANSWER_NO_ERROR, .words = ""};
    if (code == LDAP_SUCCESS) {
        answer->code = pwr_ldap_handle_wait(&message, handle, id, LDAP_MSG_ONE, scratch);
    }
    if (answer->code == LDAP_SUCCESS) {
        pwr_answer_parse(answer, handle->ld, message, scratch);
    }
    return answer->code;
}

/* libldap's own words on its last failure. */
static const char *words_of(const pwr_ldap_handle_t *handle, int code, apr_pool_t *pool)
{
    char *more = NULL;

    ldap_get_option(handle->ld, LDAP_OPT_DIAGNOSTIC_MESSAGE, &more);
    const char *words
        = apr_pstrcat(pool, ldap_err2string(code), more != NULL ? ": " : NULL, more, NULL);
    ldap_memfree(more);
    return words;
}

static pwr_fault_t *tls_fault(const char *uri, const pwr_directory_settings_t *settings,
                              const char *words, apr_pool_t *pool)
{
    return pwr_fault_broken(
        pool, "PWR0421",
        "%s: TLS failed (%s). The server's certificate must be signed by %s, and must carry the "
        "name that stands in the URL. For \"localhost\" libldap looks for the machine's own name.",
        uri, words,
        settings->trusted_ca != NULL
            ? settings->trusted_ca
            : "a CA that the system trusts, or by the CA in PwResetLDAPTrustedCA");
}

/* NEWCTX comes last: it makes the TLS context from what was set before. */
static int set_options(pwr_ldap_handle_t *handle, const pwr_directory_settings_t *settings)
{
    LDAP *ld = handle->ld;
    struct timeval limit = to_timeval(settings->timeout);
    int version = LDAP_VERSION3;
    int never = LDAP_DEREF_NEVER;
    int demand = LDAP_OPT_X_TLS_DEMAND;
    int oldest = LDAP_OPT_X_TLS_PROTOCOL_TLS1_2;
    int as_client = 0;

    ldap_set_option(ld, LDAP_OPT_PROTOCOL_VERSION, &version);
    ldap_set_option(ld, LDAP_OPT_REFERRALS, LDAP_OPT_OFF);
    ldap_set_option(ld, LDAP_OPT_DEREF, &never);
    ldap_set_option(ld, LDAP_OPT_RESTART, LDAP_OPT_ON);
    ldap_set_option(ld, LDAP_OPT_NETWORK_TIMEOUT, &limit);
    ldap_set_option(ld, LDAP_OPT_TIMEOUT, &limit);
    ldap_set_option(ld, LDAP_OPT_CONNECT_CB, &handle->on_connect);
    ldap_set_option(ld, LDAP_OPT_X_TLS_REQUIRE_CERT, &demand);
    ldap_set_option(ld, LDAP_OPT_X_TLS_PROTOCOL_MIN, &oldest);
    if (settings->trusted_ca != NULL) {
        ldap_set_option(ld, LDAP_OPT_X_TLS_CACERTDIR, NULL);
        ldap_set_option(ld, LDAP_OPT_X_TLS_CACERTFILE, settings->trusted_ca);
    }
    if (settings->client_certificate != NULL) {
        const char *key = settings->client_key;
        ldap_set_option(ld, LDAP_OPT_X_TLS_CERTFILE, settings->client_certificate);
        ldap_set_option(ld, LDAP_OPT_X_TLS_KEYFILE,
                        key != NULL ? key : settings->client_certificate);
    }
    return ldap_set_option(ld, LDAP_OPT_X_TLS_NEWCTX, &as_client);
}

static pwr_fault_t *reach(pwr_ldap_handle_t *handle, const char *uri,
                          const pwr_directory_settings_t *settings, apr_pool_t *scratch)
{
    pwr_ldap_handle_begin(handle);
    int code = ldap_connect(handle->ld);

    if (code == LDAP_SUCCESS) {
        return NULL;
    }
    /* With ldaps the handshake is part of this. One that was cut by the timeout tells nothing about
     * the certificate. */
    if (handle->is_reached && apr_time_now() < handle->deadline) {
        return tls_fault(uri, settings, words_of(handle, code, scratch), scratch);
    }
    return pwr_fault_later(scratch, "PWR0422", "%s: no connection (%s).", uri,
                           words_of(handle, code, scratch));
}

static pwr_fault_t *start_tls(pwr_ldap_handle_t *handle, const char *uri,
                              const pwr_directory_settings_t *settings, apr_pool_t *scratch)
{
    pwr_answer_t answer;
    int id = 0;

    pwr_ldap_handle_begin(handle);
    int code = ldap_start_tls(handle->ld, NULL, NULL, &id);
    code = pwr_ldap_handle_answer(&answer, handle, code, id, scratch);
    if (pwr_answer_is_lost(code)) {
        return pwr_fault_later(scratch, "PWR0423", "%s: no answer to StartTLS (%s).", uri,
                               ldap_err2string(code));
    }
    if (code != LDAP_SUCCESS) {
        return pwr_fault_broken(scratch, "PWR0424",
                                "%s: StartTLS was refused (%s; %s). Give the server a certificate, "
                                "or use ldaps://.",
                                uri, ldap_err2string(code), answer.words);
    }
    pwr_ldap_handle_begin(handle);
    code = ldap_install_tls(handle->ld);
    if (code == LDAP_SUCCESS && ldap_tls_inplace(handle->ld)) {
        return NULL;
    }
    if (apr_time_now() >= handle->deadline) {
        return pwr_fault_later(scratch, "PWR0425", "%s: the TLS handshake took too long.", uri);
    }
    return tls_fault(uri, settings, words_of(handle, code, scratch), scratch);
}

pwr_fault_t *pwr_ldap_handle_connect(pwr_ldap_handle_t *handle, const char *uri,
                                     const pwr_directory_settings_t *settings, apr_pool_t *scratch)
{
    if (ldap_initialize(&handle->ld, uri) != LDAP_SUCCESS) {
        handle->ld = NULL;
        return pwr_fault_broken(scratch, "PWR0420", "%s: libldap does not know such a server.",
                                uri);
    }
    apr_pool_cleanup_register(handle->pool, handle, close_now, apr_pool_cleanup_null);
    handle->timeout = settings->timeout;
    handle->is_reached = false;
    handle->on_connect
        = (struct ldap_conncb){.lc_add = on_connect, .lc_del = on_disconnect, .lc_arg = handle};
    if (set_options(handle, settings) != LDAP_OPT_SUCCESS) {
        return tls_fault(uri, settings, "no TLS context could be made", scratch);
    }
    PWR_TRY(reach(handle, uri, settings, scratch));
    if (settings->tls == PWR_TLS_STARTTLS && strncmp(uri, "ldap:", 5) == 0) {
        return start_tls(handle, uri, settings, scratch);
    }
    return NULL;
}
