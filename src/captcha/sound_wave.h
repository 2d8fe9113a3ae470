/*
 * Sounds put together from tones, noise and voices, each with a time, a loudness and a pitch of its
 * own. One thread per sound; it lives in its pool.
 */
#ifndef PWR_CAPTCHA_SOUND_WAVE_H
#define PWR_CAPTCHA_SOUND_WAVE_H

#include <apr_pools.h>

#define PWR_SOUND_RATE 16000 /* samples in a second */

typedef struct pwr_sound_t pwr_sound_t;

/* When, in seconds, and how loud. What sticks out of the sound is cut off. */
typedef struct {
    double start;
    double length;
    double level;
    double attack; /* until it is loudest */
    double fade;   /* in which it falls to a third, again and again; 0: it stays */
} pwr_span_t;

/* In hertz: from, by way of peak at the part `turn` (0 to 1) of its time, to. */
typedef struct {
    double from, peak, to;
    double turn;
    double warble_rate;
    double warble; /* 0.03: three hundredths up and down */
} pwr_pitch_t;

/* A throat: pulses and breath through two hollows. */
typedef struct {
    pwr_pitch_t pitch;
    pwr_pitch_t hollow[2];
    double breath; /* 0: pulses only; 1: breath only */
} pwr_voice_t;

/* Silence of so many seconds. */
pwr_sound_t *pwr_sound_start(double seconds, apr_pool_t *pool);
double pwr_sound_seconds(const pwr_sound_t *sound);

/* A tone with `overtones` weaker and weaker ones above it; 1: the tone alone. */
void pwr_sound_tone(pwr_sound_t *sound, const pwr_span_t *span, const pwr_pitch_t *pitch,
                    int overtones);
/* Noise round a pitch; `narrow` 0.5: a broad rush, 10: nearly a tone. */
void pwr_sound_hiss(pwr_sound_t *sound, const pwr_span_t *span, const pwr_pitch_t *pitch,
                    double narrow);
void pwr_sound_voice(pwr_sound_t *sound, const pwr_span_t *span, const pwr_voice_t *voice);
/* All so far once more, and weaker and weaker again, after so many seconds. */
void pwr_sound_echo(pwr_sound_t *sound, double after, double share);

/* As WAV: RIFF, PCM, mono, 16 bits; its loudest sample at `peak` of what fits. */
void pwr_sound_wav(const char **wav, apr_size_t *length, const pwr_sound_t *sound, double peak,
                   apr_pool_t *pool);

#endif
