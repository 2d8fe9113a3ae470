/*
 * Parsers and judges of the directives that are more than a text, path, number or duration: named
 * in rows of directives.c. Each returns NULL, or what is wrong; the row says what to write instead.
 * Called while the configuration is read.
 */
#ifndef PWR_HTTPD_DIRECTIVE_VALUES_H
#define PWR_HTTPD_DIRECTIVE_VALUES_H

#include "httpd/settings.h"

const char *pwr_take_base_url(const pwr_taken_t *taken);
const char *pwr_take_ldap_url(const pwr_taken_t *taken);
const char *pwr_judge_attribute(const pwr_taken_t *taken);
const char *pwr_judge_dn(const pwr_taken_t *taken);
const char *pwr_judge_filter(const pwr_taken_t *taken);
const char *pwr_judge_directory_backend(const pwr_taken_t *taken);
const char *pwr_take_scheme(const pwr_taken_t *taken);
const char *pwr_judge_readable(const pwr_taken_t *taken);
const char *pwr_take_bind(const pwr_taken_t *taken);
const char *pwr_take_bind_password(const pwr_taken_t *taken);
const char *pwr_judge_keytab(const pwr_taken_t *taken);
const char *pwr_take_client_certificate(const pwr_taken_t *taken);
const char *pwr_take_relay(const pwr_taken_t *taken);
const char *pwr_take_relay_password(const pwr_taken_t *taken);
const char *pwr_take_mail_from(const pwr_taken_t *taken);
const char *pwr_take_reply_to(const pwr_taken_t *taken);
const char *pwr_take_bounce(const pwr_taken_t *taken);
const char *pwr_judge_user(const pwr_taken_t *taken);
const char *pwr_take_store(const pwr_taken_t *taken);
const char *pwr_take_login_url(const pwr_taken_t *taken);
const char *pwr_take_help_url(const pwr_taken_t *taken);
const char *pwr_take_return_url(const pwr_taken_t *taken);
const char *pwr_take_style(const pwr_taken_t *taken);
const char *pwr_take_logo(const pwr_taken_t *taken);
const char *pwr_take_languages(const pwr_taken_t *taken);
const char *pwr_take_client_limits(const pwr_taken_t *taken);
const char *pwr_take_site_limits(const pwr_taken_t *taken);
const char *pwr_take_captcha(const pwr_taken_t *taken);
const char *pwr_take_captcha_secret(const pwr_taken_t *taken);

#endif
