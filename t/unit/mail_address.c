/* What may stand in an SMTP envelope: everything else stops before libcurl sees it. */
#include <setjmp.h>
#include <stdarg.h>
#include <stddef.h>
#include <stdint.h>
#include <string.h>

#include <cmocka.h>

#include "base/limits.h"
#include "mail/mail.h"
#include "mail/message.h"

static apr_pool_t *pool;

static void ordinary_addresses_pass(void **state)
{
    static const char *const good[] = {"kari@example.org",
                                       "kari.nordmann+reset@sub.example.org",
                                       "o'brien@example.org",
                                       "a@b",
                                       "x=y/z!{|}~^_`?*&%$#@example.org",
                                       "j\xc3\xbcrgen@example.org",
                                       "kari@\xc3\xb8re.no"};
    (void)state;
    for (size_t i = 0; i < sizeof good / sizeof *good; i++) {
        assert_true(pwr_mail_is_address(good[i]));
    }
}

static void nothing_that_could_become_a_second_command_or_recipient_passes(void **state)
{
    static const char *const bad[] = {"",
                                      "@",
                                      "kari",
                                      "@example.org",
                                      "kari@",
                                      "kari@@example.org",
                                      "kari@example.org@evil.test",
                                      "kari@example.org\r\nRCPT TO:<evil@evil.test",
                                      "kari@example.org\n",
                                      "kari@example.org\r",
                                      "kari@example.org> X:Y",
                                      "<kari@example.org>",
                                      "kari@example.org,evil@evil.test",
                                      "kari@example.org;x",
                                      "group:kari@example.org",
                                      "(comment)kari@example.org",
                                      "kari@[127.0.0.1]",
                                      "ka\\ri@example.org",
                                      "\"kari\"@example.org",
                                      "kari nordmann@example.org",
                                      "kari\t@example.org",
                                      "kari\x7f@example.org",
                                      "kari\x01@example.org",
                                      "kari\xc2\x85@example.org",
                                      "kari\xc2\xa0@example.org",
                                      "kari\xff@example.org",
                                      "kari\xc0\xbc@example.org",
                                      "kari\xed\xa0\x80@example.org"};
    (void)state;
    for (size_t i = 0; i < sizeof bad / sizeof *bad; i++) {
        assert_false(pwr_mail_is_address(bad[i]));
    }
}

static void each_special_and_each_control_alone_is_enough_to_refuse(void **state)
{
    static const char specials[] = "<>,;:()[]\\\"@ \x7f";
    char address[] = "kari_@example.org_";
    (void)state;
    for (int byte = 1; byte < 256; byte++) {
        bool is_bad = byte < 32 || byte > 127 || strchr(specials, byte) != NULL;
        address[4] = (char)byte;
        address[17] = '_';
        assert_int_equal(pwr_mail_is_address(address), !is_bad);
        address[4] = '_';
        address[17] = (char)byte;
        assert_int_equal(pwr_mail_is_address(address), !is_bad);
    }
}

static void the_longest_address_passes_and_one_more_byte_does_not(void **state)
{
    char address[PWR_MAX_ADDRESS + 2];
    (void)state;
    memset(address, 'a', sizeof address);
    address[10] = '@';
    address[PWR_MAX_ADDRESS] = '\0';
    assert_true(pwr_mail_is_address(address));
    address[PWR_MAX_ADDRESS] = 'a';
    address[PWR_MAX_ADDRESS + 1] = '\0';
    assert_false(pwr_mail_is_address(address));
}

static void the_stored_bytes_travel_but_for_a_domain_beyond_ascii(void **state)
{
    (void)state;
    assert_string_equal(pwr_message_wire_address("Kari.N@Example.ORG", pool), "Kari.N@Example.ORG");
    assert_string_equal(pwr_message_wire_address("J\xc3\xbcrgen@Example.org", pool),
                        "J\xc3\xbcrgen@Example.org");
    assert_string_equal(pwr_message_wire_address("Kari@\xc3\xb8re.no", pool), "Kari@xn--re-kka.no");
    assert_null(pwr_message_wire_address("kari@exa\xe2\x80\xaemple.org", pool));
    assert_null(pwr_message_wire_address("kari", pool));
}

int main(void)
{
    const struct CMUnitTest tests[] = {
        cmocka_unit_test(ordinary_addresses_pass),
        cmocka_unit_test(nothing_that_could_become_a_second_command_or_recipient_passes),
        cmocka_unit_test(each_special_and_each_control_alone_is_enough_to_refuse),
        cmocka_unit_test(the_longest_address_passes_and_one_more_byte_does_not),
        cmocka_unit_test(the_stored_bytes_travel_but_for_a_domain_beyond_ascii),
    };
    apr_initialize();
    apr_pool_create(&pool, NULL);
    int failures = cmocka_run_group_tests(tests, NULL, NULL);
    apr_pool_destroy(pool);
    apr_terminate();
    return failures;
}
