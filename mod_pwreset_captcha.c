/*
 * Pictures and sounds for mod_pwreset's robot check, as a module of its own: cairo and what cairo
 * needs are loaded by sites that want them alone. Without this module the check offers calculation
 * and waiting.
 */
#include <httpd.h>
#include <http_config.h>

#include <ap_provider.h>
#include <apr_strings.h>

#include "captcha/picture.h"
#include "captcha/sound.h"

/* The one symbol that the module exports. */
extern __attribute__((visibility("default"))) module AP_MODULE_DECLARE_DATA pwreset_captcha_module;

static const pwr_captcha_t captcha = {
    .things = pwr_picture_things,
    .sounds = pwr_sound_things,
    .draw = pwr_picture_draw,
    .play = pwr_sound_make,
};

static void register_hooks(apr_pool_t *pool)
{
    pwr_captcha_t *offered = apr_pmemdup(pool, &captcha, sizeof captcha);

    offered->thing_count = pwr_picture_thing_count;
    offered->sound_count = pwr_sound_thing_count;
    ap_register_provider(pool, PWR_CAPTCHA_GROUP, PWR_CAPTCHA_NAME, PWR_CAPTCHA_VERSION, offered);
}

AP_DECLARE_MODULE(pwreset_captcha) = {
    STANDARD20_MODULE_STUFF, NULL, NULL, NULL, NULL, NULL, register_hooks,
#ifdef AP_MODULE_FLAG_NONE
    AP_MODULE_FLAG_NONE,
#endif
};
