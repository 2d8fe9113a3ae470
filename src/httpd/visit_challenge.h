/* The page of the robot check for people, with a choice of picture task, sound, work or waiting. */
#ifndef PWR_HTTPD_VISIT_CHALLENGE_H
#define PWR_HTTPD_VISIT_CHALLENGE_H

#include "httpd/private.h"

/* GET /c/<held request>: the page. POST /c: the answer. */
int pwr_visit_challenge_show(const pwr_visit_t *visit);
int pwr_visit_challenge_post(const pwr_visit_t *visit);

/* GET /c/picture/<task> and /c/sound/<task>. */
int pwr_visit_challenge_picture(const pwr_visit_t *visit);
int pwr_visit_challenge_sound(const pwr_visit_t *visit);

#endif
