/*
 * Parsers and checks of the directives that are more than a text, path, number or duration: named
 * in rows of directives.c. Each returns NULL, or what is wrong; the row says what to write instead.
 * Called while the configuration is read.
 */
#ifndef PWR_HTTPD_DIRECTIVE_VALUES_H
#define PWR_HTTPD_DIRECTIVE_VALUES_H

#include "httpd/settings.h"

const char *pwr_directive_set_base_url(const pwr_directive_args_t *args);
const char *pwr_directive_set_ldap_url(const pwr_directive_args_t *args);
const char *pwr_directive_check_attribute(const pwr_directive_args_t *args);
const char *pwr_directive_check_dn(const pwr_directive_args_t *args);
const char *pwr_directive_check_filter(const pwr_directive_args_t *args);
const char *pwr_directive_check_directory_backend(const pwr_directive_args_t *args);
const char *pwr_directive_set_scheme(const pwr_directive_args_t *args);
const char *pwr_directive_check_readable(const pwr_directive_args_t *args);
const char *pwr_directive_set_bind(const pwr_directive_args_t *args);
const char *pwr_directive_set_bind_password(const pwr_directive_args_t *args);
const char *pwr_directive_check_keytab(const pwr_directive_args_t *args);
const char *pwr_directive_set_client_certificate(const pwr_directive_args_t *args);
const char *pwr_directive_set_relay(const pwr_directive_args_t *args);
const char *pwr_directive_set_relay_password(const pwr_directive_args_t *args);
const char *pwr_directive_set_mail_from(const pwr_directive_args_t *args);
const char *pwr_directive_set_reply_to(const pwr_directive_args_t *args);
const char *pwr_directive_set_bounce(const pwr_directive_args_t *args);
const char *pwr_directive_check_user(const pwr_directive_args_t *args);
const char *pwr_directive_set_store(const pwr_directive_args_t *args);
const char *pwr_directive_set_login_url(const pwr_directive_args_t *args);
const char *pwr_directive_set_help_url(const pwr_directive_args_t *args);
const char *pwr_directive_set_return_url(const pwr_directive_args_t *args);
const char *pwr_directive_set_style(const pwr_directive_args_t *args);
const char *pwr_directive_set_logo(const pwr_directive_args_t *args);
const char *pwr_directive_set_languages(const pwr_directive_args_t *args);
const char *pwr_directive_set_client_limits(const pwr_directive_args_t *args);
const char *pwr_directive_set_site_limits(const pwr_directive_args_t *args);
const char *pwr_directive_set_captcha(const pwr_directive_args_t *args);
const char *pwr_directive_set_captcha_secret(const pwr_directive_args_t *args);

#endif
