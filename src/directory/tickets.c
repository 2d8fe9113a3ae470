/*
 * One request at a time: a thread asks the KDC, and the caller waits for it, or goes on without its
 * result. Request and tickets lie in pools of their own, because a thread that still waits for a
 * KDC may outlive the caller's. It is a plain POSIX thread: APR's needs its pool after it has
 * ended. MIT's credential store ("client_keytab", "ccache") gets and renews the ticket by itself.
 */
#include "directory/tickets.h"

#include <pthread.h>
#include <signal.h>
#include <string.h>
#include <unistd.h>

#include <apr_strings.h>
#include <apr_thread_cond.h>
#include <apr_thread_mutex.h>
#include <gssapi/gssapi_ext.h>
#include <gssapi/gssapi_krb5.h>
#include <krb5/krb5.h>

#define SERVICE "ldap@"

struct pwr_tickets_t {
    apr_pool_t *pool; /* its own */
    const char *keytab;
    const char *principal;
    const char *cache;
    apr_thread_mutex_t *lock;
    apr_thread_cond_t *change;
    bool is_busy;   /* a request is under way */
    bool is_closed; /* the running request frees this */
};

typedef struct {
    pwr_ticket_use_t use; /* first: the caller's view of it */
    apr_pool_t *pool;     /* its own */
    pwr_tickets_t *tickets;
    const char *service;
    bool is_done;
    bool is_abandoned;
} ticket_request_t;

static apr_status_t close_tickets(void *data)
{
    pwr_tickets_t *tickets = data;

    apr_thread_mutex_lock(tickets->lock);
    tickets->is_closed = true;
    bool is_busy = tickets->is_busy;
    apr_thread_mutex_unlock(tickets->lock);
    if (!is_busy) {
        apr_pool_destroy(tickets->pool);
    }
    return APR_SUCCESS;
}

pwr_fault_t *pwr_tickets_open(pwr_tickets_t **tickets, const pwr_directory_settings_t *settings,
                              apr_pool_t *pool)
{
    apr_pool_t *own = NULL;
    apr_status_t status = apr_pool_create_unmanaged_ex(&own, NULL, NULL);

    if (status != APR_SUCCESS) {
        return pwr_fault_broken(pool, "PWR0433", "No memory for Kerberos tickets: %s.",
                                pwr_fault_status(status, pool));
    }
    pwr_tickets_t *self = apr_pcalloc(own, sizeof *self);
    self->pool = own;
    self->keytab = apr_pstrdup(own, settings->keytab);
    self->principal = apr_pstrdup(own, settings->principal);
    self->cache = apr_psprintf(own, "MEMORY:pwreset-%pp", self);
    status = apr_thread_mutex_create(&self->lock, APR_THREAD_MUTEX_DEFAULT, own);
    if (status == APR_SUCCESS) {
        status = apr_thread_cond_create(&self->change, own);
    }
    if (status != APR_SUCCESS) {
        apr_pool_destroy(own);
        return pwr_fault_broken(pool, "PWR0434", "No lock for Kerberos tickets: %s.",
                                pwr_fault_status(status, pool));
    }
    apr_pool_cleanup_register(pool, self, close_tickets, apr_pool_cleanup_null);
    *tickets = self;
    return NULL;
}

/* --- the request, in its own thread --- */

static OM_uint32 import(gss_name_t *name, OM_uint32 *minor, const char *text, gss_OID kind)
{
    gss_buffer_desc words = {.length = strlen(text), .value = (char *)text};
    return gss_import_name(minor, &words, kind, name);
}

static OM_uint32 acquire(pwr_ticket_use_t *use, const pwr_tickets_t *tickets)
{
    gss_key_value_element_desc elements[]
        = {{"ccache", tickets->cache}, {"client_keytab", tickets->keytab}};
    gss_key_value_set_desc store = {.count = tickets->keytab != NULL ? 2 : 1, .elements = elements};
    gss_OID_set_desc kerberos = {.count = 1, .elements = (gss_OID)gss_mech_krb5};
    gss_name_t who = GSS_C_NO_NAME;
    OM_uint32 ignored = 0;

    if (tickets->principal != NULL) {
        OM_uint32 major = import(&who, &use->minor, tickets->principal, GSS_C_NT_USER_NAME);
        if (GSS_ERROR(major)) {
            return major;
        }
    }
    OM_uint32 major = gss_acquire_cred_from(&use->minor, who, GSS_C_INDEFINITE, &kerberos,
                                            GSS_C_INITIATE, &store, &use->credential, NULL, NULL);
    gss_release_name(&ignored, &who);
    return major;
}

static gss_channel_bindings_t binding_of(pwr_ticket_use_t *use)
{
    return use->binding.application_data.length > 0 ? &use->binding : GSS_C_NO_CHANNEL_BINDINGS;
}

/* No flag asks for signing or sealing: that is what TLS is for. */
void pwr_ticket_step(pwr_ticket_use_t *use, const gss_buffer_desc *answer)
{
    OM_uint32 ignored = 0;

    gss_release_buffer(&ignored, &use->token);
    use->major = gss_init_sec_context(&use->minor, use->credential, &use->context, use->target,
                                      (gss_OID)gss_mech_krb5,
                                      GSS_C_MUTUAL_FLAG | GSS_C_SEQUENCE_FLAG, 0, binding_of(use),
                                      (gss_buffer_t)answer, NULL, &use->token, NULL, NULL);
}

static void destroy(ticket_request_t *request)
{
    pwr_ticket_use_t *use = &request->use;
    OM_uint32 ignored = 0;

    gss_release_buffer(&ignored, &use->token);
    gss_delete_sec_context(&ignored, &use->context, GSS_C_NO_BUFFER);
    gss_release_name(&ignored, &use->target);
    gss_release_cred(&ignored, &use->credential);
    apr_pool_destroy(request->pool);
}

static apr_status_t destroy_use(void *data)
{
    destroy(data);
    return APR_SUCCESS;
}

static void *run(void *data)
{
    ticket_request_t *request = data;
    pwr_tickets_t *tickets = request->tickets;
    pwr_ticket_use_t *use = &request->use;

    use->major = import(&use->target, &use->minor, request->service, GSS_C_NT_HOSTBASED_SERVICE);
    if (!GSS_ERROR(use->major)) {
        use->major = acquire(use, tickets);
    }
    if (!GSS_ERROR(use->major)) {
        pwr_ticket_step(use, NULL);
    }
    apr_thread_mutex_lock(tickets->lock);
    bool is_abandoned = request->is_abandoned;
    bool is_closed = tickets->is_closed;
    request->is_done = true;
    tickets->is_busy = false;
    apr_thread_cond_broadcast(tickets->change);
    apr_thread_mutex_unlock(tickets->lock);
    if (is_abandoned) {
        destroy(request);
    }
    if (is_closed) {
        apr_pool_destroy(tickets->pool);
    }
    return NULL;
}

/* --- the caller --- */

/* Signals are for the threads that httpd chose. */
static bool start(ticket_request_t *request)
{
    pthread_attr_t attributes;
    pthread_t thread;
    sigset_t all, before;

    sigfillset(&all);
    pthread_attr_init(&attributes);
    pthread_attr_setdetachstate(&attributes, PTHREAD_CREATE_DETACHED);
    pthread_sigmask(SIG_SETMASK, &all, &before);
    int status = pthread_create(&thread, &attributes, run, request);
    pthread_sigmask(SIG_SETMASK, &before, NULL);
    pthread_attr_destroy(&attributes);
    return status == 0;
}

/* Waits until `*flag` is `wanted`; the lock is held. False when it is too late. */
static bool await(pwr_tickets_t *tickets, const bool *flag, bool wanted, apr_time_t deadline)
{
    while (*flag != wanted) {
        apr_interval_time_t left = deadline - apr_time_now();
        if (left <= 0
            || APR_STATUS_IS_TIMEUP(
                apr_thread_cond_timedwait(tickets->change, tickets->lock, left))) {
            return *flag == wanted;
        }
    }
    return true;
}

/* True when the request is done; else it was not begun, or frees its memory by itself. */
static bool run_request(ticket_request_t *request, apr_interval_time_t timeout)
{
    pwr_tickets_t *tickets = request->tickets;
    apr_time_t deadline = apr_time_now() + timeout;

    apr_thread_mutex_lock(tickets->lock);
    bool has_turn = await(tickets, &tickets->is_busy, false, deadline);
    bool is_begun = has_turn && start(request);
    tickets->is_busy = tickets->is_busy || is_begun;
    bool is_done = is_begun && await(tickets, &request->is_done, true, deadline);
    request->is_abandoned = is_begun && !is_done;
    apr_thread_mutex_unlock(tickets->lock);
    if (!is_begun) {
        apr_pool_destroy(request->pool);
    }
    return is_done;
}

static ticket_request_t *new_request(pwr_tickets_t *tickets, const char *host,
                                     const gss_buffer_desc *binding)
{
    apr_pool_t *own = NULL;

    if (apr_pool_create_unmanaged_ex(&own, NULL, NULL) != APR_SUCCESS) {
        return NULL;
    }
    ticket_request_t *request = apr_pcalloc(own, sizeof *request);
    request->pool = own;
    request->tickets = tickets;
    request->service = apr_pstrcat(own, SERVICE, host, NULL);
    request->use.binding.application_data = (gss_buffer_desc){
        .length = binding->length, .value = apr_pmemdup(own, binding->value, binding->length)};
    return request;
}

const char *pwr_ticket_words(const pwr_ticket_use_t *use, apr_pool_t *pool)
{
    gss_buffer_desc words = GSS_C_EMPTY_BUFFER;
    OM_uint32 ignored = 0, more = 0;
    bool has_minor = use->minor != 0;

    gss_display_status(&ignored, has_minor ? use->minor : use->major,
                       has_minor ? GSS_C_MECH_CODE : GSS_C_GSS_CODE, (gss_OID)gss_mech_krb5, &more,
                       &words);
    const char *text = words.length > 0 ? apr_pstrmemdup(pool, words.value, words.length)
                                        : apr_psprintf(pool, "GSSAPI error %u", use->major);
    gss_release_buffer(&ignored, &words);
    return text;
}

static bool is_out_of_reach(OM_uint32 minor)
{
    return minor == (OM_uint32)KRB5_KDC_UNREACH || minor == (OM_uint32)KRB5_REALM_CANT_RESOLVE;
}

pwr_fault_t *pwr_tickets_use(pwr_ticket_use_t **use, pwr_tickets_t *tickets, const char *host,
                             const gss_buffer_desc *binding, apr_interval_time_t timeout,
                             apr_pool_t *pool)
{
    ticket_request_t *request = new_request(tickets, host, binding);

    if (request == NULL || !run_request(request, timeout)) {
        return pwr_fault_later(pool, "PWR0435",
                               "The KDC gave no ticket for ldap/%s in time. Check that it can be "
                               "reached from here (krb5.conf).",
                               host);
    }
    apr_pool_cleanup_register(pool, request, destroy_use, apr_pool_cleanup_null);
    *use = &request->use;
    if (!GSS_ERROR(request->use.major)) {
        return NULL;
    }
    const char *words = pwr_ticket_words(&request->use, pool);
    if (is_out_of_reach(request->use.minor)) {
        return pwr_fault_later(pool, "PWR0436", "No ticket for ldap/%s: %s.", host, words);
    }
    return pwr_fault_broken(
        pool, "PWR0437",
        "No ticket for ldap/%s: %s. The keytab %s must be readable by this process's user (uid "
        "%d) and hold a key of the principal%s%s that the KDC still knows; the host must be the "
        "one that the KDC knows the directory by.",
        host, words, tickets->keytab != NULL ? tickets->keytab : "of the environment",
        (int)getuid(), tickets->principal != NULL ? " " : "",
        tickets->principal != NULL ? tickets->principal : "");
}
