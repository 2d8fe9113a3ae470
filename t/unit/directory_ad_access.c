/* Which attributes an Active Directory's access rules open, by hand-made security descriptors. */
#include <setjmp.h>
#include <stdarg.h>
#include <stddef.h>
#include <stdint.h>
#include <string.h>

#include <cmocka.h>

#include <apr_general.h>
#include <apr_strings.h>

#include "base/encode.h"
#include "directory/ad_access.h"

#define MINE "010100000000000512000000"   /* a SID with one number */
#define OTHERS "010100000000000513000000" /* another one */
#define ATTRIBUTE "000102030405060708090a0b0c0d0e0f"
#define SET "101112131415161718191a1b1c1d1e1f"
#define ELSE "202122232425262728292a2b2c2d2e2f"

#define READ "10000000"
#define WRITE "20000000"
#define CONTROL "00010000"

/* Types of rules, with their flags. */
#define ALLOW "0000"
#define ALLOW_BELOW "0008" /* inherit-only */
#define DENY "0100"
#define ALLOW_OBJECT "0500"
#define DENY_OBJECT "0600"
#define ALLOW_IF "0900" /* with a condition */
#define DENY_IF "0a00"

static apr_pool_t *pool;
static const pwr_schema_attribute_t attribute
    = {.name = "adminCount", .guid = ATTRIBUTE, .set_guid = SET};
static const pwr_schema_attribute_t confidential
    = {.name = "secret", .guid = ATTRIBUTE, .is_confidential = true};

/* One rule: type and flags, rights, the GUID (NULL: it names none), the SID. */
typedef struct {
    const char *type, *rights, *guid, *sid;
} rule_t;

static const char *number(unsigned value, apr_size_t bytes)
{
    const char *hex = "";

    for (apr_size_t i = 0; i < bytes; i++) {
        hex = apr_psprintf(pool, "%s%02x", hex, value >> (8 * i) & 0xff);
    }
    return hex;
}

static const char *ace_of(const rule_t *rule)
{
    bool is_object = rule->type[1] == '5' || rule->type[1] == '6';
    const char *body
        = apr_pstrcat(pool, rule->rights, is_object ? number(rule->guid != NULL ? 1 : 0, 4) : "",
                      rule->guid != NULL ? rule->guid : "", rule->sid, NULL);

    return apr_pstrcat(pool, rule->type, number((unsigned)strlen(body) / 2 + 4, 2), body, NULL);
}

/* Rules end with one that has no type. */
static const char *descriptor_of(const rule_t *rules)
{
    const char *aces = "";
    unsigned count = 0;

    for (; rules[count].type != NULL; count++) {
        aces = apr_pstrcat(pool, aces, ace_of(&rules[count]), NULL);
    }
    return apr_pstrcat(pool, "01000480", "00000000", "00000000", "00000000", number(20, 4), "0400",
                       number((unsigned)strlen(aces) / 2 + 8, 2), number(count, 2), "0000", aces,
                       NULL);
}

static apr_array_header_t *my_sids(void)
{
    apr_array_header_t *sids = apr_array_make(pool, 1, sizeof(const char *));
    APR_ARRAY_PUSH(sids, const char *) = MINE;
    return sids;
}

static bool may_read(const char *descriptor, const pwr_schema_attribute_t *asked)
{
    return pwr_ad_access_may_read(descriptor, my_sids(), asked, pool);
}

static void the_first_rule_about_it_decides(void **state)
{
    static const struct {
        rule_t rules[4];
        bool expected;
    } cases[] = {
        {{{NULL}}, false},
        {{{ALLOW, READ, NULL, MINE}}, true},
        {{{ALLOW, READ, NULL, OTHERS}}, false},
        {{{ALLOW, WRITE, NULL, MINE}}, false},
        {{{ALLOW_BELOW, READ, NULL, MINE}}, false},
        {{{ALLOW_IF, READ, NULL, MINE}}, false},
        {{{ALLOW_OBJECT, READ, NULL, MINE}}, true},
        {{{ALLOW_OBJECT, READ, ATTRIBUTE, MINE}}, true},
        {{{ALLOW_OBJECT, READ, SET, MINE}}, true},
        {{{ALLOW_OBJECT, READ, ELSE, MINE}}, false},
        {{{DENY, READ, NULL, MINE}, {ALLOW, READ, NULL, MINE}}, false},
        {{{DENY_IF, READ, NULL, MINE}, {ALLOW, READ, NULL, MINE}}, false},
        {{{DENY, READ, NULL, OTHERS}, {ALLOW, READ, NULL, MINE}}, true},
        {{{DENY, WRITE, NULL, MINE}, {ALLOW, READ, NULL, MINE}}, true},
        {{{DENY_OBJECT, READ, ATTRIBUTE, MINE}, {ALLOW, READ, NULL, MINE}}, false},
        {{{DENY_OBJECT, READ, SET, MINE}, {ALLOW, READ, NULL, MINE}}, false},
        {{{DENY_OBJECT, READ, ELSE, MINE}, {ALLOW, READ, NULL, MINE}}, true},
        {{{ALLOW, READ, NULL, MINE}, {DENY_OBJECT, READ, ATTRIBUTE, MINE}}, true},
        {{{ALLOW, "00000010", NULL, MINE}}, true},
        {{{ALLOW, "00000080", NULL, MINE}}, true},
    };

    (void)state;
    for (size_t i = 0; i < sizeof cases / sizeof cases[0]; i++) {
        if (may_read(descriptor_of(cases[i].rules), &attribute) != cases[i].expected) {
            fail_msg("case %d", (int)i);
        }
    }
}

static void of_an_attribute_that_the_schema_does_not_tell_each_denial_counts(void **state)
{
    static const rule_t open[] = {{ALLOW, READ, NULL, MINE}, {NULL}};
    static const rule_t by_set[] = {{ALLOW_OBJECT, READ, SET, MINE}, {NULL}};
    static const rule_t denied[]
        = {{DENY_OBJECT, READ, ELSE, MINE}, {ALLOW, READ, NULL, MINE}, {NULL}};

    (void)state;
    assert_true(may_read(descriptor_of(open), NULL));
    assert_false(may_read(descriptor_of(by_set), NULL));
    assert_false(may_read(descriptor_of(denied), NULL));
}

static void what_is_confidential_needs_a_right_of_its_own(void **state)
{
    static const rule_t read[] = {{ALLOW, READ, NULL, MINE}, {NULL}};
    static const rule_t both[]
        = {{ALLOW, READ, NULL, MINE}, {ALLOW_OBJECT, CONTROL, ATTRIBUTE, MINE}, {NULL}};

    (void)state;
    assert_false(may_read(descriptor_of(read), &confidential));
    assert_true(may_read(descriptor_of(both), &confidential));
}

static void what_is_cut_or_garbled_opens_nothing(void **state)
{
    static const rule_t rules[] = {{ALLOW_OBJECT, READ, ATTRIBUTE, MINE}, {NULL}};
    const char *whole = descriptor_of(rules);

    (void)state;
    assert_true(may_read(whole, &attribute));
    for (size_t length = 0; length < strlen(whole); length++) {
        assert_false(may_read(apr_pstrndup(pool, whole, length), &attribute));
    }
    assert_false(may_read(NULL, &attribute));
    assert_false(pwr_ad_access_may_read(whole, NULL, &attribute, pool));
    assert_false(may_read(apr_pstrcat(pool, "zz", whole + 2, NULL), &attribute));
}

int main(void)
{
    const struct CMUnitTest tests[] = {
        cmocka_unit_test(the_first_rule_about_it_decides),
        cmocka_unit_test(of_an_attribute_that_the_schema_does_not_tell_each_denial_counts),
        cmocka_unit_test(what_is_confidential_needs_a_right_of_its_own),
        cmocka_unit_test(what_is_cut_or_garbled_opens_nothing),
    };

    apr_initialize();
    apr_pool_create(&pool, NULL);
    int failed = cmocka_run_group_tests(tests, NULL, NULL);
    apr_pool_destroy(pool);
    apr_terminate();
    return failed;
}
