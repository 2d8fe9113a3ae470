/*
 * What a module that draws pictures and makes sounds offers (mod_pwreset_captcha). The captchas
 * made of them, and what is a right answer, are abuse/captcha_question's. Found by httpd's provider
 * interface (ap_lookup_provider) under the group and version below, with the name "default". The
 * functions may be called from any thread.
 */
#ifndef PWR_BASE_CAPTCHA_H
#define PWR_BASE_CAPTCHA_H

#include "base/fault.h"

#define PWR_CAPTCHA_GROUP "pwreset-captcha"
#define PWR_CAPTCHA_VERSION "1" /* raise it when pwr_captcha_t changes */
#define PWR_CAPTCHA_NAME "default"

#define PWR_CAPTCHA_SQUARES 9 /* of a picture, three by three, row by row */

typedef struct {
    const char *const *things; /* that can be drawn, as message keys: "picture.bus" */
    int thing_count;           /* at most PWR_MAX_CAPTCHA_THINGS */
    const char *const *sounds; /* that can be made, as message keys: "sound.dog" */
    int sound_count;           /* likewise */

    /* One PNG of at most PWR_MAX_PICTURE bytes that shows these things, by index. BROKEN when it
     * cannot be drawn. */
    pwr_fault_t *(*draw)(const char **png, apr_size_t *length,
                         const unsigned char shown[PWR_CAPTCHA_SQUARES], apr_pool_t *pool);
    /* A WAV (RIFF, PCM, mono, 16 bits) of at most PWR_MAX_SOUND bytes. */
    void (*play)(const char **wav, apr_size_t *length, int sound, apr_pool_t *pool);
} pwr_captcha_t;

#endif
