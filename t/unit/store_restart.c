/*
 * What the store does while its database is away and when it is back. The program says on standard
 * output what is to happen to the database next ("stop", "start"), and waits for a line that tells
 * that it has. Without a database server in the environment there is nothing to restart.
 */
#include "store_fixture.h"

#include "store/outbox.h"

static void wait_for(const char *what)
{
    char line[20];

    puts(what);
    fflush(stdout);
    assert_non_null(fgets(line, sizeof line, stdin));
}

static pwr_fault_t *put_row(pwr_store_t *store, const char *id, apr_pool_t *pool)
{
    pwr_outbox_row_t row = {.id = id, .kind = PWR_ROW_LINK, .site = SITE};
    bool is_new = false;
    return pwr_outbox_put(&is_new, store, &row, pool);
}

static void put_own(race_t *race)
{
    const char *const *round = race->input;
    race->fault
        = put_row(race->store, apr_psprintf(race->pool, "%s-%d", *round, race->number), race->pool);
}

static int waiting(fixture_t *fixture)
{
    apr_time_t oldest = 0;
    int count = -1;
    assert_fine(pwr_outbox_backlog(&count, &oldest, fixture->store, SITE, fixture->pool));
    return count;
}

static void finds_back_by_itself(void **state)
{
    static const char *const rounds[] = {"before", "after"};
    fixture_t *fixture = *state;
    race_t races[THREADS];

    race_all(races, fixture, put_own, &rounds[0]);
    assert_int_equal(THREADS, waiting(fixture));

    wait_for("stop");
    const pwr_fault_t *fault = put_row(fixture->store, "while-away", fixture->pool);
    assert_non_null(fault);
    assert_int_equal(PWR_LATER, fault->kind);

    wait_for("start");
    assert_int_equal(THREADS, waiting(fixture));
    race_all(races, fixture, put_own, &rounds[1]);
    assert_int_equal(2 * THREADS, waiting(fixture));

    /* And once more, unseen: every idle connection is a dead one, and a write comes first. */
    wait_for("restart");
    assert_fine(put_row(fixture->store, "after-restart", fixture->pool));
    assert_int_equal(2 * THREADS + 1, waiting(fixture));
}

int main(void)
{
    const struct CMUnitTest restart[] = {
        cmocka_unit_test_setup_teardown(finds_back_by_itself, set_up, tear_down),
    };
    if (getenv("PWR_TEST_STORE_DRIVER") == NULL) {
        return 77;
    }
    return RUN_GROUP(restart);
}
