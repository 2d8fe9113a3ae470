/* Promises of flow/attempt_cap.h: how often an old password is tried, for a name and for an
 * account. */
#include "flow_fixture.h"

#include "flow/attempt_cap.h"

/* One attempt; NULL, or the cap that forbids it. `account_id` NULL: the name has none. */
static const char *attempt(const char *name, const char *account_id)
{
    static int number;
    pwr_counted_attempt_t one = {.nonce = apr_psprintf(flow.pool, "form-%d", ++number),
                                 .name = name,
                                 .language = "en",
                                 .client = "192.0.2.1"};
    const char *of_name = NULL, *of_account = NULL;
    bool is_new = false;

    assert_fine(pwr_attempt_cap_put(&is_new, &of_name, &flow.parts, &one, flow.pool));
    assert_true(is_new);
    one.account_id = account_id;
    assert_fine(pwr_attempt_cap_put_account(&of_account, &flow.parts, &one, flow.pool));
    return of_name != NULL ? of_name : of_account;
}

static void as_many_attempts_are_made_in_an_hour_as_the_site_says(void **state)
{
    (void)state;
    for (int i = 0; i < 3; i++) {
        assert_null(attempt("anna", "anna-id"));
    }
    assert_string_equal("attempts in an hour", attempt("anna", "anna-id"));
    assert_null(attempt("berit", "berit-id"));
}

/* Else a stranger who goes on trying would shut the owner out for ever. */
static void an_attempt_beyond_the_cap_is_not_made_and_does_not_count_on(void **state)
{
    (void)state;
    for (int i = 0; i < 3; i++) {
        assert_null(attempt("anna", "anna-id"));
    }
    fixture_now += HOUR - MINUTE;
    for (int i = 0; i < 20; i++) {
        assert_non_null(attempt("anna", "anna-id"));
    }
    fixture_now += 2 * MINUTE; /* the first three are an hour old, the other twenty are not */
    assert_null(attempt("anna", "anna-id"));
}

static void as_many_attempts_are_made_in_a_day_as_the_site_says(void **state)
{
    (void)state;
    for (int i = 0; i < 5; i++) {
        assert_null(attempt("anna", "anna-id"));
        fixture_now += HOUR;
    }
    assert_string_equal("attempts in a day", attempt("anna", "anna-id"));
    fixture_now += DAY - 4 * HOUR;
    assert_null(attempt("anna", "anna-id"));
}

static void an_account_is_counted_whatever_name_finds_it(void **state)
{
    (void)state;
    assert_null(attempt("anna", "anna-id"));
    assert_null(attempt("anna@example.org", "anna-id"));
    assert_null(attempt("anna@example.com", "anna-id"));
    assert_non_null(attempt("a third address", "anna-id"));
}

static void a_name_without_an_account_is_counted_as_one_that_has_one(void **state)
{
    (void)state;
    for (int i = 0; i < 3; i++) {
        assert_null(attempt("nobody", NULL));
    }
    assert_string_equal("attempts in an hour", attempt("nobody", NULL));
}

static void a_form_is_one_attempt_however_often_it_is_posted(void **state)
{
    (void)state;
    const pwr_counted_attempt_t one
        = {.nonce = "form", .name = "anna", .language = "en", .client = "192.0.2.1"};
    const char *why = NULL;
    bool is_new = false;

    assert_fine(pwr_attempt_cap_put(&is_new, &why, &flow.parts, &one, flow.pool));
    assert_true(is_new);
    for (int i = 0; i < 5; i++) {
        assert_fine(pwr_attempt_cap_put(&is_new, &why, &flow.parts, &one, flow.pool));
        assert_false(is_new);
    }
    assert_null(attempt("anna", "anna-id"));
    assert_null(attempt("anna", "anna-id"));
    assert_non_null(attempt("anna", "anna-id"));
}

int main(void)
{
    const struct CMUnitTest tests[] = {
        FLOW_TEST(as_many_attempts_are_made_in_an_hour_as_the_site_says),
        FLOW_TEST(an_attempt_beyond_the_cap_is_not_made_and_does_not_count_on),
        FLOW_TEST(as_many_attempts_are_made_in_a_day_as_the_site_says),
        FLOW_TEST(an_account_is_counted_whatever_name_finds_it),
        FLOW_TEST(a_name_without_an_account_is_counted_as_one_that_has_one),
        FLOW_TEST(a_form_is_one_attempt_however_often_it_is_posted),
    };
    return RUN_GROUP(tests);
}
