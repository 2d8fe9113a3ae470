/* Limits mean what they say, for one client and for all together, and whatever the clock does. */
#include "abuse_flood.h"

/* --- one client ------------------------------------------------------------------------------- */

static void requests_at_once_meet_each_level_up_to_its_limit(void **state)
{
    (void)state;
    assert_met(flood(open_limit(), OFFICE, 700, WHOLE), 30, 90, 480, 100);
    settings.client_calm = 1;
    settings.client_busy = 2;
    settings.client_most = 3;
    assert_met(flood(open_limit(), OFFICE, 5, WHOLE), 1, 1, 1, 2);
    settings.client_calm = 7;
    settings.client_busy = 11;
    settings.client_most = 10000000;
    assert_met(flood(open_limit(), OFFICE, 1000, WHOLE), 7, 4, 989, 0);
}

static void a_request_with_work_costs_a_quarter(void **state)
{
    (void)state;
    pwr_client_limit_t *limit = open_limit();

    assert_met(flood(limit, OFFICE, 2500, 1), 120, 360, 1920, 100);
    assert_met(flood(limit, "mixed", 20, WHOLE), 20, 0, 0, 0);
    assert_met(flood(limit, "mixed", 39, 1), 39, 0, 0, 0);
    assert_met(flood(limit, "mixed", 1, WHOLE), 0, 1, 0, 0); /* lies across the border */
}

static void clients_are_counted_apart(void **state)
{
    (void)state;
    pwr_client_limit_t *limit = open_limit();

    flood(limit, OFFICE, 700, WHOLE);
    assert_int_equal(count(limit, "192.0.2.2", WHOLE), PWR_LEVEL_SILENT);
    assert_int_equal(count(limit, "192.0.2.10", WHOLE), PWR_LEVEL_SILENT);
    assert_int_equal(count(limit, OFFICE, WHOLE), PWR_LEVEL_REFUSE);
}

static void looking_counts_nothing_and_promises_no_less(void **state)
{
    (void)state;
    pwr_client_limit_t *limit = open_limit();

    for (int i = 0; i < 700; i++) {
        pwr_pressure_t seen = pwr_client_limit_look(limit, OFFICE);
        assert_int_equal(seen.level, PWR_LEVEL_SILENT);
    }
    for (int i = 0; i < 700; i++) {
        pwr_pressure_t seen = pwr_client_limit_look(limit, OFFICE);
        pwr_pressure_t met = pwr_client_limit_count(limit, OFFICE, WHOLE);
        assert_int_equal(seen.level, met.level);
        assert_int_equal(seen.retry_after, met.retry_after);
    }
}

static void what_was_asked_drains_evenly_with_time(void **state)
{
    (void)state;
    pwr_client_limit_t *limit = open_limit();

    flood(limit, OFFICE, 30, WHOLE);
    now += SECONDS(150);
    assert_met(flood(limit, OFFICE, 16, WHOLE), 15, 1, 0, 0);
    flood(limit, OFFICE, 600, WHOLE);
    now += SECONDS(120); /* half of the band of captchas */
    assert_met(flood(limit, OFFICE, 241, WHOLE), 0, 0, 240, 1);
    now += SECONDS(241);
    assert_met(flood(limit, OFFICE, 1, 1), 0, 1, 0, 0);
    now += SECONDS(300 + 225);
    assert_met(flood(limit, OFFICE, 700, WHOLE), 30, 90, 480, 100);
}

static met_t even_flood(const char *client, int in_five_minutes)
{
    pwr_client_limit_t *limit = open_limit();
    met_t met = {{0}};

    for (int i = 0; i < 20 * in_five_minutes; i++) {
        met.at[count(limit, client, WHOLE)]++;
        now += SECONDS(300) / in_five_minutes;
    }
    return met;
}

static void an_even_flood_meets_the_level_of_its_rate(void **state)
{
    (void)state;
    assert_met(even_flood(OFFICE, 30), 600, 0, 0, 0);
    met_t above_calm = even_flood(OFFICE, 100);
    assert_true(above_calm.at[PWR_LEVEL_SILENT] < 50);
    assert_int_equal(above_calm.at[PWR_LEVEL_CAPTCHA], 0);
    met_t above_busy = even_flood(OFFICE, 550);
    assert_true(above_busy.at[PWR_LEVEL_SILENT] + above_busy.at[PWR_LEVEL_WORK] < 200);
    assert_int_equal(above_busy.at[PWR_LEVEL_REFUSE], 0);
    met_t above_most = even_flood(OFFICE, 1200); /* served at the pace of the limit */
    assert_in_range(above_most.at[PWR_LEVEL_REFUSE], 19 * 600, 20 * 600);
}

static void three_hundred_people_of_one_address_are_served_in_five_minutes(void **state)
{
    (void)state;
    static const int arrive_within[] = {0, 60, 299};

    for (int i = 0; i < 3; i++) {
        pwr_client_limit_t *limit = open_limit();
        met_t met = {{0}};
        for (int person = 0; person < 300; person++) {
            met.at[count(limit, OFFICE, WHOLE)]++;
            now += SECONDS(arrive_within[i]) / 300;
        }
        assert_true(met.at[PWR_LEVEL_SILENT] >= 30);
        assert_true(met.at[PWR_LEVEL_CAPTCHA] > 0);
        assert_int_equal(met.at[PWR_LEVEL_REFUSE], 0);
    }
}

static void a_refused_request_may_come_when_it_was_told_and_not_sooner(void **state)
{
    (void)state;
    static const int limits[][3] = {{30, 120, 600}, {1, 2, 3}, {599, 600, 601}, {30, 120, 7001}};

    for (size_t i = 0; i < sizeof limits / sizeof limits[0]; i++) {
        settings.client_calm = limits[i][0];
        settings.client_busy = limits[i][1];
        settings.client_most = limits[i][2];
        for (int cost = 1; cost <= WHOLE; cost++) {
            pwr_client_limit_t *limit = open_limit();
            flood(limit, OFFICE, 7001, WHOLE);
            now += SECONDS(1) / 50;
            flood(limit, OFFICE, 3, 1);
            pwr_pressure_t met = pwr_client_limit_count(limit, OFFICE, cost);
            if (met.level < PWR_LEVEL_REFUSE) {
                continue; /* the rest of a request had room */
            }
            assert_in_range(met.retry_after, TICK, SECONDS(300));
            flood(limit, OFFICE, 1000, WHOLE); /* refused, so not counted */
            now += met.retry_after - TICK;
            assert_int_equal(count(limit, OFFICE, cost), PWR_LEVEL_REFUSE);
            now += TICK;
            met = pwr_client_limit_count(limit, OFFICE, cost);
            assert_int_equal(met.level, PWR_LEVEL_CAPTCHA);
            assert_int_equal(met.retry_after, 0);
        }
    }
}

/* --- the clock -------------------------------------------------------------------------------- */

static void a_clock_set_back_changes_nothing(void **state)
{
    (void)state;
    static const int steps[] = {2, 60, 299, 3600, 86400 * 365};

    for (int i = 0; i < 5; i++) {
        pwr_client_limit_t *limit = open_limit();
        flood(limit, OFFICE, 20, WHOLE);
        now -= SECONDS(steps[i]);
        assert_met(flood(limit, OFFICE, 11, WHOLE), 10, 1, 0, 0);
        now += SECONDS(155);
        assert_int_equal(look(limit, "newcomer"), PWR_LEVEL_SILENT);
        now -= SECONDS(steps[i]);
        assert_int_equal(look(limit, "newcomer"), PWR_LEVEL_SILENT);
        assert_met(flood(limit, OFFICE, 16, WHOLE), 15, 1, 0, 0); /* half of it had drained */
    }
}

static void a_clock_corrected_by_a_second_costs_a_second(void **state)
{
    (void)state;
    pwr_client_limit_t *limit = open_limit();

    flood(limit, OFFICE, 120, 1);
    for (int i = 0; i < 100; i++) {
        now -= SECONDS(1);
        assert_int_equal(look(limit, OFFICE), PWR_LEVEL_WORK);
        now += SECONDS(1);
    }
    now += SECONDS(300);
    assert_met(flood(limit, OFFICE, 30, WHOLE), 30, 0, 0, 0);
}

static void a_clock_set_ahead_and_right_again_harms_nobody(void **state)
{
    (void)state;
    pwr_client_limit_t *limit = open_limit();

    flood(limit, OFFICE, 20, WHOLE);
    now += SECONDS(86400LL * 365 * 70);
    assert_met(flood(limit, OFFICE, 30, WHOLE), 30, 0, 0, 0);
    now -= SECONDS(86400LL * 365 * 70);
    assert_int_equal(count(limit, "newcomer", WHOLE), PWR_LEVEL_SILENT);
    assert_int_equal(count(limit, OFFICE, WHOLE), PWR_LEVEL_WORK);
    now += SECONDS(311);
    assert_met(flood(limit, OFFICE, 30, WHOLE), 30, 0, 0, 0);
}

/* --- all together ----------------------------------------------------------------------------- */

static void the_load_of_the_site_raises_the_level_for_all_and_refuses_nobody(void **state)
{
    (void)state;
    met_t met = {{0}};
    settings.site_calm = 100;
    settings.site_busy = 300;
    pwr_client_limit_t *limit = open_limit();

    for (int i = 0; i < 1000; i++) {
        met.at[count(limit, numbered(i % 50), WHOLE)]++;
    }
    assert_met(met, 100, 200, 700, 0);
    assert_int_equal(look(limit, "a person"), PWR_LEVEL_CAPTCHA);
    now += SECONDS(1); /* the flood has ended: five more fit below the limit */
    assert_int_equal(look(limit, "a person"), PWR_LEVEL_WORK);
    now += SECONDS(40);
    assert_int_equal(look(limit, "a person"), PWR_LEVEL_SILENT);
}

static void a_refused_client_does_not_raise_the_level_of_others(void **state)
{
    (void)state;
    settings.client_calm = 1;
    settings.client_busy = 2;
    settings.client_most = 3;
    settings.site_calm = 10;
    settings.site_busy = 20;
    pwr_client_limit_t *limit = open_limit();

    assert_met(flood(limit, OFFICE, 1000, WHOLE), 1, 1, 1, 997);
    assert_int_equal(count(limit, "a person", WHOLE), PWR_LEVEL_SILENT);
}

/* --- names ------------------------------------------------------------------------------------ */

static void assert_name(const char *expected, const char *address, int bytes)
{
    char text[50];
    pwr_client_name(text, (const unsigned char *)address, bytes, &settings);
    assert_string_equal(text, expected);
}

#define ADDRESS4 "\xc0\x00\x02\xff"
#define MAPPED "\0\0\0\0\0\0\0\0\0\0\xff\xff"
#define ADDRESS6 "\x20\x01\x0d\xb8\xff\xff\xff\xff\xff\xff\xff\xff\xff\xff\xff\xff"

static void a_client_is_named_by_its_prefix(void **state)
{
    (void)state;
    static const struct {
        int prefix;
        const char *name4, *name6;
    } rows[] = {
        {0, "0.0.0.0/0", "::/0"},
        {8, "192.0.0.0/8", "2000::/8"},
        {25, "192.0.2.128/25", "2001:d80::/25"},
        {31, "192.0.2.254/31", "2001:db8::/31"},
        {32, "192.0.2.255", "2001:db8::/32"},
        {33, NULL, "2001:db8:8000::/33"},
        {48, NULL, "2001:db8:ffff::/48"},
        {64, NULL, "2001:db8:ffff:ffff::/64"},
        {127, NULL, "2001:db8:ffff:ffff:ffff:ffff:ffff:fffe/127"},
        {128, NULL, "2001:db8:ffff:ffff:ffff:ffff:ffff:ffff"},
    };

    for (size_t i = 0; i < sizeof rows / sizeof rows[0]; i++) {
        settings.prefix4 = settings.prefix6 = rows[i].prefix;
        assert_name(rows[i].name6, ADDRESS6, 16);
        if (rows[i].name4 != NULL) {
            assert_name(rows[i].name4, ADDRESS4, 4);
            assert_name(rows[i].name4, MAPPED ADDRESS4, 16);
        }
    }
    settings.prefix6 = 64;
    assert_name("::/64", "\0\0\0\0\0\0\0\0\0\0\0\0\0\0\0\1", 16);
}

static void a_short_hash_is_siphash_2_4(void **state)
{
    (void)state;
    unsigned char bytes[16]; /* the vectors of the algorithm's authors */
    for (int i = 0; i < 16; i++) {
        bytes[i] = (unsigned char)i;
    }
    assert_true(pwr_crypto_short_hash(bytes, bytes, 0) == 0x726fdb47dd0e0e31ULL);
    assert_true(pwr_crypto_short_hash(bytes, bytes, 15) == 0xa129ca6149be45e5ULL);
    bytes[0] = 1;
    assert_false(pwr_crypto_short_hash(bytes, "", 0) == 0x726fdb47dd0e0e31ULL);
}

int main(void)
{
    const struct CMUnitTest tests[] = {
        TEST(requests_at_once_meet_each_level_up_to_its_limit),
        TEST(a_request_with_work_costs_a_quarter),
        TEST(clients_are_counted_apart),
        TEST(looking_counts_nothing_and_promises_no_less),
        TEST(what_was_asked_drains_evenly_with_time),
        TEST(an_even_flood_meets_the_level_of_its_rate),
        TEST(three_hundred_people_of_one_address_are_served_in_five_minutes),
        TEST(a_refused_request_may_come_when_it_was_told_and_not_sooner),
        TEST(a_clock_set_back_changes_nothing),
        TEST(a_clock_corrected_by_a_second_costs_a_second),
        TEST(a_clock_set_ahead_and_right_again_harms_nobody),
        TEST(the_load_of_the_site_raises_the_level_for_all_and_refuses_nobody),
        TEST(a_refused_client_does_not_raise_the_level_of_others),
        TEST(a_client_is_named_by_its_prefix),
        TEST(a_short_hash_is_siphash_2_4),
    };
    return cmocka_run_group_tests(tests, set_up_all, tear_down_all);
}
