/* The page of the robot check for people, with a choice of picture captcha, sound, work or waiting.
 */
#ifndef PWR_HTTPD_HANDLE_CHALLENGE_H
#define PWR_HTTPD_HANDLE_CHALLENGE_H

#include "httpd/private.h"

/* GET /c/<held request>: the page. POST /c: the answer. */
int pwr_handle_challenge_show(const pwr_request_context_t *context);
int pwr_handle_challenge_post(const pwr_request_context_t *context);

/* GET /c/picture/<captcha> and /c/sound/<captcha>. */
int pwr_handle_challenge_picture(const pwr_request_context_t *context);
int pwr_handle_challenge_sound(const pwr_request_context_t *context);

#endif
