/*
 * What each thing sounds like, and the street behind it. Known by rhythm and movement more than by
 * tone, so that it is heard on a telephone's loudspeaker too: nothing that matters lies below
 * 200 Hz.
 */
#include "captcha/sound.h"

#include "base/random.h"
#include "captcha/sound_wave.h"

static pwr_pitch_t steady(double hertz)
{
    return (pwr_pitch_t){.from = hertz, .peak = hertz, .to = hertz};
}

static pwr_pitch_t slide(double from, double peak, double to, double turn)
{
    return (pwr_pitch_t){.from = from, .peak = peak, .to = to, .turn = turn};
}

static void bark(pwr_sound_t *sound, double start, double length, double size)
{
    pwr_span_t span = {start, length, 1, 0.012, length * 0.45};
    double pitch = 330 * size * pwr_random_between(0.93, 1.07);
    pwr_voice_t voice = {.pitch = slide(pitch * 0.75, pitch * 1.35, pitch * 0.6, 0.25),
                         .hollow = {slide(500 * size, 1050 * size, 480 * size, 0.35),
                                    slide(1300 * size, 2100 * size, 1200 * size, 0.35)},
                         .breath = pwr_random_between(0.08, 0.2)};
    pwr_sound_voice(sound, &span, &voice);
}

/* Barks by ones and twos, with a breath between. */
static void play_dog(pwr_sound_t *sound)
{
    double size = pwr_random_between(0.75, 1.5);
    double length = pwr_random_between(0.14, 0.2) / size + 0.03;
    double at = pwr_random_between(0.1, 0.3);

    while (at + length < pwr_sound_seconds(sound)) {
        bark(sound, at, length, size);
        at += length + pwr_random_between(0.08, 0.16);
        if (pwr_random_is(0.6) && at + length < pwr_sound_seconds(sound)) {
            bark(sound, at, length * 0.9, size);
            at += length;
        }
        at += pwr_random_between(0.3, 0.6);
    }
}

static void whistle(pwr_sound_t *sound, double start, double length)
{
    static const double chord[] = {1, 1.19, 1.34, 1.59};
    double root = pwr_random_between(330, 440);

    for (int i = 0; i < 4; i++) {
        pwr_span_t span = {start, length, 0.3, 0.07, 0};
        double hertz = root * chord[i] * pwr_random_between(0.997, 1.003);
        pwr_pitch_t pitch = slide(hertz * 0.9, hertz, hertz * 0.97, 0.12);
        pwr_sound_tone(sound, &span, &pitch, 4);
    }
    pwr_span_t steam = {start, length, 0.12, 0.04, 0};
    pwr_pitch_t high = steady(2600);
    pwr_sound_hiss(sound, &steam, &high, 0.8);
}

/* A steam engine: the whistle, once or twice, over strokes in fours that grow faster. */
static void play_train(pwr_sound_t *sound)
{
    double first = pwr_random_between(0.5, 0.9);
    double step = pwr_random_between(0.19, 0.27);
    double pitch = pwr_random_between(600, 950);
    double at = 0.05;
    double start = pwr_random_between(0.15, 0.5);

    for (int stroke = 0; at < pwr_sound_seconds(sound); stroke++) {
        pwr_span_t span = {at, step, stroke % 4 ? 0.55 : 1.1, 0.02, step * 0.3};
        pwr_pitch_t falling = slide(pitch * 1.3, pitch, pitch * 0.7, 0.3);
        pwr_sound_hiss(sound, &span, &falling, 0.9);
        at += step;
        step *= 0.98;
    }
    whistle(sound, start, first);
    if (pwr_random_is(0.6)) {
        whistle(sound, start + first + pwr_random_between(0.12, 0.25),
                pwr_random_between(0.25, 0.5));
    }
}

/* A rush that swells and sinks, and drops that fall on leaves, tin and puddles. */
static void play_rain(pwr_sound_t *sound)
{
    double seconds = pwr_sound_seconds(sound);
    pwr_span_t all = {0, seconds, pwr_random_between(0.22, 0.35), 0.3, 0};
    pwr_pitch_t low = steady(pwr_random_between(900, 1400));
    pwr_pitch_t high = steady(pwr_random_between(3500, 5500));
    int drops = (int)(seconds * pwr_random_between(45, 90));

    low.warble = high.warble = 0.25;
    low.warble_rate = high.warble_rate = pwr_random_between(0.2, 0.6);
    pwr_sound_hiss(sound, &all, &low, 0.5);
    pwr_sound_hiss(sound, &all, &high, 0.6);
    for (int i = 0; i < drops; i++) {
        double hertz = pwr_random_between(900, 4200);
        double fade = pwr_random_between(0.004, 0.018);
        double loud = pwr_random_between(0.2, 0.8);
        pwr_span_t drop = {pwr_random_between(0, seconds), fade * 5, loud * loud, 0.001, fade};
        pwr_pitch_t rising = slide(hertz, hertz * 1.1, hertz * 1.35, 0.4);
        pwr_sound_tone(sound, &drop, &rising, 1);
    }
}

static void strike_bell(pwr_sound_t *sound, double start, double hertz, double ring)
{
    /* The partials of a church bell: hum, prime, third, fifth, nominal, and those above. */
    static const double partials[][3]
        = {{0.5, 0.4, 1.6}, {1, 0.6, 1},     {1.2, 0.7, 0.8},  {1.5, 0.35, 0.6}, {2, 1, 0.7},
           {2.5, 0.4, 0.4}, {3, 0.45, 0.35}, {4.1, 0.35, 0.2}, {5.4, 0.25, 0.12}};

    for (size_t i = 0; i < sizeof partials / sizeof *partials; i++) {
        pwr_span_t span = {start, pwr_sound_seconds(sound) - start, partials[i][1] * 0.5, 0.003,
                           partials[i][2] * ring};
        pwr_pitch_t pitch = steady(hertz * partials[i][0] * pwr_random_between(0.996, 1.004));
        pwr_sound_tone(sound, &span, &pitch, 1);
    }
}

static void play_bell(pwr_sound_t *sound)
{
    double hertz = pwr_random_between(420, 760);
    double ring = pwr_random_between(0.7, 1.2);
    double step = pwr_random_between(0.75, 1.15);

    for (double at = pwr_random_between(0.05, 0.25); at < pwr_sound_seconds(sound) - 0.6;
         at += step) {
        strike_bell(sound, at, hertz, ring);
    }
}

/* One call of a bird, sung again with its turns hardly changed: two to four syllables. */
static void play_bird(pwr_sound_t *sound)
{
    pwr_pitch_t calls[4];
    double lengths[4];
    int count = pwr_random_within(2, 4);
    double at = pwr_random_between(0.05, 0.25);

    for (int i = 0; i < count; i++) {
        double hertz = pwr_random_between(2300, 4300);
        calls[i]
            = slide(hertz * pwr_random_between(0.8, 1.25), hertz * pwr_random_between(0.85, 1.3),
                    hertz * pwr_random_between(0.7, 1.2), pwr_random_between(0.2, 0.8));
        lengths[i] = pwr_random_between(0.06, 0.17);
        if (pwr_random_is(0.4)) { /* a trill */
            calls[i].warble = pwr_random_between(0.05, 0.12);
            calls[i].warble_rate = pwr_random_between(22, 38);
            lengths[i] *= 2.2;
        }
    }
    while (at < pwr_sound_seconds(sound) - 0.3) {
        for (int i = 0; i < count; i++) {
            pwr_span_t span = {at, lengths[i], pwr_random_between(0.7, 1), lengths[i] * 0.3, 0.2};
            pwr_sound_tone(sound, &span, &calls[i], pwr_random_within(1, 2));
            at += lengths[i] + pwr_random_between(0.02, 0.05);
        }
        at += pwr_random_between(0.15, 0.45);
    }
}

static void knock(pwr_sound_t *sound, double start, double hertz, double level)
{
    static const double partials[][3] = {{1, 1, 0.045}, {2.3, 0.6, 0.03}, {3.9, 0.35, 0.018}};
    pwr_span_t contact = {start, 0.03, level * 0.8, 0.001, 0.006};
    pwr_pitch_t dull = steady(hertz * 6);

    for (int i = 0; i < 3; i++) {
        pwr_span_t span = {start, 0.25, level * partials[i][1], 0.002, partials[i][2]};
        pwr_pitch_t pitch = slide(hertz * partials[i][0] * 1.1, hertz * partials[i][0],
                                  hertz * partials[i][0] * 0.97, 0.1);
        pwr_sound_tone(sound, &span, &pitch, 1);
    }
    pwr_sound_hiss(sound, &contact, &dull, 0.7);
}

/* Knuckles on a door: three to five, a pause, and again. */
static void play_knock(pwr_sound_t *sound)
{
    double hertz = pwr_random_between(190, 280);
    double step = pwr_random_between(0.16, 0.24);
    int count = pwr_random_within(3, 5);
    double at = pwr_random_between(0.1, 0.3);

    while (at < pwr_sound_seconds(sound) - 0.3) {
        for (int i = 0; i < count; i++) {
            knock(sound, at, hertz * pwr_random_between(0.97, 1.03), pwr_random_between(0.7, 1));
            at += step * pwr_random_between(0.93, 1.07);
        }
        at += pwr_random_between(0.5, 0.8);
    }
}

/* Tick and tock: a click of noise, and a little bar that rings after it. */
static void play_clock(pwr_sound_t *sound)
{
    double step = pwr_random_between(0.28, 0.5);
    double hertz = pwr_random_between(2300, 3300);
    double lower = pwr_random_between(0.6, 0.8);
    bool is_tock = false;

    for (double at = pwr_random_between(0.05, 0.3); at < pwr_sound_seconds(sound); at += step) {
        double pitch = hertz * (is_tock ? lower : 1);
        pwr_span_t click = {at, 0.03, 0.9, 0.0005, 0.004};
        pwr_span_t ring = {at, 0.12, 0.55, 0.001, 0.016};
        pwr_pitch_t noisy = steady(pitch * 1.4);
        pwr_pitch_t clear = steady(pitch);
        pwr_sound_hiss(sound, &click, &noisy, 1.5);
        pwr_sound_tone(sound, &ring, &clear, 1);
        is_tock = !is_tock;
    }
}

/* Wailing up and down, or two tones in turn. */
static void play_siren(pwr_sound_t *sound)
{
    double seconds = pwr_sound_seconds(sound);
    double low = pwr_random_between(430, 640);
    bool is_wailing = pwr_random_is(0.5);
    double high = low * (is_wailing ? pwr_random_between(1.8, 2.2) : 1.33);
    double step = is_wailing ? pwr_random_between(0.6, 1.3) : pwr_random_between(0.4, 0.6);
    bool is_high = pwr_random_is(0.5);

    for (double at = 0.02; at < seconds; at += step) {
        pwr_span_t span = {at, step, 0.7, 0.01, 0};
        pwr_pitch_t pitch = is_wailing ? slide(low, high, low, 0.5) : steady(is_high ? high : low);
        pwr_sound_tone(sound, &span, &pitch, 5);
        is_high = !is_high;
    }
}

/* Message key, and the function that plays it. */
#define THINGS(ROW)                                                                                \
    ROW("sound.bell", play_bell)                                                                   \
    ROW("sound.bird", play_bird)                                                                   \
    ROW("sound.clock", play_clock)                                                                 \
    ROW("sound.dog", play_dog)                                                                     \
    ROW("sound.knock", play_knock)                                                                 \
    ROW("sound.rain", play_rain)                                                                   \
    ROW("sound.siren", play_siren)                                                                 \
    ROW("sound.train", play_train)

#define NAME(name, play) name,
#define PLAY(name, play) play,
const char *const pwr_sound_things[] = {THINGS(NAME)};
static void (*const plays[])(pwr_sound_t *) = {THINGS(PLAY)};
const int pwr_sound_thing_count = (int)(sizeof plays / sizeof *plays);

/* Wind or traffic, soft, and sometimes the hum of a machine. */
static void play_street(pwr_sound_t *sound, double level)
{
    pwr_span_t all = {0, pwr_sound_seconds(sound), level, 0.1, 0};
    pwr_pitch_t wind = slide(pwr_random_between(200, 900), pwr_random_between(200, 900),
                             pwr_random_between(200, 900), pwr_random_between(0.2, 0.8));
    pwr_pitch_t hum = steady(pwr_random_between(100, 240));

    pwr_sound_hiss(sound, &all, &wind, pwr_random_between(0.4, 1.2));
    if (pwr_random_is(0.5)) {
        all.level *= pwr_random_between(0.3, 1);
        pwr_sound_tone(sound, &all, &hum, 3);
    }
}

void pwr_sound_make(const char **wav, apr_size_t *length, int thing, apr_pool_t *pool)
{
    pwr_sound_t *sound = pwr_sound_start(pwr_random_between(2.6, 4), pool);

    plays[thing](sound);
    pwr_sound_echo(sound, pwr_random_between(0.03, 0.11), pwr_random_between(0.05, 0.25));
    play_street(sound, pwr_random_between(0.01, 0.05));
    pwr_sound_wav(wav, length, sound, pwr_random_between(0.6, 0.95), pool);
}
