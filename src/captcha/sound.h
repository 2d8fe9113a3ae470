/*
 * Captchas for people who listen: a sound to be recognised. Synthesised here, anew for each
 * request, so that no sound can be known again by its bytes. No state; any thread.
 */
#ifndef PWR_CAPTCHA_SOUND_H
#define PWR_CAPTCHA_SOUND_H

#include <apr_pools.h>

/* Sounds that can be made; names are message keys "sound.dog", ... */
extern const char *const pwr_sound_things[];
extern const int pwr_sound_thing_count;

/* A WAV (RIFF, PCM, mono, 16 bits) of two to four seconds, at most PWR_MAX_SOUND bytes: pitch,
 * rhythm, length and noise differ each time. `thing` is an index into pwr_sound_things. */
void pwr_sound_make(const char **wav, apr_size_t *length, int thing, apr_pool_t *pool);

#endif
