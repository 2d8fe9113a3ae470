/*
 * For other httpd modules: mod_pwreset tells them that a password is new, so that a single sign-on
 * can end the sessions of that account. `make install` puts this file beside httpd's own headers;
 * it needs no other file of mod_pwreset. A module that includes it loads without mod_pwreset too.
 * docs/login-pages.md has an example.
 */
#ifndef MOD_PWRESET_H
#define MOD_PWRESET_H

#include <apr_hooks.h>
#include <apr_optional_hooks.h>
#include <httpd.h>

#define PWRESET_DECLARE(type) type

/*
 * Called once for each password that the directory took from mod_pwreset, before the answer to
 * `r` leaves, in the child and the thread that work `r`. Not called after a refusal, after an
 * unlock, or where the directory's answer to the write was lost. Register a function with
 *     APR_OPTIONAL_HOOK(ap, pwreset_password_changed, function, NULL, NULL, APR_HOOK_MIDDLE);
 * Every registered function is called; none can stop the others or change the answer.
 *   site     the base URL of the flow, as in PwResetBaseURL
 *   account  the login name, from the attribute of PwResetLDAPLoginAttribute
 *   how      "reset" by a mailed link, "change" by the old password; later versions may add words
 * The texts live as long as `r`.
 */
/* cppcheck-suppress unknownMacro ; it is in apr_hooks.h */
APR_DECLARE_EXTERNAL_HOOK(ap, PWRESET, void, pwreset_password_changed,
                          (request_rec * r, const char *site, const char *account, const char *how))

#endif
