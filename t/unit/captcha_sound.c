/*
 * The sound captcha: what comes is a WAV that every browser plays, of the promised length and
 * loudness, never the same twice, and each thing's sound has the build that it is known by.
 */
#include "pool_fixture.h"

#include <math.h>
#include <stdlib.h>

#include "captcha/sound.h"
#include "base/crypto.h"
#include "base/limits.h"

#define RATE 16000
#define HEADER 44
#define OF_EACH 12

static unsigned number_at(const char *at, int bytes)
{
    unsigned number = 0;

    for (int i = bytes - 1; i >= 0; i--) {
        number = number << 8 | (unsigned char)at[i];
    }
    return number;
}

static int sample_at(const char *wav, int index)
{
    return (int16_t)number_at(wav + HEADER + (ptrdiff_t)index * 2, 2);
}

typedef struct {
    const char *wav;
    apr_size_t length;
    int samples;
} sound_t;

static sound_t make(int thing, apr_pool_t *scratch)
{
    sound_t sound = {0};
    pwr_sound_make(&sound.wav, &sound.length, thing, scratch);
    sound.samples = (int)((sound.length - HEADER) / 2);
    return sound;
}

/* Calls `check` with many sounds of each thing. */
static void with_all(void (*check)(const sound_t *sound))
{
    for (int i = 0; i < pwr_sound_thing_count * OF_EACH; i++) {
        apr_pool_t *scratch = NULL;
        sound_t sound;
        assert_int_equal(apr_pool_create(&scratch, pool), APR_SUCCESS);
        sound = make(i % pwr_sound_thing_count, scratch);
        check(&sound);
        apr_pool_destroy(scratch);
    }
}

static void check_header(const sound_t *sound)
{
    const char *wav = sound->wav;

    assert_in_range(sound->length, HEADER + 2 * RATE * 2, HEADER + 4 * RATE * 2);
    assert_in_range(sound->length, 0, PWR_MAX_SOUND);
    assert_memory_equal(wav, "RIFF", 4);
    assert_int_equal(number_at(wav + 4, 4), sound->length - 8);
    assert_memory_equal(wav + 8, "WAVEfmt ", 8);
    assert_int_equal(number_at(wav + 16, 4), 16);
    assert_int_equal(number_at(wav + 20, 2), 1);
    assert_int_equal(number_at(wav + 22, 2), 1);
    assert_int_equal(number_at(wav + 24, 4), RATE);
    assert_int_equal(number_at(wav + 28, 4), RATE * 2);
    assert_int_equal(number_at(wav + 32, 2), 2);
    assert_int_equal(number_at(wav + 34, 2), 16);
    assert_memory_equal(wav + 36, "data", 4);
    assert_int_equal(number_at(wav + 40, 4), sound->length - HEADER);
}

static void every_sound_is_a_wav_of_two_to_four_seconds(void **state)
{
    (void)state;
    with_all(check_header);
}

/* Its peak lies between half and all of what fits, it is not clipped, and its mean is nothing. */
static void check_level(const sound_t *sound)
{
    double sum = 0;
    double power = 0;
    int peak = 0;

    for (int i = 0; i < sound->samples; i++) {
        int sample = sample_at(sound->wav, i);
        peak = abs(sample) > peak ? abs(sample) : peak;
        sum += sample;
        power += (double)sample * sample;
    }
    assert_in_range(peak, 32767 / 2, 32700);
    assert_true(fabs(sum / sound->samples) < 2);
    assert_true(sqrt(power / sound->samples) > 300);
}

static void every_sound_is_loud_enough_and_not_clipped(void **state)
{
    (void)state;
    with_all(check_level);
}

/* The first second, so that sounds of other lengths count too. */
static void no_sound_comes_twice(void **state)
{
    (void)state;
    for (int thing = 0; thing < pwr_sound_thing_count; thing++) {
        const char *before[OF_EACH];
        for (int i = 0; i < OF_EACH; i++) {
            before[i] = make(thing, pool).wav;
            for (int j = 0; j < i; j++) {
                assert_memory_not_equal(before[i] + HEADER, before[j] + HEADER, RATE * 2);
            }
        }
    }
}

static void every_sound_has_a_message_key(void **state)
{
    (void)state;
    assert_true(pwr_sound_thing_count >= 6);
    for (int i = 0; i < pwr_sound_thing_count; i++) {
        assert_memory_equal(pwr_sound_things[i], "sound.", strlen("sound."));
        for (int j = 0; j < i; j++) {
            assert_string_not_equal(pwr_sound_things[i], pwr_sound_things[j]);
        }
    }
}

/* Share of the sound's 20 ms pieces that are a tenth as loud as the loudest piece, or less. */
static double quiet_share(const sound_t *sound)
{
    int piece = RATE / 50;
    int pieces = sound->samples / piece;
    double *power = calloc((size_t)pieces, sizeof *power);
    double most = 0;
    int quiet = 0;

    for (int i = 0; i < pieces * piece; i++) {
        double sample = sample_at(sound->wav, i);
        power[i / piece] += sample * sample;
    }
    for (int i = 0; i < pieces; i++) {
        most = fmax(most, power[i]);
    }
    for (int i = 0; i < pieces; i++) {
        quiet += power[i] < most / 100;
    }
    free(power);
    return (double)quiet / pieces;
}

static double mean_quiet_share(const char *name)
{
    double sum = 0;

    for (int thing = 0; thing < pwr_sound_thing_count; thing++) {
        for (int i = 0; i < OF_EACH && strcmp(pwr_sound_things[thing], name) == 0; i++) {
            sound_t sound = make(thing, pool);
            sum += quiet_share(&sound) / OF_EACH;
        }
    }
    return sum;
}

/* What an ear goes by, as far as numbers see it: blows with silence between them, or none. */
static void what_strikes_has_pauses_and_what_flows_has_none(void **state)
{
    (void)state;
    assert_true(mean_quiet_share("sound.clock") > 0.6);
    assert_true(mean_quiet_share("sound.knock") > 0.4);
    assert_true(mean_quiet_share("sound.dog") > 0.2);
    assert_true(mean_quiet_share("sound.bird") > 0.1);
    assert_true(mean_quiet_share("sound.rain") < 0.1);
    assert_true(mean_quiet_share("sound.siren") < 0.05);
}

int main(void)
{
    const struct CMUnitTest tests[] = {
        cmocka_unit_test(every_sound_is_a_wav_of_two_to_four_seconds),
        cmocka_unit_test(every_sound_is_loud_enough_and_not_clipped),
        cmocka_unit_test(no_sound_comes_twice),
        cmocka_unit_test(every_sound_has_a_message_key),
        cmocka_unit_test(what_strikes_has_pauses_and_what_flows_has_none),
    };
    return cmocka_run_group_tests(tests, open_pool, close_pool);
}
