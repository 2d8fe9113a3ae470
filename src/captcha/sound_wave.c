/*
 * Additive and subtractive synthesis, no more than eight sounds need. The filter is the
 * trapezoidal state variable filter, which stays stable while its pitch slides. Noise is the
 * system's randomness itself, taken once per sound.
 */
#include "captcha/sound_wave.h"

#include <math.h>
#include <stdint.h>
#include <string.h>

#include "base/crypto.h"

#define RELEASE 0.008 /* seconds at each end's slope, or it clicks */
#define HEADER_BYTES 44

struct pwr_sound_t {
    int count;
    double *samples;
    int16_t *noise;
};

typedef struct {
    double low, band;
} wave_filter_t;

pwr_sound_t *pwr_sound_start(double seconds, apr_pool_t *pool)
{
    pwr_sound_t *sound = apr_palloc(pool, sizeof *sound);
    apr_size_t count = (apr_size_t)(seconds * PWR_SOUND_RATE);

    sound->count = (int)count;
    sound->samples = apr_pcalloc(pool, count * sizeof *sound->samples);
    sound->noise = apr_palloc(pool, count * sizeof *sound->noise);
    pwr_crypto_random(sound->noise, count * sizeof *sound->noise);
    return sound;
}

double pwr_sound_seconds(const pwr_sound_t *sound)
{
    return (double)sound->count / PWR_SOUND_RATE;
}

/* The samples of a span that lie within the sound. */
static int first_of(const pwr_span_t *span)
{
    return span->start > 0 ? (int)(span->start * PWR_SOUND_RATE) : 0;
}

static int end_of(const pwr_sound_t *sound, const pwr_span_t *span)
{
    double length = span->length;
    double end;

    if (span->fade > 0) { /* after six thirdings nobody hears it */
        length = fmin(length, span->attack + 6 * span->fade);
    }
    end = (span->start + length) * PWR_SOUND_RATE;
    return end < sound->count ? (int)end : sound->count;
}

static double loudness(const pwr_span_t *span, int at)
{
    double since = (double)at / PWR_SOUND_RATE - span->start;
    double left = span->length - since;
    double loud = span->level;

    if (since < span->attack) {
        loud *= since / span->attack;
    } else if (span->fade > 0) {
        loud *= exp((span->attack - since) / span->fade);
    }
    return left < RELEASE ? loud * fmax(left, 0) / RELEASE : loud;
}

static double pitch_at(const pwr_pitch_t *pitch, const pwr_span_t *span, int at)
{
    double since = (double)at / PWR_SOUND_RATE - span->start;
    double part = since / span->length;
    double hertz
        = part < pitch->turn
              ? pitch->from + (pitch->peak - pitch->from) * part / pitch->turn
              : pitch->peak + (pitch->to - pitch->peak) * (part - pitch->turn) / (1 - pitch->turn);

    if (pitch->warble > 0) {
        hertz *= 1 + pitch->warble * sin(2 * M_PI * pitch->warble_rate * since);
    }
    return fmax(20, fmin(hertz, PWR_SOUND_RATE * 0.45));
}

void pwr_sound_tone(pwr_sound_t *sound, const pwr_span_t *span, const pwr_pitch_t *pitch,
                    int overtones)
{
    int end = end_of(sound, span);
    double phase = 0;

    for (int at = first_of(span); at < end; at++) {
        double hertz = pitch_at(pitch, span, at);
        double wave = sin(2 * M_PI * phase);
        for (int i = 2; i <= overtones && hertz * i < PWR_SOUND_RATE * 0.45; i++) {
            wave += sin(2 * M_PI * phase * i) / i;
        }
        sound->samples[at] += wave * loudness(span, at);
        phase += hertz / PWR_SOUND_RATE;
        phase -= phase >= 1;
    }
}

/* V. Zavalishin, The Art of VA Filter Design, chapter 4. Returns the band round the pitch, as loud
 * there as what comes in. */
static double filter(wave_filter_t *state, double in, double hertz, double narrow)
{
    double g = tan(M_PI * hertz / PWR_SOUND_RATE);
    double damp = 1 / narrow;
    double band = (state->band + g * (in - state->low)) / (1 + g * (g + damp));
    double low = state->low + g * band;

    state->band = 2 * band - state->band;
    state->low = 2 * low - state->low;
    return band * damp;
}

void pwr_sound_hiss(pwr_sound_t *sound, const pwr_span_t *span, const pwr_pitch_t *pitch,
                    double narrow)
{
    int end = end_of(sound, span);
    wave_filter_t state = {0};

    for (int at = first_of(span); at < end; at++) {
        double band = filter(&state, sound->noise[at] / 32768.0, pitch_at(pitch, span, at), narrow);
        sound->samples[at] += band * sqrt(narrow) * 2 * loudness(span, at);
    }
}

void pwr_sound_voice(pwr_sound_t *sound, const pwr_span_t *span, const pwr_voice_t *voice)
{
    int end = end_of(sound, span);
    wave_filter_t states[2] = {{0}};
    double phase = 0;

    for (int at = first_of(span); at < end; at++) {
        double pulse = 1 - 2 * phase;
        double in = pulse * (1 - voice->breath) + sound->noise[at] / 32768.0 * voice->breath * 2;
        double out = 0;
        for (int i = 0; i < 2; i++) {
            out += filter(&states[i], in, pitch_at(&voice->hollow[i], span, at), 4) * (i ? 0.6 : 1);
        }
        sound->samples[at] += (out * 2 + in * 0.12) * loudness(span, at);
        phase += pitch_at(&voice->pitch, span, at) / PWR_SOUND_RATE;
        phase -= phase >= 1;
    }
}

void pwr_sound_echo(pwr_sound_t *sound, double after, double share)
{
    int back = (int)(after * PWR_SOUND_RATE);

    for (int at = back; at < sound->count; at++) {
        sound->samples[at] += sound->samples[at - back] * share;
    }
}

static unsigned char *put_number(unsigned char *at, uint32_t number, int bytes)
{
    for (int i = 0; i < bytes; i++) {
        *at++ = (unsigned char)(number >> (8 * i));
    }
    return at;
}

static void put_header(unsigned char *at, uint32_t bytes)
{
    memcpy(at, "RIFF", 4);
    put_number(at + 4, HEADER_BYTES - 8 + bytes, 4);
    memcpy(at + 8, "WAVEfmt ", 8);
    at = put_number(at + 16, 16, 4);
    at = put_number(at, 1, 2); /* PCM */
    at = put_number(at, 1, 2); /* mono */
    at = put_number(at, PWR_SOUND_RATE, 4);
    at = put_number(at, PWR_SOUND_RATE * 2, 4);
    at = put_number(at, 2, 2); /* bytes per sample */
    at = put_number(at, 16, 2);
    memcpy(at, "data", 4);
    put_number(at + 4, bytes, 4);
}

void pwr_sound_wav(const char **wav, apr_size_t *length, const pwr_sound_t *sound, double peak,
                   apr_pool_t *pool)
{
    uint32_t bytes = (uint32_t)sound->count * 2;
    unsigned char *file = apr_palloc(pool, HEADER_BYTES + bytes);
    unsigned char *at = file + HEADER_BYTES;
    double mean = 0;
    double most = 1e-9;

    for (int i = 0; i < sound->count; i++) {
        mean += sound->samples[i] / sound->count;
    }
    for (int i = 0; i < sound->count; i++) {
        most = fmax(most, fabs(sound->samples[i] - mean));
    }
    put_header(file, bytes);
    for (int i = 0; i < sound->count; i++) {
        double sample = (sound->samples[i] - mean) / most * peak * 32767;
        at = put_number(at, (uint32_t)(int32_t)lrint(sample), 2);
    }
    *wav = (const char *)file;
    *length = HEADER_BYTES + bytes;
}
