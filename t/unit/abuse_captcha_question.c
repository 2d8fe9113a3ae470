/*
 * Questions for people: no place, no thing and no sound is favoured, the right answer alone is
 * right, and a question comes back from its text as it was.
 */
#include "pool_fixture.h"

#include "abuse/captcha_question.h"
#include "base/crypto.h"

#define CAPTCHAS 2000
#define THINGS 14
#define SOUNDS 8

static const pwr_captcha_t captcha = {.thing_count = THINGS, .sound_count = SOUNDS};

static double chi_square(const int *counts, int classes)
{
    double total = 0;
    double sum = 0;

    for (int i = 0; i < classes; i++) {
        total += counts[i];
    }
    for (int i = 0; i < classes; i++) {
        double expected = total / classes;
        sum += (counts[i] - expected) * (counts[i] - expected) / expected;
    }
    return sum;
}

static void three_to_five_squares_are_right(void **state)
{
    (void)state;
    int seen[PWR_CAPTCHA_SQUARES + 1] = {0};

    for (int i = 0; i < CAPTCHAS; i++) {
        pwr_captcha_question_t question = pwr_captcha_question_make(&captcha);
        int right = 0;
        for (int j = 0; j < PWR_CAPTCHA_SQUARES; j++) {
            assert_in_range(question.shown[j], 0, THINGS - 1);
            right += question.shown[j] == question.thing;
        }
        assert_in_range(right, 3, 5);
        seen[right]++;
    }
    /* A third each; eight standard deviations to either side. */
    for (int right = 3; right <= 5; right++) {
        assert_in_range(seen[right], CAPTCHAS / 3 - 170, CAPTCHAS / 3 + 170);
    }
}

/* Chi-square stays under the value that chance passes once in a hundred million times. */
static void no_place_and_no_thing_is_favoured(void **state)
{
    (void)state;
    int places[PWR_CAPTCHA_SQUARES] = {0};
    int asked[64] = {0};
    int shown[64] = {0};

    for (int i = 0; i < CAPTCHAS; i++) {
        pwr_captcha_question_t question = pwr_captcha_question_make(&captcha);
        asked[question.thing]++;
        for (int j = 0; j < PWR_CAPTCHA_SQUARES; j++) {
            places[j] += question.shown[j] == question.thing;
            shown[question.shown[j]] += question.shown[j] != question.thing;
        }
    }
    assert_true(chi_square(places, PWR_CAPTCHA_SQUARES) < 51);
    assert_true(chi_square(asked, THINGS) < 62);
    assert_true(chi_square(shown, THINGS) < 62);
}

static void mark_right(bool marked[PWR_CAPTCHA_SQUARES], const pwr_captcha_question_t *question)
{
    for (int i = 0; i < PWR_CAPTCHA_SQUARES; i++) {
        marked[i] = question->shown[i] == question->thing;
    }
}

static void the_right_answer_is_accepted_and_each_change_of_a_square_refused(void **state)
{
    (void)state;
    for (int i = 0; i < CAPTCHAS; i++) {
        pwr_captcha_question_t question = pwr_captcha_question_make(&captcha);
        bool marked[PWR_CAPTCHA_SQUARES];
        mark_right(marked, &question);
        assert_true(pwr_captcha_question_is_seen(&question, marked));
        for (int j = 0; j < PWR_CAPTCHA_SQUARES; j++) {
            marked[j] = !marked[j];
            assert_false(pwr_captcha_question_is_seen(&question, marked));
            marked[j] = !marked[j];
        }
    }
}

static void no_sound_is_favoured(void **state)
{
    (void)state;
    int played[SOUNDS] = {0};

    for (int i = 0; i < CAPTCHAS; i++) {
        played[pwr_captcha_question_make(&captcha).sound]++;
    }
    assert_true(chi_square(played, SOUNDS) < 49);
}

static void a_sound_is_answered_by_its_number_alone(void **state)
{
    (void)state;
    static const char *const wrong[] = {"", "x", "0x0", "00", " 0", "0 ", "+0", "-0", "1", "0.0"};
    pwr_captcha_question_t question = {.sound = 0};

    assert_true(pwr_captcha_question_is_heard(&question, "0"));
    for (size_t i = 0; i < sizeof wrong / sizeof *wrong; i++) {
        assert_false(pwr_captcha_question_is_heard(&question, wrong[i]));
    }
    question.sound = 7;
    assert_true(pwr_captcha_question_is_heard(&question, "7"));
}

static void a_captcha_comes_back_from_its_text(void **state)
{
    (void)state;
    char text[PWR_CAPTCHA_QUESTION_CHARS + 1];

    for (int i = 0; i < CAPTCHAS; i++) {
        pwr_captcha_question_t question = pwr_captcha_question_make(&captcha), read;
        pwr_captcha_question_write(text, &question);
        assert_true(pwr_captcha_question_read(&read, &captcha, text));
        assert_int_equal(read.thing, question.thing);
        assert_int_equal(read.sound, question.sound);
        assert_memory_equal(read.shown, question.shown, sizeof question.shown);
    }
}

/* A node whose captcha has fewer things must not draw what it does not have. */
static void what_is_no_captcha_of_this_captcha_is_refused(void **state)
{
    (void)state;
    static const char *const bad[] = {"",
                                      "aaaaaaaaaa",
                                      "aaaaaaaaaaaa",
                                      "oaaaaaaaaaa",
                                      "aaaaaaaaaoa",
                                      "aaaaaaaaaai",
                                      "Aaaaaaaaaaa",
                                      "aaaaa aaaaa",
                                      "\xe1"
                                      "aaaaaaaaaa"};
    pwr_captcha_question_t question;

    assert_true(pwr_captcha_question_read(&question, &captcha, "naaaaaaaanh"));
    for (size_t i = 0; i < sizeof bad / sizeof *bad; i++) {
        if (pwr_captcha_question_read(&question, &captcha, bad[i])) {
            fail_msg("%s was taken", bad[i]);
        }
    }
}

int main(void)
{
    const struct CMUnitTest tests[] = {
        cmocka_unit_test(three_to_five_squares_are_right),
        cmocka_unit_test(no_place_and_no_thing_is_favoured),
        cmocka_unit_test(no_sound_is_favoured),
        cmocka_unit_test(the_right_answer_is_accepted_and_each_change_of_a_square_refused),
        cmocka_unit_test(a_sound_is_answered_by_its_number_alone),
        cmocka_unit_test(a_captcha_comes_back_from_its_text),
        cmocka_unit_test(what_is_no_captcha_of_this_captcha_is_refused),
    };
    return cmocka_run_group_tests(tests, open_pool, close_pool);
}
