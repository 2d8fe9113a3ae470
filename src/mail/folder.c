/*
 * Writes to a temporary name first and renames, so that a program that watches the folder sees
 * whole mails only, and two workers with the same mail end with one file. The file holds a reset
 * link: only its owner may read it.
 */
#include "mail/folder.h"

#include <apr_file_io.h>
#include <apr_strings.h>

static pwr_relay_answer_t fail(const pwr_relay_t *relay, apr_status_t status, apr_pool_t *scratch)
{
    pwr_relay_answer_t outcome = {.must_rest = true};

    if (APR_STATUS_IS_ENOENT(status) || APR_STATUS_IS_ENOTDIR(status)
        || APR_STATUS_IS_EACCES(status)) {
        outcome.fault = pwr_fault_broken(scratch, "PWR0521",
                                         "No mail can be written to %s: %s. Make the folder and "
                                         "give it to the server's user.",
                                         relay->name, pwr_fault_status(status, scratch));
    } else {
        outcome.fault = pwr_fault_later(scratch, "PWR0522", "No mail can be written to %s: %s.",
                                        relay->name, pwr_fault_status(status, scratch));
    }
    return outcome;
}

static apr_status_t write_whole(apr_file_t *file, const pwr_message_t *message)
{
    apr_status_t status = apr_file_write_full(file, message->bytes, message->length, NULL);

    if (status == APR_SUCCESS) {
        status = apr_file_sync(file);
    }
    apr_status_t closed = apr_file_close(file);
    return status == APR_SUCCESS ? closed : status;
}

pwr_relay_answer_t pwr_folder_send(const pwr_relay_t *relay, const pwr_message_t *message,
                                   apr_pool_t *scratch)
{
    char *draft = apr_psprintf(scratch, "%s/.%s.XXXXXX", relay->host, message->id);
    const char *name = apr_psprintf(scratch, "%s/%s.eml", relay->host, message->id);
    apr_file_t *file = NULL;

    /* mktemp opens with mode 0600 */
    apr_status_t status = apr_file_mktemp(
        &file, draft, APR_FOPEN_CREATE | APR_FOPEN_WRITE | APR_FOPEN_EXCL | APR_FOPEN_BINARY,
        scratch);
    if (status != APR_SUCCESS) {
        return fail(relay, status, scratch);
    }
    status = write_whole(file, message);
    if (status == APR_SUCCESS) {
        status = apr_file_rename(draft, name, scratch);
    }
    if (status != APR_SUCCESS) {
        apr_file_remove(draft, scratch);
        return fail(relay, status, scratch);
    }
    return (pwr_relay_answer_t){0};
}
