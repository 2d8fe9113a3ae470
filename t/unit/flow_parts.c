/* Promises of flow/parts.h: what a site is made of fits together, or a fault says what does not. */
#include "flow_fixture.h"

static void an_opened_site_is_named_by_its_base_url_and_hands_requests_no_more_than_they_need(
    void **state)
{
    (void)state;
    assert_string_equal(flow.settings.flow.base_url, flow.parts.site);
    assert_string_equal(flow.parts.site, flow.parts.request.site);
    assert_ptr_equal(flow.parts.store, flow.parts.request.store);
    /* Forms are sealed with the key of this site alone. */
    assert_ptr_equal(flow.parts.seal_key, flow.parts.request.challenge.key);
    assert_ptr_equal(flow.parts.limit, flow.parts.request.challenge.limit);
}

static void every_kind_of_mail_has_its_templates(void **state)
{
    (void)state;
    for (int i = 0; i < PWR_MAIL_TEMPLATE_COUNT; i++) {
        const pwr_mail_template_t *texts = &flow.parts.texts->mail_templates[i];
        assert_non_null(texts->text);
        assert_non_null(texts->html);
        assert_non_null(texts->text_body);
        assert_non_null(texts->html_body);
    }
}

static void a_second_language_that_is_not_offered_is_a_fault_with_a_remedy(void **state)
{
    (void)state;
    pwr_texts_t *texts = NULL;

    flow.settings.flow.mail_also = "fr";
    pwr_fault_t *fault = pwr_parts_load_texts(&texts, &flow.settings.flow, flow.pool);
    assert_non_null(fault);
    assert_string_equal("PWR0805", fault->tag);
    assert_non_null(strstr(fault->detail, "PwResetMailAlso"));
    flow.settings.flow.mail_also = "nb";
    assert_fine(pwr_parts_load_texts(&texts, &flow.settings.flow, flow.pool));
}

static void a_folder_without_texts_is_a_fault(void **state)
{
    (void)state;
    pwr_texts_t *texts = NULL;

    flow.settings.flow.files = "/nowhere";
    pwr_fault_t *fault = pwr_parts_load_texts(&texts, &flow.settings.flow, flow.pool);
    assert_non_null(fault);
    assert_int_equal(PWR_BROKEN, fault->kind);
}

int main(void)
{
    const struct CMUnitTest tests[] = {
        FLOW_TEST(
            an_opened_site_is_named_by_its_base_url_and_hands_requests_no_more_than_they_need),
        FLOW_TEST(every_kind_of_mail_has_its_templates),
        FLOW_TEST(a_second_language_that_is_not_offered_is_a_fault_with_a_remedy),
        FLOW_TEST(a_folder_without_texts_is_a_fault),
    };
    return RUN_GROUP(tests);
}
