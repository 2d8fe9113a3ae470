/* The relay that is a folder: each mail becomes one file there, for tests, for a first look, and
 * for sites whose own program fetches mail. No state; any thread and process. */
#ifndef PWR_MAIL_FOLDER_H
#define PWR_MAIL_FOLDER_H

#include "mail/mail.h"
#include "mail/message.h"
#include "mail/relay_answer.h"

/* Writes the message to <folder>/<message id>.eml, mode 0600, appearing whole or not at all. A
 * retry replaces the file by the same bytes. */
pwr_relay_answer_t pwr_folder_send(const pwr_relay_t *relay, const pwr_message_t *message,
                                   apr_pool_t *scratch);

#endif
