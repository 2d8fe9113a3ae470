/*
 * The page bucket is of a type of our own, and its length is unknown until it is read. Reading it
 * (as any filter before PWRESET would) renders it too, so a site that moves the filters about still
 * gets its page.
 */
#include "httpd/page_filter.h"

#include <apr_buckets.h>
#include <apr_strings.h>
#include <http_log.h>
#include <http_protocol.h>
#include <util_filter.h>

#include "base/crypto.h"
#include "base/log.h"

#define FILTER_NAME "PWRESET"

typedef struct {
    pwr_page_content_t content;
    apr_pool_t *pool;
} filtered_page_t;

/* Renders into the request's pool; the bytes are wiped with it, since a token may be among them. */
static apr_status_t render(const char **text, apr_size_t *length, const filtered_page_t *page)
{
    const pwr_page_content_t *content = &page->content;
    pwr_fault_t *fault = pwr_template_render(text, length, content->template, content->view,
                                             content->language, page->pool);
    if (fault != NULL) {
        pwr_log_fault(fault);
        return APR_EGENERAL;
    }
    pwr_crypto_wipe_with((void *)(apr_uintptr_t)*text, *length, page->pool);
    return APR_SUCCESS;
}

static apr_status_t read_bucket(apr_bucket *bucket, const char **text, apr_size_t *length,
                                apr_read_type_e block)
{
    const filtered_page_t *page = bucket->data;
    apr_status_t status = render(text, length, page);

    (void)block;
    if (status == APR_SUCCESS) {
        apr_bucket_pool_make(bucket, *text, *length, page->pool);
    }
    return status;
}

static const apr_bucket_type_t page_bucket_type = {
    .name = FILTER_NAME,
    .num_func = 5,
    .is_metadata = APR_BUCKET_DATA,
    .destroy = apr_bucket_destroy_noop,
    .read = read_bucket,
    .setaside = apr_bucket_setaside_noop,
    .split = apr_bucket_split_notimpl,
    .copy = apr_bucket_copy_notimpl,
};

static apr_bucket *make_bucket(const filtered_page_t *page, apr_bucket_alloc_t *list)
{
    apr_bucket *bucket = apr_bucket_alloc(sizeof *bucket, list);

    APR_BUCKET_INIT(bucket);
    bucket->free = apr_bucket_free;
    bucket->list = list;
    bucket->type = &page_bucket_type;
    bucket->length = (apr_size_t)-1;
    bucket->start = 0;
    bucket->data = (void *)(apr_uintptr_t)page;
    return bucket;
}

static apr_status_t filter(ap_filter_t *self, apr_bucket_brigade *brigade)
{
    for (apr_bucket *bucket = APR_BRIGADE_FIRST(brigade); bucket != APR_BRIGADE_SENTINEL(brigade);
         bucket = APR_BUCKET_NEXT(bucket)) {
        const char *text = NULL;
        apr_size_t length = 0;
        if (bucket->type != &page_bucket_type) {
            continue;
        }
        apr_status_t status = apr_bucket_read(bucket, &text, &length, APR_BLOCK_READ);
        if (status != APR_SUCCESS) {
            return status;
        }
        ap_set_content_length(self->r, (apr_off_t)length);
    }
    ap_remove_output_filter(self);
    return ap_pass_brigade(self->next, brigade);
}

void pwr_page_filter_register(void)
{
    ap_register_output_filter(FILTER_NAME, filter, NULL, AP_FTYPE_RESOURCE - 5);
}

int pwr_page_filter_send(request_rec *request, const pwr_page_content_t *content)
{
    conn_rec *connection = request->connection;
    apr_bucket_brigade *brigade = apr_brigade_create(request->pool, connection->bucket_alloc);
    filtered_page_t *page = apr_palloc(request->pool, sizeof *page);

    *page = (filtered_page_t){.content = *content, .pool = request->pool};
    APR_BRIGADE_INSERT_TAIL(brigade, make_bucket(page, connection->bucket_alloc));
    APR_BRIGADE_INSERT_TAIL(brigade, apr_bucket_eos_create(connection->bucket_alloc));
    ap_add_output_filter(FILTER_NAME, NULL, request, connection);
    apr_status_t status = ap_pass_brigade(request->output_filters, brigade);
    return status == APR_SUCCESS || connection->aborted ? OK : HTTP_INTERNAL_SERVER_ERROR;
}
