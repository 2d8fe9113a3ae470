/*
 * Reading credentials while the configuration is read: "file:/path", "exec:/path argument ..." (as
 * in AuthLDAPBindPassword), or the credential itself. As root in the parent, before privileges are
 * dropped. A file or a command in a folder that the server's user may write is refused.
 */
#ifndef PWR_HTTPD_SECRET_H
#define PWR_HTTPD_SECRET_H

#include "base/crypto.h"

/* NULL, or what is wrong. One line end at the end does not count; empty is refused. A file that
 * others than its owner and group can read is refused. A command is given five seconds. */
const char *pwr_secret_take(const pwr_secret_t **secret, const char *word, apr_pool_t *pool);

#endif
