/* A fault says who can fix it, in words that can neither forge nor fill a log. */
#include "pool_fixture.h"

#include "base/fault.h"
#include "base/limits.h"

static void each_kind_carries_its_tag_and_words(void **state)
{
    (void)state;
    const pwr_fault_t *refused
        = pwr_fault_refused(pool, "PWR9901", "rule.length", "%d characters", 7);
    const pwr_fault_t *later = pwr_fault_later(pool, "PWR9902", "%s is away", "ldap.example");
    const pwr_fault_t *broken = pwr_fault_broken(pool, "PWR9903", "write %s", "a port");

    assert_int_equal(refused->kind, PWR_REFUSED);
    assert_string_equal(refused->tag, "PWR9901");
    assert_string_equal(refused->key, "rule.length");
    assert_string_equal(refused->detail, "7 characters");

    assert_int_equal(later->kind, PWR_LATER);
    assert_string_equal(later->tag, "PWR9902");
    assert_string_equal(later->detail, "ldap.example is away");

    assert_int_equal(broken->kind, PWR_BROKEN);
    assert_string_equal(broken->tag, "PWR9903");
    assert_string_equal(broken->detail, "write a port");
}

static void only_a_refusal_has_words_for_the_person(void **state)
{
    (void)state;
    assert_null(pwr_fault_later(pool, "PWR9901", "x")->key);
    assert_null(pwr_fault_broken(pool, "PWR9901", "x")->key);
}

static void control_characters_of_a_hostile_server_become_blanks(void **state)
{
    (void)state;
    const pwr_fault_t *fault
        = pwr_fault_later(pool, "PWR9901", "%s", "550 no\r\n[error] forged\t\x1b[2J\x7f.");

    assert_string_equal(fault->detail, "550 no  [error] forged  [2J .");
}

static void letters_beyond_ascii_stay(void **state)
{
    (void)state;
    assert_string_equal(pwr_fault_later(pool, "PWR9901", "%s", "Åse får ny lenke")->detail,
                        "Åse får ny lenke");
}

static void a_long_answer_is_cut(void **state)
{
    (void)state;
    char *answer = apr_palloc(pool, 100000);
    memset(answer, 'x', 99999);
    answer[99999] = '\0';

    assert_int_equal(strlen(pwr_fault_broken(pool, "PWR9901", "%s", answer)->detail),
                     PWR_MAX_DETAIL);
}

static void a_detail_is_a_copy(void **state)
{
    (void)state;
    char words[] = "first";
    const pwr_fault_t *fault = pwr_fault_later(pool, "PWR9901", "%s", words);

    memcpy(words, "later", sizeof words);
    assert_string_equal(fault->detail, "first");
}

static pwr_fault_t *try_one(pwr_fault_t *fault, int *steps)
{
    PWR_TRY(fault);
    (*steps)++;
    return NULL;
}

static void try_hands_the_fault_up_and_goes_on_without_one(void **state)
{
    (void)state;
    pwr_fault_t *fault = pwr_fault_later(pool, "PWR9901", "x");
    int steps = 0;

    assert_ptr_equal(try_one(fault, &steps), fault);
    assert_int_equal(steps, 0);
    assert_null(try_one(NULL, &steps));
    assert_int_equal(steps, 1);
}

static int calls;

static pwr_fault_t *count_a_call(void)
{
    calls++;
    return NULL;
}

static pwr_fault_t *try_counting(void)
{
    PWR_TRY(count_a_call());
    return NULL;
}

static void try_makes_the_call_once(void **state)
{
    (void)state;
    calls = 0;
    assert_null(try_counting());
    assert_int_equal(calls, 1);
}

static void a_status_has_words(void **state)
{
    (void)state;
    assert_string_equal(pwr_fault_status(APR_ENOENT, pool), "No such file or directory");
}

int main(void)
{
    const struct CMUnitTest tests[] = {
        cmocka_unit_test(each_kind_carries_its_tag_and_words),
        cmocka_unit_test(only_a_refusal_has_words_for_the_person),
        cmocka_unit_test(control_characters_of_a_hostile_server_become_blanks),
        cmocka_unit_test(letters_beyond_ascii_stay),
        cmocka_unit_test(a_long_answer_is_cut),
        cmocka_unit_test(a_detail_is_a_copy),
        cmocka_unit_test(try_hands_the_fault_up_and_goes_on_without_one),
        cmocka_unit_test(try_makes_the_call_once),
        cmocka_unit_test(a_status_has_words),
    };
    return cmocka_run_group_tests(tests, open_pool, close_pool);
}
