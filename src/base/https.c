/*
 * One POST or GET by libcurl. Redirects, proxies, .netrc and other protocols are off, so the
 * request goes to the named server alone. It is never verbose. Each call makes a handle and closes
 * it before it returns: these calls are rare, and no connection to a foreign server stays open in a
 * web child.
 *
 * The URL may hold a key, so a detail names the server alone.
 */
#include "base/https.h"

#include <pthread.h>
#include <stdbool.h>
#include <string.h>

#include <apr_cstr.h>
#include <apr_strings.h>
#include <curl/curl.h>

#include "base/url.h"

typedef struct {
    CURL *easy;
    struct curl_slist *headers;
    const pwr_https_post_t *post;
    bool is_get;
    char *body;
    apr_size_t length;      /* of the body so far */
    apr_size_t head_length; /* of the header lines so far */
    bool is_too_long;
    char error[CURL_ERROR_SIZE];
} call_t;

static pthread_once_t once = PTHREAD_ONCE_INIT;
static CURLcode start_result;

/* libcurl counts these; ours is for the life of the process. */
static void start_curl(void)
{
    start_result = curl_global_init(CURL_GLOBAL_DEFAULT);
}

static apr_status_t close_call(void *data)
{
    call_t *call = data;

    curl_easy_cleanup(call->easy);
    curl_slist_free_all(call->headers);
    return APR_SUCCESS;
}

static const char *server_of(const char *text, apr_pool_t *pool)
{
    pwr_url_t url;
    return pwr_url_parse(&url, text, pool) ? url.origin : "not readable";
}

static size_t take_body(char *bytes, size_t size, size_t count, void *data)
{
    call_t *call = data;
    size_t length = size * count;

    if (length > call->post->most - call->length) {
        call->is_too_long = true;
        return 0;
    }
    memcpy(call->body + call->length, bytes, length);
    call->length += length;
    return length;
}

/* libcurl keeps header lines, so they need a ceiling as well. */
static size_t count_head(char *line, size_t size, size_t count, void *data)
{
    call_t *call = data;
    size_t length = size * count;

    (void)line;
    if (length > call->post->most - call->head_length) {
        call->is_too_long = true;
        return 0;
    }
    call->head_length += length;
    return length;
}

/* Each returns 0 when libcurl took every option. */

static int set_security(CURL *easy, const char *trusted_ca)
{
    int bad = 0;

    bad |= (int)curl_easy_setopt(easy, CURLOPT_PROTOCOLS_STR, "https");
    bad |= (int)curl_easy_setopt(easy, CURLOPT_DISALLOW_USERNAME_IN_URL, 1L);
    bad |= (int)curl_easy_setopt(easy, CURLOPT_FOLLOWLOCATION, 0L);
    bad |= (int)curl_easy_setopt(easy, CURLOPT_PROXY, "");
    bad |= (int)curl_easy_setopt(easy, CURLOPT_NETRC, (long)CURL_NETRC_IGNORED);
    bad |= (int)curl_easy_setopt(easy, CURLOPT_SSLVERSION, (long)CURL_SSLVERSION_TLSv1_2);
    bad |= (int)curl_easy_setopt(easy, CURLOPT_SSL_VERIFYPEER, 1L);
    bad |= (int)curl_easy_setopt(easy, CURLOPT_SSL_VERIFYHOST, 2L);
    if (trusted_ca != NULL) { /* alone: the system's folder would be trusted beside it */
        bad |= (int)curl_easy_setopt(easy, CURLOPT_CAINFO, trusted_ca);
        bad |= (int)curl_easy_setopt(easy, CURLOPT_CAPATH, NULL);
    }
    return bad;
}

static int set_bounds(call_t *call)
{
    long span = (long)apr_time_as_msec(call->post->timeout);
    int bad = 0;

    bad |= (int)curl_easy_setopt(call->easy, CURLOPT_NOSIGNAL, 1L);
    bad |= (int)curl_easy_setopt(call->easy, CURLOPT_TIMEOUT_MS, span > 0 ? span : 1L);
    bad |= (int)curl_easy_setopt(call->easy, CURLOPT_CONNECTTIMEOUT_MS, span > 0 ? span : 1L);
#if LIBCURL_VERSION_NUM >= 0x075700 /* else closing waits for a resolver that hangs */
    bad |= (int)curl_easy_setopt(call->easy, CURLOPT_QUICK_EXIT, 1L);
#endif
    bad |= (int)curl_easy_setopt(call->easy, CURLOPT_WRITEFUNCTION, take_body);
    bad |= (int)curl_easy_setopt(call->easy, CURLOPT_WRITEDATA, call);
    bad |= (int)curl_easy_setopt(call->easy, CURLOPT_HEADERFUNCTION, count_head);
    bad |= (int)curl_easy_setopt(call->easy, CURLOPT_HEADERDATA, call);
    return bad;
}

static int add_header(call_t *call, const char *line)
{
    struct curl_slist *more = curl_slist_append(call->headers, line);

    call->headers = more != NULL ? more : call->headers;
    return more == NULL;
}

static int set_request(call_t *call, apr_pool_t *pool)
{
    const pwr_https_post_t *post = call->post;
    CURL *easy = call->easy;
    int bad = 0;

    if (!call->is_get) {
        bad |= add_header(call, apr_pstrcat(pool, "Content-Type: ", post->content_type, NULL));
        bad |= add_header(call, "Accept: application/json");
        bad |= add_header(call, "Expect:"); /* no pause for a 100 Continue */
        bad |= (int)curl_easy_setopt(easy, CURLOPT_POSTFIELDSIZE_LARGE,
                                     (curl_off_t)strlen(post->body));
        bad |= (int)curl_easy_setopt(easy, CURLOPT_POSTFIELDS, post->body);
    }
    if (post->header != NULL) {
        bad |= add_header(call, post->header);
    }
    bad |= (int)curl_easy_setopt(easy, CURLOPT_URL, post->url);
    bad |= (int)curl_easy_setopt(easy, CURLOPT_USERAGENT, "mod_pwreset");
    bad |= (int)curl_easy_setopt(easy, CURLOPT_HTTP_VERSION, (long)CURL_HTTP_VERSION_1_1);
    bad |= (int)curl_easy_setopt(easy, CURLOPT_HTTPHEADER, call->headers);
    bad |= (int)curl_easy_setopt(easy, CURLOPT_ERRORBUFFER, call->error);
    return bad;
}

static bool is_url_error(CURLcode result, const char *url)
{
    switch ((int)result) {
    case CURLE_URL_MALFORMAT:
    case CURLE_LOGIN_DENIED: /* it holds a user name */
        return true;
    case CURLE_UNSUPPORTED_PROTOCOL: /* of the URL, or an answer without a head */
        return apr_cstr_casecmpn(url, "https://", 8) != 0;
    default:
        return false;
    }
}

static pwr_fault_t *check_result(const call_t *call, CURLcode result, apr_pool_t *pool)
{
    const char *server = server_of(call->post->url, pool);
    const char *words = *call->error != '\0' ? call->error : curl_easy_strerror(result);

    if (call->is_too_long) {
        return pwr_fault_later(pool, "PWR0153", "%s sent more than %" APR_SIZE_T_FMT " bytes.",
                               server, call->post->most);
    }
    if (is_url_error(result, call->post->url)) {
        return pwr_fault_broken(
            pool, "PWR0154",
            "The URL is not asked (server: %s). It must begin with https:// and "
            "hold no user name.",
            server);
    }
    switch ((int)result) {
    case CURLE_PEER_FAILED_VERIFICATION:
    case CURLE_SSL_CACERT_BADFILE:
    case CURLE_SSL_ISSUER_ERROR:
    case CURLE_SSL_INVALIDCERTSTATUS:
        return pwr_fault_broken(pool, "PWR0155",
                                "%s shows a certificate that cannot be trusted: %s. Write the URL "
                                "with the name that the certificate carries, and the file of its "
                                "CA with PwResetCaptchaTrustedCA or PwResetPwnedTrustedCA.",
                                server, words);
    default:
        return pwr_fault_later(pool, "PWR0156", "%s gave no answer: %s", server, words);
    }
}

static pwr_fault_t *perform(pwr_https_answer_t *answer, call_t *call, apr_pool_t *pool)
{
    long status = 0;

    if ((set_security(call->easy, call->post->trusted_ca) | set_bounds(call)
         | set_request(call, pool))
        != 0) {
        return pwr_fault_broken(pool, "PWR0152",
                                "libcurl refuses an option that keeps a request safe. Install one "
                                "built with TLS, 7.85 or newer.");
    }
    CURLcode result = curl_easy_perform(call->easy);
    if (result != CURLE_OK) {
        return check_result(call, result, pool);
    }
    curl_easy_getinfo(call->easy, CURLINFO_RESPONSE_CODE, &status);
    call->body[call->length] = '\0';
    *answer
        = (pwr_https_answer_t){.status = (int)status, .body = call->body, .length = call->length};
    return NULL;
}

static pwr_fault_t *ask(pwr_https_answer_t *answer, const pwr_https_post_t *post, bool is_get,
                        apr_pool_t *pool)
{
    call_t *call = apr_pcalloc(pool, sizeof *call);

    if (pthread_once(&once, start_curl) != 0 || start_result != CURLE_OK) {
        return pwr_fault_broken(pool, "PWR0150", "libcurl does not start. Reinstall it.");
    }
    call->post = post;
    call->is_get = is_get;
    call->body = apr_palloc(pool, post->most + 1);
    call->easy = curl_easy_init();
    if (call->easy == NULL) {
        return pwr_fault_later(pool, "PWR0151", "libcurl gave no handle: out of memory?");
    }
    apr_pool_cleanup_register(pool, call, close_call, apr_pool_cleanup_null);
    pwr_fault_t *fault = perform(answer, call, pool);
    apr_pool_cleanup_run(pool, call, close_call);
    return fault;
}

pwr_fault_t *pwr_https_post(pwr_https_answer_t *answer, const pwr_https_post_t *post,
                            apr_pool_t *pool)
{
    return ask(answer, post, false, pool);
}

pwr_fault_t *pwr_https_get(pwr_https_answer_t *answer, const pwr_https_post_t *what,
                           apr_pool_t *pool)
{
    return ask(answer, what, true, pool);
}
