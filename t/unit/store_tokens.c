/* Promises of store/tokens.h, on SQLite or on the database that the environment names. */
#include "store_fixture.h"

#include "store/tokens.h"

static pwr_token_row_t link_named(const char *digest)
{
    return (pwr_token_row_t){.digest = digest,
                             .stop_digest = "stop",
                             .request_id = "request",
                             .site = SITE,
                             .account_id = "7f4a8e2c-1111-4222-8333-444455556666",
                             .login = "kari.ødegård",
                             .mail_digest = "mail",
                             .stamp_digest = "stamp",
                             .language = "nb",
                             .created = NOON,
                             .expires = NOON + 30 * MINUTE};
}

static pwr_token_row_t put_token(fixture_t *fixture, const char *digest)
{
    pwr_token_row_t row = link_named(digest);
    assert_fine(pwr_tokens_put(fixture->store, &row, fixture->pool));
    return row;
}

static pwr_token_row_t *find(fixture_t *fixture, const char *digest)
{
    pwr_token_row_t *row = NULL;
    assert_fine(pwr_tokens_find(&row, fixture->store, SITE, digest, fixture->pool));
    return row;
}

static bool claim(fixture_t *fixture, const pwr_token_row_t *row, const char *claim_id)
{
    bool is_won = false;
    assert_fine(pwr_tokens_claim(&is_won, fixture->store, row, claim_id, fixture->pool));
    return is_won;
}

static int live(fixture_t *fixture)
{
    int count = -1;
    const pwr_token_row_t like = {.site = SITE,
                                  .account_id = "7f4a8e2c-1111-4222-8333-444455556666",
                                  .request_id = "another request"};
    assert_fine(pwr_tokens_count_live(&count, fixture->store, &like, fixture->pool));
    return count;
}

static void finds_a_link_by_its_digest(void **state)
{
    fixture_t *fixture = *state;
    put_token(fixture, "aBc");

    const pwr_token_row_t *row = find(fixture, "aBc");
    assert_non_null(row);
    assert_string_equal("stop", row->stop_digest);
    assert_string_equal("request", row->request_id);
    assert_string_equal(SITE, row->site);
    assert_string_equal("7f4a8e2c-1111-4222-8333-444455556666", row->account_id);
    assert_string_equal("kari.ødegård", row->login);
    assert_string_equal("mail", row->mail_digest);
    assert_string_equal("stamp", row->stamp_digest);
    assert_string_equal("nb", row->language);
    assert_int_equal(PWR_TOKEN_LIVE, row->state);
    assert_true(row->created == NOON);
    assert_true(row->expires == NOON + 30 * MINUTE);
    assert_true(row->ended == 0);
}

static void finds_a_link_by_its_stop_digest(void **state)
{
    fixture_t *fixture = *state;
    pwr_token_row_t *row = NULL;

    put_token(fixture, "one");
    assert_fine(pwr_tokens_find_stop(&row, fixture->store, SITE, "stop", fixture->pool));
    assert_string_equal("one", row->digest);
    assert_fine(pwr_tokens_find_stop(&row, fixture->store, SITE, "STOP", fixture->pool));
    assert_null(row);
}

static void does_not_find_what_is_not_there(void **state)
{
    fixture_t *fixture = *state;
    pwr_token_row_t *row = NULL;

    put_token(fixture, "aBc");
    assert_null(find(fixture, "abc"));
    assert_null(find(fixture, "aBc "));
    assert_null(find(fixture, "øøø"));
    assert_fine(
        pwr_tokens_find(&row, fixture->store, "https://other.example.org/", "aBc", fixture->pool));
    assert_null(row);
}

static void prolongs_a_live_link_that_is_put_again(void **state)
{
    fixture_t *fixture = *state;
    pwr_token_row_t row = put_token(fixture, "one");

    row.expires += MINUTE;
    assert_fine(pwr_tokens_put(fixture->store, &row, fixture->pool));
    assert_true(find(fixture, "one")->expires == NOON + 31 * MINUTE);
    assert_int_equal(1, live(fixture));
    assert_fine(pwr_tokens_put(fixture->store, &row, fixture->pool));

    assert_fine(pwr_tokens_burn(fixture->store, &row, PWR_TOKEN_USED, fixture->pool));
    row.expires += MINUTE;
    assert_fine(pwr_tokens_put(fixture->store, &row, fixture->pool));
    assert_true(find(fixture, "one")->expires == NOON + 31 * MINUTE);
    assert_int_equal(PWR_TOKEN_USED, find(fixture, "one")->state);
}

static void counts_live_links(void **state)
{
    fixture_t *fixture = *state;
    pwr_token_row_t other = link_named("other");

    put_token(fixture, "one");
    put_token(fixture, "two");
    other.account_id = "somebody-else";
    assert_fine(pwr_tokens_put(fixture->store, &other, fixture->pool));
    assert_int_equal(2, live(fixture));
    fixture_now += 30 * MINUTE;
    assert_int_equal(0, live(fixture));
}

static void claim_once(race_t *race)
{
    const pwr_token_row_t *rows = race->input;
    bool is_won = false;
    race->fault = pwr_tokens_claim(&is_won, race->store, &rows[race->number % 3],
                                   apr_psprintf(race->pool, "claim-%d", race->number), race->pool);
    race->result = is_won;
}

static void lets_one_of_fifty_claims_win(void **state)
{
    enum { ROUNDS = 5 };
    fixture_t *fixture = *state;
    race_t races[THREADS];

    for (int round = 0; round < ROUNDS; round++) {
        pwr_token_row_t rows[3];
        int winners = 0;
        int winner = -1;
        for (int i = 0; i < 3; i++) {
            rows[i] = put_token(fixture, apr_psprintf(fixture->pool, "link-%d-%d", round, i));
        }
        race_all(races, fixture, claim_once, rows);
        for (int i = 0; i < THREADS; i++) {
            winners += races[i].result;
            winner = races[i].result ? i : winner;
        }
        assert_int_equal(1, winners);
        assert_int_equal(0, live(fixture));
        for (int i = 0; i < 3; i++) {
            assert_int_equal(PWR_TOKEN_CLAIMED, find(fixture, rows[i].digest)->state);
        }
        assert_fine(pwr_tokens_release(
            fixture->store, apr_psprintf(fixture->pool, "claim-%d", winner), fixture->pool));
        assert_int_equal(3, live(fixture));
        assert_fine(pwr_tokens_burn(fixture->store, &rows[0], PWR_TOKEN_USED, fixture->pool));
    }
}

static void takes_siblings_along_in_a_claim(void **state)
{
    fixture_t *fixture = *state;
    pwr_token_row_t one = put_token(fixture, "one");
    pwr_token_row_t two = put_token(fixture, "two");

    assert_true(claim(fixture, &one, "first"));
    assert_false(claim(fixture, &two, "second"));
    assert_false(claim(fixture, &one, "third"));
    assert_true(find(fixture, "two")->ended == NOON);
}

static void releases_a_claim_that_changed_nothing(void **state)
{
    fixture_t *fixture = *state;
    pwr_token_row_t one = put_token(fixture, "one");

    put_token(fixture, "two");
    assert_true(claim(fixture, &one, "first"));
    assert_fine(pwr_tokens_release(fixture->store, "another", fixture->pool));
    assert_int_equal(0, live(fixture));
    assert_fine(pwr_tokens_release(fixture->store, "first", fixture->pool));
    assert_int_equal(2, live(fixture));
    assert_true(find(fixture, "one")->ended == 0);
    assert_true(claim(fixture, &one, "second"));
}

static void gives_siblings_back_when_the_link_itself_is_not_live(void **state)
{
    fixture_t *fixture = *state;
    pwr_token_row_t dead = link_named("dead");
    int count = 0;

    dead.request_id = "its-own-request";
    assert_fine(pwr_tokens_put(fixture->store, &dead, fixture->pool));
    assert_fine(pwr_tokens_revoke(&count, fixture->store, SITE, "its-own-request", fixture->pool));
    put_token(fixture, "live");
    assert_false(claim(fixture, &dead, "first"));
    assert_int_equal(1, live(fixture));
    assert_int_equal(PWR_TOKEN_REVOKED, find(fixture, "dead")->state);
}

static void refuses_a_claim_of_an_expired_link(void **state)
{
    fixture_t *fixture = *state;
    pwr_token_row_t one = put_token(fixture, "one");

    fixture_now = one.expires;
    assert_false(claim(fixture, &one, "late"));
    assert_int_equal(PWR_TOKEN_LIVE, find(fixture, "one")->state);
}

static void burns_every_link_of_the_account(void **state)
{
    fixture_t *fixture = *state;
    pwr_token_row_t one = put_token(fixture, "one");
    pwr_token_row_t other = link_named("other");

    put_token(fixture, "two");
    other.account_id = "somebody-else";
    assert_fine(pwr_tokens_put(fixture->store, &other, fixture->pool));
    assert_true(claim(fixture, &one, "first"));
    put_token(fixture, "mailed-meanwhile");
    fixture_now += MINUTE;
    assert_fine(pwr_tokens_burn(fixture->store, &one, PWR_TOKEN_USED, fixture->pool));
    const char *const burnt[] = {"one", "two", "mailed-meanwhile"};
    for (int i = 0; i < 3; i++) {
        assert_int_equal(PWR_TOKEN_USED, find(fixture, burnt[i])->state);
        assert_true(find(fixture, burnt[i])->ended == NOON + MINUTE);
    }
    assert_int_equal(PWR_TOKEN_LIVE, find(fixture, "other")->state);
    assert_fine(pwr_tokens_release(fixture->store, "first", fixture->pool));
    assert_int_equal(PWR_TOKEN_USED, find(fixture, "one")->state);
}

static void revokes_the_links_of_one_request(void **state)
{
    fixture_t *fixture = *state;
    pwr_token_row_t other = link_named("other");
    int count = -1;

    put_token(fixture, "one");
    other.request_id = "another";
    assert_fine(pwr_tokens_put(fixture->store, &other, fixture->pool));
    assert_fine(pwr_tokens_revoke(&count, fixture->store, SITE, "request", fixture->pool));
    assert_int_equal(1, count);
    assert_int_equal(PWR_TOKEN_REVOKED, find(fixture, "one")->state);
    assert_int_equal(PWR_TOKEN_LIVE, find(fixture, "other")->state);
    assert_fine(pwr_tokens_revoke(&count, fixture->store, SITE, "request", fixture->pool));
    assert_int_equal(0, count);
}

static void deletes_old_links_in_small_steps(void **state)
{
    fixture_t *fixture = *state;
    int gone = -1;

    put_token(fixture, "one");
    put_token(fixture, "two");
    assert_fine(pwr_tokens_expire(&gone, fixture->store, NOON + 30 * MINUTE, 5, fixture->pool));
    assert_int_equal(0, gone);
    assert_fine(pwr_tokens_expire(&gone, fixture->store, NOON + 31 * MINUTE, 1, fixture->pool));
    assert_int_equal(1, gone);
    assert_fine(pwr_tokens_expire(&gone, fixture->store, NOON + 31 * MINUTE, 5, fixture->pool));
    assert_int_equal(1, gone);
    assert_null(find(fixture, "one"));
}

int main(void)
{
#define TEST(name) cmocka_unit_test_setup_teardown(name, set_up, tear_down)
    const struct CMUnitTest tokens[] = {
        TEST(finds_a_link_by_its_digest),
        TEST(finds_a_link_by_its_stop_digest),
        TEST(does_not_find_what_is_not_there),
        TEST(prolongs_a_live_link_that_is_put_again),
        TEST(counts_live_links),
        TEST(lets_one_of_fifty_claims_win),
        TEST(takes_siblings_along_in_a_claim),
        TEST(releases_a_claim_that_changed_nothing),
        TEST(gives_siblings_back_when_the_link_itself_is_not_live),
        TEST(refuses_a_claim_of_an_expired_link),
        TEST(burns_every_link_of_the_account),
        TEST(revokes_the_links_of_one_request),
        TEST(deletes_old_links_in_small_steps),
    };
    return RUN_GROUP(tokens);
}
