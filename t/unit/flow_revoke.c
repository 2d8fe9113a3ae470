/* Promises of flow/revoke.h: "not me" ends the links of its request and does nothing else. */
#include "flow_fixture.h"

#include "flow/revoke.h"

static fake_person_t *anna;

static int set_up_link(void **state)
{
    if (set_up_flow(state) != 0) {
        return -1;
    }
    anna = fake_directory_add("anna", flow.pool);
    put_link("request", anna);
    return 0;
}

static pwr_revoke_state_t state_of(const char *stop_token)
{
    pwr_revoke_state_t state = PWR_REVOKE_LIVE;

    assert_fine(pwr_revoke_look(&state, &flow.parts, stop_token, flow.pool));
    return state;
}

static bool look(const char *stop_token)
{
    return state_of(stop_token) == PWR_REVOKE_LIVE;
}

static bool stop(const char *stop_token)
{
    bool is_stopped = true;

    assert_fine(pwr_revoke_stop(&is_stopped, &flow.parts, stop_token, "192.0.2.1", flow.pool));
    return is_stopped;
}

static void looking_changes_nothing_and_stopping_ends_the_links_of_the_request_alone(void **state)
{
    (void)state;
    const char *stop_token = token_of("request", PWR_TOKEN_STOP);

    put_link("another request", anna);
    assert_true(look(stop_token));
    assert_int_equal(2, live_links(anna));
    assert_true(stop(stop_token));
    assert_int_equal(1, live_links(anna));
    assert_int_equal(PWR_REVOKE_STOPPED, state_of(stop_token));
    assert_false(stop(stop_token));
}

static void a_link_of_the_key_before_is_stopped_too(void **state)
{
    (void)state;
    const char *stop_token = token_of("request", PWR_TOKEN_STOP);

    rotate_key(fixture_now + HOUR);
    assert_true(look(stop_token));
    assert_true(stop(stop_token));
    assert_int_equal(0, live_links(anna));
}

static void the_link_itself_stops_nothing(void **state)
{
    (void)state;
    const char *texts[] = {token_of("request", PWR_TOKEN_LINK), NULL, "", "short"};

    for (size_t i = 0; i < sizeof texts / sizeof texts[0]; i++) {
        assert_false(look(texts[i]));
        assert_false(stop(texts[i]));
    }
    assert_int_equal(1, live_links(anna));
}

static void after_the_life_of_the_link_there_is_nothing_to_stop(void **state)
{
    (void)state;
    fixture_now += LINK_LIFE - 1;
    assert_true(look(token_of("request", PWR_TOKEN_STOP)));
    fixture_now += 1;
    assert_int_equal(PWR_REVOKE_GONE, state_of(token_of("request", PWR_TOKEN_STOP)));
}

#define REVOKE_TEST(name) cmocka_unit_test_setup_teardown(name, set_up_link, tear_down_flow)

int main(void)
{
    const struct CMUnitTest tests[] = {
        REVOKE_TEST(looking_changes_nothing_and_stopping_ends_the_links_of_the_request_alone),
        REVOKE_TEST(a_link_of_the_key_before_is_stopped_too),
        REVOKE_TEST(the_link_itself_stops_nothing),
        REVOKE_TEST(after_the_life_of_the_link_there_is_nothing_to_stop),
    };
    return RUN_GROUP(tests);
}
