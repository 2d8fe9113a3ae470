/* Promises of flow/check.h: each check is told once, with its fault. */
#include "flow_fixture.h"

#include "flow/check.h"

static const char *names[32];
static const char *tags[32]; /* "" where all was well */
static int told;

static void keep(pwr_check_end_t end, const char *name, const pwr_fault_t *fault, void *data)
{
    assert_int_equal(fault != NULL, end != PWR_CHECK_OK);
    assert_ptr_equal(&told, data);
    assert_true(told < 32);
    names[told] = name;
    tags[told++] = fault != NULL ? fault->tag : "";
}

static int run_checks(void)
{
    told = 0;
    return pwr_check_run(&flow.parts, keep, &told, flow.pool);
}

/* The tag that the one check with these words told. */
static const char *tag_of(const char *words)
{
    const char *tag = NULL;

    for (int i = 0; i < told; i++) {
        if (strstr(names[i], words) != NULL) {
            assert_null(tag);
            tag = tags[i];
        }
    }
    assert_non_null(tag);
    return tag;
}

static void a_site_on_which_all_is_well_has_no_fault(void **state)
{
    (void)state;
    APR_ARRAY_PUSH(flow.settings.directory.uris, const char *) = "ldap://one.example.org";
    APR_ARRAY_PUSH(flow.settings.directory.uris, const char *) = "ldap://two.example.org";
    assert_int_equal(0, run_checks());
    assert_string_equal("", tag_of("database (sqlite3)"));
    assert_string_equal("", tag_of("ldap://one.example.org"));
    assert_string_equal("", tag_of("ldap://two.example.org"));
    assert_string_equal("", tag_of("password rules"));
    assert_string_equal("", tag_of("relay folder:"));
}

static void every_question_to_a_directory_that_is_down_tells_its_fault(void **state)
{
    (void)state;
    APR_ARRAY_PUSH(flow.settings.directory.uris, const char *) = "ldap://one.example.org";
    fake_directory.fault = pwr_fault_broken(flow.pool, "PWR0000", "wrong password");
    assert_int_equal(4, run_checks());
    assert_string_equal("PWR0000", tag_of("ldap://one.example.org"));
    assert_string_equal("PWR0000", tag_of("policy applies"));
    assert_string_equal("PWR0000", tag_of("need of an account"));
    assert_string_equal("PWR0000", tag_of("password rules"));
}

static void requests_that_wait_for_a_quarter_of_a_links_life_are_told(void **state)
{
    (void)state;
    put_row("row", PWR_ROW_LINK, "anna");
    fixture_now += LINK_LIFE / 4;
    assert_int_equal(0, run_checks());
    fixture_now += 1;
    assert_int_equal(1, run_checks());
    assert_string_equal("PWR0801", tag_of("without delay"));
}

static void a_file_that_cannot_be_read_is_told_with_its_directive(void **state)
{
    (void)state;
    flow.settings.directory.trusted_ca = "/nowhere/ca.pem";
    flow.settings.policy.pwned_ca = flow.settings.store.params; /* a file that is there */
    assert_int_equal(1, run_checks());
    assert_string_equal("PWR0860", tag_of("PwResetLDAPTrustedCA"));
    assert_string_equal("", tag_of("PwResetPwnedTrustedCA"));
}

int main(void)
{
    const struct CMUnitTest tests[] = {
        FLOW_TEST(a_site_on_which_all_is_well_has_no_fault),
        FLOW_TEST(every_question_to_a_directory_that_is_down_tells_its_fault),
        FLOW_TEST(requests_that_wait_for_a_quarter_of_a_links_life_are_told),
        FLOW_TEST(a_file_that_cannot_be_read_is_told_with_its_directive),
    };
    return RUN_GROUP(tests);
}
