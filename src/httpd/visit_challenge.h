/*
 * The harder checks: the work for a browser (JSON), and for people a page with a choice of picture
 * task, sound, or waiting. The request that waits behind the page travels with it, sealed; nothing
 * is kept on the server.
 */
#ifndef PWR_HTTPD_VISIT_CHALLENGE_H
#define PWR_HTTPD_VISIT_CHALLENGE_H

#include "flow/request.h"
#include "httpd/private.h"

/* GET /challenge?seal=...: the ALTCHA challenge of a form. */
int pwr_visit_challenge_work(const pwr_visit_t *visit);
int pwr_visit_challenge_long_work(const pwr_visit_t *visit);

/* 303 to the page, with the request held in its address. */
int pwr_visit_challenge_begin(const pwr_visit_t *visit, const pwr_request_form_t *form);

/* GET /c/<held request>: the page. POST /c: the answer. */
int pwr_visit_challenge_show(const pwr_visit_t *visit);
int pwr_visit_challenge_post(const pwr_visit_t *visit);

/* GET /c/picture/<task> and /c/sound/<task>. */
int pwr_visit_challenge_picture(const pwr_visit_t *visit);
int pwr_visit_challenge_sound(const pwr_visit_t *visit);

#endif
